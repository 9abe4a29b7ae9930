"""Suppression under a profile: few respondents, dominated amounts, and secondary suppression."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from diplab.disclosure.amounts import (
    DOMINANCE,
    SECONDARY,
    Moment,
    dominated,
    error_is_dominated,
    tail_is_dominated,
)
from diplab.disclosure.cells import Cells
from diplab.disclosure.few_values import without_disclosed_values
from diplab.disclosure.models import Fit, errors_of, identifying_lines
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile
from diplab.disclosure.respondents import Line, read_variable
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.suppression import CellTable, Suppression, audit
from diplab.results.estimates import Estimates
from diplab.sampling.expression import Expression

FEW, STEP, BEFORE, EXACT = "few respondents", "step", "hidden before", "exact number"
_QUANTILE = 0.1  # how far the share below a quantile may be from its order, for ties
_AUDITED = 300  # cells of which intervals are computed for the record


@dataclass(frozen=True, eq=False)
class Protection:
    """Lines with what is hidden of them.

    How secondary cells were chosen, and what that loses more than the best.
    """

    lines: Sequence[Line]
    method: str = "none"
    gap: float = 0.0
    tables: int = (
        1  # one of all answers together, or several that share some, where these are too many
    )


def few(count: float, profile: Profile) -> bool:
    """Return whether a number of respondents is under the threshold; zero may be published."""
    return 0 < count < profile.minimum


def protect_lines(
    lines: Sequence[Line],
    people: People | None,
    profile: Profile,
    released: Sequence[Line] = (),
    fits: Sequence[Fit] = (),
) -> Protection:
    """Choose the lines to suppress; without `people`, each by its own numbers."""
    if not profile.rounding or people is None:
        protection = _protected(lines, people, profile, released, fits)
        return replace(
            protection, lines=_with_spaced_quantiles(protection.lines, people, profile, released)
        )
    # counts and shares are computed from rounded counts, whose differences disclose nothing;
    # amounts need secondary suppression among themselves
    primary = [_made_of_rounded(item, people, profile) for item in lines]
    exact = [at for at, item in enumerate(primary) if not _is_rounded(item)]
    protection = _protected(
        [primary[at] for at in exact],
        people,
        profile,
        [item for item in released if not _is_rounded(item)],
        fits,
    )
    for at, line in zip(exact, protection.lines, strict=True):
        primary[at] = replace(line, reason=primary[at].reason or line.reason)
    return replace(protection, lines=_with_spaced_quantiles(primary, people, profile, released))


def _is_rounded(line: Line) -> bool:
    """Return whether a number is a share or a count, or a mean or total of two-valued amounts."""
    return line.of_shares or (bool(line.two_values) and line.is_sum and not line.is_ratio)


def _made_of_rounded(line: Line, people: People, profile: Profile) -> Line:
    """Return a line with its primary reason: few, or two values in neither a mean nor a total."""
    sizes = [float(people.n[people.sets[who]].sum()) for who in line.sets]
    if any(few(size, profile) for size in sizes) or _has_few(line, profile):
        return replace(line, reason=line.reason or FEW)
    if line.two_values and not _is_rounded(line):
        return replace(line, reason=line.reason or EXACT)
    return line


def _with_spaced_quantiles(
    lines: Sequence[Line], people: People | None, profile: Profile, released: Sequence[Line]
) -> list[Line]:
    """Hide quantiles with too few respondents on a side, or up to another of the same people."""
    spaced = list(lines)
    if not profile.step:
        return spaced
    last: dict[Hashable, list[float]] = {}
    for line in released:
        if not np.isnan(line.order) and not line.reason:
            last.setdefault(_of_whom(line, people), []).append(line.order)
    for at in sorted(range(len(spaced)), key=lambda at: spaced[at].order):
        line = spaced[at]
        if np.isnan(line.order) or line.reason:
            continue
        others = last.setdefault(_of_whom(line, people), [])
        n = line.n
        if people is not None and line.among is not None:
            n = float(people.n[people.sets[line.among]].sum())
        apart = [round(n * abs(line.order - other), 9) for other in others if other != line.order]
        if min([*apart, round(n * min(line.order, 1 - line.order), 9)]) < profile.step:
            spaced[at] = replace(line, reason=STEP)
            continue
        others.append(line.order)
        if _ends_beyond_few(line, people, profile):
            spaced[at] = replace(line, error_reason=line.error_reason or STEP)
    return spaced


def _ends_beyond_few(line: Line, people: People | None, profile: Profile) -> bool:
    """Return whether few respondents lie beyond an end of a quantile's interval, an answer too."""
    if np.isnan(line.interval).all():
        return False
    # two standard errors of a share, where the answers are not at hand or are not what is printed
    near = line.n * min(line.order, 1 - line.order)
    beyond = near - 2 * math.sqrt(line.n * line.order * (1 - line.order))
    if people is None or people.sample is None or line.base is None:
        return beyond < profile.step
    value = people.values(read_variable(line.variable, people.sample)[0])
    value = value[people.rows_of(people.sets[line.base])]
    if abs(np.mean(value <= line.printed) - line.order) < _QUANTILE:
        low, high = line.interval
        beyond = float(min(np.count_nonzero(value <= low), np.count_nonzero(value >= high)))
    return beyond < profile.step


