"""A group that no survey reaches, counted by those who know its members: the network scale-up method."""

from __future__ import annotations

import functools
import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from diplab.checks import check_confidence
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError, one_of
from diplab.estimators.moments import ratio
from diplab.estimators.statistic import Bounds, Linearised, statistic
from diplab.kernel.interval import student
from diplab.population.assumptions import BASE
from diplab.population.kernel import networks as kernel
from diplab.population.kernel.abundance import Abundance
from diplab.population.kernel.networks import degrees
from diplab.population.sizes import add_data_sources, gather_sizes, size
from diplab.population.tables import read_table
from diplab.reference.text import Text
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from diplab.kernel.interval import Spread
    from diplab.population.tables import PersonTable
    from diplab.results.sizes import Sizes
    from diplab.sampling.expression import Expression
    from diplab.sampling.totals import Totals

__all__ = ["Acquaintances", "acquaintances", "positive_number", "scale_up", "scale_up_ratio"]

WIDER = 1.5
"""Variance between respondents over Killworth's, from which it is said."""

FARTHEST = 700.0
"""On the log scale: beyond it no number is left."""

Estimator = Literal["mle", "pimle", "generalised"]

KNOWN = Text(
    "Les répondants disent juste combien de personnes ils connaissent dans chaque groupe.",
    "Respondents say rightly how many persons they know in each group.",
)
MIXING = Text(
    "Les membres du groupe ont autant de relations que les autres, sauf correction déclarée.",
    "Members of the group have as many acquaintances as others, but for the ratio declared.",
)
AWARE = Text(
    "On sait de ses relations qu’elles sont du groupe, sauf correction déclarée.",
    "People know which of their acquaintances are in the group, but for the rate declared.",
)
VISIBLE = Text(
    "Les membres interrogés disent juste combien de personnes les citeraient, et sont un échantillon du groupe.",
    "The members asked say rightly how many persons would report them, and are a sample of the group.",
)
INDEPENDENT = Text(
    "Erreur type de Killworth\u00a0: qui connaît un membre du groupe n’en connaît pas pour cela davantage. Sinon "
    "l’intervalle est trop étroit\u202f; avec des poids, même égaux, l’erreur est celle entre répondants.",
    "Killworth’s standard error: who knows one member of the group is not for that likelier to know more. Otherwise "
    "the interval is too narrow; with weights, even equal ones, the error is that between respondents.",
)
MANY_KNOWN = Text(
    "Chaque répondant connaît assez de personnes des groupes de taille connue\u00a0: sinon la moyenne des rapports est "
    "trop grande, quel que soit l’échantillon.",
    "Each respondent knows enough persons of the groups of known size: otherwise the mean of ratios is too large, "
    "whatever the sample.",
)
OUTSIDE = Text(
    "Les répondants qui sont eux-mêmes du groupe n’en citent pas plus de membres que les autres.",
    "Respondents who are in the group themselves report no more members of it than others.",
)


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
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people a hidden group has, from how many of them the respondents know.

    Parameters
    ----------
    answers : data frame or Microdata
        One row a respondent.
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
        Column, or one number a respondent; equal where left out.
    visibility, visibility_weights : array, shape (members,), optional
        For `generalised`: how many persons would report each member asked, and the weights of members.
    degree_ratio : float
        Acquaintances of a member over those of anyone, declared (Feehan and Salganik, 2016).
    true_positive_rate : float
        Share of acquaintances with the group that are reported, declared, above 0, up to 1.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Sizes
        One row; the interval is symmetric on the log scale. The unweighted `mle` has Killworth's standard error, and
        the others one by linearisation over respondents. The flag `more than degree` says that a respondent knows more
        of the group than the persons they are estimated to know in all; `overdispersed reports`, that reports vary
        between respondents more than Killworth's standard error supposes, so that the interval is too narrow.

    Raises
    ------
    ColumnError, EmptyDomainError, OptionError
        Where the table or an option cannot be used as it is.
    MisleadingError
        Where nobody reports anybody, an answer is impossible, or the size is above the population.

    Notes
    -----
    d = N sum of y_k / sum of N_k; `mle` N sum of w y / sum of w d (Killworth et al., 1998b), standard error
    sqrt(N N_u / sum of d); `pimle` N mean(y / d) (Killworth et al., 1998a); both over `degree_ratio` times
    `true_positive_rate`. `generalised` N mean(y) / mean(v) (Feehan and Salganik, 2016), where nothing is declared.
    Under a sampling design, see `scale_up_ratio`.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> people = pd.DataFrame({"doctors": [2, 1, 4], "nurses": [3, 0, 5], "riders": [1, 0, 2]})
    >>> groups = {"doctors": 2_000, "nurses": 3_000}
    >>> population.scale_up(people, "riders", 1_000_000, groups).frame["estimate"].round().item()
    1000.0
    """
    if estimator not in get_args(Estimator):
        raise one_of("`estimator`", estimator, get_args(Estimator))
    check_confidence(confidence)
    whole = positive_number("population", population)
    factor = _factor(estimator, degree_ratio, true_positive_rate)
    _check_visibility(estimator, visibility)
    table = read_table(answers, "`answers`", "a respondent")
    read = acquaintances(table, hidden, whole, known, degree, weights, estimator)
    _check_reported(hidden, read)
    found, variance, df = _estimated(estimator, read, whole, visibility, visibility_weights, weights is None)
    rules = {
        "estimator": f"scale_up_{estimator}",
        "scale_up_variance": variance,
        "population": f"{whole:.0f}",
        "degree_ratio": f"{degree_ratio:g}",
        "true_positive_rate": f"{true_positive_rate:g}",
        "interval": "log",
        "confidence": f"{confidence:g}",
    }
    _check_part(hidden, found.size / factor, whole)
    flag = read.flag
    if variance == "killworth" and _overdispersed(read, whole):
        flag = ", ".join(each for each in (flag, "overdispersed reports") if each)
    scaled = Abundance(found.size / factor, found.variance / factor**2, float(read.hidden.size))
    return gather_sizes([_row(estimator, scaled, df, flag, confidence)], _record(estimator, rules, table))


def _record(estimator: str, rules: Mapping[str, str], table: PersonTable) -> Provenance:
    members = (VISIBLE,) if estimator == "generalised" else (MIXING, AWARE)
    assumed = (KNOWN, *members, OUTSIDE, *_of_error(rules))
    return add_data_sources(Provenance(rules=rules, base=BASE, assumptions=assumed), table)


def _of_error(rules: Mapping[str, str]) -> tuple[Text, ...]:
    """Return what the standard error or the point assume besides."""
    if rules["scale_up_variance"] == "killworth":
        return (INDEPENDENT,)
    return (MANY_KNOWN,) if rules["estimator"] == "scale_up_pimle" else ()


def _estimated(
    estimator: str,
    read: Acquaintances,
    whole: float,
    visibility: ArrayLike | None,
    visibility_weights: ArrayLike | None,
    plain: bool,
) -> tuple[kernel.ScaleUpSize, str, float]:
    """Return the size before any factor, how its variance is made, and its degrees of freedom."""
    df = float(read.hidden.size - 1)
    if estimator == "generalised":
        seen = _numbers("visibility", visibility)
        given = np.ones(seen.size) if visibility_weights is None else visibility_weights
        of_seen = _numbers("visibility_weights", given)
        if of_seen.size != seen.size or not float(of_seen @ seen) > 0:
            raise OptionError(
                f"`visibility` was given for {seen.size} members, with {of_seen.size} weights.",
                "Each member has one weight, and some member is visible to somebody.",
                "Write one number a member in each.",
            )
        found = kernel.generalised(read.hidden, read.weights, seen, of_seen, whole)
        return found, "linearised", min(df, float(seen.size - 1))
    assert read.degree is not None  # read for these
    if estimator == "pimle":
        return kernel.mean_of_ratios(read.hidden, read.degree, read.weights, whole), "linearised", df
    found = kernel.ratio_of_sums(read.hidden, read.degree, read.weights, whole)
    if not plain:
        return found, "linearised", df
    variance = kernel.model_variance(found.size, read.degree, whole)
    return kernel.ScaleUpSize(found.size, variance), "killworth", math.inf


def _overdispersed(read: Acquaintances, whole: float) -> bool:
    """Return whether reports vary between respondents clearly more than Killworth's standard error supposes."""
    assert read.degree is not None
    found = kernel.ratio_of_sums(read.hidden, read.degree, read.weights, whole)
    chance = 1 + 3 * math.sqrt(2 / max(read.hidden.size - 1, 1))
    return found.variance > max(chance, WIDER) * kernel.model_variance(found.size, read.degree, whole)


