"""The report: each number with its words, on pages that link to each other, can be searched, and stay small."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from rich.console import Console

from diplab.presentation.language import term
from diplab.replication.pages import report
from diplab.replication.pages.report import MARKS, slug, write_report
from diplab.replication.registry import study
from diplab.replication.runner import FORMATS, reproduce_all
from diplab.replication.study import new_study, open_study
from diplab.results.comparison import VERDICTS

if TYPE_CHECKING:
    from pathlib import Path

BOTH = ("fr", "en")
VOID = {"meta", "img", "input", "br", "link", "hr"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((path for path in map(shutil.which, BROWSERS) if path), "")

HEADER = (
    "key,value,value_high,relation,unit,label_fr,label_en,base,base_fr,base_en,source,source_fr,status,rests_on,"
    "tolerance,quotation,expected,reason_fr,reason_en\n"
)
SINGLE = HEADER + "\n".join(
    f"{key},{value},,equals,%,{label} fr,{label},asked,les personnes interrogées,people asked,p. "
    f"2,p. 2 fr,{status},"
    f"{rests_on},{tolerance},{quotation},{expected},{reason} fr,{reason}"
    for key, value, label, status, rests_on, tolerance, quotation, expected, reason in (
        ("same", 60, "Same", "published", "respondents' rows", 0, "", "as published", "Nothing to say."),
        ("close", 61, "Close", "second-hand", "respondents' rows", 2, "", "within tolerance", "Near <enough> & so."),
        ("wrong", 71, "Wrong", "published", "respondents' rows", 0, "", "error in the source", "They added twice."),
        ("sad", 50, "Sad", "published", "published figures", 0, "", "as published", "Expected to come out."),
        ("again", 60, "Again", "second-hand", "published figures", 0, "yes", "as published", "A newspaper."),
        ("mine", 40, "Mine", "derived", "published figures", 0, "", "our own", "Ours."),
    )
)  # fmt: skip
TABLES = """
[defaults]
rests_on = "respondents' rows"
source = { fr = "tableau 3", en = "table 3" }

[crosstab]
title = { fr = "Le tableau croisé", en = "The table" }
base = { key = "asked", fr = "les hommes", en = "men" }
unit = "%"
rows = ["block", "answer"]
marks = ["Q"]
thousands = ","

[crosstab.heads]
block = { fr = "Question", en = "Question" }
answer = { fr = "Réponse", en = "Answer" }

[crosstab.columns.all]
head = { fr = "Ensemble", en = "All" }

[crosstab.columns.people]
head = { fr = "Personnes", en = "People" }
unit = "people"
base = { key = "counted", fr = "les gens", en = "people counted" }

[[crosstab.exceptions]]
row = ["C", "no"]
column = "people"
quotation = true

[[crosstab.exceptions]]
row = ["A < B", "no"]
column = "all"
expected = "differs"
reason = { fr = "une coquille", en = "a misprint" }

[rates]
title = { fr = "Nos taux", en = "Our rates" }
base = { key = "asked", fr = "tout le monde", en = "everyone" }
status = "estimated"
expected = "our own"
unit = "1"
rows = ["place"]
[rates.columns.rate]
head = { fr = "Taux", en = "Rate" }
"""
CROSSTAB = (
    'block,answer,all,people\nA < B,yes,60%,"1,200"\nA < B,no,41%,Q\nC,yes,7%,\nC,no,93%,12\n'
)
CODE = """
import pandas as pd
from diplab.types import Result

def results(inputs):
    labels = pd.MultiIndex.from_tuples(inputs.table("crosstab").rows)
    cells = {"all": [59.6, 40.2, 7.0, 93.0], "people": [1200, "Q", None, 12]}
    return {
        "same": 60.1, "close": 62.0, "wrong": Result(35.5, printed_way=71.0, because="error in the source"),
        "sad": 52.0, "again": 60.0, "mine": 40.0,
        "crosstab": pd.DataFrame(cells, index=labels),
        "rates": pd.DataFrame({"rate": [0.25]}, index=["here"]),
    }
