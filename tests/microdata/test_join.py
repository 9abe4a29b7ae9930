"""People joined with their households: keys counted, codebooks joined, nothing doubled in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.microdata.codebook import Origin
from diplab.microdata.missing import MissingCodes
from diplab.types import Responses


def people(homes: list[Any] | None = None) -> dl.Microdata:
    frame = pd.DataFrame({"home": homes or [2, 1, 2], "age": [40.0, 12, 31]})
    return dl.Microdata(frame, dl.Codebook().described("age", label=dl.Text("âge", "age")))


def homes() -> dl.Microdata:
    """Two homes; in the first the rent was refused."""
    book = dl.Codebook(
        sets={"has": Responses("has", ["car", "bike"])}, origin=Origin(file="homes.csv")
    ).described("rent", label=dl.Text("loyer", "rent"), missing={9: "refused"})
    frame = pd.DataFrame(
        {
            "home": [1, 2],
            "rent": [np.nan, 700.0],
            "car": [1, 0],
            "bike": [0, 1],
            "city": ["Lyon", "Lille"],
        }
    )
    return dl.Microdata(frame, book, {"rent": MissingCodes((9,), np.array([0, -1]))})


def test_each_person_has_the_columns_of_the_home() -> None:
    joined = people().join(homes(), on="home")
    assert joined.frame.columns.tolist() == ["home", "age", "rent", "car", "bike", "city"]
    assert joined.frame["rent"].tolist() == pytest.approx([700, np.nan, 700], nan_ok=True)
    assert joined.frame["car"].tolist() == [0, 1, 0]
    assert joined.frame["car"].dtype == np.int64
    assert joined.frame["city"].tolist() == ["Lille", "Lyon", "Lille"]
    assert joined.missing["rent"].places.tolist() == [-1, 0, -1]
    assert joined.codebook.reasons == {"rent": {"refused": 1}}
    assert joined.codebook["rent"].label.fr == "loyer"
    assert joined.codebook["age"].label.fr == "âge"
    assert joined.codebook.sets["has"].columns == ("car", "bike")
    (step,) = people().join(homes(), on="home").codebook.steps
    assert (step.kind, step.variables, step.rows) == ("join", ("rent", "car", "bike", "city"), 3)
    assert step.words.en == (
        "Columns joined from the file homes.csv: 3 rows matched, 0 without a match, 0 of the other "
        "file left out"
    )


def test_rows_without_a_home(refused) -> None:
    refused(lambda: people([2, 3, None]).join(homes(), on="home"), MisleadingError)
    kept = people([2, 3, None]).join(homes(), on="home", unmatched="keep")
    assert kept.frame["rent"].tolist() == pytest.approx([700, np.nan, np.nan], nan_ok=True)
    assert kept.frame["city"].fillna("").tolist() == ["Lille", "", ""]
    assert kept.codebook.reasons["rent"] == {"system": 2}
    assert kept.codebook.steps[0].words.en.endswith(
        "1 rows matched, 2 without a match, 1 of the other file left out"
    )
    other = dl.Microdata(pd.DataFrame({"home": [2, 1, None], "rent": [1, 2, 3]}), dl.Codebook())
    kept = people([2, 1, None]).join(other, on="home", unmatched="keep")
    assert kept.frame["rent"].tolist() == pytest.approx([1, 2, np.nan], nan_ok=True)


def test_keys_of_two_columns_and_of_other_names() -> None:
    first = dl.Microdata(pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"]}), dl.Codebook())
    second = dl.Microdata(
        pd.DataFrame({"A": [2.0, 1.0, 1.0], "b": ["x", "x", "y"], "v": [3, 1, 2]}), dl.Codebook()
    )
    joined = first.join(second, on={"a": "A", "b": "b"}, expect="one_to_one")
    assert joined.frame["v"].tolist() == [1, 2, 3]
    assert joined.frame.columns.tolist() == ["a", "b", "v"]


def test_columns_and_keys_that_clash_are_refused(refused) -> None:
    refused(lambda: homes().join(people(), on="home"), MisleadingError)
    refused(lambda: people().join(homes(), on="home", expect="one_to_one"), MisleadingError)
    other = dl.Microdata(
        pd.DataFrame({"home": [1, 2], "age": [90, 5]}),
        dl.Codebook().described("age", measure="scale"),
    )
    refused(lambda: people().join(other, on="home"), ColumnError)
    joined = people().join(other, on="home", suffix="_home")
    assert joined.frame["age_home"].tolist() == [5, 90, 5]
    assert joined.codebook["age_home"].measure == "scale"
    assert joined.codebook["age_home"].name == "age_home"


def test_what_is_refused(refused: Any) -> None:
    refused(lambda: people().join(homes(), on="house"), ColumnError)
    refused(lambda: people().join(homes(), on=[]), OptionError)
    refused(lambda: people().join(homes(), on="home", expect="one_to_many"), OptionError)
    words = dl.Microdata(pd.DataFrame({"home": ["1", "2"], "rent": [1, 2]}), dl.Codebook())
    refused(lambda: people().join(words, on="home"), ColumnError)


def test_keys_that_lost_digits_are_refused_and_both_remedies_work(refused: Any) -> None:
    keys = pd.Series(10**18 + np.arange(3))
    people, homes = (pd.DataFrame({"home": keys}) for _ in range(2))
    rounded = homes.astype(float).assign(rent=[1, 2, 3])
    one = dl.Microdata(people, dl.Codebook())
    # three keys of the first were the one that the floats have left, and matched
    for floats in (rounded, rounded[:1]):
        refused(lambda floats=floats: one.join(floats, on="home"), ColumnError)
    with pytest.raises(ColumnError, match="of the first file"):
        dl.Microdata(rounded, dl.Codebook()).join(people, on="home")
    for dtype in ("Int64", "string"):
        other = homes.astype(dtype).assign(rent=[1, 2, 3])
        same = people.astype("string") if dtype == "string" else people
        assert dl.Microdata(same, dl.Codebook()).join(other, on="home").frame["rent"].tolist() == [
            1,
            2,
            3,
        ]


@pytest.mark.parametrize(
    "types", [("int64", "uint64"), ("uint64", "int64"), ("Int64", "uint64"), ("int64", "int32")]
)
def test_keys_of_many_digits_and_other_types(types: tuple[str, str]) -> None:
    """Signed beside unsigned, they became floats, which take four keys for one."""
    start = 0 if "int32" in types else 2**60
    home = dl.Microdata(
        pd.DataFrame({"home": start + np.arange(4)}).astype(types[1]).assign(rent=[1, 2, 3, 4]),
        dl.Codebook(),
    )
    people = dl.Microdata(
        pd.DataFrame({"home": start + np.array([3, 0, 1, 2])}).astype(types[0]), dl.Codebook()
    )
    assert people.join(home, on="home").frame["rent"].tolist() == [4, 1, 2, 3]
