"""The share under the minimum wage where pay is known by band only: what is certain, what is possible."""

from __future__ import annotations

from math import inf
from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import MisleadingError, OptionError
from diplab.inference.banded import _estimate
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata

HOURLY = dl.banded(low="pay_hourly_low", high="pay_hourly_high")


@pytest.fixture
def bounds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws and imputations have tests of their own."""
    monkeypatch.setattr(_estimate, "GUESSES", ())


def paid(unit: str | None = "gross") -> Any:
    told = ["moins de 5 €", "5 à 9 €", "10 € et plus", "5 à 9 €", None]
    data = Microdata(pd.DataFrame({"paid": told, "year": [2018, 2018, 2018, 2017, 2018]}), Codebook())
    return dl.work.harmonise_pay(data, "paid", period="hour", hours=35, unit=unit)


@pytest.mark.usefixtures("bounds_only")
def test_bounds_by_hand() -> None:
    """9.88 euros in 2018: [0, 5) is under it, [10, inf) is not, and [5, 10) may be."""
    sample = dl.declare_design(paid())
    found = dl.estimate(sample, dl.work.below_minimum_wage(HOURLY, on=2018))
    assert found.frame["statistic"].tolist() == ["below_minimum_wage"] * 2
    assert found.frame["category"].tolist() == ["at least", "at most"]
    assert found.frame["estimate"].tolist() == [0.25, 0.75]
    assert found.frame["n"].tolist() == [4, 4]
    assert any("9.88" in text.en for text in found.provenance.assumptions)
    same = dl.estimate(sample, dl.arpr(HOURLY, threshold=9.88)).frame
    columns = ["estimate", "std_error", "ci_low", "ci_high"]
    pd.testing.assert_frame_equal(found.frame[columns], same[columns])


@pytest.mark.usefixtures("bounds_only")
def test_the_wage_of_each_date_and_engine(engine: Any) -> None:
    """9.76 in 2017 and 9.88 in 2018: a pay between 9.80 and 9.85 is under the second only."""
    data = engine.draw("year low high\n2017 9.8 9.85\n2018 9.8 9.85\n2018 9 9.9")
    pay = dl.banded(low="low", high="high")
    found = dl.estimate(dl.declare_design(data), dl.work.below_minimum_wage(pay, on="year", gross=True)).frame
    assert found["estimate"].tolist() == pytest.approx([1 / 3, 2 / 3], rel=1e-12)


def test_pay_that_is_known_is_the_plain_share() -> None:
    sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 9.88, 15.0, 36.0]}))
    known = dl.banded(low="pay", high="pay")
    found = dl.estimate(sample, dl.work.below_minimum_wage(known, on=2018, gross=True)).frame
    plain = dl.estimate(sample, dl.work.below_minimum_wage("pay", on=2018, gross=True)).frame
    columns = ["statistic", "estimate", "std_error", "ci_low", "ci_high"]
    assert found["category"].tolist() == ["known"]
    pd.testing.assert_frame_equal(found[columns], plain[columns])


def test_all_answers_stand_beside_the_bounds() -> None:
    data = pd.DataFrame({"low": [0.0, 5, 10, 15, 20] * 12, "high": [5.0, 10, 15, 20, inf] * 12})
    asked = dl.work.below_minimum_wage(dl.banded(low="low", high="high"), on=2018, gross=True)
    found = dl.estimate(dl.declare_design(data), asked).frame.set_index("category")["estimate"]
    assert found[["at least", "at most"]].tolist() == pytest.approx([0.2, 0.4])
    assert found["interpolated"] == pytest.approx(0.2 + 0.2 * 4.88 / 5)
    assert 0.2 < found["imputed"] < 0.4
    assert 0.2 < found["log-normal"] < 0.5


def test_what_is_refused(refused: Any) -> None:
    sample = dl.declare_design(paid())
    refused(lambda: dl.estimate(sample, dl.work.below_minimum_wage(HOURLY, on=2018, gross=False)), MisleadingError)
    monthly = dl.banded(low="pay_monthly_low", high="pay_monthly_high")
    with pytest.raises(MisleadingError):
        dl.estimate(sample, dl.work.below_minimum_wage(monthly, on=2018))
    refused(
        lambda: dl.estimate(dl.declare_design(paid(unit=None)), dl.work.below_minimum_wage(HOURLY, on=2018)),
        OptionError,
    )
    with pytest.raises(OptionError) as elsewhere:
        dl.decompose(sample, dl.work.below_minimum_wage(HOURLY, on=2018), "year")
    assert str(elsewhere.value)
