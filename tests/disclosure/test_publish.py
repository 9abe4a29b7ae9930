"""What `publish` hides, on tables small enough to be worked by hand."""

from __future__ import annotations

import json
import pickle
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.disclosure.profile import profile_of
from diplab.errors import BaseMissingError, DisclosureError, MisleadingError, OptionError
from diplab.types import Responses

if TYPE_CHECKING:
    from collections.abc import Callable

NOTES = dl.Notes(coverage=dl.Text("Ensemble", "Everybody"), source=dl.Text("Exemple", "Example"))


def rows(*groups: tuple[int, dict[str, Any]]) -> pd.DataFrame:
    """A file of answers from how many gave each."""
    return pd.DataFrame([answers for count, answers in groups for _ in range(count)])


def published(result: Any, profile: Any = "standard", **options: Any) -> Any:
    return dl.publish(result, profile, notes=NOTES, **options)


def hidden(result: Any, name: str) -> list[Any]:
    """The categories of a variable whose rows are hidden."""
    frame = result.frame
    return frame.loc[frame["flag"] == "confidential", name].tolist()


TABLE = rows(
    *((n, {"region": region, "job": job}) for region, row in {
        "a": {"x": 20, "y": 4, "z": 16}, "b": {"x": 30, "y": 25, "z": 45}, "c": {"x": 10, "y": 31, "z": 19},
    }.items() for job, n in row.items())
)  # fmt: skip


def test_a_row_of_few_respondents_goes_with_all_its_numbers() -> None:
    data = rows((30, {"region": "a"}), (20, {"region": "b"}), (4, {"region": "c"})).assign(
        hours=[9.0, 11.0] * 27
    )
    sample = dl.declare_design(data)
    found = dl.estimate(sample, dl.mean("hours"), by="region")
    shown = published(found, sample=sample)
    last = shown.frame.iloc[2]
    assert (
        last[["estimate", "std_error", "ci_low", "ci_high", "cv", "deff", "df", "n"]].isna().all()
    )
    assert shown.frame["flag"].tolist() == ["", "", "confidential"]
    assert shown.frame["n"].tolist()[:2] == [30, 20]
    assert np.isnan(shown.covariance[2]).all()
    assert np.isnan(shown.covariance[:, 2]).all()
    assert not np.isnan(shown.covariance[:2, :2]).any()
    # exploring hides nothing, and what is compared with a hidden number is hidden
    assert found.frame["n"].tolist() == [30, 20, 4]
    against = dl.contrast(shown, {"region": ("a", "c")}).frame
    assert against[["estimate", "std_error", "ci_low", "n"]].iloc[0].drop("n").isna().all()
    assert published(found.rows([0, 1]), sample=sample).frame["n"].dtype == found.frame["n"].dtype


def test_of_three_shares_the_smallest_takes_the_next_smallest_with_it() -> None:
    """3, 20 and 27 of 50: 3 is 50 less the others, so that one of these goes; least is lost with 20."""
    sample = dl.declare_design(rows((3, {"job": "x"}), (20, {"job": "y"}), (27, {"job": "z"})))
    shown = published(dl.estimate(sample, dl.share("job"), numerator=True))
    assert hidden(shown, "category") == ["x", "y"]
    why = {
        each["category"]: each["why"]
        for each in shown.provenance.disclosure["results"][0]["hidden"]
    }
    assert why == {"x": "few respondents", "y": "secondary"}
    # of a condition, the others are few: 47 of 50 are 3 others
    assert hidden(
        published(dl.estimate(sample, dl.share("job != 'x'")), sample=sample), "variable"
    ) == ["job != 'x'"]


