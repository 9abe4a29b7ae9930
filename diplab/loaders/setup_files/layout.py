"""Content of a setup file in any language: column positions, meanings, unread statements.

A language (`spss.py`, `sas.py`, `stata.py`) is a table of rules: how a statement begins, what its
items look like, and which method of `Setup` takes an item; nothing is executed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal, TypeAlias

from diplab.loaders.notices import shape_of
from diplab.loaders.questionnaire import known_headings
from diplab.loaders.setup_files.statements import (
    ANSWER,
    SPECIAL,
    Codes,
    Item,
    NotUnderstoodError,
    Statement,
)
from diplab.loaders.text.records import MOST_COLUMNS
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Code, Measure, Variable
from diplab.reference.text import Text

Kind: TypeAlias = Literal[
    "number",
    "comma",
    "dot",
    "words",
    "text",
    "open",
    "dmy",
    "mdy",
    "ymd",
    "dmy clock",
    "ymd clock",
    "clock",
]
"""Type of the cells of a column.

Numbers (`comma`, `dot`: with that mark between thousands), words, `text` (words whose leading
blanks count), `open` (the cells decide), dates in an order, with or without the time of day.
"""
_LEVELS: dict[str, Measure] = {"NOMINAL": "nominal", "ORDINAL": "ordinal", "SCALE": "scale"}
_MOST_LINES = 1_000  # lines of one case
_LONGEST_CODE = 3  # letters of a word that is a code, and no answer


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

    @property
    def words(self) -> bool:
        """Whether its cells are words, whatever is in them."""
        return self.kind in ("words", "text")


@dataclass(frozen=True)
class Layout:
    """How the cases of a text are written."""

    fields: tuple[Field, ...] = ()
    delimiter: str = ""  # marks any of which is between fields; empty where they are in columns
    merges: bool = False  # whether delimiters that follow one another count as one
    quote: str = '"'  # mark around words; a zero byte, which no text holds, for none
    skip: int = 0  # lines above the first case
    records: int = 1  # lines of one case
    data: str = ""  # name of the text in the setup file: a hint only


@dataclass(frozen=True)
class Rule:
    """How statements of one sort are read."""

    words: str  # pattern of the words that begin them
    read: Callable[[Setup, Statement, Item], None] | None = (
        None  # of an item; None where nothing is read
    )
    item: str = ""  # pattern of an item; empty where the words are the only one
    places: bool = False  # whether they say where columns are, and have to be understood
    misses: bool = False  # whether they say which codes are missing, which counts in a comment too

    def begins(self, statement: Statement) -> re.Match[str] | None:
        """Return the words that begin a statement, if they are these."""
        return re.match(rf"(?:{self.words})(?: |$)", statement.text, re.IGNORECASE)

    def take(self, setup: Setup, statement: Statement) -> None:
        """Take a statement into what is known: its items, each with what the words say."""
        begun = self.begins(statement)
        if begun is None:
            raise NotUnderstoodError(statement.first())
        rest = replace(statement, text=statement.text[begun.end() :])
        if self.read is not None:
            for item in rest.each(self.item) if self.item else [Item(str)]:
                self.read(setup, rest, Item(str, {**begun.groupdict(""), **item}))


_FORMAT = re.compile(r"(\$?[A-Z_]*(?:\d{1,5}[A-Z]+)?)(\d{0,5})\.?(\d{0,2})")


@dataclass(frozen=True)
class Language:
    """How the setup files of a program are read."""

    program: Literal["SPSS", "SAS", "Stata", "DDI"]
    divide: Callable[[str], Iterable[Statement]]
    rules: tuple[Rule, ...]
    plan: Layout = field(default_factory=Layout)  # of a text of which nothing is said
    blanks: str = " \t,"  # marks between fields that are in no columns, where none is named

    @cached_property
    def commands(self) -> frozenset[str]:
        """Words that begin its statements: these alone are quoted of one that is not followed."""
        return frozenset(known_headings("setup_commands")[self.program])

    @cached_property
    def recodes(self) -> re.Pattern[str]:
        """Pattern of the beginning of a line with a recode of missing values, in a comment."""
        words = "|".join(rule.words for rule in self.rules if rule.misses)
        return re.compile(rf"(?im)^(?=[ \t]*(?:{words})(?:\s|\())" if words else r"(?!)")

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """What cells are, by the names of formats or types."""
        kinds: dict[str, Kind] = {}
        for kind, names in known_headings("setup_formats")[self.program].items():
            for name in names:
                kinds[name] = kind
        return kinds

    def format(self, written: str) -> tuple[Kind, int, int]:
        """Return the kind, width and implied decimals of a format: `F8.2`, `$10.`, `date9.`."""
        found = _FORMAT.fullmatch(written.upper())
        if found is None or found[1] not in self.kinds:
            raise NotUnderstoodError(written)
        return self.kinds[found[1]], int(found[2] or 0), int(found[3] or 0)


class Setup:
    """All that a setup file says, as far as it is read.

    Variables are kept by the key of their first name.
    """

    def __init__(self, language: Language, name: str, columns: Sequence[str] = ()) -> None:
        self.language = language
        self.name = name  # of the file
        self.distinguishes = (
            language.program == "Stata" and not columns
        )  # small letters from capitals
        self.renamed: dict[str, str] = {}  # key of the first name of each name given later
        self.called = {
            self.key(name): name for name in reversed(columns)
        }  # the name of a variable, by its key
        self.columns = list(
            map(self.key, columns)
        )  # keys in order, of the layout or of the file it labels
        self.plan = language.plan  # of the statements that place columns, as far as they are read
        self.made: list[Field] = []
        self.lines: list[int] = []  # of the statements that place these
        self.record, self.column = 0, 0  # where the next field begins
        self.continues = False  # whether the next statement places columns of the same layout
        self.within = ""  # what is put before the lines of a dictionary (Stata)
        self.layout: Layout | None = None
        self.fields: dict[str, Field] = {}
        self.variables: dict[str, Variable] = {}
        self.kinds: dict[str, tuple[Kind, int]] = {}  # said before INPUT (SAS): kind, decimals
        self.label_sets: defaultdict[str, dict[Code, str]] = defaultdict(
            dict
        )  # by their names in capitals
        self.sets: dict[str, str] = {}  # the label set of a variable
        self.ranged: defaultdict[str, list[str]] = defaultdict(
            list
        )  # ranges that a label set labels
        self.groups: dict[str, list[str]] = {}  # columns by the name of their array (SAS)
        self.unread: list[
            str
        ] = []  # lines of statements that are not followed, and how these begin
        self.aside: list[
            tuple[int, str, Codes, str]
        ] = []  # line, column, codes and reason, of recodes in comments
        self.line = 0  # of the recode in a comment that is read
        self.end = 0  # line below which a dictionary is followed by its data; 0 where it is not
        self.failed: tuple[int, str] | None = (
            None  # where a statement that places the columns is not understood
        )
        self.title = ""

    def follow(self, text: str) -> None:
        """Read a text, each statement by the first rule whose words begin it."""
        for item in self.language.divide(text):
            if item.aside:
                self._look_aside(item)
                continue
            s = item
            if self.within:
                s = replace(item, text=f"{self.within} {item.text}")
            # one that begins with the words of no rule is not understood by the last
            rule = next(
                (rule for rule in self.language.rules if rule.begins(s)), self.language.rules[-1]
            )
            try:
                rule.take(self, s)
                if self.made and not self.continues:
                    self._place()
            except NotUnderstoodError as stopped:
                # what a respondent answered may stand there: a notice is published, and quotes
                # known words alone
                known = item.first().upper() in self.language.commands
                self.unread.append(f"{item.line} (`{item.first()}`)" if known else str(item.line))
                self.made, self.lines = [], []
                if rule.places and self.layout is None:
                    where = (
                        str(stopped)
                        if known or item.first().startswith("_")
                        else shape_of(str(stopped))
                    )
                    self.failed = self.failed or (stopped.line or item.line, where)
            if s is not item and not self.within:
                self.end = item.line  # of the brace: the lines below it are the data
                break
        if self.continues and self.layout is None:  # such as a dictionary that no brace closes
            self.failed = self.failed or (text.count("\n") + 1, "its end")

    def _look_aside(self, comment: Statement) -> None:
        """Note the recodes of missing values that stand in a comment."""
        line = comment.line
        for part in self.language.recodes.split(comment.text):
            for item in self.language.divide(part):
                rule = next(
                    (rule for rule in self.language.rules if rule.misses and rule.begins(item)),
                    None,
                )
                if rule is not None and not item.aside:
                    self.line = line + item.line - 1
                    with suppress(NotUnderstoodError):
                        rule.take(self, item)
            line += part.count("\n")
        self.line = 0

    def recodes_in_comments(self, *, follow: bool) -> dict[str, int]:
        """Return the line, by column, of recodes to missing in comments; `follow` applies them."""
        # a comment shows what a recode looks like, too, with columns that no file has
        found: dict[str, int] = {}
        for line, key, codes, reason in self.aside:
            known = self.variables.get(key) or Variable(key)
            new = list[Code]()
            for code in codes[0]:
                if known.why(code) is None:
                    new.append(code)
            ranges = [item for item in codes[1] if item not in known.missing_ranges]
            if key not in self.columns or not (new or ranges):
                continue
            if follow:
                self._declare(key, (new, ranges), reason)
                continue
            found.setdefault(self.called[key], line)
            self.variables[key] = replace(known, commented=(*known.commented, *new, *ranges))
        return found

    def key(self, name: str) -> str:
        """Return what a variable is kept by: Stata alone distinguishes small letters."""
        folded = name
        if not self.distinguishes:
            folded = name.upper()
        return self.renamed.get(folded, folded)

    def keys(self, written: str) -> list[str]:
        """Return the keys of a list with ranges (`a TO b`, `a - b`), patterns (`q*`) and `ALL`."""
        keys: list[str] = []
        for item in re.split(r"[ ,]+", re.sub(r"(?i) (?:TO|-(?: -)?) ", "\0", written)):
            first, ranged, last = item.partition("\0")
            if ranged and self.key(first) in self.columns and self.key(last) in self.columns:
                keys += self.columns[
                    self.columns.index(self.key(first)) : self.columns.index(self.key(last)) + 1
                ]
            elif first.upper() in ("ALL", "_ALL", "_ALL_", "*"):
                keys += self.columns
            elif first.upper() in self.groups:
                keys += self.groups[first.upper()]
            elif self.language.program == "Stata" and set("*?") & set(first):
                keys += [key for key in self.columns if fnmatchcase(self.called[key], first)]
            else:
                for name in _numbered(first, last) if ranged else [first]:
                    if not self.line:
                        self.called.setdefault(self.key(name), name)
                    keys.append(self.key(name))
        return keys

    # What items say, whatever the language; the pattern of each is in its rule.

    def placed(self, s: Statement, item: Item) -> None:
        """Place variables, or move to where the next ones are."""
        if item["record"] or item["next"]:
            self.record, self.column = (
                int(item["record"]) - 1 if item["record"] else self.record + 1,
                0,
            )
        self.column = int(item["at"]) - 1 if item["at"] else self.column + int(item["skip"] or 0)
        if item["names"]:
            self._put(item)
            self.lines += [s.line] * (len(self.made) - len(self.lines))
        self.continues = bool(item["continues"] or self.within)

    def labelled(self, s: Statement, item: Item) -> None:
        """Give variables a label, or say on which level they are measured."""
        for key in self.keys(item["names"]):
            known = self.variables.get(key) or Variable(key)
            label = known.label
            if item["label"]:
                label = Text.same(s.string(item["label"]))
            measure = _LEVELS.get(item["level"].upper(), known.measure)
            self.variables[key] = replace(known, label=label, measure=measure)

    def answered(self, s: Statement, item: Item) -> None:
        """Give the codes of variables, or those of a set, their labels."""
        labels = {}
        for code, words in re.findall(ANSWER, item["answers"]):
            labels[s.code(code)] = s.string(words)
        keys = []
        if item["names"]:
            keys = self.keys(item["names"])
        self.sets |= dict(zip(keys, keys, strict=True))
        for name in keys or [item["set"].upper()]:
            self.label_sets[name] = {**(self.label_sets[name] if item["adds"] else {}), **labels}

    def attached(self, s: Statement, item: Item) -> None:
        """Give variables a set of labels."""
        self.sets |= dict.fromkeys(self.keys(item["names"]), item["set"].upper())

    def recoded(self, s: Statement, item: Item) -> None:
        r"""Declare codes missing: `98 99`, `(98 = .a) (99 = .)`, `98 = .a \ 99`."""
        for rule in filter(None, re.split(r" ?[()\\] ?", item["codes"])):
            codes, _, target = rule.partition(" = ")
            self._miss(item, s.codes(codes), target)

    def missing_where(self, s: Statement, item: Item) -> None:
        """Declare missing the codes for which a condition sets its variable to nothing."""
        found = s.codes(item["condition"], of=item["names"])
        # `if name = "DUPONT"` mends one answer, which no codebook may show
        words = list[str]()
        for code in found[0]:
            if isinstance(code, str) and not SPECIAL.fullmatch(code):
                words.append(code)
        if any(len(word) > _LONGEST_CODE for word in words):
            raise NotUnderstoodError(item["names"])
        self._miss(item, found, s.string(item["target"]))

    def grouped(self, s: Statement, item: Item) -> None:
        """Name the columns of a SAS array: `ARRAY q (*) q1-q9`, `ARRAY all _NUMERIC_`."""
        words = item["names"].upper() in ("_CHARACTER_", "_CHAR_")
        of_type = list[str]()
        for key in self.columns:
            if key not in self.fields or self.fields[key].words == words:
                of_type.append(key)
        named = item["names"].startswith("_")
        self.groups[item["set"].upper()] = of_type if named else self.keys(item["names"])

    def divided(self, s: Statement, item: Item) -> None:
        """Divide the numbers of a variable by a power of ten: `x = x / 100`."""
        known = self.fields.get(self.key(item["names"]))
        if known is None or self.key(item["same"]) != known.name:
            raise NotUnderstoodError(item["names"])
        self.fields[known.name] = replace(known, divided=known.divided + len(item["zeros"]))

    def given_names(self, s: Statement, item: Item) -> None:
        """Give variables other names, which no other column has."""
        keys, names = self.keys(item["old"]), re.split("[ ,]+", item["new"])
        new = set(map(self.key, names))
        if not len(keys) == len(names) == len(new) or new & {*self.columns}:
            raise NotUnderstoodError(names[-1])
        for key, name in zip(keys, names, strict=True):
            self.renamed[name if self.distinguishes else name.upper()] = key
            self.called[key] = name

    def titled(self, s: Statement, item: Item) -> None:
        """Give the data their title."""
        self.title = " ".join(map(s.exact, s.text.split(" ")))

    def _miss(self, item: Item, found: Codes, target: str) -> None:
        """Declare codes and ranges missing; `target` is what a statement recodes them into."""
        special = SPECIAL.fullmatch(target) is not None
        if not special and target.upper().strip("$.") not in ("", "SYSMIS"):
            raise NotUnderstoodError(target)
        reason = ""
        if special:
            reason = target
            if self.language.program == "SAS":
                reason = target.upper()
        for key in self.keys(item["names"]):
            if self.line:
                self.aside.append((self.line, key, found, reason))
            else:
                self._declare(key, found, reason)

    def _declare(self, key: str, found: Codes, reason: str) -> None:
        """Declare codes and ranges of a variable missing."""
        known = self.variables.get(key) or Variable(key)
        codes, ranges = (
            dict.fromkeys(found[0], reason),
            [replace(item, reason=reason) for item in found[1]],
        )
        missing, missing_ranges = {**known.missing, **codes}, (*known.missing_ranges, *ranges)
        self.variables[key] = replace(known, missing=missing, missing_ranges=missing_ranges)

    def _put(self, item: Item) -> None:
        """Place variables where the pointer is or in columns counted from 1.

        Without a width they are delimited.
        """
        keys, (kind, width, decimals) = self.keys(item["names"]), self.language.format(item["kind"])
        if item["first"]:
            self.column = int(item["first"]) - int(item["origin"] or 1)
            width, over = divmod(
                int(item["last"] or item["first"]) - int(item["first"]) + 1, len(keys)
            )
            if over or width < 1 or self.column < 0:
                raise NotUnderstoodError(item["first"])
        width = 0 if item["listed"] or self.plan.delimiter else int(item["width"] or width)
        record = self.record
        if item["line"]:
            record = int(item["line"]) - 1
        for key in keys:
            if not width or not item["kind"]:
                kind, decimals = self.kinds.get(key, (kind, decimals))
            start = -1
            if width:
                start = self.column
            self.made.append(
                Field(key, kind, start, width, record, int(item["decimals"] or decimals))
            )
            self.column += width

    def _place(self) -> None:
        """Keep the layout that is made; refuse one that no case fits, or a second one."""
        made, self.made, self.record, self.column = self.made, [], 0, 0
        lines, self.lines = self.lines, []
        listed = list[Field]()
        for item in made:
            if not item.width:
                listed.append(item)
        odd = list[int]()
        for position, item in enumerate(made):
            if not 0 <= item.record < _MOST_LINES:
                odd.append(position)
        counts = Counter(item.name for item in made)
        odd += [position for position, item in enumerate(made) if counts[item.name] > 1][1:]
        if len(listed) not in (0, len(made)):  # the few that are unlike the others
            few = 2 * len(listed) <= len(made)
            odd += [position for position, item in enumerate(made) if (item.width == 0) == few]
        if odd:
            raise NotUnderstoodError(made[odd[0]].name, lines[odd[0]] if odd[0] < len(lines) else 0)
        records = max(self.plan.records, *(item.record + 1 for item in made))
        if self.layout or len(made) > MOST_COLUMNS or records > _MOST_LINES:
            raise NotUnderstoodError("its columns")
        self.layout = replace(self.plan, records=records)
        if listed and not self.plan.delimiter:
            self.layout = replace(self.layout, delimiter=self.language.blanks, merges=True)
        self.fields, self.columns = {item.name: item for item in made}, [item.name for item in made]

    def columns_read(self) -> dict[str, Field]:
        """Return where the columns are, by their names."""
        columns: dict[str, Field] = {}
        for key, item in self.fields.items():
            columns[self.called[key]] = replace(item, name=self.called[key])
        return columns

    def codebook(self) -> Codebook:
        """Return what is said of variables."""
        described = list(map(self._described, dict.fromkeys([*self.variables, *self.sets])))
        return Codebook({item.name: item for item in described}, title=Text.same(self.title))

    def _described(self, key: str) -> Variable:
        """Return a variable with the labels of its set, those of missing codes as their reasons."""
        variable, labels = (
            self.variables.get(key) or Variable(key),
            self.label_sets[self.sets.get(key, "")],
        )
        missing = {}
        for code in labels:
            if variable.why(code) is not None:
                missing[code] = ""
        for code in labels:
            if isinstance(code, str) and SPECIAL.fullmatch(code):
                missing[code] = ""
        missing |= variable.missing
        ranges = (
            replace(range_, reason=labels.get(range_.reason, range_.reason))
            for range_ in variable.missing_ranges
        )
        return replace(
            variable,
            name=self.called[key],
            values={
                code: Text.same(words) for code, words in labels.items() if code not in missing
            },
            missing={
                code: labels.get(code) or labels.get(why) or why for code, why in missing.items()
            },
            missing_ranges=tuple(ranges),
        )


def _numbered(first: str, last: str) -> list[str]:
    """Return the names that two numbered ones enclose: `q01 TO q12`."""
    begin, end = (re.fullmatch(r"(.*?)(\d{1,6})", item) for item in (first, last))
    numbers = range(int(begin[2]), int(end[2]) + 1) if begin and end else range(0)
    if (
        not begin
        or not end
        or begin[1].upper() != end[1].upper()
        or not 0 < len(numbers) <= MOST_COLUMNS
    ):
        raise NotUnderstoodError(last)
    return [f"{begin[1]}{number:0{len(begin[2])}d}" for number in numbers]
