"""A codebook written as a table (CSV or TSV), one row per variable or per answer. See docs/written-files.md."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from functools import cache
from typing import Any, get_args

from diplab.loaders.cells import NUMBER
from diplab.loaders.codebooks.file import refused_codebook
from diplab.loaders.questionnaire import known_headings
from diplab.loaders.source import open_source
from diplab.loaders.text import records, text_and_dialect
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Code, Storage, Variable
from diplab.reference.text import NOTHING, Text

_YES = frozenset({"yes", "oui", "true", "vrai", "x", "1", "missing", "manquant", "manquante"})
_NO = frozenset({"", "no", "non", "false", "faux", "0"})
_PACKED = re.compile(r"([^=:]+)[=:](.+)")
_WORDINGS = ("label", "question", "value_label", "group")


class _VariableRows:
    """What the rows of one variable say; errors name the file and the line."""

    def __init__(self, name: str, file: str) -> None:
        self.name, self.file = name, file
        self.words: dict[str, dict[str, str]] = {}
        self.settings: dict[str, str] = {}
        self.values: dict[Code, Text] = {}
        self.missing: dict[Code, str] = {}

    def add(self, cells: dict[str, dict[str, str]], line: int) -> None:
        """Add what one row says under each heading, by language."""
        self.add_answers(cells, line)
        for kind in ("label", "question", "group"):
            for language, words in cells.get(kind, {}).items():
                self.set_once(self.words.setdefault(kind, {}), language, words, kind, line)
        for kind in ("measure", "part_of", "storage"):
            if kind in cells:
                words = self.known_word(kind, cells[kind].get("", ""), line)
                self.set_once(self.settings, kind, words, kind, line)

    def set_once(self, known: dict[str, str], key: str, words: str, kind: str, line: int) -> None:
        """Keep words, the same in all rows."""
        if known.setdefault(key, words) != words:
            raise refused_codebook(
                self.file,
                f"Its line {line} gives the {kind} of `{self.name}` as {words!r}, and a line above as {known[key]!r}.",
                "Write it once, or the same in all rows of the variable.",
            )

    def known_word(self, kind: str, words: str, line: int) -> str:
        """Return a level of measurement or a storage in diplab's words."""
        if kind == "part_of" or not words:
            return words
        known = _meanings("measures") if kind == "measure" else {each: each for each in get_args(Storage)}
        if strip_accents(words) not in known:
            raise refused_codebook(
                self.file,
                f"Its line {line} gives the {kind} of `{self.name}` as {words!r}.",
                f"Write {', '.join(dict.fromkeys(each for each in known.values() if each))}.",
            )
        return known[strip_accents(words)]

    def add_answers(self, cells: dict[str, dict[str, str]], line: int) -> None:
        """Add the answers and the missing codes of one row: one of each in columns, or several in a cell."""
        value, label = cells.get("value", {}).get("", ""), _text(cells.get("value_label", {}))
        missing = cells.get("missing", {}).get("", "")
        several = _split_cell(value) if value and not label else {}
        for code, words in several.items():
            self.add_code(code, Text.same(words), line)
        if value and not several:
            self.add_code(_code(value), label, line)
            if strip_accents(missing) not in _NO:
                self.missing[_code(value)] = str(label) if strip_accents(missing) in _YES else missing
        elif missing:
            codes = re.split(r"[;,|\s]+", missing)
            self.missing |= _split_cell(missing) or {_code(each): "" for each in codes if each}

    def add_code(self, code: Code, label: Text, line: int) -> None:
        """Add one code."""
        if code in self.values:
            raise refused_codebook(
                self.file, f"Its line {line} gives the code {code!r} of `{self.name}` again.", "Write each code once."
            )
        self.values[code] = label

    def variable(self) -> Variable:
        """Return the variable."""
        wordings: dict[str, Any] = {kind: _text(words) for kind, words in self.words.items()}
        values = {code: label for code, label in self.values.items() if code not in self.missing and label}
        missing = {code: reason or str(self.values.get(code, "")) for code, reason in self.missing.items()}
        settings: dict[str, Any] = dict(self.settings)
        return Variable(self.name, **wordings, **settings, values=values, missing=missing)


