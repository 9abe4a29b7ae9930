"""Exports of Qualtrics as they were found: two lines, three lines, with and without their questionnaire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from diplab.errors import ColumnError
from diplab.loaders.qualtrics.questionnaire import (
    columns_in,
    import_id,
    place_of_import,
    place_of_name,
    places_by_name,
    read_qsf,
)
from diplab.loaders.read import read
from diplab.loaders.source import open_source
from diplab.loaders.text import read_grid
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.microdata.microdata import Microdata

pytestmark = pytest.mark.shared


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "data/loaders/qualtrics"


@pytest.mark.parametrize("stem", ["Sample_Survey", "Multiple_Answer_MC_Questions"])
def test_names_of_two_lines_say_what_identifiers_of_three_say(samples: Path, stem: str) -> None:
    """The same survey was exported both ways: each column must be found at the same place in the questionnaire."""
    survey = read_qsf(samples / f"{stem}.qsf")
    named = places_by_name(survey)
    two, _ = read_grid(open_source(samples / f"{stem}.csv"))
    three, _ = read_grid(open_source(samples / f"{stem}_(Insights).csv"))
    by_name = [place for name in two[0] if (place := place_of_name(name, named))]
    by_identifier = [place for cell in three[2] if (place := place_of_import(import_id(cell)))]
    typed = {key for key, question in survey.questions.items() if question.kind == "TE"}
    found = {
        (each.key, each.part, each.items, each.extra if each.key not in typed else "") for each in by_name
    }
    said = {
        (each.key, each.part, each.items, each.extra if each.key not in typed else "")
        for each in by_identifier
    }
    assert len(by_name) == len(by_identifier) == {"Sample_Survey": 176}.get(stem, 22)
    assert found == said


def answers_by_place(file: Path, structure: Path) -> dict[tuple[object, ...], list[object]]:
    data = read(file, structure=structure)
    rows, _ = read_grid(open_source(file))
    return {
        (place.key, place.part, place.items): data.frame[each.name].astype(object).fillna("").tolist()
        for each in columns_in(rows, read_qsf(structure))
        if (place := each.place)
    }


@pytest.mark.parametrize("stem", ["Sample_Survey", "Multiple_Answer_MC_Questions"])
def test_both_exports_give_the_same_answers(samples: Path, stem: str) -> None:
    structure = samples / f"{stem}.qsf"
    two = answers_by_place(samples / f"{stem}.csv", structure)
    three = answers_by_place(samples / f"{stem}_(Insights).csv", structure)
    assert two == three
    assert len(two) > 20


def test_one_survey_whole(samples: Path) -> None:
    data = read(samples / "Sample_Survey.csv")
    codebook = data.codebook
    assert codebook.title == Text.same("Sample Survey")
    assert codebook.languages == ("en",)
    assert len(codebook.sets) == 28
    assert codebook["fruits"].values == {
        1: Text.same("Oranges"),
        2: Text.same("Blueberries"),
        3: Text.same("Strawberries"),
    }
    assert codebook["fruits"].group == Text.same("Normal")
    # recode values, export tags of rows, parts of a side by side
    assert list(codebook["Q45"].values) == [143, 132, 142]
    assert codebook["orange_ish"].part_of == "Q47"
    assert list(codebook["orange_ish"].values) == [12, 2, 3]
    assert codebook["tiny: 92"].label.en == "Blueberries – Willingness to Consume"
    assert list(codebook["tiny: 92"].values) == [242, 35423, 34]
    assert codebook["Q3_1"].measure == "ordinal"
    assert codebook["Q5_1"].measure == "scale"
    assert data.frame["StartDate"].dtype.kind == "M"
    # the rule of boxes: cells of the file are 1 or empty, `Q44_1` has no tick in the second and fourth rows
    assert data.frame["Q44_1_1"].isna().tolist() == data.frame["Q44_1_2"].isna().tolist()
    assert data.frame["Q44_1_1"].isna().sum() == 3
    assert data.frame["Q2_2"].tolist()[:3] == [0, 1, 1]


def test_texts_have_no_html(samples: Path) -> None:
    codebook = read(samples / "Long_Exhaustive_Sample_Survey.csv").codebook
    assert codebook["Q9_5"].label.en == "Chocolate with >80% cocoa"
    assert codebook["Q16_-1"].label.en == (
        "NA - My family is full of fruitarians (Really though, the fruitarians should be eating the tomato paste.)"
    )
    assert codebook["Q9_5"].question.en.startswith(
        "This is a plain multiple choice multiple answer question. Which"
    )


def test_sets_are_found_without_the_questionnaire(samples: Path) -> None:
    """The sample in three lines, whose questionnaire does not bear its name: boxes are known by what they hold."""
    data = read(samples / "Multiple_Answer_MC_Questions_(Insights).csv")
    guessed = {name: list(each.columns) for name, each in data.codebook.sets.items()}
    told = read(
        samples / "Multiple_Answer_MC_Questions_(Insights).csv",
        structure=samples / "Multiple_Answer_MC_Questions.qsf",
    )
    assert guessed == {name: list(each.columns) for name, each in told.codebook.sets.items()}
    assert data.codebook["Q4_11"].label.en == "Click to write Statement 2"
    assert data.codebook["Q4_11"].question.en.startswith(
        "Click to write the question text This question has custom"
    )
    assert told.codebook.origin.reader.endswith("questionnaire `Multiple_Answer_MC_Questions.qsf`")


def test_names_that_stand_twice_are_told_apart(samples: Path) -> None:
    data = read(samples / "Sample_Survey_(Insights).csv")
    assert [name for name in data.frame if name.startswith("Q50#2_wedges")] == [
        f"Q50#2_wedges_1231_{place}" for place in range(1, 5)
    ]
    assert data.codebook.origin.notices[0].en.startswith(
        "Names that several columns have, followed by a number in the data: `Q50#1_wedges_23234_TEXT`, "
    )


def german(samples: Path, **options: bool) -> Microdata:
    return read(samples / "qualtRics_sample_de.csv", **options)  # type: ignore[arg-type]


def test_a_german_export(samples: Path) -> None:
    data = german(samples)
    assert data.frame["Duration (in seconds)"].tolist() == [38]
    assert data.codebook["Duration (in seconds)"].label == Text("durée, en secondes", "duration, in seconds")
    assert data.codebook["Q1"].question == Text.same("This is a multiple choice question.")
    assert data.codebook["Q2"].label == Text.same("This is a free text question.")
    assert data.frame["Finished"].tolist() == [1]
    assert data.codebook["Finished"].values == {0: Text("non", "no"), 1: Text("oui", "yes")}


def test_who_answered_is_left_out(samples: Path) -> None:
    data = german(samples)
    personal = [
        "IPAddress",
        "RecipientLastName",
        "RecipientFirstName",
        "RecipientEmail",
        "ExternalReference",
        "LocationLatitude",
        "LocationLongitude",
    ]
    assert not set(personal) & set(data.frame)
    named = ", ".join(f"`{name}`" for name in personal)
    assert data.codebook.origin.notices == (
        Text(
            f'Laissés de côté, car ils disent qui a répondu ou d’où\u00a0: {named} (`private="keep"` les garde).',
            f'Left out, for they say who answered or where: {named} (`private="keep"` keeps them).',
        ),
    )
    kept = german(samples, private="keep")
    assert kept.frame["IPAddress"].tolist() == ["192.0.2.1"]
    assert kept.frame["LocationLatitude"].tolist() == [47.115097045898]
    assert kept.codebook.origin.notices == ()


def test_an_address_asked_for_by_name(samples: Path, error_text: Any) -> None:
    with pytest.raises(ColumnError) as caught:
        read(samples / "qualtRics_sample_de.csv", columns=["Q1", "IPAddress"])
    error_text(caught)


def test_an_old_export(samples: Path) -> None:
    """Its first line says `V1` where the second says `ResponseID`; a comma ends each line."""
    data = read(samples / "qualtRics_sample_legacy.csv")
    assert list(data.frame) == [
        "ResponseID",
        "ResponseSet",
        "Status",
        "StartDate",
        "EndDate",
        "Finished",
        "Q1",
        "Q2",
        "LocationAccuracy",
    ]
    assert data.frame["Q2"].tolist() == ["Hello World!"]
    assert "Name" in read(samples / "qualtRics_sample_legacy.csv", private="keep").frame


def test_previews_and_tests_are_said(samples: Path) -> None:
    notices = read(samples / "Multiple_Answer_MC_Questions.csv").codebook.origin.notices
    assert notices[0] == Text(
        "Aperçus ou tests parmi les réponses\u00a0: 5 sur 5 (colonne `Status`).",
        "Previews or tests among the responses: 5 in 5 (column `Status`).",
    )
