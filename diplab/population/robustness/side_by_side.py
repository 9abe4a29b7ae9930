"""Every defensible size on the same data, lower bound first: how much hangs on the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from diplab.errors import OptionError
from diplab.population.closed_population.captures import captures_of
from diplab.population.closed_population.histories import read_histories
from diplab.population.counts import read_counts
from diplab.population.robustness.count_robustness import count_sensitivity
from diplab.population.robustness.history_robustness import history_sensitivity
from diplab.population.robustness.two_list_robustness import two_list_sensitivity
from diplab.population.sizes import strict_confidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.population.closed_population.histories import Histories
    from diplab.results.sizes import Sizes

__all__ = ["sensitivity"]

DEPENDENCE = (0.5, 2.0)
"""Odds ratios between two lists where none are given: dependence by a factor of two either way."""


def sensitivity(
    data: Any,
    second: Any = None,
    both: float | None = None,
    *,
    count: str | None = None,
    occasions: int | None = None,
    ordered: bool | None = None,
    odds_ratio: Sequence[float] | None = None,
    duplicates: int | Literal["refuse", "drop"] | None = None,
    confidence: float = 0.95,
) -> Sizes:
    """Return every defensible size on the same data, the lower bound first.

    Parameters
    ----------
    data : mapping, sequence, frame or array
        One of three things. *Counts of one source*: persons by number of times seen (`{1: 1645, 2: 183}`), or persons
        seen once, twice, and so on. *Histories*: columns of 0 and 1, one an occasion or a list, one row a person (or
        one row a history, with `count`). *Two lists*: two such columns; or the persons on the first list, or its
        identifiers, with `second`.
    second, both : int, or sequence of identifiers
        With two lists given by numbers, persons on the second and on both; by identifiers, the second list.
    count : str, optional
        With histories, the column that says how many persons a row stands for.
    occasions : int, optional
        With counts, occasions on which a person could be seen; adds the bounds `chao_t` and `chao2`.
    ordered : bool, optional
        With histories, whether the columns are occasions one after another (the default). `False`, for lists, leaves
        out the models in which occasions are alike or being seen changes persons (M0, Mh, Mb, Mbh, Mtb).
    odds_ratio : pair of float, optional
        With two lists, the least and the largest odds ratio between them: 1 is independence, above 1 whoever is on one
        list is more easily on the other. By default 0.5 to 2. Two lists say nothing of it: it is declared.
    duplicates : int or str, optional
        With counts, accounts seen once known to be duplicates, taken away; with lists of identifiers, `refuse` or
        `drop`.
    confidence : float
        Probability of the intervals.

    Returns
    -------
    Sizes
        One row a model, in this order: lower bounds (the first is `.headline`), points at or above the bound, points
        below it (flagged), models that the bound does not hold for (one-inflated counts; Mb, Mbh, Mtb), and last those
        without an answer, NaN, with the flag `boundary`, `ill-posed` or `not identified`. Rows are the same data under
        different models: they are never averaged or added; `model_average` is a method of its own and named so. Of two
        lists: the size at the least odds ratio, the three formulas of independence, and a row of bounds (flag `bounds`,
        estimate NaN) from the lower end of the interval at the least odds ratio to the upper end at the largest. Of
        histories of three columns or more: every closed model, Chao's bound for lists, and up to six columns the
        log-linear models of lowest BIC and AIC, flagged so (all models up to four columns, stepwise beyond; independent
        lists are Mt), and with all models their average. `.models` holds likelihood, AIC and BIC.

    Raises
    ------
    OptionError
        Where an option does not go with the data.
    ColumnError, EmptyDomainError, MisleadingError
        As for `single_source`, `closed` and `two_sample`.

    Notes
    -----
    N = n + psi f10 f01/f11 for two lists of odds ratio psi (Sekar and Deming, 1949, at psi = 1; Gerritse, van der
    Heijden and Bakker, 2015). The other rows are those of `single_source`, `closed` and `search_lists`.

    Examples
    --------
    >>> from diplab import population
    >>> table = population.sensitivity([1645, 183, 37, 13, 1, 1]).frame
    >>> table[["statistic", "flag"]].values.tolist()[:3]
    [['chao', 'lower bound'], ['chao_bc', 'lower bound'], ['ichao', 'lower bound']]
    >>> table["statistic"].iloc[-1]
    'negative_binomial'
    >>> population.sensitivity(2775, 2831, 584, odds_ratio=(1, 2)).headline.frame["estimate"].round(1).tolist()
    [13452.1]
    """
    strict_confidence(confidence)
    dependence = DEPENDENCE if odds_ratio is None else odds_ratio
    if second is not None or both is not None:
        _left_out("two lists", count=count, occasions=occasions, ordered=ordered)
        return two_list_sensitivity(data, second, both, dependence, confidence, duplicates)
    histories = read_histories(data, count)
    if histories is None:
        _left_out("counts of one source", count=count, ordered=ordered, odds_ratio=odds_ratio)
        taken: Any = duplicates
        return count_sensitivity(read_counts(data, occasions, taken), confidence, taken)
    _left_out("capture histories", occasions=occasions, duplicates=duplicates)
    if len(histories.occasions) == 2:
        return two_list_sensitivity(*_numbers(histories), dependence, confidence)
    _left_out("histories of more than two columns", odds_ratio=odds_ratio)
    return history_sensitivity(captures_of(data, count), confidence, ordered is not False)


def _numbers(histories: Histories) -> tuple[float, float, float]:
    """Return the persons on each of two lists, and on both."""
    first, second = (float(each) for each in histories.persons @ histories.seen)
    return first, second, float(histories.persons @ histories.seen.prod(axis=1))


def _left_out(data: str, **options: Any) -> None:
    """Refuse options that say nothing of these data."""
    for name, value in options.items():
        if value is not None:
            raise OptionError(
                asked=f"`{name}` was given as {value!r} with {data}.",
                found="It says nothing of them.",
                write=f"Leave `{name}` out.",
            )
