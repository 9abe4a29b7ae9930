"""Published tables as they are printed: what is read, what is refused, and the verdict of each cell."""

from __future__ import annotations

import pytest

import diplab as dl
from diplab.errors import BaseMissingError, OptionError, StudyError
from diplab.replication.published import COLUMNS, read_tables
from diplab.replication.study import new_study, open_study

TABLES = """
[defaults]
rests_on = "respondents' rows"
source = { fr = "p. 1", en = "p. 1" }

[crosstab]
title = { fr = "Titre", en = "Title" }
base = { key = "asked", fr = "personnes interrogées", en = "people asked" }
unit = "%"
rows = ["block", "answer"]
marks = ["", "Q"]
thousands = ","
maps = { q1 = "A" }

[crosstab.heads]
block = { fr = "Question", en = "Question" }

[crosstab.columns.all]
head = { fr = "Ensemble", en = "All" }

[crosstab.columns.people]
head = { fr = "Personnes", en = "People" }
unit = "people"
tolerance = 1

[[crosstab.exceptions]]
row = ["A", "no"]
column = "all"
expected = "differs"
reason = { fr = "coquille", en = "misprint" }
"""
CELLS = 'block,answer,all,people\nA,yes,60%,"1,200"\nA,no,41%,Q\nB,yes,~,\n'
CODE = """
import pandas as pd
def results(inputs):
    assert inputs.table("crosstab").maps == {"q1": "A"}
    labels = pd.MultiIndex.from_tuples(inputs.table("crosstab").rows)
    return {"crosstab": pd.DataFrame({"all": [59.6, 40.2, 1.0], "people": [1201.4, "Q", ""]}, index=labels)}
"""


