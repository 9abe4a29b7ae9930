"""Which answers are given beside the bounds of a banded variable: the same ones, and no others."""

from __future__ import annotations

import math
from itertools import combinations

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import LonelyPsuError

BANDS = {1: (0, 500), 2: (500, 1_000), 3: (1_000, 2_000), 4: (2_000, math.inf)}
PEOPLE = pd.DataFrame({"income": [1] * 7 + [2] * 12 + [3] * 14 + [4] * 5, "line": [800.0, 900.0] * 19})
NAMED = {
    "distributions": ["Singh-Maddala", "Dagum", "GB2", "log-normal"],
    "interpolated": ["interpolated"],
    "imputed": ["imputed"],
}


def rate(**options: object) -> dl.Estimates:
    income = dl.banded("income", bands=BANDS, **options)
    return dl.estimate(dl.declare_design(PEOPLE), dl.arpr(income, threshold="line"))


@pytest.mark.parametrize(
    "beside",
    [
        names
        for count in range(4)
        for names in combinations(("distributions", "interpolated", "imputed"), count)
    ],
)
def test_chosen_answers_are_those_of_all(beside: tuple[str, ...]) -> None:
    every, some = rate().frame, rate(beside=beside).frame
    kept = ["at least", "at most", *(name for each in beside for name in NAMED[each])]
    assert sorted(some["category"]) == sorted(kept)
    expected = every[every["category"].isin(kept)].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, expected)


def test_the_order_in_which_they_are_named_does_not_matter() -> None:
    frames = [
        rate(beside=beside).frame for beside in (["imputed", "distributions"], ["distributions", "imputed"])
    ]
    pd.testing.assert_frame_equal(*frames)
    assert rate(beside="interpolated").frame["category"].tolist() == ["at least", "at most", "interpolated"]


@pytest.mark.parametrize("beside", [(), ("distributions",), ("interpolated",)])
def test_a_lonely_unit_is_refused_all_the_same(beside: tuple[str, ...]) -> None:
    lonely = dl.declare_design(PEOPLE.assign(stratum=["one"] + ["other"] * 37), strata="stratum")
    with pytest.raises(LonelyPsuError):
        dl.estimate(lonely, dl.arpr(dl.banded("income", bands=BANDS, beside=beside), threshold=800))
