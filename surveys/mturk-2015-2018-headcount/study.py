"""How many workers on Mechanical Turk: published sizes rerun, and the same counts under several models."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot
from diplab.types import Inputs, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates, Language, PrintedTable

# Printed in the notebooks: workers seen once, twice, three times, and at least once.
BY_MONTHS = {
    "chao_2017": (25_070, 5_642, 2_346, 37_830),
    "chao_2023": (79_469, 19_584, 8_297, 123_508),
}
# Printed: workers in each of two months, and in both.
LISTS = {
    "spring": (2_775, 2_831, 584),
    "spring_later": (2_812, 2_828, 593),
    "autumn": (2_876, 2_849, 633),
    "autumn_later": (2_877, 2_889, 677),
}
# Printed: chance of leaving a day.
LEAVING = {
    "half_life": 0.0009180753286719494,
    "half_life_us": 0.0008717947686771045,
    "half_life_elsewhere": 0.0009606402995450986,
}
# Printed: alpha, beta, months, workers seen; those of the earlier years were read in another
# version of the notebook.
BETA_BINOMIAL = {"2017": (0.29, 20.9, 27, 37_830), "2023": (0.60, 67.9, 98, 123_507)}

SEASONS = {
    "spring": dl.Text("Mars et mai 2015", "March and May 2015"),
    "spring_later": dl.Text("Printemps 2015, dix jours plus tard", "Spring 2015, ten days later"),
    "autumn": dl.Text("Septembre et novembre 2015", "September and November 2015"),
    "autumn_later": dl.Text("Automne 2015, dix jours plus tard", "Autumn 2015, ten days later"),
}
ROWS = {
    "chao_participation": "chao",
    "zelterman": "zelterman",
    "poisson": "poisson",
    "geometric": "geometric",
}


def results(inputs: Inputs) -> dict[str, Result | float]:
    """Return a result for each published number."""
    models = _models(inputs)
    names = list(models.frame["statistic"])
    bounds = {"chao_2017": 27, "chao_2023": round(inputs.assumption("occasions_2015_2023"))}
    return {
        "open_population": Result.nothing(),
        "beta_binomial_2017": Result.nothing(nearest=_beta_binomial("2017")),
        "beta_binomial_2023": _beta_binomial("2023"),
        "workers_seen": sum(_participation(inputs).values()),
        # The counts set a minimum and no maximum.
        "blog_headline": Result.between(models.frame["estimate"].iloc[0], math.inf),
        **{key: Result.of(_by_months(key, occasions)) for key, occasions in bounds.items()},
        **{f"petersen_{season}": Result.of(_two_lists(season, "petersen")) for season in LISTS},
        **{
            f"chapman_{season}": Result.of(_two_lists(season, "chapman"))
            for season in ("spring", "autumn")
        },
        **{key: dl.population.half_life(rate) for key, rate in LEAVING.items()},
        **{key: Result.of(models, names.index(estimator)) for key, estimator in ROWS.items()},
    }


def _participation(inputs: Inputs) -> dict[int, int]:
    """Return how many workers answered once, twice, ... 29 times."""
    counts = inputs.once("participation", lambda: inputs.read("participation").frame)
    return {
        int(times): int(workers)
        for times, workers in zip(counts["times"], counts["workers"], strict=True)
    }


def _models(inputs: Inputs) -> Estimates:
    sizes = inputs.once("models", lambda: dl.population.sensitivity(_participation(inputs)))
    return sizes.described(base=COVERAGE, source=SOURCE, status="estimated")


def _two_lists(season: str, estimator: str) -> Estimates:
    return dl.population.two_sample(*LISTS[season], estimator=estimator)


def _by_months(key: str, occasions: int) -> Estimates:
    once, twice, thrice, seen = BY_MONTHS[key]
    # the notebooks do not print who was seen more than three times; of them the bound asks only how
    # many
    counts = {1: once, 2: twice, 3: thrice, 4: seen - once - twice - thrice}
    return dl.population.single_source(counts, "chao_t", occasions=occasions)


def _beta_binomial(years: str) -> float:
    """Return the size where chances follow a beta distribution: those seen, over the share not always missed."""
    alpha, beta, months, seen = BETA_BINOMIAL[years]
    return seen / (1 - dl.population.never_seen(alpha, beta, months))


COVERAGE = dl.Text(
    "Travailleurs de Mechanical Turk qui pouvaient répondre à l'enquête, vus ou non, 2015-2017.",
    "Mechanical Turk workers who could answer the survey, seen or not, 2015-2017.",
)
SOURCE = dl.Text(
    "P. Ipeirotis, mturk_demographics, 39 460 travailleurs et 84 477 réponses ; calculs diplab.",
    "P. Ipeirotis, mturk_demographics, 39,460 workers and 84,477 answers; diplab calculations.",
)
MODELS = dl.Text(
    "Ces lignes sont les mêmes données sous des hypothèses différentes ; aucune n'est un résultat "
    "à citer, la première "
    "est ce que les données portent seules. Les intervalles, étroits, ne disent rien de l'erreur "
    "de modèle.",
    "These rows are the same data under different assumptions; none is a result to quote, the "
    "first is what the data "
    "carry by themselves. Intervals are narrow and say nothing of the error of the model.",
)
UNIT = dl.Text("Nombre de personnes", "Number of people")
THOUSANDS = dl.Text("Milliers de personnes", "Thousands of people")
GROUPS = {
    "lower bound": dl.Text("Borne inférieure : au moins", "Lower bound: at least"),
    "": dl.Text("Estimation sous un modèle", "Estimate under a model"),
    "below bound": dl.Text("Sous la borne : contredit", "Below bound: contradicted"),
    "one-inflated": dl.Text(
        "Si trop ont été vus une seule fois : la borne ne vaut pas",
        "If too many persons were seen only once: the bound does not hold",
    ),
}
"""Headings by the first flag of a row; rows at the boundary have no point to draw."""
SAME = ("truncated_one_inflated_poisson", "truncated_one_inflated_geometric")
"""Equal, by theory, to the models truncated at zero and at one, which are drawn."""


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    """Return the figures of the study."""
    return {"method-sensitivity": _models_figure(inputs), "two-lists": _lists_figure(inputs)}


def _name(estimator: str) -> dl.Text:
    return dl.Text(*(wording.term(f"statistic.{estimator}", language) for language in ("fr", "en")))


def _models_figure(inputs: Inputs) -> PrintedFigure:
    frame = _models(inputs).frame
    rows = tuple(
        Dot(
            _name(row.statistic),
            row.estimate / 1000,
            row.ci_low / 1000,
            row.ci_high / 1000,
            group=GROUPS[kind],
            hollow=kind == "below bound",
        )
        for row in frame.itertuples()
        for kind in (str(row.flag).split(", ")[0],)
        if kind in GROUPS and row.statistic not in SAME
    )
    return dl.chart(
        rows,
        "dots",
        title=dl.Text(
            "Travailleurs de Mechanical Turk : au moins 96 000 ; au-delà, tout dépend du modèle",
            "Mechanical Turk workers: at least 96,000; beyond that, all depends on the model",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "D'après les comptages de 2015-2017, il y avait au moins 95 988 travailleurs "
                "(intervalle de confiance "
                "à 95 % de 93 983 à 98 066).",
                "After the counts of 2015-2017 there were at least 95,988 workers (95% interval "
                "from 93,983 to "
                "98,066).",
            ),
            coverage=COVERAGE,
            source=SOURCE,
            note=dl.Text(
                f"Trait vertical : borne de Chao. {MODELS.fr} La binomiale négative, sans maximum, "
                "n’est pas tracée. "
                "Les modèles avec excès de un, puis tronqués, donnent les nombres de ceux tronqués "
                "en zéro et en un.",
                f"Vertical line: Chao’s bound. {MODELS.en} The negative binomial, without a "
                "maximum, is not drawn. "
                "One-inflated models, then truncated, give the numbers of the models truncated at "
                "zero and one.",
            ),
            unit=THOUSANDS,
        ),
        alt=dl.Text(
            "Points et intervalles : bornes de Chao 95 988, 95 976 et, améliorée, 105 424 ; "
            "estimations de 104 425 à "
            "160 274 ; sous la borne, de 47 467 (Poisson) à 85 455 ; si trop ont été vus une seule "
            "fois, de 39 725 à "
            "56 319.",
            "Dots and intervals: Chao's bounds 95,988, 95,976 and, improved, 105,424; estimates "
            "from 104,425 to "
            "160,274; below the bound, from 47,467 (Poisson) to 85,455; if too many were seen once "
            "only, from 39,725 "
            "to 56,319.",
        ),
        line=float(frame["estimate"].iloc[0]) / 1000,
    )


def _lists_figure(inputs: Inputs) -> PrintedFigure:
    names = {
        "petersen": dl.Text("Lincoln-Petersen", "Lincoln-Petersen"),
        "chapman": dl.Text("Chapman", "Chapman"),
    }
    rows = []
    for season, heading in SEASONS.items():
        for estimator, name in names.items():
            row = _two_lists(season, estimator).frame.iloc[0]
            printed = inputs.value(f"petersen_{season}") if estimator == "petersen" else None
            rows.append(Dot(name, row["estimate"], row["ci_low"], row["ci_high"], printed, heading))
    return dl.chart(
        tuple(rows),
        "dots",
        title=dl.Text(
            "Travailleurs de Mechanical Turk d'après deux listes d'un mois (2015)",
            "Mechanical Turk workers from two lists of a month, 2015",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "2 775 travailleurs en mars 2015, 2 831 en mai et 584 aux deux dates donnent 13 "
                "452 personnes en "
                "tout (Lincoln-Petersen).",
                "2,775 workers in March 2015, 2,831 in May and 584 on both dates give 13,452 "
                "people in all "
                "(Lincoln-Petersen).",
            ),
            coverage=dl.Text(
                "Travailleurs de Mechanical Turk actifs à ces dates, vus ou non.",
                "Mechanical Turk workers active on these dates, seen or not.",
            ),
            source=dl.Text(
                "P. Ipeirotis, mturk_demographics, carnet 3_Capture_Recapture ; calculs diplab.",
                "P. Ipeirotis, mturk_demographics, notebook 3_Capture_Recapture; diplab "
                "calculations.",
            ),
            note=dl.Text(
                "Les intervalles supposent une population fermée et des chances égales de "
                "répondre ; des chances inégales les rendent trop faibles ; des départs joints à "
                "des arrivées, trop "
                "élevés.",
                "Intervals suppose a closed population and equal chances to answer; "
                "unequal chances make them too small; departures together with arrivals, too "
                "large.",
            ),
            unit=UNIT,
        ),
        alt=dl.Text(
            "Points et intervalles : 13 452 au printemps et 12 944 à l'automne selon "
            "Lincoln-Petersen, 13 410 et "
            "12 277 dix jours plus tard ; Chapman en est proche et les valeurs publiées sont "
            "retrouvées.",
            "Dots and intervals: 13,452 in spring and 12,944 in autumn after Lincoln-Petersen, "
            "13,410 and 12,277 ten "
            "days later; Chapman is near and the published values are found again.",
        ),
        zero=False,
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    """Return the tables of the study."""
    title = dl.Text(
        "Travailleurs de Mechanical Turk selon la méthode, mêmes comptages",
        "Mechanical Turk workers by method, same counts",
    )
    return {
        "methods": lambda language: dl.table(
            _models(inputs), language, title=title, notes=dl.Notes(note=MODELS)
        ),
        "two-lists": _lists_table,
    }


def _lists_table(language: Language) -> PrintedTable:
    heads = {
        "fr": (
            "Dates",
            "Première liste",
            "Seconde liste",
            "Sur les deux",
            "Lincoln-Petersen",
            "Chapman",
            "Intervalle de confiance à 95 %",
        ),
        "en": (
            "Dates",
            "First list",
            "Second list",
            "On both",
            "Lincoln-Petersen",
            "Chapman",
            "95% confidence interval",
        ),
    }[language]
    rows, numbers = [], []
    for season, heading in SEASONS.items():
        petersen, chapman = (
            _two_lists(season, each).frame.iloc[0] for each in ("petersen", "chapman")
        )
        counts = (*LISTS[season], petersen["estimate"], chapman["estimate"])
        limits = wording.interval(chapman["ci_low"], chapman["ci_high"], language)
        rows.append(
            (heading.in_(language), *(wording.number(each, language) for each in counts), limits)
        )
        numbers.append((math.nan, *counts, math.nan))
    source = dl.Text(
        "P. Ipeirotis, mturk_demographics ; intervalle de Chapman ; calculs diplab.",
        "P. Ipeirotis, mturk_demographics; interval of Chapman; diplab calculations.",
    )
    return dl.table(
        pd.DataFrame(rows, columns=list(heads)),
        language,
        title=dl.Text("Effectifs d’après deux listes d’un mois", "Sizes from two lists of a month"),
        notes=dl.Notes(source=source),
        align=dict.fromkeys(heads[1:], "right"),
        numbers=pd.DataFrame(numbers, columns=list(heads)),
    )
