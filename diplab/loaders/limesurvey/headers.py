"""The headers of a LimeSurvey export, in any of its styles, matched to the columns of the questionnaire."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from diplab.loaders.limesurvey.structure import LimeSurveyQuestionnaire, QuestionColumn, word_of
from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import known_headings, number_wording, strip_html
from diplab.loaders.recognition import fold_case, heading_words
from diplab.loaders.source import SourceFile, refused
from diplab.microdata.display import in_language, join_wordings
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

_CODE = re.compile(r"[A-Za-z]\w*(?:\[[^\[\]]*\]){0,2}")
_CUT = ".."


@dataclass(frozen=True)
class Heading:
    """What one header means."""

    name: str  # name of the column in the frame
    # the column of the questionnaire; None for LimeSurvey's own columns and for those that it does not know
    column: QuestionColumn | None
    written: str  # the header as the file has it


def headings(
    source: SourceFile, header: Sequence[str], questionnaire: LimeSurveyQuestionnaire, columns: Sequence[QuestionColumn]
) -> list[Heading]:
    """Return what each header means."""
    # a header is a code (`Q1[SQ001]`, `Q1_SQ001`), a name of the database (`782678X165X1193SQ01`), a wording, whole or
    # cut (`Questi.. [Subq.. ]`), or a code and a wording. Columns that share a header are told apart by their order
    matched: list[Heading | None] = [None] * len(header)
    by_code = {each.variable.name: each for each in columns}
    by_expression = {each.expression: each for each in columns}
    worded = {_heading(parts) for each in columns for parts in _wordings(each)}
    by_field = {each.field_of(questionnaire.sid).upper(): each for each in columns}
    for place, written in enumerate(header):
        column = by_code.get(written) or by_expression.get(written)
        if column is not None:
            matched[place] = Heading(written, column, written)
        elif (own := standard_name(written)) and (own == written or fold_case(written) not in worded):
            matched[place] = Heading(own, None, written)
        elif other := by_field.get(written.upper()) or _match_code(written, by_code):
            matched[place] = Heading(other.variable.name, other, written)
        elif not columns and header[0].startswith("id. ") and (code := _CODE.match(written)):
            matched[place] = Heading(code.group(), None, written)
    _match_wordings(source, header, columns, matched)
    return _number_duplicates(
        [each or Heading(written, None, written) for each, written in zip(matched, header, strict=True)]
    )


def standard_name(written: str) -> str:
    """Return the name of LimeSurvey's own column under a header, in codes or in words; empty where it is none."""
    if is_standard(written):
        return written
    words = heading_words().get(fold_case(written), "")
    if words:
        return words
    code, _, rest = written.partition(". ")
    return code if rest and code in known_headings("limesurvey") else ""


def variable_of_header(heading: Heading) -> Variable:
    """Return what a header alone tells of a column: its question and its wording."""
    written = strip_html(heading.written)
    code = _CODE.match(written)
    bare = Variable(heading.name)
    if code is not None and code.group() == heading.name:
        question, _, item = heading.name.partition("[")
        bare = replace(bare, part_of=question if item else "")
        written = written[code.end() :].lstrip(" .:")
    if not written:
        return bare
    question, items = _subquestion(written)
    if not items:
        return replace(bare, label=Text.same(written), question=Text.same(written))
    return replace(bare, label=Text.same(" – ".join(items)), question=Text.same(question))


def _subquestion(written: str) -> tuple[str, list[str]]:
    """Return a wording `Question [Row][Column]` in its parts, from its end, so that each letter is looked at once."""
    end, items = len(written), list[str]()
    while written.endswith("]", 0, end):
        opened = written.rfind("[", 0, end)
        if opened < 1 or written.find("]", opened, end) < end - 1:
            break
        items.append(written[opened + 1 : end - 1])
        end = opened
    return written[:end].removesuffix(" "), items[::-1]


def _match_code(written: str, by_code: Mapping[str, QuestionColumn]) -> QuestionColumn | None:
    """Return the column of a header that has a code and a wording."""
    code = _CODE.match(written)
    column = by_code.get(code.group()) if code else None
    if code is None or column is None:
        return None
    rest = fold_case(strip_html(written[code.end() :])).lstrip(".:;,-–|/")
    return column if any(_fits(rest, parts) for parts in _wordings(column)) else None


