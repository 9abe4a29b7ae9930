"""Questions with several answers: one column an answer, or cells that list them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, OptionError, one_of, suggestion
from diplab.microdata.frames import check_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.missing import count_reasons
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Variable, code_text
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = [
    "MOST_ANSWERS",
    "Responses",
    "ResponsesBase",
    "ResponsesKind",
    "multiple_response",
    "read_responses",
    "response_labels",
    "responses_by_row",
    "split_answers",
    "split_cell",
    "split_known",
    "split_outside_brackets",
    "split_responses",
]


ResponsesBase: TypeAlias = Literal["any", "all"]
ResponsesKind: TypeAlias = Literal["dichotomies", "categories"]


@dataclass(frozen=True)
class Responses:
    """A multiple-response set: one question, one column an answer, 1 (or true) where it was given.

    Shares are of people, and so add to more than 100 %.

    Parameters
    ----------
    name : str
        Name of the question in tables.
    columns : sequence of str
        One column an answer, holding 1 and 0, true and false, or other codes of which one is `counted`.
    base : {"any", "all"}
        Of whom shares are: people who answered at least one of the columns (a column without an answer is then an
        answer not given), or people who answered all of them.
    label : Text
        The question in words.
    kind : {"dichotomies", "categories"}
        One column an answer (the usual form), or columns that each hold the code of one answer given (first answer,
        second answer...).
    counted : code
        The code that says that an answer was given, in dichotomies; another labelled code says that it was not.

    Raises
    ------
    OptionError
        Where no column is named, one is named twice, or `base` is not one of its words.

    Examples
    --------
    >>> Responses("uses", ["mail", "phone"]).columns
    ('mail', 'phone')
    """

    name: str
    columns: Sequence[str]
    base: ResponsesBase = "any"
    label: Text = NOTHING
    kind: ResponsesKind = "dichotomies"
    counted: Code = 1

    def __post_init__(self) -> None:
        if self.base not in ("any", "all"):
            raise one_of("`base` of `Responses`", self.base, ("any", "all"))
        columns = (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)
        if not columns or len(set(columns)) < len(columns):
            raise OptionError(
                f"The columns of the question `{self.name}` were given as {list(columns)!r}.",
                "One is named twice." if columns else "None is named.",
                'Write each once, for example `Responses("uses", ["mail", "phone"])`.',
            )
        object.__setattr__(self, "columns", columns)


Flags = NDArray[np.bool_]


def response_labels(
    codebook: Codebook, responses: Responses, held: Sequence[Any] = ()
) -> list[tuple[Any, Text]]:
    """Return the answers of a question and their labels: its columns, or the codes that its columns hold."""
    if responses.kind == "dichotomies":
        return [
            (name, codebook[name].label if name in codebook and codebook[name].label else Text.same(name))
            for name in responses.columns
        ]
    labels: dict[str, tuple[Code, Text]] = {}
    for name in responses.columns:
        if name in codebook:
            for code, label in codebook[name].values.items():
                labels.setdefault(code_text(code), (code, label))
    by_code = {code_text(code): code for code in held}
    named = [(by_code.get(said, code), label) for said, (code, label) in labels.items()]
    extra = sorted(
        (by_code[said] for said in by_code.keys() - labels.keys()),
        key=lambda code: (isinstance(code, str), code),
    )
    return [*named, *((code, Text.same(code_text(code))) for code in extra)]


def responses_by_row(
    values: Mapping[str, NDArray[Any]], gone: Mapping[str, Flags], responses: Responses, codes: Sequence[Any]
) -> tuple[list[Flags], Flags]:
    """Return who gave each answer, and who answered the question."""
    answered = np.array([~gone[name] for name in responses.columns])
    base: Flags = np.asarray(answered.any(axis=0) if responses.base == "any" else answered.all(axis=0))
    held = np.array([values[name] for name in responses.columns], dtype=object)
    if responses.kind == "dichotomies":
        return list(answered & (held == responses.counted)), base
    given: list[Flags] = [(answered & (held == code)).any(axis=0) for code in codes]
    return given, base


def read_responses(
    data: Microdata, responses: Responses
) -> tuple[list[tuple[Any, Text]], list[Flags], Flags]:
    """Return the answers of a question with their labels, who gave each, and who answered the question."""
    values = {name: data.frame[name].to_numpy(dtype=object) for name in responses.columns}
    gone = {name: data.frame[name].isna().to_numpy(dtype=bool) for name in responses.columns}
    kinds = {isinstance(each, str) for name in responses.columns for each in values[name][~gone[name]]}
    if len(kinds) > 1:
        raise ColumnError(
            f"The question `{responses.name}` was asked for.",
            "Some of its columns hold words and some hold numbers.",
            "Recode them so that each says in the same way that an answer was given.",
        )
    held = list({each for name in responses.columns for each in values[name][~gone[name]]})
    named = response_labels(data.codebook, responses, held)
    given, base = responses_by_row(values, gone, responses, [code for code, _ in named])
    return named, given, base


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
    columns = _columns_of_question(data, name)
    if not columns:
        _refuse_absent(data, name, asked)
    label = data.codebook[name].label if name in data.codebook else NOTHING
    held = {each: _distinct_answers(data, each) for each in columns}
    if counted is None and _one_answer_each(held):
        return Responses(name, columns, base or "any", label, kind="categories")
    given = _code_for_yes(name, held, asked) if counted is None else counted
    return Responses(name, columns, base or "any", label, counted=given)


def _columns_of_question(data: Microdata, name: str) -> list[str]:
    """Return the columns of a question."""
    names = [str(each) for each in data.frame.columns]
    parts = [each for each in names if each in data.codebook and data.codebook[each].part_of == name]
    if not parts:
        begins = re.compile(rf"{re.escape(name)}(?:[_.\[/ -]|(?<=\D)(?=\d))")
        parts = [each for each in names if begins.match(each) and each != name]
    # the words of an open answer are no yes or no
    other = [each for each in parts if _OTHER.search(each.removeprefix(name))]
    said = set().union(*(_distinct_answers(data, each) for each in parts if each not in other))
    left = [
        each for each in other if any(isinstance(word, str) for word in _distinct_answers(data, each) - said)
    ]
    return [each for each in parts if each not in left]


def _distinct_answers(data: Microdata, name: str) -> set[Any]:
    return set(data.frame[name].dropna().unique().tolist())


def _one_answer_each(held: dict[str, set[Any]]) -> bool:
    """Return whether each column holds the words of one answer, or nothing: the exports of some platforms."""
    words = [each for values in held.values() for each in values]
    single = all(len(values) <= 1 for values in held.values())
    own = all(isinstance(each, str) and fold_accents(each) not in (*_YES, *_NO) for each in words)
    return bool(words) and single and own and len(set(words)) == len(words)


def _code_for_yes(name: str, held: dict[str, set[Any]], asked: str) -> Code:
    """Return the code that says that an answer was given."""
    values = set().union(*held.values())
    if not any(isinstance(each, str) for each in values):
        if values <= {0, 1}:
            return 1
        if len(values) == 1:
            (only,) = values
            return int(only) if float(only).is_integer() else float(only)
    yes = [each for each in values if isinstance(each, str) and fold_accents(each) in _YES]
    no = [each for each in values if isinstance(each, str) and fold_accents(each) in _NO]
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


MOST_ANSWERS = 250
"""Answers to choose from, beyond which a column is no question with several answers: tags, words of a text."""


def split_answers(
    cells: Iterable[str], separator: str, known: Sequence[str] = ()
) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """Return the distinct answers of cells that hold several, and who gave which."""
    bare = [cell.strip() for cell in cells]
    parts = {cell: split_cell(cell, separator, known) for cell in dict.fromkeys(bare)}
    labels = tuple(dict.fromkeys([*known, *(part for each in parts.values() for part in each)]))
    rank = {label: place for place, label in enumerate(labels)}
    ticked = np.zeros((len(bare), len(labels)), dtype=bool)
    for row, cell in enumerate(bare):
        ticked[row, [rank[part] for part in parts[cell]]] = True
    return labels, ticked


def split_known(cell: str, separator: str, known: Collection[str]) -> list[str] | None:
    """Return the answers in one cell, all of them known; None where some words are not.

    The longest answer that fits is taken, so that one which holds the separator itself is found.
    """
    words = split_outside_brackets(cell, separator)
    glued = {tuple(split_outside_brackets(label, separator)): label for label in known}
    widest = max(map(len, glued), default=0)
    found, place = [], 0
    while place < len(words):
        for width in range(min(widest, len(words) - place), 0, -1):
            label = glued.get(tuple(words[place : place + width]))
            if label is not None:
                found.append(label)
                place += width
                break
        else:
            return None
    return found


def split_outside_brackets(cell: str, separator: str) -> list[str]:
    """Return what stands between separators, save those within parentheses: `degree (MA, PhD)` is one piece."""
    pieces: list[str] = []
    depth = 0
    for piece in cell.split(separator):
        if depth > 0:
            pieces[-1] += separator + piece
        else:
            pieces.append(piece)
        depth = max(0, depth + piece.count("(") - piece.count(")"))
    # A parenthesis that is never closed keeps nothing together.
    return [piece.strip() for piece in (cell.split(separator) if depth else pieces)]


def split_cell(cell: str, separator: str, known: Sequence[str]) -> list[str]:
    """Return the answers in one cell: known labels whole, the rest between separators."""
    if not cell:
        return []
    if known:
        whole = split_known(cell, separator, known)
        if whole is not None:
            return whole
        held = [label for label in known if separator in label]
        if held:
            return _split_around_known(cell, separator, held)
    return [part for part in split_outside_brackets(cell, separator) if part]


def _split_around_known(cell: str, separator: str, held: Sequence[str]) -> list[str]:
    """Return the answers in a cell of which some are known labels that hold the separator."""
    words = split_outside_brackets(cell, separator)
    glued = {tuple(split_outside_brackets(label, separator)): label for label in held}
    widest = max(map(len, glued))
    found, place = [], 0
    while place < len(words):
        width = next(
            (each for each in range(widest, 1, -1) if tuple(words[place : place + each]) in glued), 1
        )
        taken = tuple(words[place : place + width])
        found.append(glued.get(taken, taken[0]))
        place += width
    return [part for part in found if part]


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
    cells = _check_cells(frame[name], separator, asked)
    answers, ticked = _ticked_answers(cells, variable, separator, asked)
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
    known = count_reasons(split, replace(codebook, sets=sets).with_step(step), missing, names)
    return replace(data, frame=split, codebook=known, missing=missing)


def _check_cells(column: pd.Series[Any], separator: str, asked: str) -> list[str | None]:
    """Return the cells of a column of words; None where there is no answer."""
    if not separator:
        raise OptionError(
            asked, "The separator is empty.", 'Write what stands between two answers: `separator=";"`.'
        )
    cells = [cell if isinstance(cell, str) else None for cell in column.tolist()]
    if not any(cells) or sum(cell is not None for cell in cells) < column.notna().sum():
        raise ColumnError(asked, "It holds no words.", "Write a column whose cells list answers in words.")
    return cells


def _ticked_answers(
    cells: list[str | None], variable: Variable, separator: str, asked: str
) -> tuple[list[Text], NDArray[np.bool_]]:
    """Return the labels of the different answers, those of the codebook first, and who gave which."""
    # a code for no answer is none of them
    known = {code_text(code): label for code, label in variable.values.items() if variable.why(code) is None}
    words = [(cell or "").strip() for cell in cells]
    # counted first: a table of who wrote which of a hundred thousand texts fills a memory
    answers = {*known, *(each for word in set(words) for each in split_cell(word, separator, list(known)))}
    if len(answers) > MOST_ANSWERS:
        raise OptionError(
            asked,
            f"`{separator}` parts it into {len(answers)} different answers, more than {MOST_ANSWERS}.",
            "Look at whether that is the separator: answers in people's own words are not split.",
        )
    labels, ticked = split_answers(words, separator, list(known))
    return [known.get(label, Text.same(label)) for label in labels], ticked
