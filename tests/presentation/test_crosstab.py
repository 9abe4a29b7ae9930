"""Crosstabs as printed, in French and in English: percentages over intervals, totals, respondents, test below."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import docx
import pandas as pd
import pytest

import diplab as dl
from diplab.microdata.codebook import Codebook
from diplab.presentation.layouts.crosstab import line_of_test
from diplab.results.hypothesis_test import Hypothesis, Test
from diplab.types import Responses, Sample

if TYPE_CHECKING:
    from pathlib import Path

NARROW, FIXED = "\u202f", "\u00a0"


@pytest.fixture(scope="module")
def sample() -> Sample:
    sexes = {"f": dl.Text("femme", "woman"), "m": dl.Text("homme", "man")}
    codebook = (
        Codebook()
        .described("sex", label=dl.Text("Sexe", "Sex"), values=sexes)
        .described(
            "pay",
            label=dl.Text("Paie", "Pay"),
            values={"h": dl.Text("haute", "high"), "l": dl.Text("basse", "low")},
        )
        .described("mail", label=dl.Text("courriel", "mail"))
    )
    pay = [*"hlllllllll", *"hhhhhhhhhh", None, "l"]
    people = {
        "sex": [*"f" * 10, *"m" * 12],
        "pay": pay,
        "age": list("oy" * 11),
        "mail": [1, 0] * 11,
        "phone": 1,
    }
    return dl.declare_design(dl.Microdata(pd.DataFrame(people), codebook))


def printed(shown: object) -> list[list[str]]:
    return [[cell.text for cell in row] for row in shown.sheet.rows]  # type: ignore[attr-defined]


def test_row_percentages_in_french(sample: Sample) -> None:
    shown = dl.table(dl.crosstab(sample, "sex", "pay", shares="row"), language="fr")
    assert (shown.sheet.title, shown.sheet.subtitle) == (
        "Paie selon le sexe",
        "Pourcentages en ligne",
    )
    assert shown.sheet.header == ("Sexe", "haute", "basse", "Total", "Base")
    assert shown.sheet.align == ("left", "right", "right", "right", "right")
    lines = printed(shown)
    assert lines[0] == ["femme", f"10,0{FIXED}%", f"90,0{FIXED}%", f"100,0{FIXED}%", "10"]
    assert lines[1][1] == f"[1,0{FIXED}%{NARROW};{FIXED}56,1{FIXED}%]"
    assert lines[2] == ["homme", f"90,9{FIXED}%", f"9,1{FIXED}%", f"100,0{FIXED}%", "11"]
    assert lines[4] == ["Ensemble", f"52,4{FIXED}%", f"47,6{FIXED}%", f"100,0{FIXED}%", "21"]
    notes = dict(shown.sheet.notes)
    assert notes["Test"] == (
        f"indépendance (Rao-Scott, correction du second ordre){FIXED}: "
        f"F(1{NARROW};{FIXED}18,81){FIXED}={FIXED}12,46{NARROW}; p{FIXED}={FIXED}0,002"
    )
    assert notes["Valeurs manquantes"] == f"Paie{FIXED}: 1"
    found = dl.crosstab(sample, "sex", "pay", shares="row")
    full = dict(dl.table(found, "fr", rules="full").sheet.notes)
    assert "parts en ligne" in full["Règles"]
    assert "Holm" not in full["Règles"]
    assert next(iter(notes)) == "Test"
    first = shown.sheet.rows[0]
    assert [cell.number for cell in first] == [
        None,
        pytest.approx(0.1),
        pytest.approx(0.9),
        1.0,
        10,
    ]
    assert shown.sheet.detail[0][:5] == ("sex", "sex_label", "pay", "pay_label", "estimate")


def test_column_percentages_with_letters_and_of_the_whole_in_english(sample: Sample) -> None:
    shown = dl.table(dl.crosstab(sample, "pay", "sex", shares="column"), language="en")
    assert shown.sheet.subtitle == "Column percentages"
    assert shown.sheet.header == ("Pay", f"woman{FIXED}(A)", f"man{FIXED}(B)", "All")
    lines = printed(shown)
    assert lines[0] == ["high", "10.0%", "90.9%", "52.4%"]
    assert lines[2] == ["", "", "A", ""]
    assert lines[3] == ["low", "90.0%", "9.1%", "47.6%"]
    assert lines[5] == ["", "B", "", ""]
    assert lines[6:] == [["Total", "100.0%", "100.0%", "100.0%"], ["Base", "10", "11", "21"]]
    notes = dict(shown.sheet.notes)
    assert (
        notes["Note"]
        == "Letters: in the same row, the share is significantly larger than that of the column "
        "indicated, at the 5% level."
    )
    assert "comparisons of columns adjusted by Holm’s method" in notes["Rules"]
    shown = dl.table(dl.crosstab(sample, "sex", "pay", shares="cell"), language="en")
    lines = printed(shown)
    assert shown.sheet.header == ("Sex", "high", "low", "All", "Respondents")
    assert lines[0] == ["woman", "4.8%", "42.9%", "47.6%", "10"]
    assert lines[4] == ["All", "52.4%", "47.6%", "100.0%", "21"]
    assert lines[6] == ["Respondents", "11", "10", "21", ""]


def test_groups_and_small_bases(sample: Sample) -> None:
    shown = dl.table(dl.crosstab(sample, "sex", "pay", by="age", shares="row"), language="fr")
    lines = printed(shown)
    assert shown.sheet.header[:2] == ("age", "Sexe")
    assert lines[0][:2] == ["o", "femme"]
    assert lines[1][:2] == ["", ""]
    assert lines[0][-1] == f"5{FIXED}*"
    words = [content for label, content in shown.sheet.notes if label == "Test"]
    assert [each[:3] for each in words] == [f"o{FIXED}:", f"y{FIXED}:"]
    assert dict(shown.sheet.notes)["Note"] == (
        f"* Moins de 10 répondants{FIXED}: à contrôler avant toute diffusion."
    )
    # nine are few, ten are not
    nine = dl.declare_design(pd.DataFrame({"sex": [*"f" * 9, *"m" * 10], "pay": [*"hl" * 9, "h"]}))
    rows = printed(dl.table(dl.crosstab(nine, "sex", "pay", shares="row")))
    assert [line[-1] for line in rows if line[0]] == [f"9{FIXED}*", "10", "19"]


def test_one_variable_alone_and_shares_that_were_expected(sample: Sample) -> None:
    shown = dl.table(dl.crosstab(sample, "pay"), language="fr")
    assert (shown.sheet.title, shown.sheet.subtitle) == ("Paie", "")
    assert shown.sheet.header == ("Paie", "Part", "Répondants")
    assert printed(shown)[-1] == ["Total", f"100,0{FIXED}%", "21"]
    found = dl.crosstab(sample, "sex", expected={"m": 0.52, "woman": 0.475})
    shown = dl.table(found, "fr", rules="full")
    assert shown.sheet.header == ("Sexe", "Part", "Attendu", "Répondants")
    lines = printed(shown)
    assert [line[2] for line in lines if line[0]] == [
        f"47,5{FIXED}%",
        f"52,0{FIXED}%",
        f"100,0{FIXED}%",
    ]
    assert lines[-1] == ["Total", f"100,0{FIXED}%", f"100,0{FIXED}%", "22"]
    assert "attendues" not in dict(shown.sheet.notes)["Règles"]
    # a test by itself has no such column: its rules say what was expected
    rules = dict(dl.table(found.test, "en", rules="full").sheet.notes)["Rules"]
    assert f"expected shares: man{FIXED}52%, woman{FIXED}47.5%" in rules
    assert "Expected" not in dl.table(dl.crosstab(sample, "sex"), language="en").sheet.header


def test_several_answers_do_not_add_up(sample: Sample) -> None:
    uses = Responses("uses", ["mail", "phone"], label=dl.Text("Usages", "Uses"))
    shown = dl.table(dl.crosstab(sample, uses, "sex", shares="column"), language="fr")
    assert shown.sheet.title == "Usages selon le sexe"
    lines = printed(shown)
    assert lines[0][0] == "courriel"
    assert [line[0] for line in lines if line[0]] == ["courriel", "phone", "Base"]
    assert dict(shown.sheet.notes)["Règles"].startswith(
        f"plusieurs réponses possibles{FIXED}: "
        "parts parmi les personnes qui ont répondu à l’une au moins des colonnes"
    )
    alone = dl.table(dl.crosstab(sample, uses), language="en")
    assert printed(alone)[-1] == ["All", "", "22"]


def test_a_banner_names_its_variables(sample: Sample) -> None:
    banner = dl.crosstab(sample, "pay", columns=["sex", "age"])
    shown = dl.table(banner, language="en")
    assert shown.sheet.title == "Pay, by sex and age"
    # the variables stand over their columns once, and before each where a format has one line of
    # titles
    assert shown.sheet.over == ("", "Sex", "Sex", "age", "age", "")
    assert shown.sheet.header == ("Pay", f"woman{FIXED}(A)", f"man{FIXED}(B)", "o", "y", "All")
    assert shown.sheet.full_header() == (
        "Pay", f"Sex: woman{FIXED}(A)", f"Sex: man{FIXED}(B)", "age: o", "age: y", "All",
    )  # fmt: skip
    assert printed(shown)[-1] == ["Base", "10", "11", "10", "11", "21"]
    words = [content for label, content in shown.sheet.notes if label == "Test"]
    assert words[0].startswith(
        f"Sex: independence (Rao-Scott, second order): F(1,{FIXED}18.81){FIXED}={FIXED}12.46"
    )
    assert words[1].startswith("age: independence")
    rows = dl.table(dl.crosstab(sample, "pay", columns=["sex", "age"], shares="row"), language="en")
    assert rows.sheet.header[-1] == "Base"
    assert printed(rows)[0][1:3] == ["9.1%", "90.9%"]
    # Two columns are called (A), one of each variable.
    assert dict(dl.table(banner, language="fr").sheet.notes)["Note"] == (
        "Lettres\u00a0: sur la même ligne, la part est significativement plus grande que celle de "
        "la colonne indiquée de la même variable, au seuil de 5\u00a0%."
    )
    assert (
        "in the same row, the share is significantly larger than that of the column indicated of"
        in dict(dl.table(banner).sheet.notes)["Note"]
    )


def test_a_banner_spans_its_variables_in_every_format(sample: Sample, tmp_path: Path) -> None:
    shown = dl.table(dl.crosstab(sample, "pay", columns=["sex", "age"]), language="en")
    html = shown.as_raw_html()
    assert html.count(">Sex<") == 1
    assert 'colspan="2"' in html
    latex = dl.save(shown, tmp_path / "a.tex").read_text(encoding="utf-8")
    assert r" & \multicolumn{2}{c}{Sex} & \multicolumn{2}{c}{age} &  \\" in latex
    assert r"\cmidrule(lr){2-3} \cmidrule(lr){4-5}" in latex
    assert f"| Pay | Sex: woman{FIXED}(A) |" in dl.save(shown, tmp_path / "a.md").read_text(
        encoding="utf-8"
    )
    heads = docx.Document(str(dl.save(shown, tmp_path / "a.docx"))).tables[0].rows
    assert [cell.text for cell in heads[0].cells] == ["", "Sex", "Sex", "age", "age", ""]
    assert heads[0].cells[1]._tc is heads[0].cells[2]._tc
    assert all("w:tblHeader" in row._tr.xml for row in heads[:2])
    with zipfile.ZipFile(dl.save(shown, tmp_path / "a.xlsx")) as book:
        assert '<mergeCell ref="B3:C3"/>' in book.read("xl/worksheets/sheet1.xml").decode()


def test_empty_rows_and_odd_labels() -> None:
    codebook = Codebook().described("sex", values={each: dl.Text.same(each) for each in "fmx"})
    people = dl.Microdata(pd.DataFrame({"sex": list("ffmm"), "pay": list("hlhl")}), codebook)
    shown = dl.table(
        dl.crosstab(dl.declare_design(people), "sex", "pay", shares="row"), language="en"
    )
    assert printed(shown)[4][0] == "All"
    assert "One category without any respondents is not shown." in dict(shown.sheet.notes)["Note"]
    people = pd.DataFrame({"sex": ["<b>", "<b>", "m", "m"], "pay": list("hlhl")})
    html = dl.crosstab(dl.declare_design(people), "sex", "pay")._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_decimals_title_and_no_answer(sample: Sample, tmp_path: Path) -> None:
    found = dl.crosstab(sample, "sex", "pay", shares="row")
    shown = dl.table(found, "en", title=dl.Text("Paie", "Pay of women and men"), decimals=0)
    assert shown.sheet.title == "Pay of women and men"
    assert printed(shown)[2] == ["man", "91%", "9%", "100%", "11"]
    shown = dl.table(dl.crosstab(sample, "sex", "pay", shares="row", na="keep"), language="fr")
    assert shown.sheet.header == ("Sexe", "haute", "basse", "sans réponse", "Total", "Base")
    assert "absence de réponse comptée comme une modalité" in dict(shown.sheet.notes)["Règles"]
    html = found._repr_html_()
    assert "Row percentages" in html
    assert "woman" in html
    assert "Sex, by pay and age" not in html
    assert "Pay, by sex and age" in dl.crosstab(sample, "pay", columns=["sex", "age"])._repr_html_()
    for suffix in ("md", "tex", "docx", "xlsx", "csv", "html"):
        assert dl.save(dl.table(found, "fr"), tmp_path / f"table.{suffix}").stat().st_size > 100


def test_tests_in_french(printed_words: dict[str, Any]) -> None:
    for name, value, df, p, kind, words in printed_words["tests_of_crosstabs"]:
        tested = Hypothesis(kind=kind, variable="x", by="y", domain=(("g", 1),))
        assert line_of_test(Test(name, value, tuple(df), p, tested), "fr") == words
