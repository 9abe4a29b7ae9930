"""Regressions that tell of few: references, columns that few have, normal equations, two fits that differ by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import DisclosureError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Example"))


def published(result: Any, **options: Any) -> Any:
    return dl.publish(result, options.pop("profile", "standard"), notes=NOTES, **options)


def people(seed: int, n: int = 300) -> pd.DataFrame:
    """The first person alone has region `a` (or `z`), is the only VIP, and earns what nobody may learn."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"region": ["a", *draw.choice(list("bcd"), n - 1)], "age": draw.integers(18, 70, n) * 1.0}
    )
    frame["last"] = frame["region"].replace("a", "z")
    frame["vip"] = (np.arange(n) == 0).astype(int)
    frame["other"] = 1 - frame["vip"]
    frame["share_of_time"] = np.where(np.arange(n) < 4, draw.uniform(0.1, 0.9, n), 0.0)
    return frame.assign(
        inc=draw.lognormal(7, 0.5, n).round(2), ill=(draw.random(n) < 0.02).astype(int)
    )


def singled(shown: list[Any], frame: pd.DataFrame) -> float:
    """How much of the income of the first person is known, from coefficients and means of everybody: its leverage."""
    design = pd.get_dummies(frame[["region", "last"]]).assign(
        intercept=1.0, **frame.select_dtypes("number")
    )
    rows = []
    for each in shown:
        table = each.frame
        if "coefficient" not in table["statistic"].tolist():
            rows += [
                np.ones(len(frame))
                for value in table.loc[table["variable"] == "inc", "estimate"]
                if value > 0
            ]
            continue
        names = [
            f"{name}_{level}" if level else name
            for name, level in zip(table["variable"], table["category"], strict=True)
        ]
        x = design[names].to_numpy(dtype=float).T
        rows += [*(np.linalg.inv(x @ x.T) @ x)[table["estimate"].notna().to_numpy()]]
    if not rows:
        return 0.0
    q = np.linalg.svd(np.array(rows), full_matrices=False)
    span = q.Vh[1e-12 * q.S.max() < q.S]
    return float((span[:, 0] ** 2).sum())


@pytest.mark.parametrize(
    "formula",
    ["inc ~ C(region) + age", "inc ~ C(last) + age", "inc ~ vip + age", "inc ~ other + age",
     "inc ~ share_of_time + age"],
)  # fmt: skip
@pytest.mark.parametrize("seed", range(3))
def test_no_coefficient_tells_of_one_person(formula: str, seed: int) -> None:
    """The reference alone, a column that one person has, or four: intercept and slope gave the income."""
    frame = people(seed)
    sample = dl.declare_design(frame)
    fit = dl.regress(sample, formula)
    shown = published(fit, sample=sample)
    assert shown.frame["estimate"].isna().any()
    assert singled([shown], frame) < 0.9
    assert published(fit).frame["flag"].tolist() == shown.frame["flag"].tolist()
    for derived in (dl.predicted_margins(fit, {"age": [30, 40]}), dl.marginal_effects(fit, "age")):
        assert published(derived, sample=sample).frame["estimate"].isna().all()


def test_predictions_of_a_model_are_hidden_with_it_and_need_the_sample(
    refused: Callable[..., None],
) -> None:
    frame = people(4)
    sample = dl.declare_design(frame)
    fit = dl.regress(sample, "inc ~ vip + age")
    guess = dl.predict(fit, {"vip": [1, 0], "age": [30.0, 40.0]})
    assert published(guess, sample=sample).frame["estimate"].isna().all()
    refused(lambda: published(guess), OptionError)
    fine = dl.predict(dl.regress(sample, "inc ~ age"), {"age": [30.0]})
    assert published(fine, sample=sample).frame["estimate"].notna().all()


