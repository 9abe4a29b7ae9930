"""One table of an export of KoboToolbox or ODK as microdata: codes in the frame, the form in the codebook."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.kobo import notices as said
from diplab.loaders.kobo.answers import coded, language_of_answers, moments
from diplab.loaders.kobo.columns import placed_in
from diplab.loaders.kobo.metadata import (
    PERSONAL_KINDS,
    holds_positions,
    identifies,
    metadata_label,
    storage_of,
)
from diplab.loaders.kobo.sets import MOST_CHOICES, boxes_of, multiple_without_form, ranks_of
from diplab.loaders.kobo.xlsform import text_of
from diplab.loaders.personal import left_out, personal_column
from diplab.loaders.source import refused
from diplab.loaders.wording import without_markdown
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.loaders.excel.sheet import Column
    from diplab.loaders.kobo.columns import Placed
    from diplab.loaders.kobo.export import ExportTable
    from diplab.loaders.kobo.sets import Boxes
    from diplab.loaders.kobo.structure import Structure
    from diplab.loaders.kobo.xlsform import Question
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import LinkedTable, Microdata

__all__ = ["microdata_of_table"]


@dataclass
class _Draft:
    """What has been made of a table so far."""

    source: SourceFile
    structure: Structure
    language: str = ""
    cells: dict[str, NDArray[Any]] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    sets: dict[str, Responses] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    strange: dict[str, int] = field(default_factory=dict)
    disagreeing: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, list[str]] = field(default_factory=dict)

    def codebook(self) -> Codebook:
        """Return what is known of the table."""
        form = self.structure.form
        if form is None:
            return Codebook(self.variables, sets=self.sets)
        return Codebook(self.variables, sets=self.sets, title=form.title, languages=form.languages)

    def notices(self) -> tuple[Text, ...]:
        """Return what was done to the answers."""
        return (
            *said.labels_brought_to_codes(self.language),
            *said.strange(self.strange),
            *said.disagreeing(self.disagreeing),
            *said.clocks(self.clocks),
        )

    def add(self, made: Boxes, name: str) -> None:
        """Put in the columns of a question with several answers."""
        if made.width > MOST_CHOICES:
            raise refused(
                self.source,
                f"The answers to `{name}` hold {made.width:,} different words, and a question has at most "
                f"{MOST_CHOICES:,} choices.",
                "Export it with one column a choice, or correct its type in the form.",
            )
        if made.strange:
            self.strange[name] = made.strange
        self.cells |= made.cells
        self.variables |= made.variables
        if made.responses is not None:
            self.sets[name] = made.responses
        if made.disagreeing:
            self.disagreeing[name] = made.disagreeing


def microdata_of_table(
    table: ExportTable,
    structure: Structure,
    request: Request,
    *,
    repeat: str = "",
    linked: Mapping[str, LinkedTable] | None = None,
    notices: tuple[Text, ...] = (),
) -> Microdata:
    """Return one table of an export as microdata.

    Parameters
    ----------
    table : ExportTable
    structure : Structure
        Its form.
    request : Request
        Codebook, columns, rows, and whether what identifies people is kept.
    repeat : str
        The repeated group of which it is the table; empty for the main one.
    linked : mapping of str to Link, optional
        Tables that hang on it.
    notices : tuple of Text
        What else is to be said.

    Raises
    ------
    ColumnError
        Where a column asked for is not in the table, or is left out because it identifies people.
    """
    placed = placed_in(list(table.columns), structure.form, repeat)
    gone = [] if request.private else _personal(table, placed)
    kept = {header: each for header, each in placed.items() if header not in gone}
    draft = _Draft(table.source, structure, _language(table, kept))
    if structure.form is None:
        _fill_without_form(draft, table, kept)
    else:
        _fill(draft, table, kept)
        _add_rankings(draft, repeat)
    asked = _asked(request, table, draft, {header: placed[header].name for header in gone})
    given = request.codebook
    if repeat and given is not None and not set(given.variables) & set(draft.cells):
        # A codebook of the main table says nothing of the groups that hang on it.
        asked = replace(asked, codebook=None)
    return microdata_of_cells(
        table.source,
        asked,
        draft.cells,
        draft.codebook(),
        reader=table.reader + (f", with `{structure.file}`" if structure.file else ""),
        comma=table.comma,
        notices=(*table.notices, *notices, *left_out(gone), *draft.notices()),
        linked={name: link for name, link in (linked or {}).items() if _has(asked, link.key)},
    )


def _has(request: Request, column: str) -> bool:
    return request.columns is None or column in request.columns


def _personal(table: ExportTable, placed: Mapping[str, Placed]) -> list[str]:
    """Return the headers of columns that place or name people, in the order of the table."""
    kinds = {header: each.question.kind for header, each in placed.items() if each.question is not None}
    ordinary = [header for header, kind in kinds.items() if kind not in PERSONAL_KINDS]
    found = {*identifies(placed, ordinary), *(header for header in kinds if header not in ordinary)}
    found |= {
        header
        for header in placed
        if header not in kinds and header not in found and holds_positions(table.columns[header].words)
    }
    return [header for header in placed if header in found]


def _language(table: ExportTable, placed: Mapping[str, Placed]) -> str:
    return language_of_answers(
        (table.columns[header].words, each.question.choices, not each.question.kind.startswith("select_one"))
        for header, each in placed.items()
        if each.question is not None and each.question.choices is not None and not each.choice
    )


def _asked(request: Request, table: ExportTable, draft: _Draft, gone: Mapping[str, str]) -> Request:
    """Return what was asked with the names of the data in the place of those of the file."""
    if request.columns is None:
        return request
    columns: list[str] = []
    for name in request.columns:
        if name in gone or name in gone.values():
            raise personal_column(table.source, name)
        if name in draft.sets and name not in draft.cells:
            columns += draft.sets[name].columns
        else:
            columns.append(name if name in draft.cells else draft.written.get(name, name))
    return replace(request, columns=list(dict.fromkeys(columns)))


def _fill(draft: _Draft, table: ExportTable, placed: Mapping[str, Placed]) -> None:
    """Put in the columns of a table whose form is known."""
    done: set[str] = set()
    for header, each in placed.items():
        column, question = table.columns[header], each.question
        draft.written[header] = each.name
        if question is None or question.kind not in ("select_multiple", "rank"):
            _put(draft, each.name, column, question, header)
            continue
        name = each.name.removesuffix(f"/{each.choice}") if each.choice else each.name
        if name in done:
            continue
        done.add(name)
        same = {key: other for key, other in placed.items() if other.question is question}
        joined = [table.columns[key].words for key, other in same.items() if not other.choice]
        asked = _described(name, question)
        if question.kind == "rank":
            draft.add(ranks_of(asked, joined[0], question.choices, draft.language), name)
            continue
        boxes = {other.choice: table.columns[key].words for key, other in same.items() if other.choice}
        made = boxes_of(
            asked, joined[0] if joined else None, boxes, question.choices, language=draft.language
        )
        draft.add(made, name)


def _fill_without_form(draft: _Draft, table: ExportTable, placed: Mapping[str, Placed]) -> None:
    """Put in the columns of a table by what it shows of itself, and the labels of a file of labels."""
    labels = draft.structure.labels
    words = {header: table.columns[header].words for header in placed}
    multiple = multiple_without_form(words)
    boxed = {box for boxes in multiple.values() for box in boxes}
    for header in placed:
        if header in boxed:
            continue
        if header not in multiple:
            _put(draft, header, table.columns[header], None, header)
            continue
        boxes = multiple[header]
        said_of = {
            code: without_markdown(labels.get(box, "").rpartition("::")[2]) for box, code in boxes.items()
        }
        made = boxes_of(
            Variable(header, label=Text.same(without_markdown(labels.get(header, "")))),
            words[header],
            {code: words[box] for box, code in boxes.items()},
            names={code: box for box, code in boxes.items()},
            labels={code: Text.same(label) for code, label in said_of.items() if label},
        )
        draft.add(made, header)


def _put(draft: _Draft, name: str, column: Column, question: Question | None, header: str) -> None:
    """Put in one column that holds one answer."""
    words = column.words
    storage = storage_of(header, question.kind if question is not None else "") or column.storage
    if storage in ("date", "moment", "time"):
        words, done = moments(words, storage)
        if done:
            draft.clocks.setdefault(done, []).append(name)
    variable = column.variable(name)
    if question is None:
        label = Text.same(without_markdown(draft.structure.labels.get(header, "")))
        variable = replace(variable, label=label or metadata_label(header), question=label)
    else:
        variable = replace(_described(name, question), missing=variable.missing)
        if question.choices is not None and question.kind.startswith("select_one"):
            words, strange = coded(words, question.choices, draft.language)
            if strange:
                draft.strange[name] = strange
            whole = question.choices.whole and all(
                not word or word.removeprefix("-").isdecimal() for word in words.tolist()
            )
            variable = replace(variable, values=question.choices.values(whole=whole), measure="nominal")
    draft.cells[name] = words
    draft.variables[name] = replace(variable, storage=storage)


def _described(name: str, question: Question) -> Variable:
    return Variable(
        name,
        label=question.label or metadata_label(name),
        question=question.wording,
        measure="scale" if question.kind in ("integer", "decimal", "range") else "unknown",
        group=text_of(question.group),
        part_of=question.part_of,
    )


def _add_rankings(draft: _Draft, repeat: str) -> None:
    """Put in the sets of the rankings of KoboToolbox, groups with one question a level."""
    form = draft.structure.form
    for name, parent in (form.parents if form is not None else {}).items():
        levels = [each for each, variable in draft.variables.items() if variable.part_of == name]
        if parent.kind == "begin_rank" and parent.repeat == repeat and levels and name not in draft.sets:
            draft.sets[name] = Responses(name, levels, label=parent.label, kind="categories")
