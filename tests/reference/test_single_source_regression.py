"""Regressions of captures against recorded values.

NL1 (van der Heijden, Cruyff and van Houwelingen, 2003) and MT1 (ipeirotis/mturk_demographics):
recorded from R singleRcapture 1.1.0. With covariates: recorded from R 4.5.0 (VGAM 1.1.13, sandwich
3.1.1) by the script beside this file, `single_source_regression.R`, on 186 synthetic persons that
nobody is, drawn once with rates that fall with age.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from diplab import population
from tests.recorded_histories import MTURK, NETHERLANDS
from tests.recorded_values import recorded_file

NL1, MT1 = NETHERLANDS, MTURK
ONE_SOURCE = recorded_file("one_source")
RECORDED = recorded_file("single_source_regression")
DIGITS = {name: list(map(int, text)) for name, text in RECORDED["persons"].items()}
AGES = [
    10 * tens + ones for tens, ones in zip(DIGITS["age"][::2], DIGITS["age"][1::2], strict=True)
]
PERSONS = pd.DataFrame(DIGITS | {"age": AGES})


def alike(counts, family, **options):
    seen = pd.DataFrame({"times": range(1, len(counts) + 1), "persons": counts})
    return population.single_source_regression(
        "~ 1", seen, "times", family, count="persons", **options
    )


def by_age_and_sex(family, **options):
    return population.single_source_regression("~ age + sex", PERSONS, "times", family, **options)


def coefficients(found):
    assert found.fits[0] is not None
    return found.fits[0].coefficients


FAMILIES = (
    "poisson",
    "geometric",
    "chao",
    "zelterman",
    "one_inflated_poisson",
    "one_inflated_geometric",
)


@pytest.mark.parametrize(
    ("source", "family"), [(a, b) for a in ONE_SOURCE for b in FAMILIES if b in ONE_SOURCE[a]]
)
def test_everybody_alike_as_singlercapture(source, family):
    recorded, counts = ONE_SOURCE[source][family], NL1 if source == "NL1" else MT1
    found = alike(counts, family)
    row, (size, error, low, high) = found.frame.iloc[0], recorded["size"]
    assert row["estimate"] == pytest.approx(size, rel=1e-9)
    assert row["std_error"] == pytest.approx(error, rel=5e-7)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([low, high], rel=1e-8)
    assert (row["n"], row["df"]) == (sum(counts), np.inf)
    if "coefficients" in recorded:
        assert coefficients(found)["estimate"].tolist() == pytest.approx(
            recorded["coefficients"], abs=6e-9
        )
    if "log_likelihood" in recorded:
        height = found.models["log_likelihood"].iloc[0]
        assert height == pytest.approx(recorded["log_likelihood"], abs=6e-8 * 100)


def test_a_surplus_among_everybody_as_singlercapture_but_for_a_slip_in_its_variance():
    """Recorded ztoi geometric: 47677.6499472 (153.59849), its variance with n(1-p)/p in place of n(1-p)/p^2."""
    row = alike(MT1, "one_inflated_geometric", inflation="everyone").frame.iloc[0]
    assert row["estimate"] == pytest.approx(47677.6499472, rel=1e-11)
    n = sum(MT1)
    chance = n / row["estimate"]
    recorded = row["std_error"] ** 2 - n * (1 - chance) / chance**2 + n * (1 - chance) / chance
    assert np.sqrt(recorded) == pytest.approx(153.59849, rel=5e-8)
    assert alike(NL1, "one_inflated_geometric", inflation="everyone").frame["estimate"].iloc[
        0
    ] == pytest.approx(5317.4744898, rel=1e-10)
    assert alike(NL1, "one_inflated_poisson", inflation="everyone").frame["estimate"].iloc[
        0
    ] == pytest.approx(2455.56126901, rel=1e-10)


@pytest.mark.parametrize("counts", [NL1, MT1])
def test_a_negative_binomial_that_rises_for_ever_has_no_point(counts):
    """Recorded for NL1: N = 5.32e14, do not use."""
    found = alike(counts, "negative_binomial")
    assert found.frame["statistic"].tolist() == ["negative_binomial", "chao"]
    assert found.frame["flag"].tolist() == ["boundary", "lower bound"]
    assert np.isnan(found.frame["estimate"].iloc[0])
    assert found.frame["estimate"].iloc[1] == alike(counts, "chao").frame["estimate"].iloc[0]
    assert found.fits[0] is None
    assert found.provenance.rules["edge"] == "series"


@pytest.mark.parametrize("case", RECORDED["models"])
def test_with_covariates_as_r(case):
    recorded = RECORDED["models"][case]
    family, inflation = case.split()
    found = by_age_and_sex(family, inflation=inflation)
    assert coefficients(found)["term"].tolist()[:3] == ["intercept", "age", "sex"]
    # as far as R's optimiser and numerical derivatives go
    assert coefficients(found)["estimate"].tolist() == pytest.approx(
        recorded["coefficients"], abs=5e-8
    )
    assert coefficients(found)["std_error"].tolist() == pytest.approx(
        recorded["std_error"], rel=1e-7
    )
    assert found.models["log_likelihood"].iloc[0] == pytest.approx(
        recorded["log_likelihood"], abs=1e-9
    )
    row = found.frame.iloc[0]
    assert row["estimate"] == pytest.approx(recorded["size"][0], rel=1e-8)
    assert row["std_error"] == pytest.approx(recorded["size"][1], rel=1e-6)


def test_vgam_has_the_same_coefficients_and_an_edge_where_there_is_no_surplus():
    """pospoisson, and posnegbinomial with log(size) in place of log(alpha), from VGAM 1.1.13."""
    poisson = coefficients(by_age_and_sex("poisson"))
    assert poisson["estimate"].tolist() == pytest.approx(
        [1.214322641533, -0.027927607288, 0.278725503987], abs=1e-12
    )
    mixed = coefficients(by_age_and_sex("negative_binomial"))["estimate"]
    assert mixed.tolist() == pytest.approx(
        [1.1318926398181, -0.0304250045212, 0.3072341265138, -1.2474761278035], abs=2e-7
    )
    # R's optimiser lets logit(omega) run to -21 there, with a standard error of 9,092.
    found = by_age_and_sex("one_inflated_geometric")
    assert found.frame["flag"].tolist() == ["boundary", "lower bound"]
    assert found.provenance.rules["edge"] == "no surplus"


@pytest.mark.parametrize(
    ("variance", "cluster", "errors"),
    [
        ("HC0", None, [0.6102295730710, 0.0139234351099, 0.3550123237015]),
        ("HC1", None, [0.6166872087040, 0.0140707771508, 0.3587691724890]),
        ("HC3", None, [0.6266306940091, 0.0143140832566, 0.3628464898938]),
        ("HC0", "town", [0.4268008703438, 0.0100305738749, 0.3030671610017]),
        ("HC1", "town", [0.4298171684412, 0.0101014622048, 0.3052090050434]),
        (None, "town", [0.4298171684412, 0.0101014622048, 0.3052090050434]),
    ],
)
def test_sandwiches_as_r(variance, cluster, errors):
    found = by_age_and_sex("zelterman", variance=variance, cluster=cluster)
    assert coefficients(found)["std_error"].tolist() == pytest.approx(errors, rel=1e-11)
    assert found.provenance.rules["variance"] == (variance or "HC1")
    if cluster and variance != "HC0":
        assert found.frame["std_error"].iloc[0] == pytest.approx(32.2328556829, rel=1e-11)


@pytest.mark.parametrize(
    "family", ["poisson", "geometric", "negative_binomial", "one_inflated_poisson"]
)
@pytest.mark.parametrize("variance", ["HC0", "HC3"])
def test_sandwiches_by_hand(family, variance):
    """Person by person, with whole matrices."""
    found = by_age_and_sex(family, variance=variance)
    terms = found.details.terms
    scores, bread = terms.scores, found.details.inverse_information
    x = found.details.persons.x
    meat = np.zeros_like(bread)
    for place in range(scores.shape[1]):
        own = np.zeros((2, len(bread)))
        own[0, : len(x)] = x[:, place]
        if len(bread) > len(x):
            own[1, -1] = 1.0
        information = own.T @ terms.curvature[place] @ own
        adjusted = scores[:, place]
        if variance == "HC3":
            adjusted = np.linalg.solve(np.eye(len(bread)) - information @ bread, adjusted)
        meat += np.outer(adjusted, adjusted)
    reporting = found.details.reporting
    by_hand = reporting @ bread @ meat @ bread @ reporting.T
    assert coefficients(found)["std_error"].tolist() == pytest.approx(
        np.sqrt(np.diag(by_hand)), rel=1e-9
    )


@pytest.mark.parametrize(
    "family", ["poisson", "geometric", "chao", "zelterman", "one_inflated_poisson"]
)
def test_one_step_is_close_to_fits_without_each_person(family):
    found = by_age_and_sex(family)
    near, exact = found.influence(), found.influence(exact=True)
    assert near["row"].tolist() == list(range(len(PERSONS)))
    error = found.frame["std_error"].iloc[0]
    assert np.abs(near["change"] - exact["change"]).max() < 0.025 * error
    assert np.corrcoef(near["change"], exact["change"])[0, 1] > 0.999
    # without the first person, refitted
    again = population.single_source_regression("~ age + sex", PERSONS.iloc[1:], "times", family)
    assert exact["size"].iloc[0] == pytest.approx(again.frame["estimate"].iloc[0], rel=1e-9)


def test_groups_share_coefficients_and_add_up():
    found = by_age_and_sex("poisson", by=["sex", "town"])
    assert found.frame["variable"].tolist() == ["population size", "sex", "sex", *["town"] * 8]
    assert found.frame["category"].tolist()[1:3] == [0, 1]
    sizes = found.frame["estimate"].to_numpy()
    assert sizes[1:3].sum() == pytest.approx(sizes[0], rel=1e-12)
    assert sizes[3:].sum() == pytest.approx(sizes[0], rel=1e-12)
    whole = found.covariance
    for part in (slice(1, 3), slice(3, None)):
        assert whole[part, part].sum() == pytest.approx(whole[0, 0], rel=1e-12)
        assert whole[part, 0].sum() == pytest.approx(whole[0, 0], rel=1e-12)
    assert whole[1:3, 3:].sum() == pytest.approx(whole[0, 0], rel=1e-12)
    assert whole[1, 2] > 0  # the same coefficients
    # by hand, one group of the two: slopes by parameter, and the part of having been seen
    details = found.details
    rate = np.exp(details.persons.x.T @ details.fit.coefficients)
    women = PERSONS["sex"].to_numpy() == 1
    chance = 1 - np.exp(-rate)
    slope = details.persons.x @ np.where(women, -rate * (1 - chance) / chance**2, 0.0)
    drawn = ((1 - chance) / chance**2)[women].sum()
    assert whole[2, 2] == pytest.approx(
        slope @ details.inverse_information @ slope + drawn, rel=1e-10
    )
