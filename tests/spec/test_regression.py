"""Regressions: answers worked by hand, the influence of each row by brute force, and what is refused."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

import diplab as dl
from diplab.errors import OptionError
from diplab.kernel.models.regression import maximise
from diplab.types import Estimates, Sample, Text, Variable
from tests.recorded_values import close

LETTERS = "sex poor\nf 1\nf 0\nf 0\nf 0\nm 1\nm 1\nm 1\nm 0"
COUNTS = "sex jobs w\nf 0 1\nf 4 2\nf 1 1\nm 3 1\nm 9 1\nm 0 2"


def test_a_line_and_a_logit_by_hand(engine: Any) -> None:
    """One in four and three in four: odds 1/3 and 3, ratio 9; each group adds 1 / (4 * 3/16), n / (n - 1) = 8/7."""
    sample = dl.declare_design(engine.draw(LETTERS))
    fit = dl.regress(sample, "poor ~ sex", family="binomial")
    close(fit.frame["estimate"], [np.log(1 / 3), np.log(9)])
    close(fit.frame["std_error"], [np.sqrt(4 / 3 * 8 / 7), np.sqrt(8 / 3 * 8 / 7)])
    close(fit.frame["p_value"].iloc[1], 2 * special.stdtr(6, -np.log(9) / np.sqrt(64 / 21)))
    assert fit.frame["n"].tolist() == [8, 4]
    effect = dl.marginal_effects(fit).frame.iloc[0]
    assert effect["estimate"] == pytest.approx(0.5, rel=1e-12)
    # the gap of two shares, each of variance p (1 - p) / 4
    assert effect["std_error"] == pytest.approx(np.sqrt(2 * 3 / 64 * 8 / 7), rel=1e-10)
    # Slope 120 / 500; residuals 0.1 -0.3 0.3 -0.1 times distances -15 -5 5 15 over 500 are 0.003
    # each way, and 4 / 3 of the sum of their squares is the variance: 4.8e-5.
    data = engine.draw("age hours\n20 4\n30 6\n40 9\n50 11")
    fit = dl.regress(dl.declare_design(data), "hours ~ age")
    close(fit.frame["estimate"], [-0.9, 0.24])
    close(fit.frame["std_error"].iloc[1], np.sqrt(4.8e-5))
    assert dl.regress(dl.declare_design(data), "hours ~ age", df="design").frame["df"].tolist() == [
        2.0,
        2.0,
    ]
    assert fit.frame["variable"].tolist() == ["intercept", "age"]
    assert fit.frame["n"].tolist() == [4, 4]


def test_other_links_and_counts_by_hand(table: Any) -> None:
    """Of counts weighted means of 9 / 4 and 12 / 4, whatever the dispersion."""
    for link, forward in (("probit", special.ndtri), ("cloglog", lambda p: np.log(-np.log1p(-p)))):
        fit = dl.regress(
            dl.declare_design(table(LETTERS)), "poor ~ sex", family="binomial", link=link
        )
        close(fit.frame["estimate"], [forward(0.25), forward(0.75) - forward(0.25)])
    for family in ("poisson", "negative_binomial"):
        fit = dl.regress(dl.declare_design(table(COUNTS), weights="w"), "jobs ~ sex", family=family)
        close(fit.frame["estimate"], [np.log(9 / 4), np.log(3 / (9 / 4))])


def test_effect_ratios_by_hand(table: Any, refused: Any) -> None:
    """Odds ratio 9 with an error of 8/7 x 8/3 on the log, 7 + 1 - 2 degrees of freedom; 12 / 4 over 9 / 4 jobs."""
    sample = dl.declare_design(
        table(LETTERS).assign(kids=[1, 0, 2, 1, 2, 3, 1, 2], mood=[1, 2, 1, 3, 2, 3, 3, 1])
    )
    odds = dl.effect_ratios(dl.regress(sample, "poor ~ sex", family="binomial")).frame.iloc[0]
    error, t = (
        np.sqrt(64 / 21),
        2.4469118511449692,
    )  # Student, 97.5 %, 6 degrees of freedom (tables)
    assert odds["statistic"] == "odds_ratio"
    close(odds[["estimate", "std_error", "cv"]], [9, 9 * error, error])
    close(odds[["ci_low", "ci_high"]], [9 * np.exp(-t * error), 9 * np.exp(t * error)], 1e-7)
    rates = dl.regress(
        dl.declare_design(table(COUNTS), weights="w"), "jobs ~ sex", family="poisson"
    )
    rate = dl.effect_ratios(rates).frame
    assert rate[["statistic", "variable", "category"]].to_numpy().tolist() == [
        ["rate_ratio", "sex", "m"]
    ]
    close(rate["estimate"], [12 / 9])
    # of an amount, means are compared
    means = dl.regress(
        dl.declare_design(table(COUNTS), weights="w"), "jobs + 1 ~ sex", family="gamma"
    )
    assert dl.effect_ratios(means).frame["statistic"].tolist() == ["mean_ratio"]
    # the constant is left out, and the rest is kept; cut points are not ratios
    fit = dl.regress(sample, "poor ~ kids + sex", family="binomial")
    both = dl.effect_ratios(fit)
    assert both.frame["variable"].tolist() == ["kids", "sex"]
    assert both.frame["p_value"].tolist() == fit.frame["p_value"].tolist()[1:]
    assert both.provenance.rules["scale"] == "exponential"
    close(np.sqrt(np.diag(both.covariance)), both.frame["std_error"], 1e-12)
    ordinal = dl.effect_ratios(dl.regress(sample, "mood ~ sex", family="ordinal")).frame
    assert ordinal["statistic"].tolist() == ["odds_ratio"]
    refused(lambda: dl.effect_ratios(dl.regress(sample, "kids ~ sex")), OptionError)


def test_categories_by_hand() -> None:
    """Without other variables: log ratios of shares 5, 3 and 2 of 10, and log odds of those up to each category."""
    sample = dl.declare_design(pd.DataFrame({"kind": [1] * 5 + [2] * 3 + [3] * 2}))
    fit = dl.regress(sample, "kind ~ 1", family="multinomial")
    close(fit.frame["estimate"], [np.log(3 / 5), np.log(2 / 5)])
    assert fit.frame["kind"].tolist() == [2, 3]
    fit = dl.regress(sample, "kind ~ 1", family="ordinal")
    close(fit.frame["estimate"], [0.0, np.log(4)], atol=1e-12)
    assert fit.frame["category"].tolist() == ["1 | 2", "2 | 3"]


def test_margins_of_one_variable_are_the_means_of_its_domains(of_people: Sample) -> None:
    fit = dl.regress(of_people, "poor ~ kind", family="binomial")
    shares = dl.estimate(of_people, dl.mean("poor"), by="kind")
    for covariates in ("sampled", "fixed"):
        margins = dl.predicted_margins(fit, "kind", covariates=covariates)
        close(margins.frame["estimate"], shares.frame["estimate"], 1e-10)
        close(margins.covariance, shares.covariance, 1e-8, 1e-14)


# -- by brute force ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """60 people in 3 strata of 4 units each, made by seed."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=60)
    kind = np.array(["a", "b", "c"])[rng.integers(0, 3, 60)]
    told = 0.5 * x + (kind == "b") + rng.logistic(size=60)
    return pd.DataFrame({
        "h": np.repeat([1, 2, 3], 20), "c": np.tile(np.repeat([1, 2, 3, 4], 5), 3), "w": rng.uniform(1, 4, 60), "x": x,
        "kind": kind, "poor": (told > 0.3).astype(int), "level": np.digitize(told, [-0.7, 1.0]),
        "jobs": rng.poisson(np.exp(0.4 * x + 0.5)),
        "type": np.array(["p", "q", "r"])[(rng.uniform(size=60) * 2.9 + 0.05 * x).clip(0, 2.99).astype(int)],
        "visits": rng.negative_binomial(1, 0.3, 60), "size": rng.gamma(4, np.exp(0.2 * x)),
        "hours": rng.uniform(1, 9, 60),
    })  # fmt: skip


