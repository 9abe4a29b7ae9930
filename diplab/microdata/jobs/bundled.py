"""Answers of closed questions that put several situations together: no rule may pick one of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.microdata.jobs.phrases import fits, readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.microdata.jobs.job_rules import JobRule

__all__ = ["BUNDLED", "apart", "kept", "settled", "spans"]

BUNDLED = "bundled"
"""What an answer of several situations says of the situation."""

VAGUE = {
    "employed": ("employee", "self_employed"),
    "out_of_work": ("unemployed", "student", "inactive", "retired"),
    "other": ("employee", "employed", "self_employed", "unemployed", "student", "inactive", "retired", "out_of_work"),
}  # fmt: skip
"""Situations that say no more than the more precise ones beside them."""

_LEFT_OUT = re.compile(
    r"[(,;]\s*(?:y compris|dont|sauf|hors|autre que|including|incl\.|except|excluding|other than)\b[^)]*\)?",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"\(([^)]*)\)?")
_WITH = r"(?:avec|mais|tout en|et|with|but|while|and)\b"
_COMMA = re.compile(rf"[,;/|](?!\s*{_WITH})|\b(?:ou|or)\b(?!\s*{_WITH})", re.IGNORECASE)
_OR = re.compile(rf"\b(?:ou|or)\b(?!\s*{_WITH})", re.IGNORECASE)


def kept(answer: str) -> str:
    """Return an answer without what it says it leaves out, or only includes.

    Examples
    --------
    >>> kept("Salarié (hors intérim) à temps plein")
    'Salarié   à temps plein'
    """
    return _LEFT_OUT.sub(" ", answer)


def apart(answer: str, closed: bool) -> tuple[list[str], list[str]]:
    """Return the parts of an answer, and those it names in brackets, as rules read them.

    Parameters
    ----------
    answer : str
        As it is written.
    closed : bool
        Whether the questionnaire wrote it: a comma or a stroke then parts what may not hold together; in people's own
        words it joins what does, and only `or` parts.

    Examples
    --------
    >>> apart("Autre contrat, indépendant ou chômage", True)
    (['autre contrat', 'independant', 'chomage'], [])
    >>> apart("Inactif (retraité, au foyer)", True), apart("retraité, auto-entrepreneur", False)[0]
    ((['inactif'], ['retraite', 'au foyer']), ['retraite auto entrepreneur'])
    """
    sign = _COMMA if closed else _OR
    left = kept(answer)
    inside = " , ".join(_INSIDE.findall(left))
    return tuple(  # type: ignore[return-value]
        [part for part in map(readable, sign.split(text)) if part]
        for text in (_INSIDE.sub(" ", left), inside)
    )


def settled(facet: str, told: Sequence[set[str]]) -> str | None:
    """Return what the parts of an answer say together of a facet; None where they do not agree.

    Parameters
    ----------
    facet : {"situation", "time", "contract"}
    told : sequence of set of str
        What each part says of it.

    Examples
    --------
    >>> settled("situation", [{"out_of_work"}, {"retired"}]), settled("contract", [{"permanent"}, {"agency"}])
    ('retired', None)
    """
    said = set().union(*told)
    if facet == "situation":
        said = {each for each in said if not said.intersection(VAGUE.get(each, ()))}
    return next(iter(said), "") if len(said) < 2 else None


def spans(rule: JobRule, texts: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether a rule reads an answer as a whole, by words that none of its parts has alone."""
    return any(
        any(fits(text, phrase) for text in texts) and not any(fits(part, phrase) for part in parts)
        for phrase in rule.answers
    )
