"""The command line as a person meets it: from any folder, with its words, its files and its exit codes."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

QUICK = "france-2019-headcount"


def diplab(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    home = {"DIPLAB_OFFLINE": "1", "XDG_CACHE_HOME": str(cwd / "cache"), "DIPLAB_DATA": str(cwd / "nothing")}
    return subprocess.run(
        [sys.executable, "-m", "diplab", *words],
        cwd=cwd,
        env={**os.environ, **home, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_list_and_show_from_any_folder(tmp_path):
    listed = diplab("list", cwd=tmp_path)
    assert listed.returncode == 0
    assert "france-2018-survey" in listed.stdout
    shown = diplab("show", QUICK, "--language", "fr", cwd=tmp_path)
    assert shown.returncode == 0
    assert "circulaire" in shown.stdout
    assert "Verdict attendu" in shown.stdout


def test_a_study_of_thousands_of_cells_is_shown_by_its_tables(tmp_path):
    lines = diplab("show", "us-crowdworkers-2022", cwd=tmp_path).stdout.splitlines()
    assert "logit_prescreen: Logit of giving up at the prescreen (110 cells: 110 as published)" in lines
    assert "  People screened: 21,892\N{NO-BREAK SPACE}people (our own)" in [line.rstrip() for line in lines]
    assert lines[-1] == "The tables as printed: diplab show us-crowdworkers-2022 --full"
    assert len(lines) < 400
    shown = diplab("show", "us-crowdworkers-2022", "--full", "--language", "fr", cwd=tmp_path).stdout
    assert max(map(len, shown.splitlines())) <= 100
    # eleven columns take two parts, each with the labels of rows
    main_model = shown.split("(logit_main)")[1].split("Champ")[0]
    assert re.findall(r"^gender=Female +(\S+)", main_model, re.MULTILINE) == ["0.3665", "0.367***"]
    # a question stands once, above its answers
    assert shown.split("(opinions)")[1].split("Champ")[0].count("Q-sell-YOUR-data") == 1
    assert re.search(r"^ +Yes if I get part of the profit +2936 +0\.46$", shown, re.MULTILINE)


def test_version(tmp_path):
    assert diplab("--version", cwd=tmp_path).stdout == "diplab 0.1.0\n"


def test_new_then_reproduce_in_a_folder_of_ones_own(tmp_path):
    made = diplab("new", "brazil-2023-survey", cwd=tmp_path)
    assert (made.returncode, made.stdout.strip()) == (0, str(Path("surveys/brazil-2023-survey")))
    rerun = diplab("reproduce", "brazil-2023-survey", cwd=tmp_path)
    assert rerun.returncode == 0
    assert "Numbers rerun: 1, each with the verdict expected of it." in rerun.stdout
    assert (tmp_path / "report" / "index.html").is_file()


def test_reproduce_writes_both_languages_and_a_second_run_is_identical(tmp_path):
    first = diplab("reproduce", QUICK, "--out", "one", cwd=tmp_path)
    second = diplab("reproduce", QUICK, "--out", "two", cwd=tmp_path)
    assert first.returncode == second.returncode == 0, first.stdout + first.stderr
    made = files(tmp_path / "one")
    assert made == files(tmp_path / "two")
    ends = {name.split(".", 1)[1] for name in made if name.startswith("figures/") and "manifest" not in name}
    assert ends == {f"{language}.{form}" for language in ("fr", "en") for form in ("svg", "pdf", "png")}
    assert "report/index.html" in made
    assert not [name for name in made if "partial" in name]


def test_one_language(tmp_path):
    assert diplab("reproduce", QUICK, "--language", "fr", cwd=tmp_path).returncode == 0
    assert not [name for name in files(tmp_path / "figures") if ".en." in name]


def test_a_verdict_that_was_not_expected_gives_1(tmp_path):
    diplab("new", "my-study", cwd=tmp_path)
    path = tmp_path / "surveys" / "my-study" / "published.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("28.4", "29.4"), encoding="utf-8")
    rerun = diplab("reproduce", "my-study", cwd=tmp_path)
    assert rerun.returncode == 1
    assert "differs !" in rerun.stdout
    assert "Numbers rerun: 1, of which 1 without the verdict expected." in rerun.stdout


def test_without_data_a_study_is_not_run_and_the_rest_goes_on(tmp_path):
    rerun = diplab("reproduce", "us-crowdworkers-2022", QUICK, cwd=tmp_path)
    assert rerun.returncode == 0
    last = rerun.stdout.rstrip().splitlines()[-1]
    assert last.startswith("Not run, for want of data: us-crowdworkers-2022")
    assert "DIPLAB_DATA" in last
    assert "https://raw.githubusercontent.com/aberke/amazon-study/" in last
    assert (tmp_path / "figures" / QUICK).is_dir()
    strict = diplab("reproduce", "us-crowdworkers-2022", "--strict", cwd=tmp_path)
    assert strict.returncode == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("reproduce", "france-2019-headcont"),
            ("There is no study `france-2019-headcont`.\n17 studies are known.\nDid you mean `france-2019-headcount`"),
        ),
        (("show", "nope", "--studies", "nowhere"), "There is no folder of studies `nowhere`."),
        (("reproduce", QUICK, "--language", "es"), "Invalid value for '--language'"),
        (("reproduce", QUICK, "--jobs", "0"), "Invalid value for '--jobs'"),
        (("reproduce", "--data", "x.sav"), "--data goes with one study"),
        (("reproduce", "france-2018-survey", "--data", "x.sav"), "x.sav"),
        (("reproduce", QUICK, "--set", "accounts_per_persn=1.2"), "Did you mean `accounts_per_person`"),
        (("reproduce", QUICK, "--set", "accounts_per_person=50"), "Its range is from "),
        (("reproduce", QUICK, "--set", "accounts_per_person"), "write --set NAME=VALUE"),
        (("reproduce", "--set", "accounts_per_person=1.5"), "--set goes with one study"),
        (("reproduce", "--capsule", "c.zip"), "--capsule goes with one study"),
        (("verify", "none.zip", "--yes"), "There is no such file."),
        (("new", "Bad Name"), "Names are of small letters, digits and single hyphens."),
    ],
)
def test_bad_use_gives_2_and_writes_nothing(tmp_path, words, said):
    found = diplab(*words, cwd=tmp_path)
    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    assert files(tmp_path) == {}


def with_answers(home, columns="share\n28.4\n"):
    """A study of one's own that reads a file; the files that are there before it is rerun."""
    diplab("new", "my-study", cwd=home)
    folder = home / "surveys" / "my-study"
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text(encoding="utf-8") + '\n[files.answers]\npath = "answers.csv"\n',
        encoding="utf-8",
    )
    (folder / "answers.csv").write_text(columns, encoding="utf-8")
    code = "def results(inputs):\n    data = inputs.read('answers', columns=['share'])\n"
    code += "    return {'full_time_of_all': float(data.frame['share'].iloc[0])}\n"
    (folder / "study.py").write_text(code, encoding="utf-8")
    return folder


