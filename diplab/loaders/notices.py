"""What a reader should know of how a file was read, in sentences of both languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

from diplab.errors import quoted_names
from diplab.microdata.variable import Variable
from diplab.reference.text import Text, Words

if TYPE_CHECKING:
    from diplab.loaders.answers.cells import Answers

WORDS = Words("diplab.loaders")
Notices: TypeAlias = tuple[Text, ...]
_SHOWN = 6
_SEP = 5  # characters of the line that tells Excel the delimiter
_SHAPE = 30  # characters of a cell in a notice or in an error
_REPLACED = "\N{REPLACEMENT CHARACTER}"


def notice_if(condition: object, key: str, **values: object) -> Notices:
    """Return a sentence of `words.toml` under a condition; none where it does not hold."""
    if condition:
        return (WORDS(key, **values),)
    return ()


def column_notice(key: str, names: Collection[str], **values: object) -> Notices:
    """Return a sentence of `words.toml` that names columns; none where there are none."""
    return notice_if(names, key, names=quoted_names(names), **values)


def count_notice(key: str, counts: Mapping[str, int | str]) -> Notices:
    """Return a sentence that names columns, each with how many rows it is about.

    None where there are none.
    """
    names = ", ".join(
        f"`{name}` ({count})" if count else f"`{name}`"
        for name, count in counts.items()
        if count != 0
    )
    return notice_if(names, key, names=names)


def unreadable_notice(answers: Mapping[str, Answers], variables: Mapping[str, Variable]) -> Notices:
    """Return a notice on columns whose names, labels or values contain undecodable characters."""
    words = {}
    for name, item in answers.items():
        if isinstance(item.column.dtype, pd.StringDtype):
            words[name] = item.column
    lost = set()
    for name, column in words.items():
        if column.str.contains(_REPLACED, regex=False).any():
            lost.add(name)
    said = {
        name: f"{name}{item.label}{''.join(map(str, item.values.values()))}"
        for name, item in variables.items()
    }
    return column_notice(
        "notice.unreadable", [name for name in said if name in lost or _REPLACED in said[name]]
    )


def shape_of(cell: str) -> str:
    """Return the form of a cell, with x for each letter and 0 for each digit."""
    # a codebook shows its notices to readers, and an error may be shared: they see nothing that
    # somebody answered
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", " ".join(cell.split())))[:_SHAPE]


def above_header(titles: Sequence[str], line: int) -> Text:
    """Return a notice on the lines above a header, which may be answers if it was misjudged."""
    forms = list[str]()
    for title in titles:
        forms.append(
            title if title.lower().startswith("sep=") and len(title) == _SEP else shape_of(title)
        )
    return WORDS("notice.above", line=line, count=len(titles), forms=listed_names(forms))


def quoted(shown: Sequence[str]) -> Text:
    """Return words of a file, each between the quotation marks of the language."""
    between = list[Text]()
    for item in shown:
        between.append(WORDS("notice.quotation", words=item))
    return Text(
        listed([item.fr for item in between], ""), listed([item.en for item in between], "")
    )


def listed_names(names: Iterable[str], end: str = "") -> str:
    """Return names in backticks as the end of a sentence, or of a part of it."""
    return listed([f"`{name}`" for name in names], end)


def listed(shown: Sequence[str], end: str = ".") -> str:
    """Return names as the end of a sentence, or of a part of it."""
    return ", ".join(shown[:_SHOWN]) + (", ..." if len(shown) > _SHOWN else end)
