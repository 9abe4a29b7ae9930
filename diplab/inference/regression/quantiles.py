"""Quantile regression under a design: fits of several quantiles, their covariance, and what is to be said of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from scipy import linalg

from diplab.checks import argument, check_one_of, is_number
from diplab.errors import OptionError
from diplab.inference.regression.collinearity import check_columns, condition_rows
from diplab.inference.regression.fitting import FittedModel
from diplab.kernel.models.quantile_regression import CheckLoss, inverse_slopes, minimise_check_loss
from diplab.microdata.variable import code_text
from diplab.sampling.model_matrix import Categories

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.inference.regression.rows import ModelRows, Respondents
    from diplab.kernel.arrays import Floats
    from diplab.sampling.model_matrix import ModelMatrix
    from diplab.sampling.sample import SampleInMemory

Bandwidth: TypeAlias = Literal["hall_sheather", "bofinger"]
"""How far to either side the density at a quantile is looked for."""


@dataclass(frozen=True)
class Quantiles:
    """Which quantiles a regression is of."""

    orders: tuple[float, ...]
    several: bool  # whether rows tell them apart
    bandwidth: Bandwidth


def read_quantiles(
    family: str, quantile: float | Sequence[float] | None, bandwidth: Bandwidth | None, variance: str
) -> Quantiles | None:
    """Return the quantiles of `family='quantile'`, checked; None for other families, which have none."""
    if family != "quantile":
        for name, value in (("quantile", quantile), ("bandwidth", bandwidth)):
            if value is not None:
                raise OptionError(
                    f"{argument(name, value)} is for quantile regression.",
                    f"This one has `family={family!r}`.",
                    f"Write `family='quantile'`, or leave `{name}` out.",
                )
        return None
    bandwidth = bandwidth or "hall_sheather"
    check_one_of("bandwidth", bandwidth, Bandwidth)
    if variance != "linearised":
        raise OptionError(
            f"`variance={variance!r}` is not for `family='quantile'`.",
            "A quantile has no likelihood, and no residual that could be enlarged.",
            "Write `variance='linearised'`; or `make_replicates(sample, ...)` for errors over replicate weights.",
        )
    several = not is_number(quantile) and quantile is not None
    orders = [0.5] if quantile is None else list(quantile) if isinstance(quantile, list | tuple) else [quantile]
    for order in orders:
        if not is_number(order) or not 0 < order < 1:
            raise OptionError(
                f"{argument('quantile', quantile)} is not between 0 and 1.",
                f"{order!r} is no order of a quantile." if several else "",
                "Write 0.5 for the median, 0.9 for the ninth decile, or a list such as `[0.25, 0.5, 0.75]`.",
            )
    if len(set(orders)) < len(orders) or not orders:
        raise OptionError(
            f"{argument('quantile', quantile)} names " + ("one order twice." if orders else "no quantile."),
            write="Write each order once, for example `[0.25, 0.5, 0.75]`.",
        )
    return Quantiles(tuple(float(order) for order in orders), several, bandwidth)


def fit_quantiles(
    sample: SampleInMemory, respondents: Respondents, quantiles: Quantiles
) -> tuple[FittedModel, dict[str, str]]:
    """Fit a regression of each quantile, and again under each set of replicate weights; with the rules."""
    rows, orders = respondents.blocks, quantiles.orders
    check_columns(rows, constant=False)
    rows = condition_rows(rows, constant=rows.matrix.formula.intercept)
    x = rows.matrix.block(slice(0, rows.rows))
    found = [minimise_check_loss(x, rows.y, rows.weight, order) for order in orders]
    slopes = [
        inverse_slopes(x, each.residual, rows.weight, order, quantiles.bandwidth)
        for each, order in zip(found, orders, strict=True)
    ]
    lines = np.stack([each.coefficients for each in found])
    crossed = _crossings(rows.matrix, lines @ x, orders)
    remarks = {
        order: ", ".join(
            flag
            for flag, holds in (
                ("not unique", not each.unique),
                ("tied at the quantile", tied > 0.5 and np.count_nonzero(each.residual == 0) > len(x)),
                ("crossing quantiles", any(order in pair for pair in crossed)),
            )
            if holds
        )
        for order, each, (_, tied) in zip(orders, found, slopes, strict=True)
    }
    rules = {"model": "quantile identity", "quantile_order": ", ".join(f"{order:g}" for order in orders)}
    if crossed:
        rules["crossing"] = "; ".join(crossed.values())
    model = FittedModel(
        *(sample, CheckLoss(orders, tuple(remarks.values())), rows, respondents.row_index, lines.ravel()),
        linalg.block_diag(*(inverted for inverted, _ in slopes)),
        orders if quantiles.several else (),
    )
    if sample.replication is None:
        return model, {**rules, "bandwidth": quantiles.bandwidth}
    under = [
        _under_replicate(place, replace(rows, weight=weight), x, orders, lines)
        for place, weight in enumerate(model.replicate_weights(), start=1)
    ]
    return replace(model, replicates=np.stack(under)), rules


def _under_replicate(place: int, rows: ModelRows, x: Floats, orders: tuple[float, ...], near: Floats) -> Floats:
    """Return the coefficients under one set of replicate weights."""
    weight = rows.weight
    if weight.min() < 0:
        raise OptionError(
            f"Replicate {place} has negative weights, under which a quantile has no check loss to minimise.",
            f"They go down to {weight.min():g}.",
            "Write `make_replicates(...)` of a kind without them; or estimate without replicate weights.",
        )
    try:
        check_columns(rows, constant=False)
    except OptionError as error:
        raise OptionError(
            f"Under the weights of replicate {place}: {error.asked}",
            error.found,
            f"{error.write[:-1]}; or estimate without replicate weights.",
        ) from error
    kept = slice(None) if weight.min() > 0 else weight > 0
    found = [
        minimise_check_loss(x[:, kept], rows.y[kept], weight[kept], order, line).coefficients
        for order, line in zip(orders, near, strict=True)
    ]
    return np.concatenate(found)


def _crossings(matrix: ModelMatrix, lines: Floats, orders: tuple[float, ...]) -> dict[tuple[float, float], str]:
    """Return the pairs of quantiles of which the lower lies above the other, with how often, and where most."""
    crossed = {}
    ranked = sorted(range(len(orders)), key=lambda at: orders[at])
    for low, high in pairwise(ranked):
        above = lines[low] - lines[high]
        count = int(np.count_nonzero(above > 1e-9 * np.abs(lines[low])))
        if count:
            most = int(np.argmax(above))
            who = ", ".join(
                f"{factor.text} = {code_text(value.levels[value.codes[most]]) if isinstance(value, Categories) else f'{value[most]:g}'}"
                for factor, value in zip(matrix.formula.factors, matrix.values, strict=True)
            )
            crossed[orders[low], orders[high]] = f"{orders[low]:g} > {orders[high]:g} ({count} / {above.size}; {who})"
    return crossed


def mark_quantiles(frame: pd.DataFrame, fitted: FittedModel) -> pd.DataFrame:
    """Return rows with what is to be said of their quantile after the flags that they have."""
    if not isinstance(fitted.likelihood, CheckLoss):
        return frame
    remarks = dict(zip(fitted.likelihood.quantiles, fitted.likelihood.remarks, strict=True))
    own = frame["quantile"] if fitted.outcomes else [fitted.likelihood.quantiles[0]] * len(frame)
    flags = [", ".join(filter(None, (flag, remarks[order]))) for flag, order in zip(frame["flag"], own, strict=True)]
    return frame.assign(flag=flags)
