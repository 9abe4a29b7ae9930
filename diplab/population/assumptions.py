"""What must be true for each population size to be right, in French and in English."""

from __future__ import annotations

from diplab.reference.text import Text

__all__ = ["ACCOUNTS", "BASE", "COUNTS", "TWO_LISTS", "assumptions_of"]

BASE = Text(
    "Personnes de la population étudiée, vues ou non.", "Persons of the population under study, seen or not."
)

CLOSED = Text(
    "Population fermée, sans entrée ni sortie pendant l'observation.",
    "Closed population: nobody enters or leaves during the observation.",
)
MATCHED = Text(
    "Une même personne est reconnue à chaque apparition, sans doublon ni erreur d'appariement.",
    "A person is recognised at each sighting, with no duplicate and no matching error.",
)
EQUAL = Text(
    "Sur une liste au moins, chaque personne a la même chance de figurer.",
    "On one list at least, every person has the same chance of being listed.",
)
INDEPENDENT = Text(
    "Figurer sur une liste ne change pas la chance de figurer sur l'autre.",
    "Being on one list does not change the chance of being on the other.",
)
WITH_REPLACEMENT = Text(
    "Dans la seconde liste, une personne peut être tirée plusieurs fois.",
    "In the second list a person may be drawn several times.",
)
SIGHTINGS = Text(
    "Les apparitions d'une personne sont indépendantes les unes des autres.",
    "The sightings of a person are independent of one another.",
)
BOUND = Text(
    "Borne inférieure, atteinte si toutes les personnes rarement vues ont le même taux d'apparition.",
    "Lower bound, reached where all persons rarely seen have the same rate of being seen.",
)
SINGLETONS = Text(
    "Les personnes vues une seule fois sont de vraies personnes, sans faux compte ni filtrage.",
    "Persons seen once are real persons, with no false account and no filter.",
)
OCCASIONS = Text(
    "Une personne est vue au plus une fois par occasion, et le nombre d'occasions est connu.",
    "A person is seen at most once an occasion, and the number of occasions is known.",
)
RARELY_SEEN = Text(
    "Le taux d'apparition des personnes vues une ou deux fois vaut pour toutes.",
    "The rate of persons seen once or twice holds for everyone.",
)
SAME_RATE = Text(
    "Toutes les personnes ont le même taux d'apparition.", "All persons have the same rate of being seen."
)
EXPONENTIAL_RATES = Text(
    "Les taux d'apparition suivent une loi exponentielle parmi les personnes.",
    "Rates of being seen follow an exponential law among persons.",
)

TWO_LISTS: dict[str, tuple[Text, ...]] = {
    "petersen": (CLOSED, MATCHED, EQUAL, INDEPENDENT),
    "chapman": (CLOSED, MATCHED, EQUAL, INDEPENDENT),
    "bailey": (CLOSED, MATCHED, EQUAL, INDEPENDENT, WITH_REPLACEMENT),
}
COUNTS: dict[str, tuple[Text, ...]] = {
    "chao": (CLOSED, MATCHED, SIGHTINGS, SINGLETONS, BOUND),
    "chao_bc": (CLOSED, MATCHED, SIGHTINGS, SINGLETONS, BOUND),
    "chao_t": (CLOSED, MATCHED, SIGHTINGS, SINGLETONS, BOUND, OCCASIONS),
    "zelterman": (CLOSED, MATCHED, SIGHTINGS, SINGLETONS, RARELY_SEEN),
    "poisson": (CLOSED, MATCHED, SIGHTINGS, SINGLETONS, SAME_RATE),
    "geometric": (CLOSED, MATCHED, SIGHTINGS, SINGLETONS, EXPONENTIAL_RATES),
}
ACCOUNTS = (
    Text(
        "Les comptes sont ceux de personnes, au même titre sur chaque plateforme (inscrites ou actives).",
        "Accounts belong to persons, on the same footing on each platform (registered or active).",
    ),
    Text(
        "Le facteur de multi-inscription est le nombre moyen de comptes par personne sur ces plateformes.",
        "The multi-homing factor is the mean number of accounts a person holds on these platforms.",
    ),
)


def assumptions_of(estimators: tuple[str, ...]) -> tuple[Text, ...]:
    """Return the assumptions of several single-source estimators, each said once.

    Examples
    --------
    >>> len(assumptions_of(("chao", "chao_bc")))
    5
    """
    return tuple(dict.fromkeys(text for estimator in estimators for text in COUNTS[estimator]))
