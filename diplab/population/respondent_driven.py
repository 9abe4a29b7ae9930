"""Respondent-driven sampling: shares of groups in a population whose members recruited one another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diplab.checks import argument, check_confidence, check_seed, is_whole_number
from diplab.errors import ColumnError, DesignError, EmptyDomainError, MisleadingError, OptionError
from diplab.population.assumptions import WORDS, assumptions
from diplab.population.kernel.networks import (
    RecruitmentChain,
    chain_shares,
    closed_groups,
    inverse_degree_shares,
    resampled_shares,
)
from diplab.population.sizes import add_data_sources, known_size
from diplab.population.tables import read_table
from diplab.results.estimates import COLUMNS, Estimates
from diplab.results.provenance import Provenance
from diplab.results.statistic_description import StatisticDescription

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from diplab.population.tables import PersonTable

__all__ = ["rds_i", "rds_ii"]

LEAST_DEFINED = 0.9
"""Share of the replicates that must have an answer, for an interval."""


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
    """Return shares of groups from how groups recruit one another (RDS-I).

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
    sample = _read_recruitment(table, outcome, person, recruiter, degree)
    return _estimate_shares("rds_i", outcome, sample, confidence, replicates, seed)


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
    """Return shares of groups from how many persons each one knows (RDS-II).

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
    sample = _read_recruitment(table, outcome, person, recruiter, degree)
    return _estimate_shares("rds_ii", outcome, sample, confidence, replicates, seed)


def _estimate_shares(
    estimator: Literal["rds_i", "rds_ii"],
    outcome: str,
    sample: RecruitmentSample,
    confidence: float,
    replicates: int,
    seed: int,
) -> Estimates:
    import pandas as pd

    chain, components = sample.chain, closed_groups(sample.recruitments)
    shares = _point(estimator, outcome, sample, components)
    check_confidence(confidence)
    draws, flag = _bootstrap(estimator, sample, len(components) == 1, replicates, seed)
    covariance = np.full((chain.groups, chain.groups), math.nan)
    ends = np.full((2, chain.groups), math.nan)
    bootstrap: dict[str, str] = {}
    if len(draws):
        tail = (1 - confidence) / 2
        covariance = np.cov(draws, rowvar=False)
        ends = np.quantile(draws, [tail, 1 - tail], axis=0)
        bootstrap = {"variance": "salganik", "interval": "quantiles", "confidence": f"{confidence:g}"}
        bootstrap |= {"replicates": str(len(draws)), "seed": str(int(seed))}
    errors = np.sqrt(np.diag(covariance))
    flags = ", ".join(each for each in (sample.flag, flag) if each)
    rows = [
        {
            **known_size(estimator, share, sample.categories[at], flags),
            "variable": outcome,
            "std_error": errors[at],
            "ci_low": ends[0, at],
            "ci_high": ends[1, at],
            "cv": errors[at] / share,
            "df": math.inf,
            "n": float(chain.group.size),
        }
        for at, share in enumerate(shares)
    ]
    assumed = ["reciprocal", "degrees", "connected", *(["too_narrow"] if bootstrap else [])]
    provenance = Provenance(
        rules={"estimator": estimator, "seeds": str(sample.seeds), **bootstrap},
        base=WORDS("networks.linked"),
        assumptions=assumptions(*(f"networks.{name}" for name in assumed)),
        missing={outcome: sample.missing} if sample.missing else {},
        indicative=True,
    )
    return Estimates(
        pd.DataFrame(rows, columns=list(COLUMNS)),
        covariance,
        add_data_sources(provenance, sample.table),
        codebook=sample.table.codebook,
        descriptions={estimator: StatisticDescription(kind="share")},
    )


def _point(
    estimator: str, outcome: str, sample: RecruitmentSample, components: list[list[int]]
) -> NDArray[np.float64]:
    chain = sample.chain
    inverse = np.bincount(chain.group, weights=1 / chain.degree, minlength=chain.groups).astype(np.float64)
    if estimator == "rds_ii":
        return inverse_degree_shares(inverse)
    if len(components) > 1:
        sets = [" and ".join(repr(sample.categories[at]) for at in each) for each in components]
        raise MisleadingError(
            f"The groups of `{outcome}` do not all recruit one another.",
            f"No recruitment links, one way at least: {', '.join(sets)}.",
            "Write `rds_ii`, which does not need it, or join groups.",
        )
    members = np.bincount(chain.group, minlength=chain.groups).astype(float)
    return chain_shares(sample.recruitments, members, inverse)


def _bootstrap(
    estimator: str, sample: RecruitmentSample, connected: bool, replicates: int, seed: int
) -> tuple[NDArray[np.float64], str]:
    """Return the shares over resampled chains, and why there are none."""
    if not is_whole_number(replicates) or replicates < 0 or replicates == 1:
        raise OptionError(
            f"{argument('replicates', replicates)} is not a whole number of at least 2, or 0 for no interval.",
            "",
            "Write for example `replicates=1000`.",
        )
    seed = check_seed(seed)
    none = np.empty((0, sample.chain.groups))
    if replicates == 0:
        return none, ""
    if not connected:
        return none, "groups apart"
    both = resampled_shares(sample.chain, int(replicates), np.random.default_rng(seed))
    draws = both[0 if estimator == "rds_i" else 1]
    draws = draws[np.isfinite(draws).all(axis=1)]
    return (draws, "") if len(draws) >= LEAST_DEFINED * replicates else (none, "no variance")


@dataclass(frozen=True, eq=False)
class RecruitmentSample:
    """A sample by recruitment, without the persons who have no outcome."""

    chain: RecruitmentChain
    categories: tuple[Any, ...]  # of the outcome, in order
    recruitments: NDArray[np.float64]  # by group of the recruiter (rows) and of the recruit
    seeds: int
    missing: int  # persons without an outcome
    flag: str
    table: PersonTable


def _read_recruitment(data: Any, outcome: str, person: str, recruiter: str, degree: str) -> RecruitmentSample:
    table = read_table(data, "The recruitment", "a person")
    if not table.rows:
        raise EmptyDomainError(
            "The table of the recruitment has no row.", "", "Write one row a person, with who recruited them."
        )
    answers = table.values(outcome, "the outcome")
    persons = table.values(person, "the identifier")
    recruiters = _recruiter_rows(persons, table.values(recruiter, "the recruiter"), person)
    _check_cycles(recruiters, persons)
    degrees = _degrees(table, degree)
    recruits = np.bincount(recruiters[recruiters >= 0], minlength=recruiters.size)
    groups, categories = _groups(answers, outcome)
    # persons recruited by one without an outcome stay, without a recruiter
    complete = groups >= 0
    row = np.where(complete, np.cumsum(complete) - 1, -1)
    above = np.where(recruiters >= 0, row[recruiters], -1)[complete]
    chain = RecruitmentChain(groups[complete], degrees[complete], above, len(categories))
    recruitments = np.zeros((chain.groups, chain.groups))
    np.add.at(recruitments, (chain.group[above[above >= 0]], chain.group[above >= 0]), 1)
    return RecruitmentSample(
        chain,
        categories,
        recruitments,
        seeds=int(np.count_nonzero(recruiters < 0)),
        missing=int(np.count_nonzero(~complete)),
        flag="degree below recruits" if (recruits > degrees).any() else "",
        table=table,
    )


def _recruiter_rows(
    persons: Sequence[Hashable], recruiters: Sequence[Hashable], name: str
) -> NDArray[np.int64]:
    """Return the row of each person's recruiter, -1 for a seed."""
    row = {who: at for at, who in enumerate(persons)}
    missing = sum(_is_missing(who) for who in persons)
    if missing or len(row) < len(persons):
        repeated = None if missing else next(who for at, who in enumerate(persons) if row[who] != at)
        raise DesignError(
            f"The identifier `{name}` is missing for {missing} of {len(persons)} persons."
            if missing
            else f"The identifier `{name}` contains {repeated!r} more than once.",
            "",
            "Write an identifier of their own for each.",
        )
    rows = []
    for who, by in zip(persons, recruiters, strict=True):
        if not _is_missing(by) and (by not in row or by == who):
            raise DesignError(
                f"{_written(who)} was recruited by {_written(by)}.",
                "That is the same person." if by == who else "No row of the table is that person.",
                "Write the identifier of the recruiter, or nothing for a seed.",
            )
        rows.append(-1 if _is_missing(by) else row[by])
    if max(rows) < 0:
        raise DesignError(
            f"All {len(persons)} persons are seeds.",
            "Nothing is known of recruitment.",
            "Write who recruited whom, or estimate simple shares.",
        )
    return np.array(rows, dtype=np.int64)


