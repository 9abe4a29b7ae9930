"""The two samples of a dual frame: rows with a weight and the membership of the other frame, or totals by domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError, suggestion
from diplab.kernel.two_frames import DomainTotals, domain_totals
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FrameSample", "frame_sample"]


@dataclass(frozen=True, eq=False)
class FrameSample:
    """One sample of one frame.

    Parameters
    ----------
    totals : DomainTotals
        Of those in this frame alone and of those in both.
    respondents, overlapping : float
        How many were asked, and how many of them are in both frames.
    y, weights, both, elsewhere : array or None
        The rows, where they were given.
    """

    totals: DomainTotals
    respondents: float
    overlapping: float
    y: NDArray[np.float64] | None = None
    weights: NDArray[np.float64] | None = None
    both: NDArray[np.bool_] | None = None
    elsewhere: NDArray[np.float64] | None = None


def frame_sample(
    given: Any,
    which: str,
    y: str | None,
    columns: tuple[str, str, str | None],
    frame_size: float | None,
) -> FrameSample:
    """Return a sample as given: a table of respondents, or `Estimates` of totals by membership."""
    if isinstance(given, Estimates):
        if frame_size is not None:
            raise OptionError(
                f"`frame_sizes` were given beside estimates of the {which} sample.",
                "Estimates are totals already.",
                "Calibrate the sample on its frame size with `dl.calibrate`, or give its rows.",
            )
        return _of_estimates(given, which, y)
    names = getattr(given, "columns", None)
    if names is None:
        raise OptionError(
            f"The {which} sample was given as a {type(given).__name__}.",
            "It is a table of respondents, or what `dl.estimate` found by membership.",
            "Write a table with a weight and whether each is in the other frame.",
        )
    return _of_rows(given, which, y, columns, frame_size)


def _of_rows(
    given: Any,
    which: str,
    y: str | None,
    columns: tuple[str, str, str | None],
    frame_size: float | None,
) -> FrameSample:
    weight, membership, other = columns
    weights = _column(given, weight, which, "its weights")
    if len(weights) < 2:
        raise EmptyDomainError(
            f"The {which} sample holds {len(weights)} respondents.",
            "A variance needs two at least.",
            "Write all respondents of the sample, one a row.",
        )
    if not bool(np.all(weights > 0)):
        raise MisleadingError(
            f"The weights of the {which} sample were read in `{weight}`.",
            "One of them is zero or negative.",
            "Write what each respondent stands for in their frame.",
        )
    both = _column(given, membership, which, "the membership of the other frame")
    if not bool(np.all((both == 0) | (both == 1))):
        raise MisleadingError(
            f"The membership of the other frame was read in `{membership}` of the {which} sample.",
            "It holds something else than true and false, or 1 and 0.",
            "Write for each respondent whether they are in the other frame.",
        )
    inside = both == 1
    values = np.ones(len(weights)) if y is None else _column(given, y, which, "the variable")
    elsewhere = _column(given, other, which, "the weights in the other frame", inside) if other else None
    _check_frame(frame_size, which, len(weights))
    totals = domain_totals(values, inside, weights, frame_size)
    if frame_size is not None:
        weights = weights * frame_size / weights.sum()
    counted = float(len(weights)), float(inside.sum())
    return FrameSample(totals, *counted, values, weights, inside, elsewhere)


def _check_frame(frame_size: float | None, which: str, respondents: int) -> None:
    if frame_size is not None and frame_size < respondents:
        raise MisleadingError(
            f"A frame of {frame_size:g} persons was given for the {which} sample.",
            f"It has {respondents} respondents, which is more.",
            "Write in `frame_sizes` the persons of each whole frame, the first one first.",
        )


def _column(
    given: Any, name: str, which: str, use: str, needed: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    if name not in given.columns:
        raise ColumnError(
            f"The column `{name}` of the {which} sample was asked for as {use}.",
            f"It has {len(given.columns)} columns and not that one.",
            suggestion(name, given.columns),
        )
    try:
        found = np.asarray(given[name].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError):
        found = np.full(len(given), np.nan)
    if not bool(np.all(np.isfinite(found if needed is None else found[needed]))):
        raise MisleadingError(
            f"The column `{name}` of the {which} sample was read as {use}.",
            "It holds words, or a number is missing or infinite.",
            "Write a number for each respondent, and leave out those without one.",
        )
    return found


def _of_estimates(given: Estimates, which: str, y: str | None) -> FrameSample:
    frame = given.frame
    statistics = frame["statistic"].tolist()
    wanted = ["count", "count"] if y is None else ["total", "total"]
    form = "dl.count()" if y is None else f"dl.total('{y}'), dl.count()"
    known = (wanted, ["total", "total", "count", "count"])
    membership = frame[given.by[0]].tolist() if len(given.by) == 1 else []
    domains = [bool(each) for each in membership]
    expected = [False, True] * (len(domains) // 2)
    told = all(each in (0, 1) for each in membership)
    if statistics not in known or (y is None and statistics != wanted) or not told or domains != expected:
        raise OptionError(
            f"The {which} sample was given as {len(frame)} estimates.",
            "They are not totals of those outside and inside the other frame, in that order.",
            f"Write `dl.estimate(sample, {form}, by='both')`, with `both` true in the other frame.",
        )
    # without the numbers of persons, the third row repeats the second
    at = [0, 1, 3 if len(frame) == 4 else 1]
    points = frame["estimate"].to_numpy(dtype=np.float64)[at]
    totals = DomainTotals(points, given.covariance[np.ix_(at, at)])
    if not bool(np.all(np.isfinite(totals.covariance))):
        raise MisleadingError(
            f"The {which} sample was given as estimates without their covariance.",
            "The variance of a total over two frames needs it.",
            "Write what `dl.estimate` found, both domains in one call.",
        )
    seen = frame["n"].to_numpy(dtype=np.float64)
    return FrameSample(totals, float(seen[0] + seen[1]), float(seen[1]))
