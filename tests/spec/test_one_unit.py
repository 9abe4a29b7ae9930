"""A group that lies in one respondent or one primary unit: no verb gives it a standard error or a test.

Rule R1: a result has a standard error only if it is still estimable without any one unit. Rule R2:
a slope of which one unit holds more than half has no linearised one.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import MisleadingError
from diplab.microdata.multiple_response import Responses


def people_of(units: int = 20, size: int = 10, group: int = 1, seed: int = 1) -> pd.DataFrame:
    """Return units of people, of which the first have `z`, and all sorts of answers that go by unit."""
    draw = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), size)
    level = draw.normal(size=units)[unit]
    y = level + draw.normal(size=unit.size)
    z = np.where(unit < group, "z", np.where(unit % 2, "a", "b"))
    told = {
        "y": y,
        "z": z,
        "yes": (y + draw.normal(size=unit.size) > 0) * 1,
        "x": draw.normal(size=unit.size),
    }
    told |= {
        "three": pd.cut(y, [-9, -0.8, 0.8, 9], labels=["no", "so", "yes"], ordered=True).astype(str)
    }
    told |= {"order": np.digitize(y, [-0.8, 0.8]), "time": np.exp(y).round(3) + 0.001, "event": 1}
    return pd.DataFrame({"unit": unit, "w": draw.uniform(1, 3, unit.size), **told})


def of_units(frame: pd.DataFrame, **options: Any) -> dl.Sample:
    return dl.declare_design(frame, weights="w", psu="unit", **options)


def row_of(found: dl.Estimates, variable: str, category: object = "") -> pd.Series:
    frame = found.frame[
        (found.frame["variable"] == variable) & (found.frame["category"] == category)
    ]
    return frame.iloc[0]


def lacks_error(row: pd.Series) -> bool:
    """Return whether a row has its point, and nothing that a standard error would give."""
    nothing = [row[name] for name in ("std_error", "ci_low", "ci_high", "p_value") if name in row]
    return bool(
        np.isfinite(row["estimate"]) and np.isnan(nothing).all() and "no variance" in row["flag"]
    )


class TestOfTheReview:
    """The reproduction: 200 people, of whom one is in the reference."""

    @pytest.fixture
    def sample(self) -> dl.Sample:
        draw = np.random.default_rng(1)
        told = {
            "w": draw.uniform(50, 150, 200),
            "y": draw.normal(size=200),
            "g": ["a"] + ["b"] * 100 + ["c"] * 99,
        }
        return dl.declare_design(pd.DataFrame(told), weights="w")

    def test_a_reference_of_one_respondent(self, sample: dl.Sample) -> None:
        fit = dl.regress(sample, "y ~ g")
        for each in (("intercept", ""), ("g", "b"), ("g", "c")):
            assert lacks_error(row_of(fit, *each))

    def test_the_difference_of_two_others_stays(self, sample: dl.Sample) -> None:
        """It is that of two means, which do not need the reference."""
        fit, means = dl.regress(sample, "y ~ g"), dl.estimate(sample, dl.mean("y"), by="g")
        one, other = (dl.contrast(each, {"g": ("c", "b")}).frame.iloc[0] for each in (fit, means))
        for name in ("estimate", "std_error", "df", "p_value"):
            assert one[name] == pytest.approx(other[name], rel=1e-9)
        assert lacks_error(dl.contrast(fit, {"g": ("c", "b")}).frame.iloc[0]) is False

    def test_differences_of_what_is_made_of_it(self, sample: dl.Sample) -> None:
        fit = dl.regress(sample, "y ~ g")
        margins, effects = dl.predicted_margins(fit, "g"), dl.marginal_effects(fit)
        assert [lacks_error(each) for _, each in margins.frame.iterrows()] == [True, False, False]
        assert [lacks_error(each) for _, each in effects.frame.iterrows()] == [True, True]
        assert lacks_error(dl.contrast(margins, {"g": ("b", "a")}).frame.iloc[0])
        kept = [
            dl.contrast(each, {"g": ("c", "b")}).frame["std_error"].item()
            for each in (fit, margins, effects)
        ]
        assert kept == pytest.approx([kept[0]] * 3, rel=1e-9)
        assert np.isnan(dl.contrast(fit, "b - a", names={"b": {"category": "b"}, "a": {"variable": "intercept"}})
                        .frame["std_error"].item())  # fmt: skip

    def test_a_test_is_refused(self, sample: dl.Sample) -> None:
        with pytest.raises(MisleadingError, match="one respondent") as caught:
            dl.term_test(dl.regress(sample, "y ~ g"), "g")
        assert "`g` = 'a'" in str(caught.value)


MODELS: dict[str, Any] = {
    "gaussian": lambda s: dl.regress(s, "y ~ z"),
    "logit": lambda s: dl.regress(s, "yes ~ z", family="binomial"),
    "poisson": lambda s: dl.regress(s, "order ~ z", family="poisson"),
    "gamma": lambda s: dl.regress(s, "time ~ z", family="gamma", link="log"),
    "ordinal": lambda s: dl.regress(s, "order ~ z", family="ordinal"),
    "multinomial": lambda s: dl.regress(s, "three ~ z", family="multinomial"),
    "quantile": lambda s: dl.regress(s, "y ~ z", family="quantile"),
    "quantiles": lambda s: dl.regress(s, "y ~ z", family="quantile", quantile=[0.4, 0.5]),
    "cox": lambda s: dl.survival.cox(s, "z", time="time", event="event"),
    "cox in strata": lambda s: dl.survival.cox(
        s.where("x < 2"), "z", time="time", event="event", strata="half"
    ),
    "bell_mccaffrey": lambda s: dl.regress(s, "y ~ z", variance="bell_mccaffrey"),
    "ratios": lambda s: dl.effect_ratios(dl.regress(s, "yes ~ z", family="binomial")),
    "with covariates": lambda s: dl.regress(s, "y ~ z + x + I(x ** 2)"),
    "far from zero": lambda s: dl.regress(s, "y ~ z + I(2000 + x)"),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_category_in_one_unit(name: str) -> None:
    frame = people_of().assign(half=lambda d: d["unit"] % 4 // 2)
    fit = MODELS[name](of_units(frame))
    of_z = fit.frame[fit.frame["variable"] == "z"]
    for _, each in of_z.iterrows():
        assert lacks_error(each) == (each["category"] == "z")
    with pytest.raises(MisleadingError, match="`z` = 'z'") as caught:
        dl.term_test(fit if name != "ratios" else MODELS["logit"](of_units(frame)), "z")
    assert "`unit` = 0" in str(caught.value)


@pytest.mark.parametrize("name", MODELS)
def test_a_category_in_two_units_is_flagged_only(name: str) -> None:
    frame = people_of(group=2).assign(half=lambda d: d["unit"] % 4 // 2)
    fit = MODELS[name](of_units(frame))
    own = fit.frame[(fit.frame["variable"] == "z") & (fit.frame["category"] == "z")]
    assert np.isfinite(own["std_error"]).all()
    assert own["flag"].str.contains("few units").all()


class TestWhichCoefficients:
    def test_interactions_fall_with_their_category(self) -> None:
        fit = dl.regress(of_units(people_of()), "y ~ z * x")
        lost = fit.frame[fit.frame["std_error"].isna()]
        assert set(zip(lost["variable"], lost["category"], strict=True)) == {
            ("z", "z"),
            ("z:x", "z"),
        }

    def test_slopes_within_units_keep_theirs(self) -> None:
        """Of unit dummies there is no error, of a slope within units there is."""
        fit = dl.regress(of_units(people_of()), "y ~ C(unit) + x")
        assert fit.frame["std_error"].isna().tolist() == [True] * 20 + [False]
        assert np.isfinite(dl.term_test(fit, "x").p_value)

    def test_covariates_do_not_rescue_a_category(self) -> None:
        fit = dl.regress(of_units(people_of()), "y ~ z + x + yes")
        assert fit.frame["std_error"].isna().sum() == 1

    def test_a_census_and_the_information_matrix_are_exempt(self) -> None:
        frame = people_of().assign(N=1.0)
        fit = dl.regress(of_units(frame, fpc="N"), "y ~ z")
        assert fit.frame["std_error"].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
        fit = dl.regress(dl.declare_design(frame), "y ~ z", variance="model")
        assert np.isfinite(fit.frame["std_error"]).all()


def test_a_test_of_coefficients_counts_the_respondents_of_the_model() -> None:
    """Whatever is asked of a model rests on all of its rows: `wald_test` is `term_test`."""
    sample = of_units(people_of(group=5))
    fit = dl.regress(sample, "y ~ z")
    assert fit.frame["n"].tolist() == [200, 70, 50]
    assert dl.term_test(fit, "z").n == dl.wald_test(fit.rows([1, 2])).n == 200
    assert dl.wald_test(fit.rows([2])).n == 200
    assert dl.wald_test(dl.survival.cox(sample, "z", time="time", event="event")).n == 200
    several = dl.regress(sample, "order ~ x", family="multinomial")
    assert dl.wald_test(several.rows([1, 3])).n == 200
    imputed = dl.regress(dl.imputed([sample] * 2), "y ~ z")
    assert dl.term_test(imputed, "z").n == dl.wald_test(imputed.rows([1, 2])).n == 200
    means = dl.estimate(sample, dl.mean("y"), by="z")
    assert dl.wald_test(means).n == 200
    assert dl.wald_test(dl.contrast(means, pairwise="holm")).n == 0


class TestLeverage:
    """Rule R2: of a slope of which one unit holds more than half, the linearised error is far too small."""

    @staticmethod
    def frame(far: float) -> pd.DataFrame:
        frame = people_of(units=40)
        return frame.assign(
            x=np.where(frame["unit"] == 3, far, np.arange(40)[frame["unit"]] % 5 - 2.0)
        )

    @pytest.mark.parametrize("far", [2.0, 6.0, 8.0, 12.0, 30.0, -30.0])
    def test_more_than_half_in_one_unit(self, far: float) -> None:
        frame = self.frame(far)
        fit = dl.regress(of_units(frame), "y ~ x + yes")
        x = np.column_stack([np.ones(len(frame)), frame["yes"]])
        root = np.sqrt(frame["w"].to_numpy())[:, None]
        left = frame["x"] - x @ np.linalg.lstsq(x * root, frame["x"] * root[:, 0], rcond=None)[0]
        share = (frame["w"] * left**2).groupby(frame["unit"]).sum().max() / (
            frame["w"] * left**2
        ).sum()
        row = row_of(fit, "x")
        assert np.isnan(
            [row[name] for name in ("std_error", "ci_low", "ci_high", "p_value")]
        ).all() == (share > 0.5)
        assert ("correctable leverage" in row["flag"]) == (share > 0.5)

    def test_the_remedy_works(self) -> None:
        sample = of_units(self.frame(12.0))
        fit = dl.regress(sample, "y ~ x")
        assert 'variance="bell_mccaffrey"' in str(fit)
        with pytest.raises(MisleadingError, match="bell_mccaffrey"):
            dl.term_test(fit, "x")
        enlarged = dl.regress(sample, "y ~ x", variance="bell_mccaffrey")
        assert np.isfinite(enlarged.frame["std_error"]).all()
        assert np.isfinite(dl.term_test(enlarged, "x").p_value)

    def test_where_residuals_cannot_be_enlarged_none_is_offered(self) -> None:
        fit = dl.regress(of_units(self.frame(12.0)), "order ~ x", family="ordinal")
        assert row_of(fit, "x")["flag"] == "high leverage"
        assert "bell_mccaffrey" not in str(fit)
        with pytest.raises(MisleadingError, match="holds more than half"):
            dl.term_test(fit, "x")

    def test_margins_that_rest_on_the_slope(self) -> None:
        fit = dl.regress(of_units(self.frame(12.0)), "y ~ x")
        assert np.isnan(dl.marginal_effects(fit).frame["std_error"].item())
        found = dl.predict(
            fit,
            {"x": [float(np.average(self.frame(12.0)["x"], weights=self.frame(12.0)["w"])), 12.0]},
        )
        assert np.isnan(found.frame["std_error"]).tolist() == [False, True]

    @pytest.mark.parametrize("z", ["numbers", "words"])
    @pytest.mark.parametrize(
        ("ratio", "flag"), [(1.5, "few units"), (2.5, "few units"), (6.0, "correctable leverage")]
    )
    def test_a_group_in_two_uneven_units_has_a_flag_only(
        self, z: str, ratio: float, flag: str
    ) -> None:
        """Unless one of them is more than three quarters of it: at thirty to one 68 % of tests rejected at 5 %."""
        frame = people_of(units=160, group=2).assign(
            w=lambda d: np.where(d["unit"] == 0, ratio, 1.0)
        )
        frame["z"] = (frame["z"] == "z") * 1 if z == "numbers" else frame["z"]
        fit = dl.regress(of_units(frame), "y ~ z")
        row = row_of(fit, "z", "" if z == "numbers" else "z")
        assert row["flag"] == flag
        assert np.isfinite(row["std_error"]) == (flag == "few units")

    def test_replicate_weights_are_not_linearised(self) -> None:
        sample = dl.make_replicates(of_units(self.frame(12.0)), "jkn")
        assert np.isfinite(dl.regress(sample, "y ~ x").frame["std_error"]).all()


class TestStandardise:
    def frame(self) -> pd.DataFrame:
        frame = people_of()
        young, lone = np.arange(200) == 0, frame["unit"] == 0
        return frame.assign(
            age=np.where(young, "y", "m"),
            of_unit=np.where(lone, "y", "m"),
            pair=np.arange(200) < 20,
        )

    @pytest.mark.parametrize(("age", "psu"), [("age", None), ("age", "unit"), ("of_unit", "unit")])
    def test_a_cell_of_one(self, age: str, psu: str | None) -> None:
        sample = dl.declare_design(self.frame(), weights="w", psu=psu)
        for margins in ({age: {"y": 1, "m": 1}}, age):
            assert lacks_error(dl.standardise(sample, dl.mean("y"), margins).frame.iloc[0])
        # of nobody in the standard, it does not matter
        assert np.isfinite(
            dl.standardise(sample, dl.mean("y"), {age: {"y": 0, "m": 1}}).frame["std_error"].item()
        )

    def test_a_cell_of_two_is_flagged(self) -> None:
        for psu, age in ((None, "of_unit"), ("unit", "pair")):
            sample = dl.declare_design(self.frame(), weights="w", psu=psu)
            found = dl.standardise(sample, dl.mean("y"), age).frame
            assert np.isfinite(found["std_error"].item())

    def test_of_groups_only_that_with_the_cell(self) -> None:
        frame = self.frame().assign(g=np.where(np.arange(200) % 2, "odd", "even"))
        frame.loc[[31, 45], "age"] = "y"
        found = dl.standardise(
            dl.declare_design(frame, weights="w"), dl.mean("y"), {"age": {"y": 1, "m": 1}}, by="g"
        )
        assert found.frame["std_error"].isna().tolist() == [True, False]
        assert np.isnan(dl.contrast(found, {"g": ("even", "odd")}).frame["std_error"].item())


class TestTables:
    def test_the_test_of_a_row_in_one_unit_is_withheld(self) -> None:
        frame = people_of().assign(z=lambda d: np.where(d["z"] == "z", "z", "a"))
        found = dl.crosstab(of_units(frame), "z", "yes")
        assert np.isnan(found.test.p_value)
        assert np.isnan(found.test.statistic)
        assert found.test.flag == "no variance"
        assert found.test.lone.category == "z"
        assert "occurs in only one sampling unit" in str(found).replace("\n", " ")
        assert found.residuals.frame[["std_error", "p_value", "p_adjusted"]].isna().all(axis=None)
        measured = found.association.frame.set_index("statistic")
        assert measured["std_error"].isna().all()
        assert not any(found.larger_than)
        assert np.isnan(dl.crosstab(of_units(frame), "yes", "z").test.p_value)
        assert np.isnan(dl.crosstab(of_units(frame), "yes", "z", test="wald").test.p_value)

    def test_other_rows_keep_their_residuals(self) -> None:
        found = dl.crosstab(of_units(people_of()), "z", "yes").residuals.frame
        assert found["std_error"].isna().tolist() == [each == "z" for each in found["z"]]

    def test_one_respondent_without_units_is_a_flag(self) -> None:
        frame = people_of().assign(z=lambda d: np.where(np.arange(len(d)) == 0, "z", "a"))
        found = dl.crosstab(dl.declare_design(frame, weights="w"), "z", "yes")
        assert np.isfinite(found.test.p_value)
        assert found.test.flag == "one respondent"
        assert "has only one respondent" in str(found).replace("\n", " ")

    def test_two_units_are_tested(self) -> None:
        found = dl.crosstab(of_units(people_of(group=2)), "z", "yes")
        assert np.isfinite(found.test.p_value)
        assert np.isfinite(found.residuals.frame["std_error"]).all()

    def test_each_group_by_itself(self) -> None:
        frame = people_of().assign(half=lambda d: d["unit"] % 2)
        found = dl.crosstab(of_units(frame), "z", "yes", by="half")
        assert [np.isnan(each.p_value) for each in found.tests] == [True, True]

    @pytest.mark.parametrize("psu", [None, "unit"])
    def test_summary_withholds_the_p_of_shares_as_of_means(self, psu: str | None) -> None:
        frame = people_of()
        frame["z"] = np.where(
            (frame["z"] == "z") & ((psu is not None) | (np.arange(200) == 0)), "z", "a"
        )
        found = dl.summary(
            dl.declare_design(frame, weights="w", psu=psu), ["y", "yes", "three", "order"], by="z"
        )
        assert dict(found.p_values) == {}
        # the two units of z tell one degree of freedom: enough for two shares, none is left of
        # three
        found = dl.summary(of_units(people_of(group=2)), ["y", "yes", "three"], by="z")
        assert set(found.p_values) == {"y", "yes"}
        assert set(dl.summary(of_units(people_of(group=4)), ["three"], by="z").p_values) == {
            "three"
        }

    @pytest.mark.parametrize(
        "test", ["rao_scott_f", "rao_scott_chi2", "rao_scott_mixture", "adjusted_wald"]
    )
    def test_a_row_or_a_column_in_few_units(self, test: str) -> None:
        """40 units of which z has two rejected a true hypothesis in 40% of samples, as in R: now in 1%."""
        sample = of_units(people_of(group=2))
        for names in (("z", "yes"), ("yes", "z")):
            found = dl.crosstab(sample, *names, test=test).test
            assert found.flag == "few units"
            assert found.p_value > dl.crosstab(sample, *names, test=test, df="design").test.p_value
            three = dl.crosstab(
                sample, *({"yes": "three"}.get(each, each) for each in names), test=test
            ).test
            assert (np.isnan(three.p_value), three.flag) == (True, "no degrees of freedom")
        many = of_units(people_of(group=8))
        assert dl.crosstab(many, "z", "yes", test=test).test.flag == ""

    def test_few_units_are_said(self) -> None:
        frame = people_of(group=2)
        sample = of_units(frame)
        found = dl.crosstab(of_units(frame.assign(z=frame["z"].replace("b", "a"))), "z", "yes")
        assert "few units: under 4 degrees of freedom" in " ".join(str(found).split())
        assert found.test.df[1] == pytest.approx(1, abs=0.3)
        odds = found.association.frame.set_index("statistic")
        refused = dl.crosstab(sample, "z", "three")
        for language, words in {
            "fr": "trop peu d’unités de sondage",
            "en": "too few sampling units",
        }.items():
            assert words in dict(dl.table(refused, language).sheet.notes)["Test"]
        assert odds.loc["odds_ratio", "df"] < 2
        assert odds.loc["odds_ratio", "flag"] == "few units"

    def test_many_units_keep_the_numbers_of_r(self) -> None:
        unit = np.repeat(np.arange(2000), 2)
        draw = np.random.default_rng(0)
        frame = pd.DataFrame(
            {"unit": unit, "z": draw.choice(["a", "b"], 4000), "yes": draw.integers(0, 3, 4000)}
        )
        sample = dl.declare_design(frame, psu="unit")
        ours, theirs = (
            dl.crosstab(sample, "z", "yes", df=df).test for df in ("effective", "design")
        )
        assert ours.p_value == pytest.approx(theirs.p_value, rel=0.01)
        assert ours.statistic == pytest.approx(theirs.statistic, rel=0.002)


class TestHeavyUnits:
    """Two groups of whole units, one unit weighted 30:1: tests of a true hypothesis rejected 65%."""

    def sample(self, heavy: float, group: int = 3, **options: Any) -> dl.Sample:
        frame = people_of(group=group)
        frame["z"] = frame["z"].replace("b", "a")
        frame["w"] = np.where(frame["unit"] == 0, heavy, 1.0)
        return dl.declare_design(frame, weights="w", psu="unit", **options)

    @pytest.mark.parametrize("heavy", [8.0, 30.0])
    def test_no_verb_compares_by_a_linearised_error(self, heavy: float) -> None:
        sample = self.sample(heavy)
        words = "One sampling unit holds more than three quarters of the weight of `z` = 'z'."
        for test in (dl.t_test, dl.rank_test):
            with pytest.raises(MisleadingError, match=re.escape(words)):
                test(sample, "y", "z")
        with pytest.raises(MisleadingError, match=re.escape(words)):
            dl.survival.log_rank(sample, "time", "event", "z")
        means = dl.estimate(sample, dl.mean("y"), by="z")
        assert means.frame["flag"].tolist() == ["", "few units, correctable heavy unit"]
        found = [dl.contrast(means, {"z": ("z", "a")}), dl.regress(sample, "y ~ z").rows([1])]
        found += [dl.contrast(means, "z - a"), dl.marginal_effects(dl.regress(sample, "y ~ z"))]
        for each in found:
            assert each.frame[["std_error", "ci_low", "p_value"]].isna().all(axis=None)
        for each in found[:3]:
            assert each.frame["flag"].tolist() == ["correctable leverage"]
        assert dl.summary(sample, ["y"], by="z").p_values == {}

    def test_the_remedies_work(self) -> None:
        """Bell and McCaffrey's reject 0% there, at 1:1 4%."""
        sample = self.sample(8.0)
        with pytest.raises(MisleadingError) as error:
            dl.t_test(sample, "y", "z")
        slope = eval(error.value.write.split("`")[1], {"regress": dl.regress, "sample": sample})
        means = dl.estimate(sample, dl.mean("y"), by="z", variance="bell_mccaffrey")
        assert means.frame["flag"].str.contains("heavy").sum() == 0
        gap = dl.contrast(means, {"z": ("z", "a")})
        assert gap.frame["p_value"][0] == pytest.approx(slope.frame["p_value"][1])

    def test_up_to_three_quarters(self) -> None:
        for heavy, group, kept in (
            (5.9, 3, True),
            (6.1, 3, False),
            (2.9, 2, True),
            (3.1, 2, False),
        ):
            sample = self.sample(heavy, group)
            assert np.isfinite(dl.regress(sample, "y ~ z").frame["std_error"][1]) == kept
            means = dl.estimate(sample, dl.mean("y"), by="z")
            assert np.isfinite(dl.contrast(means, {"z": ("z", "a")}).frame["std_error"][0]) == kept

    @pytest.mark.parametrize("df", ["design", "infinity"])
    def test_enlarged_residuals_need_their_own_degrees_of_freedom(self, df: Any) -> None:
        """The error of one heavy unit is 12.7 times in its interval, not 2.0 times."""
        sample, options = self.sample(30.0), {"variance": "bell_mccaffrey"}
        own = dl.estimate(sample, dl.mean("y"), by="z", **options)
        assert own.frame["flag"].tolist() == ["", "few units"]
        found = dl.estimate(sample, dl.mean("y"), by="z", df=df, **options)
        assert found.frame["flag"].tolist() == ["", "few units, heavy unit"]
        assert np.isnan(dl.contrast(found, {"z": ("z", "a")}).frame["p_value"].item())
        assert "interval too narrow" in " ".join(repr(found).split())

    def test_totals_calibrated_weights_and_other_groups(self) -> None:
        sample = self.sample(30.0)
        assert (dl.estimate(sample, dl.total("y"), by="z").frame["flag"] == ["", "few units"]).all()
        fitted = dl.calibrate(sample, {"yes": {0: 300.0, 1: 300.0}})
        means = dl.estimate(fitted, dl.mean("y"), by="z")
        assert means.frame["flag"].tolist() == ["", "few units, heavy unit"]
        assert dl.contrast(means, {"z": ("z", "a")}).frame["flag"][0] == "high leverage"
        other = people_of(group=3).assign(w=lambda d: np.where(d["unit"] == 0, 30.0, 1.0))
        three = dl.estimate(of_units(other), dl.mean("y"), by="z")
        # b - a, z - a, z - b
        gaps = dl.contrast(three, "z", pairwise="holm").frame["std_error"]
        assert sorted(np.isfinite(gaps).tolist()) == [False, False, True]
        assert "plus des trois quarts du poids" in " ".join(
            str(dl.table(means, language="fr").sheet).split()
        )


