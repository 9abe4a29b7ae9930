"""Published tables as they are printed: what is read, what is refused, and the verdict of each cell."""

from __future__ import annotations

import pytest

import diplab as dl
from diplab.errors import BaseMissingError, OptionError, StudyError
from diplab.replication.example import new_study
from diplab.replication.published_table import read_tables
from diplab.replication.study import open_study

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


@pytest.fixture
def folder(tmp_path):
    made = new_study("my-study", tmp_path / "surveys", 2026)
    (made / "published.csv").unlink()
    (made / "published").mkdir()
    (made / "published" / "tables.toml").write_text(TABLES, encoding="utf-8")
    (made / "published" / "crosstab.csv").write_text(CELLS, encoding="utf-8")
    (made / "study.py").write_text(CODE, encoding="utf-8")
    return made


def edit(folder, name, old, new):
    path = folder / "published" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(error, call, *arguments, **options):
    with pytest.raises(error) as caught:
        call(*arguments, **options)
    return str(caught.value).removeprefix("The published table `crosstab` of `my-study` was asked for. ")


def test_each_printed_cell_has_a_verdict_of_its_own(folder):
    found = dl.reproduce("my-study", studies=folder.parent)
    rows = found.frame.set_index("key")
    assert rows["verdict"].to_dict() == {
        "crosstab/A | yes/all": "as published",
        "crosstab/A | yes/people": "differs",
        "crosstab/A | no/all": "differs",
        "crosstab/A | no/people": "as published",
        "crosstab/B | yes/people": "as published",
    }
    assert not found.as_expected
    assert rows.loc["crosstab/A | yes/people", ["table", "row", "column", "unit", "published"]].tolist() == [
        "crosstab", "A | yes", "people", "people", 1200.0,
    ]  # fmt: skip
    assert rows.loc["crosstab/A | no/people", ["printed", "mark"]].tolist() == ["Q", "Q"]
    assert rows["rests_on"].unique().tolist() == ["respondents' rows"]
    french = dl.reproduce("my-study", studies=folder.parent, language="fr").frame
    assert french["label"].tolist()[0] == "A, yes\u00a0: Ensemble"
    assert french["base"].tolist()[0] == "personnes interrogées"


def test_the_table_is_kept_as_printed(folder):
    (table,) = read_tables(folder)
    assert table.printed.loc[("A", "yes")].tolist() == ["60%", "1,200"]
    assert table.printed.loc[("B", "yes")].tolist() == [None, ""]
    assert table.heads["block"].fr == "Question"
    assert (table.title.fr, table.rows[2], table.columns) == ("Titre", ("B", "yes"), ("all", "people"))
    assert {cell.tolerance for cell in table.cells if cell.column == "people"} == {1.0}


def test_an_empty_cell_without_a_mark_is_no_number(folder):
    edit(folder, "tables.toml", 'marks = ["", "Q"]', 'marks = ["Q"]')
    assert len(read_tables(folder)[0].cells) == 4


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "crosstab.csv",
            "60%",
            "sixty",
            (
                "In the row `A`, `yes`, column `all`: 'sixty' is neither a number nor a declared mark. Declare it in "
                "`marks`, or say the printer's `decimal` and `thousands`."
            ),
        ),
        (
            "crosstab.csv",
            "B,yes",
            "A,no",
            "Two rows have the labels `A`, `no`. Add a label column that tells them apart.",
        ),
        (
            "crosstab.csv",
            "41%,Q",
            "41%",
            (
                "Line 3 of `crosstab.csv` has 3 cells where its header has 4. Put cells that hold a comma between "
                "double quotes."
            ),
        ),
        (
            "crosstab.csv",
            "people",
            "persons",
            (
                "The column `persons` of `crosstab.csv` is not declared. Write `[crosstab.columns.persons]`, or name "
                "it in `rows`."
            ),
        ),
        (
            "tables.toml",
            'rows = ["block"',
            'rows = ["blok"',
            "`rows` names `blok`, which `crosstab.csv` does not have. Did you mean `block`?",
        ),
        (
            "tables.toml",
            'row = ["A", "no"]',
            'row = ["A", "maybe"]',
            (
                "The exception for the row ['A', 'maybe'] and the column 'all' names no cell. Write the labels as "
                "they stand in the file."
            ),
        ),
        (
            "tables.toml",
            "tolerance = 1",
            "tolerence = 1",
            (
                "`[crosstab.columns.people]` in `tables.toml` has an unknown key `tolerence`. Did you mean `tolerance`?"
            ),
        ),
        (
            "tables.toml",
            'unit = "%"\nrows',
            "rows",
            "Its section in `tables.toml` has no `unit`. Write `unit` under `[crosstab]` or `[defaults]`.",
        ),
        (
            "tables.toml",
            'fr = "Titre", ',
            "",
            'A text has not both `fr` and `en`. Write `{ fr = "...", en = "..." }`.',
        ),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(folder, name, old, new, said):
    edit(folder, name, old, new)
    assert refusal(StudyError, open_study, folder) == said


