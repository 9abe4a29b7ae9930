"""Replicate weights against R survey 4.4-2 (Debian, R 4.5.0).

Values of `survey_convey.json` are read from there. The others were printed with 17 digits by
scripts of which each test gives the lines; `D` is the folder `data/design`. All are held to 1e-8
relative. Bootstraps and half-samples are drawn by seed or matrix, which R would draw otherwise:
there our factors were written to a file and R was given them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import close, recorded_file

pytestmark = pytest.mark.shared


def errors(sample, *statistics, by=""):
    return dl.estimate(sample, *statistics, by=by or ()).frame["std_error"].to_numpy(float)


def acs(design, **options):
    data = pd.read_csv(design / "acs_pums_louisville_80reps.csv")
    return dl.declare_design(data, weights="PWGTP", replicates=dl.replicates("PWGTP*", **options))


def from_design(which, kind, *made, **options):
    """Replicates made from a design of R."""
    return lambda get, mse: dl.make_replicates(get(which), kind, *made, mse=mse, **options)


def of_file(name, weights, columns, kind, **options):
    """Replicates of a published file."""

    def sample(get, mse):
        data = pd.read_csv(get("design") / name)
        return dl.declare_design(
            data, weights=weights, replicates=dl.replicates(columns, kind, mse=mse, **options)
        )

    return sample


def split_strata(kind):
    """Strata of 100 and 50 schools, split into pairs."""

    def sample(get, mse):
        data = pd.read_csv(get("design") / "apistrat.csv")
        plain = dl.declare_design(data, weights="pw", strata="stype")
        return dl.make_replicates(plain, kind, fay=0.3, split=True, mse=mse)

    return sample


IN_R = recorded_file("replicates")
SCHOOLS = [dl.mean("api00"), dl.ratio("api.stu", "enroll"), dl.total("enroll")]
NHANES = [dl.ratio("weight", "height"), dl.mean("weight"), dl.total("weight")]
BIRTHS = [dl.mean("birth_weight"), dl.total("birth_weight")]
ACS = "acs_pums_louisville_80reps.csv"
# each with the lines of R; standard errors of the statistics about the mean of the replicates
# (`mse=FALSE`), and about the full sample
CALLS = {
    # svyby(~api00, ~stype, as.svrepdesign(d1, type="JK1", mse=mse), svymean)
    "domains of a jackknife": (from_design("clus1", "jk1"), [dl.mean("api00")], "stype"),
    # r <- as.svrepdesign(ds, type="JKn", mse=mse): ratio of api00 to api99, mean of api00 by
    # sch.wide
    "ratio of a stratified jackknife": (from_design("strat", "jkn"), [dl.ratio("api00", "api99")], ""),
    "domains of a stratified jackknife": (from_design("strat", "jkn"), [dl.mean("api00")], "sch.wide"),
    # r <- as.svrepdesign(dn, type="JKn"): mean of zinc, and by race (na.rm=TRUE)
    "a stratified jackknife of units": (from_design("nhanes2", "jkn"), [dl.mean("zinc")], ""),
    "its domains": (from_design("nhanes2", "jkn"), [dl.mean("zinc")], "race"),
    # svrepdesign(weights=~PWGTP, repweights="PWGTP[0-9]+", type="successive-difference", mse=mse,
    # data=a)
    "successive differences": (of_file(ACS, "PWGTP", "PWGTP*", "sdr"), [dl.mean("AGE"), dl.total("AGE")], ""),
    # svrepdesign(weights=~finalwgt, repweights="brr_[0-9]+", type="BRR", mse=mse, data=b), NHANES
    # II
    "half-samples of a file": (of_file("samplics/nhanes2brr_subset.csv", "finalwgt", "brr_*", "brr"), NHANES, ""),
    # svrepdesign(repweights="jkw_[0-9]+", type="JKn", scale=1, rscales=rep(.5, 62), mse=mse,
    # data=j), NHANES II
    "jackknife weights of a file": (
        of_file("samplics/nhanes2jk_subset.csv", "finalwgt", "jkw_*", "jkn", rscales=[0.5] * 62), NHANES, ""),
    # svrepdesign(repweights="bsrw[0-9]+", type="bootstrap", mse=mse, data=n): R's scale 1/49, then
    # 1/50; NMIHS
    "bootstrap weights of a file": (of_file("samplics/nmihs_subset.csv", "finalwgt", "bsrw*", "bootstrap"), BIRTHS, ""),
    "bootstrap weights of a file over 50": (
        of_file("samplics/nmihs_subset.csv", "finalwgt", "bsrw*", "bootstrap", scale=1 / 50), BIRTHS, ""),
    # svrepdesign(repweights=f, type="BRR" or "Fay", rho=.3, mse=mse, combined.weights=FALSE), f our
    # 32 factors. The total has the linearised error, SE(svytotal(~highbp, dn, na.rm=TRUE)),
    # whatever the matrix
    "half-samples made": (from_design("nhanes2", "brr", fay=0.3), [dl.mean("zinc"), dl.total("highbp")], ""),
    "softened half-samples made": (from_design("nhanes2", "fay", fay=0.3), [dl.mean("zinc"), dl.total("highbp")], ""),
    # svrepdesign(repweights=f, type="bootstrap", mse=mse, combined.weights=FALSE), f our 100
    # factors of seed 1
    "a bootstrap made": (from_design("strat", "rao_wu", 100), [dl.mean("api00"), dl.ratio("api.stu", "enroll")], ""),
    # as above on apiclus2, weights by fpc: svymean(~api00, r), svytotal(~enroll, r, na.rm=TRUE)
    "a bootstrap of two stages": (
        from_design("clus2", "rao_wu_yue_beaumont", 100), [dl.mean("api00"), dl.total("enroll")], ""),
    # svrepdesign(repweights=f, type="other", scale=4/R, or 1/(R - 1) of the draws, rscales=rep(1,
    # R), mse=mse, combined.weights=FALSE) on apistrat, f our 204 or 80 factors along snum, or 100
    # of seed 1
    "successive differences made": (from_design("strat", "sdr", order="snum"), SCHOOLS, ""),
    "fewer successive differences than units": (from_design("strat", "sdr", 80, order="snum"), SCHOOLS, ""),
    "doubled halves made": (from_design("strat", "doubled_half", 100), SCHOOLS, ""),
    # svytotal(~enroll, svydesign(~dnum + snum, fpc=~fpc1 + fpc2, data=apiclus2), na.rm=TRUE),
    # linearised
    "Fay's generalised replication": (from_design("clus2", "fay_generalised"), [dl.total("enroll")], ""),
    # as.svrepdesign(svydesign(~1, strata=~stype, weights=~pw, data=apistrat), type="BRR" or "Fay",
    # fay.rho=.3, large="split", match=m, mse=mse), m the places of our pairs of seed 1: totals of
    # api00 and enroll
    "half-samples of split strata": (split_strata("brr"), [dl.total("api00"), dl.total("enroll")], ""),
    "softened half-samples of split strata": (split_strata("fay"), [dl.total("api00"), dl.total("enroll")], ""),
}  # fmt: skip


@pytest.mark.parametrize("mse", [False, True])
@pytest.mark.parametrize("case", CALLS)
def test_errors_as_in_r(request, case, mse):
    (made, statistics, by), (about_mean, about_sample) = CALLS[case], IN_R[case]
    sample = made(request.getfixturevalue, mse)
    if wanted := about_sample if mse else about_mean:
        close(errors(sample, *statistics, by=by), wanted)
    counts = {
        "half-samples made": 32,
        "softened half-samples made": 32,
        "successive differences": 80,
    }
    assert sample.replication.count == counts.get(case, sample.replication.count)


def test_median_of_a_published_file(recs, recorded):
    """`svyquantile(~TOTSQFT_EN, dr, .5)`: Woodruff on the replicate variance of F(q), t with 95 degrees of freedom.

    The first quartile: `svyquantile(~TOTSQFT_EN, dr, .25, interval.type="mean")`.
    """
    frame = dl.estimate(recs, dl.median("TOTSQFT_EN"), dl.quantile("TOTSQFT_EN", 0.25)).frame
    assert frame["df"].tolist() == [95, 95]
    assert frame["estimate"].tolist() == [recorded["recs_fay"]["median"]["estimate"], 1040]
    close(frame["std_error"], [recorded["recs_fay"]["median"]["std_error"], 7.0520049985010518])
    assert frame[["ci_low", "ci_high"]].to_numpy().tolist() == [[1650, 1716], [1024, 1052]]


def test_successive_differences_in_domains(design):
    """`r` as above with `mse=TRUE`: `svymean(~SEX, r)`, `vcov(svyby(~AGE, ~SEX, r, svymean, covmat=TRUE))`.

    The covariance between the domains is small beside their variances, and held to 1e-8 of these.
    """
    sample = acs(design, kind="sdr")
    shares = dl.estimate(sample, dl.share("SEX")).frame
    close(shares["std_error"], [0.00074644860820704401] * 2)
    found = dl.estimate(sample, dl.mean("AGE"), by="SEX")
    close(found.frame["estimate"], [51.820071724953095, 50.729825091770110])
    wanted = [[28.5993250994136154, 1.6688826294017205], [1.6688826294017205, 7.8582117976716503]]
    np.testing.assert_allclose(found.covariance, wanted, rtol=1e-8, atol=1e-8)
    # `svrepdesign(repweights=f, type="other", scale=4/80, rscales=rep(1,80),
    # combined.weights=FALSE, mse=TRUE)`.
    data = pd.read_csv(design / "acs_pums_louisville_80reps.csv")
    names = [f"PWGTP{place}" for place in range(1, 81)]
    data[names] = data[names].div(data["PWGTP"], axis=0)
    given = dl.replicates(names, "sdr", combined=False)
    close(
        errors(dl.declare_design(data, weights="PWGTP", replicates=given), dl.mean("AGE")),
        3.2367427079709175,
    )
    # `svyquantile(~weight, r, c(.25, .5, .75), interval.type="mean")` on the same file.
    data = pd.read_csv(design / "samplics" / "nhanes2brr_subset.csv")
    sample = dl.declare_design(data, weights="finalwgt", replicates=dl.replicates("brr_*", "brr"))
    frame = dl.estimate(
        sample, *(dl.quantile("weight", share) for share in (0.25, 0.5, 0.75))
    ).frame
    close(frame["estimate"], [60.669998, 70.870003, 81.760002])
    close(frame["std_error"], [0.50011854631418240, 0.77959770395696493, 0.91688657571936594])


def test_quantiles_under_a_made_bootstrap(strat, clus2):
    """`svyquantile(~api00, r, c(.25, .5), interval.type="mean")`, r as above: 99 degrees of freedom."""
    sample = dl.make_replicates(strat, "rao_wu", 100)
    frame = dl.estimate(sample, dl.quantile("api00", 0.25), dl.median("api00")).frame
    close(frame["std_error"], [15.623291583722708, 13.607382992274617])
    assert frame[["ci_low", "ci_high"]].to_numpy().tolist() == [[535, 597], [641, 695]]
    # R's linearised error of the total is 799637.7736; 5,000 replicates have 1 % of noise, held to
    # 3 %.
    found = errors(dl.make_replicates(clus2, "rao_wu_yue_beaumont", 5000), dl.total("enroll"))
    np.testing.assert_allclose(found, 799637.7736, rtol=0.03)


EMPTY = recorded_file("replicates")["empty_domain"]


@pytest.mark.parametrize(
    ("kind", "mse", "rows", "differences", "constant", "t", "logit"), EMPTY["cases"]
)
def test_replicates_that_leave_a_domain_empty(kind, mse, rows, differences, constant, t, logit):
    """r <- as.svrepdesign(svydesign(~c, strata = ~h, weights = ~w, data = d), type = "BRR" or "JKn", mse = mse);
    n <- subset(r, k != "s"): SE(svyby(~y, ~k, n, svymean)); SE(svycontrast(svyby(..., covmat =
    TRUE), c(-1, 1, 0))), c(-1, 0, 1); SE(svyglm(y ~ k, n))[1], the others being these; svyttest(y ~
    k) of e and f; the same logit of b.

    R warns that a replicate was discarded. All of s are in one unit, where it gives an error of 0.
    """
    unit = np.repeat(np.arange(16), 4)
    by_unit = np.eye(16)[:, np.arange(16) ^ 1] * 2 + (
        np.arange(16)[:, None] // 2 != np.arange(16) // 2
    )
    if kind == "brr":
        by_unit = np.array([[2.0 * int(each) for each in line] for line in EMPTY["halves"]])
    data = pd.DataFrame(EMPTY["data"])
    weights = pd.DataFrame(by_unit[unit] * data[["w"]].to_numpy()).add_prefix("r")
    how = {"rscales": [0.5] * 16} if kind == "jkn" else {}
    replicates = dl.replicates(list(weights), kind, mse=mse, **how)
    sample = dl.declare_design(
        pd.concat([data, weights], axis=1), weights="w", replicates=replicates
    )
    found = dl.estimate(sample, dl.mean("y"), by="k").frame.set_index("k")
    close(found.loc[["e", "f", "z"], "std_error"], rows)
    assert found.loc["s", "flag"] == (
        "no variance" if kind == "brr" else "no variance, replicates left out"
    )
    assert found.loc["e", "flag"] == "few units" + ", replicates left out" * (kind == "brr")
    apart, two = sample.where("k != 's'"), sample.where("k in ('e', 'f')")
    of_three = dl.estimate(apart, dl.mean("y"), by="k").rows([0, 1, 3])
    close(dl.contrast(of_three, np.array([[-1, 1, 0], [-1, 0, 1]])).frame["std_error"], differences)
    fit = dl.regress(apart, "y ~ k")
    close(fit.frame["std_error"], [constant, *differences])
    assert fit.provenance.rules.get("replicates_left_out") == ("1" if kind == "brr" else None)
    close(dl.t_test(two, "y", "k").estimates["std_error"], [t])
    if logit is not None:
        close(dl.regress(apart, "b ~ k", family="binomial").frame["std_error"], logit, rtol=1e-6)
