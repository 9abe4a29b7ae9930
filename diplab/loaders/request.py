"""What was asked of `read`, for the loader of one format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from diplab.loaders.writing.written import Written
    from diplab.microdata.codebook import Codebook

__all__ = ["Request"]


@dataclass(frozen=True)
class Request:
    """The options of one call of `read`.

    Parameters
    ----------
    codebook : Codebook or None
        Laid over what the file says.
    structure : Path or None
        The file that describes the questionnaire (.lss, .qsf, XLSForm), a syntax or a catalogue of labels.
    isolated : bool
        Native readers run in a child process.
    columns : sequence of str or None
        Columns to read, in this order.
    rows : range or None
        Rows to read: `range(start, stop)`, the first row of answers being 0.
    private : bool
        Keep what identifies people and is no answer (access codes, addresses of computers).
    written : mapping of str to Written
        How the files that diplab wrote with the codebook hold their columns, by their names.
    table : str or None
        Name of a table in a file that has several (R).
    """

    codebook: Codebook | None = None
    structure: Path | None = None
    isolated: bool = True
    columns: Sequence[str] | None = None
    rows: range | None = None
    private: bool = False
    written: Mapping[str, Written] = field(default_factory=dict)
    table: str | None = None
