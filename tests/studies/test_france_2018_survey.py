"""The DiPLab survey of 2018: the synthetic file, every verdict, the holder's own file, the refusals, the figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import MisleadingError, StudyError
from diplab.loaders.deliveries import read_codebook
from diplab.presentation._save import save
from diplab.reference.text import LANGUAGES
from diplab.replication.registry import study
from diplab.replication.rerun import Run, run
from diplab.replication.study import Inputs

STUDY = "france-2018-survey"
WORDS = {"fr": "synthétique", "en": "synthetic"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return Inputs(study(STUDY), {}, None, tmp_path_factory.mktemp("scratch"))


@pytest.fixture(scope="module")
def answers(inputs: Inputs) -> dl.Microdata:
    found: dl.Microdata = inputs.study.module.microdata(inputs)
    return found


# The file


def test_margins_are_whole_people(answers: dl.Microdata) -> None:
    frame = answers.frame
    adult = frame["age"] <= 2
    permanent = frame["contract"] == 1
    assert len(frame) == 1000
    groups = [
        adult,
        adult & (frame["diploma"] == 1),
        permanent,
        permanent & (frame["working_time"] == 1),
    ]
    assert [int(group.sum()) for group in groups] == [800, 348, 400, 284]
    ones = (frame[["sex", "age", "inactive", "money"]] == 1).sum()
    assert ones.tolist() == [561, 634, 279, 449]
    assert [int((frame["living_standard"] < line).sum()) for line in (855, 1265)] == [220, 510]
    inactive = frame["inactive"] == 1
    assert (frame.loc[inactive, ["contract", "working_time"]] == 3).all(axis=None)
    assert (frame.loc[~inactive, "contract"] != 3).all()
    assert (frame.loc[frame["contract"] == 1, "working_time"] != 3).all()
    # 561 x 400 / 1,000 = 224.4 women hold a permanent contract: 224 or 225 after rounding.
    assert int(((frame["sex"] == 1) & (frame["contract"] == 1)).sum()) in (224, 225)


def test_earnings_are_exact_to_the_cent_and_the_file_says_what_it_is(answers: dl.Microdata) -> None:
    # 950 people gave an amount: 950 x 21.00 = 19,950.00 euros; the median is near 21 exp(-1.5^2 /
    # 2) = 6.82.
    earned = answers.frame["earnings"].dropna()
    cents = np.rint(earned.to_numpy() * 100)
    assert len(earned) == 950
    assert cents.sum() == 1_995_000
    assert cents.min() > 0
    assert 6.5 < float(np.median(earned)) < 7.2
    assert answers.codebook.origin.synthetic
    assert answers.codebook.origin.file == "france-2018-survey-synthetic.sav"
    assert len(answers.codebook.origin.sha256) == 64
    assert dict(answers.codebook.reasons["earnings"]) == {"don't know": 20, "refused": 30}
    assert answers.codebook["contract"].values[1].fr == "CDI"
    assert answers.codebook["contract"].values[1].en == "permanent"
    assert repr(answers).startswith("<synthetic microdata")


def test_a_second_run_makes_the_same_file(
    answers: dl.Microdata, inputs: Inputs, tmp_path: Path
) -> None:
    again = inputs.study.module.microdata(Inputs(inputs.study, {}, None, tmp_path))
    assert again.codebook.origin.sha256 == answers.codebook.origin.sha256
    pd.testing.assert_frame_equal(again.frame, answers.frame)


# The numbers


def test_margins_are_by_construction_and_the_rest_by_hand(rows: pd.DataFrame) -> None:
    """0.40 x 0.71; 284 / 721; identities; sqrt(0.22 x 0.78 / 999) and 22 -/+ 1.959964 of it."""
    margins = {
        "women": 56.1, "age_25_44": 63.4, "diploma": 43.5, "inactive": 27.9, "permanent": 40, "full_time": 71,
        "money_first": 44.9, "below_line": 22, "popular": 51, "earnings": 21, "respondents": 1000,
    }  # fmt: skip
    assert rows.loc[[*margins], "reproduced"].to_dict() == pytest.approx(margins, abs=1e-9)
    assert set(rows.loc[[*margins], "verdict"]) == {"by construction"}
    by_hand = {
        "full_time_permanent": 28.4, "full_time_permanent_not_inactive": 100 * 284 / 721, "women_recombined": 56.1,
        "below_line_recombined": 22, "below_line_std_error": 1.3106171, "below_line_low": 19.4312374,
        "below_line_high": 24.5687626,
    }  # fmt: skip
    assert rows.loc[[*by_hand], "reproduced"].to_dict() == pytest.approx(by_hand, abs=1e-6)
    assert set(rows.loc[[*by_hand], "verdict"]) == {"our own"}


def test_71_percent_has_its_own_base_and_bac2_an_uncertain_boundary(
    inputs: Inputs, rows: pd.DataFrame
) -> None:
    assert inputs.published("full_time").base_key == "permanent"
    assert rows.loc["full_time", "base"] == "respondents who hold a permanent contract"
    assert (
        rows.loc["full_time_permanent", "base"]
        == "respondents of the DiPLab survey (about 1,000 people)"
    )
    reason = inputs.published("diploma").reason
    assert "sources disagree on the boundary" in reason.en
    assert "les sources divergent sur la borne" in reason.fr


def test_full_time_of_everyone_and_the_line_at_60_percent_have_bounds(rows: pd.DataFrame) -> None:
    # 0.40 x 0.71 = 28.4 at least; 100 - 27.9 - 0.40 x 0.29 x 100 = 60.5 at most.
    row = rows.loc["full_time_any"]
    assert row[["low", "high"]].tolist() == pytest.approx([28.4, 60.5])
    assert row["high"] < 71
    assert np.isnan(row["reproduced"])
    assert row["verdict"] == "not identified"
    row = rows.loc["below_line_60"]
    assert (row["low"], row["high"], row["verdict"]) == (22, 51, "not identified")
    above = rows.loc["above_line_60"]
    assert (100 - row["high"], 100 - row["low"]) == (above["low"], above["high"])


def test_78_percent_is_a_complement_and_at_60_percent_there_are_only_bounds(
    rows: pd.DataFrame, answers: dl.Microdata
) -> None:
    assert rows.loc["above_line", "verdict"] == "our own"
    assert rows.loc["above_line", "reproduced"] == 78
    row = rows.loc["above_line_60"]
    assert row["verdict"] == "not identified"
    assert row[["low", "high"]].tolist() == [49, 78]
    assert np.isnan(row["reproduced"])
    of_the_file = 100 * float((answers.frame["living_standard"] >= 1026).mean())
    numbers = rows[["reproduced", "low", "high"]].to_numpy(dtype=float)
    assert not np.isclose(numbers, of_the_file, atol=0.05).any()
    assert not np.isclose(numbers, 100 - of_the_file, atol=0.05).any()


def test_lines_and_ratios_by_hand(rows: pd.DataFrame) -> None:
    """20,520 / 24 = 855; 20,520 / 20 = 1,026; 22 / 8 = 2.75; 51 / 30 = 1.70; 5,000 x 35 x 60 / 260,000 = 40.38."""
    values = {
        "line_50": 855,
        "line_60": 1026,
        "poverty_ratio": 2.75,
        "popular_ratio": 1.7,
        "minutes_a_week": 525 / 13,
    }
    assert rows.loc[[*values], "reproduced"].to_dict() == pytest.approx(values)


# Another survey


def test_the_critics_survey_is_never_reproduced(rows: pd.DataFrame) -> None:
    others = rows[rows.index.str.startswith("foule_factory_")]
    assert others["published"].tolist() == [66.7, 10, 72.1]
    assert others["reproduced"].isna().all()
    assert set(others["verdict"]) == {"not reproducible"}
    assert set(others["source"]).isdisjoint(set(rows["source"].drop(others.index)))


def test_shares_of_two_surveys_are_not_divided(answers: dl.Microdata, refused: Any) -> None:
    ours, theirs = (
        dl.estimate(dl.declare_design(answers, kind="opt-in"), dl.share("sex")).described(
            source=dl.Text.same(source)
        )
        for source in ("DiPLab, 2018", "Foule Factory, 2018")
    )
    refused(lambda: dl.contrast([ours, theirs], kind="ratio"), MisleadingError)


# The holder's own file

MAPPING = """
[sex]
column = "Q1"
codes = { F = 1, H = 2 }
[age]
column = "Q2 age"
codes = { a = 1, b = 2, c = 3 }
[inactive]
column = "Q3"
codes = { "0" = 2, "1" = 1 }
[contract]
column = "Q4"
codes = { "10" = 1, "20" = 2, "30" = 3 }
[earnings]
column = "revenu"
"""


@pytest.fixture(scope="module")
def theirs(answers: dl.Microdata, inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same people under other names and codes, in a file that does not say that it is synthetic."""
    made = inputs.study.module.synthetic_frame(inputs)
    frame = pd.DataFrame(
        {
            "Q1": made["sex"].map({1: "F", 2: "H"}),
            "Q2 age": made["age"].map({1: "a", 2: "b", 3: "c"}),
            "Q3": made["inactive"].map({1: 1, 2: 0}),
            "Q4": made["contract"].map({1: 10, 2: 20, 3: 30}),
            "revenu": made["earnings"],
        }
    ).join(made[["diploma", "working_time", "living_standard", "money"]])
    folder = tmp_path_factory.mktemp("holder")
    frame.sample(frac=1, random_state=1).to_csv(folder / "theirs.csv", index=False)
    (folder / "words.toml").write_text(MAPPING, encoding="utf-8")
    return folder


