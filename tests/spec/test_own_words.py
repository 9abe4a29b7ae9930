"""What respondents wrote at length does not come back in errors: it may say who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import DiplabError

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = "I am Ann Smith, 12 High Street, and they pay me 5000 in all"
PEOPLE = pd.DataFrame({"own": [OWN, OWN, "500"], "pay": [1.0, 2.0, 3.0]})
DATA = dl.Microdata(PEOPLE, dl.Codebook())
SAMPLE = dl.declare_design(PEOPLE)

ASKED: dict[str, tuple[Callable[[], Any], str]] = {
    "bands of labels": (
        lambda: dl.estimate(SAMPLE, dl.mean(dl.banded("own"))),
        "It has not been read as a band: an answer of 59 letters.",
    ),
    "bands": (
        lambda: dl.estimate(SAMPLE, dl.mean(dl.banded("own", bands={"500": (0, 500)}))),
        "`bands` have no ends for 1 of its answers: an answer of 59 letters.",
    ),
    "main job": (
        lambda: dl.main_job(DATA, status="own"),
        '2 answers of `own` are read by no rule: "500", ....',
    ),
    "main job, all at length": (
        lambda: dl.main_job(dl.Microdata(PEOPLE.head(2), dl.Codebook()), status="own"),
        "1 answer of `own` is read by no rule, written at length.",
    ),
    "complement": (
        lambda: dl.full_time_complement(SAMPLE, "own"),
        "and none of full_time, part_time, self_employed, unemployed, student, inactive, retired.",
    ),
    "period of pay": (
        lambda: dl.harmonise_pay(DATA, "pay", period="own", unit="net"),
        "An answer at length of `own` does not mean a period.",
    ),
    "day of pay": (
        lambda: dl.harmonise_pay(
            DATA, "pay", period="month", currency="EUR", to_currency="USD", date="own",
            rates={"EUR": {"value": 1.1, "date": 2022, "source": "ECB"}},
        ),
        "A cell of `own` is neither a day nor a year.",
    ),
    "household": (
        lambda: dl.equivalise(DATA, "pay", persons="own"),
        "An answer of `own` is not a count that can be read.",
    ),
    "amounts": (
        lambda: dl.estimate(SAMPLE, dl.gini("own")),
        "The column `own` was asked for as numbers. It holds string values.",
    ),
    "condition": (
        lambda: dl.estimate(SAMPLE, dl.gender_pay_gap("pay", "own")),
        "`own`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
def test_an_error_does_not_quote_it(asked: str) -> None:
    call, said = ASKED[asked]
    with pytest.raises(DiplabError) as caught:
        call()
    assert said in str(caught.value)
    assert "Smith" not in str(caught.value)
