"""The network scale-up method: hidden groups from how many members respondents know."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from diplab.checks import check_confidence, check_left_out, check_number, check_one_of
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.estimators.moments import ratio
from diplab.estimators.statistic import Bounds, Linearised, statistic
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import Precision, student_deviate
from diplab.population.kernel import networks as kernel
from diplab.population.kernel.abundance import LARGEST, Abundance, log_interval
from diplab.population.sizes import (
    assumptions,
    error_flag,
    gather_sizes,
    join_flags,
    provenance_of,
    size,
)
from diplab.population.tables import (
    PersonTable,
    check_values,
    floats,
    read_table,
    respondent_weights,
)
from diplab.results.estimates import Flags
from diplab.results.sizes import Sizes
from diplab.sampling.expression import ColumnOrExpression
from diplab.sampling.totals import Totals

# variance between respondents over Killworth's, above which reports are flagged as overdispersed
OVERDISPERSION = 1.5
Estimator = Literal["mle", "pimle", "generalised"]


def scale_up(
    answers: Any,
    hidden: str,
    population: float,
    known: Mapping[str, float] | None = None,
    degree: str | None = None,
    estimator: Estimator = "mle",
    weights: str | ArrayLike | None = None,
    visibility: ArrayLike | None = None,
    visibility_weights: ArrayLike | None = None,
    degree_ratio: float = 1.0,
    true_positive_rate: float = 1.0,
    *,
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people a hidden group has, from how many of them the respondents know.

    Parameters
    ----------
    answers : data frame or Microdata
        One row per respondent.
    hidden : str
        Column: persons known in the hidden group.
    population : float
        Persons in the population.
    known : mapping of str to float, optional
        Columns of persons known in groups of known size, and those sizes in persons.
    degree : str, optional
        Column: persons known in all, in place of `known`.
    estimator : {"mle", "pimle", "generalised"}
        Ratio of sums; mean of ratios; reports over visibility, from a second sample, of the group.
    weights : str or array, optional
        Column, or one number per respondent; equal where left out.
    visibility, visibility_weights : array, shape (members,), optional
        For `generalised`: how many persons would report each member asked, and the weights of
        members.
    degree_ratio : float
        Acquaintances of a member over those of anyone, declared (Feehan and Salganik, 2016).
    true_positive_rate : float
        Share of acquaintances with the group that are reported, declared, above 0, up to 1.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Sizes
        One row; the interval is symmetric on the log scale. The unweighted `mle` has Killworth's
        standard error, and the others one by linearisation over respondents. The flag `more than
        degree` says that a respondent knows more of the group than the persons they are estimated
        to know in all; `overdispersed reports`, that reports vary between respondents more than
        Killworth's standard error supposes, so that the interval is too narrow.

    Raises
    ------
    ColumnError, EmptyDomainError, OptionError
        Where the table or an option cannot be used as it is.
    MisleadingError
        Where no one in the group is reported, an answer is impossible, or the size is above the
        population.

    Notes
    -----
    d = N sum of y_k / sum of N_k; `mle` N sum of w y / sum of w d (Killworth et al., 1998b),
    standard error sqrt(N N_u / sum of d); `pimle` N mean(y / d) (Killworth et al., 1998a); both
    over `degree_ratio` times `true_positive_rate`. `generalised` N mean(y) / mean(v) (Feehan and
    Salganik, 2016), where nothing is declared. Under a sampling design, see `scale_up_ratio`.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> people = pd.DataFrame({"doctors": [2, 1, 4], "nurses": [3, 0, 5], "riders": [1, 0, 2]})
    >>> groups = {"doctors": 2_000, "nurses": 3_000}
    >>> population.scale_up(people, "riders", 1_000_000, groups).frame["estimate"].round().item()
    1000.0
    """
    check_one_of("estimator", estimator, Estimator)
    check_confidence(confidence)
    population = _positive("population", population)
    factor = _factor(estimator, degree_ratio, true_positive_rate)
    _check_visibility(estimator, visibility)
    table = read_table(answers, "`answers`", "respondent")
    read = read_acquaintances(table, hidden, population, known, degree, weights, estimator)
    if not read.hidden.any():
        raise MisleadingError(
            f"`{hidden}` is 0 for all {read.hidden.size} respondents.",
            "The survey sets no lower limit to the size of the group.",
            "Ask more people.",
        )
    abundance, df = _estimate(estimator, read, population, visibility, visibility_weights)
    variance, overdispersed = "linearised", False
    if estimator == "mle" and weights is None:
        variance, df = "killworth", math.inf
        abundance, overdispersed = _killworth(abundance, read, population)
    rules = {
        "estimator": f"scale_up_{estimator}",
        "scale_up_variance": variance,
        "population": f"{population:.0f}",
        "degree_ratio": f"{degree_ratio:g}",
        "true_positive_rate": f"{true_positive_rate:g}",
        "interval": "log",
        "confidence": f"{confidence:g}",
    }
    persons = abundance.size / factor
    if persons > population:
        raise MisleadingError(
            f"The group behind `{hidden}` amounts to {persons:,.0f} in a population of "
            f"{population:,.0f}.",
            write="Check the sizes of the known groups, the population and the factors declared.",
        )
    scaled = Abundance(persons, abundance.variance / factor**2, abundance.seen)
    t = student_deviate(confidence, df)
    flag = join_flags(
        read.flags, overdispersed and "overdispersed reports", error_flag(scaled.variance)
    )
    row = {**size(f"scale_up_{estimator}", scaled, log_interval(scaled, t), flag), "df": df}
    names = _assumed(estimator, variance)
    return gather_sizes(
        [row], provenance_of(rules, *(f"networks.{name}" for name in names), data=[table])
    )


