"""Cells of text turned into answers: numbers, words, dates, and missing codes.

Every format that comes as text (CSV, Excel, LimeSurvey, Qualtrics, Kobo, forms) ends here: its
loader says which columns there are and what they mean, and `microdata_of_cells` does the rest, the
codebook given by hand included.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from diplab.errors import suggestion
from diplab.kernel.arrays import Array, Booleans, Floats, Places
from diplab.loaders.answers.dates import (
    DateKind,
    Family,
    dates_from_numbers,
    may_be_date,
    parse_dates,
    written_dates,
)
from diplab.loaders.answers.doubts import (
    are_codes,
    doubtful_marks,
    encoded_twice,
    left_in_words,
    nearly_numbers,
    small_letters,
    words_of_reasons,
)
from diplab.loaders.answers.numbers import (
    COMMA,
    IN_COMMA_GROUPS,
    NO_NUMBER,
    POINT,
    Cells,
    DecimalMark,
    DistinctCells,
    WrittenNumbers,
    letters_and_ends,
    marks_of,
    plain_numbers,
    side_by_side,
    word_codes,
    written_numbers,
)
from diplab.loaders.notices import Notices, column_notice, count_notice
from diplab.loaders.source import Request, SourceFile, chosen_columns, refused
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.identifiers import identifying_at_a_glance
from diplab.microdata.microdata import LinkedTable, Microdata
from diplab.microdata.missing import SYSTEM, MissingCodes, missing_codes, says_no_answer, unanswered
from diplab.microdata.variable import Code, Storage, Variable, as_code, code_written
from diplab.reference.text import Text

FORMULA = re.compile(r"(?:'++|(?!-[\d., ]*+$|\+[\d., ()/-]*+$))[=+\-@\t\r]")
"""How words begin that a spreadsheet takes for a formula, or that would look escaped.

Numbers and phones are none.
"""
_ESCAPED = r"^'('*[=+\-@\t\r])"
_WORDS: Any = pd.StringDtype(na_value=np.nan)
_EXACT, _TOO_LARGE = 2**53, 2**63
"""From the first not every whole number is a float.

