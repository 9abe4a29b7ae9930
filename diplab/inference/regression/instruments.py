"""Instrumental variables: two-stage least squares under the design of the sample (Theil 1953; Basmann 1957).

Regressors X that go with what the model leaves out are replaced by what instruments Z foretell of them, P = Z
(Z'WZ)^-1 Z'WX; coefficients solve P'W (y - X b) = 0, and the influence of a row is (P'WP)^-1 p_i (y_i - x_i'b): with
the regressor as it was observed, not as foretold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diplab.errors import OptionError
from diplab.inference.regression.collinearity import check_columns, column_label
from diplab.inference.regression.rows import ModelRows
from diplab.kernel.arrays import Floats
from diplab.kernel.models.regression import inverse, rank_lost

WEAK = 10.0
"""Under this first-stage F instruments are weak: estimates lean towards least squares (Staiger and Stock 1997)."""


def check_instruments(rows: ModelRows) -> None:
    """Refuse instruments that leave a coefficient undetermined, or that nothing needs."""
    formula, (endogenous, excluded) = rows.matrix.formula, unshared_columns(rows)
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
    for each in (rows, rows.instruments):
        assert each is not None  # asked of models with instruments only
        check_columns(each, constant=False)
    products = sum(((block.x * block.weight) @ block.x.T for block in foretold(rows)), np.zeros(()))
    if lost := rank_lost(np.asarray(products)):
        label = column_label(rows.matrix.columns[lost[0]])
        raise OptionError(
            f"`{formula.text}` is not identified.",
            f"What its instruments foretell of {label} follows from the other terms.",
            "Write instruments that go with it while the other terms stay fixed.",
        )


def unshared_columns(rows: ModelRows) -> tuple[list[int], list[int]]:
    """Return the places of the columns that are not among the instruments, and of instruments that are no columns."""
    if rows.instruments is None:
        return [], []
    columns, instruments = (
        [(each.variable, each.category) for each in matrix.columns] for matrix in (rows.matrix, rows.instruments.matrix)
    )
    return (
        [at for at, each in enumerate(columns) if each not in instruments],
        [at for at, each in enumerate(instruments) if each not in columns],
    )


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
