from __future__ import annotations

import csv
import io
import math
import struct
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import docx
import pandas as pd
import pytest
from defusedxml import ElementTree
from docx.oxml.ns import qn
from great_tables import GT
from matplotlib.figure import Figure

import diplab as dl
from diplab.errors import OptionError
from diplab.presentation._save import save
from diplab.presentation.tables import table, table_of

if TYPE_CHECKING:
    from pathlib import Path

SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sample(label: str = "=1+1 & <b>_%|") -> GT:
    return table_of(
        pd.DataFrame({"Nom": [label], "Valeur": ["1 200"]}), "Titre", "en %", [("Source", "DiPLab")],
        {"Valeur": "right"}, language="fr", numbers=pd.DataFrame({"Nom": [float("nan")], "Valeur": [1200.0]}),
    )  # fmt: skip


def test_a_table_saved_twice_is_the_same_file(tmp_path: Path):
    for suffix in ("html", "tex", "docx", "xlsx", "md", "csv"):
        first, second = (save(sample(), tmp_path / f"{each}.{suffix}").read_bytes() for each in "ab")
        assert first == second
    assert len(list(tmp_path.iterdir())) == 12


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
    rows = list(csv.DictReader(io.StringIO(save(shown, tmp_path / "a.csv").read_text(encoding="utf-8"))))
    assert [(row["sex"], row["n"], row["estimate"]) for row in rows] == [("1", "2", "1.5"), ("2", "1", "4")]
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
    assert [paragraph.text for paragraph in document.paragraphs] == ["Titre", "en\u00a0%", "Source\u00a0: DiPLab"]
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


PEOPLE = dl.Microdata(pd.DataFrame({"age": [31, 40]}), dl.Codebook())


def test_data_are_written_and_not_saved(tmp_path: Path, monkeypatch, refused):
    monkeypatch.chdir(tmp_path)
    for data in (PEOPLE, PEOPLE.frame):
        for name in ("clean.csv", "clean.sav", "clean.html", "clean"):
            refused(lambda data=data, name=name: save(data, name), OptionError)
    assert list(tmp_path.iterdir()) == []
    assert dl.read(dl.write(PEOPLE.frame, tmp_path / "people.sav")).frame["age"].tolist() == [31, 40]
    estimates = dl.estimate(dl.declare_design(PEOPLE), dl.mean("age"))
    for thing in (dl.Codebook(), Figure(), GT(pd.DataFrame({"a": [1]})), estimates, "people.csv"):
        refused(lambda thing=thing: dl.write(thing, "clean.csv"), OptionError)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch):
    kept = save(sample(), tmp_path / "a.md")
    before = kept.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError):  # noqa: PT011 - any failure of the disk
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
