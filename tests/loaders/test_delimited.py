"""CSV and TSV: delimiter, decimal mark, encoding, records, numbers, and the codebook beside the file."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyreadstat
import pytest

from diplab.errors import ColumnError, LoadError, OptionError
from diplab.loaders.answers.numbers import NUMBERS, Cells, plain_numbers, written_numbers
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.read import read
from diplab.loaders.source import SourceFile
from diplab.loaders.text import load
from diplab.loaders.text.dialect import Dialect
from diplab.loaders.text.encoding import decode
from diplab.loaders.text.load import delimited_columns
from diplab.loaders.text.records import DelimitedText
from diplab.loaders.write import write
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import Text
from tests.loaders.factories import notices, raised, read_text, workbook

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


def test_decimal_marks_and_delimiters(tmp_path: Path) -> None:
    data = read_text(tmp_path, "sexe;heures;revenu, net\nF;3,5;10\nM;-4;\n")
    assert (data.frame["heures"].tolist(), data.frame["revenu, net"].dropna().tolist()) == (
        [3.5, -4.0],
        [10.0],
    )
    assert data.codebook.origin.reader == "delimited text, utf-8, delimiter `;`, decimal comma"
    # commas between fields are never decimal
    data = read_text(tmp_path, 'sex,income\nF,"1,234"\nM,"5,678"\n')
    assert data.frame["income"].tolist() == ["1,234", "5,678"]
    assert data.codebook.origin.reader == "delimited text, utf-8, delimiter `,`"
    # comma and point in one column stay words
    assert read_text(tmp_path, "a;b\n1.500;1\n3,5;2\n").frame["a"].tolist() == ["1.500", "3,5"]
    data = read_text(tmp_path, "a\tb\n1\tx;y\n", "a.tsv")
    assert data.frame["b"].tolist() == ["x;y"]
    assert data.codebook.origin.reader == "delimited text, utf-8, delimiter `tab`"


def test_apostrophes_around_each_name_are_marks_of_quotation(tmp_path: Path) -> None:
    data = read_text(tmp_path, "'age'\t'job'\n36\t'cook\tand waiter'\n20\tl'usine\n")
    assert data.frame["age"].tolist() == [36, 20]
    assert data.frame["job"].tolist() == ["cook\tand waiter", "l'usine"]
    assert (
        data.codebook.origin.reader
        == "delimited text, utf-8, delimiter `tab`, apostrophes around words"
    )
    # an apostrophe in a header is a letter
    data = read_text(tmp_path, "'age',l'emploi\n36,'a'\n")
    assert (list(data.frame), data.frame["l'emploi"].tolist()) == (["'age'", "l'emploi"], ["'a'"])


def test_encodings_and_names_of_columns(tmp_path: Path, refused: Any) -> None:
    assert list(read_text(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n").frame) == ["a", "b"]
    assert list(read_text(tmp_path, "a,b\n1,2\n".encode("utf-16")).frame) == ["a", "b"]
    data = read_text(tmp_path, "ville;n\nOrléans;1\n".encode("cp1252"))
    assert data.frame["ville"].tolist() == ["Orléans"]
    assert data.codebook.origin.reader == "delimited text, cp1252, delimiter `;`"
    assert list(read_text(tmp_path, ",a\n1,x\n").frame) == ["column_1", "a"]
    (tmp_path / "a.csv").write_text("a,b,c\n1,2,3\n", encoding="utf-8")
    assert list(read(tmp_path / "a.csv", columns=["c", "a"]).frame) == ["c", "a"]
    refused(lambda: read(tmp_path / "a.csv", columns=["a", "hours", "pay"]), ColumnError)


def test_kinds_of_columns(tmp_path: Path) -> None:
    data = read_text(
        tmp_path,
        "whole,gaps,postcode,id,words,r,blank\n"
        "1,1,01000,1234567890123456,NA,NA,\n"
        "2,,75001,1234567890123457,x,2.5,\n"
        "\u22123, ,69001,1234567890123458,,1e+3,\n",
    )
    frame = data.frame
    assert (frame["whole"].tolist(), frame["whole"].dtype) == ([1, 2, -3], np.int64)
    assert (frame["gaps"].dtype, frame["postcode"].tolist()) == (
        np.float64,
        ["01000", "75001", "69001"],
    )
    assert (frame["id"].tolist()[0], frame["words"].dropna().tolist()) == (
        "1234567890123456",
        ["NA", "x"],
    )
    assert frame["r"].dropna().tolist() == [2.5, 1000.0]
    assert frame["blank"].isna().all()
    missing = {name: reasons["system"] for name, reasons in data.codebook.reasons.items()}
    assert missing == {"gaps": 2, "words": 1, "r": 1, "blank": 3}


def test_declared_codes_in_columns_of_words_and_of_numbers(tmp_path: Path) -> None:
    codebook = Codebook({
        "status": Variable("status", missing={"CONSENT_REVOKED": "withdrawn", "DATA_EXPIRED": "expired"}),
        "age": Variable("age", missing={"CONSENT_REVOKED": "withdrawn", 99: "refused"}),
        "pay": Variable("pay", missing_ranges=(MissingRange(900, 999, "not asked"),)),
    })  # fmt: skip
    data = read_text(
        tmp_path,
        "status,age,pay\nfull "
        "time,35,10\nCONSENT_REVOKED,CONSENT_REVOKED,900.5\nDATA_EXPIRED,99,20\n,99.0,NA\n",
        codebook=codebook,
    )
    assert data.frame["status"].dropna().tolist() == ["full time"]
    assert (data.frame["age"].dropna().tolist(), data.frame["pay"].dropna().tolist()) == (
        [35.0],
        [10.0, 20.0],
    )
    assert data.codebook.reasons == {
        "status": {"withdrawn": 1, "expired": 1, "system": 1},
        "age": {"withdrawn": 1, "refused": 2},
        "pay": {"not asked": 1, "system": 1},
    }
    codebook = Codebook({"a": Variable("a", values={"1": Text.same("one")})})
    assert read_text(tmp_path, "a\n1\n2\n", codebook=codebook).frame["a"].tolist() == ["1", "2"]
    codebook = Codebook({"sex": Variable("sex", label=Text("sexe", "sex"))}, Origin(synthetic=True))
    write_codebook(codebook, tmp_path / "a.codebook.toml")
    data = read_text(tmp_path, "sex,age\nF,3\n")
    assert (data.codebook["sex"].label.fr, list(data.codebook)) == ("sexe", ["sex", "age"])
    assert data.codebook.origin.synthetic
    assert data.codebook.origin.file == "a.csv"


def test_refusals(tmp_path: Path, refused: Any) -> None:
    for text in ("a,b,c\n1,2,3\n4,5\n", 'a,b\n1,"2\n', "\n\n", b"PK\x03\x04\0\0", b"a\n\x81\n"):
        refused(partial(read_text, tmp_path, text), LoadError)
    for names in (["sexe"], ["sexe", "x"]):  # the codebook of another file
        other = Codebook({name: Variable(name) for name in names})
        refused(partial(read_text, tmp_path, "sex,age\nF,3\n", codebook=other), LoadError)


@pytest.mark.shared
def test_real_kinds_of_missing(shared: Path) -> None:
    # Counts stated in the issue for Berke et al. (2024).
    missing = {"CONSENT_REVOKED": "consent revoked", "DATA_EXPIRED": "data expired"}
    codebook = Codebook({"Employment status": Variable("Employment status", missing=missing)})
    file = shared / "data/open/berke-2024/data/prescreen-survey/cleaned.csv"
    data = read(file, codebook=codebook, columns=["Employment status"])
    assert len(data) == 21_892
    assert data.codebook.reasons["Employment status"] == {
        "consent revoked": 1_075, "data expired": 5_673, "system": 4_473,
    }  # fmt: skip
    assert data.frame["Employment status"].notna().sum() == 10_671
    assert (data.frame["Employment status"] == "Full-Time").sum() == 5_610


SOURCE = SourceFile(Path("a.csv"), b"")
PIECES = [
    "a",
    "é",
    " ",
    '"',
    '""',
    "D",
    "D",
    "\n",
    "\n",
    "\r\n",
    "1,5",
    '"xDy"',
    '"p\nq"',
    "NA",
    "\r",
    '"say ""so"""',
]
PIECES += [
    "\ufeff",
    "\0",
    "œuvre",
    "12345678",
    "of nine by",
    "éé€€éé€€",
    f"{'long' * 20}",
    "\u2028",
]


