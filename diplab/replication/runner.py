"""Rerun studies, in parallel on several cores, draw their figures and write the report.

The gallery holds every figure in both languages and three formats,
`figures/<study>/<figure>.<fr|en>.{svg,pdf,png}`, and `figures/manifest.json`. Files are moved there
when complete, and a second run gives identical files. A figure is not drawn again if its content
and its files are those of the manifest.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from diplab.errors import StudyError
from diplab.presentation._save import save
from diplab.presentation.writers.figures import content_of
from diplab.presentation.writers.files import write_atomically
from diplab.reference.text import Language
from diplab.replication.pages.report import Section, section, write_report
from diplab.replication.rerun import Run, check_data, run
from diplab.replication.study import Study


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def reproduce_all(
    studies: Sequence[Study],
    out: Path,
    languages: Sequence[Language],
    console: Console,
    *,
    data: Path | None = None,
    mapping: Path | None = None,
    assumptions: Mapping[str, float] | None = None,
    jobs: int = 1,
    redraw: bool = False,
) -> list[Section]:
    """Rerun studies, `jobs` at a time, and write `figures/` and `report/` below `out`.

    Nothing is written if a study fails.
    """
    for study in studies:
        # a file that is not the registered one raises an error before anything is written
        check_data(study)
    gallery = out / "figures"
    before = Gallery(gallery) if redraw else open_gallery(gallery)
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".figures-", dir=out) as staged,
        Progress(*bar, console=console, transient=True) as progress,
    ):
        tasks = [
            _Rerun(
                study,
                Path(staged),
                tuple(languages),
                before,
                data,
                mapping,
                dict(assumptions or {}),
            )
            for study in studies
        ]
        shown = progress.add_task("", total=len(tasks))

        def tell(at_work: str, done: int) -> None:
            progress.update(shown, description=at_work, completed=done)

        together = min(jobs, len(tasks))
        sections = []
        if together > 1:
            sections = _side_by_side(tasks, together, tell)
        else:
            for position, task in enumerate(tasks):
                tell(task.study.id, position)
                sections.append(_rerun(task))
        every = list(chain.from_iterable(section.drawn for section in sections))
        # files are moved to their place only after every study has run
        for file in (
            file for figure in every if not figure.reused for file in figure.files.values()
        ):
            (gallery / file).parent.mkdir(parents=True, exist_ok=True)
            (Path(staged) / file).replace(gallery / file)
    write_manifest(gallery, every)
    write_report(out / "report", sections, languages, gallery)
    return sections


@dataclass(frozen=True)
class _Rerun:
    """A study to rerun, with the options that its process needs."""

    study: Study
    staged: Path
    languages: tuple[Language, ...]
    before: Gallery
    data: Path | None
    mapping: Path | None
    assumptions: dict[str, float]

    @property
    def weight(self) -> float:
        """Approximate duration, from megabytes of data, published numbers and earlier figures."""
        megabytes = sum(file.size for file in self.study.all_files.values()) / 1e6
        figures = sum(entry.get("study") == self.study.id for entry in self.before.entries.values())
        return megabytes + len(self.study.published) / 50 + figures / 6


def _rerun(task: _Rerun) -> Section:
    """Rerun a study and draw its figures; return plain data."""
    begun = time.monotonic()
    with run(
        task.study, data=task.data, mapping=task.mapping, assumptions=task.assumptions
    ) as found:
        drawn = draw(found, task.staged, task.languages, task.before)
        made = section(found, drawn, task.languages)
    # a copy of a study lacks its code, which cannot be sent to another process
    return replace(made, study=replace(task.study), seconds=time.monotonic() - begun)


def _side_by_side(
    tasks: Sequence[_Rerun], together: int, tell: Callable[[str, int], None]
) -> list[Section]:
    """Rerun studies in separate processes, the longest first."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        together,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(str(tasks[0].staged),),
    )
    sections: dict[int, Section] = {}
    try:
        with _interruption_deferred():
            places = {}
            for place, task in sorted(enumerate(tasks), key=lambda item: -item[1].weight):
                places[pool.submit(_rerun, replace(task, study=replace(task.study)))] = place
        for done in as_completed(places):
            sections[places[done]] = replace(done.result(), study=tasks[places[done]].study)
            waiting = [tasks[place].study.id for place in places.values() if place not in sections]
            tell(", ".join(waiting[:together]), len(sections))
    except BrokenProcessPool as broken:
        raise StudyError(
            f"{len(tasks)} studies were rerun, {together} at a time.",
            "The process of one of them ended without a result: memory may be exhausted.",
            "Write `--jobs 1` to rerun them one after the other.",
        ) from broken
    finally:
        if len(sections) < len(tasks):
            # a study failed or the run was interrupted: the others are stopped
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
        pool.shutdown(cancel_futures=True)
    return [sections[place] for place in range(len(tasks))]