def _row(estimator: str, found: Abundance, df: float, flag: str, confidence: float) -> dict[str, Any]:
    if math.isnan(found.variance):
        flag = ", ".join(each for each in (flag, "no variance") if each)
    t = float(student(confidence, np.array([df]))[0])
    wide = t * math.sqrt(found.variance) / found.size
    spread = math.exp(min(wide, FARTHEST)) if math.isfinite(wide) else math.nan
    return {
        **size(f"scale_up_{estimator}", found, (found.size / spread, found.size * spread), flag),
        "df": df,
    }


def _check_reported(hidden: str, read: Acquaintances) -> None:
    if not read.hidden.any():
        raise MisleadingError(
            f"The size of the group behind `{hidden}` was asked for.",
            f"None of the {read.hidden.size} respondents knows anybody in it.",
            "Write that the survey sets no lower limit, or ask more people.",
        )


def _check_part(hidden: str, found: float, whole: float) -> None:
    if found > whole:
        raise MisleadingError(
            f"The size of the group behind `{hidden}` was asked for.",
            f"It comes to {found:,.0f} in a population of {whole:,.0f}.",
            "Check the sizes of the known groups, the population and the factors declared.",
        )


def _factor(estimator: str, degree_ratio: float, true_positive_rate: float) -> float:
    positive_number("degree_ratio", degree_ratio)
    if positive_number("true_positive_rate", true_positive_rate) > 1:
        raise OptionError(
            f"`true_positive_rate` was given as {true_positive_rate:g}.",
            "It is a share, above 0 and up to 1.",
            "Write the share of acquaintances with the group that are reported.",
        )
    factor = float(degree_ratio) * float(true_positive_rate)
    if estimator == "generalised" and factor != 1:
        raise OptionError(
            "The generalised size was asked for with a ratio of degrees or a rate of reports.",
            "Visibility, told by members, already holds both.",
            "Leave `degree_ratio` and `true_positive_rate` out.",
        )
    return factor


