"""Several sizes side by side: nested circles, which do not add up, and ranges over methods."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn

from diplab.checks import argument, check_one_of, check_switch, is_number
from diplab.errors import BaseMissingError, DesignError, EmptyDomainError, MisleadingError, OptionError, suggestion
from diplab.microdata.codebook import Codebook
from diplab.population.platforms import MEASURES
from diplab.population.sizes import VARIABLE, WORDS, gather_sizes, join_flags, known_size, provenance_of, shared_first
from diplab.reference.text import Text
from diplab.results.estimates import Estimates, Provenance, flags_of, nested_sum, weakest_status
from diplab.results.sizes import ModelFit, Sizes


@dataclass(frozen=True)
class Circle:
    """A number of workers by how much they work, inside a larger circle.

    Parameters
    ----------
    key : str
        Short name (`registered`, `monthly`, `very_active`).
    size : float
        Persons.
    label : Text
        Name shown to people.
    definition : Text
        Who is inside.
    source : Text
        Document, page or table.
    status : str
        What the number rests on (one of `diplab.results.estimates.STATUSES`).
    nested_in : str or None
        Key of the next larger circle; None for the largest.

    Raises
    ------
    MisleadingError
        Where the size is no number of persons, or circles are added.
    BaseMissingError
        Where the source is empty.
    OptionError
        Where the status is unknown.

    Examples
    --------
    >>> from diplab.reference.text import Text
    >>> name = Text("inscrits", "registered")
    >>> wide = Circle("registered", 266_126, name, name, Text.same("arXiv 1901.03889"), "published")
    >>> source = Text.same("arXiv 1901.03889")
    >>> near = Circle("monthly", 52_337, name, name, source, "published", "registered")
    >>> sum([wide, near])
    Traceback (most recent call last):
    diplab.errors.MisleadingError: The 2 circles are nested and do not add up (266,126, 52,337). ...
    """

    key: str
    size: float
    label: Text
    definition: Text
    source: Text
    status: str
    nested_in: str | None = None

    def __post_init__(self) -> None:
        weakest_status([self.status])
        if not is_number(self.size) or not 0 <= self.size < math.inf:
            raise MisleadingError(
                f"The size of the circle `{self.key}` is {self.size!r}, not a number of persons.",
                write="Write how many persons are inside, zero or more.",
            )
        if not self.source:
            raise BaseMissingError(
                f"The circle `{self.key}` ({self.size:,.0f}) has no source.", write="Write the document it was read in."
            )

    def __add__(self, other: Circle) -> NoReturn:
        if not isinstance(other, Circle):
            return NotImplemented
        raise nested_sum([self.size, other.size])

    def __radd__(self, other: int) -> Circle:
        # `sum` starts from 0; the first real addition then calls `__add__`
        if other == 0:
            return self
        return NotImplemented


def circles(members: Sequence[Circle]) -> Estimates:
    """Return nested circles as `Estimates` that refuse to be summed.

    Parameters
    ----------
    members : sequence of Circle
        The circles, in any order; one of them holds all the others.

    Returns
    -------
    Estimates
        One row per circle (`category` is its key, shown by its label), the largest first, without
        standard error.

    Raises
    ------
    EmptyDomainError
        Where no circle is given.
    DesignError
        Where two circles share a key, a circle lies in one that is not there or is smaller, or not
        exactly one circle holds all the others.

    Examples
    --------
    >>> from diplab.reference.text import Text
    >>> name = Text("inscrits", "registered")
    >>> wide = Circle("registered", 266_126, name, name, Text.same("arXiv 1901.03889"), "published")
    >>> circles([wide]).provenance.nested
    True
    """
    members = [members] if isinstance(members, Circle) else list(members)
    for each in members:
        if not isinstance(each, Circle):
            raise OptionError(
                f"`members` contains a value of type `{type(each).__name__}`, which is not a `Circle`.",
                write="Write a `Circle` for each number, or `headcount(..., measure=[...])` for a table of platforms.",
            )
    if not members:
        raise EmptyDomainError("`members` is empty.", write="Write at least one `Circle`.")
    by_key = {circle.key: circle for circle in members}
    if len(by_key) < len(members):
        raise DesignError(f"Two of {len(members)} circles share a key.", write="Write a key for each.")
    for circle in members:
        _check_place(circle, by_key)
    ordered = sorted(members, key=lambda circle: circle.size, reverse=True)
    outermost = [circle for circle in ordered if circle.nested_in is None]
    if len(outermost) != 1:
        raise DesignError(
            f"{len(outermost)} of {len(members)} circles lie in no other.",
            "Exactly one holds all the others.",
            "Write `nested_in` for every circle but the largest.",
        )
    try:
        TopologicalSorter({each.key: filter(None, [each.nested_in]) for each in members}).prepare()
    except CycleError as error:
        outer, inner, *_ = error.args[1]
        raise DesignError(
            f"The circle `{inner}` lies in `{outer}`, and that one in it.",
            write="Write in `nested_in` the next larger circle.",
        ) from error
    behind = [
        Provenance(source=each.source, status=each.status, synthetic=each.status == "synthetic") for each in ordered
    ]
    provenance = provenance_of({}, of=outermost[0].definition, behind=behind, nested=True)
    rows = [known_size("circle", circle.size, circle.key) for circle in ordered]
    labels = {circle.key: circle.label for circle in ordered if circle.label}
    codebook = Codebook().described(VARIABLE, values=labels).described("prevalence", values=labels)
    return gather_sizes(rows, provenance, codebook=codebook)


def _check_place(circle: Circle, by_key: dict[str, Circle]) -> None:
    if circle.nested_in is None:
        return
    if circle.nested_in not in by_key:
        raise DesignError(
            f"The circle `{circle.key}` lies in `{circle.nested_in}`, which is not a circle.",
            suggestion(circle.nested_in, by_key),
        )
    around = by_key[circle.nested_in]
    if circle.size > around.size:
        raise DesignError(
            f"The circle `{circle.key}` lies in `{around.key}`, which is smaller.",
            f"It holds {circle.size:,.0f} persons, more than the {around.size:,.0f} around it.",
            "Write the larger circle as the outer one.",
        )


def nested_measures(measures: Sequence[str], count: Callable[..., Estimates]) -> Estimates:
    """Return the headcount of each measure as nested circles, the largest first."""
    ordered = _ordered(measures)
    counts: dict[str, Any] = {measure: count(measure=measure) for measure in ordered}
    for outer, inner in itertools.pairwise(ordered):
        _check_platforms(counts[outer], counts[inner], outer, inner)
    first: dict[str, dict[str, Any]] = {each: dict(counts[each].frame.iloc[0].items()) for each in ordered}
    nested = circles(
        [
            Circle(
                measure,
                float(row["ci_high"] if math.isnan(row["estimate"]) else row["estimate"]),
                WORDS(f"platforms.{measure}"),
                WORDS(f"platforms.{measure}_definition"),
                counts[measure].provenance.source,
                counts[measure].provenance.status,
                ordered[at - 1] if at else None,
            )
            for at, (measure, row) in enumerate(first.items())
        ]
    )
    rows = [{**row, "category": measure, "statistic": "circle"} for measure, row in first.items()]
    each = [counts[measure].provenance for measure in ordered]
    accounts = {measure: one.rules["accounts"] for measure, one in zip(ordered, each, strict=True)}
    common = {name: value for name, value in each[0].rules.items() if name not in ("accounts", "measure")}
    provenance = replace(
        nested.provenance,
        rules={**accounts, **common},
        assumptions=tuple(dict.fromkeys(text for one in each for text in one.assumptions)),
        synthetic=any(one.synthetic for one in each),
        indicative=any(one.indicative for one in each),
    )
    details = {measure: counts[measure].details for measure in ordered}
    return gather_sizes(rows, provenance, details=details, codebook=nested.codebook)


def _ordered(measures: Sequence[str]) -> list[str]:
    for measure in measures if isinstance(measures, list | tuple) else [measures]:
        check_one_of("measure", measure, MEASURES)
    ordered = [measure for measure in MEASURES if measure in measures]
    if len(ordered) < 2 or len(measures) != len(ordered):
        raise OptionError(
            f"{argument('measure', list(measures))} is not two or more different measures.",
            write="Write for example `measure=['registered', 'active']`.",
        )
    return ordered


def _check_platforms(outer: Any, inner: Any, around: str, within: str) -> None:
    for large, small in zip(outer.details.to_dict("records"), inner.details.to_dict("records"), strict=True):
        if small["accounts"] > large["accounts"]:
            imputed = " (imputed from its traffic)" if large["flag"] else ""
            raise DesignError(
                f"`{large['platform']}` has more {within} accounts than {around} ones.",
                f"It has {small['accounts']:,.0f} {within} and {large['accounts']:,.0f} {around}{imputed}.",
                "Write figures that count the same thing, or each measure by itself.",
            )


LOWER, POINT, BELOW, NOTHING = range(4)
"""Order of rows: lower bounds, points and ranges, sizes below their own bound, no answer."""


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


def combine(estimates: Sequence[Estimates] | Mapping[str, Estimates], *, same_population: bool = False) -> Estimates:
    """Return several methods for one number of persons, with the range they span.

    Parameters
    ----------
    estimates : sequence of Estimates, or mapping of str to Estimates
        What each method or source found of the same population; the keys of a mapping name them in
        `category`. In a sequence, results of one method are numbered there by their place, from 1.
    same_population : bool
        True to say that they count the same people although their bases are worded differently.

    Returns
    -------
    Estimates
        The methods: lower bounds first, then points and bounds by size, then sizes flagged `below
        bound`, then those without an answer. Last two rows, estimate NaN, flag `bounds`:
        `range_points`, from the lowest to the highest point, and `range`, from the lowest to the
        highest end of the intervals. Methods with intervals that do not meet are flagged
        `disjoint`, and so is the range. The status is the weakest.

    Raises
    ------
    OptionError
        Where something else than estimates is given.
    EmptyDomainError
        Where fewer than two methods have an answer.
    MisleadingError
        Where bases differ and `same_population` is False, circles are nested, or the numbers are
        not of one kind.

    Notes
    -----
    Methods differ by what they assume, not by chance: their mean is the answer of none of them. The
    range is over methods and is no confidence interval; each of its ends holds only if that method
    is right.

    A lower bound counts at the lower end of both ranges; the upper end is infinite where no other
    method has an answer, and otherwise not below its point. Sizes below the bound of their data
    stay out of both ranges, one-inflated ones stay in. Bounds count with their two ends, a size
    without a known error with its point. Two intervals are disjoint where one lies wholly above the
    other; a lower bound is disjoint only from what lies wholly below it, and never against a
    one-inflated size.

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
            write="Write what two methods at least found.",
        )
    disjoint = _disjoint(inside)
    rows = [{**each.row, "flag": join_flags(*each.flags, "disjoint" if each in disjoint else "")} for each in methods]
    flag = "bounds, disjoint" if disjoint else "bounds"
    for statistic, (low, high) in _ranges(inside).items():
        row = known_size(statistic, math.nan, flag=flag, variable=methods[0].row["variable"])
        rows.append(row | {"ci_low": low, "ci_high": high})
    return gather_sizes(
        rows, _provenance([found for _, found in results], methods), [*(it.fit for it in methods), None, None]
    )


