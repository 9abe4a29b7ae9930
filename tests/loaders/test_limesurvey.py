"""LimeSurvey's answers and structures, against what its manual and its export functions say of them.

The survey of `samples/limesurvey` has one question of each type, in French, English and Portuguese,
as LimeSurvey 2 writes a structure (each row with its language) and as LimeSurvey 6 does (wordings
in tables of their own). The exports follow the manual's chapters "Exporting results", "Export
survey structure" and "Question types", and the names that `createFieldMap` gives to columns:
`columns.csv` has for each its name, those of the database and in words (`getFieldText`), the
answers of three people, and their labels where it has some, as `getFullAnswer` writes them: N/A
where yes or no was not answered, or the box was not put to the respondent.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.limesurvey.load import limesurvey_codebook
from diplab.loaders.limesurvey.structure import read_questionnaire
from diplab.loaders.read import read
from diplab.loaders.source import open_source
from diplab.loaders.text.recognition import is_standard
from diplab.loaders.write import write
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import Responses
from diplab.presentation.codebook.of_file import codebooks_of
from diplab.reference.text import Text
from tests.loaders.factories import cells, notices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SID = "123456"
SAMPLES = Path(__file__).with_name("samples") / "limesurvey"
OLD, STRUCTURE = (
    (SAMPLES / f"survey_123456_version_{each}.lss").read_text(encoding="utf-8") for each in (2, 6)
)
COLUMNS = {
    each.pop("name"): each
    for each in csv.DictReader((SAMPLES / "columns.csv").open(encoding="utf-8"))
}
NAMES = list(COLUMNS)
CODES, FRENCH, ENGLISH = (
    {name: each[kind].split("|") for name, each in COLUMNS.items() if each[kind]}
    for kind in ("codes", "labels", "labels in English")
)


def table(name: str, rows: list[dict[str, Any]]) -> str:
    fields = dict.fromkeys(key for row in rows for key in row)
    named = "".join(f"<fieldname>{key}</fieldname>" for key in fields)
    cells = "".join(
        "<row>"
        + "".join(
            f"<{key}><![CDATA[{value}]]></{key}>" for key, value in row.items() if value is not None
        )
        + "</row>"
        for row in rows
    )
    return f"<{name}><fields>{named}</fields><rows>{cells}</rows></{name}>"


def document(kind: str, *tables: str) -> str:
    return (
        '<?xml version="1.0" '
        f'encoding="UTF-8"?><document><LimeSurveyDocType>{kind}</LimeSurveyDocType>'
        f"<languages><language>fr</language></languages>{''.join(tables)}</document>"
    )


@pytest.fixture
def lss(tmp_path: Path) -> Path:
    path = tmp_path / "questionnaire.lss"
    path.write_text(STRUCTURE, encoding="utf-8")
    return path


STANDARD = ["id", "submitdate", "lastpage", "startlanguage", "seed", "ipaddr", "token"]
OWN = [
    ["1", "2026-01-05 10:00:00", "2", "fr", "1482935", "192.0.2.1", "aZ9"],
    ["2", "2026-01-06 11:30:00", "2", "en", "2482935", "192.0.2.2", "bY8"],
    ["3", "", "1", "pt", "3482935", "192.0.2.3", "cX7"],
]


def written(
    path: Path,
    columns: Mapping[str, Sequence[str]] = CODES,
    header: Callable[[str], str] = str,
    standard: Sequence[str] = STANDARD,
    delimiter: str = ",",
) -> Path:
    """Write an export: every cell in quotation marks, as LimeSurvey does."""
    heads = [*standard, *(header(name) for name in columns)]
    rows = [[*OWN[place], *(cells[place] for cells in columns.values())] for place in range(3)]
    lines = [
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in [heads, *rows]
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


BOXES = (
    "Multiple choice: an empty box is 0 where the person ticked a box of the question, or wrote "
    "something under "
    "“other”; elsewhere nothing says that the question was asked, and all its boxes are missing."
)


# --- the structure


def test_every_type_yields_the_columns_that_limesurvey_exports() -> None:
    found = []
    for path in sorted(SAMPLES.glob("*.lss")):
        codebook = limesurvey_codebook(open_source(path))
        assert list(codebook) == NAMES
        assert codebook.title == Text("Enquête", "Survey", others=(("pt", "Inquérito"),))
        assert (codebook.languages, codebook.origin.reader) == (
            ("fr", "en", "pt"),
            "LimeSurvey structure",
        )
        found.append(read_questionnaire(open_source(path)))
    assert (found[0], len(found[0].questions)) == (found[1], 23)


def test_variables_and_sets_say_what_their_questions_do(lss: Path, tmp_path: Path) -> None:
    codebook = limesurvey_codebook(open_source(lss))
    status = codebook["status"]
    assert (
        status.label
        == status.question
        == Text("Votre statut ?", "Your status?", others=(("pt", "Seu estatuto?"),))
    )
    french = {code: label.fr for code, label in status.values.items()}
    assert french == {"A1": "salarié", "A2": "sans emploi", "-oth-": "Autre"}
    assert (status.measure, status.group.en, status.part_of) == ("nominal", "You", "")
    assert (codebook["status[other]"].part_of, codebook["status[other]"].values) == ("status", {})
    assert codebook["agree[SQ002]"].label.fr == "c’est long"
    assert codebook["agree[SQ002]"].question.in_("pt") == "Concorda?"
    assert (codebook["agree[SQ002]"].measure, list(codebook["agree[SQ002]"].values)) == (
        "ordinal",
        [1, 2],
    )
    assert codebook["two[SQ001][1]"].label.fr == "cadence – Rythme"
    assert codebook["two[SQ001][2]"].label.fr == "cadence – Échelle 2"
    assert list(codebook["two[SQ001][2]"].values) == ["B1"]
    assert codebook["grid[Y1_X1]"].label.in_("pt") == "segunda – manhã"
    assert (codebook["rank[2]"].label.fr, list(codebook["rank[2]"].values)) == (
        "Rang 2",
        ["A1", "A2"],
    )
    assert {code: label.en for code, label in codebook["work"].values.items()} == {
        "Y": "Yes",
        "N": "No",
    }
    assert {code: label.fr for code, label in codebook["uses[SQ001]"].values.items()} == {
        1: "Oui",
        0: "Non",
    }
    assert codebook["uses[other]"].label == Text.same("Autre usage")
    assert codebook["paid[SQ001comment]"].label.fr == "bons – Commentaire"
    measures = [
        codebook[name].measure for name in ("hours", "pay[main]", "since", "happy", "score", "town")
    ]
    assert measures == ["scale", "scale", "scale", "ordinal", "unknown", "nominal"]
    sets = codebook.sets
    boxes, ranks = "dichotomies", "categories"
    assert {name: (each.columns, each.kind) for name, each in sets.items()} == {
        "uses": (("uses[SQ001]", "uses[SQ002]"), boxes), "paid": (("paid[SQ001]",), boxes),
        "rank": (("rank[1]", "rank[2]"), ranks),
    }  # fmt: skip
    assert (sets["uses"].label.fr, sets["uses"].base) == ("Que faites-vous ?", "any")
    written_files = codebooks_of(lss, ["fr"], out=tmp_path / "survey.md").files
    assert "Que faites-vous" in written_files[0].read_text(encoding="utf-8")


def test_structures_without_answers_and_what_is_no_structure(
    tmp_path: Path, lss: Path, refused: Any
) -> None:
    refused(lambda: read(lss), LoadError)
    answers = written(tmp_path / "answers.csv")
    for content in ("<a/>", document("Label set"), document("Survey")):
        (tmp_path / "a.lss").write_text(content, encoding="utf-8")
        refused(lambda: read(answers, structure=tmp_path / "a.lss"), LoadError)


# --- answers


def test_answers_in_codes(tmp_path: Path, lss: Path) -> None:
    data = read(written(tmp_path / "results.csv"), structure=lss)
    frame = data.frame
    assert (list(frame), frame["status"].tolist()[:2]) == ([*STANDARD[:5], *NAMES], ["A1", "-oth-"])
    assert (frame["region"].tolist()[:2], frame["hours"].tolist()[:2]) == ([11, 93], [35, 7.5])
    assert (frame["town"].tolist()[:2], frame["since"][0]) == (
        ["Orléans", "75013"],
        pd.Timestamp("2020-03-01"),
    )
    assert frame["submitdate"].tolist()[:2] == [
        pd.Timestamp("2026-01-05 10:00"),
        pd.Timestamp("2026-01-06 11:30"),
    ]
    assert frame["lastpage"].tolist() == [2, 2, 1]
    assert frame["seed"].tolist() == ["1482935", "2482935", "3482935"]
    assert (frame["agree[SQ001]"].tolist()[:2], frame["rank[1]"].tolist()[:2]) == (
        [1, 2],
        ["A2", "A1"],
    )
    assert data.codebook.title.fr == "Enquête"
    assert (data.codebook["id"].label.fr, data.codebook["id"].label.en) == (
        "ID de la réponse",
        "Response ID",
    )
    assert (
        data.codebook.origin.reader
        == "LimeSurvey answers with `questionnaire.lss`, utf-8, delimiter `,`"
    )
    assert set(data.codebook.sets) == {"uses", "paid", "rank"}
    # the first ticked mail; the second wrote under "other"; the third left all empty, or was never
    # asked
    assert cells(data, "uses[SQ001]", "uses[SQ002]", "paid[SQ001]") == [
        [1, 0, ""],
        [0, 0, ""],
        [1, "", ""],
    ]
    assert [each.en for each in data.codebook.origin.notices] == [
        BOXES,
        (
            'Left out, because they identify respondents or places: `ipaddr`, `token` (`private="keep"` keeps '
            "them)."
        ),
    ]
    data = read(
        written(tmp_path / "results.csv"), structure=lss, columns=["uses[SQ002]", "id"], rows=2
    )
    assert (data.frame.to_dict("list"), data.codebook.sets) == (
        {"uses[SQ002]": [0, 0], "id": [1, 2]},
        {},
    )


@pytest.mark.parametrize("labels", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_labels_become_the_codes_that_they_stand_for(
    tmp_path: Path, lss: Path, labels: dict[str, list[str]]
) -> None:
    codes = read(written(tmp_path / "codes.csv"), structure=lss)
    found = read(written(tmp_path / "labels.csv", {**CODES, **labels}), structure=lss)
    pd.testing.assert_frame_equal(found.frame, codes.frame)
    # Here the file itself tells a box that was not ticked from one that was not shown.
    assert found.codebook.reasons["uses[SQ001]"] == {"not asked": 1}
    assert found.codebook["uses[SQ001]"].missing == {-9: "not asked"}
    assert [each.en[:8] for each in found.codebook.origin.notices] == ["Left out"]


def test_codes_converted_to_numbers(tmp_path: Path, lss: Path) -> None:
    converted = {
        "work": ["1", "2", ""],
        "uses[SQ001]": ["1", "2", ""],
        "uses[SQ002]": ["2", "2", ""],
    }
    data = read(written(tmp_path / "results.csv", {**CODES, **converted}), structure=lss)
    assert data.frame["work"].tolist()[:2] == ["Y", "N"]
    assert cells(data, "uses[SQ001]", "uses[SQ002]") == [[1, 0, ""], [0, 0, ""]]
    # data for R (`SPSSExportData`): names of the database in capitals; 1, 2, 3 for what LimeSurvey
    # offers; 0: no tick
    converted = {
        "sex": ["1", "2", ""], "sure[SQ001]": ["3", "1", ""], "more[SQ001]": ["1", "3", ""],
        "uses[SQ001]": ["1", "0", ""], "uses[SQ002]": ["0", "0", ""], "paid[SQ001]": ["1", "", ""],
    }  # fmt: skip
    path = written(
        tmp_path / "results.csv",
        {**CODES, **converted},
        lambda name: COLUMNS[name]["database"].upper(),
        STANDARD,
    )
    plain = read(written(tmp_path / "codes.csv"), structure=lss)
    pd.testing.assert_frame_equal(read(path, structure=lss).frame, plain.frame)


def test_notices_of_dates_and_of_unknown_codes(tmp_path: Path, lss: Path) -> None:
    path = written(tmp_path / "results.csv", {"work": ["Y", "N", ""]})
    path.write_text(
        path.read_text(encoding="utf-8").replace("2026-01-06 11:30:00", "1980-01-01 00:00:00"),
        "utf-8",
    )
    assert read(path, structure=lss).codebook.origin.notices[-1].en == (
        "`submitdate` is 1980-01-01 where the questionnaire was completed and the survey kept no "
        "dates."
    )
    data = read(
        written(tmp_path / "results.csv", {**CODES, "status": ["A1", "A9", ""]}), structure=lss
    )
    assert data.frame["status"].tolist()[:2] == ["A1", "A9"]
    assert data.codebook.origin.notices[0] == Text(
        "`status` contient des codes que le questionnaire n’a pas\u00a0: 1.",
        "`status` holds codes that the questionnaire does not have: 1.",
    )


def test_answers_that_are_refused(tmp_path: Path, lss: Path, refused: Any) -> None:
    label_of_no_answer = {**CODES, **FRENCH, "why": ["gloire", "", ""]}
    box_of_words = {**CODES, "uses[SQ001]": ["often", "", ""]}
    another_survey = {"Q1": ["1", "2", "3"]}
    for columns in (label_of_no_answer, box_of_words, another_survey):
        refused(lambda: read(written(tmp_path / "results.csv", columns), structure=lss), LoadError)  # noqa: B023
    lss.write_text(STRUCTURE.replace("unemployed", "employee"), encoding="utf-8")
    label_of_two_answers = {**CODES, **ENGLISH}
    refused(
        lambda: read(written(tmp_path / "results.csv", label_of_two_answers), structure=lss),
        LoadError,
    )


def test_what_identifies_people_is_kept_when_asked_for(
    tmp_path: Path, lss: Path, refused: Any
) -> None:
    path = written(tmp_path / "results.csv")
    assert read(path, structure=lss, private="keep").frame["token"].tolist() == [
        "aZ9",
        "bY8",
        "cX7",
    ]
    refused(lambda: read(path, structure=lss, columns=["id", "token"]), ColumnError)


# --- headers


def headed(kind: str) -> Callable[[str], str]:
    return lambda name: COLUMNS[name][kind]


HEADINGS_FR = ["ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ"]
HEADINGS_FR += ["Tête de série", "Adresse IP", "Code d'accès"]
HEADINGS_EN = [
    "Response ID",
    "Date submitted",
    "Last page",
    "Start language",
    "Seed",
    "IP address",
    "Access code",
]
HEADINGS_DE = ["Antwort ID", "Datum Abgeschickt", "Letzte Seite", "Start-Sprache"]
HEADINGS_DE += ["Zufallsstartwert", "IP-Adresse", "Zugangscode"]
STYLES: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "database": (headed("database"), STANDARD),
    "wording": (headed("wording"), HEADINGS_FR),
    "wording in another language": (headed("wording in English"), HEADINGS_EN),
    "shortened": (headed("shortened"), HEADINGS_FR),
    "code and wording": (
        lambda name: f"{name}. {COLUMNS[name]['wording in English']}",
        [f"{name}. {words}" for name, words in zip(STANDARD, HEADINGS_EN, strict=True)],
    ),
}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_header_is_read_alike(tmp_path: Path, lss: Path, style: str) -> None:
    header, standard = STYLES[style]
    columns = {name: cells for name, cells in CODES.items() if name != "proof[filecount]"}
    plain = read(written(tmp_path / "codes.csv", columns), structure=lss)
    for delimiter in (",", ";"):
        found = read(
            written(tmp_path / "styled.csv", columns, header, standard, delimiter), structure=lss
        )
        pd.testing.assert_frame_equal(found.frame, plain.frame)
        assert (found.codebook.variables, found.codebook.sets) == (
            plain.codebook.variables,
            plain.codebook.sets,
        )


def test_codes_of_expressions_are_read_and_kept(tmp_path: Path, lss: Path) -> None:
    def expression(name: str) -> str:
        code, *brackets = name.replace("]", "").split("[")
        if code == "two":
            brackets[1] = str(int(brackets[1]) - 1)
        return "_".join((code, *brackets))

    data = read(written(tmp_path / "results.csv", header=expression), structure=lss)
    assert data.frame["uses_SQ001"].tolist()[:2] == [1, 0]
    assert data.codebook.sets["uses"].columns == ("uses_SQ001", "uses_SQ002")
    assert (list(data.codebook["two_SQ001_1"].values), data.codebook["two_SQ001_1"].part_of) == (
        ["B1"],
        "two",
    )


def test_headers_that_columns_share_are_told_apart_by_order(tmp_path: Path, lss: Path) -> None:
    lss.write_text(STRUCTURE.replace("Gender", "Do you work?"), encoding="utf-8")
    path = written(
        tmp_path / "results.csv",
        header=lambda name: (
            "Do you work?" if name == "sex" else COLUMNS[name]["wording in English"]
        ),
    )
    data = read(path, structure=lss)
    assert (data.frame["work"].tolist()[:2], data.frame["sex"].tolist()[:2]) == (
        ["Y", "N"],
        ["F", "M"],
    )
    alone = {name: cells for name, cells in CODES.items() if name != "sex"}
    # which of the two questions it is stays open, and nothing else does
    data = read(written(tmp_path / "alone.csv", alone, headed("wording in English")), structure=lss)
    assert data.frame["Do you work?"].tolist()[:2] == ["Y", "N"]
    assert {"work", "town"} & set(data.frame) == {"town"}
    assert any(
        each.startswith("Columns left without a question, because their header ")
        for each in notices(data)
    )


@pytest.mark.parametrize("standard", [HEADINGS_EN, HEADINGS_DE])
def test_whole_wordings_that_repeat(tmp_path: Path, lss: Path, standard: list[str]) -> None:
    columns = {
        "Do you work?": ["Yes", "No", ""],
        "Wie relevant\u00a0?": list("123"),
        "Wie relevant ?": list("456"),
    }
    for options in ({}, {"structure": lss}):
        data = read(written(tmp_path / "results.csv", columns, standard=standard), **options)
        repeated = ["Wie relevant ?_2", "Wie relevant ?"]
        assert list(data.frame) == [*STANDARD[:5], "work" if options else "Do you work?", *repeated]
        assert [data.frame[name].tolist() for name in repeated] == [[1, 2, 3], [4, 5, 6]]
        assert "'Wie relevant\\xa0?' → `Wie relevant ?_2`" in " ".join(notices(data))


def test_a_question_worded_like_a_column_of_limesurvey_is_a_question(
    tmp_path: Path, lss: Path
) -> None:
    lss.write_text(STRUCTURE.replace("CDATA[Town]", "CDATA[Email]"), encoding="utf-8")
    columns = {"Email": ["Lyon", "", ""], "Email address": ["ada@example.org", "", ""]}
    data = read(written(tmp_path / "results.csv", columns, standard=HEADINGS_EN), structure=lss)
    assert list(data.frame) == [*STANDARD[:5], "town"]
    assert data.codebook.origin.notices[-2].en == (
        "Left out, because they identify respondents or places: `ipaddr`, `token`, `email` "
        '(`private="keep"` keeps them).'
    )


# --- where the structure is


def test_the_structure_beside_is_found_by_the_number_of_the_survey(tmp_path: Path) -> None:
    (tmp_path / "limesurvey_survey_123456.lss").write_text(OLD, encoding="utf-8")
    (tmp_path / "limesurvey_survey_654321.lss").write_text(document("Survey"), encoding="utf-8")
    data = read(written(tmp_path / "results-survey123456.csv", {"work": ["Y", "N", ""]}))
    assert data.codebook["work"].question.fr == "Travaillez-vous ?"
    assert data.codebook.origin.reader.startswith(
        "LimeSurvey answers with `limesurvey_survey_123456.lss`"
    )
    # a structure beside that is of another file is left alone
    (tmp_path / "limesurvey_survey_123456.lss").write_text(OLD, encoding="utf-8")
    path = tmp_path / "town_123456.csv"
    path.write_text("place,people\nLyon,3\n", encoding="utf-8")
    assert read(path).frame.to_dict("list") == {"place": ["Lyon"], "people": [3]}


@pytest.mark.parametrize("standard", [STANDARD, HEADINGS_FR, HEADINGS_EN])
def test_without_a_structure_the_headers_tell_what_they_can(
    tmp_path: Path, standard: list[str]
) -> None:
    columns = {
        "work": ["Y", "N", ""],
        "uses[SQ001]": ["Y", "", ""],
        "Que faites-vous ? [images]": ["Y", "", ""],
    }
    data = read(written(tmp_path / "results.csv", columns, standard=standard))
    assert data.codebook.origin.reader == "LimeSurvey answers, utf-8, delimiter `,`"
    assert (list(data.frame), data.frame["submitdate"].dtype) == (
        [*STANDARD[:5], *columns],
        "datetime64[us]",
    )
    assert data.codebook["uses[SQ001]"].part_of == "uses"
    assert data.codebook["Que faites-vous ? [images]"].label.fr == "images"
    assert data.codebook["Que faites-vous ? [images]"].question.fr == "Que faites-vous ?"


def test_headers_without_a_structure(tmp_path: Path) -> None:
    standard = [f"{name}. {words}" for name, words in zip(STANDARD, HEADINGS_EN, strict=True)]
    columns = {"q1. Why?": ["a", "b", ""], "q2[SQ001]. What? [mail]": ["Y", "", ""]}
    data = read(written(tmp_path / "results.csv", columns, standard=standard))
    assert list(data.frame) == [*STANDARD[:5], "q1", "q2[SQ001]"]
    assert (data.codebook["q1"].label.en, data.codebook["q2[SQ001]"].label.en) == ("Why?", "mail")
    # headers that repeat without a structure are numbered
    columns = {"Why?": ["a", "b", ""], "Why? ": ["c", "d", ""]}
    data = read(written(tmp_path / "results.csv", columns, standard=HEADINGS_EN))
    assert (data.frame["Why?"].tolist()[:2], data.frame["Why?_2"].tolist()[:2]) == (
        ["a", "b"],
        ["c", "d"],
    )
    # two columns that identify people are both left out
    columns = {
        "Email": ["a@example.org", "", ""],
        "Email address": ["b@example.org", "", ""],
        "q1": ["1", "2", "3"],
    }
    data = read(written(tmp_path / "results.csv", columns, standard=HEADINGS_EN))
    assert list(data.frame) == [*STANDARD[:5], "q1"]
    assert [is_standard(each) for each in ("submitdate", "email", "attribute_1", "age")] == [
        True,
        True,
        True,
        False,
    ]
    path = tmp_path / "other.csv"
    path.write_text("id,submitdate,age\n1,2026-01-01,30\n", encoding="utf-8")
    assert read(path).codebook.origin.reader == "delimited text, utf-8, delimiter `,`"


def test_the_tab_separated_form_tells_what_was_not_shown(tmp_path: Path, lss: Path) -> None:
    gone = "{question_not_shown}"
    heads = ["Response ID", "Date submitted", "Do you work?", "mail", "pictures", "Town"]
    codes = ["id", "submitdate", "work", f"{SID}X11X12SQ001", f"{SID}X11X12SQ002", "town"]
    rows = [
        ["1", "2026-01-05 10:00:00", "Y", "Y", "", "Le{newline}Mans {lbrace}tab}"],
        ["2", "2026-01-05 10:00:00", "N", "", "", ""],
        ["3", gone, gone, gone, gone, gone],
    ]
    path = tmp_path / "vvexport_123456.csv"
    path.write_text(
        "\n".join("\t".join(row) for row in [heads, codes, *rows]) + "\n", encoding="utf-8"
    )
    data = read(path, structure=lss)
    assert cells(data, "uses[SQ001]", "uses[SQ002]") == [[1, 0, ""], [0, 0, ""]]
    assert data.codebook.reasons["uses[SQ001]"] == {"not asked": 1}
    assert data.codebook.reasons["town"] == {"not asked": 1, "system": 1}
    assert (data.codebook["town"].missing, data.missing["town"].codes) == (
        {"-9": "not asked"},
        ("-9",),
    )
    assert data.frame["town"][0] == "Le\nMans {tab}"
    assert data.frame["submitdate"].isna().tolist() == [False, False, True]


# --- the archive


def archived(path: Path, **members: str) -> Path:
    """Write an archive as LimeSurvey does: names of fields that begin with a digit take an underscore."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as opened:
        for suffix, content in members.items():
            name = {"lss": "", "lsr": "_responses", "lst": "_tokens", "lsi": "_timings"}[suffix]
            opened.writestr(f"survey_{SID}{name}.{suffix}", content)
    path.write_bytes(buffer.getvalue())
    return path


