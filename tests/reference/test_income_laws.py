"""Laws of income against VGAM 1.1-13 (R 4.5.0), against scipy, and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, special, stats

from diplab.kernel.bands.distributions import (
    DAGUM,
    GB2,
    SINGH_MADDALA,
    LogNormal,
    between,
    log_of_likelihood,
)
from diplab.kernel.bands.fitting import fit_distribution
from tests.recorded_values import recorded_file

IN_R = recorded_file("income_laws")
Y = np.array([50.0, 400, 1000, 2500, 20000])
P = np.array([0.001, 0.1, 0.5, 0.9, 0.999])
LOW = np.array([0.0, 500, 1000, 1500, 2000, 2500, 3500, 5000])
HIGH = np.append(LOW[1:], np.inf)
WEIGHT = np.array([[312.5, 402, 391.5, 300, 188, 201, 97, 61]])

LAWS = {
    "log-normal": (LogNormal(), np.array([6.9, np.log(0.6)])),
    "Singh-Maddala": (SINGH_MADDALA, np.log([2.4, 1600, 2.1])),
    "Dagum": (DAGUM, np.log([3.7, 1400, 0.53])),
    "GB2": (GB2, np.log([3, 1500, 0.7, 1.4])),
}
# psinmad, dsinmad, qsinmad(scale 1600, a 2.4, q 2.1); pdagum...(1400, a 3.7, p 0.53);
# dgenbetaII(1500, 3, 0.7, 1.4), with pbeta and qbeta for its distribution function, which VGAM
# lacks; plnorm...(6.9, 0.6)
RECORDED = IN_R["recorded"]  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_distribution_density_and_quantiles_are_those_of_r(name):
    law, theta = LAWS[name]
    below, density, quantile = RECORDED[name]
    # qsinmad loses digits at a share of 0.001, which (1 - u)^(-1/q) - 1 cancels
    assert law.cdf(Y, theta) == pytest.approx(below, rel=2e-12)
    assert np.exp(law.log_density(Y, theta)) == pytest.approx(density, rel=1e-12)
    assert law.quantile(P, theta) == pytest.approx(quantile, rel=1e-10)


SCIPY = {
    "log-normal": stats.lognorm(0.6, scale=np.exp(6.9)),
    "Singh-Maddala": stats.burr12(2.4, 2.1, scale=1600),
    "Dagum": stats.burr(3.7, 0.53, scale=1400),
}


@pytest.mark.parametrize("name", SCIPY)
def test_a_second_route_by_scipy(name):
    law, theta = LAWS[name]
    other = SCIPY[name]
    below, above = law.log_tails(Y, theta)
    assert np.exp(below) == pytest.approx(other.cdf(Y), rel=1e-10)
    assert np.exp(above) == pytest.approx(other.sf(Y), rel=1e-10)
    assert law.mean(theta) == pytest.approx(other.mean(), rel=1e-8)


@pytest.mark.parametrize(("free", "law"), [(2, SINGH_MADDALA), (3, DAGUM)])
def test_gb2_holds_the_laws_of_three_parameters(free, law):
    theta = np.log([2.7, 1300, 0.8])
    inside = np.insert(theta, free, 0.0)
    for one, other in zip(law.log_tails(Y, theta), GB2.log_tails(Y, inside), strict=True):
        assert one == pytest.approx(other, rel=1e-11)
    assert law.gini(theta) == pytest.approx(GB2.gini(inside), rel=1e-12)
    assert law.mean(theta) == pytest.approx(GB2.mean(inside), rel=1e-12)


def test_gini_coefficients_and_means_by_hand_and_of_r():
    """1 - integrate(S^2) / mean by R's integrate, relative tolerance 1e-12."""
    assert GB2.mean(LAWS["GB2"][1]) == pytest.approx(1234.82630963083192910, rel=1e-13)
    assert GB2.gini(LAWS["GB2"][1]) == pytest.approx(0.32315876311886549, rel=1e-11)
    # a = 1/2, p = 2, q = 5: sqrt(y) is a ratio of gammas, and the coefficient 25 / 33.
    assert GB2.gini(np.log([0.5, 1, 2, 5])) == pytest.approx(25 / 33, rel=1e-12)
    for law, theta in ((SINGH_MADDALA, [2, 1, 0.4]), (DAGUM, [0.9, 1, 2]), (GB2, [2, 1, 3, 0.5])):
        assert np.isposinf(law.mean(np.log(theta)))
        assert law.gini(np.log(theta)) == 1.0
    _, theta = LAWS["GB2"]
    odds = (Y / 1500) ** 3
    below, above = GB2.log_tails(Y, theta)
    assert np.exp(below) == pytest.approx(stats.betaprime.cdf(odds, 0.7, 1.4), rel=1e-11)
    assert np.exp(above) == pytest.approx(stats.betaprime.sf(odds, 0.7, 1.4), rel=1e-11)


