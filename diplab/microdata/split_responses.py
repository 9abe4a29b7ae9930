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
from diplab.microdata.split_answers import MOST_ANSWERS, answers_in, split_answers
from diplab.microdata.step import Step
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["split_responses"]

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
        What stands between two answers. Within parentheses it parts nothing, and answers that the codebook labels are
        found whole where they hold it.
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
        Where the separator is empty, or there are more than 250 different answers.

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
    cells = _cells(frame[name], separator, asked)
    answers, ticked = _answers(cells, variable, separator, asked)
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
    answered = np.array([cell is not None for cell in cells], dtype=bool)
    for new, label, given in zip(names, answers, ticked.T, strict=True):
        added[new] = np.where(answered, given.astype(float), np.nan)
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
    step = Step("recode", (name, *names), said, int(answered.sum()))
    sets = {**codebook.sets, prefix: Responses(prefix, names, label=variable.label or Text.same(prefix))}
    split = frame.assign(**added)
    known = reasons_counted(split, replace(codebook, sets=sets).with_step(step), missing, names)
    return replace(data, frame=split, codebook=known, missing=missing)


def _cells(column: pd.Series[Any], separator: str, asked: str) -> list[str | None]:
    """Return the cells of a column of words; None where there is no answer."""
    if not separator:
        raise OptionError(
            asked, "The separator is empty.", 'Write what stands between two answers: `separator=";"`.'
        )
    cells = [cell if isinstance(cell, str) else None for cell in column.tolist()]
    if not any(cells) or sum(cell is not None for cell in cells) < column.notna().sum():
        raise ColumnError(asked, "It holds no words.", "Write a column whose cells list answers in words.")
    return cells


def _answers(
    cells: list[str | None], variable: Variable, separator: str, asked: str
) -> tuple[list[Text], NDArray[np.bool_]]:
    """Return the labels of the different answers, those of the codebook first, and who gave which."""
    # a code for no answer is none of them
    known = {code_said(code): label for code, label in variable.values.items() if variable.why(code) is None}
    words = [(cell or "").strip() for cell in cells]
    # counted first: a table of who wrote which of a hundred thousand texts fills a memory
    answers = {*known, *(each for word in set(words) for each in answers_in(word, separator, list(known)))}
    if len(answers) > MOST_ANSWERS:
        raise OptionError(
            asked,
            f"`{separator}` parts it into {len(answers)} different answers, more than {MOST_ANSWERS}.",
            "Look at whether that is the separator: answers in people's own words are not split.",
        )
    labels, ticked = split_answers(words, separator, list(known))
    return [known.get(label, Text.same(label)) for label in labels], ticked
