"""From accounts on platforms to people: who holds several accounts is counted once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import (
    BaseMissingError,
    ColumnError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
    nearest,
)
from diplab.population.assumptions import ACCOUNTS
from diplab.population.evidence import joined, weakest
from diplab.population.sizes import gathered, known_size
from diplab.reference.parameter import Parameter
from diplab.reference.text import Text
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from diplab.results.estimates import Estimates

__all__ = ["Source", "headcount", "multi_homing_curve"]


@dataclass(frozen=True)
class Source:
    """The accounts one platform reports.

    Parameters
    ----------
    platform : str
        Name of the platform.
    accounts : float
        Accounts in the country, on the same footing on each platform (registered, or active each month).
    status : str
        What stands behind the number (one of `diplab.results.provenance.STATUSES`).
    source : str
        The document it was read in.

    Raises
    ------
    BaseMissingError
        Where the source is empty.
    OptionError
        Where the status is unknown.
    MisleadingError
        Where the number is missing or negative: a platform left out makes the count too small unseen.
    """

    platform: str
    accounts: float
    status: str
    source: str

    def __post_init__(self) -> None:
        weakest([self.status])
        if not math.isfinite(self.accounts) or self.accounts < 0:
            raise MisleadingError(
                asked=f"The accounts of `{self.platform}` were given as {self.accounts}.",
                found="That is no number of accounts, and a platform left out makes the count too small.",
                write="Write its accounts, or leave the platform out and say so.",
            )
        if not self.source.strip():
            raise BaseMissingError(
                asked=f"The accounts of `{self.platform}` were given as {self.accounts:g}.",
                found="They have no source, so nobody can check them.",
                write="Write the document they were read in.",
            )


def headcount(sources: pd.DataFrame | Sequence[Source], multi_homing: float | Parameter = 1.27) -> Estimates:
    """Return how many people stand behind the accounts of several platforms.

    Parameters
    ----------
    sources : pandas.DataFrame or sequence of Source
        One row a platform: `platform`, `accounts`, `status`, `source`.
    multi_homing : float or Parameter
        Mean number of accounts a person holds over these platforms (1.27 for micro-work after Le Ludec,
        Tubaro and Casilli, 2019; 1.83 for all online labour after Kässi, Lehdonvirta and Stephany, 2021).

    Returns
    -------
    Estimates
        One row, accounts / multi-homing, not rounded. There is no sample, hence no standard error. The status
        is the weakest of the inputs', and `derived` at best.

    Raises
    ------
    ColumnError
        Where the table lacks a column.
    EmptyDomainError
        Where no platform is given.
    MisleadingError
        Where the factor is below 1: nobody who is counted holds less than one account.

    Examples
    --------
    >>> from diplab import population
    >>> all_seven = population.Source("seven platforms", 337_980, "derived", "266,126 x 1.27")
    >>> float(population.headcount([all_seven]).frame["estimate"].round(0).iloc[0])
    266126.0
    """
    platforms = _sources(sources)
    if not platforms:
        raise EmptyDomainError(
            asked="A headcount was asked for.",
            found="No platform was given.",
            write="Write one row a platform: `platform`, `accounts`, `status`, `source`.",
        )
    factor = float(multi_homing)
    if not 1 <= factor < math.inf:
        raise MisleadingError(
            asked=f"`multi_homing` was given as {factor:g}.",
            found="Everyone counted holds at least one account, so the mean is 1 or more.",
            write="Write accounts a person, such as 1.27.",
        )
    statuses = ["derived", *(platform.status for platform in platforms)]
    documents = [platform.source for platform in platforms]
    if isinstance(multi_homing, Parameter):
        statuses.append(multi_homing.status)
        documents.append(multi_homing.source)
    accounts = sum(platform.accounts for platform in platforms)
    provenance = Provenance(
        rules={
            "accounts": f"{accounts:g}" if accounts != int(accounts) else str(int(accounts)),
            "multi_homing": f"{factor:g}",
            "platforms": str(len(platforms)),
        },
        base=Text(
            "Personnes ayant un compte sur une plateforme au moins.",
            "Persons with an account on one platform at least.",
        ),
        source=joined(Text.same(document) for document in documents),
        status=weakest(statuses),
        assumptions=ACCOUNTS,
        synthetic="synthetic" in statuses,
    )
    return gathered([known_size("headcount", accounts / factor)], provenance)


def multi_homing_curve(share_second: float, relative_size: ArrayLike) -> NDArray[np.float64]:
    """Return the multi-homing factor over two platforms, by the size of the second against the first.

    Of persons met on the first platform a share m also works on the second. That alone does not tell the
    factor: it depends on how large the second platform is.

    Parameters
    ----------
    share_second : float
        Share m of the persons on the first platform who are on the second too, from 0 to 1.
    relative_size : array of float
        Accounts on the second platform over accounts on the first, r; at least m, since the second platform
        holds all who are on both.

    Returns
    -------
    array of float, shape of `relative_size`
        (1 + r) / (1 + r - m): accounts over persons, m persons in each account of the first being on both.
        It falls from 1 + m at r = m towards 1 as r grows.

    Raises
    ------
    OptionError
        Where the share is outside 0 to 1.
    MisleadingError
        Where a relative size is below the share, which no two platforms can have.

    Examples
    --------
    >>> multi_homing_curve(0.352, [0.352, 1.0]).round(3).tolist()
    [1.352, 1.214]
    """
    if not 0 <= share_second <= 1:
        raise OptionError(
            asked=f"`share_second` was given as {share_second!r}.",
            found="It is a share.",
            write="Write a number from 0 to 1.",
        )
    sizes = np.asarray(relative_size, dtype=np.float64)
    if not bool(np.all(sizes >= share_second)):
        raise MisleadingError(
            asked=f"A second platform {float(np.min(sizes)):g} times as large as the first was asked for.",
            found=f"It holds at least the {share_second:g} who are on both.",
            write=f"Write relative sizes of {share_second:g} or more.",
        )
    return np.asarray((1 + sizes) / (1 + sizes - share_second), dtype=np.float64)


def _sources(sources: pd.DataFrame | Sequence[Source]) -> list[Source]:
    columns = getattr(sources, "columns", None)
    if columns is None:
        return list(sources)  # type: ignore[arg-type]
    wanted = ("platform", "accounts", "status", "source")
    absent = [name for name in wanted if name not in columns]
    if absent:
        raise ColumnError(
            asked="A headcount was asked for from a table.",
            found=f"It has no column `{absent[0]}`; the nearest is {nearest(absent[0], columns, 1)}.",
            write="Write one row a platform: `platform`, `accounts`, `status`, `source`.",
        )
    return [Source(*row) for row in sources[list(wanted)].itertuples(index=False)]  # type: ignore[call-overload]
