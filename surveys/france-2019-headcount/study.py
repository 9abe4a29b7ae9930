"""How many micro-workers in France: three nested circles, what they rest on, and how the critics read them."""

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
from diplab.presentation.language import number
from diplab.presentation.tables import table_of
from diplab.presentation.terms import term
from diplab.reference.parameter import parameter
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from great_tables import GT

    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language
    from diplab.results.comparison import Comparison
    from diplab.results.estimates import Estimates

# Not published: the only whole numbers that give the published figures again if the factor is exactly 1.27.
IMPLIED_ACCOUNTS = 337_980
IMPLIED_VISITORS = 66_468
# Not published: 14,903 is 5.6 % of 266,126 to the unit.
INFERRED_SHARE = 0.056

AGES = tuple(f"population_{first}_{first + 4}" for first in range(15, 65, 5))

ARXIV = Text("Le Ludec, Tubaro et Casilli (2019)", "Le Ludec, Tubaro and Casilli (2019)")
NAMES = {
    "registered": Text("Inscrits (occasionnels)", "Registered (casual)"),
    "routine": Text("Réguliers", "Routine"),
    "very_active": Text("Très actifs", "Very active"),
}
DEFINITIONS = {
    "registered": Text("inscrits sur une plateforme au moins", "registered on at least one platform"),
    "routine": Text("connectés au moins une fois par mois", "connected at least once a month"),
    "very_active": Text(
        "présents, pour la plupart, au moins une fois par semaine", "most present at least once a week"
    ),
}
INSIDE = {"registered": None, "routine": "registered", "very_active": "routine"}


def results(inputs: Inputs) -> dict[str, dl.Result]:
    """Return a result for each published number."""
    value = inputs.value
    micro_work, online_work = parameter("multi_homing_micro_work"), parameter("multi_homing_online_work")
    drivers, riders = parameter("ride_hailing_drivers_france"), parameter("deliveroo_riders_france")
    rates = _rates(inputs)
    registered, routine, very_active = (value(key) for key in NAMES)
    whole = _circles(inputs).frame["estimate"].max()
    found = {
        "registered": dl.Result.circular(_people(IMPLIED_ACCOUNTS, float(micro_work), "registered")),
        "routine": dl.Result.circular(_people(IMPLIED_VISITORS, float(micro_work), "monthly")),
        "very_active": dl.Result.circular(dl.Result.arithmetic(INFERRED_SHARE * registered, base="very active")),
        "multi_homing": dl.Result.nothing(base="people with an account"),
        "implied_accounts": dl.Result.circular(dl.Result.arithmetic(registered * float(micro_work), base="accounts")),
        "implied_visitors": dl.Result.circular(dl.Result.arithmetic(routine * float(micro_work), base="visits")),
        "very_active_share": dl.Result.circular(dl.Result.arithmetic(very_active / registered * 100, base="registered")),
        "registered_at_1_83": dl.Result.circular(_people(IMPLIED_ACCOUNTS, float(online_work), "registered")),
        "critics_total": dl.Result.arithmetic(very_active, base="very active"),
        "readings_ratio": dl.Result.arithmetic(registered / value("critics_total"), base="two readings"),
        "population_15_64": dl.Result.arithmetic(
            sum(float(parameter(age, 2018)) for age in AGES), base="inhabitants 15-64"
        ),
        "registered_2020": dl.Result.arithmetic(registered, base="registered"),
        "routine_2020": dl.Result.arithmetic(routine, base="monthly"),
        "very_active_2020": dl.Result.arithmetic(very_active, base="very active"),
        # Nested circles are not added: the whole is the largest of them.
        "press_sum": dl.Result.arithmetic(whole, base="registered"),
        "routine_per_vtc_driver": dl.Result.arithmetic(routine / float(drivers), base="ride-hailing drivers"),
        "routine_per_rider": dl.Result.arithmetic(routine / float(riders), base="Deliveroo riders"),
    }
    prevalences = {f"prevalence_{key}": dl.Result.arithmetic(rates[key], base="inhabitants 15-64") for key in NAMES}
    return {**found, **prevalences}


