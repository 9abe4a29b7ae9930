"""A regression that was fitted: its rows, its parameters, and how the answer of each respondent moves these."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Linearised
from diplab.inference.covariance import ComputedStatistic, joint_covariance
from diplab.kernel.families import Cumulative
from diplab.sampling.expression import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.inference.model_rows import ModelRows
    from diplab.kernel.regression import Likelihood
    from diplab.sampling.engines.protocol import Floats, Integers
    from diplab.sampling.model_matrix import ModelMatrix
    from diplab.sampling.sample import SampleInMemory
    from diplab.sampling.totals import Totals

__all__ = ["FittedModel"]


@dataclass(frozen=True, eq=False)
class FittedModel:
    """What a regression leaves for what is computed from it.

    Parameters
    ----------
    sample : SampleInMemory
    likelihood : Likelihood
    blocks : ModelRows
        Its respondents.
    kept : array of int, or None
        Where these stand in the file; None for all of it.
    theta : array, shape (parameters,)
        As fitted: of the columns as the model matrix conditions them, see `coefficients`.
    bread : array, shape (parameters, parameters)
        The inverse of the information.
    outcomes : tuple
        Categories of the outcome; empty for a number or a condition.
    replicates : array, shape (replicates, parameters), or None
        The parameters under each set of replicate weights.
    """

    sample: SampleInMemory
    likelihood: Likelihood
    blocks: ModelRows
    kept: Integers | None
    theta: Floats
    bread: Floats
    outcomes: tuple[object, ...] = ()
    replicates: Floats | None = field(default=None, repr=False)

    @property
    def matrix(self) -> ModelMatrix:
        """The model matrix."""
        return self.blocks.matrix

    @property
    def columns(self) -> int:
        """Columns of the model, the constant included: the cut points of an ordinal outcome count for one."""
        return len(self.matrix.columns) + (isinstance(self.likelihood, Cumulative))

    @cached_property
    def restoring(self) -> Floats | None:
        """What takes the parameters as fitted to those of the columns asked for; None where these are they."""
        conditioning = self.matrix.conditioning
        return None if conditioning is None else self.likelihood.restored(conditioning)

    @property
    def coefficients(self) -> Floats:
        """The parameters of the columns that were asked for."""
        return self.theta if self.restoring is None else self.restoring @ self.theta

    @property
    def totals(self) -> Totals:
        """Totals over the domain."""
        return self.sample.totals((), ())

    @property
    def n(self) -> int:
        """Respondents."""
        return self.blocks.rows

    def influence(self, mix: Floats | None = None, extra: Floats | None = None) -> Floats:
        """Return how far each row of the file moves combinations of the parameters, its weight apart.

        The influence on theta is A^-1 times the score of the row (Binder 1983); rows outside have none.

        Parameters
        ----------
        mix : array, shape (outputs, parameters), optional
            Of the parameters as fitted; by default those of the columns that were asked for.
        extra : array, shape (outputs, respondents), optional
            What respondents move beside.
        """
        mix = self.restoring if mix is None else mix
        apart = self.bread if mix is None else mix @ self.bread
        found = np.zeros((len(apart), self.sample.engine.rows))
        for block in self.blocks:
            own = apart @ self.likelihood.by_row(block, self.theta)
            if extra is not None:
                own += extra[:, block.place]
            found[:, block.place if self.kept is None else self.kept[block.place]] = own
        return found

    def covariance(self, influence: Floats) -> Floats:
        """Return the covariance that the design gives to what rows move, shape (outputs, outputs)."""
        totals = self.totals
        expressions = [Rows(each) for each in influence]
        totals(*expressions)  # all in one query
        n = np.array([self.n])
        bound = PreparedStatistic("coefficient", "", "", (), {}, _unused)
        computed = [
            ComputedStatistic(bound, totals, Linearised(np.zeros(1), each), n) for each in expressions
        ]
        return joint_covariance(self.sample, computed)

    def own_covariance(self) -> Floats:
        """Return the covariance of the parameters of the columns that were asked for."""
        if self.replicates is None:
            return self.covariance(self.influence())
        replication = self.sample.replication
        assert replication is not None  # where replicates come from
        every = self.replicates if self.restoring is None else self.replicates @ self.restoring.T
        return replication.covariance(every, self.coefficients)

    def replicate_weights(self) -> Iterator[Floats]:
        """Yield the weights of the respondents under each replicate."""
        replication, engine = self.sample.replication, self.sample.engine
        assert replication is not None  # asked for with replicate weights only
        for place in range(replication.count):
            weight = replication.row_weights(place, engine.weights, engine.units.of_record)
            yield weight if self.kept is None else weight[self.kept]


def _unused(*_: object, **__: object) -> Linearised:
    raise AssertionError  # points and influences are computed before
