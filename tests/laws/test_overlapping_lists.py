"""Laws of sizes from overlapping lists, whatever the lists."""

from __future__ import annotations

import math
from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diplab import population
from diplab.errors import DiplabError
from diplab.population.kernel.abundance import chao_lists
from diplab.population.kernel.hierarchical import (
    ListModel,
    all_models,
    closure,
    generators,
    members,
)
from diplab.population.multiple_lists.list_models import bracket_notation, list_model

law = settings(max_examples=25)

NAMES = "abc"
MODELS = [bracket_notation(model, NAMES) for model in all_models(3)]
cells = st.lists(st.integers(0, 60), min_size=7, max_size=7)
full = st.lists(st.integers(1, 60), min_size=7, max_size=7)
models = st.sampled_from(MODELS)


def frame(counts: list[int], order: tuple[int, ...] = (0, 1, 2)) -> pd.DataFrame:
    rows = [
        [*((cell >> place) & 1 for place in range(3)), counts[cell - 1]] for cell in range(1, 8)
    ]
    table = pd.DataFrame(rows, columns=[*NAMES, "persons"])
    return table[[*(NAMES[place] for place in order), "persons"]]


def found(counts, terms, order=(0, 1, 2)):
    try:
        return population.lists(frame(counts, order), "persons", terms, interval="log-normal")
    except DiplabError:
        assume(False)
        raise


def renamed(terms: str) -> list[tuple[str, ...]]:
    model = list_model(terms, NAMES)
    return [tuple(NAMES[place] for place in members(term)) for term in generators(model.terms)]


@law
@given(cells, models, st.sampled_from(list(permutations(range(3)))))
def test_the_order_of_the_lists_changes_nothing(counts, terms, order):
    one = found(counts, terms).frame.iloc[0]
    other = population.lists(
        frame(counts, order), "persons", renamed(terms), interval="log-normal"
    ).frame.iloc[0]
    assert one["flag"] == other["flag"]
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert one[column] == pytest.approx(other[column], rel=1e-6, nan_ok=True)


@law
@given(cells, models, st.integers(2, 1000))
def test_sizes_scale_with_the_counts(counts, terms, factor):
    one = found(counts, terms).frame.iloc[0]
    many = found([factor * count for count in counts], terms).frame.iloc[0]
    assert many["estimate"] == pytest.approx(factor * one["estimate"], rel=1e-6, nan_ok=True)
    if not math.isnan(one["estimate"]):
        # var(N) = u + u^2 var(constant), and the second part scales as the first
        assert many["std_error"] == pytest.approx(math.sqrt(factor) * one["std_error"], rel=1e-5)


@law
@given(cells, models)
def test_no_size_is_below_those_seen(counts, terms):
    for row in found(counts, terms).frame.to_dict("records"):
        if not math.isnan(row["estimate"]):
            assert row["estimate"] >= sum(counts)
            assert row["ci_low"] >= sum(counts) or math.isnan(row["ci_low"])
        else:
            assert row["flag"] in ("boundary", "not identified")


@law
@given(full, models)
def test_a_table_without_empty_cells_meets_the_margins_of_its_terms(counts, terms):
    row = found(counts, terms).frame.iloc[0]
    assert math.isfinite(row["estimate"])
    assert math.isfinite(row["std_error"])
    # At the maximum the model expects as many persons as seen wherever one of its terms holds.
    fit = found(counts, terms).fits[0]
    assert fit is not None
    assert fit.fitted is not None
    expected = fit.fitted["expected"].to_numpy()
    for term in list_model(terms, NAMES).terms:
        inside = np.array([cell & term == term for cell in range(1, 8)])
        assert expected[inside].sum() == pytest.approx(np.array(counts)[inside].sum(), rel=1e-7)


@law
@given(full)
def test_larger_models_fit_better(counts):
    deviance = population.search_lists(frame(counts), "persons").models.set_index("category")[
        "deviance"
    ]
    terms = {name: set(list_model(name, NAMES).terms) for name in deviance.index}
    for (smaller, few), (larger, more) in product(terms.items(), repeat=2):
        if few < more:
            assert deviance[larger] <= deviance[smaller] + 1e-7


@given(
    st.lists(st.floats(0.02, 3), min_size=2, max_size=5),
    st.lists(st.tuples(st.floats(0.01, 30), st.floats(1, 1000)), min_size=1, max_size=5),
)
def test_the_bound_of_lists_is_one(lists, people):
    """Expected counts where the odds of each list are multiplied by a factor of the person, in groups of persons."""
    factors, sizes = np.array(people).T
    odds = np.array(lists)[:, None] * factors
    on_none = sizes / (1 + odds).prod(axis=0)
    alone = [float((each * on_none).sum()) for each in odds]
    pairs = float(
        sum((odds[i] * odds[j] * on_none).sum() for i in range(len(odds)) for j in range(i))
    )
    bound = chao_lists(alone, pairs, float(sizes.sum() - on_none.sum())).size
    assert bound <= sizes.sum() * (1 + 1e-9)
    if len(people) == 1:
        assert bound == pytest.approx(sizes.sum(), rel=1e-9)


@given(st.integers(2, 5), st.data())
def test_a_model_is_read_as_it_is_written(lists, data):
    terms = data.draw(st.lists(st.integers(1, 2**lists - 2), max_size=4))
    model = ListModel(lists, closure([*terms, *(1 << place for place in range(lists))]))
    names = "abcde"[:lists]
    assert list_model(bracket_notation(model, names), names) == model
