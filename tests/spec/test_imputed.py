"""Several imputations of one survey: Rubin's rules by hand, what is passed on to each, what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import diplab as dl
from diplab.errors import ColumnError, DesignError, EmptyDomainError, MisleadingError, OptionError
from diplab.inference.imputation import pool_estimates, pooled_test
from diplab.results.hypothesis_test import Test

PEOPLE = pd.DataFrame({
    "sex": ["f", "f", "f", "m", "m", "m"], "hours": [10.0, 20.0, 30.0, 20.0, 40.0, 60.0],
    "job": ["a", "b", "b", "a", "b", "a"],
})  # fmt: skip


def filled(*last, column="hours", **design):
    """One imputation a value of the last person's answer."""
    frames = []
    for value in last:
        frame = PEOPLE.copy()
        frame.loc[5, column] = value
        frames.append(frame)
    return dl.imputed([dl.declare_design(frame, **design) for frame in frames])


def test_means_and_their_covariance_by_hand():
    """Two imputations, 60 and 90: means 30 and 35, W the mean of two variances, B = 12.5, T = W + 1.5 B."""
    samples = filled(60.0, 90.0)
    alone = [dl.estimate(sample, dl.mean("hours")).frame.iloc[0] for sample in samples.samples]
    row = dl.estimate(samples, dl.mean("hours")).frame.iloc[0]
    within = np.mean([each["std_error"] ** 2 for each in alone])
    total = within + 1.5 * 12.5
    assert row["estimate"] == 32.5
    assert row["std_error"] == pytest.approx(np.sqrt(total))
    share = 1.5 * 12.5 / total
    df = 1 / (share**2 / 1 + 1 / ((1 - share) * 5 * 6 / 8))
    assert row["df"] == pytest.approx(df)
    assert row["fmi"] == pytest.approx(share + (1 - share) * 2 / (df + 3))
    assert row["ci_high"] == pytest.approx(32.5 + stats.t.ppf(0.975, df) * np.sqrt(total))
    assert row["n"] == 6
    # Women were all asked: their row is that of complete data, its degrees of freedom too.
    found = dl.estimate(samples, dl.mean("hours"), by="sex")
    complete = dl.estimate(samples.samples[0], dl.mean("hours"), by="sex")
    columns = ["estimate", "std_error", "ci_low", "ci_high", "df", "n"]
    assert found.frame[columns].iloc[0].tolist() == pytest.approx(
        complete.frame[columns].iloc[0].tolist()
    )
    assert found.frame["fmi"].tolist()[0] == 0.0
    assert found.frame["fmi"].tolist()[1] > 0.2
    # Both rows move with the imputed answer: B has the product of their movements off the diagonal.
    found = dl.estimate(samples, dl.mean("hours"), dl.total("hours"))
    each = [
        dl.estimate(sample, dl.mean("hours"), dl.total("hours")).covariance
        for sample in samples.samples
    ]
    # the mean moves by 5 and the total by 30
    assert found.covariance[0, 1] == pytest.approx(
        (each[0][0, 1] + each[1][0, 1]) / 2 + 1.5 * 0.5 * 5 * 30
    )


