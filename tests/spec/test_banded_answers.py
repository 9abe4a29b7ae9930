"""Answers on bands beside their bounds: the same ones whichever are asked, no warnings, no error of one respondent."""

from __future__ import annotations

import warnings
from itertools import combinations
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import LonelyPsuError

if TYPE_CHECKING:
    from diplab.types import Estimates

ENDS = dl.banded(low="low", high="high")
BANDS = {1: (0, 500), 2: (500, 1000), 3: (1000, 2000), 4: (2000, inf)}


def answers(data: dict[str, Any], *statistics: Any, by: str = "") -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return dl.estimate(dl.declare_design(pd.DataFrame(data)), *statistics, by=by or ()).frame


@pytest.mark.parametrize("name", ["mean", "median", "gini", "arpr"])
@pytest.mark.parametrize(("low", "high"), [
    ([-inf, 0.0, 500, 800], [inf, 500.0, 800, inf]), ([-inf, 0.0, 500, 800], [0.0, 500, 800, inf]), ([0.0], [inf]),
    ([500.0], [1000]),
])  # fmt: skip
def test_bands_without_ends_warn_of_nothing(name: str, low: list[float], high: list[float]) -> None:
    if name == "gini" and low[0] < 0:
        return
    found = answers({"low": low * 20, "high": high * 20}, getattr(dl, name)(ENDS))
    assert found["category"].tolist()[:2] == ["at least", "at most"]
    assert found["flag"].tolist()[3] in ("not identified", "negative incomes", "boundary", "not converged")


def test_a_domain_without_weight_warns_of_nothing() -> None:
    data = {"code": [1.0, 2, 3, 4] * 20, "sex": ["f", "m"] * 40, "weight": [0.0, 1] * 40}
    sample = dl.declare_design(pd.DataFrame(data), weights="weight")
    for statistic in (dl.gini, dl.arpr, dl.mean):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = dl.estimate(sample, statistic(dl.banded("code", BANDS)), by="sex").frame
        of_women = found[found["sex"] == "f"]
        assert of_women["estimate"].isna().all()
        assert set(of_women["flag"]) == {"empty"}
    # The interpolated rate of one band is 300 / 500; what other people would say, one does not tell.
    data = {"code": [2.0, *[1.0, 2, 3, 4] * 20], "town": ["z", *["a"] * 80]}
    found = answers(data, dl.arpr(dl.banded("code", BANDS), threshold=800), by="town")
    alone = found[(found["town"] == "z") & (found["category"] == "interpolated")].iloc[0]
    assert alone["estimate"] == pytest.approx(0.6)
    assert np.isnan(alone["std_error"])
    assert np.isnan(alone["ci_low"])
    assert alone["flag"] == "no variance"


def test_criteria_are_compared_over_the_same_domains() -> None:
    """A law without a fit in one of two towns has a sum over one only, which would look least."""
    share = {"a": [20, 60, 50, 10], "b": [40, 1, 1, 40]}
    code = np.concatenate([np.repeat([1.0, 2, 3, 4], each) for each in share.values()])
    town = np.repeat(list(share), [sum(each) for each in share.values()])
    sample = dl.declare_design(pd.DataFrame({"code": code, "town": town}))
    found = dl.estimate(sample, dl.arpr(dl.banded("code", BANDS), threshold=800), by="town")
    frame = found.frame[found.frame["category"].isin(["log-normal", "Singh-Maddala", "Dagum", "GB2"])]
    lost = frame.groupby("category")["estimate"].apply(lambda each: int(each.isna().sum()))
    assert lost["GB2"] > lost.min()
    said = found.provenance.rules["laws"]
    assert all((str(name) in said) == (many == lost.min()) for name, many in lost.items())
    assert found.provenance.rules["law"] == said.split(" ")[0]


# -- which answers are given -------------------------------------------------------------------------------------------

PEOPLE = pd.DataFrame({"income": [1] * 7 + [2] * 12 + [3] * 14 + [4] * 5, "line": [800.0, 900.0] * 19})
NAMED = {
    "distributions": ["Singh-Maddala", "Dagum", "GB2", "log-normal"],
    "interpolated": ["interpolated"],
    "imputed": ["imputed"],
}


def rate(**options: object) -> Estimates:
    income = dl.banded("income", bands=BANDS, **options)
    return dl.estimate(dl.declare_design(PEOPLE), dl.arpr(income, threshold="line"))


@pytest.mark.parametrize(
    "beside",
    [names for count in range(4) for names in combinations(("distributions", "interpolated", "imputed"), count)],
)
def test_chosen_answers_are_those_of_all(beside: tuple[str, ...]) -> None:
    every, some = rate().frame, rate(beside=beside).frame
    kept = ["at least", "at most", *(name for each in beside for name in NAMED[each])]
    assert sorted(some["category"]) == sorted(kept)
    expected = every[every["category"].isin(kept)].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, expected)


def test_the_order_in_which_they_are_named_does_not_matter() -> None:
    one, other = (rate(beside=["imputed", "distributions"]).frame, rate(beside=["distributions", "imputed"]).frame)
    pd.testing.assert_frame_equal(one, other)
    assert rate(beside="interpolated").frame["category"].tolist() == ["at least", "at most", "interpolated"]


@pytest.mark.parametrize("beside", [(), ("distributions",), ("interpolated",)])
def test_a_lonely_unit_is_refused_all_the_same(beside: tuple[str, ...]) -> None:
    lonely = dl.declare_design(PEOPLE.assign(stratum=["one"] + ["other"] * 37), strata="stratum")
    with pytest.raises(LonelyPsuError):
        dl.estimate(lonely, dl.arpr(dl.banded("income", bands=BANDS, beside=beside), threshold=800))
