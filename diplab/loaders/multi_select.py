"""Questions with several answers: recognised in one cell, taken apart, held as columns of 1 and 0.

The rule for boxes, everywhere: where a respondent ticked one box at least, the others are 0 (seen, not ticked). Where none is
ticked, the file does not tell a question not seen, one skipped, and one with nothing to tick: all boxes are then
missing, unless the file says that the question was seen.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.microdata.responses import Responses
from diplab.microdata.split_answers import MOST_ANSWERS, pieces_of, split_answers
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.microdata.variable import Code, Variable

__all__ = [
    "YES_NO",
    "Boxes",
    "Judgement",
    "box_cells",
    "boxes_of",
    "judged",
    "list_string",
    "notices_on_parting",
    "parted_column",
    "parted_columns",
]


Judgement: TypeAlias = Literal["several", "doubtful", "one"]

_LONGEST = 120
"""Letters of a label on average, beyond which cells are prose."""


def judged(cells: NDArray[Any], separator: str) -> Judgement:
    """Judge whether cells hold several answers each.

    They do where three cells at least hold the separator, answers are few (250 at most), short, come back (twice on
    average, three times where the separator is a comma) and never twice in one cell. A comma also stands within
    labels (`Employed, full time`): it parts answers only where no piece always follows, or always precedes, the same
    other piece. What fails that alone is doubtful.

    Parameters
    ----------
    cells : array of str, shape (rows,)
        As written.
    separator : str
        `";"` or `","`.

    Examples
    --------
    >>> import numpy as np
    >>> judged(np.array(["mail;phone", "phone;post", "mail;post", "mail"], dtype=object), ";")
    'several'
    >>> judged(np.array(["Employed, full time", "Employed, part time"] * 3, dtype=object), ",")
    'doubtful'
    >>> judged(np.array(["I was tired; I left.", "No; never.", "Yes; once."], dtype=object), ";")
    'one'
    """
    rows = Counter(str(cell).strip() for cell in cells)
    rows.pop("", None)
    if sum(count for word, count in rows.items() if separator in word) < 3:
        return "one"
    pieces = {word: pieces_of(word, separator) for word in rows}
    answers = list(pieces.values())
    if sum(rows[word] for word, each in pieces.items() if len(each) > 1) < 3:
        return "one"
    counts: Counter[str] = Counter()
    for word, each in pieces.items():
        counts.update(dict.fromkeys(each, 0) | {piece: each.count(piece) * rows[word] for piece in each})
    given = sum(counts.values())
    if len(counts) > MOST_ANSWERS:
        return "one"
    repeated = 3 if separator == "," else 2
    if given < repeated * len(counts) or sum(map(len, counts)) > _LONGEST * len(counts):
        return "one"
    if separator == "," and all(piece.replace(".", "").isdigit() for piece in counts):
        return "one"
    odd = counts[""] or any(len(set(each)) < len(each) for each in answers)
    if odd or (separator == "," and _glued(answers)):
        return "doubtful"
    return "several"


def _glued(answers: Sequence[Sequence[str]]) -> bool:
    """Return whether some piece always stands next to the same other, as the two halves of one label do."""
    before: defaultdict[str, set[str | None]] = defaultdict(set)
    after: defaultdict[str, set[str | None]] = defaultdict(set)
    for each in answers:
        for left, right in zip([None, *each], [*each, None], strict=True):
            if right is not None:
                before[right].add(left)
            if left is not None:
                after[left].add(right)
    return any(len(near) == 1 and None not in near for side in (before, after) for near in side.values())


_ITEM = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([-+\w.]+))\s*""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def list_string(cell: str) -> list[str] | None:
    r"""Return the items of a list written as text; None where the cell is no such list, whole and well closed.

    Nothing is evaluated: quoted strings of JSON or Python and bare words or numbers, commas between them, brackets
    around.

    Parameters
    ----------
    cell : str
        As written.

    Examples
    --------
    >>> list_string('["mail", "phone"]'), list_string("['It\\'s mine', 3]"), list_string("[]")
    (['mail', 'phone'], ["It's mine", '3'], [])
    >>> list_string("[mail") is None and list_string("['a' 'b']") is None
    True
    """
    bare = cell.strip()
    if len(bare) < 2 or bare[0] != "[" or bare[-1] != "]":
        return None
    inner = bare[1:-1]
    if not inner.strip():
        return []
    items: list[str] = []
    place = 0
    while True:
        found = _ITEM.match(inner, place)
        if found is None:
            return None
        double, single, word = found.groups()
        quoted = double if double is not None else single
        items.append(word if quoted is None else _whole(_ESCAPE.sub(_unescaped, quoted)))
        place = found.end()
        if place == len(inner):
            return items
        if inner[place] != ",":
            return None
        place += 1


def _unescaped(found: re.Match[str]) -> str:
    mark = found.group(1)
    if len(mark) > 1:
        return chr(int(mark[1:], 16))
    return _ESCAPED.get(mark, mark)


def _whole(words: str) -> str:
    """Return words in which a letter written as two halves (an emoji in JSON) is one."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


