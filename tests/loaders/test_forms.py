"""Exports of Google Forms, Prolific and SurveyMonkey: published ones, and ones written by hand from their help pages.

Several answers in one cell: when they are parted, when they are left, and how.

Google: "View & manage form responses" (questions as header, `;` between ticked boxes, `Question
[Row]` for grids). Prolific: "Downloading demographic data", "Prolific's export columns".
SurveyMonkey: "Response Export File Formats" (two header lines, one column per option, its text
where it was chosen).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from diplab.loaders.answers.dates import iso_moments
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import (
    FormColumns,
    box_cells,
    judge_separator,
    parse_list,
    strip_html,
)
from diplab.loaders.read import read
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import Responses, split_answers, split_known
from diplab.microdata.variable import Variable
from diplab.reference.text import Text
from tests.loaders.factories import cells, notices, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.microdata.microdata import Microdata

FORM = """"Timestamp","Email Address","How old are you?","Platforms?","Rate [Pay]","Rate [Rest, sleep]","Why?","Why?"
"2026/11/25 2:03:10 PM GMT+1","a@b.org","31","Uber;Deliveroo","1","2","pay; mostly","x"
"2026/11/25 2:13:10 PM GMT+1","c@d.org","40","Deliveroo","2","2","time","y"
"2026/11/25 2:23:10 PM GMT+1","","","Uber;Other: taxi, bike","","3","",""
"2026/11/26 9:00:00 AM GMT+1","","22","","4","","",""
"2026/11/26 9:01:00 AM GMT+1","","22","Deliveroo;Uber","4","","",""
"""


def labels(data: Microdata, name: str) -> list[str]:
    """Return the labels of the boxes of a question."""
    return [data.codebook[each].label.en for each in data.codebook.sets[name].columns]


def test_a_google_form(tmp_path: Path) -> None:
    data = read_text(tmp_path, FORM)
    assert list(data.frame) == [
        "timestamp",
        "q01",
        "q02_1",
        "q02_2",
        "q02_3",
        "q03_1",
        "q03_2",
        "q04",
        "q05",
    ]
    assert data.frame["timestamp"][0] == pd.Timestamp("2026-11-25 14:03:10")
    codebook = data.codebook
    assert codebook["q01"].question == Text.same("How old are you?")
    # a set: labels as they appear, the respondent who ticked nothing missing
    assert labels(data, "q02") == ["Uber", "Deliveroo", "Other: taxi, bike"]
    assert cells(data, "q01", "q02_1") == [[31, 40, "", 22, 22], [1, 0, 1, "", 1]]
    assert codebook.sets["q02"].label == codebook["q02_1"].question == Text.same("Platforms?")
    # a grid
    rest = codebook["q03_2"]
    assert (rest.label.en, rest.question.en, rest.part_of) == ("Rest, sleep", "Rate", "q03")
    # two questions of the same words are two questions
    assert codebook["q04"].question == codebook["q05"].question == Text.same("Why?")
    assert codebook.origin.reader == "Google Forms, utf-8, delimiter `,`"
    assert codebook.origin.notices == (
        Text(
            "Laissés de côté, car ils identifient les répondants ou les lieux\u00a0: `email` "
            '(`private="keep"` les garde).',
            'Left out, because they identify respondents or places: `email` (`private="keep"` keeps them).',
        ),
        Text(
            "Questions à plusieurs réponses par cellule, séparées en colonnes\u00a0: 1 (`q02`).",
            "Questions with several answers in a cell, split into columns: 1 (`q02`).",
        ),
    )
    kept = read_text(tmp_path, FORM, private="keep")
    assert cells(kept, "email") == [["a@b.org", "c@d.org", "", "", ""]]


@pytest.mark.parametrize("first", ["Horodateur", "Carimbo de data/hora"])
def test_other_languages_and_a_spreadsheet(tmp_path: Path, first: str) -> None:
    answers = [
        "Uber, Deliveroo",
        "Deliveroo",
        "Uber",
        "Deliveroo, Uber",
        "Uber, Bolt",
        "Bolt",
        "Bolt, Deliveroo",
    ]
    rows = "".join(f"25/11/2026 10:0{place}:00\t{cell}\n" for place, cell in enumerate(answers))
    data = read_text(tmp_path, f"{first}\tPlateformes ?\n{rows}", "f.tsv")
    assert data.frame["timestamp"][1] == pd.Timestamp("2026-11-25 10:01:00")
    assert labels(data, "q01") == ["Uber", "Deliveroo", "Bolt"]
    assert data.frame["q01_3"].tolist() == [0, 0, 0, 0, 1, 1, 1]


STATUS = (
    "Timestamp,Status?\n"
    + '2026/11/25 10:00:00,"Employed, full time"\n2026/11/25 10:00:00,"Employed, part time"\n' * 3
)


def test_in_doubt_a_column_is_left_and_the_codebook_decides(tmp_path: Path) -> None:
    """A set splits a column, with its labels in the order of its columns; a variable keeps one as it is."""
    data = read_text(tmp_path, STATUS)
    assert data.frame["q01"].tolist()[0] == "Employed, full time"
    assert data.codebook.origin.notices == (
        Text(
            "Colonnes laissées entières, faute de savoir si leurs cellules contiennent plusieurs "
            "réponses\u00a0: `q01` "
            "(un ensemble de ce nom dans le codebook les sépare).",
            "Columns left as they are, because it is unclear whether their cells contain several "
            "answers: `q01` "
            "(a set of that name in the codebook splits them).",
        ),
    )
    boxes = {"q01_1": "part time", "q01_2": "full time"}
    described = {name: Variable(name, label=Text.same(label)) for name, label in boxes.items()}
    given = Codebook(described, sets={"q01": Responses("q01", [*boxes])})
    split = read_text(tmp_path, STATUS, codebook=given)
    assert list(split.frame) == ["timestamp", "q01_1", "q01_2", "q01_3"]
    assert cells(split, "q01_1", "q01_2") == [[0, 1] * 3, [1, 0] * 3]
    platforms = Variable("q02", label=Text("plateformes", "platforms"))
    kept = read_text(tmp_path, FORM, codebook=Codebook({"q02": platforms}))
    assert (kept.frame["q02"].tolist()[0], kept.codebook["q02"].label.fr) == (
        "Uber;Deliveroo",
        "plateformes",
    )


def test_a_file_that_diplab_wrote_is_no_form(tmp_path: Path) -> None:
    data = read_text(tmp_path, "timestamp,q01\n2026-11-25,a\n")
    assert data.codebook.origin.reader.startswith("delimited text")
    data = read_text(tmp_path, FORM)
    write_codebook(data.codebook, tmp_path / "a.codebook.toml")
    again = read(tmp_path / "a.csv")
    pd.testing.assert_frame_equal(data.frame, again.frame)
    assert again.codebook.sets == data.codebook.sets
    text = "Timestamp,Email Address,Work?,Email address\n2026/11/25 10:00:00,a@b.org,no,c@d.org\n"
    assert list(read_text(tmp_path, text).frame) == ["timestamp", "q01"]
    assert list(read_text(tmp_path, text, private="keep").frame) == [
        "timestamp",
        "email",
        "q01",
        "email_2",
    ]


PROLIFIC = """Submission id,Participant id,Status,Started at,Completed at,Time taken,Age,Languages,Devices,Work
s1,p1,APPROVED,2026-05-01T10:00:00.123000Z,2026-05-01T10:05:00Z,300,31,"['English', 'French']","[""phone""]",Full-Time
s2,p2,RETURNED,2026-05-01T11:00:00.000000Z,,,CONSENT_REVOKED,CONSENT_REVOKED,CONSENT_REVOKED,CONSENT_REVOKED
s3,p3,APPROVED,2026-05-01T12:00:00.000000Z,2026-05-01T12:03:20Z,200,44,['French'],"[""phone"", ""tablet""]",DATA_EXPIRED
s4,p4,APPROVED,2026-05-01T12:30:00.000000Z,2026-05-01T12:33:20.000000Z,200,,,[],"Not in work (e.g. retired, disabled)"
"""


SEEN = WORDS("identifying.seen", names="`Participant id`")


def test_an_export_of_prolific(tmp_path: Path) -> None:
    data = read_text(tmp_path, PROLIFIC)
    codebook = data.codebook
    assert cells(data, "Age") == [[31, "", 44, ""]]
    assert codebook.reasons["Age"] == {"consent revoked": 1, "system": 1}
    assert codebook.reasons["Work"] == {"consent revoked": 1, "answer expired": 1}
    assert data.frame["Started at"][0] == pd.Timestamp("2026-05-01 10:00:00")
    assert codebook["Time taken"].label == Text("durée, en secondes", "time taken, in seconds")
    # lists: the code of a consent taken back is in each of the boxes; an empty list was seen
    assert labels(data, "Languages") == ["English", "French"]
    assert cells(data, "Languages_1", "Devices_2") == [[1, "", 0, ""], [0, "", 1, 0]]
    assert codebook.reasons["Languages_2"] == {"consent revoked": 1, "system": 1}
    assert data.frame["Work"].tolist()[3] == "Not in work (e.g. retired, disabled)"
    assert notices(data) == [
        "Questions with several answers in a cell, split into columns: 2 (`Languages`, `Devices`).",
        SEEN.en,
    ]
    # a notice names no column that was not read
    assert read_text(tmp_path, PROLIFIC, columns=["Age"]).codebook.origin.notices == ()


@pytest.mark.shared
def test_a_published_file_of_prolific(shared: Path) -> None:
    """The counts of the two codes are those of the file's cells, taken with a text search."""
    file = shared / "data/open/berke-2024/data/prescreen-survey/cleaned.csv"
    data = read(file)
    assert data.codebook.origin.reader.startswith("Prolific, ")
    assert data.codebook.reasons["Age"] == {
        "consent revoked": 1075,
        "answer expired": 105,
        "system": 4473,
    }
    assert data.frame["Age"].dtype == float
    work = {"consent revoked": 1075, "answer expired": 5673, "system": 4473}
    assert data.codebook.reasons["Employment status"] == work
    assert (data.missing["Age"].codes, data.codebook.sets) == (
        ("CONSENT_REVOKED", "DATA_EXPIRED"),
        {},
    )
    first = read(file, columns=["Age"], rows=3)
    assert first.frame["Age"].isna().tolist() == [True, False, False]
    assert first.codebook.reasons == {"Age": {"consent revoked": 1}}


