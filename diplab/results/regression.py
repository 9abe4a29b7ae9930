"""Regressions: coefficients as estimates, and the basis of margins, effects and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isnan, nan
from typing import Any, NoReturn, TypeAlias

import numpy as np
import pandas as pd

from diplab.errors import MisleadingError, OptionError
from diplab.microdata.variable import Code, code_text
from diplab.results.estimates import Estimates
from diplab.results.hypothesis_test import Test

Levels: TypeAlias = tuple[tuple[str, Any], ...]
COEFFICIENTS = ("coefficient", "cut", "odds_ratio", "rate_ratio", "mean_ratio", "hazard_ratio")


@dataclass(frozen=True)
class CrossedQuantiles:
    """Two quantiles of which the lower lies above the higher."""

    low: float
    high: float
    rows: int  # for how many respondents, of how many
    of_rows: int
    who: tuple[tuple[str, Code], ...]  # for whom by most: columns, and their codes or numbers

    @property
    def text(self) -> str:
        """The rule, with columns and codes as they are."""
        who = ", ".join(f"{name} = {code_text(code)}" for name, code in self.who)
        return f"{self.low:g} > {self.high:g} ({self.rows} / {self.of_rows}; {who})"


@dataclass(frozen=True)
class _Statistics:
    @property
    def frame(self) -> pd.DataFrame:
        """One row per available statistic: `statistic`, `value`."""
        values = [(attribute.name, getattr(self, attribute.name)) for attribute in fields(self)]
        rows = [
            (name, float(value))
            for name, value in values
            if isinstance(value, int | float) and not isnan(value)
        ]
        return pd.DataFrame(rows, columns=["statistic", "value"])


@dataclass(frozen=True)
class FitStatistics(_Statistics):
    """Fit statistics of an unweighted regression; NaN for those that its family lacks.

    Parameters
    ----------
    n : int
        Respondents.
    df_model, df_residual : int
        Coefficients other than constants (cut points are constants); respondents minus
        coefficients.
    log_likelihood, log_likelihood_null : float
        Of the model, and of the model with constants only.
    lr_chi2, lr_p_value : float
        Twice the difference of the two, and its chi2 test on `df_model` degrees of freedom that all
        coefficients but the constants are 0.
    pseudo_r2, cox_snell, nagelkerke : float
        1 - log_likelihood / log_likelihood_null (McFadden 1974); 1 - exp((deviance - null deviance)
        / n) (Cox and Snell 1989); and that over its maximum (Nagelkerke 1991).
    deviance_r2 : float
        1 - deviance / null deviance, of gamma and inverse gaussian models (Cameron and Windmeijer
        1997).
    aic, bic : float
        -2 log_likelihood + 2 k (Akaike 1974) and + k log n (Schwarz 1978), with k coefficients, and
        the theta of the negative binomial; the variance of a gaussian model is not counted, as in
        Stata and statsmodels (R counts it). For amounts, the dispersion is the mean deviance, as in
        R.
    r2, adjusted_r2 : float
        Share of the variance of a numeric outcome explained by the model; and with mean squares
        instead of sums.
    f, f_p_value : float
        The F test of a gaussian model that all coefficients but the constant are 0, on `df_model`
        and `df_residual` degrees of freedom.

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
    cox_snell: float = nan
    nagelkerke: float = nan
    deviance_r2: float = nan
    aic: float = nan
    bic: float = nan
    r2: float = nan
    adjusted_r2: float = nan
    f: float = nan
    f_p_value: float = nan


