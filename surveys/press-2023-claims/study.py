"""What a press article tells the public of micro-work, each claim set against the study that carries it."""

from __future__ import annotations

import datetime
import math
import tomllib
from typing import TYPE_CHECKING, Any

import pandas as pd

import diplab as dl
from diplab.presentation.charts.claims import Claim, Claims
from diplab.presentation.charts.curve import Curve, Mark
from diplab.presentation.charts.steps import PayPoint, PayRange, Steps
from diplab.presentation.language import money, number
from diplab.presentation.tables import table_of
from diplab.presentation.terms import term
from diplab.reference.parameter import parameter, parameters
from diplab.reference.text import Text
from diplab.replication.published import published
from diplab.replication.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from great_tables import GT

    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language
    from diplab.replication.published import Published
    from diplab.results.comparison import Comparison

ARTICLE = Text(
    "HelloWork, « Le micro-travail, un phénomène qui pose question » (après décembre 2022).",
    "HelloWork, “Le micro-travail, un phénomène qui pose question” (after December 2022).",
)
YEAR = 2023
"""The article is later than December 2022: amounts to live on are those of 2023."""
SEVERAL = (2_000.0, 9_999.0)
CENTS = (1, 2, 3, 5, 10, 14, 25, 30, 67)
LINES = ("poverty_threshold_50", "poverty_threshold_60", "minimum_wage_monthly_net")


def results(inputs: Inputs) -> dict[str, dl.Result]:
    """Return what stands behind each claim."""
    return {**_people(inputs), **_living(inputs), **_pay(inputs)}


def _traced(inputs: Inputs) -> dict[str, float]:
    """Numbers of the studies that the claims lean on."""
    with (inputs.study.folder / "traced.toml").open("rb") as file:
        return {name: float(entry["value"]) for name, entry in tomllib.load(file).items()}


def _people(inputs: Inputs) -> dict[str, dl.Result]:
    known = _traced(inputs)
    return {
        "headcount": dl.Result.arithmetic(known["very_active"], base="very_active"),
        "headcount_critics": dl.Result.arithmetic(known["very_active"], base="critics_total"),
        "not_massive": dl.Result.between(
            known["very_active"], known["registered"], base="circles", rests_on="published figures"
        ),
        "platforms": dl.Result.arithmetic(parameter("platforms_france").value, base="platforms_france"),
        "platforms_french": dl.Result.arithmetic(parameter("platforms_french").value, base="platforms_france"),
        "commission_definition": dl.Result.nothing(base="commission_documents"),
        "outsourced": dl.Result.arithmetic(known["interviewed_madagascar"], base="interviewed_madagascar"),
        "outsourced_elsewhere": dl.Result.nothing(base="other_african_countries"),
    }


def _living(inputs: Inputs) -> dict[str, dl.Result]:
    known = _traced(inputs)
    return {
        **_full_time(known),
        "above_line": dl.Result.arithmetic(100 - known["below_line"], base="respondents"),
        # under 855 implies under 1,026, which implies under 1,265: the shares at both ends bracket the middle
        "above_line_60": dl.Result.between(
            100 - known["popular"],
            100 - known["below_line"],
            base="respondents",
            rests_on="published figures",
        ),
        "permanent_mostly": dl.Result.arithmetic(known["permanent"], base="respondents"),
        "permanent_largest": dl.Result.arithmetic(known["permanent"], base="respondents"),
    }


def _full_time(known: dict[str, float]) -> dict[str, dl.Result]:
    """Return the 71% brought from holders of a permanent contract to all, and what it leaves open on two bases."""
    shares = (known[name] / 100 for name in ("full_time", "permanent"))
    found = dl.rebased(*shares, never=known["inactive"] / 100).frame.set_index("category")
    low, high = (100 * float(end) for end in found.loc["wide", ["ci_low", "ci_high"]])
    active = 1 - known["inactive"] / 100

    def open_between(part: float, base: str) -> dl.Result:
        return dl.Result.between(low / part, high / part, base=base, rests_on="published figures")

    return {
        "full_time": dl.Result.arithmetic(100 * float(found.loc["both", "estimate"]), base="respondents"),
        "full_time_any": open_between(1, "respondents"),
        "full_time_any_not_inactive": open_between(active, "not_inactive"),
    }


