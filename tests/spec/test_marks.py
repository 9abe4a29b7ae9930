"""Columns of 0 and 1 are read alike, whatever holds them and whichever method asks."""

from __future__ import annotations

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


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("method", WITHOUT_COUNT)
def test_marks_are_the_same_in_every_type(method: str, holder: str) -> None:
    found = WITHOUT_COUNT[method](HOLDERS[holder](EACH), None).frame
    pd.testing.assert_frame_equal(found, WITHOUT_COUNT[method](EACH, None).frame)


@pytest.mark.parametrize("kind", [float, object, "Int64", np.uint16, "category"])
@pytest.mark.parametrize("method", METHODS)
def test_numbers_of_persons_are_the_same_in_every_type(method: str, kind: Any) -> None:
    found = METHODS[method](COUNTED.astype({"persons": kind}), "persons").frame
    pd.testing.assert_frame_equal(found, METHODS[method](COUNTED, "persons").frame)


@pytest.mark.parametrize("rows", [EACH.to_numpy(), EACH.to_numpy().tolist(), EACH.to_numpy().astype(object)])
@pytest.mark.parametrize("method", METHODS)
def test_an_array_or_rows_are_a_table(method: str, rows: Any) -> None:
    named = EACH.set_axis(["1", "2", "3"], axis=1)
    pd.testing.assert_frame_equal(METHODS[method](rows, None).frame, METHODS[method](named, None).frame)


@pytest.mark.parametrize(("values", "held"), [
    ([*"0101101"], "It holds '0', where"), ([0, 1, 2, 0, 1, 1, 0], "It holds 2, where"),
    ([0, 1, 10**400, 0, 1, 1, 0], "It holds inf, where"),
    ([0, 1, np.nan, 0, 1, 1, 0], "It is missing in 1 of its 7 rows."),
    ([True, False, None, True, True, False, True], "It is missing in 1 of its 7 rows."),
    (pd.Categorical([*"0101101"]), "It holds '0', where"),
    (pd.date_range("2020-01-01", periods=7), "It holds 2020-01-01 00:00:00, where"),
])  # fmt: skip
@pytest.mark.parametrize("method", WITHOUT_COUNT)
def test_what_is_no_mark_is_said_alike(method: str, values: Any, held: str) -> None:
    with pytest.raises(ColumnError) as caught:
        WITHOUT_COUNT[method](MET.assign(a=values), None)
    assert str(caught.value).startswith("The column `a` was read as a")
    assert held in str(caught.value)


@pytest.mark.parametrize("values", [[*map(str, PERSONS)], [*PERSONS[:-1], -2], [*PERSONS[:-1], np.nan], [True] * 7])
@pytest.mark.parametrize("method", METHODS)
def test_what_is_no_number_of_persons_is_said_alike(method: str, values: Any, refused: Any) -> None:
    refused(lambda: METHODS[method](COUNTED.assign(persons=values), "persons"), ColumnError)