def _match_wordings(
    source: SourceFile, header: Sequence[str], columns: Sequence[QuestionColumn], matched: list[Heading | None]
) -> None:
    """Fill in the headers that are wordings, whole or cut."""
    claimed = {each.column.variable.name for each in matched if each is not None and each.column is not None}
    free = [each for each in columns if each.variable.name not in claimed]
    by_wording: dict[str, dict[str, QuestionColumn]] = {}
    for column in free:
        for parts in _wordings(column):
            by_wording.setdefault(_heading(parts), {})[column.variable.name] = column
    places: dict[str, list[int]] = {}
    for place, written in enumerate(header):
        if matched[place] is None:
            places.setdefault(fold_case(strip_html(written)), []).append(place)
    for words, alike in places.items():
        fitting = list(by_wording.get(words, {}).values())
        if not fitting and _CUT in words:
            fitting = [each for each in free if any(_fits(words, parts) for parts in _wordings(each))]
        if fitting and len(fitting) != len(alike):
            shown = ", ".join(f"`{each.variable.name}`" for each in fitting[:4])
            raise refused(
                source,
                f"{len(alike)} of its columns have the header `{header[alike[0]]}`, which fits "
                f"{len(fitting)} of the questionnaire: {shown}.",
                "Export the answers with question codes as headers.",
            )
        for place, column in zip(alike, fitting, strict=False):
            matched[place] = Heading(column.variable.name, column, header[place])


def _wordings(column: QuestionColumn) -> list[tuple[str, ...]]:
    """Return the parts of a column's heading, folded, in each language."""
    languages = ("fr", "en", *(tag for tag, _ in column.parts[0].others))
    wordings = [tuple(fold_case(in_language(part, each)) for part in column.parts) for each in languages]
    return list(dict.fromkeys(wordings))


def _heading(parts: tuple[str, ...]) -> str:
    return parts[0] + "".join(f"[{part}]" for part in parts[1:])


def _fits(words: str, parts: tuple[str, ...]) -> bool:
    """Return whether a header, folded, is a heading whose parts may each be cut short by two points."""
    at = 0
    for place, part in enumerate(parts):
        if place:
            if not words.startswith("[", at):
                return False
            at += 1
        if words.startswith(part, at) and words[at + len(part) : at + len(part) + 1] in ("", "[", "]"):
            at += len(part)
        else:
            cut = words.find(_CUT, at)
            if cut < 0 or not part.startswith(words[at:cut]):
                return False
            at = cut + len(_CUT)
        if place:
            if not words.startswith("]", at):
                return False
            at += 1
    return at == len(words)


def _number_duplicates(headings: list[Heading]) -> list[Heading]:
    """Return headings whose names are all different: the second of a name is numbered."""
    counts: Counter[str] = Counter()
    taken = {each.name for each in headings}
    numbered = []
    for each in headings:
        counts[each.name] += 1
        name, number = each.name, counts[each.name]
        while number > 1 and name in taken:
            name, number = f"{each.name} ({number})", number + 1
        taken.add(name)
        column = each.column and replace(each.column, variable=replace(each.column.variable, name=name))
        numbered.append(Heading(name, column, each.written))
    return numbered


PRIVATE = frozenset(("ipaddr", "refurl", "token", "firstname", "lastname", "email", "emailstatus", "participant_id"))
"""Columns that identify people, or come from the list of those invited, and are no answers."""

_INVITED = frozenset(
    ("emailstatus", "participant_id", "blacklisted", "remindersent", "remindercount", "usesleft", "validuntil")
)
_ATTRIBUTE = re.compile(r"attribute_\d+")
_GROUP_TIME = re.compile(r"groupTime(\d+)")
_TIME = re.compile(r"(\w+)Time")


def is_standard(name: str) -> bool:
    """Return whether a name is that of one of LimeSurvey's own columns."""
    return name in known_headings("limesurvey") or name in _INVITED or _ATTRIBUTE.fullmatch(name) is not None


def is_private(name: str) -> bool:
    """Return whether one of LimeSurvey's own columns identifies people and is no answer."""
    return name in PRIVATE or _ATTRIBUTE.fullmatch(name) is not None


def standard_variable(name: str, questionnaire: LimeSurveyQuestionnaire) -> Variable | None:
    """Return what one of LimeSurvey's own columns means; None where it is none of them."""
    # times are in seconds: of the interview, of a group of questions (`groupTime165`), of a question (`ageTime`)
    languages = questionnaire.languages
    if name in known_headings("limesurvey"):
        return Variable(name, label=word_of(name, languages, "headings"), **known_headings("limesurvey")[name])
    if is_standard(name):
        return Variable(name, label=Text.same(name), measure="nominal", storage="words")
    group = _GROUP_TIME.fullmatch(name)
    if group:
        number = group.group(1)
        label = questionnaire.groups.get(number) or number_wording(WORDS("limesurvey.group"), int(number[:9]))
        return _time(name, join_wordings([WORDS("limesurvey.time"), label]))
    question = _TIME.fullmatch(name)
    for each in questionnaire.questions if question else ():
        if question and each.name == question.group(1):
            return _time(name, join_wordings([WORDS("limesurvey.time"), each.wording]))
    return None


def _time(name: str, label: Text) -> Variable:
    return Variable(name, label=label, measure="scale", storage="number")
