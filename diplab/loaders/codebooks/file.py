"""A codebook written by hand, as a TOML file or a table (CSV or TSV). See docs/written-files.md."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from diplab.errors import LoadError, OptionError, suggestion
from diplab.loaders.answers.numbers import NUMBER
from diplab.loaders.questionnaire import known_headings
from diplab.loaders.source import SPECIAL, is_special, new_file, open_source
from diplab.loaders.text.records import delimited_text, records
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.history import Step, StepKind
from diplab.microdata.multiple_response import Responses, ResponsesBase, ResponsesKind
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Code, Measure, MissingRange, Storage, Variable, code_written
from diplab.reference.text import LANGUAGES, NOTHING, Text

if TYPE_CHECKING:
    from diplab.loaders.codebooks.sidecar import LinkedFile, WrittenFile


_FILE_KEYS = ("synthetic", "title", "languages", "origin", "variables", "sets", "steps", "links", "reasons", "written")
_ORIGIN_KEYS = ("file", "sha256", "reader", "date")


def read_codebook(path: str | os.PathLike[str]) -> Codebook:
    """Read a codebook from a TOML file, from a table (`.csv`, `.tsv`), or from DDI Codebook (`.xml`)."""
    file = Path(path)
    if file.suffix.lower() in (".csv", ".tsv"):
        return read_codebook_table(file)
    if file.suffix.lower() == ".xml":
        from diplab.loaders.codebooks.ddi import read_ddi

        return read_ddi(file)
    reader = Entries(file.name)
    content = reader.table(_toml(file), _FILE_KEYS, "the codebook")
    synthetic = content.get("synthetic", False)
    if not isinstance(synthetic, bool):
        raise refused_codebook(file.name, f"`synthetic` is {synthetic!r}.", "Write `true` or `false`.")
    origin = reader.table(content.get("origin", {}), (*_ORIGIN_KEYS, "notices"), "`origin`")
    notices = reader.entries(origin, "notices", "`origin`")
    variables = reader.table(content.get("variables", {}), None, "`variables`")
    sets = reader.table(content.get("sets", {}), None, "`sets`")
    reasons = reader.table(content.get("reasons", {}), None, "`reasons`")
    return Codebook(
        {name: reader.variable(name, entry) for name, entry in variables.items()},
        Origin(
            **{key: reader.words(origin, key, "`origin`") for key in _ORIGIN_KEYS},
            synthetic=synthetic,
            notices=tuple(reader.wording({"notice": each}, "notice", "`origin`") for each in notices),
        ),
        {name: dict(reader.table(counts, None, f"`reasons.{name}`")) for name, counts in reasons.items()},
        {name: reader.responses(name, entry) for name, entry in sets.items()},
        reader.wording(content, "title", "the codebook"),
        reader.names(content, "languages", "the codebook"),
        tuple(reader.step(each) for each in reader.entries(content, "steps", "the codebook")),
    )


def _toml(file: Path) -> dict[str, Any]:
    if is_special(file):
        raise refused_codebook(file.name, SPECIAL, "Write the path of a codebook.")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as absent:
        found = f"It cannot be opened: {absent.strerror or absent}."
        raise refused_codebook(file.name, found, "Write the path of a codebook that exists.") from absent
    except (ValueError, RecursionError) as broken:
        why = "it is nested without end" if isinstance(broken, RecursionError) else str(broken).rstrip(".")
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
) -> Path:
    """Write a codebook as a TOML file, from which `read_codebook` gives the same codebook back."""
    from diplab.loaders.codebooks.sidecar import written_tables

    file, origin = Path(path), codebook.origin
    steps = [vars(step) for step in codebook.steps]
    whole = {"synthetic": origin.synthetic, "title": codebook.title, "languages": codebook.languages, "steps": steps}
    known = {key: getattr(origin, key) or None for key in _ORIGIN_KEYS} | {"notices": list(origin.notices)}
    tables: dict[str, Mapping[str, Any]] = {"origin": known} if any(known.values()) else {}
    tables |= {f"variables.{toml(name)}": _entry_of(variable) for name, variable in codebook.variables.items()}
    for name, responses in codebook.sets.items():
        settings = {key: getattr(responses, key) for key in ("columns", "label", "base", "kind", "counted")}
        defaults = ("any", "dichotomies", 1)
        tables[f"sets.{toml(name)}"] = {key: value for key, value in settings.items() if value not in defaults}
    tables |= {f"links.{toml(name)}": vars(link) for name, link in (links or {}).items()}
    for name, counts in codebook.reasons.items():
        tables[f"reasons.{toml(name)}"] = {toml(reason): count for reason, count in counts.items()}
    lines = _lines(whole)
    for name, table in (tables | written_tables(written or {})).items():
        lines += ["", f"[{name}]", *_lines(table)]
    with new_file(file) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return file


_SET_KEYS = ("columns", "label", "label_fr", "label_en", "base", "kind", "counted")
_WORDING_KEYS = tuple(f"{key}{end}" for key in ("label", "question", "group") for end in ("", "_fr", "_en"))
_VARIABLE_KEYS = (*_WORDING_KEYS, "values", "measure", "missing", "missing_ranges", "part_of", "storage", "unit")
_VALUE_KEYS = ("code", "label", "label_fr", "label_en", "fr", "en")


class Entries:
    """Turns the tables of one file into variables, sets and steps; keeps its name for the errors."""

    def __init__(self, file: str) -> None:
        self.file = file

    def error(self, found: str, write: str) -> LoadError:
        """Return the error for the file."""
        return refused_codebook(self.file, found, write)

    def table(self, entry: Any, known: Sequence[str] | None, where: str) -> Mapping[str, Any]:
        """Return an entry that must be a table, of known keys where they are given."""
        if not isinstance(entry, dict):
            raise self.error(f"In {where}, {entry!r} is not a table.", "Write `{ ... }` there.")
        for key in entry:
            if known is not None and key not in known:
                raise self.error(f"In {where}, the key `{key}` is not known.", suggestion(key, known))
        return entry

    def variable(self, name: str, entry: Any) -> Variable:
        """Return the variable of an entry."""
        where = f"`{name}`"
        fields = self.table(entry, _VARIABLE_KEYS, where)
        spans = self.entries(fields, "missing_ranges", where)
        ranges = (self.table(each, ("low", "high", "reason"), where) for each in spans)
        answers = self.coded(fields, "values", _VALUE_KEYS, where)
        missing = self.coded(fields, "missing", ("code", "reason", "label"), where)
        labelled = {code: each for code, each in missing.items() if "label" in each}
        return Variable(
            name,
            label=self.wording(fields, "label", where),
            question=self.wording(fields, "question", where),
            values={code: self.wording(_labelled(each), "label", where) for code, each in answers.items()},
            measure=self.one_of(fields, "measure", Measure, where, "unknown"),
            group=self.wording(fields, "group", where),
            part_of=self.words(fields, "part_of", where),
            unit=self.words(fields, "unit", where),
            storage=self.one_of(fields, "storage", Storage, where, ""),
            missing={code: str(each.get("reason", "")) for code, each in missing.items()},
            missing_labels={code: self.wording(each, "label", where) for code, each in labelled.items()},
            missing_ranges=tuple(
                MissingRange(self.end(each, "low", where), self.end(each, "high", where), each.get("reason", ""))
                for each in ranges
            ),
        )

    def one_of(self, fields: Mapping[str, Any], key: str, vocabulary: Any, where: str, default: str) -> Any:
        """Return a word of a closed vocabulary, a `Literal`."""
        word, known = fields.get(key, default), get_args(vocabulary)
        if word not in known:
            raise self.error(f"In {where}, the {key} is {word!r}.", suggestion(word, filter(None, known)))
        return word

    def words(self, fields: Mapping[str, Any], key: str, where: str) -> str:
        """Return a string; an empty one where there is none."""
        words = fields.get(key, "")
        if not isinstance(words, str):
            raise self.error(f"In {where}, `{key}` is {words!r}.", "Write a string there.")
        return words

    def names(self, fields: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        """Return a list of strings; an empty one where there is none."""
        entries = fields.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(each, str) for each in entries):
            raise self.error(f"In {where}, `{key}` is {entries!r}.", f'Write `{key} = ["...", "..."]`.')
        return tuple(entries)

    def wording(self, fields: Mapping[str, Any], key: str, where: str) -> Text:
        """Return a wording in both languages and the others; nothing where there is none."""
        words = fields.get(key)
        if words is None and {f"{key}_fr", f"{key}_en"} & set(fields):
            words = {each: fields[f"{key}_{each}"] for each in ("fr", "en") if f"{key}_{each}" in fields}
        if words is None:
            return NOTHING
        if isinstance(words, str):
            return Text.same(words)
        by_language = self.table(words, None, where)
        if not {"fr", "en"} <= set(by_language) or not all(isinstance(each, str) for each in by_language.values()):
            raise self.error(
                f"In {where}, the {key} is not given in both languages.",
                "Write `fr` and `en`, or one string for the same words in both.",
            )
        others = sorted((language, words) for language, words in by_language.items() if language not in LANGUAGES)
        return Text(by_language["fr"], by_language["en"], others=tuple(others))

    def responses(self, name: str, entry: Any) -> Responses:
        """Return the question with several answers of an entry."""
        where = f"`sets.{name}`"
        fields = self.table(entry, _SET_KEYS, where)
        try:
            return Responses(
                name,
                self.names(fields, "columns", where),
                self.one_of(fields, "base", ResponsesBase, where, "any"),
                self.wording(fields, "label", where),
                self.one_of(fields, "kind", ResponsesKind, where, "dichotomies"),
                self.code({"code": fields.get("counted", 1)}, {}, where),
            )
        except OptionError as odd:
            raise self.error(f"In {where}: {odd.found or odd.asked}", odd.write) from odd

    def step(self, entry: Any) -> Step:
        """Return the step of an entry."""
        where = "`steps`"
        fields = self.table(entry, ("kind", "variables", "words", "rows"), where)
        rows = fields.get("rows", 0)
        if isinstance(rows, bool) or not isinstance(rows, int):
            raise self.error(f"In {where}, `rows` is {rows!r}.", "Write a whole number.")
        return Step(
            self.one_of(fields, "kind", StepKind, where, "recode"),
            self.names(fields, "variables", where),
            self.wording(fields, "words", where),
            rows,
        )

    def coded(
        self, fields: Mapping[str, Any], key: str, known: Sequence[str], where: str
    ) -> dict[Code, Mapping[str, Any]]:
        """Return the tables of a list by their code."""
        tables: dict[Code, Mapping[str, Any]] = {}
        for each in self.entries(fields, key, where):
            table = self.table(each, known, where)
            tables[self.code(table, tables, where)] = table
        return tables

    def entries(self, fields: Mapping[str, Any], key: str, where: str) -> list[Any]:
        """Return a list; an empty one where there is none."""
        entries = fields.get(key, [])
        if not isinstance(entries, list):
            raise self.error(f"In {where}, `{key}` is not a list.", f"Write `{key} = [{{ code = 1, ... }}]`.")
        return entries

    def code(self, fields: Mapping[str, Any], known: Mapping[Code, Any], where: str) -> Code:
        """Return a code that was not met before."""
        code = fields.get("code")
        if isinstance(code, bool) or not isinstance(code, str | int | float):
            raise self.error(f"In {where}, {code!r} is not a code.", "Write `code =` and a number or a string.")
        if code in known:
            raise self.error(f"In {where}, the code {code!r} comes twice.", "Write each code once.")
        return code

    def end(self, fields: Mapping[str, Any], key: str, where: str) -> float:
        """Return the end of a range."""
        end = fields.get(key)
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise self.error(f"In {where}, a missing range has no `{key}`.", f"Write `{key} =` and a number.")
        return end


def refused_codebook(file: str, found: str, write: str) -> LoadError:
    """Return the error for a codebook file."""
    return LoadError(f"The codebook `{file}` cannot be read.", found, write)


def _labelled(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of an answer, whose label may be written as `fr` and `en`."""
    return {f"label_{key}" if key in LANGUAGES else key: words for key, words in value.items()}


