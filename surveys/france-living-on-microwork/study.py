"""How many tasks, hours and platforms it takes to live on micro-work in France, year by year.

Amounts are those of one person with no other income. A poverty line is disposable income (after
taxes, with benefits); pay for micro-work is before contributions: what is computed against a line
is a minimum. Against the minimum wage, gross pay is set against the gross wage.
"""

from __future__ import annotations

import math
import tomllib
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.types import Inputs, Result

from .hours_by_year import HoursByYear, Level, YearlyRange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diplab.types import Comparison, Estimates, Language, PrintedTable

Cells: TypeAlias = "tuple[Sequence[dl.Text], Sequence[Sequence[str]], Sequence[Sequence[float]]]"

YEARS = (2015, 2016, 2017, 2018, 2019, 2021, 2022, 2023)
"""The lines of 2020 could not be read in a source, and those of 2024 were not published."""
WAGE_YEARS = (*YEARS[:5], 2020, *YEARS[5:], 2024)
YEAR = 2023
HALF, LINE, NET = "poverty_threshold_50", "poverty_threshold_60", "minimum_wage_monthly_net"
GROSS = "minimum_wage_hourly_gross"

WEEK, FULL_TIME = 168, 35  # hours
WEEKS = 52 / 12  # in a month
PAY = ("1", "2", "2_50", "3", "7_20")
CENTS = (1, 2, 5, 10, 25, 30)
ON_ONE_PLATFORM = (5, 10, 50)

READ_ONLY = (
    "pay_press", "pay_france_2", "task_pay_press", "task_pay_wirk", "mean_earnings", "under_5", "over_10",
    "earnings_daily_use", "platforms",
)  # fmt: skip
"""What was read cannot be computed again from anything public."""


def results(inputs: Inputs) -> dict[str, Result | float]:
    """Return a result for each number."""
    return {
        **{key: Result.nothing() for key in READ_ONLY},
        **_pay(inputs),
        **_hours(inputs),
        **_against_the_gross_wage(inputs),
        **_tasks(inputs),
        **_earnings(inputs),
    }


def tasks(target: float, cents: float) -> int:
    """Return the whole tasks that reach an amount in euros, at so many cents a task."""
    return int(dl.work.tasks_to_reach(target, cents / 100).frame["estimate"].iloc[0])


def hours_a_week(target: float, pay: float) -> float:
    """Return the hours of each week that reach an amount a month, at so much an hour."""
    return target / pay / WEEKS


def gross_hours_a_week(inputs: Inputs, year: int, pay: float) -> float:
    """Return the hours a week that earn a gross minimum wage at full time, at so much an hour before contributions."""
    return inputs.parameter(GROSS, year).value * FULL_TIME / pay


def line(inputs: Inputs, year: int) -> float:
    """Return the poverty line at 60% of the median, for one person, in euros a month."""
    return inputs.parameter(LINE, year).value


def amounts(inputs: Inputs, year: int) -> tuple[float, float, float]:
    """Return what one may want to live on: half the median, 60% of it, the net minimum wage of January."""
    half, usual, wage = (inputs.parameter(name, year).value for name in (HALF, LINE, NET))
    return half, usual, wage


def hourly(inputs: Inputs) -> dict[str, float]:
    """Return pay an hour, by name: of the technician, of the press, and what three figures suppose together."""
    known = _traced(inputs)
    hours = known["full_time_equivalents"] * FULL_TIME * WEEKS / known["registered_rounded"]
    press = inputs.published("pay_press").printed
    found = (
        known["vignette_pay"] / known["vignette_hours"],
        press.value,
        inputs.value("pay_france_2"),
        press.high,
        inputs.value("mean_earnings") / hours,
    )
    return dict(zip(PAY, found, strict=True))


def _traced(inputs: Inputs) -> dict[str, float]:
    with (inputs.study.folder / "traced.toml").open("rb") as file:
        return {name: float(entry["value"]) for name, entry in tomllib.load(file).items()}


def _pay(inputs: Inputs) -> dict[str, Result | float]:
    pay = hourly(inputs)
    return {
        "pay_vignette": pay["1"],
        "pay_wirk": Result.between(*_at_wirk(inputs, "pay_per_paid_hour")),
        "pay_implied": pay["7_20"],
    }


