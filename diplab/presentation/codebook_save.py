"""A codebook written to a file; the suffix decides how."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from diplab.microdata.codebook import Codebook
from diplab.presentation.atomic import put

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata
    from diplab.reference.text import Language

__all__ = ["CODEBOOK_SUFFIXES", "OF_ALL_LANGUAGES", "save_codebook"]

CODEBOOK_SUFFIXES = (".html", ".docx", ".md", ".csv", ".xml", ".toml")

OF_ALL_LANGUAGES = (".csv", ".xml", ".toml")
"""Files that hold a codebook in all its languages at once."""


def save_codebook(thing: Codebook | Microdata, path: str | Path, language: Language) -> Path:
    """Write a codebook to a file, whole or not at all.

    Parameters
    ----------
    thing : Codebook or Microdata
        With microdata, what may be published of the answers is shown beside their meaning.
    path : str or Path
        Where: `.html` a page to search, `.docx` and `.md` a document, `.csv` a line a value, `.xml` DDI Codebook 2.5,
        `.toml` as `read` takes it.
    language : {"fr", "en"}
        Of pages and documents.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = save_codebook(Codebook().described("sex"), f"{folder}/codebook.html", "fr").read_text("utf-8")
    >>> page.startswith("<!DOCTYPE html>")
    True
    """
    book = thing if isinstance(thing, Codebook) else thing.codebook
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        from diplab.presentation.codebook_sheets import codebook_csv

        # a spreadsheet reads UTF-8 as such where it begins with this mark
        return put(path, codebook_csv(book, language).encode("utf-8-sig"))
    if suffix in (".xml", ".toml"):
        return _for_programs(thing, book, Path(path), suffix)
    from diplab.presentation.codebook_view import codebook_view

    view = codebook_view(thing, language)
    if suffix == ".docx":
        from diplab.presentation.codebook_word import codebook_docx

        return put(path, codebook_docx(view))
    if suffix == ".md":
        from diplab.presentation.codebook_sheets import codebook_markdown

        return put(path, _encoded(codebook_markdown(view)))
    from diplab.presentation.codebook_html import as_page

    return put(path, _encoded(as_page(view)))


def _encoded(text: str) -> bytes:
    # half a pair, which a file may hold in a label, is no sign of any text
    return text.encode("utf-8", "replace")


def _for_programs(thing: Codebook | Microdata, book: Codebook, path: Path, suffix: str) -> Path:
    from diplab.loaders.codebooks.ddi import write_ddi
    from diplab.loaders.codebooks.file import write_codebook

    path.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".toml":
        return write_codebook(book, path)
    return write_ddi(book, path, data=None if isinstance(thing, Codebook) else thing)
