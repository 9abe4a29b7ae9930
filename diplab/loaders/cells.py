"""Cells of text turned into answers: numbers, words, dates, and missing codes.

Every format that comes as text (CSV, Excel, LimeSurvey, Qualtrics, Kobo, forms) ends here: its loader says which
columns there are and what they mean, and `microdata_of_cells` does the rest, the codebook given by hand included.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.errors import suggestion
from diplab.loaders.dates import DateKind, Family, dates_from_numbers, parse_dates
from diplab.loaders.notices import WORDS, column_notice, listed
from diplab.loaders.source import Request, SourceFile, chosen_columns, refused
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.identifiers import identifying_at_a_glance
from diplab.microdata.microdata import LinkedTable, Microdata
from diplab.microdata.missing import SYSTEM, MissingCodes, missing_codes, unanswered
from diplab.microdata.variable import Code, Storage, Variable, as_code, code_written
from diplab.reference.text import Text

NUMBER = re.compile(r"[-+\u2212]?(?=\.?\d)(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d+)?")
"""A number with a decimal point; with a leading zero it would be a code (a postcode, a department)."""
NUMBER_WITH_COMMA = re.compile(r"[-+\u2212]?(?=,?\d)(?:0|[1-9]\d*)?(?:,\d*)?")  # a number with a decimal comma
NO_NUMBER = frozenset({"NA", "NaN", "nan", "."})
"""What R, Python and Stata write for no number; in a column of words these stay words."""
_SPACES = re.compile(r"[ \u00a0\u2009\u202f]")
_IN_SPACED_GROUPS = re.compile(r"[-+\u2212]?[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f]\d{3})+(?:[.,]\d*)?")
_IN_COMMA_GROUPS = re.compile(r"[-+\u2212]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_ALL_PLAIN = re.compile(rf"(?:{NUMBER.pattern}\n)*+")
_BEGINNING = re.compile(r"[-+\u2212.,\d]")
_MARK = re.compile("[.,eE]")
_EXACT_DIGITS = 15
FORMULA = re.compile(r"(?:'++|(?!-[\d., ]*+$|\+[\d., ()/-]*+$))[=+\-@\t\r]")
"""How words begin that a spreadsheet takes for a formula, or that would look escaped; numbers and phones are none."""
_ESCAPED = re.compile(r"'(?='*+[=+\-@\t\r])")


@dataclass(frozen=True)
class WrittenNumbers:
    """The numbers parsed from words."""

    values: NDArray[np.float64]  # NaN where the word is no number
    comma: NDArray[np.bool_]  # true where it has a decimal comma
    grouped: NDArray[np.bool_]  # true where it has marks between thousands
    integers: bool  # true where all are written without a decimal mark or an exponent


def written_numbers(words: NDArray[Any], *, comma: bool, exact: bool = False) -> WrittenNumbers:
    """Parse the numbers among the distinct words of one column."""
    # more than fifteen digits are an identifier; marks between thousands are read where they can be nothing else
    none = np.zeros(len(words), dtype=bool)
    if not exact and (simple := _all_plain(words)) is not None:
        return WrittenNumbers(simple, none, none, not _MARK.search(" ".join(words)))
    values, commas = np.full(len(words), np.nan), none.copy()
    integers = True
    for place, word in enumerate(words):
        if not exact and not _BEGINNING.match(word):
            continue
        if NUMBER.fullmatch(word):
            if exact or not _identifies(word):
                values[place] = _float(word)
                integers = integers and not _MARK.search(word)
        elif comma and NUMBER_WITH_COMMA.fullmatch(word):
            values[place] = _float(word.replace(",", "."))
            commas[place] = True
            integers = False
        elif exact and word in {"inf", "-inf"}:
            values[place] = float(word)
            integers = False
    return _with_groups(words, WrittenNumbers(values, commas, none.copy(), integers), comma=comma)


def _all_plain(words: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return the numbers where all words are simple ones, in one search for all words."""
    filled = [word for word in words if word and word not in NO_NUMBER]
    lines = "\n".join([*filled, ""])
    if lines.count("\n") > len(filled) or not _ALL_PLAIN.fullmatch(lines):
        return None
    if filled and max(map(len, filled)) > _EXACT_DIGITS and any(map(_identifies, filled)):
        return None
    numbers = map(float, lines.replace("\u2212", "-").split())
    if len(filled) == len(words):
        return np.fromiter(numbers, dtype=np.float64, count=len(words))
    return np.array([next(numbers) if word and word not in NO_NUMBER else np.nan for word in words], dtype=np.float64)


def _float(word: str) -> float:
    return float(word.replace("\u2212", "-"))


def _identifies(word: str) -> bool:
    return len(word) > _EXACT_DIGITS and len(bare := word.lstrip("-+\u2212")) > _EXACT_DIGITS and bare.isdigit()