def words_in(cells: Cells) -> list[str]:
    return [
        word or "" for word in (cells.to_pylist() if isinstance(cells, pa.ChunkedArray) else cells)
    ]


def columns_in(text: str, dialect: Dialect, names: str, **options: Any) -> dict[str, list[str]]:
    chosen = {"columns": names, "rows": None, **options}
    found = delimited_columns(
        SOURCE, DelimitedText(text.encode(), dialect, ()), list(names), **chosen
    )
    return {name: words_in(cells) for name, cells in found.items()}


def one_by_one(text: str, dialect: Dialect) -> list[list[str]] | None:
    lines = io.StringIO(text, newline="")
    try:
        records = csv.reader(
            lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True
        )
        found = [record for record in records if record]
    except csv.Error:
        return None
    return found if len({len(record) for record in found}) == 1 else None


def test_arrow_reads_records_as_they_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    read_together = 0
    for trial in range(4_000):
        monkeypatch.setattr(
            load, "_PART", 1 << 21 if trial % 4 else 4
        )  # in parts of a record or two, and at once
        dialect = Dialect(
            "utf-8", str(rng.choice([",", ";", "\t", "|"])), str(rng.choice(['"', '"', '"', "'"]))
        )
        width = int(rng.integers(1, 4))
        records = [
            "D".join("".join(rng.choice(PIECES, size=rng.integers(0, 3))) for _ in range(width))
            for _ in range(rng.integers(1, 6))
        ]
        text = "\n".join(["D".join("hkm"[:width]), *records]) + "\n" * int(rng.integers(0, 3))
        text = text.replace("D", dialect.delimiter).replace('"', dialect.quote)
        expected = one_by_one(text, dialect)
        table = load._table(text.encode(), 0, dialect, list("hkm"[:width]), list("hkm"[:width]))
        if table is not None:
            read_together += 1
            assert [
                [word or "" for word in row.values()] for row in table.to_pylist()
            ] == expected, text
        if expected is not None and len(expected[0]) == width:
            found = columns_in(text, dialect, "hkm"[:width])
            assert [list(row) for row in zip(*found.values(), strict=True)] == expected[1:], text
    assert read_together > 800


def test_numbers_are_those_of_python_to_the_last_bit() -> None:
    rng = np.random.default_rng(8)
    words = [
        f"{sign}{'' if whole == 0 and point else whole}{mark}{part}"
        for sign in ("", "-", "+")
        for mark in ("", ".", ",")
        for whole, part, point in zip(
            rng.integers(0, 10 ** rng.integers(1, 9, 300)),
            rng.integers(0, 10**6, 300),
            rng.random(300) < 0.5,
            strict=True,
        )
        if mark or whole
    ]
    words += [
        "",
        "-0",
        "0",
        "-0.0",
        ".",
        "-",
        "0.05",
        "1.",
        "00",
        "01",
        "1.2.3",
        "1-2",
        "9" * 15,
        "9" * 16,
        "0." + "1" * 16,
    ]
    expected = [number(word, comma=True) if word else np.nan for word in words]
    found = written_numbers(pa.array(words), comma=True)
    assert found.values.tobytes() == np.array(expected).tobytes()
    for each, value in zip(words, expected, strict=True):
        plain = plain_numbers(pa.array([each or None], pa.string()), ".,")
        assert (
            plain is None
            or np.array(plain[0], dtype=float).tobytes() == np.array([value]).tobytes()
        ), each


