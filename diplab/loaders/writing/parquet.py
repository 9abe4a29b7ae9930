"""Microdata written as a Parquet file, with their codebook in a TOML file beside it."""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.codebooks.sidecar import (
    check_declared,
    check_names,
    file_to_write,
    with_storage_beside,
    write_linked,
    write_pair,
)
from diplab.loaders.parquet import MISSING_BESIDE, require_package
from diplab.loaders.source import not_written
from diplab.loaders.writing.delimited import code_words, storage_kind

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.missing import MissingCodes
    from diplab.microdata.variable import Storage

__all__ = ["write_parquet"]

_ROWS = 100_000
_EXACT = 2**53
"""Whole numbers with gaps are read as floats, which are exact to here."""


def write_parquet(microdata: Microdata, path: str | os.PathLike[str]) -> Path:
    """Write microdata as a Parquet file, and their codebook beside it (`name.codebook.toml`).

    Missing cells hold the code that stood there. Where a column cannot hold it (a letter of Stata among numbers), it
    is in a column of words beside it, `age.missing` for `age`, and the cell itself is empty. Linked tables are
    written in files beside (`name.link.parquet`).

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from diplab.loaders.read import read
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> people = Microdata(pd.DataFrame({"age": [31.0, 99.0]}), Codebook().described("age", missing={99: "refused"}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     back = read(write_parquet(people, f"{folder}/people.parquet"))
    >>> back.frame["age"].tolist(), back.codebook.reasons["age"]
    ([31.0, nan], {'refused': 1})
    """
    file = file_to_write(path, (".parquet",))
    require_package(("pyarrow.parquet",), f"The file `{file.name}` cannot be written.")
    check_names(microdata, file)
    check_declared(microdata, file, words=False)
    pa: Any = import_module("pyarrow")
    pq: Any = import_module("pyarrow.parquet")
    columns: dict[str, Any] = {}
    for name in microdata.frame.columns:
        if name.endswith(MISSING_BESIDE) and name.removesuffix(MISSING_BESIDE) in microdata.frame:
            raise not_written(
                file,
                f"The name of the column `{name}` is kept for the missing codes of another.",
                "Rename it.",
            )
        own, beside = _arrays(microdata.frame[name], microdata.missing.get(name), file)
        columns |= {name: own} if beside is None else {name: own, f"{name}{MISSING_BESIDE}": beside}
    written = io.BytesIO()
    try:
        pq.write_table(pa.table(columns), written, compression="zstd", row_group_size=_ROWS)
    except (pa.ArrowException, OSError, UnicodeEncodeError) as refusal:
        raise not_written(
            file, f"Parquet cannot hold it: {refusal}.", "Change that in the data."
        ) from refusal
    links = write_linked(microdata, file, write_parquet)
    known = with_storage_beside(microdata.codebook, file)
    return write_pair(written.getvalue(), known, links, file)


def _arrays(column: pd.Series[Any], codes: MissingCodes | None, file: Path) -> tuple[Any, Any]:
    """Return a column of Arrow, and that of its missing codes where they are of another kind; None otherwise."""
    pa: Any = import_module("pyarrow")
    kind = storage_kind(column)
    if not kind:
        raise not_written(
            file,
            f"The answers of `{column.name}` are of several kinds.",
            "Write them all as words, or as numbers.",
        )
    if kind == "whole" and column.isna().any() and (column.dropna().abs() > _EXACT).any():
        raise not_written(
            file,
            f"`{column.name}` has gaps and whole numbers too long to stay exact beside them.",
            "Write them as words.",
        )
    answers, typed, beside = column, _type(kind), None
    if codes is not None and codes.codes and all(_fits(code, kind) for code in codes.codes):
        codes_in_cells = np.array([*codes.codes, None], dtype=object)[codes.places]
        answers = column.astype(object).where(column.notna(), codes_in_cells)
        typed = pa.float64() if kind == "whole" else typed
    elif codes is not None:
        own = codes.places >= 0
        beside = pa.array(np.where(own, code_words(codes), np.array(None, dtype=object)), type=pa.string())
    try:
        return pa.array(answers, type=typed, from_pandas=True), beside
    except (pa.ArrowException, UnicodeEncodeError, TypeError, ValueError) as refusal:
        raise not_written(
            file,
            f"Parquet cannot hold the answers of `{column.name}`: {refusal}.",
            "Change that in the data.",
        ) from refusal


def _fits(code: Any, kind: Storage) -> bool:
    return (
        kind in ("whole", "number") and not isinstance(code, str)
        if kind != "words"
        else isinstance(code, str)
    )


def _type(kind: Storage) -> Any:
    pa: Any = import_module("pyarrow")
    return {
        "boolean": pa.bool_(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "words": pa.string(),
        "date": pa.date32(),
        "time": pa.time64("us"),
        "moment": pa.timestamp("us"),
    }[kind]