def responses() -> str:
    """Return the responses: the third was shown the boxes and ticked none, the second was not shown them."""
    rows: list[dict[str, Any]] = []
    for place in range(3):
        row: dict[str, Any] = dict(zip(STANDARD, OWN[place], strict=True))
        row["submitdate"] = row["submitdate"] or None
        for name, column in CODES.items():
            shown = place != 1 or not name.startswith("uses")
            row["_" + COLUMNS[name]["database"].replace("#", "-")] = (
                column[place] if shown else None
            )
        rows.append(row)
    return document("Responses", table("responses", rows))


TIMED = [
    {"id": 1, "interviewtime": "61.5", f"_{SID}X10time": "40.25", f"_{SID}X10X7time": "12"},
    {"id": 3, "interviewtime": "9", f"_{SID}X10time": None, f"_{SID}X10X7time": None},
]
ADA = {
    "tid": 1,
    "firstname": "Ada",
    "email": "ada@example.org",
    "token": "aZ9",
    "attribute_1": "Lyon",
}
TIMES, INVITED = (
    document("Timings", table("timings", TIMED)),
    document("Tokens", table("tokens", [ADA])),
)


def test_an_archive_is_read_alone(tmp_path: Path) -> None:
    path = archived(tmp_path / "a.lsa", lss=STRUCTURE, lsr=responses(), lst=INVITED, lsi=TIMES)
    data = read(path)
    assert list(data.frame) == [*STANDARD[:5], *NAMES, "interviewtime", "groupTime10", "hoursTime"]
    assert cells(data, "uses[SQ001]", "uses[SQ002]") == [[1, "", 0], [0, "", 0]]
    assert data.codebook.reasons["uses[SQ001]"] == {"not asked": 1}
    assert "not asked" not in data.codebook.reasons["submitdate"]
    assert cells(data, "interviewtime", "hoursTime") == [[61.5, "", 9], [12, "", ""]]
    assert data.codebook["groupTime10"].label.fr == "temps passé – Vous"
    assert data.codebook["hoursTime"].label.en == "time spent – Hours a week"
    assert data.codebook["interviewtime"].measure == "scale"
    assert [each.en for each in data.codebook.origin.notices] == [
        (
            'Left out, because they identify respondents or places: `ipaddr`, `token` (`private="keep"` keeps '
            "them)."
        ),
        (
            "Left out, because they identify respondents or places: `survey_123456_tokens.lst` "
            '(`private="keep"` keeps them).'
        ),
    ]
    assert (data.codebook.origin.reader, data.codebook.origin.file) == (
        "LimeSurvey archive",
        "a.lsa",
    )


