"""The command line as a person meets it: from any folder, with its words, its files and its exit codes.

Commands are called in this process; as processes of their own they run in `test_install.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from diplab.cli import app
from diplab.replication import registry, runner

QUICK = "france-2019-headcount"
QUICK_FOLDER = registry.find_studies()[QUICK]
SPACE = "\N{NO-BREAK SPACE}"


@dataclass
class Home:
    """An empty folder to work in, without data and without a network; a call runs a command there."""

    folder: Path

    def __call__(self, *words: str, code: int = 0) -> Any:
        ran = CliRunner().invoke(app, words)
        assert ran.exit_code == code, (words, ran.output, ran.exception)
        return ran

    def files(self, below: str = ".") -> list[str]:
        folder = self.folder / below
        return sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        )

    def study(self, name: str = "my-study") -> Path:
        self("new", name)
        return self.folder / "surveys" / name


@pytest.fixture
def diplab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIPLAB_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DIPLAB_DATA", str(tmp_path / "open"))
    return Home(tmp_path)


def replace_in(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_list_show_and_version_from_any_folder(diplab):
    assert "france-2018-survey" in diplab("list").stdout
    shown = diplab("show", QUICK, "--language", "fr").stdout
    assert "circulaire" in shown
    assert "Verdict attendu" in shown
    assert diplab("--version").stdout == "diplab 0.1.0\n"


def test_a_study_of_thousands_of_cells_is_shown_by_its_tables(diplab):
    lines = diplab("show", "us-crowdworkers-2022").stdout.splitlines()
    assert (
        "logit_prescreen: Logit of giving up at the prescreen (110 cells: 110 as published)"
        in lines
    )
    assert f"  People screened: 21,892{SPACE}people (our own)" in [line.rstrip() for line in lines]
    assert lines[-1] == "The tables as printed: diplab show us-crowdworkers-2022 --full"
    assert len(lines) < 400
    shown = diplab("show", "us-crowdworkers-2022", "--full", "--language", "fr").stdout
    assert max(map(len, shown.splitlines())) <= 100
    # eleven columns take two parts, each with the labels of rows
    main_model = shown.split("(logit_main)")[1].split("Champ")[0]
    assert re.findall(r"^ gender=Female +(\S+)", main_model, re.MULTILINE) == ["0.3665", "1.443"]
    # a question stands once, above its answers
    assert shown.split("(opinions)")[1].split("Champ")[0].count("Q-sell-YOUR-data") == 1
    assert re.search(r"^ +Yes if I get part of the profit +2936 +0\.46 *$", shown, re.MULTILINE)


def test_a_new_study_is_rerun_once_and_gives_1_where_its_verdict_was_not_expected(diplab):
    assert diplab("new", "my-study").stdout.strip() == str(Path("surveys/my-study"))
    expected = diplab("reproduce", "my-study", "my-study")
    assert "Numbers rerun: 1, each with its expected verdict." in expected.stdout
    assert (diplab.folder / "report" / "index.html").is_file()
    replace_in(diplab.folder / "surveys" / "my-study" / "published.csv", "28.4", "29.4")
    unexpected = diplab("reproduce", "my-study", code=1)
    assert "differs !" in unexpected.stdout
    assert "Numbers rerun: 1, of which 1 without the expected verdict." in unexpected.stdout


def test_every_study_that_is_known_is_rerun_in_both_languages(diplab, monkeypatch):
    """Each of the package's own is rerun whole in `studies/test_every_row.py`."""
    home = diplab.study().parent
    (home / QUICK).symlink_to(QUICK_FOLDER)
    monkeypatch.setattr(registry, "study_folders", lambda _=None: iter([home]))
    monkeypatch.setattr(runner, "cores", lambda: 1)
    assert "Not run" not in diplab("reproduce").stdout
    made = diplab.files("figures")
    assert {name.partition(".")[2] for name in made if "/" in name} == {
        f"{language}.{form}" for language in ("fr", "en") for form in ("svg", "pdf", "png")
    }
    for language in ("fr", "en"):
        page = (diplab.folder / "report" / f"index.{language}.html").read_text(encoding="utf-8")
        for name in (QUICK, "my-study"):
            assert f'href="{name}.{language}.html"' in page
            assert (diplab.folder / "report" / f"{name}.{language}.html").is_file()
    assert not [name for name in diplab.files() if "partial" in name]


