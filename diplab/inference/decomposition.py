"""`decompose`: how much of a poverty rate, or of an inequality, each group makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import check_one_of
from diplab.errors import MisleadingError, OptionError
from diplab.estimators.statistic import Bounds, Linearised, Statistic
from diplab.inference import covariance as joint
from diplab.inference._estimate import estimate
from diplab.inference.covariance import ComputedStatistic, blank_undefined
from diplab.inference.degrees_of_freedom import degrees_of_freedom
from diplab.inference.imputation import pool_estimates
from diplab.inference.measures import measures, row_flags
from diplab.inference.missing import prepare_statistics
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import SHARE_INTERVALS, Precision
from diplab.results.estimates import MEASURES, Estimates, StatisticDescription
from diplab.results.tables import OF_ENTROPY, OF_GROUPS, Decomposition
from diplab.sampling._imputed import Imputed
from diplab.sampling.expression import ONE, only_where
from diplab.sampling.replication import Replication
from diplab.sampling.sample import Sample

DecompositionDf: TypeAlias = Literal["effective", "design", "infinity"]
Numbers: TypeAlias = NDArray[Any]


def poverty_parts(index: Numbers, people: Numbers) -> Numbers:
    """Return what an index of poverty is made of. Shapes: `index`, `people` (..., groups)."""
    share = people / people.sum(axis=-1, keepdims=True)
    made = _of_somebody(share, index)
    whole = made.sum(axis=-1, keepdims=True)
    return np.concatenate([share, made, _over(made, whole), whole], axis=-1)


def entropy_parts(index: Numbers, people: Numbers, incomes: Numbers, alpha: float) -> Numbers:
    """Return the parts of an entropy index. Shapes: `index`, `people`, `incomes` (..., groups)."""
    share = people / people.sum(axis=-1, keepdims=True)
    earned = incomes.sum(axis=-1, keepdims=True)
    mean = _over(_over(incomes, people), _over(earned, people.sum(axis=-1, keepdims=True)))
    # people without any income have no index, and are not unequal
    without = incomes.real == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        raised = mean**alpha
        if alpha == 1:
            apart = np.where(without, 0.0, mean * np.log(mean))
        elif alpha == 0:
            apart = -np.log(mean)
        else:
            apart = (raised - 1.0) / (alpha * (alpha - 1.0))
        made = _of_somebody(share, np.where(without & (alpha > 0), 0.0, raised * index))
    # where nobody has an income there is no index of everybody, and no part of it
    defined = np.where(earned.real == 0, np.nan, 1.0)
    within = made.sum(axis=-1, keepdims=True) * defined
    between = _of_somebody(share, apart).sum(axis=-1, keepdims=True) * defined
    whole = within + between
    parts = [
        share,
        made,
        _over(made, whole),
        whole,
        within,
        between,
        _over(within, whole),
        _over(between, whole),
    ]
    return np.concatenate(parts, axis=-1)


def derivatives(parts: Callable[..., Numbers], *given: Numbers) -> Floats:
    """Return the derivatives of parts by everything that they are made from."""
    # by a complex step (Squire and Trapp 1998): the imaginary part at an imaginary step that is too
    # small to have a square, so that nothing is lost by a difference. Shapes: `*given` (groups,).
    # Derivatives by the first argument of each group, then by the second; NaN where there is none
    at = np.concatenate(given)
    step = 1e-20 * np.where((at == 0) | ~np.isfinite(at), 1.0, np.abs(at))
    moved = np.split(at + 1j * np.diag(step), len(given), axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return parts(*moved).imag / step[:, None]


def _of_somebody(share: Numbers, index: Numbers) -> Numbers:
    """Return the part of each group: zero for an empty group, whatever its index."""
    with np.errstate(invalid="ignore"):
        return np.where(share.real == 0, 0.0, share * index)


def _over(part: Numbers, whole: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole.real == 0, np.nan, part / whole)


@dataclass(frozen=True, eq=False)
class _GroupParts:
    """The index, people and (for entropy) incomes of each group, and the function to the parts."""

    sample: Sample  # columns in memory where units are rows
    computed: tuple[ComputedStatistic, ...]  # the index by group, the people, the incomes
    parts: Callable[..., Floats]  # from these, for groups that have respondents

    @property
    def there(self) -> NDArray[np.bool_]:
        """Whether each group has people who count."""
        return (self.computed[0].n > 0) & (self.computed[1].linearised.point > 0)

    def decomposed(self) -> tuple[Floats, Floats]:
        """Return the indices of the groups and the parts, and their covariance."""
        there = self.there
        given = [item.linearised.point[there] for item in self.computed]
        point = self._on_all_rows(np.concatenate([given[0], self.parts(*given)]))
        if self.sample.replication is not None:
            return point, self._replicated(self.sample.replication, given)
        slopes = derivatives(self.parts, *given)
        # where no group has anybody there are no slopes, and no errors
        lost = ~(np.isfinite(slopes).all(axis=0) & there.any())
        rows = np.flatnonzero(np.tile(there, len(self.computed)))
        groups = given[0].size
        mix = np.zeros((there.size * len(self.computed), groups + slopes.shape[1]))
        mix[rows[:groups], np.arange(groups)] = 1.0
        mix[rows, groups:] = np.where(lost, 0.0, slopes)
        covariance = joint.joint_covariance(self.sample, self.computed, mix)
        return point, self._on_all_rows(
            blank_undefined(covariance, np.concatenate([np.zeros(groups, dtype=bool), lost]))
        )

    def _replicated(self, replication: Replication, given: list[Floats]) -> Floats:
        under, _ = joint.replicated_points(replication, self.computed)
        wide = [item[:, self.there] for item in np.split(under, len(self.computed), axis=1)]
        with np.errstate(divide="ignore", invalid="ignore"):
            under = np.concatenate([wide[0], self.parts(*wide)], axis=1)
        full = np.concatenate([given[0], self.parts(*given)])
        return self._on_all_rows(replication.covariance(under, full))

    @property
    def sums(self) -> int:
        """How many rows are about everybody."""
        return 1 + (len(OF_ENTROPY) if len(self.computed) > 2 else 0)

    def _on_all_rows(self, values: Floats) -> Floats:
        """Return points, or their covariance, NaN for empty groups."""
        known = np.concatenate(
            [np.tile(self.there, 1 + len(OF_GROUPS)), np.ones(self.sums, dtype=bool)]
        )
        filled = np.full([known.size] * values.ndim, np.nan)
        filled[np.ix_(*[known] * values.ndim)] = values
        return filled


def _group_parts(
    sample: Sample, statistic: Statistic, by: tuple[str, ...], na: Literal["drop", "fail"]
) -> _GroupParts:
    """Return the parts of a statistic by group."""
    sample, (bound,) = prepare_statistics(sample, [statistic], by, na)
    sample = sample.prepare_for(*bound.columns, by=by)
    totals = sample.totals(by, bound.columns)
    index = ComputedStatistic(bound, totals, bound(totals), totals.n)
    income, rule = bound.arguments[0], bound.options.get("nonpositive")
    poverty = statistic.description.parts == "poverty"
    # an index of entropy has a rule for incomes at or below zero
    person = only_where(income > 0.0, ONE) if rule == "drop" and not poverty else ONE
    (people,) = totals(person)
    counted = joint.linearised_statistic(totals, Linearised(people, person))
    if poverty:
        return _GroupParts(sample, (index, counted), poverty_parts)
    if rule in ("drop", "zero"):
        income = only_where(income > 0.0, income)
    (sums,) = totals(income)
    alpha = float(statistic.options.get("alpha", 1.0))
    earned = joint.linearised_statistic(totals, Linearised(sums, income))
    return _GroupParts(sample, (index, counted, earned), partial(entropy_parts, alpha=alpha))


def _part_intervals(
    interval: Callable[[Floats, Precision], Bounds],
    own_high: Floats,
    point: Floats,
    spread: Precision,
) -> tuple[Floats, Floats]:
    """Return intervals of a decomposition: shares on log-odds, between groups on (arcsine) root."""
    width = own_high.size
    people, made, shares = (slice(block * width, (block + 1) * width) for block in (1, 2, 3))
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = interval(point, spread)
        low, high = bounds.low.copy(), bounds.high.copy()
        by_odds = SHARE_INTERVALS["logit"](point, spread)
        for rows in (people, shares):
            low[rows], high[rows] = by_odds[0][rows], by_odds[1][rows]
        if point.size > 4 * width + 1:
            _between_intervals(low, high, point, spread, 4 * width)
        still = spread.std_error == 0
        # a part without any of the poor goes up to its share of people times the upper end of its
        # rate
        nothing = (point[made] == 0) & still[made]
        most = np.where(nothing, point[people] * own_high, 0.0)
        total = point[4 * width]
        low[made], high[made] = (
            np.where(nothing, 0.0, low[made]),
            np.where(nothing, most, high[made]),
        )
        everything = (point[shares] == 1) & still[shares]
        low[shares] = np.where(
            everything, total / (total + most.sum()), np.where(nothing, 0.0, low[shares])
        )
        high[shares] = np.where(
            everything, 1.0, np.where(nothing, most / (total + most), high[shares])
        )
    known = np.isfinite(spread.std_error)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _between_intervals(
    low: Floats, high: Floats, point: Floats, spread: Precision, first_row: int
) -> None:
    """Write the intervals of what is between groups and of both shares, in place."""
    between, within_share, between_share = first_row + 2, first_row + 3, first_row + 4
    half = spread.t * spread.std_error
    root = np.sqrt(point[between])
    reach = half[between] / (2 * root)
    low[between], high[between] = np.maximum(root - reach, 0) ** 2, (root + reach) ** 2
    by_angle = SHARE_INTERVALS["asin"](point, spread)
    low[between_share], high[between_share] = by_angle[0][between_share], by_angle[1][between_share]
    for row in (between, between_share):
        if spread.std_error[row] == 0:
            low[row] = high[row] = point[row]
    low[within_share], high[within_share] = 1 - high[between_share], 1 - low[between_share]


_SHARES = tuple(name for name in (*OF_GROUPS, *OF_ENTROPY) if name.endswith("_share"))


def decompose(
    sample: Sample | Imputed,
    statistic: Statistic,
    by: str | Sequence[str],
    *,
    confidence: float = 0.95,
    df: DecompositionDf = "effective",
    na: Literal["drop", "fail"] = "drop",
) -> Decomposition:
    """Say how much of an index of poverty or of inequality each group makes.

    Parts add up to the index of the people whose group is known; those whose group is not are left
    out, and counted. An estimated poverty line stays that of everybody under study, them included,
    and every part includes its sampling error.

    Parameters
    ----------
    sample : Sample or Imputed
    statistic : Statistic
        `arpr(...)` or `fgt(...)`: P = sum_g (N_g / N) P_g (Foster, Greer and Thorbecke 1984).
        `theil(...)` or `generalised_entropy(...)`: what is within groups, sum_g (N_g / N) (mean_g /
        mean)^alpha GE_g, and what is between them, the index there would be if everyone had the
        mean of their group (Shorrocks 1984; Bourguignon 1979).
    by : str or list of str
        The groups.
    confidence : float
        Level of the intervals.
    df : {"effective", "design", "infinity"}
        Degrees of freedom, as for `estimate`: those of its group for a part, of everybody for a
        sum.
    na : {"drop", "fail"}
        Rows without an answer are left out and counted, or refused.

    Returns
    -------
    Decomposition
        Estimates whose covariance follows, by the derivatives of the parts, from that of the
        indices, numbers of people and incomes of all groups (delta method): z = sum_g (dpart/dP_g
        z(P_g) + dpart/dN_g z(N_g) + ...). Under replicate weights the parts are computed again in
        each. Shares have intervals on the log-odds; what is between groups and its share on the
        (arcsine) root; contributions and sums that of the statistic.

    Raises
    ------
    OptionError
        For another statistic, or no group.
    MisleadingError
        Where each group would have a poverty line of its own: their poverty does not add up to that
        of everybody.

    Notes
    -----
    A group without people is `empty` and has no part; one of a single person has no inequality, and
    an index without a standard error. Under an estimated line the slope of a rate is a density: the
    sum of those of the groups, each with its own bandwidth, is not exactly that of everybody, and
    the standard error of the whole can differ from that of `estimate` in its third digit.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": list("ffmm"), "income": [500.0, 900.0, 950.0, 1500.0]})
    >>> found = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=930), "sex")
    >>> found.frame[["statistic", "sex", "estimate"]].values.tolist()[4:]
    [['contribution', 'f', 0.5], ['contribution', 'm', 0.0], ['contribution_share', 'f', 1.0],
     ['contribution_share', 'm', 0.0], ['arpr', '', 0.5]]
    """
    _check_options(statistic, by, df, na)
    if isinstance(sample, Imputed):
        options: Any = {"confidence": confidence, "df": df, "na": na}
        return pool_estimates(sample.results(decompose, statistic, by, **options))
    of_groups = estimate(sample, statistic, by=by, confidence=confidence, df=df, na=na)
    groups = _group_parts(sample, statistic, of_groups.by, na)
    point, covariance = groups.decomposed()
    frame, covariance = _frame(of_groups, groups, point, covariance, confidence, df)
    rules = of_groups.provenance.rules_without("interval")
    provenance = replace(
        of_groups.provenance, rules={**rules, "decomposition": statistic.description.parts}
    )
    descriptions = {
        **of_groups.descriptions,
        **dict.fromkeys(_SHARES, StatisticDescription(kind="share")),
    }
    return Decomposition(
        frame,
        covariance,
        provenance,
        of_groups.by,
        of_groups.codebook,
        of_groups.drawn,
        descriptions=descriptions,
    )


def _check_options(statistic: object, by: object, df: str, na: str) -> None:
    if not isinstance(statistic, Statistic) or not statistic.description.parts:
        described = f"`{statistic.name}`" if isinstance(statistic, Statistic) else repr(statistic)
        raise OptionError(
            f"{described} has no decomposition.",
            "Indices that are sums over groups have one: `arpr`, `fgt`, `theil`, "
            "`generalised_entropy`.",
            "Write for example `decompose(sample, arpr('income'), 'sex')`.",
        )
    if not by or (
        not isinstance(by, str)
        and not all(
            isinstance(item, str)
            for item in by  # type: ignore[attr-defined]
        )
    ):
        raise OptionError(
            f"`by={by!r}` names no groups.",
            "Groups are the categories of a variable, named by its column.",
            f"Write for example `decompose(sample, {statistic.name}(...), 'sex')`.",
        )
    check_one_of("df", df, DecompositionDf)
    check_one_of("na", na, Literal["drop", "fail"])
    if (
        statistic.options.get("threshold_on") == "domain"
        and statistic.options.get("threshold") is None
    ):
        raise MisleadingError(
            f"`{statistic.name}` with a poverty line of each group has no decomposition.",
            "People are then poor by different lines, and the groups do not add up to the poverty "
            "of everybody.",
            "Write `threshold_on='universe'`, or a `threshold`.",
        )


def _frame(
    of_groups: Estimates,
    groups: _GroupParts,
    point: Floats,
    covariance: Floats,
    confidence: float,
    df: DecompositionDf,
) -> tuple[pd.DataFrame, Floats]:
    """Return the rows of the result, those of the groups' own indices as they were estimated."""
    first, width = of_groups.frame, len(of_groups.frame)
    errors = joint.standard_errors(covariance, np.nan_to_num(point))
    errors[:width] = first["std_error"]
    covariance = blank_undefined(covariance, np.isnan(errors))
    frame = _keys(of_groups, groups.sums)
    n = np.full(len(frame), first["n"].sum())
    n[: -groups.sums] = np.tile(first["n"], 1 + len(OF_GROUPS))
    freedom = np.resize(first["df"].to_numpy(dtype=float), len(frame))
    totals = groups.computed[0].totals
    together = np.zeros(totals.domains, dtype=np.int64)
    freedom[-groups.sums :] = degrees_of_freedom(groups.sample, totals, df, together, 1)
    worth = np.resize(np.where(of_groups.flagged("few units"), 1.0, np.inf), len(frame))
    worth[-groups.sums :] = degrees_of_freedom(groups.sample, totals, "effective", together, 1)
    interval = groups.computed[0].linearised.interval
    own_high = first["ci_high"].to_numpy(dtype=float)
    low, high = _part_intervals(
        interval, own_high, point, Precision(errors, freedom, n, confidence)
    )
    flags = row_flags(n, point, errors, freedom, worth=worth)
    frame = frame.assign(**measures(point, errors, low, high, freedom, n, flags))
    names = list(MEASURES)
    frame.loc[: width - 1, names] = first[names].to_numpy(dtype=object)
    return frame.astype({item: first[item].dtype for item in names}), covariance


def _keys(of_groups: Estimates, sums: int) -> pd.DataFrame:
    """Return what each row is about: the groups, block by block, then everybody."""
    first, width = of_groups.frame, len(of_groups.frame)
    name, blocks = str(first["statistic"].iloc[0]), 1 + len(OF_GROUPS)
    last = (name, *(OF_ENTROPY if sums > 1 else ()))
    statistics = [*np.repeat([name, *OF_GROUPS], width), *last]
    order = first["category"].tolist()[0]
    keys = {
        "statistic": statistics,
        "variable": [str(first["variable"].iloc[0])] * len(statistics),
        # the order of an index, which its shares have none of
        "category": [order if statistic == name else "" for statistic in statistics],
    }
    keys |= {item: [*first[item].tolist() * blocks, *[""] * len(last)] for item in of_groups.by}
    return pd.DataFrame(keys).astype(dict.fromkeys(("category", *of_groups.by), object))
