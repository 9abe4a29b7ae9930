"""Answers as an error names them: by the label of the codebook, with the code that the data hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from diplab.microdata.codebook import Codebook

__all__ = ["answer_label", "answer_said", "answers_to_write", "code_said"]


def code_said(value: object) -> str:
    """Return a code as it is written: whole numbers without a decimal point.

    Examples
    --------
    >>> code_said(1.0), code_said(0.5), code_said("female")
    ('1', '0.5', 'female')
    """
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    return str(value)


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
