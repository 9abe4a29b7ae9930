"""DDI Codebook, in which archives describe surveys (version 2.5; 1.2 to 2.1 are read too).

What it has no element for (`storage`, `languages`, steps, notices) is in notes of type `diplab`,
which other programs show as they are. What it loses: `Codebook.reasons`, since counts of answers
are written only with `data`; a sign that XML cannot hold (a control sign, half a pair), which
becomes a mark.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args
from xml.etree.ElementTree import Element, indent, tostring

import pandas as pd

from diplab.errors import LoadError, OptionError
from diplab.loaders.codebooks.file import (
    SET,
    STEP,
    Entries,
    refused_codebook,
    step_of,
    text_by_language,
)
from diplab.loaders.codebooks.table import number_code
from diplab.loaders.limits import parsed_xml
from diplab.loaders.source import FilePath, new_file, open_source
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.disclosure import Disclosure, disclose
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Code, Measure, MissingRange, Storage, Variable
from diplab.reference.text import NOTHING, Text, Words
from diplab.version import __version__

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
NOTE = "diplab"  # the type of the notes that hold what DDI has no element for
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_element(
    name: str, content: str | Iterable[Element] = "", /, **attributes: str | None
) -> Element:
    """Return an element that holds words or other elements."""
    made = Element(
        name,
        {key.replace("xml_", "xml:"): item for key, item in attributes.items() if item is not None},
    )
    if isinstance(content, str):
        made.text = content
    else:
        made.extend(content)
    return made


def wording_elements(name: str, words: Text, **attributes: str | None) -> list[Element]:
    """Return a wording as one element a language.

    One without a language where French and English are the same.
    """
    if not words:
        return []
    both = [(None, words.en)] if words.fr == words.en else [("fr", words.fr), ("en", words.en)]
    return [
        xml_element(name, item, xml_lang=language, **attributes)
        for language, item in [*both, *words.others]
    ]


def note_elements(subject: str, words: str | Text) -> list[Element]:
    """Return a note on what DDI has no element for."""
    text = words if isinstance(words, Text) else Text.same(words)
    return wording_elements("notes", text, type=NOTE, subject=subject)


def parse_json(words: Text | None) -> Any:
    """Return what a note of diplab holds; None where there is no note, or someone changed it."""
    try:
        if words is None:
            return None
        return json.loads(words.en)
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
        if self.exact:
            return words
        return " ".join(words.split())

    def wording(self, elements: Iterable[Element]) -> Text:
        """Return the words of several elements, one per language."""
        by_language: dict[str, str] = {}
        for element in elements:
            language = element.get(LANGUAGE) or element.get("xml-lang") or self.language
            if language:
                self.met[language] = None
            by_language.setdefault(language, self.words(element))
        return text_by_language(by_language)

    def notes(self, element: Element) -> dict[str, Text]:
        """Return the notes that diplab left in an element, by their subject."""
        by_subject: dict[str, list[Element]] = {}
        for item in element.iterfind("{*}notes"):
            if item.get("type") == NOTE:
                by_subject.setdefault(item.get("subject", ""), []).append(item)
        return {subject: self.wording(item) for subject, item in by_subject.items()}


_NATURE: dict[Measure, str] = {"nominal": "nominal", "ordinal": "ordinal", "scale": "interval"}
_MEASURE: dict[str | None, Measure] = {nature: measure for measure, nature in _NATURE.items()}
_MEASURE |= dict.fromkeys(("ratio", "percent"), "scale")
_WHOLE = re.compile(r"[-+]?\d{1,18}")
_NUMBER = re.compile(r"[-+]?(\d+(?:\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?")
_SYSTEM = ("sysmiss", ".")  # how archives write the category of cells that hold nothing


def variable_element(variable: Variable, number: int, shown: Disclosure | None) -> Element:
    """Return a variable as an element; its children are in the order that the schema asks for."""
    words = _are_words(variable)
    # codes that their words alone would not give back
    read = {}
    for code in _codes(variable):
        read[code] = _code(_code_text(code), words=words)
    odd = list[Code]()
    for code, back in read.items():
        if isinstance(back, str) != isinstance(code, str) or back != code:
            odd.append(code)
    category = {"date": "date", "moment": "date", "time": "time"}.get(variable.storage)
    form = xml_element(
        "varFormat", type="character" if words else "numeric", schema="other", category=category
    )
    content = [
        *wording_elements("labl", variable.label),
        *(
            [xml_element("qstn", wording_elements("qstnLit", variable.question))]
            if variable.question
            else []
        ),
        *map(_range, variable.missing_ranges),
        *_statistics(shown),
        *(_category(variable, code, shown) for code in _codes(variable)),
        *([form] if words or _codes(variable) or variable.storage else []),
        *note_elements("storage", variable.storage),
        *note_elements("codes", json.dumps(odd) if odd else ""),
    ]
    about = {
        "name": variable.name,
        "files": "F1",
        "intrvl": "contin" if variable.measure == "scale" else None,
    }
    return xml_element(
        "var", content, ID=f"V{number}", **about, nature=_NATURE.get(variable.measure)
    )


def _codes(variable: Variable) -> list[Code]:
    return list(dict.fromkeys([*variable.values, *variable.missing]))


def _are_words(variable: Variable) -> bool:
    if variable.storage in ("words", "date", "moment", "time"):
        return variable.storage == "words"
    codes = list(variable.values) or list(variable.missing)
    return bool(codes) and all(isinstance(code, str) for code in codes)


def _code_text(code: Code) -> str:
    return str(number_code(code) if isinstance(code, float) else code)


def _range(span: MissingRange) -> Element:
    # an end that is not given is open
    ends = {"min": span.low, "max": span.high}
    opened = {"min": -math.inf, "max": math.inf}
    known = {}
    for key, end in ends.items():
        if end != opened[key]:
            known[key] = _code_text(end)
    reason = []
    if span.reason:
        reason = [xml_element("notes", span.reason)]
    in_integers = all(float(end).is_integer() for end in ends.values() if math.isfinite(end))
    return xml_element(
        "invalrng", [xml_element("range", UNITS="INT" if in_integers else "REAL", **known), *reason]
    )


def _category(variable: Variable, code: Code, shown: Disclosure | None) -> Element:
    reason, labelled = variable.missing.get(code), code in variable.values
    label = variable.values[code] if labelled else Text.same(reason or "")
    count = None
    if shown is not None and reason is not None:
        alone = list(variable.missing.values()).count(reason) == 1
        count = None
        if alone:
            count = shown.reasons.get(variable.why(code) or "")
    elif shown is not None:
        count = shown.values.get(code)
    # a file of DDI has no word for fewer than five
    people = None
    if count is not None:
        people = count.people
    frequency = []
    if people is not None:
        frequency = [xml_element("catStat", str(people), type="freq")]
    content = [
        xml_element("catValu", _code_text(code)),
        *wording_elements("labl", label),
        *frequency,
    ]
    mark = None if reason is None else "Y"
    return xml_element("catgry", content, missing=mark, missType=reason if labelled else None)


def _statistics(shown: Disclosure | None) -> list[Element]:
    if shown is None:
        return []
    statistics: list[tuple[str, float | None]] = [
        ("vald", shown.answered.people),
        ("invd", shown.missing.people),
    ]
    if shown.numbers is not None and shown.kind == "numbers":
        numbers = shown.numbers
        statistics += [
            ("mean", numbers.mean),
            ("medn", numbers.quartiles[1]),
            ("stdev", numbers.deviation),
        ]
        if numbers.low.kind == "extreme":
            statistics += [("min", numbers.low.value)]
        if numbers.high.kind == "extreme":
            statistics += [("max", numbers.high.value)]
    known = list[tuple[str, float]]()
    for kind, value in statistics:
        if value is not None:
            known.append((kind, value))
    return [
        xml_element("sumStat", f"{value:.10g}", type=kind, wgtd="not-wgtd") for kind, value in known
    ]


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
    # the codes that their words alone would not give back, as diplab notes them
    noted = parse_json(notes.get("codes"))
    listed = []
    if isinstance(noted, list):
        listed = noted
    exact = {}
    for code in listed:
        if isinstance(code, str | int | float):
            exact[_code_text(code)] = code
    values, missing = _categories(
        element, wordings, words=words, exact=exact, numeric=form is not None
    )
    ranges = list(_ranges_in(element, wordings))
    alone = []
    if not wordings.exact:
        alone = [range_.low for range_ in ranges if range_.low == range_.high]
    items = list[str]()
    for invalid in element.iterfind("{*}invalrng"):
        for item in invalid.iterfind("{*}item"):
            items.append(item.get("VALUE", ""))
    for code in [*map(number_code, alone), *(_code(item, words=words) for item in items if item)]:
        label = values.pop(code, NOTHING)
        missing.setdefault(code, label.en or label.fr)
    questions = element.findall("{*}qstn")
    literal = list[Element]()
    for question in questions:
        for literal_text in question.iterfind("{*}qstnLit"):
            literal.append(literal_text)
    storage = notes.get("storage", NOTHING).en or ("words" if words and not wordings.exact else "")
    measure = _MEASURE.get(element.get("nature"), "unknown")
    # an archive that says no more than this means amounts
    if measure == "unknown" and element.get("intrvl") == "contin" and not wordings.exact:
        measure = "scale"
    return Variable(
        name,
        label=wordings.wording(element.iterfind("{*}labl")),
        question=wordings.wording(
            literal or [question for question in questions if not len(question)]
        ),
        values=values,
        measure=measure,
        missing=missing,
        missing_ranges=tuple(
            range_ for range_ in ranges if range_.low not in alone or range_.low != range_.high
        ),
        storage=cast("Storage", storage) if storage in get_args(Storage) else "",
    )


def _categories(
    element: Element, wordings: Wordings, *, words: bool, exact: Mapping[str, Code], numeric: bool
) -> tuple[dict[Code, Text], dict[Code, str]]:
    values: dict[Code, Text] = {}
    missing: dict[Code, str] = {}
    for item in element.iterfind("{*}catgry"):
        written = wordings.words(item.find("{*}catValu"))
        label = wordings.wording(item.iterfind("{*}labl"))
        if not wordings.exact and (not written or written.lower() in _SYSTEM):
            continue
        code = (
            exact[written] if written in exact else _code(written, words=words, zeros=not numeric)
        )
        if item.get("missing") != "Y":
            values.setdefault(code, label)
        elif not wordings.exact:
            missing.setdefault(code, label.en or label.fr or item.get("missType", ""))
        elif (kind := item.get("missType")) is not None:
            missing[code], values[code] = kind, label
        else:
            missing[code] = label.en or label.fr
    return values, missing


def _code(written: str, *, words: bool, zeros: bool = False) -> Code:
    """Return a code as its column holds it; with `zeros`, 01 is a word, not the number 1."""
    if words or (zeros and re.fullmatch(r"0\d+", written)):
        return written
    if _WHOLE.fullmatch(written):
        return int(written)
    if _NUMBER.fullmatch(written):
        return number_code(float(written))
    return written


def _ranges_in(element: Element, wordings: Wordings) -> Iterator[MissingRange]:
    for invalid in element.iterfind("{*}invalrng"):
        for span in invalid.iterfind("{*}range"):
            ends: dict[str, Any] = {"min": -math.inf, "max": math.inf}
            written = {key: end for key in _ENDS if (end := span.get(key))}
            if {end.lower() for end in written.values()} & {*_SYSTEM}:
                continue  # a cell that holds nothing has no code
            if written or not span.get("VALUE"):
                for key, end in written.items():
                    ends[key[:3]] = _end_of_range(key, end, span.get("UNITS", "INT"))
                yield MissingRange(
                    ends["min"], ends["max"], wordings.words(invalid.find("{*}notes"))
                )


_ENDS = ("minExclusive", "min", "maxExclusive", "max")


def _end_of_range(key: str, written: str, units: str) -> Code:
    """Return the code at an end of a range, which may be written as the first code outside it."""
    end = float(written)
    if key.endswith("Exclusive") and math.isfinite(end):
        inwards = math.inf
        if not key.startswith("min"):
            inwards = -math.inf
        end = end + math.copysign(1, inwards) if units == "INT" else math.nextafter(end, inwards)
    return number_code(end)


def _check_ranges(element: Element, file: str) -> None:
    """Refuse a range of missing codes whose end is not a number.

    Read as an open range, it would make all answers missing.
    """
    for span in element.iterfind("{*}invalrng/{*}range"):
        for key in _ENDS:
            end = span.get(key) or "0"
            if not (_NUMBER.fullmatch(end) or end in ("inf", "-inf") or end.lower() in _SYSTEM):
                name = element.get("name") or element.get("ID")
                found = (
                    f"In `{name}`, a range of missing codes ends at `{end}`, which is not a number."
                )
                raise refused_codebook(file, found, "Correct that end, or delete the range.")


_SCHEMA = "https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
_ROOT = {
    "xmlns": "ddi:codebook:2_5",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "version": "2.5",
}
_ROOT["xsi:schemaLocation"] = f"ddi:codebook:2_5 {_SCHEMA}"
_DEEPEST = (
    100_000  # elements in one another: archives put the markup of pages in their descriptions
)


def read_ddi(path: FilePath) -> Codebook:
    """Read the codebook of a survey from a file of DDI Codebook, versions 1.2 to 2.5."""
    # entities are refused, and what a file points to is never fetched
    file = Path(path)
    book = _codebook_element(file)
    exact = any((item.text or "").startswith("diplab") for item in book.iterfind(".//{*}software"))
    wordings = Wordings(exact=exact, language="" if exact else book.get(LANGUAGE, ""))
    names: dict[str, str] = {}
    variables = {}
    for element in book.iterfind("{*}dataDscr/{*}var"):
        _check_ranges(element, file.name)
        variable = variable_in(element, wordings)
        # a file with several tables may describe a key in each of them
        if variable is not None and variable.name not in variables:
            variables[variable.name] = variable
            names[element.get("ID", "")] = variable.name
    if not variables and not exact:
        write = "Ask the archive for the description of its variables."
        raise refused_codebook(file.name, "It describes no variable.", write)
    variables, sets = _read_groups(
        book.findall("{*}dataDscr/{*}varGrp"), variables, names, wordings
    )
    notes: dict[str, Text] = {}
    for part in (*book.iterfind("{*}stdyDscr"), *book.iterfind("{*}fileDscr")):
        notes = wordings.notes(part) | notes
    return Codebook(
        variables,
        _read_origin(wordings.words(book.find("{*}fileDscr/{*}fileTxt/{*}fileName")), notes),
        sets=sets,
        title=_read_title(book, wordings),
        languages=tuple(notes.get("languages", NOTHING).en.split() if exact else wordings.met),
        steps=_read_steps(notes),
    )


@dataclass(frozen=True)
class Location:
    """Where a text holds the cells of a variable."""

    name: str
    start: int  # first column, counted from 1
    width: int
    record: int = 1  # line of the case
    decimals: int = 0  # that numbers have without a mark
    words: bool = False


def read_locations(path: FilePath) -> tuple[list[Location], str]:
    """Return where the columns of a text are, and its name, as a file of DDI Codebook says.

    None where it does not.
    """
    file = Path(path)
    book = _codebook_element(file)
    kinds = list[str]()
    for item in book.iterfind("{*}fileDscr/{*}fileTxt/{*}fileStrc/{*}recGrp"):
        kinds.append(item.get("rectype", ""))
    if len(kinds) > 1:
        found = (
            f"It describes lines of {len(kinds)} kinds, as of households and of people "
            f"({', '.join(kinds)})."
        )
        raise refused_codebook(
            file.name, found, "Ask for a rectangular extract, in which each line is a person."
        )
    places: dict[str, Location] = {}
    for element in book.iterfind("{*}dataDscr/{*}var"):
        location, name = element.find("{*}location"), element.get("name") or element.get("ID") or ""
        said = {}
        if location is not None:
            said = dict(location.attrib)
        numbers = {
            key: int(item) for key, item in said.items() if item.isdecimal() and len(item) < _DIGITS
        }
        start, width = numbers.get("StartPos", 0), numbers.get("width", 0)
        width = width or numbers.get("EndPos", 0) - start + 1
        if name in places or start < 1 or width < 1:
            continue
        form, decimals = element.find("{*}varFormat"), element.get("dcml", "")
        places[name] = Location(
            name,
            start,
            width,
            numbers.get("RecSegNo", 1),
            int(decimals) if decimals.isdecimal() and len(decimals) < _DIGITS else 0,
            words=form is not None and form.get("type") == "character",
        )
    written = (item.text or "" for item in book.iterfind("{*}fileDscr/{*}fileTxt/{*}fileName"))
    return list(places.values()), next(written, "").strip()


_DIGITS = 7  # of a column or a decimal that is none


def write_ddi(codebook: Codebook, path: FilePath, *, data: Microdata | None = None) -> Path:
    """Write a codebook as DDI Codebook 2.5, which `read_ddi` reads back unchanged."""
    file = Path(path)
    frame: Any = None
    if data is not None:
        frame = data.frame
    variables = []
    for number, (name, variable) in enumerate(codebook.variables.items(), 1):
        there = isinstance(frame, pd.DataFrame) and name in frame
        shown = None
        if data is not None and there:
            shown = disclose(data, name)
        variables.append(variable_element(variable, number, shown))
    study = _study_elements(codebook, None if frame is None else frame.shape)
    book = xml_element(
        "codeBook", [*study, xml_element("dataDscr", [*_groups(codebook), *variables])], **_ROOT
    )
    return write_xml(book, file)


def write_xml(root: Element, file: Path) -> Path:
    """Write a document of XML, whole or not at all."""
    indent(root, "")
    # a sign that XML cannot hold leaves a mark; the end of a line of old Macs would be read as that
    # of others
    written = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", tostring(root, "unicode")).replace(
        "\r", "&#13;"
    )
    with new_file(file) as part:
        part.write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n', encoding="utf-8", newline="\n"
        )
    return file


def _codebook_element(file: Path) -> Element:
    """Return the element of the codebook: the whole file, or a part of a catalogue's answer."""
    try:
        # DDI 1 and 2 begin with a document type that names a file
        root = parsed_xml(open_source(file), named_type=True, deepest=_DEEPEST)
    except LoadError as wrong:
        raise refused_codebook(file.name, wrong.found or wrong.asked, wrong.write) from wrong
    name = str(root.tag).rpartition("}")[2]
    book = root if name == "codeBook" else root.find(".//{*}codeBook")
    if book is None:
        found = f"It is XML of another kind: its first element is `{name[:60]}`."
        if name in ("DDIInstance", "FragmentInstance"):
            found = "It is DDI Lifecycle (DDI 3), which diplab does not read."
        write = "Ask the archive for it as DDI Codebook, whose first element is `codeBook`."
        raise refused_codebook(file.name, found, write)
    return book