def test_the_holders_file_gives_the_same_numbers_and_other_verdicts(
    theirs: Path, rows: pd.DataFrame
) -> None:
    found = dl.reproduce(STUDY, data=theirs / "theirs.csv", mapping=theirs / "words.toml")
    frame = found.frame.set_index("key")
    assert not found.synthetic
    assert "by construction" not in set(frame["verdict"])
    computed = rows.index[rows["rests_on"] == "synthetic file"]
    assert len(computed) == 18
    np.testing.assert_allclose(
        frame.loc[computed, "reproduced"].astype(float),
        rows.loc[computed, "reproduced"].astype(float),
        atol=1e-9,
    )
    assert frame.loc[["women", "earnings", "money_first", "below_line", "above_line"], "verdict"].tolist() == [
        "as published", "as published", "within tolerance", "as published", "our own",
    ]  # fmt: skip
    for key in ("above_line_60", "full_time_any", "full_time_any_not_inactive", "below_line_60"):
        assert not np.isnan(frame.loc[key, "reproduced"]), key


def test_nothing_from_the_holders_file_is_called_synthetic(theirs: Path) -> None:
    with run(study(STUDY), data=theirs / "theirs.csv", mapping=theirs / "words.toml") as found:
        for language in LANGUAGES:
            caption = found.chart("full-time-by-base", "fr").figure(language).caption
            assert WORDS[language] not in (caption.title + caption.description).casefold()
            for name in ("shares", "check-by-sex", "every-base"):
                assert WORDS[language] not in str(found.tables[name](language).sheet).casefold()


