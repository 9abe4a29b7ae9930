"""Laws of replicate weights, whatever the answers: for totals they give what linearisation gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl

law = settings(max_examples=20)


@st.composite
def surveys(draw: st.DrawFn, most_units: int = 4, most_strata: int = 4) -> pd.DataFrame:
    """Strata of two units or more, of one to three people each, drawn from a known number of units."""
    rows = []
    for stratum in range(draw(st.integers(2, most_strata))):
        units = draw(st.integers(2, most_units))
        population = draw(st.integers(units + 1, 3 * units))
        for unit in range(units):
            rows += [(stratum, unit, population)] * draw(st.integers(1, 3))
    n = len(rows)
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    return pd.DataFrame(rows, columns=["h", "psu", "N"]).assign(
        w=np.array(column(st.integers(1, 40))) / 4.0, y=np.array(column(st.integers(1, 60)), dtype=float),
        x=np.array(column(st.integers(1, 9)), dtype=float), g=["a", "b", *column(st.sampled_from("ab"))[2:]],
    )  # fmt: skip


def declared(frame, fpc):
    return dl.declare_design(frame, weights="w", strata="h", psu="psu", fpc="N" if fpc else None)


def covariance(sample, *statistics):
    return dl.estimate(sample, *statistics, by="g").covariance


def same(left: np.ndarray, right: np.ndarray) -> None:
    np.testing.assert_allclose(
        left, right, rtol=1e-9, atol=1e-9 * np.nanmax(np.abs(right), initial=1e-3)
    )


TOTALS = (dl.total("y"), dl.total("x"), dl.count())


@law
@given(surveys(), st.booleans(), st.booleans())
def test_a_stratified_jackknife_equals_linearisation_for_totals(frame, fpc, mse):
    """Variances, and covariances between totals and between domains."""
    sample = declared(frame, fpc)
    same(
        covariance(dl.make_replicates(sample, "jkn", mse=mse), *TOTALS), covariance(sample, *TOTALS)
    )


@law
@given(surveys(most_units=2), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.3, 0.5]))
def test_half_samples_equal_linearisation_for_totals(frame, fpc, mse, fay):
    sample = declared(frame, fpc)
    kind: Any = "fay" if fay else "brr"
    same(
        covariance(dl.make_replicates(sample, kind, fay=fay, mse=mse), *TOTALS),
        covariance(sample, *TOTALS),
    )


@law
@given(surveys(), st.booleans(), st.booleans(), st.booleans())
def test_generalised_replication_equals_linearisation_for_totals(frame, fpc, mse, stages):
    """Of one stage, and of two with a correction at each."""
    if stages:
        people = frame.assign(
            who=np.arange(len(frame)), M=frame.groupby(["h", "psu"])["y"].transform("size") + 1
        )
        sample = dl.declare_design(
            people, weights="w", strata="h", psu=["psu", "who"], fpc=["N", "M"], lonely_psu="remove"
        )
    else:
        sample = declared(frame, fpc)
    same(
        covariance(dl.make_replicates(sample, "fay_generalised", mse=mse), *TOTALS),
        covariance(sample, *TOTALS),
    )


@law
@given(surveys(), st.booleans(), st.randoms(use_true_random=False))
def test_successive_differences_are_those_of_totals_along_the_order(frame, fpc, random):
    """(1 - f) / 2 times the sum of squared differences between neighbours, the first unit after the last."""
    unit, places = frame.groupby(["h", "psu"]).ngroup(), list(range(16))
    random.shuffle(places)
    frame["place"] = unit.map(dict(enumerate(places)))
    made = dl.make_replicates(declared(frame, fpc), "sdr", order="place")
    by_unit = (
        frame.assign(z=frame["w"] * frame["y"])
        .groupby(["h", "place"])
        .agg({"z": "sum", "N": "first"})
    )
    expected = 0.0
    for _, units in by_unit.groupby(level="h"):
        left = 1 - len(units) / units["N"].iloc[0] if fpc else 1.0
        expected += left / 2 * ((units["z"] - np.roll(units["z"], 1)) ** 2).sum()
    assert dl.estimate(made, dl.total("y")).covariance.item() == pytest.approx(
        expected, rel=1e-9, abs=1e-9
    )
    np.testing.assert_allclose(made.replication.factors.mean(axis=1), 1, rtol=1e-12)


@law
@given(
    surveys(), st.randoms(use_true_random=False), st.sampled_from(["jkn", "rao_wu", "doubled_half"])
)
def test_the_order_of_rows_does_not_matter(frame, random, kind):
    """Factors belong to units, which rows find by their identifiers."""
    order = list(range(len(frame)))
    random.shuffle(order)
    statistics = (dl.mean("y"), dl.ratio("y", "x"), dl.share("g"))
    one, other = (
        dl.estimate(dl.make_replicates(declared(each, True), kind), *statistics).covariance
        for each in (frame, frame.iloc[order])
    )
    same(one, other)


@law
@given(surveys(), st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_unit_of_weights_does_not_matter(frame, constant):
    scaled = frame.assign(w=frame["w"] * constant)
    one, other = (
        covariance(dl.make_replicates(declared(each, True), "jkn"), dl.mean("y"))
        for each in (frame, scaled)
    )
    same(one, other)


@law
@given(surveys(), st.integers(0, 1000))
def test_written_replicates_are_the_made_ones(frame, seed):
    """Factors of rows in columns of the file give what factors of units give: the two ways to weigh agree."""
    made = dl.make_replicates(declared(frame, True), "rao_wu", 10, seed=seed, mse=True)
    assert made.replication is not None
    assert made.replication.factors is not None
    by_row = made.replication.factors[made.engine.units.of_record]
    written = pd.concat([frame, pd.DataFrame(by_row, index=frame.index).add_prefix("r")], axis=1)
    replicates = dl.replicates("r", "bootstrap", combined=False)
    given_ = dl.declare_design(written, weights="w", replicates=replicates)
    statistics = (dl.mean("y"), dl.ratio("y", "x"), dl.arpr("y"), dl.total("x"))
    same(dl.estimate(given_, *statistics).covariance, dl.estimate(made, *statistics).covariance)


@law
@given(surveys())
def test_domain_totals_add_up(frame):
    sample = dl.make_replicates(declared(frame, True), "rao_wu", 12)
    parts = dl.estimate(sample, dl.total("y"), by="g")
    whole = dl.estimate(sample, dl.total("y")).frame.iloc[0]
    point, error = parts.sum()
    assert point == pytest.approx(whole["estimate"], rel=1e-9)
    assert error == pytest.approx(whole["std_error"], rel=1e-7, abs=1e-6)
