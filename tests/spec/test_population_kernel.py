"""The estimators of population sizes on numpy arrays, on small cases with their answers."""

import numpy as np

from diplab.population.kernel.abundance import (
    Abundance,
    bailey,
    binomial_interval,
    chao_lists,
    chapman,
    dependent_lists,
    hypergeometric_interval,
    lognormal_interval,
    normal_interval,
    petersen,
    poisson_interval,
    poisson_mean_interval,
    proportion_interval,
)
from diplab.population.kernel.closed import (
    FirstCaptures,
    all_histories,
    first_captures,
    fit_mt,
    fit_mtb,
    fit_removal,
    frequency_cells,
    history_cells,
    profile_mt,
    profile_mtb,
    profile_removal,
)
from diplab.population.kernel.conditional import fit_conditional, is_identified, occasion_bound
from diplab.population.kernel.counts import (
    chao,
    chao_bias_corrected,
    chao_occasions,
    too_few_seen_once,
    truncated_geometric,
    truncated_poisson,
    zelterman,
)
from diplab.population.kernel.hierarchical import (
    ListModel,
    SupportCache,
    all_models,
    closure,
    find_support,
    fit_on_support,
    fit_tables,
    generators,
    members,
    model_matrix,
    unseen_row,
)
from diplab.population.kernel.loglinear import (
    fit_bounded,
    fit_loglinear,
    likelihood_interval,
    locate_maximum,
    multinomial_profile,
    unseen_size,
)
from diplab.population.kernel.model_selection import (
    AllModelsSelection,
    StepwiseSelection,
    criterion_weights,
    model_average,
    percentile_interval,
)
from diplab.population.kernel.random_effect import fit_normal_effect, is_unbounded
from diplab.population.kernel.truncated_families import (
    count_terms,
    geometric,
    log_t_over_expm1,
    negative_binomial,
    poisson,
    poisson_excess,
    represented_persons,
    rising_factorial_logs,
    sighting_probability,
    twice_or_once,
)
from diplab.population.kernel.truncated_regression import (
    Grouping,
    PersonTerms,
    SizeParts,
    fit_truncated,
    parameter_changes,
    person_terms,
    sandwich,
    size_changes,
    size_parts,
    sums_by_group,
)


def test_petersen() -> None:
    assert round(petersen(948, 421, 167).size, 6) == 2389.868263


def test_chapman() -> None:
    assert round(chapman(109, 177, 57).size, 6) == 336.586207


def test_bailey() -> None:
    assert round(bailey(500, 149, 7).size, 6) == 9375.0


def test_lognormal_interval() -> None:
    low, high = lognormal_interval(Abundance(9273.510929, 662.6008179**2, 1880))
    assert (round(low, 3), round(high, 3)) == (8084.677, 10690.129)


def test_normal_interval() -> None:
    _low, high = normal_interval(chapman(500, 149, 7))
    assert round(high) == 15316


def test_poisson_mean_interval() -> None:
    assert tuple(round(end, 3) for end in poisson_mean_interval(24)) == (15.377, 35.71)


def test_poisson_interval() -> None:
    assert tuple(round(end) for end in poisson_interval(chapman, 500, 149, 7)) == (4872, 19701)


def test_binomial_interval() -> None:
    assert tuple(round(end) for end in binomial_interval(948, 421, 167)) == (2129, 2711)


def test_hypergeometric_interval() -> None:
    assert hypergeometric_interval(500, 149, 7) == (5334.0, 26102.0)


def test_proportion_interval() -> None:
    assert tuple(round(end) for end in proportion_interval(948, 421, 167)) == (2153, 2685)


def test_dependent_lists() -> None:
    assert [round(dependent_lists(2775, 2831, 584, psi).size) for psi in (0.5, 1, 2)] == [9237, 13452, 21882]


def test_chao_lists() -> None:
    assert round(chao_lists([2191, 2247], 584, 5022).size, 6) == 13452.097603


def test_fit_loglinear() -> None:
    two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    fit = fit_loglinear(two_lists, np.array([584.0, 2191.0, 2247.0]))
    assert round(float(np.exp(fit.coefficients[0])), 3) == 8430.098


