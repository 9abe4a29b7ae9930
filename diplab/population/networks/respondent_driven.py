"""Shares of a hidden population whose members recruited one another: respondent-driven sampling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.kernel.recruitment_chain import (
    chain_shares,
    closed_groups,
    inverse_degree_shares,
    resampled_shares,
)
from diplab.population.drawing_seed import drawing_seed
from diplab.population.evidence import from_data
from diplab.population.networks.recruitment_tree import Recruited, recruited
from diplab.population.numbers_given import is_whole
from diplab.population.sizes import known_size, strict_confidence
from diplab.reference.text import Text
from diplab.results.estimates import COLUMNS, Estimates
from diplab.results.provenance import Provenance
from diplab.results.statistic_description import StatisticDescription

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["rds_i", "rds_ii"]

LEAST_DEFINED = 0.9
"""Replicates that must have an answer, for an interval to be made of them."""

BASE = Text(
    "Personnes reliées, de connaissance en connaissance, aux premières recrutées.",
    "Persons linked, from acquaintance to acquaintance, to those recruited first.",
)
RECIPROCAL = Text(
    "Les liens sont réciproques, et l’on recrute au hasard parmi ses connaissances.",
    "Ties go both ways, and people recruit at random among those they know.",
)
DEGREES = Text(
    "Chacun dit juste combien de membres de la population il connaît.",
    "People say rightly how many members of the population they know.",
)
CONNECTED = Text(
    "La population forme un seul réseau, grand devant l’échantillon, et les chaînes sont assez longues pour oublier "
    "les premières personnes.",
    "The population is one network, large beside the sample, and chains are long enough to forget the seeds.",
)
TOO_NARROW = Text(
    "L’intervalle est indicatif\u00a0: sur des réseaux connus, le bootstrap de Salganik couvre la vraie part nettement "
    "moins souvent qu’il ne le dit (Goel et Salganik, 2010).",
    "The interval is indicative: on known networks, Salganik’s bootstrap covers the true share clearly less often than "
    "it says (Goel and Salganik, 2010).",
)


def rds_i(
    table: Any,
    outcome: str,
    person: str = "id",
    recruiter: str = "recruiter",
    degree: str = "degree",
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 1,
) -> Estimates:
    """Return shares of groups in a population whose members recruited one another, by how groups recruit.

    Parameters
    ----------
    table : data frame or Microdata
        One row a person.
    outcome : str
        Column of the groups, two or more.
    person, recruiter, degree : str
        Columns: identifier; identifier of the recruiter, nothing for a seed; members of the population known.
    confidence : float
        Probability of the intervals.
    replicates : int
        Chains drawn anew for the intervals; 0 for none.
    seed : int
        Of their drawing.

    Returns
    -------
    Estimates
        One row a group. The intervals are quantiles of Salganik's bootstrap and are **indicative**: they are known to
        be too narrow. Flag `degree below recruits` where somebody recruited more persons than they know, `no variance`
        where too many chains drawn anew gave no answer.

    Raises
    ------
    ColumnError, DesignError, EmptyDomainError, OptionError
        Where the table cannot be used as it is: a recruiter without a row, somebody who recruited themselves, a
        circle, only seeds, a degree that is missing or 0.
    MisleadingError
        Where groups do not recruit one another, so that recruitment says nothing of their shares.

    Notes
    -----
    P_g in proportion to E_g / D_g: E the equilibrium of the recruitment between groups, D_g = n_g / sum(1/d)
    (Heckathorn, 1997, 2002; Salganik and Heckathorn, 2004). Bootstrap: Salganik (2006).

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> met = pd.DataFrame({"id": range(6), "recruiter": [None, 0, 0, 1, 2, 3], "degree": [4, 2, 2, 4, 2, 4]})
    >>> found = population.rds_i(met.assign(sex=["f", "m", "f", "f", "m", "f"]), "sex", replicates=0)
    >>> found.frame[["category", "estimate"]].round(4).values.tolist()
    [['f', 0.5556], ['m', 0.4444]]
    """
    read = recruited(table, outcome, person, recruiter, degree)
    apart = closed_groups(read.recruitments)
    if len(apart) > 1:
        raise _not_across(read, outcome, apart)
    members = np.bincount(read.chain.group, minlength=read.chain.groups).astype(float)
    shares = chain_shares(read.recruitments, members, _inverse(read))
    return _estimates("rds_i", outcome, read, shares, confidence, replicates, seed)


def rds_ii(
    table: Any,
    outcome: str,
    person: str = "id",
    recruiter: str = "recruiter",
    degree: str = "degree",
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 1,
) -> Estimates:
    """Return shares of groups in a population whose members recruited one another, by how many each one knows.

    Parameters
    ----------
    table : data frame or Microdata
        One row a person.
    outcome : str
        Column of the groups, two or more.
    person, recruiter, degree : str
        Columns: identifier; identifier of the recruiter, nothing for a seed; members of the population known.
    confidence : float
        Probability of the intervals.
    replicates : int
        Chains drawn anew for the intervals; 0 for none.
    seed : int
        Of their drawing.

    Returns
    -------
    Estimates
        One row a group, as for `rds_i`. Where groups do not recruit one another there is no interval, and the flag says
        `groups apart`.

    Raises
    ------
    ColumnError, DesignError, EmptyDomainError, OptionError
        As for `rds_i`.

    Notes
    -----
    P_g = sum over the group of 1/d, over the sum over all (Volz and Heckathorn, 2008). Bootstrap: Salganik (2006).

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> met = pd.DataFrame({"id": range(4), "recruiter": [None, 0, 0, 1], "degree": [4, 2, 2, 4]})
    >>> found = population.rds_ii(met.assign(sex=["f", "m", "f", "f"]), "sex", replicates=0)
    >>> found.frame[["category", "estimate"]].round(4).values.tolist()
    [['f', 0.6667], ['m', 0.3333]]
    """
    read = recruited(table, outcome, person, recruiter, degree)
    shares = inverse_degree_shares(_inverse(read))
    return _estimates("rds_ii", outcome, read, shares, confidence, replicates, seed)


def _inverse(read: Recruited) -> NDArray[np.float64]:
    chain = read.chain
    return np.bincount(chain.group, weights=1 / chain.degree, minlength=chain.groups).astype(np.float64)


def _not_across(read: Recruited, outcome: str, apart: list[list[int]]) -> MisleadingError:
    names = [" and ".join(repr(read.categories[at]) for at in each) for each in apart]
    return MisleadingError(
        f"Shares of `{outcome}` were asked for by how its groups recruit.",
        f"Recruitment does not lead from each group to every other: {', '.join(names)} stay apart, one way at least.",
        "Write `rds_ii`, which does not rest on it, or join groups.",
    )


def _estimates(
    statistic: str,
    outcome: str,
    read: Recruited,
    shares: NDArray[np.float64],
    confidence: float,
    replicates: int,
    seed: int,
) -> Estimates:
    import pandas as pd

    strict_confidence(confidence)
    drawn, flag = _drawn(statistic, read, replicates, seed)
    covariance, ends = _spread(drawn, confidence)
    errors = np.sqrt(np.diag(covariance))
    flags = ", ".join(each for each in (read.flag, flag) if each)
    rows = [
        {
            **known_size(statistic, share, read.categories[at], flags),
            "variable": outcome,
            "std_error": errors[at],
            "ci_low": ends[0, at],
            "ci_high": ends[1, at],
            "cv": errors[at] / share,
            "df": math.inf,
            "n": float(read.chain.group.size),
        }
        for at, share in enumerate(shares)
    ]
    made = (
        {"confidence": f"{confidence:g}", "replicates": str(len(drawn)), "seed": str(seed)}
        if len(drawn)
        else {}
    )
    record = _record(statistic, outcome, read, made)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    descriptions = {statistic: StatisticDescription(kind="share")}
    return Estimates(frame, covariance, record, codebook=read.held.codebook, descriptions=descriptions)


def _record(statistic: str, outcome: str, read: Recruited, made: Mapping[str, str]) -> Provenance:
    """Return the provenance, where `made` tells how the intervals were drawn, if they were."""
    bootstrap = {"variance": "salganik", "interval": "quantiles", **made} if made else {}
    record = Provenance(
        rules={"estimator": statistic, "seeds": str(read.seeds), **bootstrap},
        base=BASE,
        assumptions=(RECIPROCAL, DEGREES, CONNECTED, *((TOO_NARROW,) if made else ())),
        missing={outcome: read.missing} if read.missing else {},
        indicative=True,
    )
    return from_data(record, read.held)


def _spread(drawn: NDArray[np.float64], confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the covariance of the groups and their quantiles, over chains drawn anew."""
    k = drawn.shape[1]
    if not len(drawn):
        return np.full((k, k), math.nan), np.full((2, k), math.nan)
    tail = (1 - confidence) / 2
    return np.cov(drawn, rowvar=False), np.quantile(drawn, [tail, 1 - tail], axis=0)


def _drawn(statistic: str, read: Recruited, replicates: int, seed: int) -> tuple[NDArray[np.float64], str]:
    """Return the shares over chains drawn anew, and what hinders them."""
    if not is_whole(replicates) or replicates < 0 or replicates == 1:
        raise OptionError(
            f"`replicates` was given as {replicates!r}.",
            "It is a number of chains to draw, 2 or more, or 0 for no interval.",
            "Write `replicates=1000`.",
        )
    seed = drawing_seed(seed, "chains")
    none = np.empty((0, read.chain.groups))
    if replicates == 0:
        return none, ""
    if len(closed_groups(read.recruitments)) > 1:
        return none, "groups apart"
    both = resampled_shares(read.chain, int(replicates), np.random.default_rng(seed))
    found = both[0 if statistic == "rds_i" else 1]
    found = found[np.isfinite(found).all(axis=1)]
    return (found, "") if len(found) >= LEAST_DEFINED * replicates else (none, "no variance")
