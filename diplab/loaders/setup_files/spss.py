"""SPSS syntax: `DATA LIST` and `GET DATA`, labels, missing values."""

from __future__ import annotations

import re
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
)  # fmt: skip
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

_END = r"\.(?=[ \t\r]*(?:\n|\Z|/\*))"
_NEXT = (
    r"\n[ \t\r]*\n(?=[A-Za-z*])|\n(?=(?:DATA\s+LIST|GET\s+DATA|VAR\w*\s+(?:LAB|LEV)|(?:ADD\s+)?VAL\w*\s+LAB"
    r"|MIS\w*\s+VAL|FILE\s+(?:HANDLE|LABEL)|SAVE\s+OUT|REN\w*\s+VAR|EXECUTE\b|BEGIN\s+DATA))"
)
"""Commands that begin in the first column also end the one above, where its full stop is absent."""
_COMMENT = re.compile(
    rf"(?:\*|(?:COMMENT|TITLE|SUBTITLE|DOCUMENT|ECHO)\b)(?:(?!{_END}|{_NEXT})[\s\S])*"
    r"|BEGIN\s+DATA\b(?:(?!\nEND\s+DATA)[\s\S])*",
    re.IGNORECASE,
)


def _grammar(quoted: str) -> Grammar:
    name = r"(?:[^\W\d]|[@#$!&%])(?:[\w@#$]|\.(?=[\w@#$]))*"
    token = (
        rf"(?P<end>{_END}|{_NEXT})|(?P<skip>[\s\ufeff]|/\*(?:(?!\*/)[^\n])*(?:\*/)?)|(?P<quoted>{quoted})"
        rf"|(?P<word>\d+(?:\.\d+)?(?:[eE][-+]\d+)?|\.\d+|{name}|[<>=~!]=|<>|\*\*|\S)"
    )
    return Grammar(re.compile(token, re.IGNORECASE), _COMMENT)


GRAMMAR = _grammar(r'"(?:[^"\n]|"")*(?:"|(?=\n)|\Z)|' + r"'(?:[^'\n]|'')*(?:'|(?=\n)|\Z)")
LIMESURVEY_GRAMMAR = _grammar(r'"(?:[^"\\]|\\[\s\S]|"")*(?:"|\Z)|' + r"'(?:[^']|'')*(?:'|\Z)")
"""LimeSurvey puts a backslash before a quotation mark, and leaves ends of lines in its labels."""
_KINDS: dict[str, Kind] = {
    **dict.fromkeys("FNEZ", "number"), "COMMA": "comma", "DOLLAR": "comma", "PCT": "comma", "DOT": "dot", "A": "text",
    "DATE": "dmy", "EDATE": "dmy", "ADATE": "mdy", "SDATE": "ymd", "DATETIME": "dmy clock", "YMDHMS": "ymd clock",
    "TIME": "clock", **dict.fromkeys(("DTIME", "JDATE", "MOYR", "QYR", "WKYR", "MONTH", "WKDAY"), "words"),
    "AUTO": "open",
}  # fmt: skip


_HARMLESS = (
    r"(?:EXEC|SAVE|XSAV|EXPO|FREQ|DESC|LIST|DISP|CROS|SHOW|PRES|REST|CACH|DATAS|DATAF|FORM|PRIN|WRIT|STRI|NUME|WEIG|BEGI|OUTP"
    r"|HOST|MRSE|LOCA|FINI|MEAN|EXAM|TABL|CTAB|GRAP|GGRA|SORT|FILE|VARI|OMS|SET|NEW|END|CD|GET|USE)\w*"
)


def read_spss(draft: Draft, text: str, grammar: Grammar = GRAMMAR) -> None:
    """Read an SPSS syntax into a draft."""
    draft.follow(statements(text, grammar), _READERS, "DATA LIST|GET DATA")


def _variable_labels(draft: Draft, s: Statement, _: str) -> None:
    for found in s.each(rf"(?:[/,] ?)*(?P<name>{NAME})(?: =)? (?P<label>{STRING})(?: /)?"):
        draft.describe([found["name"]], label=Text.same(_line(s.string(found["label"]))))


def _line(label: str) -> str:
    """Return a label on one line: KoboToolbox writes the ends of lines as a backslash and `n`."""
    return " ".join(label.replace("\\n", " ").split())


