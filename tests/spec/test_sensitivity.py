"""What a sensitivity table takes, what it refuses and in which words, its headline, and how it is shown.

What may mislead is named where it is shown: in the frame, in the printed table, in the error.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab import population
from diplab.errors import MisleadingError, OptionError
from diplab.reference.text import LANGUAGES
from tests.recorded_histories import NETHERLANDS as COUNTS
from tests.recorded_histories import SPINA

if TYPE_CHECKING:
    from diplab.types import Estimates


def test_two_columns_are_two_lists() -> None:
    rows = np.repeat([[1, 0], [0, 1], [1, 1]], [781, 254, 167], axis=0)
    told = population.sensitivity(948, 421, 167)
    for given in (rows, pd.DataFrame(rows, columns=["a", "b"]), pl.DataFrame(rows, schema=["a", "b"])):
        found = population.sensitivity(given)
        pd.testing.assert_frame_equal(found.frame, told.frame, check_dtype=False)


def test_two_lists_of_identifiers() -> None:
    first, second = [f"w{at}" for at in range(40)], [f"w{at}" for at in range(30, 60)]
    found = population.sensitivity(first, second)
    pd.testing.assert_frame_equal(found.frame, population.sensitivity(40, 30, 10).frame, check_dtype=False)
    repeated = population.sensitivity([*first, "w1"], second, duplicates="drop")
    assert repeated.provenance.rules["duplicates_first"] == "1"


def test_one_row_a_person_or_one_row_a_history() -> None:
    long = SPINA.loc[SPINA.index.repeat(SPINA["persons"])].drop(columns="persons")
    one, other = population.sensitivity(SPINA, count="persons"), population.sensitivity(long)
    pd.testing.assert_frame_equal(one.frame, other.frame, rtol=1e-9)


def test_order_of_columns_is_said_or_left_out() -> None:
    timed = population.sensitivity(SPINA, count="persons")
    lists = population.sensitivity(SPINA, count="persons", ordered=False)
    assert {"Mb", "M0", "Mh"} <= set(timed.frame["statistic"])
    assert not {"Mb", "Mbh", "Mtb", "M0", "Mh"} & set(lists.frame["statistic"])
    assert timed.provenance.rules["occasions"] == "3"
    assert lists.provenance.rules["lists"] == "hospital, death, school"


def test_rows_without_an_answer_are_last() -> None:
    frame = population.sensitivity(SPINA, count="persons").frame
    known = frame["estimate"].notna().tolist()
    assert known == sorted(known, reverse=True)
    assert frame["flag"].iloc[0] == "lower bound"


def test_no_point_under_the_first_bound_is_without_a_flag() -> None:
    found = population.sensitivity(SPINA, count="persons").frame
    points = found[found["estimate"].notna() & ~found["statistic"].isin(["Mb", "Mbh", "Mtb"])]
    under = points[points["estimate"] < points["estimate"].iloc[0] * (1 - 1e-6)]
    # [12,23] is above the bound of lists, 742, and under the first, 764
    assert "[12,23]" in set(under["category"])
    assert under["flag"].str.contains("lower bound|below bound").all()


def test_independence_outside_the_range_given_is_below_the_bound() -> None:
    found = population.sensitivity(2775, 2831, 584, odds_ratio=(2, 3)).frame.set_index("statistic")
    assert found.loc["chapman", "flag"] == "below bound, contradicted"


def test_a_list_within_the_other_leaves_nobody_unseen() -> None:
    found = population.sensitivity(100, 40, 40).frame
    assert found["estimate"].iloc[0] == 100
    assert (found["ci_low"].iloc[-1], found["ci_high"].iloc[-1]) == (100, 100)


def test_headline_is_the_first_lower_bound() -> None:
    for found in (
        population.sensitivity(COUNTS),
        population.sensitivity(SPINA, count="persons"),
        population.sensitivity(2775, 2831, 584),
        population.single_source(COUNTS),
    ):
        headline = found.headline
        assert len(headline) == 1
        assert headline.frame["flag"].item() == "lower bound"
        assert headline.frame["estimate"].item() == found.frame["estimate"].iloc[0]
        assert len(headline.fits) in (0, 1)


def test_a_point_is_no_headline(error_text) -> None:
    with pytest.raises(MisleadingError) as caught:
        _ = population.two_sample(2775, 2831, 584).headline
    error_text(caught)


def test_a_bound_with_another_flag_is_no_headline() -> None:
    found = population.sensitivity({1: 60, 2: 183, 3: 150, 4: 60})
    assert found.frame["flag"].iloc[0] == "lower bound, few singletons"
    with pytest.raises(MisleadingError):
        _ = found.headline


ODDS = (0.5, 2)
LISTS = (2775, 2831, 584)
MORE = "histories of more than two columns"
REFUSED: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((COUNTS,), {"odds_ratio": ODDS}),
    ((COUNTS,), {"count": "persons"}),
    (LISTS, {"occasions": 2}),
    ((SPINA,), {"count": "persons", "duplicates": 3}),
    ((SPINA,), {"count": "persons", "odds_ratio": ODDS}),
    *((LISTS, {"odds_ratio": wrong}) for wrong in ((2, 0.5), (0, 1), (1, math.inf), 2, "ab", (1, 2, 3), (math.nan, 2))),
]


@pytest.mark.parametrize(("given", "options"), REFUSED)
def test_what_says_nothing_of_the_data_is_refused(given: tuple[Any, ...], options: dict[str, Any], error_text) -> None:
    with pytest.raises(OptionError) as caught:
        population.sensitivity(*given, **options)
    error_text(caught)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", ["column", "text", "page"])
@pytest.mark.parametrize("kind", ["histories", "two lists"])
def test_the_figure_can_be_read(kind: str, width: str, language: Any) -> None:
    found = (
        population.sensitivity(SPINA, count="persons")
        if kind == "histories"
        else population.sensitivity(2775, 2831, 584)
    )
    figure = dl.chart(found, language=language, width=width)
    words = [text.get_text() for text in figure.axes[0].texts]
    heads = {"fr": ("Au moins (borne)", "Sous un modèle"), "en": ("At least (bound)", "Under a model")}
    assert set(heads[language]) <= set(words)
    # what a heading says is not repeated at each of its rows
    assert not any("(borne inférieure)" in word or "(lower bound)" in word for word in words)


def test_the_range_of_dependence_in_words() -> None:
    sheet = dl.table(population.sensitivity(2775, 2831, 584), "fr").sheet
    assert [cell.text for cell in sheet.rows[0]][:2] == ["Deux listes liées", "rapport de cotes 0,5"]
    assert sheet.rows[-1][1].text == "rapport de cotes de 0,5 à 2"
    lines = " ".join(sheet.note_lines())
    assert "rapport de cotes entre les deux listes, déclaré, d’au moins 0,5" in lines
    assert "les listes elles-mêmes n’en disent rien" in lines.replace("'", "’")


def test_a_row_by_itself_says_its_own_assumptions_only() -> None:
    counts = [1645, 183, 37, 13, 1, 1]
    every = population.sensitivity(counts)
    bound, alone = every.headline.provenance, population.single_source(counts).provenance
    assert bound.assumptions == alone.assumptions
    assert bound.rules["estimator"] == "chao"
    # several rows keep what is said of all
    assert every.rows([0, 1]).provenance.assumptions == every.provenance.assumptions
    linked = population.sensitivity(2775, 2831, 584)
    lists = linked.rows([1]).provenance
    assert lists.assumptions == population.two_sample(2775, 2831, 584).provenance.assumptions
    assert lists.rules["estimator"] == "chapman"
    hares = population.sensitivity([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]] * 9)
    assert hares.frame["statistic"].iloc[0] == "Mth"
    assert 0 < len(hares.headline.provenance.assumptions) < len(hares.provenance.assumptions)
    every = population.closed([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]] * 9, "all")
    alone = every.rows(every.frame["statistic"] == "M0").provenance
    assert 0 < len(alone.assumptions) < len(every.provenance.assumptions)


FILTERED = [60, 183, 150, 60]
"""Fewer met once than any law of chances over eight occasions allows: some were taken out."""
EDGE = {1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}


def _flags(found: Estimates) -> list[str]:
    return [str(flag) for flag in found.frame["flag"]]


@pytest.mark.parametrize("model", ["M0", "Mh"])
def test_singletons_that_look_filtered_are_said_of_closed_populations(model: str) -> None:
    found = population.closed(FILTERED, model, occasions=8)  # type: ignore[arg-type]
    assert all("few singletons" in flag for flag in _flags(found))
    assert "few singletons" not in " ".join(_flags(population.closed([60, 30, 10], model, occasions=8)))  # type: ignore[arg-type]
    assert "seen once" in str(dl.table(found))


def test_nobody_met_once_is_said_even_beside_a_lower_bound() -> None:
    found = population.closed([0, 50, 10], "Mh", "chao", occasions=6)
    assert _flags(found) == ["lower bound, no singletons"]


def test_chances_that_differ_by_occasion_are_no_filter() -> None:
    # worked by hand: all met on the first two occasions and one in ten on the third leaves nobody met once
    met = pd.DataFrame({"a": [1, 1], "b": [1, 1], "c": [0, 1], "n": [90, 10]})
    assert not any("singletons" in flag for flag in _flags(population.closed(met, "Mt", count="n")))


def test_singletons_that_look_filtered_are_said_of_a_beta_law() -> None:
    assert all("few singletons" in flag for flag in _flags(population.beta_binomial(FILTERED, 8)))
    assert not any("few singletons" in flag for flag in _flags(population.beta_binomial([60, 30, 10], 8)))


def test_a_boundary_has_no_point_and_offers_the_bound() -> None:
    found = population.single_source(EDGE, "negative_binomial")
    assert np.isnan(found.frame["estimate"][0])
    assert np.isnan(found.frame["ci_high"][0])
    assert _flags(found) == ["boundary"]
    printed = " ".join(str(dl.table(found)).split())
    assert "boundary fit: no point" in printed
    assert "The counts allow only Chao’s lower bound." in printed
    law = population.beta_binomial(EDGE, 20)
    assert _flags(law) == ["lower bound", "boundary"]
    assert np.isnan(law.frame["estimate"][1])
    assert law.frame["estimate"][0] == pytest.approx(9273.510929, rel=1e-9)


def test_a_size_under_the_bound_says_so_and_one_inflated_models_that_there_is_none() -> None:
    under = population.single_source(EDGE, "poisson")
    assert _flags(under) == ["below bound, contradicted"]
    assert "below bound, contradicted" in str(dl.table(under))
    inflated = population.single_source(EDGE, "one_inflated_poisson")
    assert inflated.frame["estimate"][0] < population.single_source(EDGE).frame["ci_low"][0]
    assert _flags(inflated) == ["one-inflated"]
    assert "one-inflated: the bound does not hold" in str(dl.table(inflated))


def test_contradicted_is_the_interval_of_the_bound_and_not_its_point() -> None:
    """Only where the bound's interval lies wholly above the size."""
    for counts in ([100, 60, 20, 8], [100, 45, 20, 8], [200, 60, 20, 8], [400, 60, 20, 8]):
        size = population.single_source(counts, "poisson").frame
        bound = population.single_source(counts, "chao").frame
        below, above = size["estimate"][0] < bound["estimate"][0], size["estimate"][0] < bound["ci_low"][0]
        expected = "below bound, contradicted" if above else "below bound" if below else ""
        assert size["flag"][0] == expected
    assert size["flag"][0] == "below bound, contradicted"


