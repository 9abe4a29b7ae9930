"""The errors that diplab raises.

An error says what is wrong in the words of the call, what was found, and what to write instead.
Where a name was mistyped, the nearest known names are offered. The texts are part of the interface:
tests hold them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

MANY_NAMES = 8  # beyond it, names of which none is near are counted and not listed
_NEAR = 0.65  # how alike two names are that are near, on the scale of Ratcliff and Obershelp
_MOST_NEAR = 3  # near names that an error offers
_LETTERS = 3  # fewest letters of a name that begins another


class DiplabError(Exception):
    """An answer that diplab refuses to give.

    Parameters
    ----------
    asked : str or Text
        What is wrong, in the words of the call, as a sentence.
    found : str or Text
        What was found, as a sentence; empty where the first says it.
    write : str or Text
        What to write instead, as a sentence; empty where nothing better is known.

    Examples
    --------
    >>> str(DiplabError("A sum was asked for.", "The circles are nested.", "Write the largest."))
    'A sum was asked for. The circles are nested. Write the largest.'
    """

    def __init__(self, asked: object, found: object = "", write: object = "") -> None:
        # in English for whoever writes Python; the command line says in its language those that are
        # texts in both
        self.sentences = asked, found, write
        self.asked, self.found, self.write = map(str, self.sentences)
        super().__init__(" ".join(filter(None, (self.asked, self.found, self.write))))

    def __reduce__(self) -> tuple[Any, ...]:
        # an error of another process comes back whole, whatever its class asks to be made
        return Exception.__new__, (type(self), *self.args), self.__dict__


class CalibrationError(DiplabError):
    """Margins that contradict each other, the data, or the bounds of the weights."""


class ColumnError(DiplabError):
    """A column that the data do not have, or cannot use as asked."""


class ConditionError(DiplabError):
    """A condition or expression that cannot be read."""


class DataError(DiplabError):
    """A data file that is absent, changed, or not what its registry says."""


class DesignError(DiplabError):
    """A sampling design that contradicts the data."""


class LonelyPsuError(DesignError):
    """A stratum with one primary unit, where a variance needs two."""


class DisclosureError(DiplabError):
    """Cells that readers of a table could still derive; `cells` are their places in it."""

    cells: tuple[int, ...] = ()


class EmptyDomainError(DiplabError):
    """A domain or universe that holds nobody."""


class LoadError(DiplabError):
    """A file that cannot be read for what it claims to be."""


class MisleadingError(DiplabError):
    """A result that would mislead, and is therefore refused."""


class BaseMissingError(MisleadingError):
    """A published number that does not say of whom it is a number."""


class OptionError(DiplabError):
    """An option outside its list of allowed words."""


class CallError(OptionError, TypeError):
    """A call with an argument that the function does not take, or without one that it needs."""


class MemberError(DiplabError, AttributeError):
    """A name that `dl`, or something it returned, does not have."""

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
    """Return names in backticks, in one string: "`age`, `sex`"."""
    return separator.join(f"`{name}`" for name in names)


def near_names(name: object, names: Iterable[object], near: float = _NEAR) -> list[str]:
    """Return the known names near to one that is unknown, the nearest first; none where none is."""
    # near are names of which most letters are the same and in order, whatever their capitals, or
    # else those of which one begins the other, as a word
    wanted = str(name).casefold()
    # of names that differ in capitals only, the first
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
    """Return whether a name begins with a word: no letter follows it."""
    return (
        len(word) >= _LETTERS
        and name.startswith(word)
        and not name[len(word) : len(word) + 1].isalpha()
    )


def suggestion(name: object, names: Iterable[object]) -> str:
    """Return a sentence that suggests the known names nearest to a mistyped one, if any."""
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
    """Return the error for an option outside its allowed words."""
    words = list(allowed)
    near = suggestion(value, words)
    return OptionError(
        f"{what} is {value!r}, which is not one of: {', '.join(map(repr, words))}.",
        write=near if near.startswith("Did") else "",
    )
