"""Why an answer is missing, in French and in English: in the words of the survey, else in the usual ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.variable import Variable

__all__ = ["reason_words"]

_USUAL = {
    "system": Text("sans réponse", "no answer"),
    "refused": Text("refus", "refused"),
    "refusal": Text("refus", "refusal"),
    "does not know": Text("ne sait pas", "does not know"),
    "not asked": Text("question non posée", "not asked"),
    "not applicable": Text("sans objet", "not applicable"),
    "seen but unanswered": Text("vue, sans réponse", "seen but unanswered"),
    "consent revoked": Text("consentement retiré", "consent revoked"),
    "answer expired": Text("réponse expirée", "answer expired"),
    "error in the cell": Text("erreur dans la cellule", "error in the cell"),
}

_SPAN = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?|-inf) to (-?[\d.]+(?:e[+-]?\d+)?|inf)")
"""A range of codes that has no reason, as it is counted (`90 to 97`)."""


def reason_words(variable: Variable | None, reason: str) -> Text:
    """Return a reason in words.

    Parameters
    ----------
    variable : Variable or None
        That which was not answered; its own labels of missing codes come first.
    reason : str
        As it is counted (`refused`, `system`, or a code without a reason).

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> own = Variable("pay", missing={9: "says no"}, missing_labels={9: Text("ne dit pas", "says no")})
    >>> reason_words(own, "says no").fr, reason_words(own, "refused").fr, reason_words(None, "98").fr
    ('ne dit pas', 'refus', '98')
    >>> reason_words(None, "90 to 97").fr
    '90 à 97'
    """
    if variable is not None:
        for code, label in variable.missing_labels.items():
            if label and variable.why(code) == reason:
                return label
    span = _SPAN.fullmatch(reason)
    return Text(f"{span[1]} à {span[2]}", reason) if span else _USUAL.get(reason, Text.same(reason))
