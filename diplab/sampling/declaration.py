"""The arguments of a declaration, as they are written: names of columns, true or false, replicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.errors import DesignError
from diplab.sampling.replicates import Replicates

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_written", "listed"]

_EXAMPLES = {"strata": "region", "psu": "town", "fpc": "towns"}


def listed(use: str, names: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return one name or several as a tuple; `use` is the argument, for errors."""
    several = (names,) if isinstance(names, str) else () if names is None else names
    if isinstance(several, tuple | list) and all(isinstance(each, str) for each in several):
        return tuple(several)
    raise DesignError(
        f"A design with `{use}={names!r}` was asked for.",
        "One of these is not the name of a column."
        if isinstance(several, tuple | list)
        else "That is not the name of a column.",
        f"Write a name, for example `{use}='{_EXAMPLES[use]}'`, or a list of names.",
    )


def check_written(weights: object, nest: object, replicates: object) -> None:
    """Refuse weights that are no name, a `nest` that is neither true nor false, replicates that only name columns."""
    if weights is not None and not isinstance(weights, str):
        raise DesignError(
            f"Weights were asked for as {weights!r}.",
            f"A {type(weights).__name__} is not the name of a column.",
            "Write one name, for example `weights='weight'`.",
        )
    if not isinstance(nest, bool):
        raise DesignError(
            f"A design with `nest={nest!r}` was asked for.",
            "It is neither `True` nor `False`.",
            "Write `nest=True` where identifiers of units start again in each stratum, else `nest=False`.",
        )
    if replicates is not None and not isinstance(replicates, Replicates):
        raise DesignError(
            f"A design with `replicates={replicates!r}` was asked for.",
            f"A {type(replicates).__name__} does not say how replicate weights are to be read.",
            "Write `replicates=dl.replicates('rw*', kind='jk1')`, with the kind that the producer of the file gives.",
        )
