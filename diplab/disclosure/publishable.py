"""What `publish` needs of a kind of result; a class of results registers its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import numpy as np

from diplab.disclosure import kinds, people
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile
from diplab.disclosure.respondents import Line
from diplab.errors import OptionError
from diplab.reference.display import Displayed
from diplab.results.estimates import Estimates, Provenance
from diplab.sampling.sample import Sample

R = TypeVar("R")
Lines: TypeAlias = Mapping[str, list[Line]]
"""The respondents behind each row of a result, by the name of its part."""


@dataclass(frozen=True, eq=False)
class Publishable(Generic[R]):
    """A result to be published: the estimates it is made of, and what else would tell them.

    A class of results registers with a subclass, as in
    `class PublishableRanking(Publishable[Ranking], kinds=(Ranking,))`. It defines `parts` and
    `with_parts`, and overrides what else the result holds: rows of `lines` for numbers outside its
    parts, `hidden` and `without_n` for tests and other numbers that follow from its parts.
    Subclasses of a registered class register by themselves, since they may hold more.

    Parameters
    ----------
    result : object
        The result.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0]})
    >>> found = dl.estimate(dl.declare_design(people), dl.mean("hours"))
    >>> list(publishable(found).parts)
    ['rows']
    """

    result: R

    registered: ClassVar[dict[type, type[Publishable[Any]]]] = {}

    def __init_subclass__(cls, *, kinds: tuple[type, ...] = ()) -> None:
        super().__init_subclass__()
        Publishable.registered.update(dict.fromkeys(kinds, cls))

    @property
    def parts(self) -> Mapping[str, Estimates]:
        """The estimates that the result is made of, by name; its record is that of the first."""
        raise NotImplementedError

    def with_parts(self, parts: Mapping[str, Estimates]) -> R:
        """Return the result made of other estimates, of the same names."""
        raise NotImplementedError

    @property
    def provenance(self) -> Provenance:
        """The record of the result."""
        return next(iter(self.parts.values())).provenance

    @property
    def needs_sample(self) -> bool:
        """Whether a respondent may be in several parts, so that only the sample tells who is."""
        return len(self.parts) > 1

    @property
    def sample(self) -> Sample | None:
        """The sample, of a result that holds it."""
        return None

    @property
    def has_squares(self) -> bool:
        """Whether it has variances: n is their amount over the square of an error."""
        return any(part.rows_described(of_squares=True).any() for part in self.parts.values())

    def lines(self) -> dict[str, list[Line]]:
        """Return the respondents behind each row of each part."""
        return {name: publishable(part).lines()["rows"] for name, part in self.parts.items()}

    def in_sample(self, lines: Lines, sample: Sample) -> dict[str, list[Line]]:
        """Return the lines with what only the sample tells: amounts, poverty lines, standards."""
        completed = dict(lines)
        for name, part in self.parts.items():
            rows = {"rows": lines[name]}
            completed[name] = publishable(part).in_sample(rows, sample)["rows"]
        return completed

    def check(self, profile: Profile) -> None:
        """Refuse a result that cannot be protected."""
        for part in self.parts.values():
            publishable(part).check(profile)

    def people(self, lines: Lines, profile: Profile) -> People | None:
        """Return the respondents as far as the result itself tells them.

        None where each row is protected by its own numbers; refuse where the sample is needed.
        """
        rows = [line for part in lines.values() for line in part]
        for line in rows:
            if line.numerator is not None and np.isnan(line.counted):
                raise without_sample(
                    f"{line.label} does not say how many respondents it counts",
                    "Shares with a small numerator or complement are suppressed.",
                    " Of shares, `dl.estimate(..., numerator=True)` will do as well.",
                )
        if profile.counted == "weights":
            raise without_sample(
                f"The profile {profile.name!r} counts weights", "Estimates do not hold them."
            )
        return people.people_of_estimates(rows)

    def hidden(self, lines: Lines, profile: Profile) -> R:
        """Return the result without its hidden numbers, with the record of what is hidden."""
        parts = {
            name: publishable(part).hidden({"rows": lines[name]}, profile)
            for name, part in self.parts.items()
        }
        records = [part.provenance.disclosure for part in parts.values()]
        record: dict[str, Any] = {
            "kind": type(self.result).__name__,
            "rows": sum(item["rows"] for item in records),
            "hidden": [row for item in records for row in item["hidden"]],
        }
        return type(self)(self.with_parts(parts)).described(disclosure=record)

    def without_microdata(self) -> R:
        """Return the result without the contributions and the rows of respondents."""
        return self.mapped(lambda part: publishable(part).without_microdata())

    def without_n(self, *, with_squares: bool) -> R:
        """Return the result without its numbers of respondents, and what these follow from.

        `with_squares`: a variance is published, from which errors would tell them.
        """
        return self.mapped(lambda part: publishable(part).without_n(with_squares=with_squares))

    def mapped(self, change: Callable[[Estimates], Estimates]) -> R:
        """Return the result with each part changed alike."""
        return self.with_parts({name: change(part) for name, part in self.parts.items()})

    def described(self, rules: Mapping[str, str] | None = None, **changes: Any) -> R:
        """Return the result with rules added to the record of each part, and fields replaced."""
        added = rules or {}
        return self.mapped(
            lambda part: part.described(rules={**part.provenance.rules, **added}, **changes)
        )

    def without_rule(self, name: str) -> R:
        """Return the result without one rule of its record."""

        def change(part: Estimates) -> Estimates:
            rules = dict(part.provenance.rules)
            rules.pop(name, None)
            return part.described(rules=rules)

        return self.mapped(change)


def publishable(result: Any) -> Publishable[Any]:
    """Return a result as what is to be published; refuse a class that is not registered."""
    kind = _kind_of(result)
    if kind is not None:
        return kind(result)
    name = type(result).__name__
    write = "Write `dl.publish(dl.estimate(sample, ...))`, or the crosstab of a log-linear model."
    if isinstance(result, Displayed) and not type(result).__module__.startswith("diplab."):
        write = (
            f"Write `class Publishable{name}(Publishable, kinds=({name},))` beside its class, with "
            "`Publishable` of `diplab.disclosure.publishable`."
        )
    raise OptionError(
        f"A `{name}` cannot be published.",
        "Rules of disclosure are known for estimates, summaries, models and crosstabs.",
        write,
    )


def record_of(result: Any) -> Mapping[str, Any]:
    """Return the record of a published result; empty where there is none, or nothing like it."""
    kind = _kind_of(result)
    return {} if kind is None else kind(result).provenance.disclosure


def _kind_of(result: Any) -> type[Publishable[Any]] | None:
    """Return what is registered for the class of a result, after the kinds of this package."""
    if type(result) not in Publishable.registered:
        for module in iter_modules(kinds.__path__, f"{kinds.__name__}."):
            import_module(module.name)
    return Publishable.registered.get(type(result))


def without_sample(wrong: str, why: str, beside: str = "") -> OptionError:
    """Return the error for a result of which respondents are known from the sample only."""
    return OptionError(
        f"{wrong}, and `publish` was given no `sample`.", why, f"Write `sample=sample`.{beside}"
    )