def test_unseen_size() -> None:
    two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    fit = fit_loglinear(two_lists, np.array([584.0, 2191.0, 2247.0]))
    _missed, variance = unseen_size(fit, np.array([1.0, 0.0, 0.0]))
    assert round(float(variance) ** 0.5, 4) == 440.6613


def test_fit_bounded() -> None:
    x = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert [fit_bounded(x, np.array(counts), (1,)).kept.tolist() for counts in ([5.0, 9.0], [9.0, 5.0])] == [
        [0, 1],
        [0],
    ]


def test_locate_maximum() -> None:
    two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    neither = np.array([1.0, 0.0, 0.0])
    assert [
        locate_maximum(two_lists, np.array(cells), neither)
        for cells in ([5.0, 2, 3], [5.0, 2, 0], [0.0, 2, 3])
    ] == ["inside", "all seen", "without end"]


def test_multinomial_profile() -> None:
    two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    found = multinomial_profile(two_lists, np.array([584.0, 2191.0, 2247.0]), np.array([1.0, 0.0, 0.0]))
    assert [round(each, 3) for each in found] == [13447.798, 12629.795, 14360.599]


def test_likelihood_interval() -> None:
    found = likelihood_interval(lambda missed: -((missed - 40.0) ** 2) / 50.0, 60.0, 30.0)
    assert [round(each, 2) for each in found] == [100.0, 90.2, 109.8]


def test_members() -> None:
    assert members(5) == (0, 2)


def test_closure() -> None:
    assert closure([3, 4]) == (0, 1, 2, 4, 3)


def test_generators() -> None:
    assert generators(closure([3, 4])) == (3, 4)


def test_all_models() -> None:
    assert [len(all_models(lists)) for lists in (2, 3, 4)] == [1, 8, 113]


def test_model_matrix() -> None:
    assert model_matrix(ListModel(2, closure([1, 2]))).tolist() == [
        [1.0, 1.0, 0.0],
        [1.0, 0.0, 1.0],
        [1.0, 1.0, 1.0],
    ]


def test_unseen_row() -> None:
    assert unseen_row(ListModel(2, closure([1, 2]))).tolist() == [1.0, 0.0, 0.0]


def test_find_support() -> None:
    model = ListModel(3, closure([3, 4]))  # [12,3]
    seen = np.array([True, True, False, True, True, True, False])  # nobody is on lists 1 and 2
    found = find_support(model_matrix(model), unseen_row(model), seen)
    assert (found.kept.tolist(), found.identified) == ([True, True, False, True, True, True, False], True)


def test_fit_on_support() -> None:
    model = ListModel(2, closure([1, 2]))
    both = np.array([2191.0, 2247.0, 584.0])
    fit = fit_on_support(model_matrix(model), SupportCache().support(model, both > 0), both)
    assert round(float(np.exp(fit.coefficients[0])), 3) == 8430.098


def test_fit_tables() -> None:
    found = fit_tables(ListModel(2, closure([1, 2])), np.array([[2191.0, 2247.0, 584.0]]), SupportCache())
    assert found.missed.round(3).tolist() == [8430.098]


def test_all_models_selection_choose() -> None:
    spina = np.array([[247.0, 49.0, 142.0, 60.0, 112.0, 4.0, 12.0]])
    found = AllModelsSelection(all_models(3), "aic").choose(spina, SupportCache())
    assert (generators(found.models[0].terms), found.missed.round(2).tolist()) == ((3, 6), [132.32])


def test_stepwise_selection_choose() -> None:
    spina = np.array([[247.0, 49.0, 142.0, 60.0, 112.0, 4.0, 12.0]])
    found = StepwiseSelection(3).choose(spina, SupportCache())
    assert (generators(found.models[0].terms), found.missed.round(2).tolist()) == ((6, 1), [104.93])


def test_criterion_weights() -> None:
    assert criterion_weights(np.array([10.0, 10.0, np.inf])).tolist() == [0.5, 0.5, 0.0]


def test_model_average() -> None:
    found = model_average(np.array([90.0, 110.0]), np.zeros(2), np.array([0.5, 0.5]), 60)
    assert (found.size, found.variance) == (100.0, 100.0)


def test_percentile_interval() -> None:
    assert percentile_interval(np.append(np.arange(1.0, 100.0), np.inf), 0.5) == (25.25, 75.75)


def test_frequency_cells() -> None:
    assert frequency_cells(np.array([25.0, 22.0, 13.0]), 6).terms == ("intercept", "captures")


