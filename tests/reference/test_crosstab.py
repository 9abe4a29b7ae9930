"""Crosstabs against R survey 4.4-2 (R 4.5), on `data/design`.

`dclus1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)`,
`dstrat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)`,
`nhanes <- svydesign(id = ~psuid, strata = ~stratid, weights = ~finalwgt, nest = TRUE, data =
nhanes2)`; values printed with `options(digits = 17)`. Closed forms are held to 1e-8 relative.

R prints Pearson's uncorrected X2 beside the p-value of the corrected one: it is
`estimates["pearson"]` here, and `statistic` is the one that its p-value belongs to.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import diplab as dl
from diplab.kernel.rao_scott import chi2_mixture_p_value
from diplab.types import Responses, Test
from tests.recorded_values import recorded_file

IN_R = recorded_file("crosstab")
pytestmark = pytest.mark.shared
CLOSE = {"rel": 1e-8, "abs": 1e-12}


# svychisq(~sch.wide + stype, dclus1, statistic = "F" | "Chisq" | "Wald" | "adjWald"): statistic,
# df, p
OF_CLUSTERS, OF_NHANES, OF_STRATA = IN_R["of clusters"], IN_R["of nhanes"], IN_R["of strata"]


def check_test(found: Test, statistic: float, df: tuple[float, ...], p_value: float) -> None:
    assert found.statistic == pytest.approx(statistic, **CLOSE)
    assert found.df == pytest.approx(df, **CLOSE)
    assert found.p_value == pytest.approx(p_value, **CLOSE)


@pytest.mark.parametrize("test", OF_CLUSTERS)
def test_independence_in_clusters(clus1, test):
    """The mean effect of the row of chi2 is X2 / (2 F), from R's X2 and F."""
    check_test(
        dl.crosstab(clus1, "sch.wide", "stype", test=test, df="design").test, *OF_CLUSTERS[test]
    )


def test_fit_domains_and_replicates_in_clusters(clus1):
    found = dl.crosstab(clus1, "sch.wide", "stype", df="design").test
    assert found.estimates["pearson"] == pytest.approx(11.940892080745339, **CLOSE)
    assert found.n == 183
    # From R's svymean(~stype, dclus1): X2 = n sum (p - e)^2 / e, effects the eigenvalues of n
    # diag(1 / e) vcov. (R's own svygofchisq takes effects that are equal under the hypothesis
    # only.)
    expected = {"E": 0.7, "H": 0.15, "M": 0.15}
    found = dl.crosstab(clus1, "stype", expected=expected, df="design").test
    check_test(
        found, 3.4980288729351861, (1.6010207576834237, 22.414290607567931), 0.056676887702548577
    )
    assert found.estimates["pearson"] == pytest.approx(8.7824616185271935, **CLOSE)
    first = dl.crosstab(clus1, "stype", expected=expected, test="rao_scott_chi2", df="design").test
    check_test(first, 6.9960577458703721, (2,), 0.030256965004211881)
    # svychisq(~sch.wide + comp.imp, subset(dclus1, api00 > 550)): R takes the degrees of freedom of
    # the domain.
    domain = clus1.where("api00 > 550")
    found = dl.crosstab(domain, "sch.wide", "comp.imp", df="domain").test
    check_test(found, 139.44342177317449, (1, 11), 1.372078999625838e-07)
    found = dl.crosstab(domain, "sch.wide", "comp.imp", df="domain", test="wald").test
    check_test(found, 15.122123756375666, (1, 11), 0.0025251549111359362)
    of_design = dl.crosstab(domain, "sch.wide", "comp.imp", df="design").test
    assert (of_design.statistic, of_design.df) == (
        pytest.approx(139.44342177317449, **CLOSE),
        (1.0, 14.0),
    )
    # as.svrepdesign(dclus1, type = "JK1"): svychisq "F" and "Wald", svyby(~stype, ~sch.wide, .,
    # svymean).
    jackknife = dl.make_replicates(clus1, "jk1")
    found = dl.crosstab(jackknife, "sch.wide", "stype", df="design")
    check_test(
        found.test,
        4.463905381929588,
        (1.4197254796946035, 19.876156715724449),
        0.035773399013596427,
    )
    assert found.rows.frame["std_error"].tolist() == pytest.approx(IN_R["with replicates"], **CLOSE)
    wald = dl.crosstab(jackknife, "sch.wide", "stype", test="wald", df="design").test
    check_test(wald, 2.4010586006026862, (2, 14), 0.12689630060235021)


