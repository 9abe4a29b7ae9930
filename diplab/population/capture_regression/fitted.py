"""The fit of a regression of captures, refused where no finite answer exists, and its parameters as reported."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.kernel.information import inverse
from diplab.kernel.represented_sizes import person_terms
from diplab.kernel.truncated_families import SHARED
from diplab.kernel.truncated_regression import TruncatedFit, fit_truncated
from diplab.microdata.variable import code_text
from diplab.sampling.formula.model_matrix import Categories

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.kernel.represented_sizes import PersonTerms
    from diplab.population.capture_regression.persons import Persons

    Floats = NDArray[np.float64]

__all__ = ["RARE", "FittedCaptures", "fitted"]

RARE = ("chao", "zelterman")
"""Families that are fitted to persons seen once or twice."""
_MOST = 1e9
_SHARED_TERMS = {"negative_binomial": "log(alpha)"}


@dataclass(frozen=True, eq=False)
class FittedCaptures:
    """A regression of captures and the persons it was fitted to.

    Parameters
    ----------
    persons : Persons
    fit : TruncatedFit
        Of the columns as standardised.
    sampled : bool
        Whether the persons are a survey sample of those seen.
    """

    persons: Persons
    fit: TruncatedFit
    sampled: bool = False

    @cached_property
    def bread(self) -> Floats:
        """The inverse of the information."""
        return inverse(self.fit.information)

    @property
    def at_edge(self) -> bool:
        """Whether the size has no finite value: the fit has none, or somebody seen stands for a thousand millions."""
        return not self.fit.converged or not float(self.terms.persons.max()) < _MOST

    @cached_property
    def terms(self) -> PersonTerms:
        """What each row says of the parameters and of the size."""
        return person_terms(self.fit, self.persons.x, self.persons.y)

    @cached_property
    def reporting(self) -> Floats:
        """What takes the parameters as fitted to those reported: of the columns asked for, the shared one last."""
        width = len(self.persons.restoring)
        found = np.eye(self.fit.theta.size)
        found[:width, :width] = self.persons.restoring
        if self.fit.family == "negative_binomial":
            # fitted: log(rate / size) and log(size); reported: log(rate) and log(alpha), alpha = 1 / size
            found[0, width], found[width, width] = 1.0, -1.0
        return found

    @property
    def names(self) -> list[str]:
        """The parameters in words."""
        own = self.persons.terms
        if self.fit.family in SHARED:
            own = [*own, _SHARED_TERMS.get(self.fit.family, "logit(omega)")]
        return own

    @property
    def fitting_weight(self) -> Floats:
        """What each row weighs in the likelihood: nothing for counts of which a family says nothing."""
        weight = self.persons.weight
        return np.where(self.persons.y <= 2, weight, 0.0) if self.fit.family in RARE else weight


def fitted(persons: Persons, family: str, text: str, *, sampled: bool = False) -> FittedCaptures:
    """Fit a regression of captures.

    Parameters
    ----------
    persons : Persons
    family : str
        A family of the kernel.
    text : str
        The formula, for errors.
    sampled : bool
        Whether the persons are a survey sample of those seen.

    Raises
    ------
    MisleadingError
        Where the counts allow no finite size.
    OptionError
        Where a term separates persons seen once from the others.
    """
    asked = f"The population size behind `{text}` was asked for ({family})."
    _check_counts(persons, family, asked)
    _check_categories(persons, family, asked)
    fit = fit_truncated(family, persons.x, persons.y, persons.weight)
    found = FittedCaptures(persons, fit, sampled)
    if found.at_edge and family not in SHARED:
        pace = np.abs(fit.coefficients[1:])
        name = persons.matrix.columns[1 + int(np.argmax(pace))].variable if pace.size else "intercept"
        raise OptionError(
            asked,
            f"`{name}` parts persons seen once from those seen again, wholly or nearly: its coefficient has no finite "
            "value, and neither has the size.",
            f"Leave `{name}` out, or cut it into fewer categories.",
        )
    return found


def _check_counts(persons: Persons, family: str, asked: str) -> None:
    if family in RARE:
        for often, word in ((1, "once"), (2, "twice")):
            if persons.times(often) == 0:
                raise MisleadingError(
                    asked,
                    f"Nobody was seen exactly {word}, and these families rest on persons seen once and twice.",
                    "Write the counts before any filter, or the estimator `chao_bc` of `single_source`.",
                )
    elif float(persons.y.max()) == 1.0:
        raise MisleadingError(
            asked,
            "Nobody was seen more than once, so the size has no upper limit.",
            "Write the estimator `chao_bc` of `single_source`, a lower bound.",
        )


def _check_categories(persons: Persons, family: str, asked: str) -> None:
    """Refuse a category whose persons were all seen once: the size has no upper limit there."""
    alone = {term[0] for term in persons.matrix.formula.terms if len(term) == 1}
    for at in sorted(alone):
        held = persons.matrix.values[at]
        if not isinstance(held, Categories):
            continue
        size = len(held.levels)
        used = persons.y <= 2 if family in RARE else np.ones(persons.y.size, dtype=bool)
        once = np.bincount(held.codes[used & (persons.y == 1)], minlength=size)
        more = np.bincount(held.codes[used & (persons.y > 1)], minlength=size)
        lost = np.flatnonzero((more == 0) | ((once == 0) if family in RARE else False))
        if lost.size:
            name, level = persons.matrix.formula.factors[at].said, code_text(held.levels[lost[0]])
            who = "nobody was seen exactly " + ("twice" if more[lost[0]] == 0 else "once")
            raise OptionError(
                asked,
                f"In the category {level} of `{name}` "
                f"{who if family in RARE else 'nobody was seen more than once'}: its coefficient has no finite value.",
                f"Leave `{name}` out, or merge that category with another.",
            )
