"""SPSS and Stata files: codes in the frame, labels and kinds of missing in the codebook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.cells import Answers, microdata_of_answers, words_of
from diplab.loaders.isolated import read_here, read_isolated
from diplab.loaders.missing import SYSTEM, unanswered
from diplab.loaders.native import SPSS_EPOCH, NativeReaderError, NativeTable
from diplab.loaders.overlay import completed, described, synthetic
from diplab.loaders.source import refused, unknown_columns
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.missing_codes import missing_codes
from diplab.microdata.variable import Code, MissingRange, Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["read_statistical"]

_BEGINNINGS = {".sav": (b"$FL2", b"$FL3"), ".zsav": (b"$FL2", b"$FL3"), ".dta": (b"<stata_dta>",)}
_OLD_STATA = range(104, 116)
_ANEW = "Copy it again from its source, or open it in the program that made it and save it anew."
_SYNTHETIC = ("synthetic", "synthétique", "synthetique")


def read_statistical(source: SourceFile, request: Request) -> Microdata:
    """Read an SPSS (.sav, .zsav) or Stata (.dta) file.

    Blank words are missing, like empty numbers. A date that no calendar holds leaves the dates of its file as
    numbers, and `Origin.reader` says so.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook laid over what the file says; isolation in a child process, so that a damaged file cannot end this
        one; columns and rows.

    Returns
    -------
    Microdata
        Codes, and the codebook of the file.

    Raises
    ------
    LoadError
        Where the file is not of this format, is cut or damaged, or ends its reader.
    ColumnError
        Where one of `columns` is not in the file.
    """
    suffix, codebook, columns = source.suffix, request.codebook, request.columns
    _check_beginning(source, suffix)
    run = read_isolated if request.isolated else read_here
    try:
        table = run(source.stored, suffix, columns, request.rows)
    except NativeReaderError as refusal:
        raise refused(source, str(refusal), _ANEW) from refusal
    names: list[str] = list(table.about["names"])
    if columns is not None and not set(columns) <= set(names):
        raise unknown_columns(source, columns, names)
    chosen = [name for name in names if name in table.columns] if columns is None else list(columns)
    variables = described({name: _variable(name, table.about) for name in chosen}, codebook, source)
    answers = {name: _answers(table, variables[name]) for name in chosen}
    reader = table.about["reader"] + ("" if table.about["dates"] else ", impossible dates left as numbers")
    notes = " ".join(table.about["notes"]).casefold()
    named = Codebook(origin=Origin(synthetic=any(word in notes for word in _SYNTHETIC)))
    origin = Origin(source.path.name, source.sha256, reader, synthetic(named, codebook))
    reasons = {name: each.reasons for name, each in answers.items() if each.reasons}
    known = replace(completed(named, codebook, chosen), variables=variables, origin=origin, reasons=reasons)
    return microdata_of_answers(answers, known)


def _check_beginning(source: SourceFile, suffix: str) -> None:
    head = source.head(11)
    known = _BEGINNINGS[suffix]
    if head.startswith(known) or (suffix == ".dta" and head[0] in _OLD_STATA):
        return
    program = "Stata" if suffix == ".dta" else "SPSS"
    shown = ", ".join(f"`{each.decode()}`" for each in known)
    raise refused(
        source,
        f"It does not begin as {program} files do ({shown}) but with {head[:8]!r}.",
        f"Save it as {suffix} from {program}, or give it the suffix of what it is.",
    )


def _variable(name: str, about: Mapping[str, Any]) -> Variable:
    labels: dict[Code, str] = dict(about["values"].get(name, []))
    missing: dict[Code, str] = {}
    ranges: list[MissingRange] = []
    if about["spss"]:
        for low, high in about["ranges"].get(name, []):
            if low == high:
                missing[low] = labels.get(low, "")
            else:
                ranges.append(MissingRange(low, high))
        inside = (code for code in labels if not isinstance(code, str))
        missing |= {
            code: labels[code] for code in inside if any(each.low <= code <= each.high for each in ranges)
        }
    else:
        letters = {code for code in labels if isinstance(code, str)} | set(about["tags"].get(name, []))
        missing = {f".{letter}": labels.pop(letter, "") for letter in sorted(map(str, letters))}
    measure = about["measures"].get(name, "unknown")
    return Variable(
        name,
        label=Text.same(about["labels"].get(name, "")),
        values={code: Text.same(label) for code, label in labels.items() if code not in missing},
        measure=measure if measure in {"nominal", "ordinal", "scale"} else "unknown",
        missing=missing,
        missing_ranges=tuple(ranges),
    )


def _answers(table: NativeTable, variable: Variable) -> Answers:
    values = table.columns[variable.name]
    tags = table.tags.get(variable.name)
    if values.dtype == object:
        found = unanswered(values, variable, empty=np.array([not word for word in values], dtype=bool))
        words = words_of(np.where(found.declared, "", values))
        return Answers(words, found.reasons, missing_codes(values, found.declared))
    empty = pd.isna(values)
    if tags is not None:
        dotted = np.where(tags == "", "", np.char.add(".", tags))
        found = unanswered(dotted, variable, empty=tags == "")
        reasons = {why: count for why, count in found.reasons.items() if why != SYSTEM}
        gone = int((empty & (tags == "")).sum())
        return Answers(
            _without(values, np.zeros(len(values), dtype=bool)),
            {**reasons, **({SYSTEM: gone} if gone else {})},
            missing_codes(dotted, found.declared),
        )
    codes = _codes(values)
    found = unanswered(codes, variable, empty=empty)
    missing = missing_codes(codes, found.declared)
    return Answers(_without(values, found.declared), found.reasons, missing)


def _codes(values: NDArray[Any]) -> NDArray[Any]:
    """Return the column as the file stores it, where codes are numbers: dates in seconds of SPSS."""
    if values.dtype.kind == "M":
        return (values.astype("datetime64[us]") - np.datetime64(SPSS_EPOCH)) / np.timedelta64(1, "s")
    if values.dtype.kind == "m":
        return values / np.timedelta64(1, "s")
    return values


def _without(values: NDArray[Any], declared: NDArray[np.bool_]) -> pd.Series[Any]:
    if values.dtype.kind in "iuf" and not declared.any():
        return pd.Series(values, copy=False)
    if values.dtype.kind in "iuf":
        answers = values.astype(np.float64, copy=False)
        answers[declared] = np.nan  # the table is this function's own: a million rows need no second copy
        return pd.Series(answers, copy=False)
    kept = np.where(declared, np.array("NaT", dtype=values.dtype), values)
    if values.dtype == np.dtype("datetime64[us]"):
        return pd.Series(kept)
    objects = kept.astype(object)
    if values.dtype.kind == "m":
        objects = np.array(
            [None if each is None else (SPSS_EPOCH + each).time() for each in objects], dtype=object
        )
    return pd.Series(np.where(pd.isna(kept), np.nan, objects), dtype=object)
