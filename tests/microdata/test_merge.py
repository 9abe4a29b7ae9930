"""Waves and languages stacked: what they say differently is listed, and two meanings of a code are refused."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.microdata.codebook import Origin
from diplab.microdata.merge import merge
from diplab.microdata.microdata import LinkedTable
from diplab.microdata.missing import MissingCodes
from diplab.microdata.variable import MissingRange
from diplab.types import Responses

if TYPE_CHECKING:
    from pathlib import Path


def wave(frame: dict[str, Any], **variables: dict[str, Any]) -> dl.Microdata:
    book = dl.Codebook()
    for name, about in variables.items():
        book = book.described(name, **about)
    return dl.Microdata(pd.DataFrame(frame), book)


def text(words: str) -> dl.Text:
    return dl.Text.same(words)


def listed(files: dict[str, dl.Microdata]) -> list[list[Any]]:
    first, *others = files.values()
    return first.conflicts(*others, keys=list(files)).frame.values.tolist()


def test_files_are_stacked() -> None:
    first = wave(
        {"job": [1, 2], "city": ["Lyon", "Lille"]},
        job={"label": dl.Text("emploi", "job"), "values": {1: text("yes")}},
    )
    second = wave(
        {"job": [2.0], "pay": [5.5]}, job={"values": {1: text("Yes ")}, "measure": "nominal"}
    )
    both = merge({"2018": first, "2020": second})
    assert both.frame.columns.tolist() == ["wave", "job", "city", "pay"]
    assert both.frame["wave"].tolist() == ["2018", "2018", "2020"]
    assert both.frame["job"].tolist() == [1, 2, 2]
    assert both.frame["city"].isna().tolist() == [False, False, True]
    assert both.codebook.reasons == {"city": {"system": 1}, "pay": {"system": 2}}
    assert both.codebook["job"].label.fr == "emploi"
    assert both.codebook["job"].measure == "nominal"
    assert both.codebook["wave"].values == {"2018": text("2018"), "2020": text("2020")}
    assert (
        both.codebook.steps[-1].words.en
        == "Files stacked (2018 2, 2020 1 rows); differences between them: 2"
    )
    assert listed({"2018": first, "2020": second}) == [
        ["city", "absent", "", "not in 2020", False], ["pay", "absent", "", "not in 2018", False],
    ]  # fmt: skip
    both = merge({"a": wave({"pay": [None, None]}), "b": wave({"pay": [1, 2]})})
    assert both.frame["pay"].dtype == np.float64
    both = merge({"a": wave({"yes": [True, False]}), "b": wave({"yes": [1, 0]})})
    assert both.frame["yes"].tolist() == [1, 0, 1, 0]
    assert both.frame["yes"].dtype == np.int64
    flags = pd.array([True, None], dtype="boolean")
    assert merge({"a": wave({"yes": flags}), "b": wave({"yes": [1, 0]})}).frame["yes"].tolist()[
        2:
    ] == [1, 0]


def test_one_code_with_two_meanings_is_refused(refused) -> None:
    first = wave({"job": [1]}, job={"values": {1: text("permanent"), 2: text("none")}})
    second = wave({"job": [1]}, job={"values": {1: text("none"), 2: text("None")}})
    files = {"2018": first, "2020": second}
    assert listed(files) == [["job", "meaning", 1, "2018: permanent; 2020: none", True]]
    refused(lambda: merge(files), MisleadingError)
    assert merge(files, accept=["job"]).codebook["job"].values[1].en == "permanent"
    recoded = second.recode("job", {1: 2, 2: 3}, labels={2: text("none"), 3: text("other")})
    merged = merge({"2018": first, "2020": recoded})
    assert merged.frame["job"].tolist() == [1, 2]
    assert {code: label.en for code, label in merged.codebook["job"].values.items()} == {
        1: "permanent", 2: "none", 3: "other",
    }  # fmt: skip
    # what was done to a file before is remembered
    assert [step.kind for step in merged.codebook.steps] == ["recode", "merge"]


def test_what_files_say_differently_is_listed() -> None:
    first = wave(
        {"a": [1], "b": [1]},
        a={"label": text("Age of person")},
        b={"values": {1: text("x"), 2: text("y")}},
    )
    second = wave(
        {"a": ["x"], "b": [1]}, a={"label": text("age of the person")}, b={"values": {1: text("x")}}
    )
    assert listed({"1": first, "2": second}) == [
        ["a", "type", "", "1: numbers; 2: words", True],
        ["a", "wording", "", "1: Age of person; 2: age of the person", False],
        ["b", "labelled", 2, "no label in 2", False],
    ]
    with pytest.raises(MisleadingError):
        merge({"1": first, "2": second}, accept=["a"])
    shown = first.conflicts(second)
    assert "3 differences, of which 1 keep the files apart." in repr(shown)
    assert shown.refused == ["a"]
    one, two = (
        dl.Microdata(
            pd.DataFrame({"x": [1], "y": [1]}), dl.Codebook(sets={"s": Responses("s", columns)})
        )
        for columns in (["x", "y"], ["x"])
    )
    assert listed({"1": one, "2": two}) == [["s", "set", "", "1: x, y; 2: x", False]]
    files = {
        "a": wave({"hours": [20, 30]}, hours={"missing": {99: "refused"}}),
        "b": wave({"hours": [20, 99]}),
    }
    assert listed(files) == [["hours", "missing", 99, "no answer in a; an answer in b", True]]
    with pytest.raises(MisleadingError):
        merge(files, accept=["hours"])
    files["b"] = wave({"hours": [20, 95]})
    files["a"] = wave({"hours": [20, 30]}, hours={"missing_ranges": (MissingRange(90, 99),)})
    assert listed(files) == [["hours", "missing", 95, "no answer in a; an answer in b", True]]


def test_conflicts_are_told_in_french_where_asked() -> None:
    first = wave(
        {"a": [1], "b": [1], "c": [1]},
        a={"label": dl.Text("Âge", "Age")}, b={"values": {1: dl.Text("oui", "yes"), 2: dl.Text("non", "no")}},
    )  # fmt: skip
    second = wave(
        {"a": ["x"], "b": [1]},
        a={"label": dl.Text("Année", "Year")}, b={"values": {1: dl.Text("non", "no")}, "missing": {2: ""}},
    )  # fmt: skip
    found = first.conflicts(second, language="fr")
    assert found.frame[["kind", "found"]].values.tolist() == [
        ["type", "1\u00a0: nombres\u202f; 2\u00a0: texte"],
        ["wording", "1\u00a0: Âge\u202f; 2\u00a0: Année"],
        ["meaning", "1\u00a0: oui\u202f; 2\u00a0: non"],
        ["missing", "non-réponse dans 2\u202f; réponse dans 1"],
        ["absent", "absente de 2"],
    ]
    shown = repr(found)
    assert "sens d’un code" in shown
    assert "variable absente" in shown
    assert shown.endswith("Différences : 5, dont 3 qui empêchent de réunir les fichiers.")
    assert "bloquant" in found._repr_html_()
    same = first.conflicts(first, language="fr")
    assert repr(same) == "Les fichiers disent la même chose de chaque variable."


def test_missing_codes_of_all_files_are_kept() -> None:
    first = dl.Microdata(
        pd.DataFrame({"pay": [1.0, np.nan, np.nan]}), dl.Codebook().described("pay", missing={9: "refused"}),
        {"pay": MissingCodes((9,), np.array([-1, 0, -1]))},
    )  # fmt: skip
    second = dl.Microdata(
        pd.DataFrame({"pay": [np.nan, np.nan]}),
        dl.Codebook().described("pay", missing={8: "not asked", 9.0: "refused"}),
        {"pay": MissingCodes((8, 9), np.array([1, 0]))},
    )  # fmt: skip
    both = merge({"a": first, "b": second})
    assert both.codebook["pay"].missing == {9: "refused", 8: "not asked"}
    assert both.missing["pay"].places.tolist() == [-1, 0, -1, 0, 1]
    assert both.codebook.reasons["pay"] == {"refused": 2, "not asked": 1, "system": 1}
    both = merge({"a": refusing("refused", labelled=True), "b": refusing("refused", labelled=True)})
    assert both.codebook["pay"].missing == {99: "refused"}
    assert both.codebook.reasons == {"pay": {"refused": 2}}
    first = wave({"pay": np.array([1, 2], dtype=np.float32)}, pay={"values": {1: text("low")}})
    second = wave({"pay": [1.0]}, pay={"values": {1: text("low")}, "missing": {2: "refused"}})
    assert ["pay", "missing", 2, "no answer in b; an answer in a", True] in listed(
        {"a": first, "b": second}
    )


def test_names_and_files(refused) -> None:
    first = wave({"q3": [1], "q4": [2]})
    second = wave({"q4": [10], "q5": [20]}, q4={"label": text("three")})
    both = merge({"a": first, "b": second}, names={"b": {"q4": "q3", "q5": "q4"}}, into="file")
    assert both.frame[["file", "q3", "q4"]].values.tolist() == [["a", 1, 2], ["b", 10, 20]]
    assert both.codebook["q3"].label.en == "three"

    def named(file: str) -> dl.Microdata:
        origin = Origin(file=file, sha256=f"{file}-sum", reader="r", synthetic=file == "b.sav")
        return dl.Microdata(pd.DataFrame({"x": [1]}), dl.Codebook(origin=origin))

    origin = merge({"1": named("a.sav"), "2": named("b.sav")}).codebook.origin
    assert (origin.file, origin.sha256, origin.reader, origin.synthetic) == (
        "a.sav + b.sav",
        "",
        "r",
        True,
    )
    assert [each.en for each in origin.notices] == [
        "1: a.sav, sha256 a.sav-sum",
        "2: b.sav, sha256 b.sav-sum",
    ]
    refused(lambda: merge([wave({"a": [1]}), wave({"a": [2]})]), OptionError)  # type: ignore[arg-type]


def test_languages_side_by_side() -> None:
    french = wave(
        {"q1": [1]}, q1={"label": text("Emploi"), "values": {1: text("oui"), 2: text("non")}}
    )
    english = wave(
        {"q1": [2]}, q1={"label": text("Job"), "values": {1: text("yes"), 2: text("no")}}
    )
    portuguese = wave(
        {"q1": [2]}, q1={"label": text("Emprego"), "values": {1: text("sim"), 2: text("não")}}
    )
    merged = merge({"fr": french, "en": english, "pt": portuguese}, kind="language")
    assert merged.codebook["q1"].label == dl.Text("Emploi", "Job", others=(("pt", "Emprego"),))
    assert merged.codebook["q1"].values[2] == dl.Text("non", "no", others=(("pt", "não"),))
    assert merged.codebook.languages == ("fr", "en", "pt")
    assert merged.frame["language"].tolist() == ["fr", "en", "pt"]
    assert merged.describe("q1", language="pt").frame["label"].tolist() == ["sim", "não"]


def test_what_is_refused(refused: Any) -> None:
    one = wave({"x": [1]})
    hanging = dl.Microdata(one.frame, one.codebook, linked={"children": LinkedTable(one, "x", "x")})
    both = {"a": one, "b": one}
    refused(lambda: merge({"a": one}), OptionError)
    refused(lambda: merge({"a": one, "b": wave({"wave": [1]})}), ColumnError)
    refused(lambda: merge(both, names={"b": {"y": "z"}}), ColumnError)
    refused(lambda: merge(both, names={"c": {}}), OptionError)
    refused(lambda: merge({"a": one, "b": hanging}), OptionError)
    refused(lambda: merge(both, kind="year"), OptionError)  # type: ignore[arg-type]
    refused(lambda: one.conflicts(one, keys=["a"]), OptionError)


def in_language(folder: Path, language: str) -> dl.Microdata:
    """A file of answers of the open-data survey, with the labels of its key."""
    book, name = dl.Codebook(), ""
    values: dict[str, dict[int, dl.Text]] = {}
    with (folder / f"sodp2020_key_{language}.csv").open(encoding="utf-8-sig", newline="") as key:
        for code, label in csv.reader(key):
            if code.isdigit():
                values.setdefault(name, {})[int(code)] = text(label)
            else:
                name = code
                book = book.described(name, label=text(label))
    for each, labels in values.items():
        book = book.described(each, values=labels)
    return dl.read(folder / f"sodp2020_{language}.csv", codebook=book)


def test_a_real_survey_in_three_languages(shared: Path) -> None:
    """The Portuguese questionnaire does not ask for the gender: its second question is the third of the others."""
    files = {
        language: in_language(shared / "data/french", language) for language in ("fr", "en", "pt")
    }
    with pytest.raises(MisleadingError, match=r"`Q2` code 4 \(no label in fr, en\)"):
        merge(files, kind="language")
    two = merge({"fr": files["fr"], "en": files["en"]}, kind="language")
    assert len(two) == len(files["fr"]) + len(files["en"])
    assert two.codebook["Q1"].label == dl.Text("Quel est votre âge?", "What is your age?")
    assert two.codebook["Q2"].values[2] == dl.Text("femme", "female")


def refusing(reason: str, *, labelled: bool = False, span: bool = False) -> dl.Microdata:
    book = dl.Codebook().described(
        "pay",
        values={99: text(reason)} if labelled else {},
        missing={} if span else {99: reason},
        missing_ranges=(MissingRange(90, 99, reason),) if span else (),
    )
    gone = {"pay": MissingCodes((99,), np.array([-1, 0]))}
    return dl.Microdata(pd.DataFrame({"pay": [5.0, np.nan]}), book, gone)


def test_two_reasons_of_one_missing_code_are_refused(refused: Any) -> None:
    for span in (False, True):
        files = {"a": refusing("refused", span=span), "b": refusing("does not know", span=span)}
        assert listed(files) == [["pay", "meaning", 99, "a: refused; b: does not know", True]]
        refused(lambda files=files: merge(files), MisleadingError)
        assert merge(files, accept="pay").codebook.reasons == {"pay": {"refused": 2}}
        assert (
            listed({"a": refusing("Refused", span=span), "b": refusing("refused ", span=span)})
            == []
        )
        assert listed({"a": refusing("", span=span), "b": refusing("refused", span=span)}) == []


def test_people_and_households_are_joined_and_the_line_to_write_works(refused) -> None:
    people, households = (
        wave({"household": [1, 1, 2], "age": [4, 40, 60]}),
        wave({"household": [1, 2], "size": [2, 1]}),
    )
    refused(lambda: dl.merge(people, households), OptionError)  # type: ignore[arg-type]
    refused(lambda: dl.merge(people.frame), OptionError)
    joined = people.join(households, on="household", unmatched="keep")
    assert joined.frame["size"].tolist() == [2, 2, 1]


def test_stacked_keys_keep_their_digits_where_a_file_has_none() -> None:
    first = dl.Microdata(pd.DataFrame({"id": 10**18 + np.arange(3)}), dl.Codebook())
    for other in ({"pay": [1.0, 2.0]}, {"id": [None, 7.0], "pay": [1.0, 2.0]}):
        stacked = dl.merge(
            {"1": first, "2": dl.Microdata(pd.DataFrame(other), dl.Codebook())}
        ).frame["id"]
        assert stacked.iloc[:3].tolist() == [10**18, 10**18 + 1, 10**18 + 2]
