"""Calls of statistics: reading their arguments, and errors that show the call to write."""

from __future__ import annotations

import inspect
import re
from collections import abc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, get_args, get_origin, get_type_hints

from diplab.checks import argument, is_number, type_name
from diplab.errors import CallError, OptionError, quoted_names, suggestion
from diplab.estimators._banded import Banded
from diplab.microdata.microdata import Microdata
from diplab.reference.parameter import Parameter
from diplab.sampling.sample import Sample


@dataclass(frozen=True, eq=False)
class CallSignature:
    """The parameters of a statistic, which of them are columns, and which may be lists."""

    name: str
    parameters: Mapping[str, inspect.Parameter]
    types: Mapping[str, Any]
    columns: tuple[str, ...]
    vectors: tuple[str, ...]

    def read(
        self, arguments: tuple[Any, ...], options: Mapping[str, Any]
    ) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the arguments by name; those of each statistic where some are lists."""
        if arguments and holds_data(arguments[0]):
            raise self._refuse_data(arguments, options)
        try:
            bound = (
                inspect.Signature(list(self.parameters.values()))
                .bind(*arguments, **options)
                .arguments
            )
        except TypeError:
            raise self._refuse_call(arguments, options) from None
        single = list(filter(self._takes_one, bound))
        if "threshold" in single and any(isinstance(value, Banded) for value in bound.values()):
            # the line of a banded variable may itself lie between two ends
            single.remove("threshold")
        lists = {}
        for name in single:
            values = list_of(bound[name])
            if values is None:
                continue
            if name not in self.vectors or not values:
                raise self._refuse_list(name, values, bound)
            lists[name] = values
        if any(
            self.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL for name in self.columns
        ):
            self._check_one_by_one(arguments, options)
        if not lists:
            return bound
        return [
            {**bound, **dict(zip(lists, values, strict=True))}
            for values in product(*lists.values())
        ]

    def _takes_one(self, name: str) -> bool:
        """Return whether an argument takes a single value: a column or a scalar option."""
        if self.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
            return False
        types = (self.types.get(name), *get_args(self.types.get(name)))
        several = any(
            (get_origin(type_) or type_) in (abc.Sequence, list, tuple) for type_ in types
        )
        is_option = name in self.types and not several
        return name in self.columns or is_option

    def _check_one_by_one(self, arguments: Sequence[Any], options: Mapping[str, Any]) -> None:
        """Refuse lists among the columns that a statistic takes one after the other."""
        if any(list_of(given) is not None for given in arguments):
            columns = []
            for given in arguments:
                columns += list_of(given) or [given]
            asked = f"`{self.name}` takes its columns as separate arguments, not as a list."
            raise OptionError(asked, write=f"Write `{self._written(columns, options)}`.")

    def _refuse_list(self, name: str, values: list[Any], given: Mapping[str, Any]) -> OptionError:
        """Return the error for a list in place of a value, with the statistics to write."""
        begins = f"{argument(name, values)} of `{self.name}` is"
        if not values:
            return OptionError(f"{begins} empty.", write=f"Write at least one `{name}`.")
        calls = ", ".join(f"`{self._by_name({**given, name: value})}`" for value in values[:2])
        if len(values) > 2:
            calls += " and so on"
        return OptionError(f"{begins} a list.", f"It takes one `{name}`.", f"Write {calls}.")

    def _refuse_call(self, arguments: tuple[Any, ...], options: Mapping[str, Any]) -> CallError:
        """Return the error for unknown arguments, with the call to write."""
        by_place = [
            name
            for name, item in self.parameters.items()
            if item.kind is item.POSITIONAL_OR_KEYWORD
        ]
        unknown = next((name for name in options if name not in self.parameters), None)
        if unknown is not None:
            return CallError(
                f"`{self.name}` has no argument `{unknown}`.",
                write=suggestion(unknown, self.parameters),
            )
        first, more = dict(zip(by_place, arguments, strict=False)), arguments[len(by_place) :]
        if not more:
            missing = next((name for name in by_place if name not in {**first, **options}), "")
            problem = f"`{self.name}` has no `{missing}`."
            for name in options:
                if name in first:
                    problem = f"`{self.name}` has `{name}` twice."
                    break
            return CallError(problem, write=f"Write `dl.{self.name}({', '.join(by_place)})`.")
        takes = "no argument"
        if by_place:
            takes = f"only `{'`, `'.join(by_place)}`"
        return CallError(
            f"`{self.name}` takes {takes} by position.",
            f"It was given {', '.join(map(repr, more))} too.",
            f"Write {quoted_names(self._calls(first, more, options))}.",
        )

    def _calls(
        self, first: dict[str, Any], more: tuple[Any, ...], options: Mapping[str, Any]
    ) -> list[str]:
        """Return the calls meant by surplus arguments: unnamed options, or several statistics."""
        free = {
            name: self.types.get(name)
            for name in self.parameters
            if name not in first and name not in options
        }
        named = {_option_of(value, free): value for value in more}
        if "" not in named and len(named) == len(more):
            return [self._by_name({**first, **named, **options})]
        place, last = next(reversed(first.items()), ("", None))
        alike = all(
            isinstance(item, str) == isinstance(last, str) and list_of(item) is None
            for item in (last, *more)
        )
        if alike and place in self.vectors:
            return [self._by_name({**first, place: [last, *more], **options})]
        if alike and len(first) == 1:
            return [self._by_name({place: value, **options}) for value in (last, *more)]
        return [self._by_name({**first, **options})]

    def _by_name(self, given: Mapping[str, Any]) -> str:
        """Return a call as it is written, from its arguments by name."""
        columns, options = [], {}
        for name, value in given.items():
            if self.parameters[name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
                columns.append(value)
            else:
                options[name] = value
        return self._written(columns, options)

    def _written(self, columns: Iterable[Any], options: Mapping[str, Any]) -> str:
        texts = [
            *map(repr, columns),
            *(f"{name}={_as_written(value)}" for name, value in options.items()),
        ]
        return f"dl.{self.name}({', '.join(texts)})"

    def _refuse_data(self, arguments: Sequence[Any], options: Mapping[str, Any]) -> OptionError:
        """Return the error for data in place of the first column, with the call to write."""
        data, *columns = arguments
        examples = []
        for parameter in self.parameters.values():
            if parameter.kind is parameter.VAR_POSITIONAL:
                examples = ["item_1", "item_2", "item_3"]
                break
            if parameter.default is parameter.empty:
                examples.append(parameter.name)
        sample = "dl.declare_design(data)"
        if isinstance(data, Sample):
            sample = "sample"
        return OptionError(
            f"`{self.name}` was given a {type_name(data)} as its first column.",
            "A statistic names columns; the sample supplies the data.",
            f"Write `dl.estimate({sample}, {self._written(columns or examples, options)})`.",
        )


def _as_written(value: object) -> str:
    """Return an option as one writes it: a parameter by its name and its day."""
    if not isinstance(value, Parameter):
        return repr(value)
    day = repr(value.since)
    if (value.since.month, value.since.day) == (1, 1):
        day = str(value.since.year)
    return f"dl.parameter({value.name!r}, {day})"


def _option_of(value: object, types: Mapping[str, Any]) -> str:
    """Return the first option that a value may be of: one of its words, or a number."""
    fits = (
        name
        for name, of in types.items()
        if (isinstance(value, str) and value in get_args(of)) or (of is float and is_number(value))
    )
    return next(fits, "")


def parameter_types(function: Callable[..., object], names: Iterable[str]) -> dict[str, Any]:
    """Return the types of the annotated parameters of a statistic."""
    annotated = {name: item for name, item in function.__annotations__.items() if name in names}
    holder = type(function.__name__, (), {"__annotations__": annotated})
    try:
        hints = get_type_hints(holder, globalns=function.__globals__)
    except NameError as error:
        asked = f"The types of the parameters of `{function.__name__}` cannot be read: {error}."
        write = "Import them at the top of the module, and not under `TYPE_CHECKING`."
        raise OptionError(
            asked, "They distinguish columns from options when the statistic is defined.", write
        ) from None
    return {name: _type_inside(hint) for name, hint in hints.items()}


def _type_inside(hint: Any) -> Any:
    """Return the type that a statistic receives, without the `Any` that callers may write."""
    known = [option for option in get_args(hint) if option is not Any]
    if len(known) == 1 and Any in get_args(hint):
        return known[0]
    return hint


def list_of(value: object) -> list[Any] | None:
    """Return the values of a list, a tuple or an array; None of anything else."""
    if isinstance(value, list | tuple):
        return list(value)
    if getattr(value, "ndim", 0) == 1 and hasattr(value, "tolist"):
        return value.tolist()  # type: ignore[no-any-return]
    return None


def holds_data(thing: object) -> bool:
    """Return whether an object is data: a sample, microdata, or a frame of any library."""
    return isinstance(thing, Sample | Microdata) or hasattr(type(thing), "columns")


def check_columns_named(statistic: str, *written: Any) -> None:
    """Refuse data in the place of columns."""
    for column in written:
        if holds_data(column):
            asked = f"`{statistic}` was given a {type_name(column)} as a column."
            write = f"Write `dl.estimate(sample, dl.{statistic}(...))` with the names of columns."
            raise OptionError(
                asked, "A statistic names columns; the sample supplies the data.", write
            )


PARAMETERS = {
    "income": """str
    Equivalised income, one value per person, in the unit of the poverty line if there is one.""",
    "y": """str or list of str
    Column or expression, in its own unit; a list makes one statistic of each.""",
    "fraction": """float
    Fraction of the median that makes the poverty line; 0.6 is the European convention.""",
    "threshold": """float, Parameter or str, optional
    A fixed line, which has no sampling error: a number, a dated one
    (`parameter("poverty_threshold_60", 2016)`), or the name of a column with the line of each
    household. Not together with `fraction` or `threshold_on`.""",
    "threshold_on": """{words}
    Group whose median makes the line: the universe by default, in all domains.""",
    "convention": """{words}
    Source of the definitions: official (Eurostat; R's laeken), or R's convey or vardpoor.""",
    "nonpositive": """{words}
    Incomes at or below zero: `keep` them, `fail` if there are any, count negative ones as
    `zero`, or `drop` these people.""",
    (
        "log",
        "wald",
    ): "{words}\n    On the logarithm, so that it stays above 0; or symmetric, as R's convey.",
    (
        "logit",
        "wald",
    ): "{words}\n    On the log-odds, which keeps it between 0 and 1; or symmetric, as R's convey.",
    (
        "logit",
        "beta",
    ): "{words}\n    As for `share`: on the log-odds by default, so that it stays within [0, 1].",
}
"""By name, intervals by their first words: type and text of parameters left out above."""


def documented(text: str, signature: CallSignature) -> str:
    """Return a docstring with the parameters and the errors that it leaves out."""
    head, _, rest = text.partition("Parameters\n----------\n")
    block, _, tail = rest.partition("\n\nReturns\n") if rest else ("", "", "")
    if not rest:
        head, _, tail = text.partition("Returns\n")
    if not tail:
        return text
    texts = re.split(r"\n(?=\S)", block) if block else []
    # with the names that each entry describes
    entries = [
        (re.findall(r"\w+", text.partition("\n")[0].partition(" : ")[0]), text) for text in texts
    ]
    written: list[str] = []
    for name in signature.parameters:
        entry = next((entry for entry in entries if name in entry[0]), None)
        if entry is None:
            written += _shared(name, signature.types.get(name))
        elif entry[1] not in written:
            written.append(entry[1])
    parameters = "Parameters\n----------\n" + "\n".join(written) + "\n\n" if written else ""
    return _with_errors(f"{head}{parameters}Returns\n{tail}", signature.types)


def _shared(name: str, type_of: Any) -> list[str]:
    words: tuple[Any, ...] = ()
    if get_origin(type_of) is Literal:
        words = get_args(type_of)
    text = PARAMETERS.get(name, "")
    if name == "interval":
        text = PARAMETERS.get(words[:2], "")
    if not text:
        return []
    vocabulary = "{" + ", ".join(f'"{word}"' for word in words) + "}"
    return [f"{name} : {text.replace('{words}', vocabulary)}"]


def _with_errors(text: str, types: Mapping[str, Any]) -> str:
    if "Raises\n------" in text or "\nExamples\n" not in text:
        return text
    errors = []
    if any(get_origin(type_) is Literal for type_ in types.values()):
        errors.append(
            "OptionError\n    Where an option is not one of its words, or outside its limits."
        )
    if "nonpositive" in types:
        errors.append(
            "MisleadingError\n    When it is estimated: where an income has no value, or is "
            "refused."
        )
    errors.append(
        "ColumnError, ConditionError\n    When it is estimated: where a column does not exist or "
        "holds words."
    )
    return text.replace(
        "\nExamples\n", "\nRaises\n------\n" + "\n".join(errors) + "\n\nExamples\n", 1
    )
