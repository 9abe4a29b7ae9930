"""Errors that nothing in the sample tells: domains of one primary unit, shares of 0 or 1, single respondents."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import special, stats

import diplab as dl
from diplab.errors import MisleadingError, OptionError
from diplab.inference.imputation import pooled_test
from diplab.kernel.rao_scott import chi2_mixture_p_value

if TYPE_CHECKING:
    from diplab.types import Sample

# -- one primary unit -------------------------------------------------------------------------------------------------


def towns() -> pd.DataFrame:
    """Twelve towns of five people; the harbour is one of them, the coast three."""
    random = np.random.default_rng(3)
    town = np.repeat(np.arange(12), 5)
    place = np.where(town == 7, "harbour", np.where(town < 3, "coast", "inland"))
    return pd.DataFrame(
        {
            "w": random.uniform(1, 2, 60), "town": town, "place": place, "stratum": town // 6,
            "pay": random.normal(10, 2, 60), "paid": random.random(60) < 0.5, "towns": 6.0,
        }
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["pandas", "polars"], indirect=True)
def test_a_domain_of_one_unit_has_no_error(engine: Any) -> None:
    sample = dl.declare_design(engine(towns()), weights="w", psu="town")
    asked = (dl.mean("pay"), dl.median("pay"), dl.share("paid"), dl.ratio("pay", "w"))
    found = dl.estimate(sample, *asked, by="place")
    harbour = found.frame[found.frame["place"] == "harbour"]
    assert harbour[["std_error", "ci_low", "ci_high", "cv", "deff"]].isna().all(axis=None)
    assert harbour["estimate"].notna().all()
    assert harbour["flag"].tolist() == ["no variance"] * 4
    others = found.frame[found.frame["place"] != "harbour"]
    assert (others["std_error"] > 0).all()
    # three towns and eight give about two and seven degrees of freedom
    assert (others["flag"] == "few units").all()
    rows = found.frame.index[found.frame["place"] == "harbour"]
    assert np.isnan(found.covariance[rows]).all()
    # a total of one town varies with the others, and a town of a stratum taken whole is known
    total = dl.estimate(
        dl.declare_design(towns(), weights="w", psu="town"), dl.total("pay"), by="place"
    ).frame
    assert (total["std_error"] > 0).all()
    whole = dl.declare_design(towns(), weights="w", strata="stratum", psu="town", fpc="towns")
    known = dl.estimate(whole, dl.mean("pay"), by="place").frame
    assert known["std_error"].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
    assert (known["flag"] == "").all()


def test_a_table_has_none_either(refused: Any) -> None:
    sample = dl.declare_design(towns(), weights="w", psu="town")
    table = dl.crosstab(sample, "paid", "place", shares="column")
    harbour = table.cells.frame[table.cells.frame["place"] == "harbour"]
    assert harbour["std_error"].isna().all()
    assert harbour["flag"].tolist() == ["no variance"] * 2
    place = table.cells.frame["place"].tolist().index("harbour")
    assert np.isnan(table.cells.covariance[place, place])
    letters = dict(zip(table.cells.frame["place"], table.larger_than, strict=True))
    assert letters["harbour"] == ""
    assert "B" not in "".join(table.larger_than)  # of coast, harbour and inland
    # comparisons with it are left open or refused
    found = dl.contrast(dl.estimate(sample, dl.mean("pay"), by="place"), pairwise="holm").frame
    assert found["place"].tolist() == ["coast − harbour", "coast − inland", "harbour − inland"]
    assert found["p_value"].isna().tolist() == [True, False, True]
    assert found["flag"].tolist() == ["no variance", "few units", "no variance"]
    for test in (dl.t_test, dl.rank_test):
        refused(
            lambda test=test: test(sample.where("place != 'inland'"), "pay", "place"),
            MisleadingError,
        )


def test_replicates_of_a_file_leave_out_single_respondents_only() -> None:
    people = towns().assign(one=["x"] + ["y"] * 59)
    random = np.random.default_rng(4)
    for each in range(6):
        people[f"r{each}"] = people["w"] * random.choice([0.5, 1.5], 60)
    sample = dl.declare_design(people, weights="w", replicates=dl.replicates("r", "bootstrap"))
    found = dl.estimate(sample, dl.mean("pay"), by="one").frame
    assert found["flag"].tolist() == ["one respondent", "few units"]  # of six replicates
    assert found["std_error"].isna().tolist() == [True, False]
    made = dl.make_replicates(dl.declare_design(towns(), weights="w", psu="town"), "jk1")
    harbour = dl.estimate(made, dl.mean("pay"), by="place").frame.set_index("place").loc["harbour"]
    assert np.isnan(harbour["std_error"])


# -- shares of 0 and 1 ------------------------------------------------------------------------------------------------


def few_and_many(yes: int = 60, few: int = 0) -> Sample:
    x = [1.0] * few + [0.0] * (4 - few) + [1.0] * yes + [0.0] * (200 - yes)
    return dl.declare_design(pd.DataFrame({"g": ["few"] * 4 + ["many"] * 200, "x": x}))


def test_none_of_four_is_not_known_to_be_none() -> None:
    """By hand: 0 of 4 reaches 60 % (0.025 = (1 - p)^4), which is t standard errors; 60 of 200 has its own."""
    est = dl.estimate(few_and_many(), dl.share("x == 1"), by="g", df="design")
    found = dl.contrast(est, {"g": ("few", "many")}).frame.iloc[0]
    t = special.stdtrit(203, 0.975)
    own = (1 - 0.025**0.25) / t
    other = est.frame["std_error"].iloc[1]
    error = np.hypot(own, other)
    assert found["estimate"] == pytest.approx(-0.3)
    assert found["std_error"] == pytest.approx(error, rel=1e-9)
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(0.3 / error, 203), rel=1e-9)
    assert found["p_value"] > 0.3  # Fisher's exact test: 0.32
    linear = dl.contrast(est, {"apart": {"few": 1, "many": -1}}).frame.iloc[0]
    assert linear["std_error"] == pytest.approx(error, rel=1e-9)
    # the rule is stated where it is used
    used = dl.contrast(est, {"g": ("few", "many")})
    assert used.provenance.rules["edge_shares"] == "exact"
    assert "une part de 0 ou de 1 est comparée avec l’incertitude de son intervalle exact" in str(
        dl.table(used, "fr").sheet.notes
    )
    # the mean of 0 and 1 is that share; the mean of an amount that is 0 for some few is none
    both = dl.contrast(
        dl.estimate(few_and_many(), dl.mean("x"), by="g", df="design"), {"g": ("few", "many")}
    )
    assert both.frame["std_error"].item() == pytest.approx(error, rel=1e-9)
    amounts = few_and_many().with_columns(
        pay=few_and_many().engine.columns.frame["x"].to_numpy() * 100
    )
    assert (
        "edge_shares"
        not in dl.contrast(
            dl.estimate(amounts, dl.mean("pay"), by="g"), {"g": ("few", "many")}
        ).provenance.rules
    )
    # none of 4 gets no letter beside 30 % of 200; where the few are 60 they do
    assert set(dl.crosstab(few_and_many(), "x", "g", shares="column").larger_than) == {""}
    people = pd.DataFrame(
        {"g": ["a"] * 60 + ["b"] * 200, "x": [0.0] * 60 + [1.0] * 60 + [0.0] * 140}
    )
    found = dl.crosstab(dl.declare_design(people), "x", "g", shares="column")
    assert found.larger_than == ("B", "", "", "A")


def test_how_often_letters_are_false() -> None:
    """30 % everywhere, 4 people beside 200: 300 draws, in which a share taken for known gave 32 % of letters."""
    drawn = np.random.default_rng(11).random((300, 204)) < 0.3
    times = Counter(
        zip(drawn[:, :4].sum(axis=1).tolist(), drawn[:, 4:].sum(axis=1).tolist(), strict=True)
    )
    samples = {each: few_and_many(each[1], each[0]) for each in times}
    found = {
        each: dl.crosstab(samples[each], "x", "g", shares="column", test="none").larger_than
        for each in times
    }
    assert sum(times[each] for each in times if any(found[each])) <= 0.08 * 300


# -- waves ------------------------------------------------------------------------------------------------------------


def test_waves_agree_by_value_whatever_the_type() -> None:
    first = pd.DataFrame({"g": [1, 1, 2, 2], "y": [1.0, 2, 3, 5]})
    second = first.assign(g=[1.0, 1.0, 2.0, np.nan], y=[2.0, 4, 4, 9])
    both = [dl.estimate(dl.declare_design(each), dl.mean("y"), by="g") for each in (first, second)]
    assert dl.contrast(both).frame["estimate"].tolist() == [1.5 - 3, 4.0 - 4]


def test_a_category_that_nobody_gave_in_one_wave_is_a_share_of_0(refused: Any) -> None:
    first = pd.DataFrame({"job": ["a"] * 5 + ["b"] * 3 + ["c"] * 2})
    second = pd.DataFrame({"job": ["a"] * 5 + ["b"] * 5})
    both = [dl.estimate(dl.declare_design(each), dl.share("job")) for each in (first, second)]
    found = dl.contrast(both).frame
    assert found["category"].tolist() == ["a", "b", "c"]
    assert found["estimate"].tolist() == pytest.approx([0, -0.2, 0.2])
    own, t = both[0].frame["std_error"].iloc[2], special.stdtrit(found["df"].iloc[2], 0.975)
    assert found["std_error"].iloc[2] == pytest.approx(
        np.hypot(own, (1 - 0.025**0.1) / t), rel=1e-9
    )
    back = dl.contrast(both[::-1]).frame.set_index("category")["estimate"]
    assert back.to_dict() == pytest.approx({"a": 0, "b": 0.2, "c": -0.2})
    named = dl.contrast({"before": both[0], "after": both[1]}, pairwise="holm").frame
    assert named["wave"].unique().tolist() == ["before − after"]
    assert len(named) == 3
    # rows of one wave only are named
    first = pd.DataFrame({"g": ["n", "n", "s", "s"], "y": [1.0, 2, 3, 5]})
    both = [
        dl.estimate(dl.declare_design(each), dl.mean("y"), by="g")
        for each in (first, first.iloc[:2].copy())
    ]
    refused(lambda: dl.contrast(both), OptionError)
    refused(lambda: dl.contrast(both[0], {"g": ("n", "n")}), OptionError)


# -- tests over imputations -------------------------------------------------------------------------------------------


def test_imputations_that_agree_are_one_file(refused: Any) -> None:
    sample = dl.declare_design(
        towns().assign(third=lambda people: people["town"] % 3), weights="w", psu="town"
    )
    for test in ("rao_scott_f", "wald", "adjusted_wald", "rao_scott_chi2"):
        one = dl.crosstab(sample, "paid", "third", test=test).test
        three = dl.crosstab(dl.imputed([sample] * 3), "paid", "third", test=test).test
        assert three.p_value == pytest.approx(one.p_value, rel=1e-9)
    ranks = dl.rank_test(sample, "pay", "third")
    pooled = dl.rank_test(dl.imputed([sample] * 3), "pay", "third")
    assert (pooled.df, pooled.p_value) == (pytest.approx(ranks.df), pytest.approx(ranks.p_value))
    # the mixture is not put together
    refused(
        lambda: dl.crosstab(dl.imputed([sample] * 3), "paid", "third", test="rao_scott_mixture"),
        OptionError,
    )
    one = dl.crosstab(sample, "paid", "third", test="rao_scott_mixture").test
    with pytest.raises(OptionError):
        pooled_test([one, one])


def test_the_tail_of_a_mixture_has_no_step_at_its_mean() -> None:
    """Beside the mean the approximation is what it is at it; a step of 0.03 stood there."""
    for df in (5.0, np.inf):
        values = [
            chi2_mixture_p_value(3 * (1 + apart), np.ones(3), df)
            for apart in (-1e-3, -1e-7, 0.0, 1e-7, 1e-3)
        ]
        assert values == sorted(values, reverse=True)
        assert values[2] == pytest.approx((values[0] + values[4]) / 2, abs=1e-6)


def test_declared_categories_are_kept_empty() -> None:
    levels = ["low", "middle", "high", "none of these"]
    people = pd.DataFrame({"pay": ["low", "high", "middle", "low"], "sex": list("ffmm")})
    for data in (
        people.assign(pay=pd.Categorical(people["pay"], levels)),
        pl.from_pandas(people).with_columns(pl.col("pay").cast(pl.Enum(levels))),
    ):
        found = dl.crosstab(dl.declare_design(data), "pay", "sex")
        assert found.cells.frame["pay"].drop_duplicates().tolist() == levels
        assert found.cells.frame["flag"].tolist()[-2:] == ["empty", "empty"]
    # levels of confidence keep their digits
    est = dl.estimate(
        dl.declare_design(towns(), weights="w", psu="town"), dl.mean("pay"), confidence=0.9999999
    )
    apart = dl.contrast(est, np.array([[1.0]])).frame
    assert apart[["ci_low", "ci_high"]].to_numpy() == pytest.approx(
        est.frame[["ci_low", "ci_high"]].to_numpy()
    )


# -- one respondent, and none -----------------------------------------------------------------------------------------

EIGHT = "y g h x\n1 a m 1\n2 a f 2\n4 a m 3\n8 a f 4\n3 b m 5\n5 b f 6\n2 b m 7\n7 c f 8"


def answers(table: Any, **columns: Any) -> Sample:
    return dl.declare_design(table(EIGHT).assign(**columns))


def test_one_respondent(table: Any, refused: Any) -> None:
    """With one respondent a coefficient is that answer minus the mean of `a`, and only `a` varies: as a difference of
    means, it would look as sure as the other group is."""
    found = dl.estimate(answers(table), dl.mean("y"), dl.variance("y"), by="g").frame
    few = "few units"
    assert found["flag"].tolist() == [few, few, "one respondent", few, few, "undefined"]
    assert found["n"].tolist() == [4, 3, 1] * 2
    assert np.isnan(found["estimate"].iloc[-1])
    found = dl.regress(answers(table), "y ~ g").frame
    assert found["flag"].tolist() == [few, few, "one respondent"]
    assert found["estimate"].tolist() == pytest.approx([3.75, 10 / 3 - 3.75, 7 - 3.75])
    assert np.isnan(found["std_error"]).tolist() == [False, False, True]
    logit = answers(table, b=[0, 1, 0, 1, 1, 0, 1, 1])
    refused(lambda: dl.regress(logit, "b ~ g", family="binomial"))
    for test in (dl.t_test, dl.rank_test):
        refused(lambda test=test: test(answers(table).where("g != 'a'"), "y", "g"))
    # the sample has two exceptions to separation, at x = 2 and 7; the second replicate leaves them
    # out
    data = table(EIGHT).assign(b=[0, 1, 0, 0, 1, 1, 0, 1], w=1.0, r1=[2, 1, 1, 0, 1, 1, 1, 1])
    data["r2"] = [1, 0, 1, 1, 1, 1, 0, 1]
    sample = dl.declare_design(
        data, weights="w", replicates=dl.replicates(["r1", "r2"], "bootstrap")
    )
    refused(lambda: dl.regress(sample, "b ~ x", family="binomial"))


def test_empty_cell_of_a_crosstab(table: Any) -> None:
    """c x m is kept: a share of 0 with an upper limit, no division by what is not there, and a test all the same."""
    found = dl.crosstab(answers(table), "g", "h")
    assert found.frame["flag"].tolist() == ["few units"] * 5 + ["empty"]
    cell = found.frame.iloc[5]
    assert [cell["estimate"], cell["count"], cell["n"], cell["ci_low"]] == [0.0, 0.0, 0, 0.0]
    # the share p that one would miss 8 times out of 8 with a chance of 2.5 %: 1 - 0.025 ** (1 / 8)
    assert cell["ci_high"] == pytest.approx(1 - 0.025 ** (1 / 8))
    assert found.test is not None
    # 2 x 2 + 3 x 1: n (sum of squares over margins - 1) = 8 (4/16 + 4/16 + 1/12 + 4/12 + 1/4 - 1)
    assert found.test.estimates["pearson"] == pytest.approx(
        8 * (1 / 2 + 1 / 12 + 1 / 3 + 1 / 4 - 1)
    )
