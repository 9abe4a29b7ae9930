"""Estimators of population sizes on numpy arrays: what only their own calls show."""

import numpy as np

from diplab.population.kernel import (
    abundance,
    closed,
    hierarchical,
    loglinear,
    truncated_regression,
)


def test_cells_and_profiles_of_closed_populations() -> None:
    assert closed.frequency_cells(np.array([25.0, 22.0, 13.0]), 6).terms == (
        "intercept",
        "captures",
    )
    cells = closed.history_cells(
        closed.all_histories(2), np.array([5.0, 7.0, 3.0]), ("may", "june")
    )
    assert cells.terms == ("intercept", "may", "june")
    # the profile of Mtb begins at those seen
    hares = closed.FirstCaptures(
        np.array([16.0, 24, 9, 9, 6, 4]), np.array([0.0, 4, 11, 17, 17, 28])
    )
    assert closed.profile_mtb(hares, 71.7).low == 68.0


def test_what_one_person_more_changes() -> None:
    x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    fit = truncated_regression.fit_truncated("geometric", x, y, persons)
    terms, bread = truncated_regression.person_terms(fit, x, y), np.linalg.inv(fit.information)
    changes = truncated_regression.parameter_changes(terms, x, bread)
    assert changes.round(4).tolist() == [[-0.0144, 0.0109, 0.0367]]
    sizes = truncated_regression.size_changes(terms, x, bread, terms.slopes @ persons)
    assert sizes.round(2).tolist() == [4.49, 1.43, -1.68]


def test_models_that_are_chosen() -> None:
    spina = np.array([[247.0, 49.0, 142.0, 60.0, 112.0, 4.0, 12.0]])
    every = hierarchical.AllModelsSelection(hierarchical.all_models(3), "aic")
    for rule, terms, missed in (
        (every, (3, 6), 132.32),
        (hierarchical.StepwiseSelection(3), (6, 1), 104.93),
    ):
        found = rule.choose(spina, hierarchical.SupportCache())
        assert found.models[0] is not None
        assert hierarchical.generators(found.models[0].terms) == terms
        assert found.missed.round(2).tolist() == [missed]


def test_where_a_likelihood_is_highest() -> None:
    """By hand: nobody on the second list alone leaves none unseen; nobody on both lists leaves no limit."""
    two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    found = [
        loglinear.locate_maximum(two_lists, np.array(cells), np.array([1.0, 0.0, 0.0]))
        for cells in ([5.0, 2, 3], [5.0, 2, 0], [0.0, 2, 3])
    ]
    assert found == ["inside", "all seen", "without end"]
    # a bounded coefficient leaves the fit where it would be negative
    x = np.array([[1.0, 0.0], [1.0, 1.0]])
    kept = [
        loglinear.fit_bounded(x, np.array(cells), (1,)).kept.tolist()
        for cells in ([5.0, 9.0], [9.0, 5.0])
    ]
    assert kept == [[0, 1], [0]]


def test_a_normal_effect_may_set_no_upper_limit() -> None:
    """Hares have one; where most are seen once and some nearly always, a million times as many are as likely."""
    for captures, occasions, unbounded in (
        ([25.0, 22, 13, 5, 1, 2], 6, False),
        ([30.0, 10, 6, 5, 4], 6, True),
    ):
        table = closed.frequency_cells(np.array(captures), occasions)
        assert loglinear.is_unbounded(table, loglinear.fit_normal_effect(table)) is unbounded


def test_too_few_seen_once() -> None:
    """By hand: 600 * 870 / 1000^2 = 0.522 is far under 2/3, but over 2/3 * 2/3 = 0.444, the limit of four occasions."""
    assert not abundance.too_few_seen_once(1645, 183, 37)
    assert abundance.too_few_seen_once(600, 1000, 870)
    assert not abundance.too_few_seen_once(600, 1000, 870, occasions=4)
