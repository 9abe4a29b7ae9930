"""`weight_effects`: the loss of precision due to unequal weights, and their extremes, by domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from diplab.errors import OptionError
from diplab.estimators.measurement import read_variables
from diplab.estimators.statistic import Linearised
from diplab.inference.computed import domain_variables
from diplab.inference.covariance import linearised_statistic
from diplab.inference.measures import keys_of_rows, measures, no_respondents, row_flags
from diplab.inference.provenance import provenance_of
from diplab.kernel.arrays import Floats
from diplab.microdata.missing import Level
from diplab.results.estimates import Estimates, StatisticDescription
from diplab.sampling.condition import known_column
from diplab.sampling.expression import ONE, Column, Expression, Rows
from diplab.sampling.sample import Sample, SampleInMemory, check_sample
from diplab.sampling.totals import Totals
from diplab.weighting.trimming import LIMITS

_INDEX, _COUNT = StatisticDescription(kind="index"), StatisticDescription(kind="count")
_WITHOUT = "`dl.weight_effects(sample)`, whose effects need no outcome"
_INSTEAD: Mapping[Level, str] = {"nominal": _WITHOUT, "unstated": _WITHOUT, "ordinal": _WITHOUT}
_OF_VARIANCE = ("confidence", "df", "lonely_psu", "variance")


def weight_effects(
    sample: Sample,
    outcome: str | None = None,
    *,
    by: str | Sequence[str] | None = None,
    probability: str | None = None,
) -> Estimates:
    """Return the loss of precision due to unequal weights: design effects, effective n, extremes.

    Parameters
    ----------
    sample : Sample
        From `declare_design`, calibrated or not.
    outcome : str, optional
        A numeric variable: the effect of the weights on its mean, once calibrated, or under
        `probability`.
    by : str or list of str
        Domain variables.
    probability : str, optional
        A column with the probability of each person at one draw (size over total size), for
        Spencer's design effect.

    Returns
    -------
    Estimates
        Rows without standard error, by statistic then by domain, over respondents of positive
        weight w:

        - `weight_deff`: n sum(w^2) / sum(w)^2, that is 1 + CV^2 of the weights (Kish 1965): how
          many times larger the variance of a mean is than under equal weights, where weights have
          nothing to do with the outcome;
        - `effective_n`: n over it;
        - `weight_extremes`: the largest weight over the smallest; `largest_weight`: the largest
          over the median;
        - `calibration_deff`, of an outcome after `calibrate`: the variance of its mean were people
          drawn one by one, m / (m - 1) sum((w e)^2) / N^2 over the m respondents of positive
          weight, to that under simple random sampling; e are the residuals of y - ybar on the
          margins. It is below Kish's where margins explain the outcome (the quantity of Henry and
          Valliant 2015);
        - `spencer_deff`, with `probability` p: (1 - r^2) K + (a / s)^2 (K - 1) + n / (N s^2)
          (cov(e^2, w) + 2 a cov(e, w)), with K Kish's, r the weighted correlation of y and p, s^2
          the weighted variance, a the intercept and e the residuals of the weighted regression of y
          on p (Spencer 2000).

        A largest weight of more than ten medians, or a design effect above 2, is flagged `uneven
        weights`. Of an outcome without calibrated weights or `probability`, the two effects that
        need them say so in their flag.

    Raises
    ------
    ColumnError
        Where a column does not exist, or holds words.
    MisleadingError
        Where the outcome is of codes, which are not amounts.
    EmptyDomainError
        Where no respondent has an answer and a positive weight.
    OptionError
        Where a probability is not between 0 and 1, or is given without an outcome.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"w": [1.0, 1.0, 1.0, 5.0]}), weights="w")
    >>> dl.weight_effects(sample).frame.set_index("statistic")["estimate"].round(2).to_dict()
    {'weight_deff': 1.75, 'effective_n': 2.29, 'weight_extremes': 5.0, 'largest_weight': 5.0}
    """
    check_sample(sample, "A design effect of weights", "`weight_effects`")
    domains = domain_variables(sample, by)
    columns = [name for name in (outcome, probability) if name is not None]
    for name in columns:
        known_column(name, sample.names, "a variable")
    read: tuple[Expression, ...] = tuple(map(Column, columns))
    in_memory = sample.collect_for(*read, by=domains)
    _check_outcome(in_memory, outcome, probability)
    if outcome is not None:
        read_variables(in_memory, "weight_effects", (outcome,), "scores", _INSTEAD)
    totals = in_memory.totals(domains, read)
    if not totals.n.sum():
        raise no_respondents("`weight_effects`", sample)
    with np.errstate(divide="ignore", invalid="ignore"):
        effects = _of_weights(in_memory, totals, read)
        if probability is not None:
            y, p = map(in_memory.engine.columns.numbers, columns)
            used = p[in_memory.engine.scoped(totals.scope).weight > 0]
            if wrong := int(((used <= 0) | (used >= 1)).sum()):
                raise OptionError(
                    f"`{probability}` is not between 0 and 1 in {wrong} rows.",
                    "It holds the probability of each person at one draw.",
                    "Divide the size of each by the total size in the population.",
                )
            effects["spencer_deff"] = _spencer(in_memory, totals, y, p, effects["weight_deff"])
        if outcome is not None and _is_calibrated(in_memory):
            effects["calibration_deff"] = _of_calibration(in_memory, totals, read[0])
    reasons: dict[str, str] = {}
    if outcome is not None and probability is None and not _is_calibrated(in_memory):
        # Kish's knows no outcome: each of the two that do says what it lacks
        reasons = {
            "calibration_deff": "not calibrated",
            "spencer_deff": "no probability of selection",
        }
        effects |= {name: np.full(totals.domains, np.nan) for name in reasons}
    return _result(in_memory, totals, effects, outcome or "", domains, reasons)


def _check_outcome(sample: SampleInMemory, outcome: str | None, probability: str | None) -> None:
    if outcome is None and probability is not None:
        raise OptionError(
            "`probability` is given without an outcome.",
            "Spencer's design effect is that of the mean of a variable.",
            "Write for example `weight_effects(sample, 'income', probability='p')`.",
        )


def _of_weights(
    sample: SampleInMemory, totals: Totals, read: Sequence[Expression]
) -> dict[str, Floats]:
    """Return what needs no outcome."""
    engine, rows = sample.engine, sample.engine.scoped(totals.scope)
    answered = (rows.weight > 0) & ~sum(
        (engine.columns.gaps(item, rows.domain) for item in read), rows.weight <= 0
    )
    by_domain = pd.Series(engine.weights[answered]).groupby(rows.domain[answered])
    lowest, middle, highest = (
        by_domain.agg(name).reindex(range(totals.domains)).to_numpy()
        for name in ("min", "median", "max")
    )
    people, squares = totals(ONE, totals.weight)
    kish = totals.n * squares / people**2
    return {
        "weight_deff": kish,
        "effective_n": totals.n / kish,
        "weight_extremes": highest / lowest,
        "largest_weight": highest / middle,
    }


def _spencer(sample: SampleInMemory, totals: Totals, y: Floats, p: Floats, kish: Floats) -> Floats:
    """Return Spencer's design effect of the mean of an outcome."""
    domain = sample.engine.scoped(totals.scope).domain
    people = totals(ONE)[0]

    def means(*values: Floats) -> list[Floats]:
        return [total / people for total in totals(*map(Rows, values))]

    mean, middle = means(y, p)
    y, p = y - mean[domain], p - middle[domain]
    variance, variance_p, both = means(y * y, p * p, y * p)
    slope = np.where(variance_p > 0, both / variance_p, 0.0)
    intercept = mean - slope * middle
    residual, weights = y - slope[domain] * p, sample.engine.weights
    squares, of_weights, of_residual, of_square = means(
        residual**2, weights, residual * weights, residual**2 * weights
    )
    rest = of_square - squares * of_weights + 2 * intercept * of_residual
    result: Floats = (
        squares * kish + intercept**2 * (kish - 1) + totals.n / people * rest
    ) / variance
    return result


