"""Alpha and omega: tables drawn, answers worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import MisleadingError, OptionError
from diplab.estimators.scales import loadings, loadings_slope


def row(sample, statistic):
    return dl.estimate(sample, statistic).frame.iloc[0]


def test_alpha_by_hand(engine):
    """Squares about the means: 5 and 8, of the sum 25. Alpha = 2 (1 - 13 / 25) = 0.96; who left an item out is out."""
    sample = dl.declare_design(engine.draw("a b\n1 1\n2 3\n. 9\n3 3\n4 5"))
    est = dl.estimate(sample, dl.cronbach_alpha("a", "b"))
    found = est.frame.iloc[0]
    assert found["estimate"] == pytest.approx(0.96, rel=1e-12)
    assert (found["statistic"], found["variable"], found["n"]) == ("cronbach_alpha", "a, b", 4)
    assert dict(est.provenance.missing) == {"a, b": 1}


def test_std_error_and_interval_of_alpha(table):
    """z = 2 / 25 (13 / 25 d_v - d_a - d_b), d the squares about the means, of which the totals cancel.

    The sums are 2, 5, 6, 9, with mean 5.5 and squares 12.25, 0.25, 0.25, 12.25; of a 2.25, 0.25,
    0.25, 2.25; of b 4, 0, 0, 4. So z = 2 / 25 (6.37 - 6.25, 0.13 - 0.25, ...) = (0.0096, -0.0096,
    -0.0096, 0.0096), and V = 4 / 3 times the sum of squares = 4 / 3 * 4 * 0.0096^2.
    """
    sample = dl.declare_design(table("a b\n1 1\n2 3\n3 3\n4 5"))
    found = row(sample, dl.cronbach_alpha("a", "b"))
    assert found["std_error"] == pytest.approx(np.sqrt(4 / 3 * 4) * 0.0096, rel=1e-10)
    # 1 - alpha is 0.04; t of 3 degrees of freedom is 3.182446305284263
    half = 3.182446305284263 * np.sqrt(16 / 3) * 0.0096
    assert found["ci_low"] == pytest.approx(1 - 0.04 * np.exp(half / 0.04), rel=1e-9)
    assert found["ci_high"] == pytest.approx(1 - 0.04 * np.exp(-half / 0.04), rel=1e-9)
    plain = row(sample, dl.cronbach_alpha("a", "b", interval="wald"))
    assert plain["ci_high"] == pytest.approx(0.96 + half, rel=1e-9)


def test_items_left_out_and_domains(table):
    twice = table("a b c w\n1 1 2 2\n2 1 1 1\n2 3 2 3\n4 3 4 1\n3 4 4 2")
    each = twice.loc[twice.index.repeat(twice["w"])]
    weighted, written = dl.declare_design(twice, weights="w"), dl.declare_design(each)
    both = dl.cronbach_alpha("a", "b", "c"), dl.mcdonald_omega("a", "b", "c")
    for statistic in both:
        assert row(weighted, statistic)["estimate"] == pytest.approx(
            row(written, statistic)["estimate"], rel=1e-10
        )
    data = table(
        "sex a b c\nf 1 1 2\nf 2 1 1\nf 2 3 2\nf 4 3 4\nf 3 4 4\nm 1 2 1\nm 2 1 2\nm 4 4 3\nm 3 5 "
        "5\nm 5 4 4"
    )
    sample = dl.declare_design(data.assign(w=100.0), weights="w")
    by_sex = dl.estimate(sample, *both, by="sex")
    alone = [
        row(sample.where(f"sex == '{sex}'"), statistic) for statistic in both for sex in ("f", "m")
    ]
    for column in ("estimate", "std_error", "deff"):
        assert by_sex.frame[column].to_numpy() == pytest.approx(
            [each[column] for each in alone], rel=1e-9
        )


def test_omega_by_hand(table):
    """Three items have an exact fit: l_a^2 = s_ab s_ac / s_bc. Sums of products: ab 4.2, ac 4.8, bc 5.8.

    Loadings (squared, times 5): 4.2 * 4.8 / 5.8, 4.2 * 5.8 / 4.8, 4.8 * 5.8 / 4.2; variances (times
    5): 5.2, 7.2, 7.2.
    """
    sample = dl.declare_design(table("a b c\n1 1 2\n2 1 1\n2 3 2\n4 3 4\n3 4 4"))
    squares = np.array([4.2 * 4.8 / 5.8, 4.2 * 5.8 / 4.8, 4.8 * 5.8 / 4.2])
    common = np.sqrt(squares).sum() ** 2
    expected = common / (common + (np.array([5.2, 7.2, 7.2]) - squares).sum())
    assert row(sample, dl.mcdonald_omega("a", "b", "c"))["estimate"] == pytest.approx(
        expected, rel=1e-12
    )
    # all covariances 2, all variances 5, four items: alpha = omega = 16 * 2 / (16 * 2 + 4 * 3)
    covariance = np.full((4, 4), 2.0) + 3 * np.eye(4)
    fit = loadings(covariance)
    assert fit == pytest.approx(np.full(4, np.sqrt(2)), rel=1e-12)
    assert fit.sum() ** 2 / (fit.sum() ** 2 + 4 * 3) == pytest.approx(32 / 44)
    assert 4 / 3 * (1 - 20 / covariance.sum()) == pytest.approx(32 / 44)


def test_loadings():
    true = np.array([[1.0, 2.0, 0.5, 3.0], [0.2, 0.9, 0.7, 0.4]])
    covariance = true[:, :, None] * true[:, None, :] + 4 * np.eye(4)
    assert loadings(covariance) == pytest.approx(true, rel=1e-9)
    covariance[0, 1, 1] = 0.0
    assert np.isnan(loadings(covariance)[0]).all()
    assert loadings(covariance)[1] == pytest.approx(true[1], rel=1e-9)
    # where no fit is exact, any step away makes the sum of squares larger
    rng = np.random.default_rng(3)
    answers = rng.normal(size=(200, 1)) + rng.normal(size=(200, 5))
    covariance = np.cov(answers.T)
    fit = loadings(covariance)
    off = ~np.eye(5, dtype=bool)

    def misfit(tried):
        return ((covariance - np.outer(tried, tried))[off] ** 2).sum()

    for _ in range(50):
        assert misfit(fit) < misfit(fit + rng.normal(scale=1e-3, size=5))
    rng = np.random.default_rng(4)
    covariance = np.cov((rng.normal(size=(100, 1)) + rng.normal(size=(100, 4))).T)
    weights = np.array([1.0, -2.0, 0.5, 3.0])
    slope = loadings_slope(loadings(covariance), covariance, weights)
    step = np.zeros((4, 4))
    step[0, 2] = step[2, 0] = 1e-5
    ahead, behind = (loadings(covariance + sign * step) @ weights for sign in (1, -1))
    assert slope[0, 2] == pytest.approx((ahead - behind) / 2e-5, rel=1e-7)


def test_no_reliability(table, refused) -> None:
    sample = dl.declare_design(table("a b c\n1 2 3\n1 2 3\n1 2 3"))
    for statistic in (dl.cronbach_alpha("a", "b", "c"), dl.mcdonald_omega("a", "b", "c")):
        found = row(sample, statistic)
        assert np.isnan(found["estimate"])
        assert found["flag"] == "undefined"
    # tenths do not add up exactly, and what rounding leaves is not a variance
    tenths = np.arange(1, 8) / 10
    data = pd.DataFrame({"a": 1e4 + tenths, "b": 1e4 - tenths})
    frame = dl.estimate(dl.declare_design(data), dl.cronbach_alpha("a", "b")).frame
    assert frame["estimate"].isna().all()
    sample = dl.declare_design(table("a b c\n1 1 4\n2 1 5\n2 3 4\n4 3 2\n3 4 2"))
    refused(lambda: dl.estimate(sample, dl.mcdonald_omega("a", "b", "c")), MisleadingError)
    turned = row(sample, dl.mcdonald_omega("a", "b", "6 - c"))
    assert turned["estimate"] == pytest.approx(0.9101510873483118, rel=1e-9)


def test_refused(table, refused):
    sample = dl.declare_design(table("a b\n1 1\n2 3"))
    refused(lambda: dl.estimate(sample, dl.cronbach_alpha("a")), OptionError)
    refused(lambda: dl.estimate(sample, dl.mcdonald_omega("a", "b")), OptionError)
    refused(lambda: dl.estimate(sample, dl.cronbach_alpha()), OptionError)
    refused(lambda: dl.cronbach_alpha("a", "b", interval="logit"), OptionError)


@pytest.mark.parametrize("replicated", [False, True], ids=["linearised", "replicates"])
def test_answers_far_from_zero(replicated: bool) -> None:
    """What all answers have in common changes nothing, however large: moments are about the means."""
    rng = np.random.default_rng(8)
    common = rng.normal(size=(300, 1))
    # sixteenths are exact there too
    answers = np.round(16 * (common + rng.normal(size=(300, 4)))) / 16
    near = pd.DataFrame(answers, columns=list("abcd")).assign(
        sex=np.tile(["f", "m"], 150), unit=np.arange(300) // 10
    )
    found = []
    for shift in (0, 2e5, 2e7):
        sample = dl.declare_design(
            near.assign(**{name: near[name] + shift for name in "abcd"}), psu="unit"
        )
        sample = dl.make_replicates(sample, "jk1") if replicated else sample
        est = dl.estimate(sample, dl.cronbach_alpha(*"abcd"), dl.mcdonald_omega(*"abcd"), by="sex")
        found.append(est.frame[["estimate", "std_error", "ci_low", "ci_high"]])
    for far, rtol in zip(found[1:], (1e-9, 1e-7), strict=True):
        np.testing.assert_allclose(far, found[0], rtol=rtol)