@pytest.mark.parametrize("test", OF_NHANES)
def test_independence_in_nhanes_and_in_strata(nhanes2, strat, test):
    check_test(
        dl.crosstab(nhanes2, "highbp", "race", test=test, df="design").test, *OF_NHANES[test]
    )
    check_test(
        dl.crosstab(strat, "sch.wide", "stype", test=test, df="design").test, *OF_STRATA[test]
    )


def test_two_by_two_in_the_far_tail(strat):
    """svychisq(~comp.imp + awards, dstrat), "F" and "Wald"."""
    check_test(
        dl.crosstab(strat, "comp.imp", "awards", df="design").test,
        149.65729421908506,
        (1, 197),
        5.7341531848252748e-26,
    )
    found = dl.crosstab(strat, "comp.imp", "awards", test="wald", df="design").test
    check_test(found, 414.0543027071933, (1, 197), 2.5923708240256947e-50)


def test_row_shares(clus1):
    """svyby(~stype, ~sch.wide, dclus1, svymean, covmat = TRUE, deff = TRUE): first row of vcov too."""
    found = dl.crosstab(clus1, "sch.wide", "stype", shares="row", df="design").cells
    assert found.frame["estimate"].tolist() == pytest.approx(IN_R["row shares"][0], **CLOSE)
    assert found.frame["std_error"].tolist() == pytest.approx(IN_R["row shares"][1], **CLOSE)
    assert found.frame["deff"].tolist() == pytest.approx(IN_R["row shares"][2], **CLOSE)
    assert found.covariance[0].tolist() == pytest.approx(IN_R["row shares"][3], rel=1e-8)
    # svyby(~sch.wide, ~stype, dclus1, svymean); svytotal(~interaction(sch.wide, stype), dclus1).
    found = dl.crosstab(clus1, "sch.wide", "stype", shares="column", df="design")
    frame = found.cells.frame
    assert frame["estimate"].tolist()[:3] == pytest.approx(
        IN_R["column shares and counts"][0], **CLOSE
    )
    assert frame["std_error"].tolist()[:3] == pytest.approx(
        IN_R["column shares and counts"][1], **CLOSE
    )
    counts = found.counts.frame
    assert counts["estimate"].tolist() == pytest.approx(
        IN_R["column shares and counts"][2], **CLOSE
    )
    assert counts["std_error"].tolist() == pytest.approx(
        IN_R["column shares and counts"][3], **CLOSE
    )
    # svymean(~interaction(sch.wide, stype), dclus1, deff = TRUE), and svyciprop of Yes and E,
    # logit, df = 14.
    frame = dl.crosstab(clus1, "sch.wide", "stype", shares="cell", df="design").cells.frame
    assert frame["estimate"].tolist() == pytest.approx(IN_R["cell shares"][0], **CLOSE)
    assert frame["std_error"].tolist() == pytest.approx(IN_R["cell shares"][1], **CLOSE)
    assert frame["deff"].tolist() == pytest.approx(IN_R["cell shares"][2], **CLOSE)
    bounds = frame.loc[3, ["ci_low", "ci_high"]].tolist()
    assert bounds == pytest.approx([0.61895352275322646, 0.80484313900059423], **CLOSE)


