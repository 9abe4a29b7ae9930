"""Public names: imported on first use, with wrong calls explained.

A public module lists its names twice: as imports for type checkers, which never run, and as a table
of names by module, which Python uses. A test checks that the two agree.
"""

from __future__ import annotations

import ast
import builtins
import collections.abc
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, wraps
from importlib import import_module
from inspect import unwrap
from numbers import Complex, Integral, Real
from types import FunctionType
from typing import Any, Literal, TypeVar, get_args, get_origin

from diplab.checks import argument, type_name, wrong_call
from diplab.errors import CallError, ColumnError, DiplabError, MemberError, near_names, suggestion

__all__ = ["explain_methods", "explained", "lazy_names", "wrong_kind"]
C = TypeVar("C")


def lazy_names(
    module: str, homes: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__all__`, `__getattr__` and `__dir__` of a module whose names load on first use.

    `homes` maps each module to its names, separated by spaces. A name shared with a standard module
    is left out of `__all__`: `from diplab import *` would hide that module.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}
    public = [name for name in home_of if name not in sys.stdlib_module_names]
    _HOME_OF[module] = home_of

    def load(name: str) -> Any:
        if name not in home_of:
            if not name.startswith("_"):
                write = (
                    _line_to_write(("dl",), name) or _elsewhere(name) or suggestion(name, home_of)
                )
                raise MemberError(
                    f"`{module.replace('diplab', 'dl', 1)}` has no `{name}`.", write=write
                )
            message = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=sys.modules[module])
        is_submodule = home_of[name] == module
        value = (
            import_module(f"{module}.{name}")
            if is_submodule
            else getattr(import_module(home_of[name]), name)
        )
        if isinstance(value, FunctionType):
            value = _explain_wrong_calls(value)
            # pickle looks it up in the public module
            value.__module__ = module
        elif isinstance(value, type):
            made = vars(value).get("__init__")
            if isinstance(made, FunctionType) and not hasattr(made, "__wrapped__"):
                setattr(value, "__init__", _explain_wrong_calls(made, value))  # noqa: B010 as below
        setattr(sys.modules[module], name, value)
        return value

    def listed() -> list[str]:
        return sorted(
            [*public, *(["__version__"] if hasattr(sys.modules[module], "__version__") else [])]
        )

    return public, load, listed


_HOME_OF: dict[str, dict[str, str]] = {}
"""The module of each name, by public module."""


def _elsewhere(name: str) -> str:
    """Return a sentence that says in which public module a name is.

    Empty if it is in none.
    """
    places = {"dl": _HOME_OF["diplab"]}
    for topic, home in places["dl"].items():
        if home == "diplab":
            places[f"dl.{topic}"] = dict.fromkeys(
                getattr(import_module(f"diplab.{topic}"), "__all__", ()), ""
            )
    found = [place for place, names in places.items() if name in names]
    if found:
        return f"Write `{found[0]}.{name}`."
    return ""


def _line_to_write(sections: Sequence[str], name: str) -> str:
    """Return a sentence with the diplab equivalent of a pandas or R name.

    Empty if unknown.
    """
    line = _habit(sections, name)
    before = ""
    if "data" in sections and "sample" in line:
        before = f", after `sample = {_habit(['data'], 'sample')}`"
    return f"Write for example `{line}`{before}." if line else ""


@cache
def _habits() -> dict[str, dict[str, str]]:
    import tomllib
    from importlib.resources import files

    return tomllib.loads(
        files("diplab.reference").joinpath("habits.toml").read_text(encoding="utf-8")
    )


def _habit(sections: Sequence[str], name: str) -> str:
    known = _habits()
    shared = [] if "codebook" in sections else ["dl"]
    lines = [known[item][name] for item in (*sections, *shared) if name in known.get(item, ())]
    return lines[0] if lines else ""


def _variable(name: str, variables: Collection[str], written: str, *, near: bool) -> str:
    """Return a sentence with the code that gives a variable of this name, or one `near` it.

    Empty if there is none.
    """
    found = [name] if name in variables else near_names(name, variables)[:1] if near else []
    return "".join(f"Write `{written.format(repr(item))}`." for item in found)


def _no_names(record: object) -> Iterable[str]:
    return ()


def explained(
    section: str, called: str, written: str = "", names: Callable[[Any], Iterable[str]] = _no_names
) -> Callable[[type[C]], type[C]]:
    """Return a class decorator that explains wrong calls of methods and unknown attributes.

    `section` is a section of `habits.toml`, read after those of the object's classes; "" for a
    record, which is not mistaken for a table and whose methods are left unchanged. `called` is the
    name of the object in errors, with `{}` for its class; `written` is the line for
    `object["name"]`, and `names` returns the variables of an object.
    """

    def line(self: object, name: str) -> str:
        kinds = [*(element.__name__.lower() for element in type(self).__mro__), section]
        write = _line_to_write(kinds, name)
        if "result.frame" in write and not [*names(self)]:
            return ""
        return write

    def it_has(self: object) -> str:
        return called.format(type(self).__name__)

    def absent(self: object, name: str) -> Any:
        if name.startswith("_") or not vars(self):
            raise AttributeError(name)
        variables = [*names(self)]
        public = [
            element for element in (*dir(type(self)), *vars(self)) if not element.startswith("_")
        ]
        write = _variable(name, variables, written, near=False) or line(self, name)
        if not write and not near_names(name, public):
            write = _variable(name, variables, written, near=True)
        write = write or suggestion(name, public)
        raise MemberError(f"{it_has(self)} no `{name}`.", write=write)

    def item(self: object, key: object) -> Any:
        variables = [*names(self)]
        if isinstance(key, str):
            public = [element for element in (*dir(type(self)), *vars(self)) if element[0] != "_"]
            known = variables or dict.fromkeys(public)
            write = _variable(key, variables, written, near=True) or suggestion(key, known)
        elif isinstance(key, list) and {*map(str, key)} <= {*variables}:
            write = f"Write `{written.format(repr(key))}`."
        else:
            write = line(self, "head" if isinstance(key, int | slice) else "filter")
        shown = repr(key) if isinstance(key, str | int | list) else "..."
        raise CallError(f"{it_has(self)} no `[{shown}]`.", write=write)

    answers: dict[str, Callable[..., Any]] = {"__getattr__": absent, "__getitem__": item}
    answers |= _calculations(it_has, line)
    if section:
        answers |= _containers(it_has, line)
    else:
        del answers["__array__"]  # records are stored in columns

    def decorate(own: type[C]) -> type[C]:
        if section:
            explain_methods(own)
        # a frozen dataclass makes its own, which can only be replaced after
        for name, method in answers.items():
            if (name in vars(own)) == (name in ("__setattr__", "__delattr__")):
                setattr(own, name, method)
        return own

    return decorate


def _containers(
    it_has: Callable[[object], str], line: Callable[[object, str], str]
) -> dict[str, Callable[..., Any]]:
    """Return the methods that refuse iteration, indexing and assignment."""

    def rows(self: object) -> Any:
        raise CallError(
            f"{it_has(self)} no rows or columns to iterate over.", write=line(self, "columns")
        )

    def contains(self: object, name: object) -> bool:
        write = line(self, "columns").replace("for example `", f"`{name!r} in ")
        raise CallError(f"{it_has(self)} no `in`.", write=write)

    def change(self: object, name: str, *value: object) -> None:
        write = line(self, "assign" if value else "drop")
        raise CallError(f"{it_has(self)} variables that cannot be changed in place.", write=write)

    def length(self: object) -> int:
        raise CallError(f"{it_has(self)} no length.", write=line(self, "nrow"))

    def is_true(self: Any) -> bool:
        # an object without a length stays true
        return type(self).__len__ is length or len(self) > 0

    changes = ("__setitem__", "__delitem__", "__setattr__", "__delattr__")
    of_change = dict.fromkeys(changes, change)
    of_length = {"__len__": length, "__bool__": is_true}
    return {"__iter__": rows, "__contains__": contains, **of_change, **of_length}


def _calculations(
    it_has: Callable[[object], str], line: Callable[[object, str], str]
) -> dict[str, Callable[..., Any]]:
    """Return the methods that refuse arithmetic and conversion to an array."""

    def arithmetic(self: object, *others: object) -> Any:
        raise CallError(f"{it_has(self)} no arithmetic.", write=line(self, "arithmetic"))

    def array(self: object, *how: object, **options: object) -> Any:
        raise CallError(f"{it_has(self)} no array.", write=line(self, "to_numpy"))

    return {**dict.fromkeys(_ARITHMETIC, arithmetic), "__array__": array}


_ARITHMETIC = [
    f"__{side}{name}__" for name in ("add", "sub", "mul", "truediv") for side in ("", "r")
]
_ARITHMETIC += ["__lt__", "__le__", "__gt__", "__ge__", "__neg__", "__abs__", "__pow__"]
_ARITHMETIC += ["__and__", "__or__", "__invert__", "__mod__", "__float__", "__int__", "__round__"]


def explain_methods(own: type) -> None:
    """Make the public methods of a class explain wrong calls."""
    for name, method in list(vars(own).items()):
        if isinstance(method, FunctionType) and not name.startswith("_"):
            setattr(own, name, _explain_wrong_calls(method, own))


def _explain_wrong_calls(function: FunctionType, of_object: type | None = None) -> FunctionType:
    """Wrap a function so that errors for unknown arguments suggest the nearest ones."""
    # `self` is not an argument of the call; a constructor is called by the name of its class
    of_self = of_object is not None
    called = (
        of_object.__name__ if of_object and function.__name__ == "__init__" else function.__name__
    )

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except (TypeError, ValueError, AttributeError, LookupError, ColumnError) as error:
            # unlike our other errors, a missing member or column may come from a wrong argument
            caught: Exception = error
            of_kind = isinstance(caught, CallError | MemberError | ColumnError)
            if isinstance(caught, DiplabError) and not of_kind:
                raise
            from inspect import signature

            own = signature(function)
            own = own.replace(parameters=list(own.parameters.values())[of_self:])
            lines = {
                name: f"Write for example `{line}`."
                for name in options
                if (line := _habits()["argument"].get(f"{called}.{name}"))
            }
            wrong = wrong_call(called, own, arguments[of_self:], options, lines)
            wrong = wrong or wrong_kind(
                function, called, own.bind(*arguments[of_self:], **options).arguments
            )
            if wrong is None:
                raise
        raise wrong from None

    return call  # type: ignore[return-value]


def wrong_kind(
    function: Callable[..., Any], called: str, given: Mapping[str, Any]
) -> CallError | None:
    """Return the error for an argument that does not fit its annotation, or None."""
    own: Any = unwrap(function)
    for name, value in _each_given(own, given):
        hint = own.__annotations__.get(name, "Any")
        if _fits(value, hint, own.__globals__):
            continue
        said = re.search(
            rf"^\s*(?:\w+, )*{name}(?:, \w+)* : (.+)$", _explanation(own), re.MULTILINE
        )
        write = f"Write {said[1] if said else hint}."
        column = getattr(value, "name", None)
        if isinstance(column, str) and column and _fits(column, hint, own.__globals__):
            write = f"Write the name of the column, `{name}={column!r}`."
        kind = "None" if value is None else f"of the type {type_name(value)}"
        if isinstance(value, list | tuple) and "Sequence" in str(hint):
            kind = f"a list of {', '.join(sorted({type_name(item) for item in value}))}"
        asked = f"`{name}` of `{called}` cannot be {kind}."
        return CallError(asked, f"The call had {argument(name, value)}.", write)
    return None


def _explanation(function: Callable[..., Any]) -> str:
    """Return the text that explains the parameters of a function, or of the class that it makes."""
    name = function.__qualname__.removesuffix(".__init__")
    return getattr(function.__globals__.get(name, function), "__doc__", None) or ""


def _each_given(
    function: Callable[..., Any], given: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield arguments by name, one at a time for variadic ones."""
    code = function.__code__
    several = code.co_varnames[code.co_argcount + code.co_kwonlyargcount :]
    for name, value in given.items():
        if name in several and isinstance(value, tuple):
            yield from ((name, item) for item in value)
        elif name not in several:
            yield name, value


_NUMBERS: Mapping[str, type] = {"int": Integral, "float": Real, "complex": Complex}


def _fits(value: object, hint: Any, known: Mapping[str, Any]) -> bool:
    """Return whether a value may be of the type of an annotation; true if the type is unknown."""
    tree = ast.parse(hint, mode="eval").body if isinstance(hint, str) else hint
    match tree:
        case ast.BinOp(left=left, right=right):
            return _fits(value, left, known) or _fits(value, right, known)
        case ast.Constant(value=None):
            return value is None
        case ast.Subscript(
            value=ast.Name(id="Sequence" | "list") as head, slice=ast.Name() as of_each
        ) if isinstance(value, list | tuple | bytes | bytearray):
            # bytes are a sequence of numbers
            return _fits(value, head, known) and all(_fits(item, of_each, known) for item in value)
        case ast.Subscript(value=head):
            return _fits(value, head, known)
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            kind = getattr(known.get(module), name, None)
            if isinstance(kind, type):
                return isinstance(value, kind)
            return True
        case ast.Name(id="Any" | "object"):
            return True
        case ast.Name(id=name) if name in _NUMBERS:
            return isinstance(value, _NUMBERS[name])
        case ast.Name(id=name):
            kind = (
                known.get(name)
                or getattr(builtins, name, None)
                or getattr(collections.abc, name, None)
            )
            if isinstance(kind, str):
                return _fits(value, kind, known)
            if isinstance(kind, type):
                return isinstance(value, kind)
            if get_origin(kind) is Literal:
                return isinstance(value, str) and value in get_args(kind)
            # an alias, or a class imported only for annotations: None and other results do not fit
            own = type(value)
            of_ours = own.__module__.startswith("diplab") and name not in {
                item.__name__ for item in own.__mro__
            }
            return not of_ours and value is not None
    return True
