"""Everything public survives `pickle` and a process pool; a sample on a connection says what to write."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import DesignError


def people(n: int = 160) -> pd.DataFrame:
    """Return respondents with everything a design may name."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"w": rng.lognormal(0.0, 0.3, n), "h": rng.integers(0, 4, n), "town": rng.integers(0, 20, n)})
    frame["y"], frame["x"] = rng.integers(0, 2, n), rng.normal(size=n)
    frame["pay"], frame["k"] = rng.lognormal(2.0, 0.5, n), rng.choice(["a", "b", "c"], n)
    frame["o"], frame["t"] = rng.integers(1, 4, n), rng.exponential(5.0, n)
    frame["many"] = rng.negative_binomial(1, 0.2, n)
    frame["rw1"], frame["rw2"] = rng.lognormal(0.0, 0.3, n), rng.lognormal(0.0, 0.3, n)
    return frame


FRAME = people()
DATA = dl.Microdata(FRAME, dl.Codebook().described("k", label=dl.Text("clé", "key")))
SAMPLE = dl.declare_design(DATA, weights="w", strata="h", psu="town", lonely_psu="average")
PLAIN = dl.declare_design(DATA, weights="w")
SAMPLES = {
    "strata": SAMPLE, "plain": PLAIN, "domain": SAMPLE.where("y == 1").universe("x > -1"),
    "calibrated": dl.calibrate(SAMPLE, {"y": {0: 90.0, 1: 110.0}}),
    "jackknife": dl.make_replicates(SAMPLE, "jkn"), "bootstrap": dl.make_replicates(PLAIN, "rao_wu", n=20, seed=1),
    "given": dl.declare_design(DATA, weights="w", replicates=dl.replicates(["rw1", "rw2"], kind="jk1", combined=False)),
    "collapsed": dl.declare_design(FRAME.assign(h=range(160)), strata="h", lonely_psu="collapse"),
    "polars": dl.declare_design(pl.from_pandas(FRAME), weights="w", psu="town"),
    "lazy": dl.declare_design(pl.from_pandas(FRAME).lazy(), weights="w", psu="town", strata="h"),
    "two phases": dl.two_phase(PLAIN, "y == 1"), "persons": dl.declare_design(FRAME, id="town"),
}  # fmt: skip


def again(thing: Any) -> Any:
    """Return what comes back from a file."""
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_answer_the_same(name: str) -> None:
    asked = dl.mean("pay"), dl.share("k")
    before, after = (dl.estimate(each, *asked).frame for each in (SAMPLES[name], again(SAMPLES[name])))
    pd.testing.assert_frame_equal(before, after)


STATISTICS = [
    dl.mean("x"),
    dl.share("k"),
    dl.quantile("pay", 0.9),
    dl.gini("pay"),
    dl.arpr("pay"),
    dl.ratio("x", "pay"),
]


@pytest.mark.parametrize("statistic", STATISTICS)
def test_statistics_and_their_results(statistic: Any) -> None:
    found, other = (dl.estimate(SAMPLE, each, by="y") for each in (statistic, again(statistic)))
    pd.testing.assert_frame_equal(found.frame, other.frame)
    pd.testing.assert_frame_equal(again(found).frame, found.frame)
    assert dl.table(again(found), "fr").as_raw_html() == dl.table(found, "fr").as_raw_html()


MODELS = {
    "gaussian": "x ~ k", "binomial": "y ~ x + k", "poisson": "o ~ x", "negative_binomial": "many ~ x",
    "ordinal": "o ~ x", "multinomial": "k ~ x", "gamma": "pay ~ x", "quantile": "pay ~ x",
}  # fmt: skip


@pytest.mark.parametrize("family", MODELS)
@pytest.mark.parametrize("sample", ["strata", "jackknife"])
def test_models_and_what_is_made_of_them(family: Any, sample: str) -> None:
    fit = dl.regress(SAMPLES[sample], MODELS[family], family=family)
    back = again(fit)
    pd.testing.assert_frame_equal(back.frame, fit.frame)
    if family == "binomial":
        for made in (dl.marginal_effects, dl.effect_ratios):
            pd.testing.assert_frame_equal(made(back).frame, made(fit).frame)


