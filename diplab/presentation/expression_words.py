"""Expressions as a reader understands them: names of columns by the labels of the codebook."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.presentation.punctuation import words

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language

__all__ = ["with_labels"]

_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAMES = re.compile(rf"({_QUOTED})|`([^`]*)`|([^\W\d]\w*(?:\.\w+)*)")
_CATEGORIES = re.compile(r"\bC\(\s*(`[^`]*`|[^\W\d][\w.]*)\s*\)")


def with_labels(expression: str, labels: Codebook | None, language: Language) -> str:
    """Return an expression, or a formula, with the labels of its columns in place of their names.

    Parameters
    ----------
    expression : str
        As the analyst wrote it.
    labels : Codebook or None
        Labels of variables.
    language : {"fr", "en"}
        Language of the reader.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> held = Codebook().described("pay", label=Text("paie", "Hourly pay")).described("sex", label=Text("sexe", "Sex"))
    >>> with_labels("pay ~ C(sex) + I(age ** 2)", held, "en")
    'Hourly pay ~ Sex + I(age ** 2)'
    """
    if labels is None:
        return expression

    def label(name: str) -> str:
        return words(labels[name].label, language) if name in labels else ""

    def shown(found: re.Match[str]) -> str:
        quoted, ticked, plain = found.groups()
        return found.group(0) if quoted is not None else label(ticked or plain) or found.group(0)

    def bare(found: re.Match[str]) -> str:
        return found.group(1) if label(found.group(1).strip("`")) else found.group(0)

    return _NAMES.sub(shown, _CATEGORIES.sub(bare, expression))
