"""Banded variables as read: ends of bands, groups of rows by band, questions and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import check_one_of
from diplab.errors import ColumnError, OptionError
from diplab.estimators._banded import Banded
from diplab.estimators.income_rules import CONVENTIONS, Convention
from diplab.estimators.moments import interval_of_share
from diplab.estimators.statistic import Linearised, Statistic
from diplab.inference.covariance import covariance_and_errors, linearised_statistic, precision_of
from diplab.inference.degrees_of_freedom import (
    DegreesOfFreedom,
    degrees_of_freedom,
    of_one_unit,
    varies_within_units,
)
from diplab.kernel.arrays import Booleans, Floats, Integers, compressed
from diplab.microdata.parse_numbers import bands_of_answers, words_of_answers
from diplab.microdata.variable import answer_in_error, code_written
from diplab.reference.text import Text
from diplab.results.estimates import BandedForm
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Expression, Rows
from diplab.sampling.replication import ReplicatedTotals
from diplab.sampling.sample import SampleInMemory
from diplab.sampling.totals import Totals

OF_THE_TOP: tuple[BandedForm, ...] = ("mean", "gini")
"""Forms that need a mean in the open band."""
RELATIVE: tuple[BandedForm, ...] = ("threshold", "rate")
"""Forms that rest on a line, which may be a fraction of the median."""


@dataclass(frozen=True, eq=False)
class BandedQuestion:
    """A statistic of a banded variable on a sample."""

    sample: SampleInMemory
    statistic: Statistic  # of amounts: a rate, where a share under a line was asked for
    variable: str
    low: Floats  # (rows,): lower end of the band, which holds it; NaN where there is no answer
    # (rows,): upper end, not in the band; infinite where open, the lower where the value is known
    high: Floats
    lines: tuple[
        Floats, ...
    ]  # (rows,): lowest and highest fixed line, the same where it is known; none if estimated
    covariates: tuple[str, ...]  # that imputations within bands may use
    by: tuple[str, ...]
    confidence: float
    df: DegreesOfFreedom
    written_name: str = ""  # where that is not its name: `below_minimum_wage` is a rate

    @property
    def label(self) -> str:
        """The statistic as written in the call."""
        return self.written_name or self.statistic.name

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of the statistic."""
        return self.statistic.options

    @property
    def form(self) -> BandedForm:
        """What its answers are computed from."""
        return self.statistic.description.bands

    @property
    def order(self) -> float:
        """The order of a quantile; a half, where it is the median or a fraction of it."""
        return float(self.options.get("p", 0.5))

    @property
    def fraction(self) -> float:
        """The fraction of a quantile that is asked for, or that makes a line."""
        return float(self.options.get("fraction", 0.6)) if self.form in RELATIVE else 1.0

    @property
    def convention(self) -> Convention:
        """The definitions in force."""
        name = self.options.get("convention", "eurostat")
        return CONVENTIONS[check_one_of("convention", name, tuple(CONVENTIONS), of="of bands")]

    @property
    def line_of_everybody(self) -> bool:
        """Whether the median of everybody under study makes its line."""
        estimated = self.form in RELATIVE and not self.lines
        return estimated and self.options.get("threshold_on", "universe") == "universe"


@dataclass(frozen=True, eq=False)
class BandedAnswer:
    """One answer, by domain."""

    method: str  # `at least`, `at most`, the name of a distribution, `imputed`
    point: Floats
    std_error: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    n: Integers  # respondents with a band
    flag: tuple[str, ...]
    rules: Mapping[str, str] = field(
        default_factory=dict
    )  # of its provenance: `aic`, `laws`, `imputations`...
    assumptions: tuple[Text, ...] = ()


def columns_of(banded: Banded, threshold: object) -> tuple[str, ...]:
    """Return the columns that a banded variable and its line name."""
    lines = (threshold,) if isinstance(threshold, str) else threshold
    line_columns = []
    if isinstance(lines, tuple):
        line_columns = [line for line in lines if isinstance(line, str)]
    every = [banded.name, banded.low, banded.high, *banded.per, *banded.covariates, *line_columns]
    return tuple(dict.fromkeys(filter(None, every)))


