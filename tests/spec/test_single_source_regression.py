"""What a regression of captures refuses, flags and says; and samples of persons seen. All data here are synthetic."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab import population
from diplab.errors import (
    ColumnError,
    ConditionError,
    DesignError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
)
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.population.kernel.truncated_regression import (
    FAMILIES,
    SHARED,
    count_terms,
    fit_truncated,
    geometric,
    negative_binomial,
    poisson,
    represented_persons,
)
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.types import Sample

SEEN = pd.DataFrame({
    "times": [1, 2, 1, 3, 1, 2, 5, 1, 1, 2, 1, 1],
    "age": [20, 30, 40, 50, 60, 25, 35, 45, 55, 65, 33, 44.0],
    "sex": list("fmfmfmfmfmfm"),
})  # fmt: skip
FAMILIES_WRITTEN = (
    "chao", "zelterman", "poisson", "geometric", "negative_binomial", "one_inflated_poisson", "one_inflated_geometric",
)  # fmt: skip
regression = population.single_source_regression


def changed(**columns: Any) -> pd.DataFrame:
    return SEEN.assign(**columns)


# -- refusals -------------------------------------------------------------------------------------------------


@pytest.fixture
def refuses(refused: Any) -> Any:
    def check(
        error: type[Exception], formula: Any = "~ age", data: Any = SEEN, **options: Any
    ) -> None:
        given = {"captures": "times", "family": "poisson", **options}
        refused(lambda: regression(formula, data, **given), error)

    return check


def test_missing_values_are_persons_who_were_seen(refuses: Any) -> None:
    gaps = changed(age=SEEN["age"].where(SEEN["age"] < 60))
    refuses(OptionError, data=gaps)
    found = regression("~ age", gaps, "times", "poisson", na="drop")
    assert found.frame["n"].iloc[0] == 10
    assert "persons left out" in found.frame["flag"].iloc[0]
    assert found.provenance.missing == {"age": 2}
    assert found.provenance.rules["na"] == "drop"
    kept = regression("~ age", gaps.dropna(), "times", "poisson")
    assert found.frame["estimate"].iloc[0] == kept.frame["estimate"].iloc[0]
    assert found.influence()["row"].tolist() == gaps.dropna().index.tolist()
    # missing captures are counted too
    found = regression(
        "~ 1", changed(times=SEEN["times"].where(SEEN["times"] < 5)), "times", "poisson", na="drop"
    )
    assert found.provenance.missing == {"times": 1}
    assert found.frame["n"].iloc[0] == 11
    # and those who did not say of which group they are make one
    found = regression("~ age", changed(sex=[None, *SEEN["sex"][1:]]), "times", "poisson", by="sex")
    assert found.frame["category"].tolist() == ["", "f", "m", "missing"]
    assert found.frame["n"].tolist() == [12, 5, 6, 1]


def test_tables_and_columns_that_are_refused(refuses: Any) -> None:
    times = SEEN["times"]
    for captures in (times - 1, times / 2, -times, times * np.inf, times.astype(str)):
        refuses(ColumnError, data=changed(times=captures))
    for count in (-1, 0.5, np.nan):
        refuses(ColumnError, data=changed(persons=count), count="persons")
    refuses(EmptyDomainError, data=changed(persons=0), count="persons")
    refuses(ColumnError, data=pd.concat([SEEN, SEEN[["age"]]], axis=1))
    refuses(DesignError, data=[1, 2])
    for missing in (
        {"captures": "tims"},
        {"by": "seks"},
        {"cluster": "seks"},
        {"count": "persons"},
    ):
        refuses(ColumnError, **missing)
    refuses(OptionError, captures=3)


def test_formulas_that_are_refused(refuses: Any) -> None:
    for formula in ("age ~ sex", "~ age - 1", "~ log(age - 20)"):
        refuses(OptionError, formula)
    refuses(OptionError, data=changed(age=7.0))
    refuses(OptionError, "~ age + twice", changed(twice=2 * SEEN["age"]))
    for unreadable in ("age", "", None, "~", "~ age + open('x')"):
        refuses(ConditionError, unreadable)


def test_options_that_are_refused(refuses: Any) -> None:
    for options in (
        *(
            {"family": "poison"},
            {"family": None},
            {"interval": "profile"},
            {"variance": "HC2"},
            {"na": "ignore"},
        ),
        *(
            {"inflation": "all"},
            {"inflation": "everyone"},
            {"confidence": 1.5},
            {"confidence": "high"},
        ),
    ):
        refuses(OptionError, **options)
    for variance in ("HC3", "analytic"):
        refuses(OptionError, cluster="sex", variance=variance)
    refuses(OptionError, data=changed(town=1), cluster="town")
    sample = dl.declare_design(changed(w=10.0), weights="w")
    for name, given in (("count", "w"), ("variance", "HC0"), ("cluster", "sex")):
        refuses(OptionError, data=sample, **{name: given})


def test_counts_without_a_finite_size_are_refused(refuses: Any) -> None:
    for family in FAMILIES_WRITTEN:
        refuses(MisleadingError, "~ 1", changed(times=1), family=family)
    refuses(MisleadingError, "~ 1", changed(times=2), family="chao")
    parted = changed(times=np.where(SEEN["sex"] == "f", 1, SEEN["times"]))
    for family in ("poisson", "geometric", "negative_binomial", "one_inflated_poisson"):
        refuses(OptionError, "~ age + sex", parted, family=family)
    refuses(OptionError, "~ sex", family="chao")
    again = SEEN["times"] > 1
    for family in ("poisson", "geometric", "chao", "zelterman"):
        refuses(
            OptionError,
            "~ score",
            changed(score=again * 1.0 + np.arange(12) * 1e-3 * ~again),
            family=family,
        )


# -- counts without a finite size ------------------------------------------------------------------------------


def test_nobody_seen_once() -> None:
    for family in ("poisson", "geometric"):
        assert (
            regression("~ 1", changed(times=2), "times", family).frame["flag"].iloc[0]
            == "no singletons"
        )
    for family in ("one_inflated_poisson", "one_inflated_geometric", "negative_binomial"):
        found = regression("~ 1", changed(times=2), "times", family)
        assert found.frame["flag"].tolist() == ["boundary"]  # nor is there a bound
        assert np.isnan(found.frame["estimate"].iloc[0])
        with pytest.raises(MisleadingError, match="The fit lies at the edge, and has no size"):
            found.influence()
    # counts less spread than Poisson are no negative binomial
    found = regression("~ 1", changed(times=[1, 2] * 6), "times", "negative_binomial")
    assert found.frame["flag"].tolist() == ["boundary", "lower bound"]
    assert found.provenance.rules["edge"] == "poisson"


# -- what is said ----------------------------------------------------------------------------------------------


def test_flags_against_the_bound() -> None:
    data = pd.DataFrame({"times": [1, 2, 3, 4, 5, 6], "persons": [1645, 183, 37, 13, 1, 1]})
    flags = {
        each: regression("~ 1", data, "times", each, "persons").frame["flag"].iloc[0]
        for each in FAMILIES_WRITTEN
    }
    assert flags == {
        "chao": "lower bound", "zelterman": "", "poisson": "below bound, contradicted", "geometric": "",
        "negative_binomial": "boundary", "one_inflated_poisson": "one-inflated",
        "one_inflated_geometric": "one-inflated",
    }  # fmt: skip
    # one person who carries the size
    data = pd.DataFrame({"times": [1, 2, 3, 60], "persons": [60, 12, 3, 1]})
    found = regression("~ 1", data, "times", "geometric", "persons")
    assert found.frame["flag"].iloc[0] == "below bound, influential"
    moved = found.influence(exact=True)["change"]
    assert moved.iloc[3] > found.frame["std_error"].iloc[0]
    # worked by hand: n / (1 - n / total) without the last person
    assert found.influence(exact=True)["size"].iloc[3] == pytest.approx(
        75 / (1 - 75 / 93), rel=1e-9
    )


def test_any_frame() -> None:
    """The column of captures may stand before."""
    one, other = (regression(each, SEEN, "times", "poisson") for each in ("~ age", "times ~ age"))
    pd.testing.assert_frame_equal(one.frame, other.frame)
    odd = SEEN.rename(columns={"times": "times seen"})
    assert (
        regression("~ age", odd, "times seen", "poisson").provenance.rules["formula"]
        == "`times seen` ~ age"
    )
    one = regression("~ age + sex", SEEN, "times", "poisson", by="sex")
    other = regression("~ age + sex", pl.from_pandas(SEEN), "times", "poisson", by="sex")
    pd.testing.assert_frame_equal(one.frame, other.frame)
    lazy = regression(
        "~ age + sex", pl.from_pandas(SEEN).lazy(), "times", "poisson", by=["sex", "sex"]
    )
    pd.testing.assert_frame_equal(one.frame, lazy.frame)


def test_labels_of_a_codebook() -> None:
    sex = Variable("sex", values={1: Text("femme", "woman"), 2: Text("homme", "man")})
    coded = changed(sex=np.where(SEEN["sex"] == "f", 1, 2))
    found = regression(
        "~ sex", Microdata(coded, Codebook({"sex": sex})), "times", "poisson", by="sex"
    )
    assert found.fits[0].coefficients["term"].tolist() == [
        "intercept",
        "sex = 2",
    ]  # categories, not a number
    assert found.frame["category"].tolist() == ["", 1, 2]
    assert found.codebook["sex"].values[1].en == "woman"
    assert str(dl.table(found, language="en")).count("woman") == 1


def test_intervals_and_the_record() -> None:
    row = regression(
        "~ age", SEEN, "times", "poisson", interval="normal", confidence=0.9
    ).frame.iloc[0]
    assert row["ci_high"] == pytest.approx(row["estimate"] + 1.6448536269514722 * row["std_error"])
    assert row["ci_low"] == 12  # never below those seen
    found = regression("~ age", SEEN, "times", "one_inflated_poisson", inflation="everyone")
    rules = [found.provenance.rules[name] for name in ("estimator", "inflation", "sightings")]
    assert rules == ["one_inflated_poisson", "everyone", "21"]
    assert len(found.provenance.assumptions) == 5


# -- rates of any size -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("spread", [1.0, 6.0])
def test_derivatives_are_those_of_the_likelihood(family: str, spread: float) -> None:
    random = np.random.default_rng(7)
    y, predictor = random.integers(1, 9, 40).astype(float), random.normal(size=40) * spread
    shared, step = -0.4, 1e-5
    at, persons = (
        each(family, y, predictor, shared) for each in (count_terms, represented_persons)
    )
    moves = {"": (step, 0.0), "shared_": (0.0, step)} if family in SHARED else {"": (step, 0.0)}
    for name, (first, last) in moves.items():
        (up, more), (down, less) = (
            [
                each(family, y, predictor + sign * first, shared + sign * last)
                for each in (represented_persons, count_terms)
            ]
            for sign in (1, -1)
        )
        for found, slope, rtol, atol in (
            ((more.log_likelihood - less.log_likelihood), getattr(at, f"{name}slope"), 1e-6, 1e-8),
            ((up.persons - down.persons), getattr(persons, f"{name}slope"), 1e-6, 1e-7),
            (
                (more.slope - less.slope),
                at.cross if name else at.curvature,
                *((1e-5, 1e-8) if name else (1e-4, 1e-7)),
            ),
        ):
            np.testing.assert_allclose(found / (2 * step), slope, rtol=rtol, atol=atol)
        if name:
            bend = (more.shared_slope - less.shared_slope) / (2 * step)
            np.testing.assert_allclose(bend, at.shared_curvature, rtol=1e-5, atol=1e-8)


def test_tiny_and_huge_rates_lose_nothing() -> None:
    """Against their series: of a tiny rate, a second sighting has half (or all, geometric) the odds of the rate."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, two = np.array([1.0]), np.array([2.0])
        for log_rate in (-600.0, -30.0):
            low = np.array([log_rate])
            assert poisson(two, low).log_likelihood[0] == pytest.approx(
                log_rate - np.log(2), rel=1e-12
            )
            assert geometric(two, low).log_likelihood[0] == pytest.approx(log_rate, rel=1e-12)
            # of size 3: (1 + size) / 2 times rate over size
            found = negative_binomial(two, low, 3.0).log_likelihood[0]
            assert found == pytest.approx(log_rate + np.log(2.0), rel=1e-12)
            assert poisson(one, low).slope[0] == pytest.approx(
                -np.exp(log_rate) / 2, abs=1e-300, rel=1e-3
            )
        for family in FAMILIES:
            for far in (-300.0, -40.0, 40.0, 300.0):
                terms = count_terms(family, np.array([1.0, 2.0, 9.0]), np.full(3, far), 0.3)
                assert all(np.isfinite(each).all() for each in terms)


