"""Variables described: counts and shares worked by hand, missing answers by reason, and no words of people shown."""

from __future__ import annotations

from datetime import date
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.microdata.codebook import Origin
from diplab.microdata.missing import MissingCodes
from diplab.microdata.variable import MissingRange
from diplab.presentation.language import term
from diplab.types import Responses

if TYPE_CHECKING:
    from pathlib import Path

JOB = {
    1: dl.Text.of({"fr": "salarié", "en": "employee", "pt": "empregado"}),
    2: dl.Text("à son compte", "self-employed"),
    3: dl.Text("sans emploi", "no job"),
}


def survey() -> dl.Microdata:
    """Six people: two employees, one on their own account, a refusal, one not asked, one without anything."""
    frame = pd.DataFrame(
        {
            "job": [1, 1, 2, np.nan, np.nan, np.nan], "pay": [100.0, 200, 300, 600, np.nan, np.nan],
            "w": [1.0, 3, 2, 2, 1, 1], "mail": [1, 0, 1, np.nan, np.nan, 0], "phone": [0, 0, 1, np.nan, 1, np.nan],
        }
    )  # fmt: skip
    book = (
        dl.Codebook(sets={"uses": Responses("uses", ["mail", "phone"], label=dl.Text("usages", "uses"))})
        .described("job", label=dl.Text("emploi", "job"), values=JOB, missing={9: "refused"},
                   missing_ranges=(MissingRange(90, 95, "not asked"),))
        .described("pay", measure="scale", missing={-1: "refused"})
        .described("mail", label=dl.Text("courriel", "e-mail"))
    )  # fmt: skip
    missing = {
        "job": MissingCodes((91, 9), np.array([-1, -1, -1, 1, 0, -1])),
        "pay": MissingCodes((-1,), np.array([-1, -1, -1, -1, 0, -1])),
    }
    return dl.Microdata(frame, book, missing)


def test_answers_are_counted_and_weighted() -> None:
    found = survey().describe("job").frame
    assert found[["code", "label", "n"]].values.tolist() == [
        [1, "employee", 2], [2, "self-employed", 1], [3, "no job", 0],
        [9, "refused", 1], [91, "not asked", 1], ["", "no answer", 1],
    ]  # fmt: skip
    assert found["share"].tolist() == pytest.approx([2 / 3, 1 / 3, 0] + [np.nan] * 3, nan_ok=True)
    assert found["share_of_all"].tolist() == pytest.approx([2 / 6, 1 / 6, 0, 1 / 6, 1 / 6, 1 / 6])
    # weights of the answers 1 + 3 and 2; of the missing ones 2, 1, 1
    found = survey().describe("job", weights="w").frame
    assert found["n"].tolist() == [2, 1, 0, 1, 1, 1]
    assert found["weighted_n"].tolist() == [4, 2, 0, 2, 1, 1]
    assert found["weighted_share"].tolist() == pytest.approx(
        [4 / 6, 2 / 6, 0] + [np.nan] * 3, nan_ok=True
    )
    assert found["weighted_share_of_all"].tolist() == pytest.approx([0.4, 0.2, 0, 0.2, 0.1, 0.1])


def test_numbers_are_summed_up() -> None:
    """100, 200, 300, 600: mean 300, squares 200^2 + 100^2 + 300^2 = 140,000 over 3; weights 1, 3, 2, 2: mean 312.5."""
    found = survey().describe("pay", weights="w").frame.set_index("statistic")
    assert found["value"].to_dict() == pytest.approx(
        {
            "n": 4, "mean": 300, "sd": sqrt(140_000 / 3), "min": 100, "q1": 100, "median": 200, "q3": 300, "max": 600,
            "missing: refused (-1)": 1, "missing: no answer": 1,
        }
    )  # fmt: skip
    spread = (1 * 212.5**2 + 3 * 112.5**2 + 2 * 12.5**2 + 2 * 287.5**2) / 8
    assert found["weighted"].tolist() == pytest.approx(
        [8, 312.5, sqrt(spread * 4 / 3), 100, 200, 200, 300, 600, 1, 1]
    )
    sample = dl.declare_design(survey(), weights="w")
    estimates = (
        dl.estimate(sample, dl.mean("pay"), dl.median("pay"), dl.variance("pay"))
        .frame["estimate"]
        .tolist()
    )
    found = survey().describe("pay", weights="w").frame.set_index("statistic")["weighted"]
    assert [found["mean"], found["median"], found["sd"] ** 2] == pytest.approx(estimates)
    data = dl.Microdata(
        pd.DataFrame({"x": [1.0, np.inf]}), dl.Codebook().described("x", measure="scale")
    )
    found = data.describe("x").frame.set_index("statistic")["value"]
    assert found["mean"] == np.inf
    assert np.isnan(found["sd"])


