"""What is hidden under a profile: the rules of an institution, dated and sourced, and what would give numbers back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import numpy as np
from scipy import sparse

from diplab.checks import check_one_of
from diplab.disclosure.respondents import Line, People, Who
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.suppression import CellTable, Suppression, audit, exposed, protect
from diplab.results.estimates import Estimates
from diplab.sampling.expression import Expression

ProfileName: TypeAlias = Literal["standard", "insee_entreprises", "insee_fiscal", "opensafely", "none"]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The rules of one institution; `profiles.toml` says what each of them is, and where it was read."""

    name: ProfileName
    minimum: int
    counted: Literal["respondents", "weights"]
    source: str
    checked: str
    dominance: tuple[int, float] | None = None
    p_percent: float | None = None
    contributions: Literal["respondents", "units"] = "respondents"
    residual_df: int = 0
    step: int = 0
    rounding: int = 0

    @property
    def is_about_amounts(self) -> bool:
        """Whether it asks who contributes to an amount."""
        return self.dominance is not None or self.p_percent is not None

    def needs_protection(self, largest: Floats, total: float) -> float:
        """Return by how much an attacker must stay wrong about a total; 0 where nobody dominates it."""
        # `largest` are its largest contributions, in order. Dominance (n, k): 1/k times the n largest, minus the total;
        # p %: p of the largest, minus what is left without the two largest (Hundepool and others 2012)
        missing = [0.0]
        if self.dominance is not None:
            count, share = self.dominance
            missing.append(float(largest[:count].sum()) / share - total)
        if self.p_percent is not None and largest.size:
            missing.append(self.p_percent / 100 * float(largest[0]) - (total - float(largest[:2].sum())))
        # what rounding leaves is no contribution
        return max(missing) if max(missing) > 1e-9 * total else 0.0


@cache
def profile_of(name: str) -> Profile:
    """Return a profile by its name."""
    known = tomllib.loads(files("diplab.disclosure").joinpath("profiles.toml").read_text(encoding="utf-8"))
    rules = known[check_one_of("profile", name, ProfileName)]
    dominance = tuple(rules.pop("dominance", ())) or None
    return Profile(name=name, dominance=dominance, checked=str(rules.pop("checked")), **rules)  # type: ignore[arg-type]


FEW, DOMINANCE, STEP, SECONDARY, BEFORE = "few respondents", "dominance", "step", "secondary", "hidden before"
_SECONDS = 10.0  # within which the least loss is sought
_AUDITED = 300  # cells of which intervals are computed for the record


@dataclass(frozen=True, eq=False)
class Protection:
    """Lines with what is hidden of them; how secondary cells were chosen, and what that loses more than the best."""

    lines: Sequence[Line]
    method: str = "none"
    gap: float = 0.0


