"""Instrumental variables: two-stage least squares under the design of the sample (Theil 1953; Basmann 1957).

Regressors X that go with what the model leaves out are replaced by what instruments Z foretell of them, P = Z
(Z'WZ)^-1 Z'WX; coefficients solve P'W (y - X b) = 0, and the influence of a row is (P'WP)^-1 p_i (y_i - x_i'b): with
the regressor as it was observed, not as foretold.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.inference.regression.collinearity import check_columns, column_label
from diplab.kernel.models.regression import inverse, rank_lost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.inference.regression.rows import ModelRows
    from diplab.kernel.arrays import Floats
    from diplab.sampling.model_matrix import MatrixColumn

WEAK = 10.0
"""Under this first-stage F instruments are weak, and estimates lean towards ordinary least squares (Staiger and Stock
1997)."""


def check_instruments(rows: ModelRows) -> None:
    """Refuse instruments that leave a coefficient undetermined, or that nothing needs."""
    assert rows.instruments is not None  # asked of such models only
    formula, endogenous, excluded = rows.matrix.formula, instrumented_columns(rows), excluded_columns(rows)
    if not endogenous:
        raise OptionError(
            f"All terms of `{formula.text}` are among its instruments.",
            "It is an ordinary regression.",
            "Leave out `|` and what stands after it.",
        )
    if len(excluded) < len(endogenous):
        names = ", ".join(column_label(rows.matrix.columns[at]) for at in endogenous)
        raise OptionError(
            f"`{formula.text}` is not identified.",
            f"Terms that need an instrument: {names}; instruments that are no terms: {len(excluded)}.",
            "Write all instruments after `|`, and terms that are their own instruments again: `y ~ x + z | w + z`.",
        )
    instruments = rows.instruments
    check_columns(rows, constant=False)
    check_columns(instruments, constant=False)
    through = foretold(rows)
    products = sum(((block.x * block.weight) @ block.x.T for block in through), np.zeros(()))
    if lost := rank_lost(np.asarray(products)):
        label = column_label(rows.matrix.columns[lost[0]])
        raise OptionError(
            f"`{formula.text}` is not identified.",
            f"What its instruments foretell of {label} follows from the other terms.",
            "Write instruments that go with it while the other terms stay fixed.",
        )


def instrumented_columns(rows: ModelRows) -> list[int]:
    """Return the places of the columns that are not among the instruments."""
    return _missing_from(rows.matrix.columns, rows.instruments.matrix.columns) if rows.instruments else []


def excluded_columns(rows: ModelRows) -> list[int]:
    """Return the places of the instruments that are not columns of the model."""
    return _missing_from(rows.instruments.matrix.columns, rows.matrix.columns) if rows.instruments else []


def _missing_from(columns: Sequence[MatrixColumn], others: Sequence[MatrixColumn]) -> list[int]:
    known = {(each.variable, each.category) for each in others}
    return [at for at, each in enumerate(columns) if (each.variable, each.category) not in known]


def foretold(rows: ModelRows) -> ModelRows:
    """Return the rows with the columns as their instruments foretell them; those of other models as they are."""
    if rows.instruments is None:
        return rows
    products, along = np.zeros(()), np.zeros(())
    instruments = replace(rows.instruments, weight=rows.weight, _buffer=[])
    for own, instrument in zip(replace(rows, projection=None, _buffer=[]), instruments, strict=True):
        weighted = instrument.x * own.weight
        products = products + weighted @ instrument.x.T
        along = along + weighted @ own.x.T
    return replace(rows, projection=inverse(products) @ along, _buffer=[])


def with_observed_residuals(rows: ModelRows, theta: Floats) -> ModelRows:
    """Return the rows with outcomes of which the columns as foretold leave y - X b."""
    if rows.projection is None:
        return rows
    y = rows.y.copy()
    for block in rows:
        y[block.place] -= theta @ (rows.matrix.block(block.place) - block.x)
    return replace(rows, y=y, _buffer=[])
