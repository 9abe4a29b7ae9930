"""Bell and McCaffrey's correction of errors of a regression where primary units are few. See docs/formulas.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diplab.kernel.arrays import Floats, Integers


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Residuals enlarged by unit, and what degrees of freedom are computed from."""

    residual: Floats  # (rows,); B_g^(-1/2) times the residuals of each unit
    loading: Floats  # (coefficients, units); squared length of a_g = B_g^(-1/2) W_g X_g M c for each coefficient c
    plain: Floats  # plain and weighted: (coefficients, units, columns); X_g'a_g and X_g'W_g a_g
    weighted: Floats
    inverse: Floats  # inverse and between: (columns, columns); M = (X'WX)^-1 and M X'W^2 X M
    between: Floats
    coefficients: Floats  # (coefficients, columns); c'M for each coefficient c


def adjust(x: Floats, weight: Floats, residual: Floats, unit: Integers, mix: Floats | None = None) -> Adjusted:
    """Enlarge residuals by unit."""
    # shapes: `x` (columns, rows), `weight`, `residual`, `unit` (rows,), `mix` (coefficients, columns)
    weighted = x * weight
    inverse: Floats = np.asarray(np.linalg.inv(weighted @ x.T), dtype=float)
    between: Floats = inverse @ (weighted @ weighted.T) @ inverse
    coefficients = inverse if mix is None else mix @ inverse
    count, columns = int(unit.max()) + 1, len(x)
    enlarged = np.empty(residual.size)
    loading = np.empty((columns, count))
    plain, heavy = np.empty((columns, count, columns)), np.empty((columns, count, columns))
    members = np.split(np.argsort(unit, kind="stable"), np.cumsum(np.bincount(unit))[:-1])
    for place, rows in enumerate(members):
        own, own_weight = x[:, rows].T, weight[rows]
        values = np.column_stack([residual[rows], own_weight[:, None] * (own @ coefficients.T)])
        values = _enlarged(values, own, own_weight, inverse, between)
        enlarged[rows], a = values[:, 0], values[:, 1:]
        loading[:, place] = (a * a).sum(axis=0)
        plain[:, place] = a.T @ own
        heavy[:, place] = (a * own_weight[:, None]).T @ own
    return Adjusted(enlarged, loading, plain, heavy, inverse, between, coefficients)


def _enlarged(values: Floats, x: Floats, weight: Floats, inverse: Floats, between: Floats) -> Floats:
    """Multiply by B_g^(-1/2), where B_g = I - X M X'W - W X M X' + X Q X' differs from I in few directions."""
    basis, triangle = np.linalg.qr(np.hstack([x, x * weight[:, None]]))
    middle = np.block([[between, -inverse], [-inverse, np.zeros_like(inverse)]])
    size, direction = np.linalg.eigh(np.eye(len(triangle)) + triangle @ middle @ triangle.T)
    # a unit that alone tells a coefficient fits it exactly: nothing is left there to enlarge
    change = np.where(size > 1e-9, 1.0 / np.sqrt(np.maximum(size, 1e-9)), 0.0) - 1.0
    return np.asarray(values + basis @ ((direction * change) @ (direction.T @ (basis.T @ values))))


def satterthwaite(adjusted: Adjusted, unit: Integers, group: Integers, fraction: Floats) -> Floats:
    """Return the degrees of freedom of the variance of each coefficient; NaN where nothing is left to vary."""
    # shapes: `unit` (units,), `group` (units of the design,), `fraction` (strata,)
    size = np.bincount(group)
    scale = 1.0 - fraction
    if size.size > 1:
        scale = scale * size / np.maximum(size - 1, 1)
    columns = adjusted.inverse.shape[0]
    result = np.empty(columns)
    inverse = adjusted.inverse
    core = np.block([[adjusted.between, -inverse], [-inverse, np.zeros_like(inverse)]])
    for place in range(columns):
        own, reach = np.zeros(group.size), np.zeros((group.size, 2 * columns))
        own[unit] = adjusted.loading[place]
        reach[unit] = np.hstack([adjusted.plain[place], adjusted.weighted[place]])
        result[place] = _ratio(own, reach, core, group, size, scale)
    return result


