"""Laws of t and rank tests: what does not depend on the order of rows, the scale of weights or the unit of answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl


@st.composite
def samples(draw):
    """Clustered answers with ties and unequal weights; both groups in every cluster."""
    clusters = draw(st.integers(4, 8))
    rows = clusters * 4
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "psu": np.repeat(np.arange(clusters), 4), "sex": np.tile(["f", "m", "f", "m"], clusters),
        "y": rng.integers(0, 6, rows) + np.tile([0.0, 0.0, 0.5, 0.25], clusters),
        "w": rng.integers(1, 5, rows).astype(float),
    })  # fmt: skip


def statistics_of(data, y="y"):
    sample = dl.declare_design(data, weights="w", psu="psu")
    return [
        dl.t_test(sample, y, "sex").statistic,
        *(
            dl.rank_test(sample, y, "sex", score=s).statistic
            for s in ("wilcoxon", "van_der_waerden")
        ),
    ]


@settings(max_examples=25)
@given(data=samples(), seed=st.integers(0, 100), factor=st.sampled_from([0.01, 3.0, 1000.0]))
def test_order_of_rows_scale_of_weights_and_unit_of_ranks_do_not_matter(data, seed, factor):
    """Nor does a row that is split in two within its unit."""
    own = statistics_of(data)
    halves = data.assign(w=data["w"] / 2)
    split = pd.concat([halves, halves], ignore_index=True)
    for other in (data.sample(frac=1, random_state=seed), data.assign(w=data["w"] * factor), split):
        assert statistics_of(other) == pytest.approx(own, rel=1e-8, abs=1e-10)
    assert statistics_of(data.assign(z=np.exp(data["y"])), "z")[1:] == pytest.approx(
        own[1:], rel=1e-8, abs=1e-10
    )


@settings(max_examples=25)
@given(data=samples())
def test_alpha_of_an_item_and_itself_is_one_and_units_do_not_matter(data):
    sample = dl.declare_design(
        data.assign(z=data["y"] * 10 + 3, x=data["w"] * 10), weights="w", psu="psu"
    )
    own = dl.estimate(sample, dl.cronbach_alpha("y", "y")).frame["estimate"].item()
    assert own == pytest.approx(1.0, rel=1e-10)
    first = dl.estimate(sample, dl.cronbach_alpha("y", "w")).frame.iloc[0]
    scaled = dl.estimate(sample, dl.cronbach_alpha("z", "x")).frame.iloc[0]
    assert scaled["estimate"] == pytest.approx(first["estimate"], rel=1e-7, abs=1e-9)
    assert scaled["std_error"] == pytest.approx(first["std_error"], rel=1e-6)
