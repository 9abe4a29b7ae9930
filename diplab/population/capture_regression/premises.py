"""What must be true for a size from a regression of captures, in French and in English."""

from __future__ import annotations

from diplab.population.assumptions import BOUND, CLOSED, MATCHED, RARELY_SEEN, SIGHTINGS, SINGLETONS
from diplab.reference.text import Text

__all__ = ["premises"]

ALIKE = Text(
    "Les personnes semblables sur les variables du modèle ont le même taux d'apparition.",
    "Persons alike on the variables of the model have the same rate of being seen.",
)
EXPONENTIAL = Text(
    "Parmi les personnes semblables sur les variables du modèle, les taux d'apparition suivent une loi exponentielle.",
    "Among persons alike on the variables of the model, rates of being seen follow an exponential law.",
)
GAMMA = Text(
    "Parmi les personnes semblables sur les variables du modèle, les taux d'apparition suivent une loi gamma.",
    "Among persons alike on the variables of the model, rates of being seen follow a gamma law.",
)
SURPLUS_SEEN = Text(
    "Parmi les personnes vues, une même part est vue une seule fois de toute façon, en plus de ce que dit le modèle.",
    "Among persons seen, the same share is seen once only in any case, beside what the model says.",
)
SURPLUS_EVERYONE = Text(
    "Parmi toutes les personnes, une même part est vue une seule fois de toute façon, en plus de ce que dit le modèle.",
    "Among all persons, the same share is seen once only in any case, beside what the model says.",
)
LIST_WEIGHTS = Text(
    "Un poids dit combien de personnes vues au moins une fois une ligne représente, et non combien de personnes en "
    "tout.",
    "A weight says how many persons seen at least once a row stands for, not how many persons in all.",
)

OWN = {
    "chao": (SINGLETONS, BOUND),
    "zelterman": (SINGLETONS, RARELY_SEEN),
    "poisson": (SINGLETONS, ALIKE),
    "geometric": (SINGLETONS, EXPONENTIAL),
    "negative_binomial": (SINGLETONS, GAMMA),
    "one_inflated_poisson": (ALIKE, SURPLUS_SEEN),
    "one_inflated_geometric": (EXPONENTIAL, SURPLUS_SEEN),
    "ones_for_all_poisson": (ALIKE, SURPLUS_EVERYONE),
    "ones_for_all_geometric": (EXPONENTIAL, SURPLUS_EVERYONE),
}


def premises(family: str, sampled: bool) -> tuple[Text, ...]:
    """Return the assumptions of a family of the kernel, with that on the weights of a sample.

    Examples
    --------
    >>> len(premises("poisson", sampled=False)), len(premises("poisson", sampled=True))
    (5, 6)
    """
    return (CLOSED, MATCHED, SIGHTINGS, *OWN[family], *((LIST_WEIGHTS,) if sampled else ()))
