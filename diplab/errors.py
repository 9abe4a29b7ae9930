"""What diplab says when it cannot answer.

Every error has three sentences: what was asked, what was found, what to write instead. Where a name was
mistyped, the nearest known names are offered. The texts are part of the interface: tests hold them.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BaseMissingError",
    "CalibrationError",
    "ColumnError",
    "ConditionError",
    "DataError",
    "DesignError",
    "DiplabError",
    "EmptyDomainError",
    "LoadError",
    "LonelyPsuError",
    "MisleadingError",
    "OptionError",
    "StudyError",
    "nearest",
    "one_of",
]


class DiplabError(Exception):
    """An answer that diplab refuses to give, in three sentences.

    Parameters
    ----------
    asked : str
        What was asked, as a sentence.
    found : str
        What was found, as a sentence.
    write : str
        What to write instead, as a sentence.

    Examples
    --------
    >>> str(DiplabError("A sum was asked for.", "The circles are nested.", "Write the largest."))
    'A sum was asked for. The circles are nested. Write the largest.'
    """

    def __init__(self, asked: str, found: str, write: str) -> None:
        super().__init__(f"{asked} {found} {write}")
        self.asked = asked
        self.found = found
        self.write = write

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


class StudyError(DiplabError):
    """A study that is unknown, incomplete or badly written."""


def nearest(name: str, names: Iterable[object], limit: int = 3) -> str:
    """Return the known names nearest to a mistyped one, quoted, as words for an error.

    Examples
    --------
    >>> nearest("incme", ["income", "sex", "age"])
    '`income`'
    >>> nearest("zzz", ["income", "sex"])
    '`income`, `sex`'
    """
    known = [str(known) for known in names]
    folded = {each.casefold(): each for each in reversed(known)}
    close = difflib.get_close_matches(str(name).casefold(), list(folded), n=limit, cutoff=0.5)
    chosen = [folded[each] for each in close] or known[:limit]
    return ", ".join(f"`{each}`" for each in chosen) if chosen else "none"


def one_of(what: str, value: object, allowed: Iterable[str]) -> OptionError:
    """Return the error for an option outside its allowed words.

    Examples
    --------
    >>> str(one_of("`kind`", "quotient", ["difference", "ratio"]))
    "`kind` was given as 'quotient'. It is one of: difference, ratio. Write `difference`, `ratio` instead."
    """
    words = list(allowed)
    return OptionError(
        f"{what} was given as {value!r}.",
        f"It is one of: {', '.join(words)}.",
        f"Write {nearest(str(value), words)} instead.",
    )
