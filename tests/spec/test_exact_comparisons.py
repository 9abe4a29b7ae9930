"""Conditions compare whole numbers of 64 bits, decimals, days and moments exactly, in every engine.

Weights 1, 2, 4... say which rows a condition kept; the last row has no answer, and is in none.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import diplab as dl
from diplab.errors import ColumnError, ConditionError, DiplabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Sample

BIG = 2**60
DAY = datetime.date
ROWS = pa.table({
    "w": [1.0, 2.0, 4.0, 8.0, 16.0],
    "psu": [1, 2, 3, 4, 5],
    "id": pa.array([BIG, BIG + 1, BIG + 2, -BIG, None], pa.int64()),
    "head": pa.array([BIG + 1, BIG + 1, BIG + 3, -BIG, 5], pa.int64()),
    "key": pa.array([2**63 + 1, 2**63 + 2, 5, 0, None], pa.uint64()),
    "pay": pa.array([Decimal(each) for each in ("0.10", "12345678901234567.89", "12345678901234567.88", "-2.50")]
                    + [None], pa.decimal128(22, 2)),
    "short": pa.array([0.1, 0.3, 0.7, 2.5, None], pa.float32()),
    "day": pa.array([DAY(2024, 4, 30), DAY(2024, 5, 1), DAY(2024, 5, 2), DAY(2023, 12, 31), None]),
    "until": pa.array([DAY(2024, 5, 1), DAY(2024, 5, 1), DAY(2024, 5, 1), DAY(2024, 1, 1), DAY(2024, 1, 1)]),
    "moment": pa.array([datetime.datetime(2024, 5, 1, each) for each in (0, 1, 12, 23)] + [None]),
    "paris": pa.array([datetime.datetime(2024, 5, 1, each) for each in (0, 1, 12, 20)] + [None],
                      pa.timestamp("us", "UTC")).cast(pa.timestamp("us", "Europe/Paris")),
})  # fmt: skip
KEPT = {
    f"id == {BIG}": 1, f"id == {BIG + 1}": 2, f"{BIG + 1} == id": 2, f"id != {BIG + 1}": 13,
    f"id < {BIG + 1}": 9,
    f"id <= {BIG}": 9, f"id > {BIG}": 6, f"id >= {BIG + 2}": 4, f"id in [{BIG + 1}, {BIG + 2}]": 6, "id > 0": 7,
    f"id not in ({BIG}, {BIG + 1})": 12, f"{BIG} < id <= {BIG + 1}": 2, f"id == -{BIG}": 8,
    f"id > {2**70}.5 or id < 0": 8, f"not (id == {BIG})": 14, f"id < {2**64}": 15, "id > 2.5": 7,
    "id == head": 10, "id < head": 5,
    "id in (1.5, 2.5) or id < 0": 8,
    f"key == {2**63 + 1}": 1, f"key > {2**63 + 1}": 2, "key >= 0": 15, "key > -1": 15,
    f"key in ({2**63 + 2}, 5, -1)": 6,
    "key > id": 11,
    "pay == 0.1": 1, "pay == 12345678901234567.89": 2, "pay < 12345678901234567.885": 13, "pay in (0.1, -2.5)": 9,
    "pay > 12345678901234567.88": 2, "pay < 0": 8, "pay != 0.1": 14, "pay == -2.5": 8, "pay > 1": 6,
    "short == 0.1": 1, "short > 0.3": 12, "short <= 0.7": 7, "short in (0.1, 0.7)": 5, "short != 0.3": 13,
    "short < 1e300": 15, "short >= 2.5": 8, "0.1 < short < 0.7": 2,
    "day == '2024-05-01'": 2, "day < '2024-05-01'": 9, "day <= '2024-05-01'": 11, "day > '2023-12-31'": 7,
    "'2024-01-01' <= day < '2024-05-02'": 3, "day in ('2024-04-30', '2024-05-02')": 5, "day != '2024-05-01'": 13,
    "not day > '2024-05-01'": 11, "day < until": 9, "day >= until": 6, "day < '2024-05-01 12:00'": 11,
    "moment > '2024-05-01'": 14, "moment == '2024-05-01'": 1, "moment >= '2024-05-01 12:00'": 12,
    "moment < '2024-05-01T01:00:01'": 3, "moment > day": 11,
    "paris > '2024-05-01 10:00+00:00'": 12, "paris == '2024-05-01 03:00+02:00'": 2,
}  # fmt: skip
# on the clocks of the column; a connection of DuckDB gives its own
ON_CLOCKS = {"paris < '2024-05-01 03:00'": 1, "paris == '2024-05-01 03:00'": 2}


def objects() -> pd.DataFrame:
    """The same as columns of Python objects, as a database or a reader in Python gives them."""
    return pd.DataFrame(
        {name: pd.Series(column.to_pylist(), dtype=object) for name, column in plain().items()}
    )


def plain() -> dict[str, Any]:
    return {name: ROWS.column(name) for name in ROWS.column_names}


def pandas_frame(**types: Any) -> pd.DataFrame:
    return ROWS.to_pandas(**types)


NULLABLE = {
    pa.int64(): pd.Int64Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.float64(): pd.Float64Dtype(),
}
FRAMES: dict[str, Callable[[], Any]] = {
    "pandas nullable": lambda: pandas_frame(types_mapper=NULLABLE.get),
    "pandas arrow": lambda: pandas_frame(types_mapper=pd.ArrowDtype),
    "pandas objects": lambda: objects().astype({"w": float, "psu": int, "short": "float32"}),
    "pyarrow": lambda: ROWS,
    "polars": lambda: pl.from_arrow(ROWS),
    "polars lazy": lambda: pl.from_arrow(ROWS).lazy(),  # type: ignore[union-attr]
    "duckdb": lambda: duckdb.from_arrow(ROWS),
}


def sample_of(frame: Any) -> Sample:
    return dl.declare_design(frame, weights="w", psu="psu")


def kept(sample: Sample, condition: str) -> float:
    return dl.estimate(sample.where(condition), dl.count()).frame["estimate"].item()


@pytest.mark.parametrize("name", FRAMES)
def test_values_are_compared_exactly(name: str) -> None:
    sample = sample_of(FRAMES[name]())
    assert {each: kept(sample, each) for each in KEPT} == KEPT
    if name != "duckdb":
        assert {each: kept(sample, each) for each in ON_CLOCKS} == ON_CLOCKS


def test_plain_integers_of_numpy_are_compared_exactly() -> None:
    """Signed and unsigned, without missing answers, in a domain, a universe and a share: the faults of a review."""
    place = np.arange(400)
    frame = pd.DataFrame({"id": BIG + place, "grp": BIG + place % 2})
    frame = frame.assign(key=frame["id"].astype(np.uint64) + np.uint64(2**63), y=np.arange(400.0))
    for data in (frame, pl.from_pandas(frame), duckdb.from_arrow(pa.Table.from_pandas(frame))):
        sample = dl.declare_design(data)
        conditions = {f"id == {BIG + 7}": 1, f"id != {BIG + 7}": 399, f"id > {BIG + 7}": 392, f"id < {BIG + 7}": 7,
                      f"id in [{BIG + 7}, {BIG + 8}]": 2, f"grp == {BIG + 1}": 200,
                      f"key == {2**63 + BIG + 7}": 1, f"key < {2**63 + BIG + 7}": 7}  # fmt: skip
        for condition, count in conditions.items():
            for narrowed in (sample.where(condition), sample.universe(condition)):
                assert dl.estimate(narrowed, dl.count()).frame["n"].item() == count, condition
            share = dl.estimate(sample, dl.share(condition)).frame["estimate"].item()
            assert share == pytest.approx(count / 400), condition
        categories = dl.estimate(sample, dl.share("grp"), dl.mean("y"), by="grp").frame
        assert categories["estimate"].tolist()[-2:] == [199.0, 200.0]


def test_a_float_is_no_whole_number_that_it_cannot_be() -> None:
    """2^60 + 1 is not a float: nobody has it, and everybody at 2^60 is below it."""
    sample = dl.declare_design(
        pd.DataFrame({"x": [2.0**60, 2.0**60 + 256, 1.0, None], "w": [1.0, 2, 4, 8]}), weights="w"
    )
    found = {each: kept(sample, f"x {each} {BIG + 1}") for each in ("!=", "<", "<=", ">", ">=")}
    assert found == {"!=": 7, "<": 5, "<=": 5, ">": 2, ">=": 2}


def test_categories_that_are_days_have_shares_where_the_data_are_queried() -> None:
    for name in ("polars lazy", "polars", "pandas objects"):
        found = dl.estimate(
            sample_of(FRAMES[name]()).where("day > '2024-01-01'"), dl.share("day")
        ).frame
        days = ["2023-12-31", "2024-04-30", "2024-05-01", "2024-05-02"]
        assert [str(each)[:10] for each in found["category"]] == days
        assert found["estimate"].tolist() == pytest.approx([0, 1 / 7, 2 / 7, 4 / 7])


COMPUTED = {
    f"id + 1 == {BIG + 1}": 1, f"{BIG + 1} == 1 + id": 1, "id + 1 == head": 5, "id + 1 != head": 10,
    f"2 * id == {2 * BIG + 2}": 2, f"2 * id < {2 * BIG + 2}": 9, "id - head == 0": 10, "head - id > 0": 5,
    f"-id == -{BIG + 1}": 2, f"-id == {BIG}": 8, f"id * id == {(BIG + 1) ** 2}": 2, "not (id + 1 == head)": 10,
    f"key - {2**63} == 2": 2, "key + 1 > id": 11, "id + psu >= head": 15, "psu + 1 > 3": 28, "psu / 2 == 1": 2,
    "psu * 0.5 > 1": 28,
}  # fmt: skip


@pytest.mark.parametrize("name", [each for each in FRAMES if each != "pandas objects"])
def test_whole_numbers_are_added_and_multiplied_with_all_their_digits(name: str) -> None:
    sample = sample_of(FRAMES[name]())
    assert {each: kept(sample, each) for each in COMPUTED} == COMPUTED
    for condition in (
        f"id * 0.5 == {BIG // 2}",
        "id - 0.5 > head",
        "id + w > 3",
        "id / 1 == head",
        "id == w",
    ):
        with pytest.raises(ConditionError, match="would lose digits"):
            sample.where(condition)


def test_arithmetic_that_would_lose_digits_says_what_to_write(error_text: Any) -> None:
    with pytest.raises(ConditionError) as caught:
        sample_of(ROWS).where("id / 2 > head")
    error_text(caught)


REFUSED = {
    "a word for a day": "day > 'yesterday'", "a French day": "day == '01/05/2024'", "a number for a day": "day > 2024",
    "a zone that the column has not": "moment > '2024-05-01 10:00+02:00'", "a word for a decimal": "pay == 'much'",
}  # fmt: skip


@pytest.mark.parametrize("name", ["pandas objects", "polars", "duckdb"])
def test_what_is_no_day_is_refused(name: str, error_text: Any) -> None:
    for about, condition in REFUSED.items():
        with pytest.raises(ConditionError) as caught:
            sample_of(FRAMES[name]()).where(condition)
        if name == "polars":
            error_text(caught, about)


@pytest.mark.parametrize("lazy", [False, True])
def test_days_in_words_say_how_to_make_dates_of_them(lazy: bool, error_text: Any) -> None:
    frame = pd.DataFrame({"day": ["2024-04-30", "2024-05-01"], "w": [1.0, 2.0]})
    data: Any = pl.from_pandas(frame).lazy() if lazy else dl.Microdata(frame, dl.Codebook())
    with pytest.raises(DiplabError) as caught:
        dl.declare_design(data, weights="w").where("day >= '2024-05-01'")
    error_text(caught)
    with pytest.raises(ColumnError):
        dl.declare_design(data, weights="w").where("day >= 20")
    if not lazy:
        dated = data.with_columns(day=pd.to_datetime(data.frame["day"]))
        assert kept(dl.declare_design(dated, weights="w"), "day >= '2024-05-01'") == 2


def test_a_narwhals_expression_stays_as_it_is_written() -> None:
    assert kept(sample_of(FRAMES["polars"]()), nw.col("id") == BIG + 1) == 2  # type: ignore[arg-type]


def test_categories_of_short_floats_are_the_numbers_that_were_written() -> None:
    """0.1 is 0.10000000149 in 32 bits: no label and no contrast found it."""
    frame = pd.DataFrame(
        {"dose": np.tile(np.array([0.1, 0.2], dtype="float32"), 20), "y": np.arange(40.0)}
    )
    book = dl.Codebook().described(
        "dose", values={0.1: dl.Text.same("low"), 0.2: dl.Text.same("high")}
    )
    sample = dl.declare_design(dl.Microdata(frame, book))
    assert dl.estimate(sample, dl.share("dose")).frame["category"].tolist() == [0.1, 0.2]
    pair = dl.contrast(dl.estimate(sample, dl.mean("y"), by="dose"), {"dose": (0.2, 0.1)})
    assert pair.frame["estimate"].item() == pytest.approx(1)


@pytest.mark.parametrize("statistic", [dl.mean("id"), dl.median("id")])
def test_numbers_that_arithmetic_takes_for_one_another_are_refused(
    statistic: Any, error_text: Any
) -> None:
    """The mean of identifiers had an error of 0."""
    frame = pd.DataFrame({"id": BIG + np.arange(40) % 4, "y": np.arange(40.0)})
    with pytest.raises(ColumnError) as caught:
        dl.estimate(dl.declare_design(frame), statistic)
    error_text(caught)
    # both remedies
    assert len(dl.estimate(dl.declare_design(frame), dl.share("id"))) == 4
    less = dl.declare_design(frame.assign(id=frame["id"] - BIG))
    assert dl.estimate(less, dl.mean("id")).frame["estimate"].item() == pytest.approx(1.5)


@pytest.mark.parametrize(
    "held", [lambda short: short.lazy(), lambda short: duckdb.from_arrow(short.to_arrow())]
)
def test_categories_of_short_floats_in_a_query_are_as_written(held: Any) -> None:
    short = pl.DataFrame({"x": pl.Series([0.1, 0.2, 0.1, 0.3], dtype=pl.Float32), "w": [1.0] * 4})
    sample = dl.declare_design(held(short), weights="w")
    assert dl.estimate(sample, dl.share("x")).frame["category"].tolist() == [0.1, 0.2, 0.3]
    assert dl.estimate(sample, dl.count(), by="x").frame[["x", "estimate"]].values.tolist() == [
        [0.1, 2.0], [0.2, 1.0], [0.3, 1.0]
    ]  # fmt: skip
    assert dl.estimate(sample, dl.share("x == 0.1")).frame["estimate"].tolist() == [0.5]
