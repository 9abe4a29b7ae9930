"""The rules of a recode: which answers become which, and which become missing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import OptionError, suggestion
from diplab.microdata.answers import code_said, is_short
from diplab.microdata.recoded_missing import missing_after, reasons_as_labels
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.missing_codes import MissingCodes
    from diplab.microdata.variable import Code, Measure

__all__ = ["Recoded", "amounts_of", "left_over", "rules_of"]


@dataclass(frozen=True, eq=False)
class Recoded:
    """New answers of a variable.

    Parameters
    ----------
    values : array of object, shape (rows,)
        New answers.
    answered : array of bool, shape (rows,)
        False where there is none.
    missing : MissingCodes or None
        The codes of those that are missing.
    reasons : mapping of code to str
        What these codes mean.
    labels : mapping of code to Text
    measure : str
        Empty where it stays what it was.
    said : Text
        The rule in words.
    changed : int
        Rows whose answer is another.
    """

    values: NDArray[Any]
    answered: NDArray[np.bool_]
    missing: MissingCodes | None
    reasons: Mapping[Code, str]
    labels: Mapping[Code, Text]
    measure: Measure | None
    said: Text
    changed: int


def rules_of(data: Microdata, name: str, rules: Mapping[Any, Any], others: str, asked: str) -> Recoded:
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
    codes, codes_of_rule = _named(data, name, rules, asked)
    new = {code: rules[key] for key, named in codes_of_rule.items() for code in named}
    labels = _labels(data, name, codes_of_rule, rules, others, codes)
    said = _said({key: (named, rules[key]) for key, named in codes_of_rule.items()}, others)
    return _applied(data, name, new, others, asked, labels, None, said)


def _is_nan(code: Any) -> bool:
    return isinstance(code, float) and math.isnan(code)


def amounts_of(data: Microdata, name: str, amounts: Mapping[Any, Any], others: str, asked: str) -> Recoded:
    """Return amounts for codes of bands: the number given, or the middle of a band."""
    middle = {code: _middle(amount, code, asked) for code, amount in amounts.items()}
    _, codes_of_rule = _named(data, name, middle, asked)
    new = {code: middle[key] for key, named in codes_of_rule.items() for code in named}
    said = _said({key: (named, middle[key]) for key, named in codes_of_rule.items()}, others)
    return _applied(data, name, new, others, asked, {}, "scale", said)


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


def _named(
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
    known = {code_said(code): code for code in (*variable.missing, *gone, *variable.values, *held)}
    codes = list(known.values())
    named: dict[Any, list[Any]] = {}
    taken: dict[str, Any] = {}
    for key in rules:
        found = [
            code
            for each in (key if isinstance(key, tuple | frozenset) else (key,))
            for code in _codes(each, known, variable, name, asked)
        ]
        for code in found:
            if code_said(code) in taken:
                raise OptionError(
                    asked,
                    f"The answer {code_said(code)} is named by two rules, {taken[code_said(code)]!r} and {key!r}.",
                    "Name each answer once.",
                )
            taken[code_said(code)] = key
        named[key] = found
    return codes, named


def _codes(each: Any, known: Mapping[str, Any], variable: Variable, name: str, asked: str) -> list[Any]:
    """Return the codes that one part of a rule names: a code, a label, or numbers from one to below another."""
    if isinstance(each, range):
        return [
            code for code in known.values() if not isinstance(code, str) and each.start <= code < each.stop
            and variable.why(code) is None
        ]  # fmt: skip
    if code_said(_plain(each)) in known and isinstance(known[code_said(_plain(each))], str) == isinstance(
        each, str
    ):
        return [known[code_said(_plain(each))]]
    labels = {
        said: (label.fr, label.en, *(words for _, words in label.others))
        for said, label in reasons_as_labels(variable)
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


def _labels(
    data: Microdata,
    name: str,
    named: Mapping[Any, Sequence[Any]],
    rules: Mapping[Any, Any],
    others: str,
    codes: Sequence[Any],
) -> dict[Code, Text]:
    """Return the labels of the new codes: that of the code that each was, or of those that it joins."""
    variable = data.codebook.variables.get(name, Variable(name))
    old = dict(reasons_as_labels(variable))
    sources: dict[Any, list[Text]] = {}
    hit = {code_said(code) for found in named.values() for code in found}
    if others == "keep":
        for code in variable.values:
            if code_said(code) not in hit:
                sources.setdefault(code, []).append(variable.values[code])
    for key, found in named.items():
        if rules[key] is not None:
            for code in found:
                kept = sources.setdefault(_plain(rules[key]), [])
                if code_said(code) in old and old[code_said(code)] not in kept:
                    kept.append(old[code_said(code)])
    labels = {code: _joined(texts) for code, texts in sources.items() if texts}
    if others != "keep":
        return labels
    # answers that are kept stand among the new ones as they stood among the old
    place = {code_said(code): at for at, code in enumerate(variable.values)}
    first = {code_said(code): at for code, at in zip(variable.values, place.values(), strict=True)
             if code_said(code) not in hit}  # fmt: skip
    for key, found in named.items():
        said = "" if rules[key] is None else code_said(_plain(rules[key]))
        first[said] = min(
            [first.get(said, len(place)), *(place.get(code_said(each), len(place)) for each in found)]
        )
    return dict(sorted(labels.items(), key=lambda each: first[code_said(each[0])]))


def _joined(texts: Sequence[Text]) -> Text:
    if len(texts) == 1:
        return texts[0]
    tags = dict.fromkeys(tag for text in texts for tag, _ in text.others)
    others = tuple((tag, " / ".join(dict(text.others).get(tag, text.en) for text in texts)) for tag in tags)
    return Text(" / ".join(text.fr for text in texts), " / ".join(text.en for text in texts), others=others)


def _said(rules: Mapping[Any, tuple[Sequence[Any], Any]], others: str) -> Text:
    """Return rules in words: `1, 2 → 1; 3 → 0`."""

    def told(nothing: str, kept: str) -> list[str]:
        parts = []
        for key, (codes, new) in rules.items():
            old = (
                f"[{key.start}, {key.stop}["
                if isinstance(key, range)
                else ", ".join(code_said(_plain(code)) for code in codes)
            )
            parts.append(f"{old} → {nothing if new is None else code_said(_plain(new))}")
        return [*parts, *([kept] if others != "fail" else [])]

    french = "autres gardées" if others == "keep" else "autres → sans réponse"
    english = "others kept" if others == "keep" else "others → no answer"
    return Text(" ; ".join(told("sans réponse", french)), "; ".join(told("no answer", english)))


def _applied(
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
    table = {code_said(code): value for code, value in new.items()}
    unlisted = [code for code in held if code_said(code) not in table]
    if unlisted and others == "fail":
        raise left_over(name, unlisted, asked)
    kept = others == "keep"
    after = [_plain(table.get(code_said(code), code if kept else None)) for code in held]
    values = np.array([*after, None], dtype=object)[places]
    moved = np.array([new is None or code_said(new) != code_said(old) for new, old in zip(after, held, strict=True)]
                     + [False], dtype=bool)  # fmt: skip
    changed = int(moved[places].sum())
    gone = data.missing.get(name)
    for at, code in enumerate(() if gone is None else gone.codes):
        again = table.get(code_said(code))
        if again is not None and gone is not None:
            cells = gone.places == at
            values[cells] = _plain(again)
            changed += int(cells.sum())
    answered = pd.notna(values)
    dropped = [code for code, value in zip(held, after, strict=True) if value is None]
    taken = {_plain(each) for each in pd.unique(values[answered])}
    missing, reasons = missing_after(data, name, answered, dropped, new, taken)
    return Recoded(values, answered, missing, reasons, labels, measure, said, changed)


def left_over(name: str, codes: Sequence[Any], asked: str) -> OptionError:
    """Return the error for answers that no rule names."""
    named = [code_said(code) for code in codes if is_short(code)]
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
