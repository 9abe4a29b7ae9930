"""What a press article tells the public of micro-work, each claim set against the study that carries it."""

from __future__ import annotations

import datetime
import tomllib
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.types import Inputs, Result

from .wage_steps import PayPoint, PayRange, WageSteps

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Comparison, Language, PrintedTable

YEAR = 2023
"""The article is later than December 2022: amounts to live on are those of 2023."""
CENTS = (1, 2, 3, 5, 10, 14, 25, 30, 67)
LINES = ("poverty_threshold_50", "poverty_threshold_60", "minimum_wage_monthly_net")


def results(inputs: Inputs) -> dict[str, Result | float]:
    """Return what stands behind each claim."""
    return {**_people(inputs), **_poverty(inputs), **_jobs(inputs), **_pay(inputs)}


def _traced(inputs: Inputs) -> dict[str, float]:
    """Return the numbers of the studies that the claims lean on."""
    with (inputs.study.folder / "traced.toml").open("rb") as file:
        return {name: float(entry["value"]) for name, entry in tomllib.load(file).items()}


def _people(inputs: Inputs) -> dict[str, Result | float]:
    known = _traced(inputs)
    platforms, french = (
        inputs.parameter(f"platforms_{name}").value for name in ("france", "french")
    )
    return {
        "headcount": Result(known["very_active"], base="very_active"),
        "headcount_critics": known["very_active"],
        "not_massive": Result.between(known["very_active"], known["registered"]),
        "platforms": platforms,
        "platforms_french": french,
        "platforms_french_share": 100 * french / platforms,
        "commission_definition": Result.nothing(),
        "outsourced": known["interviewed_madagascar"],
        "outsourced_elsewhere": Result.nothing(),
    }


def _poverty(inputs: Inputs) -> dict[str, Result | float]:
    """Return who is above which line: whoever lives under a lower line lives under a higher one as well."""
    known = _traced(inputs)
    usual = inputs.parameter("poverty_threshold_60", 2016).value
    popular = inputs.parameter("observatoire_popular_single", 2016).value
    under = {
        inputs.assumption("line_of_the_22_percent"): known["below_line"],
        popular: known["popular"],
    }
    least = max((share for line, share in under.items() if line <= usual), default=0.0)
    most = min((share for line, share in under.items() if line >= usual), default=100.0)
    return {
        # at the usual line no more is sure than the lower end; 78 comes out at the line of the 22%
        "above_line": Result(
            100 - most, printed_way=100 - known["below_line"], because="threshold not stated"
        ),
        "above_line_60": Result.between(100 - most, 100 - least),
    }


def _jobs(inputs: Inputs) -> dict[str, Result | float]:
    """Return the 71% brought from holders of a permanent contract to all, and what it leaves open on two bases."""
    known = _traced(inputs)
    full, permanent, inactive = (
        known[name] / 100 for name in ("full_time", "permanent", "inactive")
    )
    # any of those called inactive who have a job may hold any contract
    working = inactive * inputs.assumption("inactive_with_a_job")
    found = dl.work.change_base(full, permanent, never=inactive - working).frame.set_index(
        "category"
    )
    low, high = (float(end) for end in found.loc["wide", ["ci_low", "ci_high"]])
    active, part_time = 1 - inactive, permanent * (1 - full)
    of_active = (max(low - working, 0) / active, (active - max(part_time - working, 0)) / active)
    return {
        "full_time": Result(
            100 * float(found.loc["both", "estimate"]),
            base="respondents",
            printed_way=known["full_time"],
            because="base differs",
        ),
        "full_time_any": Result.between(100 * low, 100 * high),
        "full_time_any_not_inactive": Result.between(*(100 * end for end in of_active)),
        "permanent_mostly": known["permanent"],
        "permanent_largest": known["permanent"],
    }


def _pay(inputs: Inputs) -> dict[str, Result | float]:
    half_median, _, wage = (inputs.parameter(name, YEAR).value for name in LINES)
    most = inputs.published("hourly_pay").printed.high
    lowest = {kind: min(pay for _, pay in wages(inputs, kind)) for kind in ("net", "gross")}
    return {
        "hourly_pay": Result.nothing(),
        "hourly_pay_below_minimum": most,
        "hourly_pay_below_minimum_gross": most,
        "share_of_minimum": most / lowest["net"] * 100,
        "share_of_minimum_gross": most / lowest["gross"] * 100,
        "task_pay": Result.nothing(),
        "tasks_at_5_cents": tasks(wage, 5),
        "minimum_wage_at_5_cents": tasks(wage, 5),
        "tasks_at_10_cents": tasks(half_median, 10),
        "tasks_at_25_cents": tasks(wage, 25),
    }


