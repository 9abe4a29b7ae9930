"""Errors of regressions in samples of few primary units, after Bell and McCaffrey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.kernel.bell_mccaffrey import adjust, satterthwaite
from diplab.kernel.families import SingleIndex
from diplab.sampling._two_phase import TwoPhaseUnits
from diplab.sampling.units import compressed

if TYPE_CHECKING:
    from diplab.inference.fitted_model import FittedModel
    from diplab.sampling.engines.protocol import Floats

__all__ = ["bell_mccaffrey"]

MOST_UNITS = 20_000


def bell_mccaffrey(fitted: FittedModel, family: str) -> tuple[Floats, Floats]:
    """Return the covariance of coefficients from enlarged residuals, and the degrees of freedom of each.

    The design's own formula is applied to the residuals enlarged by unit, times (G - 1) / G for G units, which the
    enlargement makes up for already; in one stratum this is CR2 (Bell and McCaffrey 2002), the sum of the squares of
    the totals by unit.

    Parameters
    ----------
    fitted : FittedModel
    family : str
    """
    _check(fitted, family)
    sample, likelihood = fitted.sample, fitted.likelihood
    engine = sample.engine
    assert isinstance(likelihood, SingleIndex)  # checked above
    x = fitted.matrix.block(slice(0, fitted.n))
    eta = fitted.theta @ x
    mu = likelihood.family.link.inverse(eta)
    slope = likelihood.family.link.slope(eta, mu)
    deviation = np.sqrt(likelihood.family.variance(mu))
    own = np.arange(fitted.n) if fitted.kept is None else fitted.kept
    psu = engine.units.psu_of_unit[engine.units.of_record[own]]
    unit, first = compressed(psu)
    stage = engine.units.stages[0]
    scaled, residual = x * (slope / deviation), (fitted.blocks.y - mu) / deviation
    adjusted = adjust(scaled, fitted.blocks.weight, residual, unit, fitted.restoring)
    moved = np.zeros((len(x), engine.rows))
    moved[:, own] = adjusted.coefficients @ scaled * adjusted.residual
    count = len(stage.group)
    covariance = fitted.covariance(moved) * (count - 1) / count
    if stage.fraction.size == 1:
        total = moved @ engine.weights
        covariance = covariance + np.outer(total, total) * (1.0 - stage.fraction[0]) / count
    return covariance, satterthwaite(adjusted, psu[first], stage.group, stage.fraction)


def _check(fitted: FittedModel, family: str) -> None:
    sample = fitted.sample
    asked = "The variance `bell_mccaffrey` was asked for."
    if not isinstance(fitted.likelihood, SingleIndex):
        raise OptionError(
            asked,
            f"It enlarges residuals, and a model of family `{family}` has one for each category.",
            "Write `variance='linearised'`.",
        )
    if sample.replication is not None or sample.auxiliary is not None:
        what = "replicate weights" if sample.replication is not None else "calibrated weights"
        raise OptionError(
            asked,
            f"The sample has {what}, whose errors do not come from the residuals alone.",
            "Write `variance='linearised'`.",
        )
    if isinstance(sample.engine.units, TwoPhaseUnits):
        raise OptionError(
            asked,
            "The sample has two phases, and the correction and its degrees of freedom know the units of one only.",
            "Write `variance='linearised'`.",
        )
    units = len(sample.engine.units.stages[0].group)
    if units > MOST_UNITS:
        raise OptionError(
            asked,
            f"The sample has {units} primary units, where the correction changes nothing that is printed.",
            "Write `variance='linearised'`.",
        )
