"""The search for a log-linear model of overlapping lists, among all or step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diplab.errors import OptionError, one_of
from diplab.kernel.extended_fit import Faces
from diplab.kernel.hierarchical import all_models
from diplab.kernel.list_selection import StepwiseSelection, WholeSelection
from diplab.population.assumptions import BASE
from diplab.population.overlapping_lists.averaged_models import average_row
from diplab.population.overlapping_lists.bracket_notation import list_model
from diplab.population.overlapping_lists.dependence import assumptions_of_search
from diplab.population.overlapping_lists.fitted_model import LOG_LINEAR, bound_row, fitted_row
from diplab.population.overlapping_lists.list_table import ListTable, list_tables
from diplab.population.overlapping_lists.one_model import DUPLICATES
from diplab.population.overlapping_lists.repeated_choice import repeated_choice
from diplab.population.overlapping_lists.searched import ListSearch
from diplab.population.sizes import gathered, strict_confidence
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diplab.kernel.hierarchical import ListModel
    from diplab.results.sizes import ModelFit

__all__ = ["search_lists"]

MOST_FOR_ALL = 4
"""Lists up to which all models are compared unless asked otherwise."""
MOST_AT_ALL = 5
LEAST_REPLICATES = 50


def search_lists(
    table: Any,
    count: str | None = None,
    criterion: Literal["bic", "aic"] = "bic",
    heterogeneity: Literal["poisson2", "darroch", "gamma3.5"] | None = None,
    method: Literal["all", "stepwise"] | None = None,
    *,
    threshold: float = 0.02,
    order: int = 2,
    bootstrap: int = 0,
    seed: int | None = None,
    confidence: float = 0.95,
    columns: Sequence[str] | None = None,
    duplicates: Literal["undeclared", "removed"] = "undeclared",
    progress: Callable[[int], None] | None = None,
) -> ListSearch:
    """Return how many people stand behind overlapping lists under each model searched, the chosen one first.

    Parameters
    ----------
    table : data frame or array, shape (rows, lists)
        Columns of 0 and 1, one a list; one row a person, or one row a set of lists with `count`.
    count : str, optional
        The column that says how many persons a row stands for.
    criterion : str
        `bic` (the default) or `aic`; each coefficient counts, at infinity or not.
    heterogeneity : str, optional
        A column in every model that lets persons differ: `poisson2`, `darroch` or `gamma3.5`.
    method : str, optional
        `all` compares every hierarchical model with each list in it and without the term of all lists (1, 8, 113 and
        6,893 models of 2 to 5 lists); `stepwise` adds from independence the term that lowers the deviance most. By
        default `all` up to four lists, `stepwise` beyond.
    threshold : float
        A step is taken where the likelihood-ratio test of the new term has a p-value below this.
    order : int
        Highest order of a term in a stepwise search: 2 for pairs, 3 for triples whose pairs are in.
    bootstrap : int
        Replicates that draw the persons again and search again, such as 1000; 0 for none.
    seed : int, optional
        Of the draws; needed with `bootstrap`, so that the interval can be found again.
    confidence : float
        Probability of the intervals.
    columns : sequence of str, optional
        The columns that are lists; all others than `count` by default.
    duplicates : str
        `removed` where one person is one row for sure; else `undeclared` is said beside the result.
    progress : callable, optional
        Told how many more replicates are done; by default a bar on the terminal.

    Returns
    -------
    ListSearch
        One row a model, by the criterion, with log-normal intervals (`lists` gives the profile interval of one);
        models without a size last, flagged. After a stepwise search, the models gone through, the chosen one first.
        `average`, `repeated` and `weights` hold the averaged size and the intervals that count the choice. Where no
        model has a size the last row is Chao's lower bound.

    Raises
    ------
    OptionError
        Where an option is outside its allowed words, `all` is asked of more than five lists, or `bootstrap` comes
        without `seed`.
    MisleadingError
        As for `lists`.

    Notes
    -----
    Schwarz's and Akaike's criteria; steps after Chan, Silverman and Vincent (2021); average and its error after
    Buckland, Burnham and Augustin (1997); repeated choice after Silverman, Chan and Vincent (2024).

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> spina = pd.DataFrame(
    ...     {
    ...         "hospital": [0, 0, 0, 1, 1, 1, 1],
    ...         "death": [0, 1, 1, 0, 0, 1, 1],
    ...         "school": [1, 0, 1, 0, 1, 0, 1],
    ...         "persons": [60, 49, 4, 247, 112, 142, 12],
    ...     }
    ... )
    >>> found = population.search_lists(spina, "persons")
    >>> found.frame[["category", "estimate"]].round(2).head(2).to_numpy().tolist()
    [['[23,1]', 730.93], ['[13,23]', 711.23]]
    """
    _check(criterion, method, threshold, order, bootstrap, seed, duplicates)
    strict_confidence(confidence)
    (people,) = list_tables(table, count, columns)
    list_model(None, people.names, heterogeneity)
    method = method or ("all" if people.lists <= MOST_FOR_ALL else "stepwise")
    faces, record = Faces(), _record(method, criterion, threshold, order, heterogeneity, duplicates, confidence)
    selection = _selection(people, method, criterion, threshold, order, heterogeneity)
    models = (
        selection.models
        if isinstance(selection, WholeSelection)
        else tuple(reversed(selection.path(people.counts, faces)))
    )
    found = _rows(models, people, faces, confidence, criterion if method == "all" else None)
    average = average_row(found, criterion, record, confidence) if method == "all" else None
    repeated, replicates = (
        repeated_choice(people, selection, found[0][0], bootstrap, seed, faces, confidence, record, progress)
        if bootstrap and seed is not None
        else (None, None)
    )
    rows, fits = [row for row, _ in found], [fit for _, fit in found]
    weights = [float("nan")] * len(found) if average is None else average[1]
    if np.isnan(rows[0]["estimate"]):
        rows, fits, weights = [*rows, bound_row(people, confidence)], [*fits, None], [*weights, float("nan")]
    plain = gathered(rows, record, fits)
    return ListSearch(
        plain.frame,
        plain.covariance,
        record,
        fits=plain.fits,
        weights=tuple(weights),
        average=None if average is None else average[0],
        repeated=repeated,
        replicates=replicates,
    )


def _check(
    criterion: str,
    method: str | None,
    threshold: float,
    order: int,
    bootstrap: int,
    seed: int | None,
    duplicates: str,
) -> None:
    if criterion not in ("bic", "aic"):
        raise one_of("`criterion`", criterion, ("bic", "aic"))
    if method not in (None, "all", "stepwise"):
        raise one_of("`method`", method, ("all", "stepwise"))
    if duplicates not in DUPLICATES:
        raise one_of("`duplicates`", duplicates, DUPLICATES)
    if not 0 < threshold < 1:
        raise OptionError(
            asked=f"`threshold` was given as {threshold!r}.",
            found="It is a p-value strictly between 0 and 1.",
            write="Write `threshold=0.02`, or another small one.",
        )
    if order < 2:
        raise OptionError(
            asked=f"`order` was given as {order!r}.",
            found="Terms that join lists have order 2 or more.",
            write="Write `order=2` for pairs, or `order=3` for triples too.",
        )
    if bootstrap < 0 or 0 < bootstrap < LEAST_REPLICATES:
        raise OptionError(
            asked=f"`bootstrap` was given as {bootstrap!r}.",
            found=f"An interval takes {LEAST_REPLICATES} replicates or more.",
            write="Write `bootstrap=1000`, or 0 for none.",
        )
    if bootstrap and seed is None:
        raise OptionError(
            asked=f"A bootstrap of {bootstrap} replicates was asked for.",
            found="Without a seed nobody could find the same interval again.",
            write="Write `seed=1`, or another whole number.",
        )


def _selection(
    people: ListTable, method: str, criterion: str, threshold: float, order: int, heterogeneity: str | None
) -> WholeSelection | StepwiseSelection:
    if method == "stepwise":
        return StepwiseSelection(people.lists, threshold, order, heterogeneity)
    if people.lists > MOST_AT_ALL:
        raise OptionError(
            asked=f"All models of {people.lists} lists were asked for.",
            found="There are 7,785,061 of six lists, and more beyond.",
            write='Write `method="stepwise"`.',
        )
    return WholeSelection(all_models(people.lists, heterogeneity), criterion)


def _rows(
    models: Sequence[ListModel], people: ListTable, faces: Faces, confidence: float, criterion: str | None
) -> list[tuple[dict[str, Any], ModelFit]]:
    """Return the row and the fit of each model, by the criterion where there is one, without a size last."""
    found = [fitted_row(model, people, faces, "log-normal", confidence) for model in models]
    if criterion is None:
        return found
    return sorted(
        found,
        key=lambda each: (bool(np.isnan(each[0]["estimate"])), round(float(getattr(each[1], criterion)), 8)),
    )


def _record(
    method: str,
    criterion: str,
    threshold: float,
    order: int,
    heterogeneity: str | None,
    duplicates: str,
    confidence: float,
) -> Provenance:
    how = {"criterion": criterion} if method == "all" else {"entry": f"{threshold:g}", "order": f"{order}"}
    return Provenance(
        rules={
            "estimator": LOG_LINEAR,
            "selection": method,
            **how,
            **({"heterogeneity": heterogeneity} if heterogeneity else {}),
            "interval": "log-normal",
            "confidence": f"{confidence:g}",
            "duplicates": duplicates,
        },
        base=BASE,
        assumptions=assumptions_of_search(heterogeneity),
    )
