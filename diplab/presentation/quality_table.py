"""The quality of a file in words: one line a finding, with the checks that could not be made below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.microdata.disclosure import THRESHOLD
from diplab.microdata.quality.findings import CHECKS
from diplab.presentation.language import number, percent
from diplab.presentation.punctuation import colon, words
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.quality.findings import Finding, Quality
    from diplab.presentation.sheet import PrintedTable
    from diplab.reference.text import Language, Text

__all__ = ["finding_words", "quality_table"]

_SHARES = ("speed", "share", "left", "matching")
_NAMED = 4


def quality_table(
    quality: Quality, language: Language, title: Text | str | None = None, most: int | None = None
) -> PrintedTable:
    """Return what the checks of a file found as a table for print.

    Parameters
    ----------
    quality : Quality
        From `data.check()`.
    language : {"fr", "en"}
        Language of the reader.
    title : Text or str, optional
        Above; by default what it is, and the file.
    most : int, optional
        Lines of each check, the rest being counted; all by default.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = dl.Microdata(pd.DataFrame({"worker_id": ["a", "b", "b"], "age": [31, 240, 45]}), dl.Codebook())
    >>> shown = quality_table(people.check(), "en")
    >>> [[cell.text for cell in row] for row in shown.sheet.rows]
    [['duplicates', 'identifier that comes several times', 'worker_id', '<5', ''],
     ['impossible values', 'age outside of 0 to 120 years', 'age', '<5', '']]
    """
    held = f" – {quality.file}" if quality.file else ""
    heads = [term(f"check.{name}", language) for name in ("check", "finding", "variables", "rows")]
    return dressed(
        Sheet(
            title=words(title, language) if title is not None else term("check.title", language) + held,
            subtitle=f"{term('column.rows', language)}{colon(language)}{number(quality.rows, language)}",
            header=(*heads, "%"),
            rows=tuple(_lines(quality, language, most)),
            align=("left", "left", "left", "right", "right"),
            notes=tuple(("", line) for line in _notes(quality, language)),
            language=language,
        )
    )


def finding_words(finding: Finding, language: Language) -> str:
    """Return what was found, with the rule in numbers."""
    numbers = finding.numbers
    key = f"finding.{finding.check}.{finding.kind}"
    if finding.kind == "looks_like_missing" and numbers["lowest"] == numbers["highest"]:
        key += "_one"
    return term(key, language).format(**_in_words(finding.numbers, language))


def _in_words(numbers: Mapping[str, float], language: Language) -> dict[str, str]:
    said = {}
    for name, value in numbers.items():
        if name in _SHARES:
            said[name] = percent(value, language, 0)
        else:
            said[name] = number(value, language, 0 if float(value).is_integer() else 1)
    return said


def _lines(quality: Quality, language: Language, most: int | None) -> list[tuple[Cell, ...]]:
    lines: list[tuple[Cell, ...]] = []
    for check in CHECKS:
        found = [each for each in quality.findings if each.check == check]
        # a line that says "and 1 more" would take the place of the one more
        shown = found if most is None or len(found) <= most + 1 else found[:most]
        for place, each in enumerate(shown):
            name = term(f"check.{check}", language) if place == 0 else ""
            lines.append((Cell(name), *_cells(each, language)))
        if len(shown) < len(found):
            rest = term("check.and_more", language).format(count=number(len(found) - len(shown), language))
            lines.append((Cell(""), Cell(rest), Cell(""), Cell(""), Cell("")))
    return lines


def _cells(finding: Finding, language: Language) -> tuple[Cell, ...]:
    said = (
        Cell(finding_words(finding, language)),
        Cell(_variables(finding.variables, language)),
    )
    if not finding.rows:
        return (*said, Cell(""), Cell(""))
    if finding.rows < THRESHOLD:
        return (*said, Cell(f"<{THRESHOLD}"), Cell(""))
    share = finding.rows / finding.base
    return (
        *said,
        Cell(number(finding.rows, language), float(finding.rows), "#,##0"),
        Cell(percent(share, language), share, "0.0%"),
    )


def _variables(names: tuple[str, ...], language: Language) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    rest = term("check.and_more", language).format(count=number(len(names) - _NAMED + 1, language))
    return f"{', '.join(names[: _NAMED - 1])} {rest}"


def _notes(quality: Quality, language: Language) -> list[str]:
    notes = [term("sentence.synthetic", language)] if quality.synthetic else []
    notes += [term("check.left_in" if quality.findings else "check.nothing", language)]
    if any(0 < each.rows < THRESHOLD for each in quality.findings):
        notes.append(term("check.few", language))
    if quality.skipped:
        said = [
            f"{term(f'check.{each.check}', language)} ({term(f'not_checked.{each.why}', language)})"
            for each in quality.skipped
        ]
        notes.append(term("check.not_made", language).format(checks=", ".join(said)))
    return notes