@pytest.fixture(scope="module")
def of_people(people: pd.DataFrame) -> Sample:
    return dl.declare_design(people, weights="w", strata="h", psu="c")


MODELS = {
    "gaussian": "x ~ kind + jobs", "binomial": "poor ~ x * kind", "poisson": "jobs ~ x + I(x ** 2)",
    "ordinal": "level ~ x + kind", "multinomial": "type ~ x + kind",
}  # fmt: skip


BESIDE: dict[str, dict[str, Any]] = {
    "rates": {"formula": "jobs ~ x + kind", "family": "poisson", "exposure": "hours"},
    "amounts": {
        "formula": "size ~ x + kind + offset(jobs / 10)",
        "family": "gamma",
        "link": "inverse",
    },
    "instruments": {"formula": "size ~ visits + kind | x + kind"},
}


def quantities(data: pd.DataFrame, family: str, **options: Any) -> list[Estimates]:
    sample = dl.declare_design(data, weights="w", strata="h", psu="c")
    fit = dl.regress(
        sample, **BESIDE.get(family, {"formula": MODELS.get(family), "family": family}), **options
    )
    margins = dl.predicted_margins(fit, "kind" if family != "poisson" else {"x": [-1.0, 1.0]})
    found = [fit, dl.marginal_effects(fit), margins]
    if family == "ordinal" or family in BESIDE:
        described = {"x": [0.5, 1], "kind": ["a", "b"], "jobs": [0, 1], "visits": [2, 3]}
        found.append(dl.predict(fit, described))
    return found


@pytest.mark.parametrize("family", [*MODELS, *BESIDE])
def test_errors_are_those_of_the_derivatives_in_the_weights(
    people: pd.DataFrame, family: str
) -> None:
    """The influences of a unit's rows, times their weights, add up to the derivative of an estimate as all its weights
    grow in proportion: here by differences of whole new fits, two for each unit, good to 1e-6. Of
    these sums the variance is that of a `total`."""
    moved: list[list[np.ndarray]] = []
    units = people[["h", "c"]].drop_duplicates()
    for h, c in units.to_numpy():
        ends = []
        for step in (5e-5, -5e-5):
            data = people.assign(
                w=people["w"] * np.where((people["h"] == h) & (people["c"] == c), 1 + step, 1)
            )
            # what degrees of freedom are counted makes no difference to an estimate, and counting
            # takes long
            ends.append(
                [
                    each.frame["estimate"].to_numpy()
                    for each in quantities(data, family, df="design")
                ]
            )
        moved.append([(up - down) / 1e-4 for up, down in zip(*ends, strict=True)])
    for place, found in enumerate(quantities(people, family)):
        z = np.array([each[place] for each in moved])
        names = [f"z{at}" for at in range(z.shape[1])]
        sample = dl.declare_design(
            units.assign(**dict(zip(names, z.T, strict=True))), strata="h", psu="c"
        )
        known = dl.estimate(sample, *[dl.total(name) for name in names])
        close(found.covariance, known.covariance, 1e-5, 1e-9)


