"""Missing answers: left out, refused or shown as a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Literal, TypeAlias

from diplab.checks import check_one_of, counted
from diplab.errors import ColumnError, MisleadingError, quoted_names
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Statistic
from diplab.microdata.codebook import Codebook
from diplab.reference.text import Words
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MISSING
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import ONE, Apply, Column, Expression, column_names
from diplab.sampling.sample import Sample

MissingRule: TypeAlias = Literal["drop", "fail", "keep"]
"""Rows without an answer are dropped and counted, refused, or kept as a separate category."""
_WORDS = Words("diplab.inference")


def prepare_statistics(
    sample: Sample, statistics: Sequence[Statistic], domains: tuple[str, ...], na: MissingRule
) -> tuple[Sample, list[PreparedStatistic]]:
    """Bind statistics to a sample, under a rule for rows without an answer."""
    check_one_of("na", na, MissingRule)
    if na != "keep":
        bound = [item for statistic in statistics for item in statistic.prepare(sample, domains)]
        if na == "fail":
            _refuse_missing(sample, bound, domains)
        return sample, bound
    bound = []
    for statistic in statistics:
        prepared = statistic.prepare(sample)
        if statistic.expansion is not None and prepared:
            sample, conditions = _with_level(sample, prepared)
            prepared = [
                replace(prepared[0], category=code, arguments=(item,)) for code, item in conditions
            ]
        bound += prepared
    return sample, bound


def _with_level(
    sample: Sample, prepared: Sequence[PreparedStatistic]
) -> tuple[Sample, list[tuple[Any, Expression]]]:
    """Return the categories of a share and their conditions, including one for missing answers."""
    columns = set()
    for item in prepared:
        for name in column_names(*item.arguments):
            columns.add(name)
    (condition,) = prepared[0].arguments
    every = prepared[0].category != ""
    alone = isinstance(condition, Column)
    gap = 0 if every else _gap(sample, Scope((*sample.population, *sample.domain)), (condition,))
    if len(columns) == 1 and (every or (alone and gap)):
        return categories_with_missing(sample, columns.pop())
    as_found = [(item.category, item.arguments[0]) for item in prepared]
    if not gap:
        return sample, as_found
    # a condition: it holds, or it cannot be told
    no_answer = Apply("missing", (condition,))
    known = replace(sample, codebook=_with_label(sample.codebook, prepared[0].variable))
    return known, [("", condition & Apply("not", (no_answer,))), (MISSING, no_answer)]


def categories_with_missing(
    sample: Sample, name: str
) -> tuple[Sample, list[tuple[Any, Expression]]]:
    """Return the categories of a column with their conditions, and `missing` as the last."""
    column = Column(known_column(name, sample.names, "a variable with missing answers"))
    categories = sample.categories(name)
    scope = Scope((*sample.population, *sample.domain))
    if not _gap(sample, scope, (column,)):
        return sample, [(category, column.is_(category)) for category in categories]
    if MISSING in categories:
        raise ColumnError(
            f"`na='keep'` would make `{MISSING}` a category of `{name}`.",
            "The column has a category of that name.",
            "Give that category another name, or write `na='drop'`.",
        )
    no_answer = Apply("missing", (column,))
    conditions: list[tuple[Any, Expression]] = [
        (category, column.is_(category) & Apply("not", (no_answer,))) for category in categories
    ]
    return replace(sample, codebook=_with_label(sample.codebook, name)), [
        *conditions,
        (MISSING, no_answer),
    ]


def _with_label(codebook: Codebook, name: str) -> Codebook:
    """Return a codebook in which the category of missing answers has its label."""
    return codebook.described(
        name, values={**codebook.variable(name).values, MISSING: _WORDS("missing.no_answer")}
    )


def _gap(sample: Sample, scope: Scope, terms: tuple[Expression, ...]) -> int:
    counts = sample.engine.counts
    return int(counts(scope, ()).sum()) - int(counts(scope, terms).sum())


def _refuse_missing(
    sample: Sample, bound: Sequence[PreparedStatistic], domains: tuple[str, ...]
) -> None:
    """Refuse missing answers of statistics and domain variables, with their number and reasons."""
    everywhere = Scope((*sample.population, *sample.domain))
    rows = int(sample.engine.counts(everywhere, ()).sum())
    for item in bound:
        gap = _gap(sample, everywhere, item.complete or item.columns)
        if not gap:
            continue
        columns = {}
        for name in column_names(*item.columns):
            columns[name] = _gap(sample, everywhere, (Column(name),))
        reasons = [
            _count_with_reasons(sample, name, count) for name, count in columns.items() if count
        ]
        raise _refusal(f"`{item.variable}` of `{item.name}`", gap, rows, reasons)
    for name in domains:
        gap = _gap(sample, everywhere, (Column(name),))
        if gap:
            raise _refusal(
                f"the domain variable `{name}`", gap, rows, [_count_with_reasons(sample, name, gap)]
            )


def check_domain_known(sample: Sample, domains: tuple[str, ...]) -> None:
    """Refuse people whose membership of the domain is missing, where everybody in it counts."""
    conditions = (*sample.population, *sample.domain)
    together = reduce(Expression.__and__, conditions) if conditions else ONE
    gap, what = _gap(sample, Scope(), (together,)), f"`{sample.condition}`"
    if not gap and domains:
        gap, what = (
            _gap(sample, Scope(conditions), tuple(map(Column, domains))),
            quoted_names(domains, " × "),
        )
    if gap:
        raise MisleadingError(
            f"An adjusted total covers everyone in its domain, and {what} is missing in "
            f"{counted(int(gap), 'row')}.",
            "It is not known whether these are included.",
            "Write a domain that is known for everyone, or recode its missing answers as a "
            "category.",
        )


def _count_with_reasons(sample: Sample, name: str, count: int) -> str:
    reasons = sample.codebook.reasons.get(name, {})
    if sum(reasons.values()) != count:
        return f"`{name}` {count}"
    return (
        f"`{name}` {count} "
        f"({', '.join(f'{reason} {number}' for reason, number in reasons.items())})"
    )


def _refusal(what: str, gap: int, rows: int, reasons: Sequence[str]) -> MisleadingError:
    return MisleadingError(
        f"`na='fail'`: {gap} of {rows} rows have no answer to {what}.",
        f"Missing are {', '.join(reasons)}." if reasons else "",
        "Write `na='drop'` to leave these rows out and count them, or find out why they are "
        "missing.",
    )
