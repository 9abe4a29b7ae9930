"""What a method says of its parameters, taken from the function that it calls: written once, shown by `help`."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["explained_by"]

Method = TypeVar("Method", bound="Callable[..., Any]")


def explained_by(function: Callable[..., Any]) -> Callable[[Method], Method]:
    """Give a method the parameters, returns and raises that a function explains, but for its first parameter.

    Parameters
    ----------
    function : callable
        Of the object of the method, then of the parameters of the method.

    Examples
    --------
    >>> def shifted(data, by):
    ...     '''Move.
    ...
    ...     Parameters
    ...     ----------
    ...     data : Microdata
    ...     by : float
    ...         How far.
    ...     '''
    >>> @explained_by(shifted)
    ... def method(self, by):
    ...     "Move the answers."
    >>> method.__doc__.splitlines()[-2:], "Microdata" in method.__doc__
    (['by : float', '    How far.'], False)
    """
    first = next(iter(inspect.signature(function).parameters))
    said = inspect.cleandoc(function.__doc__ or "")
    said = re.sub(rf"^{first} : .*\n?(?: +.*\n?)*", "", said, count=1, flags=re.MULTILINE)
    sections = re.split(r"^(?=\w+\n-+$)", said, flags=re.MULTILINE)[1:]
    kept = [each.strip() for each in sections if not each.startswith("Examples")]
    # a function of the object alone has no parameter left to explain
    kept = [each for each in kept if len(each.splitlines()) > 2]

    def give(method: Method) -> Method:
        method.__doc__ = "\n\n".join([inspect.cleandoc(method.__doc__ or ""), *kept])
        return method

    return give
