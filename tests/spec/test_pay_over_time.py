"""Pay of several years and currencies or in bands, why it is missing, and what the codebook keeps of it."""

from __future__ import annotations

import datetime
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, DiplabError, MisleadingError, OptionError
from diplab.microdata.missing import MissingCodes
from diplab.types import Parameter

if TYPE_CHECKING:
    from pathlib import Path

INDEX = {"values": {2018: 100.0, 2022: 112.5}, "source": "INSEE"}
RATES = [
    {"value": 0.95, "date": 2022, "source": "ECB"},
    {"value": 0.92, "date": 2023, "source": "ECB"},
]


def data_of(**columns: Any) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame(columns), dl.Codebook())


def test_prices_of_one_year(refused) -> None:
    """10 of 2018 are 11.25 in the prices of 2022; a day counts for its year."""
    data = data_of(a=[10.0, 10.0, 10.0], d=[2018, 2022, None])
    done = dl.work.harmonise_pay(
        data, "a", period="month", date="d", price_index=INDEX, prices_of=2022
    )
    assert done.frame["pay_monthly"].tolist()[:2] == [11.25, 10.0]
    assert dict(done.codebook.reasons["pay_monthly"]) == {"date of pay not stated": 1}
    assert done.codebook["pay_monthly"].unit == "EUR of 2022 a month, one person"
    step = done.codebook.steps[-1].words
    assert "prices of 2022: × 1.125 for 2018 (INSEE)" in step.en
    assert "prix de 2022\u00a0: × 1,125 pour 2018 (INSEE)" in step.fr
    day = datetime.date(2018, 6, 1)
    done = dl.work.harmonise_pay(
        data, "a", period="month", date=day, price_index=INDEX, prices_of=2022
    )
    assert done.frame["pay_monthly"].tolist() == [11.25] * 3
    rest = ("INSEE", "", "published", dl.Text("", ""), dl.Text("prix", "prices"))
    series = [
        Parameter(
            "cpi", value, "index", datetime.date(year, 1, 1), datetime.date(year, 12, 31), *rest
        )
        for year, value in INDEX["values"].items()  # type: ignore[attr-defined]
    ]
    of_2018: dict[str, Any] = {"date": 2018, "prices_of": 2022}
    done = dl.work.harmonise_pay(
        data_of(a=[10.0]), "a", period="month", price_index=series, **of_2018
    )
    assert done.frame["pay_monthly"].tolist() == [11.25]
    data = data_of(a=[8.0, 12.0])
    done = dl.work.harmonise_pay(
        data, "a", period="hour", hours=35, unit="gross", price_index=INDEX, **of_2018
    )
    wage = dl.work.below_minimum_wage("pay_hourly", on=2018)
    refused(lambda: dl.estimate(dl.declare_design(done), wage), MisleadingError)


def test_a_rate_for_each_year() -> None:
    data = data_of(a=[1.0, 2.0], c=["USD", "USD"], d=[2022, 2023])
    asked: dict[str, Any] = {
        "period": "month",
        "currency": "c",
        "to_currency": "€",
        "rates": {"USD": RATES},
    }
    done = dl.work.harmonise_pay(data, "a", date="d", **asked)
    assert done.frame["pay_monthly"].tolist() == pytest.approx([0.95, 1.84])
    with pytest.raises(DiplabError, match="has 2 dates, and the pay has none"):
        dl.work.harmonise_pay(data, "a", **asked)
    with pytest.raises(MisleadingError, match="some pay is of 2024"):
        dl.work.harmonise_pay(data, "a", date=2024, **asked)
    twice = {**asked, "rates": {"USD": [*RATES, RATES[0]]}}
    with pytest.raises(MisleadingError, match="has 2 values for 2022"):
        dl.work.harmonise_pay(data, "a", date="d", **twice)


def test_bad_input(refused: Any) -> None:
    data = data_of(a=[1.0, 2.0], d=[2018, 2021], c=["EUR", "$"])
    indices = (
        {"values": {2018: 1}},
        {"values": {2018: 0}, "source": "x"},
        {"values": {"2018": 1}, "source": "x"},
        1.1,
    )
    for options in (
        *({"price_index": INDEX}, {"prices_of": 2022}, {"price_index": INDEX, "prices_of": 2022}),
        {"price_index": INDEX, "prices_of": 2022, "date": "d"},
        {"price_index": INDEX, "prices_of": 2030, "date": 2018},
        *({"price_index": each, "prices_of": 2018, "date": 2018} for each in indices),
        *({"currency": "curr"}, {"currency": "$"}, {"currency": "c"}, {"to_currency": "dollars"}),
    ):
        refused(lambda options=options: dl.work.harmonise_pay(data, "a", period="month", **options))
    refused(lambda: dl.work.harmonise_pay(data_of(a=[1.0, np.inf]), "a", period="month"))


def test_units_of_pay() -> None:
    for data, currency in (
        (data_of(a=[1.0, 2.0], c=["EUR", "€"]), "c"),
        (data_of(a=[1.0]), "euros"),
    ):
        done = dl.work.harmonise_pay(data, "a", period="month", currency=currency)
        assert done.codebook["pay_monthly"].unit == "EUR a month, one person"
    done = dl.work.harmonise_pay(
        data_of(a=[1.0], c=pd.Series([None], dtype=object)), "a", period="month", currency="c"
    )
    assert done.codebook["pay_monthly"].unit == ""
    assert done.codebook["pay_monthly"].label.en == "monthly pay"