def _study_elements(codebook: Codebook, shape: tuple[int, ...] | None) -> list[Element]:
    """Return the parts of a file before its variables."""
    origin = codebook.origin
    of_file = "Codebook"
    if origin.file:
        of_file = f"Codebook of {origin.file}"
    title = xml_element("titlStmt", [xml_element("titl", f"{of_file} (DDI Codebook 2.5)")])
    maker = xml_element("prodStmt", [xml_element("software", "diplab", version=__version__)])
    document = xml_element("docDscr", [xml_element("citation", [title, maker])])
    notes = note_elements("languages", " ".join(codebook.languages))
    if origin.synthetic:
        notes += note_elements("synthetic", Words("diplab.loaders")("ddi.synthetic"))
    for number, notice in enumerate(origin.notices, 1):
        notes += note_elements(f"notice {number}", notice) or note_elements(
            f"notice {number} is empty", "-"
        )
    for number, step in enumerate(codebook.steps, 1):
        rule = {"kind": step.kind, "variables": list(step.variables), "rows": step.rows}
        notes += [
            *note_elements(f"step {number}", step.words),
            *note_elements(f"step {number} rule", json.dumps(rule)),
        ]
    study = xml_element("citation", [xml_element("titlStmt", _titles(codebook))])
    return [document, xml_element("stdyDscr", [study, *notes]), _file(origin, shape)]


