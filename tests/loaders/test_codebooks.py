"""Codebooks kept as TOML and as tables: what is written comes back, what is wrong is refused."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diplab.errors import LoadError
from diplab.loaders.codebooks.file import read_codebook, write_codebook
from diplab.loaders.read import read
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
    assert (back, list(back)) == (codebook, list(codebook))
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


def test_refusals(tmp_path: Path, refused: Any) -> None:
    for text in (
        "variable = 1",  # key of the file
        "[variables.a]\nlabl = 'x'",  # key of a variable
        "[variables.a]\nvalues = [{ kode = 1 }]",  # key of a value
        "[variables.a]\nlabel = { fr = 'x' }",  # one language
        "[variables.a]\nmeasure = 'ordinl'",  # measure
        "[variables.a]\nvalues = { 1 = 'x' }",  # no list
        "[variables.a]\nmissing = [{ reason = 'x' }]",  # no code
        "[variables.a]\nmissing = [{ code = 1 }, { code = 1.0 }]",  # code twice
        "[variables.a]\nmissing_ranges = [{ low = 1 }]",  # open range
        "variables = 3",  # no table
        "synthetic = 'no'",  # no switch
        "a = " + "[" * 5000,  # nested
        "a = ",  # cut
    ):
        refused(partial(read_text, tmp_path, text), LoadError)
    refused(lambda: read_codebook(tmp_path / "none.toml"), LoadError)


def table(folder: Path, text: str, name: str = "codebook.csv") -> Codebook:
    (folder / name).write_text(text, encoding="utf-8")
    return read_codebook(folder / name)


def test_one_row_an_answer_in_french(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "Groupe;Variable;Libellé;Question;Niveau de mesure;Code;Modalité;Manquant\n"
        "Vous;sexe;sexe;Vous êtes ?;nominale;1;femme;\n"
        ";;;;;2;homme;non\n"
        ";;;;;9;refus;oui\n"
        "Vous;age;âge;Quel âge avez-vous ?;quantitative;99;;ne sait pas\n"
        ";dep;;;;01;Ain;\n",
    )
    assert list(found.variables.values()) == [
        Variable(
            "sexe", Text.same("sexe"), Text.same("Vous êtes ?"), {1: Text.same("femme"), 2: Text.same("homme")},
            "nominal", {9: "refus"}, group=Text.same("Vous"),
        ),
        Variable(
            "age", Text.same("âge"), Text.same("Quel âge avez-vous ?"), measure="scale", missing={99: "ne sait pas"},
            group=Text.same("Vous"),
        ),
        Variable("dep", values={"01": Text.same("Ain")}),
    ]  # fmt: skip


def test_one_row_a_variable_in_two_languages(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "variable,label_en,label_fr,values,missing,Notes,storage,part_of\n"
        "work,work,emploi,1 = full time; 2 = part time,98 = does not know; 99 = refused,x,,q7\n"
        "pay,pay,,,-1;-2,,words,\n",
    )
    assert found["work"] == Variable(
        "work",
        Text("emploi", "work"),
        values={1: Text.same("full time"), 2: Text.same("part time")},
        missing={98: "does not know", 99: "refused"},
        part_of="q7",
    )
    assert found["pay"] == Variable("pay", Text.same("pay"), missing={-1: "", -2: ""}, storage="words")
    found = table(tmp_path, "name\tvalue\tvalue_label_fr\tvalue label (en)\nq1\t1\toui\tyes\n", "c.tsv")
    assert found["q1"].values == {1: Text("oui", "yes")}


def test_it_is_used_beside_the_data(tmp_path: Path) -> None:
    table(tmp_path, "variable,value,value label,missing\nsex,1,woman,\nsex,9,refused,yes\n", "a.codebook.csv")
    (tmp_path / "a.csv").write_text("sex,age\n1,30\n9,40\n", encoding="utf-8")
    data = read(tmp_path / "a.csv")
    assert (data.codebook.reasons, str(data.codebook["sex"].values[1])) == ({"sex": {"refused": 1}}, "woman")
    assert read(tmp_path / "a.csv", codebook=tmp_path / "a.codebook.csv").codebook.reasons == data.codebook.reasons


def test_refusals_of_table(tmp_path: Path, refused: Any) -> None:
    for text in (
        "Domain,Code,Definition\na,b,c\n",  # no names
        "variable,label\nsex,sex\n\nsex,gender\n",  # two labels
        'variable,label,value,value_label\nsex,"a\nb",1,x\n,,1,y\n',  # code twice
        "variable,label\n,x\n",  # no name above
        "variable,measure\nsex,large\n",  # measure
    ):
        refused(partial(table, tmp_path, text), LoadError)
    with pytest.raises(LoadError, match="There is no such file"):
        read_codebook(tmp_path / "none.csv")


@pytest.mark.shared
def test_codebooks_beside_published_data(shared: Path) -> None:
    folder = shared / "data/open/berke-2024/data/survey-data"
    data = read(folder / "survey.csv", codebook=folder / "fields.csv", rows=5)
    assert data.codebook["q-demos-age"].question.en == "What is your age group?"
    folder = shared / "data/french"
    data = read(folder / "sodp2020_fr.csv", codebook=folder / "sodp2020_key_fr.csv")
    assert data.codebook["Q2"].question.fr == "À quel genre vous identifiez-vous ?"
    assert [str(label) for label in data.codebook["Q2"].values.values()] == ["homme", "femme", "autre"]
    # a list of codes is no codebook of columns
    with pytest.raises(LoadError, match="None of its columns"):
        read_codebook(shared / "data/crowdwork/datalabellers_csa/codebook.csv")