MONKEY = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last "
    "Name,Custom Data 1,"
    "Do you work?,,Which <b>platforms</b>?,,,Rate,,Anything else?\n"
    ",,,,,,,,,Response,Other (please specify),Uber,Deliveroo,Other (please "
    "specify),Pay,Rest,Open-Ended Response\n"
    "101,7,11/25/2026 10:00:00 AM,11/25/2026 10:05:00 "
    "AM,192.0.2.1,a@b.org,A,B,c,Yes,,Uber,,,Good,Bad,no\n"
    "102,7,11/25/2026 11:00:00 PM,11/25/2026 11:05:00 "
    "PM,192.0.2.2,,,,,No,,Uber,Deliveroo,taxi,Fair,Fair,\n"
    "103,7,11/26/2026 11:00:00 PM,11/26/2026 11:05:00 PM,192.0.2.3,,,,,,study,,,bike,Fair,,yes\n"
    "104,7,11/26/2026 11:00:00 PM,11/26/2026 11:05:00 PM,192.0.2.4,,,,,Yes,,,,,,,\n"
)
IN_NUMBERS = MONKEY.replace("Uber,,,G", "1,,,G").replace("Uber,Deliveroo,taxi", "1,2,taxi")


@pytest.mark.parametrize("text", [MONKEY, IN_NUMBERS], ids=["words", "numbers"])
def test_two_header_lines_of_surveymonkey(tmp_path: Path, text: str) -> None:
    data = read_text(tmp_path, text)
    fields = "respondent_id collector_id start_date end_date"
    questions = "q01 q01_other q02_1 q02_2 q02_other q03_1 q03_2 q04"
    assert list(data.frame) == [*fields.split(), *questions.split()]
    codebook = data.codebook
    assert data.frame["respondent_id"].tolist()[0] == "101"
    assert data.frame["start_date"][1] == pd.Timestamp("2026-11-25 23:00:00")
    assert {name: each.label.en for name, each in codebook.sets.items()} == {
        "q02": "Which platforms?"
    }
    assert labels(data, "q02") == ["Uber", "Deliveroo"]
    # the third ticked no box and wrote beside: she saw the question; the fourth did neither
    assert cells(data, "q02_1", "q02_2") == [[1, 1, 0, ""], [0, 1, 0, ""]]
    assert cells(data, "q02_other") == [["", "taxi", "bike", ""]]
    assert cells(data, "q01", "q01_other") == [["Yes", "No", "", "Yes"], ["", "", "study", ""]]
    assert (codebook["q03_2"].label, codebook["q03_2"].part_of) == (Text.same("Rest"), "q03")
    assert cells(data, "q03_2") == [["Bad", "Fair", "", ""]]
    names = "`ip_address`, `email_address`, `first_name`, `last_name`, `custom_1`"
    left_out = f'Left out, because they identify respondents or places: {names} (`private="keep"` keeps them).'
    assert notices(data) == [left_out]
    kept = read_text(tmp_path, text, private="keep")
    assert (kept.frame["ip_address"].tolist()[0], kept.codebook.origin.notices) == ("192.0.2.1", ())


