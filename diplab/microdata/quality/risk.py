"""The estimated risk that respondents of a file are recognised by what others know of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import hyp2f1

from diplab.checks import check_proportion, check_whole_number
from diplab.errors import OptionError
from diplab.kernel.arrays import Floats, Integers
from diplab.microdata.codebook import Codebook
from diplab.microdata.frames import check_columns, number_column
from diplab.microdata.quality.findings import answer_codes
from diplab.reference.display import Displayed

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


@dataclass(frozen=True, eq=False, repr=False)
class DisclosureRisk(Displayed):
    """Estimated risk of a file, in counts: the whole, then without each key, largest fall of the risk first."""

    frame: pd.DataFrame
    diversity: pd.DataFrame  # one row per sensitive variable
    k: int
    threshold: float
    fraction: float  # of the population, in the file; NaN without weights
    codebook: Codebook


def individual_risk(size: Integers, p: Floats) -> Floats:
    """Return E(1/F | f), F negative binomial, of f = `size` respondents that are a share `p` of their combination."""
    n = np.arange(1, 21)
    series = 1 + np.cumprod(n * (1 - p[:, None]) / (size[:, None] + n), axis=1).sum(axis=1)
    # of fifty and more the series ends within rounding, and at a hundred the function of scipy overflows
    few = hyp2f1(1, 1, np.minimum(size, 50) + 1, 1 - p)
    return np.asarray(p / size * np.where(size < 50, few, series), dtype=float)


def two_way_counts(counts: Integers) -> Floats:
    """Return what the Poisson log-linear model of all two-way interactions expects: iterative proportional fitting."""
    of = np.indices(counts.shape).reshape(counts.ndim, -1)
    pairs = [of[a] * counts.shape[b] + of[b] for a, b in combinations(range(counts.ndim), 2)]
    margins = [np.bincount(pair, counts.ravel()) for pair in pairs]
    # of a pair of categories that nobody has, nobody is expected
    possible = np.all([margin[pair] > 0 for pair, margin in zip(pairs, margins, strict=True)], axis=0)
    inside, fitted = [pair[possible] for pair in pairs], np.ones(possible.sum())
    for _ in range(500):
        before = fitted
        for pair, margin in zip(inside, margins, strict=True):
            fitted = fitted * margin[pair] / np.bincount(pair, fitted)[pair]
        if np.abs(fitted - before).max() < 1e-3:  # of a respondent
            break
    expected = np.zeros(counts.shape)
    expected[possible.reshape(counts.shape)] = fitted
    return expected


def _matches(codes: Integers, alone: Integers, fraction: float) -> list[float]:
    """Return the correct matches expected of rows that are alone, under main effects and two-way interactions."""
    keys, sizes = codes.shape[1], tuple((codes.max(axis=0) + 1).tolist())
    expected = [np.full(len(alone), np.nan)] * 2
    if keys > 1:
        shares = [np.bincount(column)[column[alone]] / len(codes) for column in codes.T]
        expected[0] = len(codes) * np.prod(shares, axis=0)
    if keys > 2 and math.prod(sizes) <= 1_000_000:
        place = np.ravel_multi_index(tuple(codes.T), sizes)
        counts = np.bincount(place, minlength=math.prod(sizes)).reshape(sizes)
        expected[1] = two_way_counts(counts).ravel()[place[alone]]
    unseen = [each * (1 - fraction) / fraction for each in expected]
    return [float((-np.expm1(-each) / each).sum()) for each in unseen]


def _combinations(codes: Integers) -> Integers:
    """Return the number of the combination of each row. Shapes: `codes` (rows, keys), from 0."""
    frame = pd.DataFrame(codes).assign(of_all=0)
    return np.asarray(frame.groupby([*frame]).ngroup(), dtype=np.int64)


def _measures(codes: Integers, weights: Floats | None, k: int, threshold: float) -> dict[str, float]:
    combination = _combinations(codes)
    size = np.bincount(combination)
    of_row = size[combination]
    found = {"alone": (of_row == 1).sum(), "fewer_than_k": (of_row < k).sum()}
    if weights is None:
        return found
    # weights below 1 do not make fewer people than there are respondents
    risk = individual_risk(size, size / np.maximum(np.bincount(combination, weights), size))[combination]
    main, two_way = _matches(codes, np.flatnonzero(of_row == 1), len(codes) / weights.sum())
    estimated = {"above_threshold": (risk > threshold).sum(), "reidentified": risk.sum()}
    return {**found, **estimated, "main": main, "two_way": two_way}


def _diversity(combination: Integers, answer: Integers, k: int) -> tuple[int, int]:
    """Return the fewest different answers of a combination, and rows of `k` or more that answered all alike."""
    told = pd.Series(answer[answer >= 0]).groupby(combination[answer >= 0])
    different = told.nunique()
    alike = told.size()[(different == 1) & (np.bincount(combination)[different.index] >= k)]
    return int(different.min()) if len(different) else 0, int(alike.sum())


def disclosure_risk(
    data: Microdata,
    keys: str | Sequence[str],
    *,
    weights: str | None = None,
    sensitive: str | Sequence[str] = (),
    k: int = 3,
    threshold: float = 0.1,
) -> DisclosureRisk:
    """Estimate the risk that respondents of a file are recognised, and which variable to recode first.

    Parameters
    ----------
    keys : str or sequence of str
        Variables in categories that others may know of a respondent: sex, age, town. No answer is a category too.
    weights : str, optional
        Column of weights that add up to the population; without it, only the sample is measured.
    sensitive : str or sequence of str, optional
        Variables that nobody is to learn of a respondent; a missing answer tells nothing.
    k : int
        Respondents are counted whose combination of keys has fewer than `k` (k-anonymity).
    threshold : float
        Respondents are counted whose own estimated risk is above it.

    Returns
    -------
    DisclosureRisk
        For `dl.table`. `.frame`, of the whole file and `without` each key (about the most that recoding can do):
        respondents `alone`, in combinations of `fewer_than_k`; with weights those of a risk `above_threshold`, the
        number expected to be `reidentified`, correct matches expected of those alone by a log-linear model of `main`
        effects and of `two_way` interactions (NaN of over a million cells); `fall` of `reidentified`, without weights
        of `fewer_than_k`. `.diversity`: the fewest different answers of a combination (`l_diversity`), respondents in
        those of `k` or more who `answered_alike`.

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where there is no row or no key, or weights do not add up to a population.

    Notes
    -----
    With p = f / sum(w) over the f respondents of a combination, and its people F negative binomial, the risk of each is
    E(1/F | f): (p/q) log(1/p) for f = 1, where q = 1 - p; (p/q) - (p/q)^2 log(1/p) for f = 2; (p/f) 2F1(1, 1; f + 1; q)
    for any f (Benedetti and Franconi 1998; Hundepool and others 2012, section 3.3). The matches of those alone are the
    sum of (1 - exp(-m)) / m, m = u (1 - s) / s, with u what the model expects in the sample, a fraction s of the
    population: too high under too simple a model, too low under too rich a one (Skinner and Shlomo 2008). Diversity is
    that of Machanavajjhala and others (2007).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": [1, 1, 2, 2, 2], "town": [1, 1, 1, 1, 2], "w": [20.0] * 5})
    >>> risk = dl.Microdata(people, dl.Codebook()).disclosure_risk(["sex", "town"], weights="w")
    >>> risk.frame[["without", "alone", "fewer_than_k", "reidentified"]].round(3).values.tolist()
    [['', 1, 5, 0.335], ['town', 0, 2, 0.161], ['sex', 1, 1, 0.223]]
    """
    names = list(dict.fromkeys([keys] if isinstance(keys, str) else keys))
    secret = [sensitive] if isinstance(sensitive, str) else list(sensitive)
    check_whole_number("k", k, low=2, example=3)
    check_proportion("threshold", threshold, example=0.1)
    if not names:
        raise OptionError("There is no key.", write='Write for example `data.disclosure_risk(["sex", "age"])`.')
    frame = check_columns(data, *names, *secret)
    if not len(frame):
        raise OptionError("The data have no row.", write="Pass a file with answers.")
    weight = None if weights is None else number_column(data, weights)
    if weight is not None and not (weight.min() >= 0 and len(frame) < weight.sum() < np.inf):
        raise OptionError(
            f"The weights `{weights}` do not say how many people each respondent stands for.",
            f"Over {len(frame):,} rows they add up to {np.nansum(weight):,.10g}"
            f" (missing: {np.isnan(weight).sum()}, negative: {(weight < 0).sum()}).",
            "Write weights that add up to the population, none of them missing or negative, or leave `weights` out.",
        )
    codes = answer_codes(frame, names).astype(np.int64)
    codes -= codes.min(axis=0)  # no answer, -1, is a category where there is one
    files = {"": codes, **{name: np.delete(codes, at, axis=1) for at, name in enumerate(names)}}
    measured = pd.DataFrame([{"without": each, **_measures(files[each], weight, k, threshold)} for each in files])
    risk = measured["fewer_than_k" if weight is None else "reidentified"]
    measured["fall"] = (1 - risk[1:] / risk[0]) if risk[0] else np.nan
    order = [0, *measured["fall"][1:].sort_values(ascending=False, kind="stable").index]
    answers, combination = answer_codes(frame, secret).astype(np.int64), _combinations(codes)
    diverse = [(name, *_diversity(combination, answers[:, at], k)) for at, name in enumerate(secret)]
    diversity = pd.DataFrame(diverse, columns=["variable", "l_diversity", "answered_alike"])
    fraction = np.nan if weight is None else len(frame) / weight.sum()
    measured = measured.iloc[order].reset_index(drop=True)
    return DisclosureRisk(measured, diversity, k, threshold, fraction, data.codebook)
