"""What else is recorded of the cases of population sizes: points of lists, ends of profiles, shares never seen.

Hares (Cormack, 1989), HIV in Rome (Abeni, Brancato and Perucci, 1994), breeding birds (Dorazio and Royle, 2003) and
immigrants without legal residence: recorded from R 4.5.0, Rcapture 1.4-4, or stated in its manual, as each test says.
MTurk: counts and laws of the notebooks behind Difallah, Filatova and Ipeirotis (2018).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln, xlogy
from scipy.stats import beta as beta_law

from diplab import population
from diplab.population.kernel.abundance import Abundance, lognormal_interval
from diplab.population.kernel.closed import frequency_cells
from diplab.population.kernel.loglinear import fit_loglinear, multinomial_profile
from tests.recorded_histories import HARES, ROME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BIRDS = [15, 7, 5, 2, 5, 6, 3, 2, 1, 2, 4, 4, 0, 1, 0, 2, 3, 1, 1, 1]
"""Species seen on 1 to 20 of the 50 stops; six more were seen more often."""
IMMIGRANTS = [1645, 183, 37, 13, 1, 1]
MTURK_COUNT = [
    *(31996, 4090, 1387, 642, 367, 235, 177, 101, 102, 67, 41, 52, 39, 34, 25, 14, 17, 14, 13, 8),
    *(7, 7, 6, 7, 7, 1, 3, 1),
]
CUT = 3.841458820694124


def every_history(occasions: int) -> Floats:
    """Every history with somebody seen, one per row."""
    return np.array(
        [[int(each) for each in f"{number:0{occasions}b}"] for number in range(1, 2**occasions)], dtype=float
    )


def hares() -> tuple[Floats, Floats]:
    """Every history of six occasions, and the hares with it."""
    histories = every_history(6)
    names = ["".join(str(int(each)) for each in row) for row in histories]
    return histories, np.array([float(HARES.get(name, 0)) for name in names])


def with_stirling(x: Floats, counts: Floats, offset: Floats, most: float) -> tuple[float, float, float]:
    """Return size, low and high of a profile whose factorials are by Stirling's formula where N is above a hundred.

    The largest likelihood is looked for up to `most` persons never seen.
    """
    seen, width = counts.sum(), x.shape[1]

    def stirling(number: float) -> float:
        return number * math.log(number) - number + 0.5 * math.log(2 * math.pi * number)

    def exact(number: float) -> float:
        return float(gammaln(number + 1))

    def likelihood(missed: float) -> float:
        cells, size = np.append(counts, missed), seen + missed
        fitted = fit_loglinear(np.vstack([x, np.eye(1, width)]), cells, np.append(offset, 0.0)).fitted
        factorial = exact if size <= 100 else stirling
        return factorial(size) - factorial(missed) + float(xlogy(cells, fitted / size).sum())

    best = minimize_scalar(lambda each: -likelihood(each), bounds=(1, most), method="bounded", options={"xatol": 1e-9})
    drop = -best.fun - CUT / 2

    def above(missed: float) -> float:
        return likelihood(missed) - drop

    low, high = brentq(above, 0.1, best.x), brentq(above, best.x, 500)
    return seen + best.x, seen + low, seen + high


def test_mt_without_the_two_hares_always_caught() -> None:
    """Stated in the manual of Rcapture: N = 76.8, SE 3.9, AIC 146, those two counted and not fitted."""
    histories, counts = hares()
    always = histories.sum(axis=1) == 6
    fit = fit_loglinear(np.column_stack([np.ones(63), histories, always]), counts)
    missed = math.exp(fit.coefficients[0])
    error = math.sqrt(missed + missed**2 * fit.covariance[0, 0])
    aic = -2 * float(fit.log_likelihood) + 2 * 8
    assert (round(68 + missed, 1), round(error, 1), round(aic)) == (76.8, 3.9, 146)


@pytest.mark.parametrize(
    ("column", "most", "recorded", "exact"),
    [("darroch", 31, 121.1517404, 121.1408553), ("gamma3.5", 31, 171.8555508, 171.8450565)],
)
def test_upper_ends_of_the_hares_and_stirlings_formula(column: str, most: float, recorded: float, exact: float) -> None:
    """Above a hundred persons the recorded ends are those of factorials by Stirling's formula, to all digits."""
    histories, counts = hares()
    times = histories.sum(axis=1)
    law = times**2 / 2 if column == "darroch" else -np.log(3.5 + times) + math.log(3.5)
    x = np.column_stack([np.ones(63), histories, law])
    assert with_stirling(x, counts, np.zeros(63), most)[2] == pytest.approx(recorded, abs=2e-7)
    assert multinomial_profile(x, counts, np.eye(1, 8)[0]).high == pytest.approx(exact, abs=1e-6)


