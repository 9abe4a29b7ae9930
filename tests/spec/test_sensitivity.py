"""What a sensitivity table takes, what it refuses and in which words, its headline, and how it is shown.

What may mislead is named where it is shown: in the frame, in the printed table, in the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab import population
from diplab.errors import MisleadingError, OptionError
from tests.recorded_histories import NETHERLANDS as COUNTS
from tests.recorded_histories import SPINA

if TYPE_CHECKING:
    from diplab.types import Estimates

LISTS = (2775, 2831, 584)


@pytest.fixture(scope="module")
def histories() -> Estimates:
    return population.sensitivity(SPINA, count="persons")


@pytest.fixture(scope="module")
def two_lists() -> Estimates:
    return population.sensitivity(*LISTS)


def test_ways_to_give_two_lists_and_histories(histories: Estimates) -> None:
    rows = np.repeat([[1, 0], [0, 1], [1, 1]], [781, 254, 167], axis=0)
    expected = population.sensitivity(948, 421, 167).frame
    for given in (
        rows,
        pd.DataFrame(rows, columns=["a", "b"]),
        pl.DataFrame(rows, schema=["a", "b"]),
    ):
        pd.testing.assert_frame_equal(
            population.sensitivity(given).frame, expected, check_dtype=False
        )
    # identifiers
    first, second = [f"w{at}" for at in range(40)], [f"w{at}" for at in range(30, 60)]
    found = population.sensitivity(first, second)
    pd.testing.assert_frame_equal(
        found.frame, population.sensitivity(40, 30, 10).frame, check_dtype=False
    )
    repeated = population.sensitivity([*first, "w1"], second, duplicates="drop")
    assert repeated.provenance.rules["duplicates_first"] == "1"
    # one row a person or one row a history
    long = SPINA.loc[SPINA.index.repeat(SPINA["persons"])].drop(columns="persons")
    pd.testing.assert_frame_equal(population.sensitivity(long).frame, histories.frame, rtol=1e-9)


def test_order_of_columns_is_stated_or_left_out(histories: Estimates) -> None:
    lists = population.sensitivity(SPINA, count="persons", ordered=False)
    assert {"Mb", "M0", "Mh"} <= set(histories.frame["statistic"])
    assert not {"Mb", "Mbh", "Mtb", "M0", "Mh"} & set(lists.frame["statistic"])
    assert histories.provenance.rules["occasions"] == "3"
    assert lists.provenance.rules["lists"] == "hospital, death, school"


def test_rows_without_an_answer_are_last_and_points_under_the_bound_flagged(
    histories: Estimates,
) -> None:
    found = histories.frame
    known = found["estimate"].notna().tolist()
    assert known == sorted(known, reverse=True)
    assert found["flag"].iloc[0] == "lower bound"
    points = found[found["estimate"].notna() & ~found["statistic"].isin(["Mb", "Mbh", "Mtb"])]
    under = points[points["estimate"] < points["estimate"].iloc[0] * (1 - 1e-6)]
    # [12,23] is above the bound of lists, 742, and under the first, 764
    assert "[12,23]" in set(under["category"])
    assert under["flag"].str.contains("lower bound|below bound").all()
    # independence outside the range given is below the bound
    found = population.sensitivity(*LISTS, odds_ratio=(2, 3)).frame.set_index("statistic")
    assert found.loc["chapman", "flag"] == "below bound, contradicted"
    # a list within the other leaves nobody unseen
    found = population.sensitivity(100, 40, 40).frame
    assert found["estimate"].iloc[0] == 100
    assert (found["ci_low"].iloc[-1], found["ci_high"].iloc[-1]) == (100, 100)


def test_headline_is_the_first_lower_bound(
    histories: Estimates, two_lists: Estimates, refused: Any
) -> None:
    for found in (
        population.sensitivity(COUNTS),
        histories,
        two_lists,
        population.single_source(COUNTS),
    ):
        headline = found.headline
        assert len(headline) == 1
        assert headline.frame["flag"].item() == "lower bound"
        assert headline.frame["estimate"].item() == found.frame["estimate"].iloc[0]
        assert len(headline.fits) in (0, 1)
    # a point is not a headline, nor is a bound with another flag
    refused(lambda: population.two_sample(*LISTS).headline, MisleadingError)
    found = population.sensitivity({1: 60, 2: 183, 3: 150, 4: 60})
    assert found.frame["flag"].iloc[0] == "lower bound, few singletons"
    with pytest.raises(MisleadingError):
        _ = found.headline


def test_options_without_a_meaning_for_the_data_are_refused(refused: Any) -> None:
    odds = (0.5, 2)
    for given, options in (
        *(
            ((COUNTS,), {"odds_ratio": odds}),
            ((COUNTS,), {"count": "persons"}),
            (LISTS, {"occasions": 2}),
        ),
        *(
            ((SPINA,), {"count": "persons", "duplicates": 3}),
            ((SPINA,), {"count": "persons", "odds_ratio": odds}),
        ),
        *(
            (LISTS, {"odds_ratio": wrong})
            for wrong in ((2, 0.5), (0, 1), (1, np.inf), 2, "ab", (1, 2, 3), (np.nan, 2))
        ),
    ):
        refused(
            lambda given=given, options=options: population.sensitivity(*given, **options),
            OptionError,
        )


@pytest.mark.parametrize(("width", "language"), [("column", "fr"), ("text", "en"), ("page", "fr")])
@pytest.mark.parametrize("kind", ["histories", "two_lists"])
def test_the_figure_can_be_read(kind: str, width: str, language: Any, request: Any) -> None:
    figure = dl.chart(request.getfixturevalue(kind), language=language, width=width)
    words = [text.get_text() for text in figure.axes[0].texts]
    heads = {
        "fr": ("Au moins (borne)", "Sous un modèle"),
        "en": ("At least (bound)", "Under a model"),
    }
    assert set(heads[language]) <= set(words)
    # what a heading says is not repeated at each of its rows
    assert not any("(borne inférieure)" in word or "(lower bound)" in word for word in words)


def test_the_range_of_dependence_in_words(two_lists: Estimates) -> None:
    sheet = dl.table(two_lists, "fr", rules="full").sheet
    assert [cell.text for cell in sheet.rows[0]][:2] == [
        "Deux listes liées",
        "rapport de cotes 0,5",
    ]
    assert sheet.rows[-1][1].text == "rapport de cotes de 0,5 à 2"
    lines = " ".join(sheet.note_lines())
    assert "rapport de cotes entre les deux listes, déclaré, d’au moins 0,5" in lines
    assert "les listes elles-mêmes n’en disent rien" in lines.replace("'", "’")


def test_a_row_by_itself_states_its_own_assumptions_only(two_lists: Estimates) -> None:
    counts = [1645, 183, 37, 13, 1, 1]
    every = population.sensitivity(counts)
    bound, alone = every.headline.provenance, population.single_source(counts).provenance
    assert bound.assumptions == alone.assumptions
    assert bound.rules["estimator"] == "chao"
    # several rows keep what is said of all
    assert every.rows([0, 1]).provenance.assumptions == every.provenance.assumptions
    lists = two_lists.rows([1]).provenance
    assert lists.assumptions == population.two_sample(*LISTS).provenance.assumptions
    assert lists.rules["estimator"] == "chapman"
    met = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]] * 9
    hares = population.sensitivity(met)
    assert hares.frame["statistic"].iloc[0] == "Mth"
    assert 0 < len(hares.headline.provenance.assumptions) < len(hares.provenance.assumptions)
    every = population.closed(met, "all")
    alone = every.rows(every.frame["statistic"] == "M0").provenance
    assert 0 < len(alone.assumptions) < len(every.provenance.assumptions)


FILTERED = [60, 183, 150, 60]
"""Fewer met once than any law of chances over eight occasions allows: some were taken out."""
EDGE = {1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}


def _flags(found: Estimates) -> list[str]:
    return [str(flag) for flag in found.frame["flag"]]


def test_singletons_that_look_filtered_are_flagged() -> None:
    for method in (
        *(
            lambda counts, model=model: population.closed(counts, model, occasions=8)
            for model in ("M0", "Mh")
        ),
        lambda counts: population.beta_binomial(counts, 8),
    ):
        found = method(FILTERED)
        assert all("few singletons" in flag for flag in _flags(found))
        assert "few singletons" not in " ".join(_flags(method([60, 30, 10])))
        assert "seen once" in str(dl.table(found))
    # nobody met once is flagged even beside a lower bound
    assert _flags(population.closed([0, 50, 10], "Mh", "chao", occasions=6)) == [
        "lower bound, no singletons"
    ]
    # chances that differ by occasion do not act as a filter: all met on the first two occasions and one in
    # ten on the third leaves nobody met once
    met = pd.DataFrame({"a": [1, 1], "b": [1, 1], "c": [0, 1], "n": [90, 10]})
    assert not any("singletons" in flag for flag in _flags(population.closed(met, "Mt", count="n")))


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
        below, above = (
            size["estimate"][0] < bound["estimate"][0],
            size["estimate"][0] < bound["ci_low"][0],
        )
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
    rows = (
        [[1, 0, 1, 1]] * 5
        + [[0, 1, 0, 1]] * 9
        + [[1, 1, 0, 0]] * 2
        + [[0, 1, 1, 0]] * 2
        + [[0, 0, 1, 1]] * 3
    )
    found = population.open_population(rows)
    survival = found.frame.query("statistic == 'survival'")
    assert survival["estimate"].iloc[0] > 1
    assert survival["flag"].iloc[0] == "survival above one"
    assert "survival above one" in str(dl.table(found)).lower()
    # a bound that divides by zero offers another
    for counts, offered in (
        ([100, 0, 5], "Write the estimator `chao_bc`"),
        ([0, 50, 10], "take the number seen as"),
    ):
        with pytest.raises(MisleadingError, match=offered):
            population.single_source(counts)
