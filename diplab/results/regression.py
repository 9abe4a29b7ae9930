"""A regression: its coefficients as estimates, and what margins, effects and tests of terms are computed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Regression"]


@dataclass(frozen=True, eq=False, repr=False)
class Regression(Estimates):
    """The coefficients of a regression, one a row, with the covariance that the design gives.

    `variable` is the term and `category` the category it is for, compared with the first of its variable; the constant
    is `intercept`. Multinomial models have a block of rows for each category of the outcome but the first, in a column
    named after the outcome. Ordinal ones have their cut points last, as the statistic `cut`.

    Parameters
    ----------
    formula : str
        As written.
    family, link : str
    outcome : str
        What is explained, in words.
    residual_df : float
        Degrees of freedom of tests of terms.
    fitted : object
        Rows, parameters and scores of the fit, for `marginal_effects` and `predicted_margins`.
    references : mapping of str to object
        By variable of categories, the one that others are compared with; that of the outcome for a multinomial model.
    imputed : tuple of Regression
        The fit of each imputation, where several are combined.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "hours": [4.0, 6.0, 9.0, 11.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ age")
    >>> fit.frame[["variable", "estimate"]].round(6).values.tolist()
    [['intercept', -0.9], ['age', 0.24]]
    """

    formula: str = ""
    family: str = ""
    link: str = ""
    outcome: str = ""
    residual_df: float = float("inf")
    fitted: Any = field(default=None, repr=False)
    references: Mapping[str, Any] = field(default_factory=dict, repr=False)
    imputed: tuple[Regression, ...] = field(default=(), repr=False)
