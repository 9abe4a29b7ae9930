"""The TOML codebook: what is written comes back, and what is not known is said."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diplab.errors import LoadError
from diplab.loaders.codebooks.file import read_codebook, write_codebook
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

# Lone surrogates cannot be written as UTF-8 at all.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
wordings = st.builds(Text, words, words)
numbers = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False)
codes = words | numbers


@st.composite
def variables(draw: st.DrawFn, name: str) -> Variable:
    spans = st.builds(MissingRange, st.floats(allow_nan=False), st.floats(allow_nan=False), words)
    return Variable(
        name,
        label=draw(wordings),
        question=draw(wordings),
        values=draw(st.dictionaries(codes, wordings, max_size=3)),
        measure=draw(st.sampled_from(["nominal", "ordinal", "scale", "unknown"])),
        missing=draw(st.dictionaries(codes, words, max_size=3)),
        missing_ranges=tuple(draw(st.lists(spans, max_size=2))),
    )


@st.composite
def codebooks(draw: st.DrawFn) -> Codebook:
    names = draw(st.lists(words, unique=True, max_size=3))
    reasons = st.dictionaries(words, st.dictionaries(words, st.integers(0, 10**9), max_size=3), max_size=2)
    origin = st.builds(Origin, words, words, words, st.booleans())
    return Codebook({name: draw(variables(name)) for name in names}, draw(origin), draw(reasons))


@given(codebooks())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_round_trip_is_the_identity(tmp_path: Path, codebook: Codebook) -> None:
    back = read_codebook(write_codebook(codebook, tmp_path / "c.toml"))
    assert back == codebook
    assert list(back) == list(codebook)
    for name, variable in codebook.variables.items():
        assert [type(code) for code in back[name].missing] == [type(code) for code in variable.missing]


def read_text(folder: Path, text: str) -> Codebook:
    (folder / "c.toml").write_text(text, encoding="utf-8")
    return read_codebook(folder / "c.toml")


def test_the_three_ways_to_word_a_label(tmp_path: Path) -> None:
    codebook = read_text(
        tmp_path,
        """
        synthetic = true
        [variables.a]
        label = "DiPLab"
        [variables.b]
        label = { fr = "emploi", en = "employment" }
        values = [{ code = 1, fr = "oui", en = "yes" }, { code = 2, label = "non" }]
        missing = [{ code = 9, reason = "refused" }, { code = "X" }]
        missing_ranges = [{ low = 97, high = inf }]
        [variables."c d"]
        label_fr = "heures"
        label_en = "hours"
        measure = "scale"
        """,
    )
    assert codebook.origin.synthetic
    assert codebook["a"].label == Text.same("DiPLab")
    assert codebook["b"] == Variable(
        "b",
        label=Text("emploi", "employment"),
        values={1: Text("oui", "yes"), 2: Text.same("non")},
        missing={9: "refused", "X": ""},
        missing_ranges=(MissingRange(97, math.inf),),
    )
    assert codebook["c d"] == Variable("c d", label=Text("heures", "hours"), measure="scale")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("variable = 1", id="key of the file"),
        pytest.param("[variables.a]\nlabl = 'x'", id="key of a variable"),
        pytest.param("[variables.a]\nvalues = [{ kode = 1 }]", id="key of a value"),
        pytest.param("[variables.a]\nlabel = { fr = 'x' }", id="one language"),
        pytest.param("[variables.a]\nmeasure = 'ordinl'", id="measure"),
        pytest.param("[variables.a]\nvalues = { 1 = 'x' }", id="no list"),
        pytest.param("[variables.a]\nmissing = [{ reason = 'x' }]", id="no code"),
        pytest.param("[variables.a]\nmissing = [{ code = 1 }, { code = 1.0 }]", id="code twice"),
        pytest.param("[variables.a]\nmissing_ranges = [{ low = 1 }]", id="open range"),
        pytest.param("variables = 3", id="no table"),
        pytest.param("synthetic = 'no'", id="no switch"),
        pytest.param("a = " + "[" * 5000, id="nested"),
        pytest.param("a = ", id="cut"),
    ],
)
def test_refusals(tmp_path: Path, error_text: Any, text: str) -> None:
    with pytest.raises(LoadError) as error:
        read_text(tmp_path, text)
    error_text(error)


def test_absent(tmp_path: Path, error_text: Any) -> None:
    with pytest.raises(LoadError) as error:
        read_codebook(tmp_path / "none.toml")
    error_text(error)
