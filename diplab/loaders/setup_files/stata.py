"""Stata: dictionaries (`.dct`), `infix` and `infile`, labels and missing values of do-files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from diplab.loaders.setup_files.layout import Language, Rule, Setup
from diplab.loaders.setup_files.statements import (
    ANSWERS,
    COLUMNS,
    NAME,
    NAMES,
    STRING,
    Item,
    Statement,
    statements,
)


def _marks(end: str, blank: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return how words and comments look where statements end so."""
    token = (
        rf"(?P<skip>///[^\n]*(?:\n|\Z)|/\*(?:(?!\*/)[\s\S])*(?:\*/)?|(?<!\S)//[^\n]*"
        rf"|[{blank}\ufeff])|(?P<end>{end})"
        r"|(?P<quoted>`\"(?:(?!\"')[^\n])*(?:\"')?|\"[^\"\n]*(?:\"|(?=\n)|\Z))"
        r"|(?P<word>%[-\w.]+|[^\W\d][\w*?]*|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
        r"|\.\d+|\.[a-z](?!\w)|[<>=!~]=|\S)"
    )
    return re.compile(token), re.compile(rf"\*(?:(?!{end}|///)[\s\S]|///[^\n]*(?:\n|\Z))*")


_LINES, _SEMICOLONS = _marks(r"\n", r" \t\r\f"), _marks(";", r"\s")
_DELIMIT = re.compile(r"(?m)^[ \t]*#d(?:elimit)?[ \t]*(;|cr)[ \t\r]*$")


_LABELLED = re.compile(
    r'(?m)^([^"\n]*%-?\d*(?:\.\d+)?[a-zA-Z][ \t]+)"([^\n]*"[^\n]*)"(?=[ \t\r]*$)'
)
"""A line of a dictionary whose label holds quotation marks: the label ends with the line."""


def _statements(text: str) -> Iterator[Statement]:
    """Yield the statements, which end with their line or, after `#delimit ;`, with a semicolon."""
    text = _LABELLED.sub(r"""\1`"\2"'""", text)
    place, marks = 0, _LINES
    for change in [*_DELIMIT.finditer(text), None]:
        end = change.start() if change else len(text)
        yield from statements(*marks, text[place:end], text.count("\n", 0, place) + 1)
        if change:
            place, marks = change.end(), _SEMICOLONS if change[1] == ";" else _LINES


def _columns(setup: Setup, s: Statement, item: Item) -> None:
    """Read part of `infix int age 1-2 using d.dat`, `infile age using d.dat`, or a dictionary."""
    plan = replace(setup.plan, skip=int(item["begins"] or setup.plan.skip + 1) - 1)
    plan = replace(plan, records=int(item["lines"] or plan.records))
    if item["data"]:
        plan = replace(plan, data="".join(map(s.exact, item["data"].split())).strip("`'\""))
    if "AUTOMATIC" in item["options"].upper():
        setup.made = [
            replace(element, kind="open") if element.kind == "number" else element
            for element in setup.made
        ]
    setup.plan = plan
    if item["open"] or item["closed"]:
        setup.within = f"+{item['command']}" if item["open"] else ""
    setup.placed(s, item)
    if item["set"]:
        setup.attached(s, item)
    if item["label"]:
        setup.labelled(s, item)