class TestLogLinear:
    def test_a_category_in_one_unit(self) -> None:
        frame = people_of()
        fit = dl.log_linear(of_units(frame), "~ z * yes")
        lost = fit.frame[["variable", "category"]][fit.frame["std_error"].isna()]
        assert lost.values.tolist() == [["z", "z"], ["z:yes", "z:1"]]
        for test in ("wald", "rao_scott_f"):
            with pytest.raises(MisleadingError, match="one sampling unit"):
                dl.term_test(fit, "z:yes", test=test)
        apart = dl.log_linear(of_units(frame), "~ z + yes")
        assert apart.frame["std_error"].isna().tolist() == [False, True, False]
        assert np.isnan(apart.test.p_value)
        assert (apart.test.lone.variable, apart.test.lone.category) == ("z", "z")

    def test_a_first_category_in_one_unit(self) -> None:
        frame = people_of().assign(z=lambda d: d["z"].replace("z", "_"))
        fit = dl.log_linear(of_units(frame), "~ z + yes")
        assert fit.frame["std_error"].isna().tolist() == [True, True, False]
        assert fit.test.lone.category == "_"
        assert np.isfinite(dl.contrast(fit, {"z": ("a", "b")}).frame["std_error"].item())

    def test_two_units_and_single_cells_keep_their_errors(self) -> None:
        assert np.isfinite(
            dl.log_linear(of_units(people_of(group=2)), "~ z * yes").frame["std_error"]
        ).all()
        frame = pd.DataFrame({"sex": list("ffffmmmm"), "pay": list("hlllhhhl")})
        assert np.isfinite(
            dl.log_linear(dl.declare_design(frame), "~ sex * pay").frame["std_error"]
        ).all()

    def test_one_respondent(self) -> None:
        frame = people_of().assign(
            z=lambda d: np.where(np.arange(len(d)) == 0, "z", d["z"].replace("z", "a"))
        )
        fit = dl.log_linear(dl.declare_design(frame, weights="w"), "~ z + yes")
        assert fit.frame["std_error"].isna().tolist() == [False, True, False]
        assert fit.test.flag == "one respondent"
        assert np.isfinite(fit.test.p_value)