YES_NO: Mapping[Code, Text] = {0: Text("non", "no"), 1: Text("oui", "yes")}


@dataclass(frozen=True)
class Boxes:
    """The columns that stand for one question with several answers.

    Parameters
    ----------
    cells : mapping of str to array of str, shape (rows,)
        `"1"`, `"0"`, or what stands for no answer.
    variables : mapping of str to Variable
        One a box.
    responses : Responses
        The question as a set.
    """

    cells: Mapping[str, NDArray[Any]]
    variables: Mapping[str, Variable]
    responses: Responses


def box_cells(
    ticked: NDArray[np.bool_], seen: NDArray[np.bool_] | None = None, unanswered: NDArray[Any] | None = None
) -> list[NDArray[Any]]:
    """Return the cells of each box.

    Parameters
    ----------
    ticked : array of bool, shape (rows, boxes)
        True where the box is ticked.
    seen : array of bool, shape (rows,), optional
        True where the file says that the question was seen.
    unanswered : array of str, shape (rows,), optional
        What stands in the cells of those of whom nothing is known (a code); empty by default.

    Examples
    --------
    >>> [box.tolist() for box in box_cells(np.array([[True, False], [False, False]]))]
    [['1', ''], ['0', '']]
    """
    known = ticked.any(axis=1) if seen is None else ticked.any(axis=1) | seen
    empty = np.full(len(ticked), "", dtype=object) if unanswered is None else unanswered
    return [np.where(known, np.where(column, "1", "0"), empty).astype(object) for column in ticked.T]


def boxes_of(
    question: Variable,
    labels: Sequence[Text],
    ticked: NDArray[np.bool_],
    *,
    seen: NDArray[np.bool_] | None = None,
    unanswered: NDArray[Any] | None = None,
    suffixes: Sequence[str] = (),
) -> Boxes:
    """Return a column that held several answers as one column an answer: `uses_1`, `uses_2`...

    Parameters
    ----------
    question : Variable
        The column as it was.
    labels : sequence of Text
        Its answers.
    ticked : array of bool, shape (rows, answers)
        Who gave which.
    seen, unanswered : arrays, shape (rows,), optional
        As in `box_cells`.
    suffixes : sequence of str, optional
        What ends the name of each column; 1, 2, 3... by default.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> found = boxes_of(Variable("uses"), [Text.same("mail"), Text.same("phone")], np.array([[True, False]]))
    >>> list(found.cells), found.variables["uses_2"].label.en, found.cells["uses_2"].tolist()
    (['uses_1', 'uses_2'], 'phone', ['0'])
    """
    ends = suffixes or [str(place) for place in range(1, len(labels) + 1)]
    names = [f"{question.name}_{end}" for end in ends]
    said = question.question or question.label
    variables = {
        name: replace(
            question,
            name=name,
            label=label,
            question=said,
            values=YES_NO,
            measure="nominal",
            part_of=question.name,
            storage="whole",
        )
        for name, label in zip(names, labels, strict=True)
    }
    cells = dict(zip(names, box_cells(ticked, seen, unanswered), strict=True))
    label = question.label or said or NOTHING
    return Boxes(cells, variables, Responses(question.name, names, label=label))


