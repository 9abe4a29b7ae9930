"""What describes the questions of an export of KoboToolbox or ODK: its XLSForm, or a CSV of labels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import LoadError
from diplab.loaders.archive import open_archive
from diplab.loaders.codebook_merge import without_markdown
from diplab.loaders.excel.sheet import Column
from diplab.loaders.kobo.columns import placed_in
from diplab.loaders.kobo.export import FOREIGN, export_of, headers_of, stem_of
from diplab.loaders.kobo.table import microdata_of_table, unread_sheets
from diplab.loaders.kobo.xlsform import form_of, is_xlsform
from diplab.loaders.source import open_source, refused
from diplab.loaders.text.dialect import decoded, dialect_of, records
from diplab.microdata.microdata import Link
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.loaders.kobo.export import ExportTable
    from diplab.loaders.kobo.xlsform import Form
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = [
    "Hanging",
    "Structure",
    "check_described",
    "describes",
    "hanging_on",
    "is_form_alone",
    "is_kobo",
    "read_kobo",
    "refuse_form",
    "structure_of",
]


_KINDS = {"text", "integer", "decimal", "date", "select_one", "select_multiple", "geopoint", "image", "note"}
"""Types of questions, of which every form has one."""


@dataclass(frozen=True)
class Structure:
    """What is known of the questions.

    Parameters
    ----------
    form : Form or None
        The XLSForm.
    labels : mapping of str to str
        Wordings by header, where there is a CSV of labels.
    file : str
        Name of the file that says so; empty where there is none.
    """

    form: Form | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    file: str = ""


def structure_of(source: SourceFile, request: Request) -> Structure:
    """Return what describes the questions of a file: what was given, or lies beside it under its name.

    Beside `workers.csv` these are looked for: `workers.xlsform.xlsx`, `workers.xlsx` where it is an XLSForm, and
    `workers.labels.csv` (columns `name` and `label`).

    Raises
    ------
    LoadError
        Where the file given is neither an XLSForm nor a CSV of labels.
    """
    if request.structure is not None:
        given = open_source(request.structure)
        if given.suffix == ".csv":
            return Structure(labels=_labels(given), file=given.path.name)
        if given.suffix not in (".xlsx", ".xlsm"):
            raise refused(
                given,
                f"Its suffix `{given.suffix}` is not that of a form that diplab reads.",
                "Write the path of the XLSForm, saved as .xlsx, or of a CSV with the columns `name` and `label`.",
            )
        return Structure(form=form_of(given), file=given.path.name)
    for path in _beside(source.path):
        opened = open_source(path)
        if opened.suffix == ".csv":
            return Structure(labels=_labels(opened), file=path.name)
        if path.name.endswith(".xlsform.xlsx") or _is_form(opened):
            return Structure(form=form_of(opened), file=path.name)
    return Structure()


def describes(source: SourceFile, request: Request) -> bool:
    """Return whether an XLSForm, or a CSV of labels, is given for a file or lies beside it."""
    if request.structure is None:
        return any(path.name.endswith(".xlsform.xlsx") for path in _beside(source.path))
    if request.structure.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods"):
        return True
    if request.structure.suffix.lower() != ".csv":
        return False
    try:
        return bool(_labels(open_source(request.structure)))
    except LoadError:
        return False


def is_form_alone(source: SourceFile, request: Request) -> bool:
    """Return whether a workbook is an XLSForm, and not answers: its sheet `survey` has types of questions."""
    try:
        if b'name="survey"' not in open_archive(source).get("xl/workbook.xml", b"").lower():
            return False
        return is_xlsform(source) and any(each.kind in _KINDS for each in form_of(source).questions)
    except LoadError:
        return False


def refuse_form(source: SourceFile, request: Request) -> Microdata:
    """Say of an XLSForm that it holds no answers.

    Raises
    ------
    LoadError
        Always.
    """
    raise refused(
        source,
        "It is the form of a survey (XLSForm): its questions, without answers.",
        f'Write `read("answers.csv", structure="{source.path.name}")`, '
        'or `file_format="excel"` to read its first sheet.',
    )


def check_described(
    source: SourceFile, request: Request, structure: Structure, headers: Sequence[str]
) -> None:
    """Refuse a form, or labels, that were given and know none of the columns.

    Raises
    ------
    LoadError
        Where it is so.
    """
    if request.structure is None:
        return
    form, labels = structure.form, structure.labels
    repeats = () if form is None else dict.fromkeys(each.repeat for each in form.questions)
    known = any(
        each.question is not None for repeat in repeats for each in placed_in(headers, form, repeat).values()
    )
    if known or (form is None and (not labels or set(labels) & set(headers))):
        return
    raise refused(
        source,
        f"None of its columns is a question of the form in `{structure.file}`.",
        "Write the form of the survey that was answered, or leave `structure` out.",
    )


def _is_form(source: SourceFile) -> bool:
    """Return whether a workbook that bears the name of the data is their form; one that is damaged is not."""
    try:
        return is_xlsform(source)
    except LoadError:
        return False


def _beside(path: Path) -> Iterator[Path]:
    for stem in dict.fromkeys((path.stem, stem_of(path))):
        for suffix in (".xlsform.xlsx", ".xlsx", ".labels.csv"):
            beside = path.with_name(f"{stem}{suffix}")
            if beside.name != path.name and beside.is_file():
                yield beside


def _labels(source: SourceFile) -> dict[str, str]:
    text, encoding = decoded(source)
    header, rows = records(source, text, dialect_of(text, encoding, source.suffix))
    if not {"name", "label"} <= set(header):
        raise refused(
            source,
            "It has no columns `name` and `label`.",
            "Write the path of the XLSForm (.xlsx), or of a CSV with the columns `name` and `label`.",
        )
    name, label = header.index("name"), header.index("label")
    return {row[name]: row[label] for row in rows if row[label] != row[name]}


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
        columns[main_foreign] = Column(root)
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


_KOBO = {"_uuid", "_submission_time", "_parent_table_name", "_parent_index", "_submission__id"}
_ODK = {"meta-instanceID", "instanceID", "PARENT_KEY", "SubmissionDate"}
_MARKS = (b"_uuid<", b"_submission_time<", b"_parent_index<", b"_parent_table_name<", b"KEY<")


def is_kobo(source: SourceFile, request: Request) -> bool:
    """Return whether a file is an export of KoboToolbox or ODK: by its form, or by the columns they add."""
    if source.suffix == ".xlsx" and not describes(source, request) and not _may_be(source):
        return False
    headers = headers_of(source)
    marked = any(_KOBO & set(header) or ("KEY" in header and _ODK & set(header)) for header in headers)
    return marked or (bool(headers) and describes(source, request))


def _may_be(source: SourceFile) -> bool:
    """Return whether a workbook holds one of the names that an export adds, before its sheets are parsed."""
    try:
        archive = open_archive(source)
        return any(mark in archive[name] for name in archive if name.endswith(".xml") for mark in _MARKS)
    except LoadError:
        return False


def read_kobo(source: SourceFile, request: Request) -> Microdata:
    """Read an export of KoboToolbox, or of ODK Central, with its form.

    Whichever way it was exported (names or labels as headers, codes or labels as answers, with or without
    groups, several answers in one cell or one column each), the same answers are the same data: columns are
    named as in the form, and hold its codes. A question with several answers becomes columns of 0 and 1, named
    `question/choice`, and a set; they are missing where it was not answered. A ranking becomes one column a
    place. Repeated groups are `linked`: they are sheets of the workbook, or CSV files beside the main one. One
    that hangs on another is linked to both; its rows name their row of the main table in a column that begins
    with `_main`.

    Parameters
    ----------
    source : SourceFile
        A workbook, a CSV file (the main table), or a zip of CSV files.
    request : Request
        `structure` is the XLSForm, or a CSV with the columns `name` and `label`. What places or names people
        (positions, names and numbers of devices, user names) is left out unless `private`.

    Returns
    -------
    Microdata
        The main table, with the repeated groups in `linked`.

    Raises
    ------
    LoadError
        Where a table or the form cannot be read, or keys are double.
    ColumnError
        Where a column asked for is not in the main table, or is left out because it identifies people.
    """
    structure = structure_of(source, request)
    main, *others = export_of(source)
    check_described(
        source, request, structure, [header for each in (main, *others) for header in each.columns]
    )
    hanging = hanging_on(main, [table for table in others if table.hangs], structure.form)
    read = [each.table.name for each in hanging]
    linked = _linked(hanging, main, structure, request)
    return microdata_of_table(
        main,
        structure,
        request,
        linked={each.name: Link(linked[each.name], each.key, each.main_foreign) for each in hanging},
        notices=(
            *(notice for each in hanging for notice in each.notices),
            *unread_sheets([table.name for table in others if table.name not in read]),
        ),
    )


def _linked(
    hanging: Sequence[Hanging], main: ExportTable, structure: Structure, request: Request
) -> dict[str, Microdata]:
    """Return the repeated groups as microdata by name, each with those that hang on it."""
    found: dict[str, Microdata] = {}
    # Those that hang on others stand after them.
    for each in reversed(hanging):
        below = {
            other.name: Link(found[other.name], other.key, other.foreign)
            for other in hanging
            if other.parent == each.name
        }
        shown = each
        if request.rows is not None:
            keys = {*main.columns[each.key].words[request.rows.start : request.rows.stop].tolist()} - {""}
            shown = each.rows(np.array([root in keys for root in each.root.tolist()], dtype=bool))
        found[each.name] = microdata_of_table(
            shown.table,
            structure,
            replace(request, columns=None, rows=None),
            repeat=each.name,
            linked=below,
            notices=each.notices,
        )
    return found
