"""Network scale-up.

NS1: recorded from R NSUM 1.0 (`killworth`); its standard error follows from the closed form. MH2:
the four-node check of R networkreporting 0.1.1. The rest is worked by hand beside it.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab import population
from diplab.errors import DiplabError
from diplab.population.kernel.networks import degrees

KNOWN = {"a": 100_000, "b": 50_000, "c": 30_000, "d": 200_000}
EVERYBODY = 3_000_000


def answers() -> pd.DataFrame:
    rows = [[2, 1, 0, 3, 1], [1, 0, 1, 2, 0], [4, 2, 1, 5, 3], [0, 1, 0, 1, 0], [3, 1, 2, 4, 1]]
    return pd.DataFrame(rows, columns=[*KNOWN, "hidden"])


def four_nodes() -> pd.DataFrame:
    return pd.DataFrame({"y": [2, 1, 2, 1], "d": [3, 3, 3, 3]})


def sized(**options: Any) -> pd.Series:
    return population.scale_up(answers(), "hidden", EVERYBODY, KNOWN, **options).frame.iloc[0]


def refused(table: Any, *arguments: Any, **options: Any) -> DiplabError:
    with pytest.raises(DiplabError) as caught:
        population.scale_up(table, *arguments, **options)
    return caught.value


def test_degrees_sizes_and_intervals():
    table = answers()
    found = degrees(
        table[list(KNOWN)].to_numpy(dtype=float),
        np.array(list(KNOWN.values()), dtype=float),
        EVERYBODY,
    )
    assert found.tolist() == pytest.approx(
        [47.368421, 31.578947, 94.736842, 15.789474, 78.947368], abs=1e-6
    )
    mle = sized()
    assert mle["estimate"] == pytest.approx(55882.352941, rel=1e-10)
    assert mle["std_error"] == pytest.approx(24991.347984, rel=1e-10)
    assert (mle["statistic"], mle["n"], mle["df"]) == ("scale_up_mle", 5, math.inf)
    pimle = sized(estimator="pimle")
    assert pimle["estimate"] == pytest.approx(39266.666667, rel=1e-10)
    assert (pimle["statistic"], pimle["df"]) == ("scale_up_pimle", 4)
    mle = sized()
    # N_u exp(+/- 1.959964 SE / N_u), and SE / N_u = sqrt(1 / 5) since five members are reported
    spread = math.exp(1.959963984540054 * math.sqrt(1 / 5))
    assert mle["ci_low"] == pytest.approx(55882.352941 / spread, rel=1e-9)
    assert mle["ci_high"] == pytest.approx(55882.352941 * spread, rel=1e-9)
    table = answers()
    ratios = table["hidden"] / (EVERYBODY * table[list(KNOWN)].sum(axis=1) / sum(KNOWN.values()))
    row = sized(estimator="pimle")
    assert row["std_error"] == pytest.approx(EVERYBODY * ratios.std() / math.sqrt(5), rel=1e-10)
    weights = np.array([1.0, 2, 3, 4, 5])
    weighted = sized(estimator="pimle", weights=weights)
    assert weighted["estimate"] == pytest.approx(
        EVERYBODY * np.average(ratios, weights=weights), rel=1e-12
    )


def test_the_four_nodes():
    # published check of networkreporting: half of the four are in the group, by either method
    plain = population.scale_up(four_nodes(), "y", 4, degree="d").frame.iloc[0]
    assert plain["estimate"] / 4 == pytest.approx(0.5)
    other = population.scale_up(
        four_nodes(), "y", 4, estimator="generalised", visibility=[3, 3, 3, 3]
    )
    row = other.frame.iloc[0]
    assert row["estimate"] / 4 == pytest.approx(0.5)
    # by hand: reports 2, 1, 2, 1 have mean 1.5, and their mean a variance of (1/3) / 4; visibility
    # does not vary
    assert row["std_error"] == pytest.approx(2 * math.sqrt(1 / 12) / 1.5, rel=1e-12)
    assert row["statistic"] == "scale_up_generalised"
    assert len(other.provenance.assumptions) == 3
    row = population.scale_up(
        four_nodes(), "y", 4, estimator="generalised", visibility=[2, 4], visibility_weights=[1, 1]
    ).frame.iloc[0]
    # mean 3, variance of the mean 2 / 2 = 1; relative variances (1/12) / 1.5^2 + 1 / 9
    assert row["std_error"] == pytest.approx(2 * math.sqrt(1 / 27 + 1 / 9), rel=1e-12)
    assert row["df"] == 1
    heavy = population.scale_up(
        four_nodes(), "y", 4, estimator="generalised", visibility=[2, 4], visibility_weights=[3, 1]
    ).frame.iloc[0]
    assert heavy["estimate"] == pytest.approx(4 * 1.5 / 2.5)


def test_factors_other_frames_weights_of_zero_and_one_respondent():
    found = population.scale_up(
        answers(), "hidden", EVERYBODY, KNOWN, degree_ratio=0.8, true_positive_rate=0.5
    )
    row = found.frame.iloc[0]
    assert row["estimate"] == pytest.approx(55882.352941 / 0.4, rel=1e-10)
    assert row["std_error"] == pytest.approx(24991.347984 / 0.4, rel=1e-10)
    assert found.provenance.rules == {
        "estimator": "scale_up_mle",
        "scale_up_variance": "killworth",
        "population": "3000000",
        "degree_ratio": "0.8",
        "true_positive_rate": "0.5",
        "interval": "log",
        "confidence": "0.95",
    }
    found = population.scale_up(pl.from_pandas(answers()), "hidden", EVERYBODY, KNOWN)
    assert found.frame["estimate"].item() == pytest.approx(55882.352941, rel=1e-10)
    kept = population.scale_up(
        answers().iloc[:4], "hidden", EVERYBODY, KNOWN, weights=[1, 1, 1, 1]
    ).frame.iloc[0]
    idle = sized(weights=[1, 1, 1, 1, 0])
    for column in ("estimate", "std_error", "n", "df"):
        assert idle[column] == pytest.approx(kept[column], rel=1e-12)
    row = population.scale_up(
        answers().iloc[:1], "hidden", EVERYBODY, KNOWN, estimator="pimle"
    ).frame.iloc[0]
    assert row["flag"] == "no variance"
    assert row[["std_error", "ci_low", "ci_high"]].isna().all()


def test_weights_and_the_design_agree(refused):
    """The ratio of sums with weights is the statistic under a design of one stage with replacement."""
    table = answers().assign(w=[1.0, 2.0, 3.0, 1.0, 2.0])
    mine = population.scale_up(table, "hidden", EVERYBODY, KNOWN, weights="w").frame.iloc[0]
    statistic = population.scale_up_ratio("hidden", *KNOWN, sizes=tuple(KNOWN.values()))
    theirs = dl.estimate(dl.declare_design(table, weights="w"), statistic, df="design").frame.iloc[
        0
    ]
    for column in ("estimate", "std_error", "ci_low", "ci_high", "df", "n"):
        assert theirs[column] == pytest.approx(mine[column], rel=1e-10)
    array = population.scale_up(
        answers(), "hidden", EVERYBODY, KNOWN, weights=table["w"]
    ).frame.iloc[0]
    assert array["std_error"] == mine["std_error"]
    # and it is a ratio, times the persons of the known groups
    ratio = dl.estimate(
        dl.declare_design(table, weights="w"), dl.ratio("hidden", "a + b + c + d"), df="design"
    ).frame.iloc[0]
    assert theirs["estimate"] == pytest.approx(380_000 * ratio["estimate"], rel=1e-12)
    assert theirs["std_error"] == pytest.approx(380_000 * ratio["std_error"], rel=1e-12)
    table = answers().assign(town=["x", "y", "x", "x", "y"], w=1.0)
    statistic = population.scale_up_ratio("hidden", "a", "d", sizes=[100_000, 200_000])
    found = dl.estimate(
        dl.declare_design(table, weights="w"), statistic, by="town", df="design"
    ).frame
    # by hand: town x reports 4 with 5 + 9 + 1 = 15 known; town y 1 with 3 + 7 = 10
    assert found["estimate"].tolist() == pytest.approx([300_000 * 4 / 15, 300_000 * 1 / 10])
    sample = dl.declare_design(answers())
    refused(
        lambda: dl.estimate(
            sample, population.scale_up_ratio("hidden", "a", "b", sizes=[100_000]), df="design"
        ),
        DiplabError,
    )


def test_refusals(refused):
    cases = [
        *(
            (("hidden", EVERYBODY), {}),
            (("hiden", EVERYBODY, KNOWN), {}),
            (("hidden", -1, KNOWN), {}),
        ),
        *((("hidden", EVERYBODY, {}), {}), (("hidden", 100_000, KNOWN), {})),
        (("hidden", EVERYBODY, KNOWN), {"weights": [1, 2]}),
        (("hidden", EVERYBODY, KNOWN), {"true_positive_rate": 1.2}),
        (("hidden", EVERYBODY, KNOWN), {"degree_ratio": 0}),
        (("hidden", EVERYBODY, KNOWN), {"true_positive_rate": 0.001}),
        (("hidden", EVERYBODY, KNOWN), {"estimator": "bayes"}),
        (("hidden", EVERYBODY), {"estimator": "generalised"}),
        (
            ("hidden", EVERYBODY),
            {"estimator": "generalised", "visibility": [1, 2], "degree_ratio": 2.0},
        ),
        (("hidden", EVERYBODY), {"estimator": "generalised", "visibility": ["often"]}),
        (("hidden", EVERYBODY), {"estimator": "generalised", "visibility": [0, 0]}),
    ]
    for arguments, options in cases:
        refused(partial(population.scale_up, answers(), *arguments, **options))
    refused(lambda: population.scale_up([[1]], "hidden", EVERYBODY, KNOWN))
    refused(lambda: population.scale_up(answers().iloc[:0], "hidden", EVERYBODY, KNOWN))
    refused(lambda: population.scale_up(answers().assign(hidden=0), "hidden", EVERYBODY, KNOWN))
    for value in (math.nan, 0.5, -1.0, math.inf):
        table = answers().astype(float)
        table.loc[1, "hidden"] = value
        refused(partial(population.scale_up, table, "hidden", EVERYBODY, KNOWN))
    refused(lambda: population.scale_up(answers().assign(hidden="two"), "hidden", EVERYBODY, KNOWN))
    refused(lambda: population.scale_up(four_nodes().assign(y=[2, 5, 2, 1]), "y", 4, degree="d"))
    refused(lambda: population.scale_up(answers(), "hidden", EVERYBODY, {"a": 3}))
    table = answers()
    table.loc[3, list(KNOWN)] = 0
    refused(lambda: population.scale_up(table, "hidden", EVERYBODY, KNOWN, estimator="pimle"))
    assert population.scale_up(table, "hidden", EVERYBODY, KNOWN).frame["flag"].item() == ""
    table.loc[3, "hidden"] = 1
    assert (
        population.scale_up(table, "hidden", EVERYBODY, KNOWN).frame["flag"].item()
        == "more than degree"
    )
    table[list(KNOWN)] = 0
    refused(lambda: population.scale_up(table, "hidden", EVERYBODY, KNOWN))
