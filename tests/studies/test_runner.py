"""The main job: figures drawn once, studies side by side, and nothing half-written whatever happens."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

import diplab as dl
from diplab.errors import StudyError
from diplab.replication.runner import _interruption_deferred, cores, open_gallery, reproduce_all
from diplab.replication.study import new_study, open_study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.reference.text import Language
    from diplab.replication.pages.report import Section

FIGURES = """

def figures(inputs, comparison):
    import pandas as pd
    from diplab.presentation.charts.circles import Disc, Circles

    size = float((inputs.study.folder / "size.txt").read_text())
    words = dl.Text("personnes", "people")
    circles = Circles(title=words, notes=dl.Notes(), alt=words, circles=(Disc(words, size),))
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
    out: Path,
    *folders: Path,
    jobs: int = 1,
    redraw: bool = False,
    languages: tuple[Language, ...] = ("en",),
) -> list[Section]:
    studies = [open_study(folder) for folder in folders]
    return reproduce_all(
        studies, out / "out", languages, Console(quiet=True), jobs=jobs, redraw=redraw
    )


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("figures/*/*")}


def reused(sections: list[Section]) -> list[str]:
    return [
        f"{each.name}.{each.language}" for part in sections for each in part.drawn if each.reused
    ]


EVERY = ["circles.en", "hours.en"]


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("once")
    assert reused(rerun(home, made(home))) == []
    return home


@pytest.fixture
def home(drawn_once: Path, tmp_path: Path) -> Path:
    """A folder with `my-study`, rerun and drawn."""
    return Path(shutil.copytree(drawn_once, tmp_path, dirs_exist_ok=True))


def test_a_second_run_draws_nothing_and_redraw_all_again_with_the_same_bytes(home: Path) -> None:
    folder = home / "surveys" / "my-study"
    before, at = files(home / "out"), written(home / "out")
    assert len(at) == 6
    assert reused(rerun(home, folder)) == EVERY
    assert files(home / "out") == before
    assert written(home / "out") == at
    assert reused(rerun(home, folder, redraw=True)) == []
    assert files(home / "out") == before
    assert all(when > at[name] for name, when in written(home / "out").items())


def test_a_figure_of_changed_numbers_or_code_is_drawn_again(home: Path) -> None:
    folder = home / "surveys" / "my-study"
    before = files(home / "out")
    (folder / "size.txt").write_text("11")
    assert reused(rerun(home, folder)) == EVERY[1:]
    after = files(home / "out")
    changed = {name for name in after if after[name] != before[name]}
    drawn = {f"figures/my-study/circles.{each}" for each in ("en.svg", "en.pdf", "en.png")}
    assert drawn <= changed
    assert not [name for name in changed if "hours" in name]
    (folder / "study.py").write_text(
        (folder / "study.py").read_text(encoding="utf-8") + "\n# more\n", "utf-8"
    )
    assert reused(rerun(home, folder)) == []


def test_a_figure_whose_file_is_not_as_written_is_drawn_again(home: Path) -> None:
    before = files(home / "out")
    file = home / "out" / "figures" / "my-study" / "hours.en.svg"
    for content in (file.read_bytes() + b" ", None):
        file.write_bytes(content) if content else file.unlink()
        assert reused(rerun(home, home / "surveys" / "my-study")) == EVERY[:1]
        assert files(home / "out") == before


def test_a_manifest_that_says_nothing_reuses_nothing(home: Path) -> None:
    before, manifest = files(home / "out"), home / "out" / "figures" / "manifest.json"
    for words in ("", "[]", '{"my-study/hours.en.svg": {}}', "{"):
        manifest.write_text(words)
        assert open_gallery(manifest.parent).entries == {}
    assert reused(rerun(home, home / "surveys" / "my-study")) == []
    assert files(home / "out") == before