def test_headers_of_surveymonkey(tmp_path: Path) -> None:
    french = (
        "ID du répondant,Date de début,Adresse IP,Travaillez-vous ?\n,,,Réponse\n"
        "9,25/11/2026 10:00:00,192.0.2.1,Oui\n"
    )
    data = read_text(tmp_path, french)
    assert list(data.frame) == ["respondent_id", "start_date", "q01"]
    assert data.codebook["q01"].question == Text.same("Travaillez-vous ?")
    # a second line of answers is not a header
    data = read_text(tmp_path, "Respondent ID,Q1\n101,Yes\n102,No\n")
    assert data.codebook.origin.reader.startswith("delimited text")
    assert len(data) == 2


@pytest.mark.shared
def test_a_published_file_of_surveymonkey(shared: Path) -> None:
    """Counts are those of the file's cells: `Not selected` 506 times in `q0004_0001`, `NA` 735 in `q0010_0001`."""
    data = read(shared / "data/loaders/surveymonkey/masculinity_raw_responses.csv")
    codebook = data.codebook
    assert len(data) == 1615
    counts = {4: 6, 8: 12, 10: 8, 11: 5, 12: 7, 19: 7, 20: 6, 21: 4, 25: 3}
    sets = {name: len(each.columns) for name, each in codebook.sets.items()}
    assert sets == {f"q{question:04d}": count for question, count in counts.items()}
    assert codebook["q0004_0001"].label == Text.same("Father or father figure(s)")
    assert data.frame["q0004_0001"].value_counts().to_dict() == {1: 1109, 0: 506}
    assert data.frame["q0010_0001"].value_counts().to_dict() == {0: 707, 1: 173}
    assert codebook.reasons["q0010_0001"] == {"NA": 735}
    assert codebook.reasons["q0013"] == {"NA": 1566, "no answer": 1}
    assert codebook["q0007_0003"].part_of == "q0007"
    assert data.frame["StartDate"][0] == pd.Timestamp("2018-05-10 04:01:00")


