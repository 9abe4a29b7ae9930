"""With another value for an assumption, each number moves or says that it does not depend on it: every study."""

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

import diplab as dl
from diplab.replication.console import changed_numbers
from diplab.replication.registry import find_studies, study

# the run of the American survey is long, and its own tests move its assumption
STUDIES = [
    each for each in find_studies() if study(each).assumptions and each != "us-crowdworkers-2022"
]
NUMBERS = ["reproduced", "as_declared"], ["low", "declared_low"], ["high", "declared_high"]


@pytest.mark.parametrize("name", STUDIES)
def test_each_number_moves_or_says_that_it_does_not(name: str) -> None:
    supposed = study(name).assumptions
    changed = {
        each.name: each.low if each.low != each.value else each.high for each in supposed.values()
    }
    frame = dl.reproduce(name, assumptions=changed).frame
    moved = np.zeros(len(frame), dtype=bool)
    for after, before in NUMBERS:
        now, then = frame[after].to_numpy(dtype=float), frame[before].to_numpy(dtype=float)
        moved |= ~((now == then) | (np.isnan(now) & np.isnan(then)))
    assert not (moved & (frame["dependence"] != "moved")).any()
    assert set(frame["dependence"]) <= {"moved", "same here", "independent"}
    assert moved.any()


def test_a_number_that_moves_elsewhere_only_does_not_say_that_it_is_independent() -> None:
    """At 781 euros the line is under the usual one, as at 855; at 1,026 it is the usual one."""
    frames = [
        dl.reproduce(
            "press-2023-claims", assumptions={"line_of_the_22_percent": each}
        ).frame.set_index("key")
        for each in (781, 1_026)
    ]
    assert [frame.loc["above_line_60", "dependence"] for frame in frames] == ["same here", "moved"]
    assert frames[0].loc["headcount", "dependence"] == "independent"


@pytest.mark.parametrize(
    ("language", "words"), [("en", "does not depend on it"), ("fr", "n’en dépend pas")]
)
def test_the_row_says_so_in_print(language: str, words: str) -> None:
    comparison = dl.reproduce(
        "online-labour-2021", assumptions={"accounts_per_person": 1.0}, language=language
    )
    text = StringIO()
    Console(file=text, width=200).print(changed_numbers(comparison, language))
    assert text.getvalue().count(words) == (comparison.frame["dependence"] == "independent").sum()
    # of bounds both are shown, as declared and as changed
    assert "89.0" in text.getvalue() or "89,0" in text.getvalue()
