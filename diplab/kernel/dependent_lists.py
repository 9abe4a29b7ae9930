"""Two lists whose dependence is given: the size under an odds ratio that no two lists can tell."""

from __future__ import annotations

from diplab.kernel.abundance import Abundance

__all__ = ["dependent_lists"]


def dependent_lists(first: float, second: float, both: float, odds_ratio: float = 1.0) -> Abundance:
    """Return the size behind two lists that attract or repel each other as an odds ratio says.

    Parameters
    ----------
    first, second : float
        Persons on each list.
    both : float
        Persons on both, above zero.
    odds_ratio : float
        Odds of being on the second list for those on the first, over the odds for the others: 1 where the lists are
        independent, above where they attract each other.

    Returns
    -------
    Abundance
        With a persons on both lists, b and c on one only, N = a + b + c + psi b c / a: by definition of the odds ratio
        psi = a d / (b c), d those on neither. Lincoln-Petersen at psi = 1 (Sekar and Deming, 1949). The variance
        u + u^2 (1/a + 1/b + 1/c), u = psi b c / a, is that of the log-linear model whose interaction is log psi and
        known (Gerritse, van der Heijden and Bakker, 2015).

    Examples
    --------
    >>> [round(dependent_lists(2775, 2831, 584, psi).size) for psi in (0.5, 1, 2)]
    [9237, 13452, 21882]
    """
    alone, other = first - both, second - both
    unseen = odds_ratio * alone * other / both
    # u^2/b + u^2/c without dividing by a cell that may be empty
    spread = (odds_ratio / both) ** 2 * alone * other * (alone + other)
    return Abundance(alone + other + both + unseen, unseen + unseen**2 / both + spread, alone + other + both)
