"""The main job: figures drawn once, studies side by side, and nothing half-written whatever happens."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

import diplab as dl
from diplab.errors import StudyError
from diplab.replication.everything import _interruption_deferred, cores, reproduce_all
from diplab.replication.example import new_study
from diplab.replication.study import open_study

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from diplab.reference.text import Language
    from diplab.replication.pages.report import Section

FIGURES = """

def figures(inputs, comparison):
    import pandas as pd
    from diplab.presentation.charts.circles import Disc, Circles

    size = float((inputs.study.folder / "size.txt").read_text())
    said = dl.Text("personnes", "people")
    circles = Circles(title=said, notes=dl.Notes(), alt=said, circles=(Disc(said, size),))
    people = dl.declare_design(pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0]}))
    hours = dl.estimate(people, dl.mean("hours"), df="design")
    return {"circles": circles, "hours": lambda language: dl.chart(hours, language=language)}
"""


def made(home: Path, name: str = "my-study", more: str = FIGURES) -> Path:
    folder = new_study(name, home / "surveys", 2026)
    (folder / "size.txt").write_text("10")
    code = folder / "study.py"
    code.write_text(code.read_text(encoding="utf-8") + more, encoding="utf-8")
    return folder


def rerun(
    out: Path, *folders: Path, jobs: int = 1, redraw: bool = False, languages: tuple[Language, ...] = ("en",)
) -> list[Section]:
    studies = [open_study(folder) for folder in folders]
    return reproduce_all(studies, out / "out", languages, Console(quiet=True), jobs=jobs, redraw=redraw)


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("figures/*/*")}


def reused(sections: list[Section]) -> list[str]:
    return [f"{each.name}.{each.language}" for part in sections for each in part.drawn if each.reused]


EVERY = ["circles.en", "hours.en"]


def test_a_second_run_draws_nothing_and_changes_nothing(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert reused(rerun(tmp_path, folder)) == []
    before, at = files(tmp_path / "out"), written(tmp_path / "out")
    assert len(at) == 6
    assert reused(rerun(tmp_path, folder)) == EVERY
    assert files(tmp_path / "out") == before
    assert written(tmp_path / "out") == at


def test_redraw_draws_all_again_with_the_same_bytes(tmp_path: Path) -> None:
    folder = made(tmp_path)
    rerun(tmp_path, folder)
    before, at = files(tmp_path / "out"), written(tmp_path / "out")
    assert reused(rerun(tmp_path, folder, redraw=True)) == []
    assert files(tmp_path / "out") == before
    assert all(when > at[name] for name, when in written(tmp_path / "out").items())


def test_a_figure_whose_numbers_changed_is_drawn_again(tmp_path: Path) -> None:
    folder = made(tmp_path)
    rerun(tmp_path, folder)
    before = files(tmp_path / "out")
    (folder / "size.txt").write_text("11")
    assert reused(rerun(tmp_path, folder)) == EVERY[1:]
    after = files(tmp_path / "out")
    changed = {name for name in after if after[name] != before[name]}
    drawn = {f"figures/my-study/circles.{each}" for each in ("en.svg", "en.pdf", "en.png")}
    assert drawn <= changed
    assert not [name for name in changed if "hours" in name]


def test_figures_of_changed_code_are_drawn_again(tmp_path: Path) -> None:
    folder = made(tmp_path)
    rerun(tmp_path, folder)
    (folder / "study.py").write_text((folder / "study.py").read_text(encoding="utf-8") + "\n# more\n", "utf-8")
    assert reused(rerun(tmp_path, folder)) == []


@pytest.mark.parametrize("harm", ["changed", "removed"])
def test_a_figure_whose_file_is_not_as_written_is_drawn_again(tmp_path: Path, harm: str) -> None:
    folder = made(tmp_path)
    rerun(tmp_path, folder)
    before = files(tmp_path / "out")
    file = tmp_path / "out" / "figures" / "my-study" / "hours.en.svg"
    file.write_bytes(file.read_bytes() + b" ") if harm == "changed" else file.unlink()
    assert reused(rerun(tmp_path, folder)) == [each for each in EVERY if each != "hours.en"]
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize("words", ["", "[]", "{", '{"my-study/hours.en.svg": {}}'])
def test_a_manifest_that_says_nothing_reuses_nothing(tmp_path: Path, words: str) -> None:
    folder = made(tmp_path)
    rerun(tmp_path, folder)
    before = files(tmp_path / "out")
    (tmp_path / "out" / "figures" / "manifest.json").write_text(words)
    assert len(reused(rerun(tmp_path, folder))) < len(EVERY)
    assert files(tmp_path / "out") == before


WAYS = {
    "what dl.chart returns": 'dl.chart(hours, language="fr")',
    "a function of the language": "lambda _: Dots(title=said, notes=dl.Notes(), alt=said, rows=(Dot(said, 25.0),))",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_figure_is_given_in_any_of_these_ways_and_drawn_in_both_languages(tmp_path: Path, way: str) -> None:
    code = f"""

def figures(inputs, comparison):
    import pandas as pd
    from diplab.presentation.charts.dots import Dot, Dots

    said = dl.Text("heures", "hours")
    people = dl.declare_design(pd.DataFrame({{"hours": [10.0, 20.0, 30.0, 40.0]}}))
    hours = dl.estimate(people, dl.mean("hours"), df="design")
    return {{"hours": {WAYS[way]}}}
