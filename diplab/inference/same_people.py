"""Covariance between results of the same respondents, such as weighted and unweighted ones.

An estimate is to first order a sum over respondents of what each contributes to it, the weight
times the linearised variable (Deville 1999). Two estimates of the same respondents have the
covariance that the design gives to these sums, whatever weights each of them has. See
docs/decisions/0037-samples-and-people.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy import sparse

from diplab.errors import MisleadingError
from diplab.inference.covariance import SampledRows
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.variance import LinearisedTotals
from diplab.results.estimates import Estimates
from diplab.sampling.identity import SampleIdentity
from diplab.sampling.people import Match, match_rows
from diplab.sampling.replication import Replication
from diplab.sampling.sample import SampleInMemory
from diplab.sampling.units import Units


@dataclass(frozen=True, eq=False)
class OfOneDesign:
    """Results of one design taken together, the rows of one after those of another."""

    covariance: Floats
    common: Floats  # (rows, rows); how many respondents stand behind both


def known_rows(result: Estimates) -> SampledRows | None:
    """Return what respondents contribute to a result; None where it is not known."""
    held = result.contributions
    points = result.frame["estimate"].to_numpy(dtype=float)
    return held if isinstance(held, SampledRows) and held.tell(points) else None


def of_one_design(
    results: Sequence[Estimates], rows: Sequence[Integers], there: Sequence[Booleans]
) -> OfOneDesign | None:
    """Return results of the same respondents on common rows taken together.

    None where they are independent.
    """
    # `rows` (results of rows,) is the row of each result that a common row is, `there` whether it
    # has one
    matches = [
        (pair, _match(*(results[item] for item in pair)))
        for pair in combinations(range(len(results)), 2)
    ]
    same = [(pair, match) for pair, match in matches if match.same]
    if not same:
        return None
    held = list(map(known_rows, results))
    for pair, match in same:
        if match.why:
            raise _unknown(match.why, match.write)
        if held[pair[0]] is None or held[pair[1]] is None:
            raise _unknown(
                "One of them does not hold what each respondent contributes to it.",
                "Compare estimates of two samples in memory, which were not read from a file of "
                "results.",
            )
    if len(same) < len(matches):
        raise _unknown(
            "Some of the results are of the same respondents, and others are not.",
            "Compare two results at a time.",
        )
    sampled = [item for item in held if item is not None]
    alike = len({_replicates_of(item.sample) for item in sampled}) == 1
    first = sampled[0].sample.replication
    common = _common(sampled, rows)
    if alike and first is not None:
        return OfOneDesign(_under_replicates(sampled, first, rows, there), common)
    if not alike and any(item.sample.design.replicates is not None for item in sampled):
        # what a file's replicates leave out, its columns do not say; those made here have a design
        raise _unknown(
            "They do not have the same replicate weights.",
            "Declare both designs with the same `replicates=`, or neither with any.",
        )
    apart = not any(common[own].any() for own in _pairs_of_blocks(len(sampled), rows[0].size))
    if apart and not any(_drawn(item.sample) for item in sampled):
        # two groups of people who were drawn one by one
        return None
    return OfOneDesign(_linearised(sampled, rows, there), common)


def _pairs_of_blocks(results: int, width: int) -> Iterator[tuple[slice, slice]]:
    for one, two in combinations(range(results), 2):
        yield slice(one * width, (one + 1) * width), slice(two * width, (two + 1) * width)


def _common(held: Sequence[SampledRows], rows: Sequence[Integers]) -> Floats:
    """Return how many respondents stand behind each pair of rows."""
    whole = max((item.sample for item in held), key=lambda sample: sample.engine.rows)
    parts = []
    for item, row in zip(held, rows, strict=True):
        place = match_rows(whole, item.sample).place
        assert place is not None  # who is not found among the others was refused
        there = sparse.coo_array(item.present()[:, np.maximum(row, 0)])
        moved = place[there.row], there.col
        parts.append(sparse.csr_array((there.data, moved), shape=(whole.engine.rows, row.size)))
    every = sparse.csr_array(sparse.hstack(parts))
    return np.asarray((every.T @ every).todense())


def _unknown(why: str, write: str) -> MisleadingError:
    return MisleadingError(
        "The results compared are of the same respondents, and not independent.", why, write
    )


def _match(one: Estimates, two: Estimates) -> Match:
    first, second = known_rows(one), known_rows(two)
    if first is not None and second is not None:
        return match_rows(first.sample, second.sample)
    drawn = one.drawn
    known = isinstance(drawn, SampleIdentity) and drawn.same_source(two.drawn)
    sums = {item.codebook.origin.sha256 for item in (one, two)}
    return Match(known or (len(sums) == 1 and sums != {""}))


def _aligned(every: Any, row: Integers, there: Booleans) -> sparse.csr_array:
    """Return contributions to the rows that results have in common.

    None to shares of 0 that a result lacks.
    """
    taken = sparse.csr_array(every)[:, np.maximum(row, 0)]
    return sparse.csr_array(taken @ sparse.diags_array(there.astype(float)))


def _linearised(
    held: Sequence[SampledRows], rows: Sequence[Integers], there: Sequence[Booleans]
) -> Floats:
    """Return the design-based covariance of the contributions of respondents to the results."""
    whole = _of_the_design([item.sample for item in held])
    units = whole.engine.units
    parts, lost = [], []
    for item, row, own in zip(held, rows, there, strict=True):
        place = match_rows(whole, item.sample).place
        assert place is not None  # who is not found among the others was refused
        cells = _aligned(item.by_row(), row, own)
        unit = units.of_record[place]
        member = sparse.csr_array(
            (np.ones(unit.size), (unit, np.arange(unit.size))), shape=(unit.max() + 1, unit.size)
        )
        total = sparse.coo_array(member @ cells)
        undefined = np.bincount(total.col[~np.isfinite(total.data)], minlength=row.size) > 0
        lost.append(undefined | (row < 0))
        parts.append((total.row, total.col, np.nan_to_num(total.data)))
    width = rows[0].size
    unit, column, value = (np.concatenate([part[at] for part in parts]) for at in (0, 1, 2))
    start = np.repeat(np.arange(len(parts)) * width, [part[0].size for part in parts])
    covariance = units.covariance(LinearisedTotals(unit, column + start, value, width * len(parts)))
    undefined = np.concatenate(lost)
    covariance[undefined, :] = np.nan
    covariance[:, undefined] = np.nan
    return covariance


def _of_the_design(samples: Sequence[SampleInMemory]) -> SampleInMemory:
    """Return the sample whose design is that of all, with everybody who is in one of them."""
    plain = {_drawn(sample) for sample in samples if _drawn(sample)}
    if len(plain) > 1:
        raise _unknown(
            "They are declared with other strata, units or corrections.",
            "Declare both with the same `strata=`, `psu=` and `fpc=`; the weights may differ.",
        )
    most = max(sample.engine.rows for sample in samples)
    whole = [sample for sample in samples if sample.engine.rows == most]
    structured = [item for item in whole if _drawn(item)] or whole
    if plain and not _drawn(structured[0]):
        raise _unknown(
            "The one with strata or units has fewer respondents than the other.",
            "Declare both with the same `strata=`, `psu=` and `fpc=`.",
        )
    if type(structured[0].engine.units) is not Units:
        raise _unknown("One is a sample of two phases.", "Compare two results of one design.")
    return structured[0]


def _drawn(sample: SampleInMemory) -> tuple[object, ...]:
    """Return how a sample was drawn, weights apart; nothing where each row is a unit by itself."""
    design = sample.engine.design
    if not (design.strata or design.psu or design.fpc):
        return ()
    policies = (
        design.nest,
        design.lonely_psu,
        design.lonely_psu_domain,
        design.unequal,
        design.unequal_variance,
    )
    return (design.strata, design.psu, design.fpc, *policies)


def _under_replicates(
    held: Sequence[SampledRows],
    replication: Replication,
    rows: Sequence[Integers],
    there: Sequence[Booleans],
) -> Floats:
    """Return the covariance of results under the same replicates."""
    under, full = [], []
    for item, row, known in zip(held, rows, there, strict=True):
        own = item.sample.replication
        assert own is not None  # it is like the first
        under_each, full_each = item.by_replicate(own)
        at = np.maximum(row, 0)
        under.append(np.where(row < 0, np.nan, np.where(known, under_each[:, at], 0.0)))
        full.append(np.where(row < 0, np.nan, np.where(known, full_each[at], 0.0)))
    return replication.covariance(
        np.concatenate(under, axis=1), np.concatenate(full), compared=True
    )


def _replicates_of(sample: SampleInMemory) -> tuple[object, ...]:
    replication = sample.replication
    if replication is None:
        return ()
    columns = None if sample.design.replicates is None else sample.design.replicates.columns
    return (
        replication.kind,
        replication.count,
        replication.scale,
        replication.mse,
        tuple(replication.rscales),
        tuple(replication.made.items()),
        columns,
        _drawn(sample),
    )
