"""`make_replicates`: replicate weights from the design of a sample, for statistics that no formula covers."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from diplab.errors import DesignError, OptionError, one_of
from diplab.kernel.bootstrap_factors import bootstrap_draws, rescaled_bootstrap
from diplab.kernel.replicate_factors import (
    Factors,
    balanced_half_samples,
    jackknife,
    stratified_jackknife,
)
from diplab.kernel.stage import lonely_groups
from diplab.sampling.imputed import Imputed
from diplab.sampling.replicates import check_fay
from diplab.sampling.replication import Replication
from diplab.sampling.row_weights import DrawnWeights
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.sampling.units import Units

__all__ = ["MadeKind", "make_replicates"]

Integers = NDArray[np.int64]
MadeKind: TypeAlias = Literal["jk1", "jkn", "brr", "fay", "bootstrap", "rao_wu", "rao_wu_yue_beaumont"]

_ONE_STAGE = ("bootstrap", "rao_wu")
_BOOTSTRAPS = (*_ONE_STAGE, "rao_wu_yue_beaumont")
_DRAWS = 200
_MANY_CELLS = 20_000_000
_MOST_CELLS = 125_000_000


def make_replicates(
    sample: Sample,
    kind: MadeKind,
    n: int | None = None,
    *,
    seed: int = 1,
    fay: float = 0.5,
    mse: bool = False,
) -> Sample:
    """Make replicate weights from the design: the variance of every later estimate comes from them.

    All honour the finite population correction. All but the last kind vary the primary units only: what an fpc at
    later stages adds to the variance is theirs to leave out, and `rao_wu_yue_beaumont` has it.

    Parameters
    ----------
    sample : Sample
        From `declare_design`, before any calibration (a calibration that follows is redone in every replicate).
    kind : {"jk1", "jkn", "brr", "fay", "bootstrap", "rao_wu", "rao_wu_yue_beaumont"}
        `jk1`: leaves out one unit at a time, for a design without strata.
        `jkn`: the same within strata, each replicate scaled by (1 - f)(n - 1) / n of its stratum.
        `brr`: balanced half-samples, for two units a stratum; the Hadamard matrix is of the smallest order above the
        number of strata (next multiple of four, with few exceptions from 92 on).
        `fay`: the same, softened by Fay's coefficient so that nobody loses all weight.
        `rao_wu`: rescaled bootstrap, n - 1 primary units drawn again out of n in each stratum; `bootstrap` means it.
        `rao_wu_yue_beaumont`: the same at every stage.
    n : int, optional
        Number of bootstrap replicates, 200 by default; the design fixes that of the other kinds.
    seed : int
        Start of the random draws of a bootstrap: the same seed gives the same replicates. It is 1 unless said.
    fay : float
        Fay's coefficient for `fay`, from 0 to below 1.
    mse : bool
        False (default, that of R survey) to centre on the mean of the replicates, True on the estimate of the full
        sample.

    Returns
    -------
    Sample
        The same with replicate weights, held as factors on sampling units. Where the data are queried, the columns of
        the design come to memory, and those of a question when it is asked.

    Raises
    ------
    OptionError
        Where `kind`, `n`, `seed` or `fay` has no sense.
    LonelyPsuError
        Where a stratum has a single unit and the design has no policy for it.
    DesignError
        Where the design is not one that the kind is for, or the sample is calibrated or has replicate weights.

    Examples
    --------
    The standard error of a mean by the jackknife is s / sqrt(n):

    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0, 3.0, 6.0]}))
    >>> found = dl.estimate(dl.make_replicates(sample, "jk1"), dl.mean("y"))
    >>> round(found.frame["std_error"].item(), 6)
    1.080123
    """
    _check_sample(sample)
    _check_given(sample, kind, n, seed)
    check_fay(fay)
    # with their design in memory, units stand in the order in which rows will find them
    held = sample.collect(sample.design.columns)
    units = held.engine.units
    units.check_lonely(sample.design.lonely_psu)
    draws = _DRAWS if n is None else int(n)
    _check_design(sample, units, kind)
    _check_size(units, kind, draws)
    if kind in _ONE_STAGE and len(units.stages[-1].group) * draws > _MANY_CELLS:
        return _with_draws(sample.collect(), kind, draws, seed, mse)
    factors = _factors(units, kind, draws, seed, fay, sample.design.lonely_psu)
    drawn = seed if kind in _BOOTSTRAPS else None
    made = Replication(kind, factors.scale, factors.rscales, mse, factors=factors.by_unit, seed=drawn)
    return sample.with_replication(made)


def _with_draws(sample: SampleInMemory, kind: str, draws: int, seed: int, mse: bool) -> Sample:
    """Hold numbers of draws instead of factors, where there are as many units as rows; rows must then be in memory."""
    engine = sample.engine
    units = engine.units
    drawn = bootstrap_draws(units.stages[0], draws, np.random.default_rng(seed), sample.design.lonely_psu)
    weights = DrawnWeights(drawn, engine.weights, units.psu_of_unit[units.of_record])
    return sample.with_replication(
        Replication(kind, drawn.scale, np.ones(draws), mse, weights=weights, seed=seed)
    )


def _factors(units: Units, kind: str, draws: int, seed: int, fay: float, lonely_psu: str) -> Factors:
    """Return factors of the units of the last stage."""
    first = units.stages[0]
    if kind in _BOOTSTRAPS:
        drawn_again = units.stages if kind == "rao_wu_yue_beaumont" else units.stages[:1]
        factors = rescaled_bootstrap(drawn_again, draws, np.random.default_rng(seed), lonely_psu)
        if len(drawn_again) == len(units.stages):
            return factors
    elif kind == "jk1":
        factors = jackknife(first)
    elif kind == "jkn":
        factors = stratified_jackknife(first, lonely_psu)
    else:
        factors = balanced_half_samples(first, fay if kind == "fay" else 0.0, lonely_psu)
    if len(units.stages) == 1:
        return factors
    return Factors(factors.by_unit[units.psu_of_unit], factors.scale, factors.rscales)


def _check_sample(sample: object) -> None:
    if isinstance(sample, Imputed):
        raise OptionError(
            "Replicate weights of imputations were asked for.",
            "Each imputation is a sample, with weights of its own.",
            "Make them first: `imputed([make_replicates(each, kind) for each in samples])`.",
        )
    if not isinstance(sample, Sample):
        raise OptionError(
            f"Replicate weights of a {type(sample).__name__} were asked for.",
            "They are made from the way people were drawn.",
            "Write `declare_design(data, ...)` first, and make them from what it returns.",
        )


def _check_given(sample: Sample, kind: str, n: object, seed: object) -> None:
    if kind not in get_args(MadeKind):
        raise one_of("`kind` of `make_replicates`", kind, get_args(MadeKind))
    if n is not None and kind not in _BOOTSTRAPS:
        raise OptionError(
            f"{n} replicates of kind `{kind}` were asked for.",
            "The sampling units of the design fix their number.",
            "Leave `n` out, or write a bootstrap, for example `kind='rao_wu'`.",
        )
    if n is not None and not (isinstance(n, int | np.integer) and n >= 2):
        raise OptionError(
            f"{n!r} bootstrap replicates were asked for.",
            "Their number is a whole number, at least 2.",
            "Write for example `n=200`, or 1000 for quantiles and tails.",
        )
    if not (isinstance(seed, int | np.integer) and seed >= 0):
        raise OptionError(
            f"A seed of {seed!r} was asked for.",
            "A seed is a whole number from 0 on, so that the same replicates can be made again.",
            "Write for example `seed=1`.",
        )
    if sample.auxiliary is not None:
        raise DesignError(
            "Replicate weights of a calibrated sample were asked for.",
            "Factors on its calibrated weights would forget that these were fitted to margins.",
            "Make the replicates first and calibrate then: every replicate is fitted to the margins.",
        )
    kept = sample.made or sample.design.replicates
    if kept is not None:
        raise DesignError(
            f"Replicate weights of kind `{kind}` were asked for.",
            f"The sample has replicate weights already, of kind `{kept.kind}`.",
            "Make them from the sample as it was declared, without `replicates`.",
        )


def _check_design(sample: Sample, units: Units, kind: str) -> None:
    """Refuse designs that no kind is for, then those that a kind is not for."""
    first = units.stages[0]
    asked = f"Replicate weights of kind `{kind}` were asked for."
    if type(units) is not Units:
        raise DesignError(
            asked,
            "People were drawn in two phases, and factors on units of the first would leave out the second.",
            "Estimate on the sample as it is: its variance adds that of both phases.",
        )
    if any(part is not None for stage in units.stages for part in (stage.spread, stage.own, stage.pairs)):
        raise DesignError(
            asked,
            "Units of the design were drawn with unequal probabilities without replacement, which it is not for.",
            "Estimate on the sample as it is, or declare it without probabilities, as drawn with replacement.",
        )
    open_to_chance = np.flatnonzero((first.fraction < 1) & (first.sizes > 1))
    if not open_to_chance.size:
        raise DesignError(
            asked,
            f"None of the {len(first.sizes)} strata has several primary units drawn by chance out of more.",
            "Estimate on the sample as it is: its units do not vary.",
        )
    _check_strata(units, kind, open_to_chance)
    _check_lonely(units, kind, sample.design.lonely_psu)


def _check_strata(units: Units, kind: str, open_to_chance: Integers) -> None:
    first = units.stages[0]
    strata = len(first.sizes)
    if kind == "jk1" and strata > 1:
        raise DesignError(
            "A jackknife without strata (`jk1`) was asked for.",
            f"The design has {strata} strata.",
            "Write `kind='jkn'`, which leaves out units within their stratum.",
        )
    other = open_to_chance[first.sizes[open_to_chance] != 2]
    if kind in ("brr", "fay") and other.size:
        raise DesignError(
            f"Balanced half-samples (`{kind}`) were asked for.",
            f"{other.size} of {strata} strata do not have two primary units: {units.stratum_name(int(other[0]))} "
            f"has {int(first.sizes[other[0]])}.",
            "Write `kind='jkn'` or `kind='rao_wu'`, or strata of two units each.",
        )


def _check_lonely(units: Units, kind: str, policy: str) -> None:
    if not lonely_groups(units.stages[0]).size:
        return
    several_stages = kind == "rao_wu_yue_beaumont" and len(units.stages) > 1
    if (policy == "adjust" and kind != "jkn") or (policy == "average" and several_stages):
        raise DesignError(
            f"Replicate weights of kind `{kind}` were asked for under `lonely_psu='{policy}'`.",
            "They have no replicate that gives a single unit such a variance.",
            "Write `kind='jkn'`, or another `lonely_psu` in `declare_design`.",
        )


def _check_size(units: Units, kind: str, draws: int) -> None:
    """Refuse factors that would not fit in memory: a jackknife over rows has as many replicates as rows."""
    first, last = len(units.stages[0].group), len(units.stages[-1].group)
    replicates = {"jk1": first, "jkn": first, "brr": first // 2, "fay": first // 2}.get(kind, draws)
    # numbers of draws take a byte, factors eight
    size = first * replicates if kind in _ONE_STAGE else 8 * last * replicates
    if size > 8 * _MOST_CELLS:
        fewer = draws // 2 if kind in _BOOTSTRAPS else _DRAWS
        raise DesignError(
            f"Replicate weights of kind `{kind}` were asked for.",
            f"{replicates:,} replicates of {first if kind in _ONE_STAGE else last:,} units take {size / 1e9:.1f} "
            "gigabytes.",
            f"Write a bootstrap of fewer replicates, for example `kind='rao_wu', n={fewer}`.",
        )