class TestReplicateWeightsOfAFile:
    """Rows on which all replicate weights are proportional are one unit."""

    def file(self, group: int = 1, noise: float = 0.0) -> dl.Sample:
        frame, draw = people_of(group=group), np.random.default_rng(3)
        columns = {}
        for place in range(20):
            factor = np.where(frame["unit"] == place, 0.0, 20 / 19)
            columns[f"r{place}"] = (
                frame["w"] * factor * (1 + noise * draw.uniform(-1, 1, len(frame)))
            )
        frame = frame.drop(columns="unit").assign(**columns)
        replicates = dl.replicates(list(columns), kind="jk1", combined=True)
        return dl.declare_design(frame, weights="w", replicates=replicates)

    @pytest.mark.parametrize("noise", [0.0, 1e-6])
    def test_a_category_in_one_unit(self, noise: float) -> None:
        sample = self.file(noise=noise)
        for found in (dl.regress(sample, "y ~ z"), dl.log_linear(sample, "~ z + yes")):
            assert lacks_error(row_of(found, "z", "z"))
        means = dl.estimate(sample, dl.mean("y"), by="z").frame
        assert means["std_error"].isna().tolist() == [False, False, True]
        assert np.isnan(dl.crosstab(sample, "z", "yes").test.p_value)
        with pytest.raises(MisleadingError):
            dl.t_test(sample.where("z != 'a'"), "y", "z")
        with pytest.raises(MisleadingError, match="replicate weights are proportional"):
            dl.term_test(dl.regress(sample, "y ~ z"), "z")

    @pytest.mark.parametrize("noise", [0.0, 1e-6])
    def test_two_units(self, noise: float) -> None:
        sample = self.file(group=2, noise=noise)
        assert np.isfinite(dl.regress(sample, "y ~ z").frame["std_error"]).all()
        assert np.isfinite(dl.crosstab(sample, "z", "yes").test.p_value)
        assert np.isfinite(dl.t_test(sample.where("z != 'a'"), "y", "z").p_value)


