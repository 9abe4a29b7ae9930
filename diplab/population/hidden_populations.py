"""Hidden populations: respondent-driven sampling, and sizes from a register and its share."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from diplab import checks
from diplab.errors import DesignError, EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.intervals import student_deviate
from diplab.population import sizes
from diplab.population.kernel import networks as kernel
from diplab.population.kernel.abundance import LARGEST, Abundance, log_interval
from diplab.population.sizes import UncertainNumber
from diplab.population.tables import PersonTable, check_values, read_table
from diplab.reference.parameter import Parameter
from diplab.results.estimates import COLUMNS, Estimates, StatisticDescription, flag_cell
from diplab.results.sizes import Sizes
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns

Estimator = Literal["rds_i", "rds_ii"]
LEAST_DEFINED = 0.9  # share of the replicates that must have an answer, for an interval


def rds(
    table: Any,
    outcome: str,
    *,
    estimator: Estimator = "rds_ii",
    person: str = "id",
    recruiter: str = "recruiter",
    degree: str = "degree",
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 1,
) -> Estimates:
    """Return shares of groups in a population whose members recruited one another.

    Parameters
    ----------
    table : data frame or Microdata
        One row per person.
    outcome : str
        Column of the groups, two or more.
    estimator : {"rds_ii", "rds_i"}
        `rds_ii` weights each person by the inverse of the persons they know; `rds_i` also uses how
        groups recruit one another.
    person, recruiter, degree : str
        Columns: identifier; identifier of the recruiter, nothing for a seed; members of the
        population known.
    confidence : float
        Probability of the intervals.
    replicates : int
        Bootstrap replicates of the recruitment chains; 0 for no intervals.
    seed : int
        Seed of the random draws of the bootstrap.

    Returns
    -------
    Estimates
        One row per group. The intervals are quantiles of Salganik's bootstrap and are
        **indicative**: they are known to be too narrow. Flag `degree below recruits` where somebody
        recruited more persons than they know, `no variance` where too many replicates gave no
        answer, `groups apart` where groups do not recruit one another, so that `rds_ii` has no
        interval.

    Raises
    ------
    ColumnError, DesignError, EmptyDomainError, OptionError
        Where the table cannot be used as it is: a recruiter without a row, somebody who recruited
        themselves, a circle, only seeds, a degree that is missing or 0.
    MisleadingError
        With `rds_i`, where groups do not recruit one another, so that recruitment says nothing of
        their shares.

    Notes
    -----
    RDS-I: P_g in proportion to E_g / D_g: E the equilibrium of the recruitment between groups, D_g
    = n_g / sum(1/d) (Heckathorn, 1997, 2002; Salganik and Heckathorn, 2004). RDS-II: P_g = sum over
    the group of 1/d, over the sum over all (Volz and Heckathorn, 2008). Bootstrap: Salganik (2006).

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> met = pd.DataFrame({"id": range(6), "recruiter": [None, 0, 0, 1, 2, 3]})
    >>> met["degree"] = [4, 2, 2, 4, 2, 4]
    >>> met["sex"] = ["f", "m", "f", "f", "m", "f"]
    >>> found = population.rds(met, "sex", estimator="rds_i", replicates=0)
    >>> found.frame[["category", "estimate"]].round(4).values.tolist()
    [['f', 0.5556], ['m', 0.4444]]
    """
    checks.check_one_of("estimator", estimator, Estimator)
    sample = _read_recruitment(table, outcome, person, recruiter, degree)
    chain, components = sample.chain, kernel.closed_groups(sample.recruitments)
    shares = _point(estimator, outcome, sample, components)
    checks.check_confidence(confidence)
    draws, flag = _bootstrap(estimator, sample, len(components) == 1, replicates, seed)
    covariance = np.full((chain.groups, chain.groups), math.nan)
    ends = np.full((2, chain.groups), math.nan)
    bootstrap: dict[str, str] = {}
    if len(draws):
        tail = (1 - confidence) / 2
        covariance = np.cov(draws, rowvar=False)
        ends = np.quantile(draws, [tail, 1 - tail], axis=0)
        bootstrap = {
            "variance": "salganik",
            "interval": "quantiles",
            "confidence": f"{confidence:g}",
        }
        bootstrap |= {"replicates": str(len(draws)), "seed": str(int(seed))}
    errors = np.sqrt(np.diag(covariance))
    flags = sizes.join_flags(sample.flag, flag)
    rows = []
    for category, share, error, (low, high) in zip(
        sample.categories, shares, errors, ends.T, strict=True
    ):
        row = sizes.known_size(estimator, share, category, flags, outcome)
        rows.append(sizes.with_error(row, error, (low, high), n=float(chain.group.size)))
    cells = [row | {"flag": flag_cell(flags)} for row in rows]
    provenance = sizes.provenance_of(
        {"estimator": estimator, "seeds": str(sample.seeds), **bootstrap},
        *("networks.reciprocal", "networks.degrees", "networks.connected"),
        *(["networks.too_narrow"] if bootstrap else []),
        of="networks.linked",
        data=[sample.table],
        missing={outcome: sample.missing} if sample.missing else {},
        indicative=True,
        recruited=True,
    )
    return Estimates(
        pd.DataFrame(cells, columns=list(COLUMNS)),
        covariance,
        provenance,
        codebook=sample.table.codebook,
        descriptions={estimator: StatisticDescription(kind="share")},
    )


def _point(
    estimator: str, outcome: str, sample: RecruitmentSample, components: list[list[int]]
) -> Floats:
    chain = sample.chain
    inverse = np.bincount(chain.group, weights=1 / chain.degree, minlength=chain.groups).astype(
        np.float64
    )
    if estimator == "rds_ii":
        return kernel.inverse_degree_shares(inverse)
    if len(components) > 1:
        sets = [
            " and ".join(repr(sample.categories[at]) for at in component)
            for component in components
        ]
        raise MisleadingError(
            f"The groups of `{outcome}` do not all recruit one another.",
            f"No recruitment links, in at least one direction: {', '.join(sets)}.",
            'Write `estimator="rds_ii"`, which does not need it, or join groups.',
        )
    members = np.bincount(chain.group, minlength=chain.groups).astype(float)
    return kernel.chain_shares(sample.recruitments, members, inverse)


def _bootstrap(
    estimator: str, sample: RecruitmentSample, connected: bool, replicates: int, seed: int
) -> tuple[Floats, str]:
    """Return the shares over resampled chains, and why there are none."""
    if not checks.is_whole_number(replicates) or replicates < 0 or replicates == 1:
        raise OptionError(
            f"{checks.argument('replicates', replicates)} is not a whole number of at least 2, or "
            "0 for no interval.",
            write="Write for example `replicates=1000`.",
        )
    seed = checks.check_seed(seed)
    none = np.empty((0, sample.chain.groups))
    if replicates == 0:
        return none, ""
    if not connected:
        return none, "groups apart"
    both = kernel.resampled_shares(sample.chain, int(replicates), np.random.default_rng(seed))
    draws = both[0 if estimator == "rds_i" else 1]
    draws = draws[np.isfinite(draws).all(axis=1)]
    return (draws, "") if len(draws) >= LEAST_DEFINED * replicates else (none, "no variance")


@dataclass(frozen=True, eq=False)
class RecruitmentSample:
    """A sample by recruitment, without the persons who have no outcome."""

    chain: kernel.RecruitmentChain
    categories: tuple[Any, ...]  # of the outcome, in order
    recruitments: Floats  # by group of the recruiter (rows) and of the recruit
    seeds: int
    missing: int  # persons without an outcome
    flag: str
    table: PersonTable


def _read_recruitment(
    data: Any, outcome: str, person: str, recruiter: str, degree: str
) -> RecruitmentSample:
    table = read_table(data, "The recruitment", "person")
    if table.frame.is_empty():
        raise EmptyDomainError(
            "The table of the recruitment has no row.",
            write="Write one row per person, with who recruited them.",
        )
    groups = MemoryColumns(table.frame, table.codebook).factor(
        known_column(outcome, table.names, "the outcome")
    )
    persons = table.values(person, "the identifier")
    recruiters = _recruiter_rows(persons, table.values(recruiter, "the recruiter"), person)
    _check_cycles(recruiters, persons)
    use, write = (
        "the persons that each one knows",
        "Write a number above 0: a recruited person knows one at least.",
    )
    degrees = table.numbers(degree, use)
    check_values(degree, use, degrees, np.isfinite(degrees) & (degrees > 0), write)
    recruits = np.bincount(recruiters[recruiters >= 0], minlength=recruiters.size)
    if len(groups.categories) < 2:
        raise OptionError(
            f"The {len(persons)} persons are of {'one group' if groups.categories else 'no group'} "
            f"of `{outcome}`.",
            write="Write a column of two groups or more.",
        )
    # persons recruited by one without an outcome stay, without a recruiter
    complete = groups.codes >= 0
    row = np.where(complete, np.cumsum(complete) - 1, -1)
    above = np.where(recruiters >= 0, row[recruiters], -1)[complete]
    chain = kernel.RecruitmentChain(
        groups.codes[complete], degrees[complete], above, len(groups.categories)
    )
    recruitments = np.zeros((chain.groups, chain.groups))
    np.add.at(recruitments, (chain.group[above[above >= 0]], chain.group[above >= 0]), 1)
    return RecruitmentSample(
        chain,
        groups.categories,
        recruitments,
        seeds=int(np.count_nonzero(recruiters < 0)),
        missing=int(np.count_nonzero(~complete)),
        flag="degree below recruits" if (recruits > degrees).any() else "",
        table=table,
    )


def _recruiter_rows(
    persons: Sequence[Hashable], recruiters: Sequence[Hashable], name: str
) -> Integers:
    """Return the row of each person's recruiter, -1 for a seed."""
    row = {who: at for at, who in enumerate(persons)}
    missing = sum(map(_is_missing, persons))
    if missing or len(row) < len(persons):
        repeated = None
        if not missing:
            repeated = next(who for at, who in enumerate(persons) if row[who] != at)
        raise DesignError(
            f"The identifier `{name}` is missing for {missing} of {len(persons)} persons."
            if missing
            else f"The identifier `{name}` contains {repeated!r} more than once.",
            write="Write an identifier of their own for each.",
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
    kind = type(value).__name__
    return value is None or kind == "NAType" or value == "" or value != value  # noqa: PLR0124


def _written(who: Any) -> str:
    """Return an identifier without the .0 of whole numbers in a column with missing values."""
    return repr(int(who)) if isinstance(who, float) and who.is_integer() else repr(who)


def _check_cycles(recruiters: Integers, persons: Sequence[Hashable]) -> None:
    above = recruiters
    for _ in range(recruiters.size.bit_length()):
        # twice as far up the chain each time
        above = np.where(above >= 0, above[above], -1)
    cycle = np.flatnonzero(above >= 0)
    if cycle.size:
        raise DesignError(
            f"{cycle.size} of {recruiters.size} persons descend from no seed.",
            f"They recruited one another in a circle, such as {_written(persons[cycle[0]])}.",
            "Correct who recruited them, or write nothing for the seed among them.",
        )


def multiplier(
    count: float | Parameter | Estimates,
    share: float | Parameter | Estimates,
    count_error: float | None = None,
    share_error: float | None = None,
    share_n: int | None = None,
    *,
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people there are, from a count of some and the share that these are of all.

    Parameters
    ----------
    count : float, Parameter or Estimates
        Persons in a register or on a platform; or one row of estimates.
    share : float, Parameter or Estimates
        Share of the population that is in it, from 0 to 1; or one row, as of `dl.estimate(sample,
        dl.share(...))`.
    count_error, share_error : float, optional
        Standard errors, where the numbers are not `Estimates`. A count without one is taken as
        exact.
    share_n : int, optional
        Respondents behind the share of a simple random sample, in place of its standard error.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Sizes
        One row; `n` holds the respondents behind the share. The interval is symmetric on the log
        scale, with Student's distribution where the share has degrees of freedom, and not below an
        exact count. Where the share may be 0 the upper end is infinite and the flag says `unbounded
        above`. A share with no error gives no interval. The status is `derived` where a number was
        copied, and the weakest of all.

    Raises
    ------
    OptionError
        Where a number is not a count, a share or an error, or `Estimates` have several rows.
    MisleadingError
        Where the share is 0 or 1.

    Notes
    -----
    N = M / P; variance Var(M)/P^2 + M^2 Var(P)/P^4 (delta method; UNAIDS and WHO, 2010). The share
    may be 0 where P - t SE(P) is not above it, which is when Fieller's (1954) interval for M / P
    has no upper end.

    Examples
    --------
    The platform workers of three countries, 17.5 million, make 80.6% of the traffic of their region
    (World Bank, 2023).

    >>> from diplab import population
    >>> region = population.multiplier(17.5e6, 0.806)
    >>> region.frame["estimate"].round(-5).item(), region.provenance.status
    (21700000.0, 'derived')
    """
    checks.check_confidence(confidence)
    many = _read_number("count", count, count_error, None)
    part = _read_number("share", share, share_error, share_n)
    _check(many, part)
    point = many.value / part.value
    variance = (many.error / part.value) ** 2 + (point * part.error / part.value) ** 2
    rules = {"multiplier_count": f"{many.value:.10g}", "multiplier_share": f"{part.value:.10g}"}
    if math.isnan(part.error):
        row = sizes.known_size("multiplier", point, flag=part.flags)
    else:
        rules |= {"interval": "log", "confidence": f"{confidence:g}"}
        abundance, df = Abundance(point, variance, part.n), min(many.df, part.df)
        t = student_deviate(confidence, df)
        low, high = log_interval(abundance, t)
        if many.error == 0:
            low = max(low, many.value)
        unbounded = part.value - t * part.error <= 0
        flag = sizes.join_flags(part.flags, unbounded and "unbounded above")
        row = sizes.size("multiplier", abundance, (low, math.inf if unbounded else high), flag) | {
            "df": df
        }
    records = (many.record, part.record)
    assumed = [
        f"multiplier.{name}"
        for name in ("same_persons", "same_base", "register_once", "independent")
    ]
    missing = {name: rows for record in records for name, rows in record.missing.items()}
    return sizes.gather_sizes(
        [row], sizes.provenance_of(rules, *assumed, behind=records, missing=missing)
    )


def _read_number(
    name: str, given: float | Parameter | Estimates, error: float | None, n: int | None
) -> UncertainNumber:
    if isinstance(given, Estimates):
        beside = {f"{name}_error": error, f"{name}_n": n}
        checks.check_left_out(
            f"estimates of `{name}`", "They have their own standard error.", **beside
        )
        estimated = sizes.one_estimate(name, given)
        if name == "count" and math.isnan(estimated.error):
            return replace(estimated, error=0.0)
        return estimated
    problem = "is neither a number nor one row of estimates"
    value = sizes.number_of(name, given, problem, f"Write a number for `{name}`.")
    if error is not None:
        checks.check_number(f"{name}_error", error, low=0)
    if n is not None:
        checks.check_whole_number(f"{name}_n", n, low=1, high=LARGEST)
    deviation = 0.0 if name == "count" else math.nan
    if error is not None:
        checks.check_left_out(
            "`share_error`", "Each of them gives the standard error of the share.", share_n=n
        )
        deviation = float(error)
    elif n is not None and 0 <= value <= 1:
        deviation = math.sqrt(value * (1 - value) / n)
    respondents = math.nan if n is None else float(n)
    return UncertainNumber(
        value, value, value, deviation, math.inf, respondents, sizes.derived_from(given)
    )


def _check(many: UncertainNumber, part: UncertainNumber) -> None:
    checks.check_number("count", many.value, above=0, below=LARGEST)
    example = part.value / 100 if 1 < part.value <= 100 else 0.5
    checks.check_number("share", part.value, low=0, high=1, example=example)
    if (
        part.value > 0
        and not max(many.value, many.error, many.value * part.error) / part.value < LARGEST
    ):
        raise MisleadingError(
            f"A share of {part.value:g} and a count of {many.value:,.0f} make more persons than "
            "there can be.",
            write="Check the share, its error and the count.",
        )
    if part.value in (0, 1):
        problem = "Every respondent is in the register, as where they were drawn from it."
        if part.value == 0:
            problem = "No respondent is in the register, so that the survey sets no upper limit."
        raise MisleadingError(
            f"`share={part.value:g}` gives no size.",
            problem,
            f"Write that there are at least {many.value:,.0f} persons, or a survey of the whole "
            "population.",
        )
