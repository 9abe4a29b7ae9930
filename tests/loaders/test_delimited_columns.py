"""The quick reading of regular records against the reading one by one, and the numbers in their columns."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from diplab.loaders.cells import NUMBER, NUMBER_WITH_COMMA, written_numbers
from diplab.loaders.read import read
from diplab.loaders.source import SourceFile
from diplab.loaders.text import Dialect, delimited_columns, regular_lines

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

SOURCE = SourceFile(Path("a.csv"), b"")
PIECES = ["a", "é", " ", '"', '""', ",", ",", "\n", "\n", "\r\n", "1,5", '"x,y"', '"p\nq"', "NA", "\r"]


def one_by_one(text: str) -> list[list[str]] | None:
    try:
        found = [record for record in csv.reader(io.StringIO(text, newline=""), strict=True) if record]
    except csv.Error:
        return None
    return found if len({len(record) for record in found}) == 1 else None


def test_regular_records_are_read_as_one_by_one() -> None:
    rng = np.random.default_rng(4)
    regular = 0
    for _ in range(3_000):
        pieces = rng.choice(PIECES, size=rng.integers(1, 9))
        text = "h,k\n" + "".join(pieces)
        held = np.frombuffer(text.encode(), dtype=np.uint8)
        lines = regular_lines(held, ord(","), 2)
        expected = one_by_one(text)
        if lines is None or text.count("\r") != text.count("\r\n"):
            continue
        assert expected is not None, text
        regular += 1
        read_columns = delimited_columns(SOURCE, text, Dialect("utf-8", ","), None, None)
        rows = [list(row) for row in zip(*read_columns.values(), strict=True)]
        assert rows == expected[1:], text
    assert regular > 150


@pytest.mark.parametrize("quote", ["", '"'])
def test_only_what_is_asked_is_read(quote: str) -> None:
    # the record after the rows asked for is broken
    text = f"a,b,c\n{quote}1{quote},2,3\n4,5,6\n7,8\n"
    found = delimited_columns(SOURCE, text, Dialect("utf-8", ","), ["c", "a"], range(1))
    assert {name: cells.tolist() for name, cells in found.items()} == {"a": ["1"], "b": [], "c": ["3"]}


def number(word: str, *, comma: bool) -> float:
    """Return the number that one word writes, by the rules as they stand in the documentation."""
    digits = word.lstrip("-+\u2212")
    if digits.isdigit() and len(digits) > 15:
        return np.nan
    if NUMBER.fullmatch(word):
        return float(word.replace("\u2212", "-"))
    if comma and NUMBER_WITH_COMMA.fullmatch(word):
        return float(word.replace("\u2212", "-").replace(",", "."))
    return np.nan


@pytest.mark.parametrize("comma", [True, False])
def test_numbers_together_are_numbers_one_by_one(comma: bool) -> None:
    words = [
        "",
        "1",
        "-2.5",
        "+3",
        "\u22124",
        ".5",
        "6.",
        "1e3",
        "007",
        "NA",
        "nan",
        "1,5",
        ",5",
        "x",
        "1234567890123456",
    ]
    rng = np.random.default_rng(5)
    for _ in range(500):
        some = np.array(rng.choice(words, size=5, replace=False), dtype=object)
        expected = [number(word, comma=comma) for word in some]
        assert np.array_equal(written_numbers(some, comma=comma).values, expected, equal_nan=True), some


def column(folder: Path, *cells: str, delimiter: str = ";") -> Microdata:
    written = "\n".join(f'"{cell}"{delimiter}z' for cell in cells)
    (folder / "a.csv").write_text(f"n{delimiter}m\n{written}\n", encoding="utf-8")
    return read(folder / "a.csv")


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("850", "1 234,50"), [850.0, 1234.5]),
        (("850", "1\u202f234", "12\u00a0000\u00a0000"), [850, 1234, 12_000_000]),
        (("1,234.50", "1,234"), [1234.5, 1234.0]),
        (("-1 000", "20"), [-1000, 20]),
    ],
)
def test_thousands_that_stand_apart(tmp_path: Path, cells: tuple[str, ...], numbers: list[float]) -> None:
    data = column(tmp_path, *cells)
    assert data.frame["n"].tolist() == numbers
    assert [str(each) for each in data.codebook.origin.notices] == [
        "Marks between thousands are no part of the numbers of `n`."
    ]
    assert data.codebook.origin.notices[0].fr == (
        "Les signes entre les milliers ne font pas partie des nombres de `n`."
    )


@pytest.mark.parametrize(
    "cells",
    [
        ("732 829 320", "552 081 317"),  # identifiers of firms: all of one length
        ("06 12 34 56 78", "01 23 45 67 89"),
        ("1 23", "850"),
        ("1,234", "5,678"),
        ("1 234", "x"),
    ],
)
def test_what_may_be_a_code_stays_words(tmp_path: Path, cells: tuple[str, ...]) -> None:
    data = column(tmp_path, *cells, delimiter="|" if "," in cells[0] else ";")
    if cells == ("1,234", "5,678"):
        assert data.frame["n"].tolist() == [1.234, 5.678]  # decimal commas, where commas do not part fields
    else:
        assert data.frame["n"].tolist() == list(cells)
    assert data.codebook.origin.notices == ()


def test_true_and_false_are_words_unless_the_codebook_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c\ntrue,VRAI,1\nFALSE,faux,\n", encoding="utf-8")
    assert read(tmp_path / "a.csv").frame["a"].tolist() == ["true", "FALSE"]
    (tmp_path / "a.codebook.toml").write_text(
        "".join(f'[variables.{name}]\nstorage = "boolean"\n' for name in "abc"), encoding="utf-8"
    )
    data = read(tmp_path / "a.csv")
    assert data.frame["a"].tolist() == data.frame["b"].tolist() == [True, False]
    assert data.frame["a"].dtype == bool
    assert data.frame["c"].tolist()[0] == 1.0
    assert data.codebook.reasons == {"c": {"system": 1}}


def test_long_answers_do_not_fill_the_memory(tmp_path: Path) -> None:
    long = "mot " * 5_000
    lines = [f"{place},{'court' if place else long}" for place in range(3_000)]
    (tmp_path / "a.csv").write_text("\n".join(["n,open", *lines]), encoding="utf-8")
    tracemalloc.start()
    data = read(tmp_path / "a.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert data.frame["open"].str.len().max() == len(long)
    assert peak < 20_000_000  # an array of words all as wide as the longest would take 240 MB
