"""Association in a table: tests, measures, and residuals of its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy import linalg, sparse

from diplab.errors import OptionError, quoted_names, suggestion
from diplab.inference.covariance import standard_errors
from diplab.inference.imputation import pool_estimates
from diplab.inference.measures import measures, row_flags
from diplab.inference.tables.cells import TableConventions, table_estimates
from diplab.inference.tables.tabulation import Tabulation
from diplab.kernel import rao_scott
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.intervals import adjusted_p_values, student, t_p_value
from diplab.kernel.rao_scott import Outcome, Pearson
from diplab.microdata.variable import answers_to_write, code_of_answer, code_text
from diplab.results.estimates import Estimates, StatisticDescription
from diplab.results.hypothesis_test import FEW_JOINT_DF, Hypothesis, LoneCategory, Test

TableTest: TypeAlias = Literal[
    "rao_scott_f", "rao_scott_chi2", "rao_scott_mixture", "wald", "adjusted_wald", "none"
]
"""How a table is tested."""
_PEARSON = ("rao_scott_f", "rao_scott_chi2", "rao_scott_mixture")


def independence_tests(
    table: Tabulation, name: str, conventions: TableConventions
) -> tuple[Test, ...]:
    """Return one test of independence a group."""
    if name == "none":
        return ()
    if table.several and name not in _PEARSON:
        raise OptionError(
            f"`test={name!r}` needs each person in one cell.",
            f"The answers to the question `{table.row_name}` overlap.",
            "Write `test='rao_scott_f'` or `test='rao_scott_chi2'`.",
        )
    tested = Hypothesis(kind="independent", variable=table.row_name, by=str(table.column))
    units = units_behind(table, conventions)
    if name not in _PEARSON:
        outcomes = [_wald(table, group, name, own) for group, own in enumerate(units)]
    else:
        parts = zip(table.tested, units, strict=True)
        outcomes = [_corrected(item.enlarged(own.found), name, own.df) for item, own in parts]
    return _tests(table, name, tested, outcomes, conventions, table.lone, units)


_ROUNDING = 1e-9


@dataclass(frozen=True)
class UnitsBehind:
    """What sampling units are worth for a test of independence."""

    df: float  # the degrees of freedom of the sum of the design effects, over d0
    joint: float  # those of the covariance that is behind them
    # what a test of all its parts at once leaves of these; infinite where they are not asked
    left: float
    found: float = 1.0  # the part of the design effects that linearisation finds
    worth: float = np.inf  # `df`, where other degrees of freedom were asked
    few: bool = False  # whether `left` would then be flagged


def units_behind(table: Tabulation, conventions: TableConventions) -> list[UnitsBehind]:
    """Return by group what sampling units are worth for a test of independence."""
    of_units = table.effective_of_groups.df
    every = [UnitsBehind(float(df), float(df), np.inf) for df in of_units]
    # replicates vary the table itself: nothing in their covariance is linearised
    linearised = table.sample.replication is None
    of_all = (
        table.found_of(table.of_group, table.effective_of_groups)
        if linearised
        else np.ones(len(every))
    )
    # a row in few units is known as badly as these say, and so is a column; who gave an answer is
    # not distinguished
    sides = [(2, table.of_column, table.effective_of_columns)]
    if not table.several:
        sides.append((1, table.of_row, table.effective_of_rows))
    for axis, sums, effective in sides:
        n = np.asarray(table.cells.n @ sums).reshape(len(every), -1)
        df, effects = effective.df.reshape(n.shape), np.ones(n.shape)
        if linearised:
            with np.errstate(divide="ignore", invalid="ignore"):
                effects = table.found_of(sums, effective).reshape(n.shape) / of_all[:, None]
        for group, pearson in enumerate(table.tested):
            there = np.flatnonzero(n[group])
            if pearson.of_cells is not None and pearson.of_cells.sum() > 0:
                of_side = _units_behind(
                    pearson, axis - 1, df[group, there], effects[group, there], table.several
                )
                every[group] = _fewest(every[group], of_side)
    if conventions.rule == "effective":
        return every
    # where others were asked, few units are said, and refuse nothing
    asked = [UnitsBehind(float(df), float(df), np.inf) for df in conventions.df]
    return [
        replace(of_side, worth=item.df, few=item.left < FEW_JOINT_DF)
        for of_side, item in zip(asked, every, strict=True)
    ]


def _units_behind(
    pearson: Pearson, axis: int, df: Floats, effects: Floats, several: bool
) -> UnitsBehind:
    """Return what the units of rows, or of columns, are worth. Shapes: `df`, `effects` (rows,)."""
    assert pearson.of_cells is not None  # asked of tables with rows and columns
    weight = pearson.of_cells.sum(axis=1 - axis)
    outcomes = pearson.of_cells.shape[1 - axis] - (not several)
    part = weight / weight.sum()
    of_effects = outcomes / (part**2 / df).sum() / pearson.d0
    # of the differences to the row that is known best, as if these were independent
    q, variances = pearson.df, outcomes * (outcomes + 1) * ((1 / df).sum() - 1 / df.max())
    joint = q * (q + 1) / variances
    # of one respondent alone linearisation finds nothing, and the result says that
    known = np.where(effects > _ROUNDING, np.minimum(effects, 1.0), 1.0)
    return UnitsBehind(float(of_effects), float(joint), float(joint) - q + 1, float(part @ known))


def _fewest(*several: UnitsBehind) -> UnitsBehind:
    return UnitsBehind(*map(min, zip(*map(astuple, several), strict=True)))


_OF_ASSOCIATION = {
    **dict.fromkeys(
        ("cramers_v", "cramers_v_corrected"), StatisticDescription(kind="index", most_decimals=2)
    ),
    "residual": StatisticDescription(kind="index"),
    "log_odds_ratio": StatisticDescription(kind="ratio"),
    "odds_ratio": StatisticDescription(kind="ratio", no_change=1.0),
}
_OF_V = (np.arctanh, np.tanh, lambda v: 1 / (1 - v * v))
_SCALES: dict[str, tuple[Callable[[Any], Any], ...]] = {
    **dict.fromkeys(("cramers_v", "cramers_v_corrected"), _OF_V),
    "log_odds_ratio": (np.asarray, np.asarray, np.ones_like),
    "odds_ratio": (np.log, np.exp, np.reciprocal),
}
"""The transformation to the scale of a measure's interval, its inverse, and its derivative."""
FAR_FROM_ZERO = 0.001
"""V has an interval if independence is rejected at this level; nearer to 0 it is not normal."""


