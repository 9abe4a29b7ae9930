"""Multiple-response sets of an SPSS file, as they are written in it and as a codebook holds them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.microdata.multiple_response import Responses
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.variable import Code

__all__ = ["SpssSet", "responses_of", "sets_in"]

_BEGINNING = re.compile(rb"\$([^=\n$]+)=(C |D|E 1 |E 11 )")
_LENGTH = re.compile(rb"(\d{1,5}) ")


@dataclass(frozen=True)
class SpssSet:
    """One set as written.

    Parameters
    ----------
    name : str
        Without its dollar.
    columns : tuple of str
        Short names of its columns, in capitals.
    label : str
        In the file's words.
    counted : str or None
        The code that says that an answer was given; None for a set of categories.
    """

    name: str
    columns: tuple[str, ...]
    label: str
    counted: str | None


def sets_in(record: bytes, encoding: str) -> tuple[SpssSet, ...]:
    r"""Return the sets of the records in which SPSS writes them, leaving out lines that say something else.

    Parameters
    ----------
    record : bytes
        One set a line: `$name=`, its kind, the counted value and the label (each after its length in bytes), and the
        columns.
    encoding : str
        Of the file; words in an unknown one are read as Windows-1252.

    Examples
    --------
    >>> [found] = sets_in(b"$uses=D3 Yes 5 Usage mail phone\n", "UTF-8")
    >>> found.name, found.counted, found.label, found.columns
    ('uses', 'Yes', 'Usage', ('MAIL', 'PHONE'))
    """
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError):
        encoding = "cp1252"
    found = []
    at = 0
    while at < len(record):
        each, at = _set_at(record, at, encoding)
        found += [each] if each is not None else []
    return tuple(found)


def _set_at(record: bytes, at: int, encoding: str) -> tuple[SpssSet | None, int]:
    """Return the set that begins at a place, and where the next line begins."""
    line_end = record.find(b"\n", at)
    after = len(record) if line_end < 0 else line_end + 1
    start = _BEGINNING.match(record, at)
    if start is None:
        return None, after
    place = start.end()
    counted = None
    if start[2] != b"C ":
        length = _LENGTH.match(record, place)
        if length is None:
            return None, after
        counted = record[length.end() : length.end() + int(length[1])]
        place = length.end() + int(length[1]) + 1
    length = _LENGTH.match(record, place)
    if length is None:
        return None, after
    words = record[length.end() : length.end() + int(length[1])]
    place = length.end() + int(length[1])
    line_end = record.find(b"\n", place)
    after = len(record) if line_end < 0 else line_end + 1
    columns = record[place:after].decode("latin-1").upper().split()
    name = start[1].decode(encoding, "replace")
    given = None if counted is None else counted.decode(encoding, "replace").strip()
    return SpssSet(name, tuple(columns), words.decode(encoding, "replace").strip(), given), after


def responses_of(
    sets: Sequence[SpssSet], columns: Mapping[str, str], words: Sequence[str]
) -> tuple[dict[str, Responses], tuple[Text, ...]]:
    """Return the sets of a file as questions with several answers, and a notice for each that cannot be.

    Parameters
    ----------
    sets : sequence of SpssSet
        As written.
    columns : mapping of str to str
        Names of the columns by short name.
    words : sequence of str
        Columns that hold words: there the counted value is a word too.

    Examples
    --------
    >>> written = SpssSet("uses", ("MAIL", "PHONE"), "Usage", "1")
    >>> known, notices = responses_of([written], {"MAIL": "mail", "PHONE": "phone"}, [])
    >>> known["uses"].columns, known["uses"].counted, notices
    (('mail', 'phone'), 1, ())
    """
    known: dict[str, Responses] = {}
    notices = []
    for each in sets:
        names = [columns[short] for short in each.columns if short in columns]
        counted = None if each.counted is None else _code(each.counted, words=bool(set(names) & set(words)))
        if not names or len(set(names)) < len(each.columns) or (each.counted is not None and counted is None):
            notices.append(
                Text(
                    f"La question à réponses multiples « {each.name} » est laissée de côté : "
                    "ses colonnes ne sont pas toutes dans le fichier.",
                    f"The question with several answers `{each.name}` is left out: "
                    "its columns are not all in the file.",
                )
            )
            continue
        label = Text.same(each.label) if each.label else Text("", "")
        if counted is None:
            known[each.name] = Responses(each.name, names, label=label, kind="categories")
        else:
            known[each.name] = Responses(each.name, names, label=label, counted=counted)
    return known, tuple(notices)


def _code(counted: str, *, words: bool) -> Code | None:
    if words:
        return counted
    try:
        number = float(counted)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number
