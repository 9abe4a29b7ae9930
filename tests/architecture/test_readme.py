"""The README and the pages of docs say the same thing in both languages, and their Python runs as printed."""

from __future__ import annotations

import json
import re
import runpy
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab
from diplab.loaders.write import write
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import Microdata
from diplab.presentation.language import number, term, terms
from diplab.reference.text import Text
from diplab.replication.registry import find_studies
from diplab.replication.study import open_study
from diplab.results.comparison import RESTS_ON, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "fr")
PAGES = (
    "README",
    "docs/differences-from-r",
    "docs/estimates",
    "docs/files",
    "docs/privacy",
    "docs/studies",
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name: str, language: str) -> str:
    suffix = ".md" if language == "en" else f".{language}.md"
    return (ROOT / f"{name}{suffix}").read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[tuple[str, str]]:
    return BLOCK.findall(page(name, language))


def python_of(name: str) -> list[str]:
    """Return the Python of a page, which is the same in both languages."""
    return [code for kind, code in blocks(name, "en") if kind == "python"]


def prose(name: str, language: str) -> str:
    """The page without its code and its link targets."""
    text = BLOCK.sub("", page(name, language))
    return re.sub(r"`[^`]*`|\]\([^)]*\)|^\| :-.*$", "", text, flags=re.MULTILINE)