@dataclass(frozen=True, eq=False)
class DesignFitStatistics(_Statistics):
    """Fit statistics of a regression under a design; NaN for those that its family lacks.

    Weights are divided by their mean. AIC, BIC and likelihood ratios raise an error: a weighted sum
    of log-probabilities is not a log-likelihood (Lumley and Scott 2015).

    Parameters
    ----------
    n, df_model, df_residual, reason
        Respondents; coefficients other than constants; degrees of freedom of tests of terms; why
        there is no likelihood.
    r2, pseudo_r2, cox_snell, nagelkerke, deviance_r2 : float
        As in `FitStatistics`, of weighted squares and the weighted deviance (Cox-Snell, Nagelkerke:
        R's `psrsq`).
    deviance, effective_parameters, daic : float
        Weighted deviance (of a number n log(2 pi s^2) + n, with s^2 the mean squared residual);
        tr(A V), the coefficients other than constants weighted by how much the design V inflates
        their variance A^-1 under independence; the first plus twice the second. Only differences
        between models of the same respondents are meaningful.
    first_stage : mapping of str to (float, float, float)
        By endogenous column, the first-stage F of the instruments with its two degrees of freedom:
        below 10 they are weak.
    independent_covariance : ndarray, shape (coefficients, coefficients)
        A^-1, for `Regression.dbic`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "hours": [4.0, 6.0, 9.0, 11.0]})
    >>> people["w"] = [1, 2, 1, 1]
    >>> found = dl.regress(dl.declare_design(people, weights="w"), "hours ~ age").fit
    >>> round(found.r2, 4), found.df_residual
    (0.9913, 2.0)
    """

    n: int
    df_model: int
    df_residual: float
    reason: str
    r2: float = nan
    pseudo_r2: float = nan
    cox_snell: float = nan
    nagelkerke: float = nan
    deviance_r2: float = nan
    deviance: float = nan
    effective_parameters: float = nan
    daic: float = nan
    first_stage: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    independent_covariance: Any = field(default=None, repr=False)

    def _refuse(self) -> NoReturn:
        raise MisleadingError(
            "The model has no likelihood, and so no AIC, BIC or likelihood ratio.",
            f"{self.reason} A likelihood assumes independent and identically distributed "
            "respondents.",
            "Compare models by `term_test`, `fit.fit.daic` or `fit.dbic(largest)`, which use the "
            "design.",
        )

    log_likelihood = log_likelihood_null = lr_chi2 = lr_p_value = aic = bic = property(_refuse)


