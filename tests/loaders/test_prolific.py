"""Exports of Prolific: one joined to a survey as published, and ones written here by hand from its help pages
("Downloading demographic data", "Prolific's export columns")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from diplab.loaders.read import read
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

EXPORT = """Submission id,Participant id,Status,Started at,Completed at,Time taken,Age,Languages,Devices,Work
s1,p1,APPROVED,2026-05-01T10:00:00.123000Z,2026-05-01T10:05:00Z,300,31,"['English', 'French']","[""phone""]",Full-Time
s2,p2,RETURNED,2026-05-01T11:00:00.000000Z,,,CONSENT_REVOKED,CONSENT_REVOKED,CONSENT_REVOKED,CONSENT_REVOKED
s3,p3,APPROVED,2026-05-01T12:00:00.000000Z,2026-05-01T12:03:20Z,200,44,['French'],"[""phone"", ""tablet""]",DATA_EXPIRED
s4,p4,APPROVED,2026-05-01T12:30:00.000000Z,2026-05-01T12:33:20.000000Z,200,,,[],"Not in work (e.g. retired, disabled)"
"""


def test_an_export(tmp_path: Path) -> None:
    (tmp_path / "prolific.csv").write_text(EXPORT)
    data = read(tmp_path / "prolific.csv")
    frame, codebook = data.frame, data.codebook
    assert frame["Age"].dropna().tolist() == [31, 44]
    assert codebook.reasons["Age"] == {"consent revoked": 1, "system": 1}
    assert codebook.reasons["Work"] == {"consent revoked": 1, "answer expired": 1}
    assert frame["Started at"][0] == pd.Timestamp("2026-05-01 10:00:00")
    assert codebook["Time taken"].label == Text("durée, en secondes", "time taken, in seconds")
    # lists: the code of a consent taken back stands in each of the boxes; an empty list was seen
    assert [codebook[name].label.en for name in codebook.sets["Languages"].columns] == ["English", "French"]
    assert frame["Languages_1"].astype(object).where(frame["Languages_1"].notna(), "").tolist() == [
        1,
        "",
        0,
        "",
    ]
    assert codebook.reasons["Languages_2"] == {"consent revoked": 1, "system": 1}
    assert frame["Devices_2"].astype(object).where(frame["Devices_2"].notna(), "").tolist() == [0, "", 1, 0]
    assert frame["Work"].tolist()[3] == "Not in work (e.g. retired, disabled)"
    assert codebook.origin.notices == (
        Text(
            "Identifiants personnels gardés pour joindre les fichiers\u00a0: `Participant id`\u202f; "
            "à pseudonymiser ensuite.",
            "Personal identifiers kept in order to join files: `Participant id`; pseudonymise them afterwards.",
        ),
        Text(
            "Questions à plusieurs réponses par cellule, séparées en colonnes\u00a0: 2 (`Languages`, `Devices`).",
            "Questions with several answers in a cell, split into columns: 2 (`Languages`, `Devices`).",
        ),
    )


@pytest.mark.shared
def test_a_published_file(shared: Path) -> None:
    """The counts of the two codes are those of the file's cells, taken with a text search."""
    data = read(shared / "data/open/berke-2024/data/prescreen-survey/cleaned.csv")
    assert data.codebook.origin.reader.startswith("Prolific, ")
    assert data.codebook.reasons["Age"] == {"consent revoked": 1075, "answer expired": 105, "system": 4473}
    assert data.frame["Age"].dtype == float
    assert data.codebook.reasons["Employment status"] == {
        "consent revoked": 1075,
        "answer expired": 5673,
        "system": 4473,
    }
    assert data.missing["Age"].codes == ("CONSENT_REVOKED", "DATA_EXPIRED")
    assert data.codebook.sets == {}


@pytest.mark.shared
def test_columns_asked_for_are_read_alone(shared: Path) -> None:
    data = read(shared / "data/open/berke-2024/data/prescreen-survey/cleaned.csv", columns=["Age"], rows=3)
    assert data.frame["Age"].isna().tolist() == [True, False, False]
    assert data.codebook.reasons == {"Age": {"consent revoked": 1}}


def test_a_notice_names_no_column_that_was_not_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("Submission id,Participant id,Age\na,b,31\nc,d,40\n", encoding="utf-8")
    assert "`Participant id`" in str(read(path).codebook.origin.notices[0])
    assert read(path, columns=["Age"]).codebook.origin.notices == ()
