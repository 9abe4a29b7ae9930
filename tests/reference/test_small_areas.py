"""Models of small areas against printed and recorded values.

Fay-Herriot: 43 areas of milk expenditure and 94 Austrian districts, values recorded from an
independent implementation, equal to those that R emdi 2.2.2 prints. Unit level: Battese, Harter and
Fuller (1988), corn in 37 and 36 segments, as their article and samplics print them; the variances of
REML were found again with 40 digits. Poverty: head counts of 94 districts, integrated exactly.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

import diplab as dl
from diplab.kernel.models.empirical_best import (
    PersonDistribution,
    Transformation,
    bootstrap_errors,
    fit_power,
    predict_persons,
    shift_of,
)
from diplab.kernel.models.fay_herriot import (
    bootstrap_mse,
    fit_areas,
    predict_areas,
    smoothed_variances,
)
from diplab.kernel.models.nested_error import fit_nested_error, predict_means, sums_by_area

METHODS = {"reml": "reml", "ml": "ml", "moments": "fh", "prasad_rao": "pr"}


def data(shared: Path, file: str) -> pd.DataFrame:
    return dl.read(shared / "data" / "open" / file).frame


def recorded(shared: Path, file: str) -> pd.DataFrame:
    return pd.read_csv(shared / "reference" / "real-studies" / "opt-in" / file)


@pytest.fixture(scope="module")
def milk(shared: Path):
    frame = data(shared, "sae/data/milk.rda")
    major = frame["MajorArea"].to_numpy(int)
    x = np.column_stack([np.ones(len(frame)), *(major == level for level in (2, 3, 4))])
    return frame["yi"].to_numpy(float), frame["SD"].to_numpy(float) ** 2, x


@pytest.fixture(scope="module")
def districts(shared: Path):
    sample = data(shared, "emdi/data/eusilcA_smpAgg.rda")
    both = sample.merge(data(shared, "emdi/data/eusilcA_popAgg.rda"), on="Domain")
    order = recorded(shared, "fh-eusilcA-94.csv")["Domain"]
    both = both.set_index("Domain").loc[order]
    x = np.column_stack([np.ones(len(both)), both["cash"], both["self_empl"]])
    return both["Mean"].to_numpy(float), both["Var_Mean"].to_numpy(float), x


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["fh-milk-43", "fh-eusilcA-94"])
def test_predictors_and_their_mse(name, method, shared, milk, districts) -> None:
    y, psi, x = milk if "milk" in name else districts
    known, column = recorded(shared, f"{name}.csv"), METHODS[method]
    predicted = predict_areas(fit_areas(y, psi, x, method), x)
    np.testing.assert_allclose(predicted.value, known[column], rtol=1e-9)
    np.testing.assert_allclose(predicted.mse, known[f"{column}_mse"], rtol=1e-9)


def test_coefficients_as_printed(districts) -> None:
    """R emdi 2.2.2, vignette "fh"."""
    model = fit_areas(*districts, "ml")
    assert model.coefficients == pytest.approx([3070.51231, 1.05939, 1.74564], rel=1e-5)
    errors = np.sqrt(np.diag(model.coefficient_covariance))
    assert errors == pytest.approx([635.94290, 0.07049, 0.22017], rel=1e-4)
    assert model.log_likelihood == pytest.approx(-847.8303, abs=1e-4)


def test_adjusted_likelihoods_of_15_districts(shared) -> None:
    """R emdi's tests, 15 digits; the recorded optimisers stop at four to six."""
    known = {
        "reml": ("REML", 5566355.88),
        "ml": ("ML", 4380967.67),
        "li_lahiri": ("AMRL", 7820598.0),
        "li_lahiri_ml": ("AMPL", 6040010.9),
        "yoshimori_lahiri": ("AMRL_YL", 5568710.8),
        "yoshimori_lahiri_ml": ("AMPL_YL", 4383172.2),
    }
    folder = "emdi-tests"
    both = data(shared, f"{folder}/eusilcA_smpAgg.RData").merge(
        data(shared, f"{folder}/eusilcA_popAgg.RData"), on="Domain"
    )[:15]
    x = np.column_stack([np.ones(15), both["cash"], both["self_empl"]])
    y, psi = both["Mean"].to_numpy(float), both["Var_Mean"].to_numpy(float)
    for method, (file, variance) in known.items():
        model = fit_areas(y, psi, x, method)
        assert model.variance == pytest.approx(variance, rel=1e-6)
        predicted = predict_areas(model, x)
        printed = pd.read_csv(shared / "data" / "open" / folder / f"{file}_modelfit.csv")
        np.testing.assert_allclose(predicted.value, printed["FH"], rtol=1e-7)
        np.testing.assert_allclose(predicted.mse, printed["MSE"], rtol=1e-6)


