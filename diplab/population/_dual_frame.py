"""Persons of two frames that overlap, from a sample of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diplab.checks import check_column_names, check_confidence
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError, one_of, suggestion
from diplab.kernel.interval import student
from diplab.population.account_assumptions import TWO_FRAMES
from diplab.population.kernel.frames import (
    DomainTotals,
    DualFrameTotal,
    best_overlap_share,
    domain_totals,
    fuller_burmeister,
    hartley,
    single_frame,
)
from diplab.population.sizes import add_data_sources, gather_sizes, join_sources, known_size, weakest_status
from diplab.population.tables import to_pandas
from diplab.reference.text import Text
from diplab.results.estimates import Estimates
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["FrameSample", "dual_frame", "frame_sample"]

ESTIMATORS = ("hartley", "fuller_burmeister", "kalton_anderson", "multiplicity")
BASE = Text("Personnes de l'une ou l'autre base de sondage.", "Persons of either sampling frame.")


def dual_frame(
    first: pd.DataFrame | Estimates,
    second: pd.DataFrame | Estimates,
    estimator: Literal["hartley", "fuller_burmeister", "kalton_anderson", "multiplicity"] = "hartley",
    *,
    y: str | None = None,
    weights: str = "weight",
    both: str = "both",
    other_weight: str | None = None,
    theta: float | None = None,
    frame_sizes: Sequence[float] | None = None,
    confidence: float = 0.95,
) -> Estimates:
    """Return how many persons two overlapping frames hold (or a total over them), from a sample of each.

    Parameters
    ----------
    first, second : pandas.DataFrame or Estimates
        The samples, one row a respondent, drawn independently. Or `dl.estimate(sample, dl.count(), by="both")` (for a
        variable `dl.total(y)`, and `dl.count()` too for Fuller and Burmeister), whose covariance is that of the design.
    estimator : {"hartley", "fuller_burmeister", "kalton_anderson", "multiplicity"}
        How persons of both frames, met in either sample, are counted once.
    y : str, optional
        Column to be totalled; persons are counted without it.
    weights : str
        Column of weights: what a respondent stands for in the frame they were drawn from.
    both : str
        Column that says whether a respondent is in the other frame too (true or 1).
    other_weight : str, optional
        For `kalton_anderson`: column with the weight a respondent of both frames would have in the other one. Without
        it that of the other sample is taken, where it is the same for all.
    theta : float, optional
        For `hartley`: share taken of the first sample for persons of both frames (0, 0.5, 1...). That with the
        smallest estimated variance by default.
    frame_sizes : (float, float), optional
        Known numbers of persons of the two frames, where rows are given: weights are scaled to them.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Estimates
        One row, with a normal interval; `n` respondents of both samples. `provenance.rules["overlap_share"]` is theta.

    Raises
    ------
    MisleadingError
        Where no respondent of a sample is in the other frame, or something is missing.
    ColumnError
        Where a column does not exist.
    OptionError
        Where an option does not go with the estimator.

    Notes
    -----
    Domains: a in the first frame alone, b in the second alone, ab in both. Hartley (1962, 1974):
    Y = Ya + theta Yab1 + (1 - theta) Yab2 + Yb, at its best theta = (V(Yab2) + Cov(Yb, Yab2) - Cov(Ya, Yab1)) /
    (V(Yab1) + V(Yab2)), estimated from the same samples, not kept within 0 to 1, and taken as fixed in the variance.
    Multiplicity is theta = 1/2 (each person is on two lists). Fuller and Burmeister (1972) add
    b2 (Nab1 - Nab2), with the two coefficients of smallest estimated variance; counting persons this is Hartley's
    total. Kalton and Anderson (1986), after Bankier (1986): one sample of both frames, a person of both weighing
    1/(1/d1 + 1/d2). Variances are with replacement by respondent within each frame, n/(n - 1) sum((t_i - t/n)^2);
    give `Estimates` for strata, clusters and finite frames.

    Respondents who are wrong about the other frame bias every form of it: those of ab said to be in one frame alone
    are counted twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> one = pd.DataFrame({"weight": 10.0, "both": [False] * 30 + [True] * 20})
    >>> two = pd.DataFrame({"weight": 8.0, "both": [False] * 45 + [True] * 15})
    >>> population.dual_frame(one, two, theta=0.5).frame["estimate"].round(6).tolist()
    [820.0]
    """
    if not isinstance(estimator, str) or estimator not in ESTIMATORS:
        raise one_of("`estimator`", estimator, ESTIMATORS)
    check_confidence(confidence)
    _check_options(estimator, theta, other_weight)
    if frame_sizes is not None and estimator == "kalton_anderson":
        raise OptionError(
            "`frame_sizes` were given for the estimator `kalton_anderson`.",
            "It weighs respondents by the chances they were drawn with.",
            "Leave them out, or write another estimator.",
        )
    check_column_names(y=y, weights=weights, both=both, other_weight=other_weight)
    sizes = _sizes(frame_sizes)
    given, first, second = (first, second), to_pandas(first), to_pandas(second)
    columns = (weights, both, other_weight)
    samples = (
        frame_sample(first, "first", y, columns, sizes[0]),
        frame_sample(second, "second", y, columns, sizes[1]),
    )
    if estimator == "fuller_burmeister" and y is not None:
        _check_numbers(first, second)
    if estimator != "hartley" or theta is None:
        _check_overlap(samples)
    found = _combined(estimator, samples, theta)
    row = _row(estimator, found, sum(each.respondents for each in samples), confidence)
    if y is not None:
        row["variable"] = y
    return gather_sizes([row], _record(estimator, found, given, frame_sizes, confidence))


def _combined(
    estimator: str, samples: tuple[FrameSample, FrameSample], theta: float | None
) -> DualFrameTotal:
    one, two = samples
    if estimator == "fuller_burmeister":
        return fuller_burmeister(one.totals, two.totals)
    if estimator == "kalton_anderson":
        parts = [_single(own, other) for own, other in ((one, two), (two, one))]
        return DualFrameTotal(sum(part[0] for part in parts), sum(part[1] for part in parts), ())
    if estimator == "multiplicity":
        share = 0.5
    else:
        share = best_overlap_share(one.totals, two.totals) if theta is None else float(theta)
        share = 0.5 if math.isnan(share) else share
    return hartley(one.totals, two.totals, share)


def _single(own: FrameSample, other: FrameSample) -> tuple[float, float]:
    if own.y is None or own.weights is None or own.both is None or other.weights is None:
        raise OptionError(
            "The estimator `kalton_anderson` was asked for from estimates.",
            "It weighs each respondent of both frames anew.",
            "Give the rows of both samples, or write `estimator='hartley'`.",
        )
    elsewhere = own.elsewhere
    if elsewhere is None:
        if np.ptp(other.weights) > 1e-9 * other.weights.max():
            raise OptionError(
                "The estimator `kalton_anderson` was asked for without `other_weight`.",
                "Weights differ within a sample, so that of a respondent in the other frame is not known.",
                "Write the column that holds it as `other_weight=`, or `estimator='hartley'`.",
            )
        elsewhere = np.full(len(own.y), other.weights[0])
    elif not bool(np.all(elsewhere[own.both] > 0)):
        raise MisleadingError(
            "The weights in the other frame were read in `other_weight`.",
            "One of them is zero or negative, for a respondent of both frames.",
            "Write what they would stand for, had they been drawn from the other frame.",
        )
    return single_frame(own.y, own.weights, own.both, elsewhere)


def _check_options(estimator: str, theta: float | None, other_weight: str | None) -> None:
    if theta is not None and estimator != "hartley":
        raise OptionError(
            f"`theta` was given for the estimator `{estimator}`.",
            "It is the share that Hartley's total takes of the first sample.",
            "Leave it out, or write `estimator='hartley'`.",
        )
    number = isinstance(theta, int | float) and not isinstance(theta, bool)
    if theta is not None and not (number and 0 <= theta <= 1):
        raise OptionError(
            f"`theta` was given as {theta!r}.",
            "It is the share taken of the first sample.",
            "Write a number from 0 to 1, or leave it out for the best one.",
        )
    if other_weight is not None and estimator != "kalton_anderson":
        raise OptionError(
            f"`other_weight` was given for the estimator `{estimator}`.",
            "Only `kalton_anderson` reads it.",
            "Leave it out, or write `estimator='kalton_anderson'`.",
        )


def _sizes(frame_sizes: Sequence[float] | None) -> tuple[float | None, float | None]:
    if frame_sizes is None:
        return None, None
    sizes = list(frame_sizes) if hasattr(frame_sizes, "__iter__") else []
    if len(sizes) != 2 or not all(
        isinstance(each, int | float | np.number) and 0 < each < math.inf for each in sizes
    ):
        raise OptionError(
            f"`frame_sizes` was given as {frame_sizes!r}.",
            "It is the number of persons of the first frame and of the second.",
            "Write two positive numbers.",
        )
    return float(sizes[0]), float(sizes[1])


def _check_numbers(first: object, second: object) -> None:
    for which, given in (("first", first), ("second", second)):
        if isinstance(given, Estimates) and len(given) == 2:
            raise OptionError(
                f"The estimator `fuller_burmeister` was asked for, and the {which} sample has totals only.",
                "It also needs the number of persons in both frames.",
                "Write `dl.estimate(sample, dl.total(y), dl.count(), by='both')`.",
            )


def _check_overlap(samples: tuple[FrameSample, FrameSample]) -> None:
    for which, other, sample in (("first", "second", samples[0]), ("second", "first", samples[1])):
        if sample.overlapping == 0:
            theta = 0 if which == "first" else 1
            raise MisleadingError(
                "A total over two frames was asked for.",
                f"No respondent of the {which} sample is in the {other} frame, so that it tells nothing of the "
                "overlap.",
                f"Write `estimator='hartley', theta={theta}` to take the overlap from the {other} sample alone.",
            )


def _row(estimator: str, found: DualFrameTotal, respondents: float, confidence: float) -> dict[str, Any]:
    error = math.sqrt(found.variance)
    reach = float(student(confidence, np.array([math.inf]))[0]) * error
    return {
        **known_size(f"dual_frame_{estimator}", found.total),
        "std_error": error,
        "ci_low": found.total - reach,
        "ci_high": found.total + reach,
        "cv": error / abs(found.total) if found.total else math.nan,
        "df": math.inf,
        "n": respondents,
    }


def _record(
    estimator: str,
    found: DualFrameTotal,
    given: tuple[Any, Any],
    frame_sizes: Sequence[float] | None,
    confidence: float,
) -> Provenance:
    rules = {"estimator": f"dual_frame_{estimator}", "interval": "normal", "confidence": f"{confidence:g}"}
    if found.coefficients:
        rules["overlap_share"] = f"{found.coefficients[0]:.6g}"
    if frame_sizes is not None:
        for which, each in zip(("first", "second"), frame_sizes, strict=True):
            rules[f"{which}_frame"] = f"{each:g}"
    behind = [each.provenance for each in given if isinstance(each, Estimates)]
    record = Provenance(
        rules=rules,
        base=BASE,
        source=join_sources(each.source for each in behind if each.source),
        status=weakest_status(["estimated", *(each.status for each in behind)]),
        assumptions=TWO_FRAMES,
        synthetic=any(each.synthetic for each in behind),
        indicative=any(each.indicative for each in behind),
    )
    return add_data_sources(record, *given)


@dataclass(frozen=True, eq=False)
class FrameSample:
    """One sample of one frame."""

    totals: DomainTotals  # of those in this frame alone and of those in both
    # how many were asked, and how many of them are in both frames
    respondents: float
    overlapping: float
    # the rows, where they were given
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
