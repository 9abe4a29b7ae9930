"""The verdict on a number, rule by rule, in the order of the rules; worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from diplab.reference.text import Text
from diplab.replication.published import Published
from diplab.replication.result import Result, arithmetic, between, circular, nothing
from diplab.replication.verdict import difference, verdict
from diplab.results.comparison import VERDICTS

PEOPLE = Text("répondants", "respondents")
ROW = Published(
    key="share", printed="28.4", printed_high="", relation="equals", unit="%", label=Text("part", "share"),
    base_key="respondents", base=PEOPLE, source=Text.same("p. 1"), status="published", tolerance=0.5,
    threshold_stated=True, expected="as published", reason=Text("", ""),
)  # fmt: skip


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, "not run"),
        (nothing("respondents"), "not reproducible"),
        (Result(math.nan, base="respondents"), "not reproducible"),
        (circular(arithmetic(28.4, base="respondents")), "circular"),
        (Result(28.4, base="respondents", rests_on="synthetic margins"), "by construction"),
        (Result(28.4, base="permanent"), "base differs"),
        (between(20, 30, base="respondents"), "not identified"),
        (between(30, 40, base="respondents"), "differs"),
        (Result(28.4, base="respondents"), "as published"),
        (Result(28.449, base="respondents"), "as published"),
        (Result(28.45, base="respondents"), "as published"),  # half to even: 28.4
        (Result(28.35, base="respondents"), "as published"),  # half up: 28.4
        (Result(28.46, base="respondents"), "within tolerance"),
        (Result(28.9, base="respondents"), "within tolerance"),
        (Result(28.91, base="respondents"), "differs"),
        (Result(28.4, base="respondents", rests_on="synthetic data"), "within tolerance"),
    ],
)
def test_each_rule(result, expected):
    assert verdict(ROW, result) == expected
    assert expected in VERDICTS


def test_an_unstated_threshold_comes_before_agreement():
    row = replace(ROW, threshold_stated=False)
    assert verdict(row, Result(28.4, base="respondents")) == "threshold not stated"
    assert verdict(row, between(20, 30, base="respondents")) == "threshold not stated"
    # of other people, the threshold does not matter yet
    assert verdict(row, Result(28.4, base="permanent")) == "base differs"


@pytest.mark.parametrize(
    ("relation", "high", "value", "expected", "apart"),
    [
        ("above", "", 30.0, "within tolerance", 0.0),
        ("above", "", 27.0, "differs", -1.4),
        ("at least", "", 30.0, "within tolerance", 0.0),
        ("at least", "", 27.0, "differs", -1.4),
        ("below", "", 20.0, "within tolerance", 0.0),
        ("below", "", 30.0, "differs", 1.6),
        ("range", "30", 29.0, "within tolerance", 0.0),
        ("range", "30", 30.4, "within tolerance", 0.4),
        ("range", "30", 31.0, "differs", 1.0),
        ("range", "30", 27.0, "differs", -1.4),
    ],
)
def test_claims_of_more_less_and_between(relation, high, value, expected, apart):
    row = replace(ROW, relation=relation, printed_high=high)
    result = Result(value, base="respondents")
    assert verdict(row, result) == expected
    assert difference(row, result) == pytest.approx(apart)


def test_what_rests_on_a_synthetic_file_or_on_the_answer_is_never_as_published():
    for rests_on in ("synthetic margins", "synthetic data", "implied inputs"):
        assert verdict(ROW, Result(28.4, base="respondents", rests_on=rests_on)) != "as published"
