"""Maximum likelihood statistics of a regression with independent respondents of equal weight.

The likelihood is then that of independent answers: its information gives standard errors without a
design, and its value says how well the model fits. Under sampling weights, strata or units it is a
pseudo-likelihood, of which neither holds (Lumley and Scott 2015).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from diplab.errors import OptionError
from diplab.inference.regression.fitting import FittedModel, ModelKind, constants_alone
from diplab.inference.regression.rows import ModelRows
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import f_p_value
from diplab.kernel.models.families import POSITIVE, SingleIndex, negative_binomial
from diplab.kernel.models.regression import dispersion
from diplab.results.regression import DesignFitStatistics, FitStatistics
from diplab.sampling._two_phase import TwoPhaseUnits


def departure_from_iid(fitted: FittedModel) -> str:
    """Return what of the design a likelihood of independent answers leaves out, as a sentence.

    Empty for none.
    """
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
        return (
            f"The {engine.rows} rows of the sample were drawn in {len(stage.group)} primary units."
        )
    if (stage.fraction > 0).any():
        return "The sample has a finite population correction."
    return ""


def model_covariance(fitted: FittedModel, family: str, mix: Floats | None = None) -> Floats:
    """Return the covariance of coefficients, or of a `mix`, from the information matrix."""
    if found := departure_from_iid(fitted):
        whole, name = (fitted.blocks.weight % 1 == 0).all(), fitted.sample.design.weights
        data, alike = "data", "take all rows as independent and alike"
        if "sampling weights" in found and whole:
            data, alike = f"data.loc[data.index.repeat(data[{name!r}])]", "count each row so often"
        raise OptionError(
            f"`variance='model'` takes respondents as independent and alike. {found}",
            "The information matrix does not account for it.",
            f"Write `variance='linearised'`, or `declare_design({data})` alone to {alike}.",
        )
    # the weights are all the same, and whatever they are, each respondent is one
    covariance: Floats = fitted.inverse_information * float(fitted.blocks.weight[0])
    if family in ("gaussian", *POSITIVE):
        left = fitted.n - fitted.theta.size
        assert isinstance(fitted.likelihood, SingleIndex)  # as these are
        rows = replace(fitted.blocks, weight=np.ones(fitted.n))
        # Pearson's squared residuals over n - p
        squares = sum(fitted.likelihood.pearson(block, fitted.theta) for block in rows)
        covariance = covariance * (squares / left if left > 0 else np.nan)
    if mix is None:
        mix = fitted.restoring
    return covariance if mix is None else mix @ covariance @ mix.T


def fit_of_likelihood(fitted: FittedModel, kind: ModelKind) -> FitStatistics | str:
    """Return the statistics of the fit of a regression on respondents who all count alike.

    Or why there are none.
    """
    if departure := departure_from_iid(fitted):
        return departure
    if fitted.blocks.instruments is not None:
        return "Instruments leave the distribution of the outcome open."
    rows, parameters = replace(fitted.blocks, weight=np.ones(fitted.n)), fitted.theta.size
    constants = _constants(fitted, kind)
    plain = FitStatistics(fitted.n, parameters - constants, fitted.n - parameters)
    deviance, null_deviance, highest = _deviances(fitted, kind, rows)
    if kind.family == "gaussian":
        return _from_squares(plain, deviance, null_deviance)
    value, null = (highest - item / 2 for item in (deviance, null_deviance))
    if kind.family in POSITIVE:
        value, null = (_of_amounts(kind.family, item, rows.y) for item in (deviance, null_deviance))
    ratio = 2 * (value - null)
    p_value = (
        float(special.chdtrc(plain.df_model, max(ratio, 0.0)))
        if plain.df_model and constants
        else np.nan
    )
    pseudo = _pseudo_r2(kind, deviance, null_deviance, highest, fitted.n)
    statistics = _with_likelihood(plain, value, parameters + (kind.family == "negative_binomial"))
    return replace(
        statistics, log_likelihood_null=null, lr_chi2=ratio, lr_p_value=p_value, **pseudo
    )


def fit_under_design(
    fitted: FittedModel, kind: ModelKind, covariance: Floats, residual_df: float, reason: str
) -> DesignFitStatistics:
    """Return fit statistics that need no likelihood; `reason` is why there is none.

    `covariance` is that of the coefficients.
    """
    mean = float(fitted.blocks.weight.mean())
    rows = replace(fitted.blocks, weight=fitted.blocks.weight / mean)
    statistics = DesignFitStatistics(
        fitted.n, fitted.theta.size - _constants(fitted, kind), residual_df, reason
    )
    if rows.instruments is not None:
        return statistics
    deviance, null, highest = _deviances(fitted, kind, rows)
    statistics = replace(statistics, **_pseudo_r2(kind, deviance, null, highest, fitted.n))
    if kind.family in ("negative_binomial", *POSITIVE):
        # another model has another theta or dispersion, and deviances of the two do not compare
        return statistics
    alike = fitted.inverse_information * mean
    if fitted.restoring is not None:
        alike = fitted.restoring @ alike @ fitted.restoring.T
    if kind.family == "gaussian":
        square = deviance / fitted.n
        if not square > 0:
            return statistics
        alike, deviance = alike * square, fitted.n * float(np.log(2 * np.pi * square) + 1)
    # of all parameters those of the columns but the constant: cut points come last
    width, of_constant = (
        len(fitted.matrix.columns),
        fitted.matrix.formula.intercept and kind.family != "ordinal",
    )
    terms = np.arange(
        width * (max(len(fitted.outcomes) - 1, 1) if kind.family == "multinomial" else 1)
    )
    if of_constant:
        terms = terms[terms % width != 0]
    inside = np.ix_(terms, terms)
    effective = 0.0
    if terms.size:
        effective = float(np.trace(np.linalg.solve(alike[inside], covariance[inside])))
    daic = deviance + 2 * effective
    return replace(
        statistics,
        deviance=deviance,
        effective_parameters=effective,
        daic=daic,
        independent_covariance=alike,
    )


def _constants(fitted: FittedModel, kind: ModelKind) -> int:
    """Return how many constants a model has: those of an ordinal one are its cut points."""
    constant = fitted.matrix.formula.intercept or kind.family == "ordinal"
    return max(len(fitted.outcomes) - 1, 1) if constant else 0


def _deviances(fitted: FittedModel, kind: ModelKind, rows: ModelRows) -> tuple[float, float, float]:
    """Return the deviances of the model and of its constants, and the saturated log-likelihood."""
    likelihood, theta, alone, null = fitted.likelihood, fitted.theta, fitted.likelihood, np.nan
    if _constants(fitted, kind):
        constants, null = constants_alone(likelihood, rows, kind), 0.0
        if kind.family == "negative_binomial":
            # a model of its own, whose counts vary otherwise
            alone = SingleIndex(negative_binomial(dispersion(likelihood, rows, constants)))
    own = highest = 0.0
    for block in rows:
        deviance = likelihood.deviance(block, theta)
        own += deviance
        if not np.isnan(null):
            null += alone.deviance(block, constants)
        if kind.family == "poisson":
            highest += likelihood.log_likelihood(block, theta) + deviance / 2
    return own, null, highest


def _pseudo_r2(
    kind: ModelKind, deviance: float, null: float, highest: float, n: int
) -> dict[str, Any]:
    """Return the shares of the likelihood or of the deviance that the terms account for."""
    if kind.family == "gaussian" or kind.family in POSITIVE:
        return {"r2" if kind.family == "gaussian" else "deviance_r2": 1 - deviance / null}
    measures = {"pseudo_r2": 1 - (highest - deviance / 2) / (highest - null / 2)}
    if kind.family != "negative_binomial":
        cox_snell = -float(np.expm1((deviance - null) / n))
        measures |= {"cox_snell": cox_snell, "nagelkerke": cox_snell / -float(np.expm1(-null / n))}
    return measures


def _of_amounts(family: str, deviance: float, y: Floats) -> float:
    """Return a log-likelihood of amounts, whose dispersion is the mean deviance."""
    n, logs, spread = y.size, float(np.log(y).sum()), deviance / y.size
    if not spread > 0:
        return np.nan
    if family == "inverse_gaussian":
        return -0.5 * (n * (float(np.log(2 * np.pi * spread)) + 1) + 3 * logs)
    shape = 1 / spread
    return n * float(shape * np.log(shape) - shape - special.gammaln(shape) - 0.5) - logs


def _from_squares(statistics: FitStatistics, squares: float, around: float) -> FitStatistics:
    """Return the statistics of a linear regression from residual and total sums of squares."""
    n, left, terms = statistics.n, statistics.df_residual, statistics.df_model
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(-n / 2 * (np.log(2 * np.pi * np.float64(squares) / n) + 1))
        mean_square = float(np.float64(squares) / left) if left > 0 else np.nan
        f = float((around - squares) / terms / np.float64(mean_square)) if terms else np.nan
    r2, adjusted, p_value = 1 - squares / around, 1 - mean_square / (around / (n - 1)), np.nan
    if np.isfinite(f):
        p_value = f_p_value(f, terms, left)
    return replace(
        _with_likelihood(statistics, value, n - left),
        r2=r2,
        adjusted_r2=adjusted,
        f=f,
        f_p_value=p_value,
    )


def _with_likelihood(statistics: FitStatistics, value: float, parameters: int) -> FitStatistics:
    """Return the statistics with a log-likelihood and the criteria that follow from it."""
    bic = float(np.log(statistics.n)) * parameters - 2 * value
    return replace(statistics, log_likelihood=value, aic=2 * parameters - 2 * value, bic=bic)