class TestEventsOfOneUnit:
    """Without the only unit with events of a group its log odds have no finite value, and no error."""

    FITS: ClassVar[dict[str, Any]] = {
        "logit": lambda s: dl.regress(s, "one ~ z + x", family="binomial"),
        "probit": lambda s: dl.regress(s, "one ~ z", family="binomial", link="probit"),
        "none without": lambda s: dl.regress(s, "one == 0 ~ z", family="binomial"),
        "poisson": lambda s: dl.regress(s, "one ~ z", family="poisson"),
        "ordinal": lambda s: dl.regress(s, "one ~ z", family="ordinal"),
        "multinomial": lambda s: dl.regress(s, "one ~ z", family="multinomial"),
        "cox": lambda s: dl.survival.cox(s, "z + x", time="time", event="one"),
        "ratios": lambda s: dl.effect_ratios(dl.regress(s, "one ~ z", family="binomial")),
    }

    @pytest.fixture
    def frame(self) -> pd.DataFrame:
        """Five units have `z`, and one of these all its events."""
        frame = people_of(group=5)
        return frame.assign(
            one=np.where(
                frame["z"] == "z", (frame["unit"] == 2) & (frame["yes"] == 1), frame["yes"]
            )
            * 1
        )

    @pytest.mark.parametrize("name", FITS)
    def test_of_a_group(self, name: str, frame: pd.DataFrame) -> None:
        fit = self.FITS[name](of_units(frame))
        for _, each in fit.frame.iterrows():
            assert lacks_error(each) == (each["category"] == "z")
        # that two units have some is enough
        frame.loc[frame["unit"] == 3, "one"] = frame["yes"]
        assert np.isfinite(self.FITS[name](of_units(frame)).frame["std_error"]).all()

    def test_of_a_reference_and_of_all(self, frame: pd.DataFrame) -> None:
        fit = dl.regress(of_units(frame), "one ~ z", family="binomial", reference={"z": "z"})
        assert fit.frame["std_error"].isna().all()
        kept = dl.contrast(fit, "a - b", names={"a": {"category": "a"}, "b": {"category": "b"}})
        assert kept.frame["std_error"].item() > 0
        with pytest.raises(MisleadingError, match="`unit` = 2"):
            dl.term_test(fit, "z")
        alone = frame.assign(one=frame["yes"] * (frame["unit"] == 2))
        alone.loc[alone["unit"] == 2, "z"] = ["a", "b", "z", "a", "b", "z", "a", "b", "z", "a"]
        alone.loc[alone["unit"] == 2, "one"] = [1, 1, 1, 0, 0, 0, 1, 1, 1, 0]
        assert (
            dl.regress(of_units(alone), "one ~ z", family="binomial")
            .frame["std_error"]
            .isna()
            .all()
        )

    def test_chances_keep_theirs(self, frame: pd.DataFrame) -> None:
        """Without that unit a chance is 0, as a share of people is, which has an error."""
        margins = dl.predicted_margins(
            dl.regress(of_units(frame), "one ~ z", family="binomial"), "z"
        ).frame
        shares = dl.estimate(of_units(frame), dl.share("one == 1"), by="z").frame
        assert margins["std_error"].tolist() == pytest.approx(shares["std_error"].tolist())

    def test_one_respondent_is_no_unit(self, frame: pd.DataFrame) -> None:
        one = frame.assign(one=np.where(frame["z"] == "z", frame.index == 3, frame["yes"]) * 1)
        assert np.isfinite(
            dl.regress(dl.declare_design(one), "one ~ z", family="binomial").frame["std_error"]
        ).all()