def _value_labels(draft: Draft, s: Statement, words: str) -> None:
    answer = rf"({CODE})(?: [=,])? ({STRING})"
    for found in s.each(rf"(?:/ )*(?P<names>{NAMES}) (?P<answers>{answer}(?: {answer})*)(?: /)*"):
        labels = {s.code(each[0]): Text.same(_line(s.string(each[1]))) for each in re.findall(answer, found["answers"])}
        for name in draft.names(found["names"]):
            known = draft.variables.get(draft.key(name))
            draft.describe([name], values={**known.values, **labels} if known and words.startswith("ADD") else labels)


def _missing_values(draft: Draft, s: Statement, _: str) -> None:
    for found in s.each(rf"(?:/ )?(?P<names>{NAMES}) \( (?P<codes>[^()]*)\)(?: [,/])?"):
        draft.miss(draft.names(found["names"]), s.codes(found["codes"]))


def _levels(draft: Draft, s: Statement, _: str) -> None:
    for found in s.each(rf"(?:/ )?(?P<names>{NAMES}) \( (?P<level>NOMINAL|ORDINAL|SCALE) \)(?: /)?"):
        draft.describe(draft.names(found["names"]), measure=found["level"].lower())


def _renamed(draft: Draft, s: Statement, _: str) -> None:
    for found in s.each(rf"(?:/ )?(?:\( (?P<old>{NAMES}) = (?P<new>{NAMES}) \)|(?P<one>{NAME}) = (?P<other>{NAME}))"):
        draft.rename(draft.names(found["old"] or found["one"]), draft.names(found["new"] or found["other"]))


def _recode(draft: Draft, s: Statement, _: str) -> None:
    """Read a `RECODE` that makes codes missing; one that changes answers is not followed."""
    rule = rf"\( ([^()=]+) = (SYSMIS|{CODE}) \)"
    for found in list(s.each(rf"(?:/ )?(?P<names>{NAMES}) (?P<rules>{rule}(?: {rule})*)")):
        names = draft.names(found["names"])
        for written, target in re.findall(rule, found["rules"], re.IGNORECASE):
            code = "." if target.upper() == "SYSMIS" else s.code(target)
            known = [draft.variables.get(draft.key(name), Variable(name)) for name in names]
            if code != "." and any(each.why(code) is None for each in known):
                raise NotUnderstoodError(target)
            draft.miss(names, s.codes(written), code)


def _if(draft: Draft, s: Statement, _: str) -> None:
    """Read `IF (x = 9) x = $SYSMIS`."""
    found = re.fullmatch(rf"(?P<condition>.+) (?P<name>{NAME}) = \$SYSMIS", s.text, re.IGNORECASE)
    if found is None:
        raise NotUnderstoodError(s.shown())
    name, codes = codes_of_condition(s, found["condition"])
    if draft.key(name) != draft.key(found["name"]):
        raise NotUnderstoodError(name)
    draft.miss([name], codes)


def _title(draft: Draft, s: Statement, _: str) -> None:
    draft.title = " ".join(map(s.exact, s.text.split(" ")))


def _format(written: str) -> tuple[Kind, int]:
    """Return the kind and the decimals of a format: `F8.2`, `A10`."""
    match = re.fullmatch(r"([A-Z]+)\d{0,5}(?:\.(\d{1,2}))?", written.upper())
    if match is None or match[1] not in _KINDS:
        raise NotUnderstoodError(written)
    return _KINDS[match[1]], int(match[2] or 0)


