"""Pay told in bands whose words say their ends: read as `banded` reads them."""

from __future__ import annotations

from math import inf
from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.reference.text import Text


def data_of(**columns: Any) -> Microdata:
    return Microdata(pd.DataFrame(columns), Codebook())


def test_words_are_read_as_bands() -> None:
    """By hand, 35 hours a week: a month of 1,820 / 12 hours."""
    data = data_of(paid=["moins de 800 € par mois", "de 800 à 1 199 € par mois", None, "1 200 € et plus par mois"])
    done = dl.work.harmonise_pay(data, "paid", period="month", unit="net", hours=35)
    frame = done.frame
    assert frame["pay_monthly_low"].dropna().tolist() == [0, 800, 1200]
    assert frame["pay_monthly_high"].dropna().tolist() == [800, 1200, inf]
    assert frame["pay_hourly_high"].iloc[0] == pytest.approx(800 * 12 / 52 / 35, rel=1e-12)
    said = done.codebook.steps[-1].words
    assert (
        "paid (“moins de 800 € par mois” = 0–800, “de 800 à 1 199 € par mois” = 800–1,200, "
        "“1 200 € et plus par mois” = 1,200–∞)"
    ) in said.en
    assert "= 800–1\u202f200, «\u00a01 200 € et plus par mois\u00a0» = 1\u202f200–∞)" in said.fr


def test_labels_of_codes_are_read_as_bands() -> None:
    """Nobody is in the second band, and the third begins where it ends all the same."""
    labels = {1: "under $100", 2: "$100 to $199", 3: "$200 or more"}
    book = Codebook().described("paid", values={code: Text.same(label) for code, label in labels.items()})
    data = Microdata(pd.DataFrame({"paid": [1, 3]}), book)
    frame = dl.work.harmonise_pay(data, "paid", period="week", currency="USD").frame
    assert frame["pay_monthly_high"].tolist() == pytest.approx([100 * 52 / 12, inf])
    assert frame["pay_monthly_low"].tolist() == pytest.approx([0, 200 * 52 / 12])
    rate = dl.arpr(dl.banded("paid"), threshold=150)
    found = dl.estimate(dl.declare_design(data), rate).frame.set_index("category")["estimate"]
    assert found[["at least", "at most"]].tolist() == [0.5, 0.5]


def test_amounts_stay_amounts() -> None:
    """Numbers, also where one of them has a label."""
    book = Codebook().described("paid", values={0: Text.same("none")})
    data = Microdata(pd.DataFrame({"paid": [0.0, 500.0]}), book)
    assert dl.work.harmonise_pay(data, "paid", period="month").frame["pay_monthly"].tolist() == [0, 500]


def test_what_is_refused(refused: Any) -> None:
    some = data_of(paid=["moins de 800 €", "800 € et plus", "secret"])
    refused(lambda: dl.work.harmonise_pay(some, "paid", period="month"), OptionError)
    for words in (["a lot", "little"], ["1200", "900"]):
        with pytest.raises(ColumnError, match="does not hold numbers"):
            dl.work.harmonise_pay(data_of(paid=words), "paid", period="month")
    yearly = data_of(paid=["moins de 8 000 € nets par an", "8 000 € nets par an et plus"])
    refused(lambda: dl.work.harmonise_pay(yearly, "paid", period="month"), MisleadingError)
    refused(lambda: dl.work.harmonise_pay(yearly, "paid", period="year", unit="gross"), MisleadingError)
