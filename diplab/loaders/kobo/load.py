"""KoboToolbox and ODK: an export and its XLSForm, with repeated groups as linked tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import LoadError
from diplab.loaders.archive import open_archive
from diplab.loaders.kobo.export import export_of, headers_of
from diplab.loaders.kobo.notices import unread_sheets
from diplab.loaders.kobo.repeats import hanging_on
from diplab.loaders.kobo.structure import check_described, describes, structure_of
from diplab.loaders.kobo.table import microdata_of_table
from diplab.microdata.microdata import LinkedTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.loaders.kobo.export import ExportTable
    from diplab.loaders.kobo.repeats import Hanging
    from diplab.loaders.kobo.structure import Structure
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["is_kobo", "read_kobo"]

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
        linked={each.name: LinkedTable(linked[each.name], each.key, each.main_foreign) for each in hanging},
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
            other.name: LinkedTable(found[other.name], other.key, other.foreign)
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
