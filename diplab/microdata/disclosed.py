"""What may be published of the answers to a question: no count of fewer than five people, nor the means to find one.

A count of one to four is said to be small and not given. Where the total of several counts is known and a difference
would give a small one back, the smallest of the others is not given either; each reader of what is left finds at
least two values possible for each count that is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

from diplab.microdata.direct_identifier import is_direct_identifier
from diplab.microdata.disclosed_numbers import Numbers, numbers_of
from diplab.microdata.identifiers import identifying
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import TypeVar

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

    Key = TypeVar("Key", bound=Hashable)

__all__ = ["THRESHOLD", "Count", "Disclosed", "DisclosedKind", "disclosed", "identifies", "protected"]

THRESHOLD = 5
"""Fewer people than this are not counted in public."""

SYSTEM = "system"
FEW_CODES = 12
MANY_WORDS = 30

DisclosedKind: TypeAlias = Literal["categories", "numbers", "moments", "words", "identifier"]


@dataclass(frozen=True)
class Count:
    """How many people, as far as it may be known.

    Parameters
    ----------
    people : int or None
        The number; None where it is not given.
    small : bool
        True where it is not given because it is from one to four.

    Examples
    --------
    >>> Count(12).people, Count(None, small=True).small
    (12, True)
    """

    people: int | None
    small: bool = False


@dataclass(frozen=True)
class Disclosed:
    """What a codebook may show of one column.

    Parameters
    ----------
    kind : {"categories", "numbers", "moments", "words", "identifier"}
        Answers among several; amounts; dates; words of one's own, of which nothing is shown; what names a person.
    rows : int
        People in the file.
    answered, missing : Count
        Those who answered, and those who did not.
    values : mapping of code to Count
        By answer: those that the codebook labels, in its order, then the others that five people gave.
    others : Count or None
        People who gave an answer that fewer than five people gave and that has no label; None where there is none.
    reasons : mapping of str to Count
        Missing answers by reason.
    numbers : Numbers or None
        Mean, quartiles and shape, of numbers and of moments that enough people gave.
    """

    kind: DisclosedKind
    rows: int
    answered: Count
    missing: Count
    values: Mapping[Code, Count] = field(default_factory=dict)
    others: Count | None = None
    reasons: Mapping[str, Count] = field(default_factory=dict)
    numbers: Numbers | None = None


def identifies(data: Microdata, name: Hashable) -> bool:
    """Return whether a column may say who people are, by its name, its label or its cells: nothing of it is shown.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> from diplab.reference.text import Text
    >>> book = Codebook().described("q1", label=Text("Téléphone", "Phone"))
    >>> identifies(Microdata(pd.DataFrame({"q1": [612345678, 698765432]}), book), "q1")
    True
    """
    by_itself = is_direct_identifier(str(name), data.frame[name])
    return by_itself or (isinstance(name, str) and bool(identifying(data, (name,))))


def protected(counts: Mapping[Key, int]) -> dict[Key, Count]:
    """Return counts of which the total is known, so that no small one can be found from the others.

    Parameters
    ----------
    counts : mapping of key to int
        People in each group; the groups share all of them out.

    Examples
    --------
    >>> [each.people for each in protected({"a": 90, "b": 30, "c": 2}).values()]
    [90, None, None]
    >>> [each.people for each in protected({"a": 90, "b": 3, "c": 2}).values()]
    [90, None, None]
    """
    small = [count for count in counts.values() if 0 < count < THRESHOLD]
    rest = sorted((key for key, count in counts.items() if count >= THRESHOLD), key=lambda key: counts[key])
    hidden: list[Key] = []
    while small and _found(small, [counts[key] for key in hidden]) and len(hidden) < len(rest):
        hidden.append(rest[len(hidden)])
    if small and _found(small, [counts[key] for key in hidden]):
        # with nothing left to hide behind, even that they are small, or that nobody is there, would give them away
        return dict.fromkeys(counts, Count(None))
    return {
        key: Count(None, small=True) if 0 < count < THRESHOLD else Count(None if key in hidden else count)
        for key, count in counts.items()
    }


def _found(small: list[int], beside: list[int]) -> bool:
    """Return whether the sum of hidden counts leaves one value only for each: `small` from 1 to 4, others from 5."""
    if not beside:
        return len(small) == 1 or sum(small) in (len(small), (THRESHOLD - 1) * len(small))
    return sum(small) - len(small) + sum(beside) - THRESHOLD * len(beside) == 0


def disclosed(data: Microdata, name: str) -> Disclosed:
    """Return what may be published of one column of microdata.

    Parameters
    ----------
    data : Microdata
        The answers, in memory.
    name : str
        The column.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> people = Microdata(pd.DataFrame({"sex": [1] * 40 + [2] * 60}), Codebook())
    >>> disclosed(people, "sex").values
    {1: Count(people=40, small=False), 2: Count(people=60, small=False)}
    """
    answers = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
    given = _in_their_type(answers.dropna())
    counts = {"answered": len(given), "missing": len(answers) - len(given)}
    # what cannot be told of one cannot be told of the other: they add up to the rows of the file
    tied = any(0 < count < THRESHOLD for count in counts.values())
    if identifies(data, name):
        return Disclosed("identifier", len(answers), *_both(counts))
    kind = _kind(given, variable)
    reasons = _reasons(data, name, variable, counts["missing"])
    values, others = _by_value(given, variable, kind)
    shared: dict[tuple[str, Code], int] = {("value", code): count for code, count in values.items()}
    if others:
        shared[("others", "")] = others
    if kind != "categories":
        # the answers without a label stand between these and the total
        hidden = {
            key: Count(None, small=True) if 0 < n < THRESHOLD else Count(n) for key, n in shared.items()
        }
        both = _both(counts)
    elif tied:
        hidden = protected({**shared, ("missing", ""): counts["missing"]})
        small = 0 < counts["answered"] < THRESHOLD
        both = (Count(None, small=small), hidden[("missing", "")])
    else:
        hidden, both = protected(shared), (Count(counts["answered"]), Count(counts["missing"]))
    return Disclosed(
        kind,
        len(answers),
        *both,
        {code: hidden[("value", code)] for code in values},
        hidden.get(("others", "")),
        {reason: Count(None, small=True) for reason in reasons} if tied else protected(reasons),
        numbers_of(given) if kind in ("numbers", "moments") else None,
    )


def _both(counts: Mapping[str, int]) -> tuple[Count, Count]:
    shown = protected(counts)
    return shown["answered"], shown["missing"]


def _kind(given: pd.Series[Any], variable: Variable) -> DisclosedKind:
    """Return what the answers are, by their cells and their labels."""
    if pd.api.types.is_datetime64_any_dtype(given):
        return "moments"
    if pd.api.types.is_timedelta64_dtype(given):
        return "words"
    if isinstance(given.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(given):
        return "categories"
    if pd.api.types.is_numeric_dtype(given):
        distinct = given.nunique()
        labelled = bool(variable.values) and set(given.unique().tolist()) <= set(variable.values)
        few = distinct <= FEW_CODES and bool((given % 1 == 0).all())
        of_answers = variable.measure in ("nominal", "ordinal") and (labelled or distinct <= MANY_WORDS)
        return "categories" if labelled or few or of_answers else "numbers"
    if pd.api.types.infer_dtype(given) not in ("string", "empty"):
        # dates and hours as Python holds them, lists
        return "words"
    return "categories" if variable.values or _repeated(given) else "words"


def _in_their_type(given: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers, or yes and no, that stood in a column of any objects because some are missing, as such."""
    held = pd.api.types.infer_dtype(given) if given.dtype == object else ""
    if held == "boolean":
        return given.astype(bool)
    return given.astype(float) if held in ("integer", "floating", "mixed-integer-float") else given