def _titles(codebook: Codebook) -> list[Element]:
    # the schema asks for a title: one that was not given says that it comes from the archive
    titles = wording_elements("titl", codebook.title)
    for other in titles[1:]:
        other.tag = "parTitl"
    return titles or [xml_element("titl", codebook.origin.file or "?", source="archive")]


def _file(origin: Origin, shape: tuple[int, ...] | None) -> Element:
    counts = []
    if shape is not None:
        counts = [xml_element("caseQnty", str(shape[0])), xml_element("varQnty", str(shape[1]))]
    about = []
    if origin.file:
        about = [xml_element("fileName", origin.file)]
    if counts:
        about += [xml_element("dimensns", counts)]
    known = {"sha256": origin.sha256, "reader": origin.reader, "date": origin.date}
    notes = list[Element]()
    for subject, words in known.items():
        for line in note_elements(subject, words):
            notes.append(line)
    return xml_element(
        "fileDscr", [*([xml_element("fileTxt", about)] if about else []), *notes], ID="F1"
    )


def _read_title(book: Element, wordings: Wordings) -> Text:
    """Return the title of the survey."""
    for statement in book.iterfind("{*}stdyDscr/{*}citation/{*}titlStmt"):
        every = [*statement.iterfind("{*}titl"), *statement.iterfind("{*}parTitl")]
        titles = list[Element]()
        for item in every:
            if not (wordings.exact and item.get("source") == "archive"):
                titles.append(item)
        if titles:
            return wordings.wording(titles)
    return NOTHING