"""


class Page(HTMLParser):
    """Reads a page strictly: every element that opens closes in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", " ".join(self.texts))


def read(path: Path) -> Page:
    return read_text(path.read_text(encoding="utf-8"))


def read_text(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def quiet() -> Console:
    return Console(quiet=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = new_study("my-study", tmp_path_factory.mktemp("mine") / "surveys", 2026)
    (made / "published").mkdir()
    for name, text in (
        ("published.csv", SINGLE),
        ("published/tables.toml", TABLES),
        ("published/crosstab.csv", CROSSTAB),
        ("published/rates.csv", "place,rate\nhere,0.25\n"),
        ("study.py", CODE),
    ):
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory, folder):
    """A study with single numbers and two tables, and one with figures and tables of its own."""
    out = tmp_path_factory.mktemp("out")
    sections = reproduce_all([open_study(folder), study("us-voters-1996")], out, BOTH, quiet())
    return out, sections


@pytest.fixture(scope="module")
def apart(tmp_path_factory, folder):
    """The study whose tables have pages of their own, as they have above a thousand numbers."""
    out = tmp_path_factory.mktemp("apart")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "MANY", 5)
        reproduce_all([open_study(folder)], out, BOTH, quiet())
    return out / "report"


def row_of(page: str, key: str) -> str:
    return re.search(rf'<tbody id="{key}".*?</tbody>', page, re.DOTALL)[0]


def cells(page: str) -> list[str]:
    return re.findall(r"<td data-v=.*?</td>", page)


def test_the_pages_that_are_there_show_everything_without_a_script(built):
    out, _ = built
    assert sorted(path.name for path in (out / "report").iterdir()) == [
        "index.en.html", "index.fr.html", "index.html", "my-study.en.html", "my-study.fr.html",
        "us-voters-1996.en.html", "us-voters-1996.fr.html",
    ]  # fmt: skip
    assert (out / "report" / "index.html").read_bytes() == (
        out / "report" / "index.fr.html"
    ).read_bytes()
    page = read(built[0] / "report" / "my-study.en.html")
    hidden = [tag for tag, attributes in page.elements if "hidden" in attributes]
    assert hidden == ["form"]


def test_every_page_is_well_formed_and_its_links_lead_somewhere(built, apart):
    for path in (*(built[0] / "report").glob("*.html"), *apart.glob("*.html")):
        page = read(path)
        assert len(set(page.ids)) == len(page.ids), path.name
        for link in page.all("a"):
            file, _, place = unquote(link["href"]).partition("#")
            there = (path.parent / file).resolve() if file else path
            assert there.is_file(), (path.name, link["href"])
            if place:
                assert place in read(there).ids, (path.name, link["href"])


@pytest.mark.parametrize("language", BOTH)
def test_every_page_is_in_one_language_and_leads_to_the_other(built, language):
    other = {"fr": "en", "en": "fr"}[language]
    for path in (built[0] / "report").glob(f"*.{language}.html"):
        page = read(path)
        assert page.all("html") == [{"lang": language}]
        there = [link for link in page.all("a") if "hreflang" in link]
        assert [(link["href"], link["lang"], link["hreflang"]) for link in there] == [
            (path.name.replace(f".{language}.", f".{other}."), other, other)
        ]


def test_one_language_has_no_other(tmp_path, folder):
    reproduce_all([open_study(folder)], tmp_path, ("en",), quiet())
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "index.en.html", "index.html", "my-study.en.html",
    ]  # fmt: skip
    assert "hreflang" not in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


