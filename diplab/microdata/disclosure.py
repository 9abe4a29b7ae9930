"""What may be published of the answers to a question: no count of fewer than five people, nor the means to find one.

A count of one to four is marked small and not shown. Where the total of several counts is known and a difference would
give a small one back, the smallest of the others is hidden too; whoever reads the rest finds at least two possible
values for each hidden count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.microdata.identifiers import identifying_columns, is_row_identifier
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import TypeVar

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

    Key = TypeVar("Key", bound=Hashable)

__all__ = [
    "THRESHOLD",
    "DisclosedCount",
    "DisclosedKind",
    "Disclosure",
    "HistogramBin",
    "NumberSummary",
    "ShownEnd",
    "ShownEndKind",
    "disclose",
    "protect_counts",
    "summarise_numbers",
]


FEWEST_ANSWERS = 20
"""With fewer answers than this, quartiles are the answers of known people."""
FEWEST_PEOPLE = 5
ShownEndKind: TypeAlias = Literal["extreme", "twentieth", "fifth"]
BINS = 20


@dataclass(frozen=True)
class ShownEnd:
    """The lowest or the highest amount that may be shown."""

    value: float
    kind: ShownEndKind


@dataclass(frozen=True)
class HistogramBin:
    """One bar of a shape."""

    low: float
    high: float
    density: float


@dataclass(frozen=True)
class NumberSummary:
    """Amounts in short; of moments, in seconds since 1970."""

    low: ShownEnd
    quartiles: tuple[float, float, float]
    high: ShownEnd
    mean: float
    deviation: float
    bins: tuple[HistogramBin, ...] = ()


def summarise_numbers(given: pd.Series[Any]) -> NumberSummary | None:
    """Return amounts in short; None where too few people gave one."""
    if pd.api.types.is_datetime64_any_dtype(given):
        bare = given.dt.tz_convert("UTC").dt.tz_localize(None) if given.dt.tz is not None else given
        values = bare.to_numpy().astype("datetime64[s]").astype(np.float64)
    else:
        values = given.to_numpy(dtype=np.float64)
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


def _rounded(number: float, values: NDArray[np.float64]) -> float:
    """Return a mean with no more decimals than leave open of how many answers it is.

    Of 57 whole numbers, a mean times 57 is one too: with ten decimals, it is with 57 alone.
    """
    decimals = next((each for each in range(4) if np.allclose(values, np.round(values, each), 0, 1e-9)), 4)
    return round(number, decimals + math.floor(math.log10(len(values))))


def _end(ascending: NDArray[np.float64]) -> ShownEnd:
    if np.searchsorted(ascending, ascending[0], side="right") >= FEWEST_PEOPLE:
        return ShownEnd(float(ascending[0]), "extreme")
    if len(ascending) < FEWEST_PEOPLE * 20:
        return ShownEnd(float(ascending[FEWEST_PEOPLE - 1]), "fifth")
    return ShownEnd(float(ascending[math.ceil(len(ascending) / 20) - 1]), "twentieth")


def _bins(values: NDArray[np.float64], low: float, high: float) -> tuple[HistogramBin, ...]:
    """Return bars of equal width, joined to their neighbour where fewer than five people stand in them."""
    if not low < high or not math.isfinite(high - low):
        return ()
    counts, edges = np.histogram(values, bins=_bin_edges(values, low, high))
    joined: list[list[float]] = []
    for count, left, right in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if joined and joined[-1][0] < FEWEST_PEOPLE:
            joined[-1] = [joined[-1][0] + count, joined[-1][1], right]
        else:
            joined.append([count, left, right])
    if len(joined) > 1 and joined[-1][0] < FEWEST_PEOPLE:
        count, _, right = joined.pop()
        joined[-1] = [joined[-1][0] + count, joined[-1][1], right]
    densities = [count / (right - left) for count, left, right in joined]
    return tuple(
        HistogramBin(left, right, density / max(densities))
        for (_, left, right), density in zip(joined, densities, strict=True)
    )


def _bin_edges(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return the ends of bars: around each whole number where there are few of them."""
    if high - low <= BINS and bool((values % 1 == 0).all()):
        return np.arange(low - 0.5, high + 1.0, 1.0)
    return np.linspace(low, high, BINS + 1)


