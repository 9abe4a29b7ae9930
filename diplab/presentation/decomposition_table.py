"""A decomposition for print: one line a group, from its share of the population to its share of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.conventions import conventions
from diplab.presentation.detail import detail_of
from diplab.presentation.estimate_columns import confidence_head
from diplab.presentation.estimate_rows import rows_in_words
from diplab.presentation.labels import labels_over, variable_label
from diplab.presentation.number_form import form_of, known
from diplab.presentation.punctuation import words
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, Text
from diplab.results.decomposition import OF_GROUPS, Decomposition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.microdata.codebook import Codebook
    from diplab.presentation.estimate_rows import Row
    from diplab.presentation.notes import Notes
    from diplab.presentation.number_form import NumberForm
    from diplab.presentation.sheet import Align, PrintedTable
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["decomposition_table", "drawn_parts", "is_of_parts", "title_of_parts"]

COMPARED = ("population_share", "contribution_share")


def is_of_parts(result: object) -> bool:
    """Return whether a result is a decomposition with all its rows, and neither some of them nor contrasts."""
    if not isinstance(result, Decomposition) or "contrast" in result.provenance.rules or not len(result):
        return False
    names = list(result.frame["statistic"])
    return {*OF_GROUPS} <= {*names} and names.count(result.index) > names.count(OF_GROUPS[0])


def decomposition_table(
    parts: Decomposition,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
) -> PrintedTable:
    r"""Return a decomposition as a table for print, everybody in the last line.

    Parameters
    ----------
    parts : Decomposition
        From `decompose`.
    language, title, labels, notes, percent, decimals
        As in `table`; `percent` and `decimals` are for the index and the contributions.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "income": [500.0, 900.0, 950.0, 1500.0]})
    >>> found = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=960), "sex")
    >>> [[cell.text for cell in row[:5]] for row in decomposition_table(found, "en").sheet.rows]
    [['f', '50.0%', '100.0%', '50.0%', '66.7%'], ['m', '50.0%', '50.0%', '25.0%', '33.3%'], ['All', '100.0%', '75.0%', '75.0%', '100.0%']]
    """  # noqa: E501
    held = labels_over(labels, parts.codebook)
    of_index = parts.frame[parts.frame["statistic"] == parts.index]
    form = form_of(parts.description_of(parts.index), of_index, {}, percent, decimals)
    rows = rows_in_words(parts, language, held)
    width = len(parts.groups)
    lines = _lines(parts, rows, width, form, language)
    remarked = any(line[-1].text for line in lines)
    heads = [variable_label(name, held, language) for name in parts.by]
    heads += [term(f"statistic.{COMPARED[0]}", language), _index_said(rows[0])]
    heads += [term(f"statistic.{name}", language) for name in OF_GROUPS[1:]]
    heads += [confidence_head(parts.provenance, language), term("column.n", language)]
    heads += [term("column.flag", language)] * remarked
    words_first: list[Align] = ["left"] * len(parts.by)
    numbers: list[Align] = ["right"] * 6
    last: list[Align] = ["left"] * remarked
    small = [term("sentence.small_base", language)] if any(row.small for row in rows) else []
    return dressed(
        Sheet(
            title=words(title_of_parts(parts, labels) or "" if title is None else title, language),
            subtitle=words(notes.unit, language) if notes else "",
            header=tuple(heads),
            rows=tuple(tuple(line if remarked else line[:-1]) for line in lines),
            align=(*words_first, *numbers, *last),
            notes=conventions(parts.provenance, language, notes, tuple(small), held),
            language=language,
            detail=detail_of(parts.frame),
        )
    )


def _lines(
    parts: Decomposition, rows: Sequence[Row], width: int, form: NumberForm, language: Language
) -> list[list[Cell]]:
    """Return the cells of each line: groups, then what is within and between them where that is told, then all."""
    frame = parts.frame
    value = frame["estimate"].to_numpy(dtype=float)

    def made(place: int) -> Cell:
        return form.cell(known(value[place]), language)

    share = rows[width].form
    lines = []
    for group in range(width):
        own, people, part, of_whole = (group + block * width for block in range(4))
        cells = [Cell(label) for label in rows[group].by]
        cells += [
            rows[people].estimate,
            made(own),
            made(part),
            rows[of_whole].estimate,
            rows[of_whole].interval,
        ]
        # why an index has no error is said; that nothing has shares where nobody is poor is seen
        lines.append([*cells, rows[group].respondents, Cell(rows[group].remark)])
    whole = 4 * width
    blank = [Cell("")] * (len(parts.by) - 1)
    if len(frame) > whole + 1:
        for offset, name in ((1, "within_groups"), (2, "between_groups")):
            of_whole = whole + offset + 2
            named = [Cell(term(f"statistic.{name}", language)), *blank, Cell(""), Cell("")]
            numbers = [made(whole + offset), rows[of_whole].estimate, rows[of_whole].interval]
            lines.append([*named, *numbers, Cell(""), Cell("")])
    everyone = share.cell(1.0, language)
    last = [Cell(term("word.all", language)), *blank, everyone, made(whole), made(whole), everyone, Cell("")]
    return [*lines, [*last, rows[whole].respondents, Cell("")]]


def _index_said(row: Row) -> str:
    """Return the name of the index that is decomposed, with its order where it has one."""
    return f"{row.statistic} ({row.category})" if row.category else row.statistic


def title_of_parts(result: Estimates, labels: Codebook | None) -> Text | None:
    """Return the title of a decomposition: of what, and by what; None for other results.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "income": [500.0, 900.0, 950.0, 1500.0]})
    >>> found = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=960), "sex")
    >>> title_of_parts(found, None).en
    'At-risk-of-poverty rate – income, decomposed by sex'
    """
    if not is_of_parts(result):
        return None
    assert isinstance(result, Decomposition)  # what those are
    held = labels_over(labels, result.codebook)
    said = []
    for language in LANGUAGES:
        groups = ", ".join(variable_label(name, held, language) for name in result.by)
        (row,) = rows_in_words(result.rows([0]), language, held)
        named = f"{_index_said(row)} – {row.variable}"
        said.append(words(f"{named}, {term('word.decomposed_by', language)} {groups}", language))
    return Text(*said)


def drawn_parts(estimates: Estimates) -> Estimates:
    """Return what a chart shows of a decomposition: the share of each group in the population and in the index.

    Other results are returned as they are.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "income": [500.0, 900.0, 950.0, 1500.0]})
    >>> found = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=960), "sex")
    >>> drawn_parts(found).frame[["sex", "statistic"]].values.tolist()[:2]
    [['f', 'population_share'], ['f', 'contribution_share']]
    """
    if not is_of_parts(estimates):
        return estimates
    assert isinstance(estimates, Decomposition)
    width = len(estimates.groups)
    there = [group for group in range(width) if estimates.frame["n"].iloc[group] > 0]
    return estimates.rows([place for group in there for place in (group + width, group + 3 * width)])
