"""Checks of a statistic's variables against the codebook: codes, amounts, units, missing codes.

A code is not an amount. If the codebook labels all answers of a column that is not a scale, nominal
codes allow shares and tables; codes of unstated measure also quantiles and ranks; ordinal codes
also a mean, as equally spaced scores, which is printed. Two answers are never scores. If only some
answers have labels, as at the ends of a scale from 0 to 10, they are amounts; 0 and 1 are a share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from math import floor, isinf
from operator import add
from typing import Any

import numpy as np

from diplab.checks import MOST_NAMED, is_number, values_of
from diplab.errors import ColumnError, ConditionError, MisleadingError, OptionError
from diplab.microdata.display import join_wordings
from diplab.microdata.missing import (
    Level,
    codes_for_no_answer,
    codes_like_missing,
    labelled_by_words,
    labelled_codes,
    may_hold_missing_codes,
)
from diplab.microdata.variable import (
    Code,
    Variable,
    code_quoted,
    code_text,
    is_short,
    labels_of_answers,
)
from diplab.reference.parameter import Parameter, figure_in_words, read_unit, with_per
from diplab.reference.text import Text, Words
from diplab.results.estimates import ScaleNeeded
from diplab.sampling.condition import parse
from diplab.sampling.engines.comparison import months_instead
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Column, Expression, computed_with
from diplab.sampling.sample import Sample, SampleInMemory

WORDS = Words("diplab.estimators")
# distinct answers looked at from each end of a column: more than there are missing codes
_ENDS = 60


@dataclass(frozen=True)
class ReadVariables:
    """Remarks on the variables of a statistic: ordinal ones as scores, and things to check."""

    scores: tuple[str, ...] = ()
    notices: tuple[Text, ...] = ()
    # of answers that are put in order, the words from the first to the last; none where these are
    # codes
    ordered: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)
    # what an amount is taken for, by its name, where its line says whose it is and no codebook does
    supposed: tuple[tuple[str, str], ...] = ()


NOTHING_READ = ReadVariables()


def read_variables(
    sample: Sample,
    statistic: str,
    written: Iterable[Any],
    scale: ScaleNeeded,
    instead: Mapping[Level, str] | None = None,  # what to write for codes
) -> ReadVariables:
    """Refuse codes where amounts or ordered answers are needed; return what to print."""
    written = tuple(written)
    texts = [variable for variable in written if isinstance(variable, str)]
    computed = [text for text in texts if text not in sample.names]
    names = [name for name in texts if scale != "any" and name in sample.names]
    read = (
        parse(text, sample.names, sample.codebook, f"the variable of `{statistic}`")
        for text in computed
    )
    scores, notices = [], [*computed_codes(sample, computed_with(*read))]
    ordered: dict[str, tuple[Code, ...]] = {}
    for name in dict.fromkeys(names):
        if scale == "order" and sample.engine.holds_words(name):
            ordered[name] = sample.engine.words_in_order(name, statistic)
            continue
        level = sample.level(name)
        if level == "amount":
            notices += _missing_codes(sample.answering(names), name)
        elif scale not in _ALLOWED[level]:
            raise _codes_error(sample, name, statistic, level, scale, instead)
        elif scale == "scores":
            scores.append(name)
        else:
            ordered[name] = ()
    return ReadVariables(tuple(scores), tuple(notices), ordered)


def computed_codes(sample: Sample, names: Iterable[str]) -> tuple[Text, ...]:
    """Return a notice for each column of codes used as amounts in arithmetic."""
    notices = []
    for name in dict.fromkeys(names):
        if sample.level(name) != "amount":
            line = f"{data_of(sample)}.described({name!r}, measure='scale')"
            notices.append(WORDS("notice.computed_codes", name=_called(sample, name), line=line))
    return tuple(notices)


def in_places(sample: Sample, expression: Expression) -> Expression:
    """Return ordered words as their ranks in the codebook, from 1; anything else unchanged."""
    if not isinstance(expression, Column) or not sample.engine.holds_words(expression.name):
        return expression
    variable = sample.codebook.variable(expression.name)
    listed = list(map(code_text, labels_of_answers(variable)))
    answers = sample.categories(expression.name)
    places = [
        expression.is_(answer) * float(listed.index(code_text(answer)) + 1) for answer in answers
    ]
    return reduce(add, places)


_ALLOWED: Mapping[Level, tuple[ScaleNeeded, ...]] = {
    "nominal": (), "unstated": ("order",), "ordinal": ("order", "scores"),
}  # fmt: skip
"""What codes of unknown order may be taken as: statistics of ranks accept their order."""


def missing_code_notices(sample: Sample, names: Iterable[str]) -> tuple[Text, ...]:
    """Return a notice for each column of amounts with numbers that look like missing codes."""
    notices: list[Text] = []
    for name in names:
        if sample.level(name) == "amount":
            notices += _missing_codes(sample, name)
    return tuple(notices)


def _codes_error(
    sample: Sample,
    name: str,
    statistic: str,
    level: Level,
    scale: ScaleNeeded,
    instead: Mapping[Level, str] | None,
) -> MisleadingError:
    variable = sample.codebook.variable(name)
    unanswered = codes_for_no_answer(variable)
    answers = {
        code: variable.values[code] for code in labelled_codes(variable) if code not in unanswered
    }
    words = [code for code in answers if isinstance(code, str)]
    what = f"words of `{name}`" if words else f"codes of `{name}`"
    does = f"take the {what} for amounts"
    if scale == "order":
        does = f"put the {what} in order"
    ways = [(instead or _answers_for_codes(name, answers))[level]]
    if answers and _all_have_numbers(answers.values()):
        others = ""
        if unanswered:
            others = ", others='drop'"
        ways.append(
            f"for the numbers in its labels, `data.recode({name!r}, "
            f"numbers_from_labels=True{others}, "
            f"into={f'{name}_number'!r})`"
        )
    if scale in ("order", "scores") and level != "ordinal" and len(answers) != TWO:
        ways.append(f"for answers in order, `data.described({name!r}, measure='ordinal')`")
    if not words:
        ways.append(f"for codes that are amounts, `data.described({name!r}, measure='scale')`")
    found = _labels_in_words(variable, answers)
    if words:
        found = f"Its answers are words, such as {words[0]!r}."
    if not answers:
        found = "It was read as categories, whose numbers are labels."
        verb, frame = "assign", "data"
        if data_of(sample) == "data":
            verb, frame = "with_columns", "data.frame"
        numbers = f"{frame}[{name!r}].astype(float)"
        column = f"**{{{name!r}: {numbers}}}"
        if name.isidentifier():
            column = f"{name}={numbers}"
        ways = [ways[0], f"for codes that are amounts, `data.{verb}({column})`"]
    return MisleadingError(f"`{statistic}` would {does}.", found, f"Write {'; '.join(ways)}.")


TWO = 2


def _answers_for_codes(name: str, answers: Mapping[Code, Text]) -> dict[Level, str]:
    """Return what to write for codes of each level: of two answers, the share of one."""
    share, median = f"`dl.share({name!r})`", f"`dl.median({name!r})`"
    if len(answers) == TWO and name.isidentifier():
        share = f"`dl.share({f'{name} == {code_quoted(next(iter(answers)))}'!r})`"
    return {
        "nominal": share,
        "unstated": f"{share}, or {median}",
        "ordinal": f"{median}, {share} or `dl.mean({name!r})` for equally spaced scores",
    }


def _all_have_numbers(labels: Iterable[Text]) -> bool:
    from diplab.microdata.parse_numbers import number_of_label

    return all(number_of_label(label) is not None for label in labels)


def _labels_in_words(variable: Variable, answers: Mapping[Code, Text]) -> str:
    example = ""
    for code, label in answers.items():
        if is_short(label.en):
            example = f" ({code_text(code)} is '{label.en}')"
            break
    if len(answers) == TWO:
        return f"It has two answers{example}, which are not scores."
    calls = f"calls them {variable.measure}"
    if variable.measure == "unknown":
        calls = "leaves their measure open"
    return f"The codebook labels all of them{example} and {calls}."


def _missing_codes(sample: Sample, name: str) -> list[Text]:
    """Return notices on infinite values and on undeclared missing codes such as 9999."""
    try:
        values, rows = sample.engine.tallies(sample.scope, name, _ENDS, _may_hold_odd_numbers)
    except ColumnError:
        return []  # words, which the statistic refuses by itself
    notices = []
    finite = np.isfinite(values)
    if not finite.all():
        notices.append(_infinite(sample, name, int(rows[~finite].sum())))
    respondents = dict(zip(values[finite].tolist(), rows[finite].tolist(), strict=True))
    odd = [code for code in codes_like_missing(values[finite]) if respondents[code] > 1]
    if not odd:
        return notices
    counts = []
    for code in odd:
        answer = Text.same(code_text(code).replace("-", MINUS))
        counts.append(_counted(answer, respondents[code]))
    codes = ", ".join(f"{code_text(code)}: 'no answer'" for code in odd)
    line = f"{data_of(sample)}.described({name!r}, missing={{{codes}}})"
    notices.append(
        WORDS(
            "notice.missing_codes",
            name=_called(sample, name),
            counts=join_wordings(counts, ", "),
            line=line,
        )
    )
    return notices


def _may_hold_odd_numbers(lowest: float, highest: float) -> bool:
    return may_hold_missing_codes(lowest, highest) or isinf(lowest) or isinf(highest)


def _infinite(sample: Sample, name: str, count: int) -> Text:
    column = name
    if not name.isidentifier():
        column = f"`{name}`"
    line = f"sample.where('-1e300 < {column} < 1e300')"
    return WORDS(
        "notice.infinite", name=_called(sample, name), count=Text.same(str(count)), line=line
    )


MINUS = "\u2212"


def no_answer_notices(sample: Sample, names: Iterable[str]) -> tuple[Text, ...]:
    """Return notices on values in use whose label means no answer."""
    variables = []
    for name in dict.fromkeys(names):
        variable = sample.codebook.variable(name)
        if isinstance(sample, SampleInMemory) and sample.engine.holds_words(name):
            variable = labelled_by_words(variable, sample.engine.columns.factor(name).categories)
        counts = []
        for code, label in codes_for_no_answer(variable).items():
            count = _used(sample, name, code)
            if count:
                counts.append(_counted(label, count))
        if counts:
            listed = join_wordings(counts, ", ")
            variables.append(WORDS("notice.of_variable", name=_called(sample, name), counts=listed))
    if not variables:
        return ()
    line = f'{data_of(sample)}.described(no_answer="labels")'
    return (WORDS("notice.no_answer_labels", counts=join_wordings(variables, "; "), line=line),)


def _used(sample: Sample, name: str, code: Code) -> int:
    """Return how many respondents in universe and domain have a code."""
    column = Column(name)
    try:
        own = Scope((*sample.population, *sample.domain, column.is_(code)))
        return int(sample.engine.counts(own, ()).sum())
    except (ColumnError, ConditionError):
        return 0  # the codes are not values of this column


def _counted(answer: Text, count: int) -> Text:
    return WORDS("notice.answers", answer=answer, count=figure_in_words(count))


def _called(sample: Sample, name: str) -> Text:
    """Return the label of a column, or its name."""
    return sample.codebook.variable(name).label or Text.same(name)


def data_of(sample: Sample) -> str:
    """Return how a call on the data begins: a frame has no verbs yet."""
    queried = not isinstance(sample, SampleInMemory)
    if sample.engine.drawn.sources or (queried and len(sample.codebook) > 0):
        return "data"
    return "dl.Microdata(data)"


def call_for_bands(name: str, numbers: Sequence[float]) -> str:
    """Return the call that makes four bands of numbers, which hold everybody."""
    low, high = min(numbers), max(numbers)
    inside = [f"{low + (high - low) * part / 4:.6g}" for part in range(1, 4)]
    limits = ", ".join([str(floor(low)), *inside, str(floor(high) + 1)])
    return f"sample.recode({name!r}, bands=[{limits}], into={f'{name}_bands'!r})"


def check_not_an_identifier(
    sample: Sample, name: str, values: Iterable[Any], role: str = "groups"
) -> None:
    """Refuse categories without labels of which most respondents have one to themselves."""
    labelled = sample.codebook.variable(name).values
    unnamed = [value for value in values if value not in labelled]
    if len(unnamed) <= MOST_NAMED:
        return
    answers = int(sample.engine.counts(Scope(), (Column(name),)).sum())
    if 2 * len(unnamed) <= answers:
        return
    write = "Write a variable of fewer categories, for example with `recode`."
    if all(map(is_number, unnamed)):
        write = f"Write bands, for example `{call_for_bands(name, unnamed)}`."
    elif isinstance(unnamed[0], date | np.datetime64):
        write = months_instead(name)
    raise OptionError(
        f"`{name}` cannot be {role}.",
        f"It has {len(unnamed):,} categories among {answers:,} respondents, as identifiers and "
        "amounts do.",
        write,
    )


def check_same_unit(
    sample: Sample, statistic: str, written: Iterable[Any], options: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """Refuse an amount in another unit than the line; return whose it is taken for if unknown."""
    name = next(iter(written), None)  # others are conditions
    if not isinstance(name, str):
        return ()
    supposed: dict[tuple[str, str], None] = {}
    for line in values_of(options.get("threshold")):
        if isinstance(line, Parameter):
            of_line, called = line.unit, f"the line `{line.name}`"
        elif isinstance(line, str) and line in sample.codebook:
            of_line, called = sample.codebook[line].unit, f"the line `{line}`"
        else:
            continue
        unit, whose = sample.codebook.variable(name).unit, read_unit(of_line).per
        if not unit and whose == PER_UNIT:
            supposed[name, whose] = None
            continue
        refuse_other_unit(statistic, name, unit, called, of_line)
        if whose == ONE_PERSON and not read_unit(unit).per:
            supposed[name, whose] = None
    return tuple(supposed)


def whose_notices(sample: Sample, supposed: Iterable[tuple[str, str]]) -> list[Text]:
    """Return notices on amounts taken for what their lines are, one for each amount."""
    owners: dict[str, set[str]] = {}
    for name, whose in supposed:
        owners.setdefault(name, set()).add(whose)
    return [
        WORDS(f"notice.{_OWNERS[frozenset(of)]}", name=_called(sample, name))
        for name, of in owners.items()
    ]


PER_UNIT = "one consumption unit"
ONE_PERSON = "one person"
_OWNERS = {
    frozenset([PER_UNIT]): "per_consumption_unit",
    frozenset([ONE_PERSON]): "of_one_person",
    frozenset([PER_UNIT, ONE_PERSON]): "of_either",
}


def refuse_other_unit(statistic: str, name: str, unit: str, called: str, of_line: str) -> None:
    """Refuse an amount and a line in different units, or only one per consumption unit."""
    own, other = read_unit(unit), read_unit(of_line)
    if not (own.currency and other.currency):
        return
    differing = own.differences(other)
    if differing:
        pairs = ", ".join(map(" and ".join, differing))
        raise MisleadingError(
            f"`{statistic}` would compare `{name}` with a line in another unit.",
            f"`{name}` is in `{unit}`, {called} in `{of_line}`: {pairs}.",
            "Write an amount in the unit of the line (`harmonise_pay`, `equivalise`), or a line in "
            "the unit of the "
            "amount.",
        )
    if own.per == other.per or PER_UNIT not in (own.per, other.per):
        return
    found = (
        f"`{name}` is in `{unit}`, {called} in `{of_line}`: one of them does not state whose it is."
    )
    if own.per:
        needed = with_per(of_line, PER_UNIT)
        write = f"Write the line per consumption unit, with the unit `{needed}`, if it is one."
    else:
        write = (
            "Make it one with `dl.equivalise`; if it is one already, "
            f"`data.described({name!r}, unit={with_per(unit, PER_UNIT)!r})`."
        )
    raise MisleadingError(
        f"`{statistic}` would compare an amount with a line, and only one of them is per "
        "consumption unit.",
        found,
        write,
    )
