"""What `diplab codebook FILE` does: reads a file, writes its codebook, points out who could be recognised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from diplab.loaders.codebooks.file import read_codebook
from diplab.loaders.limesurvey.load import limesurvey_codebook
from diplab.loaders.read import read
from diplab.loaders.source import open_source
from diplab.microdata.identifiers import identifiers
from diplab.microdata.microdata import Microdata
from diplab.presentation._save import save
from diplab.presentation.codebook.files import OF_ALL_LANGUAGES
from diplab.reference.text import Language

_FIRST = 2_000  # rows of a folder that are looked at for identifiers


@dataclass(frozen=True)
class WrittenCodebooks:
    """What was written."""

    files: tuple[Path, ...]
    identifiers: tuple[str, ...]


def codebooks_of(
    file: Path,
    languages: Sequence[Language],
    *,
    structure: Path | None = None,
    codebook: Path | None = None,
    out: Path | None = None,
) -> WrittenCodebooks:
    """Read a file of answers, or a codebook alone, and write its codebook."""
    data: Microdata | None = None
    if file.suffix.lower() in (".toml", ".xml", ".lss"):
        structured = file.suffix.lower() == ".lss"
        book = limesurvey_codebook(open_source(file)) if structured else read_codebook(file)
    else:
        data = read(file, structure=structure, codebook=codebook)
        book = data.codebook
    place = Path(f"{file.stem.removesuffix('.codebook')}.codebook.html") if out is None else out
    if len(languages) > 1 and place.suffix.lower() not in OF_ALL_LANGUAGES:
        places = [place.with_name(f"{place.stem}.{each}{place.suffix}") for each in languages]
    else:
        places = [place]
    files = tuple(
        save(book, each, language=language, data=data) for each, language in zip(places, languages, strict=False)
    )
    return WrittenCodebooks(files, () if data is None else _identifiers(data))


def _identifiers(data: Microdata) -> tuple[str, ...]:
    """Return the columns that may say who people are; of data that stay in a folder, by their first rows."""
    frame: Any = data.frame
    if not isinstance(frame, pd.DataFrame):
        first = nw.from_native(frame).head(_FIRST).collect(backend="pandas").to_native()
        data = replace(data, frame=first)
    return tuple(identifiers(data).columns)