def test_only_what_is_asked_is_read() -> None:
    # the record after the rows asked for is broken
    for quote in ("", '"'):
        text = f"a,b,c\n{quote}1{quote},2,3\n4,5,6\n7,8\n"
        found = columns_in(text, Dialect("utf-8", ","), "abc", columns=["c", "a"], rows=range(1))
        assert found == {"a": ["1"], "b": [], "c": ["3"]}


def number(word: str, *, comma: bool) -> float:
    """Return the number that one word writes, by the rules as they stand in the documentation."""
    digits = word.lstrip("-+\u2212")
    if digits.isdigit() and len(digits) > 15:
        return np.nan
    if re.fullmatch(r"\d+[eE]\d+", digits):  # a code: programs write the sign of an exponent
        return np.nan
    if re.fullmatch(NUMBERS["."], word):
        return float(word.replace("\u2212", "-"))
    if comma and re.fullmatch(NUMBERS[","], word):
        return float(word.replace("\u2212", "-").replace(",", "."))
    return np.nan


def test_numbers_together_are_numbers_one_by_one() -> None:
    words = [
        "",
        "1",
        "-2.5",
        "+3",
        "−4",
        ".5",
        "6.",
        "1e3",
        "1e+3",
        "007",
        "NA",
        "nan",
        "1,5",
        ",5",
        "x",
        "1234567890123456",
    ]
    rng = np.random.default_rng(5)
    for place in range(1_000):
        some, comma = rng.choice(words, size=5, replace=False).tolist(), place % 2 == 0
        expected = [number(word, comma=comma) for word in some]
        assert np.array_equal(
            written_numbers(pa.array(some), comma=comma).values, expected, equal_nan=True
        ), some


def column(folder: Path, *cells: str, delimiter: str = ";") -> Microdata:
    written = "\n".join(f'"{cell}"{delimiter}z' for cell in cells)
    (folder / "a.csv").write_text(f"n{delimiter}m\n{written}\n", encoding="utf-8")
    return read(folder / "a.csv")


WITH_NUMBERS = Codebook({"n": Variable("n", storage="number")})


@pytest.mark.parametrize(
    ("cells", "delimiter", "said", "remedy", "numbers"),
    [
        (("47.10", "47.1"), ",", "47.10", {"codebook": WITH_NUMBERS}, [47.1, 47.1]),
        (("47,10", "47,1", "46,9"), ";", "47.10", {"codebook": WITH_NUMBERS}, [47.1, 47.1, 46.9]),
        (("3.0", "3.00"), ",", "47.10", {"codebook": WITH_NUMBERS}, [3, 3]),
        (("1E3", "12"), ",", "47.10", {"codebook": WITH_NUMBERS}, [1000, 12]),
        (("1,234", "2,345"), ",", "their commas", {"decimal": "."}, [1234, 2345]),
        (("1,5", "2,25", "4"), ",", "their commas", {"decimal": ","}, [1.5, 2.25, 4]),
        (("75 001", "69 003"), ";", "groups of three", {"codebook": WITH_NUMBERS}, [75001, 69003]),
    ],
)
def test_numbers_left_as_words_are_told_with_what_makes_numbers_of_them(
    tmp_path: Path,
    cells: tuple[str, ...],
    delimiter: str,
    said: str,
    remedy: Any,
    numbers: list[float],
) -> None:
    data = column(tmp_path, *cells, delimiter=delimiter)
    assert data.frame["n"].tolist() == list(cells)
    (notice,) = data.codebook.origin.notices
    assert said in notice.en
    assert notice.en.endswith(": `n`.")
    assert not any(cell in notice.fr for cell in set(cells) - {"47.10", "47.1"})
    again = read(tmp_path / "a.csv", **remedy)
    assert again.frame["n"].tolist() == numbers


def test_zeros_at_the_end_that_tell_no_codes_apart(tmp_path: Path) -> None:
    for cells in (("1.50", "2.25", "3.10"), ("1.0", "2.50", "700.0"), ("10", "100", "1.5")):
        data = column(tmp_path, *cells, delimiter=",")
        assert data.frame["n"].tolist() == [float(cell) for cell in cells]
        assert notices(data) == []
    many = [f"{10 + number % 80}.{number % 9 + 1}" for number in range(3000)]
    assert column(tmp_path, *many, delimiter=",").frame["n"].dtype == np.float64
    assert column(tmp_path, *many, "47.10", "47.1", delimiter=",").frame["n"].tolist()[-2:] == [
        "47.10",
        "47.1",
    ]


