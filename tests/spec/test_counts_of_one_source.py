"""Counts of one source: what is refused, what is flagged, in which order a sensitivity table comes."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.population.counts import ESTIMATORS, WITHOUT_BOUND
from diplab.presentation.language import rule, terms

NL1 = [1645, 183, 37, 13, 1, 1]


def flag(counts: Any, estimator: str, **options: Any) -> str:
    found = population.single_source(counts, estimator, **options)  # type: ignore[arg-type]
    return str(found.frame["flag"].iloc[0])


def test_frequencies_that_are_nobodys_or_everyones(refused: Any) -> None:
    counts = {2: 10, 3: 4, 4: 1}
    for estimator in ("chao1", "ichao"):
        refused(partial(population.single_source, counts, estimator))
    for estimator in ("ace", "jackknife1"):
        row = population.single_source(counts, estimator).frame.iloc[0]  # type: ignore[arg-type]
        assert (row["estimate"], row["flag"]) == (15, "no singletons")
    refused(partial(population.single_source, {1: 5, 3: 2}, "ichao"))
    # by hand: n = 7, sightings 11, corrected 10/11 x 5 x 4 / 2
    row = population.single_source({1: 5, 3: 2}, "chao1_bc").frame.iloc[0]
    assert row["estimate"] == pytest.approx(7 + 10 / 11 * 10)
    for counts in ({1: 5, 3: 2}, {1: 5, 2: 2}):
        refused(partial(population.single_source, counts, "oichao"))
    refused(partial(population.single_source, [30], "negative_binomial"))
    refused(partial(population.single_source, [30], "ace"))
    for estimator in sorted(set(WITHOUT_BOUND) - {"oichao"}):
        refused(partial(population.single_source, [30, 12], estimator))
    row = population.single_source({30: 50}, "poisson").frame.iloc[0]
    assert row["estimate"] == pytest.approx(50, rel=1e-9)
    assert row["flag"] == "no singletons"


def test_occasions_persons_and_duplicates_that_there_cannot_be(refused: Any) -> None:
    refused(partial(population.single_source, NL1, "chao2_bc"))
    refused(partial(population.single_source, [5, 2, 1], "ichao", occasions=3))
    refused(partial(population.single_source, [5, 2], "jackknife2", occasions=2))
    # one occasion tells of nobody else
    assert population.sensitivity([5], occasions=1).frame["estimate"].dropna().tolist() == [15]
    with_occasions = (
        population.single_source([9, 4, 2], "jackknife1", occasions=5).frame["estimate"].iloc[0]
    )
    # by hand: 15 + 4/5 x 9; without occasions the 23 sightings take their place
    assert with_occasions == pytest.approx(22.2)
    without = population.single_source([9, 4, 2], "jackknife1").frame["estimate"].iloc[0]
    assert without == pytest.approx(15 + 22 / 23 * 9)
    for occasions in ("six", 6.5, -1, 0, True, math.nan):
        refused(partial(population.single_source, NL1, occasions=occasions))
    for counts in ("12", 5, None, 2.5):
        refused(partial(population.sensitivity, counts))
    for persons in ("5", None, math.nan, math.inf, -2, 1.5, True, 10**400):
        refused(partial(population.single_source, [persons, 3]))
    for duplicates in ("3", -1, 1.5, math.nan, True, 1646):
        refused(partial(population.single_source, NL1, duplicates=duplicates))
    refused(partial(population.sensitivity, NL1, duplicates=1646))
    refused(partial(population.single_source, [30], duplicates=30))


def test_few_seen_once_and_little_variation_are_flagged() -> None:
    # f1 = 60 where 2 x 183^2 / (3 x 150) = 148.8 at the least is expected whatever the law of rates
    counts = [60, 183, 150, 60, 20]
    assert (flag(counts, "chao"), flag(counts, "geometric")) == (
        "lower bound, few singletons",
        "few singletons",
    )
    assert flag(counts, "zero_one_truncated_poisson") == "one-inflated"
    assert flag([160, 183, 150, 60, 20], "chao") == "lower bound"
    # over six occasions fewer are expected: 148.8 x 4/5 = 119.1
    assert flag([105, 183, 150, 60, 20], "chao") == "lower bound, few singletons"
    assert flag([105, 183, 150, 60, 20], "chao", occasions=6) == "lower bound"
    # by hand: bound 120 + 30^2 / 120 = 127.5; Poisson of truncated mean 2, rate 1.5936, 120 / (1 -
    # exp(-1.5936))
    counts = [30, 60, 30]
    rows = population.sensitivity(counts).frame.set_index("statistic")
    assert rows.loc["chao", "estimate"] == pytest.approx(127.5)
    assert rows.loc["poisson", "estimate"] == pytest.approx(
        120 / (1 - math.exp(-1.5936242600)), rel=1e-8
    )
    # the point lies above the bound; so few were seen once that a filter is feared
    assert rows.loc["poisson", "flag"] == "few singletons"
    assert rows.loc["chao", "flag"] == "lower bound, few singletons"
    assert rows.loc["zelterman", "flag"].startswith("below bound")
    # no heterogeneity to fit
    assert rows.loc["negative_binomial", "flag"] == "boundary"
    counts = [50, 40, 30, 20, 8, 1]
    found = population.single_source(counts, "one_inflated_geometric")
    assert found.frame["flag"].tolist() == ["boundary"]
    assert math.isnan(found.frame["estimate"].iloc[0])
    assert any("there is no excess to estimate" in text.en for text in found.provenance.assumptions)


def test_jackknives_against_those_seen_and_the_bound() -> None:
    # by hand, 21 persons and 81 sightings: 21 + 159/81 x 1 - 79^2/(81 x 80) x 10 falls below 21
    counts = {1: 1, 2: 10, 6: 10}
    row = population.single_source(counts, "jackknife2").frame.iloc[0]
    assert row["estimate"] == row["ci_low"] == 21
    assert row["ci_high"] >= 21
    assert row["flag"] == "at the number seen, below bound, contradicted"
    counts = {1: 3, 2: 40, 3: 30}
    raised = population.single_source(counts, "jackknife2", occasions=5)
    assert (raised.frame["estimate"].iloc[0], raised.provenance.rules["interval"]) == (73, "normal")
    assert (
        population.single_source(counts, "jackknife1", occasions=5).provenance.rules["interval"]
        == "log-normal"
    )
    assert (
        population.sensitivity(counts, occasions=5).provenance.rules["interval"]
        == "log-normal, normal"
    )
    # 100 persons with one chance in two on each of two occasions: 50 are seen once, 25 twice, as
    # expected
    counts = [50, 25]
    # Chao over two occasions: 75 + 1/2 x 50^2 / 50 = 100; without occasions 125, which would be too
    # high a bound
    assert flag(counts, "jackknife1") == "below bound"
    assert population.single_source(counts, "chao2", occasions=2).frame["estimate"].iloc[0] == 100
    row = population.single_source(counts, "jackknife1", occasions=2).frame.iloc[0]
    assert (row["estimate"], row["flag"]) == (100, "")


def test_sensitivity_of_immigrants() -> None:
    table = population.sensitivity(NL1)
    assert table.frame["statistic"].tolist() == [
        "chao", *("chao_bc", "ichao"), *("zelterman", "geometric", "ace", "ace_1"),
        *("poisson", "jackknife1", "jackknife2"), *("oichao", "one_inflated_poisson", "one_inflated_geometric"),
        *("truncated_one_inflated_poisson", "truncated_one_inflated_geometric"),
        *("zero_one_truncated_poisson", "zero_one_truncated_geometric", "hurdle_poisson"),
        "negative_binomial",
    ]  # fmt: skip
    assert table.frame["flag"].tolist() == [
        *["lower bound"] * 3, *[""] * 4, *["below bound, contradicted"] * 3, *["one-inflated"] * 8, "boundary",
    ]  # fmt: skip
    assert table.provenance.rules["estimator"] == "several"
    words = [rule("estimator", "several", language) for language in ("en", "fr")]
    assert words == ["one estimator per row", "un estimateur par ligne"]
    assert table.provenance.rules["duplicates"] == "undeclared"
    models = table.models.set_index("statistic")
    assert models.loc["poisson", "log_likelihood"] == pytest.approx(-901.9519071, abs=1e-7)
    # likelihoods of those seen at least twice do not compare with the others, nor do formulas have
    # one
    for estimator in ("zero_one_truncated_poisson", "negative_binomial", "chao"):
        assert models.loc[estimator, ["aic", "bic"]].isna().all()
    assert models["aic"].idxmin() in ("one_inflated_geometric", "truncated_one_inflated_geometric")
    assert models.loc["hurdle_poisson", "aic"] == pytest.approx(
        models.loc["one_inflated_poisson", "aic"]
    )
    said = [text.en for text in table.provenance.assumptions]
    turn = next(place for place, text in enumerate(said) if text.startswith("Each row rests"))
    assert said[:turn] == [
        "Closed population: no entries or exits during the observation.",
        "A person is recognised at each sighting, with no duplicate and no matching error.",
        "The sightings of a person are independent of one another.",
    ]
    assert len(said) == len(set(said))
    alone = [
        text.en for text in population.single_source(NL1, "hurdle_poisson").provenance.assumptions
    ]
    assert not any("Persons seen once are real" in text for text in alone)


def test_estimators_flags_and_duplicates_in_words() -> None:
    assert [each for each in ESTIMATORS if f"statistic.{each}" not in terms()] == []
    flags = ["few singletons", "no upper limit", "boundary", "one-inflated", "at the number seen"]
    assert [each for each in flags if f"flag.{each}" not in terms()] == []
    seen = {1: 43, 2: 16, 3: 8, 4: 6, 6: 2, 7: 1}
    for estimator in ESTIMATORS:
        found = population.single_source(seen, estimator, 18)
        for text in found.provenance.assumptions:
            assert text.fr != text.en
            assert text.fr.endswith(".") == text.en.endswith(".")
    sheet = dl.table(population.sensitivity(seen), "en").sheet
    shown = {row[0].text: [cell.text for cell in row[1:]] for row in sheet.rows}
    assert shown["Zero-truncated negative binomial"][2].endswith(" or more")
    assert shown["Zero-truncated negative binomial"][-1] == "no upper limit"
    sheet = dl.table(population.sensitivity(NL1), "fr").sheet
    assert sheet.rows[-1][-1].text == "ajustement au bord\u00a0: pas de point"
    undeclared, none, some = (
        population.single_source(NL1, duplicates=each) for each in (None, 0, 145)
    )
    said = [found.provenance.rules["duplicates"] for found in (undeclared, none, some)]
    assert said == ["undeclared", "0", "145"]
    # by hand: 1735 + 1500^2 / 366
    assert some.frame["estimate"].iloc[0] == pytest.approx(1735 + 1500**2 / 366)
    assert some.frame["n"].iloc[0] == 1735
    assert [rule("duplicates", each, "en") for each in said] == [
        "duplicates not declared: each row or account is taken for one person",
        "duplicate accounts: none",
        "duplicate or false accounts subtracted from those seen once: 145",
    ]
    assert [rule("duplicates", each, "fr") for each in said] == [
        "doublons non déclarés\u00a0: chaque ligne ou compte est pris pour une personne",
        "comptes en double\u00a0: aucun",
        "comptes en double ou faux, retirés des personnes vues une fois\u00a0: 145",
    ]
    assert any(
        "duplicates not declared" in line for line in dl.table(undeclared, "en").sheet.note_lines()
    )


def test_counts_from_a_column_of_a_frame() -> None:
    times = pd.Series([1] * 40 + [2] * 22 + [3] * 9 + [4] * 6 + [5] * 2)
    one = population.single_source(times.value_counts(), "ace")  # type: ignore[arg-type]
    other = population.single_source([40, 22, 9, 6, 2], "ace")
    pd.testing.assert_frame_equal(one.frame, other.frame)
