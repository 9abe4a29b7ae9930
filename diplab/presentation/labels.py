"""The labels a result is shown with: of variables and of expressions; the reader's own first."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.presentation.condition_words import condition_in_words
from diplab.presentation.expression_words import with_labels
from diplab.presentation.punctuation import words
from diplab.presentation.terms import wording
from diplab.presentation.value_labels import value_label

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language

__all__ = ["ONE_ANSWER", "labels_over", "outcome_label", "variable_label"]

ONE_ANSWER = re.compile(r"`?(?P<name>[^`]+?)`? == (?P<quote>['\"]?)(?P<value>.+)(?P=quote)")

_CALLED = re.compile(r"\)\.\w")


def labels_over(labels: Codebook | None, own: Codebook) -> Codebook:
    """Return the labels of a result, those of the reader first.

    A result may know words that no file holds: a question with several answers, no answer as a category.
    An empty codebook asks for the names as they are.

    Parameters
    ----------
    labels : Codebook or None
        Given by the reader.
    own : Codebook
        Of the result.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> own = Codebook().described("job", values={"missing": Text("sans réponse", "no answer")})
    >>> given = Codebook().described("job", label=Text("emploi", "job"), values={1: Text("oui", "yes")})
    >>> both = labels_over(given, own)
    >>> both["job"].label.fr, [each.fr for each in both["job"].values.values()]
    ('emploi', ['oui', 'sans réponse'])
    """
    if labels is None or labels is own:
        return own
    if not len(labels):
        return labels
    merged = {**own.variables, **labels.variables}
    for name in own:
        if name in labels:
            given = labels[name]
            values = {
                **given.values,
                **{code: each for code, each in own[name].values.items() if code not in given.values},
            }
            merged[name] = replace(given, label=given.label or own[name].label, values=values)
    return replace(labels, variables=merged)


def variable_label(name: str, labels: Codebook | None, language: Language) -> str:
    """Return the label of a variable, or its name where the codebook has none; so for each in an expression.

    Examples
    --------
    >>> variable_label("hours", None, "en")
    'hours'
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> variable_label("pay / hours", Codebook().described("pay", label=Text("paie", "Weekly pay")), "en")
    'Weekly pay / hours'
    >>> variable_label("income, age >= 65", None, "fr")
    'income, age ≥ 65'
    """
    if labels is not None and name in labels and labels[name].label:
        return words(labels[name].label, language)
    condition = condition_in_words(name, labels, language)
    if condition:
        return condition
    parts = _several(name)
    if len(parts) > 1:
        return ", ".join(variable_label(each, labels, language) for each in parts)
    if _CALLED.search(name):
        # an expression of a library, which is nobody's word
        return name
    labelled = with_labels(name, labels, language)
    return labelled if labelled != name else wording("variable", name, language)


def _several(name: str) -> list[str]:
    """Return the expressions that a statistic of several is of: what brackets or quotes hold together is one."""
    parts: list[str] = []
    for piece in name.split(", "):
        if parts and not _closed(parts[-1]):
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
    return parts if _closed(parts[-1]) else [name]


def _closed(part: str) -> bool:
    pairs = all(part.count(opened) == part.count(closed) for opened, closed in ("()", "[]"))
    return pairs and part.count("'") % 2 == 0 and part.count('"') % 2 == 0


def outcome_label(outcome: str, labels: Codebook | None, language: Language) -> str:
    """Return the outcome of a regression in words: a variable, or a variable and one answer.

    Examples
    --------
    >>> outcome_label("poor == 'yes'", None, "en")
    'poor = yes'
    """
    one = ONE_ANSWER.fullmatch(outcome)
    # an answer that is no word of conditions is still one: `job == in between`
    if one is None or condition_in_words(outcome, labels, language):
        return variable_label(outcome, labels, language)
    variable = variable_label(one["name"], labels, language)
    return f"{variable} = {value_label(one['name'], one['value'], labels, language)}"
