"""Sizes for persons who differ in how easily they are met."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np
from scipy.special import chdtri

from diplab.checks import check_confidence, check_number, check_one_of, check_whole_number
from diplab.errors import MisleadingError, OptionError
from diplab.kernel.arrays import Floats
from diplab.microdata.codebook import Codebook
from diplab.population import sizes
from diplab.population.counts import MOST_OCCASIONS, Frequencies, few_singletons, frequencies
from diplab.population.kernel import abundance as kernel
from diplab.population.kernel.abundance import (
    Abundance,
    chao,
    chao_bias_corrected,
    lognormal_interval,
)
from diplab.population.kernel.closed import (
    ConditionalFit,
    fit_conditional,
    is_identified,
    occasion_bound,
)
from diplab.population.tables import CAUGHT, check_persons, column_list, marks, read_table
from diplab.results.sizes import Sizes
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.formula import ModelFormula, read_formula
from diplab.sampling.model_matrix import Categories, factor_values, model_matrix

Fit = Literal["likelihood", "moments", "notebook"]


def propensity_factor(alpha: float, beta: float, occasions: int = 2) -> float:
    """Return the factor by which a two-list size is too small when capture chances vary.

    Parameters
    ----------
    alpha, beta : float
        Parameters of the beta distribution of the chance of being met on an occasion.
    occasions : int
        Number k of occasions on which the same persons are met.

    Returns
    -------
    float
        E(a^k)/E(a)^k, at least 1: multiply n1 n2/m by it (k = 2).

    Raises
    ------
    OptionError
        Where a parameter is not above zero, or `occasions` is not a whole number above zero.

    Notes
    -----
    E(m) = (n1 n2/N)(1 + Var(a)/E(a)^2), so that N = (n1 n2/m)(1 + Var(a)/E(a)^2) (Difallah,
    Filatova and Ipeirotis, 2018).

    Examples
    --------
    >>> round(propensity_factor(2.3, 18.6), 4)
    1.3693
    """
    return kernel.propensity_ratio(*_beta_chances(alpha, beta, occasions))


def never_seen(alpha: float, beta: float, occasions: int) -> float:
    """Return the share of persons never met when chances of being met follow a beta distribution.

    Parameters
    ----------
    alpha, beta : float
        Parameters of the beta distribution of the chance of being met on an occasion.
    occasions : int
        Number of occasions.

    Returns
    -------
    float
        P0 = B(alpha, T + beta)/B(alpha, beta); persons met over 1 - P0 are all persons.

    Raises
    ------
    OptionError
        Where a parameter is not above zero, or `occasions` is not a whole number above zero.

    Examples
    --------
    >>> round(123_507 / (1 - never_seen(0.60, 67.9, 98)), 2)
    297226.42
    """
    return kernel.chance_of_none(*_beta_chances(alpha, beta, occasions))


def beta_binomial(
    counts: Mapping[int, int] | Sequence[int],
    occasions: int,
    fit: Fit = "likelihood",
    *,
    confidence: float = 0.95,
) -> Sizes:
    """Return the lower bound, then the size if chances of being met follow a beta distribution.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of occasions on which they were met, or persons met once, twice, and so
        on.
    occasions : int
        Occasions on which a person could be met, at most once each.
    fit : str
        `likelihood` (the default: of persons met at least once). The two others replicate published
        work and are not estimates: `moments`, by moments as if those never met were in the counts,
        and `notebook`, the same with the misplaced bracket of the published notebook of Difallah et
        al. (2018).
    confidence : float
        Probability of the intervals.

    Returns
    -------
    Sizes
        Chao's lower bound first, then the size. Where the likelihood rises up to a boundary, the
        size is NaN with the flag `boundary`: with counts that fall slowly it rises for ever as more
        and more persons are supposed never to be met. `no upper limit` says that a maximum exists,
        but the data do not exclude an unlimited size. A size under the bound is flagged `below
        bound`, or `below bound, contradicted`.

    Raises
    ------
    OptionError
        Where the counts are not counts, or someone was met more often than there were occasions.
    MisleadingError
        Where no person was met more than once, or none just once.

    Notes
    -----
    N = n/(1 - P0), P0 = B(alpha, T + beta)/B(alpha, beta).

    Examples
    --------
    >>> from diplab import population
    >>> counts = [25984, 5972, 2470, 1340, 853, 577, 448, 326, 271]
    >>> found = population.beta_binomial(counts, occasions=9)
    >>> found.frame[["statistic", "flag"]].values.tolist()
    [['chao', 'lower bound'], ['beta_binomial', 'boundary']]
    """
    check_one_of("fit", fit, Fit)
    occasions = check_whole_number("occasions", occasions, low=1, high=MOST_OCCASIONS)
    check_confidence(confidence)
    seen = frequencies(counts, occasions)
    if seen.sightings == seen.seen:
        raise MisleadingError(
            f"`counts` has {seen.seen} persons, none of them met more than once.",
            "The size has no upper limit.",
            'Write `single_source(counts, "chao_bc")`, a lower bound.',
        )
    twice = seen.of(2) > 0
    bound = (chao if twice else chao_bias_corrected)(seen.of(1), seen.of(2), seen.seen)
    first = sizes.size(
        "chao" if twice else "chao_bc", bound, lognormal_interval(bound, confidence), "lower bound"
    )
    row, distribution = (_likelihood_row if fit == "likelihood" else _moments_row)(
        seen, fit, bound, confidence
    )
    if few_singletons(seen, confidence):
        for size in (first, row):
            size["flag"] = sizes.join_flags(size["flag"], "few singletons")
    rules = {
        "estimator": [first["statistic"], row["statistic"]],
        "interval": "log-normal",
        "confidence": f"{confidence:g}",
        "occasions": str(occasions),
        **distribution,
    }
    assumed = ("closed", "matched", "singletons", "occasions", "bound", "beta_chances")
    return sizes.gather_sizes([first, row], sizes.provenance_of(rules, *assumed))


def _likelihood_row(
    seen: Frequencies, fit: str, bound: Abundance, confidence: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    counts = np.array([seen.of(times + 1) for times in range(seen.occasions or 0)], dtype=float)
    fitted = kernel.fit_beta_binomial(counts)
    if fitted.boundary:
        return sizes.no_size("beta_binomial", seen.seen, "boundary"), {"beta_law": fitted.boundary}
    abundance = kernel.size_of_fit(counts, fitted)
    low, high = lognormal_interval(abundance, confidence)
    flags = [*sizes.bound_flags(abundance.size, bound, confidence)]
    # a likelihood-ratio test does not exclude an unlimited size
    if 2 * (fitted.log_likelihood - fitted.limit) < float(chdtri(1, 1 - confidence)):
        flags.append("no upper limit")
        high = math.inf
    row = sizes.size("beta_binomial", abundance, (low, high), sizes.join_flags(*flags))
    return row, _beta_law(fitted.alpha, fitted.beta)


def _moments_row(
    seen: Frequencies, fit: str, bound: Abundance, confidence: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the row of a published computation, replicated, and the distribution as a rule."""
    square = sum(times**2 * persons for times, persons in seen.counts) / seen.seen
    occasions = seen.occasions or 0
    alpha, beta = kernel.moments(
        seen.sightings / seen.seen, square, occasions, bracket=fit == "moments"
    )
    name = f"beta_binomial_{fit}"
    if not (alpha > 0 and beta > 0):
        return sizes.no_size(name, seen.seen, "ill-posed"), {}
    value = seen.seen / (1 - kernel.chance_of_none(alpha, beta, occasions))
    row = {
        **sizes.known_size(name, value, flag=sizes.bound_flags(value, bound, confidence)),
        "n": seen.seen,
    }
    return row, _beta_law(alpha, beta)


