"""Replicate weights that a file brings with it, as its producer made them."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from diplab.errors import ColumnError, DesignError, nearest, one_of
from diplab.sampling.replication import Replication

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
    kind : str
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
        if self.kind == "jkn" and self.rscales is None and self.scale is None:
            raise DesignError(
                "Replicate weights of a stratified jackknife (`jkn`) were asked for.",
                "Their scales depend on the number of units in each stratum, which weights do not tell.",
                "Write `rscales=`, one number a replicate: (n - 1) / n of its stratum.",
            )

    def resolved(self, names: Sequence[str]) -> Replicates:
        """Return the same with patterns replaced by the columns of the data that fit them."""
        found: list[str] = []
        for asked in self.columns:
            fitting = [asked] if asked in names else fnmatch.filter(names, asked)
            if not fitting:
                raise ColumnError(
                    f"`{asked}` was asked for as a column of replicate weights.",
                    f"None of the {len(names)} columns of the data bears that name.",
                    f"Write one of the nearest: {nearest(asked, names)}.",
                )
            found += fitting
        if self.rscales is not None and len(self.rscales) != len(found):
            raise DesignError(
                f"{len(self.rscales)} `rscales` were given.",
                f"There are {len(found)} columns of replicate weights.",
                "Write one number a replicate.",
            )
        return replace(self, columns=tuple(found))

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
        count = len(columns)
        scales = np.ones(count) if self.rscales is None else np.asarray(self.rscales, dtype=float)
        given = columns if self.combined else [column * weights for column in columns]
        scale = self._default_scale(count) if self.scale is None else self.scale
        return Replication(self.kind, scale, scales, self.mse, weights=given)

    def _default_scale(self, count: int) -> float:
        return {
            "brr": 1 / count,
            "fay": 1 / (count * (1 - self.fay) ** 2),
            "jk1": (count - 1) / count,
            "jkn": 1.0,
            "bootstrap": 1 / (count - 1),
            "sdr": 4 / count,
        }[self.kind]


def replicates(
    columns: str | Sequence[str],
    kind: ReplicateKind = "brr",
    *,
    fay: float = 0.5,
    scale: float | None = None,
    rscales: Sequence[float] | None = None,
    mse: bool = True,
    combined: bool = True,
) -> Replicates:
    """Say which columns are replicate weights, and how their producer says that they are to be read.

    Parameters
    ----------
    columns : str or list of str
        Names, or a pattern such as `"BRRWT*"`.
    kind : {"brr", "fay", "jk1", "jkn", "bootstrap", "sdr"}
        Balanced repeated replication, the same softened by Fay, jackknife, stratified jackknife, bootstrap,
        successive differences.
    fay : float
        Fay's coefficient.
    scale : float, optional
        What multiplies the sum of squares over replicates; that of the kind by default: 1 / R for `brr`,
        1 / (R (1 - fay)^2) for `fay`, (R - 1) / R for `jk1`, 1 for `jkn`, 1 / (R - 1) for `bootstrap`, 4 / R for
        `sdr`, of R replicates.
    rscales : list of float, optional
        What multiplies each replicate; needed for `jkn`.
    mse : bool
        True to centre on the estimate of the full sample, False on the mean of the replicates.
    combined : bool
        True where columns are weights, False where they are factors of the weights.

    Returns
    -------
    Replicates
        For `declare_design(..., replicates=)`.

    Examples
    --------
    >>> replicates(["r1", "r2"], "jk1").columns
    ('r1', 'r2')
    """
    named = (columns,) if isinstance(columns, str) else tuple(columns)
    return Replicates(named, kind, fay, scale, None if rscales is None else tuple(rscales), mse, combined)
