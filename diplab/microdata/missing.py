"""Missing answers, their codes and reasons; and whether answers are codes or amounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.errors import MisleadingError, OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.display import WORDS
from diplab.microdata.frames import check_columns
from diplab.microdata.search import fold_accents, lexicon, lexicon_file
from diplab.microdata.variable import (
    Code,
    Variable,
    as_code,
    by_text,
    code_text,
    code_written,
    filled,
    labels_of_answers,
    positions,
    without,
)
from diplab.reference.display import Displayed
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata

SYSTEM = "system"  # the reason of an answer that is missing without a code


@dataclass(frozen=True)
class Unanswered:
    """The missing answers of a column, with reasons."""

    declared: Booleans  # true if the answer is a code that the codebook declares missing
    reasons: dict[
        str, int
    ]  # counts of missing answers by reason, `system` for those without a code


def unanswered(values: NDArray[Any], variable: Variable, *, empty: Booleans) -> Unanswered:
    """Find the answers of a column that are missing, declared or not."""
    # a code without a reason is counted under the code, a range without one under `low to high`
    declared = np.zeros(len(values), dtype=bool)
    reasons: dict[str, int] = {}
    words = values.dtype.kind in "OUS"

    def mark(cells: Booleans, reason: str) -> None:
        fresh = cells & ~declared & ~empty
        if fresh.any():
            reasons[reason] = reasons.get(reason, 0) + int(fresh.sum())
            declared[fresh] = True

    for code, reason in variable.missing.items():
        if isinstance(code, str) == words:
            mark(np.asarray(values == code, dtype=bool), reason or code_written(code))
    if not words:
        for missing_range in variable.missing_ranges:
            span = (values >= missing_range.low) & (values <= missing_range.high)
            mark(
                span,
                missing_range.reason
                or f"{code_written(missing_range.low)} to {code_written(missing_range.high)}",
            )
    if empty.any():
        reasons[SYSTEM] = reasons.get(SYSTEM, 0) + int(empty.sum())
    return Unanswered(declared, reasons)


@dataclass(frozen=True, eq=False)
class MissingCodes:
    """The missing codes of a column: distinct codes as in the file (99, `.a`), and their rows."""

    # an index is -1 for an answer and for a cell without a code
    codes: tuple[Code, ...]
    places: NDArray[np.integer[Any]]

    def __len__(self) -> int:
        return len(self.places)

    def take(self, rows: NDArray[Any]) -> MissingCodes:
        """Return the codes of a subset of rows, given by index or by true and false."""
        return MissingCodes(self.codes, self.places[rows])

    def reasons(self, variable: Variable) -> Mapping[str, int]:
        """Return the counts of missing cells by reason."""
        counts = np.bincount(self.places[self.places >= 0], minlength=len(self.codes))
        counted: dict[str, int] = {}
        for code, count in zip(self.codes, counts.tolist(), strict=True):
            if count:
                reason = variable.why(code) or str(code)
                counted[reason] = counted.get(reason, 0) + count
        return counted


ANSWERED = (
    "answered"  # the category of rows with an answer, in addition to the reasons of the others
)


@dataclass(frozen=True, eq=False, repr=False)
class ReasonCounts(Displayed):
    """Unweighted counts of rows with an answer to each variable, and without one by reason.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per variable and category: `variable`, `category` (`answered`, then the reasons;
        `system` is a missing answer without a reason), `count` of rows, and `n`, the rows of the
        file.
    codebook : Codebook
        Labels of the variables and of the categories; origin of the file.
    """

    frame: pd.DataFrame
    codebook: Codebook

    @property
    def base(self) -> Text:
        """The denominator in words."""
        return WORDS("missing.rows_of_file")

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return self.frame.to_string(index=False)


class MissingAnswers(Mapping[str, MissingCodes]):
    """The missing answers of a file: codes by column; called, counts by reason.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> book = dl.Codebook(reasons={"pay": {"refused": 2}})
    >>> people = dl.Microdata(pd.DataFrame({"pay": [10.0, None, None]}), book)

    >>> people.missing("pay").frame[["category", "count"]].values.tolist()
    [['answered', 1], ['refused', 2]]
    >>> dict(people.missing)
    {}
    """

    def __init__(self, data: Microdata, codes: Mapping[str, MissingCodes]) -> None:
        self._data, self._codes = data, codes

    def __getitem__(self, name: str) -> MissingCodes:
        return self._codes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def __repr__(self) -> str:
        return f"<missing codes of {len(self)} columns>"

    def __call__(self, *variables: str) -> ReasonCounts:
        """Count the rows of the file with an answer, and without one by reason.

        Rows are counted without weights. For weighted shares with standard errors, by domain, write
        `data.with_reasons("pay")` before the design is declared, then `estimate(sample,
        share("pay_reason"), by=...)`.

        Parameters
        ----------
        *variables : str
            Columns; by default, all with reasons in the codebook.

        Returns
        -------
        ReasonCounts
            For `dl.table`, `dl.chart` or a notebook, with its numbers in `.frame`.

        Raises
        ------
        ColumnError
            Where a column does not exist.
        OptionError
            Where no column is named and the codebook knows no reason, or the answers are not in
            memory.
        """
        data = self._data

        def gaps(names: Sequence[str]) -> tuple[int, list[int]]:
            frame = check_columns(data, *names)
            return len(frame), [int(frame[name].isna().sum()) for name in names]

        return count_by_reason(data.codebook, variables, gaps)


def count_by_reason(
    codebook: Codebook,
    variables: Sequence[str],
    gaps: Callable[[Sequence[str]], tuple[int, Sequence[int]]],
) -> ReasonCounts:
    """Return counts of rows by variable and reason; `gaps` gives rows and missing answers."""
    # reasons of other rows than these are not counted: the missing answers have none
    names = list(variables) or list(codebook.reasons)
    if not names:
        raise OptionError(
            "`missing()` names no column, and the codebook has no reason.",
            write="Write for example `missing('income')`.",
        )
    rows, absent = gaps(names)
    records = []
    for name, gap in zip(names, absent, strict=True):
        known = codebook.reasons.get(name, {})
        reasons = known if sum(known.values()) == gap else {SYSTEM: gap}
        counts = {ANSWERED: rows - gap, **filled(reasons)}
        records += [(name, category, count, rows) for category, count in counts.items()]
        own = codebook.variable(name)
        labels = {reason: reason_words(own, reason) for reason in counts} | {
            ANSWERED: WORDS("missing.answered")
        }
        codebook = codebook.described(name, values={**own.values, **labels})
    return ReasonCounts(
        pd.DataFrame(records, columns=["variable", "category", "count", "n"]), codebook
    )


def missing_codes(values: NDArray[Any], declared: Booleans) -> MissingCodes | None:
    """Return the codes of the cells that are declared missing, or None."""
    if not declared.any():
        return None
    inverse, found = pd.factorize(values[declared])
    distinct = list(map(as_code, found.tolist()))
    order = sorted(set(distinct), key=lambda code: (isinstance(code, str), code))
    size: type[np.integer[Any]] = np.int8 if len(order) < np.iinfo(np.int8).max else np.int32
    places: NDArray[np.integer[Any]] = np.full(len(values), -1, dtype=size)
    places[declared] = np.array(list(map(order.index, distinct)), dtype=size)[inverse]
    return MissingCodes(tuple(order), places)


def count_reasons(
    frame: pd.DataFrame,
    codebook: Codebook,
    missing: Mapping[str, MissingCodes],
    names: Iterable[str] | None = None,
) -> Codebook:
    """Return a codebook with the reasons of missing answers recounted."""
    # reasons without codes stay if their total is still right
    counted = {name: reasons for name, reasons in codebook.reasons.items() if name in frame.columns}
    for name in frame.columns if names is None else names:
        absent, known = int(frame[name].isna().sum()), counted.pop(name, {})
        if name in missing:
            reasons = dict(missing[name].reasons(codebook.variable(name)))
        else:
            reasons = dict(known) if sum(known.values()) == absent else {}
        rest = absent - sum(reasons.values())
        if rest > 0:
            reasons[SYSTEM] = reasons.get(SYSTEM, 0) + rest
        if reasons:
            counted[name] = reasons
    return replace(codebook, reasons=counted)


_SPAN = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?|-inf) to (-?[\d.]+(?:e[+-]?\d+)?|inf)")
"""A range of codes without a reason, as counted (`90 to 97`)."""


def reason_words(variable: Variable | None, reason: str) -> Text:
    """Return a reason in the words of the survey, or else in the usual ones."""
    if variable is not None:
        for code, label in variable.missing_labels.items():
            if label and variable.why(code) == reason:
                return label
    if span := _SPAN.fullmatch(reason):
        return WORDS("missing.code_range", low=span[1], high=span[2])
    return WORDS.section("missing_reason").get(reason, Text.same(reason))


def reasons_by_row(data: Microdata, name: str) -> tuple[NDArray[np.intp], list[tuple[Code, str]]]:
    """Return the index of the reason of each row (-1 for an answer), and (code, reason) pairs."""
    # cells without a code come last, as `("", "system")`
    absent = data.frame[name].isna().to_numpy(dtype=bool)
    variable, cells = data.codebook.variable(name), data.missing.get(name)
    places = np.full(len(absent), -1, dtype=np.intp)
    reasons: list[tuple[Code, str]] = []
    if cells is not None:
        order = positions(variable.missing)
        used = np.unique(cells.places[absent & (cells.places >= 0)]).tolist()
        for at in sorted(used, key=lambda at: order.get(cells.codes[at], len(order))):
            code = cells.codes[at]
            places[absent & (cells.places == at)] = len(reasons)
            reasons.append((code, variable.why(code) or str(code)))
    rest = absent & (places < 0)
    if rest.any():
        places[rest] = len(reasons)
        reasons.append(("", SYSTEM))
    return places, reasons


def rows_missing_for(data: Microdata, name: str, is_meant: Callable[[str], bool]) -> Booleans:
    """Return the rows with a missing code whose reason is of a kind; empty if there is none."""
    cells = data.missing.get(name)
    if cells is None:
        return np.zeros(len(data.frame), dtype=bool)
    variable = data.codebook.variable(name)
    return np.isin(
        cells.places,
        [at for at, code in enumerate(cells.codes) if is_meant(variable.why(code) or "")],
    )


@dataclass(frozen=True, eq=False)
class MissingCause:
    """A reason why a number could not be computed."""

    code: Code
    label: Text
    rows: Booleans


def carry_reasons(
    data: Microdata,
    frame: pd.DataFrame,
    codebook: Codebook,
    new: Sequence[str],
    sources: str | Sequence[str],
    causes: Sequence[MissingCause] = (),
) -> Microdata:
    """Return data with new columns of numbers, and a reason for each missing value."""
    # the first of the `sources` with a reason gives it; `causes` explain the rest
    every = [*causes_of_sources(data, (sources,) if isinstance(sources, str) else sources), *causes]
    missing = without(data.missing, new)
    for name in new:
        absent = frame[name].isna().to_numpy()
        places = np.full(len(absent), -1, dtype=np.int32)
        labels: dict[Code, Text] = {}
        for figure in every:
            here = absent & (places < 0) & figure.rows
            if here.any():
                labels.setdefault(figure.code, figure.label)
                places[here] = list(labels).index(figure.code)
        if labels:
            missing[name] = MissingCodes(tuple(labels), places)
            reasons = {}
            for code, label in labels.items():
                reasons[code] = label.en
            codebook = codebook.described(name, missing=reasons, missing_labels=labels)
    return replace(
        data, frame=frame, codebook=count_reasons(frame, codebook, missing, new), missing=missing
    )


def causes_of_sources(data: Microdata, sources: Sequence[str]) -> list[MissingCause]:
    """Return the missing answers of columns by code, in order."""
    causes = []
    for name in sources:
        cells, variable = data.missing.get(name), data.codebook.variable(name)
        if cells is not None:
            labels = {}
            for code in cells.codes:
                labels[code] = Text.same(variable.why(code) or str(code))
            labels |= variable.missing_labels
            causes += [
                MissingCause(code, labels[code], cells.places == at)
                for at, code in enumerate(cells.codes)
            ]
    return causes


def recode_missing(
    data: Microdata,
    name: str,
    answered: Booleans,
    dropped: Sequence[Any],
    rules: Mapping[Any, Any],
    taken: Collection[Any],
) -> tuple[MissingCodes | None, dict[Code, str]]:
    """Return the missing codes of a recoded column and their reasons; `rules` may recode some."""
    # `dropped` answers are added, with their label as reason, under a code that is not `taken`
    column, variable, before = (
        data.frame[name],
        data.codebook.variable(name),
        data.missing.get(name),
    )
    labels = labels_with_reasons(variable)
    again = set()
    for code, value in rules.items():
        if value is not None:
            again.add(code_text(code))
    reasons = {code: why for code, why in variable.missing.items() if code_text(code) not in again}
    codes: list[Code] = [] if before is None else list(before.codes)
    places = (
        np.full(len(column), -1, dtype=np.int64)
        if before is None
        else before.places.astype(np.int64)
    )
    places[answered] = -1
    for code in dropped:
        places[(column == code).to_numpy(dtype=bool, na_value=False)] = len(codes)
        new = _unused_code(code, {*taken, *codes}, reasons)
        codes.append(new)
        reasons[new] = labels[code_text(code)].en if code_text(code) in labels else ""
    if not (places >= 0).any():
        return None, reasons
    for code in (code for code in codes if code not in reasons and code_text(code) not in again):
        reasons[code] = variable.why(code) or ""
    seen = np.unique(places[places >= 0])
    return MissingCodes(
        tuple(codes[at] for at in seen.tolist()),
        np.where(places >= 0, np.searchsorted(seen, places), -1).astype(np.int32),
    ), reasons


def labels_with_reasons(variable: Variable) -> dict[str, Text]:
    """Return labels by the text of their code; for a missing code, its reason."""
    labels = by_text(variable.values)
    for code, why in variable.missing.items():
        if why:
            labels[code_text(code)] = Text.same(why)
    return labels


def _unused_code(code: Any, taken: Collection[Any], declared: Collection[Any]) -> Any:
    """Return a code, or the first unused one below zero if it is a new answer."""
    if code not in taken:
        return code
    used = {*taken, *declared}
    if isinstance(code, str):
        return next(
            word for dots in range(1, len(used) + 2) if (word := "." * dots + code) not in used
        )
    return next(-position for position in range(1, len(used) + 2) if -position not in used)


_CODES_FOR_NONE, _BESIDE_NINE, _NEGATIVE_CODES = map(
    frozenset, lexicon_file()["missing_codes"].values()
)


def may_hold_missing_codes(lowest: float, highest: float) -> bool:
    """Return whether the lowest or highest number may be a missing code."""
    return highest in _CODES_FOR_NONE or lowest in _NEGATIVE_CODES


def codes_like_missing(distinct: Floats) -> list[float]:
    """Return the numbers that look like missing codes: at one end, far from all others."""
    # they are further from the next answer than the range of all answers; or the only negative
    # numbers, unless they are half of a scale such as -2 to 2. `distinct` is increasing
    if len(distinct) < 4:
        return []
    odd: set[float] = set()
    negative = set(distinct[distinct < 0].tolist())
    if negative <= _NEGATIVE_CODES and len(negative) <= 3 and not _is_scale_around_zero(distinct):
        odd |= negative
    rest = distinct[distinct >= 0].tolist()
    top: list[float] = []
    while len(rest) > 3 and (
        rest[-1] in _CODES_FOR_NONE or (9.0 in top and rest[-1] in _BESIDE_NINE)
    ):
        top.append(rest.pop())
        if top[-1] - rest[-1] > max(rest[-1] - rest[0], 1.0):
            odd |= set(top)
    return sorted(odd)


def _is_scale_around_zero(distinct: Floats) -> bool:
    """Return whether numbers are a scale around 0: consecutive integers, symmetric or lower."""
    lowest = float(distinct[0])
    below = distinct[distinct <= 0]
    return (
        len(below) == 1 - lowest and bool((below % 1 == 0).all()) and float(distinct[-1]) <= -lowest
    )


Level: TypeAlias = Literal["nominal", "ordinal", "unstated", "amount"]
"""Codes that are unordered, ordered or of unknown order; and amounts."""
_FEWEST_POINTS = 3


def labelled_codes(variable: Variable) -> tuple[Code, ...]:
    """Return codes with an informative label, except missing ones; empty for a scale."""
    if variable.measure == "scale" or is_rating_scale(variable):
        return ()
    stated = variable.measure != "unknown"
    return tuple(
        code
        for code, label in labels_of_answers(variable).items()
        if stated or not _repeats(code, label)
    )


def level_of(variable: Variable, holds_only: Callable[[tuple[Code, ...]], bool]) -> Level:
    """Return the kind of answers of a column: codes if the codebook labels them all, or amounts."""
    codes = labelled_codes(variable)
    # 0 and 1 are amounts: their mean is a share
    if not codes or not holds_only(codes) or (not {0, 1}.isdisjoint(codes) and holds_only((0, 1))):
        return "amount"
    unanswered = codes_for_no_answer(variable)
    # two answers have no order, whatever the codebook calls them
    if variable.measure == "nominal" or len(set(codes) - set(unanswered)) < _FEWEST_POINTS:
        return "nominal"
    if variable.measure == "ordinal":
        return "ordinal"
    return "unstated"


_FEW = 10  # up to this number of distinct integers without labels, they are treated as codes


def few_whole_numbers(distinct: Collection[float]) -> bool:
    """Return whether numbers are few integers."""
    return len(distinct) <= _FEW and all(float(answer).is_integer() for answer in distinct)


def look_like_codes(distinct: Collection[float], answers: int) -> bool:
    """Return whether unlabelled numbers look like codes: few integers, each frequent."""
    return few_whole_numbers(distinct) and answers > _FEW * len(distinct)


def lie_close(distinct: Collection[float]) -> bool:
    """Return whether non-negative integers are dense, as codes are and ages or amounts are not."""
    codes = [answer for answer in distinct if answer not in _CODES_FOR_NONE or answer < _FEW]
    return bool(codes) and min(distinct) >= 0 and max(codes) - min(codes) < 3 * len(codes)


def refuse_codes(data: Microdata, name: str) -> None:
    """Raise an error for a column of codes, such as income deciles, where amounts are needed."""
    variable = data.codebook.variable(name)
    if name not in data.frame.columns:
        return  # declared by the user
    answers = data.frame[name].dropna()
    if level_of(variable, lambda codes: bool(answers.isin([*codes]).all())) == "amount":
        return
    first = labelled_codes(variable)[0]
    found = f"They are codes ({code_text(first)} is '{variable.values[first].en}'), not amounts."
    raise MisleadingError(
        f"The codes of `{name}` would be treated as amounts.",
        found,
        f"Write the amount of each: `data.recode({name!r}, amounts={{...}}, "
        f"into={f'{name}_amount'!r})`, or bands as "
        f"two columns; for codes that are amounts, `data.described({name!r}, measure='scale')`.",
    )


def is_rating_scale(variable: Variable) -> bool:
    """Return whether answers are points of a scale, with labels at its ends only."""
    # a point in the middle may have a label too, and codes for no answer are not points
    if variable.measure == "ordinal":
        return False
    unanswered = codes_for_no_answer(variable)
    points = sorted(
        (float(code), label)
        for code, label in labels_of_answers(variable).items()
        if not isinstance(code, str) and code not in unanswered
    )
    if len(points) < _FEWEST_POINTS:
        return False
    in_words = []
    for code, label in points:
        in_words.append(not _repeats(code, label))
    return (in_words[0] or in_words[-1]) and sum(in_words[1:-1]) <= (
        len(points) - 2
    ) // _FEWEST_POINTS


def _repeats(code: Code, label: Text) -> bool:
    """Return whether a label only repeats its code: `3`, `03`, `3.`, `(3)`."""
    written = [text.strip().strip(".()[]").strip() for text in (label.fr, label.en) if text]
    return all(re.sub(r"^(-?)0+(?=\d)", r"\1", item) == code_text(code) for item in written)


_OWN_CODE = re.compile(
    r"[\s(\[<]*-?\d+[\s\])>.:=-]+(?=[^\W\d_]|[(\[<])"
)  # `-9. Refused`, `[99] Refused`
_BETWEEN = re.compile(r"[/,;()]|\s-\s|\b(?:ou|or|oder|and|et)\b")
_AROUND = ' .*!?<>[]()"«»\u00a0-'


_MANY_LABELS, _AT_ENDS = 1_000, 50


def codes_for_no_answer(variable: Variable) -> dict[Code, Text]:
    """Return codes that are answers in the file but are labelled as no answer, with labels."""
    labels = list(variable.values.items())
    if (
        len(labels) > _MANY_LABELS
    ):  # in long lists such as towns, codes for no answer come first or last
        labels = [*labels[:_AT_ENDS], *labels[-_AT_ENDS:]]
    weights = {}
    for code, label in labels:
        if variable.why(code) is None:
            weights[code] = _weight(label)
    # a word that may be an answer too, such as `refused` for an application, needs another word or
    # its code to mean no answer
    sure = "sure" in weights.values()
    return {
        code: variable.values[code]
        for code, weight in weights.items()
        if weight and (sure or _stands_for_none(code, variable))
    }


_MOST_WORDS = 50  # different answers in words, beyond which a column is not a question with answers


def words_of(answers: pd.Series) -> list[Any]:
    """Return the different answers of a column of words; none of another."""
    words = pd.api.types.is_string_dtype(answers.dropna())
    if words:
        return answers.dropna().unique().tolist()
    return []


def labelled_by_words(variable: Variable, words: Iterable[Any]) -> Variable:
    """Return a variable without labels whose answers are words, with these as labels."""
    listed = [word for word in words if isinstance(word, str)]
    if variable.values or len(listed) > _MOST_WORDS:
        return variable
    return replace(variable, values={item: Text.same(item) for item in sorted(listed)})


def says_no_answer(words: str) -> bool:
    """Return whether words mean, or may mean, that there is no answer."""
    return _weight_of(words) != ""


def _stands_for_none(code: Code, variable: Variable) -> bool:
    if isinstance(code, str):
        return False
    lexicon_of_codes = lexicon_file()["missing_codes"]
    others = [value for value in variable.values if not isinstance(value, str) and value != code]
    above = bool(others) and code > max(others) + 1
    return code in lexicon_of_codes["negative"] or (above and code in lexicon_of_codes["high"])


def _weight(label: Text) -> Literal["", "sure", "open"]:
    """Return whether a label means no answer: surely, unless it is another answer, or never."""
    weights = [_weight_of(words) for words in {label.fr, label.en} if words]
    if "sure" in weights:
        return "sure"
    if "open" in weights:
        return "open"
    return ""


@lru_cache(maxsize=65_536)
def _weight_of(words: str) -> Literal["", "sure", "open"]:
    sure, open_ones = _patterns()
    folded = fold_accents(words).replace("'", "").strip()
    own = _OWN_CODE.match(folded)
    text = folded[own.end() if own else 0 :].strip(_AROUND)
    if sure.fullmatch(text):
        return "sure"
    if open_ones.fullmatch(text):
        return "open"
    parts = [part.strip(" .") for part in _BETWEEN.split(text) if part and part.strip(" .")]
    if len(parts) > 1 and all(sure.fullmatch(part) or open_ones.fullmatch(part) for part in parts):
        return "sure"
    return ""


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words: Mapping[str, tuple[str, ...]] = lexicon("no_answer")
    return re.compile("|".join(words["sure"])), re.compile("|".join(words["open"]))
