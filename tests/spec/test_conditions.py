"""Conditions, as a sociologist writes them. Weights 1, 2, 4... say which rows were kept."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pandas as pd
import pytest

import diplab as dl
from diplab.microdata.variable import Variable

SIX = """
psu  w age sex income late
1    1  17 f       10 True
2    2  18 f       20 False
3    4  30 m       30 True
4    8  40 m       40 False
5   16  65 f       50 True
6   32  80 other   60 False
"""


@pytest.mark.parametrize(
    ("condition", "weight"),
    [
        ("age >= 18", 62),
        ("age > 18", 60),
        ("age < 18", 1),
        ("age == 40", 8),
        ("age != 40", 55),
        ("18 <= age < 65", 14),
        ("18 < age", 60),
        ("sex == 'f'", 19),
        ('sex == "f"', 19),
        ("'f' == sex", 19),
        ("sex != 'f'", 44),
        ("sex in ('f', 'm')", 31),
        ("sex in ['other']", 32),
        ("sex in ('other')", 32),
        ("sex not in ('f', 'm')", 32),
        ("age in (17, 18)", 3),
        ("age not in (17, 18)", 60),
        ("late", 21),
        ("not late", 42),
        ("late == True", 21),
        ("late and sex == 'f'", 17),
        ("late or sex == 'other'", 53),
        ("not (late or sex == 'other')", 10),
        ("age >= 18 and sex == 'm' or age > 70", 44),
        ("income / age > 0.76", 30),
        ("income - 5 * 2 > 30", 48),
        ("-income < -45", 48),
        ("income + age >= 100", 48),
        ("(age > 30) == late", 18),
    ],
)
def test_the_small_language(engine: Any, condition: str, weight: int) -> None:
    """For example `age >= 18`: rows 2 to 6, 2 + 4 + 8 + 16 + 32 = 62."""
    sample = dl.declare_design(engine.draw(SIX), weights="w", psu="psu").where(condition)
    assert dl.estimate(sample, dl.count()).frame["estimate"].tolist() == [weight]


def test_conditions_add_up(engine: Any) -> None:
    """At least 18 and a woman: 2 + 16."""
    sample = (
        dl.declare_design(engine.draw(SIX), weights="w", psu="psu").where("age >= 18").where("sex == 'f'")
    )
    found = dl.estimate(sample, dl.count())
    assert found.frame["estimate"].tolist() == [18]
    assert found.provenance.rules["where"] == "(age >= 18) and (sex == 'f')"


def test_odd_names_in_backticks_and_exact_names(engine: Any) -> None:
    """`71 % or more` is a column here, by itself and in backticks; quotes around a backtick stay quotes."""
    frame = pd.DataFrame(
        {"psu": [1, 2, 3], "71 % or more": [True, False, True], "it's": [1, 2, 3], "q": ["a`b", "c", "c"]}
    )
    sample = dl.declare_design(engine(frame), psu="psu")
    counts = [
        dl.estimate(sample.where(condition), dl.count()).frame["estimate"].item()
        for condition in ("71 % or more", "not `71 % or more`", "`it's` > 1 and `71 % or more`", "q == 'a`b'")
    ]
    assert counts == [2, 1, 1, 1]


def test_a_narwhals_expression(engine: Any) -> None:
    """Older than 30: 8 + 16 + 32; as a share of everybody 56 / 63."""
    sample = dl.declare_design(engine.draw(SIX), weights="w", psu="psu")
    older = nw.col("age") > 30
    assert dl.estimate(sample.where(older), dl.count()).frame["estimate"].tolist() == [56]
    assert dl.estimate(sample, dl.share(older)).frame["estimate"].tolist() == pytest.approx([56 / 63])


def labelled(frame: Any) -> dl.Microdata:
    words = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man"), 3: dl.Text("homme", "other")}
    return dl.Microdata(frame, dl.Codebook({"sex": Variable("sex", values=words)}))


def test_labels_in_place_of_codes(engine: Any) -> None:
    """Code 1 is `femme` and `woman`; an exact code is always itself."""
    data = labelled(engine.draw("psu w sex\n1 1 1\n2 2 2\n3 4 3"))
    sample = dl.declare_design(data, weights="w", psu="psu")
    counts = [
        dl.estimate(sample.where(condition), dl.count()).frame["estimate"].item()
        for condition in (
            "sex == 'femme'",
            "sex == 'woman'",
            "sex == 1",
            "sex in ('woman', 'man')",
            "sex != 'other'",
        )
    ]
    assert counts == [1, 1, 1, 3, 3]


def test_results_keep_codes(engine: Any) -> None:
    """The category is the code; its label lives in the codebook."""
    data = labelled(engine.draw("psu w sex\n1 1 1\n2 2 2\n3 4 3"))
    frame = dl.estimate(dl.declare_design(data, weights="w", psu="psu"), dl.share("sex")).frame
    assert frame["category"].tolist() == [1, 2, 3]