THRESHOLD = 5
"""Fewer people than this are not counted in public."""
SYSTEM = "system"
FEW_CODES = 12
MANY_WORDS = 30
DisclosedKind: TypeAlias = Literal["categories", "numbers", "moments", "words", "identifier"]


@dataclass(frozen=True)
class DisclosedCount:
    """How many people, as far as it may be known."""

    people: int | None
    small: bool = False


@dataclass(frozen=True)
class Disclosure:
    """What a codebook may show of one column."""

    kind: DisclosedKind
    rows: int
    answered: DisclosedCount
    missing: DisclosedCount
    values: Mapping[Code, DisclosedCount] = field(default_factory=dict)
    others: DisclosedCount | None = None
    reasons: Mapping[str, DisclosedCount] = field(default_factory=dict)
    numbers: NumberSummary | None = None


def protect_counts(counts: Mapping[Key, int]) -> dict[Key, DisclosedCount]:
    """Return counts of which the total is known, so that no small one can be found from the others.

    Parameters
    ----------
    counts : mapping of key to int
        People in each group; the groups share all of them out.

    Examples
    --------
    >>> [each.people for each in protect_counts({"a": 90, "b": 30, "c": 2}).values()]
    [90, None, None]
    >>> [each.people for each in protect_counts({"a": 90, "b": 3, "c": 2}).values()]
    [90, None, None]
    """
    small = [count for count in counts.values() if 0 < count < THRESHOLD]
    rest = sorted((key for key, count in counts.items() if count >= THRESHOLD), key=lambda key: counts[key])
    hidden: list[Key] = []
    while small and _recoverable(small, [counts[key] for key in hidden]) and len(hidden) < len(rest):
        hidden.append(rest[len(hidden)])
    if small and _recoverable(small, [counts[key] for key in hidden]):
        # with nothing left to hide behind, even that they are small, or that nobody is there, would give them away
        return dict.fromkeys(counts, DisclosedCount(None))
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
    answers = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
    given = _infer_type(answers.dropna())
    counts = {"answered": len(given), "missing": len(answers) - len(given)}
    if name in identifying_columns(data, (name,)) or _is_row_number(name, given):
        return Disclosure("identifier", len(answers), *_protect_both(counts))
    kind = _kind_of_answers(given, variable)
    values = _count_values(given, variable, kind)
    shared: dict[tuple[str, Code], int] = {("value", code): count for code, count in values.items()}
    rest = counts["answered"] - sum(values.values())
    if rest:
        shared[("others", "")] = rest
    reasons = _count_reasons(data, name, variable, counts["missing"])
    hidden, both, why = _publishable(shared, counts, reasons, variable)
    told = {code: hidden[("value", code)] for code in values}
    numbers = summarise_numbers(given) if kind in ("numbers", "moments") else None
    if numbers is not None and any(each.people is None for each in told.values()):
        # a bar less those of its answers that are counted would be the others
        numbers = replace(numbers, bins=())
    others = hidden.get(("others", "")) if kind == "categories" else None
    return Disclosure(kind, len(answers), *both, told, others, why, numbers)


def _publishable(
    shared: Mapping[tuple[str, Code], int],
    counts: Mapping[str, int],
    reasons: Mapping[str, int],
    variable: Variable,
) -> tuple[
    dict[tuple[str, Code], DisclosedCount], tuple[DisclosedCount, DisclosedCount], dict[str, DisclosedCount]
]:
    """Return what may be told of answers, of how many there are and are missing, and of reasons.

    What cannot be told of those who answered cannot be told of those who did not: they add up to the rows of the file,
    and to each of them adds up a list of its own.
    """
    nothing = DisclosedCount(None)
    whys = dict.fromkeys(
        [*(variable.why(code) or "" for code in variable.missing), *reasons, SYSTEM], nothing
    )
    if 0 < counts["answered"] < THRESHOLD:
        given = [key for key, count in shared.items() if count]
        # four answers of fewer than five people are of one each; so are two where only seven were asked
        if sum(counts.values()) < 2 * THRESHOLD - 1 or len(given) > 3:
            return dict.fromkeys(shared, nothing), _protect_both(counts), whys
        few = {
            key: DisclosedCount(None, small=True) if count else DisclosedCount(0)
            for key, count in shared.items()
        }
        return few, _protect_both(counts), whys
    if 0 < counts["missing"] < THRESHOLD:
        hidden = protect_counts({**shared, ("missing", ""): counts["missing"]})
        gone = hidden[("missing", "")]
        return hidden, (nothing, gone), dict.fromkeys(reasons, gone) if len(reasons) == 1 else whys
    return (
        protect_counts(shared),
        (DisclosedCount(counts["answered"]), DisclosedCount(counts["missing"])),
        protect_counts(reasons),
    )