def measures_of_association(table: Tabulation, conventions: TableConventions) -> Estimates:
    """Return Cramér's V by group, also bias-corrected, and the odds ratio of two-by-two tables."""
    units = units_behind(table, conventions)
    n = _respondents(table)
    df = np.array([group.df for group in units])
    v, covariance, near = _cramers_v(table, units)
    estimated = [
        ("cramers_v", v, covariance),
        ("cramers_v_corrected", _corrected_v(table, v), np.full_like(covariance, np.nan)),
        *_odds_ratios(table),
    ]
    parts: dict[str, list[Floats]] = {}
    for name, value, covariance in estimated:
        error = standard_errors(covariance, value)
        scale, back, slope = _SCALES[name]
        with np.errstate(divide="ignore", invalid="ignore"):
            half = student(conventions.confidence, df) * error * slope(value)
            # what does not vary is at the end of its scale: V of 1
            still = error <= 1e-7 * np.abs(value)
            low = np.where(still, value, back(scale(value) - half))
            high = np.where(still, value, back(scale(value) + half))
        flags = row_flags(n, value, error, df, worth=np.array([group.worth for group in units]))
        if _SCALES[name] is _OF_V:
            reason = np.where(near, "near zero", "point only")
            flags = np.where(flags == "no variance", reason, flags)
        columns_of_one = measures(value, error, low, high, df, n.astype(np.int64), flags)
        for key, column in columns_of_one.items():
            parts.setdefault(key, []).append(np.broadcast_to(column, len(n)))
    names, _, covariances = zip(*estimated, strict=True)
    columns: dict[str, Any] = {"statistic": np.repeat(names, len(n))}
    columns |= {"variable": f"{table.row_name} × {table.column}", "category": ""}
    for position, name in enumerate(table.by):
        columns[name] = [group[position] for group in table.groups] * len(estimated)
    for name, pieces in parts.items():
        columns[name] = np.concatenate(pieces)
    together = linalg.block_diag(*covariances)
    return table_estimates(columns, together, table.by, conventions, _OF_ASSOCIATION)


def _cramers_v(table: Tabulation, units: Sequence[UnitsBehind]) -> tuple[Floats, Floats, Booleans]:
    """Return V by group, its covariance, and the groups too near independence for an interval."""
    v, covariance = _of_counts(table, rao_scott.cramers_v)
    p_values = []
    for pearson, group in zip(table.pearson, units, strict=True):
        p_values.append(pearson.enlarged(group.found).second_order(group.df).p_value)
    near = ~(np.array(p_values) < FAR_FROM_ZERO) & ~(v > 1 - 1e-9)
    in_one_unit = np.array([lone is not None and lone.declared for lone in table.lone])
    unknown = near | in_one_unit
    covariance[unknown, :] = covariance[:, unknown] = np.nan
    return v, covariance, near