def test_the_code_of_what_was_not_asked_is_no_answer(tmp_path: Path) -> None:
    lowest = (
        responses()
        .replace("CDATA[7.5]", "CDATA[-9]")
        .replace(f"<_{SID}X10X7><![CDATA[]]></_{SID}X10X7>", "")
    )
    data = read(archived(tmp_path / "a.lsa", lss=STRUCTURE, lsr=lowest))
    assert cells(data, "hours") == [[35, -9, ""]]
    assert data.codebook["hours"].missing == {-99: "not asked"}
    assert data.codebook.reasons["hours"] == {"not asked": 1}
    # spss can hold the code of what was not asked
    gone = responses().replace(f"<_{SID}X10X7><![CDATA[]]></_{SID}X10X7>", "")
    data = read(archived(tmp_path / "a.lsa", lss=STRUCTURE, lsr=gone), columns=["hours"])
    back = read(write(data, tmp_path / "a.sav"), codebook=Codebook())
    assert back.codebook["hours"].missing == {-9: "not asked"}
    np.testing.assert_array_equal(back.frame["hours"], [35, 7.5, np.nan])


def test_those_invited_are_joined_when_asked_for(tmp_path: Path) -> None:
    path = archived(tmp_path / "a.lsa", lss=OLD, lsr=responses(), lst=INVITED)
    data = read(path, private="keep")
    assert data.frame["email"].tolist()[0] == "ada@example.org"
    assert data.frame["attribute_1"].isna().tolist() == [False, True, True]
    assert data.frame["ipaddr"].tolist() == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert data.codebook.origin.notices == ()


