"""Charts with content as long as the real one, for tests of layout."""

from __future__ import annotations

from diplab.presentation.charts.circles import Circles, Disc
from diplab.presentation.charts.curves import Mark, SensitivityCurve
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.notes import Notes
from diplab.reference.text import NOTHING, Text

NOTES = Notes(
    reading=Text(
        "en 2018, 28,4 % de l'ensemble des répondants occupaient à la fois un emploi permanent à "
        "temps plein "
        "et une activité de micro-travail ; l'intervalle va de 24,0 % à 33,0 %.",
        "in 2018, 28.4% of all respondents held both a full-time permanent job and micro-work; "
        "the interval runs from 24.0% to 33.0%.",
    ),
    coverage=Text(
        "France, répondants de 18 ans ou plus, inscrits sur une plateforme.",
        "France, respondents aged 18 or over, registered on a platform.",
    ),
    source=Text(
        "DiPLab, enquête 2018 ; calculs des auteurs.", "DiPLab, 2018 survey; authors' calculations."
    ),
    unit=Text("en % des répondants", "% of respondents"),
)
ALT = Text(
    "Graphique d'exemple : les parts vont de 5 % à 71 %.", "Example chart: shares from 5% to 71%."
)


def _row(
    fr: str, en: str, *numbers: float | None, group: Text = NOTHING, bounds: bool = False
) -> Dot:
    point, low, high, published = numbers
    return Dot(Text(fr, en), point, low, high, published, group, bounds)


JOBS = Text("Emploi principal", "Main job")
PAY = Text("Niveau de vie", "Living standards")
DOTS = Dots(
    title=Text(
        "Emploi et niveau de vie des micro-travailleurs, publiés et reproduits, en 2018",
        "Employment and living standards of micro-workers, published and reproduced, 2018",
    ),
    notes=NOTES, alt=ALT, axis=Text("Part des répondants", "Share of respondents"), percent=True, decimals=1,
    rows=(
        _row("Contrat à durée indéterminée", "Permanent contract", 0.40, 0.37, 0.43, 0.40, group=JOBS),
        _row("dont à temps plein", "of which full time", 0.284, 0.24, 0.33, 0.71, group=JOBS),
        _row("Contrat à durée déterminée", "Fixed-term contract", 0.12, 0.10, 0.14, 0.12, group=JOBS),
        _row("Indépendant", "Self-employed", 0.09, 0.07, 0.11, None, group=JOBS),
        _row(
            "Sans emploi, en études ou à la retraite", "Out of work, studying or retired", 0.32, 0.29, 0.35, 0.31,
            group=JOBS,
        ),
        _row("Sous la moitié de la médiane", "Below half the median", 0.22, 0.19, 0.25, 0.22, group=PAY),
        _row(
            "Sous 60 % de la médiane (seuil non identifié par les données)",
            "Below 60% of the median (not identified by the data)", None, 0.22, 0.51, None, group=PAY, bounds=True,
        ),
        _row("Revenu inconnu", "Income unknown", 0.05, 0.03, 0.07, None, group=PAY),
    ),
)  # fmt: skip

CIRCLES = Circles(
    title=Text(
        "Trois cercles emboîtés de micro-travailleurs en France, en 2019",
        "Three nested circles of micro-workers in France, 2019",
    ),
    notes=NOTES,
    alt=ALT,
    circles=(
        Disc(
            Text(
                "très actifs : au moins une fois par semaine", "very active: at least once a week"
            ),
            14_903,
        ),
        Disc(
            Text("réguliers : au moins une fois par mois", "regular: at least once a month"), 52_337
        ),
        Disc(
            Text(
                "occasionnels : inscrits sur une plateforme", "occasional: registered on a platform"
            ),
            266_126,
        ),
    ),
)


def _factor(size: float) -> float:
    return (1 + size) / (1 + size - 0.352)


_SIZES = tuple(0.352 + 0.648 * step / 100 for step in range(101))
CURVE = SensitivityCurve(
    title=Text(
        "Comptes par personne selon la taille relative de la seconde plateforme",
        "Accounts per person by the relative size of the second platform",
    ),
    notes=NOTES, alt=ALT, x=_SIZES, y=tuple(_factor(size) for size in _SIZES),
    x_axis=Text("Taille relative de la seconde plateforme", "Relative size of the second platform"),
    y_axis=Text("Comptes par personne", "Accounts per person"), feasible=(1.0, 1.352),
    feasible_label=Text("Valeurs que les données permettent", "Values the data allow"),
    marks=(
        Mark(1.0, _factor(1.0), Text("1,214 à tailles égales", "1.214 at equal sizes"), "below left"),
        Mark(0.6, _factor(0.6), Text("1,27 retenu en 2019", "1.27 taken in 2019"), "above right"),
    ),
)  # fmt: skip
CHARTS = {"dots": DOTS, "circles": CIRCLES, "curve": CURVE}
