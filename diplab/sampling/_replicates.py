"""`replicates` and `make_replicates`: replicate weights from a file or made from a design."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from diplab.checks import (
    argument,
    check_number,
    check_one_of,
    check_seed,
    check_switch,
    check_whole_number,
)
from diplab.errors import ColumnError, DesignError, OptionError, suggestion
from diplab.kernel import replication
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.variance import lonely_groups
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column
from diplab.sampling.replication import Replication, WeightsWhenRead
from diplab.sampling.sample import Sample, SampleInMemory, check_sample
from diplab.sampling.units import Units

ReplicateKind: TypeAlias = Literal["brr", "fay", "jk1", "jkn", "bootstrap", "sdr"]


@dataclass(frozen=True)
class Replicates:
    """Columns of replicate weights, with the method and scaling stated by their producer.

    Parameters
    ----------
    columns : tuple of str
        Names, or patterns such as `BRRWT*` until the columns of the data are known.
    kind, fay, scale, rscales, mse, combined, df
        As in `replicates`, which also lists the errors.

    Examples
    --------
    >>> Replicates(("w*",), "sdr").resolved(["w", "w1", "w2", "income"], "w").columns
    ('w1', 'w2')
    """

    columns: tuple[str, ...]
    kind: ReplicateKind = "brr"
    fay: float = 0.5
    scale: float | None = None
    rscales: tuple[float, ...] | None = None
    mse: bool = True
    combined: bool = True
    df: int | None = None

    def __post_init__(self) -> None:
        check_one_of("kind", self.kind, ReplicateKind)
        check_fay(self.fay)
        # a scale multiplies squares
        if self.scale is not None:
            check_number("scale", self.scale, above=0)
        if self.df is not None:
            check_whole_number("df", self.df, low=1)
        for item in self.rscales or ():
            check_number("rscales", item, low=0)
        if self.kind == "jkn" and self.rscales is None and self.scale is None:
            raise DesignError(
                "Replicate weights of a stratified jackknife (`jkn`) need `rscales`.",
                "Their scales depend on the number of units in each stratum, which the weights do "
                "not reveal.",
                "Write `rscales=`, one number per replicate: (n - 1) / n of its stratum.",
            )

    def resolved(self, names: Sequence[str], weights: str | None) -> Replicates:
        """Return these replicates with patterns replaced by the matching columns, in order."""
        if weights is None and self.combined:
            raise DesignError(
                "Replicate weights were given.",
                "The weights of the full sample, from which they were made, were not.",
                "Write both: `declare_design(data, weights='weight', replicates=...)`.",
            )
        matching = {pattern: _matching_columns(pattern, names, weights) for pattern in self.columns}
        missing = [pattern for pattern, columns in matching.items() if not columns]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise ColumnError(
                f"`{missing[0]}`{more} cannot be replicate weights: no column has that name.",
                f"The data have {len(names)} column{'s' * (len(names) != 1)}.",
                suggestion(missing[0], names),
            )
        columns = tuple(dict.fromkeys(name for item in matching.values() for name in item))
        if len(columns) < 2:
            raise DesignError(
                f"`replicates` names {len(columns)} column{'s' * (len(columns) != 1)}"
                + (f" (`{columns[0]}`)." if columns else "."),
                "A variance needs at least two replicates.",
                "Write every column of them, or a pattern such as `replicates('BRRWT*')`.",
            )
        if self.rscales is not None and len(self.rscales) != len(columns):
            raise DesignError(
                f"{len(self.rscales)} `rscales` were given.",
                f"There are {len(columns)} columns of replicate weights.",
                "Write one number per replicate.",
            )
        return replace(self, columns=columns)

    def read(self, numbers: Callable[[str], Floats], weights: Floats) -> Replication:
        """Return the replication of a file from its columns and its weights."""
        columns = list(map(numbers, self.columns))
        for name, column in zip(self.columns, columns, strict=True):
            why = ""
            if not np.isfinite(column).all():
                unusable = int((~np.isfinite(column)).sum())
                why = f"{unusable} of its {column.size} rows are missing or infinite."
                write = "Write replicate weights that are finite in every row."
            elif not column.any():
                why = f"All of its {column.size} rows are zero."
                write = "Write replicate weights that leave respondents in the sample."
            if why:
                raise DesignError(f"`{name}` cannot be replicate weights.", why, write)
        self._check_combined(columns[0], weights)
        if self.combined:
            self._check_zero(columns, weights)
        count = len(columns)
        scales = np.ones(count) if self.rscales is None else np.asarray(self.rscales, dtype=float)
        given = (
            columns
            if self.combined
            else WeightsWhenRead(count, partial(_multiplied, columns, weights))
        )
        scale = self._default_scale(count) if self.scale is None else self.scale
        return Replication(self.kind, scale, scales, self.mse, weights=given, df=self.df)

    def _check_combined(self, column: Floats, weights: Floats) -> None:
        """Refuse factors declared as weights, and weights declared as factors.

        The mistake hardly changes a mean, but it changes a total.
        """
        people, own = float(weights.mean()), float(column.mean())
        if not own > 0:
            return  # replicates of a file may be negative: their mean then says nothing
        # weights are on average those of the full sample, factors are on average 1
        by_people, by_one = abs(np.log(own / people)), abs(np.log(own))
        far, near = (by_people, by_one) if self.combined else (by_one, by_people)
        if far > np.log(1.5) and near < np.log(1.25):
            raise DesignError(
                f"`{self.columns[0]}` does not look like "
                + (
                    "replicate weights."
                    if self.combined
                    else "factors of the weights (`combined=False`)."
                ),
                f"Its mean is {own:.4g} and that of the weights {people:.4g}: it looks like "
                + ("factors of the weights." if self.combined else "weights."),
                f"Write `combined={not self.combined}`.",
            )

    def _check_zero(self, columns: Sequence[Floats], weights: Floats) -> None:
        """Refuse rows with weight in a replicate but weight 0 in the full sample."""
        nobody = weights == 0
        if not nobody.any():
            return
        for name, column in zip(self.columns, columns, strict=True):
            there = int(np.count_nonzero(column[nobody]))
            if there:
                raise DesignError(
                    f"`{name}` cannot be replicate weights.",
                    f"{there} of {weights.size} rows count there, and have the weight 0 in the "
                    "full sample.",
                    "Check whether `weights=` names the weights that these replicates were made "
                    "from, or leave those "
                    "rows out.",
                )

    def _default_scale(self, count: int) -> float:
        half = 1 / (count * (1 - self.fay) ** 2)
        scales = {
            "brr": 1 / count,
            "fay": half,
            "jk1": (count - 1) / count,
            "jkn": 1.0,
            "bootstrap": 1 / (count - 1),
        }
        return (scales | {"sdr": 4 / count})[self.kind]


def check_fay(fay: object) -> None:
    """Refuse a Fay coefficient outside [0, 1): 0 is plain BRR, and at 1 nothing varies."""
    check_number("fay", fay, low=0, below=1, example=0.5)


def _matching_columns(pattern: str, names: Sequence[str], weights: str | None) -> list[str]:
    """Return the columns meant by a name, a pattern (`BRRWT*`) or a stem of numbered names."""
    numbered = re.compile(rf"{re.escape(pattern)}\d+")
    if pattern in names and (pattern != weights or not any(map(numbered.fullmatch, names))):
        return [pattern]
    return [
        name
        for name in names
        if name != weights and (fnmatch.fnmatchcase(name, pattern) or numbered.fullmatch(name))
    ]


def replicates(
    columns: str | Sequence[str],
    kind: ReplicateKind = "brr",
    *,
    fay: float = 0.5,
    scale: float | None = None,
    rscales: Sequence[float] | float | None = None,
    mse: bool = True,
    combined: bool = True,
    df: int | None = None,
) -> Replicates:
    """Declare which columns are replicate weights, and how their producer made them.

    Parameters
    ----------
    columns : str or list of str
        Names; a pattern such as `"BRRWT*"`; or the stem of numbered names, `"BRRWT"`. A pattern
        never includes the weights of the full sample.
    kind : {"brr", "fay", "jk1", "jkn", "bootstrap", "sdr"}
        Balanced repeated replication, Fay's modification of it, jackknife, stratified jackknife,
        bootstrap, successive difference replication.
    fay : float
        Fay's coefficient, for `fay`: from 0 to below 1.
    scale : float, optional
        Factor of the sum of squares over replicates. By default, with R replicates: 1 / R for
        `brr`, 1 / (R (1 - fay)^2) for `fay`, (R - 1) / R for `jk1`, 1 for `jkn`, 1 / (R - 1) for
        `bootstrap`, 4 / R for `sdr`. Some producers of bootstrap weights divide by R (Stata's
        `bsrweight`): write `scale=1 / R` for these.
    rscales : list of float, optional
        Factor of each replicate: for `jkn`, (n - 1) / n of its stratum; required there, unless
        `scale` applies to all.
    mse : bool
        True (default) to centre on the estimate of the full sample, as most producers of replicate
        weights document; False to centre on the mean of the replicates, the default of
        `make_replicates`.
    combined : bool
        True if columns are weights, False if they are factors that multiply the weights.
    df : int, optional
        Degrees of freedom stated by the producer, for example primary units minus strata of a
        design that the file does not contain; an upper limit for every estimate.

    Returns
    -------
    Replicates
        For `declare_design(..., replicates=)`. The variance of every statistic is then

            scale * sum over r of rscales_r (t_r - centre)^2

        (Wolter 2007, ch. 3 to 5; successive differences: Fay and Train 1995). Degrees of freedom
        are the number of linearly independent sets of weights on the rows of the estimate, minus
        one: at most R - 1.

    Raises
    ------
    OptionError
        Where `kind` is not one of its words, or a scale or Fay's coefficient is not valid.
    DesignError
        Where `jkn` has no scales.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"y": [1.0, 3.0], "w": [1, 1], "r1": [2, 0], "r2": [0, 2]})
    >>> sample = dl.declare_design(people, weights="w", replicates=replicates("r*", "brr"))
    >>> dl.estimate(sample, dl.mean("y")).frame["std_error"].item()
    1.0
    """
    named = (columns,) if isinstance(columns, str) else columns
    if not isinstance(named, tuple | list) or not all(isinstance(item, str) for item in named):
        raise OptionError(
            f"{argument('columns', columns)} does not name columns.",
            f"It is a {type(columns).__name__}."
            if not isinstance(named, tuple | list)
            else "One of these is not the name of a column.",
            "Write names or a pattern, for example `replicates('BRRWT*')`.",
        )
    scales = (rscales,) if isinstance(rscales, int | float) else rscales
    listed = None if scales is None else tuple(np.asarray(scales).tolist())
    return Replicates(tuple(named), kind, fay, scale, listed, mse, combined, df)


MadeKind: TypeAlias = Literal[
    "jk1", "jkn", "brr", "fay", "bootstrap", "rao_wu", "rao_wu_yue_beaumont", "doubled_half",
    "sdr", "generalised_bootstrap", "fay_generalised",
]  # fmt: skip
_DRAWN = ("bootstrap", "rao_wu", "doubled_half")
_EVERY_STAGE = ("rao_wu_yue_beaumont", "generalised_bootstrap", "fay_generalised")
_BOOTSTRAPS = (*_DRAWN, "rao_wu_yue_beaumont", "generalised_bootstrap")
_HALF_SAMPLES = ("brr", "fay")
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
    order: str | None = None,
    split: bool = False,
) -> Sample:
    """Make replicate weights from the design, for the variance of all later estimates.

    All methods use the finite population correction of the first stage. Most resample primary units
    only, and omit the variance that later stages add where the first has an fpc;
    `rao_wu_yue_beaumont`, `generalised_bootstrap` and `fay_generalised` include it. The last two
    also apply to units drawn with unequal probabilities.

    Parameters
    ----------
    sample : Sample
        From `declare_design`, before any calibration (a calibration that follows is redone in every
        replicate).
    kind : str
        `jk1`: leaves out one unit at a time, for a design without strata (Quenouille 1956). `jkn`:
        the same within strata, each replicate scaled by (1 - f)(n - 1) / n of its stratum (Jones
        1974). `brr`: balanced half-samples for two units per stratum, with factors 1 + sqrt(1 - f)
        and 1 - sqrt(1 - f); the Hadamard matrix is of the smallest order above the number of strata
        (next multiple of four, with few exceptions from 92 on) (McCarthy 1969). `fay`: the same
        with Fay's coefficient, so that no weight becomes zero (Judkins 1990). `rao_wu`: rescaled
        bootstrap, which draws n - 1 of the n primary units of each stratum with replacement;
        `bootstrap` is another name for it (Rao, Wu and Yue 1992). `rao_wu_yue_beaumont`: the same
        at every stage (Beaumont and Émond 2022). `doubled_half`: in each stratum, f n units count
        once, half of the others twice and the rest not at all, so that factors are whole numbers
        (Antal and Tillé 2014). `sdr`: successive differences, for units drawn systematically along
        `order`: factors 1 + sqrt((1 - f) / 8) (h_i - h_next) with rows h of a Hadamard matrix,
        scale 4 / R (Fay and Train 1995). The variance of a total is (1 - f) / 2 times the sum of
        (z_i - z_next)^2 in each stratum, where the first unit follows the last.
        `generalised_bootstrap`: factors 1 + e, with e normal with covariance A, the matrix of the
        linearisation variance z'Az of a total of z (Beaumont and Patak 2012). `fay_generalised`:
        the same with e from a Hadamard matrix, so that totals have exactly that variance; it needs
        more replicates than units (Fay 1984; Dippo, Fay and Morganstein 1984).
    n : int, optional
        Number of replicates of a bootstrap (200 by default) or of `sdr` (the order of a Hadamard
        matrix, by default above the number of units; with fewer, its rows are reused, which is
        approximate). The design determines that of the other kinds.
    seed : int
        Seed of the random draws of a bootstrap or a split; 1 by default.
    fay : float
        Fay's coefficient for `fay`, from 0 to below 1.
    mse : bool
        False (default) to centre on the mean of the replicates, as the R package survey does for
        replicates that it makes; True to centre on the estimate of the full sample, the default of
        `replicates`.
    order : str, optional
        Column along which units were drawn, one value per primary unit; required for `sdr`.
    split : bool
        For `brr` and `fay`: True to split strata of more than two units into random pairs. This is
        approximate: the variance of a total equals that of linearisation on average over splits,
        with one degree of freedom per pair.

    Returns
    -------
    Sample
        The sample with replicate weights, stored as factors of sampling units. For data in a
        database, the columns of the design are collected, and others when an estimate needs them.
        Generalised factors, and those of split strata with an odd number of units, are shrunk
        towards 1 if one would be negative, and the scale compensates.

    Raises
    ------
    OptionError
        Where `kind`, `n`, `seed`, `fay`, `order` or `split` is not valid, alone or together.
    ColumnError
        Where `order` is not a column.
    LonelyPsuError
        Where a stratum has a single unit and the design has no policy for it.
    DesignError
        Where the kind does not apply to the design, or the sample is calibrated or has replicate
        weights.

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
    _check_given(sample, kind, n, seed, order, split)
    check_fay(fay)
    # units are numbered in the order of the rows, which collecting the design fixes
    read = sample.design.columns if order is None else (*sample.design.columns, order)
    collected = sample.collect(tuple(dict.fromkeys(read)))
    units = collected.engine.units
    units.check_lonely()
    _check_design(units, kind, split=split)
    _check_size(units, kind, n)
    first, policy = units.stages[0], units.policy.stratum
    random, draws = np.random.default_rng(int(seed)), int(n or _DRAWS)
    rules = {"seed": str(int(seed))} if kind in _BOOTSTRAPS or split else {}
    if kind in _DRAWN:
        drawn = (
            replication.doubled_halves if kind == "doubled_half" else replication.bootstrap_draws
        )(first, draws, random, policy)
        if len(units.stages[-1].group) * draws > _MANY_CELLS:
            return _with_draws(sample.collect(), kind, drawn, mse, rules)
        factors = drawn.multiplied()
    elif kind == "rao_wu_yue_beaumont":
        factors = replication.rescaled_bootstrap(units.stages, draws, random, policy)
    elif kind in _EVERY_STAGE:
        factors = replication.generalised(
            units.stages, draws, random if kind in _BOOTSTRAPS else None, policy
        )
    elif kind in _HALF_SAMPLES:
        factors = replication.balanced_half_samples(
            first, fay if kind == "fay" else 0.0, policy, random if split else None
        )
    elif order is not None:
        factors = replication.successive_differences(
            first, _units_in_order(collected, order), n, policy
        )
        rules["replicate_order"] = order
    else:
        factors = replication.stratified_jackknife(first, policy)
    rows = factors.by_unit
    if len(units.stages) > 1 and kind not in _EVERY_STAGE:
        rows = rows[units.psu_of_unit]
    made = {**rules, **factors.rules}
    return sample.with_replication(
        Replication(
            kind, factors.scale, factors.rscales, mse, factors=rows, df=factors.df, made=made
        )
    )


