"""Incomes imputed within their bands: where they lie, what their error holds, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars
import pytest
from scipy import special

import diplab as dl
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError
from diplab.estimators import Linearised, statistic
from diplab.inference.banded.data import BandedQuestion
from diplab.inference.banded.imputation import ImputationModel, by_imputation
from diplab.inference.imputation import combine
from diplab.kernel.bands.fitting import fit_intervals

BAND = dl.banded(low="low", high="high")
EDGES = np.array([0.0, 500, 1000, 1500, 2500, 4000, np.inf])


def people(n=600, seed=1):
    draw = np.random.default_rng(seed)
    sex = np.tile(["f", "m"], n // 2)
    age = draw.uniform(20, 60, n)
    y = np.exp(7 + 0.4 * (sex == "m") + 0.01 * (age - 40) + 0.5 * draw.standard_normal(n))
    band = np.searchsorted(EDGES, y, side="right") - 1
    return pd.DataFrame({
        "w": draw.uniform(0.5, 2, n), "home": np.arange(n) // 2, "sex": sex, "age": age, "low": EDGES[band],
        "high": EDGES[band + 1], "y": y,
    })  # fmt: skip


def declared(frame, **options):
    return dl.declare_design(frame, weights="w", psu="home", **options)


def asked(frame, name, by=(), line=None, covariates=(), **options):
    low, high = (frame[each].to_numpy(dtype=float) for each in ("low", "high"))
    lines = tuple(np.broadcast_to(each, len(frame)) for each in line or ())
    return BandedQuestion(
        declared(frame),
        getattr(dl, name)("income", **options),
        "income",
        low,
        high,
        lines,
        tuple(covariates),
        by,
        0.95,
        "design",
    )


def test_incomes_lie_within_their_bands():
    frame = people()
    for given in (polars.from_pandas(frame), frame.set_index(frame.index + 100)):
        drawn = dl.impute_within_bands(
            declared(given), BAND, covariates=["sex", "age"], m=3, seed=4
        )
        values = [each.engine.columns.numbers("imputed") for each in drawn.samples]
        for each in values:
            assert ((frame["low"] <= each) & (each < frame["high"])).all()
        assert not np.array_equal(values[0], values[1])


def test_seeds_known_amounts_and_zeros_are_kept():
    sample, variable = declared(people()), BAND
    one, again, other = (
        dl.impute_within_bands(sample, variable, m=2, seed=seed) for seed in (1, 1, 2)
    )
    first, second, third = (
        each.samples[1].engine.columns.numbers("imputed") for each in (one, again, other)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)
    frame = people()
    frame.loc[:9, ["low", "high"]] = 0.0
    frame.loc[10:19, "low"] = frame.loc[10:19, "high"] = 1234.0
    frame.loc[20:29, ["low", "high"]] = np.nan
    drawn = dl.impute_within_bands(declared(frame), BAND, m=2)
    values = drawn.samples[0].engine.columns.numbers("imputed")
    assert (values[:10] == 0).all()
    assert (values[10:20] == 1234).all()
    assert np.isnan(values[20:30]).all()
    assert np.isfinite(values[30:]).all()
    frame = people()
    frame.loc[:50, "age"] = np.nan
    frame["sex"] = frame["sex"].where(frame.index > 20)
    frame["again"], frame["same"] = frame["sex"], 1.0
    (found,) = by_imputation(asked(frame, "mean", covariates=("sex", "age", "again", "same")))
    assert np.isfinite(found.point).all()
    assert found.n.tolist() == [600]


def test_a_line_between_bands_leaves_nothing_to_impute():
    frame = people()
    (found,) = by_imputation(asked(frame, "arpr", line=(1000.0, 1000.0)))
    plain = dl.estimate(declared(frame), dl.share("high <= 1000"), df="design").frame.iloc[0]
    assert found.point == pytest.approx([plain["estimate"]], rel=1e-12)
    assert found.std_error == pytest.approx([plain["std_error"]], rel=1e-9)
    assert (found.ci_low[0], found.ci_high[0]) == pytest.approx(
        (plain["ci_low"], plain["ci_high"]), rel=1e-9
    )
    assert found.df == pytest.approx([plain["df"]])
    low, high = by_imputation(asked(people(), "arpr", line=(700.0, 900.0)))
    assert (low.method, high.method) == ("imputed, at least", "imputed, at most")
    assert low.point < high.point
    # a rate stays within the bounds
    frame = people()
    weight = frame["w"] / frame["w"].sum()
    for line in (700.0, 1800.0, 5000.0):
        (found,) = by_imputation(asked(frame, "arpr", line=(line, line)))
        assert (
            weight[frame["high"] <= line].sum()
            <= found.point[0]
            <= weight[frame["low"] < line].sum()
        )


def test_the_answer_is_that_of_rubin_on_the_completed_data():
    frame = people()
    (found,) = by_imputation(asked(frame, "mean", covariates=("sex",)), m=5, seed=3)
    drawn = dl.impute_within_bands(declared(frame), BAND, covariates=["sex"], m=5, seed=3)
    parts = [
        dl.estimate(each, dl.mean("imputed"), df="design").frame.iloc[0] for each in drawn.samples
    ]
    made = combine(
        np.array([[each["estimate"]] for each in parts]),
        np.array([[[each["std_error"] ** 2]] for each in parts]),
        np.array([parts[0]["df"]]),
    )
    assert found.point == pytest.approx(made.point, rel=1e-12)
    assert found.std_error == pytest.approx(np.sqrt(np.diag(made.covariance)), rel=1e-9)
    assert found.df == pytest.approx(made.df, rel=1e-9)
    assert found.rules == {"imputations": "5", "seed": "3"}


def test_differences_of_domains_and_slopes_are_kept():
    frame = people(6000)
    (found,) = by_imputation(asked(frame, "mean", by=("sex",)))
    truth = [np.average(part["y"], weights=part["w"]) for _, part in frame.groupby("sex")]
    # within a standard error of the incomes that were put into bands
    assert (np.abs(found.point - truth) < found.std_error).all()
    assert found.n.tolist() == [3000, 3000]
    assert "sex" in found.assumptions[0].en
    frame = people(6000)
    drawn = dl.impute_within_bands(
        declared(frame), BAND, into="pay", covariates=["sex", "age"], m=5
    )
    found = dl.regress(drawn, "pay ~ sex + age").frame.set_index("variable")
    known = dl.regress(declared(frame), "y ~ sex + age").frame.set_index("variable")
    apart = (found["estimate"] - known["estimate"]).abs()
    assert (apart < 1.5 * known["std_error"]).all()
    assert (found["std_error"] > 0.9 * known["std_error"]).all()


def test_replicates_and_strata_are_kept():
    frame = people().assign(region=lambda each: each["home"] % 5)
    sample = dl.declare_design(frame, weights="w", psu="home", strata="region")
    made = dl.make_replicates(sample, "rao_wu", 40, seed=1)
    for each in (sample, made):
        drawn = dl.impute_within_bands(each, BAND, m=3)
        row = dl.estimate(drawn, dl.mean("imputed")).frame.iloc[0]
        known = dl.estimate(each, dl.mean("y")).frame.iloc[0]
        assert 0.9 < row["std_error"] / known["std_error"] < 1.5


def test_the_open_band_by_a_law_of_pareto():
    """Above 4000 the share above y is (4000 / y)^alpha: half are above 4000 * 2^(1 / alpha)."""
    frame = people(6000)
    variable = BAND
    drawn = dl.impute_within_bands(declared(frame), variable, m=20, top="pareto")
    above, inside = (frame.loc[frame["low"] == low, "w"].sum() for low in (4000, 2500))
    alpha = np.log((above + inside) / above) / np.log(4000 / 2500)
    top = (frame["low"] == 4000).to_numpy()
    values = np.concatenate([each.engine.columns.numbers("imputed")[top] for each in drawn.samples])
    assert np.median(values) == pytest.approx(4000 * 2 ** (1 / alpha), rel=0.03)
    assert (values >= 4000).all()


def test_interval_regression():
    frame = people()
    x = np.column_stack([np.ones(600), frame["age"] - 40, frame["sex"] == "m"]).astype(float)
    y, w = frame["y"].to_numpy(), frame["w"].to_numpy()
    found = fit_intervals(x, y, y, w)
    root = np.sqrt(w)
    beta = np.linalg.lstsq(x * root[:, None], np.log(y) * root, rcond=None)[0]
    sigma = np.sqrt(np.average((np.log(y) - x @ beta) ** 2, weights=w))
    assert found.converged
    assert found.theta == pytest.approx([*beta, np.log(sigma)], rel=1e-8, abs=1e-10)
    frame = people()
    x = np.column_stack([np.ones(600), (frame["age"] - 40) / 10]).astype(float)
    low, high, w = (frame[each].to_numpy() for each in ("low", "high", "w"))
    found = fit_intervals(x, low, high, w)

    def height(theta):
        with np.errstate(divide="ignore"):
            ends = [(np.log(end) - x @ theta[:-1]) / np.exp(theta[-1]) for end in (low, high)]
        return w * np.log(special.ndtr(ends[1]) - special.ndtr(ends[0]))

    def slope(theta, step=1e-4):
        moves = np.eye(3) * step
        return np.array(
            [(height(theta + each) - height(theta - each)).sum() / (2 * step) for each in moves]
        )

    assert slope(found.theta) == pytest.approx(np.zeros(3), abs=1e-4)
    bent = np.array(
        [
            (slope(found.theta + each) - slope(found.theta - each)) / 2e-3
            for each in np.eye(3) * 1e-3
        ]
    )
    assert np.linalg.inv(-bent) == pytest.approx(found.inverse_information, rel=1e-4, abs=1e-9)
    assert (w @ found.score) == pytest.approx(np.zeros(3), abs=1e-6)


REFUSED: list[tuple[type[dl.DiplabError], dict[str, Any]]] = [
    (OptionError, {"m": 1}), (OptionError, {"m": 2.5}), (OptionError, {"seed": -1}), (OptionError, {"into": "a b"}),
    (ColumnError, {"into": "age"}), (OptionError, {"top": "flat"}), (ColumnError, {"covariates": ["agee"]}),
]  # fmt: skip


def test_what_is_refused_and_what_has_no_point(refused: Any):
    for error, options in REFUSED:
        refused(lambda o=options: dl.impute_within_bands(declared(people()), BAND, **o), error)
    few = people(10)
    refused(lambda: dl.impute_within_bands(declared(few), BAND), EmptyDomainError)
    refused(
        lambda: dl.impute_within_bands(declared(people().assign(low=500.0, high=1000.0)), BAND),
        MisleadingError,
    )
    closed = people().assign(high=lambda each: each["high"].where(each["high"] < np.inf, 9000.0))
    refused(lambda: dl.impute_within_bands(declared(closed), BAND, top="pareto"), MisleadingError)
    negative = people()
    negative.loc[0, ["low", "high"]] = [-100.0, 0.0]
    refused(lambda: dl.impute_within_bands(declared(negative), BAND), OptionError)
    refused(lambda: dl.impute_within_bands(declared(people()), "low"), OptionError)  # type: ignore[arg-type]
    frame = people().assign(low=500.0, high=1000.0)
    (found,) = by_imputation(asked(frame, "mean"))
    assert (found.flag, bool(np.isnan(found.point).all())) == (("not identified",), True)
    frame = people()
    frame.loc[0, ["low", "high"]] = [-100.0, 0.0]
    (found,) = by_imputation(asked(frame, "mean"))
    assert found.flag == ("negative incomes",)


def test_the_index_of_pareto_is_drawn_with_its_error() -> None:
    """Draws of 1 and 1/2: the index 2 becomes 2 exp(log 1.5) = 3, and the income 4,000 (1/2)^(-1/3) = 5,039.68."""

    class Drawn:
        def standard_normal(self, size: int | None = None) -> Any:
            return 1.0 if size is None else np.zeros(size)

        def uniform(self, size: int) -> Any:
            return np.full(size, 0.5)

    one = np.ones((1, 1)), np.array([4000.0]), np.array([np.inf]), np.array([0])
    model = ImputationModel(
        *one, np.array([8.0, 0.0]), np.zeros((2, 2)), index=2.0, index_error=np.log(1.5)
    )
    assert model.drawn(Drawn()) == pytest.approx([4000 * 2 ** (1 / 3)])  # type: ignore[arg-type]


def test_amounts_imputed_within_bands_enter_a_statistic_of_another_package() -> None:
    @statistic(kind="amount", bands="ends")
    def mean(totals: Any, y: Any) -> Linearised:
        twice = dl.mean.on(totals, y)
        return Linearised(2 * twice.point, twice.variable * 2.0)

    people = pd.DataFrame(
        {"low": [0.0, 500, 1000, 2000] * 10, "high": [500.0, 1000, 2000, 4000] * 10}
    )
    band = dl.banded(low="low", high="high", beside="imputed")
    found, plain = (
        dl.estimate(dl.declare_design(people), each(band)).frame["estimate"]
        for each in (mean, dl.mean)
    )
    assert found.tolist() == pytest.approx((2 * plain).tolist())
    with pytest.raises(OptionError, match="has no answer from income distributions"):
        dl.estimate(
            dl.declare_design(people),
            mean(dl.banded(low="low", high="high", beside="distributions")),
        )
