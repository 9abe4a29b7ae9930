"""A variable of a DDI file, element by element."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, get_args

from diplab.loaders.ddi.words import children, held_in, marked, noted, worded
from diplab.microdata.variable import Measure, MissingRange, Storage, Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree.ElementTree import Element

    from diplab.loaders.ddi.words import Wordings
    from diplab.microdata.disclosure import DisclosedCount, Disclosure
    from diplab.microdata.variable import Code

__all__ = ["variable_in", "variable_lines"]

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
_SYSTEM = ("sysmiss", ".")
"""How archives write the category of cells that hold nothing."""


def variable_lines(variable: Variable, number: int, shown: Disclosure | None) -> str:
    """Return a variable as an element; its children stand in the order that the schema asks for.

    Parameters
    ----------
    variable : Variable
        What to write.
    number : int
        Its place in the file.
    shown : Disclosed or None
        What may be published of its answers.
    """
    words = _are_words(variable)
    odd = [code for code in _codes(variable) if not _same(_code(_written(code), words=words), code)]
    content = [
        *worded("labl", variable.label),
        *([marked("qstn", worded("qstnLit", variable.question))] if variable.question else []),
        *(_range_line(each) for each in variable.missing_ranges),
        *_statistics(shown),
        *(_category(variable, code, shown) for code in _codes(variable)),
        *_format(variable, words=words),
        *noted("storage", variable.storage),
        *noted("codes", json.dumps(odd) if odd else ""),
    ]
    return marked(
        "var",
        content,
        ID=f"V{number}",
        name=variable.name,
        files="F1",
        intrvl="contin" if variable.measure == "scale" else None,
        nature=_NATURE.get(variable.measure),
    )


def _codes(variable: Variable) -> list[Code]:
    return list(dict.fromkeys([*variable.values, *variable.missing]))


def _are_words(variable: Variable) -> bool:
    if variable.storage in ("words", "date", "moment", "time"):
        return variable.storage == "words"
    codes = list(variable.values) or list(variable.missing)
    return bool(codes) and all(isinstance(code, str) for code in codes)


def _written(code: Code) -> str:
    if isinstance(code, float):
        return str(int(code)) if code.is_integer() and abs(code) < 2**53 else repr(code)
    return str(code)


def _same(read: Code, code: Code) -> bool:
    return isinstance(read, str) == isinstance(code, str) and read == code


def _range_line(each: MissingRange) -> str:
    # an end that is not given is open
    ends = {"min": each.low, "max": each.high}
    opened = {"min": -math.inf, "max": math.inf}
    known = {key: _written(end) for key, end in ends.items() if end != opened[key]}
    reason = [marked("notes", each.reason)] if each.reason else []
    whole = all(float(end).is_integer() for end in ends.values() if math.isfinite(end))
    return marked("invalrng", [marked("range", UNITS="INT" if whole else "REAL", **known), *reason])


def _category(variable: Variable, code: Code, shown: Disclosure | None) -> str:
    gone, labelled = code in variable.missing, code in variable.values
    label = variable.values.get(code, NOTHING)
    if gone and not labelled:
        label = Text.same(variable.missing[code])
    count = None
    if shown is not None and gone:
        alone = list(variable.missing.values()).count(variable.missing[code]) == 1
        count = shown.reasons.get(variable.why(code) or "") if alone else None
    elif shown is not None:
        count = shown.values.get(code)
    return marked(
        "catgry",
        [marked("catValu", _written(code)), *worded("labl", label), *_frequency(count)],
        missing="Y" if gone else None,
        missType=variable.missing[code] if gone and labelled else None,
    )


def _frequency(count: DisclosedCount | None) -> list[str]:
    """Return how many people gave an answer, where it may be said: a file of DDI has no word for fewer than five."""
    if count is None or count.people is None:
        return []
    return [marked("catStat", str(count.people), type="freq")]


def _statistics(shown: Disclosure | None) -> list[str]:
    if shown is None:
        return []
    found: list[tuple[str, float | None]] = [("vald", shown.answered.people), ("invd", shown.missing.people)]
    if shown.numbers is not None and shown.kind == "numbers":
        numbers = shown.numbers
        found += [("mean", numbers.mean), ("medn", numbers.quartiles[1]), ("stdev", numbers.deviation)]
        found += [("min", numbers.low.value)] if numbers.low.kind == "extreme" else []
        found += [("max", numbers.high.value)] if numbers.high.kind == "extreme" else []
    return [
        marked("sumStat", f"{value:.10g}", type=kind, wgtd="not-wgtd")
        for kind, value in found
        if value is not None
    ]


def _format(variable: Variable, *, words: bool) -> list[str]:
    category = {"date": "date", "moment": "date", "time": "time"}.get(variable.storage)
    if not words and category is None and not _codes(variable) and variable.storage == "":
        return []
    kind = "character" if words else "numeric"
    return [marked("varFormat", type=kind, schema="other", category=category)]


def variable_in(element: Element, wordings: Wordings) -> Variable | None:
    """Return the variable of an element; None where it has no name."""
    name = element.get("name")
    if name is None or (not name and not wordings.exact):
        name = element.get("ID")
    if name is None:
        return None
    notes = wordings.notes(element)
    form = next(children(element, "varFormat"), None)
    words = form is not None and form.get("type") == "character"
    exact = _exact_codes(notes)
    values, missing = _categories(element, wordings, words=words, exact=exact, numeric=form is not None)
    ranges = [_range_in(each, span, wordings) for each, span in _spans(element)]
    alone = [] if wordings.exact else [each.low for each in ranges if each.low == each.high]
    items = [
        item.get("VALUE", "") for each in children(element, "invalrng") for item in children(each, "item")
    ]
    for code in [*map(_plain, alone), *(_code(item, words=words) for item in items if item)]:
        missing.setdefault(code, _reason(values.pop(code, NOTHING)))
    return Variable(
        name,
        label=wordings.wording(children(element, "labl")),
        question=_question(element, wordings),
        values=values,
        measure=_measure(element, wordings),
        missing=missing,
        missing_ranges=tuple(each for each in ranges if each.low not in alone or each.low != each.high),
        storage=_storage(notes, words=words, exact=wordings.exact),
    )


def _question(element: Element, wordings: Wordings) -> Text:
    asked = list(children(element, "qstn"))
    literal = [each for question in asked for each in children(question, "qstnLit")]
    return wordings.wording(literal or [each for each in asked if not len(each)])


def _measure(element: Element, wordings: Wordings) -> Measure:
    found = _MEASURE.get(element.get("nature"), "unknown")
    # an archive that says no more than this means amounts
    if found == "unknown" and element.get("intrvl") == "contin" and not wordings.exact:
        return "scale"
    return found


def _storage(notes: Mapping[str, Text], *, words: bool, exact: bool) -> Storage:
    said = notes["storage"].en if "storage" in notes else ""
    for storage in get_args(Storage):
        if said == storage and said:
            return storage  # type: ignore[no-any-return]
    return "words" if words and not exact else ""


def _exact_codes(notes: Mapping[str, Text]) -> dict[str, Code]:
    """Return the codes that their words alone would not give back, as diplab noted them."""
    found = held_in(notes.get("codes"))
    listed = found if isinstance(found, list) else []
    return {_written(code): code for code in listed if isinstance(code, str | int | float)}


def _categories(
    element: Element, wordings: Wordings, *, words: bool, exact: Mapping[str, Code], numeric: bool
) -> tuple[dict[Code, Text], dict[Code, str]]:
    values: dict[Code, Text] = {}
    missing: dict[Code, str] = {}
    for each in children(element, "catgry"):
        written = wordings.words(next(children(each, "catValu"), None))
        label = wordings.wording(children(each, "labl"))
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
    return _plain(float(written)) if _NUMBER.fullmatch(written) else written


def _plain(number: float) -> Code:
    return int(number) if float(number).is_integer() and abs(number) < 2**53 else number


def _spans(element: Element) -> Iterable[tuple[Element, Element]]:
    return (
        (each, span)
        for each in children(element, "invalrng")
        for span in children(each, "range")
        if any(span.get(key) for key in ("min", "max", "minExclusive", "maxExclusive"))
        or not span.get("VALUE")
    )


def _range_in(whole: Element, span: Element, wordings: Wordings) -> MissingRange:
    ends: list[Any] = []
    for keys, none in ((("min", "minExclusive"), -math.inf), (("max", "maxExclusive"), math.inf)):
        written = next((span.get(key) for key in keys if span.get(key)), None)
        known = written is not None and (_NUMBER.fullmatch(written) or written in ("inf", "-inf"))
        ends.append(_plain(float(written)) if written is not None and known else none)
    return MissingRange(ends[0], ends[1], wordings.words(next(children(whole, "notes"), None)))
