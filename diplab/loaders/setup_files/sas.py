"""SAS programs: `INFILE`, `INPUT`, `PROC FORMAT`, labels, formats, missing values."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from diplab.loaders.setup_files.layout import Language, Layout, Rule, Setup
from diplab.loaders.setup_files.statements import (
    CODE,
    COLUMNS,
    NAME,
    STRING,
    Item,
    Statement,
    statements,
)

_TOKEN = re.compile(
    r"(?P<skip>[\s\ufeff]|/\*(?:(?!\*/)[\s\S])*(?:\*/)?)|(?P<end>;)"
    r"|(?P<quoted>(?:'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z))(?:[xX](?!\w))?)"
    r"|(?P<word>\$?[^\W\d]\w*(?:\.\w*)?|\$\d+\.|%\w+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
    r"|\.\d+|\.[A-Za-z_](?!\w)|[<>~^!]=|\S)"
)
_COMMENT = re.compile(
    r"%?\*[^;]*;?|(?:TITLE|FOOTNOTE)\d*\s[^;]*;?"
    r"|(?:DATALINES|CARDS|LINES)4?\s*;(?:(?!\n\s*;)[\s\S])*",
    re.IGNORECASE,
)


def _value(setup: Setup, s: Statement, item: Item) -> None:
    """Take in a label of a format: `1, 3 = 'yes'`.

    That of a range of codes is the label of no code.
    """
    name, codes = item["set"].upper(), item["codes"].upper().split(" , ")
    if all(re.fullmatch(CODE, code) for code in codes):
        setup.label_sets[name] |= dict.fromkeys(map(s.code, codes), s.string(item["label"]))
    elif item["codes"] not in ("", "."):
        setup.ranged[name].append(f"{item['codes'].replace(' ', '')} = {s.string(item['label'])}")


def _infile(setup: Setup, s: Statement, item: Item) -> None:
    """Read the file or an option of `INFILE 'd.csv' DSD DLM=';' FIRSTOBS=2`."""
    option, value, plan = item["option"].upper(), item["value"], setup.plan
    if item["file"]:
        setup.plan = replace(setup.language.plan, data=s.exact(item["file"]))
    elif item["mark"]:
        setup.plan = replace(plan, delimiter=s.exact(item["mark"]))
    elif option == "DSD":
        setup.plan = replace(plan, merges=False, quote='"', delimiter=plan.delimiter or ",")
    elif option == "FIRSTOBS" and value.isdecimal():
        setup.plan = replace(plan, skip=int(value[:8]) - 1)


def _input(setup: Setup, s: Statement, item: Item) -> None:
    """Read a part of `INPUT @1 id $3. (q1-q3) (1.) town $ 15-20`, continued after a final `@`."""
    item["names"], item["kind"] = item["names"] or item["group"], item["kind"] or item["shared"]
    setup.placed(s, item)


def _typed(setup: Setup, s: Statement, item: Item) -> None:
    """Read `LENGTH a $ 5` or `INFORMAT b date9.`, which apply to an INPUT without informats."""
    kind, _, decimals = setup.language.format(item["kind"])
    if item["kind"]:
        setup.kinds |= dict.fromkeys(setup.keys(item["names"]), (kind, decimals))


_WORD = r"[^\W\d]\w*(?= |$)"
_LIST = rf"(?P<names>{_WORD}(?: (?:- (?:- )?)?{_WORD})*+)"
_POINTER = (
    r"@ (?P<at>\d{1,8})|\+ (?P<skip>\d{1,8})|(?P<next>/)|# (?P<record>\d{1,4})|(?P<continues>@)$"
)
_FORMAT = r"\$?\w*\.\d*"
_GROUP = rf"\( (?P<group>[^()]+) \) \( (?P<shared>{_FORMAT}) \)"
_VARIABLE = (
    rf"(?P<names>{_WORD}(?: -(?: -)? {_WORD})?)(?P<listed>(?: [:&~?])*)(?: (?P<kind>\$(?= "
    rf"|$)|{_FORMAT}))?"
    rf"(?: {COLUMNS}(?: \.(?P<decimals>\d{{1,2}}))?(?= |$))?"
)
_FILE = (
    r"(?P<file>\"\d+\")|(?:DLM|DELIMITER) = (?P<mark>\"\d+\")"
    r"|(?!DLM|DEL)(?P<option>\S+)(?: = (?P<value>\S+))?"
)
_IF = rf"(?P<condition>.+) THEN (?P<names>{NAME}) = (?P<target>\S+)"
_ARRAY = rf"(?P<set>{NAME})(?: [({{\[] (?:\*|\d+) [)}}\]])?(?: \$)? (?P<names>.+)"
_OTHERS = (
    "PROC|DATA|RUN|QUIT|TABLES?|VAR|BY|CLASS|WEIGHT|OPTIONS|LIBNAME|FILENAME|ODS|ENDSAS|GOPTIONS"
    "|DM|KEEP|DROP|OUTPUT|RETURN|RETAIN|%LET|%PUT|SET|STOP|SELECT|MISSING|DO OVER|END"
)
_RULES = (
    Rule(r"VALUE (?P<set>\S+)", _value, rf"\( [^()]*\)|(?P<codes>[^=]+) = (?P<label>{STRING})"),
    Rule("INFILE", _infile, _FILE, places=True),
    Rule("INPUT", _input, rf"{_POINTER}|{_GROUP}|{_VARIABLE}", places=True),
    Rule("LENGTH", _typed, rf"{_LIST} (?:(?P<kind>\$)(?: ?\d+\.?)?|\d+\.?)"),
    Rule("INFORMAT", _typed, rf"{_LIST} (?P<kind>{_FORMAT})"),
    Rule("FORMAT", Setup.attached, rf"{_LIST} (?:(?P<set>\$?[^\W\d]\w*?)\d*\.\d*|\$?\d*\.\d*)"),
    Rule("LABEL", Setup.labelled, rf"(?P<names>{NAME}) = (?P<label>{STRING})"),
    Rule("RENAME", Setup.given_names, rf"(?P<old>{NAME}) = (?P<new>{NAME})"),
    Rule("(?:ELSE )?IF", Setup.missing_where, _IF, misses=True),
    Rule("ARRAY", Setup.grouped, _ARRAY, misses=True),
    Rule(rf"(?P<names>{NAME}) = (?P<same>\S+) / 1(?P<zeros>0{{0,9}})$", Setup.divided),
    Rule(_OTHERS),
)
SAS = Language(
    "SAS", partial(statements, _TOKEN, _COMMENT), _RULES, Layout(merges=True, quote="\0"), " \t"
)
