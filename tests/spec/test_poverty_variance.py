"""Errors of poverty indicators: by derivatives, repeated samples, replicates and imputations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl

if TYPE_CHECKING:
    from diplab.types import Sample, Statistic

UNDECIDED = ("drop", "no", "yes")


def points(sample: Sample, *statistics: Statistic, by: Any = ()) -> list[float]:
    found: list[float] = dl.estimate(sample, *statistics, by=by).frame["estimate"].tolist()
    return found


def city(people: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "income": np.exp(draw.normal(7, 0.7, people)),
        "d": np.where(draw.random(people) < 0.2, np.nan, draw.random(people) < 0.15),
        "l": (draw.random(people) < 0.1) * 1.0, "age": draw.integers(18, 90, people),
        "g": draw.choice(["a", "b"], people), "w": draw.uniform(100, 300, people),
    })  # fmt: skip
    frame.loc[draw.random(people) < 0.1, "income"] = np.nan
    frame["line"] = draw.uniform(500, 1500, people)
    return frame


FIXED = {
    **{f"fgt {order}": dl.fgt("income", order, threshold=700) for order in (0, 0.5, 1, 2, 3.5)},
    "own line": dl.fgt("income", 1, threshold="line"),
    **{each: dl.arope("income", "d", "l", threshold=700, undecided=each) for each in UNDECIDED},
}


def test_the_linearised_variable_is_the_derivative_by_each_weight() -> None:
    """Rows are units: the variance is n / (n - 1) times the spread of w dF / dw, by numerical derivatives."""
    people = city(40, 3)
    n, step = len(people), 1e-4

    def moved(place: int, factor: float) -> np.ndarray:
        weights = people["w"].to_numpy().copy()
        weights[place] *= factor
        return np.array(points(dl.declare_design(people.assign(w=weights), weights="w"), *FIXED.values()))

    slopes = np.array([(moved(row, 1 + step) - moved(row, 1 - step)) / (2 * step) for row in range(n)])
    by_derivative = np.sqrt(n / (n - 1) * ((slopes - slopes.mean(axis=0)) ** 2).sum(axis=0))
    found = dl.estimate(dl.declare_design(people, weights="w"), *FIXED.values()).frame
    np.testing.assert_allclose(found["std_error"], by_derivative, rtol=1e-6)


def test_an_index_moves_with_its_line_as_it_says() -> None:
    """In a domain under the line of everybody, against the difference between two fixed lines close by."""
    sample = dl.declare_design(city(300, 4), weights="w").where("g == 'a'")
    line = points(sample, dl.arpt("income"))[0]
    step = 1e-5 * line
    for order in (1, 1.5, 2, 3):
        (bound,) = dl.fgt("income", order).prepare(sample)
        ((slope, _),) = bound(sample.totals((), bound.complete)).beyond
        low, high = points(sample, *[dl.fgt("income", order, threshold=line + way * step) for way in (-1, 1)])
        assert slope.item() == pytest.approx((high - low) / (2 * step), rel=1e-6)


# of indices one order, and of exclusion one rule for the undecided: the others differ in what is held above
ESTIMATED = {
    "arpr": dl.arpr("income"), "gap": dl.relative_median_gap("income"), "severity": dl.fgt("income", 2),
    "older": dl.relative_median_income_ratio("income", "age >= 65"), "exclusion": dl.arope("income", "d", "l"),
    "pensions": dl.aggregate_replacement_ratio("income", "age >= 65", "income", "age < 60"),
}  # fmt: skip


def test_errors_are_those_of_repeated_samples() -> None:
    """300 simple samples of 600: mean standard error over the spread of estimates, within 3 of its own errors.

    Weights add up to a population, as a survey's do: the bandwidth of the densities, which falls with it, is then small
    enough for the poor. Without weights the error of the median gap comes out a third too large here.
    """
    asked, columns = ESTIMATED.values(), ["estimate", "std_error"]
    samples = (dl.declare_design(city(600, 1000 + each), weights="w") for each in range(300))
    found = np.array([dl.estimate(each, *asked).frame[columns] for each in samples])
    relative = found[:, :, 1].mean(axis=0) / found[:, :, 0].std(axis=0, ddof=1)
    # the spread of 300 estimates is itself known to 1 / sqrt(2 x 299), 4 %
    assert dict(zip(ESTIMATED, relative, strict=True)) == {name: pytest.approx(1, abs=0.13) for name in ESTIMATED}


def test_replicates_agree_with_linearisation() -> None:
    """Bootstrap of 500: the spread of medians and of densities is rough, hence 15 % in two domains and as a whole."""
    people = city(3000, 8).assign(psu=np.arange(3000) // 10)
    sample = dl.declare_design(people, weights="w", psu="psu")
    made = dl.make_replicates(sample, "rao_wu", 500, seed=5)
    for by in ((), "g"):
        plain, again = (dl.estimate(each, *ESTIMATED.values(), by=by).frame for each in (sample, made))
        np.testing.assert_allclose(again["estimate"], plain["estimate"], rtol=1e-12)
        np.testing.assert_allclose(again["std_error"], plain["std_error"], rtol=0.2)


def test_the_jackknife_of_a_fixed_line_is_the_linearised_error() -> None:
    """Ratios of totals: equal but for terms of order 1/n."""
    people = city(1000, 9).assign(psu=np.arange(1000) // 5)
    sample = dl.declare_design(people, weights="w", psu="psu")
    made = dl.make_replicates(sample, "jk1")
    plain, again = (dl.estimate(each, *FIXED.values()).frame["std_error"] for each in (sample, made))
    np.testing.assert_allclose(again, plain, rtol=0.01)


def test_imputed_incomes() -> None:
    """Five completions of the missing incomes: the mean of the points, and more error than any of them."""
    draw, people = np.random.default_rng(2), city(500, 6)
    gone = people["income"].isna()
    filled = []
    for _ in range(5):
        copy = people.copy()
        copy.loc[gone, "income"] = draw.choice(people["income"].dropna().to_numpy(), int(gone.sum()))
        filled.append(dl.declare_design(copy, weights="w"))
    asked = [dl.fgt("income", 1), dl.relative_median_gap("income"), dl.arope("income", "d", "l")]
    each = np.array([dl.estimate(one, *asked).frame["estimate"] for one in filled])
    pooled = dl.estimate(dl.imputed(filled), *asked).frame
    np.testing.assert_allclose(pooled["estimate"], each.mean(axis=0), rtol=1e-12)
    assert (pooled["fmi"] > 0).all()
