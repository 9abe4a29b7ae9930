"""The syntax files that LimeSurvey writes beside data for R and SPSS: read as text, never run."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from diplab.loaders.source import refused
from diplab.loaders.wording import plain_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.loaders.source import SourceFile
    from diplab.microdata.variable import Code

__all__ = ["Described", "r_syntax", "spss_syntax"]

_LIST = r'c\(((?:"(?:[^"\\]|\\.)*"|[^")])*)\)'
_R_KIND = re.compile(r"# LimeSurvey Field type: *(\S+)")
_R_STORED = re.compile(r"data\[, *(\d{1,6})\] *<- *as\.(\w+)\(.*")
_R_LABEL = re.compile(r'attributes\(data\)\$variable\.labels\[(\d{1,6})\] *<- *"((?:[^"\\]|\\.)*)" *')
_R_FACTOR = re.compile(
    r"data\[, *(\d{1,6})\] *<- *factor\(data\[, *\d{1,6}\], *levels="
    + _LIST
    + r", *labels="
    + _LIST
    + r"\) *"
)
_R_NAME = re.compile(r'names\(data\)\[(\d{1,6})\] *<- *"((?:[^"\\]|\\.)*)" *')
_R_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",\s]+)')
_ESCAPE = re.compile(r"\\(.)")

_COMMENT = re.compile(r"(?m)^[ \t]*\*[^\n]*$")
# A quotation that is never closed takes the rest, so that no text is read twice.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.|"")*"|\'(?:[^\']|\'\')*\'|["\'][\s\S]*|[^\s"\'()=+/.,]+(?:\.[^\s"\'()=+/.,]+)*|[()=+/.,]'
)
_MISSING_AT_MOST = 1000


@dataclass(frozen=True)
class Described:
    """What a syntax file says of one column.

    Parameters
    ----------
    name : str
        Name of the variable.
    kind : str
        LimeSurvey's kind of field: `F` a number, `A` words, `DATETIME23.2` a moment.
    label : str
        Label of the variable.
    values : mapping of code to str
        Labels of the answers.
    level : str
        Level of measurement, where it is said: `nominal`, `ordinal`, `scale`.
    missing : tuple of code
        Codes declared missing.
    """

    name: str
    kind: str = ""
    label: str = ""
    values: dict[Code, str] = field(default_factory=dict)
    level: str = ""
    missing: tuple[Code, ...] = ()


def r_syntax(source: SourceFile, text: str) -> list[Described]:
    """Return what an R syntax file of LimeSurvey says of each column, in order.

    Raises
    ------
    LoadError
        Where it names no column, or gives a column other than as many labels as levels.
    """
    found: dict[int, Described] = {}
    kind = ""
    for line in map(str.strip, text.splitlines()):
        if said := _R_KIND.fullmatch(line):
            kind = said.group(1)
        elif said := _R_STORED.fullmatch(line):
            stored = kind or ("F" if said.group(2) == "numeric" else "A")
            _put(found, said.group(1), kind=stored)
            kind = ""
        elif said := _R_LABEL.fullmatch(line):
            _put(found, said.group(1), label=plain_words(_unescaped(said.group(2))))
        elif said := _R_NAME.fullmatch(line):
            _put(found, said.group(1), name=_unescaped(said.group(2)).strip())
        elif said := _R_FACTOR.fullmatch(line):
            levels, labels = _items(said.group(2)), [str(each) for each in _items(said.group(3))]
            if len(levels) != len(labels):
                raise refused(
                    source,
                    f"It gives the column {said.group(1)} {len(levels)} levels and {len(labels)} labels.",
                    "Export the data and their R syntax anew from LimeSurvey.",
                )
            _put(found, said.group(1), values=dict(zip(levels, map(plain_words, labels), strict=True)))
    return _complete(source, [found[place] for place in sorted(found)])


def spss_syntax(source: SourceFile, text: str) -> list[Described]:
    """Return what an SPSS syntax file says of each column, in order.

    The variables listed by `GET DATA`, `VARIABLE LABELS`, `VALUE LABELS`, `MISSING VALUES`, `VARIABLE LEVEL` and
    `RENAME VARIABLES` are read, and the rest is left alone.

    Raises
    ------
    LoadError
        Where it names no column.
    """
    found: dict[str, Described] = {}
    for words in _statements(_COMMENT.sub("", text)):
        match [each.upper() for each in words[:2]]:
            case ["GET", "DATA"]:
                found |= _listed(words)
            case ["VARIABLE", "LABELS"]:
                for name, label in zip(words[2::2], words[3::2], strict=False):
                    _say(found, name, label=plain_words(_string(label)))
            case ["VALUE", "LABELS"] if len(words) > 2:
                codes = [_code(each) for each in words[3::2]]
                labels = [plain_words(_string(each)) for each in words[4::2]]
                _say(found, words[2], values=dict(zip(codes, labels, strict=False)))
            case ["MISSING", "VALUES"] if len(words) > 2:
                codes = [_code(each) for each in words[3:_MISSING_AT_MOST] if each not in "(),"]
                _say(found, words[2], missing=tuple(codes))
            case ["VARIABLE", "LEVEL"] if len(words) > 4:
                _say(found, words[2], level=words[4].lower())
            case ["RENAME", "VARIABLE" | "VARIABLES"] if len(words) > 5:
                _say(found, words[3], name=words[5])
            case _:
                pass
    return _complete(source, list(found.values()))


def _complete(source: SourceFile, found: list[Described]) -> list[Described]:
    named = [each for each in found if each.name]
    twice = [name for name, count in Counter(each.name for each in named).items() if count > 1]
    if not named:
        found_no = "It names no column as LimeSurvey's syntax files do."
        raise refused(source, found_no, "Write the syntax file that LimeSurvey exported with the data.")
    if twice:
        raise refused(source, f"It names two columns `{twice[0]}`.", "Give each column a name of its own.")
    return named


def _put(found: dict[int, Described], place: str, **changes: object) -> None:
    number = int(place)
    found[number] = replace(found.get(number, Described("")), **changes)  # type: ignore[arg-type]


def _say(found: dict[str, Described], variable: str, **changes: object) -> None:
    found[variable] = replace(found.get(variable, Described(variable)), **changes)  # type: ignore[arg-type]


def _items(words: str) -> list[Code]:
    """Return what `c(...)` holds: words in quotation marks, numbers without."""
    return [_code(bare) if bare else _unescaped(quoted) for quoted, bare in _R_ITEM.findall(words)]


def _unescaped(words: str) -> str:
    return _ESCAPE.sub(r"\1", words)


def _statements(text: str) -> Iterator[list[str]]:
    """Return the statements of SPSS as words: quotations kept with their marks, those joined by `+` made one."""
    words: list[str] = []
    joins = False
    for said in _TOKEN.finditer(text):
        word = said.group()
        if word == "." and words:
            yield words
            words = []
        elif word == "+":
            joins = True
            continue
        elif joins and words and word[0] in "\"'" and words[-1][0] == word[0]:
            words[-1] = words[-1][:-1] + word[1:]
        elif word != ".":
            words.append(word)
        joins = False
    if words:
        yield words


def _listed(words: list[str]) -> dict[str, Described]:
    """Return the variables that `GET DATA ... /VARIABLES=` lists."""
    upper = [each.upper() for each in words]
    if "VARIABLES" not in upper:
        return {}
    names = words[upper.index("VARIABLES") + 1 :]
    pairs = [each for each in names if each != "="]
    return {
        name: Described(name, kind=kind.upper().rstrip("0123456789.") if kind[0] in "aAfF" else kind.upper())
        for name, kind in zip(pairs[::2], pairs[1::2], strict=False)
    }


def _string(word: str) -> str:
    """Return what a quotation says: SPSS doubles the mark within, LimeSurvey puts a backslash before it."""
    mark = word[0]
    if mark not in "\"'" or len(word) < 2 or word[-1] != mark:
        return word.strip("\"'")
    inner = word[1:-1].replace(mark * 2, mark)
    return _unescaped(inner) if mark == '"' else inner


def _code(word: str) -> Code:
    """Return a code as it is written: words in quotation marks, whole numbers without."""
    if word[0] in "\"'":
        return _string(word)
    try:
        number = float(word) if len(word) < 20 else float("nan")
    except ValueError:
        return word
    if number != number:  # noqa: PLR0124  (not a number)
        return word
    return int(number) if number.is_integer() else number
