"""Questions with several answers: one column per answer, or cells that list them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.checks import argument, check_one_of
from diplab.errors import ColumnError, OptionError, suggestion
from diplab.kernel.arrays import Booleans
from diplab.microdata.display import WORDS
from diplab.microdata.frames import check_columns, check_new_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.missing import count_reasons
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import (
    Code,
    Variable,
    any_words,
    as_code,
    by_text,
    code_text,
    codes_by_text,
    labels_of_answers,
    positions,
    without,
)
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata

ResponsesBase: TypeAlias = Literal["any", "all"]
ResponsesKind: TypeAlias = Literal["dichotomies", "categories"]


@dataclass(frozen=True)
class Responses:
    """A multiple-response set: a question with a column per answer, 1 (or true) if it was given.

    Shares are of people and may add to more than 100 %.

    Parameters
    ----------
    name : str
        Name of the question in tables.
    columns : sequence of str
        One column per answer, with 1 and 0, true and false, or other codes, one of them `counted`.
    base : {"any", "all"}
        Base of shares: people who answered at least one of the columns (a missing answer then
        counts as not given), or people who answered all of them.
    label : Text
        The question in words.
    kind : {"dichotomies", "categories"}
        One column per answer (the usual form), or columns that each hold the code of one answer
        given (first answer, second answer...).
    counted : code
        The code for an answer given, in dichotomies; the other labelled code is for one not given.

    Raises
    ------
    OptionError
        Where there is no column, one is named twice, or `base` is not one of its words.

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
        check_one_of("base", self.base, ResponsesBase)
        columns = (self.columns,) if isinstance(self.columns, str) else tuple(self.columns)
        if not columns or len(set(columns)) < len(columns):
            raise OptionError(
                f"{argument('columns', list(columns))} "
                f"{'names one column twice' if columns else 'names no column'}.",
                write='Write each once, for example `Responses("uses", ["mail", "phone"])`.',
            )
        object.__setattr__(self, "columns", columns)


# least length of a question repeated before its items; shorter ones (`Paris - nord`) are kept
_LONG_STEM = 20
_STEM_ENDS = re.compile(r".*(?:\s[-–—/|>]\s|[:?!.…;]\s|\s?[\[(])", re.DOTALL)
_STEM_BEGINS = re.compile(r"(?:\s[-–—/|<]\s|\s?[\])]|:\s).*", re.DOTALL)


def labels_without_stem(labels: Sequence[Text], question: Text = NOTHING) -> list[Text]:
    """Return the labels of the items of a question without the text that all repeat."""
    french = _without_stem(list(map(attrgetter("fr"), labels)), question.fr)
    english = _without_stem(list(map(str, labels)), question.en)
    return [
        replace(label, fr=fr, en=en) for label, fr, en in zip(labels, french, english, strict=True)
    ]


def _without_stem(words: Sequence[str], question: str) -> list[str]:
    """Return texts without their common beginning or end, up to a mark or the question."""
    written = {*words}
    before = _shared_beginning(written)
    stem = _STEM_ENDS.match(before)
    repeated = bool(question) and before.startswith(question)
    first = stem.end() if stem else len(question) * repeated
    if len(written) < 2 or not (first >= _LONG_STEM or repeated):
        first = 0
    behind = _shared_beginning([item[first:][::-1] for item in written])[::-1]
    mark = _STEM_BEGINS.search(behind)
    last = len(behind) - mark.start() if mark and len(written) > 1 else 0
    last = last if first or last >= _LONG_STEM else 0
    items = [word[first : len(word) - last].strip() for word in words]
    if all(items):
        return items
    return [*words]


def _shared_beginning(words: Collection[str]) -> str:
    first, last = min(words), max(words)
    for position, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return first[:position]
    return first


