"""How many online workers in the world: profiles, a correction few copies carry, and the people behind."""

from __future__ import annotations

import math
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
    from collections.abc import Callable

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates, Language, PrintedTable

MILLION = 1_000_000

VERSION_4 = dl.Text(
    "Kässi, Lehdonvirta et Stephany (2021), version 4",
    "Kässi, Lehdonvirta and Stephany (2021), version 4",
)
NAMES = {
    "profiles": dl.Text("Profils inscrits", "Registered profiles"),
    "ever_worked": dl.Text("Ont obtenu un travail", "Obtained work"),
    "significant": dl.Text("Significativement actifs", "Significantly active"),
}
DEFINITIONS = {
    "profiles": dl.Text(
        "profils ouverts sur les plateformes de travail en ligne",
        "profiles open on online labour platforms",
    ),
    "ever_worked": dl.Text(
        "ont obtenu un travail par la plateforme au moins une fois",
        "obtained work through the platform at least once",
    ),
    "significant": dl.Text(
        "au moins 10 projets, ou 1 000 dollars gagnés",
        "at least 10 projects, or 1,000 dollars earned",
    ),
}
INSIDE = {"profiles": None, "ever_worked": "profiles", "significant": "ever_worked"}
COUNTED = ("ever_worked", "significant")

READ_ONLY = (
    "profiles", "ever_worked", "significant", "multi_homing", "platforms", "last_30_days", "over_1000_dollars",
    "index_registered", "index_week", "world_registered", "world_active", "world_surveyed", "labour_force_high",
    "three_countries",
)  # fmt: skip
"""What was published of them is not enough to compute them again."""


def results(inputs: Inputs) -> dict[str, Result | float]:
    """Return a result for each published number."""
    value = inputs.value
    # Whether the 163 million are before or after the division is not known: the two readings are
    # the bounds.
    people = Result.between(
        _people(inputs, inputs.assumption("accounts_per_person")), _people(inputs, 1.0)
    )
    labour_force = value("world_surveyed") / (value("labour_force_high") / 100)
    shares = {
        f"{key}_share{version}": value(f"{key}{version}") / value("profiles") * 100
        for key in COUNTED
        for version in ("", "_v1")
    }
    return {
        # The correction stands for the figures of the first version.
        "ever_worked_v1": value("ever_worked"),
        "significant_v1": value("significant"),
        "people": people,
        "freelancers": people,
        "ever_worked_itif": shares["ever_worked_share"],
        "labour_force_low": value("world_registered") / labour_force * 100,
        "sub_saharan": value("three_countries") / (inputs.assumption("share_of_traffic") / 100),
        **shares,
        **{key: Result.nothing() for key in READ_ONLY},
    }


def _people(inputs: Inputs, factor: float) -> float:
    """Return the people, in millions, behind the registered profiles if each held so many."""
    profiles = dl.population.Source(
        "all platforms", inputs.value("profiles") * MILLION, "published", VERSION_4.en
    )
    return float(dl.population.headcount([profiles], factor).frame["estimate"].item()) / MILLION


def _circles(inputs: Inputs) -> Estimates:
    members = [
        dl.population.Circle(
            key,
            inputs.value(key) * MILLION,
            NAMES[key],
            DEFINITIONS[key],
            VERSION_4,
            "published",
            INSIDE[key],
        )
        for key in NAMES
    ]
    return inputs.once("circles", lambda: dl.population.circles(members))


COVERAGE = dl.Text(
    "Monde, profils ouverts sur les plateformes de travail en ligne.",
    "World, profiles open on online labour platforms.",
)
SOURCE = dl.Text(
    "Kässi, Lehdonvirta et Stephany (2021), Open Research Europe 1:53, version 4, résumé ; calculs "
    "diplab.",
    "Kässi, Lehdonvirta and Stephany (2021), Open Research Europe 1:53, version 4, abstract; "
    "diplab calculations.",
)
BOTH_VERSIONS = dl.Text(
    "Kässi, Lehdonvirta et Stephany (2021), première version (arXiv 2103.12648) et version 4 (Open "
    "Research Europe "
    "1:53), résumés ; calculs diplab.",
    "Kässi, Lehdonvirta and Stephany (2021), first version (arXiv 2103.12648) and version 4 (Open "
    "Research Europe "
    "1:53), abstracts; diplab calculations.",
)
PROFILES = dl.Text(
    "Ce sont des profils : une personne peut en avoir plusieurs. Que le total soit déjà corrigé "
    "des doubles comptes "
    "ou non n'est pas vérifié.",
    "These are profiles: a person may hold several. Whether the total is already free of "
    "duplicates is not verified.",
)


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    """Return the figures of the study."""
    return {"circles": _circles_figure(inputs), "people": _people_figure(inputs)}


