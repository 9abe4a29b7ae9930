"""How many online workers in the world: profiles, a correction few copies carry, and the people behind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import diplab as dl
from diplab.population import Circle, Source
from diplab.presentation.charts.circles import Circle as Disc
from diplab.presentation.charts.circles import Circles
from diplab.presentation.charts.curve import Curve, Mark
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.language import number, percent
from diplab.presentation.tables import table_of
from diplab.presentation.terms import term
from diplab.reference.parameter import parameter
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from great_tables import GT

    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language
    from diplab.results.comparison import Comparison
    from diplab.results.estimates import Estimates

MILLION = 1_000_000
# Told by the press: the three countries make up this share of the traffic of Sub-Saharan Africa.
SHARE_OF_TRAFFIC = 0.806

VERSION_4 = Text(
    "Kässi, Lehdonvirta et Stephany (2021), version 4", "Kässi, Lehdonvirta and Stephany (2021), version 4"
)
NAMES = {
    "profiles": Text("Profils inscrits", "Registered profiles"),
    "ever_worked": Text("Ont obtenu un travail", "Obtained work"),
    "significant": Text("Significativement actifs", "Significantly active"),
}
DEFINITIONS = {
    "profiles": Text(
        "profils ouverts sur les plateformes de travail en ligne", "profiles open on online labour platforms"
    ),
    "ever_worked": Text(
        "ont obtenu un travail par la plateforme au moins une fois",
        "obtained work through the platform at least once",
    ),
    "significant": Text(
        "au moins 10 projets, ou 1 000 dollars gagnés", "at least 10 projects, or 1,000 dollars earned"
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


def results(inputs: Inputs) -> dict[str, dl.Result]:
    """Return a result for each published number."""
    value = inputs.value
    bases = {row.key: row.base_key for row in inputs.study.published}
    shares = {key: value(key) / value("profiles") * 100 for key in COUNTED}
    first = {key: value(f"{key}_v1") / value("profiles") * 100 for key in COUNTED}
    # Whether the 163 million are before or after the division is not known: the two readings are the bounds.
    people = dl.Result.between(
        _people(inputs, float(parameter("multi_homing_online_work"))),
        _people(inputs, 1.0),
        base="people",
        rests_on="published figures",
    )
    labour_force = value("world_surveyed") / (value("labour_force_high") / 100)
    found = {
        # The correction stands for the figures of the first version.
        "ever_worked_v1": dl.Result.arithmetic(value("ever_worked"), base="profiles ever"),
        "significant_v1": dl.Result.arithmetic(value("significant"), base="profiles significant"),
        "people": people,
        "freelancers": people,
        "ever_worked_itif": dl.Result.arithmetic(shares["ever_worked"], base="profiles"),
        "labour_force_low": dl.Result.circular(
            dl.Result.arithmetic(value("world_registered") / labour_force * 100, base="labour force")
        ),
        "sub_saharan": dl.Result.arithmetic(value("three_countries") / SHARE_OF_TRAFFIC, base="sub-saharan"),
    }
    found |= {f"{key}_share": dl.Result.arithmetic(shares[key], base="profiles") for key in COUNTED}
    found |= {f"{key}_share_v1": dl.Result.arithmetic(first[key], base="profiles") for key in COUNTED}
    return found | {key: dl.Result.nothing(base=bases[key]) for key in READ_ONLY}


def _people(inputs: Inputs, factor: float) -> float:
    """Return the people, in millions, behind the registered profiles if each held so many."""
    profiles = Source("all platforms", inputs.value("profiles") * MILLION, "published", VERSION_4.en)
    return float(dl.population.headcount([profiles], factor).frame["estimate"].item()) / MILLION


def _circles(inputs: Inputs) -> Estimates:
    members = [
        Circle(
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


CHAMP = Text(
    "Monde, profils ouverts sur les plateformes de travail en ligne.",
    "World, profiles open on online labour platforms.",
)
SOURCE = Text(
    "Kässi, Lehdonvirta et Stephany (2021), Open Research Europe 1:53, version 4, résumé ; calculs diplab.",
    "Kässi, Lehdonvirta and Stephany (2021), Open Research Europe 1:53, version 4, abstract; diplab calculations.",
)
BOTH_VERSIONS = Text(
    "Kässi, Lehdonvirta et Stephany (2021), première version (arXiv 2103.12648) et version 4 (Open Research Europe "
    "1:53), résumés ; calculs diplab.",
    "Kässi, Lehdonvirta and Stephany (2021), first version (arXiv 2103.12648) and version 4 (Open Research Europe "
    "1:53), abstracts; diplab calculations.",
)
PROFILES = Text(
    "Ce sont des profils : une personne peut en avoir plusieurs. Que le total soit déjà corrigé des doubles comptes "
    "ou non n'est pas vérifié.",
    "These are profiles: a person may hold several. Whether the total is already free of duplicates is not verified.",
)


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, Chart]:
    """Return the figures of the study."""
    return {
        "circles": _circles_figure(inputs),
        "versions": _versions_figure(inputs),
        "people": _people_figure(inputs),
    }


def _circles_figure(inputs: Inputs) -> Circles:
    sizes = dict(
        zip(_circles(inputs).frame["category"], _circles(inputs).frame["estimate"] / MILLION, strict=True)
    )
    return Circles(
        title=Text(
            "Profils de travailleurs en ligne dans le monde en 2021, en millions",
            "Profiles of online workers in the world in 2021, in millions",
        ),
        notes=dl.Notes(
            reading=Text(
                "Sur 163 millions de profils, 14 millions ont obtenu un travail ; ils sont déjà comptés dans les 163.",
                "Of 163 million profiles, 14 million obtained work; they are already counted among the 163.",
            ),
            coverage=CHAMP,
            source=SOURCE,
            note=Text(
                f"Aire des disques proportionnelle aux effectifs. Les cercles ne s'additionnent pas. {PROFILES.fr}",
                f"Areas in proportion to numbers. Circles do not add up. {PROFILES.en}",
            ),
            unit=Text("Millions de profils", "Million profiles"),
        ),
        alt=Text(
            "Trois disques emboîtés : 163 millions de profils, dont 14 millions ont travaillé, dont 3,3 millions "
            "significativement actifs.",
            "Three nested discs: 163 million profiles, of which 14 million worked, of which 3.3 million significantly "
            "active.",
        ),
        circles=tuple(
            Disc(
                Text(_begun(DEFINITIONS[key].fr), _begun(DEFINITIONS[key].en)),
                sizes[key],
                inputs.digits(key),
            )
            for key in NAMES
        ),
    )


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _versions_figure(inputs: Inputs) -> Dots:
    versions = {
        "_v1": Text("Première version, retirée", "First version, withdrawn"),
        "": Text("Version 4 (octobre 2021)", "Version 4 (October 2021)"),
    }
    return Dots(
        title=Text(
            "Les mêmes effectifs avant et après correction",
            "The same numbers before and after correction",
        ),
        notes=dl.Notes(
            reading=Text(
                "La première version comptait 19 millions de profils ayant travaillé ; la version 4 en compte 14.",
                "The first version counted 19 million profiles that worked; version 4 counts 14.",
            ),
            coverage=CHAMP,
            source=BOTH_VERSIONS,
            note=Text(
                "Les deux versions comptent 163 millions de profils. Point creux : chiffre retiré, que la plupart des "
                "copies en ligne portent encore.",
                "Both versions count 163 million profiles. Hollow dot: figure withdrawn, which most copies on the web "
                "still carry.",
            ),
            unit=Text("Millions de profils", "Million profiles"),
        ),
        alt=Text(
            "Points : ont travaillé, 19 puis 14 millions ; significativement actifs, 5 puis 3,3 millions.",
            "Dots: worked, 19 then 14 million; significantly active, 5 then 3.3 million.",
        ),
        rows=tuple(
            Dot(
                label,
                inputs.value(f"{key}{version}"),
                group=NAMES[key],
                hollow=version == "_v1",
                shown=inputs.digits(f"{key}{version}"),
            )
            for key in COUNTED
            for version, label in versions.items()
        ),
        # withdrawn is not contradicted by a bound; the words of the rows say which is which
        legend=False,
    )


def _people_figure(inputs: Inputs) -> Curve:
    factors = tuple(float(factor) for factor in np.linspace(1, 2, 101))
    factor = float(parameter("multi_homing_online_work"))
    low, high = _people(inputs, factor), _people(inputs, 1.0)
    return Curve(
        title=Text(
            "Personnes derrière 163 millions de profils, selon le nombre de profils par personne",
            "People behind 163 million profiles, by profiles a person",
        ),
        notes=dl.Notes(
            reading=Text(
                "Si chacun avait 1,83 profil en moyenne, 163 millions de profils feraient 89 millions de personnes.",
                "If each held 1.83 profiles on average, 163 million profiles would make 89 million people.",
            ),
            coverage=CHAMP,
            source=Text(
                f"{VERSION_4.fr} ; facteur 1,83 d'après P. Tubaro, databigandsmall.com ; calculs diplab.",
                f"{VERSION_4.en}; factor 1.83 as told by P. Tubaro, databigandsmall.com; diplab calculations.",
            ),
            note=Text(
                "Si les 163 millions étaient déjà divisés, ce seraient des personnes ; sinon il y en a 89 millions. Ce "
                "qui a pu être lu ne dit pas lequel des deux.",
                "If the 163 million were divided already, they would be people; otherwise there are 89 million. What "
                "could be read does not say which.",
            ),
        ),
        alt=Text(
            "Courbe décroissante : 163 millions de personnes pour un profil chacune, 89 pour 1,83 et 81,5 pour deux.",
            "A falling curve: 163 million people with one profile each, 89 at 1.83 and 81.5 with two.",
        ),
        x=factors,
        y=tuple(inputs.value("profiles") / each for each in factors),
        x_axis=Text("Profils par personne", "Profiles per person"),
        y_axis=Text("Millions de personnes", "Million people"),
        marks=(
            Mark(1.0, high, Text("1 : 163 (si déjà divisé)", "1: 163 (if divided already)")),
            Mark(
                factor,
                low,
                Text("1,83 : 89 (si pas encore divisé)", "1.83: 89 (if not yet divided)"),
                "below left",
            ),
        ),
        feasible=(low, high),
        feasible_bar=True,
        feasible_label=Text("non identifié : de 89 à 163", "not identified: from 89 to 163"),
        y_ends=(0, 180),
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], GT]]:
    """Return the tables of the study."""
    return {
        "circles": lambda language: _circles_table(inputs, language),
        "others": lambda language: _others_table(inputs, language),
    }


def _circles_table(inputs: Inputs, language: Language) -> GT:
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
            cells += [digits.in_(language), percent(each / profiles, language, 1)]
        rows.append((name.in_(language), DEFINITIONS[key].in_(language), *cells))
        numbers.append((math.nan, math.nan, values[0], values[0] / profiles, values[1], values[1] / profiles))
    return table_of(
        pd.DataFrame(rows, columns=list(heads)),
        Text("Les trois cercles, corrigés et avant correction", "The three circles, corrected and before"),
        notes_lines=[
            (term("note.note", language), term("sentence.nested", language)),
            (term("note.note", language), PROFILES.in_(language)),
            (term("note.coverage", language), CHAMP.in_(language)),
            (term("note.source", language), SOURCE.in_(language)),
        ],
        align=dict.fromkeys(heads[2:], "right"),
        language=language,
        numbers=pd.DataFrame(numbers, columns=list(heads)),
    )


OTHERS = ("profiles", "index_registered", "index_week", "world_registered", "world_active", "world_surveyed")


def _others_table(inputs: Inputs, language: Language) -> GT:
    heads = {
        "fr": ("Compte", "Millions", "De qui, de quoi", "Source"),
        "en": ("Count", "Millions", "Of whom, of what", "Source"),
    }[language]
    published = {row.key: row for row in inputs.study.published}
    rows = [
        (
            published[key].label.in_(language),
            number(published[key].value, language, published[key].decimals),
            published[key].base.in_(language),
            # the address is in `published.csv`
            published[key].source.in_(language).rpartition(", https")[0],
        )
        for key in OTHERS
    ]
    return table_of(
        pd.DataFrame(rows, columns=list(heads)),
        Text("Six comptes qui ne comptent pas la même chose", "Six counts that do not count the same thing"),
        notes_lines=[
            (
                term("note.note", language),
                Text(
                    "Profils, inscrits, actifs, répondants d'une enquête : ces nombres ne se soustraient ni ne se "
                    "divisent l'un par l'autre.",
                    "Profiles, registered people, active people, respondents of a survey: these numbers are neither "
                    "subtracted nor divided by one another.",
                ).in_(language),
            )
        ],
        align={heads[1]: "right"},
        language=language,
        numbers=pd.DataFrame(
            [(math.nan, published[key].value, math.nan, math.nan) for key in OTHERS], columns=list(heads)
        ),
    )
