"""Questions with several answers: found in their columns, split from lists, counted in tables as in descriptions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.microdata.missing import MissingCodes
from diplab.types import Responses

if TYPE_CHECKING:
    from pathlib import Path


def data(columns: dict[str, Any], book: dl.Codebook | None = None) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame(columns), dl.Codebook() if book is None else book)


def test_columns_are_found_by_name(refused: Any) -> None:
    for columns, names, counted in (
        ({"q7_1": [1, 0], "q7_2": [0, 1], "q70": [5, 6], "q8_1": [1, 1]}, "q7_1 q7_2", 1),
        (
            {"q7[SQ001]": ["Y", None], "q7[SQ002]": [None, "Y"], "q7[other]": ["mine", None]},
            "q7[SQ001] q7[SQ002]",
            "Y",
        ),
        ({"q7/mail": [True, False], "q7/other": [False, True]}, "q7/mail q7/other", 1),
        (
            {"q7_1": ["Oui", "Non"], "q7_2": ["Non"] * 2, "q7_autre": ["Oui", "Non"]},
            "q7_1 q7_2 q7_autre",
            "Oui",
        ),
        ({"q7_1": [1, np.nan], "q7_2": [np.nan, 1.0]}, "q7_1 q7_2", 1),
        ({"q7_1": [5, np.nan], "q7_2": [np.nan, 5.0]}, "q7_1 q7_2", 5),
    ):
        found = data(columns).multiple_response("q7")
        assert (found.columns, found.counted) == (tuple(names.split()), counted)
        assert (found.kind, found.base) == ("dichotomies", "any")
    refused(lambda: data({"q7a1": [1, 0]}).multiple_response("q7"), ColumnError)
    # what cannot be told
    refused(lambda: data({"q7_1": [1, 2], "q7_2": [2, 2]}).multiple_response("q7"), OptionError)
    refused(lambda: data({"q7_1": [1, 2, 3, 4, 5]}).multiple_response("q7"), OptionError)


def test_columns_are_found_by_the_codebook(refused) -> None:
    book = dl.Codebook().described("mail", part_of="q7").described("phone", part_of="q7")
    book = book.described("q7", label=dl.Text("Usages", "Uses"))
    responses = data({"mail": [1, 2], "phone": [2, 2], "q7_x": [1, 1]}, book).multiple_response(
        "q7", counted=1
    )
    assert (responses.columns, responses.label.fr, responses.counted) == (
        ("mail", "phone"),
        "Usages",
        1,
    )
    known = Responses("q7", ["a", "b"], label=dl.Text.same("uses"), counted=2)
    answers = data({"a": [1, 2], "b": [2, 2]}, dl.Codebook(sets={"q7": known}))
    assert answers.multiple_response("q7") == known
    assert answers.multiple_response("q7", base="all") == replace(known, base="all")
    refused(lambda: data({"uses": ["a;b"]}).multiple_response("uses"), ColumnError)
    refused(lambda: data({"q7_1": [1]}).multiple_response("q9"), ColumnError)


CODES = {1: dl.Text("oui", "yes"), 2: dl.Text("non", "no")}


def test_tables_count_the_codes_of_the_set(refused) -> None:
    """Yes is 1 and no is 2, with labels: of the four who answered, three have mail; weights 1 + 2 + 4 of 15."""
    book = dl.Codebook().described("mail", values=CODES).described("phone", values=CODES)
    answers = data(
        {"mail": [1, 1, 1, 2, np.nan], "phone": [2, 1, 2, 2, np.nan], "w": [1.0, 2, 4, 8, 16]}, book
    )
    sample = dl.declare_design(answers, weights="w")
    yes = dl.crosstab(sample, Responses("uses", ["mail", "phone"]))
    assert yes.cells.frame["estimate"].tolist() == pytest.approx([7 / 15, 2 / 15])
    no = dl.crosstab(sample, Responses("uses", ["mail", "phone"], counted=2))
    assert no.cells.frame["estimate"].tolist() == pytest.approx([8 / 15, 13 / 15])
    words = data({"mail": ["Y", None, "N"], "phone": [None, "N", "N"]})
    result = dl.crosstab(
        dl.declare_design(words), Responses("uses", ["mail", "phone"], counted="Y")
    )
    assert result.cells.frame["estimate"].tolist() == pytest.approx([1 / 3, 0])
    answers = data({"q7_1": ["e-mail", None, None], "q7_2": ["phone", "phone", None]})
    responses = answers.multiple_response("q7")
    assert responses.kind == "categories"
    found = dl.crosstab(dl.declare_design(answers), responses).cells.frame
    assert found[["q7", "estimate"]].values.tolist() == [["e-mail", 0.5], ["phone", 1.0]]
    answers = dl.declare_design(data({"mail": [1, 0], "phone": ["Y", "N"]}))
    refused(lambda: dl.crosstab(answers, Responses("uses", ["mail"], counted="Y")), ColumnError)
    with pytest.raises(ColumnError, match="`phone` cannot be read as numbers"):
        dl.crosstab(answers, Responses("uses", ["phone"]))


def test_a_table_of_columns_of_codes() -> None:
    """First and second platform: 1 is named by two of the three who answered, 2 by two, 3 (labelled) by none."""
    labels = {1: dl.Text.same("Uber"), 2: dl.Text.same("Upwork"), 3: dl.Text.same("Clickworker")}
    book = dl.Codebook().described("first", values=labels).described("second", values=labels)
    answers = data(
        {"first": [1, 2, 1, np.nan], "second": [2, np.nan, 1, np.nan], "sex": list("ffmm")}, book
    )
    asked = Responses("platforms", ["first", "second"], kind="categories")
    found = dl.crosstab(dl.declare_design(answers), asked, "sex", shares="column")
    frame = found.frame.set_index(["platforms", "sex"])
    assert frame["estimate"].to_dict() == pytest.approx(
        {(1, "f"): 0.5, (1, "m"): 1, (2, "f"): 1, (2, "m"): 0, (3, "f"): 0, (3, "m"): 0}
    )
    assert frame["base_n"].tolist() == [2, 1, 2, 1, 2, 1]
    assert "Clickworker" not in (shown := dl.table(found).as_raw_html())
    assert "One category without any respondents is not shown" in shown
    both = dl.crosstab(dl.declare_design(answers), replace(asked, base="all"))
    assert both.cells.frame["estimate"].tolist() == pytest.approx([1, 0.5, 0])
    described = (
        replace(answers, codebook=replace(book, sets={"platforms": asked}))
        .describe("platforms")
        .frame
    )
    assert described[["code", "label", "n"]].values.tolist() == [
        [1, "Uber", 2], [2, "Upwork", 2], [3, "Clickworker", 0], ["", "no answer", 1],
    ]  # fmt: skip


def test_tables_and_descriptions_count_alike_in_a_real_file(shared: Path) -> None:
    """The sets that the file declares, written here by hand: three of yes and no, and three of codes a to d."""
    answers = dl.read(shared / "data/loaders/pyreadstat/multiple_response/simple_alltypes.sav")
    sets = {
        "mymrset": Responses("mymrset", ["bool1", "bool2", "bool3"]),
        "categorical_array": Responses(
            "categorical_array", ["ca_subvar_1", "ca_subvar_2", "ca_subvar_3"], kind="categories"
        ),
    }
    answers = replace(answers, codebook=replace(answers.codebook, sets=sets))
    expected = {"mymrset": [3 / 6, 4 / 6, 0], "categorical_array": [3 / 6, 6 / 6, 3 / 6, 3 / 6]}
    for name, shares in expected.items():
        table = dl.crosstab(
            dl.declare_design(answers), answers.multiple_response(name)
        ).cells.frame["estimate"]
        assert table.tolist() == pytest.approx(shares)
        assert answers.describe(name).frame["share"].tolist() == pytest.approx(shares)


def test_lists_are_split() -> None:
    book = dl.Codebook().described(
        "uses",
        label=dl.Text("usages", "uses"),
        values={"phone": dl.Text("téléphone", "phone")},
        missing={"-": "refused"},
    )
    answers = dl.Microdata(
        pd.DataFrame({"uses": ["mail; phone", "phone", None, "", "mail;mail", None]}), book,
        {"uses": MissingCodes(("-",), np.array([-1, -1, 0, -1, -1, -1]))},
    ).split_responses("uses")  # fmt: skip
    assert answers.frame["uses_1"].tolist() == pytest.approx(
        [1, 1, np.nan, 0, 0, np.nan], nan_ok=True
    )
    assert answers.frame["uses_2"].tolist() == pytest.approx(
        [1, 0, np.nan, 0, 1, np.nan], nan_ok=True
    )
    assert [answers.codebook[each].label.fr for each in ("uses_1", "uses_2")] == [
        "téléphone",
        "mail",
    ]
    assert answers.codebook["uses_1"].part_of == "uses"
    assert answers.codebook.reasons["uses_1"] == {"refused": 1, "system": 1}
    assert answers.codebook.sets["uses"] == Responses(
        "uses", ["uses_1", "uses_2"], label=dl.Text("usages", "uses")
    )
    assert answers.codebook.steps[0].words.en == "uses: answers split at “;”"
    shares = dl.crosstab(dl.declare_design(answers), answers.multiple_response("uses")).cells.frame
    assert shares["estimate"].tolist() == pytest.approx([2 / 4, 2 / 4])
    assert answers.describe("uses").frame["n"].tolist() == [2, 2, 2]


def test_lists_that_are_not_split(refused: Any) -> None:
    refused(lambda: data({"uses": [1, 2]}).split_responses("uses"), ColumnError)
    refused(lambda: data({"uses": ["a"]}).split_responses("uses", separator=""), OptionError)
    refused(lambda: data({"uses": ["a"], "uses_1": [1]}).split_responses("uses"), ColumnError)
    refused(
        lambda: data({"uses": [str(each) for each in range(251)]}).split_responses("uses"),
        OptionError,
    )


def test_separators_and_codes_within_lists() -> None:
    book = dl.Codebook().described("uses", values={"home, often": dl.Text.same("home, often")})
    answers = dl.Microdata(
        pd.DataFrame({"uses": ["home, often, abroad", "degree (MA, PhD),abroad", "abroad"]}), book
    ).split_responses("uses", separator=",")
    labels = [answers.codebook[each].label.en for each in answers.codebook.sets["uses"].columns]
    assert labels == ["home, often", "abroad", "degree (MA, PhD)"]
    assert answers.frame[["uses_1", "uses_2", "uses_3"]].to_numpy().tolist() == [
        [1, 1, 0],
        [0, 1, 1],
        [0, 1, 0],
    ]
    book = dl.Codebook().described(
        "uses",
        values={"mail": dl.Text.same("mail"), "99": dl.Text.same("refused")},
        missing={"99": "refused"},
    )
    split = dl.Microdata(pd.DataFrame({"uses": ["mail;phone", "phone"]}), book).split_responses(
        "uses"
    )
    assert [split.codebook[each].label.en for each in ("uses_1", "uses_2")] == ["mail", "phone"]
    assert "uses_3" not in split.frame


STEM = "Q1B. And what do you see as other important issues facing vulnerable people in the city of Paris"


def set_of(*labels: str, question: str = "") -> dl.Microdata:
    names = [f"Q1B_{place}" for place in range(1, len(labels) + 1)]
    book = dl.Codebook()
    for name, label in zip(names, labels, strict=True):
        book = book.described(name, label=dl.Text(f"{label}", f"{label}"))
    book = dl.Codebook(
        book.variables, sets={"Q1B": Responses("Q1B", names, label=dl.Text.same(question))}
    )
    return data(
        {name: [1, 0, 1, place % 2] for place, name in enumerate(names)} | {"sex": [1, 2, 2, 1]},
        book,
    )


@pytest.mark.parametrize(
    ("labels", "question", "shown"),
    [
        ([f"{STEM} - {each}" for each in ("Housing", "Jobs")], STEM, ["Housing", "Jobs"]),
        ([f"{STEM} ? [{each}]" for each in ("Logement", "Emploi")], "", ["Logement", "Emploi"]),
        ([f"{each} : {STEM}" for each in ("Logement", "Emploi")], "", ["Logement", "Emploi"]),
        (["Usages mail", "Usages web"], "Usages", ["mail", "web"]),
        (["Paris - nord", "Paris - sud"], "Quartier", ["Paris - nord", "Paris - sud"]),
        (["Housing", "Housing costs"], "", ["Housing", "Housing costs"]),
        ([STEM, STEM], STEM, [STEM, STEM]),
        (["Housing"], "", ["Housing"]),
    ],
)
def test_the_items_of_a_set_are_shown_without_their_common_question(
    labels: list[str], question: str, shown: list[str]
) -> None:
    several = set_of(*labels, question=question)
    assert several.describe("Q1B", language="fr").frame["label"].tolist()[: len(shown)] == shown
    cut = shown != labels
    overview = several.describe(language="fr").frame["label"].tolist()[: len(shown)]
    assert overview == [f"… {each}" for each in shown] if cut else overview == labels
    if len(set(shown)) == len(shown):
        table = dl.table(
            dl.crosstab(dl.declare_design(several), "Q1B"), language="fr"
        ).as_raw_html()
        assert all(f">{each}<" in table for each in shown)


def test_a_question_is_named_in_crosstab_as_its_set_is(refused: Any) -> None:
    several = set_of("mail", "web")
    sample = dl.declare_design(several)
    named = dl.crosstab(sample, "Q1B", "sex")
    given = dl.crosstab(sample, several.multiple_response("Q1B"), "sex")
    pd.testing.assert_frame_equal(named.frame, given.frame)
    refused(lambda: dl.crosstab(sample, "sex", "Q1B"), OptionError)
    # elsewhere the error names crosstab; of columns without a set, what makes one
    refused(lambda: dl.estimate(sample, dl.share("Q1B")), ColumnError)
    refused(lambda: dl.summary(sample, ["Q1B"]), ColumnError)
    unset = data({"q7_1": [1, 0], "q7_2": [1, 1]})
    refused(lambda: dl.crosstab(dl.declare_design(unset), "q7"), ColumnError)
    assert dl.crosstab(dl.declare_design(unset), unset.multiple_response("q7")).frame[
        "estimate"
    ].tolist() == [0.5, 1]
