from __future__ import annotations

import csv
import html
import io
import math
import re
import struct
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import docx
import great_tables
import pandas as pd
import pytest
from defusedxml import ElementTree
from docx.oxml.ns import qn
from great_tables import GT, loc, style
from matplotlib.figure import Figure

import diplab as dl
from diplab.errors import OptionError
from diplab.presentation._save import save
from diplab.presentation.tables import table
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sample(label: str = "=1+1 & <b>_%|") -> GT:
    notes = dl.Notes(unit=Text.same("en %"), source=Text.same("DiPLab"))
    return table(
        pd.DataFrame({"Nom": [label], "Valeur": ["1 200"]}), "fr", title="Titre", notes=notes,
        align={"Valeur": "right"}, numbers=pd.DataFrame({"Nom": [float("nan")], "Valeur": [1200.0]}),
    )  # fmt: skip


def test_a_table_saved_twice_is_the_same_file(tmp_path: Path):
    for suffix in ("html", "tex", "docx", "xlsx", "md", "qmd", "csv"):
        first, second = (
            save(sample(), tmp_path / each / f"table.{suffix}").read_bytes() for each in "ab"
        )
        assert first == second
    assert [len(list((tmp_path / each).iterdir())) for each in "ab"] == [7, 7]


def test_text_formats_are_escaped(tmp_path: Path):
    page = save(sample(), tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.startswith('<!DOCTYPE html>\n<html lang="fr">')
    assert "=1+1 &amp; &lt;b&gt;_%|" in page
    written = save(sample(), tmp_path / "a.tex").read_text(encoding="utf-8")
    assert r"=1+1 \& \textless{}b\textgreater{}\_\%| & 1\,200 \\" in written
    assert r"\emph{Source}~: DiPLab" in written
    written = save(sample(), tmp_path / "a.md").read_text(encoding="utf-8")
    assert written == (
        "**Titre**\n\nen\u00a0%\n\n| Nom | Valeur |\n| :--- | ---: |\n"
        "| =1+1 & \\<b>\\_%\\| | 1\u202f200 |\n\n*Source*\u00a0: DiPLab\n"
    )
    written = save(sample(), tmp_path / "a.csv").read_text(encoding="utf-8")
    assert list(csv.reader(io.StringIO(written))) == [["Nom", "Valeur"], ["'=1+1 & <b>_%|", "1200"]]
    assert sample().sheet.rows[0][1].text == "1\u202f200"


def test_csv_and_excel_write_numbers_in_full_and_infinity_as_a_word(tmp_path: Path):
    people = pd.DataFrame({"sex": [1.0, 1.0, 2.0], "hours": [1.0, 2.0, 4.0]})
    shown = dl.table(dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex"))
    rows = list(
        csv.DictReader(io.StringIO(save(shown, tmp_path / "a.csv").read_text(encoding="utf-8")))
    )
    assert [(row["sex"], row["n"], row["estimate"]) for row in rows] == [
        ("1", "2", "1.5"),
        ("2", "1", "4"),
    ]
    people = pd.DataFrame({"hours": [1.0, 2.0]})
    est = dl.estimate(dl.declare_design(people), dl.mean("hours"))
    endless = replace(est, frame=est.frame.assign(estimate=math.inf, ci_high=math.inf))
    with zipfile.ZipFile(save(dl.table(endless), tmp_path / "a.xlsx")) as book:
        shared = [each.findtext(f"{SPREADSHEET}t") for each in _strings(book)]
    assert "∞" in shared
    assert "inf" in shared


def _strings(book: zipfile.ZipFile):
    return ElementTree.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{SPREADSHEET}si")


def test_excel_holds_numbers_as_numbers_and_strings_as_strings(tmp_path: Path):
    with zipfile.ZipFile(save(sample(), tmp_path / "a.xlsx")) as book:
        page = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        shared = "".join(ElementTree.fromstring(book.read("xl/sharedStrings.xml")).itertext())
    cells = {cell.get("r"): cell for cell in page.iter(f"{SPREADSHEET}c")}
    assert not list(page.iter(f"{SPREADSHEET}f"))
    assert "=1+1 & <b>_%|" in shared
    assert "Source\u00a0: DiPLab" in shared
    assert cells["B4"].get("t") is None
    assert cells["B4"].findtext(f"{SPREADSHEET}v") == "1200"
    assert cells["A6"].get("t") == "s"


def test_word_holds_a_real_table_with_a_repeated_heading_in_its_language(tmp_path: Path):
    document = docx.Document(str(save(sample(), tmp_path / "a.docx")))
    body = document.tables[0]
    assert [[cell.text for cell in row.cells] for row in body.rows] == [
        ["Nom", "Valeur"],
        ["=1+1 & <b>_%|", "1\u202f200"],
    ]
    assert "w:tblHeader" in body.rows[0]._tr.xml
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts == ["Tableau\u00a01 – Titre", "en\u00a0%", "Source\u00a0: DiPLab"]
    # the number is a field that Word counts and refers to
    assert [each.text for each in document.paragraphs[0]._p.iter(qn("w:instrText"))] == [
        r"SEQ Tableau \* ARABIC"
    ]
    people = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
    made = table(dl.estimate(dl.declare_design(people), dl.mean("x")), "fr")
    document = docx.Document(str(save(made, tmp_path / "x.docx")))
    languages = {each.get(qn("w:val")) for each in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"fr-FR"}


def test_what_cannot_be_saved_is_refused_and_leaves_nothing(tmp_path: Path, refused: Any):
    foreign = GT(pd.DataFrame({"a": [1]}))
    refused(lambda: save(sample(), tmp_path / "a.doc"), OptionError)
    refused(lambda: save(Figure(), tmp_path / "a.gif"), OptionError)
    # answers are counted in a codebook alone
    refused(lambda: save(sample(), tmp_path / "a.html", data=PEOPLE), OptionError)
    refused(lambda: save("words", "a.html"), OptionError)
    refused(lambda: save(foreign, tmp_path / "a.docx"), OptionError)
    assert list(tmp_path.iterdir()) == []
    assert save(foreign, tmp_path / "a.html").exists()


ALL_FORMATS = ("html", "tex", "docx", "xlsx", "md", "qmd", "csv")


def words_of(path: Path) -> str:
    """Every word of a file, of each part of an office file too."""
    if path.suffix not in (".docx", ".xlsx"):
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as archive:
        return html.unescape(
            "".join(archive.read(each).decode() for each in archive.namelist() if "xml" in each)
        )


def test_a_caption_that_quarto_refers_to(tmp_path: Path):
    written = save(sample(), tmp_path / "my table.qmd").read_text(encoding="utf-8")
    assert written.startswith("en\u00a0%\n\n| Nom |")
    assert "\n\n: Titre {#tbl-my-table}\n\n*Source*" in written
    assert "{#tbl" not in save(sample(), tmp_path / "a.md").read_text(encoding="utf-8")


def test_a_workbook_prints_within_its_page(tmp_path: Path):
    long = "A note of many words that runs over the edge of its page. " * 4
    frame, notes = pd.DataFrame({"Nom": ["a"], "n": ["1"]}), dl.Notes(note=Text.same(long))
    made = table(frame, title="Titre", notes=notes, align={"n": "right"})
    with zipfile.ZipFile(save(made, tmp_path / "a.xlsx")) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
        assert "_xlnm.Print_Area" in book.read("xl/workbook.xml").decode()
    assert 'fitToPage="1"' in page
    # 90 characters a line, over ten empty columns beside the two narrow ones: three lines of 15
    # points
    assert '<mergeCell ref="A5:L5"/>' in page
    assert '<row r="5" spans="1:12" ht="45"' in page
    empty = save(table(pd.DataFrame({"": []})), tmp_path / "b.xlsx")
    assert empty.exists()


def test_an_edit_of_great_tables_is_carried_into_every_format(tmp_path: Path):
    people = pd.DataFrame(
        {"sex": ["a", "b"] * 40, "hours": [float(each % 37) for each in range(80)]}
    )
    made = dl.table(dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex"))
    low, high = made.sheet.rows[0][2].text.strip("[]").split(", ")
    edited = (
        made.cols_hide("c2").cols_move_to_start("c3").cols_label(c1=great_tables.md("**Weekly** hours"))
        .tab_header(title="Of <those> asked").tab_source_note("Counted again.").tab_spanner("All", ["c3", "c1"])
    )  # fmt: skip
    for suffix in ALL_FORMATS:
        shown = words_of(save(edited, tmp_path / f"edited.{suffix}"))
        # the ends of the hidden intervals are nowhere, in whatever precision
        assert low not in shown
        assert high not in shown
        assert "interval" not in shown.partition("<body>")[2].partition("Rules")[0]
        assert "hours" in shown
        if suffix != "csv":
            assert "Of <those> asked" in re.sub(
                r"&lt;|\\textless\{\}|\\<", "<", re.sub(r"&gt;|\\textgreater\{\}", ">", shown)
            )
            assert "Counted again." in shown
    assert edited.sheet.header == ("Respondents", "Weekly hours", "sex")
    assert edited.sheet.over == ("All", "All", "")
    assert (tmp_path / "edited.csv").read_text().splitlines()[
        0
    ] == "All: Respondents,All: Weekly hours,sex"
    assert edited.cols_unhide("c2").sheet.header[-1] == made.sheet.header[2]
    assert edited.as_raw_html() != made.as_raw_html()
    ids = [set(re.findall(r'id="([^"]*)"', each.as_raw_html())) for each in (edited, made)]
    assert not ids[0] & ids[1]


def test_an_edit_that_no_other_format_shows_is_refused(tmp_path: Path, refused: Any):
    made = sample()
    for edited in (
        made.fmt_number("c1"), made.sub_missing(), made.text_transform(str.upper, loc.body()), made.tab_stub("c0"),
        made.cols_merge(["c0", "c1"]), made.tab_footnote("a"), made.tab_stubhead("a"),
        made.tab_spanner("a", "c0").tab_spanner("b", "c0"), made.tab_options(column_labels_hidden=True),
    ):  # fmt: skip
        refused(lambda edited=edited: save(edited, tmp_path / "a.docx"), OptionError)
    assert list(tmp_path.iterdir()) == []
    styled = made.tab_style(style.fill("gold"), loc.body()).cols_width({"c0": "200px"})
    assert (
        save(styled, tmp_path / "a.docx").read_bytes()
        == save(made, tmp_path / "b.docx").read_bytes()
    )
    assert (
        "gold" in save(styled, tmp_path / "a.html").read_text().lower()
        or "#FFD700" in (tmp_path / "a.html").read_text()
    )


def test_the_page_of_a_table_tells_its_title_its_language_and_what_heads_its_lines(tmp_path: Path):
    page = save(sample(), tmp_path / "a.html").read_text(encoding="utf-8")
    (caption,) = re.findall(r"<caption.*?</caption>", page)
    assert ">Titre<" in caption
    assert ">en\u00a0%<" in caption
    assert "gt_font_normal" not in caption
    assert re.findall(r"<th scope=\"row\".*?>(.*?)</th>", page) == ["=1+1 &amp; &lt;b&gt;_%|"]
    assert re.search(r"<table [^>]* lang=\"fr\">", page)


def test_a_folder_that_cannot_be_written_is_named_and_left_alone(tmp_path: Path, refused: Any):
    (tmp_path / "file").write_text("kept")
    for suffix in ALL_FORMATS:
        with pytest.raises(OptionError, match="cannot be written"):
            save(sample(), tmp_path / "file" / f"a.{suffix}")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


PEOPLE = dl.Microdata(pd.DataFrame({"age": [31, 40]}), dl.Codebook())


def test_data_are_written_and_not_saved(tmp_path: Path, monkeypatch, refused):
    monkeypatch.chdir(tmp_path)
    for data in (PEOPLE, PEOPLE.frame):
        for name in ("clean.csv", "clean.sav", "clean.html", "clean"):
            refused(lambda data=data, name=name: save(data, name), OptionError)
    assert list(tmp_path.iterdir()) == []
    assert dl.read(dl.write(PEOPLE.frame, tmp_path / "people.sav")).frame["age"].tolist() == [
        31,
        40,
    ]
    estimates = dl.estimate(dl.declare_design(PEOPLE), dl.mean("age"))
    for thing in (dl.Codebook(), Figure(), GT(pd.DataFrame({"a": [1]})), estimates, "people.csv"):
        refused(lambda thing=thing: dl.write(thing, "clean.csv"), OptionError)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch):
    kept = save(sample(), tmp_path / "a.md")
    before = kept.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OptionError, match="cannot be written"):
        save(sample("other"), kept)
    assert kept.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.md"]


def test_a_figure_made_by_hand_is_saved_with_its_title_at_300_dots_an_inch(tmp_path: Path):
    figure = Figure()
    figure.add_subplot().set_title("By <hand>")
    written = save(figure, tmp_path / "a.svg").read_text(encoding="utf-8")
    assert ">By &lt;hand&gt;</title>" in written
    content = save(Figure(figsize=(2, 1)), tmp_path / "a.png").read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == (600, 300)
