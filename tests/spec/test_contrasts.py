"""Contrasts between domains and between samples: by hand, and with the covariance that R prints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

PEOPLE = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})


def by_sex(frame=PEOPLE, **options):
    return dl.estimate(dl.declare_design(frame, **options), dl.mean("hours"), by="sex")


def test_a_difference_by_hand():
    """f: mean 15; m: mean 40. z_f = (h - 15) / 2 for women, 0 for men; n / (n - 1) sum (z - mean)^2.

    V(f) = 4/3 * (2.5^2 + 2.5^2) = 16.667; V(m) = 4/3 * (5^2 + 5^2) = 66.667; the covariance is zero since no
    unit is in both and both sums are zero. V(m - f) = 83.333.
    """
    found = dl.contrast(by_sex(), {"sex": ("m", "f")}).frame.iloc[0]
    assert found["estimate"] == 25.0
    assert found["std_error"] == pytest.approx(np.sqrt(250 / 3))
    assert found["sex"] == "m − f"
    assert found["n"] == 4


def test_a_ratio_by_hand():
    """R = 40 / 15; V(R) = (V(m) + R^2 V(f)) / 15^2."""
    found = dl.contrast(by_sex(), {"sex": ("m", "f")}, kind="ratio").frame.iloc[0]
    ratio = 40 / 15
    assert found["estimate"] == pytest.approx(ratio)
    assert found["std_error"] == pytest.approx(np.sqrt((200 / 3 + ratio**2 * 50 / 3) / 225))


@pytest.mark.shared
def test_the_covariance_between_domains_is_used(shared):
    """V(E - H) from the variances and the covariance 521.979780 of R survey 4.4-2 (svyby, covmat=TRUE)."""
    schools = pd.read_csv(shared / "data/design/apiclus1.csv")
    sample = dl.declare_design(schools, weights="pw", psu="dnum", fpc="fpc")
    est = dl.estimate(sample, dl.mean("api00"), by="stype")
    expected = np.sqrt(22.3624088938319**2 + 38.0202493594075**2 - 2 * 521.979780)
    found = dl.contrast(est, {"stype": ("E", "H")}).frame.iloc[0]
    assert found["std_error"] == pytest.approx(expected, rel=1e-8)
    assert found["estimate"] == pytest.approx(648.868055555556 - 618.571428571429)


def test_two_independent_samples():
    """The covariance between two samples is zero: V(a - b) = V(a) + V(b)."""
    before, after = (
        dl.estimate(dl.declare_design(frame), dl.mean("hours")) for frame in (PEOPLE, PEOPLE.iloc[:3])
    )
    found = dl.contrast([after, before]).frame.iloc[0]
    variances = before.frame["std_error"].item() ** 2 + after.frame["std_error"].item() ** 2
    assert found["estimate"] == pytest.approx(20 - 27.5)
    assert found["std_error"] == pytest.approx(np.sqrt(variances))
    assert found["df"] == 2


def test_two_results_of_one_sample_are_not_independent(refused: Any):
    sample = dl.declare_design(PEOPLE)
    women, everyone = (
        dl.estimate(sample.where("sex == 'f'"), dl.mean("hours")),
        dl.estimate(sample, dl.mean("hours")),
    )
    refused(lambda: dl.contrast([women, everyone]), MisleadingError)


def test_labels_name_the_categories(refused: Any):
    codebook = Codebook(
        {"sex": Variable("sex", values={1.0: Text("femme", "female"), 2.0: Text("homme", "male")})}
    )
    people = PEOPLE.assign(sex=[1.0, 1.0, 2.0, 2.0])
    est = dl.estimate(dl.declare_design(Microdata(people, codebook)), dl.mean("hours"), by="sex")
    by_label = dl.contrast(est, {"sex": ("male", "female")}).frame["estimate"].item()
    assert by_label == dl.contrast(est, {"sex": (2, 1)}).frame["estimate"].item() == 25.0
    refused(lambda: dl.contrast(est, {"sex": ("male", "girl")}), ColumnError)


def test_rules_say_which_contrast():
    first, second = (
        dl.estimate(dl.declare_design(PEOPLE).where(f"sex == '{sex}'"), dl.mean("hours")) for sex in "fm"
    )
    rules = dl.contrast([first, second]).provenance.rules
    assert rules["contrast"] == "difference of independent samples"
    assert rules["where"] == "sex == 'f' − sex == 'm'"


def test_a_ratio_to_nothing_is_undefined():
    people = PEOPLE.assign(hours=[1.0, 2.0, 0.0, 0.0])
    found = dl.contrast(by_sex(people), {"sex": ("f", "m")}, kind="ratio").frame.iloc[0]
    assert found["flag"] == "undefined"


def test_shares_of_two_surveys_are_not_divided(refused: Any):
    one, two = (dl.estimate(dl.declare_design(PEOPLE), dl.share("hours > 15")) for _ in range(2))
    one = one.described(source=dl.Text.same("DiPLab 2018"))
    two = two.described(source=dl.Text.same("Foule Factory 2018"))
    refused(lambda: dl.contrast([one, two], kind="ratio"), MisleadingError)


def test_refusals(refused: Any):
    est = by_sex()
    refused(lambda: dl.contrast(est, {"sex": ("m", "f")}, kind="quotient"), OptionError)
    refused(lambda: dl.contrast(est), OptionError)
    refused(lambda: dl.contrast(est, {"age": (1, 2)}), ColumnError)
    refused(lambda: dl.contrast(est, {"sex": ("m", "w")}), ColumnError)
    refused(lambda: dl.contrast([est]), OptionError)
    other = dl.estimate(dl.declare_design(PEOPLE), dl.mean("hours"))
    refused(lambda: dl.contrast([est, other]), OptionError)


def test_an_empty_domain_gives_an_empty_contrast():
    sample = dl.declare_design(PEOPLE).where("sex == 'f'")
    found = dl.contrast(dl.estimate(sample, dl.mean("hours"), by="sex"), {"sex": ("m", "f")}).frame.iloc[0]
    assert np.isnan(found["estimate"])
    assert found["flag"] == "empty"