def test_thousands_that_stand_apart_and_what_may_be_a_code(tmp_path: Path) -> None:
    numbers: dict[tuple[str, ...], list[float]] = {
        ("850", "1 234,50"): [850.0, 1234.5], ("850", "1\u202f234", "12\u00a0000\u00a0000"): [850, 1234, 12_000_000],
        ("1,234.50", "1,234"): [1234.5, 1234.0], ("-1 000", "20"): [-1000, 20],
        ("1.234,50", "9.000", "2,5"): [1234.5, 9000, 2.5], ("1.234.567", "9.000", "850"): [1_234_567, 9000, 850],
        ("1 234", "2 345", "1 500"): [1234, 2345, 1500], ("1\u202f234", "2\u202f345"): [1234, 2345],
        ("1\u2007234", "12\u2008500"): [1234, 12500], ("1\u2005234", "2\u205f345"): [1234, 2345],
        ("1'234.50", "2'345.10"): [1234.5, 2345.1], ("12\u2019345", "98\u2019765"): [12345, 98765],
        ("25 000", "32 500", "18 250"): [25000, 32500, 18250], ("1,234,567", "9,000"): [1_234_567, 9000],
    }  # fmt: skip
    for cells, known in numbers.items():
        data = column(tmp_path, *cells)
        assert data.frame["n"].tolist() == known
        assert data.codebook.origin.notices == (
            Text(
                'Les séparateurs de milliers ne font pas partie des nombres (`storage = "words"` '
                "dans un "
                "dictionnaire les garde)\u00a0: `n`.",
                'Thousands separators are not part of the numbers (`storage = "words"` in a '
                "codebook keeps them): "
                "`n`.",
            ),
        )
    for cells in (
        ("732 829 320", "552 081 317"),  # identifiers of firms: all of one length
        ("75 001", "69 003"),  # postcodes
        *(("06 12 34 56 78", "01 23 45 67 89"), ("1 23", "850"), ("1 234", "x")),
        *(("1.234,50", "9.5"), ("1.234,50", "1,234.50"), ("1.234.567", "9.000.000")),
    ):
        data = column(tmp_path, *cells)
        assert data.frame["n"].tolist() == list(cells)
        said = [each.en for each in data.codebook.origin.notices]
        assert not any(each.startswith("Marks between thousands") for each in said)
    column(tmp_path, "1.234,50", "9.000")
    assert read(tmp_path / "a.csv", decimal=",").frame["n"].tolist() == [1234.5, 9000]
    # decimal commas, where commas do not part fields
    data = column(tmp_path, "1,234", "5,67", delimiter="|")
    assert (data.frame["n"].tolist(), data.codebook.origin.notices) == ([1.234, 5.67], ())


def test_columns_that_identify_people_are_pointed_out_at_once(tmp_path: Path) -> None:
    people = "nom;prenom;email;ip;age\n" + "".join(
        f"Nom{n};Pré{n};a{n}@b.fr;192.0.2.{n};{n}\n" for n in range(20, 60)
    )
    (tmp_path / "a.csv").write_text(people, encoding="utf-8")
    data = read(tmp_path / "a.csv")
    assert data.codebook.origin.notices == (
        Text(
            "Peuvent identifier des personnes\u00a0: `nom`, `prenom`, `email`, `ip`. Voir "
            '`data.identifiers()`\u202f; `data.pseudonymise` les remplace (`private="keep"` supprime '
            "cet avis).",
            "May identify people: `nom`, `prenom`, `email`, `ip`. See `data.identifiers()`; "
            "`data.pseudonymise` "
            'replaces them (`private="keep"` silences this notice).',
        ),
    )
    assert list(data.frame) == ["nom", "prenom", "email", "ip", "age"]
    assert read(tmp_path / "a.csv", private="keep").codebook.origin.notices == ()
    assert read(tmp_path / "a.csv", columns=["age"]).codebook.origin.notices == ()
    hidden = data.pseudonymise(data.identifiers().columns, "a key of sixteen or more")
    for written in (data, hidden):  # what diplab wrote says nothing again
        for suffix in (".csv", ".sav"):
            assert read(write(written, tmp_path / f"b{suffix}")).codebook.origin.notices == ()
    statistical = data.frame.rename(columns=dict(zip(data.frame, "abcde", strict=True)))
    pyreadstat.write_dta(
        statistical, tmp_path / "c.dta", column_labels=["Quel est votre nom ?", "", "", "", ""]
    )
    (notice,) = read(tmp_path / "c.dta", isolated=False).codebook.origin.notices
    assert notice.en.startswith("May identify people: `a`, `c`, `d`.")


def test_true_and_false_are_words_unless_the_codebook_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c\ntrue,VRAI,1\nFALSE,faux,\n", encoding="utf-8")
    assert read(tmp_path / "a.csv").frame["a"].tolist() == ["true", "FALSE"]
    (tmp_path / "a.codebook.toml").write_text(
        "".join(f'[variables.{name}]\nstorage = "boolean"\n' for name in "abc"), encoding="utf-8"
    )
    data = read(tmp_path / "a.csv")
    assert data.frame["a"].tolist() == data.frame["b"].tolist() == [True, False]
    assert (data.frame["a"].dtype, data.frame["c"].tolist()[0]) == (bool, 1.0)
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


# -- what is above the header, and the options of the call ---------------------------------------------------------


def frame_and_notices(
    folder: Path, text: str | bytes, **options: Any
) -> tuple[dict[str, list[object]], list[str]]:
    data = read_text(folder, text, **options)
    return data.frame.to_dict("list"), notices(data)


SEX_AND_AGE = {"age": [34, 45], "sexe": ["F", "H"]}
ABOVE = {
    "sep=;\n": "(line 2): 1, of the form `sep=;`",
    "SEP=;\r\n\r\n": "(line 3): 1, of the form `SEP=;`",
    "Enquête emploi 2021\n": "(line 2): 1, of the form `xxxxxxx xxxxxx 0000`",
    "Résultats;\n": "(line 2): 1, of the form `xxxxxxxxx`",
    "sep=;\nEnquête emploi, 2021\n\nSource : Insee;\n;\n": (
        "(line 6): 3, of the form `sep=;`, `xxxxxxx xxxxxx, 0000`, `xxxxxx : xxxxx`"
    ),
}


@pytest.mark.parametrize("above", ABOVE)
def test_lines_above_the_header_are_left_out(tmp_path: Path, above: str) -> None:
    found = frame_and_notices(tmp_path, f"{above}age;sexe\n34;F\n45;H\n")
    said = f"Lines left out above the header {ABOVE[above]}, with x for each letter and 0 for each digit "
    assert found == (SEX_AND_AGE, [f"{said}(`header=` says which line is the header)."])
    # the call overrules it
    line = above.count("\n") + 1
    for options in ({"header": line}, {"skip": line - 1}):
        assert frame_and_notices(tmp_path, f"{above}age;sexe\n34;F\n45;H\n", **options) == (
            SEX_AND_AGE,
            [],
        )