def test_curves_where_one_unit_alone_is_followed() -> None:
    """Unit 0 is followed to 20, the others to 9: later shares rest on it alone, and so does the time of a share."""
    frame = people_of().assign(event=lambda d: d["yes"])
    draw = np.random.default_rng(1)
    frame["time"] = np.where(
        frame["unit"] == 0, draw.uniform(5, 20, 200), draw.uniform(1, 9, 200)
    ).round(2)
    frame.loc[frame["time"].idxmax(), "event"] = 0
    last = frame.loc[frame["unit"] > 0, "time"].max()
    found = dl.survival.kaplan_meier(of_units(frame), "time", "event").frame
    curve = found[found["statistic"] == "kaplan_meier"]
    late = curve["category"] > last
    assert late.sum() > 1
    assert curve["std_error"].isna().tolist() == late.tolist()
    assert curve["ci_low"].isna().tolist() == late.tolist()
    alone = dl.survival.kaplan_meier(dl.declare_design(frame, weights="w"), "time", "event").frame
    assert np.isfinite(alone["std_error"]).all()


@pytest.mark.parametrize(
    "statistic", [dl.ratio("y", "x"), dl.median("y"), dl.gini("amount"), dl.variance("y")]
)
def test_a_unit_with_most_of_the_weight_is_flagged_whatever_is_asked(statistic: Any) -> None:
    """Unit 0 has nine tenths of the weight of `z`; sums of it have no such flag, since they move with the weight."""
    frame = people_of(group=4).assign(
        x=1.0 + people_of()["x"] ** 2, amount=lambda d: np.exp(d["y"])
    )
    frame["w"] = np.where(frame["unit"] == 0, 90.0, 3.0)
    sample = of_units(frame)
    found = dl.estimate(sample, statistic, by="z")
    assert [("heavy unit" in each) for each in found.frame["flag"]] == [False, False, True]
    assert dl.contrast(found, {"z": ("z", "a")}).frame["std_error"].isna().all()
    assert dl.contrast(found, {"z": ("b", "a")}).frame["std_error"].item() > 0
    assert "heavy" not in "".join(
        dl.estimate(sample, dl.total("y"), dl.count(), by="z").frame["flag"]
    )


class TestHeavyUnitsBehindPovertyRates:
    """A national line that is the median of one unit: intervals of 95% of a domain without it held 73 of 100."""

    def sample(self, heavy: float) -> dl.Sample:
        draw = np.random.default_rng(3)
        frame = pd.DataFrame({"unit": np.repeat(np.arange(20), 8), "person": np.arange(160)})
        frame["pay"] = np.exp(
            7 + 0.35 * draw.normal(size=20)[frame["unit"]] + 0.35 * draw.normal(size=160)
        )
        frame["g"] = np.where(frame["unit"] % 2 == 0, "a", "b")
        frame["w"] = np.where(frame["unit"] == 0, heavy, 1.0)
        return dl.declare_design(frame, weights="w", psu="unit")

    def flags(self, statistic: Any, heavy: float, **options: Any) -> list[str]:
        found = dl.estimate(self.sample(heavy), statistic, by="g", **options).frame["flag"]
        return [each.removeprefix("few units").removeprefix(", ") for each in found]

    def test_a_line_of_everybody_is_known_as_well_as_everybody_is(self) -> None:
        corrected = {"variance": "bell_mccaffrey"}
        # 75 of 94, and 38 of 57: the line rests on the unit, or not; the domain does either way
        assert self.flags(dl.arpr("pay"), 75.0) == ["heavy unit", "heavy unit"]
        assert self.flags(dl.arpr("pay"), 75.0, **corrected) == ["heavy unit", "heavy unit"]
        assert self.flags(dl.arpt("pay"), 75.0) == ["heavy unit", "heavy unit"]
        assert self.flags(dl.fgt("pay", 1), 75.0) == ["heavy unit", "heavy unit"]
        assert self.flags(dl.arpr("pay"), 38.0) == ["correctable heavy unit", ""]
        assert self.flags(dl.arpr("pay"), 38.0, **corrected) == ["", ""]
        assert self.flags(dl.arpt("pay"), 38.0) == ["", ""]
        assert self.flags(dl.fgt("pay", 1), 38.0) == ["heavy unit", ""]

    def test_lines_of_domains_and_fixed_lines_are_not(self) -> None:
        for heavy in (38.0, 75.0):
            for statistic in (
                dl.arpr("pay", threshold_on="domain"),
                dl.arpr("pay", threshold=900.0),
            ):
                assert self.flags(statistic, heavy) == ["correctable heavy unit", ""]
                assert self.flags(statistic, heavy, variance="bell_mccaffrey") == ["", ""]

    def test_a_share_of_none_has_an_exact_interval_that_nothing_corrects(self) -> None:
        for statistic in (dl.arpr("pay", threshold=1.0), dl.share("pay < 1")):
            found = dl.estimate(self.sample(75.0), statistic, by="g").frame
            assert found["flag"].tolist() == ["few units", ""]
            assert found["ci_high"][0] > found["ci_high"][1] > 0.3

    def test_no_option_is_named_that_a_verb_does_not_have(self) -> None:
        sample = self.sample(75.0)
        frame = pd.concat(
            [sample.collect().engine.columns.frame.to_pandas().assign(wave=each) for each in (1, 2)]
        )
        waves = dl.declare_design(frame, weights="w", psu="unit")
        found = dl.change(waves, dl.mean("pay"), wave="wave", person="person", by="g")
        assert found.frame["flag"].tolist() == ["high leverage", ""]
        printed = str(dl.table(dl.estimate(sample, dl.mean("pay"), by="g"), "fr").sheet)
        assert "sauf avec `estimate(..., variance=" in printed


