"""How many tasks, hours and platforms it takes to live on micro-work in France, year by year.

Amounts are those of one person with no other income. A poverty line is disposable income (after taxes, with
benefits); pay for micro-work is before contributions: what is computed against a line is a minimum. Against the
minimum wage, gross pay is set against the gross wage.
"""

from __future__ import annotations

import math
import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

import diplab as dl
from diplab.presentation.charts.curve import Curve, Mark
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.charts.skew import Band, Skew, SkewMark
from diplab.presentation.charts.yearly import Level, Yearly, YearlyRange
from diplab.presentation.language import money, number
from diplab.presentation.tables import table_of
from diplab.presentation.terms import term
from diplab.reference.parameter import parameter
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from great_tables import GT

    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language
    from diplab.results.comparison import Comparison
    from diplab.results.estimates import Estimates

Cells: TypeAlias = "tuple[Sequence[Text], Sequence[Sequence[str]], Sequence[Sequence[float]]]"

YEARS = (2015, 2016, 2017, 2018, 2019, 2021, 2022, 2023)
"""The lines of 2020 could not be read in a source, and those of 2024 were not published."""
WAGE_YEARS = (*YEARS[:5], 2020, *YEARS[5:], 2024)
YEAR = 2023
HALF, LINE, NET = "poverty_threshold_50", "poverty_threshold_60", "minimum_wage_monthly_net"
GROSS = "minimum_wage_hourly_gross"

WEEK, FULL_TIME = 168, 35  # hours
WEEKS = 52 / 12  # in a month
PAY = {"1": 1.0, "2": 2.0, "2_50": 2.5, "3": 3.0, "7_20": 7.2}
CENTS = (1, 2, 5, 10, 25, 30)
FEW = (1, 10)  # “a few cents”
WIRK = (25, 30)
SEVERAL = (2_000.0, 9_999.0)  # “several thousand”
ON_ONE_PLATFORM = (5, 10, 50)
ON_FOULE_FACTORY = (Band(0, 5, 2 / 3), Band(5, 10, 1 - 2 / 3 - 1 / 10), Band(10, math.inf, 1 / 10))
"""Euros a month: “two thirds” under 5, “one in ten” over 10, and so the rest between."""

READ_ONLY = (
    "pay_press", "pay_france_2", "task_pay_press", "task_pay_wirk", "mean_earnings", "under_5", "over_10",
    "earnings_daily_use", "platforms",
)  # fmt: skip
"""What was read cannot be computed again from anything public."""


def results(inputs: Inputs) -> dict[str, dl.Result]:
    """Return a result for each number."""
    bases = {row.key: row.base_key for row in inputs.study.published}
    return {
        **{key: dl.Result.nothing(base=bases[key]) for key in READ_ONLY},
        **_pay(inputs),
        **_hours(),
        **_against_the_gross_wage(),
        **_tasks(inputs),
        **_earnings(inputs),
    }


def tasks(target: float, cents: float) -> int:
    """Return the whole tasks that reach an amount in euros, at so many cents a task."""
    return int(dl.tasks_to_reach(target, cents / 100).frame["estimate"].iloc[0])


def hours_a_month(target: float, pay: float) -> float:
    """Return the hours that reach an amount, at so much an hour."""
    return target / pay


def hours_a_week(target: float, pay: float) -> float:
    """Return the hours of each week that reach an amount a month, at so much an hour."""
    return hours_a_month(target, pay) / WEEKS


def gross_hours_a_week(year: int, pay: float) -> float:
    """Return the hours a week that earn a gross minimum wage at full time, at so much an hour before contributions."""
    return parameter(GROSS, year).value * FULL_TIME / pay


def line(year: int) -> float:
    """Return the poverty line at 60% of the median, for one person, in euros a month."""
    return parameter(LINE, year).value


def amounts(year: int) -> tuple[float, float, float]:
    """Return what one may want to live on: half the median, 60% of it, the net minimum wage of January."""
    half, usual, wage = (parameter(name, year).value for name in (HALF, LINE, NET))
    return half, usual, wage


