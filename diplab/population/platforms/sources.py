"""The accounts one platform reports, with what stands behind the number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diplab.checks import is_number
from diplab.errors import BaseMissingError, MisleadingError
from diplab.population.sizes import weakest_status

__all__ = ["Source"]


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
        Where the platform has no name, or the source is empty.
    OptionError
        Where the status is unknown.
    MisleadingError
        Where the number is no number, missing or negative: a platform left out makes the count too small unseen.
    """

    platform: str
    accounts: float
    status: str
    source: str

    def __post_init__(self) -> None:
        weakest_status([self.status])
        if not str(self.platform or "").strip():
            raise BaseMissingError(
                asked=f"Accounts were given for a platform named {self.platform!r}.",
                found="Nobody can tell which platform that is.",
                write="Write its name.",
            )
        if not is_number(self.accounts) or not math.isfinite(self.accounts) or self.accounts < 0:
            raise MisleadingError(
                asked=f"The accounts of `{self.platform}` were given as {self.accounts}.",
                found="That is no number of accounts, and a platform left out makes the count too small.",
                write="Write its accounts, or leave the platform out and say so.",
            )
        if not str(self.source or "").strip():
            raise BaseMissingError(
                asked=f"The accounts of `{self.platform}` were given as {self.accounts:g}.",
                found="They have no source, so nobody can check them.",
                write="Write the document they were read in.",
            )