def test_no_variance_between_areas_is_zero_and_not_adjusted_in_silence() -> None:
    x, psi = np.ones((12, 1)), np.full(12, 4.0)
    y = 10 + np.tile([-0.5, 0.5], 6)
    assert fit_areas(y, psi, x).variance == 0.0
    assert fit_areas(y, psi, x, "moments").variance == 0.0
    assert fit_areas(y, psi, x, "li_lahiri").variance > 0


def test_areas_without_an_estimate_are_predicted_by_the_model(milk) -> None:
    y, psi, x = milk
    model = fit_areas(y, psi, x)
    gap = np.where(np.arange(y.size) == 3, np.nan, y)
    predicted = predict_areas(model, x, gap, psi)
    assert predicted.value[3] == pytest.approx(x[3] @ model.coefficients)
    own = x[3] @ model.coefficient_covariance @ x[3]
    assert predicted.mse[3] == pytest.approx(model.variance + own)
    assert predicted.gamma[3] == 0.0


def test_the_bootstrap_and_the_expansion_agree(districts) -> None:
    y, psi, x = districts
    model = fit_areas(y, psi, x)
    predicted = predict_areas(model, x)
    ratio = bootstrap_mse(model, predicted, x, y, psi, 200, 1) / predicted.mse
    # both are right to order 1/m; single districts vary with the replicates
    assert ratio.mean() == pytest.approx(1.0, abs=0.05)


def test_smoothed_variances_keep_their_sum() -> None:
    n = np.array([10.0, 20, 40, 80, 5])
    exact = 100 / n
    assert smoothed_variances(exact, n) == pytest.approx(exact)
    noisy = exact * np.array([2.0, 0.5, 1.5, 0.8, 0.0])
    smoothed = smoothed_variances(noisy, n)
    assert smoothed[:4].sum() == pytest.approx(noisy[:4].sum())
    assert smoothed[4] > smoothed[0]


def corn(shared: Path, without: int | None = None):
    frame = data(shared, "sae/data/cornsoybean.rda")
    means = data(shared, "sae/data/cornsoybeanmeans.rda")
    if without is not None:
        frame = frame.drop(index=without - 1)
    x = np.column_stack([np.ones(len(frame)), frame["CornPix"], frame["SoyBeansPix"]]).astype(float)
    population = [np.ones(12), means["MeanCornPixPerSeg"], means["MeanSoyBeansPixPerSeg"]]
    area = frame["County"].to_numpy(int) - 1
    sums = sums_by_area(frame["CornHec"].to_numpy(float), x, area, 12)
    return sums, np.column_stack(population).astype(float)


def test_corn_by_county(shared) -> None:
    sums, population = corn(shared)
    model = fit_nested_error(sums)
    assert model.between == pytest.approx(63.31489536315435, rel=1e-9)
    assert model.within == pytest.approx(297.7128453171917, rel=1e-9)
    assert np.sqrt(np.diag(model.inverse) * model.within) == pytest.approx(
        [30.974505, 0.0649587, 0.0675762], rel=1e-6
    )
    mse = np.diag(predict_means(model, population).covariance)
    assert mse[:4] == pytest.approx([85.49538, 85.64893, 85.00469, 83.23599], rel=1e-6)
    of_data = fit_nested_error(sums, "ml")
    assert of_data.between == pytest.approx(47.79559, rel=1e-6)
    assert of_data.within == pytest.approx(280.2311, rel=1e-6)