def _begin(folder: str) -> None:
    """Set the temporary folder of a worker process, and leave interruptions to its parent."""
    tempfile.tempdir = folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interruption_deferred() -> Iterator[None]:
    """Defer an interruption until the worker processes that start within the context are ready."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    pending: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: pending.append(number))
    # processes started here inherit the mask; Windows has none
    mask = None
    if hasattr(signal, "pthread_sigmask"):
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if pending:
        handler(pending[0], None)


FORMATS = ("svg", "pdf", "png")


@dataclass(frozen=True)
class Drawn:
    """One figure in one language: its files by format, its words and a hash of its content."""

    # `reused` is true if its files were in the gallery already, so that it was not drawn
    study: str
    name: str
    language: Language
    title: str
    description: str
    files: dict[str, str]
    content: str = ""
    reused: bool = False


@dataclass(frozen=True)
class Gallery:
    """The figures of an earlier run, with the entry of each file in the manifest."""

    folder: Path
    entries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def holds(self, files: Sequence[str], content: str) -> bool:
        """Return whether files exist with this content and the checksums of the manifest."""
        entries = [self.entries.get(file, {}) for file in files]
        return bool(content) and all(
            entry.get("content") == content and entry.get("sha256") == _sha256(self.folder / file)
            for file, entry in zip(files, entries, strict=True)
        )


def open_gallery(folder: Path) -> Gallery:
    """Return the figures of an earlier run; empty if there is no readable manifest."""
    try:
        entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        entries = {}
    named = entries.items() if isinstance(entries, dict) else ()
    return Gallery(
        folder,
        {name: entry for name, entry in named if isinstance(entry, dict) and "study" in entry},
    )


def draw(
    run: Run, staged: Path, languages: Sequence[Language], before: Gallery | None = None
) -> list[Drawn]:
    """Draw the figures of a study, except those that the gallery `before` holds already."""
    # imported here, as matplotlib takes a second to load
    from diplab.presentation.charts.chart import caption_of

    drawn = []
    code = [path.read_bytes() for path in sorted(run.study.folder.glob("*.py"))]
    for name in run.figures:
        for language in languages:
            chart = run.chart(name, language)
            files = {}
            for suffix in FORMATS:
                files[suffix] = f"{run.study.id}/{name}.{language}.{suffix}"
            content = content_of(chart, language, *code)
            reused = before is not None and before.holds(tuple(files.values()), content)
            if not reused:
                figure = chart.figure(language)
                for path in files.values():
                    save(figure, staged / path)
            caption = caption_of(chart, language)
            drawn.append(
                Drawn(
                    run.study.id,
                    name,
                    language,
                    caption.title,
                    caption.description,
                    files,
                    content,
                    reused,
                )
            )
    return drawn


def write_manifest(gallery: Path, drawn: Sequence[Drawn]) -> Path:
    """Write `manifest.json`: each file with its checksum, content, study and words."""
    # figures of studies that did not run keep their entry while their files exist
    again = {figure.study for figure in drawn}
    entries: dict[str, Any] = {
        name: entry
        for name, entry in open_gallery(gallery).entries.items()
        if entry["study"] not in again and (gallery / name).is_file()
    }
    for figure in drawn:
        for file in figure.files.values():
            described = {}
            for name in ("study", "language", "title", "description", "content"):
                described[name] = getattr(figure, name)
            entries[file] = {**described, "sha256": _sha256(gallery / file)}
    words = json.dumps(dict(sorted(entries.items())), ensure_ascii=False, indent=1)
    return write_atomically(gallery / "manifest.json", f"{words}\n".encode())


def _sha256(file: Path) -> str:
    """Return the checksum of a file; empty if the file is missing."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
