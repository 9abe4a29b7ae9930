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


@pytest.mark.parametrize(
    ("formula", "options", "said"),
    [
        (
            "~ age",
            {},
            (
                "The formula `~ age` was given. The occasions stand nowhere: left of `~`, or in `occasions`. "
                'Write `"t1 + t2 + t3 ~ age"`, or `"~ age"` with `occasions=["t1", "t2", "t3"]`.'
            ),
        ),
        (
            "t1 + t2 ~ age",
            {"occasions": ["t1", "t2"]},
            (
                "The formula `t1 + t2 ~ age` was given. The occasions stand twice: left of `~`, or in `occasions`. "
                'Write `"t1 + t2 + t3 ~ age"`, or `"~ age"` with `occasions=["t1", "t2", "t3"]`.'
            ),
        ),
        (
            "~ age",
            {"occasions": []},
            (
                "`occasions` was given as an empty list. Nobody can be caught on no occasion. "
                'Write the columns of the occasions in order of time, as in `["t1", "t2", "t3"]`.'
            ),
        ),
        (
            "~ age",
            {"occasions": ["t1", "t9"]},
            (
                "The column `t9` was asked for as an occasion. The data have 5 columns and not that one. "
                "The names are: `t1`, `t2`, `t3`, `age`, `sex`."
            ),
        ),
        (
            "t1 + t2 * 2 ~ age",
            {},
            (
                "The formula `t1 + t2 * 2 ~ age` was given. Left of `~` stands `t1 + t2 * 2`, which is no sum of "
                "occasions. "
                'Write the columns of the occasions with `+` between, as in `"t1 + t2 + t3 ~ age"`.'
            ),
        ),
        (
            "t1 ~ age",
            {},
            (
                "The formula `t1 ~ age` was given. It has 1 occasion, and nobody can be met again on it. "
                "Write two occasions or more, each once, and other columns as covariates."
            ),
        ),
        (
            "t1 + t2 + t3 ~ t2",
            {},
            (
                "The formula `t1 + t2 + t3 ~ t2` was given. `t2` is an occasion and a covariate. "
                "Write two occasions or more, each once, and other columns as covariates."
            ),
        ),
        (
            "t1 + t2 + t1 ~ age",
            {},
            (
                "The formula `t1 + t2 + t1 ~ age` was given. `t1` is an occasion twice. "
                "Write two occasions or more, each once, and other columns as covariates."
            ),
        ),
        (
            "t1 + t2 + t3 ~ age - 1",
            {},
            (
                "The formula `t1 + t2 + t3 ~ age - 1` was given. It has no constant, and captures are rarely even "
                "chances. Write it without `- 1` or `0 +`."
            ),
        ),
        (
            "t1 + t2 + age ~ sex",
            {},
            (
                "The column `age` was read as an occasion. It holds 20, where an occasion holds 1 for those met "
                "and 0 for the others. Write 1 where a person was caught, and 0 where not."
            ),
        ),
        (
            "t1 + t2 + sex ~ age",
            {},
            (
                "The column `sex` was read as an occasion. It holds 'f', where an occasion holds 1 for those met "
                "and 0 for the others. Write 1 where a person was caught, and 0 where not."
            ),
        ),
        (
            "t1 + t2 ~ age",
            {},
            (
                "The captures of 10 persons were given. Of these, 1 had no capture, and those never caught are "
                "what is estimated. Leave them out, or write the columns of all occasions."
            ),
        ),
        (
            "t1 + t2 + t3 ~ age + I(2 * age)",
            {},
            (
                "The model M0 was asked for over 3 occasions. The histories cannot tell its coefficients apart: "
                "covariates repeat each other, or occasions are too few. Write fewer covariates, or the model `M0`."
            ),
        ),
        (
            "t1 + t2 + t3 ~ age",
            {"model": "Mh"},
            "`model` was given as 'Mh'. It is one of: M0, Mt, Mb, Mtb. Write `Mt`, `Mb`, `M0` instead.",
        ),
        (
            "t1 + t2 + t3 ~ age",
            {"confidence": 95},
            (
                "`confidence` was given as 95. It is a probability strictly between 0 and 1. "
                "Write `confidence=0.95` for a 95% interval."
            ),
        ),
    ],
)
def test_what_is_refused(formula: str, options: dict[str, Any], said: str) -> None:
    assert refused(formula, people(), **options) == said


def test_tables_that_are_refused() -> None:
    assert refused("t1 + t2 ~ 1", [[1, 0]]) == (
        "`histories` was given as a list. It is a table, of one row a person. Write a data frame of pandas or "
        "Polars, or microdata."
    )
    assert refused("t1 + t2 + t3 ~ 1", people().iloc[:0]) == (
        "The captures of `t1 + t2 + t3 ~ 1` were asked for. The table has no row. "
        "Write one row a person caught at least once."
    )
    gap = people().astype({"age": float})
    gap.loc[3, "age"] = np.nan
    assert refused("t1 + t2 + t3 ~ age", gap) == (
        "`age` was asked for as a covariate of captures. It has no value to compute with for 1 of 10 persons, "
        "who would be counted as never caught. Write their values, or a category of its own for those who gave none."
    )
    gap = people().astype({"t2": float})
    gap.loc[3, "t2"] = np.nan
    assert refused("t1 + t2 + t3 ~ age", gap) == (
        "The column `t2` was read as an occasion. It is missing in 1 of its 10 rows. Write 0 where a person could"
        " have been met and was not, and leave out those who could not be."
    )
    never = people().assign(t4=0)
    assert refused("t1 + t2 + t3 + t4 ~ age", never, model="Mt") == (
        "The model Mt was asked for over 4 occasions. Nobody was caught on `t4`, so that its chance runs to 0. "
        "Leave that occasion out, or write the model `M0`."
    )
    assert population.individual("t1 + t2 + t3 + t4 ~ age", never).frame["estimate"].iloc[0] > 10


def test_two_occasions_cannot_tell_time_from_captures() -> None:
    two = people()[["t1", "t2"]]
    said = refused("t1 + t2 ~ 1", two[two.sum(axis=1) > 0], model="Mtb")
    assert said.startswith("The model Mtb was asked for over 2 occasions. The histories cannot tell")


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


def test_two_columns_of_one_name_are_refused() -> None:
    twice = pd.concat([people(), people()[["age"]]], axis=1)
    assert refused("t1 + t2 + t3 ~ age", twice) == (
        "A table was given. The column `age` stands in it 2 times. Give each column a name of its own."
    )