def whole(folder):
    (folder / "published" / "tables.toml").write_text(TABLES, encoding="utf-8")
    (folder / "published" / "crosstab.csv").write_text(CELLS, encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    made = new_study("my-study", tmp_path / "surveys", 2026)
    (made / "published.csv").unlink()
    (made / "published").mkdir()
    whole(made)
    (made / "study.py").write_text(CODE, encoding="utf-8")
    return made


def edit(folder, name, old, new):
    path = folder / "published" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_each_printed_cell_has_a_verdict_of_its_own(folder):
    found = dl.reproduce("my-study", studies=folder.parent)
    rows = found.frame.set_index("key")
    assert rows["verdict"].to_dict() == {
        "crosstab/A | yes/all": "as published", "crosstab/A | yes/people": "differs", "crosstab/A | no/all": "differs",
        "crosstab/A | no/people": "as published", "crosstab/B | yes/people": "as published",
    }  # fmt: skip
    assert not found.as_expected
    assert rows.loc["crosstab/A | yes/people", ["table", "row", "column", "unit", "published"]].tolist() == [
        "crosstab", "A | yes", "people", "people", 1200.0,
    ]  # fmt: skip
    assert rows.loc["crosstab/A | no/people", ["printed", "mark"]].tolist() == ["Q", "Q"]
    assert rows["rests_on"].unique().tolist() == ["respondents' rows"]
    french = dl.reproduce("my-study", studies=folder.parent, language="fr").frame
    assert french["label"].tolist()[0] == "A, yes\u00a0: Ensemble"
    assert french["base"].tolist()[0] == "personnes interrogées"


def test_a_study_of_tables_alone_keeps_the_header_of_single_numbers(folder, refused):
    expected = dl.reproduce("my-study", studies=folder.parent).frame
    (folder / "published.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    found = dl.reproduce("my-study", studies=folder.parent).frame
    assert found["verdict"].tolist() == expected["verdict"].tolist()
    (folder / "published" / "tables.toml").unlink()
    (folder / "published" / "crosstab.csv").unlink()
    refused(lambda: dl.reproduce("my-study", studies=folder.parent), StudyError)


def test_the_table_is_kept_as_printed(folder):
    (table,) = read_tables(folder)
    assert table.printed.loc[("A", "yes")].tolist() == ["60%", "1,200"]
    assert table.printed.loc[("B", "yes")].tolist() == [None, ""]
    assert table.heads["block"].fr == "Question"
    assert (table.title.fr, table.rows[2], table.columns) == (
        "Titre",
        ("B", "yes"),
        ("all", "people"),
    )
    assert {cell.tolerance for cell in table.cells if cell.column == "people"} == {1.0}
    edit(folder, "tables.toml", 'marks = ["", "Q"]', 'marks = ["Q"]')
    assert len(read_tables(folder)[0].cells) == 4


def test_a_table_that_does_not_hold_together_is_refused(folder, refused):
    for error, name, old, new in (
        (StudyError, "crosstab.csv", "60%", "sixty"),
        (StudyError, "crosstab.csv", "B,yes", "A,no"),
        (StudyError, "crosstab.csv", "41%,Q", "41%"),
        (StudyError, "crosstab.csv", "people", "persons"),
        (StudyError, "tables.toml", 'rows = ["block"', 'rows = ["blok"'),
        (StudyError, "tables.toml", 'rows = ["block"', 'rows = ["all", "block"'),
        (StudyError, "tables.toml", 'row = ["A", "no"]', 'row = ["A", "maybe"]'),
        (StudyError, "tables.toml", "tolerance = 1", "tolerence = 1"),
        (StudyError, "tables.toml", 'unit = "%"\nrows', "rows"),
        (StudyError, "tables.toml", 'fr = "Titre", ', ""),
        (BaseMissingError, "tables.toml", 'key = "asked", ', ""),
        (OptionError, "tables.toml", 'expected = "differs"', 'expected = "differ"'),
        (OptionError, "tables.toml", 'expected = "differs"', 'rounding = "up"'),
    ):
        edit(folder, name, old, new)
        refused(lambda: open_study(folder), error)
        whole(folder)
    for named in ("crostab", "other"):
        section = LIKE.replace('"crosstab"', f'"{named}"')
        edit(folder, "tables.toml", "\n[crosstab]", f"{section}\n[crosstab]")
        refused(lambda: read_tables(folder), StudyError)
        whole(folder)
    (folder / "published" / "other.csv").write_text("a,b\n1,2\n")
    refused(lambda: open_study(folder), StudyError)


def test_what_a_study_gives_for_a_table_is_checked(folder, refused):
    for old, new in (
        ('"people": [', '"persons": ['),
        ('crosstab").rows)', 'crosstab").rows[:2] + (("C", "d"),))'),
        ('crosstab").rows)', 'crosstab").rows[:2] + (("A", "no"),))'),
        ("pd.DataFrame({", "(lambda cells, index: pd.DataFrame(cells))({"),
        ("pd.DataFrame({", "(lambda cells, index: dict(cells))({"),
        ("59.6", "[59.6]"),
    ):
        (folder / "study.py").write_text(CODE.replace(old, new, 1))
        refused(lambda: dl.reproduce("my-study", studies=folder.parent), StudyError)


def test_tables_may_share_their_rows_heads_and_columns(folder):
    before = read_tables(folder)[0]
    path = folder / "published" / "tables.toml"
    text = path.read_text(encoding="utf-8")
    shared = text[text.index("[crosstab.heads]") : text.index("[[crosstab.exceptions]]")]
    text = text.replace(shared, "").replace('rows = ["block", "answer"]\n', "")
    rows = '[defaults]\nrows = ["block", "answer"]\n'
    text = text.replace("[defaults]\n", rows) + shared.replace("[crosstab.", "[defaults.")
    path.write_text(text, encoding="utf-8")
    after = read_tables(folder)[0]
    assert after.cells == before.cells
    assert (after.rows, after.columns, after.heads) == (before.rows, before.columns, before.heads)


LIKE = '\n[other]\nlike = "crosstab"\ntitle = { fr = "Autre", en = "Other" }\nunit = "1"\n'


def test_a_table_like_another_takes_all_but_its_title_maps_and_exceptions(folder):
    edit(folder, "tables.toml", "\n[crosstab]", f"{LIKE}\n[crosstab]")
    (folder / "published" / "other.csv").write_text(CELLS.replace("41%", "0.41"), encoding="utf-8")
    other, crosstab = read_tables(folder)
    assert (other.title.en, other.labels, other.heads) == ("Other", crosstab.labels, crosstab.heads)
    assert (other.maps, crosstab.maps) == ({}, {"q1": "A"})
    assert [cell.unit for cell in other.cells] == ["1", "people", "1", "people", "people"]
    assert {cell.expected for cell in other.cells} == {"as published"}
    assert [cell.base for cell in other.cells] == [cell.base for cell in crosstab.cells]
