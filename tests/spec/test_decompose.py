"""Decompositions by group: worked by hand, against the direct estimate, and by derivatives in each row's weight."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.types import Decomposition

PEOPLE = "psu w sex income\n1 1 f 400\n2 2 f 800\n3 1 m 600\n4 3 m 1200\n5 1 m 900"


def sample_of(engine: Any, text: str = PEOPLE) -> Any:
    return dl.declare_design(engine.draw(text), weights="w", psu="psu")


def of(found: Any, statistic: str) -> list[float]:
    rows = found.frame["statistic"] == statistic
    numbers: list[float] = found.frame.loc[rows, "estimate"].tolist()
    return numbers


def several(rows: int = 60, seed: int = 11) -> pd.DataFrame:
    """People of three groups, weighted, in units of two."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame({
        "unit": np.arange(rows) // 2, "w": draw.uniform(0.5, 3, rows),
        "group": draw.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2]), "income": draw.gamma(2, 500, rows),
    })  # fmt: skip


def test_rates_gaps_and_an_index_of_theil_by_hand(engine: Any) -> None:
    """Under 850: f all 3 of 3, m 1 of 5. Shares 3/8, 5/8; contributions 3/8 and 1/8 of the rate of 4/8."""
    found = dl.decompose(sample_of(engine), dl.arpr("income", threshold=850), "sex")
    assert of(found, "arpr") == pytest.approx([1, 0.2, 0.5], rel=1e-12)
    assert of(found, "population_share") == pytest.approx([3 / 8, 5 / 8], rel=1e-12)
    assert of(found, "contribution") == pytest.approx([3 / 8, 1 / 8], rel=1e-12)
    assert of(found, "contribution_share") == pytest.approx([3 / 4, 1 / 4], rel=1e-12)
    assert (found.frame["sex"].tolist(), found.frame["n"].tolist()) == (
        ["f", "m"] * 4 + [""],
        [2, 3] * 4 + [5],
    )
    # Gaps to 1000: f (600 + 2 200)/1000 = 1.0 over 3, m (400 + 100)/1000 = 0.5 over 5.
    found = dl.decompose(sample_of(engine), dl.fgt("income", 1, threshold=1000), "sex")
    assert of(found, "fgt") == pytest.approx([1 / 3, 0.1, 1.5 / 8], rel=1e-12)
    assert of(found, "contribution") == pytest.approx([1 / 8, 0.5 / 8], rel=1e-12)
    assert of(found, "contribution_share") == pytest.approx([2 / 3, 1 / 3], rel=1e-12)
    # f: 400, 800, 800; m: 600, 1200 three times, 900. Incomes 2000 and 5100 of 7100; means 2000/3,
    # 1020, 887.5.
    found = dl.decompose(sample_of(engine), dl.theil("income"), "sex")
    f = np.array([400, 800, 800]) / (2000 / 3)
    m = np.array([600, 1200, 1200, 1200, 900]) / 1020
    within = [2000 / 7100 * np.mean(f * np.log(f)), 5100 / 7100 * np.mean(m * np.log(m))]
    between = 2000 / 7100 * np.log(2000 / 3 / 887.5) + 5100 / 7100 * np.log(1020 / 887.5)
    everyone = np.concatenate([f * 2000 / 3, m * 1020]) / 887.5
    assert of(found, "contribution") == pytest.approx(within, rel=1e-12)
    assert of(found, "within_groups") == pytest.approx([sum(within)], rel=1e-12)
    assert of(found, "between_groups") == pytest.approx([between], rel=1e-12)
    assert of(found, "theil")[-1] == pytest.approx(np.mean(everyone * np.log(everyone)), rel=1e-12)
    assert of(found, "within_share") + of(found, "between_share") == pytest.approx(
        [sum(within) / (sum(within) + between), between / (sum(within) + between)], rel=1e-12
    )


STATISTICS = [
    dl.arpr("income"), dl.arpr("income", threshold=600), dl.arpr("income", convention="convey"), dl.fgt("income", 1),
    dl.fgt("income", 2, threshold=700), dl.theil("income"),
    *(dl.generalised_entropy("income", alpha) for alpha in (-1.0, 0, 0.5, 2)),
]  # fmt: skip


