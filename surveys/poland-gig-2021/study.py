"""App drivers and couriers in Poland (Beręsewicz et al. 2021): a published table of aggregates, and our ratios apart.

The files hold numbers of active users, counted on phones by a firm, and workers by city from the
Labour Force Survey: no respondents’ rows. Who uses several applications is not told, so that users
of any of them are given as bounds.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot
from diplab.types import Result

if TYPE_CHECKING:
    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Inputs

FIRST_HALF, SECOND_HALF = 2020.1, 2020.2
NORMAL = 1.96
"""The authors’ normal quantile, for the limits of employment."""
LEFT_OUT = "Sopot"
"""Eight persons in the Labour Force Survey: the standard error of its workers is three times their number."""
LARGEST = 9


class Found(NamedTuple):
    """Users by city and application in each half-year; workers by city, largest first; users in per cent of workers."""

    first: pd.DataFrame
    second: pd.DataFrame
    workers: pd.DataFrame
    ratios: pd.DataFrame
    any_application: pd.DataFrame


def results(inputs: Inputs) -> dict[str, Any]:
    found = _found(inputs)
    largest = found.any_application.iloc[:LARGEST]
    return {
        "users": found.second.astype(object).where(found.second.notna(), "--"),
        "ratios": found.ratios.astype(object).where(found.ratios.notna(), "--"),
        "any_application": found.any_application,
        "share_nine_cities": Result.between(
            largest["at_least"].min(), largest["at_most"].max(), base="employed_nine"
        ),
    }


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", partial(_computed, inputs))


def _computed(inputs: Inputs) -> Found:
    columns = ["group", "period", "region_name", "apps", "number_of_users"]
    regions = inputs.read("poland-gig-2021/region", columns=columns).frame
    columns = ["year", "yearhalf", "nazwa_miasta", "y", "rmse"]
    workers = _workers(inputs.read("poland-gig-2021/bael", columns=columns).frame)
    first, second = (_users(regions, period) for period in (FIRST_HALF, SECOND_HALF))
    ratios = 100 * first.loc[workers.index].div(workers["y"], axis="index")
    return Found(
        first, second, workers, ratios, _any_application(first.loc[workers.index], workers)
    )


def _users(regions: pd.DataFrame, period: float) -> pd.DataFrame:
    """Return active users by city and application; a city has no row where an application has no user."""
    cities = regions[(regions["group"] == "Cities") & (regions["period"] == period)]
    return cities.pivot(index="region_name", columns="apps", values="number_of_users")


def _workers(survey: pd.DataFrame) -> pd.DataFrame:
    """Return workers and their standard error by city in the first half of 2020, largest city first."""
    half = survey[(survey["year"] == 2020) & (survey["yearhalf"] == 1)].dropna(
        subset="nazwa_miasta"
    )
    cities = half.set_index(half["nazwa_miasta"].str.removeprefix("M. "))[["y", "rmse"]]
    return cities.drop(index=LEFT_OUT).sort_values("y", ascending=False)


def _any_application(users: pd.DataFrame, workers: pd.DataFrame) -> pd.DataFrame:
    """Return bounds on users of at least one application, in per cent of workers, then with the error of employment."""
    error = NORMAL * workers["rmse"]
    least, most = users.max(axis="columns"), users.sum(axis="columns")
    return 100 * pd.DataFrame(
        {
            "at_least": least / workers["y"],
            "at_most": most / workers["y"],
            "low": least / (workers["y"] + error),
            "high": most / (workers["y"] - error),
        }
    )


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    found = _found(inputs)
    numbers = _numbers(found)
    bounds = [
        Dot(
            dl.Text.same(city),
            low=row["at_least"] / 100,
            high=row["at_most"] / 100,
            outer=(row["low"] / 100, row["high"] / 100),
            bounds=True,
        )
        for city, row in found.any_application.iterrows()
    ]
    ranked = _couriers(found).sort_values("ratio", ascending=False)
    couriers = [Dot(dl.Text.same(city), *row) for city, row in ranked.iterrows()]
    return {
        "any-application": dl.chart(
            tuple(bounds),
            "dots",
            percent=True,
            percent_signs=False,
            decimals=1,
            **inputs.caption("any-application", **numbers),
        ),
        "takeaway": dl.chart(
            tuple(couriers),
            "dots",
            percent=True,
            percent_signs=False,
            decimals=2,
            **inputs.caption("takeaway", **numbers),
        ),
    }


def _couriers(found: Found) -> pd.DataFrame:
    """Return users of Takeaway over workers by city, with the limits that the authors draw."""
    workers, error = found.workers["y"], NORMAL * found.workers["rmse"]
    users = found.first.loc[workers.index, "Takeaway"]
    return pd.DataFrame(
        {
            "ratio": users / workers,
            "low": users / (workers + error),
            "high": users / (workers - error),
        }
    )


def _numbers(found: Found) -> dict[str, dl.Text]:
    """Return the numbers that the notes read."""
    both, percent = wording.both, wording.percent
    bounds, couriers = found.any_application.loc["Kraków"] / 100, _couriers(found).loc["Opole"]
    return {
        **{name: both(percent, value) for name, value in bounds.items()},
        **{f"opole_{name}": both(percent, value, decimals=2) for name, value in couriers.items()},
    }
