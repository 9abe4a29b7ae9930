"""The codebook of a file of answers, written in each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from diplab.microdata.identifiers import identifiers
from diplab.microdata.microdata import Microdata
from diplab.presentation._save import save
from diplab.presentation.codebook.files import OF_ALL_LANGUAGES
from diplab.reference.text import Language

_FIRST = 2_000  # rows of a folder that are searched for identifiers


@dataclass(frozen=True)
class WrittenCodebooks:
    """The files written by `diplab codebook FILE`, and the columns that may identify people."""

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
    from diplab.loaders.deliveries import read_codebook
    from diplab.loaders.limesurvey.load import limesurvey_codebook
    from diplab.loaders.read import read
    from diplab.loaders.source import open_source

    data: Microdata | None = None
    if file.suffix.lower() == ".lss":
        book = limesurvey_codebook(open_source(file))
    elif file.suffix.lower() in (".toml", ".xml"):
        book = read_codebook(file)
    else:
        data = read(file, structure=structure, codebook=codebook)
        book = data.codebook
    places = [Path(f"{file.stem.removesuffix('.codebook')}.codebook.html") if out is None else out]
    if len(languages) > 1 and places[0].suffix.lower() not in OF_ALL_LANGUAGES:
        places = [
            places[0].with_name(f"{places[0].stem}.{language}{places[0].suffix}")
            for language in languages
        ]
    pairs = zip(places, languages, strict=False)
    files = tuple(save(book, place, language=language, data=data) for place, language in pairs)
    return WrittenCodebooks(files, () if data is None else _identifiers(data))


def _identifiers(data: Microdata) -> tuple[str, ...]:
    """Return the columns that may identify people; for data in a folder, from the first rows."""
    frame: Any = data.frame
    if not isinstance(frame, pd.DataFrame):
        first = nw.from_native(frame).head(_FIRST).collect(backend="pandas").to_native()
        data = replace(data, frame=first)
    return tuple(identifiers(data).columns)