def test_corn_without_a_segment_as_the_article(shared) -> None:
    sums, population = corn(shared, without=33)
    model = fit_nested_error(sums)
    assert (model.between, model.within) == pytest.approx((140.02385, 147.26864), rel=1e-6)
    printed = [122.196, 126.223, 106.696, 108.443, 144.281, 112.141, 112.804, 121.999]
    printed += [115.327, 124.420, 106.904, 143.015]
    assert predict_means(model, population).value == pytest.approx(printed, abs=6e-4)


def test_the_gap_and_the_mean_of_one_person_are_integrals() -> None:
    transformation, draws = Transformation(0.6), 400_000
    one = np.zeros(1, dtype=np.int64)
    person = PersonDistribution(transformation, one, 1, np.array([400.0]), np.array([110.0]))
    quantile = ndtri((np.arange(draws) + 0.5) / draws)
    income, line = transformation.inverse(400.0 + 110.0 * quantile), 10_000.0
    assert person.average()[0] == pytest.approx(income.mean(), rel=1e-6)
    assert person.head_count(line)[0] == pytest.approx((income < line).mean(), abs=1e-5)
    gap = np.maximum(1 - income / line, 0.0).mean()
    assert person.poverty_gap(line)[0] == pytest.approx(gap, rel=1e-5)


def test_poverty_of_districts(shared) -> None:
    sample, people = (data(shared, f"emdi/data/eusilcA_{part}.rda") for part in ("smp", "pop"))
    names = ["eqsize", "cash", "self_empl", "unempl_ben", "age_ben", "surv_ben", "sick_ben"]
    names += ["dis_ben", "rent", "fam_allow", "house_allow", "cap_inv", "tax_adj"]
    districts = sorted(map(str, people["district"].unique()))

    def matrix(frame: pd.DataFrame):
        female = frame["gender"].astype(str) == "female"
        x = np.column_stack([np.ones(len(frame)), female, frame[names]]).astype(float)
        return x, pd.Index(districts).get_indexer(frame["district"].astype(str)).astype(np.int64)

    here, everyone, y = matrix(sample), matrix(people), sample["eqIncome"].to_numpy(float)
    assert shift_of(y) == 0.0
    power = fit_power(y, *here, 94, 0.0)
    assert power == pytest.approx(0.6046843, abs=1e-6)
    transformation = Transformation(power)
    model = fit_nested_error(sums_by_area(transformation.forward(y), *here, 94))
    assert (model.between, model.within) == pytest.approx((2485.75, 9425.79), abs=0.03)
    predicted, line = predict_persons(model, transformation, *everyone), 10885.33
    known = recorded(shared, "ebp-eusilcA-94.csv").set_index("Domain").loc[districts]
    np.testing.assert_allclose(predicted.head_count(line), known["hcr"], atol=1e-5)
    np.testing.assert_allclose(predicted.average(), known["mean"], rtol=1e-6)
    # recorded from 300 drawn populations: an error of about 0.003 a district, alike in none
    gap = predicted.poverty_gap(line) - known["pgap_mc"].to_numpy()
    assert abs(gap.mean()) < 3 * gap.std() / np.sqrt(gap.size)

    n, limit = np.bincount(everyone[1]), transformation.forward(np.array([line]))
    mse = bootstrap_errors(
        model,
        transformation,
        here,
        everyone,
        lambda found: found.head_count(line),
        lambda drawn: np.bincount(everyone[1], drawn < limit) / n,
        50,
        1,
    )
    assert np.sqrt(np.diag(mse)).mean() == pytest.approx(0.0575, rel=0.15)


