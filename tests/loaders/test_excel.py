"""Excel: what cells become, and workbooks that are refused. The workbooks are made here, by openpyxl or by hand."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from defusedxml import EntitiesForbidden

from diplab.errors import ColumnError, LoadError
from diplab.loaders import excel
from diplab.loaders.read import read
from diplab.reference.text import Text
from tests.loaders.factories import raised, workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from diplab.microdata.microdata import Microdata

MOMENT = dt.datetime(2026, 11, 25, 14, 30)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
ANEW = "Open it in Excel or LibreOffice and save it anew as .xlsx."


def saved(path: Path, *sheets: Sequence[Sequence[object]]) -> Path:
    return workbook(path, {f"Sheet {n}" if n > 1 else "Sheet": rows for n, rows in enumerate(sheets, 1)})


def with_shared_strings(path: Path) -> Path:
    """Write a workbook whose words stand in a part of their own, as Excel does."""
    made = xlsxwriter.Workbook(path)
    made.add_worksheet().write_column(0, 0, ["a", "x"])
    made.close()
    return path


def read_rows(folder: Path, *rows: Sequence[object]) -> Microdata:
    return read(saved(folder / "a.xlsx", rows))


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Write a workbook anew with one of its parts changed."""
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
    assert (codebook.origin.reader, codebook.origin.notices) == ("Excel workbook, sheet `Sheet`", ())


def test_booleans_with_gaps_columns_of_several_kinds_and_long_numbers(tmp_path: Path) -> None:
    data = read_rows(tmp_path, ["b", "mixed"], [True, 1], [None, dt.date(2026, 1, 2)], [False, True])
    assert data.frame["b"].tolist()[0::2] == [1.0, 0.0]
    assert data.frame["mixed"].tolist() == ["1", "2026-01-02", "TRUE"]
    kept = [0.1, 2 / 3, 1e-300, -1e22, 123456789.123]
    assert read_rows(tmp_path, ["x"], *([x] for x in kept)).frame["x"].tolist() == kept


def test_errors_are_missing_with_their_reason(tmp_path: Path) -> None:
    data = read_rows(tmp_path, ["id", "pay"], [1, 10], [2, "#DIV/0!"], [3, None], [4, "#N/A"])
    assert data.frame["pay"].dropna().tolist() == [10]
    assert data.codebook.reasons == {"pay": {"error in the cell": 2, "system": 1}}
    assert data.codebook["pay"].missing == {"#DIV/0!": "error in the cell", "#N/A": "error in the cell"}
    assert data.missing["pay"].codes == ("#DIV/0!", "#N/A")
    assert data.missing["pay"].places.tolist() == [-1, 0, -1, 1]


