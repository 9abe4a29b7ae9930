"""XML read without harm: no entity, no document type, no outer reference, and bounds on size and depth."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from diplab.loaders.source import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.loaders.source import SourceFile

__all__ = ["DEEPEST", "LARGEST", "parsed_xml", "xml_elements"]

LARGEST = 256 * 1024**2
"""Bytes that an XML document may have."""

DEEPEST = 100
"""Elements that may stand one in another."""

_ANEW = "Copy it again from its source, or export it anew from the program that made it."


def xml_elements(
    source: SourceFile, *, named_type: bool = False, deepest: int = DEEPEST
) -> Iterator[tuple[str, Element]]:
    """Return the elements of a document as they begin (`start`) and end (`end`), so that none need be kept.

    Parameters
    ----------
    source : SourceFile
        The document.
    named_type : bool
        Let a document type pass that only names a file, which is not fetched; one with a list of its own is refused.
    deepest : int
        Elements that may stand one in another.

    Raises
    ------
    LoadError
        Where it is not XML, is cut, declares entities or a document type, or is larger or deeper than the limits.

    Examples
    --------
    >>> from pathlib import Path
    >>> from diplab.loaders.source import SourceFile
    >>> document = SourceFile(Path("a.xml"), b"<a><b>1</b></a>")
    >>> [(event, element.tag) for event, element in xml_elements(document)]
    [('start', 'a'), ('start', 'b'), ('end', 'b'), ('end', 'a')]
    """
    if len(source.content) > LARGEST:
        found = f"It has {len(source.content) // 1024**2:,} MiB of XML, and at most {LARGEST // 1024**2} are read."
        raise refused(source, found, "Export fewer rows or columns at a time.")
    depth = 0
    strict = not (named_type and _only_names(source.content))
    try:
        for event, element in ElementTree.iterparse(
            io.BytesIO(source.content),
            events=("start", "end"),
            forbid_dtd=strict,
        ):
            depth += 1 if event == "start" else -1
            if depth > deepest:
                raise refused(source, f"Its elements stand more than {deepest} deep in each other.", _ANEW)
            yield event, element
    except DefusedXmlException as harmful:
        found = "It declares a document type or entities, which can be made to fill a memory or to read other files."
        raise refused(source, found, "Remove its `<!DOCTYPE ...>`, or export it anew.") from harmful
    except ParseError as broken:
        raise refused(source, f"It is not well-formed XML: {broken}.", _ANEW) from broken
    except (LookupError, ValueError) as undecoded:
        raise refused(source, "Its encoding is not one that can be read.", "Save it in UTF-8.") from undecoded


def parsed_xml(source: SourceFile, *, named_type: bool = False, deepest: int = DEEPEST) -> Element:
    """Return the outermost element of a document, with all that it holds.

    Parameters
    ----------
    source : SourceFile
        The document.
    named_type : bool
        Let a document type pass that only names a file, which is not fetched; one with a list of its own is refused.
    deepest : int
        Elements that may stand one in another.

    Raises
    ------
    LoadError
        Where it is not XML, is cut, declares entities or a document type, or is larger or deeper than the limits.

    Examples
    --------
    >>> from pathlib import Path
    >>> from diplab.loaders.source import SourceFile
    >>> parsed_xml(SourceFile(Path("a.xml"), b"<a><b>1</b></a>")).findtext("b")
    '1'
    """
    outermost: Element | None = None
    for _, element in xml_elements(source, named_type=named_type, deepest=deepest):
        if outermost is None:
            outermost = element
    if outermost is None:
        raise refused(source, "It holds no XML element.", _ANEW)
    return outermost


def _only_names(content: bytes) -> bool:
    """Return whether the document type, if there is one, has no list of its own."""
    start = content.find(b"<!DOCTYPE")
    return start < 0 or b"[" not in content[start : content.find(b">", start)]
