"""Variances, correlations, design effects and coefficients of variation against R 4.5.0, survey 4.4-2, in full digits.

    d1 <- svydesign(id=~dnum, weights=~pw, fpc=~fpc, data=apiclus1)
    ds <- svydesign(id=~1, strata=~stype, weights=~pw, fpc=~fpc, data=apistrat)
    v <- svyvar(~api00, ds); svyby(~api00, ~stype, ds, svyvar)

The correlation is r = v12 / sqrt(v11 v22) of v <- svyvar(~x + y, ds), its variance g' vcov(v) g with
g = (-r / (2 v11), 1 / sqrt(v11 v22), 0, -r / (2 v22)). Design effects are `deff` of svymean, svytotal and svyratio with
deff=TRUE ("wor") and deff="replace" ("wr").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import diplab as dl
from diplab.inference.design_effect import design_effect

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.types import Sample

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def samples(shared: Path) -> dict[str, Sample]:
    clusters, strata = (pd.read_csv(shared / "data" / "design" / f"{name}.csv") for name in ("apiclus1", "apistrat"))
    return {
        "d1": dl.declare_design(clusters, weights="pw", psu="dnum", fpc="fpc"),
        "ds": dl.declare_design(strata, weights="pw", strata="stype", fpc="fpc"),
    }


def numbers(sample: Sample, *statistics: Any, by: str = "") -> list[list[float]]:
    frame = dl.estimate(sample, *statistics, by=by or ()).frame
    found: list[list[float]] = frame[["estimate", "std_error"]].to_numpy().tolist()
    return found


@pytest.mark.parametrize(
    ("design", "recorded"),
    [
        (
            "d1",
            [
                [11182.822794691647, 1386.4139429142574],
                [12735.208310814869, 1450.0814940519906],
                [136424.31441782261, 41377.197636690267],
            ],
        ),
        (
            "ds",
            [
                [15190.586205827334, 1255.7399786809804],
                [16518.236962973442, 1318.4331131202493],
                [195567.69066278962, 23231.894997320935],
            ],
        ),
    ],
)
def test_variances(samples: dict[str, Sample], design: str, recorded: list[list[float]]) -> None:
    found = numbers(samples[design], *[dl.variance(name) for name in ("api00", "api99", "enroll")])
    assert found == [pytest.approx(row, rel=1e-8) for row in recorded]


@pytest.mark.parametrize(
    ("design", "recorded"),
    [
        (
            "d1",
            [
                [11270.828622766123, 1154.9296536237136],
                [9358.7252747252751, 2269.8401578600201],
                [11894.923333333332, 3180.8086077413309],
            ],
        ),
        (
            "ds",
            [
                [15687.419292929293, 1635.6169444806037],
                [11947.089387755103, 1897.2397998022914],
                [13824.857142857143, 2319.8463638588314],
            ],
        ),
    ],
)
def test_variances_by_domain(samples: dict[str, Sample], design: str, recorded: list[list[float]]) -> None:
    found = numbers(samples[design], dl.variance("api00"), by="stype")
    assert found == [pytest.approx(row, rel=1e-8) for row in recorded]


@pytest.mark.parametrize(
    ("design", "recorded"),
    [
        (
            "d1",
            [
                [0.96501768814224498, 0.0070700076175942619],
                [-0.1406176539820248, 0.074418090807398529],
                [-0.84467998408107403, 0.033316838415221192],
            ],
        ),
        (
            "ds",
            [
                [0.97590466406412735, 0.0039561215579225215],
                [-0.24308079832841689, 0.052631598616354448],
                [-0.80978189839336157, 0.023540549910169059],
            ],
        ),
    ],
)
def test_correlations(samples: dict[str, Sample], design: str, recorded: list[list[float]]) -> None:
    pairs = [("api00", "api99"), ("enroll", "api00"), ("meals", "api00")]
    found = numbers(samples[design], *[dl.correlation(*pair) for pair in pairs])
    assert found == [pytest.approx(row, rel=1e-8) for row in recorded]


def test_interval_of_a_correlation(samples: dict[str, Sample]) -> None:
    """R's r and error: on Fisher's scale atanh(r) -/+ t(14) se / (1 - r^2), carried back; symmetric by name."""
    r, error, t = 0.96501768814224498, 0.0070700076175942619, stats.t.ppf(0.975, 14)
    asked = [dl.correlation("api00", "api99", interval=name) for name in ("fisher", "wald")]
    found = dl.estimate(samples["d1"], *asked).frame[["ci_low", "ci_high"]].to_numpy().tolist()
    half = t * error / (1 - r**2)
    assert found[0] == pytest.approx([np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)], rel=1e-8)
    assert found[1] == pytest.approx([r - t * error, r + t * error], rel=1e-8)


DEFF = {
    ("d1", "wor"): [9.3458694505909481, 354.72027147477456, 4.3393114408874665, 0.70742998960899817],
    ("d1", "wr"): [9.0697483624530602, 344.24016067695158, 4.2111077030585289, 0.68652916924713647],
    ("ds", "wor"): [1.2044572685377175, 1.2044572685377166, 0.59312504401240052, 0.85557185097506772],
    ("ds", "wr"): [1.1655661714535266, 1.1655661714535257, 0.57397344414057083, 0.82794602415003715],
}


def effects(sample: Sample, reference: str, *statistics: Any, by: tuple[str, ...] = ()) -> list[float]:
    found: list[float] = []
    for statistic in statistics:
        (bound,) = statistic.prepare(sample)
        totals = sample.totals(by, bound.arguments)
        error = dl.estimate(sample, statistic, by=by).frame["std_error"].to_numpy()
        found += design_effect(totals, bound(totals), error, reference).tolist()
    return found


@pytest.mark.parametrize(("design", "reference"), DEFF)
def test_design_effects(samples: dict[str, Sample], design: str, reference: str) -> None:
    asked = (dl.mean("api00"), dl.total("api00"), dl.ratio("`api.stu`", "enroll"), dl.share("`sch.wide` == 'Yes'"))
    found = effects(samples[design], reference, *asked)
    assert found == pytest.approx(DEFF[design, reference], rel=1e-8)


@pytest.mark.parametrize(
    ("reference", "recorded"),
    [
        ("wor", [6.5836735250278018, 2.2282593168686184, 2.1638997200804559]),
        ("wr", [6.389160739750201, 2.162426021156548, 2.0999679105801525]),
    ],
)
def test_design_effects_by_domain(samples: dict[str, Sample], reference: str, recorded: list[float]) -> None:
    """svyby(~api00, ~stype, d1, svymean, deff=)."""
    found = effects(samples["d1"], reference, dl.mean("api00"), by=("stype",))
    assert found == pytest.approx(recorded, rel=1e-8)


def test_intervals_by_degrees_of_freedom_and_cv(samples: dict[str, Sample]) -> None:
    """confint(svymean(~api00, d1)) with df=14 and without (normal), cv(.)."""
    student = dl.estimate(samples["d1"], dl.mean("api00")).frame.iloc[0]
    normal = dl.estimate(samples["d1"], dl.mean("api00"), df="infinity").frame.iloc[0]
    assert [student["df"], normal["df"]] == [14, np.inf]
    assert [student["ci_low"], student["ci_high"]] == pytest.approx([593.67631446332553, 694.66248335088221], rel=1e-8)
    assert [normal["ci_low"], normal["ci_high"]] == pytest.approx([598.02745503191977, 690.31134278228797], rel=1e-8)
    assert [student["cv"], normal["cv"]] == pytest.approx([0.036546661070399715] * 2, rel=1e-8)


@pytest.fixture(scope="module")
def dwellings(shared: Path) -> Sample:
    data = pd.read_csv(shared / "data" / "design" / "recs2015_brr96.csv.gz")
    return dl.declare_design(data, weights="NWEIGHT", replicates=dl.replicates("BRRWT*", kind="fay", fay=0.5))


def test_with_replicate_weights(dwellings: Sample) -> None:
    """dr <- svrepdesign(weights=~NWEIGHT, repweights="BRRWT[0-9]+", type="Fay", rho=.5, mse=TRUE, data=recs);
    svyvar(~TOTSQFT_EN, dr), by Urbanicity with svyby, and the weighted correlation with TOTHSQFT in withReplicates.
    """
    found = numbers(dwellings, dl.variance("TOTSQFT_EN"), dl.correlation("TOTSQFT_EN", "TOTHSQFT"))
    assert found[0] == pytest.approx([1611231.0495988855, 64773.253869826345], rel=1e-8)
    assert found[1] == pytest.approx([0.90468307250595226, 0.0052400354727561039], rel=1e-8)
    by_domain = numbers(dwellings, dl.variance("TOTSQFT_EN"), by="Urbanicity")
    recorded = [
        [1646812.8022174777, 112280.001007952655],
        [1614913.8696605728, 81522.300876469264],
        [1292387.3561024806, 107568.209131465701],
    ]
    assert by_domain == [pytest.approx(row, rel=1e-8) for row in recorded]
