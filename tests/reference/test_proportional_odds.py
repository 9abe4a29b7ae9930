"""Proportional odds against R survey 4.4-2 (`proportional_odds.R`): a regression at each cut point."""

from __future__ import annotations

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.inference.regression.fitting import coefficients_at_cuts
from tests.recorded_values import close, recorded_file

R = recorded_file("proportional_odds")
PEOPLE = pd.DataFrame(recorded_file("models")["data"]).assign(level=R["level"])
SAMPLE = dl.declare_design(PEOPLE, weights="w", strata="h", psu="c")


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_coefficients_at_cuts(link):
    fit, known = (
        dl.regress(SAMPLE, "level ~ x + k", family="ordinal", link=link, df="infinity"),
        R[link],
    )
    point, covariance = coefficients_at_cuts(fit.fitted, link)
    close(point, known["coef"], 1e-6)
    close(covariance.diagonal() ** 0.5, known["se"], 1e-5)
    for terms, (k, chi2) in (
        (("x",), known["x"]),
        (("k",), known["k"]),
        (("x", "k"), known["all"]),
    ):
        found = dl.term_test(fit, *terms, test="proportional_odds")
        close([found.statistic * k, found.df[0]], [chi2, k], 1e-5)
    assert found.hypothesis == "coefficients of x and k equal at all cut points in level ~ x + k"
    assert "égaux à tous les seuils" in str(dl.table(found, "fr").as_raw_html())


def test_replicates_imputations_and_what_is_refused(refused):
    options = {"family": "ordinal", "df": "infinity"}
    jackknife = dl.regress(dl.make_replicates(SAMPLE, "jkn"), "level ~ x + k", **options)
    found = dl.term_test(jackknife, "x", "k", test="proportional_odds")
    close(found.statistic * 6, R["jackknife"][1], 1e-5)
    # imputations that agree
    same = dl.regress(dl.imputed([SAMPLE, SAMPLE]), "level ~ x + k", **options)
    alone = dl.term_test(
        dl.regress(SAMPLE, "level ~ x + k", **options), "x", test="proportional_odds"
    )
    pooled = dl.term_test(same, "x", test="proportional_odds")
    close([pooled.statistic, pooled.p_value], [alone.statistic, alone.p_value])
    # six contrasts of six units
    few = dl.declare_design(PEOPLE.assign(c=PEOPLE["c"] % 6), weights="w", psu="c")
    for call in (
        lambda: dl.term_test(
            dl.regress(SAMPLE, "b ~ x", family="binomial"), "x", test="proportional_odds"
        ),
        lambda: dl.term_test(
            dl.regress(SAMPLE, "b ~ x", family="ordinal"), "x", test="proportional_odds"
        ),
        lambda: dl.term_test(
            dl.regress(few, "level ~ x + k", family="ordinal"), "x", "k", test="proportional_odds"
        ),
    ):
        refused(call, OptionError)
