"""Statistics that must see the sample before they know their rows: what its codebook says, what values a column has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diplab.estimators.statistic import Statistic

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.estimators.bound_statistic import Bound
    from diplab.reference.text import Text
    from diplab.sampling.expression import Expression
    from diplab.sampling.sample import Sample

__all__ = ["BoundBySample", "LineOfSample", "UnderLineOfSample"]


@dataclass(frozen=True, eq=False)
class BoundBySample(Statistic):
    """A statistic whose bound rows, of several names, are made once the sample is there.

    Parameters
    ----------
    binding : callable
        From a sample to its rows.
    """

    binding: Callable[[Sample], list[Bound]] = field(default=lambda _: [], repr=False)

    def bind(self, sample: Sample) -> list[Bound]:
        """Return the rows of the statistic on a sample."""
        return self.binding(sample)


@dataclass(frozen=True, eq=False)
class LineOfSample:
    """A line that the sample tells, as the minimum wage of the date of each respondent.

    Parameters
    ----------
    expression : Expression
        On the rows.
    assumptions : tuple of Text
    """

    expression: Expression
    assumptions: tuple[Text, ...]


@dataclass(frozen=True, eq=False)
class UnderLineOfSample(Statistic):
    """The share of a banded variable under a line that the sample tells.

    Parameters
    ----------
    line : callable
        From a sample to the line.
    """

    line: Callable[[Sample], LineOfSample] = field(kw_only=True, repr=False)
