"""JSON of forms: the same answers are the same data as in the other exports.

The records are laid out as KoboToolbox's API v2 (`/api/v2/assets/UID/data/?format=json`), ODK
Central's OData (`Submissions?$expand=*`) and Typeform's Responses API document them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.read import read
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text
from tests.loaders.factories import cells, notices
from tests.loaders.test_kobo import (
    CENTRAL,
    CENTRAL_PERSONS,
    CENTRAL_PETS,
    NAMES,
    PERSONS,
    PETS,
    form,
    repeated,
    saved,
)

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, content: object, name: str = "a.json") -> Path:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def kobo() -> list[dict[str, Any]]:
    """Return the submissions of the workbook of `repeated` as the server gives them."""
    # numbers are words; questions without an answer are absent, choices have no columns; a repeated
    # group is a list
    paths = {"hours": "work/hours", "other_job": "work/other_job", "tasks": "work/tasks"}
    paths |= {"tasks_other": "work/tasks_other"}
    records = []
    for row in NAMES[1:]:
        fields = dict(zip(map(str, NAMES[0]), row, strict=True))
        record: dict[str, Any] = {"_id": fields["_id"], "formhub/uuid": "f"}
        record |= {
            paths.get(name, name): str(value)
            for name, value in fields.items()
            if value is not None
            and "/" not in name
            and name not in ("_id", "_index", "_home_latitude")
        }
        persons = []
        for person in PERSONS[1:]:
            if person[4] == fields["_index"]:
                pets = [{"person/pet/name": pet[0]} for pet in PETS[1:] if pet[3] == person[2]]
                persons.append(
                    {"person/name": person[0], "person/adult": str(person[1])}
                    | ({"person/pet": pets} if pets else {})
                )
        record |= {"person": persons} if persons else {}
        record |= {
            "_geolocation": [48.8, 2.3],
            "_attachments": [{"download_url": "https://k/1.jpg"}],
            "_tags": [],
        }
        records.append(
            record
            | {"_validation_status": {"uid": "v", "label": "Approved"}, "_submitted_by": "ann"}
        )
    return records


@pytest.mark.parametrize("layout", ["page", "list", "lines", "lines under .json"])
def test_submissions_of_kobo_are_those_of_its_workbook(tmp_path: Path, layout: str) -> None:
    described = form(tmp_path)
    expected = read(repeated(tmp_path), structure=described)
    lines = "".join(f"{json.dumps(each)}\n" for each in kobo())
    path = {
        "page": lambda: written(
            tmp_path, {"count": 3, "next": None, "previous": None, "results": kobo()}
        ),
        "list": lambda: written(tmp_path, kobo()),
        "lines": lambda: written(tmp_path, lines, "a.jsonl"),
        "lines under .json": lambda: written(tmp_path, lines),
    }[layout]()
    data = read(path, structure=described)
    # what only the other layout writes: `formhub/uuid`, states; and the order, which is that of the
    # server
    names = [name for name in expected.frame if name in data.frame]
    assert sorted(set(expected.frame) - set(names)) == []
    pd.testing.assert_frame_equal(data.frame[names], expected.frame)
    assert set(data.frame) - set(names) == {"formhub/uuid", "_tags", "_validation_status"}
    assert data.frame["_validation_status"].tolist() == ["Approved"] * 3
    assert data.codebook["hours"] == expected.codebook["hours"]
    assert data.codebook.sets == expected.codebook.sets
    assert data.codebook.origin.reader == "JSON, with `form.xlsx`"
    assert {name: (each.key, each.foreign) for name, each in data.linked.items()} == {
        "person": ("_index", "_parent_index"), "pet": ("_index", "_main_index"),
    }  # fmt: skip
    for name, columns in {
        "person": ["name", "adult", "_parent_index"],
        "pet": ["name", "_main_index"],
    }.items():
        here, there = (
            each.linked[name].table.frame[columns].sort_values("name") for each in (data, expected)
        )
        assert here.to_numpy().tolist() == there.to_numpy().tolist()
    assert data.linked["person"].table.linked["pet"].table.frame["_parent_index"].tolist() == [1, 3]
    assert data.linked["person"].table.codebook["adult"].values == {
        1: Text("Oui", "Yes"),
        0: Text("Non", "No"),
    }
    assert notices(data)[0] == (
        "Left out, because they identify respondents or places: `deviceid`, `home`, `_geolocation`, "
        "`_attachments`, "
        '`_submitted_by` (`private="keep"` keeps them).'
    )


def central() -> list[dict[str, Any]]:
    """Return the submissions of `CENTRAL` and its repeated groups as OData."""
    submissions = []
    for row in CENTRAL[1:]:
        fields = dict(zip(map(str, CENTRAL[0]), row, strict=True))
        persons = [
            {
                "__id": person[3], "__Submissions-id": person[2], "name": person[0], "adult": str(person[1]),
                "pet": [
                    {"__id": pet[2], "__Submissions-person-id": pet[1], "name": pet[0]}
                    for pet in CENTRAL_PETS[1:] if pet[1] == person[3]
                ],
            }
            for person in CENTRAL_PERSONS[1:] if person[2] == fields["KEY"]
        ]  # fmt: skip
        place = {"type": "Point", "coordinates": [2.3, 48.8, 35], "properties": {"accuracy": 4.5}}
        submissions.append(
            {
                "__id": fields["KEY"],
                "__system": {
                    "submissionDate": fields["SubmissionDate"], "submitterId": "7", "submitterName": "Ann",
                    "deviceId": None, "edits": 0, "reviewState": None,
                },
                "meta": {"instanceID": fields["meta-instanceID"]}, "start": fields["start"], "deviceid": "x",
                "work": {"hours": fields["work-hours"], "tasks": fields["work-tasks"] or None},
                "home": place if fields["home-Latitude"] else None, "person": persons,
            }
        )  # fmt: skip
    return submissions


def test_submissions_of_odk_central_are_those_of_its_files(tmp_path: Path) -> None:
    described = form(tmp_path)
    for name, rows in {
        "w.csv": CENTRAL,
        "w-person.csv": CENTRAL_PERSONS,
        "w-person-pet.csv": CENTRAL_PETS,
    }.items():
        saved(tmp_path, rows, name)
    expected = read(tmp_path / "w.csv", structure=described)
    content = {
        "@odata.context": "https://c/$metadata#Submissions",
        "@odata.count": 2,
        "value": central(),
    }
    data = read(written(tmp_path, content), structure=described)
    names = list(expected.frame)
    pd.testing.assert_frame_equal(data.frame[names], expected.frame)
    # the CSV has no column of a choice that nobody made
    assert set(data.frame) - set(names) == {"Edits", "ReviewState", "tasks/other"}
    assert data.codebook.sets["tasks"].columns == (
        *expected.codebook.sets["tasks"].columns,
        "tasks/other",
    )
    assert data.codebook["SubmissionDate"] == expected.codebook["SubmissionDate"]
    for name in ("person", "pet"):
        here, there = data.linked[name], expected.linked[name]
        assert (here.key, here.foreign) == (there.key, there.foreign)
        key = ["KEY"]
        pd.testing.assert_frame_equal(
            here.table.frame.sort_values(key, ignore_index=True)[list(there.table.frame)],
            there.table.frame.sort_values(key, ignore_index=True),
        )
    left_out = "`SubmitterID`, `SubmitterName`, `DeviceID`, `deviceid`, `home`"
    assert notices(data)[0].startswith(
        f"Left out, because they identify respondents or places: {left_out} "
    )
    kept = read(tmp_path / "a.json", structure=described, private="keep")
    assert kept.frame["home"].tolist()[0] == "48.8 2.3 35 4.5"


def test_pages_and_groups_that_are_elsewhere_are_pointed_out(tmp_path: Path) -> None:
    first = {
        "__id": "uuid:1",
        "age": 30,
        "person@odata.navigationLink": "Submissions('uuid%3A1')/person",
    }
    data = read(
        written(
            tmp_path, {"@odata.context": "c", "@odata.nextLink": "https://c/next", "value": [first]}
        )
    )
    assert data.codebook.origin.notices == (
        Text(
            "Une seule page des données du serveur a été lue\u00a0: 1 enregistrements.",
            "Only one page of the server’s data was read: 1 records.",
        ),
        Text(
            "Groupes répétés que le fichier ne contient pas\u00a0: `person` (`$expand=*` les "
            "télécharge aussi).",
            "Repeated groups that the file does not hold: `person` (`$expand=*` downloads them "
            "too).",
        ),
    )
    data = read(written(tmp_path, {"count": 3, "next": None, "results": kobo()[:2]}))
    assert notices(data)[0] == "Only one page of the server’s data was read: 2 records."
    # places are known without the form too, as shapes and as well-known text
    shape = {"type": "LineString", "coordinates": [[2.3, 48.8], [2.4, 48.9, 35]]}
    placed = {"__id": "uuid:1", "walk": shape, "spot": "POINT (2.3 48.8 35)", "rate": "2.3 48.8"}
    data = read(written(tmp_path, {"value": [placed]}))
    assert list(data.frame) == ["rate", "KEY"]
    # a table of its own, with the key of its submission
    alone = {"value": [{"__id": "k1", "__Submissions-id": "uuid:1", "name": "Ann"}]}
    assert cells(read(written(tmp_path, alone)), "KEY", "PARENT_KEY", "name") == [
        ["k1"],
        ["uuid:1"],
        ["Ann"],
    ]


def typeform() -> dict[str, Any]:
    def answer(ref: str, kind: str, value: object) -> dict[str, Any]:
        return {"field": {"id": f"id-{ref}", "ref": ref, "type": "x"}, "type": kind, kind: value}

    def response(
        token: str, answers: list[dict[str, Any]] | None, **metadata: str
    ) -> dict[str, Any]:
        times = {"landed_at": "2026-01-06T14:20:00Z", "submitted_at": "2026-01-06T14:25:30Z"}
        about = {
            "metadata": {"network_id": "n", "user_agent": "Firefox", "platform": "other"},
            "hidden": {"wave": "2"},
        }
        return {"token": token, "response_id": token, **times, **about, "answers": answers}

    first = [
        answer("age", "number", 34), answer("job", "choice", {"id": "c1", "label": "Employee"}),
        answer("uses", "choices", {"labels": ["mail", "films"]}), answer("mail", "email", "ada@example.org"),
        answer("paid", "boolean", True), answer("born", "date", "1991-02-03T00:00:00.000Z"),
        answer("code", "text", "01000"),
    ]  # fmt: skip
    second = [
        answer("age", "number", 41.5), answer("sex", "choice", {"label": "F"}),
        answer("job", "choice", {"other": "own boss"}),
        answer("uses", "choices", {"labels": ["mail"], "other": "maps"}),
        answer("file", "file_url", "https://api/file.pdf"), answer("paid", "boolean", False),
    ]  # fmt: skip
    items = [response("t1", first), response("t2", second), response("t3", None)]
    return {"total_items": 3, "page_count": 1, "items": items}


def test_responses_of_typeform(tmp_path: Path, refused: Any) -> None:
    questions = [
        {"id": "id-age", "ref": "age", "title": "How <b>old</b>?", "type": "number"},
        {
            "ref": "group",
            "title": "Work",
            "properties": {"fields": [{"ref": "uses", "title": "What do you use?"}]},
        },
    ]
    asked = written(tmp_path, {"id": "f", "title": "Survey", "fields": questions}, "form.json")
    data = read(written(tmp_path, typeform()), structure=asked)
    assert list(data.frame) == [
        "token", "response_id", "landed_at", "submitted_at", "metadata/platform", "hidden/wave",
        "age", "sex", "job", "uses_1", "uses_2", "uses_other", "paid", "born", "code",
    ]  # fmt: skip
    assert data.frame["submitted_at"][0] == pd.Timestamp("2026-01-06 14:25:30")
    assert cells(data, "age", "sex", "job") == [
        [34, 41.5, ""],
        ["", "F", ""],
        ["Employee", "own boss", ""],
    ]
    assert cells(data, "uses_1", "uses_2", "uses_other") == [
        [1, 1, ""],
        [1, 0, ""],
        ["", "maps", ""],
    ]
    assert cells(data, "paid", "code", "hidden/wave") == [
        [True, False, ""],
        ["01000", "", ""],
        ["2"] * 3,
    ]
    assert str(data.frame["born"][0])[:10] == "1991-02-03"
    uses = Text.same("What do you use?")
    assert data.codebook.sets == {"uses": Responses("uses", ["uses_1", "uses_2"], label=uses)}
    assert data.codebook["age"].question == Text.same("How old?")
    assert [str(data.codebook[name].label) for name in ("uses_1", "uses_2")] == ["mail", "films"]
    left_out = "`metadata/user_agent`, `metadata/network_id`, `mail`, `file`"
    assert notices(data)[0].startswith(
        f"Left out, because they identify respondents or places: {left_out} "
    )
    refused(lambda: read(tmp_path / "a.json", columns=["age", "mail"]), ColumnError)
    # nobody answered: what tells the device is left out all the same
    nobody = typeform() | {"items": [typeform()["items"][2] | {"answers": []}], "total_items": 1}
    assert "metadata/network_id" not in read(written(tmp_path, nobody, "b.json")).frame
    # what a webhook sends, a line each, with the form
    sent = [
        {"event_id": "e", "form_response": {**each, "definition": {"fields": questions}}}
        for each in typeform()["items"]
    ]
    lines = "\n".join(map(json.dumps, sent))
    again = read(written(tmp_path, lines, "sent.jsonl"))
    pd.testing.assert_frame_equal(again.frame, data.frame)
    assert again.codebook.sets == data.codebook.sets


def test_a_plain_list_keeps_the_kind_of_its_values(tmp_path: Path) -> None:
    people = [
        {"id": 1, "code": "01", "pay": 12.5, "works": True, "odd": 1, "uses": ["a", "b"], "home": {"town": "Lyon"}},
        {"id": 2, "code": "75", "pay": float("nan"), "works": None, "odd": "b", "uses": [], "home": {"size": 2}},
        {"id": 3, "pay": 9, "works": False, "odd": True, "uses": ["a"], "new": 10**20},
    ]  # fmt: skip
    for name, content in {"a.json": people, "b.ndjson": "\n".join(map(json.dumps, people))}.items():
        data = read(written(tmp_path, content, name))
        assert data.codebook.origin.reader == "JSON"
        # a field that is new stands behind the one before it in its record
        columns = [
            "id",
            "code",
            "pay",
            "works",
            "odd",
            "uses_1",
            "uses_2",
            "new",
            "home/size",
            "home/town",
        ]
        assert list(data.frame) == columns
        assert cells(data, "id", "code", "pay", "works") == [
            [1, 2, 3], ["01", "75", ""], [12.5, "", 9.0], [True, "", False]
        ]  # fmt: skip
        assert cells(data, "odd", "home/town", "new") == [
            ["1", "b", "true"],
            ["Lyon", "", ""],
            ["", "", str(10**20)],
        ]
        # an empty list was seen
        assert cells(data, "uses_1", "uses_2") == [[1, 0, 1], [1, 0, 0]]
    # a list of records within records is a linked table, as in forms
    data = read(
        written(
            tmp_path, [{"n": 1, "trips": [{"km": 3, "by": "1"}, {"km": 4}]}, {"n": 2, "trips": []}]
        )
    )
    trips = data.linked["trips"]
    assert (trips.key, trips.foreign) == ("_index", "_parent_index")
    assert cells(trips.table, "km", "by", "_parent_index") == [[3, 4], ["1", ""], [1, 1]]
    # a codebook by hand says more, and the form of a survey applies to its own fields alone
    given = {"codebook": None, "structure": form(tmp_path)}
    data = read(written(tmp_path, [{"work/hours": "10", "other_job": "1"}]), **given)
    assert (data.frame["hours"].tolist(), data.codebook["other_job"].values[1]) == (
        [10],
        Text("Oui", "Yes"),
    )


def test_letters_of_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(
        "\ufeff".encode() + b'[{"a": "\\ud83d\\ude00 \\u00e9", "b": "x \\ud83d"}]'
    )
    data = read(tmp_path / "a.json")
    assert data.frame.iloc[0].tolist() == ["\U0001f600 é", "x \ufffd"]
    assert notices(data) == [
        (
            "It holds the mark of a lost character (U+FFFD) 1 times: they were lost before this file was "
            "written."
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}', "[]", '{"count": 0, "results": []}', "[1, 2]", '{"a": [{"b": 1}], "c": [{"d": 1}]}', '[{"a": 1},',
        '[{"a": 1, "a": 2}]', '[{"a": Infinity}]', '[{"a": 1e999}]', f'[{{"a": {"1" * 5000}}}]',
        '{"a": 1}\n{"a": }\n', "[" * 100_000, '[{"a": ' + '{"b": ' * 950 + "1" + "}" * 950 + "}]",
        json.dumps([{f"n{place}": 1} for place in range(40_000)]),
        json.dumps([{f"n{place}": [{"a": 1}]} for place in range(300)]),
    ],
    ids=[
        "no list", "nothing", "no record", "no records", "two lists", "cut", "twice", "infinity", "large", "long",
        "line", "deep", "groups", "columns", "tables",
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, refused: Any, text: str) -> None:
    refused(lambda: read(written(tmp_path, text)), LoadError)


def test_names_of_variables_need_no_form(tmp_path: Path) -> None:
    data = read(written(tmp_path, kobo()))
    assert data.codebook["work/hours"] == Variable("work/hours")
    assert data.frame["work/hours"].dropna().tolist() == [10, 3]
    assert "email" not in read(written(tmp_path, [{"_uuid": "u", "email": "a@example.org"}])).frame
