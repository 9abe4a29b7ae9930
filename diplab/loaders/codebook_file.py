"""A codebook written as a TOML file, for data whose own file says nothing of their meaning.

The format, whole. Every key is optional; a wording is one string (the same words in both languages), or a
table with `fr` and `en`; `label_fr` and `label_en` may stand for such a table::

    synthetic = false               # true for data that no one answered

    [origin]                        # written by diplab; not used when a data file is read
    file = "survey.csv"
    sha256 = "..."
    reader = "..."

    [variables.employment]          # the name of the column; between quotes where it is odd
    label = { fr = "emploi", en = "employment" }
    question = { fr = "Travaillez-vous ?", en = "Do you work?" }
    measure = "nominal"             # nominal, ordinal, scale, unknown
    values = [                      # answers: `code` is a number or a string, as in the data
        { code = 1, fr = "temps plein", en = "full time" },
        { code = 2, label = "free-lance" },
    ]
    missing = [                     # codes that stand for no answer, in columns of numbers and of words
        { code = 9, reason = "refused" },
        { code = "DATA_EXPIRED", reason = "answer expired" },
    ]
    missing_ranges = [{ low = 97, high = 99, reason = "not asked" }]

    [reasons.employment]            # written by diplab: answers missing, by reason
    refused = 12
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from diplab.errors import LoadError, nearest
from diplab.loaders.codebook_lines import toml, variable_lines
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.variable import Code, Measure, MissingRange, Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["read_codebook", "write_codebook"]

_FILE_KEYS = ("synthetic", "origin", "variables", "reasons")
_ORIGIN_KEYS = ("file", "sha256", "reader")
_WORDING_KEYS = ("label", "label_fr", "label_en", "question", "question_fr", "question_en")
_VARIABLE_KEYS = (*_WORDING_KEYS, "values", "measure", "missing", "missing_ranges")
_VALUE_KEYS = ("code", "label", "label_fr", "label_en", "fr", "en")
_MEASURES = ("nominal", "ordinal", "scale", "unknown")


def read_codebook(path: str | os.PathLike[str]) -> Codebook:
    r"""Read a codebook from a TOML file.

    Parameters
    ----------
    path : path
        The file; the module describes its format.

    Returns
    -------
    Codebook
        The variables in the order of the file.

    Raises
    ------
    LoadError
        Where the file is absent, is not TOML, or holds a key or a value that the format does not know.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name, "codebook.toml")
    >>> _ = file.write_text('[variables.sex]\nlabel = {fr = "sexe", en = "sex"}\n', encoding="utf-8")
    >>> read_codebook(file)["sex"].label.fr
    'sexe'
    >>> folder.cleanup()
    """
    file = Path(path)
    reader = _Reader(file.name)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as absent:
        found = f"It cannot be opened: {absent.strerror or absent}."
        raise _refused(file.name, found, "Write the path of a codebook that exists.") from absent
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise _refused(
            file.name, f"It is not TOML: {str(broken).rstrip('.')}.", "Correct that place, in UTF-8."
        ) from broken
    reader.check_keys(content, _FILE_KEYS, "the codebook")
    synthetic = content.get("synthetic", False)
    if not isinstance(synthetic, bool):
        raise _refused(file.name, f"`synthetic` is {synthetic!r}.", "Write `true` or `false`.")
    origin = reader.table(content.get("origin", {}), _ORIGIN_KEYS, "`origin`")
    variables = reader.table(content.get("variables", {}), None, "`variables`")
    reasons = reader.table(content.get("reasons", {}), None, "`reasons`")
    return Codebook(
        {name: reader.variable(name, entry) for name, entry in variables.items()},
        Origin(**origin, synthetic=synthetic),
        {name: dict(reader.table(counts, None, f"`reasons.{name}`")) for name, counts in reasons.items()},
    )


class _Reader:
    """Turns the tables of one file into variables; keeps its name for the errors."""

    def __init__(self, file: str) -> None:
        self.file = file

    def table(self, entry: Any, known: Iterable[str] | None, where: str) -> Mapping[str, Any]:
        if not isinstance(entry, dict):
            raise _refused(
                self.file, f"In {where}, {entry!r} stands where a table is needed.", "Write `{ ... }` there."
            )
        if known is not None:
            self.check_keys(entry, known, where)
        return entry

    def check_keys(self, entry: Mapping[str, Any], known: Iterable[str], where: str) -> None:
        names = list(known)
        for key in entry:
            if key not in names:
                raise _refused(
                    self.file,
                    f"In {where}, the key `{key}` is not known.",
                    f"Write one of the nearest: {nearest(key, names)}.",
                )

    def variable(self, name: str, entry: Any) -> Variable:
        where = f"`{name}`"
        fields = self.table(entry, _VARIABLE_KEYS, where)
        measure = fields.get("measure", "unknown")
        if measure not in _MEASURES:
            raise _refused(
                self.file,
                f"In {where}, the measure is {measure!r}.",
                f"Write {nearest(str(measure), _MEASURES, 4)}.",
            )
        spans = self.entries(fields.get("missing_ranges", []), "missing_ranges", where)
        ranges = (self.table(each, ("low", "high", "reason"), where) for each in spans)
        return Variable(
            name,
            label=self.wording(fields, "label", where),
            question=self.wording(fields, "question", where),
            values=self.values(fields.get("values", []), where),
            measure=cast("Measure", measure),
            missing=self.missing(fields.get("missing", []), where),
            missing_ranges=tuple(
                MissingRange(
                    self.end(each, "low", where), self.end(each, "high", where), each.get("reason", "")
                )
                for each in ranges
            ),
        )

    def wording(self, fields: Mapping[str, Any], key: str, where: str) -> Text:
        words = fields.get(key)
        if words is None and {f"{key}_fr", f"{key}_en"} & set(fields):
            words = {each: fields[f"{key}_{each}"] for each in ("fr", "en") if f"{key}_{each}" in fields}
        if words is None:
            return NOTHING
        if isinstance(words, str):
            return Text.same(words)
        both = self.table(words, ("fr", "en"), where)
        if set(both) != {"fr", "en"} or not all(isinstance(each, str) for each in both.values()):
            raise _refused(
                self.file,
                f"In {where}, the {key} is not given in both languages.",
                "Write `fr` and `en`, or one string for the same words in both.",
            )
        return Text(both["fr"], both["en"])

    def values(self, entries: Any, where: str) -> dict[Code, Text]:
        labels: dict[Code, Text] = {}
        for each in self.entries(entries, "values", where):
            fields = self.table(each, _VALUE_KEYS, where)
            flat = {f"label_{key}" if key in {"fr", "en"} else key: words for key, words in fields.items()}
            labels[self.code(fields, labels, where)] = self.wording(flat, "label", where)
        return labels

    def missing(self, entries: Any, where: str) -> dict[Code, str]:
        reasons: dict[Code, str] = {}
        for each in self.entries(entries, "missing", where):
            fields = self.table(each, ("code", "reason"), where)
            reasons[self.code(fields, reasons, where)] = str(fields.get("reason", ""))
        return reasons

    def entries(self, entries: Any, key: str, where: str) -> list[Any]:
        if not isinstance(entries, list):
            raise _refused(
                self.file, f"In {where}, `{key}` is not a list.", f"Write `{key} = [{{ code = 1, ... }}]`."
            )
        return entries

    def code(self, fields: Mapping[str, Any], known: Mapping[Code, Any], where: str) -> Code:
        code = fields.get("code")
        if isinstance(code, bool) or not isinstance(code, str | int | float):
            raise _refused(
                self.file,
                f"In {where}, {code!r} stands where a code is needed.",
                "Write `code =` and a number or a string.",
            )
        if code in known:
            raise _refused(self.file, f"In {where}, the code {code!r} comes twice.", "Write each code once.")
        return code

    def end(self, fields: Mapping[str, Any], key: str, where: str) -> float:
        end = fields.get(key)
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise _refused(
                self.file, f"In {where}, a missing range has no `{key}`.", f"Write `{key} =` and a number."
            )
        return end


def write_codebook(codebook: Codebook, path: str | os.PathLike[str]) -> Path:
    """Write a codebook as a TOML file, from which `read_codebook` gives the same codebook back.

    Parameters
    ----------
    codebook : Codebook
        What to write.
    path : path
        Where; the file is replaced only once the new one is whole.

    Returns
    -------
    Path
        The file written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_codebook(Codebook().described("age", measure="scale"), f"{folder}/age.codebook.toml")
    ...     read_codebook(file)["age"].measure
    'scale'
    """
    file = Path(path)
    origin = codebook.origin
    lines = [f"synthetic = {toml(origin.synthetic)}"]
    kept = {key: getattr(origin, key) for key in _ORIGIN_KEYS if getattr(origin, key)}
    if kept:
        lines += ["", "[origin]", *(f"{key} = {toml(words)}" for key, words in kept.items())]
    for name, variable in codebook.variables.items():
        lines += ["", f"[variables.{toml(name)}]", *variable_lines(variable)]
    for name, counts in codebook.reasons.items():
        lines += [
            "",
            f"[reasons.{toml(name)}]",
            *(f"{toml(key)} = {toml(n)}" for key, n in counts.items()),
        ]
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file


def _refused(file: str, found: str, write: str) -> LoadError:
    return LoadError(f"The codebook `{file}` was to be read.", found, write)
