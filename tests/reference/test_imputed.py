"""Estimates over imputations against R survey 4.4-2, mitools 2.4, mice 3.17.0 and mitml 0.4-5 (R 4.5).

`options(digits = 17)`, apiclus1 of the shared folder, of which every fourth school is imputed by a
rule:

    imp <- lapply(c(-30, -10, 5, 20, 40), function(s) {
      a$api00 <- ifelse(a$snum %% 4 == 0, a$api99 + s + a$snum %% 7, a$api00); a })
    des <- lapply(imp, function(b) svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = b))
    m <- lapply(des, function(d) svymean(~api00, d))
    pool.scalar(sapply(m, coef), sapply(m, function(x) c(vcov(x))), n = 15, k = 1)
    b <- lapply(des, function(d) svyby(~api00, ~stype, d, svymean, covmat = TRUE))
    MIcombine(lapply(b, coef), lapply(b, vcov))

mitools leaves the factor 1 + 1/M out of the degrees of freedom of Barnard and Rubin (1999); mice
follows the paper, and so does diplab: degrees of freedom are those of `pool.scalar`, with n - k =
14.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.inference.imputation import combine, joint_wald, pooled_statistics, pooled_test
from diplab.results.hypothesis_test import Test
from tests.recorded_values import recorded_file

IN_R = recorded_file("imputed")


@pytest.fixture(scope="module")
def frames(shared):
    schools = pd.read_csv(shared / "data" / "design" / "apiclus1.csv")
    gone = schools["snum"] % 4 == 0
    assert gone.sum() == 48
    return [
        schools.assign(
            api00=schools["api00"]
            .where(~gone, schools["api99"] + shift + schools["snum"] % 7)
            .astype(float)
        )
        for shift in (-30, -10, 5, 20, 40)
    ]


@pytest.fixture(scope="module")
def schools(frames):
    return dl.imputed(
        [dl.declare_design(each, weights="pw", psu="dnum", fpc="fpc") for each in frames]
    )


def same(found, expected, rel=1e-8):
    assert np.ravel(found).tolist() == pytest.approx(np.ravel(expected).tolist(), rel=rel)


def test_means_and_shares(schools):
    frame = dl.estimate(schools, dl.mean("api00"), df="design").frame
    assert list(frame.columns)[-2:] == ["flag", "fmi"]
    row = frame.iloc[0]
    same([row["estimate"], row["std_error"] ** 2, row["df"], row["fmi"]], IN_R["a mean"])
    from scipy import stats

    half = stats.t.ppf(0.975, row["df"]) * row["std_error"]
    same([row["ci_low"], row["ci_high"]], [row["estimate"] - half, row["estimate"] + half])
    assert row["n"] == 183
    row = dl.estimate(schools, dl.mean("api00"), df="infinity").frame.iloc[0]
    same([row["df"], row["fmi"]], [455.884152090688473891, 0.097620625738623443])
    # pool.scalar on svymean of api00 > 650; the interval on the log-odds, t with the combined
    # degrees of freedom.
    row = dl.estimate(schools, dl.share("api00 > 650"), df="design").frame.iloc[0]
    same(
        [row["estimate"], row["std_error"] ** 2, row["df"]],
        IN_R["a share keeps the scale of its interval"],
    )
    same([row["ci_low"], row["ci_high"]], [0.28375565261185015, 0.71890220256839843])
    found = dl.estimate(schools, dl.mean("api00"), by="stype", df="design")
    same(found.frame["estimate"], [640.89583333333337, 615.78571428571422, 625.20000000000005])
    covariance = IN_R["means by domain keep their covariance"]
    same(found.covariance, covariance)
    same(found.frame["df"], [10.67063597563310573, 12.01991774241284539, 11.71671414210264039])
    same(found.frame["fmi"], [0.23874702549516427, 0.15492442915862814, 0.17536583235700262])
    # the covariance of the combined estimates is what a contrast of them needs
    gap = dl.contrast(found, {"stype": ("E", "H")}).frame["std_error"].item()
    assert gap**2 == pytest.approx(
        589.29332052526445 + 1590.85167927333282 - 2 * 596.41540616015914
    )


def test_replicate_weights(frames):
    """svymean on as.svrepdesign(svydesign(id = ~dnum, weights = ~pw), type = "JK1"), then pool.scalar."""
    samples = dl.imputed([dl.declare_design(each, weights="pw", psu="dnum") for each in frames])
    row = dl.estimate(
        samples.each(dl.make_replicates, "jk1"), dl.mean("api00"), df="design"
    ).frame.iloc[0]
    same([row["estimate"], row["std_error"] ** 2, row["df"], row["fmi"]], IN_R["replicate weights"])


# pool.scalar(c(10, 12, 11, 13, 9), c(4, 5, 4.5, 5.5, 4), n, k = 1): total 7.6 = 4.6 + 6/5 * 2.5
@pytest.mark.parametrize(
    ("complete", "df", "information"),
    [(np.inf, 25.67111111111110944, 0.43695795837446660), *IN_R["one number as in mice"]],
)
def test_one_number_as_in_mice(complete, df, information):
    points = np.array([[10.0], [12.0], [11.0], [13.0], [9.0]])
    variances = np.array([4.0, 5.0, 4.5, 5.5, 4.0])[:, None, None]
    found = combine(points, variances, np.array([complete]))
    same([found.point[0], found.covariance[0, 0]], [11.0, 7.6])
    same([found.df[0], found.missing_information[0]], [df, information])


POINTS = np.array([[1.0, 2.0], [1.4, 1.7], [0.8, 2.4], [1.2, 2.1]])
COVARIANCES = np.array(
    [
        [[0.5, 0.1], [0.1, 0.8]],
        [[0.55, 0.12], [0.12, 0.75]],
        [[0.48, 0.08], [0.08, 0.85]],
        [[0.52, 0.11], [0.11, 0.8]],
    ]
)


@pytest.mark.parametrize(
    ("complete", "df"),
    [(np.inf, 51.710384567810848), (14.0, 8.2042436289918221)],
    ids=["infinite", "14"],
)
def test_rule_d1_as_in_mitml(complete, df):
    """testConstraints(qhat, uhat, constraints = c("a", "b"), method = "D1", df.com = complete)."""
    f, k, left = joint_wald(POINTS, COVARIANCES, complete)
    same([f, k, left], [2.8409797478350671, 2, df])


def test_rule_d2_as_in_mitml():
    """testConstraints(qhat, uhat, constraints = c("a", "b"), method = "D2"), on q' U^-1 q of each imputation.

    mitml takes the derivative of its constraints numerically, good to about 1e-8: hence 1e-7 here.
    """
    each = [
        point @ np.linalg.solve(cov, point) for point, cov in zip(POINTS, COVARIANCES, strict=True)
    ]
    same(pooled_statistics(np.array(each), 2.0), [3.2809423638608655, 4680.7624762871983], 1e-7)
    for law, scale in (("chi2", 1.0), ("f", 0.5)):
        df = (2.0,) if law == "chi2" else (2.0, np.inf)
        found = pooled_test(
            [Test(law, scale * value, df, 0.04, "a = b = 0", n=50) for value in each]
        )
        same([found.statistic, *found.df], [3.2809423638608655, 2.0, 4680.7624762871983], 1e-7)
        same(found.p_value, 0.03767928665643399, 1e-7)
        assert (found.name, found.hypothesis, found.n) == (law, "a = b = 0", 50)
        assert found.provenance.rules == {"imputations": "4", "pooled_test": "d2"}
    # By hand, of the formula in `pooled_statistics`: r from mitml's 4680.76, then Barnard and
    # Rubin's harmonic sum.
    each = [
        point @ np.linalg.solve(cov, point) for point, cov in zip(POINTS, COVARIANCES, strict=True)
    ]
    found = pooled_test(
        [Test("f", 0.5 * value, (2.0, 14.0), 0.04, "a = b = 0", n=50) for value in each]
    )
    between = 4680.7624762871983
    r = 1 / (np.sqrt(between / (2 ** (-3 / 4) * 3)) - 1)
    same(found.df, [2.0, 1 / (1 / between + (1 + r) * 17 / (14 * 15))], 1e-7)
    agreed = pooled_test([Test("f", 5.0, (2.0, 14.0), 0.02, "a = b = 0", n=50)] * 3)
    assert (agreed.statistic, agreed.df) == (5.0, (2.0, 14.0))
    from scipy import stats

    same(agreed.p_value, stats.f.sf(5.0, 2, 14))