def _read_origin(file: str, notes: Mapping[str, Text]) -> Origin:
    """Return where the data come from, as diplab noted it."""
    words = {}
    for key in ("sha256", "reader", "date"):
        if key in notes:
            words[key] = notes[key].en
    notices: list[Text] = []
    while {f"notice {len(notices) + 1}", f"notice {len(notices) + 1} is empty"} & set(notes):
        notices.append(notes.get(f"notice {len(notices) + 1}", NOTHING))
    return Origin(file, synthetic="synthetic" in notes, notices=tuple(notices), **words)


def _read_steps(notes: Mapping[str, Text]) -> tuple[Step, ...]:
    """Return what was done to the data, as diplab noted it."""
    steps: list[Step] = []
    with suppress(LoadError):  # what someone changed, or nothing
        while rule := Entries("").fields(
            parse_json(notes.get(f"step {len(steps) + 1} rule")), STEP, "a note"
        ):
            steps.append(step_of({**rule, "words": notes.get(f"step {len(steps) + 1}", NOTHING)}))
    return tuple(steps)


def _groups(codebook: Codebook) -> list[Element]:
    """Return the groups of a codebook as elements, which come before the variables."""
    places = {}
    for number, name in enumerate(codebook.variables, 1):
        places[name] = f"V{number}"
    sections: dict[Text, list[str]] = {}
    questions: dict[str, list[str]] = {}
    for name, variable in codebook.variables.items():
        if variable.group:
            sections.setdefault(variable.group, []).append(places[name])
        if variable.part_of:
            questions.setdefault(variable.part_of, []).append(places[name])
    lines: list[Element] = []
    for number, (group, members) in enumerate(sections.items(), 1):
        label, var = wording_elements("labl", group), " ".join(members)
        lines.append(xml_element("varGrp", label, ID=f"S{number}", type="section", var=var))
    for number, (name, members) in enumerate(questions.items(), 1):
        lines.append(
            xml_element("varGrp", ID=f"Q{number}", type="grid", var=" ".join(members), name=name)
        )
    for number, (name, item) in enumerate(codebook.sets.items(), 1):
        lines.append(_set(name, item, number, places))
    return lines