@pytest.mark.parametrize("seed", range(3))
def test_means_beside_a_model_do_not_give_a_hidden_coefficient_back(seed: int) -> None:
    """Sums of incomes are sums of what is fitted: the mean gave the coefficient of `z`."""
    frame = people(seed)
    sample = dl.declare_design(frame)
    results = [
        dl.regress(sample, "inc ~ C(last) + age"),
        dl.estimate(sample, dl.mean("inc"), dl.mean("age")),
    ]
    shown = published(results, sample=sample)
    assert singled(shown, frame) < 0.9
    later = published(results[1], sample=sample, released=[published(results[0], sample=sample)])
    assert later.frame.loc[later.frame["variable"] == "inc", "estimate"].isna().all()


def test_a_model_without_small_groups_is_published_whole() -> None:
    frame = people(5).query("region != 'a'")
    sample = dl.declare_design(frame)
    results = [
        dl.regress(sample, "inc ~ C(region) + age"),
        dl.estimate(sample, dl.mean("inc"), by="region"),
    ]
    for each in published(results, sample=sample):
        assert each.frame["estimate"].notna().all()
    assert published(results[0]).fit.r2 == results[0].fit.r2


def test_two_models_that_differ_by_one_person_are_not_both_published() -> None:
    frame = people(6)
    sample = dl.declare_design(frame)
    results = [dl.regress(each, "inc ~ age") for each in (sample, sample.where("vip == 0"))]
    one, two = published(results, sample=sample)
    assert one.frame["estimate"].isna().all() != two.frame["estimate"].isna().all()
    # by a missing answer too: nobody looks for whom it is, but the incomes differ by one
    frame["job"] = np.where(frame["vip"] == 1, None, "x")
    sample = dl.declare_design(frame)
    every = dl.estimate(sample, dl.mean("inc"))
    answered = dl.estimate(sample, dl.mean("inc"), by="job")
    shown = published([every, answered], sample=sample)
    assert sum(each.frame["estimate"].notna().sum() for each in shown) == 1
    with pytest.raises(DisclosureError):
        published(dl.regress(sample, "inc ~ age"), sample=sample, released=results)


def test_outcomes_of_few_are_hidden_in_a_model_as_in_a_table() -> None:
    """Of a region of 40 three are ill: a share of three is told by an intercept and a coefficient."""
    frame = pd.DataFrame(
        {"region": ["a"] * 40 + ["b"] * 60 + ["c"] * 60, "ill": [1] * 3 + [0] * 37 + [1, 0, 0] * 40}
    )
    sample = dl.declare_design(frame)
    for family in ("gaussian", "binomial"):
        shown = published(dl.regress(sample, "ill ~ C(region)", family=family), sample=sample)
        assert shown.frame.loc[shown.frame["variable"] == "intercept", "estimate"].isna().all()


def test_errors_that_one_person_makes_are_hidden() -> None:
    frame = people(7).assign(vip=0)
    frame.loc[0, "inc"] = 1_234_567.0
    sample = dl.declare_design(frame)
    shown = published(dl.regress(sample, "inc ~ age"), sample=sample)
    assert shown.frame["std_error"].isna().all()


@pytest.mark.parametrize("where", ["", "region == 'b'"])
def test_a_total_that_one_person_dominates_does_not_come_back_through_a_model(where: str) -> None:
    """One earns nearly all of region b: a model of regions, or of region b alone, gives its total."""
    frame = people(8)
    first = frame.index[frame["region"] == "b"][0]
    frame.loc[first, "inc"] = 12_345_678.0
    sample = dl.declare_design(frame.query("region != 'a'"))
    fit = (
        dl.regress(sample.where(where), "inc ~ age")
        if where
        else dl.regress(sample, "inc ~ C(region)")
    )
    totals = dl.estimate(sample, dl.total("inc"), by="region")
    assert published(fit, sample=sample).frame["estimate"].isna().all()
    one, two = published([totals, fit], sample=sample)
    assert one.frame["estimate"].isna().tolist() == [True, False, False]
    assert two.frame["estimate"].isna().all()
    later = published(fit, sample=sample, released=[published(totals, sample=sample)])
    assert later.frame["estimate"].isna().all()


