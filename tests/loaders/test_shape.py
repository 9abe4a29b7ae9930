"""Tables made by hand: headers of several lines, totals, notes, another table below or beside, merged and short lines.

Every table is written here, its answers by hand. What is left out is said with its place, and can
be read all the same; a respondent is never left out for a word alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from tests.loaders.factories import notices

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from diplab.microdata.microdata import Microdata

    Sheet = Callable[..., Microdata]


@pytest.fixture(params=["xlsx", "csv"])
def sheet(request: pytest.FixtureRequest, tmp_path: Path) -> Sheet:
    """Return a function that writes rows as a workbook or as a text, an empty row as a blank line, and reads them."""

    def made(*rows: Sequence[Any], merged: Sequence[str] = (), **options: Any) -> Microdata:
        file = tmp_path / f"t.{request.param}"
        if request.param == "xlsx":
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append(list(row))
            for each in merged:
                book.active.merge_cells(each)
            book.save(file)
        else:
            width = max(map(len, rows))
            lines = [["" if cell is None else str(cell) for cell in row] for row in rows]
            text = "".join(
                ";".join([*line, *[""] * (width - len(line))] if line else []) + "\n"
                for line in lines
            )
            file.write_text(text, encoding="utf-8")
        return read(file, private="keep", **options)

    return made


def table(data: Microdata) -> list[list[Any]]:
    frame = data.frame.astype(object).where(data.frame.notna(), None)
    return [list(data.frame), *frame.to_numpy().tolist()]


REGIONS = [
    ["region", "n", "pop"],
    *([f"R{place}", 10 * place, 100 * place] for place in range(1, 14)),
]
TOTAL = ["Ensemble", 910, 9100]
NOTES = [["Lecture : la région R1 compte 10 personnes."], ["Champ : France."]]


def test_totals_and_notes_below_a_table(sheet: Sheet) -> None:
    data = sheet(*REGIONS, TOTAL, *NOTES)
    assert table(data) == REGIONS
    assert notices(data) == [
        (
            "Notes left out below the table: 2, which begin with “Lecture :”, “Champ :” (`footer=0` "
            "keeps them)."
        ),
        (
            "Left out, because it is labelled a total and is the sum of the others: the last row (`footer=0` "
            "keeps it)."
        ),
    ]
    # the same rows, whatever columns are read
    assert table(sheet(*REGIONS, TOTAL, *NOTES, columns=["n"])) == [[row[1]] for row in REGIONS]
    assert len(sheet(*REGIONS, TOTAL, *NOTES, footer=0)) == 16
    assert len(sheet(*REGIONS, TOTAL, *NOTES, footer=2)) == 14
    assert len(sheet(*REGIONS, TOTAL, *NOTES, rows=15)) == 15
    assert table(sheet(*REGIONS, TOTAL, *NOTES, footer=3)) == REGIONS
    first = sheet(REGIONS[0], TOTAL, *REGIONS[1:])
    assert table(first) == REGIONS
    assert "the first row" in notices(first)[0]


def test_notes_of_other_kinds(sheet: Sheet) -> None:
    for below in (
        [["Source : Insee, enquête Emploi 2020"]],
        [[], ["Source: Eurostat"], ["suite de la note, sur une autre ligne"]],
        [[], ["Les résultats de l'année sont provisoires."]],
        [
            ["* Les données de la région R3 sont provisoires."],
            ["(1) Y compris ceux qui ont déménagé dans l'année."],
        ],
        [[], ["© Insee"], []],
    ):
        data = sheet(*REGIONS, *below)
        assert table(data) == REGIONS, below
        assert "`footer=0`" in notices(data)[0]
        assert "`footer=0`" in data.codebook.origin.notices[0].fr
    unquoted = sheet(*REGIONS, [], ["Cinq mots que personne ne cite."])
    assert (
        notices(unquoted)[0]
        == "Rows of one cell left out below the table: 1 (`footer=0` keeps them)."
    )


def test_titles_above_and_notes_below(sheet: Sheet) -> None:
    data = sheet(["Tableau 1. Les régions"], [], *REGIONS, TOTAL, [], ["Source : Insee"])
    assert table(data) == REGIONS


@pytest.mark.parametrize(
    "rows",
    [
        # a firm of this name is an answer; so is one that is not a sum, a row of an identifier alone,
        # and prose
        [["employer", "pay"], ["Uber", 1200], ["Deliveroo", 900], ["Total", 1500]],
        [["who", "pay"], ["Total", 1200], ["x", 900], ["y", 300.5], ["z", 10]],
        [["kind", "pay"], ["Total", 10], ["Partial", 5], ["Total", 15], ["Total", 15]],
        [["id", "age", "town"], [1, 30, "Paris"], [2, None, None], [3, None, None]],
        [["answer", "age"], ["Source", 30], ["note", 31], ["Lecture", 40]],
        [["answer", "age"], ["Source : my friends", 30], ["Note : it was fine", 31]],
        # an empty line between respondents, the next one answering in words
        [["name", "age"], ["x", 30], [], ["Anne", "about thirty"], ["y", 25], ["Jo", 31]],
        [["sex", "age"], ["F", 30], ["M", 31], [], ["F", "old enough"], ["F", 25]],
        [["a", "b"], ["x", "y"], [], ["v", "w"], ["t", "u"]],
        # a first respondent who answers in words, below columns without a name
        [["name", None, None], ["Jean", "red", "blue"], ["Anne", "green", "black"]],
        [["index", None, None], [0, "red", "blue"], [1, "green", "black"]],
        [["name", "age"], ["Jean", "no idea"], ["Anne", 30], ["Jo", 31]],
        [["id", "seen", None], ["x", "yes", "no"], ["y", "no", "yes"], ["z", "no", "no"]],
    ],
)
def test_no_respondent_is_left_out_for_a_word(sheet: Sheet, rows: list[list[Any]]) -> None:
    data = sheet(*rows)
    assert len(data) == len([row for row in rows[1:] if row])
    assert next(iter(data.frame)) == rows[0][0]


def test_a_row_that_may_be_a_total_is_told(sheet: Sheet) -> None:
    data = sheet(["region", "rate"], ["A", 12.5], ["B", 13.5], ["Ensemble", 13.0])
    assert len(data) == 3
    assert notices(data) == [
        (
            "The last row is labelled a total but is not the sum of the others: it is kept "
            "(`footer=1` leaves it out)."
        )
    ]
    assert (
        len(sheet(["region", "rate"], ["A", 12.5], ["B", 13.5], ["Ensemble", 13.0], footer=1)) == 2
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        # two files one below the other
        (
            "id,x,y/1,2,3/id,x,y/2,3,4",
            "Rows that repeat the header are kept (1; rows of the table: 2)",
        ),
        # subtotals; a mean; a last row of sums without a name
        (
            "region,age,n/A,young,1/A,old,2/A,Total,3/B,young,2/B,old,2/B,Total,4",
            "kept (2; rows of the table: 3, 6)",
        ),
        (
            "town,rent/Paris,1000/Lyon,800/Moyenne,900",
            "of those above are kept (1; rows of the table: 3)",
        ),
        (
            "town,n,m/Paris,1,4/Lyon,2,5/,3,9",
            "the sum or the mean of those above are kept (1; rows of the table: 3)",
        ),
    ],
)
def test_rows_that_may_be_no_respondents_are_told(sheet: Sheet, written: str, said: str) -> None:
    rows = [line.split(",") for line in written.split("/")]
    data = sheet(*rows)
    assert len(data) == len(rows) - 1
    assert any(said in notice for notice in notices(data))
    assert not notices(sheet(*rows, footer=0))


def test_answers_called_as_totals_are_not_told(sheet: Sheet) -> None:
    answers = [
        ["id", "who", "score"],
        [1, "Ensemble", 3],
        [2, "Seul", 4],
        [3, "Ensemble", 7],
        [4, "Seul", 2],
    ]
    assert not notices(sheet(*answers))
    assert not notices(
        sheet(["who", "score"], ["Seul", 3], ["Tous", 4], ["Tous", 8], ["Autres", 2])
    )


def test_another_table_below(sheet: Sheet) -> None:
    rows = [["sexe", "n"], [1, 10], [2, 20], [], ["diplome", "n"], ["Bac", 3], ["Licence", 4]]
    data = sheet(*rows)
    assert table(data) == rows[:3]
    assert " ".join(notices(data)) == (
        "Another table is left out below the table: 3 rows, its header on line 5 "
        "(`header=5` reads it, `footer=0` keeps everything)."
    )
    assert table(sheet(*rows, header=5)) == rows[4:]
    titled = [
        ["sexe", "n"],
        [1, 10],
        [2, 20],
        [],
        ["Par diplôme"],
        ["diplome", "part"],
        ["Bac", 3],
        ["Licence", 4],
    ]
    data = sheet(*titled)
    assert table(data) == titled[:3]
    assert "its header on line 6" in notices(data)[0]
    assert table(sheet(*titled, header=6)) == titled[5:]


def test_another_table_beside(sheet: Sheet) -> None:
    rows = [
        ["sexe", "n", None, "diplome", "n"], ["H", 10, None, "Bac", 3], ["F", 20, None, "Licence", 4],
        [None, None, None, "Master", 5],
    ]  # fmt: skip
    data = sheet(*rows)
    assert table(data) == [["sexe", "n"], ["H", 10], ["F", 20]]
    assert " ".join(notices(data)) == (
        "Another table, to the right of an empty column, is left out: 2 columns, after the first 2 "
        "(`columns=` and their names read them, `footer=0` keeps everything)."
    )
    assert table(sheet(*rows, columns=["diplome"])) == [
        ["diplome"],
        ["Bac"],
        ["Licence"],
        ["Master"],
    ]
    # one without a header begins with somebody's answers, which no notice holds
    people = [
        ["nom", "ans", None, "DUPONT", "Lyon"],
        ["a", 30, None, "MARTIN", "Nice"],
        ["b", 31, None, None, None],
    ]
    found = sheet(*people)
    assert table(found) == [["nom", "ans"], ["a", 30], ["b", 31]]
    assert not [each for each in notices(found) if "DUPONT" in each or "Lyon" in each]
    # an empty column among those of a survey parts nothing
    survey = [
        ["id", "a", None, "b", "c"],
        [1, "x", None, "y", "z"],
        [2, "x", None, None, "z"],
        [3, "v", None, "y", None],
    ]
    assert len(table(sheet(*survey))[0]) >= 4


def test_a_line_of_labels_below_the_names(sheet: Sheet) -> None:
    """SoSci Survey writes one on demand; so do statistical offices, with units."""
    names, said = (
        ["CASE", "MODE", "A101", "B201"],
        ["Interview-Nummer", "Modus", "Geschlecht", "Alter: Jahre"],
    )
    rows = [
        names,
        said,
        [12, "pretest", 1, 34],
        [13, "interview", -9, None],
        [14, "interview", 2, 41.5],
    ]
    data = sheet(*rows)
    assert table(data)[:2] == [names, [12, "pretest", 1, 34]]
    assert [data.codebook[name].label.en for name in names] == said
    assert " ".join(notices(data)) == (
        "The line below the header, words above numbers, gives the labels of the columns "
        "(`header=1` reads it as an answer): 4 labels."
    )
    titled = sheet(["Export", None, None, None], [], *rows)
    assert table(titled) == table(data)
    assert "(`header=3` reads" in notices(titled)[-1]
    assert table(sheet(*rows, header=1))[1] == said
    # somebody who wrote words where others wrote numbers
    for person in (
        [1, "trente", "deux"],
        ["a", "trente", "deux"],
        ["a", "refus", "b"],
        ["a", "x", "x"],
        ["a", None, "b"],
    ):
        people = [["nom", "ans", "enfants"], person, ["b", 31, 1], ["c", 32, 2], ["b", 33, 2]]
        assert len(sheet(*people)) == 4
    assert len(sheet(["x", "y", "z"], ["a", "b", "c"], [1, 2, 3])) == 2  # too few to tell


GROUPED = [
    ["id", "Revenus", None, "Age"],
    [None, "salaire", "prime", None],
    [1, 1000, 50, 30],
    [2, 1100, 60, 31],
]


def test_headers_of_several_lines(sheet: Sheet) -> None:
    for merged in ((), ("A1:A2", "B1:C1", "D1:D2")):
        data = sheet(*GROUPED, merged=merged)
        assert table(data) == [["id", "Revenus / salaire", "Revenus / prime", "Age"], *GROUPED[2:]]
        assert " ".join(notices(data)) == (
            "Header of 2 lines, of which the names were joined (`header=` says which line is the "
            "header): "
            "`Revenus / salaire`, `Revenus / prime`."
        )
    assert list(sheet(*GROUPED, header=2).frame)[1:3] == ["salaire", "prime"]
    assert len(sheet(*GROUPED, header=1)) == 3
    years = sheet(
        ["ville", "Population", None], [None, 2019, 2020], ["Lyon", 10, 11], ["Pau", 7, 8]
    )
    assert list(years.frame) == ["ville", "Population / 2019", "Population / 2020"]
    three = sheet(
        ["id", "Revenus", None, None],
        [None, "salaire", None, "prime"],
        [None, "brut", "net", None],
        [1, 9, 8, 1],
    )
    assert list(three.frame) == [
        "id",
        "Revenus / salaire / brut",
        "Revenus / salaire / net",
        "Revenus / prime",
    ]
    # as Drupal's Webform and Framaforms write items: a mark where one was chosen
    webform = sheet(
        ["Details", None, None, "Usages", None], ["Serial", "SID", "Draft", "mail", "jeux"], [1, 10, 0, "X", None],
        [2, 11, 0, "X", "X"],
    )  # fmt: skip
    assert list(webform.frame)[-2:] == ["Usages / mail", "Usages / jeux"]
    assert len(webform) == 2


@pytest.mark.parametrize("merged", [(), ("D1:E1", "F1:H1")])
def test_bands_below_a_name_that_begins_beside_the_first_column(
    sheet: Sheet, merged: tuple[str, ...]
) -> None:
    rows = [
        [None, None, None, "Gender", None, "Age", None, None],
        [
            "Among those asked",
            None,
            "Total",
            "Male",
            "Female",
            "18 - 24",
            "25\u201334",
            "35 and up",
        ],
        ["Main concern", "N", 60, 32, 28, 10, 20, 30],
        ["Pay", "Too low", 0.25, 0.5, 0.25, 0.1, 0.2, 0.3],
        ["Pay", "Too late", 0.75, 0.5, 0.75, 0.9, 0.8, 0.7],
    ]
    data = sheet(*rows, merged=merged)
    assert list(data.frame) == [
        "Among those asked", "column_2", "Total", "Gender / Male", "Gender / Female",
        "Age / 18 - 24", "Age / 25\u201334", "Age / 35 and up",
    ]  # fmt: skip
    assert table(data)[1:] == rows[2:]
    # bands that respondents answered are not names
    answered = [["id", "age", None], ["x", "18 - 24", 3], ["y", "25 - 34", 4], ["z", "18 - 24", 5]]
    assert len(sheet(*answered)) == 3


def test_a_name_over_columns_alone_on_its_line(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Titre", None, None],
        [None, "Revenus", None],
        ["id", "salaire", "prime"],
        [1, 1000, 50],
    ):
        book.active.append(row)
    book.active.merge_cells("B2:C2")
    book.active.merge_cells("A1:C1")
    book.save(tmp_path / "a.xlsx")
    data = read(tmp_path / "a.xlsx")
    assert table(data) == [["id", "Revenus / salaire", "Revenus / prime"], [1, 1000, 50]]
    assert notices(data)[0].startswith(
        "Lines left out above the header (line 2): 1, of the form `xxxxx`, "
    )


def test_a_header_merged_over_what_respondents_wrote(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["nom", "couleurs", None],
        ["Jean", "red", "blue"],
        ["Anne", "red", "green"],
        ["Jo", "pink", "blue"],
    ):
        book.active.append(row)
    book.active.merge_cells("B1:C1")
    book.save(tmp_path / "a.xlsx")
    assert len(read(tmp_path / "a.xlsx")) == 3


def test_merged_cells_are_filled_down(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows = [
        ["menage", "individu", "age"],
        [1, "a", 30],
        [None, "b", 5],
        [2, "c", 40],
        [None, "d", 6],
        [None, "e", None],
    ]
    for row in rows:
        book.active.append(row)
    for each in ("A2:A3", "A4:A6", "C5:C6"):
        book.active.merge_cells(each)
    book.save(tmp_path / "a.xlsx")
    data = read(tmp_path / "a.xlsx")
    assert data.frame["menage"].tolist() == [1, 1, 2, 2, 2]
    assert data.frame["age"].tolist() == [30, 5, 40, 6, 6]
    assert notices(data) == [
        (
            "Cells merged over several rows, filled down (`fill=False` leaves them empty): `menage` "
            "(3), `age` (1)."
        )
    ]
    assert read(tmp_path / "a.xlsx", fill=False).frame["menage"].tolist()[:2] == [
        1,
        pytest.approx(float("nan"), nan_ok=True),
    ]


BATCH = '"HITId","WorkerId","Answer.q1","Approve","Reject"\n"A","W1","yes"\n"B","W2","no, thanks"\n'


def test_lines_that_end_before_the_last_columns(tmp_path: Path) -> None:
    # as Mechanical Turk writes the results of a batch
    file = tmp_path / "a.csv"
    file.write_text(BATCH, encoding="utf-8")
    data = read(file, private="keep")
    assert table(data)[1:] == [
        ["A", "W1", "yes", None, None],
        ["B", "W2", "no, thanks", None, None],
    ]
    assert notices(data) == [
        (
            "All lines end before these columns, which are empty (`fill=False` refuses such a file): "
            "`Approve`, `Reject`."
        )
    ]
    with pytest.raises(LoadError, match="line 2 has 3 fields"):
        read(file, fill=False)
    file.write_text(BATCH.partition("\n")[0] + '\n"A","W","y"' * 12_000 + "\n", encoding="utf-8")
    assert read(file, private="keep").frame.shape == (12_000, 5)


def test_lines_that_are_short_here_and_there(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b,c\n1,2,3\n4,5\n6,7,8\n", encoding="utf-8")
    with pytest.raises(
        LoadError, match="`fill=True` to fill short lines, or `footer=` and how many"
    ):
        read(file)
    assert table(read(file, fill=True))[2] == [4, 5, None]
    # a name with a comma outside of quotation marks would move every answer
    file.write_text("id,age, years,sex\n1,30,F\n2,31,M\n", encoding="utf-8")
    with pytest.raises(LoadError, match="line 2 has 3 fields"):
        read(file)
    # a file that is cut within its last line
    file.write_text("id,age,sex\n1,30,F\n2,31,M\nSou", encoding="utf-8")
    with pytest.raises(LoadError, match="line 4 has 1 field"):
        read(file)


def test_the_end_of_a_long_text(tmp_path: Path) -> None:
    file, line = tmp_path / "a.csv", "R,10,100.5,some words of a respondent who wrote them\n"
    rows = 2_500_000 // len(line)
    file.write_text("a,b,c,d\n" + line * rows + "Source : Insee\n", encoding="utf-8")
    data = read(file)
    assert len(data) == rows
    assert notices(data) == [
        "Notes left out below the table: 1, which begin with “Source :” (`footer=0` keeps them)."
    ]
    # within a quotation it is what somebody wrote
    file.write_text("a,b,c,d\n" + line * rows + 'R,1,2,"yes\n\nSource : me\n"\n', encoding="utf-8")
    assert read(file).frame["d"].iloc[-1] == "yes\n\nSource : me\n"


def test_blank_lines_in_what_somebody_wrote(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        'id,said,n\n1,"a\n\nn,n,n\nb",3\n2,"Source : x",4\n3,"c\n\nid,said,n",5\n', encoding="utf-8"
    )
    data = read(file)
    assert data.frame["n"].tolist() == [3, 4, 5]
    assert notices(data) == []
