"""Bounds on open data, incomes in bands and by consumption unit, against a study that builds columns of its own.

The file is that of Berke et al. (2024): size up to "4+", income in bands, no age of anybody. The
bounds of the study `us-crowdworkers-2022` were worked by shares of columns made by hand
(`surely_below`, `possibly_below`), and are printed there to one decimal: 1.8 to 18.1 %, and so on.
"""

from __future__ import annotations

from math import inf

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.inference.banded import _estimate
from diplab.reference.parameter import parameter

pytestmark = pytest.mark.shared

INCOME, SIZE = "Q-demos-income", "Q-amazon-use-hh-size"
SMALLEST = {"1 (just me!)": 1, "2": 2, "3": 3, "4+": 4}
LARGEST = SMALLEST | {"4+": 8}
BANDS = {
    "Less than $25,000": (0, 25_000), "$25,000 - $49,999": (25_000, 50_000), "$50,000 - $74,999": (50_000, 75_000),
    "$75,000 - $99,999": (75_000, 100_000), "$100,000 - $149,999": (100_000, 150_000),
    "$150,000 or more": (150_000, inf),
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(shared):
    path = shared / "data" / "open" / "berke-2024" / "data" / "survey-data" / "survey.csv"
    return pd.read_csv(path, usecols=[INCOME, SIZE])


@pytest.fixture(scope="module")
def surveyed(answers):
    people = answers.copy()
    people[INCOME] = people[INCOME].where(people[INCOME] != "Prefer not to say")
    for year in (2022, 2023):
        lines = {n: parameter(f"us_poverty_guideline_{n}", year).value for n in (1, 2, 3, 4, 8)}
        for end, known in (("low", SMALLEST), ("high", LARGEST)):
            people[f"{end}_{year}"] = people[SIZE].map(known).map(lines)
    return dl.declare_design(people, kind="opt-in")


@pytest.fixture(autouse=True)
def bounds_only(monkeypatch):
    monkeypatch.setattr(_estimate, "GUESSES", {})


@pytest.mark.parametrize(("year", "refusals", "ends"), [
    (2022, "drop", (1.824051654560129, 18.14366424535916)), (2023, "drop", (1.824051654560129, 23.163841807909606)),
    (2022, "keep", (1.7865612648221345, 19.82608695652174)), (2023, "keep", (1.7865612648221345, 24.743083003952567)),
])  # fmt: skip
def test_below_the_guideline(surveyed, year, refusals, ends):
    asked = dl.arpr(dl.banded(INCOME, refusals=refusals), threshold=(f"low_{year}", f"high_{year}"))
    found = dl.estimate(surveyed, asked)
    assert (100 * found.frame["estimate"]).tolist() == pytest.approx(ends, rel=1e-12)
    assert found.frame["n"].tolist() == [6195, 6195] if refusals == "drop" else [6325, 6325]
    if (year, refusals) == (2022, "drop"):
        # the study prints 1.519 to 19.123 around both bounds; the interval of the rate itself is
        # inside it
        assert 1.5189658792958765 < 100 * found.frame["ci_low"][0] < 1.824
        assert 18.143 < 100 * found.frame["ci_high"][1] < 19.123412722143783


def test_bands_and_median_of_the_file(surveyed):
    read, written = (
        dl.estimate(surveyed, dl.mean(made)).frame
        for made in (dl.banded(INCOME), dl.banded(INCOME, BANDS))
    )
    pd.testing.assert_frame_equal(read, written)
    # 2,298 of 6,195 are below 50,000 and 3,649 below 75,000: half of 6,195 is in between.
    answers = surveyed.engine.columns.frame.to_native()[INCOME].value_counts()
    below = [answers["Less than $25,000"] + answers["$25,000 - $49,999"]]
    below.append(below[0] + answers["$50,000 - $74,999"])
    assert below[0] < 6195 / 2 < below[1]
    found = dl.estimate(surveyed, dl.median(dl.banded(INCOME)))
    assert found.frame["estimate"].tolist() == [50_000, 75_000]


@pytest.fixture(scope="module")
def households(answers):
    data = dl.Microdata(answers, dl.Codebook())
    bands = data.frame[INCOME].map(BANDS)
    low, high = (bands.map(lambda band, end=end: band[end], na_action="ignore") for end in (0, 1))
    return data.with_columns(low=low.astype(float), high=high.astype(float))


def test_households_of_the_file(households):
    """113 surely and 1,124 possibly of 6,195, which the study `us-crowdworkers-2022` counts by another route.

    An income below its guideline is an income by unit below 1, with the guideline of each size as
    its units; "4+" goes up to 8 persons.
    """
    lines = {size: parameter(f"us_poverty_guideline_{size}", 2022).value for size in range(1, 9)}
    found = dl.equivalise(households, ("low", "high"), persons=SIZE, scale=lines, largest=8).frame
    known = found["equivalised_low"].notna()
    assert [int(known.sum()), len(found)] == [6195, 6325]
    # a band ends below its upper limit
    assert int((found["equivalised_high"] <= 1).sum()) == 113
    assert int((found["equivalised_low"] < 1).sum()) == 1124
    # 1,518 alone, 1,984 of two, 1,233 of three, 1,590 of four or more, counted in the file.
    root = dl.equivalise(households, persons=SIZE, scale="square-root")
    assert root.frame["units"].round(4).value_counts().to_dict() == {
        1.4142: 1984,
        1.0: 1518,
        1.7321: 1233,
    }
    assert int(np.isinf(root.frame["units_high"]).sum()) == 1590
    modified = dl.equivalise(households, persons=SIZE, largest=8).frame
    both = modified.groupby(["units_low", "units_high"]).size()
    assert {tuple(np.round(ends, 10)): count for ends, count in both.items()} == {
        (1.0, 1.0): 1518,
        (1.3, 1.5): 1984,
        (1.6, 2.0): 1233,
        (1.9, 4.5): 1590,
    }