From the second none is an integer of 64 bits.
"""
_FEW, _LONG = 60, 5_000
_TOLD = (  # notices on columns, in their order
    *(
        "thousands",
        "decimal_comma",
        "decimal_point",
        "comma_in_text",
        "units",
        "day_first",
        "month_first",
    ),
    *("durations", "year_first", "offset", "day_or_month", "mixed_dates"),
    *("no_such_day", "missing_words"),
    *("nearly_numbers", "kept_codes", "commas", "groups", "encoded_twice"),
)
_OF_WORDS = (
    "nearly_numbers",
    "commas",
    "groups",
    "encoded_twice",
)  # on columns that are left as words
TRUTH = {
    "true": 1.0,
    "false": 0.0,
    "1": 1.0,
    "0": 0.0,
    "1.0": 1.0,
    "0.0": 0.0,
    "vrai": 1.0,
    "faux": 0.0,
}
"""Spellings of true and false in a column whose codebook says `storage = "boolean"`."""


@dataclass(frozen=True)
class Answers:
    """The answers of one column."""

    column: pd.Series[Any]  # its answers; missing ones are NaN (NaT)
    reasons: Mapping[str, int]  # missing answers by reason
    missing: MissingCodes | None  # the missing code in each cell, where there is one
    comma: bool = False  # true where its numbers have a decimal comma
    told: Mapping[str, str] = field(
        default_factory=dict
    )  # what a reader should know: notices, each with a detail
    variable: Variable | None = (
        None  # the variable with what the cells say of it, where they say something
    )


def microdata_of_cells(
    source: SourceFile,
    request: Request,
    cells: Mapping[str, Cells | list[str]],
    own: Codebook,
    *,
    reader: str,
    comma: bool = False,
    with_commas: Mapping[str, Cells] | None = None,
    notices: Notices = (),
    linked: Mapping[str, LinkedTable] | None = None,
) -> Microdata:
    """Return microdata from columns of text, with the columns and rows that the call asks for."""
    # cells `with_commas`, of some columns, are taken in their place where these are numbers by a
    # decimal comma the `storage` of a variable in `own` decides what its cells are; where it is
    # empty, the cells do
    if source.path.name in request.written and request.written[source.path.name].escaped:
        bare = {
            name: pc.replace_substring_regex(words_in(item), _ESCAPED, r"\1")
            for name, item in cells.items()
        }
        cells = {name: pa.chunked_array([words]) for name, words in bare.items()}
    chosen = chosen_columns(source, request, list(cells))
    variables = merge_variables(
        {name: own.variables.get(name, Variable(name)) for name in chosen}, request.codebook, source
    )
    taken = request.taken
    written = request.written.get(source.path.name)
    own_file = written is not None and written.sha256 == source.sha256
    options: dict[str, Any] = {
        "comma": comma,
        "decimal": request.decimal,
        "day_first": request.day_first,
    }

    def answers_of(name: str) -> Answers:
        nearly: dict[str, str] = {}
        if with_commas and name in with_commas:
            found = answers_in(
                with_commas[name][taken], variables[name], **{**options, "comma": True}
            )
            if found.column.dtype.kind in "iuf":
                return replace(
                    found, told={**found.told, **({} if request.decimal else {"comma_in_text": ""})}
                )
            nearly = {key: shape for key, shape in found.told.items() if key == "nearly_numbers"}
        read = answers_in(cells[name][taken], variables[name], guesses=not own_file, **options)
        return replace(read, told={**read.told, **nearly})

    long = any(len(cell) > _LONG for cell in cells.values())
    answers = dict(zip(chosen, side_by_side(answers_of, chosen, long=long), strict=True))
    decimal = ""
    if any(answer.comma for answer in answers.values()):
        decimal = ", decimal comma"
    known = replace(
        own, variables={name: item.variable or variables[name] for name, item in answers.items()}
    )
    for key in _TOLD:
        told = {name: item.told[key] for name, item in answers.items() if key in item.told}
        notices += count_notice(f"notice.{key}", told)
    if request.codebook is not None and not own_file:
        described = request.codebook.variables
        unlike = [
            name
            for name in answers
            if name in described and _unlike(described[name], answers[name])
        ]
        notices += column_notice("notice.unlike_codebook", unlike)
    return microdata_of_columns(
        source, request, answers, known, reader=reader + decimal, notices=notices, linked=linked
    )


def _unlike(variable: Variable, answers: Answers) -> bool:
    """Return whether a column of words is described as numbers, dates or booleans."""
    of_words = variable.storage == "words" or bool(word_codes(variable.values))
    if of_words or not (variable.storage or variable.values):
        return False
    column = answers.column
    return isinstance(column.dtype, pd.StringDtype) and bool(column.notna().any())


def microdata_of_columns(
    source: SourceFile,
    request: Request,
    answers: Mapping[str, Answers],
    own: Codebook,
    *,
    reader: str,
    notices: Notices = (),
    linked: Mapping[str, LinkedTable] | None = None,
) -> Microdata:
    """Return microdata from columns read; `own` has their variables, corrected by the codebook."""
    synthetic = is_synthetic(own, request.codebook)
    origin = Origin(source.path.name, source.sha256, reader, synthetic, own.origin.date, notices)
    reasons = {}
    for name, item in answers.items():
        if item.reasons:
            reasons[name] = item.reasons
    codebook = replace(
        merge_codebooks(own, request.codebook, list(answers)), origin=origin, reasons=reasons
    )
    # Kept as they are, a million answers are not copied; of many columns pandas makes one block, or
    # warns later.
    columns = {}
    for name, item in answers.items():
        columns[name] = item.column.array
    frame = pd.DataFrame(columns, copy=len(columns) > _FEW)
    missing = {}
    for name, item in answers.items():
        if item.missing is not None:
            missing[name] = item.missing
    return _point_out(Microdata(frame, codebook, missing, linked or {}), request)


def _point_out(data: Microdata, request: Request) -> Microdata:
    """Add a notice on identifying columns, unless the call keeps them or diplab wrote the file."""
    known = request.described
    if request.private or (request.written and set(data.frame) <= set(known)):
        return data
    origin = data.codebook.origin
    notices = (*origin.notices, *column_notice("identifying.seen", identifying_at_a_glance(data)))
    return replace(data, codebook=replace(data.codebook, origin=replace(origin, notices=notices)))


@dataclass(frozen=True)
class Meaning:
    """What the words of a column say, where its codebook leaves that open."""

    cells: DistinctCells  # amounts without their unit, dates in ISO 8601
    written: WrittenNumbers
    variable: (
        Variable  # with the unit of its amounts, and the words that say why there is no answer
    )
    storage: Storage  # that of the variable, or `date` or `moment` where the words are such
    told: Mapping[str, str] = field(default_factory=dict)  # names of notices, each with a detail


def answers_in(
    cells: Cells | list[str],
    variable: Variable,
    *,
    comma: bool,
    decimal: DecimalMark | None = None,
    day_first: bool | None = None,
    guesses: bool = True,
) -> Answers:
    """Return a column of text as answers; if it `guesses`, words beside numbers are examined."""
    words = words_in(cells)
    described = variable.storage or variable.values or variable.missing or variable.missing_ranges
    plain = None
    if not described:
        plain = plain_numbers(words, marks_of(comma=comma, decimal=decimal))
    if plain is not None:
        numbers, with_comma = plain
        return Answers(
            pd.Series(numbers), with_system({}, int(np.isnan(numbers).sum())), None, with_comma
        )
    given = DistinctCells.of(words)
    exact = variable.storage in ("whole", "number")
    written = written_numbers(given.bare, comma=comma, decimal=decimal, exact=exact, amounts=exact)
    meaning = Meaning(given, written, variable, variable.storage)
    if not described and decimal is None and are_codes(given.bare, written):
        return _answers(replace(meaning, storage="words", told={"kept_codes": ""}))
    if guesses and variable.storage in ("", "date", "moment"):
        meaning = _understood(meaning, comma=comma, decimal=decimal, day_first=day_first)
    told = {}
    if guesses and comma and decimal is None:
        told = doubtful_marks(meaning.cells, meaning.written)
    if guesses and not variable.storage:
        told |= nearly_numbers(meaning.variable, given, written) | encoded_twice(given, written)
        if decimal is None:
            told |= left_in_words(meaning.cells, meaning.written)
    return _answers(replace(meaning, told={**meaning.told, **told}))


def words_in(cells: Cells | list[str]) -> pa.StringArray:
    """Return the cells of a column as one array of Arrow, the empty ones null."""
    if isinstance(cells, pa.ChunkedArray):
        return cells.combine_chunks()
    words = np.asarray(cells, dtype=object)
    return pa.array(words, pa.string(), mask=np.asarray(words == "", dtype=bool))


def _answers(meaning: Meaning) -> Answers:
    variable, written, places, bare = (
        meaning.variable,
        meaning.written,
        meaning.cells.places,
        meaning.cells.bare,
    )
    empty, declared, missing = np.asarray(pc.equal(bare, "")), np.zeros(len(bare), dtype=bool), None
    if variable.missing or variable.missing_ranges:
        codes = _codes(bare.to_pylist(), written.values, variable)
        declared = np.array([code is not None for code in codes], dtype=bool)
        missing = _missing(codes, places)
    reasons = {}
    if missing is not None:
        reasons = dict(missing.reasons(variable))
    answered = ~(declared | empty)
    dated = meaning.storage in ("date", "moment", "time")
    coded = not meaning.storage and bool(word_codes(variable.values))
    of_words = dated or coded or meaning.storage == "words"
    numeric = answered
    if not of_words:
        numeric = answered & ~np.asarray(pc.is_in(bare, pa.array([*NO_NUMBER])))
    numbers = None
    if not of_words:
        numbers = _numbers_or_booleans(meaning, numeric)
    if numbers is None:
        words = meaning.cells.words
        # one moment that cannot be read leaves all as words
        stored = None
        if dated:
            stored = parse_dates(np.where(answered, words, ""), meaning.storage)
        if stored is None:
            # where no word is taken for a missing answer, the cells are the answers
            whole = None
            if bool((answered == np.asarray(pc.not_equal(words, ""))).all()):
                whole = meaning.cells.rows
            known = whole
            if whole is None:
                known = pc.if_else(pa.array(answered), words, None).take(places)
            column = pd.Series(_WORDS.__from_arrow__(known))
        else:
            column = stored.take(places).reset_index(drop=True)
        gaps = with_system(reasons, int((empty & ~declared)[places].sum()))
        told = {
            key: detail
            for key, detail in meaning.told.items()
            if key not in ("decimal_comma", "decimal_point")
        }
        return Answers(column, gaps, missing, told=told, variable=variable)
    gaps = with_system(reasons, int((~numeric & ~declared)[places].sum()))
    thousands = written.grouped[numeric].any() and not meaning.told.get("units")
    told = {key: detail for key, detail in meaning.told.items() if key not in _OF_WORDS}
    if thousands:
        told |= {"thousands": ""}
    with_comma = bool((written.mark[numeric] == COMMA).any())
    return Answers(pd.Series(numbers[places]), gaps, missing, with_comma, told, variable)


def _is_mixed(mark: NDArray[np.uint8]) -> bool:
    """Return whether it is in doubt which of a comma and a point marks thousands in a column."""
    return bool((mark == COMMA).any() and (mark == POINT).any())


def _numbers_or_booleans(meaning: Meaning, numeric: Booleans) -> Array | None:
    """Return distinct words as numbers or truth values; None where they are words."""
    written = meaning.written
    if meaning.storage == "boolean":
        words = meaning.cells.bare.to_pylist()
        truth = np.array([TRUTH.get(word.casefold(), np.nan) for word in words], dtype=float)
        if not np.isnan(truth[numeric]).any():
            if numeric.all():
                return truth.astype(bool)
            return np.where(numeric, truth, np.nan)
    doubtful = np.isnan(written.values[numeric]).any() or _is_mixed(written.mark[numeric])
    if doubtful:
        return None
    return _numbers(meaning, numeric)


def _numbers(meaning: Meaning, numeric: Booleans) -> Array:
    """Return distinct words as numbers: integers, where all are whole and none is missing."""
    written = meaning.written
    wanted = meaning.storage == "whole" or (not meaning.storage and len(numeric))
    largest = np.inf
    if numeric.all() and not written.mark.any():
        largest = np.abs(written.values).max(initial=0)
    if not wanted or largest >= _TOO_LARGE:
        return np.where(numeric, written.values, np.nan)
    if largest >= _EXACT:
        return np.array(
            [int(word.replace("\u2212", "-")) for word in meaning.cells.bare.to_pylist()],
            dtype=np.int64,
        )
    return written.values.astype(np.int64)


_SIGNS = r"[€$£]|EUR|USD|GBP|CHF"
_UNITS = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP"}
_MEASURES = {
    "kg": "kgs?", "cm": "cm", "km": "kms?", "h": "h|hrs?|hours?|heures?", "min": "mins?|minutes?",
    "days": "days?|jours?", "weeks": "weeks?|semaines?", "months": "months?|mois",
    "years": "years?|ans?|années?",
}  # fmt: skip
"""How units are written behind numbers.

