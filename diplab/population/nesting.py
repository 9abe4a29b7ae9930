"""Circles of workers, each inside the next: registered, monthly, very active. They are never added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from diplab.errors import DesignError, EmptyDomainError, nearest
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Variable
from diplab.population.evidence import joined, weakest
from diplab.population.sizes import VARIABLE, gathered, known_size
from diplab.results.estimates import nested_sum
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.reference.text import Text
    from diplab.results.estimates import Estimates

__all__ = ["Circle", "circles"]


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
        weakest([self.status])

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
        One row a circle (`category` is its key), the largest first, without standard error.

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
    provenance = Provenance(
        base=outermost[0].definition,
        source=joined(circle.source for circle in ordered),
        status=weakest(circle.status for circle in ordered),
        synthetic=any(circle.status == "synthetic" for circle in ordered),
        nested=True,
    )
    found = gathered([known_size("circle", circle.size, circle.key) for circle in ordered], provenance)
    return replace(found, codebook=_named(ordered))


def _named(members: Sequence[Circle]) -> Codebook:
    """Return a codebook by which the circles bear their labels, as sizes and as rates."""
    labels: dict[str | int | float, Text] = {circle.key: circle.label for circle in members}
    return Codebook({name: Variable(name, values=labels) for name in (VARIABLE, "prevalence")})


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
