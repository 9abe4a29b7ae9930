"""Variables in a DDI file, and the elements and wordings that all its parts share."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast, get_args

from diplab.microdata.variable import Code, Measure, MissingRange, Storage, Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from diplab.microdata.disclosure import Disclosure

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
NOTE = "diplab"  # the type of the notes that hold what DDI has no element for
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_QUOTES = str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def xml_element(name: str, content: str | Iterable[str] = "", /, **attributes: str | None) -> str:
    """Return an element: words, escaped, or other elements, each on its line."""
    written = "".join(
        f' {key.replace("xml_", "xml:")}="{_escape(value).translate(_IN_QUOTES)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = _escape(content) if isinstance(content, str) else "".join(f"\n{each}" for each in content)
    end = "\n" if inside and not isinstance(content, str) else ""
    return f"<{name}{written}>{inside}{end}</{name}>" if inside else f"<{name}{written}/>"


def wording_elements(name: str, words: Text, **attributes: str | None) -> list[str]:
    """Return a wording as one element a language; one without a language where French and English are the same."""
    if not words:
        return []
    both = [(None, words.en)] if words.fr == words.en else [("fr", words.fr), ("en", words.en)]
    return [xml_element(name, each, xml_lang=language, **attributes) for language, each in [*both, *words.others]]


def note_elements(subject: str, words: str | Text) -> list[str]:
    """Return a note on what DDI has no element for."""
    if isinstance(words, Text):
        return wording_elements("notes", words, type=NOTE, subject=subject)
    return [xml_element("notes", words, type=NOTE, subject=subject)] if words else []


def parse_json(words: Text | None) -> Any:
    """Return what a note of diplab holds; None where there is no note, or someone changed it."""
    try:
        return None if words is None else json.loads(words.en)
    except (ValueError, RecursionError):
        return None


class Wordings:
    """Reads words as a file holds them."""

    def __init__(self, *, exact: bool, language: str = "") -> None:
        self.exact = exact
        self.language = language
        self.met: dict[str, None] = {}

    def words(self, element: Element | None) -> str:
        """Return the words in an element, those of elements in it too."""
        if element is None:
            return ""
        words = "".join(element.itertext())
        return words if self.exact else " ".join(words.split())

    def wording(self, elements: Iterable[Element]) -> Text:
        """Return the words of several elements, one per language."""
        by_language: dict[str, str] = {}
        for each in elements:
            language = each.get(LANGUAGE) or each.get("xml-lang") or self.language
            if language:
                self.met[language] = None
            by_language.setdefault(language, self.words(each))
        return _text(by_language)

    def notes(self, element: Element) -> dict[str, Text]:
        """Return the notes that diplab left in an element, by their subject."""
        by_subject: dict[str, list[Element]] = {}
        for each in element.iterfind("{*}notes"):
            if each.get("type") == NOTE:
                by_subject.setdefault(each.get("subject", ""), []).append(each)
        return {subject: self.wording(each) for subject, each in by_subject.items()}


def _text(by_language: Mapping[str, str]) -> Text:
    bare = by_language.get("")
    if bare is None and not {"fr", "en"} <= set(by_language):
        return Text.of(by_language)
    others = tuple(sorted((each, words) for each, words in by_language.items() if each not in ("", "fr", "en")))
    return Text(by_language.get("fr", bare or ""), by_language.get("en", bare or ""), others=others)


def _escape(words: str) -> str:
    """Return words escaped; a sign that XML cannot hold (a control sign, half a pair) leaves a mark."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", words).translate(_ESCAPED)


_NATURE: dict[Measure, str] = {"nominal": "nominal", "ordinal": "ordinal", "scale": "interval"}
_MEASURE: dict[str | None, Measure] = {
    "nominal": "nominal",
    "ordinal": "ordinal",
    "interval": "scale",
    "ratio": "scale",
    "percent": "scale",
}
_WHOLE = re.compile(r"[-+]?\d{1,18}")
_NUMBER = re.compile(r"[-+]?(\d+(?:\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?")
_SYSTEM = ("sysmiss", ".")  # how archives write the category of cells that hold nothing


