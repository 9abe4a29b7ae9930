"""Checks of arguments: numbers, proportions, seeds, column names, closed vocabularies.

Each check returns the value as a plain Python type, so numpy and pandas numbers are accepted, and
raises an `OptionError` that begins with the argument as it was written: "`confidence=95` is not
between 0 and 1."
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from diplab.errors import CallError, DiplabError, OptionError, quoted_names, suggestion

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from inspect import Signature

T = TypeVar("T")
LARGEST_EXACT = 1e15  # beyond it, floats cannot represent every whole number

MOST_NAMED = 50  # above so many categories, a variable of nearly unique values is an identifier


def is_number(value: object) -> bool:
    """Return whether a value is one real number of Python, numpy or pandas.

    Booleans are not numbers.
    """
    return isinstance(value, Real) and not isinstance(value, bool)


def is_whole_number(value: object) -> bool:
    """Return whether a value is a whole number, written `3` or `3.0`."""
    if isinstance(value, Integral):
        return not isinstance(value, bool)
    number: Any = value
    return is_number(value) and bool(abs(number) <= LARGEST_EXACT) and float(number).is_integer()


def check_number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    low: float | None = None,
    below: float | None = None,
    high: float | None = None,
    example: object = None,
) -> float:
    """Return a finite number within its limits; errors suggest `example`."""
    number: Any = value
    within = (
        is_number(value)
        and math.isfinite(number)
        and (above is None or number > above)
        and (low is None or number >= low)
        and (below is None or number < below)
        and (high is None or number <= high)
    )
    if not within:
        raise _refused(name, value, f"a number{_limits(above, low, below, high)}", example)
    return float(number)


def check_whole_number(
    name: str,
    value: object,
    *,
    low: int | None = None,
    high: int | None = None,
    example: object = None,
) -> int:
    """Return a whole number within its limits, inclusive."""
    number: Any = value
    if not (
        is_whole_number(value)
        and (low is None or number >= low)
        and (high is None or number <= high)
    ):
        raise _refused(name, value, f"a whole number{_limits(None, low, None, high)}", example)
    return int(number)


def check_proportion(name: str, value: object, *, example: object = 0.5) -> float:
    """Return a number strictly between 0 and 1.

    The error for a percentage suggests the proportion.
    """
    number: Any = value
    if is_number(value) and 0 < number < 1:
        return float(number)
    if is_number(value) and 2 <= number < 100:
        example = number / 100
    raise OptionError(
        f"{argument(name, value)} is not between 0 and 1.",
        write=f"Write for example `{name}={example}`.",
    )


def check_confidence(value: object) -> float:
    """Return a confidence level."""
    return check_proportion("confidence", value, example=0.95)


def check_seed(value: object) -> int:
    """Return the seed of a random generator, a non-negative whole number."""
    return check_whole_number("seed", value, low=0, example=1)


def check_switch(name: str, value: object) -> bool:
    """Return a boolean."""
    if str(value) not in ("True", "False") or isinstance(value, str):
        raise OptionError(
            f"{argument(name, value)} is neither True nor False.",
            write=f"Write `{name}=True` or `{name}=False`.",
        )
    return bool(value)


def check_one_of(name: str, value: T, allowed: Any, *, of: str = "") -> T:
    """Return one of the allowed words; `of` names the context: "with `kind='fay'`"."""
    words = [item for item in get_args(allowed) or allowed if item is not None]
    if not isinstance(value, str) or value not in words:
        near = suggestion(value, words)
        raise OptionError(
            f"{argument(name, value)} is not one of: "
            f"{', '.join(map(repr, words))}{f' ({of})' if of else ''}.",
            write=re.sub(r"`([^`]*)`", rf"`{name}='\1'`", near) if near.startswith("Did") else "",
        )
    return cast("T", value)


def check_column_name(name: str, value: object) -> str:
    """Return the name of a column."""
    if not isinstance(value, str):
        raise OptionError(
            f"{argument(name, value)} is not the name of a column.", write=f"Write `{name}='name'`."
        )
    return value


def check_column_names(**columns: object) -> None:
    """Raise if an option is not a column name; None means no column."""
    for name, value in columns.items():
        if value is not None:
            check_column_name(name, value)


def check_left_out(beside: str, why: str = "", **options: object) -> None:
    """Refuse options that are incompatible with `beside`, and say `why`.

    None stands for an option that was not given.
    """
    for name, value in options.items():
        if value is not None:
            raise OptionError(
                f"{argument(name, value)} was given with {beside}.", why, f"Leave `{name}` out."
            )


def values_of(given: Any) -> tuple[Any, ...]:
    """Return the values of a list or a tuple; any other value is returned as one."""
    if isinstance(given, tuple | list):
        return tuple(given)
    return (given,)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun for an error: "1 row", "3 rows"."""
    if count == 1:
        return f"{count} {noun}"
    return f"{count} {noun}s"