def _entry_of(variable: Variable) -> dict[str, Any]:
    worded = variable.missing_labels
    return {
        **{key: getattr(variable, key) for key in ("label", "question", "group")},
        "measure": None if variable.measure == "unknown" else variable.measure,
        **{key: getattr(variable, key) or None for key in ("part_of", "storage", "unit")},
        "values": [{"code": code, "label": label} for code, label in variable.values.items()],
        "missing": [
            {"code": code, "reason": reason, **({"label": worded[code]} if code in worded else {})}
            for code, reason in variable.missing.items()
        ],
        "missing_ranges": [vars(each) for each in variable.missing_ranges],
    }


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
    """Return a value as TOML writes it, on one line; words that are the same in all languages as one string."""
    if isinstance(value, Text) and (value.fr != value.en or value.others):
        by_language = {"fr": value.fr, "en": value.en, **dict(value.others)}
        value = {each if _BARE_KEY.fullmatch(each) else toml(each): words for each, words in by_language.items()}
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return json.dumps(str(value) if isinstance(value, Text) else value, ensure_ascii=False).replace("\x7f", "\\u007f")


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_YES = frozenset({"yes", "oui", "true", "vrai", "x", "1", "missing", "manquant", "manquante"})
_NO = frozenset({"", "no", "non", "false", "faux", "0"})
_NOT_SHOWN = re.compile(r"(?:sans objet|hors champ|non concernee?s?)\b")  # in a dictionary of modalities of INSEE
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
        known = _meanings("measures") if kind == "measure" else {each: each for each in get_args(Storage)}
        if strip_accents(words) not in known:
            found = f"Its line {line} gives the {kind} of `{self.name}` as {words!r}."
            write = f"Write {', '.join(dict.fromkeys(filter(None, known.values())))}."
            raise refused_codebook(self.file, found, write)
        return known[strip_accents(words)]

    def add_answers(self, cells: dict[str, dict[str, str]], line: int) -> None:
        """Add the answers and the missing codes of one row: one of each in columns, or several in a cell."""
        value, modality, missing = (cells.get(each, {}).get("", "") for each in ("value", "modality", "missing"))
        value, label = value or modality, text_by_language(cells.get("value_label", {}))
        if modality and _NOT_SHOWN.match(strip_accents(label.fr)):
            missing = "yes"
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
            found = f"Its line {line} gives the code {code!r} of `{self.name}` again."
            raise refused_codebook(self.file, found, "Write each code once.")
        self.values[code] = label

    def variable(self) -> Variable:
        """Return the variable."""
        texts = {kind: text_by_language(words) for kind, words in self.words.items()}
        about: dict[str, Any] = {kind: text if kind in _WORDINGS else str(text) for kind, text in texts.items()}
        values = {code: label for code, label in self.values.items() if code not in self.missing and label}
        if any(isinstance(code, str) for code in values):  # `10` beside `01` and `2A` is a word as they are
            values = {code_written(code): label for code, label in values.items()}
        missing = {code: reason or str(self.values.get(code, "")) for code, reason in self.missing.items()}
        return Variable(self.name, **about, values=values, missing=missing)


