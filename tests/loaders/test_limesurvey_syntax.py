"""Data that LimeSurvey exports for R and SPSS, with their syntax files.

The files are written by hand in the form of LimeSurvey's two exports (`exportr` and `exportspss`, versions 2 to 6):
the statements, their order, the way long labels are cut and joined, and the codes 1 and 2 for yes and no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.microdata.multiple_response import Responses
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

R_SYNTAX = r"""data <- read.csv("survey_123456_R_data_file.csv", quote = "'\"", na.strings=c("", "\"\""))


# LimeSurvey Field type: F
data[, 1] <- as.numeric(data[, 1])
attributes(data)$variable.labels[1] <- "id"
names(data)[1] <- "id"
# LimeSurvey Field type: DATETIME23.2
data[, 2] <- as.character(data[, 2])
attributes(data)$variable.labels[2] <- "submitdate"
names(data)[2] <- "submitdate"
# LimeSurvey Field type: A
data[, 3] <- as.character(data[, 3])
attributes(data)$variable.labels[3] <- "ipaddr"
names(data)[3] <- "ipaddr"
# LimeSurvey Field type: A
data[, 4] <- as.character(data[, 4])
attributes(data)$variable.labels[4] <- "Votre \"statut\" ?"
data[, 4] <- factor(data[, 4], levels=c("A1","-oth-"),labels=c("salarié (CDI, CDD)", "Autre"))
names(data)[4] <- "status"
# LimeSurvey Field type: A
data[, 5] <- as.character(data[, 5])
attributes(data)$variable.labels[5] <- "[Autre] Votre \"statut\" ?"
names(data)[5] <- "status_other"
# LimeSurvey Field type: F
data[, 6] <- as.numeric(data[, 6])
attributes(data)$variable.labels[6] <- "[courriel] Que faites-vous ?"
data[, 6] <- factor(data[, 6], levels=c(1,0),labels=c("Oui", "Non sélectionné"))
names(data)[6] <- "uses_SQ001"
# LimeSurvey Field type: F
data[, 7] <- as.numeric(data[, 7])
attributes(data)$variable.labels[7] <- "[images] Que faites-vous ?"
data[, 7] <- factor(data[, 7], levels=c(1,0),labels=c("Oui", "Non sélectionné"))
names(data)[7] <- "uses_SQ002"
# LimeSurvey Field type: F
data[, 8] <- as.numeric(data[, 8])
attributes(data)$variable.labels[8] <- "Heures par semaine"
names(data)[8] <- "hours"
"""
R_DATA = (
    '"ID","SUBMITDATE","IPADDR","123456X10X3","123456X10X3OTHER","123456X11X12SQ001","123456X11X12SQ002","123456X10X7"\n'
    '"1","2026-01-05 10:00:00","192.0.2.1","A1",,"1","0","35"\n'
    '"2","2026-01-06 11:30:00","192.0.2.2","-oth-","stagiaire","0","0","7.5"\n'
    '"3",,"192.0.2.3",,,,,\n'
)
SPSS_SYNTAX = r"""*$Rev: 121017 $ it's a comment.
SET UNICODE=ON.
SHOW LOCALE.
GET DATA
 /TYPE=TXT
 /FILE='survey_123456_SPSS_data_file.dat'
 /DELCASE=LINE
 /DELIMITERS=","
 /QUALIFIER="'"
 /ARRANGEMENT=DELIMITED
 /FIRSTCASE=1
 /IMPORTCASE=ALL
 /VARIABLES=
 V1 F7
 V2 DATETIME23.2
 V3 F1
 V4 A5
 V5 F1
 V6 F1
 V7 F13.12
 V8 A40.
CACHE.
EXECUTE.
*Define Variable Properties.
VARIABLE LABELS V1 "id".
VARIABLE LABELS V2 "submitdate".
VARIABLE LABELS V3 "Travaillez-vous ?".
VARIABLE LABELS V4 "Votre \"statut\", tel que vous le "+
"décririez ?".
VARIABLE LABELS V5 "[courriel] Que faites-vous ?".
VARIABLE LABELS V6 "[images] Que faites-vous ?".
VARIABLE LABELS V7 "Heures par semaine".
VARIABLE LABELS V8 "Ville".
*Define Value labels.
VALUE LABELS  V3
 1 "Oui"
 2 "Non".
VALUE LABELS  V4
 "A1" "salarié"
 "-oth-" "Autre".
VALUE LABELS  V5
 1 "Oui"
 0 "Non sélectionné".
VALUE LABELS  V6
 1 "Oui"
 0 "Non sélectionné".
VALUE LABELS V7 -1 "refus".
MISSING VALUES V7 (-1).
VARIABLE LEVEL V7(SCALE).
RENAME VARIABLE ( V1 = id ).
RENAME VARIABLE ( V2 = submitdate ).
RENAME VARIABLE ( V3 = work ).
RENAME VARIABLE ( V4 = status ).
RENAME VARIABLE ( V5 = uses_SQ001 ).
RENAME VARIABLE ( V6 = uses_SQ002 ).
RENAME VARIABLE ( V7 = hours ).
RENAME VARIABLE ( V8 = town ).
RESTORE LOCALE.
"""
SPSS_DATA = (
    "'1','05-01-2026 10:00:00','1','A1','1','0','35','L''Haÿ, 94'\n"
    "'2','06-01-2026 11:30:00','2','-oth-','0','0','-1','75013'\n"
    "'3',,,,,,,\n"
)
ANEW = "Export the data and their syntax anew from LimeSurvey, together."


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
    np.testing.assert_array_equal(frame["uses_SQ001"], [1, 0, np.nan])
    np.testing.assert_array_equal(frame["hours"], [35, 7.5, np.nan])
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
    np.testing.assert_array_equal(frame["work"], [1, 2, np.nan])
    assert frame["town"].tolist()[:2] == ["L'Haÿ, 94", "75013"]
    np.testing.assert_array_equal(frame["hours"], [35, np.nan, np.nan])
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
    syntax.unlink()
    refused(lambda: read(spss_data), LoadError)


def test_syntaxes_that_are_refused(r_data: Path, refused: Any) -> None:
    syntax = r_data.with_name("survey_123456_R_syntax_file.R")
    syntax.write_text(R_SYNTAX.replace('levels=c("A1","-oth-")', 'levels=c("A1")'), encoding="utf-8")
    refused(lambda: read(r_data), LoadError)
    syntax.write_text("system('true')\n", encoding="utf-8")
    refused(lambda: read(r_data), LoadError)
