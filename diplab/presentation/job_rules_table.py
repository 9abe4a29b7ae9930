"""The rules of the main job as a table for print: what is read, the condition, what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.microdata.jobs.rules import CONDITION_SIGNS, order_in_words
from diplab.presentation.punctuation import words
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.microdata.jobs.rules import JobRules
    from diplab.presentation.sheet import PrintedTable
    from diplab.reference.text import Language, Text

__all__ = ["job_rules_table"]


def job_rules_table(rules: JobRules, language: Language, title: Text | str | None = None) -> PrintedTable:
    """Return the rules by which a main job is read as a table for print.

    Parameters
    ----------
    rules : JobRules
    language : {"fr", "en"}
        Language of the reader.
    title : Text or str, optional
        Above.

    Examples
    --------
    >>> import diplab as dl
    >>> job_rules_table(dl.job_rules(), "fr").sheet.header
    ('Ordre', 'Règle', 'Ce qui est lu', 'Condition', 'Ce que cela dit')
    """
    listed = rules.listed(language)
    rows = tuple(
        tuple(Cell(words(str(each), language)) for each in row)
        for row in listed.itertuples(index=False, name=None)
    )
    return dressed(
        Sheet(
            title=term("job_rules.title", language) if title is None else words(title, language),
            subtitle="",
            header=tuple(term(f"job_rules.{name}", language) for name in listed.columns),
            rows=rows,
            align=("right", "left", "left", "left", "left"),
            notes=(("", words(order_in_words(rules), language)), ("", words(CONDITION_SIGNS, language))),
            language=language,
        )
    )