def test_a_size_of_nothing_is_regular() -> None:
    """The logarithmic series, q^y / (-y log(1 - q)), by hand; very many sightings are regular too."""
    y, log_odds = np.array([1.0, 2.0, 7.0]), np.full(3, 0.4)
    q = 1 / (1 + np.exp(-0.4))
    by_hand = y * np.log(q) - np.log(y) - np.log(-np.log(1 - q))
    np.testing.assert_allclose(
        negative_binomial(y, log_odds, 0.0).log_likelihood, by_hand, rtol=1e-13
    )
    np.testing.assert_allclose(
        negative_binomial(y, log_odds, 1e-9).log_likelihood, by_hand, rtol=1e-8
    )
    data = changed(times=[1, 2, 1, 10**8, 1, 2, 5, 1, 1, 2, 1, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = regression("~ 1", data, "times", "geometric").frame.iloc[0]
        assert found["estimate"] == pytest.approx(12 / (1 - 12 / (10**8 + 17)), rel=1e-12)
        assert (
            regression("~ 1", data, "times", "negative_binomial").frame["flag"].iloc[0]
            == "boundary"
        )


def test_starts_and_patterns_of_one_fit() -> None:
    """From a start nearby; the same persons, one row each or one row a pattern, have one likelihood."""
    x, y = np.vstack([np.ones(12), (SEEN["age"] - 40) / 10]), SEEN["times"].to_numpy(dtype=float)
    one = fit_truncated("geometric", x, y, np.ones(12))
    other = fit_truncated("geometric", x, y, np.ones(12), np.array([1.0, 1.0]))
    np.testing.assert_allclose(one.theta, other.theta, atol=1e-9)
    random = np.random.default_rng(4)
    x = np.vstack([np.ones(3000), random.integers(0, 5, 3000)]).astype(float)
    y = random.integers(1, 4, 3000).astype(float)
    each = fit_truncated("poisson", x, y, np.ones(3000))
    patterns, persons = np.unique(np.vstack([x, y]), axis=1, return_counts=True)
    alike = fit_truncated("poisson", patterns[:2], patterns[2], persons.astype(float))
    np.testing.assert_allclose(each.theta, alike.theta, rtol=1e-10)
    np.testing.assert_allclose(each.information, alike.information, rtol=1e-10)
    assert each.log_likelihood == pytest.approx(alike.log_likelihood, rel=1e-12)


# -- samples of persons seen -----------------------------------------------------------------------------------


def test_a_sample_of_everybody_seen_is_everybody_seen() -> None:
    plain = regression("~ age + sex", SEEN, "times", "geometric", by="sex")
    census = regression(
        "~ age + sex",
        dl.declare_design(changed(all=1.0), fpc="all"),
        "times",
        "geometric",
        by="sex",
    )
    np.testing.assert_allclose(census.covariance, plain.covariance, rtol=1e-12)
    both = (each.frame.drop(columns="flag") for each in (census, plain))
    pd.testing.assert_frame_equal(*both, check_dtype=False)
    # weights say how many persons seen a row stands for
    weighted = dl.declare_design(changed(w=[10.0] * 6 + [30.0] * 6), weights="w")
    found = regression("~ sex", weighted, "times", "poisson").frame.iloc[0]
    counted = regression(
        "~ sex", changed(w=[10] * 6 + [30] * 6), "times", "poisson", count="w"
    ).frame.iloc[0]
    assert found["estimate"] == pytest.approx(counted["estimate"], rel=1e-12)
    assert found["n"] == 12  # respondents
    assert counted["n"] == 240  # persons
    assert found["std_error"] > 2 * counted["std_error"]


def test_what_having_been_seen_adds_to_the_variance_by_hand() -> None:
    """Geometric counts without covariates: the chance never to be seen is u = persons / sightings, and N = n / (1 - u).

    By the delta method (dN/du)^2 V(u) = n u^2 / (1 - u)^3, from the model, and n u / (1 - u)^2 for
    having been seen at all: together n u / (1 - u)^3. Of a sample, persons and sightings are totals
    W and T, of the linearised variable (T^2 - W^2 y) / (T - W)^2, and what having been seen adds is
    that of W persons.
    """
    times, u = SEEN["times"].to_numpy(), 12 / 21
    plain = regression("~ 1", SEEN, "times", "geometric", by="sex")
    by_model = np.outer([12, 6, 6], [12, 6, 6]) / 12 * u**2 / (1 - u) ** 3
    # those of one sex are of everybody, and none of the other sex
    by_chance = np.array([[12, 6, 6], [6, 6, 0], [6, 0, 6]]) * u / (1 - u) ** 2
    np.testing.assert_allclose(plain.covariance, by_model + by_chance, rtol=1e-6)
    assert plain.frame["std_error"].iloc[0] == pytest.approx(
        np.sqrt(12 * u / (1 - u) ** 3), rel=1e-6
    )
    found = regression(
        "~ 1", dl.declare_design(changed(seen=60.0), fpc="seen"), "times", "geometric"
    )
    persons, sightings = 60.0, 5.0 * times.sum()
    linearised = (sightings**2 - persons**2 * times) / (sightings - persons) ** 2
    by_design = 60**2 * (1 - 12 / 60) / 12 * linearised.var(ddof=1)
    variance = by_design + 60 * u / (1 - u) ** 3
    assert found.frame["std_error"].iloc[0] == pytest.approx(np.sqrt(variance), rel=1e-6)
    # the constant is log((T - W) / W), which varies by the model too
    linearised = (times - 1) / (sightings - persons) - 1 / persons
    variance = 60**2 * (1 - 12 / 60) / 12 * linearised.var(ddof=1) + 1 / (60 * (1 - u))
    assert found.fits[0].coefficients["std_error"].iloc[0] == pytest.approx(
        np.sqrt(variance), rel=1e-6
    )


def people(size: int, seed: int) -> pd.DataFrame:
    """Persons of a synthetic population who were seen, of two strata and two kinds."""
    random = np.random.default_rng(seed)
    kind, stratum = random.integers(0, 2, size), random.integers(0, 2, size)
    times = random.poisson(np.exp(-0.2 + 0.5 * kind + 0.3 * stratum))
    return pd.DataFrame({"times": times, "kind": kind, "stratum": stratum})[times > 0]


def drawn(seen: pd.DataFrame, seed: int) -> Sample:
    """One in five of the first stratum, two in five of the second, without replacement."""
    parts = []
    for stratum, share in ((0, 0.2), (1, 0.4)):
        own = seen[seen["stratum"] == stratum]
        taken = own.sample(round(share * len(own)), random_state=seed)
        parts.append(taken.assign(w=len(own) / len(taken), everybody=len(own)))
    return dl.declare_design(pd.concat(parts), weights="w", strata="stratum", fpc="everybody")


def test_the_variance_of_a_sample_is_what_sizes_vary_by() -> None:
    """50 populations of 4,000, each seen and sampled again; within four Monte Carlo standard errors.

    Sizes of 300 such runs have a standard deviation of 106.6, which is known better than that of
    50; `benchmarks/README.md` has the coverage of 300.
    """
    runs, spread = 50, 106.6
    found = []
    for run in range(runs):
        fit = regression("~ kind + stratum", drawn(people(4000, run), run), "times", "poisson")
        found.append(fit.frame[["estimate", "std_error"]].iloc[0].tolist())
    sizes, errors = np.array(found).T
    assert sizes.mean() == pytest.approx(4000, abs=4 * spread / np.sqrt(runs))
    assert np.sqrt((errors**2).mean()) == pytest.approx(spread, rel=4 / np.sqrt(2 * 300))


def test_replicate_weights_agree_with_linearisation() -> None:
    sample = drawn(people(4000, 1), 1)
    plain = regression("~ kind", sample, "times", "poisson", by="kind")
    replicated = regression(
        "~ kind", dl.make_replicates(sample, "jkn"), "times", "poisson", by="kind"
    )
    assert replicated.frame["estimate"].tolist() == plain.frame["estimate"].tolist()
    np.testing.assert_allclose(replicated.frame["std_error"], plain.frame["std_error"], rtol=0.01)
    assert replicated.provenance.rules["variance"] == "jkn"


def test_a_sample_at_the_edge_offers_the_bound_by_group() -> None:
    data = pd.DataFrame({"times": [1, 1, 2, 3, 5, 9] * 5, "town": list("ab") * 15})
    data["w"] = np.where(data["times"] == 1, 200.0, np.where(data["times"] == 2, 20.0, 2.0))
    sample = dl.declare_design(data, weights="w", kind="opt-in")
    found = regression("~ 1", sample, "times", "negative_binomial", by="town")
    assert found.frame["statistic"].tolist() == ["negative_binomial", *["chao"] * 3]
    assert found.frame["category"].tolist() == ["", "", "a", "b"]
    assert np.isnan(found.covariance[0]).all()
    assert np.isfinite(found.covariance[1:, 1:]).all()
    assert found.provenance.indicative
    assert len(found.fits) == 4


def test_a_domain_keeps_the_design() -> None:
    sample = drawn(people(4000, 2), 2)
    found = regression("~ stratum", sample.where("kind == 1"), "times", "poisson")
    assert found.frame["n"].iloc[0] == (sample.engine.columns.numbers("kind") == 1).sum()  # type: ignore[attr-defined]
    assert found.provenance.rules["where"] == "kind == 1"


def test_calibration_to_the_persons_seen_takes_their_error_out() -> None:
    seen = people(4000, 3)
    sample = drawn(seen, 3)
    known = seen["kind"].value_counts().sort_index()
    margins = {"kind": {0: float(known[0]), 1: float(known[1])}}
    calibrated = dl.calibrate(sample, margins)
    plain, fitted = (
        regression("~ kind", each, "times", "poisson", by="kind") for each in (sample, calibrated)
    )
    assert fitted.frame["std_error"].iloc[1] < plain.frame["std_error"].iloc[1]
    redone = dl.calibrate(dl.make_replicates(sample, "jkn"), margins)
    again = regression("~ kind", redone, "times", "poisson", by="kind")
    np.testing.assert_allclose(again.frame["std_error"], fitted.frame["std_error"], rtol=0.02)