def _check_visibility(estimator: str, visibility: ArrayLike | None) -> None:
    if (estimator == "generalised") != (visibility is not None):
        raise OptionError(
            f"The estimator `{estimator}` was asked for {'without' if visibility is None else 'with'} `visibility`.",
            "Only the generalised size has a second sample, of members of the group.",
            'Write both `estimator="generalised"` and `visibility=`, or neither.',
        )


def _numbers(name: str, given: ArrayLike | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.array([math.nan])
    if values.ndim != 1 or not values.size or not np.isfinite(values).all() or (values < 0).any():
        raise OptionError(
            f"`{name}` was given.",
            "It holds something else than numbers from 0, one a member.",
            "Write one number a member of the group who was asked.",
        )
    return values


LARGEST = 1e15
"""More persons than anybody counts."""


@dataclass(frozen=True, eq=False)
class Acquaintances:
    """Answers on persons known."""

    # persons known in the hidden group; weights
    hidden: NDArray[np.float64]
    weights: NDArray[np.float64]
    degree: NDArray[np.float64] | None  # persons known in all
    flag: str  # what a reader must know


def acquaintances(
    answers: PersonTable,
    hidden: str,
    population: float,
    known: Mapping[str, float] | None,
    degree: str | None,
    weights: str | ArrayLike | None,
    estimator: str,
) -> Acquaintances:
    """Read answers on persons known, for an estimator; those with no weight are left out."""
    if not answers.rows:
        raise EmptyDomainError(
            f"The size of the group behind `{hidden}` was asked for.",
            "The table has no row.",
            "Write one row a respondent.",
        )
    if (known is not None) + (degree is not None) != (estimator != "generalised"):
        raise OptionError(
            "Acquaintances were to be read.",
            "Their number comes from `known` or from `degree`, one of them; the generalised size needs neither.",
            "Write `known={column: size}` for groups of known size, or `degree=` for a column.",
        )
    if known is not None and not hasattr(known, "items"):
        raise OptionError(
            f"`known` was given as a {type(known).__name__}.",
            "Degrees need the size of each group, and not its name alone.",
            "Write the column and the size of each group, as in `{'doctors': 230_000}`.",
        )
    told = _counts(answers, hidden, "persons known in the hidden group")
    weight = _weights(answers, weights, told.size)
    kept = weight > 0
    if estimator == "generalised":
        return Acquaintances(told[kept], weight[kept], None, "")
    if degree is not None:
        met = _counts(answers, degree, "persons known")
        _check_possible(told, met, hidden, f"`{degree}`")
    else:
        met = _degrees(answers, known or {}, population)
    _check_known(met, weight, estimator)
    flag = "more than degree" if (told > met)[kept].any() else ""
    return Acquaintances(told[kept], weight[kept], met[kept], flag)


def positive_number(name: str, given: Any) -> float:
    """Return a number above 0, anything else refused."""
    number = isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)
    if not number or not 1 / LARGEST <= given <= LARGEST:
        raise OptionError(
            f"`{name}` was given as {given!r}.",
            "It is a number above 0.",
            f"Write `{name}=` with a number above 0.",
        )
    return float(given)


def _counts(answers: PersonTable, name: str, use: str) -> NDArray[np.float64]:
    values = answers.numbers(name, use, "Write how many persons each respondent knows.")
    missing = int(np.isnan(values).sum())
    odd = values[~np.isnan(values) & ~((values >= 0) & (values == np.floor(values)) & (values < LARGEST))]
    if missing or odd.size:
        raise ColumnError(
            f"The column `{name}` was asked for as {use}.",
            f"It is missing for {missing} of {values.size} respondents."
            if missing
            else f"It holds {odd[0]:g}.",
            "Leave out those who gave no answer, and say so." if missing else "Write whole numbers from 0.",
        )
    return values


