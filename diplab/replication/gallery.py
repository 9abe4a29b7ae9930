"""The gallery: every figure of every study, in both languages and three formats, with a manifest.

`figures/<study>/<figure>.<fr|en>.{svg,pdf,png}` and `figures/manifest.json`. Files are written to a temporary name and
moved, and a second run gives identical files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.presentation.save import save

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from diplab.reference.text import Language
    from diplab.replication.rerun import Run

__all__ = ["FORMATS", "Drawn", "draw", "move_drawn", "write_manifest"]

FORMATS = ("svg", "pdf", "png")


@dataclass(frozen=True)
class Drawn:
    """One figure in one language: its files and its words.

    Parameters
    ----------
    study, name : str
        Study and figure.
    language : {"fr", "en"}
    title, description : str
        As written into the files.
    files : mapping of format to path below the gallery
    """

    study: str
    name: str
    language: Language
    title: str
    description: str
    files: dict[str, str]


def draw(run: Run, gallery: Path, languages: Sequence[Language]) -> list[Drawn]:
    """Draw the figures of a study into the gallery.

    Parameters
    ----------
    run : Run
        The study, within its context.
    gallery : Path
        Folder of all figures.
    languages : sequence of {"fr", "en"}
    """
    drawn = []
    folder = gallery / run.study.id
    if run.figures:
        folder.mkdir(parents=True, exist_ok=True)
    for name, chart in run.figures.items():
        for language in languages:
            figure = chart.figure(language)
            files = {each: f"{run.study.id}/{name}.{language}.{each}" for each in FORMATS}
            for path in files.values():
                save(figure, gallery / path)
            caption = figure.caption
            drawn.append(Drawn(run.study.id, name, language, caption.title, caption.description, files))
    return drawn


def move_drawn(staged: Path, gallery: Path, drawn: Sequence[Drawn]) -> None:
    """Move figures from the folder they were drawn in to the gallery."""
    for each in drawn:
        for file in each.files.values():
            (gallery / file).parent.mkdir(parents=True, exist_ok=True)
            (staged / file).replace(gallery / file)


def write_manifest(gallery: Path, drawn: Sequence[Drawn]) -> Path:
    """Write `manifest.json`: each file with its checksum, study and words.

    Figures of studies that did not run keep their entry, as long as their files are there.
    """
    path = gallery / "manifest.json"
    before: dict[str, Any] = {}
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
    again = {each.study for each in drawn}
    entries = {
        name: entry
        for name, entry in before.items()
        if entry["study"] not in again and (gallery / name).is_file()
    }
    for each in drawn:
        for file in each.files.values():
            entries[file] = {
                "study": each.study,
                "language": each.language,
                "title": each.title,
                "description": each.description,
                "sha256": hashlib.sha256((gallery / file).read_bytes()).hexdigest(),
            }
    gallery.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".json.partial")
    words = json.dumps(dict(sorted(entries.items())), ensure_ascii=False, indent=1)
    temporary.write_text(words + "\n", encoding="utf-8")
    temporary.replace(path)
    return path
