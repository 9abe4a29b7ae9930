"""A codebook as a table (CSV, TSV or a workbook). See docs/written-files.md."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, get_args

from diplab.errors import quoted_names
from diplab.loaders.answers.numbers import NUMBER, word_codes
from diplab.loaders.codebooks.file import refused_codebook, text_by_language
from diplab.loaders.questionnaire import known_headings
from diplab.loaders.source import Request, SourceFile
from diplab.loaders.text.records import delimited_text, records
from diplab.microdata.codebook import Codebook
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Code, Storage, Variable, code_written
from diplab.reference.text import Text

BLANK = ""  # the code of blank cells in a dictionary that says why they are blank


_MODALITY = ("modalite",)


_YES = frozenset({"yes", "oui", "true", "vrai", "x", "1", "missing", "manquant", "manquante"})


_NO = frozenset({"", "no", "non", "false", "faux", "0"})


_NOT_SHOWN = re.compile(
    r"(?:sans objet|hors champ|non concernee?s?)\b"
)  # in a dictionary of modalities of INSEE


_PACKED = re.compile(r"([^=:]+)[=:](.+)")


_WORDINGS = ("label", "question", "group")


class _VariableRows:
    """What the rows of one variable say; errors name the file and the line."""

    def __init__(self, name: str, file: str) -> None:
        self.name, self.file = name, file
        self.words: dict[str, dict[str, str]] = {}
        self.values: dict[Code, Text] = {}
        self.missing: dict[Code, str] = {}

    def add(self, cells: dict[str, dict[str, str]], line: int) -> None:
        """Add what one row says under each heading, by language: words are the same in all rows."""
        self.add_answers(cells, line)
        # the type of a column that INSEE gives may be none of a measure
        if (
            measure := _meanings("measures").get(strip_accents(cells.get("type", {}).get("", "")))
        ) is not None:
            cells = {"measure": {"": measure}, **cells}
        for kind in (*_WORDINGS, "measure", "part_of", "storage"):
            for language, written in cells.get(kind, {}).items():
                words = self.known_word(kind, written, line)
                known = self.words.setdefault(kind, {}).setdefault(language, words)
                if known != words:
                    gives = (
                        f"gives the {kind} of `{self.name}` as {words!r}, and a line above as "
                        f"{known!r}"
                    )
                    write = "Write it once, or the same in all rows of the variable."
                    raise refused_codebook(self.file, f"Its line {line} {gives}.", write)

    def known_word(self, kind: str, words: str, line: int) -> str:
        """Return a level of measurement or a storage in diplab's words, others as they are."""
        if kind not in ("measure", "storage"):
            return words
        known = (
            _meanings("measures")
            if kind == "measure"
            else {argument: argument for argument in get_args(Storage)}
        )
        if strip_accents(words) not in known:
            found = f"Its line {line} gives the {kind} of `{self.name}` as {words!r}."
            write = f"Write {', '.join(dict.fromkeys(filter(None, known.values())))}."
            raise refused_codebook(self.file, found, write)
        return known[strip_accents(words)]

    def add_answers(self, cells: dict[str, dict[str, str]], line: int) -> None:
        """Add the answers and missing codes of one row: one of each, or several in a cell."""
        value, modality, missing = (
            cells.get(item, {}).get("", "") for item in ("value", "modality", "missing")
        )
        value, label = value or modality, text_by_language(cells.get("value_label", {}))
        if modality and _NOT_SHOWN.match(strip_accents(label.fr)):
            missing = "yes"
        if label and not value:  # the label of blank cells, which is why they are blank
            self.missing[BLANK] = " / ".join(
                filter(None, [self.missing.get(BLANK, ""), str(label)])
            )
        several = {}
        if value and not label:
            several = _split_cell(value)
        for code, words in several.items():
            self.add_code(code, Text.same(words), line)
        if value and not several:
            self.add_code(_code(value), label, line)
            if strip_accents(missing) not in _NO:
                self.missing[_code(value)] = (
                    str(label) if strip_accents(missing) in _YES else missing
                )
        elif missing:
            codes = re.split(r"[;,|\s]+", missing)
            self.missing |= _split_cell(missing) or {_code(item): "" for item in codes if item}

    def add_code(self, code: Code, label: Text, line: int) -> None:
        """Add one code."""
        if code in self.values:
            found = f"Its line {line} gives the code {code!r} of `{self.name}` again."
            raise refused_codebook(self.file, found, "Write each code once.")
        self.values[code] = label

    def variable(self) -> Variable:
        """Return the variable."""
        texts = {}
        for kind, words in self.words.items():
            texts[kind] = text_by_language(words)
        about: dict[str, Any] = {}
        for kind, text in texts.items():
            about[kind] = text if kind in _WORDINGS else str(text)
        values = {
            code: label for code, label in self.values.items() if code not in self.missing and label
        }
        if word_codes(values):  # `10` beside `01` and `2A` is a word as they are
            values = {code_written(code): label for code, label in values.items()}
        missing = {}
        for code, reason in self.missing.items():
            missing[code] = reason or str(self.values.get(code, ""))
        return Variable(self.name, **about, values=values, missing=missing)


