"""What a file tells of its respondents: the risk that others recognise them, and what may be published of answers.

No count of fewer than five people is published, nor the means to find one. A count of one to four is marked small and
not shown. Where the total of several counts is known and a difference would give a small one back, the smallest of the
others is hidden too; whoever reads the rest finds at least two possible values for each hidden count.
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
from diplab.microdata.variable import Code, Variable, as_code
from diplab.reference.display import Displayed

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

    Key = TypeVar("Key", bound=Hashable)

THRESHOLD = 5  # fewer people than this are not counted in public
FEWEST_ANSWERS = 20  # with fewer answers than this, quartiles are the answers of known people
ShownEndKind: TypeAlias = Literal["extreme", "twentieth", "fifth"]
BINS = 20


@dataclass(frozen=True)
class ShownEnd:
    """The lowest or highest amount that may be shown: one that five people gave, a twentieth, or a fifth answer."""

    # `twentieth` is the 5th or 95th percentile, `fifth` the fifth answer from the end, of fewer than a hundred
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
    """Ends, quartiles, mean, standard deviation and histogram of amounts; of moments, in seconds since 1970."""

    low: ShownEnd
    quartiles: tuple[float, float, float]
    high: ShownEnd
    mean: float
    deviation: float
    bins: tuple[HistogramBin, ...] = ()


def summarise_numbers(answers: pd.Series[Any]) -> NumberSummary | None:
    """Return a summary of numbers or moments, none missing; None where too few people gave one."""
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
    """Return a mean with so few decimals that it does not reveal the number of answers."""
    # the mean of 57 whole numbers times 57 is whole; with ten decimals, that is true of 57 alone
    decimals = next((each for each in range(4) if np.allclose(values, np.round(values, each), 0, 1e-9)), 4)
    return round(number, decimals + math.floor(math.log10(len(values))))


def _end(ascending: Floats) -> ShownEnd:
    if np.searchsorted(ascending, ascending[0], side="right") >= THRESHOLD:
        return ShownEnd(float(ascending[0]), "extreme")
    if len(ascending) < THRESHOLD * 20:
        return ShownEnd(float(ascending[THRESHOLD - 1]), "fifth")
    return ShownEnd(float(ascending[math.ceil(len(ascending) / 20) - 1]), "twentieth")


def _bins(values: Floats, low: float, high: float) -> tuple[HistogramBin, ...]:
    """Return bars of equal width, joined to their neighbour where they hold fewer than five people."""
    if not low < high or not math.isfinite(high - low):
        return ()
    # around each whole number where there are few of them
    whole = high - low <= BINS and bool((values % 1 == 0).all())
    edges = np.arange(low - 0.5, high + 1.0, 1.0) if whole else np.linspace(low, high, BINS + 1)
    counts, edges = np.histogram(values, bins=edges)
    kept, people = [0], 0
    for place, count in enumerate(counts.tolist(), 1):
        people += count
        if people >= THRESHOLD:
            kept.append(place)
            people = 0
    # what is left at the end joins the last bar
    kept = [0, *kept[1:-1], len(counts)]
    density = np.add.reduceat(counts, kept[:-1]) / np.diff(edges[kept])
    ends = pairwise(edges[kept].tolist())
    return tuple(HistogramBin(*bar, each) for bar, each in zip(ends, (density / density.max()).tolist(), strict=True))


FEW_CODES = 12
MANY_WORDS = 30
DisclosedKind: TypeAlias = Literal["categories", "numbers", "moments", "words", "identifier"]


@dataclass(frozen=True)
class DisclosedCount:
    """A number of people: None where it is hidden, `small` where that is because it is from 1 to 4."""

    people: int | None
    small: bool = False


@dataclass(frozen=True)
class Disclosure:
    """What a codebook may show of one column: labelled answers and those of five people, the `others` counted."""

    kind: DisclosedKind
    rows: int
    answered: DisclosedCount
    missing: DisclosedCount
    values: Mapping[Code, DisclosedCount] = field(default_factory=dict)
    others: DisclosedCount | None = None
    reasons: Mapping[str, DisclosedCount] = field(default_factory=dict)
    numbers: NumberSummary | None = None


def protect_counts(counts: Mapping[Key, int]) -> dict[Key, DisclosedCount]:
    """Return counts of people, each in one group, hidden so that no small one can be computed from the others."""
    small = [count for count in counts.values() if 0 < count < THRESHOLD]
    rest = sorted((key for key, count in counts.items() if count >= THRESHOLD), key=lambda key: counts[key])
    hidden: list[Key] = []
    while small and _recoverable(small, [counts[key] for key in hidden]):
        if len(hidden) == len(rest):
            # nothing is left to hide: even that a count is small or zero would reveal the others
            return dict.fromkeys(counts, DisclosedCount(None))
        hidden.append(rest[len(hidden)])
    return {
        key: DisclosedCount(None, small=True)
        if 0 < count < THRESHOLD
        else DisclosedCount(None if key in hidden else count)
        for key, count in counts.items()
    }


def _recoverable(small: list[int], beside: list[int]) -> bool:
    """Return whether the sum of hidden counts leaves one value only for each: `small` from 1 to 4, others from 5."""
    if not beside:
        return len(small) == 1 or sum(small) in (len(small), (THRESHOLD - 1) * len(small))
    return sum(small) - len(small) + sum(beside) - THRESHOLD * len(beside) == 0


def disclose(data: Microdata, name: str) -> Disclosure:
    """Return what may be published of one column of microdata."""
    cells = data.frame[name]
    variable = data.codebook.variable(name)
    answers = _infer_type(cells.dropna())
    counts = {"answered": len(answers), "missing": len(cells) - len(answers)}
    # a column numbers rows where its name says so, and where answers are of one or two rows each
    numbered = is_row_identifier(fold_accents(name)) and 2 * answers.astype(str).nunique() > len(answers) > 0
    if name in identifying_columns(data, (name,)) or numbered:
        return Disclosure("identifier", len(cells), *_protect_both(counts))
    kind = _kind_of_answers(answers, variable)
    values = _count_values(answers, variable, kind)
    shared: dict[tuple[str, Code], int] = {("value", code): count for code, count in values.items()}
    rest = counts["answered"] - sum(values.values())
    if rest:
        shared[("others", "")] = rest
    codes = data.missing.get(name)
    reasons = {} if codes is None else dict(codes.reasons(variable))
    if (without := counts["missing"] - sum(reasons.values())) > 0:
        reasons[SYSTEM] = without
    shown, both, why = _publishable(shared, counts, reasons, variable)
    by_value = {code: shown[("value", code)] for code in values}
    numbers = summarise_numbers(answers) if kind in ("numbers", "moments") else None
    if numbers is not None and any(each.people is None for each in by_value.values()):
        # a bar less its answers that are counted would reveal the others
        numbers = replace(numbers, bins=())
    others = shown.get(("others", "")) if kind == "categories" else None
    return Disclosure(kind, len(cells), *both, by_value, others, why, numbers)


def _publishable(
    shared: Mapping[tuple[str, Code], int], counts: Mapping[str, int], reasons: Mapping[str, int], variable: Variable
) -> tuple[dict[tuple[str, Code], DisclosedCount], tuple[DisclosedCount, DisclosedCount], dict[str, DisclosedCount]]:
    """Return what may be published of answers, of the numbers answered and missing, and of reasons."""
    # what is hidden of those who answered is hidden of those who did not: both add up to the rows of the file, and each
    # is the total of a list of its own
    nothing = DisclosedCount(None)
    whys = dict.fromkeys([*(variable.why(code) or "" for code in variable.missing), *reasons, SYSTEM], nothing)
    if 0 < counts["answered"] < THRESHOLD:
        answers = [key for key, count in shared.items() if count]
        # four answers of fewer than five people are of one each; so are two where only seven were asked
        if sum(counts.values()) < 2 * THRESHOLD - 1 or len(answers) > 3:
            return dict.fromkeys(shared, nothing), _protect_both(counts), whys
        few = {key: DisclosedCount(None, small=True) if count else DisclosedCount(0) for key, count in shared.items()}
        return few, _protect_both(counts), whys
    if 0 < counts["missing"] < THRESHOLD:
        hidden = protect_counts({**shared, ("missing", ""): counts["missing"]})
        missing = hidden[("missing", "")]
        return hidden, (nothing, missing), dict.fromkeys(reasons, missing) if len(reasons) == 1 else whys
    return (
        protect_counts(shared),
        (DisclosedCount(counts["answered"]), DisclosedCount(counts["missing"])),
        protect_counts(reasons),
    )


def _protect_both(counts: Mapping[str, int]) -> tuple[DisclosedCount, DisclosedCount]:
    shown = protect_counts(counts)
    return shown["answered"], shown["missing"]


def _kind_of_answers(answers: pd.Series[Any], variable: Variable) -> DisclosedKind:
    """Return what the answers are, by their cells and their labels."""
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
        of_answers = variable.measure in ("nominal", "ordinal") and (labelled or distinct <= MANY_WORDS)
        return "categories" if labelled or few or of_answers else "numbers"
    if pd.api.types.infer_dtype(answers) not in ("string", "empty"):
        # dates and hours as Python holds them, lists
        return "words"
    if variable.values:
        return "categories"
    # nine in ten gave words that five people gave, and these are not many
    counts = answers.value_counts()
    shared = int(counts[counts >= THRESHOLD].sum())
    return "categories" if 0 < len(counts) <= MANY_WORDS and shared * 10 >= len(answers) * 9 else "words"


def _infer_type(answers: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers or truth values in their type, where missing values had made objects of them."""
    kind = pd.api.types.infer_dtype(answers) if answers.dtype == object else ""
    if kind == "boolean":
        return answers.astype(bool)
    return answers.astype(float) if kind in ("integer", "floating", "mixed-integer-float") else answers


def _count_values(answers: pd.Series[Any], variable: Variable, kind: DisclosedKind) -> dict[Code, int]:
    """Return how many people gave each answer that may be shown."""
    if kind not in ("categories", "numbers"):
        return {}
    # a class of amounts or a period is known by its words
    counts: dict[Code, int] = {
        as_code(code) if isinstance(code, int | float) else str(code): int(count)
        for code, count in answers.value_counts().items()
    }
    named = {code: counts.get(code, 0) for code in variable.values if variable.why(code) is None}
    if kind == "numbers":
        return named
    free = {code: count for code, count in counts.items() if code not in named}
    usual = {code: count for code, count in free.items() if count >= THRESHOLD}
    if not any(isinstance(code, str) for code in named):
        # where 0 and 6 have labels, 1 to 5 are between them
        return dict(sorted({**named, **usual}.items(), key=_sort_key)) if usual else named
    return {**named, **dict(sorted(usual.items(), key=_sort_key))}


def _sort_key(each: tuple[Code, int]) -> tuple[bool, Code]:
    return isinstance(each[0], str), each[0]


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