def _is_missing(value: Any) -> bool:
    # <NA> of pandas comes first: it has no truth value
    return value is None or type(value).__name__ == "NAType" or value == "" or value != value  # noqa: PLR0124


def _written(who: Any) -> str:
    """Return an identifier without the .0 that a column with missing recruiters gives whole numbers."""
    return repr(int(who)) if isinstance(who, float) and who.is_integer() else repr(who)


def _check_cycles(recruiters: NDArray[np.int64], persons: Sequence[Hashable]) -> None:
    reached = recruiters < 0
    while True:
        wider = reached | np.where(recruiters >= 0, reached[recruiters], True)
        if (wider == reached).all():
            break
        reached = wider
    if not reached.all():
        cycle = np.flatnonzero(~reached)
        raise DesignError(
            f"{cycle.size} of {recruiters.size} persons descend from no seed.",
            f"They recruited one another in a circle, such as {_written(persons[cycle[0]])}.",
            "Correct who recruited them, or write nothing for the seed among them.",
        )


def _degrees(table: PersonTable, name: str) -> NDArray[np.float64]:
    values = table.numbers(name, "persons known", "Write how many persons of the population each one knows.")
    invalid = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if invalid.size:
        raise ColumnError(
            f"The column `{name}` is missing or not above 0 for {invalid.size} of {values.size} persons.",
            f"The first is in row {int(invalid[0])}.",
            "Correct these numbers: a recruited person knows one person at least.",
        )
    return values


def _groups(answers: Sequence[Any], name: str) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    import pandas as pd

    values = pd.Series(answers, dtype=object)
    codes, groups = pd.factorize(values)
    order = sorted(range(len(groups)), key=lambda at: (isinstance(groups[at], str), groups[at]))
    rank = np.full(len(groups) + 1, -1)
    rank[order] = np.arange(len(groups))
    if len(groups) < 2:
        raise OptionError(
            f"The {len(values)} persons are of {'one group' if len(groups) else 'no group'} of `{name}`.",
            "",
            "Write a column of two groups or more.",
        )
    categories = tuple(
        groups[at].item() if isinstance(groups[at], np.generic) else groups[at] for at in order
    )
    return rank[codes].astype(np.int64), categories
