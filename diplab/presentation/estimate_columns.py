"""The columns of a table of estimates: which there are, under which title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.estimate_rows import Row, contrast_word
from diplab.presentation.labels import variable_label
from diplab.presentation.language import number
from diplab.presentation.p_values import p_value_columns
from diplab.presentation.sheet import Cell
from diplab.presentation.size_words import have_models, head_of_persons
from diplab.presentation.terms import rule, term, terms
from diplab.results.complement import Complement
from diplab.results.sizes import Sizes

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.sheet import Align
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates
    from diplab.results.provenance import Provenance

__all__ = ["confidence_head", "estimate_columns", "interval_head"]

REPEATED = ("repeated_choice", "repeated_choice_percentile")


def estimate_columns(
    estimates: Estimates, rows: list[Row], language: Language, labels: Codebook | None
) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns of a table of estimates by their titles: the rows say what, then how much, then of how many.

    Parameters
    ----------
    estimates : Estimates
        The numbers.
    rows : list of Row
        The same in words.
    language : {"fr", "en"}
        Language of the reader.
    labels : Codebook, optional
        Labels of the domain variables.
    """
    columns: dict[str, tuple[list[Cell], Align]] = {}
    for position, name in enumerate(estimates.by):
        head = variable_label(name, labels, language)
        if f"variable.{name}" in terms():
            head = head[:1].upper() + head[1:]
        columns[head if head not in columns else name] = ([Cell(row.by[position]) for row in rows], "left")
    if len({row.statistic for row in rows}) > 1:
        columns[term("column.statistic", language)] = ([Cell(row.statistic) for row in rows], "left")
    if len({row.variable for row in rows}) > 1 and not _told_by_statistic(estimates):
        columns[term("column.variable", language)] = ([Cell(row.variable) for row in rows], "left")
    if any(row.category for row in rows):
        head = rows[0].variable if _by_one_variable(estimates) else term(_category(estimates), language)
        columns[head] = ([Cell(row.category) for row in rows], "left")
    compared = contrast_word(estimates, language)
    head = f"{compared[:1].upper()}{compared[1:]}" or term("column.estimate", language)
    columns[head] = ([row.estimate for row in rows], "right")
    if any(row.interval.text for row in rows):
        columns[interval_head(estimates, language)] = ([row.interval for row in rows], "right")
    columns |= p_value_columns(estimates.frame, language)
    if any(row.respondents.number is not None for row in rows):
        # what is counted without weights is rows, whoever answered
        counted = "rows" if estimates.provenance.rules.get("weights") == "none" else "n"
        if isinstance(estimates, Sizes):
            counted = head_of_persons(estimates)
        columns[term(f"column.{counted}", language)] = ([row.respondents for row in rows], "right")
    if "numerator" in estimates.frame:
        counts = estimates.frame["numerator"].tolist()
        columns[term("column.numerator", language)] = ([_whole(each, language) for each in counts], "right")
    if any(row.remark for row in rows):
        columns[term("column.flag", language)] = ([Cell(row.remark) for row in rows], "left")
    return columns


def _whole(count: float, language: Language) -> Cell:
    return Cell(number(count, language), float(count), "#,##0")


def _told_by_statistic(estimates: Estimates) -> bool:
    """Return whether each statistic of sizes is of one variable: its name then says what is counted."""
    variables = estimates.frame.groupby("statistic")["variable"].nunique()
    return isinstance(estimates, Sizes) and len(variables) > 1 and not (variables > 1).any()


def _category(estimates: Estimates) -> str:
    """Return what the column of categories is called: models of captures are no answers."""
    if isinstance(estimates, Complement):
        return "column.base"
    frame = estimates.frame
    of_models = have_models(estimates) or set(frame["statistic"]) & set(REPEATED)
    return f"column.{'model' if of_models and frame['variable'].nunique() == 1 else 'category'}"


def interval_head(estimates: Estimates, language: Language) -> str:
    """Return the title of the intervals of estimates: bounds where every one that has ends has no point."""
    frame = estimates.frame[estimates.frame["ci_low"].notna() | estimates.frame["ci_high"].notna()]
    only_bounds = frame["flag"].astype(str).str.split(", ").map(lambda flags: "bounds" in flags).all()
    if len(frame) and only_bounds:
        return term("column.bounds", language)
    return confidence_head(estimates.provenance, language)


def _by_one_variable(estimates: Estimates) -> bool:
    """Return whether rows are what is predicted under the values of one variable: it then heads their column."""
    frame = estimates.frame
    return set(frame["statistic"]) == {"predicted_margin"} and frame["variable"].nunique() == 1


def confidence_head(provenance: Provenance, language: Language) -> str:
    """Return the title of a column of intervals, with their level."""
    level = provenance.rules.get("confidence")
    if level is None:
        return term("column.interval", language)
    head = rule("interval at", level, language)
    return head[:1].upper() + head[1:]