def _is_calibrated(sample: SampleInMemory) -> bool:
    return sample.auxiliary is not None and sample.auxiliary.is_calibration


def _of_calibration(sample: SampleInMemory, totals: Totals, outcome: Expression) -> Floats:
    """Return the design effect of a calibrated mean from residuals, people drawn one by one."""
    engine, auxiliary, rows = sample.engine, sample.auxiliary, sample.engine.scoped(totals.scope)
    assert auxiliary is not None  # what is asked for
    people, total = totals(ONE, outcome)
    mean = total / people
    value = engine.columns.evaluate(outcome, rows.domain)
    centred = np.where((rows.weight > 0) & np.isfinite(value), value - mean[rows.domain], 0.0)
    coefficients = auxiliary.coefficients(centred, rows.domain, totals.domains)
    spread = np.zeros(totals.domains)
    for start, stop, controls in auxiliary.controls.blocks(totals.domains):
        own = centred[start:stop, None] * (
            rows.domain[start:stop, None] == np.arange(totals.domains)
        )
        residual = own - controls @ coefficients[: controls.shape[1]]
        spread += ((engine.weights[start:stop, None] * residual) ** 2).sum(axis=0)
    everyone = int((engine.weights > 0).sum())
    squares = np.bincount(rows.domain, weights=rows.weight * centred**2, minlength=totals.domains)
    result: Floats = everyone / (everyone - 1) * (totals.n - 1) * spread / (people * squares)
    return result


def _result(
    sample: SampleInMemory,
    totals: Totals,
    effects: dict[str, Floats],
    outcome: str,
    domains: tuple[str, ...],
    reasons: Mapping[str, str],
) -> Estimates:
    kish, largest = LIMITS
    uneven = (effects["weight_deff"] > kish) | (effects["largest_weight"] > largest)
    cells, parts, computed = sample.engine.cells(domains), [], []
    for name, point in effects.items():
        variable = outcome
        if name not in ("spencer_deff", "calibration_deff"):
            variable = sample.design.weights or ""
        computed.append(
            linearised_statistic(totals, Linearised(point, ONE), name, outcome or variable)
        )
        nothing = np.full(len(cells), np.nan)
        flags = row_flags(totals.n, point, np.zeros(len(cells)), np.inf)
        flags[(flags == "") & uneven] = "uneven weights"
        if name in reasons:
            flags[:] = reasons[name]
        columns = keys_of_rows(name, variable, "", domains, cells)
        columns |= measures(
            np.where(totals.n > 0, point, np.nan),
            nothing,
            nothing,
            nothing,
            nothing,
            totals.n,
            flags,
        )
        parts.append(pd.DataFrame(columns))
    frame = pd.concat(parts, ignore_index=True)
    record = provenance_of(sample, computed, 0.95, "design", domains)
    record = replace(record, rules=record.rules_without(*_OF_VARIANCE))
    covariance = np.full((len(frame), len(frame)), np.nan)
    return Estimates(
        frame, covariance, record, domains, sample.codebook, sample.engine.drawn,
        descriptions={name: _COUNT if name == "effective_n" else _INDEX for name in effects},
    )  # fmt: skip
