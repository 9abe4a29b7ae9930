"""Small areas by Fay and Herriot: what is read, what is refused, what is told.

Values worked by hand where a formula is short; printed ones are in `tests/reference`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.types import Estimates, Text

if TYPE_CHECKING:
    from collections.abc import Callable

NOTES = dl.Notes(coverage=Text("Tous", "All"), source=Text("Enquête", "Survey"))
AREAS = [f"{at:02d}" for at in range(1, 21)]


@pytest.fixture(scope="module")
def covariates() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    rent = draw.normal(10, 2, len(AREAS)).round(2)
    north = np.where(np.arange(len(AREAS)) < 8, "north", "south")
    people = draw.integers(1000, 9000, len(AREAS))
    return pd.DataFrame({"area": AREAS, "rent": rent, "half": north, "people": people})


@pytest.fixture(scope="module")
def sample(covariates: pd.DataFrame) -> Any:
    """Respondents of all areas but the last two."""
    draw = np.random.default_rng(6)
    n = draw.integers(10, 40, len(AREAS) - 2)
    n[2:4] = 7, 9
    area = np.repeat(np.arange(n.size), n)
    effect = draw.normal(0, 60, n.size)
    income = 300 + 80 * covariates["rent"].to_numpy()[area] + effect[area]
    income = income + draw.normal(0, 300, area.size)
    frame = pd.DataFrame({"area": np.array(AREAS)[area], "income": income})
    frame["poor"] = (income < 700).astype(int)
    return dl.declare_design(frame)


@pytest.fixture(scope="module")
def direct(sample: Any) -> Estimates:
    return dl.estimate(sample, dl.mean("income"), by="area")


def test_areas_without_respondents_are_predicted_and_flagged(
    direct: Estimates, covariates: pd.DataFrame
) -> None:
    found = dl.areas.fay_herriot(direct, "~ rent", covariates)
    assert list(found.frame["area"]) == AREAS
    assert list(found.frame["flag"]) == [""] * 18 + ["model only"] * 2
    assert list(found.frame["n"][-2:]) == [0, 0]
    assert found.frame["direct"].isna().tolist() == [False] * 18 + [True] * 2
    coefficients = found.coefficients.frame["estimate"].to_numpy()
    fitted = coefficients[0] + coefficients[1] * covariates["rent"].to_numpy()
    assert found.frame["estimate"][-2:].tolist() == pytest.approx(fitted[-2:].tolist())
    weight = found.frame["direct_weight"].to_numpy()
    mixed = weight * found.frame["direct"].fillna(0).to_numpy() + (1 - weight) * fitted
    assert found.frame["estimate"].to_numpy() == pytest.approx(mixed)
    variance = found.frame["direct_error"].to_numpy()[:18] ** 2
    assert weight[:18] == pytest.approx(found.fit.between / (found.fit.between + variance))
    assert found.frame["std_error"][:18].mean() < found.frame["direct_error"][:18].mean()


def test_a_table_of_published_estimates_gives_the_same(
    direct: Estimates, covariates: pd.DataFrame
) -> None:
    table = direct.frame[["area", "estimate", "std_error", "n"]]
    found = dl.areas.fay_herriot(table, "~ rent", covariates, by="area")
    known = dl.areas.fay_herriot(direct, "~ rent", covariates)
    np.testing.assert_allclose(found.frame["estimate"], known.frame["estimate"])
    assert found.provenance.status == "derived"


def test_terms_are_those_of_regressions(direct: Estimates, covariates: pd.DataFrame) -> None:
    found = dl.areas.fay_herriot(direct, "~ log(rent) + half", covariates)
    rows = found.coefficients.frame[["variable", "category"]].to_numpy().tolist()
    assert rows == [["intercept", ""], ["log(rent)", ""], ["half", "south"]]
    assert found.coefficients.references == {"half": "north"}


def test_numbers_of_very_different_sizes_give_the_same_areas(
    direct: Estimates, covariates: pd.DataFrame
) -> None:
    plain = dl.areas.fay_herriot(direct, "~ rent", covariates)
    large = covariates.assign(rent=covariates["rent"] * 1e9)
    found = dl.areas.fay_herriot(direct, "~ rent", large)
    np.testing.assert_allclose(found.frame["estimate"], plain.frame["estimate"], rtol=1e-9)
    assert found.coefficients.frame["estimate"][1] == pytest.approx(
        plain.coefficients.frame["estimate"][1] / 1e9
    )


def test_areas_are_benchmarked_to_everybody(
    direct: Estimates, covariates: pd.DataFrame, sample: Any
) -> None:
    plain = dl.areas.fay_herriot(direct, "~ rent", covariates)
    share = covariates["people"] / covariates["people"].sum()
    for benchmark in (1200.0, dl.estimate(sample, dl.mean("income"))):
        found = dl.areas.fay_herriot(
            direct, "~ rent", covariates, benchmark=benchmark, shares="people"
        )
        wanted = benchmark if isinstance(benchmark, float) else benchmark.frame["estimate"][0]
        assert share @ found.frame["estimate"] == pytest.approx(wanted)
        before = [found.unbenchmarked[area] for area in AREAS]
        assert before == pytest.approx(plain.frame["estimate"].tolist())
        np.testing.assert_allclose(found.frame["std_error"], plain.frame["std_error"])
    totals = dl.estimate(sample, dl.total("income"), by="area")
    found = dl.areas.fay_herriot(totals, "~ people", covariates, benchmark=1e6)
    assert found.frame["estimate"].sum() == pytest.approx(1e6)


def test_logarithms_are_transformed_back_by_the_mean_of_the_area(
    direct: Estimates, covariates: pd.DataFrame
) -> None:
    found = dl.areas.fay_herriot(direct, "~ rent", covariates, scale="log")
    b0, b1 = found.coefficients.frame["estimate"]
    last = b0 + b1 * covariates["rent"].to_numpy()[-1]
    # of an area without respondents g1 is the variance between areas
    assert found.frame["estimate"].iloc[-1] == pytest.approx(np.exp(last + found.fit.between / 2))
    assert (found.frame["ci_low"] > 0).all()


def test_shares_stay_between_0_and_1_and_all_alike_need_smoothed_variances(
    sample: Any, covariates: pd.DataFrame, refused: Callable[..., None]
) -> None:
    shares = dl.estimate(sample, dl.share("poor == 1"), by="area")
    edge = shares.frame["estimate"].isin([0.0, 1.0])
    assert edge.any()
    refused(lambda: dl.areas.fay_herriot(shares, "~ rent", covariates), OptionError)
    found = dl.areas.fay_herriot(
        shares, "~ rent", covariates, scale="arcsine", sampling_variance="smoothed"
    )
    assert found.frame[["ci_low", "estimate", "ci_high"]].stack().between(0, 1).all()
    assert (found.frame["direct_weight"][:18] < 1).all()
    assert "smoothed" in found.provenance.rules["sampling_variance"]


def test_no_variance_between_areas_flags_all(covariates: pd.DataFrame) -> None:
    table = pd.DataFrame({"area": AREAS, "estimate": 50.0, "std_error": 2.0})
    table["estimate"] += np.tile([-0.1, 0.1], 10)
    found = dl.areas.fay_herriot(table, "~ 1", covariates, by="area")
    assert found.fit.between == 0
    assert set(found.frame["flag"]) == {"no area variance"}
    assert any("li_lahiri" in text.en for text in found.provenance.notices)
    adjusted = dl.areas.fay_herriot(table, "~ 1", covariates, by="area", method="li_lahiri")
    assert set(adjusted.frame["flag"]) == {""}


def test_the_bootstrap_is_seeded_and_near_the_formula(
    direct: Estimates, covariates: pd.DataFrame
) -> None:
    formula = dl.areas.fay_herriot(direct, "~ rent", covariates)
    options: Any = {"mse": "bootstrap", "replicates": 200, "seed": 3}
    first, second = (
        dl.areas.fay_herriot(direct, "~ rent", covariates, **options) for _ in range(2)
    )
    assert first.frame["std_error"].tolist() == second.frame["std_error"].tolist()
    ratio = first.frame["std_error"] / formula.frame["std_error"]
    assert ratio.between(0.8, 1.25).all()


def test_the_order_of_areas_is_that_of_the_codebook(covariates: pd.DataFrame) -> None:
    names = {code: Text(f"Zone {code}", f"Area {code}") for code in reversed(AREAS)}
    book = dl.Codebook().described("area", values=names)
    frame = pd.DataFrame({"area": np.repeat(AREAS[:18], 10)})
    frame["income"] = np.random.default_rng(1).normal(100, 10, len(frame))
    direct = dl.estimate(dl.declare_design(dl.Microdata(frame, book)), dl.mean("income"), by="area")
    found = dl.areas.fay_herriot(direct, "~ rent", covariates)
    assert list(found.frame["area"]) == AREAS[::-1]
    page = str(dl.table(found, "fr").as_raw_html())
    assert "Zone 20" in page
    assert "Estimation directe" in page
    assert "estimé par le modèle seul" in page


def test_what_is_not_one_estimate_per_area_is_refused(
    direct: Estimates, covariates: pd.DataFrame, sample: Any, refused: Callable[..., None]
) -> None:
    fit = dl.areas.fay_herriot
    everybody = dl.estimate(sample, dl.mean("income"))
    shares = dl.estimate(sample, dl.share("poor"), by="area")
    table = direct.frame[["area", "estimate", "std_error"]]
    without_error = table.assign(std_error=0.0)
    calls: list[tuple[Callable[[], Any], Any]] = [
        (lambda: fit(everybody, "~ rent", covariates), OptionError),
        (lambda: fit(shares, "~ rent", covariates), OptionError),
        (lambda: fit(table, "~ rent", covariates), ColumnError),
        (lambda: fit(table.drop(columns="estimate"), "~ rent", covariates, "area"), ColumnError),
        (lambda: fit(without_error, "~ rent", covariates, "area"), OptionError),
        (lambda: fit(direct, "income ~ rent", covariates), OptionError),
        (lambda: fit(direct, "~ rnt", covariates), ColumnError),
        (lambda: fit(direct, "~ rent", covariates.iloc[1:]), OptionError),
        (lambda: fit(direct, "~ rent", covariates.iloc[[0, *range(20)]]), OptionError),
        (lambda: fit(direct, "~ rent + I(2 * rent)", covariates), OptionError),
        (lambda: fit(direct, "~ C(area)", covariates), OptionError),
        (lambda: fit(direct, "~ rent", covariates.assign(area=["", *AREAS[1:]])), OptionError),
        (lambda: fit(direct, "~ rent", covariates.assign(rent=[np.nan, *range(19)])), ColumnError),
        (lambda: fit(direct, "~ rent", covariates, method="bayes"), OptionError),
        (lambda: fit(direct, "~ rent", covariates, benchmark=10.0), OptionError),
        (lambda: fit(direct, "~ rent", covariates, shares="people"), OptionError),
        (lambda: fit(direct, "~ rent", covariates, benchmark=shares, shares="people"), OptionError),
        (lambda: fit(direct, "~ rent", covariates, scale="arcsine"), OptionError),
        (lambda: fit(table, "~ rent", covariates, "area", sampling_variance="smoothed"), OptionError),
    ]  # fmt: skip
    for call, error in calls:
        refused(call, error)


def test_results_of_areas_are_compared_published_and_drawn(
    direct: Estimates, covariates: pd.DataFrame, sample: Any
) -> None:
    found = dl.areas.fay_herriot(direct, "~ rent", covariates)
    difference = dl.contrast(found, {"area": ("01", "02")})
    error = found.covariance[0, 0] + found.covariance[1, 1] - 2 * found.covariance[0, 1]
    assert difference.frame["std_error"].iloc[0] == pytest.approx(np.sqrt(error))
    both = dl.chart({"Direct": direct, "Model": found})
    assert "Fay-Herriot model." in both.caption.description
    assert len(both.axes[0].lines) >= 38
    published = dl.publish(found, profile="standard", notes=NOTES, sample=sample)
    few = (found.frame["n"] > 0) & (found.frame["n"] < 10)
    assert few.any()
    assert published.frame.loc[few, "estimate"].isna().all()
    # coefficients and direct estimates of the others would give the hidden ones back
    assert published.frame[["direct", "direct_error", "direct_weight"]].isna().all().all()
    assert published.coefficients is None
    assert published.fit is None
    whole = dl.publish(found.rows(~few), profile="standard", notes=NOTES, sample=sample)
    assert whole.frame["direct"].notna().any()


@pytest.fixture(scope="module")
def everybody() -> pd.DataFrame:
    """Return the people of twelve areas."""
    draw = np.random.default_rng(8)
    area = np.repeat(np.arange(12), draw.integers(150, 300, 12))
    people = pd.DataFrame({"area": np.array(AREAS)[area]})
    people["age"] = draw.uniform(18, 65, area.size).round()
    people["job"] = draw.choice(["none", "part", "full"], area.size)
    log = 6 + 0.015 * people["age"] + 0.3 * (people["job"] == "full")
    people["income"] = np.exp(log + draw.normal(0, 0.15, 12)[area] + draw.normal(0, 0.4, area.size))
    return people


@pytest.fixture(scope="module")
def asked(everybody: pd.DataFrame) -> Any:
    """Return respondents of all areas but the last."""
    rows = everybody[everybody["area"] != "12"].sample(220, random_state=2)
    return dl.declare_design(rows)


def test_people_and_their_means_give_the_same_areas(asked: Any, everybody: pd.DataFrame) -> None:
    means = everybody.groupby("area", as_index=False)["age"].mean()
    of_people = dl.areas.unit_level(asked, "income ~ age", everybody, "area")
    of_means = dl.areas.unit_level(asked, "income ~ age", means, "area")
    for name in ("estimate", "std_error", "direct_weight"):
        np.testing.assert_allclose(of_people.frame[name], of_means.frame[name], rtol=1e-9)
    assert list(of_people.frame["flag"][-1:]) == ["model only"]
    known = dl.estimate(asked, dl.mean("income"), by="area").frame["estimate"]
    assert of_people.frame["direct"][:11].tolist() == pytest.approx(known.tolist())


def test_categories_are_those_of_respondents_whatever_their_order(
    asked: Any, everybody: pd.DataFrame
) -> None:
    formula = "income ~ age * job"
    found = dl.areas.unit_level(asked, formula, everybody, "area")
    mixed = everybody.sample(frac=1, random_state=1)
    names = pd.CategoricalDtype(["part", "none", "full"])
    again = dl.areas.unit_level(asked, formula, mixed.astype({"job": names}), "area")
    np.testing.assert_allclose(again.frame["estimate"], found.frame["estimate"], rtol=1e-9)
    assert tuple(dict(next(iter(found.coefficients.levels.values())))) == ("age", "job")


def test_units_give_the_predictor_of_balanced_areas() -> None:
    """Two answers in each area: g = s_u / (s_u + s_e / 2), by hand from the sums of squares."""
    y = np.array([10.0, 12, 20, 22, 15, 19, 30, 28])
    frame = pd.DataFrame({"area": np.repeat(list("abcd"), 2), "y": y})
    found = dl.areas.unit_level(
        dl.declare_design(frame), "y ~ 1", pd.DataFrame({"area": list("abcd")}), "area"
    )
    means = y.reshape(4, 2).mean(axis=1)
    within = ((y.reshape(4, 2) - means[:, None]) ** 2).sum() / 4
    between = (means.var(ddof=1) * 2 - within) / 2
    assert (found.fit.within, found.fit.between) == pytest.approx((within, between))
    weight = between / (between + within / 2)
    assert found.frame["estimate"].tolist() == pytest.approx(
        (means.mean() + weight * (means - means.mean())).tolist()
    )


def test_weights_that_do_not_enter_are_pointed_out(asked: Any, everybody: pd.DataFrame) -> None:
    rows = everybody[everybody["area"] != "12"].sample(220, random_state=2)
    weighted = dl.declare_design(rows.assign(w=1 + rows["age"] / 10), weights="w")
    found = dl.areas.unit_level(weighted, "income ~ age", everybody, "area")
    assert any("does not use the weights" in text.en for text in found.provenance.notices)
    plain = dl.areas.unit_level(asked, "income ~ age", everybody, "area")
    assert not any("weights" in text.en for text in plain.provenance.notices)
    np.testing.assert_allclose(found.frame["estimate"], plain.frame["estimate"])


def test_poverty_of_areas_is_near_that_of_their_people(asked: Any, everybody: pd.DataFrame) -> None:
    found = dl.areas.poverty(
        *(asked, "income ~ age + job", everybody, "area", 700), replicates=30, seed=4
    )
    again = dl.areas.poverty(
        *(asked, "income ~ age + job", everybody, "area", 700), replicates=30, seed=4
    )
    assert found.frame["std_error"].tolist() == again.frame["std_error"].tolist()
    rates = found.rows(found.frame["statistic"] == "arpr").frame
    truth = everybody["income"].lt(700).groupby(everybody["area"]).mean().to_numpy()
    error = rates["estimate"].to_numpy() - truth
    assert np.abs(error / rates["std_error"]).max() < 4
    direct = (rates["direct"] - truth)[:11]
    assert np.square(error[:11]).mean() < np.square(direct).mean()
    gaps = found.rows(found.frame["statistic"] == "fgt").frame
    assert (gaps["estimate"] < rates["estimate"].to_numpy()).all()
    assert found.frame[["ci_low", "ci_high"]].stack().between(0, 1).all()
    # incomes are log-normal: a power near 0
    assert abs(found.fit.power) < 0.25
    for scale in ("log", "identity"):
        other = dl.areas.poverty(
            *(asked, "income ~ age + job", everybody, "area", 700), scale=scale, replicates=5
        )
        assert other.frame["estimate"].between(0, 1).all()


def test_populations_that_do_not_fit_are_refused(
    asked: Any, everybody: pd.DataFrame, refused: Callable[..., None]
) -> None:
    unit, rate = dl.areas.unit_level, dl.areas.poverty
    means = everybody.groupby("area", as_index=False)["age"].mean()
    other = everybody.assign(job=everybody["job"].replace("none", "other"))
    holes = everybody.assign(age=everybody["age"].where(everybody["area"] != "03"))
    calls: list[tuple[Callable[[], Any], Any]] = [
        (lambda: unit(asked, "log(income) ~ age", everybody, "area"), OptionError),
        (lambda: unit(asked, "income ~ age", everybody, "district"), ColumnError),
        (lambda: unit(asked, "income ~ age", everybody.drop(columns="age"), "area"), ColumnError),
        (lambda: unit(asked, "income ~ age", means[1:], "area"), OptionError),
        (lambda: unit(asked, "income ~ log(age)", means, "area"), OptionError),
        (lambda: unit(asked, "income ~ job", means.assign(job="none"), "area"), OptionError),
        (lambda: unit(asked, "income ~ job", other, "area"), OptionError),
        (lambda: unit(asked, "income ~ age", holes, "area"), ColumnError),
        (lambda: unit(asked, "income ~ age + I(3 * age)", everybody, "area"), OptionError),
        (lambda: unit(asked, "income ~ age", everybody, "area", method="eb"), OptionError),
        (lambda: rate(asked, "income ~ age", means, "area", 700), OptionError),
        (lambda: rate(asked, "income ~ age", everybody, "area", 0), OptionError),
        (lambda: rate(asked, "income ~ age", everybody, "area", 700, scale="power"), OptionError),
    ]
    for call, error in calls:
        refused(call, error)


def test_a_map_of_areas_says_that_they_are_from_a_model(covariates: pd.DataFrame) -> None:
    table = pd.DataFrame({"area": AREAS[:18], "estimate": np.arange(18.0), "std_error": 2.0})
    found = dl.areas.fay_herriot(table, "~ rent", covariates[:19], by="area")
    figure = dl.chart(found, "map", "fr", level="departments")
    assert "Modèle de Fay et Herriot." in figure.caption.description
    assert figure.chart.values["19"] is not None
