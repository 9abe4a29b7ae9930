"""Log-linear models of how often each pattern of capture was seen, by maximum likelihood, many tables at once.

The expected count of a cell is exp(x b), x its line of the model matrix. Counts are independent Poisson counts; the
likelihood is concave in b, and Newton's steps are those of iteratively reweighted least squares. Tables that share a
model matrix (bootstrap replicates) are fitted together, so that a thousand cost little more than one.

References
----------
Fienberg (1972), *Biometrika* 59; Cormack (1989), *Biometrics* 45; Baillargeon and Rivest (2007), *Journal of
Statistical Software* 19(5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, xlogy

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LogLinear", "fit_loglinear", "unseen_size"]

_STEPS, _HALVINGS, _CLOSE, _DAMPING = 100, 30, 1e-13, 1e-12


@dataclass(frozen=True, eq=False)
class LogLinear:
    """A log-linear model fitted to one table, or to many (leading dimension `tables`).

    Parameters
    ----------
    coefficients : array, shape (..., parameters)
    covariance : array, shape (..., parameters, parameters)
        Inverse of the information; NaN where it has none.
    fitted : array, shape (..., cells)
        Expected counts.
    deviance, log_likelihood : array, shape (...)
        The log-likelihood is that of Poisson counts, factorials included.
    df : int
        Cells minus parameters.
    converged : array of bool, shape (...)
        False where the likelihood was still rising: the estimate lies at the edge.
    """

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    fitted: NDArray[np.float64]
    deviance: NDArray[np.float64]
    log_likelihood: NDArray[np.float64]
    df: int
    converged: NDArray[np.bool_] | np.bool_

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return int(self.coefficients.shape[-1])

    @property
    def aic(self) -> NDArray[np.float64]:
        """Akaike's criterion, -2 log L + 2 p."""
        return -2.0 * self.log_likelihood + 2.0 * self.parameters

    def bic(self, seen: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Schwarz's criterion, -2 log L + p log n, n the units seen."""
        found: NDArray[np.float64] = -2.0 * self.log_likelihood + self.parameters * np.log(seen)
        return found


def fit_loglinear(
    x: NDArray[np.float64],
    counts: NDArray[np.float64],
    offset: NDArray[np.float64] | None = None,
    start: NDArray[np.float64] | None = None,
) -> LogLinear:
    """Fit a log-linear model to one table of counts, or to many with the same model matrix.

    Parameters
    ----------
    x : array, shape (cells, parameters)
        Model matrix of the cells that were seen or could have been.
    counts : array, shape (cells,) or (tables, cells)
        Persons in each cell; need not be whole numbers.
    offset : array, shape (cells,), optional
        Known part of the logarithm of each expected count, as where a cell gathers several patterns.
    start : array, shape (parameters,), optional
        Coefficients to begin with where they fit better than the usual start, as those of nearly the same counts.

    Returns
    -------
    LogLinear

    Examples
    --------
    >>> import numpy as np
    >>> two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    >>> fit = fit_loglinear(two_lists, np.array([584.0, 2191.0, 2247.0]))
    >>> round(float(np.exp(fit.coefficients[0])), 3)  # persons on neither list: 2191 x 2247 / 584
    8430.098
    """
    tables = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    known = np.zeros(len(x)) if offset is None else offset
    theta, deviance, converged = _newton(x, tables, known, start)
    fitted = _fitted(x, theta, known)
    log_likelihood = (xlogy(tables, fitted) - fitted - gammaln(tables + 1)).sum(axis=-1)
    covariance = _inverse(_information(x, fitted))
    degrees = x.shape[0] - x.shape[1]
    if np.ndim(counts) == 2:
        return LogLinear(theta, covariance, fitted, deviance, log_likelihood, degrees, converged)
    return LogLinear(
        theta[0], covariance[0], fitted[0], deviance[0], log_likelihood[0], degrees, converged[0]
    )


def unseen_size(
    fit: LogLinear, unseen: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the expected number of persons never seen, and the variance of the population size.

    Parameters
    ----------
    fit : LogLinear
    unseen : array, shape (parameters,)
        The line of the model matrix of the cell never seen (1 for the constant, mostly 0 elsewhere).

    Returns
    -------
    tuple of array
        u = exp(x b) and u + u^2 x V x' (Rivest and Lévesque, 2001): the Poisson variance of the persons never seen
        plus that of the fit.

    Examples
    --------
    >>> import numpy as np
    >>> two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    >>> fit = fit_loglinear(two_lists, np.array([584.0, 2191.0, 2247.0]))
    >>> missed, variance = unseen_size(fit, np.array([1.0, 0.0, 0.0]))
    >>> round(float(variance) ** 0.5, 4)
    440.6613
    """
    with np.errstate(over="ignore"):
        missed = np.exp(fit.coefficients @ unseen)
        spread = np.einsum("i,...ij,j->...", unseen, fit.covariance, unseen)
        return missed, missed + missed**2 * spread


def _newton(
    x: NDArray[np.float64],
    tables: NDArray[np.float64],
    known: NDArray[np.float64],
    start: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return coefficients, deviance and whether the steps came to an end, by table."""
    theta = _start(x, tables, known)
    deviance = _deviance(x, tables, theta, known)
    if start is not None:
        other = np.broadcast_to(start, theta.shape)
        given = _deviance(x, tables, other, known)
        theta = np.where((given < deviance)[:, None], other, theta)
        deviance = np.minimum(given, deviance)
    settled = np.zeros(len(tables), dtype=bool)
    for _ in range(_STEPS):
        moving = np.flatnonzero(~settled)
        if not moving.size:
            break
        own, here = tables[moving], theta[moving]
        fitted = _fitted(x, here, known)
        step = np.einsum("tij,tj->ti", _inverse(_information(x, fitted), _DAMPING), (own - fitted) @ x)
        step = np.nan_to_num(step, nan=0.0, posinf=0.0, neginf=0.0)
        ahead, lower = _halved(x, own, here, step, deviance[moving], known)
        gain = deviance[moving] - lower
        theta[moving], deviance[moving] = ahead, lower
        size = np.abs(step).max(axis=-1)
        settled[moving] = (gain <= _CLOSE * (np.abs(lower) + 1.0)) & (size <= 1e-6)
    return theta, deviance, settled


def _start(
    x: NDArray[np.float64], tables: NDArray[np.float64], known: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return least squares on the logarithms of the counts, weighted by them."""
    raised = tables + 0.5
    products = np.einsum("ci,tc,cj->tij", x, raised, x)
    sides = np.einsum("ci,tc->ti", x, raised * (np.log(raised) - known))
    found: NDArray[np.float64] = np.einsum("tij,tj->ti", np.nan_to_num(_inverse(products)), sides)
    return found


def _halved(
    x: NDArray[np.float64],
    tables: NDArray[np.float64],
    here: NDArray[np.float64],
    step: NDArray[np.float64],
    deviance: NDArray[np.float64],
    known: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the steps lead, each halved until the deviance no longer rises."""
    ahead = here + step
    lower = _deviance(x, tables, ahead, known)
    for _ in range(_HALVINGS):
        worse = ~(lower <= deviance + 1e-10 * (np.abs(deviance) + 1.0))
        if not worse.any():
            break
        step = np.where(worse[:, None], step / 2, step)
        ahead = here + step
        lower = np.where(worse, _deviance(x, tables, ahead, known), lower)
    # near an edge of the parameters a step may be so long that no halving helps: the table stays where it is
    lost = ~(lower <= deviance + 1e-10 * (np.abs(deviance) + 1.0))
    return np.where(lost[:, None], here, ahead), np.where(lost, deviance, lower)


def _fitted(
    x: NDArray[np.float64], theta: NDArray[np.float64], known: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.exp(np.clip(theta @ x.T + known, -700, 700))


def _deviance(
    x: NDArray[np.float64],
    tables: NDArray[np.float64],
    theta: NDArray[np.float64],
    known: NDArray[np.float64],
) -> NDArray[np.float64]:
    predictor = np.clip(theta @ x.T + known, -700, 700)
    found: NDArray[np.float64] = 2.0 * (
        xlogy(tables, tables) - tables * predictor - tables + np.exp(predictor)
    ).sum(axis=-1)
    return found


def _information(x: NDArray[np.float64], fitted: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.swapaxes(x * fitted[:, :, None], 1, 2) @ x
    return found


def _inverse(matrices: NDArray[np.float64], damping: float = 0.0) -> NDArray[np.float64]:
    """Return inverses, scaled to a diagonal of ones first, which damping raises; NaN for a matrix that has none."""
    diagonal = np.einsum("tii->ti", matrices)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, np.nan))
    scaled = matrices * scale[:, :, None] * scale[:, None, :] + damping * np.eye(matrices.shape[-1])
    found = np.full_like(matrices, np.nan)
    good = np.isfinite(scaled).all(axis=(-1, -2))
    if good.any():
        try:
            found[good] = np.linalg.inv(scaled[good])
        except np.linalg.LinAlgError:
            for at in np.flatnonzero(good):
                try:
                    found[at] = np.linalg.inv(scaled[at])
                except np.linalg.LinAlgError:
                    continue
    return found * scale[:, :, None] * scale[:, None, :]
