"""Bounds on open data against numbers worked elsewhere: a study that builds them from columns of its own.

The file is that of Berke et al. (2024); the bounds of the study `us-crowdworkers-2022` were worked by shares of columns
made by hand (`surely_below`, `possibly_below`), and are printed there to one decimal: 1.8 to 18.1 %, and so on.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import diplab as dl
from diplab.inference.banded import _estimate
from diplab.reference.parameter import parameter

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared

INCOME, SIZE = "Q-demos-income", "Q-amazon-use-hh-size"
SMALLEST = {"1 (just me!)": 1, "2": 2, "3": 3, "4+": 4}
LARGEST = SMALLEST | {"4+": 8}


@pytest.fixture(scope="module")
def surveyed(shared: Path) -> Any:
    path = shared / "data" / "open" / "berke-2024" / "data" / "survey-data" / "survey.csv"
    people = pd.read_csv(path, usecols=[INCOME, SIZE])
    people[INCOME] = people[INCOME].where(people[INCOME] != "Prefer not to say")
    for year in (2022, 2023):
        lines = {n: parameter(f"us_poverty_guideline_{n}", year).value for n in (1, 2, 3, 4, 8)}
        for end, known in (("low", SMALLEST), ("high", LARGEST)):
            people[f"{end}_{year}"] = people[SIZE].map(known).map(lines)
    return dl.declare_design(people, kind="opt-in")


@pytest.fixture(autouse=True)
def bounds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_estimate, "GUESSES", ())


@pytest.mark.parametrize(("year", "refusals", "ends"), [
    (2022, "drop", (1.824051654560129, 18.14366424535916)), (2023, "drop", (1.824051654560129, 23.163841807909606)),
    (2022, "keep", (1.7865612648221345, 19.82608695652174)), (2023, "keep", (1.7865612648221345, 24.743083003952567)),
])  # fmt: skip
def test_below_the_guideline(surveyed: Any, year: int, refusals: str, ends: tuple[float, float]) -> None:
    asked = dl.arpr(dl.banded(INCOME, refusals=refusals), threshold=(f"low_{year}", f"high_{year}"))
    found = dl.estimate(surveyed, asked)
    assert (100 * found.frame["estimate"]).tolist() == pytest.approx(ends, rel=1e-12)
    assert found.frame["n"].tolist() == [6195, 6195] if refusals == "drop" else [6325, 6325]


def test_intervals_hold_no_more_than_those_around_each_bound(surveyed: Any) -> None:
    """The study prints 1.519 to 19.123 around both bounds; the interval of the rate itself is inside it."""
    found = dl.estimate(surveyed, dl.arpr(dl.banded(INCOME), threshold=("low_2022", "high_2022"))).frame
    assert 1.5189658792958765 < 100 * found["ci_low"][0] < 1.824
    assert 18.143 < 100 * found["ci_high"][1] < 19.123412722143783


def test_bands_of_the_file_are_read_from_its_words(surveyed: Any) -> None:
    bands = {
        "Less than $25,000": (0, 25_000), "$25,000 - $49,999": (25_000, 50_000), "$50,000 - $74,999": (50_000, 75_000),
        "$75,000 - $99,999": (75_000, 100_000), "$100,000 - $149,999": (100_000, 150_000),
        "$150,000 or more": (150_000, inf),
    }  # fmt: skip
    read, written = (
        dl.estimate(surveyed, dl.mean(made)).frame for made in (dl.banded(INCOME), dl.banded(INCOME, bands))
    )
    pd.testing.assert_frame_equal(read, written)


def test_median_of_the_file(surveyed: Any) -> None:
    """2,298 of 6,195 are below 50,000 and 3,649 below 75,000: half of 6,195 is in between."""
    told = surveyed.engine.columns.frame.to_native()[INCOME].value_counts()
    below = [told["Less than $25,000"] + told["$25,000 - $49,999"]]
    below.append(below[0] + told["$50,000 - $74,999"])
    assert below[0] < 6195 / 2 < below[1]
    found = dl.estimate(surveyed, dl.median(dl.banded(INCOME)))
    assert found.frame["estimate"].tolist() == [50_000, 75_000]