@pytest.mark.parametrize("kind", ["made", "file"])
def test_few_units_under_replicate_weights(kind: str) -> None:
    """A row in two of twenty units: F has no more degrees of freedom than the units, or weights, of the row tell."""
    frame = people_of(group=2).assign(w=1.0)
    sample = dl.make_replicates(of_units(frame), "jk1")
    if kind == "file":
        for unit in range(20):
            frame[f"r{unit}"] = np.where(frame["unit"] == unit, 0.0, 20 / 19)
        weights = dl.replicates([f"r{unit}" for unit in range(20)], kind="jk1", combined=True)
        sample = dl.declare_design(frame, weights="w", replicates=weights)
    two = sample.where("z != 'b'")
    test = dl.crosstab(two, "z", "yes").test
    assert test.flag == "few units"
    assert test.df[1] < 2.5
    assert dl.log_linear(two, "~ z + yes").test.p_value == pytest.approx(test.p_value)


def test_an_answer_of_several_that_one_unit_alone_gave() -> None:
    """It is a category in one unit: the test would rest on it; given in two units it is not."""
    frame, draw = people_of(), np.random.default_rng(3)
    for name in ("q1", "q2", "q3"):
        frame[name] = (draw.random(len(frame)) < 0.4) * 1
    question = Responses("q", ("q1", "q2", "q3"), kind="dichotomies", counted=1)
    for units, flag in (([3], "no variance"), ([3, 4, 9, 11, 14, 15, 17, 18], "")):
        asked = frame.assign(q3=frame["q3"] * frame["unit"].isin(units))
        test = dl.crosstab(of_units(asked), question, "yes").test
        assert test.flag == flag
        assert np.isnan(test.p_value) == (flag != "")
        if test.lone is not None:
            assert (test.lone.variable, test.lone.category) == ("q", "q3")


class TestErrorsThatOthersLend:
    """Calibrated weights give the mean of a group in one unit the error of its margins, which is not its own."""

    @pytest.fixture(params=["calibrated", "replicates calibrated"])
    def sample(self, request: pytest.FixtureRequest) -> dl.Sample:
        frame = people_of().assign(side=lambda d: np.where(d["x"] > 0, "l", "r"))
        sample = of_units(frame)
        if "replicates" in request.param:
            sample = dl.make_replicates(sample, "jk1")
        return dl.calibrate(sample, {"side": {"l": 300.0, "r": 250.0}})

    @pytest.mark.parametrize(
        "statistic",
        [
            dl.mean("y"),
            dl.share("yes == 1"),
            dl.median("y"),
            dl.ratio("y", "time"),
            dl.variance("y"),
            dl.gini("time"),
            dl.arpr("time"),
        ],
    )
    def test_no_statistic_has_one(self, sample: dl.Sample, statistic: Any) -> None:
        found = dl.estimate(sample, statistic, by="z")
        assert found.frame["std_error"].isna().tolist() == [False, False, True]
        assert "no variance" in found.frame["flag"].iloc[2]
        compared = dl.contrast(found, {"z": ("a", "z")}).frame
        assert compared[["std_error", "ci_low", "p_value"]].isna().all(axis=None)
        others = dl.contrast(found, {"z": ("a", "b")}).frame
        assert others["std_error"].notna().all()

    def test_what_does_not_rest_on_the_group_keeps_its_error(self, sample: dl.Sample) -> None:
        """Counts grow with the weights of the unit; the line of everybody does not need its people."""
        found = dl.estimate(sample, dl.count(), dl.total("y"), dl.arpt("time"), by="z").frame
        assert found["std_error"].notna().all()

    def test_rows_of_tables(self, sample: dl.Sample) -> None:
        cells = dl.crosstab(sample, "z", "yes", shares="row").cells.frame
        assert cells["std_error"].isna().tolist() == (cells["z"] == "z").tolist()


class TestStatisticsOfTwoGroups:
    """A pay gap, a ratio of medians of two groups: not known without the only unit of one of them."""

    GROUPS: ClassVar[list[Any]] = [
        dl.gender_pay_gap("time", "z == 'z'"),
        dl.gender_pay_gap("time", "z != 'z'"),
        dl.gender_pay_gap("time", "z == 'z'", gap_of="median"),
        dl.relative_median_income_ratio("time", "z == 'z'"),
        dl.aggregate_replacement_ratio("time", "z == 'z'", "time", "z == 'a'"),
    ]

    @pytest.mark.parametrize("statistic", GROUPS)
    def test_a_group_in_one_unit(self, statistic: Any) -> None:
        assert lacks_error(dl.estimate(of_units(people_of()), statistic).frame.iloc[0])

    @pytest.mark.parametrize("statistic", GROUPS)
    def test_a_group_in_two_units_has_their_degrees_of_freedom(self, statistic: Any) -> None:
        sample = of_units(people_of(group=2))
        row = dl.estimate(sample, statistic).frame.iloc[0]
        of_group = dl.estimate(sample.where("z == 'z'"), dl.mean("time")).frame["df"].item()
        assert row["df"] == pytest.approx(of_group)
        assert row["flag"] == "few units"

    def test_a_heavy_unit(self) -> None:
        frame = people_of(group=3).assign(w=lambda d: np.where(d["unit"] == 0, 60.0, d["w"]))
        found = dl.estimate(of_units(frame), dl.gender_pay_gap("time", "z == 'z'")).frame
        assert "heavy unit" in found["flag"].item()