def test_a_crosstab_hides_the_rectangle_of_least_loss() -> None:
    """4 in (a, y) needs another in its row and its column.

    Beside it 20 + 31 + 10 = 61 in (a, x), (c, y), (c, x); 66, 75 or 86 in the other rectangles.
    """
    table = dl.crosstab(dl.declare_design(TABLE), "region", "job", shares="row")
    shown = published(table)
    frame = shown.frame
    pairs = frame.loc[frame["flag"] == "confidential", ["region", "job"]].itertuples(
        index=False, name=None
    )
    assert set(pairs) == {("a", "x"), ("a", "y"), ("c", "x"), ("c", "y")}
    for part in (*shown.shares_of.values(), shown.counts):
        assert part.frame["estimate"].isna().sum() == 4
    assert shown.counts.frame["n"].isna().sum() == 4
    # the number of a base that is printed beside other shares is not a secret
    assert shown.rows.frame["n"].tolist() == [40] * 3 + [100] * 3 + [60] * 3
    assert not shown.margins.frame["n"].isna().any()
    # the test and the measures of association are equations about the hidden cells
    assert (shown.tests, shown.association, shown.residuals) == ((), None, None)
    assert table.test is not None
    record = shown.cells.provenance.disclosure
    assert record["secondary"] == {"method": "cutting planes", "gap": 0.0}
    assert len(record["results"][0]["hidden"]) == 4


def test_a_table_without_small_cells_is_published_whole() -> None:
    table = dl.crosstab(dl.declare_design(TABLE[TABLE["job"] != "y"]), "region", "job")
    shown = published(table)
    pd.testing.assert_frame_equal(shown.frame, table.frame)
    assert shown.tests == table.tests


def test_an_amount_that_two_respondents_make_is_hidden() -> None:
    """Of 12 in `a`, two have 1,500 of 1,600, or 94 %: (2, 90 %) hides it, and another where the sum is published."""
    data = pd.DataFrame(
        {
            "region": ["a"] * 12 + ["b"] * 12 + ["c"] * 20,
            "pay": [1000.0, 500, *[10] * 10, *[40] * 12, *[50] * 20],
        }
    )
    sample = dl.declare_design(data)
    found = dl.estimate(sample, dl.total("pay"), dl.count(), by="region")
    shown = published(found, sample=sample)
    assert shown.frame.loc[
        shown.frame["flag"] == "confidential", ["statistic", "region"]
    ].values.tolist() == [["total", "a"]]
    assert hidden(published(found, "insee_entreprises", sample=sample), "region") == []
    alone = published([found, dl.estimate(sample, dl.total("pay"))], sample=sample)
    assert alone[0].frame.loc[alone[0].frame["flag"] == "confidential", "region"].tolist() == [
        "a",
        "b",
    ]
    ratio = dl.estimate(sample.where("region == 'a'"), dl.ratio("pay", "2 * pay"))
    assert hidden(published(ratio, sample=sample), "statistic") == ["ratio"]


def test_levels_of_protection_are_those_of_the_rules() -> None:
    """1,500 / 0.9 - 1,600 = 66.67; p %: 10 % of 100 less the 5 that the others have."""
    standard = profile_of("standard")
    assert standard.needs_protection(np.array([1000.0, 500.0]), 1600.0) == pytest.approx(200 / 3)
    assert standard.needs_protection(np.array([100.0, 92.0]), 197.0) == pytest.approx(
        max(5.0, 192 / 0.9 - 197)
    )
    assert standard.needs_protection(np.array([10.0, 10.0]), 100.0) == 0.0
    business = profile_of("insee_entreprises")
    assert business.needs_protection(np.array([86.0, 5.0]), 100.0) == pytest.approx(86 / 0.85 - 100)
    assert business.needs_protection(np.array([84.0, 5.0]), 100.0) == 0.0


AGES = rows(
    (40, {"region": "a", "age": 30}), (12, {"region": "a", "age": 17}),
    (30, {"region": "b", "age": 30}), (2, {"region": "b", "age": 17}),
)  # fmt: skip


