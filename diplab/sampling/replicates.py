"""Replicate weights that a file brings with it, as its producer made them."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from diplab.errors import ColumnError, DesignError, OptionError, one_of, suggestion
from diplab.sampling.replication import Replication
from diplab.sampling.row_weights import MultipliedWeights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diplab.sampling.engine import Floats

__all__ = ["ReplicateKind", "Replicates", "replicates"]

ReplicateKind: TypeAlias = Literal["brr", "fay", "jk1", "jkn", "bootstrap", "sdr"]


@dataclass(frozen=True)
class Replicates:
    """Columns of replicate weights, and how their producer says that they are to be read.

    Parameters
    ----------
    columns : tuple of str
        Names, or patterns such as `BRRWT*` until the columns of the data are known.
    kind : {"brr", "fay", "jk1", "jkn", "bootstrap", "sdr"}
    fay : float
        Fay's coefficient, for `fay`.
    scale : float or None
        What multiplies the sum over replicates; None for that of the kind.
    rscales : tuple of float, or None
        What multiplies each replicate.
    mse : bool
        True to centre on the estimate of the full sample, False on the mean of the replicates.
    combined : bool
        True where columns are weights, False where they are factors of the weights.

    Raises
    ------
    OptionError
        Where `kind` is not one of its words, or a scale or Fay's coefficient has no sense.
    DesignError
        Where `jkn` comes without its scales.

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

    def __post_init__(self) -> None:
        if self.kind not in get_args(ReplicateKind):
            raise one_of("`kind` of `replicates`", self.kind, get_args(ReplicateKind))
        check_fay(self.fay)
        self._check_scales()
        if self.kind == "jkn" and self.rscales is None and self.scale is None:
            raise DesignError(
                "Replicate weights of a stratified jackknife (`jkn`) were asked for.",
                "Their scales depend on the number of units in each stratum, which weights do not tell.",
                "Write `rscales=`, one number a replicate: (n - 1) / n of its stratum.",
            )

    def _check_scales(self) -> None:
        given: tuple[object, ...] = (*(self.rscales or ()), *(() if self.scale is None else (self.scale,)))
        wrong = [each for each in given if not (isinstance(each, int | float) and 0 <= each < np.inf)]
        if wrong or self.scale == 0:
            raise OptionError(
                f"Replicates scaled by {_number_said(wrong[0] if wrong else self.scale)} were asked for.",
                "A scale multiplies squares: it is a finite number, not negative, and `scale` is above zero.",
                "Write the scale that the producer of the weights gives, or leave it out for that of the kind.",
            )

    def resolved(self, names: Sequence[str], weights: str | None) -> Replicates:
        """Return the same with patterns replaced by the columns of the data that fit them, in their order.

        Parameters
        ----------
        names : sequence of str
            Columns of the data.
        weights : str or None
            Column of the weights of the full sample, which no pattern means: `PWGTP*` is `PWGTP1`, `PWGTP2`...
        """
        if weights is None and self.combined:
            raise DesignError(
                "Replicate weights were given.",
                "The weights of the full sample, whose estimate they are to vary, were not.",
                "Write both: `declare_design(data, weights='weight', replicates=...)`.",
            )
        fitting = {asked: _fitting(asked, names, weights) for asked in self.columns}
        missing = [asked for asked, found in fitting.items() if not found]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise ColumnError(
                f"`{missing[0]}`{more} was asked for as a column of replicate weights.",
                f"None of the {len(names)} columns of the data bears that name.",
                suggestion(missing[0], names),
            )
        found = tuple(dict.fromkeys(name for each in fitting.values() for name in each))
        if len(found) < 2:
            raise DesignError(
                f"Replicate weights were asked for in {len(found)} columns"
                + (f" (`{found[0]}`)." if found else "."),
                "A spread needs at least two replicates.",
                "Write every column of them, or a pattern such as `replicates('BRRWT*')`.",
            )
        if self.rscales is not None and len(self.rscales) != len(found):
            raise DesignError(
                f"{len(self.rscales)} `rscales` were given.",
                f"There are {len(found)} columns of replicate weights.",
                "Write one number a replicate.",
            )
        return replace(self, columns=found)

    def read(self, numbers: Callable[[str], Floats], weights: Floats) -> Replication:
        """Return the replication of a file from its columns and its weights."""
        columns = [numbers(name) for name in self.columns]
        for name, column in zip(self.columns, columns, strict=True):
            if not np.isfinite(column).all():
                raise DesignError(
                    f"`{name}` was asked for as replicate weights.",
                    f"{int((~np.isfinite(column)).sum())} of its {column.size} rows are missing or infinite.",
                    "Write replicate weights that are finite in every row.",
                )
            if not column.any():
                raise DesignError(
                    f"`{name}` was asked for as replicate weights.",
                    f"All of its {column.size} rows are zero.",
                    "Write replicate weights that leave somebody in the sample.",
                )
        self._check_combined(columns[0], weights)
        if self.combined:
            self._check_zero(columns, weights)
        count = len(columns)
        scales = np.ones(count) if self.rscales is None else np.asarray(self.rscales, dtype=float)
        given = columns if self.combined else MultipliedWeights(columns, weights)
        scale = self._default_scale(count) if self.scale is None else self.scale
        return Replication(self.kind, scale, scales, self.mse, weights=given)

    def _check_combined(self, column: Floats, weights: Floats) -> None:
        """Refuse factors declared as weights, and weights as factors: a mean hardly shows it, a total does."""
        people, own = float(weights.mean()), float(column.mean())
        if not own > 0:
            return  # replicates of a file may be negative: their mean then says nothing
        # weights are on average those of the full sample, factors are on average 1
        by_people, by_one = abs(np.log(own / people)), abs(np.log(own))
        far, near = (by_people, by_one) if self.combined else (by_one, by_people)
        if far > np.log(1.5) and near < np.log(1.25):
            raise DesignError(
                f"`{self.columns[0]}` was asked for as "
                + ("replicate weights." if self.combined else "factors of the weights (`combined=False`)."),
                f"Its mean is {own:.4g} and that of the weights {people:.4g}: it looks like "
                + ("factors of the weights." if self.combined else "weights, not like factors."),
                f"Write `combined={not self.combined}`.",
            )

    def _check_zero(self, columns: Sequence[Floats], weights: Floats) -> None:
        """Refuse rows that count in a replicate and not in the full sample, of which it would be no replicate."""
        nobody = weights == 0
        if not nobody.any():
            return
        for name, column in zip(self.columns, columns, strict=True):
            there = int(np.count_nonzero(column[nobody]))
            if there:
                raise DesignError(
                    f"`{name}` was asked for as replicate weights.",
                    f"{there} of {weights.size} rows count there, and have the weight 0 in the full sample.",
                    "Look whether `weights=` names the weights that these replicates were made from, or leave those "
                    "rows out.",
                )

    def _default_scale(self, count: int) -> float:
        return {
            "brr": 1 / count,
            "fay": 1 / (count * (1 - self.fay) ** 2),
            "jk1": (count - 1) / count,
            "jkn": 1.0,
            "bootstrap": 1 / (count - 1),
            "sdr": 4 / count,
        }[self.kind]