def _degrees(answers: PersonTable, known: Mapping[str, float], population: float) -> NDArray[np.float64]:
    if not known:
        raise OptionError(
            "`known` was given without a group.",
            "Degrees need at least one group of known size.",
            "Write the column and the size of each group, as in `{'doctors': 230_000}`.",
        )
    sizes = np.array([positive_number(name, group) for name, group in known.items()])
    if sizes.max() >= population:
        raise MisleadingError(
            f"Groups of known size were given in a population of {population:,.0f}.",
            f"One of them has {sizes.max():,.0f} persons.",
            "Write the population that the groups are part of.",
        )
    told = np.column_stack(
        [_counts(answers, name, "persons known in a group of known size") for name in known]
    )
    for at, name in enumerate(known):
        _check_possible(told[:, at], np.full(len(told), sizes[at]), name, "the size of the group")
    return degrees(told, sizes, population)


def _check_possible(part: NDArray[np.float64], whole: NDArray[np.float64], name: str, other: str) -> None:
    beyond = np.flatnonzero(part > whole)
    if beyond.size:
        first = int(beyond[0])
        raise MisleadingError(
            f"`{name}` was read as persons known.",
            f"Rows where it is above {other}: {beyond.size}; the first, row {first}, has {part[first]:g} against "
            f"{whole[first]:g}.",
            "Correct these answers, or leave the respondents out and say so.",
        )


def _check_known(degree: NDArray[np.float64], weight: NDArray[np.float64], estimator: str) -> None:
    nobody = np.flatnonzero((degree == 0) & (weight > 0))
    all_of_them = nobody.size == np.count_nonzero(weight)
    if all_of_them or (nobody.size and estimator == "pimle"):
        raise MisleadingError(
            f"The persons known by {np.count_nonzero(weight)} respondents were read (`{estimator}`).",
            f"Rows where they know nobody: {nobody.size}, the first being row {int(nobody[0])}.",
            "Ask about larger groups."
            if all_of_them
            else 'Write `estimator="mle"`, or leave these respondents out and say so.',
        )


def _weights(answers: PersonTable, weights: str | ArrayLike | None, rows: int) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(rows)
    given: Any = weights
    if isinstance(weights, str):
        given = answers.values(weights, "weights")
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.array([math.nan])
    if values.shape != (rows,) or not np.isfinite(values).all() or (values < 0).any() or not values.sum() > 0:
        raise OptionError(
            f"`weights` were given for {rows} respondents.",
            "They are not one number from 0 for each.",
            "Write one weight a respondent, some of them above 0.",
        )
    return values


@statistic
def scale_up_ratio(
    totals: Totals,
    hidden: Expression,
    *known: Expression,
    sizes: Sequence[float] = (),
) -> Linearised:
    """Size of a hidden group, from how many of it people know beside groups of known size.

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
        Point S sum(w y) / sum(w x), S the sum of the sizes and x the persons known in these groups: the
        maximum-likelihood size of Killworth et al. (1998b), in which the population cancels out. Linearised variable
        as for a ratio (Woodruff 1971), interval on the log scale. Ratios of degrees and rates of reports are declared
        in `scale_up`, which prints them.

    Raises
    ------
    OptionError
        When it is estimated: where there is not one size above 0 for each known group.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"doctors": [2, 1, 4], "riders": [1, 0, 2], "w": [1.0, 2.0, 1.0]})
    >>> sample = dl.declare_design(people, weights="w")
    >>> found = dl.estimate(sample, dl.population.scale_up_ratio("riders", "doctors", sizes=[2_000]))
    >>> found.frame["estimate"].item()
    750.0
    """
    if len(sizes) != len(known) or not known:
        raise OptionError(
            f"A scale-up was asked for with {len(known)} known groups.",
            f"Sizes were given for {len(sizes)} groups.",
            'Write one size a group, as in `scale_up_ratio("riders", "doctors", "nurses", sizes=[2_000, 3_000])`.',
        )
    whole = sum(positive_number("sizes", each) for each in sizes)
    found = ratio.on(totals, hidden, functools.reduce(operator.add, known))
    return Linearised(
        found.point * whole,
        found.variable * whole,
        interval=_log_scale,
        assumptions=(KNOWN, MIXING, AWARE, OUTSIDE),
    )


def _log_scale(point: np.ndarray, spread: Spread) -> Bounds:
    """Return an interval symmetric on the log scale; none around 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        wide = np.exp(spread.t * spread.std_error / point)
        return Bounds(np.where(point > 0, point / wide, np.nan), np.where(point > 0, point * wide, np.nan))