@pytest.mark.parametrize("profile", ["opensafely", "standard"])
def test_models_that_are_rounded_or_hidden_are_of_their_sample(profile: str) -> None:
    """What is released has an n of 305 for 303 respondents, or none."""
    frame = people(9, 304).query("region != 'a'")
    if profile == "standard":
        frame["inc"] = frame["inc"].mask(frame.index == 1, 12_345_678.0)
    sample = dl.declare_design(frame)
    first = published(dl.regress(sample, "inc ~ age"), sample=sample, profile=profile)
    assert first.frame["n"].isin([305.0]).all() or first.frame["n"].isna().all()
    ages = dl.estimate(sample, dl.mean("age"), by="region")
    after = published(ages, sample=sample, profile=profile, released=[first])
    assert after.frame["estimate"].notna().all()


@pytest.mark.parametrize("dominated", ["f", "m"])
@pytest.mark.parametrize("counted", [False, True])
def test_a_category_that_one_dominates_is_no_sum_of_a_model_with_a_hidden_column(
    dominated: str, counted: bool
) -> None:
    """Famous are four of the other sex: without their coefficient, the others give what this sex earns together."""
    frame = people(10, 120).drop(columns="region")
    other = (np.arange(120) < 4) | (np.arange(120) % 3 == 0)
    frame["sex"] = np.where(other, {"f": "m", "m": "f"}[dominated], dominated)
    frame["vip"] = (np.arange(120) < 4) * 1
    richest = frame.index[frame["sex"] == dominated][0]
    frame.loc[richest, "inc"] = 1_234_567.0
    sample = dl.declare_design(frame)
    fit = dl.regress(sample, "inc ~ sex + vip + age")
    released = [published(dl.estimate(sample, dl.share("sex")), sample=sample)] if counted else []
    assert all(each.frame["estimate"].notna().all() for each in released)
    x = np.column_stack([np.ones(120), frame["sex"] == "m", frame["vip"], frame["age"]]).astype(
        float
    )
    own = (frame["sex"] == dominated).to_numpy()
    told = (own @ x)[[0, 1, 3]] @ fit.frame["estimate"].to_numpy()[[0, 1, 3]]
    assert told == pytest.approx(frame.loc[own, "inc"].sum()), "before: what this sex earns"
    assert told < 1.1 * 1_234_567.0
    assert published(fit, sample=sample, released=released).frame["estimate"].isna().all()


@pytest.mark.parametrize("profile", ["standard", "insee_fiscal"])
def test_two_groups_of_few_are_no_sum_of_everybody_less_the_others(profile: Any) -> None:
    """Residuals of those in neither group sum to 0: 100 a + 91 (a + b) is their pay, and nine have the rest."""
    rows = np.arange(200)
    pay = np.random.default_rng(3).uniform(1000, 2000, 200).round(2)
    frame = pd.DataFrame({"pay": pay, "sex": np.array(["f", "m"])[rows % 2]})
    frame = frame.assign(vip=(rows < 4).astype(int), ill=((rows >= 10) & (rows < 15)).astype(int))
    sample = dl.declare_design(frame)
    fit = dl.regress(sample, "pay ~ sex + vip + ill")
    mean = dl.estimate(sample, dl.mean("pay"))
    intercept, men = fit.frame["estimate"].iloc[:2]
    neither = frame[(frame["vip"] == 0) & (frame["ill"] == 0)]
    told = intercept * len(neither) + men * (neither["sex"] == "m").sum()
    nine = mean.frame["estimate"].item() * 200 - told
    assert nine == pytest.approx(pay.sum() - neither["pay"].sum()), "before"
    shown = dl.publish([fit, mean], profile, sample=sample, notes=NOTES)
    assert any(each.frame["estimate"].isna().all() for each in shown)
    both = neither["sex"].eq("f").sum(), len(neither)
    assert min(both) > 11
