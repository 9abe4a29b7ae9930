"""Answers given other codes, bands turned into amounts, numbers into bands."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from diplab.errors import ColumnError, OptionError, one_of, suggestion
from diplab.loaders.missing import SYSTEM
from diplab.microdata.frames import check_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.missing import (
    count_reasons,
    labels_with_reasons,
    reason_words,
    reasons_by_row,
    recode_missing,
)
from diplab.microdata.variable import Variable, code_text, code_written, is_short
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.missing import MissingCodes
    from diplab.microdata.variable import Code, Measure

__all__ = [
    "Recoded",
    "recode",
    "recode_by_rules",
    "recode_to_amounts",
    "recode_to_bands",
    "unlisted_error",
    "with_reasons",
]


@dataclass(frozen=True, eq=False)
class Recoded:
    """New answers of a variable."""

    values: NDArray[Any]
    answered: NDArray[np.bool_]
    missing: MissingCodes | None
    reasons: Mapping[Code, str]
    labels: Mapping[Code, Text]
    measure: Measure | None
    said: Text
    changed: int


def recode_by_rules(data: Microdata, name: str, rules: Mapping[Any, Any], others: str, asked: str) -> Recoded:
    """Return answers under rules from codes to codes."""
    for new in rules.values():
        if not (
            new is None or (isinstance(new, str | int | float | np.number | np.bool_) and not _is_nan(new))
        ):
            raise OptionError(
                asked,
                f"The new code {new!r} is neither a number nor a word.",
                "Write codes, `None` for no answer, or `amounts=` for the middle of bands."
                if _is_nan(new)
                else "Write codes, or `amounts=` for the middle of bands.",
            )
    codes, codes_of_rule = _codes_by_rule(data, name, rules, asked)
    new = {code: rules[key] for key, named in codes_of_rule.items() for code in named}
    labels = _labels_of_new_codes(data, name, codes_of_rule, rules, others, codes)
    said = _rules_in_words({key: (named, rules[key]) for key, named in codes_of_rule.items()}, others)
    return _map_codes(data, name, new, others, asked, labels, None, said)


def _is_nan(code: Any) -> bool:
    return isinstance(code, float) and math.isnan(code)


def recode_to_amounts(
    data: Microdata, name: str, amounts: Mapping[Any, Any], others: str, asked: str
) -> Recoded:
    """Return amounts for codes of bands: the number given, or the middle of a band."""
    middle = {code: _middle(amount, code, asked) for code, amount in amounts.items()}
    _, codes_of_rule = _codes_by_rule(data, name, middle, asked)
    new = {code: middle[key] for key, named in codes_of_rule.items() for code in named}
    said = _rules_in_words({key: (named, middle[key]) for key, named in codes_of_rule.items()}, others)
    return _map_codes(data, name, new, others, asked, {}, "scale", said)


def _middle(amount: Any, code: Any, asked: str) -> float | None:
    if amount is None:
        return None
    ends = amount if isinstance(amount, tuple | list) else (amount, amount)
    numbers = [each for each in ends if isinstance(each, int | float | np.number) and np.isfinite(each)]
    if len(ends) != 2 or len(numbers) != 2 or numbers[0] > numbers[1]:
        raise OptionError(
            asked,
            f"The amount of {code!r} was given as {amount!r}, which has no middle.",
            "Write a number, or a band such as (5000, 10000); an open band needs a number of your choice.",
        )
    return float(numbers[0]) / 2 + float(numbers[1]) / 2


def _codes_by_rule(
    data: Microdata, name: str, rules: Mapping[Any, Any], asked: str
) -> tuple[list[Any], dict[Any, list[Any]]]:
    """Return the codes that the variable may have, and those that each rule names."""
    if not rules:
        raise OptionError(
            asked, "No rule was given.", f'Write for example `data.recode("{name}", {{1: 1, 2: 0}})`.'
        )
    variable = data.codebook.variables.get(name, Variable(name))
    held = pd.unique(data.frame[name].dropna()).tolist()
    gone = data.missing[name].codes if name in data.missing else ()
    known = {code_text(code): code for code in (*variable.missing, *gone, *variable.values, *held)}
    codes = list(known.values())
    named: dict[Any, list[Any]] = {}
    taken: dict[str, Any] = {}
    for key in rules:
        found = [
            code
            for each in (key if isinstance(key, tuple | frozenset) else (key,))
            for code in _codes_of_key(each, known, variable, name, asked)
        ]
        for code in found:
            if code_text(code) in taken:
                raise OptionError(
                    asked,
                    f"The answer {code_text(code)} is named by two rules, {taken[code_text(code)]!r} and {key!r}.",
                    "Name each answer once.",
                )
            taken[code_text(code)] = key
        named[key] = found
    return codes, named


def _codes_of_key(
    each: Any, known: Mapping[str, Any], variable: Variable, name: str, asked: str
) -> list[Any]:
    """Return the codes that one part of a rule names: a code, a label, or numbers from one to below another."""
    if isinstance(each, range):
        return [
            code for code in known.values() if not isinstance(code, str) and each.start <= code < each.stop
            and variable.why(code) is None
        ]  # fmt: skip
    if code_text(_plain(each)) in known and isinstance(known[code_text(_plain(each))], str) == isinstance(
        each, str
    ):
        return [known[code_text(_plain(each))]]
    labels = {
        said: (label.fr, label.en, *(words for _, words in label.others))
        for said, label in labels_with_reasons(variable)
    }
    found = [known[said] for said, words in labels.items() if each in words and said in known]
    if len(found) == 1:
        return found
    words = [*filter(is_short, known), *(label[1] for label in labels.values())]
    raise OptionError(
        asked,
        f"{each!r} is the label of {len(found)} answers of `{name}`."
        if found
        else f"{each!r} is no answer of `{name}`, neither by its code nor by its label.",
        "Write their codes." if found else suggestion(each, words) if words else "Write its codes.",
    )


def _labels_of_new_codes(
    data: Microdata,
    name: str,
    named: Mapping[Any, Sequence[Any]],
    rules: Mapping[Any, Any],
    others: str,
    codes: Sequence[Any],
) -> dict[Code, Text]:
    """Return the labels of the new codes: that of the code that each was, or of those that it joins."""
    variable = data.codebook.variables.get(name, Variable(name))
    old = dict(labels_with_reasons(variable))
    sources: dict[Any, list[Text]] = {}
    hit = {code_text(code) for found in named.values() for code in found}
    if others == "keep":
        for code in variable.values:
            if code_text(code) not in hit:
                sources.setdefault(code, []).append(variable.values[code])
    for key, found in named.items():
        if rules[key] is not None:
            for code in found:
                kept = sources.setdefault(_plain(rules[key]), [])
                if code_text(code) in old and old[code_text(code)] not in kept:
                    kept.append(old[code_text(code)])
    labels = {code: _join_labels(texts) for code, texts in sources.items() if texts}
    if others != "keep":
        return labels
    # answers that are kept stand among the new ones as they stood among the old
    place = {code_text(code): at for at, code in enumerate(variable.values)}
    first = {code_text(code): at for code, at in zip(variable.values, place.values(), strict=True)
             if code_text(code) not in hit}  # fmt: skip
    for key, found in named.items():
        said = "" if rules[key] is None else code_text(_plain(rules[key]))
        first[said] = min(
            [first.get(said, len(place)), *(place.get(code_text(each), len(place)) for each in found)]
        )
    return dict(sorted(labels.items(), key=lambda each: first[code_text(each[0])]))


def _join_labels(texts: Sequence[Text]) -> Text:
    if len(texts) == 1:
        return texts[0]
    tags = dict.fromkeys(tag for text in texts for tag, _ in text.others)
    others = tuple((tag, " / ".join(dict(text.others).get(tag, text.en) for text in texts)) for tag in tags)
    return Text(" / ".join(text.fr for text in texts), " / ".join(text.en for text in texts), others=others)


def _rules_in_words(rules: Mapping[Any, tuple[Sequence[Any], Any]], others: str) -> Text:
    """Return rules in words: `1, 2 → 1; 3 → 0`."""

    def told(nothing: str, kept: str) -> list[str]:
        parts = []
        for key, (codes, new) in rules.items():
            old = (
                f"[{key.start}, {key.stop}["
                if isinstance(key, range)
                else ", ".join(code_text(_plain(code)) for code in codes)
            )
            parts.append(f"{old} → {nothing if new is None else code_text(_plain(new))}")
        return [*parts, *([kept] if others != "fail" else [])]

    french = "autres gardées" if others == "keep" else "autres → sans réponse"
    english = "others kept" if others == "keep" else "others → no answer"
    return Text(" ; ".join(told("sans réponse", french)), "; ".join(told("no answer", english)))


def _map_codes(
    data: Microdata,
    name: str,
    new: Mapping[Any, Any],
    others: str,
    asked: str,
    labels: Mapping[Code, Text],
    measure: Measure | None,
    said: Text,
) -> Recoded:
    """Return the answers under a table of new codes by old."""
    column = data.frame[name]
    places, distinct = pd.factorize(column)
    held = [_plain(each) for each in distinct.tolist()]
    table = {code_text(code): value for code, value in new.items()}
    unlisted = [code for code in held if code_text(code) not in table]
    if unlisted and others == "fail":
        raise unlisted_error(name, unlisted, asked)
    kept = others == "keep"
    after = [_plain(table.get(code_text(code), code if kept else None)) for code in held]
    values = np.array([*after, None], dtype=object)[places]
    moved = np.array([new is None or code_text(new) != code_text(old) for new, old in zip(after, held, strict=True)]
                     + [False], dtype=bool)  # fmt: skip
    changed = int(moved[places].sum())
    gone = data.missing.get(name)
    for at, code in enumerate(() if gone is None else gone.codes):
        again = table.get(code_text(code))
        if again is not None and gone is not None:
            cells = gone.places == at
            values[cells] = _plain(again)
            changed += int(cells.sum())
    answered = pd.notna(values)
    dropped = [code for code, value in zip(held, after, strict=True) if value is None]
    taken = {_plain(each) for each in pd.unique(values[answered])}
    missing, reasons = recode_missing(data, name, answered, dropped, new, taken)
    return Recoded(values, answered, missing, reasons, labels, measure, said, changed)


def unlisted_error(name: str, codes: Sequence[Any], asked: str) -> OptionError:
    """Return the error for answers that no rule names."""
    named = [code_text(code) for code in codes if is_short(code)]
    cut = len(codes) > len(named[:5])
    shown = ", ".join([*named[:5], *(["..."] if cut else [])])
    return OptionError(
        asked,
        f"{len(codes)} of its answers {'is' if len(codes) == 1 else 'are'} in no rule: {shown}.",
        "Name them, or write `others='keep'` or `others='missing'`.",
    )


def _plain(code: Any) -> Any:
    code = code.item() if isinstance(code, np.generic) else code
    return int(code) if isinstance(code, float) and code.is_integer() else code


def recode_to_bands(data: Microdata, name: str, limits: Sequence[float], others: str, asked: str) -> Recoded:
    """Return the band of each number: 1 for the first, and so on; a limit belongs to the band that it begins.

    Numbers outside the limits are refused, or made missing under `others="missing"`.
    """
    import pandas as pd

    column = data.frame[name]
    if not pd.api.types.is_numeric_dtype(column) or column.dtype.kind == "b":
        raise ColumnError(
            asked,
            f"`{name}` holds no numbers to gather in bands.",
            "Write `rules` from its answers to new codes.",
        )
    ends = _check_limits(limits, others, asked)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    there = ~np.isnan(values)
    band = np.searchsorted(ends, values, side="right")
    if math.isinf(ends[-1]):
        band[np.isposinf(values)] = len(ends) - 1  # what is open has no end
    inside = there & (band >= 1) & (band < len(ends))
    outside = there & ~inside
    if outside.any() and others == "fail":
        below, above = int((values[outside] < ends[0]).sum()), int((values[outside] >= ends[-1]).sum())
        raise OptionError(
            asked,
            f"{below} of its numbers are below {code_written(ends[0])}, and {above} are {code_written(ends[-1])} "
            "or more.",
            "Write wider limits (`-math.inf` and `math.inf` for open bands), or `others='missing'`.",
        )
    new = band.astype(object)
    new[~inside] = None
    missing, reasons = recode_missing(data, name, inside, [], {}, ())
    known = values[np.isfinite(values)]
    labels = _band_labels(
        ends, whole=bool((known % 1 == 0).all()) and all(_is_whole_limit(each) for each in ends)
    )
    said = "; ".join(f"{label.en} → {code}" for code, label in labels.items())
    french = " ; ".join(f"{label.fr} → {code}" for code, label in labels.items())
    if outside.any():
        # without their number: a codebook with its steps is published
        said += "; outside → no answer"
        french += " ; en dehors → sans réponse"
    return Recoded(new, inside, missing, reasons, labels, "ordinal", Text(french, said), int(there.sum()))


def _check_limits(limits: Sequence[float], others: str, asked: str) -> NDArray[np.float64]:
    ends = np.asarray(list(limits), dtype=float)
    if len(ends) < 2 or np.isnan(ends).any() or not (np.diff(ends) > 0).all():
        raise OptionError(
            asked,
            f"The limits {list(limits)!r} do not increase, or are fewer than two.",
            "Write for example `bands=[18, 25, 35, 50]`.",
        )
    if others == "keep":
        raise OptionError(
            asked,
            "Numbers outside the bands were to be kept as they are, beside the codes of the bands.",
            "Write wider limits, or `others='missing'`.",
        )
    return ends


def _band_labels(ends: NDArray[np.float64], *, whole: bool) -> dict[Code, Text]:
    found: dict[Code, Text] = {}
    for code, (low, high) in enumerate(pairwise(ends.tolist()), start=1):
        if math.isinf(low) and math.isinf(high):
            found[code] = Text("tous", "all")
        elif math.isinf(low):
            found[code] = Text(f"moins de {_limit_text(high, 'fr')}", f"under {_limit_text(high, 'en')}")
        elif math.isinf(high):
            found[code] = Text(f"{_limit_text(low, 'fr')} et plus", f"{_limit_text(low, 'en')} and over")
        elif whole and high - low == 1:
            found[code] = Text(_limit_text(low, "fr"), _limit_text(low, "en"))
        elif whole:
            found[code] = Text(
                f"{_limit_text(low, 'fr')}-{_limit_text(high - 1, 'fr')}",
                f"{_limit_text(low, 'en')}-{_limit_text(high - 1, 'en')}",
            )
        else:
            found[code] = Text(
                f"{_limit_text(low, 'fr')} à moins de {_limit_text(high, 'fr')}",
                f"{_limit_text(low, 'en')} to under {_limit_text(high, 'en')}",
            )
    return found


def _limit_text(value: float, language: str) -> str:
    written = code_written(value)
    return written.replace(".", ",") if language == "fr" else written


def _is_whole_limit(value: float) -> bool:
    return math.isinf(value) or float(value).is_integer()


_OTHERS = ("fail", "keep", "missing")


def recode(
    data: Microdata,
    name: str,
    rules: Mapping[Any, Any] | None = None,
    *,
    amounts: Mapping[Any, Any] | None = None,
    bands: Sequence[float] | None = None,
    into: str | None = None,
    label: str | Text | None = None,
    labels: Mapping[Any, str | Text] | None = None,
    others: str = "fail",
) -> Microdata:
    """Give the answers of a variable other codes, turn bands into amounts, or numbers into bands.

    One of `rules`, `amounts` and `bands` is given. Answers that are missing stay missing, with their reasons, unless a
    rule names their code. What was done is written down in `codebook.steps`.

    Parameters
    ----------
    data : Microdata
    name : str
        A variable.
    rules : mapping
        New code by old: `{1: 1, (2, 3): 2, "refused to say": None}`. Old ones are codes or labels, several in a tuple,
        or `range(18, 25)` for numbers from 18 to below 25; None makes an answer missing, for the reason that its label
        says (under a code below zero, where its own is a new answer).
    amounts : mapping
        Amount by code, for bands of income, hours...: a number, a band `(5000, 10000)` whose middle is taken, or None.
        The last band, open at the top, needs a number of your choice.
    bands : sequence of float
        Limits, in increasing order: `[18, 25, 35, 50]` makes 18-24, 25-34 and 35-49. Begin with `-math.inf` or end with
        `math.inf` for open bands.
    into : str, optional
        Name of a new variable; by default the variable itself is replaced.
    label : str or Text, optional
        Of the new variable; by default that of the old one.
    labels : mapping of code to str or Text, optional
        Of the new codes. By default a code has the label of the code that it was, or the labels of those that it joins.
    others : {"fail", "keep", "missing"}
        Answers that no rule names: refused, kept as they are, or made missing.

    Returns
    -------
    Microdata

    Raises
    ------
    ColumnError
        Where there is no such variable, or `into` is one already.
    OptionError
        Where a rule names an answer that nobody could give, two name the same, or answers are left over.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> book = Codebook().described("job", values={1: Text("CDI", "permanent"), 2: Text("CDD", "fixed term"),
    ...                                            3: Text("sans emploi", "no job")})
    >>> data = Microdata(pd.DataFrame({"job": [1, 2, 3, 2]}), book)
    >>> works = recode(data, "job", {(1, 2): 1, "no job": 0}, into="works")
    >>> works.frame["works"].tolist(), works.codebook["works"].values[1].en, works.codebook.steps[0].said.en
    ([1, 1, 0, 1], 'permanent / fixed term', 'works: job 1, 2 → 1; 3 → 0')
    """
    asked = f"`{name}` was to be recoded."
    frame = frame_in_memory(data, asked)
    check_columns(data, (name,), asked)
    target = name if into is None else into
    if target != name and target in frame.columns:
        raise ColumnError(
            asked, f"The data have a column `{target}` already.", "Write another name for the new variable."
        )
    if others not in _OTHERS:
        raise one_of("`others`", others, _OTHERS)
    if sum(each is not None for each in (rules, amounts, bands)) != 1:
        raise OptionError(
            asked,
            "One of `rules`, `amounts` and `bands` says how, and none or several were given.",
            f'Write for example `data.recode("{name}", {{1: 1, (2, 3): 2}})`.',
        )
    if bands is not None:
        done = recode_to_bands(data, name, bands, others, asked)
    elif amounts is not None:
        done = recode_to_amounts(data, name, amounts, others, asked)
    else:
        done = recode_by_rules(data, name, rules or {}, others, asked)
    return _apply_recode(data, name, target, done, label, labels, asked)


def _apply_recode(
    data: Microdata,
    name: str,
    target: str,
    done: Recoded,
    label: str | Text | None,
    labels: Mapping[Any, str | Text] | None,
    asked: str,
) -> Microdata:
    """Return the data with the new column, what the codebook says of it, and the step."""
    old = data.codebook.variables.get(name, Variable(name))
    column = _as_column(done.values, done.answered, data.frame.index, asked)
    missing = {each: codes for each, codes in data.missing.items() if each != target}
    if done.missing is not None:
        missing[target] = done.missing
    variable = _describe_recoded(old, target, done, column, label, labels, asked)
    step = Step(
        "recode", tuple(dict.fromkeys((name, target))), _rule_in_words(name, target, done.said), done.changed
    )
    codebook = replace(data.codebook, variables={**data.codebook.variables, target: variable})
    frame = data.frame.assign(**{target: column})
    counted = count_reasons(frame, codebook.with_step(step), missing, [target])
    return replace(data, frame=frame, codebook=counted, missing=missing)


def _describe_recoded(
    old: Variable,
    target: str,
    done: Recoded,
    column: pd.Series[Any],
    label: str | Text | None,
    labels: Mapping[Any, str | Text] | None,
    asked: str,
) -> Variable:
    """Return what the new variable means."""
    new = set(column.dropna().tolist())
    for code in () if done.missing is None else done.missing.codes:
        if code in new:
            why = f" ({done.reasons[code]})" if done.reasons[code] else ""
            raise OptionError(
                asked,
                f"The code {code_written(code)} stands for no answer{why}, and is a new answer too.",
                "Write another code for that answer.",
            )
    given = {
        code: words if isinstance(words, Text) else Text.same(str(words))
        for code, words in (labels or {}).items()
    }
    said = label if isinstance(label, Text) else Text.same(label) if label else old.label
    return replace(
        old,
        name=target,
        label=said,
        values={**done.labels, **given},
        measure=done.measure or old.measure,
        # a code of no answer that nobody has gives way to an answer
        missing={code: why for code, why in done.reasons.items() if code not in new},
        missing_labels=_missing_labels(
            old, {code: why for code, why in done.reasons.items() if code not in new}
        ),
        missing_ranges=(),
        unit="",
        part_of=old.part_of if target == old.name else "",
        storage="words" if old.storage == "words" and not is_numeric_dtype(column) else "",
    )


def _missing_labels(old: Variable, missing: Mapping[Code, str]) -> dict[Code, Text]:
    """Return the wordings of missing codes: those of the answers and of the missing codes that they were."""
    said = {text.en: text for text in (*old.values.values(), *old.missing_labels.values())}
    return {code: said[why] for code, why in missing.items() if why in said and said[why] != Text.same(why)}


def _rule_in_words(name: str, target: str, rule: Text) -> Text:
    if target == name:
        return Text(f"{name} : {rule.fr}", f"{name}: {rule.en}")
    return Text(f"{target} : {name} {rule.fr}", f"{target}: {name} {rule.en}")


def _as_column(
    values: NDArray[Any], answered: NDArray[np.bool_], index: pd.Index[Any], asked: str
) -> pd.Series[Any]:
    """Return new answers as a column: whole numbers, numbers, or words."""
    import pandas as pd

    distinct = pd.unique(values[answered])
    kinds = {isinstance(each, str) for each in distinct}
    if len(kinds) > 1:
        raise OptionError(
            asked,
            "Some of the new answers are numbers and some are words.",
            "Write all of them as numbers, or all as words.",
        )
    if True in kinds:
        words = np.where(answered, values, np.nan)
        return pd.Series(words, index=index, dtype=pd.StringDtype(na_value=np.nan))
    if answered.all() and len(values) and all(isinstance(each, int | np.integer) for each in distinct):
        return pd.Series(values.astype(np.int64), index=index)
    return pd.Series(np.where(answered, values, np.nan).astype(np.float64), index=index)


_ANSWERED = "answered"


def with_reasons(data: Microdata, name: str, into: str | None = None) -> Microdata:
    """Add a variable that says of each row whether a question was answered, and for which reason it was not.

    Shares of it are shares of reasons, with their standard errors under any design and in any domain:
    `dl.estimate(sample, dl.share("income_reason"), by="sex")`.

    Parameters
    ----------
    data : Microdata
    name : str
        A variable.
    into : str, optional
        Name of the new variable; by default that of the old one with `_reason` after it.

    Returns
    -------
    Microdata
        The codes of the new variable are `answered`, the reasons in the words of the codebook, and `system` for answers
        that are missing without a reason.

    Raises
    ------
    ColumnError
        Where there is no such variable, or the new one is there already.
    OptionError
        Where the codebook counts reasons, and no longer knows on which rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> from diplab.microdata.missing import MissingCodes
    >>> book = Codebook().described("income", missing={99: "refused"})
    >>> refused = MissingCodes((99,), np.array([-1, 0, -1]))
    >>> data = Microdata(pd.DataFrame({"income": [900.0, None, None]}), book, {"income": refused})
    >>> with_reasons(data, "income").frame["income_reason"].tolist()
    ['answered', 'refused', 'system']
    """
    import pandas as pd

    asked = f"The reasons of missing answers to `{name}` were asked for as a variable."
    frame = frame_in_memory(data, asked)
    check_columns(data, (name,), asked)
    target = f"{name}_reason" if into is None else into
    if target in frame.columns:
        raise ColumnError(
            asked,
            f"The data have a column `{target}` already.",
            'Write another name, for example `into="why"`.',
        )
    known = data.codebook.reasons.get(name, {})
    places, found = reasons_by_row(data, name)
    if data.missing.get(name) is None and set(known) - {SYSTEM} and (places >= 0).any():
        raise OptionError(
            asked,
            f"The codebook counts them ({', '.join(known)}), and no longer says on which rows.",
            "Read the file again, and add this variable before its column is changed.",
        )
    reasons = [why for _, why in found]
    words = np.array([*reasons, _ANSWERED], dtype=object)[places]
    values: dict[Code, Text] = {_ANSWERED: Text("a répondu", "answered")}
    own = data.codebook.variables.get(name)
    values |= {why: reason_words(own, why) for why in reasons}
    label = data.codebook[name].label if name in data.codebook else Text.same(name)
    label = label or Text.same(name)
    french, english = (each.rstrip(" :\N{NO-BREAK SPACE}") for each in (label.fr, label.en))
    said = Text(f"{french} : réponse ou raison de son absence", f"{english}: answer, or why there is none")
    codebook = data.codebook.described(target, label=said, values=values, measure="nominal")
    step = Step("recode", (name, target), said, len(frame))
    column = pd.Series(words, index=frame.index, dtype=pd.StringDtype(na_value=np.nan))
    return replace(data, frame=frame.assign(**{target: column}), codebook=codebook.with_step(step))