def _data_list(draft: Draft, s: Statement, _: str) -> None:
    options, _, columns = f" {s.text}".partition(" /")
    plan = Layout()
    style = r"FIXED|(?:NO)?TABLE|(?P<style>FREE|LIST)(?: \( (?P<marks>(?:\"\d+\" |TAB |, )+)\))?"
    counted = r"(?:RECORDS(?: =)? (?P<records>\d{1,4})|SKIP(?: =)? (?P<skip>\d{1,7}))"
    for found in replace(s, text=options.strip()).each(
        rf"{style}|{counted}|(?P<name>FILE|ENCODING|END)(?: =)? (?P<value>\S+)"
    ):
        if found["records"] or found["skip"]:
            plan = replace(plan, records=int(found["records"] or plan.records), skip=int(found["skip"] or plan.skip))
        elif found["style"]:
            plan = replace(plan, arrangement="lines" if found["style"].upper() == "LIST" else "stream")
        elif found["name"] and found["name"].upper() == "FILE":
            plan = replace(plan, data=s.exact(found["value"]))
        if found["marks"]:
            marks = re.findall(r"[^, ]+", found["marks"])
            delimiter = "".join("\t" if each.upper() == "TAB" else s.exact(each) for each in marks)
            plan = replace(plan, delimiter=delimiter, quotes="")
    draft.plan, left = plan, replace(s, text=columns.strip())
    if plan.arrangement == "fixed":
        _fixed(draft, left)
    else:
        for found in left.each(rf"(?P<names>{NAMES})(?: \( (?P<format>\S+) \))?(?: \*)?"):
            for name in draft.names(found["names"]):
                draft.put(name, _format(found["format"] or "F")[0], 0)
    draft.place()


def _fixed(draft: Draft, s: Statement) -> None:
    """Read `q1 TO q3 1-3 name 4-9 (A) amount 10-15 (2)`; a mark `/` begins a new line of the case."""
    mark = r"(?P<mark>/)(?: (?P<record>\d{1,4}))?|(?P<line>\d{1,4})"
    kind = r" \( (?P<kind>[A-Z][A-Z\d.]*)?(?: ?,)? ?(?P<decimals>\d{1,2})? ?\)"
    for found in s.each(rf"{mark}|(?P<names>{NAMES}) {COLUMNS}(?:{kind})?"):
        if not found["names"]:
            number = found["record"] or found["line"]
            draft.record = int(number) - 1 if number else draft.record + 1
            continue
        names, (sort, decimals) = draft.names(found["names"]), _format(found["kind"] or "F")
        begin = int(found["first"])
        width, over = divmod(int(found["last"] or begin) - begin + 1, len(names))
        if over or width < 1 or begin < 1:
            raise NotUnderstoodError(found[0])
        draft.column = begin - 1
        for name in names:
            draft.put(name, sort, width, int(found["decimals"] or decimals))


def _get_data(draft: Draft, s: Statement, _: str) -> None:
    plan, variables = Layout(arrangement="lines", delimiter=",", quotes=""), ""
    for found in s.each(r"/ (?P<option>[A-Z]+)(?: =)?(?P<value>(?: (?!/ [A-Z])[^ ]+)*)"):
        written = found["value"].strip()
        value, option = s.exact(written.split(" ")[0]), found["option"].upper()[:4]
        number = int(value) if re.fullmatch(r"\d{1,7}", value) else 1
        match option:
            case "TYPE" if not value.upper().startswith("T"):
                return
            case "FILE":
                plan = replace(plan, data=value)
            case "ARRA" if value.upper().startswith("FIX"):
                plan = replace(plan, arrangement="fixed")
            case "FIRS":
                plan = replace(plan, skip=number - 1)
            case "FIXC":
                plan = replace(plan, records=number)
            case "DELI":
                plan = replace(plan, delimiter=value.replace("\\t", "\t"))
            case "QUAL":
                plan = replace(plan, quotes=value)
            case "VARI":
                variables = written
    draft.plan, kind = plan, r"(?P<kind>[A-Z]\S*)"
    for found in replace(s, text=variables).each(rf"/ (?P<record>\d{{1,4}})|(?P<name>{NAME})(?: {COLUMNS})? {kind}"):
        if found["record"]:
            draft.record = int(found["record"]) - 1
            continue
        draft.column = int(found["first"] or 0)
        width = int(found["last"] or draft.column) - draft.column + 1 if found["first"] else 0
        draft.put(found["name"], _format(found["kind"])[0], width)
    draft.place()


_READERS: Readers = (
    (r"VAR\w* LAB\w*", _variable_labels),
    (r"(?:ADD )?VAL\w* LAB\w*", _value_labels),
    (r"MIS\w* VAL\w*", _missing_values),
    (r"VAR\w* LEV\w*", _levels),
    (r"REN\w* VAR\w*", _renamed),
    ("DATA LIST", _data_list),
    ("GET DATA", _get_data),
    ("RECODE", _recode),
    ("IF", _if),
    ("FILE LABEL", _title),
    (_HARMLESS, None),
)
