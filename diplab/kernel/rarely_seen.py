"""What formulas need of the persons rarely seen, and whether too few were seen once for any law of rates."""

from __future__ import annotations

import math

from scipy.special import ndtri

from diplab.errors import MisleadingError

__all__ = ["need_seen_once", "need_seen_twice", "too_few_seen_once"]


def need_seen_once(once: float, what: str) -> None:
    """Refuse counts in which nobody was seen exactly once.

    Parameters
    ----------
    once : float
        Persons seen exactly once.
    what : str
        What was asked for, as the subject of a sentence.

    Raises
    ------
    MisleadingError
    """
    if once == 0:
        raise MisleadingError(
            asked=f"{what} was asked for.",
            found="Nobody was seen exactly once, so those never seen cannot be told.",
            write="Write the counts before any filter, or take the number seen as the least there can be.",
        )


def need_seen_twice(twice: float, what: str) -> None:
    """Refuse counts in which nobody was seen exactly twice.

    Parameters
    ----------
    twice : float
        Persons seen exactly twice.
    what : str
        What was asked for, as the subject of a sentence.

    Raises
    ------
    MisleadingError
    """
    if twice == 0:
        raise MisleadingError(
            asked=f"{what} was asked for.",
            found="Nobody was seen exactly twice, so it divides by zero.",
            write="Write the estimator `chao_bc`, which is defined there.",
        )


def too_few_seen_once(
    once: float, twice: float, thrice: float, occasions: float | None = None, confidence: float = 0.95
) -> bool:
    """Return whether fewer persons were seen once than any law of rates allows: a sign that they were filtered out.

    Parameters
    ----------
    once, twice, thrice : float
        Persons seen exactly once, twice, three times.
    occasions : float, optional
        Occasions, where a person could be seen once on each.
    confidence : float
        Probability that counts which follow some law of rates pass, at the least, in large numbers.

    Returns
    -------
    bool
        True where log(f1 f3 / f2^2) lies significantly under log(2/3), one-sided. Whatever the law of rates, expected
        counts obey f1 >= 2 f2^2 / (3 f3): the moments of rates are log-convex (Chiu and Chao, 2016, estimate the true
        number of singletons from the same relation). Over t occasions 2/3 becomes 2/3 (t - 2)/(t - 1). The variance of
        the logarithm is 1/f1 + 4/f2 + 1/f3. False where one of the three counts is zero.

    Examples
    --------
    >>> too_few_seen_once(1645, 183, 37), too_few_seen_once(60, 183, 150)
    (False, True)
    """
    if min(once, twice, thrice) <= 0 or (occasions is not None and occasions < 3):
        return False
    allowed = 2 / 3 if occasions is None else 2 / 3 * (occasions - 2) / (occasions - 1)
    gap = math.log(once * thrice / twice**2 / allowed)
    return gap < float(ndtri(1 - confidence)) * math.sqrt(1 / once + 4 / twice + 1 / thrice)
