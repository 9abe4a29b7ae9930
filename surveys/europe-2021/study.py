"""How many platform workers in Europe: an online panel, two probability samples, and what each counts."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.circles import Disc
from diplab.types import Inputs, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates, Language, PrintedTable

COUNTRIES = 14  # of COLLEEM, as the institute prints

NAMES = {
    "internet_work": dl.Text("Travail par internet", "Internet work"),
    "platform_work": dl.Text("Travail de plateforme", "Platform work"),
    "main_platform_work": dl.Text("À titre principal", "As a main job"),
}
DEFINITIONS = {
    "internet_work": dl.Text(
        "ont fait un travail trouvé ou rendu par internet dans l'année",
        "did work found or delivered over the internet in the year",
    ),
    "platform_work": dl.Text(
        "l'ont fait par une plateforme de travail", "did it through a labour platform"
    ),
    "main_platform_work": dl.Text(
        "20 heures par semaine ou plus, ou plus de la moitié du revenu",
        "20 hours a week or more, or more than half of income",
    ),
}
INSIDE = {
    "internet_work": None,
    "platform_work": "internet_work",
    "main_platform_work": "platform_work",
}

READ_ONLY = (
    "platform_workers", "online_share", "projected", "earlier", "employees", "misclassified", "internet_work",
    "platform_work", "main_platform_work", "men_pilot", "women_pilot", "feps_surveys",
)  # fmt: skip
"""What was published of them is not enough to compute them again."""


def results(inputs: Inputs) -> dict[str, Result | float]:
    """Return a result for each published number."""
    value = inputs.value
    workers = value("platform_workers")
    answers = inputs.assumption("answers_per_country")
    found = {
        "online_workers": workers * value("online_share") / 100,
        "projected_commission": value("projected"),
        "workers_commission": workers,
        "self_employed": workers - value("employees"),
        "misclassified_share": value("misclassified") / workers * 100,
        # Of two sexes, the whole lies between them.
        "all_pilot": Result.between(value("women_pilot"), value("men_pilot")),
        "colleem_panel": COUNTRIES * answers,
        "colleem_answers": Result.between(COUNTRIES * answers, COUNTRIES * (answers + 100)),
        "platform_among_internet": Result.between(
            *_among(inputs, "platform_work", "internet_work")
        ),
        "main_among_platform": Result.between(
            *_among(inputs, "main_platform_work", "platform_work")
        ),
    }
    return found | {key: Result.nothing() for key in READ_ONLY}


def _among(inputs: Inputs, part: str, whole: str) -> tuple[float, float]:
    """Return the bounds that printed digits leave for the quotient of two shares of one survey, in percent."""
    one, other = (inputs.published(key).printed for key in (part, whole))
    half, whole_half = (0.5 * 10**-each.decimals for each in (one, other))
    low = (one.value - half) / (other.value + whole_half)
    high = (one.value + half) / (other.value - whole_half)
    return low * 100, high * 100


def _circles(inputs: Inputs) -> Estimates:
    """Return the circles of the ETUI survey among 1,000 adults: there is no list from which to count people."""
    members = [
        dl.population.Circle(
            key,
            inputs.value(key) * 10,
            NAMES[key],
            DEFINITIONS[key],
            ETUI,
            "published",
            INSIDE[key],
        )
        for key in NAMES
    ]
    return inputs.once("circles", lambda: dl.population.circles(members))


ETUI = dl.Text(
    "ETUI (2022), The platform economy in Europe, document de travail 2022.05, résumé",
    "ETUI (2022), The platform economy in Europe, working paper 2022.05, abstract",
)
PPMI = dl.Text(
    "Enquête PPMI de 2021 d'après le Digital Platform Observatory",
    "PPMI survey of 2021 after the Digital Platform Observatory",
)
FOUND = dl.Text(
    "Un panel de volontaires recrute des gens qui font déjà des tâches payées en ligne ; en "
    "interroger plus n'y change "
    "rien.",
    "A panel of volunteers recruits people who already do paid tasks online; asking more of them "
    "changes nothing.",
)


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    """Return the figures of the study."""
    return {"circles": _circles_figure(inputs)}


def _circles_figure(inputs: Inputs) -> PrintedFigure:
    found = _circles(inputs).frame
    sizes = dict(zip(found["category"], found["estimate"], strict=True))
    return dl.chart(
        tuple(
            Disc(
                dl.Text(
                    f"{NAMES[key].fr} : {DEFINITIONS[key].fr}",
                    f"{NAMES[key].en}: {DEFINITIONS[key].en}",
                ),
                sizes[key],
            )
            for key in NAMES
        ),
        "circles",
        title=dl.Text(
            "Sur 1 000 adultes d'Europe, en 2021 : travail par internet et travail de plateforme",
            "Of 1,000 adults in Europe, 2021: internet work and platform work",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "Sur 1 000 adultes, 43 ont fait un travail de plateforme dans l'année ; ils sont "
                "déjà comptés parmi "
                "les 170 du travail par internet.",
                "Of 1,000 adults, 43 did platform work in the year; they are already counted among "
                "the 170 of internet "
                "work.",
            ),
            coverage=dl.Text(
                "Adultes de 18 à 65 ans, 14 pays de l'Union européenne, printemps 2021.",
                "Adults aged 18 to 65, 14 countries of the European Union, spring 2021.",
            ),
            source=dl.Text(f"{ETUI.fr} ; calculs diplab.", f"{ETUI.en}; diplab calculations."),
            note=dl.Text(
                "Aire des disques proportionnelle aux effectifs. Les cercles ne s'additionnent "
                "pas. Enquête par "
                "téléphone, tirage aléatoire ; les intervalles de confiance n'ont pu être lus.",
                "Areas in proportion to numbers. Circles do not add up. Telephone survey, "
                "probability sample; the "
                "confidence intervals could not be read.",
            ),
            unit=dl.Text("Personnes pour 1 000 adultes", "People per 1,000 adults"),
        ),
        alt=dl.Text(
            "Trois disques emboîtés : 170 adultes sur 1 000 travaillent par internet, dont 43 par "
            "une plateforme, dont "
            "11 à titre principal.",
            "Three nested discs: 170 adults in 1,000 do internet work, of whom 43 through a "
            "platform, of whom 11 as a "
            "main job.",
        ),
    )


SURVEYS = (
    (
        dl.Text("PPMI, 2021", "PPMI, 2021"),
        dl.Text("panel en ligne", "online panel"),
        dl.Text("UE à 27", "EU-27"),
        dl.Text("28,3 millions de personnes", "28.3 million people"),
    ),
    (
        dl.Text("COLLEEM, 2017 et 2018", "COLLEEM, 2017 and 2018"),
        dl.Text("panel en ligne", "online panel"),
        dl.Text("14 pays, puis 16", "14 countries, then 16"),
        dl.Text("non lu ici", "not read here"),
    ),
    (
        dl.Text("FEPS-Hertfordshire, 2016-2019", "FEPS-Hertfordshire, 2016-2019"),
        dl.Text("panel en ligne, le plus souvent", "online panel, mostly"),
        dl.Text("13 pays", "13 countries"),
        dl.Text("non lu ici", "not read here"),
    ),
    (
        dl.Text("ETUI, 2021", "ETUI, 2021"),
        dl.Text("téléphone, tirage aléatoire", "telephone, probability sample"),
        dl.Text("18 à 65 ans, 14 pays", "18 to 65, 14 countries"),
        dl.Text(
            "4,3 % des adultes dans l'année ; 1,1 % à titre principal",
            "4.3% of adults in the year; 1.1% as a main job",
        ),
    ),
    (
        dl.Text("Eurostat, pilote, 2022", "Eurostat, pilot, 2022"),
        dl.Text(
            "enquête sur les forces de travail, tirage aléatoire",
            "Labour Force Survey, probability sample",
        ),
        dl.Text("15 à 64 ans, 17 pays", "15 to 64, 17 countries"),
        dl.Text(
            "3,2 % des hommes et 2,8 % des femmes, une heure en 12 mois",
            "3.2% of men and 2.8% of women, one hour in 12 months",
        ),
    ),
)


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    """Return the tables of the study."""
    return {
        "counts": partial(_counts_table, inputs),
        "surveys": _surveys_table,
        "circles": partial(_circles_table, inputs),
    }


def _counts_table(inputs: Inputs, language: Language) -> PrintedTable:
    """Set the online panel between an earlier count and a projection."""
    heads = {"fr": ("Année", "D’après", "Millions"), "en": ("Year", "After", "Million")}[language]
    whose = {
        "earlier": ("2018", dl.Text("la presse", "the press")),
        "platform_workers": ("2021", dl.Text("un panel en ligne", "an online panel")),
        "projected": ("2025", dl.Text("une projection", "a projection")),
    }
    rows = [
        (year, said.in_(language), inputs.digits(key).in_(language))
        for key, (year, said) in whose.items()
    ]
    numbers = [(math.nan, math.nan, inputs.value(key)) for key in whose]
    return dl.table(
        pd.DataFrame(rows, columns=list(heads)),
        language,
        title=dl.Text(
            "Travailleurs de plateformes dans l’Union européenne, en millions",
            "Platform workers in the European Union, in millions",
        ),
        notes=dl.Notes(
            note=dl.Text(
                "Les définitions n’ont pu être lues ; rien ne dit que les trois comptent la même "
                f"chose. {FOUND.fr}",
                "The definitions could not be read; nothing says that the three count the same "
                f"thing. {FOUND.en}",
            ),
            coverage=dl.Text(
                "Union européenne (27 pays en 2021).", "European Union (27 countries in 2021)."
            ),
            source=dl.Text(
                f"{PPMI.fr} ; Le Soir (27 octobre 2021).", f"{PPMI.en}; Le Soir (27 October 2021)."
            ),
        ),
        align={heads[2]: "right"},
        numbers=pd.DataFrame(numbers, columns=list(heads)),
    )


def _surveys_table(language: Language) -> PrintedTable:
    heads = {
        "fr": ("Enquête", "Comment les gens ont été trouvés", "Qui, où", "Ce qu’elle dit"),
        "en": ("Survey", "How people were found", "Who, where", "What it says"),
    }[language]
    apart = dl.Text(
        "L’âge, les pays, la période et la définition diffèrent : on ne divise pas la part d’une "
        "enquête par celle "
        "d’une autre.",
        "Ages, countries, periods and definitions differ: a share of one survey is not divided by "
        "that of another.",
    )
    return dl.table(
        pd.DataFrame(
            [[each.in_(language) for each in row] for row in SURVEYS], columns=list(heads)
        ),
        language,
        title=dl.Text(
            "Cinq enquêtes, deux façons de trouver les gens",
            "Five surveys, two ways of finding people",
        ),
        notes=dl.Notes(
            note=dl.Text(f"{FOUND.fr} {apart.fr}", f"{FOUND.en} {apart.en}"),
            source=dl.Text(
                f"{PPMI.fr} ; PPMI et université de Warwick pour COLLEEM ; Huws et autres (2019) ; "
                f"{ETUI.fr} ; "
                "Eurostat, Statistics Explained (juin 2023).",
                f"{PPMI.en}; PPMI and University of Warwick for COLLEEM; Huws and others (2019); "
                f"{ETUI.en}; "
                "Eurostat, Statistics Explained (June 2023).",
            ),
        ),
    )


def _circles_table(inputs: Inputs, language: Language) -> PrintedTable:
    heads = {
        "fr": ("Cercle", "Définition", "En % des adultes", "En % du cercle au-dessus"),
        "en": ("Circle", "Definition", "% of adults", "% of the circle above"),
    }[language]
    to = {"fr": "de {} à {}", "en": "{} to {}"}[language]
    rows, numbers = [], []
    for key, name in NAMES.items():
        above = INSIDE[key]
        ends = _among(inputs, key, above) if above else ()
        shown = to.format(*(wording.percent(end / 100, language) for end in ends)) if ends else ""
        digits = inputs.digits(key).in_(language)
        rows.append((name.in_(language), DEFINITIONS[key].in_(language), digits, shown))
        numbers.append((math.nan, math.nan, inputs.value(key) / 100, math.nan))
    nested = (wording.term("sentence.nested", each) for each in ("fr", "en"))
    bounds = (
        "La dernière colonne donne les bornes que laissent les chiffres arrondis.",
        "The last column gives the bounds that rounded figures leave.",
    )
    return dl.table(
        pd.DataFrame(rows, columns=list(heads)),
        language,
        title=dl.Text("Trois cercles d’une même enquête", "Three circles of one survey"),
        notes=dl.Notes(
            note=dl.Text(*(f"{one} {other}" for one, other in zip(nested, bounds, strict=True))),
            source=dl.Text(f"{ETUI.fr}.", f"{ETUI.en}."),
        ),
        align=dict.fromkeys(heads[2:], "right"),
        numbers=pd.DataFrame(numbers, columns=list(heads)),
    )
