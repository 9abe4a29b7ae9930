"""How many platform workers in Europe: an online panel, two probability samples, and what each counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

import diplab as dl
from diplab.population import Circle
from diplab.presentation.charts.circles import Circle as Disc
from diplab.presentation.charts.circles import Circles
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.language import percent
from diplab.presentation.tables import table_of
from diplab.presentation.terms import term
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from great_tables import GT

    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language
    from diplab.results.comparison import Comparison
    from diplab.results.estimates import Estimates

# Printed by the institute: countries, and answers in each (more than).
COLLEEM = (14, 2_300)

NAMES = {
    "internet_work": Text("Travail par internet", "Internet work"),
    "platform_work": Text("Travail de plateforme", "Platform work"),
    "main_platform_work": Text("À titre principal", "As a main job"),
}
DEFINITIONS = {
    "internet_work": Text(
        "ont fait un travail trouvé ou rendu par internet dans l'année",
        "did work found or delivered over the internet in the year",
    ),
    "platform_work": Text("l'ont fait par une plateforme de travail", "did it through a labour platform"),
    "main_platform_work": Text(
        "20 heures par semaine ou plus, ou plus de la moitié du revenu",
        "20 hours a week or more, or more than half of income",
    ),
}
INSIDE = {"internet_work": None, "platform_work": "internet_work", "main_platform_work": "platform_work"}

READ_ONLY = (
    "platform_workers", "online_share", "projected", "earlier", "employees", "misclassified", "internet_work",
    "platform_work", "main_platform_work", "men_pilot", "women_pilot", "feps_surveys",
)  # fmt: skip
"""What was published of them is not enough to compute them again."""


def results(inputs: Inputs) -> dict[str, dl.Result]:
    """Return a result for each published number."""
    value = inputs.value
    bases = {row.key: row.base_key for row in inputs.study.published}
    workers = value("platform_workers")
    countries, answers = COLLEEM
    found = {
        "online_workers": dl.Result.arithmetic(workers * value("online_share") / 100, base="eu online"),
        "projected_commission": dl.Result.arithmetic(value("projected"), base="eu 2025"),
        "workers_commission": dl.Result.arithmetic(workers, base="eu platform workers"),
        "self_employed": dl.Result.arithmetic(workers - value("employees"), base="eu self-employed"),
        "misclassified_share": dl.Result.arithmetic(value("misclassified") / workers * 100, base="eu platform workers"),
        # Of two sexes, the whole lies between them.
        "all_pilot": dl.Result.between(
            value("women_pilot"), value("men_pilot"), base="adults 17", rests_on="published figures"
        ),
        "colleem_panel": dl.Result.arithmetic(countries * answers, base="colleem answers"),
        "colleem_answers": dl.Result.between(
            countries * answers,
            countries * (answers + 100),
            base="colleem answers",
            rests_on="published figures",
        ),
        "platform_among_internet": _among(inputs, "platform_work", "internet_work", "internet workers"),
        "main_among_platform": _among(inputs, "main_platform_work", "platform_work", "platform workers 14"),
    }
    return found | {key: dl.Result.nothing(base=bases[key]) for key in READ_ONLY}


def _among(inputs: Inputs, part: str, whole: str, base: str) -> dl.Result:
    """Return the bounds that printed digits leave for the quotient of two shares of one survey, in percent."""
    rows = {row.key: row for row in inputs.study.published}
    half = {key: 0.5 * 10 ** -rows[key].decimals for key in (part, whole)}
    low = (rows[part].value - half[part]) / (rows[whole].value + half[whole])
    high = (rows[part].value + half[part]) / (rows[whole].value - half[whole])
    return dl.Result.between(low * 100, high * 100, base=base, rests_on="published figures")


def _circles(inputs: Inputs) -> Estimates:
    """Return the circles of the ETUI survey among 1,000 adults: there is no list from which to count people."""
    members = [
        Circle(key, inputs.value(key) * 10, NAMES[key], DEFINITIONS[key], ETUI, "published", INSIDE[key])
        for key in NAMES
    ]
    return inputs.once("circles", lambda: dl.population.circles(members))


ETUI = Text(
    "ETUI (2022), The platform economy in Europe, document de travail 2022.05, résumé",
    "ETUI (2022), The platform economy in Europe, working paper 2022.05, abstract",
)
PPMI = Text(
    "Enquête PPMI de 2021 d'après le Digital Platform Observatory",
    "PPMI survey of 2021 after the Digital Platform Observatory",
)
FOUND = Text(
    "Un panel de volontaires recrute des gens qui font déjà des tâches payées en ligne ; en interroger plus n'y change "
    "rien.",
    "A panel of volunteers recruits people who already do paid tasks online; asking more of them changes nothing.",
)


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, Chart]:
    """Return the figures of the study."""
    return {
        "circles": _circles_figure(inputs),
        "shares": _shares_figure(inputs),
        "counts": _counts_figure(inputs),
    }


def _circles_figure(inputs: Inputs) -> Circles:
    found = _circles(inputs).frame
    sizes = dict(zip(found["category"], found["estimate"], strict=True))
    return Circles(
        title=Text(
            "Sur 1 000 adultes d'Europe, en 2021 : travail par internet et travail de plateforme",
            "Of 1,000 adults in Europe, 2021: internet work and platform work",
        ),
        notes=dl.Notes(
            reading=Text(
                "Sur 1 000 adultes, 43 ont fait un travail de plateforme dans l'année ; ils sont déjà comptés parmi "
                "les 170 du travail par internet.",
                "Of 1,000 adults, 43 did platform work in the year; they are already counted among the 170 of internet "
                "work.",
            ),
            coverage=Text(
                "Adultes de 18 à 65 ans, 14 pays de l'Union européenne, printemps 2021.",
                "Adults aged 18 to 65, 14 countries of the European Union, spring 2021.",
            ),
            source=Text(f"{ETUI.fr} ; calculs diplab.", f"{ETUI.en}; diplab calculations."),
            note=Text(
                "Aire des disques proportionnelle aux effectifs. Les cercles ne s'additionnent pas. Enquête par "
                "téléphone, tirage aléatoire ; les intervalles de confiance n'ont pu être lus.",
                "Areas in proportion to numbers. Circles do not add up. Telephone survey, probability sample; the "
                "confidence intervals could not be read.",
            ),
            unit=Text("Personnes pour 1 000 adultes", "People per 1,000 adults"),
        ),
        alt=Text(
            "Trois disques emboîtés : 170 adultes sur 1 000 travaillent par internet, dont 43 par une plateforme, dont "
            "11 à titre principal.",
            "Three nested discs: 170 adults in 1,000 do internet work, of whom 43 through a platform, of whom 11 as a "
            "main job.",
        ),
        circles=tuple(
            Disc(
                Text(f"{NAMES[key].fr} : {DEFINITIONS[key].fr}", f"{NAMES[key].en}: {DEFINITIONS[key].en}"),
                sizes[key],
            )
            for key in NAMES
        ),
    )


def _shares_figure(inputs: Inputs) -> Dots:
    etui = Text("ETUI, 18 à 65 ans, 14 pays, 2021", "ETUI, 18 to 65, 14 countries, 2021")
    pilot = Text(
        "Eurostat, pilote, 15 à 64 ans, 17 pays, 2022", "Eurostat, pilot, 15 to 64, 17 countries, 2022"
    )
    sexes = {"men_pilot": Text("Hommes", "Men"), "women_pilot": Text("Femmes", "Women")}
    rows = [
        Dot(name, inputs.value(key) / 100, group=etui, shown=inputs.digits(key))
        for key, name in NAMES.items()
    ]
    rows += [
        Dot(name, inputs.value(key) / 100, group=pilot, shown=inputs.digits(key))
        for key, name in sexes.items()
    ]
    return Dots(
        title=Text(
            "Deux enquêtes à tirage aléatoire : la définition fait le chiffre",
            "Two probability surveys: the definition makes the figure",
        ),
        notes=dl.Notes(
            reading=Text(
                "4,3 % des adultes de 14 pays ont fait un travail de plateforme dans l'année ; pour 1,1 %, c'est le "
                "travail principal.",
                "4.3% of the adults of 14 countries did platform work in the year; for 1.1% it is the main job.",
            ),
            coverage=Text(
                "Adultes des pays enquêtés ; l'âge, les pays et l'année diffèrent.",
                "Adults of the countries surveyed; ages, countries and years differ.",
            ),
            source=Text(
                f"{ETUI.fr} ; Eurostat, Statistics Explained (juin 2023).",
                f"{ETUI.en}; Eurostat, Statistics Explained (June 2023).",
            ),
            note=Text(
                "Les lignes d'ETUI sont emboîtées. Le pilote d'Eurostat compte une heure de travail en 12 mois, vente "
                "et location comprises. On ne divise pas une part d'une enquête par celle de l'autre.",
                "The rows of ETUI are nested. The pilot of Eurostat counts one hour of work in 12 months, selling and "
                "renting included. A share of one survey is not divided by that of the other.",
            ),
            unit=Text("En % des adultes", "% of adults"),
        ),
        alt=Text(
            "Points : ETUI, travail par internet 17 %, de plateforme 4,3 %, à titre principal 1,1 % ; Eurostat, hommes "
            "3,2 %, femmes 2,8 %.",
            "Dots: ETUI, internet work 17%, platform work 4.3%, as a main job 1.1%; Eurostat, men 3.2%, women 2.8%.",
        ),
        rows=tuple(rows),
        percent=True,
        legend=False,  # published figures, and no estimates of ours
    )


def _counts_figure(inputs: Inputs) -> Dots:
    dates = {
        "earlier": Text("2018, rapporté par la presse", "2018, told by the press"),
        "platform_workers": Text("2021, panel en ligne", "2021, online panel"),
        "projected": Text("2025, projection", "2025, projection"),
    }
    return Dots(
        title=Text(
            "Travailleurs de plateformes dans l'Union : un panel en ligne et deux chiffres autour",
            "Platform workers in the Union: an online panel and two figures around it",
        ),
        notes=dl.Notes(
            reading=Text(
                "D'après un panel en ligne, 28,3 millions de personnes travaillaient par des plateformes en 2021.",
                "After an online panel, 28.3 million people worked through platforms in 2021.",
            ),
            coverage=Text("Union européenne (27 pays en 2021).", "European Union (27 countries in 2021)."),
            source=Text(f"{PPMI.fr} ; Le Soir (27 octobre 2021).", f"{PPMI.en}; Le Soir (27 October 2021)."),
            note=Text(
                f"Point creux : projection. Les définitions n'ont pu être lues. {FOUND.fr}",
                f"Hollow dot: projection. The definitions could not be read. {FOUND.en}",
            ),
            unit=Text("Millions de personnes", "Million people"),
        ),
        alt=Text(
            "Points : 24 millions en 2018, 28,3 en 2021, 42,6 attendus en 2025.",
            "Dots: 24 million in 2018, 28.3 in 2021, 42.6 expected in 2025.",
        ),
        rows=tuple(
            Dot(name, inputs.value(key), hollow=key == "projected", shown=inputs.digits(key))
            for key, name in dates.items()
        ),
        legend=False,  # a projection is not contradicted by a bound
    )


SURVEYS = (
    (
        Text("PPMI, 2021", "PPMI, 2021"),
        Text("panel en ligne", "online panel"),
        Text("UE à 27", "EU-27"),
        Text("28,3 millions de personnes", "28.3 million people"),
    ),
    (
        Text("COLLEEM, 2017 et 2018", "COLLEEM, 2017 and 2018"),
        Text("panel en ligne", "online panel"),
        Text("14 pays, puis 16", "14 countries, then 16"),
        Text("non lu ici", "not read here"),
    ),
    (
        Text("FEPS-Hertfordshire, 2016-2019", "FEPS-Hertfordshire, 2016-2019"),
        Text("panel en ligne, le plus souvent", "online panel, mostly"),
        Text("13 pays", "13 countries"),
        Text("non lu ici", "not read here"),
    ),
    (
        Text("ETUI, 2021", "ETUI, 2021"),
        Text("téléphone, tirage aléatoire", "telephone, probability sample"),
        Text("18 à 65 ans, 14 pays", "18 to 65, 14 countries"),
        Text(
            "4,3 % des adultes dans l'année ; 1,1 % à titre principal",
            "4.3% of adults in the year; 1.1% as a main job",
        ),
    ),
    (
        Text("Eurostat, pilote, 2022", "Eurostat, pilot, 2022"),
        Text(
            "enquête sur les forces de travail, tirage aléatoire", "Labour Force Survey, probability sample"
        ),
        Text("15 à 64 ans, 17 pays", "15 to 64, 17 countries"),
        Text(
            "3,2 % des hommes et 2,8 % des femmes, une heure en 12 mois",
            "3.2% of men and 2.8% of women, one hour in 12 months",
        ),
    ),
)


def tables(inputs: Inputs) -> dict[str, Callable[[Language], GT]]:
    """Return the tables of the study."""
    return {
        "surveys": _surveys_table,
        "circles": lambda language: _circles_table(inputs, language),
    }


def _surveys_table(language: Language) -> GT:
    heads = {
        "fr": ("Enquête", "Comment les gens ont été trouvés", "Qui, où", "Ce qu'elle dit"),
        "en": ("Survey", "How people were found", "Who, where", "What it says"),
    }[language]
    return table_of(
        pd.DataFrame([[each.in_(language) for each in row] for row in SURVEYS], columns=list(heads)),
        Text("Cinq enquêtes, deux façons de trouver les gens", "Five surveys, two ways of finding people"),
        notes_lines=[
            (term("note.note", language), FOUND.in_(language)),
            (
                term("note.note", language),
                Text(
                    "L'âge, les pays, la période et la définition diffèrent : on ne divise pas la part d'une enquête "
                    "par celle d'une autre.",
                    "Ages, countries, periods and definitions differ: a share of one survey is not divided by that of "
                    "another.",
                ).in_(language),
            ),
            (
                term("note.source", language),
                Text(
                    f"{PPMI.fr} ; PPMI et université de Warwick pour COLLEEM ; Huws et autres (2019) ; {ETUI.fr} ; "
                    "Eurostat, Statistics Explained (juin 2023).",
                    f"{PPMI.en}; PPMI and University of Warwick for COLLEEM; Huws and others (2019); {ETUI.en}; "
                    "Eurostat, Statistics Explained (June 2023).",
                ).in_(language),
            ),
        ],
        language=language,
    )


def _circles_table(inputs: Inputs, language: Language) -> GT:
    heads = {
        "fr": ("Cercle", "Définition", "En % des adultes", "En % du cercle au-dessus"),
        "en": ("Circle", "Definition", "% of adults", "% of the circle above"),
    }[language]
    among = {"platform_work": "internet_work", "main_platform_work": "platform_work"}
    rows, numbers = [], []
    for key, name in NAMES.items():
        ends = _among(inputs, key, among[key], "") if key in among else None
        between_ends = {"fr": "de {} à {}", "en": "{} to {}"}[language]
        shown = (
            between_ends.format(*(percent(end / 100, language, 1) for end in (ends.low, ends.high)))
            if ends
            else ""
        )
        digits = inputs.digits(key).in_(language)
        rows.append((name.in_(language), DEFINITIONS[key].in_(language), digits, shown))
        numbers.append((math.nan, math.nan, inputs.value(key) / 100, math.nan))
    return table_of(
        pd.DataFrame(rows, columns=list(heads)),
        Text("Trois cercles d'une même enquête", "Three circles of one survey"),
        notes_lines=[
            (term("note.note", language), term("sentence.nested", language)),
            (
                term("note.note", language),
                Text(
                    "La dernière colonne donne les bornes que laissent les chiffres arrondis.",
                    "The last column gives the bounds that rounded figures leave.",
                ).in_(language),
            ),
            (term("note.source", language), f"{ETUI.in_(language)}."),
        ],
        align=dict.fromkeys(heads[2:], "right"),
        language=language,
        numbers=pd.DataFrame(numbers, columns=list(heads)),
    )
