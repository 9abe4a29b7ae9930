"""The errors that diplab raises.

An error says what is wrong in the words of the call, what was found, and what to write instead. For
a mistyped name, it suggests the nearest known names. The texts are part of the interface and are
tested.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

MANY_NAMES = 8  # beyond it, names that are not near are counted, not listed
_NEAR = 0.65  # similarity from which two names are near (Ratcliff and Obershelp)
_MOST_NEAR = 3  # near names that an error suggests
_LETTERS = 3  # fewest letters that count as the beginning of another name


class DiplabError(Exception):
    """Base class of the errors that diplab raises.

    Parameters
    ----------
    asked : str or Text
        What is wrong, in the words of the call, as a sentence.
    found : str or Text
        What was found, as a sentence; empty if `asked` says it.
    write : str or Text
        What to write instead, as a sentence; empty if there is no better call.

    Examples
    --------
    >>> str(DiplabError("A sum was asked for.", "The circles are nested.", "Write the largest."))
    'A sum was asked for. The circles are nested. Write the largest.'
    """

    def __init__(self, asked: object, found: object = "", write: object = "") -> None:
        # English in Python; the command line prints a `Text` in its own language
        self.sentences = asked, found, write
        self.asked, self.found, self.write = map(str, self.sentences)
        super().__init__(" ".join(filter(None, (self.asked, self.found, self.write))))

    def __reduce__(self) -> tuple[Any, ...]:
        # unpickle without calling `__init__`, whose arguments differ by class
        return Exception.__new__, (type(self), *self.args), self.__dict__


class CalibrationError(DiplabError):
    """Margins that contradict each other, the data or the bounds of the weights."""


class ColumnError(DiplabError):
    """A column that does not exist, or cannot be used as requested."""


class ConditionError(DiplabError):
    """A condition or expression that cannot be read."""


class DataError(DiplabError):
    """A data file that is missing, changed, or not what its registry says."""


class DesignError(DiplabError):
    """A sampling design that contradicts the data."""


class LonelyPsuError(DesignError):
    """A stratum with a single primary unit, when a variance needs two."""


class DisclosureError(DiplabError):
    """Cells that readers of a table could still derive; `cells` are their positions."""

    cells: tuple[int, ...] = ()


class EmptyDomainError(DiplabError):
    """An empty domain or universe."""


class LoadError(DiplabError):
    """A file that cannot be read in its declared format."""


class MisleadingError(DiplabError):
    """A result that is refused because it would mislead."""


class BaseMissingError(MisleadingError):
    """A published number whose base is not stated."""


class OptionError(DiplabError):
    """An option that is not one of its allowed values."""


class CallError(OptionError, TypeError):
    """A call with an unknown argument, or without a required one."""


class MemberError(DiplabError, AttributeError):
    """A name that `dl`, or an object it returned, does not have."""

    def __reduce__(self) -> tuple[Any, ...]:
        return AttributeError.__new__, (type(self), *self.args), self.__dict__


class StudyError(DiplabError):
    """A study that is unknown, incomplete or badly written."""


_ELSEWHERE = {
    "alpha": "confidence", "level": "confidence", "color": "colour", "hue": "colour",
    "palette": "style", "figsize": "width", "groupby": "by", "group": "by", "digits": "decimals",
    "lang": "language", "ids": "psu", "id": "psu", "cluster": "psu", "clusters": "psu",
    "stratum": "strata", "probs": "p", "wt": "weights", "pweights": "weights",
    "calfun": "distance", "conf_level": "confidence", "filter": "where", "data": "sample",
}  # fmt: skip
"""What R, Stata, pandas and seaborn call an argument, and its name here."""


def quoted_names(names: Iterable[object], separator: str = ", ") -> str:
    """Return names in backticks, joined: "`age`, `sex`"."""
    return separator.join(f"`{name}`" for name in names)


def near_names(name: object, names: Iterable[object], near: float = _NEAR) -> list[str]:
    """Return the known names near an unknown one, the nearest first."""
    # near names share most letters in the same order, whatever their case; or else one is the first
    # word of the other
    wanted = str(name).casefold()
    # the first of the names that differ only in case
    folded: dict[str, str] = {}
    for known in map(str, names):
        folded.setdefault(known.casefold(), known)
    usual = _ELSEWHERE.get(wanted, "")
    if usual in folded:
        return [usual]
    close = difflib.get_close_matches(wanted, folded, _MOST_NEAR, near)
    if not close:
        close = [word for word in folded if _begins(word, wanted) or _begins(wanted, word)]
    return [folded[word] for word in close[:_MOST_NEAR]]


def _begins(word: str, name: str) -> bool:
    """Return whether a name begins with a word that no letter follows."""
    return (
        len(word) >= _LETTERS
        and name.startswith(word)
        and not name[len(word) : len(word) + 1].isalpha()
    )


def suggestion(name: object, names: Iterable[object]) -> str:
    """Return a sentence that suggests the nearest known names, if any."""
    known = list(dict.fromkeys(map(str, names)))
    *others, last = near_names(name, known) or [""]
    if others:
        return f"Did you mean {quoted_names(others)} or `{last}`?"
    if last:
        return f"Did you mean `{last}`?"
    if not known:
        return "There are none."
    if len(known) <= MANY_NAMES:
        return f"The names are: {quoted_names(known)}."
    return f"None of the {len(known)} names is similar."


def one_of(what: str, value: object, allowed: Iterable[str]) -> OptionError:
    """Return the error for an option that is not one of its allowed values."""
    words = list(allowed)
    near = suggestion(value, words)
    return OptionError(
        f"{what} is {value!r}, which is not one of: {', '.join(map(repr, words))}.",
        write=near if near.startswith("Did") else "",
    )