def test_words_with_their_values_above_a_wide_table(tmp_path: Path) -> None:
    for marks in ("", ";;"):
        above = f"Export;12/03/2021{marks}\nAuteur;Insee{marks}\n"
        frame, (notice,) = frame_and_notices(
            tmp_path, f"{above}id;age;sexe;ville\n1;34;F;Lyon\n2;45;H;Lens\n"
        )
        assert list(frame) == ["id", "age", "sexe", "ville"]
        assert notice.startswith(
            "Lines left out above the header (line 3): 2, of the form `xxxxxx;00/00/0000`, "
            "`xxxxxx;xxxxx`, "
        )


# the name of one column, which holds prose or numbers; records that are not all as wide
NO_TITLES = {
    "ville\nLyon,France\nParis,France\n": None, "texte libre\nbonjour, ça va\nnon, rien\n": None,
    "index,,\n1,a,b\n2,c,d\n3,e,f\n": ["index", "column_2", "column_3"],
    "a\n1,2\n3,4\n": None, "a,b\n1,2,3\n4,5,6\n": None, "revenu\n1,5\n2,5\n": None,
    "Titre court\na,b\n1,2\n3\n": None, "x;\n1;2\n": ["x", "column_2"], "uses\nA;B\nB;A\n": ["uses"],
    "nom\n34\n45\n": ["nom"], "Q1;;Q2;\na;b;c;d\nx;y;z;1\n": ["Q1 / a", "Q1 / b", "Q2 / c", "Q2 / d"],
    ",fields\n0,Sex\n1,Age\n": ["column_1", "fields"], ",,n\na,b,x\nc,d,y\n": ["column_1", "column_2", "n"],
    "pays;2019;2020\nFR;1;2\n": ["pays", "2019", "2020"],
}  # fmt: skip


def test_what_is_no_title(tmp_path: Path) -> None:
    for text, names in NO_TITLES.items():
        if names is None:
            with pytest.raises(LoadError, match=r"`a\.csv` cannot be read\. Its line \d has "):
                read_text(tmp_path, text)
        else:
            assert list(read_text(tmp_path, text).frame) == names


def test_a_header_of_numbers_is_said(tmp_path: Path) -> None:
    answered = "7,Anne,20,1200\n8,Paul,31,1300\n"
    for text, said in (
        *(("1,2.5\n3,4\n", True), (answered, True), ("town,2019,2020\nPau,3,4\n", False)),
        *(("2019,2020\n3,4\n", False), ("id,2\n3,4\n", False), ("id,1,2\n7,3,4\n", False)),
    ):
        _, found = frame_and_notices(tmp_path, text)
        of_header = [each for each in found if each.startswith("The line taken as the header")]
        assert len(of_header) == said, text
    many = ",".join(["a"] * 9)
    assert "`a_7`, ...)." in frame_and_notices(tmp_path, f"{many}\n{many}\n")[1][0]


def test_lines_of_errors_are_those_of_the_file(tmp_path: Path, refused: Any) -> None:
    refused(lambda: read_text(tmp_path, "sep=;\nUn titre\n\na;b\n1;2\n3\n"), LoadError)
    refused(lambda: read_text(tmp_path, "x\ny\na;b\n1;2\n3\n", header=3), LoadError)
    refused(lambda: read_text(tmp_path, "1;2\n3\n", header=0), LoadError)
    refused(lambda: read_text(tmp_path, "a\n1,2\n", header=9), LoadError)
    refused(
        lambda: read_text(tmp_path, "ville\nOrléans\n".encode("cp1252"), encoding="utf-8"),
        LoadError,
    )


def test_options_of_the_call_overrule_guesses(tmp_path: Path) -> None:
    found: dict[str, tuple[dict[str, Any], dict[str, list[object]]]] = {
        "1;2\n3;4\n": ({"header": 0}, {"column_1": [1, 3], "column_2": [2, 4]}),
        "x\ny\n1;2;\n": ({"header": 0, "skip": 2}, {"column_1": [1], "column_2": [2]}),
        "sep=;\n1;2\n": ({"header": 0}, {"column_1": [1], "column_2": [2]}),
        "sep=;\na,b\n": ({"header": 1, "delimiter": ","}, {}),
        "a;b,c\n1;2,5\n": ({"delimiter": ";"}, {"a": [1], "b,c": [2.5]}),
        "a~b\n1~2\n": ({"delimiter": "~"}, {"a": [1], "b": [2]}),
        "a;b\n1,23;5\n": ({"decimal": "."}, {"a": ["1,23"], "b": [5]}),
        'a,b\n"1,5",5\n': ({"decimal": ","}, {"a": [1.5], "b": [5]}),
    }
    for text, (options, expected) in found.items():
        if expected:
            assert frame_and_notices(tmp_path, text, **options) == (expected, [])
    data = read_text(tmp_path, "ville\nOrlŽans\n".encode("cp1252"), encoding="mac-roman")
    assert (data.frame["ville"].tolist(), notices(data)) == (["Orléans"], [])
    assert data.codebook.origin.reader == "delimited text, mac-roman, delimiter `,`"
    # exports of questionnaires too
    form = "Horodateur;Vos villes ?\n25/11/2026 14:03:10;Orléans\n".encode("mac-roman")
    assert read_text(tmp_path, form, encoding="macroman", delimiter=";").frame["q01"].tolist() == [
        "Orléans"
    ]
    assert "(`encoding=` overrules it)" in notices(read_text(tmp_path, form))[0]
    # a comma before three digits is in doubt
    for text, options, number, words in (
        (
            "a;b\n1,234;5\n",
            {},
            1.234,
            "Commas read as decimal marks, although three digits follow each of them ",
        ),
        (
            "a;b\n1,234;5\n",
            {"decimal": "."},
            1234,
            "Thousands separators are not part of the numbers ",
        ),
    ):
        frame, (notice,) = frame_and_notices(tmp_path, text, **options)
        assert (frame["a"], notice[: len(words)]) == ([number], words)
    assert frame_and_notices(tmp_path, "a;b\n1,234;5\n", decimal=",")[1] == []
    assert frame_and_notices(tmp_path, "a;b\n1,234 €;5\n")[1][0].startswith(
        "Commas read as decimal marks"
    )
    assert frame_and_notices(tmp_path, "a;b\n1,234;5\nun peu;6\n")[1] == []
    _, (notice,) = frame_and_notices(tmp_path, "a;b,c\n1;2,5\n")
    assert (
        notice
        == "The delimiter was taken to be `,`, and the lines could be cut at `;` as well (`delimiter=` decides)."
    )