def read_codebook_table(source: SourceFile) -> Codebook:
    """Read a codebook from a table."""
    written = delimited_text(source)
    header, _ = records(source, written.text, written.dialect, repeated=True)
    file = source.path.name
    reader = csv.reader(
        io.StringIO(written.text, newline=""), delimiter=written.dialect.delimiter, strict=True
    )
    lines = list[tuple[int, list[str]]]()
    for row in reader:
        if row:
            lines.append((reader.line_num + written.dialect.above, list(map(str.strip, row))))
    known = headings_of(header)
    if "variable" not in {kind for kind, _ in known.values()}:
        if 1 in known and len(header) == 2 and not lines[0][1][0]:
            known[0] = ("variable", "")
        elif len(header) != 2 or known:
            named = quoted_names(header)
            others = "`label`, `question`, `value`, `value_label` or `missing` above the others."
            write = f"Write `variable` above the column that does, and {others}"
            raise refused_codebook(
                file, f"None of its columns ({named}) holds the names of variables.", write
            )
    return _read_rows(lines[1:] if known else lines, known, file)


def read_codebook_workbook(source: SourceFile) -> Codebook:
    """Read a codebook from the sheets of a workbook that are such tables, each below its titles."""
    from diplab.loaders.excel import open_workbook

    books: list[Codebook] = []
    for sheet in open_workbook(source, Request()).sheets:
        rows = sheet.rows(len(sheet.columns[0]))
        below = next(
            (position for position, row in enumerate(rows[:_TITLES]) if describes_variables(row)),
            len(rows),
        )
        named = f"{source.path.name}, sheet {sheet.name}"
        numbered = [(sheet.above + position, row) for position, row in enumerate(rows, 1)][
            below + 1 :
        ]
        lines = list[tuple[int, list[str]]]()
        for line, row in numbered:
            if any(row):
                lines.append((line, list(map(str.strip, row))))
        if lines:
            books += [_read_rows(lines, headings_of(rows[below]), named)]
    if not books:
        write = (
            "Write `variable` above the column of a sheet that names them, and `label`, `value`, "
            "`value_label`."
        )
        raise refused_codebook(
            source.path.name, "None of its sheets names variables and what they mean.", write
        )
    return merged_by_name(books)


def merged_by_name(books: Iterable[Codebook]) -> Codebook:
    """Merge several tables: one may label the variables, and another their answers."""
    variables: dict[str, Variable] = {}
    for name, item in (pair for book in books for pair in book.variables.items()):
        known = variables.get(name, item)
        said = {}
        for key in ("label", "question", "values", "missing"):
            said[key] = getattr(known, key) or getattr(item, key)
        variables[name] = replace(known, **said)
    return Codebook(variables)


_TITLES = 50  # lines of a sheet among which its headings are


def describes_variables(headings: Sequence[str]) -> bool:
    """Return whether headings are those of a codebook: variables, and what they or answers mean."""
    kinds = set()
    for kind, _ in headings_of(headings).values():
        kinds.add(kind)
    return "variable" in kinds and bool(kinds & {"label", "question", "value_label"})