@dataclass(frozen=True, eq=False, repr=False)
class Regression(Estimates):
    """The coefficients of a regression, one per row, with their design-based covariance.

    `variable` is the term and `category` its category, compared with the first of its variable; the
    constant is `intercept`. Multinomial models have a block of rows for each category of the
    outcome except the first, in a column named after the outcome; several quantiles have a block
    each, in the column `quantile`. Ordinal models have their cut points last, as the statistic
    `cut`.

    Parameters
    ----------
    formula : str
        As written.
    family, link : str
    outcome : str
        The outcome, in words.
    residual_df : float
        Degrees of freedom of tests of terms.
    fitted : object
        Rows, parameters and scores of the fit, for `marginal_effects` and `predicted_margins`.
    references : mapping of str to object
        The reference category of each categorical variable, and of the outcome of a multinomial
        model.
    levels : mapping
        By variable and category, where either names several (products, cut points): each variable
        with its category there, or None if it is a number.
    imputed : tuple of Regression
        The fit of each imputation, if several are combined.
    goodness : FitStatistics, DesignFitStatistics or str
        The value of `fit`, or why there is none.

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
    levels: Mapping[tuple[str, str], Levels] = field(default_factory=dict, repr=False)
    imputed: tuple[Regression, ...] = field(default=(), repr=False)
    goodness: FitStatistics | DesignFitStatistics | str = field(
        default="Nothing was fitted.", repr=False
    )

    @property
    def holds_coefficients(self) -> bool:
        """True if the rows are coefficients, not contrasts between them."""
        of_outcome = self.by in ((), (self.outcome,), ("quantile",))
        return of_outcome and bool(self.frame["statistic"].isin(COEFFICIENTS).all())

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcome, or the variables of a table."""
        return (self.outcome,)

    def variables_of(self, term: str) -> tuple[str, ...]:
        """Return the variables of a term: several for a product."""
        for (variable, _), levels in self.levels.items():
            if variable == term:
                return tuple(name for name, _ in levels)
        return (term,)

    @property
    def fit(self) -> FitStatistics | DesignFitStatistics:
        """Fit statistics: log-likelihoods, AIC, BIC, R2; without likelihoods under a design.

        Raises
        ------
        MisleadingError
            Where several imputations are combined.
        """
        if isinstance(self.goodness, str):
            raise MisleadingError(
                f"`{self.formula}` has no likelihood, and so no fit statistics.",
                f"{self.goodness} A likelihood assumes independent and identically distributed "
                "respondents.",
                "Compare models by `term_test`, which uses the design.",
            )
        return self.goodness

    def dbic(self, largest: Regression) -> float:
        """Return the design-based BIC of the model, for comparison within one largest model.

        Parameters
        ----------
        largest : Regression
            A model of the same respondents with all terms of the models compared.

        Returns
        -------
        float
            W + p log n + log det D + the deviance of the largest, with W = b'V^-1 b for the
            coefficients b of the largest that are not in this model, D their A V, p the number of
            coefficients here, as R's `BIC` of svyglm (Lumley and Scott 2015). Only differences are
            meaningful.

        Raises
        ------
        OptionError
            Where the largest model has another outcome or respondents, or lacks a term.
        MisleadingError
            Where its family has no design-based BIC.
        """
        fit, beside = largest.goodness, [*self.frame.columns[: 3 + len(self.by)]]
        if not isinstance(fit, DesignFitStatistics) or fit.independent_covariance is None:
            raise MisleadingError(
                f"`{largest.formula}` ({largest.family}) has no design-based BIC.",
                write="Write `fit.fit.bic`."
                if isinstance(fit, FitStatistics)
                else "Compare models by `term_test`.",
            )
        own, every = ([*map(tuple, model.frame[beside].to_numpy())] for model in (self, largest))
        alike = all(
            getattr(self, name) == getattr(largest, name) for name in ("family", "link", "outcome")
        )
        rest = np.array([at for at, item in enumerate(every) if item not in own], dtype=np.intp)
        value, inside = largest.frame["estimate"].to_numpy(dtype=float)[rest], np.ix_(rest, rest)
        covariance = largest.covariance[inside]
        few = False
        if rest.size:
            few = np.linalg.matrix_rank(np.nan_to_num(covariance), hermitian=True) < rest.size
        if not alike or self.frame["n"].max() != fit.n or not set(own) <= set(every) or few:
            raise OptionError(
                f"`{self.formula}` cannot be compared within `{largest.formula}`.",
                f"It has too few primary units for {rest.size} coefficients." if few else
                f"They have {self.frame['n'].max()} and {fit.n} respondents, and "
                f"{len(set(own) - set(every))} coefficients of the first are not in the second.",
                "Write models of the same outcome, family and respondents; the largest has all "
                "terms of the other.",
            )  # fmt: skip
        larger = np.linalg.slogdet(np.linalg.solve(fit.independent_covariance[inside], covariance))
        wald = float(value @ np.linalg.solve(covariance, value))
        return wald + len(own) * float(np.log(fit.n)) + float(larger[1]) + fit.deviance


@dataclass(frozen=True, eq=False, repr=False)
class LogLinearModel(Regression):
    """A log-linear model of a table: coefficients, shares of cells under the model, and its test.

    `cells` has the share of every cell under the model and, after the measures, in the sample
    (`observed`); `test` is Rao and Scott's of the model against the table, None for the saturated
    model.
    """

    # given where it is made
    cells: Estimates = field(default=None, repr=False)  # type: ignore[assignment]
    test: Test | None = field(default=None, repr=False)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The variables of the table."""
        return self.cells.by


@dataclass(frozen=True, eq=False, repr=False)
class MarginalEffects(Estimates):
    """Average marginal effects of the variables of a regression, by outcome category if several."""

    @property
    def holds_effects(self) -> bool:
        """True if the rows are not comparisons."""
        return not self.provenance.contrast and len(self.by) < 2
