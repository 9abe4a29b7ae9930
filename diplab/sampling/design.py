"""The sampling design: how the people of the file came to be in it.

A design names columns and rules; it holds no data. Strata are the groups drawn from separately, primary units (PSU)
are what was drawn first (a town, a class, or the person), the finite population correction (fpc) says how many there
were to draw from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from diplab.errors import DesignError, one_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from diplab.sampling.replicates import Replicates

__all__ = ["Design", "Kind", "LonelyPsu", "LonelyPsuDomain", "Unequal", "UnequalVariance"]

LonelyPsu: TypeAlias = Literal["fail", "remove", "certainty", "adjust", "average", "collapse"]
LonelyPsuDomain: TypeAlias = Literal["fail", "remove", "certainty", "adjust", "average"]
Unequal: TypeAlias = Literal["brewer", "overton", "hartley_rao", "joint"]
UnequalVariance: TypeAlias = Literal["horvitz_thompson", "yates_grundy"]
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
    lonely_psu : {"fail", "remove", "certainty", "adjust", "average", "collapse"}
        What to do with a stratum that has one primary unit. `fail` refuses; `remove` and `certainty` give it no
        variance; `adjust` centres it on the mean of all units; `average` gives it the mean variance of the others;
        `collapse` merges it with the next stratum. A unit that is alone at a later stage is refused under `fail`, and
        has no variance of its own under the others.
    kind : {"probability", "opt-in"}
        `opt-in` where people chose themselves: intervals are then only indicative, and say so.
    replicates : Replicates or None
        Columns of replicate weights; the variance then comes from them.
    lonely_psu_domain : {"fail", "remove", "certainty", "adjust", "average"} or None
        The same for a stratum that has several primary units, of which one only has somebody in the domain. None
        treats it like any other stratum: the others count zero, which is right unless the domain is a stratum of
        its own.
    unequal : {"brewer", "overton", "hartley_rao", "joint"} or None
        Primary units were drawn with unequal probabilities without replacement, which the first fpc column holds.
    joint : array, shape (units, units), or None
        Joint probabilities of primary units, under `joint`.
    unequal_variance : {"horvitz_thompson", "yates_grundy"}
        Form of the variance under unequal probabilities.

    Raises
    ------
    DesignError
        Where the stages of `psu` and `fpc` do not fit together, or unequal probabilities are not given.
    OptionError
        Where an option is not one of its words.

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
    lonely_psu_domain: LonelyPsuDomain | None = None
    unequal: Unequal | None = None
    joint: NDArray[np.float64] | None = field(default=None, compare=False, repr=False)
    unequal_variance: UnequalVariance = "horvitz_thompson"

    def __post_init__(self) -> None:
        words: dict[str, Any] = {"lonely_psu": LonelyPsu, "kind": Kind, "unequal_variance": UnequalVariance}
        words |= {
            name: known
            for name, known in (("lonely_psu_domain", LonelyPsuDomain), ("unequal", Unequal))
            if getattr(self, name) is not None
        }
        for name, known in words.items():
            if getattr(self, name) not in get_args(known):
                raise one_of(f"`{name}`", getattr(self, name), get_args(known))
        self._check_unequal()
        if len(self.fpc) > max(len(self.psu), 1):
            raise DesignError(
                f"A design with {len(self.fpc)} fpc columns was asked for.",
                f"It has {len(self.psu)} stages of units.",
                "Write one `fpc` column a stage of `psu`, in the same order.",
            )

    def _check_unequal(self) -> None:
        if self.joint is not None and self.unequal != "joint":
            raise DesignError(
                "Joint probabilities were given.",
                f"The design is `unequal={self.unequal!r}`, which does not use them.",
                "Write `unequal='joint'`.",
            )
        if self.unequal is None:
            if self.unequal_variance != "horvitz_thompson":
                raise DesignError(
                    f"A design with `unequal_variance={self.unequal_variance!r}` was asked for.",
                    "It has no unequal probabilities (`unequal=None`), of which that is the variance.",
                    "Write `unequal=` as well, for example `unequal='overton'`.",
                )
            return
        asked = f"A design with `unequal={self.unequal!r}` was asked for."
        if not self.fpc:
            raise DesignError(
                asked,
                "No inclusion probabilities were given.",
                "Write `fpc=` with the column of inclusion probabilities of primary units, above 0 and at most 1.",
            )
        if self.unequal == "joint" and self.joint is None:
            raise DesignError(
                asked,
                "No joint probabilities were given.",
                "Write `joint=` with a square array, or an approximation, for example `unequal='brewer'`.",
            )
        if self.lonely_psu == "collapse":
            raise DesignError(
                asked,
                "Under `lonely_psu='collapse'` strata would be merged, whose units have no joint probabilities.",
                "Write another policy, for example `lonely_psu='average'`.",
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the design reads, once each."""
        replicates = self.replicates.columns if self.replicates else ()
        named = (self.weights, *self.strata, *self.psu, *self.fpc, *replicates)
        return tuple(dict.fromkeys(name for name in named if name is not None))

    @property
    def said(self) -> dict[str, str]:
        """Its rules that are no default, for the provenance."""
        rules: dict[str, str | None] = {"lonely_psu_domain": self.lonely_psu_domain, "unequal": self.unequal}
        # Brewer's estimator has one form only
        if self.unequal not in (None, "brewer"):
            rules["unequal_variance"] = self.unequal_variance
        return {name: word for name, word in rules.items() if word is not None}

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that hold numbers: weights, fpc, replicate weights."""
        replicates = self.replicates.columns if self.replicates else ()
        return (*(() if self.weights is None else (self.weights,)), *self.fpc, *replicates)

    def use_of(self, name: str) -> str:
        """Return what a column serves as, in words for errors."""
        replicates = self.replicates.columns if self.replicates else ()
        roles = (
            ((self.weights,), "weights"),
            (self.strata, "strata"),
            (self.psu, "units"),
            (replicates, "replicate weights"),
        )
        return next((role for columns, role in roles if name in columns), "the fpc")

    @property
    def stages(self) -> int:
        """How many stages the variance needs: the first, and those below a stage with an fpc.

        Without an fpc the first stage is taken as drawn with replacement, and the spread between its units
        already holds that of all later stages (Särndal, Swensson and Wretman 1992, result 4.5.1).
        """
        return min(len(self.fpc) + 1, len(self.psu)) if self.fpc and self.psu else min(len(self.psu), 1)
