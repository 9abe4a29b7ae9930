"""Data that LimeSurvey exports for R and SPSS, with their syntax files.

The files are written by hand in the form of LimeSurvey's two exports (`exportr` and `exportspss`, versions 2 to 6):
the statements, their order, the way long labels are cut and joined, and the codes 1 and 2 for yes and no.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.microdata.multiple_response import Responses
from diplab.reference.text import Text
from tests.loaders.factories import cells

SAMPLES = Path(__file__).with_name("samples")
R_SYNTAX, R_DATA, SPSS_SYNTAX, SPSS_DATA = (
    (SAMPLES / f"survey_{name}").read_text(encoding="utf-8")
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
    assert list(frame) == ["id", "submitdate", "status", "status_other", "uses_SQ001", "uses_SQ002", "hours"]
    assert frame["status"].tolist()[:2] == ["A1", "-oth-"]
    assert frame["submitdate"][0] == pd.Timestamp("2026-01-05 10:00")
    assert frame["submitdate"].dtype == "datetime64[us]"
    assert cells(data, "uses_SQ001", "hours") == [[1, 0, ""], [35, 7.5, ""]]
    status = codebook["status"]
    assert status.label == Text.same('Votre "statut" ?')
    assert {code: label.fr for code, label in status.values.items()} == {"A1": "salarié (CDI, CDD)", "-oth-": "Autre"}
    assert (status.measure, codebook["status_other"].label) == ("nominal", Text.same("Autre"))
    assert codebook["status_other"].question == Text.same('Votre "statut" ?')
    assert (codebook["status_other"].part_of, codebook["hours"].measure) == ("status", "scale")
    assert codebook["id"].label == Text("ID de la réponse", "Response ID")
    assert codebook.sets == {
        "uses": Responses("uses", ["uses_SQ001", "uses_SQ002"], label=Text.same("Que faites-vous ?"))
    }
    assert codebook.origin.reader == "LimeSurvey data with `survey_123456_R_syntax_file.R`, utf-8, delimiter `,`"
    assert [each.en for each in codebook.origin.notices] == [
        'Left out, for they say who answered or where: `ipaddr` (`private="keep"` keeps them).'
    ]
    assert "ipaddr" in read(r_data, private="keep").frame


def test_data_for_spss(spss_data: Path) -> None:
    data = read(spss_data)
    frame, codebook = data.frame, data.codebook
    assert list(frame) == ["id", "submitdate", "work", "status", "uses_SQ001", "uses_SQ002", "hours", "town"]
    # Day, month, year in data for SPSS.
    assert frame["submitdate"].tolist()[:2] == [pd.Timestamp("2026-01-05 10:00"), pd.Timestamp("2026-01-06 11:30")]
    assert cells(data, "work") == [[1, 2, ""]]
    assert frame["town"].tolist()[:2] == ["L'Haÿ, 94", "75013"]
    assert cells(data, "hours") == [[35, "", ""]]
    assert (codebook.reasons["hours"], codebook["hours"].missing) == ({"refus": 1, "system": 1}, {-1: "refus"})
    assert codebook["status"].label == Text.same('Votre "statut", tel que vous le décririez ?')
    assert list(codebook["status"].values) == ["A1", "-oth-"]
    assert {code: label.fr for code, label in codebook["work"].values.items()} == {1: "Oui", 2: "Non"}
    assert (codebook["work"].measure, codebook["hours"].measure) == ("nominal", "scale")
    assert codebook.sets["uses"].columns == ("uses_SQ001", "uses_SQ002")


def test_a_syntax_file_is_given_by_name(tmp_path: Path, r_data: Path) -> None:
    moved = r_data.rename(tmp_path / "answers.csv")
    assert read(moved).codebook.origin.reader == "delimited text, utf-8, delimiter `,`"
    data = read(moved, structure=tmp_path / "survey_123456_R_syntax_file.R")
    assert data.codebook["hours"].label == Text.same("Heures par semaine")


def test_data_that_are_refused(spss_data: Path, refused: Any) -> None:
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
    syntax.write_text(R_SYNTAX.replace('levels=c("A1","-oth-")', 'levels=c("A1")'), encoding="utf-8")
    refused(lambda: read(r_data), LoadError)
    syntax.write_text("system('true')\n", encoding="utf-8")
    refused(lambda: read(r_data), LoadError)