def test_formulas_are_the_values_that_they_gave(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", [["x", "sum", "words"], [1, "=A2+1", "=A2&1"], [2, "=A3+1", "=A3"]])

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
            "Enregistrez le classeur depuis Excel.",
            "Formulas never computed, read as missing: `sum` (1), `words` (1). Save the workbook from Excel.",
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
    assert (data.frame.iloc[0].to_dict(), len(data)) == ({"sex": "F", "column_2": "x", "age": 31}, 2)
    assert [notice.en for notice in data.codebook.origin.notices] == [
        "The line “Survey” above the table was taken for a title and left out.",
        "Sheet “Sheet”: 2 empty row(s) left out.",
        "Columns without a name in the header (an empty or a merged cell): `column_2`.",
    ]


def test_the_first_visible_sheet_that_holds_a_table(tmp_path: Path) -> None:
    cover = [["About this survey"], [], ["Asked in 2026"]]
    path = saved(tmp_path / "a.xlsx", [["old", "x"], [1, 2]], cover, [], [["new", "x"], [2, 3]], [["y", "z"]])
    made = openpyxl.load_workbook(path)
    made.worksheets[0].sheet_state = "hidden"
    made.save(path)
    data = read(path)
    assert data.frame["new"].tolist() == [2]
    assert data.codebook.origin.notices == (
        Text(
            "Autres feuilles, qui n’ont pas été lues\u00a0: Sheet 5, Sheet 2, Sheet.",
            "Other sheets, which were not read: Sheet 5, Sheet 2, Sheet.",
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


def test_other_workbooks(tmp_path: Path, refused: Any) -> None:
    refused(lambda: read(tmp_path / "a.xls"), LoadError)
    refused(lambda: read(tmp_path / "a.xlsb"), LoadError)
    refused(lambda: read(tmp_path / "a.ods"), LoadError)
    # old or locked under the new suffix
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    refused(lambda: read(tmp_path / "a.xlsx"), LoadError)
    # an archive that is no workbook
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as made:
        made.writestr("a.csv", "a,b\n")
    refused(lambda: read(tmp_path / "a.xlsx"), LoadError)
    refused(lambda: read(saved(tmp_path / "a.xlsx", [["a", "a"], [1, 2]])), LoadError)
    refused(lambda: read(saved(tmp_path / "a.xlsx", [], [])), LoadError)
    # an encoding that hides declarations
    path = saved(tmp_path / "a.xlsx", [["a"], ["x"]])
    changed(path, "xl/worksheets/sheet1.xml", lambda content: b'<?xml version="1.0" encoding="utf-7"?>' + content)
    refused(lambda: read(path), LoadError)


def test_parts_that_are_cut(tmp_path: Path) -> None:
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"):
        path = changed(saved(tmp_path / "a.xlsx", [["a"], ["x"]]), part, lambda content: content[:-20])
        text = str(raised(LoadError, read, path))
        assert text.startswith("The file `a.xlsx` cannot be read. It is no sound workbook: ")
        assert text.endswith(f". {ANEW}")


PARTS = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"]


def test_entities_are_refused_in_every_part(tmp_path: Path, refused: Any) -> None:
    def bomb(encoding: str, content: bytes) -> bytes:
        text = content.decode()
        body = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
        return f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}{body}'.encode(encoding)

    for part in PARTS:
        for encoding in ("utf-8", "utf-16"):
            path = changed(with_shared_strings(tmp_path / "a.xlsx"), part, partial(bomb, encoding))
            refused(partial(read, path), LoadError)


def test_openpyxl_itself_refuses_entities_in_sheets_and_strings(tmp_path: Path) -> None:
    """The second wall: were the first to miss one, defusedxml would not, with lxml installed or not."""
    assert openpyxl.DEFUSEDXML
    path = with_shared_strings(tmp_path / "a.xlsx")
    changed(path, "xl/sharedStrings.xml", lambda content: BOMB.encode() + content.partition(b"?>")[2])
    with pytest.raises(ValueError, match="Unable to read workbook: could not read strings") as error:
        openpyxl.load_workbook(path, read_only=True)
    assert isinstance(error.value.__cause__, EntitiesForbidden)


def test_cells_beyond_what_a_sheet_can_hold(tmp_path: Path, refused: Any) -> None:
    path = saved(tmp_path / "a.xlsx", [["a"]])
    for cell in (b'<c r="A1"><v>1</v></c></row><row r="999999999"><c r="A999999999">', b'<c r="ZZZ1">'):
        sheet = b'<sheetData><row r="1">' + cell + b"<v>1</v></c></row>"
        changed(path, "xl/worksheets/sheet1.xml", partial(re.sub, rb"(?s)<sheetData>.*(?=</sheetData>)", sheet))
        refused(lambda: read(path), LoadError)


def test_sizes_of_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.xlsx", [["a", "b"], [1, 2]], [["a", "b"]])
    monkeypatch.setattr(excel, "MOST_CELLS", 6)
    assert len(read(path)) == 1
    monkeypatch.setattr(excel, "MOST_CELLS", 5)
    assert "Its sheet `Sheet 2` goes beyond" in str(raised(LoadError, read, path))
    # a size that the sheet claims falsely
    path = saved(tmp_path / "a.xlsx", [["a", "b"], [1, 2]])
    changed(path, "xl/worksheets/sheet1.xml", lambda content: content.replace(b"A1:B2", b"A1:A1"))
    assert read(path).frame["b"].tolist() == [2]