def _at_wirk(inputs: Inputs, statistic: str) -> tuple[float, float]:
    """Return the bounds of what the line at 60% takes at the one rate that could be read, if a task is always there."""
    known = _traced(inputs)
    pay = inputs.published("task_pay_wirk").printed
    found: Estimates = inputs.once(
        "wirk",
        lambda: dl.work.tasks_to_reach(
            inputs.parameter(LINE, YEAR),
            (pay.value, pay.high),
            seconds_per_task=(known["wirk_shortest"], known["wirk_longest"]),
        ),
    )
    low, high = found.frame.set_index("statistic").loc[statistic, ["ci_low", "ci_high"]]
    return float(low), float(high)


def _hours(inputs: Inputs) -> dict[str, Result | float]:
    pay = hourly(inputs)
    found: dict[str, Result | float] = {
        f"hours_month_at_{name}": line(inputs, YEAR) / pay[name] for name in PAY
    }
    for name, years in {"1": (YEAR,), "2": (2015, 2019, YEAR), "2_50": (YEAR,), "3": (2015, 2019, YEAR),
                        "7_20": (YEAR,)}.items():  # fmt: skip
        for year in years:
            found[f"hours_week_at_{name}_{year}"] = hours_a_week(line(inputs, year), pay[name])
    for name in ("1", "2"):
        found[f"fits_in_a_week_at_{name}"] = found[f"hours_week_at_{name}_{YEAR}"]
    for key, hours in (("lowest_pay", WEEK), ("full_time_pay", FULL_TIME)):
        found[key] = hours_a_week(line(inputs, YEAR), hours)
    return found


def _against_the_gross_wage(inputs: Inputs) -> dict[str, Result | float]:
    pay = hourly(inputs)
    found: dict[str, Result | float] = {
        f"gross_week_at_{name}_{year}": gross_hours_a_week(inputs, year, pay[name])
        for name, year in (("2", 2015), ("2", 2019), ("2", YEAR), ("2", 2024), ("3", YEAR))
    }
    return {
        **found,
        "fits_gross_at_2": found["gross_week_at_2_2015"],
        "share_of_gross_wage_at_3": pay["3"] / inputs.parameter(GROSS, YEAR).value * 100,
    }


def _tasks(inputs: Inputs) -> dict[str, Result | float]:
    few = _few(inputs)
    wirk = inputs.published("task_pay_wirk").printed
    rate = (wirk.value * 100, wirk.high * 100)
    waiting = 1 + inputs.assumption("unpaid_minutes_per_hour") / 60
    hours = (waiting * each for each in _at_wirk(inputs, "paid_hours"))
    return {
        **{f"tasks_at_{cents}": tasks(line(inputs, YEAR), cents) for cents in CENTS if cents != 5},
        **{f"tasks_at_5_{year}": tasks(line(inputs, year), 5) for year in (2015, 2019, YEAR)},
        **{
            f"several_thousand_{year}": Result.between(*needed(inputs, year, *few))
            for year in YEARS
        },
        **dict(
            zip(("fewest_tasks_2023", "most_tasks_2023"), needed(inputs, YEAR, *few), strict=True)
        ),
        "several_thousand_wirk": Result.between(*needed(inputs, YEAR, *rate)),
        "several_thousand_all": Result.between(*needed(inputs, YEAR, few[0], rate[1])),
        "hours_month_wirk": Result.between(*hours),
    }


def _few(inputs: Inputs) -> tuple[float, float]:
    """Return how many cents “a few cents” are, at least and at most."""
    return inputs.assumption("fewest_cents"), inputs.assumption("most_cents")


def needed(inputs: Inputs, year: int, fewest_cents: float, most_cents: float) -> tuple[int, int]:
    """Return the fewest and the most tasks a month, over the three amounts and between two rates."""
    wanted = amounts(inputs, year)
    found = dl.work.tasks_to_reach(
        (min(wanted), max(wanted)), (fewest_cents / 100, most_cents / 100)
    )
    low, high = found.frame.loc[0, ["ci_low", "ci_high"]]
    return int(low), int(high)


def platforms_needed(inputs: Inputs, year: int, earned: float) -> int:
    """Return on how many platforms one would have to earn an amount a month to reach the line at 60%."""
    return math.ceil(line(inputs, year) / earned)


def bands(inputs: Inputs) -> tuple[float, float, float]:
    """Return the shares that earn under 5 euros a month on Foule Factory, from 5 to 10, and over 10."""
    under, over = inputs.assumption("share_under_5_euros"), inputs.assumption("share_over_10_euros")
    return under, 1 - under - over, over


