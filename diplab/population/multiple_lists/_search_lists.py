"""Selection of a log-linear model of overlapping lists, model averages, and the bootstrap."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from diplab.checks import (
    argument,
    check_confidence,
    check_one_of,
    check_proportion,
    check_seed,
    check_whole_number,
)
from diplab.errors import OptionError
from diplab.microdata.display import bar
from diplab.population import sizes
from diplab.population.kernel import hierarchical
from diplab.population.kernel.abundance import Abundance, lognormal_interval
from diplab.population.multiple_lists import list_models
from diplab.population.multiple_lists.list_models import Duplicates
from diplab.population.tables import ListTable, list_tables
from diplab.results.estimates import Provenance
from diplab.results.sizes import ModelFit, Sizes

Criterion = Literal["bic", "aic"]
Method = Literal["all", "stepwise"]
MOST_FOR_ALL = 4  # lists up to which all models are compared unless asked otherwise
MOST_AT_ALL = 5
LEAST_REPLICATES = 50
_AVERAGE = "model_average"
# assumptions of a choice among models
OF_CHOICE = ("lists.one_model_right", "lists.choice_not_counted")
_FAR = 10.0  # a replicate this many times the point, or one without limit, is far from it
_FEW = 0.01  # share of far replicates from which a reader must know of them


def search_lists(
    table: Any,
    count: str | None = None,
    criterion: Criterion = "bic",
    heterogeneity: Literal["poisson2", "darroch", "gamma3.5"] | None = None,
    method: Method | None = None,
    *,
    entry_p: float = 0.02,
    order: int = 2,
    bootstrap: int = 0,
    seed: int = 1,
    confidence: float = 0.95,
    columns: Sequence[str] | None = None,
    duplicates: Duplicates = "undeclared",
    progress: Callable[[int], None] | None = None,
) -> ListSearch:
    """Return the population size from overlapping lists under each model, the selected one first.

    Parameters
    ----------
    table, count, columns, duplicates
        As in `lists`.
    criterion : str
        `bic` (the default) or `aic`; each coefficient counts, at infinity or not.
    heterogeneity : str, optional
        A column in every model that lets persons differ: `poisson2`, `darroch` or `gamma3.5`.
    method : str, optional
        `all` compares every hierarchical model with each list in it and without the term of all
        lists (1, 8, 113 and 6,893 models of 2 to 5 lists); `stepwise` adds from independence the
        term that lowers the deviance most. By default `all` up to four lists, `stepwise` beyond.
    entry_p : float
        A step is taken where the likelihood-ratio test of the new term has a p-value below this.
    order : int
        Highest order of a term in a stepwise search: 2 for pairs, 3 for triples whose pairs are in.
    bootstrap : int
        Replicates that draw the persons again and search again, such as 1000; 0 for none.
    seed : int
        Of the draws of the bootstrap; the same seed gives the same interval.
    confidence : float
        Probability of the intervals.
    progress : callable, optional
        Told how many more replicates are done; by default a bar on the terminal.

    Returns
    -------
    ListSearch
        One row per model, by the criterion, with log-normal intervals (`lists` gives the profile
        interval of one); models without a size last, flagged. After a stepwise search, the models
        gone through, the chosen one first. `average`, `repeated` and `weights` hold the averaged
        size and the intervals that count the choice. Where no model has a size the last row is
        Chao's lower bound.

    Raises
    ------
    OptionError
        Where an option is outside its allowed words, `all` is asked of more than five lists, or the
        seed is not a whole number.
    MisleadingError
        As for `lists`.

    Notes
    -----
    Schwarz's and Akaike's criteria; steps after Chan, Silverman and Vincent (2021); average and its
    error after Buckland, Burnham and Augustin (1997); repeated choice after Silverman, Chan and
    Vincent (2024).

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> spina = pd.DataFrame({"hospital": [0, 0, 0, 1, 1, 1, 1], "death": [0, 1, 1, 0, 0, 1, 1]})
    >>> spina = spina.assign(school=[1, 0, 1, 0, 1, 0, 1], persons=[60, 49, 4, 247, 112, 142, 12])
    >>> found = population.search_lists(spina, "persons")
    >>> found.frame[["category", "estimate"]].round(2).head(2).to_numpy().tolist()
    [['[23,1]', 730.93], ['[12,23]', 758.32]]
    """
    options = SearchOptions(
        criterion, heterogeneity, method, entry_p, order, bootstrap, seed, confidence, duplicates
    )
    (people,) = list_tables(table, count, columns)
    list_models.list_model(None, people.names, heterogeneity)
    return search(people, options, options.record(people.names, table), progress)


def search(
    people: ListTable,
    options: SearchOptions,
    record: Provenance,
    progress: Callable[[int], None] | None = None,
) -> ListSearch:
    """Return the sizes under each model that a search compares."""
    selection, supports = options.selection(people.lists), hierarchical.SupportCache()
    models, fitted = selection.compared_models(people.counts, supports), []
    with bar("models", len(models)) as advance:
        for model in models:
            fitted.append(
                list_models.fit_list_model(
                    model, people, supports, "log-normal", options.confidence
                )
            )
            advance(1)
    average, weights = None, [np.nan] * len(fitted)
    if isinstance(selection, hierarchical.AllModelsSelection):
        # by the criterion, those without a size last; other searches keep the path they took,
        # backwards
        fitted.sort(
            key=lambda item: (
                bool(np.isnan(item[0]["estimate"])),
                round(float(getattr(item[1], options.criterion)), 8),
            )
        )
        average, weights = _average_models(fitted, people.bound, options, record)
    repeated, replicates = None, None
    if options.bootstrap:
        repeated, replicates = _bootstrap_choice(
            people, selection, fitted[0][0], options, supports, record, progress
        )
    rows: list[dict[str, Any]] = [row for row, _ in fitted]
    fits: list[ModelFit | None] = [fit for _, fit in fitted]
    if np.isnan(rows[0]["estimate"]):
        rows.append(list_models.lower_bound_row(people, options.confidence))
        fits.append(None)
        weights.append(np.nan)
    found_sizes = sizes.gather_sizes(rows, list_models.record_bound(record, rows, people), fits)
    return ListSearch(
        **vars(found_sizes),
        weights=tuple(weights),
        average=average,
        repeated=repeated,
        replicates=replicates,
    )


@dataclass(frozen=True, eq=False, repr=False)
class ListSearch(Sizes):
    """Sizes under the models a search compared: the chosen one first, those without a size last.

    Parameters
    ----------
    weights : tuple of float
        What each model weighs in the average: exp(-criterion/2) over their sum; NaN after a
        stepwise search.
    average : Sizes or None
        One row, the mean of all models with those weights, its error with what separates the models
        (Buckland, Burnham and Augustin, 1997). None after a stepwise search, which does not go
        through all models.
    repeated : Sizes or None
        With a bootstrap: the chosen size with an interval that counts the choice (BCa, or the
        percentiles where BCa has no answer), the same with percentiles, and the median of the
        replicates.
    replicates : SelectionBootstrap or None
        The size and the model of each replicate.

    Examples
    --------
    >>> import numpy as np
    >>> from diplab import population
    >>> people = np.repeat([[1, 0], [0, 1], [1, 1]], [20, 30, 10], axis=0)
    >>> found = population.search_lists(people)
    >>> found.chosen.frame["category"].tolist(), found.weights
    (['[1,2]'], (1.0,))
    """

    weights: tuple[float, ...] = ()
    average: Sizes | None = field(default=None, repr=False)
    repeated: Sizes | None = field(default=None, repr=False)
    replicates: hierarchical.SelectionBootstrap | None = field(default=None, repr=False)

    @property
    def chosen(self) -> Sizes:
        """The row of the chosen model."""
        return self.rows([0])

    @property
    def models(self) -> pd.DataFrame:
        """One row per model: its terms, size, fit, weight and flags."""
        found = super().models
        found.insert(len(found.columns) - 1, "weight", list(self.weights))
        return found

    def rows(self, keep: Any) -> ListSearch:
        """Return the rows kept by a boolean mask or positions, with their models and weights."""
        positions = np.arange(len(self.frame))[np.asarray(keep)]
        kept = tuple(self.weights[at] for at in positions)
        return replace(super().rows(keep), weights=kept)  # type: ignore[return-value, call-arg]


@dataclass(frozen=True)
class SearchOptions:
    """How models are searched."""

    criterion: str = "bic"
    heterogeneity: str | None = None
    method: str | None = None
    entry_p: float = 0.02
    order: int = 2
    bootstrap: int = 0
    seed: int = 1
    confidence: float = 0.95
    duplicates: str = "undeclared"

    def __post_init__(self) -> None:
        check_one_of("criterion", self.criterion, Criterion)
        if self.method is not None:
            check_one_of("method", self.method, Method)
        check_one_of("duplicates", self.duplicates, Duplicates)
        check_confidence(self.confidence)
        check_proportion("entry_p", self.entry_p, example=0.02)
        check_whole_number("order", self.order, low=2, example=2)
        replicates = check_whole_number("bootstrap", self.bootstrap, low=0, example=1000)
        if 0 < replicates < LEAST_REPLICATES:
            raise OptionError(
                f"{argument('bootstrap', replicates)} is too few for an interval.",
                f"It takes {LEAST_REPLICATES} replicates or more.",
                "Write `bootstrap=1000`, or 0 for none.",
            )
        check_seed(self.seed)

    def method_for(self, lists: int) -> str:
        return self.method or ("all" if lists <= MOST_FOR_ALL else "stepwise")

    def selection(self, lists: int) -> hierarchical.SelectionRule:
        if self.method_for(lists) == "stepwise":
            return hierarchical.StepwiseSelection(
                lists, self.entry_p, self.order, self.heterogeneity
            )
        if lists > MOST_AT_ALL:
            raise OptionError(
                f"All models of {lists} lists are too many to compare.",
                "There are 7,785,061 models of six lists, and more beyond.",
                'Write `method="stepwise"`.',
            )
        return hierarchical.AllModelsSelection(
            hierarchical.all_models(lists, self.heterogeneity), self.criterion
        )

    def record(self, names: Sequence[str], data: object = None) -> Provenance:
        method = self.method_for(len(names))
        steps = {"entry": f"{self.entry_p:g}", "order": f"{self.order}"}
        rules = {
            "estimator": list_models.LOG_LINEAR,
            "selection": method,
            **({"criterion": self.criterion} if method == "all" else steps),
            **({"lists_heterogeneity": self.heterogeneity} if self.heterogeneity else {}),
            "interval": "log-normal",
            "confidence": f"{self.confidence:g}",
            "duplicates": self.duplicates,
            "lists": list(names),
        }
        return sizes.provenance_of(
            rules, *sizes.assumptions_of_lists(self.heterogeneity, *OF_CHOICE), data=[data]
        )


def _average_models(
    fitted: Sequence[tuple[dict[str, Any], ModelFit]],
    bound: Abundance,
    options: SearchOptions,
    record: Provenance,
) -> tuple[Sizes, list[float]]:
    found_sizes = np.array([row["estimate"] for row, _ in fitted])
    scores = np.array([getattr(fit, options.criterion) for _, fit in fitted])
    weights = hierarchical.criterion_weights(np.where(np.isfinite(found_sizes), scores, np.inf))
    rules = replace(record, rules={**record.rules, "estimator": _AVERAGE})
    if not weights.any():
        return sizes.gather_sizes(
            [sizes.no_size(_AVERAGE, bound.seen, "ill-posed")], rules
        ), weights.tolist()
    variances = np.array([row["std_error"] ** 2 for row, _ in fitted])
    mean = hierarchical.model_average(found_sizes, variances, weights, bound.seen)
    below = "below bound" if mean.size < bound.size else ""
    row = sizes.size(_AVERAGE, mean, lognormal_interval(mean, options.confidence), below)
    return sizes.gather_sizes([row], rules), weights.tolist()


def _bootstrap_choice(
    people: ListTable,
    selection: hierarchical.SelectionRule,
    chosen: Mapping[str, Any],
    options: SearchOptions,
    supports: hierarchical.SupportCache,
    record: Provenance,
    progress: Callable[[int], None] | None,
) -> tuple[Sizes, hierarchical.SelectionBootstrap]:
    with (
        contextlib.nullcontext(progress)
        if progress
        else bar("bootstrap", options.bootstrap) as advance
    ):
        bootstrap = hierarchical.bootstrap_selection(
            people.counts, selection, options.bootstrap, check_seed(options.seed), supports, advance
        )
    point, seen = float(chosen["estimate"]), people.seen
    percentile = hierarchical.percentile_interval(bootstrap.sizes, options.confidence)
    bca = hierarchical.bca_interval(bootstrap, point, options.confidence)
    answered = not np.isnan(bca).any()
    far = not np.isfinite(point) or float((bootstrap.sizes >= _FAR * point).mean()) >= _FEW
    flag = "far replicates" if far else ""
    error = float(np.std(bootstrap.sizes, ddof=1)) if np.isfinite(bootstrap.sizes).all() else np.inf
    row = sizes.known_size(
        "repeated_choice", point, chosen["category"], sizes.join_flags(chosen["flag"], flag)
    )
    row = sizes.with_error(row, error, bca if answered else percentile, n=seen)
    second = {
        "statistic": "repeated_choice_percentile",
        "ci_low": percentile[0],
        "ci_high": percentile[1],
    }
    median = sizes.known_size(
        "repeated_choice_median", float(np.median(bootstrap.sizes)), flag=flag
    )
    name = "bootstrap bca" if answered else "bootstrap percentile"
    rules = {"interval": name, "replicates": f"{options.bootstrap}", "seed": f"{options.seed}"}
    # the interval counts the choice
    assumptions = sizes.assumptions_of_lists(options.heterogeneity, OF_CHOICE[0])
    record = replace(record, rules={**record.rules, **rules}, assumptions=assumptions)
    return sizes.gather_sizes([row, row | second, median | {"n": seen}], record), bootstrap