def _circles_figure(inputs: Inputs) -> PrintedFigure:
    sizes = dict(
        zip(
            _circles(inputs).frame["category"],
            _circles(inputs).frame["estimate"] / MILLION,
            strict=True,
        )
    )
    return dl.chart(
        tuple(
            Disc(
                dl.Text(_begun(DEFINITIONS[key].fr), _begun(DEFINITIONS[key].en)),
                sizes[key],
                inputs.digits(key),
            )
            for key in NAMES
        ),
        "circles",
        title=dl.Text(
            "Profils de travailleurs en ligne dans le monde en 2021",
            "Profiles of online workers in the world in 2021",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "Sur 163 millions de profils, 14 millions ont obtenu un travail ; ils sont déjà "
                "comptés dans les 163.",
                "Of 163 million profiles, 14 million obtained work; they are already counted among "
                "the 163.",
            ),
            coverage=COVERAGE,
            source=SOURCE,
            note=dl.Text(
                "Aire des disques proportionnelle aux effectifs. Les cercles ne s'additionnent "
                f"pas. {PROFILES.fr}",
                f"Areas in proportion to numbers. Circles do not add up. {PROFILES.en}",
            ),
            unit=dl.Text("Millions de profils", "Million profiles"),
        ),
        alt=dl.Text(
            "Trois disques emboîtés : 163 millions de profils, dont 14 millions ont travaillé, "
            "dont 3,3 millions "
            "significativement actifs.",
            "Three nested discs: 163 million profiles, of which 14 million worked, of which 3.3 "
            "million significantly "
            "active.",
        ),
    )


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _people_figure(inputs: Inputs) -> PrintedFigure:
    factors = tuple(float(factor) for factor in np.linspace(1, 2, 101))
    factor = inputs.assumption("accounts_per_person")
    low, high = _people(inputs, factor), _people(inputs, 1.0)
    return dl.chart(
        tuple(
            zip(factors, tuple(inputs.value("profiles") / each for each in factors), strict=True)
        ),
        "sensitivity_curve",
        title=dl.Text(
            "Personnes derrière 163 millions de profils, selon le nombre de profils par personne",
            "People behind 163 million profiles, by profiles a person",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "Si chacun avait 1,83 profil en moyenne, 163 millions de profils feraient 89 "
                "millions de personnes.",
                "If each held 1.83 profiles on average, 163 million profiles would make 89 million "
                "people.",
            ),
            coverage=COVERAGE,
            source=dl.Text(
                f"{VERSION_4.fr} ; facteur 1,83 d'après P. Tubaro, databigandsmall.com ; calculs "
                "diplab.",
                f"{VERSION_4.en}; factor 1.83 as told by P. Tubaro, databigandsmall.com; diplab "
                "calculations.",
            ),
            note=dl.Text(
                "Si les 163 millions étaient déjà divisés, ce seraient des personnes ; sinon il y "
                "en a "
                "89\N{NO-BREAK SPACE}millions. Ce qui a pu être lu ne dit pas lequel des deux.",
                "If the 163 million were divided already, they would be people; otherwise there "
                "are 89 million. What "
                "could be read does not say which.",
            ),
        ),
        alt=dl.Text(
            "Courbe décroissante : 163 millions de personnes pour un profil chacune, 89 pour 1,83 "
            "et 81,5 pour deux.",
            "A falling curve: 163 million people with one profile each, 89 at 1.83 and 81.5 with "
            "two.",
        ),
        x_axis=dl.Text("Profils par personne", "Profiles per person"),
        y_axis=dl.Text("Millions de personnes", "Million people"),
        marks=(
            Mark(1.0, high, _named_point(high, 1.0, "si déjà divisé", "if divided already")),
            Mark(factor, low, _named_point(low, factor, "sinon", "otherwise"), "below left"),
        ),
        feasible=(low, high),
        feasible_label=dl.Text(
            "valeurs possibles : de 89 à 163 millions", "possible values: from 89 to 163 million"
        ),
        y_ends=(0, 180),
    )