def _beta_law(alpha: float, beta: float) -> dict[str, Any]:
    """Return the parameters of the beta distribution as a rule."""
    figures = f"{alpha:.6g}", f"{beta:.6g}"
    return {"beta_law": {"; ".join(figures): tuple(map(Decimal, figures))}}


def _beta_chances(alpha: float, beta: float, occasions: int) -> tuple[float, float, int]:
    alpha, beta = check_number("alpha", alpha, above=0), check_number("beta", beta, above=0)
    return alpha, beta, check_whole_number("occasions", occasions, low=1, high=MOST_OCCASIONS)


Model = Literal["M0", "Mt", "Mb", "Mtb"]
LARGEST = 1e100  # a covariate beyond it has no square


def individual(
    formula: str,
    histories: Any,
    model: Model = "M0",
    occasions: Sequence[str] | None = None,
    *,
    confidence: float = 0.95,
) -> Sizes:
    """Return the population size when covariates change the chance of being caught.

    Parameters
    ----------
    formula : str
        The occasions, added in order of time, then `~` and the covariates: `"t1 + t2 + t3 ~ age +
        sex"`; `~ 1` for none. Or the covariates alone, `"~ age + sex"`, with `occasions`.
    histories : data frame or Microdata
        One row per person caught at least once: a column of 0 and 1 for each occasion, and the
        covariates.
    model : {"M0", "Mt", "Mb", "Mtb"}
        Beside covariates: nothing, occasions that differ, captures that change later ones, or both.
    occasions : sequence of str, optional
        Columns of the occasions, in order of time, where the formula begins with `~`.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Sizes
        One row, with a log-normal interval. Flag `below bound` where M0 or Mt falls under Chao's
        lower bound for unequal persons and occasions, `contradicted` too where the interval of the
        bound lies wholly above it; `boundary` where some chance runs to 0 or 1, then without a
        size, and `ci_low` is that bound or the persons caught. The coefficients are in `fits`, each
        person's chance of being caught at least once in `details`.

    Raises
    ------
    ConditionError, ColumnError, OptionError, EmptyDomainError
        Where the formula or the table cannot be used as they are.
    MisleadingError
        Where a person was never caught, a covariate is missing, no one was caught on an occasion,
        or the histories do not identify the coefficients.

    Notes
    -----
    Likelihood of the histories given that each person was caught; N = sum of 1/p, p the chance of
    being caught at least once, variance sum of (1 - p)/p^2 plus the delta part (Huggins, 1989,
    1991; Alho, 1990), with the expected information. Without covariates the sizes are those of the
    Poisson log-linear models of the same name, and so are the standard errors but for Mtb, where
    those rest on the observed information.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> seen = pd.DataFrame({"t1": [1] * 30 + [0] * 30 + [1] * 20, "t2": [0] * 30 + [1] * 50})
    >>> population.individual("t1 + t2 ~ 1", seen).frame["estimate"].round(3).tolist()
    [125.0]
    """
    check_one_of("model", model, Model)
    check_confidence(confidence)
    table = read_capture_data(formula, histories, occasions)
    scaled, back = _standardise(table, model)
    fresh, again, terms = _design_arrays(scaled, model)
    _check_identified(table, model, fresh, again)
    fit = fit_conditional(table.histories, fresh, again)
    fit = fit._replace(
        coefficients=back @ fit.coefficients, covariance=back @ fit.covariance @ back.T
    )
    rules = {
        "conditional_likelihood": model,
        "formula": formula,
        "occasions": str(len(table.occasions)),
        "interval": "log-normal",
        "confidence": f"{confidence:g}",
    }
    trap = "closed.trap" if "b" in model else "closed.no_trap"
    record = sizes.provenance_of(
        rules, "closed", "matched", "closed.covariates", trap, data=[histories]
    )
    estimates = np.full(len(terms), math.nan) if fit.boundary else fit.coefficients
    coefficients = {
        "term": terms,
        "estimate": estimates,
        "std_error": np.sqrt(np.diag(fit.covariance)),
    }
    of_model = sizes.model_fit(
        model, len(fit.caught), len(terms), (math.nan, math.nan, fit.log_likelihood), coefficients
    )
    return sizes.gather_sizes(
        [_size_row(table, model, fit, confidence)], record, [of_model], details=fit.caught
    )


