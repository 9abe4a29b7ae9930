"""What maximum likelihood says of a regression where all respondents count alike and were drawn one by one.

The likelihood is then that of independent answers: its information gives standard errors without a design, and its
value says how well the model fits. Under sampling weights, strata or units it is a pseudo-likelihood, of which neither
holds (Lumley and Scott 2015).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from diplab.errors import OptionError
from diplab.inference.regression.fitting import ModelKind, fit_of_constants
from diplab.kernel.models.families import SingleIndex, negative_binomial
from diplab.kernel.models.regression import dispersion
from diplab.kernel.p_values import f_p_value
from diplab.results.regression import FitStatistics
from diplab.sampling._two_phase import TwoPhaseUnits

if TYPE_CHECKING:
    from diplab.inference.regression.fitting import FittedModel
    from diplab.inference.regression.rows import ModelRows
    from diplab.kernel.arrays import Floats
    from diplab.kernel.models.regression import Likelihood


def departure_from_iid(fitted: FittedModel) -> str:
    """Return what of the design a likelihood of independent answers leaves out, as a sentence; empty for none."""
    sample, weight = fitted.sample, fitted.blocks.weight
    engine = sample.engine
    stage = engine.units.stages[0]
    if sample.auxiliary is not None:
        return "The weights of the sample are calibrated."
    if weight.max() > weight.min() * (1 + 1e-12):
        return f"The respondents have sampling weights from {weight.min():g} to {weight.max():g}."
    if sample.replication is not None:
        return "The sample has replicate weights, which hold its design."
    if isinstance(engine.units, TwoPhaseUnits):
        return "The sample was drawn in two phases."
    if len(stage.sizes) > 1:
        return f"The sample was drawn in {len(stage.sizes)} strata."
    if len(stage.group) < engine.rows:
        return f"The {engine.rows} rows of the sample were drawn in {len(stage.group)} primary units."
    if (stage.fraction > 0).any():
        return "The sample has a finite population correction."
    return ""


def model_covariance(fitted: FittedModel, family: str, mix: Floats | None = None) -> Floats:
    """Return the covariance of coefficients, or of a `mix` of them, from the information matrix alone.

    Expected for generalised linear models, observed for categorical ones; gaussian times RSS / (n - p).
    """
    if found := departure_from_iid(fitted):
        raise OptionError(
            f"`variance='model'` takes respondents as independent and alike. {found}",
            "The information matrix knows nothing of it.",
            "Write `variance='linearised'`, or `declare_design(data)` alone to take all rows as independent and alike.",
        )
    # the weights are all the same, and whatever they are, each respondent is one
    covariance: Floats = fitted.inverse_information * float(fitted.blocks.weight[0])
    if family == "gaussian":
        left = fitted.n - fitted.theta.size
        squares = -2 * _log_likelihood(fitted.likelihood, _with_unit_weights(fitted), fitted.theta)
        covariance = covariance * (squares / left if left > 0 else np.nan)
    mix = fitted.restoring if mix is None else mix
    return covariance if mix is None else mix @ covariance @ mix.T


def fit_statistics(fitted: FittedModel, kind: ModelKind) -> FitStatistics:
    """Return the statistics of the fit of a regression on respondents who all count alike."""
    rows = _with_unit_weights(fitted)
    constant = fitted.matrix.formula.intercept or kind.family == "ordinal"
    parameters = fitted.theta.size
    constants = max(len(fitted.outcomes) - 1, 1) if constant else 0
    found = FitStatistics(fitted.n, parameters - constants, fitted.n - parameters)
    value = _log_likelihood(fitted.likelihood, rows, fitted.theta)
    if kind.family == "gaussian":
        return _from_squares(found, -2 * value, float(((rows.y - rows.y.mean()) ** 2).sum()) if constant else np.nan)
    found = _with_likelihood(found, value, parameters + (kind.family == "negative_binomial"))
    if not constant:
        return found
    # the model with its constants alone
    theta, likelihood = fit_of_constants(rows, kind), fitted.likelihood
    if kind.family == "negative_binomial":
        # a model of its own, whose counts vary otherwise
        likelihood = SingleIndex(negative_binomial(dispersion(likelihood, rows, theta)))
    null = _log_likelihood(likelihood, rows, theta)
    ratio = 2 * (value - null)
    return replace(
        found,
        log_likelihood_null=null,
        lr_chi2=ratio,
        lr_p_value=float(special.chdtrc(found.df_model, max(ratio, 0.0))) if found.df_model else np.nan,
        pseudo_r2=1 - value / null,
    )


def _with_unit_weights(fitted: FittedModel) -> ModelRows:
    return replace(fitted.blocks, weight=np.ones(fitted.n), _buffer=[])


def _log_likelihood(likelihood: Likelihood, rows: ModelRows, theta: Floats) -> float:
    return sum(likelihood.log_likelihood(block, theta) for block in rows)


def _from_squares(found: FitStatistics, squares: float, around: float) -> FitStatistics:
    """Return the statistics of a linear regression, from the squares of its residuals and those about the mean."""
    n, left, terms = found.n, found.df_residual, found.df_model
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(-n / 2 * (np.log(2 * np.pi * np.float64(squares) / n) + 1))
        mean_square = float(np.float64(squares) / left) if left > 0 else np.nan
        f = float((around - squares) / terms / np.float64(mean_square)) if terms else np.nan
    return replace(
        _with_likelihood(found, value, n - left),
        r2=1 - squares / around,
        adjusted_r2=1 - mean_square / (around / (n - 1)),
        f=f,
        f_p_value=f_p_value(f, terms, left) if np.isfinite(f) else np.nan,
    )


def _with_likelihood(found: FitStatistics, value: float, parameters: int) -> FitStatistics:
    """Return the statistics with a log-likelihood and the criteria that follow from it."""
    bic = float(np.log(found.n)) * parameters - 2 * value
    return replace(found, log_likelihood=value, aic=2 * parameters - 2 * value, bic=bic)
