"""SAS programs: `INFILE`, `INPUT`, `PROC FORMAT`, labels, formats, missing values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

from diplab.loaders.setup_files.layout import (
    CODE,
    COLUMNS,
    NAME,
    NAMES,
    SPECIAL,
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

GRAMMAR = Grammar(
    re.compile(
        r"(?P<skip>[\s\ufeff]|/\*(?:(?!\*/)[\s\S])*(?:\*/)?)|(?P<end>;)"
        r"|(?P<quoted>(?:'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z))(?:[xX](?!\w))?)"
        r"|(?P<word>\$?[^\W\d]\w*(?:\.\w*)?|\$\d+\.?|%\w+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+|\.[A-Za-z_](?!\w)|[<>~^!]=|\S)"
    ),
    re.compile(
        r"%?\*[^;]*;?|(?:TITLE|FOOTNOTE)\d*\s[^;]*;?|(?:DATALINES|CARDS|LINES)4?\s*;(?:(?!\n\s*;)[\s\S])*",
        re.IGNORECASE,
    ),
)
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("", "F", "BEST", "Z", "BZ", "E", "D", "NUMX"), "number"),
    **dict.fromkeys(("COMMA", "DOLLAR", "PERCENT"), "comma"), "COMMAX": "dot", "DOLLARX": "dot",
    **dict.fromkeys(("$", "$F", "$UPCASE", "$QUOTE", "ANYDTDTE", "ANYDTDTM"), "words"), "$CHAR": "text",
    "DATE": "dmy", "DDMMYY": "dmy", "MMDDYY": "mdy", "YYMMDD": "ymd", "E8601DA": "ymd", "DATETIME": "dmy clock",
    "E8601DT": "ymd clock", "TIME": "clock",
}  # fmt: skip
_INFORMAT = re.compile(r"(\$?[A-Z_]*(?:\d{1,5}[A-Z]+)?)(\d{0,5})\.(\d{0,2})")


def read_sas(draft: Draft, text: str) -> None:
    """Read a SAS program into a draft."""
    draft.plan = Layout(arrangement="lines", merges=True, quotes="")
    draft.follow(_outside_procedures(draft, text), _READERS, "INPUT|INFILE")


def _outside_procedures(draft: Draft, text: str) -> Iterator[Statement]:
    """Yield the statements of data steps and of PROC FORMAT: those of other procedures say nothing of the data."""
    for each in statements(text, GRAMMAR):
        if draft.within in ("", "FORMAT") or re.match("(?:PROC|DATA|RUN|QUIT)(?: |$)", each.text, re.IGNORECASE):
            yield each


def _begun(draft: Draft, s: Statement, words: str) -> None:
    """Remember in which procedure the next statements are."""
    draft.within = s.text.split(" ")[0].upper() if words == "PROC" else ""


def _value(draft: Draft, s: Statement, _: str) -> None:
    """Read the labels of one format; that of a range of codes is the label of no code."""
    name, _, text = s.text.partition(" ")
    labels = draft.label_sets.setdefault(name.upper(), dict[Code, str]())
    for found in replace(s, text=text).each(rf"\( [^()]*\)|(?P<codes>[^=]+) = (?P<label>{STRING})"):
        if found["codes"] is None:
            continue
        codes = found["codes"].split(" , ")
        if all(re.fullmatch(CODE, each) for each in codes):
            for code in map(s.code, codes):
                labels[code.upper() if isinstance(code, str) and SPECIAL.fullmatch(code) else code] = s.string(
                    found["label"]
                )
        elif codes != ["."]:
            draft.ranged.add(name.upper())


def _infile(draft: Draft, s: Statement, _: str) -> None:
    file, _, options = s.text.partition(" ")
    draft.plan = replace(draft.plan, data=s.exact(file))
    for found in replace(s, text=options).each(r"(?P<option>\S+)(?: = (?P<value>\S+))?"):
        option, value = found["option"].upper(), found["value"] or ""
        if option in ("DLM", "DELIMITER"):
            if not value.startswith('"'):
                raise NotUnderstoodError(value)
            draft.plan = replace(draft.plan, delimiter=s.exact(value))
        elif option == "DSD":
            draft.plan = replace(draft.plan, merges=False, quotes='"', delimiter=draft.plan.delimiter or ",")
        elif option == "FIRSTOBS" and value.isdecimal():
            draft.plan = replace(draft.plan, skip=int(value[:8]) - 1)


_POINTER = r"@ (?P<at>\d{1,8})|\+ (?P<on>\d{1,8})|(?P<next>/)|# (?P<line>\d{1,4})|(?P<held>@)$"
_GROUP = rf"\( (?P<group>{NAMES}) \) \( (?P<shared>[^()]+) \)"
_ONE = (
    rf"(?P<name>[^\W\d]\w*)(?: -(?: -)? (?P<end>[^\W\d]\w*))?(?P<marks>(?: [$:&~?])*)"
    rf"(?: {COLUMNS}(?: \.(?P<decimals>\d{{1,2}}))?(?= |$)| (?P<informat>\$?\w*\.\d*))?"
)


def _input(draft: Draft, s: Statement, _: str) -> None:
    """Read `INPUT`: columns, informats or a list; one that ends in `@` is continued by the next."""
    if draft.layout is not None:
        return
    for found in s.each(rf"{_POINTER}|{_GROUP}|{_ONE}"):
        if found["held"]:
            return
        if found["next"] or found["line"]:
            draft.record, draft.column = int(found["line"]) - 1 if found["line"] else draft.record + 1, 0
        elif found["at"] or found["on"]:
            draft.column = int(found["at"]) - 1 if found["at"] else draft.column + int(found["on"])
        elif found["group"]:
            shared = [_informat(each) for each in re.split("[, ]+", found["shared"])]
            for name, (kind, width, decimals) in zip(draft.names(found["group"]), cycle(shared), strict=False):
                draft.put(name, kind, width, decimals)
        else:
            _variables(draft, found)
    draft.place()


def _variables(draft: Draft, found: re.Match[str]) -> None:
    """Place one variable or several: in columns (`a $ 1-5`, `b 6-9 .2`), with an informat (`c 5.2`) or of a list."""
    names = draft.names(f"{found['name']} - {found['end']}" if found["end"] else found["name"])
    words, listed = "$" in found["marks"], set(found["marks"]) & set(":&~")
    kind, width, decimals = _KINDS["$" if words else ""], 0, 0
    if found["informat"]:
        kind, width, decimals = _informat("$" * words + found["informat"].lstrip("$" if words else ""))
    if found["first"]:
        draft.put_columns(names[0], kind, found, int(found["decimals"] or 0))
        return
    for name in names:
        if listed or not width:
            kind, decimals = draft.kinds.get(name.upper(), (kind, decimals))
        draft.put(name, kind, 0 if listed else width, decimals)


def _informat(written: str) -> tuple[Kind, int, int]:
    """Return the kind, the width and the implied decimals of an informat: `5.2`, `$10.`, `date9.`."""
    match = _INFORMAT.fullmatch(written.upper())
    if match is None or match[1] not in _KINDS:
        raise NotUnderstoodError(written)
    return _KINDS[match[1]], int(match[2] or 0), int(match[3] or 0)


def _lengths(draft: Draft, s: Statement, words: str) -> None:
    """Read `LENGTH a $ 5`, `INFORMAT a date9.` and `FORMAT a agef.`: names, then what they have."""
    name = r"[^\W\d]\w*(?= |$)"
    for found in s.each(rf"(?P<names>{name}(?: (?:- (?:- )?)?{name})*+) (?P<has>\$ ?[\w.]*|\w*\.\w*|\d+\.?)"):
        names, has = draft.names(found["names"]), found["has"].replace(" ", "")
        if words == "FORMAT":
            draft.attached |= dict.fromkeys(map(draft.key, names), re.sub(r"\d*\.\d*$", "", has).upper())
        elif words == "INFORMAT" or has.startswith("$"):
            kind, _, decimals = _informat(has) if words == "INFORMAT" else (_KINDS["$"], 0, 0)
            draft.kinds |= dict.fromkeys(map(str.upper, names), (kind, decimals))


def _labels(draft: Draft, s: Statement, _: str) -> None:
    for found in s.each(rf"(?P<name>{NAME}) = (?P<label>{STRING})"):
        draft.describe([found["name"]], label=Text.same(s.string(found["label"])))


def _renamed(draft: Draft, s: Statement, _: str) -> None:
    for found in s.each(rf"(?P<old>{NAME}) = (?P<new>{NAME})"):
        draft.rename([found["old"]], [found["new"]])


def _special(draft: Draft, s: Statement, _: str) -> None:
    draft.special |= set(s.text.upper().split(" "))


def _if(draft: Draft, s: Statement, _: str) -> None:
    """Read `IF x = 99 THEN x = .` (or `.A`, or a blank)."""
    found = re.fullmatch(
        rf"(?P<condition>.+) THEN (?P<name>{NAME}) = (?P<code>\.[A-Z_]?|\"\d+\")", s.text, re.IGNORECASE
    )
    if found is None or (found["code"][0] == '"' and s.string(found["code"])):
        raise NotUnderstoodError(s.shown())
    name, codes = codes_of_condition(s, found["condition"])
    if draft.key(name) != draft.key(found["name"]):
        raise NotUnderstoodError(name)
    draft.miss([name], codes, found["code"].upper() if found["code"][0] == "." else ".")


def _divided(draft: Draft, s: Statement, words: str) -> None:
    draft.divide(words.split(" ", maxsplit=1)[0], s)


_READERS: Readers = (
    ("PROC|DATA|RUN|QUIT", _begun),
    ("VALUE", _value),
    ("INFILE", _infile),
    ("INPUT", _input),
    ("LENGTH|INFORMAT|FORMAT", _lengths),
    ("LABEL", _labels),
    ("RENAME", _renamed),
    ("MISSING", _special),
    ("IF|ELSE IF", _if),
    (rf"(?:{NAME}) =", _divided),
    ("OPTIONS|LIBNAME|FILENAME|ODS|ENDSAS|GOPTIONS|DM|KEEP|DROP|OUTPUT|RETURN|RETAIN|%LET|%PUT|SET|STOP|SELECT", None),
)