def test_the_index_counts_numbers_by_verdict_and_by_what_they_rest_on(built):
    """Counted by hand: 6 single numbers and 7 cells of a table, one of each a quotation, and one rate."""
    out, _ = built
    page = (out / "report" / "index.en.html").read_text(encoding="utf-8")
    lines = re.findall(r"<tr data-v.*?</tr>", page)
    counts = [re.findall(r'<td class="n">(.*?)</td>', line) for line in lines if "my-study" in line]
    # numbers; as published, within tolerance, our own, differs, not identified, not run, other
    assert counts[0] == ["12", "6", "1", "2", "2", "·", "·", "1"]
    # numbers; rows, figures, inferred, synthetic, nothing; quotations apart
    assert counts[1] == ["12", "10", "2", "·", "·", "·", "2"]
    foot = re.findall(r"<tfoot>.*?</tfoot>", page)
    assert len(foot) == 2
    total = 12 + len(study("us-voters-1996").published)
    assert all(re.findall(r'<td class="n">(.*?)</td>', each)[0] == str(total) for each in foot)
    (others,) = re.findall("Other verdicts: (.*?)[.]<", page)
    # one of each study
    assert others == "1 error in the source, 1 rounded in the source"


@pytest.mark.parametrize("language", BOTH)
def test_the_index_explains_every_verdict(built, language):
    page = read(built[0] / "report" / f"index.{language}.html").text
    for verdict in VERDICTS:
        assert term(f"legend.{verdict}", language) in page
    assert {"fr": "Un chiffre que personne n’a publié", "en": "A number not published elsewhere"}[
        language
    ] in page


def test_every_verdict_has_its_mark_and_its_word():
    """Neither colour nor sight distinguishes verdicts alone."""
    assert tuple(MARKS) == VERDICTS
    assert len(set(MARKS.values())) == len(VERDICTS)
    for language in BOTH:
        assert len({term(f"verdict.{verdict}", language) for verdict in VERDICTS}) == len(VERDICTS)


def test_a_number_stands_with_all_its_words(built):
    page = (built[0] / "report" / "my-study.en.html").read_text(encoding="utf-8")
    text = read_text(row_of(page, "close")).text
    for words in (
        "Close", "61%", "62%", "+1", "within tolerance", "Base: people asked", "Near <enough> & so.", "Source: p. 2",
        "Status: second-hand", "Rests on: respondents’ rows",
        "Tolerance: 2.",
    ):  # fmt: skip
        assert words in text
    french = (built[0] / "report" / "my-study.fr.html").read_text(encoding="utf-8")
    text = read_text(row_of(french, "close")).text
    for words in (
        "Close fr",
        "61\u00a0%",
        "dans la tolérance",
        "Champ\u00a0: les personnes interrogées",
        "p. 2 fr",
    ):
        assert words in text


def test_numbers_are_marked_and_in_order(built):
    page = (built[0] / "report" / "my-study.en.html").read_text(encoding="utf-8")
    text = read_text(row_of(page, "wrong")).text
    assert "71% 36%" in text
    assert "computed as the source did: 71%" in text
    assert "error in the source" in text
    assert "quotation, not a rerun" in row_of(page, "again")
    assert "expected verdict: as published" in row_of(page, "sad")
    assert "Quotations, counted separately: 2." in page
    others, ours = page.index('<h2 id="by_others">'), page.index('<h2 id="ours">')
    assert "Our own numbers: not printed elsewhere" in page[ours : ours + 100]
    where = {
        name: page.index(f'id="{name}"')
        for name in ("same", "again", "t-crosstab", "mine", "t-rates")
    }
    assert (
        others
        < where["same"]
        < where["again"]
        < where["t-crosstab"]
        < ours
        < where["mine"]
        < where["t-rates"]
    )