def type_name(value: object) -> str:
    """Return the public name of a value's type: a sample in memory is a `Sample`."""
    return str(getattr(type(value), "public_name", type(value).__name__))


def argument(name: str, value: object) -> str:
    """Return an argument as written in the call, shortened if long."""
    number: Any = value
    shown = (
        repr(number.item())
        if hasattr(number, "item") and getattr(number, "size", 1) == 1
        else repr(number)
    )
    shown = " ".join(shown.split())
    return f"`{name}={shown if len(shown) <= 60 else shown[:57] + '...'}`"


def added_by_packages(
    group: str, kind: type[T], error: type[DiplabError], what: str
) -> tuple[T, ...]:
    """Return the objects that installed packages register under a group of entry points."""
    from importlib.metadata import entry_points

    def unusable(entry: EntryPoint, found: str) -> DiplabError:
        return error(
            f"The {what} `{entry.name}` of another package cannot be used.",
            found,
            "Update or uninstall the package that adds it.",
        )

    objects = []
    for entry in entry_points(group=group):
        try:
            added = entry.load()
        except (ImportError, AttributeError) as broken:
            why = f"`{entry.value}` cannot be imported: {type(broken).__name__}: {broken}."
            raise unusable(entry, why) from broken
        if not isinstance(added, kind):
            name = f"{kind.__module__}.{kind.__name__}"
            raise unusable(entry, f"`{entry.value}` is not a `{name}`.")
        objects.append(added)
    return tuple(objects)


def wrong_call(
    name: str,
    signature: Signature,
    arguments: tuple[Any, ...],
    options: Mapping[str, Any],
    lines: Mapping[str, str] = MappingProxyType({}),
) -> CallError | None:
    """Return the error for a call that its signature does not accept, or None.

    `lines` are the remedies for options of other packages.
    """
    try:
        signature.bind(*arguments, **options)
    except TypeError as error:
        reason = str(error)
    else:
        return None
    parameters = list(signature.parameters.values())
    keywords = [
        parameter.name
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    unknown = [option for option in options if option not in keywords]
    if unknown and "unexpected keyword" in reason:
        return CallError(
            f"`{name}` has no argument `{unknown[0]}`.",
            write=lines.get(unknown[0]) or suggestion(unknown[0], keywords),
        )
    required = [
        parameter
        for parameter in parameters
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]
    usage = ", ".join(str(item.replace(annotation=item.empty)) for item in required)
    usage += ", ..." if len(required) < len(parameters) else ""
    if reason.startswith("too many"):
        most = sum(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters)
        reason = f"takes {most} positional argument{'s' * (most != 1)}, not {len(arguments)}"
        if not most and not required:
            named = quoted_names(keywords) or f"`{name}(name=...)`"
            return CallError(f"`{name}` {reason}.", write=f"Write its arguments by name: {named}.")
    elif reason.startswith("missing"):
        reason = "needs `{}`".format(reason.split("'")[1])
    else:
        reason = reason.removeprefix("multiple values for argument ").replace("'", "`")
        reason = f"was given {reason} twice"
    return CallError(f"`{name}` {reason}.", write=f"Write `{name}({usage.removeprefix(', ')})`.")


def _refused(name: str, value: object, wanted: str, example: object) -> OptionError:
    write = "" if example is None else f"Write for example `{name}={example!r}`."
    return OptionError(f"{argument(name, value)} is not {wanted}.", write=write)


def _limits(above: float | None, low: float | None, below: float | None, high: float | None) -> str:
    """Return the limits of a number in words."""
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    if above is not None and below is not None:
        return f" between {above:g} and {below:g}"
    lower = (
        f"above {above:g}"
        if above is not None
        else f"of at least {low:g}"
        if low is not None
        else ""
    )
    upper = (
        f"below {below:g}"
        if below is not None
        else f"of at most {high:g}"
        if high is not None
        else ""
    )
    return "".join(f" {item}" for item in (" and ".join(filter(None, (lower, upper))),) if item)
