"""The share paid under the minimum wage of the date: gross against gross, each row against its own day."""

from __future__ import annotations

import datetime
from math import inf
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError, StudyError
from diplab.inference.banded import _estimate
from diplab.reference.text import Text
from tests.conftest import BY_HAND

PAID = """
psu w  pay  year
1   1  1.00 2018
2   2  9.87 2018
3   1  9.88 2018
4   1 10.00 2019
5   1 10.03 2019
6   2 36.00    .
"""


def share(sample: Any, **options: Any) -> float:
    found = (
        dl.estimate(sample, dl.work.below_minimum_wage("pay", **options)).frame["estimate"].item()
    )
    return float(found)


def sample_of(engine: Any, text: str = PAID) -> Any:
    return dl.declare_design(engine.draw(text), weights="w", psu="psu")


@BY_HAND
def test_gross_and_net_by_hand(engine: Any) -> None:
    """2018: gross 9.88, so 1.00 and 9.87 (weight 2) of 8; net 7.73, so 1.00 alone. Paid exactly the wage: not under."""
    sample = sample_of(engine)
    assert share(sample, on=2018, gross=True) == pytest.approx(3 / 8, rel=1e-14)
    assert share(sample, on=datetime.date(2018, 7, 1), gross=True) == pytest.approx(
        3 / 8, rel=1e-14
    )
    assert share(sample, on="2018-07-01", gross=True) == pytest.approx(3 / 8, rel=1e-14)
    assert share(sample, on=2018, gross=False) == pytest.approx(1 / 8, rel=1e-14)
    # 2018: 9.88, under it 1.00 and 9.87 (weight 2); 2019: 10.03, under it 10.00. The one without a
    # date is out
    found = dl.estimate(sample_of(engine), dl.work.below_minimum_wage("pay", on="year", gross=True))
    assert found.frame["estimate"].item() == pytest.approx(4 / 6, rel=1e-14)
    assert found.frame["n"].item() == 5
    pages = "https://buffledebusiness.net/evolution-smic-2000/, https://bpifrance-creation.fr/boiteaoutils/smic."
    wage = "Hourly minimum wage, gross: {} EUR an hour ({}), INSEE, SMIC brut, via " + pages
    assumed = [wage.format("9.88", 2018), wage.format("10.03", 2019), "Pay is assumed to be gross."]
    assert [each.en for each in found.provenance.assumptions] == assumed
    # 2019 net: 1,204 for 35 hours; case M. of 21 EUR a month is under it, and the note says why
    # that is not a wonder
    sample = dl.declare_design(engine.draw("pay\n21\n1204\n1300\n1203.99"))
    found = dl.estimate(
        sample, dl.work.below_minimum_wage("pay", on=2019, gross=False, period="month")
    )
    assert found.frame["estimate"].item() == 0.5
    assert "35 heures par semaine" in found.provenance.assumptions[-1].fr


def test_a_day_within_a_year_decides(engine: Any) -> None:
    """2021: 10.25 to the end of September, 10.48 from October: 10.30 is under the second only."""
    moments = pd.to_datetime(["2021-09-30", "2021-10-01", "2021-10-01"])
    for days in (
        [each.date() for each in moments],
        moments,
        [f"{each:%Y-%m-%d}" for each in moments],
    ):
        frame = pd.DataFrame({"pay": [10.30, 10.30, 10.48], "day": days, "psu": [1, 2, 3]})
        sample = dl.declare_design(engine(frame), psu="psu")
        assert share(sample, on="day", gross=True) == pytest.approx(1 / 3, rel=1e-14)


@BY_HAND
def test_std_error_is_that_of_a_share(engine: Any) -> None:
    sample = sample_of(engine)
    found = dl.estimate(sample, dl.work.below_minimum_wage("pay", on=2018, gross=True)).frame.iloc[
        0
    ]
    plain = dl.estimate(sample, dl.share("pay < 9.88")).frame.iloc[0]
    for column in ("estimate", "std_error", "ci_low", "ci_high", "deff", "df"):
        assert found[column] == pytest.approx(plain[column], rel=1e-12)
    made = dl.make_replicates(sample.collect(), "jk1")
    again = dl.estimate(made, dl.work.below_minimum_wage("pay", on=2018, gross=True)).frame.iloc[0]
    plain = dl.estimate(made, dl.share("pay < 9.88")).frame.iloc[0]
    assert again["std_error"] == pytest.approx(plain["std_error"], rel=1e-12)


def harmonised(**options: Any) -> Any:
    pay = dl.Microdata(
        pd.DataFrame({"pay": [1000.0, 1500.0, 2000.0], "h": [35.0, 35.0, 35.0]}), dl.Codebook()
    )
    return dl.declare_design(
        dl.work.harmonise_pay(pay, "pay", period="month", hours="h", **options)
    )


def test_the_codebook_knows_gross_from_net() -> None:
    """1,000 / 151.67 = 6.59 and 1,500 / 151.67 = 9.89 an hour: under 9.88 gross one of three; under 7.73 net one."""
    gross = dl.estimate(harmonised(unit="gross"), dl.work.below_minimum_wage("pay_hourly", on=2018))
    assert gross.frame["estimate"].item() == pytest.approx(1 / 3)
    assert len(gross.provenance.assumptions) == 1
    monthly = dl.work.below_minimum_wage("pay_monthly", on=2018, period="month")
    assert dl.estimate(harmonised(unit="net"), monthly).frame["estimate"].item() == pytest.approx(
        1 / 3
    )
    found = dl.estimate(harmonised(unit="gross"), dl.work.below_minimum_wage("pay_hourly", on=2018))
    sheet = dl.table(found, language="fr").sheet
    assert sheet.title == "Part payée sous le salaire minimum – rémunération horaire, brute (EUR)"
    assert sheet.rows[0][0].text == "33,3\u00a0%"
    assert found.codebook["pay_hourly"].label == Text(
        "rémunération horaire, brute (EUR)", "hourly pay, gross (EUR)"
    )