def answered() -> dl.Microdata:
    """Five people: paid, refused, no answer, no currency, no hours."""
    frame = pd.DataFrame(
        {
            "a": [100.0, np.nan, np.nan, 50.0, 20.0],
            "c": [*["EUR"] * 3, None, "EUR"],
            "h": [*[10] * 4, 0],
        }
    )
    book = dl.Codebook().described(
        "a", missing={-9: "refused"}, missing_labels={-9: dl.Text("refus", "refused")}
    )
    return dl.Microdata(
        frame, book, missing={"a": MissingCodes((-9,), np.array([-1, 0, -1, -1, -1]))}
    )


def test_reasons_of_missing_pay_are_kept() -> None:
    done = dl.work.harmonise_pay(
        answered(), "a", period="month", hours="h", currency="c", unit="net"
    )
    assert dict(done.codebook.reasons["pay_monthly"]) == {
        "refused": 1,
        "currency not stated": 1,
        "system": 1,
    }
    assert dict(done.codebook.reasons["pay_hourly"]) == {
        "refused": 1, "currency not stated": 1, "hours, days or tasks zero or not stated": 1, "system": 1,
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
    done = dl.work.harmonise_pay(
        answered(), "a", period="month", hours="h", currency="c", unit="net"
    )
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
        words_of_steps = [step.words for step in done.codebook.steps]
        assert any(french in each.fr for each in words_of_steps)
        assert any(english in each.en for each in words_of_steps)
        for language, words in (("fr", french), ("en", english)):
            dl.save(done.codebook, tmp_path / f"codebook.{language}.html", language=language)
            assert words in (tmp_path / f"codebook.{language}.html").read_text(encoding="utf-8")


# -- bands whose words say their ends: read as `banded` reads them ----------------------------------------------------


def test_words_are_read_as_bands() -> None:
    """By hand, 35 hours a week: a month of 1,820 / 12 hours."""
    data = data_of(
        paid=[
            "moins de 800 € par mois",
            "de 800 à 1 199 € par mois",
            None,
            "1 200 € et plus par mois",
        ]
    )
    done = dl.work.harmonise_pay(data, "paid", period="month", unit="net", hours=35)
    frame = done.frame
    assert frame["pay_monthly_low"].dropna().tolist() == [0, 800, 1200]
    assert frame["pay_monthly_high"].dropna().tolist() == [800, 1200, inf]
    assert frame["pay_hourly_high"].iloc[0] == pytest.approx(800 * 12 / 52 / 35, rel=1e-12)
    step = done.codebook.steps[-1].words
    assert (
        "paid (“moins de 800 € par mois” = 0–800, “de 800 à 1 199 € par mois” = 800–1,200, “1 200 "
        "€ et" in step.en
    )
    assert "= 800–1\u202f200, «\u00a01 200 € et plus par mois\u00a0» = 1\u202f200–∞)" in step.fr
    # labels of codes; nobody is in the second band, and the third begins where it ends all the same
    labels = {1: "under $100", 2: "$100 to $199", 3: "$200 or more"}
    book = dl.Codebook().described(
        "paid", values={code: dl.Text.same(label) for code, label in labels.items()}
    )
    data = dl.Microdata(pd.DataFrame({"paid": [1, 3]}), book)
    frame = dl.work.harmonise_pay(data, "paid", period="week", currency="USD").frame
    assert frame["pay_monthly_high"].tolist() == pytest.approx([100 * 52 / 12, inf])
    assert frame["pay_monthly_low"].tolist() == pytest.approx([0, 200 * 52 / 12])
    rate = dl.arpr(dl.banded("paid"), threshold=150)
    found = dl.estimate(dl.declare_design(data), rate).frame.set_index("category")["estimate"]
    assert found[["at least", "at most"]].tolist() == [0.5, 0.5]
    # amounts stay amounts, also where one of them has a label
    book = dl.Codebook().described("paid", values={0: dl.Text.same("none")})
    data = dl.Microdata(pd.DataFrame({"paid": [0.0, 500.0]}), book)
    assert dl.work.harmonise_pay(data, "paid", period="month").frame["pay_monthly"].tolist() == [
        0,
        500,
    ]


def test_words_that_are_no_bands(refused: Any) -> None:
    some = data_of(paid=["moins de 800 €", "800 € et plus", "secret"])
    refused(lambda: dl.work.harmonise_pay(some, "paid", period="month"), OptionError)
    for words in (["a lot", "little"], ["1200", "900"]):
        with pytest.raises(ColumnError, match="does not hold numbers"):
            dl.work.harmonise_pay(data_of(paid=words), "paid", period="month")
    yearly = data_of(paid=["moins de 8 000 € nets par an", "8 000 € nets par an et plus"])
    refused(lambda: dl.work.harmonise_pay(yearly, "paid", period="month"), MisleadingError)
    refused(
        lambda: dl.work.harmonise_pay(yearly, "paid", period="year", unit="gross"), MisleadingError
    )
