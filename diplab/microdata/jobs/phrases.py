"""Words of a rule found in an answer: whole words, whatever the accents, the capitals and the apostrophes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.microdata.look_for import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NEGATIONS", "fits", "negated", "readable"]

NEGATIONS = (
    *("pas", "ni", "ne", "n", "jamais", "ancien", "ancienne", "ex", "bientot", "futur", "future"),
    *(
        "not",
        "never",
        "no longer",
        "former",
        "formerly",
        "soon",
        "isn",
        "aren",
        "don",
        "doesn",
        "wasn",
        "previously",
    ),
)
"""What turns an answer round, or puts it in another time."""


def readable(answer: str) -> str:
    """Return an answer as rules read it: plain letters and digits, one space between words.

    Examples
    --------
    >>> readable("En recherche d’emploi…"), readable("Étudiant·e / élève")
    ('en recherche d emploi', 'etudiant e eleve')
    """
    return " ".join("".join(sign if sign.isalnum() else " " for sign in folded(answer)).split())


def fits(answer: str, phrase: str) -> bool:
    """Return whether a phrase of a rule stands in an answer.

    Parameters
    ----------
    answer : str
        As `readable` gives it.
    phrase : str
        Plain words; `*` at the end takes longer words too, `=` at the start asks for these words and no more.

    Examples
    --------
    >>> fits("je suis etudiante", "etudiant*"), fits("unemployed", "employed"), fits("autre inactif", "=autre")
    (True, False, False)
    """
    if phrase.startswith("="):
        return answer == phrase[1:]
    return (f" {phrase[:-1]}" if phrase.endswith("*") else f" {phrase} ") in f" {answer} "


def negated(answer: str, phrases: Iterable[str]) -> bool:
    """Return whether an answer says no, or speaks of another time, beside the words that rules read in it.

    Examples
    --------
    >>> negated("je ne suis plus salariee", ["salarie*"]), negated("not working", ["not working"])
    (True, False)
    """
    rest = f" {answer} "
    for phrase in sorted(phrases, key=len, reverse=True):
        rest = rest.replace(f" {phrase.strip('=*')}", " ")
    return any(f" {word} " in rest for word in NEGATIONS)