def response_labels(
    codebook: Codebook, responses: Responses, present: Sequence[Any] = ()
) -> list[tuple[Any, Text]]:
    """Return the answers of a question and their labels: its columns, or the codes in them."""
    if responses.kind == "dichotomies":
        labels_of_items = [
            codebook.variable(name).label or Text.same(name) for name in responses.columns
        ]
        return list(
            zip(
                responses.columns,
                labels_without_stem(labels_of_items, responses.label),
                strict=True,
            )
        )
    given = codes_by_text(present)
    labelled: dict[str, tuple[Any, Text]] = {}
    for name in responses.columns:
        for code, label in codebook.variable(name).values.items():
            text = code_text(code)
            labelled.setdefault(text, (given.get(text, code), label))
    others = without(given, labelled).values()
    in_order = sorted(others, key=lambda code: (isinstance(code, str), code))
    return [*labelled.values(), *((code, Text.same(code_text(code))) for code in in_order)]


def responses_by_row(
    values: Mapping[str, NDArray[Any]],
    missing: Mapping[str, Booleans],
    responses: Responses,
    codes: Sequence[Any],
) -> tuple[list[Booleans], Booleans]:
    """Return the rows with each answer, and the rows that answered; `codes` for categories."""
    answered = np.array([~missing[name] for name in responses.columns])
    base: Booleans = np.asarray(
        answered.any(axis=0) if responses.base == "any" else answered.all(axis=0)
    )
    cells = np.array([values[name] for name in responses.columns], dtype=object)
    if responses.kind == "dichotomies":
        return list(answered & (cells == responses.counted)), base
    chosen: list[Booleans] = [(answered & (cells == code)).any(axis=0) for code in codes]
    return chosen, base


def read_responses(
    data: Microdata, responses: Responses
) -> tuple[list[tuple[Any, Text]], list[Booleans], Booleans]:
    """Return the answers of a question with labels, the rows with each, and respondents."""
    values, missing = {}, {}
    present: set[Any] = set()
    for name in responses.columns:
        values[name] = data.frame[name].to_numpy(dtype=object)
        missing[name] = data.frame[name].isna().to_numpy(dtype=bool)
        present.update(values[name][~missing[name]])
    if len({isinstance(name, str) for name in present}) > 1:
        raise ColumnError(
            f"Some columns of the question `{responses.name}` hold words and some hold numbers.",
            write="Recode them so that the same code means an answer given in each.",
        )
    answers = response_labels(data.codebook, responses, list(present))
    chosen, base = responses_by_row(values, missing, responses, list(dict(answers)))
    return answers, chosen, base


_YES = [
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
]
_NO = [
    *["no", "non", "n", "nao", "false", "unchecked"],
    "not selected",
    "not quoted",
    "",
    "non coche",
    "non mentionne",
]
_OTHER = re.compile(r"(?i)(?:^|[_.\[/ -])(?:other|autre|text|texte|comment)s?\]?(?:$|[_.\]/ -])")


def multiple_response(
    data: Microdata, name: str, *, counted: Code | None = None, base: ResponsesBase | None = None
) -> Responses:
    """Return a question with several answers, for `crosstab` and `describe`.

    It is the set of that name in the codebook; or the columns that the codebook declares as its
    parts; or those whose names begin with its name and a sign (`q7_1`, `q7_2`, `q7[SQ001]`,
    `q7/mail`). Columns of words among them, for `other` answers, are excluded.

    Parameters
    ----------
    name : str
        The question.
    counted : code, optional
        The code for an answer given. By default it is inferred: 1 from 1 and 0, yes from yes and
        no. It is required for codes 1 and 2, which are ambiguous.
    base : {"any", "all"}, optional
        Base of shares: those who answered at least one of the columns (by default), or all of them.

    Returns
    -------
    Responses

    Raises
    ------
    ColumnError
        Where the question has no columns.
    OptionError
        Where no code of the columns clearly means that an answer was given.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> answers = pd.DataFrame({"q7_1": [1, 0], "q7_2": [1, 1], "q7_other": ["x", None]})
    >>> data = dl.Microdata(answers)

    >>> data.multiple_response("q7").columns
    ('q7_1', 'q7_2')
    """
    frame_in_memory(data)
    known = data.codebook.sets.get(name)
    if known is not None:
        check_columns(data, *known.columns)
        return replace(
            known, counted=known.counted if counted is None else counted, base=base or known.base
        )
    columns = _columns_of_question(data, name)
    if not columns:
        _refuse_absent(data, name)
    label = data.codebook.variable(name).label
    answers = {}
    for column in columns:
        answers[column] = _distinct_answers(data, column)
    if counted is None and _one_answer_each(answers):
        return Responses(name, columns, base or "any", label, kind="categories")
    code = _code_for_yes(name, answers) if counted is None else counted
    return Responses(name, columns, base or "any", label, counted=code)