def test_a_figure_is_given_in_either_way_and_drawn_in_both_languages(tmp_path: Path) -> None:
    """What dl.chart returns in one language, and a function of the language."""
    code = """

def figures(inputs, comparison):
    import pandas as pd
    from diplab.presentation.charts.dots import Dot, Dots

    words = dl.Text("heures", "hours")
    people = dl.declare_design(pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0]}))
    hours = dl.estimate(people, dl.mean("hours"), df="design")
    dots = Dots(title=words, notes=dl.Notes(), alt=words, rows=(Dot(words, 25.0),))
    return {"chart": dl.chart(hours, language="fr"), "dots": lambda _: dots}
"""
    folder = made(tmp_path, more=code)
    (section,) = rerun(tmp_path, folder, languages=("fr", "en"))
    titles = {f"{each.name}.{each.language}": each.title for each in section.drawn}
    assert titles == {
        "chart.fr": "hours\xa0: moyenne", "chart.en": "Mean of hours", "dots.fr": "heures", "dots.en": "hours",
    }  # fmt: skip
    assert reused(rerun(tmp_path, folder, languages=("fr", "en"))) == list(titles)
    comparison = dl.reproduce("my-study", studies=folder.parent, language="fr")
    for name in ("chart", "dots"):
        assert comparison.figure(name).caption.title == titles[f"{name}.fr"]
    assert repr(comparison).startswith("my-study: Titre de l’étude\n")


def test_what_is_no_chart_or_not_there_is_refused(tmp_path: Path, refused: Any) -> None:
    for name, figures in {
        "a": "{'one': 3}",
        "b": "{'one': lambda: 3}",
        "c": "{'one': inputs.nothing}",
    }.items():
        folder = made(
            tmp_path / name, more=f"\n\ndef figures(inputs, comparison):\n    return {figures}\n"
        )
        refused(lambda folder=folder: rerun(tmp_path, folder), StudyError)
        assert files(tmp_path / "out") == {}
    comparison = dl.reproduce("my-study", studies=made(tmp_path, more="").parent)
    refused(lambda: comparison.figure("jobs"), StudyError)


def test_studies_side_by_side_give_the_same_bytes_in_the_same_order(
    home: Path, tmp_path: Path
) -> None:
    """One that was drawn before is not drawn again; code that was loaded here is loaded there."""
    folders = [home / "surveys" / "my-study", made(home, "b-study")]
    one = rerun(tmp_path / "one", *folders)
    studies = [open_study(folder) for folder in folders]
    assert studies[0].module
    two = reproduce_all(studies, home / "out", ("en",), Console(quiet=True), jobs=2)
    assert [each.study for each in two] == studies
    assert [each.study.id for each in one] == ["my-study", "b-study"]
    assert files(home / "out") == files(tmp_path / "one" / "out") != {}
    assert all(each.seconds > 0 for each in (*one, *two))
    assert reused(two[:1]) == EVERY
    assert reused(two[1:]) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_one_study_stops_all_and_leaves_what_was_there(home: Path, jobs: int) -> None:
    good = home / "surveys" / "my-study"
    before = files(home / "out")
    (good / "size.txt").write_text("12")
    bad = made(home, "bad-study", "\n\ndef results(inputs):\n    raise ValueError('x')\n")
    with pytest.raises(StudyError) as error:
        rerun(home, good, bad, jobs=jobs)
    assert error.value.asked == "The study `bad-study` cannot be rerun."
    assert error.value.found == "Its `study.py` raised ValueError: x."
    assert files(home / "out") == before
    assert {path.name for path in (home / "out").iterdir()} == {"figures", "report"}


def test_a_process_that_dies_is_told_in_three_sentences(tmp_path: Path, refused: Any) -> None:
    dead = made(
        tmp_path, "dead-study", "\n\ndef results(inputs):\n    import os\n    os._exit(3)\n"
    )
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
        _, words_of_error = run.communicate(timeout=60)
    assert run.returncode not in (0, 1, 2)
    assert "Traceback" not in words_of_error
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
