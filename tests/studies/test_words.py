"""The words of a study: sections in both languages, numbers filled in, what is shared, and what is refused."""

from __future__ import annotations

import pytest

import diplab as dl
from diplab import wording
from diplab.errors import StudyError
from diplab.presentation.charts.dots import Dot, Dots
from diplab.replication.study import Inputs, new_study, open_study

WORDS = """
[shared]
source = { fr = "Enquête {year}", en = "Survey of {year}" }
note = { fr = "Note commune.", en = "Common note." }
opt_in = { fr = "Volontaires, {year}.", en = "Opt-in, {year}." }

[base]
label = { fr = "{n} personnes", en = "{n} people" }

[full-time]
title = { fr = "Temps plein", en = "Full time" }
axis = "%"
alt = { fr = "Points", en = "Dots" }
reading = { fr = "{share} à temps plein.", en = "{share} work full time." }
coverage = "{opt_in}"

[other]
note = { fr = "Note propre. {opt_in}", en = "Note of its own. {opt_in}" }
unit = { fr = "en %", en = "in %" }
"""


@pytest.fixture
def folder(tmp_path):
    made = new_study("my-study", tmp_path / "surveys", 2026)
    (made / "words.toml").write_text(WORDS, encoding="utf-8")
    return made


@pytest.fixture
def inputs(folder, tmp_path):
    return Inputs(open_study(folder), {}, None, tmp_path)


def test_a_number_stands_in_the_language_of_the_reader(inputs):
    n = wording.both(wording.number, 10_671)
    assert inputs.words("base", n=n) == {"label": dl.Text("10\u202f671 personnes", "10,671 people")}
    assert inputs.words("base", n=13)["label"] == dl.Text("13 personnes", "13 people")
    assert inputs.words("base", n="no {braces}")["label"].en == "no {braces} people"


def test_a_caption_is_what_a_chart_takes(inputs):
    share = wording.both(wording.percent, 0.284)
    caption = inputs.caption("full-time", share=share, year=2018)
    chart = Dots(rows=(Dot(dl.Text.same("a"), 0.3),), percent=True, **caption)
    assert (chart.title.fr, chart.axis, chart.alt.en) == ("Temps plein", dl.Text("%", "%"), "Dots")
    assert chart.notes == dl.Notes(
        note=dl.Text("Note commune.", "Common note."),
        reading=dl.Text("28,4\u00a0% à temps plein.", "28.4% work full time."),
        coverage=dl.Text("Volontaires, 2018.", "Opt-in, 2018."),
        source=dl.Text("Enquête 2018", "Survey of 2018"),
    )


def test_what_a_figure_says_comes_before_what_is_shared(inputs):
    caption = inputs.caption("other", year=2018)
    assert set(caption) == {"notes"}
    assert caption["notes"].note == dl.Text(
        "Note propre. Volontaires, 2018.", "Note of its own. Opt-in, 2018."
    )
    assert caption["notes"].unit.en == "in %"
    assert inputs.caption("other", year=2018, opt_in="X")["notes"].note.en == "Note of its own. X"


def test_what_is_not_there_or_not_in_both_languages_is_refused(folder, inputs, refused):
    refused(lambda: inputs.caption("full_time"), StudyError)
    refused(lambda: inputs.words("base", m=1), StudyError)
    refused(lambda: inputs.words("base"), StudyError)
    # what is shared takes numbers only
    refused(lambda: inputs.caption("other"), StudyError)
    for old, new in (
        (', en = "Dots" }', " }"),
        ('axis = "%"', "axis = 1"),
        ("\n[shared]", 'source = { fr = "Enquête", en = "Survey" }\n[shared]'),
    ):
        assert old in WORDS
        (folder / "words.toml").write_text(WORDS.replace(old, new, 1), encoding="utf-8")
        refused(
            lambda: Inputs(open_study(folder), {}, None, folder).words("other", year=2018),
            StudyError,
        )
    (folder / "words.toml").write_text("[shared", encoding="utf-8")
    with pytest.raises(
        StudyError, match=r"`my-study` cannot be read\. Its `words.toml` cannot be read: "
    ):
        Inputs(open_study(folder), {}, None, folder).words("base")
    (folder / "words.toml").unlink()
    refused(lambda: Inputs(open_study(folder), {}, None, folder).words("base"), StudyError)
