"""Rows that leave an engine that queries: one a unit, domain or value; what holds rows holds few columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import DesignError
from diplab.sampling._two_phase import TwoPhaseUnits
from diplab.sampling.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS, UNITS = 4000, 40
QUERIED = {
    "t_test": lambda sample: dl.t_test(sample, "hours", by="sex"),
    "crosstab": lambda sample: dl.crosstab(sample, "sex", "use"),
    "contrast": lambda sample: dl.contrast(
        dl.estimate(sample, dl.mean("hours"), by="sex"), {"sex": ("f", "m")}
    ),
    "cronbach_alpha": lambda sample: dl.estimate(sample, dl.cronbach_alpha("hours", "pay")),
    "variance": lambda sample: dl.estimate(sample, dl.variance("pay"), dl.correlation("pay", "hours")),
}
HELD = {
    "rank_test": (lambda sample: dl.rank_test(sample, "hours", "sex"), 4),
    "regress": (lambda sample: dl.regress(sample, "hours ~ sex"), 4),
    "missing_reasons": (lambda sample: dl.missing_reasons(sample, "hours"), 3),
    "calibrate": (lambda sample: dl.calibrate(sample, {"sex": {"f": 3000, "m": 3000}}), 9),
    "two_phase": (lambda sample: dl.two_phase(sample, "called == 1"), 9),
    "make_replicates": (lambda sample: dl.make_replicates(sample, "jk1"), 2),
}


@pytest.fixture
def people() -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "w": random.uniform(1, 2, ROWS),
            "town": np.arange(ROWS) % UNITS,
            "hours": random.normal(size=ROWS),
            "pay": random.normal(size=ROWS),
            "sex": random.choice(["f", "m"], ROWS),
            "use": random.choice(["daily", "weekly", "never"], ROWS),
            "called": random.integers(0, 2, ROWS),
            "w1": random.uniform(1, 2, ROWS),
            "w2": random.uniform(1, 2, ROWS),
        }
    )


@pytest.mark.parametrize("name", list(QUERIED))
def test_one_row_a_unit_and_domain(people: pd.DataFrame, name: str) -> None:
    sample = dl.declare_design(pl.from_pandas(people).lazy(), weights="w", psu="town")
    left: list[int] = []
    sample.engine.collected = left.append  # type: ignore[attr-defined]
    QUERIED[name](sample)
    # six cells at most in each unit
    assert max(left) <= 6 * UNITS


@pytest.mark.parametrize("name", list(HELD))
def test_what_holds_rows_holds_the_columns_it_needs(
    people: pd.DataFrame, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    question, columns = HELD[name]
    taken: list[int] = []
    held: Callable[..., Sample] = Sample.collect

    def counted(self: Sample, names: tuple[str, ...] | None = None) -> Sample:
        taken.append(len(names or self.names))
        return held(self, names)

    monkeypatch.setattr(Sample, "collect", counted)
    question(dl.declare_design(pl.from_pandas(people).lazy(), weights="w", psu="town"))
    assert max(taken) == columns


def test_a_second_phase_of_replicate_weights_in_a_database(people: pd.DataFrame, error_text: Any) -> None:
    data = pl.from_pandas(people).lazy()
    sample = dl.declare_design(data, weights="w", replicates=dl.replicates("w*", "bootstrap"))
    with pytest.raises(DesignError) as caught:
        dl.two_phase(sample, "called == 1")
    error_text(caught)


def test_plausible_values_of_two_phases(people: pd.DataFrame) -> None:
    """Two draws that are one variable: its estimate, with the variance of both phases and nothing missing."""
    sample = dl.two_phase(dl.declare_design(people, weights="w", psu="town"), "called == 1")
    both = dl.imputed(sample.where("sex == 'f'"), plausible_values={"score": ["hours", "hours"]})
    assert all(isinstance(each.engine.units, TwoPhaseUnits) for each in both.samples)
    found: Any = dl.estimate(both, dl.mean("score")).frame.iloc[0]
    wanted = dl.estimate(sample.where("sex == 'f'"), dl.mean("hours")).frame.iloc[0]
    for name in ("estimate", "std_error", "n", "df"):
        assert found[name] == pytest.approx(wanted[name], rel=1e-12)
