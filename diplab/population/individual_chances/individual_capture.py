"""How many people, where the chance of being caught depends on who one is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from diplab.errors import MisleadingError, one_of
from diplab.kernel.abundance import lognormal_interval
from diplab.kernel.conditional_likelihood import fit_conditional, heterogeneity_bound, identified
from diplab.population.assumptions import BASE, CLOSED, MATCHED
from diplab.population.evidence import from_data
from diplab.population.individual_chances.capture_covariates import capture_table
from diplab.population.lower_bound import against_bound
from diplab.population.sizes import gathered, no_size, size, strict_confidence
from diplab.reference.text import Text
from diplab.results.provenance import Provenance
from diplab.results.sizes import ModelFit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.kernel.conditional_likelihood import ConditionalFit
    from diplab.population.individual_chances.capture_covariates import CaptureTable
    from diplab.results.sizes import Sizes

__all__ = ["individual"]

Model = Literal["M0", "Mt", "Mb", "Mtb"]

COVARIATES = Text(
    "Deux personnes aux mêmes covariables ont la même chance d’être vues, et celle-ci suit une loi logistique.",
    "Two persons with the same covariates have the same chance of being caught, and it follows a logistic law.",
)
SEPARATE = Text(
    "D’une occasion à l’autre, être vu ne change pas la chance de l’être.",
    "From one occasion to the next, being caught does not change the chance of it.",
)
TRAP = Text(
    "Avoir déjà été vu change la chance de l’être, autant pour tous sur l’échelle logistique.",
    "Having been caught before changes the chance of it, as much for everyone on the log-odds.",
)


def individual(
    formula: str,
    histories: Any,
    model: Model = "M0",
    occasions: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people there are, where age, sex or platform change the chance of being caught.

    Parameters
    ----------
    formula : str
        The occasions, added in order of time, then `~` and the covariates: `"t1 + t2 + t3 ~ age + sex"`; `~ 1` for
        none. Or the covariates alone, `"~ age + sex"`, with `occasions`.
    histories : data frame or Microdata
        One row a person caught at least once: a column of 0 and 1 for each occasion, and the covariates.
    model : {"M0", "Mt", "Mb", "Mtb"}
        Beside covariates: nothing, occasions that differ, captures that change later ones, or both.
    occasions : sequence of str, optional
        Columns of the occasions, in order of time, where the formula begins with `~`.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Sizes
        One row, with a log-normal interval. Flag `below bound` where M0 or Mt falls under Chao's lower bound for
        unequal persons and occasions, `contradicted` too where the interval of the bound lies wholly above it;
        `boundary` where some chance runs to 0 or 1, then without a size, and `ci_low` is that bound or the persons
        caught. The coefficients are in `fits`, each person's chance of being caught at least once in `details`.

    Raises
    ------
    ConditionError, ColumnError, OptionError, EmptyDomainError
        Where the formula or the table cannot be used as they are.
    MisleadingError
        Where a person was never caught, a covariate is missing, nobody was caught on an occasion, or the histories
        cannot tell the coefficients apart.

    Notes
    -----
    Likelihood of the histories given that each person was caught; N = sum of 1/p, p the chance of being caught at
    least once, variance sum of (1 - p)/p^2 plus the delta part (Huggins, 1989, 1991; Alho, 1990), with the expected
    information. Without covariates the sizes are those of the Poisson log-linear models of the same name, and so are
    the standard errors but for Mtb, where those rest on the observed information.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> seen = pd.DataFrame({"t1": [1] * 30 + [0] * 30 + [1] * 20, "t2": [0] * 30 + [1] * 50})
    >>> population.individual("t1 + t2 ~ 1", seen).frame["estimate"].round(3).tolist()
    [125.0]
    """
    if model not in get_args(Model):
        raise one_of("`model`", model, get_args(Model))
    strict_confidence(confidence)
    table = capture_table(formula, histories, occasions)
    scaled, back = _scaled(table, model)
    fresh, again, terms = _design(scaled, model)
    _check(table, model, fresh, again)
    fit = fit_conditional(table.histories, fresh, again)
    fit = fit._replace(coefficients=back @ fit.coefficients, covariance=back @ fit.covariance @ back.T)
    provenance = Provenance(
        rules={
            "conditional_likelihood": model,
            "formula": formula,
            "occasions": str(len(table.occasions)),
            "interval": "log-normal",
            "confidence": f"{confidence:g}",
        },
        base=BASE,
        assumptions=(CLOSED, MATCHED, COVARIATES, TRAP if "b" in model else SEPARATE),
    )
    row = _row(table, model, fit, confidence)
    return gathered(
        [row], from_data(provenance, histories), [_model_fit(model, fit, terms)], details=fit.caught
    )