def test_points_before_three_digits_where_fields_are_not_parted_by_commas(tmp_path: Path) -> None:
    rows = "x;y\n1.234;2,5\n5.678;3,1\n9.000;4\n"
    data = read_text(tmp_path, rows)
    assert data.frame["x"].tolist() == [1.234, 5.678, 9.0]
    assert data.codebook.origin.notices == (
        Text(
            "Points lus comme marques décimales, alors que trois chiffres les suivent partout "
            '(`decimal=","` en fait des séparateurs de milliers)\u00a0: `x`.',
            "Points read as decimal marks, although three digits follow each of them "
            '(`decimal=","` reads them as thousands separators): `x`.',
        ),
    )
    assert read_text(tmp_path, rows, decimal=",").frame["x"].tolist() == [1234, 5678, 9000]
    assert notices(read_text(tmp_path, rows.replace("1.234", "1.234 €")))[0].endswith(": `x`.")
    many = "".join(f"{1 + n / 1000:.3f};2,5\n" for n in range(500))
    assert "Points read" in notices(read_text(tmp_path, f"x;y\n{many}"))[0]
    for plain in (f"x;y\n{many}1.5;2,5\n", f"x;y\n{many}0.500;2,5\n"):
        assert notices(read_text(tmp_path, plain)) == []
    assert "Points read" in notices(read_text(tmp_path, rows.replace(",", ".")))[0]
    assert notices(read_text(tmp_path, rows.replace(",", ".").replace(";", ","))) == []


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_amounts_with_both_marks_stay_words_and_are_told(tmp_path: Path, delimiter: str) -> None:
    rows = "".join(f'{at}{delimiter}"1.20{at},5"\n{at}{delimiter}"1,30{at}.5"\n' for at in range(9))
    data = read_text(tmp_path, f"id{delimiter}pay\n{rows}")
    assert data.frame["pay"].tolist()[:2] == ["1.200,5", "1,300.5"]
    [said] = notices(data)
    assert said.startswith(
        "Columns left as words, because their commas may mark decimals or thousands"
    )
    assert said.endswith(": `pay`.")


@pytest.mark.parametrize("cells", [("2021-04-13", "14/04/2021"), ("14.04.2021", "2021/4/13")])
def test_dates_with_the_year_first_and_last_are_told(
    tmp_path: Path, cells: tuple[str, str]
) -> None:
    data = read_text(tmp_path, "day\n" + "\n".join(cells))
    assert data.frame["day"].tolist() == [*cells]
    assert data.codebook.origin.notices == (
        Text(
            "Dates laissées en mots, car les unes commencent par l’année, les autres par le jour "
            "ou le mois\u00a0: `day`.",
            "Dates left as words, since some begin with the year, and others with the day or the "
            "month: `day`.",
        ),
    )
    assert notices(read_text(tmp_path, "day\n" + "\n".join((*cells, "one day")))) == []


@pytest.mark.parametrize(
    "text", [";;;\n;;;\n", ",,\n,,\n", ";\n", "\t\t\n\t\t\n", '"",""\n"",""\n']
)
def test_delimiters_alone_are_no_table(tmp_path: Path, text: str) -> None:
    found = str(raised(LoadError, read_text, tmp_path, text))
    assert "Nothing is in it but blanks and delimiters" in found


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html>\n<html><body>Log in, Anne</body></html>\n",
        "<html><table><tr><td>Anne</td></tr></table></html>",
        '<?xml version="1.0"?><a>Anne</a>',
        '{"name": "Anne", "pay": 1200}',
        '[{"name": "Anne"}]',
    ],
)
def test_markup_under_the_suffix_of_a_text_is_refused(tmp_path: Path, text: str) -> None:
    found = str(raised(LoadError, read_text, tmp_path, text))
    assert "It is a web page, XML or JSON under the suffix of a delimited text" in found
    assert "Anne" not in found


def test_as_many_letters_of_utf_8_as_of_another_encoding_are_a_mixture(tmp_path: Path) -> None:
    half = "town\n" + "Orléans\n" * 12
    (tmp_path / "a.csv").write_bytes(half.encode() + half.removeprefix("town\n").encode("cp1252"))
    found = str(raised(LoadError, read, tmp_path / "a.csv"))
    assert "Its line 14 holds the byte 0xe9" in found


