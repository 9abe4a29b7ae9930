"""Several catches in a row in a closed population, those met marked at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from diplab.checks import check_confidence
from diplab.errors import EmptyDomainError, MisleadingError, OptionError, one_of
from diplab.kernel import repeated_catches as kernel
from diplab.population.assumptions import BASE, CLOSED, EQUAL_CATCH, MARKED_AT_ONCE, MATCHED
from diplab.population.sizes import gather_sizes, size
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from diplab.population.kernel.abundance import Abundance
    from diplab.results.sizes import Sizes

__all__ = ["schnabel"]

FEW = 50
"""Recaptures under which the Poisson law is asymmetric enough to matter (Seber, 1982; Krebs, 1989)."""

INTERVALS = {
    "schnabel": ("poisson", "normal", "t"),
    "schnabel_chapman": ("poisson", "normal", "t"),
    "schumacher": ("t",),
}


def schnabel(
    marked: ArrayLike | None,
    caught: ArrayLike,
    recaptured: ArrayLike,
    estimator: Literal["schnabel", "schnabel_chapman", "schumacher"] = "schnabel",
    interval: Literal["poisson", "normal", "t"] | None = None,
    confidence: float = 0.95,
    released: ArrayLike | None = None,
) -> Sizes:
    """Return how many people there are, from several catches and how many of each had been met before.

    Parameters
    ----------
    marked : sequence of int, or None
        Persons already met and still known just before each occasion: 0 on the first, then all new persons of the
        occasions before. It is not the number newly marked on the occasion. None where `released` is given.
    caught : sequence of int
        Persons met on each occasion, those met before included.
    recaptured : sequence of int
        Of them, persons met on an earlier occasion.
    estimator : str
        `schnabel` (the default: all recaptures pooled), `schnabel_chapman` (the same with Chapman's correction of one
        recapture more) or `schumacher` (Schumacher and Eschmeyer: a line through the shares met before).
    interval : str, optional
        For the first two `poisson` (exact limits of the recaptures; taken where they are fewer than 50), `normal`
        (taken otherwise; normal on 1/N) or `t` (on 1/N with Student's law, occasions less one); `t` for `schumacher`.
    confidence : float
        Probability of the interval.
    released : sequence of int, optional
        Persons let go marked after each occasion, in place of `marked`, which is then counted from them. The last is
        not needed and may be missing.

    Returns
    -------
    Sizes
        One row; column `n` holds the distinct persons seen. An unknown first number of recaptures is taken as none,
        which the provenance says: nobody was marked then. Occasions on which nobody was caught tell nothing and are
        counted there too.

    Raises
    ------
    OptionError
        Where lengths differ, a number is no count, more were recaptured than caught or marked, or more are marked than
        could have been.
    EmptyDomainError
        Where nobody was caught at all.
    MisleadingError
        Where nobody was met again, or only one occasion tells something and a line was asked for.

    Notes
    -----
    N = sum(n M)/sum(m) for Schnabel (1938), over sum(m) + 1 with Chapman's correction (Chapman, 1952),
    sum(n M^2)/sum(m M) for Schumacher and Eschmeyer (1943); intervals after Ricker (1975) and Krebs (1989).

    Examples
    --------
    >>> from diplab import population
    >>> found = population.schnabel([0, 10, 37, 54], [10, 27, 17, 7], [0, 0, 0, 2])
    >>> float(found.frame["estimate"].iloc[0])
    638.5
    """
    if not isinstance(estimator, str) or estimator not in INTERVALS:
        raise one_of("`estimator`", estimator, INTERVALS)
    if interval is not None and str(interval) not in INTERVALS[estimator]:
        raise one_of(f"`interval` of `{estimator}`", interval, INTERVALS[estimator])
    check_confidence(confidence)
    rules: dict[str, str] = {}
    met = _counts("caught", caught)
    again = _counts("recaptured", recaptured, len(met), first=0.0)
    if np.size(recaptured) and np.isnan(np.asarray(recaptured, dtype=float)[0]):
        rules["first_recaptures"] = "0"
    known = _known(marked, released, met, again)
    _possible(known, met, again)
    sums = kernel.catches(known, met, again)
    _telling(sums, estimator, met)
    if empty := int((met == 0).sum()):
        rules["empty_occasions"] = str(empty)
    found = (
        kernel.schumacher(sums) if estimator == "schumacher" else kernel.schnabel(sums, _modified(estimator))
    )
    chosen = interval or _usual(estimator, sums)
    df = _df(chosen, estimator, sums)
    flag = "at the number seen" if found.size < found.seen else ""
    floored = found._replace(size=max(found.size, found.seen))
    ends = _ends(chosen, estimator, sums, found, confidence, df)
    row = {**size(estimator, floored, ends, flag), "df": df}
    rules = {"estimator": estimator, "interval": chosen, "confidence": f"{confidence:g}", **rules}
    rules["occasions"] = str(len(met))
    assumptions = (CLOSED, MATCHED, EQUAL_CATCH, MARKED_AT_ONCE)
    return gather_sizes([row], Provenance(rules=rules, base=BASE, assumptions=assumptions))


def _modified(estimator: str) -> bool:
    return estimator == "schnabel_chapman"


def _usual(estimator: str, sums: kernel.Catches) -> str:
    if estimator == "schumacher":
        return "t"
    return "poisson" if sums.m < FEW else "normal"


def _df(interval: str, estimator: str, sums: kernel.Catches) -> float:
    if interval != "t":
        return math.inf
    # The first occasion, before which nobody is marked, is one of the s of Krebs: s - 1 is the telling ones.
    return sums.occasions - 1 if estimator == "schumacher" else sums.occasions


def _ends(
    interval: str,
    estimator: str,
    sums: kernel.Catches,
    found: Abundance,
    confidence: float,
    df: float,
) -> tuple[float, float]:
    if interval == "poisson":
        return kernel.schnabel_poisson(sums, _modified(estimator), confidence)
    return kernel.inverse_interval(found, kernel.student_deviate(confidence, df))


def _counts(
    name: str, given: ArrayLike, length: int | None = None, first: float | None = None
) -> NDArray[np.float64]:
    """Return counts by occasion; a missing first one takes the value given for it."""
    try:
        counts = np.array(given, dtype=float)
    except (TypeError, ValueError):
        counts = np.array([math.nan])
    if counts.ndim == 1 and counts.size and first is not None and np.isnan(counts[0]):
        counts[0] = first
    if counts.ndim != 1 or not np.all(np.isfinite(counts)) or (counts < 0).any() or (counts % 1).any():
        raise OptionError(
            asked=f"`{name}` was given by occasion.",
            found="It holds something else than numbers of persons.",
            write="Write one whole number an occasion, zero or more.",
        )
    if length is not None and len(counts) != length:
        raise OptionError(
            asked=f"`{name}` was given for {len(counts)} occasions and `caught` for {length}.",
            found="Each occasion has one number of each.",
            write=f"Write {length} numbers in `{name}`.",
        )
    if not counts.size:
        raise EmptyDomainError(
            asked="A size was asked for from catches.",
            found="There is no occasion.",
            write="Write the persons caught on each occasion.",
        )
    return counts


def _known(
    marked: ArrayLike | None,
    released: ArrayLike | None,
    met: NDArray[np.float64],
    again: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the persons marked before each occasion, as given or counted from those let go."""
    if (marked is None) == (released is None):
        raise OptionError(
            asked="A size was asked for from catches.",
            found="Persons known before each occasion are wanted once: in `marked`, or in `released` let go after it.",
            write="Write one of `marked` and `released`.",
        )
    if marked is not None:
        return _counts("marked", marked, len(met), first=0.0)
    let_go = np.array(released, dtype=object)
    if let_go.ndim == 1 and let_go.size:
        # Nobody is met after the last occasion: how many were let go then is not needed.
        let_go[-1] = 0
    freed = _counts("released", let_go, len(met))
    if (freed[:-1] > met[:-1]).any():
        at = int(np.argmax(freed[:-1] > met[:-1]))
        raise OptionError(
            asked=f"{freed[at]:g} persons were given as released after occasion {at + 1}.",
            found=f"Only {met[at]:g} were caught on it.",
            write="Write in `released` those let go again, new and met before.",
        )
    return np.concatenate([[0.0], np.cumsum(freed - again)[:-1]])


def _possible(known: NDArray[np.float64], met: NDArray[np.float64], again: NDArray[np.float64]) -> None:
    for what, most in (("caught", met), ("marked before it", known)):
        if (again > most).any():
            at = int(np.argmax(again > most))
            raise OptionError(
                asked=f"{again[at]:g} recaptured persons were given on occasion {at + 1}.",
                found=f"Only {most[at]:g} were {what}.",
                write="Write in `recaptured` those of the persons caught who had been met on an earlier occasion.",
            )
    most = known[:-1] + met[:-1] - again[:-1]
    if (known[1:] > most).any():
        at = int(np.argmax(known[1:] > most))
        raise OptionError(
            asked=f"{known[at + 1]:g} persons were given as marked before occasion {at + 2}.",
            found=f"At most {most[at]:g} can be, with those marked before and the new ones of occasion {at + 1}.",
            write="Write in `marked` all persons met on the occasions before, and on none later.",
        )


def _telling(sums: kernel.Catches, estimator: str, met: NDArray[np.float64]) -> None:
    if not met.any():
        raise EmptyDomainError(
            asked=f"A size was asked for from {len(met)} catches.",
            found="Nobody was caught on any occasion, where it is undefined.",
            write="Write the persons caught on each occasion.",
        )
    if sums.m == 0:
        raise MisleadingError(
            asked=f"A size was asked for from {len(met)} catches.",
            found="Nobody was met again, so the catches set no upper limit to it.",
            write=f"Write that at least {sums.seen:g} persons exist, or match the catches again.",
        )
    if estimator == "schumacher" and sums.occasions < 2:
        raise MisleadingError(
            asked="A line through the shares met before was asked for.",
            found="Only one occasion has both a catch and persons marked before it, and one point has no spread.",
            write="Write the estimator `schnabel`, which needs one occasion only.",
        )
