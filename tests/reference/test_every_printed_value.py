"""Numbers of section (d) of the survey facts (R survey 4.4-2), held to the digits printed there.

Those that other files hold in more digits are there: `test_every_recorded_value` (means, totals, regressions and tests
of the shared record), `test_regression`, `test_crosstab`, `test_group_tests` and `test_calibration`.

What is not here: the AIC of a regression, the `lincom` test of a table (a saddlepoint approximation) and the `old` rule
of quantiles, which have no counterpart; NHANES `HI_CHOL`, whose file is not among the data; the Gini coefficient, of a
later issue. Two are not R's on purpose (decision 13): the score interval of a median under unequal weights, and the
lower end of the arcsine interval of a rare share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import diplab as dl

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.shared

STYPE = {"E": 4421, "H": 755, "M": 1018}
GREG = {"stype": STYPE, "api99": 3914069}


def printed(found: Iterable[Any], text: str) -> None:
    """Hold numbers to a printed line of them, each to a unit of its last digit."""
    numbers, written = list(found), text.split()
    assert len(numbers) == len(written)
    for number, each in zip(numbers, written, strict=True):
        unit = 10.0 ** -len(each.partition(".")[2])
        assert abs(number - float(each)) <= unit, f"{number!r} for {each}"


def both(sample: dl.Sample, statistic: dl.Statistic, **options: Any) -> list[float]:
    """Estimates and their standard errors, one after the other."""
    found: list[float] = (
        dl.estimate(sample, statistic, **options).frame[["estimate", "std_error"]].to_numpy().ravel().tolist()
    )
    return found


def bounds(sample: dl.Sample, *statistics: dl.Statistic, **options: Any) -> list[float]:
    frame = dl.estimate(sample, *statistics, **options).frame
    found: list[float] = frame[["ci_low", "ci_high"]].to_numpy().ravel().tolist()
    return found


# -- totals, means, ratios ----------------------------------------------------------------------------------------


def test_clus1(clus1: dl.Sample) -> None:
    printed(bounds(clus1, dl.mean("api00"), df="infinity"), "598.0274550 690.3113428")
    printed(bounds(clus1, dl.mean("api00")), "593.6763145 694.6624834")
    printed(dl.estimate(clus1, dl.mean("api00")).frame["deff"], "9.345869")
    printed(both(clus1, dl.mean("api99")), "606.9781421 24.22504091")
    printed(dl.estimate(clus1, dl.mean("api99")).frame["deff"], "8.68958")
    by = dl.estimate(clus1, dl.mean("api00"), by="stype").covariance
    printed(by[[0, 0, 1], [1, 2, 2]], "521.979780 646.837432 658.330933")


def test_strat(strat: dl.Sample) -> None:
    printed(both(strat, dl.ratio("`api.stu`", "enroll")), "0.836956886941 0.00775710316664")
    printed(both(strat, dl.variance("api00")), "15190.58621 1255.73998")
    printed(both(strat, dl.variance("api99")), "16518.23696 1318.43311")


def test_clus2_with_replacement(clus2wr: dl.Sample) -> None:
    printed(both(clus2wr, dl.mean("api00")), "670.8118081 30.71158")


# -- quantiles and shares -----------------------------------------------------------------------------------------


def test_quartiles(clus1: dl.Sample, strat: dl.Sample) -> None:
    quartiles = [dl.quantile("api00", p) for p in (0.25, 0.5, 0.75)]
    of_clus1, of_strat = dl.estimate(clus1, *quartiles).frame, dl.estimate(strat, *quartiles).frame
    assert of_clus1["estimate"].tolist() == [552, 652, 719]
    assert bounds(clus1, *quartiles) == [492, 627, 561, 714, 696, 777]
    printed(of_clus1["std_error"], "31.4716612 35.6678827 18.8829967")
    assert of_strat["estimate"].tolist() == [565, 668, 756]
    assert bounds(strat, *quartiles) == [535, 597, 642, 694, 726, 778]
    printed(of_strat["std_error"], "15.7194511 13.1840558 13.1840558")
    seventh = dl.estimate(strat, dl.median("api00", rule="hf7")).frame
    printed(seventh[["estimate", "ci_low", "ci_high"]].iloc[0], "667.608572534 637.032984883 680.819591653")


def test_score_interval_is_that_of_the_test(strat: dl.Sample) -> None:
    """R: [646, 706], for it reads back unweighted counts (decision 13)."""
    assert bounds(strat, dl.median("api00", interval="score")) == [638, 680]


@pytest.mark.parametrize(
    ("interval", "ends"),
    [
        (
            "logit",
            ".002304691 .177747767",
        ),  # a fit in R: its tenth digit, .0023046913 .1777477665, is not exact
        ("beta", ".0002161468 .1375077639"),
        ("wald", "-0.0266624 0.0703783"),
    ],
)
def test_intervals_of_a_rare_share(clus1: dl.Sample, interval: str, ends: str) -> None:
    printed(dl.estimate(clus1, dl.share("ell == 0")).frame["estimate"], "0.0218579235")
    printed(bounds(clus1, dl.share("ell == 0", interval=interval)), ends)


def test_arcsine_interval_of_a_rare_share(clus1: dl.Sample) -> None:
    """R: .0003071927 at the lower end, the square of a negative angle (decision 13)."""
    low, high = bounds(clus1, dl.share("ell == 0", interval="asin"))
    printed([low, high], "0.0 0.0955767364")


def test_likelihood_interval_of_a_rare_share(clus1: dl.Sample) -> None:
    """To 4e-3: R reads the ends off a curve through some ten points of the profile (decision 13)."""
    found = bounds(clus1, dl.share("ell == 0", interval="likelihood"))
    assert found == pytest.approx([0.0006639212, 0.1077784084], rel=4e-3)
