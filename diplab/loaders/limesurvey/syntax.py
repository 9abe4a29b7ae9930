"""Data that LimeSurvey exported for R or SPSS: columns in a text file, their meaning in a syntax file beside it."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.limesurvey.standard import private_columns, standard_variable
from diplab.loaders.limesurvey.structure import Questionnaire
from diplab.loaders.limesurvey.syntax_files import r_syntax, spss_syntax
from diplab.loaders.personal import left_out
from diplab.loaders.source import open_source, refused
from diplab.loaders.text.dialect import Dialect, decoded, records
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.loaders.limesurvey.syntax_files import Described
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Measure, Storage

__all__ = ["has_syntax", "read_with_syntax"]

_SUFFIXES = {".csv": ".R", ".dat": ".sps"}
_SYNTAX = (".r", ".sps")
_DAY = re.compile(r"(\d\d)-(\d\d)-(\d{4})(.*)", re.DOTALL)
_BRACKETS = re.compile(r"((?:\[[^\[\]]*\] ?)+)(.*)", re.DOTALL)
_LEVELS: dict[str, Measure] = {"nominal": "nominal", "ordinal": "ordinal", "scale": "scale"}


def has_syntax(source: SourceFile, request: Request) -> bool:
    """Return whether a file is data of LimeSurvey for R or SPSS: its syntax file is given, or lies beside it."""
    if request.structure is not None:
        return request.structure.suffix.lower() in _SYNTAX
    return source.suffix == ".dat" or _beside(source.path) is not None


def read_with_syntax(source: SourceFile, request: Request) -> Microdata:
    """Read data that LimeSurvey exported for R (`.csv` with `.R`) or for SPSS (`.dat` with `.sps`).

    The syntax file is the one given as structure, or the one beside under LimeSurvey's name for it
    (`survey_782678_R_syntax_file.R`). It is read as text and never run. Multiple choices are 1 and 0, and missing
    where the question was not asked; they make sets.

    Parameters
    ----------
    source : SourceFile
        The data.
    request : Request
        Syntax file as structure, codebook, columns and rows; `private` keeps access codes and addresses.

    Raises
    ------
    LoadError
        Where there is no syntax file, it is not one of LimeSurvey's, or it describes other columns.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    path = request.structure or _beside(source.path)
    if path is None:
        raise refused(
            source,
            "It holds data without the names of its columns, which their SPSS syntax (.sps) would give.",
            f'Write `read("{source.path.name}", structure="...sps")`.',
        )
    syntax = open_source(path)
    words, _ = decoded(syntax)
    described = (spss_syntax if syntax.suffix == ".sps" else r_syntax)(syntax, words)
    rows, dialect, described = _rows(source, syntax, described)
    columns = {each.name: place for place, each in enumerate(described)}
    private = private_columns(source, request, {name: name for name in columns})
    kept = [each for each in described if each.name not in private]
    cells = {each.name: np.array([row[columns[each.name]] for row in rows], dtype=object) for each in kept}
    variables = {each.name: _variable(each) for each in kept}
    cells |= {name: _moments(cells[name]) for name, each in variables.items() if each.storage == "moment"}
    return microdata_of_cells(
        source,
        request,
        cells,
        Codebook(variables, sets=_sets(variables)),
        reader=f"LimeSurvey data with `{syntax.path.name}`, {dialect}",
        notices=left_out(private),
    )


def _beside(path: Path) -> Path | None:
    """Return the syntax file that lies beside data under LimeSurvey's name."""
    suffix = _SUFFIXES.get(path.suffix.lower(), "")
    if not suffix or "data_file" not in path.stem:
        return None
    beside = path.with_name(path.stem.replace("data_file", "syntax_file") + suffix)
    return beside if beside.is_file() else None


def _rows(
    source: SourceFile, syntax: SourceFile, described: list[Described]
) -> tuple[list[list[str]], Dialect, list[Described]]:
    """Return the records of the data, and what is said of each of their columns, in their order."""
    text, encoding = decoded(source)
    dialect = Dialect(encoding, ",")
    if source.suffix == ".dat":
        rows = _quoted_records(source, text)
        width = len(rows[0]) if rows else len(described)
    else:
        header, rows = records(source, text, dialect, repeated=True)
        width = len(header)
        by_name = {each.name: each for each in described}
        if set(header) <= set(by_name):
            described = [by_name[name] for name in header]
    if width != len(described):
        raise refused(
            source,
            f"It has {width} columns, and its syntax `{syntax.path.name}` describes {len(described)}.",
            "Export the data and their syntax anew from LimeSurvey, together.",
        )
    return rows, dialect, described


def _quoted_records(source: SourceFile, text: str) -> list[list[str]]:
    """Return the records of data for SPSS: no header, commas, words in single quotation marks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=",", quotechar="'", strict=True)
    rows: list[list[str]] = []
    again = "Export the data and their syntax anew from LimeSurvey, together."
    try:
        for row in reader:
            if rows and row and len(row) != len(rows[0]):
                found = (
                    f"Its line {reader.line_num} has {len(row)} fields where the first has {len(rows[0])}."
                )
                raise refused(source, found, again)
            if row:
                rows.append(row)
    except csv.Error as broken:
        raise refused(source, f"Its line {reader.line_num} cannot be read: {broken}.", again) from broken
    return rows


def _variable(described: Described) -> Variable:
    own = standard_variable(described.name, Questionnaire())
    if own is not None:
        return own
    label = question = described.label
    part_of = ""
    bracketed = _BRACKETS.fullmatch(described.label)
    if bracketed is not None and bracketed.group(2):
        items = re.findall(r"\[([^\[\]]*)\]", bracketed.group(1))
        label, question = " – ".join(items), bracketed.group(2)
        part_of = described.name.partition("_")[0]
    storage: Storage = "words" if described.kind == "A" else ""
    if described.kind.startswith(("DATE", "SDATE")):
        storage = "moment"
    measure: Measure = "nominal" if described.values or storage == "words" else "scale"
    return Variable(
        described.name,
        label=Text.same(label),
        question=Text.same(question),
        values={code: Text.same(words or str(code)) for code, words in described.values.items()},
        measure=_LEVELS.get(described.level, measure),
        missing={code: described.values.get(code, "") for code in described.missing},
        part_of=part_of,
        storage=storage,
    )


def _sets(variables: dict[str, Variable]) -> dict[str, Responses]:
    """Return the multiple choices: items of one question that are each 1 or 0."""
    items: dict[str, list[Variable]] = {}
    for each in variables.values():
        if each.part_of and set(each.values) == {0, 1}:
            items.setdefault(each.part_of, []).append(each)
    return {
        name: Responses(name, [each.name for each in members], label=members[0].question)
        for name, members in items.items()
    }


def _moments(cells: NDArray[Any]) -> NDArray[Any]:
    """Return moments as ISO 8601 writes them: for SPSS, LimeSurvey puts the day before the month and the year."""
    places, distinct = pd.factorize(cells)
    written = []
    for word in distinct:
        day = _DAY.fullmatch(str(word).strip())
        written.append(f"{day.group(3)}-{day.group(2)}-{day.group(1)}{day.group(4)}" if day else word)
    return np.array(written, dtype=object)[places] if written else cells
