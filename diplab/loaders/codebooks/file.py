"""A codebook written by hand, as a TOML file or a table (CSV or TSV). See docs/written-files.md."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from diplab.errors import LoadError, OptionError, suggestion
from diplab.loaders.answers.numbers import NUMBER
from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import known_headings
from diplab.loaders.source import WORKBOOKS, Request, SourceFile, is_special, new_file, open_source
from diplab.loaders.text.records import delimited_text, records
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.history import Step, StepKind
from diplab.microdata.multiple_response import Responses, ResponsesBase, ResponsesKind
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Code, Measure, MissingRange, Storage, Variable, code_written
from diplab.reference.text import LANGUAGES, NOTHING, Text

if TYPE_CHECKING:
    from diplab.loaders.codebooks.sidecar import LinkedFile, WrittenFile


# What a table may hold: its keys, and as what each is read. A list stands for several entries,
# `dict` for a table of any keys, `object` for anything; None marks a part of the wording whose key
# is above.
_WORDED = {"": Text, "_fr": None, "_en": None}
_VARIABLE = {
    **{
        f"{key}{end}": kind
        for key in ("label", "question", "group")
        for end, kind in _WORDED.items()
    },
    "measure": Measure,
    "part_of": str,
    "storage": Storage,
    "unit": str,
    "values": [
        {
            "code": Code,
            **{f"label{end}": kind for end, kind in _WORDED.items()},
            "fr": None,
            "en": None,
        }
    ],
    "missing": [{"code": Code, "reason": object, "label": Text}],
    "missing_ranges": [{"low": int | float, "high": int | float, "reason": object}],
}
SET = {"columns": [str], "label": Text, "label_fr": None, "label_en": None, "base": ResponsesBase}
SET |= {"kind": ResponsesKind, "counted": Code}
STEP = {"kind": StepKind, "variables": [str], "words": Text, "rows": int}
_ORIGIN = dict.fromkeys(("file", "sha256", "reader", "date"), str)
_FILE = {"synthetic": bool, "title": Text, "languages": [str], "steps": [STEP]}
_FILE |= {"origin": {**_ORIGIN, "notices": [Text]}}
_FILE |= dict.fromkeys(("variables", "sets", "links", "reasons", "written", "design"), dict)
_ALWAYS = (
    "code",
    "held",
    "low",
    "high",
    "key",
    "foreign",
)  # keys that no table in which they may stand is without
_WANTED = {
    str: "a string",
    bool: "`true` or `false`",
    int: "a whole number",
    int | float: "a number",
}
_WANTED[Code] = "a number or a string"
_WHOLE = "the codebook"
_parsed = lru_cache(maxsize=1)(
    tomllib.loads
)  # three functions read that beside a file; none changes the tables


def read_codebook(path: str | os.PathLike[str]) -> Codebook:
    """Read a codebook from a TOML file, a table (`.csv`, `.tsv`, a workbook), or DDI Codebook (`.xml`)."""
    file = Path(path)
    if file.suffix.lower() in (".csv", ".tsv", ".tab", ".txt"):
        return read_codebook_table(open_source(path))
    if file.suffix.lower() in WORKBOOKS:
        return read_codebook_workbook(open_source(path))
    if file.suffix.lower() == ".xml":
        from diplab.loaders.codebooks.ddi import read_ddi

        return read_ddi(file)
    if file.suffix.lower() == ".zip":
        from diplab.loaders.deliveries import codebook_in_archive

        return codebook_in_archive(file)
    entries = Entries(file.name)
    content = entries.fields(tables_in(file), _FILE, _WHOLE)
    return Codebook(
        {name: entries.variable(name, each) for name, each in content.get("variables", {}).items()},
        Origin(**content.get("origin", {}), synthetic=content.get("synthetic", False)),
        {
            name: entries.fields(each, None, f"`reasons.{name}`")
            for name, each in content.get("reasons", {}).items()
        },
        {name: entries.responses(name, each) for name, each in content.get("sets", {}).items()},
        content.get("title", NOTHING),
        content.get("languages", ()),
        tuple(map(step_of, content.get("steps", ()))),
    )


def step_of(given: Mapping[str, Any]) -> Step:
    """Return the step of which a file gives some fields."""
    return Step(**{"kind": "recode", "variables": (), "words": NOTHING, "rows": 0, **given})


def tables_in(file: Path) -> dict[str, Any]:
    """Return what a file of TOML holds."""
    if is_special(file):
        raise refused_codebook(
            file.name, WORDS("unread.special").en, "Write the path of a codebook."
        )
    try:
        return _parsed(file.read_text(encoding="utf-8-sig"))
    except OSError as absent:
        found = f"It cannot be opened: {absent.strerror or absent}."
        raise refused_codebook(
            file.name, found, "Write the path of a codebook that exists."
        ) from absent
    except (ValueError, RecursionError) as broken:
        why = (
            "it is nested without end"
            if isinstance(broken, RecursionError)
            else str(broken).rstrip(".")
        )
        write = "Correct that place, in UTF-8."
        if file.suffix.lower() in (".qsf", ".lss", ".sps", ".r", ".sas7bcat"):
            write = f'Write it as `structure="{file.name}"`, for it describes a questionnaire.'
        raise refused_codebook(file.name, f"It is not TOML: {why}.", write) from broken


def write_codebook(
    codebook: Codebook,
    path: str | os.PathLike[str],
    *,
    links: Mapping[str, LinkedFile] | None = None,
    written: Mapping[str, WrittenFile] | None = None,
    design: Mapping[str, Any] | None = None,
) -> Path:
    """Write a codebook as a TOML file, from which `read_codebook` gives the same codebook back."""
    from diplab.loaders.codebooks.sidecar import written_tables

    file, origin = Path(path), codebook.origin
    steps = [vars(step) for step in codebook.steps]
    whole = {
        "synthetic": origin.synthetic,
        "title": codebook.title,
        "languages": codebook.languages,
        "steps": steps,
    }
    known = {key: getattr(origin, key) or None for key in _ORIGIN} | {
        "notices": list(origin.notices)
    }
    tables: dict[str, Mapping[str, Any]] = {"origin": known} if any(known.values()) else {}
    tables |= {
        f"variables.{toml(name)}": _entry_of(variable)
        for name, variable in codebook.variables.items()
    }
    for name, responses in codebook.sets.items():
        settings = {
            key: getattr(responses, key) for key in ("columns", "label", "base", "kind", "counted")
        }
        defaults = ("any", "dichotomies", 1)
        tables[f"sets.{toml(name)}"] = {
            key: value for key, value in settings.items() if value not in defaults
        }
    tables |= {f"links.{toml(name)}": vars(link) for name, link in (links or {}).items()}
    tables |= {"design": design} if design else {}
    for name, counts in codebook.reasons.items():
        tables[f"reasons.{toml(name)}"] = {toml(reason): count for reason, count in counts.items()}
    lines = _lines(whole)
    for name, table in (tables | written_tables(written or {})).items():
        lines += ["", f"[{name}]", *_lines(table)]
    with new_file(file) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return file


class Entries:
    """Reads the tables of one file by what they may hold; keeps its name for the errors."""

    def __init__(self, file: str) -> None:
        self.file = file

    def error(self, found: str, write: str) -> LoadError:
        """Return the error for the file."""
        return refused_codebook(self.file, found, write)

    def fields(self, entry: Any, kinds: Mapping[str, Any] | None, where: str) -> dict[str, Any]:
        """Return what a table gives, each key read as its kind.

        As it is where it may have any keys.
        """
        if not isinstance(entry, dict):
            raise self.error(f"In {where}, {entry!r} is not a table.", "Write `{ ... }` there.")
        if kinds is None:
            return dict(entry)
        for key in entry:
            if key not in kinds:
                raise self.error(
                    f"In {where}, the key `{key}` is not known.", suggestion(key, kinds)
                )
        given = {}
        for key, kind in kinds.items():
            value = entry.get(key)
            if kind is Text and value is None:
                names = ((each, name) for each in LANGUAGES for name in (f"{key}_{each}", each))
                value = {each: entry[name] for each, name in names if name in entry} or None
            if kind is not None and (value is not None or key in _ALWAYS):
                given[key] = self._value(value, kind, key, where)
        return given

    def _value(self, value: Any, kind: Any, key: str, where: str) -> Any:
        """Return a value as its kind."""
        if isinstance(kind, list):
            if not isinstance(value, list):
                example = "{ code = 1, ... }" if isinstance(kind[0], dict) else '"...", "..."'
                raise self.error(
                    f"In {where}, `{key}` is not a list.", f"Write `{key} = [{example}]`."
                )
            return tuple(self._value(each, kind[0], key.removesuffix("s"), where) for each in value)
        if isinstance(kind, dict) or kind is dict:
            kinds = kind if isinstance(kind, dict) else None
            return self.fields(value, kinds, f"`{key}`" if where == _WHOLE else where)
        if kind is Text:
            return self._wording(value, key, where)
        if kind in _WANTED:
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                found = f"In {where}, `{key}` is {'not given' if value is None else repr(value)}."
                raise self.error(found, f"Write `{key} =` and {_WANTED[kind]}.")
        elif (words := get_args(kind)) and value not in words:
            raise self.error(
                f"In {where}, the {key} is {value!r}.", suggestion(value, filter(None, words))
            )
        return value

    def _wording(self, words: Any, key: str, where: str) -> Text:
        """Return a wording in both languages and the others."""
        if isinstance(words, str):
            return Text.same(words)
        by_language = self.fields(words, None, where)
        if not {"fr", "en"} <= set(by_language) or not all(
            isinstance(each, str) for each in by_language.values()
        ):
            write = "Write `fr` and `en`, or one string for the same words in both."
            raise self.error(f"In {where}, the {key} is not given in both languages.", write)
        return text_by_language(by_language)

    def by_code(
        self, tables: Sequence[Mapping[str, Any]], where: str, key: str = "code"
    ) -> dict[Code, dict[str, Any]]:
        """Return tables by the code of each, which comes once."""
        counts = Counter(each[key] for each in tables)
        for code in counts:
            if counts[code] > 1:
                raise self.error(
                    f"In {where}, the code {code!r} comes twice.", "Write each code once."
                )
        return {each[key]: {**each} for each in tables}

    def variable(self, name: str, entry: Any) -> Variable:
        """Return the variable of a table."""
        where = f"`{name}`"
        given = self.fields(entry, _VARIABLE, where)
        answers, missing = (
            self.by_code(given.pop(key, ()), where) for key in ("values", "missing")
        )
        ranges = tuple(MissingRange(**each) for each in given.pop("missing_ranges", ()))
        return Variable(
            name,
            **given,
            values={code: each.get("label", NOTHING) for code, each in answers.items()},
            missing={code: str(each.get("reason", "")) for code, each in missing.items()},
            missing_labels={
                code: each["label"] for code, each in missing.items() if "label" in each
            },
            missing_ranges=ranges,
        )

    def responses(self, name: str, entry: Any) -> Responses:
        """Return the question with several answers of a table."""
        where = f"`sets.{name}`"
        try:
            return Responses(name, **{"columns": (), **self.fields(entry, SET, where)})
        except OptionError as odd:
            raise self.error(f"In {where}: {odd.found or odd.asked}", odd.write) from odd


def refused_codebook(file: str, found: str, write: str) -> LoadError:
    """Return the error for a codebook file."""
    return LoadError(f"The codebook `{file}` cannot be read.", found, write)


def _entry_of(variable: Variable) -> dict[str, Any]:
    entry = {key: getattr(variable, key) for key, kind in _VARIABLE.items() if kind is not None}
    entry["values"] = [{"code": code, "label": label} for code, label in variable.values.items()]
    labels = {code: {"label": label} for code, label in variable.missing_labels.items()}
    reasons = variable.missing.items()
    entry["missing"] = [
        {"code": code, "reason": reason, **labels.get(code, {})} for code, reason in reasons
    ]
    entry["missing_ranges"] = [vars(each) for each in variable.missing_ranges]
    return {key: value for key, value in entry.items() if value not in ("", "unknown")}


def _lines(table: Mapping[str, Any]) -> list[str]:
    """Return the lines of a table: a list has a line for each of its entries, and what is not there none."""
    lines: list[str] = []
    for key, value in table.items():
        if isinstance(value, list) and value:
            lines += [f"{key} = [", *(f"    {toml(each)}," for each in value), "]"]
        elif value not in (None, (), [], NOTHING):
            lines.append(f"{key} = {toml(value)}")
    return lines


def toml(value: Any) -> str:
    """Return a value as TOML writes it, on one line.

    Words that are the same in all languages as one string.
    """
    if isinstance(value, Text) and (value.fr != value.en or value.others):
        by_language = {"fr": value.fr, "en": value.en, **dict(value.others)}
        value = {
            each if _BARE_KEY.fullmatch(each) else toml(each): words
            for each, words in by_language.items()
        }
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return json.dumps(str(value) if isinstance(value, Text) else value, ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
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
                    gives = f"gives the {kind} of `{self.name}` as {words!r}, and a line above as {known!r}"
                    write = "Write it once, or the same in all rows of the variable."
                    raise refused_codebook(self.file, f"Its line {line} {gives}.", write)

    def known_word(self, kind: str, words: str, line: int) -> str:
        """Return a level of measurement or a storage in diplab's words, others as they are."""
        if kind not in ("measure", "storage"):
            return words
        known = (
            _meanings("measures")
            if kind == "measure"
            else {each: each for each in get_args(Storage)}
        )
        if strip_accents(words) not in known:
            found = f"Its line {line} gives the {kind} of `{self.name}` as {words!r}."
            write = f"Write {', '.join(dict.fromkeys(filter(None, known.values())))}."
            raise refused_codebook(self.file, found, write)
        return known[strip_accents(words)]

    def add_answers(self, cells: dict[str, dict[str, str]], line: int) -> None:
        """Add the answers and the missing codes of one row: one of each in columns, or several in a cell."""
        value, modality, missing = (
            cells.get(each, {}).get("", "") for each in ("value", "modality", "missing")
        )
        value, label = value or modality, text_by_language(cells.get("value_label", {}))
        if modality and _NOT_SHOWN.match(strip_accents(label.fr)):
            missing = "yes"
        if label and not value:  # the label of blank cells, which is why they are blank
            self.missing[BLANK] = " / ".join(
                filter(None, [self.missing.get(BLANK, ""), str(label)])
            )
        several = _split_cell(value) if value and not label else {}
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
            self.missing |= _split_cell(missing) or {_code(each): "" for each in codes if each}

    def add_code(self, code: Code, label: Text, line: int) -> None:
        """Add one code."""
        if code in self.values:
            found = f"Its line {line} gives the code {code!r} of `{self.name}` again."
            raise refused_codebook(self.file, found, "Write each code once.")
        self.values[code] = label

    def variable(self) -> Variable:
        """Return the variable."""
        texts = {kind: text_by_language(words) for kind, words in self.words.items()}
        about: dict[str, Any] = {
            kind: text if kind in _WORDINGS else str(text) for kind, text in texts.items()
        }
        values = {
            code: label for code, label in self.values.items() if code not in self.missing and label
        }
        if any(
            isinstance(code, str) for code in values
        ):  # `10` beside `01` and `2A` is a word as they are
            values = {code_written(code): label for code, label in values.items()}
        missing = {
            code: reason or str(self.values.get(code, "")) for code, reason in self.missing.items()
        }
        return Variable(self.name, **about, values=values, missing=missing)