def test_history_cells() -> None:
    assert history_cells(all_histories(2), np.array([5.0, 7.0, 3.0]), ("may", "june")).terms == (
        "intercept",
        "may",
        "june",
    )


def test_all_histories() -> None:
    assert all_histories(2).tolist() == [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def test_fit_mt() -> None:
    hares = fit_mt(np.array([16.0, 28, 20, 26, 23, 32]), 68)
    assert (round(hares.size, 4), round(hares.variance**0.5, 4)) == (75.0662, 3.3523)


def test_profile_mt() -> None:
    found = profile_mt(np.array([16.0, 28, 20, 26, 23, 32]), 68, 75.0)
    assert [round(each, 3) for each in found] == [74.338, 69.288, 82.396]


def test_first_captures() -> None:
    found = first_captures(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), np.array([5.0, 3.0]))
    assert (found.first.tolist(), found.again.tolist()) == ([5.0, 3.0, 0.0], [0.0, 0.0, 8.0])


def test_fit_removal() -> None:
    found = fit_removal(np.array([16.0, 24, 9, 9, 6, 4]))
    assert (round(found.size, 4), round(found.variance**0.5, 4)) == (81.1461, 8.2615)


def test_profile_removal() -> None:
    found = profile_removal(np.array([16.0, 24, 9, 9, 6, 4]), 81.0)
    assert [round(each, 1) for each in found] == [79.1, 70.0, 107.1]


def test_fit_mtb() -> None:
    hares = FirstCaptures(np.array([16.0, 24, 9, 9, 6, 4]), np.array([0.0, 4, 11, 17, 17, 28]))
    assert round(fit_mtb(hares).size, 3) == 71.723


def test_profile_mtb() -> None:
    hares = FirstCaptures(np.array([16.0, 24, 9, 9, 6, 4]), np.array([0.0, 4, 11, 17, 17, 28]))
    assert profile_mtb(hares, 71.7).low == 68.0


def test_fit_normal_effect() -> None:
    fit = fit_normal_effect(frequency_cells(np.array([1645.0, 183, 37, 13, 1, 1]), np.inf), nodes=20)
    assert round(1880 + float(np.exp(fit.coefficients[0])), 1) == 24453.8


def test_is_unbounded() -> None:
    table = frequency_cells(np.array([25.0, 22, 13, 5, 1, 2]), 6)
    assert not is_unbounded(table, fit_normal_effect(table))


def test_fit_conditional() -> None:
    seen = np.array([[1.0, 0]] * 30 + [[0, 1.0]] * 30 + [[1.0, 1.0]] * 20)
    found = fit_conditional(seen, np.ones((80, 2, 1)))
    assert round(found.abundance.size, 6) == 125.0


def test_is_identified() -> None:
    assert not is_identified(np.ones((10, 3, 2)))


def test_occasion_bound() -> None:
    assert occasion_bound(np.array([[1.0, 0]] * 30 + [[0, 1.0]] * 30 + [[1.0, 1.0]] * 20)).size == 125.0


def test_chao() -> None:
    assert round(chao(1645, 183, 1880).size, 6) == 9273.510929


def test_chao_bias_corrected() -> None:
    assert round(chao_bias_corrected(25984, 5972, 39460).size, 6) == 95976.178805


def test_chao_occasions() -> None:
    assert round(chao_occasions(25070, 5642, 2346, 37830, 27).size, 6) == 95253.268431


def test_zelterman() -> None:
    assert round(zelterman(1645, 183, 1880).size, 6) == 9424.555194


def test_truncated_poisson() -> None:
    assert round(truncated_poisson(39460, 84477).size, 6) == 47467.286348


def test_truncated_geometric() -> None:
    assert round(truncated_geometric(39460, 84477).size, 6) == 74048.968612


def test_too_few_seen_once() -> None:
    assert (too_few_seen_once(1645, 183, 37), too_few_seen_once(60, 183, 150)) == (False, True)


def test_poisson_excess() -> None:
    excess, slope = poisson_excess(np.array([0.0, -700.0]))
    assert (excess.round(6).tolist(), slope.round(6).tolist()) == ([0.581977, 0.0], [0.661303, 0.0])


