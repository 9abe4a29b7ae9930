"""Disclosure from microdata: the risk of re-identification, and counts that may be published.

No count of fewer than five people is published, nor the means to find one. A count of one to four
is marked small and not shown. If the total of several counts is known and a small count could be
computed by subtraction, the smallest of the others is hidden too, so that at least two values
remain possible for each hidden count.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import numpy as np
import pandas as pd
from scipy.special import hyp2f1

from diplab.checks import check_proportion, check_whole_number
from diplab.errors import OptionError
from diplab.kernel.arrays import Floats, Integers
from diplab.microdata.codebook import Codebook
from diplab.microdata.frames import check_columns, number_column
from diplab.microdata.identifiers import identifying_columns, is_row_identifier
from diplab.microdata.missing import SYSTEM
from diplab.microdata.quality import answer_codes
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Code, Variable, any_words, as_code, without
from diplab.reference.display import Displayed

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

    Key = TypeVar("Key", bound=Hashable)

THRESHOLD = 5  # fewer people than this are not counted in public
FEWEST_ANSWERS = 20  # with fewer answers than this, quartiles are answers of individuals
ShownEndKind: TypeAlias = Literal["extreme", "twentieth", "fifth"]
BINS = 20


@dataclass(frozen=True)
class ShownEnd:
    """The lowest or highest amount that may be shown, with its kind."""

    # `twentieth` is the 5th or 95th percentile, `fifth` the fifth answer from the end, of fewer
    # than a hundred
    value: float
    kind: ShownEndKind


@dataclass(frozen=True)
class HistogramBin:
    """One bar of a histogram; the highest has density 1."""

    low: float
    high: float
    density: float


@dataclass(frozen=True)
class NumberSummary:
    """Ends, quartiles, mean, SD and histogram of amounts; of dates, in seconds since 1970."""

    low: ShownEnd
    quartiles: tuple[float, float, float]
    high: ShownEnd
    mean: float
    deviation: float
    bins: tuple[HistogramBin, ...] = ()


def summarise_numbers(answers: pd.Series[Any]) -> NumberSummary | None:
    """Return a summary of numbers or dates, none missing; None if too few people answered."""
    if pd.api.types.is_datetime64_any_dtype(answers):
        if answers.dt.tz is not None:
            answers = answers.dt.tz_convert("UTC").dt.tz_localize(None)
        values = answers.to_numpy().astype("datetime64[s]").astype(np.float64)
    else:
        values = answers.to_numpy(dtype=np.float64)
    values = np.sort(values[np.isfinite(values)])
    if len(values) < FEWEST_ANSWERS:
        return None
    quartiles = np.quantile(values, (0.25, 0.5, 0.75), method="averaged_inverted_cdf").tolist()
    low, high = _end(values), _end(-values[::-1])
    high = ShownEnd(-high.value, high.kind)
    return NumberSummary(
        low,
        (quartiles[0], quartiles[1], quartiles[2]),
        high,
        _rounded(float(values.mean()), values),
        _rounded(float(values.std(ddof=1)), values),
        _bins(values[(values >= low.value) & (values <= high.value)], low.value, high.value),
    )


def _rounded(number: float, values: Floats) -> float:
    """Return a mean rounded so that it does not reveal the number of answers."""
    # the mean of 57 integers times 57 is an integer; with ten decimals, only 57 makes it one
    decimals = next(
        (digit for digit in range(4) if np.allclose(values, np.round(values, digit), 0, 1e-9)), 4
    )
    return round(number, decimals + math.floor(math.log10(len(values))))


def _end(ascending: Floats) -> ShownEnd:
    if np.searchsorted(ascending, ascending[0], side="right") >= THRESHOLD:
        return ShownEnd(float(ascending[0]), "extreme")
    if len(ascending) < THRESHOLD * 20:
        return ShownEnd(float(ascending[THRESHOLD - 1]), "fifth")
    return ShownEnd(float(ascending[math.ceil(len(ascending) / 20) - 1]), "twentieth")


def _bins(values: Floats, low: float, high: float) -> tuple[HistogramBin, ...]:
    """Return bars of equal width; those of fewer than five people are merged with a neighbour."""
    if not low < high or not math.isfinite(high - low):
        return ()
    # around each integer if there are few of them
    whole = high - low <= BINS and bool((values % 1 == 0).all())
    edges = np.arange(low - 0.5, high + 1.0, 1.0) if whole else np.linspace(low, high, BINS + 1)
    counts, edges = np.histogram(values, bins=edges)
    kept, people = [0], 0
    for position, count in enumerate(counts.tolist(), 1):
        people += count
        if people >= THRESHOLD:
            kept.append(position)
            people = 0
    # the remainder is merged with the last bar
    kept = [0, *kept[1:-1], len(counts)]
    density = np.add.reduceat(counts, kept[:-1]) / np.diff(edges[kept])
    ends = pairwise(edges[kept].tolist())
    return tuple(
        HistogramBin(*bar, item)
        for bar, item in zip(ends, (density / density.max()).tolist(), strict=True)
    )


FEW_CODES = 12
MANY_WORDS = 30
DisclosedKind: TypeAlias = Literal["categories", "numbers", "moments", "words", "identifier"]


@dataclass(frozen=True)
class DisclosedCount:
    """A number of people; None if it is hidden, `small` if hidden because it is from 1 to 4."""

    people: int | None
    small: bool = False


@dataclass(frozen=True)
class Disclosure:
    """The publishable part of a column: labelled or frequent answers, and a count of `others`."""

    kind: DisclosedKind
    rows: int
    answered: DisclosedCount
    missing: DisclosedCount
    values: Mapping[Code, DisclosedCount] = field(default_factory=dict)
    others: DisclosedCount | None = None
    reasons: Mapping[str, DisclosedCount] = field(default_factory=dict)
    numbers: NumberSummary | None = None


def protect_counts(counts: Mapping[Key, int]) -> dict[Key, DisclosedCount]:
    """Return counts of disjoint groups, hidden so that no small one can be computed from others."""
    shown = {key: DisclosedCount(count) for key, count in counts.items()}
    small = {key: count for key, count in counts.items() if 0 < count < THRESHOLD}
    shown |= dict.fromkeys(small, DisclosedCount(None, small=True))
    large = [key for key, count in counts.items() if count >= THRESHOLD]
    hidden: list[int] = []
    for key in sorted(large, key=lambda key: counts[key]):
        if not small or not _recoverable([*small.values()], hidden):
            return shown
        hidden.append(counts[key])
        shown[key] = DisclosedCount(None)
    if small and _recoverable([*small.values()], hidden):
        # the marks of small counts and zeros are hidden too, as they would reveal the others
        return dict.fromkeys(counts, DisclosedCount(None))
    return shown


def _recoverable(small: list[int], beside: list[int]) -> bool:
    """Return whether the sum of hidden counts determines them (`small` 1 to 4, others from 5)."""
    if not beside:
        return len(small) == 1 or sum(small) in (len(small), (THRESHOLD - 1) * len(small))
    return sum(small) - len(small) + sum(beside) - THRESHOLD * len(beside) == 0


def disclose(data: Microdata, name: str) -> Disclosure:
    """Return what may be published of one column of microdata."""
    cells = data.frame[name]
    variable = data.codebook.variable(name)
    answers = _infer_type(cells.dropna())
    counts = {"answered": len(answers), "missing": len(cells) - len(answers)}
    # a column numbers rows if its name says so, or if each answer is on one or two rows
    numbered = (
        is_row_identifier(fold_accents(name))
        and 2 * answers.astype(str).nunique() > len(answers) > 0
    )
    if name in identifying_columns(data, (name,)) or numbered:
        return Disclosure("identifier", len(cells), *_protect_both(counts))
    kind = _kind_of_answers(answers, variable)
    values = _count_values(answers, variable, kind)
    shared: dict[tuple[str, Code], int] = {}
    for code, count in values.items():
        shared[("value", code)] = count
    rest = counts["answered"] - sum(values.values())
    if rest:
        shared[("others", "")] = rest
    codes = data.missing.get(name)
    reasons = {} if codes is None else dict(codes.reasons(variable))
    if (without := counts["missing"] - sum(reasons.values())) > 0:
        reasons[SYSTEM] = without
    shown, both, why = _publishable(shared, counts, reasons, variable)
    by_value = {}
    for code in values:
        by_value[code] = shown[("value", code)]
    numbers = summarise_numbers(answers) if kind in ("numbers", "moments") else None
    if numbers is not None and any(rows.people is None for rows in by_value.values()):
        # a bar minus its counted answers would reveal the others
        numbers = replace(numbers, bins=())
    others = shown.get(("others", "")) if kind == "categories" else None
    return Disclosure(kind, len(cells), *both, by_value, others, why, numbers)


def _publishable(
    shared: Mapping[tuple[str, Code], int],
    counts: Mapping[str, int],
    reasons: Mapping[str, int],
    variable: Variable,
) -> tuple[
    dict[tuple[str, Code], DisclosedCount],
    tuple[DisclosedCount, DisclosedCount],
    dict[str, DisclosedCount],
]:
    """Return the publishable counts of answers, of respondents, of missing answers and reasons."""
    # respondents and missing answers are hidden together: they add up to the rows of the file, and
    # each is the total of its own list
    nothing = DisclosedCount(None)
    whys = dict.fromkeys(
        [*(variable.why(code) or "" for code in variable.missing), *reasons, SYSTEM], nothing
    )
    if 0 < counts["answered"] < THRESHOLD:
        answers = []
        for key, count in shared.items():
            if count:
                answers.append(key)
        # four answers of fewer than five people in all have one each, as do two if only seven were
        # asked
        if sum(counts.values()) < 2 * THRESHOLD - 1 or len(answers) > 3:
            return dict.fromkeys(shared, nothing), _protect_both(counts), whys
        few = {}
        for key, count in shared.items():
            few[key] = DisclosedCount(None, small=True) if count else DisclosedCount(0)
        return few, _protect_both(counts), whys
    if 0 < counts["missing"] < THRESHOLD:
        hidden = protect_counts({**shared, ("missing", ""): counts["missing"]})
        missing = hidden[("missing", "")]
        return (
            hidden,
            (nothing, missing),
            dict.fromkeys(reasons, missing) if len(reasons) == 1 else whys,
        )
    return (
        protect_counts(shared),
        (DisclosedCount(counts["answered"]), DisclosedCount(counts["missing"])),
        protect_counts(reasons),
    )


def _protect_both(counts: Mapping[str, int]) -> tuple[DisclosedCount, DisclosedCount]:
    shown = protect_counts(counts)
    return shown["answered"], shown["missing"]


def _kind_of_answers(answers: pd.Series[Any], variable: Variable) -> DisclosedKind:
    """Return the kind of the answers, from their cells and labels."""
    if pd.api.types.is_datetime64_any_dtype(answers):
        return "moments"
    if pd.api.types.is_timedelta64_dtype(answers):
        return "words"
    if isinstance(answers.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(answers):
        return "categories"
    if pd.api.types.is_numeric_dtype(answers):
        distinct = answers.nunique()
        labelled = bool(variable.values) and set(answers.unique().tolist()) <= set(variable.values)
        few = distinct <= FEW_CODES and bool((answers % 1 == 0).all())
        of_answers = variable.measure in ("nominal", "ordinal") and (
            labelled or distinct <= MANY_WORDS
        )
        if labelled or few or of_answers:
            return "categories"
        return "numbers"
    if pd.api.types.infer_dtype(answers) not in ("string", "empty"):
        # Python dates and times, lists
        return "words"
    if variable.values:
        return "categories"
    # nine in ten gave words that five people gave, and these words are few
    counts = answers.value_counts()
    shared = int(counts[counts >= THRESHOLD].sum())
    if 0 < len(counts) <= MANY_WORDS and shared * 10 >= len(answers) * 9:
        return "categories"
    return "words"


def _infer_type(answers: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers or booleans in their own type, if missing values had made them objects."""
    kind = pd.api.types.infer_dtype(answers) if answers.dtype == object else ""
    if kind == "boolean":
        return answers.astype(bool)
    if kind in ("integer", "floating", "mixed-integer-float"):
        return answers.astype(float)
    return answers


