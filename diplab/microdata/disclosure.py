"""What may be published of the answers to a question: no count of fewer than five people, nor the means to find one.

A count of one to four is marked small and not shown. Where the total of several counts is known and a difference would
give a small one back, the smallest of the others is hidden too; whoever reads the rest finds at least two possible
values for each hidden count.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from diplab.kernel.arrays import Floats
from diplab.microdata.identifiers import identifying_columns, is_row_identifier
from diplab.microdata.missing import SYSTEM
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Code, Variable, as_code

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
