"""Distributions fitted to bands: log-normal, Singh-Maddala, Dagum, GB2. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from diplab.errors import OptionError
from diplab.estimators.statistic import Linearised
from diplab.inference.banded.data import (
    BandedAnswer,
    BandedQuestion,
    BandGroups,
    answer_with_error,
    band_groups,
)
from diplab.inference.covariance import joint_covariance, linearised_statistic
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.bands import distributions as kernel
from diplab.kernel.bands.distributions import IncomeDistribution, LogNormal, WithZeros
from diplab.kernel.bands.fitting import BandedFit, fit_distribution
from diplab.microdata.display import bar
from diplab.reference.text import Words

WORDS = Words("diplab.inference.banded")
DISTRIBUTIONS: tuple[IncomeDistribution, ...] = (
    LogNormal(),
    kernel.SINGH_MADDALA,
    kernel.DAGUM,
    kernel.GB2,
)


def fitted_distributions(question: BandedQuestion) -> tuple[BandedAnswer, ...]:
    """Return answers of distributions fitted to the bands, by increasing information criterion."""
    if question.form == "ends":
        raise OptionError(
            f"`{question.label}` of `{question.variable}` has no answer from income distributions.",
            "It is declared by its value at the ends of bands alone.",
            "Write `banded(..., beside='imputed')`, or `beside=()` for the bounds alone.",
        )
    rows = band_groups(question)
    with bar("distributions", len(DISTRIBUTIONS)) as advance:
        every = []
        for distribution in DISTRIBUTIONS:
            every.append(fit_income_distribution(distribution, question, rows))
            advance(1)
    fitted = sorted(every, key=_lost_and_criterion)
    rules = _rules(fitted)
    return tuple(
        _answer(item, item.distribution.name + end, line, rules)
        for item in fitted
        for end, line in rows.lines
    )


def _lost_and_criterion(fitted: FittedDistribution) -> tuple[int, float]:
    """Return how many domains have no fit, and the criterion over the others."""
    known = np.isfinite(fitted.criterion)
    return int((~known).sum()), float(fitted.criterion[known].sum())


def _rules(fitted: list[FittedDistribution]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    if np.isfinite(fitted[0].criterion).any():
        rules["law"] = fitted[0].distribution.name
    # a sum over fewer domains would look smaller than what it is compared with
    least = _lost_and_criterion(fitted[0])[0]
    compared = [
        item
        for item in fitted
        if np.isfinite(item.criterion).any() and _lost_and_criterion(item)[0] == least
    ]
    rules["laws"] = _by_law(
        {item.distribution.name: f"{_lost_and_criterion(item)[1]:.1f}" for item in compared}
    )
    distances = {item.distribution.name: item.misfit for item in fitted}
    rules["misfit"] = _by_law(
        {name: f"{far:.4f}" for name, far in distances.items() if np.isfinite(far)}
    )
    return {name: values for name, values in rules.items() if values}


def _by_law(figures: Mapping[str, str]) -> dict[str, tuple[str, Decimal]]:
    """Return by label the name of each income distribution and its figure as printed."""
    return {f"{name} {figure}": (name, Decimal(figure)) for name, figure in figures.items()}


def _answer(
    fitted: FittedDistribution, method: str, line: Floats | None, rules: dict[str, str]
) -> BandedAnswer:
    question, rows = fitted.question, fitted.rows
    statistic = DistributionStatistic(fitted.distribution, question, line)
    everybody = fitted.everybody if _line_of_everybody(fitted) else None
    value = statistic.value(fitted.theta, _shares(rows.weight[: rows.domains]), everybody)
    influence = np.einsum("kd,kdg->dg", value.slope, fitted.fit.influence[:, : rows.domains])
    of_line = None
    if value.by_group is not None:
        people = rows.weight[: rows.domains].sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            direct = (value.by_group - value.point[:, None]) / people
        influence = influence + np.where(people > 0, direct, 0.0)
    if value.of_universe.any():
        of_line = (
            value.of_universe,
            np.einsum("k,kg->g", value.line_slope, fitted.fit.influence[:, -1])[None, :],
        )
    linearised = rows.linearised(
        value.point, influence, of_line, _under_replicates(fitted, statistic)
    )
    answer = answer_with_error(question, rows.totals, method, linearised, _flags(fitted))
    return replace(
        answer, rules=rules, assumptions=(WORDS(f"distribution.{fitted.distribution.name}"),)
    )


def _flags(fitted: FittedDistribution) -> list[str]:
    """Return why each domain has no answer: its own fit, or the overall fit behind its line."""
    own, overall = fitted.fit.flag[: fitted.rows.domains], fitted.fit.flag[-1]
    owes = _line_of_everybody(fitted)
    return [flag or (overall if owes else "") for flag in own]


def _line_of_everybody(fitted: FittedDistribution) -> bool:
    return fitted.question.line_of_everybody and fitted.rows.of_everybody


@np.errstate(divide="ignore", invalid="ignore")
def _shares(weight: Floats) -> Floats:
    shares: Floats = weight / weight.sum(axis=-1, keepdims=True)
    return shares


def _under_replicates(
    fitted: FittedDistribution, statistic: DistributionStatistic
) -> Floats | None:
    """Return the statistic of the distributions fitted under each set of replicate weights."""
    if fitted.replicates is None:
        return None
    rows, count = fitted.rows, len(fitted.replicates)
    theta = np.moveaxis(fitted.replicates[:, :, : rows.domains], 1, 0).reshape(
        fitted.distribution.size, -1
    )
    everybody = None
    if _line_of_everybody(fitted):
        everybody = np.repeat(fitted.replicates[:, :, -1].T, rows.domains, axis=1)
    share = np.zeros((theta.shape[1], 1))
    if statistic.line is not None:
        weights = np.stack([weight[: rows.domains] for weight in rows.replicate_weights()])
        share = _shares(weights).reshape(theta.shape[1], -1)
    return statistic.point(theta, share, everybody).reshape(count, rows.domains)


@dataclass(frozen=True, eq=False)
class FittedDistribution:
    """A distribution fitted to the people of each domain, and of the universe if larger."""

    question: BandedQuestion
    rows: BandGroups
    fit: BandedFit
    replicates: (
        Floats | None
    )  # (replicates, parameters, groups of people): under each set of replicate weights

    @property
    def distribution(self) -> IncomeDistribution | WithZeros:
        """The distribution of incomes whose parameters were fitted."""
        return self.fit.distribution

    @property
    def theta(self) -> Floats:
        """Parameters by domain."""
        return self.fit.theta[:, : self.rows.domains]

    @property
    def everybody(self) -> Floats:
        """Parameters of the universe: its own fit, or that of the only domain."""
        return self.fit.theta[:, -1:]

    @cached_property
    def covariance(self) -> Floats:
        """Design-based covariance of the parameters, (domains, parameters, parameters)."""
        domains, size = self.rows.domains, self.distribution.size
        if (
            self.replicates is not None
            and (replication := self.question.sample.replication) is not None
        ):
            every = self.replicates[:, :, :domains].reshape(len(self.replicates), -1)
            overall = replication.covariance(every, self.theta.ravel())
        else:
            totals = self.rows.totals
            parts = [
                linearised_statistic(
                    totals, Linearised(np.zeros(domains), self.rows.rows(item[:domains]))
                )
                for item in self.fit.influence
            ]
            totals(*[part.linearised.variable for part in parts])  # all in one query
            overall = joint_covariance(self.question.sample, parts)
        place = np.arange(size) * domains
        own = place[None, :] + np.arange(domains)[:, None]
        found: Floats = overall[own[:, :, None], own[:, None, :]]
        return found

    @cached_property
    def criterion(self) -> Floats:
        """Akaike's criterion of a survey, by domain: -2 l + 2 tr(J V) (Lumley and Scott 2015)."""
        domains = self.rows.domains
        weight = self.rows.weight[:domains].sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = self.rows.totals.n / weight
        trace = np.full(domains, np.nan)  # under simple random sampling, the number of parameters
        # the share without an income is the same under every distribution
        size = (
            self.distribution.distribution.size
            if isinstance(self.distribution, WithZeros)
            else self.distribution.size
        )
        for position in np.flatnonzero(np.isfinite(self.fit.log_likelihood[:domains])):
            information = (
                np.linalg.inv(self.fit.inverse_information[position, :size, :size])
                * scale[position]
            )
            trace[position] = np.trace(information @ self.covariance[position, :size, :size])
        found: Floats = -2 * self.fit.log_likelihood[:domains] * scale + 2 * trace
        return found

    @cached_property
    def misfit(self) -> float:
        """Largest distance between the observed and the fitted share of a band.

        NaN where bands overlap.
        """
        low, high = self.rows.low, self.rows.high
        if isinstance(self.distribution, WithZeros) or (low == high).any():
            return float("nan")
        ends, place = np.unique(np.stack([low, high]), axis=1, return_inverse=True)
        if (ends[1, :-1] > ends[0, 1:]).any():
            return float("nan")
        weight = np.zeros((self.rows.domains, ends.shape[1]))
        np.add.at(weight.T, place.ravel(), self.rows.weight[: self.rows.domains].T)
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = np.exp(
                kernel.log_of_likelihood(self.distribution, ends[0], ends[1], self.theta[..., None])
            )
        distance = np.abs(_shares(weight) - expected)
        if np.isfinite(distance).any():
            return float(np.nanmax(distance, initial=np.nan))
        return float("nan")