def _with_groups(words: NDArray[Any], parsed: WrittenNumbers, *, comma: bool) -> WrittenNumbers:
    """Add the numbers with marks between thousands, where they can be nothing else."""
    open_places = [at for at in np.flatnonzero(np.isnan(parsed.values)).tolist() if _BEGINNING.match(words[at])]
    spaced = [at for at in open_places if _IN_SPACED_GROUPS.fullmatch(words[at]) and (comma or "," not in words[at])]
    by_comma = [at for at in open_places if _IN_COMMA_GROUPS.fullmatch(words[at])]
    with_point = any("." in words[at] for at in by_comma)
    by_comma += np.flatnonzero(parsed.comma).tolist()
    numbers = [words[at] for at in np.flatnonzero(~np.isnan(parsed.values))]
    bare_digits = {at: _SPACES.sub("", words[at]) for at in spaced}
    if not spaced or not _are_amounts([*bare_digits.values(), *numbers]):
        if not with_point or not all(_IN_COMMA_GROUPS.fullmatch(words[at]) for at in by_comma):
            return parsed
        bare_digits = {at: words[at].replace(",", "") for at in by_comma}
    for at, bare in bare_digits.items():
        parsed.comma[at] = "," in bare
        parsed.values[at] = _float(bare.replace(",", "."))
        parsed.grouped[at] = True
    return replace(parsed, integers=parsed.integers and not any(_MARK.search(bare) for bare in bare_digits.values()))


def _are_amounts(numbers: Sequence[str]) -> bool:
    """Return whether numbers are of several lengths, or have decimals: codes and telephones have one length."""
    lengths = {len(re.split("[.,]", word.lstrip("-+\u2212"))[0]) for word in numbers}
    return len(lengths) > 1 or any("," in word or "." in word for word in numbers)


_EXACT, _TOO_LARGE = 2**53, 2**63
"""From the first not every whole number is a float; from the second none is an integer of 64 bits."""
TRUTH = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0, "vrai": 1.0, "faux": 0.0}
"""Spellings of true and false in a column whose codebook says `storage = "boolean"`."""
_FEW = 60


@dataclass(frozen=True)
class Answers:
    """The answers of one column."""

    column: pd.Series[Any]  # its answers; missing ones are NaN (NaT)
    reasons: Mapping[str, int]  # missing answers by reason
    missing: MissingCodes | None  # the missing code in each cell, where there is one
    comma: bool = False  # true where its numbers have a decimal comma
    grouped: bool = False  # true where its numbers have spaces or commas between thousands


def microdata_of_cells(
    source: SourceFile,
    request: Request,
    cells: Mapping[str, NDArray[Any]],
    own: Codebook,
    *,
    reader: str,
    comma: bool = False,
    notices: tuple[Text, ...] = (),
    linked: Mapping[str, LinkedTable] | None = None,
) -> Microdata:
    """Return microdata from columns of text, of which the columns and rows of the call are taken."""
    # the `storage` of a variable in `own` decides what its cells are; where it is empty, the cells do
    if source.path.name in request.written and request.written[source.path.name].escaped:
        cells = {
            name: np.array([_ESCAPED.sub("", word, count=1) if word[:1] == "'" else word for word in words], object)
            for name, words in cells.items()
        }
    chosen = chosen_columns(source, request, list(cells))
    variables = merge_variables(
        {name: own.variables.get(name, Variable(name)) for name in chosen}, request.codebook, source
    )
    taken = slice(None) if request.rows is None else slice(request.rows.start, request.rows.stop)
    answers = {name: answers_in(cells[name][taken], variables[name], comma=comma) for name in chosen}
    grouped = [name for name, each in answers.items() if each.grouped]
    decimal = ", decimal comma" if any(each.comma for each in answers.values()) else ""
    known = replace(own, variables=variables)
    if grouped:
        notices = (*notices, WORDS("notice.thousands", names=listed([f"`{name}`" for name in grouped])))
    return microdata_of_columns(
        source, request, answers, known, reader=reader + decimal, notices=notices, linked=linked
    )


def microdata_of_columns(
    source: SourceFile,
    request: Request,
    answers: Mapping[str, Answers],
    own: Codebook,
    *,
    reader: str,
    notices: tuple[Text, ...] = (),
    linked: Mapping[str, LinkedTable] | None = None,
) -> Microdata:
    """Return microdata from columns that were read; `own` has their variables, as the codebook corrects them."""
    synthetic = is_synthetic(own, request.codebook)
    origin = Origin(source.path.name, source.sha256, reader, synthetic, own.origin.date, notices)
    reasons = {name: each.reasons for name, each in answers.items() if each.reasons}
    codebook = replace(merge_codebooks(own, request.codebook, list(answers)), origin=origin, reasons=reasons)
    # Kept as they are, a million answers are not copied; of many columns pandas makes one block, or warns later.
    columns = {name: each.column for name, each in answers.items()}
    frame = pd.DataFrame(columns, copy=len(columns) > _FEW)
    missing = {name: each.missing for name, each in answers.items() if each.missing is not None}
    return _point_out(Microdata(frame, codebook, missing, linked or {}), request)