def _repeated(given: pd.Series[Any]) -> bool:
    """Return whether words are answers among a few: nine in ten were given by five people, and they are not many."""
    counts = given.value_counts()
    shared = int(counts[counts >= THRESHOLD].sum())
    return 0 < len(counts) <= MANY_WORDS and shared * 10 >= len(given) * 9


def _by_value(given: pd.Series[Any], variable: Variable, kind: DisclosedKind) -> tuple[dict[Code, int], int]:
    """Return how many people gave each answer that may be named, and how many gave another."""
    if kind not in ("categories", "numbers"):
        return {}, 0
    counts: dict[Any, int] = {}
    for code, count in given.value_counts().items():
        counts[_plain(code)] = int(count)
    named = {code: counts.get(code, 0) for code in variable.values if variable.why(code) is None}
    if kind == "numbers":
        return named, 0
    free = {code: count for code, count in counts.items() if code not in named}
    usual = {code: count for code, count in free.items() if count >= THRESHOLD}
    rest = sum(free.values()) - sum(usual.values())
    if not any(isinstance(code, str) for code in named):
        # 0 and 6 have labels, and 1 to 5 stand between them
        return (dict(sorted({**named, **usual}.items(), key=_rank)) if usual else named), rest
    return {**named, **dict(sorted(usual.items(), key=_rank))}, rest


def _rank(each: tuple[Code, int]) -> tuple[bool, Code]:
    return isinstance(each[0], str), each[0]


def _plain(code: Any) -> Code:
    if isinstance(code, bool):
        return code
    if not isinstance(code, int | float):
        # a class of amounts, a period
        return str(code)
    return int(code) if float(code).is_integer() else code


def _reasons(data: Microdata, name: str, variable: Variable, gone: int) -> dict[str, int]:
    codes = data.missing.get(name)
    reasons = {} if codes is None else dict(codes.reasons(variable))
    bare = gone - sum(reasons.values())
    return {**reasons, SYSTEM: bare} if bare > 0 else reasons
