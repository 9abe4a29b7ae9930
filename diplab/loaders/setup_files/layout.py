"""What a setup file says, whatever its program: where each column is, what it means, what was not understood.

The parsers (`spss.py`, `sas.py`, `stata.py`) read statements into a `Draft`; nothing is executed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from diplab.loaders.text.records import MOST_COLUMNS
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Code, MissingRange, Variable, as_code
from diplab.reference.text import Text

Program: TypeAlias = Literal["SPSS", "SAS", "Stata"]
Kind: TypeAlias = Literal[
    "number", "comma", "dot", "words", "text", "open", "dmy", "mdy", "ymd", "dmy clock", "ymd clock", "clock"
]
"""What cells are: numbers (`comma`, `dot`: with that mark between thousands), words, `text` (words whose blanks in
front count), `open` (the cells decide), days in an order, with or without the time of day."""
WIDEST = 32_767  # characters of one field, as many as SPSS and SAS allow


@dataclass(frozen=True)
class Field:
    """Where the cells of one column are, and what they are."""

    name: str
    kind: Kind = "number"
    start: int = -1  # first character, counted from 0; -1 where fields are delimited
    width: int = 0
    record: int = 0  # line of the case, counted from 0
    decimals: int = 0  # decimals of a number written without a mark
    divided: int = 0  # power of ten by which a statement divides the numbers


@dataclass(frozen=True)
class Layout:
    """How the cases of a text are written."""

    fields: tuple[Field, ...] = ()
    arrangement: Literal["fixed", "lines", "stream"] = "fixed"  # in columns; delimited, a line a case; over lines
    delimiter: str = ""  # between fields; empty for blanks and, where words may be quoted, commas
    quotes: str = "\"'"  # marks around words
    merges: bool = False  # whether delimiters that follow one another count as one
    short: bool = True  # whether a line may have fewer fields
    skip: int = 0  # lines above the first case
    records: int = 1  # lines of one case
    data: str = ""  # name of the text in the setup file: a hint only


_MOST_LINES = 1_000  # lines of one case
Codes: TypeAlias = tuple[list[Code], list[MissingRange]]


class NotUnderstoodError(Exception):
    """A statement that no parser understands; its text is where it stops."""


@dataclass(frozen=True)
class Statement:
    """One statement: its words and marks with one blank between them, each quotation as its number (`"0"`)."""

    text: str
    line: int  # in the setup file, counted from 1
    quotations: tuple[str, ...]  # without their marks

    def each(self, pattern: str) -> Iterator[re.Match[str]]:
        """Yield what fits a pattern, one after the other, until nothing is left."""
        place, compiled = 0, re.compile(rf"(?:{pattern})(?: |$)", re.IGNORECASE)
        while place < len(self.text):
            found = compiled.match(self.text, place)
            if found is None:
                raise NotUnderstoodError(self.exact(self.text[place:].split(" ")[0]))
            yield found
            place = found.end()

    def shown(self) -> str:
        """Return its beginning, as an error or a notice shows it."""
        words = " ".join(map(self.exact, self.text.split(" ")[:7]))
        return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."

    def exact(self, written: str) -> str:
        """Return what a quotation says, and other words as they are."""
        return self.quotations[int(written[1:-1])] if written.startswith('"') else written

    def string(self, written: str) -> str:
        """Return what quotations say, those that `+` joins as one, without blanks at the ends."""
        return " ".join("".join(self.exact(each) for each in written.split(" + ")).split())

    def code(self, written: str) -> Code:
        """Return a code: words in quotation marks, a number, a special missing value (`.a`)."""
        if written.startswith('"'):
            return self.exact(written).rstrip()
        if not re.fullmatch(CODE, written):
            raise NotUnderstoodError(written)
        number = math.nan if SPECIAL.fullmatch(written) else float(written.replace(" ", ""))
        code: Code = as_code(number) if math.isfinite(number) else written
        return code

    def codes(self, written: str) -> Codes:
        """Return codes, and the ranges among them: `LO THRU -1`, `97 / 99`."""
        codes, ranges = list[Code](), list[MissingRange]()
        for found in replace(self, text=written).each(
            rf"({CODE}|LO\w*|MIN)(?: (?:THRU|THROUGH|/) ({CODE}|HI\w*|MAX))?(?: ,)?"
        ):
            low, high = found[1], found[2]
            if high is None:
                codes.append(self.code(low))
                continue
            bottom = -math.inf if low[0].upper() in "LM" else self.code(low)
            top = math.inf if high[0].upper() in "HM" else self.code(high)
            if isinstance(bottom, str) or isinstance(top, str) or bottom > top:
                raise NotUnderstoodError(high)
            ranges.append(MissingRange(float(bottom), float(top)))
        return codes, ranges


NAME = r"[^\W\d][^ ]*|[@#$][^ $]+"
NAMES = rf"(?:{NAME})(?: (?:(?:TO|- -|-|,) )?(?:{NAME}))*+"
STRING = r'"\d+"(?: \+ "\d+")*'
CODE = r'"\d+"|(?:[-+] )?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?(?= |$)|\.[A-Za-z_](?= |$)'
COLUMNS = r"(?P<first>\d{1,8})(?: - (?P<last>\d{1,8}))?"
SPECIAL = re.compile(r"\.[A-Za-z_]")  # a special missing value of SAS or Stata
_SHOWN = 40


@dataclass(frozen=True)
class Grammar:
    """How a program divides a text into statements."""

    token: re.Pattern[str]  # with the groups `skip`, `quoted`, `end` and `word`; it matches anywhere
    comment: re.Pattern[str]  # what is left out where a statement would begin


def statements(text: str, grammar: Grammar, line: int = 1) -> Iterator[Statement]:
    """Yield the statements of a text, its comments left out; each character is read once."""
    place, begins, words, quotations = 0, line, list[str](), list[str]()
    while place < len(text):
        comment = None if words else grammar.comment.match(text, place)
        found = comment or grammar.token.match(text, place)
        written, kind = (found.group(), "" if comment else found.lastgroup) if found else (text[place], "")
        if kind in ("word", "quoted"):
            begins = begins if words else line
            words.append(written if kind == "word" else f'"{len(quotations)}"')
            quotations += [_unquoted(written)] if kind == "quoted" else []
        line += written.count("\n")
        place += len(written) or 1
        if words and (kind == "end" or place >= len(text)):
            yield Statement(" ".join(words), begins, tuple(quotations))
            words, quotations = [], []


def _unquoted(written: str) -> str:
    """Return what a quotation says: a mark within it is doubled, SAS writes `'09'x` for a tabulator."""
    if written.startswith('`"'):
        return written[2:].removesuffix("\"'")
    inner, mark, end = written[1:].rpartition(written[0])
    inner = inner if mark else end
    if mark and end.lower() == "x" and re.fullmatch("(?:[0-9a-fA-F]{2}){1,8}", inner):
        return bytes.fromhex(inner).decode("latin-1")
    return inner.replace(mark * 2, mark) if mark else inner


@dataclass(frozen=True)
class Setup:
    """All that a setup file says."""

    name: str  # of the file
    program: Program
    layout: Layout | None  # None where it labels columns only
    codebook: Codebook
    unread: tuple[tuple[int, str], ...]  # statements that were not understood: line, beginning
    ranged: tuple[str, ...]  # variables some of whose labels are of ranges, which are those of no code
    special: frozenset[str]  # letters that stand for special missing values in the data (SAS)


Readers: TypeAlias = Sequence[tuple[str, "Callable[[Draft, Statement, str], None] | None"]]
"""Words that begin a statement, and what reads the rest of it, given those words; None for what may be left out."""


@dataclass
class Draft:
    """What has been read of a setup file so far; variables are kept by the key of their first name."""

    program: Program
    columns: list[str] = field(default_factory=list)  # names in order, of the layout or of the file that it labels
    plan: Layout = field(default_factory=Layout)  # of the statements that place columns, as far as they are read
    made: list[Field] = field(default_factory=list)
    record: int = 0
    column: int = 0  # where the next field begins
    within: str = ""  # the procedure (SAS) or the dictionary (Stata) to which statements belong
    layout: Layout | None = None
    fields: dict[str, Field] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    kinds: dict[str, tuple[Kind, int]] = field(default_factory=dict)  # said before INPUT (SAS): kind, decimals
    renamed: dict[str, str] = field(default_factory=dict)  # key of the first name of each name given later
    called: dict[str, str] = field(default_factory=dict)  # the last name given, by that key
    label_sets: dict[str, dict[Code, str]] = field(default_factory=dict)  # by their names in capitals
    attached: dict[str, str] = field(default_factory=dict)  # the label set of a variable
    ranged: set[str] = field(default_factory=set)  # label sets that have labels of ranges
    becomes: dict[tuple[str, Code], Code] = field(default_factory=dict)  # the code that a missing code is turned into
    special: set[str] = field(default_factory=set)
    unread: list[tuple[int, str]] = field(default_factory=list)
    failed: tuple[int, str] | None = None  # where a statement that places the columns is not understood
    title: str = ""

    def follow(self, found: Iterator[Statement], readers: Readers, places: str) -> None:
        """Read statements, each by the first reader whose words begin it; one of `places` has to be understood."""
        for each in found:
            try:
                for words, read in readers:
                    if begins := re.match(rf"(?:{words})(?: |$)", each.text, re.IGNORECASE):
                        if read is not None:
                            read(self, replace(each, text=each.text[begins.end() :]), begins[0].strip().upper())
                        break
                else:
                    raise NotUnderstoodError(each.shown())
            except NotUnderstoodError as stopped:
                self.unread.append((each.line, each.shown()))
                if re.match(places, each.text, re.IGNORECASE) or (self.program == "Stata" and self.within):
                    self.failed = self.failed or (each.line, str(stopped))

    def key(self, name: str) -> str:
        """Return what a variable is kept by: Stata alone distinguishes small letters."""
        folded = name if self.program == "Stata" else name.upper()
        return self.renamed.get(folded, folded)

    def describe(self, names: Sequence[str], **changes: object) -> None:
        """Add to what is known of variables."""
        for name in names:
            known = self.variables.get(self.key(name)) or Variable(name)
            self.variables[self.key(name)] = replace(known, **changes)  # type: ignore[arg-type]

    def miss(self, names: Sequence[str], found: Codes, target: Code = ".") -> None:
        """Declare codes and ranges of variables missing; `target` is the code that a statement turns them into."""
        for name in names:
            known = self.variables.get(self.key(name)) or Variable(name)
            ranges = [replace(each, reason="" if target == "." else str(target)) for each in found[1]]
            missing = {**known.missing, **dict.fromkeys(found[0], "")}
            self.describe([name], missing=missing, missing_ranges=(*known.missing_ranges, *ranges))
            self.becomes |= {(self.key(name), code): target for code in found[0] if target != "."}

    def rename(self, old: Sequence[str], new: Sequence[str]) -> None:
        """Give variables other names."""
        if len(old) != len(new):
            raise NotUnderstoodError(new[-1])
        for key, name in zip(list(map(self.key, old)), new, strict=True):
            self.renamed[name if self.program == "Stata" else name.upper()] = key
            self.columns = [name if self.key(each) == key else each for each in self.columns]
            self.called[key] = name

    def names(self, written: str) -> list[str]:
        """Return the variables of a list, ranges (`a TO b`, `a - b`), patterns (`q*`) and `ALL` among them."""
        names: list[str] = []
        for each in re.split(r"[ ,]+", re.sub(r"(?i) (?:TO|-(?: -)?) ", "\0", written)):
            first, ranged, last = each.partition("\0")
            if ranged:
                names += self._between(first, last)
            elif first.upper() in ("ALL", "_ALL", "_ALL_", "*"):
                names += self.columns
            elif self.program == "Stata" and set("*?") & set(first):
                names += [name for name in self.columns if fnmatchcase(name, first)]
            else:
                names.append(first)
        return names

    def _between(self, first: str, last: str) -> list[str]:
        """Return the variables of the file between two, or the names that two numbered ones enclose."""
        keys = list(map(self.key, self.columns))
        if self.key(first) in keys and self.key(last) in keys:
            return self.columns[keys.index(self.key(first)) : keys.index(self.key(last)) + 1]
        begin, end = (re.fullmatch(r"(.*?)(\d{1,6})", each) for each in (first, last))
        numbers = range(int(begin[2]), int(end[2]) + 1) if begin and end else range(0)
        if not begin or not end or begin[1].upper() != end[1].upper() or not 0 < len(numbers) <= MOST_COLUMNS:
            raise NotUnderstoodError(last)
        return [f"{begin[1]}{number:0{len(begin[2])}d}" for number in numbers]

    def divide(self, name: str, statement: Statement) -> None:
        """Read the rest of a statement that divides a variable by a power of ten: `x / 100`."""
        found = re.fullmatch(r"(\S+) / 1(0{0,9})", statement.text)
        known = self.fields.get(self.key(name))
        if found is None or known is None or self.key(found[1]) != self.key(name):
            raise NotUnderstoodError(name)
        self.fields[self.key(name)] = replace(known, divided=known.divided + len(found[2]))

    def put(self, name: str, kind: Kind, width: int, decimals: int = 0, *, listed: bool = False) -> None:
        """Place a field where the pointer is, and move it on; a field without a width is delimited."""
        start = -1 if listed or not width else self.column
        self.made.append(Field(name, kind, start, width, self.record, decimals))
        self.column += width

    def put_columns(self, name: str, kind: Kind, columns: re.Match[str], decimals: int = 0) -> None:
        """Place a field in the columns that are named, counted from 1."""
        self.column = int(columns["first"]) - 1
        width = int(columns["last"] or columns["first"]) - self.column
        if self.column < 0 or width < 1:
            raise NotUnderstoodError(columns["first"])
        self.put(name, kind, width, decimals)

    def place(self) -> None:
        """Keep the layout that is made; refuse one that no case fits."""
        keys = [self.key(each.name) for each in self.made]
        listed = [each for each in self.made if each.start < 0]
        odd = [each.name for each in self.made if each.width > WIDEST or not -1 <= each.record < _MOST_LINES]
        odd += [key for key, count in Counter(keys).items() if count > 1]
        if (
            odd
            or not 0 < len(keys) <= MOST_COLUMNS
            or len(listed) not in (0, len(keys))
            or self.plan.records > _MOST_LINES
        ):
            raise NotUnderstoodError(next(iter(odd), "its columns"))
        records = max(self.plan.records, *(each.record + 1 for each in self.made))
        delimited = "stream" if self.plan.arrangement == "fixed" else self.plan.arrangement
        self.layout = replace(self.plan, records=records, arrangement=delimited if listed else "fixed")
        self.fields, self.columns = dict(zip(keys, self.made, strict=True)), [each.name for each in self.made]
        self.made, self.record, self.column = [], 0, 0

    def finished(self, name: str) -> Setup:
        """Return all that was read."""
        keys = dict.fromkeys([*self.fields, *self.variables, *self.attached])
        first = {key: each.name for key, each in self.variables.items()}
        first |= {key: each.name for key, each in self.fields.items()}
        names = {key: self.called.get(key, first.get(key, key)) for key in keys}
        described = {key: self._resolved(key, names[key]) for key in [*self.variables, *self.attached]}
        fields = tuple(replace(each, name=names[key]) for key, each in self.fields.items())
        ranged = [names[key] for key, labels in self.attached.items() if labels in self.ranged]
        return Setup(
            name,
            self.program,
            self.layout and replace(self.layout, fields=fields),
            Codebook({each.name: each for each in described.values()}, title=Text.same(self.title)),
            tuple(sorted(set(self.unread))),
            tuple(ranged),
            frozenset(self.special),
        )

    def _resolved(self, key: str, name: str) -> Variable:
        """Return a variable with the labels of its set, those of missing codes as their reasons."""
        variable = self.variables.get(key) or Variable(name)
        if key not in self.attached and not variable.missing and not variable.missing_ranges:
            return replace(variable, name=name)
        labels = {code: text.en for code, text in variable.values.items()}
        labels |= self.label_sets.get(self.attached.get(key, ""), {})
        missing: dict[Code, str] = {code: "" for code in labels if isinstance(code, str) and SPECIAL.fullmatch(code)}
        for code in labels:
            if not isinstance(code, str) and any(each.low <= code <= each.high for each in variable.missing_ranges):
                missing[code] = ""
        for code in {**missing, **variable.missing}:
            other = self.becomes.get((key, code), code)
            missing[code] = labels.get(code) or labels.get(other) or ("" if other == code else str(other))
        return replace(
            variable,
            name=name,
            values={code: Text.same(words) for code, words in labels.items() if code not in missing},
            missing=missing,
            missing_ranges=tuple(
                replace(each, reason=labels.get(each.reason, each.reason)) for each in variable.missing_ranges
            ),
        )


_COMPARED = r"IN|==?|EQ|(?:>=|GE|GT|>|<=|LE|LT|<)"
_TERM = (
    rf"(?:(?:INLIST|ANY) )?(\S+)(?: ({_COMPARED}))? ((?:{CODE})(?: (?:{CODE}))*)"
    rf"(?: (?:AND|&) \1 (<=|LE|LT|<) ({CODE}|\.))?(?: (?:OR|\||&&))?"
)


def codes_of_condition(statement: Statement, condition: str) -> tuple[str, Codes]:
    """Return the variable of a condition (`x = 8 or x >= 97 and x <= 99`), and the codes and ranges that fulfil it."""
    names, codes, ranges = set[str](), list[Code](), list[MissingRange]()
    bare = " ".join(each for each in condition.split(" ") if each not in "(),")
    for found in replace(statement, text=bare).each(_TERM):
        names.add(found[1])
        values = [statement.code(each) for each in re.findall(CODE, found[3])]
        compared, most = (found[2] or "=").upper(), found[5]
        if compared in ("IN", "=", "==", "EQ") and most is None:
            codes += values
            continue
        low, high = -math.inf, math.inf
        bounds = [(compared, values[0])]
        bounds += [(found[4].upper(), statement.code(most))] if most not in (None, ".") else []
        for comparison, value in bounds:
            number = math.nan if isinstance(value, str) else float(value)
            if comparison[0] in ">G":
                low = number if comparison in (">=", "GE") else math.nextafter(number, math.inf)
            else:
                high = number if comparison in ("<=", "LE") else math.nextafter(number, -math.inf)
        if not low <= high or len(values) > 1:
            raise NotUnderstoodError(found[3])
        ranges.append(MissingRange(low, high))
    if len({each.upper() for each in names}) != 1:
        raise NotUnderstoodError("its condition")
    return names.pop(), (codes, ranges)