def parted_column(
    variable: Variable, cells: NDArray[Any], codebook: Codebook | None, separators: Sequence[str]
) -> tuple[Boxes | None, Judgement]:
    """Return a column as one column an answer where its cells hold several, and how that was judged.

    The codebook given by hand decides first: a set under the name of the column parts it, with the answers that the
    codebook labels in the order of its columns; a variable of that name keeps it whole. Otherwise lists written as
    text (`["a", "b"]`) are parted, then cells that `judged` finds to hold several.

    Parameters
    ----------
    variable : Variable
        The column; its missing codes stay what they are in each of the new ones.
    cells : array of str, shape (rows,)
        As written.
    codebook : Codebook or None
        Given by hand.
    separators : sequence of str
        Those that the program writes, the likeliest first.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> cells = np.array(["['mail', 'post']", "['mail']", ""], dtype=object)
    >>> boxes, _ = parted_column(Variable("uses"), cells, None, (";",))
    >>> {name: box.tolist() for name, box in boxes.cells.items()}
    {'uses_1': ['1', '1', ''], 'uses_2': ['1', '0', '']}
    """
    asked = codebook.sets.get(variable.name) if codebook is not None else None
    if codebook is not None and asked is None and variable.name in codebook:
        return None, "one"
    bare = np.array([str(cell).strip() for cell in cells], dtype=object)
    gone = np.array([word in variable.missing for word in bare], dtype=bool)
    held = np.where(gone, "", bare)
    unanswered = np.where(gone, bare, "")
    lists = _lists(held)
    if lists is not None:
        labels, ticked = lists
        seen = np.array([cell == "[]" for cell in held], dtype=bool)
        texts = [Text.same(label) for label in labels]
        return boxes_of(variable, texts, ticked, seen=seen, unanswered=unanswered), "several"
    judgements = {separator: judged(held, separator) for separator in separators}
    chosen = next((each for each, found in judgements.items() if found == "several"), "")
    known: list[str] = []
    if asked is not None and codebook is not None and len(asked.columns) <= MOST_ANSWERS:
        chosen = chosen or max(separators, key=lambda each: sum(each in word for word in held))
        distinct = {piece for word in set(held) for piece in word.split(chosen)}
        chosen = chosen if len(distinct) <= 2 * MOST_ANSWERS else ""
        known = [codebook[name].label.en for name in asked.columns if name in codebook]
    if not chosen:
        return None, "doubtful" if "doubtful" in judgements.values() else "one"
    labels, ticked = split_answers(held, chosen, [label for label in known if label])
    return boxes_of(
        variable, [Text.same(label) for label in labels], ticked, unanswered=unanswered
    ), "several"


def parted_columns(
    columns: Iterable[tuple[Variable, NDArray[Any]]], codebook: Codebook | None, separators: Sequence[str]
) -> tuple[dict[str, NDArray[Any]], Codebook, tuple[Text, ...]]:
    """Return the columns of a form, those of several answers a cell taken apart; what they mean; what to know of it.

    Parameters
    ----------
    columns : iterable of (Variable, array of str)
        In the order of the file. A variable whose `storage` is known is left as it is.
    codebook : Codebook or None
        Given by hand.
    separators : sequence of str
        Those that the program writes, the likeliest first.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> held = [(Variable("uses"), np.array(["['mail', 'post']", "['mail']"], dtype=object))]
    >>> cells, found, notices = parted_columns(held, None, (";",))
    >>> list(cells), list(found.sets), len(notices)
    (['uses_1', 'uses_2'], ['uses'], 1)
    """
    cells: dict[str, NDArray[Any]] = {}
    variables: dict[str, Variable] = {}
    sets: dict[str, Responses] = {}
    doubtful = []
    for variable, column in columns:
        boxes, judgement = (
            (None, "one") if variable.storage else parted_column(variable, column, codebook, separators)
        )
        doubtful += [variable.name] if judgement == "doubtful" else []
        if boxes is None:
            cells[variable.name], variables[variable.name] = column, variable
            continue
        cells |= boxes.cells
        variables |= boxes.variables
        sets[variable.name] = boxes.responses
    return cells, Codebook(variables, sets=sets), notices_on_parting(list(sets), doubtful)


def _lists(cells: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[np.bool_]] | None:
    """Return the items of cells that all hold lists; None where one does not, or none does."""
    distinct = [word for word in pd.unique(cells) if word]
    items = {word: list_string(word) for word in distinct}
    if not distinct or any(found is None for found in items.values()):
        return None
    labels = tuple(dict.fromkeys(label for found in items.values() for label in found or ()))
    if len(labels) > MOST_ANSWERS:
        return None
    rank = {label: place for place, label in enumerate(labels)}
    ticked = np.zeros((len(cells), len(labels)), dtype=bool)
    for row, word in enumerate(cells):
        ticked[row, [rank[label] for label in items.get(word) or ()]] = True
    return (labels, ticked) if labels else None


def notices_on_parting(parted: Sequence[str], doubtful: Sequence[str]) -> tuple[Text, ...]:
    """Return what a reader should know: the columns that were taken apart, and those left whole in doubt."""
    said = []
    if parted:
        named = ", ".join(f"`{name}`" for name in parted)
        said.append(
            Text(
                f"Questions à plusieurs réponses par cellule, séparées en colonnes : {len(parted)} ({named}).",
                f"Questions with several answers a cell, parted into columns: {len(parted)} ({named}).",
            )
        )
    if doubtful:
        named = ", ".join(f"`{name}`" for name in doubtful)
        said.append(
            Text(
                "Colonnes laissées entières, faute de savoir si leurs cellules tiennent plusieurs réponses : "
                f"{named} (un ensemble de ce nom dans le codebook les sépare).",
                f"Columns left whole, for it is in doubt whether their cells hold several answers: {named} "
                "(a set of that name in the codebook parts them).",
            )
        )
    return tuple(said)
