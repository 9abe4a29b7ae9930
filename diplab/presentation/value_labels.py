"""The labels of answers: of codes, of yes and no, of two answers that are compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from diplab.microdata.variable import code_text
from diplab.presentation.punctuation import words
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language

__all__ = ["value_label"]

CONTRASTED = (" − ", " / ")
"""What stands between the two categories of a contrast."""


def value_label(name: str, value: Any, labels: Codebook | None, language: Language) -> str:
    """Return the label of an answer, or the answer itself where the codebook has none.

    Examples
    --------
    >>> value_label("employed", True, None, "fr"), value_label("sex", 1.0, None, "en")
    ('oui', '1')
    """
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return ""
    for between in CONTRASTED:
        if isinstance(value, str) and between in value and labels is not None and name in labels:
            return between.join(value_label(name, part, labels, language) for part in value.split(between))
    if labels is not None and name in labels:
        for code, label in labels[name].values.items():
            if code_text(code) == code_text(value) and label:
                return words(label, language)
    if code_text(value) in ("True", "False"):
        return term(f"word.{code_text(value).lower()}", language)
    return code_text(value)