def test_several_answers_days_and_frames() -> None:
    """Five answered one of the two; mail 2, phone 2; of the weights 1 + 3 + 2 + 1 + 1 = 8, mail 3 and phone 3."""
    found = survey().describe("uses", weights="w")
    assert found.frame[["code", "label", "n"]].values.tolist() == [
        ["mail", "e-mail", 2], ["phone", "phone", 2], ["", "no answer", 1],
    ]  # fmt: skip
    assert found.frame["share"].tolist() == pytest.approx([2 / 5, 2 / 5, np.nan], nan_ok=True)
    assert found.frame["weighted_share"].tolist() == pytest.approx(
        [3 / 8, 3 / 8, np.nan], nan_ok=True
    )
    assert found.base.en.startswith(
        "Shares of people, who may give several answers; 5 answered, of 6."
    )
    data = dl.Microdata(
        pd.DataFrame({"day": [date(1776, 7, 4), None, date(2000, 1, 2)]}), dl.Codebook()
    )
    assert data.describe("day").frame.values.tolist() == [
        ["n", 2], ["first", "1776-07-04"], ["last", "2000-01-02"], ["missing: no answer", 1],
    ]  # fmt: skip
    moments = dl.Microdata(
        pd.DataFrame({"at": pd.to_datetime(["2024-01-05 10:00", "2024-01-06 11:30"])}),
        dl.Codebook(),
    )
    assert moments.describe("at").frame["value"].tolist() == [
        2,
        "2024-01-05 10:00:00",
        "2024-01-06 11:30:00",
    ]


def test_overview_and_languages(refused) -> None:
    found = survey().describe(language="fr").frame
    assert found.values.tolist()[:2] == [
        ["job", "emploi", "modalités", 3, 3], ["pay", "", "nombres", 4, 2],
    ]  # fmt: skip
    assert survey().describe("job", language="fr").frame["label"].tolist()[:2] == [
        "salarié",
        "à son compte",
    ]
    assert survey().describe("job", language="pt").frame["label"].tolist()[:2] == [
        "empregado",
        "self-employed",
    ]
    shown = repr(survey().describe("job", language="fr"))
    assert "part des réponses" in shown
    assert "66,7 %" in shown
    refused(lambda: survey().describe("job", language="de"), OptionError)
    refused(lambda: survey().describe("jbo"), ColumnError)
    refused(lambda: survey().describe("job", weights="pay"), OptionError)


def words(column: list[str | None], name: str = "why") -> dl.Microdata:
    return dl.Microdata(
        pd.DataFrame({name: pd.Series(column, dtype=pd.StringDtype(na_value=np.nan))}),
        dl.Codebook(),
    )


def test_words_of_people_are_counted_and_never_shown() -> None:
    data = words(["yes"] * 6 + ["no"] * 5 + ["because of my boss Mr Smith", "asthma", None])
    found = data.describe("why")
    assert found.frame[["code", "label", "n"]].values.tolist() == [
        ["no", "", 5], ["yes", "", 6], ["", "other words, of fewer than 5 people each (2)", 2], ["", "no answer", 1],
    ]  # fmt: skip
    assert "Smith" not in repr(found) + found._repr_html_()
    data = words([f"I am person {number % 70}" for number in range(700)])
    found = data.describe("why")
    assert found.frame.values.tolist() == [["n", 700], ["distinct", 70]]
    assert "person" not in repr(found)
    data = words(["ann@example.org"] * 6, "contact")
    assert data.describe("contact").frame.values.tolist() == [["n", 6], ["distinct", 1]]
    data = dl.Microdata(
        pd.DataFrame({"x": range(70)}), dl.Codebook().described("x", measure="nominal")
    )
    assert data.describe("x").frame.values.tolist() == [["n", 70], ["distinct", 70]]


def test_what_a_variable_is_described_as() -> None:
    for column, measure, first in (
        ([1, 2] * 20, "unknown", "code"),  # codes of a file without a codebook
        ([1, 2, 3], "unknown", "statistic"),
        ([1.5, 2.5] * 20, "unknown", "statistic"),
        ([1, 2] * 20, "scale", "statistic"),
        (list(range(70)), "ordinal", "statistic"),
        (list(range(70)), "nominal", "statistic"),  # case numbers: counted, not averaged
        ([True, False] * 3, "unknown", "code"),
        ([np.nan, np.nan], "unknown", "statistic"),
    ):
        data = dl.Microdata(
            pd.DataFrame({"x": column}), dl.Codebook().described("x", measure=measure)
        )
        assert data.describe("x").frame.columns[0] == first