def variable_lines(variable: Variable, number: int, shown: Disclosure | None) -> str:
    """Return a variable as an element; its children are in the order that the schema asks for."""
    words = _are_words(variable)
    # codes that their words alone would not give back
    read = {code: _code(_code_text(code), words=words) for code in _codes(variable)}
    odd = [code for code, back in read.items() if isinstance(back, str) != isinstance(code, str) or back != code]
    content = [
        *wording_elements("labl", variable.label),
        *([xml_element("qstn", wording_elements("qstnLit", variable.question))] if variable.question else []),
        *(_range_line(each) for each in variable.missing_ranges),
        *_statistics(shown),
        *(_category(variable, code, shown) for code in _codes(variable)),
        *_format(variable, words=words),
        *note_elements("storage", variable.storage),
        *note_elements("codes", json.dumps(odd) if odd else ""),
    ]
    about = {"name": variable.name, "files": "F1", "intrvl": "contin" if variable.measure == "scale" else None}
    return xml_element("var", content, ID=f"V{number}", **about, nature=_NATURE.get(variable.measure))


def _codes(variable: Variable) -> list[Code]:
    return list(dict.fromkeys([*variable.values, *variable.missing]))


def _are_words(variable: Variable) -> bool:
    if variable.storage in ("words", "date", "moment", "time"):
        return variable.storage == "words"
    codes = list(variable.values) or list(variable.missing)
    return bool(codes) and all(isinstance(code, str) for code in codes)


def _code_text(code: Code) -> str:
    if isinstance(code, float):
        return str(int(code)) if code.is_integer() and abs(code) < 2**53 else repr(code)
    return str(code)


def _range_line(each: MissingRange) -> str:
    # an end that is not given is open
    ends = {"min": each.low, "max": each.high}
    opened = {"min": -math.inf, "max": math.inf}
    known = {key: _code_text(end) for key, end in ends.items() if end != opened[key]}
    reason = [xml_element("notes", each.reason)] if each.reason else []
    in_integers = all(float(end).is_integer() for end in ends.values() if math.isfinite(end))
    return xml_element("invalrng", [xml_element("range", UNITS="INT" if in_integers else "REAL", **known), *reason])


def _category(variable: Variable, code: Code, shown: Disclosure | None) -> str:
    is_missing, labelled = code in variable.missing, code in variable.values
    label = variable.values.get(code, NOTHING)
    if is_missing and not labelled:
        label = Text.same(variable.missing[code])
    count = None
    if shown is not None and is_missing:
        alone = list(variable.missing.values()).count(variable.missing[code]) == 1
        count = shown.reasons.get(variable.why(code) or "") if alone else None
    elif shown is not None:
        count = shown.values.get(code)
    # a file of DDI has no word for fewer than five
    people = None if count is None else count.people
    frequency = [] if people is None else [xml_element("catStat", str(people), type="freq")]
    return xml_element(
        "catgry",
        [xml_element("catValu", _code_text(code)), *wording_elements("labl", label), *frequency],
        missing="Y" if is_missing else None,
        missType=variable.missing[code] if is_missing and labelled else None,
    )


def _statistics(shown: Disclosure | None) -> list[str]:
    if shown is None:
        return []
    statistics: list[tuple[str, float | None]] = [("vald", shown.answered.people), ("invd", shown.missing.people)]
    if shown.numbers is not None and shown.kind == "numbers":
        numbers = shown.numbers
        statistics += [("mean", numbers.mean), ("medn", numbers.quartiles[1]), ("stdev", numbers.deviation)]
        statistics += [("min", numbers.low.value)] if numbers.low.kind == "extreme" else []
        statistics += [("max", numbers.high.value)] if numbers.high.kind == "extreme" else []
    return [
        xml_element("sumStat", f"{value:.10g}", type=kind, wgtd="not-wgtd")
        for kind, value in statistics
        if value is not None
    ]


def _format(variable: Variable, *, words: bool) -> list[str]:
    category = {"date": "date", "moment": "date", "time": "time"}.get(variable.storage)
    if not words and category is None and not _codes(variable) and variable.storage == "":
        return []
    kind = "character" if words else "numeric"
    return [xml_element("varFormat", type=kind, schema="other", category=category)]


