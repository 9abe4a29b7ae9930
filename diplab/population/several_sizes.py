"""Several sizes side by side: nested circles, which do not add up, and ranges over methods."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn

from diplab.checks import argument, check_one_of, check_switch, is_number
from diplab.errors import (
    BaseMissingError,
    DesignError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
    quoted_names,
    suggestion,
)
from diplab.microdata.codebook import Codebook
from diplab.population.platforms import MEASURES
from diplab.population.sizes import (
    VARIABLE,
    WORDS,
    gather_sizes,
    join_flags,
    known_size,
    provenance_of,
    rows_of,
    shared_first,
)
from diplab.reference.text import Text
from diplab.results.estimates import Estimates, Flags, Provenance, nested_sum, weakest_status
from diplab.results.sizes import CaptureModel, ModelFit, Sizes


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
        Where the size is not a number of persons, or circles are added.
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
                f"The circle `{self.key}` ({self.size:,.0f}) has no source.",
                write="Write the document it was read in.",
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
    if isinstance(members, Circle):
        members = [members]
    members = list(members)
    for circle in members:
        if not isinstance(circle, Circle):
            raise OptionError(
                f"`members` contains a value of type `{type(circle).__name__}`, which is not a "
                "`Circle`.",
                write="Write a `Circle` for each number, or `headcount(..., measure=[...])` for a "
                "table of platforms.",
            )
    if not members:
        raise EmptyDomainError("`members` is empty.", write="Write at least one `Circle`.")
    by_key = {circle.key: circle for circle in members}
    if len(by_key) < len(members):
        raise DesignError(
            f"Two of {len(members)} circles share a key.", write="Write a key for each."
        )
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
        TopologicalSorter(
            {circle.key: filter(None, [circle.nested_in]) for circle in members}
        ).prepare()
    except CycleError as error:
        outer, inner, *_ = error.args[1]
        raise DesignError(
            f"The circle `{inner}` lies in `{outer}`, and that one in it.",
            write="Write in `nested_in` the next larger circle.",
        ) from error
    behind = []
    for circle in ordered:
        synthetic = circle.status == "synthetic"
        behind.append(Provenance(source=circle.source, status=circle.status, synthetic=synthetic))
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
    nested_circles, rows, accounts, details = [], [], {}, {}
    around: str | None = None
    for measure in ordered:
        row = rows_of(counts[measure])[0]
        rows.append({**row, "category": measure, "statistic": "circle"})
        persons = float(row["estimate"])
        if math.isnan(persons):
            persons = float(row["ci_high"])
        record = counts[measure].provenance
        label, definition = WORDS(f"platforms.{measure}"), WORDS(f"platforms.{measure}_definition")
        nested_circles.append(
            Circle(measure, persons, label, definition, record.source, record.status, around)
        )
        accounts[measure] = record.rules["accounts"]
        details[measure] = counts[measure].details
        around = measure
    nested = circles(nested_circles)
    records = [counts[measure].provenance for measure in ordered]
    common = {**records[0].rules}
    for name in ("accounts", "measure"):
        common.pop(name, None)
    assumed = itertools.chain.from_iterable(record.assumptions for record in records)
    provenance = replace(
        nested.provenance,
        rules={**accounts, **common},
        assumptions=tuple(dict.fromkeys(assumed)),
        synthetic=any(record.synthetic for record in records),
        indicative=any(record.indicative for record in records),
    )
    return gather_sizes(rows, provenance, details=details, codebook=nested.codebook)


def _ordered(measures: Sequence[str]) -> list[str]:
    if not isinstance(measures, list | tuple):
        measures = [measures]  # type: ignore[list-item]
    for measure in measures:
        check_one_of("measure", measure, MEASURES)
    ordered = [measure for measure in MEASURES if measure in measures]
    if len(ordered) < 2 or len(measures) != len(ordered):
        raise OptionError(
            f"{argument('measure', list(measures))} is not two or more different measures.",
            write="Write for example `measure=['registered', 'active']`.",
        )
    return ordered


def _check_platforms(outer: Any, inner: Any, around: str, within: str) -> None:
    for large, small in zip(
        outer.details.to_dict("records"), inner.details.to_dict("records"), strict=True
    ):
        if small["accounts"] > large["accounts"]:
            imputed = ""
            if large["flag"]:
                imputed = " (imputed from its traffic)"
            raise DesignError(
                f"`{large['platform']}` has more {within} accounts than {around} ones.",
                f"It has {small['accounts']:,.0f} {within} and {large['accounts']:,.0f} "
                f"{around}{imputed}.",
                "Write figures that count the same thing, or each measure by itself.",
            )


LOWER, POINT, BELOW, NOTHING = range(4)
"""Order of rows: lower bounds, points and ranges, sizes below their own bound, no answer."""


@dataclass(frozen=True, eq=False)
class _Method:
    """One row of one of the estimates, with the model behind it."""

    row: dict[str, Any]
    fit: ModelFit | None
    flags: Flags

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
        if "lower bound" in self.flags:
            return LOWER
        return POINT

    @property
    def ends(self) -> tuple[float, float]:
        """Its interval; its point where no error is known."""
        if self.uncertain:
            return self.interval
        return self.point, self.point

    @property
    def points(self) -> tuple[float, float]:
        """Its point; both ends where only bounds are known."""
        if math.isnan(self.point):
            return self.interval
        return self.point, self.point

    @property
    def order(self) -> tuple[int, float]:
        if self.group == NOTHING:
            return NOTHING, -math.inf
        return self.group, self.points[0]


def combine(
    estimates: Sequence[Estimates] | Mapping[str, Estimates], *, same_population: bool = False
) -> Estimates:
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
        highest end of the intervals. Methods with intervals that do not overlap are flagged
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
    range is over methods and is not a confidence interval; each of its ends holds only if that
    method is right.

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
    methods = sorted(_label_methods(results), key=lambda method: method.order)
    inside = [method for method in methods if method.group in (LOWER, POINT)]
    if len(methods) < 2 or not inside:
        raise EmptyDomainError(
            f"A range takes two sizes or more: there are {len(methods)}, and {len(inside)} can be "
            "in a range.",
            write="Write the results of at least two methods.",
        )
    disjoint = _disjoint(inside)
    rows = []
    for method in methods:
        flag = join_flags(*method.flags, method in disjoint and "disjoint")
        rows.append({**method.row, "flag": flag})
    flag = join_flags("bounds", disjoint and "disjoint")
    for statistic, (low, high) in _ranges(inside).items():
        row = known_size(statistic, math.nan, flag=flag, variable=methods[0].row["variable"])
        rows.append(row | {"ci_low": low, "ci_high": high})
    record = _provenance([estimates.provenance for _, estimates in results], len(methods))
    return gather_sizes(rows, record, [*(method.fit for method in methods), None, None])


def _ranges(inside: list[_Method]) -> dict[str, tuple[float, float]]:
    lowest_points, highest_points = zip(*(method.points for method in inside), strict=True)
    lowest, highest = zip(*(method.ends for method in inside), strict=True)
    above = [method.group == POINT for method in inside]
    if not any(above):
        return {"range_points": (min(lowest_points), math.inf), "range": (min(lowest), math.inf)}
    # a lower bound counts with its point, not with the upper end of its interval
    floor = max((method.point for method in inside if method.group == LOWER), default=-math.inf)
    return {
        "range_points": (
            min(lowest_points),
            max(floor, *itertools.compress(highest_points, above)),
        ),
        "range": (min(lowest), max(floor, *itertools.compress(highest, above))),
    }


def _disjoint(inside: list[_Method]) -> list[_Method]:
    disjoint: list[_Method] = []
    for pair in itertools.combinations([method for method in inside if method.uncertain], 2):
        low, high = sorted(pair, key=lambda method: method.interval[0])
        if low.interval[1] >= high.interval[0] or low.group == LOWER:
            continue
        if high.group == LOWER and "one-inflated" in low.flags:
            continue
        disjoint += pair
    return disjoint


def _estimates_by_name(estimates: Any) -> list[tuple[str | None, Estimates]]:
    if isinstance(estimates, Estimates | str) or not hasattr(estimates, "__iter__"):
        estimates = [estimates]
    results: list[tuple[str | None, Any]] = [(None, result) for result in estimates]
    if hasattr(estimates, "items"):
        results = list(estimates.items())
    for _, result in results:
        if not isinstance(result, Estimates):
            raise OptionError(
                f"A value of type `{type(result).__name__}` was given, which holds no estimates.",
                write="Write what the functions of `dl.population` return, in a list or by name.",
            )
    return results


def _label_methods(results: list[tuple[str | None, Estimates]]) -> list[_Method]:
    """Return the methods, numbered by result if name and model coincide."""
    methods, numbers, labels = [], [], []
    for number, (name, result) in enumerate(results, 1):
        fits: Sequence[ModelFit | None] = (None,) * len(result)
        if isinstance(result, Sizes) and result.fits:
            fits = result.fits
        for row, fit in zip(rows_of(result), fits, strict=True):
            if name:
                row["category"] = replace(_model_of(row), method=str(name))
            methods.append(_Method(row, fit, row["flag"]))
            numbers.append(number)
            labels.append((row["statistic"], row["category"]))
    for number, method, label in zip(numbers, methods, labels, strict=True):
        if labels.count(label) > 1:
            method.row["category"] = replace(_model_of(method.row), number=number)
    return methods


def _model_of(row: Mapping[str, Any]) -> CaptureModel:
    """Return the model behind a row; words are kept as what tells it from others."""
    if isinstance(row["category"], CaptureModel):
        return row["category"]
    return CaptureModel(heterogeneity=str(row["category"]))


def _check_same_population(
    results: list[tuple[str | None, Estimates]], same_population: bool
) -> None:
    kinds: set[str] = set()
    levels: set[float] = set()
    bases: dict[Text, None] = {}
    for _, estimates in results:
        if estimates.provenance.nested and len(estimates) > 1:
            raise MisleadingError(
                "One of the results holds nested circles, which count different people.",
                write="Write one circle of each, such as `estimates.rows([0])`.",
            )
        if estimates.by:
            raise MisleadingError(
                f"One of the results is by {quoted_names(estimates.by)}.",
                "Its rows count different people.",
                "Write the estimates of one population.",
            )
        kinds |= set(estimates.frame["variable"].astype(str))
        if estimates.provenance.level is not None:
            levels.add(estimates.provenance.level)
        bases[estimates.provenance.base] = None
    if len(kinds) > 1:
        raise MisleadingError(
            f"The results are numbers of different kinds: {quoted_names(sorted(kinds))}.",
            write="Write estimates of the same thing.",
        )
    if len(levels) > 1:
        raise MisleadingError(
            "The intervals of the results have different probabilities: "
            f"{', '.join(map(str, sorted(levels)))}.",
            write="Compute them with the same `confidence`.",
        )
    if len(bases) > 1 and not same_population:
        described = [f"“{text.en.rstrip('.')}”" for text in bases if text]
        if len(described) < len(bases):
            described.append("not stated")
        raise MisleadingError(
            f"The bases of the results differ: {'; '.join(described)}.",
            write="Write `same_population=True` if they count the same people, or leave out what "
            "counts others.",
        )


def _provenance(records: list[Provenance], methods: int) -> Provenance:
    bases = list(dict.fromkeys(record.base for record in records if record.base))
    assumptions = shared_first([record.assumptions for record in records])
    rules = {"methods": str(methods), "range": "envelope"}
    for record in records:
        if record.level is not None:
            # the same for all that have one
            rules["confidence"] = f"{record.level:g}"
    assumed: list[str | Text] = ["platforms.range_over_methods", *assumptions]
    if len(bases) > 1:
        listed = Text(" / ".join(text.fr for text in bases), " / ".join(text.en for text in bases))
        assumed.append(WORDS("sensitivity.same_population", bases=listed))
    return provenance_of(rules, *assumed, of=[*bases, Text("", "")][0], behind=records)