@pytest.mark.parametrize(
    "statistic", STATISTICS, ids=lambda each: f"{each.name} {dict(each.options)}"[:40]
)
def test_the_whole_is_the_direct_estimate(statistic: Any) -> None:
    """Point, standard error and interval: the derivatives take the parts back to the index of everybody."""
    sample = dl.declare_design(several(), weights="w", psu="unit")
    found = dl.decompose(sample, statistic, "group")
    direct = dl.estimate(sample, statistic).frame.iloc[0]
    rows = (found.frame["group"] == "") & (found.frame["statistic"] == statistic.name)
    whole = found.frame[rows].iloc[0]
    # the slope of a rate is a density: the sum of those of the groups, each with a bandwidth of its
    # own, is near it
    close = 0.01 if statistic.name == "arpr" and statistic.options["threshold"] is None else 1e-9
    for name in ("estimate", "df", "n"):
        assert whole[name] == pytest.approx(direct[name], rel=1e-12), name
    for name in ("std_error", "ci_low", "ci_high"):
        assert whole[name] == pytest.approx(direct[name], rel=close), name
    # parts add up to the last digit, and so do their covariances
    frame, covariance = found.frame, found.covariance
    parts = (frame["statistic"] == "contribution").to_numpy()
    entropy = "within_groups" in set(frame["statistic"])
    rows = (frame["statistic"] == ("within_groups" if entropy else statistic.name)) & (
        frame["group"] == ""
    )
    (place,) = np.flatnonzero(rows)
    assert frame.loc[parts, "estimate"].sum() == pytest.approx(frame["estimate"][place], rel=1e-12)
    assert covariance[np.ix_(parts, parts)].sum() == pytest.approx(
        covariance[place, place], rel=1e-9
    )
    if entropy:
        assert of(found, "within_groups")[0] + of(found, "between_groups")[0] == pytest.approx(
            whole["estimate"], rel=1e-12
        )
        assert sum(of(found, "contribution_share") + of(found, "between_share")) == pytest.approx(
            1, abs=1e-12
        )
    shares = (frame["statistic"] == "population_share").to_numpy()
    assert frame.loc[shares, "estimate"].sum() == pytest.approx(1, rel=1e-12)
    assert covariance[np.ix_(shares, shares)].sum() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(
    "statistic",
    [dl.arpr("income", threshold=700), dl.fgt("income", 1, threshold=900), dl.theil("income"),
     dl.generalised_entropy("income", 0), dl.generalised_entropy("income", -0.5)],
    ids=lambda each: each.name,
)  # fmt: skip
def test_covariance_by_the_derivative_in_each_weight(statistic: Any) -> None:
    """The influence of a row is the derivative of every part by its weight; rows are drawn with replacement."""
    people = several(15, seed=3)
    found = dl.decompose(dl.declare_design(people, weights="w"), statistic, "group")
    n, step = len(people), 1e-5

    def parts(weights: np.ndarray) -> np.ndarray:
        moved = dl.declare_design(people.assign(w=weights), weights="w")
        return dl.decompose(moved, statistic, "group").frame["estimate"].to_numpy()

    weights = people["w"].to_numpy()
    influence = np.stack(
        [
            (parts(weights + step * row) - parts(weights - step * row)) / (2 * step)
            for row in np.eye(n)
        ]
    )
    z = weights[:, None] * influence
    z = z - z.mean(axis=0)
    np.testing.assert_allclose(found.covariance, n / (n - 1) * z.T @ z, rtol=1e-5, atol=1e-9)


def test_replicates_compute_the_parts_again() -> None:
    """The total under the jackknife is that of the direct estimate; parts, leaving units out by hand."""
    people = several(20)
    plain = dl.declare_design(people, weights="w", psu="unit")
    made = dl.make_replicates(plain, "jk1")
    for statistic in (dl.arpr("income"), dl.theil("income")):
        found = dl.decompose(made, statistic, "group")
        direct = dl.estimate(made, statistic).frame.iloc[0]
        whole = found.frame[
            (found.frame["group"] == "") & (found.frame["statistic"] == statistic.name)
        ]
        assert whole["std_error"].item() == pytest.approx(direct["std_error"], rel=1e-10)
        under = []
        for left in range(10):
            weights = people["w"] * np.where(people["unit"] == left, 0.0, 10 / 9)
            once = dl.declare_design(people.assign(w=weights), weights="w", psu="unit")
            under.append(dl.decompose(once, statistic, "group").frame["estimate"].to_numpy())
        # centred on the mean of the replicates, which is what `make_replicates` says of the
        # jackknife
        apart = np.stack(under) - np.mean(under, axis=0)
        np.testing.assert_allclose(found.covariance, 0.9 * apart.T @ apart, rtol=1e-8, atol=1e-14)


