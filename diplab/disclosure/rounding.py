"""Rounded publication: counts to a multiple, shares of rounded counts, amounts no finer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from diplab.disclosure.profile import Profile
from diplab.disclosure.respondents import Line
from diplab.errors import OptionError
from diplab.kernel.arrays import Floats
from diplab.results.estimates import CONFIDENTIAL, Estimates

_UNCERTAIN = ["std_error", "ci_low", "ci_high", "cv", "deff", "df"]


def nearest(counts: Sequence[float] | Floats, profile: Profile) -> Floats:
    """Return counts rounded to the multiple of the profile, half up."""
    return np.floor(np.array(counts, dtype=float) / profile.rounding + 0.5) * profile.rounding


def rounded(estimates: Estimates, lines: Sequence[Line], profile: Profile) -> Estimates:
    """Return estimates as rounded counts make them, and amounts that are no finer than these."""
    counted, n, of_two, least = (
        np.array([getattr(line, name) for line in lines], dtype=float)
        for name in ("counted", "n", "n_of_first", "fewest")
    )
    counted, of_two, whole = (nearest(item.tolist(), profile) for item in (counted, of_two, n))
    shown = estimates.frame["flag"].to_numpy() != CONFIDENTIAL
    estimates = of_counts(estimates, counted, whole)
    total = _of_two_values(lines, of_two, whole)
    two = ~np.isnan(total) & shown
    amount = shown & ~two & np.isnan(counted) & ~estimates.rows_described(kind="count")
    frame = estimates.frame.copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        made = np.where(estimates.rows_described(is_total=True), total, total / whole)
        frame["estimate"] = np.where(two, made, frame["estimate"])
        for name in (*_UNCERTAIN[:3], "estimate"):
            value = frame[name].to_numpy(dtype=float)
            part = profile.rounding / np.fmin(n, least)
            frame[name] = np.where(amount, _no_finer(value, part), value)
    if "events" in frame:
        frame["events"] = nearest(frame["events"].tolist(), profile)
    if "p_value" in frame:
        frame["p_value"] = _rounded_p(frame["p_value"].to_numpy(dtype=float))
    frame.loc[two, _UNCERTAIN] = np.nan
    frame.loc[amount, _UNCERTAIN[3:]] = np.nan
    covariance = estimates.covariance * np.nan
    return replace(estimates, frame=frame, covariance=covariance, compared=None, effective=None)


def _of_two_values(lines: Sequence[Line], of_two: Floats, n: Floats) -> Floats:
    """Return the sums of amounts of two values, one of which some have; NaN of other amounts."""
    first, second = (
        np.array([(*line.two_values, np.nan, np.nan)[at] for line in lines]) for at in (0, 1)
    )
    return np.asarray(first * of_two + second * (n - of_two))


def _no_finer(value: Floats, part: Floats) -> Floats:
    """Return numbers rounded to 1, 2 or 5 times a power of ten that is at least a part of them."""
    step = np.abs(value) * part
    ten = 10.0 ** np.floor(np.log10(np.where(step > 0, step, 1.0)))
    unit = ten * np.select([step <= ten, step <= 2 * ten, step <= 5 * ten], [1.0, 2.0, 5.0], 10.0)
    return np.where(step > 0, np.round(value / unit) * unit, value)


def _rounded_p(value: Floats) -> Floats:
    """Return p-values as they are printed at most: all their digits tell the test statistic."""
    return np.where(value < 0.01, np.round(value, 3), np.round(value, 2))


def of_counts(estimates: Estimates, counted: Floats, n: Floats) -> Estimates:
    """Return rounded counts and shares of these, without errors that would reveal exact ones."""
    # `counted` are those of whom a share is, NaN where the estimate is not a share of people; `n`
    # those in its base
    shown, counts = (
        estimates.frame["flag"].to_numpy() != CONFIDENTIAL,
        estimates.rows_described(kind="count"),
    )
    made = (counts | ~np.isnan(counted)) & (n > 0)
    frame = estimates.frame.assign(n=np.where(shown, n, np.nan))
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["estimate"] = np.where(
            made & shown, np.where(counts, n, counted / n), frame["estimate"]
        )
    frame.loc[made, _UNCERTAIN] = np.nan
    if "numerator" in frame:
        frame["numerator"] = np.where(shown, counted, np.nan)
    return replace(
        estimates,
        frame=frame,
        covariance=estimates.covariance * np.where(made[:, None] | made, np.nan, 1.0),
    )


def check_unweighted(estimates: Estimates, lines: Sequence[Line], profile: Profile) -> None:
    """Refuse to round respondents of a weighted sample: their shares are not of the population."""
    n, counted, of_two = (
        np.array([getattr(line, name) for line in lines], dtype=float)
        for name in ("n", "counted", "n_of_first")
    )
    total = _of_two_values(lines, of_two, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        exact = np.where(np.isnan(counted), n, counted / n)
        made = np.where(estimates.rows_described(is_total=True), total, total / n)
    exact = np.where(np.isnan(total), exact, made)
    people = (estimates.rows_described(kind="count") | ~np.isnan(counted) | ~np.isnan(total)) & (
        n > 0
    )
    people &= [not line.reason for line in lines]  # what is hidden is not rounded
    if not np.allclose(
        estimates.frame["estimate"].to_numpy(dtype=float)[people],
        exact[people],
        atol=1e-9,
        equal_nan=True,
    ):
        raise OptionError(
            f"The profile {profile.name!r} rounds numbers of respondents, and this sample is "
            "weighted.",
            "Shares of rounded counts would be shares of respondents, not of people.",
            "Write `profile='standard'`.",
        )
