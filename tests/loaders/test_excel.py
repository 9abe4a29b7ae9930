"""Workbooks: what cells become, which sheet is read, and workbooks that are refused.

They are made here, by openpyxl or by hand, but for those of samples/workbooks: `answers.xls` and
`answers.ods` are one workbook of xlsxwriter saved by LibreOffice 25.2, `answers.xlsb` is by
pyxlsbwriter, `locked.xls` has a password.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import struct
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from openpyxl.utils import get_column_letter

from diplab.errors import ColumnError, LoadError
from diplab.loaders.read import read
from diplab.loaders.readstat import sheets
from diplab.loaders.write import write
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Variable
from diplab.reference.text import Text
from tests.loaders.factories import cells, notices, raised, workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diplab.microdata.microdata import Microdata

SAMPLES = Path(__file__).parent / "samples" / "workbooks"

MOMENT = dt.datetime(2026, 11, 25, 14, 30)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
SHEET = "xl/worksheets/sheet1.xml"
SAVE_AGAIN = "Open it in Excel or LibreOffice and save it again as .xlsx."


def saved(path: Path, *sheets: Sequence[Sequence[object]]) -> Path:
    return workbook(
        path, {f"Sheet {n}" if n > 1 else "Sheet": rows for n, rows in enumerate(sheets, 1)}
    )


def with_shared_strings(path: Path) -> Path:
    """Write a workbook whose words stand in a part of their own, as Excel does."""
    made = xlsxwriter.Workbook(path)
    made.add_worksheet().write_column(0, 0, ["a", "x"])
    made.close()
    return path


def read_rows(folder: Path, *rows: Sequence[object]) -> Microdata:
    return read(saved(folder / "a.xlsx", rows))


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Write a workbook again with one of its parts changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    path.write_bytes(buffer.getvalue())
    return path


def test_kinds_of_cells(tmp_path: Path) -> None:
    data = read_rows(
        tmp_path,
        ["n", "hours", "sex", "code", "remote", "day", "moment", "time", "digits"],
        [1, 3.5, "F", "01", True, dt.date(2026, 1, 2), MOMENT, dt.time(9, 5), "4"],
        [2, None, "M", "02", False, dt.date(2026, 1, 3), None, dt.time(18), "5"],
    )
    frame, codebook = data.frame, data.codebook
    assert (frame["n"].tolist(), frame["n"].dtype) == ([1, 2], np.int64)
    assert (frame["hours"].dropna().tolist(), frame["sex"].tolist()) == ([3.5], ["F", "M"])
    assert (frame["code"].tolist(), frame["remote"].tolist()) == (["01", "02"], [True, False])
    assert [str(day)[:10] for day in frame["day"]] == ["2026-01-02", "2026-01-03"]
    assert frame["moment"][0] == pd.Timestamp(MOMENT)
    assert pd.isna(frame["moment"][1])
    assert [str(time) for time in frame["time"]] == ["09:05:00", "18:00:00"]
    assert frame["digits"].tolist() == [4, 5]
    stored = [codebook[name].storage for name in frame]
    assert stored == ["", "", "", "", "boolean", "date", "moment", "time", ""]
    assert codebook.reasons == {"hours": {"system": 1}, "moment": {"system": 1}}
    assert (codebook.origin.reader, codebook.origin.notices) == (
        "Excel workbook, sheet `Sheet`",
        (),
    )


def test_booleans_with_gaps_columns_of_several_kinds_and_long_numbers(tmp_path: Path) -> None:
    data = read_rows(
        tmp_path, ["b", "mixed"], [True, 1], [None, dt.date(2026, 1, 2)], [False, True]
    )
    assert data.frame["b"].tolist()[0::2] == [1.0, 0.0]
    assert data.frame["mixed"].tolist() == ["1", "2026-01-02", "TRUE"]
    kept = [0.1, 2 / 3, 1e-300, -1e22, 123456789.123]
    assert read_rows(tmp_path, ["x"], *([x] for x in kept)).frame["x"].tolist() == kept


def test_decimal_commas_in_cells_of_text(tmp_path: Path) -> None:
    rows = [
        ["pay", "share", "thousands", "exact", "words"],
        ["1 200,50 €", "1,5", "1,234", 450.125, "1,5"],
        ["300 €", 2.125, "850", 7.5, "x"],
        [450.5, "0,250", 3.5, 1, 2.5],
    ]
    data = read_rows(tmp_path, *rows)
    assert cells(data, *data.frame) == [
        *([1200.5, 300, 450.5], [1.5, 2.125, 0.25], ["1,234", "850", "3.5"]),
        *([450.125, 7.5, 1], ["1,5", "x", "2.5"]),
    ]
    assert data.codebook["pay"].unit == "EUR"
    assert data.codebook.origin.notices[0] == Text(
        'Cellules de texte lues comme des nombres à virgule décimale (`decimal="."` les laisse en '
        "mots)\u00a0: `pay`, "
        "`share`.",
        'Cells of text read as numbers with a decimal comma (`decimal="."` leaves them as words): '
        "`pay`, `share`.",
    )
    data = read(tmp_path / "a.xlsx", decimal=",")
    assert data.frame["thousands"].tolist() == [1.234, 850, 3.5]
    assert (data.frame["exact"].tolist(), data.frame["words"].tolist()) == (
        [450.125, 7.5, 1],
        ["1,5", "x", "2.5"],
    )
    assert not any("Cells of text" in each for each in notices(data))
    data = read(tmp_path / "a.xlsx", decimal=".")
    assert (data.frame["share"].tolist(), data.frame["thousands"].tolist()) == (
        ["1,5", "2.125", "0,250"],
        [1234, 850, 3.5],
    )
    (notice,) = notices(
        read_rows(tmp_path, ["a"], *[[f"{n},5"] for n in range(12)], [12.5], ["environ 12"])
    )
    assert notice.endswith(": `a` (`xxxxxxx 00`).")
    several = read_rows(tmp_path, ["a"], ["1,2,3"], ["1,2"], [3])  # answers of several codes
    assert several.frame["a"].tolist() == ["1,2,3", "1,2", "3"]


def test_errors_are_missing_with_their_reason(tmp_path: Path) -> None:
    data = read_rows(tmp_path, ["id", "pay"], [1, 10], [2, "#DIV/0!"], [3, None], [4, "#N/A"])
    assert data.frame["pay"].dropna().tolist() == [10]
    assert data.codebook.reasons == {"pay": {"error in the cell": 2, "system": 1}}
    assert data.codebook["pay"].missing == {
        "#DIV/0!": "error in the cell",
        "#N/A": "error in the cell",
    }
    assert data.missing["pay"].codes == ("#DIV/0!", "#N/A")
    assert data.missing["pay"].places.tolist() == [-1, 0, -1, 1]


UNCOMPUTED = (
    "Formulas never computed, read as missing: {}. Open the workbook in Excel or LibreOffice, which "
    "computes them, and save it."
)


def test_formulas_are_the_values_that_they_gave(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.xlsx", [["x", "sum", "words"], [1, "=A2+1", "=A2&1"], [2, "=A3+1", "=A3"]]
    )

    def computed(sheet: bytes) -> bytes:
        once = re.sub(rb"<f>A2\+1</f><v( />|></v>)", b"<f>A2+1</f><v>2</v>", sheet)
        return once.replace(b'<c r="C2"><f>', b'<c r="C2" t="str"><f>')

    data = read(changed(path, "xl/worksheets/sheet1.xml", computed))
    assert data.frame["sum"].dropna().tolist() == [2]
    assert data.frame["words"].isna().all()
    # C2 gave no words, which is a value; only B3 and C3 were never computed
    assert data.codebook.origin.notices == (
        Text(
            "Formules jamais calculées, lues comme manquantes\u00a0: `sum` (1), `words` (1). "
            "Ouvrez le classeur dans Excel ou LibreOffice, qui les calcule, et enregistrez-le.",
            UNCOMPUTED.format("`sum` (1), `words` (1)"),
        ),
    )


def test_header_title_empty_rows_and_columns(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (["Survey"], [], ["sex", None, " age "], ["F", "x", 31], [], ["M", None, 40], []):
        sheet.append(row)
    sheet.merge_cells("A3:B3")
    sheet["Z1000"].number_format = "0.00"
    made.save(tmp_path / "a.xlsx")
    data = read(tmp_path / "a.xlsx")
    assert (data.frame.iloc[0].to_dict(), len(data)) == (
        {"sex": "F", "column_2": "x", "age": 31},
        2,
    )
    unnamed = (
        "Column names repaired, because they were empty, repeated, or contained invisible "
        "characters or accents encoded twice (`names=\"refuse\"` refuses such a file): 1 ('' → `column_2`)."
    )
    above = (
        "Lines left out above the header (line 3): 1, of the form `xxxxxx`, with x for each letter "
        "and 0 for each "
        "digit (`header=` says which line is the header)."
    )
    assert notices(data) == ["Sheet “Sheet”, empty rows left out: 2.", above, unnamed]
    # every guess can be overruled
    assert list(read(tmp_path / "a.xlsx", header=1).frame) == ["Survey", "column_2", "column_3"]
    assert list(read(tmp_path / "a.xlsx", skip=3).frame) == ["F", "x", "31"]
    assert cells(read(tmp_path / "a.xlsx", header=0, skip=3), "column_3") == [[31, 40]]


def test_the_first_visible_sheet_that_holds_a_table(tmp_path: Path) -> None:
    cover = [["About this survey"], [], ["Asked in 2026"]]
    path = saved(
        tmp_path / "a.xlsx", [["old", "x"], [1, 2]], cover, [], [["new", "x"], [2, 3]], [["y", "z"]]
    )
    made = openpyxl.load_workbook(path)
    made.worksheets[0].sheet_state = "hidden"
    made.save(path)
    data = read(path)
    assert data.frame["new"].tolist() == [2]
    assert data.codebook.origin.notices == (
        Text(
            "Autres feuilles, qui n’ont pas été lues (`sheet=` en lit une autre)\u00a0: Sheet, "
            "Sheet 2, Sheet 5.",
            "Other sheets, which were not read (`sheet=` reads another one): Sheet, Sheet 2, Sheet "
            "5.",
        ),
    )
    assert read(saved(path, [["alone"], [7]])).frame["alone"].tolist() == [7]


def test_columns_rows_codebook_beside_and_macros(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsm", [["sex", "age"], [1, 31], [2, 99], [1, 50]])
    (tmp_path / "a.codebook.toml").write_text(
        '[variables.age]\nmissing = [{ code = 99, reason = "refused" }]\n', encoding="utf-8"
    )
    data = read(path, columns=["age"], rows=range(1, 3))
    assert (list(data.frame), data.frame["age"].dropna().tolist()) == (["age"], [50])
    assert data.codebook.reasons == {"age": {"refused": 1}}
    with pytest.raises(ColumnError, match="`pay` is not a column of the file"):
        read(path, columns=["pay"])


def test_dates_of_the_macintosh(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    made.active.append(["day"])
    made.active.append([dt.date(2026, 11, 25)])
    made.save(tmp_path / "a.xlsx")
    assert str(read(tmp_path / "a.xlsx").frame["day"][0])[:10] == "2026-11-25"


def test_the_sheet_of_the_call(tmp_path: Path, refused: Any) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        {"Cover": [["hi"]], "Data 1": [["x", "y"], [1, 2]], "data 2": [["x"], [5]]},
    )
    assert cells(read(path), "x", "y") == [[1], [2]]
    for sheet in ("Data 2", 3):
        assert cells(read(path, sheet=sheet), "x") == [[5]]
    refused(lambda: read(path, sheet="Data"), LoadError)
    refused(lambda: read(path, sheet=4), LoadError)


def test_binary_and_opendocument_workbooks() -> None:
    moment = pd.Timestamp(2026, 1, 2, 14, 30)
    known = {
        "id": [1, 2, 3, 4],
        "code": ["01", "02", "75", ""],
        "pay": [1234.5, "", -20, ""],
        "share": [0.125, 0.5, "", ""],
        "remote": [1, 0, "", ""],
        "day": [dt.date(2026, 1, 2), dt.date(1969, 7, 20), "", ""],
        "moment": [moment, "", pd.Timestamp(1900, 3, 1, 0, 0, 1), ""],
        "hours": [36, 6, "", ""],
        "sum": [1235.5, 3, -17, ""],
        "pay_2": ["x", "é", "y", ""],
    }
    for suffix in (".xls", ".ods"):
        data = read(SAMPLES / f"answers{suffix}")
        assert dict(zip(data.frame, cells(data, *data.frame), strict=True)) == known
        assert notices(data)[0].endswith("(`sheet=` reads another one): Notes, Listes.")
    assert data.codebook.origin.reader == "OpenDocument workbook, sheet `Réponses`"
    data = read(SAMPLES / "answers.xlsb", isolated=False)
    assert cells(data, "code", "pay", "moment") == [
        ["01", "02", "é"],
        [1234.5, "", -20.25],
        [moment, "", ""],
    ]


def test_what_is_no_open_workbook(tmp_path: Path, refused: Any) -> None:
    def of(content: bytes) -> Path:
        (tmp_path / "a.xls").write_bytes(content)
        return tmp_path / "a.xls"

    refused(lambda: read(SAMPLES / "locked.xls"), LoadError)
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    locked = of(old + bytes(512) + "EncryptedPackage".encode("utf-16-le"))
    assert "It is protected by a password." in str(raised(LoadError, read, locked))
    manifest = "<manifest:encryption-data/>"
    assert "It is protected by a password." in str(
        raised(LoadError, read, opendocument(tmp_path, "", manifest))
    )
    refused(lambda: read(of(old + bytes(512))), LoadError)
    refused(lambda: read(of(b"<html><table><tr><td>a</td></tr></table></html>")), LoadError)
    # an archive that is not a workbook
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as made:
        made.writestr("a.csv", "a,b\n")
    refused(lambda: read(tmp_path / "a.xlsx"), LoadError)
    refused(
        lambda: read(saved(tmp_path / "a.xlsx", [["a", "a"], [1, 2]]), names="refuse"), LoadError
    )
    refused(lambda: read(saved(tmp_path / "a.xlsx", [], [])), LoadError)
    refused(lambda: read(saved(tmp_path / "a.xlsx", [["a"], ["x"]]), header=4), LoadError)
    # an encoding in which calamine sees no cell
    path = saved(tmp_path / "a.xlsx", [["a"], ["x"]])
    changed(path, SHEET, lambda content: b'<?xml version="1.0" encoding="utf-7"?>' + content)
    refused(lambda: read(path), LoadError)
    # a workbook under the suffix of another is read as what it is
    assert len(read(of((SAMPLES / "answers.ods").read_bytes()))) == 4


def opendocument(folder: Path, rows: str, manifest: str = "") -> Path:
    names = ("office", "table", "text")
    spaces = " ".join(
        f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"' for each in names
    )
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
        "content.xml": f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table "
        f'table:name="S">{rows}</table:table></office:spreadsheet></office:body></office:document-content>',
    }
    with zipfile.ZipFile(folder / "a.ods", "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return folder / "a.ods"


def test_formulas_of_opendocument_that_were_never_computed_are_told(tmp_path: Path) -> None:
    def cell(value: object, formula: str = "") -> str:
        kind = "float" if isinstance(value, int) else "string"
        said = f'office:value="{value}"' if isinstance(value, int) else ""
        typed = "" if value is None else f'office:value-type="{kind}" {said}'
        words = "" if value is None else f"<text:p>{value}</text:p>"
        return f"<table:table-cell {formula} {typed}>{words}</table:table-cell>"

    made = 'table:formula="of:=IF([.A2]>1;&quot;a&quot;;2)"'
    twice = f'<table:table-cell table:number-columns-repeated="2" {made}/>'
    rows = (
        [cell("a"), cell("b"), cell("c"), cell("d")],
        [cell(1), cell(None, made), cell(5, made), cell("", made)],
        [cell(2), twice, cell("x")],
        [cell(3), cell(7), cell(8), cell("y")],
    )
    lines = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    repeated = f'<table:table-row table:number-rows-repeated="3">{cell(4)}{twice}</table:table-row>'
    data = read(opendocument(tmp_path, lines + repeated))
    assert cells(data, "b", "c") == [["", "", 7, "", "", ""], [5, "", 8, "", "", ""]]
    assert notices(data) == [UNCOMPUTED.format("`b` (5), `c` (4)")]


def test_formulas_of_opendocument_beyond_the_table_take_no_memory(tmp_path: Path) -> None:
    def row(*words: str, rest: str = "") -> str:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{each}</text:p></table:table-cell>'
            for each in words
        )
        return f"<table:table-row>{cells}{rest}</table:table-row>"

    formula = '<table:table-cell table:number-columns-repeated="{}" table:formula="of:=1"/>'
    table = row("a", "b") + row("x", "y", rest=formula.format(88))
    # nine million cells, of which calamine makes nothing
    below = "table:table-row table:number-rows-repeated"
    last = f'<{below}="99999">{formula.format(90)}</table:table-row>'
    data = read(opendocument(tmp_path, table + last))
    assert (cells(data, "a", "b"), notices(data)) == ([["x"], ["y"]], [])
    # with an answer behind them they are of the table
    inside = f'<{below}="100">{formula.format(2)}</table:table-row>'
    data = read(opendocument(tmp_path, table + inside + row("x", "z")))
    assert (len(data), notices(data)[0][:59]) == (
        102,
        "Formulas never computed, read as missing: `a` (100), `b` (1",
    )


def test_hidden_columns_said_again_take_no_memory(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", [["a", "b"], ["x", "y"]])
    again = b'<col min="2" max="999999999" hidden="1"/>' * 20_000
    columns = b"<cols>" + again + b"</cols><sheetData>"
    data = read(changed(path, SHEET, lambda xml: xml.replace(b"<sheetData>", columns)))
    assert cells(data, "a", "b") == [["x"], ["y"]]
    assert notices(data) == ["Hidden columns, read as the others: `b`."]


def test_repeated_cells_of_opendocument(tmp_path: Path) -> None:
    def row(*cells: tuple[str, int], times: int = 1) -> str:
        written = "".join(
            f'<table:table-cell table:number-columns-repeated="{times}"'
            + (
                f' office:value-type="string"><text:p>{word}</text:p></table:table-cell>'
                if word
                else "/>"
            )
            for word, times in cells
        )
        return f'<table:table-row table:number-rows-repeated="{times}">{written}</table:table-row>'

    head, rest = row(("a", 1), ("b", 1), ("", 16382)), row(("", 16384), times=1_048_000)
    data = read(opendocument(tmp_path, head + row(("x", 2), times=3) + rest))
    assert cells(data, "a", "b") == [["x"] * 3] * 2
    data = read(opendocument(tmp_path, head + row(("x", 1), ("y", 1_000_000))))
    assert (list(data.frame), len(data)) == (["a", "b"], 1)
    assert "cells left out, far from the table" in notices(data)[0]
    assert notices(data)[0].endswith(": 16382.")
    far = opendocument(tmp_path, head + row(("x", 1_000_000), times=1_000_000))
    assert "Cell limit exceeded" in str(raised(LoadError, read, far))


def test_cells_without_references_errors_and_numbers_of_many_digits(tmp_path: Path) -> None:
    rows = (
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{each}</t></is></c>' for each in "abcd")
        + "</row>"
        '<row><c><v>12345678901234567</v></c><c t="e"><f>1/0</f><v>#DIV/0!</v></c><c '
        't="str"><f>""</f><v></v></c></row>'
        "<row><c><v>5</v></c><c/><c><f>A2</f></c><c "
        't="inlineStr"><is><t>l_x000D_&amp;</t></is></c></row>'
    )
    path = changed(
        saved(tmp_path / "a.xlsx", [["a"]]),
        SHEET,
        partial(re.sub, rb"(?s)<row.*</row>", rows.encode()),
    )
    data = read(path)
    assert cells(data, "a", "d") == [["12345678901234567", "5"], ["", "l\r&"]]
    assert data.codebook.reasons["b"] == {"error in the cell": 1, "system": 1}
    assert notices(data) == [UNCOMPUTED.format("`c` (1)")]
    assert notices(read(path, columns=["a"])) == []


def test_a_time_below_zero_keeps_its_sign(tmp_path: Path) -> None:
    made = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    made.add_worksheet().write_column(
        0, 0, ["t", -0.5, 0.25], made.add_format({"num_format": "hh:mm"})
    )
    made.close()
    assert cells(read(tmp_path / "a.xlsx"), "t") == [["-0.5", "06:00:00"]]


def test_an_exception_from_outside_is_none_of_the_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "a.xlsx", [["a", "b"], [1, 2]])
    for outside in (KeyboardInterrupt, MemoryError, TimeoutError):

        def interrupted(*_: object, of: type[BaseException] = outside) -> None:
            raise of

        monkeypatch.setattr(sheets, "_column", interrupted)
        raised(outside, read, path, isolated=False)


def test_parts_that_are_cut(tmp_path: Path) -> None:
    for part in (SHEET, "xl/workbook.xml"):
        path = changed(
            saved(tmp_path / "a.xlsx", [["a"], ["x"]]), part, lambda content: content[:-20]
        )
        text = str(raised(LoadError, read, path))
        assert text.startswith("The file `a.xlsx` cannot be read. It is not a valid workbook: ")
        assert text.endswith(f". {SAVE_AGAIN}")


PARTS = [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"]


def test_entities_are_refused_in_every_part(tmp_path: Path, refused: Any) -> None:
    def bomb(encoding: str, content: bytes) -> bytes:
        text = content.decode()
        body = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
        return f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}{body}'.encode(encoding)

    for part in PARTS:
        for encoding in ("utf-8", "utf-16"):
            path = changed(with_shared_strings(tmp_path / "a.xlsx"), part, partial(bomb, encoding))
            refused(partial(read, path), LoadError)


def with_cells(path: Path, *places: str) -> Path:
    """Write a workbook by hand, with a number at each place."""
    written = "".join(
        f'<row r="{re.sub("[A-Z]", "", each)}"><c r="{each}"><v>1</v></c></row>' for each in places
    )
    rows = partial(re.sub, rb"(?s)<sheetData>.*(?=</sheetData>)", b"<sheetData>" + written.encode())
    return changed(saved(path, [["a"]]), SHEET, rows)


def test_cells_beyond_what_a_sheet_can_hold(tmp_path: Path, refused: Any) -> None:
    refused(lambda: read(with_cells(tmp_path / "a.xlsx", "A1", "A999999999")), LoadError)
    refused(lambda: read(with_cells(tmp_path / "a.xlsx", "A1", "ZZZ1")), LoadError)


def test_cells_far_from_the_table(tmp_path: Path) -> None:
    """Review of 2026, D9: one cell in XFD1 cost 14 seconds and 16,384 columns."""
    for place in ("XFD1", "A1048576", "XFD1048576"):
        data = read(with_cells(tmp_path / "a.xlsx", "A1", "A2", place))
        assert cells(data, "1") == [[1]]
        [far] = [each for each in notices(data) if "header contains numbers" not in each]
        assert far.startswith(
            "Sheet “Sheet”, cells left out, far from the table (beyond 1000 empty rows, or 100 "
        )
        assert far.endswith(": 1.")


def test_a_header_of_answers_is_said_in_workbooks_too(tmp_path: Path) -> None:
    rows = [[1, "Anne", 20, 1200], [2, "Paul", 31, 1300], [3, "Lise", 28, 1250]]
    data = read(saved(tmp_path / "a.xlsx", rows), private="keep")
    assert notices(data) == [
        "The line taken as the header contains numbers (`header=0` reads it as answers)."
    ]
    assert len(read(tmp_path / "a.xlsx", header=0)) == 3
    years = read(saved(tmp_path / "a.xlsx", [["town", 2019, 2020], ["Pau", 1, 2]]))
    assert notices(years) == []


def test_whole_rows_of_empty_cells(tmp_path: Path) -> None:
    """LibreOffice writes them where rows have a style; 1,879 rows by 1,024 columns took 13 seconds."""
    path = saved(
        tmp_path / "a.xlsx", [["a", "b"], *([row, None if row % 2 else "x"] for row in range(200))]
    )
    empty = b"".join(
        b'<c r="%s" s="0"/>' % f"{get_column_letter(place)}9".encode() for place in range(3, 1000)
    )
    changed(path, SHEET, lambda xml: xml.replace(b"</row>", empty + b"</row>"))
    data = read(path)
    assert data.frame["a"].tolist() == [*range(200)]
    assert data.frame["b"].isna().tolist() == [bool(row % 2) for row in range(200)]
    assert notices(data) == []


def test_sizes_of_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.xlsx", [["a", "b"], [1, 2], [3, 4]])
    monkeypatch.setattr(sheets, "MOST_CELLS", 6)
    assert len(read(path, isolated=False)) == 2
    monkeypatch.setattr(sheets, "MOST_CELLS", 5)
    assert "Its sheet `Sheet` goes beyond" in str(raised(LoadError, read, path, isolated=False))
    # a size that the sheet claims falsely
    changed(path, SHEET, lambda content: content.replace(b"A1:B3", b"A1:A1"))
    assert read(path).frame["b"].tolist() == [2, 4]


def test_a_form_in_an_old_workbook(tmp_path: Path, refused: Any) -> None:
    """`form.xls` is the form of samples/xlsform, saved by LibreOffice."""
    forms = (SAMPLES.parent / "xlsform").glob("*.csv")
    tables = {
        each.stem: list(csv.reader(each.read_text(encoding="utf-8").splitlines())) for each in forms
    }
    answers = SAMPLES.parent / "exports" / "kobo.csv"
    data = read(answers, structure=SAMPLES / "form.xls")
    assert data.codebook["job"].values == {1: Text("Oui", "Yes"), 0: Text("Non", "No")}
    same = read(answers, structure=workbook(tmp_path / "form.xlsx", tables)).codebook
    assert (data.codebook.variables, data.codebook.sets) == (same.variables, same.sets)
    refused(lambda: read(SAMPLES / "form.xls"), LoadError)


@pytest.mark.parametrize("span", ["1:3", "A:B", "", "A1:XFD1048577x"])
def test_a_sheet_that_says_in_rows_or_columns_what_cells_it_has(tmp_path: Path, span: str) -> None:
    path = saved(tmp_path / "a.xlsx", [["a", "b"], [1, "x"], [2, "y"]])
    said = f'<dimension ref="{span}"/>'.encode()
    odd = changed(path, SHEET, lambda xml: re.sub(rb"<dimension[^>]*/>", said, xml))
    assert said in zipfile.ZipFile(odd).read(SHEET)
    assert read(odd).frame.to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


def test_hidden_rows_and_columns_are_read_and_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Enquête", None, None],
        [None] * 3,
        ["id", "pay", "age"],
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
    ):
        book.active.append(row)
    for number in (1, 5, 6):  # a hidden title is of no matter
        book.active.row_dimensions[number].hidden = True
    book.active.column_dimensions["B"].hidden = True
    book.save(tmp_path / "a.xlsx")
    data = read(tmp_path / "a.xlsx")
    assert data.frame["pay"].tolist() == [2, 5, 8]
    assert notices(data)[-2:] == [
        "Sheet “Sheet”, hidden or filtered rows, read as the others: 2.",
        "Hidden columns, read as the others: `pay`.",
    ]


ROW_OF_XLS, COLUMNS_OF_XLS = (
    b"\x08\x02\x10\x00\x03\x00\x00\x00",
    b"\x7d\x00\x0c\x00\x00\x00\x00\x01",
)
ROW_OF_XLSB, COLUMN_OF_XLSB = b"\x00\x19\x03\x00\x00\x00\x00", b"\x3c\x12\x02\x00\x00\x00"
HEAD_OF_ODS = b'<table:table-column table:style-name="co1" table:number-columns-repeated="16384"'


def with_hidden(sample: Path) -> bytes:
    """Return a sample whose sheet of answers has its fourth row and its third column hidden."""
    content = bytearray(sample.read_bytes())
    if sample.suffix == ".xls":
        row, column = (
            content.index(ROW_OF_XLS),
            content.rindex(COLUMNS_OF_XLS, 0, content.index(ROW_OF_XLS)),
        )
        content[row + 4 + 12] |= 0x20
        content[column + 4 : column + 14] = bytes(
            [2, 0, 2, 0, *content[column + 8 : column + 12], 1, 0]
        )
    return bytes(content)


def of_opendocument(xml: bytes) -> bytes:
    before, head, after = xml.partition(b'table:name="R\xc3\xa9ponses"')
    row = b'<table:table-row table:style-name="ro1"'
    after = after.replace(row, row + b' table:number-rows-repeated="1"', 3)
    after = after.replace(row + b">", row + b' table:visibility="filter">', 1)
    column, seen = HEAD_OF_ODS.replace(b"16384", b"2") + b"/>", b' table:visibility="collapse"/>'
    return (
        before
        + head
        + after.replace(HEAD_OF_ODS, column + HEAD_OF_ODS.partition(b" table:number")[0] + seen, 1)
    )


def of_binary(part: bytes) -> bytes:
    row, column = part.index(ROW_OF_XLSB) + 2 + 11, part.index(COLUMN_OF_XLSB) + 2 + 16
    return (
        part[:column]
        + bytes([part[column] | 1])
        + part[column + 1 : row]
        + b"\x10"
        + part[row + 1 :]
    )


@pytest.mark.parametrize("suffix", [".xls", ".xlsb", ".ods"])
def test_hidden_rows_and_columns_of_other_workbooks(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(with_hidden(SAMPLES / f"answers{suffix}"))
    if suffix != ".xls":
        change = of_binary if suffix == ".xlsb" else of_opendocument
        changed(path, "content.xml" if suffix == ".ods" else "xl/worksheets/sheet2.bin", change)
    data = read(path, sheet="Réponses")
    assert data.frame.equals(read(SAMPLES / f"answers{suffix}", sheet="Réponses").frame)
    assert [each for each in notices(data) if "idden" in each] == [
        "Sheet “Réponses”, hidden or filtered rows, read as the others: 1.",
        "Hidden columns, read as the others: `pay`.",
    ]


def test_merged_cells_of_opendocument_are_filled_down(tmp_path: Path) -> None:
    """As those of .xlsx: a household that is merged over its members lost all but the first."""

    def cell(word: str, spanned: str = "") -> str:
        return f'<table:table-cell office:value-type="string" {spanned}><text:p>{word}</text:p></table:table-cell>'

    covered = "<table:covered-table-cell/>"
    twice, across = (f'table:number-{each}-spanned="2"' for each in ("rows", "columns"))
    rows = (
        (cell("home"), cell("said", across), covered),
        (covered, cell("first"), cell("second")),
        (cell("h1", twice), cell("x"), cell("1")),
        (covered, cell("y"), cell("2")),
        (cell("h2"), cell("z", twice), cell("3")),
        (cell("h3"), covered, cell("4")),
    )
    lines = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    data = read(opendocument(tmp_path, lines))
    assert cells(data, "home", "said / first") == [["h1", "h1", "h2", "h3"], ["x", "y", "z", "z"]]
    assert "Cells merged over several rows, filled down (" in notices(data)[1]
    assert notices(data)[1].endswith(": `home` (1), `said / first` (1).")


def test_merged_cells_of_xlsb_are_filled_down(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsb"
    path.write_bytes((SAMPLES / "answers.xlsb").read_bytes())
    record = b"\xb0\x01\x10" + struct.pack("<4I", 1, 2, 2, 2)  # BrtMergeCell, [MS-XLSB] 2.4.723

    def merged(part: bytes) -> bytes:
        before, end, after = part.rpartition(b"\x82\x01\x00")
        return before + record + end + after

    data = read(changed(path, "xl/worksheets/sheet2.bin", merged), sheet="Réponses")
    assert data.frame["pay"].tolist() == [1234.5, 1234.5, -20.25]
    assert any("filled down" in each for each in notices(data))


@pytest.mark.parametrize("cells_of", ["A2:A1048576", "A1:XFD1048576", "A2:B9"])
def test_merged_cells_said_again_take_no_time(tmp_path: Path, cells_of: str) -> None:
    """Twenty thousand of them over three thousand rows were filled one after another, without a limit of time."""
    path = saved(tmp_path / "a.xlsx", [["a", "b"], *([row, "x"] for row in range(3000))])
    again = b'<mergeCell ref="%s"/>' % cells_of.encode() * 20_000
    end = b"</sheetData><mergeCells>" + again + b"</mergeCells>"
    data = read(changed(path, SHEET, lambda xml: xml.replace(b"</sheetData>", end)))
    filled = [each.rpartition(": ")[2] for each in notices(data) if "filled down" in each]
    counts = {"A2:A1048576": ["`a` (2999)."], "A1:XFD1048576": [], "A2:B9": ["`a` (7)."]}
    assert (len(data), filled) == (3000, counts[cells_of])


def test_shares_shown_in_percent_are_fractions_and_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["a", "b", "c", "d"], [0.125, 0.5, 3, "x"], [0.25, 1.5, 4, 0.5]):
        book.active.append(row)
    for cell, form in (
        ("A2", "0.0%"),
        ("A3", "0.0%"),
        ("B3", '0" %"'),
        ("A1", "0%"),
        ("C1", "0%"),
        ("D3", "0%"),
    ):
        book.active[cell].number_format = form
    book.save(tmp_path / "a.xlsx")
    data = read(tmp_path / "a.xlsx")
    assert data.frame["a"].tolist() == [0.125, 0.25]
    assert notices(data)[0].endswith("(0.125 for 12.5%): `a`, `b`.")


def test_durations_are_hours(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    long, short = dt.timedelta(hours=30, minutes=15), dt.timedelta(hours=2, seconds=36)
    for row in (
        ["d", "short", "clock"],
        [long, short, dt.time(9, 30)],
        [short, short, dt.time(8)],
        [None, None, None],
    ):
        book.active.append(row)
    for cell in ("A2", "A3", "B2", "B3"):
        book.active[cell].number_format = "[h]:mm"
    book.save(tmp_path / "a.xlsx")
    data = read(tmp_path / "a.xlsx")
    assert (data.frame["d"].tolist(), data.frame["short"].tolist()) == ([30.25, 2.01], [2.01, 2.01])
    assert [data.codebook[name].unit for name in ("d", "short", "clock")] == ["h", "h", ""]
    assert data.frame["clock"].tolist() == [dt.time(9, 30), dt.time(8)]
    assert notices(data) == [
        (
            'Durations read in hours (`storage = "words"` in a codebook leaves them as they are): `d`, '
            "`short`."
        )
    ]
    kept = read(tmp_path / "a.xlsx", codebook=Codebook({"d": Variable("d", storage="words")}))
    assert kept.frame["d"].tolist() == ["30:15:00", "02:00:36"]
    # in a text, where one is longer than a day
    (tmp_path / "a.csv").write_text("id,long,clock\n1,30:15:00,09:30:00\n2,2:00:36,08:00:00\n")
    text = read(tmp_path / "a.csv").frame
    assert (text["long"].tolist(), text["clock"].tolist()) == (
        [30.25, 2.01],
        ["09:30:00", "08:00:00"],
    )


def test_a_written_workbook_opens_elsewhere(tmp_path: Path, refused: Any) -> None:
    made = pd.DataFrame(
        {
            "région": ["A & <b>", "B\r\nz", "Total"], "n": [1, 2, 3], "share": [0.1 + 0.2, np.nan, 1e-7],
            "yes": [True, False, True], "day": [dt.date(2021, 4, 3), dt.date(1850, 1, 1), dt.date(2000, 2, 29)],
            "code": ["01", "=1+1", "_x0041_"],
        }
    )  # fmt: skip
    file = write(made, tmp_path / "a.xlsx")
    pd.testing.assert_frame_equal(read(file).frame, made.astype({"région": "str", "code": "str"}))
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(file).active.iter_rows()]
    assert rows[1] == ["A & <b>", 1, 0.1 + 0.2, True, dt.datetime(2021, 4, 3), "01"]
    assert (rows[2][4:], rows[3][0]) == (["1850-01-01", "=1+1"], "Total")
    assert write(made, tmp_path / "b.xlsx").read_bytes() == file.read_bytes()
    for wrong in ({"a": [1, None, 3]}, {"a": ["x", "\x01"]}, {"a": ["x" * 40_000]}):
        refused(lambda wrong=wrong: write(pd.DataFrame(wrong), tmp_path / "c.xlsx"), LoadError)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_nothing_is_taken_out_of_what_diplab_wrote(tmp_path: Path, suffix: str) -> None:
    for made in (
        {"region": ["A", "B", "Total"], "n": [1, 2, 3]},
        {"said": ["yes", "no", "Source : Insee"], "n": ["x", "y", None]},
        {"pay": ["net", "1", "2"], "b": ["gross", "3", "4"]},
    ):
        back = read(write(pd.DataFrame(made), tmp_path / f"a{suffix}"))
        assert back.frame.fillna("").to_dict("list") == {
            name: ["" if cell is None else cell for cell in cells] for name, cells in made.items()
        }
        assert notices(back) == []