def read_codebook_table(path: str | os.PathLike[str]) -> Codebook:
    """Read a codebook from a table."""
    source = open_source(path)
    text, dialect = text_and_dialect(source)
    header, _ = records(source, text, dialect)
    file = source.path.name
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
    lines = [(reader.line_num, [cell.strip() for cell in record]) for record in reader if record]
    known = {place: heading for place, name in enumerate(header) if (heading := heading_of(name))}
    if "variable" not in {kind for kind, _ in known.values()}:
        if 1 in known and len(header) == 2 and not lines[0][1][0]:
            known[0] = ("variable", "")
        elif len(header) == 2 and not known:
            return _read_two_columns(lines, file)
        else:
            raise refused_codebook(
                file,
                f"None of its columns ({', '.join(f'`{name}`' for name in header)}) holds the names of variables.",
                "Write `variable` above the column that does, and `label`, `question`, `value`, `value_label` or "
                "`missing` above the others.",
            )
    return _read_rows(lines[1:], known, file)


def _read_rows(lines: list[tuple[int, list[str]]], known: dict[int, tuple[str, str]], file: str) -> Codebook:
    """Return the codebook of a table with headings."""
    entries: dict[str, _VariableRows] = {}
    current = ""
    for line, record in lines:
        cells: dict[str, dict[str, str]] = {}
        for place, (kind, language) in known.items():
            if record[place]:
                cells.setdefault(kind, {})[language] = record[place]
        if not cells:
            continue
        current = cells.pop("variable", {}).get("", current)
        if not current:
            found = f"Its line {line} names no variable, and no line above does."
            raise refused_codebook(file, found, "Write its name.")
        entries.setdefault(current, _VariableRows(current, file)).add(cells, line)
    return Codebook({name: entry.variable() for name, entry in entries.items()})


def _read_two_columns(lines: list[tuple[int, list[str]]], file: str) -> Codebook:
    """Return the codebook of two columns without headings: a variable and its question, then its codes."""
    entries: dict[str, _VariableRows] = {}
    current = ""
    for line, (name, words) in lines:
        if NUMBER.fullmatch(name) and current:
            entries[current].add_code(_code(name), Text.same(words), line)
        elif name:
            current = name
            entries.setdefault(current, _VariableRows(current, file)).add({"question": {"": words}}, line)
    return Codebook({name: entry.variable() for name, entry in entries.items()})


def _split_cell(cell: str) -> dict[Code, str]:
    """Return the codes and labels of one cell (`1 = yes; 2 = no`); none where it holds something else."""
    parts = [part for part in re.split(r"[;|\n]", cell) if part.strip()]
    if len(parts) == 1 and cell.count("=") > 1:
        parts = cell.split(",")
    matches = [_PACKED.fullmatch(part.strip()) for part in parts]
    answers = {each[1].strip(): each[2].strip() for each in matches if each}
    return {_code(code): label for code, label in answers.items()} if all(matches) and all(answers) else {}


def _code(word: str) -> Code:
    if not NUMBER.fullmatch(word):
        return word
    number = float(word.replace("\u2212", "-"))
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _text(words: dict[str, str]) -> Text:
    """Return a wording; one without a language is that of the languages not given."""
    if not words:
        return NOTHING
    untagged = words.get("", "")
    by_language = {language: each for language, each in words.items() if language}
    return Text.of({**({"fr": untagged, "en": untagged} if untagged else {}), **by_language})


_LANGUAGE = re.compile(r"(.+?)(?:[\s_.:]{1,3}|\s{0,3}[(\[])([a-z]{2})[)\]]?")


@cache
def _meanings(table: str) -> dict[str, str]:
    """Return what each word of a table of `headings.toml` means: what a column holds, a level of measurement."""
    return {word: meaning for meaning, words in known_headings(table).items() for word in words}


def strip_accents(words: str) -> str:
    """Return words in small letters, without accents or underscores."""
    bare = unicodedata.normalize("NFKD", words.strip().casefold())
    return " ".join("".join(each for each in bare if not unicodedata.combining(each)).replace("_", " ").split())


def heading_of(words: str) -> tuple[str, str] | None:
    """Return what a heading announces and in which language; None where it is not known."""
    bare, kinds = strip_accents(words), _meanings("codebook")
    if bare in kinds:
        return kinds[bare], ""
    match = _LANGUAGE.fullmatch(bare)
    if match and match[1].strip() in kinds:
        return kinds[match[1].strip()], match[2]
    return None
