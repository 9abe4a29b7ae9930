"""What tells that a figure is the one drawn before, and what makes drawing quick without changing it."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from matplotlib.figure import Figure

from diplab.presentation._save import save
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.charts.style import DEFAULT, Style
from diplab.presentation.notes import Notes
from diplab.presentation.writers.figures import content_of
from diplab.reference.text import Text, tied

if TYPE_CHECKING:
    from pathlib import Path

ONE = Dot(Text("tâches", "tasks"), 0.25, 0.1, 0.4)
CHART = Dots(
    title=Text.same("Title"), notes=Notes(), alt=Text.same("Alt"), rows=(ONE,), percent=True
)


IN_ROWS = ("highlight", "annotate")
"""Options that a chart keeps in its rows."""
VALID = {"palette": "sequential", "series_colours": {"tasks": "#000000"}}
"""Values of the options that are checked."""


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, Text):
        return Text(value.fr, f"{value.en}!")
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, Mapping):
        return {"label": ("tasks",)}
    if isinstance(value, tuple):
        return (Text.same("series"),)
    if isinstance(value, Style):
        return replace(value, ink="#000000")
    return 1.5 if value is None else value


def test_every_field_of_a_chart_and_of_a_row_counts() -> None:
    changed = [
        replace(CHART, **{each.name: VALID.get(each.name, other(getattr(CHART, each.name)))})
        for each in fields(Dots)
        if each.name not in ("notes", "rows", "limits", "scale", *IN_ROWS)
    ]
    changed.append(replace(CHART, limits=(0.0, 0.5)))
    changed.append(replace(CHART, scale="log", percent=False))
    rows = [
        replace(ONE, **{each.name: other(getattr(ONE, each.name))})
        for each in fields(Dot)
        if each.name != "outer"
    ]
    charts = [CHART, *changed, *(replace(CHART, rows=(row,)) for row in rows)]
    assert len({content_of(each, "en") for each in charts}) == len(charts)


def test_language_notes_order_and_code_count() -> None:
    two = replace(CHART, rows=(ONE, replace(ONE, point=0.3)))
    seen = {
        content_of(CHART, "en"), content_of(CHART, "fr"), content_of(CHART, "en", b"draw()"),
        content_of(replace(CHART, notes=Notes(source=Text.same("Source"))), "en"), content_of(two, "en"),
        content_of(replace(two, rows=two.rows[::-1]), "en"),
    }  # fmt: skip
    assert len(seen) == 6
    assert all(len(each) == 64 for each in seen)


def test_what_is_equal_and_what_is_not() -> None:
    def with_point(point: float) -> str:
        return content_of(replace(CHART, rows=(replace(ONE, point=point),)), "en")

    assert with_point(0.1 + 0.2) == with_point(0.3)
    assert with_point(0.3 + 1e-11) != with_point(0.3)
    assert with_point(float("nan")) == with_point(float("nan")) != with_point(float("inf"))
    chart: Any = replace(CHART, hollow_label=object())  # type: ignore[arg-type]
    assert content_of(chart, "en") == ""
    assert CHART.figure("fr").chart is CHART


def test_it_is_the_same_in_another_process() -> None:
    script = """
from diplab.presentation.charts.circles import Circles, Disc
from diplab.presentation.writers.figures import content_of
from diplab.presentation.notes import Notes
from diplab.reference.text import Text
one = Text.same("people")
content = content_of(Circles(title=one, notes=Notes(), alt=one, circles=(Disc(one, 10),)), "fr")
"""
    done = subprocess.run(
        [sys.executable, "-c", f"{script}print(content)"],
        capture_output=True,
        text=True,
        check=True,
    )
    names: dict[str, str] = {}
    exec(script, names)
    assert done.stdout.strip() == names["content"]


def test_pdf_files_are_the_same_twice(tmp_path: Path) -> None:
    """With letters that the font lacks, too."""
    words = "Tâches réalisées, en euros\u202f: «\u00a071\u00a0%\u00a0» – fi, fl, ffi"
    chart = replace(
        CHART, title=Text.same(f"Title {words}"), axis=Text.same("Ελλάδα, Россия, łódź, ≥ 3")
    )
    files = [
        save(chart.figure("en"), tmp_path / f"{number}.pdf").read_bytes() for number in range(2)
    ]
    assert files[0] == files[1]
    # without a chart a figure is saved all the same
    assert save(Figure(), tmp_path / "a.pdf").stat().st_size > 500


def fitted(text: str, width: float, size: float, bold: bool) -> list[str]:
    """Lines of words, each line measured whole."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and DEFAULT.text_width(longer, size, bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@pytest.mark.parametrize("bold", [True, False])
def test_lines_are_those_of_measuring_each(bold: bool) -> None:
    random.seed(20261127)
    syllables = [
        "AV",
        "To",
        "Wa",
        "ffi",
        "ii",
        "œu",
        "é",
        "71",
        "\u202f%",
        "LT",
        "y.",
        "—",
        "mm",
        "T,",
        "P.",
    ]
    for _ in range(12):
        words = ["".join(random.choices(syllables, k=random.randint(1, 5))) for _ in range(40)]
        width = random.uniform(90, 400)
        text = " ".join(words)
        assert DEFAULT.wrapped(text, width, 7.0, bold) == fitted(tied(text), width, 7.0, bold)
