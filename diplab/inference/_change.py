"""`change` and `gross_flows`: net and gross change between the waves of a panel."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from diplab.checks import check_confidence, check_one_of
from diplab.errors import EmptyDomainError, OptionError
from diplab.estimators.statistic import Statistic, Statistics, expand_statistics
from diplab.inference._contrast import ContrastKind
from diplab.inference.computed import (
    as_estimates,
    check_arguments,
    compute_statistics,
    domain_variables,
)
from diplab.inference.covariance import ComputedStatistic, covariance_and_errors
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.inference.imputation import pool_estimates
from diplab.inference.linear_combinations import compare_rows, compared_pair
from diplab.inference.measures import CORRECTABLE_HEAVY_UNIT, HEAVY_UNIT
from diplab.inference.missing import MissingRule
from diplab.inference.provenance import provenance_of
from diplab.inference.tables._crosstab import crosstab
from diplab.kernel.arrays import Integers
from diplab.microdata.variable import code_text
from diplab.results.estimates import Estimates, Provenance
from diplab.results.tables import Crosstab, Shares
from diplab.sampling._imputed import Imputed
from diplab.sampling.sample import Sample
from diplab.sampling.waves import OverlappingUnits, Waves, link_waves, read_waves


def change(
    sample: Sample | Imputed,
    *statistics: Statistic | Statistics,
    wave: str,
    person: str,
    between: Sequence[Any] | None = None,
    kind: ContrastKind = "difference",
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
    na: Literal["drop", "fail"] = "drop",
) -> Estimates:
    """Estimate the net change of a statistic between waves, accounting for shared respondents.

    Those who answered both make the two estimates move together. How many people changed, up or
    down, is gross change: `gross_flows`, `link_waves`.

    Parameters
    ----------
    sample : Sample or Imputed
        The waves stacked in one file (`dl.merge`), one row per person and wave; strata and units
        are those from which the person was drawn.
    *statistics : Statistic or Statistics
        For example `mean("pay")`, `arpr("income")`: a poverty line is estimated in each wave.
    wave, person : str
        Columns of the wave, and of an identifier that a person keeps from wave to wave.
    between : sequence of waves, optional
        Each is compared with the one named before it; by default all waves of the file, in their
        order.
    kind : {"difference", "ratio"}
        The later minus the earlier, or over it.
    by : str or list of str
        Domain variables; who changes domain is in one of them in each wave.
    confidence, df
        As in `estimate`. Of waves that overlap, degrees of freedom are those of the one that has
        fewer.
    na : {"drop", "fail"}
        Rows without an answer are left out of their wave and counted, or refused.

    Returns
    -------
    Estimates
        One row per statistic, domain and pair of waves (`2021 − 2020` in the column of the wave),
        with `p_value` after the measures; `n` counts once those who answered both.

    Raises
    ------
    ColumnError, OptionError
        Where a column or a wave does not exist, or there are not two waves.
    DesignError
        Where a person is twice in a wave or changes unit, or the design does not give the
        covariance between waves.
    EmptyDomainError
        Where a wave has no answers.

    Notes
    -----
    Each wave has the variance of its own design, with its strata sizes, line and margins (calibrate
    before, to a column of wave and category). Its covariance with another comes from the units, or
    the persons in a design without units, that a stratum has in both, each measured from the mean
    of its wave (Tam 1984): that of the stacked sample where all are common, 0 where none is, which
    is said under the table. In rotating panels it estimates what Berger and Priam (2016) do,
    without bias where few units are common. Replicate weights of a file hold it themselves.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> years, pay = [1, 1, 1, 2, 2, 2], [8.0, 5, 11, 9, 7, 14]
    >>> panel = pd.DataFrame({"year": years, "id": [1, 2, 3] * 2, "pay": pay})
    >>> found = dl.change(dl.declare_design(panel), dl.mean("pay"), wave="year", person="id")
    >>> found.frame[["year", "estimate", "std_error", "n"]].round(4).values.tolist()
    [['2 − 1', 2.0, 0.5774, 3]]
    """
    check_one_of("kind", kind, ContrastKind)
    check_one_of("na", na, Literal["drop", "fail"])
    if isinstance(sample, Imputed):
        on_one = partial(change, wave=wave, person=person, between=between, kind=kind, by=by)
        asked: Any = {"confidence": confidence, "df": df, "na": na}
        return pool_estimates(sample.results(on_one, *statistics, **asked))
    several = expand_statistics(statistics)
    check_arguments(sample, several, confidence)
    check_one_of("df", df, DegreesOfFreedom)
    domains, waves = domain_variables(sample, by), read_waves(sample, wave, person)
    # a column of the result bears its name
    if domain_variables(sample, wave)[0] in domains:
        raise OptionError(
            f"`{wave}` is the wave, and cannot be a domain variable.", write="Leave it out of `by`."
        )
    chosen = waves.chosen(between)
    _check_respondents(waves, chosen, sample.condition)
    by_wave, levels = _levels(waves, chosen, several, domains, confidence, df, na)
    changes = _compared(waves, chosen, by_wave, levels, wave, kind)
    if na == "drop":
        return changes
    return changes.described(rules={**changes.provenance.rules, "na": na})


def _levels(
    waves: Waves,
    chosen: Sequence[int],
    statistics: Sequence[Statistic],
    domains: tuple[str, ...],
    confidence: float,
    df: DegreesOfFreedom,
    na: Literal["drop", "fail"],
) -> tuple[list[list[ComputedStatistic]], Estimates]:
    """Return the statistics of each wave, and their estimates with a joint covariance."""
    of_waves = [compute_statistics(waves.of(at), statistics, domains, df, na) for at in chosen]
    records = [provenance_of(of_wave, own, confidence, df, domains) for of_wave, own in of_waves]
    by_wave = [own for _, own in of_waves]
    computed = list(itertools.chain.from_iterable(by_wave))
    spread = covariance_and_errors(waves.sample, computed)
    levels = as_estimates(waves.sample, computed, spread, domains, _together(records), df, None)
    # enlarged residuals of two waves at once are not known
    flags = levels.frame["flag"].str.replace(CORRECTABLE_HEAVY_UNIT, HEAVY_UNIT)
    levels = replace(levels, frame=levels.frame.assign(flag=flags))
    units = waves.sample.engine.units
    if isinstance(units, OverlappingUnits) and units.common[0] is not None:
        # the degrees of freedom of a combination are known for independent rows
        levels = replace(levels, effective=None)
    return by_wave, levels


def _compared(
    waves: Waves,
    chosen: Sequence[int],
    by_wave: Sequence[Sequence[ComputedStatistic]],
    levels: Estimates,
    wave: str,
    kind: ContrastKind,
) -> Estimates:
    """Compare each wave with the one before; `levels` has the rows of one wave after another."""
    size = len(levels) // len(chosen)
    pairs = len(chosen) - 1
    pair = np.tile(np.arange(pairs), size)
    earlier = pair * size + np.repeat(np.arange(size), pairs)
    compared, twice, common = [], [], []
    for places, own in zip(itertools.pairwise(chosen), itertools.pairwise(by_wave), strict=True):
        before, after = (waves.categories[place] for place in places)
        compared.append(compared_pair(after, before, kind))
        twice.append(_answered_twice(waves, places, own))
        common.append(f"{waves.both(*places)[0].size:,}")
    named = {wave: [compared[place] for place in pair]}
    changes = compare_rows(
        levels, earlier + size, earlier, kind, named, np.stack(twice, axis=1).ravel()
    )
    rules = {"contrast": f"{kind} between waves", "persons_in_both": ", ".join(common)}
    return changes.described(rules={**changes.provenance.rules, **rules}, contrast=kind)


def _check_respondents(waves: Waves, chosen: Sequence[int], condition: str) -> None:
    for place in chosen:
        if not waves.of(place).totals((), ()).n.sum():
            name = code_text(waves.categories[place])
            raise EmptyDomainError(f"Nobody of wave {name} is in `{condition or 'the sample'}`.")


def _together(records: Sequence[Provenance]) -> Provenance:
    """Return the record of several waves: that of the first, with what is missing in all."""
    missing = sum((Counter(record.missing) for record in records), Counter())
    notices = tuple(dict.fromkeys(text for record in records for text in record.notices))
    return replace(records[0], missing=dict(missing), reasons={}, notices=notices)


def _answered_twice(
    waves: Waves, places: tuple[int, int], computed: Sequence[Sequence[ComputedStatistic]]
) -> Integers:
    """Return how many people of each row answered in both waves, in the same domain."""
    rows, rows_later = waves.both(*places)
    known = {}
    for before, after in zip(*computed, strict=True):
        if before.totals in known:
            continue
        domain, weight = before.totals.row_weights()
        domain_later, weight_later = after.totals.row_weights()
        domain, domain_later = domain[rows], domain_later[rows_later]
        answered = (weight[rows] > 0) & (weight_later[rows_later] > 0)
        both = domain[answered & (domain == domain_later)]
        known[before.totals] = np.bincount(both, minlength=before.totals.domains)
    return np.concatenate([known[before.totals] for before in computed[0]])


def gross_flows(
    sample: Sample,
    status: str,
    *,
    wave: str,
    person: str,
    between: Sequence[Any] | None = None,
    response: str | Sequence[str] | None = None,
    shares: Shares = "row",
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
    na: MissingRule = "drop",
) -> Crosstab:
    """Estimate gross flows: how many people moved between statuses from one wave to another.

    Parameters
    ----------
    sample : Sample
        The waves stacked in one file, as in `change`.
    status : str
        Column of the status, for example the activity.
    wave, person, between, response
        As in `link_waves`: with `response`, attrition is a second phase of the earlier wave.
    shares : {"row", "column", "cell"}
        Of what the table has the shares: where those of each earlier status went, where those of
        each later one came from, or of everybody.
    by, confidence, df, na
        As in `crosstab`.

    Returns
    -------
    Crosstab
        The earlier status in rows, the later in columns: transition probabilities in `.rows`, flows
        in `.counts`.

    Raises
    ------
    EmptyDomainError
        Where no person is in both waves; other errors as in `link_waves`.

    Notes
    -----
    A status misread in one wave makes a flow where there was none: such errors cancel out in net
    change, and add up in gross flows (Chua and Fuller 1987).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> panel = pd.DataFrame({"year": [1] * 4 + [2] * 4, "id": [1, 2, 3, 4] * 2})
    >>> panel["works"] = list("yynnynnn")
    >>> flows = dl.gross_flows(dl.declare_design(panel), "works", wave="year", person="id")
    >>> flows.counts.frame[["works_1", "works_2", "estimate"]].values.tolist()
    [['n', 'n', 2.0], ['n', 'y', 0.0], ['y', 'n', 1.0], ['y', 'y', 1.0]]
    """
    check_confidence(confidence)
    linked = link_waves(
        sample, status, wave=wave, person=person, between=between, response=response
    )
    earlier, later = (
        name for name in linked.names[len(sample.names) :] if name.startswith(f"{status}_")
    )
    options: Any = {"shares": shares, "by": by, "confidence": confidence, "df": df, "na": na}
    return crosstab(linked, earlier, later, test="none", **options)