def test_bell_mccaffrey_of_strata_by_whole_matrices(
    people: pd.DataFrame, of_people: Sample
) -> None:
    """The definition with matrices of all rows: B_g^(-1/2) by eigenvalues, totals by unit centred by stratum."""
    fit = dl.regress(of_people, "x ~ kind + jobs", variance="bell_mccaffrey")
    x = np.column_stack(
        [np.ones(60), people["kind"] == "b", people["kind"] == "c", people["jobs"]]
    ).astype(float)
    w, unit = np.diag(people["w"]), (people["h"] * 10 + people["c"]).to_numpy()
    m = np.linalg.inv(x.T @ w @ x)
    left = np.eye(60) - x @ m @ x.T @ w
    residual, both = left @ people["x"], left @ left.T
    units = np.unique(unit)
    totals, combined = [], []
    for each in units:
        own = np.flatnonzero(unit == each)
        size, direction = np.linalg.eigh(both[np.ix_(own, own)])
        root = direction @ np.diag(size**-0.5) @ direction.T
        load = m @ x[own].T @ w[np.ix_(own, own)] @ root
        totals.append(load @ residual[own])
        combined.append(load @ left[own])
    stratum = units // 10
    centre = np.eye(12) - (stratum[:, None] == stratum) / 4
    u = centre @ np.array(totals)
    close(fit.covariance, 11 / 12 * 4 / 3 * u.T @ u, 1e-8, 1e-12)
    for place in range(4):
        p = centre @ np.array(combined)[:, place]
        products = p @ p.T
        close(fit.frame["df"].iloc[place], np.trace(products) ** 2 / (products**2).sum())


def test_replicates_are_fits_of_their_own(people: pd.DataFrame) -> None:
    rng = np.random.default_rng(5)
    names = [f"r{each}" for each in range(6)]
    data = people.assign(**{name: people["w"] * rng.uniform(0.5, 1.5, 60) for name in names})
    sample = dl.declare_design(
        data, weights="w", replicates=dl.replicates(names, "bootstrap")
    ).where("x > -1")
    for family in ("gaussian", "binomial", "negative_binomial", "multinomial"):
        formula = MODELS.get(family, "visits ~ x + kind")
        fit = dl.regress(sample, formula, family=family)
        results = [fit, dl.marginal_effects(fit)]
        apart: list[list[np.ndarray]] = [[], []]
        for name in names:
            own = dl.regress(
                dl.declare_design(data, weights=name).where("x > -1"), formula, family=family
            )
            for place, each in enumerate((own, dl.marginal_effects(own))):
                apart[place].append(
                    (each.frame["estimate"] - results[place].frame["estimate"]).to_numpy()
                )
        for found, gaps in zip(results, apart, strict=True):
            close(found.covariance, np.array(gaps).T @ np.array(gaps) / 5, 1e-6, 1e-12)
    assert fit.frame["df"].iloc[0] == 6 - 1 + 1 - 4


def test_a_large_file_starts_from_some_of_its_rows() -> None:
    """220 people a thousand times over are fitted as they are once; the first fit is on one row in four."""
    rng = np.random.default_rng(2)
    few = pd.DataFrame(
        {"x": rng.normal(size=220), "k": rng.integers(0, 3, 220), "w": rng.uniform(1, 2, 220)}
    )
    few["y"] = (few["x"] + rng.logistic(size=220) > 0).astype(int)
    many = pd.concat([few] * 1000, ignore_index=True)
    small, large = (
        dl.regress(dl.declare_design(data, weights="w"), "y ~ x + C(k)", family="binomial")
        for data in (few, many)
    )
    close(large.frame["estimate"], small.frame["estimate"], 1e-10)
    # of a thousand times the rows: a thousandth of the variance, but for n / (n - 1)
    close(
        large.frame["std_error"] ** 2,
        small.frame["std_error"] ** 2 / 1000 * (219 / 220) * (220000 / 219999),
        1e-8,
    )
    fitted = large.fitted
    cold = maximise(fitted.likelihood, fitted.blocks, np.zeros(4))
    close(cold.theta, fitted.theta, 1e-9)


# -- rows -------------------------------------------------------------------------------------------------------


def test_engines_agree(engine: Any, people: pd.DataFrame) -> None:
    sample = dl.declare_design(engine(people), weights="w", strata="h", psu="c").where("x > -1.5")
    known = dl.declare_design(people, weights="w", strata="h", psu="c").where("x > -1.5")
    for options in (
        *({"formula": each, "family": family} for family, each in MODELS.items()),
        *BESIDE.values(),
    ):
        found, expected = (dl.regress(each, **options) for each in (sample, known))
        close(found.frame["estimate"], expected.frame["estimate"], 1e-9, 1e-12)
        close(found.covariance, expected.covariance, 1e-8, 1e-12)


def test_weights_times_a_constant_change_nothing(people: pd.DataFrame, of_people: Sample) -> None:
    heavy = dl.declare_design(people.assign(w=people["w"] * 1e6), weights="w", strata="h", psu="c")
    for options in (
        *({"formula": each, "family": family} for family, each in MODELS.items()),
        *BESIDE.values(),
    ):
        one, other = (dl.regress(each, **options) for each in (of_people, heavy))
        close(other.frame["estimate"], one.frame["estimate"], 1e-9, 1e-12)
        close(other.covariance, one.covariance, 1e-7, 1e-12)
        close(other.fit.frame["value"], one.fit.frame["value"], 1e-6, 1e-9)


