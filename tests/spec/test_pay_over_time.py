"""Pay of several years and currencies, why it is missing, and what the codebook keeps of it."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import DiplabError, MisleadingError
from diplab.microdata.missing import MissingCodes
from diplab.types import Parameter

if TYPE_CHECKING:
    from pathlib import Path

INDEX = {"values": {2018: 100.0, 2022: 112.5}, "source": "INSEE"}
RATES = [{"value": 0.95, "date": 2022, "source": "ECB"}, {"value": 0.92, "date": 2023, "source": "ECB"}]


def data_of(**columns: Any) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame(columns), dl.Codebook())


def test_prices_of_one_year(refused) -> None:
    """10 of 2018 are 11.25 in the prices of 2022; a day counts for its year."""
    data = data_of(a=[10.0, 10.0, 10.0], d=[2018, 2022, None])
    done = dl.work.harmonise_pay(data, "a", period="month", date="d", price_index=INDEX, prices_of=2022)
    assert done.frame["pay_monthly"].tolist()[:2] == [11.25, 10.0]
    assert dict(done.codebook.reasons["pay_monthly"]) == {"date of the pay not told": 1}
    assert done.codebook["pay_monthly"].unit == "EUR of 2022 a month"
    said = done.codebook.steps[-1].words
    assert "prices of 2022: × 1.125 for 2018 (INSEE)" in said.en
    assert "prix de 2022\u00a0: × 1,125 pour 2018 (INSEE)" in said.fr
    day = datetime.date(2018, 6, 1)
    done = dl.work.harmonise_pay(data, "a", period="month", date=day, price_index=INDEX, prices_of=2022)
    assert done.frame["pay_monthly"].tolist() == [11.25] * 3
    rest = ("INSEE", "", "published", dl.Text("", ""), dl.Text("prix", "prices"))
    values: dict[int, float] = INDEX["values"]  # type: ignore[assignment]
    series = [
        Parameter("cpi", value, "index", datetime.date(year, 1, 1), datetime.date(year, 12, 31), *rest)
        for year, value in values.items()
    ]
    data = data_of(a=[10.0])
    done = dl.work.harmonise_pay(data, "a", period="month", date=2018, price_index=series, prices_of=2022)
    assert done.frame["pay_monthly"].tolist() == [11.25]
    data = data_of(a=[8.0, 12.0])
    done = dl.work.harmonise_pay(
        data, "a", period="hour", hours=35, unit="gross", date=2018, price_index=INDEX, prices_of=2022
    )
    refused(
        lambda: dl.estimate(dl.declare_design(done), dl.work.below_minimum_wage("pay_hourly", on=2018)), MisleadingError
    )


def test_a_rate_for_each_year() -> None:
    data = data_of(a=[1.0, 2.0], c=["USD", "USD"], d=[2022, 2023])
    asked: dict[str, Any] = {"period": "month", "currency": "c", "to_currency": "€", "rates": {"USD": RATES}}
    done = dl.work.harmonise_pay(data, "a", date="d", **asked)
    assert done.frame["pay_monthly"].tolist() == pytest.approx([0.95, 1.84])
    with pytest.raises(DiplabError, match="has 2 dates, and the pay has none"):
        dl.work.harmonise_pay(data, "a", **asked)
    with pytest.raises(MisleadingError, match="some pay is of 2024"):
        dl.work.harmonise_pay(data, "a", date=2024, **asked)
    twice = {**asked, "rates": {"USD": [*RATES, RATES[0]]}}
    with pytest.raises(MisleadingError, match="has 2 values for 2022"):
        dl.work.harmonise_pay(data, "a", date="d", **twice)


PAID = {"a": [1.0, 2.0], "d": [2018, 2021], "c": ["EUR", "$"]}


@pytest.mark.parametrize(
    "options",
    [
        {"price_index": INDEX}, {"prices_of": 2022}, {"price_index": INDEX, "prices_of": 2022},
        {"price_index": INDEX, "prices_of": 2022, "date": "d"},
        {"price_index": INDEX, "prices_of": 2030, "date": 2018},
        {"price_index": {"values": {2018: 1}}, "prices_of": 2018, "date": 2018},
        {"price_index": {"values": {2018: 0}, "source": "x"}, "prices_of": 2018, "date": 2018},
        {"price_index": {"values": {"2018": 1}, "source": "x"}, "prices_of": 2018, "date": 2018},
        {"price_index": 1.1, "prices_of": 2018, "date": 2018}, {"currency": "curr"}, {"currency": "$"},
        {"currency": "c"}, {"to_currency": "dollars"},
    ],
)  # fmt: skip
def test_bad_input(options: dict[str, Any], refused: Any) -> None:
    refused(lambda: dl.work.harmonise_pay(data_of(**PAID), "a", period="month", **options))


def test_units_of_pay(refused) -> None:
    done = dl.work.harmonise_pay(data_of(a=[1.0, 2.0], c=["EUR", "€"]), "a", period="month", currency="c")
    assert done.codebook["pay_monthly"].unit == "EUR a month"
    done = dl.work.harmonise_pay(data_of(a=[1.0]), "a", period="month", currency="euros")
    assert done.codebook["pay_monthly"].unit == "EUR a month"
    done = dl.work.harmonise_pay(data_of(a=[1.0], c=pd.Series([None], dtype=object)), "a", period="month", currency="c")
    assert done.codebook["pay_monthly"].unit == ""
    assert done.codebook["pay_monthly"].label.en == "monthly pay"
    refused(lambda: dl.work.harmonise_pay(data_of(a=[1.0, np.inf]), "a", period="month"))


def answered() -> dl.Microdata:
    """Five people: paid, refused, no answer, no currency, no hours."""
    frame = pd.DataFrame({
        "a": [100.0, np.nan, np.nan, 50.0, 20.0], "c": ["EUR", "EUR", "EUR", None, "EUR"], "h": [10, 10, 10, 10, 0],
    })  # fmt: skip
    book = dl.Codebook().described("a", missing={-9: "refused"}, missing_labels={-9: dl.Text("refus", "refused")})
    return dl.Microdata(frame, book, missing={"a": MissingCodes((-9,), np.array([-1, 0, -1, -1, -1]))})


def test_reasons_of_missing_pay_are_kept() -> None:
    done = dl.work.harmonise_pay(answered(), "a", period="month", hours="h", currency="c", unit="net")
    assert dict(done.codebook.reasons["pay_monthly"]) == {"refused": 1, "currency not told": 1, "system": 1}
    assert dict(done.codebook.reasons["pay_hourly"]) == {
        "refused": 1, "currency not told": 1, "hours, days or tasks none or not told": 1, "system": 1,
    }  # fmt: skip
    after = dl.work.effective_pay(answered(), "a", fee_share=0.2)
    assert dict(after.codebook.reasons["a_after_fees"]) == {"refused": 1, "system": 1}
    homes = dl.equivalise(answered(), "a", persons="h", impossible="drop", scale="square-root")
    assert homes.codebook.reasons["equivalised"]["refused"] == 1
    labels = {1: dl.Text("moins de 5 €", "under 5"), 9: dl.Text("refus", "prefer not to say")}
    data = dl.Microdata(pd.DataFrame({"q": [1, 9]}), dl.Codebook().described("q", values=labels))
    done = dl.work.harmonise_pay(data, "q", period="month", bands={1: (0, 5), 9: None})
    assert dict(done.codebook.reasons["pay_monthly_low"]) == {"prefer not to say": 1}
    assert done.codebook["pay_monthly_low"].missing_labels[9].fr == "refus"


@pytest.mark.parametrize("suffix", ["sav", "dta", "csv", "parquet"])
def test_reasons_come_back_from_files(suffix: str, tmp_path: Path) -> None:
    done = dl.work.harmonise_pay(answered(), "a", period="month", hours="h", currency="c", unit="net")
    dl.write(done, tmp_path / f"pay.{suffix}")
    again = dl.read(tmp_path / f"pay.{suffix}")
    for column in ("pay_monthly", "pay_hourly"):
        assert dict(again.codebook.reasons[column]) == dict(done.codebook.reasons[column])
        assert again.codebook[column].unit == done.codebook[column].unit


def test_the_steps_are_shown_in_both_languages(tmp_path: Path) -> None:
    """Each verb says in the codebook, in French and in English, what it did."""
    homes = dl.equivalise(answered(), "a", persons="h", impossible="drop", scale="square-root")
    jobs = dl.work.main_job(data_of(q=["CDI"], h=[39]), status="q", hours="h")
    paid = dl.work.harmonise_pay(answered(), "a", period="month", hours="h", currency="c")
    left = dl.work.effective_pay(answered(), "a", fee_share=0.2)
    for done, french, english in (
        (homes, "racine carrée", "square root"), (jobs, "emploi principal", "main job"),
        (paid, "par mois", "a month"), (left, "frais", "fee"),
    ):  # fmt: skip
        said = [step.words for step in done.codebook.steps]
        assert any(french in each.fr for each in said)
        assert any(english in each.en for each in said)
        for language, words in (("fr", french), ("en", english)):
            dl.save(done.codebook, tmp_path / f"codebook.{language}.html", language=language)
            assert words in (tmp_path / f"codebook.{language}.html").read_text(encoding="utf-8")
