"""Conditions, as a sociologist writes them, and the columns that they read.

Weights 1, 2, 4... say which rows a condition kept: of `SIX`, `age >= 18` keeps 2 + 4 + 8 + 16 + 32
= 62.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import ConditionError, DiplabError
from diplab.microdata.missing import MissingCodes
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Sample

SIX = """
psu  w age sex income late
1    1  17 f       10 True
2    2  18 f       20 False
3    4  30 m       30 True
4    8  40 m       40 False
5   16  65 f       50 True
6   32  80 other   60 False
"""
HOLES = "psu w sex y x\n1 1 f 1 1\n2 2 f . 0\n3 4 . 5 1\n4 8 m 9 .\n5 16 m . ."
CODES = "psu w sex\n1 1 1\n2 2 2\n3 4 3"
KEPT = {
    "age >= 18": 62, "age > 18": 60, "age < 18": 1, "age == 40": 8, "age != 40": 55, "18 <= age < 65": 14,
    "18 < age": 60, "sex == 'f'": 19, 'sex == "f"': 19, "'f' == sex": 19, "sex != 'f'": 44, "sex in ('f', 'm')": 31,
    "sex in ['other']": 32, "sex in ('other')": 32, "sex not in ('f', 'm')": 32, "age in (17, 18)": 3,
    "age not in (17, 18)": 60, "late": 21, "not late": 42, "late == True": 21, "late and sex == 'f'": 17,
    "late or sex == 'other'": 53, "not (late or sex == 'other')": 10, "age >= 18 and sex == 'm' or age > 70": 44,
    "income / age > 0.76": 30, "income - 5 * 2 > 30": 48, "-income < -45": 48, "income + age >= 100": 48,
    "(age > 30) == late": 18,
}  # fmt: skip
# a missing answer is outside a condition and outside its negation; `or` is true where one side is
KEPT_OF_HOLES = {
    "y > 1": 12, "not (y > 1)": 1, "y != 1": 12, "y not in (1, 5)": 8, "sex != 'f'": 24, "x == 1 or y == 9": 13,
    "x == 0 or y == 1": 3, "not (x == 1 and y > 3)": 3,
}  # fmt: skip
# a label in either language is its code, and an exact code is always itself
KEPT_OF_CODES = {
    "sex == 'femme'": 1, "sex == 'woman'": 1, "sex == 1": 1, "sex in ('woman', 'man')": 3, "sex != 'other'": 3,
}  # fmt: skip


def weights_kept(sample: Sample, conditions: Any) -> dict[Any, float]:
    return {
        each: dl.estimate(sample.where(each), dl.count()).frame["estimate"].item()
        for each in conditions
    }


def weighted(data: Any) -> Sample:
    return dl.declare_design(data, weights="w", psu="psu")


def labelled(frame: Any) -> dl.Microdata:
    words = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man"), 3: dl.Text("homme", "other")}
    return dl.Microdata(frame, dl.Codebook({"sex": Variable("sex", values=words)}))


def test_conditions_in_every_engine(engine: Any, refused: Any) -> None:
    assert weights_kept(weighted(engine.draw(SIX)), KEPT) == KEPT
    assert weights_kept(weighted(engine.draw(HOLES)), KEPT_OF_HOLES) == KEPT_OF_HOLES
    assert weights_kept(weighted(labelled(engine.draw(CODES))), KEPT_OF_CODES) == KEPT_OF_CODES
    refused(lambda: weighted(engine.draw(HOLES)).where("x == 1 and y == 9"))


def test_conditions_that_add_up_expressions_codes_and_odd_names(engine: Any) -> None:
    """At least 18 and a woman: 2 + 16."""
    sample = weighted(engine.draw(SIX)).where("age >= 18").where("sex == 'f'")
    found = dl.estimate(sample, dl.count())
    assert found.frame["estimate"].tolist() == [18]
    assert found.provenance.rules["where"] == "(age >= 18) and (sex == 'f')"
    rules = dl.estimate(
        weighted(engine.draw(SIX)).universe("age > 17").where("late").where("age < 70 or late"),
        dl.count(),
    ).provenance.rules
    assert (rules["universe"], rules["where"]) == ("age > 17", "(late) and (age < 70 or late)")
    # Older than 30: 8 + 16 + 32; as a share of everybody 56 / 63.
    sample, older = weighted(engine.draw(SIX)), nw.col("age") > 30
    assert dl.estimate(sample.where(older), dl.count()).frame["estimate"].tolist() == [56]
    assert dl.estimate(sample, dl.share(older)).frame["estimate"].tolist() == pytest.approx(
        [56 / 63]
    )
    # The category is the code; its label lives in the codebook.
    frame = dl.estimate(weighted(labelled(engine.draw(CODES))), dl.share("sex")).frame
    assert frame["category"].tolist() == [1, 2, 3]
    # `71 % or more` is a column here, by itself and in backticks; quotes around a backtick stay
    # quotes.
    frame = pd.DataFrame(
        {
            "psu": [1, 2, 3],
            "71 % or more": [True, False, True],
            "it's": [1, 2, 3],
            "q": ["a`b", "c", "c"],
        }
    )
    kept = {
        "71 % or more": 2,
        "not `71 % or more`": 1,
        "`it's` > 1 and `71 % or more`": 1,
        "q == 'a`b'": 1,
    }
    assert weights_kept(dl.declare_design(engine(frame), psu="psu"), kept) == kept


def sample_of(**columns: Any) -> Sample:
    return dl.declare_design(pd.DataFrame(columns))


def test_categories_are_codes_conditions_or_words() -> None:
    """Two of the four (of the three who answered) have code 3."""
    for last in (2, None):
        sample = sample_of(kind=pd.Categorical([3, 1, 3, last]))
        share = dl.estimate(sample, dl.share("kind == 3")).frame["estimate"].item()
        assert share == pytest.approx(2 / 4 if last else 2 / 3)
        assert weights_kept(sample, ["kind in (3, 1)"]) == {"kind in (3, 1)": 3}
        assert set(dl.estimate(sample, dl.count(), by="kind").frame["kind"]) == {3, 1, last} - {
            None
        }
    sample = sample_of(yes=pd.Categorical([True, False, True, True]))
    assert dl.estimate(sample, dl.share("yes")).frame["estimate"].item() == 0.75
    assert weights_kept(sample, ["yes == True"]) == {"yes == True": 3}
    words = ["low", "middle", "high"]
    levels = pd.Categorical(["low", "high", "middle", "low"], categories=words, ordered=True)
    assert (
        dl.estimate(sample_of(level=levels), dl.share("level")).frame["category"].tolist() == words
    )


def test_a_day_is_written_as_one_reads_it(refused: Any) -> None:
    moments = pd.to_datetime(["2022-01-01", "2022-01-02", "2022-01-01"])
    for days in (moments, moments.date):
        sample = sample_of(day=days, y=[1.0, 2.0, 3.0])
        assert (
            dl.estimate(sample.where("day == '2022-01-01'"), dl.mean("y")).frame["estimate"].item()
            == 2.0
        )
        refused(lambda sample=sample: sample.where("day == '2022-01-05'"), ConditionError)


def test_an_interval_of_a_rate_stays_a_share() -> None:
    """1 of 8 is poor: symmetric, the interval would start below zero."""
    sample = sample_of(income=np.array([500.0, 1100, 1200, 1300, 1400, 1500, 1600, 1700]))
    rates = dl.arpr("income", threshold=1026), dl.arpr("income", threshold=1026, interval="wald")
    found = dl.estimate(sample, *rates)
    assert found.frame["ci_low"][0] > 0 > found.frame["ci_low"][1]
    assert found.provenance.rules["interval"] == "logit, wald"
    found = dl.estimate(sample_of(y=[1.0, 2.0, 3.0], g=["a", "b", "b"]), dl.mean("y"), by="g").frame
    assert found["flag"].tolist() == ["one respondent", "few units"]
    assert np.isnan(found["deff"][0])
    strata = dl.declare_design(
        pd.DataFrame({"y": [1.0, 2.0], "h": [1, 2]}), strata="h", lonely_psu="remove"
    )
    assert dl.estimate(strata, dl.mean("y")).frame["flag"].tolist() == ["no variance"]


OWN = "I am Ann Smith, 12 High Street, and they pay me 5000 in all"
PEOPLE = pd.DataFrame({"own": [OWN, OWN, "500"], "pay": [1.0, 2.0, 3.0]})
DATA, SAMPLE = dl.Microdata(PEOPLE, dl.Codebook()), dl.declare_design(PEOPLE)
RATES = {"EUR": {"value": 1.1, "date": 2022, "source": "ECB"}}
AT_LENGTH: dict[str, Callable[[], Any]] = {
    "bands of labels": lambda: dl.estimate(SAMPLE, dl.mean(dl.banded("own"))),
    "bands": lambda: dl.estimate(SAMPLE, dl.mean(dl.banded("own", bands={"500": (0, 500)}))),
    "main job": lambda: dl.work.main_job(DATA, status="own"),
    "main job, all at length": lambda: dl.work.main_job(
        dl.Microdata(PEOPLE.head(2), dl.Codebook()), status="own"
    ),
    "complement": lambda: dl.work.full_time_complement(SAMPLE, "own"),
    "period of pay": lambda: dl.work.harmonise_pay(DATA, "pay", period="own", unit="net"),
    "day of pay": lambda: dl.work.harmonise_pay(
        DATA, "pay", period="month", currency="EUR", to_currency="USD", date="own", rates=RATES
    ),
    "household": lambda: dl.equivalise(DATA, "pay", persons="own"),
    "amounts": lambda: dl.estimate(SAMPLE, dl.gini("own")),
    "condition": lambda: dl.estimate(SAMPLE, dl.gender_pay_gap("pay", "own")),
}


def test_an_error_does_not_quote_what_was_written_at_length(error_text: Any) -> None:
    """It may tell who respondents are."""
    for name, call in AT_LENGTH.items():
        with pytest.raises(DiplabError) as caught:
            call()
        error_text(caught, name)
        assert "Smith" not in str(caught.value)


UNKNOWN = "psu w x y z\n1 1 1 1 1\n2 2 . 2 1\n3 4 0 . 1\n4 8 . . 0\n5 16 1 3 0\n6 0 . . ."


def test_those_of_whom_it_is_not_known_whether_they_are_meant_are_counted(engine: Any) -> None:
    """A total under a condition is short by them. Row 3 is out by x; the row of weight 0 counts nowhere."""
    sample = weighted(engine.draw(UNKNOWN))
    missing = {
        "x == 1": {"x": 2}, "y >= 1": {"y": 2}, "x == 1 and y > 0": {"x": 2, "y": 1},
        "x == 1 or y > 0": {"x": 1, "y": 2},
        "not (x == 1)": {"x": 2}, "z == 1": {}, "z == 1 and x == 1": {"x": 1}, "z": {},
        "x in (0, 1) and z == 0": {"x": 1},
    }  # fmt: skip
    for condition, counts in missing.items():
        for narrowed in (sample.where(condition), sample.universe(condition)):
            assert dl.estimate(narrowed, dl.count()).provenance.missing == counts, condition
    nested = sample.universe("z == 1").where("x == 1")
    assert dl.estimate(nested, dl.count()).provenance.missing == {"x": 1}
    assert dl.estimate(
        sample.where("z == 1").where("x == 1").where("y >= 1"), dl.count()
    ).provenance.missing == {"x": 1}
    # without an answer in the domain, and without one that tells whether one is in it
    either = dl.estimate(sample.where("x == 1 or z == 1"), dl.mean("x"))
    assert either.provenance.missing == {"x": 2}
    assert either.frame["n"].item() == 3
    for verb in (
        lambda of: dl.regress(of, "y ~ z"), lambda of: dl.summary(of, "y").groups,
        lambda of: dl.crosstab(of, "z").cells,
    ):  # fmt: skip
        assert verb(sample.where("x == 1")).provenance.missing == {"x": 2}


def test_a_condition_written_for_the_frame_counts_them_under_its_text() -> None:
    for data in (
        pd.DataFrame({"x": [1.0, None, 0.0]}),
        pl.DataFrame({"x": [1.0, None, 0.0]}).lazy(),
    ):
        (missing,) = dl.estimate(
            dl.declare_design(data).where(nw.col("x") == 1), dl.count()
        ).provenance.missing.items()
        assert ("x" in missing[0], missing[1]) == (True, 1)


def test_the_reasons_of_those_of_whom_a_condition_is_not_known_are_told() -> None:
    book = dl.Codebook().described(
        "dm", label=dl.Text("Diabète", "Diabetes"), missing={8: "does not know", 9: "refused"}
    )
    frame = pd.DataFrame({"dm": [1, 0, None, None, None, 1], "age": [20.0, 30, 40, 10, 50, 60]})
    codes = MissingCodes((8, 9), np.array([-1, -1, 1, 1, 0, -1]))
    sample = dl.declare_design(dl.Microdata(frame, book, {"dm": codes}))
    found = dl.estimate(sample.where("dm == 1 and age >= 18"), dl.count())
    reasons = {"dm": {"does not know": 1, "refused": 1}}
    assert (found.provenance.missing, found.provenance.reasons) == ({"dm": 2}, reasons)
    assert "Missing values: Diabetes: 2 (" in repr(found)
