"""Several answers in one cell: when they are parted, when they are left, and how."""

from __future__ import annotations

import numpy as np

from diplab.loaders.dates import iso_moments
from diplab.loaders.multi_select import box_cells, judge_separator, parse_list, split_column
from diplab.loaders.questionnaire import strip_html
from diplab.microdata.multiple_response import split_answers, split_known
from diplab.microdata.variable import Variable


def column(*cells: str) -> np.ndarray:
    return np.array(cells, dtype=object)


def test_answers_are_parted_in_the_order_in_which_they_appear() -> None:
    labels, ticked = split_answers(["b ; a", "", "a;c;"], ";")
    assert labels == ("b", "a", "c")
    assert ticked.tolist() == [[True, True, False], [False] * 3, [False, True, True]]
    # known answers come first and are found whole
    labels, ticked = split_answers(["Yes, often,New", "No"], ",", ["No", "Yes, often"])
    assert labels == ("No", "Yes, often", "New")
    assert ticked.tolist() == [[False, True, True], [True, False, False]]
    assert split_known("A, B, C", ",", ["A", "A, B", "B", "C"]) == ["A, B", "C"]
    assert split_known("A, D", ",", ["A", "A, B"]) is None
    labels, _ = split_answers(["degree (MA, PhD), school", "school", "open (, never closed"], ",")
    assert labels == ("degree (MA, PhD)", "school", "open (", "never closed")


def test_judgements() -> None:
    for cells, separator, judgement in (
        (("a;b", "b;c", "c", "a;c", "b"), ";", "several"),
        # two cells with the separator are too few to tell
        (("a;b", "b;c", "c", "a", "b"), ";", "one"),
        # answers that do not come back are prose
        (("I see; yes", "no; never", "ah; well"), ";", "one"),
        # a repeated piece, or an empty one, is no answer to tick
        (("a;a", "b;a", "a;b", "b;b"), ";", "doubtful"),
        (("a;;b", "b;a", "a;;b", "b;b"), ";", "doubtful"),
        (("a, b", "b, c", "a", "c, a", "a, b, c", "b"), ",", "several"),
        # halves of one label always stand together
        (("Employed, full time", "Employed, part time", "Student") * 4, ",", "doubtful"),
        (("Yes,No,I don't know",) * 9, ",", "doubtful"),
        # decimal commas
        (("1,5", "2,5", "1,5", "2,5", "1,2", "5,1"), ",", "one"),
        (("", "", ""), ",", "one"),
        # at a comma answers come back three times
        (("a, b", "b, c", "c, a"), ",", "one"),
    ):
        assert judge_separator(column(*cells), separator) == judgement, cells


def test_long_cells_and_too_many_answers_are_no_question() -> None:
    prose = "x" * 200
    assert judge_separator(column(*[f"{prose};{prose}y"] * 5, prose, f"{prose}y"), ";") == "one"
    words = [f"w{place};w{place + 1}" for place in range(300)]
    assert judge_separator(column(*words, *words), ";") == "one"
    assert judge_separator(column(*words[:200], *words[:200]), ";") == "several"
    lists = column(*[f"['w{place}']" for place in range(300)])
    assert split_column(Variable("tags"), lists, None, (";",)) == (None, "one")


def test_boxes_that_the_file_says_were_seen() -> None:
    ticked = np.array([[True, False], [False, False], [False, False]])
    boxes = box_cells(ticked, np.array([False, True, False]), column("", "", "GONE"))
    assert [box.tolist() for box in boxes] == [["1", "0", "GONE"], ["0", "0", "GONE"]]


def test_lists_written_as_text() -> None:
    lists = {
        '["a", "b"]': ["a", "b"], "['a', 'it\\'s', \"b, c\"]": ["a", "it's", "b, c"],
        '["caf\\u00e9 \\ud83d\\ude00", "\\x41\\n"]': ["café 😀", "A\n"], "[1, -2.5, None]": ["1", "-2.5", "None"],
        "[]": [], " [ 'a' ] ": ["a"],
    }  # fmt: skip
    no_lists = ("['a',]", "['a' 'b']", "['a'", "[__import__('os')]", "[Question] row", "", "[")
    for cell, items in {**lists, **dict.fromkeys(no_lists)}.items():
        assert parse_list(cell) == items, cell


def test_half_a_letter_is_replaced() -> None:
    (item,) = parse_list('["\\ud83d"]') or [""]
    assert item.encode("utf-8") == "\ufffd".encode()


def test_wordings_without_html() -> None:
    wordings = {
        "under < 5 hours & > 3": "under < 5 hours & > 3", "<p>One</p><p>two</p>": "One two",
        "<B>w</B>ork <span class='a>b'>x</span>": "work b'>x",
        "a<style>p {color: red}</style>b<script>alert(1)</script>c": "a b c",
        "&lt;b&gt;kept&lt;/b&gt;": "<b>kept</b>", "a<!-- hidden -->b": "a b", "\u00a0two\n lines ": "two lines",
        "<base href='x'>a<big>b</big>": "a b", "<b>w</b>ork <!-- a <b>note</b> > 3 -->done": "work done",
        "one<p>two</p><script>if (a < b) { <b> }</script>three": "one two three",
        "first --> then": "first --> then", "kept <style>p {}</style><!-- <script> -->words": "kept words",
        "hours < 5 &amp; > 2": "hours < 5 & > 2",
    }  # fmt: skip
    assert {wording: strip_html(wording) for wording in wordings} == wordings


def test_moments_as_forms_write_them() -> None:
    moments: dict[tuple[str, ...], list[str]] = {
        ("2026/11/25 2:03:10 PM GMT+1", ""): ["2026-11-25T14:03:10", ""],
        ("2026/11/25 12:00:00 am EEST",): ["2026-11-25T00:00:00"],
        ("25/11/2026 14:03:10", "01/02/2026 00:00:00"): ["2026-11-25T14:03:10", "2026-02-01T00:00:00"],
        ("11/25/2026 09:05:01 AM", "01/02/2026 12:00:00 PM"): ["2026-11-25T09:05:01", "2026-01-02T12:00:00"],
        ("25.11.2026 14:03",): ["2026-11-25T14:03:00"],
        ("2023-05-01T10:00:00.123000Z",): ["2023-05-01T10:00:00"],
        ("2023-05-01",): ["2023-05-01T00:00:00"],
    }
    for cells, written in moments.items():
        found = iso_moments(column(*cells))
        assert found is not None
        assert found.tolist() == written
    for cells in (
        # which is the day?
        *(("01/02/2026 10:00:00", "03/04/2026 10:00:00"), ("25/11/2026 10:00", "11/25/2026 10:00")),
        *(("2026/13/45 10:00",), ("2026/11/25 10:00", "soon"), ("", ""), ("1.5.2",)),
    ):
        assert iso_moments(column(*cells)) is None, cells
