"""Mechanical Turk workers: every verdict, what is below the bound, the figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

import diplab as dl
from diplab.population.counts import WITHOUT_BOUND
from diplab.presentation.charts.dots import Dots
from diplab.reference.text import LANGUAGES
from diplab.replication.registry import study
from diplab.replication.rerun import run

if TYPE_CHECKING:
    from diplab.replication.rerun import Run

STUDY = "mturk-2015-2018-headcount"
NARROW = "\u202f"


# Printed by the notebooks, all digits.
PRINTED = {
    "chao_2017": 95253.26843134017, "chao_2023": 286298.87152284285, "petersen_spring": 13452.097602739726,
    "petersen_autumn": 12944.271721958925, "petersen_spring_later": 13410.347386172007,
    "petersen_autumn_later": 12277.183161004432, "half_life": 755.0003348446623,
    "beta_binomial_2023": 297226.41903323017,
}  # fmt: skip
# Recorded from R (singleRcapture 1.1.0; Rcapture for Chapman's formula).
FROM_R = {
    "chapman_spring": 13437.687179, "chapman_autumn": 12931.886435, "chao_participation": 95987.8178166,
    "zelterman": 107080.905322, "poisson": 47467.2863277, "geometric": 74048.9686119,
}  # fmt: skip


def test_values_equal_the_notebooks_and_r(rows) -> None:
    values = PRINTED | FROM_R
    assert rows.loc[[*values], "reproduced"].to_dict() == pytest.approx(values, rel=1e-8)
    # the models run on counts of the open file; Chapman only on counts the notebooks print
    for key, status in rows.loc[[*FROM_R], "status"].items():
        assert status == ("derived" if key.startswith("chapman") else "estimated")


def test_the_lower_bound_is_that_of_r_and_half_lives_are_by_hand(rows) -> None:
    # singleRcapture, log-normal.
    bound = rows.loc["chao_participation"]
    assert (bound["low"], bound["high"]) == pytest.approx((93983.29154, 98066.03968), abs=1e-4)
    # Rcapture's standard error of the first pair of lists: 439.3133554.
    chapman = rows.loc["chapman_spring"]
    assert (chapman["high"] - chapman["low"]) / 2 / 1.959963984540054 == pytest.approx(
        439.3133554, rel=1e-8
    )
    # ln 2 / 0.0008717947686771045 and ln 2 / 0.0009606402995450986.
    assert rows.loc["half_life_us", "reproduced"] == pytest.approx(795.081, abs=5e-4)
    assert rows.loc["half_life_elsewhere", "reproduced"] == pytest.approx(721.547, abs=5e-4)


def test_counts_add_up(rerun: Run, rows, inputs) -> None:
    counts = rerun.study.module._participation(inputs)
    assert len(counts) == 29
    assert rows.loc["workers_seen", "reproduced"] == sum(counts.values()) == 39_460
    assert sum(times * workers for times, workers in counts.items()) == 84_477


def test_models_below_the_bound_say_so_and_are_contradicted(rerun: Run, rows, inputs) -> None:
    frame = dl.population.sensitivity(rerun.study.module._participation(inputs)).frame
    flags = dict(zip(frame["statistic"], frame["flag"], strict=True))
    assert next(iter(flags)) == "chao"
    assert list(flags)[-1] == "negative_binomial"
    assert flags == {
        **dict.fromkeys(("chao", "chao_bc", "ichao"), "lower bound"),
        **dict.fromkeys(("zelterman", "ace", "ace_1"), ""),
        **dict.fromkeys(
            ("poisson", "geometric", "jackknife1", "jackknife2"), "below bound, contradicted"
        ),
        **dict.fromkeys(WITHOUT_BOUND, "one-inflated"),
        "negative_binomial": "boundary",
    }
    for key in ("poisson", "geometric"):
        assert rows.loc[key, "high"] < rows.loc["chao_participation", "low"]
        assert "below bound" in rows.loc[key, "label"]
        assert "not to be quoted" in rows.loc[key, "reason"]


def test_the_headline_is_not_identified(rows) -> None:
    claim = rows.loc["blog_headline"]
    assert (claim["published"], claim["published_high"], claim["verdict"]) == (
        1e5,
        2e5,
        "not identified",
    )
    assert claim["low"] == pytest.approx(95987.8178166)
    assert math.isinf(claim["high"])
    shown = {
        language: dl.table(dl.reproduce(STUDY, language=language)).sheet.rows[-1][2].text
        for language in LANGUAGES
    }
    assert shown == {
        "fr": f"au\u00a0moins 95{NARROW}988\u00a0personnes",
        "en": "at\u00a0least 95,988\u00a0people",
    }


def test_what_cannot_be_rerun(rows) -> None:
    gone = rows[rows["verdict"] == "not reproducible"]
    assert set(gone.index) == {"open_population", "beta_binomial_2017"}
    # the parameters that were read give another number, shown beside
    assert math.isnan(gone.loc["open_population", "reproduced"])
    assert gone.loc["beta_binomial_2017", "reproduced"] == pytest.approx(175164.609228, abs=1e-4)
    assert gone.loc["open_population", "published"] == 12878.84
    assert gone.loc["beta_binomial_2017", "published"] == 176_430


def test_numbers_told_of_the_beta_binomial(rerun: Run, rows, inputs) -> None:
    counts, occasions = rerun.study.module._participation(inputs), 29

    def by(fit: str) -> float:
        return dl.population.beta_binomial(counts, occasions, fit).frame["estimate"].iloc[1]  # type: ignore[arg-type]

    # The textbook denominator, and the one with the bracket misplaced.
    assert by("moments") == pytest.approx(62776.506524, abs=1e-4)
    assert by("notebook") == pytest.approx(80380.731708, abs=1e-4)
    reason = rows.loc["beta_binomial_2017", "reason"]
    assert all(number in reason for number in ("175,165", "80,381", "62,777", "95,988"))


def test_data_of_the_figures(rerun: Run) -> None:
    models = rerun.chart("method-sensitivity", "fr")
    assert isinstance(models, Dots)
    assert [round(1000 * row.point) for row in models.rows] == [
        *(95_988, 95_976, 105_424),
        *(107_081, 104_425, 160_274),
        *(47_467, 74_049, 65_444, 85_455),
        *(47_218, 40_180, 56_319, 39_725, 47_678, 40_237),
    ]
    assert models.line == models.rows[0].point
    assert [row.hollow for row in models.rows] == [False] * 6 + [True] * 4 + [False] * 6
    assert "96,000" in models.title.en
    assert "47,467" not in models.title.en
    assert {row.group.en for row in models.rows[6:10]} == {"Below bound: contradicted"}
    assert {row.group.en for row in models.rows[10:]} == {
        "If too many persons were seen only once: the bound does not hold"
    }
    lists = rerun.chart("two-lists", "fr")
    assert isinstance(lists, Dots)
    points = [round(row.point) for row in lists.rows]
    assert points == [13_452, 13_438, 13_410, 13_396, 12_944, 12_932, 12_277, 12_267]
    assert [row.published for row in lists.rows[::2]] == [
        13452.0976,
        13410.3474,
        12944.2717,
        12277.1832,
    ]
    assert {row.published for row in lists.rows[1::2]} == {None}


def test_tables_in_both_languages(rerun: Run) -> None:
    french, english = (rerun.tables["methods"](language).sheet for language in LANGUAGES)
    assert [cell.text for cell in english.rows[0]] == [
        "Chao lower bound",
        "95,988",
        "1,041",
        "[93,983, 98,066]",
        *("–", "–"),
        "lower bound",
    ]
    assert french.rows[6][1].text == f"47{NARROW}467"
    assert english.rows[6][-1].text == "below bound, contradicted"
    assert english.rows[-1][-1].text == "boundary fit: no point"
    assert any("none is a result to quote" in line for line in english.note_lines())
    lists = rerun.tables["two-lists"]("en").sheet
    assert [cell.text for cell in lists.rows[0]][1:6] == [
        "2,775",
        "2,831",
        "584",
        "13,452",
        "13,438",
    ]


def test_models_left_out_of_the_figure_equal_those_drawn(rerun: Run, inputs) -> None:
    module = rerun.study.module
    frame = dl.population.sensitivity(module._participation(inputs)).frame.set_index("statistic")
    for name in module.SAME:
        twin = f"zero_one_{name.replace('one_inflated_', '')}"
        assert frame.loc[name, "estimate"] == pytest.approx(frame.loc[twin, "estimate"], rel=1e-9)


def test_the_bound_follows_the_occasions_of_the_notebook() -> None:
    """The README tells 286,042 for the 98 months that the dates span."""
    frame = dl.reproduce(STUDY, assumptions={"occasions_2015_2023": 98}).frame.set_index("key")
    assert frame.index[frame["verdict"] != frame["expected"]].tolist() == ["chao_2023"]
    assert frame.loc["chao_2023", "reproduced"] == pytest.approx(286_042, abs=1)


def test_a_disturbed_count_is_seen() -> None:
    """Half as many again seen once: every size from the counts moves, those printed do not."""

    def more_seen_once(kind, name, value):
        if kind == "file":
            value.frame.loc[value.frame["times"] == 1, "workers"] *= 1.5
        return value

    with run(study(STUDY), disturb=more_seen_once) as found:
        frame = found.comparisons["en"].frame.set_index("key")
    moved = {"workers_seen", "chao_participation", "zelterman", "poisson", "geometric"}
    assert set(frame.index[frame["verdict"] != frame["expected"]]) == moved
