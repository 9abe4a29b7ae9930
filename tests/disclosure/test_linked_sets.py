"""Sets of respondents that nest in each other, overlap, or are written in other words, are protected together."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import diplab as dl
from diplab.disclosure.amounts import unknown_power
from diplab.disclosure.profile import profile_of

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Example"))
PARTS = {"75": "IDF", "92": "IDF", "13": "PACA", "06": "PACA", "84": "PACA"}


def published(result: Any, **options: Any) -> Any:
    return dl.publish(result, options.pop("profile", "standard"), notes=NOTES, **options)


def by_department(seed: int, few: int = 3) -> pd.DataFrame:
    """Departments within two regions, of which one is small."""
    draw = np.random.default_rng(seed)
    n = {"75": 40, "92": few, "13": 30, "06": 19, "84": 25}
    department = np.repeat(list(n), list(n.values()))
    people = pd.DataFrame(
        {"department": department, "pay": draw.lognormal(7, 0.4, department.size).round(2)}
    )
    return people.assign(
        region=people["department"].map(PARTS), sex=draw.choice(["f", "m"], department.size)
    )


def interval(shown: list[Any], people: pd.DataFrame, wanted: pd.Series) -> tuple[float, float]:
    """What is possible of a number of respondents, to one who knows which answers go together."""
    names = [name for each in shown for name in each.by]
    groups = people[list(dict.fromkeys(names))].drop_duplicates()
    rows, values = [], []
    for each in shown:
        for row in each.frame.to_dict("records"):
            if not np.isnan(row["n"]):
                rows.append(
                    np.all([groups[name] == row[name] for name in each.by], axis=0)
                    * np.ones(len(groups))
                )
                values.append(row["n"])
    aim = np.all([groups[name] == value for name, value in wanted.items()], axis=0) * 1.0
    ends = [linprog(sign * aim, A_eq=np.array(rows), b_eq=values) for sign in (1, -1)]
    assert [each.status for each in ends] in ([0, 0], [0, 3])
    return ends[0].fun, np.inf if ends[1].status == 3 else -ends[1].fun


@pytest.mark.parametrize(("profile", "minimum"), [("standard", 10), ("insee_fiscal", 11)])
@pytest.mark.parametrize("order", [("department", "region"), ("region", "department")])
def test_a_small_department_is_no_difference_of_its_region(
    profile: str, minimum: int, order: tuple[str, str]
) -> None:
    """92 has 3 people, and 43 of the region less 40 of 75 gives them."""
    people = by_department(1)
    sample = dl.declare_design(people)
    results = [dl.estimate(sample, dl.mean("pay"), by=name) for name in order]
    together = published(results, profile=profile, sample=sample)
    first = published(results[0], profile=profile, sample=sample)
    later = [first, published(results[1], profile=profile, sample=sample, released=[first])]
    for shown in (together, later):
        low, high = interval(shown, people, pd.Series({"department": "92"}))
        assert low <= 1e-6
        assert high >= minimum - 1e-6


def test_a_table_of_both_variables_and_a_crosstab_are_linked_too() -> None:
    people = by_department(2)
    sample = dl.declare_design(people)
    shown = published(
        [dl.crosstab(sample, "department", "sex"), dl.crosstab(sample, "region", "sex")],
        sample=sample,
    )
    counts = [each.counts for each in shown]
    for sex in ("f", "m"):
        few = people.query("department == '92' and sex == @sex")
        if len(few):
            low, high = interval(counts, people, pd.Series({"department": "92", "sex": sex}))
            assert low <= 1e-6
            assert high >= 10 - 1e-6


def test_bands_that_overlap_do_not_give_those_between_them() -> None:
    """Five are 30: -31 less -30 tells how many, and their pay."""
    draw = np.random.default_rng(3)
    age = np.r_[np.full(5, 30.0), draw.integers(18, 30, 60), draw.integers(31, 60, 80)].astype(
        float
    )
    people = pd.DataFrame({"age": age, "pay": draw.lognormal(7, 0.4, age.size)})
    people["under_30"] = np.where(age < 30, "-30", "30+")
    people["under_31"] = np.where(age < 31, "-31", "31+")
    sample = dl.declare_design(people)
    results = [dl.estimate(sample, dl.mean("pay"), by=name) for name in ("under_30", "under_31")]
    one, two = (each.frame["n"].to_numpy() for each in published(results, sample=sample))
    assert np.isnan(two[0] - one[0])
    assert np.isnan(one[1] - two[1])
    # a domain of the one and groups of the other
    within = dl.estimate(sample.where("age < 30"), dl.mean("pay"))
    first, second = published([within, results[1]], sample=sample)
    assert np.isnan(second.frame["n"].iloc[0] - first.frame["n"].iloc[0])


def test_groups_of_a_domain_are_added_up_and_compared_with_another_variable() -> None:
    """Women and men under 30 add up to 60, and the band of 31 has 65."""
    draw = np.random.default_rng(4)
    age = np.r_[np.full(5, 30.0), draw.integers(18, 30, 60), draw.integers(31, 60, 80)]
    people = pd.DataFrame({"age": age, "sex": np.resize(["f", "m"], age.size)})
    people["band"] = np.where(age < 31, "-31", "31+")
    sample = dl.declare_design(people)
    results = [
        dl.estimate(sample.where("age < 30"), dl.count(), by="sex"),
        dl.estimate(sample, dl.count(), by="band"),
    ]
    young, band = published(results, sample=sample)
    assert np.isnan(band.frame["n"].iloc[0] - young.frame["n"].sum(skipna=False))


def test_variables_that_cross_freely_hide_no_more_than_before() -> None:
    """Every group is large; that pairs of answers are rare is told by nothing."""
    draw = np.random.default_rng(5)
    people = pd.DataFrame(
        {
            name: draw.choice(list(letters), 400)
            for name, letters in {"a": "xyz", "b": "xyzu", "c": "xyzuv"}.items()
        }
    )
    sample = dl.declare_design(people)
    shown = published([dl.estimate(sample, dl.count(), by=name) for name in "abc"], sample=sample)
    assert not any(each.frame["n"].isna().any() for each in shown)


@pytest.mark.parametrize("seed", range(12))
def test_departments_of_any_size_stay_unknown(seed: int) -> None:
    draw = np.random.default_rng(seed)
    parts = {f"{region}{at}": region for region, at in product("pqr", range(4))}
    department = draw.choice(list(parts), 200, p=draw.dirichlet(np.full(12, 0.8)))
    people = pd.DataFrame({"department": department, "pay": draw.lognormal(7, 0.4, 200)})
    people["region"] = people["department"].map(parts)
    sample = dl.declare_design(people)
    results = [dl.estimate(sample, dl.mean("pay"), by=by) for by in ("department", "region", ())]
    shown = published(results, sample=sample)
    for name in ("department", "region"):
        for answer, n in people[name].value_counts().items():
            if n < 10:
                low, high = interval(shown, people, pd.Series({name: answer}))
                assert low <= 1e-6
                assert high >= 10 - 1e-6


@pytest.mark.parametrize("statistic", ["mean", "total", "ratio", "variance", "gini"])
def test_an_amount_of_two_values_is_a_share(statistic: str) -> None:
    """3 of 300 are ill: the mean of 0 and 1, or of 1 and 2, is 3 of them."""
    people = pd.DataFrame(
        {"ill": [1] * 3 + [0] * 297, "age": np.arange(300) % 50 + 20.0, "many": [1, 0] * 150}
    )
    people["code"] = people["ill"] + 1.0
    sample = dl.declare_design(people)
    verb = getattr(dl, statistic)
    for name in ("ill", "code"):
        arguments = (name, "age") if statistic == "ratio" else (name,)
        shown = published(dl.estimate(sample, verb(*arguments)), sample=sample)
        assert shown.frame["flag"].tolist() == ["confidential"]
    kept = published(
        dl.estimate(sample, verb("many", "age") if statistic == "ratio" else verb("many")),
        sample=sample,
    )
    assert kept.frame["estimate"].notna().all()


def test_a_sum_of_few_who_have_anything_is_hidden() -> None:
    """Nobody dominates: four alike of 300 have an allowance."""
    people = pd.DataFrame({"allowance": [100.0, 101, 102, 103] + [0.0] * 296})
    sample = dl.declare_design(people)
    shown = published(
        dl.estimate(sample, dl.total("allowance"), dl.mean("allowance")), sample=sample
    )
    assert shown.frame["estimate"].isna().all()


def outlier(n: int = 20, most: float = 1_234_567.0) -> pd.DataFrame:
    return pd.DataFrame(
        {"pay": [most, *np.random.default_rng(6).lognormal(7, 0.3, n - 1).round(2)]}
    )


@pytest.mark.parametrize(
    "statistic",
    [dl.variance("pay"), dl.gini("pay"), dl.theil("pay"), dl.atkinson("pay", 1.0), dl.quintile_ratio("pay"),
     dl.palma_ratio("pay"), dl.work.top_share("pay", 0.5)],
)  # fmt: skip
def test_statistics_that_one_respondent_makes_are_hidden(statistic: Any) -> None:
    sample = dl.declare_design(outlier(60))
    shown = published(dl.estimate(sample, statistic), sample=sample)
    assert shown.frame["estimate"].isna().all()
    even = dl.declare_design(pd.DataFrame({"pay": np.random.default_rng(7).lognormal(7, 0.4, 120)}))
    assert published(dl.estimate(even, statistic), sample=even).frame["estimate"].notna().all()


def test_the_error_of_a_mean_is_hidden_where_one_respondent_makes_it() -> None:
    """77,777 among 300 of about 1,100: of the sum a fifth, of the squares nearly all: SD sqrt(n - 1) gave 77,198."""
    sample = dl.declare_design(outlier(300, 77_777.77))
    shown = published(dl.estimate(sample, dl.mean("pay")), sample=sample)
    row = shown.frame.iloc[0]
    assert row["flag"] == "error confidential"
    assert row["estimate"] > 0
    assert row[["std_error", "ci_low", "ci_high", "cv", "deff"]].isna().all()
    assert np.isnan(shown.covariance).all()
    assert "error confidential" in str(dl.table(shown).as_raw_html())
    summary = published(dl.summary(sample, "pay"), sample=sample)
    assert "77" not in str(summary.frame.loc[:, "std_error":].to_dict())


@pytest.mark.parametrize("seed", range(3))
def test_bands_of_five_and_ten_years_do_not_give_a_small_one(seed: int) -> None:
    """Four are 30 to 34: those of 30 to 39 less those of 35 to 39."""
    draw = np.random.default_rng(seed)
    age = np.r_[draw.integers(30, 35, 4), draw.integers(35, 40, 30), draw.integers(40, 60, 120)]
    people = pd.DataFrame({"five": (age // 5 * 5).astype(str), "ten": (age // 10 * 10).astype(str)})
    people["pay"] = draw.lognormal(7, 0.4, age.size).round(2)
    sample = dl.declare_design(people)
    results = [dl.estimate(sample, dl.total("pay"), by=name) for name in ("five", "ten")]
    pay = people.loc[people["five"] == "30", "pay"].sum()
    raw = [each.frame.set_index(each.by[0])["estimate"] for each in results]
    assert raw[1]["30"] - raw[0]["35"] == pytest.approx(pay), "before"
    shown = published(results, sample=sample)
    low, high = interval(shown, people, pd.Series({"five": "30"}))
    assert low <= 1e-6
    assert high >= 10 - 1e-6
    sums = [each.frame.set_index(each.by[0])["estimate"] for each in shown]
    assert np.isnan(sums[0]["30"])
    assert np.isnan(sums[1]["30"] - sums[0]["35"])


def test_a_summary_of_nested_variables_is_protected_with_a_table_of_one_of_them() -> None:
    people = by_department(6)
    sample = dl.declare_design(people)
    results = [
        dl.summary(sample, ["pay", "department"], by="sex"),
        dl.estimate(sample, dl.count(), by="region"),
    ]
    summary, regions = published(results, sample=sample)
    everybody = summary.everybody.frame.set_index("category")["estimate"]
    assert np.isnan(everybody["92"])
    ile_de_france = regions.frame.set_index("region")["n"]["IDF"]
    assert np.isnan(everybody["75"]) or np.isnan(ile_de_france)


def test_what_is_published_already_is_known_of_amounts_too() -> None:
    """The others of the same amount, and numbers of whom few have most of it, whoever was counted before."""
    people = outlier(60).assign(sex=["f", "m"] * 30)
    sample = dl.declare_design(people)
    counted = published(dl.estimate(sample, dl.share("sex")), sample=sample)
    told = published(dl.estimate(sample, dl.mean("pay")), sample=sample, released=[counted])
    assert told.frame["flag"].tolist() == ["confidential"]
    spread = people.assign(
        pay=[900_000.0, *people["pay"][1:]], other=["b"] + ["a", "b"] * 29 + ["b"]
    )
    sample = dl.declare_design(spread)
    each = published(dl.estimate(sample, dl.mean("pay"), by="other"), sample=sample)
    assert each.frame["flag"].tolist() == ["", "confidential"]
    both = published(dl.estimate(sample, dl.total("pay")), sample=sample, released=[each])
    assert both.frame["estimate"].isna().all()


def test_few_who_have_most_are_no_difference_of_sums() -> None:
    """Of 60, one has 50,000 of 125,000 in all, and 91 % of what those over 30 have."""
    pay = [1_600.0] * 44 + [300.0] * 15 + [50_000.0]
    people = pd.DataFrame({"pay": pay, "age": [25] * 44 + [40] * 16})
    sample = dl.declare_design(people)
    everybody = dl.estimate(sample, dl.total("pay"))
    young = dl.estimate(sample.where("age < 30"), dl.total("pay"))
    assert published(everybody, sample=sample).frame["estimate"].notna().all()
    shown = published([everybody, young], sample=sample)
    assert sum(each.frame["estimate"].notna().all() for each in shown) == 1


def test_domains_in_other_groups_are_subtracted_as_a_whole() -> None:
    """Under 32 by sex, under 30 by job: 7 of 30 and 31 years."""
    draw = np.random.default_rng(1)
    age = [*draw.integers(18, 30, 60), *[30, 31] * 3, 30, *draw.integers(32, 60, 60)]
    people = pd.DataFrame(
        {"age": age, "sex": draw.choice(["f", "m"], 127), "job": draw.choice(["a", "b"], 127)}
    )
    people["ill"] = draw.choice([0, 1], 127)
    sample = dl.declare_design(people)
    below = [sample.where(f"age < {age}") for age in (30, 32)]
    results = [
        dl.estimate(each, dl.mean("ill"), by=by)
        for each, by in zip(below, ("job", "sex"), strict=True)
    ]
    shown = published(results, sample=sample)
    whole = [each.frame["n"].sum(skipna=False) for each in shown]
    assert np.isnan(whole).any()
    in_turn = published(results[1], sample=sample, released=[published(results[0], sample=sample)])
    assert in_turn.frame["n"].isna().any()


def test_a_mean_and_squares_do_not_tell_the_largest_to_within_a_tenth() -> None:
    """Distances to the mean of 2 are 8, 2 and ten times -1; the largest at 11, of 10, would be 9 from it."""
    value = np.array([10.0, 4.0, *[1.0] * 10])
    rules, weight = profile_of("standard"), np.ones(12)
    assert unknown_power(value, weight, 2, rules) == pytest.approx(
        9**2 + 2**2 + (9 + 2) ** 2 / 10 - 78
    )
    assert unknown_power(value, weight, 4, rules) == pytest.approx(9**4 + 2**4 - (8**4 + 2**4 + 10))
    assert unknown_power(value, weight, 2, profile_of("insee_fiscal")) == 0.0
    # all within a tenth of the mean: that tells as much
    assert unknown_power(np.array([2000.0, 1990, *[1980.0] * 10]), weight, 2, rules) == 0.0
    sample = dl.declare_design(pd.DataFrame({"pay": value}))
    shown = published(
        dl.estimate(sample, dl.mean("pay"), dl.variance("pay"), dl.gini("pay")), sample=sample
    )
    assert shown.frame["flag"].tolist() == ["error confidential", "confidential", "confidential"]


def test_the_error_of_a_variance_tells_fourth_powers() -> None:
    pay = np.array([4_000.0, *np.random.default_rng(3).lognormal(7, 0.25, 59)])
    sample = dl.declare_design(pd.DataFrame({"pay": pay}))
    row = published(dl.estimate(sample, dl.variance("pay")), sample=sample).frame.iloc[0]
    powers = (pay - pay.mean()) ** 4
    assert powers.sum() ** 0.25 - (pay[0] - pay.mean()) < 0.1 * pay[0]
    assert row["flag"] == "error confidential"
    assert row["estimate"] > 0
    assert np.isnan(row["std_error"])


def test_a_variable_within_itself_has_one_value() -> None:
    """Of the 16 of "a" two work no hours: shares of "b" within "a" are of nobody, not of all in "b"."""
    people = pd.DataFrame(
        {"band": ["a"] * 16 + ["b"] * 30 + ["c"] * 30, "hours": [0] * 2 + [1] * 74}
    )
    sample = dl.declare_design(people)
    whole = dl.estimate(sample, dl.share("band"), by="band")
    assert set(published(whole, sample=sample).frame["flag"]) == {"all alike"}
    working = dl.estimate(sample.where("hours > 0"), dl.share("band"))
    within, apart = (each.frame for each in published([whole, working], sample=sample))
    told = (
        within.loc[within["band"] == "a", "n"].notna().any(),
        apart["estimate"].notna()[apart["category"] == "a"].all(),
    )
    assert not all(told)


def test_what_two_sets_leave_of_another_is_not_told() -> None:
    """Of 181 people 51 are under 30, by region, and 124 are over 30 and work: 6 are neither."""
    age = np.repeat([25, 30, 40], [51, 3, 127])
    rows = np.arange(age.size)
    people = pd.DataFrame({"age": age, "pay": 1e3 + rows % 41, "ill": 1.0 * (rows % 6 == 0)})
    people["hours"] = np.where(np.isin(rows, [0, 54, 55, 56]), 0.0, 9.0)
    people["over_30"], people["region"] = (
        np.where(age > 30, "yes", "no"),
        np.where(rows % 3, "r", "s"),
    )
    people["job"] = np.where(rows % 4, "a", "b")
    sample = dl.declare_design(people)
    young = dl.estimate(sample.where("age < 30"), dl.mean("ill"), by="region")
    everybody = dl.estimate(sample, dl.share("job"))
    at_work = dl.estimate(sample.where("hours > 0"), dl.mean("pay"), by="over_30")
    together = [
        each.frame["n"].tolist() for each in published([young, everybody, at_work], sample=sample)
    ]
    assert together[1:] == [[181, 181], pytest.approx([np.nan, 124], nan_ok=True)]
    assert np.isnan(together[0]).any()
    # without everybody, or without those at work, nothing is left of a third
    for pair in ([young, everybody], [young, at_work]):
        assert all(each.frame["n"].notna().all() for each in published(pair, sample=sample))


def most(
    shown: list[tuple[Any, pd.Series]], people: pd.DataFrame, wanted: pd.Series, names: list[str]
) -> float:
    """The most that there may be of some, to one who knows numbers by group of those of whom a condition holds."""
    every = people.drop_duplicates(names)
    masks, values = [], []
    for result, holds in shown:
        for row in result.frame.to_dict("records"):
            if not np.isnan(row["n"]):
                inside = [holds[every.index], *(every[name] == row[name] for name in result.by)]
                masks.append(np.all(inside, axis=0) * 1.0)
                values.append(row["n"])
    found = linprog(-1.0 * wanted[every.index], A_eq=np.array(masks), b_eq=values)
    assert found.status in (0, 3)
    return np.inf if found.status == 3 else -found.fun


def test_small_groups_are_not_told_to_be_small_by_the_sum_of_two() -> None:
    """Four are 30, and three over 31 are famous: those from 30 on, in three bands, less the others over 31, are 7."""
    age = np.repeat([20, 25, 30, 32, 36, 41], [30, 37, 4, 22, 23, 22])
    rows = np.arange(age.size)
    people = pd.DataFrame(
        {"age": age, "five": (age // 5 * 5).astype(str), "over": np.where(age < 31, "no", "yes")}
    )
    people["famous"] = (rows < 9) | (rows >= age.size - 3)
    people["famous"] = people["famous"].astype(int)
    sample = dl.declare_design(people)
    results = [dl.estimate(sample, dl.count(), by="five")]
    results.append(dl.estimate(sample.where("famous == 0"), dl.count(), by="over"))
    all_, known = np.ones(age.size, dtype=bool), people["famous"] == 0
    conditions, names = [pd.Series(all_), known], ["five", "over", "famous"]
    small = people["age"] == 30, (people["famous"] == 1) & (people["over"] == "yes")
    for wanted in small:
        assert most(
            list(zip(results, conditions, strict=True)), people, wanted, names
        ) == pytest.approx(7), "before"
    shown = published(results, sample=sample)
    for wanted in small:
        assert most(list(zip(shown, conditions, strict=True)), people, wanted, names) >= 10 - 1e-6
    assert sum(each.frame["n"].notna().sum() for each in shown) >= 5
    # what others published already tells as much: nothing hides it any more
    people["sex"] = np.where(rows % 2, "f", "m")
    both = dl.estimate(dl.declare_design(people), dl.count(), by="sex")
    later = published(both, sample=dl.declare_design(people), released=results)
    assert later.frame["n"].notna().all()


def test_who_is_in_two_small_groups_is_not_told_to_be_few_by_tables_that_nothing_links() -> None:
    """Of 205 in all, whom nobody counted, 64 are up to 30 and 146 from 30 on; outside of a department of 9 are 196."""
    people = pd.DataFrame({"age": np.repeat([20, 30, 40], [59, 5, 141])})
    rows = np.arange(205)
    people["dept"] = np.where(
        np.isin(rows, [0, 1, 60, 100, 101, 102, 103, 104, 105]), "z", np.where(rows % 2, "a", "b")
    )
    sample = dl.declare_design(people)
    young, old = people["age"] < 31, people["age"] > 29
    results = [dl.estimate(sample, dl.count(), by="dept")]
    results += [dl.estimate(sample.where(f"age {asked}"), dl.count()) for asked in ("< 31", "> 29")]
    shown = published(results, sample=sample)
    told = list(zip(shown, [pd.Series(rows >= 0), young, old], strict=True))
    both = (people["age"] == 30) & (people["dept"] == "z")
    assert both.sum() == 1
    assert most(told, people, both, ["age", "dept"]) >= 10 - 1e-6
    assert sum(each.frame["n"].notna().sum() for each in shown) >= 3


def test_whom_a_hidden_regression_is_about_may_be_printed_elsewhere() -> None:
    """Of 120 people two are famous: the others by band do not tell it, also after a regression of all was hidden."""
    rows = np.arange(120)
    people = pd.DataFrame(
        {"famous": rows < 2, "pay": 1e3 + 7.0 * (rows % 50), "ill": rows % 3 == 0}
    ).astype(float)
    people["rare"], people["band"] = (
        np.where(rows % 40 == 3, rows, 0),
        np.array(list("abcd"))[rows % 4],
    )
    people["dept"] = np.where(rows < 4, "a", np.array(list("uvw"))[rows % 3])
    sample = dl.declare_design(people)
    told: list[Any] = []
    for each in (
        dl.estimate(sample, dl.mean("ill")),
        dl.regress(sample, "pay ~ dept + rare"),
        dl.estimate(sample.where("famous == 0"), dl.mean("pay"), by="band"),
    ):
        told.append(published(each, sample=sample, released=list(told)))
    everybody, fit, others = (each.frame["n"] for each in told)
    assert everybody.notna().all()
    assert fit.isna().all()
    assert others.isna().any()