def test_poisson() -> None:
    assert float(poisson(np.array([1.0]), np.array([0.0])).log_likelihood.round(6)[0]) == -0.541325


def test_geometric() -> None:
    assert float(geometric(np.array([1.0]), np.array([0.0])).log_likelihood.round(6)[0]) == -0.693147


def test_twice_or_once() -> None:
    assert twice_or_once(np.array([1.0, 2.0, 3.0]), np.zeros(3)).log_likelihood.round(6).tolist() == [
        -0.693147,
        -0.693147,
        0.0,
    ]


def test_negative_binomial() -> None:
    y, eta = np.array([1.0, 4.0]), np.array([0.3, 0.3])
    assert np.allclose(negative_binomial(y, eta, 1.0).log_likelihood, geometric(y, eta).log_likelihood)


def test_log_t_over_expm1() -> None:
    assert [float(each.round(6)[0]) for each in log_t_over_expm1(np.array([0.0]))] == [0.0, -0.5, -0.083333]


def test_rising_factorial_logs() -> None:
    assert [each.round(6).tolist() for each in rising_factorial_logs(np.array([1.0, 3.0]), 0.0)] == [
        [0.0, 0.693147],
        [0.0, 1.5],
        [0.0, -1.25],
    ]


def test_count_terms() -> None:
    terms = count_terms("one_inflated_poisson", np.array([1.0]), np.array([0.0]), 0.0)
    assert float(np.exp(terms.log_likelihood[0]).round(6)) == 0.790988


def test_sighting_probability() -> None:
    assert float(sighting_probability("geometric", np.array([0.0]), 0.0).seen[0]) == 0.5


def test_represented_persons() -> None:
    assert represented_persons("geometric", np.array([1.0]), np.array([0.0]), 0.0).persons.tolist() == [2.0]
    assert represented_persons("chao", np.array([1.0, 3.0]), np.zeros(2), 0.0).persons.tolist() == [1.25, 1.0]


def test_fit_truncated() -> None:
    y, persons = np.arange(1.0, 7.0), np.array([1645.0, 183.0, 37.0, 13.0, 1.0, 1.0])
    fit = fit_truncated("poisson", np.ones((1, 6)), y, persons)
    assert (round(float(fit.coefficients[0]), 6), round(fit.log_likelihood, 6)) == (-1.175648, -901.951907)


def test_size_parts_covariance() -> None:
    one = SizeParts(np.array([20.0]), np.array([[-10.0]]), np.array([[20.0]]))
    assert one.covariance(np.array([[0.2]])).tolist() == [[40.0]]


def test_person_terms() -> None:
    x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    terms = person_terms(fit_truncated("geometric", x, y, persons), x, y)
    assert (bool(abs(terms.scores @ persons)[0] < 1e-08), round(float(terms.persons @ persons), 6)) == (
        True,
        192.5,
    )


def test_size_parts() -> None:
    terms = PersonTerms(
        np.zeros((1, 2)), np.zeros((2, 2, 2)), np.array([2.0, 4.0]), np.ones((1, 2)), np.ones(2)
    )
    all_of_them, each = Grouping(np.zeros(2, int), 1), Grouping(np.array([0, 1]), 2)
    assert size_parts(terms, np.array([10.0, 1.0]), (all_of_them, each)).sizes.tolist() == [24.0, 20.0, 4.0]


def test_sums_by_group() -> None:
    each = Grouping(np.array([0, 1, 1]), 2)
    assert sums_by_group((each,), np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 5.0]


def test_parameter_changes() -> None:
    x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    fit = fit_truncated("geometric", x, y, persons)
    assert parameter_changes(person_terms(fit, x, y), x, np.linalg.inv(fit.information)).round(
        4
    ).tolist() == [[-0.0144, 0.0109, 0.0367]]


def test_size_changes() -> None:
    x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    fit = fit_truncated("geometric", x, y, persons)
    terms = person_terms(fit, x, y)
    assert size_changes(terms, x, np.linalg.inv(fit.information), terms.slopes @ persons).round(
        2
    ).tolist() == [4.49, 1.43, -1.68]


def test_sandwich() -> None:
    x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    fit = fit_truncated("geometric", x, y, persons)
    bread = np.linalg.inv(fit.information)
    assert sandwich(person_terms(fit, x, y), x, persons, bread, "HC0").round(6).tolist() == [[0.023214]]