def test_words_among_numbers_are_pointed_out(tmp_path: Path) -> None:
    numbers = [f"{n},5" for n in range(10)]
    data = read_text(
        tmp_path, "\n".join(["a;b;c", *(f"{n};{n};{n}" for n in numbers), "environ 12;1.5;", ""])
    )
    assert data.frame.dtypes.astype(str).tolist() == ["str", "str", "float64"]
    (notice,) = data.codebook.origin.notices
    assert notice.fr.startswith(
        "Colonnes laissées en mots, bien que la plupart de leurs cellules soient des "
        "nombres\u00a0; "
    )
    assert notice.fr.endswith("\u00a0: `a` (`xxxxxxx 00`), `b` (`0.0`).")
    assert notice.en == (
        "Columns left as words, although most of their cells are numbers; in brackets, the form of "
        "a cell that is "
        "not a number or has the other decimal mark, with x for each letter and 0 for each digit "
        "(a codebook may "
        'declare it missing, or say `storage = "words"`): `a` (`xxxxxxx 00`), `b` (`0.0`).'
    )
    silent = (
        *(
            ["12-15", *numbers[1:]],
            [*"stuvxy", *numbers],
            ["2A", "2B", *numbers, *map(str, range(20, 40))],
        ),
        *(
            ["01", *numbers],
            ["9" * 16, *numbers],
            ["NSP", *numbers],
        ),  # codes, and what says why there is no answer
    )
    for words in silent:
        assert not [
            each
            for each in notices(column(tmp_path, *words))
            if each.startswith("Columns left as words")
        ], words
    told = Codebook(
        {
            "n": Variable("n", storage="words"),
            "m": Variable("m", values={"environ": Text.same("x")}),
        }
    )
    (tmp_path / "b.csv").write_text(
        "n;m\n" + "".join(f"{n};{n}\n" for n in ["environ", *numbers]), encoding="utf-8"
    )
    assert notices(read(tmp_path / "b.csv", codebook=told)) == []


def test_ages_with_refusals_of_many_kinds_are_pointed_out(tmp_path: Path) -> None:
    refusals = [
        "secret",
        "bof",
        "pourquoi ?",
        "trop",
        "no comment",
        "vieux",
        "jeune",
        "passe",
        "hors sujet",
        "ah",
    ]
    data = column(tmp_path, *map(str, range(18, 70)), *refusals)
    assert data.frame["n"].tolist()[:2] == ["18", "19"]
    assert [each[:53] for each in notices(data)] == [
        "Columns left as words, although most of their cells a"
    ]
    # in rows: few ages, each given by many
    assert len(notices(column(tmp_path, *[*map(str, range(30, 42))] * 9, *refusals))) == 1


def test_the_line_that_opens_a_quotation_is_blamed(tmp_path: Path) -> None:
    rows = "".join(f"{number},x{number}\n" for number in range(2, 40_000))
    for text, line in (
        ('id,v\n1,"abc\n' + rows, 2),
        ('id,v\n1,abc\n2,"x\n3,y\n4,"z"\n', 3),
        ('id,v\n1,abc\n\n2,"x\n3,y\n4,z\n', 4),
    ):
        with pytest.raises(
            LoadError,
            match=f"Its line {line} opens a quotation that no mark closes where a field ends",
        ):
            read_text(tmp_path, text)
    with pytest.raises(
        LoadError, match="Its line 2 has 3 fields"
    ):  # closed by a mark some lines below
        read_text(tmp_path, 'id,v\n1,"a\n2,b",c\n')


def test_notices_quote_as_each_language_does(tmp_path: Path) -> None:
    (notice,) = read_text(tmp_path, "a;b\n1;2\n3;4\nSource : Insee\n").codebook.origin.notices
    assert notice.fr == (
        "Notes laissées de côté au-dessous de la table\u00a0: 1, qui commencent par «\u00a0Source "
        ":\u00a0» "
        "(`footer=0` les garde)."
    )
    assert (
        notice.en
        == "Notes left out below the table: 1, which begin with “Source :” (`footer=0` keeps them)."
    )
    book = workbook(tmp_path / "a.xlsx", {"s": [["a", "b"], [1, 2], [3, 4], ["Source : Insee"]]})
    assert read(book).codebook.origin.notices == (notice,)


WRONG: tuple[dict[str, Any], ...] = (
    *(
        {"encoding": "klingon"},
        {"encoding": "hex"},
        {"encoding": 3},
        {"delimiter": ""},
        {"delimiter": ";;"},
    ),
    *(
        {"delimiter": '"'},
        {"delimiter": "\\t"},
        {"decimal": ";"},
        {"header": -1},
        {"header": 1.5},
        {"skip": -1},
    ),
    *({"header": 2, "skip": 2}, {"names": "keep"}),
)


def test_options_that_mean_nothing(tmp_path: Path, refused: Any) -> None:
    for options in WRONG:
        refused(partial(read_text, tmp_path, "a;b\n1;2\n", **options), OptionError)
    (tmp_path / "folder").mkdir()
    read_text(tmp_path / "folder", "a;b\n1;2\n")
    for options in ({"header": 1}, {"encoding": "utf-8"}, {"table": "a"}):
        refused(partial(read, tmp_path / "folder", **options), OptionError)


def test_delimiters_at_the_end_of_lines_and_names_to_repair(tmp_path: Path, refused: Any) -> None:
    assert frame_and_notices(tmp_path, "a;b;;\n1;2;;\n") == ({"a": [1], "b": [2]}, [])
    assert list(read_text(tmp_path, "a;b;\n1;2;\n3;4;x\n").frame) == ["a", "b", "column_3"]
    text = 'a,a,,Dur\u00ade,"b\nc"\n1,2,3,4,5\n'
    frame, (notice,) = frame_and_notices(tmp_path, text)
    assert frame == {"a": [1], "a_2": [2], "column_3": [3], "Dure": [4], "b c": [5]}
    assert "4 ('a' → `a_2`" in notice
    data = read_text(tmp_path, text, columns=["Dur\u00ade", "a_2", "b c"])
    assert data.frame.to_dict("list") == {"Dure": [4], "a_2": [2], "b c": [5]}
    refused(lambda: read_text(tmp_path, text, names="refuse"), LoadError)


