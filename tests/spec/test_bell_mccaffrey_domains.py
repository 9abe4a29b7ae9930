"""Bell and McCaffrey in a domain: units of the design without respondents count in the mean of their stratum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

import diplab as dl
from diplab.errors import OptionError
from diplab.inference.regression._regress import model_frame

STRATA, UNITS = 6, 5


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """400 people in 6 strata of 5 units, some units wholly outside of one domain or another."""
    rng = np.random.default_rng(5)
    found = pd.DataFrame({"h": rng.integers(0, STRATA, 400), "c": rng.integers(0, UNITS, 400)})
    found["w"] = rng.lognormal(0, 0.6, 400)
    found["x"] = rng.normal(size=400) + np.sin(found["h"] * 10 + found["c"])
    found["y"] = found["x"] + rng.normal(size=400)
    found["b"] = (found["y"] > 0).astype(int)
    found["some"] = ~(
        (found["c"] == 4)
        | ((found["h"] == 2) & (found["c"] > 1))
        | ((found["h"] == 5) & (found["c"] > 0))
    )
    found["one_each"] = found["c"] == 1
    found["one_stratum"] = (found["h"] == 0) & (found["c"] < 3)
    found["N"] = 12
    return found


def by_whole_matrices(
    x: Any, w: Any, residual: Any, unit: Any, strata: int, fraction: float
) -> tuple[Any, Any]:
    """Return standard errors and degrees of freedom from the definition, with a row a unit of the design.

    `x` and `residual` are divided by the standard deviation of the errors.
    """
    m = np.linalg.inv((x * w[:, None]).T @ x)
    left = np.eye(len(w)) - x @ m @ (x * w[:, None]).T
    both = left @ left.T
    totals, combined = np.zeros((30, x.shape[1])), np.zeros((30, x.shape[1], len(w)))
    for each in np.unique(unit):
        own = np.flatnonzero(unit == each)
        size, direction = np.linalg.eigh(both[np.ix_(own, own)])
        load = m @ (x[own] * w[own, None]).T @ direction @ np.diag(size**-0.5) @ direction.T
        totals[each], combined[each] = load @ residual[own], load @ left[own]
    if strata > 1:
        square = np.kron(np.eye(STRATA), np.eye(UNITS) - 1 / UNITS) * UNITS / (UNITS - 1) * 29 / 30
    else:
        square = np.eye(30)
    square *= 1 - fraction
    df = []
    for place in range(x.shape[1]):
        products = combined[:, place].T @ square @ combined[:, place]
        df.append(np.trace(products) ** 2 / (products**2).sum())
    return np.sqrt(np.diag(totals.T @ square @ totals)), df


@pytest.mark.parametrize("domain", ["some", "one_each", "one_stratum"])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize(
    ("design", "fraction"),
    [
        ({"strata": "h", "psu": "c"}, 0.0),
        ({"strata": "h", "psu": "c", "fpc": "N"}, 5 / 12),
        ({"psu": "u"}, 0.0),
    ],
)
@pytest.mark.parametrize("through", ["where", "weights of 0"])
def test_empty_units_count(
    people: pd.DataFrame,
    domain: str,
    family: str,
    design: dict[str, str],
    fraction: float,
    through: str,
) -> None:
    people = people.assign(u=people["h"] * UNITS + people["c"])
    inside = people[people[domain]]
    if through == "where":
        sample = dl.declare_design(people, weights="w", **design).where(domain)
    else:
        sample = dl.declare_design(
            people.assign(w=people["w"] * people[domain]), weights="w", **design
        )
    outcome = "y" if family == "gaussian" else "b"
    found = dl.regress(sample, f"{outcome} ~ x", family=family, variance="bell_mccaffrey").frame
    x = np.stack([np.ones(len(inside)), inside["x"]], axis=1)
    eta = x @ found["estimate"].to_numpy()
    mu = eta if family == "gaussian" else special.expit(eta)
    deviation = np.ones_like(eta) if family == "gaussian" else np.sqrt(mu * (1 - mu))
    std_error, df = by_whole_matrices(
        x * deviation[:, None] if family == "binomial" else x, inside["w"].to_numpy(),
        (inside[outcome].to_numpy() - mu) / deviation, inside["u"].to_numpy(), STRATA if "strata" in design else 1,
        fraction,
    )  # fmt: skip
    np.testing.assert_allclose(found["std_error"], std_error, rtol=1e-7)
    np.testing.assert_allclose(found["df"], df, rtol=1e-7)
    assert found["flag"].tolist() == ["few units" if each < 8 else "" for each in df]


def test_degrees_of_freedom_that_are_none_are_flagged(people: pd.DataFrame, refused: Any) -> None:
    names = [("coefficient", "x", "", None, 40)] * 3
    df = np.array([np.nan, 0.0, 1.5])
    frame, _ = model_frame(names, np.ones(3), np.eye(3), df, 0.95, ())
    assert frame["flag"].tolist() == ["no degrees of freedom", "no degrees of freedom", "few units"]
    assert frame["ci_low"].isna().tolist() == [True, True, False]
    first = dl.declare_design(people, weights="w", strata="h", psu="c")
    refused(
        lambda: dl.regress(dl.two_phase(first, "some"), "y ~ x", variance="bell_mccaffrey"),
        OptionError,
    )
