"""Public names: each is imported when it is first used, and a call with a wrong argument says which one.

A public module lists its names twice: as imports that type checkers read and that never run, and as a table by the
module where each is, which Python reads. A test holds the two together.
"""

from __future__ import annotations

import ast
import builtins
import collections.abc
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from importlib import import_module
from inspect import unwrap
from numbers import Complex, Integral, Real
from types import FunctionType
from typing import Any, TypeVar

from diplab.checks import argument, wrong_call
from diplab.errors import CallError, DiplabError, MemberError, near_names, suggestion

__all__ = ["explained", "lazy_names"]
C = TypeVar("C")


def lazy_names(
    module: str, homes: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__all__`, `__getattr__` and `__dir__` of a module whose names load on first use.

    `homes` holds by module the names that are there, with spaces between.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in home_of:
            if module == "diplab" and not name.startswith("_"):
                topics = [topic for topic, home in home_of.items() if home == module]
                write = _line_to_write("dl", name) or _of_topic(topics, name) or suggestion(name, home_of)
                raise MemberError(f"`dl` has no `{name}`.", write=write)
            message = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=sys.modules[module])
        is_submodule = home_of[name] == module
        value = import_module(f"{module}.{name}") if is_submodule else getattr(import_module(home_of[name]), name)
        if isinstance(value, FunctionType):
            value = _explain_wrong_calls(value)
            # pickle looks it up where users find it
            value.__module__ = module
        setattr(sys.modules[module], name, value)
        return value

    def listed() -> list[str]:
        return sorted([*home_of, *(["__version__"] if hasattr(sys.modules[module], "__version__") else [])])

    return list(home_of), load, listed


def _of_topic(topics: list[str], name: str) -> str:
    """Return where among the topics of the package a name is, as a sentence; nothing if it is in none."""
    found = [topic for topic in topics if name in getattr(import_module(f"diplab.{topic}"), "__all__", ())]
    return f"Write `dl.{found[0]}.{name}`." if found else ""


def _line_to_write(section: str, name: str) -> str:
    """Return what to write for what users of pandas or R write of something, as a sentence; nothing if unknown."""
    line = _habit(section, name)
    before = f", after `sample = {_habit('data', 'sample')}`" if section == "data" and "sample" in line else ""
    return f"Write for example `{line}`{before}." if line else ""


def _habit(section: str, name: str) -> str:
    import tomllib
    from importlib.resources import files

    known = tomllib.loads(files("diplab.reference").joinpath("habits.toml").read_text(encoding="utf-8"))
    shared = {} if section == "codebook" else known["dl"]
    line: str = known[section].get(name, "") or shared.get(name, "")
    return line


def _variable(name: str, variables: Collection[str], written: str, *, near: bool) -> str:
    """Return the line that gives a variable of this name, or one `near` it, as a sentence; nothing without one."""
    found = [name] if name in variables else near_names(name, variables)[:1] if near else []
    return "".join(f"Write `{written.format(repr(each))}`." for each in found)


def explained(
    section: str, called: str, written: str, names: Callable[[Any], Iterable[str]]
) -> Callable[[type[C]], type[C]]:
    """Return a decorator of classes: their methods explain wrong calls, and names that they lack what to write.

    `section` is that of `habits.toml`, `called` what an object is called, `written` the line for `object["name"]`,
    and `names` gives the variables of an object.
    """

    def decorate(own: type[C]) -> type[C]:
        for name, method in list(vars(own).items()):
            if isinstance(method, FunctionType) and not name.startswith("_"):
                setattr(own, name, _explain_wrong_calls(method, of_object=True))

        def absent(self: object, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            variables = [*names(self)]
            public = [each for each in (*dir(own), *vars(self)) if not each.startswith("_")]
            write = _variable(name, variables, written, near=False) or _line_to_write(section, name)
            if not write and not near_names(name, public):
                write = _variable(name, variables, written, near=True)
            write = write or suggestion(name, public)
            raise MemberError(f"{called} no `{name}`.", write=write)

        def item(self: object, key: object) -> Any:
            variables = [*names(self)]
            if isinstance(key, str):
                write = _variable(key, variables, written, near=True) or suggestion(key, variables)
            elif isinstance(key, list) and {*map(str, key)} <= {*variables}:
                write = f"Write `{written.format(repr(key))}`."
            else:
                write = _line_to_write(section, "head" if isinstance(key, int | slice) else "filter")
            shown = repr(key) if isinstance(key, str | int | list) else "..."
            raise CallError(f"{called} no `[{shown}]`.", write=write)

        def rows(self: object) -> Any:
            raise CallError(f"{called} no rows or columns to go through.", write=_line_to_write(section, "columns"))

        def contains(self: object, name: object) -> bool:
            raise CallError(f"{called} no `in`.", write=f"Write `{name!r} in {_habit(section, 'columns')}`.")

        def change(self: object, name: str, *value: object) -> None:
            write = _line_to_write(section, "assign") if value else _line_to_write(section, "drop")
            raise CallError(f"{called} variables that do not change in place.", write=write)

        setattr(own, "__getattr__", absent)  # noqa: B010 a type checker would let any name through
        if "__getitem__" not in vars(own):
            protocol = {"__getitem__": item, "__iter__": rows, "__contains__": contains}
            protocol |= dict.fromkeys(("__setitem__", "__delitem__", "__setattr__"), change)
            for name, method in protocol.items():
                setattr(own, name, method)
        return own

    return decorate


def _explain_wrong_calls(function: FunctionType, *, of_object: bool = False) -> FunctionType:
    """Return a function whose calls with arguments that it does not take name the nearest ones."""

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except DiplabError:
            raise
        except (TypeError, ValueError, AttributeError, LookupError):
            from inspect import signature

            own = signature(function)
            if of_object:
                # what a method is called on is not one of its arguments
                own = own.replace(parameters=list(own.parameters.values())[1:])
            wrong = wrong_call(function.__name__, own, arguments[of_object:], options)
            wrong = wrong or _wrong_kind(function, own.bind(*arguments[of_object:], **options).arguments)
            if wrong is None:
                raise
        raise wrong from None

    return call  # type: ignore[return-value]


def _wrong_kind(function: FunctionType, given: Mapping[str, Any]) -> CallError | None:
    """Return what is wrong with an argument that is not of the kind its annotation says; None where none is."""
    own = unwrap(function)
    for name, value in given.items():
        hint = own.__annotations__.get(name, "Any")
        if name in _variadic(own) or _fits(value, hint, own.__globals__):
            continue
        said = re.search(rf"^\s*{name} : (.+)$", own.__doc__ or "", re.MULTILINE)
        write = f"Write {said[1] if said else hint}."
        column = getattr(value, "name", None)
        if type(value).__name__ == "Series" and isinstance(column, str):
            write = f"Write the name of the column, `{name}={column!r}`."
        kind = "None" if value is None else f"of the type {type(value).__name__}"
        asked = f"`{name}` of `{own.__name__}` cannot be {kind}."
        return CallError(asked, f"Given was {argument(name, value)}.", write)
    return None


def _variadic(function: Callable[..., Any]) -> set[str]:
    """Return the names under which a function takes any number of arguments."""
    code = function.__code__
    return {*code.co_varnames[code.co_argcount + code.co_kwonlyargcount :]}


_NUMBERS: Mapping[str, type] = {"int": Integral, "float": Real, "complex": Complex}


def _fits(value: object, hint: Any, known: Mapping[str, Any]) -> bool:
    """Return whether a value is of a kind that an annotation names, or may be, since it names what is not known."""
    tree = ast.parse(hint, mode="eval").body if isinstance(hint, str) else hint
    match tree:
        case ast.BinOp(left=left, right=right):
            return _fits(value, left, known) or _fits(value, right, known)
        case ast.Constant(value=None):
            return value is None
        case ast.Subscript(value=head):
            return _fits(value, head, known)
        case ast.Name(id=name) if name in _NUMBERS:
            return isinstance(value, _NUMBERS[name])
        case ast.Name(id=name):
            kind = known.get(name) or getattr(builtins, name, None) or getattr(collections.abc, name, None)
            if isinstance(kind, str):
                return _fits(value, kind, known)
            if isinstance(kind, type) and kind is not Any:
                return isinstance(value, kind)
            # an alias, or a class that is imported for annotations alone: nothing and other results are none
            own = type(value)
            of_ours = own.__module__.startswith("diplab") and name not in {each.__name__ for each in own.__mro__}
            return not of_ours and (value is not None or name in ("Any", "object"))
    return True