def _standardise(table: CaptureData, model: str) -> tuple[CaptureData, Floats]:
    """Return standardised covariates, and the matrix that takes coefficients back."""
    centre, spread = table.covariates.mean(axis=0), table.covariates.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    levels = len(table.occasions) if "t" in model else 1
    own = slice(levels, levels + centre.size)
    back = np.eye(levels + centre.size + ("b" in model))
    back[own, own] = np.diag(1 / spread)
    back[:levels, own] = -centre / spread
    return replace(table, covariates=(table.covariates - centre) / spread), back


def _design_arrays(table: CaptureData, model: str) -> tuple[Floats, Floats | None, list[str]]:
    """Return the design arrays of first captures and recaptures, and the terms."""
    persons, number = table.histories.shape
    if "t" in model:
        levels = np.broadcast_to(np.eye(number), (persons, number, number))
        terms = [f"intercept, {name}" for name in table.occasions]
    else:
        levels, terms = np.ones((persons, number, 1)), ["intercept"]
    own = np.broadcast_to(
        table.covariates[:, None, :], (persons, number, table.covariates.shape[1])
    )
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


def _check_identified(table: CaptureData, model: str, fresh: Floats, again: Floats | None) -> None:
    empty = [
        name
        for name, caught in zip(table.occasions, table.histories.sum(axis=0), strict=True)
        if not caught
    ]
    if "t" in model and empty:
        raise MisleadingError(
            f"No one was caught on `{empty[0]}`, so that its probability under {model} tends to 0.",
            write="Leave that occasion out, or write the model `M0`.",
        )
    if not is_identified(fresh, again):
        raise MisleadingError(
            f"The coefficients of the model {model} are not identified over {len(table.occasions)} "
            "occasions.",
            "Covariates repeat each other, or occasions are too few.",
            "Write fewer covariates, or the model `M0`.",
        )


def _size_row(
    table: CaptureData, model: str, fit: ConditionalFit, confidence: float
) -> dict[str, Any]:
    bound = occasion_bound(table.histories) if "b" not in model else None
    caught = float(len(table.histories))
    if fit.boundary:
        # with no one caught twice the bound itself is a guess
        met_again = bool(np.any(table.histories.sum(axis=1) == 2))
        low = bound.size if bound is not None and met_again else caught
        return {
            **sizes.no_size("individual", caught, "boundary"),
            "ci_low": low,
            "ci_high": math.inf,
        }
    flags: sizes.Flagged = ""
    if bound is not None:
        flags = sizes.bound_flags(fit.abundance.size, bound, confidence)
    return sizes.size(
        "individual", fit.abundance, lognormal_interval(fit.abundance, confidence), flags
    )