def _check_visibility(estimator: str, visibility: ArrayLike | None) -> None:
    if (estimator == "generalised") != (visibility is not None):
        given = "with" if visibility is not None else "without"
        raise OptionError(
            f"`estimator={estimator!r}` was given {given} `visibility`.",
            "Only the generalised size has a second sample, of members of the group.",
            'Write both `estimator="generalised"` and `visibility=`, or neither.',
        )


def _assumed(estimator: str, variance: str) -> list[str]:
    names = ["known", "mixing", "aware", "outside"]
    if estimator == "generalised":
        names = ["known", "visible", "outside"]
    if variance == "killworth":
        names.append("independent")
    if estimator == "pimle":
        names.append("many_known")
    return names


def _killworth(
    abundance: Abundance, read: Acquaintances, population: float
) -> tuple[Abundance, bool]:
    """Return a size with its variance if acquaintances are independent.

    The second value is whether reports vary clearly more than that.
    """
    assert read.degree is not None  # only the generalised size has none
    expected = kernel.model_variance(abundance.size, read.degree, population)
    by_chance = 1 + 3 * math.sqrt(2 / max(abundance.seen - 1, 1))
    return abundance._replace(variance=expected), abundance.variance > max(
        by_chance, OVERDISPERSION
    ) * expected


def _estimate(
    estimator: str,
    read: Acquaintances,
    population: float,
    visibility: ArrayLike | None,
    visibility_weights: ArrayLike | None,
) -> tuple[Abundance, float]:
    """Return the size before any factor, its variance linearised, and its degrees of freedom."""
    df = float(read.hidden.size - 1)
    if estimator == "generalised":
        seen = _numbers("visibility", visibility)
        seen_weights = respondent_weights("visibility_weights", visibility_weights, seen.size)
        if not float(seen_weights @ seen) > 0:
            raise OptionError(
                "`visibility` has no visible member.", write="Write one number above 0 at least."
            )
        found = kernel.generalised(read.hidden, read.weights, seen, seen_weights, population)
        return found, min(df, float(seen.size - 1))
    assert read.degree is not None  # only the generalised size has none
    if estimator == "pimle":
        # the mean of ratios, a ratio to one
        return kernel.ratio_of_sums(
            read.hidden / read.degree, np.ones_like(read.degree), read.weights, population
        ), df
    return kernel.ratio_of_sums(read.hidden, read.degree, read.weights, population), df


