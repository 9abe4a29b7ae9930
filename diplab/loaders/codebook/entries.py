"""The entries of a codebook file, checked one by one and turned into variables, sets and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from diplab.errors import LoadError, OptionError, nearest, suggestion
from diplab.microdata.history import Step
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import LANGUAGES, NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from diplab.microdata.history import StepKind
    from diplab.microdata.multiple_response import ResponsesBase, ResponsesKind
    from diplab.microdata.variable import Code, Measure, Storage

__all__ = ["Entries", "refused_codebook"]

SET_KEYS = ("columns", "label", "label_fr", "label_en", "base", "kind", "counted")
STEP_KEYS = ("kind", "variables", "said", "rows")
STEP_KINDS = ("recode", "exclude", "join", "merge", "pseudonymise")
WORDING_KEYS = tuple(f"{key}{end}" for key in ("label", "question", "group") for end in ("", "_fr", "_en"))
VARIABLE_KEYS = (
    *WORDING_KEYS,
    "values",
    "measure",
    "missing",
    "missing_ranges",
    "part_of",
    "storage",
    "unit",
)
_MISSING_KEYS = ("code", "reason", "label")
VALUE_KEYS = ("code", "label", "label_fr", "label_en", "fr", "en")
MEASURES = ("unknown", "nominal", "ordinal", "scale")
STORAGES = ("", "whole", "number", "words", "boolean", "date", "moment", "time")


class Entries:
    """Turns the tables of one file into variables, sets and steps; keeps its name for the errors."""

    def __init__(self, file: str) -> None:
        self.file = file

    def table(self, entry: Any, known: Iterable[str] | None, where: str) -> Mapping[str, Any]:
        """Return an entry that must be a table, of known keys where they are given."""
        if not isinstance(entry, dict):
            raise refused_codebook(
                self.file, f"In {where}, {entry!r} stands where a table is needed.", "Write `{ ... }` there."
            )
        if known is not None:
            self.check_keys(entry, known, where)
        return entry

    def check_keys(self, entry: Mapping[str, Any], known: Iterable[str], where: str) -> None:
        """Refuse a key that is not known."""
        names = list(known)
        for key in entry:
            if key not in names:
                raise refused_codebook(
                    self.file,
                    f"In {where}, the key `{key}` is not known.",
                    suggestion(key, names),
                )

    def variable(self, name: str, entry: Any) -> Variable:
        """Return the variable of an entry."""
        where = f"`{name}`"
        fields = self.table(entry, VARIABLE_KEYS, where)
        measure = self.one_of(fields, "measure", MEASURES, where)
        spans = self.entries(fields.get("missing_ranges", []), "missing_ranges", where)
        ranges = (self.table(each, ("low", "high", "reason"), where) for each in spans)
        return Variable(
            name,
            label=self.wording(fields, "label", where),
            question=self.wording(fields, "question", where),
            values=self.values(fields.get("values", []), where),
            measure=cast("Measure", measure),
            group=self.wording(fields, "group", where),
            part_of=self.words(fields, "part_of", where),
            unit=self.words(fields, "unit", where),
            storage=cast("Storage", self.one_of(fields, "storage", STORAGES, where)),
            missing=self.missing(fields.get("missing", []), where),
            missing_labels=self.missing_labels(fields.get("missing", []), where),
            missing_ranges=tuple(
                MissingRange(
                    self.end(each, "low", where), self.end(each, "high", where), each.get("reason", "")
                )
                for each in ranges
            ),
        )

    def one_of(self, fields: Mapping[str, Any], key: str, known: Sequence[str], where: str) -> str:
        """Return a word that must be one of those known; the first where there is none."""
        word = fields.get(key, known[0])
        if word not in known:
            raise refused_codebook(
                self.file,
                f"In {where}, the {key} is {word!r}.",
                f"Write {nearest(str(word), [each for each in known if each], 4)}.",
            )
        return str(word)

    def words(self, fields: Mapping[str, Any], key: str, where: str) -> str:
        """Return a string; an empty one where there is none."""
        words = fields.get(key, "")
        if not isinstance(words, str):
            raise refused_codebook(self.file, f"In {where}, `{key}` is {words!r}.", "Write a string there.")
        return words

    def names(self, entries: Any, key: str, where: str) -> tuple[str, ...]:
        """Return a list of strings."""
        if not isinstance(entries, list) or not all(isinstance(each, str) for each in entries):
            raise refused_codebook(
                self.file, f"In {where}, `{key}` is {entries!r}.", f'Write `{key} = ["...", "..."]`.'
            )
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
        said = self.table(words, None, where)
        if not {"fr", "en"} <= set(said) or not all(isinstance(each, str) for each in said.values()):
            raise refused_codebook(
                self.file,
                f"In {where}, the {key} is not given in both languages.",
                "Write `fr` and `en`, or one string for the same words in both.",
            )
        others = sorted((language, words) for language, words in said.items() if language not in LANGUAGES)
        return Text(said["fr"], said["en"], others=tuple(others))

    def responses(self, name: str, entry: Any) -> Responses:
        """Return the question with several answers of an entry."""
        where = f"`sets.{name}`"
        fields = self.table(entry, SET_KEYS, where)
        counted = fields.get("counted", 1)
        try:
            return Responses(
                name,
                self.names(fields.get("columns", []), "columns", where),
                cast("ResponsesBase", self.one_of(fields, "base", ("any", "all"), where)),
                self.wording(fields, "label", where),
                cast("ResponsesKind", self.one_of(fields, "kind", ("dichotomies", "categories"), where)),
                self.code({"code": counted}, {}, where),
            )
        except OptionError as odd:
            raise refused_codebook(self.file, f"In {where}: {odd.found}", odd.write) from odd

    def step(self, entry: Any) -> Step:
        """Return the step of an entry."""
        where = "`steps`"
        fields = self.table(entry, STEP_KEYS, where)
        rows = fields.get("rows", 0)
        if isinstance(rows, bool) or not isinstance(rows, int):
            raise refused_codebook(self.file, f"In {where}, `rows` is {rows!r}.", "Write a whole number.")
        return Step(
            cast("StepKind", self.one_of(fields, "kind", STEP_KINDS, where)),
            self.names(fields.get("variables", []), "variables", where),
            self.wording(fields, "said", where),
            rows,
        )

    def values(self, entries: Any, where: str) -> dict[Code, Text]:
        """Return the labels of answers."""
        labels: dict[Code, Text] = {}
        for each in self.entries(entries, "values", where):
            fields = self.table(each, VALUE_KEYS, where)
            flat = {f"label_{key}" if key in {"fr", "en"} else key: words for key, words in fields.items()}
            labels[self.code(fields, labels, where)] = self.wording(flat, "label", where)
        return labels

    def missing(self, entries: Any, where: str) -> dict[Code, str]:
        """Return the missing codes and their reasons."""
        reasons: dict[Code, str] = {}
        for each in self.entries(entries, "missing", where):
            fields = self.table(each, _MISSING_KEYS, where)
            reasons[self.code(fields, reasons, where)] = str(fields.get("reason", ""))
        return reasons

    def missing_labels(self, entries: Any, where: str) -> dict[Code, Text]:
        """Return the wordings of missing codes, of those that have some."""
        tables = [self.table(each, _MISSING_KEYS, where) for each in self.entries(entries, "missing", where)]
        return {each["code"]: self.wording(each, "label", where) for each in tables if "label" in each}

    def entries(self, entries: Any, key: str, where: str) -> list[Any]:
        """Return an entry that must be a list."""
        if not isinstance(entries, list):
            raise refused_codebook(
                self.file, f"In {where}, `{key}` is not a list.", f"Write `{key} = [{{ code = 1, ... }}]`."
            )
        return entries

    def code(self, fields: Mapping[str, Any], known: Mapping[Code, Any], where: str) -> Code:
        """Return a code that was not met before."""
        code = fields.get("code")
        if isinstance(code, bool) or not isinstance(code, str | int | float):
            raise refused_codebook(
                self.file,
                f"In {where}, {code!r} stands where a code is needed.",
                "Write `code =` and a number or a string.",
            )
        if code in known:
            raise refused_codebook(
                self.file, f"In {where}, the code {code!r} comes twice.", "Write each code once."
            )
        return code

    def end(self, fields: Mapping[str, Any], key: str, where: str) -> float:
        """Return the end of a range."""
        end = fields.get(key)
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise refused_codebook(
                self.file, f"In {where}, a missing range has no `{key}`.", f"Write `{key} =` and a number."
            )
        return end


def refused_codebook(file: str, found: str, write: str) -> LoadError:
    """Return the error for a codebook file."""
    return LoadError(f"The codebook `{file}` was to be read.", found, write)