def band_ends(sample: SampleInMemory, banded: Banded) -> tuple[Floats, Floats, str]:
    """Return the ends of the band of each row, NaN if missing, and how answers were read."""
    engine = sample.engine
    for name in columns_of(banded, None):
        known_column(name, sample.names, "part of a banded variable")
    if banded.name:
        low, high, reading = _of_answers(sample, engine.columns, banded)
    else:
        low, high, reading = _of_columns(engine.columns, banded)
    with_band = ~np.isnan(low)
    if banded.refusals == "keep":
        bottom = min(0.0, float(np.nanmin(low))) if with_band.any() else 0.0
    if banded.per:
        low, high = _divided(engine.columns, banded, low, high)
    if banded.refusals == "keep":
        low, high = np.where(with_band, low, bottom), np.where(with_band, high, np.inf)
    return low, high, reading


def line_ends(sample: SampleInMemory, threshold: Any) -> tuple[Floats, ...]:
    """Return the lowest and the highest fixed line of each row; none where it is estimated."""
    if threshold is None:
        return ()
    both = threshold if isinstance(threshold, tuple | list) else (threshold, threshold)
    if len(both) != 2:
        raise OptionError(
            f"`threshold` has {len(both)} values.",
            "It is one number or column, or two: the lowest and the highest line that a household "
            "may have.",
            "Write for example `threshold=('line_low', 'line_high')`.",
        )
    low, high = (_line(sample, item) for item in both)
    above = int((low > high).sum())
    if above:
        raise ColumnError(
            f"`threshold` has its lower line above the upper on {above} rows.",
            write="Write `threshold=(lowest, highest)`.",
        )
    return low, high


def line_of_rows(sample: SampleInMemory, line: Expression) -> Floats:
    """Return the line of each row, NaN where it has none."""
    engine = sample.engine
    level = engine.columns.evaluate(line, engine.scoped(Scope(())).domain)
    return np.array(np.broadcast_to(level, engine.rows), dtype=np.float64)


def _line(sample: SampleInMemory, line: Any) -> Floats:
    if isinstance(line, str):
        return sample.engine.columns.numbers(known_column(line, sample.names, "the line of `arpr`"))
    try:
        value = float(line)
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        raise OptionError(
            f"`threshold={line!r}` is not a number, a dated parameter, or a column.",
            write="Write for example `threshold=1026`, or `threshold='line'`.",
        )
    return np.full(sample.engine.rows, value)


def _of_answers(
    sample: SampleInMemory, columns: MemoryColumns, banded: Banded
) -> tuple[Floats, Floats, str]:
    """Return the ends of the answers of a column, by its code or its label."""
    factor = columns.factor(banded.name)
    subject = f"The answers to `{banded.name}` do not all have bands."
    labels = words_of_answers(sample.codebook, banded.name, factor.categories)
    bands = bands_of_answers(sample.codebook, banded.name, factor.categories, banded.bands, subject)
    known = [
        (code, *band)
        for code, band in zip(factor.categories, bands, strict=True)
        if band is not None
    ]
    if len(known) < len(bands):
        lost = [
            labels.get(code, code)
            for code, band in zip(factor.categories, bands, strict=True)
            if band is None
        ]
        raise OptionError(
            subject,
            f"`bands` have no ends for {len(lost)} of its answers: "
            f"{', '.join(map(answer_in_error, lost[:3]))}.",
            "Write the ends of each, None where it tells no amount, or declare it in the codebook "
            "as missing.",
        )
    # a row without an answer has the last one
    ends = np.array([*(item[1:] for item in known), (np.nan, np.nan)], dtype=float)
    reading = "; ".join(
        f"{labels.get(code, code_written(code))} = {_band_text(low, high)}"
        for code, low, high in sorted(known, key=lambda item: item[1:])
        if not np.isnan(low)
    )
    return ends[factor.codes, 0], ends[factor.codes, 1], reading


def _band_text(low: float, high: float) -> str:
    if low == high:
        return f"{low:.15g}"
    return "–".join("∞" if np.isinf(item) else f"{item:.15g}" for item in (low, high))


def _of_columns(columns: MemoryColumns, banded: Banded) -> tuple[Floats, Floats, str]:
    low, high = columns.numbers(banded.low), columns.numbers(banded.high)
    half = int((np.isnan(low) != np.isnan(high)).sum())
    if half:
        raise ColumnError(
            f"{half} rows have one of `{banded.low}` and `{banded.high}`, and not the other.",
            write="Write infinity for an open end, and leave both missing where there is no "
            "answer.",
        )
    wrong = int(((low > high) | ((low == high) & np.isinf(low))).sum())
    if wrong:
        raise ColumnError(
            f"`{banded.low}` is above `{banded.high}` on {wrong} rows, or both are infinite.",
            write="Write the lower end first, or check these rows.",
        )
    return low, high, ""


