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
    met = {
        "t1": [1, 0, 1, 0, 1, 0, 1, 0, 1, 1],
        "t2": [0, 1, 1, 0, 0, 1, 1, 1, 0, 1],
        "t3": [1, 0, 0, 1, 0, 0, 1, 1, 1, 0],
    }
    return pd.DataFrame({**met, "age": range(20, 70, 5), "sex": ["f", "m"] * 5})


def size(formula: Any, table: Any, **options: Any) -> pd.Series:
    row: pd.Series = population.individual(formula, table, **options).frame.iloc[0]
    return row


def test_ways_to_name_occasions_and_covariates() -> None:
    """Occasions stand left of the formula or in their own argument."""
    written = size("t1 + t2 + t3 ~ age", people(), model="Mb")["estimate"]
    assert size("~ age", people(), model="Mb", occasions=["t1", "t2", "t3"])["estimate"] == written
    assert size("t3 + t2 + t1 ~ age", people(), model="Mb")["estimate"] != pytest.approx(written)
    odd = people().rename(columns={"t1": "first wave"})
    assert size("`first wave` + t2 + t3 ~ age", odd, model="Mb")["estimate"] == written
    # columns named by numbers
    named = size("t1 + t2 + t3 ~ 1", people())["estimate"]
    numbered = people()[["t1", "t2", "t3"]].set_axis([0, 1, 2], axis=1)
    for occasions in ([0, 1, 2], np.arange(3)):
        assert size("~ 1", numbered, occasions=occasions)["estimate"] == named
    # a covariate of zeros and ones is a covariate
    table = people().assign(male=lambda frame: (frame["sex"] == "m").astype(int))
    coded = population.individual("t1 + t2 + t3 ~ male", table)
    assert coded.frame["estimate"].iloc[0] == pytest.approx(
        size("t1 + t2 + t3 ~ sex", table)["estimate"], rel=1e-10
    )
    assert coded.provenance.rules["occasions"] == "3"
    # frames of polars are read too
    plain, other = (
        size("t1 + t2 + t3 ~ age + sex", each)["estimate"]
        for each in (people(), pl.from_pandas(people()))
    )
    assert other == pytest.approx(plain, rel=1e-12)


def test_refusals(refused: Any) -> None:
    cases: list[Any] = [
        *(
            ("~ age", {}),
            ("t1 + t2 ~ age", {"occasions": ["t1", "t2"]}),
            ("~ age", {"occasions": []}),
        ),
        *(("~ age", {"occasions": ["t1", "t9"]}), ("t1 + t2 * 2 ~ age", {}), ("t1 ~ age", {})),
        *(("t1 + t2 + t3 ~ t2", {}), ("t1 + t2 + t1 ~ age", {}), ("t1 + t2 + t3 ~ age - 1", {})),
        *(("t1 + t2 + age ~ sex", {}), ("t1 + t2 + sex ~ age", {}), ("t1 + t2 ~ age", {})),
        *(("t1 + t2 + t3 ~ age + I(2 * age)", {}), ("t1 + t2 + t3 ~ age", {"model": "Mh"})),
        ("t1 + t2 + t3 ~ age", {"confidence": 95}),
    ]
    for formula, options in cases:
        refused(
            lambda formula=formula, options=options: population.individual(
                formula, people(), **options
            )
        )
    # tables
    refused(lambda: population.individual("t1 + t2 ~ 1", [[1, 0]]))
    refused(lambda: population.individual("t1 + t2 + t3 ~ 1", people().iloc[:0]))
    for column in ("age", "t2"):
        gap = people().astype({column: float})
        gap.loc[3, column] = np.nan
        refused(lambda gap=gap: population.individual("t1 + t2 + t3 ~ age", gap))
    never = people().assign(t4=0)
    refused(lambda: population.individual("t1 + t2 + t3 + t4 ~ age", never, model="Mt"))
    assert size("t1 + t2 + t3 + t4 ~ age", never)["estimate"] > 10
    twice = pd.concat([people(), people()[["age"]]], axis=1)
    refused(lambda: population.individual("t1 + t2 + t3 ~ age", twice))
    # two occasions cannot tell time from captures
    two = people()[["t1", "t2"]]
    with pytest.raises(
        DiplabError,
        match=r"^The coefficients of the model Mtb are not identified over 2 occasions\.",
    ):
        population.individual("t1 + t2 ~ 1", two[two.sum(axis=1) > 0], model="Mtb")


def test_captures_without_a_size() -> None:
    """Nobody met again; first captures that do not decline, under Mb; everyone caught each time."""
    apart = pd.DataFrame({"a": [1] * 10 + [0] * 20, "b": [0] * 10 + [1] * 20})
    for model in ("M0", "Mt"):
        found = population.individual("a + b ~ 1", apart, model=model)
        row = found.frame.iloc[0]
        assert math.isnan(row["estimate"])
        assert (row["ci_low"], row["ci_high"], row["flag"], row["n"]) == (
            30,
            math.inf,
            "boundary",
            30,
        )
        assert found.fits[0].coefficients["estimate"].isna().all()
    growing = pd.DataFrame({"a": [1] * 10 + [0] * 20, "b": [1] * 5 + [0] * 5 + [1] * 20})
    row = size("a + b ~ 1", growing, model="Mb")
    assert math.isnan(row["estimate"])
    assert (row["ci_low"], row["ci_high"], row["flag"]) == (30, math.inf, "boundary")
    row = size("a + b + c ~ 1", pd.DataFrame({"a": [1] * 10, "b": [1] * 10, "c": [1] * 10}))
    assert math.isnan(row["estimate"])
    assert (row["ci_low"], row["flag"]) == (10, "boundary")


def test_a_size_far_under_the_bound_is_contradicted() -> None:
    # 100 persons seen always and 60 seen once: one chance for all says that hardly anybody was
    # missed
    rows = (
        [[1, 1, 1, 1, 1]] * 100
        + [list(row) for row in np.eye(5, dtype=int)] * 12
        + [[1, 1, 0, 0, 0]] * 10
    )
    table = pd.DataFrame(rows, columns=list("abcde"))
    row = size("a + b + c + d + e ~ 1", table)
    assert row["flag"] == "below bound, contradicted"
    assert row["estimate"] >= row["n"]
    # a trap response may do the same, and there the bound does not hold
    assert "below bound" not in size("a + b + c + d + e ~ 1", table, model="Mb")["flag"]


def test_covariates_of_another_unit_or_origin() -> None:
    """A log-odds that is far is reached in steps, and a date is distinguished from the constant."""
    wide = people().assign(age=lambda frame: frame["age"] * 1e6)
    one, same = (size("t1 + t2 + t3 ~ age", each) for each in (people(), wide))
    assert same[["estimate", "std_error"]].tolist() == pytest.approx(
        one[["estimate", "std_error"]].tolist(), rel=1e-8
    )
    since = people().assign(born=lambda frame: 1.7e9 + frame["age"])
    one = population.individual("t1 + t2 + t3 ~ age", people(), model="Mtb")
    other = population.individual("t1 + t2 + t3 ~ born", since, model="Mtb")
    for column in ("estimate", "std_error"):
        assert other.frame[column].iloc[0] == pytest.approx(one.frame[column].iloc[0], rel=1e-6)
    slopes = [
        each.coefficients.set_index("term")["estimate"] for each in (one.fits[0], other.fits[0])
    ]
    assert slopes[1]["born"] == pytest.approx(slopes[0]["age"], rel=1e-6)
