"""What is said of how an export of KoboToolbox or ODK was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


__all__ = [
    "clocks",
    "disagreeing",
    "labels_brought_to_codes",
    "strange",
    "unread_sheets",
]


def labels_brought_to_codes(language: str) -> tuple[Text, ...]:
    """Return the notice of answers written as labels."""
    if not language:
        return ()
    return (
        Text(
            f"Réponses exportées en libellés ({language}), ramenées aux codes du questionnaire.",
            f"Answers exported as labels ({language}), brought to the codes of the form.",
        ),
    )


def strange(counts: Mapping[str, int]) -> tuple[Text, ...]:
    """Return the notice of answers that are in no list of the form."""
    if not counts:
        return ()
    listed = ", ".join(f"`{name}` ({count})" for name, count in counts.items())
    return (
        Text(
            f"Réponses absentes des listes du questionnaire, gardées telles quelles : {listed}.",
            f"Answers that are in no list of the form, kept as written: {listed}.",
        ),
    )


def disagreeing(counts: Mapping[str, int]) -> tuple[Text, ...]:
    """Return the notice of rows whose cell of codes and whose columns of 0 and 1 say different things."""
    if not counts:
        return ()
    listed = ", ".join(f"`{name}` ({count})" for name, count in counts.items())
    return (
        Text(
            f"Lignes où la liste des réponses et ses colonnes se contredisent ; les colonnes l'emportent : {listed}.",
            f"Rows where the list of answers and its columns disagree; the columns are followed: {listed}.",
        ),
    )


def clocks(names: Mapping[str, Sequence[str]]) -> tuple[Text, ...]:
    """Return the notices of moments whose distance from Greenwich was left out, or that were numbers."""
    found = []
    if names.get("offset"):
        listed = ", ".join(f"`{name}`" for name in names["offset"])
        found.append(
            Text(
                f"À l'heure de l'appareil, sans le décalage horaire : {listed}.",
                f"By the clock of the device, without its offset: {listed}.",
            )
        )
    if names.get("numbers"):
        listed = ", ".join(f"`{name}`" for name in names["numbers"])
        found.append(
            Text(
                f"Écrits en secondes ou en jours depuis 1970 (temps universel), lus comme des dates : {listed}.",
                f"Written in seconds or days since 1970 (universal time), read as dates: {listed}.",
            )
        )
    return tuple(found)


def unread_sheets(names: Sequence[str]) -> tuple[Text, ...]:
    """Return the notice of tables that hang on nothing."""
    if not names:
        return ()
    listed = ", ".join(names)
    return (
        Text(
            f"Autres feuilles, qui n'ont pas été lues : {listed}.",
            f"Other sheets, which were not read: {listed}.",
        ),
    )
