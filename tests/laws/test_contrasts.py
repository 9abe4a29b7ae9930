"""Laws of contrasts, adjusted p-values and imputations."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import MisleadingError
from diplab.kernel.intervals import Adjustment, adjusted_p_values

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)
ANSWERS = st.lists(st.integers(0, 50), min_size=8, max_size=20)


@given(P_VALUES)
def test_an_adjusted_p_value_is_never_smaller_and_keeps_its_rank(values):
    p = np.array(values)
    found = {
        method: adjusted_p_values(p, np.zeros(p.size, dtype=np.int64), method)
        for method in get_args(Adjustment)
    }
    order = np.argsort(p, kind="stable")
    for adjusted in found.values():
        assert (adjusted >= p * (1 - 1e-12)).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[order]) >= -1e-12).all()
    # Bonferroni is the most careful and BH the least
    assert (found["bonferroni"] >= found["holm"] - 1e-12).all()
    assert (found["holm"] >= found["bh"] - 1e-12).all()


def by_group(answers):
    people = pd.DataFrame(
        {"y": np.array(answers, dtype=float), "group": np.arange(len(answers)) % 4}
    )
    return dl.estimate(dl.declare_design(people), dl.mean("y"), by="group")


@settings(max_examples=12)
@given(ANSWERS)
def test_differences_add_up(answers):
    """(a - b) + (b - c) is a - c, and so are their variances through the covariance."""
    found = dl.contrast(by_group(answers), {"group": (0, 1, 2)}, pairwise="holm")
    around = np.array([1.0, -1.0, 1.0])  # 0 - 1, 0 - 2, 1 - 2
    assert around @ found.frame["estimate"].to_numpy() == pytest.approx(0, abs=1e-9)
    assert around @ found.covariance @ around == pytest.approx(0, abs=1e-8)


@settings(max_examples=12)
@given(st.lists(ANSWERS.map(lambda answers: answers[:8]), min_size=2, max_size=5), st.randoms())
def test_the_order_of_imputations_does_not_matter(imputations, random):
    samples = [
        dl.declare_design(pd.DataFrame({"y": np.array(each, dtype=float)})) for each in imputations
    ]
    shuffled = random.sample(samples, len(samples))
    numbers = ["estimate", "std_error", "df", "fmi"]
    found, other = (
        dl.estimate(dl.imputed(each), dl.mean("y")).frame[numbers].iloc[0].tolist()
        for each in (samples, shuffled)
    )
    assert found == pytest.approx(other, rel=1e-9, abs=1e-9, nan_ok=True)


@settings(max_examples=12)
@given(ANSWERS, st.integers(2, 4))
def test_imputations_that_are_the_same_are_one_sample(answers, count):
    people = pd.DataFrame(
        {"y": np.array(answers, dtype=float), "group": np.arange(len(answers)) % 2}
    )
    alone = dl.estimate(dl.declare_design(people), dl.mean("y"), dl.share("y > 25"), by="group")
    found = dl.estimate(
        dl.imputed([dl.declare_design(people) for _ in range(count)]),
        dl.mean("y"),
        dl.share("y > 25"),
        by="group",
    )
    columns = ["estimate", "std_error", "ci_low", "ci_high", "df", "n"]
    for name in columns:
        assert found.frame[name].tolist() == pytest.approx(alone.frame[name].tolist(), nan_ok=True)
    assert (found.frame["fmi"] == 0).all()


# one unit has three quarters of a group, to rounding: no more than that
@example(seed=4995, lonely="adjust", domain=None)
@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    lonely=st.sampled_from(["adjust", "average", "remove", "certainty", "collapse"]),
    domain=st.sampled_from([None, "adjust", "average", "remove", "certainty"]),
)
def test_a_difference_has_one_standard_error_whoever_asks(seed, lonely, domain):
    """Whatever the policy on lonely units: contrast, t test and slope; a row is that of its domain alone."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(9), 3)
    people = pd.DataFrame({
        "h": np.array([1, 2, 2, 3, 3, 3, 4, 5, 5])[unit], "c": unit, "w": rng.integers(1, 5, unit.size).astype(float),
        "y": np.where(rng.random(unit.size) < 0.2, np.nan, rng.normal(5, 2, unit.size)),
        "g": np.where(rng.random(9)[unit] < 0.5, "a", rng.choice(["a", "b"], unit.size)),
    })  # fmt: skip
    by_group = people.dropna().groupby("g")["c"].nunique()
    if len(by_group) < 2 or by_group.min() < 2:
        return  # a group of one unit has no standard error
    sample = dl.declare_design(
        people, weights="w", strata="h", psu="c", lonely_psu=lonely, lonely_psu_domain=domain
    )
    found = dl.estimate(sample, dl.mean("y"), by="g")
    own = found.frame["std_error"].to_numpy()
    np.testing.assert_allclose(own**2, np.diag(found.covariance), rtol=1e-9)
    alone = [
        dl.estimate(sample.where(f"g == '{each}'"), dl.mean("y")).frame["std_error"].item()
        for each in "ab"
    ]
    np.testing.assert_allclose(own, alone, rtol=1e-9)
    slope = dl.regress(sample, "y ~ g").frame["std_error"].iloc[1]
    difference = dl.contrast(found, {"g": ("b", "a")}).frame["std_error"].item()
    if np.isnan(slope):
        # one unit has more than three quarters of a group
        assert np.isnan(difference)
        with pytest.raises(MisleadingError, match="of the weight"):
            dl.t_test(sample, "y", "g")
        return
    assert [difference, dl.t_test(sample, "y", "g").estimates["std_error"]] == pytest.approx(
        [slope] * 2, rel=1e-9
    )