def test_bad_input(refused: Any) -> None:
    for made, options, kind in (
        *(({"unit": "net"}, {"gross": True}, MisleadingError), ({}, {}, OptionError)),
        *(
            ({"unit": "net"}, {"period": "month"}, MisleadingError),
            ({"unit": "net", "currency": "USD"}, {}, MisleadingError),
        ),
        ({"unit": "gross"}, {"on": 2021}, MisleadingError),
    ):
        asked = dl.work.below_minimum_wage("pay_hourly", **{"on": 2018, **options})
        refused(lambda made=made, asked=asked: dl.estimate(harmonised(**made), asked), kind)
    people = pd.DataFrame(
        {"pay": [1.0, 2.0], "word": ["a", "b"], "years": [2021, 2022], "nothing": [np.nan, np.nan]}
    )
    for options, kind in (
        *(
            ({"on": each}, OptionError)
            for each in (None, 2018.5, "2018-07-41", "01/07/2018", "2018", "word")
        ),
        *(({"on": each}, MisleadingError) for each in (2022, "years")),
        *(({"on": each}, StudyError) for each in (1990, datetime.date(2030, 1, 1))),
        *(({"on": "never"}, ColumnError), ({"on": "nothing"}, EmptyDomainError)),
        *(
            (each, OptionError)
            for each in (
                {"country": "US"},
                {"period": "week"},
                {"interval": "wide"},
                {"gross": "yes"},
            )
        ),
    ):
        given = {"on": 2018, "gross": True, **options}
        refused(
            lambda x=given: dl.estimate(
                dl.declare_design(people), dl.work.below_minimum_wage("pay", **x)
            ),
            kind,
        )


# -- pay known by band only: what is certain, what is possible --------------------------------------------------------

HOURLY = dl.banded(low="pay_hourly_low", high="pay_hourly_high")


@pytest.fixture
def bounds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws and imputations have tests of their own."""
    monkeypatch.setattr(_estimate, "GUESSES", {})


def paid(unit: str | None = "gross") -> Any:
    bands = ["moins de 5 €", "5 à 9 €", "10 € et plus", "5 à 9 €", None]
    data = dl.Microdata(
        pd.DataFrame({"paid": bands, "year": [2018, 2018, 2018, 2017, 2018]}), dl.Codebook()
    )
    return dl.work.harmonise_pay(data, "paid", period="hour", hours=35, unit=unit)


@pytest.mark.usefixtures("bounds_only")
def test_bounds_of_bands_by_hand() -> None:
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
def test_bands_and_the_wage_of_each_date(engine: Any) -> None:
    """9.76 in 2017 and 9.88 in 2018: a pay between 9.80 and 9.85 is under the second only."""
    data = engine.draw("year low high\n2017 9.8 9.85\n2018 9.8 9.85\n2018 9 9.9")
    pay = dl.banded(low="low", high="high")
    found = dl.estimate(
        dl.declare_design(data), dl.work.below_minimum_wage(pay, on="year", gross=True)
    ).frame
    assert found["estimate"].tolist() == pytest.approx([1 / 3, 2 / 3], rel=1e-12)


def test_bands_of_known_pay_and_laws_beside_the_bounds() -> None:
    sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 9.88, 15.0, 36.0]}))
    known = dl.banded(low="pay", high="pay")
    found = dl.estimate(sample, dl.work.below_minimum_wage(known, on=2018, gross=True)).frame
    plain = dl.estimate(sample, dl.work.below_minimum_wage("pay", on=2018, gross=True)).frame
    columns = ["statistic", "estimate", "std_error", "ci_low", "ci_high"]
    assert found["category"].tolist() == ["known"]
    pd.testing.assert_frame_equal(found[columns], plain[columns])
    # all answers stand beside the bounds
    data = pd.DataFrame({"low": [0.0, 5, 10, 15, 20] * 12, "high": [5.0, 10, 15, 20, inf] * 12})
    asked = dl.work.below_minimum_wage(
        dl.banded(low="low", high="high", beside=["imputed", "distributions", "interpolated"]),
        on=2018,
        gross=True,
    )
    found = dl.estimate(dl.declare_design(data), asked).frame.set_index("category")["estimate"]
    assert found[["at least", "at most"]].tolist() == pytest.approx([0.2, 0.4])
    assert found["interpolated"] == pytest.approx(0.2 + 0.2 * 4.88 / 5)
    assert 0.2 < found["imputed"] < 0.4
    assert 0.2 < found["log-normal"] < 0.5


def test_bands_that_are_refused(refused: Any) -> None:
    sample, wage = dl.declare_design(paid()), dl.work.below_minimum_wage(HOURLY, on=2018)
    refused(
        lambda: dl.estimate(sample, dl.work.below_minimum_wage(HOURLY, on=2018, gross=False)),
        MisleadingError,
    )
    monthly = dl.banded(low="pay_monthly_low", high="pay_monthly_high")
    with pytest.raises(MisleadingError):
        dl.estimate(sample, dl.work.below_minimum_wage(monthly, on=2018))
    refused(lambda: dl.estimate(dl.declare_design(paid(unit=None)), wage), OptionError)
    with pytest.raises(OptionError):
        dl.decompose(sample, wage, "year")
