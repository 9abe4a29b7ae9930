"""Published numbers: each with its unit, base, source, status, what it rests on, and the verdict it should get.

`published.csv` holds single numbers, one per line; `published/tables.toml` and one CSV a table hold whole tables as
printed (`diplab.replication.published_table`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import get_args

from diplab.errors import BaseMissingError, StudyError, one_of, suggestion
from diplab.reference.text import Text
from diplab.replication.verdict import Printed, Relation
from diplab.results.comparison import RESTS_ON, VERDICTS
from diplab.results.estimates import STATUSES

COLUMNS = (
    "key", "value", "value_high", "relation", "unit", "label_fr", "label_en", "base", "base_fr", "base_en",
    "source", "source_fr", "status", "rests_on", "tolerance", "quotation", "expected", "reason_fr", "reason_en",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """One number as it was printed.

    Parameters
    ----------
    key : str
        Its name within the study; for a cell of a table, `table/row/column`.
    printed : Printed
        The digits as printed, with what is claimed (this number, more, less, a range), or a mark in its place.
    unit : str
        `%`, `people`, `EUR per month`...
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
        True where the number is only set beside another printing of it: counted apart from reruns.
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
        """Whether nobody printed the number: it was computed for the study."""
        return self.status in ("derived", "estimated")


def read_published(path: Path) -> tuple[Published, ...]:
    """Read `published.csv` of a study; a number without a base is refused."""
    problem = f"The published numbers of `{path.parent.name}` cannot be read."
    if not path.is_file():
        raise StudyError(
            problem, f"Its folder has no `{path.name}`.", f"Write one with the columns {', '.join(COLUMNS)}."
        )
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise StudyError(
            problem,
            f"`{path.name}` has no column {', '.join(f'`{name}`' for name in missing)}."
            if rows
            else f"`{path.name}` has no row.",
            f"Write the columns {', '.join(COLUMNS)}.",
        )
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise StudyError(
                problem,
                f"Line {number} of `{path.name}` has another number of cells than its header.",
                "Put cells that hold a comma between double quotes.",
            )
    numbers = tuple(_published(row, path) for row in rows)
    keys = [each.key for each in numbers]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise StudyError(
            problem,
            f"The key `{twice[0]}` is in {keys.count(twice[0])} rows of `{path.name}`.",
            "Give each number a key of its own.",
        )
    return numbers


def _published(row: dict[str, str], path: Path) -> Published:
    which = f"The published number `{row['key']}` of `{path.parent.name}`"
    if not (row["base"] and row["base_fr"] and row["base_en"]):
        raise BaseMissingError(
            f"{which} has no base.",
            f"`{path.name}` does not say which people it describes.",
            "Fill `base` (a short name), `base_fr` and `base_en` (the denominator in words).",
        )
    needed = [name for name in ("unit", "source", "source_fr", "label_fr", "label_en") if not row[name]]
    if needed:
        raise StudyError(f"{which} has no `{needed[0]}`.", "", f"Fill `{needed[0]}` in `{path.name}`.")
    allowed_words = {
        "status": STATUSES,
        "expected": VERDICTS,
        "relation": get_args(Relation),
        "rests_on": RESTS_ON,
        "quotation": ("", "yes"),
    }
    for name, allowed in allowed_words.items():
        if row[name] not in allowed:
            raise one_of(f"`{name}` of `{row['key']}` in `{path.parent.name}`", row[name], allowed)
    try:
        low, high, tolerance = (float(row[name] or 0) for name in ("value", "value_high", "tolerance"))
    except ValueError as error:
        raise StudyError(
            f"{which} is not a number.", f"In `{path.name}`: {error}.", "Write numbers with a decimal point."
        ) from error
    exponent = int(Decimal(row["value"] or "0").as_tuple().exponent)
    upper = high if row["value_high"] else low
    return Published(
        key=row["key"],
        printed=Printed(row["value"], low, upper, row["relation"], exponent),  # type: ignore[arg-type]
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


def published(rows: tuple[Published, ...], key: str) -> Published:
    """Return one published number by its key."""
    for row in rows:
        if row.key == key:
            return row
    raise StudyError(
        f"There is no published number `{key}`.",
        f"The study has {len(rows)} numbers and not that one.",
        suggestion(key, [row.key for row in rows]),
    )