def _people(accounts: float, factor: float, base: str) -> dl.Result:
    return dl.Result.arithmetic(_headcount(accounts, factor), base=base)


def _headcount(accounts: float, factor: float) -> float:
    implied = Source("platforms in scope", accounts, "derived", "published figure × 1.27")
    return float(dl.population.headcount([implied], factor).frame["estimate"].item())


def _circles(inputs: Inputs) -> Estimates:
    members = [
        Circle(key, inputs.value(key), NAMES[key], DEFINITIONS[key], ARXIV, "published", INSIDE[key])
        for key in NAMES
    ]
    return inputs.once("circles", lambda: dl.population.circles(members))


def _rates(inputs: Inputs) -> Mapping[str, float]:
    rates = dl.population.prevalence(_circles(inputs), parameter("population_15_64", 2018))
    return dict(zip(rates.frame["category"], rates.frame["estimate"], strict=True))


CHAMP = Text(
    "France, personnes inscrites sur une plateforme de micro-travail au moins.",
    "France, people registered on at least one micro-work platform.",
)
IMPLIED = Text(
    "Les 337 980 comptes ne sont pas publiés : ils sont déduits de 266 126 et de 1,27. Ce calcul montre une "
    "sensibilité, il n'estime rien.",
    "The 337,980 accounts are not published: they are deduced from 266,126 and 1.27. This shows how sensitive "
    "the count is, it estimates nothing.",
)


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, Chart]:
    """Return the figures of the study."""
    return {
        "circles": _circles_figure(inputs),
        "multi-homing-sensitivity": _curve_figure(inputs),
        "readings": _readings_figure(inputs),
    }


def _circles_figure(inputs: Inputs) -> Circles:
    rates = _rates(inputs)

    def label(key: str, language: Language) -> str:
        per = {"fr": "pour 10 000 habitants de 15 à 64 ans", "en": "per 10,000 inhabitants aged 15 to 64"}[
            language
        ]
        return f"{NAMES[key].in_(language)}, {DEFINITIONS[key].in_(language)} ({number(rates[key], language, 1)} {per})"

    return Circles(
        title=Text(
            "Trois cercles emboîtés de micro-travailleurs en France en 2019",
            "Three nested circles of micro-workers in France, 2019",
        ),
        notes=dl.Notes(
            reading=Text(
                "Sur 266 126 personnes inscrites, 52 337 se connectent au moins une fois par mois ; elles sont déjà "
                "comptées dans les 266 126.",
                "Of 266,126 people registered, 52,337 connect at least once a month; they are already counted among "
                "the 266,126.",
            ),
            coverage=CHAMP,
            source=Text(
                "Le Ludec, Tubaro et Casilli (2019), arXiv 1901.03889 ; Insee, recensement de 2018 ; calculs diplab.",
                "Le Ludec, Tubaro and Casilli (2019), arXiv 1901.03889; INSEE, 2018 census; diplab calculations.",
            ),
            note=Text(
                "L'aire des disques est proportionnelle aux effectifs. Les cercles ne s'additionnent pas. Ordres de "
                "grandeur, que les données publiques ne permettent pas de recalculer.",
                "Areas are in proportion to numbers. Circles do not add up. Orders of magnitude, which public data do "
                "not allow to be recomputed.",
            ),
            unit=Text("Nombre de personnes", "Number of people"),
        ),
        alt=Text(
            "Trois disques emboîtés : 266 126 inscrits, dont 52 337 réguliers, dont 14 903 très actifs.",
            "Three nested discs: 266,126 registered, of whom 52,337 routine, of whom 14,903 very active.",
        ),
        circles=tuple(Disc(Text(label(key, "fr"), label(key, "en")), inputs.value(key)) for key in NAMES),
    )