def variable_in(element: Element, wordings: Wordings) -> Variable | None:
    """Return the variable of an element; None where it has no name."""
    name = element.get("name")
    if name is None or (not name and not wordings.exact):
        name = element.get("ID")
    if name is None:
        return None
    notes = wordings.notes(element)
    form = element.find("{*}varFormat")
    words = form is not None and form.get("type") == "character"
    exact = _exact_codes(notes)
    values, missing = _categories(element, wordings, words=words, exact=exact, numeric=form is not None)
    ranges = [_range_in(each, span, wordings) for each, span in _spans(element)]
    alone = [] if wordings.exact else [each.low for each in ranges if each.low == each.high]
    items = [item.get("VALUE", "") for each in element.iterfind("{*}invalrng") for item in each.iterfind("{*}item")]
    for code in [*map(_number_code, alone), *(_code(item, words=words) for item in items if item)]:
        missing.setdefault(code, _reason(values.pop(code, NOTHING)))
    questions = element.findall("{*}qstn")
    literal = [each for question in questions for each in question.iterfind("{*}qstnLit")]
    measure = _MEASURE.get(element.get("nature"), "unknown")
    # an archive that says no more than this means amounts
    if measure == "unknown" and element.get("intrvl") == "contin" and not wordings.exact:
        measure = "scale"
    return Variable(
        name,
        label=wordings.wording(element.iterfind("{*}labl")),
        question=wordings.wording(literal or [each for each in questions if not len(each)]),
        values=values,
        measure=measure,
        missing=missing,
        missing_ranges=tuple(each for each in ranges if each.low not in alone or each.low != each.high),
        storage=_storage(notes, words=words, exact=wordings.exact),
    )


def _storage(notes: Mapping[str, Text], *, words: bool, exact: bool) -> Storage:
    note = notes.get("storage", NOTHING).en
    if note and note in get_args(Storage):
        return cast("Storage", note)
    return "words" if words and not exact else ""


def _exact_codes(notes: Mapping[str, Text]) -> dict[str, Code]:
    """Return the codes that their words alone would not give back, as diplab notes them."""
    codes = parse_json(notes.get("codes"))
    listed = codes if isinstance(codes, list) else []
    return {_code_text(code): code for code in listed if isinstance(code, str | int | float)}


def _categories(
    element: Element, wordings: Wordings, *, words: bool, exact: Mapping[str, Code], numeric: bool
) -> tuple[dict[Code, Text], dict[Code, str]]:
    values: dict[Code, Text] = {}
    missing: dict[Code, str] = {}
    for each in element.iterfind("{*}catgry"):
        written = wordings.words(each.find("{*}catValu"))
        label = wordings.wording(each.iterfind("{*}labl"))
        if not wordings.exact and (not written or written.lower() in _SYSTEM):
            continue
        code = exact[written] if written in exact else _code(written, words=words, zeros=not numeric)
        if each.get("missing") != "Y":
            values.setdefault(code, label)
        elif not wordings.exact:
            missing.setdefault(code, _reason(label) or each.get("missType", ""))
        elif (kind := each.get("missType")) is not None:
            missing[code], values[code] = kind, label
        else:
            missing[code] = _reason(label)
    return values, missing


def _reason(label: Text) -> str:
    return label.en or label.fr


def _code(written: str, *, words: bool, zeros: bool = False) -> Code:
    """Return a code as its column holds it; with `zeros`, 01 is a word, since nothing says that it is a number."""
    if words or (zeros and re.fullmatch(r"0\d+", written)):
        return written
    if _WHOLE.fullmatch(written):
        return int(written)
    return _number_code(float(written)) if _NUMBER.fullmatch(written) else written


def _number_code(number: float) -> Code:
    return int(number) if float(number).is_integer() and abs(number) < 2**53 else number


def _spans(element: Element) -> Iterable[tuple[Element, Element]]:
    return (
        (each, span)
        for each in element.iterfind("{*}invalrng")
        for span in each.iterfind("{*}range")
        if any(span.get(key) for key in ("min", "max", "minExclusive", "maxExclusive")) or not span.get("VALUE")
    )


def _range_in(invalid: Element, span: Element, wordings: Wordings) -> MissingRange:
    ends: list[Any] = []
    for keys, none in ((("min", "minExclusive"), -math.inf), (("max", "maxExclusive"), math.inf)):
        written = next((span.get(key) for key in keys if span.get(key)), None)
        known = written is not None and (_NUMBER.fullmatch(written) or written in ("inf", "-inf"))
        ends.append(_number_code(float(written)) if written is not None and known else none)
    return MissingRange(ends[0], ends[1], wordings.words(invalid.find("{*}notes")))
