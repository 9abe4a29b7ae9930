"""JSON and JSON lines of forms: KoboToolbox, ODK Central (OData), Typeform and lists of records.

Records of KoboToolbox and ODK become the tables that their other exports hold, and are read as
these are. In a plain list numbers are numbers, and words stay words.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from diplab.loaders.excel import SheetColumn
from diplab.loaders.kobo.export import ExportTable
from diplab.loaders.kobo.load import read_export
from diplab.loaders.notices import WORDS, Notices, column_notice
from diplab.loaders.questionnaire import FormColumns, fields_in_order, strip_html
from diplab.loaders.source import Request, SourceFile, open_source, refused
from diplab.loaders.text.encoding import decode
from diplab.loaders.text.records import MOST_COLUMNS
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Storage, Variable
from diplab.reference.text import Text

Record: TypeAlias = dict[str, Any]
_LARGEST = 256 * 1024**2  # bytes
_MOST_DIGITS, _MOST_TABLES = 300, 200
_EXACT = 1e15
_SAVE_AGAIN = "Download it again from the program that made it."
_HALF = re.compile("[\ud800-\udfff]")
_OF_SERVERS = {
    "_uuid",
    "_submission_time",
    "_xform_id_string",
    "__id",
}  # fields that KoboToolbox and ODK add
_TOTALS, _NEXT = (
    ("count", "@odata.count", "total_items"),
    ("next", "@odata.nextLink"),
)  # of what comes in pages
_LINK = "@odata.navigationLink"  # mark of a repeated group that is elsewhere


def read_json(source: SourceFile, request: Request) -> Microdata:
    """Read the records of a form."""
    records, notices = _records(source)
    kinds, titles = (
        dict[str, str](),
        dict[str, str](),
    )  # of the questions of Typeform, by their names
    typeform = any(
        isinstance(record.get("answers"), list) and "token" in record for record in records
    )
    if typeform:
        titles = _titles([record.get("definition") for record in records])
        if request.structure is not None:
            titles |= _titles(_documents(open_source(request.structure))[0])
        records = [_response(record, kinds) for record in records]
        request = replace(request, structure=None)
    kobo = request.structure is not None or any(
        not _OF_SERVERS.isdisjoint(record) for record in records
    )
    try:
        tables = _Tables(source, records, typed=not kobo)
        main, *others = [
            ExportTable(source, name, tables.columns(name), "JSON") for name in tables.rows
        ]
    except RecursionError as deep:
        raise refused(source, "Its groups are nested without end.", _SAVE_AGAIN) from deep
    notices = (*notices, *column_notice("json.elsewhere", tables.elsewhere))
    if kobo or others:
        return read_export(source, request, replace(main, notices=notices), others)
    form = FormColumns(notices=list(notices))
    for name, column in main.columns.items():
        title = Text.same(strip_html(titles.get(name, "")))
        variable = Variable(name, label=title, question=title)
        if name in tables.lists and all(not word or word.startswith("[") for word in column.words):
            form.add_split(variable, column.words, request.codebook, (";",))
            continue
        sent = typeform and name in ("landed_at", "submitted_at")
        if not sent or not form.add_dated(variable, column.words):
            own: Storage = "date"
            if kinds.get(name) != "date":
                own = column.storage
            form.add(replace(variable, storage=own), column.words)
    contacts = list[str]()
    for name, kind in kinds.items():
        if kind not in _ANSWERS:
            contacts.append(name)
    form.leave_out(
        source, request, [name for name in (*_DEVICE, *contacts) if typeform and name in form.cells]
    )
    form.notices += column_notice("multi_select.split", form.sets, count=len(form.sets))
    return form.microdata(source, request, "Typeform, JSON" if typeform else "JSON")


_DEVICE = ("metadata/user_agent", "metadata/referer", "metadata/network_id")
_ANSWERS = (
    "text",
    "number",
    "boolean",
    "date",
    "choice",
    "choices",
)  # others are contacts, files and payments


def _response(response: Record, kinds: dict[str, str]) -> Record:
    """Return a Typeform response as a plain record, its answers keyed by field reference."""
    row = {name: value for name, value in response.items() if name not in ("answers", "definition")}
    for answer in response.get("answers") or ():
        field = None
        if isinstance(answer, dict):
            field = answer.get("field")
        name = ""
        if isinstance(field, dict):
            name = str(field.get("ref") or field.get("id") or "")
        kind = ""
        if name:
            kind = kinds.setdefault(name, str(answer.get("type")))
        value = None
        if name:
            value = answer.get(kind)
        chosen = {}
        if isinstance(value, dict):
            chosen = value
        if kind == "choices":
            row[name] = chosen.get("labels") or []
            if chosen.get("other"):
                row |= {f"{name}_other": chosen["other"]}
        elif kind == "choice":
            row[name] = chosen.get("label") or chosen.get("other")
        elif name:
            row[name] = (
                str(value)[:10] if kind == "date" else json.dumps(value) if chosen else value
            )
    return row


def _titles(content: Any) -> dict[str, str]:
    """Return the titles of the fields of forms of Typeform by their references."""
    titles: dict[str, str] = {}
    waiting = [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            title = part.get("title")
            for key in ("id", "ref"):
                if isinstance(title, str):
                    titles[str(part.get(key))] = title
            waiting += [part.get("fields"), part.get("properties")]
    return titles


def _records(source: SourceFile) -> tuple[list[Record], Notices]:
    """Return the records of a file, with notices on its characters and on further pages."""
    documents, notices = _documents(source)
    content: Any = documents
    if len(documents) == 1:
        content = documents[0]
    page: Record = {}
    if isinstance(content, dict) and (
        source.suffix != ".json" or not {"answers", *_OF_SERVERS}.isdisjoint(content)
    ):
        content = [content]
    elif isinstance(content, dict):
        lists = list[list[Any]]()
        for item in content.values():
            if isinstance(item, list):
                lists.append(item)
        lists = [list_ for list_ in lists if all(isinstance(record, dict) for record in list_)]
        page, content = content, lists[0] if len(lists) == 1 else None
    if (
        not isinstance(content, list)
        or not content
        or not all(isinstance(item, dict) for item in content)
    ):
        found = "It holds no list of records, or several."
        if content == []:
            found = "It holds no record."
        raise refused(
            source, found, "Write a file that holds one list, with a record for each respondent."
        )
    total = next((page[key] for key in _TOTALS if isinstance(page.get(key), int)), 0)
    if total > len(content) or any(map(page.get, _NEXT)):
        notices = (*notices, WORDS("json.page", count=len(content)))
    forms = list[Any]()
    for item in content:
        forms.append(item.get("form_response"))  # what Typeform sends to a webhook
    return [
        form if isinstance(form, dict) else item for form, item in zip(forms, content, strict=True)
    ], notices


def _documents(source: SourceFile) -> tuple[list[Any], Notices]:
    """Return what a text of JSON holds, or each line of JSON lines."""
    if len(source.content) > _LARGEST:
        found = (
            f"It has {len(source.content) // 1024**2:,} MiB of JSON, and at most "
            f"{_LARGEST // 1024**2} are read."
        )
        raise refused(source, found, "Download it in parts, or as CSV.")
    decoded = decode(source)
    first = decoded.text.strip().partition("\n")[0].strip()
    by_line = source.suffix != ".json" or (first.startswith("{") and first.endswith("}"))
    documents, notices = list[Any](), decoded.notices
    for number, line in enumerate(decoded.text.split("\n") if by_line else [decoded.text], 1):
        try:
            if line.strip():
                documents.append(_parsed(line))
        except (ValueError, RecursionError) as broken:
            why = "it is nested without end"
            if not isinstance(broken, RecursionError):
                why = str(broken)
            where = "It"
            if by_line:
                where = f"Its line {number}"
            raise refused(source, f"{where} is not JSON: {why}.", _SAVE_AGAIN) from broken
    # half of a pair can stand in JSON, and in no text
    if "\\ud" in decoded.text.lower() and (
        lost := _HALF.findall(json.dumps(documents, ensure_ascii=False))
    ):
        documents = json.loads(
            _HALF.sub("\N{REPLACEMENT CHARACTER}", json.dumps(documents, ensure_ascii=False))
        )
        notices = (*notices, WORDS("notice.lost_characters", count=len(lost)))
    return documents, notices


def _parsed(text: str) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_unique,
        parse_constant=_missing,
        parse_float=_number,
        parse_int=_number,
    )


def _unique(pairs: Sequence[tuple[str, Any]]) -> Record:
    if len(made := dict(pairs)) < len(pairs):
        raise ValueError("two fields of a record have one name")
    return made


def _missing(written: str) -> None:
    if written != "NaN":  # as Python writes a number that is missing
        raise ValueError(f"{written} is not a number")


def _number(written: str) -> int | float:
    if len(written) > _MOST_DIGITS or math.isinf(float(written)):
        raise ValueError("a number is too large, or too long")
    if written.removeprefix("-").isdigit():
        return int(written)
    return float(written)


class _Tables:
    """The tables of a set of records: the main one, and one per repeated group."""

    def __init__(self, source: SourceFile, records: Sequence[Record], *, typed: bool) -> None:
        self.rows: dict[str, list[Record]] = {source.path.stem: []}  # by the name of the group
        self.lists: set[str] = set()  # columns of which cells are lists
        self.elsewhere: dict[str, None] = {}  # repeated groups that another file holds
        self._source = source
        self._typed = typed  # whether words are words, whatever they look like
        self._names: dict[
            tuple[str, str], str
        ] = {}  # of repeated groups, by their table and their field in it
        self._central = any("__id" in item for item in records)
        self._mark = "-" if self._central else "/"
        for record in records:
            self._add(record, source.path.stem, {})

    def columns(self, table: str) -> dict[str, SheetColumn]:
        """Return the columns of a table."""
        names = fields_in_order(self.rows[table])
        if len(names) > MOST_COLUMNS or len(self.rows) > _MOST_TABLES:
            found = (
                f"It has {len(names):,} columns and {len(self.rows) - 1:,} repeated groups, more "
                "than are read."
            )
            raise refused(self._source, found, "Write a file whose records have the same fields.")
        columns = {}
        for name in names:
            cells = [row.get(name) for row in self.rows[table]]
            if {*cells} <= {None, "[]"}:  # what nobody answered, and a group that nobody repeated
                if (table, name) in self._names:
                    continue
                cells = [None] * len(cells)
            kinds = set()
            for cell in cells:
                if cell is not None:
                    kinds.add(type(cell))
            storage: Storage = "boolean"
            if kinds != {bool}:
                storage = ""
                if self._typed and str in kinds:
                    storage = "words"
            columns[name] = SheetColumn(np.array(list(map(_written, cells)), dtype=object), storage)
        if len(self.rows) > 1 and not self._central:
            columns["_index"] = SheetColumn(
                np.array([*map(str, range(1, len(self.rows[table]) + 1))], dtype=object)
            )
        return columns

    def _add(self, record: Record, table: str, above: Record, within: str = "") -> None:
        """Add a record to a table and its repeated groups to theirs, linked as in other exports."""
        rows = self.rows.setdefault(table, [])
        place = len(rows) + 1
        fields = list[tuple[str, Any]]()
        for name, value in self._fields(record):
            fields.append((name.removeprefix(within), value))
        row = {name: value for name, value in fields if not isinstance(value, list)}
        if self._central:
            row["KEY"] = record.get("__id", f"{above.get('PARENT_KEY', '')}/{table}[{place}]")
        rows.append(row | above)
        for name, items in fields:
            if isinstance(items, list):
                last = name.rpartition(self._mark)[2] or "group"
                own = self._names.setdefault(
                    (table, name), f"{table}{self._mark}{name}" if last in self.rows else last
                )
                link = {"_parent_table_name": table, "_parent_index": place}
                for item in items:
                    self._add(
                        item,
                        own,
                        {"PARENT_KEY": row["KEY"]} if self._central else link,
                        f"{within}{name}/",
                    )

    def _fields(self, record: Record, before: str = "") -> Iterator[tuple[str, Any]]:
        """Yield the fields of a record, those of groups by their path.

        A list is a repeated group.
        """
        for key, value in record.items():
            name = f"{before}{key}"
            if not isinstance(value, dict | list) and "@" not in key and key[:2] != "__":
                yield name, value
            elif isinstance(value, dict) and key == "_validation_status":
                yield name, value.get("label")
            elif isinstance(value, dict) and key == "__system":
                # as Central names them in its CSV: `submitterId` is `SubmitterID`
                yield from (
                    (re.sub("Id$", "ID", f"{item[:1].upper()}{item[1:]}"), own)
                    for item, own in value.items()
                )
            elif isinstance(value, dict) and value.get("type") in (
                "Point",
                "LineString",
                "Polygon",
            ):
                yield name, _position(value)
            elif isinstance(value, dict):
                yield from self._fields(value, f"{name}{self._mark}")
            elif key.endswith(_LINK):
                if key.removesuffix(_LINK) not in record:
                    self.elsewhere |= {name.removesuffix(_LINK): None}
            elif self._central and key.startswith("__"):
                yield from [("PARENT_KEY", value)] if key.endswith("-id") else []
            elif isinstance(value, list) and not (
                value and key[:1] != "_" and all(isinstance(o, dict) for o in value)
            ):
                self.lists.add(name)
                yield name, json.dumps(value) if value or key[:1] != "_" else None
            else:
                yield name, value


def _written(value: str | int | float | None) -> str:
    """Return a value as its words: `true`, and 3 for 3.0."""
    if isinstance(value, bool):
        return str(value).lower()
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    if value is None:
        return ""
    if whole:
        return str(int(value))
    return str(value)


_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)"
_PLACE = re.compile(rf"\[{_NUMBER}, {_NUMBER}(?:, {_NUMBER})?\]")


def _position(shape: Record) -> str:
    """Return a place as ODK writes it in its other exports: north, east, height, precision."""
    about = shape.get("properties")
    precision = None
    if isinstance(about, dict):
        precision = about.get("accuracy")
    places = _PLACE.findall(json.dumps(shape.get("coordinates")))
    return ";".join(
        f"{float(north)} {float(east)} {height or 0} {precision or 0}"
        for east, north, height in places
    )