def test_two_domains_that_differ_by_few_are_not_both_published() -> None:
    """32 in `b`, of whom 30 adults: the difference is 2 minors. Of the two, the smaller row is lost."""
    sample = dl.declare_design(AGES)
    everybody = dl.estimate(sample, dl.count(), by="region")
    adults = dl.estimate(sample.where("age >= 18"), dl.count(), by="region")
    assert hidden(published(adults), "region") == []
    shown = published({"all": everybody, "adults": adults}, sample=sample)
    assert hidden(shown["all"], "region") == []
    assert hidden(shown["adults"], "region") == ["b"]
    # the universe is a domain too; what is released already stays, and the other goes
    within = dl.estimate(sample.universe("age >= 18"), dl.count(), by="region")
    later = published(everybody, sample=sample, released=[published(within)])
    assert hidden(later, "region") == ["b"]
    with pytest.raises(DisclosureError):
        published(
            dl.estimate(sample, dl.share("region")), sample=sample, released=[everybody, adults]
        )


def test_overlapping_domains_are_subtracted_from_their_union() -> None:
    """70 of 20 or more and 33 under 25, of 100: 3 are in both."""
    data = rows((67, {"age": 40}), (3, {"age": 22}), (30, {"age": 18}))
    sample = dl.declare_design(data)
    results = [
        dl.estimate(each, dl.count())
        for each in (sample, sample.where("age >= 20"), sample.where("age < 25"))
    ]
    shown = published(results, sample=sample)
    assert [hidden(each, "statistic") for each in shown] == [[], [], ["count"]]
    assert all(hidden(each, "statistic") == [] for each in published(results[:2], sample=sample))


def test_tables_that_share_a_margin_hide_it_alike() -> None:
    data = rows(
        (6, {"region": "a", "job": "x", "sex": "f"}), (40, {"region": "b", "job": "x", "sex": "f"}),
        (20, {"region": "b", "job": "y", "sex": "m"}), (35, {"region": "c", "job": "x", "sex": "m"}),
        (25, {"region": "c", "job": "y", "sex": "f"}),
    )  # fmt: skip
    sample = dl.declare_design(data)
    one, two = published(
        [dl.crosstab(sample, "region", "job"), dl.crosstab(sample, "region", "sex")], sample=sample
    )
    margins = [each.margins.frame.query("variable == 'region'") for each in (one, two)]
    assert "a" in hidden(one.margins, "category")
    assert margins[0]["flag"].tolist() == margins[1]["flag"].tolist()


def test_who_did_not_answer_is_no_group_to_look_for() -> None:
    """3 of 43 did not say what they earn: 43 and 40 are both published."""
    data = pd.DataFrame({"pay": [10.0, 12.0] * 20 + [np.nan] * 3})
    sample = dl.declare_design(data)
    shown = published(dl.estimate(sample, dl.mean("pay"), dl.count()), sample=sample)
    assert shown.frame["n"].tolist() == [40, 43]
    assert shown.provenance.missing == {}


def test_quantiles_have_ten_respondents_on_each_side_and_curves_ten_a_step() -> None:
    data = pd.DataFrame({"pay": np.arange(1.0, 61.0), "gone": [True] * 30 + [False] * 30})
    sample = dl.declare_design(data)
    found = dl.estimate(sample, dl.quantile("pay", [0.1, 0.25, 0.5, 0.9]))
    assert hidden(published(found, sample=sample), "category") == [0.1, 0.9]
    # steps of a decile are 6 respondents: every second point is kept, and the last leaves 10 above
    # it
    curve = dl.estimate(sample, dl.lorenz("pay", at=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]))
    assert published(curve, sample=sample).frame["category"].tolist() == [0.2, 0.4, 0.6, 0.8]
    lives = dl.survival.kaplan_meier(sample, "pay", "gone", at=[5, 10, 15, 20, 30])
    shown = published(lives)
    assert shown.frame.query("statistic == 'kaplan_meier'")["category"].tolist() == [10, 20, 30]
    assert [each["category"] for each in shown.provenance.disclosure["results"][0]["hidden"]] == [
        5.0,
        15.0,
    ]
    assert shown.frame["at_risk"].isna().all()


