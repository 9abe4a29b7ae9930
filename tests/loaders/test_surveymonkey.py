"""Exports of SurveyMonkey: one published from its SPSS export, and ones written here by hand from its help pages
("Response Export File Formats": two header lines, one column an option, its text where it was chosen)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from diplab.loaders.read import read
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.microdata.microdata import Microdata

HEADER = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1,"
    "Do you work?,,Which <b>platforms</b>?,,,Rate,,Anything else?\n"
    ",,,,,,,,,Response,Other (please specify),Uber,Deliveroo,Other (please specify),Pay,Rest,Open-Ended Response\n"
)
WORDS = HEADER + (
    "101,7,11/25/2026 10:00:00 AM,11/25/2026 10:05:00 AM,192.0.2.1,a@b.org,A,B,c,Yes,,Uber,,,Good,Bad,no\n"
    "102,7,11/25/2026 11:00:00 PM,11/25/2026 11:05:00 PM,192.0.2.2,,,,,No,,Uber,Deliveroo,taxi,Fair,Fair,\n"
    "103,7,11/26/2026 11:00:00 PM,11/26/2026 11:05:00 PM,192.0.2.3,,,,,,study,,,bike,Fair,,yes\n"
    "104,7,11/26/2026 11:00:00 PM,11/26/2026 11:05:00 PM,192.0.2.4,,,,,Yes,,,,,,,\n"
)
NUMBERS = WORDS.replace("Uber,,,G", "1,,,G").replace("Uber,Deliveroo,taxi", "1,2,taxi")


def read_export(folder: Path, text: str, **options: bool) -> Microdata:
    (folder / "export.csv").write_text(text)
    return read(folder / "export.csv", **options)  # type: ignore[arg-type]


def cells(data: Microdata, *names: str) -> list[list[object]]:
    return [data.frame[name].astype(object).where(data.frame[name].notna(), "").tolist() for name in names]


@pytest.mark.parametrize("text", [WORDS, NUMBERS], ids=["words", "numbers"])
def test_two_header_lines(tmp_path: Path, text: str) -> None:
    data = read_export(tmp_path, text)
    assert list(data.frame) == [
        "respondent_id",
        "collector_id",
        "start_date",
        "end_date",
        "q01",
        "q01_other",
        "q02_1",
        "q02_2",
        "q02_other",
        "q03_1",
        "q03_2",
        "q04",
    ]
    codebook = data.codebook
    assert data.frame["respondent_id"].tolist()[0] == "101"
    assert data.frame["start_date"][1] == pd.Timestamp("2026-11-25 23:00:00")
    assert list(codebook.sets) == ["q02"]
    assert codebook.sets["q02"].label == Text.same("Which platforms?")
    assert codebook["q02_2"].label == Text.same("Deliveroo")
    # the third ticked no box and wrote beside: she saw the question; the fourth did neither
    assert cells(data, "q02_1", "q02_2") == [[1, 1, 0, ""], [0, 1, 0, ""]]
    assert cells(data, "q02_other") == [["", "taxi", "bike", ""]]
    assert cells(data, "q01", "q01_other") == [["Yes", "No", "", "Yes"], ["", "", "study", ""]]
    assert (codebook["q03_2"].label, codebook["q03_2"].part_of) == (Text.same("Rest"), "q03")
    assert cells(data, "q03_2") == [["Bad", "Fair", "", ""]]


def test_who_answered_is_left_out(tmp_path: Path) -> None:
    names = "`ip_address`, `email_address`, `first_name`, `last_name`, `custom_1`"
    assert read_export(tmp_path, WORDS).codebook.origin.notices == (
        Text(
            f'Laissés de côté, car ils disent qui a répondu ou d’où\u00a0: {names} (`private="keep"` les garde).',
            f'Left out, for they say who answered or where: {names} (`private="keep"` keeps them).',
        ),
    )
    kept = read_export(tmp_path, WORDS, private="keep")
    assert kept.frame["ip_address"].tolist()[0] == "192.0.2.1"
    assert kept.codebook.origin.notices == ()


def test_a_french_export(tmp_path: Path) -> None:
    data = read_export(
        tmp_path,
        "ID du répondant,Date de début,Adresse IP,Travaillez-vous ?\n,,,Réponse\n9,25/11/2026 10:00:00,192.0.2.1,Oui\n",
    )
    assert list(data.frame) == ["respondent_id", "start_date", "q01"]
    assert data.codebook["q01"].question == Text.same("Travaillez-vous ?")


def test_a_second_line_of_answers_is_no_header(tmp_path: Path) -> None:
    data = read_export(tmp_path, "Respondent ID,Q1\n101,Yes\n102,No\n")
    assert data.codebook.origin.reader.startswith("delimited text")
    assert len(data) == 2


@pytest.mark.shared
def test_a_published_file(shared: Path) -> None:
    """Counts are those of the file's cells: `Not selected` 506 times in `q0004_0001`, `NA` 735 in `q0010_0001`."""
    data = read(shared / "data/loaders/surveymonkey/masculinity_raw_responses.csv")
    codebook = data.codebook
    assert len(data) == 1615
    assert {name: len(each.columns) for name, each in codebook.sets.items()} == {
        "q0004": 6,
        "q0008": 12,
        "q0010": 8,
        "q0011": 5,
        "q0012": 7,
        "q0019": 7,
        "q0020": 6,
        "q0021": 4,
        "q0025": 3,
    }
    assert codebook["q0004_0001"].label == Text.same("Father or father figure(s)")
    assert data.frame["q0004_0001"].value_counts().to_dict() == {1: 1109, 0: 506}
    assert data.frame["q0010_0001"].value_counts().to_dict() == {0: 707, 1: 173}
    assert codebook.reasons["q0010_0001"] == {"NA": 735}
    assert codebook.reasons["q0013"] == {"NA": 1566, "no answer": 1}
    assert codebook["q0007_0003"].part_of == "q0007"
    assert data.frame["StartDate"][0] == pd.Timestamp("2018-05-10 04:01:00")