def first_cells(name: str, language: str) -> list[str]:
    """The code that opens each row of the tables of a page."""
    return re.findall(r"^\| `([^`]+)`", page(name, language), re.MULTILINE)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Return what runs lines in an empty folder, and gives the names that they leave."""
    monkeypatch.chdir(tmp_path)

    def lines(code: str) -> dict[str, Any]:
        (tmp_path / "lines.py").write_text(code, encoding="utf-8")
        return runpy.run_path(str(tmp_path / "lines.py"))

    return lines


def people() -> Microdata:
    """A small synthetic survey with the columns of the README, sixty people in each region."""
    drawn = np.random.default_rng(20190524)
    frame = pd.DataFrame({
        "weight": drawn.uniform(50.0, 150.0, 240), "region": np.repeat([1.0, 2.0, 3.0, 4.0], 60),
        "age": drawn.integers(15, 70, 240).astype(float), "sex": drawn.integers(1, 3, 240).astype(float),
        "contract": drawn.choice([1.0, 2.0, 3.0, 9.0], 240),
    })  # fmt: skip
    codebook = (
        Codebook(origin=Origin(synthetic=True))
        .described(
            "sex",
            label=Text("Sexe", "Sex"),
            values={1: Text("Femmes", "Women"), 2: Text("Hommes", "Men")},
        )
        .described(
            "contract",
            label=Text("Contrat", "Contract"),
            values={
                1: Text("CDI", "Permanent"),
                2: Text("CDD", "Fixed term"),
                3: Text("Sans", "None"),
            },
            missing={9: "refus"},
        )
    )
    return Microdata(frame, codebook)


def test_the_readme_is_short_and_opens_with_the_two_commands():
    for language in LANGUAGES:
        assert blocks("README", language)[0] == ("sh", "make reproduce\nmake test\n")
        assert len(page("README", language).splitlines()) <= 200


@pytest.mark.parametrize("name", PAGES)
def test_code_headings_links_and_tables_are_the_same_in_both_languages(name):
    assert blocks(name, "fr") == blocks(name, "en")
    assert first_cells(name, "fr") == first_cells(name, "en")
    headings, links = (
        {
            language: re.findall(pattern, BLOCK.sub("", page(name, language)), re.MULTILINE)
            for language in LANGUAGES
        }
        for pattern in (r"^(#+) ", r"\]\(([^)]+)\)")
    )
    assert headings["fr"] == headings["en"]
    assert [re.sub(r"\.(fr|en)\.", ".", each) for each in links["fr"]] == [
        re.sub(r"\.(fr|en)\.", ".", each) for each in links["en"]
    ]
    for each in {*links["fr"], *links["en"]}:
        assert each.startswith("http") or (ROOT / name).parent.joinpath(each).exists(), each


def test_plain_lines_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for options in ("--require-hashes -r requirements.lock", "--no-deps --no-build-isolation -e ."):
        assert options in makefile
        for _, commands in blocks("README", "en")[1:3]:
            assert options in commands


def test_every_verdict_is_explained_in_its_word_of_each_language_and_every_study_named():
    french = page("docs/studies", "fr").replace("\u00a0", " ")
    for verdict in VERDICTS:
        assert all(verdict in first_cells("docs/studies", language) for language in LANGUAGES)
        assert f"`{verdict}` : {terms()[f'verdict.{verdict}'].fr} |" in french
    studies = set(first_cells("docs/studies", "en")) - set(VERDICTS)
    assert studies == set(find_studies(ROOT / "surveys"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_studies_counts_what_their_files_hold(language):
    colon, semicolon = {"en": (": ", "; "), "fr": ("\u00a0: ", "\u202f; ")}[language]
    text = page("docs/studies", language)
    everything = []
    for name, folder in find_studies(ROOT / "surveys").items():
        rows = open_study(folder).published
        printed = [row.rests_on for row in rows if not row.ours and not row.quotation]
        everything += printed
        rests_on = semicolon.join(
            f"{term(f'rests_on.{word}', language)}{colon}{number(printed.count(word), language)}"
            for word in RESTS_ON
            if word in printed
        )
        ours = number(sum(row.ours for row in rows), language)
        quotations = number(sum(row.quotation for row in rows), language)
        line = next(each for each in text.splitlines() if each.startswith(f"| `{name}` |"))
        assert line.endswith(f" | {rests_on} | {ours} | {quotations} |"), name
    all_printed, of_rows = len(everything), everything.count("respondents' rows")
    assert of_rows >= 5_900
    for count in (all_printed, of_rows):
        assert number(count, language) in text


def test_the_table_of_verbs_names_public_ones():
    rows = re.findall(r"^\| (`[^|]+`) \|", page("docs/estimates", "en"), re.MULTILINE)
    verbs = re.findall(r"`([\w.]+)`", " ".join(rows))
    assert len(verbs) == 34
    assert all(callable(attrgetter(verb)(diplab)) or verb == "population" for verb in verbs)


@pytest.mark.parametrize("name", PAGES)
def test_french_pages_have_french_spaces_and_english_ones_have_not(name):
    french = prose(name, "fr")
    assert re.findall(r".{0,12}(?:[ ][:;!?%»]|«[^\u00a0]|\d \d{3})", french) == []
    assert re.findall(r".{0,12}\w[:;!?%»](?=\s)", french) == []
    assert not re.search("[\u00a0\u202f«»]", prose(name, "en"))


def test_the_first_lines_run_on_real_answers(run, tmp_path, monkeypatch, capsys):
    code, _ = python_of("README")
    monkeypatch.setenv("DIPLAB_OFFLINE", "1")
    monkeypatch.setenv("DIPLAB_DATA", str(tmp_path))
    names = run(code)
    assert len(names["voters"]) == 944
    rerun = diplab.reproduce("us-voters-1996").frame
    by_verdict = rerun.loc[rerun["verdict"] != "our own", "verdict"].value_counts()
    printed = capsys.readouterr().out
    for language in LANGUAGES:
        assert all(
            str(count) in page("README", language) for count in (by_verdict.sum(), *by_verdict)
        )
    assert all(str(count) in printed for count in by_verdict)
    assert ">Dole<" in (tmp_path / "vote.html").read_text(encoding="utf-8")


def test_the_python_block_runs_and_its_table_is_french(run, tmp_path, capsys):
    write(people(), tmp_path / "survey.sav", language="fr")
    _, code = python_of("README")
    assert len([line for line in code.splitlines() if line]) == 12
    names = run(code)
    sheet = names["tableau"].sheet
    assert sheet.title == "Contrat\xa0: répartition selon le sexe"
    assert sheet.header == ("Modalité", "Femmes", "Hommes")
    assert [row[0].text for row in sheet.rows] == ["CDI", "", "CDD", "", "Sans", "", "Base"]
    frame = people().frame.query("age >= 18 and contract != 9 and sex == 1")
    share = frame.loc[frame["contract"] == 1, "weight"].sum() / frame["weight"].sum()
    assert sheet.rows[0][1].text == f"{100 * share:.1f}\u00a0%".replace(".", ",")
    assert "Données synthétiques" in str(sheet.notes)
    assert re.search(r"Category +Women +Men", capsys.readouterr().out)
    assert (tmp_path / "contrats.docx").stat().st_size > 0
    assert (tmp_path / "tableau-1.docx").stat().st_size > 0
    assert ">Femmes<" in (tmp_path / "contrats.html").read_text(encoding="utf-8")
    assert "Contrat\xa0: répartition selon le sexe</title>" in (
        tmp_path / "contrats.svg"
    ).read_text(encoding="utf-8")


def test_the_lines_on_any_survey_file_run_on_the_export_of_the_notebook(run, tmp_path, capsys):
    notebook = json.loads(
        (ROOT / "notebooks" / "04-from-an-export-to-clean-data.ipynb").read_text(encoding="utf-8")
    )
    (made,) = ["".join(cell["source"]) for cell in notebook["cells"] if cell["id"] == "clean-make"]
    made = made.replace("Path(temporary.name)", "Path.cwd()")
    code, asked = python_of("docs/files")
    run(made)
    names = run(code)
    printed = capsys.readouterr().out
    assert "Votre revenu par mois, tout compris" in printed
    assert "temps plein" in printed
    assert len(names["kept"]) == 400 - int(names["quality"].flagged("speeders").sum()) < 400
    back = diplab.read(tmp_path / "workers.sav")
    assert [step.kind for step in back.codebook.steps] == ["exclude", "recode"]
    assert "Quel est votre emploi principal" in (tmp_path / "dictionnaire.html").read_text(
        encoding="utf-8"
    )
    (tmp_path / "answers.csv").write_text(
        "id,age,other,uses[mail],uses[image]\n1,30,9,Y,\n", encoding="utf-8"
    )
    assert run(asked)["answers"].codebook.reasons["other"] == {"refused": 1}


def test_the_lines_on_tables_run_and_describe_men_and_women(run, tmp_path, capsys):
    code, *_ = python_of("docs/estimates")
    names = run(code)
    assert list(names["described"].statistics.values()) == ["mean", "share", "median"]
    assert re.search(r"fixed term +Weighted count|fixed term +Count", capsys.readouterr().out)
    assert (tmp_path / "tableau-1.docx").stat().st_size > 0
    assert (tmp_path / "revenus.xlsx").stat().st_size > 0


def test_the_lines_on_sizes_run_and_quote_the_bound(run, tmp_path, capsys):
    _, code, *_ = python_of("docs/estimates")
    names = run(code)
    # n + f1^2 / (2 f2)
    bound = sum(names["answered"]) + 25984**2 / (2 * 5972)
    assert names["sizes"].headline.frame["estimate"].item() == pytest.approx(bound)
    assert "lower bound" in capsys.readouterr().out
    assert "borne inférieure" in (tmp_path / "effectifs.html").read_text(encoding="utf-8")
    assert (tmp_path / "effectifs.svg").stat().st_size > 0


def test_the_lines_on_models_run_and_put_them_side_by_side(run, tmp_path):
    (code,) = (each for each in python_of("docs/estimates") if "Multivari" in each)
    sheet = diplab.table(run(code)["models"], "fr").sheet
    assert sheet.over[1::3] == ("Univarié", "Multivarié")
    assert (tmp_path / "modeles.docx").stat().st_size > 0


def test_the_lines_on_poverty_run_and_give_three_answers(run, tmp_path, capsys):
    drawn = np.random.default_rng(7)
    bands = [
        "moins de 800 €",
        "800 à 1 199 €",
        "1 200 à 1 999 €",
        "2 000 à 2 999 €",
        "3 000 € ou plus",
    ]
    workers = pd.DataFrame({
        "weight": drawn.uniform(1, 3, 200).round(2), "adults": drawn.choice([1, 2], 200),
        "children": drawn.choice([0, 1, 2], 200),
        "income_band": drawn.choice(bands, 200, p=[0.1, 0.2, 0.35, 0.25, 0.1]),
        "situation": drawn.choice(["CDI temps plein", "CDI temps partiel", "chômage", "étudiant"], 200),
    })  # fmt: skip
    workers.to_csv(tmp_path / "workers.csv", index=False)
    _, _, code, *_ = python_of("docs/estimates")
    names = run(code)
    answers = names["poor"].frame.set_index("category")["estimate"]
    assert 0 < answers["at least"] < answers["imputed"] < answers["at most"] < 1
    page_of_table = (tmp_path / "pauvrete.html").read_text(encoding="utf-8")
    assert "bornes" in page_of_table
    assert "imputation dans les tranches" in page_of_table
    printed = capsys.readouterr().out
    assert "permanent" in printed
    # 1,288 / 0.05
    assert "25760" in printed.replace(",", "")


def test_files_that_decisions_and_the_map_name_exist():
    pages = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    gone = []
    for file in pages:
        named = re.findall(
            r"`((?:diplab|docs|tests|benchmarks|surveys)/[\w./-]*)`",
            file.read_text(encoding="utf-8"),
        )
        gone += [
            f"{file.name}: {name}"
            for name in named
            if not (ROOT / name).exists()
            and "brazil" not in name  # the study that is to be written
        ]
    assert not gone