def _ranges(inside: list[_Method]) -> dict[str, tuple[float, float]]:
    above = [each for each in inside if each.group == POINT]
    floor = max((each.point for each in inside if each.group == LOWER), default=-math.inf)
    highest_point = max(floor, *(each.points[1] for each in above)) if above else math.inf
    highest = max(floor, *(each.ends[1] for each in above)) if above else math.inf
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
    if isinstance(estimates, Estimates | str) or not hasattr(estimates, "__iter__"):
        estimates = [estimates]
    results = list(estimates.items()) if hasattr(estimates, "items") else [(None, each) for each in estimates]
    for _, each in results:
        if not isinstance(each, Estimates):
            raise OptionError(
                f"A value of type `{type(each).__name__}` was given, which holds no estimates.",
                write="Write what the functions of `dl.population` return, in a list or by name.",
            )
    return results


def _label_methods(results: list[tuple[str | None, Estimates]]) -> list[_Method]:
    """Return the methods, numbered by result if name and model coincide."""
    each = []
    for place, (name, found) in enumerate(results, 1):
        fits = found.fits if isinstance(found, Sizes) and found.fits else (None,) * len(found)
        for values, fit in zip(found.frame.to_dict("records"), fits, strict=True):
            row: dict[str, Any] = {str(key): value for key, value in values.items()}
            if name is not None:
                row["category"] = join_flags(str(name), str(row["category"]))
            each.append((place, _Method(row, fit, flags_of(row["flag"]))))
    labels = [(method.row["statistic"], method.row["category"]) for _, method in each]
    labelled = []
    for (place, method), label in zip(each, labels, strict=True):
        own = [str(label[1]), str(place) if labels.count(label) > 1 else ""]
        labelled.append(replace(method, row={**method.row, "category": join_flags(*own)}))
    return labelled


