"""The estimators of single-source sizes by name, and what each makes of counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from diplab.errors import OptionError
from diplab.kernel import richness
from diplab.kernel.negative_binomial_counts import truncated_negative_binomial
from diplab.kernel.one_inflated import (
    inflated_then_truncated,
    one_inflated_chao,
    truncated_then_inflated,
)
from diplab.kernel.truncated_laws import GEOMETRIC, POISSON, zero_truncated
from diplab.kernel.twice_seen import hurdle, twice_seen, zero_one_truncated
from diplab.population.kernel import counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.kernel.truncated_laws import CountFit, Law
    from diplab.kernel.twice_seen import TwiceSeen
    from diplab.population.kernel.abundance import Abundance
    from diplab.population.one_source.frequencies import Frequencies

__all__ = ["ESTIMATORS", "LOWER_BOUNDS", "WITHOUT_BOUND", "Estimator", "Found", "found_by"]

Estimator = Literal[
    "chao",
    "chao_bc",
    "chao_t",
    "chao1",
    "chao1_bc",
    "chao2",
    "chao2_bc",
    "ichao",
    "zelterman",
    "poisson",
    "geometric",
    "negative_binomial",
    "ace",
    "ace_1",
    "jackknife1",
    "jackknife2",
    "oichao",
    "one_inflated_poisson",
    "one_inflated_geometric",
    "truncated_one_inflated_poisson",
    "truncated_one_inflated_geometric",
    "zero_one_truncated_poisson",
    "zero_one_truncated_geometric",
    "hurdle_poisson",
]
ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
LOWER_BOUNDS = ("chao", "chao_bc", "chao_t", "chao1", "chao1_bc", "chao2", "chao2_bc", "ichao")
ONE_INFLATED: dict[str, tuple[Law, Callable[[TwiceSeen], CountFit]]] = {
    "one_inflated_poisson": (POISSON, truncated_then_inflated),
    "one_inflated_geometric": (GEOMETRIC, truncated_then_inflated),
    "truncated_one_inflated_poisson": (POISSON, inflated_then_truncated),
    "truncated_one_inflated_geometric": (GEOMETRIC, inflated_then_truncated),
    "zero_one_truncated_poisson": (POISSON, zero_one_truncated),
    "zero_one_truncated_geometric": (GEOMETRIC, zero_one_truncated),
    "hurdle_poisson": (POISSON, hurdle),
}
WITHOUT_BOUND = (*ONE_INFLATED, "oichao")
"""Estimators that do not take those seen once as the law has them, so that Chao's bound does not hold."""
TRUNCATED = {"poisson": POISSON, "geometric": GEOMETRIC}


@dataclass(frozen=True)
class Found:
    """What an estimator makes of counts.

    Parameters
    ----------
    abundance : Abundance
        Size, variance, number seen.
    fit : CountFit or None
        The law behind it; None for a formula.
    """

    abundance: Abundance
    fit: CountFit | None = None


def found_by(estimator: str, seen: Frequencies, confidence: float = 0.95) -> Found:
    """Return what an estimator makes of counts, refused where it has no answer.

    Examples
    --------
    >>> from diplab.population.one_source.frequencies import frequencies
    >>> round(found_by("hurdle_poisson", frequencies([1645, 183, 37, 13, 1, 1])).abundance.size, 2)
    6484.49
    """
    times, persons = (np.array(column, dtype=float) for column in zip(*seen.counts, strict=True))
    fit = None
    if estimator in TRUNCATED:
        fit = zero_truncated(times, persons, TRUNCATED[estimator])
    elif estimator == "negative_binomial":
        fit = truncated_negative_binomial(times, persons, confidence)
    elif estimator in ONE_INFLATED:
        law, model = ONE_INFLATED[estimator]
        fit = model(twice_seen(times, persons, law))
    return Found(_formula(estimator, seen)) if fit is None else Found(fit.found, fit)


def _formula(estimator: str, seen: Frequencies) -> Abundance:
    once, twice, thrice = seen.of(1), seen.of(2), seen.of(3)
    if estimator == "chao":
        return counts.chao(once, twice, seen.seen)
    if estimator == "chao_bc":
        return counts.chao_bias_corrected(once, twice, seen.seen)
    if estimator == "zelterman":
        return counts.zelterman(once, twice, seen.seen)
    if estimator == "oichao":
        return one_inflated_chao(twice, thrice, seen.seen)
    if estimator == "chao_t":
        return counts.chao_occasions(once, twice, thrice, seen.seen, _occasions(estimator, seen))
    return _richness(estimator, seen)


def _richness(estimator: str, seen: Frequencies) -> Abundance:
    # persons seen more often than the rare ones matter by their number only
    persons = np.array([seen.of(times) for times in range(1, richness.RARE + 1)], dtype=float)
    persons = np.append(persons, seen.seen - persons.sum())
    draws = seen.sightings if seen.occasions is None else seen.occasions
    if estimator.startswith("chao1"):
        return richness.finite_chao(persons, seen.sightings, corrected=estimator.endswith("_bc"))
    if estimator.startswith("chao2"):
        return richness.finite_chao(persons, _occasions(estimator, seen), corrected=estimator.endswith("_bc"))
    if estimator == "ichao":
        return richness.improved_chao(persons, draws)
    if estimator.startswith("ace"):
        return richness.coverage(persons, seen.occasions, twice_corrected=estimator == "ace_1")
    return richness.jackknife(persons, draws, order=int(estimator[-1]))


def _occasions(estimator: str, seen: Frequencies) -> int:
    if seen.occasions is None:
        plain = "chao1" if estimator.startswith("chao2") else "chao"
        raise OptionError(
            asked=f"The estimator `{estimator}` was asked for.",
            found="It needs to know on how many occasions a person could be seen.",
            write=f"Write `occasions=`, or the estimator `{plain}`.",
        )
    return seen.occasions
