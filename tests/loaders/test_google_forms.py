"""Answers of Google forms: written by hand from Google's help ("View & manage form responses") and from the shape of
its CSV files (questions as header, `;` between ticked boxes, `Question [Row]` for grids)."""

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


def read_form(folder: Path, text: str = FORM, name: str = "form.csv", **options: object) -> Microdata:
    (folder / name).write_text(text, encoding="utf-8")
    return read(folder / name, **options)  # type: ignore[arg-type]


def test_a_form(tmp_path: Path) -> None:
    data = read_form(tmp_path)
    assert list(data.frame) == ["timestamp", "q01", "q02_1", "q02_2", "q02_3", "q03_1", "q03_2", "q04", "q05"]
    assert data.frame["timestamp"][0] == pd.Timestamp("2026-11-25 14:03:10")
    codebook = data.codebook
    assert codebook["q01"].question == Text.same("How old are you?")
    assert data.frame["q01"].dropna().tolist() == [31, 40, 22, 22]
    # a set: labels as they appear, the respondent who ticked nothing missing
    assert [codebook[name].label.en for name in codebook.sets["q02"].columns] == [
        "Uber",
        "Deliveroo",
        "Other: taxi, bike",
    ]
    assert data.frame["q02_1"].astype(object).where(data.frame["q02_1"].notna(), "").tolist() == [
        1,
        0,
        1,
        "",
        1,
    ]
    assert codebook.sets["q02"].label == codebook["q02_1"].question == Text.same("Platforms?")
    # a grid
    assert codebook["q03_2"].label == Text.same("Rest, sleep")
    assert codebook["q03_2"].question == Text.same("Rate")
    assert codebook["q03_2"].part_of == "q03"
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
    assert read_form(tmp_path, private="keep").frame["email"].dropna().tolist() == ["a@b.org", "c@d.org"]


@pytest.mark.parametrize("first", ["Horodateur", "Carimbo de data/hora"])
def test_other_languages_and_a_spreadsheet(tmp_path: Path, first: str) -> None:
    rows = "".join(
        f"25/11/2026 10:0{place}:00\t{cell}\n"
        for place, cell in enumerate(
            [
                "Uber, Deliveroo",
                "Deliveroo",
                "Uber",
                "Deliveroo, Uber",
                "Uber, Bolt",
                "Bolt",
                "Bolt, Deliveroo",
            ]
        )
    )
    data = read_form(tmp_path, f"{first}\tPlateformes ?\n{rows}", "f.tsv")
    assert data.frame["timestamp"][1] == pd.Timestamp("2026-11-25 10:01:00")
    assert [data.codebook[name].label.fr for name in data.codebook.sets["q01"].columns] == [
        "Uber",
        "Deliveroo",
        "Bolt",
    ]
    assert data.frame["q01_3"].tolist() == [0, 0, 0, 0, 1, 1, 1]


STATUS = (
    "Timestamp,Status?\n"
    + '2026/11/25 10:00:00,"Employed, full time"\n2026/11/25 10:00:00,"Employed, part time"\n' * 3
)


def test_in_doubt_a_column_is_left_whole_and_said(tmp_path: Path) -> None:
    data = read_form(tmp_path, STATUS)
    assert data.frame["q01"].tolist()[0] == "Employed, full time"
    assert data.codebook.origin.notices == (
        Text(
            "Colonnes laissées entières, faute de savoir si leurs cellules tiennent plusieurs réponses\u00a0: `q01` "
            "(un ensemble de ce nom dans le codebook les sépare).",
            "Columns left as they are, since it is in doubt whether their cells hold several answers: `q01` "
            "(a set of that name in the codebook splits them).",
        ),
    )


def test_the_codebook_decides(tmp_path: Path) -> None:
    """A set parts a column, with its labels in the order of its columns; a variable keeps one whole."""
    given = Codebook(
        {
            "q01_1": Variable("q01_1", label=Text.same("part time")),
            "q01_2": Variable("q01_2", label=Text.same("full time")),
        },
        sets={"q01": Responses("q01", ["q01_1", "q01_2"])},
    )
    data = read_form(tmp_path, STATUS, codebook=given)
    assert list(data.frame) == ["timestamp", "q01_1", "q01_2", "q01_3"]
    assert data.frame["q01_1"].tolist() == [0, 1] * 3
    assert data.frame["q01_2"].tolist() == [1, 0] * 3
    whole = Codebook({"q02": Variable("q02", label=Text("plateformes", "platforms"))})
    kept = read_form(tmp_path, codebook=whole)
    assert kept.frame["q02"].tolist()[0] == "Uber;Deliveroo"
    assert kept.codebook["q02"].label.fr == "plateformes"


def test_a_file_that_diplab_wrote_is_no_form(tmp_path: Path) -> None:
    data = read_form(tmp_path, "timestamp,q01\n2026-11-25,a\n")
    assert data.codebook.origin.reader.startswith("delimited text")


def test_addresses_asked_twice(tmp_path: Path) -> None:
    text = "Timestamp,Email Address,Work?,Email address\n2026/11/25 10:00:00,a@b.org,no,c@d.org\n"
    assert list(read_form(tmp_path, text).frame) == ["timestamp", "q01"]
    assert list(read_form(tmp_path, text, private="keep").frame) == ["timestamp", "email", "q01", "email_2"]


def test_read_again_with_its_own_codebook(tmp_path: Path) -> None:
    data = read_form(tmp_path)
    write_codebook(data.codebook, tmp_path / "form.codebook.toml")
    again = read(tmp_path / "form.csv")
    pd.testing.assert_frame_equal(data.frame, again.frame)
    assert again.codebook.sets == data.codebook.sets
