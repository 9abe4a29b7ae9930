"""Degrees of freedom of an estimated covariance matrix, for the test of several combinations at once."""

from __future__ import annotations

import numpy as np
from scipy.special import fdtri, stdtrit

from diplab.kernel.arrays import Floats

_LEVEL = 0.05
_TAILS = np.geomspace(1.0, 1e-6, 301)


def hotelling_df(moments: Floats, most: float, without: float) -> float:
    """Return the degrees of freedom of an estimated covariance matrix D of mean I, for the test of all at once.

    Where D is a Wishart matrix of d, Hotelling's statistic is a sum: to the Q of the coordinates before, coordinate j
    adds (1 + Q / d) d / (d - j + 1) times an F on 1 and d - j + 1. Here coordinates are the directions in which D
    varies, most first. Each has d_j = 2 / Var(D_jj) of its own, of which d_j Var(D_ij) go to every i before, and
    Var(D_ij) stands for 1 / d. Returned is the d of the Hotelling test with the same critical value at 5%: in one
    direction its own, and that of a Wishart matrix. What q (q + 1) / sum of Var(D_st) gives (Zhang 2012; Tipton and
    Pustejovsky 2015) is too large where one direction rests on few units and the others on many.

    Shapes: `moments` (q, q, q, q): tr(A G_ab A G_cd).
    """
    q = len(moments)
    if not (np.isfinite(moments).all() and moments.any()):
        return without
    if q == 1:
        return float(np.clip(1 / moments.item(), min(1.0, most), most))
    # Cov(D_st, D_tu) over t, of which the first directions have the most
    together = np.einsum("tuts->su", moments) + np.einsum("ttus->su", moments)
    turn = np.linalg.eigh(together)[1][:, ::-1]
    moments = np.einsum("abcd,as,bt,cu,dv->stuv", moments, turn, turn, turn, turn, optimize=True)
    variance = np.einsum("sstt->st", moments) + np.einsum("stst->st", moments)
    own = np.clip(2 / np.maximum(np.diag(variance), 1e-300), min(1.0, most), most)
    middle, mass = np.sqrt(_TAILS[1:] * _TAILS[:-1]), -np.diff(_TAILS)
    sizes, masses = np.zeros(1), np.ones(1)
    for j in range(q):
        before = variance[:j, j]
        left = own[j] * (1 - before.sum())
        if not left > 0:
            return q - 1.0
        step = own[j] / left * stdtrit(left, 1 - middle / 2) ** 2
        every = (sizes[:, None] + (1 + sizes[:, None] * (before.mean() if j else 0.0)) * step).ravel()
        order, shares = np.argsort(-every), np.outer(masses, mass).ravel()
        above = np.cumsum(shares[order]) - shares[order] / 2
        sizes, masses = np.interp(middle, above, every[order]), mass
    critical = np.interp(np.log(_LEVEL), np.log(middle[::-1]), np.log(sizes[::-1]))

    low, high = np.log(1e-2), np.log(max(most - q + 1, 1e-2))
    for _ in range(50):
        left = np.exp((low + high) / 2)
        beyond = np.log(q * (left + q - 1) / left * fdtri(q, left, 1 - _LEVEL)) < critical
        low, high = (low, np.log(left)) if beyond else (np.log(left), high)
    return float(q - 1 + np.exp(high)) if high > np.log(1.01e-2) else q - 1.0
