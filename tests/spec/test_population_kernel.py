"""The estimators of population sizes on numpy arrays, on small cases with their answers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diplab.population.kernel import (
    abundance,
    closed,
    counts,
    hierarchical,
    loglinear,
    random_effect,
    truncated_families,
    truncated_regression,
)

TWO_LISTS = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
NEITHER = np.array([1.0, 0.0, 0.0])
SPINA = np.array([[247.0, 49.0, 142.0, 60.0, 112.0, 4.0, 12.0]])
HARES = closed.FirstCaptures(np.array([16.0, 24, 9, 9, 6, 4]), np.array([0.0, 4, 11, 17, 17, 28]))
SEEN = np.array([[1.0, 0]] * 30 + [[0, 1.0]] * 30 + [[1.0, 1.0]] * 20)
X, Y, PERSONS = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
FIT = truncated_regression.fit_truncated("geometric", X, Y, PERSONS)
TERMS, BREAD = truncated_regression.person_terms(FIT, X, Y), np.linalg.inv(FIT.information)


def chosen(
    rule: hierarchical.AllModelsSelection | hierarchical.StepwiseSelection,
) -> tuple[tuple[int, ...], list[float]]:
    found = rule.choose(SPINA, hierarchical.SupportCache())
    return hierarchical.generators(found.models[0].terms), found.missed.round(2).tolist()


# what is computed, and the answer
CASES: dict[str, tuple[Callable[[], Any], Any]] = {
    "dependent_lists": (
        lambda: [round(abundance.dependent_lists(2775, 2831, 584, psi).size) for psi in (0.5, 1, 2)],
        [9237, 13452, 21882],
    ),
    "fit_bounded": (
        lambda: [
            loglinear.fit_bounded(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array(counts), (1,)).kept.tolist()
            for counts in ([5.0, 9.0], [9.0, 5.0])
        ],
        [[0, 1], [0]],
    ),
    "locate_maximum": (
        lambda: [
            loglinear.locate_maximum(TWO_LISTS, np.array(cells), NEITHER)
            for cells in ([5.0, 2, 3], [5.0, 2, 0], [0.0, 2, 3])
        ],
        ["inside", "all seen", "without end"],
    ),
    "likelihood_interval": (
        lambda: [
            round(each, 2)
            for each in loglinear.likelihood_interval(lambda missed: -((missed - 40.0) ** 2) / 50.0, 60.0, 30.0)
        ],
        [100.0, 90.2, 109.8],
    ),
    "members": (lambda: hierarchical.members(5), (0, 2)),
    "closure": (lambda: hierarchical.closure([3, 4]), (0, 1, 2, 4, 3)),
    "generators": (lambda: hierarchical.generators(hierarchical.closure([3, 4])), (3, 4)),
    "all_models": (lambda: [len(hierarchical.all_models(lists)) for lists in (2, 3, 4)], [1, 8, 113]),
    "model_matrix": (
        lambda: hierarchical.model_matrix(hierarchical.ListModel(2, hierarchical.closure([1, 2]))).tolist(),
        [[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]],
    ),
    "unseen_row": (
        lambda: hierarchical.unseen_row(hierarchical.ListModel(2, hierarchical.closure([1, 2]))).tolist(),
        [1.0, 0.0, 0.0],
    ),
    "all_models_selection_choose": (
        lambda: chosen(hierarchical.AllModelsSelection(hierarchical.all_models(3), "aic")),
        ((3, 6), [132.32]),
    ),
    "stepwise_selection_choose": (lambda: chosen(hierarchical.StepwiseSelection(3)), ((6, 1), [104.93])),
    "criterion_weights": (
        lambda: hierarchical.criterion_weights(np.array([10.0, 10.0, np.inf])).tolist(),
        [0.5, 0.5, 0.0],
    ),
    "model_average": (
        lambda: hierarchical.model_average(np.array([90.0, 110.0]), np.zeros(2), np.array([0.5, 0.5]), 60)[:2],
        (100.0, 100.0),
    ),
    "percentile_interval": (
        lambda: hierarchical.percentile_interval(np.append(np.arange(1.0, 100.0), np.inf), 0.5),
        (25.25, 75.75),
    ),
    "frequency_cells": (
        lambda: closed.frequency_cells(np.array([25.0, 22.0, 13.0]), 6).terms,
        ("intercept", "captures"),
    ),
    "history_cells": (
        lambda: closed.history_cells(closed.all_histories(2), np.array([5.0, 7.0, 3.0]), ("may", "june")).terms,
        ("intercept", "may", "june"),
    ),
    "all_histories": (lambda: closed.all_histories(2).tolist(), [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
    "profile_mtb": (lambda: closed.profile_mtb(HARES, 71.7).low, 68.0),
    "fit_conditional": (lambda: round(closed.fit_conditional(SEEN, np.ones((80, 2, 1))).abundance.size, 6), 125.0),
    "occasion_bound": (lambda: closed.occasion_bound(SEEN).size, 125.0),
    "too_few_seen_once": (
        lambda: (counts.too_few_seen_once(1645, 183, 37), counts.too_few_seen_once(60, 183, 150)),
        (False, True),
    ),
    "poisson": (
        lambda: float(truncated_families.poisson(np.array([1.0]), np.array([0.0])).log_likelihood.round(6)[0]),
        -0.541325,
    ),
    "geometric": (
        lambda: float(truncated_families.geometric(np.array([1.0]), np.array([0.0])).log_likelihood.round(6)[0]),
        -0.693147,
    ),
    "twice_or_once": (
        lambda: (
            truncated_families.twice_or_once(np.array([1.0, 2.0, 3.0]), np.zeros(3)).log_likelihood.round(6).tolist()
        ),
        [-0.693147, -0.693147, 0.0],
    ),
    "log_t_over_expm1": (
        lambda: [float(each.round(6)[0]) for each in truncated_families.log_t_over_expm1(np.array([0.0]))],
        [0.0, -0.5, -0.083333],
    ),
    "rising_factorial_logs": (
        lambda: [
            each.round(6).tolist() for each in truncated_families.rising_factorial_logs(np.array([1.0, 3.0]), 0.0)
        ],
        [[0.0, 0.693147], [0.0, 1.5], [0.0, -1.25]],
    ),
    "sighting_probability": (
        lambda: float(truncated_families.sighting_probability("geometric", np.array([0.0]), 0.0).seen[0]),
        0.5,
    ),
    "size_parts_covariance": (
        lambda: (
            truncated_regression.SizeParts(np.array([20.0]), np.array([[-10.0]]), np.array([[20.0]]))
            .covariance(np.array([[0.2]]))
            .tolist()
        ),
        [[40.0]],
    ),
    "person_terms": (
        lambda: (bool(abs(TERMS.scores @ PERSONS)[0] < 1e-08), round(float(TERMS.persons @ PERSONS), 6)),
        (True, 192.5),
    ),
    "sums_by_group": (
        lambda: truncated_regression.sums_by_group(
            (truncated_regression.Grouping(np.array([0, 1, 1]), 2),), np.array([1.0, 2.0, 3.0])
        ).tolist(),
        [1.0, 5.0],
    ),
    "parameter_changes": (
        lambda: truncated_regression.parameter_changes(TERMS, X, BREAD).round(4).tolist(),
        [[-0.0144, 0.0109, 0.0367]],
    ),
    "size_changes": (
        lambda: truncated_regression.size_changes(TERMS, X, BREAD, TERMS.slopes @ PERSONS).round(2).tolist(),
        [4.49, 1.43, -1.68],
    ),
    "sandwich": (
        lambda: truncated_regression.sandwich(TERMS, X, PERSONS, BREAD, "HC0").round(6).tolist(),
        [[0.023214]],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_small_cases(case: str) -> None:
    computed, answer = CASES[case]
    assert computed() == answer


def test_first_captures() -> None:
    found = closed.first_captures(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), np.array([5.0, 3.0]))
    assert (found.first.tolist(), found.again.tolist()) == ([5.0, 3.0, 0.0], [0.0, 0.0, 8.0])


def test_is_unbounded() -> None:
    table = closed.frequency_cells(np.array([25.0, 22, 13, 5, 1, 2]), 6)
    assert not random_effect.is_unbounded(table, random_effect.fit_normal_effect(table))


def test_is_identified() -> None:
    assert not closed.is_identified(np.ones((10, 3, 2)))


def test_poisson_excess() -> None:
    excess, slope = truncated_families.poisson_excess(np.array([0.0, -700.0]))
    assert (excess.round(6).tolist(), slope.round(6).tolist()) == ([0.581977, 0.0], [0.661303, 0.0])


def test_negative_binomial() -> None:
    y, eta = np.array([1.0, 4.0]), np.array([0.3, 0.3])
    assert np.allclose(
        truncated_families.negative_binomial(y, eta, 1.0).log_likelihood,
        truncated_families.geometric(y, eta).log_likelihood,
    )


def test_count_terms() -> None:
    terms = truncated_families.count_terms("one_inflated_poisson", np.array([1.0]), np.array([0.0]), 0.0)
    assert float(np.exp(terms.log_likelihood[0]).round(6)) == 0.790988


def test_represented_persons() -> None:
    assert truncated_families.represented_persons(
        "geometric", np.array([1.0]), np.array([0.0]), 0.0
    ).persons.tolist() == [2.0]
    assert truncated_families.represented_persons("chao", np.array([1.0, 3.0]), np.zeros(2), 0.0).persons.tolist() == [
        1.25,
        1.0,
    ]


def test_size_parts() -> None:
    terms = truncated_regression.PersonTerms(
        np.zeros((1, 2)), np.zeros((2, 2, 2)), np.array([2.0, 4.0]), np.ones((1, 2)), np.ones(2)
    )
    all_of_them, each = (
        truncated_regression.Grouping(np.zeros(2, int), 1),
        truncated_regression.Grouping(np.array([0, 1]), 2),
    )
    assert truncated_regression.size_parts(terms, np.array([10.0, 1.0]), (all_of_them, each)).sizes.tolist() == [
        24.0,
        20.0,
        4.0,
    ]