def test_a_published_table_is_laid_out_as_printed(built):
    page = (built[0] / "report" / "my-study.fr.html").read_text(encoding="utf-8")
    table = re.search(r'<section class="printed" id="t-crosstab">.*?</section>', page, re.DOTALL)[0]
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table.partition("<tbody>")[0])
    assert heads == ["Réponse", "Ensemble", "Personnes (personnes)"]
    assert re.findall(r'<th scope="rowgroup" colspan="3"><span>(.*?)</span>', table) == [
        "Question\u00a0: A &lt; B",
        "Question\u00a0: C",
    ]
    assert (
        re.findall(r'<th scope="row">(.*?)</th>', table.partition("in-full")[0])
        == ["yes", "no"] * 2
    )
    shown = [read_text(cell).texts[0] for cell in cells(table)]
    assert shown == ["60\u00a0%", "1\u202f200", "41\u00a0%", "Q", "7\u00a0%", "93\u00a0%", "12"]
    assert "<td></td>" in table
    assert ["12" in cell for cell in cells(table) if "citation, non un recalcul" in cell] == [True]
    assert "7 chiffres\u00a0: 6 identiques au publié, 1 diffère" in table
    text = read_text(table).text
    assert "Champ\u00a0: les hommes" in text
    assert "les hommes\u202f; les gens (Personnes)" in text
    assert (
        "Source\u00a0: tableau 3. Statut\u00a0: publié. Repose sur\u00a0: réponses individuelles."
        in text
    )


def test_a_cell_that_differs_shows_both_numbers_and_is_listed_in_full(built):
    page = (built[0] / "report" / "my-study.en.html").read_text(encoding="utf-8")
    (cell,) = [each for each in cells(page) if 'data-v="differs"' in each]
    assert read_text(cell).texts == ["41%", MARKS["differs"], " differs", "→\u00a040%"]
    (place,) = re.findall(r'href="#(.*?)"', cell)
    text = read_text(row_of(page, place)).text
    assert "a misprint" in text
    assert "Base: men" in text
    assert 'data-again=""' in row_of(page, place)


def test_a_large_study_has_a_page_a_table(apart):
    assert sorted(path.name for path in apart.glob("*.en.html")) == [
        "index.en.html", "my-study.crosstab.en.html", "my-study.en.html", "my-study.rates.en.html",
    ]  # fmt: skip
    page = (apart / "my-study.en.html").read_text(encoding="utf-8")
    assert cells(page) == []
    assert '<a href="my-study.crosstab.en.html">The table</a>' in page
    assert "7 cells: 6 as published, 1 differs" in page
    assert (
        page.index("my-study.crosstab.en.html")
        < page.index('<h2 id="ours">')
        < page.index("my-study.rates")
    )
    table = (apart / "my-study.crosstab.en.html").read_text(encoding="utf-8")
    assert len(cells(table)) == 7
    assert "<h1>The table</h1>" in table
    assert '<a href="my-study.en.html">' in table


def test_figures_and_own_tables_stand_before_the_numbers(built):
    out, sections = built
    for language in BOTH:
        path = out / "report" / f"us-voters-1996.{language}.html"
        page = read(path)
        drawn = [each for each in sections[1].drawn if each.language == language]
        assert len(page.all("img")) == len(drawn) > 0
        for image, each in zip(page.all("img"), drawn, strict=True):
            assert (path.parent / image["src"]).resolve().is_file()
            assert image["alt"] == each.description
            assert len(image["alt"]) > 40
        text = path.read_text(encoding="utf-8")
        assert text.index("<figure>") < text.index('<h2 id="by_others">')


def test_assumptions_stand_with_their_range_and_source(tmp_path, folder):
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    more = (
        '\n[assumptions.weeks]\nvalue = 4.5\nlow = 4\nhigh = 5\nlabel = { fr = "semaines", en = '
        '"weeks" }\n'
        'source = { fr = "calendrier", en = "calendar" }\n'
    )
    with (mine / "study.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    reproduce_all([open_study(mine)], tmp_path, BOTH, quiet())
    text = read(tmp_path / "report" / "my-study.en.html").text
    assert re.search("weeks ?4.5 ?4 to 5 ?calendar", text)
    assert re.search(
        "semaines ?4,5 ?de 4 à 5 ?calendrier", read(tmp_path / "report" / "my-study.fr.html").text
    )
    reproduce_all([open_study(mine)], tmp_path, ("en",), quiet(), assumptions={"weeks": 4.0})
    text = read(tmp_path / "report" / "my-study.en.html").text
    assert "Changed assumption: weeks = 4 (declared: 4.5)." in text


def test_words_are_escaped(tmp_path, folder):
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    path = mine / "published.csv"
    bad = "<script>alert(1)</script> & co"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Nothing to say.", bad), encoding="utf-8"
    )
    reproduce_all([open_study(mine)], tmp_path, ("en",), quiet())
    text = (tmp_path / "report" / "my-study.en.html").read_text(encoding="utf-8")
    assert text.count("<script>") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in text


