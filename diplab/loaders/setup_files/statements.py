"""Setup files divided into statements, and their names, codes, ranges and conditions."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from diplab.microdata.variable import Code, MissingRange, as_code


class NotUnderstoodError(Exception):
    """Statement that no rule matches: where it stops, and its line if found by a later one."""

    def __init__(self, where: str, line: int = 0) -> None:
        super().__init__(where)
        self.line = line


Item: TypeAlias = defaultdict[str, str]
"""What an item of a statement says, by the groups of its pattern.

Nothing where a group is absent.
"""
Codes: TypeAlias = tuple[list[Code], list[MissingRange]]

NAME = r"[^\W\d][^ ]*|[@#$][^ $]+"
NAMES = rf"(?:{NAME})(?: (?:(?:TO|- -|-|,) )?(?:{NAME}))*+"
STRING = r'"\d+"(?: \+ "\d+")*'
_NUMBER = r"(?:[-+] )?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?(?= |$)"
CODE = rf'"\d+"|{_NUMBER}|\.[A-Za-z_](?= |$)'
ANSWER = rf"({CODE})(?: [=,])? ({STRING})"
ANSWERS = rf"(?P<answers>{ANSWER}(?: {ANSWER})*)"
COLUMNS = r"(?P<first>\d{1,8})(?: - (?P<last>\d{1,8}))?"
SPECIAL = re.compile(r"\.[A-Za-z_]")  # a special missing value of SAS or Stata


@dataclass(frozen=True)
class Statement:
    """A statement: words and marks separated by a blank, quotations by their number (`"0"`)."""

    text: str
    line: int  # in the setup file, counted from 1
    quotations: tuple[str, ...]  # without their marks
    aside: bool = False  # whether it is a comment, and `text` what stands in it

    def each(self, pattern: str, text: str | None = None) -> Iterator[Item]:
        """Yield what fits a pattern, one after the other, until nothing is left of the text."""
        left = self.text if text is None else text
        place, compiled = 0, re.compile(rf"(?:{pattern})(?: |$)", re.IGNORECASE)
        while place < len(left):
            found = compiled.match(left, place)
            if found is None:
                raise NotUnderstoodError(self.exact(left[place:].split(" ")[0]))
            yield Item(str, found.groupdict(""))
            place = found.end()

    def first(self) -> str:
        """Return its first word, which may name a command."""
        return self.text.lstrip("+").split(" ")[0]

    def exact(self, written: str) -> str:
        """Return what a quotation says, and other words as they are."""
        if written.startswith('"'):
            return self.quotations[int(written[1:-1])]
        return written

    def string(self, written: str) -> str:
        """Return the text of quotations, joined at `+`, on one line and without outer blanks."""
        # KoboToolbox writes the end of a line as a backslash and `n`
        return " ".join("".join(map(self.exact, written.split(" + "))).replace("\\n", " ").split())

    def code(self, written: str) -> Code:
        """Return a code: words in quotation marks, a number, a special missing value (`.a`)."""
        if written.startswith('"'):
            return self.exact(written).rstrip()
        number = math.nan
        if not SPECIAL.fullmatch(written):
            number = float(written.replace(" ", ""))
        code: Code = written
        if math.isfinite(number):
            code = as_code(number)
        return code

    def codes(self, written: str, of: str = "") -> Codes:
        """Return codes and ranges: `LO THRU -1, 99`, or a condition on `of`, `x = 8 or x >= 97`."""
        codes, ranges = list[Code](), list[MissingRange]()
        bare = " ".join(element for element in written.split(" ") if element not in "(),")
        for item in self.each(rf"(?:{_THROUGH}|{_BETWEEN}|{_EQUAL})(?: (?:OR|\|))?", bare):
            if (item["name"] + item["one"]).upper() != of.upper():
                raise NotUnderstoodError(item["name"] or item["one"] or "its condition")
            codes += map(self.code, re.findall(CODE, item["codes"]))
            if not item["codes"]:
                low, high = item["low"] or item["least"], item["high"] or item["most"]
                bottom = float(low.replace(" ", "")) if re.fullmatch(_NUMBER, low) else -math.inf
                top = math.inf
                if re.fullmatch(_NUMBER, high):
                    top = float(high.replace(" ", ""))
                if item["above"]:
                    bottom = math.nextafter(bottom, math.inf)
                if item["below"]:
                    top = math.nextafter(top, -math.inf)
                if not bottom <= top:
                    raise NotUnderstoodError(high)
                ranges.append(MissingRange(bottom, top))
        return codes, ranges


_THROUGH = rf"(?P<low>{_NUMBER}|LO\w*|MIN) (?:THRU|THROUGH|/) (?P<high>{_NUMBER}|HI\w*|MAX)"
_AT_LEAST = rf"(?:(?P<above>>|GT)|>=|GE) (?P<least>{_NUMBER})(?: (?:AND|&) (?P=name)(?= [<L]))?"
_AT_MOST = rf"(?:(?P<below><|LT)|<=|LE) (?P<most>{_NUMBER}|\.)"
_BETWEEN = rf"(?P<name>{NAME})(?= [<>GL])(?: {_AT_LEAST})?(?: {_AT_MOST})?"
_EQUAL = (
    rf"(?:(?:INLIST |ANY )?(?P<one>{NAME})(?: (?:IN|==?|EQ))? )?"
    rf"(?P<codes>(?:{CODE})(?: (?:{CODE}))*)"
)


_COMMENT = re.compile(r"(?i)%?\*|/\*|//(?!/)|COMMENT\b")
_MARKS = re.compile(r"\*+/|(?m:^[ \t]*[*|/]+)")
"""What ends a comment, or begins its lines."""


def statements(
    token: re.Pattern[str], comment: re.Pattern[str], text: str, line: int = 1
) -> Iterator[Statement]:
    """Yield the statements of a text; each character is read once.

    `token` matches anywhere, with the groups `skip`, `quoted`, `end` and `word`; `comment` is what
    is left out where a statement would begin.
    """
    place, begins, words, quotations = 0, line, list[str](), list[str]()
    while place < len(text):
        aside = None if words else comment.match(text, place)
        found = aside or token.match(text, place)
        written, kind = (
            (found.group(), "" if aside else found.lastgroup) if found else (text[place], "")
        )
        if kind in ("", "skip") and (inner := _COMMENT.match(written)):
            yield Statement(_MARKS.sub("", written[inner.end() :]), line, (), aside=True)
        if kind in ("word", "quoted"):
            if not words:
                begins = line
            words.append(written if kind == "word" else f'"{len(quotations)}"')
            if kind == "quoted":
                quotations += [_unquoted(written)]
        line += written.count("\n")
        place += len(written) or 1
        if words and (kind == "end" or place >= len(text)):
            yield Statement(" ".join(words), begins, tuple(quotations))
            words, quotations = [], []


def _unquoted(written: str) -> str:
    """Return the text of a quotation, with doubled marks halved and SAS `'09'x` as a tabulator."""
    if written.startswith('`"'):
        return written[2:].removesuffix("\"'")
    inner, mark, end = written[1:].rpartition(written[0])
    if not mark:
        inner = end
    if mark and end.lower() == "x" and re.fullmatch("(?:[0-9a-fA-F]{2}){1,8}", inner):
        return bytes.fromhex(inner).decode("latin-1")
    if mark:
        return inner.replace(mark * 2, mark)
    return inner
