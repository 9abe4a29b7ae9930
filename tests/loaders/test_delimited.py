"""CSV and TSV: delimiter, decimal mark, encoding, and the codebook beside the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.read import read
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.microdata.microdata import Microdata


def read_text(
    folder: Path, text: str | bytes, name: str = "a.csv", codebook: Codebook | None = None
) -> Microdata:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(folder / name, codebook=codebook)


def test_semicolon_and_decimal_comma(tmp_path: Path) -> None:
    data = read_text(tmp_path, "sexe;heures;revenu, net\nF;3,5;10\nM;-4;\n")
    assert data.frame["heures"].tolist() == [3.5, -4.0]
    assert data.frame["revenu, net"].dropna().tolist() == [10.0]
    assert data.codebook.origin.reader == "delimited text, utf-8, delimiter `;`, decimal comma"


def test_commas_between_fields_are_never_decimal(tmp_path: Path) -> None:
    data = read_text(tmp_path, 'sex,income\nF,"1,234"\nM,"5,678"\n')
    assert data.frame["income"].tolist() == ["1,234", "5,678"]
    assert data.codebook.origin.reader == "delimited text, utf-8, delimiter `,`"


def test_comma_and_point_in_one_column_stay_words(tmp_path: Path) -> None:
    assert read_text(tmp_path, "a;b\n1.500;1\n3,5;2\n").frame["a"].tolist() == ["1.500", "3,5"]


def test_tabs(tmp_path: Path) -> None:
    data = read_text(tmp_path, "a\tb\n1\tx;y\n", "a.tsv")
    assert data.frame["b"].tolist() == ["x;y"]
    assert data.codebook.origin.reader == "delimited text, utf-8, delimiter `tab`"


def test_apostrophes_around_each_name_are_marks_of_quotation(tmp_path: Path) -> None:
    data = read_text(tmp_path, "'age'\t'job'\n36\t'cook\tand waiter'\n20\tl'usine\n")
    assert data.frame["age"].tolist() == [36, 20]
    assert data.frame["job"].tolist() == ["cook\tand waiter", "l'usine"]
    said = "delimited text, utf-8, delimiter `tab`, apostrophes around words"
    assert data.codebook.origin.reader == said


def test_an_apostrophe_in_a_header_is_a_letter(tmp_path: Path) -> None:
    data = read_text(tmp_path, "'age',l'emploi\n36,'a'\n")
    assert list(data.frame) == ["'age'", "l'emploi"]
    assert data.frame["l'emploi"].tolist() == ["'a'"]


def test_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert list(read_text(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n").frame) == ["a", "b"]
    assert list(read_text(tmp_path, "a,b\n1,2\n".encode("utf-16")).frame) == ["a", "b"]


def test_cp1252_is_read_and_said(tmp_path: Path) -> None:
    data = read_text(tmp_path, "ville;n\nOrléans;1\n".encode("cp1252"))
    assert data.frame["ville"].tolist() == ["Orléans"]
    assert data.codebook.origin.reader == "delimited text, cp1252, delimiter `;`"


def test_kinds_of_columns(tmp_path: Path) -> None:
    data = read_text(
        tmp_path,
        "whole,gaps,postcode,id,words,r,blank\n"
        "1,1,01000,1234567890123456,NA,NA,\n"
        "2,,75001,1234567890123457,x,2.5,\n"
        "\u22123, ,69001,1234567890123458,,1e3,\n",
    )
    frame = data.frame
    assert frame["whole"].tolist() == [1, 2, -3]
    assert frame["whole"].dtype == np.int64
    assert frame["gaps"].dtype == np.float64
    assert frame["postcode"].tolist() == ["01000", "75001", "69001"]
    assert frame["id"].tolist()[0] == "1234567890123456"
    assert frame["words"].dropna().tolist() == ["NA", "x"]
    assert frame["r"].dropna().tolist() == [2.5, 1000.0]
    assert frame["blank"].isna().all()
    assert data.codebook.reasons == {
        "gaps": {"system": 2},
        "words": {"system": 1},
        "r": {"system": 1},
        "blank": {"system": 3},
    }


def test_declared_codes_in_columns_of_words_and_of_numbers(tmp_path: Path) -> None:
    codebook = Codebook(
        {
            "status": Variable("status", missing={"CONSENT_REVOKED": "withdrawn", "DATA_EXPIRED": "expired"}),
            "age": Variable("age", missing={"CONSENT_REVOKED": "withdrawn", 99: "refused"}),
            "pay": Variable("pay", missing_ranges=(MissingRange(900, 999, "not asked"),)),
        }
    )
    data = read_text(
        tmp_path,
        "status,age,pay\n"
        "full time,35,10\n"
        "CONSENT_REVOKED,CONSENT_REVOKED,900.5\n"
        "DATA_EXPIRED,99,20\n"
        ",99.0,NA\n",
        codebook=codebook,
    )
    assert data.frame["status"].dropna().tolist() == ["full time"]
    assert data.frame["age"].dropna().tolist() == [35.0]
    assert data.frame["pay"].dropna().tolist() == [10.0, 20.0]
    assert data.codebook.reasons == {
        "status": {"withdrawn": 1, "expired": 1, "system": 1},
        "age": {"withdrawn": 1, "refused": 2},
        "pay": {"not asked": 1, "system": 1},
    }


def test_codes_that_the_codebook_writes_as_words_stay_words(tmp_path: Path) -> None:
    codebook = Codebook({"a": Variable("a", values={"1": Text.same("one")})})
    assert read_text(tmp_path, "a\n1\n2\n", codebook=codebook).frame["a"].tolist() == ["1", "2"]


def test_codebook_beside_the_file(tmp_path: Path) -> None:
    codebook = Codebook({"sex": Variable("sex", label=Text("sexe", "sex"))}, Origin(synthetic=True))
    write_codebook(codebook, tmp_path / "a.codebook.toml")
    data = read_text(tmp_path, "sex,age\nF,3\n")
    assert data.codebook["sex"].label.fr == "sexe"
    assert list(data.codebook) == ["sex", "age"]
    assert data.codebook.origin.synthetic
    assert data.codebook.origin.file == "a.csv"


def test_columns(tmp_path: Path, error_text: Any) -> None:
    (tmp_path / "a.csv").write_text("a,b,c\n1,2,3\n", encoding="utf-8")
    assert list(read(tmp_path / "a.csv", columns=["c", "a"]).frame) == ["c", "a"]
    with pytest.raises(ColumnError) as error:
        read(tmp_path / "a.csv", columns=["a", "hours", "pay"])
    error_text(error)


def test_unnamed_columns_are_named_by_their_place(tmp_path: Path) -> None:
    assert list(read_text(tmp_path, ",a\n1,x\n").frame) == ["column_1", "a"]


@pytest.mark.parametrize(
    "text", ["a,b,c\n1,2,3\n4,5\n", 'a,b\n1,"2\n', "a,b,a\n1,2,3\n", "\n\n", b"PK\x03\x04\0\0", b"a\n\x81\n"]
)
def test_refusals(tmp_path: Path, text: str | bytes, error_text: Any) -> None:
    with pytest.raises(LoadError) as error:
        read_text(tmp_path, text)
    error_text(error)


@pytest.mark.parametrize("names", [["sexe"], ["sexe", "x"]])
def test_codebook_of_another_file(tmp_path: Path, names: list[str], error_text: Any) -> None:
    with pytest.raises(LoadError) as error:
        read_text(tmp_path, "sex,age\nF,3\n", codebook=Codebook({name: Variable(name) for name in names}))
    error_text(error)


@pytest.mark.shared
def test_real_kinds_of_missing(shared: Path) -> None:
    # Counts stated in the issue for Berke et al. (2024).
    missing = {"CONSENT_REVOKED": "consent revoked", "DATA_EXPIRED": "data expired"}
    codebook = Codebook({"Employment status": Variable("Employment status", missing=missing)})
    file = shared / "data/open/berke-2024/data/prescreen-survey/cleaned.csv"
    data = read(file, codebook=codebook, columns=["Employment status"])
    assert len(data) == 21_892
    assert data.codebook.reasons["Employment status"] == {
        "consent revoked": 1_075,
        "data expired": 5_673,
        "system": 4_473,
    }
    assert data.frame["Employment status"].notna().sum() == 10_671
    assert (data.frame["Employment status"] == "Full-Time").sum() == 5_610
