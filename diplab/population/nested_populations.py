"""Nested populations, such as registered, monthly and very active workers: they are never added."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from diplab.checks import argument, check_one_of, is_number
from diplab.errors import (
    BaseMissingError,
    DesignError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
    suggestion,
)
from diplab.microdata.codebook import Codebook
from diplab.population.assumptions import WORDS
from diplab.population.platforms import MEASURES
from diplab.population.sizes import VARIABLE, gather_sizes, join_sources, known_size, weakest_status
from diplab.results.estimates import nested_sum
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from diplab.reference.text import Text
    from diplab.results.estimates import Estimates

__all__ = ["Circle", "circles", "nested_measures"]


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
        What the number rests on (one of `diplab.results.provenance.STATUSES`).
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
    >>> near = Circle("monthly", 52_337, name, name, Text.same("arXiv 1901.03889"), "published", "registered")
    >>> sum([wide, near])
    Traceback (most recent call last):
    diplab.errors.MisleadingError: The sum of 2 circles was asked for (266,126, 52,337). ...
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
                "",
                "Write how many persons are inside, zero or more.",
            )
        if not self.source:
            raise BaseMissingError(
                f"The circle `{self.key}` ({self.size:,.0f}) has no source.",
                "",
                "Write the document it was read in.",
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
        One row a circle (`category` is its key, shown by its label), the largest first, without standard error.

    Raises
    ------
    EmptyDomainError
        Where no circle is given.
    DesignError
        Where two circles share a key, a circle lies in one that is not there or is smaller, or not exactly
        one circle holds all the others.

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
                "",
                "Write a `Circle` for each number, or `headcount(..., measure=[...])` for a table of platforms.",
            )
    if not members:
        raise EmptyDomainError("`members` is empty.", "", "Write at least one `Circle`.")
    by_key = {circle.key: circle for circle in members}
    if len(by_key) < len(members):
        raise DesignError(f"Two of {len(members)} circles share a key.", "", "Write a key for each.")
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
    for circle in members:
        _check_cycle(circle, by_key)
    provenance = Provenance(
        base=outermost[0].definition,
        source=join_sources(circle.source for circle in ordered),
        status=weakest_status(circle.status for circle in ordered),
        synthetic=any(circle.status == "synthetic" for circle in ordered),
        nested=True,
    )
    sizes = gather_sizes([known_size("circle", circle.size, circle.key) for circle in ordered], provenance)
    labels = {circle.key: circle.label for circle in ordered if circle.label}
    codebook = Codebook().described(VARIABLE, values=labels).described("prevalence", values=labels)
    return replace(sizes, codebook=codebook)


def _check_place(circle: Circle, by_key: dict[str, Circle]) -> None:
    if circle.nested_in is None:
        return
    if circle.nested_in not in by_key:
        raise DesignError(
            f"The circle `{circle.key}` lies in `{circle.nested_in}`, which is not a circle.",
            suggestion(circle.nested_in, by_key),
            "",
        )
    around = by_key[circle.nested_in]
    if circle.size > around.size:
        raise DesignError(
            f"The circle `{circle.key}` lies in `{around.key}`, which is smaller.",
            f"It holds {circle.size:,.0f} persons, more than the {around.size:,.0f} around it.",
            "Write the larger circle as the outer one.",
        )


def _check_cycle(circle: Circle, by_key: dict[str, Circle]) -> None:
    around = circle
    for _ in by_key:
        if around.nested_in is None:
            return
        around = by_key[around.nested_in]
    raise DesignError(
        f"The circle `{circle.key}` lies in `{circle.nested_in}`, and that one in it.",
        "",
        "Write in `nested_in` the next larger circle.",
    )


def nested_measures(measures: Sequence[str], count: Callable[[str], Estimates]) -> Estimates:
    """Return the headcount of each measure as nested circles, the largest first."""
    ordered = _ordered(measures)
    counts: dict[str, Any] = {measure: count(measure) for measure in ordered}
    for outer, inner in itertools.pairwise(ordered):
        _check_platforms(counts[outer], counts[inner], outer, inner)
    nested = circles(
        [
            Circle(
                measure,
                _largest(counts[measure]),
                WORDS(f"platforms.{measure}"),
                WORDS(f"platforms.{measure}_definition"),
                counts[measure].provenance.source,
                counts[measure].provenance.status,
                ordered[at - 1] if at else None,
            )
            for at, measure in enumerate(ordered)
        ]
    )
    rows: list[dict[str, Any]] = [
        {**dict(counts[measure].frame.iloc[0].items()), "category": measure, "statistic": "circle"}
        for measure in ordered
    ]
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
    return replace(gather_sizes(rows, provenance, details=details), codebook=nested.codebook)


def _ordered(measures: Sequence[str]) -> list[str]:
    for measure in measures if isinstance(measures, list | tuple) else [measures]:
        check_one_of("measure", measure, MEASURES)
    ordered = [measure for measure in MEASURES if measure in measures]
    if len(ordered) < 2 or len(measures) != len(ordered):
        raise OptionError(
            f"{argument('measure', list(measures))} is not two or more different measures.",
            "",
            "Write for example `measure=['registered', 'active']`.",
        )
    return ordered


def _largest(count: Estimates) -> float:
    row = count.frame.iloc[0]
    return float(row["ci_high"] if math.isnan(row["estimate"]) else row["estimate"])


def _check_platforms(outer: Any, inner: Any, around: str, within: str) -> None:
    for large, small in zip(outer.details.to_dict("records"), inner.details.to_dict("records"), strict=True):
        if small["accounts"] > large["accounts"]:
            imputed = " (imputed from its traffic)" if large["flag"] else ""
            raise DesignError(
                f"`{large['platform']}` has more {within} accounts than {around} ones.",
                f"It has {small['accounts']:,.0f} {within} and {large['accounts']:,.0f} {around}{imputed}.",
                "Write figures that count the same thing, or each measure by itself.",
            )