def _curve_figure(inputs: Inputs) -> Curve:
    factors = np.linspace(1, 2, 101)
    marks = (
        Mark(
            1.27,
            _headcount(IMPLIED_ACCOUNTS, 1.27),
            Text("1,27 : 266 126 (publié)", "1.27: 266,126 (published)"),
        ),
        Mark(
            1.83,
            _headcount(IMPLIED_ACCOUNTS, 1.83),
            Text("1,83 : 184 689 (tout le travail en ligne)", "1.83: 184,689 (all online labour)"),
            "below left",
        ),
    )
    return Curve(
        title=Text(
            "Nombre d'inscrits selon le nombre de comptes par personne",
            "Registered people by number of accounts per person",
        ),
        notes=dl.Notes(
            reading=Text(
                "Si chaque personne avait 1,83 compte en moyenne, 337 980 comptes feraient 184 689 personnes au lieu "
                "de 266 126.",
                "If each person held 1.83 accounts on average, 337,980 accounts would make 184,689 people instead of "
                "266,126.",
            ),
            coverage=CHAMP,
            source=Text(
                "Le Ludec, Tubaro et Casilli (2019) ; facteurs 1,27 et 1,83 (Kässi, Lehdonvirta et Stephany, 2021) "
                "d'après P. Tubaro, databigandsmall.com ; calculs diplab.",
                "Le Ludec, Tubaro and Casilli (2019); factors 1.27 and 1.83 (Kässi, Lehdonvirta and Stephany, 2021) "
                "as told by P. Tubaro, databigandsmall.com; diplab calculations.",
            ),
            note=IMPLIED,
        ),
        alt=Text(
            "Courbe décroissante : de 337 980 personnes pour un compte chacune à 168 990 pour deux ; 266 126 pour "
            "1,27 et 184 689 pour 1,83.",
            "A falling curve: from 337,980 people with one account each to 168,990 with two; 266,126 at 1.27 and "
            "184,689 at 1.83.",
        ),
        x=tuple(float(factor) for factor in factors),
        y=tuple(_headcount(IMPLIED_ACCOUNTS, factor) for factor in factors),
        x_axis=Text("Comptes par personne", "Accounts per person"),
        y_axis=Text("Personnes", "People"),
        marks=marks,
        y_ends=(0, 360_000),
    )


def _readings_figure(inputs: Inputs) -> Dots:
    authors = Text("Lecture des auteurs", "The authors' reading")
    critics = Text("Lecture des critiques", "The critics' reading")
    others = Text("Autres travailleurs des plateformes", "Other platform workers")
    rows = [Dot(NAMES[key], inputs.value(key), group=authors) for key in NAMES]
    rows.append(
        Dot(
            Text("Tous les micro-travailleurs", "All micro-workers"),
            inputs.value("critics_total"),
            group=critics,
        )
    )
    drivers, riders = parameter("ride_hailing_drivers_france"), parameter("deliveroo_riders_france")
    rows.append(
        Dot(Text("Chauffeurs de VTC (environ)", "Ride-hailing drivers (about)"), drivers.value, group=others)
    )
    rows.append(Dot(Text("Livreurs Deliveroo (2018)", "Deliveroo riders (2018)"), riders.value, group=others))
    return Dots(
        title=Text(
            "Micro-travailleurs en France : deux lectures des mêmes chiffres",
            "Micro-workers in France: two readings of the same figures",
        ),
        notes=dl.Notes(
            reading=Text(
                "14 903 est le nombre de très actifs pour les auteurs, et le total de tous les micro-travailleurs pour "
                "les critiques.",
                "14,903 is the number of very active people for the authors, and the total of all micro-workers for "
                "the critics.",
            ),
            coverage=Text("France, 2018 et 2019.", "France, 2018 and 2019."),
            source=Text(
                "Le Ludec, Tubaro et Casilli (2019) ; Barraud de Lagerie citée par France Travail (2019) ; Options "
                "(2019) pour les chauffeurs et les livreurs.",
                "Le Ludec, Tubaro and Casilli (2019); Barraud de Lagerie quoted by France Travail (2019); Options "
                "(2019) for drivers and riders.",
            ),
            note=Text(
                "Les cercles sont emboîtés : leur somme, 333 366, que la presse arrondit à 330 000, compte trois fois "
                "les plus actifs. S'inscrire, se connecter et travailler sont trois choses.",
                "Circles are nested: their sum, 333,366, which the press rounds to 330,000, counts the most active "
                "three times. To register, to connect and to work are three things.",
            ),
            unit=Text("Nombre de personnes", "Number of people"),
        ),
        alt=Text(
            "Points : inscrits 266 126, réguliers 52 337, très actifs 14 903 selon les auteurs ; 14 903 en tout selon "
            "les critiques ; 27 000 chauffeurs de VTC et 9 300 livreurs Deliveroo.",
            "Dots: registered 266,126, routine 52,337, very active 14,903 after the authors; 14,903 in all after the "
            "critics; 27,000 ride-hailing drivers and 9,300 Deliveroo riders.",
        ),
        rows=tuple(rows),
        legend=False,  # drivers and riders are no estimates; the headings say whose count each is
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], GT]]:
    """Return the tables of the study."""
    return {
        "circles": lambda language: _circles_table(inputs, language),
        "sensitivity": _sensitivity_table,
    }