def _number_said(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else repr(value)


def check_fay(fay: object) -> None:
    """Refuse a coefficient that leaves no half-sample, or more than one."""
    if not (isinstance(fay, int | float) and 0 <= fay < 1):
        raise OptionError(
            f"Fay's coefficient was given as {_number_said(fay)}.",
            "It lies from 0 (one half counts for both) to below 1 (both count alike, and nothing varies).",
            "Write the coefficient that the producer of the weights gives, often `fay=0.5`.",
        )


def _fitting(asked: str, names: Sequence[str], weights: str | None) -> list[str]:
    """Return the columns that a name, a pattern (`BRRWT*`) or the stem of numbered names (`BRRWT`) means."""
    numbered = re.compile(rf"{re.escape(asked)}\d+")
    if asked in names and (asked != weights or not any(map(numbered.fullmatch, names))):
        return [asked]
    return [
        name
        for name in names
        if name != weights and (fnmatch.fnmatchcase(name, asked) or numbered.fullmatch(name))
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
) -> Replicates:
    """Say which columns are replicate weights, and how their producer says that they are to be read.

    Parameters
    ----------
    columns : str or list of str
        Names; a pattern such as `"BRRWT*"`; or the stem of numbered names, `"BRRWT"`. The column of the full
        sample's weights is never one of those that a pattern finds.
    kind : {"brr", "fay", "jk1", "jkn", "bootstrap", "sdr"}
        Balanced repeated replication, the same softened by Fay, jackknife, stratified jackknife, bootstrap,
        successive differences.
    fay : float
        Fay's coefficient, for `fay`: from 0 to below 1.
    scale : float, optional
        What multiplies the sum of squares over replicates; that of the kind by default: 1 / R for `brr`,
        1 / (R (1 - fay)^2) for `fay`, (R - 1) / R for `jk1`, 1 for `jkn`, 1 / (R - 1) for `bootstrap`, 4 / R for
        `sdr`, of R replicates. Some producers of bootstrap weights divide by R (Stata's `bsrweight`): write
        `scale=1 / R` for these.
    rscales : list of float, optional
        What multiplies each replicate: for `jkn` (n - 1) / n of its stratum, needed there unless `scale` does for all.
    mse : bool
        True to centre on the estimate of the full sample, as producers mostly say; False on the mean of the
        replicates.
    combined : bool
        True where columns are weights, False where they are factors of the weights.

    Returns
    -------
    Replicates
        For `declare_design(..., replicates=)`. The variance of every statistic is then

            scale * sum over r of rscales_r (t_r - centre)^2

        (Wolter 2007, ch. 3 to 5; successive differences: Fay and Train 1995), and degrees of freedom are R - 1.

    Raises
    ------
    OptionError
        Where `kind` is not one of its words, or a scale or Fay's coefficient has no sense.
    DesignError
        Where `jkn` comes without its scales.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"y": [1.0, 3.0], "w": [1, 1], "r1": [2, 0], "r2": [0, 2]})
    >>> sample = dl.declare_design(people, weights="w", replicates=replicates("r*", "brr"))
    >>> dl.estimate(sample, dl.mean("y")).frame["std_error"].item()
    1.0
    """
    named = (columns,) if isinstance(columns, str) else columns
    if not isinstance(named, tuple | list) or not all(isinstance(each, str) for each in named):
        raise OptionError(
            f"Replicate weights were asked for in {columns!r}.",
            f"A {type(columns).__name__} names no columns."
            if not isinstance(named, tuple | list)
            else "One of these is not the name of a column.",
            "Write names or a pattern, for example `replicates('BRRWT*')`.",
        )
    scales = (rscales,) if isinstance(rscales, int | float) else rscales
    listed = None if scales is None else tuple(np.asarray(scales).tolist())
    return Replicates(tuple(named), kind, fay, scale, listed, mse, combined)