def test_ends_of_the_birds_and_stirlings_formula() -> None:
    """Gamma: 109.0578787, 86.21651379, 150.6304905; Chao, with the bends that Rcapture keeps: 84.32290825, 119.6601801.

    The lower end recorded for Chao, 73.01351495, is not that of its own four bends, 73.00587, by 1e-4 of itself.
    """
    counts = np.array(BIRDS, dtype=float)
    gamma = frequency_cells(counts, 50, "gamma3.5")
    found = [each + 6 for each in with_stirling(gamma.x, counts, gamma.offset, 60)]
    assert found == pytest.approx([109.0578787, 86.21651379, 150.6304905], abs=1e-5)
    chao = frequency_cells(counts, 50, "chao")
    kept = [0, 1, 2, 4, 9, 15]
    size, low, high = (each + 6 for each in with_stirling(chao.x[:, kept], counts, chao.offset, 34))
    assert (size, high) == pytest.approx((84.32290825, 119.6601801), abs=1e-5)
    assert low == pytest.approx(73.01351495, rel=2e-4)


@pytest.mark.parametrize(
    ("pairs", "size", "low", "high"),
    [
        ([(0, 1)], 12308.03361, 10265.99351, 14992.33294),
        ([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)], 23269.77001, 10027.55395, 50046.26292),
    ],
)
def test_multinomial_points_of_rome(pairs: list[tuple[int, int]], size: float, low: float, high: float) -> None:
    histories = np.array([[int(each) for each in history] for history in ROME], dtype=float)
    counts = np.array(list(ROME.values()), dtype=float)
    joint = [histories[:, one] * histories[:, other] for one, other in pairs]
    x = np.column_stack([np.ones(15), histories, *joint])
    found = multinomial_profile(x, counts, np.eye(1, x.shape[1])[0])
    # glm's own stopping rule leaves 1e-6 of the recorded sizes
    assert list(found) == pytest.approx([size, low, high], rel=1e-6)


def test_the_manual_on_immigrants() -> None:
    """Manual of Rcapture: at least 8,000 of them, so that less than 25 % were caught."""
    low = population.closed(IMMIGRANTS, "Mh", "chao").frame["ci_low"].iloc[0]
    assert low > 8000
    assert 1880 / low < 0.25


def test_the_recorded_error_of_the_normal_law_is_that_of_half_a_variance() -> None:
    """Recorded 4644.03685: u + u^2 var(b0)/2 where var(b0), the inverse information, was wanted whole."""
    row = population.closed(IMMIGRANTS, "Mh", "normal", nodes=20).frame.iloc[0]
    missed = row["estimate"] - 1880
    halved = missed + (row["std_error"] ** 2 - missed) / 2
    assert math.sqrt(halved) == pytest.approx(4644.03685, rel=1e-4)


def test_events_of_the_second_column_of_mturk() -> None:
    found = population.single_source(MTURK_COUNT)
    assert found.provenance.rules["sightings"] == "58307"
    assert found.frame["n"].iloc[0] == 39_460


def test_expected_active_workers() -> None:
    """Beta(2.3, 18.6): 60,000 workers of whom 6,603 are active on average (a draw of the notebook: 6,610.67)."""
    law = beta_law(2.3, 18.6)
    assert law.mean() == pytest.approx(0.11004784688995213, rel=1e-13)
    assert law.var() == pytest.approx(0.004472023665974327, rel=1e-13)
    assert round(60_000 * law.mean()) == 6603
    assert population.never_seen(2.3, 18.6, 1) == pytest.approx(1 - 0.11004784688995213, rel=1e-13)
    factor = population.propensity_factor(2.3, 18.6)
    assert factor == pytest.approx(1 + 0.004472023665974327 / 0.11004784688995213**2, rel=1e-12)


@pytest.mark.parametrize(
    ("alpha", "beta", "none"), [(0.6413738386, 8.0467867080, 0.3714208996), (0.3007047003, 3.7726929908, 0.5090863300)]
)
def test_shares_never_seen_of_laws_by_moments(alpha: float, beta: float, none: float) -> None:
    assert population.never_seen(alpha, beta, 29) == pytest.approx(none, abs=1e-9)


def test_the_interval_of_a_bound_that_finds_nobody_more() -> None:
    """f1 = 1: the corrected bound is n, its variance (1/12)^2 by hand, and a single point would claim certainty."""
    row = population.single_source({1: 1, 2: 5, 3: 5}, "chao_bc").frame.iloc[0]
    assert (row["estimate"], row["n"], row["ci_low"]) == (11, 11, 11)
    assert row["std_error"] == pytest.approx(1 / 12, rel=1e-12)
    assert row["ci_high"] == pytest.approx(11 + 1.959963984540054 / 12, rel=1e-12)
    assert lognormal_interval(Abundance(50.0, 0.0, 50.0)) == (50.0, 50.0)
    assert lognormal_interval(Abundance(50.0, math.nan, 50.0)) == (50.0, 50.0)