def test_without_data_a_study_is_not_run_and_the_rest_goes_on(diplab):
    diplab.study()
    absent = ("masculinity-2018", "--language", "en")
    last = diplab("reproduce", *absent, "my-study", "--jobs", "1").stdout.rstrip().splitlines()[-1]
    assert last.startswith("Not run, for want of data: masculinity-2018")
    assert "DIPLAB_DATA" in last
    assert "https://raw.githubusercontent.com/fivethirtyeight/" in last
    assert "report/my-study.en.html" in diplab.files()
    diplab("reproduce", *absent, "--strict", code=3)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            "reproduce france-2019-headcont",
            (
                "There is no study `france-2019-headcont`.\n17 studies are known.\nDid you mean "
                "`france-2019-headcount`"
            ),
        ),
        ("show nope --studies nowhere", "There is no folder of studies `nowhere`."),
        (f"reproduce {QUICK} --language es", "Invalid value for '--language'"),
        (f"reproduce {QUICK} --jobs 0", "Invalid value for '--jobs'"),
        ("reproduce --data x.sav", "--data goes with one study"),
        ("reproduce france-2018-survey --data x.sav", "x.sav"),
        (f"reproduce {QUICK} --set accounts_per_persn=1.2", "Did you mean `accounts_per_person`"),
        (f"reproduce {QUICK} --set accounts_per_person=50", "Its range is from "),
        (f"reproduce {QUICK} --set accounts_per_person", "write --set NAME=VALUE"),
        ("reproduce --set accounts_per_person=1.5", "--set goes with one study"),
        ("reproduce --capsule c.zip", "--capsule goes with one study"),
        ("verify none.zip --yes", "The file does not exist."),
        ("new Bad-Name", "Names are of small letters, digits and single hyphens."),
        ("check none.csv", "There is no file of that name"),
    ],
)
def test_bad_use_gives_2_and_writes_nothing(diplab, words, text):
    assert text in diplab(*words.split(), code=2).stderr
    assert diplab.files() == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            "reproduce france-2019-headcont",
            "17 études sont connues.\nVouliez-vous dire `france-2019-headcount`\u202f?",
        ),
        ("show nope --studies nowhere", "Il n’y a pas de dossier d’études `nowhere`."),
        ("reproduce --data x.sav", "--data va avec une seule étude"),
        ("reproduce france-2018-survey --data x.sav", "Le fichier `x.sav` ne peut être lu."),
        (
            f"reproduce {QUICK} --set accounts_per_persn=1.2",
            "Elle en déclare 4.\nVouliez-vous dire",
        ),
        (f"reproduce {QUICK} --set accounts_per_person=50", "Cet intervalle va de 1 à 1,83 "),
        (f"reproduce {QUICK} --set accounts_per_person", "écrivez --set NOM=VALEUR"),
        ("reproduce --capsule c.zip", "--capsule va avec une seule étude"),
        ("verify none.zip --yes", "Ce fichier n’existe pas."),
        ("check none.csv", "Écrivez le chemin d’un fichier qui existe."),
        ("codebook .", "ne peut être lu.\nC’est un dossier."),
        ("check x.csv --attention q1", "écrivez --attention COLONNE=RÉPONSE"),
    ],
)
def test_bad_use_is_told_in_french_where_it_is_asked_for(diplab, words, text):
    assert text in diplab(*words.split(), "--language", "fr", code=2).stderr
    assert diplab.files() == []


def test_data_that_are_not_the_registered_ones_are_told_in_french(diplab):
    place = diplab.folder / "open" / "berke-2024" / "data" / "survey-data" / "survey.csv"
    place.parent.mkdir(parents=True)
    place.write_text("not the file\n")
    told = diplab(
        "reproduce", "us-crowdworkers-2022", "--out", "out", "--language", "fr", code=2
    ).stderr
    assert "n’est pas celui qui est enregistré." in told
    (diplab.folder / "taken").write_text("a file")
    told = diplab("reproduce", QUICK, "--out", "taken", "--language", "fr", code=2).stderr
    assert "Écrivez un autre dossier après --out." in told


