"""What the variables of a statistic are, by the codebook: codes or amounts, in what unit, with what missing codes.

A code is no amount. Where the codebook labels all answers of a column and does not call it a scale, nominal codes have
shares and tables; ordinal ones (and those whose measure it leaves open) also have quantiles and ranks, and a mean as
equally spaced scores, which is printed. Where some answers only are labelled, as the ends of a scale from 0 to 10, they
are amounts; 0 and 1 are a share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

from diplab.errors import ColumnError, MisleadingError
from diplab.microdata.missing import codes_like_missing, may_hold_missing_codes
from diplab.microdata.variable import Code, Level, Variable, answer_in_error, answers_to_write, code_text, is_short
from diplab.reference.parameter import Parameter, read_unit
from diplab.reference.text import Text, Words
from diplab.results.estimates import ScaleNeeded
from diplab.sampling.expression import Column, Expression
from diplab.sampling.sample import Sample

WORDS = Words("diplab.estimators")
_ENDS = 60  # distinct answers looked at from each end of a column: more than there are missing codes


@dataclass(frozen=True)
class ReadVariables:
    """What is printed of the variables of a statistic: ordinal ones taken as scores, and what to look at."""

    scores: tuple[str, ...] = ()
    notices: tuple[Text, ...] = ()
    # of answers that are put in order, the words from the first to the last; none where these are codes
    ordered: Mapping[str, tuple[Code, ...]] = field(default_factory=dict)


NOTHING_READ = ReadVariables()


def read_variables(
    sample: Sample,
    statistic: str,
    written: Iterable[Any],
    scale: ScaleNeeded,
    instead: Mapping[Level, str] | None = None,  # what to write for codes
) -> ReadVariables:
    """Refuse codes where amounts, or ordered answers, are needed; return what is printed of the columns."""
    names = [] if scale == "any" else [each for each in written if isinstance(each, str) and each in sample.names]
    scores, notices = [], []
    ordered: dict[str, tuple[Code, ...]] = {}
    for name in dict.fromkeys(names):
        if scale == "order" and sample.engine.holds_words(name):
            ordered[name] = words_in_order(sample, name, statistic)
            continue
        level = sample.level(name)
        if level == "amount":
            notices += _missing_codes(sample, name)
        elif level == "nominal" or scale == "amount":
            raise _codes_error(sample.codebook.variable(name), statistic, level, scale, instead)
        elif scale == "scores":
            scores.append(name)
        else:
            ordered[name] = ()
    return ReadVariables(tuple(scores), tuple(notices), ordered)


_MOST_LISTED = 12  # answers that an error writes out


def words_in_order(sample: Sample, name: str, statistic: str) -> tuple[Code, ...]:
    """Return the words that a codebook, or the type of their column, puts in order; refuse words without an order."""
    variable, found = sample.codebook.variable(name), [answer for (answer,) in sample.engine.cells((name,))]
    listed = tuple(code for code in variable.values if variable.why(code) is None)
    known = {code_text(code) for code in listed}
    others = [answer for answer in found if code_text(answer) not in known]
    why = ""
    if variable.measure not in ("ordinal", "unknown"):
        why = f"The codebook calls them {variable.measure}."
        if sample.engine.holds_categories(name):
            why = "They are categories without an order."
    elif not listed:
        why = "Neither a codebook nor the type of the column gives them one."
    elif others:
        why = f"The codebook does not list {answer_in_error(others[0])}."
    if not why:
        return listed
    words = answers_to_write(sample.codebook, name, [*listed, *others])
    order = f"[{', '.join(map(repr, words))}]"
    if len(words) > _MOST_LISTED or not all(map(is_short, words)):
        order = "[...]"
    write = f"`data.recode({name!r}, order={order})`"
    if name not in sample.codebook or sample.engine.holds_categories(name):
        write = f"`data[{name!r}] = pandas.Categorical(data[{name!r}], {order}, ordered=True)`"
    raise MisleadingError(
        f"`{statistic}` would put the words of `{name}` in order.",
        why,
        f"Write their order, from the first to the last, before the design is declared: {write}.",
    )


def in_places(sample: Sample, expression: Expression) -> Expression:
    """Return ordered answers in words as their places in the codebook, 1 for the first; anything else as it is."""
    if not isinstance(expression, Column) or not sample.engine.holds_words(expression.name):
        return expression
    variable = sample.codebook.variable(expression.name)
    listed = [code_text(code) for code in variable.values if variable.why(code) is None]
    found = [answer for (answer,) in sample.engine.cells((expression.name,))]
    places = [expression.is_(answer) * float(listed.index(code_text(answer)) + 1) for answer in found]
    return reduce(add, places)


def missing_code_notices(sample: Sample, names: Iterable[str]) -> tuple[Text, ...]:
    """Return a notice for each column of amounts with numbers that look like missing codes."""
    return tuple(each for name in names if sample.level(name) == "amount" for each in _missing_codes(sample, name))


def _codes_error(
    variable: Variable, statistic: str, level: Level, scale: ScaleNeeded, instead: Mapping[Level, str] | None
) -> MisleadingError:
    from diplab.microdata.parse_numbers import number_of_label

    name, labels = variable.name, list(variable.values.items())
    shown = next(((code, label.en) for code, label in labels if is_short(label.en)), None)
    example = f" ({code_text(shown[0])} is '{shown[1]}')" if shown else ""
    calls = "leaves their measure open" if variable.measure == "unknown" else f"calls them {variable.measure}"
    able = {
        "nominal": f"`dl.share('{name}')`",
        "ordinal": f"`dl.median('{name}')`, `dl.share('{name}')` or `dl.mean('{name}')` for equally spaced scores",
    }
    write = f"Write {(instead or able)[level]}; "
    if 2 * sum(number_of_label(label) is not None for _, label in labels) > len(labels):
        recode = f"data.recode('{name}', numbers_from_labels=True, into='{name}_number')"
        write += f"for the numbers in its labels, `{recode}`; "
    does = "put the codes of `{}` in order" if scale == "order" else "take the codes of `{}` for amounts"
    return MisleadingError(
        f"`{statistic}` would {does.format(name)}.",
        f"The codebook labels all of them{example} and {calls}.",
        f"{write}for codes that are amounts, `codebook.described('{name}', measure='scale')`.",
    )


def _missing_codes(sample: Sample, name: str) -> list[Text]:
    """Return a notice on numbers such as 9999 that are repeated, far from all others and not declared missing."""
    try:
        values, rows = sample.engine.tallies(sample.scope, name, _ENDS, may_hold_missing_codes)
    except ColumnError:
        return []  # words, which the statistic refuses by itself
    of_value = dict(zip(values.tolist(), rows.tolist(), strict=True))
    odd = {code_text(code): of_value[code] for code in codes_like_missing(values) if of_value[code] > 1}
    counts = ", ".join(f"{code} × {count:,}" for code, count in odd.items())
    return [WORDS("notice.missing_codes", name=name, counts=counts)] if odd else []


def check_same_unit(sample: Sample, statistic: str, written: Iterable[Any], options: Mapping[str, Any]) -> None:
    """Refuse an amount beside a line in another unit, where the codebook and the line say theirs."""
    line = options.get("threshold")
    if isinstance(line, Parameter):
        of_line, called = line.unit, f"the line `{line.name}`"
    elif isinstance(line, str) and line in sample.codebook:
        of_line, called = sample.codebook[line].unit, f"the line `{line}`"
    else:
        return
    name = next(iter(written), None)  # others are conditions
    if isinstance(name, str) and name in sample.codebook:
        refuse_other_unit(statistic, name, sample.codebook[name].unit, called, of_line)


def refuse_other_unit(statistic: str, name: str, unit: str, called: str, of_line: str) -> None:
    """Refuse an amount and a line whose units say different things."""
    own, other = read_unit(unit), read_unit(of_line)
    differing = own.differences(other) if own.currency and other.currency else []
    if differing:
        pairs = ", ".join(" and ".join(pair) for pair in differing)
        raise MisleadingError(
            f"`{statistic}` would compare `{name}` with a line in another unit.",
            f"`{name}` is in `{unit}`, {called} in `{of_line}`: {pairs}.",
            "Write an amount in the unit of the line (`harmonise_pay`, `equivalise`), or a line in the unit of the "
            "amount.",
        )