def test_a_share_of_all_or_none_is_flagged() -> None:
    sample = dl.declare_design(
        rows(
            (20, {"region": "a", "job": "x"}),
            (15, {"region": "b", "job": "x"}),
            (15, {"region": "b", "job": "y"}),
        )
    )
    shown = published(dl.estimate(sample, dl.share("job"), by="region"), sample=sample)
    flags = dict(
        zip(
            zip(shown.frame["region"], shown.frame["category"], strict=True),
            shown.frame["flag"],
            strict=True,
        )
    )
    assert {place for place, flag in flags.items() if "all alike" in flag} == {
        ("a", "x"),
        ("a", "y"),
    }


def test_of_a_model_no_row_is_kept_and_few_degrees_of_freedom_are_refused(
    refused: Callable[..., None],
) -> None:
    data = pd.DataFrame(
        {"sex": ["f"] * 12 + ["m"] * 13, "job": ["x", "y"] * 12 + ["x"], "y": np.arange(25.0) ** 2}
    )
    sample = dl.declare_design(data)
    shown = published(dl.regress(sample, "y ~ sex + job"), sample=sample)
    assert (shown.fitted, shown.imputed) == (None, ())
    assert shown.frame["estimate"].notna().all()
    refused(lambda: published(dl.regress(sample, "y ~ sex * job")), MisleadingError)
    refused(
        lambda: published(dl.regress(dl.declare_design(data.iloc[8:19]), "y ~ sex + job")),
        MisleadingError,
    )


def test_opensafely_redacts_then_rounds_and_adds_up_what_is_rounded() -> None:
    """7 is redacted, 8 and 12 are 10, 13 is 15: of 35, not of 40."""
    counts = {"p": 7, "q": 8, "r": 12, "s": 13}
    sample = dl.declare_design(rows(*((n, {"job": job}) for job, n in counts.items())))
    shown = published(dl.crosstab(sample, "job"), "opensafely")
    assert shown.frame["n"].tolist()[1:] == [10, 10, 15]
    assert hidden(shown, "job") == ["p"]
    assert shown.frame["base_n"].tolist()[1:] == [35] * 3
    assert shown.frame["estimate"].tolist()[1:] == pytest.approx([10 / 35, 10 / 35, 15 / 35])
    assert (
        shown.frame[["std_error", "ci_low", "ci_high", "deff", "effective_n"]].isna().all(axis=None)
    )
    estimates = published(dl.estimate(sample, dl.share("job"), numerator=True), "opensafely")
    assert estimates.frame["estimate"].tolist()[1:] == pytest.approx([10 / 40, 10 / 40, 15 / 40])
    assert estimates.frame["numerator"].tolist()[1:] == [10, 10, 15]
    two = published(dl.crosstab(dl.declare_design(TABLE), "region", "job"), "opensafely")
    assert two.margins.frame["estimate"].tolist()[:3] == pytest.approx(
        [35 / 195, 100 / 195, 60 / 195]
    )
    assert two.counts.frame["n"].dropna().mod(5).eq(0).all()


@pytest.mark.parametrize("statistic", [dl.mean("ill"), dl.total("ill")])
def test_opensafely_rounds_no_weighted_amount_of_two_values(
    statistic: Any, refused: Callable[..., None]
) -> None:
    """0.2859 of the people came as 80 of 300 respondents."""
    people = pd.DataFrame({"ill": [1] * 90 + [0] * 210, "w": [2.0] * 100 + [1.0] * 200})
    weighted = dl.declare_design(people, weights="w")
    refused(
        lambda: published(dl.estimate(weighted, statistic), "opensafely", sample=weighted),
        OptionError,
    )
    plain = dl.declare_design(people)
    shown = published(dl.estimate(plain, statistic), "opensafely", sample=plain).frame
    assert shown["estimate"].item() == (0.3 if shown["statistic"].item() == "mean" else 90)


