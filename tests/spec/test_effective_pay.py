"""Pay after the fees of a platform, worked by hand."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.reference.text import Text


def data_of(**columns: Any) -> dl.Microdata:
    book = dl.Codebook().described("paid", label=Text("paie", "pay"), unit="EUR a month, net")
    return dl.Microdata(pd.DataFrame(columns), book)


def test_a_share_and_a_fixed_fee() -> None:
    """10 in four payments: 20% is 2, and 0.10 each 0.40. A pay of 0 pays no fee."""
    data = data_of(paid=[10.0, 0.0, math.nan])
    left = dl.work.effective_pay(data, "paid", payments=4, fee_share=0.2, fee_fixed=0.1).frame["paid_after_fees"]
    assert left.tolist()[:2] == pytest.approx([7.6, 0.0])
    assert math.isnan(left.iloc[2])


def test_the_least_of_a_fee() -> None:
    """20% of 0.02 is 0.004, under the least of 0.01: half is left. Of 1.00 it is 0.20, above it."""
    left = dl.work.effective_pay(data_of(paid=[0.02, 1.0]), "paid", fee_share=0.2, fee_minimum=0.01)
    assert left.frame["paid_after_fees"].tolist() == pytest.approx([0.01, 0.8])


def test_withdrawal() -> None:
    """5 EUR stay on the account; 10 go out for 1; 10.00 exactly can be withdrawn. Nothing is lost."""
    data = data_of(paid=[5.0, 11.0, 10.0, -2.0])
    left = dl.work.effective_pay(data, "paid", withdrawal_threshold=10, withdrawal_fee=1, into="left")
    assert left.frame["left"].tolist() == [5.0, 11.0, 10.0, -2.0]
    assert left.frame["left_withdrawn"].tolist() == [0.0, 10.0, 9.0, 0.0]
    assert left.frame["left_flags"].tolist() == ["not withdrawable", "", "", ""]


def test_fees_above_the_pay_are_flagged_and_kept() -> None:
    left = dl.work.effective_pay(data_of(paid=[0.1]), "paid", payments=5, fee_fixed=0.05)
    assert left.frame["paid_after_fees"].tolist() == pytest.approx([-0.15])
    assert left.frame["paid_after_fees_flags"].tolist() == ["fees above pay"]
    assert len(left) == 1


def test_columns_of_fees_and_what_is_written_down() -> None:
    data = data_of(paid=[10.0, 20.0], n=[1, 2], kept=[0.1, 0.25])
    done = dl.work.effective_pay(data, "paid", payments="n", fee_share="kept", fee_fixed=1)
    assert done.frame["paid_after_fees"].tolist() == pytest.approx([8.0, 13.0])
    (step,) = done.codebook.steps
    assert step.words.en == (
        "paid_after_fees, paid_after_fees_flags: paid, payments a period: n; fee, share of each payment: kept; fixed "
        "fee for each payment: 1"
    )
    assert step.words.fr.endswith("frais fixes par paiement\u00a0: 1")
    variable = done.codebook["paid_after_fees"]
    assert (variable.label.fr, variable.unit) == ("paie, frais déduits", "EUR a month, net")


NO_FEES: list[dict[str, Any]] = [
    *({"fee_share": each} for each in (1.5, -0.1, math.nan, "absent", True, [0.1])),
    *({"fee_fixed": -1}, {"fee_fixed": math.inf}, {"fee_minimum": "word"}, {"payments": 0, "fee_fixed": 1}, {}),
]


def test_what_is_no_fee_is_refused(refused: Any) -> None:
    for options in NO_FEES:
        with pytest.raises((OptionError, ColumnError)):
            dl.work.effective_pay(data_of(paid=[1.0], word=["x"]), "paid", **options)
    data = data_of(paid=[1.0], paid_after_fees=[2.0])
    refused(lambda: dl.work.effective_pay(data, "paid"))
    refused(lambda: dl.work.effective_pay(data, "paid", fee_share=20))
    refused(lambda: dl.work.effective_pay(data, "paid", fee_share=0.2))


@given(st.floats(0.01, 1e4), st.floats(0, 1), st.floats(0, 5), st.integers(1, 20))
def test_fees_only_take(pay: float, share: float, fixed: float, count: int) -> None:
    """What is left is never more than the pay, and n payments of one share lose what one payment loses."""
    data = data_of(paid=[pay])
    left = dl.work.effective_pay(data, "paid", payments=count, fee_share=share, fee_fixed=fixed).frame
    assert left["paid_after_fees"].item() <= pay * (1 + 1e-12)
    by_share = dl.work.effective_pay(data, "paid", payments=count, fee_share=share).frame["paid_after_fees"].item()
    assert by_share == pytest.approx(pay * (1 - share), rel=1e-9, abs=1e-9)
