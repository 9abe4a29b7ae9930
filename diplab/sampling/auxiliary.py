"""The auxiliary variables of adjusted weights, on which weighted totals are regressed.

A calibrated total has, to first order, the sampling error of the total of residuals of the
regression on the margins (Deville and Särndal 1992), weighted by the weights before calibration;
the residuals have the calibrated weights. Weights from a model of who answered have an error of
the same form (Kim and Kim 2007): the total of w z varies as that of w z - a x'B, where a is each
person's part in the equations of the model, and B the regression of w z on x that these equations
imply. Statistics ignore both: the design subtracts the regression from their linearised variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.kernel.calibration import Controls


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """The variables of an adjustment on every row, and the weights of the regression on them.

    An adjustment may follow another one, `before`, whose error is then that of the residuals.
    """

    controls: Controls  # by row; outside the calibrated universe, categories are -1 and numbers 0
    weights: Floats  # (rows,); of the cross-products: of a calibration, those before it
    rules: Mapping[str, Any] = field(
        default_factory=dict
    )  # the rules of the adjustment, for the provenance
    # (rows,); of the products with a row value; by default those of the cross-products
    of_products: Floats | None = None
    # (rows,); the part of each row in the equations of a model; by default its weight
    parts: Floats | None = None
    before: Auxiliary | None = None

    @property
    def is_calibration(self) -> bool:
        """Whether the last adjustment is to margins, and not by a model of who answered."""
        return self.parts is None

    def after(self, before: Auxiliary, ratio: Floats) -> Auxiliary:
        """Return the adjustment after another, whose weights it multiplied by a ratio."""
        products = before.of_products
        if products is not None:
            before = replace(before, of_products=products * ratio)
        return replace(self, before=before, rules={**before.rules, **self.rules})

    @property
    def width(self) -> int:
        """Number of auxiliary variables: categories, then numbers, then those before."""
        if self.before is None:
            return self.controls.width
        return self.controls.width + self.before.width

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
        weights = self.weights if self.of_products is None else self.of_products
        own = self._inverse @ self.products(weights * value, domain, domains)
        if self.before is None:
            return own
        first = self.before.coefficients(value, domain, domains) - self._on_those_before @ own
        return np.concatenate([own, first])

    @cached_property
    def _on_those_before(self) -> Floats:
        """The regression of each variable on those of the adjustment before."""
        assert self.before is not None  # who asks has one
        everybody = np.zeros(self.controls.rows, dtype=np.int64)
        columns = self.controls.block(0, self.controls.rows).T
        found = [self.before.coefficients(column, everybody, 1)[:, 0] for column in columns]
        return np.stack(found, axis=1)

    def by_unit(self, unit: Integers, weights: Floats) -> tuple[Integers, Integers, Floats]:
        """Return unit, variable and value of the weighted totals of auxiliary variables by unit."""
        if self.parts is not None:
            weights = self.parts
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
        if self.before is not None:
            of_unit, variable, value = self.before.by_unit(unit, weights)
            entries.append((of_unit, before + variable, value))
        where, which, values = zip(*entries, strict=True)
        return np.concatenate(where), np.concatenate(which), np.concatenate(values)