def test_an_archive_says_what_the_csv_says(tmp_path: Path, lss: Path) -> None:
    archive = read(archived(tmp_path / "a.lsa", lss=STRUCTURE, lsr=responses()))
    plain = read(written(tmp_path / "results.csv"), structure=lss)
    boxes = [name for name in NAMES if name.startswith(("uses", "paid"))]
    pd.testing.assert_frame_equal(
        archive.frame.drop(columns=boxes), plain.frame.drop(columns=boxes)
    )
    assert archive.codebook.sets == plain.codebook.sets
    # an archive gives its structure to other answers
    archive = archived(tmp_path / "a.lsa", lss=STRUCTURE)
    assert list(limesurvey_codebook(open_source(archive))) == NAMES
    data = read(written(tmp_path / "results.csv"), structure=archive)
    assert (
        data.codebook.variables == read(tmp_path / "results.csv", structure=lss).codebook.variables
    )


def test_archives_that_are_refused(tmp_path: Path, refused: Any) -> None:
    refused(lambda: read(archived(tmp_path / "a.lsa", lss=STRUCTURE)), LoadError)
    refused(lambda: read(archived(tmp_path / "a.lsa", lsr=responses())), LoadError)
    harmful = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><document>&b;</document>'
    refused(lambda: read(archived(tmp_path / "a.lsa", lss=STRUCTURE, lsr=harmful)), LoadError)


