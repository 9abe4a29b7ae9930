"""A study by someone who never read the code: from `diplab new` to verdicts and a figure in thirty lines.

What is written here beyond the example of `diplab new` is counted. The published table and the
codebook are those that the example's own README shows. The answers are synthetic.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

import diplab as dl
from diplab.cli import app

if TYPE_CHECKING:
    from pathlib import Path

STUDY = "riders-2026"
FILE = '[files.answers]\npath = "data/answers.csv"\n'
NUMBER = (
    'no_job,35.4,,equals,%,Sans autre emploi,No other job,riders,livreurs,riders,"Report, p. '
    '3","Rapport, p. 3",'
    "published,respondents' rows,0,,as published,,\n"
)
SAMPLE = """    sample = dl.declare_design(inputs.read("answers"), weights="weight")
    cells = dl.crosstab(sample, "sex", "job", shares="row").frame
"""
RESULTS = """
        "no_job": Result.of(dl.estimate(sample, dl.share("job == 'none'"), df="design"), scale=100),
        "jobs": 100 * cells.pivot(index="sex", columns="job", values="estimate"),
"""
FIGURES = """
def figures(inputs, comparison):
    sample = dl.declare_design(inputs.read("answers"), weights="weight")
    return {"jobs": dl.chart(dl.estimate(sample, dl.share("job"), by="sex", df="design"))}
"""


def diplab(*arguments: str, leaves: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == leaves, done.output
    return done.output


def answers() -> pd.DataFrame:
    drawn = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "sex": drawn.choice(["Men", "Women"], 240, p=[0.7, 0.3]),
            "job": drawn.choice(["full_time", "part_time", "none"], 240, p=[0.3, 0.3, 0.4]),
            "weight": drawn.uniform(1, 3, 240).round(2),
        }
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the study was begun, written and rerun."""
    home = tmp_path_factory.mktemp("outsider")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        diplab("new", STUDY)
        folder = home / "surveys" / STUDY
        shown = (folder / "README.md").read_text(encoding="utf-8")
        csv, toml, codebook, _ = re.findall(
            r"^```(?:csv|toml)\n(.*?)^```", shown, re.MULTILINE | re.DOTALL
        )
        (folder / "data").mkdir()
        (folder / "published").mkdir()
        answers().to_csv(folder / "data" / "answers.csv", index=False)
        file = folder / "study.toml"
        file.write_text(
            file.read_text("utf-8").replace("\n# [files.answers]", f"\n{FILE}#"), "utf-8"
        )
        with (folder / "published.csv").open("a", encoding="utf-8") as numbers:
            numbers.write(NUMBER)
        (folder / "published" / "jobs.csv").write_text(csv, "utf-8")
        (folder / "published" / "tables.toml").write_text(toml, "utf-8")
        (folder / "codebook.toml").write_text(codebook, "utf-8")
        code = folder / "study.py"
        before = code.read_text("utf-8")
        begins, example = "    return {\n", '        "full_time_of_all": 0.40 * full_time * 100,\n'
        assert begins + example in before
        code.write_text(
            before.replace(begins + example, SAMPLE + begins + example + RESULTS) + FIGURES, "utf-8"
        )
        written = "".join((FILE, NUMBER, csv, toml, codebook, SAMPLE, RESULTS, FIGURES))
        (home / "lines.txt").write_text("".join(re.findall(r".+\n", written)), "utf-8")
        (home / "said.txt").write_text(diplab("reproduce", STUDY), "utf-8")
    return home


def test_it_takes_thirty_lines(home: Path) -> None:
    assert len((home / "lines.txt").read_text("utf-8").splitlines()) <= 30