def test_opensafely_tells_no_total_whose_cells_are_all_redacted() -> None:
    """Of 40, 8 are in three cells of 2, 3 and 3: 8/40 was printed with its error, beside an n of 0."""
    cells = {"a": (10, 2), "b": (12, 3), "c": (10, 3)}
    data = rows(
        *(
            (n, {"age": age, "g": g})
            for age, both in cells.items()
            for g, n in zip("AB", both, strict=True)
        )
    )
    shown = published(dl.crosstab(dl.declare_design(data), "age", "g"), "opensafely")
    margins = shown.margins.frame
    assert margins["estimate"].tolist()[:4] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1])
    assert (
        margins.drop(columns=["variable", "category", "statistic", "flag", "unit"], errors="ignore")
        .iloc[4]
        .isna()
        .all()
    )
    assert margins["flag"].tolist()[4] == "confidential"
    few = published(dl.crosstab(dl.declare_design(data.iloc[10:16]), "age", "g"), "opensafely")
    parts = [few.counts, few.margins, *few.shares_of.values()]
    assert all(each.frame.loc[each.frame["n"] > 0, "estimate"].isna().all() for each in parts)
    assert few.margins.frame["estimate"].isna().all()


def test_opensafely_takes_shares_of_several_answers_of_all_who_were_asked() -> None:
    """61 of 61 gave the first answer and 48 the second: of 60, not of the 110 that the rows add up to."""
    data = rows((48, {"mail": 1, "phone": 1}), (13, {"mail": 1, "phone": 0}))
    found = dl.crosstab(dl.declare_design(data), Responses("uses", ["mail", "phone"], base="all"))
    shown = published(found, "opensafely")
    assert shown.counts.frame["estimate"].tolist() == [60, 50]
    for part in (shown.margins, *shown.shares_of.values()):
        assert part.frame["n"].tolist() == [60, 60]
        assert part.frame["estimate"].tolist() == pytest.approx([1, 50 / 60])


def test_a_summary_hides_groups_their_counts_and_the_tests_that_rest_on_them() -> None:
    people = rows(
        *((n, {"sex": sex, "job": job, "home": home}) for (sex, job, home), n in {
            ("f", "x", 1): 30, ("f", "y", 0): 25, ("m", "x", 1): 40, ("m", "y", 0): 21, ("other", "x", 0): 4,
        }.items() for _ in [0])
    )  # fmt: skip
    sample = dl.declare_design(people.assign(hours=np.arange(len(people)) % 35 + 5.0))
    found = dl.summary(sample, ["job", "home", "hours"], by="sex", differences=True, missing="row")
    shown = published(found, sample=sample)
    # 4 of 120 would be the total less the two others: the smaller of these, 55, is hidden with them
    assert shown.counts.loc[shown.counts["variable"] == "", "n"].fillna(-1).tolist() == [
        -1,
        61,
        -1,
        120,
    ]
    frame = shown.frame
    assert set(frame.loc[frame["sex"].isin(["f", "other"]), "flag"]) == {"confidential"}
    assert not frame.loc[frame["sex"] == "m", "estimate"].isna().any()
    assert (shown.tests, shown.p_values, shown.differences) == ({}, {}, {})
    assert len(found.tests) == 3
    text = dl.table(shown).as_raw_html()
    assert "0.041" not in text
    assert "confidential" in text
    assert shown.provenance.disclosure["results"][0]["kind"] == "Summary"


def test_a_summary_needs_its_sample_and_one_that_hides_nothing_keeps_its_tests(
    refused: Callable[..., None],
) -> None:
    people = rows(
        (30, {"sex": "f", "hours": 9.0}),
        (30, {"sex": "m", "hours": 8.0}),
        (30, {"sex": "m", "hours": 7.0}),
    )
    sample = dl.declare_design(people)
    found = dl.summary(sample, "hours", by="sex")
    refused(lambda: published(found), OptionError)
    shown = published(found, sample=sample)
    assert shown.tests == found.tests
    assert shown.counts["n"].tolist() == found.counts["n"].tolist()
    rounded = published(dl.summary(sample, "sex"), "opensafely", sample=sample)
    assert rounded.counts["n"].tolist() == [90.0, 90.0]