def _multiplied(factors: Sequence[Floats], weights: Floats, replicate: int) -> Floats:
    return factors[replicate] * weights


def _drawn_again(
    drawn: replication.Draws, psu: Integers, weights: Floats, replicate: int
) -> Floats:
    return drawn.factors(replicate)[psu] * weights


def _with_draws(
    sample: SampleInMemory, kind: str, drawn: replication.Draws, mse: bool, made: dict[str, str]
) -> Sample:
    """Hold numbers of draws instead of factors, where there are as many units as rows.

    Rows must then be in memory.
    """
    weights, units = sample.engine.weights, sample.engine.units
    psu = units.psu_of_unit[units.of_record]
    made_when_read = WeightsWhenRead(len(drawn.counts), partial(_drawn_again, drawn, psu, weights))
    return sample.with_replication(
        Replication(
            kind, drawn.scale, np.ones(len(drawn.counts)), mse, weights=made_when_read, made=made
        )
    )


def _units_in_order(sample: SampleInMemory, order: str) -> Integers:
    """Return the primary units of each stratum in the order of a column."""
    units, columns = sample.engine.units, sample.engine.columns
    value, psu = (
        columns.complete_codes(order, "the order of units"),
        units.psu_of_unit[units.of_record],
    )
    first = units.stages[0]
    own = np.zeros(len(first.group), dtype=np.int64)
    own[psu] = value
    found = np.lexsort((own, first.group))
    group, along = first.group[found], own[found]
    several, same = own[psu] != value, (np.diff(group) == 0) & (np.diff(along) == 0)
    categories, wrong = columns.factor(order).categories, ""
    if several.any():
        wrong = f"A primary unit has {categories[value[several][0]]!r} and another value."
    elif same.any():
        wrong = f"Several units of a stratum have {categories[along[:-1][same][0]]!r}."
    if wrong:
        raise DesignError(
            f"`{order}` cannot be the order of units.",
            wrong,
            "Write a column with one value per primary unit, different within a stratum.",
        )
    return found


