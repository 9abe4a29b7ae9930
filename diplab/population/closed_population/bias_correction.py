"""Sizes corrected for the bias of maximum likelihood in small samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.kernel.abundance import Abundance, chapman
from diplab.kernel.behaviour import first_captures, removal
from diplab.kernel.convex_loglinear import fit_bounded
from diplab.kernel.loglinear import unseen_size
from diplab.population.closed_population.log_linear_models import table_of

if TYPE_CHECKING:
    from diplab.kernel.capture_tables import CaptureTable
    from diplab.population.closed_population.captures import Captures

__all__ = ["CORRECTED", "bias_corrected_size"]

CORRECTED = (("M0", ""), ("Mt", ""), ("Mb", ""), ("Mh", "chao"), ("Mth", "chao"))
"""Models for which a correction is known and checked."""


def bias_corrected_size(captures: Captures, model: str, heterogeneity: str = "") -> Abundance:
    """Return the size of a model, corrected for bias by changing the counts a little before the fit.

    Parameters
    ----------
    captures : Captures
    model, heterogeneity : str
        One of `CORRECTED`.

    Returns
    -------
    Abundance

    Raises
    ------
    OptionError
        Where no correction is known.
    MisleadingError
        Where the corrected counts have no size.

    Notes
    -----
    In a log-linear model the first-order bias of exp(b0) is taken away by adding to the counts y changes d with
    X'd = X'h/2 - u/2, h the leverages and u the line of those never seen: h/2 removes the bias of b (Firth, 1993), and
    -u/2 that of the exponential. Where few are seen more than twice the leverages are those of a model which the
    persons seen once and twice decide. For M0 this gives -1/2 for those seen once and +1 for those seen twice; for Mt
    and Mth chao (t - 2)/(2 t) for each history seen once and 2/(t (t - 1)) for each seen twice, which is Chapman's
    formula at t = 2 (Rivest and Lévesque, 2001). Mh chao has N = n + (t-1)/t f1 (f1 - 1)/(2 (f2 + 1)) (Chao, 1989),
    and Mb first captures changed by +2, -1, -1.

    Examples
    --------
    >>> from diplab.population.closed_population.captures import captures_of
    >>> hares = captures_of({1: 25, 2: 22, 3: 13, 4: 5, 5: 1, 6: 2}, occasions=6)
    >>> round(bias_corrected_size(hares, "M0").size, 4)
    75.388
    """
    if (model, heterogeneity) not in CORRECTED:
        raise OptionError(
            asked=f"A bias-corrected size was asked for under the model {model} {heterogeneity}".rstrip()
            + ".",
            found="A correction is known for M0, Mt, Mb, Mh chao and Mth chao.",
            write="Leave `bias_corrected` out, or take one of these models.",
        )
    if model == "Mb":
        found = _removal(captures)
    elif model == "Mh":
        found = _chao(captures)
    elif model == "Mt" and captures.limit == 2:
        found = _two_occasions(captures)
    else:
        found = _changed_counts(captures, table_of(captures, model, heterogeneity), model)
    if not (np.isfinite(found.size) and found.variance >= 0 and found.size <= 1e8 * captures.seen):
        raise MisleadingError(
            asked=f"A bias-corrected size was asked for under the model {model} {heterogeneity}".rstrip()
            + ".",
            found="The corrected counts set no upper limit to it.",
            write=f"Write that at least {captures.seen} persons exist, or take another model.",
        )
    return found


def _changed_counts(captures: Captures, table: CaptureTable, model: str) -> Abundance:
    changes = np.zeros_like(table.counts)
    once, twice = table.times == 1, table.times == 2
    if model == "M0":
        changes[once], changes[twice] = -0.5, 1.0
    else:
        occasions = captures.limit
        changes[once] = (occasions - 2.0) / (2.0 * occasions)
        changes[twice] = 2.0 / (occasions * (occasions - 1.0))
    counts = np.maximum(table.counts + changes, 0.0)
    bounded = fit_bounded(table.x, counts, table.bent, table.offset)
    missed, variance = unseen_size(bounded.fit, np.eye(1, len(bounded.kept))[0])
    return Abundance(captures.seen + float(missed), float(variance), float(captures.seen))


def _chao(captures: Captures) -> Abundance:
    """Return Chao's bias-corrected bound over so many occasions, and its variance (Rivest and Lévesque, 2001)."""
    once, twice = float(captures.frequencies.of(1)), float(captures.frequencies.of(2))
    share = 1.0 if np.isinf(captures.limit) else (captures.limit - 1.0) / captures.limit
    missed = share * once * (once - 1.0) / (2.0 * (twice + 1.0))
    spread = share**2 * once * (once - 1.0) * (once**2 + 4.0 * once * twice + 3.0 * once - 6.0 * twice - 6.0)
    variance = missed + spread / (4.0 * (twice + 1.0) ** 2 * (twice + 2.0))
    return Abundance(captures.seen + missed, variance, float(captures.seen))


def _removal(captures: Captures) -> Abundance:
    histories = captures.histories
    assert histories is not None
    first = first_captures(histories.seen, histories.persons).first
    if len(first) < 3:
        return Abundance(np.inf, np.nan, float(captures.seen))
    changed = np.maximum(first + np.pad([2.0, -1.0, -1.0], (0, len(first) - 3)), 0.0)
    found = removal(changed)
    return Abundance(found.size, found.variance, float(captures.seen))


def _two_occasions(captures: Captures) -> Abundance:
    histories = captures.histories
    assert histories is not None
    first, second = histories.persons @ histories.seen
    return chapman(float(first), float(second), first + second - captures.seen)