def test_benchmarked_districts_as_printed(shared) -> None:
    """R emdi 2.2.2, vignette "fh": EBLUPs by maximum likelihood, and their ratio benchmark."""
    sample = data(shared, "emdi/data/eusilcA_smpAgg.rda")
    direct = sample.rename(columns={"Mean": "estimate"})
    direct["std_error"] = np.sqrt(direct["Var_Mean"])
    population = data(shared, "emdi/data/eusilcA_popAgg.rda")
    found = dl.areas.fay_herriot(
        *(direct, "~ cash + self_empl", population, "Domain"),
        method="ml",
        benchmark=20140.09,
        shares="ratio_n",
    )
    printed = {"Amstetten": 14242.04, "Baden": 21616.40, "Bludenz": 12680.38}
    printed |= {"Braunau am Inn": 11925.82, "Bregenz": 32101.69}
    for name, value in printed.items():
        assert found.unbenchmarked[name] == pytest.approx(value, abs=0.006)
    benchmarked = found.frame.set_index("Domain")["estimate"]
    for name, value in {"Amstetten": 14480.61, "Baden": 21978.49, "Bludenz": 12892.79}.items():
        assert benchmarked[name] == pytest.approx(value, abs=0.006)
    assert found.fit.between == pytest.approx(1_371_195, abs=1)
    assert found.fit.log_likelihood == pytest.approx(-847.8303, abs=1e-4)
    rows = found.coefficients.frame.set_index("variable")
    assert rows["estimate"].tolist() == pytest.approx([3070.51231, 1.05939, 1.74564], rel=1e-5)
    assert rows["std_error"].tolist() == pytest.approx([635.94290, 0.07049, 0.22017], rel=1e-4)


def test_corn_of_counties_as_printed(shared) -> None:
    """Battese, Harter and Fuller (1988), table 3: 36 segments; coefficients of 37 by GLS (lme4)."""
    segments = data(shared, "sae/data/cornsoybean.rda")
    means = data(shared, "sae/data/cornsoybeanmeans.rda")
    means = means.rename(
        columns={
            "MeanCornPixPerSeg": "CornPix",
            "MeanSoyBeansPixPerSeg": "SoyBeansPix",
            "CountyIndex": "County",
        }
    )
    formula = "CornHec ~ CornPix + SoyBeansPix"
    sample = dl.declare_design(segments.drop(index=32))
    found = dl.areas.unit_level(sample, formula, means, "County")
    printed = [122.196, 126.223, 106.696, 108.443, 144.281, 112.141, 112.804, 121.999]
    printed += [115.327, 124.420, 106.904, 143.015]
    assert found.frame["estimate"].tolist() == pytest.approx(printed, abs=6e-4)
    assert (found.fit.between, found.fit.within) == pytest.approx((140.02385, 147.26864), rel=1e-6)
    whole = dl.areas.unit_level(dl.declare_design(segments), formula, means, "County")
    errors = whole.coefficients.frame["std_error"].tolist()
    assert errors == pytest.approx([30.974505, 0.0649587, 0.0675762], rel=1e-6)
    squared = (whole.frame["std_error"][:4] ** 2).tolist()
    assert squared == pytest.approx([85.49538, 85.64893, 85.00469, 83.23599], rel=1e-6)


def test_poverty_rates_of_districts_by_the_verb(shared) -> None:
    """94 districts, 24 without a respondent: head counts integrated exactly."""
    sample, people = (data(shared, f"emdi/data/eusilcA_{part}.rda") for part in ("smp", "pop"))
    formula = (
        "eqIncome ~ gender + eqsize + cash + self_empl + unempl_ben + age_ben + surv_ben + "
        "sick_ben + dis_ben + rent + fam_allow + house_allow + cap_inv + tax_adj"
    )
    found = dl.areas.poverty(
        dl.declare_design(sample), formula, people, "district", 10885.33, replicates=5
    )
    known = recorded(shared, "ebp-eusilcA-94.csv").set_index("Domain")
    rates = found.rows(found.frame["statistic"] == "arpr").frame
    codes = rates["district"].astype(str)
    np.testing.assert_allclose(rates["estimate"], known.loc[codes, "hcr"], atol=1e-5)
    assert found.fit.power == pytest.approx(0.6046843, abs=1e-6)
    assert (found.fit.between, found.fit.within) == pytest.approx((2485.75, 9425.79), abs=0.03)
    assert found.fit.intraclass_correlation == pytest.approx(0.2086841, abs=5e-5)
    assert (rates["flag"] == "model only").sum() == 24
    assert rates["direct"].isna().sum() == 24