def _factor(estimator: str, degree_ratio: float, true_positive_rate: float) -> float:
    factor = _positive("degree_ratio", degree_ratio) * check_number(
        "true_positive_rate", true_positive_rate, low=1 / LARGEST, high=1, example=0.8
    )
    if estimator == "generalised":
        given = {"degree_ratio": degree_ratio, "true_positive_rate": true_positive_rate}
        declared = {name: value for name, value in given.items() if value != 1}
        why = "Visibility, which members report, already includes it."
        check_left_out("`estimator='generalised'`", why, **declared)
    return factor


def _numbers(name: str, given: ArrayLike | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = floats(given)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all() or (values < 0).any():
        raise OptionError(
            f"`{name}` is not a list of numbers from 0.",
            write="Write one number for each member of the group who was asked.",
        )
    return values


@dataclass(frozen=True, eq=False)
class Acquaintances:
    """Answers on persons known."""

    hidden: Floats  # persons known in the hidden group
    weights: Floats
    degree: Floats | None  # persons known in all
    flags: Flags


def read_acquaintances(
    answers: PersonTable,
    hidden: str,
    population: float,
    known: Mapping[str, float] | None,
    degree: str | None,
    weights: str | ArrayLike | None,
    estimator: str,
) -> Acquaintances:
    """Read answers on persons known, for an estimator; respondents of weight 0 are left out."""
    if answers.frame.is_empty():
        raise EmptyDomainError("`answers` has no row.", write="Write one row per respondent.")
    if (known is not None) + (degree is not None) != (estimator != "generalised"):
        raise OptionError(
            "The number of acquaintances comes from `known` or from `degree`, one of them.",
            "The generalised size needs neither.",
            "Write `known={column: size}` for groups of known size, or `degree=` for a column.",
        )
    if known is not None and not hasattr(known, "items"):
        raise OptionError(
            f"`known` is a {type(known).__name__} and not a mapping.",
            "Degrees need the size of each group.",
            "Write the column and the size of each group, as in `{'doctors': 230_000}`.",
        )
    reports = _counts(answers, hidden, "persons known in the hidden group")
    if isinstance(weights, str):
        weights = answers.values(weights, "weights")
    weight = respondent_weights("weights", weights, reports.size)
    weighted = weight > 0
    if estimator == "generalised":
        return Acquaintances(reports[weighted], weight[weighted], None, ())
    if degree is not None:
        degrees = _counts(answers, degree, "persons known")
        _check_at_most(reports, degrees, hidden, f"`{degree}`")
    else:
        degrees = _degrees(answers, known or {}, population)
    _check_degrees(degrees, weight, estimator)
    flags = join_flags((reports > degrees)[weighted].any() and "more than degree")
    return Acquaintances(reports[weighted], weight[weighted], degrees[weighted], flags)


def _positive(name: str, value: Any) -> float:
    check_number(name, value, above=0)
    return check_number(name, value, low=1 / LARGEST, high=LARGEST)


def _counts(answers: PersonTable, name: str, use: str) -> Floats:
    values = answers.numbers(name, use)
    good = (values >= 0) & (values == np.floor(values)) & (values < LARGEST)
    write = "Write whole numbers from 0, and leave out those who gave no answer."
    return check_values(name, use, values, good, write)


def _degrees(answers: PersonTable, known: Mapping[str, float], population: float) -> Floats:
    if not known:
        raise OptionError(
            "`known` has no group.",
            "Degrees need at least one group of known size.",
            "Write the column and the size of each group, as in `{'doctors': 230_000}`.",
        )
    sizes = np.array([_positive(name, group) for name, group in known.items()])
    if sizes.max() >= population:
        raise MisleadingError(
            f"A group in `known` has {sizes.max():,.0f} persons, in a population of "
            f"{population:,.0f}.",
            write="Write the population that the groups are part of.",
        )
    columns = [_counts(answers, name, "persons known in a group of known size") for name in known]
    for name, reports, group_size in zip(known, columns, sizes, strict=True):
        _check_at_most(reports, np.full(len(reports), group_size), name, "the size of the group")
    return kernel.degrees(np.column_stack(columns), sizes, population)


def _check_at_most(reports: Floats, most: Floats, name: str, limit: str) -> None:
    above = np.flatnonzero(reports > most)
    if above.size:
        first = int(above[0])
        raise MisleadingError(
            f"`{name}` is above {limit} in {above.size} {'row' if above.size == 1 else 'rows'}.",
            f"The first, row {first}, has {reports[first]:g} against {most[first]:g}.",
            "Correct these answers, or leave the respondents out and report it.",
        )


def _check_degrees(degree: Floats, weight: Floats, estimator: str) -> None:
    respondents = np.count_nonzero(weight)
    zero = np.flatnonzero((degree == 0) & (weight > 0))
    if zero.size == respondents or (zero.size and estimator == "pimle"):
        write = 'Write `estimator="mle"`, or leave these respondents out and report it.'
        if zero.size == respondents:
            write = "Ask about larger groups."
        raise MisleadingError(
            f"The degree is 0 for {zero.size} of {respondents} respondents "
            f"(`estimator={estimator!r}`).",
            f"The first is in row {int(zero[0])}.",
            write,
        )


@statistic(kind="amount", rules=())
def scale_up_ratio(
    totals: Totals,
    hidden: ColumnOrExpression,
    *known: ColumnOrExpression,
    sizes: Sequence[float] = (),
) -> Linearised:
    """Size of a hidden group, from acquaintances in it and in groups of known size.

    Parameters
    ----------
    hidden : str
        Column: persons known in the hidden group.
    *known : str
        Columns: persons known in each group of known size.
    sizes : sequence of float
        Persons in each of these groups, in their order.

    Returns
    -------
    Statistic
        Point S sum(w y) / sum(w x), S the sum of the sizes and x the persons known in these groups:
        the maximum-likelihood size of Killworth et al. (1998b), in which the population cancels
        out. Linearised variable as for a ratio (Woodruff 1971), interval on the log scale. Ratios
        of degrees and rates of reports are declared in `scale_up`, which prints them.

    Raises
    ------
    OptionError
        When it is estimated: where there is not one size above 0 for each known group.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"doctors": [2, 1, 4], "riders": [1, 0, 2], "w": [1.0, 2.0, 1.0]})
    >>> sample = dl.declare_design(people, weights="w")
    >>> ratio = dl.population.scale_up_ratio("riders", "doctors", sizes=[2_000])
    >>> found = dl.estimate(sample, ratio)
    >>> found.frame["estimate"].item()
    750.0
    """
    if len(sizes) != len(known) or not known:
        raise OptionError(
            f"`sizes` has {len(sizes)} numbers for {len(known)} known groups.",
            "",
            'Write one size per group, as in `scale_up_ratio("riders", "doctors", "nurses", '
            "sizes=[2_000, 3_000])`.",
        )
    total = sum(_positive("sizes", item) for item in sizes)
    found = ratio.on(totals, hidden, functools.reduce(operator.add, known))
    return Linearised(
        found.point * total,
        found.variable * total,
        interval=_log_scale,
        assumptions=assumptions(
            "networks.known", "networks.mixing", "networks.aware", "networks.outside"
        ),
    )


def _log_scale(point: np.ndarray, spread: Precision) -> Bounds:
    """Return an interval symmetric on the log scale; none around 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        wide = np.exp(spread.t * spread.std_error / point)
        return Bounds(
            np.where(point > 0, point / wide, np.nan), np.where(point > 0, point * wide, np.nan)
        )
