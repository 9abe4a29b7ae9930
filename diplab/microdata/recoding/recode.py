"""Recoding of answers: new codes or order, amounts for bands, bands for numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from diplab.checks import argument, check_left_out, check_one_of, check_switch
from diplab.errors import OptionError, suggestion
from diplab.kernel.arrays import Booleans
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_columns, check_new_columns
from diplab.microdata.history import Step
from diplab.microdata.missing import ANSWERED, SYSTEM, count_reasons, reason_words, reasons_by_row
from diplab.microdata.recoding.codes import Others, Recoded, map_codes, recode_by_rules
from diplab.microdata.variable import (
    Code,
    Measure,
    Variable,
    answers_to_write,
    as_code,
    code_of_answer,
    code_text,
    code_written,
    codes_by_text,
    in_order,
    without,
)
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


def recode(
    data: Microdata,
    name: str,
    rules: Mapping[Any, Any] | None = None,
    *,
    amounts: Mapping[Any, Any] | None = None,
    bands: Sequence[float] | None = None,
    quantiles: int | None = None,
    weights: str | None = None,
    order: Sequence[Any] | None = None,
    into: str | None = None,
    label: str | Text | None = None,
    labels: Mapping[Any, str | Text] | None = None,
    others: Others = "fail",
    numbers_from_labels: bool = False,
) -> Microdata:
    """Recode a variable: new codes or order, amounts for bands, or bands for numbers.

    One of `rules`, `amounts`, `bands`, `quantiles` and `numbers_from_labels` is required, or
    `order` alone. Missing answers stay missing, with their reasons, unless a rule names their code.
    The step is recorded in `codebook.steps`.

    Parameters
    ----------
    name : str
        A variable.
    rules : mapping
        New code by old: `{1: 1, (2, 3): 2, "refused to say": None}`. Old ones are codes or labels,
        several in a tuple, or `range(18, 25)` for numbers from 18 to below 25; None makes an answer
        missing, with its label as reason (under a negative code, if its own is a new answer). New
        words keep the order in which they are written here in tables, figures and models, new
        numbers are in increasing order.
    amounts : mapping
        Amount by code, for bands of income or hours: a number, a band `(5000, 10000)` whose
        midpoint is used, or None. The open band at the top requires a number.
    bands : sequence of float
        Limits, in increasing order: `[18, 25, 35, 50]` makes 18-24, 25-34 and 35-49. Begin with
        `-math.inf` or end with `math.inf` for open bands.
    quantiles : int
        Number of groups of equal size, from the lowest numbers to the highest: 4 for quartiles, 5
        for quintiles, 10 for deciles. Equal numbers are in one group, which ends at a quantile of
        the distribution.
    weights : str, optional
        Column of weights that make the groups of `quantiles` equal in the population; by default
        rows are unweighted.
    order : sequence, optional
        All answers, codes or labels, from the first to the last, for tables, figures and models.
        The variable is then ordinal: medians, rank tests and ordinal models apply to it.
    into : str, optional
        Name of a new variable; by default the variable itself is replaced.
    label : str or Text, optional
        Of the new variable; by default that of the old one.
    labels : mapping of code to str or Text, optional
        Labels of the new codes. By default a new word is its own label, and a number has the label
        of its old code, or those of the codes that it combines.
    others : {"fail", "keep", "drop"}
        Answers in no rule, or without a number in their label: raise an error, keep them as they
        are, or make them missing.
    numbers_from_labels : bool
        Use the number in each label (`16`, `1 234,5 EUR`), in French or English. An open end counts
        as its number (`67 or more` as 67, `less than 10` as 10), which keeps its label, with a
        notice in the codebook.

    Returns
    -------
    Microdata

    Raises
    ------
    ColumnError
        Where the variable does not exist, or `into` is one already.
    OptionError
        Where a rule names an answer that the variable cannot have, two name the same, or answers
        are in no rule.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> labels = {1: dl.Text("CDI", "permanent"), 2: dl.Text("CDD", "fixed term")}
    >>> labels[3] = dl.Text("sans emploi", "no job")
    >>> book = dl.Codebook().described("job", values=labels)
    >>> data = dl.Microdata(pd.DataFrame({"job": [1, 2, 3, 2]}), book)
    >>> works = data.recode("job", {(1, 2): 1, "no job": 0}, into="works")
    >>> works.frame["works"].tolist(), works.codebook["works"].values[1].en
    ([1, 1, 0, 1], 'permanent / fixed term')
    >>> works.codebook.steps[0].words.en
    'works: job 1, 2 → 1; 3 → 0'
    >>> rules = {(1, 2): "works", 3: "has none"}
    >>> words = data.recode("job", rules, into="work", order=["has none", "works"])
    >>> list(words.codebook["work"].values), words.codebook["work"].measure
    (['has none', 'works'], 'ordinal')
    """
    check_columns(data, name)
    target = name if into is None else into
    if target != name:
        check_new_columns(data, target, write="Write another name for the new variable.")
    check_one_of("others", others, Others)
    from_labels = check_switch("numbers_from_labels", numbers_from_labels) or None
    ways = {
        "rules": rules, "amounts": amounts, "bands": bands, "quantiles": quantiles,
        "numbers_from_labels": from_labels,
    }  # fmt: skip
    asked = {way: value for way, value in ways.items() if value is not None}
    _check_ways(name, asked, weights, order)
    done = _recoded(data, name, target, asked, others, weights)
    column = _as_column(done.values, done.answered, data.frame.index)
    missing = without(data.missing, (target,))
    if done.missing is not None:
        missing[target] = done.missing
    variable = _describe_recoded(data.codebook.variable(name), target, done, column, label, labels)
    if order is not None:
        variable = _in_stated_order(variable, column, order)
        stated = WORDS("recode.order", answers=" < ".join(map(code_text, variable.values)))
        done = replace(done, rule=join_wordings(list(filter(None, (done.rule, stated))), "; "))
    key = "recode.replaced" if target == name else "recode.added"
    words = WORDS(key, name=name, target=target, rule=done.rule)
    step = Step("recode", tuple(dict.fromkeys((name, target))), words, done.changed)
    origin = data.codebook.origin
    if done.notice:
        origin = replace(origin, notices=(*origin.notices, done.notice))
    codebook = replace(
        data.codebook, variables={**data.codebook.variables, target: variable}, origin=origin
    )
    frame = data.frame.assign(**{target: column})
    counted = count_reasons(frame, codebook.with_step(step), missing, [target])
    return replace(data, frame=frame, codebook=counted, missing=missing)


def _check_ways(
    name: str, asked: Mapping[str, Any], weights: str | None, order: Sequence[Any] | None
) -> None:
    """Raise an error unless exactly one way to recode is given, with its own options."""
    if len(asked) > 1 or (order is None and not asked):
        raise OptionError(
            "One of `rules`, `amounts`, `bands`, `quantiles` and `numbers_from_labels` is needed, "
            "or `order` alone, "
            "and none or several were passed.",
            write=f'Write for example `data.recode("{name}", {{1: 1, (2, 3): 2}})`.',
        )
    if "quantiles" not in asked:
        check_left_out("no `quantiles`", "Weights make groups of equal size.", weights=weights)
    if asked.keys() & {"amounts", "numbers_from_labels"}:
        check_left_out("amounts", "They have an order of their own.", order=order)


def _recoded(
    data: Microdata,
    name: str,
    target: str,
    asked: Mapping[str, Any],
    others: str,
    weights: str | None,
) -> Recoded:
    """Return the answers recoded in the way given, or unchanged."""
    match dict(asked):
        case {"numbers_from_labels": _}:
            from diplab.microdata.recoding.bands import recode_to_label_numbers

            return recode_to_label_numbers(data, name, target, others)
        case {"bands": limits}:
            from diplab.microdata.recoding.bands import recode_to_bands

            return recode_to_bands(data, name, limits, others)
        case {"quantiles": groups}:
            from diplab.microdata.recoding.bands import recode_to_quantiles

            return recode_to_quantiles(data, name, groups, weights)
        case {"rules": rules}:
            return recode_by_rules(data, name, rules, others)
        case {"amounts": amounts}:
            return recode_by_rules(data, name, amounts, others, amounts=True)
    return map_codes(data, name, {}, "keep", data.codebook.variable(name).values, None, NOTHING)


def _describe_recoded(
    old: Variable,
    target: str,
    done: Recoded,
    column: pd.Series[Any],
    label: str | Text | None,
    labels: Mapping[Any, str | Text] | None,
) -> Variable:
    """Return the metadata of the new variable."""
    new = set(column.dropna().tolist())
    for code in () if done.missing is None else done.missing.codes:
        if code in new:
            why = f" ({done.reasons[code]})" if done.reasons[code] else ""
            raise OptionError(
                f"The code {code_written(code)} is a missing code{why} and a new answer too.",
                write="Write another code for that answer.",
            )
    new_labels = {}
    for code, words in (labels or {}).items():
        new_labels[code] = _as_text(words)
    # a missing code that no cell has is replaced by an answer
    missing = without(done.reasons, new)
    wordings = {}
    for text in (*old.values.values(), *old.missing_labels.values()):
        wordings[text.en] = text
    missing_labels = {}
    for code, why in missing.items():
        if why in wordings and wordings[why] != Text.same(why):
            missing_labels[code] = wordings[why]
    return replace(
        old,
        name=target,
        label=_as_text(label) if label else old.label,
        values={**done.labels, **new_labels},
        measure=done.measure or _measure_of(old, column),
        missing=missing,
        missing_labels=missing_labels,
        missing_ranges=(),
        unit=done.unit,
        part_of=old.part_of if target == old.name else "",
        storage="words" if old.storage == "words" and not is_numeric_dtype(column) else "",
    )


def _measure_of(old: Variable, column: pd.Series[Any]) -> Measure:
    """Return the measure of recoded answers: words made of numbers are ordinal."""
    if old.measure == "scale" and not is_numeric_dtype(column):
        return "ordinal"
    return old.measure


def _in_stated_order(variable: Variable, column: pd.Series[Any], order: Sequence[Any]) -> Variable:
    """Return an ordinal variable in an order that names all answers, by code or label."""
    present = sorted(
        map(as_code, pd.unique(column.dropna())), key=lambda code: (isinstance(code, str), code)
    )
    codes = list(codes_by_text((*present, *variable.values)).values())
    book = Codebook({variable.name: variable})
    words = answers_to_write(book, variable.name, in_order(codes, list(variable.values)))
    if isinstance(order, str) or not isinstance(order, Sequence):
        raise OptionError(
            f"{argument('order', order)} is not a list.",
            write=f"Write for example `order={words[:9]}`.",
        )
    stated = [code_of_answer(book, variable.name, answer, codes) for answer in order]
    for answer, code in zip(order, stated, strict=True):
        if code is None:
            raise OptionError(
                f"`order` has {answer!r}, which is not an answer of `{variable.name}`.",
                write=suggestion(answer, words),
            )
        if stated.count(code) > 1:
            raise OptionError(
                f"`order` has {answer!r} more than once.", write="Name each answer once."
            )
    left = answers_to_write(book, variable.name, [code for code in present if code not in stated])
    if left:
        raise OptionError(
            f"`order` leaves out {', '.join(map(repr, left[:5]))}{', ...' * (len(left) > 5)}.",
            f"`{variable.name}` has {len(present)} answers.",
            "Name all of them, from the first to the last.",
        )
    values = {}
    for code in (*stated, *codes):
        values[code] = variable.values.get(code, Text.same(code_text(code)))
    return replace(variable, values=values, measure="ordinal")


def _as_text(words: str | Text) -> Text:
    if isinstance(words, Text):
        return words
    return Text.same(str(words))


def _as_column(values: NDArray[Any], answered: Booleans, index: pd.Index[Any]) -> pd.Series[Any]:
    """Return new answers as a column of integers, numbers or words."""
    distinct = pd.unique(values[answered])
    numbers = [code_text(answer) for answer in distinct if not isinstance(answer, str)]
    if 0 < len(numbers) < len(distinct):
        raise OptionError(
            "Some new answers are numbers and some are words.",
            "Numbers without their own label are "
            f"{', '.join(numbers[:5])}{', ...' * (len(numbers) > 5)}.",
            "Write all of them as numbers, or all as words: a word for each of these too.",
        )
    if len(numbers) < len(distinct):
        words = np.where(answered, values, np.nan)
        return pd.Series(words, index=index, dtype=pd.StringDtype(na_value=np.nan))
    if (
        answered.all()
        and len(values)
        and all(isinstance(answer, int | np.integer) for answer in distinct)
    ):
        return pd.Series(values.astype(np.int64), index=index)
    return pd.Series(np.where(answered, values, np.nan).astype(np.float64), index=index)


def with_reasons(data: Microdata, name: str, into: str | None = None) -> Microdata:
    """Add a variable with the reason of a missing answer for each row, or `answered`.

    Its shares are shares of reasons, with standard errors under any design and in any domain:
    `dl.estimate(sample, dl.share("income_reason"), by="sex")`.

    Parameters
    ----------
    name : str
        A variable.
    into : str, optional
        Name of the new variable; by default that of the old one with `_reason` after it.

    Returns
    -------
    Microdata
        The codes of the new variable are `answered`, the reasons as in the codebook, and `system`
        for missing answers without a reason.

    Raises
    ------
    ColumnError
        Where the variable does not exist, or the new one exists already.
    OptionError
        Where the codebook has counts of reasons, but no longer their rows.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> from diplab.microdata.missing import MissingCodes
    >>> book = dl.Codebook().described("income", missing={99: "refused"})
    >>> refused = MissingCodes((99,), np.array([-1, 0, -1]))
    >>> frame = pd.DataFrame({"income": [900.0, None, None]})
    >>> data = dl.Microdata(frame, book, {"income": refused})
    >>> data.with_reasons("income").frame["income_reason"].tolist()
    ['answered', 'refused', 'system']
    """
    frame = check_columns(data, name)
    target = f"{name}_reason" if into is None else into
    check_new_columns(data, target, write='Write another name, for example `into="why"`.')
    known = data.codebook.reasons.get(name, {})
    places, reasons = reasons_by_row(data, name)
    if data.missing.get(name) is None and set(known) - {SYSTEM} and (places >= 0).any():
        raise OptionError(
            f"The codebook has counts of reasons of `{name}` ({', '.join(known)}), but not their "
            "rows.",
            write="Read the file again, and add this variable before its column is changed.",
        )
    whys = list(map(itemgetter(1), reasons))
    words = np.array([*whys, ANSWERED], dtype=object)[places]
    own = data.codebook.variable(name)
    values: dict[Code, Text] = {ANSWERED: WORDS("missing.answered")}
    values |= {why: reason_words(own, why) for why in whys}
    label = own.label or Text.same(name)
    bare = Text(*(text.rstrip(" :\N{NO-BREAK SPACE}") for text in (label.fr, label.en)))
    new_label = WORDS("missing.reason_label", label=bare)
    codebook = data.codebook.described(target, label=new_label, values=values, measure="nominal")
    step = Step("recode", (name, target), new_label, len(frame))
    column = pd.Series(words, index=frame.index, dtype=pd.StringDtype(na_value=np.nan))
    return replace(data, frame=frame.assign(**{target: column}), codebook=codebook.with_step(step))