def test_missing_answers_are_left_out_and_counted(people: pd.DataFrame) -> None:
    data = people.astype({"x": float, "kind": object}).copy()
    data.loc[:4, "x"] = np.nan
    data.loc[4:5, "kind"] = None
    sample = dl.declare_design(data, weights="w", strata="h", psu="c")
    fit = dl.regress(sample, "poor ~ x + kind", family="binomial")
    assert fit.frame["n"].iloc[0] == 54
    assert fit.provenance.missing == {"x": 5, "kind": 2}
    assert fit.provenance.rules["na"] == "drop"
    inside = dl.declare_design(
        data.fillna({"x": -9.0, "kind": "none"}), weights="w", strata="h", psu="c"
    )
    known = dl.regress(
        inside.where("x > -9 and kind != 'none'"), "poor ~ x + kind", family="binomial"
    )
    close(fit.covariance, known.covariance)


def test_provenance_states_the_rules(of_people: Sample) -> None:
    rules = dl.regress(of_people, "poor ~ x", family="binomial", link="probit").provenance.rules
    assert (rules["model"], rules["formula"]) == ("binomial probit", "poor ~ x")
    assert (rules["df"], rules["variance"]) == ("effective", "linearised")
    assert (
        dl.regress(of_people, "x ~ jobs", df="design").provenance.rules["df"]
        == "design, less coefficients"
    )
    assert dl.regress(of_people, "x ~ jobs", df="infinity").provenance.rules["df"] == "infinity"
    small = dl.regress(of_people, "x ~ jobs", variance="bell_mccaffrey").provenance.rules
    assert (small["df"], small["variance"]) == ("satterthwaite", "bell_mccaffrey")
    assert (
        dl.marginal_effects(dl.regress(of_people, "x ~ jobs")).provenance.rules["covariates"]
        == "sampled"
    )


def test_codings_of_categories(of_people: Sample) -> None:
    frame = dl.regress(of_people, "x ~ C(kind, Treatment('b'))").frame
    assert frame["variable"].tolist() == ["intercept", "kind", "kind"]
    assert frame["category"].tolist() == ["", "a", "c"]
    frame = dl.regress(of_people, "x ~ C(h, levels=[3, 1, 2])").frame
    assert frame["category"].tolist() == ["", 1, 2]
    # nobody but those of the two listed
    assert dl.regress(of_people, "x ~ C(h, levels=[3, 1])").frame["n"].tolist() == [40, 20]
    frame = dl.regress(of_people, "x ~ 0 + kind:jobs").frame
    assert frame[["variable", "category"]].to_numpy().tolist() == [
        ["kind:jobs", each] for each in "abc"
    ]
    both = dl.regress(of_people, "x ~ kind * C(h)").frame
    assert both["category"].tolist() == ["", "b", "c", 2, 3, "b:2", "c:2", "b:3", "c:3"]
    frame = dl.regress(of_people.where("h == 1 or h == 2"), "x ~ C(h) + I(kind == 'a')").frame
    assert frame["variable"].tolist() == ["intercept", "h", "kind == 'a'"]
    assert frame["category"].tolist() == ["", 2, ""]


def test_one_respondent_of_a_category_is_flagged(people: pd.DataFrame) -> None:
    data = people.assign(kind=["z", *people["kind"].iloc[1:]])
    sample = dl.declare_design(data, weights="w", strata="h", psu="c")
    frame = dl.regress(sample, "x ~ kind").frame
    assert frame[["category", "n", "flag"]].iloc[-1].tolist() == ["z", 1, "one respondent"]
    sample = dl.declare_design(people, weights="w", psu="h")
    frame = dl.regress(sample, "x ~ kind + jobs").frame
    assert frame["df"].tolist() == [-1.0] * 4
    assert set(frame["flag"]) == {"no degrees of freedom"}
    assert frame[["ci_low", "ci_high", "p_value"]].isna().all().all()
    assert np.isfinite(dl.regress(sample, "x ~ kind + jobs", df="infinity").frame["ci_low"]).all()


def test_a_variance_estimated_below_zero_is_none() -> None:
    """Residuals 1 1 -1 -1 times distances -0.5 0.5 -0.5 0.5, over 2, twice: the first and the last move the slope the
    same way, as the others do, and are hardly ever drawn together: 4 * 0.25 * 0.5 - 24 * 4 * 0.25 =
    -23.5."""
    people = pd.DataFrame(
        {"p": [0.5] * 4, "y": [2.0, 2.0, 0.0, 0.0], "x": [1.0, 2.0, 1.0, 2.0], "town": range(4)}
    )
    joint = np.full((4, 4), 0.25)
    np.fill_diagonal(joint, 0.5)
    joint[[0, 3, 1, 2], [3, 0, 2, 1]] = 0.01
    sample = dl.declare_design(people, psu="town", fpc="p", unequal="joint", joint=joint)
    fit = dl.regress(sample, "y ~ x")
    close(fit.fitted.own_covariance()[1, 1], -23.5)
    assert np.isnan(fit.frame.loc[1, ["std_error", "ci_low", "cv", "p_value"]].astype(float)).all()
    assert fit.frame["flag"].iloc[1] == "no variance"
    assert np.isnan(fit.covariance[1]).all()
    effect = dl.marginal_effects(fit, covariates="fixed")
    assert effect.frame["std_error"].isna().all()
    assert effect.frame["flag"].tolist() == ["no variance"]


def test_a_test_of_a_term_is_the_square_of_its_t(of_people: Sample) -> None:
    fit = dl.regress(of_people, "poor ~ x + kind", family="binomial")
    row = fit.frame.iloc[1]
    found = dl.term_test(fit, "x")
    assert found.statistic == pytest.approx((row["estimate"] / row["std_error"]) ** 2, rel=1e-12)
    assert found.p_value == pytest.approx(row["p_value"], rel=1e-8)
    assert found.df == (1.0, row["df"])
    for rule in ("design", "effective"):
        several = dl.regress(of_people, "type ~ x + kind", family="multinomial", df=rule)
        own = several.frame.query("variable == 'kind'")["df"]
        assert own.min() == 6.0
        # that of Hotelling leaves 6 - 4 + 1
        assert dl.term_test(several, "kind").df == (4.0, 6.0 if rule == "design" else 3.0)
    normal = dl.term_test(
        dl.regress(of_people, "poor ~ x + kind", family="binomial", df="infinity"), "x"
    )
    assert normal.p_value == pytest.approx(special.chdtrc(1, normal.statistic), rel=1e-12)


