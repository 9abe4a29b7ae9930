"""LimeSurvey's exports without the structure of their survey: what headers and answers tell by themselves.

In words LimeSurvey (`SurveyObj::getFullAnswer`, versions 2 to 6) writes a box as Yes or No, and as
N/A where it was not shown; a yes or no, and a sex, as N/A where there is no answer; everything else
that has no answer as an empty cell.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from diplab.loaders.read import read
from diplab.microdata.multiple_response import Responses
from diplab.reference.text import Text
from tests.loaders.factories import cells, notices
from tests.loaders.test_limesurvey import CODES, ENGLISH, FRENCH, STRUCTURE, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from diplab.microdata.microdata import Microdata

STANDARD = ("id", "submitdate", "lastpage", "startlanguage")
QUESTION = "Que faites-vous ?"


def export(
    folder: Path, columns: Mapping[str, Sequence[str]] | Sequence[tuple[str, Sequence[str]]]
) -> Microdata:
    """Read an export of these columns, of which two may have one header."""
    pairs = list(columns.items()) if isinstance(columns, dict) else list(columns)
    rows = [
        [str(place), "2026-01-05 10:00:00", "2", "fr", *row]
        for place, row in enumerate(zip(*(answers for _, answers in pairs), strict=True), 1)
    ]
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as opened:
        worded = any(
            "]. " in name for name, _ in pairs
        )  # exports with the code and the wording have both in all headers
        own = [f"{name}. {name}" if worded else name for name in STANDARD]
        csv.writer(opened).writerows([[*own, *(name for name, _ in pairs)], *rows])
    return read(folder / "results.csv")


YES_NO_ABSENT = {
    "en": ("Yes", "No", "N/A"), "fr": ("Oui", "Non", "Sans objet"), "de": ("Ja", "Nein", "k.A."),
    "es": ("Sí", "No", "N/D"), "it": ("Sì", "No", "N/A"), "pt": ("Sim", "Não", "N/D"), "nl": ("Ja", "Nee", "N.v.t."),
}  # fmt: skip


@pytest.mark.parametrize("language", YES_NO_ABSENT)
def test_boxes_in_words_are_a_set_and_those_not_shown_are_missing(
    tmp_path: Path, language: str
) -> None:
    yes, no, absent = YES_NO_ABSENT[language]
    data = export(
        tmp_path,
        {
            f"{QUESTION} [images]": [yes, no, absent, no],
            f"{QUESTION} [textes]": [no, no, absent, yes],
            f"{QUESTION} [Other]": ["", "", "", "sons"],
            "Travaillez-vous ?": [yes, absent, no, yes],
        },
    )
    images, texts, other = (f"{QUESTION} [{item}]" for item in ("images", "textes", "Other"))
    assert cells(data, images, texts) == [[1, 0, "", 0], [0, 0, "", 1]]
    codebook = data.codebook
    assert codebook.sets == {
        QUESTION: Responses(QUESTION, [images, texts], label=Text.same(QUESTION))
    }
    assert codebook.reasons[images] == codebook.reasons[texts] == {"not asked": 1}
    assert (codebook[images].label, codebook[images].question) == (
        Text.same("images"),
        Text.same(QUESTION),
    )
    assert {code: str(label) for code, label in codebook[images].values.items()} == {
        1: "Yes",
        0: "No",
    }
    assert (codebook[images].measure, codebook[other].part_of) == ("nominal", QUESTION)
    # nobody knows whether the second did not answer or was not asked
    assert cells(data, "Travaillez-vous ?") == [[yes, "", no, yes]]
    assert codebook.reasons["Travaillez-vous ?"] == {"system": 1}
    assert codebook.origin.notices == (
        Text(
            "Sans la structure du questionnaire, N/A est lu comme «\u00a0question non posée\u00a0» "
            "dans les cases et "
            "comme absence de réponse dans les questions oui ou non\u00a0: 3 cellules de 3 "
            "colonnes. "
            '`structure="survey.lss"` dit ce qui a été posé.',
            "Without the structure of the survey, N/A is read as “not asked” in boxes, and as no "
            "answer in questions "
            'of yes or no: 3 cells of 3 columns. `structure="survey.lss"` tells what was asked.',
        ),
    )


@pytest.mark.parametrize(
    "form", ["uses[{}]", "uses_{}", "uses.{}.", "uses[{}]. Que faites-vous ? [{}]"]
)
def test_boxes_in_codes_are_a_set(tmp_path: Path, form: str) -> None:
    columns = {form.format(code, code): answers for code, answers in {
        "SQ001": ["Y", "", "", ""], "SQ002": ["", "", "", ""], "other": ["", "sons", "", ""],
    }.items()}  # fmt: skip
    data = export(tmp_path, {**columns, "town": ["Lyon", "N/A", "", ""]})
    first, second, other = (name for name in data.frame if name.startswith("uses"))
    # as with a structure: who ticked a box, or wrote beside them, saw them all
    assert cells(data, first, second) == [[1, 0, "", ""], [0, 0, "", ""]]
    assert list(data.codebook.sets) == ["uses"]
    assert data.codebook.sets["uses"].columns == (first, second)
    assert data.codebook[first].label == Text.same("SQ001")
    assert data.codebook[other].values == {}
    # a town of this name is an answer, and the notice says so
    assert cells(data, "town") == [["Lyon", "N/A", "", ""]]
    assert notices(data)[0].startswith(
        "Multiple choice: an empty box is 0 where the person ticked a box"
    )
    assert notices(data)[1] == (
        "N/A stays an answer of `town`: nothing says that the question was not asked "
        '(`structure="survey.lss"` would).'
    )


def test_what_is_no_box_stays_as_it_is(tmp_path: Path) -> None:
    columns = {
        # a scale of words; one of yes, no and no opinion; one that offers N/A beside yes and no
        "Trust? [client]": ["Agree", "No", "N/A"], "Trust? [firm]": ["No", "Agree", "No"],
        "Sure? [pay]": ["Yes", "No", "Uncertain"], "Sure? [time]": ["Yes", "No", "No"],
        "Paid? [hour]": ["Yes", "N/A", "No"], "Paid? [task]": ["No", "Yes", "N/A"],
        # items of which one was left empty; letters of a scale
        "Seen? [film]": ["Yes", "No", ""], "Seen? [play]": ["", "No", "Yes"],
        "sure[SQ001]": ["Y", "N", ""], "sure[SQ002]": ["Y", "U", "N"],
        # one box alone may be an item of anything
        "Alone? [yes]": ["Yes", "No", "Yes"],
        # what a respondent wrote, and an answer of a list
        "Why?": ["N/A", "because", ""], "Sector?": ["Sans objet", "private", "public"],
    }  # fmt: skip
    data = export(tmp_path, columns)
    assert data.codebook.sets == {}
    assert cells(data, *columns) == [list(answers) for answers in columns.values()]
    (notice,) = notices(data)
    assert notice.startswith(
        "N/A stays an answer of `Trust? [client]`, `Paid? [hour]`, `Paid? [task]`, `Why?`: "
    )


def test_an_absent_answer_among_numbers_is_told_once(tmp_path: Path) -> None:
    # in a column of numbers, N/A is read as missing: no notice says that it stays an answer
    data = export(tmp_path, {"Combien ?": ["12", "N/A", "15"], "Why?": ["N/A", "because", "x"]})
    assert cells(data, "Combien ?") == [[12, "", 15]]
    assert [each.count("`Combien ?`") for each in notices(data)] == [1, 0]
    assert notices(data)[1].startswith("N/A stays an answer of `Why?`: ")


def test_comments_beside_boxes_and_questions_of_one_wording(tmp_path: Path) -> None:
    pairs = [
        ("Paid? [bons]", ["Oui", "Non"]), ("Paid? [Commentaire]", ["mal", ""]),
        ("Paid? [argent]", ["Non", "Non"]), ("Paid? [Commentaire]", ["", "bien"]),
        ("Age?", ["30", "N/A"]),
        # asked again: the first of a wording has the set
        ("Paid? [bons]", ["Oui", "Oui"]), ("Paid? [argent]", ["Oui", "Non"]),
        # an answer of two questions under one wording as their column
        # a box without a wording
        ("Âge ? []", ["Non", "Non"]), ("Âge ? [18-25]", ["Oui", "Non"]),
        ("Seul ?", ["a", "b"]), ("Seul ? [x]", ["Oui", "Non"]), ("Seul ? [y]", ["Oui", "Oui"]),
    ]  # fmt: skip
    data = export(tmp_path, pairs)
    assert {name: each.columns for name, each in data.codebook.sets.items()} == {
        "Paid?": ("Paid? [bons]", "Paid? [argent]"),
        "Âge ?": ("Âge ? []", "Âge ? [18-25]"),
    }
    assert cells(data, "Paid? [bons]", "Paid? [argent]", "Paid? [Commentaire]_2") == [
        [1, 0],
        [0, 0],
        ["", "bien"],
    ]
    assert cells(data, "Seul ? [x]") == [["Oui", "Non"]]
    assert cells(data, "Age?") == [
        [30.0, ""]
    ]  # among numbers it says that there is none, in any file


def test_other_exports_keep_their_words(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "id,age,Uses [mail],Uses [web]\n1,N/A,Yes,No\n2,30,N/A,N/A\n", encoding="utf-8"
    )
    data = read(tmp_path / "a.csv")
    assert data.frame["Uses [mail]"].tolist() == ["Yes", "N/A"]
    [notice] = data.codebook.origin.notices
    assert not data.codebook.sets
    assert notice.en.endswith("makes it an answer): `age` (1).")
    assert data.frame["age"].dropna().tolist() == [30.0]


@pytest.mark.parametrize("labels", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_boxes_are_those_that_the_structure_tells(
    tmp_path: Path, labels: dict[str, list[str]]
) -> None:
    # one question of each type: of all, the boxes alone are a set, but for a question of one box
    (tmp_path / "questionnaire.lss").write_text(STRUCTURE, encoding="utf-8")
    path = written(tmp_path / "results.csv", {**CODES, **labels})
    alone, known = read(path), read(path, structure=tmp_path / "questionnaire.lss")
    assert list(alone.codebook.sets) == ["uses"]
    assert alone.codebook.sets["uses"].columns == known.codebook.sets["uses"].columns
    for name in (*alone.codebook.sets["uses"].columns, "uses[other]"):
        assert cells(alone, name) == cells(known, name)
        assert alone.codebook.reasons.get(name) == known.codebook.reasons.get(name)
