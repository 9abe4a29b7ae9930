"""What a search among models of overlapping lists compares, averages, repeats and refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap, skew

from diplab import population
from diplab.population.kernel.hierarchical import (
    AllModelsSelection,
    SelectionBootstrap,
    StepwiseSelection,
    SupportCache,
    all_models,
    bca_interval,
    bootstrap_selection,
    percentile_interval,
)
from diplab.population.multiple_lists.list_models import bracket_notation, list_model
from diplab.population.tables import list_tables

SB1 = {"001": 60, "010": 49, "011": 4, "100": 247, "101": 112, "110": 142, "111": 12}
SPARSE = {
    "1000": 60, "0100": 45, "0010": 80, "0001": 20, "1100": 0, "1010": 9, "1001": 3, "0110": 12, "0101": 2, "0011": 4,
    "1110": 0, "1101": 0, "1011": 1, "0111": 1, "1111": 0,
}  # fmt: skip


def frame(cells: dict[str, int]) -> pd.DataFrame:
    lists = len(next(iter(cells)))
    rows = [[*(int(on) for on in history), persons] for history, persons in cells.items()]
    return pd.DataFrame(rows, columns=[*"abcdefg"[:lists], "persons"])


def search(cells: dict[str, int] = SB1, **options: Any) -> Any:
    return population.search_lists(frame(cells), "persons", **options)


def test_three_lists_have_eight_models_best_first() -> None:
    found = search()
    assert len(found) == len(found.fits) == len(found.weights) == 8
    assert found.frame["category"].head(2).tolist() == ["[23,1]", "[12,23]"]
    assert found.models["bic"].is_monotonic_increasing
    assert found.chosen.frame["category"].tolist() == ["[23,1]"]
    assert found.chosen.weights == found.weights[:1]
    alone = population.lists(frame(SB1), "persons", "[23,1]", interval="log-normal").frame.iloc[0]
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert found.frame[column].iloc[0] == alone[column]


def test_the_average_says_what_it_is_and_counts_what_separates_the_models() -> None:
    found = search(criterion="aic")
    models = found.models
    weights = np.exp(-(models["aic"] - models["aic"].min()) / 2)
    weights /= weights.sum()
    mean = (weights * models["estimate"]).sum()
    error = (weights * np.hypot(models["std_error"], models["estimate"] - mean)).sum()
    row = found.average.frame.iloc[0]
    assert models["weight"].tolist() == pytest.approx(weights.tolist(), rel=1e-10)
    assert (row["estimate"], row["std_error"]) == pytest.approx((mean, error), rel=1e-10)
    assert row["statistic"] == "model_average"
    assert found.average.provenance.rules["estimator"] == "model_average"
    assert "model_average" not in found.frame["statistic"].tolist()


def test_models_without_a_size_stand_last_and_weigh_nothing() -> None:
    found = search(SPARSE)
    models = found.models
    sized = models["estimate"].notna()
    assert 0 < (~sized).sum() < len(models) == 113
    assert sized.is_monotonic_decreasing
    assert set(models.loc[~sized, "flag"]) <= {"boundary", "not identified"}
    assert (models.loc[~sized, "weight"] == 0).all()
    assert models["weight"].sum() == pytest.approx(1.0)
    # a term at minus infinity is a coefficient like any other
    both = models.set_index("category")
    assert both.loc["[12,3,4]", "parameters"] == 6
    assert both.loc["[12,3,4]", "aic"] == pytest.approx(
        2 * 6 - 2 * both.loc["[12,3,4]", "log_likelihood"]
    )
    # heterogeneity is a column of every model
    found = search(SPARSE, heterogeneity="poisson2")
    assert all(category.endswith(" poisson2") for category in found.frame["category"])
    alone = population.lists(
        frame(SPARSE), "persons", "[13,2,4]", "poisson2", interval="log-normal"
    )
    row = found.frame.set_index("category").loc["[13,2,4] poisson2"]
    assert row["estimate"] == alone.frame["estimate"].iloc[0]


def test_no_model_tells_a_size() -> None:
    """List 1 holds everyone: each model leaves nobody unseen, or tells nothing."""
    found = search({"100": 40, "110": 25, "101": 12, "111": 9})
    assert found.frame["statistic"].tolist() == ["log_linear"] * 8 + ["chao_lists"]
    assert found.frame["estimate"].iloc[:8].isna().all()
    assert found.frame["flag"].iloc[-1] == "lower bound"
    assert found.average.frame["flag"].tolist() == ["ill-posed"]
    assert math.isnan(found.average.frame["estimate"].iloc[0])


def test_steps_are_shown_backwards() -> None:
    found = search(method="stepwise", entry_p=0.1)
    assert found.frame["category"].tolist() == ["[12,23]", "[23,1]", "[1,2,3]"]
    assert found.average is None
    assert all(math.isnan(weight) for weight in found.weights)
    drops = -np.diff(found.models["deviance"].to_numpy()[::-1])
    assert (drops > 0).all()
    # triples enter once their pairs are in
    steps = StepwiseSelection(4, order=3)
    names = "abcd"
    pairs = list_model("[12,13,23,4]", names)
    assert "[123,4]" in [bracket_notation(each, names) for each in steps.larger(pairs)]
    assert all(term.bit_count() < 3 for each in steps.larger(steps.start) for term in each.terms)
    assert all(
        term.bit_count() < 3 for each in StepwiseSelection(4).larger(pairs) for term in each.terms
    )
    assert list(StepwiseSelection(3, order=9).larger(list_model("[12,13,23]", "abc"))) == []


@pytest.mark.parametrize("method", ["all", "stepwise"])
def test_many_tables_at_once_choose_as_one_by_one(method: str) -> None:
    (table,) = list_tables(frame(SPARSE), "persons")
    drawn = (
        np.random.default_rng(8)
        .multinomial(int(table.seen), table.counts / table.seen, 3)
        .astype(float)
    )
    rule_of_choice = AllModelsSelection(all_models(4)) if method == "all" else StepwiseSelection(4)
    together = rule_of_choice.choose(drawn, SupportCache())
    for counts, model, missed in zip(drawn, together.models, together.missed, strict=True):
        assert model is not None
        cells = {
            "".join(str(cell >> place & 1) for place in range(4)): int(counts[cell - 1])
            for cell in range(1, 16)
        }
        alone = search(cells, method=method).frame.iloc[0]
        assert alone["category"] == bracket_notation(model, "abcd")
        assert alone["estimate"] == pytest.approx(counts.sum() + missed, rel=1e-8)


def test_what_repeating_the_choice_gives() -> None:
    one, again, other = (search(bootstrap=50, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.repeated.frame, again.repeated.frame)
    assert one.replicates.sizes.tolist() == again.replicates.sizes.tolist()
    assert one.repeated.frame["ci_low"].iloc[0] != other.repeated.frame["ci_low"].iloc[0]
    done: list[int] = []
    found = search(bootstrap=500, seed=4, progress=done.append)
    rows = found.repeated.frame
    assert sum(done) == 500
    assert rows["statistic"].tolist() == [
        "repeated_choice",
        "repeated_choice_percentile",
        "repeated_choice_median",
    ]
    assert rows["category"].tolist() == ["[23,1]", "[23,1]", ""]
    assert rows["estimate"].iloc[:2].tolist() == [found.frame["estimate"].iloc[0]] * 2
    sizes = found.replicates.sizes
    assert rows["estimate"].iloc[2] == np.median(sizes)
    assert rows["std_error"].iloc[0] == pytest.approx(sizes.std(ddof=1))
    ordered = np.sort(sizes)
    # at 501 x 0.025 = 12.525 and 501 x 0.975 = 488.475 of the ordered replicates
    assert rows["ci_low"].iloc[1] == pytest.approx(
        ordered[11] + 0.525 * (ordered[12] - ordered[11])
    )
    assert rows["ci_high"].iloc[1] == pytest.approx(
        ordered[487] + 0.475 * (ordered[488] - ordered[487])
    )
    assert len(set(found.replicates.chosen)) > 1
    assert found.repeated.provenance.rules["interval"] == "bootstrap bca"
    assert (
        found.repeated.provenance.rules["replicates"],
        found.repeated.provenance.rules["seed"],
    ) == ("500", "4")
    # the choice adds to the error of the model chosen
    assert rows["std_error"].iloc[0] > found.frame["std_error"].iloc[0]


def test_replicates_without_limit_are_said() -> None:
    """Three persons on both lists: one replicate in twenty has none, and no upper limit."""
    found = search({"10": 40, "01": 50, "11": 3}, bootstrap=400, seed=1)
    row = found.repeated.frame.iloc[0]
    assert np.isinf(found.replicates.sizes).mean() == pytest.approx(0.05, abs=0.03)
    assert "far replicates" in row["flag"]
    assert math.isinf(row["std_error"])
    assert math.isinf(found.repeated.frame["ci_high"].iloc[1])
    assert math.isfinite(found.repeated.frame["estimate"].iloc[2])


def test_bca_is_that_of_scipy_for_a_mean() -> None:
    """Persons with scores, cell by cell: scipy's interval of a mean from the same replicates."""
    scores, persons = np.array([1.0, 2.0, 5.0, 11.0]), np.array([40, 25, 10, 3])
    sample = np.repeat(scores, persons)
    draw = np.random.default_rng(5)
    by_scipy = bootstrap(
        (sample,), np.mean, n_resamples=1999, method="BCa", rng=draw, vectorized=True
    )
    without = (sample.sum() - scores) / (len(sample) - 1)
    found = SelectionBootstrap(by_scipy.bootstrap_distribution, (), without, persons.astype(float))
    interval = bca_interval(found, float(sample.mean()), 0.95)
    assert interval == pytest.approx(by_scipy.confidence_interval, abs=2e-2)
    # the acceleration of a mean is its skewness over 6 sqrt(n)
    gaps = found.without_one.dot(persons) / persons.sum() - found.without_one
    acceleration = (persons * gaps**3).sum() / (6 * (persons * gaps**2).sum() ** 1.5)
    assert acceleration == pytest.approx(skew(sample) / (6 * math.sqrt(len(sample))), rel=1e-9)
    # quantiles of replicates without limit
    sizes = np.append(np.arange(1.0, 91.0), [np.inf] * 9)
    assert percentile_interval(sizes, 0.5) == (25.0, 75.0)
    assert percentile_interval(sizes, 0.95)[1] == math.inf
    one_side = SelectionBootstrap(np.full(99, 5.0), (), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert all(math.isnan(end) for end in bca_interval(one_side, 4.0, 0.95))
    # one person leaves no replicate with a size
    (table,) = list_tables(np.array([[1, 1]]), None)
    found = bootstrap_selection(
        table.counts, AllModelsSelection(all_models(2)), 50, 1, SupportCache()
    )
    assert np.isinf(found.sizes).all()
    assert found.chosen == (None,) * 50


def test_refused_options(refused: Any) -> None:
    for options in (
        *(
            {"criterion": "dic"},
            {"method": "lasso"},
            {"entry_p": 0},
            {"order": 1},
            {"bootstrap": 10, "seed": 1},
        ),
        *({"heterogeneity": "chao"}, {"duplicates": "some"}),
    ):
        refused(lambda options=options: search(**options))
    # all models of six lists
    draw = np.random.default_rng(1)
    persons = (draw.random((300, 6)) < 0.4).astype(int)
    persons = persons[persons.any(axis=1)]
    refused(lambda: population.search_lists(persons, method="all"))
    found = population.search_lists(persons)
    assert found.provenance.rules["selection"] == "stepwise"
    assert found.frame["estimate"].iloc[0] == pytest.approx(300, rel=0.1)