def test_text_by_other_suffixes(tmp_path: Path) -> None:
    assert read_text(tmp_path, 'a\tb\n1\t"x;y"\n', "a.tab").frame["b"].tolist() == ["x;y"]
    # as Dataverse writes words
    data = read_text(tmp_path, 'a\tb\n1\t"he said \\"hi\\"\\n\\\\"\n', "a.tab")
    assert data.frame["b"].tolist() == ['he said "hi"\n\\']
    assert read_text(tmp_path, "a;b\n1;2\n", "a.txt").frame["b"].tolist() == [2]
    for text in ("Dear all, hello\nBest, me\n", "a\n1\n", "a;b\n1;2;3\n"):
        with pytest.raises(LoadError, match="Its suffix does not say how it is written"):
            read_text(tmp_path, text, "a.txt")


FRENCH = (
    "ville;revenu;remarque\n"
    "Orléans;1500;« très précaire », dit-elle\n"
    "Besançon;900;la sœur aînée, payée à la tâche\n"
    "Nîmes;1200;où ? À Alès, l'été dernier\n"
)


LIGATURES = "mot;prix\nsœur;20 €\ncœur;30 €\nœuvre;5 €\nété;1 €\nnoël;2 €\n"


def source(content: bytes) -> SourceFile:
    return SourceFile(Path("a.csv"), content)


def test_the_french_of_two_systems() -> None:
    count = sum(each > "\x7f" for each in FRENCH)
    for encoding in ("cp1252", "mac-roman"):
        found = decode(source(FRENCH.encode(encoding)))
        assert (found.text, found.encoding) == (FRENCH, encoding)
        (notice,) = found.notices
        assert (
            f"lu en {encoding} (`encoding=` en impose un autre), où {count} lettres accentuées ou "
            "signes " in notice.fr
        )
        assert notice.en == (
            f"It is not UTF-8 and was read as {encoding} (`encoding=` overrules it), in which "
            f"{count} of {count} "
            "characters beyond ASCII fit; look at é, «, è, », ç, œ, ..."
        )


def test_other_languages() -> None:
    for encoding, text in (
        ("iso8859-15", LIGATURES),
        ("cp1252", LIGATURES),
        (
            "cp1252",
            "ciudad;años\nMálaga;30\nCádiz;41\nLogroño;28\n¿dónde?;2\nniño;3\npaís;4\nmañana;5\n",
        ),
        ("cp1252", "cidade;região\nSão Paulo;não\nBelém;coração\nMaceió;às vezes\nGoiânia;três\n"),
        ("cp1252", "Stadt;Straße\nKöln;größer\nMünchen;für\nZürich;süß\nGöttingen;schön\n"),
    ):
        found = decode(source(text.encode(encoding)))
        assert (found.text, found.encoding) == (text, encoding)
    for encoding, text in (
        (
            "cp1251",
            "город;ответ\nМосква;я работаю дома каждый день\nКазань;мне платят за задание\n" * 5,
        ),
        (
            "cp1250",
            "miasto;odpowiedź\nŁódź;pracuję codziennie w domu, płacą mi za każde zadanie\n" * 8,
        ),
    ):
        assert decode(source(text.encode(encoding))).text == text


def test_damaged_letters_in_english_are_no_other_alphabet() -> None:
    for damage, encoding in (
        (b"\x81\xca\x89\xdb\xd3", "iso8859-1"),
        (b"\xca\x89\xdb\xd3", "cp1252"),
    ):
        line = b"They want to know how the poll was made and %s says who pays for it\n" % damage
        found = decode(source(line * 40))
        assert (found.text, found.encoding) == ((line * 40).decode(encoding), encoding)
        assert "(`encoding=` overrules it), in which " in found.notices[0].en
    # names in another alphabet among many words
    english = (
        "1;a long answer in English with many words in it, of which none needs other letters\n"
    )
    text = (english * 9 + "Москва;я работаю дома каждый день\nКазань;мне платят за задание\n") * 5
    assert decode(source(text.encode("cp1251"))).text == text


def test_few_letters_and_lost_ones(tmp_path: Path) -> None:
    found = decode(source("ville\nOrléans\n".encode("cp1252")))
    assert (found.text, found.encoding) == ("ville\nOrléans\n", "cp1252")
    assert found.notices
    text = FRENCH.replace("œ", "oe")
    assert decode(source(text.encode("cp850"))).text == text
    (tmp_path / "a.csv").write_text("ville,n\nOrl\ufffdans,1\nNi\ufffdmes,2\n", encoding="utf-8")
    data = read(tmp_path / "a.csv")
    assert [str(each) for each in data.codebook.origin.notices] == [
        (
            "It holds the mark of a lost character (U+FFFD) 2 times: they were lost before this file was "
            "written."
        )
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_is_certain_has_no_notice(encoding: str) -> None:
    found = decode(source(FRENCH.encode(encoding)))
    assert ((found.text, found.encoding), found.notices) == (
        (FRENCH, encoding.removesuffix("-sig")),
        (),
    )


def test_texts_cut_or_in_two_encodings_are_refused(refused: Any) -> None:
    content = FRENCH.encode() + "Évreux;1;à l'été\n".encode("cp1252")
    refused(lambda: decode(source(content)), LoadError)
    refused(lambda: decode(source(FRENCH.encode("utf-16")[:-1])), LoadError)


@pytest.mark.shared
def test_real_french_in_old_encodings(shared: Path) -> None:
    text = (shared / "data/french/sodp2020_key_fr.csv").read_text(encoding="utf-8-sig")
    letters = "".join(each for each in text if each.encode("mac-roman", "ignore"))
    for encoding in ("cp1252", "mac-roman", "cp850", "iso8859-15"):
        plain = letters.encode(encoding, "ignore").decode(encoding)
        assert decode(source(plain.encode(encoding))).text == plain
