"""A column of several answers a cell, taken apart where that is sure, or where the codebook asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.boxes import boxes_of
from diplab.loaders.list_strings import list_string
from diplab.loaders.multi_select import judged
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import MOST_ANSWERS, split_answers
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.boxes import Boxes
    from diplab.loaders.multi_select import Judgement
    from diplab.microdata.multiple_response import Responses
    from diplab.microdata.variable import Variable

__all__ = ["notices_on_parting", "parted_column", "parted_columns"]


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