class TestFewUnitsWhateverTheDegreesOfFreedom:
    """What few units tell is flagged under every rule, since most of these take it for well known.

    A group in three of 40 units: by `df="design"` 12 to 18 of 100 true hypotheses are rejected.
    """

    RULES = ("effective", "design", "domain", "infinity")

    @staticmethod
    def asked(sample: Any, df: Any) -> dict[str, Any]:
        """Return the flags of what is said of the group, by verb."""
        fit = dl.regress(sample, "y ~ z", df=df)
        logit = dl.regress(sample, "yes ~ z", family="binomial", df=df)
        means = dl.estimate(sample, dl.mean("y"), dl.median("y"), dl.share("yes"), by="z", df=df)
        difference = dl.contrast(means.rows(means.frame["statistic"] == "mean"), {"z": ("z", "a")})
        table = dl.crosstab(sample, "z", "yes", df=df, shares="row")
        of_table = table.cells.frame
        results = {
            "regress": fit.rows([1]),
            "logit": logit.rows([1]),
            "cox": dl.survival.cox(sample, "z", time="time", event="event", df=df),
            "effect_ratios": dl.effect_ratios(logit),
            "predicted_margins": dl.predicted_margins(fit, "z").rows([1]),
            "marginal_effects": dl.marginal_effects(fit, "z"),
            "predict": dl.predict(fit, {"z": ["z"]}),
            "estimate": means.rows((means.frame["z"] == "z") & (means.frame["category"] == "")),
            "contrast": difference,
            "crosstab": table.cells.rows(of_table["z"] == "z"),
            "odds ratio": table.association.rows([2, 3]),
        }
        found = {name: [*each.frame["flag"]] for name, each in results.items()}
        tests = {
            "t_test": dl.t_test(sample, "y", "z", df=df),
            "t_test of the group": dl.t_test(sample.where("z == 'z'"), "y", df=df),
            "rank_test": dl.rank_test(sample, "y", "z", df=df),
            "log_rank": dl.survival.log_rank(sample, "time", "event", "z", df=df),
            "term_test": dl.term_test(fit, "z"),
            "wald_test": dl.wald_test(difference),
            "test of the table": table.test,
        }
        return found | {name: [each.flag] for name, each in tests.items()}

    @staticmethod
    def of_two(group: int) -> pd.DataFrame:
        frame = people_of(units=40, group=group)
        return frame.assign(z=np.where(frame["z"] == "z", "z", "a"))

    @pytest.mark.parametrize("df", RULES)
    def test_every_verb_says_it(self, df: Any) -> None:
        for name, flags in self.asked(of_units(self.of_two(3)), df).items():
            assert {*flags} == {"few units"}, name
        for name, flags in self.asked(of_units(self.of_two(20)), df).items():
            assert {*flags} == {""}, name

    @pytest.mark.parametrize("df", ["effective", "design", "infinity"])
    def test_calibrated_replicate_and_imputed_samples(self, df: Any) -> None:
        frame = self.of_two(3)
        sample = of_units(frame)
        told = {"yes": {0: 300.0, 1: 300.0}}
        for each in (dl.calibrate(sample, told), dl.make_replicates(sample, "jk1")):
            for name, flags in self.asked(each, df).items():
                assert {*flags} == {"few units"}, name
        imputed = dl.imputed([sample, of_units(frame.assign(y=frame["y"] + 0.1 * frame["x"]))])
        fit = dl.regress(imputed, "y ~ z", df=df)
        assert row_of(fit, "z", "z")["flag"] == "few units"
        for test in (dl.term_test(fit, "z"), dl.t_test(imputed, "y", "z", df=df)):
            assert test.flag == "few units"

    @pytest.mark.parametrize("df", ["effective", "design"])
    def test_replicate_weights_of_a_file(self, df: Any) -> None:
        """Degrees of freedom are R's, the rank of the weights: of 100 true hypotheses 23 are rejected in two units."""
        for group, flag in ((2, "few units"), (3, "few units"), (20, "")):
            frame = self.of_two(group)
            weights = {
                f"r{k}": np.where(frame["unit"] == k, 0.0, 1.0) * frame["w"] for k in range(40)
            }
            replicates = dl.replicates(list(weights), kind="jk1")
            whole = pd.concat([frame, pd.DataFrame(weights)], axis=1)
            sample = dl.declare_design(whole, weights="w", replicates=replicates)
            for name, flags in self.asked(sample, df).items():
                assert {*flags} == {flag}, name
            assert row_of(dl.regress(sample, "y ~ z + x", df=df), "z", "z")["df"] == 37

    @pytest.mark.parametrize("df", RULES)
    def test_enlarged_residuals(self, df: Any) -> None:
        options = {"variance": "bell_mccaffrey", "df": df}
        for group, flag in ((3, "few units"), (20, "")):
            sample = of_units(self.of_two(group))
            fit = dl.regress(sample, "y ~ z", **options)
            means = dl.estimate(sample, dl.mean("y"), by="z", **options)
            assert (row_of(fit, "z", "z")["flag"], means.frame["flag"][1]) == (flag, flag)
            assert dl.term_test(fit, "z").flag == flag

    def test_joint_tests_of_a_linearised_covariance_say_it_too(self) -> None:
        """Enlarged residuals hold five groups, one in three units; calibrated weights reject 9 of 100."""
        frame = people_of(units=40, group=3)
        sample = of_units(frame)
        calibrated = dl.calibrate(sample, {"yes": {0: 300.0, 1: 300.0}})
        for each, flag in ((sample, ""), (calibrated, "few units")):
            fit = dl.regress(each, "y ~ z")
            pairs = dl.contrast(dl.estimate(each, dl.mean("y"), by="z"), pairwise="holm")
            tests = (dl.term_test(fit, "z"), dl.wald_test(pairs), dl.rank_test(each, "y", "z"))
            for test in (*tests, dl.summary(each, ["y"], by="z").tests["y"]):
                assert (test.flag, test.df[1] > 4) == (flag, True)
        design = dl.regress(sample, "y ~ z", df="design")
        assert dl.term_test(design, "z").flag == "few units"

    def test_a_table_of_three_rows_by_the_design(self) -> None:
        """No value by what its units tell, and R's by the design, which rejects 18 of 100 in two units."""
        sample = of_units(people_of(units=40, group=2))
        own, as_r = (
            dl.crosstab(sample, "z", "three", df=df).test for df in ("effective", "design")
        )
        assert (np.isnan(own.p_value), own.flag) == (True, "no degrees of freedom")
        assert (np.isfinite(as_r.p_value), as_r.flag) == (True, "few units")

    def test_in_print(self) -> None:
        sample = of_units(self.of_two(3))
        test = dl.t_test(sample, "y", "z")
        assert "few units: under 8 degrees of freedom" in " ".join(str(test).split())
        french = dl.table(test, "fr").as_raw_html().replace("\N{NO-BREAK SPACE}", " ")
        assert "peu d’unités : moins de 8 degrés de liberté" in french

    def test_decompositions(self) -> None:
        frame = self.of_two(3).assign(pay=lambda each: 1000 * np.exp(each["y"]))
        for df in ("effective", "design"):
            parts = dl.decompose(of_units(frame), dl.theil("pay"), by="z", df=df).frame
            few = parts["flag"].str.startswith("few units")
            assert few.tolist() == (parts["z"] == "z").tolist()


