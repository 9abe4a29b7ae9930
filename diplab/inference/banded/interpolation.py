"""Answers from incomes spread evenly within their bands, with a Pareto distribution above the open one.

A statistic of the shares of bands and of Pareto's index alpha has the linearised variable

    z_i = (d g / d share of the band of i - its mean) / N + d g / d alpha z_i(alpha)

with alpha and z_i(alpha) of `diplab.kernel.bands.interpolation`; a quantile q has -z_i(F(q)) / f(q).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from diplab.estimators.statistic import Linearised
from diplab.inference.banded.data import BandedAnswer, BandedQuestion, BandGroups, answer_with_error, band_groups
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.bands.interpolation import SpreadBands, bounded_index, pareto_index, spread_gini
from diplab.reference.text import Words
from diplab.sampling.expression import Rows
from diplab.sampling.replication import ReplicatedTotals

WORDS = Words("diplab.inference.banded")
_OF_THE_TOP = ("mean", "gini")


def by_interpolation(question: BandedQuestion) -> tuple[BandedAnswer, ...]:
    """Return what bands tell if incomes are even within them and follow a Pareto distribution in the open one."""
    rows = band_groups(question)
    method = "pareto top" if question.name in _OF_THE_TOP else "interpolated"
    return tuple(_answer(question, rows, method + end, line) for end, line in rows.lines)


@dataclass(frozen=True, eq=False)
class _Value:
    """A statistic by domain: what one person of each band moves it by, and what it owes to the line of everybody."""

    point: Floats
    influence: Floats
    line_slope: Floats
    of_line: Floats | None = None


def _answer(question: BandedQuestion, rows: BandGroups, method: str, line: Floats | None) -> BandedAnswer:
    value = _value(question, rows, rows.weight, line)
    beyond: tuple[tuple[Floats, Rows], ...] = ()
    if value.of_line is not None:
        beyond = ((value.line_slope, rows.rows(np.where(_informative(rows), value.of_line, 0.0))),)
    replicated = None
    if question.sample.replication is not None:
        under = np.stack([_value(question, rows, each, line).point for each in rows.replicate_weights()])

        def replicated(totals: object) -> Floats:
            return under if isinstance(totals, ReplicatedTotals) else value.point

    found = Linearised(
        value.point, rows.rows(np.where(_informative(rows), value.influence, 0.0)), beyond, replicated=replicated
    )
    index, moved = pareto_index(rows.low, rows.high, rows.weight[: rows.domains])
    bounded = np.zeros(rows.domains, dtype=bool)
    if question.name in _OF_THE_TOP:
        index, _, bounded = bounded_index(index, moved)
    flags = ["pareto bounded" if each else "" for each in bounded]
    rules = {"pareto_index": ", ".join(f"{each:.3g}" for each in index)} if np.isfinite(index).all() else {}
    rules = rules if len(index) == 1 else {}
    return answer_with_error(question, rows.totals, method, found, flags, rules, (WORDS("assumption.interpolated"),))


def _value(question: BandedQuestion, rows: BandGroups, weight: Floats, line: Floats | None) -> _Value:
    # an income from nothing to no end says nothing: it is as that of the others
    weight = np.where(_informative(rows), weight, 0.0)
    people = weight.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weight / people[:, None]
    index, moved = pareto_index(rows.low, rows.high, weight)
    if question.name in _OF_THE_TOP:
        index, moved, _ = bounded_index(index, moved)
    own = slice(0, rows.domains)
    bands = SpreadBands(rows.low, rows.high, share[own], index[own])
    scope = _Scope(people[own], moved[own])
    nothing = np.zeros(rows.domains)
    if question.name == "mean":
        return _mean(bands, scope)
    if question.name == "gini":
        point, by_band, by_index = spread_gini(bands)
        return _Value(point, scope.influence(bands, by_band, by_index), nothing)
    if question.name == "arpr" and line is not None:
        return _rate(bands, scope, line)
    relative = question.name in ("arpr", "arpt")
    fraction = float(question.options.get("fraction", 0.6)) if relative else 1.0
    p = float(question.options["p"]) if question.name == "quantile" else 0.5
    of_universe = question.options.get("threshold_on", "universe") == "universe"
    if not (relative and rows.of_everybody and of_universe):
        level, of_level = _quantile(bands, scope, p)
        level, of_level = fraction * level, fraction * of_level
        if question.name != "arpr":
            return _Value(level, of_level, nothing)
        rate = _under(bands, scope, level)
        return _Value(rate.point, rate.influence + bands.density(level)[:, None] * of_level, nothing)
    everybody = SpreadBands(rows.low, rows.high, share[-1:], index[-1:])
    level, of_level = _quantile(everybody, _Scope(people[-1:], moved[-1:]), p)
    level, of_level = np.full(rows.domains, fraction * level[0]), fraction * of_level
    if question.name == "arpt":
        return _Value(level, np.zeros_like(share[own]), np.ones(rows.domains), of_level)
    rate = _under(bands, scope, level)
    return _Value(rate.point, rate.influence, bands.density(level), of_level)


def _informative(rows: BandGroups) -> Booleans:
    return (rows.low > 0) | np.isfinite(rows.high)


@dataclass(frozen=True, eq=False)
class _Scope:
    """People by domain, and how one person of each band moves the index of the Pareto distribution."""

    people: Floats
    moved: Floats

    def influence(self, bands: SpreadBands, by_band: Floats, by_index: Floats) -> Floats:
        """Return the influence of one person of each band on what has these derivatives."""
        by_band = np.where(np.isinf(by_band) & (bands.share == 0), np.nan, by_band)
        average = np.where(bands.share > 0, by_band * bands.share, 0.0).sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            direct = np.where(self.people[:, None] > 0, (by_band - average) / self.people[:, None], 0.0)
        through = np.where(by_index[:, None] == 0, 0.0, by_index[:, None] * self.moved)
        return direct + through


def _rate(bands: SpreadBands, scope: _Scope, line: Floats) -> _Value:
    below = bands.below(line)
    by_index = np.where(bands.share > 0, bands.below_by_index(line) * bands.share, 0.0).sum(axis=1)
    return _Value(bands.rate(line), scope.influence(bands, below, by_index), np.zeros(len(below)))


def _under(bands: SpreadBands, scope: _Scope, level: Floats) -> _Value:
    """Return the rate under a line of each domain that was estimated: there is none where it is not above zero."""
    found = _rate(bands, scope, level[:, None])
    return replace(found, point=np.where(level > 0, found.point, np.nan))


@np.errstate(invalid="ignore")
def _quantile(bands: SpreadBands, scope: _Scope, p: float) -> tuple[Floats, Floats]:
    level = bands.quantile(p)
    under = _rate(bands, scope, level[:, None])
    density = bands.density(level)[:, None]
    # between bands the density is zero, and the influence is undefined
    return level, np.where(density > 0, -under.influence, np.nan) / np.where(density > 0, density, 1.0)


@np.errstate(divide="ignore", invalid="ignore")
def _mean(bands: SpreadBands, scope: _Scope) -> _Value:
    means = bands.means()
    at_top = bands.share[:, bands.is_open] @ bands.low[bands.is_open]
    point = np.where(bands.share > 0, means * bands.share, 0.0).sum(axis=1)
    by_index = np.where(at_top > 0, -at_top / (bands.index - 1) ** 2, 0.0)
    return _Value(point, scope.influence(bands, means, by_index), np.zeros(len(point)))
