"""Qualtrics exports: CSV or TSV with two or three header lines, and the questionnaire in a `.qsf` file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.personal import personal_left_out
from diplab.loaders.qualtrics.codebook import assembled
from diplab.loaders.qualtrics.columns import columns_in, header_lines
from diplab.loaders.qualtrics.fields import field_of
from diplab.loaders.qualtrics.qsf import read_qsf
from diplab.loaders.source import refused
from diplab.loaders.text import first_records, read_grid
from diplab.microdata.codebook import Codebook
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.loaders.qualtrics.columns import Column
    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["is_qualtrics", "read_qualtrics"]

_NO_RESPONDENT = ["1", "2", "9", "17", "Survey Preview", "Survey Test"]


def is_qualtrics(source: SourceFile, request: Request) -> bool:
    """Return whether a text is an export of Qualtrics: its header lines say it, or a `.qsf` came with it."""
    given = request.structure is not None and request.structure.suffix.lower() == ".qsf"
    return given or header_lines(first_records(source, 3)) > 0


def read_qualtrics(source: SourceFile, request: Request) -> Microdata:
    """Read an export of Qualtrics.

    With the questionnaire (`structure`, or a `.qsf` of the same name beside the file) columns have their questions,
    blocks, labels in each language and codes, and exports of choice text are turned into codes. Without it, labels
    come from the second header line and answers stay as they are.

    A question with several answers is a set of columns of 1 and 0, whether the export holds one column a choice or one
    for all. Where a respondent ticked none of its boxes, they are all missing, for the export does not tell a question
    not seen from one skipped; where it has -99 or 0 there, the question was seen and they are 0. In other questions
    -99 is missing, "seen but unanswered", unless it is the code of an answer.

    Names, addresses, places of respondents are left out unless `private=True`.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Structure, codebook, columns and rows.

    Returns
    -------
    Microdata
        Codes, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, its records are not as wide as its header, or the `.qsf` is that of another survey.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    path = request.structure or source.path.with_suffix(".qsf")
    survey = read_qsf(path) if request.structure is not None or path.is_file() else None
    rows, written = read_grid(source)
    columns = columns_in(rows, survey)
    if survey is not None and not any(each.place and each.place.of(survey) for each in columns):
        raise refused(
            source,
            f"None of its columns is a question of the survey in `{path.name}`.",
            "Write the `.qsf` file of the survey that was answered.",
        )
    personal = [each.name for each in columns if each.field and each.field.personal]
    notices = [*_doubled(rows[0]), *_tests(columns), *personal_left_out(source, request, personal)]
    kept = [each for each in columns if request.private or each.name not in personal]
    export = assembled(kept, survey, request.codebook)
    found = Codebook(
        export.variables,
        sets=export.sets,
        title=survey.title if survey else NOTHING,
        languages=survey.languages if survey else (),
    )
    reader = f"Qualtrics, {written}" + (f", questionnaire `{path.name}`" if survey else "")
    notices += export.notices
    comma = written.delimiter != ","
    return microdata_of_cells(
        source, request, export.cells, found, reader=reader, comma=comma, notices=tuple(notices)
    )


def _doubled(header: Sequence[str]) -> list[Text]:
    """Return a notice on names that stand twice, and were told apart."""
    doubled = [name for name, count in Counter(header).items() if count > 1 and name.strip()]
    if not doubled:
        return []
    named = ", ".join(f"`{name}`" for name in doubled)
    return [
        Text(
            f"Noms portés par plusieurs colonnes, suivis d’un numéro dans les données : {named}.",
            f"Names that several columns have, followed by a number in the data: {named}.",
        )
    ]


def _tests(columns: Sequence[Column]) -> list[Text]:
    """Return a notice on responses that nobody gave in earnest: previews and tests, by their status."""
    status = [each.cells for each in columns if each.field is field_of("Status")]
    count = int(np.isin(status[0].astype(str), _NO_RESPONDENT).sum()) if status else 0
    if not count:
        return []
    return [
        Text(
            f"Aperçus ou tests parmi les réponses : {count} sur {len(status[0])} (colonne `Status`).",
            f"Previews or tests among the responses: {count} in {len(status[0])} (column `Status`).",
        )
    ]
