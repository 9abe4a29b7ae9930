"""The report page: everything on it, in both languages, with links that lead somewhere and nothing unescaped."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from diplab.replication.everything import reproduce_all
from diplab.replication.example import new_study
from diplab.replication.gallery import FORMATS
from diplab.replication.registry import study
from diplab.replication.study import open_study

if TYPE_CHECKING:
    from pathlib import Path

VOID = {"meta", "img", "input", "br", "link", "hr"}


class Page(HTMLParser):
    """Reads a page strictly: every element that opens closes in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[dict[str, str]] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(found)
        if tag == "a":
            self.links.append(found["href"])
        if "id" in found:
            self.ids.append(found["id"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    sections = reproduce_all([study("france-2019-headcount")], out, ("fr", "en"), Console(quiet=True))
    return out, sections


def test_every_figure_is_on_the_page_with_its_words(built):
    out, sections = built
    page = read(out / "report" / "index.html")
    drawn = sections[0].drawn
    assert len(page.images) == len(drawn) > 0
    for image in page.images:
        assert (out / "report" / image["src"]).resolve().is_file()
        assert len(image["alt"]) > 40
    for link in page.links:
        target = link.removeprefix("#")
        assert target in page.ids if link.startswith("#") else (out / "report" / link).resolve().is_file()


def test_every_number_is_on_the_page_in_both_languages(built):
    out, sections = built
    page = read(out / "report" / "index.html")
    for language in ("fr", "en"):
        for row in sections[0].study.published:
            assert f"france-2019-headcount-{row.key}-{language}" in page.ids
    words = " ".join(page.texts)
    assert "266\u202f126" in words
    assert "266,126" in words


def test_paper_shows_every_verdict(built):
    """The column of verdicts was cut off at the edge of a printed page, where nothing scrolls."""
    out, _ = built
    page = (out / "report" / "index.html").read_text(encoding="utf-8")
    narrow = re.search(r"@media print, \(max-width: \d+px\) \{(.*?)\n\}", page, re.DOTALL)[1]
    assert "table.comparison tr:not(.why) > :nth-child(6) { display: none; }" in narrow
    assert ".narrow { display: block; }" in narrow
    paper = re.search(r"@media print \{(.*?)\n\}", page, re.DOTALL)[1]
    assert ".scroll { overflow-x: visible; }" in paper
    rows = re.findall(r'<tr class="why">(.*?)</tr>', page)
    assert rows
    assert all("<div class='narrow'><span class=\"verdict " in row for row in rows)


def test_the_verdict_of_numbers_that_nobody_published_is_explained(built):
    out, _ = built
    lead, *_ = (out / "report" / "index.html").read_text(encoding="utf-8").partition("<ol>")
    assert "«\u00a0recalcul identique\u00a0» est le verdict d’un chiffre que personne n’a publié" in lead
    page = " ".join(read(out / "report" / "index.html").texts)
    assert "“same when recomputed” is the verdict of a number that nobody published" in page


@pytest.mark.parametrize("name", ["france-2018-survey", "france-2019-headcount", "us-crowdworkers-2022"])
def test_references_are_in_the_language_of_their_half(name):
    cited = study(name).citation
    assert " et " in cited.fr
    assert " and " in cited.en.partition("(2")[0]
    assert " and " not in cited.fr.partition("(2")[0]
    assert "final report" not in cited.fr
    assert (
        cited.fr.count("hal-") + cited.fr.count("doi ")
        == cited.en.count("hal-") + cited.en.count("doi ")
        == 1
    )


def test_the_manifest_names_every_file(built):
    out, sections = built
    manifest = json.loads((out / "figures" / "manifest.json").read_text(encoding="utf-8"))
    files = {
        path.relative_to(out / "figures").as_posix()
        for path in (out / "figures").rglob("*.*")
        if path.name != "manifest.json"
    }
    assert set(manifest) == files
    assert len(files) == len(sections[0].drawn) * len(FORMATS)
    assert all(len(entry["sha256"]) == 64 for entry in manifest.values())


def test_one_language_needs_no_switch(tmp_path):
    reproduce_all([study("france-2019-headcount")], tmp_path, ("fr",), Console(quiet=True))
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "radio" not in page
    assert 'lang="en"' not in page


def test_labels_are_escaped(tmp_path):
    folder = new_study("my-study", tmp_path / "surveys", 2026)
    path = folder / "published.csv"
    bad = "<script>alert(1)</script> & co"
    path.write_text(
        path.read_text(encoding="utf-8").replace("full-time permanent contract", bad), encoding="utf-8"
    )
    reproduce_all([open_study(folder)], tmp_path, ("en",), Console(quiet=True))
    text = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in text


def test_a_study_that_did_not_run_says_so_and_keeps_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("DIPLAB_DATA", str(tmp_path))
    monkeypatch.setenv("DIPLAB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    reproduce_all([study("us-crowdworkers-2022")], tmp_path, ("en",), Console(quiet=True))
    page = read(tmp_path / "report" / "index.html")
    assert "not run – the data are neither here nor within reach" in " ".join(page.texts)
    assert page.images == []