def _corrected_v(table: Tabulation, v: Floats) -> Floats:
    """Return V corrected for chance, of as many respondents as the design is worth."""
    counts = table.cells.totals[table.cell]
    corrected = []
    for group, (size, pearson) in enumerate(zip(_respondents(table), table.pearson, strict=True)):
        # a mean design effect of two leaves half of the respondents
        worth = size * pearson.df / pearson.effects if pearson.effects > 0 else 0.0
        corrected.append(rao_scott.corrected_v(v[group], counts[group], worth))
    return np.array(corrected)


def _odds_ratios(table: Tabulation) -> list[tuple[str, Floats, Floats]]:
    """Return the log odds ratio and the odds ratio where two rows and two columns have answers."""
    counts = table.cells.totals[table.cell]
    rows = np.flatnonzero(counts.sum(axis=(0, 2)))
    columns = np.flatnonzero(counts.sum(axis=(0, 1)))
    if len(rows) != 2 or len(columns) != 2:
        return []

    def two_by_two(every: Floats) -> Floats:
        return rao_scott.log_odds_ratio(every[..., rows, :][..., columns])

    log, covariance = _of_counts(table, two_by_two)
    # without its only unit a cell is empty, and the ratio has no value
    of_one = table.of_declared_unit(table.each_cell).reshape(table.shape).any(axis=(1, 2))
    covariance[of_one, :] = covariance[:, of_one] = np.nan
    ratio = np.exp(log)
    return [
        ("log_odds_ratio", log, covariance),
        ("odds_ratio", ratio, covariance * np.outer(ratio, ratio)),
    ]


def pool_association(results: Sequence[Estimates]) -> Estimates:
    """Combine measures of association over imputations, each on the scale of its interval."""

    def moved(estimates: Estimates, column: str, way: int) -> Floats:
        both = zip(
            estimates.frame["statistic"], estimates.frame[column].to_numpy(dtype=float), strict=True
        )
        return np.array([float(_SCALES[name][way](value)) for name, value in both])

    # V of 1 is infinitely far on its scale
    with np.errstate(divide="ignore", invalid="ignore"):
        on_scale = []
        for result in results:
            slope = moved(result, "estimate", 2)
            frame = result.frame.assign(estimate=moved(result, "estimate", 0))
            on_scale.append(
                replace(result, frame=frame, covariance=result.covariance * np.outer(slope, slope))
            )
        pooled = pool_estimates(on_scale)
        frame = pooled.frame.assign(
            **{name: moved(pooled, name, 1) for name in ("estimate", "ci_low", "ci_high")}
        )
        slope = moved(replace(pooled, frame=frame), "estimate", 2)
        error = frame["std_error"] / slope
        flag = frame["flag"].mask(error.isna() & (frame["flag"] == ""), "point only")
        frame = frame.assign(std_error=error, cv=error / frame["estimate"].abs(), flag=flag)
        return replace(pooled, frame=frame, covariance=pooled.covariance / np.outer(slope, slope))


def pool_residuals(results: Sequence[Estimates]) -> Estimates:
    """Combine the residuals of cells over imputations, with p-values by Holm again."""
    pooled = pool_estimates(results)
    frame = pooled.frame
    group = np.asarray(
        frame.groupby([*pooled.by[:-2]] or np.zeros(len(frame))).ngroup(), dtype=np.int64
    )
    standardised = frame["estimate"] / frame["std_error"].where(frame["std_error"] > 0)
    adjusted = adjusted_p_values(frame["p_value"].to_numpy(dtype=float), group, "holm")
    return replace(pooled, frame=frame.assign(standardised=standardised, p_adjusted=adjusted))


