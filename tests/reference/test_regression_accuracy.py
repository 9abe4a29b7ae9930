"""Regressions whose terms nearly follow from each other: certified coefficients, and errors in extended precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import recorded_file

NIST = recorded_file("regression_accuracy")
Floats = Any


def close(found: Any, known: Any, rtol: float) -> None:
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(known, dtype=float), rtol=rtol
    )


def powers(degree: int) -> str:
    return " + ".join(["x", *(f"I(x ** {power})" for power in range(2, degree + 1))])


def polynomial(x: Floats, degree: int) -> Floats:
    x = np.asarray(x, dtype=np.longdouble)
    return np.stack([x**power for power in range(degree + 1)], axis=1)


def orthogonal(matrix: Floats) -> tuple[Floats, Floats]:
    """Q and the inverse of R, by Gram and Schmidt twice over, in extended precision."""
    basis, triangle = np.zeros_like(matrix), np.zeros((matrix.shape[1],) * 2, dtype=matrix.dtype)
    for place, column in enumerate(matrix.T):
        left = column.copy()
        for _ in range(2):
            for before in range(place):
                part = basis[:, before] @ left
                triangle[before, place] += part
                left = left - part * basis[:, before]
        triangle[place, place] = np.sqrt(left @ left)
        basis[:, place] = left / triangle[place, place]
    inverse = np.zeros_like(triangle)
    for place in range(len(triangle)):
        for row in range(place, -1, -1):
            rest = triangle[row, row + 1 :] @ inverse[row + 1 :, place]
            inverse[row, place] = (float(row == place) - rest) / triangle[row, row]
    return basis, inverse


def least_squares(matrix: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coefficients and their errors when each row is a unit: n / (n - 1) times the sum of squares of A^-1 x_i r_i."""
    basis, inverse = orthogonal(matrix)
    y = np.asarray(y, dtype=np.longdouble)
    coefficients = inverse @ (basis.T @ y)
    moved = (basis * (y - basis @ (basis.T @ y))[:, None]) @ inverse.T
    return coefficients, np.sqrt((moved**2).sum(axis=0) * len(y) / (len(y) - 1))