def test_a_synthetic_file_of_someone_else_stays_synthetic(
    theirs: Path, inputs: Inputs, tmp_path: Path
) -> None:
    read = read_codebook(inputs.study.folder / "codebook.toml")
    made = dl.Microdata(inputs.study.module.synthetic_frame(inputs), read)
    marked = replace(made, codebook=replace(read, origin=replace(read.origin, synthetic=True)))
    found = inputs.study.module.results(Inputs(inputs.study, {}, marked, tmp_path))
    assert (found["women"].rests_on, found["women"].margin) == ("synthetic file", False)
    assert found["above_line_60"].bounds


def test_a_code_that_the_mapping_forgets(theirs: Path, tmp_path: Path, refused: Any) -> None:
    short = tmp_path / "short.toml"
    short.write_text(MAPPING.replace(', "30" = 3', ""), encoding="utf-8")
    refused(lambda: dl.reproduce(STUDY, data=theirs / "theirs.csv", mapping=short), StudyError)


# Figures and tables


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_table_and_estimate_says_synthetic(
    rerun: Run, inputs: Inputs, language: Any, tmp_path: Path
) -> None:
    for name in rerun.figures:
        figure = rerun.chart(name, "fr").figure(language)
        shown = " ".join(words.get_text() for words in figure.texts)
        assert WORDS[language] in shown.casefold()
        assert WORDS[language] in figure.caption.description.casefold()
        file = save(figure, tmp_path / f"{name}.svg")
        assert WORDS[language] in Path(file).read_text(encoding="utf-8").casefold()
    assert set(rerun.tables) == {"shares", "check-by-sex", "two-surveys", "every-base"}
    for make in rerun.tables.values():
        shown = make(language)
        assert WORDS[language] in " ".join(content for _, content in shown.sheet.notes).casefold()
        assert WORDS[language] in shown.as_raw_html().casefold()
    provenance = inputs.study.module.shares(inputs).provenance
    assert provenance.synthetic
    assert provenance.indicative
    assert provenance.status == "synthetic"


