"""A question with several answers found in its columns, for tables in which a person may be in several rows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import ColumnError, OptionError, suggestion
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.look_for import folded
from diplab.microdata.responses import Responses
from diplab.reference.text import NOTHING

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.responses import ResponsesBase
    from diplab.microdata.variable import Code

__all__ = ["multiple_response"]

_YES = (
    "yes",
    "oui",
    "y",
    "o",
    "sim",
    "si",
    "true",
    "checked",
    "selected",
    "quoted",
    "x",
    "coche",
    "mentionne",
)
_NO = (
    "no",
    "non",
    "n",
    "nao",
    "false",
    "unchecked",
    "not selected",
    "not quoted",
    "",
    "non coche",
    "non mentionne",
)
_OTHER = re.compile(r"(?i)(?:^|[_.\[/ -])(?:other|autre|text|texte|comment)s?\]?(?:$|[_.\]/ -])")


def multiple_response(
    data: Microdata, name: str, *, counted: Code | None = None, base: ResponsesBase | None = None
) -> Responses:
    """Return a question with several answers, for `crosstab`, `banner` and `describe`.

    It is the set of that name in the codebook; or the columns that the codebook says are parts of it; or those whose
    names begin with its name and a mark (`q7_1`, `q7_2`, `q7[SQ001]`, `q7/mail`). Columns of words beside them, for
    `other` answers, are left out.

    Parameters
    ----------
    data : Microdata
    name : str
        The question.
    counted : code, optional
        The code that says that an answer was given. By default it is read from the answers: 1 of 1 and 0, yes of
        yes and no. Codes 1 and 2 may mean either, and need it.
    base : {"any", "all"}, optional
        Of whom shares are: those who answered at least one of the columns (by default), or all of them.

    Returns
    -------
    Responses

    Raises
    ------
    ColumnError
        Where the question has no columns.
    OptionError
        Where it cannot be told what says that an answer was given.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"q7_1": [1, 0], "q7_2": [1, 1], "q7_other": ["x", None]}), Codebook())
    >>> multiple_response(data, "q7").columns
    ('q7_1', 'q7_2')
    """
    asked = f"The question `{name}` was asked for, with its several answers."
    frame_in_memory(data, asked)
    known = data.codebook.sets.get(name)
    if known is not None:
        check_columns(data, tuple(known.columns), asked)
        return replace(known, counted=known.counted if counted is None else counted, base=base or known.base)
    columns = _columns(data, name)
    if not columns:
        _refuse_absent(data, name, asked)
    label = data.codebook[name].label if name in data.codebook else NOTHING
    held = {each: _held(data, each) for each in columns}
    if counted is None and _one_answer_each(held):
        return Responses(name, columns, base or "any", label, kind="categories")
    given = _counted(name, held, asked) if counted is None else counted
    return Responses(name, columns, base or "any", label, counted=given)


def _columns(data: Microdata, name: str) -> list[str]:
    """Return the columns of a question."""
    names = [str(each) for each in data.frame.columns]
    parts = [each for each in names if each in data.codebook and data.codebook[each].part_of == name]
    if not parts:
        begins = re.compile(rf"{re.escape(name)}(?:[_.\[/ -]|(?<=\D)(?=\d))")
        parts = [each for each in names if begins.match(each) and each != name]
    # the words of an open answer are no yes or no
    other = [each for each in parts if _OTHER.search(each.removeprefix(name))]
    said = set().union(*(_held(data, each) for each in parts if each not in other))
    left = [each for each in other if any(isinstance(word, str) for word in _held(data, each) - said)]
    return [each for each in parts if each not in left]


def _held(data: Microdata, name: str) -> set[Any]:
    return set(data.frame[name].dropna().unique().tolist())


def _one_answer_each(held: dict[str, set[Any]]) -> bool:
    """Return whether each column holds the words of one answer, or nothing: the exports of some platforms."""
    words = [each for values in held.values() for each in values]
    single = all(len(values) <= 1 for values in held.values())
    own = all(isinstance(each, str) and folded(each) not in (*_YES, *_NO) for each in words)
    return bool(words) and single and own and len(set(words)) == len(words)


def _counted(name: str, held: dict[str, set[Any]], asked: str) -> Code:
    """Return the code that says that an answer was given."""
    values = set().union(*held.values())
    if not any(isinstance(each, str) for each in values):
        if values <= {0, 1}:
            return 1
        if len(values) == 1:
            (only,) = values
            return int(only) if float(only).is_integer() else float(only)
    yes = [each for each in values if isinstance(each, str) and folded(each) in _YES]
    no = [each for each in values if isinstance(each, str) and folded(each) in _NO]
    if len(yes) == 1 and len(yes) + len(no) == len(values):
        return str(yes[0])
    if len(values) > 4:
        columns = ", ".join(f'"{each}"' for each in held)
        raise OptionError(
            asked,
            f"Its columns hold {len(values)} different answers, not yes and no.",
            f'Where each column holds the code of an answer, write `dl.Responses("{name}", [{columns}], '
            'kind="categories")`.',
        )
    raise OptionError(
        asked,
        f"Its columns hold {', '.join(sorted(map(str, values)))}, and nothing says which of them means that an answer "
        "was given.",
        "Write it, for example `counted=1`.",
    )


def _refuse_absent(data: Microdata, name: str, asked: str) -> None:
    """Refuse a question without columns; a column of lists is to be split first."""
    names = [str(each) for each in data.frame.columns]
    if name in names:
        raise ColumnError(
            asked,
            f"It is one column, `{name}`, and not one column an answer.",
            f'Where its cells list the answers, write `data.split_responses("{name}", separator=";")` first.',
        )
    parts = {each.part_of for each in data.codebook.variables.values() if each.part_of}
    known = [*data.codebook.sets, *parts, *names]
    raise ColumnError(
        asked,
        "No set, part or column of the data bears that name, or that name and `_` at its beginning.",
        suggestion(name, known),
    )
