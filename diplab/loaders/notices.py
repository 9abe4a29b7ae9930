"""What a reader should know of how a file was read, in sentences of both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from diplab.microdata.display import format_count
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from diplab.loaders.cells import Answers
    from diplab.microdata.variable import Variable

__all__ = ["encoding_found", "grouped_thousands", "lost_characters", "naming", "unreadable"]

_SHOWN = 6
_REPLACED = "\N{REPLACEMENT CHARACTER}"


def naming(names: Collection[str], french: str, english: str) -> tuple[Text, ...]:
    """Return a sentence that names columns where `{names}` stands in it; none where there are none.

    Examples
    --------
    >>> [str(each) for each in naming(["a", "b"], "Sans nom : {names}.", "Unnamed: {names}.")], naming([], "", "")
    (['Unnamed: `a`, `b`.'], ())
    """
    if not names:
        return ()
    listed = ", ".join(f"`{name}`" for name in names)
    return (Text(french.replace("{names}", listed), english.replace("{names}", listed)),)


def grouped_thousands(columns: Sequence[str]) -> Text:
    """Return the sentence on numbers whose thousands stand apart.

    Examples
    --------
    >>> str(grouped_thousands(["income"]))
    'Marks between thousands are no part of the numbers of `income`.'
    """
    shown = _listed([f"`{name}`" for name in columns])
    return Text(
        f"Les signes entre les milliers ne font pas partie des nombres de {shown}",
        f"Marks between thousands are no part of the numbers of {shown}",
    )


def encoding_found(encoding: str, fitting: int, letters: int, examples: Sequence[str]) -> Text:
    """Return the sentence on an encoding that no mark in the file declares.

    Parameters
    ----------
    encoding : str
        In which the file was read.
    fitting, letters : int
        Of so many characters beyond ASCII, so many stand where they are expected.
    examples : sequence of str
        Characters to look at.

    Examples
    --------
    >>> str(encoding_found("cp1252", 12, 12, ["é"]))
    'It is not UTF-8 and was read as cp1252, in which 12 of 12 characters beyond ASCII fit; look at é.'
    """
    shown = _listed(list(examples))
    return Text(
        f"Le fichier n'est pas en UTF-8 ; il a été lu en {encoding}, où {format_count(fitting, 'fr')} lettres accentuées ou "
        f"signes sur {format_count(letters, 'fr')} sont à leur place ; à vérifier : {shown}",
        f"It is not UTF-8 and was read as {encoding}, in which {format_count(fitting, 'en')} of {format_count(letters, 'en')} "
        f"characters beyond ASCII fit; look at {shown}",
    )


def lost_characters(count: int) -> Text:
    """Return the sentence on characters that were lost before the file came here.

    Examples
    --------
    >>> str(lost_characters(2))
    'It holds the mark of a lost character (U+FFFD) 2 times: they were lost before this file was made.'
    """
    return Text(
        f"Il contient {count} fois la marque d'un caractère perdu (U+FFFD) : la perte précède ce fichier.",
        f"It holds the mark of a lost character (U+FFFD) {count} times: they were lost before this file was made.",
    )


def unreadable(answers: Mapping[str, Answers], variables: Mapping[str, Variable]) -> tuple[Text, ...]:
    """Return the sentence on the columns that have characters that the file holds in a manner that cannot be read."""
    words = {
        name: each.column for name, each in answers.items() if isinstance(each.column.dtype, pd.StringDtype)
    }
    names = [
        name
        for name, variable in variables.items()
        if _REPLACED in f"{name}{variable.label}{''.join(map(str, variable.values.values()))}"
        or (name in words and words[name].str.contains(_REPLACED, regex=False).any())
    ]
    return naming(
        names,
        f"Des caractères n’ont pas pu être lus et sont remplacés par {_REPLACED} : {{names}}.",
        f"Characters could not be read and are replaced by {_REPLACED}: {{names}}.",
    )


def _listed(shown: list[str]) -> str:
    """Return names as the end of a sentence."""
    return ", ".join(shown[:_SHOWN]) + (", ..." if len(shown) > _SHOWN else ".")
