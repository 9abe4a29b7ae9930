"""Calls of statistics: reading their arguments, and errors that show the call to write."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from itertools import product
from typing import Any, get_args, get_origin, get_type_hints

from diplab.checks import argument, is_number
from diplab.errors import CallError, OptionError, suggestion
from diplab.estimators._banded import Banded
from diplab.microdata.microdata import Microdata
from diplab.sampling.sample import Sample


@dataclass(frozen=True, eq=False)
class CallSignature:
    """The parameters of a statistic, which of them are columns, and which may be lists."""

    name: str
    parameters: Mapping[str, Parameter]
    types: Mapping[str, Any]
    columns: tuple[str, ...]
    vectors: tuple[str, ...]

    def read(self, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the arguments by name; those of each statistic where some are lists."""
        if arguments and holds_data(arguments[0]):
            raise self._refuse_data(arguments, options)
        try:
            bound = Signature(list(self.parameters.values())).bind(*arguments, **options).arguments
        except TypeError:
            raise self._refuse_call(arguments, options) from None
        # a line under which a banded variable is may itself lie between two ends
        ranges = ("threshold",) if any(isinstance(each, Banded) for each in bound.values()) else ()
        single = [name for name in bound if self._takes_one(name) and name not in ranges]
        known = ((name, list_of(bound[name])) for name in single)
        lists = {name: values for name, values in known if values is not None}
        for name, values in lists.items():
            if name not in self.vectors or not values:
                raise self._refuse_list(name, values, bound)
        if any(self.parameters[name].kind is Parameter.VAR_POSITIONAL for name in self.columns):
            self._check_one_by_one(arguments, options)
        together = [dict(zip(lists, each, strict=True)) for each in product(*lists.values())]
        return [{**bound, **own} for own in together] if lists else bound

    def _takes_one(self, name: str) -> bool:
        """Return whether an argument takes a single value: a column or a scalar option."""
        if self.parameters[name].kind is Parameter.VAR_POSITIONAL:
            return False
        types = (self.types.get(name), *get_args(self.types.get(name)))
        several = any((get_origin(each) or each) in (abc.Sequence, list, tuple) for each in types)
        is_option = name in self.types and not several
        return name in self.columns or is_option

    def _check_one_by_one(self, arguments: Sequence[Any], options: Mapping[str, Any]) -> None:
        """Refuse lists among the columns that a statistic takes one after the other."""
        lists = [list_of(each) for each in arguments]
        if any(each is not None for each in lists):
            columns = [one for each, own in zip(arguments, lists, strict=True) for one in (own or [each])]
            asked = f"`{self.name}` takes its columns one after the other, and not in a list."
            raise OptionError(asked, write=f"Write `{self._written(columns, options)}`.")

    def _refuse_list(self, name: str, values: list[Any], given: Mapping[str, Any]) -> OptionError:
        """Return the error for a list in place of a value, with the statistics to write."""
        begins = f"{argument(name, values)} of `{self.name}` is"
        if not values:
            return OptionError(f"{begins} empty.", write=f"Write at least one `{name}`.")
        calls = ", ".join(f"`{self._by_name({**given, name: value})}`" for value in values[:2])
        return OptionError(
            f"{begins} a list.", f"It takes one `{name}`.", f"Write {calls}{' and so on' if len(values) > 2 else ''}."
        )

    def _refuse_call(self, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> CallError:
        """Return the error for unknown arguments, with the call to write."""
        by_place = [name for name, each in self.parameters.items() if each.kind is each.POSITIONAL_OR_KEYWORD]
        unknown = next((name for name in options if name not in self.parameters), None)
        if unknown is not None:
            return CallError(f"`{self.name}` has no argument `{unknown}`.", write=suggestion(unknown, self.parameters))
        first, more = dict(zip(by_place, arguments, strict=False)), arguments[len(by_place) :]
        if not more:
            twice = next((name for name in options if name in first), None)
            without = next((name for name in by_place if name not in {**first, **options}), "")
            wrong = f"`{self.name}` has `{twice}` twice." if twice else f"`{self.name}` has no `{without}`."
            return CallError(wrong, write=f"Write `dl.{self.name}({', '.join(by_place)})`.")
        takes = f"only `{'`, `'.join(by_place)}`" if by_place else "no argument"
        return CallError(
            f"`{self.name}` takes {takes} by position.",
            f"It was given {', '.join(map(repr, more))} too.",
            f"Write {', '.join(f'`{each}`' for each in self._calls(first, more, options))}.",
        )

    def _calls(self, first: dict[str, Any], more: tuple[Any, ...], options: Mapping[str, Any]) -> list[str]:
        """Return the calls meant by surplus arguments: unnamed options, or several statistics."""
        free = {name: self.types.get(name) for name in self.parameters if name not in first and name not in options}
        named = {_option_of(value, free): value for value in more}
        if "" not in named and len(named) == len(more):
            return [self._by_name({**first, **named, **options})]
        place, last = next(reversed(first.items()), ("", None))
        alike = all(isinstance(each, str) == isinstance(last, str) and list_of(each) is None for each in (last, *more))
        if alike and place in self.vectors:
            return [self._by_name({**first, place: [last, *more], **options})]
        if alike and len(first) == 1:
            return [self._by_name({place: value, **options}) for value in (last, *more)]
        return [self._by_name({**first, **options})]

    def _by_name(self, given: Mapping[str, Any]) -> str:
        """Return a call as it is written, from its arguments by name."""
        by_place = [name for name in given if self.parameters[name].kind is Parameter.POSITIONAL_OR_KEYWORD]
        return self._written(
            [given[name] for name in by_place], {name: given[name] for name in given if name not in by_place}
        )

    def _written(self, columns: Iterable[Any], options: Mapping[str, Any]) -> str:
        texts = [*map(repr, columns), *(f"{name}={value!r}" for name, value in options.items())]
        return f"dl.{self.name}({', '.join(texts)})"

    def _refuse_data(self, arguments: Sequence[Any], options: Mapping[str, Any]) -> OptionError:
        """Return the error for data in place of the first column, with the call to write."""
        data, *columns = arguments
        needed = [it for it in self.parameters.values() if it.default is it.empty]
        several = any(it.kind is it.VAR_POSITIONAL for it in needed)
        of_rows = [f"item_{place}" for place in (1, 2, 3)] if several else [it.name for it in needed]
        sample = "sample" if isinstance(data, Sample) else "dl.declare_design(data)"
        return OptionError(
            f"`{self.name}` was given a {type(data).__name__} as its first column.",
            "A statistic names columns only, and waits for its sample.",
            f"Write `dl.estimate({sample}, {self._written(columns or of_rows, options)})`.",
        )


def _option_of(value: object, types: Mapping[str, Any]) -> str:
    """Return the first option that a value may be of: one of its words, or a number."""
    fits = (name for name, of in types.items() if value in get_args(of) or (of is float and is_number(value)))
    return next(fits, "")


def parameter_types(function: Callable[..., object], names: Iterable[str]) -> dict[str, Any]:
    """Return the types of the annotated parameters of a statistic."""
    annotated = {name: each for name, each in function.__annotations__.items() if name in names}
    holder = type(function.__name__, (), {"__annotations__": annotated})
    try:
        hints = get_type_hints(holder, globalns=function.__globals__)
    except NameError as error:
        asked = f"The types of the parameters of `{function.__name__}` cannot be read: {error}."
        write = "Import them at the top of the module, and not under `TYPE_CHECKING`."
        raise OptionError(asked, "They tell columns from options when the statistic is defined.", write) from None
    return {name: _type_inside(hint) for name, hint in hints.items()}


def _type_inside(hint: Any) -> Any:
    """Return the type that a statistic gets, without that of anything else that callers may write."""
    known = [each for each in get_args(hint) if each is not Any]
    return known[0] if len(known) == 1 and Any in get_args(hint) else hint


def list_of(value: object) -> list[Any] | None:
    """Return the values of a list, a tuple or an array; None of anything else."""
    if isinstance(value, list | tuple):
        return list(value)
    values: Any = value
    return values.tolist() if getattr(value, "ndim", 0) == 1 and hasattr(value, "tolist") else None


def holds_data(thing: object) -> bool:
    """Return whether an object is data: a sample, microdata, or a frame of any library."""
    return isinstance(thing, Sample | Microdata) or hasattr(type(thing), "columns")


def check_columns_named(statistic: str, *written: Any) -> None:
    """Refuse data in the place of columns."""
    for each in written:
        if holds_data(each):
            asked = f"`{statistic}` was given a {type(each).__name__} as a column."
            write = f"Write `dl.estimate(sample, dl.{statistic}(...))` with the names of columns."
            raise OptionError(asked, "A statistic names columns only, and waits for its sample.", write)
