"""Files whose header and content disagree: each refused by name, before the reader underneath sees it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANEW = "Copy it again from its source, or open it in the program that made it and save it anew."
COLUMN = 176  # of the first column in an SPSS file
LABELS = {"work": {1.0: "yes", 9.0: "refused"}, "town": {"Lyon": "city"}}


def frame() -> pd.DataFrame:
    return pd.DataFrame({"work": [1.0, 2.0, 9.0] * 5, "town": ["Orléans", "Lyon", ""] * 5})


@pytest.fixture
def spss(tmp_path: Path) -> Path:
    file = tmp_path / "a.sav"
    pyreadstat.write_sav(frame(), file, variable_value_labels=LABELS)
    return file


@pytest.fixture
def stata(tmp_path: Path) -> Path:
    file = tmp_path / "a.dta"
    pyreadstat.write_dta(frame(), file, version=14, variable_value_labels={"work": {1: "yes", 9: "refused"}})
    return file


def found(file: Path, content: bytes) -> str:
    """Return what is said to be found in a changed file, once the rest of the error is as it should be."""
    file.write_bytes(content)
    with pytest.raises(LoadError) as error:
        read(file, isolated=False)
    start, end = f"The file `{file.name}` cannot be read. ", f" {ANEW}"
    assert str(error.value).startswith(start)
    assert str(error.value).endswith(end)
    return str(error.value).removeprefix(start).removesuffix(end)


def put(file: Path, at: int, kind: str, *values: Any) -> bytes:
    content = bytearray(file.read_bytes())
    struct.pack_into(f"<{kind}", content, at, *values)
    return bytes(content)


def test_encrypted(tmp_path: Path, error_text: Any) -> None:
    """The mark that the description of encrypted files published with PSPP gives."""
    file = tmp_path / "a.sav"
    file.write_bytes(struct.pack("<II", 0x1C, 0) + b"ENCRYPTEDSAV" + bytes(2000))
    with pytest.raises(LoadError) as error:
        read(file)
    error_text(error)


@pytest.mark.parametrize("name", ["a.por", "a.sas7bdat", "a.xpt"])
def test_files_of_other_programs(tmp_path: Path, name: str, error_text: Any) -> None:
    file = tmp_path / name
    file.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(LoadError) as error:
        read(file)
    error_text(error)


def test_counts_of_an_spss_header(spss: Path) -> None:
    assert found(spss, put(spss, 68, "i", 7)) == (
        "Its header says 7 elements in a row, and its dictionary describes 2."
    )


@pytest.mark.parametrize("said", [0, -1])
def test_a_count_that_says_nothing_is_taken(spss: Path, said: int) -> None:
    spss.write_bytes(put(spss, 68, "i", said))
    assert len(read(spss, isolated=False)) == 15


def test_compression_of_an_spss_header(spss: Path) -> None:
    assert found(spss, put(spss, 72, "i", 2)) == (
        "Its header says compression 2, and a file that begins with `$FL2` has 0 or 1."
    )


def test_weights_of_an_spss_header(spss: Path) -> None:
    assert found(spss, put(spss, 76, "i", 9)) == (
        "Its header says that element 9 holds the weights, and there are 2."
    )


def test_order_of_bytes_of_an_spss_header(spss: Path) -> None:
    assert found(spss, put(spss, 64, "i", 7)) == (
        "Its header does not say the order of the bytes of its numbers."
    )


def test_labels_of_a_column_that_is_not_there(spss: Path) -> None:
    at = spss.read_bytes().index(struct.pack("<3i", 4, 1, 1)) + 8
    assert found(spss, put(spss, at, "i", 3)) == "Labels belong to element 3, where no column begins."


def test_one_table_of_labels_for_numbers_and_words(spss: Path) -> None:
    whole = spss.read_bytes()
    both = whole.replace(struct.pack("<3i", 4, 1, 1), struct.pack("<4i", 4, 2, 1, 2))
    assert found(spss, both) == "One table of labels belongs to columns of numbers and of words."


def test_short_labels_of_long_words(spss: Path) -> None:
    long = pd.DataFrame({"work": [1.0], "story": ["a long answer"]})
    pyreadstat.write_sav(long, spss, variable_value_labels={"work": {1.0: "yes"}})
    at = spss.read_bytes().index(struct.pack("<3i", 4, 1, 1)) + 8
    assert found(spss, put(spss, at, "i", 2)) == (
        "Labels of eight bytes belong to `STORY`, whose words have 13."
    )


def test_labels_that_belong_to_nothing(spss: Path) -> None:
    at = spss.read_bytes().index(struct.pack("<3i", 4, 1, 1))
    assert found(spss, put(spss, at, "i", 7)) == (
        f"Labels end at byte {at + 4} and do not say to which columns they belong."
    )


def test_a_label_of_words_in_another_encoding(spss: Path) -> None:
    """The reader underneath dies on it."""
    whole = spss.read_bytes()
    assert found(spss, whole.replace(b"Lyon    \x04city", b"Lyo\xe9    \x04city")) == (
        "A label of `TOWN` belongs to the answer b'Lyo\\xe9    ', which is not in UTF-8 as the file says."
    )


def test_an_unknown_record(spss: Path) -> None:
    assert found(spss, put(spss, COLUMN, "i", 5)) == (
        "Its dictionary holds a record of kind 5 at byte 176, which SPSS does not know."
    )


@pytest.mark.parametrize(("at", "value"), [(4, 300), (8, 2), (12, 4)])
def test_a_column_that_spss_does_not_know(spss: Path, at: int, value: int) -> None:
    assert found(spss, put(spss, COLUMN + at, "i", value)) == (
        "The column described at byte 180 has a width, a label or missing codes that SPSS does not know."
    )


def test_words_longer_than_their_width(spss: Path) -> None:
    assert found(spss, put(spss, COLUMN + 4, "i", 20)) == (
        "Its dictionary describes words that are longer or shorter than their width."
    )


@pytest.mark.parametrize(
    ("new", "said"), [(b"w\x01rk", "a name that cannot be shown: 'w\\x01rk'."), (b"\0ork", "no name.")]
)
def test_a_column_without_a_name_that_can_be_shown(stata: Path, new: bytes, said: str) -> None:
    changed = stata.read_bytes().replace(b"<varnames>work", b"<varnames>" + new)
    assert found(stata, changed) == f"One of its columns has {said}"


def test_answers_that_are_no_whole_number_of_rows(spss: Path) -> None:
    assert found(spss, spss.read_bytes() + b"1234") == (
        "Its answers take 244 bytes, which is no whole number of rows of 16 bytes."
    )


def test_zlib_answers_that_end_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "a.zsav"
    pyreadstat.write_sav(frame(), file, compress=True)
    assert found(file, file.read_bytes()[:-5]) == "Its compressed answers do not end where their header says."


def test_rows_after_a_header_that_says_none(tmp_path: Path) -> None:
    file = tmp_path / "a.sav"
    pyreadstat.write_sav(frame(), file, row_compress=True)
    left = len(file.read_bytes()) - file.read_bytes().index(struct.pack("<2i", 999, 0)) - 8
    assert (
        found(file, put(file, 80, "i", 0)) == f"Its header says 0 rows, and {left} bytes of answers follow."
    )


def test_counts_of_a_stata_header(stata: Path) -> None:
    at = stata.read_bytes().index(b"<N>") + 3
    assert (
        found(stata, put(stata, at, "Q", 14))
        == "Its header says 14 rows of 16 bytes, and its answers take 240 bytes."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda whole: whole[:-5],
            "Its map says that `</stata_dta>` begins at byte {closing}, where something else is.",
        ),
        (lambda whole: whole + b"more", "It has {longer} bytes, and its map says {size}."),
        (lambda whole: whole[:1000], "It ends at byte 1000, before its section `<variable_labels>`."),
        (
            lambda whole: whole.replace(b"<release>118", b"<release>120"),
            "Its header does not say which Stata wrote it, or one that is not known (117 to 119 are).",
        ),
        (
            lambda whole: whole.replace(b"<sortlist>", b"<sortlisp>"),
            "Its map says that `<sortlist>` begins at byte {sortlist}, where something else is.",
        ),
        (lambda whole: whole[:80], "It ends at byte 80, in the middle of its header."),
    ],
    ids=["end", "more", "cut", "release", "section", "header"],
)
def test_sections_of_a_stata_file(stata: Path, change: Callable[[bytes], bytes], said: str) -> None:
    whole = stata.read_bytes()
    places = {"size": len(whole), "longer": len(whole) + 4}
    places |= {"sortlist": whole.index(b"<sortlist>"), "closing": whole.index(b"</stata_dta>")}
    assert found(stata, change(whole)) == said.format(**places)


def test_labels_of_numbers_on_words(stata: Path) -> None:
    whole = bytearray(stata.read_bytes())
    names = whole.index(b"<value_label_names>") + len(b"<value_label_names>")
    whole[names + 129 : names + 258] = whole[names : names + 129]
    assert found(stata, bytes(whole)) == "The labels `work0` are of numbers, and a column of words has them."


def test_a_table_of_labels_of_another_length(stata: Path) -> None:
    at = stata.read_bytes().index(b"<lbl>") + 5 + 4 + 129 + 3
    assert found(stata, put(stata, at, "i", 3)) == (
        "The table of labels `work0` does not have the length that it says."
    )
    pyreadstat.write_dta(frame(), stata, version=14, variable_value_labels={"work": {1: "yes", 9: "refused"}})
    assert found(stata, put(stata, at + 16, "i", 9)) == (
        "The table of labels `work0` gives two labels to one code, or points outside of its words."
    )
    pyreadstat.write_dta(frame(), stata, version=14, variable_value_labels={"work": {1: "yes", 9: "refused"}})
    assert found(stata, stata.read_bytes().replace(b"yes\0refused\0", b"yes refused\0")) == (
        "The table of labels `work0` has a label that does not end where it should."
    )


def test_an_unknown_type_in_a_stata_file(stata: Path) -> None:
    at = stata.read_bytes().index(b"<variable_types>") + len(b"<variable_types>")
    assert found(stata, put(stata, at, "H", 40_000)) == (
        "One of its columns has the type 40000, which Stata does not know."
    )


def test_answers_cut_in_an_old_stata_file(tmp_path: Path) -> None:
    file = tmp_path / "a.dta"
    pyreadstat.write_dta(frame(), file, version=12)
    whole = file.read_bytes()
    assert found(file, whole[:-30]) == f"It ends at byte {len(whole) - 30}, in the middle of its answers."
    assert found(file, whole[:200]) == "It ends at byte 200, in the middle of its description of the columns."
    assert found(file, whole[:1] + b"\7" + whole[2:]) == (
        "Its header does not say the order of the bytes of its numbers."
    )


@pytest.mark.shared
def test_pages_of_a_sas_file(shared: Path, tmp_path: Path) -> None:
    whole = (shared / "data/loaders/haven/sas/hadley.sas7bdat").read_bytes()
    assert found(tmp_path / "a.sas7bdat", whole[:100_000]) == (
        "Its header says 1 pages of 65536 bytes, and 34464 bytes follow it."
    )


def test_transport_files(tmp_path: Path) -> None:
    file = tmp_path / "a.xpt"
    pyreadstat.write_xport(pd.DataFrame({"a": [1.0], "b": ["x"]}), file, file_format_version=5)
    whole = file.read_bytes()
    assert (
        found(file, whole[:-7]) == f"It has {len(whole) - 7} bytes, which is no whole number of cards of 80."
    )
    at = whole.index(b"HEADER RECORD*******NAMESTR") + 80
    changed = bytearray(whole)
    changed[at + 140 + 84 : at + 140 + 88] = struct.pack(">I", 5)
    assert found(file, bytes(changed)) == (
        "Column 2 is described with a kind, a width or a place that does not follow the others."
    )


def test_a_portable_file_that_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "a.por"
    pyreadstat.write_por(pd.DataFrame({"A": [1.0, 2.0]}), file)
    assert found(file, file.read_bytes().rstrip(b"Z\r\n")[:-10]) == (
        "It is cut: a portable file ends with a line filled with Z."
    )
