"""Files as those who publish them deliver them: tables of R, archives with their dictionaries, compressed texts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

import diplab as dl
from diplab.errors import LoadError
from tests.loaders.factories import notices

# -- tables of R ------------------------------------------------------------------------------------------------

# as R 4.5.0 writes them: `write.table(data.frame(town, pay))`, then with `sep=`, `quote=FALSE`, `row.names=FALSE`
TABLES_OF_R = {
    "a.tab": '"town" "pay"\n"1" "Le \\"Mans\\"" 1.5\n"3" "Lyon" NA\n',
    "a.txt": '"town" "pay"\n"1" "Le \\"Mans\\"" 1.5\n"3" "Lyon" NA\n',
    "b.csv": '"town";"pay"\n"1";"Le ""Mans""";1,5\n"3";"Lyon";NA\n',
    "c.tsv": 'town\tpay\n1\t"Le ""Mans"""\t1.5\n2\tLyon\tNA\n',
    "d.csv": 'town,pay\nu,"Le ""Mans""",1.5\nv,Lyon,NA\n',
}


@pytest.mark.parametrize("name", TABLES_OF_R)
def test_the_names_of_rows_that_r_writes(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TABLES_OF_R[name])
    data = dl.read(tmp_path / name)
    assert list(data.frame) == ["row.names", "town", "pay"]
    assert data.frame["town"].tolist() == ['Le "Mans"', "Lyon"]
    assert data.frame["pay"].fillna(-1).tolist() == [1.5, -1]
    assert notices(data) == ["The names of the rows are the column `row.names`."]


def test_a_single_column_with_names_of_rows(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('"pay"\n"1" 5\n"2" 7\n')
    data = dl.read(tmp_path / "a.txt")
    assert data.frame.to_dict("list") == {"row.names": [1, 2], "pay": [5, 7]}
    assert len(notices(data)) == 1


def test_fields_between_blanks_as_r_writes_them(tmp_path: Path) -> None:
    for name in ("race.tab", "race.txt", "race.csv"):
        (tmp_path / name).write_text('"y" "home town"\n3 "Le Mans"\n2 "Lyon"\n')
        assert dl.read(tmp_path / name).frame.to_dict("list") == {"y": [3, 2], "home town": ["Le Mans", "Lyon"]}


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,5,3\n2,7,4\n", "a;b\n1;2;\n2;3;\n", "a;b\nu;1;2\nu;1;3\n", "a;b\nu;1;2\nv;1\n"],
    ids=["decimal commas", "ends of lines", "no name twice", "cut"],
)
def test_a_header_one_short_that_is_no_table_of_r_is_refused(tmp_path: Path, text: str, refused: Any) -> None:
    (tmp_path / "a.csv").write_text(text)
    refused(partial(dl.read, tmp_path / "a.csv"), LoadError)