def _pay(inputs: Inputs) -> dict[str, dl.Result]:
    half_median, _, wage = (parameter(name, YEAR).value for name in LINES)
    return {
        "hourly_pay": dl.Result.nothing(base="hours"),
        "hourly_pay_below_minimum": dl.Result.arithmetic(_claimed_pay(inputs)[1], base="hours"),
        "hourly_pay_below_minimum_gross": dl.Result.arithmetic(_claimed_pay(inputs)[1], base="hours"),
        "task_pay": dl.Result.nothing(base="tasks"),
        "tasks_at_5_cents": dl.Result.arithmetic(tasks(wage, 5), base="month"),
        "tasks_at_10_cents": dl.Result.arithmetic(tasks(half_median, 10), base="month"),
        "tasks_at_25_cents": dl.Result.arithmetic(tasks(wage, 25), base="month"),
    }


def _claimed_pay(inputs: Inputs) -> tuple[float, float]:
    row = published(inputs.study.published, "hourly_pay")
    return row.value, row.high


def tasks(income: float, cents: int) -> int:
    """Return the whole tasks a month that reach an income in euros, at so many cents a task."""
    return int(dl.tasks_to_reach(income, cents / 100).frame["estimate"].iloc[0])


def wages() -> tuple[tuple[float, float], ...]:
    """Return the net hourly minimum wage, 2015 to 2024: year and fraction from which it holds, and euros."""
    return tuple(
        (value.since.year + (value.since.month - 1) / 12, value.value)
        for value in parameters("minimum_wage_hourly_net")
        if datetime.date(2015, 1, 1) <= value.since < datetime.date(2025, 1, 1)
    )


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, Chart]:
    """Return the claims with their verdicts, pay beside the minimum wage, tasks by pay per task."""
    said = _wording(inputs)
    around = {name: _around(words) for name, words in said["figures"].items()}
    return {
        "claims": _claims(said["claims"], comparison, around["claims"]),
        "hourly-pay": _hourly_pay(_claimed_pay(inputs), around["hourly-pay"]),
        "tasks": _tasks_curve(around["tasks"]),
    }


def _wording(inputs: Inputs) -> dict[str, Any]:
    with (inputs.study.folder / "wording.toml").open("rb") as file:
        return tomllib.load(file)


