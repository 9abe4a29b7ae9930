"""Estimates and tests over imputations, combined by Rubin's rules. See docs/formulas.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.estimators.prepared import PreparedStatistic, with_distinct_categories
from diplab.estimators.statistic import Statistic
from diplab.inference.computed import compute_estimates
from diplab.inference.degrees_of_freedom import hotelling
from diplab.inference.linear_combinations import check_free_names, joint_respondents, key_columns
from diplab.inference.measures import measures
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.effective_df import CombinedDf, ImputedDf
from diplab.kernel.intervals import SHARE_INTERVALS, Precision, f_p_value, student, t_p_value
from diplab.kernel.leverage import Alone
from diplab.results.estimates import Estimates, Provenance, joined_descriptions
from diplab.results.hypothesis_test import Hypothesis, Test
from diplab.sampling._imputed import Imputed
from diplab.sampling.sample import Sample


@dataclass(frozen=True, eq=False)
class Combined:
    """Estimates over imputations."""

    point: Floats  # (rows,); mean over imputations
    covariance: Floats  # (rows, rows); T = W + (1 + 1/M) B
    df: Floats  # (rows,); degrees of freedom
    missing_information: (
        Floats  # (rows,); share of the information about each estimate that is missing
    )


def combine(points: Floats, covariances: Floats, complete: Floats) -> Combined:
    """Combine estimates over imputations, with degrees of freedom of Barnard and Rubin (1999)."""
    # 1 / (1/a + 1/b) with a = (M - 1) / lambda^2, b = (1 - lambda) v (v + 1) / (v + 3), v those of
    # complete data; v where imputations agree exactly, and nothing is missing. Missing information
    # is (r + 2 / (df + 3)) / (r + 1). Shapes: `points` (imputations, rows), `covariances`
    # (imputations, rows, rows), `complete` (rows,)
    count = len(points)
    point = points.mean(axis=0)
    deviations = points - point
    within = covariances.mean(axis=0)
    extra = (1 + 1 / count) * (deviations.T @ deviations) / (count - 1)
    total = within + extra
    w, b, t = np.diag(within), np.diag(extra), np.diag(total)
    agreed = b <= 1e-24 * np.maximum(w, point**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        missing = np.where(agreed, 0.0, b / t)
        of_imputation = (count - 1) / missing**2
        shrunk = (complete + 1) / (complete + 3) * complete * (1 - missing)
        both = np.where(np.isinf(complete), of_imputation, 1 / (1 / of_imputation + 1 / shrunk))
        df = np.where(agreed, complete, both)
        information = np.where(agreed, 0.0, missing + (1 - missing) * 2 / (df + 3))
    return Combined(point, total, df, np.where(np.isnan(t), np.nan, information))


def joint_wald(points: Floats, covariances: Floats, complete: float) -> tuple[float, int, float]:
    """Return F and its degrees of freedom for the test that all rows are zero, over imputations."""
    # F = q'W^-1 q / (k (1 + r)) with q the mean and r = (1 + 1/M) tr(B W^-1) / k (Li, Raghunathan
    # and Rubin 1991); denominator degrees of freedom as there, or of Reiter (2007) where complete
    # data have finitely many. Shapes: `points` (imputations, rows), `covariances` (imputations,
    # rows, rows)
    count, k = points.shape
    mean = points.mean(axis=0)
    deviations = points - mean
    within = covariances.mean(axis=0)
    between = deviations.T @ deviations / (count - 1)
    r = (1 + 1 / count) * float(np.trace(np.linalg.solve(within, between))) / k
    f = float(mean @ np.linalg.solve(within, mean)) / (k * (1 + r))
    return f, k, _denominator(k, k * (count - 1), r, complete)


def _denominator(k: int, t: int, r: float, complete: float) -> float:
    """Return the denominator degrees of freedom for k rows, with t = k (M - 1)."""
    if r <= 1e-12:
        return complete
    if t <= 4:
        return min(float(t * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2), complete)
    if np.isinf(complete):
        return float(4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2)
    a = r * t / (t - 2)
    v = complete * (complete + 1) / (complete + 3)
    two, four = v - 2 * (1 + a), v - 4 * (1 + a)
    if four <= 0:
        # Reiter's expansion needs more degrees of freedom than these: the smaller of the two
        # sources
        return float(min(v / (1 + r), 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2))
    spread = (
        a**2 * two / ((1 + a) ** 2 * four)
        + 8 * a**2 * two / ((1 + a) * four**2)
        + 4 * a**2 / ((1 + a) * four)
        + 4 * a**2 / (four * two)
        + 16 * a**2 * two / four**3
        + 8 * a**2 / four**2
    )
    return float(4 + 1 / (1 / four + spread / (t - 4)))


def pooled_statistics(
    statistics: Floats, k: float, complete: float = np.inf
) -> tuple[float, float]:
    """Return F and its denominator df from the chi-squared statistics of several imputations."""
    # shapes: `statistics` (imputations,)
    count = len(statistics)
    root = np.sqrt(np.maximum(statistics, 0.0))
    r = (1 + 1 / count) * float(root.var(ddof=1))
    f = (float(statistics.mean()) / k - (count + 1) / (count - 1) * r) / (1 + r)
    # what is left of rounding where imputations agree is not disagreement
    if r <= 1e-12:
        return f, complete
    between = float(k ** (-3 / count) * (count - 1) * (1 + 1 / r) ** 2)
    if np.isinf(complete):
        return f, between
    within = complete * (complete + 1) / (complete + 3) / (1 + r)
    return f, 1 / (1 / between + 1 / within)


Key: TypeAlias = "tuple[Any, ...]"


def row_keys(estimates: Estimates) -> list[Key]:
    """Return the keys of each row, with its number among rows of the same keys (quantiles)."""
    names = key_columns(estimates)
    number = estimates.frame.groupby(names, sort=False, dropna=False).cumcount()
    return list(zip(*(estimates.frame[name] for name in names), number, strict=True))


@dataclass(frozen=True, eq=False)
class AlignedRows:
    """The rows of one result among those of all; absent categories are 0, other rows are lost."""

    frame: pd.DataFrame
    row: Integers  # (rows,): the row of the result that each is, or is made of; -1 where it is lost
    there: Booleans  # (rows,): whether it is a row of the result

    def covariance(self, every: Floats) -> Floats:
        """Return a covariance of the result on these rows: 0 for shares of 0, NaN for lost ones."""
        lost, there = self.row < 0, np.flatnonzero(self.there)
        covariance = np.where(lost[:, None] | lost, np.nan, 0.0)
        covariance[np.ix_(there, there)] = every[np.ix_(self.row[there], self.row[there])]
        return covariance


def align_rows(results: Sequence[Estimates]) -> list[AlignedRows]:
    """Return results on the rows of all of them, in the order of the one that has most."""
    every = list(map(row_keys, results))
    union = list(dict.fromkeys([*max(every, key=len), *(key for keys in every for key in keys)]))
    keys = pd.DataFrame([key[:-1] for key in union], columns=key_columns(results[0]))
    return [_aligned(item, own, union, keys) for item, own in zip(results, every, strict=True)]


def _aligned(
    estimates: Estimates, keys_of_rows: Sequence[Key], union: Sequence[Key], keys: pd.DataFrame
) -> AlignedRows:
    names, place = key_columns(estimates), {key: at for at, key in enumerate(keys_of_rows)}
    category = names.index("category")
    there = np.array([key in place for key in union])
    # what a share of 0 has beside is that of another category of its variable and domain
    beside = {
        (*key[:category], *key[category + 1 : -1]): at
        for key, at in place.items()
        if not there.all()
        and key[category] != ""
        and estimates.description_of(key[0]).every_category
    }
    row = np.array(
        [
            place.get(key, beside.get((*key[:category], *key[category + 1 : -1]), -1))
            for key in union
        ],
        dtype=np.int64,
    )
    frame = estimates.frame.iloc[row].reset_index(drop=True)
    frame[names] = keys
    if not there.all():
        frame.loc[~there, ["estimate", "std_error", "flag"]] = 0.0, 0.0, ""
        # the interval beside is that of another category
        frame.loc[~there, ["ci_low", "ci_high"]] = np.nan
        nothing = np.nan, np.nan, np.nan, 0, estimates.frame["df"].min()
        frame.loc[row < 0, ["estimate", "std_error", "deff", "n", "df"]] = nothing
    return AlignedRows(frame, row, there)


def estimate_imputed(
    imputed: Imputed, statistics: Sequence[Statistic], domains: tuple[str, ...], **options: Any
) -> Estimates:
    """Estimate statistics on each imputation, and combine."""
    for statistic in statistics:
        if statistic.banded is not None:
            raise OptionError(
                f"`{statistic.name}` of `{statistic.variable}`, known by band, does not apply to "
                "several imputations.",
                "Imputations contain single amounts, imputed from the bands.",
                "Write the statistic of the imputed amounts, or give one sample with the bands.",
            )
    results = imputed.results(compute_estimates, statistics, domains, **options)
    return _on_own_scale(pool_estimates(results), imputed.samples, statistics)


def _flags_of_any(aligned: Sequence[AlignedRows], point: Floats, fewest: Integers) -> NDArray[Any]:
    """Return the flags that any imputation gives a row."""
    flags = aligned[0].frame["flag"]
    for rows in aligned[1:]:
        flags = flags.where(flags != "", rows.frame["flag"])
    flags = flags.mask(np.isnan(point), "undefined").mask(fewest == 0, "empty")
    return flags.to_numpy(dtype=object)


Pooled = TypeVar("Pooled", bound=Estimates)


def pool_estimates(results: Sequence[Pooled]) -> Pooled:
    """Combine estimates over imputations: W + (1 + 1/M) B (Rubin 1987; Barnard and Rubin 1999)."""
    aligned = align_rows(results)
    keys = aligned[0].frame[key_columns(results[0])]
    check_free_names(keys)
    null = results[0].null_values[aligned[0].row]
    points, df, n, deff = (_of_all(aligned, name) for name in ("estimate", "df", "n", "deff"))
    own, between = (
        np.stack(
            [
                rows.covariance(getattr(item, name))
                for rows, item in zip(aligned, results, strict=True)
            ]
        )
        for name in ("covariance", "between")
    )
    # those of complete data differ between imputations where they follow who is in the domain
    effective = all(item.effective is not None for item in results)
    complete = df.mean(axis=0) if effective else df.min(axis=0)
    made = combine(points, own, complete)
    compared, spread = None, made.df
    if any(item.compared is not None for item in results):
        compared_rows = combine(points, between, complete)
        compared, spread = (
            compared_rows.covariance,
            np.where(np.isnan(made.df), compared_rows.df, made.df),
        )
    std_error = np.sqrt(np.maximum(np.diag(made.covariance), 0.0))
    rules = results[0].provenance.rules
    half = student(results[0].provenance.confidence, made.df) * std_error
    fewest = np.nan_to_num(n).min(axis=0).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(std_error > 0, (made.point - null) / std_error, np.nan)
    flags = _flags_of_any(aligned, made.point, fewest)
    # of shares of none or all in every imputation, the widest of their exact intervals
    still = std_error <= _ROUNDING * np.abs(made.point)
    low = np.where(still, np.fmin.reduce(_of_all(aligned, "ci_low")), made.point - half)
    high = np.where(still, np.fmax.reduce(_of_all(aligned, "ci_high")), made.point + half)
    frame = keys.assign(
        **measures(made.point, std_error, low, high, spread, fewest, flags, deff=deff.mean(axis=0))
    )
    if "p_value" in results[0].frame:
        frame = frame.assign(p_value=t_p_value(t, made.df))
    frame = frame.assign(fmi=made.missing_information)
    missing: Counter[str] = Counter()
    for result in results:
        missing |= Counter(result.provenance.missing)  # the most of any
    rules_of_all = {**rules, "imputations": str(len(results))}
    record = replace(results[0].provenance, rules=rules_of_all, missing=dict(missing))
    descriptions = joined_descriptions(item.descriptions for item in results)
    known = _imputed_df(aligned, results, spread) if effective else None
    own_df = None if known is None else CombinedDf(known, np.eye(len(frame)))
    combined: Any = {
        "descriptions": descriptions,
        "effective": own_df,
        "compared": compared,
        "provenance": record,
    }
    combined["alone"] = _alone_in_any(aligned, results)
    return replace(results[0], frame=frame, covariance=made.covariance, **combined)


def _imputed_df(
    aligned: Sequence[AlignedRows], results: Sequence[Estimates], df: Floats
) -> ImputedDf | None:
    """Return the degrees of freedom of rows over imputations.

    None where some imputation lacks a row.
    """
    if not all(rows.there.all() for rows in aligned):
        return None
    every = list(zip(aligned, results, strict=True))
    covariances = tuple(item.between[np.ix_(rows.row, rows.row)] for rows, item in every)
    parts = tuple(
        item.effective.rows(rows.row) for rows, item in every if item.effective is not None
    )
    return ImputedDf(df, _of_all(aligned, "estimate"), covariances, parts)


def _alone_in_any(aligned: Sequence[AlignedRows], results: Sequence[Estimates]) -> Alone | None:
    """Return how rows move along what one unit determines alone in some imputation."""
    with_one_unit = [
        (rows, item.alone)
        for rows, item in zip(aligned, results, strict=True)
        if item.alone is not None
    ]
    if not with_one_unit:
        return None
    moved = [
        np.where(rows.there[:, None], alone.moved[rows.row], 0.0) for rows, alone in with_one_unit
    ]
    return Alone(
        np.concatenate(moved, axis=1), np.concatenate([alone.unit for _, alone in with_one_unit])
    )


def _of_all(aligned: Sequence[AlignedRows], name: str) -> Floats:
    """Return a column of several results, shape (results, rows)."""
    return np.stack([item.frame[name].to_numpy(dtype=float) for item in aligned])


_ROUNDING = 1e-14  # of an estimate, what rounding leaves of an error of 0


def with_share_intervals(estimates: Estimates, interval: str) -> Estimates:
    """Return shares with intervals on the scale of shares; those of none or all as they are."""
    point, std_error, df, n = (
        estimates.frame[name].to_numpy(dtype=float) for name in ("estimate", "std_error", "df", "n")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = Precision(std_error, df, n, estimates.provenance.confidence)
        made = SHARE_INTERVALS[interval](point, spread)
    varies = ~(std_error <= _ROUNDING * point)
    ends = {
        name: estimates.frame[name].mask(varies, end)
        for name, end in zip(("ci_low", "ci_high"), made, strict=True)
    }
    return replace(estimates, frame=estimates.frame.assign(**ends))


def pooled_test(results: Sequence[Test] | Sequence[Estimates]) -> Test:
    """Combine a test over imputations: t tests as estimates, chi2 and F by D2 (Li et al. 1991)."""
    if (
        len(results) < 2
        or len({(type(result), getattr(result, "name", "")) for result in results}) > 1
    ):
        names = ", ".join(
            dict.fromkeys(getattr(result, "name", type(result).__name__) for result in results)
        )
        raise OptionError(
            "Pooling needs the same test on at least two imputations.",
            f"These are {len(results)}: {names or 'none'}.",
            "Write the same test of two imputations at least.",
        )
    rule = {"imputations": str(len(results))}
    estimates = [result for result in results if isinstance(result, Estimates)]
    if estimates:
        return _joint_test(estimates, rule)
    tests = [result for result in results if isinstance(result, Test)]
    if tests[0].name == "rao_scott_mixture":
        raise OptionError(
            "`test='rao_scott_mixture'` does not apply to imputations, of which there are "
            f"{len(tests)}.",
            "Its reference distribution is a weighted sum of chi2, with different weights in each, "
            "which no rule combines.",
            "Write `test='rao_scott_f'`.",
        )
    distribution = _distribution(tests[0])
    if distribution == "t" and all("std_error" in test.estimates for test in tests):
        return _pool_t_tests(tests, rule)
    k = float(np.mean([1.0 if distribution == "t" else test.df[0] for test in tests]))
    power, scale = (2, 1.0) if distribution == "t" else (1, k if distribution == "f" else 1.0)
    # imputations that disagree can bring an F below zero, which contradicts nothing
    statistics = np.array([scale * test.statistic**power for test in tests])
    f, left = pooled_statistics(
        statistics, k, np.inf if distribution == "chi2" else min(test.df[-1] for test in tests)
    )
    return _pooled_from(
        tests, {**rule, "pooled_test": "d2"}, f, (k, left), f_p_value(max(f, 0.0), k, left)
    )


def _distribution(test: Test) -> str:
    """Return the distribution that a statistic has: two degrees of freedom are an F.

    One, what its p-value says.
    """
    if len(test.df) == 2:
        return "f"
    by_student = t_p_value(np.array([test.statistic]), np.array(test.df))[0]
    return "t" if np.isclose(by_student, test.p_value, rtol=1e-6, atol=1e-300) else "chi2"


def _pool_t_tests(tests: Sequence[Test], rule: dict[str, str]) -> Test:
    """Combine t tests by what they test and its standard error, as any estimate."""
    error = np.array([test.estimates["std_error"] for test in tests])
    tested = np.array([test.statistic for test in tests]) * error
    made = combine(
        tested[:, None], (error**2)[:, None, None], np.array([min(test.df[0] for test in tests)])
    )
    combined_error = float(np.sqrt(made.covariance[0, 0]))
    t = float(made.point[0]) / combined_error
    joined = _pooled_from(
        tests, rule, t, (float(made.df[0]),), float(t_p_value(np.array([t]), made.df)[0])
    )
    estimates = {**joined.estimates, "std_error": combined_error}
    if "ci_low" in estimates:
        middle = (estimates["ci_low"] + estimates["ci_high"]) / 2
        confidence = joined.provenance.confidence
        half = float(student(confidence, made.df)[0]) * combined_error
        estimates |= {"ci_low": middle - half, "ci_high": middle + half}
    return replace(joined, estimates=estimates)


def _pooled_from(
    tests: Sequence[Test],
    rule: dict[str, str],
    statistic: float,
    df: tuple[float, ...],
    p_value: float,
) -> Test:
    first, n = tests[0], min(test.n for test in tests)
    means = {
        name: float(np.mean([test.estimates.get(name, np.nan) for test in tests]))
        for name in first.estimates
    }
    record = replace(first.provenance, rules={**first.provenance.rules, **rule})
    few = any(test.few_units for test in tests)
    combined: Any = {"statistic": statistic, "df": df, "p_value": p_value, "estimates": means}
    return replace(first, **combined, n=n, provenance=record, few_units=few)


def _joint_test(results: Sequence[Estimates], rule: dict[str, str]) -> Test:
    """Test that all rows are zero by rule D1 (Li, Raghunathan and Rubin 1991)."""
    aligned = align_rows(results)
    null = results[0].null_values[aligned[0].row]
    points = _of_all(aligned, "estimate") - null
    covariances = np.stack(
        [rows.covariance(item.covariance) for rows, item in zip(aligned, results, strict=True)]
    )
    if not (np.isfinite(points).all() and np.isfinite(covariances).all()):
        raise OptionError(
            "Some rows of the imputations have no estimate or no variance.",
            "They cannot be tested jointly.",
            "Leave these rows out of each, for example with `result.rows(...)`.",
        )
    complete = min(float(result.frame["df"].min()) for result in results)
    imputed = None
    if all(result.effective is not None for result in results):
        imputed = _imputed_df(aligned, results, np.full(points.shape[1], complete))
    variance: dict[str, str] = {}
    if imputed is None:
        f, k, left = joint_wald(points, covariances, complete)
    else:
        (f, k, left), variance = joint_over_imputations(imputed, points.mean(axis=0), complete)
    hypothesis = Hypothesis(kind="rows", count=points.shape[1], null=shared_null(null))
    n = min(map(joint_respondents, results))
    joint = results[0].described(
        rules={**results[0].provenance.rules, **rule, **variance, "pooled_test": "d1"}
    )
    p_value, record = f_p_value(f, k, left), joint.provenance
    of_rows: Any = hypothesis, {}, n, record, joint.codebook
    few: Any = {"few_units": any(in_few_units(result, record, k) for result in results)}
    return Test("wald", f, (float(k), left), p_value, *of_rows, **few)


def in_few_units(
    result: Estimates, record: Provenance, count: int, *, adjusted: bool = True
) -> bool:
    """Return whether tested rows rest on few units, unless an F of enlarged residuals shows it."""
    enlarged = record.variance == "bell_mccaffrey" and result.effective is not None
    if enlarged and adjusted and count > 1:
        return False
    return bool(result.flagged("few units").any())


def joint_over_imputations(
    imputed: ImputedDf, value: Floats, complete: float
) -> tuple[tuple[float, int, float], dict[str, str]]:
    """Return F, k and the degrees of freedom of the test that k rows are zero, and its rules."""
    # imputations differ about the value; a ratio has moved by its derivatives
    points, k = value + imputed.points - imputed.points.mean(axis=0), value.size
    corrected = [part.corrected(np.eye(k)) for part in imputed.parts]
    known = [item for item in corrected if item is not None]
    if k == 1 or len(known) < len(corrected):
        return joint_wald(points, np.stack(imputed.covariances), complete), {}
    # as of one sample: covariances from enlarged residuals, and F (d - k + 1) / d
    worth = float(np.mean([df for _, df in known]))
    _, complete = hotelling(0.0, k, worth, f"the {k} rows")
    f, _, left = joint_wald(points, np.stack([covariance for covariance, _ in known]), complete)
    return (f * complete / worth, k, left), {"variance": "bell_mccaffrey"}


def shared_null(null: Floats) -> float:
    """Return what all rows are where nothing differs; NaN where it is not one number."""
    return float(null[0]) if np.ptp(null) == 0 else np.nan


class _NeedsAnswersError(Exception):
    """An interval asks the answers again, which differ between imputations."""


def _refuse_answers(*_: object) -> Floats:
    raise _NeedsAnswersError


def _on_own_scale(
    estimates: Estimates, samples: Sequence[Sample], statistics: Sequence[Statistic]
) -> Estimates:
    """Return results with the intervals of statistics that derive them from point and error."""
    row_of = {key: row for row, key in enumerate(row_keys(estimates))}
    confidence = estimates.provenance.confidence
    frame = estimates.frame.copy()
    for (head, number), (sample, bound) in _first_prepared(estimates, samples, statistics).items():
        rows = [row_of[(*head, *cell, number)] for cell in sample.engine.cells(estimates.by)]
        rows_of_statistic = frame.iloc[rows]
        error, df, n = (
            rows_of_statistic[name].to_numpy(dtype=float) for name in ("std_error", "df", "n")
        )
        interval = bound(sample.totals(estimates.by, bound.complete)).interval
        spread = Precision(error, df, n, confidence, _refuse_answers)
        try:
            with np.errstate(divide="ignore", invalid="ignore"):
                made = interval(rows_of_statistic["estimate"].to_numpy(), spread)
        except _NeedsAnswersError:
            continue
        # with a standard error of its own (Woodruff) it reads back the answers of one imputation:
        # not for all
        if made.std_error is None:
            varies = ~(error <= _ROUNDING * rows_of_statistic["estimate"].abs().to_numpy())
            for name, end in (("ci_low", made.low), ("ci_high", made.high)):
                frame.loc[rows, name] = np.where(varies, end, rows_of_statistic[name])
    return replace(estimates, frame=frame)


def _first_prepared(
    estimates: Estimates, samples: Sequence[Sample], statistics: Sequence[Statistic]
) -> dict[tuple[Key, int], tuple[Sample, PreparedStatistic]]:
    """Return each statistic with the first imputation that has it, as categories may be absent."""
    first: dict[tuple[Key, int], tuple[Sample, PreparedStatistic]] = {}
    for sample in samples:
        bound = with_distinct_categories(
            [item for statistic in statistics for item in statistic.prepare(sample)]
        )
        prepared = sample.prepare_for(
            *[part for item in bound for part in item.columns], by=estimates.by
        )
        seen: dict[Key, int] = {}
        for item in bound:
            head = (item.name, item.variable, item.category)
            seen[head] = seen.get(head, -1) + 1
            first.setdefault((head, seen[head]), (prepared, item))
        if len(first) * len(sample.engine.cells(estimates.by)) == len(estimates):
            break
    return first
