"""The share paid under the minimum wage of the date: gross against gross, each row against its own day."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, DiplabError, EmptyDomainError, MisleadingError, OptionError, StudyError
from diplab.reference.text import Text

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
    found = dl.estimate(sample, dl.work.below_minimum_wage("pay", **options)).frame["estimate"].item()
    return float(found)


def sample_of(engine: Any, text: str = PAID) -> Any:
    return dl.declare_design(engine.draw(text), weights="w", psu="psu")


def test_gross_and_net_by_hand(engine: Any) -> None:
    """2018: gross 9.88, so 1.00 and 9.87 (weight 2) of 8; net 7.73, so 1.00 alone. Paid exactly the wage: not under."""
    sample = sample_of(engine)
    assert share(sample, on=2018, gross=True) == pytest.approx(3 / 8, rel=1e-14)
    assert share(sample, on=datetime.date(2018, 7, 1), gross=True) == pytest.approx(3 / 8, rel=1e-14)
    assert share(sample, on="2018-07-01", gross=True) == pytest.approx(3 / 8, rel=1e-14)
    assert share(sample, on=2018, gross=False) == pytest.approx(1 / 8, rel=1e-14)
    # 2018: 9.88, under it 1.00 and 9.87 (weight 2); 2019: 10.03, under it 10.00. The one without a date is out
    found = dl.estimate(sample_of(engine), dl.work.below_minimum_wage("pay", on="year", gross=True))
    assert found.frame["estimate"].item() == pytest.approx(4 / 6, rel=1e-14)
    assert found.frame["n"].item() == 5
    assert [each.en for each in found.provenance.assumptions] == [
        (
            "Hourly minimum wage, gross: 9.88 EUR an hour (2018), INSEE, SMIC brut, via "
            "https://buffledebusiness.net/evolution-smic-2000/, https://bpifrance-creation.fr/boiteaoutils/smic."
        ),
        (
            "Hourly minimum wage, gross: 10.03 EUR an hour (2019), INSEE, SMIC brut, via "
            "https://buffledebusiness.net/evolution-smic-2000/, https://bpifrance-creation.fr/boiteaoutils/smic."
        ),
        "Pay is assumed to be gross.",
    ]
    # 2019 net: 1,204 for 35 hours; case M. of 21 EUR a month is under it, and the note says why that is no wonder
    sample = dl.declare_design(engine.draw("pay\n21\n1204\n1300\n1203.99"))
    found = dl.estimate(sample, dl.work.below_minimum_wage("pay", on=2019, gross=False, period="month"))
    assert found.frame["estimate"].item() == 0.5
    assert "35 heures par semaine" in found.provenance.assumptions[-1].fr


@pytest.mark.parametrize("kind", ["day", "moment", "word"])
def test_a_day_within_a_year_decides(engine: Any, kind: str) -> None:
    """2021: 10.25 to the end of September, 10.48 from October: 10.30 is under the second only."""
    days = pd.to_datetime(["2021-09-30", "2021-10-01", "2021-10-01"])
    told: Any = {"day": [each.date() for each in days], "moment": days, "word": [f"{each:%Y-%m-%d}" for each in days]}
    frame = pd.DataFrame({"pay": [10.30, 10.30, 10.48], "day": told[kind], "psu": [1, 2, 3]})
    sample = dl.declare_design(engine(frame), psu="psu")
    assert share(sample, on="day", gross=True) == pytest.approx(1 / 3, rel=1e-14)


def test_std_error_is_that_of_a_share(engine: Any) -> None:
    sample = sample_of(engine)
    found = dl.estimate(sample, dl.work.below_minimum_wage("pay", on=2018, gross=True)).frame.iloc[0]
    plain = dl.estimate(sample, dl.share("pay < 9.88")).frame.iloc[0]
    for column in ("estimate", "std_error", "ci_low", "ci_high", "deff", "df"):
        assert found[column] == pytest.approx(plain[column], rel=1e-12)
    made = dl.make_replicates(sample.collect(), "jk1")
    again = dl.estimate(made, dl.work.below_minimum_wage("pay", on=2018, gross=True)).frame.iloc[0]
    assert again["std_error"] == pytest.approx(
        dl.estimate(made, dl.share("pay < 9.88")).frame["std_error"].iloc[0], rel=1e-12
    )


def harmonised(**options: Any) -> Any:
    told = dl.Microdata(pd.DataFrame({"told": [1000.0, 1500.0, 2000.0], "h": [35.0, 35.0, 35.0]}), dl.Codebook())
    return dl.declare_design(dl.work.harmonise_pay(told, "told", period="month", hours="h", **options))


def test_the_codebook_knows_gross_from_net() -> None:
    """1,000 / 151.67 = 6.59 and 1,500 / 151.67 = 9.89 an hour: under 9.88 gross one of three; under 7.73 net one."""
    gross = dl.estimate(harmonised(unit="gross"), dl.work.below_minimum_wage("pay_hourly", on=2018))
    assert gross.frame["estimate"].item() == pytest.approx(1 / 3)
    assert len(gross.provenance.assumptions) == 1
    monthly = dl.work.below_minimum_wage("pay_monthly", on=2018, period="month")
    assert dl.estimate(harmonised(unit="net"), monthly).frame["estimate"].item() == pytest.approx(1 / 3)
    found = dl.estimate(harmonised(unit="gross"), dl.work.below_minimum_wage("pay_hourly", on=2018))
    sheet = dl.table(found, language="fr").sheet
    assert sheet.title == "Part payée sous le salaire minimum – rémunération horaire, brute (EUR)"
    assert sheet.rows[0][0].text == "33,3\u00a0%"
    assert found.codebook["pay_hourly"].label == Text("rémunération horaire, brute (EUR)", "hourly pay, gross (EUR)")


HARMONISED = [
    ({"unit": "net"}, {"gross": True}, MisleadingError),
    ({}, {}, OptionError),
    ({"unit": "net"}, {"period": "month"}, MisleadingError),
    ({"unit": "net", "currency": "USD"}, {}, MisleadingError),
    ({"unit": "gross"}, {"on": 2021}, MisleadingError),
]


@pytest.mark.parametrize(
    ("made", "options", "kind"), HARMONISED, ids=["net", "unknown", "month", "currency", "changed"]
)
def test_a_mismatch_is_refused(made: Any, options: Any, kind: type[DiplabError], refused: Any) -> None:
    refused(
        lambda: dl.estimate(harmonised(**made), dl.work.below_minimum_wage("pay_hourly", **{"on": 2018, **options})),
        kind,
    )


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"on": 2022}, MisleadingError), ({"on": 1990}, StudyError), ({"on": datetime.date(2030, 1, 1)}, StudyError),
        ({"on": None}, OptionError), ({"on": 2018.5}, OptionError), ({"on": "never"}, ColumnError),
        ({"on": "2018-07-41"}, OptionError), ({"on": "01/07/2018"}, OptionError), ({"on": "2018"}, OptionError),
        ({"on": "word"}, OptionError), ({"on": "years"}, MisleadingError), ({"on": "nothing"}, EmptyDomainError),
        ({"country": "US"}, OptionError), ({"period": "week"}, OptionError), ({"interval": "wide"}, OptionError),
        ({"gross": "yes"}, OptionError),
    ],
    ids=str,
)  # fmt: skip
def test_bad_input(options: dict[str, Any], kind: type[DiplabError], refused: Any) -> None:
    people = pd.DataFrame({"pay": [1.0, 2.0], "word": ["a", "b"], "years": [2021, 2022], "nothing": [np.nan, np.nan]})
    refused(
        lambda: dl.estimate(
            dl.declare_design(people), dl.work.below_minimum_wage("pay", **{"on": 2018, "gross": True, **options})
        ),
        kind,
    )
