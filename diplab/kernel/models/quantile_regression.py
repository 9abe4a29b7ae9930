"""Quantile regression: exact minimum of the check loss, and its density. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, optimize, special

from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.models.regression import Block, Likelihood, inverse, solve
from diplab.kernel.quantiles import quantile

_WHOLE = 10_000  # up to these rows all are fitted at once

_ZERO = 1e-11
_EDGE = 1e-6
"""A subgradient nearer to its limits than this, relative to their width, has no slope."""

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class CheckLoss(Likelihood):
    """Linear quantile regression at one or several orders; it has no score."""

    quantiles: tuple[float, ...]
    remarks: tuple[str, ...] = ()  # remarks on each quantile

    @property
    def predictor_count(self) -> int:
        """One of each quantile."""
        return len(self.quantiles)

    def outcome(self, eta: Floats) -> Floats:
        """Return the quantiles themselves."""
        return eta

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how these change as the predictors move."""
        return moved

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return x (tau - 1(y <= x'b)) of each row without its weight."""
        slack = _ZERO * (np.abs(block.y) + self.predictors(np.abs(block.x), np.abs(theta)))
        sign = np.array(self.quantiles)[:, None] - (
            block.y <= self.predictors(block.x, theta) + slack
        )
        scores: Floats = sign[:, None, :] * block.x[None]
        return scores.reshape(-1, block.y.size)

    def expected_by_row(self, block: Block, theta: Floats) -> Iterator[Floats]:
        """Yield the columns for each quantile, as if answers varied alike about it."""
        columns = len(block.x)
        for position in range(len(self.quantiles)):
            found = np.zeros((columns * len(self.quantiles), block.y.size))
            found[position * columns : (position + 1) * columns] = block.x
            yield found


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of the linear programme, multiplied by their weights and scaled to 1."""

    x: Floats  # (columns, rows)
    y: Floats  # (rows,)

    @cached_property
    def size(self) -> Floats:
        """The columns without their signs."""
        return np.abs(self.x)

    def residual(self, line: Floats) -> Floats:
        """Return the residuals times the weights; exactly 0 where nothing but rounding is left."""
        found = self.y - line @ self.x
        found[np.abs(found) <= _ZERO * (np.abs(self.y) + (np.abs(line) + 0.1) @ self.size)] = 0.0
        return found

    def pull(self, residual: Floats, tau: float) -> tuple[Floats, Floats]:
        """Return the rotated subgradient of rows off the line, and the columns of those on it."""
        return self.x @ np.where(residual > 0, tau, (tau - 1.0) * (residual < 0)), self.x[
            :, residual == 0
        ]


def minimise_check_loss(
    x: Floats, y: Floats, weight: Floats, tau: float, near: Floats | None = None
) -> tuple[Floats, bool, Floats]:
    """Return the coefficients of least check loss, whether they are unique, and residuals."""
    # shapes: `x` (columns, rows) of full rank, `y`, `weight` (rows,), positive; `near` (columns,),
    # a fit of like rows
    weight = weight / weight.mean()
    weighted = x * weight
    scale = np.sqrt((weighted * x).mean(axis=1))
    size = float(np.median(np.abs(y[y != 0]))) if y.any() else 1.0
    rows = _Rows(weighted / scale[:, None], y * weight / size)
    line, unique = _minimum(rows, tau, None if near is None else near * scale / size)
    line[np.abs(line) <= _ZERO] = 0.0  # rounding where the coefficient is none
    return line / scale * size, unique, rows.residual(line) / weight * size


def _minimum(rows: _Rows, tau: float, near: Floats | None) -> tuple[Floats, bool]:
    columns, count = rows.x.shape
    level, kept = rows.x.sum(axis=1), int((count * (columns + 1)) ** (2 / 3))
    if count <= max(_WHOLE if near is None else 0, 2 * kept):
        return _descended(rows, tau, _approached(rows, tau), level)
    if near is None:
        step = count // kept  # at least 2
        near = _minimum(_Rows(rows.x[:, ::step].copy(), rows.y[::step].copy()), tau, None)[0]
    if np.count_nonzero(rows.residual(near) == 0) > kept / 2:
        # many equal answers: no other line is likely
        return _descended(rows, tau, near, level)
    # how far each row may be from the line as the fit of some rows errs: the root of its leverage
    spread = np.linalg.pinv(rows.x @ rows.x.T, hermitian=True)
    leverage = np.sqrt(np.maximum(np.einsum("ij,ij->j", rows.x, spread @ rows.x), 1e-100))
    line = near
    while kept < count / 2:
        distance = (rows.y - line @ rows.x) / leverage
        middle = int(np.count_nonzero(distance < 0))
        ends = np.clip([middle - kept // 2, middle + kept // 2], 0, count - 1)
        low, high = np.partition(distance, ends)[ends]
        side = (distance > high).astype(np.int8) - (distance < low)
        for _ in range(5):
            far = [side == sign for sign in (-1, 1) if (side == sign).any()]
            x = np.column_stack([rows.x[:, side == 0], *(rows.x @ item for item in far)])
            some = _Rows(x, np.append(rows.y[side == 0], [rows.y @ item for item in far]))
            line, unique = _descended(some, tau, _approached(some, tau), level)
            wrong = rows.residual(line) * side < 0
            mistaken = int(np.count_nonzero(wrong))
            if not mistaken:
                return line, unique
            if mistaken > 0.1 * kept:
                break
            side[wrong] = 0
        kept *= 2
    return _descended(rows, tau, _approached(rows, tau), level)


def _approached(rows: _Rows, tau: float) -> Floats:
    """Return coefficients near the minimum, by weighted least squares (Hunter and Lange 2000)."""
    # the loss of each residual lies under a parabola that touches it, but for a floor that falls
    # from step to step
    line, floor, lean = np.zeros(len(rows.x)), 1.0, (2 * tau - 1) * rows.x.sum(axis=1)
    for _ in range(40):
        pace = 1.0 / (np.abs(rows.y - line @ rows.x) + floor)
        line = np.linalg.lstsq(
            (rows.x * pace) @ rows.x.T, rows.x @ (pace * rows.y) + lean, rcond=None
        )[0]
        floor *= 0.7
    return np.asarray(line)


def _descended(rows: _Rows, tau: float, line: Floats, level: Floats) -> tuple[Floats, bool]:
    """Return the minimum reached along edges from a nearby point, and whether it is unique."""
    # `level`: the sum of the columns of all rows, by which the lowest of several is known
    line, residual = _settled(rows, line)
    most = range(500 + 50 * line.size)
    for _ in most:
        direction, slope = _downward(*rows.pull(residual, tau), tau)
        if direction is None or not (step := _first_rise(rows, residual, direction, slope)):
            break
        line, residual = _settled(rows, line + step * direction)
    pull, through = rows.pull(residual, tau)
    balance = _balance(through, pull, tau)
    if balance is not None and (np.abs(balance - (tau - 0.5)) < 0.5 - _EDGE).all():
        return line, True
    # a direction of no slope goes far one way or the other, by whatever numbers directions are
    # judged
    judge = np.cos(np.arange(1.0, line.size + 1.0))
    unique = all(
        _by_programme(pull - _EDGE * way, through, tau) @ way > -1e-3 for way in (judge, -judge)
    )
    level = level / np.abs(level).max()
    for _ in most:
        pull, through = rows.pull(residual, tau)
        direction = _by_programme(pull - _EDGE * level, through, tau)
        if direction @ level > -_EDGE:
            break
        line, residual = _settled(
            rows, line + _first_rise(rows, residual, direction, 0.0) * direction
        )
    return line, unique


def _settled(rows: _Rows, line: Floats) -> tuple[Floats, Floats]:
    """Return the line solved through its rows, so that rounding does not add up, and residuals."""
    residual = rows.residual(line)
    through = residual == 0
    if np.count_nonzero(through) >= line.size:
        rest = rows.y[through] - line @ rows.x[:, through]
        line = line + np.linalg.lstsq(rows.x[:, through].T, rest, rcond=None)[0]
        residual = rows.residual(line)
    return line, residual


def _downward(pull: Floats, through: Floats, tau: float) -> tuple[Floats | None, float]:
    """Return a direction in which the loss falls, and its slope there; None at the minimum."""
    free = _free_directions(through)
    if free.size:
        along = free.T @ pull
        steep = float(along @ along)
        # where the loss is level, any direction leads to a row at its end
        return (free @ along, -steep) if steep > _ZERO * float(pull @ pull) else (free[:, 0], 0.0)
    balance = _balance(through, pull, tau)
    if balance is None:
        direction = _by_programme(pull, through, tau)
        ahead = -direction @ through
        slope = float((ahead * np.where(ahead < 0, tau - 1.0, tau)).sum() - pull @ direction)
        return (direction, slope) if slope < -_ROUNDING * np.abs(through).mean() else (None, 0.0)
    beyond = np.abs(balance - (tau - 0.5)) - 0.5
    worst = int(np.argmax(beyond))
    if beyond[worst] <= _ROUNDING:
        return None, 0.0
    # away from the row whose number is beyond its limits, along all the others
    unit = np.zeros(pull.size)
    unit[worst] = -np.sign(balance[worst])
    return np.asarray(np.linalg.solve(through.T, unit), dtype=float), -float(beyond[worst])


def _free_directions(through: Floats) -> Floats:
    """Return, as columns, the directions that leave the line on all of its rows."""
    unit = (through / np.linalg.norm(through, axis=0)).T
    rows = np.linalg.qr(unit, mode="r") if len(unit) > len(through) else unit
    if len(rows):
        return np.asarray(linalg.null_space(rows, rcond=1e-9), dtype=float)
    return np.eye(len(through))


def _balance(through: Floats, pull: Floats, tau: float) -> Floats | None:
    """Return the multipliers of rows on the line that balance the pull of the others."""
    # the line is at the minimum where some lie between tau - 1 and tau, and it is the only one
    # where some lie inside. As many rows as columns leave no choice; of more, as tied answers make
    # them, a logistic function of their columns is tried by Newton's method, and there is nothing
    # where it does not settle
    if through.shape[1] == pull.size and not _free_directions(through).size:
        return np.asarray(np.linalg.solve(through, -pull))
    size = np.linalg.norm(through, axis=0)
    unit, slopes = through / size, np.zeros(pull.size)
    # in sums over very many rows rounding leaves more
    nothing = max(_ROUNDING * 1e-3 * float(size.mean()), 1e-15 * float(size.sum()))
    for _ in range(40):
        share = special.expit(slopes @ unit)
        lack = through @ (share + tau - 1.0) + pull
        if np.abs(lack).max() <= nothing:
            return np.asarray(share + tau - 1.0)
        step = solve((through * (share * (1.0 - share))) @ unit.T, lack)
        if step is None:
            break
        slopes -= step / max(1.0, float(np.abs(step @ unit).max()) / 3)
    return None


def _by_programme(pull: Floats, through: Floats, tau: float) -> Floats:
    """Return the direction, with parts up to 1, of least slope."""
    # it is what the pull costs where the rows on the line come as near to balancing it as they can:
    # the dual of the least slope, of as many constraints as columns, however many rows are on the
    # line
    columns, several = through.shape
    found = optimize.linprog(
        np.append(np.zeros(several), np.ones(2 * columns)),
        A_eq=np.hstack([through, np.eye(columns), -np.eye(columns)]),
        b_eq=-pull,
        bounds=np.vstack(
            [np.tile([tau - 1.0, tau], (several, 1)), np.tile([0.0, np.inf], (2 * columns, 1))]
        ),
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return np.zeros(columns) if found.x is None else -np.asarray(found.eqlin.marginals, dtype=float)


def _first_rise(rows: _Rows, residual: Floats, direction: Floats, slope: float) -> float:
    """Return the step along a direction to where the loss rises; negative if backwards."""
    pace = direction @ rows.x
    pace[np.abs(pace) <= _ZERO * (np.abs(direction) @ rows.size)] = 0.0
    ahead = residual * pace
    if not (ahead > 0).any():
        return -_first_rise(rows, residual, -direction, slope) if ahead.any() else 0.0
    reached = np.flatnonzero(ahead > 0)
    length = residual[reached] / pace[reached]
    order = np.argsort(length)
    slopes = slope + np.cumsum(np.abs(pace[reached])[order])
    turn = int(np.argmax(slopes >= _ZERO * slope)) if slopes[-1] > 0 else -1
    return float(length[order][turn])


def bandwidth(tau: float, count: float, kind: str) -> float:
    """Return the bandwidth around tau for the density, given an effective number of respondents."""
    # Hall and Sheather's is made for intervals, Bofinger's for the mean square error of the density
    normal = float(special.ndtri(tau))
    density, bend = float(np.exp(-0.5 * normal**2) / np.sqrt(2 * np.pi)), 2 * normal**2 + 1
    found = (1.5 * density**2 / bend * float(special.ndtri(0.975)) ** 2 / count) ** (1 / 3)
    if kind == "bofinger":
        found = (4.5 * density**4 / bend**2 / count) ** (1 / 5)
    while not found < min(tau, 1.0 - tau):
        found /= 2
    return float(found)


def inverse_slopes(
    x: Floats, residual: Floats, weight: Floats, reach: float, tau: float
) -> tuple[Floats, Booleans]:
    """Return the inverse of sum w f x x', f the density at each quantile, and the rows it uses."""
    # shapes: `x` (columns, rows), `residual`, `weight` (rows,)
    order = np.argsort(residual)
    low = high = 0.0
    while not high > low and reach < 2.0:
        ends = (max(tau - reach, 0.0), min(tau + reach, 1.0))
        low, high = (quantile(residual[order], weight[order], share, "hf7") for share in ends)
        # the rows on the line are always in it
        low, high, reach = min(low, 0.0), max(high, 0.0), 2 * reach
    inside = (residual >= low) & (residual <= high)
    if not high > low:
        return np.full((len(x),) * 2, np.nan), inside
    own = x[:, inside]
    return inverse((own * (weight[inside] / (high - low))) @ own.T), inside
