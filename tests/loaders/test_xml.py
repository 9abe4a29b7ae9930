"""XML made to harm is refused; what is broken is told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diplab.errors import LoadError
from diplab.loaders import limits
from diplab.loaders.limits import parsed_xml
from diplab.loaders.source import SourceFile

ANEW = "Copy it again from its source, or export it anew from the program that made it."
HARMFUL = (
    "It declares a document type or entities, which can be made to fill a memory or to read other files. "
    "Remove its `<!DOCTYPE ...>`, or export it anew."
)


def document(content: bytes | str) -> SourceFile:
    return SourceFile(Path("a.lss"), content.encode() if isinstance(content, str) else content)


def refusal(content: bytes | str) -> Exception:
    with pytest.raises(LoadError) as refused:
        parsed_xml(document(content))
    return refused.value


def test_a_document_is_read() -> None:
    found = parsed_xml(document("<?xml version='1.0'?><a><b><![CDATA[é < 1]]></b><c/></a>"))
    assert [(each.tag, each.text) for each in found] == [("b", "é < 1"), ("c", None)]


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "a.dtd"><a/>',
    ],
)
def test_entities_and_document_types_are_refused(content: str, error_text: Any) -> None:
    error_text(refusal(content))


def test_a_cut_document_is_refused(error_text: Any) -> None:
    error_text(refusal("<a><b>"))


def test_what_is_no_xml_is_refused(error_text: Any) -> None:
    error_text(refusal("id;age"))


def test_elements_too_deep_are_refused(error_text: Any) -> None:
    error_text(refusal("<a>" * 101))
    assert parsed_xml(document("<a>" * 100 + "</a>" * 100)).tag == "a"


def test_a_document_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, error_text: Any) -> None:
    monkeypatch.setattr(limits, "LARGEST_XML", 1024**2)
    error_text(refusal("<a>" + " " * 2 * 1024**2 + "</a>"))


def test_an_unknown_encoding_is_refused(error_text: Any) -> None:
    error_text(refusal("<?xml version='1.0' encoding='klingon'?><a/>"))