def test_imputations_are_combined(people: pd.DataFrame) -> None:
    """Rubin's rules by hand on the coefficients; effects and tests of terms are combined from those of each fit."""
    rng = np.random.default_rng(9)
    samples = [
        dl.declare_design(
            people.assign(x=people["x"] + rng.normal(0, 0.2, 60)), weights="w", strata="h", psu="c"
        )
        for _ in range(3)
    ]
    fits = [dl.regress(each, "poor ~ x + kind", family="binomial") for each in samples]
    found = dl.regress(dl.imputed(samples), "poor ~ x + kind", family="binomial")
    points = np.array([each.frame["estimate"] for each in fits])
    within = np.mean([each.covariance for each in fits], axis=0)
    close(found.frame["estimate"], points.mean(axis=0))
    close(found.covariance, within + 4 / 3 * np.cov(points.T))
    effects = [dl.marginal_effects(each).frame["estimate"] for each in fits]
    close(dl.marginal_effects(found).frame["estimate"], np.mean(effects, axis=0))
    margins = [dl.predicted_margins(each, "kind").frame["estimate"] for each in fits]
    close(dl.predicted_margins(found, "kind").frame["estimate"], np.mean(margins, axis=0))
    one = dl.term_test(found, "x")
    row = found.frame.iloc[1]
    assert one.statistic == pytest.approx((row["estimate"] / row["std_error"]) ** 2, rel=1e-8)
    assert one.hypothesis == "the coefficient of x is 0 in poor ~ x + kind"


def test_margins_add_up_over_the_outcome(of_people: Sample) -> None:
    for family in ("ordinal", "multinomial"):
        fit = dl.regress(of_people, MODELS[family], family=family)
        effects = dl.marginal_effects(fit).frame
        close(effects.groupby(["variable", "category"])["estimate"].sum(), np.zeros(3), atol=1e-12)
        margins = dl.predicted_margins(fit, {"x": [0, 2]}).frame
        close(margins.groupby("category")["estimate"].sum(), np.ones(2))
        assert effects[fit.outcome].nunique() == 3


# -- what is refused ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd(people: pd.DataFrame) -> pd.DataFrame:
    return people.assign(
        twice=2 * people["x"] + 3, merged=people["kind"].map({"a": "A", "b": "B", "c": "B"}),
        over=(people["x"] > 0).astype(int), all_c=np.where(people["kind"] == "c", 1, people["poor"]),
        lone=["q", *["p"] * 59], same=1, nothing=0,
        word=np.where(people["level"] == 0, "low", np.where(people["level"] == 1, "mid", "high")),
        gap=[np.nan, np.nan, *people["x"].iloc[2:]],
    )  # fmt: skip


REFUSED = {
    "binomial": [
        "all_c ~ kind", "all_c ~ x + C(kind, Treatment('c'))", "over ~ lone + jobs", "over ~ jobs + x", "jobs ~ x",
        "kind ~ x", "same ~ x",
    ],
    "gaussian": [
        "jobs ~ x + twice", "same ~ x", "x ~ same + jobs", "x ~ log(same - 1) + jobs", "x ~ log(kind)",
        "x ~ C(kind, Treatment('d'))", "x ~ joobs", "x", "~ x", "x ~", 3, "x ~ jobs | w | h", "x ~ 2", "x ~ jobs.real",
        "x ~ __import__('os').getcwd()", "x ~ open('f')", "x ~ I(jobs.__class__)", "x ~ jobs[0]", "x ~ C(kind, Sum)",
        "x ~ C(kind, Treatment())", "x ~ C(jobs + 1)", "x ~ I()", "x ~ I(2)",
    ],
    "multinomial": ["type ~ kind + merged", "x > 0 ~ jobs"],
    "poisson": ["jobs ~ nothing + x", "x ~ jobs"],
    "ordinal": ["word ~ x"],
}  # fmt: skip


def test_refused(odd: pd.DataFrame, refused: Any) -> None:
    sample = dl.declare_design(odd, weights="w", strata="h", psu="c")
    for family, formulas in REFUSED.items():
        for formula in formulas:
            refused(
                lambda formula=formula, family=family: dl.regress(sample, formula, family=family)
            )
    for options in (
        *(
            {"na": "fail"},
            {"family": "logistic"},
            {"family": "poisson", "link": "identity"},
            {"variance": "linear"},
        ),
        *({"df": "units"}, {"na": "level"}, {"confidence": 95}),
    ):
        refused(lambda options=options: dl.regress(dl.declare_design(odd), "x ~ gap", **options))


