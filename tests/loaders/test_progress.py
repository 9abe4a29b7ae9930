"""The bar for files that take long: on a terminal, after a while, and nowhere else."""

from __future__ import annotations

import io
import sys
import time
import warnings
from typing import TYPE_CHECKING

import rich.console

from diplab.microdata.display import bar

if TYPE_CHECKING:
    import pytest

REAL = rich.console.Console


def drawn(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, patience: float, notebook: bool = False) -> str:
    made = io.StringIO()

    def console(*, stderr: bool) -> rich.console.Console:
        assert stderr
        return REAL(file=made, force_terminal=terminal, force_jupyter=notebook, width=100)

    monkeypatch.setattr(rich.console, "Console", console)
    with bar("survey.sav", 1000, patience) as advance:
        advance(200)
        time.sleep(0.4)
        advance(300)
        time.sleep(0.3)
    return made.getvalue()


def test_it_says_the_file_and_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    said = drawn(monkeypatch, terminal=True, patience=0.0)
    assert "survey.sav" in said
    assert "500/1000" in said


def test_what_was_read_before_it_appears_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert " 200/1000" in drawn(monkeypatch, terminal=True, patience=0.05)


def test_it_is_silent_before_its_time_and_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, terminal=True, patience=60.0) == ""
    assert drawn(monkeypatch, terminal=False, patience=0.0) == ""


def test_a_notebook_without_ipywidgets_has_no_bar_and_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert drawn(monkeypatch, terminal=False, patience=0.0, notebook=True) == ""
    assert warned == []
