"""The errors that diplab raises.

An error says what is wrong in the words of the call, what was found, and what to write instead. Where a name was
mistyped, the nearest known names are offered. The texts are part of the interface: tests hold them.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MANY_NAMES = 8
"""Beyond it, names of which none is near are counted and not listed."""


class DiplabError(Exception):
    """An answer that diplab refuses to give.

    Parameters
    ----------
    asked : str
        What is wrong, in the words of the call, as a sentence.
    found : str
        What was found, as a sentence; empty where the first says it.
    write : str
        What to write instead, as a sentence; empty where nothing better is known.

    Examples
    --------
    >>> str(DiplabError("A sum was asked for.", "The circles are nested.", "Write the largest."))
    'A sum was asked for. The circles are nested. Write the largest.'
    """

    def __init__(self, asked: str, found: str = "", write: str = "") -> None:
        super().__init__(" ".join(filter(None, (asked, found, write))))
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


class CallError(OptionError, TypeError):
    """A call with an argument that the function does not take, or without one that it needs."""


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


def suggestion(name: object, names: Iterable[object]) -> str:
    """Return a sentence that offers the known names nearest to a mistyped one, or says that none is near.

    Examples
    --------
    >>> suggestion("incme", ["income", "sex", "age"])
    'Did you mean `income`?'
    >>> suggestion("zzz", ["income", "sex"])
    'The names are: `income`, `sex`.'
    >>> suggestion("zzz", [f"q{number}" for number in range(40)])
    'None of the 40 names is similar.'
    """
    known = list(dict.fromkeys(map(str, names)))
    folded = {each.casefold(): each for each in reversed(known)}
    near = difflib.get_close_matches(str(name).casefold(), folded, n=3, cutoff=0.6)
    if near:
        quoted = [f"`{folded[each]}`" for each in near]
        return f"Did you mean {' or '.join(filter(None, (', '.join(quoted[:-1]), quoted[-1])))}?"
    if not known:
        return "There are none."
    if len(known) <= MANY_NAMES:
        return f"The names are: {', '.join(f'`{each}`' for each in known)}."
    return f"None of the {len(known)} names is similar."


def one_of(what: str, value: object, allowed: Iterable[str]) -> OptionError:
    """Return the error for an option outside its allowed words.

    Examples
    --------
    >>> str(one_of("`kind`", "quotient", ["difference", "ratio"]))
    "`kind` is 'quotient', which is not one of: 'difference', 'ratio'."
    """
    words = list(allowed)
    near = suggestion(value, words)
    return OptionError(
        f"{what} is {value!r}, which is not one of: {', '.join(map(repr, words))}.",
        write=near if near.startswith("Did") else "",
    )