def fit_income_distribution(
    distribution: IncomeDistribution, question: BandedQuestion, rows: BandGroups
) -> FittedDistribution:
    """Fit a distribution in each domain and under each set of replicate weights.

    Incomes of zero are a share apart.
    """
    zero = (rows.low == 0) & (rows.high == 0)
    fit = fit_distribution(distribution, rows.low, rows.high, np.where(zero, 0.0, rows.weight))
    overall = _with_zeros(distribution, fit, rows.weight, zero) if zero.any() else fit
    if question.sample.replication is None:
        return FittedDistribution(question, rows, overall, None)
    weights = np.stack(list(rows.replicate_weights()))
    count, groups, bands = weights.shape
    near = np.tile(fit.theta, (1, count))
    usable = np.tile(np.array([not flag for flag in fit.flag]), count)
    flat = np.where(usable[:, None], weights.reshape(-1, bands), 0.0)
    again = fit_distribution(
        distribution, rows.low, rows.high, np.where(zero, 0.0, flat), near, spread=False
    )
    if zero.any():
        again = _with_zeros(distribution, again, flat, zero)
    replicates = again.theta.reshape(overall.distribution.size, count, groups).transpose(1, 0, 2)
    return FittedDistribution(question, rows, overall, replicates)


def _with_zeros(
    distribution: IncomeDistribution, fit: BandedFit, weight: Floats, zero: Booleans
) -> BandedFit:
    """Return a fit with the share of people without an income as its last parameter."""
    people = weight.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, spread = (
            np.where(people > 0, weight[:, zero].sum(axis=1) / people, np.nan),
            1 / people,
        )
    size, lost = distribution.size, np.array([flag != "" for flag in fit.flag])
    theta = np.concatenate([fit.theta, np.where(lost, np.nan, 100 * share)[None, :]])
    # what a person tells of the share, with the inverse of its information beside
    score = np.zeros((size + 1, *fit.score.shape[1:]))
    score[:size] = np.where(zero, 0.0, fit.score)
    score[size] = 100 * (zero - share[:, None])
    inverse = np.zeros((len(people), size + 1, size + 1))
    inverse[:, :size, :size] = fit.inverse_information
    inverse[:, size, size] = spread
    return BandedFit(WithZeros(distribution), theta, score, inverse, fit.log_likelihood, fit.flag)