@dataclass(frozen=True, eq=False)
class CaptureData:
    """Captures, and the covariates of those caught."""

    occasions: tuple[str, ...]  # Columns of the captures, in order of time
    histories: Floats  # (n, T)
    covariates: Floats  # (n, k); Without the constant
    terms: tuple[str, ...]  # Names of the covariates


def read_capture_data(formula: str, histories: Any, occasions: Sequence[str] | None) -> CaptureData:
    """Read captures and covariates from a table."""
    table = read_table(histories, "`histories`", "person")
    columns = MemoryColumns(table.frame, table.codebook)
    read, names = _read_formula(formula, columns, occasions, table.codebook)
    caught = np.column_stack([marks(columns, name, CAUGHT) for name in names])
    check_persons(np.ones(columns.rows), caught, CAUGHT)
    values = [factor_values(columns, factor, table.codebook) for factor in read.factors]
    for factor, value in zip(read.factors, values, strict=True):
        gaps = value.codes < 0 if isinstance(value, Categories) else ~(np.abs(value) < LARGEST)
        if gaps.any():
            raise MisleadingError(
                f"The covariate `{factor.text}` has no value to compute with for {gaps.sum()} of "
                f"{gaps.size} persons.",
                "They would be counted as never caught.",
                "Write their values, or a separate category for those who gave none.",
            )
    matrix = model_matrix(read, columns, values, None)
    # without the constant
    block = np.asarray(matrix.block(slice(0, matrix.rows)), dtype=np.float64)[1:].T
    used = matrix.columns[1:]
    terms = [
        f"{item.variable} = {item.category}" if item.category != "" else item.variable
        for item in used
    ]
    return CaptureData(names, caught.astype(np.float64), np.ascontiguousarray(block), tuple(terms))


def _read_formula(
    formula: str, columns: MemoryColumns, occasions: Sequence[str] | None, codebook: Codebook
) -> tuple[ModelFormula, tuple[str, ...]]:
    known = list(columns.schema)
    bare = isinstance(formula, str) and formula.strip().startswith("~")
    if bare != (occasions is not None):
        where = "both left of `~` and" if occasions is not None else "neither left of `~` nor"
        raise OptionError(
            f"The occasions of `{formula}` are named {where} in `occasions`.",
            write='Write `"t1 + t2 + t3 ~ age"`, or `"~ age"` with `occasions=["t1", "t2", "t3"]`.',
        )
    if occasions is None:
        read = read_formula(formula, known, codebook)
        names = _summed_occasions(read)
    else:
        each = column_list("occasions", occasions, '["t1", "t2", "t3"]')
        names = tuple(known_column(name, known, "an occasion") for name in each)
        read = read_formula(f"`{names[0]}` {formula.strip()}", known, codebook)
    _check_occasions(formula, read, names)
    return read, names


def _summed_occasions(read: ModelFormula) -> tuple[str, ...]:
    """Return the columns added left of `~`; anything but a sum of columns is refused."""
    tree, summed, names = read.outcome.tree, read.outcome.condition is None, list[str]()
    waiting: list[ast.expr] = [] if tree is None else [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            waiting += [node.right, node.left]
        elif isinstance(node, ast.Name):
            names.append(node.id)
        else:
            summed = False
    if not summed:
        raise OptionError(
            f"`{read.outcome.text}`, left of `~`, is not a sum of occasions.",
            write='Write the columns of the occasions with `+` between, as in `"t1 + t2 + t3 ~ '
            'age"`.',
        )
    return tuple(read.outcome.names if tree is None else names)


def _check_occasions(formula: str, read: ModelFormula, names: tuple[str, ...]) -> None:
    explained = {name for factor in read.factors for name in factor.names}
    both = [name for name in names if name in explained]
    twice = [name for at, name in enumerate(names) if name in names[:at]]
    if len(names) < 2 or both or twice:
        problem = f"The formula `{formula}` has one occasion, and no one can be caught again."
        if both or twice:
            role = "an occasion and a covariate" if both else "an occasion twice"
            problem = f"`{(both or twice)[0]}` is {role} in `{formula}`."
        raise OptionError(
            problem,
            write="Write two occasions or more, each once, and other columns as covariates.",
        )
    if not read.intercept:
        raise OptionError(
            f"The formula `{formula}` has no constant.",
            "The probability of a capture is rarely exactly one half.",
            "Write it without `- 1` or `0 +`.",
        )
