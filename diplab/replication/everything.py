"""The main job: rerun studies one after the other, draw their figures, write the report."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from diplab.replication.gallery import draw, move_drawn, write_manifest
from diplab.replication.report import Section, section, write_report
from diplab.replication.rerun import check_data, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from diplab.reference.text import Language
    from diplab.replication.study import Study

__all__ = ["reproduce_all"]


def reproduce_all(
    studies: Sequence[Study],
    out: Path,
    languages: Sequence[Language],
    console: Console,
    *,
    data: Path | None = None,
    mapping: Path | None = None,
    assumptions: Mapping[str, float] | None = None,
) -> list[Section]:
    """Rerun studies; write `figures/` and `report/index.html` below a folder.

    Parameters
    ----------
    studies : sequence of Study
        In order.
    out : Path
        Where `figures/` and `report/` go.
    languages : sequence of {"fr", "en"}
    console : rich Console
        For the progress bar.
    data, mapping : Path, optional
        The real file of a single study and its mapping.
    assumptions : mapping of str to float, optional
        Of a single study, instead of those it declares.

    Returns
    -------
    list of Section
        One a study, with its comparison in each language.
    """
    for study in studies:
        # a file that is not the registered one stops everything before anything is written
        check_data(study)
    gallery = out / "figures"
    sections, every = [], []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".figures-", dir=out) as staged,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        job = progress.add_task("", total=len(studies))
        for study in studies:
            progress.update(job, description=study.id)
            begun = time.monotonic()
            with run(study, data=data, mapping=mapping, assumptions=assumptions) as found:
                drawn = draw(found, Path(staged), languages)
                every += drawn
                sections.append(replace(section(found, drawn, languages), seconds=time.monotonic() - begun))
            progress.advance(job)
        # every study ran: only now does anything appear
        move_drawn(Path(staged), gallery, every)
    write_manifest(gallery, every)
    write_report(out / "report" / "index.html", sections, languages, gallery)
    return sections