def _around(said: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Title, notes and description of a figure."""
    words = {name: Text(**pair) for name, pair in said.items()}
    notes = dl.Notes(
        reading=words["lecture"], coverage=words["champ"], source=words["source"], note=words["note"]
    )
    return {"title": words["title"], "notes": notes, "alt": words["alt"], "width": 180.0}


def _claims(said: dict[str, Any], comparison: Comparison, around: dict[str, Any]) -> Claims:
    verdicts = dict(zip(comparison.frame["key"], comparison.frame["verdict"], strict=True))
    return Claims(
        claims=tuple(
            Claim(Text(**words["claim"]), verdicts[key], Text(**words["reason"]))
            for key, words in said.items()
        ),
        **around,
    )


def _hourly_pay(claimed: tuple[float, float], around: dict[str, Any]) -> Steps:
    return Steps(
        steps=wages(),
        steps_label=Text("SMIC horaire net, novembre 2024", "Net hourly minimum wage, November 2024"),
        until=2025,
        ranges=(PayRange(Text("Selon l’article", "According to the article"), *claimed),),
        dots=(
            PayPoint(Text("Titre de France 2", "France 2 headline"), 2017, 2.5),
            PayPoint(Text("Un technicien, rapport DiPLab", "Technician, DiPLab report"), 2019, 1.0),
        ),
        y_axis=Text("Euros de l'heure", "Euros an hour"),
        currency="EUR",
        **around,
    )


def _tasks_curve(around: dict[str, Any]) -> Curve:
    wage = parameter("minimum_wage_monthly_net", YEAR).value
    cents = tuple(quarter / 4 for quarter in range(8, 161))
    return Curve(
        x=cents,
        y=tuple(wage * 100 / cent for cent in cents),
        x_axis=Text("Rémunération d'une tâche, en centimes d'euro", "Pay per task, in euro cents"),
        y_axis=Text("Tâches par mois", "Tasks a month"),
        marks=tuple(_mark(tasks(wage, cent), cent, fr, en) for cent, fr, en in _MARKS),
        feasible=SEVERAL,
        feasible_label=Text("plusieurs milliers de tâches", "several thousand tasks"),
        x_ends=(0.0, cents[-1]),
        y_ends=(0.0, 70_000.0),
        **around,
    )


_MARKS = (
    (5, "à 5 centimes", "at 5 cents"),
    (10, "à 10 centimes", "at 10 cents"),
    (25, "à 25 centimes (Wirk)", "at 25 cents (Wirk)"),
)


def _mark(needed: int, cent: int, fr: str, en: str) -> Mark:
    label = Text(f"{number(needed, 'fr')} {fr}", f"{number(needed, 'en')} {en}")
    return Mark(float(cent), float(needed), label, "above right")


def tables(inputs: Inputs) -> dict[str, Callable[[Language], GT]]:
    """Return the claims with their reasons, the tasks needed, and the circles beside other platform work."""
    said = _wording(inputs)["tables"]
    return {
        "claims": lambda language: _claims_table(inputs, language),
        "tasks": lambda language: _numbers_table(*_tasks_cells(language), said["tasks"], language),
        "circles": lambda language: _numbers_table(
            *_circles_cells(_traced(inputs), language), said["circles"], language
        ),
    }


def _claims_table(inputs: Inputs, language: Language) -> GT:
    found = results(inputs)
    heads = [term(f"column.{name}", language) for name in _CLAIM_HEADS]
    rows = [
        (
            row.label.in_(language),
            _printed(row, language),
            row.base.in_(language),
            term(f"verdict.{verdict(row, found[row.key])}", language),
            row.reason.in_(language),
            row.source.in_(language),
        )
        for row in inputs.study.published
    ]
    source = (term("note.source", language), ARTICLE.in_(language))
    return table_of(pd.DataFrame(rows, columns=heads), inputs.study.title, "", [source], language=language)


_CLAIM_HEADS = ("claim", "published", "base", "verdict", "reason", "source")
_SIGNS = {"equals": "", "range": "", "above": "> ", "below": "< "}


def _printed(row: Published, language: Language) -> str:
    """The number claimed; a range has two ends, and a claim of more or less its sign."""
    ends = [row.value, row.high] if row.relation == "range" else [row.value]
    shown = "–".join(number(end, language, row.decimals) for end in ends)
    unit = {"fr": " %", "en": "%"}[language] if row.unit == "%" else ""
    return f"{_SIGNS[row.relation]}{shown}{unit}"


def _numbers_table(
    cells: pd.DataFrame, numbers: pd.DataFrame, said: dict[str, dict[str, str]], language: Language
) -> GT:
    notes = [(term(f"note.{name}", language), said[name][language]) for name in ("note", "source")]
    right = [head for head in cells.columns if numbers[head].notna().all()]
    return table_of(
        cells,
        Text(**said["title"]),
        "",
        notes,
        dict.fromkeys(right, "right"),
        language=language,
        numbers=numbers,
    )


def _tasks_cells(language: Language) -> tuple[pd.DataFrame, pd.DataFrame]:
    incomes = [parameter(name, YEAR) for name in LINES]
    heads = [
        Text("Rémunération d'une tâche", "Pay per task").in_(language),
        *(f"{income.label.in_(language)}, {money(income.value, 'EUR', language, 0)}" for income in incomes),
    ]
    numbers = [[cent / 100, *(tasks(income.value, cent) for income in incomes)] for cent in CENTS]
    cells = [
        [money(pay, "EUR", language), *(number(needed, language) for needed in row)] for pay, *row in numbers
    ]
    return pd.DataFrame(cells, columns=heads), pd.DataFrame(numbers, columns=heads)


def _circles_cells(known: dict[str, float], language: Language) -> tuple[pd.DataFrame, pd.DataFrame]:
    people = parameter("population_15_64", 2018)
    drivers, riders = parameter("ride_hailing_drivers_france"), parameter("deliveroo_riders_france")
    heads = [head.in_(language) for head in _CIRCLE_HEADS]
    numbers = []
    for name in _CIRCLES:
        size = known[name]
        rate = dl.population.prevalence(size, people)
        numbers.append([math.nan, size, rate, size / drivers.value, size / riders.value])
    cells = [
        [label.in_(language), number(row[1], language), *(number(value, language, 1) for value in row[2:])]
        for label, row in zip(_CIRCLES.values(), numbers, strict=True)
    ]
    return pd.DataFrame(cells, columns=heads), pd.DataFrame(numbers, columns=heads)


_CIRCLES = {
    "registered": Text("Inscrits", "Registered"),
    "monthly": Text("Présents au moins une fois par mois", "Present at least once a month"),
    "very_active": Text("Très actifs", "Very active"),
}
_CIRCLE_HEADS = (
    Text("Cercle", "Circle"),
    Text("Personnes", "People"),
    Text("Pour 10 000 habitants de 15 à 64 ans", "Per 10,000 inhabitants aged 15 to 64"),
    Text("Par chauffeur de VTC", "Per ride-hailing driver"),
    Text("Par livreur Deliveroo", "Per Deliveroo rider"),
)
