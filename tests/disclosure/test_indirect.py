"""What is not a cell of a table and tells one: degrees of freedom, parts of a whole, the points of curves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

if TYPE_CHECKING:
    from diplab.types import Estimates

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Drawn"))


def published(result: Any, profile: Any = "standard", **options: Any) -> Any:
    return dl.publish(result, profile, notes=NOTES, **options)


def workers(few: int = 5, n: int = 300) -> pd.DataFrame:
    """Workers of two towns, and few of a third."""
    drawn = np.random.default_rng(3)
    town = drawn.choice(["a", "b"], n)
    town[:few] = "c"
    return pd.DataFrame({
        "town": town, "pay": drawn.lognormal(7, 0.6, n), "band": drawn.integers(1, 5, n),
        "months": drawn.integers(1, 60, n).astype(float), "left": drawn.integers(0, 2, n),
    })  # fmt: skip


def hidden_of(found: Estimates, town: str) -> bool:
    """Whether every row of a town is hidden."""
    return bool((found.frame.loc[found.frame["town"] == town, "flag"] == "confidential").all())


def test_intervals_and_tests_tell_no_degrees_of_freedom_where_n_is_secret() -> None:
    """The limit of 7 firms was 2.447 errors away: t with 6 degrees of freedom; and n is variance / error^2."""
    frame = pd.DataFrame({
        "branch": ["a"] * 7 + ["b"] * 50, "w": [40.0] * 7 + [30.0] * 50,
        "sales": np.random.default_rng(2).lognormal(10, 0.4, 57),
    })  # fmt: skip
    sample = dl.declare_design(frame, weights="w")
    means = dl.estimate(sample, dl.mean("sales"), by="branch")
    shown = published(means, "insee_entreprises", sample=sample).frame
    assert shown[["estimate", "std_error", "cv"]].notna().all(axis=None)
    assert shown[["ci_low", "ci_high", "n", "df"]].isna().all(axis=None)
    assert "few units" not in set(shown["flag"])
    fit = published(dl.regress(sample, "sales ~ branch"), "insee_entreprises", sample=sample).frame
    assert fit[["ci_low", "ci_high", "p_value"]].isna().all(axis=None)
    spread = dl.estimate(sample, dl.variance("sales"), by="branch")
    both = published([means, spread], "insee_entreprises", sample=sample)
    for each in both:
        assert each.frame["estimate"].notna().all()
        assert each.frame[["std_error", "cv"]].isna().all(axis=None)
    later = published(means, "insee_entreprises", sample=sample, released=both[1:])
    assert later.frame["std_error"].isna().all()


def test_rounded_publication_has_no_digit_of_a_p_value_that_print_lacks() -> None:
    frame = workers(few=0)
    sample = dl.declare_design(frame)
    fit = dl.regress(sample, "pay ~ months + town")
    exact = fit.frame["p_value"].to_numpy()
    shown = published(fit, "opensafely", sample=sample).frame["p_value"].to_numpy()
    assert shown == pytest.approx(np.where(exact < 0.01, exact.round(3), exact.round(2)))
    assert not np.isclose(shown, exact, rtol=1e-9, atol=0).any()


@pytest.mark.parametrize("together", [True, False], ids=["whole beside", "a mean beside"])
@pytest.mark.parametrize("kind", ["survival", "bands"])
def test_who_curves_and_bounds_are_about_is_no_difference(kind: str, together: bool) -> None:
    """300 followed, 156 of one town and 139 of another: 5 of the third."""
    sample = dl.declare_design(workers())

    def asked(by: str | None) -> Estimates:
        if kind == "survival":
            return dl.survival.kaplan_meier(sample, "months", "left", at=[12, 24, 36], by=by)
        bands = dl.banded("band", {1: (0, 500), 2: (500, 1000), 3: (1000, 2000), 4: (2000, 5000)})
        return dl.estimate(sample, dl.mean(bands), by=by)

    other = asked(None) if together else dl.estimate(sample, dl.mean("pay"))
    whole, by_town = published([other, asked("town")], sample=sample)
    assert whole.frame["estimate"].notna().all()
    assert hidden_of(by_town, "c")
    assert hidden_of(by_town, "a") or hidden_of(by_town, "b")
    with pytest.raises(OptionError, match="no `sample`"):
        published([asked(None), asked("town")])


def test_a_point_of_a_curve_says_not_that_nobody_left_since_the_last() -> None:
    """A row at 43 beside one at 42, with as many events, and none at 44: somebody left at 44."""
    sample = dl.declare_design(workers())
    shown = published(
        dl.survival.kaplan_meier(sample, "months", "left", by="town"), sample=sample
    ).frame
    curve = shown[shown["statistic"] == "kaplan_meier"]
    assert set(curve["town"]) == {"a", "b"}
    assert all(np.diff(own["events"]).min() >= 10 for _, own in curve.groupby("town"))


def test_parts_of_an_index_are_hidden_with_one_of_them() -> None:
    """The population shares of two towns, and what they contribute, left those of the third."""
    sample = dl.declare_design(workers())
    found = dl.decompose(sample, dl.theil("pay"), by="town")
    shown = published(found, sample=sample)
    kept = shown.frame[shown.frame["flag"] != "confidential"]
    assert kept[["statistic", "town"]].values.tolist() == [["theil", ""]]
    assert shown.frame.loc[shown.frame["town"].isin(["b", "c"]), "n"].isna().all()
    with pytest.raises(OptionError, match="no `sample`"):
        published(found)
    of_two = dl.declare_design(workers(few=0))
    whole = published(dl.decompose(of_two, dl.theil("pay"), by="town"), sample=of_two)
    assert whole.frame["estimate"].notna().all()


def test_rules_of_ones_own_do_not_take_the_name_of_a_profile(tmp_path: Path) -> None:
    rules = tmp_path / "standard.toml"
    rules.write_text('minimum = 1\nsource = "Ours"\n', encoding="utf-8")
    found = dl.estimate(dl.declare_design(workers()), dl.share("town"), numerator=True)
    with pytest.raises(OptionError, match="name of a profile"):
        published(found, rules)
    rules.rename(tmp_path / "our_archive.toml")
    assert published(found, tmp_path / "our_archive.toml").frame["estimate"].notna().all()


def codes(**counts: dict[int, int]) -> pd.DataFrame:
    """Answers in codes, by group."""
    return pd.DataFrame([
        {"group": group, "k": code} for group, own in counts.items() for code, n in own.items() for _ in range(n)
    ])  # fmt: skip


CHILDREN = codes(a={0: 60, 1: 40, 2: 4, 3: 3}, b={0: 40, 1: 40, 2: 3, 3: 2})


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("told", ["mean", "total", "variance", "regression", "by group"])
def test_a_mean_of_a_few_values_does_not_tell_their_hidden_shares(
    told: str, weighted: bool
) -> None:
    """7 of 2 and 5 of 3: the other shares left 12 of 192, and the mean 29 of their children."""
    frame = CHILDREN.assign(w=np.random.default_rng(1).uniform(1, 3, len(CHILDREN)))
    sample = dl.declare_design(frame, weights="w" if weighted else None)
    by = "group" if told == "by group" else None
    shares = dl.estimate(sample, dl.share("k"), by=by)
    if told == "regression":
        beside = dl.regress(sample, "k ~ group")
    else:
        statistic = {"total": dl.total, "variance": dl.variance}.get(told, dl.mean)
        beside = dl.estimate(sample, statistic("k"), by=by)
    shown, sums = published([shares, beside], sample=sample)
    hidden = shown.frame["flag"] == "confidential"
    assert {2, 3} <= set(shown.frame.loc[hidden, "category"])
    variances = told == "variance"
    # two hidden shares and one equation of squares more: the same
    assert sums.frame["estimate"].isna().all() or (variances and weighted)
    later = published(beside, sample=sample, released=[shown])
    assert later.frame["estimate"].isna().all() or (variances and weighted)


def test_two_moments_of_three_values_are_three_equations() -> None:
    """Means and variances of 100, 88 and 4: n, the sum and the sum of squares tell them."""
    sample = dl.declare_design(codes(a={1: 100, 2: 88, 3: 4}))
    both = published(dl.estimate(sample, dl.mean("k"), dl.variance("k")), sample=sample).frame
    assert both["estimate"].isna().tolist() == [False, True]
    alone = published(dl.estimate(sample, dl.mean("k")), sample=sample).frame
    assert alone["estimate"].notna().all()
    assert alone[["std_error", "ci_low", "cv"]].isna().all(axis=None)
    assert alone["flag"].tolist() == ["error confidential"]


def test_a_scale_from_0_to_10_keeps_its_means_and_errors() -> None:
    drawn = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"k": np.clip(drawn.poisson(5, 400), 0, 10), "group": drawn.choice(list("abcdefgh"), 400)}
    )
    sample = dl.declare_design(frame)
    several = [dl.estimate(sample, dl.mean("k"), by=by) for by in ("group", None)]
    for each in published(several, sample=sample):
        assert each.frame[["estimate", "std_error"]].notna().all(axis=None)


@pytest.mark.parametrize("statistic", [dl.correlation("a", "b"), dl.cronbach_alpha("a", "b")])
def test_a_correlation_of_two_yes_or_no_is_their_crosstab(statistic: Any) -> None:
    """r of 50 and 31 of 100 told that one is in both."""
    frame = pd.DataFrame({"a": [1] * 50 + [0] * 50, "b": [1] + [0] * 49 + [1] * 30 + [0] * 20})
    sample = dl.declare_design(frame)
    assert published(dl.estimate(sample, statistic), sample=sample).frame["estimate"].isna().all()
    wide = dl.declare_design(frame.assign(b=[1] * 15 + [0] * 35 + [1] * 30 + [0] * 20))
    assert published(dl.estimate(wide, statistic), sample=wide).frame["estimate"].notna().all()


def test_a_correlation_of_codes_is_one_more_sum_of_a_crosstab() -> None:
    """Four cells of a rectangle hidden, and one number that they move."""
    cells = {
        (1, 1): 40,
        (1, 2): 30,
        (1, 3): 12,
        (2, 1): 25,
        (2, 2): 4,
        (2, 3): 33,
        (3, 1): 20,
        (3, 2): 18,
        (3, 3): 30,
    }
    frame = pd.DataFrame([{"a": a, "b": b} for (a, b), n in cells.items() for _ in range(n)])
    sample = dl.declare_design(frame)
    table, found = published(
        [dl.crosstab(sample, "a", "b"), dl.estimate(sample, dl.correlation("a", "b"))],
        sample=sample,
    )
    assert (table.counts.frame["flag"] == "confidential").sum() == 4
    assert found.frame["estimate"].isna().all()


def test_ends_of_the_interval_of_a_quantile_have_ten_respondents_beyond_them() -> None:
    """The limits of the median of 22 are what the seventh from each end has; of the decile of 148, the eighth."""
    pay = np.random.default_rng(3).lognormal(7, 0.6, 170).round(2)
    frame = pd.DataFrame({"group": ["a"] * 22 + ["b"] * 148, "pay": pay})
    sample = dl.declare_design(frame)
    found = dl.estimate(sample, dl.median("pay"), dl.quantile("pay", 0.1), by="group")
    of_few = frame["pay"][:22].sort_values().to_numpy()
    assert found.frame["ci_low"].iloc[0] == of_few[6]
    shown = published(found, sample=sample).frame
    assert shown["estimate"].notna().tolist() == [True, True, False, True]
    assert shown["ci_low"].notna().tolist() == [False, True, False, False]
    assert shown["flag"].tolist() == [
        "error confidential",
        "",
        "confidential",
        "error confidential",
    ]
    # without the sample, two errors of a share say how many
    alone = published(dl.estimate(sample.where("group == 'a'"), dl.median("pay"))).frame
    assert alone[["std_error", "ci_low"]].isna().all(axis=None)
    assert published(dl.estimate(sample, dl.median("pay"))).frame["ci_low"].notna().all()


@pytest.mark.parametrize(
    "standard", [{"age": {"y": 1, "m": 1, "o": 1}}, "age"], ids=["known", "own"]
)
def test_a_standardised_mean_of_a_hidden_cell_is_hidden(standard: Any) -> None:
    """A third of each cell of a region: three times the mean, less two cells, is the third."""
    cells = [
        ("A", "y", 40),
        ("A", "o", 32),
        ("A", "m", 3),
        ("B", "y", 30),
        ("B", "o", 30),
        ("B", "m", 40),
    ]
    frame = pd.DataFrame([{"region": r, "age": a} for r, a, n in cells for _ in range(n)])
    sample = dl.declare_design(frame.assign(pay=np.random.default_rng(2).lognormal(7, 0.5, 175)))
    found = dl.standardise(sample, dl.mean("pay"), standard, by="region")
    by_cell = dl.estimate(sample, dl.mean("pay"), by=["region", "age"])
    for shown in (published(found, sample=sample), published([found, by_cell], sample=sample)[0]):
        assert shown.frame["estimate"].isna().tolist() == [True, False]


def test_a_standardised_mean_of_a_cell_that_one_dominates_is_hidden_with_it() -> None:
    """200,000 is 14 times what the others of the cell have, and less than four times what those of the region have."""
    frame = pd.DataFrame(
        {"region": ["A"] * 75 + ["B"] * 60, "age": ["y"] * 15 + ["o"] * 90 + ["y"] * 30}
    )
    pay = np.random.default_rng(2).uniform(900, 1100, 135)
    pay[0] = 200_000
    sample = dl.declare_design(frame.assign(pay=pay))
    found = dl.standardise(sample, dl.mean("pay"), "age", by="region")
    by_cell = dl.estimate(sample, dl.mean("pay"), by=["region", "age"])
    by_region = dl.estimate(sample, dl.mean("pay"), by="region")
    shown, cells, regions = published([found, by_cell, by_region], sample=sample)
    assert regions.frame["estimate"].notna().all()
    assert cells.frame["estimate"].isna().tolist() == [True, True, False, False]
    assert shown.frame["estimate"].isna().tolist() == [True, False]


def test_rounded_publication_tells_no_exact_number_by_a_model_or_a_curve() -> None:
    """0.45 of 20 are 9; 14, 25 and 38 who left are rounded as others are."""
    drawn = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"group": ["a"] * 20 + ["b"] * 280, "ill": [1] * 9 + [0] * 11 + [1] * 100 + [0] * 180}
    )
    sample = dl.declare_design(frame.assign(months=drawn.integers(1, 9, 300).astype(float)))
    for family in ("gaussian", "binomial"):
        fit = dl.regress(sample, "ill ~ group", family=family)
        margins = published(dl.predicted_margins(fit, "group"), "opensafely", sample=sample).frame
        assert margins["estimate"].iloc[0] == pytest.approx(0.4)
        if family == "gaussian":
            shown = published(fit, "opensafely", sample=sample).frame
            assert shown["estimate"].tolist() == pytest.approx([0.4, -0.1])
    curve = dl.survival.kaplan_meier(sample, "months", "ill", by="group")
    shown = published(curve, "opensafely", sample=sample).frame
    assert (shown["events"].dropna() % 5 == 0).all()
    assert shown["events"].notna().any()


@pytest.mark.parametrize("kind", ["mean", "regression", "summary"])
def test_a_published_table_quotes_no_answer_of_few(kind: str) -> None:
    """A notice that two answers of 99999 look like codes is for who estimates; two people may have that income."""
    frame = workers(few=0).assign(pay=np.random.default_rng(3).lognormal(7, 0.3, 300).round())
    frame.loc[:1, "pay"] = 99_999
    sample = dl.declare_design(frame)
    found: Any = {
        "mean": lambda: dl.estimate(sample, dl.median("pay"), by="town"),
        "regression": lambda: dl.regress(sample, "pay ~ months"),
        "summary": lambda: dl.summary(sample, ["pay"], by="town"),
    }[kind]()
    assert any("99999" in text.en for text in found.provenance.notices)
    shown = published(found, sample=sample)
    assert shown.provenance.notices == ()
    for language in ("fr", "en"):
        assert "99999" not in dl.table(shown, language=language).as_raw_html()
    assert "99999" not in repr(shown)
    kept = published(found, "none", reason="Not of persons.")
    assert kept.provenance.notices == found.provenance.notices


@pytest.mark.parametrize("profile", ["standard", "opensafely", "insee_entreprises"])
def test_the_record_of_a_hazard_model_tells_no_number_of_events(profile: Any) -> None:
    """All of a model of 5 events was hidden, and its rules said 5."""
    sample = dl.declare_design(workers().assign(few=np.arange(300) < 5, age=np.arange(300) % 50))
    for event in ("few", "left"):
        found = dl.survival.cox(sample, "age", time="months", event=event)
        assert found.provenance.rules["events"]
        shown = published(found, profile, sample=sample)
        assert "events" not in shown.provenance.rules