def tasks(income: float, cents: int) -> int:
    """Return the whole tasks a month that reach an income in euros, at so many cents a task."""
    return int(dl.work.tasks_to_reach(income, cents / 100).frame["estimate"].iloc[0])


def wages(inputs: Inputs, kind: str) -> tuple[tuple[float, float], ...]:
    """Return the hourly minimum wage, net or gross, 2015 to 2024: year and fraction from which it holds, and euros."""
    return tuple(
        (value.since.year + (value.since.month - 1) / 12, value.value)
        for value in inputs.parameters(f"minimum_wage_hourly_{kind}")
        if datetime.date(2015, 1, 1) <= value.since < datetime.date(2025, 1, 1)
    )


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, WageSteps]:
    """Return pay beside the minimum wage."""
    said = inputs.words("label")
    claimed = inputs.published("hourly_pay").printed
    known = _traced(inputs)
    return {
        "hourly-pay": WageSteps(
            steps=wages(inputs, "net"),
            until=2025,
            ranges=(PayRange(said["article"], claimed.value, claimed.high),),
            dots=(
                PayPoint(said["headline"], 2017, known["headline_pay"]),
                PayPoint(said["technician"], 2019, known["technician_pay"]),
            ),
            currency="EUR",
            **inputs.caption("hourly-pay"),
        )
    }


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    """Return the claims with their verdicts, the tasks needed, and the circles beside other platform work."""
    made = {"claims": _claims_frame, "tasks": _tasks_frame, "circles": _circles_frame}
    return {name: partial(_table, inputs, name, make) for name, make in made.items()}


def _table(
    inputs: Inputs, name: str, make: Callable[[Inputs, Language], pd.DataFrame], language: Language
) -> PrintedTable:
    return dl.table(make(inputs, language), language, **inputs.caption(name))


def _claims_frame(inputs: Inputs, language: Language) -> pd.DataFrame:
    """Return each claim with its verdict and the reason; second readings of a claim are left to the rows above."""
    found = inputs.once("results", lambda: results(inputs))
    heads = [wording.term(f"column.{name}", language) for name in ("claim", "verdict", "reason")]
    rows = []
    reasons = inputs.words("reason")
    for key, claim in inputs.words("claim").items():
        result = found[key] if isinstance(found[key], Result) else Result(found[key])
        verdict = wording.term(f"verdict.{inputs.verdict(key, result)}", language)
        rows.append((claim.in_(language), verdict, reasons[key].in_(language)))
    return pd.DataFrame(rows, columns=heads)


def _tasks_frame(inputs: Inputs, language: Language) -> pd.DataFrame:
    money = wording.money
    incomes = [inputs.parameter(name, YEAR) for name in LINES]
    heads = [
        dl.Text("Rémunération d’une tâche", "Pay per task").in_(language),
        *(
            f"{each.label.in_(language)}, {money(each.value, 'EUR', language, 0)}"
            for each in incomes
        ),
    ]
    rows = [
        (money(cent / 100, "EUR", language), *(tasks(each.value, cent) for each in incomes))
        for cent in CENTS
    ]
    return pd.DataFrame(rows, columns=heads)


def _circles_frame(inputs: Inputs, language: Language) -> pd.DataFrame:
    known = _traced(inputs)
    people = inputs.parameter("population_15_64", 2018)
    drivers, riders = (
        inputs.parameter(name).value
        for name in ("ride_hailing_drivers_france", "deliveroo_riders_france")
    )
    rows = []
    for name, label in _CIRCLES.items():
        size = known[name]
        rate = dl.population.prevalence(size, people).frame["estimate"].item()
        rows.append((label.in_(language), size, rate, size / drivers, size / riders))
    return pd.DataFrame(rows, columns=[head.in_(language) for head in _CIRCLE_HEADS])


_CIRCLES = {
    "registered": dl.Text("Inscrits", "Registered"),
    "monthly": dl.Text("Présents au moins une fois par mois", "Present at least once a month"),
    "very_active": dl.Text("Très actifs", "Very active"),
}
_CIRCLE_HEADS = (
    dl.Text("Cercle", "Circle"),
    dl.Text("Personnes", "People"),
    dl.Text("Pour 10 000 habitants de 15 à 64 ans", "Per 10,000 inhabitants aged 15 to 64"),
    dl.Text("Par chauffeur de VTC", "Per ride-hailing driver"),
    dl.Text("Par livreur Deliveroo", "Per Deliveroo rider"),
)
