"""Circles of workers, each inside the next: registered, monthly, very active. They are never added."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from diplab.checks import is_number
from diplab.errors import (
    BaseMissingError,
    DesignError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
    nearest,
    one_of,
)
from diplab.microdata.codebook import Codebook
from diplab.population.platforms import MEASURES
from diplab.population.sizes import VARIABLE, gather_sizes, join_sources, known_size, weakest_status
from diplab.reference.text import Text
from diplab.results.estimates import nested_sum
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

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
        What stands behind the number (one of `diplab.results.provenance.STATUSES`).
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
                asked=f"The circle `{self.key}` was given a size of {self.size!r}.",
                found="That is no number of persons.",
                write="Write how many persons are inside, zero or more.",
            )
        if not self.source:
            raise BaseMissingError(
                asked=f"The circle `{self.key}` was given a size of {self.size:,.0f}.",
                found="It has no source, so nobody can check it.",
                write="Write the document it was read in.",
            )

    def __add__(self, other: Circle) -> NoReturn:
        if not isinstance(other, Circle):
            return NotImplemented
        raise nested_sum([self.size, other.size])

    def __radd__(self, other: int) -> Circle:
        # The builtin `sum` starts from 0; the first real addition then meets `__add__`.
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
    _refuse_strangers(members)
    if not members:
        raise EmptyDomainError(
            asked="Circles were asked for.", found="None was given.", write="Write at least one `Circle`."
        )
    by_key = {circle.key: circle for circle in members}
    if len(by_key) < len(members):
        raise DesignError(
            asked=f"{len(members)} circles were given.",
            found="Two of them share a key.",
            write="Write a key for each.",
        )
    for circle in members:
        _check_place(circle, by_key)
    ordered = sorted(members, key=lambda circle: circle.size, reverse=True)
    outermost = [circle for circle in ordered if circle.nested_in is None]
    if len(outermost) != 1:
        raise DesignError(
            asked=f"{len(members)} circles were given.",
            found=f"{len(outermost)} of them lie in no other, where exactly one holds all the others.",
            write="Write `nested_in` for every circle but the largest.",
        )
    for circle in members:
        _check_way_out(circle, by_key)
    provenance = Provenance(
        base=outermost[0].definition,
        source=join_sources(circle.source for circle in ordered),
        status=weakest_status(circle.status for circle in ordered),
        synthetic=any(circle.status == "synthetic" for circle in ordered),
        nested=True,
    )
    found = gather_sizes([known_size("circle", circle.size, circle.key) for circle in ordered], provenance)
    return replace(found, codebook=_labelled(ordered))


def _labelled(members: Sequence[Circle]) -> Codebook:
    """Return the names of circles as answers, under what their sizes and their prevalences are called."""
    names = {circle.key: circle.label for circle in members if circle.label}
    return Codebook().described(VARIABLE, values=names).described("prevalence", values=names)


def _refuse_strangers(members: Sequence[object]) -> None:
    stranger = next((each for each in members if not isinstance(each, Circle)), None)
    if stranger is not None:
        raise OptionError(
            asked="Circles were asked for.",
            found=f"One of them is no `Circle` but of type `{type(stranger).__name__}`.",
            write="Write a `Circle` for each number, or `headcount(..., measure=[...])` for a table of platforms.",
        )


def _check_way_out(circle: Circle, by_key: dict[str, Circle]) -> None:
    """Refuse circles that lie in one another without end."""
    around = circle
    for _ in by_key:
        if around.nested_in is None:
            return
        around = by_key[around.nested_in]
    raise DesignError(
        asked=f"The circle `{circle.key}` was placed in `{circle.nested_in}`.",
        found="From there one comes back to it, and never to the largest circle.",
        write="Write in `nested_in` the next larger circle.",
    )


def _check_place(circle: Circle, by_key: dict[str, Circle]) -> None:
    if circle.nested_in is None:
        return
    if circle.nested_in not in by_key:
        raise DesignError(
            asked=f"The circle `{circle.key}` was placed in `{circle.nested_in}`.",
            found="No circle bears that key.",
            write=f"Write one of these: {nearest(circle.nested_in, by_key)}.",
        )
    around = by_key[circle.nested_in]
    if circle.size > around.size:
        raise DesignError(
            asked=f"The circle `{circle.key}` was placed in `{around.key}`.",
            found=f"It holds {circle.size:,.0f} persons, more than the {around.size:,.0f} around it.",
            write="Write the larger circle as the outer one.",
        )


NAMES = {
    "registered": Text("inscrits", "registered"),
    "visitors": Text("présents dans le mois", "present in the month"),
    "active": Text("actifs", "active"),
}
DEFINITIONS = {
    "registered": Text(
        "Personnes inscrites sur une plateforme au moins.", "Persons registered on one platform at least."
    ),
    "visitors": Text(
        "Personnes venues dans le mois sur une plateforme au moins.",
        "Persons who came to one platform at least in the month.",
    ),
    "active": Text(
        "Personnes actives sur une plateforme au moins.", "Persons active on one platform at least."
    ),
}


def nested_measures(measures: Sequence[str], count: Callable[[str], Estimates]) -> Estimates:
    """Return the headcount of each measure as nested circles, the largest first."""
    ordered = _ordered(measures)
    found: dict[str, Any] = {measure: count(measure) for measure in ordered}
    for outer, inner in itertools.pairwise(ordered):
        _check_platforms(found[outer], found[inner], outer, inner)
    members = [
        Circle(
            measure,
            _largest(found[measure]),
            NAMES[measure],
            DEFINITIONS[measure],
            found[measure].provenance.source,
            found[measure].provenance.status,
            ordered[place - 1] if place else None,
        )
        for place, measure in enumerate(ordered)
    ]
    plain = circles(members)
    record = plain.provenance
    rows: list[dict[str, Any]] = [
        {**dict(found[measure].frame.iloc[0].items()), "category": measure, "statistic": "circle"}
        for measure in ordered
    ]
    each = [found[measure].provenance for measure in ordered]
    apart = {measure: it.rules["accounts"] for measure, it in zip(ordered, each, strict=True)}
    shared = {name: value for name, value in each[0].rules.items() if name not in ("accounts", "measure")}
    provenance = replace(
        record,
        rules={**apart, **shared},
        assumptions=tuple(dict.fromkeys(text for it in each for text in it.assumptions)),
        synthetic=any(it.synthetic for it in each),
        indicative=any(it.indicative for it in each),
    )
    details = {measure: found[measure].details for measure in ordered}
    return replace(gather_sizes(rows, provenance, details=details), codebook=plain.codebook)


def _ordered(measures: Sequence[str]) -> list[str]:
    for measure in measures if isinstance(measures, list | tuple) else [measures]:
        if not isinstance(measure, str) or measure not in MEASURES:
            raise one_of("`measure`", measure, MEASURES)
    ordered = [measure for measure in MEASURES if measure in measures]
    if len(ordered) < 2 or len(measures) != len(ordered):
        raise OptionError(
            f"Circles of the measures {list(measures)!r} were asked for.",
            "Two different ones at least make circles.",
            "Write for example `measure=['registered', 'active']`.",
        )
    return ordered


def _largest(found: Estimates) -> float:
    row = found.frame.iloc[0]
    return float(row["ci_high"] if math.isnan(row["estimate"]) else row["estimate"])


def _check_platforms(outer: Any, inner: Any, around: str, within: str) -> None:
    for wide, near in zip(outer.details.to_dict("records"), inner.details.to_dict("records"), strict=True):
        if near["accounts"] > wide["accounts"]:
            how = " (imputed from its traffic)" if wide["flag"] else ""
            raise DesignError(
                f"The circle `{within}` was asked for inside `{around}`.",
                f"`{wide['platform']}` has {near['accounts']:,.0f} {within} and {wide['accounts']:,.0f} {around}{how}.",
                "Write figures that count the same thing, or the measures apart.",
            )
