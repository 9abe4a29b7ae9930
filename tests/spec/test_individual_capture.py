"""What `individual` refuses, flags and accepts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from diplab import population
from diplab.errors import DiplabError


def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "t1": [1, 0, 1, 0, 1, 0, 1, 0, 1, 1],
            "t2": [0, 1, 1, 0, 0, 1, 1, 1, 0, 1],
            "t3": [1, 0, 0, 1, 0, 0, 1, 1, 1, 0],
            "age": [20, 25, 30, 35, 40, 45, 50, 55, 60, 65],
            "sex": ["f", "m"] * 5,
        }
    )


def refused(formula: Any, table: Any, **options: Any) -> str:
    with pytest.raises(DiplabError) as caught:
        population.individual(formula, table, **options)
    return str(caught.value)


def test_occasions_stand_left_of_the_formula_or_in_their_own_argument() -> None:
    written = population.individual("t1 + t2 + t3 ~ age", people(), model="Mb")
    listed = population.individual("~ age", people(), model="Mb", occasions=["t1", "t2", "t3"])
    assert listed.frame["estimate"].iloc[0] == written.frame["estimate"].iloc[0]
    turned = population.individual("t3 + t2 + t1 ~ age", people(), model="Mb")
    assert turned.frame["estimate"].iloc[0] != pytest.approx(written.frame["estimate"].iloc[0])
    odd = people().rename(columns={"t1": "first wave"})
    ticked = population.individual("`first wave` + t2 + t3 ~ age", odd, model="Mb")
    assert ticked.frame["estimate"].iloc[0] == written.frame["estimate"].iloc[0]


def test_columns_named_by_numbers() -> None:
    named = population.individual("t1 + t2 + t3 ~ 1", people())
    numbered = people()[["t1", "t2", "t3"]].set_axis([0, 1, 2], axis=1)
    for occasions in ([0, 1, 2], np.arange(3)):
        found = population.individual("~ 1", numbered, occasions=occasions)
        assert found.frame["estimate"].iloc[0] == named.frame["estimate"].iloc[0]


def test_a_covariate_of_zeros_and_ones_is_a_covariate() -> None:
    table = people().assign(male=lambda frame: (frame["sex"] == "m").astype(int))
    coded = population.individual("t1 + t2 + t3 ~ male", table)
    words = population.individual("t1 + t2 + t3 ~ sex", table)
    assert coded.frame["estimate"].iloc[0] == pytest.approx(words.frame["estimate"].iloc[0], rel=1e-10)
    assert coded.provenance.rules["occasions"] == "3"


def test_frames_of_polars_are_read_too() -> None:
    plain = population.individual("t1 + t2 + t3 ~ age + sex", people())
    other = population.individual("t1 + t2 + t3 ~ age + sex", pl.from_pandas(people()))
    assert other.frame["estimate"].iloc[0] == pytest.approx(plain.frame["estimate"].iloc[0], rel=1e-12)


def test_what_is_refused(error_text: Any) -> None:
    cases: list[Any] = [
        *(("~ age", {}), ("t1 + t2 ~ age", {"occasions": ["t1", "t2"]}), ("~ age", {"occasions": []})),
        *(("~ age", {"occasions": ["t1", "t9"]}), ("t1 + t2 * 2 ~ age", {}), ("t1 ~ age", {})),
        *(("t1 + t2 + t3 ~ t2", {}), ("t1 + t2 + t1 ~ age", {}), ("t1 + t2 + t3 ~ age - 1", {})),
        *(("t1 + t2 + age ~ sex", {}), ("t1 + t2 + sex ~ age", {}), ("t1 + t2 ~ age", {})),
        *(("t1 + t2 + t3 ~ age + I(2 * age)", {}), ("t1 + t2 + t3 ~ age", {"model": "Mh"})),
        ("t1 + t2 + t3 ~ age", {"confidence": 95}),
    ]
    for case, (formula, options) in enumerate(cases):
        error_text(refused(formula, people(), **options), str(case))


def test_tables_that_are_refused(error_text) -> None:
    error_text(refused("t1 + t2 ~ 1", [[1, 0]]), "1")
    error_text(refused("t1 + t2 + t3 ~ 1", people().iloc[:0]), "2")
    gap = people().astype({"age": float})
    gap.loc[3, "age"] = np.nan
    error_text(refused("t1 + t2 + t3 ~ age", gap), "3")
    gap = people().astype({"t2": float})
    gap.loc[3, "t2"] = np.nan
    error_text(refused("t1 + t2 + t3 ~ age", gap), "4")
    never = people().assign(t4=0)
    error_text(refused("t1 + t2 + t3 + t4 ~ age", never, model="Mt"), "5")
    assert population.individual("t1 + t2 + t3 + t4 ~ age", never).frame["estimate"].iloc[0] > 10


def test_two_occasions_cannot_tell_time_from_captures() -> None:
    two = people()[["t1", "t2"]]
    said = refused("t1 + t2 ~ 1", two[two.sum(axis=1) > 0], model="Mtb")
    assert said.startswith("The coefficients of the model Mtb are not identified over 2 occasions.")


@pytest.mark.parametrize("model", ["M0", "Mt"])
def test_nobody_met_again_has_no_size(model: Any) -> None:
    apart = pd.DataFrame({"a": [1] * 10 + [0] * 20, "b": [0] * 10 + [1] * 20})
    found = population.individual("a + b ~ 1", apart, model=model)
    row = found.frame.iloc[0]
    assert math.isnan(row["estimate"])
    assert (row["ci_low"], row["ci_high"], row["flag"], row["n"]) == (30, math.inf, "boundary", 30)
    assert found.fits[0] is not None
    assert found.fits[0].coefficients["estimate"].isna().all()


def test_first_captures_that_do_not_decline_have_no_size_under_mb() -> None:
    growing = pd.DataFrame({"a": [1] * 10 + [0] * 20, "b": [1] * 5 + [0] * 5 + [1] * 20})
    row = population.individual("a + b ~ 1", growing, model="Mb").frame.iloc[0]
    assert math.isnan(row["estimate"])
    assert (row["ci_low"], row["ci_high"], row["flag"]) == (30, math.inf, "boundary")


def test_everyone_caught_each_time_is_at_the_edge() -> None:
    always = pd.DataFrame({"a": [1] * 10, "b": [1] * 10, "c": [1] * 10})
    row = population.individual("a + b + c ~ 1", always).frame.iloc[0]
    assert math.isnan(row["estimate"])
    assert (row["ci_low"], row["flag"]) == (10, "boundary")


def test_a_size_far_under_the_bound_is_contradicted() -> None:
    # 100 persons seen always and 60 seen once: one chance for all says that hardly anybody was missed
    rows = [[1, 1, 1, 1, 1]] * 100 + [list(row) for row in np.eye(5, dtype=int)] * 12 + [[1, 1, 0, 0, 0]] * 10
    table = pd.DataFrame(rows, columns=list("abcde"))
    row = population.individual("a + b + c + d + e ~ 1", table).frame.iloc[0]
    assert row["flag"] == "below bound, contradicted"
    assert row["estimate"] >= row["n"]
    # a trap response may do the same, and there the bound does not hold
    trapped = population.individual("a + b + c + d + e ~ 1", table, model="Mb").frame.iloc[0]
    assert "below bound" not in trapped["flag"]


def test_a_log_odds_that_is_far_is_reached_in_steps() -> None:
    wide = people().assign(age=lambda frame: frame["age"] * 1e6)
    one = population.individual("t1 + t2 + t3 ~ age", people()).frame.iloc[0]
    same = population.individual("t1 + t2 + t3 ~ age", wide).frame.iloc[0]
    assert same["estimate"] == pytest.approx(one["estimate"], rel=1e-8)
    assert same["std_error"] == pytest.approx(one["std_error"], rel=1e-8)


def test_a_date_is_told_from_the_constant() -> None:
    since = people().assign(born=lambda frame: 1.7e9 + frame["age"])
    one = population.individual("t1 + t2 + t3 ~ age", people(), model="Mtb")
    other = population.individual("t1 + t2 + t3 ~ born", since, model="Mtb")
    assert other.frame["estimate"].iloc[0] == pytest.approx(one.frame["estimate"].iloc[0], rel=1e-6)
    assert other.frame["std_error"].iloc[0] == pytest.approx(one.frame["std_error"].iloc[0], rel=1e-6)
    assert one.fits[0] is not None
    assert other.fits[0] is not None
    slopes = [each.coefficients.set_index("term")["estimate"] for each in (one.fits[0], other.fits[0])]
    assert slopes[1]["born"] == pytest.approx(slopes[0]["age"], rel=1e-6)


def test_two_columns_of_one_name_are_refused(error_text) -> None:
    twice = pd.concat([people(), people()[["age"]]], axis=1)
    error_text(refused("t1 + t2 + t3 ~ age", twice))
