"""One log-linear model fitted to the table of lists, as a row of a result and the model behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from diplab.kernel.abundance import Abundance, lognormal_interval, normal_interval
from diplab.kernel.existence import limits
from diplab.kernel.extended_fit import fit_face
from diplab.kernel.hierarchical import members, unseen_row
from diplab.kernel.loglinear import unseen_size
from diplab.kernel.multinomial_profile import multinomial_profile
from diplab.population.lower_bound import against_bound
from diplab.population.overlapping_lists.bracket_notation import written, written_term
from diplab.population.sizes import known_size, no_size, size
from diplab.results.sizes import ModelFit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.kernel.existence import Face
    from diplab.kernel.extended_fit import Faces
    from diplab.kernel.hierarchical import ListModel
    from diplab.kernel.loglinear import LogLinear
    from diplab.population.overlapping_lists.list_table import ListTable
    from diplab.results.provenance import Provenance

__all__ = ["INTERVALS", "LOG_LINEAR", "bound_row", "fitted_row", "with_bound", "with_log_normal"]

LOG_LINEAR = "log_linear"
INTERVALS = ("profile", "log-normal", "normal")


def fitted_row(
    model: ListModel, table: ListTable, faces: Faces, interval: str, confidence: float
) -> tuple[dict[str, Any], ModelFit]:
    """Return the size under one model, NaN and flagged where the table does not tell it, and the model as fitted.

    Parameters
    ----------
    model : ListModel
    table : ListTable
    faces : Faces
        Kept between calls on the same lists.
    interval : {"profile", "log-normal", "normal"}
    confidence : float
        Probability of the interval.
    """
    x, unseen = faces.matrix(model), unseen_row(model)
    own = faces.of(model, table.counts > 0)
    fit = fit_face(x, own, table.counts)
    record = _record(model, table, faces, own, fit)
    if not own.identified or not fit.converged:
        told = limits(x, own, unseen[None])[0]
        flag = "not identified" if np.isnan(told) else "boundary"
        return no_size(LOG_LINEAR, table.seen, flag) | {"category": record.model}, record
    missed, variance = unseen_size(fit, unseen @ own.basis)
    found = Abundance(table.seen + float(missed), float(variance), table.seen)
    if interval == "profile":
        kept = table.counts[own.kept]
        profile = multinomial_profile(x[own.kept] @ own.basis, kept, unseen @ own.basis, confidence)
        ends = (profile.low, profile.high)
    else:
        ends = (lognormal_interval if interval == "log-normal" else normal_interval)(found, confidence)
    row = size(LOG_LINEAR, found, ends, _flag(found, model, table, record, confidence))
    return row | {"category": record.model}, record


def _flag(found: Abundance, model: ListModel, table: ListTable, record: ModelFit, confidence: float) -> str:
    """Return how a size stands to the lower bound, which holds where no lists repel each other."""
    flag = against_bound(found.size, table.bound, confidence)
    joined = np.array([term.bit_count() > 1 for term in model.terms])
    estimates = record.coefficients["estimate"].to_numpy()[: len(joined)]
    flags = ["below bound, repelling lists" if flag and (estimates[joined] < 0).any() else flag]
    if model.heterogeneity and record.parameters < model.parameters:
        flags.append("heterogeneity repeated")
    return ", ".join(each for each in flags if each)


def with_bound(record: Provenance, rows: Iterable[Mapping[str, Any]], table: ListTable) -> Provenance:
    """Return a record that tells the lower bound, where a row is said to lie below it."""
    if not any("below bound" in str(row["flag"]) for row in rows):
        return record
    return replace(record, rules={**record.rules, "lower_bound": f"{table.bound.size:.0f}"})


def bound_row(table: ListTable, confidence: float) -> dict[str, Any]:
    """Return the lower bound of the table, offered where a model has no size."""
    bound = table.bound
    if np.isnan(bound.variance):
        return known_size("chao_lists", bound.size, flag="lower bound") | {"n": bound.seen}
    return size("chao_lists", bound, lognormal_interval(bound, confidence), "lower bound")


def with_log_normal(record: Provenance) -> Provenance:
    """Return a record that says that one more row has a log-normal interval.

    Examples
    --------
    >>> from diplab.results.provenance import Provenance
    >>> with_log_normal(Provenance(rules={"interval": "profile"})).rules["interval"]
    'profile, log-normal'
    """
    said = dict.fromkeys((record.rules["interval"], "log-normal"))
    return replace(record, rules={**record.rules, "interval": ", ".join(said)})


def _record(model: ListModel, table: ListTable, faces: Faces, own: Face, fit: LogLinear) -> ModelFit:
    log_likelihood, parameters = float(fit.log_likelihood), faces.rank(model)
    return ModelFit(
        model=written(model, table.names),
        parameters=parameters,
        deviance=max(float(fit.deviance), 0.0),
        df=float(fit.df),
        log_likelihood=log_likelihood,
        aic=-2.0 * log_likelihood + 2.0 * parameters,
        bic=-2.0 * log_likelihood + float(np.log(table.seen)) * parameters,
        coefficients=_coefficients(model, table, faces.matrix(model), own, fit),
        fitted=_cells(table, own, fit),
    )


def _coefficients(
    model: ListModel, table: ListTable, x: NDArray[np.float64], own: Face, fit: LogLinear
) -> pd.DataFrame:
    """Return each coefficient: finite, at minus or plus infinity, or NaN where the table does not tell it."""
    import pandas as pd

    each = np.eye(model.parameters)
    told = limits(x, own, each)
    finite = told == 0
    estimate = np.where(finite, own.basis @ fit.coefficients, told)
    variance = np.einsum("ij,jk,ik->i", own.basis, fit.covariance, own.basis)
    error = np.where(finite, np.sqrt(np.maximum(variance, 0.0)), np.nan)
    terms = [written_term(term, table.names) for term in model.terms]
    return pd.DataFrame(
        {
            "term": terms + ([model.heterogeneity] if model.heterogeneity else []),
            "estimate": estimate,
            "std_error": error,
            "p_value": 2.0 * ndtr(-np.abs(estimate / error)),
        }
    )


def _cells(table: ListTable, own: Face, fit: LogLinear) -> pd.DataFrame:
    import pandas as pd

    cells = range(1, 2**table.lists)
    expected = np.zeros(len(table.counts))
    expected[own.kept] = fit.fitted
    on = {name: [int(place in members(cell)) for cell in cells] for place, name in enumerate(table.names)}
    return pd.DataFrame(on | {"seen": table.counts, "expected": expected})