def test_a_study_that_fails_gives_2_and_leaves_nothing_of_those_before_it(diplab):
    diplab.study("good-study")
    folder = diplab.study()
    code = folder / "study.py"
    written = code.read_text(encoding="utf-8")
    replace_in(code, "    return {", "    raise ValueError('x')\n    return {")

    def fails(with_words: str, *, starts: bool = True) -> None:
        ran = diplab("reproduce", "good-study", "my-study", "--jobs", "1", "--out", "out", code=2)
        assert ran.stderr.startswith(with_words) if starts else with_words in ran.stderr
        assert diplab.files("out") == []

    fails(
        "The study `my-study` cannot be rerun.\nIts `study.py` raised ValueError: x.\nCorrect "
        "`results(inputs)` there;"
    )
    # a column that is gone from its data
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write('\n[files.answers]\npath = "answers.csv"\n')
    read = "    inputs.read('answers', columns=['share'])\n    return {"
    code.write_text(written.replace("    return {", read, 1), encoding="utf-8")
    (folder / "answers.csv").write_text("share\n28.4\n", encoding="utf-8")
    diplab("reproduce", "my-study", "--out", "one")
    (folder / "answers.csv").write_text("part\n28.4\n", encoding="utf-8")
    fails("`share`", starts=False)
    (folder / "published").mkdir()
    (folder / "published" / "tables.toml").write_text("[crosstab]\ntitle = ", encoding="utf-8")
    fails("The published tables of `my-study` cannot be read.\n`tables.toml` cannot be read:")


def test_a_changed_assumption_is_printed_beside_the_declared_one_and_writes_nothing(diplab):
    changed = ("reproduce", QUICK, "--set", "accounts_per_person=1.5")
    printed = diplab(*changed).stdout
    assert "225,320" in printed
    assert "266,126" in printed
    assert "= 1.5 (declared: 1.27). Expected verdicts are not judged." in printed
    assert diplab.files() == []
    diplab(*changed, "--language", "fr", "--out", "out")
    assert "report/index.html" in diplab.files("out")
    assert not [name for name in diplab.files("out/figures") if ".en." in name]


def test_a_truncated_file_gives_2(diplab):
    (diplab.folder / "their.sav").write_bytes(b"$FL2@(#) IBM SPSS" + b" " * 40)
    assert (
        "their.sav"
        in diplab("reproduce", "france-2018-survey", "--data", "their.sav", code=2).stderr
    )
    ran = diplab("codebook", "their.sav", code=2)
    assert ran.stderr.startswith("The file `their.sav` cannot be read.\n")
    assert len(ran.stderr.splitlines()) == 3
    assert diplab.files() == ["their.sav"]


def test_a_data_file_that_is_not_the_registered_one_stops_every_study_before_it(diplab):
    for name in ("survey-data/survey.csv", "prescreen-survey/cleaned.csv"):
        place = diplab.folder / "open" / "berke-2024" / "data" / name
        place.parent.mkdir(parents=True)
        place.write_text("not the file\n")
    assert "sha256" in diplab("reproduce", "--out", "out", code=2).stderr
    assert not (diplab.folder / "out").exists()


def test_a_place_that_cannot_be_written_gives_2(diplab):
    (diplab.folder / "taken").write_text("a file")
    assert (
        "Write another folder after --out."
        in diplab("reproduce", QUICK, "--out", "taken", code=2).stderr
    )


def test_check_reports_the_quality_of_a_file(diplab):
    (diplab.folder / "pay.csv").write_text(
        "worker_id,age,q1\na,31,1\nb,240,3\nb,45,3\n", encoding="utf-8"
    )
    shown = diplab(
        "check", "pay.csv", "--attention", "q1=3", "--language", "fr", "--out", "q.html"
    ).stdout
    assert "âge hors de l’intervalle de 0 à 120 ans" in shown
    assert "réponse différente de celle qui était demandée" in shown
    assert shown.rstrip().endswith(f"Écrit{SPACE}: q.html")
    assert "identifiant présent plusieurs fois" in (diplab.folder / "q.html").read_text(
        encoding="utf-8"
    )


def test_codebook_writes_a_page_in_each_language_and_points_out_who_could_be_recognised(diplab):
    (diplab.folder / "workers.csv").write_text(
        "email;heures\nada@example.org;3,5\n", encoding="utf-8"
    )
    assert diplab("codebook", "workers.csv").stdout == (
        "Written: workers.codebook.fr.html\n"
        "Written: workers.codebook.en.html\n"
        "These columns appear to identify people: email. Their content is not shown; drop or "
        "pseudonymise them before sharing the data.\n"
    )
    assert "ada@example.org" not in (diplab.folder / "workers.codebook.fr.html").read_text(
        encoding="utf-8"
    )
    one = diplab("codebook", "workers.csv", "--language", "fr", "--out", "out/w.docx")
    assert one.stdout.startswith(f"Écrit{SPACE}: out")
    assert (diplab.folder / "out" / "w.docx").is_file()
