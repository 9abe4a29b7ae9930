"""What holds of every statistic there is, found in the package and not in a list of names."""

from __future__ import annotations

import importlib
import sys
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import MisleadingError, OptionError
from diplab.estimators.statistic import Linearised, Statistic, StatisticFunction, statistic
from diplab.presentation.layouts.rows import rows_in_words
from diplab.reference.text import Language
from diplab.results.estimates import StatisticKind
from tests.every_statistic import (
    CONDITIONS,
    FUNCTIONS,
    called,
    columns_of,
    options_of,
    other_values,
)


def _people(seed, of):
    draw = np.random.default_rng(seed)
    common = draw.normal(7, 0.5, 120)
    columns: dict[str, Any] = {"id": np.arange(120)}
    for name in columns_of(of):
        amounts = np.round(np.exp(common + draw.normal(0, 0.3, 120))) + 1
        columns[name] = draw.integers(0, 2, 120) if name in CONDITIONS else amounts
    if {"hours", "platforms", "held"} & set(columns) and len(columns) == 2:
        columns = {name: draw.integers(1, 60, 120) for name in columns}
    return dl.declare_design(pd.DataFrame(columns))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_row_has_a_declared_kind(name):
    statistic = called(name)
    assert isinstance(statistic, Statistic)
    sample = _people(1, FUNCTIONS[name])
    found = dl.estimate(sample, statistic)
    assert set(found.frame["statistic"]) <= set(found.descriptions)
    assert set(found.kinds) <= set(get_args(StatisticKind))
    # kept by what is made of a result
    assert found.rows([0]).kinds == found.kinds[:1]
    both = dl.imputed([sample, _people(2, FUNCTIONS[name])])
    assert dl.estimate(both, statistic).kinds == found.kinds


@pytest.mark.parametrize("name", FUNCTIONS)
def test_shares_of_two_surveys_are_not_divided(name, error_text):
    first, second = (dl.estimate(_people(seed, FUNCTIONS[name]), called(name)) for seed in (1, 2))
    for place, kind in enumerate(first.kinds):
        pair = [first.rows([place]), second.rows([place])]
        assert dl.contrast(pair).kinds == (kind,)
        if kind == "share":
            with pytest.raises(
                MisleadingError, match="would divide a share of one survey by a share of"
            ) as caught:
                dl.contrast(pair, kind="ratio")
            if name == "share":
                error_text(caught)
        else:
            assert dl.contrast(pair, kind="ratio").kinds == (kind,)


def _options() -> list[tuple[str, str]]:
    pairs = []
    for name, function in FUNCTIONS.items():
        described = isinstance(function, StatisticFunction)
        pairs += [
            (name, each) for each in options_of(name) if described or other_values(name, each)
        ]
    pairs.remove(("total", "classes"))  # means nothing without `na="adjusted"`
    return pairs


@pytest.mark.parametrize(("name", "option"), _options())
def test_rows_that_differ_in_an_option_never_print_alike(name, option):
    sample = _people(1, FUNCTIONS[name])
    values = other_values(name, option)
    assert values, f"the law knows no other value of `{option}`"
    for value in values:
        try:
            found = dl.estimate(sample, called(name), called(name, **{option: value}))
        except OptionError:
            continue
        break
    for language in get_args(Language):
        rows = [
            (*row.by, row.statistic, row.variable, row.category)
            for row in rows_in_words(found, language)
        ]
        alike = [place for place, row in enumerate(rows) if rows.count(row) > 1]
        numbers = found.frame.iloc[alike].drop_duplicates()
        # a row that has not this option is the same in both
        assert len(numbers) == len({rows[place] for place in alike}), [
            rows[place] for place in alike
        ]
        if isinstance(FUNCTIONS[name], StatisticFunction):
            assert not alike


def test_statistics_that_are_refused(refused):
    @statistic(kind="share")
    def mean(totals: Any, y: Any) -> Linearised:
        return dl.mean.on(totals, y)

    def odds(totals: Any, y: Any, *, p: float = 0.5) -> Linearised:
        raise AssertionError

    sample = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0]}))
    refused(lambda: dl.estimate(sample, dl.mean("y"), mean("y")), OptionError)
    refused(lambda: statistic(odds), OptionError)
    refused(lambda: statistic(kind="index", rules=("convention",))(odds), OptionError)


MODULE = '''
"""The ratio of two quantiles, written in another package."""

import numpy as np

from diplab.estimators import Expression, Linearised, Totals, only_where, power, statistic, ONE


@statistic(kind="index", label_options=("top", "bottom"))
def percentile_ratio(totals: Totals, y: Expression, *, top: float = 0.9, bottom: float = 0.1, rule: str = "math"):
    high, low = (totals.quantile(y, each, rule) for each in (top, bottom))
    return Linearised(high / low, (y - y) * 1.0)
'''


@pytest.fixture
def percentile_ratio(tmp_path, monkeypatch):
    (tmp_path / "their_statistics.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("their_statistics").percentile_ratio
    sys.modules.pop("their_statistics")


def test_a_statistic_of_another_package_says_its_options(percentile_ratio, refused):
    people = pd.DataFrame({"y": np.arange(1.0, 101.0), "g": ["a", "b"] * 50})
    sample = dl.declare_design(people)
    found = dl.estimate(sample, percentile_ratio("y"), percentile_ratio("y", top=0.5), by="g")
    assert (
        found.frame["category"].tolist()
        == ["top=0.9, bottom=0.1"] * 2 + ["top=0.5, bottom=0.1"] * 2
    )
    assert set(found.kinds) == {"index"}
    assert found.provenance.rules["rule"] == "math"
    printed = {
        language: [row.category for row in rows_in_words(found, language)]
        for language in ("en", "fr")
    }
    assert printed["en"] == ["top = 0.9, bottom = 0.1"] * 2 + ["top = 0.5, bottom = 0.1"] * 2
    assert printed["fr"] == ["top = 0,9, bottom = 0,1"] * 2 + ["top = 0,5, bottom = 0,1"] * 2
    rules = dl.estimate(sample, *(percentile_ratio("y", rule=rule) for rule in ("math", "hf7")))
    assert [row.category for row in rows_in_words(rules, "en")] == [
        f"top = 0.9, bottom = 0.1, quantile rule: {rule}" for rule in ("math", "hf7")
    ]
    # on an axis it is an index
    refused(lambda: dl.chart(dl.estimate(sample, percentile_ratio("y"), dl.mean("y"))), OptionError)
