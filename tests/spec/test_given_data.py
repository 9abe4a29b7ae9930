"""Verbs on households and pay take a frame as they take microdata, and refuse what is neither."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

FRAME = pd.DataFrame({"income": [1000.0, 2000.0], "size": [1, 3], "pay": [10.0, 20.0]})
VERBS: dict[str, Any] = {
    "equivalise": lambda data: dl.equivalise(data, "income", persons="size", scale="square-root"),
    "equivalise without income": lambda data: dl.equivalise(data, persons="size", scale="per-head"),
    "harmonise_pay": lambda data: dl.work.harmonise_pay(data, "pay", period="month", hours=10),
    "main_job": lambda data: dl.work.main_job(data, hours="size"),
    "merge": lambda data: dl.merge({"2018": data, "2020": data}),
    "effective_pay": lambda data: dl.work.effective_pay(data, "pay", fee_share=0.1),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_frame_is_data_without_a_codebook(verb: str) -> None:
    alone = VERBS[verb](FRAME)
    beside = VERBS[verb](dl.Microdata(FRAME, dl.Codebook()))
    assert set(alone.frame) > set(FRAME)
    pd.testing.assert_frame_equal(alone.frame, beside.frame)


def test_a_frame_is_joined_and_compared_as_microdata_are() -> None:
    data = dl.Microdata(FRAME[["size"]], dl.Codebook())
    assert data.join(FRAME, on="size").frame["pay"].tolist() == [10.0, 20.0]
    assert data.conflicts(FRAME).frame["variable"].tolist() == ["income", "pay"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_dictionary_is_not(verb: str, refused: Any) -> None:
    refused(lambda: VERBS[verb](FRAME.to_dict()), OptionError)
