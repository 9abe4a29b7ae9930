"""A labelled .sav: what is written comes back, whole or not at all."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.loaders.write import write_sav
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path


def people() -> Microdata:
    frame = pd.DataFrame(
        {
            "work": [1, 2, 9, 1],
            "income": [10.5, -1, 98, np.nan],
            "town": ["Orléans", "REF", None, "Lyon "],
            "day": [dt.date(2020, 1, 1), None, None, dt.date(1999, 12, 31)],
            "panel": [True, False, True, True],
        }
    )
    variables = [
        Variable(
            "work",
            label=Text("emploi", "work"),
            values={1: Text("oui", "yes"), 2: Text("non", "no"), 9: Text("refus", "refusal")},
            measure="nominal",
            missing={9: ""},
        ),
        Variable("income", missing={-1: "not asked"}, missing_ranges=(MissingRange(97, 99, "skipped"),)),
        Variable("town", missing={"REF": "refused"}),
    ]
    return Microdata(frame, Codebook({each.name: each for each in variables}, Origin(synthetic=True)))


@pytest.mark.parametrize("name", ["people.sav", "people.zsav"])
def test_what_is_written_comes_back(tmp_path: Path, name: str) -> None:
    back = read(write_sav(people(), tmp_path / name, language="fr"))
    assert back.frame["work"].dropna().tolist() == [1, 2, 1]
    assert back.frame["income"].dropna().tolist() == [10.5]
    assert back.frame["town"].dropna().tolist() == ["Orléans", "Lyon"]
    assert back.frame["day"].dropna().tolist() == [dt.date(2020, 1, 1), dt.date(1999, 12, 31)]
    assert back.frame["panel"].tolist() == [1, 0, 1, 1]
    assert back.codebook["work"].label.fr == "emploi"
    assert back.codebook["work"].values == {1: Text.same("oui"), 2: Text.same("non")}
    assert back.codebook["work"].measure == "nominal"
    assert back.codebook["income"].missing_ranges == (MissingRange(97.0, 99.0),)
    assert back.codebook.reasons == {
        "work": {"refus": 1},
        "income": {"not asked": 1, "skipped": 1, "system": 1},
        "town": {"refused": 1, "system": 1},
        "day": {"system": 2},
    }


def test_labels_are_in_the_language_asked(tmp_path: Path) -> None:
    back = read(write_sav(people(), tmp_path / "p.sav"))
    assert back.codebook["work"].label.en == "work"
    assert back.codebook.reasons["work"] == {"refusal": 1}


def test_written_again_is_the_same_file(tmp_path: Path) -> None:
    first = write_sav(people(), tmp_path / "a.sav").read_bytes()
    again = write_sav(read(tmp_path / "a.sav"), tmp_path / "b.sav").read_bytes()
    assert write_sav(people(), tmp_path / "c.sav").read_bytes() == first
    assert first[92:109] == b"01 Jan 7000:00:00"
    assert read(tmp_path / "b.sav").codebook.variables == read(tmp_path / "a.sav").codebook.variables
    assert again[92:109] == first[92:109]


def test_synthetic_data_are_named_so_in_the_file(tmp_path: Path) -> None:
    assert read(write_sav(people(), tmp_path / "p.sav")).codebook.origin.synthetic
    _, meta = pyreadstat.read_sav(tmp_path / "p.sav")
    assert meta.file_label == "Synthetic data, donnees synthetiques: nobody answered"


def test_long_notes_are_kept(tmp_path: Path) -> None:
    note = "Données d'enquête, réunies à l'été " * 8
    _, meta = pyreadstat.read_sav(write_sav(people(), tmp_path / "p.sav", note=note))
    assert " ".join(meta.notes) == note.strip()


def written(folder: Path, answers: list[Any], **variable: Any) -> str:
    codebook = Codebook({"a b": Variable("a b", **variable)})
    (folder / "p.sav").write_bytes(b"what was there")
    with pytest.raises(LoadError) as error:
        write_sav(Microdata(pd.DataFrame({"a b": answers}), codebook), folder / "p.sav")
    assert [each.name for each in folder.iterdir()] == ["p.sav"]
    assert (folder / "p.sav").read_bytes() == b"what was there"
    return str(error.value).removeprefix("The file `p.sav` cannot be written. ")


def test_name_that_spss_does_not_allow(tmp_path: Path) -> None:
    assert written(tmp_path, [1.0]) == (
        "An SPSS file cannot hold it: variable name 'a b' contains a space, which is not allowed. "
        "Change that in the data or their codebook."
    )


def test_more_missing_codes_than_spss_holds(tmp_path: Path) -> None:
    assert written(tmp_path, [1.0], missing={6: "", 7: "", 8: "", 9: ""}) == (
        "`a b` has 4 missing codes and 0 ranges; an SPSS file holds three codes, or a range and a code. "
        "Write fewer codes, or a range that covers them."
    )


def test_missing_code_of_the_other_kind(tmp_path: Path) -> None:
    assert written(tmp_path, [1.0], missing={"REVOKED": ""}) == (
        "`a b` holds numbers and its missing code 'REVOKED' is of the other kind. "
        "Write missing codes of the kind of the column."
    )


def test_label_that_spss_would_cut(tmp_path: Path, error_text: Any) -> None:
    codebook = Codebook({"a": Variable("a", values={1: Text.same("x" * 200)})})
    with pytest.raises(LoadError) as error:
        write_sav(Microdata(pd.DataFrame({"a": [1.0]}), codebook), tmp_path / "p.sav")
    error_text(error)
    assert list(tmp_path.iterdir()) == []


def test_numbers_among_words(tmp_path: Path, error_text: Any) -> None:
    with pytest.raises(LoadError) as error:
        write_sav(Microdata(pd.DataFrame({"a": ["x", 3]}), Codebook()), tmp_path / "p.sav")
    error_text(error)


def test_another_suffix(tmp_path: Path, error_text: Any) -> None:
    with pytest.raises(LoadError) as error:
        write_sav(people(), tmp_path / "p.dta")
    error_text(error)