def logit(matrix: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The same of a logit, by iteratively reweighted least squares."""
    y = np.asarray(y, dtype=np.longdouble)
    basis, inverse = orthogonal(matrix)
    along = np.zeros(matrix.shape[1], dtype=np.longdouble)
    for _ in range(30):
        chance = 1 / (1 + np.exp(-(basis @ along)))
        spread = np.sqrt(chance * (1 - chance))[:, None]
        own, back = orthogonal(basis * spread)
        along = along + back @ (own.T @ ((y - chance) / spread[:, 0]))
    moved = (own / spread * (y - chance)[:, None]) @ (inverse @ back).T
    return inverse @ along, np.sqrt((moved**2).sum(axis=0) * len(y) / (len(y) - 1))


def classical(fit: Any) -> Floats:
    """The errors of textbooks, of equal and independent residuals, from the inverse of the information."""
    fitted = fit.fitted
    residual = np.concatenate([block.y - fitted.theta @ block.x for block in fitted.blocks])
    bread = (
        fitted.inverse_information
        if fitted.restoring is None
        else fitted.restoring @ fitted.inverse_information @ fitted.restoring.T
    )
    return np.sqrt(np.diag(bread) * (residual @ residual) / (residual.size - len(fitted.theta)))


def test_longley():
    """Certified values of `Longley.dat`, NIST Statistical Reference Datasets, linear regression."""
    values = np.array(NIST["data of longley"])
    data = pd.DataFrame(values, columns=["y", "x1", "x2", "x3", "x4", "x5", "x6"])
    fit = dl.regress(dl.declare_design(data), "y ~ x1 + x2 + x3 + x4 + x5 + x6")
    close(np.transpose([fit.frame["estimate"], classical(fit)]), NIST["longley"], 1e-10)
    matrix = np.column_stack([np.ones(16), values[:, 1:]]).astype(np.longdouble)
    close(fit.frame["std_error"], least_squares(matrix, values[:, 0])[1], 1e-10)


@pytest.mark.parametrize(
    ("y", "errors"), list(zip(NIST["data of wampler"], NIST["wampler"], strict=True))
)
def test_wampler(y, errors):
    """Certified values of `Wampler3.dat` and `Wampler5.dat`, NIST Statistical Reference Datasets: all coefficients
    are 1. Answers of 2e7 hide those of 5 in their last digits, and the errors are what they are
    looked at beside."""
    fit = dl.regress(
        dl.declare_design(pd.DataFrame({"y": y, "x": np.arange(21.0)})), f"y ~ {powers(5)}"
    )
    assert (np.abs(fit.frame["estimate"] - 1.0) < 1e-12 * np.array(errors) + 1e-9).all()
    close(classical(fit), errors, 1e-10)
    close(fit.frame["std_error"], least_squares(polynomial(np.arange(21.0), 5), y)[1], 1e-10)


def test_filip():
    """Certified values of `Filip.dat`, NIST Statistical Reference Datasets: powers up to ten, of which `lm` in R drops
    the last. 5e-6, for rounding in double precision grows ten million times in these powers."""
    y, x = np.array(NIST["data of filip"])
    fit = dl.regress(dl.declare_design(pd.DataFrame({"y": y, "x": x})), f"y ~ {powers(10)}")
    close(np.transpose([fit.frame["estimate"], classical(fit)]), NIST["filip"], 5e-6)
    close(fit.frame["std_error"], least_squares(polynomial(x, 10), y)[1], 5e-6)


@pytest.fixture(scope="module")
def years():
    rng = np.random.default_rng(20)
    year = rng.integers(2000, 2021, 600).astype(float)
    y = 10 + 0.3 * (year - 2010) - 0.02 * (year - 2010) ** 2 + rng.normal(size=600)
    far = 2e7 + rng.normal(size=600)
    sex, unit = rng.choice(["f", "m"], 600), rng.integers(0, 30, 600)
    often = np.digitize(y + rng.normal(size=600), [9.0, 10.5])
    return pd.DataFrame(
        {"year": year, "y": y + far - 2e7, "far": far, "sex": sex, "unit": unit, "often": often}
    )


@pytest.mark.parametrize("degree", [2, 3])
def test_years_and_their_powers(years, degree):
    """Against least squares in extended precision."""
    formula = powers(degree).replace("x", "year")
    sample = dl.declare_design(years)
    fit = dl.regress(sample, f"y ~ {formula}")
    coefficients, errors = least_squares(polynomial(years["year"], degree), years["y"])
    close(fit.frame["estimate"], coefficients, 1e-8)
    close(fit.frame["std_error"], errors, 1e-8)
    fit = dl.regress(sample, f"y > 10 ~ {formula}", family="binomial")
    coefficients, errors = logit(polynomial(years["year"], degree), years["y"] > 10)
    close(fit.frame["estimate"], coefficients, 1e-8)
    close(fit.frame["std_error"], errors, 1e-8)


@pytest.mark.parametrize("shift", [2e7, 2e10])
def test_numbers_far_from_zero(years, shift):
    """A mean of 2e7 standard deviations and more; numbers are rounded to what can be distinguished there first."""
    data = years.assign(far=years["far"] - 2e7 + shift)
    fit = dl.regress(dl.declare_design(data), "y ~ far + year")
    matrix = np.column_stack([np.ones(600), data["far"], data["year"]]).astype(np.longdouble)
    coefficients, errors = least_squares(matrix, data["y"])
    close(fit.frame["estimate"], coefficients, 1e-9)
    close(fit.frame["std_error"], errors, 1e-9)


FAMILIES = ["gaussian", "binomial", "poisson", "negative_binomial", "ordinal", "multinomial"]


@pytest.mark.parametrize("replicated", [False, True], ids=["linearised", "replicates"])
@pytest.mark.parametrize("family", FAMILIES)
def test_years_since_2000_say_the_same(years, family, replicated):
    """The last power, products with it, effects, margins and tests of terms do not depend on when years begin."""
    outcome = {"gaussian": "y", "binomial": "y > 10", "ordinal": "often", "multinomial": "often"}
    rng = np.random.default_rng(3)
    counts = rng.negative_binomial(2, 0.3, 600)
    data = years.assign(counts=counts, since=years["year"] - 2010)
    sample = dl.declare_design(data, psu="unit")
    if replicated:
        sample = dl.make_replicates(sample, "jk1")
    left = f"{outcome.get(family, 'counts')} ~"
    far = dl.regress(sample, f"{left} sex * year + I(year ** 2) + sex:I(year ** 2)", family=family)
    near = dl.regress(
        sample, f"{left} sex * since + I(since ** 2) + sex:I(since ** 2)", family=family
    )
    assert far.fitted.matrix.conditioning is not None
    columns = ["estimate", "std_error"]
    squares = [far.frame["variable"].str.contains("**", regex=False),
               near.frame["variable"].str.contains("**", regex=False)]  # fmt: skip
    close(far.frame.loc[squares[0], columns], near.frame.loc[squares[1], columns], 1e-6)
    for one, other in (
        (dl.marginal_effects(far, "year", "sex"), dl.marginal_effects(near, "since", "sex")),
        (dl.predicted_margins(far, "sex"), dl.predicted_margins(near, "sex")),
        (
            dl.predicted_margins(far, {"year": [2012, 2030]}),
            dl.predicted_margins(near, {"since": [2, 20]}),
        ),
    ):
        np.testing.assert_allclose(one.frame[columns], other.frame[columns], rtol=1e-7, atol=1e-12)
    tests = [
        dl.term_test(fit, f"sex:{name} ** 2") for fit, name in ((far, "year"), (near, "since"))
    ]
    close(tests[0].statistic, tests[1].statistic, 1e-6)


def test_bell_mccaffrey_of_years_and_categories_without_constant(years):
    """Errors and degrees of freedom of the square, however years are counted."""
    sample = dl.declare_design(years.assign(since=years["year"] - 2010), psu="unit")
    far = dl.regress(sample, "y ~ year + I(year ** 2)", variance="bell_mccaffrey")
    near = dl.regress(sample, "y ~ since + I(since ** 2)", variance="bell_mccaffrey")
    columns = ["estimate", "std_error", "df"]
    close(far.frame.loc[2, columns], near.frame.loc[2, columns], 1e-8)
    # The model is the same, and so are its slopes.
    sample = dl.declare_design(years)
    without = dl.regress(sample, "y ~ 0 + sex + year + I(year ** 2) + far")
    with_it = dl.regress(sample, "y ~ sex + year + I(year ** 2) + far")
    columns = ["estimate", "std_error"]
    close(without.frame.iloc[2:][columns], with_it.frame.iloc[2:][columns], 1e-8)


@pytest.mark.parametrize("constant", ["", "0 + "])
def test_what_follows_is_still_refused(years, constant, refused):
    data = years.assign(both=years["year"] + years["far"] / 3)
    refused(
        lambda: dl.regress(
            dl.declare_design(data), f"y ~ {constant}year + far + I(year ** 2) + both"
        )
    )


def test_a_large_file_sorted_by_year():
    """Some rows of all the file choose what is taken out, not the first ones, which are all of one year."""
    rng = np.random.default_rng(4)
    year = np.sort(rng.integers(2000, 2021, 60_000)).astype(float)
    y = (year - 2010) ** 2 / 50 + rng.normal(size=60_000)
    fit = dl.regress(
        dl.declare_design(pd.DataFrame({"year": year, "y": y})), "y ~ year + I(year ** 2)"
    )
    coefficients, errors = least_squares(polynomial(year, 2), y)
    close(fit.frame["estimate"], coefficients, 1e-8)
    close(fit.frame["std_error"], errors, 1e-8)
