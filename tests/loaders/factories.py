"""Files and answers that the tests of several formats make and look at."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from diplab.loaders.read import read
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import MissingCodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


def read_text(folder: Path, text: str | bytes, name: str = "a.csv", **options: Any) -> Microdata:
    """Read a text under a name of which no file is there yet, or another one."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(folder / name, **options)


def workbook(path: Path, sheets: Mapping[str, Iterable[Iterable[object]]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    made.save(path)
    return path


def csv_text(rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue()


def cells(data: Microdata, *names: str, missing: object = "") -> list[list[object]]:
    """Return the answers of columns, missing ones as a mark that compares."""
    return [
        data.frame[name].astype(object).where(data.frame[name].notna(), missing).tolist()
        for name in names
    ]


def of(**columns: Any) -> Microdata:
    return Microdata(pd.DataFrame(columns), Codebook())


def codes(known: Iterable[Any], *places: int) -> MissingCodes:
    return MissingCodes(tuple(known), np.array(places, dtype=np.int8))


def notices(data: Microdata) -> list[str]:
    return [notice.en for notice in data.codebook.origin.notices]


def raised(
    kind: type[BaseException], call: Callable[..., object], *arguments: Any, **options: Any
) -> Any:
    """Return the error that a call raises."""
    with pytest.raises(kind) as error:
        call(*arguments, **options)
    return error.value
