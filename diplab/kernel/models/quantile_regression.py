"""Quantile regression: coefficients that minimise the weighted check loss, exactly, and the density at the quantile.

The loss of an answer y is tau r above the line and (tau - 1) r below it, r = y - x'b (Koenker and Bassett 1978). Its
minimum is the solution of a linear programme, found in three steps:

1. A fit of some rows places the line, and rows far from it are added up into one row below it and one above: their
   side is all that counts. Where some turn out on the wrong side, they are put back (Portnoy and Koenker 1997).
2. The rest is fitted by an interior point method with a predictor and a corrector (Frisch and Newton; Mehrotra 1992).
3. From there one descends from edge to edge of the loss, which is linear between the rows it passes through, until no
   direction leads down: the answer is then exact, and tells whether it is the only one.

Where it is not, the one with the lowest mean is taken, the limit of quantiles just below tau: for a constant alone this
is the inverse of the distribution function, the rule `math` of quantiles.

References
----------
Portnoy and Koenker (1997), "The Gaussian Hare and the Laplacian Tortoise", *Statistical Science* 12; Barrodale and
Roberts (1973) for the descent. Powell (1991) for the density; Hall and Sheather (1988), Bofinger (1975).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, sparse, special

from diplab.kernel.models.regression import inverse, solve
from diplab.kernel.quantiles import quantile

if TYPE_CHECKING:
    from diplab.kernel.arrays import Booleans, Floats
    from diplab.kernel.models.regression import Block, Conditioning

BANDWIDTHS = ("hall_sheather", "bofinger")

_WHOLE = 10_000
"""Up to these rows all are fitted at once."""

_ZERO = 1e-11
_EDGE = 1e-6
"""A subgradient nearer to its limits than this, of one that is at most 1 wide, leaves a direction without a slope."""

_ROUNDING = 1e-9
_PRECISE = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass(frozen=True, eq=False)
class CheckLoss:
    """The model of one or several quantiles of an answer, each linear in the columns of the model matrix."""

    quantiles: tuple[float, ...]
    remarks: tuple[str, ...] = ()  # what is to be said of each

    def predictors(self, x: Floats, theta: Floats) -> Floats:
        """Return each quantile of each row, shape (quantiles, rows)."""
        result: Floats = theta.reshape(len(self.quantiles), -1) @ x
        return result

    def moved(self, along: Floats, theta: Floats) -> Floats:
        """Return how these change as the model matrix moves along another."""
        return self.predictors(along, theta)

    def gathered(self, slopes: Floats, x: Floats, *, constants: bool) -> Floats:
        """Return sums over rows in the parameters; the constants are among them."""
        return (slopes @ x.T).reshape(len(slopes), -1)

    def outcome(self, eta: Floats) -> Floats:
        """Return the quantiles themselves."""
        return eta

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how these change as the predictors move."""
        return moved

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return x (tau - 1(y <= x'b)) of each row without its weight."""
        line = theta.reshape(len(self.quantiles), -1)
        slack = _ZERO * (np.abs(block.y) + np.abs(line) @ np.abs(block.x))
        sign = np.array(self.quantiles)[:, None] - (block.y <= line @ block.x + slack)
        return (sign[:, None, :] * block.x[None]).reshape(-1, block.y.size)

    def expected_by_row(self, block: Block, theta: Floats) -> Iterator[Floats]:
        """Yield the columns for each quantile, as if answers varied alike about it."""
        columns = len(block.x)
        for place in range(len(self.quantiles)):
            found = np.zeros((columns * len(self.quantiles), block.y.size))
            found[place * columns : (place + 1) * columns] = block.x
            yield found

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return what takes the coefficients of conditioned columns to those of the columns as they were."""
        return np.asarray(np.kron(np.eye(len(self.quantiles)), conditioning.coefficients), dtype=float)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of the linear programme: columns and answers times the weight; mean square and mean size 1."""

    x: Floats  # (columns, rows)
    y: Floats  # (rows,)

    def residual(self, line: Floats) -> Floats:
        """Return the residuals times the weights; exactly 0 where nothing but rounding is left."""
        found = self.y - line @ self.x
        found[np.abs(found) <= _ZERO * (np.abs(self.y) + (np.abs(line) + 0.1) @ np.abs(self.x))] = 0.0
        return found


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where the check loss is smallest."""

    coefficients: Floats  # (columns,)
    unique: bool  # whether they are the only ones
    residual: Floats  # (rows,); exactly 0 on the line


def minimise_check_loss(x: Floats, y: Floats, weight: Floats, tau: float, near: Floats | None = None) -> Minimum:
    """Return the coefficients that minimise the weighted check loss.

    Shapes: `x` (columns, rows) of full rank, `y`, `weight` (rows,), positive; `near` (columns,), a fit of like rows.
    """
    weight = weight / weight.mean()
    weighted = x * weight
    scale = np.sqrt((weighted * x).mean(axis=1))
    size = float(np.abs(y).mean()) or 1.0
    rows = _Rows(weighted / scale[:, None], y * weight / size)
    line, unique = _minimum(rows, tau, None if near is None else near * scale / size)
    line[np.abs(line) <= _ZERO] = 0.0  # rounding where the coefficient is none
    return Minimum(line / scale * size, unique, rows.residual(line) / weight * size)


def _minimum(rows: _Rows, tau: float, near: Floats | None) -> tuple[Floats, bool]:
    columns, count = rows.x.shape
    sample = int((count * (columns + 1)) ** (2 / 3))
    if count <= (_WHOLE if near is None else sample):
        return _descended(rows, tau, _interior_point(rows, tau))
    if near is None:
        step = count // sample
        near = _interior_point(_Rows(rows.x[:, ::step].copy(), rows.y[::step].copy()), tau, 1e-4)
    # how far each row may be from the line as the fit of some rows errs: the root of its leverage
    leverage = np.sqrt(np.maximum(np.einsum("ij,ij->j", rows.x, inverse(rows.x @ rows.x.T) @ rows.x), 0.0))
    line, kept = near, 0.8 * sample
    while kept < count / 2:
        residual = rows.y - line @ rows.x
        distance = np.divide(residual, leverage, out=np.zeros(count), where=leverage > 0)
        middle = int(np.count_nonzero(distance < 0))
        ends = np.clip([middle - int(kept / 2), middle + int(kept / 2)], 0, count - 1)
        low, high = np.partition(distance, ends)[ends]
        side = np.where(distance < low, -1, np.where(distance > high, 1, 0)).astype(np.int8)
        for _ in range(5):
            line, unique = _with_globs(rows, side, tau, line)
            wrong = (rows.residual(line) * side < 0) & (side != 0)
            mistaken = int(np.count_nonzero(wrong))
            if not mistaken:
                return line, unique
            if mistaken > 0.1 * kept:
                break
            side[wrong] = 0
        kept *= 2
    return _descended(rows, tau, _interior_point(rows, tau))


def _with_globs(rows: _Rows, side: np.ndarray, tau: float, near: Floats) -> tuple[Floats, bool]:
    """Fit with the rows far below the line in one row, and those far above in another."""
    kept = np.flatnonzero(side == 0)
    far = [side == sign for sign in (-1, 1) if (side == sign).any()]
    some = _Rows(
        np.column_stack([rows.x[:, kept], *(rows.x @ each for each in far)]),
        np.append(rows.y[kept], [rows.y @ each for each in far]),
    )
    line = _interior_point(some, tau)
    return _descended(some, tau, line if np.isfinite(line).all() else near, rows.x.sum(axis=1))


def _interior_point(rows: _Rows, tau: float, near: float = 1e-9) -> Floats:
    """Return the coefficients near the minimum, by the primal-dual method on max y'a, Xa = (1 - tau) X1, 0 <= a <= 1.

    `near`: what the loss there may exceed its minimum by, as a share of that of least squares. z and w are the parts of residuals below and above the line, a and s = 1 - a what they are complementary to.
    """
    x, cost = rows.x, -rows.y
    a, s = np.full(cost.size, 1.0 - tau), np.full(cost.size, tau)
    line = _solved(x @ x.T, x @ cost)
    rest = cost - line @ x
    floor = 1e-3 * (np.abs(rest).mean() or 1.0)
    z, w = np.maximum(rest, 0.0) + floor, np.maximum(-rest, 0.0) + floor
    limit = near * float(np.abs(rest).sum())
    for _ in range(60):
        gap = float(a @ z + s @ w)
        if not gap > limit:
            break
        pace = 1.0 / (z / a + w / s)
        metric = (x * pace) @ x.T
        shift = z - w
        step = _solved(metric, x @ (pace * shift))
        da = pace * (step @ x - shift)
        dz, dw = -z * (1.0 + da / a), -w * (1.0 - da / s)
        primal, dual = _reach((a, da), (s, -da)), _reach((z, dz), (w, dw))
        if min(primal, dual) < 1.0:
            ahead = float((a + primal * da) @ (z + dual * dz) + (s - primal * da) @ (w + dual * dw))
            centre = gap * (ahead / gap) ** 3 / (2 * cost.size)
            below, above = (centre - da * dz) / a, (centre + da * dw) / s
            shift = z - w - below + above
            step = _solved(metric, x @ (pace * shift))
            da = pace * (step @ x - shift)
            dz, dw = below - z - z * da / a, above - w + w * da / s
            primal, dual = _reach((a, da), (s, -da)), _reach((z, dz), (w, dw))
        a, s = a + primal * da, s - primal * da
        line, z, w = line + dual * step, z + dual * dz, w + dual * dw
    return -line


def _solved(matrix: Floats, vector: Floats) -> Floats:
    found = solve(matrix, vector)
    if found is not None:
        return found
    # a column that these rows hardly have, or the last digits of the last steps
    size = np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
    scaled = matrix / np.outer(size, size) + 1e-9 * np.eye(size.size)
    return np.asarray(np.linalg.lstsq(scaled, vector / size, rcond=None)[0] / size, dtype=float)


def _reach(*each: tuple[Floats, Floats]) -> float:
    """Return how long a step may be for positive numbers to stay so, a little less than that."""
    pace = max(float((-change / values).max()) for values, change in each)
    return 1.0 if pace <= 0.99995 else 0.99995 / pace


def _descended(rows: _Rows, tau: float, line: Floats, everyone: Floats | None = None) -> tuple[Floats, bool]:
    """Return the minimum, reached from a point nearby along edges of the loss, and whether it is the only one.

    `everyone`: the sum of the columns of all rows, where some stand for others.
    """
    line, residual = _settled(rows, line)
    most = 50 + 20 * line.size
    for _ in range(most):
        direction, slope = _downward(rows, residual, tau)
        if direction is None:
            break
        line, residual = _settled(rows, line + _first_rise(rows, residual, direction, slope) * direction)
    if _is_interior(rows, residual, tau):
        return line, True
    level = rows.x.sum(axis=1) if everyone is None else everyone
    for _ in range(most):
        direction = _level_direction(rows, residual, tau, level)
        if not direction @ level < -_EDGE * (np.abs(level).max()):
            break
        line, residual = _settled(rows, line + _first_rise(rows, residual, direction, 0.0) * direction)
    return line, False


def _settled(rows: _Rows, line: Floats) -> tuple[Floats, Floats]:
    """Return the line through its rows to the last digit, so that no rounding adds up, and the residuals."""
    residual = rows.residual(line)
    through = residual == 0
    if np.count_nonzero(through) >= line.size:
        rest = rows.y[through] - line @ rows.x[:, through]
        line = line + np.linalg.lstsq(rows.x[:, through].T, rest, rcond=None)[0]
        residual = rows.residual(line)
    return line, residual


def _pull(rows: _Rows, residual: Floats, tau: float) -> tuple[Floats, Floats]:
    """Return the subgradient of the loss, turned, of the rows off the line; and the columns of those on it."""
    return rows.x @ np.where(residual > 0, tau, (tau - 1.0) * (residual < 0)), rows.x[:, residual == 0]


def _downward(rows: _Rows, residual: Floats, tau: float) -> tuple[Floats | None, float]:
    """Return a direction in which the loss falls, and its slope there; None at the minimum.

    A subgradient of the rows that the line passes through, numbers between tau - 1 and tau, has to balance the others.
    """
    pull, through = _pull(rows, residual, tau)
    free = _free_directions(through)
    if free.size:
        along = free.T @ pull
        steep = float(along @ along)
        # where the loss is level, any direction leads to a row at its end
        return (free @ along, -steep) if steep > _ZERO * float(pull @ pull) else (free[:, 0], 0.0)
    if through.shape[1] == pull.size:
        balance = np.linalg.solve(through, -pull)
        beyond = np.abs(balance - (tau - 0.5)) - 0.5
        worst = int(np.argmax(beyond))
        if beyond[worst] <= _ROUNDING:
            return None, 0.0
        unit = np.zeros(pull.size)
        unit[worst] = -np.sign(balance[worst])
        return np.linalg.solve(through.T, unit), -float(beyond[worst])
    if _balance(through, pull, tau) is not None:
        return None, 0.0
    lack, direction = _imbalance(through, pull, tau, 0.0)
    return (direction, -lack) if lack > _ROUNDING * np.abs(through).mean() else (None, 0.0)


def _is_interior(rows: _Rows, residual: Floats, tau: float) -> bool:
    """Return whether the loss rises in every direction from its minimum: a subgradient keeps from its limits."""
    pull, through = _pull(rows, residual, tau)
    if _free_directions(through).size:
        return False
    if through.shape[1] == pull.size:
        balance: Floats | None = np.linalg.solve(through, -pull)
    else:
        balance = _balance(through, pull, tau)
    if balance is not None and (np.abs(balance - (tau - 0.5)) < 0.5 - _EDGE).all():
        return True
    if through.shape[1] == pull.size:
        return False
    return _imbalance(through, pull, tau, _EDGE)[0] <= _ROUNDING * float(np.abs(through).mean())


def _free_directions(through: Floats) -> Floats:
    """Return directions in which the line turns without leaving any of the rows it passes through, as columns."""
    columns = len(through)
    unit = (through / np.linalg.norm(through, axis=0)).T
    rows = np.linalg.qr(unit, mode="r") if len(unit) > columns else unit
    _, spread, basis = np.linalg.svd(np.vstack([rows, np.zeros((columns - len(rows), columns))]))
    return np.asarray(basis[spread <= 1e-9 * max(float(spread[0]), 1.0)].T)


def _balance(through: Floats, pull: Floats, tau: float) -> Floats | None:
    """Return the subgradient that balances the others and is logistic in its columns; None where there is none inside.

    Tied answers make for thousands of rows on the line: the way of Newton is then much the shortest.
    """
    size = np.linalg.norm(through, axis=0)
    unit, slopes = through / size, np.zeros(pull.size)
    for _ in range(40):
        share = special.expit(slopes @ unit)
        lack = through @ (share + tau - 1.0) + pull
        if np.abs(lack).max() <= _ROUNDING * 1e-3 * size.mean():
            return np.asarray(share + tau - 1.0)
        step = solve((through * (share * (1.0 - share))) @ unit.T, lack)
        if step is None:
            break
        slopes -= step / max(1.0, float(np.abs(step @ unit).max()) / 3)
    return None


def _imbalance(through: Floats, pull: Floats, tau: float, inside: float) -> tuple[float, Floats]:
    """Return by how much no subgradient balances the pull of the other rows, and where that leads; 0 where one does.

    `inside`: by how much the subgradient must keep from its limits.
    """
    kinds, columns = _kinds(through), len(through)
    found = optimize.linprog(
        np.append(np.zeros(kinds.shape[1]), np.ones(2 * columns)),
        A_eq=np.hstack([kinds, np.eye(columns), -np.eye(columns)]),
        b_eq=-pull,
        bounds=[(tau - 1.0 + inside, tau - inside)] * kinds.shape[1] + [(0.0, None)] * (2 * columns),
        options=_PRECISE,
    )
    return float(found.fun), -np.asarray(found.eqlin.marginals, dtype=float)


def _level_direction(rows: _Rows, residual: Floats, tau: float, level: Floats) -> Floats:
    """Return the direction from a minimum to the lowest other one nearby, as `level` weighs the columns; or nothing."""
    pull, through = _pull(rows, residual, tau)
    kinds, columns = _kinds(through), len(through)
    several = kinds.shape[1]
    ends = sparse.hstack([sparse.csr_array(kinds.T), sparse.eye_array(several), -sparse.eye_array(several)])
    found = optimize.linprog(
        np.append(level, np.zeros(2 * several)),
        A_eq=ends,
        b_eq=np.zeros(several),
        A_ub=np.concatenate([-pull, np.full(several, tau), np.full(several, 1.0 - tau)])[None],
        b_ub=[0.0],
        bounds=[(-1.0, 1.0)] * columns + [(0.0, None)] * (2 * several),
        options=_PRECISE,
    )
    return np.zeros(columns) if found.x is None else np.asarray(found.x[:columns], dtype=float)


def _kinds(through: Floats) -> Floats:
    """Return rows with those of the same columns added up."""
    size = np.linalg.norm(through, axis=0)
    kinds, kind = np.unique(np.round(through / size, 12), axis=1, return_inverse=True)
    return np.asarray(kinds * np.bincount(kind.ravel(), weights=size))


def _first_rise(rows: _Rows, residual: Floats, direction: Floats, slope: float) -> float:
    """Return how far the loss falls along a direction: to the row at which its slope turns; below 0 for backwards."""
    pace = direction @ rows.x
    pace[np.abs(pace) <= _ZERO * (np.abs(direction) @ np.abs(rows.x))] = 0.0
    reached = np.flatnonzero(residual * pace > 0)
    if not reached.size:
        return -_first_rise(rows, residual, -direction, slope)
    length = residual[reached] / pace[reached]
    order = np.argsort(length)
    slopes = slope + np.cumsum(np.abs(pace[reached])[order])
    turn = int(np.argmax(slopes >= _ZERO * slope)) if slopes[-1] > 0 else -1
    return float(length[order][turn])


def bandwidth(tau: float, count: float, kind: str) -> float:
    """Return by how much to move tau either way for the density there; below the distance of tau from 0 and 1.

    `count` is the number of respondents who count alike. Hall and Sheather's is the better one for intervals,
    Bofinger's minimises the mean square error of the density.
    """
    normal = float(special.ndtri(tau))
    density = float(np.exp(-0.5 * normal**2) / np.sqrt(2 * np.pi))
    if kind == "bofinger":
        found = count ** (-1 / 5) * (4.5 * density**4 / (2 * normal**2 + 1) ** 2) ** (1 / 5)
    else:
        z = float(special.ndtri(0.975))
        found = count ** (-1 / 3) * z ** (2 / 3) * (1.5 * density**2 / (2 * normal**2 + 1)) ** (1 / 3)
    while not found < min(tau, 1.0 - tau):
        found /= 2
    return found


def inverse_slopes(x: Floats, residual: Floats, weight: Floats, tau: float, kind: str) -> tuple[Floats, float]:
    """Return the inverse of sum w f x x', with f the density of each answer at its quantile by Powell's kernel.

    The kernel is normal, of width min(sd, IQR / 1.34) of the residuals times the normal quantiles of tau plus and minus
    the bandwidth apart (Koenker 2005, section 3.4). NaN where all residuals are 0. And the share of the density that
    comes from answers at the quantile exactly.

    Shapes: `x` (columns, rows), `residual`, `weight` (rows,).
    """
    total = weight.sum()
    count = float(total**2 / (weight @ weight))
    order = np.argsort(residual)
    third, first = (quantile(residual[order], weight[order], share, "hf7") for share in (0.75, 0.25))
    centred = residual - weight @ residual / total
    spread = [np.sqrt(weight @ centred**2 / total * count / max(count - 1.0, 1.0)), (third - first) / 1.34]
    moved = bandwidth(tau, count, kind)
    apart = float(special.ndtri(tau + moved) - special.ndtri(tau - moved))
    # where half of the answers are on the line, the quartiles say nothing
    width = apart * (min(spread) or max(spread))
    if not width > 0:
        return np.full((len(x),) * 2, np.nan), 1.0
    density = np.exp(-0.5 * (residual / width) ** 2) / (width * np.sqrt(2 * np.pi))
    weighted = density * weight
    return inverse((x * weighted) @ x.T), float(weighted[residual == 0].sum() / weighted.sum())
