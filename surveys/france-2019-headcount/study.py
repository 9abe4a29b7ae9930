"""How many micro-workers in France: three nested circles, what they rest on, and how the critics read them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.circles import Disc
from diplab.presentation.charts.curves import Mark
from diplab.types import Inputs, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates, Language, PrintedTable

AGES = tuple(f"population_{first}_{first + 4}" for first in range(15, 65, 5))

ARXIV = dl.Text("Le Ludec, Tubaro et Casilli (2019)", "Le Ludec, Tubaro and Casilli (2019)")
NAMES = {
    "registered": dl.Text("Inscrits (occasionnels)", "Registered (casual)"),
    "routine": dl.Text("Réguliers", "Routine"),
    "very_active": dl.Text("Très actifs", "Very active"),
}
DEFINITIONS = {
    "registered": dl.Text(
        "inscrits sur une plateforme au moins", "registered on at least one platform"
    ),
    "routine": dl.Text("connectés au moins une fois par mois", "connected at least once a month"),
    "very_active": dl.Text(
        "présents, pour la plupart, au moins une fois par semaine",
        "most present at least once a week",
    ),
}
INSIDE = {"registered": None, "routine": "registered", "very_active": "routine"}


def results(inputs: Inputs) -> dict[str, Result | float]:
    """Return a result for each published number."""
    value, sizes = inputs.value, _sizes(inputs)
    factor, accounts = inputs.assumption("accounts_per_person"), inputs.assumption("accounts")
    registered, routine, very_active = (sizes[key] for key in NAMES)
    rates = _rates(_circles(inputs, sizes), inputs)
    return {
        # what follows from a total that was deduced from the answer goes round in a circle
        "registered": _headcount(accounts, factor),
        "routine": _headcount(inputs.assumption("monthly_visitors"), factor),
        "very_active": inputs.assumption("very_active_share") / 100 * value("registered"),
        "implied_accounts": value("registered") * factor,
        "implied_visitors": value("routine") * factor,
        "very_active_share": very_active / registered * 100,
        "registered_at_1_83": _headcount(
            accounts, float(inputs.parameter("multi_homing_online_work"))
        ),
        "multi_homing": Result.nothing(),
        # the critics quote the smallest circle, and call it all micro-workers
        "critics_total": Result(
            very_active, base="very active", printed_way=very_active, because="base differs"
        ),
        "readings_ratio": registered
        / (value("critics_total") * very_active / value("very_active")),
        "population_15_64": sum(float(inputs.parameter(age, 2018)) for age in AGES),
        "registered_2020": registered,
        "routine_2020": routine,
        "very_active_2020": very_active,
        "press_sum": _press_sum(_circles(inputs, sizes)),
        "routine_per_vtc_driver": routine / float(inputs.parameter("ride_hailing_drivers_france")),
        "routine_per_rider": routine / float(inputs.parameter("deliveroo_riders_france")),
        **{f"prevalence_{key}": rates[key] for key in NAMES},
    }


def _sizes(inputs: Inputs) -> dict[str, float]:
    """Return the circles as published, carried to the assumptions: what is computed from them moves with these."""
    return {
        "registered": inputs.carried(
            "registered", lambda of: of("accounts") / of("accounts_per_person")
        ),
        "routine": inputs.carried(
            "routine", lambda of: of("monthly_visitors") / of("accounts_per_person")
        ),
        # 14,903 were counted as such: the share is one of the 266,126 published, however many
        # accounts each has
        "very_active": inputs.carried("very_active", lambda of: of("very_active_share")),
    }


def _press_sum(circles: Estimates) -> Result:
    """Return everyone, which is the largest of nested circles; the press added them, to the ten thousand."""
    sizes = circles.frame["estimate"]
    added = float(np.round(sizes.sum(), -4))
    return Result(sizes.max(), base="registered", printed_way=added, because="base differs")


def _headcount(accounts: float, factor: float) -> float:
    implied = dl.population.Source(
        "platforms in scope", accounts, "derived", "published figure × 1.27"
    )
    return float(dl.population.headcount([implied], factor).frame["estimate"].item())


def _circles(inputs: Inputs, sizes: Mapping[str, float] | None = None) -> Estimates:
    """Return the circles, by default as published."""
    size = inputs.value if sizes is None else sizes.__getitem__
    members = [
        dl.population.Circle(
            key, size(key), NAMES[key], DEFINITIONS[key], ARXIV, "published", INSIDE[key]
        )
        for key in NAMES
    ]
    return dl.population.circles(members)


def _rates(circles: Estimates, inputs: Inputs) -> Mapping[str, float]:
    rates = dl.population.prevalence(circles, inputs.parameter("population_15_64", 2018))
    return dict(zip(rates.frame["category"], rates.frame["estimate"], strict=True))


COVERAGE = dl.Text(
    "France, personnes inscrites sur une plateforme de micro-travail au moins.",
    "France, people registered on at least one micro-work platform.",
)
IMPLIED = dl.Text(
    "Les 337 980 comptes ne sont pas publiés : ils sont déduits de 266 126 et de 1,27. Ce calcul "
    "montre une "
    "sensibilité, il n’estime rien.",
    "The 337,980 accounts are not published: they are deduced from 266,126 and 1.27. This shows "
    "how sensitive "
    "the count is, it estimates nothing.",
)


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    """Return the figures of the study."""
    return {"circles": _circles_figure(inputs), "multi-homing-sensitivity": _curve_figure(inputs)}


def _circles_figure(inputs: Inputs) -> PrintedFigure:
    rates = _rates(_circles(inputs), inputs)

    def label(key: str, language: Language) -> str:
        per = {
            "fr": "pour 10 000 habitants de 15 à 64 ans",
            "en": "per 10,000 inhabitants aged 15 to 64",
        }[language]
        rate = wording.number(rates[key], language, 1)
        return f"{NAMES[key].in_(language)}, {DEFINITIONS[key].in_(language)} ({rate} {per})"

    return dl.chart(
        tuple(
            Disc(dl.Text(label(key, "fr"), label(key, "en")), inputs.value(key)) for key in NAMES
        ),
        "circles",
        title=dl.Text(
            "Trois cercles emboîtés de micro-travailleurs en France en 2019",
            "Three nested circles of micro-workers in France, 2019",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "Sur 266 126 personnes inscrites, 52 337 se connectent au moins une fois par mois "
                "; elles sont déjà "
                "comptées dans les 266 126.",
                "Of 266,126 people registered, 52,337 connect at least once a month; they are "
                "already counted among "
                "the 266,126.",
            ),
            coverage=COVERAGE,
            source=dl.Text(
                "Le Ludec, Tubaro et Casilli (2019), arXiv 1901.03889 ; Insee, recensement de 2018 "
                "; calculs diplab.",
                "Le Ludec, Tubaro and Casilli (2019), arXiv 1901.03889; INSEE, 2018 census; diplab "
                "calculations.",
            ),
            note=dl.Text(
                "L'aire des disques est proportionnelle aux effectifs. Les cercles ne "
                "s'additionnent pas. Ordres de "
                "grandeur, que les données publiques ne permettent pas de recalculer.",
                "Areas are in proportion to numbers. Circles do not add up. Orders of magnitude, "
                "which public data do "
                "not allow to be recomputed.",
            ),
            unit=dl.Text("Nombre de personnes", "Number of people"),
        ),
        alt=dl.Text(
            "Trois disques emboîtés : 266 126 inscrits, dont 52 337 réguliers, dont 14 903 très "
            "actifs.",
            "Three nested discs: 266,126 registered, of whom 52,337 routine, of whom 14,903 very "
            "active.",
        ),
    )


def _curve_figure(inputs: Inputs) -> PrintedFigure:
    accounts, factor = inputs.assumption("accounts"), inputs.assumption("accounts_per_person")
    online = float(inputs.parameter("multi_homing_online_work"))
    factors = tuple(float(each) for each in np.linspace(1, 2, 101))
    alone = _headcount(accounts, 1.0)

    def mark(at: float, fr: str, en: str, side: str = "above right") -> Mark:
        people = _headcount(accounts, at)
        said = [
            f"{wording.number(at, to, 2)} : {wording.number(people, to)} ({words})"
            for to, words in (("fr", fr), ("en", en))
        ]
        return Mark(at, people, dl.Text(said[0], said[1].replace(" :", ":")), side)

    return dl.chart(
        tuple((each, alone / each) for each in factors),
        "sensitivity_curve",
        title=dl.Text(
            "Nombre d’inscrits selon le nombre de comptes par personne",
            "Registered people by number of accounts per person",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "Si chaque personne avait 1,83 compte en moyenne, 337 980 comptes feraient 184 689 "
                "personnes au lieu "
                "de 266 126.",
                "If each person held 1.83 accounts on average, 337,980 accounts would make 184,689 "
                "people instead of "
                "266,126.",
            ),
            coverage=COVERAGE,
            source=dl.Text(
                "Le Ludec, Tubaro et Casilli (2019) ; facteurs 1,27 et 1,83 (Kässi, Lehdonvirta et "
                "Stephany, 2021) "
                "d’après P. Tubaro, databigandsmall.com ; calculs diplab.",
                "Le Ludec, Tubaro and Casilli (2019); factors 1.27 and 1.83 (Kässi, Lehdonvirta "
                "and Stephany, 2021) "
                "as told by P. Tubaro, databigandsmall.com; diplab calculations.",
            ),
            note=IMPLIED,
        ),
        alt=dl.Text(
            "Courbe décroissante : de 337 980 personnes pour un compte chacune à 168 990 pour deux "
            "; 266 126 pour "
            "1,27 et 184 689 pour 1,83.",
            "A falling curve: from 337,980 people with one account each to 168,990 with two; "
            "266,126 at 1.27 and "
            "184,689 at 1.83.",
        ),
        x_axis=dl.Text("Comptes par personne", "Accounts per person"),
        y_axis=dl.Text("Personnes", "People"),
        marks=(
            mark(factor, "publié", "published"),
            mark(online, "tout le travail en ligne", "all online labour", "below left"),
        ),
        y_ends=(0, 360_000),
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    """Return the tables of the study."""
    return {
        "circles": partial(_circles_table, inputs),
        "readings": partial(_readings_table, inputs),
        "sensitivity": partial(_sensitivity_table, inputs),
    }


def _circles_table(inputs: Inputs, language: Language) -> PrintedTable:
    rates = _rates(_circles(inputs), inputs)
    heads = {
        "fr": ("Cercle", "Définition", "Personnes", "Pour 10 000 habitants de 15 à 64 ans"),
        "en": ("Circle", "Definition", "People", "Per 10,000 inhabitants aged 15 to 64"),
    }[language]
    rows = [
        (NAMES[key].in_(language), DEFINITIONS[key].in_(language), inputs.value(key), rates[key])
        for key in NAMES
    ]
    return dl.table(
        pd.DataFrame(rows, columns=list(heads)),
        language,
        title=dl.Text(
            "Les trois cercles et leur prévalence", "The three circles and their prevalence"
        ),
        notes=dl.Notes(
            note=dl.Text(*(wording.term("sentence.nested", to) for to in ("fr", "en"))),
            coverage=COVERAGE,
            source=dl.Text(
                "Le Ludec, Tubaro et Casilli (2019), arXiv 1901.03889 ; Insee, RP2018, POP1B ; "
                "calculs diplab.",
                "Le Ludec, Tubaro and Casilli (2019), arXiv 1901.03889; INSEE, RP2018, POP1B; "
                "diplab calculations.",
            ),
        ),
    )


def _readings_table(inputs: Inputs, language: Language) -> PrintedTable:
    """Set the circles beside the total of the critics and other workers of platforms."""
    authors = dl.Text("les auteurs", "the authors")
    press = dl.Text("la presse", "the press")
    rows = [(NAMES[key], authors, inputs.value(key)) for key in NAMES]
    rows += [
        (
            dl.Text("Tous les micro-travailleurs", "All micro-workers"),
            dl.Text("les critiques", "the critics"),
            inputs.value("critics_total"),
        ),
        (
            dl.Text("Chauffeurs de VTC (environ)", "Ride-hailing drivers (about)"),
            press,
            float(inputs.parameter("ride_hailing_drivers_france")),
        ),
        (
            dl.Text("Livreurs Deliveroo, 2018", "Deliveroo riders, 2018"),
            press,
            float(inputs.parameter("deliveroo_riders_france")),
        ),
    ]
    heads = {"fr": ("Qui", "D’après", "Personnes"), "en": ("Who", "After", "People")}[language]
    return dl.table(
        pd.DataFrame(
            [(who.in_(language), whose.in_(language), people) for who, whose, people in rows],
            columns=list(heads),
        ),
        language,
        title=dl.Text(
            "Deux lectures des mêmes chiffres, et d’autres travailleurs des plateformes",
            "Two readings of the same figures, and other platform workers",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "Pour les auteurs, 14 903 sont les plus actifs des 266 126 inscrits ; pour les "
                "critiques, c’est le "
                "total.",
                "For the authors, 14,903 are the most active of 266,126 registered; for the "
                "critics, that is the "
                "total.",
            ),
            coverage=dl.Text("France, 2018 et 2019.", "France, 2018 and 2019."),
            source=dl.Text(
                "Le Ludec, Tubaro et Casilli (2019) ; Barraud de Lagerie citée par France Travail "
                "(2019) ; Options "
                "(2019) pour les chauffeurs et les livreurs.",
                "Le Ludec, Tubaro and Casilli (2019); Barraud de Lagerie quoted by France Travail "
                "(2019); Options "
                "(2019) for drivers and riders.",
            ),
            note=dl.Text(
                "Les cercles sont emboîtés : leur somme, 333 366, que la presse arrondit à 330 "
                "000, compte trois fois "
                "les plus actifs. S’inscrire, se connecter et travailler sont trois choses.",
                "Circles are nested: their sum, 333,366, which the press rounds to 330,000, counts "
                "the most active "
                "three times. To register, to connect and to work are three things.",
            ),
        ),
    )


def _sensitivity_table(inputs: Inputs, language: Language) -> PrintedTable:
    accounts, published = inputs.assumption("accounts"), inputs.value("registered")
    heads = {
        "fr": ("Comptes par personne", "Inscrits", "Écart avec 266 126"),
        "en": ("Accounts per person", "Registered", "Against 266,126"),
    }[language]
    rows = []
    for factor in (1.0, 1.1, 1.2, 1.27, 1.4, 1.6, 1.83, 2.0):
        people = _headcount(accounts, factor)
        rows.append((factor, people, round(people) - published))
    number = wording.number
    shown = [
        (number(factor, language, 2), number(people, language), number(gap, language, sign=True))
        for factor, people, gap in rows
    ]
    return dl.table(
        pd.DataFrame(shown, columns=list(heads)),
        language,
        title=dl.Text(
            "Inscrits selon le nombre de comptes par personne",
            "Registered people by accounts per person",
        ),
        notes=dl.Notes(
            note=IMPLIED,
            coverage=COVERAGE,
            source=dl.Text(f"{ARXIV.fr} ; calculs diplab.", f"{ARXIV.en}; diplab calculations."),
        ),
        align=dict.fromkeys(heads, "right"),
        numbers=pd.DataFrame(rows, columns=list(heads)),
    )
