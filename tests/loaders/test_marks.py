"""A mark in the cells of every format, sought in what is published of a file: notices, codebooks, pages, errors."""

from __future__ import annotations

import bz2
import gzip
import itertools
import json
import struct
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from pyarrow import feather

import diplab as dl
from diplab.errors import LoadError
from tests.loaders.test_excel import opendocument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MARK = "Zqxk"
NAMES = ["who", "age", "town", "said"]
PLAIN = [["a1", 31, "Lyon", "yes"], ["a2", 45, "Pau", "no"], ["a3", 28, "Lyon", "yes"]] * 8


def planted(place: int | None) -> list[list[Any]]:
    """Return answers of which one is a mark, all where no place is given."""
    number = itertools.count()
    if place is None:
        return [[f"{MARK}{next(number):04d}" for _ in row] for row in PLAIN]
    return [[f"{MARK}1" if next(number) == place else cell for cell in row] for row in PLAIN]


def text(rows: Sequence[Sequence[Any]], *above: Sequence[str], delimiter: str = ",") -> str:
    lines = [*(above or (NAMES,)), *rows]
    return "".join(delimiter.join(f'"{cell}"' for cell in line) + "\n" for line in lines)


def sheet(folder: Path, rows: Sequence[Sequence[Any]], *above: Sequence[str]) -> Path:
    book = openpyxl.Workbook()
    for row in [*(above or (NAMES,)), *rows]:
        book.active.append(list(row))
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    return pd.DataFrame([[str(cell) for cell in row] for row in rows], columns=NAMES)