def _traced(inputs: Inputs) -> dict[str, float]:
    with (inputs.study.folder / "traced.toml").open("rb") as file:
        return {name: float(entry["value"]) for name, entry in tomllib.load(file).items()}


def _person(year: int) -> str:
    return f"one person {year}"


def _pay(inputs: Inputs) -> dict[str, dl.Result]:
    known = _traced(inputs)
    hours = known["full_time_equivalents"] * FULL_TIME * WEEKS / known["registered_rounded"]
    return {
        "pay_vignette": dl.Result.arithmetic(known["vignette_pay"] / known["vignette_hours"], base="one worker"),
        "pay_wirk": _bounds(_at_wirk(inputs), "pay_per_paid_hour", "wirk tasks"),
        "pay_implied": dl.Result.arithmetic(inputs.value("mean_earnings") / hours, base="registered"),
    }


def _at_wirk(inputs: Inputs) -> Estimates:
    """Return what the line at 60% takes at the one rate that could be read, if a task is always there."""
    known = _traced(inputs)
    (pay,) = (row for row in inputs.study.published if row.key == "task_pay_wirk")
    seconds = (known["wirk_shortest"], known["wirk_longest"])
    return inputs.once(
        "wirk",
        lambda: dl.tasks_to_reach(parameter(LINE, YEAR), (pay.value, pay.high), seconds_per_task=seconds),
    )


def _bounds(found: Estimates, statistic: str, base: str) -> dl.Result:
    row = found.frame.set_index("statistic").loc[statistic]
    return dl.Result.between(row["ci_low"], row["ci_high"], base=base, rests_on="published figures")


def _hours() -> dict[str, dl.Result]:
    found = {
        f"hours_month_at_{name}": dl.Result.arithmetic(hours_a_month(line(YEAR), pay), base=_person(YEAR))
        for name, pay in PAY.items()
    }
    for name, years in {"1": (YEAR,), "2": (2015, 2019, YEAR), "2_50": (YEAR,), "3": (2015, 2019, YEAR),
                        "7_20": (YEAR,)}.items():  # fmt: skip
        for year in years:
            needed = hours_a_week(line(year), PAY[name])
            found[f"hours_week_at_{name}_{year}"] = dl.Result.arithmetic(needed, base=_person(year))
    for name in ("1", "2"):
        found[f"fits_in_a_week_at_{name}"] = found[f"hours_week_at_{name}_{YEAR}"]
    for key, hours in (("lowest_pay", WEEK), ("full_time_pay", FULL_TIME)):
        found[key] = dl.Result.arithmetic(hours_a_week(line(YEAR), hours), base=_person(YEAR))
    return found


def _against_the_gross_wage() -> dict[str, dl.Result]:
    found = {
        f"gross_week_at_{pay}_{year}": dl.Result.arithmetic(gross_hours_a_week(year, pay), base=f"wage month {year}")
        for pay, year in ((2, 2015), (2, 2019), (2, YEAR), (2, 2024), (3, YEAR))
    }
    of_the_wage = 3 / parameter(GROSS, YEAR).value * 100
    return {
        **found,
        "fits_gross_at_2": found["gross_week_at_2_2015"],
        "share_of_gross_wage_at_3": dl.Result.arithmetic(of_the_wage, base=f"wage month {YEAR}"),
    }


def _tasks(inputs: Inputs) -> dict[str, dl.Result]:
    def reach(cents: int, year: int) -> dl.Result:
        return dl.Result.arithmetic(tasks(line(year), cents), base=_person(year))

    def range_of(year: int, fewest_cents: float, most_cents: float) -> dl.Result:
        low, high = needed(year, fewest_cents, most_cents)
        return dl.Result.between(low, high, base=_person(year), rests_on="published figures")

    return {
        **{f"tasks_at_{cents}": reach(cents, YEAR) for cents in CENTS if cents != 5},
        **{f"tasks_at_5_{year}": reach(5, year) for year in (2015, 2019, YEAR)},
        **{f"several_thousand_{year}": range_of(year, *FEW) for year in YEARS},
        "several_thousand_wirk": range_of(YEAR, *WIRK),
        "several_thousand_all": range_of(YEAR, FEW[0], WIRK[1]),
        "hours_month_wirk": _bounds(_at_wirk(inputs), "paid_hours", _person(YEAR)),
    }