def headings_of(header: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Return what the columns of a codebook announce, and in which language, by their places."""
    known = {place: heading for place, name in enumerate(header) if (heading := heading_of(name))}
    places = {}
    for kind in ("label", "value_label"):
        places[kind] = [place for place, item in known.items() if item == (kind, "")]
    modality = next(
        (place for place in places["value_label"] if _stems(header[place]) == _MODALITY), None
    )
    codes = list[int]()
    for place, item in known.items():
        if item[0] in ("value", "modality"):
            codes.append(place)
    after = list[int]()
    for place in places["label"]:
        if place > (codes[0] if codes else modality or 0):
            after.append(place)
    if not codes and modality is not None and (len(places["value_label"]) > 1 or after):
        # above the labels of modalities, `modalité` names their codes
        known[modality] = ("modality", "")
        codes, places["value_label"] = (
            [modality],
            [item for item in places["value_label"] if item != modality],
        )
    if (
        codes
        and not places["value_label"]
        and after
        and (len(places["label"]) > 1 or codes == [modality])
    ):
        known[after[0]] = ("value_label", "")
    return known


_QUESTION = {0: ("variable", ""), 1: ("question", "")}


_ANSWER = {0: ("value", ""), 1: ("value_label", "")}


def _read_rows(
    lines: list[tuple[int, list[str]]], known: dict[int, tuple[str, str]], file: str
) -> Codebook:
    """Return the codebook of a table.

    Of two columns without headings: a variable and its question, then its codes.
    """
    entries: dict[str, _VariableRows] = {}
    current = ""
    for line, record in lines:
        headings = known or (_ANSWER if current and NUMBER.fullmatch(record[0]) else _QUESTION)
        cells: dict[str, dict[str, str]] = {}
        for place, (kind, language) in headings.items():
            if record[place]:
                cells.setdefault(kind, {})[language] = record[place]
        if not cells or not (known or record[0]):
            continue
        current = cells.pop("variable", {}).get("", current)
        if not current:
            found = f"Its line {line} names no variable, and no line above does."
            raise refused_codebook(file, found, "Write its name.")
        entries.setdefault(current, _VariableRows(current, file)).add(cells, line)
    return Codebook({name: entry.variable() for name, entry in entries.items()})


def _split_cell(cell: str) -> dict[Code, str]:
    """Return the codes and labels of one cell (`1 = yes; 2 = no`).

    None where it holds something else.
    """
    parts = list[str | Any]()
    for part in re.split(r"[;|\n]", cell):
        if part.strip():
            parts.append(part)
    if len(parts) == 1 and cell.count("=") > 1:
        parts = cell.split(",")
    matches = [_PACKED.fullmatch(part.strip()) for part in parts]
    answers = {}
    for item in matches:
        if item:
            answers[item[1].strip()] = item[2].strip()
    if all(matches) and all(answers):
        by_code: dict[Code, str] = {}
        for code, label in answers.items():
            by_code[_code(code)] = label
        return by_code
    return {}


def _code(word: str) -> Code:
    if NUMBER.fullmatch(word):
        return number_code(float(word.replace("\u2212", "-")))
    return word


def number_code(number: float) -> Code:
    """Return a number as a code: whole where a float holds it exactly."""
    if float(number).is_integer() and abs(number) < 2**53:
        return int(number)
    return number


_LANGUAGE = re.compile(r"(.+?)(?:[\s_.:]{1,3}|\s{0,3}[(\[])([a-z]{2})[)\]]?")


@cache
def _meanings(table: str) -> dict[str, str]:
    """Return the meaning of each word of a table of `formats.toml`."""
    meanings: dict[str, str] = {}
    for meaning, words in known_headings(table).items():
        for word in words:
            meanings[word] = meaning
    return meanings


def strip_accents(words: str) -> str:
    """Return words in small letters, without accents or underscores."""
    return " ".join(fold_accents(words).replace("_", " ").split())


def heading_of(words: str) -> tuple[str, str] | None:
    """Return what a heading announces and in which language; None where it is not known."""
    bare, kinds = strip_accents(words), _meanings("codebook")
    if bare in kinds:
        return kinds[bare], ""
    alike = _meanings_by_stems().get(_stems(words))
    if alike is not None:
        return alike, ""
    match = _LANGUAGE.fullmatch(bare)
    if match and match[1].strip() in kinds:
        return kinds[match[1].strip()], match[2]
    return None


@cache
def _meanings_by_stems() -> dict[tuple[str, ...], str]:
    by_stems: dict[tuple[str, ...], str] = {}
    for word, kind in reversed(_meanings("codebook").items()):
        by_stems[_stems(word)] = kind
    return by_stems


_SHORT = {
    "var": "variable",
    "mod": "modalite",
    "lib": "libelle",
    "cod": "code",
    "id": "code",
    "identifiant": "code",
}


_BETWEEN = frozenset(["de", "du", "des", "la", "le", "les", "l", "d", "of", "the"])


def _stems(words: str) -> tuple[str, ...]:
    """Return the words of a heading, singular and sorted: `LIB_MOD`, `Libellés des modalités`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)
    bare = list[Any]()
    for item in re.findall(r"[a-z]+", strip_accents(spaced)):
        if item not in _BETWEEN:
            bare.append(item.removesuffix("s"))
    if len(bare) == 1:
        return tuple(bare)
    return tuple(sorted(_SHORT.get(item, item) for item in bare))