@dataclass(frozen=True, eq=False)
class _Cells:
    """The sets of a publication as cells of linked tables: sets that are printed, then what they are told apart by."""

    # sets that are cut by the same variables, or by some of them, are one table whatever their domains: what lies
    # between them, as between all and adults, is a cell that is not printed
    masks: Floats  # (cells, groups): 1 for the groups that a cell is made of
    size: Floats  # respondents, had all answered; infinite for those who gave no answer
    place: Mapping[Who, int]  # -1 for a set that nobody is in
    printed: int
    equations: sparse.csr_array

    @classmethod
    def of(cls, people: People, every: Sequence[Who]) -> _Cells:
        """Return each set once, however many lines are about it, and its sums."""
        masks = {people.sets[who].tobytes(): people.sets[who] for who in every if people.sets[who].any()}
        printed = len(masks)
        sizes = [float(people.n[mask].sum()) for mask in masks.values()]
        names = {frozenset(cut.by) for cut, _ in every}
        sums: dict[tuple[bytes, ...], None] = {}
        for widest in (each for each in names if not any(each < other for other in names)):
            sets = [who for who in dict.fromkeys(every) if widest.issuperset(who[0].by)]
            stacked = np.array([people.sets[who] for who in sets])
            kinds, kind = np.unique(stacked, axis=1, return_inverse=True)
            size = people.size(dict.fromkeys(cut for cut, _ in sets))
            groups = [kind.ravel() == at for at in range(kinds.shape[1])]
            for group in (groups[place] for place in np.flatnonzero(kinds.sum(axis=0))):
                if group.tobytes() not in masks:
                    masks[group.tobytes()] = group
                    sizes.append(float(size[group].min()))
            for who, parts in zip(sets, kinds, strict=True):
                members = [groups[place].tobytes() for place in np.flatnonzero(parts)]
                if len(members) > 1:
                    sums[people.sets[who].tobytes(), *members] = None
        at = {key: place for place, key in enumerate(masks)}
        terms = {(row, at[part]): 1.0 for row, (_, *parts) in enumerate(sums) for part in parts}
        terms |= {(row, at[whole]): -1.0 for row, (whole, *_) in enumerate(sums)}
        rows, columns = np.array(list(terms), dtype=np.int64).reshape(-1, 2).T
        equations = sparse.csr_array((list(terms.values()), (rows, columns)), (len(sums), len(masks)))
        places = {who: at.get(people.sets[who].tobytes(), -1) for who in every}
        whole = np.array(list(masks.values()), dtype=float)
        return cls(whole, np.array(sizes), places, printed, equations)

    def protected(
        self, values: Floats, upper: Floats, forced: Booleans, released: Booleans, *, integer: bool, alone: Booleans
    ) -> tuple[CellTable, Suppression]:
        """Return the table and which of its cells to hide, so that those with an upper level are protected."""
        # others are hidden where that is `forced`, and those that are not printed. Groups that are not printed, and
        # whoever is `alone` in a cell, enter once they are found or find something: each asks for programmes of its own
        hidden = (upper > 0) | forced
        hidden[self.printed :] = True
        insiders = np.flatnonzero(alone[: self.printed] & (upper[: self.printed] > 0))
        lower = np.where(upper > 0, np.minimum(values, values if integer else upper), 0.0)
        # who is alone in a cell knows that the sums it is in are no smaller
        own = self.masks[:, self.masks[insiders].argmax(axis=1)] * values[insiders]
        own[insiders, np.arange(insiders.size)] = 0.0
        lower = np.minimum(lower, values - own.max(axis=1, initial=0.0))
        table = CellTable(values, self.equations, hidden, lower, upper, released & ~hidden, values, integer)
        looked_for = (upper > 0) & (np.arange(upper.size) < self.printed)
        while True:
            below, above = (np.where(looked_for, level, 0.0) for level in (lower, upper))
            chosen = protect(replace(table, lower=below, upper=above), time_limit=_SECONDS)
            short = exposed(replace(table, insiders=()), chosen.hidden) & ~looked_for
            others = [] if short.any() else [each for each in insiders.tolist() if each not in table.insiders]
            printed = replace(table, lower=below, upper=above)
            found = [each for each in others if exposed(replace(printed, insiders=(each,)), chosen.hidden).any()]
            if not short.any() and not found:
                return table, chosen
            looked_for |= short
            table = replace(table, insiders=(*table.insiders, *found))


def few(count: float, profile: Profile) -> bool:
    """Return whether a number of respondents is too small to be told; that nobody is there may be."""
    return 0 < count < profile.minimum


def protect_lines(
    lines: Sequence[Line], people: People | None, profile: Profile, released: Sequence[Line] = ()
) -> Protection:
    """Decide which lines to hide; without `people`, each by its own numbers, as where all that is shown is rounded."""
    by_weight = profile.counted == "weights"
    # those that are counted by weight are few by weight
    own = [FEW * (_has_few(each, profile) and not (by_weight and each.base is not None)) for each in lines]
    every = [who for line in (*lines, *released) for who in line.sets]
    if people is None or not every:
        return Protection([replace(line, why=why) for line, why in zip(lines, own, strict=True)])
    cells = _Cells.of(people, every)
    # of a share that is hidden the base may be told
    shown = {who for line in released for who in line.sets[: 1 if line.why else 2] if not np.isnan(line.n)}
    before = {who for line in released if line.why for who in line.sets} - shown
    out, closed = (np.isin(np.arange(len(cells.masks)), [cells.place[who] for who in each]) for each in (shown, before))
    n, values = cells.masks @ people.n, cells.masks @ (people.weight if by_weight else people.n)
    small = (values if by_weight else cells.size) < profile.minimum
    small &= np.isfinite(cells.size) & ~out
    upper = np.where(small, profile.minimum - values, 0.0)
    table, chosen = cells.protected(values, upper, closed, out, integer=not by_weight, alone=n == 1)
    counts = np.where(small, FEW, np.where(closed, BEFORE, np.where(chosen.hidden, SECONDARY, "")))
    width = _widths(table, chosen.hidden, profile)
    in_amounts = _dominated(lines, people, cells, profile, chosen.hidden, out) if profile.is_about_amounts else {}
    told = []
    for line, why in zip(lines, own, strict=True):
        places = [cells.place[who] for who in line.sets if cells.place[who] >= 0]
        found = {why, *(str(counts[place]) for place in places)}
        found |= {in_amounts.get((amount, place), "") for amount in line.adds for place in places[:1]}
        reason = next((each for each in (FEW, DOMINANCE, BEFORE, SECONDARY) if each in found), "")
        wide = next((width[place] for place in reversed(places) if reason and counts[place]), "")
        base = -1 if line.base is None else cells.place[line.base]
        told.append(replace(line, why=reason, width=wide, tells_base=base >= 0 and not counts[base]))
    return Protection(told, chosen.method, chosen.loss - chosen.bound)