def test_letters_and_several_answers(strat, clus1):
    """svyby(~I(sch.wide == "No"), ~stype, dstrat, svymean, covmat = TRUE), pairwise t on 197 df, p.adjust.

    No: E .09, H .48, M .30; p of E-H 4.36e-7, of E-M .00300, of H-M .0569: H and M above E, and H
    not above M.
    """
    found = dl.crosstab(strat, "sch.wide", "stype", shares="column", df="design")
    assert found.larger_than == ("", "A", "A", "B C", "", "")
    # unadjusted at 90 %, H is above M
    wider = dl.crosstab(
        strat, "sch.wide", "stype", shares="column", confidence=0.9, adjust="none", df="design"
    )
    assert wider.larger_than == ("", "A C", "A", "B C", "", "B")
    # svyby(~I(ell > 20), ~stype, dclus1, svymean), and of meals > 50.
    needs = Responses("needs", ["language", "meal"])
    found = dl.crosstab(clus1, needs, "stype", shares="column", df="design").cells.frame
    assert found["estimate"].tolist() == pytest.approx(IN_R["several answers"][0], **CLOSE)
    assert found["std_error"].tolist() == pytest.approx(IN_R["several answers"][1], **CLOSE)
    # R's `vcov(svycontrast(svytotal(.), .))` of the six column shares; then n W A V A' and `pf`, as
    # in the kernel.
    found = dl.crosstab(clus1, Responses("needs", ["language", "meal"]), "stype", df="design").test
    check_test(
        found, 4.3494353392135361, (2.5494502273553863, 35.692303182975408), 0.013882819974302074
    )
    assert found.estimates["pearson"] == pytest.approx(14.926241680711977, **CLOSE)


def test_after_post_stratification(clus1):
    """postStratify(dclus1, ~stype, c(E = 4421, H = 755, M = 1018)): svymean(~interaction(sch.wide, awards), .).

    R's cells come with sch.wide first: No.No, Yes.No, No.Yes, Yes.Yes.
    """
    fitted = dl.calibrate(clus1, {"stype": {"E": 4421, "H": 755, "M": 1018}})
    found = dl.crosstab(fitted, "sch.wide", "awards", shares="cell", df="design")
    assert found.cells.frame["estimate"].tolist() == pytest.approx(
        IN_R["after post stratification"][0], **CLOSE
    )
    assert found.cells.frame["std_error"].tolist() == pytest.approx(
        IN_R["after post stratification"][1], **CLOSE
    )
    check_test(found.test, 140.60250393808104, (1, 14), 1.0900653810845532e-08)


def test_a_calibrated_domain_of_few_units(clus1):
    """s <- subset(calibrate(dclus1, ~stype, c(6194, 755, 1018)), dnum %in% c(637, 716, 778, 815)):
    svychisq(~sch.wide + comp.imp, s) is F = 103.126922047214 on 1 and 14, those of all districts;
    degf(s) is 3.
    """
    fitted = dl.calibrate(clus1, {"stype": {"E": 4421, "H": 755, "M": 1018}})
    four = fitted.where("dnum in (637, 716, 778, 815)")
    for df, left in (("design", 14), ("domain", 3)):
        test = dl.crosstab(four, "comp.imp", "sch.wide", df=df).test
        check_test(test, 103.126922047214, (1, left), stats.f.sf(103.126922047214, 1, left))
    test = dl.crosstab(four, "comp.imp", "sch.wide").test
    # of the design effect linearisation finds 0.947 under independent answers
    assert test.statistic == pytest.approx(97.65667549982834, **CLOSE)
    assert 1 <= test.df[1] <= 3


def test_shares_are_those_of_estimate(nhanes2):
    """Column shares are `share` by the column, with the same interval, design effect and covariance."""
    found = dl.crosstab(nhanes2, "highbp", "race", shares="column", df="design").cells
    alone = dl.estimate(nhanes2, dl.share("highbp"), by="race", df="design")
    for name in ("estimate", "std_error", "ci_low", "ci_high", "cv", "deff", "df", "n"):
        np.testing.assert_allclose(found.frame[name], alone.frame[name], rtol=1e-9)
    np.testing.assert_allclose(found.covariance, alone.covariance, rtol=1e-7, atol=1e-16)


LONELY, PEOPLE = IN_R["lonely"], pd.DataFrame(IN_R["lonely people"])


