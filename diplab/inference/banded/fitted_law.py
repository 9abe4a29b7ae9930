"""A law of income fitted to the bands of each domain, with how every row moves it and its information criterion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.estimators.statistic import Linearised
from diplab.inference.banded.spread_answer import computed_of
from diplab.inference.covariance import joint_covariance
from diplab.kernel.bands.distributions import WithZeros, log_of_likelihood
from diplab.kernel.bands.fitting import BandedFit, fit_distribution

if TYPE_CHECKING:
    from diplab.inference.banded.answer import Asked
    from diplab.inference.banded.answered_rows import AnsweredRows
    from diplab.kernel.bands.distributions import IncomeDistribution

__all__ = ["FittedLaw", "fitted_law"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FittedLaw:
    """A law fitted to the people of each domain, and of the universe where that is more.

    Parameters
    ----------
    asked : Asked
    rows : AnsweredRows
    fit : BandedFit
    replicates : array, shape (replicates, parameters, groups of people), or None
        Parameters under each set of replicate weights.
    """

    asked: Asked
    rows: AnsweredRows
    fit: BandedFit
    replicates: Floats | None

    @property
    def law(self) -> IncomeDistribution:
        """The law."""
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
        """Covariance of the parameters by domain that the design gives, (domains, parameters, parameters)."""
        domains, size = self.rows.domains, self.law.size
        if self.replicates is not None:
            replication = self.asked.sample.replication
            assert replication is not None  # where replicates come from
            every = self.replicates[:, :, :domains].reshape(len(self.replicates), -1)
            whole = replication.covariance(every, self.theta.ravel())
        else:
            totals = self.rows.totals
            parts = [
                computed_of(self.asked, totals, Linearised(np.zeros(domains), self.rows.rows(each[:domains])))
                for each in self.fit.influence
            ]
            totals(*[each.linearised.variable for each in parts])  # all in one query
            whole = joint_covariance(self.asked.sample, parts)
        place = np.arange(size) * domains
        own = place[None, :] + np.arange(domains)[:, None]
        found: Floats = whole[own[:, :, None], own[:, None, :]]
        return found

    @cached_property
    def criterion(self) -> Floats:
        """Akaike's criterion of a survey, by domain: -2 l + 2 tr(J V) (Lumley and Scott 2015).

        l and J are log-likelihood and information with weights that add up to the respondents, V the covariance that
        the design gives to the parameters: the trace is their number where people were drawn at random, and more where
        the design tells less than that.
        """
        domains = self.rows.domains
        weight = self.rows.weight[:domains].sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = self.rows.totals.n / weight
        trace = np.full(domains, np.nan)
        # the share without an income is the same under every law
        size = self.law.distribution.size if isinstance(self.law, WithZeros) else self.law.size
        for place in np.flatnonzero(np.isfinite(self.fit.log_likelihood[:domains])):
            information = np.linalg.inv(self.fit.inverse_information[place, :size, :size]) * scale[place]
            trace[place] = np.trace(information @ self.covariance[place, :size, :size])
        found: Floats = -2 * self.fit.log_likelihood[:domains] * scale + 2 * trace
        return found

    @cached_property
    def misfit(self) -> float:
        """Largest distance between the share of a band among people and in the law; NaN where bands overlap."""
        low, high = self.rows.low, self.rows.high
        if isinstance(self.law, WithZeros):
            return float("nan")
        ends, place = np.unique(np.stack([low, high]), axis=1, return_inverse=True)
        if (ends[1, :-1] > ends[0, 1:]).any() or (ends[0] == ends[1]).any():
            return float("nan")
        weight = np.zeros((self.rows.domains, ends.shape[1]))
        np.add.at(weight.T, place.ravel(), self.rows.weight[: self.rows.domains].T)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = weight / weight.sum(axis=1, keepdims=True)
            expected = np.exp(log_of_likelihood(self.law, ends[0], ends[1], self.theta[..., None]))
        apart = np.abs(share - expected)
        return float(np.nanmax(apart, initial=np.nan)) if np.isfinite(apart).any() else float("nan")


def fitted_law(law: IncomeDistribution, asked: Asked, rows: AnsweredRows) -> FittedLaw:
    """Fit a law in each domain, and again under each set of replicate weights.

    People whose income is known to be zero are a share of their own, beside the law of the others.
    """
    zero = (rows.low == 0) & (rows.high == 0)
    fit = fit_distribution(law, rows.low, rows.high, np.where(zero, 0.0, rows.weight))
    whole = _with_zeros(fit, rows.weight, zero) if zero.any() else fit
    if asked.sample.replication is None:
        return FittedLaw(asked, rows, whole, None)
    weights = np.stack(list(rows.replicate_weights()))
    count, groups, bands = weights.shape
    near = np.tile(fit.theta, (1, count))
    usable = np.tile(np.array([not flag for flag in fit.flag]), count)
    flat = np.where(usable[:, None], weights.reshape(-1, bands), 0.0)
    again = fit_distribution(law, rows.low, rows.high, np.where(zero, 0.0, flat), near, spread=False)
    if zero.any():
        again = _with_zeros(again, flat, zero)
    replicates = again.theta.reshape(whole.distribution.size, count, groups).transpose(1, 0, 2)
    return FittedLaw(asked, rows, whole, replicates)


def _with_zeros(fit: BandedFit, weight: Floats, zero: NDArray[np.bool_]) -> BandedFit:
    """Return a fit with the share of people without an income as its last parameter."""
    people = weight.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(people > 0, weight[:, zero].sum(axis=1) / people, np.nan)
    size, lost = fit.distribution.size, np.array([flag != "" for flag in fit.flag])
    theta = np.concatenate([fit.theta, np.where(lost, np.nan, 100 * share)[None, :]])
    # what a person tells of the share, with the inverse of its information beside
    score = np.zeros((size + 1, *fit.score.shape[1:]))
    score[:size] = np.where(zero, 0.0, fit.score)
    score[size] = 100 * (zero - share[:, None])
    bread = np.zeros((len(people), size + 1, size + 1))
    bread[:, :size, :size] = fit.inverse_information
    with np.errstate(divide="ignore"):
        bread[:, size, size] = 1 / people
    return BandedFit(WithZeros(fit.distribution), theta, score, bread, fit.log_likelihood, fit.flag)