def _of_whom(line: Line, people: People | None) -> Hashable:
    """Return a key of the respondents and the variable of a quantile."""
    of_whom = line.among or line.base
    if people is None or of_whom is None:
        return line.variable, line.base, line.n
    return line.variable, people.sets[of_whom].tobytes()


def _protected(
    lines: Sequence[Line],
    people: People | None,
    profile: Profile,
    released: Sequence[Line],
    fits: Sequence[Fit],
) -> Protection:
    """Choose the lines to suppress so that no sum of others discloses a suppressed one."""
    by_weight = profile.counted == "weights"
    # those that are counted by weight are few by weight
    few_by_number = [
        FEW * (_has_few(item, profile) and not (by_weight and item.base is not None))
        for item in lines
    ]
    every = [who for line in (*lines, *released) for who in line.sets]
    if people is None or not every:
        return Protection(
            [replace(line, reason=why) for line, why in zip(lines, few_by_number, strict=True)]
        )
    counted, table, chosen = _chosen(lines, people, profile, released)
    cells, values = counted.cells, counted.values
    counts = np.where(
        counted.small, FEW, np.where(counted.closed, BEFORE, np.where(chosen.hidden, SECONDARY, ""))
    )
    width = _widths(table, chosen.hidden, cells.printed, profile)
    in_amounts = _dominated_amounts(lines, released, people, cells, profile, chosen.hidden)
    protected = []
    for line, why in zip(lines, few_by_number, strict=True):
        places = [cells.cell_of[who] for who in line.sets if cells.cell_of[who] >= 0]
        reasons = {why, *(str(counts[cell]) for cell in places)}
        reasons |= _reasons_of_amounts(line, places, in_amounts, "sum")
        of_error = _reasons_of_amounts(line, places, in_amounts, "squares")
        if not line.is_sum:
            reasons |= of_error
        if people.sample is not None:
            if line.tail and tail_is_dominated(line, people, profile):
                reasons.add(DOMINANCE)
            if line.is_of_squares and error_is_dominated(line, people, profile):
                of_error.add(DOMINANCE)
        reason, error = _first(reasons), _first(of_error)
        wide = next((width[cell] for cell in reversed(places) if reason and counts[cell]), "")
        base = -1 if line.base is None else cells.cell_of[line.base]
        tells_base = base >= 0 and not counts[base] and not line.model
        rests_on = min(values[places], default=math.nan) if by_weight else line.n
        protected.append(
            replace(
                line,
                reason=reason,
                error_reason=error,
                width=wide,
                shows_base=tells_base,
                rests_on=rests_on,
            )
        )
    if people.sample is not None:
        for at in identifying_lines(protected, released, fits, people, profile):
            protected[at] = replace(protected[at], reason=SECONDARY, shows_base=False)
        protected = without_disclosed_values(
            errors_of(protected, fits, profile), released, fits, people, profile
        )
    return Protection(protected, chosen.method, chosen.loss - chosen.bound, len(people.tables))


@dataclass(frozen=True, eq=False)
class _Counted:
    """Sets of respondents as cells, each marked as small, hidden before, or released."""

    cells: Cells
    values: Floats
    small: Booleans
    closed: Booleans
    released: Booleans

    @classmethod
    def of(
        cls, lines: Sequence[Line], people: People, profile: Profile, released: Sequence[Line]
    ) -> _Counted:
        """Return the sets of lines that are new, and of those released before."""
        every = [who for line in (*lines, *released) for who in line.sets]
        cells = Cells.of(people, every, profile.minimum)
        # the base of a suppressed share may be published
        shown = {
            who
            for line in released
            for who in line.sets[: 1 if line.reason else 2]
            if not np.isnan(line.n)
        }
        before = {who for line in released if line.reason for who in line.sets}
        out, closed = (
            np.isin(np.arange(len(cells.masks)), [cells.cell_of[who] for who in item])
            for item in (shown, before)
        )
        by_weight = profile.counted == "weights"
        values = cells.masks @ (people.weight if by_weight else people.n)
        small = (values if by_weight else cells.size) < profile.minimum
        small &= np.isfinite(cells.size) & ~out
        # the respondents of a hidden line may be those of another that is printed
        return cls(cells, values, small, closed & ~out, out)

    def table(self, people: People, profile: Profile) -> CellTable:
        """Return the table in which cells are hidden, with their upper protection levels."""
        return self.cells.table(
            self.values,
            np.where(self.small, profile.minimum - self.values, 0.0),
            self.closed,
            self.released,
            integer=profile.counted != "weights",
            n=people.n,
        )


