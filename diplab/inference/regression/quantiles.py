"""Quantile regression under a design: fits of one or several quantiles, and their flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import linalg

from diplab.checks import argument, check_one_of, is_number
from diplab.errors import OptionError
from diplab.inference.regression.fitting import FittedModel
from diplab.inference.regression.rows import (
    ModelRows,
    Respondents,
    are_collinear,
    check_columns,
    condition_rows,
)
from diplab.kernel.arrays import Floats
from diplab.kernel.models.quantile_regression import (
    CheckLoss,
    bandwidth,
    inverse_slopes,
    minimise_check_loss,
)
from diplab.results.regression import CrossedQuantiles
from diplab.sampling.model_matrix import Categories, ModelMatrix
from diplab.sampling.sample import SampleInMemory

Bandwidth: TypeAlias = Literal["bofinger", "hall_sheather"]
"""How far to either side of a quantile the density there is looked for."""


def read_quantiles(
    family: str, quantile: float | Sequence[float] | None, density: Bandwidth | None, variance: str
) -> tuple[float, ...]:
    """Return the orders of the quantiles of a regression, checked.

    None for families that have none.
    """
    if family != "quantile":
        for name, value in (("quantile", quantile), ("bandwidth", density)):
            if value is not None:
                what = f"{argument(name, value)} applies to `family='quantile'`."
                raise OptionError(
                    what, f"This is {family!r}.", f"Write that, or leave `{name}` out."
                )
        return ()
    check_one_of("bandwidth", density or "bofinger", Bandwidth)
    if variance != "linearised":
        raise OptionError(
            f"`variance={variance!r}` does not apply to `family='quantile'`.",
            "A quantile regression has no likelihood, and no residuals to inflate.",
            "Write `variance='linearised'`; or `make_replicates(sample, 'bootstrap')` for errors "
            "over replicates.",
        )
    several = hasattr(quantile, "__iter__") and not isinstance(quantile, str)
    orders: list[Any] = (
        [0.5]
        if quantile is None
        else list(quantile)  # type: ignore[arg-type]
        if several
        else [quantile]
    )
    inside = all(is_number(order) and 0 < order < 1 for order in orders)
    if not orders or not inside or len({*orders}) < len(orders):
        wrong = "is not an order of a quantile, a number between 0 and 1."
        if inside and orders:
            wrong = "names an order twice."
        raise OptionError(
            f"{argument('quantile', quantile)} {wrong}",
            write="Write 0.5 for the median, 0.9 for the ninth decile, or a list such as `[0.25, "
            "0.5, 0.75]`.",
        )
    return tuple(map(float, orders))


def fit_quantiles(
    sample: SampleInMemory,
    respondents: Respondents,
    orders: tuple[float, ...],
    density: Bandwidth,
    *,
    several: bool,
) -> tuple[FittedModel, dict[str, str]]:
    """Fit a regression of each quantile, and again under each set of replicate weights.

    With the rules.
    """
    rows = respondents.blocks
    check_columns(rows, constant=False)
    rows = condition_rows(rows, constant=rows.matrix.formula.intercept)
    x, weight = rows.matrix.block(slice(0, rows.rows)), rows.weight
    alike = float(weight.sum() ** 2 / (weight @ weight))
    lines, slopes, remarks = [], [], []
    for order in orders:
        beyond = alike * min(order, 1 - order)
        if beyond < len(x):
            raise OptionError(
                f"`quantile={order:g}` is too far out for {len(x)} coefficients.",
                f"About {beyond:.2g} answers lie beyond it.",
                "Write an order nearer to 0.5, or fewer terms; `dl.quantile` needs no model.",
            )
        line, unique, residual = minimise_check_loss(x, rows.y, weight, order)
        slope, inside = inverse_slopes(x, residual, weight, bandwidth(order, alike, density), order)
        tied = residual == 0
        found = {
            "not unique": not unique,
            "tied at the quantile": tied.sum() > len(x)
            and weight[tied].sum() > 0.5 * weight[inside].sum(),
            "jackknife": sample.replication is not None
            and sample.replication.kind in ("jk1", "jkn"),
            "few beyond the quantile": beyond < 5 * len(x),
        }
        lines.append(line)
        slopes.append(slope)
        remarks.append([flag for flag, holds in found.items() if holds])
    rules: dict[str, Any] = {
        "model": {"quantile identity": ("quantile", "identity")},
        "quantile_order": {f"{order:g}": order for order in orders},
    }
    crossed = _crossings(rows.matrix, np.stack(lines) @ x, orders)
    rules |= {"crossing": {item.text: item for item in crossed.values()}} if crossed else {}
    for at in {item for pair in crossed for item in pair}:
        remarks[at].append("crossing quantiles")
    likelihood = CheckLoss(orders, tuple(map(", ".join, remarks)))
    model = FittedModel(
        *(
            sample,
            likelihood,
            rows,
            respondents.row_index,
            np.concatenate(lines),
            linalg.block_diag(*slopes),
        ),
        outcomes=orders if several else (),
    )
    rules |= {"bandwidth": density} if sample.replication is None else {}
    return model.refitted(lambda own: _refitted(replace(rows, weight=own), x, orders, lines)), rules


def _refitted(
    rows: ModelRows, x: Floats, orders: tuple[float, ...], near: Sequence[Floats]
) -> Floats:
    """Return the coefficients under other weights; NaN where they are not identified."""
    if rows.weight.min() < 0:
        raise OptionError(
            f"Some are negative, down to {rows.weight.min():g}.",
            "A quantile regression minimises a weighted loss, and its weights cannot be negative.",
            "Write replicates of a kind without them.",
        )
    if are_collinear(rows, constant=False):
        return np.full(len(x) * len(orders), np.nan)
    kept = rows.weight > 0
    x, y, weight = (
        (x, rows.y, rows.weight) if kept.all() else (x[:, kept], rows.y[kept], rows.weight[kept])
    )
    return np.concatenate(
        [minimise_check_loss(x, y, weight, *item)[0] for item in zip(orders, near, strict=True)]
    )


def _crossings(
    matrix: ModelMatrix, lines: Floats, orders: tuple[float, ...]
) -> dict[tuple[int, int], CrossedQuantiles]:
    """Return the pairs of quantiles that cross, by their places."""
    crossed = {}
    for low, high in pairwise(np.argsort(orders).tolist()):
        above = lines[low] - lines[high]
        count, most = (
            int(np.count_nonzero(above > 1e-9 * np.abs(lines[low]))),
            int(np.argmax(above)),
        )
        if count:
            who = tuple(
                (
                    factor.text,
                    value.levels[value.codes[most]]
                    if isinstance(value, Categories)
                    else float(value[most]),
                )
                for factor, value in zip(matrix.formula.factors, matrix.values, strict=True)
            )
            crossed[low, high] = CrossedQuantiles(orders[low], orders[high], count, above.size, who)
    return crossed


def mark_quantiles(frame: pd.DataFrame, fitted: FittedModel) -> pd.DataFrame:
    """Return rows with what is to be said of their quantile after the flags that they have."""
    if not isinstance(fitted.likelihood, CheckLoss):
        return frame
    remarks = dict(zip(fitted.likelihood.quantiles, fitted.likelihood.remarks, strict=True))
    order_of_row = frame["quantile"] if fitted.outcomes else [*remarks] * len(frame)
    flags = [
        ", ".join(filter(None, (flag, remarks[order])))
        for flag, order in zip(frame["flag"], order_of_row, strict=True)
    ]
    return frame.assign(flag=flags)