def test_domains_and_categories_that_differ_between_imputations():
    """Over 50 hours: in the first nobody but the last; n is the smallest number behind the row."""
    samples = filled(60.0, 30.0)
    found = dl.estimate(samples.where("hours >= 40"), dl.count())
    assert found.frame[["estimate", "n"]].iloc[0].tolist() == [1.5, 1]
    with pytest.raises(EmptyDomainError):
        filled(60.0, 30.0).where("hours > 50")
    # `c` is a share of 1/6 in one and of 0 in two others: 1/18, and its interval stays above 0.
    found = dl.estimate(filled("c", "a", "a", column="job"), dl.share("job")).frame.set_index(
        "category"
    )
    assert found.index.tolist() == ["a", "b", "c"]
    assert found.loc["c", "estimate"] == pytest.approx(1 / 18)
    assert found["estimate"].sum() == pytest.approx(1)
    assert 0 < found.loc["c", "ci_low"] < found.loc["c", "estimate"]
    reverse = dl.estimate(filled("a", "c", "a", column="job"), dl.share("job")).frame.set_index(
        "category"
    )
    numbers = ["estimate", "std_error", "ci_low", "ci_high", "df", "n", "fmi"]
    assert reverse.loc["c", numbers].tolist() == pytest.approx(found.loc["c", numbers].tolist())
    found = dl.estimate(filled("c", "a", column="job"), dl.mean("hours"), by="job").frame
    assert found[["job", "flag"]].values.tolist() == [
        ["a", "few units"],
        ["b", "few units"],
        ["c", "empty"],
    ]
    assert np.isnan(found["std_error"].iloc[2])
    found = dl.estimate(
        filled(60.0, 90.0).universe("job == 'a'").where("sex == 'm'"), dl.mean("hours")
    )
    assert found.frame["estimate"].item() == (40 + 55) / 2
    rules = [found.provenance.rules[each] for each in ("universe", "where", "imputations")]
    assert rules == ["job == 'a'", "sex == 'm'", "2"]


def test_quantiles_of_one_variable_stay_apart():
    samples = filled(60.0, 90.0)
    found = dl.estimate(samples, dl.quantile("hours", 0.25), dl.quantile("hours", 0.75)).frame
    alone = [
        dl.estimate(each, dl.quantile("hours", 0.75)).frame.iloc[0] for each in samples.samples
    ]
    assert found["estimate"].tolist() == [20.0, 40.0]
    # Woodruff's interval is of one imputation: here it is symmetric, on Woodruff's standard errors
    assert found["std_error"].iloc[1] ** 2 == pytest.approx(
        np.mean([each["std_error"] ** 2 for each in alone])
    )
    row = found.iloc[1]
    assert row["ci_high"] - row["estimate"] == pytest.approx(row["estimate"] - row["ci_low"])


def test_replicate_weights_given_in_the_file():
    frames = []
    for value in (60.0, 90.0):
        frame = PEOPLE.assign(
            w=1.0, **{f"r{k}": np.where(np.arange(6) == k, 0.0, 1.2) for k in range(6)}
        )
        frame.loc[5, "hours"] = value
        frames.append(frame)
    weights = dl.replicates([f"r{k}" for k in range(6)], kind="jk1")
    samples = dl.imputed(
        [dl.declare_design(frame, weights="w", replicates=weights) for frame in frames]
    )
    plain = dl.estimate(filled(60.0, 90.0), dl.mean("hours")).frame.iloc[0]
    row = dl.estimate(samples, dl.mean("hours")).frame.iloc[0]
    # dropping one of six is the linearised variance of a mean
    assert row["std_error"] == pytest.approx(plain["std_error"])
    assert row["df"] == pytest.approx(plain["df"])


def test_results_and_tests_are_pooled():
    samples = filled(60.0, 90.0)
    gaps = [
        dl.contrast(dl.estimate(each, dl.mean("hours"), by="sex"), {"sex": ("m", "f")})
        for each in samples.samples
    ]
    found = pool_estimates(gaps).frame.iloc[0]
    assert found["estimate"] == 25.0
    t = found["estimate"] / found["std_error"]
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(t, found["df"]))
    # Of one row it is the square of t, but for the degrees of freedom: F = 25 / (W + 1.5 B).
    found = pooled_test(gaps)
    assert found.statistic == pytest.approx(t**2)
    assert (found.df[0], found.hypothesis) == (1.0, "the estimate equals 0")
    # Differences 4 and 6 with variance 4: T = 4 + 1.5 * 2 = 7, t = 5 / sqrt(7).
    numbers = [
        {"difference": d, "std_error": 2.0, "ci_low": d - 1, "ci_high": d + 1} for d in (4.0, 6.0)
    ]
    tests = [
        Test(
            "t",
            each["difference"] / 2,
            (30.0,),
            2 * stats.t.sf(each["difference"] / 2, 30),
            "equal",
            each,
            40,
        )
        for each in numbers
    ]
    found = pooled_test(tests)
    assert found.statistic == pytest.approx(5 / np.sqrt(7))
    df = 1 / ((3 / 7) ** 2 + 1 / ((4 / 7) * 30 * 31 / 33))
    assert found.df == pytest.approx((df,))
    assert found.p_value == pytest.approx(2 * stats.t.sf(5 / np.sqrt(7), df))
    assert found.estimates["difference"] == 5.0
    assert found.estimates["ci_high"] == pytest.approx(5 + stats.t.ppf(0.975, df) * np.sqrt(7))
    found = pooled_test([Test("chi2", value, (1.0,), 0.5, "independent") for value in (0.0, 16.0)])
    assert found.statistic < 0
    assert found.p_value == 1.0