def test_other_refusals(odd: pd.DataFrame, refused: Any) -> None:
    sample = dl.declare_design(odd, weights="w", strata="h", psu="c")
    for formula in ("all_c ~ kind", "over ~ jobs + x"):
        for link in ("probit", "cloglog"):  # separation is seen under other links
            refused(
                lambda f=formula, link=link: dl.regress(sample, f, family="binomial", link=link)
            )
    refused(lambda: dl.regress(odd, "x ~ jobs"))
    refused(lambda: dl.regress(sample.where("h == 1").where("c == 1"), "x ~ C(c)"))
    refused(lambda: dl.regress(sample.where("kind != 'a'"), "x ~ C(kind, Treatment('a'))"))
    nobody = dl.declare_design(odd.assign(gap=np.nan)).where("h == 1")
    refused(lambda: dl.regress(nobody, "x ~ gap"))
    renamed = dl.declare_design(odd.rename(columns={"type": "flag"}))
    refused(lambda: dl.regress(renamed, "flag ~ x", family="multinomial"))
    even = dl.declare_design(
        pd.DataFrame({"jobs": [2, 3, 2, 3, 2, 3], "x": [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]})
    )
    refused(lambda: dl.regress(even, "jobs ~ x", family="negative_binomial"))
    fit = dl.regress(sample, "poor ~ x + kind + I(jobs > 1)", family="binomial")
    refused(lambda: dl.term_test(fit, "kinds"))
    refused(lambda: dl.term_test(fit))
    few = dl.declare_design(odd, psu="h")
    refused(lambda: dl.term_test(dl.regress(few, "x ~ C(c) + kind"), "c"))
    refused(lambda: dl.term_test(dl.regress(few, "x ~ C(c) + kind", df="infinity"), "c"))
    refused(lambda: dl.marginal_effects(fit, "joobs"))
    refused(lambda: dl.marginal_effects(fit, "jobs"))
    refused(lambda: dl.predicted_margins(fit, "x"))
    refused(lambda: dl.predicted_margins(fit, {"kind": ["d"]}))
    refused(lambda: dl.predicted_margins(fit, "kind", covariates="given"))
    small = dl.regress(sample, "x ~ jobs", variance="bell_mccaffrey")
    refused(lambda: dl.marginal_effects(small))
    refused(lambda: dl.regress(sample, "level ~ x", family="ordinal", variance="bell_mccaffrey"))
    replicated = dl.make_replicates(sample, "jkn")
    refused(lambda: dl.regress(replicated, "x ~ jobs", variance="bell_mccaffrey"))
    calibrated = dl.calibrate(sample, {"kind": {"a": 50, "b": 50, "c": 50}})
    refused(lambda: dl.regress(calibrated, "x ~ jobs", variance="bell_mccaffrey"))
    many = dl.declare_design(pd.DataFrame({"x": np.arange(20_001.0), "y": np.arange(20_001) % 7}))
    refused(lambda: dl.regress(many, "y ~ x", variance="bell_mccaffrey"))


def test_a_likelihood_of_independent_rows_is_refused_under_a_design(
    odd: pd.DataFrame, refused: Any
) -> None:
    for sample in (
        *(
            dl.declare_design(odd, **each)
            for each in ({"weights": "w"}, {"strata": "h"}, {"psu": "h"})
        ),
        dl.declare_design(odd.assign(N=600), fpc="N"),
        dl.make_replicates(dl.declare_design(odd), "bootstrap", 20, seed=1),
        dl.calibrate(dl.declare_design(odd), {"kind": {"a": 50, "b": 50, "c": 50}}),
    ):
        refused(lambda sample=sample: dl.regress(sample, "x ~ jobs", variance="model"))
        found = dl.regress(sample, "x ~ jobs").fit
        assert 0 < found.r2 < 1
        assert np.isfinite(found.daic)
    for name in ("aic", "bic", "log_likelihood", "lr_chi2"):
        refused(lambda name=name: getattr(found, name))


def test_likelihoods_of_rows_that_are_alike(odd: pd.DataFrame, refused: Any) -> None:
    """An identifier of persons as the primary unit is not a design, nor is a domain, nor are answers that are missing."""
    sample = dl.declare_design(odd.assign(person=np.arange(60)), psu="person").where("kind != 'a'")
    fit = dl.regress(sample, "x ~ gap + kind", variance="model", df="domain")
    own = odd[(odd["kind"] != "a") & odd["gap"].notna()]
    assert fit.fit.n == len(own)
    assert fit.residual_df == fit.fit.df_residual == len(own) - 3
    both = dl.imputed([dl.declare_design(odd), dl.declare_design(odd.assign(jobs=odd["jobs"] + 1))])
    fit = dl.regress(both, "x ~ jobs", variance="model")
    refused(lambda: fit.fit)
    assert fit.imputed[0].fit.n == 60
    fit = dl.regress(dl.declare_design(odd), "poor ~ 0 + x", family="binomial").fit
    assert np.isnan([fit.log_likelihood_null, fit.pseudo_r2, fit.lr_p_value]).all()
    assert np.isfinite([fit.log_likelihood, fit.aic, fit.bic]).all()
    linear = dl.regress(dl.declare_design(odd), "x ~ 0 + jobs").fit
    assert np.isnan([linear.r2, linear.adjusted_r2, linear.f]).all()
    alone = dl.regress(dl.declare_design(odd), "poor ~ 1", family="binomial").fit
    assert (alone.df_model, alone.lr_chi2, alone.pseudo_r2) == (0, 0.0, 0.0)
    assert np.isnan(alone.lr_p_value)


def test_words_in_order_are_an_ordinal_outcome(odd: pd.DataFrame) -> None:
    """As an ordered category, or in the order of the codebook."""
    known = dl.regress(dl.declare_design(odd), "level ~ x", family="ordinal").frame["estimate"]
    ordered = odd.assign(word=pd.Categorical(odd["word"], ["low", "mid", "high"], ordered=True))
    close(
        dl.regress(dl.declare_design(ordered), "word ~ x", family="ordinal").frame["estimate"],
        known,
    )
    labels = {each: dl.Text(each, each) for each in ("low", "mid", "high")}
    listed = dl.Microdata(odd, dl.Codebook({"word": Variable("word", values=labels)}))
    frame = dl.regress(dl.declare_design(listed), "word ~ x", family="ordinal").frame
    close(frame["estimate"], known)
    assert frame["category"].tolist() == ["", "low | mid", "mid | high"]


