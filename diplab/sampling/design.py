"""The sampling design: how the people of the file came to be in it.

A design names columns and rules; it holds no data. Strata are the groups drawn from separately, primary units (PSU)
are what was drawn first (a town, a class, or the person), the finite population correction (fpc) says how many there
were to draw from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from diplab.errors import DesignError, one_of

if TYPE_CHECKING:
    from diplab.sampling.replicates import Replicates

__all__ = ["Design", "Kind", "LonelyPsu"]

LonelyPsu: TypeAlias = Literal["fail", "remove", "certainty", "adjust", "average"]
Kind: TypeAlias = Literal["probability", "opt-in"]


@dataclass(frozen=True)
class Design:
    """A sampling design, by column names.

    Parameters
    ----------
    weights : str or None
        Column of weights; None gives each row the weight 1, or that of the fpc where every stage has one.
    strata : tuple of str
        Columns that together name the stratum of the first stage.
    psu : tuple of str
        Columns of unit identifiers, one a stage; none: each row is a unit of its own.
    fpc : tuple of str
        Columns of population counts (above 1) or sampling fractions (at most 1), one a stage.
    nest : bool
        True where identifiers of units are unique only within their stratum.
    lonely_psu : {"fail", "remove", "certainty", "adjust", "average"}
        What to do with a stratum that has one primary unit. `fail` refuses; `remove` and `certainty` give it no
        variance; `adjust` centres it on the mean of all units; `average` gives it the mean variance of the others.
    kind : {"probability", "opt-in"}
        `opt-in` where people chose themselves: intervals are then only indicative, and say so.
    replicates : Replicates or None
        Columns of replicate weights; the variance then comes from them.

    Raises
    ------
    DesignError
        Where the stages of `psu` and `fpc` do not fit together.
    OptionError
        Where `lonely_psu` or `kind` is not one of its words.

    Examples
    --------
    >>> Design(weights="w", strata=("region",), psu=("town",)).columns
    ('w', 'region', 'town')
    """

    weights: str | None = None
    strata: tuple[str, ...] = ()
    psu: tuple[str, ...] = ()
    fpc: tuple[str, ...] = ()
    nest: bool = True
    lonely_psu: LonelyPsu = "fail"
    kind: Kind = "probability"
    replicates: Replicates | None = None

    def __post_init__(self) -> None:
        if self.lonely_psu not in get_args(LonelyPsu):
            raise one_of("`lonely_psu`", self.lonely_psu, get_args(LonelyPsu))
        if self.kind not in get_args(Kind):
            raise one_of("`kind`", self.kind, get_args(Kind))
        if len(self.fpc) > max(len(self.psu), 1):
            raise DesignError(
                f"A design with {len(self.fpc)} fpc columns was asked for.",
                f"It has {len(self.psu)} stages of units.",
                "Write one `fpc` column a stage of `psu`, in the same order.",
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the design reads, once each."""
        replicates = self.replicates.columns if self.replicates else ()
        named = (self.weights, *self.strata, *self.psu, *self.fpc, *replicates)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    def use_of(self, name: str) -> str:
        """Return what a column serves as, in words for errors."""
        roles = (((self.weights,), "weights"), (self.strata, "strata"), (self.psu, "units"))
        return next((role for columns, role in roles if name in columns), "the fpc")

    @property
    def stages(self) -> int:
        """How many stages the variance needs: the first, and those below a stage with an fpc.

        Without an fpc the first stage is taken as drawn with replacement, and the spread between its units
        already holds that of all later stages (Särndal, Swensson and Wretman 1992, result 4.5.1).
        """
        return min(len(self.fpc) + 1, len(self.psu)) if self.fpc and self.psu else min(len(self.psu), 1)