def _divided(
    columns: MemoryColumns, banded: Banded, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Return band ends divided by an amount known within limits, as the widest bounds."""
    least, most = columns.numbers(banded.per[0]), columns.numbers(banded.per[-1])
    with_band = ~np.isnan(low)
    wrong = int((with_band & ((least <= 0) | (least > most))).sum())
    if wrong:
        reading = "above its upper end" if len(banded.per) == 2 else "not above zero"
        raise ColumnError(
            f"`{'`, `'.join(banded.per)}` cannot divide a banded variable on {wrong} rows.",
            f"It is not above zero there{' or ' + reading if len(banded.per) == 2 else ''}.",
            "Leave these rows out by `sample.where(...)` or make the divisor missing there.",
        )
    no_divisor = np.isnan(least) | np.isnan(most)
    with np.errstate(invalid="ignore"):  # an open end over an open one
        below, above = np.minimum(low / least, low / most), np.maximum(high / least, high / most)
    # one amount over two divisors reaches its upper end, which a band does not hold
    spread = (low == high) & (least < most) & (low != 0)
    above = np.where(spread, np.nextafter(above, np.inf), above)
    return np.where(no_divisor, np.nan, below), np.where(no_divisor, np.nan, above)


NamedLines: TypeAlias = "list[tuple[str, Floats | None]]"


def named_lines(lines: Sequence[Floats]) -> NamedLines:
    """Return a fixed line, with what it adds to the name of an answer.

    Two where some are known between ends.
    """
    if not lines:
        return [("", None)]
    low, high = lines
    return [(", at least", low), (", at most", high)] if (low < high).any() else [("", low)]


@dataclass(frozen=True, eq=False)
class BandGroups:
    """Groups of rows of equal band and line."""

    sample: SampleInMemory
    totals: Totals  # by domain, over those with a band
    code: Integers  # (rows,): group of each row of the file, 0 where it has no band
    has_band: Booleans  # (rows,)
    low: Floats  # (groups,)
    high: Floats
    ends_of_line: tuple[Floats, ...]  # (groups,): lowest and highest fixed line; none if estimated

    @property
    def domains(self) -> int:
        """Number of domains."""
        return self.totals.domains

    @property
    def of_everybody(self) -> bool:
        """Whether the universe is more than one domain."""
        return self.totals.universe is not self.totals

    @property
    def lines(self) -> NamedLines:
        """The fixed line of each group; see `named_lines`."""
        return named_lines(self.ends_of_line)

    @cached_property
    def domain(self) -> Integers:
        """Domain of each row."""
        return self._scoped(self.totals.scope)[0]

    @cached_property
    def weight(self) -> Floats:
        """Weight of each group in each domain, then in the universe where that is more.

        (domains, groups).
        """
        return self._cells(self.sample.engine.weights)

    def replicate_weights(self) -> Iterator[Floats]:
        """Yield `weight` under each replicate."""
        replication, engine = self.sample.replication, self.sample.engine
        assert replication is not None  # asked for with replicate weights only
        yield from map(self._cells, replication.of_rows(engine))

    def rows(self, by_group: Floats) -> Rows:
        """Return what the group of a row says in its domain, on every row.

        From (domains, groups).
        """
        return Rows(by_group[self.domain if len(by_group) > 1 else 0, self.code])

    def linearised(
        self,
        point: Floats,
        influence: Floats,
        of_line: tuple[Floats, Floats] | None,
        under: Floats | None,
    ) -> Linearised:
        """Return a statistic linearised by group of rows; `under`: its values by replicate."""

        # `of_line`: how it moves with the line of everybody, and what one person of each group
        # moves in that
        def replicated(totals: Totals) -> Floats:
            return point if under is None or not isinstance(totals, ReplicatedTotals) else under

        beyond = () if of_line is None else ((of_line[0], self.rows(of_line[1])),)
        again = None if under is None else replicated
        return Linearised(point, self.rows(influence), beyond, replicated=again)

    def _scoped(self, scope: Scope) -> tuple[Integers, Booleans]:
        rows = self.sample.engine.scoped(scope)
        return rows.domain, rows.inside & self.has_band

    def _cells(self, weights: Floats) -> Floats:
        scopes = [self.totals.scope, *([self.totals.population] if self.of_everybody else [])]
        return np.concatenate([self._summed(weights, scope) for scope in scopes])

    def _summed(self, weights: Floats, scope: Scope) -> Floats:
        domain, inside = self._scoped(scope)
        count = len(self.sample.engine.cells(scope.by))
        cell = self.code if count == 1 else domain * self.low.size + self.code
        sums = np.bincount(
            cell, weights=np.where(inside, weights, 0.0), minlength=count * self.low.size
        )
        return sums.astype(float).reshape(count, self.low.size)


def band_groups(question: BandedQuestion) -> BandGroups:
    """Return the rows of a question about a banded variable, by groups of equal band and line."""
    columns = [question.low, question.high, *question.lines]
    has_band: Booleans = ~np.any(np.isnan(columns), axis=0)
    code, (low, high, *ends) = _grouped(columns, has_band)
    totals = question.sample.totals(question.by, (Rows(np.where(has_band, 0.0, np.nan)),))
    return BandGroups(question.sample, totals, code, has_band, low, high, tuple(ends))


def _grouped(columns: list[Floats], has_band: Booleans) -> tuple[Integers, list[Floats]]:
    """Return the group of each row (0 without a band), and the values of each column by group."""
    complete = bool(has_band.all())
    read = [column if complete else column[has_band] for column in columns]
    if not read[0].size:
        # one empty group
        ends = (0.0, np.inf, 0.0, 0.0)[: len(read)]
        return np.zeros(has_band.size, dtype=np.int64), [np.array([end]) for end in ends]
    code, first = equal_rows(read)
    if complete:
        return code, [column[first] for column in read]
    every = np.zeros(has_band.size, dtype=np.int64)
    every[has_band] = code
    return every, [column[first] for column in read]


def equal_rows(columns: Sequence[Floats]) -> tuple[Integers, Integers]:
    """Return the group of each row, by equal values in all columns, and each group's first row."""
    code, first = np.zeros(columns[0].size, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for column in columns:
        group, values = pd.factorize(column, use_na_sentinel=False)
        code, first = compressed(code * len(values) + group)
    return code, first


def distinct_bands(low: Floats, high: Floats) -> tuple[Floats, Floats, Integers]:
    """Return both ends of each different band in their order, and the band of each person."""
    # by hash, since sorting a million ends to find the six that differ takes long
    band, first = equal_rows([low, high])
    order = np.lexsort((high[first], low[first]))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    return low[first[order]], high[first[order]], place[band]


def answer_with_error(
    question: BandedQuestion,
    totals: Totals,
    method: str,
    linearised: Linearised,
    flags: Sequence[str],
) -> BandedAnswer:
    """Return an answer by domain with design-based error and interval; `flags` explain gaps."""
    n = totals.n
    infinite = np.isposinf(linearised.point)
    point = np.where((n == 0) | ~np.isfinite(linearised.point), np.nan, linearised.point)
    known = Linearised(
        point, linearised.variable, linearised.beyond, replicated=linearised.replicated
    )
    if question.form == "rate":
        known = replace(
            known, interval=interval_of_share(question.options.get("interval", "logit"))
        )
    computed = linearised_statistic(totals, known)
    std_error = covariance_and_errors(question.sample, [computed]).errors
    df = degrees_of_freedom(question.sample, totals, question.df)
    # one primary unit shows no spread, which says nothing
    nothing = (std_error <= 1e-14) | varies_within_units(question.sample)
    if nothing.any():
        nothing &= of_one_unit(question.sample, totals)
    std_error = np.where(np.isnan(point) | nothing, np.nan, std_error)
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = known.interval(
            point, precision_of(question.sample, computed, std_error, df, question.confidence)
        )
    low, high = (np.where(np.isnan(std_error), np.nan, end) for end in (bounds.low, bounds.high))
    remarks = [
        reason or ("infinite mean" if endless else "")
        for reason, endless in zip(flags, infinite, strict=True)
    ]
    flag = tuple(map(answer_flag, n, remarks, point, std_error))
    return BandedAnswer(method, point, std_error, low, high, df, n, flag)


def answer_flag(n: int, remark: str, point: float, std_error: float) -> str:
    """Return what is to be said of an answer; `remark`: of its value."""
    if n == 0:
        return "empty"
    if remark:
        return remark
    if np.isnan(point):
        return "undefined"
    return "no variance" if np.isnan(std_error) else ""