BAD: list[tuple[str, dict[str, Any]]] = [
    *(("jobs ~ x", {"family": "poisson", "exposure": each}) for each in ("nothing", "word", "hour", 3, "gap_hours")),
    *(("jobs ~ x", {"family": "poisson", "offset": each}) for each in ("jobs", "word", ["x"])),
    *(("x ~ jobs", {"exposure": "hours"}), ("level ~ x", {"family": "ordinal", "offset": "jobs"})),
    *(("type ~ x + offset(jobs)", {"family": "multinomial"}), ("jobs ~ offset(x, w)", {}), ("jobs ~ x:offset(w)", {})),
    *(("jobs ~ offset(log(same - 1)) + x", {}), ("jobs ~ x + offset(2)", {})),
    *(("x ~ jobs", {"family": each}) for each in ("gamma", "inverse_gaussian")),
    ("size ~ x", {"family": "gamma", "link": "inverse_squared"}),
    *(("x ~ jobs | w", {"family": "poisson"}), ("x ~ jobs | w", {"variance": "bell_mccaffrey"})),
    *(("x ~ jobs | w", {"offset": "w"}), ("x ~ jobs + offset(w) | w", {}), ("x ~ jobs |", {})),
    ("x ~ jobs + (1 | h)", {}),
    *(("x ~ jobs + w | jobs + w", {}), ("x ~ jobs + visits | w", {}), ("x ~ jobs + w | w + size + I(2 * size)", {})),
    *(("x ~ jobs + I(2 * jobs) | w + size", {}), ("x ~ jobs | same + kind", {}), ("x ~ jobs | 1", {})),
    *(("x ~ jobs | x", {}), ("x ~ jobs | nobody", {})),
]  # fmt: skip


def test_offsets_amounts_and_instruments_refused(odd: pd.DataFrame, refused: Any) -> None:
    gaps = odd["hours"].where(odd["hours"] > 2)
    sample = dl.declare_design(odd.assign(gap_hours=gaps.fillna(0)), weights="w")
    for formula, options in BAD:
        refused(lambda formula=formula, options=options: dl.regress(sample, formula, **options))
    # an exposure that is missing is an answer that is missing
    missing = dl.regress(
        dl.declare_design(odd.assign(hours=gaps)), "jobs ~ x", family="poisson", exposure="hours"
    )
    assert missing.provenance.missing == {"hours": int(gaps.isna().sum())}


NEW: list[Any] = [
    *({"x": [1.0]}, {"x": [1.0], "kind": ["d"]}, {"x": [np.nan], "kind": ["a"]}, {"x": ["one"], "kind": ["a"]}),
    *({"x": [1.0, 1.0], "kind": ["a", "a"]}, {"x": [np.inf], "kind": ["a"]}, {"x": [], "kind": []}, "x", [1.0]),
    *({"x": np.arange(3000.0), "kind": ["a"] * 3000}, {"x": [1.0], "kind": [None]}),
]  # fmt: skip


def test_predictions_refused(odd: pd.DataFrame, refused: Any) -> None:
    sample = dl.declare_design(odd, weights="w", strata="h", psu="c")
    fit = dl.regress(sample, "poor ~ x + kind", family="binomial")
    for people in NEW:
        refused(lambda people=people: dl.predict(fit, people))
    one = {"x": [1.0], "kind": ["a"]}
    assert dl.predict(fit, {"x": 1.0, "kind": "a"}).frame.equals(dl.predict(fit, one).frame)
    for call in (
        lambda: dl.predict(fit, one, kind="odds"),
        lambda: dl.predict(dl.regress(sample, "level ~ x", family="ordinal"), one, kind="link"),
        lambda: dl.predict(dl.marginal_effects(fit), one),
        lambda: dl.predict(dl.effect_ratios(fit), one),
        lambda: dl.predict(
            dl.regress(sample, "x ~ jobs", variance="bell_mccaffrey"), {"jobs": [1]}
        ),
        lambda: dl.predict(
            dl.regress(dl.declare_design(odd.assign(n=odd["jobs"])), "x ~ n"), {"n": [1]}
        ),
        lambda: dl.predict(dl.regress(sample, "x ~ log(w)"), {"w": [0]}),
        lambda: dl.regress(sample, "x ~ jobs").dbic(dl.regress(sample, "x ~ w")),
        lambda: dl.regress(sample, "size ~ jobs").dbic(
            dl.regress(sample, "size ~ jobs", family="gamma")
        ),
        lambda: dl.regress(sample, "x ~ 1").dbic(
            dl.regress(dl.declare_design(odd, psu="h"), "x ~ C(c) + kind")
        ),
        lambda: dl.regress(sample, "x ~ jobs").dbic(
            dl.regress(dl.declare_design(odd), "x ~ jobs + w")
        ),
        lambda: dl.predict(fit, {"x": [1.0, 2.0], "kind": ["a"]}),
    ):
        refused(call)


