"""What must be true for each population size to be right, in French and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.reference.text import Text
from diplab.reference.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ACCOUNTS",
    "BASE",
    "BOUNDARY",
    "COUNTS",
    "TWO_LISTS",
    "WORDS",
    "assumptions",
    "assumptions_of",
    "shared_first",
]

WORDS = Words("diplab.population")

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
FINITE = Text(
    "La borne tient compte du nombre fini d'apparitions ou d'occasions.",
    "The bound allows for the finite number of sightings or occasions.",
)
IMPROVED = Text(
    "Les personnes vues trois et quatre fois disent de combien la première borne de Chao est trop basse.",
    "Persons seen three and four times tell by how much Chao's first bound is too low.",
)
GAMMA_RATES = Text(
    "Les taux d'apparition suivent une loi gamma parmi les personnes.",
    "Rates of being seen follow a gamma law among persons.",
)
COVERED = Text(
    "La couverture et la dispersion des taux se lisent sur les personnes vues dix fois au plus.",
    "Coverage and the spread of rates are read on persons seen ten times or less.",
)
SHRINKING_BIAS = Text(
    "L'écart entre le nombre observé et l'effectif décroît avec l'inverse du nombre d'apparitions ou d'occasions.",
    "The gap between the number seen and the size shrinks with the inverse of the number of sightings or occasions.",
)
EXTRA_SEEN = Text(
    "Parmi les personnes vues, une part ne l'a été qu'une fois pour une raison étrangère à la loi, et la borne de Chao "
    "ne vaut pas.",
    "Among persons seen, a share was seen once only for a reason foreign to the law, and Chao's bound does not hold.",
)
EXTRA_ALL = Text(
    "Une part de la population est vue une fois exactement, jamais plus ni moins, et la borne de Chao ne vaut pas.",
    "A share of the population is seen exactly once, never more nor less, and Chao's bound does not hold.",
)
ONCE_UNHEARD = Text(
    "Le nombre de personnes vues une seule fois ne dit rien des taux, et la borne de Chao ne vaut pas.",
    "The number of persons seen once says nothing of the rates, and Chao's bound does not hold.",
)
HURDLE = Text(
    "Une personne vue une fois franchit ou non un obstacle avant d'être revue, et la borne de Chao ne vaut pas.",
    "A person seen once passes a hurdle or not before being seen again, and Chao's bound does not hold.",
)
BOUND_FROM_TWO = Text(
    "Borne inférieure d'après les personnes vues deux et trois fois, atteinte si toutes celles rarement vues ont le "
    "même taux d'apparition.",
    "Lower bound from persons seen two and three times, reached where all persons rarely seen have the same rate.",
)

BOUNDARY = {
    "no upper limit": Text(
        "La vraisemblance monte tant que l'effectif grandit, il n'y a donc pas d'estimation sous cette loi. La borne "
        "inférieure de Chao est ce que les comptages permettent de dire.",
        "The likelihood rises as long as the size grows, so that there is no estimate under this law. Chao's lower "
        "bound is what the counts allow to say.",
    ),
    "poisson": Text(
        "Les comptages ne varient pas plus que sous des taux égaux, la loi à taux inégaux n'ajoute donc rien. "
        "Lire la loi de Poisson tronquée et la borne de Chao.",
        "Counts vary no more than under equal rates, so that a law of unequal rates adds nothing. Read the truncated "
        "Poisson and Chao's bound.",
    ),
    "no excess": Text(
        "Les personnes vues une seule fois ne dépassent pas ce que la loi prévoit, il n'y a donc pas d'excès à "
        "estimer. Lire la même loi sans excès et la borne de Chao.",
        "Persons seen once do not exceed what the law has, so that there is no excess to estimate. Read the "
        "same law without excess and Chao's bound.",
    ),
}
"""What to read in place of a fit at its boundary, by where the fit ran to."""

SEVERAL = Text(
    "Chaque ligne repose sur une partie des hypothèses qui suivent, et elles se contredisent d'une ligne à l'autre.",
    "Each row rests on some of the assumptions that follow, and they contradict one another from row to row.",
)

SEEN = (CLOSED, MATCHED, SIGHTINGS, SINGLETONS)
DOUBTED = (CLOSED, MATCHED, SIGHTINGS)
"""Where persons seen once need not be real ones."""

EQUAL_CATCH = Text(
    "À chaque occasion, chaque personne a la même chance d'être vue, qu'elle l'ait déjà été ou non.",
    "On each occasion every person has the same chance of being seen, whether seen before or not.",
)
MARKED_AT_ONCE = Text(
    "Toute personne vue est connue dès l'occasion suivante.",
    "Every person seen is known from the next occasion on.",
)

OPEN = (
    Text(
        "À chaque occasion, toutes les personnes présentes ont la même chance d'être vues.",
        "On each occasion all persons present have the same chance of being seen.",
    ),
    Text(
        "D'une occasion à la suivante, toutes les personnes présentes ont la même chance de rester.",
        "From one occasion to the next all persons present have the same chance of staying.",
    ),
    Text(
        "Qui part ne revient pas.",
        "Who leaves does not come back.",
    ),
)

CONSTANT_DEPARTURES = Text(
    "Chaque personne part avec la même chance à tout moment, et ne revient pas.",
    "Every person leaves with the same chance at any time, and does not come back.",
)
STEADY = Text(
    "La taille de la population ne change pas : les arrivées compensent les départs.",
    "The size of the population does not change: arrivals balance departures.",
)

BETA_CHANCES = Text(
    "Les chances d'être vu à une occasion suivent une loi bêta parmi les personnes.",
    "Chances of being seen on an occasion follow a beta law among persons.",
)

GIVEN_DEPENDENCE = Text(
    "Le rapport de cotes entre les deux listes est entre les bornes données ; les listes elles-mêmes n'en disent rien.",
    "The odds ratio between the two lists is within the limits given; the lists themselves say nothing of it.",
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
    "chao1": (*SEEN, BOUND, FINITE),
    "chao1_bc": (*SEEN, BOUND, FINITE),
    "chao2": (*SEEN, BOUND, OCCASIONS, FINITE),
    "chao2_bc": (*SEEN, BOUND, OCCASIONS, FINITE),
    "ichao": (*SEEN, BOUND, IMPROVED),
    "negative_binomial": (*SEEN, GAMMA_RATES),
    "ace": (*SEEN, COVERED),
    "ace_1": (*SEEN, COVERED),
    "jackknife1": (*SEEN, SHRINKING_BIAS),
    "jackknife2": (*SEEN, SHRINKING_BIAS),
    "oichao": (*DOUBTED, BOUND_FROM_TWO),
    "one_inflated_poisson": (*DOUBTED, SAME_RATE, EXTRA_SEEN),
    "one_inflated_geometric": (*DOUBTED, EXPONENTIAL_RATES, EXTRA_SEEN),
    "truncated_one_inflated_poisson": (*DOUBTED, SAME_RATE, EXTRA_ALL),
    "truncated_one_inflated_geometric": (*DOUBTED, EXPONENTIAL_RATES, EXTRA_ALL),
    "zero_one_truncated_poisson": (*DOUBTED, SAME_RATE, ONCE_UNHEARD),
    "zero_one_truncated_geometric": (*DOUBTED, EXPONENTIAL_RATES, ONCE_UNHEARD),
    "hurdle_poisson": (*DOUBTED, SAME_RATE, HURDLE),
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


def assumptions(*names: str) -> tuple[Text, ...]:
    """Return texts of `words.toml` by `section.name`."""
    return tuple(map(WORDS, names))


def assumptions_of(estimators: tuple[str, ...]) -> tuple[Text, ...]:
    """Return the assumptions of several single-source estimators, each said once, those of all rows first.

    Examples
    --------
    >>> len(assumptions_of(("chao", "chao_bc")))
    5
    >>> [text.en[:8] for text in assumptions_of(("poisson", "geometric"))[-3:]]
    ['Each row', 'All pers', 'Rates of']
    """
    return shared_first([COUNTS[estimator] for estimator in estimators])


def shared_first(each: Sequence[Sequence[Text]]) -> tuple[Text, ...]:
    """Return the assumptions of several rows, each said once, those of all rows first.

    Examples
    --------
    >>> [text.en[:8] for text in shared_first([[CLOSED, SAME_RATE], [CLOSED]])]
    ['Closed p', 'Each row', 'All pers']
    """
    said = tuple(dict.fromkeys(text for texts in each for text in texts))
    common = tuple(text for text in said if all(text in texts for texts in each))
    own = tuple(text for text in said if text not in common)
    return (*common, SEVERAL, *own) if own else common
