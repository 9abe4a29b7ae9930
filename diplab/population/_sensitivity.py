"""Every defensible size on the same data, lower bound first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from diplab.checks import argument, check_confidence, check_left_out
from diplab.errors import MisleadingError, OptionError
from diplab.population import counts, sizes
from diplab.population._closed import WITHOUT_BOUND, ModelRow, fit_every_model
from diplab.population.kernel.abundance import Abundance, dependent_lists, lognormal_interval
from diplab.population.kernel.truncated import CountFit
from diplab.population.multiple_lists._search_lists import OF_CHOICE, SearchOptions, search
from diplab.population.multiple_lists.list_models import lower_bound_row
from diplab.population.multiple_lists.two_lists import read_two_lists, two_sample
from diplab.population.tables import MOST_LISTS, ListTable, cell_counts
from diplab.results.sizes import CaptureModel, ModelFit, Sizes

_ODDS_RATIOS = (0.5, 2.0)
"""Odds ratios between two lists where none are given: dependence by a factor of two either way."""
OVER_OCCASIONS = ("chao_t", "chao2")
REPEATED = ("chao1", "chao1_bc", "chao2_bc")
"""Variants that differ from another row by one sighting or occasion only."""
OF_ORDER = ("M0", "Mh", *WITHOUT_BOUND)
"""Models without an order of lists: they do not apply where lists have none."""
MOST_SEARCHED = 6  # most lists searched: beyond, a table of models takes long and adds little
_INDEPENDENT = ("chapman", "petersen", "bailey")
_DEPENDENT = "dependent_lists"


def sensitivity(
    data: Any,
    second: Any = None,
    both: float | None = None,
    *,
    count: str | None = None,
    occasions: int | None = None,
    ordered: bool | None = None,
    odds_ratio: Sequence[float] | None = None,
    duplicates: int | Literal["fail", "drop"] | None = None,
    confidence: float = 0.95,
) -> Sizes:
    """Return every defensible size on the same data, the lower bound first.

    Parameters
    ----------
    data : mapping, sequence, frame or array
        One of three things. *Counts of one source*: persons by number of times seen (`{1: 1645, 2:
        183}`), or persons seen once, twice, and so on. *Histories*: columns of 0 and 1, one per
        occasion or a list, one row per person (or one row per history, with `count`). *Two lists*:
        two such columns; or the persons on the first list, or its identifiers, with `second`.
    second, both : int, or sequence of identifiers
        With two lists given by numbers, persons on the second and on both; by identifiers, the
        second list.
    count : str, optional
        With histories, the column that says how many persons a row represents.
    occasions : int, optional
        With counts, occasions on which a person could be seen; adds the bounds `chao_t` and
        `chao2`.
    ordered : bool, optional
        With histories, whether the columns are occasions one after another (the default). `False`,
        for lists, leaves out the models in which occasions are alike or being seen changes persons
        (M0, Mh, Mb, Mbh, Mtb).
    odds_ratio : pair of float, optional
        With two lists, the least and the largest odds ratio between them: 1 is independence, above
        1 whoever is on one list is more easily on the other. By default 0.5 to 2. Two lists say
        nothing of it: it is declared.
    duplicates : int or str, optional
        With counts, accounts seen once known to be duplicates, taken away; with lists of
        identifiers, `fail` or `drop`.
    confidence : float
        Probability of the intervals.

    Returns
    -------
    Sizes
        One row per model, in this order: lower bounds (the first is `.headline`), points at or
        above the bound, points below it (flagged), models that the bound does not hold for
        (one-inflated counts; Mb, Mbh, Mtb), and last those without an answer, NaN, with the flag
        `boundary`, `ill-posed` or `not identified`. Rows are the same data under different models:
        they are never averaged or added. Of two lists: the size at the least odds ratio, the three
        formulas of independence, and a row of bounds (flag `bounds`, estimate NaN) from the lower
        end of the interval at the least odds ratio to the upper end at the largest. Of histories of
        three columns or more: every closed model, Chao's bound for lists, and up to six columns the
        log-linear models of lowest BIC and AIC, flagged so (all models up to four columns, stepwise
        beyond; independent lists are Mt), and with all models their average. `.models` holds
        likelihood, AIC and BIC.

    Raises
    ------
    OptionError
        Where an option does not go with the data.
    ColumnError, EmptyDomainError, MisleadingError
        As for `single_source`, `closed` and `two_sample`.

    Notes
    -----
    N = n + psi f10 f01/f11 for two lists of odds ratio psi (Sekar and Deming, 1949, at psi = 1;
    Gerritse, van der Heijden and Bakker, 2015). The other rows are those of `single_source`,
    `closed` and `search_lists`.

    Examples
    --------
    >>> from diplab import population
    >>> table = population.sensitivity([1645, 183, 37, 13, 1, 1]).frame
    >>> table[["statistic", "flag"]].values.tolist()[:3]
    [['chao', 'lower bound'], ['chao_bc', 'lower bound'], ['ichao', 'lower bound']]
    >>> table["statistic"].iloc[-1]
    'negative_binomial'
    >>> found = population.sensitivity(2775, 2831, 584, odds_ratio=(1, 2))
    >>> found.headline.frame["estimate"].round(1).tolist()
    [13452.1]
    """
    check_confidence(confidence)
    dependence = odds_ratio
    if odds_ratio is None:
        dependence = _ODDS_RATIOS
    if second is not None or both is not None:
        check_left_out("two lists", count=count, occasions=occasions, ordered=ordered)
        return _two_list_sensitivity(data, second, both, dependence, confidence, duplicates)
    histories = counts.read_histories(data, count)
    if histories is None:
        check_left_out("counts of one source", count=count, ordered=ordered, odds_ratio=odds_ratio)
        taken: Any = duplicates
        return _count_sensitivity(counts.read_counts(data, occasions, taken), confidence, taken)
    check_left_out("capture histories", occasions=occasions, duplicates=duplicates)
    if len(histories.occasions) == 2:
        first, second = map(float, histories.persons @ histories.seen)
        both = float(histories.persons @ histories.seen.prod(axis=1))
        return _two_list_sensitivity(first, second, both, dependence, confidence)
    check_left_out("histories of more than two columns", odds_ratio=odds_ratio)
    return _history_sensitivity(counts.read_captures(data, count), confidence, ordered is not False)


def _count_sensitivity(
    seen: counts.Frequencies, confidence: float = 0.95, duplicates: int | None = None
) -> Sizes:
    left_out = {*REPEATED}
    if seen.occasions is None:
        left_out.update(OVER_OCCASIONS)
    results = [
        _count_row(name, seen, confidence) for name in counts.ESTIMATORS if name not in left_out
    ]
    # sorting is stable: within a place the estimators keep their order
    results.sort(key=lambda answer: _row_order(answer[0], "one-inflated" in answer[0]["flag"]))
    assumed, fits = [], []
    for row, fit, _ in results:
        fitted = [fit] if fit else []
        fits += fitted
        record = counts.count_provenance((row["statistic"],), seen, confidence, duplicates, fitted)
        assumed.append(record.assumptions)
    rows, _, models = zip(*results, strict=True)
    estimators = tuple(row["statistic"] for row in rows)
    record = counts.count_provenance(estimators, seen, confidence, duplicates, fits)
    return sizes.gather_sizes(rows, record, models, assumed=assumed)


def _count_row(
    estimator: str, seen: counts.Frequencies, confidence: float
) -> tuple[dict[str, Any], CountFit | None, ModelFit | None]:
    try:
        fit = counts.estimate_counts(estimator, seen, confidence)
    except MisleadingError:
        return sizes.no_size(estimator, seen.seen, "ill-posed"), None, None
    return (
        counts.count_row(estimator, seen, fit, confidence),
        fit,
        counts.count_model(estimator, fit, seen),
    )


def _history_sensitivity(
    captures: counts.Captures, confidence: float = 0.95, ordered: bool = True
) -> Sizes:
    assert captures.histories is not None
    closed = fit_every_model(captures, confidence)
    if not ordered:
        closed = [row for row in closed if row.values["statistic"] not in OF_ORDER]
    rows = _merge_independence(closed, _list_rows(captures.histories, confidence))
    rows = _flag_below_first_bound(rows, confidence)
    # sorting is stable: within a place models keep their order
    rows.sort(key=lambda row: _row_order(row.values, row.values["statistic"] in WITHOUT_BOUND))
    columns = captures.histories.occasions
    rules = {
        "estimator": "several",
        "point": "poisson",
        "interval": ["profile", "log-normal"],
        "confidence": f"{confidence:g}",
    }
    if ordered:
        rules["occasions"] = str(len(columns))
    else:
        rules["lists"] = list(columns)
    rules |= {"cells": "histories", "duplicates": "undeclared"}
    values, fits, assumed, _ = zip(*rows, strict=True)
    record = sizes.provenance_of(rules, *sizes.shared_first(assumed))
    return sizes.gather_sizes(values, record, fits, assumed=assumed)


def _flag_below_first_bound(rows: list[ModelRow], confidence: float) -> list[ModelRow]:
    """Return the rows, with points under the first lower bound flagged."""
    bounds = [row.values for row in rows if row.values["flag"] == ("lower bound",)]
    # without an error the bound has no interval to set a size against
    if not bounds or math.isnan(bounds[0]["std_error"]):
        return rows
    first = Abundance(bounds[0]["estimate"], bounds[0]["std_error"] ** 2, bounds[0]["n"])
    flagged = []
    for row in rows:
        flags = row.values["flag"]
        exempt = row.values["statistic"] in WITHOUT_BOUND
        if not exempt and {"lower bound", "below bound"}.isdisjoint(flags):
            # equal but for rounding is not below
            below = sizes.bound_flags(row.values["estimate"] * (1 + 1e-9), first, confidence)
            flags = (*below, *flags)
        flagged.append(row._replace(values=row.values | {"flag": flags}))
    return flagged


def _merge_independence(closed: list[ModelRow], lists: list[ModelRow]) -> list[ModelRow]:
    """Return all rows, with independent lists merged into Mt, which is the same model."""
    least = min(
        (row.fit.parameters for row in closed if row.fit and row.values["statistic"] == "Mt"),
        default=0,
    )
    repeated = [row for row in lists if row.fit is not None and row.fit.parameters <= least]
    for row in repeated:
        for position, known in enumerate(closed):
            if known.values["statistic"] == "Mt":
                flags = tuple(dict.fromkeys((*known.values["flag"], *row.values["flag"])))
                closed[position] = known._replace(values=known.values | {"flag": flags})
    return [*closed, *(row for row in lists if row not in repeated)]


def _list_rows(histories: counts.Histories, confidence: float = 0.95) -> list[ModelRow]:
    names, seen = histories.occasions, histories.seen.astype(int)
    overlapping = (seen.sum(axis=1) > 1) @ histories.persons
    if not 3 <= len(names) <= MOST_LISTS or not overlapping or not (histories.persons @ seen).all():
        return []
    table = ListTable(
        names, cell_counts(seen @ (1 << np.arange(len(names))), histories.persons, len(names))
    )
    row = lower_bound_row(table, confidence)
    rows = [ModelRow(row, None, sizes.assumptions("closed", "matched", "bound"))]
    if len(names) <= MOST_SEARCHED:
        rows += _search_rows(table, confidence)
    return rows


def _search_rows(table: ListTable, confidence: float) -> list[ModelRow]:
    options = SearchOptions(confidence=confidence)
    models = search(table, options, options.record(table.names))
    supposed = sizes.assumptions_of_lists(None, *OF_CHOICE)
    measured = models.models
    lowest = {
        criterion: int(np.nanargmin(measured[criterion].to_numpy(dtype=float)))
        for criterion in ("bic", "aic")
    }
    rows, gathered = [], sizes.rows_of(models)
    for index in dict.fromkeys(lowest.values()):
        fit = models.fits[index]
        if fit is None:
            continue
        row = gathered[index]
        for criterion, best in lowest.items():
            row["flag"] = sizes.join_flags(row["flag"], best == index and f"lowest {criterion}")
        rows.append(ModelRow(row, fit, supposed))
    if models.average is not None:
        rows.append(ModelRow(sizes.rows_of(models.average)[0], None, supposed))
    return rows


def _two_list_sensitivity(
    first: Any,
    second: Any,
    both: float | None,
    odds_ratio: Any,
    confidence: float,
    duplicates: Any = None,
) -> Sizes:
    low, high = _odds_ratio_range(odds_ratio)
    options = {"confidence": confidence, "duplicates": duplicates}
    if duplicates is None:
        options["duplicates"] = "fail"
    independent = {
        estimator: two_sample(first, second, both, estimator, **options)  # type: ignore[arg-type]
        for estimator in _INDEPENDENT
    }
    overlap = read_two_lists(first, second, both, options["duplicates"])
    least, most = (
        dependent_lists(overlap.first, overlap.second, overlap.both, item) for item in (low, high)
    )
    points = [sizes.rows_of(estimates)[0] for estimates in independent.values()]
    if low > 1:
        # independence is outside the range given
        for row in points:
            row["flag"] = sizes.join_flags(
                row["flag"], sizes.bound_flags(row["estimate"], least, confidence)
            )
    bottom, top = (lognormal_interval(item, confidence) for item in (least, most))
    first_row = sizes.size(_DEPENDENT, least, bottom, "lower bound") | {
        "category": CaptureModel(odds_ratio=(low,))
    }
    bounds = sizes.known_size(_DEPENDENT, math.nan, CaptureModel(odds_ratio=(low, high)), "bounds")
    bounds |= {"ci_low": bottom[0], "ci_high": top[1], "n": least.seen}
    rows = [first_row, *points, bounds]
    chapman = independent["chapman"].provenance
    rules: dict[str, Any] = {
        **chapman.rules,
        "estimator": "several",
        "interval": ["normal", "log-normal if linked"],
        "odds_ratio_low": f"{low:g}",
        "odds_ratio_high": f"{high:g}",
        "limits": "sampling",
    }
    linked = sizes.assumptions("closed", "matched", "lists.dependence_declared")
    independence = [
        sizes.assumptions(*sizes.ASSUMED["two_lists"][estimator]) for estimator in _INDEPENDENT
    ]
    record = replace(chapman, rules=rules, assumptions=sizes.shared_first([linked, *independence]))
    return sizes.gather_sizes(rows, record, assumed=[linked, *independence, linked])


def _odds_ratio_range(odds_ratio: Any) -> tuple[float, float]:
    try:
        low, high = map(float, odds_ratio)
    except (TypeError, ValueError):
        low = high = math.nan
    if not 0 < low <= high < math.inf:
        raise OptionError(
            f"{argument('odds_ratio', odds_ratio)} is not a range of odds ratios.",
            "It is the least and the largest between two lists, 1 where they are independent.",
            "Write `odds_ratio=(0.5, 2)`, both above zero and the smaller first.",
        )
    return low, high


def _row_order(row: Mapping[str, Any], exempt: bool = False) -> int:
    """Return the sort key: bounds, points, points below the bound, exempt points, no answer."""
    flags = row["flag"]
    if math.isnan(row["estimate"]):
        # bounds without a point are an answer, though not one number
        return 4 + math.isnan(row["ci_low"])
    if "lower bound" in flags:
        return 0
    if exempt:
        return 3
    if "below bound" in flags or "all seen" in flags:
        return 2
    return 1
