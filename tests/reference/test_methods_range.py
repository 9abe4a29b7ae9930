"""Methods side by side: order, ranges worked by hand, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

import diplab as dl
from diplab import population
from diplab.population.sizes import WORDS, gather_sizes, known_size
from diplab.presentation.language import rule, terms
from diplab.reference.text import Text
from diplab.results.estimates import Provenance

NONE = math.nan
BASE = WORDS("assumption.base")


def found(statistic, point, low=NONE, high=NONE, flag="", **record):
    row = {**known_size(statistic, point, flag=flag), "ci_low": low, "ci_high": high}
    provenance = Provenance(**{"base": BASE, "rules": {"confidence": "0.95"}, **record})
    return gather_sizes([row], provenance)


BOUND = found("bound", 100, 90, 110, "lower bound")
POINT = found("point", 120, 105, 140)
HIGH = found("high", 150, 130, 180)
UNDER = found("under", 60, 50, 70, "below bound, contradicted")
INFLATED = found("inflated", 70, 65, 75, "one-inflated")
NOWHERE = found("nowhere", NONE, flag="boundary")
ONLY_BOUNDS = found("partial", NONE, 80, 200, "bounds")
KNOWN = found("known", 300)


def ends(table):
    last = table.frame.tail(2)
    return {row["statistic"]: (row["ci_low"], row["ci_high"]) for _, row in last.iterrows()}


def test_ranges_by_hand():
    table = population.combine([NOWHERE, UNDER, HIGH, POINT, BOUND, ONLY_BOUNDS])
    assert table.frame["statistic"].tolist() == [
        "bound",
        "partial",
        "point",
        "high",
        "under",
        "nowhere",
        "range_points",
        "range",
    ]
    # points: 80 (the lower of the two bounds), 100, 120, 150, 200; intervals: from 80 to 200; 50 to
    # 70 stays out
    assert ends(table) == {"range_points": (80, 200), "range": (80, 200)}
    assert table.frame["estimate"].tail(2).isna().all()
    assert table.frame["flag"].tolist()[-2:] == ["bounds", "bounds"]
    assert np.isnan(table.covariance[~np.eye(len(table), dtype=bool)]).all()
    # points from 100 to 150, intervals from 90 to 180; 125.0 or 123.3, the averages, stand nowhere
    table = population.combine({"lists": POINT, "sightings": BOUND, "accounts": HIGH})
    assert ends(table) == {"range_points": (100, 150), "range": (90, 180)}
    assert table.frame["category"].tolist()[:3] == ["sightings", "lists", "accounts"]
    assert not set(table.frame["estimate"].dropna()) & {125.0, 135.0, np.mean([100, 120, 150])}
    # a size without a known error counts with its point
    assert ends(population.combine([POINT, KNOWN])) == {
        "range_points": (120, 300),
        "range": (105, 300),
    }
    table = population.combine([BOUND, found("other", 130, 120, 145, "lower bound")])
    assert ends(table) == {"range_points": (100, math.inf), "range": (90, math.inf)}
    # a bound above the points lifts the upper end to its own point
    lifted = population.combine([found("bound", 145, 115, 175, "lower bound"), POINT])
    assert ends(lifted) == {"range_points": (120, 145), "range": (105, 145)}
    table = population.combine([BOUND, INFLATED])
    assert table.frame["flag"].tolist() == ["lower bound", "one-inflated", "bounds", "bounds"]
    assert ends(table) == {"range_points": (70, 100), "range": (65, 100)}


def test_methods_that_contradict_each_other_are_flagged():
    apart = population.combine([POINT, found("far", 400, 300, 500), HIGH])
    assert apart.frame["flag"].tolist() == [
        "disjoint",
        "disjoint",
        "disjoint",
        *["bounds, disjoint"] * 2,
    ]
    # HIGH meets POINT, and not what is far; a bound is contradicted by what lies wholly under it
    # only
    under = population.combine([BOUND, found("low", 60, 50, 70), HIGH])
    assert under.frame["flag"].tolist() == [
        "lower bound, disjoint",
        "disjoint",
        "disjoint",
        *["bounds, disjoint"] * 2,
    ]
    over = population.combine([BOUND, found("far", 400, 300, 500)])
    assert over.frame["flag"].tolist() == ["lower bound", "", "bounds", "bounds"]
    counts = population.sensitivity([1645, 183, 37, 13, 1, 1])
    lists = population.two_sample(2775, 2831, 584)
    table = population.combine([counts, lists])
    inside = table.frame[~table.frame["flag"].str.contains("below bound")].iloc[:-2]
    assert "poisson" in set(table.frame["statistic"]) - set(inside["statistic"])
    assert ends(table)["range_points"] == (inside["estimate"].min(), inside["estimate"].max())
    assert ends(table)["range"][0] == inside["ci_low"].min()
    assert table.frame["statistic"].iloc[0].startswith("chao")
    assert len(table.fits) == len(table)


def test_the_record_says_what_the_range_is_and_keeps_the_weakest_status(refused):
    first = found("a", 100, 90, 110, status="published", source=Text.same("X"))
    second = found(
        "b",
        120,
        100,
        130,
        status="inferred",
        source=Text.same("Y"),
        synthetic=True,
        indicative=True,
    )
    record = population.combine([first, second]).provenance
    assert record.status == "inferred"
    assert record.source.en == "X; Y"
    assert record.synthetic
    assert record.indicative
    assert record.base == BASE
    assert record.assumptions[0].en == (
        "Range over methods: neither a mean nor a confidence interval; each end holds only if its "
        "method is right."
    )
    assert record.rules == {"methods": "2", "range": "envelope", "confidence": "0.95"}
    for name, value in record.rules.items():
        assert f"rule.{name}" in terms() or f"rule.{name}={value}" in terms()
        assert "=" not in rule(name, value, "fr")
    accounts = population.headcount([population.Source("A", 160, "published", "report")], 1.6)
    lists = population.two_sample(60, 50, 30)
    refused(lambda: population.combine([lists, accounts]))
    table = population.combine([lists, accounts], same_population=True)
    assert table.provenance.base == BASE
    assert table.provenance.assumptions[-1].en.startswith(
        "These bases count the same people: Persons of"
    )
    assert table.provenance.status == "derived"


def test_refusals(refused):
    rates = population.prevalence(POINT, 10_000)
    refused(lambda: population.combine([POINT, rates]))
    wide = found("wide", 100, 50, 200, rules={"confidence": "0.99"})
    refused(lambda: population.combine([POINT, wide]))
    refused(lambda: population.combine([POINT]))
    refused(lambda: population.combine([]))
    refused(lambda: population.combine([NOWHERE, UNDER]))
    refused(lambda: population.combine([POINT, 12.0]))
    people = dl.declare_design(pd.DataFrame({"sex": ["f", "f", "m", "m"]}))
    refused(lambda: population.combine([dl.estimate(people, dl.count(), by="sex"), POINT]))
    table = pd.DataFrame(
        {
            "platform": ["A"],
            "registered": [160.0],
            "active": [40.0],
            "status": ["published"],
            "source": ["report"],
        }
    )
    circles = population.headcount(table, 1.6, measure=["registered", "active"])
    refused(lambda: population.combine([circles, POINT]))
    assert ends(population.combine([circles.rows([0]), POINT], same_population=True))["range"] == (
        100,
        140,
    )


def test_a_table_of_the_range_is_printed_in_both_languages():
    table = population.combine([BOUND, found("other", 130, 120, 145, "lower bound"), NOWHERE])
    for language, words in (("fr", "Étendue des intervalles"), ("en", "Range of intervals")):
        shown = dl.table(table, language=language).as_raw_html()
        assert words in shown
