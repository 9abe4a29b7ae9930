"""Wherever the data are, every statistic that there is gives the same rows: memory beside Polars and DuckDB.

Tests by hand are therefore asked of memory alone, unless how an engine reads, compares or counts is
their subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import DiplabError
from tests.every_statistic import (
    CONDITIONS,
    FUNCTIONS,
    called,
    columns_of,
    options_of,
    other_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.estimators import Statistic
    from diplab.types import Estimates, Sample

NUMBERS = ["estimate", "std_error", "ci_low", "ci_high", "cv", "deff", "df", "n"]
COLUMNS = sorted({name for function in FUNCTIONS.values() for name in columns_of(function)})
FEWER_ROWS = {"at": (0.4,), "groups": 4, "quantiles": (0.25,)}
"""Options by which a statistic has fewer rows, which are asked of engines one by one."""


def drawn() -> pd.DataFrame:
    """Ninety people in three strata of six units.

    In `a` incomes are positive, in `b` tied, negative and zero, `c` has one respondent and `d`
    nobody who is kept; some have no weight, some no answer, or no domain.
    """
    random, n = np.random.default_rng(3), 90
    place = np.arange(n)
    frame = pd.DataFrame(
        {"h": place // 30, "psu": place // 5, "w": random.uniform(1, 9, n).round(1)}
    )
    frame["g"] = random.choice(["a", "b"], n)
    frame["kept"] = random.random(n) < 0.9
    common = random.normal(7, 0.5, n)
    for name in COLUMNS:
        amounts = np.exp(common + random.normal(0, 0.3, n)).round(1)
        if name in CONDITIONS:
            amounts = random.integers(0, 2, n).astype(float)
        elif name in ("hours", "platforms", "held"):
            amounts = random.integers(1, 60, n).astype(float)
        else:
            amounts = np.where(frame["g"] == "b", amounts.round(-2) - 600, amounts)
        frame[name] = np.where(random.random(n) < 0.04, np.nan, amounts)
    frame.loc[random.random(n) < 0.1, "w"] = 0.0
    frame.loc[[7, 41], "g"] = None
    frame.loc[[10, 52], ["g", "kept"]] = "d", False
    frame.loc[20, ["g", "kept", "w"]] = "c", True, 2.5
    frame.loc[20, COLUMNS] = frame.loc[20, COLUMNS].fillna(1.0)
    return frame


def with_nan_and_null(frame: pd.DataFrame) -> pl.DataFrame:
    """Missing numbers are NaN in rows of even place, and null in others."""
    numbers = frame.select_dtypes("float").columns
    null = [pl.when(pl.col(name).is_nan() & (pl.int_range(pl.len()) % 2 == 1)).then(None).otherwise(pl.col(name))
            for name in numbers]  # fmt: skip
    return pl.from_pandas(frame, nan_to_null=False).with_columns(
        [each.alias(name) for each, name in zip(null, numbers, strict=True)]
    )


def found_in(sample: Sample, *asked: Statistic) -> Estimates:
    return dl.estimate(sample, *asked, by="g")


def assert_alike(found: Estimates, expected: Estimates) -> None:
    """Numbers to 1e-9, words and missing answers as they are, and the whole covariance."""
    for name in NUMBERS:
        values = (each.frame[name].to_numpy(float) for each in (found, expected))
        np.testing.assert_allclose(*values, rtol=1e-9, atol=1e-12, err_msg=name)
    words = [name for name in expected.frame if name not in NUMBERS]
    pd.testing.assert_frame_equal(found.frame[words], expected.frame[words])
    assert found.provenance.missing == expected.provenance.missing
    assert found.provenance.assumptions == expected.provenance.assumptions
    errors = np.sqrt(np.abs(np.diag(expected.covariance)))
    scale = np.where(errors > 0, errors, 1.0)
    several = (each.covariance / np.outer(scale, scale) for each in (found, expected))
    np.testing.assert_allclose(*several, rtol=1e-9, atol=1e-9)


@pytest.fixture(scope="module")
def samples(database: Any) -> Iterator[dict[str, Sample]]:
    """The same people in memory, as a frame of pandas and of Polars, in a query of Polars and in DuckDB."""
    people = drawn()
    frame = with_nan_and_null(people)
    session = database.cursor()
    session.register("handed_over", frame.to_arrow())
    session.execute("create temp table answers as select * from handed_over")
    natives = {
        "memory": people,
        "eager": frame,
        "lazy": frame.lazy(),
        "duckdb": session.table("answers"),
    }
    yield {
        name: dl.declare_design(native, weights="w", strata="h", psu="psu").where("kept")
        for name, native in natives.items()
    }
    session.close()


def _fewer_rows(name: str) -> dict[str, Any]:
    return {option: value for option, value in FEWER_ROWS.items() if option in options_of(name)}


def _answer_or_refusal(sample: Sample, statistic: Statistic) -> Estimates | str:
    try:
        return found_in(sample, statistic)
    except DiplabError as error:
        return str(error)


@pytest.fixture(scope="module")
def usual(samples: dict[str, Sample]) -> list[Statistic]:
    """Every statistic as it is by default; without incomes at or below zero where it refuses these."""
    asked = []
    for name in FUNCTIONS:
        statistic = called(name, **_fewer_rows(name))
        if isinstance(_answer_or_refusal(samples["memory"], statistic), str):
            statistic = called(name, **_fewer_rows(name), nonpositive="drop")
        asked.append(statistic)
    return asked


@pytest.fixture(scope="module")
def expected(samples: dict[str, Sample], usual: list[Statistic]) -> Estimates:
    return found_in(samples["memory"], *usual)


def test_the_table_has_edges(expected: Estimates) -> None:
    """A domain of one respondent and an empty one beside two that are estimated; answers missing in all columns."""
    rows = expected.frame.set_index("g")
    assert set(rows.loc["c", "flag"]) >= {"one respondent"}
    assert set(rows.loc["d", "flag"]) == {"empty"}
    assert rows.loc[["a", "b"], "std_error"].gt(0).mean() > 0.9
    assert len(expected.provenance.missing) >= len(COLUMNS) // 2


@pytest.mark.parametrize("name", ["eager", "lazy", "duckdb"])
def test_every_statistic(
    name: str, samples: dict[str, Sample], usual: list[Statistic], expected: Estimates
) -> None:
    assert_alike(found_in(samples[name], *usual), expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_option(name: str, samples: dict[str, Sample]) -> None:
    """Other values of its options, but for those of its interval, which no engine makes; a refusal is the same one."""
    asked = [
        called(name, **_fewer_rows(name) | {option: value})
        for option in options_of(name)
        if option not in ("interval", "band", *FEWER_ROWS)
        for value in other_values(name, option)
    ]
    answered = []
    for statistic in asked:
        answer = _answer_or_refusal(samples["memory"], statistic)
        if isinstance(answer, str):
            assert _answer_or_refusal(samples["lazy"], statistic) == answer
        else:
            answered.append(statistic)
    if answered:
        assert_alike(*[found_in(samples[each], *answered) for each in ("lazy", "memory")])
