"""Published numbers, with unit, base, source, status, what they rest on and expected verdict.

`published.csv` holds single numbers, one per line. Tables are entered as they are printed:
`published/tables.toml` has one section a table (and `[defaults]` for what tables share),
`published/<table>.csv` the table itself, and each printed cell becomes one published number with a
its own verdict. A section with `like = "<table>"` takes from that table all that it does not state
itself, but for its title, maps and exceptions.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from diplab.errors import BaseMissingError, StudyError, one_of, quoted_names, suggestion
from diplab.reference.text import LANGUAGES, Text
from diplab.replication.verdict import Printed, Relation, read_printed
from diplab.results.comparison import RESTS_ON, VERDICTS
from diplab.results.estimates import STATUSES

COLUMNS = (
    "key", "value", "value_high", "relation", "unit", "label_fr", "label_en", "base", "base_fr",
    "base_en", "source", "source_fr", "status", "rests_on", "tolerance", "quotation", "expected",
    "reason_fr", "reason_en",
)  # fmt: skip

_WORDS = {"status": STATUSES, "rests_on": RESTS_ON, "expected": VERDICTS}


@dataclass(frozen=True)
class Published:
    """One number as it was printed.

    Parameters
    ----------
    key : str
        Its name within the study; for a cell of a table, `table/row/column`.
    printed : Printed
        The digits as printed, with the claim (this number, more, less, a range), or a mark.
    unit : str
        `%`, `people`, `EUR per month` and so on.
    label : Text
        What it is.
    base_key : str
        Short name of the denominator, compared with that of the rerun.
    base : Text
        The denominator in words.
    source : Text
        Document and page or table.
    status : str
        One of `published`, `second-hand`, `derived`, `estimated`, `inferred`, `synthetic`.
    rests_on : str
        What the rerun rests on: one of `diplab.results.comparison.RESTS_ON`.
    tolerance : float
        How far a rerun may be, in the unit.
    expected : str
        Verdict the rerun should get.
    reason : Text
        Why, in words for a reader who is not a statistician.
    quotation : bool
        True if the number is compared with another printing of it only; not counted as a rerun.
    table, row, column : str
        Of a cell of a table: its table, the labels of its row (joined by ` | `), its column.
    rounding : str
        How the printer rounded: `nearest`, `truncated`, `twice:N`.
    """

    key: str
    printed: Printed
    unit: str
    label: Text
    base_key: str
    base: Text
    source: Text
    status: str
    rests_on: str
    tolerance: float
    expected: str
    reason: Text
    quotation: bool = False
    table: str = ""
    row: str = ""
    column: str = ""
    rounding: str = "nearest"

    @property
    def value(self) -> float:
        """The number (the lower end of a range)."""
        return self.printed.value

    @property
    def ours(self) -> bool:
        """Whether the number was computed for the study, not printed by a source."""
        return self.status in ("derived", "estimated")


def read_published(path: Path, tables: Sequence[PublishedTable] = ()) -> tuple[Published, ...]:
    """Read `published.csv` of a study; a number without a base raises an error."""
    problem = f"The published numbers of `{path.parent.name}` cannot be read."
    write = f"Write the columns {', '.join(COLUMNS)}."
    header, rows = _read_rows(path, problem, write, may_be_empty=bool(tables))
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise StudyError(problem, f"`{path.name}` has no column {quoted_names(missing)}.", write)
    numbers = tuple(_published(row, path) for row in rows)
    keys = [number.key for number in numbers]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise StudyError(
            problem,
            f"The key `{twice[0]}` is in {keys.count(twice[0])} rows of `{path.name}`.",
            "Give each number a distinct key.",
        )
    return numbers


def _read_rows(
    path: Path, problem: str, write: str, *, may_be_empty: bool = False
) -> tuple[list[str], list[dict[str, str]]]:
    """Return the header and the rows of a CSV file; `write` is the remedy in errors."""
    if not path.is_file():
        raise StudyError(problem, f"Its folder has no `{path.name}`.", write)
    with path.open(encoding="utf-8-sig", newline="") as file:
        (_, header), *content = [
            (at, line) for at, line in enumerate(csv.reader(file), 1) if line
        ] or [(1, [])]
    for number, line in content:
        if len(line) != len(header):
            raise StudyError(
                problem,
                f"Line {number} of `{path.name}` has {len(line)} cells, the header {len(header)}.",
                "Put cells that hold a comma between double quotes.",
            )
    if len(set(header)) < len(header):
        raise StudyError(
            problem,
            f"`{path.name}` has two columns with the same name.",
            "Write a header, then the rows.",
        )
    if not content and not may_be_empty:
        raise StudyError(problem, f"`{path.name}` has no row.", "Write a header, then the rows.")
    return header, [dict(zip(header, line, strict=True)) for _, line in content]


def _published(row: dict[str, Any], path: Path) -> Published:
    which = f"The published number `{row['key']}` of `{path.parent.name}`"
    if not (row["base"] and row["base_fr"] and row["base_en"]):
        raise BaseMissingError(
            f"{which} has no base.",
            f"`{path.name}` does not say which people it describes.",
            "Fill `base` (a short name), `base_fr` and `base_en` (the denominator in words).",
        )
    needed = [
        name for name in ("unit", "source", "source_fr", "label_fr", "label_en") if not row[name]
    ]
    if needed:
        raise StudyError(
            f"{which} has no `{needed[0]}`.", "", f"Fill `{needed[0]}` in `{path.name}`."
        )
    for name, allowed in {
        **_WORDS,
        "relation": get_args(Relation),
        "quotation": ("", "yes"),
    }.items():
        if row[name] not in allowed:
            raise one_of(f"`{name}` of `{row['key']}` in `{path.parent.name}`", row[name], allowed)
    try:
        low, high, tolerance = (
            float(row[name] or 0) for name in ("value", "value_high", "tolerance")
        )
    except ValueError as error:
        raise StudyError(
            f"{which} is not a number.",
            f"In `{path.name}`: {error}.",
            "Write numbers with a decimal point.",
        ) from error
    exponent = int(Decimal(row["value"] or "0").as_tuple().exponent)
    upper = high if row["value_high"] else low
    return Published(
        key=row["key"],
        printed=Printed(row["value"], low, upper, row["relation"], exponent),
        unit=row["unit"],
        label=Text(row["label_fr"], row["label_en"]),
        base_key=row["base"],
        base=Text(row["base_fr"], row["base_en"]),
        source=Text(row["source_fr"], row["source"]),
        status=row["status"],
        rests_on=row["rests_on"],
        tolerance=tolerance,
        expected=row["expected"],
        reason=Text(row["reason_fr"], row["reason_en"]),
        quotation=row["quotation"] == "yes",
    )


NO_CELL = "~"  # stands for a cell that the printed table lacks, if empty cells have a meaning there

_OF_CELLS = {
    "base", "source", "unit", "status", "rests_on", "tolerance", "rounding", "expected", "reason",
    "quotation", "decimal", "thousands", "marks",
}  # fmt: skip
_OF_TABLES = _OF_CELLS | {"title", "note", "rows", "heads", "columns", "maps", "exceptions", "like"}
_OF_DEFAULTS = _OF_TABLES - {"title", "maps", "exceptions", "like"}
_OF_COLUMNS = _OF_CELLS | {"head"}
_OF_EXCEPTIONS = _OF_CELLS | {"row", "column"}


@dataclass(frozen=True, eq=False)
class PublishedTable:
    """A table as it was printed.

    Parameters
    ----------
    name : str
        Of its file.
    title, note : Text
        What it shows; what readers must know about the whole table.
    labels : tuple of str
        Columns of the file that hold the labels of rows.
    heads : mapping of str to Text
        Heads of all columns, by their name in the file.
    rows : tuple of tuple of str
        Labels of each row, as printed.
    columns : tuple of str
        Columns that hold printed cells.
    maps : mapping
        What the study's code needs to compute the table: variables, conditions (`[<table>.maps]`).
    cells : tuple of Published
        Its printed cells, row by row.
    """

    name: str
    title: Text
    note: Text
    labels: tuple[str, ...]
    heads: Mapping[str, Text]
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...]
    maps: Mapping[str, Any]
    cells: tuple[Published, ...] = field(repr=False)

    @cached_property
    def printed(self) -> pd.DataFrame:
        """The printed cells as text, by row labels and column; `None` if there is no such cell."""
        found = {}
        for cell in self.cells:
            found[(cell.row, cell.column)] = cell.printed.text
        names = list(map(" | ".join, self.rows))
        cells = [[found.get((name, column)) for column in self.columns] for name in names]
        frame = pd.DataFrame(cells, columns=list(self.columns), dtype=object)
        for position, name in enumerate(self.labels):
            frame.insert(position, name, [row[position] for row in self.rows])
        return frame.set_index(list(self.labels))


def read_tables(folder: Path) -> tuple[PublishedTable, ...]:
    """Read the published tables of a study; none where it has no `published/tables.toml`."""
    path = folder / "published" / "tables.toml"
    if not path.is_file():
        return ()
    problem = f"The published tables of `{folder.name}` cannot be read."
    sections = read_toml(path, problem, "`tables.toml`")
    defaults = {"status": "published", "expected": "as published", **sections.pop("defaults", {})}
    files = set()
    for file in path.parent.glob("*.csv"):
        files.add(file.stem)
    for name in sorted(files - set(sections)):
        raise StudyError(
            problem,
            f"`published/{name}.csv` has no section in `tables.toml`.",
            f"Write `[{name}]` there, with its title, base, source, rows and columns.",
        )
    return tuple(_Reading(folder, name, defaults, sections).table() for name in sections)


def read_toml(path: Path, problem: str, what: str) -> dict[str, Any]:
    """Return the content of a TOML file of a study."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise StudyError(
            problem, f"{what} cannot be read: {error}.", "Correct that line."
        ) from error


