"""What single profiles promise: rounded amounts, no number of respondents, steps between quantiles, own rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.disclosure.profile import profile_of
from diplab.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Example"))


def published(result: Any, profile: Any = "standard", **options: Any) -> Any:
    return dl.publish(result, profile, notes=NOTES, **options)


def people(n: int = 300) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"vip": (np.arange(n) == 0).astype(int), "ill": (np.arange(n) < 27).astype(int)}
    )
    frame["region"] = np.where(np.arange(n) < 25, "a", "b")
    return frame.assign(
        pay=draw.lognormal(7, 0.4, n).round(2),
        hours=np.where(np.arange(n) < 5, 0.0, np.arange(n) % 40 + 5.0),
    )


def test_opensafely_hides_totals_that_differ_by_one_and_rounds_the_others() -> None:
    frame = people()
    sample = dl.declare_design(frame)
    every, others = (
        dl.estimate(each, dl.total("pay")) for each in (sample, sample.where("vip == 0"))
    )
    one, two = published([every, others], "opensafely", sample=sample)
    assert one.frame["estimate"].isna().item() != two.frame["estimate"].isna().item()
    alone = published(every, "opensafely", sample=sample).frame.iloc[0]
    # 300 people: an amount is rounded by a sixtieth of itself, to 1, 2 or 5 times a power of ten
    assert alone["estimate"] == pytest.approx(frame["pay"].sum(), rel=5 / 300)
    assert alone["estimate"] % 5000 == 0
    assert alone["n"] == 300
    assert alone[["cv", "deff", "df"]].isna().all()


def test_opensafely_makes_means_of_two_values_of_rounded_counts() -> None:
    """27 ill of 300: 25, as their share is; 25 of 300 is the mean."""
    sample = dl.declare_design(people())
    found = dl.estimate(sample, dl.mean("ill"), dl.total("ill"), dl.share("ill == 1"))
    shown = published(found, "opensafely", sample=sample).frame
    assert shown["estimate"].tolist() == pytest.approx([25 / 300, 25, 25 / 300])
    assert shown["std_error"].isna().all()
    assert (
        published(dl.estimate(sample, dl.variance("ill")), "opensafely", sample=sample)
        .frame["estimate"]
        .isna()
        .all()
    )
    rare = dl.estimate(sample, dl.mean("vip"), dl.total("vip"))
    assert published(rare, "opensafely", sample=sample).frame["estimate"].isna().all()


def test_opensafely_publishes_groups_that_nobody_is_in() -> None:
    frame = people().assign(job=["x"] * 150 + ["y"] * 150)
    sample = dl.declare_design(frame)
    found = dl.estimate(sample, dl.share("job"), by="region")
    shown = published(found, "opensafely", sample=sample).frame
    assert shown.loc[shown["region"] == "a", "estimate"].tolist() == [1.0, 0.0]


def test_business_statistics_print_no_number_of_respondents() -> None:
    """One respondent of weight 40 stands for 40 units: sample and weights stay secret, and so does the 1."""
    frame = people(60).assign(region=["a"] + ["b"] * 29 + ["c"] * 30, w=40.0)
    sample = dl.declare_design(frame, weights="w")
    shown = published(
        dl.estimate(sample, dl.count(), by="region"), "insee_entreprises", sample=sample
    )
    assert shown.frame["estimate"].tolist() == [40.0, 1160.0, 1200.0]
    assert shown.frame[["n", "df", "deff"]].isna().all(axis=None)
    assert "one respondent" not in set(shown.frame["flag"])
    table = published(dl.crosstab(sample, "region", "ill"), "insee_entreprises", sample=sample)
    assert table.frame[["n", "base_n", "effective_n"]].isna().all(axis=None)
    summary = published(
        dl.summary(sample, ["pay", "ill"], by="region"), "insee_entreprises", sample=sample
    )
    assert summary.counts[["n", "missing"]].isna().all(axis=None)
    for each in (shown, table, summary):
        assert "one respondent" not in dl.table(each).as_raw_html()


def test_two_quantiles_have_ten_respondents_between_them() -> None:
    """80 people: a step of 0.02 is 1.6 of them, 0.125 ten."""
    sample = dl.declare_design(pd.DataFrame({"pay": np.arange(80.0)}))
    orders = [round(0.2 + 0.02 * at, 2) for at in range(31)]
    shown = published(dl.estimate(sample, dl.quantile("pay", orders)), sample=sample).frame
    assert shown.loc[shown["estimate"].notna(), "category"].astype(float).tolist() == [
        0.2,
        0.34,
        0.48,
        0.62,
        0.76,
    ]
    # in whatever order they are asked for, in two results, and the median
    back = published(dl.estimate(sample, dl.quantile("pay", [0.5, 0.45, 0.3])), sample=sample).frame
    assert back["estimate"].notna().tolist() == [False, True, True]
    apart = [dl.estimate(sample, dl.quantile("pay", 0.48)), dl.estimate(sample, dl.median("pay"))]
    assert [each.frame["estimate"].notna().item() for each in published(apart, sample=sample)] == [
        True,
        False,
    ]
    later = published(apart[1], sample=sample, released=[published(apart[0], sample=sample)])
    assert later.frame["estimate"].isna().all()
    few = dl.declare_design(pd.DataFrame({"pay": np.arange(15.0)}))
    assert published(dl.estimate(few, dl.median("pay")), sample=few).frame["estimate"].isna().all()


def test_a_ratio_to_a_variable_that_is_zero_for_some_is_published() -> None:
    """Five work no hours: all 300 are in the ratio."""
    sample = dl.declare_design(people())
    shown = published(dl.estimate(sample, dl.ratio("pay", "hours")), sample=sample)
    assert shown.frame["n"].tolist() == [300]
    assert shown.frame["estimate"].notna().all()


def test_save_takes_the_sample_that_its_error_asks_for(
    tmp_path: Path, refused: Callable[..., None]
) -> None:
    sample = dl.declare_design(people())
    thing = dl.table(dl.estimate(sample, dl.mean("pay"), by="region"), notes=NOTES)
    refused(lambda: dl.save(thing, tmp_path / "pay.md", profile="standard"), OptionError)
    refused(lambda: dl.save(thing, tmp_path / "pay.md", sample=sample), OptionError)
    dl.save(thing, tmp_path / "pay.md", profile="standard", sample=sample)
    record = json.loads((tmp_path / "pay.disclosure.json").read_text(encoding="utf-8"))
    assert record["profile"]["name"] == "standard"
    assert record["guarantee"]["en"].startswith("No tested set")
    assert record["guarantee"]["fr"].startswith("Aucun ensemble")
    summary = dl.table(dl.summary(sample, ["pay"], by="region"), notes=NOTES)
    assert dl.save(summary, tmp_path / "summary.md", profile="standard", sample=sample).exists()


def test_rules_of_ones_own_are_read_from_a_file(
    tmp_path: Path, refused: Callable[..., None]
) -> None:
    path = tmp_path / "archive.toml"
    path.write_text(
        'minimum = 26\nsource = "Our archive"\ndominance = [1, 0.5]\n', encoding="utf-8"
    )
    assert profile_of(path).step == 26
    sample = dl.declare_design(people())
    shown = published(dl.estimate(sample, dl.count(), by="region"), path, sample=sample)
    assert shown.frame["flag"].tolist() == ["confidential", ""]
    assert shown.provenance.disclosure["profile"]["name"] == "archive"
    assert "archive" in dl.table(shown).as_raw_html()
    for text in (
        "minimum = 5", "source = 'x'", "minimum = 5\nsource = 'x'\nmost = 3", "minimum = 'x'\nsource = 'x'",
        "minimum = 5\nsource = 'x'\ndominance = [3, 90]",
    ):  # fmt: skip
        path.write_text(text, encoding="utf-8")
        refused(lambda: profile_of(path), OptionError)


def test_opensafely_takes_shares_and_amounts_together() -> None:
    """Shares are of rounded numbers and no part of the sums that amounts are protected by; 2 of 275 are redacted."""
    sample = dl.declare_design(people())
    results = [
        dl.estimate(sample, dl.share("ill == 1"), by="region"),
        dl.estimate(sample, dl.mean("pay"), by="region"),
    ]
    shares, means = published(
        [*results, dl.crosstab(sample, "region", "ill")], "opensafely", sample=sample
    )[:2]
    assert shares.frame["flag"].tolist() == ["all alike", "confidential"]
    assert means.frame["n"].tolist() == [25.0, 275.0]
    assert means.frame["estimate"].notna().all()


def test_results_that_are_published_in_rounded_numbers_are_of_their_sample() -> None:
    data = pd.DataFrame(
        {"region": ["a"] * 33 + ["b"] * 28, "sex": ["f", "m"] * 30 + ["f"], "pay": range(61)}
    )
    sample = dl.declare_design(data)
    notes = dl.Notes(coverage=dl.Text.same("All"), source=dl.Text.same("Drawn"))
    first = dl.publish(
        dl.estimate(sample, dl.mean("pay"), by="region"), "opensafely", sample=sample, notes=notes
    )
    assert first.frame["n"].tolist() == [35.0, 30.0]
    shares = dl.estimate(sample, dl.share("sex"), by="region")
    dl.publish(shares, "opensafely", sample=sample, released=[first], notes=notes)
    exact = dl.publish(dl.estimate(sample, dl.mean("pay"), by="region"), sample=sample, notes=notes)
    fewer = dl.declare_design(data.iloc[1:])
    with pytest.raises(OptionError, match="not the sample of the result"):
        dl.publish(
            dl.estimate(fewer, dl.share("sex"), by="region"),
            sample=fewer,
            released=[exact],
            notes=notes,
        )
