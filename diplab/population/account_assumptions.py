"""What must be true for sizes from accounts, frames and links, and for a range over methods."""

from __future__ import annotations

from diplab.reference.text import Text

__all__ = ["IMPUTED", "MULTI_HOMING", "RANGE", "SHARED_LINKS", "SHARED_OUT", "TWO_FRAMES"]

SHARED_OUT = Text(
    "La part du pays vaut pour les comptes comptés, et non pour les seules visites.",
    "The share of the country holds for the accounts counted, and not for visits alone.",
)
IMPUTED = (
    Text(
        "Les inscrits manquants suivent le trafic comme sur les plateformes qui publient les deux\u202f; les écarts "
        "sont log-normaux, de même ampleur pour toutes.",
        "Missing registrations follow traffic as on the platforms that publish both; errors are log-normal, of one "
        "size for all.",
    ),
    Text(
        "Inscrits et visiteurs d'une plateforme sont comptés au même endroit (monde ou pays).",
        "Registrations and visitors of a platform are counted in the same place (world or country).",
    ),
)
TWO_FRAMES = (
    Text(
        "Les deux échantillons sont indépendants, et chaque personne de la population est dans une base au moins.",
        "The two samples are independent, and every person of the population is in one frame at least.",
    ),
    Text(
        "Chaque personne interrogée est bien classée comme présente ou non dans l'autre base.",
        "Each respondent is rightly said to be in the other frame or not.",
    ),
    Text(
        "Chaque personne n'est qu'une fois dans une base, sans doublon.",
        "Each person is in a frame once, with no duplicate.",
    ),
)
RANGE = (
    Text(
        "Étendue sur les méthodes\u00a0: ni moyenne ni intervalle de confiance\u202f; chaque extrémité ne vaut que si "
        "sa méthode est juste.",
        "Range over methods: neither a mean nor a confidence interval; each end holds only if its method is right.",
    ),
)
SHARED_LINKS = (
    Text(
        "Chaque personne de la population a un compte au moins qui pouvait être tiré.",
        "Every person of the population has one account at least that could be drawn.",
    ),
    Text(
        "Le nombre total de comptes de chaque personne rencontrée est connu sans erreur.",
        "The total number of accounts of each person met is known without error.",
    ),
)
ALL_COUNTED = Text(
    "Le nombre déclaré compte toutes les plateformes du champ, et elles seules, celle de la rencontre comprise.",
    "The number given counts all platforms in scope and no other, that of the meeting included.",
)
MULTI_HOMING: dict[str, tuple[Text, ...]] = {
    "persons": (
        ALL_COUNTED,
        Text(
            "Chaque personne a été tirée selon son poids, quel que soit le nombre de ses comptes.",
            "Each person was drawn as the weights say, however many accounts they hold.",
        ),
    ),
    "accounts": (
        ALL_COUNTED,
        Text(
            "Chaque compte a été tiré selon son poids\u00a0: une personne est rencontrée autant de fois qu'elle a de "
            "comptes.",
            "Each account was drawn as the weights say: a person is met as many times as they hold accounts.",
        ),
    ),
    "one_platform": (
        Text(
            "Sur la plateforme de la rencontre, chaque personne a un seul compte et a été tirée selon son poids.",
            "On the platform of the meeting each person holds one account, and was drawn as the weights say.",
        ),
        Text(
            "Bornes sur toutes les tailles admises des autres plateformes, que l'échantillon ne dit pas.",
            "Bounds over all sizes allowed of the other platforms, which the sample does not tell.",
        ),
    ),
    "no_more": (
        Text(
            "Hors de cette plateforme, les personnes n'ont pas en moyenne plus de comptes que celles qui y sont.",
            "Outside this platform, persons hold on average no more accounts than those who are on it.",
        ),
    ),
}