def least_mean(inputs: Inputs) -> float:
    """Return the least that respondents of Foule Factory can earn on average: each at the low end of the band."""
    _, between, over = bands(inputs)
    return 5 * between + 10 * over


def _earnings(inputs: Inputs) -> dict[str, Result | float]:
    mean = inputs.value("mean_earnings")
    daily = inputs.published("earnings_daily_use").printed
    return {
        "mean_one_platform": least_mean(inputs),
        **{f"times_the_mean_{year}": line(inputs, year) / mean for year in (2018, YEAR)},
        **{
            f"enough_platforms_at_{earned}": platforms_needed(inputs, 2018, earned)
            for earned in ON_ONE_PLATFORM
        },
        f"enough_platforms_at_50_{YEAR}": platforms_needed(inputs, YEAR, 50),
        "daily_use_low": daily.value / line(inputs, 2019) * 100,
        "daily_use_high": daily.high / line(inputs, 2019) * 100,
    }


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, HoursByYear]:
    """Return hours by year."""
    return {"hours-a-week": _hours_figure(inputs)}


def _hours_figure(inputs: Inputs) -> HoursByYear:
    said, pay = inputs.words("label"), hourly(inputs)

    def ends(low: str, high: str) -> tuple[tuple[int, float, float], ...]:
        return tuple(
            (year, *(hours_a_week(line(inputs, year), pay[name]) for name in (high, low)))
            for year in YEARS
        )

    return HoursByYear(
        ranges=(
            YearlyRange(said["technician"], ends("1", "1")),
            YearlyRange(said["press"], ends("2", "3")),
            YearlyRange(said["deduced"], ends("7_20", "7_20")),
        ),
        levels=(Level(said["week"], WEEK), Level(said["full_time"], FULL_TIME)),
        **inputs.caption("hours-a-week"),
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    """Return tasks, hours and platforms by year; hours and tasks by pay; the claim by year; earnings on a platform."""
    made = {
        "by-year": _by_year_cells,
        "hours": _hours_cells,
        "gross": _gross_cells,
        "tasks": _tasks_cells,
        "several-thousand": _several_thousand_cells,
        "earnings": _earnings_cells,
    }
    return {name: partial(_table, inputs, name, cells) for name, cells in made.items()}


def _table(
    inputs: Inputs, name: str, cells: Callable[[Inputs, Language], Cells], language: Language
) -> PrintedTable:
    heads, shown, numbers = cells(inputs, language)
    names = [head.in_(language) for head in heads]
    return dl.table(
        pd.DataFrame(shown, columns=names),
        language,
        align=dict.fromkeys(names, "right"),
        numbers=pd.DataFrame(numbers, columns=names),
        **inputs.caption(name),
    )


YEAR_HEAD = dl.Text("Année", "Year")


def _at(pay: float) -> dl.Text:
    places = 0 if float(pay).is_integer() else 2
    return dl.Text(
        f"à {wording.money(pay, 'EUR', 'fr', places)} de l'heure",
        f"at {wording.money(pay, 'EUR', 'en', places)} an hour",
    )


def _hours_or_impossible(hours: float, language: Language) -> str:
    """Print hours a week; where a week has fewer, say so beside."""
    shown = wording.number(hours, language, 1 if WEEK < hours < WEEK + 0.5 else 0)
    return f"{shown} (impossible)" if hours > WEEK else shown


def _by_year(
    rows: Sequence[tuple[int, float, *tuple[float, ...]]], places: int, language: Language
) -> list[list[str]]:
    return [
        [
            str(year),
            wording.money(amount, "EUR", language, places),
            *(_hours_or_impossible(each, language) for each in hours),
        ]
        for year, amount, *hours in rows
    ]


def _hours_cells(inputs: Inputs, language: Language) -> Cells:
    pays = hourly(inputs).values()
    rows = [
        (year, line(inputs, year), *(hours_a_week(line(inputs, year), pay) for pay in pays))
        for year in YEARS
    ]
    heads = [YEAR_HEAD, dl.Text("Seuil par mois", "Line a month"), *map(_at, pays)]
    return heads, _by_year(rows, 0, language), rows


def _by_year_cells(inputs: Inputs, language: Language) -> Cells:
    """Return tasks, hours and platforms of each year side by side."""
    rows = [
        (
            year,
            line(inputs, year),
            *(tasks(line(inputs, year), cents) for cents in (5, 25)),
            *(hours_a_week(line(inputs, year), pay) for pay in (2.0, 3.0)),
            *(platforms_needed(inputs, year, earned) for earned in ON_ONE_PLATFORM),
        )
        for year in YEARS
    ]
    heads = [
        YEAR_HEAD,
        dl.Text("Seuil par mois", "Line a month"),
        dl.Text("Tâches par mois à 5 centimes", "Tasks a month at 5 cents"),
        dl.Text("Tâches par mois à 25 centimes", "Tasks a month at 25 cents"),
        dl.Text("Heures par semaine à 2 €", "Hours a week at €2"),
        dl.Text("Heures par semaine à 3 €", "Hours a week at €3"),
        *(
            dl.Text(f"Plateformes à {earned} € par mois", f"Platforms at €{earned} a month")
            for earned in ON_ONE_PLATFORM
        ),
    ]
    shown = [
        [
            str(year),
            wording.money(amount, "EUR", language, 0),
            *(wording.number(each, language) for each in needed),
        ]
        for year, amount, *needed in rows
    ]
    return heads, shown, rows


def _gross_cells(inputs: Inputs, language: Language) -> Cells:
    pays = (1.0, 2.0, 3.0, 7.2)
    rows = [
        (
            year,
            inputs.parameter(GROSS, year).value,
            *(gross_hours_a_week(inputs, year, pay) for pay in pays),
        )
        for year in WAGE_YEARS
    ]
    wage = dl.Text("SMIC horaire brut, janvier", "Gross hourly minimum wage, January")
    return [YEAR_HEAD, wage, *map(_at, pays)], _by_year(rows, 2, language), rows


def _tasks_cells(inputs: Inputs, language: Language) -> Cells:
    rows = [
        (cents / 100, *(tasks(amount, cents) for amount in amounts(inputs, YEAR)))
        for cents in CENTS
    ]
    incomes = [inputs.parameter(name, YEAR) for name in (HALF, LINE, NET)]
    heads = [
        dl.Text("Rémunération d'une tâche", "Pay per task"),
        *(
            dl.Text(
                *(
                    f"{each.label.in_(to)}, {wording.money(each.value, 'EUR', to, 0)}"
                    for to in ("fr", "en")
                )
            )
            for each in incomes
        ),
    ]
    shown = [
        [wording.money(pay, "EUR", language), *(wording.number(each, language) for each in needed)]
        for pay, *needed in rows
    ]
    return heads, shown, rows


def _several_thousand_cells(inputs: Inputs, language: Language) -> Cells:
    few = _few(inputs)
    rows = [(year, *amounts(inputs, year), *needed(inputs, year, *few)) for year in YEARS]
    several = inputs.published(f"several_thousand_{YEAR}").printed.high
    possible = {True: dl.Text("au bord seulement", "at the edge only"), False: dl.Text("non", "no")}
    heads = [
        YEAR_HEAD,
        dl.Text("Moitié de la médiane", "Half the median"),
        dl.Text("60 % de la médiane", "60% of the median"),
        dl.Text("SMIC net, janvier", "Net minimum wage, January"),
        dl.Text("Tâches au moins", "Tasks at least"),
        dl.Text("Tâches au plus", "Tasks at most"),
        dl.Text("Possible ?", "Possible?"),
    ]
    shown = [
        [
            str(year),
            *(wording.money(amount, "EUR", language, 0) for amount in three),
            *(wording.number(each, language) for each in (fewest, most)),
            possible[fewest <= several].in_(language),
        ]
        for year, *three, fewest, most in rows
    ]
    return heads, shown, [(*row, math.nan) for row in rows]


def _earnings_cells(inputs: Inputs, language: Language) -> Cells:
    heads = [
        dl.Text("Euros par mois", "Euros a month"),
        dl.Text("Part des répondants", "Share of respondents"),
    ]
    named = (
        dl.Text("moins de 5 €", "under €5"),
        dl.Text("de 5 à 10 €", "€5 to €10"),
        dl.Text("plus de 10 €", "over €10"),
    )
    shares = bands(inputs)
    shown = [
        [band.in_(language), wording.percent(share, language, 0)]
        for band, share in zip(named, shares, strict=True)
    ]
    return heads, shown, [(math.nan, share) for share in shares]
