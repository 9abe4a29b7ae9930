"""Titles in the words of official statistics: articles, agreement, neutral forms, coverage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from docx import Document
from openpyxl import load_workbook

import diplab as dl
from diplab.loaders.deliveries import read_codebook
from diplab.presentation.language import words
from diplab.presentation.writers.word import page_layout, text_width

if TYPE_CHECKING:
    from diplab.sampling.sample import Sample

BOOK = (
    dl.Codebook()
    .described("income", label=dl.Text("Niveau de vie mensuel", "Monthly standard of living"))
    .described("rent", label=dl.Text("Charge de loyer", "Rent"), gender="f")
    .described("house", label=dl.Text("Revenu du ménage", "Household income"), gender="m")
    .described("hours", label=dl.Text("Horaires de la semaine", "Hours a week"), gender="m plural")
    .described("degree", label=dl.Text("Diplôme", "Diploma"))
    .described("age", label=dl.Text("Âge", "Age"))
    .described("sex", label=dl.Text("Sexe", "Sex"))
    .described("rank", label=dl.Text("Rang du foyer", "Rank"))
    .described("job", label=dl.Text("Type de contrat", "Contract type"))
    .described("asked", label=dl.Text("Travaillez-vous ?", "Do you work?"))
)


@pytest.fixture(scope="module")
def sample() -> Sample:
    people = pd.DataFrame(
        {
            "income": [900.0, 1200, 1500, 2000, 2600, 3100] * 4,
            "rent": [300.0, 400, 500, 600] * 6,
            "house": [1900.0, 2200, 2500, 3000] * 6,
            "hours": [20.0, 30, 35, 40] * 6,
            "degree": ["none", "some"] * 12,
            "age": [20, 30, 40] * 8,
            "sex": ["f", "m", "m", "f"] * 6,
            "rank": [1, 2] * 12,
            "job": ["CDI", "CDD", "CDI"] * 8,
            "asked": ["yes", "no"] * 12,
            "w": [1.0, 2.0] * 12,
        }
    )
    return dl.declare_design(dl.Microdata(people, BOOK), weights="w")


CASES: dict[str, tuple[Any, Any, str, str]] = {
    "agreement": (
        dl.mean("income"),
        ["degree", "sex"],
        "Niveau de vie mensuel moyen selon le diplôme et le sexe",
        "Mean monthly standard of living, by diploma and sex",
    ),
    "feminine": (
        dl.median("rent"),
        "age",
        "Charge de loyer médiane selon l’âge",
        "Median rent, by age",
    ),
    "plural": (
        dl.gini("hours"),
        None,
        "Indice de Gini des horaires de la semaine",
        "Gini index of hours a week",
    ),
    "complement": (
        dl.mean("house"),
        "sex",
        "Moyenne du revenu du ménage selon le sexe",
        "Mean household income, by sex",
    ),
    "unknown gender of groups": (
        dl.mean("income"),
        ["sex", "rank"],
        "Niveau de vie mensuel moyen par sexe et rang du foyer",
        "Mean monthly standard of living, by sex and rank",
    ),
    "unknown gender": (
        dl.mean("rank"),
        "sex",
        "Rang du foyer : moyenne selon le sexe",
        "Mean rank, by sex",
    ),
    "no label": (dl.mean("w"), "sex", "w : moyenne selon le sexe", "Mean of w, by sex"),
    "question": (
        dl.share("asked"),
        None,
        "« Travaillez-vous ? » : répartition",
        "Distribution of “Do you work?”",
    ),
    "distribution": (
        dl.share("job"),
        "sex",
        "Type de contrat : répartition selon le sexe",
        "Distribution of contract type, by sex",
    ),
    "answer": (
        dl.share("job == 'CDI'"),
        "sex",
        "Type de contrat : part de « CDI » selon le sexe",
        "Share of “CDI” (contract type), by sex",
    ),
    "condition": (
        dl.share("income < 1000 and age > 20"),
        None,
        "Part des personnes pour lesquelles niveau de vie mensuel < 1000 et âge > 20",
        "Share of people for whom monthly standard of living < 1000 and age > 20",
    ),
    "line": (
        dl.arpr("income"),
        "sex",
        "Taux de pauvreté – niveau de vie mensuel selon le sexe",
        "At-risk-of-poverty rate – monthly standard of living, by sex",
    ),
    "nothing": (dl.count(), "sex", "Effectif selon le sexe", "Count, by sex"),
}


@pytest.mark.parametrize("case", CASES)
def test_titles_of_estimates(sample: Sample, case: str) -> None:
    statistic, by, french, english = CASES[case]
    found = dl.estimate(sample, statistic, by=by or ())
    shown = dl.table(found, "fr").sheet.title
    assert shown.replace("\xa0", " ").replace("\u202f", " ") == french
    assert dl.table(found, "en").sheet.title == english
    assert dl.chart(found, language="fr").caption.title == shown  # type: ignore[attr-defined]


def test_titles_of_crosstabs_follow_their_percentages(sample: Sample) -> None:
    for shares, french in (
        ("column", "Type de contrat selon le sexe"),
        ("row", "Sexe selon le type de contrat"),
        ("cell", "Type de contrat et sexe"),
    ):
        found = dl.crosstab(sample, "job", "sex", shares=shares)
        assert dl.table(found, "fr").sheet.title == french


def test_a_regression_is_of_its_outcome(sample: Sample) -> None:
    fit = dl.regress(sample, "income ~ age")
    assert dl.table(fit, "fr").sheet.title == "Régression linéaire du niveau de vie mensuel"
    assert dl.table(fit, "en").sheet.title == "Linear regression of monthly standard of living"


def test_standard_deviations_have_cells_of_their_own_in_a_workbook(
    sample: Sample, tmp_path: Path
) -> None:
    found = dl.summary(sample, ["income", "job"], by="sex")
    shown = dl.table(found, "fr")
    # respondents are the same for all variables: the last line has them
    assert shown.sheet.header[:2] == ("Variable", "f")
    page = load_workbook(dl.save(shown, tmp_path / "table.xlsx")).worksheets[0]
    heads = [cell.value for cell in page[2]]
    assert heads[:3] == ["Variable", "f", "(f)"]
    women = found.groups.frame.query("sex == 'f' and variable == 'income'").set_index("statistic")
    row = page[3]
    assert row[1].value == pytest.approx(women["estimate"]["mean"])
    assert row[2].value == pytest.approx(women["estimate"]["variance"] ** 0.5)
    assert row[2].number_format == '"("#,##0")"'


def test_tables_of_word_have_alternative_text_and_room_for_wider_fonts(
    sample: Sample, tmp_path: Path
) -> None:
    shown = dl.table(dl.summary(sample, ["income", "house", "job"], by="sex"), "fr")
    body = Document(str(dl.save(shown, tmp_path / "table.docx"))).tables[0]._tbl
    names = [child.tag.partition("}")[2] for child in body.tblPr]
    assert names[-2:] == ["tblCaption", "tblDescription"]
    layout = page_layout(shown.sheet.tied())
    for at, side in enumerate(shown.sheet.align):
        if side == "right":
            texts = [row[at].text for row in shown.sheet.tied().rows]
            # figures of DejaVu Sans are 0.636 em wide, those of Arial 0.556
            widest = max(text_width(text, layout.size) for text in texts)
            assert layout.widths[at] >= widest * 0.636 / 0.556


def test_code_in_a_french_sentence_is_not_spaced() -> None:
    assert words("Voir : `{-1: 'a'}`.", "fr") == "Voir\xa0: `{-1: 'a'}`."


def test_gender_is_a_fact_of_the_codebook(tmp_path: Path) -> None:
    written = tmp_path / "book.toml"
    written.write_text('[variables.rent]\nlabel = "Charge de loyer"\ngender = "f"\n')
    assert read_codebook(written)["rent"].gender == "f"
    with pytest.raises(dl.DiplabError, match="gender='neuter'"):
        BOOK.described("rent", gender="neuter")