# -- several answers in one cell, and words of wordings and moments ----------------------------------------------


def column(*cells: str) -> np.ndarray:
    return np.array(cells, dtype=object)


def test_answers_are_parted_in_the_order_in_which_they_appear() -> None:
    labels, ticked = split_answers(["b ; a", "", "a;c;"], ";")
    assert labels == ("b", "a", "c")
    assert ticked.tolist() == [[True, True, False], [False] * 3, [False, True, True]]
    # known answers come first and are found whole
    labels, ticked = split_answers(["Yes, often,New", "No"], ",", ["No", "Yes, often"])
    assert labels == ("No", "Yes, often", "New")
    assert ticked.tolist() == [[False, True, True], [True, False, False]]
    assert split_known("A, B, C", ",", ["A", "A, B", "B", "C"]) == ["A, B", "C"]
    assert split_known("A, D", ",", ["A", "A, B"]) is None
    labels, _ = split_answers(["degree (MA, PhD), school", "school", "open (, never closed"], ",")
    assert labels == ("degree (MA, PhD)", "school", "open (", "never closed")


def test_judgements() -> None:
    for answers, separator, judgement in (
        (("a;b", "b;c", "c", "a;c", "b"), ";", "several"),
        # two cells with the separator are too few to tell
        (("a;b", "b;c", "c", "a", "b"), ";", "one"),
        # answers that do not come back are prose
        (("I see; yes", "no; never", "ah; well"), ";", "one"),
        # a repeated piece, or an empty one, is not an answer to tick
        (("a;a", "b;a", "a;b", "b;b"), ";", "doubtful"),
        (("a;;b", "b;a", "a;;b", "b;b"), ";", "doubtful"),
        (("a, b", "b, c", "a", "c, a", "a, b, c", "b"), ",", "several"),
        # halves of one label always stand together
        (("Employed, full time", "Employed, part time", "Student") * 4, ",", "doubtful"),
        (("Yes,No,I don't know",) * 9, ",", "doubtful"),
        # decimal commas
        (("1,5", "2,5", "1,5", "2,5", "1,2", "5,1"), ",", "one"),
        (("", "", ""), ",", "one"),
        # at a comma answers come back three times
        (("a, b", "b, c", "c, a"), ",", "one"),
    ):
        assert judge_separator(column(*answers), separator) == judgement, answers