RESULTS = {
    "contrast": lambda: dl.contrast(dl.estimate(SAMPLE, dl.mean("x"), by="k"), pairwise="holm"),
    "crosstab": lambda: dl.crosstab(SAMPLE, "k", "y"), "test": lambda: dl.t_test(SAMPLE, "x", "y"),
    "curve": lambda: dl.survival.kaplan_meier(SAMPLE, "t", "y"),
    "hazards": lambda: dl.survival.cox(SAMPLE, "x", time="t", event="y"),
    "summary": lambda: dl.summary(SAMPLE, ["x", "k"], by="y"),
    "log-linear": lambda: dl.log_linear(SAMPLE, "~ k + y"), "weights": lambda: dl.weight_effects(SAMPLE),
    "margins": lambda: dl.predicted_margins(dl.regress(SAMPLE, "y ~ x + k", family="binomial"), "k"),
    "lorenz": lambda: dl.estimate(SAMPLE, dl.lorenz("pay")),
    "published": lambda: dl.publish(
        dl.crosstab(SAMPLE, "k", "y"), sample=SAMPLE, notes=dl.Notes(coverage="c", source="s")
    ),
    "imputed": lambda: dl.estimate(dl.imputed([PLAIN, PLAIN]), dl.mean("x")),
    "parts": lambda: dl.decompose(SAMPLE, dl.arpr("pay"), "k"), "table": lambda: dl.table(RESULTS["crosstab"]()),
    "checks": DATA.check, "risk": lambda: DATA.disclosure_risk(["k", "y"]),
    "described": DATA.describe, "data": lambda: DATA, "codebook": lambda: DATA.codebook,
    "parameter": lambda: dl.parameter("poverty_threshold_60", 2016), "notes": lambda: dl.Notes(note="x"),
    "plan": lambda: dl.planning.sample_size("share", margin=0.03), "study": lambda: dl.study("france-2019-headcount"),
    "rerun": lambda: dl.reproduce("france-2019-headcount"), "size": lambda: dl.population.two_sample(100, 80, 20),
    "sizes": lambda: dl.population.sensitivity({1: 50, 2: 20, 3: 5}),
    "replicates": lambda: dl.replicates(["rw1", "rw2"], kind="jk1"),
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
def test_results_of_every_kind(name: str) -> None:
    found = RESULTS[name]()
    back = again(found)
    assert type(back) is type(found)
    if isinstance(getattr(found, "frame", None), pd.DataFrame):
        pd.testing.assert_frame_equal(back.frame, found.frame)


CHARTS = {
    "dots": lambda: dl.chart(dl.estimate(SAMPLE, dl.mean("x"), by="k")),
    "lines": lambda: dl.chart(dl.estimate(SAMPLE, dl.mean("x"), by="o"), "lines"),
    "bars": lambda: dl.chart(dl.estimate(SAMPLE, dl.share("k")), "bars"),
    "coefficients": lambda: dl.chart(dl.regress(SAMPLE, "y ~ x", family="binomial")),
    "survival": lambda: dl.chart(dl.survival.kaplan_meier(SAMPLE, "t", "y")),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_figures(name: str) -> None:
    figure = CHARTS[name]()
    back = again(figure)
    assert [each.get_text() for each in back.axes[0].get_yticklabels()] == [
        each.get_text() for each in figure.axes[0].get_yticklabels()
    ]


def mean_of(sample: Any) -> float:
    """Return what another process computes."""
    return float(dl.estimate(sample, dl.mean("pay")).frame["estimate"].item())


def test_a_process_pool() -> None:
    with ProcessPoolExecutor(1) as pool:
        assert list(pool.map(mean_of, [SAMPLE, PLAIN])) == [mean_of(SAMPLE), mean_of(PLAIN)]


def test_answers_of_respondents_are_in_no_result() -> None:
    """A result says how it is computed again to other results of the session, and not to a file."""
    marked = dl.declare_design(FRAME.assign(secret="the answer of somebody"), weights="w")
    assert b"the answer of somebody" not in pickle.dumps(dl.estimate(marked, dl.mean("pay"), by="k"))


def test_a_sample_on_a_connection_says_what_to_write(refused: Any) -> None:
    connection = duckdb.connect()
    relation = connection.from_df(FRAME)
    sample = dl.declare_design(relation, weights="w", psu="town")
    refused(lambda: pickle.dumps(sample), DesignError)
    taken = dl.declare_design(relation.select("w", "town", "pay").df(), weights="w", psu="town")
    assert mean_of(again(taken)) == pytest.approx(mean_of(sample))