def test_plausible_values_in_every_engine(engine):
    people = PEOPLE.assign(
        w=[1.0, 2.0, 1.0, 1.0, 3.0, 2.0], pv1=PEOPLE["hours"] * 2, pv2=PEOPLE["hours"] * 4
    )
    people["town"] = [1, 1, 2, 2, 3, 3]
    scores = dl.declare_design(engine(people), weights="w", psu="town")
    drawn = dl.imputed(scores, plausible_values={"score": ["pv1", "pv2"]})
    found = dl.estimate(drawn.where("score > 20"), dl.mean("score"), by="sex")
    first, second = (
        dl.estimate(scores.where(f"{name} > 20"), dl.mean(name), by="sex")
        for name in ("pv1", "pv2")
    )
    both = [first.frame["estimate"].to_numpy(), second.frame["estimate"].to_numpy()]
    assert found.frame["estimate"].tolist() == pytest.approx(np.mean(both, axis=0).tolist())
    between = 1.5 * np.var(both, axis=0, ddof=1)
    within = (np.diag(first.covariance) + np.diag(second.covariance)) / 2
    assert (found.frame["std_error"] ** 2).tolist() == pytest.approx((within + between).tolist())
    assert found.frame["variable"].tolist() == ["score", "score"]


def test_plausible_values_as_domains_and_under_replicate_weights():
    people = PEOPLE.assign(town=[1, 1, 2, 2, 3, 3], p1=[1, 1, 2, 2, 2, 2], p2=[1, 1, 1, 2, 2, 2])
    sample = dl.make_replicates(dl.declare_design(people, psu="town"), "jk1")
    drawn = dl.imputed(sample, plausible_values={"level": ["p1", "p2"]})
    found = dl.estimate(drawn, dl.mean("hours"), by="level").frame
    assert found["estimate"].tolist() == [(15 + 20) / 2, (37.5 + 40) / 2]
    assert found["level"].tolist() == [1, 2]


def test_refusals(refused: Any):
    one = dl.declare_design(PEOPLE)
    refused(lambda: dl.imputed([one]), OptionError)
    refused(lambda: dl.imputed([one, PEOPLE]), OptionError)
    refused(lambda: dl.imputed([one, dl.declare_design(PEOPLE.iloc[:5])]), DesignError)
    refused(lambda: dl.imputed([one, dl.declare_design(PEOPLE, psu="sex")]), DesignError)
    refused(lambda: pooled_test([Test("wald", 1.0, (1.0,), 0.3, "x")]), OptionError)
    women = [
        dl.estimate(each.where("sex == 'f'"), dl.mean("hours"), by="sex")
        for each in filled(1.0, 2.0).samples
    ]
    refused(lambda: pooled_test(women), OptionError)
    sample = dl.declare_design(PEOPLE.assign(pv1=1.0, pv2=2.0))
    refused(
        lambda: dl.imputed(sample, plausible_values={"score": ["pv1"], "level": ["pv1", "pv2"]}),
        OptionError,
    )
    refused(lambda: dl.imputed(sample, plausible_values={"hours": ["pv1", "pv2"]}), ColumnError)
    refused(lambda: dl.imputed(sample, plausible_values={"score": ["pv1", "pv3"]}), ColumnError)


