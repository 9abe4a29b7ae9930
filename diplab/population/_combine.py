"""Several methods for one number of persons, side by side: a range over them, never an average."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from diplab.checks import check_switch
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.population.assumptions import WORDS, shared_first
from diplab.population.sizes import gather_sizes, join_sources, known_size, weakest_status
from diplab.reference.text import Text
from diplab.results.estimates import Estimates
from diplab.results.provenance import Provenance
from diplab.results.sizes import ModelFit, Sizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


LOWER, POINT, BELOW, NOTHING = range(4)
"""Places in the table: lower bounds, points and ranges, sizes below the bound of their own data, no answer."""


@dataclass(frozen=True, eq=False)
class _Method:
    """One row of one of the estimates, with the model behind it."""

    row: dict[str, Any]
    fit: ModelFit | None
    flags: tuple[str, ...]

    @property
    def point(self) -> float:
        return float(self.row["estimate"])

    @property
    def interval(self) -> tuple[float, float]:
        return float(self.row["ci_low"]), float(self.row["ci_high"])

    @property
    def uncertain(self) -> bool:
        """Whether an interval is known."""
        return not any(map(math.isnan, self.interval))

    @property
    def group(self) -> int:
        if math.isnan(self.point) and not self.uncertain:
            return NOTHING
        if "below bound" in self.flags:
            return BELOW
        return LOWER if "lower bound" in self.flags else POINT

    @property
    def ends(self) -> tuple[float, float]:
        """Its interval; its point where no error is known."""
        return self.interval if self.uncertain else (self.point, self.point)

    @property
    def points(self) -> tuple[float, float]:
        """Its point; both ends where only bounds are known."""
        return self.interval if math.isnan(self.point) else (self.point, self.point)

    @property
    def place(self) -> tuple[int, float]:
        return self.group, -math.inf if self.group == NOTHING else self.points[0]


def combine(
    estimates: Sequence[Estimates] | Mapping[str, Estimates], *, same_population: bool = False
) -> Estimates:
    """Return several methods for one number of persons, with the range they span.

    Parameters
    ----------
    estimates : sequence of Estimates, or mapping of str to Estimates
        What each method or source found of the same population; the keys of a mapping name them in `category`.
        In a sequence, results of one method are numbered there by their place, from 1.
    same_population : bool
        True to say that they count the same people although their bases are worded differently.

    Returns
    -------
    Estimates
        The methods: lower bounds first, then points and bounds by size, then sizes flagged `below bound`, then those
        without an answer. Last two rows, estimate NaN, flag `bounds`: `range_points`, from the lowest to the highest
        point, and `range`, from the lowest to the highest end of the intervals. Methods with intervals that do not meet
        are flagged `disjoint`, and so is the range. The status is the weakest.

    Raises
    ------
    OptionError
        Where something else than estimates is given.
    EmptyDomainError
        Where fewer than two methods have an answer.
    MisleadingError
        Where bases differ and `same_population` is False, circles are nested, or the numbers are not
        of one kind.

    Notes
    -----
    Methods differ by what they assume, not by chance: their mean is the answer of none of them, and its error would not
    fall with their number. The range is over methods and is no confidence interval; each of its ends holds only if
    that method is right.

    A lower bound counts at the lower end of both ranges. It says nothing of the upper end, which is infinite where no
    other method has an answer, and otherwise not below its point. Sizes below the bound of their own data are shown and
    stay out of both ranges; one-inflated ones, for which that bound does not hold, stay in. Bounds count with their two
    ends, a size without a known error with its point. Two intervals are disjoint where one lies wholly above the other;
    a lower bound is disjoint only from what lies wholly below it, and never against a one-inflated size.

    Examples
    --------
    >>> from diplab import population
    >>> lists = population.two_sample(2775, 2831, 584)
    >>> bound = population.single_source([25984, 5972, 2470])
    >>> population.combine([lists, bound]).frame["statistic"].tolist()
    ['chao', 'chapman', 'range_points', 'range']
    """
    check_switch("same_population", same_population)
    results = _estimates_by_name(estimates)
    _check_same_population(results, same_population)
    methods = sorted(_label_methods(results), key=lambda it: it.place)
    inside = [each for each in methods if each.group in (LOWER, POINT)]
    if len(methods) < 2 or not inside:
        raise EmptyDomainError(
            f"A range takes two sizes or more: there are {len(methods)}, of which {len(inside)} can be in a range.",
            "",
            "Write what two methods at least found.",
        )
    disjoint = _disjoint(inside)
    rows = [
        {**each.row, "flag": ", ".join([*each.flags, *(["disjoint"] if each in disjoint else [])])}
        for each in methods
    ]
    flag = "bounds, disjoint" if disjoint else "bounds"
    for statistic, (low, high) in _ranges(inside).items():
        rows.append({**known_size(statistic, math.nan, flag=flag), "ci_low": low, "ci_high": high})
        rows[-1]["variable"] = methods[0].row["variable"]
    return gather_sizes(
        rows, _provenance([found for _, found in results], methods), [*(it.fit for it in methods), None, None]
    )


def _ranges(inside: Iterable[_Method]) -> dict[str, tuple[float, float]]:
    inside = list(inside)
    above = [each for each in inside if each.group == POINT]
    floor = max((each.point for each in inside if each.group == LOWER), default=-math.inf)
    if not above:
        highest = highest_point = math.inf
    else:
        highest = max(floor, *(each.ends[1] for each in above))
        highest_point = max(floor, *(each.points[1] for each in above))
    return {
        "range_points": (min(each.points[0] for each in inside), highest_point),
        "range": (min(each.ends[0] for each in inside), highest),
    }


def _disjoint(inside: list[_Method]) -> list[_Method]:
    found: list[_Method] = []
    for pair in itertools.combinations([each for each in inside if each.uncertain], 2):
        low, high = sorted(pair, key=lambda each: each.interval[0])
        if low.interval[1] >= high.interval[0] or low.group == LOWER:
            continue
        if high.group == LOWER and "one-inflated" in low.flags:
            continue
        found += pair
    return found


def _estimates_by_name(estimates: Any) -> list[tuple[str | None, Estimates]]:
    results = (
        list(estimates.items())
        if hasattr(estimates, "items")
        else [(None, each) for each in _listed(estimates)]
    )
    for _, each in results:
        if not isinstance(each, Estimates):
            raise OptionError(
                f"A value of type `{type(each).__name__}` was given, which holds no estimates.",
                "",
                "Write what the functions of `dl.population` return, in a list or by name.",
            )
    return results


def _listed(estimates: Any) -> list[Any]:
    if isinstance(estimates, Estimates | str) or not hasattr(estimates, "__iter__"):
        return [estimates]
    return list(estimates)


def _label_methods(results: list[tuple[str | None, Estimates]]) -> list[_Method]:
    """Return the methods, those of one name and model with the place of their result in the list."""
    each = [
        (place, method) for place, (name, found) in enumerate(results, 1) for method in _methods(name, found)
    ]
    labels = [(method.row["statistic"], method.row["category"]) for _, method in each]
    labelled = []
    for (place, method), label in zip(each, labels, strict=True):
        own = [str(label[1]), str(place) if labels.count(label) > 1 else ""]
        labelled.append(replace(method, row={**method.row, "category": ", ".join(filter(None, own))}))
    return labelled


def _methods(name: str | None, found: Estimates) -> list[_Method]:
    fits = found.fits if isinstance(found, Sizes) and found.fits else (None,) * len(found)
    methods = []
    for row, fit in zip(found.frame.to_dict("records"), fits, strict=True):
        own: dict[str, Any] = {str(key): value for key, value in row.items()}
        label = (
            own["category"] if name is None else ", ".join(filter(None, (str(name), str(own["category"]))))
        )
        flags = tuple(filter(None, str(own["flag"]).split(", ")))
        methods.append(_Method({**own, "category": label}, fit, flags))
    return methods


def _check_same_population(results: list[tuple[str | None, Estimates]], same_population: bool) -> None:
    kinds: set[str] = set()
    levels: set[str] = set()
    bases: dict[Text, None] = {}
    for _, found in results:
        if found.provenance.nested and len(found) > 1:
            raise MisleadingError(
                "One of the results holds nested circles, which count different people.",
                "",
                "Write one circle of each, such as `estimates.rows([0])`.",
            )
        if found.by:
            raise MisleadingError(
                f"One of the results is cut by {', '.join(f'`{each}`' for each in found.by)}.",
                "Its rows count different people.",
                "Write the estimates of one population.",
            )
        kinds |= set(found.frame["variable"].astype(str))
        levels |= {found.provenance.rules["confidence"]} if "confidence" in found.provenance.rules else set()
        bases[found.provenance.base] = None
    _check_alike(kinds, levels)
    if len(bases) > 1 and not same_population:
        bases_in_words = "; ".join(f"“{text.en.rstrip('.')}”" if text else "none said" for text in bases)
        raise MisleadingError(
            f"The bases of the results differ: {bases_in_words}.",
            "",
            "Write `same_population=True` if they count the same people, or leave out what counts others.",
        )


def _check_alike(kinds: set[str], levels: set[str]) -> None:
    if len(kinds) > 1:
        raise MisleadingError(
            f"The results are numbers of different kinds: {', '.join(f'`{each}`' for each in sorted(kinds))}.",
            "",
            "Write estimates of the same thing.",
        )
    if len(levels) > 1:
        raise MisleadingError(
            f"The intervals of the results have different probabilities: {', '.join(sorted(levels))}.",
            "",
            "Compute them with the same `confidence`.",
        )


def _provenance(found: list[Estimates], methods: list[_Method]) -> Provenance:
    records = [each.provenance for each in found]
    bases = list(dict.fromkeys(each.base for each in records if each.base))
    assumptions = shared_first([each.assumptions for each in records])
    rules = {"methods": str(len(methods)), "range": "envelope"}
    levels = [each.rules["confidence"] for each in records if "confidence" in each.rules]
    if levels:
        rules["confidence"] = levels[0]
    record = Provenance(
        rules=rules,
        source=join_sources(each.source for each in records if each.source),
        status=weakest_status(each.status for each in records),
        assumptions=(WORDS("platforms.range_over_methods"), *assumptions),
        synthetic=any(each.synthetic for each in records),
        indicative=any(each.indicative for each in records),
    )
    if len(bases) > 1:
        listed = Text(" / ".join(text.fr for text in bases), " / ".join(text.en for text in bases))
        same = WORDS("sensitivity.same_population", bases=listed)
        record = replace(record, assumptions=(*record.assumptions, same))
    return replace(record, base=bases[0]) if bases else record
