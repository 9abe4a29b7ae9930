"""Qualtrics exports: CSV or TSV with two or three header lines, and the questionnaire in a `.qsf` file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.qualtrics.answers import build_export
from diplab.loaders.qualtrics.columns import columns_in, field_of
from diplab.loaders.qualtrics.qsf import read_qsf
from diplab.loaders.questionnaire import Questionnaire, identifying_notices
from diplab.loaders.source import refused
from diplab.loaders.text import read_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.loaders.qualtrics.columns import ExportColumn
    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata
    from diplab.reference.text import Text

__all__ = []

_NO_RESPONDENT = ["1", "2", "9", "17", "Survey Preview", "Survey Test"]


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
    duplicates = [name for name, count in Counter(rows[0]).items() if count > 1 and name.strip()]
    personal = [each.name for each in columns if each.field and each.field.personal]
    notices = [
        *column_notice("qualtrics.duplicate_names", duplicates),
        *_preview_notices(columns),
        *identifying_notices(source, request, personal),
    ]
    columns_kept = [each for each in columns if request.private or each.name not in personal]
    export = build_export(columns_kept, survey, request.codebook)
    codebook = (survey or Questionnaire()).codebook(export.variables, export.sets)
    reader = f"Qualtrics, {written}" + (f", questionnaire `{path.name}`" if survey else "")
    notices += export.notices
    comma = written.delimiter != ","
    return microdata_of_cells(
        source, request, export.cells, codebook, reader=reader, comma=comma, notices=tuple(notices)
    )


def _preview_notices(columns: Sequence[ExportColumn]) -> tuple[Text, ...]:
    """Return a notice on previews and tests among the responses, by their status."""
    status = [each.cells for each in columns if each.field is field_of("Status")]
    count = int(np.isin(status[0].astype(str), _NO_RESPONDENT).sum()) if status else 0
    return (WORDS("qualtrics.previews", count=count, rows=len(status[0])),) if count else ()
