"""From the columns of a Qualtrics export to cells, variables and sets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.boxes import YES_NO, Boxes, box_cells, boxes_of
from diplab.loaders.parting import notices_on_parting, parted_column
from diplab.loaders.qualtrics.answers import (
    UNANSWERED,
    as_codes,
    choices_of,
    holds_labels,
    look_ticked,
    parted,
    ticks,
)
from diplab.loaders.qualtrics.columns import item_labels, shared_beginning
from diplab.loaders.qualtrics.fields import field_variable
from diplab.loaders.qualtrics.variables import SEEN, label_of_row, variable_at
from diplab.microdata.multiple_response import MOST_ANSWERS, Responses, split_answers
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.qualtrics.columns import Column
    from diplab.loaders.qualtrics.survey import Survey
    from diplab.microdata.codebook import Codebook

__all__ = ["Export", "assembled"]


@dataclass
class Export:
    """What an export holds, ready to be read as answers.

    Parameters
    ----------
    cells : dict of str to array of str, shape (rows,)
        By column.
    variables : dict of str to Variable
        By column.
    sets : dict of str to Responses
        Questions with several answers.
    notices : list of Text
        What a reader should know.
    """

    cells: dict[str, NDArray[Any]] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    sets: dict[str, Responses] = field(default_factory=dict)
    notices: list[Text] = field(default_factory=list)

    def add(self, variable: Variable, cells: NDArray[Any]) -> None:
        """Put one column at the end."""
        self.cells[variable.name], self.variables[variable.name] = cells, variable

    def add_boxes(self, boxes: Boxes) -> None:
        """Put the boxes of one question at the end."""
        self.cells |= boxes.cells
        self.variables |= boxes.variables
        self.sets[boxes.responses.name] = boxes.responses

    def tick(self, columns: Sequence[Column], label: Text) -> None:
        """Make columns that are there the boxes of one question."""
        names = [each.name for each in columns]
        for name, cells in zip(names, box_cells(*ticks([each.cells for each in columns])), strict=True):
            variable = replace(
                self.variables[name], values=YES_NO, measure="nominal", missing={}, storage="whole"
            )
            self.add(variable, cells)
        stems = {name.rpartition("_")[0] for name in names}
        stem = stems.pop() if len(stems) == 1 else shared_beginning(names).rstrip("_-#: ")
        own = stem if stem and stem not in self.sets else f"{names[0]} ({len(names)})"
        self.sets[own] = Responses(own, names, label=label)


def assembled(columns: Sequence[Column], survey: Survey | None, codebook: Codebook | None = None) -> Export:
    """Return the cells, variables and sets of an export.

    Parameters
    ----------
    columns : sequence of Column
        Those to keep.
    survey : Survey or None
        The questionnaire, where it is at hand.
    codebook : Codebook, optional
        Given by hand; without the questionnaire, its sets say which columns hold several answers a cell.
    """
    export = _without_survey(columns, codebook) if survey is None else _with_survey(columns, survey)
    rank = {name: place for place, name in enumerate(export.cells)}
    export.sets = dict(sorted(export.sets.items(), key=lambda item: rank[item[1].columns[0]]))
    return export


def _field_cells(column: Column) -> NDArray[Any]:
    """Return the cells of what is no answer, as codes where an export of choice text has words: `True`, `Imported`."""
    written = column.field.written if column.field else {}
    if not written:
        return column.cells
    return np.array([written.get(str(cell).strip(), cell) for cell in column.cells], dtype=object)


def _grouped(columns: Sequence[Column], *, rows: bool) -> list[list[Column]]:
    """Return the columns that are items of one question, or of one row of a matrix."""
    groups: defaultdict[tuple[Any, ...], list[Column]] = defaultdict(list)
    for column in columns:
        place = column.place
        if place is not None and place.items and not place.extra:
            above = place.items[:-1] if rows else ()
            groups[place.key, place.part, place.loop, above].append(column)
    return list(groups.values())


def _with_survey(columns: Sequence[Column], survey: Survey) -> Export:
    export = Export()
    labels = holds_labels(columns, survey)
    strange = []
    for column in columns:
        if column.field is not None:
            export.add(field_variable(column.name, column.field), _field_cells(column))
            continue
        variable = variable_at(column.name, column.place, survey) if column.place else None
        if variable is None or column.place is None:
            text = column.text if column.text != column.name else ""
            export.add(Variable(column.name, label=Text.same(text), question=Text.same(text)), column.cells)
            continue
        boxes = _boxes_in(column, variable, survey)
        if boxes is not None:
            export.add_boxes(boxes)
            continue
        cells, known = as_codes(column.cells, choices_of(column, survey)) if labels else (column.cells, True)
        if not known or _has_several(column, survey):
            strange.append(column.name)
            variable = replace(variable, values={}, storage="words")
        export.add(variable, cells)
    for group in _grouped(columns, rows=True):
        place = group[0].place
        asked = place.of(survey) if place else None
        depth = {"several": 1, "boxes": 2}.get(asked.shape) if asked else None
        if place and asked and depth == len(place.items):
            export.tick(group, label_of_row(place, asked))
    if strange:
        export.notices.append(_strange(strange))
    return export


def _has_several(column: Column, survey: Survey) -> bool:
    """Return whether a column holds all the answers to a question with several."""
    place = column.place
    asked = place.of(survey) if place else None
    return bool(place and asked and asked.shape == "several" and not place.items and not place.extra)


def _boxes_in(column: Column, variable: Variable, survey: Survey) -> Boxes | None:
    """Return a column that holds all the answers to one question as one column a choice."""
    asked = column.place.of(survey) if column.place and _has_several(column, survey) else None
    if asked is None or not 0 < len(asked.choices) <= MOST_ANSWERS:
        return None
    found = parted(column.cells, asked.choices, labels=False) or parted(
        column.cells, asked.choices, labels=True
    )
    if found is None:
        return None
    codes = [choice.code for choice in asked.choices.values()]
    ends = codes if len(set(codes)) == len(codes) else list(asked.choices)
    whole = replace(variable, missing={})
    return boxes_of(
        whole,
        [choice.label for choice in asked.choices.values()],
        found[0],
        seen=found[1],
        suffixes=ends,
    )


def _strange(names: Sequence[str]) -> Text:
    named = ", ".join(f"`{name}`" for name in names)
    return Text(
        f"Réponses absentes des choix du questionnaire, laissées telles quelles : {named}.",
        f"Answers that are no choices of the questionnaire, left as they are: {named}.",
    )


def _without_survey(columns: Sequence[Column], codebook: Codebook | None) -> Export:
    export = Export()
    doubtful = []
    worded = _worded(columns)
    for column in columns:
        if column.field is not None:
            export.add(field_variable(column.name, column.field), _field_cells(column))
            continue
        variable = worded[column.name]
        boxes, judgement = _boxes_guessed(column, variable, codebook)
        if boxes is not None:
            export.add_boxes(boxes)
        else:
            export.add(variable, column.cells)
        if judgement == "doubtful":
            doubtful.append(column.name)
    for group in _grouped(columns, rows=True):
        _, labels = item_labels([each.text for each in group])
        if look_ticked(group, labels):
            shared = item_labels([each.text for each in group])[0]
            export.tick(group, Text.same(shared))
    export.notices += notices_on_parting([], doubtful)
    return export


def _worded(columns: Sequence[Column]) -> Mapping[str, Variable]:
    """Return variables with what the second header line says of them."""
    found = {
        each.name: Variable(
            each.name,
            label=Text.same(each.text),
            question=Text.same(each.text),
            missing={} if each.place is None else {int(UNANSWERED): SEEN},
        )
        for each in columns
    }
    for group in _grouped(columns, rows=False):
        shared, labels = item_labels([each.text for each in group])
        for column, label in zip(group, labels, strict=True):
            if len(group) > 1 and column.place is not None:
                stem = column.name.rpartition("_")[0] or column.place.key
                found[column.name] = replace(
                    found[column.name], label=Text.same(label), question=Text.same(shared), part_of=stem
                )
    return found


def _boxes_guessed(column: Column, variable: Variable, codebook: Codebook | None) -> tuple[Boxes | None, str]:
    """Return a column as boxes where its cells hold several answers, and how that was judged.

    Codes between commas are several answers where the identifier says that nothing was typed there.
    """
    place = column.place
    if place is None or place.items or place.extra:
        return None, "one"
    cells = [str(cell).strip() for cell in column.cells]
    seen = np.array([cell in ("0", UNANSWERED) for cell in cells], dtype=bool)
    held = np.where(seen, "", np.array(cells, dtype=object))
    coded = all(piece.isdecimal() for word in set(held) if word for piece in word.split(","))
    whole = replace(variable, missing={})
    codes = {piece for word in set(held) if coded for piece in word.split(",")}
    several = coded and len(codes) <= MOST_ANSWERS and sum("," in word for word in held) > 2
    if several and place.key.startswith("QID"):
        if codebook is not None and variable.name in codebook and variable.name not in codebook.sets:
            return None, "one"
        labels, ticked = split_answers(held, ",")
        order = sorted(range(len(labels)), key=lambda place: (len(labels[place]), labels[place]))
        ends = [labels[place] for place in order]
        return boxes_of(
            whole, list(map(Text.same, ends)), ticked[:, order], seen=seen, suffixes=ends
        ), "several"
    boxes, judgement = parted_column(whole, held, codebook, (",",))
    if boxes is None:
        return None, judgement
    known = {name: np.where(seen, "0", box).astype(object) for name, box in boxes.cells.items()}
    return replace(boxes, cells=known), judgement
