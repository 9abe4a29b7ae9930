"""`two_phase`: a sample drawn from a sample, such as a follow-up survey of some of those who answered the first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import DesignError
from diplab.sampling.condition import known_column, parse
from diplab.sampling.second_phase import SecondPhase
from diplab.sampling.two_phase_units import TwoPhaseUnits, crossed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.sampling.sample import Sample

__all__ = ["two_phase"]


def two_phase(
    sample: Sample,
    subset: Any,
    *,
    strata: str | Sequence[str] | None = None,
    psu: str | None = None,
) -> Sample:
    """Say how some people of a sample were drawn for a second phase; estimates then are of those people.

    The data hold everyone of the first phase: what was known of them all (and drawn on), and, for those of the second
    phase, the answers to the second questionnaire. Weights become those of the first phase times the number of units
    over the number taken, in each stratum of the second phase. The variance adds that of both phases (Särndal,
    Swensson and Wretman 1992, ch. 9).

    Parameters
    ----------
    sample : Sample
        The first phase, with its design.
    subset : str or narwhals expression
        Condition that holds for people of the second phase: for example the name of a column of true and false.
    strata : str or list of str, optional
        Columns that together name the stratum of the second phase: units were drawn at random within each.
    psu : str, optional
        Identifier of the units of the second phase, unique within its strata. Without it each row is a unit.

    Returns
    -------
    Sample
        In memory: the rows and columns of a query are collected.

    Raises
    ------
    ConditionError, ColumnError
        Where the condition cannot be read, or a column does not exist.
    DesignError
        Where a stratum has nobody in the second phase, a unit lies on both sides, or the first phase has replicate or
        calibrated weights, unequal probabilities, or two phases already.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": list("ffmmmm"), "called": [1, 1, 1, 1, 0, 0], "hours": [4, 6, 1, 3, None, None]})
    >>> phase_one = dl.declare_design(people)
    >>> followed = dl.two_phase(phase_one, "called == 1", strata="sex")
    >>> dl.estimate(followed, dl.mean("hours")).frame["estimate"].round(3).item()
    3.0
    """
    held = sample.collect()
    _check_first_phase(held)
    engine = held.engine
    condition = parse(subset, sample.names, sample.codebook, "the second phase")
    taken = engine.columns.evaluate(condition) == 1.0
    names = (strata,) if isinstance(strata, str) else tuple(strata or ())
    for name in names:
        known_column(name, sample.names, "strata of the second phase")
    if psu is not None:
        known_column(psu, sample.names, "units of the second phase")
    second = SecondPhase(engine, str(subset), taken, names, psu)
    following = engine.reweighted(np.where(taken, engine.weights * second.factor, 0.0), None)
    following.units = crossed(engine.units, second)
    return replace(held, engine=following)


def _check_first_phase(sample: Sample) -> None:
    asked = "A second phase was asked for."
    if isinstance(sample.engine.units, TwoPhaseUnits):
        raise DesignError(
            asked,
            "The sample has two phases already, and a third has no variance here.",
            "Declare the first phase with everybody, and one second phase.",
        )
    if sample.replication is not None:
        raise DesignError(
            asked,
            "The first phase has replicate weights, which do not say how its units were drawn.",
            "Declare the first phase with its strata and units.",
        )
    if sample.auxiliary is not None:
        raise DesignError(
            asked,
            "The weights of the first phase were calibrated.",
            "Declare the second phase first, and calibrate what it returns.",
        )
    unequal = sample.design.unequal
    if unequal is not None:
        raise DesignError(
            asked,
            f"The first phase has unequal probabilities (`unequal={unequal!r}`), for which both phases together have "
            "no variance here.",
            "Declare the first phase with strata and `fpc` in counts, or without `fpc`.",
        )
