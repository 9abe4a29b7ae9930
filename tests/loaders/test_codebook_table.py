"""Codebooks kept as tables: headings in two languages, one row a variable or an answer, real layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from diplab.errors import LoadError
from diplab.loaders.codebooks.file import read_codebook
from diplab.loaders.read import read
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.microdata.codebook import Codebook


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
            "sexe",
            Text.same("sexe"),
            Text.same("Vous êtes ?"),
            {1: Text.same("femme"), 2: Text.same("homme")},
            "nominal",
            {9: "refus"},
            group=Text.same("Vous"),
        ),
        Variable(
            "age",
            Text.same("âge"),
            Text.same("Quel âge avez-vous ?"),
            measure="scale",
            missing={99: "ne sait pas"},
            group=Text.same("Vous"),
        ),
        Variable("dep", values={"01": Text.same("Ain")}),
    ]


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


def test_labels_of_answers_by_language(tmp_path: Path) -> None:
    found = table(tmp_path, "name\tvalue\tvalue_label_fr\tvalue label (en)\nq1\t1\toui\tyes\n", "c.tsv")
    assert found["q1"].values == {1: Text("oui", "yes")}


def test_it_is_used_beside_the_data(tmp_path: Path) -> None:
    table(tmp_path, "variable,value,value label,missing\nsex,1,woman,\nsex,9,refused,yes\n", "a.codebook.csv")
    (tmp_path / "a.csv").write_text("sex,age\n1,30\n9,40\n", encoding="utf-8")
    data = read(tmp_path / "a.csv")
    assert data.codebook.reasons == {"sex": {"refused": 1}}
    assert str(data.codebook["sex"].values[1]) == "woman"
    assert (
        read(tmp_path / "a.csv", codebook=tmp_path / "a.codebook.csv").codebook.reasons
        == data.codebook.reasons
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Domain,Code,Definition\na,b,c\n", id="no names"),
        pytest.param("variable,label\nsex,sex\n\nsex,gender\n", id="two labels"),
        pytest.param('variable,label,value,value_label\nsex,"a\nb",1,x\n,,1,y\n', id="code twice"),
        pytest.param("variable,label\n,x\n", id="no name above"),
        pytest.param("variable,measure\nsex,large\n", id="measure"),
    ],
)
def test_refusals(tmp_path: Path, error_text: Any, text: str) -> None:
    with pytest.raises(LoadError) as error:
        table(tmp_path, text)
    error_text(error)


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="There is no such file"):
        read_codebook(tmp_path / "none.csv")


@pytest.mark.shared
def test_fields_of_berke(shared: Path) -> None:
    folder = shared / "data/open/berke-2024/data/survey-data"
    data = read(folder / "survey.csv", codebook=folder / "fields.csv", rows=5)
    assert data.codebook["q-demos-age"].question.en == "What is your age group?"


@pytest.mark.shared
def test_key_without_headings(shared: Path) -> None:
    folder = shared / "data/french"
    data = read(folder / "sodp2020_fr.csv", codebook=folder / "sodp2020_key_fr.csv")
    assert data.codebook["Q2"].question.fr == "À quel genre vous identifiez-vous ?"
    assert [str(label) for label in data.codebook["Q2"].values.values()] == ["homme", "femme", "autre"]


@pytest.mark.shared
def test_a_list_of_codes_is_no_codebook_of_columns(shared: Path) -> None:
    with pytest.raises(LoadError, match="None of its columns"):
        read_codebook(shared / "data/crowdwork/datalabellers_csa/codebook.csv")