@dataclass(frozen=True, eq=False)
class DistributionValue:
    """A statistic read from a distribution in each domain."""

    point: Floats
    # (parameters, domains): derivative in the parameters of the domain's own distribution
    slope: Floats
    of_universe: (
        Floats  # (domains,): derivative in the poverty line of everybody; 0 where it is another
    )
    line_slope: Floats  # (parameters,): derivative of that line in the parameters of everybody
    by_group: Floats | None = (
        None  # (domains, groups): its value in each group of rows, where it is a mean of those
    )


@dataclass(frozen=True, eq=False)
class DistributionStatistic:
    """A statistic of distributions, which are one per column of `theta` (parameters, domains)."""

    distribution: IncomeDistribution | WithZeros
    question: BandedQuestion
    line: Floats | None  # (groups,): fixed line of each group of rows

    def point(self, theta: Floats, share: Floats, everybody: Floats | None) -> Floats:
        """Return the statistic; `share`: of each group of rows, `everybody`: theta of the lines."""
        distribution, form = self.distribution, self.question.form
        if self.line is not None:
            found: Floats = (self._below(self.line, theta) * share).sum(axis=-1)
            return found
        if form == "mean":
            return distribution.mean(theta)
        if form == "gini":
            return distribution.gini(theta)
        level = self._level(theta if everybody is None else everybody)
        if form == "rate":
            # half of everybody without an income leave no line, and so no rate
            return np.where(level > 0, distribution.cdf(level, theta), np.nan)
        everywhere: Floats = level + 0.0 * theta[0]
        return everywhere

    def value(self, theta: Floats, share: Floats, everybody: Floats | None) -> DistributionValue:
        """Return the statistic and how it moves."""
        point, nothing = self.point(theta, share, everybody), np.zeros(theta.shape[1])
        flat = np.zeros(self.distribution.size)
        with np.errstate(invalid="ignore"):
            slope = kernel.gradient(lambda at: self.point(at, share, everybody), theta)
        if self.line is not None:
            return DistributionValue(point, slope, nothing, flat, self._below(self.line, theta))
        if everybody is None:
            return DistributionValue(point, slope, nothing, flat)
        level, turned = self._level(everybody), kernel.gradient(self._level, everybody)[:, 0]
        if self.question.form == "threshold":
            return DistributionValue(point, slope, np.ones_like(point), turned)
        with np.errstate(divide="ignore"):
            steep = np.exp(self.distribution.log_density(level, theta))
        return DistributionValue(point, slope, steep, turned)

    def _level(self, theta: Floats) -> Floats:
        """Return the quantile asked for, or the fraction of the median that makes a line."""
        return self.question.fraction * self.distribution.quantile(
            np.array(self.question.order), theta
        )

    def _below(self, line: Floats, theta: Floats) -> Floats:
        """Return the share of each distribution below the line of each group, (domains, groups)."""
        lines, place = np.unique(line, return_inverse=True)
        return self.distribution.cdf(lines, theta[..., None])[..., place]
