"""The search for a log-linear model of overlapping lists, among all or step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diplab.kernel.extended_fit import Faces
from diplab.kernel.list_selection import WholeSelection
from diplab.microdata.display import bar
from diplab.population.evidence import from_data
from diplab.population.overlapping_lists.averaged_models import average_row
from diplab.population.overlapping_lists.bracket_notation import list_model
from diplab.population.overlapping_lists.fitted_model import bound_row, fitted_row, with_bound
from diplab.population.overlapping_lists.list_table import list_tables
from diplab.population.overlapping_lists.repeated_choice import repeated_choice
from diplab.population.overlapping_lists.search_options import SearchOptions
from diplab.population.overlapping_lists.searched import ListSearch
from diplab.population.sizes import gathered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diplab.kernel.list_selection import StepwiseSelection
    from diplab.population.overlapping_lists.list_table import ListTable
    from diplab.results.provenance import Provenance
    from diplab.results.sizes import ModelFit, Sizes

__all__ = ["search_lists"]


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
    table : data frame, Microdata or array, shape (rows, lists)
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
    [['[23,1]', 730.93], ['[12,23]', 758.32]]
    """
    options = SearchOptions(
        criterion, heterogeneity, method, threshold, order, bootstrap, seed, confidence, duplicates
    )
    (people,) = list_tables(table, count, columns)
    list_model(None, people.names, heterogeneity)
    return _searched(people, options, from_data(options.record(people.names), table), progress)


def _searched(
    people: ListTable, options: SearchOptions, record: Provenance, progress: Callable[[int], None] | None
) -> ListSearch:
    selection, faces = options.selection(people.lists), Faces()
    found = _rows(selection, people, faces, options)
    average = None
    if isinstance(selection, WholeSelection):
        average = average_row(found, people.bound, options.criterion, record, options.confidence)
    repeated, replicates = None, None
    if options.bootstrap:
        repeated, replicates = repeated_choice(
            people, selection, found[0][0], options, faces, record, progress
        )
    rows, fits, weights = _with_bound(found, average, people, options.confidence)
    record = with_bound(record, rows, people)
    plain = gathered(rows, record, fits)
    return ListSearch(
        plain.frame,
        plain.covariance,
        record,
        fits=plain.fits,
        weights=weights,
        average=None if average is None else average[0],
        repeated=repeated,
        replicates=replicates,
    )


def _rows(
    selection: WholeSelection | StepwiseSelection, people: ListTable, faces: Faces, options: SearchOptions
) -> list[tuple[dict[str, Any], ModelFit]]:
    """Return the row and the fit of each model: by the criterion, without a size last, or the path backwards."""
    models = selection.compared(people.counts, faces)
    found = []
    with bar("models", len(models)) as advance:
        for model in models:
            found.append(fitted_row(model, people, faces, "log-normal", options.confidence))
            advance(1)
    if not isinstance(selection, WholeSelection):
        return found
    return sorted(
        found,
        key=lambda each: (
            bool(np.isnan(each[0]["estimate"])),
            round(float(getattr(each[1], options.criterion)), 8),
        ),
    )


def _with_bound(
    found: Sequence[tuple[dict[str, Any], ModelFit]],
    average: tuple[Sizes, list[float]] | None,
    people: ListTable,
    confidence: float,
) -> tuple[list[dict[str, Any]], list[ModelFit | None], tuple[float, ...]]:
    """Return the rows, fits and weights, the lower bound after them where no model has a size."""
    rows = [row for row, _ in found]
    fits: list[ModelFit | None] = [fit for _, fit in found]
    weights = [float("nan")] * len(found) if average is None else average[1]
    if not np.isnan(rows[0]["estimate"]):
        return rows, fits, tuple(weights)
    return [*rows, bound_row(people, confidence)], [*fits, None], (*weights, float("nan"))
