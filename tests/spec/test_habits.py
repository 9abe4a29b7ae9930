"""Habits of pandas, R and Stata are answered with the line to write; each of these lines works as written."""

import copy
import pickle
import tomllib
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import CallError, ColumnError, DiplabError, MemberError, OptionError

N = 120
HABITS = tomllib.loads(files("diplab.reference").joinpath("habits.toml").read_text(encoding="utf-8"))


def answers() -> dl.Microdata:
    """Return microdata with every column that a line names."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"sex": rng.integers(1, 3, N), "age": rng.integers(18, 80, N), "job": rng.integers(1, 4, N)})
    frame["income"], frame["w"] = rng.lognormal(7.0, 0.5, N), rng.lognormal(2.0, 0.3, N)
    frame["region"], frame["town"] = np.arange(N) % 3, np.arange(N) % 24
    frame["months"], frame["left"] = rng.exponential(9.0, N) + 1, rng.integers(0, 2, N)
    frame["household"], frame["rw1"], frame["rw2"] = np.arange(N) // 2, frame["w"], frame["w"] * 1.1
    labels = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man")}
    return dl.Microdata(frame, dl.Codebook().described("sex", label=dl.Text("Sexe", "Sex"), values=labels))


DATA = answers()
KNOWN = {
    "dl": dl, "data": DATA, "sample": dl.declare_design(DATA, weights="w"), "codebook": DATA.codebook,
    "households": dl.Microdata(pd.DataFrame({"household": range(60), "size": 2})),
}  # fmt: skip
LINES = [(section, name, line) for section, own in HABITS.items() for name, line in own.items()]


@pytest.mark.parametrize(("section", "name", "line"), LINES)
def test_each_line_works_and_is_what_the_error_says(
    section: str, name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    eval(line, dict(KNOWN))
    made = ", after `sample = dl.declare_design(data, weights='w')`" if section == "data" and "sample" in line else ""
    with pytest.raises(MemberError) as error:
        getattr(KNOWN[section], name)
    assert str(error.value).endswith(f"Write for example `{line}`{made}.")
    # what is not there is not there for `hasattr` either
    assert not hasattr(KNOWN[section], name)


GESTURES = (
    "data.age", "data.Age", "sample.age", "book.age", "data[['sex', 'age']]", "data['agee']", "data['nothing']",
    "data[0:3]", "data[data.frame['age'] > 40]", "data['age'] = 3", "data.age = 3", "del data['age']", "'age' in data",
    "'age' in sample", "sample['old'] = 3", "data.svymean", "data[0]",
)  # fmt: skip


def test_brackets_and_names_that_nobody_has(refused: Any) -> None:
    sample, book = KNOWN["sample"], KNOWN["codebook"]
    refused(lambda: DATA["age"], CallError)  # type: ignore[index]
    refused(lambda: sample["age"], CallError)
    refused(lambda: list(DATA), CallError)  # type: ignore[call-overload]
    for gesture in GESTURES:
        refused(partial(exec, gesture, {"data": DATA, "sample": sample, "book": book}), DiplabError)
    refused(lambda: DATA.recod, MemberError)  # type: ignore[attr-defined]
    refused(lambda: sample.wher, MemberError)
    refused(lambda: book.nothing_of_the_kind, MemberError)
    refused(lambda: dl.svymean, MemberError)  # type: ignore[attr-defined]
    assert book["sex"].label.en == "Sex"


def test_methods_explain_wrong_calls_as_functions_do(refused: Any) -> None:
    sample = KNOWN["sample"]
    refused(lambda: DATA.multiple_response("tasks", ["a"], ["b"]), CallError)  # type: ignore[call-arg, misc]
    refused(DATA.recode, CallError)  # type: ignore[call-arg]
    refused(lambda: DATA.recode("age", band=[0, 30]), CallError)  # type: ignore[call-arg]
    refused(DATA.codebook.described, CallError)  # type: ignore[call-arg]
    refused(sample.where, CallError)
    refused(lambda: sample.universe("age > 20", "sex == 1"), CallError)
    assert DATA.recode.__doc__
    # an error of Python inside of a method stays what it is
    with pytest.raises(TypeError, match="unhashable"):
        DATA.recode("sex", {frozenset([1]): {}[[]]})  # type: ignore[index]


def test_errors_and_nouns_go_through_files() -> None:
    for thing in (DATA, KNOWN["sample"], DATA.codebook):
        assert type(pickle.loads(pickle.dumps(thing))) is type(thing)
        assert type(copy.copy(thing)) is type(thing)
    with pytest.raises(DiplabError) as error:
        DATA.head()  # type: ignore[attr-defined]
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


@pytest.mark.parametrize(
    ("name", "place"),
    {"harmonise_pay": dl.work, "headcount": dl.population, "cox": dl.survival, "sample_size": dl.planning}.items(),
)
def test_a_name_of_a_topic_says_which_topic(name: str, place: Any) -> None:
    habit = HABITS["dl"].get(name)
    with pytest.raises(MemberError) as error:
        getattr(dl, name)
    topic = place.__name__.removeprefix("diplab.")
    assert str(error.value) == f"`dl` has no `{name}`. Write " + (
        f"for example `{habit}`." if habit else f"`dl.{topic}.{name}`."
    )
    assert callable(getattr(place, name))


def test_completion_shows_what_a_user_needs() -> None:
    shown = {name for name in dir(KNOWN["sample"]) if not name.startswith("_")}
    assert {"where", "universe", "with_columns", "recode", "codebook"} <= shown
    assert len(shown) < 12
    assert all(hasattr(KNOWN["sample"], name) for name in shown)


def test_two_results_one_after_the_other_are_a_list(refused: Any) -> None:
    one = dl.estimate(KNOWN["sample"], dl.mean("income"), by="sex")
    two = dl.estimate(KNOWN["sample"], dl.mean("age"), by="sex")
    refused(lambda: dl.table(one, two), DiplabError)  # type: ignore[arg-type]
    refused(lambda: dl.chart(one, two), DiplabError)  # type: ignore[arg-type]
    assert dl.table([one, two]).sheet.rows
    refused(lambda: dl.crosstabs, MemberError)
    refused(lambda: dl.declare_design(DATA, ids="town"), CallError)  # type: ignore[call-arg]


def test_arguments_of_another_kind_are_told_by_what_they_are(refused: Any) -> None:
    """Where Python, pandas or numpy would say what they could not do with it."""
    frame = pd.DataFrame({"pay": [1.0, 2.0, 3.0, 4.0], "sex": ["f", "m", "f", "m"]})
    data = dl.Microdata(frame)
    sample = dl.declare_design(data)
    found = dl.estimate(sample, dl.mean("pay"), by="sex")
    refused(lambda: dl.estimate(sample, dl.mean("pay"), by=frame["sex"]), CallError)
    refused(lambda: dl.estimate(sample, dl.mean("pay"), by=3), CallError)
    refused(lambda: dl.t_test(sample, frame["pay"], frame["sex"]), CallError)
    refused(lambda: dl.contrast(None), CallError)
    refused(lambda: dl.summary(sample, None), CallError)
    refused(lambda: dl.table(found, title=3), CallError)
    refused(lambda: dl.marginal_effects(found), CallError)
    refused(lambda: dl.save(dl.table(found), None), CallError)
    refused(lambda: data.with_columns(z=[1, 2]), OptionError)
    refused(lambda: dl.declare_design(frame.set_axis([("a", "x"), ("a", "y")], axis=1)), ColumnError)
