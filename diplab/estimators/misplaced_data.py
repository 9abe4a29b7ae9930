"""Data given to a statistic in the place of its first column, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.microdata.microdata import Microdata
from diplab.sampling.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from inspect import Signature

__all__ = ["check_columns_named", "holds_data", "misplaced"]


def holds_data(thing: object) -> bool:
    """Return whether something is data and no name of a column: a sample, microdata, a frame of any library."""
    return isinstance(thing, Sample | Microdata) or hasattr(type(thing), "columns")


def misplaced(
    name: str, signature: Signature, arguments: Sequence[Any], options: Mapping[str, Any]
) -> OptionError:
    """Return the error for data given to a statistic, which is to be given to `estimate` with them."""
    data, *columns = arguments
    needed = [it for it in signature.parameters.values() if it.default is it.empty]
    several = any(it.kind is it.VAR_POSITIONAL for it in needed)
    of_rows = [f"item_{place}" for place in (1, 2, 3)] if several else [it.name for it in needed]
    written = [repr(each) for each in columns or of_rows]
    written += [f"{option}={value!r}" for option, value in options.items()]
    sample = "sample" if isinstance(data, Sample) else "dl.declare_design(data)"
    return OptionError(
        f"`{name}` was given a {type(data).__name__} as its first column.",
        "A statistic names columns only, and waits for its sample.",
        f"Write `dl.estimate({sample}, dl.{name}({', '.join(written)}))`.",
    )


def check_columns_named(statistic: str, *written: Any) -> None:
    """Refuse data in the place of columns.

    Raises
    ------
    OptionError
        Where a column is given as data.
    """
    for each in written:
        if holds_data(each):
            raise OptionError(
                f"`{statistic}` was given a {type(each).__name__} as a column.",
                "A statistic names columns only, and waits for its sample.",
                f"Write `dl.estimate(sample, dl.{statistic}(...))` with the names of columns.",
            )