def read_text(words: Any, problem: str, where: str) -> Text:
    """Return a text of a TOML file: a table with both languages, or one string for both."""
    if isinstance(words, str):
        return Text.same(words)
    for language in LANGUAGES:
        if not isinstance(words, Mapping) or not isinstance(words.get(language), str):
            raise StudyError(
                problem, f"{where} has no `{language}`.", 'Write `{ fr = "...", en = "..." }`.'
            )
    return Text(words["fr"], words["en"])


def check_needed(
    section: Mapping[str, Any], needed: Sequence[str], problem: str, where: str
) -> None:
    """Raise an error if a section of a TOML file lacks a required key."""
    lacking = next((name for name in needed if section.get(name, "") == ""), "")
    if lacking:
        write = f"Write {quoted_names(needed)} there."
        raise StudyError(problem, f"{where} has no `{lacking}`.", write)


def check_keys(section: Mapping[str, Any], known: set[str], problem: str, where: str) -> None:
    """Raise an error if a section of a TOML file has an unknown key."""
    for name in section:
        if name not in known:
            raise StudyError(
                problem, f"{where} has an unknown key `{name}`.", suggestion(name, sorted(known))
            )


class _Reading:
    """One section of `tables.toml` with its file, while it is read."""

    def __init__(
        self,
        folder: Path,
        name: str,
        defaults: Mapping[str, Any],
        sections: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.path = folder / "published" / f"{name}.csv"
        self.problem = f"The published table `{name}` of `{folder.name}` cannot be read."
        self.name = name
        own = sections[name]
        self.known(own, _OF_TABLES, f"[{name}]")
        self.known(defaults, _OF_DEFAULTS, "[defaults]")
        self.all = {**defaults, **self.like(own, sections), **own}
        self.used: set[int] = set()

    def table(self) -> PublishedTable:
        for needed in ("title", "base", "source", "unit", "rows", "columns", "rests_on"):
            if needed == "unit" and all(
                "unit" in column for column in self.all.get("columns", {}).values()
            ):
                continue
            if not self.all.get(needed):
                kind = BaseMissingError if needed == "base" else StudyError
                raise kind(
                    self.problem,
                    f"Its section in `tables.toml` has no `{needed}`.",
                    f"Write `{needed}` under `[{self.name}]` or `[defaults]`.",
                )
        header, lines = _read_rows(self.path, self.problem, "Write it: the table as printed.")
        labels = tuple(self.all["rows"])
        columns = tuple(name for name in header if name not in labels)
        self.agree(header, labels, columns)
        rows = tuple(tuple(line[name] for name in labels) for line in lines)
        if len(set(rows)) < len(rows):
            twice = next(row for row in rows if rows.count(row) > 1)
            raise self.wrong(
                f"Two rows have the labels {self.quoted(twice)}.",
                "Add a label column that distinguishes them.",
            )
        cells = []
        for row, line in zip(rows, lines, strict=True):
            for column in columns:
                text = line[column]
                filled = text.strip() or "" in self.options(row, column).get("marks", ())
                if text != NO_CELL and filled:
                    cells.append(self.cell(row, column, text))
        for position, exception in enumerate(self.all.get("exceptions", ())):
            if position not in self.used:
                row, column = exception.get("row", "*"), exception.get("column", "*")
                raise self.wrong(
                    f"The exception for the row {row!r} and the column {column!r} names no cell.",
                    "Write the labels as they stand in the file.",
                )
        heads = {}
        for name, words in self.all.get("heads", {}).items():
            heads[name] = self.text(words)
        heads |= {name: self.text(self.all["columns"][name].get("head", name)) for name in columns}
        return PublishedTable(
            self.name,
            self.text(self.all["title"]),
            self.text(self.all.get("note", "")),
            labels,
            {name: heads.get(name, Text.same(name)) for name in header},
            rows,
            columns,
            self.all.get("maps", {}),
            tuple(cells),
        )

    def like(
        self, own: Mapping[str, Any], sections: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Return the section completed by the table named in `like`."""
        if "like" not in own:
            return {}
        others = [section for section in sections if "like" not in sections[section]]
        if own["like"] not in others:
            raise self.wrong(
                f"`like` names `{own['like']}`, which is not a table written in full.",
                suggestion(own["like"], others)
                if others
                else "Write one of them in full, without `like`.",
            )
        return {key: value for key, value in sections[own["like"]].items() if key in _OF_DEFAULTS}

    def agree(self, header: list[str], labels: tuple[str, ...], columns: tuple[str, ...]) -> None:
        """Raise an error if the columns of the file are not those of the section."""
        declared = self.all["columns"]
        for name in (*labels, *declared):
            if name not in header:
                raise self.wrong(
                    f"`tables.toml` names the column `{name}`, which `{self.path.name}` lacks.",
                    suggestion(name, header),
                )
            if name in labels and name in declared:
                raise self.wrong(
                    f"`{name}` is both in `rows` and in `columns`.", "Write it in one of them."
                )
        for name in columns:
            if name not in declared:
                raise self.wrong(
                    f"The column `{name}` of `{self.path.name}` is not declared.",
                    f"Write `[{self.name}.columns.{name}]`, or name it in `rows`.",
                )
            self.known(declared[name], _OF_COLUMNS, f"[{self.name}.columns.{name}]")
        for exception in self.all.get("exceptions", ()):
            self.known(exception, _OF_EXCEPTIONS, f"[[{self.name}.exceptions]]")

    def options(self, row: tuple[str, ...], column: str) -> dict[str, Any]:
        """Return a property of a cell: from its last exception, its column or its table."""
        found = {**self.all, **self.all["columns"][column]}
        for position, exception in enumerate(self.all.get("exceptions", ())):
            if self.names(exception, row, column):
                self.used.add(position)
                found |= exception
        return found

    @staticmethod
    def names(exception: Mapping[str, Any], row: tuple[str, ...], column: str) -> bool:
        rows, columns = exception.get("row", "*"), exception.get("column", "*")
        wanted = (rows,) if isinstance(rows, str) else tuple(rows)
        of_row = (
            rows == "*" or wanted == row or (len(row) > 1 and len(wanted) == 1 and wanted[0] in row)
        )
        return of_row and (
            columns in ("*", column) or (not isinstance(columns, str) and column in columns)
        )

    def cell(self, row: tuple[str, ...], column: str, text: str) -> Published:
        options = self.options(row, column)

        def of(name: str, default: Any = "") -> Any:
            return options.get(name, default)

        for name, allowed in _WORDS.items():
            if of(name) not in allowed:
                raise one_of(f"`{name}` of the table `{self.name}`", of(name), allowed)
        if not re.fullmatch(r"nearest|truncated|twice:\d+", of("rounding", "nearest")):
            raise one_of(
                f"`rounding` of the table `{self.name}`",
                of("rounding"),
                ("nearest", "truncated", "twice:5"),
            )
        decimal, thousands = of("decimal", "."), of("thousands")
        try:
            printed = read_printed(
                text, decimal=decimal, thousands=thousands, marks=tuple(of("marks", ()))
            )
        except ValueError as error:
            raise self.wrong(
                f"In the row {self.quoted(row)}, column `{column}`: {error}.",
                "Declare it in `marks`, or state the `decimal` and `thousands` separators.",
            ) from error
        base, labels = of("base"), " | ".join(row)
        if not isinstance(base, Mapping) or not {"key", "fr", "en"} <= set(base):
            raise BaseMissingError(
                self.problem,
                f"The base of the column `{column}` does not state which population its numbers "
                "describe.",
                'Write `base = { key = "a short name", fr = "...", en = "..." }`.',
            )
        head = self.text(self.all["columns"][column].get("head", column))
        row_head = ", ".join(filter(None, row))
        return Published(
            key=f"{self.name}/{labels}/{column}",
            printed=printed,
            unit=of("unit", "1"),
            label=Text(f"{row_head}\u00a0: {head.fr}", f"{row_head}: {head.en}"),
            base_key=base["key"],
            base=Text(base["fr"], base["en"]),
            source=self.text(of("source")),
            status=of("status"),
            rests_on=of("rests_on"),
            tolerance=float(of("tolerance", 0)),
            expected=of("expected"),
            reason=self.text(of("reason")),
            quotation=bool(of("quotation", False)),
            table=self.name,
            row=labels,
            column=column,
            rounding=of("rounding", "nearest"),
        )

    def text(self, words: Any) -> Text:
        return read_text(words, self.problem, "A text of its section")

    def known(self, section: Mapping[str, Any], names: set[str], where: str) -> None:
        check_keys(section, names, self.problem, f"`{where}` in `tables.toml`")

    def wrong(self, found: str, write: str) -> StudyError:
        return StudyError(self.problem, found, write)

    @staticmethod
    def quoted(labels: tuple[str, ...]) -> str:
        return quoted_names(labels)