def written(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def fixed(folder: Path, rows: Sequence[Sequence[Any]], suffix: str) -> tuple[Path, dict[str, Any]]:
    setups = {
        ".sps": "DATA LIST /who 1-9 (A) age 11-19 town 21-29 (A) said 31-39 (A).\nCOMPUTE x = 1.\n",
        ".sas": "input who $ 1-9 age 11-19 town $ 21-29 said $ 31-39;\nx = y;\n",
        ".dct": "infix dictionary {\n str who 1-9\n age 11-19\n str town 21-29\n str said 31-39\n}\n",
    }
    lines = "".join(" ".join(f"{cell!s:9}" for cell in row) + "\n" for row in rows)
    own = suffix == ".dct"
    data = written(folder, "d.dct" if own else "d.dat", setups[suffix] + lines if own else lines)
    return (
        (data, {}) if own else (data, {"structure": written(folder, f"s{suffix}", setups[suffix])})
    )


def statistical(folder: Path, rows: Sequence[Sequence[Any]], name: str) -> Path:
    getattr(pyreadstat, f"write_{name.split('.')[1].replace('xpt', 'xport')}")(
        frame(rows), folder / name
    )
    return folder / name


def columnar(folder: Path, rows: Sequence[Sequence[Any]], name: str) -> Path:
    getattr(frame(rows), f"to_{name.split('.')[1]}")(folder / name)
    return folder / name


def merged(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """Return a workbook with a header of two lines and cells merged over rows."""
    book = openpyxl.Workbook()
    for row in [["who", "about", None, None], [None, *NAMES[1:]], *rows]:
        book.active.append(list(row))
    for cells in ("A1:A2", "B1:D1", "A3:A5", "C6:C8"):
        book.active.merge_cells(cells)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def open_document(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    def cell(value: Any) -> str:
        kind = f'float" office:value="{value}' if isinstance(value, int) else "string"
        return f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'

    lines = [
        f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in [NAMES, *rows]
    ]
    return opendocument(folder, "".join(lines))


def excel_97(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """Return a workbook of BIFF8 in a compound file of one stream ([MS-XLS] 2.4, [MS-CFB] 2)."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def cell(row: int, column: int, value: Any) -> bytes:
        place = struct.pack("<HHH", row, column, 0)
        if isinstance(value, int):
            return record(0x203, place + struct.pack("<d", value))
        return record(0x204, place + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))

    begin, end = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)), record(0x0A, b"")
    at = len(begin) + 4 + 9 + len(end)
    book = begin + record(0x85, struct.pack("<IBBBB", at, 0, 0, 1, 0) + b"a") + end
    every = [
        cell(row, place, value)
        for row, line in enumerate([NAMES, *rows])
        for place, value in enumerate(line)
    ]
    book += record(0x809, struct.pack("<HHHHII", 0x600, 16, 0, 0, 0, 0)) + b"".join(every) + end
    stream = book.ljust(-(-max(len(book), 4096) // 512) * 512, b"\0")
    sectors = len(stream) // 512

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        words = f"{name}\0".encode("utf-16-le")
        tree = struct.pack("<BBIII", kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return (
            words.ljust(64, b"\0")
            + struct.pack("<H", len(words))
            + tree
            + bytes(36)
            + struct.pack("<IQ", start, size)
        )

    folders = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(
        "Workbook", 2, 0xFFFFFFFF, 2, len(stream)
    )
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
    )
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    (folder / "a.xls").write_bytes(head + table + folders.ljust(512, b"\0") + stream)
    return folder / "a.xls"


def of_r(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """Return a data frame as `saveRDS` writes it (R Internals, 1.8): words, in a list with names, class, row names."""

    def words(cells: Sequence[Any]) -> bytes:
        said = [str(cell).encode() for cell in cells]
        return whole(16, len(said)) + b"".join(whole(0x40009, len(each)) + each for each in said)

    def attribute(name: str, value: bytes) -> bytes:
        return whole(0x402, 1, 0x40009, len(name)) + name.encode() + value

    columns = b"".join(words([row[place] for row in rows]) for place in range(len(NAMES)))
    about = attribute("names", words(NAMES)) + attribute("class", words(["data.frame"]))
    about += attribute("row.names", whole(13, 2, -(2**31), -len(rows)))
    content = b"X\n" + whole(2, 0x30500, 0x20300, 0x313, len(NAMES)) + columns + about + whole(0xFE)
    (folder / "a.rds").write_bytes(gzip.compress(content))
    return folder / "a.rds"


def whole(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}i", *numbers)


def typeform(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    def answer(name: str, value: Any) -> dict[str, Any]:
        return {"field": {"id": name, "ref": name, "type": "x"}, "type": "text", "text": str(value)}

    items = [
        {
            "token": f"t{at}", "response_id": f"t{at}", "submitted_at": "2026-01-06T14:25:30Z",
            "answers": [answer(*each) for each in zip(NAMES, row, strict=True)], "hidden": {"wave": str(row[0])},
            "metadata": {"user_agent": str(row[3]), "platform": "other"},
        }
        for at, row in enumerate(rows)
    ]  # fmt: skip
    return written(
        folder, "a.json", json.dumps({"total_items": len(items), "page_count": 1, "items": items})
    )


def factors_of_r(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """Return the same with a factor for a column, of as many levels as it has words (R Internals, 1.8)."""

    def words(cells: Sequence[str]) -> bytes:
        return whole(16, len(cells)) + b"".join(
            whole(0x40009, len(each)) + each.encode() for each in cells
        )

    def attribute(name: str, value: bytes) -> bytes:
        return whole(0x402, 1, 0x40009, len(name)) + name.encode() + value

    def factor(cells: Sequence[str]) -> bytes:
        levels = sorted(set(cells))
        about = (
            attribute("levels", words(levels)) + attribute("class", words(["factor"])) + whole(0xFE)
        )
        return whole(0x30D, len(cells), *(levels.index(each) + 1 for each in cells)) + about

    columns = b"".join(factor([str(row[place]) for row in rows]) for place in range(len(NAMES)))
    about = attribute("names", words(NAMES)) + attribute("class", words(["data.frame"]))
    about += attribute("row.names", whole(13, 2, -(2**31), -len(rows))) + whole(0xFE)
    content = b"X\n" + whole(2, 0x30500, 0x20300, 0x313, len(NAMES)) + columns + about
    (folder / "a.rds").write_bytes(bz2.compress(content))
    return folder / "a.rds"


def categories(folder: Path, rows: Sequence[Sequence[Any]], name: str) -> Path:
    pd.DataFrame(frame(rows).astype("category")).to_parquet(folder / name)
    return folder / name


def lists(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return answers of which one holds several."""
    return [
        {**dict(zip(NAMES, map(str, row), strict=True)), "uses": ["mail", str(row[3])]}
        for row in rows
    ]


def table_of_r(folder: Path, rows: Sequence[Sequence[Any]]) -> Path:
    lines = [
        " ".join(str(cell) if isinstance(cell, int) else f'"{cell}"' for cell in row)
        for row in rows
    ]
    numbered = "".join(f'"{at}" {line}\n' for at, line in enumerate(lines))
    return written(folder, "a.csv", " ".join(f'"{name}"' for name in NAMES) + "\n" + numbered)


GOOGLE = ["Timestamp", "How old are you?", "Which town?", "What do you say?"]
QUALTRICS = (["ResponseId", "Q1", "Q2", "Q3"], ["Response ID", "Age?", "Town?", "Say?"])
MONKEY = (
    ["Respondent ID", "Age?", "Town?", "Say?"],
    ["", "Response", "Response", "Open-Ended Response"],
)
LIME = ["id", "submitdate", "lastpage", "startlanguage", "said"]


def dated(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [["2021/04/13 10:12:00 AM GMT+2", *row[1:]] for row in rows]


MADE: dict[str, Callable[[Path, Any], Any]] = {
    "csv": lambda folder, rows: written(folder, "a.csv", text(rows)),
    "semicolons": lambda folder, rows: written(folder, "a.csv", text(rows, delimiter=";")),
    "tsv": lambda folder, rows: written(folder, "a.tsv", text(rows, delimiter="\t")),
    "notes": lambda folder, rows: written(
        folder, "a.csv", text([*rows, ["Source : Insee", "", "", ""]])
    ),
    "titles": lambda folder, rows: written(folder, "a.csv", text(rows, ["Survey of 2026"], NAMES)),
    "answer as a title": lambda folder, rows: written(
        folder, "a.csv", text(rows, [f"{MARK}0"], ["x y"], NAMES)
    ),
    "answer as a note": lambda folder, rows: written(
        folder, "a.csv", text([*rows, [f"Note : {MARK}0", "", "", ""]])
    ),
    "answer below a gap": lambda folder, rows: written(
        folder,
        "a.csv",
        text([*rows, ["", "", "", ""], [f"{MARK}0 said this and that", "", "", ""]]),
    ),
    "answer with a star": lambda folder, rows: sheet(
        folder, [*rows, [f"* {MARK}0 said this and that", "", "", ""]]
    ),
    "titles of a workbook": lambda folder, rows: sheet(
        folder, rows, [f"{MARK}0 of 2026"], [], NAMES
    ),
    "note of a workbook": lambda folder, rows: sheet(
        folder, [*rows, [], [f"Source : {MARK}0", "", "", ""]]
    ),
    "totals": lambda folder, rows: written(
        folder, "a.csv", text([*rows, ["Total", 624, f"{MARK}0", ""]])
    ),
    "merged": merged,
    "two tables": lambda folder, rows: sheet(
        folder, [*rows, [], [f"{MARK}0"], ["n", "p"], [1, 2], [2, 3]]
    ),
    "gap": lambda folder, rows: written(
        folder, "a.csv", text([*rows[:3], ["", "", "", ""], *rows[3:]])
    ),
    "xlsx": sheet,
    "ods": open_document,
    "xls": excel_97,
    "rds": of_r,
    "factors of R": factors_of_r,
    "categories": lambda folder, rows: categories(folder, rows, "a.parquet"),
    "lists": lambda folder, rows: written(folder, "a.json", json.dumps(lists(rows))),
    "lists of parquet": lambda folder, rows: (
        pd.DataFrame(lists(rows)).to_parquet(folder / "a.parquet") or folder / "a.parquet"
    ),
    "boxes of google": lambda folder, rows: written(
        folder, "a.csv", text([[*row[:3], f"mail;{row[3]}"] for row in dated(rows)], GOOGLE)
    ),
    "typeform": typeform,
    "table of R": table_of_r,
    "folder": lambda folder, rows: (
        written((folder / "d").mkdir() or folder / "d", "a.csv", text(rows)).parent
    ),
    "sav": lambda folder, rows: statistical(folder, rows, "a.sav"),
    "dta": lambda folder, rows: statistical(folder, rows, "a.dta"),
    "por": lambda folder, rows: statistical(folder, rows, "a.por"),
    "xpt": lambda folder, rows: statistical(folder, rows, "a.xpt"),
    "parquet": lambda folder, rows: columnar(folder, rows, "a.parquet"),
    "feather": lambda folder, rows: columnar(folder, rows, "a.feather"),
    "json": lambda folder, rows: written(
        folder, "a.json", json.dumps([dict(zip(NAMES, map(str, row), strict=True)) for row in rows])
    ),
    "google": lambda folder, rows: written(folder, "a.csv", text(dated(rows), GOOGLE)),
    "google workbook": lambda folder, rows: sheet(folder, dated(rows), GOOGLE),
    "qualtrics": lambda folder, rows: written(folder, "a.csv", text(rows, *QUALTRICS)),
    "surveymonkey": lambda folder, rows: written(folder, "a.csv", text(rows, *MONKEY)),
    "limesurvey": lambda folder, rows: written(
        folder,
        "a.csv",
        text([[row[1], "2021-04-13 10:12:00", 2, "fr", row[3]] for row in rows], LIME),
    ),
    "kobo": lambda folder, rows: written(
        folder, "a.csv", text([[*row, f"u{at}"] for at, row in enumerate(rows)], [*NAMES, "_uuid"])
    ),
    "spss syntax": lambda folder, rows: fixed(folder, rows, ".sps"),
    "sas": lambda folder, rows: fixed(folder, rows, ".sas"),
    "dictionary": lambda folder, rows: fixed(folder, rows, ".dct"),
}


@pytest.mark.parametrize("place", [None, 5, 33, 71])
@pytest.mark.parametrize("name", list(MADE))
def test_nothing_that_somebody_answered_is_published(
    name: str, place: int | None, tmp_path: Path
) -> None:
    made = MADE[name](tmp_path, planted(place))
    file, options = made if isinstance(made, tuple) else (made, {})
    data = dl.read(file, **options)
    if name == "folder":
        data = dl.read(data.frame.collect(), codebook=data.codebook)
    shown = " ".join(map(str, data.frame.to_numpy().ravel().tolist()))
    assert MARK in shown or name in ("limesurvey", "google", "google workbook", "surveymonkey")
    dl.save(data.codebook, tmp_path / "page.html", language="fr")
    dl.write(data, tmp_path / "again.csv", formulas="keep")
    published = [
        (tmp_path / "page.html").read_text("utf-8"),
        (tmp_path / "again.codebook.toml").read_text("utf-8"),
    ]
    published += [each.en + each.fr for each in data.codebook.origin.notices]
    assert not [each for each in published if MARK in each]


@pytest.mark.parametrize(
    "name", ["csv", "semicolons", "tsv", "json", "google", "qualtrics", "spss syntax", "sas"]
)
def test_no_error_of_a_damaged_file_quotes_an_answer(name: str, tmp_path: Path) -> None:
    made = MADE[name](tmp_path, planted(None))
    file, options = made if isinstance(made, tuple) else (made, {})
    content = file.read_bytes()
    said: list[str] = []
    marks = [b'"', b"\n", b"\0", b",", b";", b"\xe9", b"\t\t", b"}"]
    for number in range(60):
        at = (len(content) // 3 + 97 * number) % len(content)
        file.write_bytes(
            content[:at] + marks[number % len(marks)] + content[at : None if number % 3 else -40]
        )
        try:
            dl.read(file, **options)
        except LoadError as refused:
            said.append(str(refused))
    assert said
    assert not [each for each in said if MARK in each]


@pytest.mark.parametrize("suffix", [".rds", ".parquet", ".feather"])
def test_a_level_that_one_person_gave_is_published_only_where_it_was_declared(
    tmp_path: Path, suffix: str
) -> None:
    """A factor that `read.csv(stringsAsFactors = TRUE)` makes has an answer for a level."""
    towns = ["Lyon"] * 12 + [MARK] + ["Pau"] * 12
    rows = [[at, 20 + at % 3, town, "yes"] for at, town in enumerate(towns)]
    path = tmp_path / f"a{suffix}"
    if suffix == ".rds":
        factors_of_r(tmp_path, rows)
    else:
        # `dictionary_encode` of Arrow takes levels in the order of the rows
        column = pa.array(towns).dictionary_encode()
        table = pa.table({"id": pa.array([*range(25)]), "town": column})
        (pq.write_table if suffix == ".parquet" else feather.write_feather)(table, path)
    data = dl.read(path)
    assert not data.codebook["town"].values
    for name in ("a.toml", "a.html", "a.xml"):
        dl.save(data.codebook, tmp_path / name)
        assert MARK not in (tmp_path / name).read_text(encoding="utf-8")
    assert MARK not in str([each.en for each in data.codebook.origin.notices])


def test_a_level_of_one_person_in_an_order_that_was_chosen_stays(tmp_path: Path) -> None:
    levels = ["never", "sometimes", "always"]
    often = pd.Categorical(["never"] * 12 + ["always"] + ["sometimes"] * 12, categories=levels)
    pd.DataFrame({"often": often, "id": range(25)}).to_parquet(tmp_path / "a.parquet")
    assert list(dl.read(tmp_path / "a.parquet").codebook["often"].values) == levels
