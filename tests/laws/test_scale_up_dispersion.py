"""Killworth's standard error where reports vary more than chance: said, and what to write instead holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab import population

EVERYONE, RIDERS = 1_000_000, 4_000
GROUPS = {"doctors": 5_000, "nurses": 8_000, "bakers": 3_000, "teachers": 12_000}


def answers(dispersion: float, seed: int, respondents: int = 400) -> pd.DataFrame:
    """Return reports with variance `dispersion` times their mean, each respondent knowing 290 persons or so."""
    random = np.random.default_rng(seed)
    degree = random.lognormal(5.5, 0.6, respondents)

    def reports(size: float) -> np.ndarray:
        mean = degree * size / EVERYONE
        if dispersion == 1:
            return random.poisson(mean)
        return random.negative_binomial(mean / (dispersion - 1), 1 / dispersion)

    return pd.DataFrame({name: reports(size) for name, size in {**GROUPS, "riders": RIDERS}.items()})


def covers(found: pd.DataFrame) -> bool:
    return bool((found["ci_low"] <= RIDERS).item() and (found["ci_high"] >= RIDERS).item())


@pytest.mark.parametrize(("dispersion", "flagged"), [(1, (0, 0.1)), (2, (0.95, 1)), (4, (1, 1))])
def test_dispersion_is_said_where_there_is_some(dispersion: float, flagged: tuple[float, float]) -> None:
    flags = [
        population.scale_up(answers(dispersion, seed), "riders", EVERYONE, GROUPS).frame["flag"].item()
        for seed in range(60)
    ]
    share = np.mean(["overdispersed reports" in flag for flag in flags])
    assert flagged[0] <= share <= flagged[1]


def test_what_to_write_instead_covers() -> None:
    # 150 draws: 0.95 -/+ 3 standard errors is 0.90 to 1; Killworth's error covers about 0.62 of the time
    killworth, between, design = [], [], []
    for seed in range(150):
        people = answers(4, seed).assign(w=1.0)
        killworth.append(covers(population.scale_up(people, "riders", EVERYONE, GROUPS).frame))
        weighted = population.scale_up(people, "riders", EVERYONE, GROUPS, weights="w")
        assert "overdispersed" not in weighted.frame["flag"].item()
        between.append(covers(weighted.frame))
        asked = population.scale_up_ratio("riders", *GROUPS, sizes=list(GROUPS.values()))
        design.append(covers(dl.estimate(dl.declare_design(people, weights="w"), asked).frame))
    assert np.mean(killworth) < 0.75
    assert 0.90 <= np.mean(between) <= 1
    assert 0.90 <= np.mean(design) <= 1


def test_assumptions_say_which_error_it_is() -> None:
    people = answers(1, 1)
    people = people[people[list(GROUPS)].sum(axis=1) > 0].reset_index(drop=True)
    plain = population.scale_up(people, "riders", EVERYONE, GROUPS)
    weighted = population.scale_up(people, "riders", EVERYONE, GROUPS, weights=np.ones(len(people)))
    ratios = population.scale_up(people, "riders", EVERYONE, GROUPS, estimator="pimle")
    said = [[text.en for text in each.provenance.assumptions] for each in (plain, weighted, ratios)]
    assert any(each.startswith("Killworth’s standard error") for each in said[0])
    assert not any("Killworth" in each for each in said[1])
    assert any("mean of ratios is too large" in each for each in said[2])
    # few of the known groups are known to each: E(1/x) > 1/E(x)
    assert ratios.frame["estimate"].item() > 1.1 * weighted.frame["estimate"].item()