def test_the_figures_show_the_numbers(rerun: Run) -> None:
    bases = rerun.chart("full-time-by-base", "fr").rows
    assert [row.point for row in bases[:3]] == pytest.approx([0.71, 284 / 721, 0.284])
    assert [row.bounds for row in bases[3:]] == [True, True]
    # 28.4 / 72.1 and 60.5 / 72.1
    assert (bases[3].low, bases[3].high) == pytest.approx((0.284 / 0.721, 0.605 / 0.721))
    assert (bases[4].low, bases[4].high) == pytest.approx((0.284, 0.605))
    lines = rerun.chart("poverty-by-line", "fr").rows
    # Nothing was estimated here: the published shares stand alone.
    assert [row.point for row in lines] == [None, None, None]
    assert [row.published for row in lines] == [0.22, None, 0.51]
    assert (lines[1].low, lines[1].high, lines[1].bounds) == (0.22, 0.51, True)


def test_every_base_of_71_side_by_side(rerun: Run) -> None:
    """284 of 400, of 721, of 1,000; with 321 others whose time is not published, 605 of 721 and of 1,000 at most."""
    cells = [[cell.text for cell in row] for row in rerun.tables["every-base"]("en").sheet.rows]
    assert [row[1:] for row in cells] == [
        ["holders of a permanent contract", "284", "400", "71.0%", "yes"],
        ["those not inactive", "284", "721", "39.4%", "no"],
        ["all respondents", "284", "1,000", "28.4%", "no"],
        ["those not inactive", "284 to 605", "721", "39.4% to 83.9%", "possible"],
        ["all respondents", "284 to 605", "1,000", "28.4% to 60.5%", "no"],
    ]


def test_no_working_time_that_was_drawn_is_counted(inputs: Inputs, answers: dl.Microdata) -> None:
    found = inputs.study.module.complements(inputs)
    bounds = found["any"].loc[["at_least", "at_most"], "numerator"].tolist()
    assert bounds == [284, 284 + int((answers.frame["contract"] == 2).sum())]
    drawn = int((answers.frame["working_time"] == 1).sum())
    assert bounds[0] < drawn < bounds[1]
    assert drawn not in found["any"]["numerator"].tolist()


def test_tables_of_two_surveys_and_units_in_french(rerun: Run) -> None:
    cells = [[cell.text for cell in row] for row in rerun.tables["two-surveys"]("en").sheet.rows]
    assert cells[2] == ["Women", "56.1% of respondents", "72.1% of the most active class"]
    assert cells[1][1] == "€21 on average"
    shown = dl.table(rerun.comparisons["fr"]).as_raw_html()
    for english in (
        "minutes per week",
        "percentage points",
        "full-time equivalents",
        "EUR per month",
    ):
        assert english not in shown
    assert "40,4\u00a0minutes\u00a0par\u00a0semaine" in shown


# What is supposed


def test_the_supposed_line_is_half_the_median() -> None:
    assert (
        study(STUDY).assumptions["line_of_the_22_percent"].value
        == dl.parameter("poverty_threshold_50", 2016).value
    )


def test_bounds_follow_the_line_of_the_22_percent(differing: Any) -> None:
    """At 60% of the median itself, 22% are under the usual line and no fewer or more: the bounds are a point."""
    assert differing(line_of_the_22_percent=1026) == {"below_line_60": "differs"}
    assert differing(line_of_the_22_percent=781) == {}


def test_bounds_follow_the_jobs_of_the_inactive(inputs: Inputs, differing: Any) -> None:
    """With all of the 27.9% at work, 28.4 to 88.4% of all: 100 less the 11.6% on part-time permanent contracts.

    Of the 72.1% not inactive, 0.5 (28.4 - 27.9) to 72.1: part-time contracts may all be of the
    inactive.
    """
    assert differing(inactive_with_a_job=1) == {
        "full_time_any": "differs",
        "full_time_any_not_inactive": "differs",
    }
    found = inputs.study.module.results(replace(inputs, changed={"inactive_with_a_job": 1.0}))
    ends = [
        (found[key].low, found[key].high) for key in ("full_time_any", "full_time_any_not_inactive")
    ]
    assert ends == [pytest.approx((28.4, 88.4)), pytest.approx((100 * 0.5 / 72.1, 100))]


def test_margins_are_held_whatever_the_file_supposes_beside_them(differing: Any) -> None:
    assert differing(earnings_spread=2.5, earnings_refused=100, lowest_standard_of_living=0) == {}


def test_a_margin_that_does_not_come_out_differs() -> None:
    """900 people instead of about 1,000: further than the sources allow; shares are held."""

    def fewer_people(kind: str, name: str, value: Any) -> Any:
        return 900.0 if (kind, name) == ("assumption", "respondents") else value

    with run(study(STUDY), disturb=fewer_people) as found:
        frame = found.comparisons["en"].frame.set_index("key")
    assert not found.comparisons["en"].as_expected
    assert frame.loc["respondents", "verdict"] == "differs"
    assert frame.loc["women", "verdict"] == "by construction"
