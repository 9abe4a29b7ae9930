"""Exports of survey programs under damage: each ends in microdata or in a LoadError.

Samples are written here by hand; bytes are changed, cut, repeated and swapped with a fixed seed.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.microdata.microdata import Microdata

if TYPE_CHECKING:
    from pathlib import Path

QUALTRICS = b"""Q1,Q2_1,Q2_2,Q3_1,1_Q4,Q5
Work?,Which?-Mail,Which?-Phone,Rate-Pay,Say,Many
"{""ImportId"":""QID1""}","{""ImportId"":""QID2_1""}","{""ImportId"":""QID2_2""}","{""ImportId"":""QID3_1""}","{""ImportId"":""1_QID4_TEXT""}","{""ImportId"":""QID5""}"
1,1,,2,words,"1,2"
2,,1,-99,,"2,1"
-99,0,0,1,x,1
"""
QUESTIONS = [
    {"QuestionType": "MC", "Selector": "SAVR", "Choices": {"1": {"Display": "Yes"}, "2": {"Display": "No"}}},
    {"QuestionType": "MC", "Selector": "MAVR", "Choices": {"1": {"Display": "Mail"}, "2": {"Display": "Phone"}}},
    {
        "QuestionType": "Matrix",
        "Selector": "Likert",
        "SubSelector": "SingleAnswer",
        "Choices": {"1": {"Display": "Pay"}},
        "Answers": {"1": {"Display": "Bad"}, "2": {"Display": "Good"}},
        "RecodeValues": {"1": "10", "2": 2},
        "AnalyzeChoices": {"2": "No"},
    },
    {"QuestionType": "TE", "Selector": "SL", "Language": {"FR": {"QuestionText": "Dites"}}},
    {"QuestionType": "MC", "Selector": "MACOL", "Choices": {"1": {"Display": "A, b"}, "2": {"Display": "C"}}},
    {
        "QuestionType": "SBS",
        "AdditionalQuestions": {"1": {"QuestionType": "Matrix", "Answers": {"1": {"Display": "A"}}}},
    },
]
BLOCK = {
    "Description": "Block",
    "BlockElements": [{"QuestionID": "QID4"}],
    "Options": {"LoopingOptions": {"Static": {"1": {"1": "Uber"}}}},
}
SURVEY = json.dumps(
    {
        "SurveyEntry": {"SurveyName": "S", "SurveyLanguage": "EN"},
        "SurveyElements": [
            *(
                {
                    "Element": "SQ",
                    "Payload": {"QuestionID": f"QID{place}", "DataExportTag": f"Q{place}", "QuestionText": "?", **each},
                }
                for place, each in enumerate(QUESTIONS, 1)
            ),
            {"Element": "BL", "Payload": {"1": BLOCK}},
        ],
    }
).encode()
FORM = b"""Timestamp,Uses?,Rate [Pay],Rate [Rest]
2026/11/25 2:03:10 PM GMT+1,mail;phone,1,2
2026/11/25 2:03:11 PM GMT+1,phone;post,2,
2026/11/25 2:03:12 PM GMT+1,mail;post,2,1
"""
MONKEY = b"""Respondent ID,Start Date,IP Address,Work?,,Which?,
,,,Response,Other (please specify),Mail,Phone
1,11/25/2026 10:00:00 AM,192.0.2.1,Yes,,Mail,
2,11/25/2026 10:00:00 AM,192.0.2.1,,so,,Phone
"""
NUMBERED = b"""q0001,q0002_0001,q0002_0002
Yes,Not selected,Mail
No answer,Post,NA
"""
PROLIFIC = b"""Submission id,Participant id,Started at,Age,Uses
s1,p1,2026-05-01T10:00:00.123000Z,31,"['a', 'b']"
s2,p2,2026-05-01T11:00:00.000000Z,CONSENT_REVOKED,DATA_EXPIRED
"""


def damaged(whole: bytes, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    content = bytearray(whole)
    for _ in range(int(rng.integers(1, 6))):
        content = content or bytearray(b"x")
        at = int(rng.integers(len(content)))
        match rng.integers(5):
            case 0:
                content[at] = int(rng.integers(256))
            case 1:
                content[at:at] = rng.choice([b'"', b",", b"\n", b"[", b"{}", b"null", b"-99", b"9" * 400])
            case 2 if at > 40:
                del content[at:]
            case 3:
                del content[at : at + int(rng.integers(1, 40))]
            case _:
                source = int(rng.integers(len(content)))
                content[at:at] = content[source : source + int(rng.integers(1, 60))]
    return bytes(content) or b"x"


@pytest.mark.parametrize(
    ("program", "whole"),
    [
        ("qualtrics", QUALTRICS),
        ("google_forms", FORM),
        ("surveymonkey", MONKEY),
        ("surveymonkey", NUMBERED),
        ("prolific", PROLIFIC),
    ],
    ids=["qualtrics", "google forms", "surveymonkey", "surveymonkey from spss", "prolific"],
)
def test_damaged_answers(tmp_path: Path, program: str, whole: bytes) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(whole)
    assert isinstance(read(file), Microdata)
    assert read(file).codebook.origin.reader.lower().startswith(program.partition("_")[0])
    for seed in range(60):
        file.write_bytes(damaged(whole, seed))
        for named in (None, program):
            with suppress(LoadError):
                assert isinstance(read(file, file_format=named), Microdata)


@pytest.mark.parametrize("program", ["qualtrics", "google_forms", "surveymonkey", "prolific"])
@pytest.mark.parametrize("content", [b"\n", b"a", b"a\n\n", b",\n,", b"\xff\xfe", b"a,a\n1,2"])
def test_next_to_nothing(tmp_path: Path, program: str, content: bytes) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(content)
    with suppress(LoadError):
        assert isinstance(read(file, file_format=program), Microdata)


def test_a_damaged_questionnaire(tmp_path: Path) -> None:
    file, survey = tmp_path / "export.csv", tmp_path / "export.qsf"
    file.write_bytes(QUALTRICS)
    survey.write_bytes(SURVEY)
    whole = read(file)
    assert list(whole.codebook.sets) == ["Q2", "Q5"]
    assert whole.codebook["1_Q4"].label.fr == "Dites – Uber"
    for seed in range(200):
        survey.write_bytes(damaged(SURVEY, seed))
        with suppress(LoadError):
            assert isinstance(read(file), Microdata)


VALUES = [None, 3, 1.5, True, "x", [], [1], {}, {"1": None}, {"1": {"Display": 3}}, 10**30, float("nan")]


def test_a_questionnaire_with_values_of_any_kind(tmp_path: Path) -> None:
    """JSON that is whole, and where anything stands in place of anything."""
    file, survey = tmp_path / "export.csv", tmp_path / "export.qsf"
    file.write_bytes(QUALTRICS)
    places = _places(json.loads(SURVEY))
    for number, path in enumerate(places):
        content = json.loads(SURVEY)
        held = content
        for key in path[:-1]:
            held = held[key]
        held[path[-1]] = VALUES[number % len(VALUES)]
        survey.write_text(json.dumps(content))
        with suppress(LoadError):
            assert isinstance(read(file), Microdata)
    assert len(places) > 90


def _places(held: object, above: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inside = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    return [path for key, each in inside for path in ((*above, key), *_places(each, (*above, key)))]
