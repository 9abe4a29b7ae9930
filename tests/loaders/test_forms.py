"""Exports of Google Forms, Prolific and SurveyMonkey: published ones, and ones written by hand from their help pages.

Google: "View & manage form responses" (questions as header, `;` between ticked boxes, `Question [Row]` for grids).
Prolific: "Downloading demographic data", "Prolific's export columns". SurveyMonkey: "Response Export File Formats" (two
header lines, one column an option, its text where it was chosen).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.read import read
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import Responses
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
    assert list(data.frame) == ["timestamp", "q01", "q02_1", "q02_2", "q02_3", "q03_1", "q03_2", "q04", "q05"]
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
            'Laissés de côté, car ils disent qui a répondu ou d’où\u00a0: `email` (`private="keep"` les garde).',
            'Left out, for they say who answered or where: `email` (`private="keep"` keeps them).',
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
    answers = ["Uber, Deliveroo", "Deliveroo", "Uber", "Deliveroo, Uber", "Uber, Bolt", "Bolt", "Bolt, Deliveroo"]
    rows = "".join(f"25/11/2026 10:0{place}:00\t{cell}\n" for place, cell in enumerate(answers))
    data = read_text(tmp_path, f"{first}\tPlateformes ?\n{rows}", "f.tsv")
    assert data.frame["timestamp"][1] == pd.Timestamp("2026-11-25 10:01:00")
    assert labels(data, "q01") == ["Uber", "Deliveroo", "Bolt"]
    assert data.frame["q01_3"].tolist() == [0, 0, 0, 0, 1, 1, 1]


STATUS = (
    "Timestamp,Status?\n" + '2026/11/25 10:00:00,"Employed, full time"\n2026/11/25 10:00:00,"Employed, part time"\n' * 3
)


def test_in_doubt_a_column_is_left_and_the_codebook_decides(tmp_path: Path) -> None:
    """A set splits a column, with its labels in the order of its columns; a variable keeps one as it is."""
    data = read_text(tmp_path, STATUS)
    assert data.frame["q01"].tolist()[0] == "Employed, full time"
    assert data.codebook.origin.notices == (
        Text(
            "Colonnes laissées entières, faute de savoir si leurs cellules tiennent plusieurs réponses\u00a0: `q01` "
            "(un ensemble de ce nom dans le codebook les sépare).",
            "Columns left as they are, since it is in doubt whether their cells hold several answers: `q01` "
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
    assert (kept.frame["q02"].tolist()[0], kept.codebook["q02"].label.fr) == ("Uber;Deliveroo", "plateformes")


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
    assert list(read_text(tmp_path, text, private="keep").frame) == ["timestamp", "email", "q01", "email_2"]


PROLIFIC = """Submission id,Participant id,Status,Started at,Completed at,Time taken,Age,Languages,Devices,Work
s1,p1,APPROVED,2026-05-01T10:00:00.123000Z,2026-05-01T10:05:00Z,300,31,"['English', 'French']","[""phone""]",Full-Time
s2,p2,RETURNED,2026-05-01T11:00:00.000000Z,,,CONSENT_REVOKED,CONSENT_REVOKED,CONSENT_REVOKED,CONSENT_REVOKED
s3,p3,APPROVED,2026-05-01T12:00:00.000000Z,2026-05-01T12:03:20Z,200,44,['French'],"[""phone"", ""tablet""]",DATA_EXPIRED
s4,p4,APPROVED,2026-05-01T12:30:00.000000Z,2026-05-01T12:33:20.000000Z,200,,,[],"Not in work (e.g. retired, disabled)"
"""


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
    assert codebook.origin.notices[0] == Text(
        "Identifiants personnels gardés pour joindre les fichiers\u00a0: `Participant id`\u202f; "
        "à pseudonymiser ensuite.",
        "Personal identifiers kept in order to join files: `Participant id`; pseudonymise them afterwards.",
    )
    assert notices(data)[1:] == [
        "Questions with several answers in a cell, split into columns: 2 (`Languages`, `Devices`)."
    ]
    # a notice names no column that was not read
    assert read_text(tmp_path, PROLIFIC, columns=["Age"]).codebook.origin.notices == ()


@pytest.mark.shared
def test_a_published_file_of_prolific(shared: Path) -> None:
    """The counts of the two codes are those of the file's cells, taken with a text search."""
    file = shared / "data/open/berke-2024/data/prescreen-survey/cleaned.csv"
    data = read(file)
    assert data.codebook.origin.reader.startswith("Prolific, ")
    assert data.codebook.reasons["Age"] == {"consent revoked": 1075, "answer expired": 105, "system": 4473}
    assert data.frame["Age"].dtype == float
    work = {"consent revoked": 1075, "answer expired": 5673, "system": 4473}
    assert data.codebook.reasons["Employment status"] == work
    assert (data.missing["Age"].codes, data.codebook.sets) == (("CONSENT_REVOKED", "DATA_EXPIRED"), {})
    first = read(file, columns=["Age"], rows=3)
    assert first.frame["Age"].isna().tolist() == [True, False, False]
    assert first.codebook.reasons == {"Age": {"consent revoked": 1}}


MONKEY = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1,"
    "Do you work?,,Which <b>platforms</b>?,,,Rate,,Anything else?\n"
    ",,,,,,,,,Response,Other (please specify),Uber,Deliveroo,Other (please specify),Pay,Rest,Open-Ended Response\n"
    "101,7,11/25/2026 10:00:00 AM,11/25/2026 10:05:00 AM,192.0.2.1,a@b.org,A,B,c,Yes,,Uber,,,Good,Bad,no\n"
    "102,7,11/25/2026 11:00:00 PM,11/25/2026 11:05:00 PM,192.0.2.2,,,,,No,,Uber,Deliveroo,taxi,Fair,Fair,\n"
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
    assert {name: each.label.en for name, each in codebook.sets.items()} == {"q02": "Which platforms?"}
    assert labels(data, "q02") == ["Uber", "Deliveroo"]
    # the third ticked no box and wrote beside: she saw the question; the fourth did neither
    assert cells(data, "q02_1", "q02_2") == [[1, 1, 0, ""], [0, 1, 0, ""]]
    assert cells(data, "q02_other") == [["", "taxi", "bike", ""]]
    assert cells(data, "q01", "q01_other") == [["Yes", "No", "", "Yes"], ["", "", "study", ""]]
    assert (codebook["q03_2"].label, codebook["q03_2"].part_of) == (Text.same("Rest"), "q03")
    assert cells(data, "q03_2") == [["Bad", "Fair", "", ""]]
    names = "`ip_address`, `email_address`, `first_name`, `last_name`, `custom_1`"
    left_out = f'Left out, for they say who answered or where: {names} (`private="keep"` keeps them).'
    assert notices(data) == [left_out]
    kept = read_text(tmp_path, text, private="keep")
    assert (kept.frame["ip_address"].tolist()[0], kept.codebook.origin.notices) == ("192.0.2.1", ())


def test_headers_of_surveymonkey(tmp_path: Path) -> None:
    french = (
        "ID du répondant,Date de début,Adresse IP,Travaillez-vous ?\n,,,Réponse\n9,25/11/2026 10:00:00,192.0.2.1,Oui\n"
    )
    data = read_text(tmp_path, french)
    assert list(data.frame) == ["respondent_id", "start_date", "q01"]
    assert data.codebook["q01"].question == Text.same("Travaillez-vous ?")
    # a second line of answers is no header
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
