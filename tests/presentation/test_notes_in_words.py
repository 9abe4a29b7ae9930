"""Notes take words in one language wherever they take a `Text`."""

from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

PEOPLE = pd.DataFrame({"sex": ["f", "m"] * 60, "y": [1.0, 2.0, 3.0] * 40, "w": 1.0})
SAMPLE = dl.declare_design(PEOPLE, weights="w")
NOTES = dl.Notes(
    unit="in %", note="Rounded.", reading="Half are women.", coverage="Workers", source="Survey"
)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_words_are_those_of_both_languages(language: Any) -> None:
    found = dl.estimate(SAMPLE, dl.share("sex"))
    lines = " ".join(dl.table(found, language, notes=NOTES).sheet.note_lines())
    for said in ("Rounded.", "Half are women.", "Workers", "Survey"):
        assert said in lines
    assert dl.Notes(
        unit=dl.Text.same("in %"), note=dl.Text.same("Rounded."), reading=dl.Text.same("Half are women."),
        coverage=dl.Text.same("Workers"), source=dl.Text.same("Survey"),
    ) == NOTES  # fmt: skip


def test_publish_and_charts_take_them_too() -> None:
    crosstab = dl.crosstab(SAMPLE, "sex", "y")
    for thing in (crosstab, dl.estimate(SAMPLE, dl.share("sex"))):
        published = dl.publish(
            thing, sample=SAMPLE, notes=dl.Notes(coverage="Workers", source="Survey")
        )
        assert "Workers" in " ".join(dl.table(published, "fr").sheet.note_lines())
    dl.chart(dl.estimate(SAMPLE, dl.share("sex")), notes=NOTES, title=dl.Text.same("t"))


def test_what_is_no_text_is_refused(refused: Any) -> None:
    refused(lambda: dl.Notes(coverage=2019), OptionError)
    refused(lambda: dl.Notes(source={"fr": "Enquête"}), OptionError)
