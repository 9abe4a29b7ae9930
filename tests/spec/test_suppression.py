"""Cell suppression: tables worked by hand, every way to hide tried, every whole table counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from diplab.errors import DisclosureError
from diplab.kernel import suppression
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.suppression import CellTable, audit, exposed, protect
from tests.conftest import ROOT, module_at

BENCHMARK = module_at(ROOT / "benchmarks" / "disclosure.py")
margins_of, linked = BENCHMARK.margins_of, BENCHMARK.linked


def with_margins(inner: Any) -> Floats:
    full = np.asarray(inner, dtype=float)
    for axis in range(full.ndim):
        full = np.concatenate([full, full.sum(axis, keepdims=True)], axis)
    return full


def counts(inner: Any, least: float = 10.0) -> CellTable:
    """A table of counts with its margins; those from 1 to under `least` are sensitive, and hold 0 and `least`."""
    full = with_margins(inner)
    values = full.ravel()
    sensitive = (values > 0) & (values < least)
    return CellTable(
        values=values,
        equations=margins_of(*(length - 1 for length in full.shape)),
        sensitive=sensitive,
        lower=np.where(sensitive, values, 0.0),
        upper=np.where(sensitive, least - values, 0.0),
        released=cells(values.size),
        cost=values,
        integer=True,
    )


def cells(size: int, *hidden: int) -> Booleans:
    return np.isin(np.arange(size), hidden)


def bounds(table: CellTable, hidden: Booleans) -> list[tuple[float, float]]:
    low, high = audit(table, hidden)
    return list(zip(low[hidden].round(6).tolist(), high[hidden].round(6).tolist(), strict=True))


def hidden_by(table: CellTable, **options: Any) -> list[int]:
    found = protect(table, **options)
    assert not exposed(table, found.hidden).any()
    return np.flatnonzero(found.hidden).tolist()


INVESTMENT = [[20, 50, 10], [8, 19, 22], [17, 32, 12]]


def test_a_cell_hidden_alone_is_given_back_by_its_margins() -> None:
    table = counts(INVESTMENT)
    assert bounds(table, cells(16, 4)) == [(8, 8)]
    assert np.flatnonzero(exposed(table, cells(16, 4))).tolist() == [4]
    # shown, it is exposed too
    assert np.flatnonzero(exposed(table, cells(16))).tolist() == [4]


def test_investment_by_activity_and_region() -> None:
    """By hand: the four cells hidden are a, 30 - a; 25 - a, a + 4, and none is below 0."""
    table = replace(counts(INVESTMENT, least=0), integer=False)
    assert bounds(table, cells(16, 4, 6, 8, 10)) == [(0, 25), (5, 30), (0, 25), (4, 29)]
    # 22, to be anywhere from 5 to 30, is protected by the three others, which is the least loss (8
    # + 17 + 12)
    sensitive = cells(16, 6)
    table = replace(table, sensitive=sensitive, lower=17.0 * sensitive, upper=8.0 * sensitive)
    found = protect(table)
    assert np.flatnonzero(found.hidden).tolist() == [4, 6, 8, 10]
    assert (found.method, found.loss, found.bound) == ("cutting planes", 37.0, pytest.approx(37.0))
    # down to 4 or up to 31 it would take other cells
    assert exposed(replace(table, lower=18.0 * sensitive), found.hidden).any()
    assert exposed(replace(table, upper=9.0 * sensitive), found.hidden).any()


def test_an_example_of_the_handbook() -> None:
    """Geurts (1992, table 10), example 3 in chapter 4 of Hundepool and others: the first cell is from 3 to 6."""
    table = counts([[5, 2], [1, 2], [3, 3]], least=0)
    hidden = cells(12, 0, 1, 3, 4)
    assert bounds(table, hidden) == [(3, 6), (1, 4), (0, 3), (0, 3)]
    # hidden with its totals, a cell has no upper end, and neither have they
    assert bounds(table, cells(12, 0, 2, 9, 11)) == [
        (0, np.inf),
        (2, np.inf),
        (4, np.inf),
        (11, np.inf),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_the_audit_finds_what_counting_finds(seed: int) -> None:
    """Every table of whole numbers that fits what is shown is made; hidden inner cells are at most their sum."""
    random = np.random.default_rng(seed)
    shape = [(3, 3), (2, 2, 2), (2, 4)][seed % 3]
    table = counts(random.integers(0, 4, shape), least=0)
    inner = np.flatnonzero(np.pad(np.ones(shape), [(0, 1)] * len(shape)).ravel())
    places = np.sort(random.choice(inner, size=5, replace=False))
    most = int(table.values[places].sum())
    ways = np.indices((most + 1,) * places.size).reshape(places.size, -1).T
    left = (
        ways @ table.equations[:, places].T.toarray()
        == table.equations[:, places] @ table.values[places]
    )
    every = np.tile(table.values, (int(left.all(axis=1).sum()), 1))
    every[:, places] = ways[left.all(axis=1)]
    low, high = audit(table, cells(table.values.size, *places))
    assert low.tolist() == every.min(axis=0).tolist()
    assert high.tolist() == every.max(axis=0).tolist()


def halves_and_wholes(lower: float, *, integer: bool) -> CellTable:
    """Twice three cells, of which each two make at most 1; cell 16 and both sums of three make the 4 that is printed.

    With halves the three make up to 1.5; of whole numbers one is 1 at most. All six are 0, and cell
    16 is 4.
    """
    three = np.zeros((4, 8))
    three[[0, 0, 1, 1, 2, 2, 3, 3, 3], [0, 1, 1, 2, 0, 2, 0, 1, 2]] = 1.0
    three[[0, 1, 2], [3, 4, 5]] = 1.0  # what is left of 1
    three[[0, 1, 2, 3], [6, 6, 6, 7]] = -1.0
    equations = linked(
        (sparse.csr_array(three), np.arange(8)),
        (sparse.csr_array(three), np.arange(8, 16)),
        (margins_of(3), np.array([7, 15, 16, 17])),
    )
    values = np.array([0, 0, 0, 1, 1, 1, 1, 0] * 2 + [4, 4], dtype=float)
    levels = lower * cells(18, 16)
    return CellTable(
        values,
        equations,
        ~cells(18, 6, 14, 17),
        levels,
        0 * levels,
        cells(18),
        np.ones(18),
        integer,
    )


def test_of_whole_numbers_more_is_known_than_of_others() -> None:
    for integer, reach in ((False, 3.0), (True, 2.0)):
        table = halves_and_wholes(reach, integer=integer)
        low, high = audit(table, table.sensitive)
        assert (low[16], high[16]) == pytest.approx((4 - reach, 4))
        assert not exposed(table, table.sensitive).any()
        further = halves_and_wholes(reach + 0.5, integer=integer)
        assert np.flatnonzero(exposed(further, further.sensitive)).tolist() == [16]
    # where 1 is to be held possible, whole numbers need one of the printed sums hidden
    assert protect(halves_and_wholes(3.0, integer=False)).method == "none"
    for limit in (60.0, 0.0):
        found = protect(halves_and_wholes(3.0, integer=True), time_limit=limit)
        assert found.loss == 1.0
        assert not exposed(halves_and_wholes(3.0, integer=True), found.hidden).any()


def test_a_cell_that_moves_by_twos_is_protected_beyond_its_level() -> None:
    """a + c and b + c are 5, and 4 is a + b: any even number to 10, so that 3 and 5 lie within what is possible."""
    equations = linked(
        *((margins_of(2), np.array(each)) for each in ([1, 3, 4], [2, 3, 5], [1, 2, 0]))
    )
    values, sensitive, hidden = np.array([4.0, 2, 2, 3, 5, 5]), cells(6, 0), cells(6, 0, 1, 2, 3)
    levels = 1.0 * sensitive
    table = CellTable(
        values, equations, hidden, levels, levels, cells(6, 4, 5), np.ones(6), integer=True
    )
    assert bounds(table, hidden)[0] == (0, 10)
    for limit in (60.0, 0.0):
        assert hidden_by(replace(table, sensitive=sensitive), time_limit=limit) == [0, 1, 2, 3]


def cheapest(table: CellTable) -> float:
    """The least loss of all ways to hide, tried one by one, the cheapest first; infinite where none protects."""
    free = np.flatnonzero(~table.sensitive & ~table.released)
    ways = np.indices((2,) * free.size).reshape(free.size, -1).T.astype(bool)
    loss = ways @ table.cost[free]
    pattern = np.tile(table.sensitive, (len(ways), 1))
    pattern[:, free] = ways
    # hidden alone in an equation, a sensitive cell is known
    uses = abs(table.equations).toarray()
    alone = ((pattern @ uses.T == 1) @ uses)[:, table.sensitive].any(axis=1)
    pattern, loss = pattern[~alone], loss[~alone]
    for way in np.argsort(loss, kind="stable"):
        if not exposed(table, pattern[way]).any():
            return float(loss[way])
    return np.inf


def drawn(seed: int, shape: tuple[int, ...], **changed: Any) -> CellTable:
    random = np.random.default_rng(seed)
    table = counts(np.floor(random.lognormal(2.8, 0.9, shape)))
    return replace(table, cost=np.round(random.uniform(1, 9, table.values.size), 1), **changed)


@pytest.mark.parametrize(
    ("shape", "tables"), [((2, 2), 7), ((3, 2), 6), ((4, 2), 3), ((2, 2, 2), 4)]
)
def test_no_way_to_hide_loses_less(shape: tuple[int, ...], tables: int) -> None:
    """In three dimensions most totals are released, and some tables cannot be protected."""
    tried = 0
    for seed in range(tables):
        table = drawn(seed, shape)
        if len(shape) == 3:
            totals = np.add.outer(np.add.outer([0, 0, 1], [0, 0, 1]), [0, 0, 1]).ravel()
            table = replace(
                table,
                released=~table.sensitive
                & ((totals > 1) | (totals == 1) & (np.arange(27) % 4 != 1)),
            )
        least = cheapest(table)
        for limit in (60.0, 0.0):
            if least == np.inf:
                with pytest.raises(DisclosureError):
                    protect(table, time_limit=limit)
                continue
            found, tried = protect(table, time_limit=limit), tried + 1
            assert not exposed(table, found.hidden).any()
            assert found.loss == pytest.approx(least) if limit else found.loss > least - 1e-9
            assert found.bound == pytest.approx(least) if limit else found.bound < least + 1e-9
            assert found.method in (
                "none",
                "cutting planes" if limit else "linear programmes in turn",
            )
    assert tried >= tables


def test_beyond_the_limit_a_bound_of_the_loss_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_NODES", 1)
    table = drawn(6, (3, 3, 3))
    best, near = protect(table, exact_up_to=200), protect(table, exact_up_to=0)
    assert (best.method, near.method) == ("cutting planes", "linear programmes in turn")
    assert near.bound < best.loss == pytest.approx(best.bound)
    assert best.loss <= near.loss < 1.25 * best.loss
    assert not exposed(table, near.hidden).any()


def test_who_is_alone_in_a_cell_subtracts_what_they_know() -> None:
    """1 and 4 of a row are hidden, and two cells below: whoever is the 1 knows the 4."""
    table = counts([[1, 4, 30], [40, 50, 60], [70, 80, 90]])
    table = replace(table, lower=np.minimum(table.lower, 1.0), upper=np.minimum(table.upper, 1.0))
    hidden = cells(16, 0, 1, 4, 5)
    assert bounds(table, hidden) == [(0, 5), (0, 5), (36, 41), (49, 54)]
    assert bounds(table, hidden & ~cells(16, 0)) == [(4, 4), (40, 40), (50, 50)]
    assert hidden_by(table) == [0, 1, 4, 5]
    inside = replace(table, insiders=(0,))
    assert np.flatnonzero(exposed(inside, hidden)).tolist() == [1]
    for options in ({}, {"time_limit": 0}):
        assert hidden_by(inside, **options) != [0, 1, 4, 5]
    assert protect(inside).loss == cheapest(inside)


def test_released_cells_are_not_hidden(error_text: Callable[..., None]) -> None:
    table = counts(INVESTMENT)
    assert hidden_by(table) == [4, 6, 8, 10]
    # 17 is released: 20 and 10 above are the next cheapest
    assert hidden_by(replace(table, released=cells(16, 8))) == [0, 2, 4, 6]
    for released in (cells(16, 0, 8, 12), ~table.sensitive, table.sensitive):
        for limit in (60.0, 0.0):
            with pytest.raises(DisclosureError) as caught:
                protect(replace(table, released=released), time_limit=limit)
            assert caught.value.cells == (4,)
    error_text(caught)


def test_tables_linked_by_a_margin_are_protected_together() -> None:
    """Two tables share a column of totals: hidden in the first, the totals are given back by the second."""
    first, second = with_margins([[5, 20], [30, 40]]), with_margins([[12, 13], [33, 37]])
    assert first[:, 2].tolist() == second[:, 2].tolist()
    of_second = np.array([9, 10, 2, 11, 12, 5, 13, 14, 8])
    equations = linked((margins_of(2, 2), np.arange(9)), (margins_of(2, 2), of_second))
    values = np.concatenate([first.ravel(), second[:, :2].ravel()])
    assert np.abs(equations @ values).max() == 0
    sensitive = cells(15, 0)
    table = CellTable(
        values,
        equations,
        sensitive,
        5.0 * sensitive,
        5.0 * sensitive,
        cells(15),
        values,
        integer=True,
    )
    assert bounds(counts([[5, 20], [30, 40]]), cells(9, 0, 2, 6, 8))[0] == (0, np.inf)
    assert bounds(table, cells(15, 0, 2, 6, 8))[0] == (5, 5)
    assert hidden_by(table) == [0, 1, 3, 4]
    assert protect(table).loss == cheapest(table) == 90


def test_totals_within_totals() -> None:
    """Codes 0 and 1 make 2; 2 and 3 make 4: a code hidden in its group takes another of the group."""
    equations = sparse.csr_array([[1.0, 1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0, -1.0]])
    values, sensitive = np.array([3.0, 20, 23, 12, 35]), cells(5, 0)
    table = CellTable(
        values,
        equations,
        sensitive,
        3.0 * sensitive,
        7.0 * sensitive,
        cells(5),
        values,
        integer=True,
    )
    assert hidden_by(table) == [0, 1]
    # without levels it is only not printed
    unprotected = replace(table, lower=0.0 * sensitive, upper=0.0 * sensitive)
    assert hidden_by(unprotected) == [0]
    assert protect(unprotected).method == "none"


def test_what_is_hidden_does_not_depend_on_the_unit() -> None:
    table = drawn(8, (5, 4), integer=False)
    for unit in (1e-6, 1e9):
        other = replace(
            table, values=table.values * unit, lower=table.lower * unit, upper=table.upper * unit
        )
        for limit in (60.0, 0.0):
            assert hidden_by(other, time_limit=limit) == hidden_by(table, time_limit=limit)
        low, high = audit(other, protect(table).hidden)
        assert np.isfinite(high[other.sensitive]).all()
        assert low / unit == pytest.approx(audit(table, protect(table).hidden)[0])


def test_tables_that_were_found_possible_are_so_for_the_same_values_alone() -> None:
    table = drawn(8, (4, 3), integer=True)
    exposed(table, table.sensitive)
    asked_more = replace(table, upper=table.upper * 2)
    assert asked_more.possible is table.possible
    assert len(table.possible.moves) > 0
    assert np.abs(table.equations @ table.possible.moves.T).max() == 0
    assert (table.values + table.possible.moves >= 0).all()
    assert replace(table, values=table.values * 2).possible.moves is None
