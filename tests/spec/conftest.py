"""How the tests by hand estimate, and compare with what was worked out."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import diplab as dl

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Estimates


@pytest.fixture
def estimated() -> Callable[..., Estimates]:
    """Estimate in one call: `estimated(data, dl.mean("y"), weights="w", where="old", by="sex")`."""

    def estimate(
        data: Any,
        *statistics: Any,
        where: Any = None,
        universe: Any = None,
        by: Any = (),
        confidence: float = 0.95,
        df: str = "design",
        na: str = "drop",
        **design: Any,
    ) -> Estimates:
        sample = dl.declare_design(data, **design)
        sample = sample if where is None else sample.where(where)
        sample = sample if universe is None else sample.universe(universe)
        return dl.estimate(sample, *statistics, by=by, confidence=confidence, df=df, na=na)

    return estimate


@pytest.fixture
def holds() -> Callable[[Estimates, dict[str, Any]], None]:
    """Compare columns, variances, covariance and missing answers of a result to 1e-12; `...` is any number."""

    def compare(found: Estimates, expected: dict[str, Any]) -> None:
        for name, known in expected.items():
            if name == "missing":
                assert found.provenance.missing == known
                continue
            columns = {
                "covariance": found.covariance,
                "variance": found.frame["std_error"].to_numpy() ** 2,
            }
            values = columns[name] if name in columns else found.frame[name].to_numpy()
            wanted = np.array(known if isinstance(known, list) else [known], dtype=object)
            any_number = wanted == ...
            assert values.shape == wanted.shape, name
            if values.dtype.kind in "fiu":
                assert np.isfinite(values[any_number].astype(float)).all(), name
                wanted = np.where(any_number, nan, wanted).astype(float)
                values = np.where(any_number, nan, values)
                np.testing.assert_allclose(values, wanted, rtol=1e-12, atol=1e-12, err_msg=name)
            else:
                assert values.tolist() == wanted.tolist(), name

    return compare