def _towns(seed: int) -> Any:
    """Return people of 12 towns, all of `z` = 'a' in one of them, of whom some amounts are imputed."""
    draw, again = np.random.default_rng(5), np.random.default_rng(seed)
    town = np.repeat(np.arange(12), 6)
    y = draw.normal(size=12)[town] + draw.normal(size=72)
    z = np.where(town == 0, "a", np.where(town < 4, "b", np.where(town < 8, "c", "d")))
    y = np.where(draw.random(72) < 0.2, y + again.normal(size=72), y)
    frame = pd.DataFrame(
        {"town": town, "y": y, "z": z, "g": np.where(z == "a", "b", z), "never": 0}
    )
    frame["often"] = (draw.normal(size=12)[town] > 0.5) * 1
    return dl.declare_design(frame, psu="town")


def test_imputations_that_agree_say_what_one_sample_says():
    one, same = _towns(0), dl.imputed([_towns(0)] * 3)
    fits = [dl.regress(each, "y ~ z") for each in (one, same)]
    names = {"c": {"category": "c"}, "d": {"category": "d"}}
    single, pooled = (dl.contrast(fit, "c - d", names=names).frame.iloc[0] for fit in fits)
    # neither rests on the reference, which lies in one town
    numbers = ["estimate", "std_error", "ci_low", "ci_high"]
    assert single["std_error"] > 0
    assert pooled[["estimate", "std_error"]].tolist() == pytest.approx(
        single[["estimate", "std_error"]].tolist()
    )
    assert np.isfinite(pooled["ci_low"])
    # several groups at once: enlarged residuals, and their degrees of freedom
    single, pooled = (dl.term_test(dl.regress(each, "y ~ g"), "g") for each in (one, same))
    assert (pooled.statistic, pooled.p_value) == pytest.approx((single.statistic, single.p_value))
    assert pooled.df == pytest.approx(single.df)
    # a share of none, of people who are alike within towns
    asked = (dl.share("never == 1"), dl.share("often"))
    single, pooled = (dl.estimate(each, *asked).frame.iloc[0] for each in (one, same))
    assert pooled[numbers].tolist() == pytest.approx(single[numbers].tolist())
    assert pooled["ci_high"] > 0.1
    single, pooled = (
        dl.crosstab(each, "often", "never").margins.frame.iloc[-1] for each in (one, same)
    )
    assert pooled[numbers].tolist() == pytest.approx(single[numbers].tolist())


def test_groups_over_imputations_have_one_test_whichever_verb_asks() -> None:
    same, apart = dl.imputed([_towns(0)] * 3), dl.imputed([_towns(seed) for seed in range(4)])
    for samples in (_towns(0), same, apart):
        fit = dl.regress(samples, "y ~ g")
        term, means = dl.term_test(fit, "g"), dl.estimate(samples, dl.mean("y"), by="g")
        pairs = dl.contrast(means, pairwise="holm")
        lines = dl.contrast(
            means, {"one": {"b": 1, "c": -1}, "two": {"b": 1, "c": -0.4, "d": -0.6}}
        )
        coefficients = fit.rows(np.flatnonzero(fit.frame["variable"] == "g"))
        for rows in (
            pairs,
            pairs.rows([0, 2]),
            lines,
            coefficients,
            pickle.loads(pickle.dumps(pairs)),
        ):
            found = dl.wald_test(rows)
            assert (found.statistic, *found.df) == pytest.approx(
                (term.statistic, *term.df), rel=1e-7
            )
            assert found.p_value == pytest.approx(term.p_value, rel=1e-7)
        # one difference has the test of its row
        single = dl.wald_test(pairs.rows([1]))
        assert single.p_value == pytest.approx(pairs.frame["p_value"][1])


def test_what_rests_on_one_town_in_any_imputation_has_no_error():
    samples = dl.imputed([_towns(seed) for seed in range(4)])
    fit = dl.regress(samples, "y ~ z")
    assert fit.frame["std_error"].isna().all()
    with pytest.raises(MisleadingError, match="rests on one primary unit, `town` = 0"):
        dl.term_test(fit, "z")
    assert (
        dl.contrast(fit, "c - d", names={each: {"category": each} for each in "cd"})
        .frame["std_error"]
        .item()
        > 0
    )
