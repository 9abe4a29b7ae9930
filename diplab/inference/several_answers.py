"""Who gave each answer of a question with several, row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError
from diplab.microdata.missing_values import is_missing_code
from diplab.microdata.multiple_response import response_labels, responses_by_row
from diplab.microdata.variable import code_quoted, code_text

if TYPE_CHECKING:
    from diplab.microdata.multiple_response import Responses
    from diplab.sampling.sample import SampleInMemory

__all__ = ["answers_of", "given_in"]

Flags = NDArray[np.bool_]


def answers_of(sample: SampleInMemory, row: Responses) -> tuple[Any, ...]:
    """Return the answers of a question: its columns, or the codes that its columns hold or the codebook labels."""
    if row.kind == "dichotomies":
        return tuple(row.columns)
    held = {
        code_text(value): value
        for name in row.columns
        for value in sample.engine.columns.factor(name).categories
    }
    return tuple(code for code, _ in response_labels(sample.codebook, row, list(held.values())))


def given_in(sample: SampleInMemory, row: Responses) -> tuple[list[Flags], Flags]:
    """Return who gave each answer, and who answered the question.

    Raises
    ------
    ColumnError
        Where a column of yes and no holds neither the code that is counted nor 0, and no label says what it means; or
        where words are to be compared with numbers.
    """
    values: dict[str, NDArray[Any]] = {}
    gone: dict[str, Flags] = {}
    for name in row.columns:
        factor = sample.engine.columns.factor(name)
        if row.kind == "dichotomies":
            _check(sample, name, factor.categories, row)
        # compared as they are written: 1, 1.0 and true are one code
        written = np.array([*(_written(each) for each in factor.categories), ""], dtype=object)
        values[name], gone[name] = written[factor.codes], factor.codes < 0
    in_words = replace(row, counted=_written(row.counted))
    return responses_by_row(values, gone, in_words, [code_text(code) for code in answers_of(sample, row)])


def _written(code: Any) -> str:
    return code_text(float(code) if isinstance(code, bool) else code)


def _check(sample: SampleInMemory, name: str, held: tuple[Any, ...], row: Responses) -> None:
    columns = sample.engine.columns
    words = not columns.is_number(name)
    if words and not isinstance(row.counted, str):
        columns.numbers(name)  # refuses words
    if not words and isinstance(row.counted, str) and held:
        raise ColumnError(
            f"`{name}` was asked for as an answer of the question `{row.name}`, given where it is {row.counted!r}.",
            f"It holds numbers, such as {code_text(held[0])}.",
            f"Write the number that says so, for example `counted={code_text(held[-1])}`.",
        )
    if words:
        return
    known = sample.codebook[name].values if name in sample.codebook else {}
    labelled = {code_text(code) for code in known if not is_missing_code(code, sample.codebook[name])}
    for each in held:
        if each not in (0, 1, row.counted) and not {code_text(row.counted), code_text(each)} <= labelled:
            raise ColumnError(
                f"`{name}` was asked for as an answer of the question `{row.name}`.",
                f"It holds {code_text(each)}, which is neither {code_quoted(row.counted)} (given) nor 0 (not given).",
                f"Recode it as 1 and 0, for example with `{name} == {code_text(each)}` in the data.",
            )
