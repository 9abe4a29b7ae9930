"""Stata: dictionaries (`.dct`), `infix` and `infile`, labels and missing values of do-files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from diplab.loaders.setup_files.layout import (
    CODE,
    COLUMNS,
    NAME,
    NAMES,
    STRING,
    Draft,
    Grammar,
    Kind,
    Layout,
    NotUnderstoodError,
    Readers,
    Statement,
    codes_of_condition,
    statements,
)
from diplab.microdata.variable import Code
from diplab.reference.text import Text


def _grammar(end: str, blank: str) -> Grammar:
    token = (
        rf"(?P<skip>///[^\n]*(?:\n|\Z)|/\*(?:(?!\*/)[\s\S])*(?:\*/)?|(?<!\S)//[^\n]*|[{blank}\ufeff])|(?P<end>{end})"
        r"|(?P<quoted>`\"(?:(?!\"')[^\n])*(?:\"')?|\"[^\"\n]*(?:\"|(?=\n)|\Z))"
        r"|(?P<word>%[-\w.]+|[^\W\d][\w*?]*|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+|\.[a-z](?!\w)|[<>=!~]=|&&|\|\||\S)"
    )
    return Grammar(re.compile(token), re.compile(rf"\*(?:(?!{end}|///)[\s\S]|///[^\n]*(?:\n|\Z))*"))


_LINES, _SEMICOLONS = _grammar(r"\n", r" \t\r\f"), _grammar(";", r"\s")
_DELIMIT = re.compile(r"(?m)^[ \t]*#d(?:elimit)?[ \t]*(;|cr)[ \t\r]*$")
_TYPE = r"(?:(?P<type>BYTE|INT|LONG|FLOAT|DOUBLE|STRL?\d{0,5}) )?"
_FILE = r"USING(?P<file>(?: (?![,{]|IF |IN )[^ ]+)*)"


def read_stata(draft: Draft, text: str) -> str:
    """Read a do-file or a dictionary into a draft, and return the name of the dictionary that it uses, if any."""
    draft.follow(_statements(draft, text), _READERS, ".*(?:INFIX|INFILE|DICTIONARY)")
    if draft.within and draft.failed is None:  # no brace closes it
        draft.failed = (text.count("\n") + 1, "its end")
    return draft.plan.data if draft.layout is None else ""


def _statements(draft: Draft, text: str) -> Iterator[Statement]:
    """Yield the statements, which end with their line or, after `#delimit ;`, with a semicolon."""
    place, grammar = 0, _LINES
    for change in [*_DELIMIT.finditer(text), None]:
        end = change.start() if change else len(text)
        for each in statements(text[place:end], grammar, text.count("\n", 0, place) + 1):
            # within a dictionary each line says where columns are
            yield replace(each, text=f"{draft.within} {each.text}") if draft.within else each
        if change:
            place, grammar = change.end(), _SEMICOLONS if change[1] == ";" else _LINES


def _kind(written: str | None) -> Kind:
    return "words" if written and written[0] in "sS" else "number"


def _path(s: Statement, written: str) -> str:
    return "".join(map(s.exact, written.split())).strip("`'\"")


def _dictionary(draft: Draft, s: Statement, words: str) -> None:
    """Begin a dictionary: `infile dictionary using file {`."""
    found = re.match(_FILE, s.text, re.IGNORECASE)
    draft.plan = Layout(data=_path(s, found["file"]) if found else "")
    draft.within = "+INFIX" if "INFIX" in words else "+INFILE"
    _, brace, after = s.text.partition("{")
    if brace and after:
        (_infix if draft.within == "+INFIX" else _infile)(draft, replace(s, text=after.strip()), "")


def _columns(draft: Draft, s: Statement, words: str) -> None:
    """Read `infix int age 1-2 using file`, `infile age using file`, or the dictionary that one of them uses."""
    found = re.fullmatch(rf"(?P<columns>.*?) ?{_FILE}(?P<options>.*)", s.text, re.IGNORECASE)
    if found is None:
        raise NotUnderstoodError(s.shown())
    draft.plan = Layout(data=_path(s, found["file"]))
    left = replace(s, text=found["columns"])
    if not found["columns"]:
        return
    if words.endswith("INFIX"):
        _infix(draft, left, "")
    else:
        kind: Kind = "open" if "AUTOMATIC" in found["options"].upper() else "number"
        for each in left.each(rf"{_TYPE}(?P<name>{NAME})(?: : (?P<labels>{NAME}))?"):
            draft.put(each["name"], _kind(each["type"]) if each["type"] else kind, 0)
            draft.attached |= {each["name"]: each["labels"].upper()} if each["labels"] else {}
    draft.place()


def _infix(draft: Draft, s: Statement, _: str) -> None:
    """Read `2 lines`, `1:`, `/`, `str name 7-36`, `hhid 1:1-12`, up to the brace that closes a dictionary."""
    directive = r"(?P<next>/)|(?P<number>\d{1,7}) (?P<what>:|LINES?|FIRST\w*)|(?P<open>{)|(?P<closed>}).*"
    for found in s.each(rf"{directive}|{_TYPE}(?P<name>{NAME}) (?:(?P<line>\d{{1,4}}) : )?{COLUMNS}"):
        if found["name"]:
            record = draft.record
            draft.record = int(found["line"]) - 1 if found["line"] else record
            draft.put_columns(found["name"], _kind(found["type"]), found)
            draft.record = record
        elif found["number"]:
            _follow(draft, "LINE" if found["what"] == ":" else found["what"].upper(), int(found["number"]))
        elif found["next"]:
            draft.record += 1
        elif found["closed"]:
            draft.within = ""
            draft.place()


def _infile(draft: Draft, s: Statement, _: str) -> None:
    """Read `_column(5) int age:agelbl %2f "label"`, up to the brace that closes the dictionary."""
    directive = r"_(?P<directive>COL(?:UMN)?|SKIP|NEWLINE|LINES?|FIRST\w*|LRECL)(?: \( (?P<number>\d{1,7}) \))?"
    shape = r"%-?(?P<width>\d{0,5})(?:\.(?P<decimals>\d{1,2}))?[fgesS]"
    variable = rf'{_TYPE}(?P<name>{NAME})(?: : (?P<labels>{NAME}))?(?: {shape})?(?: (?P<label>"\d+"))?'
    for found in s.each(rf"{directive}|(?P<open>{{)|(?P<closed>}}).*|{variable}"):
        if found["directive"]:
            _follow(draft, found["directive"].upper(), int(found["number"] or 1))
        elif found["name"]:
            draft.put(found["name"], _kind(found["type"]), int(found["width"] or 0), int(found["decimals"] or 0))
            draft.attached |= {found["name"]: found["labels"].upper()} if found["labels"] else {}
            if found["label"]:
                draft.describe([found["name"]], label=Text.same(s.string(found["label"])))
        elif found["closed"]:
            draft.within = ""
            draft.place()


def _follow(draft: Draft, directive: str, number: int) -> None:
    """Follow what a dictionary says of the lines of a case, or where it moves to."""
    if directive.startswith("COL"):
        draft.column = number - 1
    elif directive == "SKIP":
        draft.column += number
    elif directive.startswith("FIRST"):
        draft.plan = replace(draft.plan, skip=number - 1)
    elif directive == "LINES":
        draft.plan = replace(draft.plan, records=number)
    elif directive in ("LINE", "NEWLINE"):
        draft.record, draft.column = number - 1 if directive == "LINE" else draft.record + number, 0


def _label(draft: Draft, s: Statement, _: str) -> None:
    found = re.fullmatch(rf"VAR\w* (?P<name>{NAME}) (?P<label>{STRING})", s.text, re.IGNORECASE)
    if found is None:
        raise NotUnderstoodError(s.shown())
    draft.describe([found["name"]], label=Text.same(s.string(found["label"])))


def _label_define(draft: Draft, s: Statement, _: str) -> None:
    text, _, options = s.text.partition(" ,")
    name, _, answers = text.partition(" ")
    added = re.search("ADD|MODIFY", options, re.IGNORECASE)
    labels = draft.label_sets.setdefault(name.upper(), {}) if added else dict[Code, str]()
    for found in replace(s, text=answers).each(rf"({CODE}) ({STRING})"):
        labels[s.code(found[1])] = s.string(found[2])
    draft.label_sets[name.upper()] = labels


def _label_values(draft: Draft, s: Statement, _: str) -> None:
    names, _, labels = s.text.partition(" ,")[0].rpartition(" ")
    draft.attached |= dict.fromkeys(map(draft.key, draft.names(names)), labels.upper())


def _title(draft: Draft, s: Statement, _: str) -> None:
    draft.title = s.string(s.text)


def _mvdecode(draft: Draft, s: Statement, _: str) -> None:
    """Read `mvdecode q1-q5, mv(98 99=.a)`."""
    names, _, after = s.text.partition(" , ")
    found = re.fullmatch(r"MV \( (?P<codes>.+) \)", after, re.IGNORECASE)
    if found is None:
        raise NotUnderstoodError(s.shown())
    for each in found["codes"].split(" \\ "):
        codes, _, target = each.partition(" = ")
        draft.miss(draft.names(names), s.codes(codes), target or ".")


def _replace(draft: Draft, s: Statement, _: str) -> None:
    """Read `replace x = . if x == 99`, or `replace x = x / 100`."""
    name, _, after = s.text.partition(" = ")
    found = re.fullmatch(r"(?P<target>\.[a-z]?|\"\d+\") IF (?P<condition>.+)", after, re.IGNORECASE)
    if found is None or (found["target"][0] == '"' and s.string(found["target"])):
        draft.divide(name, replace(s, text=after))
        return
    variable, codes = codes_of_condition(s, found["condition"])
    if variable != name:
        raise NotUnderstoodError(variable)
    draft.miss([name], codes, found["target"] if found["target"][0] == "." else ".")


def _recode(draft: Draft, s: Statement, _: str) -> None:
    """Read `recode q1-q5 (98=.a) (99=.)`; one that changes answers is not followed."""
    rule = r"(?:\( )?([^()=]+?) = (\.[a-z]?)(?: \))?(?= |$)"
    found = re.fullmatch(rf"(?P<names>{NAMES}) (?P<rules>{rule}(?: {rule})*)", s.text)
    if found is None:
        raise NotUnderstoodError(s.shown())
    for codes, target in re.findall(rule, found["rules"]):
        draft.miss(draft.names(found["names"]), s.codes(codes.strip()), target)


def _rename(draft: Draft, s: Statement, _: str) -> None:
    """Read `rename old new`, `rename *, lower`."""
    old, _, new = s.text.replace(" ,", "").partition(" ")
    names = draft.names(old)
    draft.rename(names, [each.lower() for each in names] if new.upper() == "LOWER" else new.split(" "))


_PREFIX = r"(?:(?:QUI\w*|CAP\w*|NOI\w*)(?: :)? )*"
_HARMLESS = (
    rf"{_PREFIX}(?:VERSION|SET|CLEAR|COMPRESS|SAVE\w*|LOG|CD|DE[SB]\w*|DIS?\w*|TAB\w*|SU\w*|L|LIST|USE|ORDER|SORT|FORM\w*|NOTES?"
    r"|CHAR|EXIT|LOC\w*|GLO\w*|END|MORE|MEMORY|COUNT|CODEB\w*|INSP\w*|SVYSET|XTSET|IMPORT|INSHEET|BROWSE|EXPORT|[{}])"
)
_READERS: Readers = (
    (r"\+INFIX", _infix),
    (r"\+INFILE", _infile),
    (rf"{_PREFIX}(?:(?:INFILE |INFIX )?DICTIONARY)", _dictionary),
    (rf"{_PREFIX}(?:INFIX|INFILE)", _columns),
    (rf"{_PREFIX}LAB?(?:EL)? DE\w*", _label_define),
    (rf"{_PREFIX}LAB?(?:EL)? VAL\w*", _label_values),
    (rf"{_PREFIX}LAB?(?:EL)? DATA?", _title),
    (rf"{_PREFIX}LAB?(?:EL)?", _label),
    (rf"{_PREFIX}MVDECODE", _mvdecode),
    (rf"{_PREFIX}REPLACE", _replace),
    (rf"{_PREFIX}RECODE", _recode),
    (rf"{_PREFIX}REN(?:AME)?", _rename),
    (_HARMLESS, None),
)
