"""How many people there are, from how often each one seen was seen and what is known of each."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import DiplabError
from diplab.kernel.abundance import Abundance, lognormal_interval, normal_interval
from diplab.kernel.represented_sizes import by_group, size_parts
from diplab.population.capture_regression.asked import Asked, formula_of, sample_of
from diplab.population.capture_regression.fitted import fitted
from diplab.population.capture_regression.persons import read_persons
from diplab.population.capture_regression.record import record_of
from diplab.population.capture_regression.remarks import remarks
from diplab.population.capture_regression.single_source_fit import SingleSourceFit, one_step
from diplab.population.capture_regression.spread import spread_of_design, spread_of_model
from diplab.population.sizes import VARIABLE, no_size, size
from diplab.results.estimates import COLUMNS
from diplab.results.sizes import ModelFit
from diplab.sampling.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.population.capture_regression.fitted import FittedCaptures
    from diplab.population.capture_regression.spread import Spread
    from diplab.results.provenance import Provenance
    from diplab.sampling.formula import ModelFormula

__all__ = ["single_source_regression"]


def single_source_regression(
    formula: str,
    data: Any,
    captures: str,
    family: str,
    count: str | None = None,
    *,
    by: str | Sequence[str] = (),
    interval: str = "log-normal",
    confidence: float = 0.95,
    variance: str | None = None,
    cluster: str | None = None,
    na: str = "fail",
    inflation: str = "seen",
) -> SingleSourceFit:
    """Return how many people there are, from how often each one seen was seen and what is known of each.

    A person who was unlikely to be seen stands for more persons who were not. The regression tells how likely each one
    was, so that groups seen more or less easily are not mixed, and the size is had by group too.

    Parameters
    ----------
    formula : str
        `"~ age + C(sex)"`, or `"~ 1"` for everybody alike; the column of captures may stand before `~`. The language
        is that of `regress`.
    data : pandas or Polars frame, Microdata, or Sample
        One row a person seen at least once, or one a pattern with `count`. A `Sample` from `declare_design` is a
        sample of the persons seen (see Notes).
    captures : str
        Column of the times each person was seen, 1 or more.
    family : str
        `poisson` (persons alike have the same rate), `geometric`, `negative_binomial` (rates differ among them),
        `chao` (a lower bound, from those seen once or twice), `zelterman` (their rate lent to everyone),
        `one_inflated_poisson`, `one_inflated_geometric` (some are seen once only in any case).
    count : str, optional
        Column of how many persons a row stands for, a whole number. These are persons that were counted, and not
        survey weights.
    by : str or sequence of str
        Columns for whose categories sizes are wanted too; no answer is a category of its own.
    interval : {"log-normal", "normal"}
        The first never falls below the persons seen.
    confidence : float
        Probability of the intervals.
    variance : {"analytic", "HC0", "HC1", "HC3"}, optional
        Covariance of the coefficients by the model (observed information), or by a sandwich where the spread of the
        counts is not to be taken from it. By default `analytic`, and `HC1` with `cluster`; of a sample, by its design.
    cluster : str, optional
        Column of groups within which persons are not independent (platforms, towns).
    na : {"fail", "drop"}
        Persons with a missing value are refused, or left out and counted; they were seen, so that the size is then
        that of fewer people, and says so.
    inflation : {"seen", "everyone"}
        Where one-inflated: whether the surplus is a share of the persons seen, all others standing for as many as
        they would without it, or of all persons, of whom the surplus are then always seen.

    Returns
    -------
    SingleSourceFit
        `Sizes`: everybody first, then a row a category of `by`, with all covariances (groups share coefficients).
        `fits[0].coefficients` holds the coefficients, on the logarithm of the rate (of half the rate for `chao` and
        `zelterman`), with `log(alpha)`, variance l + alpha l^2, or `logit(omega)`, the share of the surplus, last.
        `influence()` tells how each person moves the size; the flag `influential` says that one of them moves it by
        more than its standard error. Sizes under the bound of Chao of the same persons, taken as alike, are flagged
        (`below bound`), but for one-inflated families, for which it does not hold. A negative binomial without a
        highest likelihood, or a one-inflated family without a surplus, has no point and the flag `boundary`; the bound
        of Chao follows it.

    Raises
    ------
    OptionError
        Where captures or counts are not what they should be, values are missing, terms are collinear or one has no
        finite coefficient.
    MisleadingError
        Where the counts allow no finite size.
    ConditionError, ColumnError, DesignError
        Where the formula or the data cannot be read.

    Notes
    -----
    N = sum over persons seen of 1/p (Horvitz and Thompson, 1952), p = 1 - P(0) at the person's own rate; for `chao`,
    N = n + sum over those seen once or twice of 1/(l + l^2/2). Variance D V D' + sum (1 - p)/p^2, D being the
    derivative of N by the coefficients and V their covariance (van der Heijden, Cruyff and van Houwelingen, 2003;
    Böhning et al., 2013; Godwin and Böhning, 2017).

    The weight of a sample says how many persons *seen at least once* a row stands for: persons drawn from a list, say,
    of whom alone the captures were read. N is then the sum of w/p. Weights that gross up to a whole population would
    count those never seen twice. The variance is that of the design on the linearised size (Binder, 1983), and what
    would remain if all persons seen had been drawn. Where a large share of them was, declare `fpc`.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> seen = pd.DataFrame({"times": [1, 2, 3, 4, 5, 6], "persons": [1645, 183, 37, 13, 1, 1]})
    >>> found = population.single_source_regression("~ 1", seen, "times", "poisson", count="persons")
    >>> found.frame[["estimate", "std_error", "flag"]].round(1).values.tolist()
    [[7079.9, 365.8, 'below bound, contradicted']]
    """
    groups = tuple(dict.fromkeys(by)) if isinstance(by, list | tuple) else (by,)
    asked = Asked(captures, family, count, groups, interval, confidence, variance, cluster, na, inflation)
    sample, sampled = sample_of(data), isinstance(data, Sample)
    if sampled:
        asked.check_sample()
    asked.check_columns(sample.names)
    read = formula_of(formula, sample, captures)
    sample = sample.collect_for(by=tuple(dict.fromkeys((*read.names, *asked.columns))))
    persons = read_persons(sample, read, count=count, by=groups, cluster=cluster, na=na)
    found = fitted(persons, asked.of_kernel, read.text, sampled=sampled)
    if found.at_edge:
        return _at_the_edge(found, asked, formula, data, record_of(found, asked, read, sample))
    parts = size_parts(found.terms, persons.weight, persons.groupings)
    spread = (
        spread_of_design(found, parts, sample) if sampled else spread_of_model(found, parts, asked.spread)
    )
    rows = _rows(found, asked, parts.sizes, spread)
    removed = persons.weight if sampled else 1.0
    if not float(np.abs(one_step(found, removed) - removed).max()) <= rows[0]["std_error"]:
        rows[0]["flag"] = _joined(rows[0]["flag"], "influential")
    fits = (_model(found, read, spread), *[None] * (len(rows) - 1))
    return _gathered(rows, spread.sizes, record_of(found, asked, read, sample), fits, found, sample)


def _rows(found: FittedCaptures, asked: Asked, sizes: Any, spread: Spread) -> list[dict[str, Any]]:
    """Return the total and the groups, each with its interval and what to know of it."""
    persons = found.persons
    limits = lognormal_interval if asked.interval == "log-normal" else normal_interval
    unit = np.ones_like(persons.weight) if found.sampled else persons.weight
    seen = by_group(persons.groupings, unit)
    said = remarks(persons, found.fit.family, sizes, asked.confidence, sampled=found.sampled)
    rows = []
    for place, (variable, category) in enumerate(((VARIABLE, ""), *persons.groups)):
        variance = float(spread.sizes[place, place])
        own = Abundance(float(sizes[place]), variance if variance >= 0 else math.nan, float(seen[place]))
        flag = _joined(
            said[place],
            "persons left out" if persons.left_out else "",
            "no variance" if math.isnan(own.variance) else "",
        )
        row = size(asked.family, own, limits(own, asked.confidence), flag)
        rows.append({**row, "variable": variable, "category": category})
    return rows


def _joined(*flags: str) -> str:
    return ", ".join(flag for flag in flags if flag)


def _model(found: FittedCaptures, read: ModelFormula, spread: Spread) -> ModelFit:
    """Return the model behind the sizes, its likelihood without criteria where weights make it one in name only."""
    import pandas as pd

    fit, reporting = found.fit, found.reporting
    covariance = reporting @ spread.parameters @ reporting.T
    coefficients = pd.DataFrame({
        "term": found.names,
        "estimate": reporting @ fit.theta,
        "std_error": np.sqrt(np.maximum(np.diag(covariance), 0.0)),
    })  # fmt: skip
    width, people = fit.theta.size, float(found.fitting_weight.sum())
    value = math.nan if found.sampled else fit.log_likelihood
    return ModelFit(
        model=f"{fit.family}: {read.text}",
        parameters=width,
        deviance=math.nan,
        df=float(np.count_nonzero(found.fitting_weight) if found.sampled else people) - width,
        log_likelihood=value,
        aic=-2 * value + 2 * width,
        bic=-2 * value + width * math.log(people),
        coefficients=coefficients,
    )


def _at_the_edge(
    found: FittedCaptures, asked: Asked, formula: str, data: Any, record: Provenance
) -> SingleSourceFit:
    """Return no point where the likelihood has no maximum inside, and the lower bound of the same data after it."""
    persons = found.persons
    seen = float(persons.weight.size if found.sampled else persons.weight.sum())
    none = no_size(asked.family, seen, _joined("boundary", "persons left out" if persons.left_out else ""))
    rows, covariance = [none], np.full((1, 1), math.nan)
    fits: tuple[ModelFit | None, ...] = (None,)
    try:
        bound = single_source_regression(
            formula,
            data,
            asked.captures,
            "chao",
            asked.count,
            by=asked.by,
            interval=asked.interval,
            confidence=asked.confidence,
            variance=asked.variance,
            cluster=asked.cluster,
            na=asked.na,
        )
    except DiplabError:
        return _gathered(rows, covariance, record, fits, None, None)
    rows += [{str(name): value for name, value in row.items()} for row in bound.frame.to_dict("records")]
    covariance = np.full((len(rows), len(rows)), math.nan)
    covariance[1:, 1:] = bound.covariance
    assumptions = tuple(dict.fromkeys((*record.assumptions, *bound.provenance.assumptions)))
    record = replace(record, assumptions=assumptions)
    return _gathered(rows, covariance, record, (*fits, *bound.fits), None, None)


def _gathered(
    rows: list[dict[str, Any]],
    covariance: Any,
    record: Provenance,
    fits: tuple[ModelFit | None, ...],
    details: FittedCaptures | None,
    sample: Sample | None,
) -> SingleSourceFit:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    found = SingleSourceFit(frame, covariance, record, fits=fits, details=details)
    return found if sample is None else replace(found, codebook=sample.codebook, drawn=sample.engine.drawn)
