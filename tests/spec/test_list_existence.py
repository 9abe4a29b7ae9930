"""Whether a model of lists has a fit on a table with empty cells: by hand, and against what tiny counts lead to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diplab.population.kernel.hierarchical import (
    ListModel,
    Support,
    SupportCache,
    all_models,
    closure,
    coefficient_limits,
    find_support,
    fit_on_support,
    fit_tables,
    members,
    model_matrix,
    unseen_row,
)


def model(lists: int, *terms: str) -> ListModel:
    return ListModel(lists, closure(sum(1 << (int(digit) - 1) for digit in term) for term in terms))


def told(of: ListModel, counts: list[float]) -> tuple[Support, float]:
    """Return the face, and where the logarithm of the persons on no list goes."""
    x = model_matrix(of)
    found = find_support(x, unseen_row(of), np.array(counts) > 0)
    return found, float(coefficient_limits(x, found, unseen_row(of)[None])[0])


# Cells are 1, 2, 12, 3, 13, 23, 123. With all pairs of three lists, those on none are
# f123 f1 f2 f3 / (f12 f13 f23): an empty cell above the line makes them none, one below it makes them endless.
@pytest.mark.parametrize(
    ("empty", "limit"),
    [
        ((), 0.0),
        ((6,), -math.inf),
        ((0,), -math.inf),
        ((2,), math.inf),
        ((2, 4), math.inf),
        ((2, 6), math.nan),
        ((0, 5), math.nan),
    ],
)
def test_all_pairs_of_three_lists_by_hand(empty: tuple[int, ...], limit: float) -> None:
    counts = [0.0 if cell in empty else 9.0 for cell in range(7)]
    found, end = told(model(3, "12", "13", "23"), counts)
    assert end == pytest.approx(limit, nan_ok=True)
    assert found.identified == (limit == 0.0)
    assert (~found.kept).sum() == len(empty)


def test_a_list_of_everyone_leaves_nobody_unseen() -> None:
    found, end = told(model(3, "1", "2", "3"), [20, 0, 5, 0, 7, 0, 3])
    assert end == -math.inf
    assert np.flatnonzero(~found.kept).tolist() == [1, 3, 5]


def test_lists_that_never_meet_set_no_limit() -> None:
    assert told(model(3, "1", "2", "3"), [20, 5, 0, 7, 0, 0, 0])[1] == math.inf


def test_everyone_on_every_list() -> None:
    assert told(model(3, "1", "2", "3"), [0, 0, 0, 0, 0, 0, 9])[1] == -math.inf


def test_an_empty_cell_that_does_not_matter() -> None:
    """Independence has its fit whichever one cell of three lists is empty, list by list."""
    for cell in (2, 4, 5, 6):
        counts = [9.0] * 7
        counts[cell] = 0.0
        found, end = told(model(3, "1", "2", "3"), counts)
        assert end == 0.0
        assert found.kept.all()


def test_two_empty_cells_that_no_single_term_explains() -> None:
    """All pairs on a whole table of eight cells with two opposite corners empty (Haberman, 1974).

    No margin of two lists is empty, yet lowering both corners together raises no other cell.
    """
    of = model(3, "12", "13", "23")
    whole = np.vstack([unseen_row(of), model_matrix(of)])
    positive = np.ones(8, dtype=bool)
    positive[[0, 7]] = False
    found = find_support(whole, np.zeros(7), positive)
    assert np.flatnonzero(~found.kept).tolist() == [0, 7]
    margins = [
        positive[[cell for cell in range(8) if cell & pair == part]].any()
        for pair in (3, 5, 6)
        for part in range(8)
        if part & pair == part
    ]
    assert len(margins) == 12
    assert all(margins)


def test_coefficients_that_run_away_or_are_not_told() -> None:
    """Nobody on lists 1 and 2: the pair runs to minus infinity, the triple with list 3 could be anything."""
    of = model(4, "123", "4")
    counts = np.array([0.0 if {0, 1} <= set(members(cell)) else 9.0 + cell for cell in range(1, 16)])
    x = model_matrix(of)
    found = find_support(x, unseen_row(of), counts > 0)
    ends = dict(zip(of.terms, coefficient_limits(x, found, np.eye(of.parameters)), strict=True))
    assert found.identified
    assert ends[3] == -math.inf
    assert math.isnan(ends[7])
    assert all(end == 0.0 for term, end in ends.items() if term not in (3, 7))


@pytest.mark.parametrize("lists", [3, 4])
def test_random_sparse_tables_against_tiny_counts(lists: int) -> None:
    """With 1e-9 persons added to each cell a fit exists; it must lie where the extended one says.

    Cells left out must run to zero, the others to their fit; persons on none to theirs, to none or without limit.
    """
    draw = np.random.default_rng(lists)
    models, faces = all_models(lists), SupportCache()
    seen = {0.0: 0, math.inf: 0, -math.inf: 0}
    for _ in range(150):
        counts = draw.poisson(draw.gamma(0.5, 4, 2**lists - 1)).astype(float)
        counts[draw.integers(len(counts))] += 1
        of = models[draw.integers(len(models))]
        x, found = faces.matrix(of), faces.support(of, counts > 0)
        whole = Support(np.ones(len(x), dtype=bool), np.eye(of.parameters), True)
        near, nearer = (fit_on_support(x, whole, counts + tiny) for tiny in (1e-6, 1e-9))
        extended = fit_on_support(x, found, counts)
        assert extended.converged
        fitted = np.zeros(len(x))
        fitted[found.kept] = extended.fitted
        assert np.abs(fitted - nearer.fitted).max() < 1e-2
        end = float(coefficient_limits(x, found, unseen_row(of)[None])[0])
        if math.isnan(end):
            continue
        seen[end] += 1
        if end == 0.0:
            constant = float(extended.coefficients @ (unseen_row(of) @ found.basis))
            assert math.exp(constant) == pytest.approx(math.exp(nearer.coefficients[0]), rel=1e-2, abs=1e-2)
        else:
            assert (nearer.coefficients[0] - near.coefficients[0]) * math.copysign(1, end) > 0.5
    assert min(seen.values()) > 5


def test_one_answer_serves_all_tables_with_the_same_empty_cells() -> None:
    faces, of = SupportCache(), model(3, "12", "13")
    tables = np.array([[9.0, 5, 0, 4, 3, 2, 0], [8.0, 4, 0, 6, 2, 1, 0], [9.0, 5, 1, 4, 3, 2, 0]])
    together = fit_tables(of, tables, faces)
    assert len(faces.known) == 2
    for at, table in enumerate(tables):
        alone = fit_tables(of, table[None], SupportCache())
        for name in ("missed", "variance", "deviance", "log_likelihood", "df"):
            assert getattr(together, name)[at] == pytest.approx(getattr(alone, name)[0], rel=1e-9, abs=1e-9)


def test_one_model_of_two_lists_is_never_told() -> None:
    """[12] has four coefficients for three cells."""
    found, end = told(model(2, "12"), [5, 6, 7])
    assert math.isnan(end)
    assert not found.identified
