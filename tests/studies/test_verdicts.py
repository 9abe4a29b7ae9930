"""The verdict on a number: arithmetic first, then the reason; worked by hand."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import get_args

import pandas as pd
import pytest

from diplab.errors import OptionError
from diplab.reference.text import Text
from diplab.replication.published import Published
from diplab.replication.verdict import (
    VERDICT_OF,
    Because,
    Outcome,
    Printed,
    Reason,
    Result,
    judge,
    read_printed,
    verdict,
)
from diplab.results.comparison import RESTS_ON, VERDICTS, Comparison

PEOPLE = Text("répondants", "respondents")
ROW = Published(
    key="share", printed=read_printed("28.4"), unit="%", label=Text("part", "share"), base_key="respondents",
    base=PEOPLE, source=Text.same("p. 1"), status="published", rests_on="respondents' rows", tolerance=0.5,
    expected="as published", reason=Text("", ""),
)  # fmt: skip
CIRCULAR, SYNTHETIC = (
    replace(ROW, rests_on="inferred inputs"),
    replace(ROW, rests_on="synthetic file"),
)
OURS = replace(ROW, status="derived")
OUR_RANGE = replace(OURS, printed=Printed("20", 20.0, 30.0, "range"))
OTHER_BASE = Result(11.4, base="permanent", printed_way=28.4, because="base differs")


@pytest.mark.parametrize(
    ("row", "result", "expected"),
    [
        (ROW, None, "not run"),
        (ROW, Result.nothing(), "not reproducible"),
        (ROW, Result.nothing(nearest=28.4), "not reproducible"),
        (replace(ROW, rests_on="nothing"), Result(28.4), "not reproducible"),
        (ROW, Result(math.nan), "not reproducible"),
        (ROW, Result.between(20, 30), "not identified"),
        (ROW, Result.between(30, 40), "differs"),
        (ROW, Result(28.4), "as published"),
        (ROW, Result(28.4, base="respondents"), "as published"),
        (ROW, Result(28.449), "as published"),
        (ROW, Result(28.45), "as published"),  # half to even: 28.4
        (ROW, Result(28.35), "as published"),  # half up: 28.4
        (ROW, Result(28.46), "within tolerance"),
        (ROW, Result(28.9), "within tolerance"),
        (ROW, Result(28.91), "differs"),
        # agreement that is worth less
        (CIRCULAR, Result(28.4), "circular"),
        (CIRCULAR, Result(28.6), "circular"),
        (ROW, Result.circular(28.4), "circular"),
        (SYNTHETIC, Result(28.4, margin=True), "by construction"),
        (SYNTHETIC, Result(28.4), "within tolerance"),
        (OURS, Result(28.4), "our own"),
        (OURS, Result(28.6), "our own"),
        (replace(ROW, status="estimated"), Result(28.4), "our own"),
        # bounds of our own come out at both ends, or differ
        (OUR_RANGE, Result.between(20, 30), "not identified"),
        (OUR_RANGE, Result.between(20, 31), "differs"),
        (OUR_RANGE, Result.between(19, 30), "differs"),
        # arithmetic that fails is said to fail, whatever the number rests on
        (CIRCULAR, Result(999), "differs"),
        (SYNTHETIC, Result(999, margin=True), "differs"),
        (SYNTHETIC, Result(999), "differs"),
        (OURS, Result(999), "differs"),
        # another base, an unstated line, an error: only where the printed number comes out the
        # other way
        (ROW, OTHER_BASE, "base differs"),
        (ROW, replace(OTHER_BASE, printed_way=28.6), "differs"),
        (ROW, Result(11.4, base="permanent"), "differs"),
        (ROW, Result(28.4, base="permanent"), "differs"),
        (ROW, Result(11.4, printed_way=28.4, because="error in the source"), "error in the source"),
        (ROW, Result(11.4, printed_way=28.6, because="error in the source"), "differs"),
        # rounded too early: the printed digits must come out with that rounding alone
        (
            replace(ROW, tolerance=0),
            Result(28.46, printed_way=28.4, because="rounded in the source"),
            "rounded in the source",
        ),
        (
            replace(ROW, tolerance=0),
            Result(28.46, printed_way=28.46, because="rounded in the source"),
            "differs",
        ),
        (ROW, Result(28.44, printed_way=28.4, because="rounded in the source"), "as published"),
        (
            ROW,
            Result(11.4, printed_way=28.4, because="threshold not stated"),
            "threshold not stated",
        ),
        (ROW, Result(11.4, printed_way=28.4), "differs"),
        # an error that does not show at the printed digits is not an error of this number
        (ROW, Result(28.42, printed_way=28.4, because="error in the source"), "as published"),
    ],
)
def test_each_rule(row, result, expected):
    assert verdict(row, result) == expected


def test_one_table_joins_outcomes_and_reasons():
    assert set(VERDICT_OF.values()) == set(VERDICTS)
    assert {outcome for outcome, _ in VERDICT_OF} == set(get_args(Outcome))
    assert {reason for _, reason in VERDICT_OF} == set(get_args(Reason))
    agreement = ("same digits", "within tolerance")
    worth_less = ("synthetic margin", "inferred inputs", "our own", "synthetic file")
    for outcome, reason in VERDICT_OF:
        assert (reason in worth_less) <= (outcome in agreement)
        assert (reason in get_args(Because)[1:]) <= (outcome == "differs")


def test_every_pair_that_can_arise_is_in_the_table():
    statuses = ("published", "second-hand", "derived", "estimated", "inferred", "synthetic")
    values = (math.nan, 28.4, 28.6, 40.0)
    reasons = get_args(Because)
    for status, rests_on, value, margin, because in itertools.product(
        statuses, RESTS_ON, values, (True, False), reasons
    ):
        row = replace(ROW, status=status, rests_on=rests_on)
        for way in (math.nan, 28.4):
            result = Result(value, margin=margin, printed_way=way, because=because)
            assert judge(row, result) in VERDICT_OF


@pytest.mark.parametrize(
    ("relation", "high", "value", "expected", "apart"),
    [
        ("above", 28.4, 30.0, "within tolerance", 0.0),
        ("above", 28.4, 27.0, "differs", -1.4),
        ("at least", 28.4, 30.0, "within tolerance", 0.0),
        ("at least", 28.4, 27.0, "differs", -1.4),
        ("below", 28.4, 20.0, "within tolerance", 0.0),
        ("below", 28.4, 30.0, "differs", 1.6),
        ("range", 30.0, 29.0, "within tolerance", 0.0),
        ("range", 30.0, 30.4, "within tolerance", 0.4),
        ("range", 30.0, 31.0, "differs", 1.0),
        ("range", 30.0, 27.0, "differs", -1.4),
    ],
)
def test_claims_of_more_less_and_between(relation, high, value, expected, apart):
    row = replace(ROW, printed=Printed("28.4", 28.4, high, relation, -1))
    assert verdict(row, Result(value)) == expected
    assert row.printed.difference(value) == pytest.approx(apart)


@pytest.mark.parametrize("mark", ["Q", "", "--"])
def test_a_withheld_number_agrees_with_the_same_mark_only(mark):
    withheld = replace(ROW, printed=read_printed(mark, marks=("Q", "N", "", "--")))
    assert verdict(withheld, Result(math.nan, mark=mark)) == "as published"
    assert verdict(withheld, Result(math.nan, mark="N")) == "differs"
    assert verdict(withheld, Result(28.4)) == "differs"
    assert verdict(ROW, Result(math.nan, mark=mark)) == "differs"
    assert verdict(withheld, None) == "not run"


def test_what_rests_on_a_synthetic_file_or_on_the_answer_is_never_as_published():
    for rests_on in ("synthetic file", "inferred inputs"):
        for margin in (True, False):
            assert (
                verdict(replace(ROW, rests_on=rests_on), Result(28.4, margin=margin))
                != "as published"
            )


@pytest.mark.parametrize(
    ("text", "value", "rounding", "agrees"),
    [
        ("0.3503", 0.350245, "nearest", False),
        ("0.3503", 0.350245, "twice:5", True),  # 0.350245 to 0.35025 to 0.3503, as R prints
        ("10.8", 10.89, "truncated", True),
        ("10.8", 10.79, "truncated", False),
        ("1.3e-34", 1.3449e-34, "nearest", True),
        ("1.3e-34", 1.36e-34, "nearest", False),
        ("1e15", 1.0000001e15, "nearest", True),
        ("1000000000000000", 1e15, "nearest", True),
        ("0.000", 0.0004, "nearest", True),
        ("-0.000", 0.0004, "nearest", True),
        ("<0.001", 0.0004, "nearest", True),
        ("<0.001", 0.001, "nearest", False),
        (">0.9", 0.95, "nearest", True),
        ("1.0***", 1.04, "nearest", True),
        ("60%", 59.6, "nearest", True),
        ("2\u202f112", 2112.2, "nearest", True),
        ("\u22120.104", -0.1041, "nearest", True),
        ("0.1", math.inf, "nearest", False),
        ("0.1", math.nan, "nearest", False),
    ],
)
def test_printed_digits(text, value, rounding, agrees):
    assert read_printed(text).agrees(value, rounding) is agrees


def test_marks_of_the_printer_and_words_of_a_result():
    assert read_printed("2.112.185", decimal=",", thousands=".").value == 2112185
    assert read_printed("10,8", decimal=",").decimals == 1
    assert read_printed("7.094", decimal=",", thousands=".").value == 7094
    for text, options in (
        ("12,5", {}),
        ("Q", {}),
        ("", {}),
        ("1.5", {"decimal": ","}),
        ("about 3", {}),
    ):
        with pytest.raises(ValueError, match="neither a number nor a declared mark"):
            read_printed(text, **options)
    with pytest.raises(OptionError, match="`rests_on` of a result is 'synthetic margins'"):
        Result(1.0, rests_on="synthetic margins")
    with pytest.raises(OptionError, match="`because` of a result is 'bad luck'"):
        Result(1.0, because="bad luck")


def test_a_study_is_as_expected_where_every_number_run_is() -> None:
    rows = [("differs", "differs"), ("not run", "as published"), ("as published", "differs")]
    for count, expected in ((2, True), (3, False)):
        frame = pd.DataFrame(rows[:count], columns=["verdict", "expected"])
        assert (
            Comparison(frame, "a-study", Text.same("A study"), "A. Author, 2020").as_expected
            is expected
        )