def test_nobody_answered_and_reasons_without_rows() -> None:
    data = dl.Microdata(
        pd.DataFrame({"x": [np.nan, np.nan]}), dl.Codebook().described("x", values=JOB)
    )
    found = data.describe("x").frame
    assert found["n"].tolist() == [0, 0, 0, 2]
    assert found["share"].isna().all()
    assert "NaN" not in repr(data.describe("x"))
    book = dl.Codebook(reasons={"x": {"refused": 1, "system": 1}})
    data = dl.Microdata(pd.DataFrame({"x": [1.5, np.nan, np.nan], "w": [1.0, 1, 1]}), book)
    assert data.describe("x").frame["statistic"].tolist()[-2:] == [
        "missing: refused",
        "missing: no answer",
    ]


def test_a_real_file(shared: Path) -> None:
    """Counts of the file's own codes, as pyreadstat has them: 8 does not know, 19 refused, 1 to 5 answered."""
    drive = (
        dl.read(shared / "data/loaders/pspp_gpl/nhtsa_2008_usermissing.sav")
        .describe("freqOfDriving")
        .frame
    )
    assert drive["n"].sum() == 6999
    assert drive[["code", "label", "n"]].values.tolist()[-2:] == [
        [6, "Don't know", 8],
        [7, "Refused", 19],
    ]
    assert drive["share"][0] == pytest.approx(4667 / 6972)
    assert drive["share_of_all"][0] == pytest.approx(4667 / 6999)


def test_frames_made_by_hand(refused) -> None:
    """Lists are counted in the overview and refused by name; columns have one name each, in words."""
    lists = dl.Microdata(pd.DataFrame({"uses": [["a"], ["a", "b"], None]}), dl.Codebook())
    assert lists.describe().frame.values.tolist() == [["uses", "", "words", 2, 1]]
    assert len(lists.identifiers()) == 0
    refused(lambda: lists.describe("uses"), ColumnError)
    refused(
        lambda: dl.Microdata(pd.DataFrame([[1, 2]], columns=["a", "a"]), dl.Codebook()).describe(),
        ColumnError,
    )
    refused(lambda: dl.Microdata(pd.DataFrame([[1, 2]]), dl.Codebook()).identifiers(), ColumnError)


def test_titles_and_labels() -> None:
    book = dl.Codebook(title=dl.Text("Enquête", "Survey")).described(
        "a", label=dl.Text("Âge", "Age")
    )
    data = dl.Microdata(pd.DataFrame({"a": [1.0, 2.0]}), book)
    assert repr(data.describe("a", language="fr")).splitlines()[0] == "a : Âge"
    assert "<p>a\N{NO-BREAK SPACE}: Âge</p>" in data.describe("a", language="fr")._repr_html_()
    assert repr(data.describe("a")).splitlines()[0] == "a: Age"
    assert repr(data.describe()).splitlines()[0] == "Survey"
    book = dl.Codebook().described(
        "x", label=dl.Text.same("<script>"), values={1: dl.Text.same("<i>")}
    )
    shown = dl.Microdata(pd.DataFrame({"x": [1]}), book).describe("x")._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "&lt;i&gt;" in shown
    assert "<i>" not in shown
    book = dl.Codebook().described(
        "a", missing={9: "refused", 8: "Ne veut pas"}, missing_ranges=(MissingRange(90, 97),)
    )
    data = dl.Microdata(
        pd.DataFrame({"a": [1.0, np.nan, np.nan, np.nan]}),
        book,
        {"a": MissingCodes((9, 8, 91), np.array([-1, 0, 1, 2]))},
    )
    assert data.describe("a", language="fr").frame["statistic"].tolist()[-3:] == [
        "sans réponse\N{NO-BREAK SPACE}: refus (9)",
        "sans réponse\N{NO-BREAK SPACE}: Ne veut pas (8)",
        "sans réponse\N{NO-BREAK SPACE}: 90 à 97 (91)",
    ]
    assert data.describe("a").frame["statistic"].tolist()[-3] == "missing: refused (9)"


def test_what_is_said_of_data() -> None:
    book = dl.Codebook(origin=Origin(synthetic=True)).described("pay", measure="scale")
    data = dl.Microdata(pd.DataFrame({"pay": [1.0, 2.0]}), book)
    for language in ("fr", "en"):
        assert (
            term("sentence.synthetic", language)
            in data.describe("pay", language=language)._repr_html_()
        )
        words = repr(data.describe(language=language)).replace(" :", "\N{NO-BREAK SPACE}:")
        assert term("sentence.synthetic", language) in words
        assert dl.table(data.check(), language).sheet.notes[0][1] == term(
            "sentence.synthetic", language
        )
    assert "synth" not in repr(dl.Microdata(data.frame, dl.Codebook()).describe("pay"))
    data = dl.Microdata(
        pd.DataFrame({"name": ["Smith"], "age": [31]}),
        dl.Codebook().described("age", label=dl.Text("âge", "age <years>")),
    )
    shown = data._repr_html_()
    assert "1 rows, 2 columns" in shown
    assert "age &lt;years&gt;" in shown
    assert "Smith" not in shown
    assert "31" not in shown
