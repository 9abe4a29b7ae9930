"""Write the report: pages of every study of this run, then the index; each file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from diplab.presentation.writers.files import write_atomically
from diplab.replication.pages.index_page import index_page
from diplab.replication.pages.page import file_name
from diplab.replication.pages.study_page import study_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.reference.text import Language
    from diplab.replication.pages.section import Section

__all__ = ["write_report"]


def write_report(
    folder: Path, sections: Sequence[Section], languages: Sequence[Language], gallery: Path
) -> Path:
    """Write the pages of studies and their index; figures are linked from the gallery, by relative paths.

    Pages of other studies, and of these in a language that was not asked for, stay as they are; the index lists the
    studies of this run.

    Parameters
    ----------
    folder : Path
        `report/`: the index in each language, `index.html` in the first, a page a study and, for the largest, a page
        a published table.
    sections : sequence of Section
        One a study, in order.
    languages : sequence of {"fr", "en"}
        One or both; each page links to itself in the other.
    gallery : Path
        Folder of the figures.

    Returns
    -------
    Path
        `index.html`.
    """
    relative = Path(os.path.relpath(gallery, folder)).as_posix()
    for language in languages:
        for section in sections:
            pages = dict(study_pages(section, language, languages, relative))
            for name, content in pages.items():
                write_atomically(folder / name, content.encode())
            # a table that is no longer published, or no longer on a page of its own
            for old in folder.glob(file_name(language, section.study.id, "*")):
                if old.name not in pages:
                    old.unlink()
        write_atomically(folder / file_name(language), index_page(sections, language, languages).encode())
    return write_atomically(folder / "index.html", (folder / file_name(languages[0])).read_bytes())
