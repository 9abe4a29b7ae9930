"""Microdata written as a labelled SPSS file."""

from __future__ import annotations

import os
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat

from diplab.loaders.read import read
from diplab.loaders.source import not_written
from diplab.microdata.codebook import Codebook
from diplab.microdata.missing import is_missing_code, unanswered
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata
    from diplab.reference.text import Language

__all__ = ["SYNTHETIC", "note_lines", "write_sav"]

_STAMP_AT = slice(92, 109)
_NO_DATE = b"01 Jan 7000:00:00"
_LINE = 80
SYNTHETIC = "Synthetic data, donnees synthetiques: nobody answered"


def write_sav(
    microdata: Microdata, path: str | os.PathLike[str], *, note: str = "", language: Language = "en"
) -> Path:
    """Write microdata as an SPSS file with its labels and kinds of missing.

    The frame may hold missing codes (99, refused): they are written as they are and
    declared missing, so that their reasons come back when the file is read. NaN is written as system missing.
    The file is read back and compared before it takes its name; it holds no date, so that the same data give
    the same bytes. Synthetic data are named so in the label of the file.

    Examples
    --------
    >>> import tempfile
    >>> from diplab.microdata.microdata import Microdata
    >>> people = Microdata(
    ...     pd.DataFrame({"age": [31.0, 99.0]}), Codebook().described("age", missing={99: "refused"})
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     back = read(write_sav(people, f"{folder}/people.sav"))
    >>> back.frame["age"].tolist(), back.codebook.reasons["age"]
    ([31.0, nan], {'refused': 1})
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in {".sav", ".zsav"}:
        raise not_written(
            file, f"Its suffix `{suffix}` is not that of an SPSS file.", "Write a name in .sav or .zsav."
        )
    variables = {
        str(name): _in_one_language(
            microdata.codebook.variables.get(str(name), Variable(str(name))), microdata.frame[name], language
        )
        for name in microdata.frame
    }
    part = file.with_name(f".{file.stem}.{os.getpid()}.part{suffix}")
    try:
        _write(microdata, variables, part, file, note)
        content = bytearray(part.read_bytes())
        content[_STAMP_AT] = _NO_DATE
        part.write_bytes(content)
        _compare(microdata, variables, part, file)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file


def _in_one_language(variable: Variable, answers: pd.Series[Any], language: Language) -> Variable:
    """Return a variable as an SPSS file can hold it: one language, reasons as labels of missing codes."""
    missing = {
        code: reason or (variable.values[code].in_(language) if code in variable.values else "")
        for code, reason in variable.missing.items()
    }
    if variable.missing_ranges and pd.api.types.is_numeric_dtype(answers):
        # A range has no label of its own, so that its reason goes to the codes that are in use.
        for code in sorted(set(answers.dropna().tolist()) - set(missing)):
            within = (each.reason for each in variable.missing_ranges if each.low <= code <= each.high)
            if reason := next(within, ""):
                missing[code] = reason
    own = replace(variable, missing=missing)
    return replace(
        own,
        label=Text.same(variable.label.in_(language)),
        values={
            code: Text.same(label.in_(language))
            for code, label in variable.values.items()
            if not is_missing_code(code, own)
        },
        missing_ranges=tuple(replace(each, reason="") for each in variable.missing_ranges),
    )


def _write(microdata: Microdata, variables: dict[str, Variable], part: Path, file: Path, note: str) -> None:
    texts = {name: _holds_words(microdata.frame[name]) for name in variables}
    compressed: dict[str, Any] = (
        {"compress": True} if part.suffix.lower() == ".zsav" else {"row_compress": True}
    )
    try:
        pyreadstat.write_sav(
            _storable(microdata.frame),
            part,
            file_label=SYNTHETIC if microdata.codebook.origin.synthetic else "",
            column_labels={name: each.label.en for name, each in variables.items() if each.label},
            note=note_lines(note) or None,
            variable_value_labels=_value_labels(variables),
            missing_ranges=_missing(variables, texts, file),
            variable_measure={
                name: each.measure for name, each in variables.items() if each.measure != "unknown"
            },
            **compressed,
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, TypeError) as refusal:
        reason = str(refusal).strip().rstrip(".")
        raise not_written(
            file, f"An SPSS file cannot hold it: {reason}.", "Change that in the data or their codebook."
        ) from refusal


def _holds_words(answers: pd.Series[Any]) -> bool:
    return any(isinstance(each, str) for each in answers.dropna().unique())


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    booleans = [name for name in frame if pd.api.types.is_bool_dtype(frame[name])]
    return frame.astype(dict.fromkeys(booleans, "float64"))


def note_lines(note: str) -> list[str]:
    """Return the note in lines of at most 80 bytes, which is what an SPSS file holds."""
    width = _LINE
    lines = textwrap.wrap(note, width)
    while any(len(line.encode()) > _LINE for line in lines):
        width -= 1
        lines = textwrap.wrap(note, width)
    return lines


def _value_labels(variables: dict[str, Variable]) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    for name, variable in variables.items():
        own = {code: text.en for code, text in variable.values.items()}
        own |= {code: reason for code, reason in variable.missing.items() if reason}
        if own:
            labels[name] = {
                code if isinstance(code, str) else float(code): words for code, words in own.items()
            }
    return labels


def _missing(variables: dict[str, Variable], texts: dict[str, bool], file: Path) -> dict[str, list[Any]]:
    declared: dict[str, list[Any]] = {}
    for name, variable in variables.items():
        spans = [] if texts[name] else [{"lo": each.low, "hi": each.high} for each in variable.missing_ranges]
        codes = [
            code
            for code in variable.missing
            if isinstance(code, str) or not any(span["lo"] <= code <= span["hi"] for span in spans)
        ]
        foreign = [code for code in codes if isinstance(code, str) != texts[name]]
        if foreign:
            kind = "words" if texts[name] else "numbers"
            raise not_written(
                file,
                f"`{name}` holds {kind} and its missing code {foreign[0]!r} is of the other kind.",
                "Write missing codes of the kind of the column.",
            )
        if len(spans) > 1 or len(codes) > (1 if spans else 3):
            raise not_written(
                file,
                f"`{name}` has {len(codes)} missing codes and {len(spans)} ranges; "
                "an SPSS file holds three codes, or a range and a code.",
                "Write fewer codes, or a range that covers them.",
            )
        if codes or spans:
            declared[name] = [*spans, *(code if isinstance(code, str) else float(code) for code in codes)]
    return declared


def _compare(microdata: Microdata, variables: dict[str, Variable], part: Path, file: Path) -> None:
    back = read(part, isolated=False, codebook=Codebook())
    if list(back.frame) != list(variables) or len(back) != len(microdata):
        raise not_written(
            file, "What was written reads back with other rows or columns.", "Rename the columns."
        )
    for name, variable in variables.items():
        if not _same_answers(microdata.frame[name], back.frame[name], variable):
            raise not_written(
                file, f"The answers of `{name}` read back changed.", "Write them as numbers, words or dates."
            )
        if replace(back.codebook[name], question=variable.question, measure=variable.measure) != variable:
            raise not_written(
                file, f"The labels of `{name}` read back changed.", "Shorten them: an answer has 120 bytes."
            )


def _same_answers(source: pd.Series[Any], back: pd.Series[Any], variable: Variable) -> bool:
    values = source.to_numpy(dtype=object)
    empty = np.asarray(pd.isna(source)) | np.asarray(source == "", dtype=bool)
    if pd.api.types.is_numeric_dtype(source) or pd.api.types.is_bool_dtype(source):
        values = source.to_numpy(dtype=np.float64, na_value=np.nan)
    declared = unanswered(values, variable, empty=empty).declared
    missing = empty | declared
    again = back.to_numpy(dtype=object)
    return bool(
        all(
            pd.isna(new) if is_missing else _bare(old) == _bare(new)
            for old, new, is_missing in zip(values, again, missing, strict=True)
        )
    )


def _bare(answer: Any) -> Any:
    # An SPSS file pads words with spaces, so that those at the end are lost.
    return answer.rstrip(" ") if isinstance(answer, str) else answer
