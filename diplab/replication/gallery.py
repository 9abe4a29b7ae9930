"""The gallery: every figure of every study, in both languages and three formats, with a manifest.

`figures/<study>/<figure>.<fr|en>.{svg,pdf,png}` and `figures/manifest.json`. Files are written to a temporary name and
moved, and a second run gives identical files. A figure whose content is that of the manifest, and whose files are as
the manifest says, is not drawn again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diplab.presentation._save import save
from diplab.presentation.writers.figures import content_of, fonts_reduced_once
from diplab.presentation.writers.files import write_atomically
from diplab.reference.text import Language
from diplab.replication.rerun import Run

FORMATS = ("svg", "pdf", "png")


@dataclass(frozen=True)
class Drawn:
    """One figure in one language: its files by format, its words and a hash of its content."""

    # `reused` says that its files were in the gallery already, so that it was not drawn
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
    """The figures of an earlier run, and what the manifest says of each file."""

    folder: Path
    entries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def holds(self, files: Sequence[str], content: str) -> bool:
        """Return whether files are there, of this content and byte for byte as the manifest says."""
        entries = [self.entries.get(file, {}) for file in files]
        return bool(content) and all(
            entry.get("content") == content and entry.get("sha256") == _sha256(self.folder / file)
            for file, entry in zip(files, entries, strict=True)
        )


def open_gallery(folder: Path) -> Gallery:
    """Return the figures of an earlier run; none where there is no manifest that can be read."""
    try:
        entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        entries = None
    found = entries.items() if isinstance(entries, dict) else ()
    return Gallery(folder, {name: each for name, each in found if isinstance(each, dict) and "study" in each})


def draw(run: Run, staged: Path, languages: Sequence[Language], before: Gallery | None = None) -> list[Drawn]:
    """Draw the figures of a study that are not in the gallery yet; without `before` every figure is drawn."""
    # matplotlib, which takes a second to load, is not needed before a study has run
    from diplab.presentation.charts.chart import caption_of

    drawn = []
    code = [path.read_bytes() for path in sorted(run.study.folder.glob("*.py"))]
    with fonts_reduced_once():
        for name in run.figures:
            for language in languages:
                chart = run.chart(name, language)
                files = {each: f"{run.study.id}/{name}.{language}.{each}" for each in FORMATS}
                content = content_of(chart, language, *code)
                reused = before is not None and before.holds(tuple(files.values()), content)
                if not reused:
                    figure = chart.figure(language)
                    for path in files.values():
                        save(figure, staged / path)
                caption = caption_of(chart, language)
                drawn.append(
                    Drawn(run.study.id, name, language, caption.title, caption.description, files, content, reused)
                )
    return drawn


def move_drawn(staged: Path, gallery: Path, drawn: Sequence[Drawn]) -> None:
    """Move figures from the folder they were drawn in to the gallery."""
    for each in drawn:
        for file in () if each.reused else each.files.values():
            (gallery / file).parent.mkdir(parents=True, exist_ok=True)
            (staged / file).replace(gallery / file)


def write_manifest(gallery: Path, drawn: Sequence[Drawn]) -> Path:
    """Write `manifest.json`: each file with its checksum, content, study and words."""
    # figures of studies that did not run keep their entry, as long as their files are there
    again = {each.study for each in drawn}
    entries: dict[str, Any] = {
        name: entry
        for name, entry in open_gallery(gallery).entries.items()
        if entry["study"] not in again and (gallery / name).is_file()
    }
    for each in drawn:
        for file in each.files.values():
            said = {name: getattr(each, name) for name in ("study", "language", "title", "description", "content")}
            entries[file] = {**said, "sha256": _sha256(gallery / file)}
    words = json.dumps(dict(sorted(entries.items())), ensure_ascii=False, indent=1)
    return write_atomically(gallery / "manifest.json", f"{words}\n".encode())


def _sha256(file: Path) -> str:
    """Return the checksum of a file; none where it is absent."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
