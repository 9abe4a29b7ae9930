"""Whom the respondents know: answers read from a table, with what is impossible refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.network_scale_up import degrees

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from diplab.population.tables import PersonTable

__all__ = ["Acquaintances", "acquaintances", "positive_number"]

LARGEST = 1e15
"""More persons than anybody counts."""


@dataclass(frozen=True, eq=False)
class Acquaintances:
    """Answers on persons known.

    Parameters
    ----------
    hidden, weights : array, shape (n,)
        Persons known in the hidden group; weights.
    degree : array, shape (n,), or None
        Persons known in all.
    flag : str
        What a reader must know.
    """

    hidden: NDArray[np.float64]
    weights: NDArray[np.float64]
    degree: NDArray[np.float64] | None
    flag: str


def acquaintances(
    answers: PersonTable,
    hidden: str,
    population: float,
    known: Mapping[str, float] | None,
    degree: str | None,
    weights: str | ArrayLike | None,
    estimator: str,
) -> Acquaintances:
    """Read answers on persons known, for an estimator; those with no weight are left out.

    Raises
    ------
    ColumnError, EmptyDomainError, OptionError, MisleadingError
        Where the table cannot be used as it is, or an answer is impossible.
    """
    if not answers.rows:
        raise EmptyDomainError(
            f"The size of the group behind `{hidden}` was asked for.",
            "The table has no row.",
            "Write one row a respondent.",
        )
    if (known is not None) + (degree is not None) != (estimator != "generalised"):
        raise OptionError(
            "Acquaintances were to be read.",
            "Their number comes from `known` or from `degree`, one of them; the generalised size needs neither.",
            "Write `known={column: size}` for groups of known size, or `degree=` for a column.",
        )
    if known is not None and not hasattr(known, "items"):
        raise OptionError(
            f"`known` was given as a {type(known).__name__}.",
            "Degrees need the size of each group, and not its name alone.",
            "Write the column and the size of each group, as in `{'doctors': 230_000}`.",
        )
    told = _counts(answers, hidden, "persons known in the hidden group")
    weight = _weights(answers, weights, told.size)
    kept = weight > 0
    if estimator == "generalised":
        return Acquaintances(told[kept], weight[kept], None, "")
    if degree is not None:
        met = _counts(answers, degree, "persons known")
        _check_possible(told, met, hidden, f"`{degree}`")
    else:
        met = _degrees(answers, known or {}, population)
    _check_known(met, weight, estimator)
    flag = "more than degree" if (told > met)[kept].any() else ""
    return Acquaintances(told[kept], weight[kept], met[kept], flag)


def positive_number(name: str, given: Any) -> float:
    """Return a number above 0, anything else refused."""
    number = isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)
    if not number or not 1 / LARGEST <= given <= LARGEST:
        raise OptionError(
            f"`{name}` was given as {given!r}.",
            "It is a number above 0.",
            f"Write `{name}=` with a number above 0.",
        )
    return float(given)


def _counts(answers: PersonTable, name: str, use: str) -> NDArray[np.float64]:
    values = answers.numbers(name, use, "Write how many persons each respondent knows.")
    missing = int(np.isnan(values).sum())
    odd = values[~np.isnan(values) & ~((values >= 0) & (values == np.floor(values)) & (values < LARGEST))]
    if missing or odd.size:
        raise ColumnError(
            f"The column `{name}` was asked for as {use}.",
            f"It is missing for {missing} of {values.size} respondents."
            if missing
            else f"It holds {odd[0]:g}.",
            "Leave out those who gave no answer, and say so." if missing else "Write whole numbers from 0.",
        )
    return values


def _degrees(answers: PersonTable, known: Mapping[str, float], population: float) -> NDArray[np.float64]:
    if not known:
        raise OptionError(
            "`known` was given without a group.",
            "Degrees need at least one group of known size.",
            "Write the column and the size of each group, as in `{'doctors': 230_000}`.",
        )
    sizes = np.array([positive_number(name, group) for name, group in known.items()])
    if sizes.max() >= population:
        raise MisleadingError(
            f"Groups of known size were given in a population of {population:,.0f}.",
            f"One of them has {sizes.max():,.0f} persons.",
            "Write the population that the groups are part of.",
        )
    told = np.column_stack(
        [_counts(answers, name, "persons known in a group of known size") for name in known]
    )
    for at, name in enumerate(known):
        _check_possible(told[:, at], np.full(len(told), sizes[at]), name, "the size of the group")
    return degrees(told, sizes, population)


def _check_possible(part: NDArray[np.float64], whole: NDArray[np.float64], name: str, other: str) -> None:
    beyond = np.flatnonzero(part > whole)
    if beyond.size:
        first = int(beyond[0])
        raise MisleadingError(
            f"`{name}` was read as persons known.",
            f"Rows where it is above {other}: {beyond.size}; the first, row {first}, has {part[first]:g} against "
            f"{whole[first]:g}.",
            "Correct these answers, or leave the respondents out and say so.",
        )


def _check_known(degree: NDArray[np.float64], weight: NDArray[np.float64], estimator: str) -> None:
    nobody = np.flatnonzero((degree == 0) & (weight > 0))
    all_of_them = nobody.size == np.count_nonzero(weight)
    if all_of_them or (nobody.size and estimator == "pimle"):
        raise MisleadingError(
            f"The persons known by {np.count_nonzero(weight)} respondents were read (`{estimator}`).",
            f"Rows where they know nobody: {nobody.size}, the first being row {int(nobody[0])}.",
            "Ask about larger groups."
            if all_of_them
            else 'Write `estimator="mle"`, or leave these respondents out and say so.',
        )


def _weights(answers: PersonTable, weights: str | ArrayLike | None, rows: int) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(rows)
    given: Any = weights
    if isinstance(weights, str):
        given = answers.values(weights, "weights")
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.array([math.nan])
    if values.shape != (rows,) or not np.isfinite(values).all() or (values < 0).any() or not values.sum() > 0:
        raise OptionError(
            f"`weights` were given for {rows} respondents.",
            "They are not one number from 0 for each.",
            "Write one weight a respondent, some of them above 0.",
        )
    return values
