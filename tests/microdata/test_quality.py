"""Checks of the quality of a file, each on rows made by hand whose faults are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.microdata.missing import MissingCodes
from diplab.microdata.quality import (
    CHECKS,
    Finding,
    Quality,
    best_matches,
    check,
    duplicates,
    grids,
    heaping,
    impossible_values,
    item_nonresponse,
    near_identical,
    speeders,
    straight_lining,
    whipple,
)
from diplab.presentation.layouts.file_checks import finding_words, quality_sheet
from diplab.presentation.layouts.registry import TableRequest
from diplab.types import Variable

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.microdata.microdata import Microdata


def people(codebook: dl.Codebook | None = None, **columns: Any) -> Microdata:
    return dl.Microdata(pd.DataFrame(columns), codebook or dl.Codebook())


def kinds(found: list[Any]) -> list[tuple[str, tuple[str, ...], int, int]]:
    return [
        (each.kind, each.variables, each.rows, each.base)
        for each in found
        if isinstance(each, Finding)
    ]


def reasons(found: list[Any]) -> list[str]:
    return [each.why for each in found if not isinstance(each, Finding)]


def questionnaire(rows: int, questions: int = 24, seed: int = 5) -> pd.DataFrame:
    drawn = np.random.default_rng(seed).integers(1, 6, size=(rows, questions))
    return pd.DataFrame(drawn, columns=[f"{chr(97 + place)}_item" for place in range(questions)])


def test_duplicates() -> None:
    found = duplicates(people(worker_id=["a", "b", "b", None, None], pay=[1.0, 2.0, 3.0, 4.0, 5.0]))
    assert kinds(found) == [("identifier", ("worker_id",), 2, 3)]
    assert found[0].flagged.tolist() == [False, True, True, False, False]
    assert reasons(found) == ["few_questions"]
    frame = questionnaire(60).astype(float)
    frame.loc[59] = frame.loc[3]
    # two people who answered nothing are not copies
    frame.loc[[10, 11]] = np.nan
    found = duplicates(dl.Microdata(frame, dl.Codebook()))
    assert kinds(found) == [("rows", (), 2, 58)]
    assert np.flatnonzero(found[0].flagged).tolist() == [3, 59]
    # twenty answers are enough to compare, nineteen are not
    for answered, rows in ((20, [("rows", (), 2, 59)]), (19, [])):
        fewer = questionnaire(60).astype(float)
        fewer.loc[59] = fewer.loc[3]
        fewer.iloc[[3, 59], answered:] = np.nan
        fewer.loc[[10]] = np.nan
        assert kinds(duplicates(dl.Microdata(fewer, dl.Codebook()))) == rows
    # a column of which most values come several times names households
    assert kinds(duplicates(people(household_id=[1, 1, 2, 2, 3, 3]))) == []
    drawn = np.random.default_rng(2).random((300, 25)) < 0.05
    found = duplicates(
        people(**{f"box{chr(97 + place)}x": drawn[:, place].astype(float) for place in range(25)})
    )
    assert (kinds(found), reasons(found)) == ([], ["few_questions"])


def test_near_identical_rows() -> None:
    answers = np.tile(np.arange(25, dtype=np.int32), (3, 1))
    answers[1, :5] += 1  # 20 of 25 the same as row 0
    answers[2] += 30
    assert best_matches(answers).tolist() == [0.8, 0.8, 0.0]
    answers[1, :5] = -1  # only the twenty questions that both answered are compared
    assert best_matches(answers[:2]).tolist() == [1.0, 1.0]
    answers[1, :6] = -1  # nineteen left
    assert best_matches(answers[:2]).tolist() == [-1.0, -1.0]
    frame = questionnaire(1100, questions=22)
    frame.iloc[1099] = frame.iloc[2]
    frame.iloc[1099, 0] = 6  # one answer changed: 21 of 22
    found = near_identical(dl.Microdata(frame, dl.Codebook()))
    assert kinds(found) == [("rows", (), 2, 1100)]
    assert np.flatnonzero(found[0].flagged).tolist() == [2, 1099]
    frame = pd.concat([questionnaire(30)] * 2, ignore_index=True)
    (found,) = near_identical(dl.Microdata(frame, dl.Codebook()))
    assert (found.kind, found.rows, found.flagged) == ("too_alike", 60, None)
    assert reasons(
        near_identical(dl.Microdata(questionnaire(50), dl.Codebook()), most_rows=49)
    ) == ["too_many_rows"]
    drawn = (np.random.default_rng(2).random((300, 25)) < 0.6).astype(float)
    frame = pd.DataFrame(drawn, columns=[f"yes{chr(97 + place)}x" for place in range(25)])
    (found,) = near_identical(dl.Microdata(frame, dl.Codebook()))
    assert isinstance(found, Finding)
    assert (found.kind, found.flagged) == ("too_alike", None)
    frame = questionnaire(300)
    frame.iloc[250:260] = frame.iloc[:10].to_numpy()
    (found,) = near_identical(dl.Microdata(frame, dl.Codebook()))
    assert isinstance(found, Finding)
    assert (found.kind, found.rows) == ("rows", 20)
    codes = (
        np.random.default_rng(3).integers(-1, 3, size=(600, 30)).astype(np.int32)
    )  # two blocks of rows
    for row in (0, 300, 511, 512, 599):
        both = ((codes >= 0) & (codes[row] >= 0)).sum(axis=1)
        same = ((codes == codes[row]) & (codes >= 0)).sum(axis=1)
        shares = np.where(both >= 20, same / np.maximum(both, 1), -1.0)
        shares[row] = -1.0
        assert best_matches(codes)[row] == pytest.approx(shares.max(), abs=1e-6)


def test_speeders() -> None:
    minutes = [10.0] * 19 + [5.0, 4.9, 0.0, np.nan]
    (found,) = speeders(people(**{"Duration (in minutes)": minutes}))
    # 21 times above zero, the eleventh is 10: below 5 is too fast, 5 is not; 0 is not a time
    assert (found.rows, found.base, found.numbers) == (
        1,
        21,
        {"median": 10.0, "limit": 5.0, "speed": 0.5},
    )
    assert np.flatnonzero(found.flagged).tolist() == [20]
    start = pd.Series(pd.to_datetime(["2026-01-01 10:00"] * 30))
    taken = pd.Series(pd.to_timedelta([600] * 29 + [120], unit="s"))
    (found,) = speeders(people(startdate=start, submitdate=start + taken))
    assert (found.variables, found.rows, found.numbers["median"]) == (
        ("startdate", "submitdate"),
        1,
        600.0,
    )


TIMES = (
    "duration|Duration (in seconds)|Q_TotalDuration|interviewtime|time_taken|_duration|duree_totale"
)


def test_the_duration_of_the_interview_is_found_by_its_name() -> None:
    times = [1.0] * 10 + [30.0] * 30
    for name in TIMES.split("|"):
        assert kinds(speeders(people(**{name: times}))) == [("fast", (name,), 10, 40)]
    for name in ("contract_duration_months", "duree_contrat", "time_spent_on_platform", "pay"):
        assert reasons(speeders(people(**{name: times}))) == ["no_duration"]


def test_grids() -> None:
    data = people(
        q7_1=[1, 2, 3, np.nan, 5, 1],
        q7_2=[1, 3, 3, np.nan, 5, 2],
        q7_3=[1, 2, 3, 4.0, 5, 3],
        q7_4=[1, 2, 3, 4.0, np.nan, 4],
    )
    (found,) = straight_lining(data)
    # the fourth row answered two items only, the fifth three, all 5
    assert (found.variables, found.rows, found.base) == (("q7_1", "q7_2", "q7_3", "q7_4"), 3, 5)
    assert np.flatnonzero(found.flagged).tolist() == [0, 2, 4]
    one = {f"a{place}": [1, 2, place] for place in range(1, 5)}
    two = {f"b{place}": [3, place, 2 + place % 2] for place in range(1, 5)}
    found = straight_lining(people(**one, **two))
    assert [(each.kind, each.rows) for each in found] == [
        ("grid", 2),
        ("grid", 1),
        ("every_grid", 1),
    ]
    assert found[-1].flagged.tolist() == [True, False, False]
    boxes = {f"use_{place}": [0, 1, 0, 1] for place in range(1, 6)}
    words = {f"why_{place}": ["no", f"reason {place}", "NA", "no"] for place in range(1, 6)}
    assert grids(people(**boxes, **words)) == []
    scale = {code: dl.Text.same(word) for code, word in enumerate(("no", "a bit", "yes"), 1)}
    names = ("trust", "wage", "time", "boss")
    codebook = dl.Codebook({name: Variable(name, values=scale, part_of="q3") for name in names})
    assert grids(people(codebook, **{name: [1, 2, 3] for name in names})) == [names]


def test_attention_checks(refused) -> None:
    codebook = dl.Codebook().described(
        "check", values={1: dl.Text.same("no"), 3: dl.Text.same("agree")}
    )
    data = people(codebook, check=[3.0, 1.0, np.nan, 3.0])
    for right in (3, "agree", "3"):
        (found,) = [
            each
            for each in data.check(attention={"check": right}).findings
            if each.check == "attention"
        ]
        assert (found.rows, found.base, found.flagged.tolist()) == (
            1,
            3,
            [False, True, False, False],
        )
    codebook = dl.Codebook().described(
        "q9", question=dl.Text.same("Veuillez sélectionner « jamais ».")
    )
    (found,) = [
        each for each in people(codebook, q9=[1, 2]).check().findings if each.check == "attention"
    ]
    assert (found.kind, found.variables, found.flagged) == ("candidates", ("q9",), None)
    refused(lambda: people(q=[1, 2]).check(attention="q"), OptionError)  # type: ignore[arg-type]


def test_impossible_values() -> None:
    codebook = dl.Codebook().described("wh", label=dl.Text("Heures par semaine", "Hours per week"))
    data = people(
        codebook, age=[-1.5, 30, 121, 40], wh=[35, 168, 169, 0], pct_online=[0, 100, 101, 50]
    )
    assert kinds(impossible_values(data)) == [
        ("age", ("age",), 2, 4),
        ("weekly_hours", ("wh",), 1, 4),
        ("percentage", ("pct_online",), 1, 4),
    ]
    ends = dl.Codebook().described(
        "trust", values={0: dl.Text.same("none"), 10: dl.Text.same("full")}
    )
    assert impossible_values(people(ends, trust=list(range(11)))) == []
    values = {1: dl.Text.same("yes"), 2: dl.Text.same("no"), 3: dl.Text.same("maybe")}
    codebook = dl.Codebook().described("works", values=values, measure="nominal")
    assert kinds(impossible_values(people(codebook, works=[1, 2, 3, 4, 1]))) == [
        ("undeclared_code", ("works",), 1, 5)
    ]
    start = pd.to_datetime(["2026-01-02", "2026-01-01"])
    end = pd.to_datetime(["2026-01-01", "2026-01-02"])
    assert kinds(impossible_values(people(start=start, end=end))) == [
        ("negative_duration", ("start", "end"), 1, 2)
    ]


def test_heaping_by_hand() -> None:
    # eight of forty ages from 23 to 62 end in 0 or 5, as by chance
    assert whipple(np.arange(0.0, 100.0)) == 100.0
    assert whipple(np.array([25.0, 30.0, 35.0, 60.0])) == 500.0
    assert np.isnan(whipple(np.array([10.0, 70.0])))
    ages = [*range(20, 60), *([30, 40, 50] * 20)]  # 32 + 60 = 68 of 97 within 23 to 62
    pay = [*range(101, 141), *([200] * 60)]
    found = heaping(people(age=[float(each) for each in ages], pay=[float(each) for each in pay]))
    within = [each for each in ages if 23 <= each <= 62]
    round_ones = [each for each in within if each % 5 == 0]
    assert found[0].numbers["whipple"] == pytest.approx(500 * len(round_ones) / len(within))
    assert (found[1].kind, found[1].rows, found[1].base) == ("round_numbers", 68, 100)
    # 27 of 100 end in 0 or 5: the index is 135, and as much comes of chance in one file of
    # twenty-five
    ages = np.concatenate(
        [np.repeat(np.arange(25, 65, 5), 3), [25, 30, 35], np.repeat(np.arange(26, 63), 2)]
    )
    ages = np.concatenate(
        [ages[ages % 5 == 0][:27], ages[ages % 5 != 0], ages[ages % 5 != 0][:17]]
    )[:100].astype(float)
    assert whipple(ages) >= 125
    assert kinds(heaping(people(age=ages))) == []
    assert kinds(heaping(people(age=np.tile(ages, 6))))[0][0] == "age"


def test_no_answer() -> None:
    data = people(
        **{f"q{place}": [1.0, np.nan, 2.0, 3.0, np.nan] for place in "abcdef"}, z=[1.0] * 5
    )
    found = item_nonresponse(data, unanswered=0.4)
    assert kinds(found)[0] == ("person", (), 2, 5)
    assert kinds(found)[1:] == [("question", (f"q{place}",), 2, 5) for place in "abcdef"]
    codebook = dl.Codebook().described("job", missing={8: "non posée", 9: "refused"})
    frame = pd.DataFrame({"job": [1.0, np.nan, np.nan, np.nan]})
    codes = MissingCodes((8, 9), np.array([-1, 0, 0, 1], dtype=np.int8))
    assert kinds(item_nonresponse(dl.Microdata(frame, codebook, {"job": codes}))) == [
        ("question", ("job",), 1, 2)
    ]


def test_the_report() -> None:
    data = people(worker_id=["a", "b", "b"], age=[31, 240, 45])
    before = data.frame.copy()
    found = check(data)
    assert found.flagged("duplicates").tolist() == [False, True, True]
    assert found.flagged("impossible").tolist() == [False, True, False]
    assert found.flagged("speeders").tolist() == [False, False, False]
    pd.testing.assert_frame_equal(data.frame, before)
    assert repr(found) == "<quality of data in memory: 2 findings, 4 checks made>"
    shown = found._repr_html_()
    assert "repeated identifier" in shown
    assert "age outside 0 to 120 years" in shown.replace("\u00a0", " ")
    days = pd.date_range("2020-01-01", periods=30)
    found = check(
        people(uses=[["mail"]] * 30, age=[240.0] * 30, start=days.tz_localize("UTC"), end=days)
    )
    assert [(each.kind, each.variables) for each in found.findings] == [("age", ("age",))]


def test_every_finding_and_every_reason_has_its_words() -> None:
    names = "questions matching median limit speed items grids low high lowest highest whipple share left"
    numbers = dict.fromkeys(names.split(), 0.5)
    every = {
        "duplicates": "identifier rows", "near_identical": "rows too_alike", "speeders": "fast",
        "straight_lining": "grid every_grid", "attention": "failed candidates",
        "impossible": "undeclared_code age weekly_hours percentage negative_duration looks_like_missing",
        "heaping": "age round_numbers", "nonresponse": "person question", "design": "weights strata psu",
    }  # fmt: skip
    assert tuple(every) == CHECKS
    for name, kind in ((name, kind) for name, several in every.items() for kind in several.split()):
        for language in ("fr", "en"):
            words = finding_words(Finding(name, kind, (), 1, 2, numbers), language)
            assert words
            assert "{" not in words


def test_the_table_of_findings() -> None:
    minutes = [10.0] * 194 + [4.0] * 6
    shown = dl.table(people(duration=minutes).check(), "fr")
    assert [cell.text for cell in shown.sheet.rows[0]] == [
        "réponses trop rapides", "moins de 5, soit 50\xa0% de la durée médiane (10) (Greszki et al., 2015)",
        "duration", "6", "3,0\xa0%",
    ]  # fmt: skip
    assert shown.sheet.notes[0][1].startswith("Aucune ligne n’a été écartée\u202f;")
    shown = dl.table(people(duration=[10.0] * 196 + [4.0] * 4).check(), "fr")
    assert [cell.text for cell in shown.sheet.rows[0][3:]] == ["<5", ""]
    assert shown.sheet.notes[1][1].startswith("<5\xa0: moins de cinq lignes")
    assert all(cell.number is None for cell in shown.sheet.rows[0])
    frame = pd.DataFrame({f"q{place}": [1.0, np.nan] for place in "abcde"})
    sheet = quality_sheet(
        dl.Microdata(frame, dl.Codebook()).check(), TableRequest(language="en"), most=2
    )
    assert [row[1].text for row in sheet.rows][-1] == "and 4 more"
    assert isinstance(dl.Microdata(frame, dl.Codebook()).check(), Quality)
    findings = tuple(
        Finding("impossible", "age", (f"a{at}",), 1, 2, {"low": 0, "high": 120}) for at in range(4)
    )
    quality = Quality(findings, (), 2)
    assert len(quality_sheet(quality, TableRequest(language="fr"), most=3).rows) == 4
    assert (
        quality_sheet(quality, TableRequest(language="fr"), most=2).rows[-1][1].text
        == "et 2 autres"
    )
    numbers = {"lowest": 99.0, "highest": 99.0}
    alone = Finding("impossible", "looks_like_missing", ("q",), 3, 9, numbers)
    assert (
        finding_words(alone, "fr")
        == "nombre isolé (99) qui ressemble à un code de non-réponse non déclaré"
    )
    two = Finding("impossible", "looks_like_missing", ("q",), 3, 9, {**numbers, "lowest": 97.0})
    assert finding_words(two, "en") == (
        "isolated numbers (97 to 99) that look like undeclared missing codes"
    )


@pytest.mark.shared
def test_a_real_survey(shared: Path) -> None:
    """The counts were taken with pandas from the file: 275 of 6,325 under 219 seconds, half of the median of 438."""
    data = dl.read(shared / "data" / "open" / "berke-2024" / "data" / "survey-data" / "survey.csv")
    found = data.check()
    fast = data.frame["Duration (in seconds)"]
    assert int(found.flagged("speeders").sum()) == int((fast < fast.median() / 2).sum()) == 275
    assert [each.variables for each in found.findings if each.check == "attention"] == [
        ("Q-attn-check",)
    ]


LONG, CHANGE, LATE = [3.0, 20.0, 150.0, 190.0], [-40.0, 12.0, 130.0, 3.0], [3.0, 20.0, 150.0, 390.0]
POSSIBLE: list[tuple[str, str, list[float]]] = [
    ("q4", "Age of your youngest child, in months", LONG), ("q5", "Number of people of your age in the team", LONG),
    ("percent_change", "", CHANGE), ("q6", "Variation of your pay, in percent", CHANGE),
    ("satisfaction", "", [-2.0, -1.0, 0.0, 1.0, 2.0]), ("satisfaction", "", [-2.0, -1.0, 0.0, 1.0]),
    ("average_hours", "", LONG), ("page", "", LATE), ("usage", "", LATE),
    ("weekly hours", "", [3.5, 20.0, 35.0, 39.5]), ("birth_year", "", [1985.0, 1990.0, 1960.0, 1971.0]),
    ("income", "", [-350.0, 900.0, 1200.0, 2100.0]), ("tasks", "", [80.0, 85.0, 90.0, 95.0, 99.0, 60.0, 20.0]),
    *((name, "", [200.0, 150.0, 250.0]) for name in ("wage", "language", "agency", "message", "stage")),
]  # fmt: skip


def test_what_can_be_answered_is_not_impossible() -> None:
    for name, label, values in POSSIBLE:
        book = dl.Codebook().described(name, label=dl.Text.same(label))
        assert impossible_values(people(book, **{name: values})) == [], name


def test_codes_for_no_answer_stand_apart() -> None:
    for rows, values in (
        (3, [1, 2, 3, 4, 97, 98, 99]),  # further reasons beside 98 and 99
        (2, [1, 2, 3, 4, 8, 9]),
        (1, [1, 2, 3, 4, 88]),
        (1, [0, 1, 2, 3, -1]),
        (2, [1, 2, 3, -1, -2]),  # no scale around zero
        (2, [0, 1, 2, 3, 99, 98, 2, 1]),
        (2, [5, -9, 7, 8, 9, 10, -9, 12]),
        (0, list(range(10))),
    ):
        found = kinds(impossible_values(people(q=np.array(values, dtype=float))))
        assert found == ([("looks_like_missing", ("q",), rows, len(values))] if rows else [])


def test_numbers_without_preference_are_not_named() -> None:
    for numbers in (range(200), [*[0] * 300, *[*range(1, 41)] * 5]):
        assert kinds(heaping(people(tasks=np.array(numbers, dtype=float)))) == []


def test_refusals(refused: Any) -> None:
    refused(lambda: speeders(people(minutes=[1.0]), duration="minute"), ColumnError)
    refused(lambda: people(q9=[1, 2]).check(attention={"q9": 7}), OptionError)
    refused(lambda: people(a=[1]).check().flagged("speeder"), OptionError)  # type: ignore[arg-type]
    refused(lambda: people(a=[1]).check(speed=30), OptionError)
    refused(lambda: people(a=[]).check(), OptionError)
    lazy = dl.Microdata(pl.LazyFrame({"a": [1, 2]}), dl.Codebook())  # type: ignore[arg-type]
    refused(lazy.check, OptionError)
