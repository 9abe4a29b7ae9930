"""Weights of mean 1 (ESS, ISSP, Eurobarometer) count respondents, and do not say how many people there are."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl

N = 300


def respondents(total: float = N, seed: int = 5) -> pd.DataFrame:
    """Return respondents of which the weights sum to a total, uneven between the sexes."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], N)
    w = rng.lognormal(0.0, 0.5, N) * np.where(sex == "f", 1.3, 0.8)
    columns = {
        "w": w * total / w.sum(),
        "sex": sex,
        "y": rng.integers(0, 2, N),
        "pay": rng.lognormal(2, 0.5, N),
    }
    return pd.DataFrame(columns)


FRAME = respondents()


def with_replacement(frame: pd.DataFrame) -> float:
    """Return V(m) over S^2 / n, with S^2 the weighted variance: what 408 and 18.7 should be."""
    w, y = frame["w"].to_numpy(), frame["y"].to_numpy(dtype=float)
    mean = (w * y).sum() / w.sum()
    z = w * (y - mean) / w.sum()
    inside = np.zeros(N)
    inside[: len(z)] = z
    return float(
        (N / (N - 1) * (inside**2).sum()) / ((w * (y - mean) ** 2).sum() / w.sum() / (len(w) - 1))
    )


@pytest.mark.parametrize("total", [N, 0.5 * N, 0.96 * N, 1.05 * N, 1.0])
@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.from_pandas, lambda frame: pl.from_pandas(frame).lazy()]
)
def test_design_effects_are_with_replacement_and_it_is_said(total: float, make: Any) -> None:
    sample = dl.declare_design(make(respondents(total)), weights="w")
    found = dl.estimate(sample, dl.share("y == 1"), by="sex")
    expected = [with_replacement(each) for _, each in FRAME.groupby("sex")]
    assert found.frame["deff"].tolist() == pytest.approx(expected, rel=1e-9)
    assert found.provenance.rules["deff"] == "wr"
    whole = dl.estimate(sample, dl.share("y == 1"))
    assert whole.frame["deff"].item() == pytest.approx(with_replacement(FRAME), rel=1e-9)
    assert "design effect relative to a simple random sample with replacement" in " ".join(
        dl.table(whole, "en", rules="full").sheet.note_lines()
    )
    assert "avec remise" in " ".join(dl.table(whole, "fr", rules="full").sheet.note_lines())


def test_crosstabs_too() -> None:
    crosstab = dl.crosstab(dl.declare_design(FRAME, weights="w"), "sex", "y")
    expected = dl.estimate(dl.declare_design(FRAME, weights="w"), dl.share("y"), by="sex").frame[
        "deff"
    ]
    sample = dl.declare_design(respondents(1.5 * N), weights="w")
    scaled = dl.crosstab(sample, "sex", "y")
    as_estimated = dl.estimate(sample, dl.share("y"), by="sex").frame["deff"]
    assert sorted(scaled.rows.frame["deff"]) == pytest.approx(sorted(as_estimated), rel=1e-9)
    assert scaled.rows.provenance.rules["people_per_respondent"] == "1.5"
    assert scaled.counts.provenance.notices == ()
    assert sorted(crosstab.rows.frame["deff"]) == pytest.approx(sorted(expected), rel=1e-9)
    assert crosstab.rows.provenance.rules["deff"] == "wr"
    assert "of respondents, not of people" in crosstab.counts.provenance.notices[-1].en
    assert crosstab.rows.provenance.notices == ()


@pytest.mark.parametrize("fpc", [False, True])
@pytest.mark.parametrize(
    ("total", "people"), [(1.5, "1.5"), (4.9, "4.9"), (5.1, None), (50.0, None)]
)
def test_weights_that_sum_to_few_people_say_how_many(
    total: float, people: str | None, fpc: bool
) -> None:
    """As `deff=TRUE` of R survey, without replacement: n / N moves the effect, and the rules report N / n."""
    frame = respondents(total * N).assign(size=total * N)
    design = {"weights": "w"} | ({"fpc": "size"} if fpc else {})
    found = dl.estimate(dl.declare_design(frame, **design), dl.mean("y"))
    expected = with_replacement(frame)
    if not fpc:
        expected /= 1 - 1 / total
    assert found.frame["deff"].item() == pytest.approx(expected, rel=1e-9)
    assert "deff" not in found.provenance.rules or found.provenance.rules["deff"] == "wor"
    assert found.provenance.rules.get("people_per_respondent") == (None if fpc else people)
    if people and not fpc:
        assert f"{people.replace('.', ',')} personnes par répondant" in " ".join(
            dl.table(found, "fr", rules="full").sheet.note_lines()
        )
    assert "people" not in " ".join(each.en for each in found.provenance.notices)


@pytest.mark.parametrize("design", [{"weights": "w"}, {"weights": "one", "fpc": "share"}, {}])
def test_weights_that_count_people_keep_the_sample_without_replacement(design: Any) -> None:
    frame = respondents(50_000.0).assign(one=1.0, share=0.999)
    found = dl.estimate(dl.declare_design(frame, **design), dl.mean("y"), dl.count())
    assert "deff" not in found.provenance.rules
    assert found.provenance.notices == ()


@pytest.mark.parametrize("statistic", [dl.count(), dl.total("pay"), dl.total("y")])
def test_counts_and_totals_say_that_they_are_of_respondents(statistic: Any) -> None:
    sample = dl.declare_design(FRAME, weights="w")
    for found in (
        dl.estimate(sample, statistic),
        dl.estimate(sample.where("sex == 'f'"), statistic, by="y"),
    ):
        assert [
            each.en
            for each in found.provenance.notices
            if "of respondents, not of people" in each.en
        ]
        assert "non de personnes" in " ".join(dl.table(found, "fr").sheet.note_lines())
    # calibrated to the population they are of people
    people = dl.calibrate(sample, {"sex": {"f": 20_000.0, "m": 21_000.0}})
    assert dl.estimate(people, statistic).provenance.notices == ()


@pytest.mark.parametrize(
    "statistic",
    [
        dl.mean("pay"),
        dl.share("y"),
        dl.gini("pay"),
        dl.median("pay"),
        dl.arpr("pay"),
        dl.ratio("y", "pay"),
    ],
)
def test_what_does_not_grow_with_the_weights_says_nothing(statistic: Any) -> None:
    assert dl.estimate(dl.declare_design(FRAME, weights="w"), statistic).provenance.notices == ()