def test_missing_empty_and_single_groups() -> None:
    """But the line stays that of everybody: median 1000 with the two unknown, who earn 2000; 700 without."""
    people = pd.DataFrame(
        {
            "income": [400.0, 600.0, 800.0, 1200.0, 2000.0, 2000.0],
            "group": ["a", "b", "a", "b", None, None],
        }
    )
    found = dl.decompose(dl.declare_design(people), dl.arpr("income", fraction=0.7), "group")
    # 0.7 times 1000: 400 and 600 are poor, of four
    assert (of(found, "arpr"), found.provenance.missing) == ([0.5, 0.5, 0.5], {"group": 2})
    assert found.frame["n"].tolist()[-1] == 4
    people = several(30).assign(group=lambda them: np.where(them.index == 0, "one", them["group"]))
    people.loc[1, "group"] = "gone"
    people.loc[1, "income"] = np.nan
    found = dl.decompose(
        dl.declare_design(people, weights="w", psu="unit"), dl.theil("income"), "group"
    )
    rows = found.frame.set_index(["statistic", "group"])
    assert rows.loc[("theil", "gone"), ["n", "flag"]].tolist() == [0, "empty"]
    assert np.isnan(rows.loc[("contribution", "gone"), "estimate"])
    assert (rows.loc[("contribution", "gone"), "flag"], rows.loc[("theil", "one"), "estimate"]) == (
        "empty",
        0,
    )
    assert rows.loc[("theil", "one"), "flag"] == "one respondent"
    # how many people one stands for is not known without error
    assert rows.loc[("population_share", "one"), "std_error"] > 0
    told = found.frame[(found.frame["statistic"] == "contribution") & (found.frame["n"] > 0)]
    assert told["estimate"].sum() == pytest.approx(
        rows.loc[("within_groups", ""), "estimate"], rel=1e-12
    )


def test_little_or_nothing_within_or_between_groups() -> None:
    """Contributions of zero, and no shares of nothing."""
    found = dl.decompose(dl.declare_design(several()), dl.arpr("income", threshold=1), "group")
    assert of(found, "contribution") == [0, 0, 0]
    flags = found.frame.set_index("statistic")["flag"]
    assert (flags["contribution_share"].tolist(), flags["contribution"].tolist()) == (
        ["undefined"] * 3,
        [""] * 3,
    )
    # Nobody of 10 in b, 4 of 10 in a: the part of b goes up to half the exact upper end of its
    # rate, 30.8 % of 10.
    people = pd.DataFrame({"group": ["a"] * 10 + ["b"] * 10, "income": [1.0] * 4 + [9.0] * 16})
    frame = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=5), "group").frame
    rows = frame.set_index(["statistic", "group"])[["ci_low", "ci_high"]]
    most = 0.5 * (1 - 0.025**0.1)
    assert rows.loc[("contribution", "b")].tolist() == pytest.approx([0, most], rel=1e-9)
    assert rows.loc[("contribution_share", "b")].tolist() == pytest.approx(
        [0, most / (0.2 + most)], rel=1e-9
    )
    assert rows.loc[("contribution_share", "a")].tolist() == pytest.approx(
        [0.2 / (0.2 + most), 1], rel=1e-9
    )
    people = several().assign(income=700.0)
    found = dl.decompose(dl.declare_design(people, weights="w"), dl.theil("income"), "group")
    assert [*of(found, "within_groups"), *of(found, "between_groups")] == pytest.approx(
        [0, 0], abs=1e-12
    )
    # On the root scale, by hand: the share b has sin^2(arcsin(sqrt(b)) -/+ t se / (2 sqrt(b (1 -
    # b)))).
    sample = dl.declare_design(several(400, seed=2), weights="w")
    frame = dl.decompose(sample, dl.theil("income"), "group", df="design").frame.set_index(
        "statistic"
    )
    row, other = frame.loc["between_share"], frame.loc["within_share"]
    share, t = row["estimate"], 1.9659
    reach = t * row["std_error"] / (2 * np.sqrt(share * (1 - share)))
    ends = [np.sin(max(np.arcsin(np.sqrt(share)) + sign * reach, 0)) ** 2 for sign in (-1, 1)]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(ends, rel=1e-4, abs=1e-12)
    assert [1 - other["ci_high"], 1 - other["ci_low"]] == pytest.approx(ends, rel=1e-4, abs=1e-12)
    assert row["ci_high"] < 0.1
    assert frame.loc["between_groups", "ci_low"] >= 0


