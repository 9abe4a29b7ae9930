"""Sensitivity tables on histories and on two lists, against values recorded from R and worked by hand.

Recorded: Rcapture 1.4-4 (closedp, closedpCI) on hares (Cormack, 1989) and on HIV in Rome (Abeni, Brancato and Perucci,
1994). Two lists are those of workers printed by Difallah, Filatova and Ipeirotis (2018).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from diplab import population
from tests.recorded_histories import HARES, ROME

if TYPE_CHECKING:
    from diplab.results.sizes import Sizes


def table(cells: dict[str, int]) -> pd.DataFrame:
    rows = [[*map(int, history), persons] for history, persons in cells.items()]
    occasions = len(next(iter(cells)))
    return pd.DataFrame(rows, columns=[*(f"c{at}" for at in range(1, occasions + 1)), "persons"])


@pytest.fixture(scope="module")
def hares() -> Sizes:
    return population.sensitivity(table(HARES), count="persons")


@pytest.fixture(scope="module")
def rome() -> Sizes:
    return population.sensitivity(table(ROME), count="persons", ordered=False)


def sizes(found: Sizes) -> dict[str, float]:
    frame = found.frame
    names = (frame["statistic"] + " " + frame["category"]).str.strip()
    return dict(zip(names, frame["estimate"], strict=True))


@pytest.mark.parametrize("recorded", ["hares", "rome"])
def test_rows_are_those_of_each_model_by_itself(recorded: str, request: pytest.FixtureRequest) -> None:
    """The sizes of closed-population models are held against Rcapture with `closed`, those of lists with `lists`."""
    found, histories = sizes(request.getfixturevalue(recorded)), table(HARES if recorded == "hares" else ROME)
    closed = sizes(population.closed(histories, "all", count="persons"))
    shared = closed.keys() & found.keys()
    assert len(shared) == (15 if recorded == "hares" else 6)
    for name in shared:
        assert found[name] == pytest.approx(closed[name], rel=1e-9, nan_ok=True), name
    if recorded == "rome":
        own = population.lists(histories, "persons", "[12,3,4]").frame["estimate"].item()
        assert found["log_linear [12,3,4]"] == pytest.approx(own, rel=1e-9)


def test_hares_stand_in_order(hares: Sizes) -> None:
    frame = hares.frame
    assert list(zip(frame["statistic"], frame["flag"], strict=True)) == [
        *(("Mth", "lower bound"), ("Mh", "lower bound"), ("chao_lists", "lower bound")),
        *[("Mh", "")] * 4,
        *[("Mth", "")] * 4,
        *(("M0", "below bound"), ("Mt", "below bound")),
        ("log_linear", "below bound, lowest bic, lowest aic"),
        *(("Mb", ""), ("Mbh", ""), ("Mtb", "")),
    ]


def test_the_bound_of_lists_by_hand(hares: Sizes, rome: Sizes) -> None:
    """n + (f1^2 - sum of squares of those on each list alone)/(2 f2): Chao (1989)."""
    alone, twice = (3, 6, 5, 3, 4, 4), 22
    assert sizes(hares)["chao_lists"] == pytest.approx(68 + (25**2 - sum(a * a for a in alone)) / (2 * twice))
    alone = (403, 545, 621, 205)
    unseen = (1774**2 - sum(a * a for a in alone)) / (2 * 115)
    assert sizes(rome)["chao_lists"] == pytest.approx(1896 + unseen)


def test_rome_as_lists_without_an_order(rome: Sizes) -> None:
    frame = rome.frame.set_index("statistic")
    assert set(frame.index) == {"Mth", "chao_lists", "log_linear", "Mt", "model_average"}
    # best by BIC is independence (117.80), best by AIC the published model (86.65): Rcapture
    assert frame.loc["Mt", "flag"] == "below bound, lowest bic"
    assert frame.loc["log_linear", "flag"] == "lowest aic"
    assert rome.provenance.rules["lists"] == "c1, c2, c3, c4"


def test_the_average_is_that_of_the_search(rome: Sizes) -> None:
    search = population.search_lists(table(ROME), "persons")
    assert search.average is not None
    assert sizes(rome)["model_average"] == search.average.frame["estimate"].item()


def test_two_lists_by_hand() -> None:
    found = population.sensitivity(2775, 2831, 584).frame
    b, c, a = 2775 - 584, 2831 - 584, 584
    unseen = 0.5 * b * c / a
    error = math.sqrt(unseen + unseen**2 * (1 / a + 1 / b + 1 / c))
    assert found["estimate"].iloc[0] == pytest.approx(5022 + unseen, rel=1e-12)
    assert found["std_error"].iloc[0] == pytest.approx(error, rel=1e-12)
    spread = math.exp(1.959963984540054 * math.sqrt(math.log1p((error / unseen) ** 2)))
    assert found["ci_low"].iloc[0] == pytest.approx(5022 + unseen / spread, rel=1e-9)
    # the row of bounds: from there to the upper end at the largest odds ratio
    unseen = 2 * b * c / a
    error = math.sqrt(unseen + unseen**2 * (1 / a + 1 / b + 1 / c))
    spread = math.exp(1.959963984540054 * math.sqrt(math.log1p((error / unseen) ** 2)))
    last = found.iloc[-1]
    assert math.isnan(last["estimate"])
    assert last["flag"] == "bounds"
    assert last["ci_low"] == found["ci_low"].iloc[0]
    assert last["ci_high"] == pytest.approx(5022 + unseen * spread, rel=1e-9)


def test_two_lists_under_independence_are_lincoln_petersen() -> None:
    """Sekar and Deming (1949) at an odds ratio of 1: size and error are those of Lincoln-Petersen."""
    found = population.sensitivity(2775, 2831, 584, odds_ratio=(1, 3)).frame
    plain = population.two_sample(2775, 2831, 584, "petersen").frame
    assert found["estimate"].iloc[0] == pytest.approx(plain["estimate"].iloc[0], rel=1e-12)
    assert found["std_error"].iloc[0] == pytest.approx(plain["std_error"].iloc[0], rel=1e-12)
    assert found["statistic"].tolist() == [*("dependent_lists", "chapman", "petersen", "bailey"), "dependent_lists"]


def test_points_of_independence_are_those_of_two_sample() -> None:
    found = sizes(population.sensitivity(948, 421, 167))
    # Chapman, Lincoln-Petersen and Bailey by their formulas
    assert found["chapman"] == pytest.approx(949 * 422 / 168 - 1)
    assert found["petersen"] == pytest.approx(948 * 421 / 167)
    assert found["bailey"] == pytest.approx(948 * 422 / 168)