@pytest.mark.parametrize(
    "parameters",
    [(1.2, 1, 2, 3), (8, 2, 0.3, 0.25), (0.5, 1, 2, 5), (4, 1, 30, 0.5), (40, 1, 0.05, 0.1)],
)
def test_the_gini_coefficient_of_gb2_by_quadrature(parameters):
    theta = np.log(parameters)
    middle = np.log(GB2.quantile(np.array(0.5), theta))

    def square(v):
        return np.exp(2 * GB2.log_tails(np.exp(v), theta)[1] + v)

    parts = [
        (-60, middle - 2),
        (middle - 2, middle),
        (middle, middle + 2),
        (middle + 2, middle + 150),
    ]
    whole = sum(
        integrate.quad(square, *part, limit=800, epsabs=0, epsrel=1e-12)[0] for part in parts
    )
    assert GB2.gini(theta) == pytest.approx(1 - whole / GB2.mean(theta), rel=1e-9)


# optim(method = "BFGS", reltol = 1e-16) on the same bands and weights; parameters to the precision
# that it reaches
FITTED = IN_R["fitted"]


@pytest.mark.parametrize("name", FITTED)
def test_the_fit_to_bands_is_that_of_r(name):
    law, _ = LAWS[name]
    parameters, height = FITTED[name]
    found = fit_distribution(law, LOW, HIGH, WEIGHT)
    theta = np.exp(found.theta[:, 0])
    if name == "log-normal":
        theta[0] = found.theta[0, 0]
    assert found.flag == ("",)
    assert theta == pytest.approx(parameters, rel=2e-3 if name == "GB2" else 1e-5)
    # as high as R climbed, and no lower
    assert found.log_likelihood[0] == pytest.approx(height, abs=1e-6)
    assert found.log_likelihood[0] >= height - 1e-9


@pytest.mark.parametrize("name", LAWS)
def test_fits_give_back_the_law_and_its_gini(name):
    law, theta = LAWS[name]
    share = np.exp(log_of_likelihood(law, LOW, HIGH, theta[:, None]))
    assert share.sum() == pytest.approx(1, abs=1e-14)
    found = fit_distribution(law, LOW, HIGH, share[None, :])
    assert found.theta[:, 0] == pytest.approx(theta, rel=1e-6)
    # Known incomes at the middle of 600 equal shares: the law comes back, but for the ends that
    # they lack.
    law, theta = LAWS[name]
    y = law.quantile((np.arange(600) + 0.5) / 600, theta)
    found = fit_distribution(law, y, y, np.ones((1, 600)))
    assert found.theta[:, 0] == pytest.approx(theta, abs=0.05)
    own = log_of_likelihood(law, y, y, found.theta).sum()
    assert own >= log_of_likelihood(law, y, y, theta[:, None]).sum()
    law, theta = LAWS[name]

    # the integral of F (1 - F) over incomes is half the mean difference
    def product(v):
        return np.exp(sum(law.log_tails(np.exp(v), theta)) + v)

    half = sum(
        integrate.quad(product, *part, limit=800, epsabs=0, epsrel=1e-12)[0]
        for part in [(-25, 4), (4, 6), (6, 8), (8, 60)]
    )
    assert law.gini(theta) == pytest.approx(half / law.mean(theta), rel=1e-10)


def test_known_incomes_and_bands_in_the_tails_by_hand():
    y = np.array([100.0, 400, 900, 1600])
    found = fit_distribution(LogNormal(), y, y, np.array([[1.0, 2, 1, 3]]))
    centre = np.average(np.log(y), weights=[1, 2, 1, 3])
    spread = np.sqrt(np.average((np.log(y) - centre) ** 2, weights=[1, 2, 1, 3]))
    assert found.theta[:, 0] == pytest.approx([centre, np.log(spread)], rel=1e-9)
    # variance of mu and of log(sigma): sigma^2 / n and 1 / (2 n)
    assert np.diag(found.inverse_information[0]) == pytest.approx([spread**2 / 7, 1 / 14], rel=1e-8)
    low, high = np.array([1e9, 1e-9]), np.array([2e9, 2e-9])
    found = log_of_likelihood(LogNormal(), low, high, np.array([[0.0], [np.log(0.5)]]))
    z = np.log(1e9) / 0.5, np.log(2e9) / 0.5
    upper = special.log_ndtr(-z[0]) + np.log1p(
        -np.exp(special.log_ndtr(-z[1]) - special.log_ndtr(-z[0]))
    )
    assert found[0] == pytest.approx(upper, rel=1e-13)
    assert np.isfinite(found).all()
    # Singh-Maddala above: (1 + x)^-q - (1 + 2^a x)^-q, next to nothing else
    own = log_of_likelihood(SINGH_MADDALA, low[:1], high[:1], np.log([2, 1, 3])[:, None])
    assert own == pytest.approx(np.log(1e18**-3.0 - 4e18**-3.0), rel=1e-12)
    of_four = log_of_likelihood(
        GB2, np.array([1e60]), np.array([2e60]), np.log([8, 1, 0.7, 1.5])[:, None]
    )
    # the upper tail of the beta is (1 - z)^q / (q B(p, q)), with 1 - z = y^-a
    lead = -12 * np.log(1e60) - np.log(1.5) - special.betaln(0.7, 1.5) + np.log1p(-(2.0**-12))
    assert of_four == pytest.approx(lead, rel=1e-12)
    log = np.log(np.array([0.25])), np.log(np.array([0.75]))
    assert np.isneginf(between(log, log)).all()
