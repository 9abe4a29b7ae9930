"""The law of counts behind a size, as a fitted model that tables and comparisons know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from diplab.results.sizes import ModelFit

if TYPE_CHECKING:
    from diplab.kernel.truncated_laws import CountFit
    from diplab.population.one_source.frequencies import Frequencies

__all__ = ["model_of"]


def model_of(estimator: str, fit: CountFit | None, seen: Frequencies) -> ModelFit | None:
    """Return the model behind a size; None for a formula without a law.

    Likelihoods of those seen at least twice have no AIC nor BIC here, because they do not compare with those of
    everyone seen.

    Examples
    --------
    >>> from diplab.population.one_source.count_estimators import found_by
    >>> from diplab.population.one_source.frequencies import frequencies
    >>> counts = frequencies([1645, 183, 37, 13, 1, 1])
    >>> round(model_of("poisson", found_by("poisson", counts).fit, counts).aic, 4)
    1805.9038
    """
    if fit is None:
        return None
    import pandas as pd

    parameters = len(fit.terms)
    comparable = fit.least == 1 and not fit.boundary
    likelihood = fit.log_likelihood
    times, persons = (np.array(column, dtype=float) for column in zip(*seen.counts, strict=True))
    counted = times >= fit.least
    expected = fit.chance(times[counted]) * persons[counted].sum()
    return ModelFit(
        model=estimator,
        parameters=parameters,
        deviance=math.nan,
        df=math.nan,
        log_likelihood=likelihood,
        aic=2 * parameters - 2 * likelihood if comparable else math.nan,
        bic=math.log(seen.seen) * parameters - 2 * likelihood if comparable else math.nan,
        coefficients=pd.DataFrame({"term": fit.terms, "estimate": fit.estimates, "std_error": fit.errors}),
        fitted=pd.DataFrame(
            {"times": times[counted].astype(int), "seen": persons[counted].astype(int), "expected": expected}
        ),
    )