def read_codebook_table(source: SourceFile) -> Codebook:
    """Read a codebook from a table."""
    written = delimited_text(source)
    header, _ = records(source, written.text, written.dialect, repeated=True)
    file = source.path.name
    reader = csv.reader(
        io.StringIO(written.text, newline=""), delimiter=written.dialect.delimiter, strict=True
    )
    lines = [
        (reader.line_num + written.dialect.above, list(map(str.strip, row)))
        for row in reader
        if row
    ]
    known = headings_of(header)
    if "variable" not in {kind for kind, _ in known.values()}:
        if 1 in known and len(header) == 2 and not lines[0][1][0]:
            known[0] = ("variable", "")
        elif len(header) != 2 or known:
            named = ", ".join(f"`{name}`" for name in header)
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
            (place for place, row in enumerate(rows[:_TITLES]) if describes_variables(row)),
            len(rows),
        )
        named = f"{source.path.name}, sheet {sheet.name}"
        numbered = [(sheet.above + place, row) for place, row in enumerate(rows, 1)][below + 1 :]
        lines = [(line, list(map(str.strip, row))) for line, row in numbered if any(row)]
        books += [_read_rows(lines, headings_of(rows[below]), named)] if lines else []
    if not books:
        write = "Write `variable` above the column of a sheet that names them, and `label`, `value`, `value_label`."
        raise refused_codebook(
            source.path.name, "None of its sheets names variables and what they mean.", write
        )
    return merged_by_name(books)


