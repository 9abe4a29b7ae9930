"""What a calibrated sample remembers: the margins its weights were fitted to.

A calibrated total has, to first order, the sampling error of the total of residuals of the regression on the margins
(Deville and Särndal 1992): the regression is weighted by the weights before calibration, the residuals by the
calibrated weights. Statistics do not hear of it: the design takes the regression out of their linearised variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.kernel.calibration import Controls


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """The variables of the margins on every row, and the weights of the regression on them."""

    controls: Controls  # by row; outside the calibrated universe, categories are -1 and numbers 0
    weights: Floats  # (rows,); weights of the regression: those before calibration
    rules: Mapping[str, str] = field(default_factory=dict)  # the rules of the calibration, for the provenance

    @property
    def width(self) -> int:
        """Number of auxiliary variables: categories, then numbers."""
        return self.controls.width

    def products(self, value: Floats, group: Integers, groups: int) -> Floats:
        """Return by auxiliary variable and group the total of its product with a row value."""
        rows = []
        for code, size in zip(self.controls.codes, self.controls.sizes, strict=True):
            # rows outside the universe go to a cell that is cut off
            key = np.where(code >= 0, code, size) * groups + group
            cells = np.bincount(key, weights=value, minlength=(size + 1) * groups)
            rows.append(cells.reshape(size + 1, groups)[:size])
        rows += [
            np.bincount(group, weights=value * number, minlength=groups)[None, :] for number in self.controls.numbers
        ]
        return np.concatenate(rows)

    @cached_property
    def _inverse(self) -> Floats:
        """Pseudo-inverse of the weighted cross-products: margins of one population are linearly dependent."""
        columns = []
        nobody = np.zeros(self.weights.size, dtype=np.int64)
        for code, size in zip(self.controls.codes, self.controls.sizes, strict=True):
            by_category = self.products(self.weights, np.where(code >= 0, code, size), size + 1)
            columns.append(by_category[:, :size])
        columns += [self.products(self.weights * number, nobody, 1) for number in self.controls.numbers]
        gram = np.concatenate(columns, axis=1)
        scale = 1 / np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
        inverse = np.linalg.pinv(gram * np.outer(scale, scale), rcond=1e-11, hermitian=True)
        return np.asarray(inverse * np.outer(scale, scale), dtype=np.float64)

    def coefficients(self, value: Floats, domain: Integers, domains: int) -> Floats:
        """Return the regression of a row value, within each domain, on the auxiliary variables.

        Shapes: `value` (rows,), `domain` (rows,).
        """
        return self._inverse @ self.products(self.weights * value, domain, domains)

    def by_unit(self, unit: Integers, weights: Floats) -> tuple[Integers, Integers, Floats]:
        """Return unit, variable and value of the weighted totals of the auxiliary variables by unit."""
        units = int(unit.max()) + 1
        entries: list[tuple[Integers, Integers, Floats]] = []
        before = 0
        for code, size in zip(self.controls.codes, self.controls.sizes, strict=True):
            inside = code >= 0
            if units * size <= 4 * unit.size:
                key = unit * (size + 1) + np.where(inside, code, size)
                cells = np.bincount(key, weights=weights, minlength=units * (size + 1)).astype(float)
                totals: Floats = cells.reshape(units, size + 1)[:, :size]
                where, which = np.nonzero(totals)
                entries.append((where, before + which, totals[where, which]))
            else:
                entries.append((unit[inside], before + code[inside], weights[inside]))
            before += size
        for place, number in enumerate(self.controls.numbers, start=before):
            totals = np.bincount(unit, weights=weights * number, minlength=units).astype(float)
            entries.append((np.arange(units), np.full(units, place), totals))
        return (
            np.concatenate([each[0] for each in entries]),
            np.concatenate([each[1] for each in entries]),
            np.concatenate([each[2] for each in entries]),
        )
