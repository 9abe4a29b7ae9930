"""Small functions of the loaders, case by case: what `read` alone would show in one file only."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from diplab.loaders.codebooks.ddi_variables import note_elements, parse_json, wording_elements, xml_element
from diplab.loaders.codebooks.table import heading_of, strip_accents
from diplab.loaders.dates import iso_moments, parse_dates
from diplab.loaders.excel import ErrorCell, ExcelSheet, column_of, table_of
from diplab.loaders.kobo.answers import codes_in_cell, iso_times, language_of_answers, rank_columns
from diplab.loaders.kobo.columns import holds_positions, identifying_columns, match_columns, storage_of
from diplab.loaders.kobo.xlsform import ChoiceList, Xlsform, XlsformQuestion, language_tag, text_of
from diplab.loaders.limesurvey.columns import fold_case, forms_of, heading_words, word_of
from diplab.loaders.limesurvey.headers import Heading, is_standard, standard_name, variable_of_header
from diplab.loaders.limesurvey.structure import field_name
from diplab.loaders.qualtrics.questionnaire import (
    QuestionPlace,
    field_of,
    item_labels,
    place_of_import,
    place_of_name,
    shared_beginning,
)
from diplab.loaders.questionnaire import strip_markdown
from diplab.loaders.readstat.spss import parse_sets
from diplab.loaders.recognition import has_google_timestamp, has_two_header_lines, header_lines, import_id, letters_of
from diplab.loaders.source import SourceFile
from diplab.microdata.variable import Variable
from diplab.reference.text import Text


def cells(*words: object) -> np.ndarray:
    return np.array(words, dtype=object)


def test_dates() -> None:
    assert parse_dates(cells("2026-11-25", ""), "date").tolist()[0] == dt.date(2026, 11, 25)
    clock = parse_dates(cells("2026-11-25T09:30:00+01:00"), "moment").tolist()
    assert clock == [pd.Timestamp("2026-11-25 09:30:00")]
    assert parse_dates(cells("tomorrow"), "date") is None
    assert iso_moments(cells("5/10/18 4:01", "5/22/18 6:30")).tolist()[1] == "2018-05-22T06:30:00"


def test_xml_of_codebooks() -> None:
    assert xml_element("labl", "R&D", xml_lang="en") == '<labl xml:lang="en">R&amp;D</labl>'
    assert xml_element("a", [xml_element("b", "Why?")]) == "<a>\n<b>Why?</b>\n</a>"
    assert wording_elements("labl", Text.same("ID")) == ["<labl>ID</labl>"]
    assert note_elements("s", "words") == ['<notes type="diplab" subject="s">words</notes>']
    assert [parse_json(Text.same(each)) for each in ('["a", 1]', "[")] == [["a", 1], None]
    assert strip_accents(" Libellé_de la  modalité ") == "libelle de la modalite"
    headings = ("Variable", "libellé_fr", "Value label (en)", "Notes")
    assert [heading_of(each) for each in headings] == [
        *(("variable", ""), ("label", "fr"), ("value_label", "en"), None)
    ]


def test_sheets() -> None:
    sheet = ExcelSheet("a", [["Survey of 2026"], ["sex", "hours"], ["F", 3.5], [], ["M", 4]])
    table = table_of(sheet, SourceFile("a.xlsx", b""))
    assert {name: column.words.tolist() for name, column in table.columns.items()} == {
        "sex": ["F", "M"],
        "hours": ["3.5", "4"],
    }
    column = column_of([dt.datetime(2026, 11, 25), None, ErrorCell("#N/A")])
    assert (column.words.tolist(), column.storage, column.errors) == (*(["2026-11-25", "", "#N/A"], "date", ("#N/A",)),)


def test_answers_of_kobo() -> None:
    sex = ChoiceList({"1": {"en": "woman", "fr": "femme"}, "2": {"en": "man", "fr": "homme"}})
    assert [language_of_answers([(cells(each), sex, False)]) for each in ("femme", "1")] == ["fr", ""]
    pets = ChoiceList({"1": {"en": "guinea pig"}, "2": {"en": "pig"}})
    assert codes_in_cell("guinea pig pig", pets, "en") == ["1", "2"]
    assert (codes_in_cell("2 1", pets, ""), codes_in_cell("1 9", None, "")) == (["2", "1"], ["1", "9"])
    moment, done = iso_times(cells("2026-01-06T15:16:21.052+01:00", ""), "moment")
    assert (moment.tolist(), done) == (["2026-01-06T15:16:21.052", ""], "offset")
    assert iso_times(cells("18999"), "date")[0].tolist() == ["2022-01-07"]
    ranks = rank_columns(Variable("wishes"), cells("pay time", "time", ""), None)
    assert [each.tolist() for each in ranks.cells.values()] == [["pay", "time", ""], ["time", "", ""]]
    positions = ["48.85 2.35 0 5.0", "48.85 2.35", ""]
    assert [holds_positions([each]) for each in positions] == [True, False, False]
    kinds = [("born", "date"), ("_submission_time", ""), ("age", "integer")]
    assert [storage_of(*each) for each in kinds] == ["date", "moment", ""]
    headers = ["age", "home", "_home_latitude", "_home_longitude", "_geolocation", "username"]
    assert identifying_columns(headers) == headers[1:]
    dog = ChoiceList({"1": {"en": "Dog"}})
    question = XlsformQuestion("pets", "select_multiple", path=("home",), wordings={"en": "Pets?"}, choices=dog)
    names = match_columns(["home/pets", "home/pets/1", "Pets?/Dog", "_id"], Xlsform(questions=(question,)))
    assert [each.name for each in names.values()] == ["pets", "pets/1", "Pets?/Dog", "_id"]
    assert text_of({"fr": "**Votre âge**", "pt": "Idade"}).in_("pt") == "Idade"
    tags = ("Português (pt-BR)", "Français", "Wolof", "")
    assert [language_tag(each) for each in tags] == ["pt-BR", "fr", "Wolof", "default"]
    assert strip_markdown("# **Age**<br/>in <b>years</b> &amp; [help](a.html)\n") == "Age in years & help"


def test_headers_of_limesurvey() -> None:
    assert (word_of("other").fr, word_of("yes", ["de"]).in_("de")) == ("Autre", "Ja")
    assert fold_case("Oui") in forms_of("yes")
    assert heading_words()[fold_case("ID de la réponse")] == "id"
    names = ("Response ID", "id. Response ID", "lastpage")
    assert [standard_name(each) for each in names] == ["id", "id", "lastpage"]
    assert [is_standard(each) for each in ("submitdate", "attribute_1", "age")] == [True, True, False]
    assert variable_of_header(Heading("q4[SQ002]", None, "q4[SQ002]")).part_of == "q4"
    assert variable_of_header(Heading("q4", None, "q4. Where?")).label.en == "Where?"
    assert variable_of_header(Heading("Uses [Mail]", None, "Uses [Mail]")).label.en == "Mail"
    assert field_name("_782678X165X1193SQ01-0") == "782678X165X1193SQ01#0"


def test_headers_of_qualtrics() -> None:
    assert field_of("panel-RecipientEmail").personal
    assert not field_of("ResponseID").personal
    assert field_of("QID1") is None
    assert place_of_import("2_QID11#2_1_3") == QuestionPlace("QID11", "2", "2", ("1", "3"))
    assert place_of_import("QID16-8-TEXT").extra == "TEXT"
    assert place_of_name("2_Q1", {"Q1": QuestionPlace("QID1")}).loop == "2"
    assert item_labels(["Which?-Mail", "Which?-Mobile phone"]) == ("Which?", ["Mail", "Mobile phone"])
    assert item_labels(["Do you work?"]) == ("Do you work?", ["Do you work?"])
    assert shared_beginning(["Q14_130", "Q14_139"]) == "Q14_13"
    identifiers = ('{"ImportId":"QID1"}', "{'ImportId': 'QID9-1'}", "Do you work?")
    assert [import_id(each) for each in identifiers] == ["QID1", "QID9-1", ""]
    assert header_lines([["Q1"], ["Do you work?"], ['{"ImportId":"QID1"}']]) == 3
    two = [["V1", "V8", "Q1"], ["ResponseID", "StartDate", "Work?"], ["R_2YPOQ602ER1jkf1", "", "1"]]
    assert header_lines(two) == 2


def test_headers_of_forms() -> None:
    stamp = "25/11/2026 14:03:10"
    assert has_google_timestamp([["Timestamp", "Do you work?"], [stamp, "yes"]])
    assert not has_google_timestamp([["Timestamp", "temperature"], [stamp, "20.5"]])
    assert letters_of("ID du répondant") == "iddurepondant"
    assert has_two_header_lines([["Respondent ID", "Work?"], ["", "Response"]])
    assert not has_two_header_lines([["respondent_id", "age", "town"], ["", "31", "Lyon"]])
    [found] = parse_sets(b"$uses=D3 Yes 5 Usage mail phone\n", "UTF-8")
    assert (found.name, found.counted, found.columns) == ("uses", "Yes", ("MAIL", "PHONE"))