def test_every_number_has_its_verdict(home: Path) -> None:
    said = (home / "said.txt").read_text("utf-8")
    assert "jobs: 6 cells: 6 as published" in said
    assert "Numbers rerun: 8, each with its expected verdict." in said
    frame = dl.reproduce(STUDY, studies=home / "surveys").frame.set_index("key")
    counts = frame["verdict"].value_counts().to_dict()
    assert counts == {"as published": 7, "our own": 1}
    people = answers()
    women = people[people["sex"] == "Women"]
    alone = women.loc[women["job"] == "none", "weight"].sum() / women["weight"].sum()
    assert frame.loc["jobs/Women/none", "reproduced"] == pytest.approx(100 * alone)


def test_the_figure_is_there_in_both_languages(home: Path) -> None:
    titles = {}
    for language in ("fr", "en"):
        for suffix in ("svg", "pdf", "png"):
            assert (home / "figures" / STUDY / f"jobs.{language}.{suffix}").stat().st_size > 0
        with Image.open(home / "figures" / STUDY / f"jobs.{language}.png") as drawn:
            titles[language] = drawn.info["Title"]
    assert titles == {
        "fr": "Autre emploi\xa0: répartition selon le sexe",
        "en": "Distribution of other job, by sex",
    }


def test_a_changed_assumption_and_what_was_published_are_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    changed = diplab("reproduce", STUDY, "--set", "share_full_time=0.6")
    assert re.search(r"28\.4% +│ 28\.4% +│ 24\.0%", changed)
    shown = diplab("show", STUDY)
    assert "jobs: Other job, by sex (6 cells: 6 as published)" in shown
    assert re.search("  No other job: 35.4% *\n", shown)
    assert re.search(r"  full-time permanent contract: 28.4% \(our own\) *\n", shown)
    assert "share_full_time=0.71 (0.4 to 0.9): share working full time" in shown
    printed = diplab("show", STUDY, "--full", "--language", "fr")
    assert re.search(r"Men +36\.3 +31\.0 +32\.7", printed)
    assert "Champ\N{NO-BREAK SPACE}: livreurs\n" in printed


def test_a_figure_has_the_words_that_the_readme_shows(home: Path) -> None:
    folder = home / "surveys" / STUDY
    *_, words = re.findall(
        r"^```toml\n(.*?)^```", (folder / "README.md").read_text("utf-8"), re.M | re.S
    )
    (folder / "words.toml").write_text(words, "utf-8")
    code = folder / "study.py"
    before = code.read_text("utf-8")
    code.write_text(
        before.replace('df="design"))}', 'df="design"), **inputs.caption("jobs"))}'), "utf-8"
    )
    figure = dl.reproduce(STUDY, studies=folder.parent, language="fr").figure("jobs")
    code.write_text(before, "utf-8")
    (folder / "words.toml").unlink()
    assert figure.caption.title == "Deux livreurs sur trois ont un autre emploi"
    assert "Ensemble des livreurs." in figure.caption.description


def test_a_wrong_digit_is_seen(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    table = home / "surveys" / STUDY / "published" / "jobs.csv"
    printed = table.read_text("utf-8")
    table.write_text(printed.replace("41.7", "41.8"), "utf-8")
    said = diplab("reproduce", STUDY, "--language", "en", leaves=1)
    table.write_text(printed, "utf-8")
    assert "Published 41.8% · Reproduced 41.7% · differs !" in said


def test_code_that_python_cannot_read_is_said_with_its_line(home: Path, tmp_path: Path) -> None:
    diplab_new = tmp_path / "surveys" / STUDY
    diplab_new.parent.mkdir()
    diplab_new.mkdir()
    for name in ("study.toml", "published.csv", "codebook.toml"):
        (diplab_new / name).write_bytes((home / "surveys" / STUDY / name).read_bytes())
    (diplab_new / "data").mkdir()
    answers().to_csv(diplab_new / "data" / "answers.csv", index=False)
    (diplab_new / "study.py").write_text(
        "import diplab as dl\n\ndef results(inputs:\n    return {}\n", "utf-8"
    )
    said = diplab("reproduce", STUDY, "--studies", str(diplab_new.parent), leaves=2)
    assert (
        f"The `study.py` of `{STUDY}` cannot be read.\nPython stops at line 3 of `study.py`" in said
    )