TWO_MEANS = st.lists(st.integers(1, 50), min_size=8, max_size=20)


@settings(max_examples=15)
@given(TWO_MEANS)
def test_an_expression_is_the_contrast_that_it_writes(answers):
    """a - b the difference, a / b the ratio, and log(a / b) has the relative error of the ratio."""
    means = by_group(answers)
    numbers = ["estimate", "std_error", "ci_low", "ci_high", "df", "n", "p_value"]

    def of(text):
        return dl.contrast(means, text).frame[numbers].iloc[0].to_numpy(dtype=float)

    pair, odds = {"group": (0, 1)}, of("`0` / `1`")
    for text, known in (
        ("`0` - `1`", dl.contrast(means, pair)),
        ("`0` / `1`", dl.contrast(means, pair, kind="ratio")),
        ("(`0` + 3 * `1`) / 4", dl.contrast(means, {"mean": {0: 0.25, 1: 0.75}})),
    ):
        expected = known.frame[numbers].iloc[0].to_numpy(dtype=float)
        compared = (
            slice(None) if "+" not in text else slice(-1)
        )  # the size of a sum is compared with nothing
        found = odds if "/ `1`" in text else of(text)
        np.testing.assert_allclose(found[compared], expected[compared], rtol=1e-9, atol=1e-9)
    assert of("log(`0` / `1`)")[1] * odds[0] == pytest.approx(odds[1], rel=1e-9, abs=1e-12)
    part = of("`0` / (`0` + `1`)")
    assert part[1] == pytest.approx(odds[1] * (1 - part[0]) ** 2, rel=1e-9, abs=1e-12)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.floats(0.1, 1e6), st.booleans())
def test_standardised_to_its_own_structure_nothing_moves(seed, size, replicated):
    """Its own structure, known, has the crude point; estimated, its error too. The size of a standard is nothing."""
    draw = np.random.default_rng(seed)
    people = pd.DataFrame({
        "h": np.repeat([1, 2], 30), "c": np.repeat(np.arange(12), 5), "w": draw.uniform(1, 3, 60),
        "age": [*"ymo", *draw.choice(list("ymo"), 57)], "town": [*"aaa", *draw.choice(list("ab"), 54), *"bbb"],
        "y": draw.gamma(2, 2, 60),
    })  # fmt: skip
    people["age"] = [*people["age"][:57], *"ymo"]
    sample = dl.declare_design(people, weights="w", strata="h", psu="c")
    sample = dl.make_replicates(sample, "jkn") if replicated else sample
    crude, statistics = (
        dl.estimate(sample, dl.mean("y"), dl.share("y > 3")).frame,
        (dl.mean("y"), dl.share("y > 3")),
    )
    weights = people.groupby("age")["w"].sum()
    for place, statistic in enumerate(statistics):
        known, scaled, own = (
            dl.standardise(sample, statistic, margins).frame.iloc[0]
            for margins in ({"age": weights}, {"age": weights * size}, "age")
        )
        for found in (known, scaled, own):
            assert found["estimate"] == pytest.approx(crude["estimate"][place], rel=1e-12)
        assert own["std_error"] == pytest.approx(crude["std_error"][place], rel=1e-9)
        assert scaled[["std_error", "df"]].tolist() == pytest.approx(
            known[["std_error", "df"]].tolist(), rel=1e-9
        )
    groups, big = (
        dl.standardise(sample, dl.mean("y"), {"age": weights * each}, by="town").covariance
        for each in (1.0, size)
    )
    np.testing.assert_allclose(groups, big, rtol=1e-9, atol=1e-15)
