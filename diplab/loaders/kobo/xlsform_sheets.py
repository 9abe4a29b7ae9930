"""The sheets of an XLSForm (survey, choices, settings) read into a form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diplab.loaders.excel import sheets_of, table_of
from diplab.loaders.kobo.xlsform import UNTAGGED, Choices, Form, Question, Repeat, text_of
from diplab.loaders.source import refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from diplab.loaders.excel import ExcelSheet
    from diplab.loaders.source import SourceFile

__all__ = ["form_of", "is_xlsform", "language_tag"]

_TAG = re.compile(r"\(([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\)\s*$")
_BY_NAME = {"english": "en", "anglais": "en", "french": "fr", "français": "fr", "francais": "fr"}
_OLD_TYPES = (
    (
        re.compile(r"^(select1|select one( from)?|add select one prompt using)\s", re.IGNORECASE),
        "select_one ",
    ),
    (
        re.compile(r"^(select all that apply( from)?|select multiple( from)?|select)\s", re.IGNORECASE),
        "select_multiple ",
    ),
    (re.compile(r"^(begin|end)[ _](lgroup|looped group)\b", re.IGNORECASE), r"\1 repeat"),
)
_OTHER = {"en": "Other", "fr": "Autre"}
_SPECIFY = {"en": "Other: specify", "fr": "Autre : précisez"}
_ITEMS = {"score__row": "begin_score", "rank__level": "begin_rank"}
_LISTS_OF_GROUPS = {"begin_score": "kobo--score-choices", "begin_rank": "kobo--rank-items"}
_DEEPEST = 100
_CLOSE = "Write `end_group` or `end_repeat` where each of them ends."
_LIST_TYPES = ("select_one", "select_multiple", "rank", "select_one_external")


@dataclass
class _Open:
    """Groups that are open at one line of the form."""

    names: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    wordings: list[dict[str, str]] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    @property
    def repeat(self) -> str:
        """The innermost repeated group."""
        inner = [name for name, kind in zip(self.names, self.kinds, strict=True) if kind == "begin_repeat"]
        return inner[-1] if inner else ""

    @property
    def label(self) -> dict[str, str]:
        """Wordings of the innermost group that has any."""
        return next((each for each in reversed(self.wordings) if each), {})


def is_xlsform(source: SourceFile) -> bool:
    """Return whether a workbook is an XLSForm: a sheet `survey` with the columns `type` and `name`."""
    return any(_is_survey(sheet) for sheet in sheets_of(source, first=20))


def form_of(source: SourceFile) -> Form:
    """Return the form that an XLSForm describes.

    Parameters
    ----------
    source : SourceFile
        The workbook, as https://xlsform.org describes it: sheets `survey`, `choices` and `settings`.

    Raises
    ------
    LoadError
        Where it is no workbook, or has no sheet `survey` with the columns `type` and `name`.
    """
    sheets = {sheet.name.strip().lower(): sheet for sheet in sheets_of(source)}
    if "survey" not in sheets or not _is_survey(sheets["survey"]):
        raise refused(
            source,
            "It is no XLSForm: it has no sheet `survey` with the columns `type` and `name`.",
            "Write the path of the form, as downloaded from KoboToolbox or ODK as XLS.",
        )
    settings = next(_lines(sheets.get("settings"), source), {})
    main = language_tag(settings.get("default_language", ""))
    lists = _choices(sheets.get("choices"), source, main)
    questions: list[Question] = []
    repeats: dict[str, Repeat] = {}
    parents: dict[str, Question] = {}
    still = _Open()
    languages: dict[str, None] = {main: None} if main != UNTAGGED else {}
    for line in _lines(sheets["survey"], source):
        wordings = _wordings(line, "label", main)
        kind, words = _kind(line.get("type", ""))
        languages |= dict.fromkeys(wordings)
        if kind.startswith("begin_"):
            name = line.get("name", "")
            if kind == "begin_repeat":
                repeats[name] = Repeat(name, wordings, still.repeat)
            elif kind in _LISTS_OF_GROUPS:
                parents[name] = Question(name, kind, wordings=wordings, repeat=still.repeat)
            _enter(still, line, kind, wordings)
            if len(still.names) > _DEEPEST:
                raise refused(source, f"Its groups stand over {_DEEPEST} deep in each other.", _CLOSE)
        elif kind.startswith("end_"):
            _leave(still)
        elif kind and kind != "note" and line.get("name"):
            questions += _questions(line, (kind, words), wordings, still, lists, main)
    named = tuple(each for each in languages if each != UNTAGGED or len(languages) > 1)
    title = text_of({UNTAGGED: settings.get("form_title", "")})
    return Form(tuple(questions), repeats, named, title, parents)


def language_tag(written: str) -> str:
    """Return the tag of a language, as forms write it.

    Examples
    --------
    >>> language_tag("Português (pt-BR)"), language_tag("Français"), language_tag("Wolof"), language_tag("")
    ('pt-BR', 'fr', 'Wolof', 'default')
    """
    found = _TAG.search(written)
    bare = written.strip()
    return found[1].replace("_", "-") if found else _BY_NAME.get(bare.lower(), bare) or UNTAGGED


def _is_survey(sheet: ExcelSheet) -> bool:
    header = {str(cell).strip().lower() for row in sheet.rows[:20] for cell in row}
    return sheet.name.strip().lower() == "survey" and {"type", "name"} <= header


def _lines(sheet: ExcelSheet | None, source: SourceFile) -> Iterator[dict[str, str]]:
    """Yield the lines of a sheet: what stands in each column that is not empty."""
    table = None if sheet is None else table_of(sheet, source)
    if table is None:
        return
    columns = {_heading(name): column.words for name, column in table.columns.items()}
    for place in range(len(table)):
        line = {name: str(words[place]).strip() for name, words in columns.items()}
        yield {name: words for name, words in line.items() if words}


def _heading(written: str) -> str:
    """Return the heading of a column, in small letters, the language that it names apart."""
    name, mark, language = re.sub(r"::?\s*", "::", written.strip(), count=1).partition("::")
    bare = name.strip().lower()
    known = {"list name": "list_name", "caption": "label", "form title": "form_title"}
    return f"{known.get(bare, bare)}{mark}{language}"


def _wordings(line: Mapping[str, str], key: str, main: str) -> dict[str, str]:
    """Return what a line says under `label` or `hint` by language, the main one first."""
    said: dict[str, str] = {}
    for heading, words in line.items():
        name, mark, language = heading.partition("::")
        if name == key:
            said[language_tag(language) if mark else main] = words
    return {each: said[each] for each in sorted(said, key=lambda each: each != main)}


def _kind(written: str) -> tuple[str, list[str]]:
    """Return the type of a line and the words after it, old writings of types as the present ones."""
    text = f"{' '.join(written.split())} "
    for pattern, present in _OLD_TYPES:
        text = pattern.sub(present, text, count=1)
    first, *words = text.split() or [""]
    kind = first.lower().removesuffix("_from_file")
    if kind in ("begin", "end") and words:
        return f"{kind}_{words[0].lower()}", words[1:]
    return kind, words


def _choices(sheet: ExcelSheet | None, source: SourceFile, main: str) -> dict[str, Choices]:
    lists: dict[str, dict[str, dict[str, str]]] = {}
    for line in _lines(sheet, source):
        code = line.get("name", line.get("value", ""))
        if code:
            lists.setdefault(line.get("list_name", ""), {})[code] = _wordings(line, "label", main)
    return {name: Choices(labels) for name, labels in lists.items()}


def _enter(still: _Open, line: Mapping[str, str], kind: str, wordings: dict[str, str]) -> None:
    still.names.append(line.get("name", ""))
    still.kinds.append(kind)
    still.wordings.append(wordings)
    still.lists.append(line.get(_LISTS_OF_GROUPS.get(kind, ""), ""))


def _leave(still: _Open) -> None:
    for stack in (still.names, still.kinds, still.wordings, still.lists):
        if stack:
            stack.pop()


def _questions(
    line: Mapping[str, str],
    kind: tuple[str, list[str]],
    wordings: dict[str, str],
    still: _Open,
    lists: Mapping[str, Choices],
    main: str,
) -> list[Question]:
    """Return the question of a line and, where "other" may be said, the question of its words."""
    (written, words), name = kind, line["name"]
    item = written in _ITEMS and bool(still.kinds) and still.kinds[-1] == _ITEMS[written]
    wanted = still.lists[-1] if item else words[0] if written in _LIST_TYPES and words else ""
    choices = lists.get(wanted)
    other = "or_other" in line.get("type", "").lower().replace(" or other", " or_other").split()
    if other and choices is not None:
        choices = Choices({**choices.labels, "other": _OTHER})
    asked = Question(
        name,
        "select_one" if item else written,
        tuple(each for each in still.names if each),
        wordings,
        _wordings(line, "hint", main),
        choices,
        still.label,
        still.repeat,
        still.names[-1] if item else "",
    )
    if not other:
        return [asked]
    return [
        asked,
        Question(
            f"{name}_other", "text", asked.path, _SPECIFY, {}, None, asked.group, asked.repeat, part_of=name
        ),
    ]
