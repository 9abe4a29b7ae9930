"""The reasons for no answer that diplab names itself, in French and in English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REASON_WORDS", "reason_text"]

REASON_WORDS: Mapping[str, Text] = {
    "refused": Text("refus", "refused"),
    "does not know": Text("ne sait pas", "does not know"),
    "not asked": Text("question non posée", "not asked"),
    "not applicable": Text("sans objet", "not applicable"),
    "consent revoked": Text("consentement retiré", "consent revoked"),
    "answer expired": Text("réponse expirée", "answer expired"),
}
"""Reasons as loaders and codebooks of diplab write them."""

_RANGE = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?|-inf) to (-?[\d.]+(?:e[+-]?\d+)?|inf)")


def reason_text(reason: str) -> Text:
    """Return a reason in both languages; the survey's own words are left as they are.

    Parameters
    ----------
    reason : str
        From the codebook: a reason, or a range of codes that has none (`90 to 97`).

    Examples
    --------
    >>> reason_text("not asked").fr, reason_text("90 to 97").fr, reason_text("Ne veut pas dire").fr
    ('question non posée', '90 à 97', 'Ne veut pas dire')
    """
    if reason in REASON_WORDS:
        return REASON_WORDS[reason]
    found = _RANGE.fullmatch(reason)
    return Text(f"{found[1]} à {found[2]}", reason) if found else Text.same(reason)
