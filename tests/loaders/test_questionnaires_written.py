"""Codebooks written as questionnaires (`.lss`, XLSForm), and read back by the readers of those formats.

No server of LimeSurvey, KoboToolbox or ODK has loaded these files.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from diplab.errors import LoadError
from diplab.loaders.limesurvey.load import limesurvey_codebook
from diplab.loaders.read import read
from diplab.loaders.source import open_source
from diplab.microdata.codebook import Codebook
from diplab.microdata.history import Step
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.presentation._save import save
from diplab.reference.text import NOTHING, Text
from tests.loaders.factories import cells, csv_text, raised

SAMPLES = Path(__file__).parent / "samples"
YOU, WORK = Text("Vous", "You"), Text("Travail", "Work")
YES = {1: Text("oui", "yes"), 0: Text("non", "no")}
USES = Text("Que faites-vous ?", "What do you do?")
AGREE, DEGREES = (
    Text("D’accord ?", "Do you agree?"),
    {1: Text("pas du tout", "not at all"), 2: Text("tout à fait", "fully")},
)
STATUS = {1: Text("salarié", "employee"), 2: Text("indépendant (< 5 ans)", "self-employed (<b>)")}


def asked(name: str, fr: str, en: str, **fields: object) -> Variable:
    """Return a variable whose label is its question."""
    return Variable(name, label=Text(fr, en), question=Text(fr, en), **fields)


def book(box: str, row: str) -> Codebook:
    """Return a codebook by hand; boxes and rows of tables are named as the program names them."""
    items = {"mail": Text("courriel", "mail"), "img": Text("images", "pictures")}
    rows = {"useful": Text("utile", "useful"), "long": Text("long", "long")}
    variables = [
        asked("age", "Votre âge ?", "Your age?", measure="scale", storage="whole", group=YOU, missing={99: "refused"}),
        asked(
            "status", "Votre ${statut} {x} ?", "Your status?", values=STATUS, measure="nominal", group=YOU,
            missing={9: "refused"}, missing_labels={9: Text("refus", "refused")},
        ),
        *(
            Variable(
                box.format(key), label=label, question=USES, values=YES, measure="nominal", group=WORK,
                part_of="uses", storage="whole",
            )
            for key, label in items.items()
        ),
        *(
            Variable(
                row.format(key), label=label, question=AGREE, values=DEGREES, measure="ordinal", group=WORK,
                part_of="agree", storage="whole",
            )
            for key, label in rows.items()
        ),
        asked("pay", "Votre paie ?", "Your pay?", measure="scale", storage="number", group=WORK),
        asked("town", "=Ville ?", "=Town?", storage="words", group=WORK),
        asked("since", "Depuis quand ?", "Since when?", storage="date", group=WORK),
        asked("seen", "Vu quand ?", "Seen when?", storage="moment", group=WORK),
        asked("hour", "À quelle heure ?", "At what time?", storage="time", group=WORK),
        asked("student", "Étudiez-vous ?", "Do you study?", storage="boolean", group=WORK),
        Variable("poids", label=Text("poids de sondage", "sampling weight")),
        Variable("pay_band", label=Text("paie en tranches", "pay in bands")),
    ]  # fmt: skip
    return Codebook(
        {each.name: each for each in variables},
        sets={"uses": Responses("uses", [box.format(key) for key in items], label=USES)},
        title=Text("Enquête", "Survey"),
        languages=("fr", "en"),
        steps=(Step("recode", ("pay", "pay_band"), Text("tranches", "bands"), 3),),
    )


LEFT_OUT = "Variables that no one is asked (computed, weights, the program’s own), not in the questionnaire: `poids`"
# what the formats do not say comes back as a choice (missing codes) or as nothing (storage)
CHOICES = {**STATUS, 9: Text("refus", "refused")}


def test_a_structure_of_limesurvey_reads_back_the_same(tmp_path: Path) -> None:
    codebook = book("uses[{}]", "agree[{}]")
    with pytest.warns(UserWarning, match=re.escape(LEFT_OUT)):
        path = save(codebook, tmp_path / "survey.lss")
    again = limesurvey_codebook(open_source(path))
    assert (again.title, again.languages, again.sets) == (
        codebook.title,
        codebook.languages,
        codebook.sets,
    )
    moment = {"measure": "scale", "storage": "moment"}
    told = {
        "age": {"missing": {}, "storage": ""},
        "status": {"values": CHOICES, "missing": {}, "missing_labels": {}, "storage": "whole"},
        **{f"uses[{key}]": {"values": {1: Text("Oui", "Yes"), 0: Text("Non", "No")}} for key in ("mail", "img")},
        "pay": {"storage": ""}, "town": {"measure": "nominal"},
        "since": moment, "seen": moment, "hour": moment,
        "student": {"values": YES, "measure": "nominal", "storage": "whole"},
    }  # fmt: skip
    expected = {
        name: replace(each, **told.get(name, {})) for name, each in codebook.variables.items()
    }
    del expected["poids"], expected["pay_band"]
    assert dict(again.variables) == expected
    rows = [
        ["id", "submitdate", *again],
        [
            1,
            "2026-01-05 10:00:00",
            41,
            9,
            "Y",
            "",
            2,
            1,
            "12.5",
            "Lille",
            "2020-05-01 00:00:00",
            "",
            "",
            1,
        ],
    ]
    (tmp_path / "answers.csv").write_text(csv_text(rows), encoding="utf-8")
    plain = read(tmp_path / "answers.csv", structure=path)
    assert cells(plain, "status", "uses[mail]", "uses[img]", "pay") == [[9], [1], [0], [12.5]]
    data = read(tmp_path / "answers.csv", structure=path, codebook=codebook)
    assert cells(data, "status", "student") == [[""], [True]]
    assert data.codebook.reasons["status"] == {"refused": 1}


def test_an_xlsform_reads_back_the_same(tmp_path: Path) -> None:
    codebook = book("uses/{}", "{}")
    with pytest.warns(UserWarning, match=re.escape(LEFT_OUT)):
        path = save(codebook, tmp_path / "survey.xlsx")
    rows = [
        [
            "age",
            "status",
            "uses",
            "useful",
            "long",
            "pay",
            "town",
            "since",
            "seen",
            "hour",
            "student",
            "_id",
        ],
        [
            41,
            9,
            "mail",
            2,
            1,
            "12.5",
            "Lille",
            "2020-05-01",
            "2026-01-05T10:00:00",
            "09:30:00",
            1,
            7,
        ],
    ]
    (tmp_path / "answers.csv").write_text(csv_text(rows), encoding="utf-8")
    data = read(tmp_path / "answers.csv", structure=path)
    again = data.codebook
    assert (again.title.fr, again.languages, again.sets) == (
        codebook.title.fr,
        codebook.languages,
        codebook.sets,
    )
    box = {"values": {0: Text("non cité", "not mentioned"), 1: Text("cité", "mentioned")}}
    told = {
        "age": {"missing": {}, "storage": ""},
        "status": {"values": CHOICES, "missing": {}, "missing_labels": {}},
        "uses/mail": box, "uses/img": box,
        "useful": {"measure": "nominal"}, "long": {"measure": "nominal"},
        "pay": {"storage": ""}, "student": {"values": YES, "measure": "nominal"},
    }  # fmt: skip
    expected = {
        name: replace(each, **told.get(name, {})) for name, each in codebook.variables.items()
    }
    for name in set(expected) - {"poids", "pay_band"}:
        assert replace(again[name], storage=expected[name].storage) == expected[name]
    assert cells(data, "uses/mail", "uses/img", "town") == [[1], [0], ["Lille"]]
    assert read(tmp_path / "answers.csv", structure=path, codebook=codebook).codebook.reasons[
        "status"
    ] == {"refused": 1}


def test_names_and_codes_are_repaired_and_said(tmp_path: Path) -> None:
    long, short = "une_question_au_nom_très_long", "unequestionaunomtres"
    codebook = Codebook(
        {
            "q_1": Variable("q_1", values={-9: Text.same("none"), 9: Text.same("some"), "employed": NOTHING}),
            "q1": Variable("q1", label=Text.same("Kept"), storage="words"),
            "Q1": Variable("Q1", label=Text.same("\x01half \ud800"), storage="words"),
            "2nd": Variable("2nd", storage="words"),
            long: Variable(long, storage="words"),
        }
    )  # fmt: skip
    with pytest.warns(UserWarning, match="another name|Codes") as said:
        path = save(codebook, tmp_path / "survey.lss")
    again = limesurvey_codebook(open_source(path))
    assert list(again) == ["q12", "q1", "Q13", "q2nd", short]
    assert {code: label.en for code, label in again["q12"].values.items()} == {
        "92": "none",
        "9": "some",
        "emplo": "employed",
    }
    changed = f"`q_1` (q12), `Q1` (Q13), `2nd` (q2nd), `{long}` ({short})"
    assert [str(each.message) for each in said] == [
        f"Variables that will have another name in the data: {changed}.",
        (
            "Codes of answers that the program refuses, changed: `q_1 -9` (92), `q_1 employed` "
            "(emplo)."
        ),
    ]
    assert (again.title, again["Q13"].label) == (
        Text.same("survey"),
        Text.same("\ufffdhalf \ufffd"),
    )
    with pytest.warns(UserWarning, match="another name"):
        form = save(codebook, tmp_path / "survey.xlsx")
    names = [cell.value for cell in openpyxl.load_workbook(form)["survey"]["B"]]
    assert names == ["name", "q_1", "q1", "Q12", "q2nd", "une_question_au_nom_tres_long"]
    wanted = "The file `none.lss` cannot be written."
    assert (
        raised(LoadError, save, Codebook({"_id": Variable("_id")}), tmp_path / "none.lss").asked
        == wanted
    )


def test_files_hold_no_formula_and_every_row_its_fields(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="left out|not in the questionnaire|another name"):
        lss, form = (
            save(book("uses_{}", "agree_{}"), tmp_path / name) for name in ("a.lss", "a.xlsx")
        )
    sheets = openpyxl.load_workbook(form).worksheets
    assert [sheet.title for sheet in sheets] == ["survey", "choices", "settings"]
    assert {
        cell.data_type
        for sheet in sheets
        for row in sheet
        for cell in row
        if cell.value is not None
    } == {"s"}
    assert "${" not in str([[cell.value for cell in row] for row in sheets[0]])
    document = ElementTree.parse(lss).getroot()
    assert "{" not in "".join(document.itertext())
    for table in document.iterfind("*[rows]"):
        fields = [each.text for each in table.iterfind("fields/fieldname")]
        assert all([each.tag for each in row] == fields for row in table.iterfind("rows/row"))
    kept = [path.read_bytes() for path in (lss, form)]
    with pytest.warns(UserWarning, match="left out|not in the questionnaire|another name"):
        assert [
            save(book("uses_{}", "agree_{}"), path).read_bytes() for path in (lss, form)
        ] == kept


def test_every_question_of_a_structure_comes_back(tmp_path: Path) -> None:
    """`survey_123456_version_6.lss` has every type of question; scales and comments become questions of their own."""
    codebook = limesurvey_codebook(
        open_source(SAMPLES / "limesurvey" / "survey_123456_version_6.lss")
    )
    with pytest.warns(UserWarning, match="another name in the data"):
        again = limesurvey_codebook(open_source(save(codebook, tmp_path / "a.lss")))
    assert (again.title, again.languages, again.sets) == (
        codebook.title,
        codebook.languages,
        codebook.sets,
    )
    lost = {
        "why[comment]",
        "paid[SQ001comment]",
        "two[SQ001][1]",
        "two[SQ001][2]",
        "grid[Y1_X1]",
        "proof[filecount]",
    }
    assert set(codebook) - set(again) == lost
    # an equation is asked in words; words of one language only stand in the others too
    changed = {name for name in codebook if name in again and again[name] != codebook[name]}
    assert changed == {"score", "uses[other]"}
    assert again["uses[other]"].label == Text(
        "Autre usage", "Autre usage", others=(("pt", "Autre usage"),)
    )