"""
    folder = made(tmp_path, more=code)
    (section,) = rerun(tmp_path, folder, languages=("fr", "en"))
    titles = {each.language: each.title for each in section.drawn}
    assert titles in ({"fr": "heures", "en": "hours"}, {"fr": "Moyenne – hours", "en": "Mean – hours"})
    assert reused(rerun(tmp_path, folder, languages=("fr", "en"))) == ["hours.fr", "hours.en"]
    given = open_study(folder)
    comparison = dl.reproduce(given.id, studies=folder.parent, language="fr")
    assert comparison.figure("hours").caption.title == titles["fr"]
    assert repr(comparison).startswith("my-study: Titre de l’étude\n")


@pytest.mark.parametrize("figures", ["{'one': 3}", "{'one': lambda: 3}", "{'one': inputs.nothing}"])
def test_what_is_no_chart_is_refused(tmp_path: Path, figures: str, refused: Any) -> None:
    folder = made(tmp_path, more=f"\n\ndef figures(inputs, comparison):\n    return {figures}\n")
    refused(lambda: rerun(tmp_path, folder), StudyError)
    assert files(tmp_path / "out") == {}


def test_a_figure_that_a_study_does_not_have_is_refused(tmp_path: Path, refused: Any) -> None:
    folder = made(tmp_path, more="")
    comparison = dl.reproduce("my-study", studies=folder.parent)
    refused(lambda: comparison.figure("jobs"), StudyError)


def test_studies_side_by_side_give_the_same_bytes_in_the_same_order(tmp_path: Path) -> None:
    folders = [made(tmp_path / "one", name) for name in ("b-study", "a-study")]
    one = rerun(tmp_path / "one", *folders)
    two = rerun(tmp_path / "two", *folders, jobs=2)
    assert [each.study.id for each in two] == [each.study.id for each in one] == ["b-study", "a-study"]
    assert files(tmp_path / "two" / "out") == files(tmp_path / "one" / "out") != {}
    assert all(each.seconds > 0 for each in (*one, *two))
    assert len(reused(rerun(tmp_path / "two", *folders, jobs=2))) == 2 * len(EVERY)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_one_study_stops_all_and_leaves_what_was_there(tmp_path: Path, jobs: int) -> None:
    good = made(tmp_path, "good-study")
    rerun(tmp_path, good)
    before = files(tmp_path / "out")
    (good / "size.txt").write_text("12")
    bad = made(tmp_path, "bad-study", "\n\ndef results(inputs):\n    raise ValueError('x')\n")
    with pytest.raises(StudyError) as error:
        rerun(tmp_path, good, bad, jobs=jobs)
    assert error.value.asked == "The study `bad-study` cannot be rerun."
    assert error.value.found == "Its `study.py` raised ValueError: x."
    assert files(tmp_path / "out") == before
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"figures", "report"}


def test_a_process_that_dies_is_said_in_three_sentences(tmp_path: Path, refused: Any) -> None:
    dead = made(tmp_path, "dead-study", "\n\ndef results(inputs):\n    import os\n    os._exit(3)\n")
    refused(lambda: rerun(tmp_path, made(tmp_path), dead, jobs=2), StudyError)
    assert files(tmp_path / "out") == {}


@pytest.fixture
def heard_interruption() -> Iterator[None]:
    """Hear an interruption even where the tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interruption")
def test_an_interruption_ends_every_process_and_leaves_nothing(tmp_path: Path) -> None:
    slow = """

def results(inputs):
    import os, time
    (inputs.study.folder / "pid").write_text(str(os.getpid()))
    time.sleep(120)
"""
    folders = [made(tmp_path, name, slow) for name in ("one-study", "two-study")]
    words = ["reproduce", "one-study", "two-study", "--jobs", "2", "--out", "out"]
    with subprocess.Popen(
        [sys.executable, "-m", "diplab", *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as run:
        waited = 0.0
        while not all((folder / "pid").is_file() for folder in folders) and waited < 100:
            time.sleep(0.1)
            waited += 0.1
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert run.returncode not in (0, 1, 2)
    assert "Traceback" not in said
    assert list((tmp_path / "out").iterdir()) == []
    for folder in folders:
        with pytest.raises(ProcessLookupError):
            os.kill(int((folder / "pid").read_text()), 0)


@pytest.mark.usefixtures("heard_interruption")
def test_an_interruption_while_processes_start_comes_after_and_is_not_lost() -> None:
    reached = []

    def start() -> None:
        with _interruption_deferred():
            os.kill(os.getpid(), signal.SIGINT)
            reached.append("the end of the block")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert reached == ["the end of the block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_errors_come_back_whole_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(StudyError("A was asked.", "B was found.", "Write C.")))
    assert (type(error), error.asked, error.found, error.write) == (
        StudyError, "A was asked.", "B was found.", "Write C.",
    )  # fmt: skip
    assert str(error) == "A was asked. B was found. Write C."
    assert cores() >= 1


def test_a_study_loaded_before_can_be_sent(tmp_path: Path) -> None:
    studies = [open_study(made(tmp_path, name, "")) for name in ("one-study", "two-study")]
    assert studies[0].module
    sections = reproduce_all(studies, tmp_path / "out", ("en",), Console(quiet=True), jobs=2)
    assert [each.study for each in sections] == studies