def _point_out(data: Microdata, request: Request) -> Microdata:
    """Add a notice on the columns that identify people, unless the call keeps them, or diplab wrote the file."""
    known = {} if request.codebook is None else request.codebook.variables
    if request.private or (request.written and set(data.frame) <= set(known)):
        return data
    origin = data.codebook.origin
    notices = (*origin.notices, *column_notice("identifying.seen", identifying_at_a_glance(data)))
    return replace(data, codebook=replace(data.codebook, origin=replace(origin, notices=notices)))


def answers_in(cells: NDArray[Any], variable: Variable, *, comma: bool) -> Answers:
    """Return a column of text as answers."""
    places, distinct = pd.factorize(cells)
    bare = np.array([*map(str.strip, map(str, distinct))], dtype=object)
    written = written_numbers(bare, comma=comma, exact=variable.storage in ("whole", "number"))
    empty = bare == ""
    codes = _codes(bare, written.values, variable)
    declared = np.array([code is not None for code in codes], dtype=bool)
    missing = _missing(codes, places)
    reasons = {} if missing is None else dict(missing.reasons(variable))
    answered = ~(declared | empty)
    numeric = answered & ~pd.Series(bare, dtype=object).isin(NO_NUMBER).to_numpy()
    dated = variable.storage in ("date", "moment", "time")
    coded = not variable.storage and any(isinstance(code, str) for code in variable.values)
    of_words = dated or coded or variable.storage == "words"
    numbers = None if of_words else _numbers_or_booleans(bare, written, numeric, variable)
    if numbers is None:
        words = np.where(answered, distinct, "")
        # one moment that cannot be read leaves all as words
        stored = parse_dates(words, variable.storage) if dated else None
        column = (words_of(words) if stored is None else stored).take(places).reset_index(drop=True)
        return Answers(column, with_system(reasons, int(empty[places].sum())), missing)
    empty_count = int((~numeric & ~declared)[places].sum())
    comma, grouped = (bool((each & numeric).any()) for each in (written.comma, written.grouped))
    return Answers(pd.Series(numbers[places]), with_system(reasons, empty_count), missing, comma, grouped)


def _numbers_or_booleans(
    words: NDArray[Any], written: WrittenNumbers, numeric: NDArray[np.bool_], variable: Variable
) -> NDArray[Any] | None:
    """Return distinct words as numbers or truth values; None where they are words."""
    if variable.storage == "boolean" and all(word.casefold() in TRUTH for word in words[numeric]):
        truth = np.array([TRUTH.get(word.casefold(), np.nan) for word in words], dtype=float)
        return truth.astype(bool) if numeric.all() else np.where(numeric, truth, np.nan)
    # A comma in one answer and a point in another leave in doubt which of them marks thousands.
    mixed = bool(written.comma[numeric].any()) and any("." in word for word in words[numeric])
    if np.isnan(written.values[numeric]).any() or mixed:
        return None
    wanted = variable.storage == "whole" or (not variable.storage and len(words))
    largest = np.abs(written.values).max(initial=0) if numeric.all() and written.integers else np.inf
    if not wanted or largest >= _TOO_LARGE:
        return np.where(numeric, written.values, np.nan)
    if largest >= _EXACT:
        return np.array([int(word.replace("\u2212", "-")) for word in words], dtype=np.int64)
    return written.values.astype(np.int64)


def words_of(values: NDArray[Any]) -> pd.Series[str]:
    """Return words as a pandas column of text, the empty ones missing."""
    blank = np.array([not word for word in values], dtype=bool)
    return pd.Series(np.where(blank, np.nan, values), dtype=pd.StringDtype(na_value=np.nan))


def _codes(words: NDArray[Any], numbers: NDArray[np.float64], variable: Variable) -> list[Code | None]:
    """Return, for each distinct word, the missing code that it is, as the codebook writes it; None for an answer."""
    if not variable.missing and not variable.missing_ranges:
        return [None] * len(words)
    codes: list[Code | None] = []
    for word, number in zip(words, numbers.tolist(), strict=True):
        if word and variable.why(word) is not None:
            codes.append(word)
        elif not np.isnan(number) and variable.why(number) is not None:
            codes.append(as_code(number))
        else:
            codes.append(None)
    return codes


