"""What a caller passes is read as plain numbers and words, or refused in the words of the call."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from diplab import checks
from diplab.errors import OptionError, near_names, one_of, suggestion
from diplab.microdata.codebook import Codebook
from diplab.sampling.engines.columns import MemoryColumns, nan_as_null, with_categories


def test_numbers_are_told_from_truth_values_and_words() -> None:
    assert [checks.is_number(each) for each in (3, "3", True, None)] == [True, False, False, False]
    assert [checks.is_whole_number(each) for each in (3.0, 2.5, "3", float("nan"))] == [
        True,
        False,
        False,
        False,
    ]
    assert checks.check_number("deff", np.float32(1.5), above=0) == 1.5
    assert checks.check_whole_number("draws", 200.0, low=1) == 200
    assert checks.check_one_of("kind", "ratio", Literal["difference", "ratio"]) == "ratio"
    checks.check_column_names(weights="w", y=None)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (lambda: checks.check_number("deff", -1, above=0, example=1.5),
         "`deff=-1` is not a number above 0. Write for example `deff=1.5`."),
        (lambda: checks.check_whole_number("draws", 0, low=1, example=200),
         "`draws=0` is not a whole number of at least 1. Write for example `draws=200`."),
        (lambda: checks.check_proportion("power", 80),
         "`power=80` is not between 0 and 1. Write for example `power=0.8`."),
        (lambda: checks.check_confidence(95),
         "`confidence=95` is not between 0 and 1. Write for example `confidence=0.95`."),
        (lambda: checks.check_switch("nest", 1),
         "`nest=1` is neither True nor False. Write `nest=True` or `nest=False`."),
        (lambda: checks.check_one_of("kind", "quotient", ("difference", "ratio")),
         "`kind='quotient'` is not one of: 'difference', 'ratio'."),
        (lambda: checks.check_one_of("kind", "ratios", ("difference", "ratio")),
         "`kind='ratios'` is not one of: 'difference', 'ratio'. Did you mean `kind='ratio'`?"),
        (lambda: checks.check_column_name("weights", 3),
         "`weights=3` is not the name of a column. Write `weights='name'`."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_the_words_of_the_call(
    check: Callable[[], Any], text: str
) -> None:
    with pytest.raises(OptionError) as refused:
        check()
    assert str(refused.value) == text


def test_a_wrong_call_says_which_argument_is_wrong() -> None:
    def quantile(y: str, p: float, *, interval: str = "woodruff") -> None: ...

    read = signature(quantile).replace(
        parameters=[
            each.replace(annotation=each.empty) for each in signature(quantile).parameters.values()
        ]
    )
    unknown = checks.wrong_call("quantile", read, ("pay", 0.5), {"intervall": "score"})
    assert str(unknown) == "`quantile` has no argument `intervall`. Did you mean `interval`?"
    many = checks.wrong_call("quantile", read, ("pay", 0.25, 0.5), {})
    assert (
        str(many) == "`quantile` takes 2 positional arguments, not 3. Write `quantile(y, p, ...)`."
    )
    assert checks.wrong_call("quantile", read, ("pay", 0.25), {}) is None


def test_near_names_are_offered_and_far_ones_are_not() -> None:
    assert near_names("incme", ["income", "sex"]) == ["income"]
    assert near_names("pay", ["pay_monthly", "age"]) == ["pay_monthly"]
    assert near_names("salaire", ["sample", "are", "air"]) == []
    assert suggestion("incme", ["income", "sex", "age"]) == "Did you mean `income`?"
    assert suggestion("zzz", ["income", "sex"]) == "The names are: `income`, `sex`."
    assert (
        suggestion("zzz", [f"q{number}" for number in range(40)])
        == "None of the 40 names is similar."
    )
    error = one_of("`kind`", "quotient", ["difference", "ratio"])
    assert str(error) == "`kind` is 'quotient', which is not one of: 'difference', 'ratio'."


def test_categories_and_missing_answers_of_a_frame() -> None:
    pay = pd.Categorical(["low", "high"], ["low", "middle", "high"])
    people = nw.from_native(pd.DataFrame({"pay": pay}))
    book = with_categories(Codebook(), people)
    assert list(book["pay"].values) == ["low", "middle", "high"]
    assert MemoryColumns(people, book).factor("pay").categories == ("low", "high")
    frame = nan_as_null(nw.from_native(pd.DataFrame({"y": [1.0, float("nan")]})))
    assert frame.select(nw.col("y").is_null())["y"].to_list() == [False, True]