def test_models_side_by_side_need_no_sample() -> None:
    people = pd.DataFrame(
        {"hours": np.arange(60) % 7.0, "age": np.arange(60) % 11.0, "sex": ["f", "m"] * 30}
    )
    sample = dl.declare_design(people)
    models = [dl.regress(sample, "hours ~ age"), dl.regress(sample, "hours ~ age + sex")]
    assert [each.fitted for each in published(models)] == [None, None]


def test_profiles_of_insee_count_eleven_respondents_or_three_units_by_weight() -> None:
    data = rows(
        (10, {"region": "a"}), (11, {"region": "b"}), (2, {"region": "c"}), (25, {"region": "d"})
    ).assign(w=2.0)
    sample = dl.declare_design(data, weights="w")
    found = dl.estimate(sample, dl.count(), by="region")
    assert hidden(published(found, "insee_fiscal"), "region") == ["a", "c"]
    # two respondents stand for 4 units; with a weight of 1, for 2
    assert hidden(published(found, "insee_entreprises", sample=sample), "region") == []
    alone = dl.declare_design(data.assign(w=1.0), weights="w")
    assert hidden(
        published(dl.estimate(alone, dl.count(), by="region"), "insee_entreprises", sample=alone),
        "region",
    ) == ["c"]


def test_the_record_tells_rules_and_places_and_no_hidden_number() -> None:
    shown = published(dl.crosstab(dl.declare_design(TABLE), "region", "job"))
    record = json.loads(json.dumps(shown.cells.provenance.disclosure))
    assert record["profile"]["minimum"] == 10
    assert record["profile"]["checked"] == "2026-11-24"
    assert record["coverage"] == {"fr": "Ensemble", "en": "Everybody"}
    places = record["results"][0]["hidden"]
    assert {each["why"] for each in places} == {"few respondents", "secondary"}
    assert all(set(each) == {"region", "job", "why", "width"} for each in places)
    assert shown.cells.provenance.rules["disclosure"] == "standard"
    whole = published(
        dl.crosstab(dl.declare_design(TABLE), "region", "job"),
        "none",
        reason="an example, of no one",
    )
    assert whole.cells.provenance.disclosure["reason"] == "an example, of no one"
    assert not whole.frame["n"].isna().any()


def test_what_cannot_be_protected_is_refused(refused: Callable[..., None]) -> None:
    data = TABLE.assign(pay=np.arange(len(TABLE)) % 7 + 1.0, w=np.arange(len(TABLE)) % 3 + 1.0)
    sample = dl.declare_design(data, weights="w")
    mean, share = (
        dl.estimate(sample, dl.mean("pay"), by="job"),
        dl.estimate(sample, dl.share("job")),
    )
    table = dl.crosstab(sample, "job")
    refused(lambda: dl.publish(mean, sample=sample), BaseMissingError)
    refused(
        lambda: dl.publish(mean.described(base=dl.Text.same("All")), sample=sample),
        BaseMissingError,
    )
    refused(lambda: published(mean), OptionError)
    refused(lambda: published(share), OptionError)
    refused(lambda: published([share, table]), OptionError)
    refused(lambda: published(share, "insee_entreprises"), OptionError)
    refused(
        lambda: published(mean, sample=dl.declare_design(data.iloc[5:], weights="w")), OptionError
    )
    refused(lambda: published(dl.contrast(mean, {"job": ("x", "y")}), sample=sample), OptionError)
    refused(lambda: published(dl.crosstab(sample, "job", sort="size")), OptionError)
    refused(lambda: published(share, "opensafely", sample=sample), OptionError)
    refused(lambda: published(table, "none"), OptionError)
    refused(lambda: published(table, reason="why not"), OptionError)
    refused(lambda: published(table, "strict"), OptionError)
    refused(lambda: published([]), OptionError)
    refused(lambda: published(published(table)), OptionError)
    refused(lambda: published(dl.log_linear(sample, "~ region + job")), OptionError)
    refused(lambda: published(data), OptionError)


