"""Dual-frame estimation: persons of two overlapping frames, from a sample of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from diplab import checks
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.intervals import student_deviate
from diplab.population.kernel import networks
from diplab.population.sizes import VARIABLE, gather_sizes, known_size, provenance_of, with_error
from diplab.population.tables import PersonTable, check_values, read_table
from diplab.results.estimates import Estimates, Provenance

Estimator = Literal["hartley", "fuller_burmeister", "kalton_anderson", "multiplicity"]


def dual_frame(
    first: pd.DataFrame | Estimates,
    second: pd.DataFrame | Estimates,
    estimator: Estimator = "hartley",
    *,
    y: str | None = None,
    weights: str = "weight",
    both: str = "both",
    other_weight: str | None = None,
    theta: float | None = None,
    frame_sizes: Sequence[float] | None = None,
    confidence: float = 0.95,
) -> Estimates:
    """Return the number of persons in two overlapping frames, or a total, from a sample of each.

    Parameters
    ----------
    first, second : pandas.DataFrame or Estimates
        The samples, one row per respondent, drawn independently. Or `dl.estimate(sample,
        dl.count(), by="both")` (for a variable `dl.total(y)`, and `dl.count()` too for Fuller and
        Burmeister), whose covariance is that of the design.
    estimator : {"hartley", "fuller_burmeister", "kalton_anderson", "multiplicity"}
        How persons of both frames, met in either sample, are counted once.
    y : str, optional
        Column to be totalled; persons are counted without it.
    weights : str
        Column of weights: how many persons a respondent represents in the frame they were drawn
        from.
    both : str
        Column that says whether a respondent is in the other frame too (true or 1).
    other_weight : str, optional
        For `kalton_anderson`: column with the weight a respondent of both frames would have in the
        other one. Without it that of the other sample is taken, where it is the same for all.
    theta : float, optional
        For `hartley`: share taken of the first sample for persons of both frames (0, 0.5, 1...).
        That with the smallest estimated variance by default.
    frame_sizes : (float, float), optional
        Known numbers of persons of the two frames, where rows are given: weights are scaled to
        them.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Estimates
        One row, with a normal interval; `n` respondents of both samples.
        `provenance.rules["overlap_share"]` is theta.

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
    Domains: a in the first frame alone, b in the second alone, ab in both. Hartley (1962, 1974): Y
    = Ya + theta Yab1 + (1 - theta) Yab2 + Yb, at its best theta = (V(Yab2) + Cov(Yb, Yab2) -
    Cov(Ya, Yab1)) / (V(Yab1) + V(Yab2)), estimated from the same samples, not kept within 0 to 1,
    and taken as fixed in the variance; multiplicity is theta = 1/2. Fuller and Burmeister (1972)
    add b2 (Nab1 - Nab2), both coefficients at the smallest estimated variance; counting persons
    this is Hartley's total. Kalton and Anderson (1986), after Bankier (1986): a person of both
    weighs 1/(1/d1 + 1/d2). Variances are with replacement by respondent within each frame, n/(n -
    1) sum((t_i - t/n)^2); give `Estimates` for strata, clusters and finite frames. Those of ab said
    to be in one frame alone are counted twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> one = pd.DataFrame({"weight": 10.0, "both": [False] * 30 + [True] * 20})
    >>> two = pd.DataFrame({"weight": 8.0, "both": [False] * 45 + [True] * 15})
    >>> population.dual_frame(one, two, theta=0.5).frame["estimate"].round(6).tolist()
    [820.0]
    """
    checks.check_one_of("estimator", estimator, Estimator)
    checks.check_confidence(confidence)
    _check_options(estimator, theta, other_weight, frame_sizes)
    checks.check_column_names(y=y, weights=weights, both=both, other_weight=other_weight)
    frames, names = _frame_sizes(frame_sizes), ("first", "second")
    columns = (weights, both, other_weight)
    one, two = (
        _frame_sample(*item, y, columns)
        for item in zip((first, second), names, frames, strict=True)
    )
    samples = (one, two)
    for which, table in zip(names, (first, second), strict=True):
        only_totals = isinstance(table, Estimates) and len(table) == 2
        if estimator == "fuller_burmeister" and y is not None and only_totals:
            raise OptionError(
                f"`estimator='fuller_burmeister'` was given with a {which} sample of totals only.",
                "It also needs the number of persons in both frames.",
                "Write `dl.estimate(sample, dl.total(y), dl.count(), by='both')`.",
            )
    if estimator != "hartley" or theta is None:
        _check_overlap(samples)
    total = _total_of_frames(estimator, samples, theta)
    error = math.sqrt(total.variance)
    reach = student_deviate(confidence) * error
    row = known_size(f"dual_frame_{estimator}", total.total, variable=y or VARIABLE)
    respondents = one.respondents + two.respondents
    row = with_error(row, error, (total.total - reach, total.total + reach), n=respondents)
    return gather_sizes(
        [row], _provenance(estimator, total, (first, second), frame_sizes, confidence)
    )


def _total_of_frames(
    estimator: str, samples: tuple[FrameSample, FrameSample], theta: float | None
) -> networks.DualFrameTotal:
    one, two = samples
    if estimator == "fuller_burmeister":
        return networks.fuller_burmeister(one.totals, two.totals)
    if estimator == "kalton_anderson":
        first, first_variance = _single_frame_part(one, two)
        second, second_variance = _single_frame_part(two, one)
        return networks.DualFrameTotal(first + second, first_variance + second_variance, ())
    if theta is None and estimator == "hartley":
        theta = networks.best_overlap_share(one.totals, two.totals)
    if theta is None or math.isnan(theta):
        theta = 0.5
    return networks.hartley(one.totals, two.totals, float(theta))


def _single_frame_part(own: FrameSample, other: FrameSample) -> tuple[float, float]:
    if own.y is None or own.weights is None or own.both is None or other.weights is None:
        raise OptionError(
            "`estimator='kalton_anderson'` was given with estimates.",
            "It reweights each respondent of both frames.",
            "Give the rows of both samples, or write `estimator='hartley'`.",
        )
    elsewhere = own.elsewhere
    if elsewhere is None:
        if np.ptp(other.weights) > 1e-9 * other.weights.max():
            raise OptionError(
                "`estimator='kalton_anderson'` is without `other_weight`.",
                "Weights differ within a sample, so the weight of a respondent in the other frame "
                "is not known.",
                "Write the column that holds it as `other_weight=`, or `estimator='hartley'`.",
            )
        elsewhere = np.full(len(own.y), other.weights[0])
    elif not bool(np.all(elsewhere[own.both] > 0)):
        raise MisleadingError(
            "`other_weight` is zero or negative for a respondent of both frames.",
            write="Write what they would represent, had they been drawn from the other frame.",
        )
    return networks.single_frame(own.y, own.weights, own.both, elsewhere)


def _check_options(
    estimator: str,
    theta: float | None,
    other_weight: str | None,
    frame_sizes: Sequence[float] | None,
) -> None:
    given = checks.argument("estimator", estimator)
    if estimator != "hartley":
        checks.check_left_out(
            given, "It is the share that `hartley` takes of the first sample.", theta=theta
        )
    if estimator != "kalton_anderson":
        checks.check_left_out(given, "Only `kalton_anderson` reads it.", other_weight=other_weight)
    if estimator == "kalton_anderson":
        checks.check_left_out(
            given,
            "It weights respondents by their chances of being drawn.",
            frame_sizes=frame_sizes,
        )
    if theta is not None:
        checks.check_number("theta", theta, low=0, high=1, example=0.5)


def _frame_sizes(frame_sizes: Sequence[float] | None) -> tuple[float | None, float | None]:
    if frame_sizes is None:
        return None, None
    sizes: list[Any] = list(frame_sizes) if hasattr(frame_sizes, "__iter__") else []
    if len(sizes) != 2 or not all(checks.is_number(size) and 0 < size < math.inf for size in sizes):
        raise OptionError(
            f"{checks.argument('frame_sizes', frame_sizes)} is not two positive numbers.",
            "It is the number of persons of the first frame and of the second.",
        )
    return float(sizes[0]), float(sizes[1])


def _check_overlap(samples: tuple[FrameSample, FrameSample]) -> None:
    first, second = samples
    for which, other, theta, sample in (
        ("first", "second", 0, first),
        ("second", "first", 1, second),
    ):
        if sample.overlapping == 0:
            raise MisleadingError(
                f"No respondent of the {which} sample is in the {other} frame.",
                "It holds no information on the overlap.",
                f"Write `estimator='hartley', theta={theta}` to take the overlap from the {other} "
                "sample alone.",
            )


def _provenance(
    estimator: str,
    total: networks.DualFrameTotal,
    samples: tuple[Any, Any],
    frame_sizes: Sequence[float] | None,
    confidence: float,
) -> Provenance:
    rules = {
        "estimator": f"dual_frame_{estimator}",
        "interval": "normal",
        "confidence": f"{confidence:g}",
    }
    if total.coefficients:
        rules["overlap_share"] = f"{total.coefficients[0]:.6g}"
    if frame_sizes is not None:
        for which, item in zip(("first", "second"), frame_sizes, strict=True):
            rules[f"{which}_frame"] = f"{item:g}"
    behind = [
        Provenance(),
        *(sample.provenance for sample in samples if isinstance(sample, Estimates)),
    ]
    assumed = ("frames.independent_samples", "frames.known_overlap", "frames.no_duplicate")
    return provenance_of(rules, *assumed, of="frames.either_frame", behind=behind, data=samples)


@dataclass(frozen=True, eq=False)
class FrameSample:
    """One sample of one frame."""

    totals: networks.DomainTotals  # of those in this frame alone and of those in both
    respondents: float
    overlapping: float  # respondents in both frames
    # the rows, where they were given
    y: Floats | None = None
    weights: Floats | None = None
    both: Booleans | None = None
    elsewhere: Floats | None = None


def _frame_sample(
    sample: Any,
    which: str,
    frame_size: float | None,
    y: str | None,
    columns: tuple[str, str, str | None],
) -> FrameSample:
    if isinstance(sample, Estimates):
        why = "They are totals already: calibrate the sample on its frame size with "
        why += "`dl.calibrate`, or give its rows."
        checks.check_left_out(f"estimates of the {which} sample", why, frame_sizes=frame_size)
        return _from_estimates(sample, which, y)
    table = read_table(
        sample, f"The {which} sample", "respondent, or what `dl.estimate` returns by membership"
    )
    return _from_rows(table, which, y, columns, frame_size)


def _from_rows(
    table: PersonTable,
    which: str,
    y: str | None,
    columns: tuple[str, str, str | None],
    frame_size: float | None,
) -> FrameSample:
    weight, membership, other = columns
    weights = _column(table, weight, which, "the weights")
    if len(weights) < 2:
        raise EmptyDomainError(
            f"The {which} sample has {len(weights)} respondents.",
            "A variance needs two at least.",
            "Write all respondents of the sample, one per row.",
        )
    if not bool(np.all(weights > 0)):
        raise MisleadingError(
            f"A weight of the {which} sample (`{weight}`) is zero or negative.",
            write="Write how many persons each respondent represents in their frame.",
        )
    both = _column(table, membership, which, "the membership of the other frame")
    if not bool(np.all((both == 0) | (both == 1))):
        raise MisleadingError(
            f"The membership of the other frame (`{membership}` of the {which} sample) is not true "
            "or false.",
            write="Write for each respondent whether they are in the other frame.",
        )
    inside = both == 1
    values = np.ones(len(weights))
    if y is not None:
        values = _column(table, y, which, "the variable")
    elsewhere = None
    if other is not None:
        elsewhere = _column(table, other, which, "the weights in the other frame", inside)
    if frame_size is not None and frame_size < len(weights):
        raise MisleadingError(
            f"`frame_sizes` has {frame_size:g} persons for the {which} sample, of {len(weights)} "
            "respondents.",
            write="Write the persons of each frame, the first one first.",
        )
    totals = networks.domain_totals(values, inside, weights, frame_size)
    if frame_size is not None:
        weights = weights * frame_size / weights.sum()
    counts = float(len(weights)), float(inside.sum())
    return FrameSample(totals, *counts, values, weights, inside, elsewhere)


def _column(
    table: PersonTable, name: str, which: str, use: str, needed: Booleans | np.bool_ = np.True_
) -> Floats:
    use = f"{use} of the {which} sample"
    numbers = table.numbers(name, use)
    good = np.isfinite(numbers) | ~needed
    return check_values(
        name, use, numbers, good, "Write a number, or leave out the respondents without one."
    )


def _from_estimates(estimates: Estimates, which: str, y: str | None) -> FrameSample:
    frame = estimates.frame
    statistics = frame["statistic"].tolist()
    allowed, form = [["count", "count"]], "dl.count()"
    if y is not None:
        allowed = [["total", "total"], ["total", "total", "count", "count"]]
        form = f"dl.total('{y}'), dl.count()"
    membership = []
    if len(estimates.by) == 1:
        membership = frame[estimates.by[0]].tolist()
    if statistics not in allowed or membership != [0, 1] * (len(membership) // 2):
        raise OptionError(
            f"The {which} sample is {len(frame)} estimates.",
            "They are not totals of those outside and inside the other frame, in that order.",
            f"Write `dl.estimate(sample, {form}, by='both')`, with `both` true in the other frame.",
        )
    # the last row is the number of persons in both frames; without it, the total in both
    at = [0, 1, len(frame) - 1]
    points = frame["estimate"].to_numpy(dtype=np.float64)[at]
    totals = networks.DomainTotals(points, estimates.covariance[np.ix_(at, at)])
    if not bool(np.all(np.isfinite(totals.covariance))):
        raise MisleadingError(
            f"The estimates of the {which} sample have no covariance.",
            "The variance of a total over two frames needs it.",
            "Write what `dl.estimate` returns, both domains in one call.",
        )
    n = frame["n"].to_numpy(dtype=np.float64)
    return FrameSample(totals, float(n[0] + n[1]), float(n[1]))
