"""Statistics that must see the sample before they know their rows: what its codebook says, what values a column has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diplab.estimators.statistic import Statistic

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.estimators.bound_statistic import Bound
    from diplab.sampling.sample import Sample

__all__ = ["BoundBySample"]


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
