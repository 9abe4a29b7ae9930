"""Circles bear their names in tables, in the reader's language, and keys stay in the frame."""

from __future__ import annotations

import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.reference.text import Text

REGISTERED, MONTHLY = Text("inscrits", "registered"), Text("mensuels", "monthly")
PAPER = Text.same("arXiv 1901.03889")
CIRCLES = population.circles(
    [
        population.Circle("r", 266_126, REGISTERED, REGISTERED, PAPER, "published"),
        population.Circle("m", 52_337, MONTHLY, MONTHLY, PAPER, "published", "r"),
    ]
)
PLATFORMS = pd.DataFrame(
    {"platform": ["A", "B"], "registered": [900, 800], "visitors": [500, 90], "active": [30, 20]}
).assign(status="published", source="site")


@pytest.mark.parametrize("found", [CIRCLES, population.prevalence(CIRCLES, 41_519_102)])
def test_circles_bear_their_names(found: dl.Estimates) -> None:
    assert [row[0].text for row in dl.table(found, "fr").sheet.rows] == ["inscrits", "mensuels"]
    assert [row[0].text for row in dl.table(found, "en").sheet.rows] == ["registered", "monthly"]
    assert found.frame["category"].tolist() == ["r", "m"]


def test_measures_bear_their_names() -> None:
    found = population.headcount(PLATFORMS, measure=["registered", "visitors", "active"])
    names = [row[0].text for row in dl.table(found, "fr").sheet.rows]
    assert names == ["inscrits", "présents dans le mois", "actifs"]
    assert found.frame["category"].tolist() == ["registered", "visitors", "active"]