def test_the_lines_of_the_page_on_privacy_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [
        (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
        for name in ("privacy.md", "privacy.fr.md")
    ]
    code, other = ("".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL)) for page in pages)
    assert code == other
    people = (
        "import diplab as dl, pandas as pd\n"
        "frame = pd.DataFrame({'region': ['a'] * 40 + ['b'] * 36 + ['c'] * 4, 'contract': [1, 2] * "
        "40,\n"
        "    'age': [19, 30, 41, 52, 63] * 16, 'hourly_pay': [9.0, 10, 11, 12] * 20, 'w': 25.0})\n"
        "data = dl.Microdata(frame, dl.Codebook())\n"
        "sample = dl.declare_design(data)\n"
    )
    (tmp_path / "lines.py").write_text(people + code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    left = runpy.run_path("lines.py")
    assert left["risk"].frame["without"].tolist() == ["", "age", "region"]
    # of contracts in all, 8 are of people under 25: the shares of "b" would tell that they are 6 or
    # more
    assert hidden(left["pay"], "region") == ["c", "b", "c", "b", "c"]
    assert (tmp_path / "pay.docx").exists()
    assert (
        json.loads((tmp_path / "pay.disclosure.json").read_text(encoding="utf-8"))["profile"][
            "name"
        ]
        == "standard"
    )


def test_points_of_two_curves_are_told_by_their_options() -> None:
    """Their categories hold options (`0.25, convention=convey`), of which no number was read."""
    sample = dl.declare_design(pd.DataFrame({"y": np.arange(1.0, 401)}))
    curves = dl.estimate(
        sample, dl.lorenz("y", at=(0.25, 0.5)), dl.lorenz("y", at=(0.25, 0.5), convention="convey")
    )
    assert curves.provenance.own_category(curves.frame["category"].iloc[0]) == 0.25
    shown = published(curves, sample=sample)
    # the first curve is there; what another tells of the same people is hidden
    assert shown.frame["estimate"].iloc[:2].notna().all()


@pytest.mark.parametrize("profile", ["opensafely", "insee_entreprises"])
def test_how_well_a_model_fits_says_no_exact_number_of_respondents(profile: Any) -> None:
    """296 in the goodness of fit, or 294 residual degrees of freedom, beside 295 or nothing in the rows."""
    rows = np.arange(296)
    pay = np.random.default_rng(3).uniform(1000, 2000, 296).round(2)
    frame = pd.DataFrame({"pay": pay, "sex": np.array(["f", "m"])[rows % 2]})
    sample = dl.declare_design(frame)
    fit = dl.regress(sample, "pay ~ sex")
    assert fit.residual_df == 294
    assert "296" in str(fit)
    shown = dl.publish(fit, profile, sample=sample, notes=NOTES)
    assert shown.frame["estimate"].notna().all()
    assert np.isnan(shown.residual_df)
    assert "296" not in str(shown)
    assert "294" not in str(shown)


@pytest.mark.parametrize("profile", ["standard", "opensafely"])
def test_a_published_object_holds_neither_respondents_nor_hidden_numbers(profile: Any) -> None:
    """What respondents contribute keeps their sample, and the points of all rows; it would go into a pickle."""
    rows = np.arange(120)
    frame = pd.DataFrame({"region": np.where(rows < 3, "d", "e"), "pay": 1000.0 + rows})
    frame["sex"] = np.array(["f", "m"])[rows % 2]
    sample = dl.declare_design(frame)
    found = dl.estimate(sample, dl.mean("pay"), by="region")
    assert found.contributions is not None
    shown = dl.publish(found, profile, sample=sample, notes=NOTES)
    assert shown.frame["estimate"].isna().tolist() == [True, False]
    assert shown.contributions is None
    table = dl.publish(dl.crosstab(sample, "region", "sex"), profile, sample=sample, notes=NOTES)
    parts = [table.counts, table.margins, *table.shares_of.values()]
    assert all(each.contributions is None for each in parts)


def held_by(found: object) -> list[np.ndarray[Any, Any]]:
    """Every array that is reached from an object, whatever it is reached by."""
    left, seen, arrays = [found], dict[int, object](), []
    while left:
        each = left.pop()
        if id(each) in seen or isinstance(each, str | bytes | int | float | type):
            continue
        seen[id(each)] = each
        if isinstance(each, np.ndarray):
            arrays.append(each)
        elif isinstance(each, pd.DataFrame | pd.Series | pd.Index):
            arrays.append(each.to_numpy())
        elif isinstance(each, dict):
            left += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple | set | frozenset):
            left += each
        else:
            cells = getattr(each, "__closure__", None) or ()
            left += [cell.cell_contents for cell in cells]
            left += [getattr(each, name, None) for name in ("args", "keywords", "func", "__self__")]
            left += vars(each).values() if hasattr(each, "__dict__") else []
    return arrays


