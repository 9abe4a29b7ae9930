"""What each closed-population model takes for true, in French and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.population.assumptions import BOUND, CLOSED, MATCHED, OCCASIONS, SIGHTINGS, shared_first
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["assumed"]

SAME_CHANCE = Text(
    "Toutes les personnes ont la même chance d'être vues à une occasion donnée.",
    "All persons have the same chance of being seen at a given occasion.",
)
SAME_OCCASIONS = Text(
    "La chance d'être vu est la même à toutes les occasions.",
    "The chance of being seen is the same at all occasions.",
)
NO_TRACE = Text(
    "Avoir été vu ne change pas la chance de l'être ensuite.",
    "Having been seen does not change the chance of being seen again.",
)
TRACE = Text(
    "Avoir été vu une fois change la chance de l'être ensuite, du même facteur pour tous.",
    "Having been seen once changes the chance of being seen again, by one factor for all.",
)
EASILY = Text(
    "Les personnes faciles à voir le sont à la première occasion.",
    "Persons easily seen are seen at the first occasion.",
)
LAWS = {
    "poisson2": Text(
        "Les personnes diffèrent selon la loi de Poisson (base 2) du modèle.",
        "Persons differ as the Poisson law (base 2) of the model says.",
    ),
    "darroch": Text(
        "Parmi les personnes jamais vues, les cotes (en logarithme) suivent une loi normale.",
        "Among persons never seen, log-odds of being seen follow a normal law.",
    ),
    "gamma3.5": Text(
        "Les personnes diffèrent selon la loi gamma (paramètre 3,5) du modèle.",
        "Persons differ as the gamma law (parameter 3.5) of the model says.",
    ),
    "normal": Text(
        "Les cotes (en logarithme) d'être vu suivent une loi normale parmi les personnes.",
        "Log-odds of being seen follow a normal law among persons.",
    ),
    "chao": BOUND,
}


def assumed(models: Iterable[tuple[str, str]], limited: bool = True) -> tuple[Text, ...]:
    """Return what several models take for true, each thing once, what all of them do first.

    Parameters
    ----------
    models : iterable of (str, str)
        Models and their heterogeneity.
    limited : bool
        Whether there is a known number of occasions.

    Examples
    --------
    >>> len(assumed([("M0", "")]))
    6
    """
    each = []
    for model, heterogeneity in models:
        found = [CLOSED, MATCHED, OCCASIONS if limited else SIGHTINGS]
        if model in ("M0", "Mt", "Mb", "Mtb"):
            found.append(SAME_CHANCE)
        if model in ("M0", "Mh", "Mb", "Mbh"):
            found.append(SAME_OCCASIONS)
        found.append(TRACE if "b" in model else NO_TRACE)
        if model == "Mbh":
            found.append(EASILY)
        if heterogeneity:
            found.append(LAWS[heterogeneity])
        each.append(found)
    return shared_first(each)
