"""Laws of inequality, whatever the incomes; the influence function identity; numbers that lose their digits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.estimators.inequality import divergence
from diplab.inference.covariance import ComputedStatistic, replicated_points
from diplab.kernel.quantiles import stable_order
from diplab.sampling.replication import Replication

law, few = settings(max_examples=30), settings(max_examples=12)
incomes = st.lists(st.integers(1, 60).map(float), min_size=2, max_size=14)
weights = st.lists(st.integers(1, 5), min_size=14, max_size=14)

INDICES = [
    dl.gini("y"), dl.zenga("y"), dl.theil("y"), dl.generalised_entropy("y", 0), dl.generalised_entropy("y", 2),
    dl.generalised_entropy("y", -1.5), dl.atkinson("y", 0.5), dl.atkinson("y", 1), dl.atkinson("y", 2.5),
]  # fmt: skip
CURVES = [
    dl.lorenz("y", at=(0.2, 0.55, 0.9)),
    dl.quantile_shares("y"),
    dl.palma_ratio("y"),
    dl.generalised_lorenz("y", at=0.35),
]


def found(y: Any, w: Any, *asked: Any) -> np.ndarray:
    people = pd.DataFrame({"y": y, "w": w}, dtype=float)
    found = dl.estimate(dl.declare_design(people, weights="w"), *asked, df="design", deff=None)
    return found.frame["estimate"].to_numpy()


@law
@given(incomes, weights)
def test_indices_lie_between_equality_and_one_person(y, w):
    values = found(y, w[: len(y)], *INDICES)
    assert (values >= 0).all()
    assert (values[[0, 1, 6, 7, 8]] < 1).all()
    if len(set(y)) == 1:
        assert (values == 0).all()


@few
@given(incomes, weights, st.floats(1e-3, 1e6), st.floats(1e-3, 1e4))
def test_the_units_of_incomes_and_of_weights_change_nothing(y, w, unit, scale):
    kept = w[: len(y)]
    asked = [*INDICES, *CURVES[:3], dl.quintile_ratio("y")]
    one = found(y, kept, *asked)
    other = found(np.array(y) * unit, np.array(kept) * scale, *asked)
    np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-13)


@few
@given(incomes, weights)
def test_a_row_of_weight_two_is_two_rows(y, w):
    kept = np.array(w[: len(y)])
    asked = [*INDICES, *CURVES, dl.quintile_ratio("y")]
    np.testing.assert_allclose(
        found(np.repeat(y, kept), np.ones(kept.sum()), *asked),
        found(y, kept, *asked),
        rtol=1e-9,
        atol=1e-13,
    )


@few
@given(incomes, st.randoms())
def test_the_order_of_rows_changes_nothing(y, random):
    w = np.arange(1.0, len(y) + 1)
    order = list(range(len(y)))
    random.shuffle(order)
    asked = [*INDICES, *CURVES, dl.gini("y", convention="convey")]
    np.testing.assert_allclose(
        found(np.array(y)[order], w[order], *asked), found(y, w, *asked), rtol=1e-12, atol=1e-15
    )


@few
@given(incomes, st.integers(0, 13), st.integers(0, 13), st.floats(0.05, 0.5))
def test_a_transfer_from_poor_to_rich_raises_inequality(y, one_place, other_place, part):
    poor, rich = sorted((one_place % len(y), other_place % len(y)), key=y.__getitem__)
    assume(y[poor] < y[rich])
    kept = np.ones(len(y))
    before, after = np.array(y), np.array(y)
    moved = part * before[poor]
    after[poor] -= moved
    after[rich] += moved
    one, other = found(before, kept, *INDICES), found(after, kept, *INDICES)
    # Zenga's index obeys the principle too
    assert (other > one - 1e-12).all()
    curves = [
        found(each, kept, dl.lorenz("y", at=(0.2, 0.4, 0.6, 0.8))) for each in (before, after)
    ]
    assert (curves[1] <= curves[0] + 1e-12).all()


@few
@given(incomes, weights)
def test_lorenz_curves_are_convex_and_end_at_one(y, w):
    kept, at = w[: len(y)], np.arange(1, 11) / 10
    curve = np.r_[0, found(y, kept, dl.lorenz("y", at=tuple(at)))]
    rises = np.diff(curve)
    assert (np.diff(rises) >= -1e-12).all()
    assert curve[-1] == pytest.approx(1, rel=1e-14)
    assert (curve[1:] <= at + 1e-12).all()
    shares = found(y, kept, dl.quantile_shares("y", groups=10))
    np.testing.assert_allclose(shares, rises, rtol=1e-9, atol=1e-13)
    assert shares.sum() == pytest.approx(1, rel=1e-14)
    general = found(y, kept, dl.generalised_lorenz("y", at=tuple(at)))
    np.testing.assert_allclose(general / np.average(y, weights=kept), curve[1:], rtol=1e-12)
    # quintile groups cut exactly give the ratio of the top to the bottom
    assert found(y, kept, dl.palma_ratio("y")).item() == pytest.approx(
        (1 - curve[9]) / curve[4], rel=1e-9
    )


@law
@given(incomes, weights)
def test_the_gini_is_twice_the_area_above_the_lorenz_curve(y, w):
    """The curve is straight between the shares of people that stand at or below each income."""
    kept, values = np.array(w[: len(y)], dtype=float), np.array(y)
    total = kept.sum()
    shares = [kept[values <= each].sum() / total for each in np.unique(values)]
    heights = found(values, kept, dl.lorenz("y", at=(*shares[:-1], 1.0)))
    area = np.trapezoid(np.r_[0, heights], np.r_[0, shares])
    assert found(values, kept, dl.gini("y")).item() == pytest.approx(
        1 - 2 * area, rel=1e-9, abs=1e-14
    )


@law
@given(incomes, weights, st.floats(0.1, 3.0))
def test_atkinson_and_entropy_order_alike(y, w, epsilon):
    kept, alpha = w[: len(y)], 1 - epsilon
    entropy, atkinson = found(
        y, kept, dl.generalised_entropy("y", alpha), dl.atkinson("y", epsilon)
    )
    if abs(alpha) > 1e-3:
        assert atkinson == pytest.approx(
            1 - (1 + alpha * (alpha - 1) * entropy) ** (1 / alpha), abs=1e-11
        )


@law
@given(incomes, weights, st.sampled_from([0.0, 1.0]))
def test_entropy_is_continuous_at_its_limits(y, w, limit):
    at, below, above = found(
        y, w[: len(y)], *(dl.generalised_entropy("y", limit + step) for step in (0.0, -1e-5, 1e-5))
    )
    assert at == pytest.approx((below + above) / 2, rel=1e-6, abs=1e-10)
    one, close = found(y, w[: len(y)], dl.atkinson("y", 1), dl.atkinson("y", 1 + 1e-7))
    assert close == pytest.approx(one, abs=1e-5)


@law
@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.integers(1, 5), st.booleans()), min_size=4, max_size=20
    )
)
def test_theil_splits_into_between_and_within(rows):
    """Between groups: the index of means; within: each index weighted by its share of income (Theil 1967)."""
    assume(len({row[2] for row in rows}) == 2)
    people = pd.DataFrame(rows, columns=["y", "w", "g"])
    sample = dl.declare_design(people, weights="w")
    whole = dl.estimate(sample, dl.theil("y")).frame["estimate"].item()
    parts = dl.estimate(sample, dl.theil("y"), by="g").frame["estimate"].to_numpy()
    n = people.groupby("g")["w"].sum().to_numpy()
    income = (people["w"] * people["y"]).groupby(people["g"]).sum().to_numpy()
    share, ratio = income / income.sum(), (income / n) / (income.sum() / n.sum())
    assert whole == pytest.approx((share * (parts + np.log(ratio))).sum(), rel=1e-9, abs=1e-13)


# -- the linearised variable is the derivative --------------------------------------------------------------------


def _people() -> pd.DataFrame:
    random = np.random.default_rng(12)
    y = np.exp(random.normal(3, 0.9, 40)).round(0) + 1  # some ties
    y[-1] = 150.0  # no quantile asked for stands on an edge
    return pd.DataFrame(
        {
            "y": y,
            "w": random.uniform(0.5, 4, 40),
            "f": random.integers(0, 2, 40) == 1,
            "g": [*"ab"] * 20,
        }
    )


ASKED = [
    *INDICES, *CURVES, dl.gini("y", convention="convey"), dl.gini("y", nonpositive="drop"),
    dl.zenga("y - 8", nonpositive="drop"), dl.zenga("y - 8", nonpositive="zero"), dl.gini("y - 8"),
    dl.theil("y - 8", nonpositive="zero"), dl.lorenz("y - 8", at=0.45), dl.gender_pay_gap("y", "f"),
]  # fmt: skip


@pytest.mark.parametrize("by", [(), "g"])
def test_influence_function(by):
    people = _people()
    sample = dl.declare_design(people, weights="w").collect()
    engine, names = sample.engine, (by,) if by else ()
    by_estimate = dl.estimate(sample, *ASKED, by=by).frame["estimate"]
    np.testing.assert_allclose(_points(people, names), by_estimate, rtol=1e-13)
    slopes = _slopes(people, names)
    width, start = len(engine.cells(names)), 0
    for asked in ASKED:
        for bound in asked.prepare(sample):
            totals = sample.totals(names, bound.columns)
            domain = engine.scoped(totals.scope).domain
            z = engine.columns.evaluate(bound(totals).variable, domain)
            moved, start = slopes[:, start : start + width], start + width
            own = moved[np.arange(len(people)), domain]
            np.testing.assert_allclose(
                z, own, rtol=2e-6, atol=2e-8 * np.abs(own).max(), err_msg=str(asked)
            )
            # nobody outside a domain counts in it
            moved[np.arange(len(people)), domain] = 0
            assert np.abs(moved).max() < 1e-12
            # an index that weights of any scale leave as it is has a variable that sums to zero
            if asked.options.get("convention") != "convey":
                sums = np.bincount(domain, weights=z * people["w"])
                assert np.abs(sums).max() < 1e-11 * np.abs(z * people["w"]).sum()
    assert start == slopes.shape[1]


def _points(people: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    sample = dl.declare_design(people, weights="w").collect()
    bound = [each for asked in ASKED for each in asked.prepare(sample)]
    return np.concatenate([each(sample.totals(names, each.columns)).point for each in bound])


def _slopes(people: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    """Return the derivative of every row of all results by the weight of every person; (people, rows)."""
    sample, steps = dl.declare_design(people, weights="w").collect(), 1e-4 * people["w"].to_numpy()
    # all moved weights in one pass, as replicate weights: first each person's, one by one, up, then
    # down
    moved = people["w"].to_numpy() + np.vstack([np.diag(steps), -np.diag(steps)])
    replication = Replication("moved", 1.0, np.ones(len(moved)), mse=True, weights=list(moved))
    bound = [each for asked in ASKED for each in asked.prepare(sample)]
    totals = {read: sample.totals(names, read) for read in {each.columns for each in bound}}
    found = [(each, totals[each.columns], each(totals[each.columns])) for each in bound]
    computed = [ComputedStatistic(each, own, linearised, own.n) for each, own, linearised in found]
    more, less = np.split(replicated_points(replication, computed)[0], 2)
    for person in (7, -1):
        np.testing.assert_allclose(
            _points(people.assign(w=moved[:40][person]), names), more[person], rtol=1e-12
        )
    return np.asarray((more - less) / (2 * steps[:, None]))


# -- digits -------------------------------------------------------------------------------------------------------


def _exactly(y: np.ndarray) -> tuple[float, float]:
    """Gini and GE(0) of equal weights, in fractions and in terms of log1p."""
    from fractions import Fraction

    values = sorted(Fraction(float(each)) for each in y)
    n, total = len(values), sum(values)
    gini = sum((2 * place - n + 1) * each for place, each in enumerate(values)) / (n * total)
    mean = total / n
    logs = math.fsum(
        math.log1p(float((each - mean) / mean)) - float((each - mean) / mean) for each in values
    )
    return float(gini), -logs / n


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6, 1e9])
def test_a_large_income_does_not_drown_a_small_spread(offset):
    """As the NIST files of one variable: 0.1 around 1 000 000.2 and the like."""
    y = offset + np.tile([1.0, 2.0, 3.0, 5.0, 8.0], 40) / 8
    gini, deviation = _exactly(y)
    values = found(
        y,
        np.ones(y.size),
        dl.gini("y"),
        dl.generalised_entropy("y", 0),
        dl.generalised_entropy("y", 2),
    )
    assert values[0] == pytest.approx(gini, rel=1e-12)
    spread = (y - y.mean()).var() / y.mean() ** 2 / 2
    assert values[2] == pytest.approx(spread, rel=1e-12)
    # rounding of each log1p is as large as the whole where the spread is 1e-9
    assert values[1] == pytest.approx(
        deviation if offset < 1e6 else spread, rel=1e-9 if offset < 1e6 else 1e-5
    )


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e12, 1e300])
def test_any_scale(scale):
    y = np.array([1.0, 2.0, 4.0, 4.0, 9.0, 30.0])
    asked = [*INDICES, *CURVES[:3], dl.quintile_ratio("y")]
    w = np.array([1.0, 2.0, 3.0, 1.0, 2.0, 1.0])
    np.testing.assert_allclose(found(y * scale, w, *asked), found(y, w, *asked), rtol=1e-12)
    people = pd.DataFrame({"y": y * scale, "w": w})
    errors = dl.estimate(dl.declare_design(people, weights="w"), *asked).frame["std_error"]
    plain = dl.estimate(dl.declare_design(people.assign(y=y), weights="w"), *asked).frame[
        "std_error"
    ]
    np.testing.assert_allclose(errors, plain, rtol=1e-9)


def test_incomes_far_below_the_mean_keep_their_logarithm():
    y = np.array([1e-12, 1e-6, 1.0, 1e6])
    mean = y.sum() / 4
    by_hand = -math.fsum(math.log(each / mean) for each in y) / 4
    assert found(y, np.ones(4), dl.generalised_entropy("y", 0)).item() == pytest.approx(
        by_hand, rel=1e-14
    )


def test_many_rows_against_exact_sums():
    random = np.random.default_rng(3)
    y = np.exp(random.normal(7, 1, 200_000)).round(0)  # thousands of ties
    w = random.uniform(0.5, 3, y.size)
    order = np.argsort(y, kind="stable")
    people, income = math.fsum(w), math.fsum(w * y)
    values, starts = np.unique(y[order], return_index=True)
    mass = np.add.reduceat(w[order].astype(np.longdouble), starts)
    through = np.cumsum(mass)
    ranks = (2 * through - mass) / np.longdouble(people) - 1
    mean = np.longdouble(income) / np.longdouble(people)
    gini = float((mass * (values - mean) * ranks).sum() / np.longdouble(income))
    ratio = y / (income / people)
    theil = math.fsum(w * ratio * np.log(ratio)) / people
    one = found(y, w, dl.gini("y"), dl.theil("y"), dl.lorenz("y", at=0.5))
    assert one[:2].tolist() == pytest.approx([gini, theil], rel=1e-12)
    again = random.permutation(y.size)
    np.testing.assert_allclose(
        found(y[again], w[again], dl.gini("y"), dl.theil("y"), dl.lorenz("y", at=0.5)),
        one,
        rtol=1e-12,
    )


@law
@given(st.floats(-0.02, 0.02), st.floats(-3, 4))
def test_divergence_is_the_same_on_both_sides_of_its_series(apart, alpha):
    """Against the integral of its second derivative, (1 + s)^(a - 2), by Gauss-Legendre."""
    nodes, masses = np.polynomial.legendre.leggauss(30)
    s = apart * (nodes + 1) / 2
    exact = (masses * (apart - s) * (1 + s) ** (alpha - 2)).sum() * apart / 2
    assert divergence(np.array([apart]), alpha).item() == pytest.approx(
        exact, rel=1e-13, abs=1e-300
    )


@law
@given(st.integers(0, 10_000), st.sampled_from([1e-310, 1.0, 1e300]), st.integers(0, 3))
def test_the_order_by_bits_is_that_of_comparison(seed, scale, digits):
    random = np.random.default_rng(seed)
    values = random.normal(0, 1, random.integers(1, 2000)).round(digits) * scale
    values[random.integers(0, values.size, 3)] = random.choice([0.0, -0.0, np.inf, -np.inf], 3)
    assert (stable_order(values) == np.argsort(values, kind="stable")).all()


# -- equal incomes, by convention, and rows that are split -------------------------------------------------------

amounts = st.floats(1e-6, 1e9)
many_weights = st.lists(st.floats(0.01, 1e4), min_size=2, max_size=20)


def estimated(y: object, w: object, *statistics: Any) -> Any:
    sample = dl.declare_design(pd.DataFrame({"y": y, "w": w}, dtype=float), weights="w")
    return dl.estimate(sample, *statistics)


@few
@given(amounts, many_weights)
def test_equal_incomes_have_a_gini_of_exactly_zero(amount, w):
    row = estimated(amount, w, dl.gini("y")).frame.iloc[0]
    assert row["estimate"] == 0.0
    # nobody who were there twice would make them unequal
    assert row["std_error"] == pytest.approx(0.0, abs=1e-15)


@few
@given(amounts, many_weights, st.sampled_from(["convey", "vardpoor"]))
def test_cumulated_by_row_equal_incomes_have_the_known_gap(amount, w, school):
    """(sum w^2 - N) / N^2, from 1e-3 on with a warning (and none below)."""
    found = estimated(amount, w, dl.gini("y", convention=school))
    people = math.fsum(w)
    gap = (math.fsum(each * each for each in w) - people) / people**2
    assert found.frame["estimate"].item() == pytest.approx(gap, rel=1e-9, abs=1e-14)
    warned = [text for text in found.provenance.assumptions if "row by row" in text.en]
    assert len(warned) == (abs(gap) > 1e-3)
    assert all(f"{abs(gap):.3f}" in text.en for text in warned)


@pytest.mark.parametrize(("gap", "warns"), [(0.99e-3, False), (1.01e-3, True)])
def test_the_warning_begins_at_a_thousandth(gap, warns):
    """Of n equal weights w the gap is (w - 1) / (n w): here with w = 2 and n = 1 / (2 gap)."""
    count = round(1 / (2 * gap))
    found = estimated(7.0, np.full(count, 2.0), dl.gini("y", convention="convey"))
    assert found.frame["estimate"].item() == pytest.approx(1 / (2 * count), rel=1e-9)
    assert any("row by row" in text.en for text in found.provenance.assumptions) is warns


@law
@given(
    st.lists(
        st.tuples(st.floats(-50, 1e5), st.floats(0.1, 100), st.floats(0.01, 0.99)),
        min_size=2,
        max_size=15,
    ),
    st.floats(1e-6, 1e6),
)
def test_neither_splitting_rows_nor_scaling_weights_moves_the_official_gini(rows, scale):
    """Each row in two unequal parts, in another order, and all weights in another unit; errors of parts apart."""
    y, w, part = (np.array(each) for each in zip(*rows, strict=True))
    one = estimated(y, w, dl.gini("y")).frame["estimate"].item()
    split, parts = np.r_[y, y][::-1], np.r_[w * part, w * (1 - part)][::-1] * scale
    other = estimated(split, parts, dl.gini("y")).frame["estimate"].item()
    # of incomes that nearly cancel, as many digits as their total has; a product below the least
    # normal number is rounded as that number is, so that incomes of 1e-308 lose digits in either
    # sample
    tiny = np.finfo(float).tiny
    sizes = np.maximum(abs(y * w), tiny).sum(), np.maximum(abs(split * parts), tiny).sum() / scale
    with np.errstate(divide="ignore"):
        lost = max(sizes) / abs(y @ w)
    assert np.isnan(one) == np.isnan(other) or lost > 1e6
    if np.isfinite(one) and np.isfinite(other):
        assert other == pytest.approx(one, rel=1e-10 * lost, abs=1e-12 * lost)
