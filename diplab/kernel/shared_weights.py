"""From weights of accounts to weights of persons, through the links between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["StratumShare", "person_weights", "shares_by_account", "stratum_share"]


def person_weights(
    weights: NDArray[np.float64],
    links: NDArray[np.float64],
    held: NDArray[np.float64],
    person: NDArray[np.intp],
    persons: int,
) -> NDArray[np.float64]:
    """Return the weight of each person met, w_k = sum_i w_i l_ik / L_k (Lavallée 1995).

    Parameters
    ----------
    weights, links, held : array, shape (links,)
        Weight of the account, size of the link, and total links of the person, for each link seen.
    person : array of int, shape (links,)
        Place of the person.
    persons : int
        How many persons were met.

    Examples
    --------
    >>> person_weights(np.array([10.0, 6.0]), np.ones(2), np.array([2.0, 2.0]), np.array([0, 0]), 1)
    array([8.])
    """
    return np.asarray(np.bincount(person, weights * links / held, persons), dtype=np.float64)


def shares_by_account(
    y: NDArray[np.float64],
    links: NDArray[np.float64],
    held: NDArray[np.float64],
    account: NDArray[np.intp],
    accounts: int,
) -> NDArray[np.float64]:
    """Return z_i = sum_k l_ik y_k / L_k by account (Deville and Lavallée 2006).

    The total of w_i z_i over accounts is that of w_k y_k over persons.

    Examples
    --------
    >>> shares_by_account(np.array([3.0, 4.0]), np.ones(2), np.array([1.0, 2.0]), np.array([0, 0]), 1)
    array([5.])
    """
    return np.asarray(np.bincount(account, links * y / held, accounts), dtype=np.float64)


class StratumShare(NamedTuple):
    """Persons' shares in the accounts of one platform.

    Parameters
    ----------
    total : float
        Accounts times the mean of 1/L.
    variance : float
        Of a simple random sample without replacement; NaN with one account drawn, zero with all of them.
    """

    total: float
    variance: float


def stratum_share(accounts: float, held: NDArray[np.float64]) -> StratumShare:
    """Return the persons a platform contributes, each account counting 1/L: N mean(1/L), N^2 (1 - n/N) s^2/n.

    Parameters
    ----------
    accounts : float
        Accounts of the platform, N.
    held : array, shape (drawn,)
        Platforms of the person behind each account drawn, L.

    Examples
    --------
    >>> round(stratum_share(600, np.array([2.0, 2.0, 1.0, 3.0])).total, 6)
    350.0
    """
    shares = 1 / held
    drawn = len(held)
    total = float(accounts * shares.mean())
    if drawn >= accounts:
        return StratumShare(total, 0.0)
    if drawn < 2:
        return StratumShare(total, float("nan"))
    return StratumShare(
        total, accounts * (accounts * (1 - drawn / accounts) * float(shares.var(ddof=1)) / drawn)
    )