def _scaled(table: CaptureTable, model: str) -> tuple[CaptureTable, NDArray[np.float64]]:
    """Return covariates of mean 0 and spread 1, and what turns their coefficients into those of the covariates.

    A year or a date would otherwise hardly be told from the constant.
    """
    centre, spread = table.covariates.mean(axis=0), table.covariates.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    levels = len(table.occasions) if "t" in model else 1
    own = slice(levels, levels + centre.size)
    back = np.eye(levels + centre.size + ("b" in model))
    back[own, own] = np.diag(1 / spread)
    back[:levels, own] = -centre / spread
    return replace(table, covariates=(table.covariates - centre) / spread), back


def _design(
    table: CaptureTable, model: str
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, list[str]]:
    """Return what explains a first capture, what explains a later one where that differs, and the terms."""
    persons, number = table.histories.shape
    if "t" in model:
        levels = np.broadcast_to(np.eye(number), (persons, number, number))
        terms = [f"intercept, {name}" for name in table.occasions]
    else:
        levels, terms = np.ones((persons, number, 1)), ["intercept"]
    own = np.broadcast_to(table.covariates[:, None, :], (persons, number, table.covariates.shape[1]))
    fresh = np.concatenate([levels, own], axis=2)
    terms += table.terms
    if "b" not in model:
        return fresh, None, terms
    one = np.ones((persons, number, 1))
    return (
        np.concatenate([fresh, 0 * one], axis=2),
        np.concatenate([fresh, one], axis=2),
        [*terms, "caught before"],
    )


def _check(
    table: CaptureTable, model: str, fresh: NDArray[np.float64], again: NDArray[np.float64] | None
) -> None:
    empty = [
        name for name, caught in zip(table.occasions, table.histories.sum(axis=0), strict=True) if not caught
    ]
    if "t" in model and empty:
        raise MisleadingError(
            f"The model {model} was asked for over {len(table.occasions)} occasions.",
            f"Nobody was caught on `{empty[0]}`, so that its chance runs to 0.",
            "Leave that occasion out, or write the model `M0`.",
        )
    if not identified(fresh, again):
        raise MisleadingError(
            f"The model {model} was asked for over {len(table.occasions)} occasions.",
            "The histories cannot tell its coefficients apart: covariates repeat each other, or occasions are too few.",
            "Write fewer covariates, or the model `M0`.",
        )


def _row(table: CaptureTable, model: str, fit: ConditionalFit, confidence: float) -> dict[str, Any]:
    bound = heterogeneity_bound(table.histories) if "b" not in model else None
    caught = float(len(table.histories))
    if fit.boundary:
        # with nobody caught twice the bound itself is a guess
        met_again = bool(np.any(table.histories.sum(axis=1) == 2))
        low = bound.size if bound is not None and met_again else caught
        return {**no_size("individual", caught, "boundary"), "ci_low": low, "ci_high": math.inf}
    flag = "" if bound is None else against_bound(fit.abundance.size, bound, confidence)
    return size("individual", fit.abundance, lognormal_interval(fit.abundance, confidence), flag)


def _model_fit(model: str, fit: ConditionalFit, terms: list[str]) -> ModelFit:
    import pandas as pd

    number, persons = len(terms), len(fit.caught)
    errors = np.sqrt(np.diag(fit.covariance))
    found = pd.DataFrame({"term": terms, "estimate": fit.coefficients, "std_error": errors})
    if fit.boundary:
        found["estimate"] = math.nan
    return ModelFit(
        model=model,
        parameters=number,
        deviance=math.nan,
        df=math.nan,
        log_likelihood=fit.log_likelihood,
        aic=2 * number - 2 * fit.log_likelihood,
        bic=math.log(persons) * number - 2 * fit.log_likelihood,
        coefficients=found,
    )
