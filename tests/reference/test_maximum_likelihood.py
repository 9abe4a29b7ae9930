"""Errors from the information matrix and fit statistics, against R 4.5.0, statsmodels and a printed study.

R, run with `options(digits=17)` on apistrat.csv as if it were an unweighted sample, `ctl` being
`glm.control(epsilon=1e-15, maxit=100)`:

    st <- read.csv("apistrat.csv"); st$w <- as.integer(st$sch.wide == "Yes")
    g <- glm(w ~ ell + meals + stype, binomial, data=st, control=ctl)
    coef(summary(g)); confint.default(g); logLik(g); AIC(g); BIC(g); logLik(glm(w ~ 1, ...))
    lm(api00 ~ ell + meals + stype, st); MASS::glm.nb(enroll ~ ell + meals + stype, st);
    MASS::polr(...)

All are held to 1e-8 relative, wherever a test does not say why it is looser.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.miscmodels.ordinal_model import OrderedModel

import diplab as dl
from tests.recorded_values import close, recorded_file

IN_R = recorded_file("maximum_likelihood")
N = 800


@pytest.fixture(scope="module")
def people():
    """Drawn answers of each kind, on a number and three categories."""
    random = np.random.default_rng(3)
    found = pd.DataFrame({"x": random.normal(30, 5, N), "z": random.choice(list("abc"), N)})
    predictor = (found["x"] - 30) / 5 + (found["z"] == "b")
    return found.assign(
        y=predictor + random.normal(size=N), works=(predictor + random.logistic(size=N) > 0).astype(int),
        jobs=random.poisson(np.exp(0.3 * predictor) * random.gamma(2, 0.5, N)),
        level=np.digitize(predictor + random.logistic(size=N), [-0.5, 1.0]), kind=random.integers(0, 3, N),
    )  # fmt: skip


@pytest.fixture(scope="module")
def matrix(people):
    return np.column_stack(
        [np.ones(N), people["x"], people["z"] == "b", people["z"] == "c"]
    ).astype(float)


# -- statsmodels --------------------------------------------------------------------------------------------------


def by_statsmodels(name: str, people: pd.DataFrame, x: np.ndarray) -> Any:
    newton = {"method": "newton", "tol": 1e-14, "disp": 0}
    if name == "gaussian":
        return sm.OLS(people["y"], x).fit()
    if name == "logit":
        return sm.Logit(people["works"], x).fit(**newton)
    if name == "poisson":
        return sm.Poisson(people["jobs"], x).fit(**newton)
    if name == "multinomial":
        return sm.MNLogit(people["kind"], x).fit(**newton)
    link = {"probit": sm.families.links.Probit(), "cloglog": sm.families.links.CLogLog()}[name]
    return sm.GLM(people["works"], x, family=sm.families.Binomial(link)).fit(
        tol=1e-14, tol_criterion="params"
    )


MODELS = {
    "gaussian": ("y", "gaussian", None), "logit": ("works", "binomial", "logit"),
    "probit": ("works", "binomial", "probit"), "cloglog": ("works", "binomial", "cloglog"),
    "poisson": ("jobs", "poisson", None), "multinomial": ("kind", "multinomial", None),
}  # fmt: skip


def fitted(
    people: pd.DataFrame, outcome: str, family: str, link: str | None, **options: Any
) -> Any:
    sample = dl.declare_design(people)
    return dl.regress(
        sample, f"{outcome} ~ x + z", family=family, link=link, variance="model", **options
    )


@pytest.mark.parametrize("name", MODELS)
def test_errors_z_p_and_intervals(people, matrix, name):
    """Probit and cloglog against `GLM`, which takes the expected information, as R; `Probit` takes the observed one."""
    known = by_statsmodels(name, people, matrix)
    # statsmodels' OLS has the t law unless told
    df = "domain" if name == "gaussian" else None
    fit = fitted(people, *MODELS[name], df=df)
    frame = fit.frame
    flat = (lambda values: np.asarray(values).T) if name == "multinomial" else np.asarray
    close(frame["estimate"], flat(known.params))
    close(frame["std_error"], flat(known.bse))
    close(frame["estimate"] / frame["std_error"], flat(known.tvalues))
    close(frame["p_value"], flat(known.pvalues), 1e-7)  # relative, of tails down to 1e-60
    limits = np.asarray(known.conf_int())
    close(frame[["ci_low", "ci_high"]], limits)
    assert (frame["df"] == (N - 4 if name == "gaussian" else np.inf)).all()
    if name in ("logit", "multinomial"):
        odds = dl.effect_ratios(fit).frame
        kept = frame["variable"] != "intercept"
        close(odds["estimate"], np.exp(flat(known.params).ravel()[kept]))
        close(odds[["ci_low", "ci_high"]], np.exp(limits.reshape(-1, 2)[kept]))
        close(odds["p_value"], frame["p_value"][kept])


@pytest.mark.parametrize("name", ["logit", "probit", "poisson", "multinomial"])
def test_fit_statistics(people, matrix, name):
    """The fit of statsmodels to the constant alone stops at 1e-10 of its value: p is held to 1e-6."""
    known: Any = by_statsmodels(name, people, matrix)
    if name == "probit":
        known = sm.Probit(people["works"], matrix).fit(method="newton", tol=1e-14, disp=0)
    fit = fitted(people, *MODELS[name]).fit
    assert (fit.n, fit.df_model, fit.df_residual) == (N, known.df_model, known.df_resid)
    found = [fit.log_likelihood, fit.log_likelihood_null, fit.aic, fit.bic]
    close(found, [known.llf, known.llnull, known.aic, known.bic])
    assert fit.pseudo_r2 == pytest.approx(known.prsquared, abs=1e-8)
    assert fit.lr_chi2 == pytest.approx(known.llr, rel=1e-7)
    assert fit.lr_p_value == pytest.approx(known.llr_pvalue, rel=1e-6)
    # the constant alone, by hand
    counts = people[MODELS[name][0]].value_counts().to_numpy()
    if name != "poisson":
        assert fit.log_likelihood_null == pytest.approx(
            float((counts * np.log(counts / N)).sum()), rel=1e-13
        )
    close(fit.lr_p_value, stats.chi2.sf(fit.lr_chi2, fit.df_model))


def test_a_linear_regression(people, matrix):
    known = by_statsmodels("gaussian", people, matrix)
    fit = fitted(people, "y", "gaussian", None).fit
    close(
        [fit.log_likelihood, fit.aic, fit.bic, fit.r2, fit.adjusted_r2, fit.f, fit.f_p_value],
        [
            known.llf,
            known.aic,
            known.bic,
            known.rsquared,
            known.rsquared_adj,
            known.fvalue,
            known.f_pvalue,
        ],
    )
    assert fit.frame["statistic"].tolist() == [
        "n", "df_model", "df_residual", "log_likelihood", "aic", "bic", "r2", "adjusted_r2", "f", "f_p_value",
    ]  # fmt: skip
    # F of the two categories of z, from the residual sums of squares with and without them.
    fit = fitted(people, "y", "gaussian", None, df="domain")
    small, large = sm.OLS(people["y"], matrix[:, :2]).fit(), sm.OLS(people["y"], matrix).fit()
    value, p_value, between = large.compare_f_test(small)
    test = dl.term_test(fit, "z")
    assert test.df == (between, N - 4)
    close([test.statistic, test.p_value], [value, p_value])
    apart = dl.contrast(fit, {"b minus c": {"b": 1, "c": -1}}).frame.iloc[0]
    by_hand = large.t_test(np.array([0.0, 0.0, 1.0, -1.0]))
    close([apart["std_error"], apart["p_value"]], [by_hand.sd.item(), by_hand.pvalue.item()])


def test_negative_binomial(people, matrix):
    """Likelihoods against `NegativeBinomial`; errors against `GLM` at our theta, which both take as known there."""
    fit = fitted(people, "jobs", "negative_binomial", None)
    known = sm.NegativeBinomial(people["jobs"], matrix).fit(
        method="newton", tol=1e-12, maxiter=200, disp=0
    )
    found = [fit.fit.log_likelihood, fit.fit.log_likelihood_null, fit.fit.aic, fit.fit.bic]
    close(found, [known.llf, known.llnull, known.aic, known.bic])
    family = sm.families.NegativeBinomial(alpha=1 / float(fit.provenance.rules["theta"]))
    glm = sm.GLM(people["jobs"], matrix, family=family).fit(tol=1e-14, tol_criterion="params")
    close(fit.frame["std_error"], glm.bse)
    close(fit.frame["estimate"], glm.params)


def test_rows_that_count_several_respondents(people, refused):
    """Frequencies of `GLM` are rows repeated, which is what weights that are whole numbers are told to be."""
    counted = people[:60].assign(often=np.arange(60) % 4 + 1)
    x = np.column_stack([np.ones(60), counted["x"]])
    known = sm.GLM(
        counted["works"], x, family=sm.families.Binomial(), freq_weights=counted["often"]
    ).fit(tol=1e-14)
    repeated = dl.declare_design(counted.loc[counted.index.repeat(counted["often"])])
    fit = dl.regress(repeated, "works ~ x", family="binomial", variance="model")
    close(fit.frame["estimate"], known.params)
    close(fit.frame["std_error"], known.bse)
    close([fit.fit.log_likelihood, fit.fit.n], [known.llf, 150])
    weighted = dl.declare_design(counted, weights="often")
    refused(lambda: dl.regress(weighted, "works ~ x", family="binomial", variance="model"))


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_ordinal(people, matrix, link):
    """The derivatives of statsmodels are numerical: its search ends 4e-8 away, its errors are 4e-6 off.

    The next test holds ours to 1e-8.
    """
    known = OrderedModel(people["level"], matrix[:, 1:], distr=link).fit(
        method="newton", tol=1e-13, disp=0
    )
    found = fitted(people, "level", "ordinal", link)
    close(found.frame["estimate"][:3], known.params[:3], 1e-6)
    close(found.frame["std_error"][:3], known.bse[:3], 1e-5)
    fit = found.fit
    assert (fit.df_model, fit.df_residual) == (known.df_model, known.df_resid)
    close(
        [fit.log_likelihood, fit.log_likelihood_null, fit.aic, fit.bic, fit.pseudo_r2],
        [known.llf, known.llnull, known.aic, known.bic, known.prsquared],
    )
    close(fit.lr_p_value, known.llr_pvalue, 1e-7)


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_an_ordinal_model_of_two_answers_is_binomial(people, link):
    """P(works = 0) = F(c - x'b), so that the cut point is minus the constant where the law is symmetric."""
    ordinal = fitted(people, "works", "ordinal", link)
    turned = people.assign(works=1 - people["works"]) if link == "cloglog" else people
    binomial = fitted(turned, "works", "binomial", link)
    close(np.abs(ordinal.frame["estimate"][:3]), np.abs(binomial.frame["estimate"][1:]))
    close(ordinal.fit.log_likelihood, binomial.fit.log_likelihood, 1e-12)
    if link == "logit":  # elsewhere the expected information is another one
        close(ordinal.frame["std_error"], np.roll(binomial.frame["std_error"], -1))


def test_equal_weights_change_nothing(people):
    weighed = people.assign(w=7.5)
    for outcome, family in (
        ("y", "gaussian"),
        ("works", "binomial"),
        ("jobs", "negative_binomial"),
    ):
        plain, equal = (
            dl.regress(sample, f"{outcome} ~ x + z", family=family, variance="model")
            for sample in (dl.declare_design(people), dl.declare_design(weighed, weights="w"))
        )
        close(equal.covariance, plain.covariance, 1e-6)
        close(equal.fit.frame["value"], plain.fit.frame["value"])


def test_marginal_effects(people, matrix, refused):
    """Against `get_margeff`, whose effect of a dummy is the gap between everybody with it and everybody without."""
    sample = dl.declare_design(people.assign(b=(people["z"] == "b").astype(int)))
    fit = dl.regress(sample, "works ~ x + C(b)", family="binomial", variance="model")
    x = np.delete(matrix, 3, axis=1)
    known = (
        sm.Logit(people["works"], x).fit(method="newton", tol=1e-14, disp=0).get_margeff(dummy=True)
    )
    found = dl.marginal_effects(fit, covariates="fixed").frame
    close(found["estimate"], known.margeff)
    close(found["std_error"], known.margeff_se)
    close(found["p_value"], known.pvalues, 1e-7)
    refused(lambda: dl.predicted_margins(fit, "b"))
    assert np.isfinite(dl.predicted_margins(fit, "b", covariates="fixed").frame["std_error"]).all()


# -- R ------------------------------------------------------------------------------------------------------------

GLMS = IN_R["glms"]
"""Constant, ell, meals, stype M and H (R has H first); logLik, AIC, BIC, p of the likelihood ratio.

Probit and cloglog from `glm` begun six times at its own coefficients: from its own start it ends
1e-8 away.
"""


@pytest.fixture(scope="module")
def schools(shared):
    return dl.declare_design(pd.read_csv(shared / "data" / "design" / "apistrat.csv"))


def by_r(schools, outcome, family, link=None, **options):
    formula = f"{outcome} ~ ell + meals + C(stype, levels=['E', 'M', 'H'])"
    return dl.regress(schools, formula, family=family, link=link, variance="model", **options)


@pytest.mark.parametrize(
    ("link", "estimate", "std_error", "fit"), GLMS, ids=[each[0] for each in GLMS]
)
def test_glm_of_r(schools, link, estimate, std_error, fit):
    found = by_r(schools, "sch.wide == 'Yes'", "binomial", link)
    close(found.frame["estimate"], estimate)
    close(found.frame["std_error"], std_error)
    known = found.fit
    close([known.log_likelihood, known.aic, known.bic, known.lr_p_value], fit)
    close(known.log_likelihood_null, -110.21598561739457)
    if link == "logit":
        low = [2.105508528049047534, -0.042982095858030499, -0.027669572261315955]
        close(found.frame["ci_low"][:3], low)
        close(found.frame["p_value"][:2], [2.4898146085786292e-08, 2.8741407135798830e-01])


def test_other_families_of_r(schools):
    found = by_r(schools, "enroll", "poisson")
    close(
        found.frame["std_error"][:3],
        [0.0072177081625580536, 0.00020979891547763191, 0.00013875108213825160],
    )
    fit = found.fit
    close([fit.log_likelihood, fit.log_likelihood_null], [-16589.243738695732, -35213.698088055557])
    close([fit.aic, fit.bic], [33188.487477391463, 33204.979064224201])
    # R counts the variance of the residuals as one more parameter: 2 in its AIC, log n in its BIC.
    found = by_r(schools, "api00", "gaussian", df="domain")
    close(
        found.frame["std_error"][:3], [9.8382790245671483, 0.31736201910351047, 0.22073532694479298]
    )
    close(found.frame["p_value"][1:3], [1.8757590541609064e-02, 6.6267958496490512e-35])
    close(found.frame["ci_low"][:2], [847.5330195151672, -1.3780919066635899])
    fit = found.fit
    close(fit.log_likelihood, -1097.1740979880135)
    close([fit.aic + 2, fit.bic + np.log(200)], [2206.3481959760270, 2226.1381001753152])
    close(
        [fit.r2, fit.adjusted_r2, fit.f],
        [0.76595278916566845, 0.76115182073829757, 159.54130937393344],
    )
    close(fit.f_p_value, 2.4326057133739922e-60, 1e-7)
    # `glm.nb` stops at about 1e-8 of theta (4.9893416091919258).
    found = by_r(schools, "enroll", "negative_binomial")
    assert float(found.provenance.rules["theta"]) == pytest.approx(4.9893416091919258, rel=1e-6)
    close(
        found.frame["std_error"][:3],
        [0.0749139871138037, 0.0024140603637744, 0.0016788560556020],
        1e-7,
    )
    fit = found.fit
    close([fit.log_likelihood, fit.log_likelihood_null], [-1407.3358923708283, -1491.2873510383124])
    close([fit.aic, fit.bic], [2826.6717847416567, 2846.4616889409449])
    # Its likelihood; the second derivatives of `polr` are numerical, and its errors 1e-4 off.
    formula = "stype ~ ell + meals"
    ordered = schools.engine.columns.frame.to_native()
    ordered = ordered.assign(stype=pd.Categorical(ordered["stype"], ["E", "M", "H"], ordered=True))
    found = dl.regress(dl.declare_design(ordered), formula, family="ordinal", variance="model")
    fit = found.fit
    close(
        [fit.log_likelihood, fit.aic, fit.bic],
        [-198.95177207679902, 405.90354415359803, 419.09681361979017],
    )


# -- a study --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sharers(shared):
    """The rows of the main logit of Berke et al. (2024), in the authors' groups."""
    path = shared / "data" / "open" / "berke-2024" / "data" / "survey-data" / "survey.csv"
    answers = pd.read_csv(path)
    answer = pd.Series("", index=answers.index)
    for arm in answers["incentive"].unique():
        answer = answer.mask(
            answers["incentive"] == arm, answers[f"Q-{arm}"].fillna("").str.lower()
        )
    race = answers["Q-demos-race"].replace(
        {"White or Caucasian": "White", "Black or African American": "Black"}
    )
    mixed = race.str.contains(",") | race.eq("Other") | race.str.contains("Native ")
    education = answers["Q-demos-education"].replace(
        "High school diploma or GED", "Some high school or less"
    )
    young, old = ["18 - 24 years", "25 - 34 years"], ["55 - 64 years", "65 and older"]
    low, high = (
        ["Less than $25,000", "$25,000 - $49,999"],
        ["$100,000 - $149,999", "$150,000 or more"],
    )
    middle = ["$50,000 - $74,999", "$75,000 - $99,999"]
    income = answers["Q-demos-income"].replace(
        {**dict.fromkeys(low, "low"), **dict.fromkeys(high, "high")}
    )
    found = pd.DataFrame({
        "shared_data": answer.str.contains("consent").astype(int), "showdata": answers["showdata"].astype(int),
        "incentive": answers["incentive"],
        "gender": answers["Q-demos-gender"].where(answers["Q-demos-gender"].isin(["Male", "Female"])),
        "age": answers["q-demos-age"].replace({**dict.fromkeys(young, "young"), **dict.fromkeys(old, "old")}),
        "income": income.replace(dict.fromkeys(middle, "middle")), "education": education,
        "race": race.mask(mixed, "Other or mixed"), "frequency": answers["Q-amazon-use-how-oft"],
    })  # fmt: skip
    found["age"] = found["age"].replace(dict.fromkeys(["35 - 44 years", "45 - 54 years"], "middle"))
    return found.mask(found == "Prefer not to say")


FORMULA = (
    "shared_data ~ showdata + C(incentive, Treatment('control')) + C(gender, Treatment('Male'))"
    " + C(age, Treatment('middle')) + C(income, Treatment('middle')) + education"
    " + C(race, Treatment('White')) + C(frequency, Treatment('5 - 10 times per month'))"
)


def test_the_main_logit_of_berke_2024(sharers):
    """Printed in survey-data.ipynb, cell 42, by statsmodels: n, pseudo R2, AIC, BIC, likelihoods, then four rows."""
    found = dl.regress(dl.declare_design(sharers), FORMULA, family="binomial", variance="model")
    fit = found.fit
    assert (fit.n, fit.df_model, fit.df_residual) == (5995, 17, 5977)
    assert (round(fit.aic, 4), round(fit.bic, 4), round(fit.pseudo_r2, 3)) == (
        5868.9895,
        5989.5657,
        0.028,
    )
    assert (round(fit.log_likelihood, 1), round(fit.log_likelihood_null, 1)) == (-2916.5, -3001.3)
    assert f"{fit.lr_p_value:.4e}" == "3.3564e-27"
    frame = found.frame.assign(z=found.frame["estimate"] / found.frame["std_error"])
    printed = (
        frame[["estimate", "std_error", "z", "p_value", "ci_low", "ci_high"]]
        .round(4)
        .to_numpy()
        .tolist()
    )
    place = {
        tuple(each): at
        for at, each in enumerate(frame[["variable", "category"]].to_numpy().tolist())
    }
    assert printed[place["intercept", ""]] == [0.9989, 0.1216, 8.2153, 0.0, 0.7606, 1.2372]
    assert printed[place["showdata", ""]] == [0.3737, 0.0661, 5.6534, 0.0, 0.2442, 0.5033]
    assert printed[place["incentive", "bonus-05"]] == [
        -0.1518,
        0.0988,
        -1.5362,
        0.1245,
        -0.3455,
        0.0419,
    ]
    assert printed[place["age", "young"]] == [-0.1761, 0.0721, -2.4410, 0.0146, -0.3175, -0.0347]
    odds = dl.effect_ratios(found).frame
    shown = odds.loc[odds["variable"] == "showdata", ["estimate", "ci_low", "ci_high"]].round(3)
    assert shown.to_numpy().tolist() == [[1.453, 1.277, 1.654]]
