"""SPSS syntax: `DATA LIST` and `GET DATA`, labels, missing values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from diplab.loaders.setup_files.layout import Language, Layout, Rule, Setup
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

_END = r"\.(?=[ \t\r]*(?:\n|\Z|/\*))"
_NEXT = (
    r"\n[ \t\r]*\n(?=[A-Za-z*])|\n(?=(?:DATA\s+LIST|GET\s+DATA|VAR\w*\s+(?:LAB|LEV)"
    r"|(?:ADD\s+)?VAL\w*\s+LAB"
    r"|MIS\w*\s+VAL|FILE\s+(?:HANDLE|LABEL)|SAVE\s+OUT|REN\w*\s+VAR|EXECUTE\b|BEGIN\s+DATA))"
)
"""Commands that begin in the first column also end the one above, where its full stop is absent."""
_COMMENT = re.compile(
    rf"(?i)(?:\*|(?:COMMENT|TITLE|SUBTITLE|DOCUMENT|ECHO)\b)(?:(?!{_END}|{_NEXT})[\s\S])*"
    r"|BEGIN\s+DATA\b(?:(?!\nEND\s+DATA)[\s\S])*"
)


def _divided(quoted: str) -> Callable[[str], Iterator[Statement]]:
    """Return what divides a text whose quotations look so."""
    token = (
        rf"(?P<end>{_END}|{_NEXT})|(?P<skip>[\s\ufeff]|/\*(?:(?!\*/)[^\n])*(?:\*/)?)"
        rf"|(?P<quoted>{quoted})"
        r"|(?P<word>\d+(?:\.\d+)?(?:[eE][-+]\d+)?|\.\d+"
        r"|(?:[^\W\d]|[@#$!&%])(?:[\w@#$]|\.(?=[\w@#$]))*|[<>=~!]=|\S)"
    )
    return partial(statements, re.compile(token, re.IGNORECASE), _COMMENT)


_KIND = r"\( (?:(?P<kind>[A-Z]+)\d*(?:\.| ?, )?)?(?P<decimals>\d{0,2}) ?\)"
_FIXED = rf"(?:/ )?(?P<record>\d{{1,4}})|(?P<next>/)|(?P<names>{NAMES}) {COLUMNS}(?: {_KIND})?"
_LISTED = rf"(?P<names>{NAMES})(?: \( (?P<kind>[A-Z]+)[\d.]* \))?(?: \*)?"
_GIVEN = rf"/ (?P<record>\d{{1,4}})|(?P<names>{NAME})(?: {COLUMNS})? (?P<kind>[A-Z]+)[\d.]*"
_OPTION = (
    r"FIXED|(?:NO)?TABLE|(?P<free>FREE|LIST)(?: \( (?P<marks>(?:\"\d+\" |TAB |, )+)\))?|FILE(?: "
    r"=)? (?P<file>\S+)"
    r"|RECORDS(?: =)? (?P<records>\d{1,4})|SKIP(?: =)? (?P<skip>\d{1,7})|(?:ENCODING|END)(?: =)? "
    r"\S+"
)


def _data_list(setup: Setup, s: Statement, item: Item) -> None:
    """Read the columns of a DATA LIST, fixed or free.

    As in `FILE='d.dat' RECORDS=2 /1 q1 TO q3 1-3 pay 4-9 (2) /2 name 1-9 (A)`, or
    `FREE (",") /id name (A8)`.
    """
    settings = Item(str)
    for option in s.each(_OPTION, item["options"].strip()):
        settings |= {name: value for name, value in option.items() if value}
    plan = Layout(
        skip=int(settings["skip"] or 0),
        records=int(settings["records"] or 1),
        data=s.exact(settings["file"]),
    )
    if settings["marks"]:
        marks = "".join(map(s.exact, re.findall(r"\"\d+\"|TAB", settings["marks"].upper())))
        plan = replace(plan, delimiter=marks.replace("TAB", "\t"), quote="\0")
    elif settings["free"]:
        plan = replace(plan, delimiter=setup.language.blanks, merges=True)
    setup.plan = plan
    for element in s.each(_LISTED if plan.delimiter else _FIXED, item["columns"]):
        setup.placed(s, element)


def _get_data(setup: Setup, s: Statement, item: Item) -> None:
    """Read `/DELIMITERS=";"`, `/FIRSTCASE=2` or, last, `/VARIABLES=id F3.0 town A20`."""
    written, plan = item["value"].strip(), setup.plan
    value = s.exact(written.split(" ")[0])
    number = 1
    if re.fullmatch(r"\d{1,7}", value):
        number = int(value)
    match item["option"].upper()[:4]:
        case "TYPE":
            setup.plan = Layout(delimiter=",", quote="\0")
        case "FILE":
            setup.plan = replace(plan, data=value)
        case "ARRA" if value.upper().startswith("FIX"):
            setup.plan = replace(plan, delimiter="")
        case "FIRS":
            setup.plan = replace(plan, skip=number - 1)
        case "FIXC":
            setup.plan = replace(plan, records=number)
        case "DELI":
            setup.plan = replace(plan, delimiter=value.replace("\\t", "\t"))
        case "QUAL":
            setup.plan = replace(plan, quote=value)
        case "VARI":
            for element in s.each(_GIVEN, written):
                element["origin"] = "0"  # columns are counted from 0
                setup.placed(s, element)


_MISSING = rf"(?:/ )?(?P<names>{NAMES}) \( (?P<codes>[^()=]*)\)(?: [,/])?"
_RECODE = rf"(?:/ )?(?P<names>{NAMES}) (?P<codes>(?:\( [^()=]+ = SYSMIS \) ?)+)"
_OTHERS = (
    r"(?:EXEC|SAVE|XSAV|EXPO|FREQ|DESC|LIST|DISP|CROS|SHOW|PRES|REST|CACH|DATAS|DATAF|FORM|PRIN"
    r"|WRIT|STRI|NUME|WEIG|BEGI|OUTP|HOST|MRSE|LOCA|FINI|MEAN|EXAM|TABL|CTAB|GRAP|GGRA|SORT|FILE"
    r"|VARI|OMS|SET|NEW|END|CD|GET|USE)\w*"
)
_RULES = (
    Rule(
        r"VAR\w* LAB\w*",
        Setup.labelled,
        rf"(?:[/,] ?)*(?P<names>{NAME})(?: =)? (?P<label>{STRING})(?: /)?",
    ),
    Rule(
        r"(?P<adds>ADD )?VAL\w* LAB\w*",
        Setup.answered,
        rf"(?:/ )*(?P<names>{NAMES}) {ANSWERS}(?: /)*",
    ),
    Rule(r"MIS\w* VAL\w*", Setup.recoded, _MISSING, misses=True),
    Rule(
        r"VAR\w* LEV\w*",
        Setup.labelled,
        rf"(?:/ )?(?P<names>{NAMES}) \( (?P<level>NOMINAL|ORDINAL|SCALE) \)(?: /)?",
    ),
    Rule(
        r"REN\w* VAR\w*",
        Setup.given_names,
        r"(?:/ )?(?:\( )?(?P<old>[^()=/]+) = (?P<new>[^()=/]+?)(?: \))?",
    ),
    Rule("DATA LIST", _data_list, "(?P<options>[^/]*)/ (?P<columns>.*)", places=True),
    Rule(
        "GET DATA",
        _get_data,
        r"/ (?P<option>[A-Z]+)(?: =)?(?P<value>(?: (?!/ [A-Z])[^ ]+)*)",
        places=True,
    ),
    Rule("RECODE", Setup.recoded, _RECODE, misses=True),
    Rule(
        "IF",
        Setup.missing_where,
        rf"(?P<condition>.+) (?P<names>{NAME}) = (?P<target>\$SYSMIS)",
        misses=True,
    ),
    Rule("FILE LABEL", Setup.titled),
    Rule(_OTHERS),
)
SPSS = Language(
    "SPSS", _divided(r'"(?:[^"\n]|"")*(?:"|(?=\n)|\Z)|' + r"'(?:[^'\n]|'')*(?:'|(?=\n)|\Z)"), _RULES
)
LIMESURVEY = replace(
    SPSS, divide=_divided(r'"(?:[^"\\]|\\[\s\S]|"")*(?:"|\Z)|' + r"'(?:[^']|'')*(?:'|\Z)")
)
"""LimeSurvey puts a backslash before a quotation mark, and leaves ends of lines in its labels."""
