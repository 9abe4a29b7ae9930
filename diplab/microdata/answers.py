"""Answers as an error names them: by the label of the codebook, with the code that the data hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from diplab.microdata.codebook import Codebook

_LONGEST, _WORDS = 40, 5
"""Letters and words beyond which an answer is one that a respondent wrote."""

__all__ = [
    "answer_label",
    "answer_named",
    "answer_said",
    "answers_to_write",
    "code_in",
    "code_of",
    "code_quoted",
    "code_said",
    "is_short",
]


def code_said(value: object) -> str:
    """Return a code as it is written: whole numbers without a decimal point.

    Examples
    --------
    >>> code_said(1.0), code_said(0.5), code_said("female")
    ('1', '0.5', 'female')
    """
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.15g}"
    return str(value)


def is_short(value: object) -> bool:
    """Return whether an answer can stand in an error: a code or a label, not what a respondent wrote at length.

    Examples
    --------
    >>> is_short(1.0), is_short("part-time"), is_short("I was paid late, write to a@b.org")
    (True, True, False)
    """
    said = code_said(value)
    return len(said) <= _LONGEST and "@" not in said and len(said.split()) <= _WORDS


def answer_named(value: object) -> str:
    """Return an answer as an error names it: as in a condition, or by its length where a respondent wrote at length.

    Examples
    --------
    >>> answer_named("part-time"), answer_named("I was paid late, write to a@b.org")
    ("'part-time'", 'an answer of 33 letters')
    """
    return code_quoted(value) if is_short(value) else f"an answer of {len(code_said(value)):,} letters"


def code_quoted(value: object) -> str:
    """Return a code as it is written in a condition: words in quotes, whole numbers without a decimal point.

    Examples
    --------
    >>> code_quoted(1.0), code_quoted("female")
    ('1', "'female'")
    """
    return code_said(value) if isinstance(value, float) else repr(value)


def code_in(text: str) -> str:
    """Return a code as it is written, from text that was made of a float.

    Examples
    --------
    >>> code_in("1.0"), code_in("0.5"), code_in("v1.0")
    ('1', '0.5', 'v1.0')
    """
    return text.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", text) else text


def answer_label(codebook: Codebook, name: str, value: Any) -> str:
    """Return the English label of a code of a variable; nothing where the codebook has none.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> answer_label(Codebook().described("sex", values={1: Text("femme", "woman")}), "sex", 1.0)
    'woman'
    """
    values = codebook[name].values if name in codebook else {}
    written = code_said(value)
    return next((label.en for code, label in values.items() if code_said(code) == written), "")


def answer_said(codebook: Codebook, name: str, value: Any) -> str:
    """Return an answer in words, its label before its code.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> held = Codebook().described("sex", values={1: Text("femme", "woman")})
    >>> answer_said(held, "sex", 1.0), answer_said(held, "sex", 2.0)
    ('woman (1)', '2')
    """
    code, label = code_said(value), answer_label(codebook, name, value)
    return f"{label} ({code})" if label and label != code else code


def answers_to_write(codebook: Codebook, name: str, values: Iterable[Any]) -> list[str]:
    """Return what to write for answers: the label of each where it has one of its own, else its code.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> answers_to_write(Codebook().described("sex", values={1: Text("femme", "woman")}), "sex", [1, 2])
    ['woman', '2']
    """
    listed = list(values)
    labels = [answer_label(codebook, name, value) for value in listed]
    return [
        label if label and labels.count(label) == 1 else code_said(value)
        for label, value in zip(labels, listed, strict=True)
    ]


def code_of(codebook: Codebook, name: str, answer: Any, codes: Iterable[Any]) -> Any:
    """Return the code that an answer stands for, itself or by its label in either language; None where none does.

    Parameters
    ----------
    codebook : Codebook
    name : str
        The variable.
    answer : object
        A code, or a label that one code only bears.
    codes : iterable
        Those that may be meant.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> held = Codebook().described("sex", values={1: Text("femme", "woman"), 2: Text("homme", "man")})
    >>> code_of(held, "sex", "homme", [1.0, 2.0]), code_of(held, "sex", 1, [1.0, 2.0]), code_of(held, "sex", 3, [1.0])
    (2.0, 1.0, None)
    """
    known = list(codes)
    if answer in known:
        return known[known.index(answer)]
    labels = codebook[name].values if name in codebook else {}
    meant = {code_said(code) for code, label in labels.items() if answer in (label.fr, label.en)}
    found = [code for code in known if code_said(code) in meant]
    return found[0] if len(found) == 1 else None
