"""Weighted quantiles by thirteen rules, and ranks, by domain. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.kernel.arrays import Booleans, Floats, Integers

QuantileRule: TypeAlias = Literal[
    "math", "school", "shahvaish", "hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9",
    "interpolated",
]  # fmt: skip
RULES = get_args(QuantileRule)

BY_ROW = ("shahvaish", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9", "interpolated")
"""Rules that need each row, as ties count one by one or the value below is needed."""
_SAME = {"hf1": "math", "hf2": "school"}

_LINES = {
    "hf4": (0.0, 0.0), "hf5": (1 / 2, 0.0), "hf6": (0.0, 1.0),
    "hf7": (1.0, -1.0), "hf8": (1 / 3, 1 / 3), "hf9": (3 / 8, 1 / 4),
}  # fmt: skip
"""By rule: the part of a value's own weight left out, and of the last one's added to the total."""
_SLACK = 1e-12


def quantile(values: Floats, weights: Floats, share: float, rule: str = "math") -> float:
    """Return a quantile of sorted values with their weights; NaN if there are none."""
    return float(quantiles(np.array([0, values.size]), values, weights, np.array([share]), rule)[0])


def quantiles(
    starts: Integers, values: Floats, weights: Floats, shares: Floats, rule: str = "math"
) -> Floats:
    """Return quantiles by domain of sorted values; NaN without values or with a NaN share."""
    # shapes: `starts` (domains + 1,), `values`, `weights` (entries,), `shares` (domains,)
    cumulated = _cumulated(starts, weights)
    sizes = np.diff(starts)
    result = np.full(shares.shape, np.nan)
    some = np.flatnonzero(sizes > 0)
    if not some.size:
        return result
    last = starts[1:][some] - 1
    by_domain = (slice(None),) + (None,) * (shares.ndim - 1)
    total, end_weight = cumulated[last][by_domain], weights[last][by_domain]
    asked = shares[some]
    name = _SAME.get(rule, rule)
    bounds = starts[some], starts[1:][some]
    if name in _LINES:
        below, added = _LINES[name]
        read = _on_line(
            bounds, cumulated - below * weights, values, asked * (total + added * end_weight)
        )
    elif name == "interpolated":
        # what is not tied with the next value of its domain
        untied = np.append(values[1:] != values[:-1], True)
        untied[last] = True
        distinct = np.flatnonzero(untied)
        ends = np.searchsorted(distinct, bounds[0]), np.searchsorted(distinct, bounds[1])
        read = _on_line(ends, cumulated[distinct], values[distinct], asked * total)
    elif name == "shahvaish":
        rows = sizes[some][by_domain]
        target = (asked * (rows + 1) - 0.5) * total / rows
        place = _places(bounds, cumulated - weights / 2, target + _SLACK * total, "right") - 1
        read = values[np.maximum(place, starts[some][by_domain])]
    else:
        read = _at_step(bounds, cumulated, values, asked * total, _SLACK * total, name)
    result[some] = np.where(np.isnan(asked), np.nan, read)
    return result


def _cumulated(starts: Integers, weights: Floats) -> Floats:
    """Return running totals within each domain."""
    cumulated = np.empty(weights.size)
    # each is cumulated from zero: a running total over all of them would round away the small ones
    for first, end in pairwise(starts):
        np.cumsum(weights[first:end], out=cumulated[first:end])
    return cumulated


def _places(
    bounds: tuple[Integers, Integers],
    heights: Floats,
    targets: Floats,
    side: Literal["left", "right"],
) -> Integers:
    """Return the index of targets among the heights of their own domain, over all entries."""
    places = np.empty(targets.shape, dtype=np.int64)
    for row, (first, end) in enumerate(zip(*bounds, strict=True)):
        places[row] = first + np.searchsorted(heights[first:end], targets[row], side=side)
    return places


def _at_step(
    bounds: tuple[Integers, Integers],
    cumulated: Floats,
    values: Floats,
    target: Floats,
    slack: Floats,
    rule: str,
) -> Floats:
    """Read the first value that reaches the target, or apply the rule at an exact hit."""
    by_domain = (slice(None),) + (None,) * (target.ndim - 1)
    last = (bounds[1] - 1)[by_domain]
    place = np.minimum(_places(bounds, cumulated, target - slack, "left"), last)
    following = np.minimum(place + 1, last)
    exact = np.abs(cumulated[place] - target) <= slack
    read = values[place]
    if rule == "school":
        read = np.where(exact, (read + values[following]) / 2, read)
    elif rule == "hf3":
        # number of distinct values before each, so that the first has place 1
        rank = np.r_[0, np.cumsum(values[1:] != values[:-1])]
        odd = (rank[place] - rank[bounds[0]][by_domain]) % 2 == 0
        read = np.where(exact & odd, values[following], read)
    return read


def _on_line(
    bounds: tuple[Integers, Integers], heights: Floats, values: Floats, target: Floats
) -> Floats:
    """Read the line through (height, value) at the target; level outside."""
    by_domain = (slice(None),) + (None,) * (target.ndim - 1)
    first, last = bounds[0][by_domain], (bounds[1] - 1)[by_domain]
    left = np.clip(_places(bounds, heights, target, "right") - 1, first, last)
    right = np.minimum(left + 1, last)
    apart = heights[right] - heights[left]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(apart > 0, (target - heights[left]) / apart, 0.0)
    # weighted this way, equal ends are read without rounding
    part = np.clip(part, 0.0, 1.0)
    return values[left] + part * (values[right] - values[left])


_FEW_ENTRIES = 20_000
_STRETCHES = 1024
_STEPS = ("math", "hf1", "school", "hf2")
_LOOKUP_SLACK = 1e-9


def replicated_quantiles(
    starts: Integers,
    values: Floats,
    rows: Integers,
    weights: Sequence[Floats],
    shares: Floats,
    rule: str = "math",
) -> Floats:
    """Return quantiles by set of weights and domain."""
    # shapes: `starts` (domains + 1,), `values` (entries,), `rows` (entries,), `weights` (rows,),
    # `shares` (sets, domains). NaN where a domain has nobody
    result = np.empty(shares.shape)
    # other rules look at ends and numbers of values, which a summary of far stretches would change
    stretches = None
    if rule in _STEPS and values.size > _FEW_ENTRIES:
        stretches = _Stretches(starts, values, rows)
    for position in range(len(weights)):
        own = weights[position]
        held = (
            (starts, values, own[rows])
            if stretches is None
            else stretches.around(own, shares[position])
        )
        result[position] = quantiles(*_of_positive_weight(*held), shares[position], rule)
    return result


def _of_positive_weight(
    starts: Integers, values: Floats, weights: Floats
) -> tuple[Integers, Floats, Floats]:
    selected = weights > 0
    if selected.all():
        return starts, values, weights
    return np.r_[0, np.cumsum(selected)][starts], values[selected], weights[selected]


class _Stretches:
    """Sorted values cut, within each domain, into stretches with alike numbers of entries."""

    def __init__(self, starts: Integers, values: Floats, rows: Integers) -> None:
        self.values, self.rows = values, rows
        domains = starts.size - 1
        self.count = max(16, _STRETCHES // max(domains, 1))
        steps = np.arange(self.count + 1)
        self.edges = starts[:-1, None] + steps * np.diff(starts)[:, None] // self.count
        size = np.diff(self.edges, axis=1).ravel()
        # rows outside every domain go to a cell that is cut off
        self.cells = domains * self.count
        self.of_row = np.full(int(rows.max()) + 1 if rows.size else 0, self.cells)
        self.of_row[rows] = np.repeat(np.arange(self.cells), size)

    def around(self, weights: Floats, shares: Floats) -> tuple[Integers, Floats, Floats]:
        """Return starts, values and weights near the shares, with one sum before and one after."""
        held = np.maximum(weights[: self.of_row.size], 0.0)
        sums = np.bincount(self.of_row, weights=held, minlength=self.cells + 1)[: self.cells]
        upto = np.cumsum(sums.reshape(-1, self.count), axis=1)
        total = upto[:, -1:]
        target = np.nan_to_num(shares)[:, None] * total
        first = self._reached(upto >= target - _LOOKUP_SLACK * total)
        last = self._reached(upto >= target + _LOOKUP_SLACK * total)
        domain = np.arange(len(upto))
        # an exact hit also reads the value that follows
        last = self._reached(upto > upto[domain, last][:, None])
        low, high = self.edges[domain, first], self.edges[domain, last + 1]
        before = np.where(first > 0, upto[domain, first - 1], 0.0)
        after = np.maximum(total[:, 0] - upto[domain, last], 0.0)
        starts = np.r_[0, np.cumsum(high - low + 2)]
        entry = np.arange(starts[-1]) - np.repeat(starts[:-1] + 1 - low, np.diff(starts))
        entry = np.clip(entry, 0, self.values.size - 1)
        near = weights[self.rows[entry]]
        near[starts[:-1]], near[starts[1:] - 1] = before, after
        return starts, self.values[entry], near

    def _reached(self, there: Booleans) -> Integers:
        """Return the first stretch where something holds by domain, or the last of all."""
        return np.where(there.any(axis=1), there.argmax(axis=1), self.count - 1)


_SIGN = np.uint64(1 << 63)
_FEW = 500


def leading(values: Floats) -> NDArray[np.uint64]:
    """Return integers in the order of floats: their bits, inverted for negative ones."""
    bits = np.ascontiguousarray(values + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    return np.where(bits & _SIGN, ~bits, bits | _SIGN) if (values < 0).any() else bits | _SIGN


def stable_order(values: Floats) -> Integers:
    """Return the stable order of values without NaN."""
    # sixteen bits at a time, from the last ones: numpy counts where it sorts numbers of two bytes
    if values.size < _FEW:
        return np.argsort(values, kind="stable")
    bits = leading(values)
    bits -= bits.min()
    order = np.arange(0)
    for shift in range(0, max(int(bits.max()).bit_length(), 1), 16):
        read = bits[order] if shift else bits
        place = np.argsort((read >> np.uint64(shift)).astype(np.uint16), kind="stable")
        order = order[place] if shift else place
    return order


def running_totals(starts: Integers, values: Floats, masses: Floats, own: float = 1.0) -> Floats:
    """Return the total below each value within its domain, plus a share `own` of that at it."""
    # half for mid-ranks. Shapes: `starts` (domains + 1,), `values` (entries,), `masses` (entries,)
    begins = np.append(True, values[1:] != values[:-1])[: values.size]
    edges = starts[:-1][starts[:-1] < values.size]
    begins[edges] = True
    first_of = np.flatnonzero(begins)
    ends = np.append(first_of, values.size)[1:]
    through = _cumulated(starts, masses)[ends - 1]
    below = np.append(0.0, through[:-1])[: through.size]
    below[np.searchsorted(first_of, edges)] = 0.0
    return np.repeat(below * (1 - own) + through * own, ends - first_of)


def mid_ranks(values: Floats, weights: Floats) -> Floats:
    """Return for each value the share of the population below it, plus half the share at it."""
    # shapes: `values` (n,), `weights` (n,)
    order, ranks = np.argsort(values), np.empty(values.size)
    ranks[order] = (
        running_totals(np.array([0, values.size]), values[order], weights[order], own=0.5)
        / weights.sum()
    )
    return ranks


# Wilcoxon (1945) and Kruskal and Wallis (1952); van der Waerden (1952); Mood's median test (1950)
Score: TypeAlias = Literal["wilcoxon", "van_der_waerden", "median"]
"""What a rank counts: itself, the normal quantile of it, or whether it is in the upper half."""

SCORES: dict[Score, Callable[[Floats], Floats]] = {
    "wilcoxon": lambda ranks: ranks,
    "van_der_waerden": special.ndtri,
    # a rank that is one half but for rounding is not above it
    "median": lambda ranks: (ranks > 0.5 + 1e-12).astype(float),
}
