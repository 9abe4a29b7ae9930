"""A codebook whose names and labels were written to be run: shown as words, in every form."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import docx
import pandas as pd

import diplab as dl
from diplab.reference.text import LANGUAGES
from diplab.types import Responses, Variable

if TYPE_CHECKING:
    from pathlib import Path

BAD = '</script><script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="x\' {{7*7}}'
NAME = 'q"><b>'


def survey() -> dl.Microdata:
    words = dl.Text.same(BAD)
    several = Responses("s", [NAME, "=x"], label=words)
    book = dl.Codebook({"=x": Variable("=x")}, title=words, sets={"s": several}).described(
        NAME, label=words, question=words, group=words, values={1: words, 2: dl.Text.same("=cmd|' /C calc'!A0")},
        missing={9: BAD},
    )  # fmt: skip
    return dl.Microdata(pd.DataFrame({NAME: [1, 2] * 20, "=x": [-3.0, 2.0] * 20}), book)


def is_harmless(page: str) -> bool:
    return not any(bad in page for bad in ("<img", "<script>alert", 'onmouseover="x', "<b>"))


def test_a_page_runs_nothing_but_its_own_script(tmp_path: Path) -> None:
    for language in LANGUAGES:
        page = dl.save(
            survey().codebook, tmp_path / "c.html", language=language, data=survey()
        ).read_text("utf-8")
        assert is_harmless(page)
        assert page.count("<script>") == 1
        assert "default-src" in page
        assert "&lt;img src=x" in page


def test_what_a_notebook_shows_runs_nothing() -> None:
    data = survey()
    for shown in (
        data.describe(),
        data.describe(NAME),
        data.codebook.look_for("script"),
        data.identifiers(),
    ):
        assert is_harmless(shown._repr_html_())
    assert is_harmless(page := data.codebook._repr_html_())
    assert "<code>.look_for(&quot;word&quot;)</code>" in page
    assert is_harmless(data.check()._repr_html_())
    sample = dl.declare_design(data)
    for table in (
        dl.crosstab(sample, NAME),
        dl.crosstab(sample, NAME, "=x"),
        dl.crosstab(sample, "=x", NAME),
        dl.estimate(sample, dl.share(NAME)),
        dl.estimate(sample, dl.mean("=x"), by=NAME),
    ):
        assert is_harmless(str(dl.table(table).as_raw_html()))
    notes = dl.Notes(unit=dl.Text.same(BAD), note=dl.Text.same(BAD))
    assert is_harmless(
        str(dl.table(pd.DataFrame({BAD: ["1"]}), title=BAD, notes=notes).as_raw_html())
    )


def test_words_that_a_spreadsheet_would_run_are_words_in_the_codebook(tmp_path: Path) -> None:
    file = dl.save(survey().codebook, tmp_path / "c.csv")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    assert "'=x" in cells
    assert not any(cell.startswith(("=", "@", "\t", "\r")) for cell in cells)


def test_word_holds_words(tmp_path: Path) -> None:
    made = docx.Document(str(dl.save(survey().codebook, tmp_path / "c.docx", data=survey())))
    words = "\n".join(each.text for each in made.paragraphs)
    assert BAD in words


def test_an_answer_that_reads_as_a_comparison_stays_itself() -> None:
    answers = ["Uber / Bolt", "A − B", "first minus second", "other"]
    sample = dl.declare_design(pd.DataFrame({"job": answers * 20, "pay": range(80)}))
    means = dl.estimate(sample, dl.mean("pay"), by="job")
    for found in (means, dl.estimate(sample, dl.share("job"))):
        for language in LANGUAGES:
            page = str(dl.table(found, language).as_raw_html())
            drawn = dl.chart(found, language=language).axes[0]
            ticks = [text.get_text() for text in (*drawn.get_yticklabels(), *drawn.texts)]
            for answer in answers:
                assert answer in page
                assert answer in " ".join(ticks).replace("\n", " ")
    differences = dl.contrast(means, {"job": ("Uber / Bolt", "other")})
    assert "Uber / Bolt − other" in str(dl.table(differences, "en").as_raw_html())