def _check_sample(sample: object) -> None:
    if isinstance(sample, Imputed):
        raise OptionError(
            "`make_replicates` takes one sample, not imputations.",
            "Each imputation is a sample with its own weights.",
            "Make them first: `imputed([make_replicates(each, kind) for each in samples])`.",
        )
    check_sample(sample, "`make_replicates`", "call it")


def _check_given(
    sample: Sample, kind: str, n: int | None, seed: object, order: object, split: object
) -> None:
    check_one_of("kind", kind, MadeKind)
    if n is not None and kind not in (*_BOOTSTRAPS, "sdr"):
        raise OptionError(
            f"`n={n}` does not apply to replicates of kind `{kind}`.",
            "The sampling units of the design fix their number.",
            "Leave `n` out, or write a bootstrap, for example `kind='rao_wu'`.",
        )
    if n is not None:
        check_whole_number("n", n, low=4 if kind == "sdr" else 2, example=200)
    if n is not None and kind == "sdr" and (larger := len(replication.hadamard(n))) != n:
        raise OptionError(
            f"`n={n}` is not the order of a Hadamard matrix known here.",
            write=f"Write `n={larger}`.",
        )
    check_seed(seed)
    if check_switch("split", split) and kind not in _HALF_SAMPLES:
        raise OptionError(
            "`split=True` applies to half-samples.",
            write="Leave it out, or write `kind='brr'` or `'fay'`.",
        )
    if kind == "sdr" and order is None:
        raise OptionError(
            "`kind='sdr'` needs `order`.",
            "Successive differences compare each unit with the next one that was drawn.",
            "Write `order=`, the column along which units were drawn.",
        )
    if order is not None and kind != "sdr":
        raise OptionError(
            f"{argument('order', order)} applies to `kind='sdr'` only.", write="Leave it out."
        )
    if order is not None:
        known_column(order, sample.names, "the order of units")  # type: ignore[arg-type]
    if sample.auxiliary is not None:
        raise DesignError(
            "Replicate weights cannot be made from a sample with adjusted weights.",
            "Factors on them would ignore the error of the adjustment.",
            "Make the replicates first, and calibrate or adjust for nonresponse then: the "
            "weights are adjusted again in each replicate.",
        )
    present = sample.made or sample.design.replicates
    if present is not None:
        raise DesignError(
            f"The sample has replicate weights already, of kind `{present.kind}`.",
            write="Make them from the sample as it was declared, without `replicates`.",
        )


