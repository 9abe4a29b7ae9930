"""Log-linear models against R survey 4.4-2 (`log_linear.R`): `svyloglin`, and Rao and Scott's formulas written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import close, recorded_file

R = recorded_file("log_linear")
PEOPLE = pd.DataFrame(R["data"])
SAMPLE = dl.declare_design(PEOPLE, weights="w", strata="h", psu="c")
FORMULAS = {
    "independent": "~ a + b + k", "one_pair": "~ a * b + k", "pairs": "~ (a + b + k) ** 2", "saturated": "~ a * b * k",
}  # fmt: skip
POINTS, ERRORS = 1e-6, 1e-5


def check_coefficients(model, recorded) -> None:
    close(model.frame["estimate"], recorded["coef"], POINTS)
    close(model.frame["std_error"], recorded["se"], ERRORS)


@pytest.mark.parametrize("name", FORMULAS)
def test_coefficients_and_shares(name):
    """`svyloglin` in sum coding, taken to treatment coding; R stops at 1e-8 of the deviance."""
    model = dl.log_linear(SAMPLE, FORMULAS[name], df="design")
    check_coefficients(model, R["fits"][name])
    shares = pd.DataFrame(R["shares"][name]["keys"]).assign(p=R["shares"][name]["p"])
    both = model.cells.frame.merge(shares, on=["a", "b", "k"], validate="one_to_one")
    close(both["estimate"], both["p"], POINTS)
    if name == "one_pair":
        # diag(p) - pp' times the terms, around R's covariance of coefficients
        both = model.cells.frame.merge(shares.assign(se=R["cells_se"]), on=["a", "b", "k"])
        close(both["std_error"], both["se"], ERRORS)


@pytest.mark.parametrize(
    ("large", "small"),
    [(large, small) for large in R["rao_scott"] for small in R["rao_scott"][large]],
)
def test_nested_models(large, small):
    """Both the F and the chi2, whose p-value for the saturated model is also `anova.svyloglin`'s; the saddlepoint."""
    model, known = dl.log_linear(SAMPLE, FORMULAS[large], df="design"), R["rao_scott"][large][small]
    smaller = dl.log_linear(SAMPLE, FORMULAS[small], df="design")
    terms = [
        term
        for term in dict.fromkeys(model.frame["variable"])
        if term not in set(smaller.frame["variable"])
    ]
    normal = dl.log_linear(SAMPLE, FORMULAS[large], df="infinity")
    f, chi2 = (dl.term_test(model, *terms, test=each) for each in ("rao_scott_f", "rao_scott_chi2"))
    mixture = dl.term_test(normal, *terms, test="rao_scott_mixture")
    close([f.statistic, *f.df, f.p_value], [known["F"], *known["df"], known["p"]], ERRORS)
    close([chi2.statistic, chi2.p_value], known["chisq"], ERRORS)
    close(mixture.p_value, known["mixture"], ERRORS)
    close(
        [f.estimates["pearson"], f.estimates["mean_effect"]],
        [known["pearson"], known["mean_effect"]],
        POINTS,
    )
    if large == "saturated":
        anova = R["anova"][small]
        close(
            [chi2.estimates["pearson"], chi2.p_value], [anova["pearson"], anova["chisq_p"]], ERRORS
        )
        close([smaller.test.statistic, smaller.test.p_value], [f.statistic, f.p_value], 1e-9)


def test_independence_domains_and_replicates():
    known = R["independence"]
    found = dl.log_linear(SAMPLE, "~ a + b", df="design").test
    close(
        [found.statistic, *found.df, found.p_value], [known["F"], *known["df"], known["p"]], ERRORS
    )
    mixture = dl.term_test(
        dl.log_linear(SAMPLE, "~ a * b", df="design"), "a:b", test="rao_scott_mixture"
    )
    close(mixture.p_value, known["mixture"], ERRORS)
    check_coefficients(dl.log_linear(SAMPLE.where("k != 'x'"), "~ a * b"), R["domain"])
    jackknife = dl.log_linear(dl.make_replicates(SAMPLE, "jkn"), "~ a * b")
    check_coefficients(jackknife, R["jackknife"])
    assert np.isfinite(jackknife.cells.frame["std_error"]).all()
