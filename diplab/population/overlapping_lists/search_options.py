"""What a search among models of overlapping lists was asked to do, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.errors import OptionError, one_of
from diplab.kernel.hierarchical import all_models
from diplab.kernel.list_selection import StepwiseSelection, WholeSelection
from diplab.population.assumptions import BASE
from diplab.population.overlapping_lists.dependence import assumptions_of_search
from diplab.population.overlapping_lists.fitted_model import LOG_LINEAR
from diplab.population.overlapping_lists.one_model import DUPLICATES
from diplab.population.sizes import strict_confidence
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SearchOptions"]

MOST_FOR_ALL = 4
"""Lists up to which all models are compared unless asked otherwise."""
MOST_AT_ALL = 5
LEAST_REPLICATES = 50


@dataclass(frozen=True)
class SearchOptions:
    """The options of `search_lists`, as explained there.

    Raises
    ------
    OptionError
        Where one is outside its allowed words or numbers, or a bootstrap comes without a seed.

    Examples
    --------
    >>> SearchOptions(seed=1, bootstrap=1000).method_for(4)
    'all'
    """

    criterion: str = "bic"
    heterogeneity: str | None = None
    method: str | None = None
    threshold: float = 0.02
    order: int = 2
    bootstrap: int = 0
    seed: int | None = None
    confidence: float = 0.95
    duplicates: str = "undeclared"

    def __post_init__(self) -> None:
        if self.criterion not in ("bic", "aic"):
            raise one_of("`criterion`", self.criterion, ("bic", "aic"))
        if self.method not in (None, "all", "stepwise"):
            raise one_of("`method`", self.method, ("all", "stepwise"))
        if self.duplicates not in DUPLICATES:
            raise one_of("`duplicates`", self.duplicates, DUPLICATES)
        strict_confidence(self.confidence)
        self._check_steps()
        self._check_bootstrap()

    def method_for(self, lists: int) -> str:
        """Return how so many lists are searched."""
        return self.method or ("all" if lists <= MOST_FOR_ALL else "stepwise")

    def selection(self, lists: int) -> WholeSelection | StepwiseSelection:
        """Return the rule that chooses among models of so many lists."""
        if self.method_for(lists) == "stepwise":
            return StepwiseSelection(lists, self.threshold, self.order, self.heterogeneity)
        if lists > MOST_AT_ALL:
            raise OptionError(
                asked=f"All models of {lists} lists were asked for.",
                found="There are 7,785,061 of six lists, and more beyond.",
                write='Write `method="stepwise"`.',
            )
        return WholeSelection(all_models(lists, self.heterogeneity), self.criterion)

    def record(self, names: Sequence[str]) -> Provenance:
        """Return the provenance of a search on lists with these names."""
        method = self.method_for(len(names))
        steps = {"entry": f"{self.threshold:g}", "order": f"{self.order}"}
        return Provenance(
            rules={
                "estimator": LOG_LINEAR,
                "selection": method,
                **({"criterion": self.criterion} if method == "all" else steps),
                **({"lists_heterogeneity": self.heterogeneity} if self.heterogeneity else {}),
                "interval": "log-normal",
                "confidence": f"{self.confidence:g}",
                "duplicates": self.duplicates,
                "lists": ", ".join(names),
            },
            base=BASE,
            assumptions=assumptions_of_search(self.heterogeneity),
        )

    def _check_steps(self) -> None:
        if not 0 < self.threshold < 1:
            raise OptionError(
                asked=f"`threshold` was given as {self.threshold!r}.",
                found="It is a p-value strictly between 0 and 1.",
                write="Write `threshold=0.02`, or another small one.",
            )
        if self.order < 2:
            raise OptionError(
                asked=f"`order` was given as {self.order!r}.",
                found="Terms that join lists have order 2 or more.",
                write="Write `order=2` for pairs, or `order=3` for triples too.",
            )

    def _check_bootstrap(self) -> None:
        if self.bootstrap < 0 or 0 < self.bootstrap < LEAST_REPLICATES:
            raise OptionError(
                asked=f"`bootstrap` was given as {self.bootstrap!r}.",
                found=f"An interval takes {LEAST_REPLICATES} replicates or more.",
                write="Write `bootstrap=1000`, or 0 for none.",
            )
        if self.bootstrap and self.seed is None:
            raise OptionError(
                asked=f"A bootstrap of {self.bootstrap} replicates was asked for.",
                found="Without a seed nobody could find the same interval again.",
                write="Write `seed=1`, or another whole number.",
            )
