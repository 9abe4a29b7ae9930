"""The auxiliary variables of a calibration: what residuals of a calibrated total are taken from.

A calibrated total has, to first order, the sampling error of the total of residuals of the
regression on the margins (Deville and Särndal 1992), weighted by the weights before calibration;
the residuals have the calibrated weights. Statistics do not know of it: the design takes the
regression out of their linearised variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.kernel.calibration import Controls


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """The variables of the margins on every row, and the weights of the regression on them."""

    controls: Controls  # by row; outside the calibrated universe, categories are -1 and numbers 0
    weights: Floats  # (rows,); weights of the regression: those before calibration
    rules: Mapping[str, Any] = field(
        default_factory=dict
    )  # the rules of the calibration, for the provenance

    @property
    def width(self) -> int:
        """Number of auxiliary variables: categories, then numbers."""
        return self.controls.width

    def products(self, value: Floats, group: Integers, groups: int) -> Floats:
        """Return by auxiliary variable and group the total of its product with a row value."""
        rows = []
        for code, size, number in self.controls.parts():
            # rows outside the universe go to a cell that is cut off
            cells = np.bincount(
                code * groups + group, weights=value * number, minlength=(size + 1) * groups
            )
            rows.append(cells.reshape(size + 1, groups)[:size])
        return np.concatenate(rows)

    @cached_property
    def _inverse(self) -> Floats:
        """Pseudo-inverse of the weighted cross-products, as margins are linearly dependent."""
        parts = self.controls.parts()
        columns = [
            self.products(self.weights * number, code, size + 1)[:, :size]
            for code, size, number in parts
        ]
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
        """Return unit, variable and value of the weighted totals of auxiliary variables by unit."""
        units = int(unit.max()) + 1
        entries: list[tuple[Integers, Integers, Floats]] = []
        before = 0
        for code, size, number in self.controls.parts():
            if units * size <= 4 * unit.size:
                cells = np.bincount(
                    unit * (size + 1) + code, weights=weights * number, minlength=units * (size + 1)
                )
                totals: Floats = cells.astype(float).reshape(units, size + 1)[:, :size]
                # a number may sum to nothing over people who are there
                row, category = np.nonzero((totals != 0) | (not isinstance(number, float)))
                entries.append((row, before + category, totals[row, category]))
            else:
                inside = code < size
                entries.append((unit[inside], before + code[inside], weights[inside]))
            before += size
        where, which, values = zip(*entries, strict=True)
        return np.concatenate(where), np.concatenate(which), np.concatenate(values)