def _ratio(own: Floats, reach: Floats, core: Floats, group: Integers, size: Integers, scale: Floats) -> float:
    """Return (trace)^2 / (sum of squares) of S C (diag(own) + reach core reach') C S, C centring by stratum."""
    by_unit = scale[group]
    if size.size == 1:
        centred, remaining, squares = reach, own * by_unit, ((own * by_unit) ** 2).sum()
    else:
        mean = np.stack([np.bincount(group, weights=each) for each in reach.T], axis=1) / size[:, None]
        centred = reach - mean[group]
        n = size[group]
        remaining = own * (1.0 - 1.0 / n) * by_unit
        sum_own = np.bincount(group, weights=own)
        sum_square = np.bincount(group, weights=own**2)
        squares = (scale**2 * (sum_square * (1.0 - 2.0 / size) + (sum_own / size) ** 2)).sum()
    spread = centred * np.sqrt(by_unit)[:, None]
    product = spread.T @ spread @ core
    heavy = centred * by_unit[:, None]
    trace = remaining.sum() + np.trace(product)
    crossed = np.einsum("gi,ij,gj,g->", heavy, core, heavy, own, optimize=True)
    total = squares + 2.0 * crossed + np.trace(product @ product)
    return float(trace**2 / total) if total > 0 else np.nan


@dataclass(frozen=True, eq=False)
class AdjustedMeans:
    """Residuals of means enlarged by cell of unit and domain, and the parts of their covariance by cell."""

    residual: Floats  # (rows,)
    own: Floats  # own, share and square: (cells,); |a_g|^2, 1'a_g and w'a_g / W, with a_g = B_g^(-1/2) w_g / W
    share: Floats
    square: Floats
    spread: Floats  # (domains,); sum of squared shares of the weight


def adjust_means(residual: Floats, weight: Floats, cell: Integers, domain: Integers, domains: int) -> AdjustedMeans:
    """Enlarge the residuals of the means of many domains at once."""
    # the block B = I - 1w'/W - w1'/W + s 11' of a cell differs from I along 1 and w only: with v, the weights over
    # their mean, B^(-1/2) = I + (1, v) L (1, v)', and L follows from two by two matrices. Shapes: `residual`, `weight`,
    # `cell` (rows,), `domain` (cells,)
    cells = domain.size
    n = np.bincount(cell, minlength=cells).astype(float)
    total = np.bincount(cell, weights=weight, minlength=cells)
    squares = np.bincount(cell, weights=weight**2, minlength=cells)
    of_domain = np.bincount(domain, weights=total, minlength=domains)
    spread = np.bincount(domain, weights=squares, minlength=domains) / of_domain**2
    each = total / (n * of_domain[domain])  # the mean share of a person
    gram = np.stack([np.stack([n, n], -1), np.stack([n, squares * (n / total) ** 2], -1)], -1)
    middle = np.zeros_like(gram)
    middle[:, 0, 0], middle[:, 0, 1], middle[:, 1, 0] = spread[domain], -each, -each
    size, direction = np.linalg.eigh(gram)
    there = size > 1e-12 * size[:, 1:]  # where all weights are alike, v is 1
    root = np.sqrt(np.where(there, size, 0.0))
    inverse = np.where(there, 1.0 / np.where(there, np.sqrt(np.abs(size)), 1.0), 0.0)
    half, back = (direction * part[:, None] @ direction.transpose(0, 2, 1) for part in (root, inverse))
    size, direction = np.linalg.eigh(np.eye(2) + half @ middle @ half)
    # a unit that is the whole domain fits its mean exactly: nothing is left there to enlarge
    change = np.where(size > 1e-9, 1.0 / np.sqrt(np.maximum(size, 1e-9)), 0.0) - 1.0
    along = back @ (direction * change[:, None] @ direction.transpose(0, 2, 1)) @ back
    v = weight * (n / total)[cell]
    sums = np.stack([np.bincount(cell, weights=residual * part, minlength=cells) for part in (np.ones_like(v), v)], -1)
    moved = np.einsum("cij,cj->ci", along, sums)[cell]
    # w / W is (1, v) times (0, each)
    loading = each[:, None] * (np.array([0.0, 1.0]) + np.einsum("cij,cj->ci", along, gram[:, :, 1]))
    products = np.einsum("cij,cj->ci", gram, loading)
    return AdjustedMeans(
        residual + moved[:, 0] + v * moved[:, 1],
        (loading * products).sum(axis=1),
        products[:, 0],
        each * products[:, 1],
        spread,
    )
