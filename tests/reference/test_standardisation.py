"""Direct standardisation and expressions of estimates against R survey 4.4-2 (R 4.5.0), by `standardisation.R`.

A design of 36 units in four strata with an fpc. `excluding.missing` leaves out those without an
answer, as we do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import close, recorded_file

IN_R = recorded_file("standardisation")
PEOPLE = pd.DataFrame(IN_R["data"]).astype({"pay": float})
BY_AGE = {"age": {"m": 200, "o": 300, "y": 500}}
CROSSED = {
    ("sex", "age"): {
        ("f", "m"): 11,
        ("m", "m"): 17,
        ("f", "o"): 7,
        ("m", "o"): 19,
        ("f", "y"): 23,
        ("m", "y"): 23,
    }
}


@pytest.fixture(scope="module")
def sample() -> Any:
    return dl.declare_design(PEOPLE, weights="w", strata="h", psu="c", fpc="N")


def as_recorded(found: Any, name: str) -> None:
    close(found.frame["estimate"], IN_R[name]["estimate"], 1e-12)
    close(found.frame["std_error"], IN_R[name]["std_error"], 1e-10)


def test_means_shares_and_their_covariance(sample: Any) -> None:
    as_recorded(dl.standardise(sample, dl.mean("pay"), BY_AGE, by="g"), "mean")
    as_recorded(dl.standardise(sample, dl.mean("pay"), CROSSED), "crossed")
    as_recorded(dl.standardise(sample, dl.share("open == 1"), BY_AGE, by="g"), "share")
    as_recorded(
        dl.standardise(sample.where("sex == 'f'"), dl.mean("hours"), BY_AGE, by="g"), "domain"
    )
    hours = dl.standardise(sample, dl.mean("hours"), BY_AGE, by="g")
    close(hours.covariance, IN_R["covariance"], 1e-10)
    as_recorded(
        dl.standardise(
            dl.make_replicates(sample, "jkn", mse=True), dl.mean("hours"), BY_AGE, by="g"
        ),
        "jackknife",
    )


def test_a_standard_estimated_on_another_sample(sample: Any) -> None:
    """`svycontrast` of means of cells beside totals of ages, both covariances in blocks: groups, then n minus s."""
    other = dl.declare_design(pd.DataFrame(IN_R["other"]), weights="w", strata="k", psu="u")
    expected = np.array([[each["estimate"], each["std_error"]] for each in IN_R["elsewhere"]])
    for standard in (dl.estimate(other, dl.count(), by="age"), dl.estimate(other, dl.share("age"))):
        found = dl.standardise(sample, dl.mean("hours"), standard, by="g")
        close(found.frame[["estimate", "std_error"]], expected[:3], 1e-10)
        close(
            dl.contrast(found, {"g": ("n", "s")}).frame[["estimate", "std_error"]],
            expected[3:],
            1e-10,
        )


def test_calibrated_designs(sample: Any) -> None:
    """`svytotal` of linearised values, which R's residuals of calibration then make: a known standard, and its own."""
    sex = {"f": 400, "m": 420}
    both = dl.calibrate(sample, {"sex": sex, "age": {"m": 200, "o": 210, "y": 410}})
    for name, one, margins in (
        ("calibrated", both, BY_AGE),
        ("calibrated_own", dl.calibrate(sample, {"sex": sex}), "age"),
    ):
        found = dl.standardise(one, dl.mean("hours"), margins, by="g")
        close(found.frame["estimate"], IN_R[name]["estimate"], 1e-12)
        close(found.covariance, IN_R[name]["covariance"], 1e-9)


def test_a_ratio_of_standardised_means_is_an_expression(sample: Any) -> None:
    """`svyratio` on the standardised design; `pay` is above 0 where it is answered."""
    means = dl.standardise(sample.where("pay > 0"), dl.mean(["pay", "hours"]), BY_AGE, by="g")
    names = {"a": {"variable": "pay"}, "b": {"variable": "hours"}}
    found = dl.contrast(means, "a / b", names=names)
    assert found.frame["g"].tolist() == ["n", "s", "w"]
    as_recorded(found, "ratio")


def test_expressions(sample: Any) -> None:
    """`svycontrast` with a quoted expression."""
    crude = dl.estimate(sample, dl.mean("hours"), by="g")
    found = dl.contrast(
        crude,
        {
            text: text
            for text in ("n / (n + s)", "log(n / s)", "sqrt(n * w) - s ** 2", "exp(n / w)")
        },
    )
    recorded = np.array([[each["estimate"], each["std_error"]] for each in IN_R["expressions"]])
    close(found.frame[["estimate", "std_error"]], recorded, 1e-10)


# stratum, unit, sex, age, pay, weight: women are in one unit of the first stratum and in none of
# the third; the fourth has a single unit
FEW = pd.DataFrame(
    [
        (1, 1, "f", "y", 3, 2), (1, 1, "f", "o", 5, 1), (1, 1, "m", "y", 9, 2), (1, 2, "m", "y", 8, 1),
        (1, 2, "m", "o", 2, 3), (2, 3, "f", "y", 4, 1), (2, 3, "f", "o", 9, 2), (2, 3, "m", "o", 6, 2),
        (2, 4, "f", "y", 7, 3), (2, 4, "f", "o", 1, 1), (2, 4, "m", "y", 2, 1), (3, 5, "m", "y", 5, 2),
        (3, 5, "m", "o", 7, 1), (3, 6, "m", "y", 1, 2), (3, 6, "m", "o", 4, 2), (4, 7, "f", "y", 6, 1),
        (4, 7, "m", "o", 3, 2), (4, 7, "f", "o", 2, 2),
    ],
    columns=["h", "c", "sex", "age", "pay", "w"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "error"), [("adjust", 0.65833955971017877), ("average", 0.46973532105496096)]
)
def test_a_group_is_judged_by_its_own_people(policy: Any, error: float) -> None:
    """With `options(survey.lonely.psu=policy, survey.adjust.domain.lonely=TRUE)`, `d <- svydesign(~c, strata=~h, ...)`:

    `svymean(~pay, svystandardize(subset(d, sex=="f"), by=~age, population=c(4, 6)))`, ages being o
    and y. Where women are taken after `svystandardize`, men count as units of theirs: 0.5448 and
    0.5294.
    """
    sample = dl.declare_design(
        FEW, weights="w", strata="h", psu="c", lonely_psu=policy, lonely_psu_domain=policy
    )
    found = dl.standardise(sample, dl.mean("pay"), {"age": {"y": 6, "o": 4}}, by="sex").frame.loc[0]
    close(found["estimate"], 5.0380952380952388, 1e-12)
    close(found["std_error"], error, 1e-10)
