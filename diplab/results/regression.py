"""A regression: its coefficients as estimates, and what margins, effects and tests of terms are computed from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from diplab.errors import MisleadingError
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

COEFFICIENTS = ("coefficient", "cut", "odds_ratio", "rate_ratio")


@dataclass(frozen=True)
class FitStatistics:
    """How well a regression fits respondents who all count alike; NaN for what its family does not have.

    Parameters
    ----------
    n : int
        Respondents.
    df_model, df_residual : int
        Coefficients beside the constants (cut points are some); respondents less all coefficients.
    log_likelihood, log_likelihood_null : float
        Of the model, and of its constants alone.
    lr_chi2, lr_p_value : float
        Twice the difference of the two, and its chi2 test on `df_model` degrees of freedom that all coefficients but
        the constants are 0.
    pseudo_r2 : float
        1 - log_likelihood / log_likelihood_null (McFadden 1974).
    aic, bic : float
        -2 log_likelihood + 2 k (Akaike 1974) and + k log n (Schwarz 1978), with k coefficients, and the theta of the
        negative binomial; the variance of a gaussian model is not one of them, as in Stata and statsmodels (R counts
        it).
    r2, adjusted_r2 : float
        Share of the variance of a number that the model accounts for; and with mean squares in the place of sums.
    f, f_p_value : float
        The F test of a gaussian model that all coefficients but the constant are 0, on `df_model` and `df_residual`
        degrees of freedom.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "hours": [4.0, 6.0, 9.0, 11.0]})
    >>> found = dl.regress(dl.declare_design(people), "hours ~ age").fit
    >>> round(found.r2, 4), found.df_residual
    (0.9931, 2)
    """

    n: int
    df_model: int
    df_residual: int
    log_likelihood: float = nan
    log_likelihood_null: float = nan
    lr_chi2: float = nan
    lr_p_value: float = nan
    pseudo_r2: float = nan
    aic: float = nan
    bic: float = nan
    r2: float = nan
    adjusted_r2: float = nan
    f: float = nan
    f_p_value: float = nan

    @property
    def frame(self) -> pd.DataFrame:
        """One row per statistic that the model has: `statistic`, `value`."""
        import pandas as pd

        found = [(each.name, float(getattr(self, each.name))) for each in fields(self)]
        return pd.DataFrame([each for each in found if not isnan(each[1])], columns=["statistic", "value"])


@dataclass(frozen=True, eq=False, repr=False)
class Regression(Estimates):
    """The coefficients of a regression, one per row, with the covariance that the design gives.

    `variable` is the term and `category` the category it is for, compared with the first of its variable; the constant
    is `intercept`. Multinomial models have a block of rows for each category of the outcome but the first, in a column
    named after the outcome, and several quantiles one each, in the column `quantile`. Ordinal ones have their cut
    points last, as the statistic `cut`.

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
    goodness : FitStatistics or str
        What `fit` returns, or why there is none.

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
    goodness: FitStatistics | str = field(default="Nothing was fitted.", repr=False)

    @property
    def holds_coefficients(self) -> bool:
        """True where the rows are those of the regression, and not contrasts between them."""
        of_outcome = self.by in ((), (self.outcome,), ("quantile",))
        return of_outcome and bool(self.frame["statistic"].isin(COEFFICIENTS).all())

    @property
    def fit(self) -> FitStatistics:
        """Log-likelihoods, AIC, BIC, R2 and what else says how well the model fits.

        Raises
        ------
        MisleadingError
            Where respondents do not all count alike or were not drawn one by one, so that no likelihood holds.
        """
        if isinstance(self.goodness, str):
            raise MisleadingError(
                f"`{self.formula}` has no likelihood, and so no fit statistics.",
                f"{self.goodness} The likelihood of a model takes respondents as independent and alike.",
                "Compare models by `term_test`, which knows the design.",
            )
        return self.goodness


@dataclass(frozen=True, eq=False, repr=False)
class MarginalEffects(Estimates):
    """Average marginal effects of the variables of a regression, by answer where there are several."""

    @property
    def holds_effects(self) -> bool:
        """True where the rows were not compared with each other."""
        return not self.provenance.contrast and len(self.by) < 2