def _count_values(
    answers: pd.Series[Any], variable: Variable, kind: DisclosedKind
) -> dict[Code, int]:
    """Return the number of people for each answer that may be shown."""
    if kind not in ("categories", "numbers"):
        return {}
    # intervals and periods are identified by their text
    counts: dict[Code, int] = {}
    for code, count in answers.value_counts().items():
        counts[as_code(code) if isinstance(code, int | float) else str(code)] = int(count)
    named = {}
    for code in variable.values:
        if variable.why(code) is None:
            named[code] = counts.get(code, 0)
    if kind == "numbers":
        return named
    free = without(counts, named)
    usual = {code: count for code, count in free.items() if count >= THRESHOLD}
    if not any_words(named):
        # if 0 and 6 have labels, 1 to 5 are between them
        if usual:
            return dict(sorted({**named, **usual}.items(), key=_sort_key))
        return named
    return {**named, **dict(sorted(usual.items(), key=_sort_key))}


def _sort_key(each: tuple[Code, int]) -> tuple[bool, Code]:
    return isinstance(each[0], str), each[0]


@dataclass(frozen=True, eq=False, repr=False)
class DisclosureRisk(Displayed):
    """Estimated re-identification risk of a file, in full and without each key."""

    frame: pd.DataFrame
    diversity: pd.DataFrame  # one row per sensitive variable
    k: int
    threshold: float
    fraction: float  # of the population, in the file; NaN without weights
    codebook: Codebook