def residuals_of_cells(
    table: Tabulation, shares: Estimates, conventions: TableConventions
) -> Estimates:
    """Return deviations of cells from independence over design-based errors (Holm by group)."""
    group, row, column = table.places
    share = shares.frame["estimate"].to_numpy(dtype=float).reshape(table.shape)
    of_row, of_column = share.sum(axis=2, keepdims=True), share.sum(axis=1, keepdims=True)
    value = (share - of_row * of_column).ravel()
    # d(p_ij - p_i p_j) = dp_ij - p_j dp_i - p_i dp_j
    moved = sparse.eye_array(value.size)
    for place, other in ((row, of_column), (column, of_row)):
        into = group * (place.max() + 1) + place
        sums = sparse.csr_array((np.ones(into.size), (np.arange(into.size), into)))
        moved = moved - sums @ sums.T * np.broadcast_to(other, table.shape).reshape(-1, 1)
    covariance = np.asarray(moved @ (moved @ np.nan_to_num(shares.covariance)).T)
    df, n = conventions.df[group], table.cells.n[table.cell.ravel()]
    worth = table.effective_of_groups.df[group]
    error = np.where(shares.frame["std_error"].isna(), np.nan, standard_errors(covariance, value))
    # of one row or one column nothing is left but rounding
    error[error < 1e-12] = 0.0
    error[_in_categories_of_one_unit(table).ravel()] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = np.where(error > 0, value / error, np.nan)
    half = student(conventions.confidence, df) * error
    p = t_p_value(standardised, df)
    of_one = _in_categories(table, lambda sums: np.asarray(table.cells.n @ sums) == 1).ravel()
    alone = of_one & ~np.isnan(error)
    flags = row_flags(_respondents(table)[group], value, error, df, worth=worth, alone=alone)
    described: dict[str, Any] = {
        "statistic": "residual",
        "variable": f"{table.row_name} × {table.column}",
    }
    described |= {"category": ""} | table.keys
    described |= measures(value, error, value - half, value + half, df, n, flags)
    described |= {
        "standardised": standardised,
        "p_value": p,
        "p_adjusted": adjusted_p_values(p, group, "holm"),
    }
    by = (*table.by, table.row_name, table.column or "")
    return table_estimates(described, covariance, by, conventions, _OF_ASSOCIATION)


def _in_categories_of_one_unit(table: Tabulation) -> Booleans:
    """Return cells of rows or columns that lie, or whose complement lies, in one declared unit."""
    return _in_categories(table, table.of_declared_unit)


def _in_categories(table: Tabulation, alone_in: Callable[[sparse.csc_array], Booleans]) -> Booleans:
    """Return the cells of a row or a column that is alone, or beside which all others lie."""
    inside = np.zeros(table.shape, dtype=bool)
    for axis, sums in ((1, table.of_row), (2, table.of_column)):
        n = np.asarray(table.cells.n @ sums).reshape(len(table.groups), -1)
        alone = alone_in(sums).reshape(n.shape)
        # of two, each is as far from independence as the other
        left = ((n > 0) & ~alone).sum(axis=1)
        alone |= (alone.any(axis=1) & (left < 2))[:, None]
        inside |= np.expand_dims(alone, 3 - axis)
    return inside


