"""All answers to a question on a banded variable in one table. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.checks import check_one_of
from diplab.errors import MisleadingError, OptionError
from diplab.estimators.measurement import check_same_unit, whose_notices
from diplab.estimators.poverty import arpr
from diplab.estimators.prepared import option_text
from diplab.estimators.statistic import Linearised, Statistic
from diplab.inference.banded import data
from diplab.inference.banded.bounds import (
    IdentifiedBounds,
    answers,
    identified_bounds,
    totals_with_band,
)
from diplab.inference.banded.data import BandedAnswer, BandedQuestion, BandGroups
from diplab.inference.banded.distributions import fitted_distributions
from diplab.inference.banded.imputation import by_imputation
from diplab.inference.computed import compute_estimates
from diplab.inference.covariance import linearised_statistic
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.inference.measures import keys_of_rows, measures
from diplab.inference.missing import MissingRule
from diplab.inference.provenance import provenance_of
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.bands.bounds import SpreadBands, bounded_index, pareto_index, spread_gini
from diplab.microdata.display import bar
from diplab.reference.parameter import Parameter
from diplab.reference.text import Words
from diplab.results.estimates import BandedEstimates, Estimates, Provenance, joined_descriptions
from diplab.sampling.design import declare_design
from diplab.sampling.expression import ONE, Column, Rows
from diplab.sampling.sample import Sample


def by_interpolation(question: BandedQuestion) -> tuple[BandedAnswer, ...]:
    """Return answers under uniform incomes within bands and a Pareto tail in the open one."""
    if question.form == "ends":
        # how amounts spread within bands tells nothing of an unknown function of them
        return ()
    rows = data.band_groups(question)
    method = "pareto top" if question.form in data.OF_THE_TOP else "interpolated"
    return tuple(_answer(question, rows, method + end, line) for end, line in rows.lines)


@dataclass(frozen=True, eq=False)
class _Value:
    """A statistic by domain, its influence by band, and its slope in the line of everybody."""

    point: Floats
    influence: Floats
    line_slope: Floats
    of_line: Floats | None = None


def _answer(
    question: BandedQuestion, rows: BandGroups, method: str, line: Floats | None
) -> BandedAnswer:
    value = _value(question, rows, rows.weight, line)
    informative, of_line, under = _informative(rows), None, None
    if value.of_line is not None:
        of_line = value.line_slope, np.where(informative, value.of_line, 0.0)
    if question.sample.replication is not None:
        under = np.stack(
            [_value(question, rows, weight, line).point for weight in rows.replicate_weights()]
        )
    linearised = rows.linearised(
        value.point, np.where(informative, value.influence, 0.0), of_line, under
    )
    index, moved = pareto_index(rows.low, rows.high, rows.weight[: rows.domains])
    bounded = np.zeros(rows.domains, dtype=bool)
    if question.form in data.OF_THE_TOP:
        index, _, bounded = bounded_index(index, moved)
    flags = ["pareto bounded" if item else "" for item in bounded]
    rules = {}
    if np.isfinite(index).all():
        rules = {"pareto_index": ", ".join(f"{item:.3g}" for item in index)}
    if len(index) != 1:
        rules = {}
    answer = data.answer_with_error(question, rows.totals, method, linearised, flags)
    return replace(answer, rules=rules, assumptions=(WORDS("assumption.interpolated"),))


def _value(
    question: BandedQuestion, rows: BandGroups, weight: Floats, line: Floats | None
) -> _Value:
    # an income from nothing to no end says nothing: it is as that of the others
    weight = np.where(_informative(rows), weight, 0.0)
    people = weight.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weight / people[:, None]
    index, moved = pareto_index(rows.low, rows.high, weight)
    if question.form in data.OF_THE_TOP:
        index, moved, _ = bounded_index(index, moved)
    own = slice(0, rows.domains)
    bands = SpreadBands(rows.low, rows.high, share[own], index[own])
    scope = _Scope(people[own], moved[own])
    nothing = np.zeros(rows.domains)
    if question.form == "mean":
        return _mean(bands, scope)
    if question.form == "gini":
        point, by_band, by_index = spread_gini(bands)
        return _Value(point, scope.influence(bands, by_band, by_index), nothing)
    if line is not None:
        return _rate(bands, scope, line)
    p, fraction = question.order, question.fraction
    if not (question.line_of_everybody and rows.of_everybody):
        level, of_level = _quantile(bands, scope, p)
        level, of_level = fraction * level, fraction * of_level
        if question.form != "rate":
            return _Value(level, of_level, nothing)
        rate = _under(bands, scope, level)
        return _Value(
            rate.point, rate.influence + bands.density(level)[:, None] * of_level, nothing
        )
    everybody = SpreadBands(rows.low, rows.high, share[-1:], index[-1:])
    level, of_level = _quantile(everybody, _Scope(people[-1:], moved[-1:]), p)
    level, of_level = np.full(rows.domains, fraction * level[0]), fraction * of_level
    if question.form == "threshold":
        return _Value(level, np.zeros_like(share[own]), np.ones(rows.domains), of_level)
    rate = _under(bands, scope, level)
    return _Value(rate.point, rate.influence, bands.density(level), of_level)


def _informative(rows: BandGroups) -> Booleans:
    return (rows.low > 0) | np.isfinite(rows.high)


@dataclass(frozen=True, eq=False)
class _Scope:
    """People by domain, and the influence of a person of each band on the Pareto index."""

    people: Floats
    moved: Floats

    def influence(self, bands: SpreadBands, by_band: Floats, by_index: Floats) -> Floats:
        """Return the influence of one person of each band on what has these derivatives."""
        by_band = np.where(np.isinf(by_band) & (bands.share == 0), np.nan, by_band)
        average = np.where(bands.share > 0, by_band * bands.share, 0.0).sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            direct = np.where(
                self.people[:, None] > 0, (by_band - average) / self.people[:, None], 0.0
            )
        through = np.where(by_index[:, None] == 0, 0.0, by_index[:, None] * self.moved)
        return direct + through


def _rate(bands: SpreadBands, scope: _Scope, line: Floats) -> _Value:
    below = bands.below(line)
    by_index = np.where(bands.share > 0, bands.below_by_index(line) * bands.share, 0.0).sum(axis=1)
    return _Value(bands.rate(line), scope.influence(bands, below, by_index), np.zeros(len(below)))


def _under(bands: SpreadBands, scope: _Scope, level: Floats) -> _Value:
    """Return the rate under an estimated line of each domain, undefined unless it is above zero."""
    found = _rate(bands, scope, level[:, None])
    return replace(found, point=np.where(level > 0, found.point, np.nan))


@np.errstate(invalid="ignore")
def _quantile(bands: SpreadBands, scope: _Scope, p: float) -> tuple[Floats, Floats]:
    level = bands.quantile(p)
    under = _rate(bands, scope, level[:, None])
    density = bands.density(level)[:, None]
    # between bands the density is zero, and the influence is undefined
    return level, np.where(density > 0, -under.influence, np.nan) / np.where(
        density > 0, density, 1.0
    )


@np.errstate(divide="ignore", invalid="ignore")
def _mean(bands: SpreadBands, scope: _Scope) -> _Value:
    means = bands.means()
    at_top = bands.share[:, bands.is_open] @ bands.low[bands.is_open]
    point = np.where(bands.share > 0, means * bands.share, 0.0).sum(axis=1)
    by_index = np.where(at_top > 0, -at_top / (bands.index - 1) ** 2, 0.0)
    return _Value(point, scope.influence(bands, means, by_index), np.zeros(len(point)))


WORDS = Words("diplab.inference.banded")
KNOWN = "known"  # the one row of a statistic that the bands decide

GUESSES: Mapping[str, Callable[[BandedQuestion], Sequence[BandedAnswer]]] = {
    "distributions": fitted_distributions,
    "interpolated": by_interpolation,
    "imputed": by_imputation,
}
"""Answers that rest on assumptions, by their word in `beside`."""


def estimate_banded(
    sample: Sample,
    statistics: Sequence[Statistic],
    by: tuple[str, ...],
    *,
    confidence: float,
    df: DegreesOfFreedom,
    na: MissingRule,
) -> Estimates:
    """Estimate banded variables, each by bounds, distributions and imputation.

    One row where the bands decide.
    """
    of_amounts = [statistic for statistic in statistics if statistic.banded is None]
    if of_amounts:
        raise OptionError(
            f"`{of_amounts[0].name}` of `{of_amounts[0].variable}` is of amounts.",
            "Other statistics of the call are of variables known only by band.",
            "Write one call of `estimate` for the banded ones, and another for the rest.",
        )
    # `category` is the answer, so that two options of one statistic are not distinguished
    question = [(statistic.name, statistic.variable) for statistic in statistics]
    for name, variable in question:
        if question.count((name, variable)) > 1:
            raise OptionError(
                f"`{name}` of `{variable}`, known by band, is {question.count((name, variable))} "
                "times in the call.",
                "Each has several answers, and their rows would have the same names.",
                "Write one call of `estimate` for each.",
            )
    check_one_of("na", na, ("drop", "fail"), of="of banded variables")
    supposed: list[tuple[str, str]] = []
    for asked in statistics:
        amounts = asked.banded.amounts if asked.banded is not None else ()
        supposed += check_same_unit(sample, asked.name, amounts, asked.options)
    parts = [_one(sample, statistic, by, confidence, df, na) for statistic in statistics]
    whose = tuple(whose_notices(sample, supposed))
    parts = [part.described(notices=(*part.provenance.notices, *whose)) for part in parts]
    frame = (
        pd.concat([part.frame for part in parts], ignore_index=True)
        if len(parts) > 1
        else parts[0].frame
    )
    sizes = np.cumsum([0, *map(len, parts)])
    covariance = np.full((sizes[-1], sizes[-1]), np.nan)
    for item, first, last in zip(parts, sizes, sizes[1:], strict=False):
        covariance[first:last, first:last] = item.covariance
    described = joined_descriptions(part.descriptions for part in parts)
    return replace(
        parts[0],
        frame=frame,
        covariance=covariance,
        provenance=_together(parts),
        descriptions=described,
    )


def _together(parts: Sequence[Estimates]) -> Provenance:
    """Return the provenance of several statistics: what is said of each, once."""
    first = parts[0].provenance
    of_options = set()
    for part in parts:
        for described in part.descriptions.values():
            for _, rule in described.rules:
                of_options.add(rule)
    rules: dict[str, str] = {}
    for name in dict.fromkeys(name for part in parts for name in part.provenance.rules):
        values = [part.provenance.rules[name] for part in parts if name in part.provenance.rules]
        rules[name] = (", " if name in of_options else "; ").join(dict.fromkeys(values))
    assumptions = dict.fromkeys(text for part in parts for text in part.provenance.assumptions)
    notices = dict.fromkeys(text for part in parts for text in part.provenance.notices)
    missing: dict[str, int] = {}
    reasons: dict[str, Any] = {}
    for part in parts:
        missing |= part.provenance.missing
        reasons |= part.provenance.reasons
    return replace(
        first,
        rules=rules,
        assumptions=tuple(assumptions),
        notices=tuple(notices),
        missing=missing,
        reasons=reasons,
    )


def _one(
    sample: Sample,
    statistic: Statistic,
    by: tuple[str, ...],
    confidence: float,
    df: DegreesOfFreedom,
    na: MissingRule,
) -> Estimates:
    banded = statistic.banded
    assert banded is not None  # those without are refused
    threshold = _threshold(statistic)
    line = statistic.line(sample) if statistic.line is not None else None
    read = () if line is None else (line.expression,)
    in_memory = sample.collect_for(*map(Column, data.columns_of(banded, threshold)), *read, by=by)
    *ends, reading = data.band_ends(in_memory, banded)
    lines = data.line_ends(in_memory, threshold)
    if line is not None:
        lines = (data.line_of_rows(in_memory, line.expression),) * 2
    low, high = (np.where(np.isnan(lines).any(axis=0), np.nan, end) for end in ends)
    asked = statistic
    if line is not None:
        # a share under a line is answered as a poverty rate
        options = dict(statistic.options)
        for name in {*options} - {*arpr.description.options}:
            del options[name]
        asked = replace(arpr.unwritten, written=statistic.written, options=options)
    question = BandedQuestion(
        in_memory,
        asked,
        str(banded),
        low,
        high,
        lines,
        banded.covariates,
        by,
        confidence,
        df,
        statistic.name,
    )
    check_options(statistic)
    check_lines(question)
    if na == "fail":
        everybody = int(in_memory.totals(by, ()).n.sum())
        gap = everybody - int(totals_with_band(question).n.sum())
        if gap:
            raise MisleadingError(
                f"`na='fail'`: {gap} of {everybody} rows have no band or no line.",
                f"They have no answer to `{question.variable}` of `{question.label}`.",
                "Write `na='drop'` to leave these rows out and count them, or `banded(..., "
                "refusals='keep')`.",
            )
    with_band = ~np.isnan(low)
    pairs = [(low, high), *([lines] if lines else [])]
    decided = with_band.any() and all((least == most)[with_band].all() for least, most in pairs)
    result = _known(question, statistic) if decided else _answered(question, statistic, reading)
    if line is None:
        return result
    return result.described(assumptions=(*line.assumptions, *result.provenance.assumptions))


def _answered(question: BandedQuestion, statistic: Statistic, reading: str) -> Estimates:
    """Return all answers to a question that the bands leave open."""
    found = identified_bounds(question)
    assert statistic.banded is not None  # those without are refused
    beside = [name for name in GUESSES if name in statistic.banded.beside]
    guesses: list[BandedAnswer] = []
    with bar("beside the bounds", len(beside)) as advance:
        for name in beside:
            guesses += [flag_misfit(item, found) for item in GUESSES[name](question)]
            advance(1)
    all_answers = [*answers(found), *guesses]
    sample, parts = question.sample, []
    for answer in all_answers:
        columns = keys_of_rows(
            question.label,
            question.variable,
            answer.method,
            question.by,
            sample.engine.cells(question.by),
        )
        columns |= measures(
            answer.point,
            answer.std_error,
            answer.ci_low,
            answer.ci_high,
            answer.df,
            answer.n,
            list(answer.flag),
        )
        parts.append(pd.DataFrame(columns))
    # answers that rest on different assumptions are not compared by their covariance: that of the
    # bounds is known
    spread, of_bounds = (
        np.concatenate([answer.std_error for answer in all_answers]),
        slice(2 * found.low.size),
    )
    covariance = np.where(np.eye(spread.size, dtype=bool), spread**2, np.nan)
    covariance[of_bounds, of_bounds] = found.covariance
    return BandedEstimates(
        pd.concat(parts, ignore_index=True), covariance,
        provenance_of_answers(question, statistic, reading, all_answers), question.by,
        sample.codebook, sample.engine.drawn,
        descriptions={question.label: statistic.description},
    )  # fmt: skip


def _known(question: BandedQuestion, statistic: Statistic) -> Estimates:
    """Return the plain estimate of amounts that are all known: the data decide."""
    options = dict(question.options)
    if question.lines:
        options["threshold"] = Rows(question.lines[0])
    of_amounts = replace(question.statistic, written=(Rows(question.low),), options=options)
    estimates = compute_estimates(
        question.sample, [of_amounts], question.by, confidence=question.confidence, df=question.df
    )
    frame = estimates.frame.assign(
        statistic=question.label, variable=question.variable, category=KNOWN
    )
    threshold = _threshold(statistic)
    provenance = estimates.provenance
    rules: dict[str, Any] = provenance.rules_without("threshold")
    if threshold is not None:
        rules["threshold"] = line_as_written(threshold)
    if isinstance(threshold, Parameter):
        rules["threshold_unit"] = {threshold.unit: threshold.unit}
    missing = {}
    for name, count in provenance.missing.items():
        missing[question.variable if "Rows" in name else name] = count
    book = estimates.codebook
    values = dict(book[question.variable].values) if question.variable in book else {}
    book = book.described(question.variable, values={**values, KNOWN: WORDS("value.known")})
    provenance = replace(provenance, rules=rules, missing=missing)
    descriptions = {question.label: statistic.description}
    return replace(
        estimates, frame=frame, provenance=provenance, codebook=book, descriptions=descriptions
    )


def check_options(statistic: Statistic) -> None:
    """Refuse options that the statistic of amounts would refuse, before any answer is made."""
    if statistic.line is not None:
        # checked where it was made
        return
    options = dict(statistic.options)
    if _threshold(statistic) is not None:
        # lines are looked at where they are read
        options["threshold"] = 1.0
    if statistic.description.bands == "quantile":
        # which intervals bands allow is a question of their own
        options.pop("interval", None)
    amounts = declare_design(pd.DataFrame({"y": [1.0, 2.0, 3.0]}))
    compute_estimates(amounts, [replace(statistic, written=("y",), options=options)])


def check_lines(question: BandedQuestion) -> None:
    """Refuse lines at or below zero, unless incomes may be there."""
    low = int((question.lines[0] <= 0).sum()) if question.lines else 0
    if low and not (question.low < 0).any():
        raise MisleadingError(
            f"The poverty line is at or below zero in {low} rows.",
            "Nobody can be poor there.",
            "Write lines in the unit of income, and leave a household without a line missing.",
        )


def _threshold(statistic: Statistic) -> Any:
    """Return the fixed line of a rate, as written."""
    return statistic.options.get("threshold") if statistic.description.bands == "rate" else None


def line_as_written(threshold: Any) -> str:
    """Return a line as written: a number, a column, or two of them."""
    ends = threshold if isinstance(threshold, tuple | list) else (threshold,)
    return " – ".join(map(option_text, ends))


@np.errstate(invalid="ignore")
def flag_misfit(answer: BandedAnswer, bounds: IdentifiedBounds) -> BandedAnswer:
    """Flag points outside the bounds as `misfit`, since the bounds hold for the sample as it is."""
    slack = 1e-9 * np.maximum(
        np.abs(bounds.low), np.where(np.isfinite(bounds.high), np.abs(bounds.high), 0.0)
    )
    outside = (answer.point < bounds.low - slack) | (answer.point > bounds.high + slack)
    flags = tuple(
        ", ".join(filter(None, (flag, "misfit"))) if out else flag
        for flag, out in zip(answer.flag, outside, strict=True)
    )
    return replace(answer, flag=flags)


def provenance_of_answers(
    question: BandedQuestion,
    statistic: Statistic,
    reading: str,
    all_answers: Sequence[BandedAnswer],
) -> Provenance:
    """Return the provenance: reading of bands, the line, missing answers, and assumptions."""
    totals = totals_with_band(question)
    options, threshold = dict(statistic.options), _threshold(statistic)
    if isinstance(threshold, tuple | list):
        options["threshold"] = line_as_written(threshold)
    known = Linearised(all_answers[0].point, ONE)
    computed = linearised_statistic(totals, known, question.label, question.variable)
    bound = replace(
        computed.bound,
        options=options,
        description=statistic.description,
        combined=None if statistic.banded is None else statistic.banded.combined,
    )
    of_amounts = [replace(computed, bound=bound)]
    record = provenance_of(
        question.sample, of_amounts, question.confidence, question.df, question.by
    )
    rules = {
        **record.rules,
        "banded": ", ".join(dict.fromkeys(answer.method for answer in all_answers)),
    }
    if reading:
        rules["bands"] = reading
    if statistic.banded is not None and statistic.banded.refusals == "keep":
        rules["refusals"] = "keep"
    if question.form == "quantile" and "p" in statistic.options:
        rules["quantile_order"] = f"{question.order:g}"
    for answer in all_answers:
        rules |= answer.rules
    assumptions = dict.fromkeys(text for answer in all_answers for text in answer.assumptions)
    return replace(record, rules=rules, assumptions=tuple(assumptions))
