"""Results that tell of few only together, or by their options: below a poverty line, quantiles, other weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Example"))


def published(result: Any, **options: Any) -> Any:
    return dl.publish(result, notes=NOTES, **options)


def incomes(poor: int, n: int = 200, line: float = 1000.0) -> pd.DataFrame:
    """Return people of whom so many are poor, all in the first department of the first region."""
    draw = np.random.default_rng(poor)
    income = np.concatenate(
        [draw.uniform(500, line - 1, poor), draw.uniform(line + 1, 4 * line, n - poor)]
    ).round(2)
    return pd.DataFrame(
        {"income": income, "department": np.where(np.arange(n) < 60, "1", "2"), "region": "r"}
    )


def poverty(sample: Any, **options: Any) -> list[Any]:
    asked = [
        dl.arpr("income", **options),
        *(dl.fgt("income", order, **options) for order in (0, 1, 2)),
    ]
    return [
        dl.estimate(sample, each) for each in (*asked, dl.relative_median_gap("income", **options))
    ]


@pytest.mark.parametrize("poor", [1, 3, 9])
@pytest.mark.parametrize("together", [True, False])
def test_few_poor_are_told_by_no_index_of_poverty(poor: int, together: bool) -> None:
    """An index of order 0 is their share, those of 1 and 2 with it their gaps; of one person the gap is the income."""
    sample = dl.declare_design(incomes(poor))
    found = poverty(sample, threshold=1000.0)
    assert found[1].frame["estimate"].item() * 200 == pytest.approx(poor), (
        "before, their number is told"
    )
    if poor == 1:
        gap = found[2].frame["estimate"].item() * 200
        assert 1000 * (1 - gap) == pytest.approx(incomes(1)["income"].min()), (
            "and the income of one"
        )
    shown = (
        published(found, sample=sample)
        if together
        else [published(each, sample=sample) for each in found]
    )
    assert all(each.frame["estimate"].isna().all() for each in shown)


def test_lines_that_are_a_column_or_of_the_reference_tables() -> None:
    frame = incomes(3).assign(line=1000.0, high=3000.0)
    sample = dl.declare_design(frame)
    for line, few in (
        ("line", True),
        ("high", False),
        (dl.parameter("poverty_threshold_60", 2016), True),
    ):
        found = dl.estimate(sample, dl.fgt("income", 1, threshold=line))
        assert published(found, sample=sample).frame["estimate"].isna().item() == few


def test_poor_under_a_fraction_of_the_median_and_by_domain() -> None:
    """3 of the first department are under half the median; nobody of the second."""
    frame = incomes(3)
    sample = dl.declare_design(frame)
    middle = float(frame["income"].median())
    fraction = round(1000.0 / middle, 3)
    for of_whom in ("universe", "domain"):
        options: dict[str, Any] = {"fraction": fraction, "threshold_on": of_whom}
        found = dl.estimate(sample, dl.fgt("income", 1, **options), by="department")
        shown = published(found, sample=sample).frame
        line = (
            frame.groupby("department")["income"].median() * fraction
            if of_whom == "domain"
            else fraction * middle
        )
        poor = (
            frame["income"] < (frame["department"].map(line) if of_whom == "domain" else line)
        ).groupby(frame["department"])
        hidden = [0 < n < 10 for n in poor.sum()]
        assert any(hidden)
        assert [bool(np.isnan(each)) for each in shown["estimate"]] == hidden


def test_poor_of_a_department_are_no_difference_of_two_indices() -> None:
    """4 poor of one department: 30 of the region less 26 of the other, if both indices were printed."""
    income = np.concatenate(
        [np.full(4, 700.0), np.full(56, 2000.0), np.full(26, 800.0), np.full(114, 3000.0)]
    )
    frame = pd.DataFrame(
        {"income": income + np.arange(200) / 100, "department": ["1"] * 60 + ["2"] * 140}
    )
    frame = frame.assign(region="r")
    sample = dl.declare_design(frame)
    found = [
        dl.estimate(sample, dl.fgt("income", 0, threshold=1000.0), by=name) for name in ("department", "region")
    ]  # fmt: skip
    both = found[0].frame["estimate"] * [60, 140]
    assert found[1].frame["estimate"].item() * 200 - both[1] == pytest.approx(4), "before"
    by_department, whole = (each.frame["estimate"] for each in published(found, sample=sample))
    assert np.isnan(by_department[0])
    assert np.isnan(by_department[1]) or np.isnan(whole[0])


def test_the_gap_of_the_median_has_ten_poor_on_each_side() -> None:
    for poor, shown in ((19, False), (20, True)):
        sample = dl.declare_design(incomes(poor))
        found = dl.estimate(sample, dl.relative_median_gap("income", threshold=1000.0))
        assert published(found, sample=sample).frame["estimate"].notna().item() == shown


def test_quantile_regressions_keep_respondents_on_each_side_and_between() -> None:
    """Of 300: 0.02 and 0.99 have fewer than 10 beyond, 0.5 and 0.52 have 6 between; of 15, half is 7."""
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "pay": draw.lognormal(7.3, 0.4, 300).round(2),
            "group": ["a"] * 185 + ["b"] * 100 + ["c"] * 15,
        }
    )
    sample = dl.declare_design(frame)
    several = dl.regress(
        sample, "pay ~ 1", family="quantile", quantile=[0.02, 0.3, 0.5, 0.52, 0.99]
    )
    exact = np.isin(several.frame["estimate"].round(2), frame["pay"])
    assert exact.all(), "before, five amounts of persons"
    assert published(several, sample=sample).frame["estimate"].notna().tolist() == [
        False,
        True,
        True,
        False,
        False,
    ]
    groups = dl.regress(sample, "pay ~ C(group)", family="quantile")
    assert published(groups, sample=sample).frame["estimate"].notna().tolist() == [
        True,
        True,
        False,
    ]
    # beside a median, and beside what is released
    both = [
        dl.estimate(sample, dl.quantile("pay", 0.48)),
        dl.regress(sample, "pay ~ 1", family="quantile"),
    ]
    assert [each.frame["estimate"].notna().item() for each in published(both, sample=sample)] == [
        True,
        False,
    ]
    later = published(both[1], sample=sample, released=[published(both[0], sample=sample)])
    assert later.frame["estimate"].isna().all()


def with_few_who_weigh_otherwise(few: int) -> tuple[pd.DataFrame, dl.Sample, dl.Sample]:
    """Return 300 people, their sample with weights, 2 for some and 1 for all others, and that without."""
    frame = pd.DataFrame({"pay": np.random.default_rng(few).lognormal(7.3, 0.4, 300).round(2)})
    frame["w"] = np.where(np.arange(300) < few, 2.0, 1.0)
    weighted, plain = dl.declare_design(frame, weights="w"), dl.declare_design(frame)
    return frame, weighted, plain


@pytest.mark.parametrize("few", [1, 2, 9])
def test_sums_with_and_without_weights_do_not_tell_those_who_weigh_otherwise(few: int) -> None:
    """Everybody weighs 1 but few who weigh 2: both totals differ by what these few have."""
    frame, weighted, plain = with_few_who_weigh_otherwise(few)
    for statistic, scale in ((dl.total("pay"), (1, 1)), (dl.mean("pay"), (300 + few, 300))):
        found = [dl.estimate(each, statistic) for each in (weighted, plain)]
        apart = (
            found[0].frame["estimate"].item() * scale[0]
            - found[1].frame["estimate"].item() * scale[1]
        )
        assert apart == pytest.approx(frame["pay"][:few].sum()), "before"
        shown = published(found, sample=weighted)
        assert sum(each.frame["estimate"].isna().item() for each in shown) == 1
        after = published(
            found[1], sample=weighted, released=[published(found[0], sample=weighted)]
        )
        assert after.frame["estimate"].isna().all()


@pytest.mark.parametrize("few", [1, 2, 9])
def test_fits_with_and_without_weights_do_not_tell_them_either(few: int) -> None:
    """The constant of a regression on nothing is the mean."""
    frame, weighted, plain = with_few_who_weigh_otherwise(few)
    fits = [dl.regress(each, "pay ~ 1") for each in (weighted, plain)]
    means = [dl.estimate(each, dl.mean("pay")) for each in (weighted, plain)]
    for pair in (fits, [fits[0], means[1]], [means[0], fits[1]]):
        one, two = (each.frame["estimate"].item() for each in pair)
        assert one * (300 + few) - two * 300 == pytest.approx(frame["pay"][:few].sum()), "before"
        assert any(
            each.frame["estimate"].isna().item() for each in published(pair, sample=weighted)
        )


def test_weights_that_all_differ_hide_nothing_more() -> None:
    draw = np.random.default_rng(8)
    frame = pd.DataFrame(
        {"pay": draw.lognormal(7.3, 0.4, 300).round(2), "group": ["a", "b", "c"] * 100}
    )
    frame["w"] = draw.uniform(1, 3, 300)
    weighted, plain = dl.declare_design(frame, weights="w"), dl.declare_design(frame)
    found = [dl.estimate(each, dl.mean("pay"), by="group") for each in (weighted, plain)]
    assert all(each.frame["estimate"].notna().all() for each in published(found, sample=weighted))


def test_dominance_is_looked_for_without_weights_where_a_sum_has_none() -> None:
    """One of 20 has nearly all, and a weight so small that the weighted total does not show it."""
    frame = pd.DataFrame({"pay": np.full(20, 1000.0) + np.arange(20)}).assign(w=1.0)
    frame.loc[0, ["pay", "w"]] = [900_000.0, 0.001]
    weighted, plain = dl.declare_design(frame, weights="w"), dl.declare_design(frame)
    shown = published(dl.estimate(plain, dl.total("pay")), sample=weighted)
    assert shown.frame["estimate"].isna().all()
    assert (
        published(dl.estimate(weighted, dl.total("pay")), sample=weighted)
        .frame["estimate"]
        .notna()
        .all()
    )


@pytest.mark.parametrize("weights", [None, "w"])
def test_who_is_at_risk_of_poverty_or_exclusion_is_counted_by_all_that_makes_it(
    weights: str | None,
) -> None:
    """Of 100 women 12 are deprived and none is poor, of 100 men 20 are poor: among all but the 12, 4 women are left."""
    rows = np.arange(200)
    people = pd.DataFrame(
        {
            "sex": ["f", "m"] * 100,
            "income": np.where((rows % 2 == 1) & (rows < 40), 100.0, 1e3 + rows),
        }
    )
    people["deprived"] = ((rows % 2 == 0) & (rows < 24)).astype(float)
    people["idle"] = ((rows % 2 == 0) & (rows >= 192)).astype(float)
    people["w"] = 1.0 + rows % 3
    sample = dl.declare_design(people, weights=weights)
    at_risk = dl.estimate(
        sample, dl.arope("income", "deprived == 1", "idle", threshold=500), by="sex"
    )
    assert published(at_risk, sample=sample).frame["estimate"].notna().all()
    others = sample.where("deprived == 0")
    less = dl.estimate(others, dl.arope("income", "deprived == 1", "idle", threshold=500), by="sex")
    shown = published([at_risk, less], sample=sample)
    assert shown[1].frame["estimate"].isna().tolist() == [True, False]


@pytest.mark.parametrize("by", [(), "sex"])
def test_who_is_at_risk_is_published_where_answers_are_missing(by: Any) -> None:
    """Deprived or poor is decided by one answer: those of whom none decides are left out, or counted."""
    rows = np.arange(300)
    people = pd.DataFrame(
        {
            "sex": np.array(["f", "m"])[rows % 2],
            "income": np.where(rows % 5 == 0, 100.0, 1e3 + rows),
        }
    )
    people["deprived"] = np.where(rows % 7 == 0, np.nan, rows % 3 == 0)
    people["idle"] = np.where(rows % 11 == 0, np.nan, 0.0)
    sample = dl.declare_design(people)
    for rule, n in (("drop", 300 - unknown(people).sum()), ("no", 300), ("yes", 300)):
        found = dl.estimate(
            sample, dl.arope("income", "deprived", "idle", threshold=500, undecided=rule), by=by
        )
        assert found.frame["n"].sum() == n
        shown = published(found, sample=sample).frame
        assert shown["estimate"].tolist() == found.frame["estimate"].tolist()
    # three who are at risk are few, whatever is missing
    few = people.assign(
        income=1e3, deprived=np.where(rows < 3, 1.0, np.where(rows % 7 == 0, np.nan, 0.0)), idle=0.0
    )
    sample = dl.declare_design(few)
    found = dl.estimate(sample, dl.arope("income", "deprived", "idle", threshold=500))
    assert published(found, sample=sample).frame["estimate"].isna().all()


def unknown(people: pd.DataFrame) -> pd.Series:
    known = (people["income"] < 500) | (people["deprived"] == 1) | (people["idle"] == 1)
    return ~known & people[["deprived", "idle"]].isna().any(axis=1)


def test_the_poor_by_each_of_several_lines_are_counted_by_their_own() -> None:
    """3 of 200 are under 1,000, 80 under 2,000 or more: .015 by 200 told them where two lines were asked."""
    frame = incomes(3)
    sample = dl.declare_design(frame)
    found = dl.estimate(
        sample, *(dl.arpr("income", threshold=line) for line in (1000.0, 2500.0, 3000.0))
    )
    assert found.frame["estimate"].iloc[0] * 200 == pytest.approx(3)
    shown = published(found, sample=sample).frame["estimate"]
    assert shown.isna().tolist() == [True, False, False]
    assert (frame["income"] < 2500).sum() >= 10


@pytest.mark.parametrize("by", [(), "department"])
@pytest.mark.parametrize("poor", [4, 40])
def test_lines_of_each_respondent_are_answers_that_some_do_not_give(by: Any, poor: int) -> None:
    """The poor by them are not those with the lowest incomes: here all have more than everybody else."""
    rows = np.arange(400)
    low = rows % 10 == 1
    low &= np.cumsum(low) <= poor
    frame = pd.DataFrame({"income": np.where(low, 3000.0, 1000.0) + rows / 1000})
    frame["line"] = np.where(rows % 9 == 0, np.nan, np.where(low, 4000.0, 500.0))
    frame["department"] = np.where(rows < 200, "1", "2")
    frame["deprived"], frame["idle"] = np.where(rows % 13 == 0, np.nan, 0.0), 0.0
    sample = dl.declare_design(frame)
    asked: list[Any] = [dl.arpr("income", threshold="line"), dl.fgt("income", 1, threshold="line")]
    asked += [
        dl.arope("income", "deprived", "idle", threshold=line, undecided=rule)
        for line, rule in (("line", "drop"), ("line", "no"), ("line * 1.1", "drop"))
    ]
    below = low & frame["line"].notna()
    few = below.groupby(frame["department"] if by else rows * 0).sum().between(1, 9)
    for statistic in asked:
        found = dl.estimate(sample, statistic, by=by)
        shown = published(found, sample=sample).frame
        assert shown["estimate"].isna().tolist() == few.tolist()
        assert shown["estimate"].dropna().isin(found.frame["estimate"]).all()


def test_the_highest_share_at_risk_counts_the_undecided_by_lines_of_their_own() -> None:
    rows = np.arange(200)
    frame = pd.DataFrame({"income": 1000.0 + rows, "deprived": 0.0, "idle": 0.0})
    for missing, shown in ((4, False), (30, True)):
        lines = frame.assign(line=np.where(rows < missing, np.nan, 500.0))
        sample = dl.declare_design(lines)
        asked = dl.arope("income", "deprived", "idle", threshold="line", undecided="yes")
        found = dl.estimate(sample, asked)
        assert found.frame["estimate"].item() == pytest.approx(missing / 200)
        estimate = published(found, sample=sample).frame["estimate"]
        assert estimate.notna().item() == shown


def test_indices_by_two_lines_one_of_each_respondent_are_published_by_results_apart() -> None:
    """The options of an index do not tell its rows apart here: which has which line is not said."""
    frame = incomes(60).assign(line=1000.0)
    sample = dl.declare_design(frame)
    one, other = dl.fgt("income", 1, threshold="line"), dl.fgt("income", 0, threshold=750.0)
    with pytest.raises(OptionError, match="Which poverty line each row has is not said"):
        published(dl.estimate(sample, one, other), sample=sample)
    apart = [dl.estimate(sample, each) for each in (one, other)]
    assert all(each.frame["estimate"].notna().all() for each in published(apart, sample=sample))


@pytest.mark.parametrize(
    "statistic",
    [
        dl.arope,
        lambda pay, work, idle: dl.ratio(f"`{pay}` + `{work}`", pay),
        lambda pay, work, idle: dl.ratio(pay, f"`{work}` + `{idle}` + 1"),
    ],
)
def test_columns_with_words_of_the_grammar_in_their_names_are_protected_alike(
    statistic: Any,
) -> None:
    """Names with commas, signs and slashes: the columns of a result are not read from its words."""
    random = np.random.default_rng(3)
    people = pd.DataFrame({"pay": random.lognormal(7, 1, 120).round()})
    people["work"] = random.integers(0, 2, 120)
    people["idle"] = (random.random(120) < 0.1).astype(int)
    people["region"] = random.choice(list("abcd"), 120, p=[0.4, 0.3, 0.25, 0.05])
    names = ("pay, net", "work / week", "idle + ill")
    renamed = people.rename(columns=dict(zip(("pay", "work", "idle"), names, strict=True)))
    shown = []
    for data, columns in ((people, ("pay", "work", "idle")), (renamed, names)):
        sample = dl.declare_design(data)
        found = dl.estimate(sample, statistic(*columns), by="region")
        shown.append(dl.publish(found, sample=sample, notes=NOTES).frame)
    assert shown[0]["flag"].str.contains("confidential").any()
    assert shown[1]["flag"].tolist() == shown[0]["flag"].tolist()
    assert shown[1]["estimate"].tolist() == pytest.approx(
        shown[0]["estimate"].tolist(), nan_ok=True
    )
