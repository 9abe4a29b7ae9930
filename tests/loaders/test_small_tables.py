"""dBASE, made byte by byte as in "Xbase File Format Description" (E. Bachmann); Feather; a dictionary of INSEE."""

from __future__ import annotations

import datetime as dt
import struct
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.feather

from diplab.errors import LoadError
from diplab.loaders.read import read
from tests.loaders.factories import cells, notices, raised

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Field = tuple[str, str, int, int]  # name, type, width, flags


def dbase(
    path: Path,
    fields: Sequence[Field],
    records: Sequence[Sequence[bytes]],
    version: int = 3,
    mark: int = 0,
) -> Path:
    """Write a table; the first of the bytes of a record tells whether it is deleted."""
    described = b"".join(
        struct.pack("<11scIBBB13x", name.encode(), kind.encode(), 0, width, 0, flags)
        for name, kind, width, flags in fields
    )
    begin, width = 32 + len(described) + 1, 1 + sum(field[2] for field in fields)
    head = struct.pack("<4BIHH17xBxx", version, 126, 11, 29, len(records), begin, width, mark)
    rows = b"".join(
        mark + b"".join(cell.ljust(field[2]) for cell, field in zip(record, fields, strict=True))
        for mark, *record in records
    )
    path.write_bytes(head + described + b"\r" + rows + b"\x1a")
    return path


PEOPLE = (
    ("DEP", "C", 3, 0),
    ("VILLE", "C", 10, 0),
    ("AGE", "N", 4, 0),
    ("NE", "D", 8, 0),
    ("ACTIF", "L", 1, 0),
    ("PAIE", "F", 8, 0),
)
ROWS = (
    (b" ", b"01", "Nîmes".encode("cp850"), b"  34", b"19690720", b"T", b" 1234.50"),
    (b"*", b"02", b"Lyon", b"  99", b"19700101", b"F", b"    1.00"),
    (b" ", b"2A", b"", b"", b"", b"?", b"********"),
    (b" ", b"75", "Orléans".encode("cp850"), b"  -1", b"00000000", b"n", b"      -2"),
)


def test_a_table_of_dbase(tmp_path: Path) -> None:
    data = read(dbase(tmp_path / "a.dbf", PEOPLE, ROWS, mark=2))
    assert cells(data, *data.frame) == [
        ["01", "2A", "75"], ["Nîmes", "", "Orléans"], [34, "", -1], [dt.date(1969, 7, 20), "", ""], [1, "", 0],
        [1234.5, "", -2],
    ]  # fmt: skip
    assert notices(data) == ["Records marked as deleted, left out: 1."]
    assert data.codebook.reasons["PAIE"] == {"error in the cell": 1}
    assert data.codebook.origin.reader == "dBASE table, cp850"
    assert cells(read(tmp_path / "a.dbf", columns=["AGE", "DEP"], rows=1), "AGE", "DEP") == [
        [34],
        ["01"],
    ]


def test_the_encoding_of_a_table(tmp_path: Path) -> None:
    """The call before all, then UTF-8, which nothing else looks like, then the mark, then the letters."""
    fields = (("VILLE", "C", 12, 0),)

    def read_in(written: str, mark: int, **options: Any) -> Any:
        words = ("Orléans", "Nîmes", "Besançon", "Sète", "Évry")
        data = read(
            dbase(
                tmp_path / "a.dbf",
                fields,
                [(b" ", each.encode(written)) for each in words],
                mark=mark,
            ),
            **options,
        )
        assert cells(data, "VILLE") == [list(words)]
        return data.codebook.origin.reader

    assert read_in("cp850", 2) == "dBASE table, cp850"
    assert read_in("cp1252", 0x57) == "dBASE table, cp1252"
    assert read_in("utf-8", 0x57) == "dBASE table, utf-8"
    assert read_in("cp1252", 0) == "dBASE table, cp1252"
    assert read_in("cp850", 0x57, encoding="cp850") == "dBASE table, cp850"


def test_binary_columns_of_foxpro(tmp_path: Path) -> None:
    fields = (
        ("I", "I", 4, 2),
        ("B", "B", 8, 2),
        ("Y", "Y", 8, 0),
        ("T", "T", 8, 0),
        ("NOTE", "M", 4, 0),
        ("_NullFlags", "0", 1, 5),
    )
    noon = struct.pack("<ii", 2_440_588 + 20_000, 12 * 3_600_000)  # 20,000 days after 1970-01-01
    rows = [
        (
            b" ",
            struct.pack("<i", -7),
            struct.pack("<d", 0.1),
            struct.pack("<q", 12_345_000),
            noon,
            b"",
            b"\0",
        ),
        (
            b" ",
            struct.pack("<i", 0),
            struct.pack("<d", 0),
            struct.pack("<q", -5000),
            bytes(8),
            b"",
            b"\3",
        ),
    ]
    data = read(dbase(tmp_path / "a.dbf", fields, rows, version=0x30))
    assert cells(data, *data.frame) == [
        [-7, ""],
        [0.1, ""],
        [1234.5, -0.5],
        [pd.Timestamp(2024, 10, 4, 12), ""],
    ]
    assert notices(data)[0].endswith("or of a type that is not read: `NOTE`.")