def _of_counts(table: Tabulation, measure: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Return a measure by group and its covariance, by linearisation or replication."""
    cells, at = table.cells, table.cell
    point = measure(cells.totals[at])
    if cells.replication is not None and cells.replicates is not None:
        return point, cells.replication.covariance(measure(cells.replicates[:, at]), point)
    moved = np.zeros((cells.totals.size, len(at)))
    for group, own in enumerate(at):
        moved[own.ravel(), group] = rao_scott.slopes(measure, cells.totals[own])
    return point, moved.T @ cells.covariance @ moved


def fit_tests(
    table: Tabulation, expected: Mapping[object, float], name: str, conventions: TableConventions
) -> tuple[Test, ...]:
    """Return one test a group that the shares of a variable are given ones."""
    shares = _check_expected(table, expected)
    if name not in _PEARSON or table.several:
        raise OptionError(
            f"`test={name!r}` does not apply to shares that are expected of `{table.row_name}`.",
            "Its answers overlap."
            if table.several
            else "These are tested by Rao and Scott's corrections.",
            "Test each answer by itself."
            if table.several
            else "Write `test='rao_scott_f'` or `'rao_scott_chi2'`.",
        )
    groups, rows, _ = table.shape
    ratios = table.cells.ratios(table.each_cell, table.of_group, np.repeat(np.arange(groups), rows))
    n, outcomes = _respondents(table), []
    for group, df in enumerate(conventions.df):
        cells_of_group = slice(group * rows, (group + 1) * rows)
        covariance = np.nan_to_num(ratios.covariance[cells_of_group, cells_of_group], nan=0.0)
        pearson = rao_scott.goodness_of_fit(
            ratios.point[cells_of_group], shares, covariance, n[group]
        )
        outcomes.append(_corrected(pearson, name, float(df)))
    return _tests(
        table, name, Hypothesis(kind="expected", variable=table.row_name), outcomes, conventions
    )


def expected_by_code(
    table: Tabulation, expected: Mapping[object, float]
) -> dict[str, dict[Any, float]]:
    """Return given shares by variable and code, where they may be given by label."""
    codebook, name = table.sample.codebook, table.row_name
    codes = (code_of_answer(codebook, name, category, table.rows) for category in expected)
    return {name: dict(zip(codes, expected.values(), strict=True))}


def _check_expected(table: Tabulation, expected: Mapping[object, float]) -> Floats:
    codebook, name = table.sample.codebook, table.row_name
    labels = answers_to_write(codebook, name, table.rows)
    given: dict[object, float] = {}
    for category, own in expected.items():
        code = code_of_answer(codebook, name, category, table.rows)
        given[code] = own
        if code is None:
            raise OptionError(
                f"`{category}`, of which `expected` has a share, is not a category of `{name}`.",
                write=f"Write a share for each. {suggestion(code_text(category), labels)}",
            )
    missing = [
        label
        for label, item in zip(labels, table.rows, strict=True)
        if not given.get(item, 0.0) > 0
    ]
    if missing:
        raise OptionError(
            f"`expected` has no share above zero for {quoted_names(missing)} of `{name}`.",
            write="Write a share above zero for each category.",
        )
    shares = np.array([float(given[row]) for row in table.rows])
    together = float(shares.sum())
    # rounded to hundredths, a few shares may be off by one together
    if abs(together - 1) > 0.0101:
        raise OptionError(
            f"The shares of `expected` sum to {together:.10g}.",
            write="Write shares of the whole, which sum to 1, for example 0.48 and 0.52; of "
            "counts, each over their "
            "sum.",
        )
    return shares / together


def _respondents(table: Tabulation) -> Floats:
    return np.asarray(table.cells.n @ table.of_group, dtype=float)


Tested: TypeAlias = tuple[Outcome, dict[str, float]]  # with what the test estimates beside


def _wald(table: Tabulation, group: int, name: str, units: UnitsBehind) -> Tested:
    cells = table.cell[group]
    totals, covariance = (
        table.cells.totals[cells],
        table.cells.covariance[np.ix_(cells.ravel(), cells.ravel())],
    )
    return rao_scott.wald(
        totals, covariance / units.found, units.joint, adjusted=name == "adjusted_wald"
    ), {}


def _corrected(pearson: Pearson, name: str, df: float) -> Tested:
    """Return the correction of Rao and Scott that is asked for."""
    estimates = {
        "pearson": pearson.statistic,
        "mean_effect": pearson.effects / pearson.df if pearson.df else np.nan,
    }
    if name == "rao_scott_chi2":
        return pearson.first_order(), estimates
    return pearson.second_order(df) if name == "rao_scott_f" else pearson.mixture(df), estimates


def rao_scott_test(
    pearson: Pearson, name: str, df: float, hypothesis: Hypothesis, n: int, *record: Any
) -> Test:
    """Return the test of a log-linear model; `record`: its provenance and its codebook."""
    corrected, estimates = _corrected(pearson, name, df)
    return Test(
        name,
        corrected.statistic,
        corrected.df,
        corrected.p_value,
        hypothesis,
        estimates,
        n,
        *record,
    )


def _tests(
    table: Tabulation,
    name: str,
    tested: Hypothesis,
    outcomes: Sequence[Tested],
    conventions: TableConventions,
    lone: Sequence[LoneCategory | None] = (),
    units: Sequence[UnitsBehind] = (),
) -> tuple[Test, ...]:
    """Return one test a group, without a value if it rests on one declared unit or too few."""
    tests = []
    resting = lone or [None] * len(outcomes)
    behind = units or [UnitsBehind(np.inf, np.inf, np.inf)] * len(outcomes)
    every = zip(table.groups, outcomes, _respondents(table), resting, behind, strict=True)
    for group, (outcome, estimates), n, on, item in every:
        hypothesis = replace(tested, domain=tuple(zip(table.by, group, strict=True)))
        record: Any = int(n), conventions.provenance, table.sample.codebook
        record += on, item.left, item.few
        if item.left < 1 - 1e-9 or (on is not None and on.declared):
            tests.append(Test(name, np.nan, outcome.df, np.nan, hypothesis, {}, *record))
        else:
            tests.append(
                Test(
                    name,
                    outcome.statistic,
                    outcome.df,
                    outcome.p_value,
                    hypothesis,
                    estimates,
                    *record,
                )
            )
    return tuple(tests)
