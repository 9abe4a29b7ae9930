"""What must be true for a size from overlapping lists to be right, in French and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.kernel.hierarchical import generators
from diplab.population.assumptions import CLOSED, MATCHED
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.kernel.hierarchical import ListModel

__all__ = ["assumptions_of_model", "assumptions_of_search"]

HIGHEST = Text(
    "Les listes n'ont pas de dépendance d'ordre plus élevé que celles du modèle\u00a0: l'effet commun à toutes les "
    "listes, qu'aucune donnée ne montre, est nul.",
    "Lists depend on one another no further than the model says: the effect common to all lists, which no data "
    "show, is nil.",
)
INDEPENDENT = Text(
    "Figurer sur une liste ne change pas la chance de figurer sur une autre.",
    "Being on one list does not change the chance of being on another.",
)
DEPENDENT = Text(
    "Seules dépendent l'une de l'autre les listes qu'un terme du modèle réunit.",
    "Only lists joined by a term of the model depend on one another.",
)
ALIKE = Text(
    "À listes égales, toutes les personnes ont la même chance de figurer sur chacune.",
    "All persons have the same chance of being on each list.",
)
DIFFERING = Text(
    "Les personnes diffèrent selon la loi choisie\u202f; d'autres lois, qui s'ajustent aussi bien, donnent d'autres "
    "tailles.",
    "Persons differ by the law chosen; other laws, which fit as well, give other sizes.",
)
SEARCHED = Text("L'un des modèles comparés est le bon.", "One of the models compared is right.")
CHOICE_LEFT_OUT = Text(
    "L'intervalle d'un modèle ne compte pas le hasard de son choix.",
    "The interval of one model does not count the chance in its having been chosen.",
)
STRATA = Text(
    "Chaque personne est dans une strate et une seule, la même sur toutes les listes.",
    "Each person is in one stratum only, the same on all lists.",
)


def assumptions_of_model(model: ListModel, strata: bool = False) -> tuple[Text, ...]:
    """Return the assumptions of one model.

    Examples
    --------
    >>> from diplab.kernel.hierarchical import ListModel, closure
    >>> str(assumptions_of_model(ListModel(2, closure([1, 2])))[2])
    'Being on one list does not change the chance of being on another.'
    """
    joined = any(term.bit_count() > 1 for term in generators(model.terms))
    differing = DIFFERING if model.heterogeneity else ALIKE
    dependence = DEPENDENT if joined else INDEPENDENT
    return (CLOSED, MATCHED, dependence, differing, HIGHEST, *((STRATA,) if strata else ()))


def assumptions_of_search(heterogeneity: str | None, repeated: bool = False) -> tuple[Text, ...]:
    """Return the assumptions of a choice among models; `repeated` where the interval counts the choice.

    Examples
    --------
    >>> len(assumptions_of_search(None)), len(assumptions_of_search(None, repeated=True))
    (6, 5)
    """
    left_out = () if repeated else (CHOICE_LEFT_OUT,)
    return (CLOSED, MATCHED, SEARCHED, *left_out, DIFFERING if heterogeneity else ALIKE, HIGHEST)