def _is_row_number(name: str, given: pd.Series[Any]) -> bool:
    """Return whether a column numbers rows, by its name and by answers that are each of one or two rows."""
    return is_row_identifier(fold_accents(name)) and 2 * given.astype(str).nunique() > len(given) > 0


def _protect_both(counts: Mapping[str, int]) -> tuple[DisclosedCount, DisclosedCount]:
    shown = protect_counts(counts)
    return shown["answered"], shown["missing"]


def _kind_of_answers(given: pd.Series[Any], variable: Variable) -> DisclosedKind:
    """Return what the answers are, by their cells and their labels."""
    if pd.api.types.is_datetime64_any_dtype(given):
        return "moments"
    if pd.api.types.is_timedelta64_dtype(given):
        return "words"
    if isinstance(given.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(given):
        return "categories"
    if pd.api.types.is_numeric_dtype(given):
        distinct = given.nunique()
        labelled = bool(variable.values) and set(given.unique().tolist()) <= set(variable.values)
        few = distinct <= FEW_CODES and bool((given % 1 == 0).all())
        of_answers = variable.measure in ("nominal", "ordinal") and (labelled or distinct <= MANY_WORDS)
        return "categories" if labelled or few or of_answers else "numbers"
    if pd.api.types.infer_dtype(given) not in ("string", "empty"):
        # dates and hours as Python holds them, lists
        return "words"
    return "categories" if variable.values or _are_categories(given) else "words"


def _infer_type(given: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers, or yes and no, that stood in a column of any objects because some are missing, as such."""
    held = pd.api.types.infer_dtype(given) if given.dtype == object else ""
    if held == "boolean":
        return given.astype(bool)
    return given.astype(float) if held in ("integer", "floating", "mixed-integer-float") else given


def _are_categories(given: pd.Series[Any]) -> bool:
    """Return whether words are answers among a few: nine in ten were given by five people, and they are not many."""
    counts = given.value_counts()
    shared = int(counts[counts >= THRESHOLD].sum())
    return 0 < len(counts) <= MANY_WORDS and shared * 10 >= len(given) * 9


def _count_values(given: pd.Series[Any], variable: Variable, kind: DisclosedKind) -> dict[Code, int]:
    """Return how many people gave each answer that may be named."""
    if kind not in ("categories", "numbers"):
        return {}
    counts: dict[Any, int] = {}
    for code, count in given.value_counts().items():
        counts[_code_of_value(code)] = int(count)
    named = {code: counts.get(code, 0) for code in variable.values if variable.why(code) is None}
    if kind == "numbers":
        return named
    free = {code: count for code, count in counts.items() if code not in named}
    usual = {code: count for code, count in free.items() if count >= THRESHOLD}
    if not any(isinstance(code, str) for code in named):
        # 0 and 6 have labels, and 1 to 5 stand between them
        return dict(sorted({**named, **usual}.items(), key=_sort_key)) if usual else named
    return {**named, **dict(sorted(usual.items(), key=_sort_key))}


def _sort_key(each: tuple[Code, int]) -> tuple[bool, Code]:
    return isinstance(each[0], str), each[0]


def _code_of_value(code: Any) -> Code:
    if isinstance(code, bool):
        return code
    if not isinstance(code, int | float):
        # a class of amounts, a period
        return str(code)
    return int(code) if float(code).is_integer() else code


def _count_reasons(data: Microdata, name: str, variable: Variable, gone: int) -> dict[str, int]:
    codes = data.missing.get(name)
    reasons = {} if codes is None else dict(codes.reasons(variable))
    bare = gone - sum(reasons.values())
    return {**reasons, SYSTEM: bare} if bare > 0 else reasons