def _has_few(line: Line, profile: Profile) -> bool:
    others = line.n - line.counted
    return few(line.n, profile) or few(line.counted, profile) or (not profile.rounding and few(others, profile))


def _dominated(
    lines: Sequence[Line], people: People, cells: _Cells, profile: Profile, hidden: Booleans, out: Booleans
) -> dict[tuple[Expression, int], str]:
    """Return why cells are hidden of amounts that few contribute to, by amount and place."""
    found: dict[tuple[Expression, int], str] = {}
    for amount in dict.fromkeys(each for line in lines for each in line.adds):
        of_amount = [line.base for line in lines if amount in line.adds and line.base is not None]
        there = np.zeros(len(cells.masks), dtype=bool)
        there[[cells.place[who] for who in of_amount if cells.place[who] >= 0]] = True
        largest, total = people.contributions(amount, weighted=profile.contributions == "respondents")
        values = cells.masks @ total
        tops = (np.sort(largest[mask > 0].ravel())[::-1][:2] for mask in cells.masks)
        levels = np.array([profile.needs_protection(top, value) for top, value in zip(tops, values, strict=True)])
        # a small group that is printed nowhere is looked for in the numbers of respondents
        group = ~there & (np.arange(there.size) >= cells.printed) & (cells.size >= profile.minimum)
        group &= np.isfinite(cells.size)
        levels[(~there & ~group) | out] = 0.0
        if not (levels > 0).any():
            continue
        closed = hidden | ~there
        alone = cells.masks @ people.n == 1
        _, chosen = cells.protected(values, levels, closed, out & there, integer=False, alone=alone)
        for place in np.flatnonzero(there & (chosen.hidden | (levels > 0))):
            found[amount, int(place)] = DOMINANCE if levels[place] > 0 else SECONDARY
    return found


def _widths(table: CellTable, hidden: Booleans, profile: Profile) -> list[str]:
    """Return, for each cell, at least how wide the interval is in which readers can place it."""
    least = [f"at least {profile.minimum}"] * hidden.size
    if hidden.sum() > _AUDITED or not hidden.any():
        return least
    low, high = audit(table, hidden)
    for place, width in enumerate(high - low):
        times = next((times for times in (10, 5, 2) if width >= times * profile.minimum), 1)
        least[place] = "without limit" if np.isinf(width) else f"at least {times * profile.minimum}"
    return least


def steps_too_small(found: Estimates, profile: Profile) -> Booleans:
    """Return rows of quantiles and of curves that have too few respondents on a side, or since the last kept."""
    # a point of a curve that is too near to the one before is left out, so that each step has respondents enough
    frame, small = found.frame, np.zeros(len(found), dtype=bool)
    keys = ["statistic", "variable", *found.by]
    for names, alike in frame.reset_index(drop=True).groupby(keys, sort=False, dropna=False):
        form = found.description_of(str(names[0])).category
        if form not in ("order", "top", "poorest", "group", "time"):
            continue
        last = 0.0
        for place, row in zip(alike.index.to_numpy(), alike.to_dict("records"), strict=True):
            n = float(row["n"])
            if form == "time":
                here = float(row.get("events", 0.0))
                small[place] = 0 < here - last < profile.step
                last = last if small[place] else here
                continue
            order = 1 / len(alike) if form == "group" else float(str(row["category"]).split(",")[0])
            below, above = n * (order - (last if form == "poorest" else 0.0)), n * (1 - order)
            small[place] = below < profile.step or (form != "group" and 0 < round(above, 9) < profile.step)
            last = last if small[place] else order
    return small
