"""Repeated groups of KoboToolbox and ODK as tables that hang on the main one, with their keys checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.excel import SheetColumn
from diplab.loaders.kobo.export import FOREIGN
from diplab.loaders.source import refused
from diplab.loaders.wording import without_markdown
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.kobo.export import ExportTable
    from diplab.loaders.kobo.xlsform import Form

__all__ = ["Hanging", "hanging_on"]

_MOST_LETTERS = 31
"""Letters that the name of a sheet has at most: longer names of groups are cut there."""


@dataclass(frozen=True, eq=False)
class Hanging:
    """A repeated group and where it hangs.

    Parameters
    ----------
    table : ExportTable
        With a column that names the row of the main table, where it hangs on another repeated group.
    name : str
        Of the group.
    parent : str
        Of the table on which its rows hang; empty for the main one.
    key, foreign : str
        Column of the parent that names its rows, and column of the table that holds those names.
    main_foreign : str
        Column of the table that names rows of the main table.
    root : array of str
        The row of the main table on which each row hangs, whatever stands between; `""` where there is none.
    notices : tuple of Text
        Rows that hang on nothing.
    """

    table: ExportTable
    name: str
    parent: str
    key: str
    foreign: str
    main_foreign: str
    root: NDArray[Any]
    notices: tuple[Text, ...] = ()

    def rows(self, kept: NDArray[np.bool_]) -> Hanging:
        """Return the group with some of its rows."""
        columns = {
            header: replace(column, words=column.words[kept]) for header, column in self.table.columns.items()
        }
        return replace(self, table=replace(self.table, columns=columns), root=self.root[kept])


def hanging_on(main: ExportTable, tables: Sequence[ExportTable], form: Form | None) -> list[Hanging]:
    """Return the repeated groups of a main table, those that hang on others after them.

    Raises
    ------
    LoadError
        Where two rows of a table on which others hang have the same key.
    """
    waiting = {}
    for table in tables:
        keys = _keys(table, main)
        if keys:
            waiting[_name(table, form)] = (table, keys)
    named = {name: table for name, (table, _) in waiting.items()}
    found: dict[str, Hanging] = {}
    parents = {name: _parent(name, table, keys, main, named) for name, (table, keys) in waiting.items()}
    while waiting:
        ready = [name for name in waiting if parents[name] not in waiting]
        if not ready:
            # Tables that hang on each other hang on nothing: they are shown as hanging on the main one.
            ready = list(waiting)
            parents |= dict.fromkeys(ready, "")
        for name in ready:
            table, keys = waiting.pop(name)
            found[name] = _hung(table, name, keys, main, found.get(parents[name]))
    return list(found.values())


def _keys(table: ExportTable, main: ExportTable) -> tuple[str, str] | None:
    """Return the key of the parent and the column that holds it in a repeated group."""
    for foreign, key in FOREIGN.items():
        if foreign in table.columns and key in main.columns:
            return key, foreign
    return None


def _name(table: ExportTable, form: Form | None) -> str:
    """Return the name of a repeated group: in the form, or that of its table."""
    for each in form.repeats.values() if form is not None else ():
        labels = {without_markdown(words) for words in each.wordings.values()}
        for written in (each.name, *labels):
            if written[:_MOST_LETTERS] == table.name[:_MOST_LETTERS]:
                return each.name
    last = table.name.rsplit("-", 1)[-1]
    return last if form is not None and last in form.repeats else table.name


def _parent(
    name: str,
    table: ExportTable,
    keys: tuple[str, str],
    main: ExportTable,
    named: Mapping[str, ExportTable],
) -> str:
    """Return the repeated group on which another hangs; nothing where it hangs on the main table."""
    if "_parent_table_name" in table.columns and keys[1] == "_parent_index":
        said = {str(word)[:_MOST_LETTERS] for word in table.columns["_parent_table_name"].words} - {""}
        for other, each in named.items():
            if other != name and {each.name[:_MOST_LETTERS], other[:_MOST_LETTERS]} & said:
                return other
        return ""
    if keys[1] != "PARENT_KEY":
        return ""
    wanted = set(table.columns[keys[1]].words.tolist())
    in_main = len(wanted & set(main.columns[keys[0]].words.tolist()))
    hits = {
        other: len(wanted & set(each.columns[keys[0]].words.tolist()))
        for other, each in named.items()
        if other != name and keys[0] in each.columns
    }
    best = max(hits, key=lambda other: hits[other], default="")
    return best if best and hits[best] > in_main else ""


def _hung(
    table: ExportTable, name: str, keys: tuple[str, str], main: ExportTable, parent: Hanging | None
) -> Hanging:
    """Return a repeated group hung on its parent, with its orphans counted."""
    key, foreign = keys
    above = main if parent is None else parent.table
    if key not in above.columns:
        above, parent = main, None
    held = [str(word) for word in above.columns[key].words]
    _check_keys(above, key, held)
    roots = held if parent is None else parent.root.tolist()
    root_of = {each: root for each, root in zip(held, roots, strict=True) if each}
    pointing = [str(word) for word in table.columns[foreign].words]
    root = np.array([root_of.get(each, "") for each in pointing], dtype=object)
    orphans = sum(each not in root_of for each in pointing)
    main_foreign = foreign
    columns = dict(table.columns)
    if parent is not None:
        main_foreign = f"_main{key}" if key.startswith("_") else f"_main_{key}"
        columns[main_foreign] = SheetColumn(root)
    return Hanging(
        replace(table, columns=columns),
        name,
        "" if parent is None else parent.name,
        key,
        foreign,
        main_foreign,
        root,
        _orphans(name, above.name, foreign, orphans),
    )


def _check_keys(table: ExportTable, key: str, held: Sequence[str]) -> None:
    seen: set[str] = set()
    for each in held:
        if each and each in seen:
            raise refused(
                table.source,
                f"Two rows of its table `{table.name}` have the same `{key}`, {each}, and others hang on them.",
                "Export it again: one row of each submission, and each repeated group whole.",
            )
        seen.add(each)


def _orphans(name: str, parent: str, foreign: str, count: int) -> tuple[Text, ...]:
    if not count:
        return ()
    return (
        Text(
            f"{count} ligne(s) de `{name}` ne se rattachent à aucune ligne de `{parent}` par `{foreign}`.",
            f"{count} row(s) of `{name}` hang on no row of `{parent}` by `{foreign}`.",
        ),
    )
