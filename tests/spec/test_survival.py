"""Survival: worked by hand, equal to what it must equal, beside statsmodels where there are no weights, and refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import (
    ColumnError,
    ConditionError,
    EmptyDomainError,
    LonelyPsuError,
    MisleadingError,
    OptionError,
)

kaplan_meier, log_rank, cox = dl.survival.kaplan_meier, dl.survival.log_rank, dl.survival.cox


def workers(n: int = 120, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"site": np.arange(n) // 8, "w": random.uniform(1, 3, n), "x": random.normal(size=n)}
    )
    frame["zone"], frame["sex"] = frame["site"] % 3, np.resize(["f", "m", "m"], n)
    frame["hired"] = random.integers(0, 3, n)
    frame["months"] = frame["hired"] + np.ceil(random.exponential(8, n) * np.exp(-0.5 * frame["x"]))
    frame["left"], frame["person"] = random.integers(0, 4, n).clip(0, 1), np.arange(n)
    return frame


def declared(frame: pd.DataFrame | None = None, **design: Any) -> Any:
    frame = workers() if frame is None else frame
    return dl.declare_design(frame, **({"weights": "w", "strata": "zone", "psu": "site"} | design))


def test_a_curve_by_hand(engine: Any) -> None:
    """1, 2, 2+, 4, 5+ months: 4/5, times 3/4, times 1/2.

    Nobody was lost before 1 month: S is a share there, of variance 5/4 (4/5)(1/5)/5. At 2, rows
    move log S by -1/4 + 1/20, then by -1/3 + 1/20 + 1/12 and three times by 1/20 + 1/12.
    """
    data = engine.draw("months left\n1 1\n2 1\n2 0\n4 1\n5 0")
    found = kaplan_meier(dl.declare_design(data), "months", "left", at=[0.5, 1, 2, 4, 5, 6])
    frame = found.frame
    assert frame["estimate"].tolist()[:5] == pytest.approx([1, 0.8, 0.6, 0.3, 0.3], rel=1e-12)
    assert frame["at_risk"].tolist()[:6] == [5, 5, 4, 2, 1, 0]
    assert frame["events"].tolist()[:6] == [0, 1, 2, 3, 3, 3]
    assert frame["std_error"][1] == pytest.approx(np.sqrt(5 / 4 * 0.16 / 5), rel=1e-12)
    moved = np.array([-1 / 4 + 1 / 20, -1 / 3 + 1 / 20 + 1 / 12, *[1 / 20 + 1 / 12] * 3])
    assert frame["std_error"][2] == pytest.approx(0.6 * np.sqrt(5 / 4 * moved @ moved), rel=1e-12)
    # before anyone has left the interval is the exact one of 5 of 5; after the last follow-up there
    # is not a curve
    assert frame[["ci_low", "ci_high"]].to_numpy()[0] == pytest.approx([0.025 ** (1 / 5), 1])
    assert frame["flag"].tolist()[::5] == ["no variance", "undefined"]
    assert (frame["statistic"][6], frame["estimate"][6], frame["flag"][6]) == (
        "survival_time",
        4,
        "no upper limit",
    )


def test_an_interval_by_hand() -> None:
    """On log(-log S), with t of 9 units less one; a median is read back from that of 0.5 with the error at its time."""
    curve = kaplan_meier(declared(), "months", "left", df="design", at=range(1, 40))
    frame = curve.rows(curve.frame["statistic"] == "kaplan_meier").frame
    point, error, t = (
        frame["estimate"],
        frame["std_error"],
        2.1788128296634177,
    )  # 12 degrees of freedom
    reach = t * error / (point * np.log(point)).abs()
    assert frame["ci_low"].to_numpy() == pytest.approx(
        (point ** np.exp(reach)).to_numpy(), rel=1e-9
    )
    assert frame["ci_high"].to_numpy() == pytest.approx(
        (point ** np.exp(-reach)).to_numpy(), rel=1e-9
    )
    median = curve.frame.iloc[-1]
    there = np.flatnonzero(frame["estimate"] <= 0.5)[0]
    assert median["estimate"] == frame["category"][there]
    ends = 0.5 ** np.exp(t * error[there] / (0.5 * np.log(2)) * np.array([-1, 1]))
    wanted = [frame["category"][np.flatnonzero(frame["estimate"] <= end)[0]] for end in ends]
    assert median[["ci_low", "ci_high"]].tolist() == wanted


def test_one_pass_for_all_domains_is_a_pass_for_each() -> None:
    """Curves and times of groups, late entry included, and of samples whose units are their rows."""
    for sample in (declared(), declared(psu=(), strata=())):
        options: Any = {"entry": "hired", "at": [2, 5, 9], "quantiles": [0.25, 0.5], "df": "design"}
        together = kaplan_meier(sample, "months", "left", by="sex", **options).frame
        for sex, own in together.groupby("sex"):
            alone = kaplan_meier(sample.where(f"sex == '{sex}'"), "months", "left", **options).frame
            names = ["estimate", "std_error", "ci_low", "ci_high", "at_risk", "events"]
            np.testing.assert_allclose(own[names].to_numpy(), alone[names].to_numpy(), rtol=1e-9)


def test_a_spell_may_be_cut_where_its_persons_are_known() -> None:
    """Halves of a spell are the spell: points, errors, intervals, whichever way persons are told."""
    whole = workers().assign(hired=0)
    cut = whole["months"] > 4
    first = whole[cut].assign(months=4, left=0)
    halves = pd.concat([first, whole.assign(hired=np.where(cut, 4, 0))], ignore_index=True)
    plain, persons = declared(whole, psu=()), declared(halves, psu="person")
    asked: Any = {"at": [3, 4, 9], "entry": "hired", "df": "design"}
    known = kaplan_meier(plain, "months", "left", **asked).frame[
        ["estimate", "std_error", "df", "ci_low"]
    ]
    fit = cox(plain, "x + sex", time="months", event="left").frame[["estimate", "std_error"]]
    for sample, person in ((persons, None), (declared(halves, psu=()), "person")):
        found = kaplan_meier(sample, "months", "left", person=person, **asked).frame
        np.testing.assert_allclose(found[known.columns].to_numpy(), known.to_numpy(), rtol=1e-9)
        again = cox(sample, "x + sex", time="months", event="left", entry="hired", person=person)
        np.testing.assert_allclose(again.frame[fit.columns].to_numpy(), fit.to_numpy(), rtol=1e-8)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_without_weights_is_that_of_statsmodels(ties: Any) -> None:
    """It has those who enter at the time of an event at risk there already: half a month later they are not."""
    from statsmodels.duration.hazard_regression import PHReg

    frame = workers()
    design = np.column_stack([frame["x"], frame["sex"] == "m"]).astype(float)
    theirs = PHReg(
        frame["months"],
        design,
        frame["left"],
        entry=frame["hired"] + 0.5,
        strata=frame["zone"],
        ties=ties,
    )
    options: Any = {
        "time": "months",
        "event": "left",
        "entry": "hired",
        "strata": "zone",
        "ties": ties,
    }
    ours = cox(dl.declare_design(frame), "x + sex", **options)
    assert ours.frame["estimate"].tolist() == pytest.approx(theirs.fit().params.tolist(), rel=1e-6)


def test_what_follows_from_a_cox_regression() -> None:
    fit = cox(declared(), "x + sex", time="months", event="left", entry="hired")
    ratios = dl.effect_ratios(fit)
    assert ratios.frame["estimate"].tolist() == pytest.approx(
        np.exp(fit.frame["estimate"]).tolist()
    )
    assert set(ratios.frame["statistic"]) == {"hazard_ratio"}
    assert 1 < fit.frame["df"].max() <= fit.residual_df == 12 + 1 - 2
    assert dl.term_test(fit, "sex").statistic == pytest.approx(
        (fit.frame["estimate"] / fit.frame["std_error"])[1] ** 2
    )
    # the log-rank score is that of a Cox model at nothing: two groups near it agree
    wide = pd.concat([workers(800, seed) for seed in range(4)]).assign(
        site=lambda f: np.arange(len(f)) // 8
    )
    score = log_rank(declared(wide), "months", "left", "sex").estimates["chi2"]
    wald = cox(declared(wide), "sex", time="months", event="left").frame
    assert score == pytest.approx(float((wald["estimate"] / wald["std_error"])[0] ** 2), rel=0.05)
    # a unit of x, or of ten: and with a year beside it
    tens = cox(
        declared(workers().assign(x=lambda f: 2000 + 10 * f["x"])),
        "x + sex",
        time="months",
        event="left",
    )
    ones = cox(declared(), "x + sex", time="months", event="left")
    np.testing.assert_allclose(
        tens.frame["std_error"] * [10, 1], ones.frame["std_error"], rtol=1e-8
    )


def test_imputations_and_replicates() -> None:
    one = kaplan_meier(declared(), "months", "left", at=[3, 6], quantiles=[]).frame
    both = kaplan_meier(
        dl.imputed([declared(), declared()]), "months", "left", at=[3, 6], quantiles=[]
    ).frame
    names = ["estimate", "std_error", "at_risk", "events"]
    np.testing.assert_allclose(both[names].to_numpy(), one[names].to_numpy())
    again = workers().assign(months=lambda f: f["months"] + f["person"] % 2)
    pair = dl.imputed([declared(), declared(again)])
    assert (cox(pair, "x", time="months", event="left").frame["fmi"] > 0).all()
    assert log_rank(pair, "months", "left", "sex").provenance.rules["pooled_test"] == "d2"
    # a jackknife of clusters is close to the linearised errors
    made = dl.make_replicates(declared(workers(960)), "jkn")
    for ask in (
        lambda sample: kaplan_meier(sample, "months", "left", by="sex", at=[3, 6, 12]).frame,
        lambda sample: cox(sample, "x + sex", time="months", event="left").frame,
    ):
        near = ask(made)["std_error"] / ask(declared(workers(960)))["std_error"]
        assert near.to_numpy() == pytest.approx(1, rel=0.06)


def test_no_one_at_risk_before_others_enter() -> None:
    late = pd.DataFrame(
        {"hired": [0, 0, 3, 3, 3], "months": [1, 2, 4, 5, 6], "left": [1, 1, 1, 0, 1]}
    )
    found = kaplan_meier(
        dl.declare_design(late), "months", "left", entry="hired", at=[1, 2, 4], quantiles=[]
    ).frame
    assert found["estimate"].tolist() == [0.5, 0, 0]
    assert found["flag"].tolist()[1:] == ["nobody at risk", "nobody at risk"]


def changed(**columns: Any) -> Any:
    return declared(workers().assign(**columns))


def model(sample: Any, terms: str = "x", **options: Any) -> Any:
    return cox(sample, terms, **({"time": "months", "event": "left"} | options))


REFUSED = [
    (
        lambda: kaplan_meier(changed(months=lambda f: f["months"] - 5), "months", "left"),
        OptionError,
    ),
    (lambda: kaplan_meier(changed(months=np.inf), "months", "left"), OptionError),
    (lambda: kaplan_meier(changed(months=np.nan), "months", "left"), EmptyDomainError),
    (lambda: kaplan_meier(changed(hired=4), "months", "left", entry="hired"), OptionError),
    (lambda: kaplan_meier(changed(left=lambda f: f["left"] + 1), "months", "left"), ConditionError),
    (lambda: kaplan_meier(declared(), "months", "left + 1"), OptionError),
    (lambda: kaplan_meier(changed(left=0), "months", "left"), OptionError),
    (lambda: kaplan_meier(declared(), "months", "gone"), ColumnError),
    (lambda: kaplan_meier(declared(), "months", "left", at=[-1]), OptionError),
    (lambda: kaplan_meier(declared(), "months", "left", at=[], quantiles=[]), OptionError),
    (lambda: kaplan_meier(declared(), "months", "left", quantiles=50), OptionError),
    (lambda: kaplan_meier(workers(), "months", "left"), OptionError),
    (lambda: kaplan_meier(declared(psu=()), "months", "left", person="site"), OptionError),
    (lambda: kaplan_meier(changed(zone=lambda f: f["site"]), "months", "left"), LonelyPsuError),
    (lambda: log_rank(declared().where("sex == 'f'"), "months", "left", "sex"), OptionError),
    (
        lambda: log_rank(changed(sex=lambda f: f["person"].clip(0, 1)), "months", "left", "sex"),
        MisleadingError,
    ),
    (lambda: log_rank(changed(months=3, left=1), "months", "left", "sex"), MisleadingError),
    (lambda: model(declared(), "1"), OptionError),
    (lambda: model(declared(), "sex", strata="sex"), OptionError),
    (lambda: model(changed(y=3.7), "x + y"), OptionError),
    (lambda: model(changed(left=lambda f: f["left"] * (f["sex"] == "m")), "sex"), OptionError),
    (lambda: model(changed(left=1, x=lambda f: f["months"] < 5)), OptionError),
    (
        lambda: model(changed(months=lambda f: f["months"].where(f["x"] > 0)), na="fail"),
        OptionError,
    ),
    (lambda: model(declared(), ties="exact"), OptionError),
    (lambda: model(declared(), "months ~ x"), ConditionError),
    (lambda: dl.marginal_effects(model(declared())), OptionError),
    (lambda: model(declared()).fit, MisleadingError),
    (lambda: dl.chart(model(declared()), "survival"), OptionError),
    (
        lambda: dl.chart(
            kaplan_meier(declared(), "months", "left", by=["sex", "zone"]), "survival"
        ),
        OptionError,
    ),
    (lambda: model(declared(), "x + I(2 * x)"), OptionError),
    (lambda: log_rank(declared(), "months", "left", "site", df="design"), OptionError),
    (lambda: log_rank(changed(sex=None), "months", "left", "sex"), OptionError),
    (lambda: kaplan_meier(changed(events=1), "months", "left", by="events"), ColumnError),
]


def test_what_is_refused(refused: Any) -> None:
    for call, error in REFUSED:
        refused(call, error)


def test_who_is_left_out_is_counted_and_who_has_no_weight_counts_nothing() -> None:
    gaps = {
        "months": lambda f: f["months"].where(f["person"] > 4),
        "left": lambda f: f["left"].where(f["person"] < 90),
    }
    some = changed(**gaps)
    assert dict(model(some).provenance.missing) == {"months": 5, "left": 30}
    assert dict(kaplan_meier(some, "months", "left", at=3).provenance.missing) == {"months": 35}
    without = declared(workers().assign(w=lambda f: f["w"] * (f["person"] % 2)))
    inside = declared(workers().assign(odd=lambda f: f["person"] % 2))
    for ask in (model, lambda sample: kaplan_meier(sample, "months", "left", at=[3, 6])):
        expected, found = ask(inside.where("odd == 1")).frame, ask(without).frame
        np.testing.assert_allclose(found["std_error"], expected["std_error"], rtol=1e-8)
    rules = model(declared(), entry="hired", strata="zone").provenance.rules
    assert (rules["ties"], rules["events"]) == ("efron", str(int(workers()["left"].sum())))
