"""Closed populations as drawn here: what is read, what is refused, what an edge of the data says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import gammaln

import diplab as dl
from diplab import population
from diplab.population._closed import fit_every_model
from diplab.population.counts import read_captures
from diplab.population.kernel.abundance import Abundance, lognormal_interval
from diplab.population.kernel.closed import FirstCaptures, fit_mtb, fit_removal, profile_removal
from diplab.population.kernel.loglinear import fit_bounded

CELLS = {"111": 6, "110": 9, "101": 12, "011": 10, "100": 30, "010": 25, "001": 18}


def table(cells: dict[str, int]) -> pd.DataFrame:
    names = [f"day {at}" for at in range(1, len(next(iter(cells))) + 1)]
    return pd.DataFrame(
        [[*map(int, each), n] for each, n in cells.items()], columns=[*names, "persons"]
    )


def persons(cells: dict[str, int]) -> pd.DataFrame:
    """Return the same as one row per person."""
    counted = table(cells)
    return (
        counted.loc[counted.index.repeat(counted["persons"])]
        .drop(columns="persons")
        .reset_index(drop=True)
    )


def everything(cells: dict[str, int]) -> pd.DataFrame:
    return population.closed(table(cells), "all", count="persons").models.set_index(
        ["statistic", "category"]
    )


@pytest.mark.parametrize("model", ["Mth", "Mbh", "Mtb"])
def test_every_way_of_giving_histories_gives_the_same(model: str) -> None:
    one_a_row = persons(CELLS)
    ways = [
        (table(CELLS), "persons"), (one_a_row, None), (one_a_row.astype(bool), None), (one_a_row.astype(float), None),
        (pl.from_pandas(one_a_row), None), (pl.from_pandas(table(CELLS)).lazy(), "persons"),
        (one_a_row.to_numpy(), None), (one_a_row.to_numpy().tolist(), None),
    ]  # fmt: skip
    found = [population.closed(data, model, count=count).frame.iloc[0] for data, count in ways]  # type: ignore[arg-type]
    for other in found[1:]:
        for column in ("estimate", "std_error", "ci_low", "ci_high"):
            assert other[column] == pytest.approx(found[0][column], rel=1e-9, nan_ok=True)


def test_a_result_and_its_rows_name_their_models() -> None:
    found = population.closed(table(CELLS), count="persons")
    assert found.provenance.rules == {
        "capture_model": "Mth darroch", "point": "poisson", "interval": "profile", "confidence": "0.95",
        "occasions": "3", "cells": "histories", "duplicates": "undeclared",
    }  # fmt: skip
    assert found.provenance.base
    assert len(found.provenance.assumptions) == 5
    row = found.frame.iloc[0]
    assert (row["statistic"], row["variable"], row["category"]) == (
        "Mth",
        "population size",
        "darroch",
    )
    assert row["n"] == 110
    assert math.isinf(row["df"])
    assert row["cv"] == pytest.approx(row["std_error"] / row["estimate"])
    found = population.closed(table(CELLS), "all", count="persons")
    assert found.frame["statistic"].tolist()[:3] == ["Mth", "Mh", "M0"]
    assert found.frame["flag"].tolist()[:2] == ["lower bound", "lower bound"]
    assert [fit.model for fit in found.fits if fit is not None][:2] == ["Mth chao", "Mh chao"]
    assert len(found.models) == 15
    again = fit_every_model(read_captures(table(CELLS), count="persons"))
    assert [row.values["estimate"] for row in again] == pytest.approx(
        found.frame["estimate"].tolist()
    )
    # shown as any other result
    assert "Mth" in dl.table(found, language="fr").as_raw_html()


def test_lists_of_which_one_holds_everyone_give_everyone() -> None:
    found = everything({"11": 50, "10": 30, "01": 0})
    row = found.loc[("Mt", "")]
    assert (row["estimate"], row["flag"], row["ci_low"]) == (80, "all seen", 80)
    assert 80 < row["ci_high"] < 82
    assert math.isnan(row["std_error"])
    found = everything({"111": 10, "110": 20, "101": 15, "100": 9})
    row = found.loc[("Mt", "")]
    assert (row["estimate"], row["flag"], row["ci_low"]) == (54, "all seen", 54)
    assert math.isnan(row["std_error"])
    # by hand: given N the first day has 54 of N and the others, free, cost nothing at N = 54
    assert row["ci_high"] == pytest.approx(54.741, abs=1e-3)
    assert found.loc[("Mtb", ""), "estimate"] == 54
    assert found.loc[("M0", ""), "estimate"] > 54


def test_an_occasion_that_saw_nobody_tells_nothing_under_mt() -> None:
    idle = {"1100": 20, "1000": 15, "0100": 9, "1110": 3, "0010": 4, "0110": 5}
    without = {each[:3]: n for each, n in idle.items()}
    one, other = everything(idle), everything(without)
    for key in (("Mt", ""), ("Mth", "chao"), ("Mth", "darroch"), ("Mtb", "")):
        assert one.loc[key, "estimate"] == pytest.approx(
            other.loc[key, "estimate"], rel=1e-6, nan_ok=True
        )
    # an occasion like the others that saw nobody does tell
    assert one.loc[("M0", ""), "estimate"] > other.loc[("M0", ""), "estimate"]


def test_a_fit_without_probabilities_has_a_column_of_numbers_for_them() -> None:
    (fit,) = population.closed({1: 20, 2: 9, 3: 4}, "Mh", "darroch").fits
    assert fit is not None
    assert fit.probabilities is not None
    assert fit.probabilities.empty
    assert fit.probabilities["estimate"].dtype == np.float64


@pytest.mark.parametrize("data", [{1: 30}, [30], {1: 1}])
def test_nobody_seen_twice_is_a_boundary(data: object) -> None:
    found = population.closed(data, "all").frame
    assert found["estimate"].isna().all()
    assert set(found["flag"]) == {"boundary"}
    assert (found["n"] == (1 if data == {1: 1} else 30)).all()


def test_what_the_data_cannot_tell_is_flagged() -> None:
    two = everything({"11": 20, "10": 30, "01": 25})
    for key in (
        ("Mth", "darroch"),
        ("Mh", "gamma3.5"),
        ("Mth", "normal"),
        ("Mbh", ""),
        ("Mtb", ""),
    ):
        assert two.loc[key, "flag"] == "not identified"
        assert math.isnan(two.loc[key, "estimate"])
    # Mt over two days is Lincoln-Petersen, Mb removal: 50^2 / (50 - 25)
    assert two.loc[("Mt", ""), "estimate"] == pytest.approx(50 * 45 / 20)
    assert two.loc[("Mb", ""), "estimate"] == pytest.approx(50**2 / (50 - 25))
    alone = population.closed(table({"11": 20, "10": 30, "01": 25}), count="persons").frame
    assert alone["flag"].tolist() == ["not identified", "lower bound"]
    # by hand: f = 73, 31, 6; Mh chao over 3 days N = 110 + (2/3) 73^2 / (2 x 31)
    found = everything(CELLS)
    assert found.loc[("Mh", "chao"), "estimate"] == pytest.approx(110 + 2 / 3 * 73**2 / 62)
    assert found.loc[("M0", ""), "flag"] == "below bound"
    assert found.loc[("M0", ""), "estimate"] < found.loc[("Mh", "chao"), "estimate"]
    # being seen changes persons: the bound says nothing of Mb
    assert found.loc[("Mb", ""), "flag"] == ""
    # f = 30, 0, 5: those seen once and thrice, none twice; a normal law has no end there
    found = population.closed({1: 30, 3: 5}, "Mh", "normal", occasions=5).frame
    assert (found["category"].tolist(), found["flag"].tolist()) == (
        ["normal", "chao"],
        ["boundary", "lower bound"],
    )
    assert math.isnan(found["estimate"].iloc[0])
    # three frequencies in nine, and none beyond: less varied than alike, so that a law leaves
    # nobody unseen
    under = population.closed({1: 30, 2: 5}, "Mh", "gamma3.5", occasions=5).frame
    assert under["flag"].tolist() == ["boundary", "lower bound"]


def test_first_captures_that_do_not_fall_off_and_days_that_are_just_enough() -> None:
    rising = fit_removal(np.array([10.0, 12.0, 15.0]))
    assert math.isinf(rising.size)
    found = everything({"1000": 5, "0100": 5, "0010": 9, "0001": 30, "1111": 10, "0111": 8})
    assert found.loc[("Mb", ""), "flag"] == "boundary"
    # removal by hand over two days: 60^2 / (60 - 20), and its profile holds it
    two = fit_removal(np.array([60.0, 20.0]))
    assert two.size == pytest.approx(90)
    profile = profile_removal(np.array([60.0, 20.0]), two.size)
    assert 80 <= profile.low < profile.size < two.size < profile.high
    # Five numbers and five parameters: the odds of being seen again fix N, by hand.
    # Odds of c2 are 12/45, of c3 21/71; those of p2 are 35 / (N - 92), of p3 18 / (N - 110): both
    # ratios are exp(b).
    found = fit_mtb(FirstCaptures(np.array([57.0, 35.0, 18.0]), np.array([0.0, 12.0, 21.0])))
    ratio = (12 / 45) / 35 / ((21 / 71) / 18)
    by_hand = (110 - ratio * 92) / (1 - ratio)
    assert by_hand > 110
    assert found.size == pytest.approx(by_hand, rel=1e-6)


def test_many_occasions_and_persons_seen_nearly_always(refused: Any) -> None:
    draw = np.random.default_rng(20)
    seen = (draw.random((300, 20)) < 0.1).astype(int)
    seen = seen[seen.any(axis=1)]
    found = population.closed(seen, "all").models.set_index(["statistic", "category"])
    assert set(found.loc["Mth", "flag"]) == {"too many occasions"}
    for model in ("M0", "Mt", "Mb", "Mtb"):
        row = found.loc[(model, "")]
        assert len(seen) <= row["ci_low"] < row["estimate"] < row["ci_high"] < 400
    assert found.loc[("M0", ""), "df"] == 2**20 - 1 - 2
    refused(lambda: population.closed(seen, "Mth"))
    seen = (np.random.default_rng(3).random((40, 100)) < 0.6).astype(int)
    for model, days in (("M0", 30), ("Mt", 100), ("Mb", 100), ("Mtb", 30)):
        row = population.closed(seen[:, :days], model).frame.iloc[0]
        assert [row["estimate"], row["ci_low"]] == pytest.approx([40, 40], abs=1e-6), model
        assert row["ci_high"] < 41


def test_a_confidence_of_ninety_is_narrower() -> None:
    wide, narrow = (
        population.closed(table(CELLS), "Mt", count="persons", confidence=level).frame.iloc[0]
        for level in (0.95, 0.9)
    )
    assert wide["ci_low"] < narrow["ci_low"] < narrow["ci_high"] < wide["ci_high"]
    corrected = population.closed(
        table(CELLS), "Mt", count="persons", confidence=0.9, bias_corrected=True
    )
    row = corrected.frame.iloc[0]
    ends = lognormal_interval(Abundance(row["estimate"], row["std_error"] ** 2, 110), 0.9)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(ends)


def test_refusals(refused: Any) -> None:
    cases: list[Any] = [
        *(((None, "M0"), {}), (("file.csv", "M0"), {}), ((5, "M0"), {}), (({1: "3"}, "M0"), {})),
        *((({"once": 3}, "M0"), {}), (([[1, 0], [1]], "M0"), {})),
        ((pd.DataFrame([[1, 0], [1, 1]], columns=["a", "a"]), "M0"), {}),
        *(
            (({1: 25, 2: 22}, "M0"), {"confidence": "high"}),
            (([1.5, 2], "M0"), {}),
            (({1: 25, 2: 22},), {}),
        ),
        *((({1: 25, 2: 22}, "Mx"), {}), (({1: 25, 2: 22}, "Mh", "gamma"), {})),
        *((({1: 25, 2: 22}, "M0", "chao"), {}), (({1: 25, 2: 22}, "M0"), {"point": "best"})),
        (({1: 25, 2: 22}, "Mh", "normal"), {"point": "multinomial"}),
        (({1: 25, 2: 22}, "M0"), {"point": "multinomial", "bias_corrected": True}),
        (({1: 25, 2: 22, 3: 9}, "Mh"), {"bias_corrected": True}),
        *(
            ((table(CELLS), "Mt"), {"count": "persons", "up_to": 2}),
            (({1: 25, 2: 22}, "M0"), {"up_to": 1}),
        ),
        (({1: 25, 2: 22}, "M0"), {"confidence": 95}),
        *((({1: 25, 2: 22}, "M0"), {"occasions": 1}), (({1: 25, 2: 22}, "M0"), {"occasions": 2.5})),
        *((({1: 25, 20_000: 1}, "M0"), {}), (({1: 25, 2: 22}, "M0"), {"count": "persons"})),
        ((table(CELLS), "M0"), {"count": "persons", "occasions": 3}),
        *(((table(CELLS), "M0"), {"count": "person"}), ((table(CELLS), "M0"), {})),
        ((table(CELLS).assign(**{"day 2": ["yes"] * 7}), "M0"), {"count": "persons"}),
        ((table(CELLS).replace({"day 2": {0: np.nan}}), "M0"), {"count": "persons"}),
        ((table({**CELLS, "000": 4}), "M0"), {"count": "persons"}),
        ((table({"11": 0, "10": 0}), "M0"), {"count": "persons"}),
        ((table({"11": -2, "10": 5}), "M0"), {"count": "persons"}),
        *(((table({"1": 5}), "M0"), {"count": "persons"}), ((np.ones((2, 2, 2)), "M0"), {})),
        *(((np.ones((2, 2)), "M0"), {"count": "persons"}), ((np.zeros((0, 3)), "M0"), {})),
        ((pd.DataFrame([[1, 0], [1, 1]], columns=[1, "1"]), "M0"), {}),
        (({1: 25, 2: 0}, "Mh", "chao"), {"bias_corrected": True, "occasions": 1}),
        (
            (table({"11": 20, "10": 30, "01": 25}), "Mb"),
            {"count": "persons", "bias_corrected": True},
        ),
    ]
    for arguments, options in cases:
        refused(lambda a=arguments, o=options: population.closed(*a, **o))


def test_columns_named_by_numbers_are_occasions_too() -> None:
    rows = np.array([[1, 1, 0, 3], [1, 0, 0, 9], [0, 1, 1, 4], [0, 0, 1, 8], [0, 1, 0, 7]])
    words = population.closed(pd.DataFrame(rows, columns=["a", "b", "c", "n"]), "Mt", count="n")
    numbers = population.closed(pd.DataFrame(rows), "Mt", count=3)  # type: ignore[arg-type]
    assert numbers.frame["estimate"].tolist() == words.frame["estimate"].tolist()


def test_bounded_columns_that_go_round_end_with_the_columns_of_their_fit() -> None:
    """Three persons seen twenty times, nobody five to nineteen: a column came in and left again, for ever."""
    times = np.arange(1, 21)
    x = np.column_stack(
        [np.ones(20), times, *(np.clip(times - knot, 0, None) for knot in range(2, 20))]
    )
    x = np.vstack([x, np.eye(20)[0]])  # and nobody, of whom there are 2,500
    counts = np.zeros(21)
    counts[[0, 1, 2, 3, 19, 20]] = 1000, 100, 10, 1, 3, 2500
    near = np.zeros(20)
    near[[0, 1, 2, 3, 17]] = 8.51719319, -1.60943791, 0.41218722, 0.13373855, 19.13762278
    offset = np.append(-gammaln(times + 1), 0.0)
    found = fit_bounded(x, counts, range(2, 20), offset, [2, 3, 17], near)
    assert len(found.fit.coefficients) == len(found.kept)
    assert (found.fit.coefficients[found.kept >= 2] >= 0).all()
