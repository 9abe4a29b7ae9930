"""A table of aggregates found in the files, and our ratios and bounds worked with the standard library."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from diplab.replication.registry import study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd


pytestmark = pytest.mark.shared

STUDY = "poland-gig-2021"


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "open" / "poland-gig-2021" / "data"


@pytest.fixture(scope="module")
def users(folder: Path) -> dict[tuple[str, str, str], int]:
    """Return users by half-year, city and application, read with the standard library alone."""
    with (folder / "gig-table3-halfyear-region-stats.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        cities = [row for row in csv.DictReader(file) if row["group"] == "Cities"]
    return {
        (row["period"], row["region_name"], row["apps"]): int(row["number_of_users"])
        for row in cities
    }


@pytest.fixture(scope="module")
def workers(folder: Path) -> dict[str, tuple[float, float]]:
    """Return workers and their standard error by city, first half of 2020."""
    with (folder / "bael.csv").open(encoding="utf-8", newline="") as file:
        half = [
            row for row in csv.DictReader(file) if (row["year"], row["yearhalf"]) == ("2020", "1")
        ]
    return {
        row["nazwa_miasta"].removeprefix("M. "): (float(row["y"]), float(row["rmse"]))
        for row in half
    }


def test_verdicts_and_the_range_of_the_abstract(rows: pd.DataFrame) -> None:
    assert Counter(rows["table"]) == {"": 1, "users": 160, "ratios": 152, "any_application": 76}
    assert Counter(rows["verdict"]) == {"as published": 160, "our own": 228, "not identified": 1}
    assert set(rows["rests_on"]) == {"published figures"}
    row = rows.loc["share_nine_cities"]
    assert (row["published"], row["published_high"]) == (0.5, 2)
    assert (round(row["low"], 1), round(row["high"], 1)) == (0.2, 4.5)


def test_the_printed_table_by_the_standard_library(
    rows: pd.DataFrame, users: dict[Any, int]
) -> None:
    table = study(STUDY).tables["users"]
    printed = {
        (city, application): table.printed.loc[city, application]
        for (city,) in table.rows
        for application in table.columns
    }
    found = {key: str(users.get(("2020.2", *key), "--")) for key in printed}
    assert printed == found
    assert Counter(printed.values())["--"] == 33
    assert sum(key[0] == "2020.2" for key in users) == 127


def test_ratios_and_bounds_by_hand(
    rows: pd.DataFrame, users: dict[Any, int], workers: dict[str, tuple[float, float]]
) -> None:
    for city in ("Warszawa", "Opole", "Kielce"):
        own = {
            application: count
            for (half, name, application), count in users.items()
            if (half, name) == ("2020.1", city)
        }
        y, error = workers[city]
        for application, count in own.items():
            ratio = rows.loc[f"ratios/{city}/{application}", "reproduced"]
            assert ratio == pytest.approx(100 * count / y, rel=1e-12)
        bounds = rows.loc[
            [f"any_application/{city}/{end}" for end in ("at_least", "at_most", "low", "high")]
        ]
        most, all_ = 100 * max(own.values()), 100 * sum(own.values())
        expected = [most / y, all_ / y, most / (y + 1.96 * error), all_ / (y - 1.96 * error)]
        assert bounds["reproduced"].tolist() == pytest.approx(expected, rel=1e-12)


def test_sopot_has_no_ratio(rows: pd.DataFrame, workers: dict[str, tuple[float, float]]) -> None:
    assert workers["Sopot"][1] > 3 * workers["Sopot"][0]
    cities = set(rows[rows["table"] == "ratios"]["row"])
    assert cities == set(rows[rows["table"] == "users"]["row"]) - {"Sopot"}


def test_other_users_and_other_workers(disturbed: Callable[..., pd.DataFrame]) -> None:
    for file, column, moved in (
        ("region", "number_of_users", {"users", "ratios", "any_application"}),
        ("bael", "y", {"ratios", "any_application"}),
    ):
        found = disturbed(
            lambda frame, column=column: frame.assign(**{column: 1.5 * frame[column]}), file
        )
        assert set(found[found["verdict"] == "differs"]["table"]) == moved
        # what the file has no row for stays a mark
        assert set(found[found["printed"] == "--"]["verdict"]) == {"as published", "our own"}