# --- data for R and SPSS, with their syntax files: written by hand as `exportr` and `exportspss` of versions 2 to 6 do
# (the statements, their order, the way long labels are cut and joined, and the codes 1 and 2 for
# yes and no)

R_SYNTAX, R_DATA, SPSS_SYNTAX, SPSS_DATA = (
    (SAMPLES.parent / f"survey_{name}").read_text(encoding="utf-8")
    for name in ("R_syntax.R", "R_data.csv", "SPSS_syntax.sps", "SPSS_data.dat")
)


@pytest.fixture
def r_data(tmp_path: Path) -> Path:
    (tmp_path / "survey_123456_R_syntax_file.R").write_text(R_SYNTAX, encoding="utf-8")
    path = tmp_path / "survey_123456_R_data_file.csv"
    path.write_text(R_DATA, encoding="utf-8-sig")
    return path


@pytest.fixture
def spss_data(tmp_path: Path) -> Path:
    (tmp_path / "survey_123456_SPSS_syntax_file.sps").write_text(SPSS_SYNTAX, encoding="utf-8-sig")
    path = tmp_path / "survey_123456_SPSS_data_file.dat"
    path.write_text(SPSS_DATA, encoding="utf-8")
    return path


def test_data_for_r(r_data: Path) -> None:
    data = read(r_data)
    frame, codebook = data.frame, data.codebook
    assert list(frame) == [
        "id",
        "submitdate",
        "status",
        "status_other",
        "uses_SQ001",
        "uses_SQ002",
        "hours",
    ]
    assert frame["status"].tolist()[:2] == ["A1", "-oth-"]
    assert frame["submitdate"][0] == pd.Timestamp("2026-01-05 10:00")
    assert frame["submitdate"].dtype == "datetime64[us]"
    assert cells(data, "uses_SQ001", "hours") == [[1, 0, ""], [35, 7.5, ""]]
    status = codebook["status"]
    assert status.label == Text.same('Votre "statut" ?')
    assert {code: label.fr for code, label in status.values.items()} == {
        "A1": "salarié (CDI, CDD)",
        "-oth-": "Autre",
    }
    assert (status.measure, codebook["status_other"].label) == ("nominal", Text.same("Autre"))
    assert codebook["status_other"].question == Text.same('Votre "statut" ?')
    assert (codebook["status_other"].part_of, codebook["hours"].measure) == ("status", "scale")
    assert codebook["id"].label == Text("ID de la réponse", "Response ID")
    assert codebook.sets == {
        "uses": Responses(
            "uses", ["uses_SQ001", "uses_SQ002"], label=Text.same("Que faites-vous ?")
        )
    }
    assert (
        codebook.origin.reader
        == "LimeSurvey data with `survey_123456_R_syntax_file.R`, utf-8, delimiter `,`"
    )
    assert [each.en for each in codebook.origin.notices] == [
        'Left out, because they identify respondents or places: `ipaddr` (`private="keep"` keeps them).'
    ]
    assert "ipaddr" in read(r_data, private="keep").frame


