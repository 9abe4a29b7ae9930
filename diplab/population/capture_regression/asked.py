"""What was asked of a regression of captures, checked before any data are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.errors import ColumnError, DesignError, OptionError, one_of
from diplab.kernel.truncated_families import FAMILIES
from diplab.population.sizes import strict_confidence
from diplab.sampling.condition import known_column
from diplab.sampling.formula import read_formula
from diplab.sampling.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.sampling.formula import ModelFormula

__all__ = ["Asked", "formula_of", "sample_of"]

WRITTEN = tuple(family for family in FAMILIES if not family.startswith("ones_for_all"))
INFLATIONS = ("seen", "everyone")
INTERVALS = ("log-normal", "normal")
VARIANCES = ("analytic", "HC0", "HC1", "HC3")
NA = ("fail", "drop")


@dataclass(frozen=True)
class Asked:
    """The options of a regression of captures.

    Parameters
    ----------
    captures, family : str
    count : str or None
    by : tuple of str
    interval : str
    confidence : float
    variance, cluster : str or None
    na, inflation : str
    """

    captures: str
    family: str
    count: str | None
    by: tuple[str, ...]
    interval: str
    confidence: float
    variance: str | None
    cluster: str | None
    na: str
    inflation: str

    def __post_init__(self) -> None:
        for name, given, allowed in (
            ("`family`", self.family, WRITTEN),
            ("`interval`", self.interval, INTERVALS),
            ("`variance`", self.variance or "analytic", VARIANCES),
            ("`na`", self.na, NA),
            ("`inflation`", self.inflation, INFLATIONS),
        ):
            if given not in allowed:
                raise one_of(name, given, allowed)
        self._check_names()
        strict_confidence(self.confidence)
        if self.cluster is not None and self.variance in ("analytic", "HC3"):
            raise OptionError(
                f"`cluster` was given with `variance={self.variance!r}`.",
                "Clusters need a sandwich with scores summed within them.",
                'Write `variance="HC0"` or `"HC1"`.',
            )
        if self.inflation == "everyone" and not self.family.startswith("one_inflated"):
            raise OptionError(
                f"`inflation` was given with the family `{self.family}`.",
                "It says among whom the surplus of persons seen once is, and this family has none.",
                "Write `one_inflated_poisson` or `one_inflated_geometric`, or leave `inflation` out.",
            )

    def _check_names(self) -> None:
        named: list[tuple[str, object]] = [("captures", self.captures), *(("by", each) for each in self.by)]
        named += [("count", self.count), ("cluster", self.cluster)]
        for name, column in named:
            if not isinstance(column, str) and not (column is None and name in ("count", "cluster")):
                raise OptionError(
                    f"`{name}` was given as {column!r}.",
                    "It is the name of a column.",
                    f'Write it in quotes, for example `{name}="sex"`.',
                )

    @property
    def of_kernel(self) -> str:
        """The family as the kernel calls it."""
        return (
            self.family.replace("one_inflated", "ones_for_all")
            if self.inflation == "everyone"
            else self.family
        )

    @property
    def spread(self) -> str:
        """The kind of variance, where data are no sample."""
        return self.variance or ("analytic" if self.cluster is None else "HC1")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns read beside those of the formula."""
        return tuple(name for name in (self.count, self.cluster, *self.by) if name is not None)

    def check_columns(self, names: Sequence[str]) -> None:
        """Refuse columns that the data do not have."""
        known_column(self.captures, names, "times seen")
        for name, use in ((self.count, "persons by row"), (self.cluster, "clusters")):
            if name is not None:
                known_column(name, names, use)
        for name in self.by:
            known_column(name, names, "a domain variable")

    def check_sample(self) -> None:
        """Refuse what a design settles by itself."""
        for name, given in (("count", self.count), ("variance", self.variance), ("cluster", self.cluster)):
            if given is not None:
                raise OptionError(
                    f"`{name}` was given with a sample that has a design.",
                    "Its weights say whom each row stands for, and its design how sure the size is.",
                    f"Leave `{name}` out, or give the data without a design.",
                )


def sample_of(data: Any) -> Sample:
    """Return data as a sample of rows: as declared, or each row a person."""
    from diplab.sampling.design import declare_design

    if isinstance(data, Sample):
        return data
    try:
        return declare_design(data)
    except (ColumnError, DesignError) as error:
        asked = "A population size was asked for from these data."
        raise type(error)(asked, error.found, error.write) from error


def formula_of(text: object, sample: Sample, captures: str) -> ModelFormula:
    """Return the formula, with the captures put before `~` where nothing stands there.

    Raises
    ------
    OptionError
        Where something else than the captures stands before `~`, or the constant is left out.
    """
    whole = text
    if isinstance(text, str) and text.lstrip().startswith("~"):
        whole = f"{captures if captures.isidentifier() else f'`{captures}`'} {text.strip()}"
    found = read_formula(whole, sample.names, sample.codebook)
    if found.outcome.text != captures:
        raise OptionError(
            f"The population size behind `{text}` was asked for.",
            f"`{found.outcome.text}` stands before `~`, and the times seen are in `{captures}`.",
            f"Write `~` and the terms, or `{captures} ~` and the terms.",
        )
    if not found.intercept:
        raise OptionError(
            f"The population size behind `{text}` was asked for.",
            "It leaves the constant out, so that somebody for whom all terms are 0 would be seen once on average.",
            "Leave `- 1` (or `0 +`) out of the formula.",
        )
    return found