def _missing(codes: list[Code | None], places: NDArray[np.intp]) -> MissingCodes | None:
    of_word, distinct = pd.factorize(np.array(codes, dtype=object))
    if not len(distinct):
        return None
    size: type[np.integer[Any]] = np.int8 if len(distinct) <= np.iinfo(np.int8).max else np.int32
    return MissingCodes(tuple(distinct), of_word.astype(size)[places])


def with_system(reasons: Mapping[str, int], count: int) -> dict[str, int]:
    """Return reasons with so many answers that are missing without one."""
    return {**reasons, **({SYSTEM: count} if count else {})}


def answers_from_values(
    values: NDArray[Any], letters: NDArray[Any] | None, variable: Variable, kind: DateKind = "", family: Family = "spss"
) -> Answers:
    """Return a stored column as answers."""
    if values.dtype == object:
        missing_answers = unanswered(values, variable, empty=np.array([not word for word in values], dtype=bool))
        words = words_of(np.where(missing_answers.declared, "", values))
        return Answers(words, missing_answers.reasons, missing_codes(values, missing_answers.declared))
    empty = np.asarray(pd.isna(values))
    missing_answers = unanswered(values, variable, empty=empty)
    reasons, declared = missing_answers.reasons, missing_answers.declared
    if letters is None:
        codes = missing_codes(values, declared)
    else:
        tagged = unanswered(letters.astype(object), variable, empty=letters == "")
        system = int((empty & ~tagged.declared).sum())
        reasons = dict(Counter({**tagged.reasons, SYSTEM: 0}) + Counter({**reasons, SYSTEM: system}))
        codes = missing_codes(np.where(tagged.declared, letters.astype(object), values), declared | tagged.declared)
    numbers = np.where(declared, np.nan, values) if declared.any() else values
    dated = dates_from_numbers(numbers.astype(np.float64), kind, family) if kind else None
    return Answers(pd.Series(numbers, copy=False) if dated is None else dated, reasons, codes)


_STORAGE_OF_TYPE: dict[str, Storage] = {
    "string": "words", "empty": "words", "boolean": "boolean", "integer": "whole", "floating": "number",
    "mixed-integer-float": "number", "datetime": "moment", "datetime64": "moment", "date": "date", "time": "time",
}  # fmt: skip
"""What answers are, by the name that pandas gives to their type."""


def storage_kind(column: pd.Series[Any]) -> Storage:
    """Return what the answers of a column are; nothing where they are of several kinds."""
    dtype = column.dtype
    answers = pd.Series(dtype.categories) if isinstance(dtype, pd.CategoricalDtype) else column.dropna()
    kind = _STORAGE_OF_TYPE.get(pd.api.types.infer_dtype(answers), "")
    # pandas takes moments for days where there are days among them
    return "" if kind == "date" and any(isinstance(each, dt.datetime) for each in answers) else kind


def code_words(codes: MissingCodes) -> NDArray[Any]:
    """Return the missing code of each cell in words; nothing where there is none."""
    words: NDArray[Any] = np.array([*map(code_written, codes.codes), ""], dtype=object)[codes.places]
    return words


def codes_by_cell(missing: MissingCodes | None, rows: int) -> NDArray[Any]:
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
    return {
        name: merge_variable(variable, codebook.variables[name]) if name in codebook else variable
        for name, variable in variables.items()
    }


_COMPLETED = ("label", "question", "missing_ranges", "group", "part_of", "storage", "unit")


def merge_variable(own: Variable, by_hand: Variable) -> Variable:
    """Return a variable as its file has it, corrected and completed by a codebook, which wins."""
    # a code that the codebook labels as an answer is no longer missing; the label of a missing code is its reason
    labels = {**own.values, **by_hand.values}
    missing = {code: reason for code, reason in own.missing.items() if code not in by_hand.values}
    missing |= {code: reason or missing.get(code, "") for code, reason in by_hand.missing.items()}
    missing = {code: reason or (labels[code].en if code in labels else "") for code, reason in missing.items()}
    completed = {name: getattr(by_hand, name) or getattr(own, name) for name in _COMPLETED}
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
    """Return the wordings of missing codes that differ between languages: their labels, where they were answers."""
    labelled = {**own.missing_labels, **by_hand.missing_labels}
    wordings = {code: labelled.get(code) or labels.get(code) for code in missing}
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
        sets={name: each for name, each in {**own.sets, **given.sets}.items() if set(each.columns) <= set(columns)},
        title=given.title or own.title,
        languages=given.languages or own.languages,
        steps=(*own.steps, *given.steps),
    )


def is_synthetic(own: Codebook, by_hand: Codebook | None) -> bool:
    """Return whether data are synthetic, by their file or by their codebook."""
    return own.origin.synthetic or (by_hand is not None and by_hand.origin.synthetic)
