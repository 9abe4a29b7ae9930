"""Fitting a regression on a sample: its likelihood, its start, its fit, and the same under replicate weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.inference.conditioned_rows import conditioned_rows
from diplab.inference.fitted_model import FittedModel
from diplab.inference.model_checks import check_fit
from diplab.kernel.families import LINKS, Cumulative, Multinomial, SingleIndex, family_of, negative_binomial
from diplab.kernel.regression import dispersion, fit, inverse_information, maximise

if TYPE_CHECKING:
    from diplab.inference.model_rows import ModelRows, Respondents
    from diplab.kernel.regression import Fit, Likelihood
    from diplab.sampling.engines.protocol import Floats
    from diplab.sampling.sample import SampleInMemory

__all__ = ["Asked", "constants_alone", "fit_model"]


@dataclass(frozen=True)
class Asked:
    """The kind of regression: its family and its link."""

    family: str
    link: str


def fit_model(sample: SampleInMemory, told: Respondents, asked: Asked) -> tuple[FittedModel, dict[str, str]]:
    """Fit a regression, and fit it again under each set of replicate weights.

    Parameters
    ----------
    sample : SampleInMemory
    told : Respondents
    asked : Asked

    Returns
    -------
    FittedModel
    dict of str to str
        Rules, for the provenance.
    """
    rows = told.blocks
    if asked.family == "ordinal" and rows.matrix.formula.intercept:
        # the cut points are its constants
        rows = replace(rows, matrix=replace(rows.matrix, columns=rows.matrix.columns[1:]), _buffer=[])
    rows = conditioned_rows(rows, constant=rows.matrix.formula.intercept or asked.family == "ordinal")
    likelihood, found = _fitted(rows, told, asked, None)
    rules = {"model": f"{asked.family} {asked.link}"}
    if isinstance(likelihood, SingleIndex) and np.isfinite(likelihood.family.theta):
        rules["theta"] = f"{likelihood.family.theta:.10g}"
    inverted = inverse_information(likelihood, rows, found)
    model = FittedModel(sample, likelihood, rows, told.kept, found.theta, inverted, told.outcomes)
    if sample.replication is None:
        return model, rules
    under = [
        _under_replicate(place, replace(rows, weight=weight), told, asked, (likelihood, found))
        for place, weight in enumerate(model.replicate_weights(), start=1)
    ]
    return replace(model, replicates=np.stack(under)), rules


def _under_replicate(
    place: int, rows: ModelRows, told: Respondents, asked: Asked, near: tuple[Likelihood, Fit]
) -> Floats:
    """Return the parameters under one set of replicate weights; what has no answer there names the replicate."""
    try:
        return _fitted(rows, told, asked, near)[1].theta
    except (MisleadingError, OptionError) as error:
        raise type(error)(
            error.asked,
            f"Under the weights of replicate {place}: {error.found}",
            f"{error.write[:-1]}; or estimate without replicate weights.",
        ) from error


def _fitted(
    rows: ModelRows, told: Respondents, asked: Asked, near: tuple[Likelihood, Fit] | None
) -> tuple[Likelihood, Fit]:
    """Return the likelihood and its maximum, starting from one nearby where there is one."""
    width = len(rows.matrix.columns)
    likelihood: Likelihood
    if asked.family == "negative_binomial":
        return _overdispersed(rows, near)
    if asked.family == "ordinal":
        likelihood = Cumulative(len(told.outcomes), asked.link)
        parameters = [*range(width), *[-1] * (len(told.outcomes) - 1)]
    elif asked.family == "multinomial":
        likelihood = Multinomial(len(told.outcomes))
        parameters = [*range(width)] * (len(told.outcomes) - 1)
    else:
        likelihood = SingleIndex(family_of(asked.family, asked.link))
        parameters = [*range(width)]
    found = (
        fit(likelihood, rows, constants_alone(rows, asked))
        if near is None
        else maximise(likelihood, rows, near[1].theta)
    )
    check_fit(found, likelihood, rows, asked.family, parameters)
    return likelihood, found


def constants_alone(rows: ModelRows, asked: Asked) -> Floats:
    """Return the fit of the constants alone, as if nothing else mattered; zeros where the model has none."""
    width, constant = len(rows.matrix.columns), rows.matrix.formula.intercept
    total = rows.weight.sum()
    if asked.family in ("ordinal", "multinomial"):
        share = np.bincount(rows.y.astype(int), weights=rows.weight) / total
        if asked.family == "ordinal":
            cuts = [LINKS[asked.link].forward(float(below)) for below in np.cumsum(share)[:-1]]
            return np.concatenate([np.zeros(width), cuts])
        each = np.zeros((len(share) - 1, width))
        if constant:
            each[:, 0] = np.log(share[1:] / share[0])
        return each.ravel()
    start = np.zeros(width)
    if constant:
        start[0] = LINKS[asked.link].forward(float(rows.weight @ rows.y / total))
    return start


def _overdispersed(rows: ModelRows, near: tuple[Likelihood, Fit] | None) -> tuple[Likelihood, Fit]:
    """Alternate between coefficients given theta and theta given coefficients, until neither moves."""
    parameters = range(len(rows.matrix.columns))
    likelihood: Likelihood
    if near is None:
        likelihood = SingleIndex(family_of("poisson", "log"))
        found = fit(likelihood, rows, constants_alone(rows, Asked("poisson", "log")))
        check_fit(found, likelihood, rows, "negative_binomial", parameters)
    else:
        likelihood, found = near
    for _ in range(100):
        theta = dispersion(likelihood, rows, found.theta)
        if not np.isfinite(theta):
            raise MisleadingError(
                f"The regression `{rows.matrix.formula.text}` was asked for (negative_binomial).",
                "The counts vary no more than Poisson counts would: theta has no finite value.",
                "Write `family='poisson'`.",
            )
        likelihood = SingleIndex(negative_binomial(theta))
        before, found = found.theta, maximise(likelihood, rows, found.theta)
        check_fit(found, likelihood, rows, "negative_binomial", parameters)
        if np.abs(found.theta - before).max() <= 1e-10 * np.abs(found.theta).max():
            break
    return likelihood, found
