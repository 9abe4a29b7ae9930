"""One model of one closed population, as fitted: its size, its interval, how well it fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaln

from diplab.results.sizes import ModelFit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.kernel.abundance import Abundance
    from diplab.kernel.multinomial_profile import Profile
    from diplab.population.closed_population.captures import Captures

__all__ = ["Criteria", "FittedSize", "criteria_of_histories", "described", "name_of"]


@dataclass(frozen=True, eq=False)
class FittedSize:
    """A population size under one model.

    Parameters
    ----------
    model, heterogeneity : str
        As asked; no heterogeneity is an empty word.
    found : Abundance or None
        The Poisson size; None where the model has no size on these data.
    profile : Profile or None
        The multinomial size and the ends of its interval; None where it is not computed.
    interval : tuple of float
        The ends given.
    fit : ModelFit or None
    flag : str
        What a reader must know of the fit itself.
    """

    model: str
    heterogeneity: str
    found: Abundance | None
    profile: Profile | None
    interval: tuple[float, float]
    fit: ModelFit | None
    flag: str = ""


@dataclass(frozen=True)
class Criteria:
    """How well a model fits.

    Parameters
    ----------
    deviance, df, log_likelihood : float
        Of Poisson counts, factorials included.
    """

    deviance: float
    df: float
    log_likelihood: float


def name_of(model: str, heterogeneity: str = "") -> str:
    """Return the name of a model.

    Examples
    --------
    >>> name_of("Mth", "darroch"), name_of("M0")
    ('Mth darroch', 'M0')
    """
    return f"{model} {heterogeneity}".strip()


def criteria_of_histories(captures: Captures, log_expected: NDArray[np.float64], parameters: int) -> Criteria:
    """Return how well a model fits all 2^t - 1 histories, from those that were seen.

    Parameters
    ----------
    captures : Captures
        With histories.
    log_expected : array, shape (histories,)
        Logarithm of the persons expected with each distinct history seen.
    parameters : int

    Returns
    -------
    Criteria
        Empty cells enter through the sum of expected counts alone, which is the number seen at the maximum of the
        likelihood: D = 2 sum y log(y / mu), log L = sum y log mu - n - sum log y!.
    """
    assert captures.histories is not None
    persons = captures.histories.persons
    deviance = 2.0 * float(persons @ (np.log(persons) - log_expected))
    log_likelihood = float(persons @ log_expected - persons.sum() - gammaln(persons + 1).sum())
    return Criteria(deviance, 2.0**captures.limit - 1.0 - parameters, log_likelihood)


def described(
    name: str,
    persons: float,
    criteria: Criteria,
    coefficients: Mapping[str, Any],
    parameters: int,
    probabilities: Mapping[str, float],
    cells: Mapping[str, Any] | None = None,
) -> ModelFit:
    """Return a fit in the form that results keep.

    Parameters
    ----------
    name : str
    persons : float
        Persons in the cells, the n of the criterion of Schwarz.
    criteria : Criteria
    coefficients : mapping
        Columns `term`, `estimate`, `std_error`.
    parameters : int
        Those at a bound of zero are not counted.
    probabilities : mapping of str to float
        Probabilities of being seen.
    cells : mapping, optional
        Columns of the cells, `seen` and `expected` last.
    """
    import pandas as pd

    return ModelFit(
        model=name,
        parameters=parameters,
        deviance=criteria.deviance,
        df=criteria.df,
        log_likelihood=criteria.log_likelihood,
        aic=-2.0 * criteria.log_likelihood + 2.0 * parameters,
        bic=-2.0 * criteria.log_likelihood + parameters * float(np.log(persons)),
        coefficients=pd.DataFrame(dict(coefficients)),
        fitted=None if cells is None else pd.DataFrame(dict(cells)),
        probabilities=pd.DataFrame(
            {"term": list(probabilities), "estimate": np.array(list(probabilities.values()), dtype=float)}
        ),
    )