def test_data_for_spss(spss_data: Path) -> None:
    data = read(spss_data)
    frame, codebook = data.frame, data.codebook
    assert list(frame) == [
        "id",
        "submitdate",
        "work",
        "status",
        "uses_SQ001",
        "uses_SQ002",
        "hours",
        "town",
    ]
    # Day, month, year in data for SPSS.
    assert frame["submitdate"].tolist()[:2] == [
        pd.Timestamp("2026-01-05 10:00"),
        pd.Timestamp("2026-01-06 11:30"),
    ]
    assert cells(data, "work") == [[1, 2, ""]]
    assert frame["town"].tolist()[:2] == ["L'Haÿ, 94", "75013"]
    assert cells(data, "hours") == [[35, "", ""]]
    assert (codebook.reasons["hours"], codebook["hours"].missing) == (
        {"refus": 1, "system": 1},
        {-1: "refus"},
    )
    assert codebook["status"].label == Text.same('Votre "statut", tel que vous le décririez ?')
    assert list(codebook["status"].values) == ["A1", "-oth-"]
    assert {code: label.fr for code, label in codebook["work"].values.items()} == {
        1: "Oui",
        2: "Non",
    }
    assert (codebook["work"].measure, codebook["hours"].measure) == ("nominal", "scale")
    assert codebook.sets["uses"].columns == ("uses_SQ001", "uses_SQ002")


