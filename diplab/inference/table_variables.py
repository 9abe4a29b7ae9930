"""The variables of a table: categories in order, missing answers, questions with several answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, OptionError
from diplab.inference.measures import check_not_a_column
from diplab.kernel.arrays import Integers
from diplab.microdata.multiple_response import Responses, response_labels, responses_by_row
from diplab.microdata.variable import code_quoted, code_text
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MISSING
from diplab.sampling.expression import ONE, Expression, Rows
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.sampling.totals import Totals

Flags = NDArray[np.bool_]


def response_answers(sample: SampleInMemory, row: Responses) -> tuple[Any, ...]:
    """Return the answers of a question: its columns, or the codes that its columns hold or the codebook labels."""
    if row.kind == "dichotomies":
        return tuple(row.columns)
    codes = {code_text(value): value for name in row.columns for value in sample.engine.columns.factor(name).categories}
    return tuple(code for code, _ in response_labels(sample.codebook, row, list(codes.values())))


def responses_given(sample: SampleInMemory, row: Responses) -> tuple[list[Flags], Flags]:
    """Return who gave each answer, and who answered the question; columns of yes and no must tell which is which."""
    values: dict[str, NDArray[Any]] = {}
    no_answer: dict[str, Flags] = {}
    for name in row.columns:
        factor = sample.engine.columns.factor(name)
        if row.kind == "dichotomies":
            _check_dichotomy(sample, name, factor.categories, row)
        # compared as they are written: 1, 1.0 and true are one code
        written = np.array([*(_code_as_text(each) for each in factor.categories), ""], dtype=object)
        values[name], no_answer[name] = written[factor.codes], factor.codes < 0
    in_words = replace(row, counted=_code_as_text(row.counted))
    return responses_by_row(values, no_answer, in_words, [code_text(code) for code in response_answers(sample, row)])


def _code_as_text(code: Any) -> str:
    return code_text(float(code) if isinstance(code, bool) else code)


def _check_dichotomy(sample: SampleInMemory, name: str, categories: tuple[Any, ...], row: Responses) -> None:
    columns = sample.engine.columns
    words = not columns.is_number(name)
    if words and not isinstance(row.counted, str):
        columns.numbers(name)  # refuses words
    if not words and isinstance(row.counted, str) and categories:
        raise ColumnError(
            f"`counted={row.counted!r}` is a word, and `{name}` of the question `{row.name}` holds numbers.",
            f"It holds for example {code_text(categories[0])}.",
            f"Write the number that says so, for example `counted={code_text(categories[-1])}`.",
        )
    if words:
        return
    known = sample.codebook[name].values if name in sample.codebook else {}
    labelled = {code_text(code) for code in known if sample.codebook[name].why(code) is None}
    for each in categories:
        if each not in (0, 1, row.counted) and not {code_text(row.counted), code_text(each)} <= labelled:
            raise ColumnError(
                f"`{name}` is not a column of yes and no of the question `{row.name}`.",
                f"It holds {code_text(each)}, which is neither {code_quoted(row.counted)} (given) nor 0 (not given).",
                f"Recode it as 1 and 0, for example with `{name} == {code_text(each)}` in the data.",
            )


MOST_VALUES = 50  # different numbers without labels, beyond which a variable is taken for one that is measured


def categories_of(sample: Sample, name: str, found: Sequence[Any], seen: set[Any]) -> tuple[Any, ...]:
    """Return the categories of a variable: those of the data, and those declared that have no respondents."""
    data = [each for each in found if each != MISSING]
    declared: list[Any] = []
    if name in sample.codebook:
        variable = sample.codebook[name]
        declared = [code for code in variable.values if variable.why(code) is None]
    declared = declared or list(sample.engine.declared(name))
    by_code = {code_text(each): each for each in data}
    if not by_code.keys() & {code_text(code) for code in declared}:
        declared = []  # labels of another coding
    ordered_codes = [by_code.get(code_text(code), code) for code in declared]
    # in the order of the codebook, else of the `Categorical` or `Enum`, where it has all those of the data
    if all(each in ordered_codes for each in data):
        ordered = ordered_codes or data
    else:
        ordered = data + [code for code in ordered_codes if code not in data]
        if not any(isinstance(each, str) for each in ordered):
            ordered = sorted(ordered)
    return (*ordered, MISSING) if MISSING in seen and MISSING in found else tuple(ordered)


def with_missing_category(
    sample: Sample, row: str | Responses, names: Sequence[str], keep_missing: bool
) -> tuple[Sample, tuple[str, ...]]:
    """Return a sample that can count the variables, and their names in its engine."""
    # missing answers as a category, and several answers per person, are read row by row, in memory
    if not (keep_missing or isinstance(row, Responses)):
        return sample.prepare_for(by=tuple(names)), tuple(names)
    sample = sample.collect_for(by=(*names, *(row.columns if isinstance(row, Responses) else ())))
    if not keep_missing:
        return sample, tuple(names)
    engine = sample.engine
    for name in names:
        if MISSING in engine.columns.factor(name).categories:
            raise ColumnError(
                f"`na='keep'` would make `{MISSING}` a category of `{name}`.",
                "One of its answers is that word already.",
                "Recode that answer, or write `na='drop'`.",
            )
    return sample, tuple(engine.columns.with_missing(name) for name in names)


def counted_terms(sample: Sample, row: str | Responses, totals: Totals) -> tuple[tuple[Expression, ...], Integers]:
    """Return what is counted in each domain, and by how many: everybody, or each answer and then those who answered."""
    if not isinstance(row, Responses):
        return (ONE,), totals.n
    sample = sample.collect()
    given, base = responses_given(sample, row)
    values = [*((base & each).astype(float) for each in given), base.astype(float)]
    rows = sample.engine.scoped(totals.scope)
    n = [np.bincount(rows.domain[(rows.weight > 0) & (value > 0)], minlength=rows.domains) for value in values]
    return tuple(Rows(value) for value in values), np.concatenate(n).astype(np.int64)


def variable_name(variable: str | Responses) -> str:
    """Return the name of a variable of a table."""
    return variable.name if isinstance(variable, Responses) else str(variable)


def arrange_variables(
    sample: Sample, variables: Sequence[str | Responses], by: str | Sequence[str]
) -> tuple[str | Responses, str | None, tuple[str, ...]]:
    """Return the variable of the rows, that of the columns, and those of the groups."""
    if not variables:
        raise OptionError("`crosstab` has no variable.", write='Write for example `crosstab(sample, "sex", "pay")`.')
    row, *others = variables
    for each in others:
        if isinstance(each, Responses):
            raise OptionError(
                f"The question `{each.name}` cannot be in the columns of a table, or in its groups.",
                "A person may have several of its answers, and so be in several columns.",
                "Write it first: its answers are then the rows.",
            )
    groups = ((by,) if isinstance(by, str) else tuple(by)) + tuple(str(each) for each in others[1:])
    column = str(others[0]) if others else None
    every = [*groups, *([column] if column is not None else [])]
    every += list(row.columns) if isinstance(row, Responses) else [row]
    for name in every:
        known_column(name, sample.names, "a variable of a table")
    shown = [*every, *([row.name] if isinstance(row, Responses) else [])]
    for name in shown:
        check_not_a_column(name, "a variable of a table")
        if shown.count(name) > 1:
            raise OptionError(
                f"`{name}` is twice among the variables of the table.",
                f"They are {', '.join(f'`{each}`' for each in shown)}.",
                "Name each variable once.",
            )
    for name in [each for each in every if not (isinstance(row, Responses) and each in row.columns)]:
        _check_categories(sample, name)
    return row, column, groups


def _check_categories(sample: Sample, name: str) -> None:
    """Refuse numbers of many values, of which a table would say nothing."""
    if name in sample.codebook and sample.codebook[name].values:
        return
    values = [value for (value,) in sample.engine.cells((name,)) if value != MISSING]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) <= MOST_VALUES:
        return
    raise OptionError(
        f"`{name}` holds {len(numbers):,} different numbers without labels.",
        "A table has a row or a column for each.",
        f"Write bands as a column of the data, for example `data['{name}_bands'] = pandas.cut(data['{name}'], "
        f"[{_bands(numbers)}])`, or give its codes labels in the codebook.",
    )


def _bands(numbers: Sequence[float]) -> str:
    """Return limits of four bands that hold everybody, for an example."""
    low, high = min(numbers), max(numbers)
    # the first limit is outside the first band
    ends = [low - (high - low) / 1000, *(low + (high - low) * part / 4 for part in range(1, 4)), high]
    return ", ".join(f"{end:.3g}" for end in ends)
