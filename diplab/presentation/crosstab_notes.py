"""What is said below a crosstab: its test, what its letters mean, its rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.presentation.crosstab_panel import label_of
from diplab.presentation.labels import variable_label
from diplab.presentation.language import percent
from diplab.presentation.punctuation import colon
from diplab.presentation.sentence import sentence_of
from diplab.presentation.terms import term
from diplab.results.crosstab import Banner

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.crosstab import Crosstab
    from diplab.results.provenance import Provenance
    from diplab.results.test import Test

__all__ = ["in_words", "letters_sentence", "shown_provenance", "with_tests"]


def shown_provenance(result: Crosstab | Banner, *, letters: bool) -> Provenance:
    """Return the provenance of a crosstab, without what it prints in a column or not at all."""
    tables = result.tables if isinstance(result, Banner) else (result,)
    provenance = tables[0].cells.provenance
    missing = {name: count for each in tables for name, count in each.cells.provenance.missing.items()}
    reasons = {name: why for each in tables for name, why in each.cells.provenance.reasons.items()}
    idle = ("expected",) if letters else ("expected", "p_adjust")
    rules = {name: value for name, value in provenance.rules.items() if name not in idle}
    return replace(provenance, rules=rules, missing=missing, reasons=reasons)


def letters_sentence(table: Crosstab, language: Language, *, several: bool) -> str:
    """Return the sentence that says what letters of columns mean; those of several variables begin again at each."""
    level = 1 - float(table.cells.provenance.rules["confidence"])
    digits = 0 if round(level * 100, 6) % 1 == 0 else 1
    key = "crosstab.letters_of_each" if several else "crosstab.letters"
    return term(key, language).replace("{percent}", percent(level, language, digits))


def with_tests(
    lines: tuple[tuple[str, str], ...], tables: tuple[Crosstab, ...], language: Language, labels: Codebook
) -> tuple[tuple[str, str], ...]:
    """Return the lines below a table with those of its tests, before the status."""
    said = []
    for table in tables:
        named = [variable_label(table.column, labels, language)] if len(tables) > 1 and table.column else []
        groups = list(dict.fromkeys(table.cells.frame[list(table.by)].itertuples(index=False, name=None)))
        for at, test in enumerate(table.tests):
            about = [*named, *_group_in_words(table, groups[at] if table.by else (), labels, language)]
            head = f"{', '.join(about)}{colon(language)}" if about else ""
            said.append((term("crosstab.test", language), head + in_words(test, language)))
    status = term("note.status", language)
    at = next((place for place, (label, _) in enumerate(lines) if label == status), len(lines))
    return (*lines[:at], *said, *lines[at:])


def _group_in_words(
    table: Crosstab, group: tuple[object, ...], labels: Codebook, language: Language
) -> list[str]:
    return [label_of(name, value, labels, language) for name, value in zip(table.by, group, strict=False)]


def in_words(test: Test, language: Language) -> str:
    r"""Return a test as printed below a table: what is tested and how, then its value and its p-value.

    Examples
    --------
    >>> from diplab.results.test import Test
    >>> found = Test("rao_scott_f", 5.19337, (1.4946, 20.9249), 0.02175, "sex x pay independent")
    >>> in_words(found, "en").replace("\u00a0", " ")
    'independence (Rao-Scott, second order): F(1.49, 20.92) = 5.19, p = 0.022'
    """
    what = "fit" if test.hypothesis.partition(" where ")[0].endswith(" as expected") else "independence"
    head = f"{term(f'crosstab.{what}', language)} ({term(f'crosstab.{test.name}', language)})"
    return f"{head}{colon(language)}{sentence_of(test, language)}"
