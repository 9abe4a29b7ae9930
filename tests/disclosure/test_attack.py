"""Published results attacked: what is printed becomes equations on respondents, and small groups are looked for."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import LinearConstraint, linprog, milp

import diplab as dl
from diplab.disclosure.people import collected, people_of_sample
from diplab.disclosure.profile import profile_of
from diplab.disclosure.respondents import Breakdown, Line
from tests.conftest import module_at

if TYPE_CHECKING:
    from diplab.types import Crosstab, Estimates

ATTACK = module_at(Path(__file__).parents[2] / "benchmarks" / "disclosure_attack.py")

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Drawn"))
MINIMUM = 10


def people(seed: int) -> pd.DataFrame:
    """Respondents whose answers are uneven, so that some groups are small."""
    draw = np.random.default_rng(seed)
    n = int(draw.integers(90, 260))

    def answers(letters: str) -> list[str]:
        return list(draw.choice(list(letters), n, p=draw.dirichlet(np.full(len(letters), 1.5))))

    frame = {
        "region": answers("abcd"),
        "job": answers("xyz"),
        "sex": answers("fm"),
        "age": draw.integers(16, 60, n),
    }
    return pd.DataFrame(frame).assign(pay=draw.lognormal(3, 0.3, n).round(2))


class Attacker:
    """One who knows how many respondents there are, writes down every equation that is printed, and solves them."""

    def __init__(self, data: pd.DataFrame) -> None:
        cut = data[["region", "job", "sex"]].assign(young=data["age"] < 20)
        self.groups = pd.DataFrame(
            list(product("abcd", "xyz", "fm", [True, False])), columns=cut.columns
        )
        seen = cut.value_counts()
        self.n = np.array(
            [seen.get(group, 0) for group in self.groups.itertuples(index=False, name=None)]
        )
        self.alike: dict[
            tuple[str, object], np.ndarray
        ] = {}  # the groups in which a variable has a value
        self.masks: list[np.ndarray] = []
        self.values: list[float] = []

    def mask(self, **values: object) -> np.ndarray:
        for asked in values.items():
            if asked not in self.alike:
                name, value = asked
                self.alike[asked] = (self.groups[name] == value).to_numpy()
        return np.all([self.alike[asked] for asked in values.items()], axis=0) * 1.0

    def learn(self, count: float, **values: object) -> None:
        if not np.isnan(count):
            assert round(count) == self.mask(**values) @ self.n, values
            self.masks.append(self.mask(**values) if values else np.ones(len(self.n)))
            self.values.append(round(count))

    def read(self, result: Estimates | Crosstab, **domain: object) -> None:
        """Take numbers of respondents as printed, and those that a share of a base gives."""
        if hasattr(result, "shares_of"):
            names = list(result.counts.by)
            for part in (*result.shares_of.values(), result.counts):
                for row in part.frame.to_dict("records"):
                    share = 1.0 if part is result.counts else row["estimate"]
                    self.learn(share * row["n"], **domain, **{name: row[name] for name in names})
            for row in result.margins.frame.to_dict("records"):
                self.learn(
                    row["estimate"] * row["n"], **domain, **{row["variable"]: row["category"]}
                )
            return
        for row in result.frame.to_dict("records"):
            values = {name: row[name] for name in result.by}
            self.learn(row["n"], **domain, **values)
            if row["statistic"] == "share":
                self.learn(
                    row["estimate"] * row["n"],
                    **domain,
                    **values,
                    **{row["variable"]: row["category"]},
                )

    def check(self, sets: list[np.ndarray]) -> None:
        """Hold that 0 and ten respondents are both possible, in whole numbers, in every set."""
        known = LinearConstraint(np.array(self.masks), self.values, self.values)
        for mask in sets:
            for sign, least in ((1, 0), (-1, MINIMUM)):
                found = milp(sign * mask, integrality=np.ones(mask.size), constraints=known)
                # the most that has no end has no answer
                reached = np.inf if found.x is None else sign * found.fun
                assert sign * reached <= sign * least + 1e-6, (mask @ self.n, reached)


def small(attacker: Attacker, *names: str, **domain: object) -> list[np.ndarray]:
    """The sets of one to nine respondents that some variables single out."""
    groups = attacker.groups[list(names)].drop_duplicates().to_dict("records")
    masks = [attacker.mask(**group, **domain) for group in groups]
    return [mask for mask in masks if 0 < mask @ attacker.n < MINIMUM]


@pytest.mark.parametrize("seed", range(38))
def test_no_small_cell_of_a_crosstab_is_found(seed: int) -> None:
    data = people(seed)
    table = dl.crosstab(
        dl.declare_design(data), "region", "job", shares=("row", "column", "cell")[seed % 3]
    )
    attacker = Attacker(data)
    attacker.read(dl.publish(table, notes=NOTES))
    attacker.check(
        [*small(attacker, "region", "job"), *small(attacker, "region"), *small(attacker, "job")]
    )


@pytest.mark.parametrize("seed", range(38, 50))
def test_no_small_group_is_found_in_estimates_of_several_domains(seed: int) -> None:
    data = people(seed)
    sample = dl.declare_design(data)
    everybody = dl.estimate(sample, dl.share("job"), dl.mean("pay"), by="region")
    adults = dl.estimate(sample.where("age >= 20"), dl.count(), dl.share("sex"), by="region")
    shown = dl.publish([everybody, adults], sample=sample, notes=NOTES)
    attacker = Attacker(data)
    attacker.read(shown[0])
    attacker.read(shown[1], young=False)
    sets = [
        *small(attacker, "region", "job"),
        *small(attacker, "region"),
        *small(attacker, "region", "young"),
    ]
    attacker.check([*sets, *small(attacker, "region", "sex", young=False)])


@pytest.mark.parametrize("seed", range(7, 10))
def test_linked_tables_and_what_is_released_are_attacked_together(seed: int) -> None:
    data = people(seed)
    sample = dl.declare_design(data)
    first = dl.publish(dl.crosstab(sample, "region", "sex"), notes=NOTES)
    others = [dl.crosstab(sample, "region", "job"), dl.estimate(sample, dl.share("sex"), by="job")]
    attacker = Attacker(data)
    for shown in (first, *dl.publish(others, sample=sample, released=[first], notes=NOTES)):
        attacker.read(shown)
    for names in (("region", "sex"), ("region", "job"), ("job", "sex"), ("region",), ("job",)):
        attacker.check(small(attacker, *names))


@pytest.mark.parametrize("seed", range(60, 66))
def test_no_dominated_total_is_placed_nearer_than_its_rule_allows(seed: int) -> None:
    """Readers add up totals by region, by job and of all; what two respondents make stays as uncertain as (2, 90 %)."""
    data = people(seed).assign(pay=np.random.default_rng(seed).lognormal(3, 2.5, len(people(seed))))
    sample = dl.declare_design(data)
    results = [dl.estimate(sample, dl.total("pay"), by=by) for by in ("region", "job", ())]
    shown = dl.publish(results, sample=sample, notes=NOTES)
    groups = list(product("abcd", "xyz"))
    masks, values, dominated = [], [], []
    for place, (before, after) in enumerate(zip(results, shown, strict=True)):
        for row, left in zip(before.frame.to_dict("records"), after.frame["estimate"], strict=True):
            answer = row[before.by[0]] if before.by else None
            mask = np.array(
                [answer is None or group[place] == answer for group in groups], dtype=float
            )
            own = data["pay"] if answer is None else data.loc[data[before.by[0]] == answer, "pay"]
            level = profile_of("standard").needs_protection(own.nlargest(2).to_numpy(), own.sum())
            if not np.isnan(left):
                assert level == 0
                masks.append(mask)
                values.append(left)
            elif level > 0:
                dominated.append((mask, own.sum() + level))
    assert dominated
    for mask, least in dominated:
        found = linprog(-mask, A_eq=np.array(masks), b_eq=values) if masks else linprog(-mask)
        assert found.status == 3 or -found.fun >= least * (1 - 1e-6)


def test_tables_that_share_few_answers_stay_apart() -> None:
    """Three two-way tables are not one table of five variables: readers could think of 1,728 groups, and need not."""
    drawn = np.random.default_rng(5)
    sizes = {"region": 12, "sex": 2, "age": 4, "job": 6, "diploma": 3}
    data = pd.DataFrame(
        {name: drawn.integers(0, size, 2000).astype(str) for name, size in sizes.items()}
    )
    here = collected(dl.declare_design(data), [], list(sizes))
    pairs = [("region", "sex"), ("region", "age"), ("job", "diploma")]
    lines = [
        Line(base=(Breakdown(by=pair), values), n=1.0)
        for pair in pairs
        for values in data[list(pair)].drop_duplicates().itertuples(index=False, name=None)
    ]
    assert [each.size for each in people_of_sample(here, lines, {}).tables] == [24, 48, 18]
    # a third pair closes a circle: what three tables tell of each other is seen in one alone
    lines += [
        Line(base=(Breakdown(by=("sex", "age")), (sex, age)), n=1.0)
        for sex in "01"
        for age in "0123"
    ]
    assert [each.size for each in people_of_sample(here, lines, {}).tables] == [1728]


@pytest.mark.parametrize("number", [51330, 57803])
def test_answers_of_several_tables_place_no_small_group_together(number: int) -> None:
    """Files of the benchmark that were told too narrowly: one of 8 out of work is in no other job than those hidden."""
    found = ATTACK.one((number, False))
    assert found.results > 3
    assert not found.short
    assert not found.recovered
