"""Tables in Word: a page of A4, columns as wide as their content, nothing broken in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docx
import numpy as np
import pandas as pd
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

import diplab as dl
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.writers.word import A4, MARGIN, PADDING, as_docx, page_layout, widest_piece
from diplab.reference.text import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from diplab.types import Sample

FIXED, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


def opened(sheet: Sheet, folder: Path) -> Any:
    path = folder / "table.docx"
    path.write_bytes(as_docx(sheet))
    return docx.Document(str(path))


def wide(columns: int) -> Sheet:
    interval = f"[28,4{FIXED}%{NARROW};{FIXED}37,5{FIXED}%]"
    return Sheet(
        "Contrats",
        ("Type de contrat", *(f"Modalité{FIXED}{place}" for place in range(columns))),
        (
            (Cell("CDD ou intérim"), *(Cell(f"32,8{FIXED}%", 0.328) for _ in range(columns))),
            (Cell(""), *(Cell(interval) for _ in range(columns))),
        ),
        ("left", *(["right"] * columns)),
        language="fr",
    )


@pytest.fixture
def sample() -> Sample:
    drawn = np.random.default_rng(3)
    people = pd.DataFrame(
        {
            "sex": np.tile(["f", "m"], 60),
            "job": drawn.choice(["none", "some", "full"], 120),
            "pay": 1.0,
        }
    )
    return dl.declare_design(people)


def test_the_page_is_a4_in_both_languages(sample: Sample, tmp_path: Path) -> None:
    for language in LANGUAGES:
        shown = dl.table(dl.estimate(sample, dl.share("job"), by="sex"), language)
        page = docx.Document(str(dl.save(shown, tmp_path / "a.docx"))).sections[0]
        assert (round(page.page_width.mm), round(page.page_height.mm)) == (210, 297)
        assert page.orientation == WD_ORIENT.PORTRAIT
        assert page.left_margin.cm == pytest.approx(1.5, abs=0.01)


def test_widths_are_those_of_the_content(sample: Sample, tmp_path: Path) -> None:
    shown = dl.table(dl.estimate(sample, dl.share("job"), by="sex"), "fr", columns=())
    body = docx.Document(str(dl.save(shown, tmp_path / "a.docx"))).tables[0]._tbl
    grid = [int(column.get(qn("w:w"))) for column in body.tblGrid.findall(qn("w:gridCol"))]
    assert len(set(grid)) > 2
    assert body.tblPr.find(qn("w:tblLayout")).get(qn("w:type")) == "fixed"
    assert int(body.tblPr.find(qn("w:tblW")).get(qn("w:w"))) == pytest.approx(sum(grid), abs=5)
    for row in body.tr_lst:
        cells = [int(cell.tcPr.find(qn("w:tcW")).get(qn("w:w"))) for cell in row.tc_lst]
        assert cells == pytest.approx(grid, abs=1)


def test_no_word_and_no_interval_is_wider_than_its_column() -> None:
    for sheet in map(wide, (1, 4, 7, 10, 11, 14, 30)):
        layout = page_layout(sheet)
        for part in layout.parts:
            assert sum(layout.widths[at] for at in part) <= A4[layout.sideways] - 2 * MARGIN + 0.01
            for at in part:
                for row in sheet.rows:
                    assert (
                        widest_piece(row[at].text, layout.size) + 2 * PADDING
                        <= layout.widths[at] + 0.01
                    )
                assert widest_piece(sheet.header[at], layout.size, bold=True) <= layout.widths[at]


def test_a_wide_table_lies_on_its_side_then_grows_smaller_then_goes_on_below() -> None:
    layouts = [page_layout(wide(columns)) for columns in (4, 8, 10, 30)]
    assert [each.sideways for each in layouts] == [False, True, True, True]
    assert layouts[1].size > layouts[2].size
    assert [len(each.parts) for each in layouts[:3]] == [1, 1, 1]
    # each part names its rows, and no column is lost
    assert all(part[0] == 0 for part in layouts[3].parts)
    assert sorted(at for part in layouts[3].parts for at in part[1:]) == list(range(1, 31))
    assert min(each.size for each in layouts) >= 6.5


def test_parts_are_tables_of_their_own(tmp_path: Path) -> None:
    document = opened(wide(30), tmp_path)
    assert len(document.tables) == len(page_layout(wide(30)).parts)
    assert {each.rows[0].cells[0].text for each in document.tables} == {"Type de contrat"}
    assert document.sections[0].page_width > document.sections[0].page_height


def test_no_line_breaks_an_interval(tmp_path: Path) -> None:
    sheet = Sheet(
        "", ("a", "b"), ((Cell("x [1.0, 2.0]"), Cell("[28.4%, 37.5%]")), (Cell("y"), Cell("< 0.001", 0.0))),
        ("left", "right"), notes=(("Note", "between [1, 2] and 3"),),
    )  # fmt: skip
    document = opened(sheet, tmp_path)
    texts = [cell.text for row in document.tables[0].rows for cell in row.cells]
    assert texts[2:] == [f"x [1.0,{FIXED}2.0]", f"[28.4%,{FIXED}37.5%]", "y", f"<{FIXED}0.001"]
    assert document.paragraphs[-1].text == f"Note: between [1,{FIXED}2] and 3"


def test_no_rule_parts_a_share_from_its_interval_and_its_letter(
    sample: Sample, tmp_path: Path
) -> None:
    shown = dl.table(dl.crosstab(sample, "job", "sex", shares="column"), "fr")
    body = docx.Document(str(dl.save(shown, tmp_path / "a.docx"))).tables[0]
    ruled = [
        any(cell.tcPr.find(qn("w:tcBorders")) is not None for cell in row._tr.tc_lst)
        for row in body.rows
    ]
    named = [bool(row.cells[0].text) for row in body.rows]
    assert ruled[1:] == named[1:]
    assert body._tbl.tblPr.find(qn("w:tblBorders")).find(qn("w:insideH")) is None
    # and they stay on one page
    assert body.rows[1].cells[0].paragraphs[0].paragraph_format.keep_with_next
