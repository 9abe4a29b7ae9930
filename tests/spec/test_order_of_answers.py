"""Answers stand in the order of the codebook, else of the type of their column, and never of the alphabet.

The orders are written by hand: none of the lists below is alphabetical, in neither direction.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl

if TYPE_CHECKING:
    from collections.abc import Callable

SATISFACTION = ["very bad", "bad", "neither", "good", "very good"]
EDUCATION = ["low", "medium", "high"]
WAVES = ["spring", "summer", "autumn"]
LISTED = {"sat": SATISFACTION, "edu": EDUCATION, "wave": WAVES}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    random, n = np.random.default_rng(5), 240
    return pd.DataFrame({
        "sat": random.permutation(SATISFACTION * 48), "edu": random.permutation(EDUCATION * 80),
        "wave": random.permutation(WAVES * 80), "sex": random.permutation(["m", "f"] * 120),
        "y": random.normal(size=n), "until": random.exponential(size=n), "ended": random.integers(0, 2, n),
        "id": np.arange(n), "unit": np.arange(n) // 6, "w": random.uniform(1, 2, n),
    })  # fmt: skip


def codebook() -> dl.Codebook:
    book = dl.Codebook()
    for name, listed in LISTED.items():
        book = book.described(name, values={each: dl.Text.same(each) for each in listed}, measure="ordinal")
    return book


def with_codebook(frame: pd.DataFrame) -> Any:
    return dl.Microdata(frame, codebook())


def lazy_with_codebook(frame: pd.DataFrame) -> Any:
    return dl.Microdata(pl.from_pandas(frame).lazy(), codebook())  # type: ignore[arg-type]


def database_with_codebook(frame: pd.DataFrame) -> Any:
    return dl.Microdata(duckdb.connect().from_df(frame), codebook())  # type: ignore[arg-type]


def ordered_categories(frame: pd.DataFrame) -> Any:
    return frame.assign(**{name: pd.Categorical(frame[name], each, ordered=True) for name, each in LISTED.items()})


def unordered_categories(frame: pd.DataFrame) -> Any:
    return frame.assign(**{name: pd.Categorical(frame[name], each) for name, each in LISTED.items()})


def enumerations(frame: pd.DataFrame) -> Any:
    casts = [pl.col(name).cast(pl.Enum(each)) for name, each in LISTED.items()]
    return pl.from_pandas(frame).with_columns(*casts)


def lazy_enumerations(frame: pd.DataFrame) -> Any:
    return enumerations(frame).lazy()


def database_enumerations(frame: pd.DataFrame) -> Any:
    connection = duckdb.connect()
    connection.register("handed_over", frame)
    types = {name: f"ENUM({', '.join(map(repr, each))})" for name, each in LISTED.items()}
    casts = ", ".join(f'"{name}"::{types[name]} as "{name}"' for name in LISTED)
    return connection.sql(f"select * replace ({casts}) from handed_over")


KINDS = [
    with_codebook, lazy_with_codebook, database_with_codebook, ordered_categories, unordered_categories,
    enumerations, lazy_enumerations, database_enumerations,
]  # fmt: skip


@pytest.mark.parametrize("unit", [None, "unit"])
@pytest.mark.parametrize("kind", KINDS)
def test_estimates_tables_and_models_in_every_engine(
    kind: Callable[[pd.DataFrame], Any], unit: str | None, answers: pd.DataFrame
) -> None:
    data = kind(answers)
    sample = dl.declare_design(data, weights="w", psu=unit)
    assert dl.estimate(sample, dl.share("sat")).frame["category"].tolist() == SATISFACTION
    assert dl.estimate(sample, dl.mean("y"), by="edu").frame["edu"].tolist() == EDUCATION
    both = dl.estimate(sample, dl.mean("y"), by=["edu", "sat"]).frame
    assert both[["edu", "sat"]].values.tolist() == [[one, two] for one in EDUCATION for two in SATISFACTION]
    fit = dl.regress(sample, "y ~ edu")
    assert (fit.references, fit.frame["category"].tolist()) == ({"edu": "low"}, ["", "medium", "high"])
    crossed = dl.crosstab(sample, "sat", "edu")
    assert (list(crossed.categories("sat")), list(crossed.categories("edu"))) == (SATISFACTION, EDUCATION)


@pytest.fixture(scope="module")
def sample(answers: pd.DataFrame) -> Any:
    return dl.declare_design(with_codebook(answers), weights="w")


def first_seen(frame: pd.DataFrame, name: str) -> list[Any]:
    return list(dict.fromkeys(frame[name]))


class TestEveryVerb:
    def test_summary(self, sample: Any) -> None:
        found = dl.summary(sample, ["sat", "y"], by="edu", total=True)
        assert first_seen(found.groups.frame[found.groups.frame["statistic"] == "share"], "category") == SATISFACTION
        assert first_seen(found.groups.frame, "edu") == EDUCATION
        assert [each for each in first_seen(found.counts, "edu") if each] == EDUCATION

    def test_models(self, sample: Any) -> None:
        ordinal = dl.regress(sample, "sat ~ edu", family="ordinal")
        cuts = ["very bad | bad", "bad | neither", "neither | good", "good | very good"]
        assert ordinal.frame["category"].tolist() == ["medium", "high", *cuts]
        several = dl.regress(sample, "sat ~ edu", family="multinomial")
        assert several.references == {"edu": "low", "sat": "very bad"}
        assert first_seen(several.frame, "sat") == SATISFACTION[1:]
        effects = dl.marginal_effects(dl.regress(sample, "ended ~ edu", family="binomial"))
        assert effects.frame["category"].tolist() == ["medium", "high"]
        margins = dl.predicted_margins(dl.regress(sample, "y ~ edu"), "edu")
        assert margins.frame["category"].tolist() == EDUCATION
        table = dl.log_linear(sample, "~ edu * sex")
        assert table.frame["category"].tolist()[:2] == ["medium", "high"]

    def test_survival(self, sample: Any) -> None:
        curves = dl.survival.kaplan_meier(sample, "until", "ended", by="edu")
        assert first_seen(curves.frame, "edu") == EDUCATION
        assert dl.survival.cox(sample, "edu", time="until", event="ended").references == {"edu": "low"}

    def test_standardised_and_replicated_and_imputed(self, sample: Any) -> None:
        rates = dl.standardise(sample, dl.mean("y"), {"sex": {"m": 0.5, "f": 0.5}}, by="edu")
        assert rates.frame["edu"].tolist() == EDUCATION
        replicated = dl.make_replicates(sample, "bootstrap", n=20, seed=1)
        imputed = dl.imputed([sample, sample])
        for each in (replicated, imputed):
            assert dl.estimate(each, dl.share("sat")).frame["category"].tolist() == SATISFACTION
            assert first_seen(dl.estimate(each, dl.mean("y"), by="edu").frame, "edu") == EDUCATION

    def test_comparisons_of_pairs(self, sample: Any) -> None:
        by_edu = dl.estimate(sample, dl.mean("y"), by="edu")
        pairs = dl.contrast(by_edu, "edu", pairwise="holm")
        assert pairs.frame["edu"].tolist() == ["low − medium", "low − high", "medium − high"]

    def test_waves(self, sample: Any) -> None:
        found = dl.change(sample, dl.mean("y"), wave="wave", person="id")
        assert found.frame["wave"].tolist() == ["summer − spring", "autumn − summer"]

    def test_a_table_of_waves_stacked_from_files(self) -> None:
        one = pd.DataFrame({"id": [1, 2, 3], "y": [1.0, 2, 4]})
        two = pd.DataFrame({"id": [1, 2, 3], "y": [2.0, 3, 7]})
        stacked = dl.declare_design(dl.merge({"spring": one, "autumn": two}))
        assert dl.estimate(stacked, dl.mean("y"), by="wave").frame["wave"].tolist() == ["spring", "autumn"]
        assert dl.change(stacked, dl.mean("y"), wave="wave", person="id").frame["estimate"].tolist() == pytest.approx(
            [5 / 3]
        )


class TestWhatHasNoOrder:
    def test_words_without_codebook_are_alphabetical(self, answers: pd.DataFrame) -> None:
        for data in (answers, pl.from_pandas(answers), duckdb.connect().from_df(answers)):
            sample = dl.declare_design(data)
            assert dl.estimate(sample, dl.share("edu")).frame["category"].tolist() == ["high", "low", "medium"]

    def test_words_that_the_codebook_does_not_list_come_last(self, answers: pd.DataFrame) -> None:
        book = dl.Codebook().described("sat", values={each: dl.Text.same(each) for each in ("neither", "bad")})
        sample = dl.declare_design(dl.Microdata(answers, book))
        order = ["neither", "bad", "good", "very bad", "very good"]
        assert dl.estimate(sample, dl.share("sat")).frame["category"].tolist() == order
        assert list(dl.crosstab(sample, "sat", "edu").categories("sat")) == order

    def test_numbers_keep_their_order_unless_all_are_listed(self) -> None:
        frame = pd.DataFrame({"x": [1, 2, 10, 2, 1, 10.0]})
        ends = dl.Codebook().described("x", values={10: dl.Text.same("most"), 1: dl.Text.same("least")})
        listed = dl.Codebook().described("x", values={code: dl.Text.same(f"x{code}") for code in (10, 1, 2)})
        for book, order in ((ends, [1, 2, 10]), (listed, [10, 1, 2])):
            sample = dl.declare_design(dl.Microdata(frame, book))
            assert dl.estimate(sample, dl.share("x")).frame["category"].tolist() == order
            assert list(dl.crosstab(sample, "x").categories("x")) == order

    def test_intervals_of_pandas(self) -> None:
        # `pandas.cut` and `qcut` make categories that are no words; alphabetically (10 would be before (5
        frame = pd.DataFrame({"pay": [1.0, 7, 12, 14, 3, np.nan], "y": [1.0, 2, 3, 4, 5, 6]})
        frame["band"] = pd.cut(frame["pay"], [0, 5, 10, 100])
        found = dl.estimate(dl.declare_design(frame), dl.mean("y"), by="band")
        assert found.frame["band"].tolist() == ["(0, 5]", "(5, 10]", "(10, 100]"]
        assert found.frame["estimate"].tolist() == [3.0, 2.0, 3.5]


def test_an_r_factor_keeps_its_levels() -> None:
    data = dl.read(Path(__file__).parents[1] / "loaders/r_samples/people.rds")
    assert list(data.codebook["region"].values) == ["nord", "sud", "est", "ouest"]
    sample = dl.declare_design(data)
    assert dl.estimate(sample, dl.share("region"), df="infinity").frame["category"].tolist() == ["nord", "sud", "est"]
    assert dl.estimate(sample, dl.share("often")).frame["category"].tolist() == ["never", "weekly", "daily"]
    assert dl.regress(sample, "rank ~ often", df="infinity").references == {"often": "never"}
