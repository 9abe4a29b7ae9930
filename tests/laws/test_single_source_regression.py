"""Laws of sizes from regressions of captures, whatever the counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplab import population

law = settings(max_examples=25)

FAMILIES = ("poisson", "geometric", "chao", "zelterman")
# persons seen 1 to 4 times, in each of three groups: nobody is left without company
tables = st.lists(st.lists(st.integers(2, 60), min_size=4, max_size=4), min_size=3, max_size=3)
families = st.sampled_from(FAMILIES)


def patterns(table: list[list[int]]) -> pd.DataFrame:
    return pd.DataFrame([
        {"times": times, "group": group, "age": 20.0 + 3 * times + 7 * ord(group) % 11, "persons": persons}
        for group, row in zip("abc", table, strict=True)
        for times, persons in enumerate(row, start=1)
    ])  # fmt: skip


def fitted(data: pd.DataFrame, family: str, formula: str = "~ group", **options: Any) -> Any:
    return population.single_source_regression(formula, data, "times", family, "persons", **options)


def terms(found: Any) -> np.ndarray[Any, Any]:
    return np.asarray(found.fits[0].coefficients["estimate"])


@law
@given(tables, families)
def test_a_row_cut_in_two_changes_nothing(table, family):
    data = patterns(table)
    first = data.iloc[[0]].assign(persons=1)
    rest = data.assign(persons=[data["persons"].iloc[0] - 1, *data["persons"].iloc[1:]])
    one, other = (fitted(each, family, by="group") for each in (data, pd.concat([first, rest])))
    assert other.frame["estimate"].tolist() == pytest.approx(
        one.frame["estimate"].tolist(), rel=1e-9
    )
    spread = one.covariance[0, 0]  # groups have none between them
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-8, atol=1e-10 * spread)
    written_out = data.loc[data.index.repeat(data["persons"])]
    each = population.single_source_regression("~ group", written_out, "times", family)
    assert each.frame["estimate"].iloc[0] == pytest.approx(one.frame["estimate"].iloc[0], rel=1e-9)
    assert each.frame["std_error"].iloc[0] == pytest.approx(
        one.frame["std_error"].iloc[0], rel=1e-8
    )


@law
@given(tables, families, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_the_unit_of_a_number_leaves_the_size(table, family, scale, shift):
    data = patterns(table).query("times != 2 or group != 'a'")
    data = data.assign(age=[float(20 + 5 * at % 13) for at in range(len(data))])
    one = fitted(data, family, "~ age").frame.iloc[0]
    other = fitted(data.assign(age=data["age"] * scale + shift), family, "~ age").frame.iloc[0]
    assert other["estimate"] == pytest.approx(one["estimate"], rel=1e-7)
    assert other["std_error"] == pytest.approx(one["std_error"], rel=1e-6)


@law
@given(tables, families)
def test_persons_codings_and_groups(table, family):
    data = patterns(table)
    one = fitted(data, family, by="group")
    sizes = one.frame["estimate"]
    assert (sizes >= one.frame["n"]).all()
    assert (one.frame["ci_low"] >= one.frame["n"]).all()
    assert sizes.iloc[1:].sum() == pytest.approx(sizes.iloc[0], rel=1e-12)
    # twice the persons are twice the size, and the same coefficients
    two = fitted(data.assign(persons=2 * data["persons"]), family)
    assert two.frame["estimate"].iloc[0] == pytest.approx(2 * sizes.iloc[0], rel=1e-8)
    assert two.frame["std_error"].iloc[0] == pytest.approx(
        2**0.5 * one.frame["std_error"].iloc[0], rel=1e-7
    )
    assert terms(two) == pytest.approx(terms(one), abs=1e-7)
    for formula in ('~ C(group, Treatment("c"))', '~ C(group, levels=["b", "c", "a"])'):
        other = fitted(data, family, formula, by="group").frame
        assert other["estimate"].tolist() == pytest.approx(sizes.tolist(), rel=1e-8)
        assert other["std_error"].tolist() == pytest.approx(
            one.frame["std_error"].tolist(), rel=1e-7
        )
    renamed = fitted(
        data.assign(group=data["group"].map({"a": "z", "b": "y", "c": "x"})), family
    ).frame
    assert renamed["estimate"].iloc[0] == pytest.approx(sizes.iloc[0], rel=1e-8)
    # with a coefficient of its own each group is a closed form of its own, and groups have no
    # covariance
    for place, row in enumerate(table, start=1):
        alone = population.single_source(row, family).frame.iloc[0]
        assert sizes.iloc[place] == pytest.approx(alone["estimate"], rel=1e-8)
        assert one.frame["std_error"].iloc[place] == pytest.approx(alone["std_error"], rel=1e-7)
    between = one.covariance[1:, 1:][~np.eye(3, dtype=bool)]
    assert np.abs(between).max() < 1e-8 * one.covariance[0, 0]


@law
@given(tables)
def test_a_negative_binomial_has_a_point_only_inside(table):
    """Where it has one, its likelihood is above those of the families at either end of its size."""
    data = patterns(table)
    found = fitted(data, "negative_binomial")
    poisson = fitted(data, "poisson")
    if found.fits[0] is None:
        assert found.frame["flag"].iloc[0] == "boundary"
        assert np.isnan(found.frame["estimate"].iloc[0])
        assert found.frame["statistic"].tolist() == ["negative_binomial", "chao"]
    else:
        assert found.fits[0].log_likelihood > poisson.fits[0].log_likelihood
        assert (
            found.fits[0].log_likelihood >= fitted(data, "geometric").fits[0].log_likelihood - 1e-8
        )
        assert found.frame["estimate"].iloc[0] > poisson.frame["estimate"].iloc[0]
