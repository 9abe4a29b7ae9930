"""Statistics, variables, flags and rules of sizes from accounts, frames and links are said in both languages."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from diplab import population
from diplab.presentation.terms import rule, terms

PLATFORMS = pd.DataFrame(
    {
        "platform": list("abcdef"),
        "registered": [100.0, 220, 410, 790, 1650, math.nan],
        "visitors": [10.0, 20, 40, 80, 160, 400],
        "active": 1.0,
        "share": [0.5, *[math.nan] * 5],
        "status": "published",
        "source": "report",
    }
)
SAMPLE = pd.DataFrame({"weight": [10.0, 10, 10, 10], "both": [True, False, True, False]})
LINKS = pd.DataFrame({"account": [1, 2], "person": [1, 2], "weight": [1.0, 1], "links": [1, 1]})
LISTS = population.two_sample(60, 50, 30)
RESULTS = [
    *(
        population.multi_homing([1, 2, 1], sampled=sampled)
        for sampled in ("persons", "accounts", "one_platform")
    ),
    *(
        population.multi_homing(
            0.8, sampled="one_platform", others=2, elsewhere=elsewhere, relative_size=(1, 2)
        )
        for elsewhere in ("any", "no_more")
    ),
    *(
        population.headcount(PLATFORMS, traffic="visitors", measure=measure)
        for measure in (
            "registered",
            "visitors",
            "active",
            ["registered", "active"],
            ["registered", "visitors"],
        )
    ),
    population.headcount(PLATFORMS, population.multi_homing(0.3, sampled="one_platform"), "visitors"),
    population.headcount(PLATFORMS, traffic="visitors", by="platform"),
    *(
        population.dual_frame(SAMPLE, SAMPLE, estimator)  # type: ignore[arg-type]
        for estimator in ("hartley", "fuller_burmeister", "kalton_anderson", "multiplicity")
    ),
    population.dual_frame(SAMPLE, SAMPLE, frame_sizes=(40, 50)),
    population.multiplicity({"A": 10, "B": 8}, {"A": [1, 2], "B": [2, 1]}),
    population.weight_share(LINKS).total(),
    population.combine([LISTS, population.two_sample(600, 500, 30)]),
]


@pytest.mark.parametrize("found", RESULTS, ids=lambda found: str(found.frame["statistic"].iloc[0]))
def test_every_word_is_there(found: Any) -> None:
    frame = found.frame
    for section, column in (("statistic", "statistic"), ("variable", "variable"), ("flag", "flag")):
        names = {name for each in frame[column] for name in str(each).split(", ") if name}
        assert {f"{section}.{name}" for name in names} - set(terms()) == set()
    for name, value in found.provenance.rules.items():
        assert f"rule.{name}" in terms() or f"rule.{name}={value}" in terms()
        assert rule(name, value, "fr") != rule(name, value, "en")
        assert "=" not in rule(name, value, "fr")
    for text in found.provenance.assumptions:
        assert text.fr.endswith(".")
        assert text.en.endswith(".")
        assert text.fr != text.en