def test_a_syntax_file_is_given_by_name(tmp_path: Path, r_data: Path) -> None:
    moved = r_data.rename(tmp_path / "answers.csv")
    assert read(moved).codebook.origin.reader == "delimited text, utf-8, delimiter `,`"
    data = read(moved, structure=tmp_path / "survey_123456_R_syntax_file.R")
    assert data.codebook["hours"].label == Text.same("Heures par semaine")


def test_data_for_spss_that_are_refused(spss_data: Path, refused: Any) -> None:
    syntax = spss_data.with_name("survey_123456_SPSS_syntax_file.sps")
    syntax.write_text(SPSS_SYNTAX.replace(" V8 A40.", " V8 A40\n V9 F1."), encoding="utf-8")
    refused(lambda: read(spss_data), LoadError)
    syntax.write_text(SPSS_SYNTAX, encoding="utf-8")  # of a cut line
    spss_data.write_text(SPSS_DATA + "'4',,\n", encoding="utf-8")
    refused(lambda: read(spss_data), LoadError)
    spss_data.write_text(SPSS_DATA + "'4,,\n", encoding="utf-8")  # an open quote
    refused(lambda: read(spss_data), LoadError)
    syntax.unlink()
    refused(lambda: read(spss_data), LoadError)


def test_syntaxes_that_are_refused(r_data: Path, refused: Any) -> None:
    syntax = r_data.with_name("survey_123456_R_syntax_file.R")
    syntax.write_text(
        R_SYNTAX.replace('levels=c("A1","-oth-")', 'levels=c("A1")'), encoding="utf-8"
    )
    refused(lambda: read(r_data), LoadError)
    syntax.write_text("system('true')\n", encoding="utf-8")
    refused(lambda: read(r_data), LoadError)


