"""Files that cannot be read: one clear error each, never the end of this process, and no more read than needed.

Where header and content disagree, a file is refused by name before the reader underneath sees it;
archives, compressed text and XML are read in memory, and those made to harm are refused.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import socket
import stat
import struct
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders import limits
from diplab.loaders.formats import Format
from diplab.loaders.limits import open_archive, parsed_xml, xml_elements
from diplab.loaders.read import read
from diplab.loaders.readstat import child_process
from diplab.loaders.readstat.child_process import read_table
from diplab.loaders.readstat.reader import NativeReaderError
from diplab.loaders.source import Request, SourceFile, open_source
from tests.loaders.factories import workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[bytes], bytes]


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    file = tmp_path / "survey.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"hours": [1.5, 2.5, 3.5] * 20, "sex": ["F", "M", "F"] * 20}), file
    )
    return file


def refusal(file: Path, **options: Any) -> LoadError:
    with pytest.raises(LoadError) as error:
        read(file, **options)
    return error.value


NOT_READ: dict[str, bytes | None] = {
    "surveys.sav": None, "a.xyz": None, "a": None, "empty.sav": b"", "empty.dta": b"", "empty.csv": b"",
    "zip.sav": b"PK\x03\x04 and so on", "spss.dta": b"$FL2@(#)",
}  # fmt: skip


@pytest.mark.usefixtures("sav")
def test_files_that_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in NOT_READ.items():
        if content is not None:
            Path(name).write_bytes(content)
        refused(partial(read, Path(name)), LoadError)


@pytest.mark.parametrize("name", ["a.csv", "a.sav", "a.xlsx", "a.csv.gz"])
@pytest.mark.parametrize("how", ["anew", "replaced", "deleted", "broken"])
def test_a_file_that_changes_while_it_is_read(
    name: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a mixture of both is nobody's answers; the size may stay the same
    file, frame = tmp_path / name, pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    if name.endswith("sav"):
        pyreadstat.write_sav(frame, file)
    else:
        frame.to_excel(file, index=False) if name.endswith("xlsx") else frame.to_csv(
            file, index=False
        )
    loaded = Format.load

    def load(self: Format, source: SourceFile, request: Request) -> Any:
        data = loaded(self, source, request)
        content = file.read_bytes()
        file.unlink() if how in ("replaced", "deleted") else None
        file.write_bytes(content) if how != "deleted" else None
        if how == "broken":
            raise LoadError("The file is broken.")
        return data

    assert len(read(file)) == 2
    monkeypatch.setattr(Format, "load", load)
    assert "It was replaced or rewritten while it was read. Read it again" in str(refusal(file))


def test_places_that_are_no_files(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "a.sav").mkdir()
    refused(lambda: read(tmp_path / "a.sav"), LoadError)
    absent = str(refusal(tmp_path / "none" / "a.sav"))
    assert absent == (
        f"The file `a.sav` cannot be read. There is no file of that name in `{tmp_path / 'none'}`. "
        "Write the path of a file that exists."
    )
    name = f"{'a' * 300}.csv"
    barred = str(refusal(tmp_path / name))
    assert barred.startswith(f"The file `{name}` cannot be read. It cannot be opened: ")


def test_cuts_and_other_rows_than_the_header_counts(sav: Path, refused: Any) -> None:
    whole = sav.read_bytes()
    counts = [whole[:80] + struct.pack("<i", rows) + whole[84:] for rows in (57, 63)]
    for content in (whole[:300], *counts, whole[:-30]):
        sav.write_bytes(content)
        refused(lambda: read(sav), LoadError)
    sav.write_bytes(whole[:300])
    refused(lambda: read(sav, isolated=False), LoadError)


def test_every_cut_is_refusal(sav: Path) -> None:
    whole = sav.read_bytes()
    for length in range(1, len(whole), 41):
        sav.write_bytes(whole[:length])
        refusal(sav, isolated=False)


CHILDREN = {
    "dies": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "fails": "raise RuntimeError('no such luck')",
    "waits": "import time; time.sleep(60)",
}


def test_readers_that_do_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    script, source = tmp_path / "child.py", SourceFile(Path("a.sav"), b"$FL2")
    monkeypatch.setattr(child_process, "SCRIPT", script)
    monkeypatch.setattr(child_process, "_idle", [])
    for child, text in CHILDREN.items():
        script.write_text(text, encoding="utf-8")
        monkeypatch.setattr(child_process, "_START_SECONDS", 0.2 if child == "waits" else 60.0)
        refused(lambda: read_table(source, Request(), None), NativeReaderError)


def test_structures_and_codebooks_of_no_use(tmp_path: Path, refused: Any) -> None:
    for name, text in {"a.csv": "x;y\n1;2\n", "a.lss.toml": "", "a.qsf": "{}"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    refused(lambda: read(tmp_path / "a.csv", structure=tmp_path / "a.lss.toml"), LoadError)
    questionnaire = str(refusal(tmp_path / "a.csv", codebook=tmp_path / "a.qsf"))
    assert questionnaire.startswith("The codebook `a.qsf` cannot be read. It is not TOML: ")
    assert questionnaire.endswith(
        'Write it as `structure="a.qsf"`, for it describes a questionnaire.'
    )


LARGE = b"<stata_dta>" + b"\0" * 1_500_000 + b"end"


def test_no_more_is_read_than_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "a.dta"
    file.write_bytes(LARGE)
    source = open_source(file)
    assert "content" not in vars(source)
    assert (source.head(4), source.sha256) == (b"<sta", hashlib.sha256(LARGE).hexdigest())
    assert "content" not in vars(source)
    assert source.content == LARGE


@pytest.mark.parametrize("content", [LARGE, b"<stata_dta>end"], ids=["large", "small"])
def test_a_mapped_file_is_as_its_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.dta").write_bytes(content)
    mapped = open_source(tmp_path / "a.dta").mapped
    assert (len(mapped), (mapped[:6], mapped[0], mapped[-3:])) == (
        len(content),
        (b"<stata", ord("<"), b"end"),
    )
    assert (mapped.startswith(b"dta>", 7), mapped.startswith(b"dta>")) == (True, False)
    assert (mapped.index(b"end"), mapped.rstrip(b"end")) == (
        len(content) - 3,
        content.rstrip(b"end"),
    )


def test_members_of_archives() -> None:
    member = SourceFile(Path("a.csv"), b"sex;hours")
    assert (member.content, member.head(3), member.mapped) == (b"sex;hours", b"sex", b"sex;hours")


def test_pipes_devices_and_sockets(tmp_path: Path, refused: Any) -> None:
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "a.sav").symlink_to("/dev/urandom")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "a.dta"))
    for name in ("a.csv", "a.sav", "a.dta"):
        refused(partial(read, tmp_path / name), LoadError)
    (tmp_path / "b.csv").write_text("id;sex\n1;F\n", encoding="utf-8")
    for suffix in (".lss", ".qsf", ".sps", ".toml", ".csv", ".xml"):
        special = tmp_path / f"special{suffix}"
        os.mkfifo(special)
        option = "codebook" if suffix in (".toml", ".csv", ".xml") else "structure"
        refused(partial(read, tmp_path / "b.csv", **{option: special}), LoadError)


COLUMN = 176  # of the first column in an SPSS file
FRAME = pd.DataFrame({"work": [1.0, 2.0, 9.0] * 5, "town": ["Orléans", "Lyon", ""] * 5})
LABELS = {"work": {1.0: "yes", 9.0: "refused"}, "town": {"Lyon": "city"}}
OF_NUMBERS = struct.pack("<3i", 4, 1, 1)  # labels that belong to the first column


def spss(folder: Path) -> Path:
    pyreadstat.write_sav(FRAME, folder / "a.sav", variable_value_labels=LABELS)
    return folder / "a.sav"


def stata(folder: Path) -> Path:
    labels = {"work": {1: "yes", 9: "refused"}}
    pyreadstat.write_dta(FRAME, folder / "a.dta", version=14, variable_value_labels=labels)
    return folder / "a.dta"


def read_changed(file: Path, content: bytes) -> object:
    file.write_bytes(content)
    return read(file, isolated=False)


def put(at: int | bytes, kind: str, value: int, beyond: int = 0) -> Change:
    """Return the change that writes a number at a place, or so many bytes beyond where a mark begins."""

    def change(whole: bytes) -> bytes:
        content = bytearray(whole)
        place = at if isinstance(at, int) else whole.index(at) + beyond
        struct.pack_into(f"<{kind}", content, place, value)
        return bytes(content)

    return change


def swap(old: bytes, new: bytes) -> Change:
    def change(whole: bytes) -> bytes:
        assert old in whole
        return whole.replace(old, new)

    return change


def labels_on_words(whole: bytes) -> bytes:
    content = bytearray(whole)
    names = whole.index(b"<value_label_names>") + len(b"<value_label_names>")
    content[names + 129 : names + 258] = content[names : names + 129]
    return bytes(content)


SPSS: dict[str, Change] = {
    "elements in a row": put(68, "i", 7),
    "compression": put(72, "i", 2),
    "weights": put(76, "i", 9),
    "order of bytes": put(64, "i", 7),
    "labels of no column": put(OF_NUMBERS, "i", 3, beyond=8),
    "labels of numbers and words": swap(OF_NUMBERS, struct.pack("<4i", 4, 2, 1, 2)),
    "labels that belong to nothing": put(OF_NUMBERS, "i", 7),
    "label in another encoding": swap(
        b"Lyon    \x04city", b"Lyo\xe9    \x04city"
    ),  # the reader dies on it
    "unknown record": put(COLUMN, "i", 5),
    "width": put(COLUMN + 4, "i", 300),
    "label of a column": put(COLUMN + 8, "i", 2),
    "missing codes": put(COLUMN + 12, "i", 4),
    "words longer than their width": put(COLUMN + 4, "i", 20),
    "no whole number of rows": lambda whole: whole + b"1234",
}
TABLE = 5 + 4 + 129 + 3  # of a table of labels in a Stata file, beyond its mark
STATA: dict[str, Change] = {
    "rows": put(b"<N>", "Q", 14, beyond=3), "no name": swap(b"<varnames>work", b"<varnames>\0ork"),
    "end": lambda whole: whole[:-5], "more": lambda whole: whole + b"more",
    "cut": lambda whole: whole[:1000], "cut header": lambda whole: whole[:80],
    "release": swap(b"<release>118", b"<release>120"), "section": swap(b"<sortlist>", b"<sortlisp>"),
    "labels of numbers on words": labels_on_words, "length of labels": put(b"<lbl>", "i", 3, beyond=TABLE),
    "codes of labels": put(b"<lbl>", "i", 9, beyond=TABLE + 16),
    "end of labels": swap(b"yes\0refused\0", b"yes refused\0"),
    "type": put(b"<variable_types>", "H", 40_000, beyond=16),
}  # fmt: skip


def test_headers_of_spss_and_stata(tmp_path: Path, refused: Any) -> None:
    for file, changes in ((spss(tmp_path), SPSS), (stata(tmp_path), STATA)):
        whole = file.read_bytes()
        for change in changes.values():
            refused(partial(read_changed, file, change(whole)), LoadError)
    file = stata(tmp_path)
    whole = file.read_bytes()
    read_changed(file, swap(b"<varnames>work", b"<varnames>w\x01rk")(whole))
    assert list(read(file).frame) == ["wrk", "town"]
    file = spss(tmp_path)
    whole = file.read_bytes()
    for count in (0, -1):  # they say nothing
        file.write_bytes(put(68, "i", count)(whole))
        assert len(read(file, isolated=False)) == 15


def test_labels_and_compressed_answers_of_spss(tmp_path: Path, refused: Any) -> None:
    file, long = tmp_path / "a.sav", pd.DataFrame({"work": [1.0], "story": ["a long answer"]})
    pyreadstat.write_sav(long, file, variable_value_labels={"work": {1.0: "yes"}})
    refused(
        lambda: read_changed(file, put(OF_NUMBERS, "i", 2, beyond=8)(file.read_bytes())), LoadError
    )
    pyreadstat.write_sav(FRAME, tmp_path / "a.zsav", compress=True)
    refused(
        lambda: read_changed(tmp_path / "a.zsav", (tmp_path / "a.zsav").read_bytes()[:-5]),
        LoadError,
    )
    pyreadstat.write_sav(FRAME, file, row_compress=True)
    refused(lambda: read_changed(file, put(80, "i", 0)(file.read_bytes())), LoadError)


def test_other_files(tmp_path: Path, refused: Any) -> None:
    file = tmp_path / "a.dta"
    pyreadstat.write_dta(FRAME, file, version=12)
    whole = file.read_bytes()
    refused(lambda: read_changed(file, whole[:-30]), LoadError)
    refused(lambda: read_changed(file, whole[:200]), LoadError)
    refused(lambda: read_changed(file, whole[:1] + b"\7" + whole[2:]), LoadError)
    # The mark that the description of encrypted files published with PSPP gives.
    encrypted = struct.pack("<II", 0x1C, 0) + b"ENCRYPTEDSAV" + bytes(2000)
    refused(lambda: read_changed(tmp_path / "a.sav", encrypted), LoadError)
    file = tmp_path / "a.xpt"
    pyreadstat.write_xport(pd.DataFrame({"a": [1.0], "b": ["x"]}), file, file_format_version=5)
    whole = file.read_bytes()
    refused(lambda: read_changed(file, whole[:-7]), LoadError)
    changed = bytearray(whole)
    at = whole.index(b"HEADER RECORD*******NAMESTR") + 80 + 140 + 84
    changed[at : at + 4] = struct.pack(">I", 5)
    refused(lambda: read_changed(file, bytes(changed)), LoadError)
    for version in (5, 8):  # cut between two cards, so that the last row is not whole
        rows = pd.DataFrame({"a": np.arange(30.0), "b": ["xyz"] * 30})
        pyreadstat.write_xport(rows, file, file_format_version=version)
        whole = file.read_bytes()
        assert len(read(file).frame) == 30
        refused(partial(read_changed, file, whole[:-160]), LoadError)
    pyreadstat.write_por(pd.DataFrame({"A": [1.0, 2.0]}), tmp_path / "a.por")
    portable = (tmp_path / "a.por").read_bytes().rstrip(b"Z\r\n")[:-10]
    refused(lambda: read_changed(tmp_path / "a.por", portable), LoadError)
    for suffix in ("por", "sas7bdat", "xpt"):
        refused(partial(read_changed, tmp_path / f"a.{suffix}", b"PK\x03\x04 and so on"), LoadError)


@pytest.mark.shared
def test_pages_of_a_sas_file(shared: Path, tmp_path: Path, refused: Any) -> None:
    whole = (shared / "data/loaders/haven/sas/hadley.sas7bdat").read_bytes()
    refused(lambda: read_changed(tmp_path / "a.sas7bdat", whole[:100_000]), LoadError)


# -- archives, compressed text and XML -----------------------------------------------------------------------------


def survey(content: bytes) -> SourceFile:
    return SourceFile(Path("survey.lsa"), content)


def packed(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as written:
        for name, content in members:
            written.writestr(name, content)
    return buffer.getvalue()


def opened(content: bytes) -> dict[str, bytes]:
    return dict(open_archive(survey(content)))


def link() -> bytes:
    member = zipfile.ZipInfo("a.xml")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed((member, b"/etc/passwd"))


def encrypted() -> bytes:
    # The flag is at byte 6 of a member's own header and at byte 8 of its entry in the table of
    # contents.
    content = bytearray(packed(("a.xml", b"x")))
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


OUTSIDE = ("../a.xml", "b/../../a.xml", "/etc/a.xml", "..\\a.xml", "C:/a.xml")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_are_refused(refused: Any) -> None:
    for content in (
        b"id;submitdate\n",  # no archive
        packed(("a.xml", bytes(range(256)) * 20))[:-30],  # cut
        packed(("a.xml", b"what was"), method=zipfile.ZIP_STORED).replace(
            b"wh", b"xh", 1
        ),  # damaged
        packed(("a.xml", b"\0" * 3 * 1024**2)),  # swelling
        packed(("b.zip", packed(("a.xml", b"x")))),  # an archive in it
        *(encrypted(), link(), packed(("a.xml", b"x"), method=zipfile.ZIP_LZMA)),
        packed(("a.xml", b"x"), ("a.xml", b"y")),  # one name twice
        *(packed((name, b"x")) for name in OUTSIDE),
    ):
        refused(partial(opened, content), LoadError)


def test_members_are_read_by_name() -> None:
    # A kilobyte of blanks is not a danger, and the parts of real workbooks are often so.
    members = {"a.xml": b" " * 900_000, "folder/b.xml": b"two", "a..b.xml": b"x"}
    archive = open_archive(survey(packed(*members.items(), ("folder/", b""))))
    assert (dict(archive), len(archive)) == (members, 3)
    with pytest.raises(KeyError):
        archive["c.xml"]


def test_the_sum_and_the_number_of_members_are_limited(
    monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 2 * 1024**2)
    noise = np.random.default_rng(1).bytes(1024**2)
    assert len(open_archive(survey(packed(("a", noise), ("b", noise))))) == 2
    refused(lambda: opened(packed(("a", noise), ("b", noise), ("c", noise))), LoadError)
    monkeypatch.setattr(limits, "MOST_MEMBERS", 2)
    refused(lambda: opened(packed(("a", b""), ("b", b""), ("c", b""))), LoadError)


def test_compressed_text_is_read_as_text(tmp_path: Path) -> None:
    tabs = "sex\thours\nF\t3\nM\t5\n"
    for name, text in {
        "a.csv.gz": "sex;hours\nF;3\nM;5\n",
        "a.TSV.gz": tabs,
        "a.tab.gz": tabs,
    }.items():
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
        data = read(tmp_path / name, columns=["hours"])
        assert (data.frame["hours"].tolist(), data.codebook.origin.file) == (
            [3, 5],
            name.removesuffix(".gz"),
        )


def test_a_table_in_an_archive(tmp_path: Path, refused: Any) -> None:
    file, table = tmp_path / "survey.zip", ("data/survey.csv", b"sex;hours\nF;3\nM;5\n")
    codebook = ("data/survey.codebook.toml", b'[variables.sex]\nlabel = "Sexe"\n')
    file.write_bytes(
        packed(table, ("__MACOSX/data/._survey.csv", b"x"), ("read me.pdf", b"x"), codebook)
    )
    data = read(file, columns=["sex"])
    assert (data.frame["sex"].tolist(), data.codebook["sex"].label.en) == (["F", "M"], "Sexe")
    assert data.codebook.origin.file == "survey.csv"
    sheet = workbook(tmp_path / "a.xlsx", {"one": [["a", "b"], [1, 2]]}).read_bytes()
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    several = packed(
        ("a.xlsx", sheet), ("b/a.parquet", (tmp_path / "a.parquet").read_bytes()), table
    )
    file.write_bytes(several)
    assert list(read(file, table="a.xlsx").frame) == ["a", "b"]
    assert (
        list(read(file, table="b/a.parquet").frame)
        == list(read(file, table="a.parquet").frame)
        == ["a"]
    )
    assert read(file, table="survey.csv", delimiter=";", skip=1, header=0).frame[
        "column_2"
    ].tolist() == [3, 5]
    refused(lambda: read(file), LoadError)
    refused(lambda: read(file, table="survey"), LoadError)
    file.write_bytes(packed(("a.pdf", b"x")))
    refused(lambda: read(file), LoadError)
    file.write_bytes(packed(("a.csv", packed(table))))
    refused(lambda: read(file), LoadError)


def test_compressed_text_that_is_not_read(tmp_path: Path, refused: Any) -> None:
    cut, swelling = (
        gzip.compress(b"sex;hours\n" * 100, mtime=0)[:-12],
        gzip.compress(b"0" * 3 * 1024**2, mtime=0),
    )
    for content in (b"sex;hours\n", cut, swelling):
        (tmp_path / "survey.csv.gz").write_bytes(content)
        refused(lambda: read(tmp_path / "survey.csv.gz"), LoadError)


def test_xml_is_read() -> None:
    document = parsed_xml(
        survey("<?xml version='1.0'?><a><b><![CDATA[é < 1]]></b><c/></a>".encode())
    )
    assert [(each.tag, each.text) for each in document] == [("b", "é < 1"), ("c", None)]
    assert parsed_xml(survey(b"<a>" * 100 + b"</a>" * 100)).tag == "a"
    events = [(event, element.tag) for event, element in xml_elements(survey(b"<a><b/></a>"))]
    assert events == [("start", "a"), ("start", "b"), ("end", "b"), ("end", "a")]


XML = [
    *(
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "a.dtd"><a/>',
        "<a><b>",
    ),
    *('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>', "id;age", "<a>" * 101),
    *("<?xml version='1.0' encoding='klingon'?><a/>", "<a>" + " " * 2 * 1024**2 + "</a>"),
]


def test_xml_that_is_refused(monkeypatch: pytest.MonkeyPatch, refused: Any) -> None:
    monkeypatch.setattr(limits, "LARGEST_XML", 1024**2)
    for text in XML:
        refused(partial(parsed_xml, survey(text.encode())), LoadError)


def test_words_that_would_fill_the_memory_are_not_spelt_out(tmp_path: Path, refused: Any) -> None:
    """Half a megabyte of Parquet may hold five gigabytes: one long word, and its place in each row."""
    rows = 2_500_000
    word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * 999]))
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table({"age": np.full(rows, 20), "why": word}), path, store_schema=False)
    assert path.stat().st_size < 1e6
    refused(lambda: read(path), LoadError)
    assert len(read(path, columns=["age"]).frame) == rows
