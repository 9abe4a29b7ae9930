"""Columns of 0 and 1 are read alike, whatever holds them and whichever method asks."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from diplab import population
from diplab.errors import ColumnError

if TYPE_CHECKING:
    from collections.abc import Callable

MET = pd.DataFrame({"a": [0, 0, 0, 1, 1, 1, 1], "b": [0, 1, 1, 0, 0, 1, 1], "c": [1, 0, 1, 0, 1, 0, 1]})
PERSONS = [60, 49, 4, 247, 112, 142, 12]
COUNTED = MET.assign(persons=PERSONS)
EACH = MET.loc[np.repeat(range(7), PERSONS)].reset_index(drop=True)

METHODS: dict[str, Callable[[Any, str | None], Any]] = {
    "closed": lambda table, count: population.closed(table, "Mt", count=count),
    "open_population": population.open_population,
    "lists": lambda table, count: population.lists(table, count, "[1,2,3]"),
    "search_lists": population.search_lists,
    "sensitivity": lambda table, count: population.sensitivity(table, count=count),
}
WITHOUT_COUNT = METHODS | {
    "individual": lambda table, _: population.individual("~ 1", table, occasions=["a", "b", "c"], model="Mt")
}

HOLDERS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "true and false": lambda met: met.astype(bool), "floats": lambda met: met.astype(float),
    "nullable": lambda met: met.astype("Int64"), "nullable true and false": lambda met: met.astype("boolean"),
    "categories": lambda met: met.astype("category"), "objects": lambda met: met.astype(object),
    "true and false as objects": lambda met: met.astype(bool).astype(object),
    "narrow": lambda met: met.astype(np.uint8), "polars": pl.from_pandas,
    "polars true and false": lambda met: pl.from_pandas(met.astype(bool)),
    "decimals": lambda met: pl.DataFrame({name: [Decimal(int(each)) for each in met[name]] for name in met}),
}  # fmt: skip


# a table of everything takes a third of a second: a few types of its marks, and of its rows
FEW = ("categories", "true and false as objects", "decimals")


@pytest.mark.parametrize("method", WITHOUT_COUNT)
def test_marks_are_the_same_in_every_type(method: str) -> None:
    expected = WITHOUT_COUNT[method](EACH, None).frame
    for holder in FEW if method == "sensitivity" else HOLDERS:
        pd.testing.assert_frame_equal(WITHOUT_COUNT[method](HOLDERS[holder](EACH), None).frame, expected)


@pytest.mark.parametrize("method", METHODS)
def test_persons_and_rows_are_the_same_in_every_type(method: str) -> None:
    count = METHODS[method]
    expected = count(COUNTED, "persons").frame
    for kind in ("Int64", "category") if method == "sensitivity" else (float, object, "Int64", np.uint16, "category"):
        pd.testing.assert_frame_equal(count(COUNTED.astype({"persons": kind}), "persons").frame, expected)
    # an array or rows are a table
    expected, values = count(EACH.set_axis(["1", "2", "3"], axis=1), None).frame, EACH.to_numpy()
    for rows in (values.tolist(),) if method == "sensitivity" else (values, values.tolist(), values.astype(object)):
        pd.testing.assert_frame_equal(count(rows, None).frame, expected)


NO_MARKS = [
    ([*"0101101"], "It holds '0', where"), ([0, 1, 2, 0, 1, 1, 0], "It holds 2, where"),
    ([0, 1, 10**400, 0, 1, 1, 0], "It holds inf, where"),
    ([0, 1, np.nan, 0, 1, 1, 0], "It is missing in 1 of its 7 rows."),
    ([True, False, None, True, True, False, True], "It is missing in 1 of its 7 rows."),
    (pd.Categorical([*"0101101"]), "It holds '0', where"),
    (pd.date_range("2020-01-01", periods=7), "It holds 2020-01-01 00:00:00, where"),
]  # fmt: skip


@pytest.mark.parametrize("method", WITHOUT_COUNT)
def test_columns_are_refused_alike(method: str, refused: Any) -> None:
    for values, wrong in NO_MARKS:
        with pytest.raises(ColumnError, match=f"(?s)^The column `a` was read as a.*{re.escape(wrong)}"):
            WITHOUT_COUNT[method](MET.assign(a=values), None)
    if method in METHODS:
        for persons in ([*map(str, PERSONS)], [*PERSONS[:-1], -2], [*PERSONS[:-1], np.nan], [True] * 7):
            table = COUNTED.assign(persons=persons)
            refused(lambda table=table: METHODS[method](table, "persons"), ColumnError)
