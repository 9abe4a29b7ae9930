"""Regressions to be published: coefficients, and what tells how many respondents they have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from diplab.disclosure import protection
from diplab.disclosure.kinds.estimates import PublishableRows
from diplab.disclosure.profile import Profile
from diplab.disclosure.publishable import Lines
from diplab.errors import MisleadingError
from diplab.results.regression import Regression
from diplab.sampling.sample import Sample


class PublishableRegression(PublishableRows[Regression], kinds=(Regression,)):
    """A regression, which is refused where it gives its data back."""

    @property
    def sample(self) -> Sample | None:
        """The sample that it was fitted on, where it holds it."""
        return getattr(self.result.fitted, "sample", None)

    @property
    def fitted(self) -> Any:
        """The rows and scores of the fit, of several imputations those of the first."""
        return self.result.imputed[0].fitted if self.result.imputed else self.result.fitted

    @property
    def has_coefficients(self) -> bool:
        """Whether the rows are coefficients, and not contrasts between them."""
        return self.result.holds_coefficients

    def check(self, profile: Profile) -> None:
        """Refuse contrasts, and models that are near saturated or give cells back."""
        super().check(profile)
        fit = self.result
        if not fit.holds_coefficients:
            return
        left = float(fit.frame["n"].max()) - len(fit)
        if left < profile.residual_df:
            raise MisleadingError(
                f"`{fit.formula}` has {max(left, 0):.0f} residual degrees of freedom.",
                f"The profile {profile.name!r} wants {profile.residual_df}: a model with fewer "
                "would disclose its data.",
                "Write a model with fewer coefficients.",
            )
        rows = getattr(fit.fitted, "blocks", None)
        if rows is None:
            return
        cells, sizes = np.unique(rows.matrix.block(slice(0, rows.rows)), axis=1, return_counts=True)
        if cells.shape[1] <= len(cells) and protection.few(float(sizes.min()), profile):
            raise MisleadingError(
                f"`{fit.formula}` is saturated: its coefficients are the means of its cells.",
                "One of the cells has too few respondents.",
                "Write a model without some interactions, or wider categories.",
            )

    def hidden(self, lines: Lines, profile: Profile) -> Regression:
        """Return the regression without hidden coefficients and what would give them back."""
        shown, rows = super().hidden(lines, profile), lines["rows"]
        if profile.rounding:
            return _without_n(shown)
        if any(line.reason or line.error_reason for line in rows):
            # how well it fits is one more equation about what is hidden
            shown = replace(shown, goodness="Part of the model is hidden.")
        if all(line.reason for line in rows):
            shown = replace(shown, residual_df=np.nan)  # they say how many respondents it has
        return shown

    def without_microdata(self) -> Regression:
        """Return the regression without the rows of its fit."""
        return replace(super().without_microdata(), fitted=None, imputed=())

    def without_n(self, *, with_squares: bool) -> Regression:
        """Return the regression without its number of respondents, nor how well it fits."""
        return _without_n(super().without_n(with_squares=with_squares))


def _without_n(fit: Regression) -> Regression:
    goodness = "Its number of respondents is not told exactly."
    return replace(fit, residual_df=np.nan, goodness=goodness)
