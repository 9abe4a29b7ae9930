"""Exports of Qualtrics: kinds of questions written by hand from its help pages, and published samples."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.qualtrics.load import (
    columns_in,
    field_of,
    item_labels,
    place_of_import,
    place_of_name,
    places_by_name,
)
from diplab.loaders.qualtrics.questionnaire import read_qsf
from diplab.loaders.read import read
from diplab.loaders.source import open_source
from diplab.loaders.text.recognition import import_id
from diplab.loaders.text.records import read_grid
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.microdata.microdata import Microdata


Payload = dict[str, Any]


def question(number: int, kind: str, selector: str, text: str = "?", **more: Any) -> Payload:
    named = {
        "QuestionID": f"QID{number}",
        "DataExportTag": f"Q{number}",
        "QuestionType": kind,
        "Selector": selector,
    }
    return {**named, "QuestionText": text, "Language": [], **more}


def shown(*labels: str, start: int = 1) -> Payload:
    return {str(place): {"Display": label} for place, label in enumerate(labels, start)}


def survey(
    folder: Path,
    questions: list[Payload],
    blocks: list[Payload] | None = None,
    language: str = "EN",
) -> Path:
    elements: list[Payload] = [{"Element": "SQ", "Payload": each} for each in questions]
    elements.append({"Element": "BL", "Payload": blocks or []})
    whole = {
        "SurveyEntry": {"SurveyName": "S", "SurveyLanguage": language},
        "SurveyElements": elements,
    }
    path = folder / "s.qsf"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def export(
    folder: Path, columns: dict[str, tuple[str, list[str]]], texts: dict[str, str] | None = None
) -> Path:
    """Write an export of three lines: by name, the identifier and the answers."""
    path = folder / "s.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerow([(texts or {}).get(name, name) for name in columns])
        writer.writerow(
            [json.dumps({"ImportId": identifier}) for identifier, _ in columns.values()]
        )
        writer.writerows(zip(*(cells for _, cells in columns.values()), strict=True))
    return path


WORK = question(
    1, "MC", "SAVR", "Do you <b>work</b>?", Choices=shown("Yes, full time", "No", "Other"), ChoiceOrder=["2", "1", "3"],
    RecodeValues={"1": "10", "2": "20", "3": "30"}, VariableNaming={"1": "full"},
)  # fmt: skip


def test_codes_and_labels_give_the_same(tmp_path: Path) -> None:
    survey(tmp_path, [WORK])
    codes = read(export(tmp_path, {"Q1": ("QID1", ["20", "10", "", "-99"])}))
    assert codes.frame["Q1"].tolist()[:2] == [20, 10]
    assert codes.codebook["Q1"].values == {
        20: Text.same("No"),
        10: Text.same("Yes, full time"),
        30: Text.same("Other"),
    }
    assert codes.codebook["Q1"].question == Text.same("Do you work?")
    assert codes.codebook.reasons["Q1"] == {"seen but unanswered": 1, "system": 1}
    for label in ("Yes, full time", "full"):
        labels = read(export(tmp_path, {"Q1": ("QID1", ["No", label, "", "-99"])}))
        assert labels.frame["Q1"].equals(codes.frame["Q1"])
        assert labels.missing["Q1"].codes == (-99,)


def test_answers_that_are_no_choices(tmp_path: Path) -> None:
    survey(tmp_path, [WORK])
    data = read(export(tmp_path, {"Q1": ("QID1", ["No", "Perhaps"])}))
    assert (data.frame["Q1"].tolist(), data.codebook["Q1"].values) == (["No", "Perhaps"], {})
    assert data.codebook.origin.notices == (
        Text(
            "Réponses absentes des choix du questionnaire, laissées telles quelles\u00a0: `Q1`.",
            "Answers that are not choices of the questionnaire, left as they are: `Q1`.",
        ),
    )
    # minus 99 that is an answer
    cold, warm = (
        question(
            number, "Slider", "HSLIDER", Choices=shown(label), Configuration={"CSSliderMin": least}
        )
        for number, label, least in ((2, "Cold", -100), (3, "Warm", 0))
    )
    survey(
        tmp_path,
        [
            question(1, "MC", "SAVR", Choices=shown("No", "Yes"), RecodeValues={"1": "-99"}),
            cold,
            warm,
        ],
    )
    file = export(
        tmp_path,
        {"Q1": ("QID1", ["-99"]), "Q2_1": ("QID2_1", ["-99"]), "Q3_1": ("QID3_1", ["-99"])},
    )
    data = read(file)
    assert (data.frame["Q1"].tolist(), data.frame["Q2_1"].tolist()) == ([-99], [-99])
    assert data.codebook.reasons == {"Q3_1": {"seen but unanswered": 1}}
    # a choice left out of analyses is missing
    survey(
        tmp_path,
        [question(1, "MC", "SAVR", Choices=shown("Yes", "Refused"), AnalyzeChoices={"2": "No"})],
    )
    data = read(export(tmp_path, {"Q1": ("QID1", ["1", "2"])}))
    assert (data.frame["Q1"].isna().tolist(), data.codebook.reasons["Q1"]) == (
        [False, True],
        {"Refused": 1},
    )
    assert list(data.codebook["Q1"].values) == [1]


USES = question(2, "MC", "MAVR", "Which?", Choices=shown("Mail, post", "Phone", "Text"))


def boxes(data: Microdata, name: str = "Q2") -> list[list[object]]:
    answers = data.frame[list(data.codebook.sets[name].columns)]
    return answers.astype(object).where(answers.notna(), "").to_numpy().tolist()  # type: ignore[no-any-return]


# ticked: first and third; second; none; the question seen, none ticked
TICKED: list[list[object]] = [[1, 0, 1], [0, 1, 0], ["", "", ""], [0, 0, 0]]


def three(*columns: list[str]) -> dict[str, tuple[str, list[str]]]:
    return {f"Q2_{number}": (f"QID2_{number}", cells) for number, cells in enumerate(columns, 1)}


def test_boxes_however_they_are_exported(tmp_path: Path) -> None:
    survey(tmp_path, [USES])
    ticks = three(["1", "", "", "-99"], ["", "1", "", "-99"], ["1", "", "", "-99"])
    seen_as_0 = three(["1", "0", "", "0"], ["0", "1", "", "0"], ["1", "0", "", "0"])
    # a label may hold the comma that parts labels
    codes, labels = (["1,3", "2", "", "-99"], ["Mail, post,Text", "Phone", "", "-99"])
    for columns in (seen_as_0, {"Q2": ("QID2", codes)}, {"Q2": ("QID2", labels)}, ticks):
        data = read(export(tmp_path, columns))
        assert (list(data.frame), boxes(data)) == (["Q2_1", "Q2_2", "Q2_3"], TICKED)
    kept = data.codebook.sets["Q2"]
    assert (kept.base, kept.kind, kept.counted, kept.label) == (
        "any",
        "dichotomies",
        1,
        Text.same("Which?"),
    )
    assert (data.codebook["Q2_1"].label, data.codebook["Q2_1"].part_of) == (
        Text.same("Mail, post"),
        "Q2",
    )
    data = read(export(tmp_path, {"Q2": ("QID2", ["1,7", "2"])}))
    assert data.frame["Q2"].tolist() == ["1,7", "2"]
    assert data.codebook.origin.notices[0].en == (
        "Answers that are not choices of the questionnaire, left as they are: `Q2`."
    )


def test_what_is_beside_the_answers_in_an_export_of_choice_text(tmp_path: Path) -> None:
    beside = {
        "Status": ("status", ["IP Address", "Survey Preview"]),
        "Finished": ("finished", ["True", "False"]),
    }
    data = read(export(tmp_path, beside | {"Q1": ("QID1", ["Yes", "No"])}))
    assert (data.frame["Status"].tolist(), data.frame["Finished"].tolist()) == ([0, 1], [1, 0])
    assert (
        data.codebook.origin.notices[0].en
        == "Previews or tests among the responses: 1 in 2 (column `Status`)."
    )


def test_other_texts_of_qualtrics(tmp_path: Path) -> None:
    """The other text that Qualtrics exports."""
    text = 'StartDate\tQ1\nStart\tWork?\n{"ImportId":"startDate"}\t{"ImportId":"QID1"}\n2026-11-25 10:00:00\t2\n'
    (tmp_path / "a.tsv").write_bytes(text.encode("utf-16"))
    data = read(tmp_path / "a.tsv")
    assert data.codebook.origin.reader == "Qualtrics, utf-16, delimiter `tab`"
    assert data.frame["Q1"].tolist() == [2]
    # In an export of two lines nothing says whether the cells were typed.
    rows = "".join(f'R_2YPOQ602ER1jkf{place},"1,{200 + place % 2}"\n' for place in range(9))
    (tmp_path / "a.csv").write_text(f"V1,Q1\nResponseID,Pay?\n{rows}")
    assert read(tmp_path / "a.csv").frame["Q1"].tolist()[:2] == ["1,200", "1,201"]
    # One line of names that Qualtrics gave: the next is a respondent, whatever became of her
    # identifier.
    for identifier in ("R_2YPOQ602ER1jkf1", "a8f3"):
        (tmp_path / "a.csv").write_text(
            f"ResponseId,StartDate,Finished,Q1\n{identifier},2026-11-25,True,1\n{identifier}b,,False,2\n"
        )
        data = read(tmp_path / "a.csv")
        assert len(data) == 2
        assert data.codebook.origin.reader.startswith("delimited text")


def test_boxes_without_the_questionnaire(tmp_path: Path) -> None:
    columns = {"Q2": ("QID2", ["1,3", "2", "", "-99", "1,2", "1,2,3"])}
    data = read(export(tmp_path, columns))
    assert boxes(data)[:4] == TICKED
    words = {"Q2": ("QID2", ["a,b", "b,c", "a", "c,a", "a,b,c", "b"])}
    data = read(export(tmp_path, words, {"Q2": "Which?"}))
    assert [data.codebook[name].label.en for name in ("Q2_1", "Q2_2", "Q2_3")] == ["a", "b", "c"]
    assert data.frame["Q2_1"].tolist() == [1, 0, 1, 1, 1, 0]
    # a matrix whose answers are all 1 is not a set
    columns = {"Q2_1": ("QID2_1", ["1", "1"]), "Q2_2": ("QID2_2", ["1", "1"])}
    assert read(export(tmp_path, columns)).codebook.sets == {}


def test_the_codebook_parts_a_column_or_keeps_it(tmp_path: Path) -> None:
    doubtful = {"Q2": ("QID2", ["a, b", "c", "a, b", "-99", "a, b", "c", "c"])}
    data = read(export(tmp_path, doubtful))
    assert data.frame["Q2"].tolist()[0] == "a, b"
    assert "(a set of that name in the codebook splits them)" in data.codebook.origin.notices[0].en
    columns = ["Q2_1", "Q2_2", "Q2_3"]
    given = Codebook(
        {name: Variable(name) for name in columns}, sets={"Q2": Responses("Q2", columns)}
    )
    parted = read(export(tmp_path, doubtful), codebook=given)
    assert boxes(parted)[:4] == [[1, 1, 0], [0, 0, 1], [1, 1, 0], [0, 0, 0]]
    codes = {"Q2": ("QID2", ["1,3", "2", "1,2", "1,2,3"])}
    kept = read(export(tmp_path, codes), codebook=Codebook({"Q2": Variable("Q2")}))
    assert kept.frame["Q2"].tolist() == ["1,3", "2", "1,2", "1,2,3"]


def test_two_lines_and_no_questionnaire(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text(
        "ResponseID,StartDate,Q1,Q2_1,Q2_2,panel\n"
        "ResponseID,StartDate,Do you work?,Which?-Mail,Which?-Phone,panel\n"
        "R_2YPOQ602ER1jkf1,2026-11-25 10:00:00,-99,1,,-99\n"
        "R_2YPOQ602ER1jkf2,2026-11-25 10:00:00,1,,1,7\n"
    )
    data = read(tmp_path / "old.csv")
    assert (list(data.codebook.sets), data.codebook["Q2_2"].label) == (["Q2"], Text.same("Phone"))
    assert data.codebook["Q2_2"].question == Text.same("Which?")
    # embedded data are not questions: there -99 is a number
    assert data.codebook.reasons == {"Q1": {"seen but unanswered": 1}}
    assert data.frame["panel"].tolist() == [-99, 7]


def test_languages_stand_side_by_side(tmp_path: Path) -> None:
    english = {"QuestionText": "Do you work?", "Choices": shown("Yes")}
    brazilian = {"QuestionText": "Você trabalha?", "Choices": shown("Sim")}
    asked = question(
        1,
        "MC",
        "SAVR",
        "Travaillez-vous ?",
        Choices=shown("Oui", "Non"),
        Language={"EN": english, "PT-BR": brazilian},
    )
    survey(tmp_path, [asked], language="FR")
    codebook = read(export(tmp_path, {"Q1": ("QID1", ["1"])})).codebook
    assert codebook.languages == ("fr", "en", "pt-BR")
    assert codebook["Q1"].question == Text(
        "Travaillez-vous ?", "Do you work?", others=(("pt-BR", "Você trabalha?"),)
    )
    assert codebook["Q1"].values[1] == Text("Oui", "Yes", others=(("pt-BR", "Sim"),))
    assert codebook["Q1"].values[2] == Text.same("Non")
    # an export of labels in one of the languages
    assert read(export(tmp_path, {"Q1": ("QID1", ["Sim", "Non"])})).frame["Q1"].tolist() == [1, 2]


LOOP = {
    "Type": "Standard", "Description": "Jobs",
    "BlockElements": [{"Type": "Question", "QuestionID": f"QID{number}"} for number in (3, 4, 5)],
    "Options": {
        "Looping": "Static",
        "LoopingOptions": {"Static": {"1": {"1": "Uber"}, "2": {"1": "Deliveroo"}}, "Randomization": "None"},
    },
}  # fmt: skip
LOOPED = [
    question(3, "TE", "SL", "Hours for ${lm://Field/1}?"),
    question(4, "TE", "SL", "Since when?"),
    question(5, "MC", "MAVR", "Why?", Choices=shown("Pay", "Time")),
]


def test_loop_and_merge(tmp_path: Path) -> None:
    survey(tmp_path, LOOPED, [LOOP])
    cells = {
        "1_Q3": "12",
        "1_Q4": "2020",
        "1_Q5_1": "1",
        "1_Q5_2": "",
        "2_Q3": "-99",
        "2_Q4": "2021",
    }
    cells |= {"2_Q5_1": "", "2_Q5_2": ""}
    identifiers = {
        name: name.replace("Q", "QID") + ("" if "Q5" in name else "_TEXT") for name in cells
    }
    data = read(
        export(tmp_path, {name: (identifiers[name], [cell]) for name, cell in cells.items()})
    )
    codebook = data.codebook
    assert [codebook[name].part_of for name in ("1_Q3", "2_Q3", "2_Q5_1")] == ["Q3", "Q3", "Q5"]
    assert codebook["2_Q3"].question == codebook["2_Q3"].label == Text.same("Hours for Deliveroo?")
    assert codebook["1_Q4"].label == Text.same("Since when? – Uber")
    assert codebook["1_Q4"].question == Text.same("Since when?")
    assert codebook["2_Q5_2"].label == Text.same("Time – Deliveroo")
    sets = {f"{loop}_Q5": (f"{loop}_Q5_1", f"{loop}_Q5_2") for loop in (1, 2)}
    assert {name: each.columns for name, each in codebook.sets.items()} == sets
    assert (codebook["1_Q3"].group, data.frame["1_Q3"].tolist()) == (Text.same("Jobs"), [12])
    assert (codebook.reasons["2_Q3"], codebook.reasons["2_Q5_1"]) == (
        {"seen but unanswered": 1},
        {"system": 1},
    )
    # loops in names of two lines and loops on a question
    looping = {"LoopingOptions": {"QID": "QID2", "Static": []}}
    survey(tmp_path, [USES, *LOOPED], [{**LOOP, "Options": looping}])
    (tmp_path / "s.csv").write_text(
        "ResponseID,Finished,Q3(1),Q4(2)\nResponseID,Finished,Hours,Since\nR_2YPOQ602ER1jkf1,1,3,2019\n"
    )
    codebook = read(tmp_path / "s.csv").codebook
    assert codebook["Q3(1)"].label == Text.same("Hours for Mail, post?")
    assert codebook["Q4(2)"].label == Text.same("Since when? – Phone")


def test_other_kinds(tmp_path: Path) -> None:
    rows = {"Choices": shown("Pay", "Rest"), "Answers": shown("Bad", "Fair", "Good")}
    pay = shown("Pay", "Rest")
    asked = [
        question(1, "Matrix", "Bipolar", "Rate", **rows), question(2, "RO", "DND", "Rank", Choices=pay),
        question(3, "CS", "VRTL", "Share out", Choices=shown("Rent", "Food")),
        question(4, "TE", "FORM", "You", Choices=shown("Age", "Town")), question(5, "Timing", "PageTimer", "Timing"),
        question(8, "PGR", "DragAndDrop", "Sort", Groups=["Like", "Loathe"], Choices=pay),
        question(6, "Matrix", "TE", "Say", SubSelector="Long", **rows),
        question(7, "MC", "SAVR", "Job", Choices={"1": {"Display": "No"}, "4": {"Display": "Yes: which"}}),
    ]  # fmt: skip
    survey(tmp_path, asked)
    columns = {
        "Q1_1": ("QID1_1", ["3"]), "Q2_2": ("QID2_2", ["1"]), "Q3_1": ("QID3_1", ["80"]), "Q4_2": ("QID4_2", ["Lyon"]),
        "Q5_First Click": ("QID5_FIRST_CLICK", ["1.5"]), "Q6_2_3": ("QID6_2_3", ["words"]), "Q7": ("QID7", ["4"]),
        "Q7_4_TEXT": ("QID7_4_TEXT", ["driver"]), "Q8_0_GROUP": ("QID8_0_GROUP", ["Pay,Rest"]),
        "Q8_0_2_RANK": ("QID8_0_2_RANK", ["1"]), "PROLIFIC_PID": ("PROLIFIC_PID", ["x"]),
    }  # fmt: skip
    codebook = read(export(tmp_path, columns, {"PROLIFIC_PID": "PROLIFIC_PID"})).codebook
    assert {name: (each.label.en, each.measure, each.part_of) for name, each in codebook.variables.items()} == {
        "Q1_1": ("Pay", "ordinal", "Q1"), "Q2_2": ("Rest", "ordinal", "Q2"), "Q3_1": ("Rent", "scale", "Q3"),
        "Q4_2": ("Town", "unknown", "Q4"), "Q5_First Click": ("Timing – first click, in seconds", "unknown", "Q5"),
        "Q6_2_3": ("Rest – Good", "unknown", "Q6"), "Q7": ("Job", "nominal", ""),
        "Q7_4_TEXT": ("Yes: which – text", "unknown", "Q7"), "Q8_0_GROUP": ("Like – group", "unknown", "Q8"),
        "Q8_0_2_RANK": ("Like – Rest – rank", "unknown", "Q8"), "PROLIFIC_PID": ("", "unknown", ""),
    }  # fmt: skip
    assert codebook["Q1_1"].values == {
        1: Text.same("Bad"),
        2: Text.same("Fair"),
        3: Text.same("Good"),
    }


def test_a_file_of_one_line_with_its_questionnaire(tmp_path: Path) -> None:
    """Answers that were worked on keep the names of their columns."""
    structure = survey(tmp_path, [WORK])
    (tmp_path / "worked.csv").write_text("Q1,weight\n10,1.5\n20,0.5\n")
    data = read(tmp_path / "worked.csv", structure=structure)
    assert (len(data), data.codebook["Q1"].values[10]) == (2, Text.same("Yes, full time"))
    assert data.frame["weight"].tolist() == [1.5, 0.5]


def test_refusals(tmp_path: Path, refused: Any) -> None:
    file = export(tmp_path, {"Q1": ("QID1", ["1"])})
    no_elements = '{"SurveyElements": [3, {"Element": "SQ"}, {"Element": "BL"}]'
    for content in ("{", "[" * 100_000, no_elements, '{"SurveyElements": {"a": null}}', "7"):
        (tmp_path / "s.qsf").write_text(content)
        refused(lambda: read(file), LoadError)
    survey(tmp_path, [WORK])
    refused(lambda: read(export(tmp_path, {"Q9": ("QID9", ["1"])})), LoadError)
    # lines that are not as wide as the header
    file = export(tmp_path, {"Q1": ("QID1", ["1"]), "Q2": ("QID2", ["1"])})
    file.write_text(file.read_text() + "1,2,3\n")
    refused(lambda: read(file), LoadError)


def test_names_of_fields_and_labels_of_items() -> None:
    assert [field_of(name).personal for name in ("panel-RecipientEmail", "ResponseID")] == [
        True,
        False,
    ]  # type: ignore[union-attr]
    assert field_of("QID1") is None
    assert item_labels(["Which?-Mail", "Which?-Mobile phone"]) == (
        "Which?",
        ["Mail", "Mobile phone"],
    )
    assert item_labels(["Do you work?"]) == ("Do you work?", ["Do you work?"])
    assert item_labels(["Pay", "Rest"]) == ("", ["Pay", "Rest"])


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "data/loaders/qualtrics"


def answers_by_place(file: Path, structure: Path) -> dict[tuple[object, ...], list[object]]:
    data = read(file, structure=structure)
    rows, _, _ = read_grid(open_source(file))
    return {
        (place.key, place.part, place.items): data.frame[each.name]
        .astype(object)
        .fillna("")
        .tolist()
        for each in columns_in(rows, read_qsf(structure))
        if (place := each.place)
    }


@pytest.mark.parametrize(
    ("stem", "columns"), [("Sample_Survey", 176), ("Multiple_Answer_MC_Questions", 22)]
)
def test_names_of_two_lines_say_what_identifiers_of_three_say(
    samples: Path, stem: str, columns: int
) -> None:
    """The same survey was exported both ways: each column must be found at the same place in the questionnaire."""
    structure = samples / f"{stem}.qsf"
    files = [samples / f"{stem}.csv", samples / f"{stem}_(Insights).csv"]
    survey = read_qsf(structure)
    named = places_by_name(survey)
    two, three = (read_grid(open_source(file))[0] for file in files)
    by_name = [place for name in two[0] if (place := place_of_name(name, named))]
    by_identifier = [place for cell in three[2] if (place := place_of_import(import_id(cell)))]
    assert len(by_name) == len(by_identifier) == columns
    typed = {key for key, question in survey.questions.items() if question.kind == "TE"}
    found, known = (
        {
            (each.key, each.part, each.items, each.extra if each.key not in typed else "")
            for each in places
        }
        for places in (by_name, by_identifier)
    )
    assert found == known
    # and the answers are the same
    first, second = (answers_by_place(file, structure) for file in files)
    assert first == second
    assert len(first) > 20


def test_one_survey_whole(samples: Path) -> None:
    data = read(samples / "Sample_Survey.csv")
    codebook = data.codebook
    assert (codebook.title, codebook.languages) == (Text.same("Sample Survey"), ("en",))
    assert len(codebook.sets) == 28
    fruits = ("Oranges", "Blueberries", "Strawberries")
    assert codebook["fruits"].values == {
        code: Text.same(label) for code, label in enumerate(fruits, 1)
    }
    assert codebook["fruits"].group == Text.same("Normal")
    # recode values, export tags of rows, parts of a side by side
    assert (list(codebook["Q45"].values), codebook["orange_ish"].part_of) == (
        [143, 132, 142],
        "Q47",
    )
    assert list(codebook["orange_ish"].values) == [12, 2, 3]
    assert codebook["tiny: 92"].label.en == "Blueberries – Willingness to Consume"
    assert (list(codebook["tiny: 92"].values), codebook["Q3_1"].measure) == (
        [242, 35423, 34],
        "ordinal",
    )
    assert (codebook["Q5_1"].measure, data.frame["StartDate"].dtype.kind) == ("scale", "M")
    # the rule of boxes: cells of the file are 1 or empty, `Q44_1` has no tick in the second and
    # fourth rows
    assert data.frame["Q44_1_1"].isna().tolist() == data.frame["Q44_1_2"].isna().tolist()
    assert (data.frame["Q44_1_1"].isna().sum(), data.frame["Q2_2"].tolist()[:3]) == (3, [0, 1, 1])


def test_texts_names_and_tests_of_the_samples(samples: Path) -> None:
    codebook = read(samples / "Long_Exhaustive_Sample_Survey.csv").codebook
    assert codebook["Q9_5"].label.en == "Chocolate with >80% cocoa"
    assert codebook["Q16_-1"].label.en == (
        "NA - My family is full of fruitarians (Really though, the fruitarians should be eating "
        "the tomato paste.)"
    )
    assert codebook["Q9_5"].question.en.startswith(
        "This is a plain multiple choice multiple answer question. Which"
    )
    # names that stand twice are distinguished
    data = read(samples / "Sample_Survey_(Insights).csv")
    assert [name for name in data.frame if name.startswith("Q50#2_wedges")] == [
        f"Q50#2_wedges_1231_{place}" for place in range(1, 5)
    ]
    assert data.codebook.origin.notices[0].en.startswith(
        "Names that several columns have, followed by a number in the data: "
        "`Q50#1_wedges_23234_TEXT`, "
    )
    notices = read(samples / "Multiple_Answer_MC_Questions.csv").codebook.origin.notices
    assert notices[0] == Text(
        "Aperçus ou tests parmi les réponses\u00a0: 5 sur 5 (colonne `Status`).",
        "Previews or tests among the responses: 5 in 5 (column `Status`).",
    )


def test_sets_are_found_without_the_questionnaire(samples: Path) -> None:
    """The sample in three lines, whose questionnaire does not bear its name: boxes are known by what they hold."""
    data = read(samples / "Multiple_Answer_MC_Questions_(Insights).csv")
    guessed = {name: list(each.columns) for name, each in data.codebook.sets.items()}
    stem = samples / "Multiple_Answer_MC_Questions"
    known = read(f"{stem}_(Insights).csv", structure=f"{stem}.qsf")
    assert guessed == {name: list(each.columns) for name, each in known.codebook.sets.items()}
    assert data.codebook["Q4_11"].label.en == "Click to write Statement 2"
    assert data.codebook["Q4_11"].question.en.startswith(
        "Click to write the question text This question has custom"
    )
    assert known.codebook.origin.reader.endswith("questionnaire `Multiple_Answer_MC_Questions.qsf`")


def test_a_german_export(samples: Path, refused: Any) -> None:
    file = samples / "qualtRics_sample_de.csv"
    data = read(file)
    assert data.frame["Duration (in seconds)"].tolist() == [38]
    assert data.codebook["Duration (in seconds)"].label == Text(
        "durée, en secondes", "duration, in seconds"
    )
    assert data.codebook["Q1"].question == Text.same("This is a multiple choice question.")
    assert data.codebook["Q2"].label == Text.same("This is a free text question.")
    assert data.frame["Finished"].tolist() == [1]
    assert data.codebook["Finished"].values == {0: Text("non", "no"), 1: Text("oui", "yes")}
    personal = [
        "IPAddress",
        "RecipientLastName",
        "RecipientFirstName",
        "RecipientEmail",
        "ExternalReference",
    ]
    personal += ["LocationLatitude", "LocationLongitude"]
    assert not set(personal) & set(data.frame)
    named = ", ".join(f"`{name}`" for name in personal)
    assert data.codebook.origin.notices == (
        Text(
            f"Laissés de côté, car ils identifient les répondants ou les lieux\u00a0: {named} "
            '(`private="keep"` les garde).',
            f'Left out, because they identify respondents or places: {named} (`private="keep"` keeps them).',
        ),
    )
    kept = read(file, private="keep")
    assert kept.frame["IPAddress"].tolist() == ["192.0.2.1"]
    assert (kept.frame["LocationLatitude"].tolist(), kept.codebook.origin.notices) == (
        [47.115097045898],
        (),
    )
    refused(lambda: read(file, columns=["Q1", "IPAddress"]), ColumnError)


def test_an_old_export(samples: Path) -> None:
    """Its first line says `V1` where the second says `ResponseID`; a comma ends each line."""
    data = read(samples / "qualtRics_sample_legacy.csv")
    names = "ResponseID ResponseSet Status StartDate EndDate Finished Q1 Q2 LocationAccuracy"
    assert (" ".join(data.frame), data.frame["Q2"].tolist()) == (names, ["Hello World!"])
    assert "Name" in read(samples / "qualtRics_sample_legacy.csv", private="keep").frame
