"""Tables made from margins, as the study of 2018 makes them: by hand, with margins kept, exact to the cent."""

from __future__ import annotations

from typing import Any

import numpy as np

import diplab as dl

MODULE = dl.study("france-2018-survey").module
maximum_entropy, controlled_rounding = MODULE.maximum_entropy, MODULE.controlled_rounding
whole_parts = MODULE.whole_parts

SEX, CONTRACT = np.indices((2, 2)).astype(bool)
WOMEN, PERMANENT = ~SEX, ~CONTRACT


def test_what_no_margin_fixes_is_independent_even_or_zero() -> None:
    # 30 women of 50 and 20 contracts of 50: 30 x 20 / 50 = 12 women with one; 18, 8, 12 follow.
    table = maximum_entropy(np.ones((2, 2)), [WOMEN, PERMANENT], [30, 20], 50)
    np.testing.assert_allclose(table, [[12, 18], [8, 12]], atol=1e-8)
    # One margin, 30 women of 50: 15 and 15, 10 and 10.
    table = maximum_entropy(np.ones((2, 2)), [WOMEN], [30], 50)
    np.testing.assert_allclose(table, [[15, 15], [10, 10]], atol=1e-9)
    # No man may hold a contract: 20 contracts are 20 women's, 10 women and 20 men have none.
    table = maximum_entropy(np.array([[1.0, 1.0], [0.0, 1.0]]), [WOMEN, PERMANENT], [30, 20], 50)
    np.testing.assert_allclose(table, [[20, 10], [0, 20]], atol=1e-6)
    # 18 contracts among the 30 women, nothing said of the 20 men: they are even, 10 and 10.
    table = maximum_entropy(np.ones((2, 2)), [WOMEN, WOMEN & PERMANENT], [30, 18], 50)
    np.testing.assert_allclose(table, [[18, 12], [10, 10]], atol=1e-6)


def test_the_closed_form_with_a_structural_zero() -> None:
    """Margins 1/2 and 1/2 on three allowed cells (a, b; c, none): a = 0, since b + c = 1 already.

    With 3/5 and 3/5 instead, b = c = 2/5 and a = 1/5.
    """
    start = np.array([[1.0, 1.0], [1.0, 0.0]])
    table = maximum_entropy(start, [WOMEN, PERMANENT], [6, 6], 10, tolerance=1e-10)
    np.testing.assert_allclose(table, [[2, 4], [4, 0]], atol=1e-8)


def test_what_has_no_solution_is_refused(refused: Any) -> None:
    """No man may hold a contract, 20 women, 30 contracts; more women than people; then three halves.

    Pairs of three halves that must each hold one person: a + b = b + c = a + c = 1 has no whole
    solution.
    """
    for men, sizes in ((0.0, [20, 30]), (1.0, [60, 30])):
        start = np.array([[1.0, 1.0], [men, 1.0]])
        refused(
            lambda start=start, sizes=sizes: maximum_entropy(
                start, [WOMEN, PERMANENT], sizes, 50, rounds=200
            )
        )
    pairs = [np.array(pair, dtype=bool) for pair in ([1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0])]
    refused(lambda: controlled_rounding(np.array([0.5, 0.5, 0.5, 0.5]), pairs, seed=1))


def test_rounding_keeps_whole_margins_moves_no_cell_by_one_and_is_repeatable() -> None:
    """2.5 everywhere has two roundings with margins of 5; a seed chooses one and keeps to it."""
    table = maximum_entropy(np.ones((2, 2)), [WOMEN, PERMANENT], [5, 5], 10)
    np.testing.assert_allclose(table, 2.5)
    found = [controlled_rounding(table, [WOMEN, PERMANENT], seed=seed) for seed in range(20)]
    for seed, whole in enumerate(found):
        assert whole.sum() == 10
        assert whole[WOMEN].sum() == whole[PERMANENT].sum() == 5
        assert np.isin(whole, (2, 3)).all()
        assert (controlled_rounding(table, [WOMEN, PERMANENT], seed=seed) == whole).all()
    assert {whole[0, 0].item() for whole in found} == {2, 3}


def test_cells_are_rounded_by_their_fractions() -> None:
    # Women are 1.2 + 1.2 = 2.4 of 5: two or three of them.
    table = np.array([[1.2, 1.2], [1.3, 1.3]])
    sums = {int(controlled_rounding(table, [WOMEN], seed=seed)[WOMEN].sum()) for seed in range(40)}
    assert sums == {2, 3}
    # One person for two cells, 0.8 and 0.2: the first takes it in about 8 draws of 10.
    up = np.mean(
        [controlled_rounding(np.array([0.8, 0.2]), [], seed=seed)[0] for seed in range(400)]
    )
    assert 0.73 < up < 0.87
    table = np.array([[3.0, 1.0], [2.0, 4.0]])
    assert controlled_rounding(table, [WOMEN], seed=1).tolist() == [[3, 1], [2, 4]]


def test_parts_add_up_to_the_cent() -> None:
    """1, 2 and 4 of 7 shares of 10.00 euros: 142.86, 285.71, 571.43; the spare cents go to .86 and .71."""
    assert whole_parts(np.array([1.0, 2.0, 4.0]), 1000).tolist() == [143, 286, 571]
    assert whole_parts(np.array([5.0, 5.0]), 10).tolist() == [5, 5]