def _columns_of_question(data: Microdata, name: str) -> list[str]:
    """Return the columns of a question, without those of open answers."""
    names = list(map(str, data.frame.columns))
    parts = [column for column in names if data.codebook.variable(column).part_of == name]
    if not parts:
        begins = re.compile(rf"{re.escape(name)}(?:[_.\[/ -]|(?<=\D)(?=\d))")
        parts = list(filter(begins.match, names))
    other = [part for part in parts if _OTHER.search(part.removeprefix(name))]
    usual: set[Any] = set()
    for part in parts:
        if part not in other:
            usual |= _distinct_answers(data, part)
    for part in other:
        # an open answer has its own words, not those of the other columns
        if any_words(_distinct_answers(data, part) - usual):
            parts.remove(part)
    return parts


def _distinct_answers(data: Microdata, name: str) -> set[Any]:
    return set(data.frame[name].dropna().unique().tolist())


def _one_answer_each(answers: dict[str, set[Any]]) -> bool:
    """Return whether each column holds the text of one answer or nothing, as in some exports."""
    words = list(chain.from_iterable(answers.values()))
    single = max(map(len, answers.values())) <= 1
    own = all(isinstance(word, str) and fold_accents(word) not in (*_YES, *_NO) for word in words)
    return bool(words) and single and own and len(set(words)) == len(words)


def _code_for_yes(name: str, answers: dict[str, set[Any]]) -> Code:
    """Return the code for an answer given."""
    values = set().union(*answers.values())
    if not any_words(values):
        if values <= {0, 1}:
            return 1
        if len(values) == 1:
            only: Code = as_code(next(iter(values)))
            return only
    yes = [value for value in values if isinstance(value, str) and fold_accents(value) in _YES]
    no = [value for value in values if isinstance(value, str) and fold_accents(value) in _NO]
    if len(yes) == 1 and len(yes) + len(no) == len(values):
        return str(yes[0])
    if len(values) > 4:
        columns = ", ".join(map('"{}"'.format, answers))
        raise OptionError(
            f"The columns of `{name}` hold {len(values)} different answers, not yes and no.",
            write=f'If each holds the code of an answer, write `Responses("{name}", [{columns}], '
            'kind="categories")`.',
        )
    raise OptionError(
        f"The columns of `{name}` hold {', '.join(sorted(map(str, values)))}, and none clearly "
        "means that an answer "
        "was given.",
        write="Write which one, for example `counted=1`.",
    )


def _refuse_absent(data: Microdata, name: str) -> None:
    """Raise an error for a question without columns; a column of lists must be split first."""
    names = list(map(str, data.frame.columns))
    if name in names:
        raise ColumnError(
            f"`{name}` is one column, not one column per answer.",
            write=f'If its cells list the answers, write `data.split_responses("{name}", '
            'separator=";")` first.',
        )
    parts = set()
    for variable in data.codebook.variables.values():
        if variable.part_of:
            parts.add(variable.part_of)
    known = [*data.codebook.sets, *parts, *names]
    raise ColumnError(
        f"`{name}` is not a set or question of the data, nor do columns begin with `{name}_`.",
        write=suggestion(name, known),
    )


MOST_ANSWERS = 250  # with more answers than this, a column holds tags or words of a text


def split_answers(
    cells: Iterable[str], separator: str, known: Sequence[str] = ()
) -> tuple[tuple[str, ...], Booleans]:
    """Return the distinct answers in cells of several, and the rows with each."""
    bare = list(map(str.strip, cells))
    parts = {}
    for cell in dict.fromkeys(bare):
        parts[cell] = split_cell(cell, separator, known)
    labels = tuple(dict.fromkeys(chain(known, *parts.values())))
    return labels, tick(labels, [parts[cell] for cell in bare])