def merged_by_name(books: Iterable[Codebook]) -> Codebook:
    """Return what several tables say: the labels of variables may be in one, those of their answers in another."""
    variables: dict[str, Variable] = {}
    for name, each in (pair for book in books for pair in book.variables.items()):
        known = variables.get(name, each)
        said = {
            key: getattr(known, key) or getattr(each, key)
            for key in ("label", "question", "values", "missing")
        }
        variables[name] = replace(known, **said)
    return Codebook(variables)


_TITLES = 50  # lines of a sheet among which its headings are


def describes_variables(headings: Sequence[str]) -> bool:
    """Return whether headings are those of a codebook: names of variables, and what they or their answers mean."""
    kinds = {kind for kind, _ in headings_of(headings).values()}
    return "variable" in kinds and bool(kinds & {"label", "question", "value_label"})


def headings_of(header: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Return what the columns of a codebook announce, and in which language, by their places."""
    known = {place: heading for place, name in enumerate(header) if (heading := heading_of(name))}
    places = {
        kind: [place for place, each in known.items() if each == (kind, "")]
        for kind in ("label", "value_label")
    }
    modality = next(
        (place for place in places["value_label"] if _stems(header[place]) == _MODALITY), None
    )
    codes = [place for place, each in known.items() if each[0] in ("value", "modality")]
    after = [place for place in places["label"] if place > (codes[0] if codes else modality or 0)]
    if not codes and modality is not None and (len(places["value_label"]) > 1 or after):
        # above the labels of modalities, `modalité` names their codes
        known[modality] = ("modality", "")
        codes, places["value_label"] = (
            [modality],
            [each for each in places["value_label"] if each != modality],
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
    parts = [part for part in re.split(r"[;|\n]", cell) if part.strip()]
    if len(parts) == 1 and cell.count("=") > 1:
        parts = cell.split(",")
    matches = [_PACKED.fullmatch(part.strip()) for part in parts]
    answers = {each[1].strip(): each[2].strip() for each in matches if each}
    return (
        {_code(code): label for code, label in answers.items()}
        if all(matches) and all(answers)
        else {}
    )


def _code(word: str) -> Code:
    return number_code(float(word.replace("\u2212", "-"))) if NUMBER.fullmatch(word) else word


def number_code(number: float) -> Code:
    """Return a number as a code: whole where a float holds it exactly."""
    return int(number) if float(number).is_integer() and abs(number) < 2**53 else number


def text_by_language(words: Mapping[str, str]) -> Text:
    """Return a wording; one without a language is that of French and English where they are not given."""
    bare = words.get("")
    if bare is None and not {"fr", "en"} <= set(words):
        return Text.of(words)
    others = sorted(
        (each, wording) for each, wording in words.items() if each not in ("", *LANGUAGES)
    )
    return Text(words.get("fr", bare or ""), words.get("en", bare or ""), others=tuple(others))


_LANGUAGE = re.compile(r"(.+?)(?:[\s_.:]{1,3}|\s{0,3}[(\[])([a-z]{2})[)\]]?")


@cache
def _meanings(table: str) -> dict[str, str]:
    """Return what each word of a table of `formats.toml` means: what a column holds, a level of measurement."""
    return {word: meaning for meaning, words in known_headings(table).items() for word in words}


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
    return {_stems(word): kind for word, kind in reversed(_meanings("codebook").items())}


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
    """Return the words of a heading, whole, in the singular and in any order: `LIB_MOD`, `Libellés des modalités`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)
    bare = [
        each.removesuffix("s")
        for each in re.findall(r"[a-z]+", strip_accents(spaced))
        if each not in _BETWEEN
    ]
    return tuple(bare) if len(bare) == 1 else tuple(sorted(_SHORT.get(each, each) for each in bare))
