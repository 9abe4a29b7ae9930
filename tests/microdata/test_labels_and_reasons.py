"""Answers under their labels, and the reasons of missing ones as a variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.microdata.missing import MissingCodes, unanswered
from diplab.microdata.variable import MissingRange, Variable

if TYPE_CHECKING:
    from pathlib import Path


SEX = {2: dl.Text("femme", "woman"), 1: dl.Text("homme", "man"), 3: dl.Text("autre", "other")}
OFTEN = {1: dl.Text.same("often"), 2: dl.Text.same("often"), 3: dl.Text.same("no")}


def survey() -> dl.Microdata:
    book = (
        dl.Codebook()
        .described("sex", values=SEX)
        .described("often", measure="ordinal", values=OFTEN)
        .described(
            "income", label=dl.Text("revenu", "income"), missing={99: "refused", 98: "not asked"}
        )
    )
    frame = pd.DataFrame(
        {
            "sex": [1, 2, 2, np.nan],
            "often": [3, 2, 1, 7],
            "income": [900, np.nan, np.nan, np.nan],
            "w": [1.0, 2, 3, 4],
        }
    )
    return dl.Microdata(frame, book, {"income": MissingCodes((98, 99), np.array([-1, 1, 0, -1]))})


def test_labels_are_categories(refused) -> None:
    sex = survey().as_categorical("sex")
    assert sex.tolist()[:3] == ["man", "woman", "woman"]
    assert pd.isna(sex[3])
    assert sex.cat.categories.tolist() == ["woman", "man", "other"]
    assert not sex.cat.ordered
    assert survey().as_categorical("sex", language="fr", ordered=True).cat.ordered
    # the data keep their codes
    assert survey().frame["sex"].tolist()[:3] == [1, 2, 2]
    often = survey().as_categorical("often")
    assert often.tolist() == ["no", "often (2)", "often (1)", "7"]
    assert often.cat.categories.tolist() == ["often (1)", "often (2)", "no", "7"]
    assert often.cat.ordered
    both = survey().as_categorical("sex", "often")
    assert both.columns.tolist() == ["sex", "often"]
    assert pd.crosstab(both["sex"], both["often"]).loc["woman", "often (2)"] == 1
    refused(lambda: survey().as_categorical(), OptionError)
    refused(lambda: survey().as_categorical("income", language="french"), OptionError)


def test_reasons_are_a_variable(refused) -> None:
    data = survey().with_reasons("income")
    assert data.frame["income_reason"].tolist() == ["answered", "refused", "not asked", "system"]
    about = data.codebook["income_reason"]
    assert about.values == {
        "answered": dl.Text("a répondu", "answered"), "refused": dl.Text("refus", "refused"),
        "not asked": dl.Text("question non posée", "not asked"), "system": dl.Text("sans réponse", "no answer"),
    }  # fmt: skip
    assert about.label == dl.Text(
        "revenu\u00a0: réponse ou raison de son absence", "income: answer, or why there is none"
    )
    assert data.codebook.steps[0].variables == ("income", "income_reason")
    # weights 1, 2, 3, 4: answered 0.1, refused 0.2, not asked 0.3, no answer 0.4; of women, refused
    # 2/5
    sample = dl.declare_design(survey().with_reasons("income"), weights="w")
    found = dl.estimate(sample, dl.share("income_reason")).frame.set_index("category")
    assert found["estimate"].to_dict() == pytest.approx(
        {"answered": 0.1, "refused": 0.2, "not asked": 0.3, "system": 0.4}
    )
    assert (found["std_error"] > 0).all()
    women = dl.estimate(sample.where("sex == 'woman'"), dl.share("income_reason")).frame.set_index(
        "category"
    )
    assert women["estimate"]["refused"] == pytest.approx(2 / 5)
    refused(lambda: survey().with_reasons("income").with_reasons("income"), ColumnError)
    counted = dl.Microdata(
        pd.DataFrame({"x": [1, np.nan]}), dl.Codebook(reasons={"x": {"refused": 1}})
    )
    refused(lambda: counted.with_reasons("x"), OptionError)


def test_a_real_file(shared: Path) -> None:
    data = dl.read(shared / "data/loaders/pspp_gpl/nhtsa_2008_usermissing.sav").with_reasons(
        "freqOfDriving"
    )
    assert data.frame["freqOfDriving_reason"].value_counts().to_dict() == {
        "answered": 6972, "Refused": 19, "Don't know": 8,
    }  # fmt: skip


def test_a_reason_of_the_survey_keeps_both_its_languages(tmp_path: Path) -> None:
    """An answer made missing by a recode, or by a codebook, is said in the words that it had."""
    values = {1: dl.Text("oui", "yes"), 2: dl.Text("ne souhaite pas le dire", "prefers not to say")}
    data = dl.Microdata(
        pd.DataFrame({"works": [1, 2, 2]}), dl.Codebook().described("works", values=values)
    )
    recoded = data.recode("works", {2: None}, others="keep")
    assert recoded.codebook["works"].missing_labels == {2: values[2]}
    assert recoded.describe("works", language="fr").frame["label"].tolist() == [
        "oui",
        "ne souhaite pas le dire",
    ]
    asked = recoded.with_reasons("works").codebook["works_reason"].values["prefers not to say"]
    assert asked == values[2]
    back = dl.read(dl.write(recoded, tmp_path / "works.sav"))
    assert back.codebook["works"] == recoded.codebook["works"]
    (tmp_path / "plain.csv").write_text("works\n1\n2\n", encoding="utf-8")
    laid = dl.Codebook({"works": Variable("works", values=values)})
    declared = dl.read(tmp_path / "plain.csv", codebook=laid.described("works", missing={2: ""}))
    assert declared.codebook["works"].missing_labels == {2: values[2]}


def test_a_range_of_missing_codes_includes_both_ends() -> None:
    age = Variable("age", missing_ranges=(MissingRange(90, 97, "refused"),))
    found = unanswered(np.array([89.0, 90, 97, 98]), age, empty=np.zeros(4, dtype=bool))
    assert (found.declared.tolist(), found.reasons) == ([False, True, True, False], {"refused": 2})
    assert [age.why(code) is not None for code in (89, 90, 97, 98, "90")] == [
        False,
        True,
        True,
        False,
        False,
    ]