_ENOUGH = (
    20  # people who answered, among whom one alone gives an answer that was hardly offered to all
)
_OF_ONE = 10


def in_own_words(people: NDArray[np.integer[Any]], answered: int) -> Booleans:
    """Return which levels one respondent each wrote (`Other: ...`), by respondents per level."""
    return np.asarray((people == 1) & (answered >= _ENOUGH))


def are_categories(people: NDArray[np.integer[Any]]) -> bool:
    """Return whether levels are categories, by how many gave each.

    Else each person has a level, as names have.
    """
    alone, met = int((people == 1).sum()), int((people > 0).sum())
    return alone < _OF_ONE or 2 * alone <= met


def are_answers(levels: Sequence[str], people: Mapping[str, int]) -> bool:
    """Return whether levels of a factor are what persons said, one of whom said it alone.

    They are where most have one person, or stand in an order that nobody chose: that of the
    alphabet, of numbers, or of the rows, in which `people` gives how many gave each.
    """
    counts = np.array([*people.values()], dtype=int)
    if not are_categories(counts):
        return True
    if not in_own_words(counts, int(counts.sum())).any():
        return False
    orders = [sorted(levels), sorted(levels, key=_in_dictionary)]
    if all(re.fullmatch(r"-?\d{1,15}(\.\d+)?", level) for level in levels):
        orders.append(sorted(levels, key=float))
    return [*levels] in orders or [*people] == [level for level in levels if level in people]


def _in_dictionary(word: str) -> tuple[str, str]:
    """Return the sort key of a word in a dictionary: letters and digits first, then all signs."""
    plain = fold_accents(word)
    return "".join(filter(str.isalnum, plain)), plain


def tick(labels: Sequence[str], answers: Sequence[Iterable[str]]) -> Booleans:
    """Return which of the labels, in columns, are among the answers of each row."""
    rank = positions(labels)
    ticked = np.zeros((len(answers), len(labels)), dtype=bool)
    for row, given in enumerate(answers):
        ticked[row, [rank[item] for item in given]] = True
    return ticked


def split_known(
    cell: str, separator: str, known: Collection[str], *, others: bool = False
) -> list[str] | None:
    """Return the answers in a cell; None if a part is unknown, unless `others` are allowed."""
    # the longest matching answer is taken, as it may contain the separator
    words = split_outside_brackets(cell, separator)
    by_parts = {}
    for label in known:
        by_parts[tuple(split_outside_brackets(label, separator))] = label
    widest = max(map(len, by_parts), default=0)
    answers, place = [], 0
    while place < len(words):
        widths = range(min(widest, len(words) - place), 0, -1)
        width = next((size for size in widths if tuple(words[place : place + size]) in by_parts), 0)
        if not width and not others:
            return None
        taken = tuple(words[place : place + max(width, 1)])
        answers.append(by_parts.get(taken, taken[0]))
        place += len(taken)
    if others:
        return list(filter(None, answers))
    return answers


def split_outside_brackets(cell: str, separator: str) -> list[str]:
    """Return the parts of a cell between separators, except those in brackets (`(MA, PhD)`)."""
    pieces: list[str] = []
    depth = 0
    for piece in cell.split(separator):
        if depth > 0:
            pieces[-1] += separator + piece
        else:
            pieces.append(piece)
        depth = max(0, depth + piece.count("(") - piece.count(")"))
    # a bracket that is never closed is ignored
    return list(map(str.strip, cell.split(separator) if depth else pieces))


def split_cell(cell: str, separator: str, known: Sequence[str]) -> list[str]:
    """Return the answers in one cell: known labels whole, the rest between separators."""
    if not cell:
        return []
    if known:
        answers = split_known(cell, separator, known)
        with_separator = [label for label in known if separator in label]
        if answers is None and with_separator:
            answers = split_known(cell, separator, with_separator, others=True)
        if answers is not None:
            return answers
    return list(filter(None, split_outside_brackets(cell, separator)))