def test_of_truly_poisson_counts_half_fall_below_the_bound_and_hardly_any_is_contradicted() -> None:
    """Rate 1 and 400 persons, 400 samples: a share of 0.5 has a standard error of 0.025, one of 0.025 of 0.008."""
    random = np.random.default_rng(20)
    flags = []
    for _ in range(400):
        counts = np.bincount(random.poisson(1.0, 400))[1:]
        flags.append(str(population.single_source(counts.tolist(), "poisson").frame["flag"][0]))
    below = sum("below bound" in flag for flag in flags) / 400
    contradicted = sum("contradicted" in flag for flag in flags) / 400
    assert 0.4 < below < 0.6
    assert contradicted <= 0.025


def test_survival_above_one_is_named_and_not_cut() -> None:
    rows = [[1, 0, 1, 1]] * 5 + [[0, 1, 0, 1]] * 9 + [[1, 1, 0, 0]] * 2 + [[0, 1, 1, 0]] * 2 + [[0, 0, 1, 1]] * 3
    found = population.open_population(rows)
    survival = found.frame.query("statistic == 'survival'")
    assert survival["estimate"].iloc[0] > 1
    assert survival["flag"].iloc[0] == "survival above one"
    assert "survival above one" in str(dl.table(found)).lower()


@pytest.mark.parametrize(
    ("counts", "offered"),
    [([100, 0, 5], "Write the estimator `chao_bc`"), ([0, 50, 10], "take the number seen as the least there can be")],
)
def test_a_bound_that_divides_by_zero_offers_another(counts: list[int], offered: str) -> None:
    with pytest.raises(MisleadingError, match=offered):
        population.single_source(counts)