_EITHER = (
    r"USING(?P<data>(?: (?!IF |IN )[^ ,{]+)+)(?P<options> (?:IF|IN|,)[^{]*?(?= {|$))?"
    r"|(?P<open>{)|(?P<closed>}).*"
)
_TYPED = (
    r"(?:(?P<kind>BYTE|INT|LONG|FLOAT|DOUBLE|NUMERIC|STR)L?\d{0,5} )?(?P<names>(?!_)[^\W\d][^ ]*)"
)
_INFIX = (
    rf"{_EITHER}|(?P<next>/)|(?P<record>\d{{1,4}}) :|(?P<lines>\d{{1,4}}) "
    rf"LINES?|(?P<begins>\d{{1,7}}) FIRST\w*"
    rf"|{_TYPED} (?:(?P<line>\d{{1,4}}) : )?{COLUMNS}"
)
_DIRECTIVE = (
    r"_COL(?:UMN)? \( (?P<at>\d{1,7}) \)|_SKIP \( (?P<skip>\d{1,7}) \)|(?P<next>_NEWLINE)(?: \( 1 "
    r"\))?"
    r"|_LINE \( (?P<record>\d{1,4}) \)|_LINES \( (?P<lines>\d{1,4}) \)|_FIRST\w* \( "
    r"(?P<begins>\d{1,7}) \)"
    r"|_LRECL \( \d+ \)"
)
_SHAPE = r"%-?(?P<width>\d{0,5})(?:\.(?P<decimals>\d{1,2}))?[fgesS]"
_INFILE = (
    rf'{_EITHER}|{_DIRECTIVE}|{_TYPED}(?: : (?P<set>{NAME}))?(?: {_SHAPE})?(?: (?P<label>"\d+"))?'
)
_SO = r"(?:(?:QUI\w*|CAP\w*|NOI\w*)(?: :)? )*"
_RECODE = rf"(?P<names>{NAMES}) (?P<codes>(?:\( [^()=]+ = \S+ \) ?)+|[^()=]+ = \S+)"
_REPLACE = rf"(?P<names>{NAME}) = (?P<target>\S+) IF (?P<condition>.+)"
_OTHERS = (
    r"VERSION|SET|CLEAR|COMPRESS|SAVE\w*|LOG|CD|DE[SB]\w*|DIS?\w*|TAB\w*|SU\w*|L|LIST|USE|ORDER"
    r"|SORT|FORM\w*|NOTES?|CHAR|EXIT|LOC\w*|GLO\w*|END|MORE|MEMORY|COUNT|CODEB\w*|INSP\w*|SVYSET"
    r"|XTSET|IMPORT|INSHEET|BROWSE|EXPORT|[{}]"
)
_RULES = (
    Rule(rf"(?:\+|{_SO})(?P<command>INFIX)(?: DICTIONARY)?", _columns, _INFIX, places=True),
    Rule(
        rf"(?:\+|{_SO})(?P<command>INFILE|DICTIONARY)(?: DICTIONARY)?",
        _columns,
        _INFILE,
        places=True,
    ),
    Rule(
        rf"{_SO}LAB?(?:EL)? DE\w*",
        Setup.answered,
        rf"(?P<set>{NAME}) {ANSWERS}(?: , (?:(?P<adds>ADD|MODIFY)|\w+))?",
    ),
    Rule(
        rf"{_SO}LAB?(?:EL)? VAL\w*", Setup.attached, r"(?P<names>[^,]+) (?P<set>[^ ,]+)(?: , \w+)?"
    ),
    Rule(rf"{_SO}LAB?(?:EL)? DATA?", Setup.titled),
    Rule(rf"{_SO}LAB?(?:EL)? VAR\w*", Setup.labelled, rf"(?P<names>{NAME}) (?P<label>{STRING})"),
    Rule(
        rf"{_SO}MVDECODE",
        Setup.recoded,
        r"(?P<names>[^,]+) , MV \( (?P<codes>[^()]+) \)",
        misses=True,
    ),
    Rule(rf"{_SO}RECODE", Setup.recoded, _RECODE, misses=True),
    Rule(rf"{_SO}REPLACE (?P<names>{NAME}) = (?P<same>\S+) / 1(?P<zeros>0{{0,9}})$", Setup.divided),
    Rule(rf"{_SO}REPLACE", Setup.missing_where, _REPLACE, misses=True),
    Rule(rf"{_SO}REN(?:AME)?", Setup.given_names, rf"(?P<old>{NAME}) (?P<new>{NAME})"),
    Rule(rf"{_SO}(?:{_OTHERS})"),
)
STATA = Language("Stata", _statements, _RULES)
