"""Ways to compute at once what is computed one after the other: many weights, many rows, many cells, many residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.inference import covariance as joint
from diplab.kernel.calibration import Controls
from diplab.kernel.quantiles import quantile, quantiles, replicated_quantiles
from diplab.kernel.replication import replicated_sums
from diplab.kernel.variance import LinearisedTotals, Stage, covariance
from diplab.sampling.auxiliary import Auxiliary
from diplab.sampling.engines.masses import binned, sorted_masses
from diplab.sampling.replication import WeightsWhenRead

if TYPE_CHECKING:
    from diplab.sampling.engines.protocol import Masses
    from diplab.types import Sample

ROWS = 30_000


def of_domain(masses: Masses, place: int) -> tuple[Any, Any]:
    part = slice(masses.starts[place], masses.starts[place + 1])
    return masses.values[part], masses.weights[part]


def sets_of_weights(seed: int, *, whole: bool) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    drawn = [random.integers(0, 4, ROWS).astype(float) for _ in range(5)]
    return drawn if whole else [each * random.uniform(0.5, 2.0, ROWS) for each in drawn]


@pytest.mark.parametrize("cells", [1, 3, 200])
def test_sums(cells: int) -> None:
    random = np.random.default_rng(5)
    cell, values = random.integers(0, cells, ROWS), [random.normal(size=ROWS), np.ones(ROWS)]
    weights: Any = sets_of_weights(1, whole=False)
    one = [[pd.Series(own * value).groupby(cell).sum() for value in values] for own in weights]
    for given in (weights, WeightsWhenRead(len(weights), weights.__getitem__)):
        found = replicated_sums(given, values, cell if cells > 1 else None, cells)
        np.testing.assert_allclose(found, one, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("rule", ["math", "school", "hf1", "hf2", "hf3", "hf7", "shahvaish"])
@pytest.mark.parametrize("domains", [1, 4])
@pytest.mark.parametrize("whole", [True, False], ids=["exact hits", "no exact hit"])
def test_quantiles(rule: str, domains: int, whole: bool) -> None:
    """Values with ties, weights of zero, a domain of nobody and one of few; shares from end to end."""
    random = np.random.default_rng(7)
    domain = np.minimum(random.integers(0, 8 * domains, ROWS), domains - 1)
    values = random.lognormal(7, 1, ROWS).round(-1)
    order = np.lexsort((values, domain))
    starts = np.searchsorted(domain[order], np.arange(domains + 1))
    starts = np.r_[starts, starts[-1]]  # the last domain holds nobody
    weights = sets_of_weights(2, whole=whole)
    for share in (0.0, 1e-4, 0.25, 0.5, 0.9, 1.0):
        shares = np.full((len(weights), domains + 1), share)
        found = replicated_quantiles(starts, values[order], order, weights, shares, rule)
        for place, own in enumerate(weights):
            held = own[order]
            kept = held > 0
            one = quantiles(
                np.r_[0, np.cumsum(kept)][starts],
                values[order][kept],
                held[kept],
                shares[place],
                rule,
            )
            np.testing.assert_allclose(found[place], one, rtol=1e-12)


def test_negative_replicate_weights_do_not_reach_quantiles() -> None:
    """Some producers publish them (ACS): they count in totals, and a quantile leaves such rows out."""
    values = np.arange(ROWS, dtype=float)
    weights = np.ones(ROWS)
    weights[::2] = -1.0
    found = replicated_quantiles(
        np.array([0, ROWS]), values, np.arange(ROWS), [weights, weights], np.full((2, 1), 0.5)
    )
    assert found.tolist() == [[14_999.0]] * 2
    few = np.arange(5.0)
    assert binned(np.arange(5), few, np.ones(5), None, 1) is None


def test_a_poverty_rate_over_many_rows() -> None:
    """With its line in every replicate, the rate equals that of one declaration a replicate, the long way."""
    random = np.random.default_rng(3)
    answers = pd.DataFrame({"w": random.uniform(1, 5, ROWS), "y": random.lognormal(7, 0.8, ROWS)})
    for place in range(4):
        answers[f"r{place}"] = answers["w"] * random.integers(0, 3, ROWS)
    sample = dl.declare_design(
        answers, weights="w", replicates=dl.replicates("r", "bootstrap", scale=1.0)
    )
    one = [
        dl.estimate(dl.declare_design(answers, weights=name), dl.arpr("y")).frame["estimate"].item()
        for name in ("w", "r0", "r1", "r2", "r3")
    ]
    found = dl.estimate(sample, dl.arpr("y")).covariance.item()
    assert found == pytest.approx(sum((each - one[0]) ** 2 for each in one[1:]), rel=1e-9)


@pytest.mark.parametrize("domains", [1, 5])
@pytest.mark.parametrize("kind", ["positive", "both signs", "rounded", "two values", "one value"])
def test_binned_equals_sorted(kind: str, domains: int) -> None:
    random = np.random.default_rng(5)
    count = 120_000
    values = {
        "positive": random.lognormal(7, 1, count),
        "both signs": random.normal(0, 1e-3, count) * 10.0 ** random.integers(-8, 8, count),
        "rounded": random.lognormal(3, 1, count).round(),
        "two values": random.integers(0, 2, count) - 0.5,
        "one value": np.full(count, 3.0),
    }[kind]
    weights, domain = random.uniform(1, 3, count), random.integers(0, domains, count)
    given = (np.arange(count), values, weights, domain if domains > 1 else None, domains)
    everything, bins = sorted_masses(*given), binned(*given)
    assert bins is not None
    shares = np.array([0.001, 0.1, 0.25, 0.5, 0.9, 0.999])
    near = bins.near(np.tile(shares, (domains, 1)))
    for place in range(domains):
        for share in shares:
            for rule in ("math", "school"):
                found = quantile(*of_domain(near, place), share, rule)
                assert found == quantile(*of_domain(everything, place), share, rule)
        assert of_domain(near, place)[1].sum() == pytest.approx(
            of_domain(everything, place)[1].sum(), rel=1e-12
        )


@pytest.fixture(scope="module")
def sample() -> Sample:
    random = np.random.default_rng(4)
    people = pd.DataFrame({"h": np.repeat([1, 2, 3], 40), "town": np.repeat(np.arange(12), 10)})
    people["w"], people["y"] = random.uniform(1, 3, 120), random.normal(5, 2, 120)
    people["g"], people["k"] = random.integers(0, 5, 120), random.integers(0, 2, 120)
    people.loc[::7, "y"] = np.nan
    people["towns"] = 30
    return dl.declare_design(people, weights="w", strata="h", psu="town", fpc="towns")


@pytest.mark.parametrize("cells", [4_000_000, 0], ids=["dense", "sparse"])
@pytest.mark.parametrize("by", ["g", ["g", "k"]])
def test_the_same_as_from_entries(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, cells: int, by: Any
) -> None:
    asked = (dl.mean("y"), dl.total("y"), dl.share("k == 1"), dl.median("y"))
    found = dl.estimate(sample.where("y < 9"), *asked, by=by)
    monkeypatch.setattr("diplab.kernel.variance._FEW_CELLS", cells)
    monkeypatch.setattr("diplab.kernel.variance._FILLED", 2.0)
    thin = dl.estimate(sample.where("y < 9"), *asked, by=by)
    monkeypatch.setattr(joint, "_unit_grid", lambda *_: None)
    listed = dl.estimate(sample.where("y < 9"), *asked, by=by)
    for other in (found, thin):
        np.testing.assert_allclose(other.covariance, listed.covariance, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(
            other.frame["std_error"], listed.frame["std_error"], rtol=1e-11, atol=1e-14
        )
        assert other.frame["flag"].tolist() == listed.frame["flag"].tolist()


def test_contrasts_of_groups_too(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dl.t_test(sample, "y", "k")
    monkeypatch.setattr(joint, "_unit_grid", lambda *_: None)
    listed = dl.t_test(sample, "y", "k")
    assert found.statistic == pytest.approx(listed.statistic, rel=1e-12)


@pytest.mark.parametrize("psu", [None, "c"])
def test_the_variance_is_that_of_residuals(psu: str | None) -> None:
    random = np.random.default_rng(3)
    rows = 400
    people = pd.DataFrame({"w": random.uniform(1, 4, rows), "y": random.normal(5, 2, rows)})
    people["k"], people["g"], people["c"] = (random.integers(0, size, rows) for size in (3, 2, 40))
    people["size"] = people["y"] + random.normal(0, 1, rows)
    people["sex"] = random.choice(["f", "m"], rows)
    prior, weights = people["w"].to_numpy(), people["w"].to_numpy() * random.uniform(0.8, 1.2, rows)
    codes = (people["k"].to_numpy(), people["g"].to_numpy())
    auxiliary = Auxiliary(Controls(codes, (3, 2), (people["size"].to_numpy(),)), prior)
    sample = dl.declare_design(people, weights="w", psu=psu).with_weights(weights, auxiliary)
    found = dl.estimate(sample, dl.mean("y"), dl.total("y"), by="sex")

    x = np.column_stack([np.eye(3)[codes[0]], np.eye(2)[codes[1]], people["size"]])
    columns = []
    for statistic in ("mean", "total"):
        for sex in ("f", "m"):
            inside = (people["sex"] == sex).to_numpy()
            size = weights[inside].sum()
            centre = (weights * people["y"])[inside].sum() / size
            z = inside * (((people["y"] - centre) / size) if statistic == "mean" else people["y"])
            slope = np.linalg.lstsq(x * np.sqrt(prior)[:, None], z * np.sqrt(prior), rcond=None)[0]
            columns.append(weights * (z - x @ slope))
    unit = np.arange(rows) if psu is None else people["c"].to_numpy()
    units = rows if psu is None else 40
    stage = Stage(np.zeros(units, dtype=np.int64), np.zeros(1), np.ones(1))
    totals = LinearisedTotals(
        np.tile(unit, 4), np.repeat(np.arange(4), rows), np.concatenate(columns), 4
    )
    expected = covariance(totals, [stage])
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-9, atol=1e-12)
