"""KoboToolbox and ODK: one survey exported in every way is the same data.

The forms are written here by hand, from the documentation of XLSForm (https://xlsform.org) and of
the exports of KoboToolbox and ODK Central; the exports of the real survey are those of the package
robotoolbox.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.kobo.load import language_of_answers
from diplab.loaders.kobo.xlsform import ChoiceList
from diplab.loaders.questionnaire import strip_markdown
from diplab.loaders.read import read
from diplab.loaders.write import write_delimited
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text
from tests.loaders.factories import cells, csv_text, notices, workbook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


Rows = list[list[object]]

SURVEY: Rows = [
    ["type", "name", "label::English (en)", "label::Français (fr)", "hint::English (en)", "relevant"],
    ["start", "start"], ["deviceid", "deviceid"], ["note", "hello", "Welcome", "Bienvenue"],
    ["begin_group", "work", "<b>Work</b>", "**Travail**"],
    ["integer", "hours", "Hours a week?", "Heures par semaine ?", "All jobs"],
    ["select_one yn", "other_job", "Another job?", "Un autre emploi ?"],
    ["select_multiple tasks or_other", "tasks", "Which *tasks*?", "Quelles tâches ?", None, "${other_job} = 1"],
    ["end_group"], ["geopoint", "home", "Where?", "Où ?"], ["date", "born", "Born on?", "Né le ?"],
    ["rank aims", "aims", "Rank the aims", "Classez les buts"], ["begin_repeat", "person", "Person", "Personne"],
    ["text", "name", "Name?", "Nom ?"], ["select_one yn", "adult", "Adult?", "Adulte ?"],
    ["begin_repeat", "pet", "Pet", "Animal"], ["text", "name", "Name of the pet?", "Nom de l'animal ?"], ["end_repeat"],
    ["end_repeat"],
]  # fmt: skip
CHOICES: Rows = [
    ["list_name", "name", "label::English (en)", "label::Français (fr)"], ["yn", 1, "Yes", "Oui"],
    ["yn", 0, "No", "Non"], ["tasks", "img", "Label images", "Étiqueter des images"],
    ["tasks", "txt", "Write", "Écrire"], ["aims", "pay", "Pay", "Salaire"],
    ["aims", "time", "Free time", "Temps libre"],
]  # fmt: skip
SETTINGS: Rows = [["form_title", "default_language"], ["Workers", "Français (fr)"]]

NAMES: Rows = [
    [
        *(
            "start",
            "deviceid",
            "hours",
            "other_job",
            "tasks",
            "tasks/img",
            "tasks/txt",
            "tasks/other",
        ),
        *(
            "tasks_other",
            "home",
            "_home_latitude",
            "born",
            "aims",
            "_id",
            "_uuid",
            "_submission_time",
            "_index",
        ),
    ],
    [
        *("2026-01-06T15:16:21.052+01:00", "x:1", 10, 1, "img other", 1, 0, 1),
        *(
            "chat",
            "48.8 2.3 0 0",
            48.8,
            "1990-05-01",
            "time pay",
            71,
            "u1",
            "2026-01-06T14:20:00",
            1,
        ),
    ],
    [
        *("2026-01-07T09:00:00.000+01:00", "x:2", None, 0, None, None, None, None),
        *(None, None, None, None, None, 72, "u2", "2026-01-07T08:10:00", 2),
    ],
    [
        *("2026-01-08T10:00:00.000+01:00", "x:3", 3, 1, "txt", 0, 1, 0),
        *(None, None, None, "1985-12-31", "pay", 73, "u3", "2026-01-08T09:10:00", 3),
    ],
]
FRENCH = {
    "hours": "Heures par semaine ?", "other_job": "Un autre emploi ?", "tasks": "Quelles tâches ?",
    "tasks/img": "Quelles tâches ?/Étiqueter des images", "tasks/txt": "Quelles tâches ?/Écrire",
    "tasks/other": "Quelles tâches ?/Autre", "tasks_other": "tasks_other", "home": "Où ?",
    "_home_latitude": "_Où ?_latitude", "born": "Né le ?", "aims": "Classez les buts",
}  # fmt: skip
GROUPED = {name: f"work/{name}" for name in [*FRENCH][:7]}
IN_WORDS = {
    "other_job": {1: "Oui", 0: "Non"},
    "tasks": {"img other": "Étiqueter des images Autre", "txt": "Écrire"},
    "aims": {"time pay": "Temps libre Salaire", "pay": "Salaire"},
}


def form(
    folder: Path, survey: Rows = SURVEY, choices: Rows = CHOICES, settings: Rows = SETTINGS
) -> Path:
    return workbook(
        folder / "form.xlsx", {"survey": survey, "choices": choices, "settings": settings}
    )


def saved(
    folder: Path, rows: Sequence[Sequence[object]], name: str = "a.csv", delimiter: str = ","
) -> Path:
    (folder / name).write_text(csv_text(rows, delimiter), encoding="utf-8")
    return folder / name


def headed(rows: Rows, names: Mapping[str, str]) -> Rows:
    return [[names.get(str(name), name) for name in rows[0]], *rows[1:]]


def without(rows: Rows, *names: str) -> Rows:
    kept = [place for place, name in enumerate(rows[0]) if name not in names]
    return [[row[place] for place in kept] for row in rows]


def answers(words: Mapping[str, Mapping[object, object]], rows: Rows = NAMES) -> Rows:
    """Return rows with the codes of some questions in words."""
    header = rows[0]
    pairs = [list(zip(header, row, strict=True)) for row in rows[1:]]
    return [
        header,
        *([words.get(str(name), {}).get(cell, cell) for name, cell in row] for row in pairs),
    ]


def test_codes_in_the_frame_and_the_form_in_the_codebook(tmp_path: Path) -> None:
    data = read(saved(tmp_path, NAMES), structure=form(tmp_path))
    frame, codebook = data.frame, data.codebook
    assert list(frame) == [
        *(
            "start",
            "hours",
            "other_job",
            "tasks/img",
            "tasks/txt",
            "tasks/other",
            "tasks_other",
            "born",
        ),
        *("aims/1", "aims/2", "_id", "_uuid", "_submission_time", "_index"),
    ]
    assert frame["start"][0] == pd.Timestamp("2026-01-06 15:16:21.052")
    assert (frame["hours"].dropna().tolist(), frame["other_job"].tolist()) == ([10, 3], [1, 0, 1])
    assert cells(data, "tasks/img", "tasks/txt", "tasks/other") == [
        [1, "", 0],
        [0, "", 1],
        [1, "", 0],
    ]
    assert (frame["aims/1"].dropna().tolist(), frame["aims/2"].dropna().tolist()) == (
        ["time", "pay"],
        ["pay"],
    )
    assert [str(day)[:10] for day in frame["born"].dropna()] == ["1990-05-01", "1985-12-31"]
    assert (codebook.title, codebook.languages) == (Text.same("Workers"), ("fr", "en"))
    hours, work = "Heures par semaine ?", Text("Travail", "Work")
    assert codebook["hours"] == Variable(
        "hours",
        Text(hours, "Hours a week?"),
        Text(hours, "Hours a week? All jobs"),
        measure="scale",
        group=work,
    )
    assert codebook["other_job"].values == {1: Text("Oui", "Yes"), 0: Text("Non", "No")}
    which, rank = (
        Text("Quelles tâches ?", "Which tasks?"),
        Text("Classez les buts", "Rank the aims"),
    )
    boxes = {0: Text("non cité", "not mentioned"), 1: Text("cité", "mentioned")}
    label = Text("Étiqueter des images", "Label images")
    assert codebook["tasks/img"] == Variable(
        "tasks/img", label, which, boxes, "nominal", group=work, part_of="tasks"
    )
    assert codebook["tasks/other"].label == Text("Autre", "Other")
    assert codebook["tasks_other"].label == Text("Autre : précisez", "Other: specify")
    assert codebook["tasks_other"].part_of == "tasks"
    assert codebook["aims/2"].values == {
        "pay": Text("Salaire", "Pay"),
        "time": Text("Temps libre", "Free time"),
    }
    assert codebook.sets == {
        "tasks": Responses("tasks", ["tasks/img", "tasks/txt", "tasks/other"], label=which),
        "aims": Responses("aims", ["aims/1", "aims/2"], label=rank, kind="categories"),
    }
    assert (
        codebook.origin.reader
        == "KoboToolbox or ODK, delimited text, utf-8, delimiter `,`, with `form.xlsx`"
    )
    assert codebook.origin.notices == (
        Text(
            "Laissés de côté, car ils identifient les répondants ou les lieux\u00a0: `deviceid`, `home`, "
            "`_home_latitude` "
            '(`private="keep"` les garde).',
            "Left out, because they identify respondents or places: `deviceid`, `home`, `_home_latitude` "
            '(`private="keep"` keeps them).',
        ),
        Text(
            "À l’heure de l’appareil, sans le décalage horaire\u00a0: `start`.",
            "In the local time of the device, without its UTC offset: `start`.",
        ),
        Text(
            "Peuvent identifier des personnes\u00a0: `born`. Voir `data.identifiers()`\u202f; "
            '`data.pseudonymise` les remplace (`private="keep"` supprime cet avis).',
            "May identify people: `born`. See `data.identifiers()`; `data.pseudonymise` "
            "replaces them "
            '(`private="keep"` silences this notice).',
        ),
    )


EXPORTS = {
    "names": NAMES, "groups": headed(NAMES, GROUPED), "labels as headers": headed(NAMES, FRENCH),
    "labels as answers": answers(IN_WORDS), "labels everywhere": headed(answers(IN_WORDS), FRENCH),
    "one cell alone": without(NAMES, "tasks/img", "tasks/txt", "tasks/other"),
    "one cell alone, in labels": without(answers(IN_WORDS), "tasks/img", "tasks/txt", "tasks/other"),
    "columns alone": without(NAMES, "tasks"),
}  # fmt: skip


@pytest.mark.parametrize("export", EXPORTS)
def test_every_export_is_the_same_data(tmp_path: Path, export: str) -> None:
    rows, described = EXPORTS[export], form(tmp_path)
    expected = read(saved(tmp_path, NAMES, "expected.csv"), structure=described)
    for kind in ("csv", "semicolons", "xlsx"):
        if kind == "xlsx":
            path = workbook(tmp_path / "a.xlsx", {"Workers": rows})
        else:
            path = saved(tmp_path, rows, f"{kind}.csv", "," if kind == "csv" else ";")
        data = read(path, structure=described)
        pd.testing.assert_frame_equal(data.frame, expected.frame)
        assert data.codebook.variables == expected.codebook.variables
        assert data.codebook.sets == expected.codebook.sets
        notice = "Answers exported as labels (fr), converted to the codes of the form."
        assert (notice in notices(data)) == (rows[1:] != NAMES[1:] and "Oui" in str(rows))


def test_what_identifies_people_is_kept_on_request(tmp_path: Path, refused: Any) -> None:
    path, described = saved(tmp_path, NAMES), form(tmp_path)
    data = read(path, structure=described, private="keep")
    assert data.frame["deviceid"].tolist() == ["x:1", "x:2", "x:3"]
    assert data.frame["_home_latitude"].dropna().tolist() == [48.8]
    refused(lambda: read(path, structure=described, columns=["hours", "home"]), ColumnError)
    rows = [["spot", "rate", "_uuid"], ["48.85 2.35 0 5.0", "48.85 2.35", "u1"], ["", "", "u2"]]
    data = read(saved(tmp_path, rows))
    assert list(data.frame) == ["rate", "_uuid"]
    assert notices(data) == [
        'Left out, because they identify respondents or places: `spot` (`private="keep"` keeps them).'
    ]


def test_na_is_an_answer_unless_r_wrote_the_file(tmp_path: Path) -> None:
    def answered(*rows: Sequence[object]) -> list[object]:
        data = read(saved(tmp_path, [["work", "_notes", "_uuid"], *rows]))
        return [None if pd.isna(each) else each for each in data.frame["work"]]

    assert answered(["NA", "x", "u1"], ["b", "y", "u2"]) == ["NA", "b"]
    assert answered(["NA", "", "u1"], ["b", "NA", "u2"]) == ["NA", "b"]
    assert answered(["NA", "NA", "u1"], ["b", "NA", "u2"]) == [None, "b"]


def test_questions_that_nobody_answered_keep_their_columns(tmp_path: Path) -> None:
    survey: Rows = [
        ["type", "name"],
        ["select_multiple_from_file a.csv", "towns"],
        ["rank aims", "aims"],
    ]
    data = read(
        saved(tmp_path, [["towns", "aims", "_uuid"], ["", "", "u"]]),
        structure=form(tmp_path, survey),
    )
    assert list(data.frame) == ["towns", "aims/1", "_uuid"]
    assert data.frame[["towns", "aims/1"]].isna().all(axis=None)
    answered = read(
        saved(tmp_path, [["towns", "_uuid"], ["a b", "u"]]), structure=form(tmp_path, survey)
    )
    assert (answered.frame.iloc[0].tolist(), list(answered.codebook.sets)) == (
        [1, 1, "u"],
        ["towns"],
    )
    # an ordinary question named as a device is kept
    survey: Rows = [["type", "name", "label"], ["text", "email", "How do you use e-mail?"]]
    rows = [["email", "username", "_uuid"], ["often", "ann", "u1"]]
    data = read(saved(tmp_path, rows), structure=form(tmp_path, survey))
    assert list(data.frame) == ["email", "_uuid"]
    assert data.codebook["email"].label == Text.same("How do you use e-mail?")
    assert data.codebook.languages == ("fr",)
    rows = headed(NAMES, GROUPED)
    data = read(
        saved(tmp_path, rows), structure=form(tmp_path), columns=["tasks", "work/hours"], rows=1
    )
    assert list(data.frame) == ["tasks/img", "tasks/txt", "tasks/other", "hours"]
    assert (data.frame["hours"].tolist(), list(data.codebook.sets)) == ([10], ["tasks"])


def test_answers_beyond_the_form(tmp_path: Path) -> None:
    rows = without(NAMES, "tasks/img", "tasks/txt", "tasks/other")
    changed = answers({"other_job": {0: "perhaps"}, "tasks": {"txt": "txt old"}}, rows)
    data = read(saved(tmp_path, changed), structure=form(tmp_path))
    assert data.frame["other_job"].tolist() == ["1", "perhaps", "1"]
    assert list(data.codebook["other_job"].values) == ["1", "0"]
    assert data.codebook.sets["tasks"].columns == (
        "tasks/img",
        "tasks/txt",
        "tasks/other",
        "tasks/old",
    )
    assert data.frame["tasks/old"].dropna().tolist() == [0, 1]
    assert (
        "Answers that are in no list of the form, kept as written: `other_job` (1), `tasks` (1)."
        in notices(data)
    )
    # a cell and its columns that disagree
    changed = answers({"tasks": {"txt": "img txt"}})
    data = read(saved(tmp_path, changed), structure=form(tmp_path))
    assert cells(data, "tasks/img") == [[1, "", 0]]
    followed = "Rows where the list of answers and its columns disagree; the columns are followed: `tasks` (1)."
    assert followed in notices(data)
    # choices that the form has no longer
    rows = [["tasks", "tasks/img", "tasks/old", "_uuid"], ["old", 0, 1, "u"]]
    data = read(saved(tmp_path, rows), structure=form(tmp_path))
    assert data.frame.iloc[0].tolist() == [0, 1, "u"]
    assert data.codebook.sets["tasks"].columns == ("tasks/img", "tasks/old")
    assert data.codebook["tasks/old"].label == Text.same("old")


def test_two_questions_of_one_name_keep_their_groups(tmp_path: Path) -> None:
    survey: Rows = [["type", "name", "label"]]
    for group in ("a", "b"):
        survey += [
            ["begin group", group, group.upper()],
            ["integer", "n", f"N of {group}"],
            ["end group"],
        ]
    data = read(
        saved(tmp_path, [["a/n", "b/n", "_uuid"], [1, 2, "u"]]), structure=form(tmp_path, survey)
    )
    assert (list(data.frame), data.codebook["b/n"].label) == (
        ["a/n", "b/n", "_uuid"],
        Text.same("N of b"),
    )
    assert data.codebook["b/n"].group == Text.same("B")
    survey: Rows = [
        ["type", "name", "label", "kobo--score-choices", "kobo--rank-items"],
        ["begin_score", "trust", "Do you trust", "yn"], ["score__row", "client", "clients?"], ["end_score"],
        ["begin_rank", "best", "Which first?", None, "aims"], ["rank__level", "first", "1st"],
        ["rank__level", "second", "2nd"], ["end_rank"],
    ]  # fmt: skip
    rows = [["trust/client", "best/first", "best/second", "_uuid"], ["1", "pay", "time", "u"]]
    data = read(saved(tmp_path, rows), structure=form(tmp_path, survey))
    assert list(data.frame) == ["client", "first", "second", "_uuid"]
    assert data.codebook["client"].part_of == "trust"
    assert data.codebook["client"].values == {1: Text("Oui", "Yes"), 0: Text("Non", "No")}
    assert data.codebook["client"].group == Text.same("Do you trust")
    assert data.codebook.sets == {
        "best": Responses(
            "best", ["first", "second"], label=Text.same("Which first?"), kind="categories"
        )
    }


def test_other_writings_and_languages(tmp_path: Path) -> None:
    survey: Rows = [
        ["Type", "Name", "label:English", "label : French"],
        ["select one from yn", "a", "A?", "A ?"],
        ["select all that apply from tasks", "b", "B?", "B ?"],
    ]
    choices = [["list name", "name", "label:English", "label:French"], *CHOICES[1:]]
    rows = [["a", "b", "_uuid"], [1, "img", "u"]]
    data = read(saved(tmp_path, rows), structure=form(tmp_path, survey, choices))
    assert (data.codebook["a"].label, data.codebook["a"].values[1]) == (
        Text("A ?", "A?"),
        Text("Oui", "Yes"),
    )
    assert list(data.frame) == ["a", "b/img", "b/txt", "_uuid"]
    survey: Rows = [
        ["type", "name", "label::العربية (ar)", "label::English (en)"],
        ["text", "a", "ما اسمك ؟", "Name?"],
    ]
    data = read(
        saved(tmp_path, [["a", "_uuid"], ["x", "u"]]), structure=form(tmp_path, survey, settings=[])
    )
    assert (data.codebook["a"].label.in_("ar"), data.codebook["a"].label.en) == (
        "ما اسمك ؟",
        "Name?",
    )
    assert data.codebook.languages == ("ar", "en")


def test_language_of_answers_and_words_of_wordings() -> None:
    sex = ChoiceList({"1": {"en": "woman", "fr": "femme"}, "2": {"en": "man", "fr": "homme"}})
    for words, several, language in (
        (["femme"], False, "fr"),
        (["1"], False, ""),
        (["femme homme"], True, "fr"),
    ):
        assert language_of_answers([(np.array(words, dtype=object), sex, several)]) == language
    assert (
        strip_markdown("# **Age**<br/>in <b>years</b> &amp; [help](a.html)\n")
        == "Age in years & help"
    )


def test_the_form_beside_and_a_codebook_over_it(tmp_path: Path) -> None:
    form(tmp_path).rename(tmp_path / "a.xlsform.xlsx")
    given = Codebook({"hours": Variable("hours", missing={3: "does not know"})})
    data = read(saved(tmp_path, NAMES), codebook=given)
    assert data.codebook["hours"].label.en == "Hours a week?"
    assert data.codebook.reasons["hours"] == {"does not know": 1, "system": 1}


def test_what_diplab_wrote_is_not_read_as_an_export_again(tmp_path: Path) -> None:
    data = read(saved(tmp_path, NAMES), structure=form(tmp_path), private="keep")
    written = tmp_path / "again.csv"
    write_delimited(data, written)
    back = read(written)
    assert back.codebook.origin.reader.startswith("delimited text")
    assert (list(back.frame), back.codebook.sets) == (list(data.frame), data.codebook.sets)
    # the same codebook beside a new export does not let the identifiers through
    fresh = read(
        saved(tmp_path, NAMES),
        codebook=read(tmp_path / "a.csv", structure=tmp_path / "form.xlsx").codebook,
    )
    assert "deviceid" not in fresh.frame


def test_a_workbook_of_the_same_name_is_the_form_where_it_is_one(tmp_path: Path) -> None:
    path = saved(tmp_path, NAMES)
    described = form(tmp_path).rename(tmp_path / "a.xlsx")
    assert read(path).codebook["hours"].label.en == "Hours a week?"
    workbook(described, {"answers": [["hours"], [1]]})
    assert not read(path).codebook["hours"].label
    described.write_bytes(b"PK")
    assert not read(path).codebook["hours"].label


PERSONS: Rows = [
    ["name", "adult", "_index", "_parent_table_name", "_parent_index", "_submission__id"],
    ["Ann", 1, 1, "Workers", 1, 71], ["Bob", 0, 2, "Workers", 3, 73], ["Cid", 1, 3, "Workers", 3, 73],
]  # fmt: skip
PETS: Rows = [
    ["name", "_index", "_parent_table_name", "_parent_index", "_submission__id"],
    ["Rex", 1, "person", 3, 73],
    ["Tom", 2, "person", 1, 71],
]


def repeated(folder: Path, persons: Rows = PERSONS, pets: Rows = PETS, main: Rows = NAMES) -> Path:
    return workbook(folder / "a.xlsx", {"Workers": main, "person": persons, "pet": pets})


def test_repeated_groups_are_linked(tmp_path: Path) -> None:
    data = read(repeated(tmp_path), structure=form(tmp_path))
    assert list(data.linked) == ["person", "pet"]
    person, pet = data.linked["person"], data.linked["pet"]
    assert (person.key, person.foreign) == ("_index", "_parent_index")
    assert (pet.key, pet.foreign) == ("_index", "_main_index")
    assert person.table.frame["adult"].tolist() == [1, 0, 1]
    assert person.table.codebook["adult"].values == {1: Text("Oui", "Yes"), 0: Text("Non", "No")}
    assert person.table.codebook["name"].label == Text("Nom ?", "Name?")
    assert pet.table.codebook["name"].label.en == "Name of the pet?"
    # Rex hangs on Cid, who hangs on the third worker
    assert pet.table.frame["_main_index"].tolist() == [3, 1]
    nested = person.table.linked["pet"]
    assert (nested.key, nested.foreign) == ("_index", "_parent_index")
    assert nested.table.frame["name"].tolist() == ["Rex", "Tom"]
    assert data.codebook.origin.reader == "KoboToolbox or ODK, sheet `Workers`, with `form.xlsx`"
    # rows of linked tables follow those of the main one
    data = read(repeated(tmp_path), structure=form(tmp_path), rows=1)
    assert data.linked["person"].table.frame["name"].tolist() == ["Ann"]
    assert data.linked["pet"].table.frame["name"].tolist() == ["Tom"]
    assert read(repeated(tmp_path), structure=form(tmp_path), columns=["hours"]).linked == {}
    given = Codebook({"hours": Variable("hours", label=Text("heures", "hours"))})
    data = read(repeated(tmp_path), structure=form(tmp_path), codebook=given)
    assert (data.codebook["hours"].label.fr, len(data.linked["person"].table)) == ("heures", 3)


def test_rows_that_hang_on_nothing_are_counted(tmp_path: Path) -> None:
    lost = [*PERSONS, ["Dan", 1, 4, "Workers", 99, 99], ["Eve", 1, 5, "Workers", None, None]]
    data = read(repeated(tmp_path, lost), structure=form(tmp_path))
    notice = Text(
        "Lignes de `person` qui ne se rattachent à aucune ligne de `Workers` par `_parent_index` : "
        "2.",
        "Rows of `person` that belong to no row of `Workers` by `_parent_index`: 2.",
    )
    assert notice in data.codebook.origin.notices
    assert notice in data.linked["person"].table.codebook.origin.notices
    assert len(data.linked["person"].table) == 5
    # tables that hang on each other
    circle = [PERSONS[0], *([*row[:3], "pet", *row[4:]] for row in PERSONS[1:])]
    data = read(repeated(tmp_path, circle), structure=form(tmp_path))
    assert sorted(data.linked) == ["person", "pet"]


CENTRAL: Rows = [
    [
        *(
            "SubmissionDate",
            "start",
            "deviceid",
            "work-hours",
            "work-tasks",
            "work-tasks/img",
            "work-tasks/txt",
        ),
        *("home-Latitude", "home-Longitude", "meta-instanceID", "KEY", "SubmitterName"),
    ],
    [
        *("2026-01-06T14:20:00.000Z", "2026-01-06T15:16:21.052+01:00", "x", 10, "img", 1, 0),
        *(48.8, 2.3, "uuid:1", "uuid:1", "Ann"),
    ],
    [
        *("2026-01-07T14:20:00.000Z", "2026-01-07T15:16:21.052+01:00", "x", 7, "", "", ""),
        *("", "", "uuid:2", "uuid:2", "Ann"),
    ],
]
CENTRAL_PERSONS: Rows = [
    ["name", "adult", "PARENT_KEY", "KEY"],
    ["Bob", 1, "uuid:2", "uuid:2/person[1]"],
    ["Ann", 0, "uuid:1", "uuid:1/person[1]"],
]
CENTRAL_PETS: Rows = [
    ["name", "PARENT_KEY", "KEY"],
    ["Rex", "uuid:2/person[1]", "uuid:2/person[1]/pet[1]"],
]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_odk_central(tmp_path: Path, kind: str) -> None:
    files = {"w.csv": CENTRAL, "w-person.csv": CENTRAL_PERSONS, "w-person-pet.csv": CENTRAL_PETS}
    described = form(tmp_path)
    for name, rows in files.items():
        saved(tmp_path, rows, name)
    path = tmp_path / "w.csv"
    if kind == "zip":
        path = tmp_path / "w.csv.zip"
        with zipfile.ZipFile(path, "w") as made:
            for name, rows in files.items():
                made.writestr(name, csv_text(rows))
            made.writestr("media/a.csv", "KEY\n")
    data = read(path, structure=described)
    assert list(data.frame) == [
        *("SubmissionDate", "start", "hours", "tasks/img", "tasks/txt", "meta-instanceID", "KEY")
    ]
    assert data.frame["hours"].tolist() == [10, 7]
    assert data.frame["SubmissionDate"][0] == pd.Timestamp("2026-01-06 14:20")
    links = {name: (link.key, link.foreign) for name, link in data.linked.items()}
    assert links == {"person": ("KEY", "PARENT_KEY"), "pet": ("KEY", "_main_KEY")}
    assert data.linked["pet"].table.frame["_main_KEY"].tolist() == ["uuid:2"]
    assert data.linked["person"].table.linked["pet"].foreign == "PARENT_KEY"
    assert data.linked["person"].table.codebook["adult"].label.fr == "Adulte ?"
    assert "`home-Latitude`, `home-Longitude`, `SubmitterName` " in notices(data)[0]


def test_what_is_refused(tmp_path: Path, refused: Any) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("a.txt", "x")
    refused(lambda: read(tmp_path / "a.zip", file_format="kobo"), LoadError)
    # a form in an old workbook
    (tmp_path / "form.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    refused(lambda: read(saved(tmp_path, NAMES), structure=tmp_path / "form.xls"), LoadError)
    # more words than a question has choices
    essay = " ".join(f"w{number}" for number in range(1_001))
    rows = without(answers({"tasks": {"txt": essay}}), "tasks/img", "tasks/txt", "tasks/other")
    refused(lambda: read(saved(tmp_path, rows), structure=form(tmp_path)), LoadError)
    # groups that are never closed
    survey: Rows = [["type", "name"], *(["begin_group", f"g{number}"] for number in range(101))]
    refused(lambda: read(saved(tmp_path, NAMES), structure=form(tmp_path, survey)), LoadError)
    other = workbook(tmp_path / "other.xlsx", {"data": [["a"]]})
    refused(lambda: read(saved(tmp_path, NAMES), structure=other), LoadError)
    labels = saved(tmp_path, [["a", "b"]], "labels.csv")
    refused(lambda: read(saved(tmp_path, NAMES), structure=labels), LoadError)
    twice = [*NAMES, NAMES[-1]]
    refused(lambda: read(repeated(tmp_path, main=twice), structure=form(tmp_path)), LoadError)


def test_other_files_are_left_to_their_readers(tmp_path: Path) -> None:
    assert read(saved(tmp_path, [["a"], [1]])).codebook.origin.reader.startswith("delimited text")
    book = workbook(tmp_path / "b.xlsx", {"s": [["a", "b"], ["_uuid", 1]]})
    # a cell that merely reads `_uuid` in the second row is looked at, and the answers are the same
    assert read(book).frame["b"].tolist() == [1]


@pytest.mark.shared
def test_real_repeated_groups(shared: Path) -> None:
    data = read(shared / "data/loaders/kobo/data_rg.main.csv")
    links = {name: (len(link.table), link.foreign) for name, link in data.linked.items()}
    inner, outer = "_parent_index", "_main_index"
    assert links == {
        "demo": (7, inner),
        "education": (7, inner),
        "hobbies_list": (14, outer),
        "lang_list": (4, outer),
    }
    demo = data.linked["demo"].table
    assert sorted(demo.linked) == ["hobbies_list", "lang_list"]
    # the form asked how many people and hobbies there were before it repeated its questions
    assert demo.frame["_parent_index"].value_counts().sort_index().tolist() == (
        data.frame["family_count"].tolist()
    )
    hobbies = demo.linked["hobbies_list"].table.frame["_parent_index"].value_counts().sort_index()
    assert hobbies.tolist() == demo.frame["hobby"].tolist()
    assert (
        data.linked["hobbies_list"].table.frame["_main_index"].tolist()
        == [1] * 3 + [2] * 4 + [3] * 7
    )
    langs = ("langs_1", "langs_2", "langs_3", "langs_99")
    assert data.linked["lang_list"].table.codebook.sets["langs"].columns == langs


@pytest.mark.shared
@pytest.mark.parametrize("name", ["data_sm", "data_sm_label"])
def test_real_multiple_answers_in_codes_and_in_labels(shared: Path, name: str) -> None:
    data = read(shared / f"data/loaders/kobo/{name}.csv")
    boxes = [f"pet_type_{code}" for code in range(1, 6)]
    assert data.codebook.sets["pet_type"].columns == tuple(boxes)
    assert [data.codebook[box].label.en for box in boxes] == [
        "rabbit",
        "chicken",
        "dog",
        "cat",
        "turtle",
    ]
    asked = Text.same("What type of pet do you own ?")
    assert data.codebook.sets["pet_type"].label == asked
    assert "pet_type" not in data.frame
    np.testing.assert_array_equal(data.frame[boxes].sum(axis=1, min_count=1), [3, np.nan, 1, 1, 2])
    assert data.frame["_submission_time"][0] == pd.Timestamp("2022-05-09 18:33:15")
    assert str(data.frame["today"][0])[:10] == "2022-05-09"


@pytest.mark.shared
def test_real_languages(shared: Path) -> None:
    questions = {
        "fr": "Avez-vous un animal de compagnie ?", "en": "Do you have any pet?", "ar": "هل تمتلك حيوانا أليفا ؟",
    }  # fmt: skip
    for language, asked in questions.items():
        data = read(shared / f"data/loaders/kobo/data_ml_{language}.csv")
        assert data.codebook["pet_yesno"].question.fr == asked
        assert data.frame["pet_yesno"].tolist() == [0, 1, 0, 1, 1]
        assert data.frame["full_name"].tolist() == [
            "Jean-Pierre",
            "Fatim",
            "Ahmad",
            "Michelle",
            "إبراهيم",
        ]


def test_columns_of_one_label_are_numbered(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Comment,Comment,_uuid\nx,y,u1\n", encoding="utf-8")
    data = read(tmp_path / "a.csv")
    assert cells(data, "Comment", "Comment_2") == [["x"], ["y"]]
    assert "'Comment' → `Comment_2`" in notices(data)[0]