def _chosen(
    lines: Sequence[Line], people: People, profile: Profile, released: Sequence[Line]
) -> tuple[_Counted, CellTable, Suppression]:
    """Return the sets of respondents, and which of them to hide."""
    counted = _Counted.of(lines, people, profile, released)
    table, chosen = counted.cells.protected(counted.table(people, profile))
    if people.joint is None:
        return counted, table, chosen
    # several tables may each leave room to a group of answers that all of them together place
    together = _Counted.of(lines, replace(people, tables=(people.joint,)), profile, released)
    of_all = together.table(people, profile)
    if together.cells.has_narrow(of_all, chosen.hidden[: counted.cells.printed]):
        return together, *together.cells.protected(of_all)
    return counted, table, chosen


_Amounts: TypeAlias = "dict[bool, dict[tuple[Moment, Expression, int], str]]"


def _dominated_amounts(
    lines: Sequence[Line],
    released: Sequence[Line],
    people: People,
    cells: Cells,
    profile: Profile,
    hidden: Booleans,
) -> _Amounts:
    """Return the sums that few respondents dominate, without weights and with them."""
    by_weighting: _Amounts = {False: {}, True: {}}
    if people.sample is None:
        return by_weighting
    for plain in (False, True):
        new = [line for line in lines if line.unweighted == plain]
        old = [line for line in released if line.unweighted == plain]
        weighed = replace(people, unweighted=plain)
        by_weighting[plain] = dominated(new, old, weighed, cells, profile, hidden)
    return by_weighting


def _reasons_of_amounts(
    line: Line, places: Sequence[int], amounts: _Amounts, asked: Moment
) -> set[str]:
    """Return why a line is hidden for sums, or sums of squares, of its amounts."""
    reasons = amounts[line.unweighted]
    cells = places if line.by_cells else places[:1]
    return {reasons.get((asked, amount, cell), "") for amount in line.amounts for cell in cells}


def _first(reasons: Collection[str]) -> str:
    """Return the first of several reasons; empty where there is none."""
    return next((item for item in (FEW, DOMINANCE, BEFORE, SECONDARY) if item in reasons), "")


def _has_few(line: Line, profile: Profile) -> bool:
    others = line.n - line.counted
    return (
        few(line.n, profile)
        or few(line.counted, profile)
        or (not profile.rounding and few(others, profile))
    )


def _widths(table: CellTable, hidden: Booleans, printed: int, profile: Profile) -> list[str]:
    """Return, for each cell, at least how wide the interval is in which readers can place it."""
    least = [f"at least {profile.minimum}"] * hidden.size
    asked = np.arange(hidden.size) < printed
    if not 0 < np.count_nonzero(hidden & asked) <= _AUDITED:
        return least
    low, high = audit(table, hidden, asked)
    for position, width in enumerate(high - low):
        times = next((times for times in (10, 5, 2) if width >= times * profile.minimum), 1)
        least[position] = (
            "without limit" if np.isinf(width) else f"at least {times * profile.minimum}"
        )
    return least


def steps_too_small(estimates: Estimates, profile: Profile) -> Booleans:
    """Return rows of curves and of top shares with too few respondents since the last one kept."""
    # a point of a curve that is too near to the one before is left out, so that each step has
    # respondents enough
    frame, small = estimates.frame, np.zeros(len(estimates), dtype=bool)
    keys = ["statistic", "variable", *estimates.by]
    for names, alike in frame.reset_index(drop=True).groupby(keys, sort=False, dropna=False):
        form = estimates.description_of(str(names[0])).category
        if form not in ("top", "poorest", "group", "time"):
            continue
        last = 0.0
        for position, row in zip(alike.index.to_numpy(), alike.to_dict("records"), strict=True):
            n = float(row["n"])
            if form == "time":
                here = float(row.get("events", 0.0))
                # a step of nobody, or of an unknown number, cannot be distinguished from a small
                # one
                small[position] = not here - last >= profile.step
                if not small[position]:
                    last = here
                continue
            order = (
                1 / len(alike)
                if form == "group"
                else float(estimates.provenance.own_category(row["category"]))
            )
            below, above = n * (order - (last if form != "group" else 0.0)), n * (1 - order)
            small[position] = below < profile.step or (
                form != "group" and 0 < round(above, 9) < profile.step
            )
            if not small[position]:
                last = order
    return small