Those of one letter, but for hours, are codes too (4G, 12A).
"""
_AMOUNT = re.compile(
    rf"(?P<sign>[-+\u2212]?)\s*(?P<before>{_SIGNS})?"
    r"\s*(?P<number>[-+\u2212]?[\d.,](?:[\d.,\s]*[\d.,])?)"
    rf"\s*(?P<after>{_SIGNS}|%|euros?|(?P<measure>{'|'.join(_MEASURES.values())}))?",
    re.IGNORECASE,
)


def has_decimal_comma(word: str) -> bool:
    """Return whether a word is an amount whose comma cannot mark thousands."""
    amount = None
    if "," in word:
        amount = _AMOUNT.fullmatch(word.strip())
    return (
        amount is not None
        and "," in amount["number"]
        and not IN_COMMA_GROUPS.fullmatch(amount["number"])
    )


_LONGEST_REASON = 40  # bytes
_DIGITS = np.frombuffer(b"0123456789", np.uint8)


def _understood(
    given: Meaning, *, comma: bool, decimal: DecimalMark | None, day_first: bool | None
) -> Meaning:
    """Return the meaning of words other than numbers: amounts with a unit, dates or reasons."""
    variable, bare = given.variable, given.cells.bare
    taken = [*NO_NUMBER, *word_codes((*variable.values, *variable.missing))]
    sure, among_numbers = words_of_reasons("no_answer"), words_of_reasons("no_answer_among_numbers")
    left = given.written.others
    letters, ends = letters_and_ends(bare)
    lengths, last = np.diff(ends), np.frombuffer(letters, np.uint8)[np.maximum(ends[1:] - 1, 0)]
    short = left[lengths[left] <= max(len(word.encode()) for word in taken)]
    if len(short):
        left = np.setdiff1d(
            left, short[np.asarray(pc.is_in(bare.take(short), pa.array(taken)))], assume_unique=True
        )
    # what says why there is no answer is short, and no digit ends it
    likely = (
        left[:0]
        if given.storage
        else left[(lengths[left] <= _LONGEST_REASON) & ~np.isin(last[left], _DIGITS)]
    )
    said: dict[int, str] = {}
    if len(likely):
        small = small_letters(bare.take(likely))
        known = np.asarray(pc.is_in(small, pa.array([*sure, *among_numbers])))
        said = dict(zip(likely[known].tolist(), small.filter(known).to_pylist(), strict=True))
        if (~known).sum() <= _FEW:
            unknown = likely[~known].tolist()
            said |= {at: "" for at in unknown if says_no_answer(bare[at].as_py())}
        left = np.setdiff1d(left, [*said], assume_unique=True)
    found = given
    if len(left):
        first = bare[left[0]].as_py()
        others = {}
        if _AMOUNT.fullmatch(first) or may_be_date(first):
            others = dict(zip(left.tolist(), bare.take(left).to_pylist(), strict=True))
            found = _dated(given, others, day_first)
        if others and found is given and not given.storage:
            found = _amounts(given, others, comma=comma, decimal=decimal) or given
        if found is given and not given.storage and _DURATION.fullmatch(first):
            found = _durations(given, left)
    typed = bool(found.storage or variable.values or np.isfinite(found.written.values).any())
    if len(left) and found.cells is given.cells and "durations" not in found.told:
        typed, found = False, replace(found, storage=found.storage or "words")
    if not typed:
        said = {at: why for at, why in said.items() if why in sure}
    if not said:
        return found
    missing = {}
    for at, why in said.items():
        missing[bare[at].as_py()] = sure.get(why) or among_numbers.get(why, "no answer")
    count = int(np.isin(given.cells.places, list(said)).sum())
    variable = replace(found.variable, missing={**variable.missing, **missing})
    return replace(found, variable=variable, told={**found.told, "missing_words": str(count)})


def _amounts(
    given: Meaning, words: Mapping[int, str], *, comma: bool, decimal: DecimalMark | None
) -> Meaning | None:
    """Return amounts without their unit, where they have one."""
    bare, units = np.array(given.cells.bare), set[str]()
    for at, word in words.items():
        match = _AMOUNT.fullmatch(word)
        if match is None or (match["before"] and match["after"]):
            return None
        bare[at] = match["sign"] + match["number"]
        units.add(_unit_of(match))
    # what has no unit among shares may be a fraction of one; among amounts of money it is money
    unit = units - {""}
    alone = np.isfinite(given.written.values).any() or "" in units
    cells = DistinctCells(given.cells.places, pa.array(bare, pa.string()))
    written = written_numbers(cells.bare, comma=comma, decimal=decimal, amounts=True)
    if (
        not words
        or len(unit) != 1
        or (alone and "%" in unit)
        or np.isnan(written.values[[*words]]).any()
        or _is_mixed(written.mark)
    ):
        return None
    variable = given.variable if given.variable.unit else replace(given.variable, unit=unit.pop())
    return replace(
        given, cells=cells, written=written, variable=variable, told={"units": variable.unit}
    )


_DURATION = re.compile(r"-?(\d+):([0-5]\d):([0-5]\d)")


def _durations(given: Meaning, places: Places) -> Meaning:
    """Return durations in hours, if one exceeds a day or has a unit that no clock shows."""
    words = given.cells.bare.take(places).to_pylist()
    parts = list(map(_DURATION.fullmatch, words))
    longer = any(part is not None and int(part[1]) >= 24 for part in parts)
    if (
        None in parts
        or np.isfinite(given.written.values).any()
        or not (longer or given.variable.unit == "h")
    ):
        return given
    values = given.written.values.copy()
    for at, word, item in zip(places.tolist(), words, parts, strict=True):
        hours, minutes, seconds = map(int, item.groups()) if item else (0, 0, 0)
        values[at] = (-1 if word[0] == "-" else 1) * (hours * 3600 + minutes * 60 + seconds) / 3600
    written = replace(
        given.written, values=values, mark=np.full(len(values), POINT, dtype=np.uint8)
    )
    variable = replace(given.variable, unit=given.variable.unit or "h")
    return replace(
        given, written=written, variable=variable, storage="number", told={"durations": ""}
    )


def _unit_of(amount: re.Match[str]) -> str:
    """Return the unit of an amount in one spelling; nothing where it has none."""
    written = amount["before"] or amount["after"] or ""
    if amount["measure"]:
        return next(
            unit for unit, forms in _MEASURES.items() if re.fullmatch(forms, written, re.IGNORECASE)
        )
    return _UNITS.get(written.upper(), written.upper())


_UNREAD = {"year_first": "no_such_day", "mixed": "mixed_dates"}
"""Notices on dates that are left as words, by their order."""


def _dated(given: Meaning, words: Mapping[int, str], day_first: bool | None) -> Meaning:
    """Return dates in ISO 8601, if all words are dates and the order of day and month is known."""
    dates = None
    if words and not np.isfinite(given.written.values).any():
        dates = written_dates([*words.values()], day_first)
    if dates is None:
        return given
    by_year = dates.order == "year_first"
    if dates.moments is None:
        return replace(given, told={_UNREAD.get(dates.order, "day_or_month"): ""})
    bare = np.array(given.cells.bare)
    bare[[*words]] = dates.moments
    told: dict[str, str] = {}
    if not given.storage or not by_year:
        if by_year or day_first is None:
            told |= {dates.order: ""}
        if dates.offset:
            told |= {"offset": ""}
    storage = given.storage or dates.storage
    cells = DistinctCells(given.cells.places, pa.array(bare, pa.string()))
    return replace(given, cells=cells, storage=storage, told=told)


def words_of(values: Array) -> pd.Series[str]:
    """Return words as a pandas column of text, the empty ones missing."""
    blank = np.array([not word for word in values], dtype=bool)
    words: pd.Series[str] = pd.Series(np.where(blank, np.nan, values), dtype=_WORDS)
    return words


def _codes(words: Array, numbers: Floats, variable: Variable) -> list[Code | None]:
    """Return, for each distinct word, the missing code that it is, as the codebook writes it.

    None for an answer.
    """
    codes: list[Code | None] = []
    for word, number in zip(words, numbers.tolist(), strict=True):
        if (word or word in variable.missing) and variable.why(word) is not None:
            codes.append(word)
        elif not np.isnan(number) and variable.why(number) is not None:
            codes.append(as_code(number))
        else:
            codes.append(None)
    return codes


def _missing(codes: list[Code | None], places: Array) -> MissingCodes | None:
    of_word, distinct = pd.factorize(np.array(codes, dtype=object))
    if not len(distinct):
        return None
    size: type[np.integer[Any]] = np.int8 if len(distinct) <= np.iinfo(np.int8).max else np.int32
    return MissingCodes(tuple(distinct), of_word.astype(size)[places])


def with_system(reasons: Mapping[str, int], count: int) -> dict[str, int]:
    """Return reasons with so many answers that are missing without one."""
    return {**reasons, **({SYSTEM: count} if count else {})}


def answers_from_values(
    values: Array,
    letters: Array | None,
    variable: Variable,
    kind: DateKind = "",
    family: Family = "spss",
) -> Answers:
    """Return a stored column as answers."""
    if values.dtype == object:
        missing_answers = unanswered(
            values, variable, empty=np.array([not word for word in values], dtype=bool)
        )
        words = words_of(np.where(missing_answers.declared, "", values))
        return Answers(
            words, missing_answers.reasons, missing_codes(values, missing_answers.declared)
        )
    empty = np.asarray(pd.isna(values))
    missing_answers = unanswered(values, variable, empty=empty)
    reasons, declared = missing_answers.reasons, missing_answers.declared
    if letters is None:
        codes = missing_codes(values, declared)
    else:
        tagged = unanswered(letters.astype(object), variable, empty=letters == "")
        system = int((empty & ~tagged.declared).sum())
        reasons = dict(
            Counter({**tagged.reasons, SYSTEM: 0}) + Counter({**reasons, SYSTEM: system})
        )
        codes = missing_codes(
            np.where(tagged.declared, letters.astype(object), values), declared | tagged.declared
        )
    numbers = values
    if declared.any():
        numbers = np.where(declared, np.nan, values)
    dated = None
    if kind:
        dated = dates_from_numbers(numbers.astype(np.float64), kind, family)
    return Answers(pd.Series(numbers, copy=False) if dated is None else dated, reasons, codes)


_STORAGE_OF_TYPE: dict[str, Storage] = {
    "string": "words", "empty": "words", "boolean": "boolean", "integer": "whole",
    "floating": "number", "mixed-integer-float": "number", "datetime": "moment",
    "datetime64": "moment", "date": "date", "time": "time",
}  # fmt: skip
"""What answers are, by the name that pandas gives to their type."""


def storage_kind(column: pd.Series[Any]) -> Storage:
    """Return what the answers of a column are; nothing where they are of several kinds."""
    dtype = column.dtype
    answers = (
        pd.Series(dtype.categories) if isinstance(dtype, pd.CategoricalDtype) else column.dropna()
    )
    kind = _STORAGE_OF_TYPE.get(pd.api.types.infer_dtype(answers), "")
    # pandas takes moments for days where there are days among them
    if kind == "date" and any(isinstance(answer, dt.datetime) for answer in answers):
        return ""
    return kind


def code_words(codes: MissingCodes) -> Array:
    """Return the missing code of each cell in words; nothing where there is none."""
    words: Array = np.array([*map(code_written, codes.codes), ""], dtype=object)[codes.places]
    return words


def codes_by_cell(missing: MissingCodes | None, rows: int) -> Array:
    """Return the missing code of each cell, None for the others."""
    codes = np.full(rows, None, dtype=object)
    if missing is not None:
        codes[:] = np.array([*missing.codes, None], dtype=object)[missing.places]
    return codes


def merge_variables(
    variables: Mapping[str, Variable], codebook: Codebook | None, source: SourceFile
) -> dict[str, Variable]:
    """Return the variables of a file as the given codebook corrects and completes them."""
    # it may describe columns of other files too; one that describes none of this file is refused
    if codebook is None or not codebook.variables:
        return dict(variables)
    if variables and not set(codebook.variables) & set(variables):
        first, *others = codebook.variables
        shown = f"`{first}`" + (f" and {len(others)} more" if others else " alone")
        raise refused(
            source,
            f"Its codebook describes {shown}, and the file has none of them.",
            f"Write the names that the file uses. {suggestion(first, variables)}",
        )
    merged: dict[str, Variable] = {}
    for name, variable in variables.items():
        merged[name] = (
            merge_variable(variable, codebook.variables[name]) if name in codebook else variable
        )
    return merged


_COMPLETED = (
    "label",
    "question",
    "missing_ranges",
    "group",
    "part_of",
    "storage",
    "unit",
    "commented",
)


def merge_variable(own: Variable, by_hand: Variable) -> Variable:
    """Return a variable as its file has it, corrected and completed by a codebook, which wins."""
    # a code that the codebook labels as an answer is no longer missing; the label of a missing code
    # is its reason
    labels = {**own.values, **by_hand.values}
    missing = {code: reason for code, reason in own.missing.items() if code not in by_hand.values}
    missing |= {code: reason or missing.get(code, "") for code, reason in by_hand.missing.items()}
    missing = {
        code: reason or (labels[code].en if code in labels else "")
        for code, reason in missing.items()
    }
    completed = {}
    for name in _COMPLETED:
        completed[name] = getattr(by_hand, name) or getattr(own, name)
    return replace(
        own,
        **completed,
        values={code: label for code, label in labels.items() if code not in missing},
        measure=own.measure if by_hand.measure == "unknown" else by_hand.measure,
        missing=missing,
        missing_labels=_missing_labels(labels, missing, own, by_hand),
    )


def _missing_labels(
    labels: Mapping[Code, Text], missing: Mapping[Code, str], own: Variable, by_hand: Variable
) -> dict[Code, Text]:
    """Return the labels of missing codes that differ between languages, where they were answers."""
    labelled = {**own.missing_labels, **by_hand.missing_labels}
    wordings = {}
    for code in missing:
        wordings[code] = labelled.get(code) or labels.get(code)
    return {
        code: text
        for code, text in wordings.items()
        if text and text.en == missing[code] and (code in labelled or text != Text.same(text.en))
    }


def merge_codebooks(own: Codebook, by_hand: Codebook | None, columns: Collection[str]) -> Codebook:
    """Return the sets, title, languages and steps of a file, completed by a codebook."""
    # a question with several answers is left out where one of its columns was not read
    given = Codebook() if by_hand is None else by_hand
    return replace(
        own,
        sets={
            name: item
            for name, item in {**own.sets, **given.sets}.items()
            if set(item.columns) <= set(columns)
        },
        title=given.title or own.title,
        languages=given.languages or own.languages,
        steps=(*own.steps, *given.steps),
    )


def is_synthetic(own: Codebook, by_hand: Codebook | None) -> bool:
    """Return whether data are synthetic, by their file or by their codebook."""
    return own.origin.synthetic or (by_hand is not None and by_hand.origin.synthetic)