def _named_point(people: float, factor: float, fr: str, en: str) -> dl.Text:
    """Name a point of the curve by its people, and by how many profiles each would hold."""
    number, places = wording.number, 0 if factor == 1 else 2
    plural = "s" if factor > 1 else ""
    return dl.Text(
        f"{number(people, 'fr')}\N{NO-BREAK SPACE}millions {fr} ({number(factor, 'fr', places)} "
        "profil par personne)",
        f"{number(people, 'en')}\N{NO-BREAK SPACE}million {en} ({number(factor, 'en', places)} "
        f"profile{plural} per "
        "person)",
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    """Return the tables of the study."""
    return {"circles": partial(_circles_table, inputs), "others": partial(_others_table, inputs)}


def _circles_table(inputs: Inputs, language: Language) -> PrintedTable:
    heads = {
        "fr": (
            "Cercle",
            "Définition",
            "Version 4, en millions",
            "En % des profils",
            "Première version, retirée",
            "En % des profils, retirés",
        ),
        "en": (
            "Circle",
            "Definition",
            "Version 4, millions",
            "% of profiles",
            "First version, withdrawn",
            "% of profiles, withdrawn",
        ),
    }[language]
    profiles = inputs.value("profiles")
    rows, numbers = [], []
    for key, name in NAMES.items():
        values = (inputs.value(key), inputs.value(f"{key}_v1") if key in COUNTED else profiles)
        printed = (inputs.digits(key), inputs.digits(f"{key}_v1" if key in COUNTED else key))
        cells: list[str] = []
        for each, digits in zip(values, printed, strict=True):
            cells += [digits.in_(language), wording.percent(each / profiles, language, 1)]
        rows.append((name.in_(language), DEFINITIONS[key].in_(language), *cells))
        numbers.append(
            (math.nan, math.nan, values[0], values[0] / profiles, values[1], values[1] / profiles)
        )
    nested = [wording.term("sentence.nested", to) for to in ("fr", "en")]
    return dl.table(
        pd.DataFrame(rows, columns=list(heads)),
        language,
        title=dl.Text(
            "Les trois cercles, corrigés et avant correction",
            "The three circles, corrected and before",
        ),
        notes=dl.Notes(
            reading=dl.Text(
                "La première version comptait 19 millions de profils ayant travaillé ; la version "
                "4 en compte 14. La "
                "plupart des copies en ligne portent encore le chiffre retiré.",
                "The first version counted 19 million profiles that worked; version 4 counts 14. "
                "Most copies on the "
                "web still carry the figure withdrawn.",
            ),
            note=dl.Text(f"{nested[0]} {PROFILES.fr}", f"{nested[1]} {PROFILES.en}"),
            coverage=COVERAGE,
            source=BOTH_VERSIONS,
        ),
        align=dict.fromkeys(heads[2:], "right"),
        numbers=pd.DataFrame(numbers, columns=list(heads)),
    )


OTHERS = (
    "profiles",
    "index_registered",
    "index_week",
    "world_registered",
    "world_active",
    "world_surveyed",
)


def _others_table(inputs: Inputs, language: Language) -> PrintedTable:
    heads = {
        "fr": ("Compte", "Millions", "De qui, de quoi", "Source"),
        "en": ("Count", "Millions", "Of whom, of what", "Source"),
    }[language]
    printed = [inputs.published(key) for key in OTHERS]
    rows = [
        (
            row.label.in_(language),
            inputs.digits(row.key).in_(language),
            row.base.in_(language),
            # the address is in `published.csv`
            row.source.in_(language).rpartition(", https")[0],
        )
        for row in printed
    ]
    return dl.table(
        pd.DataFrame(rows, columns=list(heads)),
        language,
        title=dl.Text(
            "Six comptes qui ne comptent pas la même chose",
            "Six counts that do not count the same thing",
        ),
        notes=dl.Notes(
            note=dl.Text(
                "Profils, inscrits, actifs, répondants d’une enquête : ces nombres ne se "
                "soustraient ni ne se divisent "
                "l’un par l’autre.",
                "Profiles, registered people, active people, respondents of a survey: these "
                "numbers are neither "
                "subtracted nor divided by one another.",
            )
        ),
        align={heads[1]: "right"},
        numbers=pd.DataFrame(
            [(math.nan, row.value, math.nan, math.nan) for row in printed], columns=list(heads)
        ),
    )
