"""Regressions of quantiles: answers by hand, minima against a linear programme, what is flagged and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, sparse

import diplab as dl
from diplab.errors import MisleadingError, OptionError
from diplab.kernel.models import quantile_regression
from diplab.kernel.models.quantile_regression import bandwidth, minimise_check_loss
from tests.recorded_values import close

NUMBERS = ["estimate", "std_error", "df", "p_value"]


def fitted(sample: Any, formula: str, quantile: Any = 0.5, **options: Any) -> Any:
    return dl.regress(sample, formula, family="quantile", quantile=quantile, **options)


def workers(count: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return people in units, and the columns of `age + sex`."""
    random = np.random.default_rng(3)
    found = pd.DataFrame(
        {"age": random.integers(18, 65, count), "sex": random.choice(["f", "m"], count)}
    )
    found["unit"], found["w"] = np.arange(count) // 10, random.uniform(0.5, 3, count)
    error = random.normal(size=count) + random.normal(size=count // 10 + 1)[found["unit"]]
    found["pay"] = (
        10 + 0.1 * found["age"] + 2 * (found["sex"] == "m") + (1 + found["age"] / 40) * error
    )
    return found, np.stack([np.ones(count), found["age"], found["sex"] == "m"]).astype(float)


def test_medians_by_hand(engine: Any) -> None:
    """Of four f any number from 2 to 3; of m 7, by its weight; of all 4; a weight of 0 is nobody's."""
    data = engine.draw("sex y w\nf 1 1\nf 2 1\nf 3 1\nf 9 1\nm 4 1\nm 5 1\nm 7 3\nm 8 0")
    sample = dl.declare_design(data, weights="w")
    fit = fitted(sample, "y ~ sex").frame
    close(fit["estimate"], [2, 5])
    assert all("not unique" in flag for flag in fit["flag"])
    for one in (sample, dl.declare_design(data), sample.where("sex == 'f'")):
        alone, median = fitted(one, "y ~ 1").frame, dl.estimate(one, dl.median("y")).frame
        close(alone["estimate"], median["estimate"], 1e-14)
        assert ("not unique" in alone["flag"].item()) == (median["estimate"].item() != 5)


@pytest.mark.parametrize("kind", ["hall_sheather", "bofinger"])
def test_an_error_by_hand(kind: str, table: Any) -> None:
    """Of 1 to 9 the median is 5, and quantiles of residuals are 8 p - 4: the density is the share inside over 16 h."""
    h = bandwidth(0.5, 9, kind)
    scores = np.array([-0.5] * 5 + [0.5] * 4)
    error = (
        16 * h / (1 + 2 * np.floor(8 * h)) * np.sqrt(9 / 8 * ((scores - scores.mean()) ** 2).sum())
    )
    fit = fitted(dl.declare_design(table("y\n" + "\n".join("123456789"))), "y ~ 1", bandwidth=kind)
    close(fit.frame[["estimate", "std_error"]], [5, error])


def by_programme(
    x: np.ndarray, y: np.ndarray, w: np.ndarray, tau: float
) -> tuple[float, float, bool]:
    """Return the least loss, the lowest total among its solutions, and whether there is one (HiGHS)."""
    p, n = x.shape
    loss = np.concatenate([np.zeros(p), tau * w, (1 - tau) * w])
    rows: dict[str, Any] = {
        "A_eq": sparse.hstack([sparse.csr_matrix(x.T), sparse.eye(n), -sparse.eye(n)]), "b_eq": y,
        "bounds": [(None, None)] * p + [(0, None)] * (2 * n),
    }  # fmt: skip
    least = optimize.linprog(loss, **rows).fun

    def lowest(goal: np.ndarray) -> float:
        limit = {"A_ub": loss[None], "b_ub": [least * (1 + 1e-12) + 1e-10]}
        return float(optimize.linprog(np.append(goal, np.zeros(2 * n)), **limit, **rows).fun)

    return (
        least,
        lowest((x * w).sum(axis=1)),
        max(-lowest(-each) - lowest(each) for each in np.eye(p)) < 1e-6,
    )


@pytest.mark.parametrize("seed", range(24))
def test_the_least_loss(seed: int) -> None:
    """Ties, equal weights and categories, where several solutions are common: loss, the lowest one, and the flag."""
    random = np.random.default_rng(seed)
    n, tau = int(random.integers(8, 60)), float(random.choice([0.1, 0.25, 0.5, 0.8]))
    columns = [
        random.normal(size=n) if random.random() < 0.3 else random.integers(0, 3, n)
        for _ in range(2)
    ]
    x = np.vstack([np.ones(n), *columns]).astype(float)
    y = random.normal(size=n) if seed % 2 else random.integers(0, 5, n).astype(float)
    w = np.ones(n) if seed % 3 else random.uniform(0.2, 4, n)
    line, unique, residual = minimise_check_loss(x, y, w, tau)
    # how far above the line somebody is does not count
    if (residual > 0).any():
        far = np.where(np.arange(n) == np.argmax(residual), 1e15, y)
        close(minimise_check_loss(x, far, w, tau)[0], line, 1e-6, 1e-6)
    least, lowest, only = by_programme(x, y, w, tau)
    assert w @ (residual * (tau - (residual < 0))) == pytest.approx(least, rel=1e-8, abs=1e-9)
    assert (x * w).sum(axis=1) @ line == pytest.approx(lowest, rel=1e-6, abs=1e-5)
    assert unique == only


@pytest.mark.parametrize("tau", [0.05, 0.5])
@pytest.mark.parametrize("heap", [False, True])
def test_many_rows(tau: float, heap: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most rows in two, or all of them; from a fit of other weights, or from none: one answer, to the last digits."""
    data, x = workers(15_000)
    x = np.vstack([x, np.arange(15_000) < 3])
    y = np.where(np.arange(15_000) % 5 < 2, 14.0, data["pay"]) if heap else data["pay"].to_numpy()
    w = data["w"].to_numpy()
    near = minimise_check_loss(x, y, w[::-1].copy(), tau)[0]
    found = [minimise_check_loss(x, y, w, tau), minimise_check_loss(x, y, w, tau, near)]
    monkeypatch.setattr(quantile_regression, "_WHOLE", 10**9)
    line, unique, _ = minimise_check_loss(x, y, w, tau)
    for each in found:
        close(each[0], line, 1e-9, 1e-9)
        assert each[1] == unique


def test_several_quantiles() -> None:
    """Rows of each as if alone, compared with their covariance; effects of a line are its coefficients."""
    data, _ = workers(600)
    sample = dl.declare_design(data, weights="w", psu="unit")
    fit = fitted(sample, "pay ~ age + sex", [0.9, 0.25])
    assert (fit.by, fit.frame["quantile"].tolist()) == (("quantile",), [0.9] * 3 + [0.25] * 3)
    for own, order in ((slice(0, 3), 0.9), (slice(3, 6), 0.25)):
        alone = fitted(sample, "pay ~ age + sex", order)
        close(fit.frame.iloc[own][NUMBERS], alone.frame[NUMBERS])
        close(fit.covariance[own, own], alone.covariance)
    b, mix = fit.frame["estimate"].to_numpy(), np.hstack([np.eye(3), -np.eye(3)])
    gap = dl.contrast(fit, {"quantile": (0.9, 0.25)}).frame
    close(
        gap[["estimate", "std_error"]].T, [mix @ b, np.sqrt(np.diag(mix @ fit.covariance @ mix.T))]
    )
    assert gap["n"].tolist() == fit.frame["n"][:3].tolist()
    effects = dl.marginal_effects(fit).frame.sort_values(
        ["quantile", "variable"], ascending=[False, True]
    )
    close(effects[NUMBERS[:2]], fit.frame.loc[fit.frame["variable"] != "intercept", NUMBERS[:2]])
    share = np.average(data["sex"] == "m", weights=data["w"])
    close(
        dl.predicted_margins(fit, {"age": [40]}).frame["estimate"], b.reshape(2, 3) @ [1, 40, share]
    )
    assert dl.term_test(fit, "sex").df[0] == 2
    close(fitted(dl.imputed([sample, sample]), "pay ~ age + sex", [0.9, 0.25]).frame["estimate"], b)
    # what is taken out of a column near the constant comes back
    years = dl.declare_design(data.assign(year=2000 + data["age"] / 1000), weights="w", psu="unit")
    close(
        fitted(years, "pay ~ year + sex", 0.9).frame["estimate"].iloc[1:], b[1:3] * [1000, 1], 1e-6
    )


def test_predictions_of_several_quantiles_are_those_of_each() -> None:
    sample = dl.declare_design(workers(200)[0], weights="w", psu="unit")
    described = {"age": [30, 40], "sex": ["f", "m"]}
    both = dl.predict(fitted(sample, "pay ~ age + sex", [0.25, 0.5]), described).frame
    alone = [
        dl.predict(fitted(sample, "pay ~ age + sex", each), described).frame for each in (0.25, 0.5)
    ]
    assert both["quantile"].tolist() == [0.25, 0.5, 0.25, 0.5]
    for name in ("estimate", "std_error", "ci_low", "ci_high", "df"):
        close(both[name], np.column_stack([each[name] for each in alone]).ravel())


def test_replicates_are_fitted_anew() -> None:
    """The spread of the fits of each column of weights, whatever fit they start from."""
    data, x = workers(200)
    sample = dl.make_replicates(
        dl.declare_design(data, weights="w", psu="unit"), "bootstrap", 12, seed=2
    )
    fit = fitted(sample, "pay ~ age + sex", [0.25, 0.5])
    by_hand = [
        minimise_check_loss(
            x[:, weight > 0], data["pay"].to_numpy()[weight > 0], weight[weight > 0], order
        )[0]
        for weight in fit.fitted.replicate_weights()
        for order in (0.25, 0.5)
    ]
    close(fit.covariance, np.cov(np.array(by_hand).reshape(12, 6).T))
    close(dl.marginal_effects(fit, "age").frame["std_error"], fit.frame["std_error"].iloc[[1, 4]])
    assert "bandwidth" not in fit.provenance.rules


def test_a_replicate_that_tells_no_terms_apart_is_left_out() -> None:
    """Without women `sex` follows from the constant: the error is that of the other replicates, the scale kept."""
    data, x = workers(200)
    random = np.random.default_rng(8)
    sets = data["w"].to_numpy() * random.exponential(size=(9, 200))
    sets[4, data["sex"] == "f"] = 0.0
    columns = {f"r{at}": each for at, each in enumerate(sets)}
    replicates = dl.replicates([*columns], "bootstrap")
    fit = fitted(
        dl.declare_design(data.assign(**columns), weights="w", replicates=replicates),
        "pay ~ age + sex",
        [0.25, 0.5],
    )
    kept = np.delete(sets, 4, axis=0)
    by_hand = [
        [minimise_check_loss(x, data["pay"].to_numpy(), w, order)[0] for order in (0.25, 0.5)]
        for w in kept
    ]
    away = np.array(by_hand).reshape(8, 6) - fit.frame["estimate"].to_numpy()
    close(fit.covariance, away.T @ away / 8)
    assert fit.provenance.rules["replicates_left_out"] == "1"
    close(dl.marginal_effects(fit, "age").frame["std_error"], fit.frame["std_error"].iloc[[1, 4]])


def test_flags() -> None:
    data, x = workers(120)
    crossed = fitted(dl.declare_design(data), "pay ~ age + sex", [0.5, 0.52, 0.1])
    low, high, _ = crossed.frame["estimate"].to_numpy().reshape(3, 3) @ x
    most = data.iloc[int(np.argmax(low - high))]
    where = f"({(low > high + 1e-9).sum()} / 120; age = {most['age']}, sex = {most['sex']})"
    assert crossed.provenance.rules["crossing"] == f"0.5 > 0.52 {where}"
    assert [("crossing quantiles" in flag) for flag in crossed.frame["flag"]] == [True] * 6 + [
        False
    ] * 3
    assert "few beyond the quantile" in crossed.frame["flag"].iloc[-1]
    heaped = data.assign(hours=np.where(data["age"] % 3, 35, data["age"]), y=2 * data["age"] + 1)
    fit = fitted(dl.declare_design(heaped), "hours ~ age").frame
    assert (fit["estimate"].tolist(), set(fit["flag"])) == ([35, 0], {"tied at the quantile"})
    # nothing varies about a line through everybody
    exact = fitted(dl.declare_design(heaped), "y ~ age", 0.3).frame
    close(exact["estimate"], [1, 2])
    assert exact["std_error"].isna().all()
    assert all(flag.startswith("no variance") for flag in exact["flag"])


def test_refused(refused: Any) -> None:
    people, _ = workers(40)
    sample = dl.declare_design(people, weights="w", psu="unit")
    for quantile in (0, 1.5, float("nan"), "0.5", [], [0.5, 0.5], [0.2, 2], True):
        refused(lambda quantile=quantile: fitted(sample, "pay ~ age", quantile), OptionError)
    wrong: tuple[dict[str, Any], ...] = (
        {"bandwidth": "powell"},
        {"variance": "model"},
        {"link": "log"},
    )
    for options in wrong:
        refused(lambda options=options: fitted(sample, "pay ~ age", **options), OptionError)
    refused(lambda: dl.regress(sample, "pay ~ age", quantile=0.9), OptionError)
    refused(lambda: dl.regress(sample, "pay ~ age", bandwidth="bofinger"), OptionError)
    refused(lambda: fitted(sample, "pay ~ age + I(2 * age)"), OptionError)
    refused(
        lambda: fitted(dl.declare_design(people.iloc[:2]), "pay ~ age + I(age ** 2)"), OptionError
    )
    refused(lambda: fitted(dl.declare_design(people.assign(pay=3.0)), "pay ~ age"), OptionError)
    refused(lambda: fitted(sample, "pay ~ age").fit, MisleadingError)
    refused(lambda: dl.effect_ratios(fitted(sample, "pay ~ age")), OptionError)
    kinds = people.assign(r1=people["w"], r2=-people["w"])
    made = dl.declare_design(
        kinds, weights="w", replicates=dl.replicates(["r1", "r2"], kind="bootstrap")
    )
    refused(lambda: fitted(made, "pay ~ sex"), OptionError)
    # what lies beyond is told by fewer answers than there are coefficients
    refused(lambda: fitted(sample, "pay ~ age", [0.5, 0.999]), OptionError)