def test_long_cells_and_too_many_answers_are_no_question() -> None:
    prose = "x" * 200
    assert judge_separator(column(*[f"{prose};{prose}y"] * 5, prose, f"{prose}y"), ";") == "one"
    words = [f"w{place};w{place + 1}" for place in range(300)]
    assert judge_separator(column(*words, *words), ";") == "one"
    assert judge_separator(column(*words[:200], *words[:200]), ";") == "several"
    lists = column(*[f"['w{place}']" for place in range(300)])
    form = FormColumns()
    form.add_split(Variable("tags"), lists, None, (";",))
    assert (list(form.cells), form.sets, form.doubtful) == (["tags"], {}, [])


def test_boxes_that_the_file_says_were_seen() -> None:
    ticked = np.array([[True, False], [False, False], [False, False]])
    boxes = box_cells(ticked, np.array([False, True, False]), column("", "", "GONE"))
    assert [box.tolist() for box in boxes] == [["1", "0", "GONE"], ["0", "0", "GONE"]]


def test_lists_written_as_text() -> None:
    lists = {
        '["a", "b"]': ["a", "b"], "['a', 'it\\'s', \"b, c\"]": ["a", "it's", "b, c"],
        '["caf\\u00e9 \\ud83d\\ude00", "\\x41\\n"]': ["café 😀", "A\n"], "[1, -2.5, None]": ["1", "-2.5", "None"],
        "[]": [], " [ 'a' ] ": ["a"],
    }  # fmt: skip
    no_lists = ("['a',]", "['a' 'b']", "['a'", "[__import__('os')]", "[Question] row", "", "[")
    for cell, items in {**lists, **dict.fromkeys(no_lists)}.items():
        assert parse_list(cell) == items, cell


def test_half_a_letter_is_replaced() -> None:
    (item,) = parse_list('["\\ud83d"]') or [""]
    assert item.encode("utf-8") == "\ufffd".encode()


def test_wordings_without_html() -> None:
    wordings = {
        "under < 5 hours & > 3": "under < 5 hours & > 3", "<p>One</p><p>two</p>": "One two",
        "<B>w</B>ork <span class='a>b'>x</span>": "work b'>x",
        "a<style>p {color: red}</style>b<script>alert(1)</script>c": "a b c",
        "&lt;b&gt;kept&lt;/b&gt;": "<b>kept</b>", "a<!-- hidden -->b": "a b", "\u00a0two\n lines ": "two lines",
        "<base href='x'>a<big>b</big>": "a b", "<b>w</b>ork <!-- a <b>note</b> > 3 -->done": "work done",
        "one<p>two</p><script>if (a < b) { <b> }</script>three": "one two three",
        "first --> then": "first --> then", "kept <style>p {}</style><!-- <script> -->words": "kept words",
        "hours < 5 &amp; > 2": "hours < 5 & > 2",
    }  # fmt: skip
    assert {wording: strip_html(wording) for wording in wordings} == wordings


def test_moments_as_forms_write_them() -> None:
    moments: dict[tuple[str, ...], list[str]] = {
        ("2026/11/25 2:03:10 PM GMT+1", ""): ["2026-11-25T14:03:10", ""],
        ("2026/11/25 12:00:00 am EEST",): ["2026-11-25T00:00:00"],
        ("25/11/2026 14:03:10", "01/02/2026 00:00:00"): [
            "2026-11-25T14:03:10",
            "2026-02-01T00:00:00",
        ],
        ("11/25/2026 09:05:01 AM", "01/02/2026 12:00:00 PM"): [
            "2026-11-25T09:05:01",
            "2026-01-02T12:00:00",
        ],
        ("25.11.2026 14:03",): ["2026-11-25T14:03:00"],
        ("2023-05-01T10:00:00.123000Z",): ["2023-05-01T10:00:00"],
        ("2023-05-01",): ["2023-05-01T00:00:00"],
    }
    for answers, written in moments.items():
        found = iso_moments(column(*answers))
        assert found is not None
        assert found.tolist() == written
    for answers in (
        # which is the day?
        *(("01/02/2026 10:00:00", "03/04/2026 10:00:00"), ("25/11/2026 10:00", "11/25/2026 10:00")),
        *(("2026/13/45 10:00",), ("2026/11/25 10:00", "soon"), ("", ""), ("1.5.2",)),
    ):
        assert iso_moments(column(*answers)) is None, answers