# --- a real survey


def test_structures_of_real_surveys(shared: Path) -> None:
    codebook = limesurvey_codebook(
        open_source(shared / "data/loaders/limesurvey/limesurvey_survey_782678.lss")
    )
    assert (codebook.title.en, codebook.languages) == ("SGModels Survey", ("en",))
    # 3 arrays of 10 items; 2 boxes; 14 other questions besides texts shown: lists, numbers, words,
    # an equation.
    assert (
        sum(
            each.part_of in ("SusATMSG01", "SusATMSG02", "SusLMGM")
            for each in codebook.variables.values()
        )
        == 30
    )
    assert set(codebook.sets) == {"MailingList", "MailingList2"}
    item = codebook["SusLMGM[SQ08]"]
    assert item.label.en == "I found the LM-GM model very cumbersome to use"
    assert item.question.en == "Please rate your level of agreement with the following statements."
    labels = [label.en for label in item.values.values()]
    assert list(item.values) == [1, 2, 3, 4, 5]
    assert labels == ["1- Strongly disagree", "2", "3", "4", "5 - Strongly agree"]
    assert (item.measure, item.group.en) == ("ordinal", "LM-GM Usability")
    assert "AnaATMSG01" not in codebook
    assert (
        codebook["Comp01"].question.en
        == "Which model, ATMSG or LM-GM, was easier to understand? Why?"
    )
    folder = shared / "data/loaders/limesurvey"
    data = read(
        folder / "sgmodels_clean_quantitative.csv",
        structure=folder / "limesurvey_survey_782678.lss",
    )
    assert data.frame.shape == (32, 34)
    assert data.codebook["edlevel"].values["A3"].en == "Professional/vocational/trade school"
    assert (data.codebook["age"].measure, data.codebook["group"].values) == ("scale", {})
    assert data.codebook.origin.notices == ()
    codebook = limesurvey_codebook(open_source(shared / "data/loaders/limesurvey/blank-survey.lss"))
    assert (list(codebook), codebook["Q00"].question.en) == (["Q00"], "this is an example question")
    assert codebook["Q00"].group.en == "My first question group"


def test_an_archive_of_answers_and_their_structure(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "survey.zip", "w") as made:
        made.write(written(tmp_path / "results.csv"), "survey/results.csv")
        made.writestr("survey/questionnaire.lss", STRUCTURE)
    data = read(tmp_path / "survey.zip")
    assert (
        data.codebook.origin.reader
        == "LimeSurvey answers with `questionnaire.lss`, utf-8, delimiter `,`"
    )
    assert "uses" in data.codebook.sets