@pytest.mark.parametrize("rule", ["drop", "zero"])
def test_incomes_at_or_below_zero_are_taken_as_the_index_takes_them(rule: str) -> None:
    """The parts add up to the direct estimate, whatever its rule; a group of such people only has no index."""
    people = several()
    people.loc[[1, 7], "income"] = [-50.0, -10.0]
    people = pd.concat(
        [people, pd.DataFrame({"unit": [30, 31], "w": 1.0, "group": "d", "income": -5.0})]
    )
    sample = dl.declare_design(people.reset_index(drop=True), weights="w", psu="unit")
    asked = dl.theil("income", nonpositive=rule)
    found = dl.decompose(sample, asked, "group").frame
    direct = dl.estimate(sample, asked).frame.iloc[0]
    whole = found[(found["group"] == "") & (found["statistic"] == "theil")].iloc[0]
    assert whole["estimate"] == pytest.approx(direct["estimate"], rel=1e-12)
    assert whole["std_error"] == pytest.approx(direct["std_error"], rel=1e-9)


@pytest.mark.parametrize("rule", ["drop", "zero"])
@pytest.mark.parametrize("alpha", [1, 2])
def test_no_index_of_everybody_where_nobody_has_an_income(rule: str, alpha: float) -> None:
    """As the index itself: undefined, not an inequality of zero without error."""
    sample = dl.declare_design(pd.DataFrame({"income": [0.0] * 4, "g": list("aabb")}))
    index = dl.generalised_entropy("income", alpha, nonpositive=rule)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = dl.decompose(sample, index, "g").frame
        direct = dl.estimate(sample, index).frame
    assert direct["estimate"].isna().all()
    everybody = frame[frame["g"] == ""]
    assert everybody[["estimate", "std_error", "ci_low", "ci_high"]].isna().all(axis=None)
    assert set(everybody["flag"]) == {"undefined"}


def test_crossed_groups_domains_and_imputations() -> None:
    people = several().assign(old=lambda them: them.index % 2)
    found = dl.decompose(
        dl.declare_design(people, weights="w"), dl.arpr("income"), ["group", "old"]
    )
    assert found.groups.columns.tolist() == [
        *("group", "old", "population_share", "arpr", "contribution", "contribution_share", "n")
    ]
    assert len(found.groups) == 6
    assert found.groups["contribution_share"].sum() == pytest.approx(1, rel=1e-12)
    # The parts of a domain add up to its rate under the line of everybody, error of the line
    # included.
    people = several().assign(old=lambda them: them.index % 3)
    sample = dl.declare_design(people, weights="w", psu="unit").where("old > 0")
    found = dl.decompose(sample, dl.arpr("income"), "group")
    direct = dl.estimate(sample, dl.arpr("income")).frame.iloc[0]
    assert found.frame.iloc[-1]["estimate"] == pytest.approx(direct["estimate"], rel=1e-12)
    assert found.frame.iloc[-1]["std_error"] == pytest.approx(direct["std_error"], rel=0.01)
    one, two = several(), several()
    two["income"] *= 1.1
    samples = [dl.declare_design(each, weights="w") for each in (one, two)]
    found = dl.decompose(dl.imputed(samples), dl.theil("income"), "group")
    each = [
        dl.decompose(sample, dl.theil("income"), "group").frame["estimate"] for sample in samples
    ]
    assert found.frame["estimate"].tolist() == pytest.approx((sum(each) / 2).tolist(), rel=1e-12)
    assert isinstance(found, Decomposition)


def test_refusals(refused: Any) -> None:
    sample, rate = dl.declare_design(several(), weights="w"), dl.arpr("income")
    calls: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
        (OptionError, (sample, dl.median("income"), "group"), {}), (OptionError, (sample, "income", "group"), {}),
        (MisleadingError, (sample, dl.arpr("income", threshold_on="domain"), "group"), {}),
        (OptionError, (sample, rate, []), {}), (OptionError, (sample, rate, "group"), {"df": "domain"}),
        (OptionError, (sample, rate, "group"), {"na": "keep"}), (ColumnError, (sample, rate, "gruop"), {}),
        (OptionError, (several(), rate, "group"), {}),
    ]  # fmt: skip
    for error, arguments, options in calls:
        refused(lambda a=arguments, o=options: dl.decompose(*a, **o), error)
