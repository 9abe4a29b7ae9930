"""Writing and reading again is the identity with the codebook beside, and loses what is listed without it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from diplab.errors import LoadError
from diplab.loaders.formats import WRITE_LIMITS
from diplab.loaders.parquet import write_parquet
from diplab.loaders.read import read
from diplab.loaders.write import write_delimited
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.history import Step
from diplab.microdata.microdata import LinkedTable, Microdata
from diplab.microdata.missing import MissingCodes
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import Text
from tests.loaders.identity import differences, meaning, same_microdata

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRITERS: dict[str, Callable[..., Path]] = {".csv": write_delimited, ".tsv": write_delimited, ".parquet": write_parquet}
WORDS = pd.StringDtype(na_value=np.nan)


def survey() -> Microdata:
    """Return microdata that hold one of everything."""
    frame = pd.DataFrame(
        {
            "id": [9_007_199_254_740_993, 2, 3, 4],
            "whole": [1, 2, 3, 4],
            "float": [1.0, 0.1, -2e-300, 1e300],
            "infinite": [np.inf, -np.inf, 0.5, np.nan],
            "gaps": [1.0, np.nan, np.nan, np.nan],
            "letters": [1.5, np.nan, np.nan, np.nan],
            "range": [10.0, np.nan, 20.0, np.nan],
            "status": pd.Series(["full, time", np.nan, 'say "no"', "a\r\nb;c\td|e"], dtype=WORDS),
            "mixed": pd.Series(["x", np.nan, "-1", "=1+1"], dtype=WORDS),
            "department": pd.Series(["01", "75", "2A", "13"], dtype=WORDS),
            "figures": pd.Series(["1", "2", np.nan, "3"], dtype=WORDS),
            "no words": pd.Series([np.nan] * 4, dtype=WORDS),
            "no number": [np.nan] * 4,
            "yes": [True, False, True, True],
            "day": pd.Series([dt.date(2026, 1, 2), np.nan, np.nan, dt.date(1582, 10, 14)], dtype=object),
            "hour": pd.Series([dt.time(9, 5), np.nan, dt.time(23, 59, 59, 1), dt.time()], dtype=object),
            "moment": np.array(
                ["2026-01-02T09:05:00.000001", "NaT", "2026-01-02", "1999-12-31"], dtype="datetime64[us]"
            ),
            "é; ,": ["NA", "nan", ".", "  two "],
            "mail": [1, 0, 1, 0],
            "phone": [0, 0, 1, 1],
        }
    )
    frame["é; ,"] = frame["é; ,"].astype(WORDS)
    both = Text("fr", "en", others=(("pt", "pt"),))
    variables = {
        **{name: Variable(name) for name in frame},
        "whole": Variable("whole", both, both, {1: both, 2: Text.same("two")}, "ordinal", group=both, part_of="q"),
        "gaps": Variable("gaps", missing={99: "refused", 98.5: ""}, unit="EUR a month, net"),
        "letters": Variable("letters", missing={".a": "refused", ".b": "not asked"}),
        "range": Variable("range", missing_ranges=(MissingRange(90, 99, "not asked"),)),
        "status": Variable("status", missing={"CONSENT_REVOKED": "withdrawn"}),
        "mixed": Variable("mixed", missing={9: "refused"}),
        "day": Variable("day", missing={99.0: "refused"}),
    }

    def codes(held: tuple[object, ...], *places: int) -> MissingCodes:
        return MissingCodes(held, np.array(places, dtype=np.int8))  # type: ignore[arg-type]

    missing = {
        "gaps": codes((99, 98.5), -1, 0, 1, -1),
        "letters": codes((".a", ".b"), -1, 1, 0, -1),
        "range": codes((97,), -1, 0, -1, 0),
        "status": codes(("CONSENT_REVOKED",), -1, 0, -1, -1),
        "mixed": codes((9,), -1, 0, -1, -1),
        "day": codes((99,), -1, 0, -1, -1),
    }
    reasons = {
        "infinite": {"system": 1}, "gaps": {"refused": 1, "98.5": 1, "system": 1},
        "letters": {"not asked": 1, "refused": 1, "system": 1}, "range": {"not asked": 2}, "status": {"withdrawn": 1},
        "mixed": {"refused": 1}, "figures": {"system": 1}, "no words": {"system": 4}, "no number": {"system": 4},
        "day": {"refused": 1, "system": 1}, "hour": {"system": 1}, "moment": {"system": 1},
    }  # fmt: skip
    trips = Microdata(
        pd.DataFrame({"of": [1, 1, 3], "km": [1.5, np.nan, 2.0]}),
        Codebook({"of": Variable("of"), "km": Variable("km")}, reasons={"km": {"system": 1}}),
    )
    codebook = Codebook(
        variables, Origin(synthetic=True), reasons, {"uses": Responses("uses", ["mail", "phone"], label=both)},
        Text("enquête", "survey"), ("fr", "pt"), (Step("recode", ("age",), Text("âge", "age"), 3),),
    )  # fmt: skip
    return Microdata(frame, codebook, missing, {"trips": LinkedTable(trips, "whole", "of")})


@pytest.mark.parametrize("suffix", WRITERS)
def test_everything_comes_back(tmp_path: Path, suffix: str) -> None:
    made = survey()
    file = WRITERS[suffix](made, tmp_path / f"survey{suffix}")
    assert differences(made, read(file)) == []
    again = WRITERS[suffix](read(file), tmp_path / f"again{suffix}")
    assert again.read_bytes() == file.read_bytes()
    assert {each.name for each in tmp_path.iterdir() if "again" not in each.name} == {
        f"survey{suffix}",
        "survey.codebook.toml",
        f"survey.trips{suffix}",
        "survey.trips.codebook.toml",
    }


@pytest.mark.parametrize("suffix", WRITERS)
def test_no_row_at_all_comes_back(tmp_path: Path, suffix: str) -> None:
    made = survey()
    # days and times of day are objects, of which no row says nothing
    frame = made.frame.iloc[:0].drop(columns=["day", "hour"])
    known = {name: each for name, each in made.codebook.variables.items() if name in frame}
    empty = Microdata(frame, replace(made.codebook, variables=known, reasons={}))
    back = read(WRITERS[suffix](empty, tmp_path / f"empty{suffix}"))
    assert differences(empty, back) == []


def aspects_lost(made: Microdata, back: Microdata) -> set[str]:
    """Return in which respects data read back differ, in the words of `WRITE_LIMITS`."""
    lost = set()
    for field in ("label", "question", "values", "measure", "missing", "group", "part_of", "unit"):
        if any(
            getattr(each, field) != getattr(back.codebook.variables[name], field)
            for name, each in made.codebook.variables.items()
            if name in back.codebook
        ):
            lost.add(field)
    said, again = meaning(made.codebook), meaning(back.codebook)
    lost |= {key for key in ("sets", "title", "languages", "steps", "synthetic") if said[key] != again[key]}
    lost |= {"linked"} if made.linked and not back.linked else set()
    kinds = {
        "words": "figures", "boolean": "yes", "date": "day", "moment": "moment", "time": "hour", "gaps": "no words",
    }  # fmt: skip
    lost |= {
        kind
        for kind, name in kinds.items()
        if made.frame[name].dtype != back.frame[name].dtype
        or (made.frame[name].dtype == object and type(made.frame[name][0]) is not type(back.frame[name][0]))
    }
    kept = [name for name in ("whole", "float", "gaps", "department", "status") if name in back.frame]
    own = [name for name in kept if name not in made.missing]
    for name in own:
        assert made.frame[name].equals(back.frame[name]), name
    return lost


@pytest.mark.parametrize("suffix", WRITERS)
def test_what_the_file_alone_loses_is_what_is_listed(tmp_path: Path, suffix: str) -> None:
    made = survey()
    file = WRITERS[suffix](made, tmp_path / f"survey{suffix}")
    assert aspects_lost(made, read(file)) == set()
    (tmp_path / "survey.codebook.toml").unlink()
    plain = "parquet" if suffix == ".parquet" else "delimited"  # its words of Prolific would be known again
    assert aspects_lost(made, read(file, file_format=plain)) == set(WRITE_LIMITS[suffix])


def test_differences_are_seen() -> None:
    made = survey()
    assert same_microdata(made, survey())
    changes = [
        replace(made, frame=made.frame.assign(whole=[1, 2, 3, 5])),
        replace(made, frame=made.frame.assign(whole=[1.0, 2.0, 3.0, 4.0])),
        replace(made, frame=made.frame.drop(columns="yes")),
        replace(made, missing={**made.missing, "range": MissingCodes((96,), made.missing["range"].places)}),
        replace(made, linked={}),
        replace(made, codebook=made.codebook.described("whole", measure="nominal")),
        replace(made, codebook=replace(made.codebook, title=Text.same("other"))),
        replace(made, codebook=replace(made.codebook, reasons={})),
        replace(made, codebook=replace(made.codebook, steps=())),
    ]
    assert not any(same_microdata(made, changed) for changed in changes)


@pytest.mark.shared
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_every_sample_comes_back(shared: Path, tmp_path: Path, suffix: str) -> None:
    count = 0
    for file in sorted((shared / "data").rglob("*")):
        if file.suffix.lower() not in {".sav", ".zsav", ".dta", ".csv", ".tsv"}:
            continue
        if file.stat().st_size > 60_000:
            continue
        try:
            made = read(file, isolated=False)
        except LoadError:
            continue
        back = read(WRITERS[suffix](made, tmp_path / f"{count}{suffix}"))
        assert differences(made, back) == [], file.name
        count += 1
    assert count > 90