def split_responses(
    data: Microdata, name: str, separator: str = ";", into: str | None = None
) -> Microdata:
    """Split cells such as `e-mail;telephone` into one column of 1 and 0 per answer.

    The columns form a multiple-response set. Answers labelled in the codebook come first, in its
    order, then the others in order of appearance. A missing answer is missing in all columns, for
    the same reason.

    Parameters
    ----------
    name : str
        A column of words.
    separator : str
        Sign between two answers. It does not separate within brackets; answers that the codebook
        labels are found even where they contain it.
    into : str, optional
        Name of the set and beginning of the names of its columns (`uses_1`, `uses_2`); by default
        that of the column.

    Returns
    -------
    Microdata
        With the new columns after the others, and the set in its codebook, for `multiple_response`
        and `describe`.

    Raises
    ------
    ColumnError
        Where the column does not exist, it holds no words, or a new column exists already.
    OptionError
        Where the separator is empty, or there are more than 250 different answers.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> data = dl.Microdata(pd.DataFrame({"uses": ["mail;phone", "phone", None]}))
    >>> split = data.split_responses("uses")
    >>> split.frame[["uses_1", "uses_2"]].values.tolist(), split.codebook["uses_1"].label.en
    ([[1.0, 1.0], [0.0, 1.0], [nan, nan]], 'mail')
    """
    frame = check_columns(data, name)
    variable = data.codebook.variable(name)
    if not separator:
        raise OptionError(
            "`separator` is empty.", write='Write the sign between two answers: `separator=";"`.'
        )
    cells = frame[name].to_numpy(dtype=object)
    answered = np.array([isinstance(cell, str) for cell in cells], dtype=bool)
    if not any(cells[answered]) or answered.sum() < frame[name].notna().sum():
        raise ColumnError(
            f"`{name}` does not hold words.",
            write="Write a column whose cells list answers in words.",
        )
    words = list(map(str.strip, np.where(answered, cells, "")))
    answers, ticked = _ticked_answers(words, variable, separator)
    prefix = name if into is None else into
    names = [f"{prefix}_{position}" for position in range(1, len(answers) + 1)]
    check_new_columns(data, *names, write='Write another name, for example `into="answers"`.')
    codebook = data.codebook
    added = {}
    about = {
        "values": {0: WORDS("display.no"), 1: WORDS("display.yes")},
        "measure": "nominal",
        "part_of": prefix,
    }
    about |= {"missing": variable.missing, "missing_ranges": variable.missing_ranges}
    for new, label, chosen in zip(names, answers, ticked.T, strict=True):
        added[new] = np.where(answered, chosen.astype(float), np.nan)
        codebook = codebook.described(new, label=label, **about)
    missing = dict(data.missing)
    if name in missing:
        missing |= dict.fromkeys(names, missing[name])
    step = Step(
        "recode",
        (name, *names),
        WORDS("responses.split", name=name, separator=separator),
        int(answered.sum()),
    )
    sets = {
        **codebook.sets,
        prefix: Responses(prefix, names, label=variable.label or Text.same(prefix)),
    }
    split = frame.assign(**added)
    known = count_reasons(split, replace(codebook, sets=sets).with_step(step), missing, names)
    return replace(data, frame=split, codebook=known, missing=missing)


def _ticked_answers(
    words: list[str], variable: Variable, separator: str
) -> tuple[list[Text], Booleans]:
    """Return the labels of the distinct answers, codebook first, and the rows with each."""
    known = by_text(labels_of_answers(variable))
    # counted first: a table of a hundred thousand texts by row would exhaust the memory
    answers = {
        *known,
        *(part for word in set(words) for part in split_cell(word, separator, list(known))),
    }
    if len(answers) > MOST_ANSWERS:
        raise OptionError(
            f"`separator={separator!r}` gives {len(answers)} different answers, more than "
            f"{MOST_ANSWERS}.",
            write="Check the separator: open-ended answers are not split.",
        )
    labels, ticked = split_answers(words, separator, list(known))
    return [known.get(label, Text.same(label)) for label in labels], ticked
