"""Missing answers: left out, refused or shown as a category; `missing_reasons` counts them by reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from diplab.checks import check_one_of
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.estimators.moments import count as count_people
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import reason_words
from diplab.microdata.missing_values import SYSTEM
from diplab.reference.text import Text
from diplab.reference.words import Words
from diplab.results.estimates import COLUMNS, Estimates, ReasonCounts
from diplab.results.provenance import Provenance
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MISSING
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Apply, Column, Expression, column_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.estimators.prepared import PreparedStatistic
    from diplab.estimators.statistic import Statistic
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.sample import Sample

__all__ = ["MissingRule", "categories_with_missing", "missing_reasons", "prepare_statistics"]

MissingRule: TypeAlias = Literal["drop", "fail", "keep"]
"""What becomes of rows without an answer: left out and counted, refused, or kept as a category of their own."""
ANSWERED = "answered"
_WORDS = Words("diplab.inference")
_LABELS = {MISSING: _WORDS("missing.no_answer"), ANSWERED: _WORDS("missing.answered")}


def prepare_statistics(
    sample: Sample, statistics: Sequence[Statistic], domains: tuple[str, ...], na: MissingRule
) -> tuple[Sample, list[PreparedStatistic]]:
    """Bind statistics to a sample, under a rule for rows without an answer."""
    check_one_of("na", na, MissingRule)
    if na != "keep":
        bound = [each for statistic in statistics for each in statistic.prepare(sample)]
        if na == "fail":
            _refuse_missing(sample, bound, domains)
        return sample, bound
    bound = []
    for statistic in statistics:
        found = statistic.prepare(sample)
        if statistic.expansion is not None and found:
            sample, conditions = _with_level(sample, found)
            found = [replace(found[0], category=code, arguments=(each,)) for code, each in conditions]
        bound += found
    return sample, bound


def _with_level(
    sample: Sample, found: Sequence[PreparedStatistic]
) -> tuple[Sample, list[tuple[Any, Expression]]]:
    """Return the categories of a share and their conditions, with one for those who gave no answer."""
    columns = {name for each in found for name in column_names(*each.arguments)}
    (condition,) = found[0].arguments
    every = found[0].category != ""
    alone = isinstance(condition, Column)
    gap = 0 if every else _gap(sample, Scope((*sample.population, *sample.domain)), (condition,))
    if len(columns) == 1 and (every or (alone and gap)):
        return categories_with_missing(sample, columns.pop())
    as_found = [(each.category, each.arguments[0]) for each in found]
    if not gap:
        return sample, as_found
    # a condition: it holds, or it cannot be told
    no_answer = Apply("missing", (condition,))
    known = replace(sample, codebook=_with_labels(sample.codebook, found[0].variable, [MISSING]))
    return known, [("", condition & Apply("not", (no_answer,))), (MISSING, no_answer)]


def categories_with_missing(sample: Sample, name: str) -> tuple[Sample, list[tuple[Any, Expression]]]:
    """Return the categories of a column with their conditions, none of them missing, and `missing` as the last."""
    column = Column(known_column(name, sample.names, "a variable with missing answers"))
    categories = [category for (category,) in sample.engine.cells((name,))]
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
    return replace(sample, codebook=_with_labels(sample.codebook, name, [MISSING])), [
        *conditions,
        (MISSING, no_answer),
    ]


def _with_labels(codebook: Codebook, name: str, words: Sequence[str]) -> Codebook:
    """Return a codebook in which categories that are no answers have their labels."""
    values = codebook[name].values if name in codebook else {}
    own = codebook.variables.get(name)
    added = {word: _LABELS[word] if word in _LABELS else reason_words(own, word) for word in words}
    return codebook.described(name, values={**values, **added})


def _gap(sample: Sample, scope: Scope, terms: tuple[Expression, ...]) -> int:
    counts = sample.engine.counts
    return int(counts(scope, ()).sum()) - int(counts(scope, terms).sum())


def _refuse_missing(sample: Sample, bound: Sequence[PreparedStatistic], domains: tuple[str, ...]) -> None:
    """Refuse missing answers of statistics and of domain variables, with their number and their reasons."""
    everywhere = Scope((*sample.population, *sample.domain))
    rows = int(sample.engine.counts(everywhere, ()).sum())
    for each in bound:
        gap = _gap(sample, everywhere, each.complete or each.columns)
        if not gap:
            continue
        columns = {name: _gap(sample, everywhere, (Column(name),)) for name in column_names(*each.columns)}
        reasons = [_count_with_reasons(sample, name, count) for name, count in columns.items() if count]
        raise _refusal(f"`{each.variable}` of `{each.name}`", gap, rows, reasons)
    for name in domains:
        gap = _gap(sample, everywhere, (Column(name),))
        if gap:
            raise _refusal(
                f"the domain variable `{name}`", gap, rows, [_count_with_reasons(sample, name, gap)]
            )


def _count_with_reasons(sample: Sample, name: str, count: int) -> str:
    reasons = sample.codebook.reasons.get(name, {})
    if sum(reasons.values()) != count:
        return f"`{name}` {count}"
    return f"`{name}` {count} ({', '.join(f'{reason} {number}' for reason, number in reasons.items())})"


def _refusal(what: str, gap: int, rows: int, reasons: Sequence[str]) -> MisleadingError:
    return MisleadingError(
        f"`na='fail'`: {gap} of {rows} rows have no answer to {what}.",
        f"Missing are {', '.join(reasons)}." if reasons else "",
        "Write `na='drop'` to leave these rows out and count them, or look for why they are missing.",
    )


def missing_reasons(data: Microdata | Sample, *variables: str) -> Estimates:
    """Count the rows of a file that answered, and those that did not by reason (refused, not asked...).

    Parameters
    ----------
    data : Microdata or Sample
        A file as read, or a sample of one. Whole: a domain or universe plays no part, nor do weights. For reasons by
        domain, weighted, with standard errors, write `data.with_reasons("pay")` before the design is declared, then
        `estimate(sample, share("pay_reason"), by=...)`. Where the data are queried, these columns come to memory.
    *variables : str
        Columns; all that the codebook knows reasons of, where none is named.

    Returns
    -------
    Estimates
        One row a reason, after `answered`: `count` of rows, with `n` the rows of the file. `system` is a missing
        answer without a reason.

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where no column is named and the codebook knows no reason.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = dl.Microdata(pd.DataFrame({"pay": [10.0, None, None]}), dl.Codebook(reasons={"pay": {"refused": 2}}))
    >>> dl.missing_reasons(people, "pay").frame[["category", "estimate"]].values.tolist()
    [['answered', 1.0], ['refused', 2.0]]
    """
    codebook = data.codebook
    names = list(variables) or list(codebook.reasons)
    if not names:
        raise OptionError(
            "`missing_reasons` has no column to count.",
            "The codebook knows no reason.",
            "Write for example `missing_reasons(data, 'income')`.",
        )
    rows, gaps = _gaps(data, names)
    records = []
    for name in names:
        known = codebook.reasons.get(name, {})
        reasons = known if sum(known.values()) == gaps[name] else {SYSTEM: gaps[name]}
        counted = {
            ANSWERED: rows - gaps[name],
            **{reason: count for reason, count in reasons.items() if count},
        }
        codebook = _with_labels(codebook, name, list(counted))
        records += [_record(name, category, count, rows) for category, count in counted.items()]
    import pandas as pd

    provenance = Provenance(
        rules={"weights": "none"},
        base=_WORDS("missing.rows_of_file"),
        source=Text.same(codebook.origin.file),
        status="synthetic" if codebook.origin.synthetic else "estimated",
        synthetic=codebook.origin.synthetic,
    )
    frame = pd.DataFrame(records, columns=list(COLUMNS))
    unknown = np.full((len(frame), len(frame)), np.nan)
    return ReasonCounts(
        frame, unknown, provenance, (), codebook, descriptions={"count": count_people.description}
    )


def _record(name: str, category: str, count: int, rows: int) -> dict[str, object]:
    measured = {"estimate": float(count), "n": rows, "flag": ""}
    return {
        **dict.fromkeys(COLUMNS, np.nan),
        "statistic": "count",
        "variable": name,
        "category": category,
        **measured,
    }


def _gaps(data: Microdata | Sample, names: Sequence[str]) -> tuple[int, Mapping[str, int]]:
    """Return the rows of a file, and how many of them have no answer to each column."""
    if isinstance(data, Microdata):
        for name in names:
            known_column(name, [str(each) for each in data.frame.columns], "a variable with missing answers")
        return len(data), {name: int(data.frame[name].isna().sum()) for name in names}
    for name in names:
        known_column(name, data.names, "a variable with missing answers")
    collected = data.collect(tuple(dict.fromkeys([*data.design.columns, *names])))
    columns, one_domain = collected.engine.columns, np.zeros(collected.engine.rows, dtype=np.int64)
    return collected.engine.rows, {name: int(columns.gaps(Column(name), one_domain).sum()) for name in names}