def test_a_column_gone_from_the_data_gives_2_and_writes_nothing(tmp_path):
    folder = with_answers(tmp_path)
    assert diplab("reproduce", "my-study", "--out", "one", cwd=tmp_path).returncode == 0
    (folder / "answers.csv").write_text("part\n28.4\n", encoding="utf-8")
    found = diplab("reproduce", QUICK, "my-study", "--out", "two", cwd=tmp_path)
    assert found.returncode == 2
    assert "`share`" in found.stderr
    assert "Traceback" not in found.stderr
    assert files(tmp_path / "two") == {}


def test_a_broken_table_gives_2_and_writes_nothing(tmp_path):
    folder = with_answers(tmp_path)
    (folder / "published").mkdir()
    (folder / "published" / "tables.toml").write_text("[crosstab]\ntitle = ", encoding="utf-8")
    found = diplab("reproduce", "my-study", "--out", "out", cwd=tmp_path)
    assert found.returncode == 2
    assert found.stderr.startswith("The published tables of `my-study` cannot be read.\n`tables.toml` cannot be read:")
    assert files(tmp_path / "out") == {}


def test_a_changed_assumption_is_printed_beside_the_declared_one_and_writes_nothing(tmp_path):
    found = diplab("reproduce", QUICK, "--set", "accounts_per_person=1.5", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "225,320" in found.stdout
    assert "266,126" in found.stdout
    assert "= 1.5 (declared: 1.27). Expected verdicts are not judged." in found.stdout
    assert not (tmp_path / "report").exists()
    assert not (tmp_path / "figures").exists()
    drawn = diplab("reproduce", QUICK, "--set", "accounts_per_person=1.5", "--out", "out", cwd=tmp_path)
    assert drawn.returncode == 0
    assert (tmp_path / "out" / "report" / "index.html").is_file()


def test_a_truncated_file_gives_2(tmp_path):
    (tmp_path / "their.sav").write_bytes(b"$FL2@(#) IBM SPSS" + b" " * 40)
    found = diplab("reproduce", "france-2018-survey", "--data", "their.sav", cwd=tmp_path)
    assert found.returncode == 2
    assert "their.sav" in found.stderr
    assert "Traceback" not in found.stderr
    assert list(files(tmp_path)) == ["their.sav"]


def test_a_data_file_that_is_not_the_registered_one_gives_2(tmp_path):
    place = tmp_path / "open" / "berke-2024" / "data" / "survey-data"
    place.mkdir(parents=True)
    (place / "survey.csv").write_text("not the file\n")
    other = tmp_path / "open" / "berke-2024" / "data" / "prescreen-survey"
    other.mkdir(parents=True)
    (other / "cleaned.csv").write_text("not the file\n")
    found = diplab("reproduce", "us-crowdworkers-2022", cwd=tmp_path, DIPLAB_DATA=str(tmp_path / "open"))
    assert found.returncode == 2
    assert "sha256" in found.stderr
    assert not (tmp_path / "report").exists()


def test_nothing_appears_before_every_study_has_run(tmp_path):
    """A wrong data file stops the whole run: no figure of the studies before it is left."""
    for name in ("survey-data/survey.csv", "prescreen-survey/cleaned.csv"):
        place = tmp_path / "open" / "berke-2024" / "data" / name
        place.parent.mkdir(parents=True)
        place.write_text("not the file\n")
    found = diplab("reproduce", "--out", "out", cwd=tmp_path, DIPLAB_DATA=str(tmp_path / "open"))
    assert found.returncode == 2
    assert not (tmp_path / "out").exists()


def test_a_study_that_raises_gives_2_and_leaves_nothing(tmp_path):
    diplab("new", "my-study", cwd=tmp_path)
    path = tmp_path / "surveys" / "my-study" / "study.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("    return {", "    raise ValueError('x')\n    return {", 1)
    )
    found = diplab("reproduce", QUICK, "my-study", "--out", "out", cwd=tmp_path)
    assert found.returncode == 2
    assert found.stderr.startswith(
        "The study `my-study` cannot be rerun.\nIts `study.py` raised ValueError: x.\nCorrect `results(inputs)` there;"
    )
    assert files(tmp_path / "out") == {}


def test_a_place_that_cannot_be_written_gives_2(tmp_path):
    (tmp_path / "taken").write_text("a file")
    found = diplab("reproduce", QUICK, "--out", "taken", cwd=tmp_path)
    assert found.returncode == 2
    assert "Write another folder after --out." in found.stderr
    assert "Traceback" not in found.stderr


def test_a_study_named_twice_runs_once(tmp_path):
    diplab("new", "my-study", cwd=tmp_path)
    found = diplab("reproduce", "my-study", "my-study", cwd=tmp_path)
    assert "Numbers rerun: 1," in found.stdout


@pytest.mark.shared
def test_the_main_job_offline(tmp_path, shared):
    rerun = diplab("reproduce", cwd=tmp_path, DIPLAB_DATA=str(shared / "data" / "open"))
    assert rerun.returncode == 0, rerun.stdout + rerun.stderr
    assert "Not run" not in rerun.stdout
    for language in ("fr", "en"):
        page = (tmp_path / "report" / f"index.{language}.html").read_text(encoding="utf-8")
        assert f'href="press-2023-claims.{language}.html"' in page
        assert (tmp_path / "report" / f"press-2023-claims.{language}.html").is_file()


def test_check_reports_the_quality_of_a_file(tmp_path):
    (tmp_path / "pay.csv").write_text("worker_id,age,q1\na,31,1\nb,240,3\nb,45,3\n", encoding="utf-8")
    shown = diplab("check", "pay.csv", "--attention", "q1=3", "--language", "fr", "--out", "q.html", cwd=tmp_path)
    assert shown.returncode == 0
    assert "âge en dehors de 0 à 120 ans" in shown.stdout
    assert "autre réponse que celle qui était demandée" in shown.stdout
    assert shown.stdout.rstrip().endswith("Écrit\N{NO-BREAK SPACE}: q.html")
    assert "identifiant présent plusieurs fois" in (tmp_path / "q.html").read_text(encoding="utf-8")
    refused = diplab("check", "none.csv", cwd=tmp_path)
    assert refused.returncode == 2
    assert "There is no such file" in refused.stderr


def test_codebook_writes_a_page_in_each_language_and_points_out_who_could_be_recognised(tmp_path):
    (tmp_path / "workers.csv").write_text("email;heures\nada@example.org;3,5\n", encoding="utf-8")
    done = diplab("codebook", "workers.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "Written: workers.codebook.fr.html\n"
        "Written: workers.codebook.en.html\n"
        "These columns look like ones that identify people: email. Nothing of them is shown; leave them out or "
        "pseudonymise them before you share the data.\n"
    )
    page = (tmp_path / "workers.codebook.fr.html").read_text(encoding="utf-8")
    assert "ada@example.org" not in page
    one = diplab("codebook", "workers.csv", "--language", "fr", "--out", "out/w.docx", cwd=tmp_path)
    assert one.stdout.startswith("Écrit\N{NO-BREAK SPACE}: out")
    assert (tmp_path / "out" / "w.docx").is_file()


def test_codebook_refuses_a_file_that_it_cannot_read(tmp_path):
    (tmp_path / "broken.sav").write_bytes(b"$FL2@(#) cut")
    done = diplab("codebook", "broken.sav", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("The file `broken.sav` cannot be read.\n")
    assert len(done.stderr.splitlines()) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.sav"]