@pytest.mark.parametrize("policy", LONELY)
def test_a_lonely_unit(engine, policy):
    """options(survey.lonely.psu = policy); svymean(~interaction(sex, pay), .), svychisq(~sex + pay, .), "F" and "Wald".

    The design is svydesign(id = ~c, strata = ~h, weights = ~w, data = .) of the table above. Cells
    are not domains: a unit is there for all of them.
    """
    sample = dl.declare_design(engine(PEOPLE), weights="w", strata="h", psu="c", lonely_psu=policy)
    spread, f, wald = LONELY[policy]
    found = dl.crosstab(sample, "pay", "sex", shares="cell", df="design")
    assert found.cells.frame["std_error"].tolist() == pytest.approx(spread, **CLOSE)
    check_test(found.test, f[0], (1, 4), f[1])
    check_test(
        dl.crosstab(sample, "pay", "sex", test="wald", df="design").test, wald[0], (1, 4), wald[1]
    )


def test_a_lonely_unit_in_each_group():
    """Twice the same people in strata of their own: each group is the table of one, with its degrees of freedom."""
    twice = pd.concat([PEOPLE.assign(g=each) for each in "ab"])
    twice["h"] = twice["g"] + twice["h"].astype(str)
    sample = dl.declare_design(twice, weights="w", strata="h", psu="c", lonely_psu="remove")
    _, f, _ = LONELY["remove"]
    for test in dl.crosstab(sample, "pay", "sex", by="g", df="domain").tests:
        check_test(test, f[0], (1, 4), f[1])
    # under `adjust` the centre is the mean of all units, those of the other group too, zero there:
    # half of it
    adjusted = dl.declare_design(twice, weights="w", strata="h", psu="c", lonely_psu="adjust")
    first, second = dl.crosstab(adjusted, "pay", "sex", by="g", df="domain").tests
    assert first.statistic == pytest.approx(second.statistic)


def test_the_law_of_the_sum(clus1):
    """R's statistic="lincom" without CompQuadForm: its saddlepoint takes 20 whole degrees of freedom of 20.92.

    `svychisq(~sch.wide + stype, dclus1, statistic = "lincom")`: p 0.0264411277096. With the 20 that
    R's `rep` keeps of 20.92 (and the weight of 20.92) the same approximation gives R's value;
    diplab keeps 20.92. That of `pFsum(2 * 4.1028, c(1, 1), c(1, 1), ddf = 10, method =
    "saddlepoint")` is 0.0510037734973 in both.
    """
    found = dl.crosstab(clus1, "sch.wide", "stype", test="rao_scott_mixture", df="design").test
    assert found.statistic == pytest.approx(11.94089208, rel=1e-9)
    assert found.p_value == pytest.approx(0.022889896, rel=1e-7)
    effects = np.array([1.8181107202, 0.4811464379])
    # value / 20 with the weight of 20.92: the same as x * 20 / 20.92 over 20
    truncated = chi2_mixture_p_value(11.94089208 * 20 / 20.924956887904383, effects, 20.0)
    assert truncated == pytest.approx(0.0264411277096, rel=1e-6)
    assert chi2_mixture_p_value(2 * 4.1028, np.ones(2), 10.0) == pytest.approx(
        0.0510037734973, rel=1e-9
    )


def test_a_table_in_which_nothing_is_additive():
    """Empty cells leave no effect of rows and columns but rounding, which must not be taken for one.

    R 4.5.0, survey 4.4-2: f <- data.frame(a = c(0,1,2,1,1,1,1,1,1,1,0,1), b =
    c(1,0,0,0,0,0,0,0,0,0,1,2), w = 1, h = rep(0:1, each = 6)); svychisq(~a + b, svydesign(~1,
    strata = ~h, weights = ~w, data = f)), and ~b + a. By two primary units of each stratum R gives
    3.351213282 too: a row and a column lie in one of them, and there is no test here.
    """
    people = pd.DataFrame(
        {
            "a": [0, 1, 2, 1, 1, 1, 1, 1, 1, 1, 0, 1],
            "b": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2],
            "w": 1.0,
        }
    ).assign(c=np.arange(12) // 2, h=np.arange(12) // 6)
    elements = dl.declare_design(people, weights="w", strata="h")
    sample = dl.declare_design(people, weights="w", strata="h", psu="c")
    for variables in (("a", "b"), ("b", "a")):
        check_test(
            dl.crosstab(elements, *variables, df="design").test,
            3.57298474946,
            (2.9793814433, 29.793814433),
            0.02574327686,
        )
        assert np.isnan(dl.crosstab(sample, *variables, df="design").test.statistic)
