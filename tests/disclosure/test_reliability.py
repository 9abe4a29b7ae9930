"""Classes of reliability: numbers in parentheses between two thresholds, and those that are too uncertain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.disclosure.profile import profile_of
from diplab.errors import OptionError
from tests.disclosure.test_formats import content

if TYPE_CHECKING:
    from collections.abc import Callable

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Example"))
SIZES = {"a": 60, "b": 50, "c": 49, "d": 20, "e": 19}


def people() -> pd.DataFrame:
    region = np.repeat([*SIZES], [*SIZES.values()])
    hours = np.random.default_rng(3).gamma(4.0, 5.0, region.size).round(1)
    return pd.DataFrame({"region": region, "hours": hours, "w": 100.0})


def published(result: Any, profile: Any, **options: Any) -> Any:
    return dl.publish(result, profile, notes=NOTES, **options)


def test_eu_silc_hides_under_20_and_flags_under_50() -> None:
    """Eurostat's programs: 19 observations are not published, 20 and 49 are flagged, 50 are not."""
    sample = dl.declare_design(people())
    shown = published(
        dl.estimate(sample, dl.mean("hours"), by="region"), "eurostat_silc", sample=sample
    )
    flags = ["", "", "low reliability", "low reliability", "confidential"]
    assert shown.frame["flag"].tolist() == flags
    assert shown.frame["estimate"].notna().tolist() == [True] * 4 + [False]
    for language, words in (("fr", "fiabilité limitée"), ("en", "low reliability")):
        html = dl.table(shown, language=language).as_raw_html()
        assert html.count(words) == 3, "in two rows and in the note"
    cells = [row[1].text for row in dl.table(shown, language="en").sheet.rows]
    assert [cell[0] + cell[-1] for cell in cells[2:4]] == ["()", "()"]
    assert cells[4] == "c"
    assert not any("(" in cell for cell in cells[:2])


def test_the_same_without_the_sample_in_crosstabs_and_in_summaries() -> None:
    frame = people().assign(job=np.tile(["x", "y"], 99))
    sample = dl.declare_design(frame[frame["region"].isin(["a", "c"])].assign(job=lambda own: own["region"].map(
        {"a": "x", "c": "y"})))  # fmt: skip
    one = published(dl.crosstab(sample, "region"), "eurostat_silc")
    assert one.counts.frame["flag"].tolist() == ["", "low reliability"]
    assert "(45.0%)" not in str(one), "a share is of all 109"
    both = published(
        dl.crosstab(sample, "region", "job", shares="row"), "eurostat_silc", sample=sample
    )
    assert "(100.0%)" in str(both)
    assert "(0.0%)" in str(both)
    summary = published(dl.summary(sample, ["hours"], by="region"), "eurostat_silc", sample=sample)
    mean = frame.loc[frame["region"] == "c", "hours"].mean()
    assert f"({mean:.2f})" in str(summary)


def test_weights_have_classes_too() -> None:
    """49 people of weight 100 are 4,900: under 5,000; 50 are in parentheses; 6,000 of 100 or more not."""
    frame = people()
    frame.loc[frame["region"] == "a", "w"] = 200.0
    sample = dl.declare_design(frame, weights="w")
    found = dl.estimate(sample, dl.count(), dl.mean("hours"), by="region")
    shown = published(found, "destatis_mikrozensus", sample=sample).frame
    assert shown["flag"].tolist() == ["", "low reliability", *["confidential"] * 3] * 2
    assert shown["n"].tolist()[:2] == [60.0, 50.0]


def test_limits_on_the_relative_standard_error(tmp_path: Path) -> None:
    path = tmp_path / "reliable.toml"
    path.write_text(
        'minimum = 5\nsource = "Ours"\nrse_flagged = 6.5\nrse_hidden = 11\n', encoding="utf-8"
    )
    sample = dl.declare_design(people())
    found = dl.estimate(sample, dl.mean("hours"), by="region")
    shown = published(found, path, sample=sample)
    wanted = [
        "" if cv < 0.065 else "not reliable" if cv > 0.11 else "low reliability"
        for cv in found.frame["cv"]
    ]
    assert set(wanted) == {"", "low reliability", "not reliable"}
    assert shown.frame["flag"].tolist() == wanted
    gone = shown.frame["flag"] == "not reliable"
    assert (
        shown.frame.loc[gone, ["estimate", "std_error", "ci_low", "cv", "df"]].isna().all(axis=None)
    )
    # it is not a secret: its respondents are told, and nothing is hidden beside it
    assert shown.frame.loc[gone, "n"].tolist() == found.frame.loc[gone, "n"].tolist()
    assert shown.provenance.disclosure["results"][0]["hidden"] == []
    row = dl.table(shown, language="fr").sheet.rows[3]
    assert row[1].text == "/"
    notes = " ".join(dl.table(shown, language="fr").sheet.note_lines()).replace("\xa0", " ")
    assert "entre parenthèses si l’erreur type relative dépasse 6,5 %" in notes
    assert "« / » si elle dépasse 11 %" in notes
    # a coefficient may be near 0
    fit = published(dl.regress(sample, "hours ~ C(region)"), path, sample=sample)
    assert "not reliable" not in set(fit.frame["flag"])


@pytest.mark.parametrize("suffix", ["html", "md", "tex", "docx", "xlsx"])
def test_files_hold_no_number_that_is_too_uncertain(tmp_path: Path, suffix: str) -> None:

    path = tmp_path / "reliable.toml"
    path.write_text('minimum = 5\nsource = "Ours"\nrse_hidden = 10\n', encoding="utf-8")
    sample = dl.declare_design(people())
    found = dl.estimate(sample, dl.mean("hours"), by="region")
    secret = f"{found.frame['estimate'].iloc[3]:.6f}"[:6]
    shown = published(found, path, sample=sample)
    assert shown.frame["flag"].iloc[3] == "not reliable"
    written = dl.save(dl.table(shown, decimals=4), tmp_path / f"table.{suffix}")
    assert secret not in content(written)


def test_classes_that_contradict_each_other_are_refused(
    tmp_path: Path, refused: Callable[..., None]
) -> None:
    path = tmp_path / "classes.toml"
    for rules in (
        "flagged_below = 20",
        "flagged_below = -1",
        "rse_flagged = 30\nrse_hidden = 15",
        'rse_hidden = "x"',
    ):
        path.write_text(f'minimum = 20\nsource = "Ours"\n{rules}\n', encoding="utf-8")
        refused(lambda: profile_of(path), OptionError)
