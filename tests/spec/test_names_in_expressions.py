"""A name in an expression is that of one row; where it could be of two, it is refused, with what distinguishes them."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError


def people() -> pd.DataFrame:
    """Return people of whom `student` is a variable, and a category of `status`."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"w": 1.0, "student": rng.integers(0, 2, 400)})
    frame["status"] = rng.choice(["employed", "retired", "student"], 400)
    frame["k"], frame["m"] = rng.choice(["no", "yes"], 400), rng.choice(["no", "yes"], 400)
    frame["count"] = rng.integers(1, 5, 400)
    frame["pay"] = rng.normal(1000, 100, 400) + 300 * frame["student"]
    return frame


SAMPLE = dl.declare_design(people(), weights="w")
FIT = dl.regress(SAMPLE, "pay ~ student + status")
BOTH = dl.estimate(SAMPLE, dl.mean("student"), dl.share("status"))
TWO_YES = dl.regress(SAMPLE, "pay ~ k + m")
SHARES = dl.estimate(SAMPLE, dl.share("k"), dl.share("m"))
COUNTS = dl.estimate(SAMPLE, dl.mean("count"), dl.count())
AMBIGUOUS = [
    (FIT, "student / intercept"), (BOTH, "student / employed"), (TWO_YES, "yes - intercept"), (SHARES, "yes / no"),
    (COUNTS, "count * 2"), (FIT, {"student": {"student": 1, "intercept": -1}}), (SHARES, {"gap": {"yes": 1, "no": -1}}),
]  # fmt: skip


@pytest.mark.parametrize(("result", "between"), AMBIGUOUS)
def test_a_name_of_two_rows_is_refused_and_the_remedy_works(
    result: Any, between: Any, refused: Any
) -> None:
    with pytest.raises(OptionError) as error:
        dl.contrast(result, between)
    refused(lambda: dl.contrast(result, between), OptionError)
    written = re.search(r"`(contrast\(result.*\))`", str(error.value))
    assert written is not None
    found = eval(written.group(1), {"contrast": dl.contrast, "result": result})
    point = result.frame["estimate"]
    gaps = {round(abs(a - b), 9) for a in point for b in point if a != b}
    assert round(abs(found.frame["estimate"].item()), 9) in gaps


def test_names_tell_the_variable_from_the_category() -> None:
    names = {"student": {"variable": "student", "category": ""}}
    point = FIT.frame.set_index("variable")["estimate"]
    found = dl.contrast(FIT, "student / intercept", names=names).frame
    assert found["estimate"].item() == pytest.approx(point["student"] / point["intercept"])
    names = {
        "student": {"variable": "student"},
        "employed": {"variable": "status", "category": "employed"},
    }
    found = dl.contrast(BOTH, "student / employed", names=names).frame
    means = BOTH.frame["estimate"]
    assert found["estimate"].item() == pytest.approx(means[0] / means[1])


def test_names_of_one_row_are_still_short() -> None:
    assert len(dl.contrast(FIT, "retired - intercept")) == 1
    assert len(dl.contrast(dl.estimate(SAMPLE, dl.share("k")), "yes / no")) == 1
    # the variable of a share is that of its categories, one of which bears its name
    named = dl.declare_design(people().assign(yes=people()["k"]))
    assert len(dl.contrast(dl.estimate(named, dl.share("yes")), "yes / no")) == 1


NULLS = {
    "retired / intercept": "1",
    "retired - intercept": "0",
    "retired / (retired + intercept)": "0.5",
}


@pytest.mark.parametrize(("expression", "null"), NULLS.items())
def test_the_p_value_of_an_expression_says_what_it_is_against(expression: str, null: str) -> None:
    found = dl.contrast(FIT, expression)
    assert found.provenance.rules["null"] == null
    lines = {each: " ".join(dl.table(found, each).sheet.note_lines()) for each in ("en", "fr")}
    assert f"where all estimates are equal ({null})" in lines["en"]
    assert f"where all estimates are equal ({null})." in " ".join(repr(found).split())
    assert f"sont égales ({null.replace('.', ',')})" in lines["fr"]


def test_several_expressions_say_it_each() -> None:
    found = dl.contrast(
        FIT, {"ratio": "retired / intercept", "gap": "retired - intercept", "size": "retired * 2"}
    )
    assert found.provenance.rules["null"] == "ratio: 1; gap: 0"
    assert np.isnan(found.frame["p_value"].iloc[2])
    assert dl.contrast(FIT, "retired * 2").provenance.rules["null"] == "none"
