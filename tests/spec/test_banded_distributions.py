"""Answers beside the bounds of bands: what moves those of distributions, what has no point, which ones are given."""

from __future__ import annotations

import warnings
from itertools import combinations, product
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import LonelyPsuError
from diplab.inference.banded._estimate import by_interpolation
from diplab.inference.banded.data import BandedQuestion, band_groups
from diplab.inference.banded.distributions import (
    DISTRIBUTIONS,
    fit_income_distribution,
    fitted_distributions,
)
from diplab.inference.covariance import joint_covariance
from diplab.kernel.bands.distributions import DAGUM
from diplab.kernel.bands.fitting import fit_distribution

if TYPE_CHECKING:
    from diplab.types import Estimates


EVERY = ("distributions", "interpolated", "imputed")
EDGES = np.array([0.0, 500, 1000, 1500, 2500, 4000, np.inf])


@pytest.fixture(scope="module", autouse=True)
def fitted_once():
    """Fit each distribution once to the same people: many statistics are read from it, and the fit is what is slow."""
    fits = {}

    def fit(*arguments, **options):
        key = (
            [each.tobytes() if isinstance(each, np.ndarray) else each for each in arguments],
            sorted(options.items()),
        )
        if repr(key) not in fits:
            fits[repr(key)] = fit_distribution(*arguments, **options)
        return fits[repr(key)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("diplab.inference.banded.distributions.fit_distribution", fit)
        yield


def by_distribution(question):
    return fitted_distributions(question) + by_interpolation(question)


def people(n=240, seed=1):
    draw = np.random.default_rng(seed)
    y = DAGUM.quantile(draw.uniform(size=n), np.log([2.8, 1500, 0.7]))
    band = np.searchsorted(EDGES, y, side="right") - 1
    return pd.DataFrame({
        "w": draw.uniform(0.5, 2, n), "home": np.arange(n) // 3, "sex": np.tile(["f", "m"], n // 2), "low": EDGES[band],
        "high": EDGES[band + 1], "line": np.repeat(draw.choice([900.0, 1100, 1400], n // 3), 3),
    })  # fmt: skip


def asked(frame, name, by=(), lines=(), where=None, replicates=0, **options):
    sample = dl.declare_design(frame, weights="w", psu="home")
    if replicates:
        sample = dl.make_replicates(sample, "rao_wu", replicates, seed=1)
    if where:
        sample = sample.where(where)
    ends = [frame[each].to_numpy(dtype=float) for each in lines]
    low, high = (frame[each].to_numpy(dtype=float) for each in ("low", "high"))
    two = (ends[0], ends[-1]) if ends else ()
    return BandedQuestion(
        sample,
        getattr(dl, name)("income", **options),
        "income",
        low,
        high,
        two,
        (),
        by,
        0.95,
        "design",
    )


def named(answers, method):
    (found,) = [each for each in answers if each.method == method]
    return found


QUESTIONS = [
    ("mean", (), (), {}), ("median", (), (), {}), ("quantile", (), (), {"p": 0.2}), ("gini", (), (), {}),
    ("arpt", (), (), {}), ("arpr", (), (), {}), ("arpr", (), (), {"fraction": 0.5}), ("arpr", (), ("line",), {}),
    ("mean", ("sex",), (), {}), ("arpr", ("sex",), (), {}), ("arpt", ("sex",), (), {}),
    ("arpr", ("sex",), (), {"threshold_on": "domain"}), ("arpr", ("sex",), ("line",), {}),
]  # fmt: skip


def moved(question, row, step, zeros=False):
    """Return every answer with the weight of one row moved."""
    name, by, lines, options = question
    frame = people()
    if zeros:
        frame.loc[::12, ["low", "high"]] = 0.0
    frame.loc[row, "w"] += step
    return by_distribution(asked(frame, name, by, lines, **options))


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: "-".join(map(str, each[:2])))
def test_the_linearised_variable_is_the_derivative_by_a_weight(question, zeros, monkeypatch):
    """The identity of the influence function: what a row moves, its weight apart, is the linearised variable."""
    seen = {}

    def kept(sample, computed, mix=None):
        if len(computed) == 1:
            seen[computed[0].linearised.point.tobytes()] = computed[0].linearised
        return joint_covariance(sample, computed, mix)

    monkeypatch.setattr("diplab.inference.covariance.joint_covariance", kept)
    answers = moved(question, 0, 0.0, zeros)
    domain = np.array([0, 1] * 120) if question[1] else np.zeros(240, dtype=int)
    step = 1e-3
    for row in (0, 13):
        more, less = (moved(question, row, turn * step, zeros) for turn in (1, -1))
        for each in answers:
            if np.isnan(each.point).any():
                continue
            slope = (named(more, each.method).point - named(less, each.method).point) / (2 * step)
            linearised = seen[each.point.tobytes()]
            own = np.zeros_like(slope)
            own[domain[row]] = linearised.variable.values[row]
            for coefficient, expression in linearised.beyond:
                own = own + coefficient * expression.values[row]
            size = np.abs(linearised.variable.values).max() + np.abs(own).max()
            assert slope == pytest.approx(own, abs=2e-5 * size), (each.method, row)


def test_distributions_come_in_the_order_of_their_criterion():
    found = by_distribution(asked(people(2400), "mean"))
    assert {each.method for each in found} == {*(law.name for law in DISTRIBUTIONS), "pareto top"}
    rules = found[0].rules
    said = [*rules["laws"].values()]
    assert [name for name, _ in said] == [each.method for each in found[:4]]
    assert sorted(value for _, value in said) == [value for _, value in said]
    assert (rules["law"], set(rules)) == (found[0].method, {"law", "laws", "misfit"})
    # -2 l + 2 tr(J V), whose trace is near the number of parameters without weights, units or
    # misfit.
    frame = people(3000)
    low, high = (frame[each].to_numpy() for each in ("low", "high"))
    question = BandedQuestion(
        dl.declare_design(frame[["low"]]),
        dl.mean("income"),
        "income",
        low,
        high,
        (),
        (),
        (),
        0.95,
        "design",
    )
    found = fit_income_distribution(DAGUM, question, band_groups(question))
    trace = (found.criterion + 2 * found.fit.log_likelihood) / 2
    assert trace == pytest.approx([3.0], abs=0.1)


def test_a_common_line_gives_what_the_law_says_of_it():
    frame = people()
    frame["line"] = 1100.0
    found = named(by_distribution(asked(frame, "arpr", (), ("line",))), "Dagum")
    question = asked(frame, "arpr", (), ("line",))
    theta = fit_income_distribution(DAGUM, question, band_groups(question)).theta
    assert found.point == pytest.approx(DAGUM.cdf(np.array([1100.0]), theta), rel=1e-12)
    frame = people()
    frame["upper"] = frame["line"] + 200
    found = by_distribution(asked(frame, "arpr", (), ("line", "upper")))
    for law in DISTRIBUTIONS:
        low, high = (named(found, f"{law.name}, {which}") for which in ("at least", "at most"))
        assert (low.point < high.point).all()
    assert (
        named(found, "interpolated, at least").point < named(found, "interpolated, at most").point
    ).all()


def test_replicates_agree_with_the_design():
    for name, method in product(("mean", "gini"), ("Dagum", "log-normal")):
        one = named(by_distribution(asked(people(900), name)), method)
        other = named(by_distribution(asked(people(900), name, replicates=100)), method)
        assert other.point == pytest.approx(one.point, rel=1e-12)
        # 100 replicates: a standard error is known within 1 / sqrt(200), 7 %
        assert other.std_error == pytest.approx(one.std_error, rel=0.2)


def test_everything_scales_with_the_unit_of_money():
    frame = people()
    euros = by_distribution(asked(frame, "mean"))
    cents = by_distribution(
        asked(frame.assign(low=frame["low"] * 100, high=frame["high"] * 100), "mean")
    )
    for each in euros:
        assert named(cents, each.method).point == pytest.approx(100 * each.point, rel=1e-6)
        assert named(cents, each.method).std_error == pytest.approx(100 * each.std_error, rel=1e-5)
    dear = by_distribution(
        asked(frame.assign(low=frame["low"] * 7, high=frame["high"] * 7), "arpr")
    )
    for each in by_distribution(asked(frame, "arpr")):
        assert named(dear, each.method).point == pytest.approx(each.point, rel=1e-6)


def test_people_without_an_income_are_a_share_of_their_own():
    frame = people()
    frame.loc[::4, ["low", "high"]] = 0.0
    others = frame[frame["high"] > 0].reset_index(drop=True)
    whole = named(by_distribution(asked(frame, "mean")), "Dagum")
    part = named(by_distribution(asked(others, "mean")), "Dagum")
    zero = frame.loc[frame["high"] == 0, "w"].sum() / frame["w"].sum()
    assert whole.point == pytest.approx((1 - zero) * part.point, rel=1e-9)
    gini = named(by_distribution(asked(frame, "gini")), "Dagum").point
    assert gini == pytest.approx(
        zero + (1 - zero) * named(by_distribution(asked(others, "gini")), "Dagum").point
    )
    frame = people()
    told = named(
        by_distribution(asked(frame.iloc[:200].reset_index(drop=True), "mean")), "Dagum"
    ).point
    frame.loc[200:, ["low", "high"]] = [0.0, np.inf]
    found = by_distribution(asked(frame, "mean"))
    assert named(found, "Dagum").point == pytest.approx(told, rel=1e-9)
    assert named(found, "Dagum").n.tolist() == [240]
    assert np.isfinite(named(found, "pareto top").point).all()
    frame = people()
    whole = frame.iloc[:180].reset_index(drop=True)
    frame.loc[180:, ["low", "high"]] = np.nan
    one, other = (named(by_distribution(asked(each, "median")), "Dagum") for each in (whole, frame))
    assert other.point == pytest.approx(one.point, rel=1e-12)
    assert other.n.tolist() == [180]


def flags(frame, name="mean", **options):
    return {each.method: each.flag for each in by_distribution(asked(frame, name, **options))}


def test_what_has_no_point():
    frame = people()
    three = frame[frame["high"] <= 1500].reset_index(drop=True)
    found = flags(three)
    assert found["log-normal"] == ("",)
    assert {found[each] for each in ("Singh-Maddala", "Dagum", "GB2")} == {("not identified",)}
    one = frame.assign(low=500.0, high=1000.0)
    found = flags(one)
    assert {found[law.name] for law in DISTRIBUTIONS} == {("not identified",)}
    frame = people()
    frame.loc[0, ["low", "high"]] = [-500.0, 0.0]
    found = flags(frame)
    assert {found[law.name] for law in DISTRIBUTIONS} == {("negative incomes",)}
    frame = people()
    frame[["low", "high"]] = np.nan
    assert {flag for (flag,) in flags(frame).values()} == {"empty"}
    frame = people()
    frame.loc[frame["sex"] == "m", ["low", "high"]] = np.nan
    found = named(by_distribution(asked(frame, "mean", ("sex",))), "Dagum")
    assert found.flag == ("", "empty")
    assert np.isnan(found.point[1])
    assert found.n.tolist() == [120, 0]
    share = np.array([100, 100, 100, 100, 100, 250])
    frame = pd.DataFrame({"low": np.repeat(EDGES[:-1], share), "high": np.repeat(EDGES[1:], share)})
    frame = frame.assign(w=1.0, home=np.arange(len(frame)))
    found = by_distribution(asked(frame, "mean"))
    heavy = [each for each in found if each.flag == ("infinite mean",)]
    assert heavy
    assert all(np.isnan(each.point).all() and np.isnan(each.std_error).all() for each in heavy)
    assert named(found, "log-normal").flag == ("",)


def test_rates_of_a_domain_and_their_intervals():
    frame = people(2400)
    women = named(by_distribution(asked(frame, "arpr", where="sex == 'f'")), "Dagum")
    both = named(by_distribution(asked(frame, "arpr", ("sex",))), "Dagum")
    assert women.point == pytest.approx(both.point[:1], rel=1e-9)
    assert women.std_error == pytest.approx(both.std_error[:1], rel=1e-6)
    own = named(
        by_distribution(asked(frame, "arpr", where="sex == 'f'", threshold_on="domain")), "Dagum"
    )
    assert own.point != pytest.approx(women.point, rel=1e-6)
    found = by_distribution(asked(people(), "arpr"))
    for each in found:
        assert ((each.ci_low > 0) & (each.ci_low < each.point) & (each.ci_high < 1)).all()
    wald = by_distribution(asked(people(), "arpr", interval="wald"))[0]
    assert wald.ci_high - wald.point == pytest.approx(wald.point - wald.ci_low)


def test_pareto_above_by_hand():
    """N_k = 3 and N_o = 1 with ends 2500 and 4000: alpha = log 4 / log 1.6; the rest is in the middle of its band."""
    frame = pd.DataFrame(
        {"low": [0, 500, 2500, 2500, 2500, 4000], "high": [500, 1000, 4000, 4000, 4000, np.inf]}
    )
    frame = frame.assign(w=1.0, home=range(6))
    alpha = np.log(4) / np.log(1.6)
    found = named(by_distribution(asked(frame, "mean")), "pareto top")
    assert found.point == pytest.approx((250 + 750 + 3 * 3250 + 4000 * alpha / (alpha - 1)) / 6)
    assert found.rules["pareto_index"] == f"{alpha:.3g}"
    tail = named(by_distribution(asked(frame, "quantile", p=0.95)), "interpolated")
    assert tail.point == pytest.approx(4000 * ((1 / 6) / 0.05) ** (1 / alpha))
    rate = named(
        by_distribution(asked(frame.assign(line=600.0), "arpr", (), ("line",))), "interpolated"
    )
    assert rate.point == pytest.approx((1 + 0.2) / 6)
    # One of eight in [2500, 4000) and three above: log(4 / 3) / log 1.6 = 0.61, held at 10 / 9: a
    # mean of 40,000.
    low, high = (
        [0, 500, 1000, 1500, 2500, 4000, 4000, 4000],
        [500, 1000, 1500, 2500, 4000, *[np.inf] * 3],
    )
    frame = pd.DataFrame({"low": low, "high": high}, dtype=float).assign(w=1.0, home=range(8))
    gini, mean = (
        named(by_distribution(asked(frame, name)), "pareto top") for name in ("gini", "mean")
    )
    for found in (gini, mean):
        assert (found.flag, found.rules["pareto_index"]) == (("pareto bounded",), "1.11")
        assert np.isfinite(found.std_error).all()
    assert mean.point == pytest.approx((250 + 750 + 1250 + 2000 + 3250 + 3 * 40_000) / 8, rel=1e-12)
    # quantiles do not rest on the mean, and keep the index of the bands
    tail = named(by_distribution(asked(frame, "quantile", p=0.9)), "interpolated")
    assert tail.flag == ("",)
    assert tail.point == pytest.approx(
        4000 * (3 / 8 / 0.1) ** (np.log(1.6) / np.log(4 / 3)), rel=1e-9
    )


def test_no_rate_where_the_median_is_zero() -> None:
    """As the rate of incomes that are known: a line at zero has nobody under it, and no answer makes one up."""
    half = {
        "low": [0.0] * 40 + [500, 1000, 1500, 2000] * 6,
        "high": [0.0] * 40 + [1000, 1500, 2000, np.inf] * 6,
    }
    people = pd.DataFrame(half).assign(sex=["f", "m"] * 32)
    rate = dl.arpr(dl.banded(low="low", high="high", beside=EVERY))
    for by in ((), "sex"):
        found = dl.estimate(dl.declare_design(people), rate, by=by).frame
        assert found["estimate"].isna().all()
        assert set(found["category"]) > {
            "at least",
            "at most",
            "log-normal",
            "interpolated",
            "imputed",
        }
        assert set(found["flag"]) <= {"undefined", "not identified", "boundary"}
        assert (
            found["flag"][found["category"].isin(["at least", "interpolated", "imputed"])]
            == "undefined"
        ).all()
    nothing = dl.estimate(dl.declare_design(people.assign(low=0.0, high=0.0)), rate).frame
    assert nothing[["category", "flag"]].values.tolist() == [["known", "undefined"]]
    # the median may be above zero: bounds are those of the rates that there are
    some = people.assign(high=people["high"].replace(0.0, 100.0))
    ends = dl.estimate(dl.declare_design(some), rate).rows([0, 1]).frame
    assert ends["estimate"].tolist() == [0.0, 0.5]


ENDS = dl.banded(low="low", high="high", beside=EVERY)
BANDS = {1: (0, 500), 2: (500, 1000), 3: (1000, 2000), 4: (2000, inf)}


def answers(data: dict[str, Any], *statistics: Any, by: str = "") -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return dl.estimate(dl.declare_design(pd.DataFrame(data)), *statistics, by=by or ()).frame


def test_bands_without_ends_warn_of_nothing() -> None:
    ends = ([0.0], [inf]), ([500.0], [1000.0])
    negative = (
        ([-inf, 0.0, 500, 800], [inf, 500.0, 800, inf]),
        ([-inf, 0.0, 500, 800], [0.0, 500, 800, inf]),
    )
    for statistic in (dl.mean, dl.median, dl.gini, dl.arpr):
        for low, high in ends if statistic is dl.gini else (*ends, *negative):
            found = answers({"low": low * 20, "high": high * 20}, statistic(ENDS))
            assert found["category"].tolist()[:2] == ["at least", "at most"]
            assert found["flag"].tolist()[3] in (
                "not identified",
                "negative incomes",
                "boundary",
                "not converged",
            )


def test_a_domain_without_weight_warns_of_nothing() -> None:
    data = {"code": [1.0, 2, 3, 4] * 20, "sex": ["f", "m"] * 40, "weight": [0.0, 1] * 40}
    sample = dl.declare_design(pd.DataFrame(data), weights="weight")
    for statistic in (dl.gini, dl.arpr, dl.mean):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = dl.estimate(
                sample, statistic(dl.banded("code", BANDS, beside=EVERY)), by="sex"
            ).frame
        of_women = found[found["sex"] == "f"]
        assert of_women["estimate"].isna().all()
        assert set(of_women["flag"]) == {"empty"}
    # The interpolated rate of one band is 300 / 500; what other people would say, one does not
    # tell.
    data = {"code": [2.0, *[1.0, 2, 3, 4] * 20], "town": ["z", *["a"] * 80]}
    found = answers(data, dl.arpr(dl.banded("code", BANDS, beside=EVERY), threshold=800), by="town")
    alone = found[(found["town"] == "z") & (found["category"] == "interpolated")].iloc[0]
    assert alone["estimate"] == pytest.approx(0.6)
    assert np.isnan(alone["std_error"])
    assert np.isnan(alone["ci_low"])
    assert alone["flag"] == "no variance"


def test_criteria_are_compared_over_the_same_domains() -> None:
    """A law without a fit in one of two towns has a sum over one only, which would look least."""
    share = {"a": [20, 60, 50, 10], "b": [40, 1, 1, 40]}
    code = np.concatenate([np.repeat([1.0, 2, 3, 4], each) for each in share.values()])
    town = np.repeat(list(share), [sum(each) for each in share.values()])
    sample = dl.declare_design(pd.DataFrame({"code": code, "town": town}))
    found = dl.estimate(
        sample, dl.arpr(dl.banded("code", BANDS, beside=EVERY), threshold=800), by="town"
    )
    frame = found.frame[
        found.frame["category"].isin(["log-normal", "Singh-Maddala", "Dagum", "GB2"])
    ]
    lost = frame.groupby("category")["estimate"].apply(lambda each: int(each.isna().sum()))
    assert lost["GB2"] > lost.min()
    said = found.provenance.rules["laws"]
    assert all((str(name) in said) == (many == lost.min()) for name, many in lost.items())
    assert found.provenance.rules["law"] == said.split(" ")[0]


PEOPLE = pd.DataFrame(
    {"income": [1] * 7 + [2] * 12 + [3] * 14 + [4] * 5, "line": [800.0, 900.0] * 19}
)
NAMED = {
    "distributions": ["Singh-Maddala", "Dagum", "GB2", "log-normal"],
    "interpolated": ["interpolated"],
    "imputed": ["imputed"],
}


def rate(**options: object) -> Estimates:
    income = dl.banded("income", bands=BANDS, **options)
    return dl.estimate(dl.declare_design(PEOPLE), dl.arpr(income, threshold="line"))


def test_chosen_answers_are_those_of_all_in_any_order() -> None:
    every = rate(beside=EVERY).frame
    for beside in (names for count in range(4) for names in combinations(NAMED, count)):
        kept = ["at least", "at most", *(name for each in beside for name in NAMED[each])]
        expected = every[every["category"].isin(kept)].reset_index(drop=True)
        assert len(expected) == len(kept)
        pd.testing.assert_frame_equal(rate(beside=list(reversed(beside))).frame, expected)
    assert rate().frame["category"].tolist() == ["at least", "at most", "interpolated"]


def test_a_lonely_unit_is_refused_all_the_same() -> None:
    lonely = dl.declare_design(PEOPLE.assign(stratum=["one"] + ["other"] * 37), strata="stratum")
    for beside in ((), ("distributions",), ("interpolated",)):
        with pytest.raises(LonelyPsuError):
            dl.estimate(
                lonely, dl.arpr(dl.banded("income", bands=BANDS, beside=beside), threshold=800)
            )