def _set(name: str, responses: Responses, number: int, places: Mapping[str, str]) -> Element:
    known = list[str]()
    for column in responses.columns:
        if column in places:
            known.append(places[column])
    rules: dict[str, Any] = {
        "base": responses.base,
        "kind": responses.kind,
        "counted": responses.counted,
    }
    if responses.name != name:
        rules["name"] = responses.name
    if len(known) < len(responses.columns):
        rules["columns"] = list(responses.columns)
    content = [*wording_elements("labl", responses.label), *note_elements("set", json.dumps(rules))]
    members = " ".join(known) or None
    return xml_element(
        "varGrp", content, ID=f"M{number}", type="multipleResp", var=members, name=name
    )


def _read_groups(
    groups: Iterable[Element],
    variables: Mapping[str, Variable],
    names: Mapping[str, str],
    wordings: Wordings,
) -> tuple[dict[str, Variable], dict[str, Responses]]:
    """Return variables with their section and question, and the questions with several answers."""
    described = dict(variables)
    sets: dict[str, Responses] = {}
    for item in groups:
        columns = list[str]()
        for place in item.get("var", "").split():
            if place in names:
                columns.append(names[place])
        label = wordings.wording(item.iterfind("{*}labl"))
        kind = item.get("type", "other")
        if kind == "multipleResp":
            name = str(
                item.get("name") or ("" if wordings.exact else label.en or item.get("ID", ""))
            )
            responses = _responses(name, columns, label, item, described, wordings)
            if responses is not None:
                sets |= {name: responses}
        elif kind == "grid" and (name := item.get("name", "")):
            described |= {column: replace(described[column], part_of=name) for column in columns}
        elif kind != "grid":
            group = label or Text.same(item.get("name", ""))
            without = list[str]()
            for column in columns:
                if not described[column].group:
                    without.append(column)
            described |= {column: replace(described[column], group=group) for column in without}
    return described, sets


def _responses(
    name: str,
    columns: list[str],
    label: Text,
    group: Element,
    variables: Mapping[str, Variable],
    wordings: Wordings,
) -> Responses | None:
    answers = max((len(variables[column].values) for column in columns), default=0)
    given: dict[str, Any] = {
        "name": name,
        "columns": columns,
        "kind": "categories" if answers > 2 else "dichotomies",
    }
    with suppress(LoadError):  # what someone changed, or nothing
        given |= Entries("").fields(
            parse_json(wordings.notes(group).get("set")), {"name": str, **SET}, "a note"
        )
    try:
        return Responses(**{**given, "label": label})
    except OptionError:
        # a group that names no variable of this file, or one twice
        return None
