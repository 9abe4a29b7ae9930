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
HABITS = tomllib.loads(
    files("diplab.reference").joinpath("habits.toml").read_text(encoding="utf-8")
)


def answers() -> dl.Microdata:
    """Return microdata with every column that a line names."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"sex": rng.integers(1, 3, N), "age": rng.integers(18, 80, N), "job": rng.integers(1, 4, N)}
    )
    frame["income"], frame["w"] = rng.lognormal(7.0, 0.5, N), rng.lognormal(2.0, 0.3, N)
    frame["region"], frame["town"] = np.arange(N) % 3, np.arange(N) % 24
    frame["months"], frame["left"] = rng.exponential(9.0, N) + 1, rng.integers(0, 2, N)
    frame["household"], frame["rw1"], frame["rw2"] = np.arange(N) // 2, frame["w"], frame["w"] * 1.1
    labels = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man")}
    return dl.Microdata(
        frame, dl.Codebook().described("sex", label=dl.Text("Sexe", "Sex"), values=labels)
    )


DATA = answers()
KNOWN = {
    "dl": dl, "data": DATA, "sample": dl.declare_design(DATA, weights="w"), "codebook": DATA.codebook,
    "households": dl.Microdata(pd.DataFrame({"household": range(60), "size": 2})),
}  # fmt: skip
KNOWN["result"] = dl.summary(KNOWN["sample"], ["income", "sex"])
KNOWN["estimates"] = dl.estimate(KNOWN["sample"], dl.mean("income"), by="sex")
KNOWN["regression"] = dl.regress(KNOWN["sample"], "income ~ age")
KNOWN["test"] = dl.t_test(KNOWN["sample"], "income", by="sex")
KNOWN["parameter"] = dl.parameter("minimum_wage_monthly_net", 2018)
KNOWN["crosstab"] = dl.crosstab(KNOWN["sample"], "sex", "job")
OF_ARGUMENTS = HABITS.pop("argument")
LINES = [(section, name, line) for section, own in HABITS.items() for name, line in own.items()]


@pytest.mark.parametrize("name", OF_ARGUMENTS)
def test_arguments_of_other_packages_are_answered_with_a_line(name: str) -> None:
    verb, _, option = name.partition(".")
    needed = {
        "regress": {"formula": "income ~ age"},
        "harmonise_pay": {"pay": "income", "period": "month"},
    }.get(verb, {})
    called = getattr(dl.work if verb in dl.work.__all__ else dl, verb)
    with pytest.raises(CallError) as error:
        called(KNOWN["sample"], **needed, **{option: "household"})
    assert str(error.value) == (
        f"`{verb}` has no argument `{option}`. Write for example `{OF_ARGUMENTS[name]}`."
    )
    eval(OF_ARGUMENTS[name], KNOWN)


@pytest.mark.parametrize(("section", "name", "line"), LINES)
def test_each_line_works_and_is_what_the_error_says(
    section: str, name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    eval(line, KNOWN | {"result": KNOWN[section]})
    made = (
        ", after `sample = dl.declare_design(data, weights='w')`"
        if section == "data" and "sample" in line
        else ""
    )
    if hasattr(type(KNOWN[section]), "__array__") and name == "arithmetic":
        return  # no name, but what is said where one adds
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
    {
        "harmonise_pay": dl.work,
        "headcount": dl.population,
        "cox": dl.survival,
        "sample_size": dl.planning,
    }.items(),
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
    refused(
        lambda: dl.declare_design(frame.set_axis([("a", "x"), ("a", "y")], axis=1)), ColumnError
    )


RESULTS = (
    "found['x']", "found[0]", "found[found.frame['n'] > 9]", "found.where('age > 3')", "found.to_dataframe()",
    "found.estimate", "found.nothing_like_it", "list(found)", "'sex' in found", "found['x'] = 3", "found * 100",
    "found > 3", "np.asarray(found)", "fit.summary()",
    "test.head()", "test['p']", "list(test)", "fit.params", "fit.pvalues",
    "fit['age']", "table.chi2",
    "table['f']", "test.pvalue", "data + 1", "data > 3", "np.asarray(data)", "sample - 1", "book + book",
)  # fmt: skip
TOPICS = (
    "dl.population.chapmann", "dl.population.two_lists", "dl.population.chapman", "dl.work.nope", "dl.work.mean",
    "dl.survival.coxph", "dl.survival.coxx", "dl.planning.lists", "dl.types.Estimate",
)  # fmt: skip
NOUNS = (
    "dl.Text('a')", "dl.Text(3)", "dl.Text('a', 3)", "dl.Text()", "dl.Notes('x')", "dl.Notes(nope='x')",
    "dl.Microdata()", "dl.Microdata(data.frame, codebook=3)", "dl.Microdata(data.frame, book=3)", "dl.Codebook(3)",
)  # fmt: skip
KINDS = (
    "dl.chart(found, ax=3)", "dl.chart(found, limits=('x',))", "dl.chart(found, language=data.frame['age'])",
    "dl.reproduce(data=3)", "dl.reproduce('press-2023-claims', data=3)", "dl.write(data, 3)",
    "dl.estimate(sample, dl.mean('age'), deff=data.frame['age'])", "dl.crosstab(sample, data.frame['sex'], 'job')",
    "dl.regress(sample, 'income ~ age', df=data.frame['age'])", "dl.term_test(fit, data.frame['age'])",
    "dl.two_phase(3, 'age > 3')", "dl.survival.cox(sample, 'age', time=data.frame['months'], event='left')",
    "data.with_columns(old=sample)", "sample.with_columns(old=data.frame)", "found.rows(3)", "found.described(n=1)",
    "dl.marginal_effects(found)", "dl.contrast(data)", "dl.table(sample)",
)  # fmt: skip


def test_results_and_nouns_answer_what_was_meant(refused: Any) -> None:
    """Habits of pandas and statsmodels on results, names of topics, and nouns: in the words of the call."""
    names = {each: KNOWN[each] for each in ("dl", "data", "sample", "test")} | {
        "np": np,
        "book": KNOWN["codebook"],
    }
    names |= {"found": KNOWN["estimates"], "fit": KNOWN["regression"], "table": KNOWN["crosstab"]}
    for gesture in (*RESULTS, *TOPICS, *NOUNS, *KINDS):
        refused(partial(exec, gesture, dict(names)), DiplabError)
    assert KNOWN["estimates"].rows(0).frame.equals(KNOWN["estimates"].rows([True, False]).frame)
    assert DATA.codebook.look_for(3).names == []  # type: ignore[attr-defined, arg-type]
    for result in (KNOWN["estimates"], KNOWN["regression"], KNOWN["crosstab"], KNOWN["test"]):
        assert (
            type(pickle.loads(pickle.dumps(result))) is type(copy.deepcopy(result)) is type(result)
        )
        assert not hasattr(result, "summary2")


def test_what_has_no_length_and_records_say_what_they_hold(refused: Any) -> None:
    """A sample, the provenance of a result, a variable, a design, a text, a parameter; the same of small tables."""
    sample, found = KNOWN["sample"], KNOWN["estimates"]
    refused(lambda: len(sample), CallError)
    assert all([sample, found, KNOWN["test"]])
    assert sample.respondents() == N
    refused(lambda: found.provenance.rule, MemberError)
    refused(lambda: found.provenance.confidense, MemberError)
    refused(lambda: found.provenance["confidence"], CallError)
    assert found.provenance.rules["confidence"] == "0.95"
    refused(lambda: DATA.codebook["sex"].valeus, MemberError)
    refused(lambda: DATA.codebook["sex"]["label"], CallError)
    refused(lambda: DATA.codebook.origin.path, MemberError)
    refused(lambda: sample.design.weight, MemberError)
    refused(lambda: dl.Text("a", "b").de, MemberError)
    refused(lambda: dl.mean("income").labels, MemberError)
    refused(lambda: KNOWN["parameter"].unity, MemberError)
    refused(lambda: KNOWN["parameter"] * 12, CallError)
    refused(lambda: DATA.describe().colour, MemberError)
    refused(lambda: float(found), CallError)
    with pytest.raises(CallError):
        sample.weights_ = 3
    with pytest.raises(CallError):
        del sample.design
    records = [found.provenance, DATA.codebook["sex"], sample.design, dl.Text("a", "b")]
    assert [pickle.loads(pickle.dumps(each)) == copy.copy(each) for each in records] == [True] * 4


def test_bytes_and_lists_of_other_things_name_no_column(refused: Any) -> None:
    sample = KNOWN["sample"]
    refused(lambda: dl.summary(sample, ["income"], by=b"sex"), DiplabError)
    refused(lambda: dl.summary(sample, ["income"], by=[1]), DiplabError)
    for attribute, value in {"values": 3, "label": 3, "missing_ranges": 3}.items():
        refused(partial(DATA.described, "sex", **{attribute: value}), CallError)
    for odd in ({1, 2}, iter([1]), np.array("x"), ..., {"a": 1}):
        with pytest.raises(OptionError, match="and not one variable"):
            DATA.with_columns(odd=odd)
        with pytest.raises(OptionError, match="and not one variable"):
            sample.with_columns(odd=odd)


def test_no_groups_are_none_everywhere() -> None:
    """`by=None` is what `by` left out is, as the signature says."""
    sample = KNOWN["sample"]
    same = [
        partial(dl.crosstab, sample, "sex", "job"),
        partial(dl.estimate, sample, dl.mean("income")),
        partial(dl.summary, sample, ["income"]),
        partial(dl.survival.kaplan_meier, sample, "months", "left"),
        partial(dl.standardise, sample, dl.mean("income"), {"sex": {1: 0.5, 2: 0.5}}),
    ]
    for call in same:
        pd.testing.assert_frame_equal(call(by=None).frame, call().frame)
