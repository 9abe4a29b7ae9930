"""A codebook as a TOML file. See docs/written-files.md."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from diplab.errors import LoadError, OptionError, suggestion
from diplab.loaders.notices import WORDS
from diplab.loaders.source import FilePath, is_special, new_file
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.history import Step, StepKind
from diplab.microdata.multiple_response import Responses, ResponsesBase, ResponsesKind
from diplab.microdata.variable import Code, Gender, Measure, MissingRange, Storage, Variable
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
    "gender": Gender,
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


def read_toml(file: Path) -> Codebook:
    """Read a codebook from a TOML file."""
    entries = Entries(file.name)
    content = entries.fields(tables_in(file), _FILE, _WHOLE)
    return Codebook(
        {name: entries.variable(name, item) for name, item in content.get("variables", {}).items()},
        Origin(**content.get("origin", {}), synthetic=content.get("synthetic", False)),
        {
            name: entries.fields(item, None, f"`reasons.{name}`")
            for name, item in content.get("reasons", {}).items()
        },
        {name: entries.responses(name, item) for name, item in content.get("sets", {}).items()},
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
        why = "it is nested without end"
        if not isinstance(broken, RecursionError):
            why = str(broken).rstrip(".")
        write = "Correct that place, in UTF-8."
        if file.suffix.lower() in (".qsf", ".lss", ".sps", ".r", ".sas7bcat"):
            write = f'Write it as `structure="{file.name}"`, for it describes a questionnaire.'
        raise refused_codebook(file.name, f"It is not TOML: {why}.", write) from broken


def write_codebook(
    codebook: Codebook,
    path: FilePath,
    *,
    links: Mapping[str, LinkedFile] | None = None,
    written: Mapping[str, WrittenFile] | None = None,
    design: Mapping[str, Any] | None = None,
) -> Path:
    """Write a codebook as a TOML file, from which `read_codebook` gives the same codebook back."""
    file, origin = Path(path), codebook.origin
    steps = list(map(vars, codebook.steps))
    whole = {
        "synthetic": origin.synthetic,
        "title": codebook.title,
        "languages": codebook.languages,
        "steps": steps,
    }
    known = {key: getattr(origin, key) or None for key in _ORIGIN} | {
        "notices": list(origin.notices)
    }
    tables: dict[str, Mapping[str, Any]] = {}
    if any(known.values()):
        tables = {"origin": known}
    for name, variable in codebook.variables.items():
        tables[f"variables.{toml(name)}"] = _entry_of(variable)
    for name, responses in codebook.sets.items():
        settings = {}
        for key in ("columns", "label", "base", "kind", "counted"):
            settings[key] = getattr(responses, key)
        defaults = ("any", "dichotomies", 1)
        tables[f"sets.{toml(name)}"] = {
            key: value for key, value in settings.items() if value not in defaults
        }
    for name, link in (links or {}).items():
        tables[f"links.{toml(name)}"] = vars(link)
    if design:
        tables |= {"design": design}
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
                names = (
                    (language, name)
                    for language in LANGUAGES
                    for name in (f"{key}_{language}", language)
                )
                value = {item: entry[name] for item, name in names if name in entry} or None
            if kind is not None and (value is not None or key in _ALWAYS):
                given[key] = self._value(value, kind, key, where)
        return given

    def _value(self, value: Any, kind: Any, key: str, where: str) -> Any:
        """Return a value as its kind."""
        if isinstance(kind, list):
            if not isinstance(value, list):
                example = '"...", "..."'
                if isinstance(kind[0], dict):
                    example = "{ code = 1, ... }"
                raise self.error(
                    f"In {where}, `{key}` is not a list.", f"Write `{key} = [{example}]`."
                )
            return tuple(self._value(item, kind[0], key.removesuffix("s"), where) for item in value)
        if isinstance(kind, dict) or kind is dict:
            kinds = None
            if isinstance(kind, dict):
                kinds = kind
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
            isinstance(item, str) for item in by_language.values()
        ):
            write = "Write `fr` and `en`, or one string for the same words in both."
            raise self.error(f"In {where}, the {key} is not given in both languages.", write)
        return text_by_language(by_language)

    def by_code(
        self, tables: Sequence[Mapping[str, Any]], where: str, key: str = "code"
    ) -> dict[Code, dict[str, Any]]:
        """Return tables by the code of each, which comes once."""
        counts = Counter(table[key] for table in tables)
        for code in counts:
            if counts[code] > 1:
                raise self.error(
                    f"In {where}, the code {code!r} appears twice.", "Write each code once."
                )
        by_code: dict[Code, dict[str, Any]] = {}
        for table in tables:
            by_code[table[key]] = {**table}
        return by_code

    def variable(self, name: str, entry: Any) -> Variable:
        """Return the variable of a table."""
        where = f"`{name}`"
        given = self.fields(entry, _VARIABLE, where)
        answers, missing = (
            self.by_code(given.pop(key, ()), where) for key in ("values", "missing")
        )
        ranges = tuple(MissingRange(**item) for item in given.pop("missing_ranges", ()))
        return Variable(
            name,
            **given,
            values={code: item.get("label", NOTHING) for code, item in answers.items()},
            missing={code: str(item.get("reason", "")) for code, item in missing.items()},
            missing_labels={
                code: item["label"] for code, item in missing.items() if "label" in item
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
    entry = {}
    for key, kind in _VARIABLE.items():
        if kind is not None:
            entry[key] = getattr(variable, key)
    entry["values"] = [{"code": code, "label": label} for code, label in variable.values.items()]
    labels = {}
    for code, label in variable.missing_labels.items():
        labels[code] = {"label": label}
    reasons = variable.missing.items()
    entry["missing"] = [
        {"code": code, "reason": reason, **labels.get(code, {})} for code, reason in reasons
    ]
    entry["missing_ranges"] = list(map(vars, variable.missing_ranges))
    return {key: value for key, value in entry.items() if value not in ("", "unknown")}


def _lines(table: Mapping[str, Any]) -> list[str]:
    """Return the lines of a table: a list has one line per entry, and what is absent none."""
    lines: list[str] = []
    for key, value in table.items():
        if isinstance(value, list) and value:
            lines += [f"{key} = [", *(f"    {toml(item)}," for item in value), "]"]
        elif value not in (None, (), [], NOTHING):
            lines.append(f"{key} = {toml(value)}")
    return lines


def toml(value: Any) -> str:
    """Return a value as TOML writes it, on one line.

    Words that are the same in all languages as one string.
    """
    if isinstance(value, Text) and (value.fr != value.en or value.others):
        by_language = {"fr": value.fr, "en": value.en, **dict(value.others)}
        value = {}
        for item, words in by_language.items():
            value[item if _BARE_KEY.fullmatch(item) else toml(item)] = words
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(item)}' for key, item in value.items())} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return json.dumps(str(value) if isinstance(value, Text) else value, ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def written_tables(written: Mapping[str, WrittenFile]) -> dict[str, Mapping[str, Any]]:
    """Return the tables of TOML of what was written, by their names."""
    tables: dict[str, Mapping[str, Any]] = {}
    for file, item in written.items():
        tables[f"written.{toml(file)}"] = {
            "sha256": item.sha256,
            **({"escaped": True} if item.escaped else {}),
        }
        for column, held in item.columns.items():
            codes = tuple({"held": stand_in, "code": code} for stand_in, code in held.codes.items())
            about = {"name": held.name or None, "storage": held.storage or None, "codes": codes}
            tables[f"written.{toml(file)}.columns.{toml(column)}"] = about
    return tables


def text_by_language(words: Mapping[str, str]) -> Text:
    """Return a wording; one without a language stands for French and English if they lack."""
    bare = words.get("")
    if bare is None and not {"fr", "en"} <= set(words):
        return Text.of(words)
    others = sorted(
        (item, wording) for item, wording in words.items() if item not in ("", *LANGUAGES)
    )
    return Text(words.get("fr", bare or ""), words.get("en", bare or ""), others=tuple(others))
