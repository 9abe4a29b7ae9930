"""Offsets, amounts, predictions, fit statistics and instruments, against R 4.5.0, survey 4.4-2 and AER 1.2-14.

`models.R` beside is the script; `recorded/models.json` has the 96 rows that it drew and what R
answered, points held to 1e-6 and errors to 1e-5. `statsmodels` is the check without weights.
`predict` of svyglm leaves offsets out: its numbers are those of offsets of 0. `extractAIC` of
linear models adds a share for their variance, which the script takes off.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import diplab as dl
from tests.recorded_values import close, recorded_file

IN_R = recorded_file("models")
ROWS = pd.DataFrame(IN_R["data"])
LINKS = ("log", "inverse", "identity", "1/mu^2")
AMOUNTS = [
    (family, link)
    for family in ("gamma", "inverse_gaussian")
    for link in LINKS
    if f"{family} {link}" in IN_R
]


@pytest.fixture(scope="module")
def drawn():
    return dl.declare_design(ROWS, weights="w", strata="h", psu="c")


@pytest.fixture(scope="module")
def jackknifed(drawn):
    return dl.make_replicates(drawn, "jkn", mse=False)


def check(fit, recorded):
    # where the deviance is flat, R stops 5e-8 before the maximum
    close(fit.frame["estimate"], recorded[0], 1e-6, 1e-7)
    close(fit.frame["std_error"], recorded[1], 1e-5)


def test_offsets(drawn):
    """In the formula, as a column, or as the logarithm of an exposure; and statsmodels, without weights."""
    sample = drawn.where("hours > 0")
    for options in ({"exposure": "hours"}, {"offset": "logged"}):
        data = dl.declare_design(
            ROWS.assign(logged=np.log(ROWS["hours"])), weights="w", strata="h", psu="c"
        )
        check(
            dl.regress(data, "jobs ~ x + k", family="poisson", **options), IN_R["offset"]["poisson"]
        )
    check(
        dl.regress(sample, "jobs ~ x + k + offset(log(hours))", family="poisson"),
        IN_R["offset"]["poisson"],
    )
    check(dl.regress(drawn, "b ~ x + e + offset(z)", family="binomial"), IN_R["offset"]["binomial"])
    check(dl.regress(drawn, "y ~ x + k", offset="e"), IN_R["offset"]["gaussian"])
    matrix = np.column_stack([np.ones(len(ROWS)), ROWS["x"]])
    found = dl.regress(
        dl.declare_design(ROWS), "jobs ~ x", family="poisson", exposure="hours", variance="model"
    )
    known = sm.GLM(ROWS["jobs"], matrix, sm.families.Poisson(), exposure=ROWS["hours"]).fit(
        tol=1e-14
    )
    check(found, (known.params, known.bse))
    close(
        [found.fit.log_likelihood, found.fit.log_likelihood_null], [known.llf, known.llnull], 1e-8
    )
    counts = ROWS.assign(jobs=ROWS["jobs"] + 5 * (np.arange(len(ROWS)) % 7 == 0))
    found = dl.regress(
        dl.declare_design(counts),
        "jobs ~ x",
        family="negative_binomial",
        exposure="hours",
        variance="model",
    )
    theta = float(found.provenance.rules["theta"])
    of_theta = sm.families.NegativeBinomial(alpha=1 / theta)
    known = sm.GLM(counts["jobs"], matrix, of_theta, exposure=counts["hours"]).fit(tol=1e-14)
    check(found, (known.params, known.bse))


def test_margins_are_rates_where_there_is_an_exposure(drawn):
    """The mean of exp(x'b) over the respondents, by hand; with an offset, that of exp(x'b + offset)."""
    fit = dl.regress(drawn, "jobs ~ x + k", family="poisson", exposure="hours")
    b = fit.frame["estimate"].to_numpy()
    rate = np.exp(b[0] + b[1] * ROWS["x"] + b[2])
    found = dl.predicted_margins(fit, {"k": ["b"]})
    close(found.frame["estimate"], [np.average(rate, weights=ROWS["w"])])
    assert found.provenance.rules["exposure"] == "hours"
    of_rates = dl.marginal_effects(fit, "x").frame["estimate"]
    own = np.exp(b[0] + b[1] * ROWS["x"] + b[2] * (ROWS["k"] == "b") + b[3] * (ROWS["k"] == "c"))
    close(of_rates, [np.average(b[1] * own, weights=ROWS["w"])])
    fit = dl.regress(drawn, "jobs ~ x + k + offset(log(hours))", family="poisson")
    found = dl.predicted_margins(fit, {"k": ["b"]}).frame
    close(found["estimate"], [np.average(rate * ROWS["hours"], weights=ROWS["w"])])


@pytest.mark.parametrize(("family", "link"), AMOUNTS)
def test_amounts(drawn, jackknifed, family, link):
    """`svyglm` under the design and, of the link log, the jackknife; `glm` and `logLik` without weights."""
    options = {"family": family, "link": "inverse_squared" if link == "1/mu^2" else link}
    recorded, plain, likelihood = IN_R[f"{family} {link}"]
    check(dl.regress(drawn, "p ~ k + x", **options), recorded)
    if link == "log":
        check(dl.regress(jackknifed, "p ~ k + x", **options), IN_R[f"{family} jackknife"])
    fit = dl.regress(dl.declare_design(ROWS), "p ~ k + x", variance="model", **options)
    check(fit, np.array(plain).T)
    close(fit.fit.log_likelihood, likelihood)
    if family == "gamma" and link == "log":
        matrix = np.column_stack(
            [np.ones(len(ROWS)), ROWS["k"] == "b", ROWS["k"] == "c", ROWS["x"]]
        ).astype(float)
        known = sm.GLM(ROWS["p"], matrix, sm.families.Gamma(sm.families.links.Log())).fit(tol=1e-14)
        check(fit, (known.params, known.bse))
        close(float(fit.provenance.rules["dispersion"]), known.scale, 1e-6)
        close(fit.fit.deviance_r2, 1 - known.deviance / known.null_deviance)
    # without a constant the same is fitted, from another start
    apart = dl.regress(drawn, "p ~ 0 + k + x", **options).frame["estimate"]
    close(apart.iloc[:3] - [0, *[apart.iloc[0]] * 2], fit_of(drawn, options).iloc[:3], 1e-6)


def fit_of(sample, options):
    return dl.regress(sample, "p ~ k + x", **options).frame["estimate"]


def test_predictions(drawn):
    """`predict(svyglm, newdata, se.fit=TRUE)`; degrees of freedom and intervals are our own, made on the link."""
    people = {"x": [-1, 0.5], "k": ["a", "c"], "hours": [1, 1], "e": [0, 1], "z": [0, 0]}
    count = dl.regress(drawn, "jobs ~ x + k", family="poisson", exposure="hours")
    for kind, recorded in zip(("link", "response"), IN_R["predict"]["poisson"], strict=True):
        check(dl.predict(count, people, kind=kind), recorded)
    linear = dl.predict(count, people, kind="link")
    close(linear.covariance, IN_R["predict"]["4"], 1e-5)
    rates = {name: values for name, values in people.items() if name != "hours"}
    close(dl.predict(count, rates).frame["estimate"], dl.predict(count, people).frame["estimate"])
    of_twenty = dl.predict(count, people | {"hours": [1, 20]}).frame["estimate"]
    close(of_twenty, np.array(IN_R["predict"]["poisson"][1][0]) * [1, 20], 1e-6)
    close(np.exp(linear.frame["ci_low"]), dl.predict(count, people).frame["ci_low"])
    check(
        dl.predict(dl.regress(drawn, "p ~ k + x", family="gamma"), people), IN_R["predict"]["gamma"]
    )
    chance = dl.regress(drawn, "b ~ x + e + offset(z)", family="binomial")
    check(dl.predict(chance, people), (IN_R["predict"]["binomial"]))
    # the mean of a cell has the degrees of freedom of the cell, and the variance of a domain
    cells = dl.predict(dl.regress(drawn, "y ~ k"), {"k": ["a", "b", "c"]})
    known = dl.estimate(drawn, dl.mean("y"), by="k")
    for column in ("estimate", "std_error", "df", "ci_low", "ci_high"):
        close(cells.frame[column], known.frame[column], 1e-8)
    for family in ("ordinal", "multinomial"):
        outcome = "k" if family == "multinomial" else "h"
        shares = dl.predict(dl.regress(drawn, f"{outcome} ~ x", family=family), {"x": [0]})
        close(shares.frame["estimate"].sum(), 1)
        close(shares.covariance.sum(axis=0), np.zeros(len(shares)), atol=1e-12)


def test_fit_under_a_design(drawn):
    """`psrsq`, `extractAIC`, `BIC(..., maximal=)`; R2 by its formula in the script."""
    small, large = (
        dl.regress(drawn, f"b ~ {terms}", family="binomial") for terms in ("x", "x + e + k")
    )
    count = dl.regress(drawn, "jobs ~ x", family="poisson")
    shares = [each for fit in (large, count) for each in (fit.fit.cox_snell, fit.fit.nagelkerke)]
    close(shares, IN_R["fit"]["psrsq"], 1e-6)
    for fit, known in zip((small, large, count), IN_R["fit"]["aic"], strict=True):
        close([fit.fit.effective_parameters, fit.fit.daic], known, 1e-5)
    close([small.dbic(large), large.dbic(large)], IN_R["fit"]["bic"], 1e-5)
    short, long = (dl.regress(drawn, f"y ~ {terms}") for terms in ("x", "x + e + k"))
    found = [each for fit in (short, long) for each in (fit.fit.effective_parameters, fit.fit.daic)]
    close(found, IN_R["fit"]["gaussian"], 1e-5)
    close(long.fit.r2, IN_R["fit"]["r2"], 1e-8)
    # of an unweighted sample, one respondent a unit, the design-based penalty is all but that of
    # Akaike
    plain = dl.regress(dl.declare_design(ROWS, weights="w"), "b ~ x", family="binomial").fit
    assert 0.5 < plain.effective_parameters < 3


def test_instruments(drawn, jackknifed, request):
    """`svyivreg`, under the design and the jackknife; `ivreg` and its diagnostics without weights."""
    one = dl.regress(drawn, "y ~ e + x + k | z + v + x + k", df="domain")
    check(one, IN_R["iv"]["one"])
    assert one.residual_df == 24 - 4 + 1 - 5
    two = dl.regress(drawn, "y ~ e + m + x | z + v + x")
    check(two, IN_R["iv"]["two"])
    stages = [each[0] for fit in (one, two) for each in fit.fit.first_stage.values()]
    close(stages, IN_R["iv"]["first"], 1e-6)
    check(dl.regress(jackknifed, "y ~ e + x + k | z + v + x + k"), IN_R["iv"]["jackknife"])
    plain = dl.regress(dl.declare_design(ROWS), "y ~ e + x + k | z + v + x + k", variance="model")
    check(plain, np.array(IN_R["iv"]["plain"]).T)
    close(plain.fit.first_stage["e"][0], IN_R["iv"]["plain_first"], 1e-8)
    weak = dl.regress(drawn, "y ~ e + x | hours + x").frame
    assert weak["flag"].tolist() == ["", "weak instruments", ""]


@pytest.mark.shared
def test_instruments_of_schools(strat):
    known = strat.where("`avg.ed` > 0")
    check(dl.regress(known, "api00 ~ ell + meals | meals + mobility + `avg.ed`"), IN_R["iv"]["api"])


@pytest.mark.shared
def test_schools_and_patients(strat, nhanes2):
    """The same on apistrat and on nhanes2 (of samplics), where zinc is missing for some.

    R divides weights by their mean over everybody, those who gave no answer included: its criterion
    is of that scale.
    """
    recorded, weight = IN_R["examples"], nhanes2.engine.weights
    check(dl.regress(strat, "enroll ~ ell + stype", family="gamma"), recorded["gamma"])
    check(
        dl.regress(strat, "`api.stu` ~ ell + stype", family="poisson", exposure="enroll"),
        recorded["rate"],
    )
    for fit, people, name in (
        (
            dl.regress(strat, "`sch.wide` == 'Yes' ~ ell + meals", family="binomial"),
            {"ell": 10, "meals": 50},
            "logit",
        ),
        (
            dl.regress(nhanes2, "highbp ~ zinc + C(race)", family="binomial"),
            {"zinc": 90, "race": 2},
            "nhanes2",
        ),
    ):
        both, of_fit, predicted = recorded[name]
        check(fit, both)
        scale = fit.fitted.blocks.weight.mean() / weight.mean() if name == "nhanes2" else 1.0
        close(
            [fit.fit.cox_snell, scale * fit.fit.effective_parameters, scale * fit.fit.daic],
            of_fit,
            1e-5,
        )
        made = dl.predict(fit, {key: [value] for key, value in people.items()}).frame.iloc[0]
        close(made[["estimate", "std_error"]].astype(float), predicted, 1e-5)