def _check_design(units: Units, kind: str, *, split: bool) -> None:
    """Refuse designs that no kind supports, then those that this kind does not."""
    first = units.stages[0]
    unequal = any(part is not None for part in (first.spread, first.own, first.pairs))
    open_to_chance = np.flatnonzero((first.fraction < 1) & (first.sizes > 1))
    why = write = ""
    if "phases" in units.rules:
        why = "People were drawn in two phases, and factors on units of the first would leave "
        why += "out the second."
        write = "Estimate on the sample as it is: its variance adds that of both phases."
    elif type(units) is not Units:
        why = "It links waves, and factors on the units of each would take those in both for "
        why += "different ones."
        write = "Declare the design with `psu=`, make the replicates, and link the waves then."
    elif unequal and kind not in ("generalised_bootstrap", "fay_generalised"):
        why = "Units of the design were drawn with unequal probabilities without replacement, "
        why += "for which it is not defined."
        write = "Write `kind='generalised_bootstrap'`, or estimate on the sample as it is."
    elif not open_to_chance.size:
        why = f"None of the {len(first.sizes)} strata has several primary units drawn by chance "
        why += "out of more."
        write = "Estimate on the sample as it is: its units do not vary."
    if why:
        raise DesignError(
            f"Replicate weights of kind `{kind}` cannot be made from this design.", why, write
        )
    strata, policy = len(first.sizes), units.policy.stratum
    other = open_to_chance[first.sizes[open_to_chance] != 2]
    several_stages = kind in _EVERY_STAGE and len(units.stages) > 1
    if kind == "jk1" and strata > 1:
        raise DesignError(
            "`kind='jk1'` is a jackknife without strata.",
            f"The design has {strata} strata.",
            "Write `kind='jkn'`, which leaves out units within their stratum.",
        )
    if kind in _HALF_SAMPLES and other.size and not split:
        raise DesignError(
            f"`kind={kind!r}`, balanced half-samples, needs two primary units in each stratum.",
            f"{other.size} of {strata} strata have another number: "
            f"{units.stratum_name(int(other[0]))} "
            f"has {int(first.sizes[other[0]])}.",
            "Write `kind='jkn'` or `kind='rao_wu'`, or `split=True` for strata that are split into "
            "pairs by chance.",
        )
    no_replicate = (policy == "adjust" and kind != "jkn") or (
        policy == "average" and several_stages
    )
    if no_replicate and lonely_groups(first).size:
        raise DesignError(
            f"Replicate weights of kind `{kind}` cannot be made under `lonely_psu='{policy}'`.",
            "No replicate can give a single unit such a variance.",
            "Write `kind='jkn'`, or another `lonely_psu` in `declare_design`.",
        )


def _check_size(units: Units, kind: str, n: int | None) -> None:
    """Refuse factors that would not fit in memory: a jackknife over rows makes one per row."""
    first, last = len(units.stages[0].group), len(units.stages[-1].group)
    fixed = {"jk1": first, "jkn": first, "brr": first // 2, "fay": first // 2, "sdr": n or first}
    fixed["fay_generalised"] = sum(len(stage.group) for stage in units.stages)
    replicates = fixed.get(kind, n or _DRAWS)
    # numbers of draws take a byte, factors eight
    size = first * replicates if kind in _DRAWN else 8 * last * replicates
    if size > 8 * _MOST_CELLS:
        fewer = replicates // 2 if kind in _BOOTSTRAPS else _DRAWS
        other = "rao_wu"
        if kind == "sdr":
            other = kind
        elif "generalised" in kind:
            other = "generalised_bootstrap"
        raise DesignError(
            f"Replicate weights of kind `{kind}` do not fit in memory.",
            f"{replicates:,} replicates of {first if kind in _DRAWN else last:,} units take "
            f"{size / 1e9:.1f} "
            "gigabytes.",
            f"Write fewer replicates, for example `kind='{other}', n={fewer}`.",
        )