def test_a_table_without_a_base_is_refused(folder):
    edit(folder, "tables.toml", 'key = "asked", ', "")
    assert refusal(BaseMissingError, open_study, folder) == (
        'The base of the column `all` does not say of whom its numbers are. Write `base = { key = "a short name", '
        'fr = "...", en = "..." }`.'
    )


def test_words_of_a_table_are_checked(folder):
    edit(folder, "tables.toml", 'expected = "differs"', 'expected = "differ"')
    assert refusal(OptionError, open_study, folder).startswith(
        "`expected` of the table `crosstab` was given as 'differ'. It is one of: as published,"
    )
    edit(folder, "tables.toml", 'expected = "differ"', 'rounding = "up"')
    assert refusal(OptionError, open_study, folder) == (
        "`rounding` of the table `crosstab` was given as 'up'. It is one of: nearest, truncated, twice:5. Write "
        "`nearest`, `truncated`, `twice:5` instead."
    )


def test_a_file_without_a_section_is_refused(folder):
    (folder / "published" / "other.csv").write_text("a,b\n1,2\n")
    assert refusal(StudyError, open_study, folder) == (
        "The published tables of `my-study` were asked for. `published/other.csv` has no section in `tables.toml`. "
        "Write `[other]` there, with its title, base, source, rows and columns."
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"people": [',
            '"persons": [',
            "Its frame has no column `people`. Give it (its columns are near: `all`, `persons`).",
        ),
        (
            'crosstab").rows)',
            'crosstab").rows[:2] + (("C", "d"),))',
            "Its frame has no row `B | yes`. Give it (its rows are near: `A | yes`, `C | d`).",
        ),
        (
            'crosstab").rows)',
            'crosstab").rows[:2] + (("A", "no"),))',
            "The row `A | no` stands twice in its frame. Give each row once.",
        ),
        (
            "pd.DataFrame({",
            "(lambda cells, index: pd.DataFrame(cells))({",
            "Its frame has no labels of rows, as `A | yes`, but numbers in order. Make the labels, as printed,",
        ),
        (
            "pd.DataFrame({",
            "dict({",
            "Its `study.py` gives a dict for it. Return a DataFrame",
        ),
    ],
)
def test_what_a_study_gives_for_a_table_is_checked(folder, old, new, said):
    path = folder / "study.py"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(StudyError) as caught:
        dl.reproduce("my-study", studies=folder.parent)
    assert said in str(caught.value)


def test_cells_that_are_neither_numbers_nor_marks_are_refused(folder):
    path = folder / "study.py"
    path.write_text(path.read_text().replace("59.6", "[59.6]", 1))
    with pytest.raises(StudyError, match=r"gives for `crosstab/A \| yes/all` an object of type list"):
        dl.reproduce("my-study", studies=folder.parent)


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


@pytest.mark.parametrize("named", ["crostab", "other"])
def test_a_table_is_like_one_that_is_written_in_full(folder, named, error_text):
    section = LIKE.replace('"crosstab"', f'"{named}"')
    edit(folder, "tables.toml", "\n[crosstab]", f"{section}\n[crosstab]")
    with pytest.raises(StudyError) as caught:
        read_tables(folder)
    error_text(caught)