def _check_same_population(results: list[tuple[str | None, Estimates]], same_population: bool) -> None:
    kinds: set[str] = set()
    levels: set[str] = set()
    bases: dict[Text, None] = {}
    for _, found in results:
        if found.provenance.nested and len(found) > 1:
            raise MisleadingError(
                "One of the results holds nested circles, which count different people.",
                write="Write one circle of each, such as `estimates.rows([0])`.",
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
    if len(kinds) > 1:
        raise MisleadingError(
            f"The results are numbers of different kinds: {', '.join(f'`{each}`' for each in sorted(kinds))}.",
            write="Write estimates of the same thing.",
        )
    if len(levels) > 1:
        raise MisleadingError(
            f"The intervals of the results have different probabilities: {', '.join(sorted(levels))}.",
            write="Compute them with the same `confidence`.",
        )
    if len(bases) > 1 and not same_population:
        bases_in_words = "; ".join(f"“{text.en.rstrip('.')}”" if text else "none said" for text in bases)
        raise MisleadingError(
            f"The bases of the results differ: {bases_in_words}.",
            write="Write `same_population=True` if they count the same people, or leave out what counts others.",
        )


def _provenance(found: list[Estimates], methods: list[_Method]) -> Provenance:
    records = [each.provenance for each in found]
    bases = list(dict.fromkeys(each.base for each in records if each.base))
    assumptions = shared_first([each.assumptions for each in records])
    rules = {"methods": str(len(methods)), "range": "envelope"}
    levels = [each.rules["confidence"] for each in records if "confidence" in each.rules]
    if levels:
        rules["confidence"] = levels[0]
    assumed: list[str | Text] = ["platforms.range_over_methods", *assumptions]
    if len(bases) > 1:
        listed = Text(" / ".join(text.fr for text in bases), " / ".join(text.en for text in bases))
        assumed.append(WORDS("sensitivity.same_population", bases=listed))
    return provenance_of(rules, *assumed, of=bases[0] if bases else Text("", ""), behind=records)