def individual_risk(size: Integers, p: Floats) -> Floats:
    """Return E(1/F | f) for f = `size` sampled of F, negative binomial, with sampling share `p`."""
    n = np.arange(1, 21)
    series = 1 + np.cumprod(n * (1 - p[:, None]) / (size[:, None] + n), axis=1).sum(axis=1)
    # from fifty on the series converges to rounding, and at a hundred scipy's function overflows
    few = hyp2f1(1, 1, np.minimum(size, 50) + 1, 1 - p)
    return np.asarray(p / size * np.where(size < 50, few, series), dtype=float)


def two_way_counts(counts: Integers) -> Floats:
    """Return fitted counts of the two-way log-linear model, by iterative proportional fitting."""
    of = np.indices(counts.shape).reshape(counts.ndim, -1)
    pairs = []
    for a, b in combinations(range(counts.ndim), 2):
        pairs.append(of[a] * counts.shape[b] + of[b])
    margins = [np.bincount(pair, counts.ravel()) for pair in pairs]
    # an empty pair of categories has an expected count of zero
    possible = np.all(
        [margin[pair] > 0 for pair, margin in zip(pairs, margins, strict=True)], axis=0
    )
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
    """Return expected correct matches of unique rows, for main effects and two-way interactions."""
    keys, sizes = codes.shape[1], tuple((codes.max(axis=0) + 1).tolist())
    expected = [np.full(len(alone), np.nan)] * 2
    if keys > 1:
        shares = [np.bincount(column)[column[alone]] / len(codes) for column in codes.T]
        expected[0] = len(codes) * np.prod(shares, axis=0)
    if keys > 2 and math.prod(sizes) <= 1_000_000:
        place = np.ravel_multi_index(tuple(codes.T), sizes)
        counts = np.bincount(place, minlength=math.prod(sizes)).reshape(sizes)
        expected[1] = two_way_counts(counts).ravel()[place[alone]]
    unseen: Floats = np.array(expected) * (1 - fraction) / fraction
    return list((-np.expm1(-unseen) / unseen).sum(axis=1).tolist())