@pytest.mark.parametrize("kind", ["gaussian", "binomial", "poisson", "ratios", "cox", "margins"])
def test_a_published_model_holds_no_row_of_its_respondents(kind: str) -> None:
    """Degrees of freedom of comparisons held the fit, and that all outcomes and variables."""
    drawn = np.random.default_rng(3)
    frame = pd.DataFrame({
        "months": drawn.integers(1, 60, 300).astype(float), "left": drawn.integers(0, 2, 300),
        "age": drawn.integers(18, 70, 300).astype(float),
    })  # fmt: skip
    sample = dl.declare_design(frame)
    if kind == "cox":
        found = dl.survival.cox(sample, "age", time="months", event="left")
    elif kind in ("binomial", "ratios"):
        found = dl.regress(sample, "left ~ age", family="binomial")
    else:
        family = "poisson" if kind == "poisson" else "gaussian"
        found = dl.regress(sample, "months ~ age + left", family=family)
    if kind in ("ratios", "margins"):
        found = (dl.effect_ratios if kind == "ratios" else dl.marginal_effects)(found)
    shown = published(found, sample=sample)
    assert shown.frame["estimate"].notna().all()
    whole = published(found, "none", reason="Drawn at random.")
    for each in (shown, whole):
        assert max(array.size for array in held_by(each)) < 300
    if kind == "gaussian":
        # and coefficients may still be compared
        compared = dl.contrast(shown, "age - left").frame
        assert compared[["estimate", "std_error", "ci_low"]].notna().all(axis=None)


@pytest.mark.parametrize("statistic", [dl.mean("pay"), dl.share("ill"), dl.median("pay")])
def test_a_published_estimate_holds_no_unit_of_its_sample(statistic: Any) -> None:
    """What degrees of freedom of comparisons are reckoned from held the weights by unit, and the sample."""
    drawn = np.random.default_rng(3)
    frame = pd.DataFrame({
        "unit": np.arange(600) // 2, "w": drawn.uniform(1, 3, 600), "pay": drawn.lognormal(7, 0.3, 600),
        "ill": drawn.integers(0, 2, 600), "sex": drawn.choice(["f", "m"], 600),
    })  # fmt: skip
    sample = dl.declare_design(frame, psu="unit", weights="w")
    found = dl.estimate(sample, statistic, by="sex")
    shown = published(found, sample=sample)
    # names of units are known again by a hash while the session lasts, which no file holds
    again = pickle.loads(pickle.dumps(shown))
    assert max(each.size for each in held_by(again)) < 300
    told = dl.contrast(again, {"sex": ("f", "m")}).frame
    exact = dl.contrast(found, {"sex": ("f", "m")}).frame
    assert told["df"].to_numpy() == pytest.approx(exact["df"].to_numpy())
