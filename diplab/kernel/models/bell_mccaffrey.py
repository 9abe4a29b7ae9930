"""Bell and McCaffrey's small-sample correction of regression errors. See docs/formulas.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.kernel.models.coefficients import WorkingModel


def enlarge(model: WorkingModel, x: Floats, residual: Floats, mix: Floats) -> tuple[Floats, Floats]:
    """Return residuals enlarged by unit, and error loads on combinations of coefficients."""
    # B_g^(-1/2) times the residuals of each unit, and times W_g X_g M c for each combination c,
    # with M = (X'WX)^-1. Shapes: `x` (rows, columns), `residual` (rows,), `mix` (combinations,
    # columns); loads (combinations, rows)
    bread, meat = model.bread_and_meat
    values = np.concatenate([residual[None], model.loads(mix)])
    count = np.bincount(model.unit, minlength=model.units)
    middle = np.block([[bread @ meat @ bread, -bread], [-bread, np.zeros_like(bread)]])
    order = np.argsort(model.unit, kind="stable")
    alone = count[model.unit[order]] == 1
    single = order[alone]
    both = np.hstack([x[single], x[single] * model.weight[single, None]])
    values[:, single] *= 1.0 + _enlargement(1.0 + np.einsum("gi,gi->g", both @ middle, both))
    for rows in np.split(order[~alone], np.cumsum(count[count > 1])[:-1]):
        if rows.size:
            values[:, rows] = _enlarged(values[:, rows].T, x[rows], model.weight[rows], middle).T
    return values[0], values[1:]


def _enlarged(values: Floats, x: Floats, weight: Floats, middle: Floats) -> Floats:
    """Multiply by B_g^(-1/2), where B_g = I - X M X'W - W X M X' + X Q X'.

    B_g differs from I in few directions.
    """
    basis, triangle = np.linalg.qr(np.hstack([x, x * weight[:, None]]))
    size, direction = np.linalg.eigh(np.eye(len(triangle)) + triangle @ middle @ triangle.T)
    return np.asarray(
        values + basis @ ((direction * _enlargement(size)) @ (direction.T @ (basis.T @ values)))
    )


def _enlargement(size: Floats) -> Floats:
    """Return what the inverse root of a size adds to 1."""
    # a unit that alone identifies a coefficient has zero residuals there, with nothing to enlarge
    return np.where(size > 1e-9, 1.0 / np.sqrt(np.maximum(size, 1e-9)), 0.0) - 1.0


@dataclass(frozen=True, eq=False)
class AdjustedMeans:
    """Residuals of means enlarged by unit and domain, and the parts of their covariance."""

    residual: Floats  # (rows,)
    # own, share and square: (cells,); |a_g|^2, 1'a_g and w'a_g / W, with a_g = B_g^(-1/2) w_g / W
    own: Floats
    share: Floats
    square: Floats
    spread: Floats  # (domains,); sum of squared shares of the weight


def adjust_means(
    residual: Floats, weight: Floats, cell: Integers, domain: Integers, domains: int
) -> AdjustedMeans:
    """Enlarge the residuals of the means of many domains at once."""
    # the block B = I - 1w'/W - w1'/W + s 11' of a cell differs from I along 1 and w only: with v,
    # the weights over their mean, B^(-1/2) = I + (1, v) L (1, v)', and L follows from two by two
    # matrices. Shapes: `residual`, `weight`, `cell` (rows,), `domain` (cells,)
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
    half, back = (
        direction * part[:, None] @ direction.transpose(0, 2, 1) for part in (root, inverse)
    )
    size, direction = np.linalg.eigh(np.eye(2) + half @ middle @ half)
    # a unit that is the whole domain fits its mean exactly: nothing is left there to enlarge
    change = np.where(size > 1e-9, 1.0 / np.sqrt(np.maximum(size, 1e-9)), 0.0) - 1.0
    along = back @ (direction * change[:, None] @ direction.transpose(0, 2, 1)) @ back
    v = weight * (n / total)[cell]
    sums = np.stack(
        [
            np.bincount(cell, weights=residual * part, minlength=cells)
            for part in (np.ones_like(v), v)
        ],
        -1,
    )
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
