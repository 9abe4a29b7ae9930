"""Persons reached through their accounts: each shares the weights of the accounts that led to them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.checks import check_column_names, check_confidence
from diplab.kernel.interval import student
from diplab.kernel.shared_weights import person_weights, shares_by_account
from diplab.population.frames.account_links import (
    check_columns,
    check_links,
    check_one_value,
    link_numbers,
    places,
)
from diplab.population.platforms.account_assumptions import SHARED_LINKS
from diplab.population.sizes import add_data_sources, gather_sizes, known_size
from diplab.population.tables import to_pandas
from diplab.reference.text import Text
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd

    from diplab.results.estimates import Estimates

__all__ = ["WeightShare", "weight_share"]

BASE = Text(
    "Personnes ayant un compte au moins dans la base de sondage.",
    "Persons with one account at least in the sampling frame.",
)


@dataclass(frozen=True, eq=False)
class WeightShare:
    """Persons with their weights, and accounts with the shares of persons they carry.

    Parameters
    ----------
    persons : pandas.DataFrame
        One row a person met: identifier, the columns of the links that are one value a person, `weight` (what the
        person stands for), `links_seen`. Ready for `dl.declare_design(shared.persons, weights="weight")`; points are
        then right, and variances if each account drawn led to persons of its own.
    accounts : pandas.DataFrame
        One row an account drawn: identifier, its other columns (strata, frame size), `weight`, and `share`: z_i, the
        persons it carries. The total of `share` under the design of the *accounts* is the number of persons, with the
        right variance: `dl.estimate(dl.declare_design(shared.accounts, weights="weight"), dl.total("share"))`. Accounts
        drawn that led to nobody belong there too, with a share of 0.
    links : pandas.DataFrame
        The links, with places of persons and accounts.
    columns : tuple of str
        Names of account, person, weight, links and size of link.
    evidence : Provenance
        Where the links come from.

    Examples
    --------
    >>> import pandas as pd
    >>> links = pd.DataFrame({"account": [1, 2], "person": ["a", "b"], "weight": [10.0, 10.0], "links": [1, 2]})
    >>> weight_share(links).persons["weight"].tolist()
    [10.0, 5.0]
    """

    persons: pd.DataFrame
    accounts: pd.DataFrame
    links: pd.DataFrame
    columns: tuple[str, str, str, str, str | None]
    evidence: Provenance = field(default_factory=Provenance, repr=False)

    def total(self, y: str | None = None, confidence: float = 0.95) -> Estimates:
        """Return the number of persons, or the total of a column over them, accounts drawn with replacement.

        Parameters
        ----------
        y : str, optional
            Column of the links, one value a person; persons are counted without it.
        confidence : float
            Probability of the interval.

        Returns
        -------
        Estimates
            sum(w_i z_i) with z_i = sum_k l_ik y_k / L_k, variance n/(n - 1) sum((w_i z_i - mean)^2) over the n accounts
            drawn, t interval.

        Examples
        --------
        >>> import pandas as pd
        >>> links = pd.DataFrame(
        ...     {"account": [1, 2], "person": ["a", "b"], "weight": [10.0, 10.0], "links": [1, 2]}
        ... )
        >>> weight_share(links).total().frame["estimate"].tolist()
        [15.0]
        """
        check_confidence(confidence)
        check_column_names(y=y)
        account, person, weight, held, size = self.columns
        values = (
            np.ones(len(self.links))
            if y is None
            else link_numbers(self.links, y, "the variable", least=-math.inf)
        )
        if y is not None:
            check_one_value(self.links, person, y)
        link = np.ones(len(self.links)) if size is None else self.links[size].to_numpy(dtype=np.float64)
        codes = places(self.links, account)[0]
        shares = shares_by_account(
            values, link, self.links[held].to_numpy(dtype=np.float64), codes, len(self.accounts)
        )
        carried = self.accounts[weight].to_numpy(dtype=np.float64) * shares
        units = len(carried)
        variance = (
            math.nan if units < 2 else units / (units - 1) * float(((carried - carried.mean()) ** 2).sum())
        )
        total, error, df = float(carried.sum()), math.sqrt(variance), float(units - 1)
        reach = float(student(confidence, np.array([df]))[0]) * error
        row = {
            **known_size("weight_share", total, flag="no variance" if units < 2 else ""),
            "std_error": error,
            "ci_low": total - reach,
            "ci_high": total + reach,
            "cv": error / abs(total) if total else math.nan,
            "df": df,
            "n": float(len(self.persons)),
        }
        if y is not None:
            row["variable"] = y
        rules = {
            "variance": "with replacement",
            "confidence": f"{confidence:g}",
            "accounts_drawn": str(units),
        }
        return gather_sizes([row], replace(self.evidence, rules=rules, base=BASE, assumptions=SHARED_LINKS))


def weight_share(
    links: pd.DataFrame,
    *,
    account: str = "account",
    person: str = "person",
    weight: str = "weight",
    held: str = "links",
    size: str | None = None,
) -> WeightShare:
    """Return weights of persons from those of the accounts they were reached through.

    Parameters
    ----------
    links : pandas.DataFrame
        One row a link seen between an account that was drawn and a person: all persons behind each account drawn.
    account, person : str
        Columns of identifiers.
    weight : str
        Column with the weight of the account, w_i.
    held : str
        Column with the total links of the person to accounts of the frame, L_k, those not drawn included.
    size : str, optional
        Column with the size of a link, l_ik; 1 without it.

    Returns
    -------
    WeightShare
        `persons` with weights for `dl.declare_design`, `accounts` with the shares that carry the variance, and
        `.total(y)`.

    Raises
    ------
    MisleadingError
        Where a person has fewer links in all than were seen, a weight or number of links differs between rows of one
        account or person, or something is missing.
    ColumnError
        Where a column does not exist.

    Notes
    -----
    w_k = sum_i w_i l_ik / L_k: unbiased whenever every person has a link to the frame and L_k is known (Lavallée 1995,
    generalised weight share; Deville and Lavallée 2006). Then sum(w_k y_k) = sum(w_i z_i) with
    z_i = sum_k l_ik y_k / L_k, a total over the accounts drawn, whose design gives its variance. With one person an
    account, z_i = y / L: the multiplicity estimator.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> links = pd.DataFrame({"account": [1, 2], "person": ["a", "a"], "weight": [10.0, 6.0], "links": [2, 2]})
    >>> population.weight_share(links).persons[["person", "weight"]].values.tolist()
    [['a', 8.0]]
    """
    check_column_names(account=account, person=person, weight=weight, held=held, size=size)
    evidence, links = add_data_sources(Provenance(), links), to_pandas(links)
    columns = (account, person, weight, held, size)
    check_columns(links, columns)
    weights = link_numbers(links, weight, "the weight of the account", least=0)
    total = link_numbers(links, held, "the links of the person", least=0)
    link = np.ones(len(links)) if size is None else link_numbers(links, size, "the size of the link", least=0)
    for unit, value in ((account, weight), (person, held)):
        check_one_value(links, unit, value)
    check_links(links, account, person, link, total)
    persons, at = places(links, person)
    accounts, of = places(links, account)
    people = _one_row_each(links, person, (account, weight, size))
    seen = np.bincount(persons, weights=link, minlength=at)
    people["weight"] = person_weights(weights, link, total, persons, at)
    people["links_seen"] = seen
    drawn = _one_row_each(links, account, (person, held, size))
    drawn["share"] = shares_by_account(np.ones(len(links)), link, total, accounts, of)
    return WeightShare(people, drawn, links.reset_index(drop=True), columns, evidence)


def _one_row_each(links: pd.DataFrame, unit: str, dropped: tuple[str | None, ...]) -> pd.DataFrame:
    """Return the first row of each unit, with the columns that hold one value a unit."""
    grouped = links.groupby(unit, sort=False, dropna=False)
    kept = [
        name
        for name in links.columns
        if name == unit or (name not in dropped and bool((grouped[name].nunique(dropna=False) <= 1).all()))
    ]
    return links.drop_duplicates(unit)[kept].reset_index(drop=True)
