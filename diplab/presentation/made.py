"""The call that a table or a figure came from, so that it can be made of a published result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Call:
    """A call of `dl.table` or `dl.chart`: its result, and its options."""

    result: Any
    verb: Callable[..., Any]
    options: Mapping[str, Any]

    def again(self, result: Any, **options: Any) -> Any:
        """Return the table or figure of another result, with the same options."""
        return self.verb(result, **{**self.options, **options})


class Made:
    """A table or a figure that knows its call, None where it was not made by one."""

    call: Call | None = None

    @property
    def edited(self) -> bool:
        """Whether this is an edited copy of what the call returned."""
        return False


def remembered(verb: Callable[P, T]) -> Callable[P, T]:
    """Return a verb whose tables or figures know their call."""

    @wraps(verb)
    def making(*args: P.args, **kwargs: P.kwargs) -> T:
        thing = verb(*args, **kwargs)
        given = signature(verb).bind(*args, **kwargs).arguments
        given |= given.pop("options", {})
        # the page of your own axes is not known here
        if isinstance(thing, Made) and given.get("ax") is None:
            name, result = next(iter(given.items()))
            options = {option: value for option, value in given.items() if option != name}
            thing.call = Call(result, making, options)
        return thing

    return making
