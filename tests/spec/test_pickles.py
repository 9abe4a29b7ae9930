"""Everything public survives `pickle`, `copy.deepcopy` and a process pool; a sample on a connection says what to write.

`joblib` and `dask` pickle what they send to their workers.
"""

import copy
import importlib
import inspect
import io
import pickle
import pydoc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import DesignError
from diplab.estimators import ONE


def people(n: int = 160) -> pd.DataFrame:
    """Return respondents with everything a design may name."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "w": rng.lognormal(0.0, 0.3, n),
            "h": rng.integers(0, 4, n),
            "town": rng.integers(0, 20, n),
        }
    )
    frame["y"], frame["x"] = rng.integers(0, 2, n), rng.normal(size=n)
    frame["pay"], frame["k"] = rng.lognormal(2.0, 0.5, n), rng.choice(["a", "b", "c"], n)
    frame["o"], frame["t"] = rng.integers(1, 4, n), rng.exponential(5.0, n)
    frame["many"] = rng.negative_binomial(1, 0.2, n)
    frame["rw1"], frame["rw2"] = rng.lognormal(0.0, 0.3, n), rng.lognormal(0.0, 0.3, n)
    return frame


FRAME, WORDS = people(), dl.Text("mot", "word")
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


class Travel(pickle.Unpickler):
    """Reads a pickle, and remembers the classes and the functions that it names."""

    seen: ClassVar[set[Any]] = set()

    def find_class(self, module: str, name: str) -> Any:
        """Return a class or a function."""
        found = super().find_class(module, name)
        self.seen.add(found)
        return found


def again(thing: Any) -> Any:
    """Return what comes back from a file."""
    Travel.seen.add(type(thing))
    return Travel(io.BytesIO(pickle.dumps(thing))).load()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("travel", [again, copy.deepcopy])
def test_samples_answer_the_same(name: str, travel: Any) -> None:
    asked = dl.mean("pay"), dl.share("k")
    before, after = (
        dl.estimate(each, *asked).frame for each in (SAMPLES[name], travel(SAMPLES[name]))
    )
    pd.testing.assert_frame_equal(before, after)


TOPICS = ["diplab", "diplab.types", "diplab.wording", "diplab.estimators"]
TOPICS += [
    each.__name__ for each in map(dl.__getattr__, dl.__all__) if isinstance(each, ModuleType)
]


@pytest.mark.parametrize("topic", sorted({*TOPICS}))
def test_public_names_are_themselves_elsewhere(topic: str) -> None:
    module = importlib.import_module(topic)
    for name in module.__all__:
        value = getattr(module, name)
        if not isinstance(value, ModuleType):
            assert again(value) == copy.copy(value) == copy.deepcopy(value) == value, name


@pytest.mark.parametrize("topic", sorted({*TOPICS}))
def test_completion_and_help_show_the_parameters(topic: str) -> None:
    module = importlib.import_module(topic)
    for name in module.__all__:
        value = getattr(module, name)
        if callable(value) and name[0].islower():
            parameters = inspect.signature(value).parameters
            assert not {"arguments", "options"} <= {*parameters}, name
            text = pydoc.plain(pydoc.render_doc(value))
            assert all(each in text for each in parameters), name


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
    "areas": lambda: dl.areas.fay_herriot(
        dl.estimate(SAMPLE, dl.mean("x"), by="k"), "~ z", pd.DataFrame({"k": ["a", "b", "c"], "z": [1, 2, 4]})
    ),
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
    "several": lambda: dl.imputed([PLAIN, PLAIN]), "rules of jobs": dl.work.job_rules,
    "differences": lambda: DATA.conflicts(FRAME), "set": lambda: dl.types.Responses("q", ["y", "k"]),
    "beside": lambda: dl.compare_with_population(
        0.2, dl.parameter("inactive_share_15_64", 2018), dl.types.Coverage(2019, ages=(15, 64))
    ),
    "source": lambda: dl.population.Source("A", 100, "published", "x"),
    "circle": lambda: dl.population.Circle("r", 9.0, WORDS, WORDS, WORDS, "published"),
    "seen once or more": lambda: dl.population.single_source_regression(
        "~ x", FRAME.assign(times=FRAME["o"]), "times", "poisson"
    ),
    "shared weights": lambda: dl.population.weight_share(
        pd.DataFrame({"account": [1, 2], "person": [1, 1], "weight": [3.0, 3.0], "links": [2, 2]})
    ),
    "scale": dl.types.EquivalenceScale, "style": dl.types.Style,
    "reasons": lambda: DATA.missing("k"), "number of a study": lambda: dl.types.Result(1.0),
    "linearised": lambda: dl.types.Linearised(np.ones(1), ONE),
    "inputs": lambda: dl.types.Inputs(dl.study("france-2019-headcount"), {}, None, Path()),
    "printed tables": lambda: dl.study("poland-gig-2021"),
    "assumption": lambda: next(iter(dl.study("france-2019-headcount").assumptions.values())),
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
def test_results_of_every_kind(name: str) -> None:
    found = RESULTS[name]()
    for back in (again(found), copy.deepcopy(found)):
        assert type(back) is type(found)
        if isinstance(getattr(found, "frame", None), pd.DataFrame):
            pd.testing.assert_frame_equal(back.frame, found.frame)
            assert repr(back) == repr(found)


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
    assert len(copy.deepcopy(figure).axes) == len(figure.axes)
    assert [each.get_text() for each in back.axes[0].get_yticklabels()] == [
        each.get_text() for each in figure.axes[0].get_yticklabels()
    ]


def mean_of(sample: Any) -> float:
    """Return what another process computes."""
    return float(dl.estimate(sample, dl.mean("pay")).frame["estimate"].item())


def test_a_process_pool() -> None:
    """In a new process, which imports everything anew; functions of ours are sent as they are."""
    fit = dl.regress(SAMPLE, "y ~ x", family="binomial")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        means = [pool.submit(dl.estimate, each, dl.mean("pay")) for each in (SAMPLE, PLAIN)]
        made = pool.submit(dl.marginal_effects, fit)
        curve = pool.submit(dl.survival.kaplan_meier, SAMPLE, "t", "y")
        data = pool.submit(DATA.recode, "y", bands=[0, 1, 2], into="z")
        found = [each.result().frame["estimate"].item() for each in means]
    assert found == [mean_of(SAMPLE), mean_of(PLAIN)]
    pd.testing.assert_frame_equal(made.result().frame, dl.marginal_effects(fit).frame)
    pd.testing.assert_frame_equal(
        curve.result().frame, dl.survival.kaplan_meier(SAMPLE, "t", "y").frame
    )
    assert "z" in data.result().frame


def test_every_public_class_travels_with_some_example() -> None:
    for found in (*SAMPLES.values(), *STATISTICS, *(make() for make in RESULTS.values())):
        again(found)
    classes = {
        getattr(module, name)
        for module in map(importlib.import_module, ("diplab.types", "diplab.population"))
        for name in module.__all__
        if inspect.isclass(getattr(module, name))
    }
    assert sorted(each.__name__ for each in classes - Travel.seen) == []


def test_answers_of_respondents_are_in_no_result() -> None:
    """A result says how it is computed again to other results of the session, and not to a file."""
    marked = dl.declare_design(FRAME.assign(secret="the answer of somebody"), weights="w")
    assert b"the answer of somebody" not in pickle.dumps(
        dl.estimate(marked, dl.mean("pay"), by="k")
    )


def test_a_sample_on_a_connection_says_what_to_write(refused: Any) -> None:
    connection = duckdb.connect()
    relation = connection.from_df(FRAME)
    sample = dl.declare_design(relation, weights="w", psu="town")
    refused(lambda: pickle.dumps(sample), DesignError)
    taken = dl.declare_design(relation.select("w", "town", "pay").df(), weights="w", psu="town")
    assert mean_of(again(taken)) == pytest.approx(mean_of(sample))
