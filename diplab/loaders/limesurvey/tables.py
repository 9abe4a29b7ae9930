"""The tables of a LimeSurvey document (.lss, .lsr, .lst, .lsi): rows of its database, written as XML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from diplab.loaders.limits import xml_elements
from diplab.loaders.source import SourceFile, refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


__all__ = ["Document", "field_name", "member_of", "read_document"]

_Row = dict[str, str]


@dataclass(frozen=True)
class Document:
    """What one document of LimeSurvey holds.

    Parameters
    ----------
    kind : str
        What it calls itself: `Survey`, `Responses`, `Tokens`, `Timings`.
    languages : tuple of str
        Tags of its languages.
    tables : mapping of str to sequence of mapping of str to str
        Rows by table. A field that is absent from a row was never filled (NULL in the database); an empty one is
        empty words.
    fields : mapping of str to sequence of str
        Names of the fields by table, in order.
    """

    kind: str = ""
    languages: tuple[str, ...] = ()
    tables: Mapping[str, Sequence[_Row]] = field(default_factory=dict)
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def rows(self, table: str) -> Sequence[_Row]:
        """Return the rows of a table; none where the document has no such table."""
        return self.tables.get(table, ())


def read_document(source: SourceFile) -> Document:
    """Return the tables of a document.

    Raises
    ------
    LoadError
        Where it is not XML that can be read without harm, or not a document of LimeSurvey.

    Examples
    --------
    >>> from pathlib import Path
    >>> from diplab.loaders.source import SourceFile
    >>> content = b"<document><LimeSurveyDocType>Survey</LimeSurveyDocType><groups><rows><row><gid>7</gid></row></rows></groups></document>"
    >>> read_document(SourceFile(Path("a.lss"), content)).rows("groups")
    [{'gid': '7'}]
    """  # noqa: E501
    kind, languages = "", list[str]()
    tables: dict[str, list[_Row]] = {}
    fields: dict[str, list[str]] = {}
    path: list[str] = []
    for event, element in xml_elements(source):
        if event == "start":
            path.append(element.tag)
            continue
        words = element.text or ""
        match path:
            case ["document", "LimeSurveyDocType"]:
                kind = words.strip()
            case ["document", "languages", "language"]:
                languages.append(words.strip())
            case ["document", table, "fields", "fieldname"]:
                fields.setdefault(table, []).append(field_name(words.strip()))
            case ["document", table, "rows", "row"]:
                row = {field_name(each.tag): each.text or "" for each in element}
                tables.setdefault(table, []).append(row)
                element.clear()
            case _:
                pass
        path.pop()
    if not kind:
        raise refused(
            source,
            "It is XML, and not a document of LimeSurvey: it has no `LimeSurveyDocType`.",
            "Export it from LimeSurvey as a survey structure (.lss) or a survey archive (.lsa).",
        )
    return Document(kind, tuple(each for each in languages if each), tables, fields)


def member_of(source: SourceFile, archive: Mapping[str, bytes], suffix: str) -> SourceFile | None:
    """Return the first member of an archive with a suffix, named after both; None where there is none."""
    for name in archive:
        if name.lower().endswith(suffix):
            return SourceFile(Path(f"{source.path.name}: {name}"), archive[name])
    return None


def field_name(tag: str) -> str:
    """Return the name of a field as the database has it: XML forbids names that begin with a digit, and `#`.

    Examples
    --------
    >>> field_name("_782678X165X1193SQ01-0"), field_name("startlanguage")
    ('782678X165X1193SQ01#0', 'startlanguage')
    """
    if len(tag) > 1 and tag[0] == "_" and tag[1].isdigit():
        return tag[1:].replace("-", "#")
    return tag
