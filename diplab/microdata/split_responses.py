"""Cells that list several answers made into one column an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError
from diplab.microdata.answers import code_said
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.responses import Responses
from diplab.microdata.rows import reasons_counted
from diplab.microdata.step import Step
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = ["split_responses"]

_MOST = 200
_YES_AND_NO = {0: Text("non", "no"), 1: Text("oui", "yes")}


def split_responses(data: Microdata, name: str, separator: str = ";", into: str | None = None) -> Microdata:
    """Make cells such as `e-mail;telephone` into columns of 1 and 0, one an answer, and a set of them.

    The order is that of the codebook for answers that it labels, then that in which answers first appear. A cell
    without an answer has none in any of the columns, for the same reason.

    Parameters
    ----------
    data : Microdata
    name : str
        A column of words.
    separator : str
        What stands between two answers.
    into : str, optional
        Name of the set and beginning of the names of its columns (`uses_1`, `uses_2`); by default that of the column.

    Returns
    -------
    Microdata
        With the new columns after the others, and the set in its codebook, for `multiple_response` and `describe`.

    Raises
    ------
    ColumnError
        Where there is no such column, it holds no words, or a new column is there already.
    OptionError
        Where the separator is empty, or there are more than 200 different answers.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"uses": ["mail;phone", "phone", None]}), Codebook())
    >>> split = split_responses(data, "uses")
    >>> split.frame[["uses_1", "uses_2"]].values.tolist(), split.codebook["uses_1"].label.en
    ([[1.0, 1.0], [0.0, 1.0], [nan, nan]], 'mail')
    """
    asked = f"The answers listed in `{name}` were to be split."
    frame = frame_in_memory(data, asked)
    check_columns(data, (name,), asked)
    variable = data.codebook.variables.get(name, Variable(name))
    lists = _lists(frame[name], separator, asked)
    answers = _answers(lists, variable, separator, asked)
    prefix = name if into is None else into
    names = [f"{prefix}_{place}" for place in range(1, len(answers) + 1)]
    taken = [each for each in names if each in frame.columns]
    if taken:
        raise ColumnError(
            asked,
            f"The data have a column `{taken[0]}` already.",
            'Write another name, for example `into="answers"`.',
        )
    codebook = data.codebook
    added = {}
    for new, (answer, label) in zip(names, answers.items(), strict=True):
        added[new] = [np.nan if cell is None else float(answer in cell) for cell in lists]
        codebook = codebook.described(
            new,
            label=label,
            values=_YES_AND_NO,
            measure="nominal",
            missing=variable.missing,
            missing_ranges=variable.missing_ranges,
            part_of=prefix,
        )
    gone = dict.fromkeys(names, data.missing[name]) if name in data.missing else {}
    missing = {**data.missing, **gone}
    said = Text(f"{name} : réponses séparées par « {separator} »", f"{name}: answers split at “{separator}”")
    step = Step("recode", (name, *names), said, sum(cell is not None for cell in lists))
    sets = {**codebook.sets, prefix: Responses(prefix, names, label=variable.label or Text.same(prefix))}
    split = frame.assign(**added)
    known = reasons_counted(split, replace(codebook, sets=sets).with_step(step), missing, names)
    return replace(data, frame=split, codebook=known, missing=missing)


def _lists(column: pd.Series[Any], separator: str, asked: str) -> list[list[str] | None]:
    """Return the answers that each cell lists; None where it has none."""
    if not separator:
        raise OptionError(
            asked, "The separator is empty.", 'Write what stands between two answers: `separator=";"`.'
        )
    cells = [cell if isinstance(cell, str) else None for cell in column.tolist()]
    if not any(cells) or sum(cell is not None for cell in cells) < column.notna().sum():
        raise ColumnError(asked, "It holds no words.", "Write a column whose cells list answers in words.")
    return [
        None if cell is None else [part.strip() for part in cell.split(separator) if part.strip()]
        for cell in cells
    ]


def _answers(
    lists: list[list[str] | None], variable: Variable, separator: str, asked: str
) -> dict[str, Text]:
    """Return the different answers and their labels: those of the codebook, then the others."""
    # a code for no answer is none of them
    answers = {
        code_said(code): label for code, label in variable.values.items() if variable.why(code) is None
    }
    for answer in (each for cell in lists if cell for each in cell):
        answers.setdefault(answer, Text.same(answer))
    if len(answers) > _MOST:
        raise OptionError(
            asked,
            f"`{separator}` parts it into {len(answers)} different answers, more than {_MOST}.",
            "Look at whether that is the separator: answers in people's own words are not split.",
        )
    return answers