def read_codebook_table(path: str | os.PathLike[str]) -> Codebook:
    """Read a codebook from a table."""
    source = open_source(path)
    written = delimited_text(source)
    header, _ = records(source, written.text, written.dialect)
    file = source.path.name
    reader = csv.reader(io.StringIO(written.text, newline=""), delimiter=written.dialect.delimiter, strict=True)
    lines = [(reader.line_num + written.dialect.above, list(map(str.strip, row))) for row in reader if row]
    known = {place: heading for place, name in enumerate(header) if (heading := heading_of(name))}
    if "variable" not in {kind for kind, _ in known.values()}:
        if 1 in known and len(header) == 2 and not lines[0][1][0]:
            known[0] = ("variable", "")
        elif len(header) != 2 or known:
            raise refused_codebook(
                file,
                f"None of its columns ({', '.join(f'`{name}`' for name in header)}) holds the names of variables.",
                "Write `variable` above the column that does, and `label`, `question`, `value`, `value_label` or "
                "`missing` above the others.",
            )
    return _read_rows(lines[1:] if known else lines, known, file)


_QUESTION = {0: ("variable", ""), 1: ("question", "")}
_ANSWER = {0: ("value", ""), 1: ("value_label", "")}


def _read_rows(lines: list[tuple[int, list[str]]], known: dict[int, tuple[str, str]], file: str) -> Codebook:
    """Return the codebook of a table; of two columns without headings: a variable and its question, then its codes."""
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
    """Return the codes and labels of one cell (`1 = yes; 2 = no`); none where it holds something else."""
    parts = [part for part in re.split(r"[;|\n]", cell) if part.strip()]
    if len(parts) == 1 and cell.count("=") > 1:
        parts = cell.split(",")
    matches = [_PACKED.fullmatch(part.strip()) for part in parts]
    answers = {each[1].strip(): each[2].strip() for each in matches if each}
    return {_code(code): label for code, label in answers.items()} if all(matches) and all(answers) else {}


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
    others = sorted((each, wording) for each, wording in words.items() if each not in ("", *LANGUAGES))
    return Text(words.get("fr", bare or ""), words.get("en", bare or ""), others=tuple(others))


_LANGUAGE = re.compile(r"(.+?)(?:[\s_.:]{1,3}|\s{0,3}[(\[])([a-z]{2})[)\]]?")


@cache
def _meanings(table: str) -> dict[str, str]:
    """Return what each word of a table of `headings.toml` means: what a column holds, a level of measurement."""
    return {word: meaning for meaning, words in known_headings(table).items() for word in words}


def strip_accents(words: str) -> str:
    """Return words in small letters, without accents or underscores."""
    return " ".join(fold_accents(words).replace("_", " ").split())


def heading_of(words: str) -> tuple[str, str] | None:
    """Return what a heading announces and in which language; None where it is not known."""
    bare, kinds = strip_accents(words), _meanings("codebook")
    if bare in kinds:
        return kinds[bare], ""
    match = _LANGUAGE.fullmatch(bare)
    if match and match[1].strip() in kinds:
        return kinds[match[1].strip()], match[2]
    return None