def test_predictions_by_label_of_imputations_and_replicates(people: pd.DataFrame) -> None:
    """Labels are answers; imputations are combined as linear predictors, replicates predict each for itself."""
    labels = {1: Text("nord", "North"), 2: Text("sud", "South"), 3: Text("est", "East")}
    book = dl.Codebook({"h": Variable("h", values=labels)})
    sample = dl.declare_design(dl.Microdata(people, book), weights="w", strata="h", psu="c")
    fit = dl.regress(sample, "poor ~ h + x", family="binomial")
    by_label, by_code = (dl.predict(fit, {"h": [each], "x": [0.5]}).frame for each in ("South", 2))
    assert by_label.equals(by_code)
    assert by_label["h"].tolist() == [2]
    other = dl.declare_design(
        dl.Microdata(people.assign(x=people["x"] + 0.1), book), weights="w", strata="h", psu="c"
    )
    pooled = dl.regress(dl.imputed([sample, other]), "poor ~ h + x", family="binomial")
    ends = dl.predict(pooled, {"h": [2], "x": [0.5]}).frame.iloc[0]
    b = pooled.frame["estimate"]
    close(ends["estimate"], special.expit(b[0] + b[1] + 0.5 * b[3]))
    linear = dl.predict(pooled, {"h": [2], "x": [0.5]}, kind="link").frame.iloc[0]
    close(
        ends[["ci_low", "ci_high"]].astype(float),
        special.expit(linear[["ci_low", "ci_high"]].astype(float)),
    )
    made = dl.make_replicates(sample, "jkn")
    of_cells = dl.predict(dl.regress(made, "x ~ kind"), {"kind": ["a", "b"]})
    known = dl.estimate(made, dl.mean("x"), by="kind")
    close(of_cells.covariance, known.covariance[:2, :2], 1e-8)
    alike = dl.regress(dl.declare_design(people), "x ~ kind", variance="model", df="domain")
    own = people.loc[people["kind"] == "a", "x"]
    error = dl.predict(alike, {"kind": ["a"]}).frame["std_error"]
    spread = sum(((each - each.mean()) ** 2).sum() for _, each in people.groupby("kind")["x"]) / 57
    close(error, [np.sqrt(spread / own.size)])


def test_residual_degrees_of_freedom_on_a_domain() -> None:
    """Of the units that the respondents reach: df.residual of `svyglm(y ~ x, subset(design, g == 0))`, survey 4.4-2."""
    place = np.arange(120)
    rows = pd.DataFrame(
        {"w": 1.0 + place % 7, "h": place % 6, "u": place // 5, "x": (place * 37) % 101 / 10.0}
    )
    rows = rows.assign(y=rows["x"] + (place * 53) % 17, g=place % 3)
    by_unit = dl.declare_design(rows, weights="w", psu="u")
    in_strata = dl.declare_design(rows, weights="w", strata="h")
    samples = {38: dl.declare_design(rows, weights="w"), 37: in_strata, 22: by_unit}
    for residual, sample in samples.items():
        fit = dl.regress(sample.where("g == 0"), "y ~ x")
        assert fit.residual_df == residual
        assert (fit.frame["df"] <= residual).all()
    assert dl.regress(by_unit, "y ~ x").residual_df == 22
    assert dl.regress(dl.make_replicates(by_unit, "jk1").where("u < 10"), "y ~ x").residual_df == 8


def test_categories_that_are_identifiers_or_dates_are_refused_before_anything_is_computed(
    refused: Any,
) -> None:
    rng = np.random.default_rng(1)
    rows = 400
    people = pd.DataFrame(
        {"y": rng.normal(size=rows), "w": rng.uniform(50, 150, rows), "number": np.arange(rows) + 7}
    )
    people["day"] = pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 250, rows), "D")
    people["word"] = people["number"].astype(str)
    people["town"], people["street"] = (rng.integers(0, 60, rows).astype(str) for _ in range(2))
    sample = dl.declare_design(people, weights="w")
    for formula in ("y ~ C(number)", "y ~ day", "y ~ word", "y ~ town * street"):
        refused(lambda f=formula: dl.regress(sample, f))
    for by in ("number", "word", ["town", "word"], "w"):
        refused(lambda b=by: dl.estimate(sample, dl.mean("y"), by=b))
    # what the errors offer
    assert len(dl.regress(sample, "y ~ number")) == 2
    months = pd.to_datetime(list(people["day"])).strftime("%Y-%m")
    assert len(dl.regress(sample.with_columns(month=months), "y ~ month")) == months.nunique()
    banded = sample.recode("number", bands=[7, 106.8, 206.5, 306.2, 407], into="number_bands")
    assert len(dl.estimate(banded, dl.mean("y"), by="number_bands")) == 4
    # sixty towns are many, and towns
    assert len(dl.regress(sample, "y ~ town")) == len(dl.estimate(sample, dl.mean("y"), by="town"))


def test_a_hundred_categories_take_no_longer_than_they_should() -> None:
    """25 seconds once, of which 0.2 without effective degrees of freedom; R's svyglm with its summary takes 0.06."""
    rng = np.random.default_rng(1)
    rows = 2000
    people = pd.DataFrame(
        {"y": rng.normal(size=rows), "w": rng.uniform(50, 150, rows), "x": rng.normal(size=rows)}
    )
    people["g"] = rng.integers(0, 100, rows).astype(str)
    sample = dl.declare_design(people, weights="w")
    start = time.process_time()
    fit = dl.regress(sample, "y ~ g")
    assert time.process_time() - start < 2.0
    # a coefficient has those of the difference of two means
    means = dl.estimate(sample, dl.mean("y"), by="g")
    first, second = fit.references["g"], fit.frame["category"][1]
    pair = dl.contrast(means, {"g": (second, first)}).frame.iloc[0]
    assert fit.frame["df"][1] == pytest.approx(pair["df"], rel=1e-9)
    assert fit.frame["std_error"][1] == pytest.approx(pair["std_error"], rel=1e-9)
    start = time.process_time()
    assert dl.regress(sample, "y ~ g + x").frame["df"].between(10, 1900).all()
    assert time.process_time() - start < 4.0
