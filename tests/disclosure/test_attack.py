"""Published results attacked: what is printed becomes equations on respondents, and small groups are looked for."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import LinearConstraint, milp

import diplab as dl

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Drawn"))
MINIMUM = 10


def people(seed: int) -> pd.DataFrame:
    """Respondents whose answers are uneven, so that some groups are small."""
    draw = np.random.default_rng(seed)
    n = int(draw.integers(90, 260))

    def answers(letters: str) -> list[str]:
        return list(draw.choice(list(letters), n, p=draw.dirichlet(np.full(len(letters), 1.5))))

    frame = {"region": answers("abcd"), "job": answers("xyz"), "sex": answers("fm"), "age": draw.integers(16, 60, n)}
    return pd.DataFrame(frame).assign(pay=draw.lognormal(3, 0.3, n).round(2))


class Attacker:
    """One who knows how many respondents there are, writes down every equation that is printed, and solves them."""

    def __init__(self, data: pd.DataFrame) -> None:
        cut = data[["region", "job", "sex"]].assign(young=data["age"] < 20)
        self.groups = pd.DataFrame(list(product("abcd", "xyz", "fm", [True, False])), columns=cut.columns)
        self.n = np.array([(cut == group).all(axis=1).sum() for group in self.groups.itertuples(index=False)])
        self.masks: list[np.ndarray] = []
        self.values: list[float] = []

    def mask(self, **values: object) -> np.ndarray:
        return np.all([self.groups[name] == value for name, value in values.items()], axis=0) * 1.0

    def learn(self, count: float, **values: object) -> None:
        if not np.isnan(count):
            assert round(count) == self.mask(**values) @ self.n, values
            self.masks.append(self.mask(**values) if values else np.ones(len(self.n)))
            self.values.append(round(count))

    def read(self, result: dl.types.Estimates | dl.types.Crosstab, **domain: object) -> None:
        """Take numbers of respondents as printed, and those that a share of a base gives."""
        if hasattr(result, "shares_of"):
            names = list(result.counts.by)
            for part in (*result.shares_of.values(), result.counts):
                for row in part.frame.to_dict("records"):
                    share = 1.0 if part is result.counts else row["estimate"]
                    self.learn(share * row["n"], **domain, **{name: row[name] for name in names})
            for row in result.margins.frame.to_dict("records"):
                self.learn(row["estimate"] * row["n"], **domain, **{row["variable"]: row["category"]})
            return
        for row in result.frame.to_dict("records"):
            values = {name: row[name] for name in result.by}
            self.learn(row["n"], **domain, **values)
            if row["statistic"] == "share":
                self.learn(row["estimate"] * row["n"], **domain, **values, **{row["variable"]: row["category"]})

    def interval(self, mask: np.ndarray) -> tuple[float, float]:
        """The fewest and the most respondents that a group may have, as far as the attacker knows."""
        known = LinearConstraint(np.array(self.masks), self.values, self.values) if self.masks else ()
        ends = []
        for sign in (1, -1):
            found = milp(sign * mask, integrality=np.ones(mask.size), constraints=known)
            ends.append(np.inf if found.x is None else abs(round(found.fun)))
        return ends[0], ends[1]


def small_groups(attacker: Attacker) -> list[np.ndarray]:
    """The groups of fewer than ten that single variables, pairs of them and the domain single out."""
    names = ["region", "job", "sex", "young"]
    sets = []
    for pair in [(each,) for each in names] + [(a, b) for a in names for b in names if a < b]:
        for values in attacker.groups[list(pair)].drop_duplicates().to_dict("records"):
            mask = attacker.mask(**values)
            if 0 < mask @ attacker.n < MINIMUM:
                sets.append(mask)
    return sets


@pytest.mark.parametrize("seed", range(50))
def test_no_small_group_is_found_in_what_is_published(seed: int) -> None:
    data = people(seed)
    sample = dl.declare_design(data)
    adults = sample.where("age >= 20")
    together = [
        dl.crosstab(sample, "region", "job", shares=("row", "column", "cell")[seed % 3]),
        dl.estimate(sample, dl.share("job"), dl.mean("pay"), by="region"),
        dl.estimate(adults, dl.count(), dl.share("sex"), by="region"),
        dl.estimate(sample, dl.count(), by="sex"),
    ]
    shown = dl.publish(together, sample=sample, notes=NOTES)
    attacker = Attacker(data)
    for result in shown:
        attacker.read(result, **({"young": False} if result is shown[2] else {}))
    for mask in small_groups(attacker):
        low, high = attacker.interval(mask)
        assert low == 0 or high - low >= MINIMUM, (mask @ attacker.n, low, high)
        assert high >= MINIMUM, (mask @ attacker.n, low, high)
