"""SurveyMonkey exports: two header lines, questions above and answers below; also files made from its SPSS export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.personal import personal_left_out
from diplab.loaders.text import first_records, read_grid
from diplab.loaders.web_forms.surveymonkey_questions import (
    FIRST,
    Answered,
    asked_in_lines,
    asked_in_names,
    asked_on_two_lines,
    bare,
    is_personal,
    numbered,
)
from diplab.microdata.codebook import Codebook

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["is_surveymonkey", "read_surveymonkey"]


def is_surveymonkey(source: SourceFile, request: Request) -> bool:
    """Return whether a text is an export of SurveyMonkey.

    It has two header lines (see `asked_on_two_lines`); or most columns bear the names of its SPSS export
    (`q0004_0002`) and boxes not ticked say `Not selected`.
    """
    records = first_records(source, 2)
    if not records or len(records[0]) < 2:
        return False
    if bare(records[0][0]) in FIRST:
        return asked_on_two_lines(records)
    return numbered(records[0]) and b"Not selected" in source.content


def read_surveymonkey(source: SourceFile, request: Request) -> Microdata:
    """Read an export of SurveyMonkey, with all columns (`expanded`), its answers in words or in numbers.

    Columns are named `respondent_id`, `start_date`..., then `q01`, `q02`... in the order of the questionnaire. The
    boxes of a question are columns of 1 and 0, `q03_1`, `q03_2`..., and a set; what was written beside "other" is
    `q03_other`. Who ticked no box and wrote nothing beside is missing. The rows of a matrix are `q04_1`, `q04_2`...

    Files made from the SPSS export keep their names; there `Not selected` says that the question was seen, so that
    boxes are 0 where none is ticked, and `No answer` and `NA` are missing.

    Addresses, names and custom data of respondents are left out unless `private=True`.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook, columns and rows.

    Returns
    -------
    Microdata
        Answers, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, or its records are not as wide as its header.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    rows, written = read_grid(source)
    lines = len(rows) > 1 and bare(rows[0][0]) in FIRST
    found: Answered = asked_in_lines(rows) if lines else asked_in_names(rows)
    personal = [name for name in found.cells if is_personal(name)]
    kept = [name for name in found.cells if request.private or name not in personal]
    cells: dict[str, NDArray[Any]] = {name: found.cells[name] for name in kept}
    codebook = Codebook({name: found.variables[name] for name in kept}, sets=found.sets)
    notices = personal_left_out(source, request, personal)
    comma = written.delimiter != ","
    return microdata_of_cells(
        source, request, cells, codebook, reader=f"SurveyMonkey, {written}", comma=comma, notices=notices
    )
