"""New codes for those of a variable: by rules, with amounts for bands, or by a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.errors import OptionError, suggestion
from diplab.kernel.arrays import Booleans
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.missing import (
    MissingCodes,
    labelled_codes,
    labels_with_reasons,
    recode_missing,
)
from diplab.microdata.parse_numbers import ends_of_band
from diplab.microdata.variable import (
    Code,
    Measure,
    Variable,
    any_words,
    as_code,
    by_text,
    code_text,
    is_short,
    positions,
    without,
)
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

Others: TypeAlias = Literal["fail", "keep", "drop"]


@dataclass(frozen=True, eq=False)
class Recoded:
    """Recoded answers of a variable, with missing codes, reasons, labels and the rule in words."""

    values: NDArray[Any]
    answered: Booleans
    missing: MissingCodes | None
    reasons: Mapping[Code, str]
    labels: Mapping[Code, Text]
    measure: Measure | None
    rule: Text
    changed: int
    unit: str = ""
    notice: Text = NOTHING


def recode_by_rules(
    data: Microdata, name: str, rules: Mapping[Any, Any], others: str, *, amounts: bool = False
) -> Recoded:
    """Return answers recoded by rules from codes to codes, or to `amounts` (a number or band)."""
    if amounts:
        rules = {code: _middle(amount, code) for code, amount in rules.items()}
    for new in rules.values():
        is_nan = isinstance(new, float) and math.isnan(new)
        if new is not None and (
            is_nan or not isinstance(new, str | int | float | np.number | np.bool_)
        ):
            none = ", `None` for no answer" if is_nan else ""
            raise OptionError(
                f"The new code {new!r} is neither a number nor a word.",
                write=f"Write codes{none}, or `amounts=` for the middle of bands.",
            )
    words = _rules_in_words(_codes_by_rule(data, name, rules), rules, others)
    kept: dict[Code, Text] = {}
    if others == "keep":
        rules = dict(rules)
        for code, label in _kept_as_words(data, name, rules).items():
            rules[code] = label.en or label.fr
            kept[rules[code]] = label
    by_rule = _codes_by_rule(data, name, rules)
    table = {}
    for key, codes in by_rule.items():
        for code in codes:
            table[code] = rules[key]
    labels = {}
    if not amounts:
        labels = _labels_of_new_codes(data.codebook.variable(name), by_rule, rules, others)
    labels |= kept
    return map_codes(data, name, table, others, labels, "scale" if amounts else None, words)


def _kept_as_words(data: Microdata, name: str, rules: Mapping[Any, Any]) -> dict[Code, Text]:
    """Return the labels of answers kept next to new words, so that all answers are words."""
    if not any_words(rules.values()):
        return {}
    named = _texts_of_codes(_codes_by_rule(data, name, rules))
    answers = labelled_codes(data.codebook.variable(name))
    values = data.codebook.variable(name).values
    return {
        code: values[code]
        for code in answers
        if code_text(code) not in named and not isinstance(code, str)
    }


def _texts_of_codes(by_rule: Mapping[Any, Sequence[Any]]) -> set[str]:
    return set(map(code_text, chain.from_iterable(by_rule.values())))


def _middle(amount: Any, code: Any) -> float | None:
    if amount is None:
        return None
    ends = ends_of_band(amount)
    if ends is None or not np.isfinite(ends).all():
        raise OptionError(
            f"The amount {amount!r} of {code!r} has no midpoint.",
            write="Write a number, or a closed band such as (5000, 10000).",
        )
    return ends[0] / 2 + ends[1] / 2


def _codes_by_rule(data: Microdata, name: str, rules: Mapping[Any, Any]) -> dict[Any, list[Any]]:
    """Return the codes named by each rule."""
    if not rules:
        raise OptionError(
            "There is no rule.", write=f'Write for example `data.recode("{name}", {{1: 1, 2: 0}})`.'
        )
    variable = data.codebook.variable(name)
    present = pd.unique(data.frame[name].dropna()).tolist()
    missing = data.missing[name].codes if name in data.missing else ()
    known = {}
    for code in (*variable.missing, *missing, *variable.values, *present):
        known[code_text(code)] = code
    by_rule: dict[Any, list[Any]] = {}
    rule_of_code: dict[str, Any] = {}
    for key in rules:
        parts = key if isinstance(key, tuple | frozenset) else (key,)
        by_rule[key] = []
        for part in parts:
            by_rule[key] += _codes_of_key(part, known, variable, name)
        for code in map(code_text, by_rule[key]):
            if code in rule_of_code:
                raise OptionError(
                    f"The answer {code} is named by two rules, {rule_of_code[code]!r} and {key!r}.",
                    write="Name each answer once.",
                )
            rule_of_code[code] = key
    return by_rule


def _codes_of_key(each: Any, known: Mapping[str, Any], variable: Variable, name: str) -> list[Any]:
    """Return the codes named by a part of a rule: a code, a label, or a range of numbers."""
    if isinstance(each, range):
        return [
            code
            for code in known.values()
            if not isinstance(code, str)
            and each.start <= code < each.stop
            and variable.why(code) is None
        ]
    code = known.get(code_text(as_code(each)))
    if code is not None and isinstance(code, str) == isinstance(each, str):
        return [code]
    labels = {}
    for code, label in labels_with_reasons(variable).items():
        labels[code] = (label.fr, label.en, *dict(label.others).values())
    codes = []
    for code, words in labels.items():
        if each in words and code in known:
            codes.append(known[code])
    if len(codes) == 1:
        return codes
    if codes:
        raise OptionError(
            f"{each!r} is the label of {len(codes)} answers of `{name}`.",
            write="Write their codes.",
        )
    answers = [*filter(is_short, known), *map(itemgetter(1), labels.values())]
    raise OptionError(
        f"{each!r} is not an answer of `{name}`, neither a code nor a label.",
        write=suggestion(each, answers) if answers else "Write its codes.",
    )


def _labels_of_new_codes(
    variable: Variable, by_rule: Mapping[Any, Sequence[Any]], rules: Mapping[Any, Any], others: str
) -> dict[Code, Text]:
    """Return the labels of new codes, in order: the word itself, or the labels of old codes."""
    old = labels_with_reasons(variable)
    sources: dict[Any, list[Text]] = {}
    named = _texts_of_codes(by_rule)
    if others == "keep":
        for code, label in variable.values.items():
            if code_text(code) not in named:
                sources.setdefault(code, []).append(label)
    for key, codes in by_rule.items():
        if rules[key] is not None:
            for code in map(code_text, codes):
                texts = sources.setdefault(as_code(rules[key]), [])
                if code in old and old[code] not in texts:
                    texts.append(old[code])
    known = set(map(code_text, variable.values))
    labels: dict[Code, Text] = {}
    # listing some words out of many unlisted ones would put these first
    words_listed = bool(known) or others != "keep"
    for code, texts in sources.items():
        if words_listed and isinstance(code, str) and code not in known:
            labels[code] = Text.same(code)
        elif texts:
            labels[code] = join_wordings(texts, " / ")
    if others != "keep":
        numbers = {code: text for code, text in labels.items() if not isinstance(code, str)}
        return dict(sorted(numbers.items())) or labels
    # kept answers are placed among the new ones in the order of the old
    place = positions(map(code_text, variable.values))
    first = without(place, named)
    for key, codes in by_rule.items():
        new = "" if rules[key] is None else code_text(as_code(rules[key]))
        places = [place.get(code_text(code), len(place)) for code in codes]
        first[new] = min([first.get(new, len(place)), *places])
    return dict(sorted(labels.items(), key=lambda item: first[code_text(item[0])]))


def _rules_in_words(
    by_rule: Mapping[Any, Sequence[Any]], rules: Mapping[Any, Any], others: str
) -> Text:
    """Return rules in words: `1, 2 → 1; 3 → 0`."""
    parts = []
    for key, codes in by_rule.items():
        old = ", ".join(map(code_text, map(as_code, codes)))
        if isinstance(key, range):
            old = f"[{key.start}, {key.stop}["
        new = WORDS("missing.no_answer") if rules[key] is None else code_text(as_code(rules[key]))
        parts.append(WORDS("recode.rule", old=old, new=new))
    if others != "fail":
        parts.append(WORDS(f"recode.others_{others}"))
    return join_wordings(parts, "; ")


def map_codes(
    data: Microdata,
    name: str,
    new: Mapping[Any, Any],
    others: str,
    labels: Mapping[Code, Text],
    measure: Measure | None,
    rule: Text,
) -> Recoded:
    """Return the answers recoded by a table of old to new codes."""
    places, distinct = pd.factorize(data.frame[name])
    before = list(map(as_code, distinct.tolist()))
    table = by_text(new)
    unlisted = [code for code in before if code_text(code) not in table]
    if unlisted and others == "fail":
        raise unlisted_error(name, unlisted)
    after = [
        as_code(table.get(code_text(code), code if others == "keep" else None)) for code in before
    ]
    values = np.array([*after, None], dtype=object)[places]
    moved, dropped = [], []
    for code, value in zip(before, after, strict=True):
        if value is None:
            dropped.append(code)
        moved.append(value is None or code_text(value) != code_text(code))
    changed = int(np.array([*moved, False], dtype=bool)[places].sum())
    missing_codes = data.missing.get(name)
    for at, code in enumerate(() if missing_codes is None else missing_codes.codes):
        answer = table.get(code_text(code))
        if answer is not None and missing_codes is not None:
            cells = missing_codes.places == at
            values[cells] = as_code(answer)
            changed += int(cells.sum())
    answered = pd.notna(values)
    answers = set(map(as_code, pd.unique(values[answered])))
    missing, reasons = recode_missing(data, name, answered, dropped, new, answers)
    return Recoded(values, answered, missing, reasons, labels, measure, rule, changed)


def unlisted_error(name: str, codes: Sequence[Any]) -> OptionError:
    """Return the error for answers that are in no rule."""
    quoted = list(map(code_text, filter(is_short, codes)))[:5]
    listed = ", ".join([*quoted, *(["..."] if len(codes) > len(quoted) else [])])
    many = f"{len(codes)} answers of `{name}` match"
    if len(codes) == 1:
        many = f"1 answer of `{name}` matches"
    write = "Name them, or write `others='keep'` or `others='drop'`."
    return OptionError(f"{many} no rule: {listed}.", write=write)
