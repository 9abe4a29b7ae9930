"""Regressions whose terms nearly follow from each other: certified coefficients, and errors in extended precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import numbers

Floats = Any

LONGLEY = """
60323  83.0 234289 2356 1590 107608 1947
61122  88.5 259426 2325 1456 108632 1948
60171  88.2 258054 3682 1616 109773 1949
61187  89.5 284599 3351 1650 110929 1950
63221  96.2 328975 2099 3099 112075 1951
63639  98.1 346999 1932 3594 113270 1952
64989  99.0 365385 1870 3547 115094 1953
63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955
67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957
66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959
69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961
70551 116.9 554894 4007 2827 130081 1962
"""

WAMPLER_3 = """
760 -2042 2111 -1684 3888 1858 11379 17560 39287 64382 113159 175108 273291 400186 581243 811568 1121004 1506550
2002767 2611612 3369180
"""

WAMPLER_5 = """
7590001 -20479994 20480063 -20479636 25231365 -20476094 20489331 -20460392 18417449 -20413570 20591111 -20302844
18651453 -20077766 21059195 -19666384 26348481 -18971402 22480719 -17866340 10958421
"""

FILIP = """
0.8116 -6.860120914 0.9072 -4.324130045 0.9052 -4.358625055 0.9039 -4.358426747 0.8053 -6.955852379
0.8377 -6.661145254 0.8667 -6.355462942 0.8809 -6.118102026 0.7975 -7.115148017 0.8162 -6.815308569
0.8515 -6.519993057 0.8766 -6.204119983 0.8885 -5.853871964 0.8859 -6.109523091 0.8959 -5.79832982
0.8913 -5.482672118 0.8959 -5.171791386 0.8971 -4.851705903 0.9021 -4.517126416 0.909 -4.143573228
0.9139 -3.709075441 0.9199 -3.499489089 0.8692 -6.300769497 0.8872 -5.953504836 0.89 -5.642065153
0.891 -5.031376979 0.8977 -4.680685696 0.9035 -4.329846955 0.9078 -3.928486195 0.7675 -8.56735134
0.7705 -8.363211311 0.7713 -8.107682739 0.7736 -7.823908741 0.7775 -7.522878745 0.7841 -7.218819279
0.7971 -6.920818754 0.8329 -6.628932138 0.8641 -6.323946875 0.8804 -5.991399828 0.7668 -8.781464495
0.7633 -8.663140179 0.7678 -8.473531488 0.7697 -8.247337057 0.77 -7.971428747 0.7749 -7.676129393
0.7796 -7.352812702 0.7897 -7.072065318 0.8131 -6.774174009 0.8498 -6.478861916 0.8741 -6.159517513
0.8061 -6.835647144 0.846 -6.53165267 0.8751 -6.224098421 0.8856 -5.910094889 0.8919 -5.598599459
0.8934 -5.290645224 0.894 -4.974284616 0.8957 -4.64454848 0.9047 -4.290560426 0.9129 -3.885055584
0.9209 -3.408378962 0.9219 -3.13200249 0.7739 -8.726767166 0.7681 -8.66695597 0.7665 -8.511026475
0.7703 -8.165388579 0.7702 -7.886056648 0.7761 -7.588043762 0.7809 -7.283412422 0.7961 -6.995678626
0.8253 -6.691862621 0.8602 -6.392544977 0.8809 -6.067374056 0.8301 -6.684029655 0.8664 -6.378719832
0.8834 -6.065855188 0.8898 -5.752272167 0.8964 -5.132414673 0.8963 -4.811352704 0.9074 -4.098269308
0.9119 -3.66174277 0.9228 -3.2644011
"""


def close(found: Any, known: Any, rtol: float) -> None:
    np.testing.assert_allclose(np.asarray(found, dtype=float), np.asarray(known, dtype=float), rtol=rtol)


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


def test_longley() -> None:
    """Certified values of `Longley.dat`, NIST Statistical Reference Datasets, linear regression."""
    values = np.array(LONGLEY.split(), dtype=float).reshape(16, 7)
    data = pd.DataFrame(values, columns=["y", "x1", "x2", "x3", "x4", "x5", "x6"])
    fit = dl.regress(dl.declare_design(data), "y ~ x1 + x2 + x3 + x4 + x5 + x6")
    certified = [
        (-3482258.63459582, 890420.383607373),
        (15.0618722713733, 84.9149257747669),
        (-0.0358191792925910, 0.0334910077722432),
        (-2.02022980381683, 0.488399681651699),
        (-1.03322686717359, 0.214274163161675),
        (-0.0511041056535807, 0.226073200069370),
        (1829.15146461355, 455.478499142212),
    ]
    close(fit.frame["estimate"], [each[0] for each in certified], 1e-10)
    close(classical(fit), [each[1] for each in certified], 1e-10)
    matrix = np.column_stack([np.ones(16), values[:, 1:]]).astype(np.longdouble)
    close(fit.frame["std_error"], least_squares(matrix, values[:, 0])[1], 1e-10)


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (
            WAMPLER_3,
            numbers("2152.32624678170 2363.55173469681 779.343524331583 101.475507550350 5.64566512170752 "
"0.112324854679312"),
        ),
        (
            WAMPLER_5,
            numbers("21523262.4678170 23635517.3469681 7793435.24331583 1014755.07550350 56456.6512170752 "
"1123.24854679312"),
        ),
    ],
    ids=["wampler 3", "wampler 5"],
)  # fmt: skip
def test_wampler(text: str, errors: list[float]) -> None:
    """Certified values of `Wampler3.dat` and `Wampler5.dat`, NIST Statistical Reference Datasets: all coefficients
    are 1. Answers of 2e7 hide those of 5 in their last digits, and the errors are what they are looked at beside."""
    y = np.array(text.split(), dtype=float)
    fit = dl.regress(dl.declare_design(pd.DataFrame({"y": y, "x": np.arange(21.0)})), f"y ~ {powers(5)}")
    assert (np.abs(fit.frame["estimate"] - 1.0) < 1e-12 * np.array(errors) + 1e-9).all()
    close(classical(fit), errors, 1e-10)
    close(fit.frame["std_error"], least_squares(polynomial(np.arange(21.0), 5), y)[1], 1e-10)


def test_filip() -> None:
    """Certified values of `Filip.dat`, NIST Statistical Reference Datasets: powers up to ten, of which `lm` in R drops
    the last. 5e-6, for rounding in double precision grows ten million times in these powers."""
    y, x = np.array(FILIP.split(), dtype=float).reshape(82, 2).T
    fit = dl.regress(dl.declare_design(pd.DataFrame({"y": y, "x": x})), f"y ~ {powers(10)}")
    certified = [
        (-1467.48961422980, 298.084530995537),
        (-2772.17959193342, 559.779865474950),
        (-2316.37108160893, 466.477572127796),
        (-1127.97394098372, 227.204274477751),
        (-354.478233703349, 71.6478660875927),
        (-75.1242017393757, 15.2897178747400),
        (-10.8753180355343, 2.23691159816033),
        (-1.06221498588947, 0.221624321934227),
        (-0.0670191154593408, 0.0142363763154724),
        (-0.00246781078275479, 0.000535617408889821),
        (-0.0000402962525080404, 0.00000896632837373868),
    ]
    close(fit.frame["estimate"], [each[0] for each in certified], 5e-6)
    close(classical(fit), [each[1] for each in certified], 5e-6)
    close(fit.frame["std_error"], least_squares(polynomial(x, 10), y)[1], 5e-6)


@pytest.fixture(scope="module")
def years() -> pd.DataFrame:
    rng = np.random.default_rng(20)
    year = rng.integers(2000, 2021, 600).astype(float)
    y = 10 + 0.3 * (year - 2010) - 0.02 * (year - 2010) ** 2 + rng.normal(size=600)
    far = 2e7 + rng.normal(size=600)
    sex, unit = rng.choice(["f", "m"], 600), rng.integers(0, 30, 600)
    often = np.digitize(y + rng.normal(size=600), [9.0, 10.5])
    return pd.DataFrame({"year": year, "y": y + far - 2e7, "far": far, "sex": sex, "unit": unit, "often": often})


@pytest.mark.parametrize("degree", [2, 3])
def test_years_and_their_powers(years: pd.DataFrame, degree: int) -> None:
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
def test_numbers_far_from_zero(years: pd.DataFrame, shift: float) -> None:
    """A mean of 2e7 standard deviations and more; numbers are rounded to what can be told apart there first."""
    data = years.assign(far=years["far"] - 2e7 + shift)
    fit = dl.regress(dl.declare_design(data), "y ~ far + year")
    matrix = np.column_stack([np.ones(600), data["far"], data["year"]]).astype(np.longdouble)
    coefficients, errors = least_squares(matrix, data["y"])
    close(fit.frame["estimate"], coefficients, 1e-9)
    close(fit.frame["std_error"], errors, 1e-9)


FAMILIES = ["gaussian", "binomial", "poisson", "negative_binomial", "ordinal", "multinomial"]


@pytest.mark.parametrize("replicated", [False, True], ids=["linearised", "replicates"])
@pytest.mark.parametrize("family", FAMILIES)
def test_years_since_2000_say_the_same(years: pd.DataFrame, family: str, replicated: bool) -> None:
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
    near = dl.regress(sample, f"{left} sex * since + I(since ** 2) + sex:I(since ** 2)", family=family)
    assert far.fitted.matrix.conditioning is not None
    columns = ["estimate", "std_error"]
    squares = [far.frame["variable"].str.contains("**", regex=False),
               near.frame["variable"].str.contains("**", regex=False)]  # fmt: skip
    close(far.frame.loc[squares[0], columns], near.frame.loc[squares[1], columns], 1e-6)
    for one, other in (
        (dl.marginal_effects(far, "year", "sex"), dl.marginal_effects(near, "since", "sex")),
        (dl.predicted_margins(far, "sex"), dl.predicted_margins(near, "sex")),
        (dl.predicted_margins(far, {"year": [2012, 2030]}), dl.predicted_margins(near, {"since": [2, 20]})),
    ):
        np.testing.assert_allclose(one.frame[columns], other.frame[columns], rtol=1e-7, atol=1e-12)
    tests = [dl.term_test(fit, f"sex:{name} ** 2") for fit, name in ((far, "year"), (near, "since"))]
    close(tests[0].statistic, tests[1].statistic, 1e-6)


def test_bell_mccaffrey_of_years_since_2000(years: pd.DataFrame) -> None:
    """Errors and degrees of freedom of the square, however years are counted."""
    sample = dl.declare_design(years.assign(since=years["year"] - 2010), psu="unit")
    far = dl.regress(sample, "y ~ year + I(year ** 2)", variance="bell_mccaffrey")
    near = dl.regress(sample, "y ~ since + I(since ** 2)", variance="bell_mccaffrey")
    columns = ["estimate", "std_error", "df"]
    close(far.frame.loc[2, columns], near.frame.loc[2, columns], 1e-8)


def test_without_constant_categories_take_its_place(years: pd.DataFrame) -> None:
    """The model is the same, and so are its slopes."""
    sample = dl.declare_design(years)
    without = dl.regress(sample, "y ~ 0 + sex + year + I(year ** 2) + far")
    with_it = dl.regress(sample, "y ~ sex + year + I(year ** 2) + far")
    columns = ["estimate", "std_error"]
    close(without.frame.iloc[2:][columns], with_it.frame.iloc[2:][columns], 1e-8)


@pytest.mark.parametrize("constant", ["", "0 + "])
def test_what_follows_is_still_refused(years: pd.DataFrame, constant: str, refused: Any) -> None:
    data = years.assign(both=years["year"] + years["far"] / 3)
    refused(lambda: dl.regress(dl.declare_design(data), f"y ~ {constant}year + far + I(year ** 2) + both"))


def test_a_large_file_sorted_by_year() -> None:
    """Some rows of all the file choose what is taken out, not the first ones, which are all of one year."""
    rng = np.random.default_rng(4)
    year = np.sort(rng.integers(2000, 2021, 60_000)).astype(float)
    y = (year - 2010) ** 2 / 50 + rng.normal(size=60_000)
    fit = dl.regress(dl.declare_design(pd.DataFrame({"year": year, "y": y})), "y ~ year + I(year ** 2)")
    coefficients, errors = least_squares(polynomial(year, 2), y)
    close(fit.frame["estimate"], coefficients, 1e-8)
    close(fit.frame["std_error"], errors, 1e-8)