def needed(year: int, fewest_cents: float, most_cents: float) -> tuple[int, int]:
    """Return the fewest and the most tasks a month, over the three amounts and between two rates."""
    wanted = amounts(year)
    found = dl.tasks_to_reach((min(wanted), max(wanted)), (fewest_cents / 100, most_cents / 100))
    low, high = found.frame.loc[0, ["ci_low", "ci_high"]]
    return int(low), int(high)


def platforms_needed(year: int, earned: float) -> int:
    """Return on how many platforms one would have to earn an amount a month to reach the line at 60%."""
    return math.ceil(line(year) / earned)


def least_mean() -> float:
    """Return the least that respondents of Foule Factory can earn on average: each at the low end of the band."""
    return sum(band.low * band.share for band in ON_FOULE_FACTORY)


def _earnings(inputs: Inputs) -> dict[str, dl.Result]:
    mean = inputs.value("mean_earnings")
    (daily,) = (row for row in inputs.study.published if row.key == "earnings_daily_use")
    return {
        "mean_one_platform": dl.Result.arithmetic(least_mean(), base="foule factory respondents"),
        **{
            f"times_the_mean_{year}": dl.Result.arithmetic(line(year) / mean, base=_person(year))
            for year in (2018, YEAR)
        },
        **{
            f"enough_platforms_at_{earned}": dl.Result.arithmetic(platforms_needed(2018, earned), base=_person(2018))
            for earned in ON_ONE_PLATFORM
        },
        f"enough_platforms_at_50_{YEAR}": dl.Result.arithmetic(platforms_needed(YEAR, 50), base=_person(YEAR)),
        "daily_use_low": dl.Result.arithmetic(daily.value / line(2019) * 100, base=_person(2019)),
        "daily_use_high": dl.Result.arithmetic(daily.high / line(2019) * 100, base=_person(2019)),
    }


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, Chart]:
    """Return hours by year, tasks by pay per task, the platforms it would take, and what is earned on one."""
    around = {name: _around(said) for name, said in _wording(inputs)["figures"].items()}
    return {
        "hours-a-week": _hours_figure(around["hours-a-week"]),
        "tasks": _tasks_figure(around["tasks"]),
        "platforms": _platforms_figure(inputs, around["platforms"]),
        "earnings": _earnings_figure(inputs, around["earnings"]),
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


def _hours_figure(around: dict[str, Any]) -> Yearly:
    def ends(low: float, high: float) -> tuple[tuple[int, float, float], ...]:
        return tuple((year, hours_a_week(line(year), high), hours_a_week(line(year), low)) for year in YEARS)

    return Yearly(
        ranges=(
            YearlyRange(Text("À 1 € de l'heure (M.)", "At €1 an hour (M.)"), ends(1, 1)),
            YearlyRange(Text("À 2 à 3 € de l'heure (presse)", "At €2 to €3 an hour (press)"), ends(2, 3)),
            YearlyRange(Text("À 7,20 € de l'heure (déduit)", "At €7.20 an hour (deduced)"), ends(7.2, 7.2)),
        ),
        levels=(
            Level(Text("Une semaine entière : 168 heures", "A whole week: 168 hours"), WEEK),
            Level(Text("Un temps plein : 35 heures", "Full time: 35 hours"), FULL_TIME),
        ),
        y_axis=Text("Heures par semaine", "Hours a week"),
        **around,
    )


def _tasks_figure(around: dict[str, Any]) -> Curve:
    cents = tuple(10 ** (step / 40) for step in range(int(40 * math.log10(70)) + 1))
    return Curve(
        x=cents,
        y=tuple(line(YEAR) * 100 / cent for cent in cents),
        x_axis=Text("Rémunération d'une tâche, en centimes d'euro", "Pay per task, in euro cents"),
        y_axis=Text("Tâches par mois", "Tasks a month"),
        marks=tuple(_mark(cents, name) for cents, name in ((1, ""), (5, ""), (10, ""), (25, " (Wirk)"))),
        feasible=SEVERAL,
        feasible_label=Text("plusieurs milliers de tâches", "several thousand tasks"),
        x_ends=(0.9, 70.0),
        y_ends=(1_500.0, 200_000.0),
        log=True,
        **around,
    )


def _mark(cents: int, name: str) -> Mark:
    reached = tasks(line(YEAR), cents)
    plural = "s" if cents > 1 else ""
    label = Text(
        f"{number(reached, 'fr')} à {cents} centime{plural}{name}",
        f"{number(reached, 'en')} at {cents} cent{plural}{name}",
    )
    return Mark(float(cents), float(reached), label, "above right")


ON_EACH = {
    5: Text(
        "5 € par mois sur chacune (deux tiers gagnent moins)", "€5 a month on each (two thirds earn less)"
    ),
    10: Text(
        "10 € par mois sur chacune (un sur dix gagne plus)", "€10 a month on each (one in ten earns more)"
    ),
    50: Text("50 € par mois sur chacune (rare)", "€50 a month on each (rare)"),
}


def _platforms_figure(inputs: Inputs, around: dict[str, Any]) -> Dots:
    return Dots(
        rows=tuple(Dot(label, float(platforms_needed(2018, earned))) for earned, label in ON_EACH.items()),
        axis=Text("Plateformes (tirets : les 23 qui existent)", "Platforms (dashes: the 23 that exist)"),
        line=inputs.value("platforms"),
        ratios=True,
        legend=False,  # arithmetic, and no estimates
        **around,
    )


def _earnings_figure(inputs: Inputs, around: dict[str, Any]) -> Skew:
    """Draw earnings on one platform; the mean of DiPLab is of other people, and stays in the note."""
    (row,) = (row for row in inputs.study.published if row.key == "under_5")
    least = least_mean()
    mean = Text(*(f"{said}{money(least, 'EUR', to)}" for said, to in (
        ("moyenne : au moins ", "fr"), ("mean: at least ", "en"))))  # fmt: skip
    return Skew(
        bands=ON_FOULE_FACTORY,
        marks=(
            SkewMark("median", Text("médiane : moins de 5 €", "median: under €5"), 0, 5, row.base),
            SkewMark("mean", mean, least, math.inf, row.base),
            SkewMark("quantile", Text("un sur dix gagne plus", "one in ten earns more"), 10, 10, row.base),
        ),
        x_axis=Text("Euros par mois", "Euros a month"),
        base=row.base,
        **around,
    )


def tables(inputs: Inputs) -> dict[str, Callable[[Language], GT]]:
    """Return the three answers by year, hours by year and pay, tasks by amount and pay, and the claim by year."""
    said = _wording(inputs)["tables"]
    made = {
        "by-year": _by_year_cells,
        "hours": _hours_cells,
        "gross": _gross_cells,
        "tasks": _tasks_cells,
        "several-thousand": _several_thousand_cells,
    }
    return {name: partial(_table, cells, said[name]) for name, cells in made.items()}


def _table(cells: Callable[[Language], Cells], said: dict[str, dict[str, str]], language: Language) -> GT:
    heads, shown, numbers = cells(language)
    names = [head.in_(language) for head in heads]
    return table_of(
        pd.DataFrame(shown, columns=names),
        Text(**said["title"]),
        "",
        [(term(f"note.{name}", language), said[name][language]) for name in ("note", "source")],
        dict.fromkeys(names, "right"),
        language=language,
        numbers=pd.DataFrame(numbers, columns=names),
    )


YEAR_HEAD = Text("Année", "Year")


def _at(pay: float) -> Text:
    places = 0 if float(pay).is_integer() else 2
    return Text(
        f"à {money(pay, 'EUR', 'fr', places)} de l'heure", f"at {money(pay, 'EUR', 'en', places)} an hour"
    )


def _hours_or_impossible(hours: float, language: Language) -> str:
    """Print hours a week; where a week has fewer, say so beside."""
    shown = number(hours, language, 1 if WEEK < hours < WEEK + 0.5 else 0)
    return f"{shown} (impossible)" if hours > WEEK else shown


def _by_year(
    rows: Sequence[tuple[int, float, *tuple[float, ...]]], places: int, language: Language
) -> list[list[str]]:
    return [
        [
            str(year),
            money(amount, "EUR", language, places),
            *(_hours_or_impossible(each, language) for each in hours),
        ]
        for year, amount, *hours in rows
    ]


def _hours_cells(language: Language) -> Cells:
    rows = [(year, line(year), *(hours_a_week(line(year), pay) for pay in PAY.values())) for year in YEARS]
    heads = [YEAR_HEAD, Text("Seuil par mois", "Line a month"), *map(_at, PAY.values())]
    return heads, _by_year(rows, 0, language), rows


def _by_year_cells(language: Language) -> Cells:
    """Return tasks, hours and platforms of each year side by side."""
    rows = [
        (
            year,
            line(year),
            *(tasks(line(year), cents) for cents in (5, 25)),
            *(hours_a_week(line(year), pay) for pay in (2.0, 3.0)),
            *(platforms_needed(year, earned) for earned in ON_ONE_PLATFORM),
        )
        for year in YEARS
    ]
    heads = [
        YEAR_HEAD,
        Text("Seuil par mois", "Line a month"),
        Text("Tâches par mois à 5 centimes", "Tasks a month at 5 cents"),
        Text("Tâches par mois à 25 centimes", "Tasks a month at 25 cents"),
        Text("Heures par semaine à 2 €", "Hours a week at €2"),
        Text("Heures par semaine à 3 €", "Hours a week at €3"),
        *(
            Text(f"Plateformes à {earned} € par mois", f"Platforms at €{earned} a month")
            for earned in ON_ONE_PLATFORM
        ),
    ]
    shown = [
        [str(year), money(amount, "EUR", language, 0), *(number(each, language) for each in needed)]
        for year, amount, *needed in rows
    ]
    return heads, shown, rows


def _gross_cells(language: Language) -> Cells:
    pays = (1.0, 2.0, 3.0, 7.2)
    rows = [
        (year, parameter(GROSS, year).value, *(gross_hours_a_week(year, pay) for pay in pays))
        for year in WAGE_YEARS
    ]
    wage = Text("SMIC horaire brut, janvier", "Gross hourly minimum wage, January")
    return [YEAR_HEAD, wage, *map(_at, pays)], _by_year(rows, 2, language), rows


def _tasks_cells(language: Language) -> Cells:
    rows = [(cents / 100, *(tasks(amount, cents) for amount in amounts(YEAR))) for cents in CENTS]
    incomes = [parameter(name, YEAR) for name in (HALF, LINE, NET)]
    heads = [
        Text("Rémunération d'une tâche", "Pay per task"),
        *(
            Text(*(f"{each.label.in_(to)}, {money(each.value, 'EUR', to, 0)}" for to in LANGUAGES))
            for each in incomes
        ),
    ]
    shown = [
        [money(pay, "EUR", language), *(number(each, language) for each in needed)] for pay, *needed in rows
    ]
    return heads, shown, rows


def _several_thousand_cells(language: Language) -> Cells:
    rows = [(year, *amounts(year), *needed(year, *FEW)) for year in YEARS]
    possible = {True: Text("au bord seulement", "at the edge only"), False: Text("non", "no")}
    heads = [
        YEAR_HEAD,
        Text("Moitié de la médiane", "Half the median"),
        Text("60 % de la médiane", "60% of the median"),
        Text("SMIC net, janvier", "Net minimum wage, January"),
        Text("Tâches au moins", "Tasks at least"),
        Text("Tâches au plus", "Tasks at most"),
        Text("Possible ?", "Possible?"),
    ]
    shown = [
        [
            str(year),
            *(money(amount, "EUR", language, 0) for amount in three),
            *(number(each, language) for each in (fewest, most)),
            possible[fewest <= SEVERAL[1]].in_(language),
        ]
        for year, *three, fewest, most in rows
    ]
    return heads, shown, [(*row, math.nan) for row in rows]