class TestCorrelations:
    """A correlation is a slope on each of its variables: one unit that tells a slope tells it too."""

    @staticmethod
    def people() -> pd.DataFrame:
        frame = people_of(units=40)
        unit = frame["unit"]
        columns = {"one": (unit == 0) * 1, "three": (unit < 3) * 1, "half": (unit < 20) * 1}
        columns |= {
            "resp": (np.arange(400) == 0) * 1,
            "amount": np.where(unit == 0, frame["w"], 0.0),
        }
        columns |= {
            "far": frame["x"] + 20.0 * (unit == 0),
            "named": np.where(unit == 0, "yes", "no"),
        }
        return frame.assign(**columns)

    def samples(self) -> dict[str, Any]:
        frame = self.people()
        sample = of_units(frame)
        weights = {
            f"r{k}": np.where(frame["unit"] == k, 0.0, frame["w"] * 40 / 39) for k in range(40)
        }
        of_file = pd.concat([frame, pd.DataFrame(weights)], axis=1)
        replicates = dl.replicates(list(weights), kind="jk1")
        return {
            "plain": sample,
            "calibrated": dl.calibrate(sample, {"yes": {0: 400.0, 1: 400.0}}),
            "replicates": dl.make_replicates(sample, "jk1"),
            "of a file": dl.declare_design(of_file, weights="w", replicates=replicates),
            "imputed": dl.imputed([sample, sample]),
            "queried": of_units(pl.from_pandas(frame).lazy()),
        }

    def test_a_variable_that_varies_in_one_unit_or_respondent_alone(self) -> None:
        for name, sample in self.samples().items():
            statistics = [dl.correlation("y", x) for x in ("one", "resp", "amount")]
            found = dl.estimate(sample, *statistics, dl.correlation("one", "y")).frame
            for _, row in found.iterrows():
                assert lacks_error(row), (name, row["variable"])
        elements = dl.declare_design(self.people(), weights="w")
        assert lacks_error(dl.estimate(elements, dl.correlation("y", "resp")).frame.iloc[0])
        assert np.isfinite(dl.estimate(elements, dl.correlation("y", "one")).frame["std_error"][0])
        # of a census nothing is unknown
        known = of_units(self.people().assign(N=40), fpc="N")
        assert np.isfinite(dl.estimate(known, dl.correlation("y", "one")).frame["ci_low"][0])

    def test_one_unit_with_most_of_what_varies_leaves_few_degrees_of_freedom(self) -> None:
        found = dl.estimate(of_units(self.people()), dl.correlation("y", "far")).frame
        assert (found["flag"][0], found["df"][0] < 6) == ("few units", True)

    def test_degrees_of_freedom_are_those_of_the_slope(self) -> None:
        """Near those of the slope: nearer for an even variable than for a group, which has a mean of its own."""
        sample = of_units(self.people())
        for x, within in (("x", 0.01), ("three", 0.1)):
            slopes = [dl.regress(sample, each).frame.iloc[1] for each in (f"y ~ {x}", f"{x} ~ y")]
            found = dl.estimate(sample, dl.correlation("y", x)).frame.iloc[0]
            assert found["df"] == pytest.approx(min(each["df"] for each in slopes), rel=within)
            assert found["flag"] == slopes[0]["flag"]
        assert dl.estimate(sample, dl.correlation("y", "half")).frame["flag"][0] == ""
        for df in ("design", "infinity"):
            found = dl.estimate(sample, dl.correlation("y", "three"), df=df).frame
            assert found["flag"][0] == "few units"
        of_file = [dl.correlation("y", x) for x in ("three", "half")]
        found = dl.estimate(self.samples()["of a file"], *of_file).frame
        assert (found["df"][0], found["flag"].tolist()) == (2, ["few units", ""])

    def test_domains_and_comparisons(self) -> None:
        frame = self.people().assign(k=np.tile(["p", "q"], 200))
        found = dl.estimate(of_units(frame), dl.correlation("y", "one"), by="k")
        assert [lacks_error(row) for _, row in found.frame.iterrows()] == [True, True]
        assert np.isnan(dl.contrast(found, {"k": ("p", "q")}).frame["p_value"][0])

    def test_a_ratio_whose_divisor_lies_in_one_unit(self) -> None:
        for name, sample in self.samples().items():
            statistics = dl.ratio("w", "amount"), dl.ratio("y", "one"), dl.ratio("amount", "w")
            found = dl.estimate(sample, *statistics).frame
            lost = [lacks_error(row) for _, row in found.iterrows()]
            assert lost == [True, True, False], name


class TestTotalsOfNone:
    """Rule R4 of a count: as many people as the share may be of; of an amount nothing is known."""

    @staticmethod
    def sample(**options: Any) -> dl.Sample:
        frame = people_of(units=12).assign(k=np.tile(["p", "q"], 60), nil=0.0)
        frame["has"] = ((frame["k"] == "q") & (frame["x"] > 1)) * 1
        frame["pay"] = np.where(frame["has"] == 1, 100.0, 0.0)
        return of_units(frame, **options)

    def test_a_count_of_nobody_goes_up_to_the_share_of_as_many_people(self) -> None:
        sample = self.sample()
        for asked in ("has", "has == 1"):
            statistics = dl.total(asked), dl.share("has == 1"), dl.count()
            found = dl.estimate(sample, *statistics, by="k").frame
            total, share, people = (found[found["k"] == "p"].iloc[at] for at in range(3))
            assert (total["estimate"], total["ci_low"], total["flag"]) == (0, 0, "")
            assert total["ci_high"] == pytest.approx(people["estimate"] * share["ci_high"])
            assert total["ci_high"] > 0
        whole = sample.with_columns(never=np.zeros(120, dtype=int))
        assert dl.estimate(whole, dl.total("never")).frame["ci_high"][0] > 0
        pair = dl.contrast(dl.estimate(sample, dl.total("has"), by="k"), {"k": ("q", "p")}).frame
        own = dl.estimate(sample, dl.total("has"), by="k").frame
        assert pair["std_error"][0] > own["std_error"][1]

    def test_a_count_of_everybody_may_be_of_fewer(self) -> None:
        """Calibrated, the number of people is known; that all of them have it is not."""
        sample = dl.calibrate(self.sample(), {"k": {"p": 500.0, "q": 700.0}})
        found = dl.estimate(sample, dl.total("has == 0"), dl.share("has == 0"), by="k").frame
        total, share = found.iloc[0], found.iloc[2]
        assert (total["estimate"], total["ci_high"]) == pytest.approx((500, 500))
        assert total["ci_low"] == pytest.approx(500 * share["ci_low"])
        assert total["ci_low"] < 490

    def test_an_amount_that_is_zero_for_all_has_no_interval(self) -> None:
        for sample in (self.sample(), dl.make_replicates(self.sample(), "jk1")):
            assert lacks_error(dl.estimate(sample, dl.total("nil")).frame.iloc[0])
            found = dl.estimate(sample, dl.total("pay"), by="k")
            assert lacks_error(found.frame.iloc[0])
            assert found.frame["estimate"][0] == 0
            assert np.isfinite(found.frame["ci_low"][1])
            assert np.isnan(dl.contrast(found, {"k": ("q", "p")}).frame["p_value"][0])
        # where everybody is asked, it is known
        everybody = self.sample().collect().engine.columns.frame.to_pandas().assign(N=12)
        census = dl.estimate(of_units(everybody, fpc="N"), dl.total("nil")).frame
        assert (census["ci_low"][0], census["ci_high"][0]) == (0, 0)


def test_the_poverty_line_of_everybody_has_the_degrees_of_freedom_of_everybody() -> None:
    """It is one number, which a domain repeats; a line of each domain is its own."""
    frame = people_of(units=40, group=3).assign(pay=lambda each: 1000 * np.exp(each["y"]))
    sample = of_units(frame)
    whole = dl.estimate(sample, dl.arpt("pay")).frame
    for df in ("effective", "design", "domain"):
        whole = dl.estimate(sample, dl.arpt("pay"), df=df).frame
        found = dl.estimate(sample, dl.arpt("pay"), by="z", df=df).frame
        for name in ("estimate", "std_error", "ci_low", "ci_high", "df"):
            assert found[name].tolist() == pytest.approx([whole[name][0]] * 3), name
        assert found["flag"].tolist() == ["", "", ""]
    own = dl.estimate(sample, dl.arpt("pay", threshold_on="domain"), by="z").frame
    assert (own["df"][2] < 3, own["flag"][2]) == (True, "few units")


def test_what_else_one_unit_tells_alone() -> None:
    """Found by 300 random calls: one mean under calibration, a scale, a residual of one respondent."""
    frame = people_of(units=20, group=1)
    sample = of_units(frame)
    calibrated = dl.calibrate(sample, {"yes": {0: 200.0, 1: 200.0}})
    with pytest.raises(MisleadingError, match="no sampling variance"):
        dl.t_test(calibrated.where("z == 'z'"), "y")
    inside = frame["unit"] == 0
    items = {"first": inside * frame["x"], "second": inside * (frame["x"] + frame["w"])}
    for each in (of_units(frame.assign(**items)), calibrated.with_columns(**items)):
        found = dl.estimate(
            each, dl.cronbach_alpha("first", "second"), dl.cronbach_alpha("y", "time")
        )
        assert [lacks_error(row) for _, row in found.frame.iterrows()] == [True, False]
    lone = frame.assign(z=np.where(np.arange(200) == 0, "z", frame["unit"] % 2), g="a")
    lone.loc[0, "g"] = "z"
    table = dl.crosstab(dl.declare_design(lone, weights="w"), "z", "yes").residuals.frame
    assert (table["flag"] == "one respondent").tolist() == (table["z"] == "z").tolist()
    two = dl.crosstab(dl.declare_design(lone, weights="w"), "g", "yes").residuals.frame
    assert (two["flag"] == "one respondent").all()