def test_a_study_that_did_not_run_says_why_and_keeps_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("DIPLAB_DATA", str(tmp_path))
    monkeypatch.setenv("DIPLAB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    reproduce_all([study("us-crowdworkers-2022")], tmp_path, ("en",), quiet())
    page = read(tmp_path / "report" / "us-crowdworkers-2022.en.html")
    assert "not run – the file berke-2024/" in page.text
    assert page.all("img") == []
    index = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert 'data-v="not-run"' in index


def test_a_second_run_writes_the_same_bytes_and_leaves_nothing_half_written(built, tmp_path):
    out, sections = built
    again = [replace(each, seconds=each.seconds + 1) for each in sections]
    write_report(tmp_path / "report", again, BOTH, tmp_path / "figures")
    for path in (out / "report").iterdir():
        assert (tmp_path / "report" / path.name).read_bytes() == path.read_bytes()
    assert {path.suffix for path in (tmp_path / "report").iterdir()} == {".html"}


def test_pages_of_other_studies_stay_and_tables_that_are_gone_go(built, tmp_path):
    _, sections = built
    report = tmp_path / "report"
    write_report(report, sections, BOTH, tmp_path / "figures")
    (report / "my-study.gone.en.html").write_text("an old table")
    (report / "my-study-2.en.html").write_text("another study")
    write_report(report, sections[:1], BOTH, tmp_path / "figures")
    names = {path.name for path in report.iterdir()}
    assert {"us-voters-1996.en.html", "my-study.fr.html", "my-study-2.en.html"} <= names
    assert "my-study.gone.en.html" not in names
    assert "us-voters-1996" not in (report / "index.en.html").read_text(encoding="utf-8")


def test_the_manifest_names_every_file(built):
    out, sections = built
    manifest = json.loads((out / "figures" / "manifest.json").read_text(encoding="utf-8"))
    found = {
        path.relative_to(out / "figures").as_posix()
        for path in (out / "figures").rglob("*.*")
        if path.name != "manifest.json"
    }
    assert set(manifest) == found
    assert len(found) == sum(len(each.drawn) for each in sections) * len(FORMATS)
    assert all(len(entry["sha256"]) == 64 for entry in manifest.values())


@pytest.mark.parametrize(
    "name", ["france-2018-survey", "france-2019-headcount", "us-crowdworkers-2022"]
)
def test_references_are_in_the_language_of_their_page(name):
    cited = study(name).citation
    assert " et " in cited.fr
    assert " and " in cited.en.partition("(2")[0]
    assert " and " not in cited.fr.partition("(2")[0]
    assert "final report" not in cited.fr
    count = [text.count("hal-") + text.count("doi ") for text in (cited.fr, cited.en)]
    assert count[0] == count[1] > 0


# accessible to all


def test_tables_have_captions_and_scopes_and_fields_have_labels(built, apart):
    for path in (*(built[0] / "report").glob("*.html"), *apart.glob("*.html")):
        text, page = path.read_text(encoding="utf-8"), read(path)
        assert len(page.all("caption")) == len(page.all("table")) > 0
        assert all(
            cell.get("scope") in ("col", "row", "rowgroup", "colgroup") for cell in page.all("th")
        )
        form = re.search(r'<form class="filter".*?</form>', text)
        if form:
            labels = re.findall(r"<label>[^<]+<(input|select)", form[0])
            assert labels == ["input", "select", "select"]
            assert 'aria-live="polite"' in form[0]
        for attributes in page.all("div"):
            if attributes.get("class") == "scroll" and "role" in attributes:
                assert attributes["tabindex"] == "0"
                assert attributes.get("aria-label") or attributes["aria-labelledby"] in page.ids
        assert len(page.all("h1")) == 1


def luminance(colour: str) -> float:
    """Relative luminance, by the formula of the Web Content Accessibility Guidelines 2.1."""
    digits = colour.lstrip("#")
    digits = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
    linear = []
    for place in (0, 2, 4):
        part = int(digits[place : place + 2], 16) / 255
        linear.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_as_the_guidelines_compute_it():
    assert contrast("#fff", "#000") == pytest.approx(21)
    assert math.isclose(contrast("#777", "#fff"), 4.48, abs_tol=0.005)


def test_text_has_contrast():
    style = files("diplab.replication.pages").joinpath("style.css").read_text(encoding="utf-8")
    named = dict(re.findall(r"--(\w+): (#\w+);", style))
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", style)
    text, ground = {}, {}
    for selectors, body in rules:
        for selector in selectors.split(","):
            for kind, kept in (("color", text), ("background", ground)):
                if found := re.search(rf"(?:^|[;\s]){kind}: (#\w+)", body):
                    kept[selector.strip()] = found[1]
    for verdict in VERDICTS:
        name = slug(verdict)
        assert contrast(text[f".v-{name}"], ground[f".v-{name}"]) >= 4.5, verdict
        for ink in ("ink", "grey"):
            assert contrast(named[ink], ground[f'td[data-v="{name}"]']) >= 4.5, verdict
    for ink in ("ink", "grey", "blue"):
        for paper in ("paper", "soft"):
            assert contrast(named[ink], named[paper]) >= 4.5
    assert contrast(text[".unexpected"], "#fff") >= 4.5
    assert contrast(text[".cross td.out"], "#fff") >= 4.5


def test_paper_shows_no_filter_and_cuts_no_row():
    style = files("diplab.replication.pages").joinpath("style.css").read_text(encoding="utf-8")
    paper = style.partition("@media print {")[2]
    assert "nav, .filter { display: none !important; }" in paper
    assert "tr, figure, .numbers tbody { break-inside: avoid; }" in paper
    assert ".scroll { overflow: visible; }" in paper
    assert "a { color: inherit; text-decoration: none; }" in paper


# search and filters


def test_what_the_script_reads_is_on_every_number(built, apart):
    """Without a browser: the choices of the filters are the values that numbers carry, and all of them."""
    for path in (*(built[0] / "report").glob("*.html"), *apart.glob("*.html")):
        text, page = path.read_text(encoding="utf-8"), read(path)
        if "form" not in dict(page.elements):
            assert len(list(path.parent.glob("index.*.html"))) == 2
            continue
        tagged = [each for _, each in page.elements if "data-v" in each]
        assert tagged
        values = {"verdict": set(), "rests_on": set()}
        for each in tagged:
            values["verdict"] |= set(each["data-v"].split())
        for _, each in page.elements:
            values["rests_on"] |= set(each.get("data-r", "").split())
        for name, found in values.items():
            select = re.search(rf'<select name="{name}">.*?</select>', text)[0]
            assert set(re.findall(r'value="([^"]+)"', select)) == found
    script = files("diplab.replication.pages").joinpath("script.js").read_text(encoding="utf-8")
    assert not re.search(r"cookie|localStorage|sessionStorage|fetch|XMLHttpRequest", script)


def in_browser(path: Path, folder: Path, *acts: str) -> list[dict[str, object]]:
    """Open a page, do one thing after the other on it, and return what a browser shows after each."""
    look = """
      const seen = (selector) => Array.from(document.querySelectorAll(selector))
        .filter((each) => !each.closest("[hidden]") && !each.classList.contains("out"));
      const found = [];
      const look = () => found.push({
        form: !document.querySelector("form.filter").hidden,
        count: document.querySelector("form.filter output").textContent,
        rows: seen("table.numbers > tbody:not([data-again])").map((each) => each.id),
        cells: seen("td[data-v]").map((each) => each.textContent.match(/[\\d,.\\u202f]+|Q/)[0]),
        items: seen("li[data-v], tr[data-v]:not([data-again])").length,
        sections: seen("section.printed").map((each) => each.id),
      });
      const form = document.querySelector("form.filter");
      const put = (name, value) => { form.querySelector(name).value = value; form.dispatchEvent(new Event("input")); };
    """
    page = path.read_text(encoding="utf-8")
    if acts:
        # a page runs its own script only: another one is let in here
        page = re.sub(r"<meta http-equiv[^>]*>", "", page)
    script = (
        look
        + "".join(f"{act}; look();" for act in acts)
        + "document.body.dataset.found = JSON.stringify(found);"
    )
    copy = folder / path.name
    copy.write_text(page.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom",
    ]  # fmt: skip
    shown = subprocess.run(
        [*command, copy.as_uri()], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    (body,) = read_text_loosely(shown).all("body")
    return json.loads(body["data-found"]) if "data-found" in body else [{"dom": shown}]


def read_text_loosely(text: str) -> Page:
    page = Page()
    page.handle_endtag = lambda _tag: None
    page.feed(text)
    return page


@pytest.mark.browser
def test_the_script_runs_under_the_policy_of_the_page(built, tmp_path):
    (shown,) = in_browser(built[0] / "report" / "my-study.en.html", tmp_path)
    # the script of the test is refused, that of the page is not
    assert 'role="search" hidden' not in shown["dom"]
    assert "Numbers shown: 14 of 14" in shown["dom"]


@pytest.mark.browser
def test_numbers_are_searched_and_filtered(built, tmp_path):
    """What is done, numbers counted, rows and cells shown; each begins from the page as it opens."""
    cases = (
        ("put('select[name=verdict]', 'differs')", "2 of 14", 1, 1),
        ("put('select[name=rests_on]', 'published-figures')", "3 of 14", 3, 0),
        ("put('input', 'newspaper')", "1 of 14", 1, 0),
        ("put('input', 'PEOPLE 1,200')", "1 of 14", 0, 1),
        ("put('input', 'nothing like it')", "0 of 14", 0, 0),
        ("put('select[name=verdict]', '')", "14 of 14", 6, 8),
    )
    acts = (f"form.reset(); put('input', ''); {act}" for act, *_ in cases)
    shown = in_browser(built[0] / "report" / "my-study.en.html", tmp_path, *acts)
    for (act, count, rows, cells), found in zip(cases, shown, strict=True):
        assert found["form"] is True
        assert found["count"] == f"Numbers shown: {count}", act
        assert (len(found["rows"]), len(found["cells"])) == (rows, cells), act
        assert bool(found["sections"]) == bool(cells), act


@pytest.mark.browser
def test_studies_and_tables_are_filtered(built, apart, tmp_path):
    report = built[0] / "report"
    (index,) = in_browser(
        report / "index.fr.html", tmp_path, "put('select[name=verdict]', 'differs')"
    )
    assert (index["count"], index["items"]) == ("Études affichées\u00a0: 1 sur 2", 1)
    (french,) = in_browser(report / "my-study.fr.html", tmp_path, "put('input', 'CROISE ensemble')")
    assert french["cells"] == ["60", "41", "7", "93"]
    (tables,) = in_browser(apart / "my-study.en.html", tmp_path, "put('input', 'our rates')")
    assert (tables["count"], tables["items"], tables["rows"]) == ("Numbers shown: 1 of 14", 1, [])