def _combinations(codes: Integers) -> Integers:
    """Return the index of the combination of each row. Shape of `codes`: (rows, keys), from 0."""
    frame = pd.DataFrame(codes).assign(of_all=0)
    return np.asarray(frame.groupby([*frame]).ngroup(), dtype=np.int64)


def _measures(
    codes: Integers, weights: Floats | None, k: int, threshold: float
) -> dict[str, float]:
    combination = _combinations(codes)
    size = np.bincount(combination)
    of_row = size[combination]
    found = {"alone": (of_row == 1).sum(), "fewer_than_k": (of_row < k).sum()}
    if weights is None:
        return found
    # the population is at least the number of respondents, even if weights are below 1
    risk = individual_risk(size, size / np.maximum(np.bincount(combination, weights), size))[
        combination
    ]
    main, two_way = _matches(codes, np.flatnonzero(of_row == 1), len(codes) / weights.sum())
    estimated = {"above_threshold": (risk > threshold).sum(), "reidentified": risk.sum()}
    return {**found, **estimated, "main": main, "two_way": two_way}


def _diversity(combination: Integers, answer: Integers, k: int) -> tuple[int, int]:
    """Return the fewest distinct answers of a combination, and rows of homogeneous ones."""
    by_combination = pd.Series(answer[answer >= 0]).groupby(combination[answer >= 0])
    different = by_combination.nunique()
    alike = by_combination.size()[
        (different == 1) & (np.bincount(combination)[different.index] >= k)
    ]
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
    """Estimate the re-identification risk of a file, and which variable to recode first.

    Parameters
    ----------
    keys : str or sequence of str
        Categorical variables that others may know about a respondent: sex, age, town. A missing
        answer is a category too.
    weights : str, optional
        Column of weights that add up to the population; without it, only the sample is measured.
    sensitive : str or sequence of str, optional
        Variables that must not be learnt about a respondent; missing answers are not sensitive.
    k : int
        Respondents whose combination of keys has fewer than `k` are counted (k-anonymity).
    threshold : float
        Respondents whose estimated risk is above it are counted.

    Returns
    -------
    DisclosureRisk
        For `dl.table`. `.frame` describes the whole file and the file `without` each key (about the
        most that recoding can do): respondents `alone` in their combination and in combinations of
        `fewer_than_k`; with weights, respondents with a risk `above_threshold`, the number expected
        to be `reidentified`, and the correct matches expected among those alone under a log-linear
        model of `main` effects and of `two_way` interactions (NaN above a million cells); the
        `fall` of `reidentified`, or of `fewer_than_k` without weights. `.diversity` has the fewest
        distinct answers of a combination (`l_diversity`), and the respondents in combinations of
        `k` or more who `answered_alike`.

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where there is no row or no key, or weights do not add up to a population.

    Notes
    -----
    With p = f / sum(w) over the f respondents of a combination, and its population F negative
    binomial, the risk of each is E(1/F | f): (p/q) log(1/p) for f = 1, where q = 1 - p; (p/q) -
    (p/q)^2 log(1/p) for f = 2; (p/f) 2F1(1, 1; f + 1; q) for any f (Benedetti and Franconi 1998;
    Hundepool and others 2012, section 3.3). The expected matches of those alone are the sum of (1 -
    exp(-m)) / m, m = u (1 - s) / s, with u the fitted count in the sample, a fraction s of the
    population: too high under too simple a model, too low under too rich a one (Skinner and Shlomo
    2008). Diversity is that of Machanavajjhala and others (2007).

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
        raise OptionError(
            "There is no key.", write='Write for example `data.disclosure_risk(["sex", "age"])`.'
        )
    frame = check_columns(data, *names, *secret)
    if not len(frame):
        raise OptionError("The data have no row.", write="Pass a file with answers.")
    weight = None if weights is None else number_column(data, weights)
    if weight is not None and not (weight.min() >= 0 and len(frame) < weight.sum() < np.inf):
        raise OptionError(
            f"The weights `{weights}` do not state how many people each respondent represents.",
            f"Over {len(frame):,} rows they add up to {np.nansum(weight):,.10g}"
            f" (missing: {np.isnan(weight).sum()}, negative: {(weight < 0).sum()}).",
            "Write non-negative weights that add up to the population, or leave `weights` out.",
        )
    codes = answer_codes(frame, names).astype(np.int64)
    codes -= codes.min(axis=0)  # a missing answer, -1, is a category
    files = {"": codes, **{name: np.delete(codes, at, axis=1) for at, name in enumerate(names)}}
    measured = pd.DataFrame(
        [{"without": file, **_measures(files[file], weight, k, threshold)} for file in files]
    )
    risk = measured["fewer_than_k" if weight is None else "reidentified"]
    measured["fall"] = (1 - risk[1:] / risk[0]) if risk[0] else np.nan
    order = [0, *measured["fall"][1:].sort_values(ascending=False, kind="stable").index]
    answers, combination = answer_codes(frame, secret).astype(np.int64), _combinations(codes)
    diverse = []
    for at, name in enumerate(secret):
        diverse.append((name, *_diversity(combination, answers[:, at], k)))
    diversity = pd.DataFrame(diverse, columns=["variable", "l_diversity", "answered_alike"])
    fraction = np.nan if weight is None else len(frame) / weight.sum()
    measured = measured.iloc[order].reset_index(drop=True)
    return DisclosureRisk(measured, diversity, k, threshold, fraction, data.codebook)
