"""A statistic once it has met its sample: the columns are expressions, and the options are what its rows need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.sampling.expression import Expression

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.estimators.statistic import Linearised
    from diplab.sampling.totals import Totals

__all__ = ["Bound"]


@dataclass(frozen=True, eq=False)
class Bound:
    """A statistic bound to the columns of a sample, ready to be given totals."""

    name: str
    variable: str
    category: object
    arguments: tuple[Expression, ...]
    options: Mapping[str, Any]
    function: Callable[..., Linearised]
    needed: tuple[Expression, ...] | None = None

    @property
    def columns(self) -> tuple[Expression, ...]:
        """Everything it reads on the rows: its arguments, and options that are columns."""
        read = [each for each in self.options.values() if isinstance(each, Expression)]
        return (*self.arguments, *read)

    @property
    def complete(self) -> tuple[Expression, ...]:
        """What a row must have an answer to: everything read, unless the statistic needs less."""
        return self.columns if self.needed is None else self.needed

    def __call__(self, totals: Totals) -> Linearised:
        """Compute the statistic from its totals."""
        return self.function(totals, *self.arguments, **self.options)