def test_tables_that_are_refused(tmp_path: Path, refused: Any) -> None:
    path = dbase(tmp_path / "a.dbf", PEOPLE, ROWS)
    whole = path.read_bytes()
    for content in (
        whole[:-40],
        whole[:200],
        b"\x04" + whole[1:],
        whole[:20],
        whole[:48] + b"\0" + whole[49:],
    ):
        path.write_bytes(content)
        refused(lambda: read(path), LoadError)
    assert "has cells of 5 bytes" in str(
        raised(LoadError, read, dbase(path, [("I", "I", 5, 0)], [(b" ", b"")]))
    )


def test_feather_is_read_as_parquet_is(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "age": [31, 42, 57],
            "code": ["01", None, "2A"],
            "pay": [1.5, None, 3],
            "ok": [True, False, True],
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    pyarrow.feather.write_feather(frame, tmp_path / "a.feather", compression="lz4")
    pyarrow.feather.write_feather(frame, tmp_path / "a.arrow", compression="uncompressed")
    for options in ({}, {"columns": ["pay", "code"]}, {"rows": range(1, 3)}):
        expected = read(tmp_path / "a.parquet", **options)
        for name in ("a.feather", "a.arrow"):
            pd.testing.assert_frame_equal(read(tmp_path / name, **options).frame, expected.frame)
    (tmp_path / "a.feather").write_bytes((tmp_path / "a.feather").read_bytes()[:-200])
    assert "It cannot be read" in str(raised(LoadError, read, tmp_path / "a.feather"))
    # a word that ends before it begins
    whole, ends = (tmp_path / "a.arrow").read_bytes(), struct.pack("<4q", 0, 2, 2, 4)
    assert whole.count(ends) == 1
    (tmp_path / "a.arrow").write_bytes(whole.replace(ends, struct.pack("<4q", 0, 2, 2, 1)))
    assert "non-monotonic offset" in str(raised(LoadError, read, tmp_path / "a.arrow"))


VARMOD = """COD_VAR;LIB_VAR;LIB_VAR_LONG;COD_MOD;LIB_MOD;TYPE_VAR;LONG_VAR
DEP;Département;Département de résidence;01;Ain;CHAR;2
DEP;Département;Département de résidence;10;Aube;CHAR;2
DEP;Département;Département de résidence;2A;Corse-du-Sud;CHAR;2
ACT;Activité;Type d'activité;1;Actifs;CHAR;1
ACT;Activité;Type d'activité;2;Chômeurs;CHAR;1
ACT;Activité;Type d'activité;Z;Hors champ (moins de 14 ans);CHAR;1
STAT;Statut;Statut;1;Salariés;CHAR;1
STAT;Statut;Statut;Z;Hors logement ordinaire;CHAR;1
AGE;Âge;Âge révolu;;;NUM;3
"""


def test_the_dictionary_of_modalities_of_insee(tmp_path: Path) -> None:
    """The layout of the `varmod_*.csv` beside INSEE's detailed files: a line a modality, one line of a number."""
    for encoding in ("utf-8", "cp1252"):
        (tmp_path / "varmod_x.csv").write_bytes(VARMOD.encode(encoding))
        text = "DEP;ACT;STAT;AGE\n01;1;1;34\n10;Z;Z;12\n2A;2;1;50\n"
        (tmp_path / "FD_x.csv").write_text(text, encoding="utf-8")
        data = read(tmp_path / "FD_x.csv", codebook=tmp_path / "varmod_x.csv")
        assert cells(data, *data.frame) == [
            ["01", "10", "2A"],
            [1, "", 2],
            ["1", "Z", "1"],
            [34, 12, 50],
        ]
        book = data.codebook
        assert (book["DEP"].label.fr, book["DEP"].question.fr) == (
            "Département",
            "Département de résidence",
        )
        assert list(book["DEP"].values) == ["01", "10", "2A"]
        assert (list(book["ACT"].values), book["ACT"].missing) == (
            [1, 2],
            {"Z": "Hors champ (moins de 14 ans)"},
        )
        assert book.reasons == {"ACT": {"Hors champ (moins de 14 ans)": 1}}
        # a modality that is one, whatever its code
        assert {code: label.fr for code, label in book["STAT"].values.items()}[
            "Z"
        ] == "Hors logement ordinaire"
        assert book["AGE"].measure == "scale"