def _circles_table(inputs: Inputs, language: Language) -> GT:
    rates = _rates(inputs)
    heads = {
        "fr": ("Cercle", "Définition", "Personnes", "Pour 10 000 habitants de 15 à 64 ans"),
        "en": ("Circle", "Definition", "People", "Per 10,000 inhabitants aged 15 to 64"),
    }[language]
    rows = [
        (
            NAMES[key].in_(language),
            DEFINITIONS[key].in_(language),
            number(inputs.value(key), language),
            number(rates[key], language, 1),
        )
        for key in NAMES
    ]
    numbers = [(math.nan, math.nan, inputs.value(key), rates[key]) for key in NAMES]
    notes = [
        (term("note.note", language), term("sentence.nested", language)),
        (term("note.coverage", language), CHAMP.in_(language)),
        (
            term("note.source", language),
            Text(
                "Le Ludec, Tubaro et Casilli (2019), arXiv 1901.03889 ; Insee, RP2018, POP1B ; calculs diplab.",
                "Le Ludec, Tubaro and Casilli (2019), arXiv 1901.03889; INSEE, RP2018, POP1B; diplab calculations.",
            ).in_(language),
        ),
    ]
    return table_of(
        pd.DataFrame(rows, columns=list(heads)),
        Text("Les trois cercles et leur prévalence", "The three circles and their prevalence"),
        notes_lines=notes,
        align={heads[2]: "right", heads[3]: "right"},
        language=language,
        numbers=pd.DataFrame(numbers, columns=list(heads)),
    )


def _sensitivity_table(language: Language) -> GT:
    heads = {
        "fr": ("Comptes par personne", "Inscrits", "Écart avec 266 126"),
        "en": ("Accounts per person", "Registered", "Against 266,126"),
    }[language]
    factors = (1.0, 1.1, 1.2, 1.27, 1.4, 1.6, 1.83, 2.0)
    people = [_headcount(IMPLIED_ACCOUNTS, factor) for factor in factors]
    gaps = [each - _headcount(IMPLIED_ACCOUNTS, 1.27) for each in people]
    rows = [
        (number(factor, language, 2), number(each, language), number(gap, language, sign=True))
        for factor, each, gap in zip(factors, people, gaps, strict=True)
    ]
    note = IMPLIED.in_(language)
    return table_of(
        pd.DataFrame(rows, columns=list(heads)),
        Text("Inscrits selon le nombre de comptes par personne", "Registered people by accounts per person"),
        notes_lines=[
            (term("note.note", language), note),
            (term("note.coverage", language), CHAMP.in_(language)),
            (
                term("note.source", language),
                f"{ARXIV.in_(language)} ; calculs diplab."
                if language == "fr"
                else f"{ARXIV.in_(language)}; diplab calculations.",
            ),
        ],
        align=dict.fromkeys(heads, "right"),
        language=language,
        numbers=pd.DataFrame({heads[0]: factors, heads[1]: people, heads[2]: gaps}),
    )
