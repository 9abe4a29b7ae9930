"""Published numbers: each with its unit, base, source, status, tolerance and the verdict it should get."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from diplab.errors import BaseMissingError, StudyError, nearest, one_of
from diplab.reference.text import Text
from diplab.results.comparison import VERDICTS
from diplab.results.provenance import STATUSES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COLUMNS", "Published", "Relation", "read_published"]

Relation: TypeAlias = Literal["equals", "above", "at least", "below", "range"]

COLUMNS = (
    "key", "value", "value_high", "relation", "unit", "label_fr", "label_en", "base", "base_fr", "base_en",
    "source", "source_fr", "status", "tolerance", "threshold", "expected", "reason_fr", "reason_en",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """One number as it was printed.

    Parameters
    ----------
    key : str
        Its name within the study.
    printed, printed_high : str
        The digits as printed (`28.4`); `printed_high` is the upper end of a range, empty for one number.
    relation : {"equals", "above", "at least", "below", "range"}
        What is claimed: this number; more; less; or a number between the two ends.
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
        One of `published`, `second-hand`, `derived`, `inferred`, `synthetic`.
    tolerance : float
        How far a rerun may be, in the unit.
    threshold_stated : bool
        False for a poverty figure whose line is not stated.
    expected : str
        Verdict the rerun should get.
    reason : Text
        Why, in words for a reader who is not a statistician.
    """

    key: str
    printed: str
    printed_high: str
    relation: Relation
    unit: str
    label: Text
    base_key: str
    base: Text
    source: Text
    status: str
    tolerance: float
    threshold_stated: bool
    expected: str
    reason: Text

    @property
    def value(self) -> float:
        """The number (the lower end of a range)."""
        return float(self.printed)

    @property
    def high(self) -> float:
        """The upper end of a range; the number itself otherwise."""
        return float(self.printed_high or self.printed)

    @property
    def decimals(self) -> int:
        """Decimals as printed."""
        return len(self.printed.partition(".")[2])


def read_published(path: Path) -> tuple[Published, ...]:
    """Read `published.csv` of a study.

    Raises
    ------
    BaseMissingError
        Where a number does not say of whom it is a number.
    StudyError
        Where a column is missing, a key stands twice or a number cannot be read.
    OptionError
        Where a status, relation or verdict is not one of its words.
    """
    if not path.is_file():
        raise StudyError(
            f"The published numbers of `{path.parent.name}` were asked for.",
            f"Its folder has no `{path.name}`.",
            f"Write one with the columns {', '.join(COLUMNS)}.",
        )
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise StudyError(
            f"The published numbers of `{path.parent.name}` were asked for.",
            f"`{path.name}` has no column {', '.join(f'`{name}`' for name in missing)}."
            if rows
            else f"`{path.name}` has no row.",
            f"Write the columns {', '.join(COLUMNS)}.",
        )
    found = tuple(_published(row, path) for row in rows)
    keys = [each.key for each in found]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise StudyError(
            f"The published numbers of `{path.parent.name}` were asked for.",
            f"The key `{twice[0]}` stands {keys.count(twice[0])} times in `{path.name}`.",
            "Give each number a key of its own.",
        )
    return found


def _published(row: dict[str, str], path: Path) -> Published:
    where = f"The published number `{row['key']}` of `{path.parent.name}` was asked for."
    if not (row["base"] and row["base_fr"] and row["base_en"]):
        raise BaseMissingError(
            where,
            f"`{path.name}` does not say of whom it is a number.",
            "Fill `base` (a short name), `base_fr` and `base_en` (the denominator in words).",
        )
    needed = [name for name in ("unit", "source", "source_fr", "label_fr", "label_en") if not row[name]]
    if needed:
        raise StudyError(where, f"Its `{needed[0]}` is empty in `{path.name}`.", f"Fill `{needed[0]}`.")
    for name, allowed in (("status", STATUSES), ("expected", VERDICTS), ("relation", get_args(Relation))):
        if row[name] not in allowed:
            raise one_of(f"`{name}` of `{row['key']}` in `{path.parent.name}`", row[name], allowed)
    try:
        for name in ("value", "value_high", "tolerance"):
            float(row[name] or 0)
    except ValueError as error:
        raise StudyError(
            where, f"{error} in `{path.name}`.", "Write numbers with a decimal point."
        ) from error
    return Published(
        key=row["key"],
        printed=row["value"],
        printed_high=row["value_high"],
        relation=row["relation"],  # type: ignore[arg-type]
        unit=row["unit"],
        label=Text(row["label_fr"], row["label_en"]),
        base_key=row["base"],
        base=Text(row["base_fr"], row["base_en"]),
        source=Text(row["source_fr"], row["source"]),
        status=row["status"],
        tolerance=float(row["tolerance"] or 0),
        threshold_stated=row["threshold"] != "not stated",
        expected=row["expected"],
        reason=Text(row["reason_fr"], row["reason_en"]),
    )


def published(rows: tuple[Published, ...], key: str) -> Published:
    """Return one published number by its key.

    Raises
    ------
    StudyError
        Where the study has no such key.
    """
    for row in rows:
        if row.key == key:
            return row
    raise StudyError(
        f"The published number `{key}` was asked for.",
        f"The study has {len(rows)} numbers and not that one.",
        f"Write one of the nearest: {nearest(key, [row.key for row in rows])}.",
    )
