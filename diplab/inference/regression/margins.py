"""Average marginal effects and predicted margins, in units of the outcome. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.checks import argument, check_one_of, is_number
from diplab.errors import ColumnError, OptionError, quoted_names, suggestion
from diplab.inference import imputation
from diplab.inference.imputation import pool_estimates
from diplab.inference.measures import check_not_a_column
from diplab.inference.regression._regress import RowName, model_frame
from diplab.inference.regression.fitting import CoefficientsDf, FittedModel
from diplab.inference.regression.maximum_likelihood import model_covariance
from diplab.inference.regression.one_unit import on_one_unit
from diplab.inference.regression.quantiles import mark_quantiles
from diplab.inference.regression.statsmodels_results import fitted_model
from diplab.kernel.arrays import Floats
from diplab.kernel.effective_df import CombinedDf
from diplab.kernel.models.regression import Likelihood
from diplab.microdata.variable import answers_to_write, code_of_answer, code_text
from diplab.results.estimates import AMOUNT, Estimates, StatisticDescription
from diplab.results.regression import MarginalEffects, Regression
from diplab.sampling.model_matrix import Categories, ModelMatrix

Covariates: TypeAlias = Literal[
    "sampled", "fixed"
]  # whether the people averaged over are a sample, or just these


def marginal_effects(
    fit: Regression, *variables: str, covariates: Covariates = "sampled"
) -> Estimates:
    """Estimate how the expected outcome changes with a variable, on average over the respondents.

    For a number, the slope of the expected outcome; for categories, the gap between everybody in
    the category and everybody in the reference. Ordinal and multinomial models have one effect for
    each category of the outcome.

    Parameters
    ----------
    fit : Regression
        From `regress`.
    *variables : str
        All of the model where none is given.
    covariates : {"sampled", "fixed"}
        Whether errors count that the people over whom one averages are a sample too (default), or
        take these as given, as `marginaleffects` in R, Stata's `margins` and statsmodels'
        `get_margeff`; with `variance="model"` the second.

    Returns
    -------
    Estimates
        Statistic `marginal_effect`; effective degrees of freedom are those of the combination of
        coefficients and respondents that each effect is, others those of the regression.

    Raises
    ------
    ColumnError
        Where the variable is not in the model.
    OptionError
        Where the variable is part of a condition, or the fit does not carry what is needed.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "hours": [4.0, 6.0, 9.0, 11.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ age")
    >>> round(dl.marginal_effects(fit).frame["estimate"].item(), 6)
    0.24
    """
    if fit.imputed:
        return pool_estimates(
            [marginal_effects(item, *variables, covariates=covariates) for item in fit.imputed]
        )
    fitted = check_margins(fit, "Marginal effects", covariates)
    known = dict.fromkeys(name for factor in fitted.matrix.formula.factors for name in factor.names)
    averages: list[Average] = []
    for name in variables or known:
        categories = _variable(fitted, name, "Marginal effects")
        if categories is None:
            check_slopes(fitted, name)
            averages.append(Average(name, slope=True))
        else:
            averages += [
                Average(name, categories.levels[at], at, 0)
                for at in range(1, len(categories.levels))
            ]
    return _estimated(fit, fitted, "marginal_effect", averages, covariates)


def predicted_margins(
    fit: Regression,
    variable: str | Mapping[str, Sequence[float]],
    *,
    covariates: Covariates = "sampled",
) -> Estimates:
    """Estimate the average expected outcome if everybody had the same answer to one variable.

    Parameters
    ----------
    fit : Regression
        From `regress`.
    variable : str, or mapping of str to numbers
        A variable of categories, with those that are wanted (codes or labels) where not all are;
        for a number, the values that everybody is given: `{"age": [20, 40, 60]}`. One variable at a
        time.
    covariates : {"sampled", "fixed"}
        See `marginal_effects`.

    Returns
    -------
    Estimates
        Statistic `predicted_margin`: one row per category (or value), and per outcome category if
        any. Intervals of chances (binomial, ordinal and multinomial models) are made on the
        log-odds, as those of shares.

    Raises
    ------
    ColumnError
        Where the variable is not in the model.
    OptionError
        Where a number is given no values, several variables are given, or the fit does not carry
        what is needed.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ sex")
    >>> dl.predicted_margins(fit, "sex").frame[["category", "estimate"]].round(6).values.tolist()
    [['f', 15.0], ['m', 40.0]]
    """
    if fit.imputed:
        margins = pool_estimates(
            [predicted_margins(item, variable, covariates=covariates) for item in fit.imputed]
        )
        return with_share_intervals(fit, margins)
    fitted = check_margins(fit, "Predicted margins", covariates)
    name, values = margin_values(variable)
    categories = _variable(fitted, name, "Predicted margins")
    if categories is not None:
        wanted = list(values) or list(categories.levels)
        places = [category_place(fitted, categories, name, item) for item in wanted]
        averages = [Average(name, categories.levels[place], place) for place in places]
    else:
        usual = float(fitted.matrix.raw_numbers(name).mean())
        numbers = zip(values, margin_numbers(name, values, usual), strict=True)
        averages = [Average(name, item, number) for item, number in numbers]
    margins = _estimated(fit, fitted, "predicted_margin", averages, covariates)
    # that an expected outcome be nothing is not a hypothesis of interest
    return with_share_intervals(fit, replace(margins, frame=margins.frame.drop(columns="p_value")))


def with_share_intervals(fit: Regression, margins: Estimates) -> Estimates:
    """Return margins that are chances with intervals on the log-odds, which stay inside 0 to 1."""
    if fit.family not in PROBABILITY_FAMILIES:
        return margins
    margins = imputation.with_share_intervals(margins, "logit")
    return margins.described(rules={**margins.provenance.rules, "interval": "logit"})


def check_margins(fit: Regression, what: str, covariates: str) -> FittedModel:
    """Return what was fitted, where margins or predictions can be computed from it."""
    check_one_of("covariates", covariates, Covariates)
    variance, wrong, why, write = fit.provenance.variance, "", "", ""
    if fit.family == "log_linear":
        wrong, why = f"{what} are not available for a log-linear model.", "It has no outcome."
        write = "Write `fit.cells` for the shares that it expects."
    elif fit.family == "cox":
        wrong = f"{what} are not available for a Cox regression."
        why = "It has no expected outcome: its hazards are relative to each other."
        write = (
            "Write `effect_ratios(fit)` for hazard ratios, or "
            "`survival.kaplan_meier(..., by=...)` for curves."
        )
    elif variance == "bell_mccaffrey":
        wrong, why = (
            "`variance='bell_mccaffrey'` applies to coefficients.",
            f"{what} of `{fit.formula}` need another.",
        )
        write = "Write `regress(..., variance='linearised')`."
    elif variance == "model" and covariates == "sampled":
        wrong = "`covariates='sampled'` needs a variance over people who are a sample."
        why = f"That of `{fit.formula}` is `model`, which takes the covariates as fixed."
        write = "Write `covariates='fixed'`, or `regress(..., variance='linearised')`."
    if wrong:
        raise OptionError(wrong, why, write)
    fitted: FittedModel = fit.fitted
    for name in fitted.by:
        check_not_a_column(name, f"the outcome of {what.lower()}", "p_value")
    return fitted


def _variable(fitted: FittedModel, name: str, what: str) -> Categories | None:
    """Return the categories of a variable of the model; None for a number."""
    formula = fitted.matrix.formula
    uses = [at for at, factor in enumerate(formula.factors) if name in factor.names]
    if not uses:
        known = dict.fromkeys(item for factor in formula.factors for item in factor.names)
        raise ColumnError(
            f"`{name}` is not a variable of `{formula.text}`.",
            f"It has {len(known)}.",
            suggestion(name, known),
        )
    kinds = set()
    for at in uses:
        kinds.add(isinstance(fitted.matrix.values[at], Categories))
    condition = any(formula.factors[at].condition is not None for at in uses)
    if condition or len(kinds) > 1 or (kinds == {True} and len(uses) > 1):
        raise OptionError(
            f"`{name}` is in the model as "
            + ("a condition." if condition else "categories, and otherwise too."),
            f"{what} need a single form of it.",
            f"Write `{name}` in the formula in a single form: as a number, or as `C({name})`; a "
            "condition can be made a separate column.",
        )
    categories = fitted.matrix.values[uses[0]]
    return categories if isinstance(categories, Categories) else None


def category_place(fitted: FittedModel, categories: Categories, name: str, level: Any) -> int:
    """Return the place of a category, given by code or label, among those of the model."""
    codebook = fitted.sample.codebook
    code = code_of_answer(codebook, name, level, categories.levels)
    if code is None:
        raise OptionError(
            f"{level!r} is not a category of `{name}` in the model.",
            f"It has {len(categories.levels)}.",
            suggestion(code_text(level), answers_to_write(codebook, name, categories.levels)),
        )
    return categories.levels.index(code)


def _estimated(
    fit: Regression, fitted: FittedModel, statistic: str, averages: list[Average], covariates: str
) -> Estimates:
    point = means(fitted, averages, fitted.theta, fitted.blocks.weight)
    slopes, moved = movements(fitted, averages, point, covariates)
    covariance = _covariance(fit, fitted, averages, point, (slopes, moved))
    outcomes = fitted.outcomes or (None,)
    by = fitted.by
    names: list[RowName] = [
        (statistic, average.variable, average.category, outcome, fitted.n)
        for average in averages
        for outcome in outcomes
    ]
    confidence = fit.provenance.confidence
    df, effective = np.full(len(names), fit.residual_df), None
    worth = df
    if fitted.units is not None:
        own_df = _effective(fit, fitted, slopes, moved)
        worth = own_df.of_combinations(np.eye(len(names)))
        if isinstance(fit.effective, CombinedDf):
            df, effective = worth, own_df
    resting = on_one_unit(fitted, fit.provenance.variance or "linearised", slopes)
    between = resting.compared(covariance)
    frame, covariance = model_frame(names, point, covariance, df, confidence, by, resting, worth)
    is_effect = statistic == "marginal_effect"
    # margins are compared with nothing
    known = dict.fromkeys(
        average.variable for average in averages if is_effect and average.variable in fit.references
    )
    compared = {name: fit.references[name] for name in known}
    description = StatisticDescription(
        kind="share" if fit.family in PROBABILITY_FAMILIES else "amount",
        shared_base=not is_effect,
        is_effect=is_effect,
    )
    rules = {**fit.provenance.rules, "covariates": covariates}
    record = replace(fit.provenance, rules=rules, references=compared)
    return (MarginalEffects if is_effect else Estimates)(
        mark_quantiles(frame, fitted), covariance, record, by, fit.codebook, fit.drawn,
        descriptions={statistic: description}, effective=effective, compared=between,
        alone=resting.alone,
    )  # fmt: skip


def _effective(
    fit: Regression, fitted: FittedModel, slopes: Floats, moved: Floats | None
) -> CombinedDf:
    """Return the degrees of freedom of averages, from coefficients and respondents."""
    parts, rows = CoefficientsDf(fitted, fit.residual_df), fitted.blocks
    if moved is None:
        return CombinedDf(parts, slopes)
    spread = rows.weight.sum() * (moved * rows.weight) @ moved.T
    if fit.family == "gaussian":
        # answers vary about what is expected of them as the residuals do; in other families as
        # expected
        squares = sum(row.weight @ (row.y - fitted.theta @ row.x) ** 2 for row in rows)
        spread = spread / (squares / rows.weight.sum() or 1.0)
    return CombinedDf(
        replace(parts, spread=spread), np.concatenate([slopes, np.eye(len(slopes))], axis=1)
    )


def _covariance(
    fit: Regression,
    fitted: FittedModel,
    averages: list[Average],
    point: Floats,
    movement: tuple[Floats, Floats | None],
) -> Floats:
    """Return the covariance of averages, from where that of the coefficients comes."""
    weight = fitted.blocks.weight
    if fitted.replicates is not None and (replication := fitted.sample.replication) is not None:
        under = [
            means(fitted, averages, theta, weight if movement[1] is None else own)
            for theta, own in zip(fitted.replicates, fitted.replicate_weights(), strict=True)
        ]
        return replication.covariance(np.stack(under), point)
    if fit.provenance.variance == "model":
        return model_covariance(fitted, fit.family, movement[0])
    return fitted.covariance(fitted.influence(*movement))


PROBABILITY_FAMILIES = ("binomial", "ordinal", "multinomial")


def margin_values(variable: object) -> tuple[str, tuple[Any, ...]]:
    """Return the variable that margins are asked of, and the values.

    None where all categories are meant.
    """
    if isinstance(variable, str):
        return variable, ()
    if not isinstance(variable, Mapping) or len(variable) != 1:
        many = isinstance(variable, Mapping) and len(variable) > 1
        raise OptionError(
            f"{argument('variable', variable)} names "
            + ("several variables." if many else "no variable with values."),
            "Predicted margins vary one variable and keep the others as observed." if many else "",
            "Write a call for each variable." if many else "Write for example `{'age': [20, 40]}`.",
        )
    ((name, values),) = variable.items()
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        return name, (values,)
    return name, tuple(values)


def margin_numbers(name: str, values: tuple[Any, ...], usual: float) -> list[float]:
    """Return the numbers that everybody is given, checked; `usual` is one to offer."""
    example = f"`{{'{name}': [{np.floor(usual):g}]}}`"
    if not values:
        raise OptionError(
            f"`{name}` is a number, and predicted margins need its values.",
            "",
            f"Write some, for example {example}.",
        )
    for value in values:
        if not is_number(value) or not isfinite(value):
            raise OptionError(
                f"{value!r} is not a finite number, which `{name}` is in the model.",
                write=f"Write numbers, for example {example}.",
            )
    return list(map(float, values))


_STEP = 1e-20  # an imaginary step so small that its square vanishes


def _slopes(matrix: ModelMatrix, variable: str, place: slice, step: float) -> Floats:
    """Return how the columns of the model matrix change with a variable, for some respondents."""
    numbers = matrix.raw_numbers(variable)[place]
    # in proportion to the number: of a root, the step is to be far smaller than what it is taken of
    wide = step * np.where(numbers == 0, 1.0, np.abs(numbers))
    found: Floats = matrix.block(place, {variable: numbers + 1j * wide}).imag / wide
    return found


def check_slopes(fitted: FittedModel, variable: str) -> None:
    """Refuse an infinite slope, as that of a square root at 0."""
    formula, matrix, steep = fitted.matrix.formula, replace(fitted.matrix, conditioning=None), 0
    for place in matrix.places:
        near, nearer = (
            np.abs(_slopes(matrix, variable, place, step)) for step in (_STEP, _STEP**2)
        )
        rounding = 0.1 * near.max(axis=1, keepdims=True)
        steep += int(np.count_nonzero((~(nearer <= 1.1 * near + rounding)).any(axis=0)))
    if steep:
        terms = [
            factor.text
            for factor in formula.factors
            if factor.tree is not None and variable in factor.names
        ]
        raise OptionError(
            f"The slope of {quoted_names(terms)} is infinite for {steep} respondents.",
            f"`{variable}` has no marginal effect.",
            "Write `predicted_margins` at some of its values, or a condition that leaves them out.",
        )


@dataclass(frozen=True)
class Average:
    """Something to average: an expected outcome at a value, a gap between two, or a slope."""

    variable: str
    category: Any = ""
    at: Any = None  # the code or number that everybody is given
    less: Any = None  # whose expected outcome is taken from that of `at`
    slope: bool = False  # the derivative of what is expected of respondents as they are

    def pieces(self, fitted: FittedModel, place: slice, theta: Floats) -> list[Piece]:
        """Return what it is made of for some respondents."""
        matrix, likelihood = fitted.matrix, fitted.likelihood
        if self.slope:
            x = matrix.block(place)
            along = _slopes(matrix, self.variable, place, _STEP)
            eta = likelihood.predictors(x, theta) + fitted.blocks.per_unit(place)
            return [Piece(likelihood, 1.0, x, eta, along, likelihood.moved(along, theta))]
        found = []
        for value, sign in ((self.at, 1.0), (self.less, -1.0)):
            if value is not None:
                x = matrix.block(place, {self.variable: value})
                eta = likelihood.predictors(x, theta) + fitted.blocks.per_unit(place)
                found.append(Piece(likelihood, sign, x, eta))
        return found


@dataclass(frozen=True, eq=False)
class Piece:
    """An expected outcome of some respondents, or its derivative along `along`, times `sign`."""

    likelihood: Likelihood
    sign: float
    x: Floats
    eta: Floats
    along: Floats | None = None
    moved: Floats | None = None

    def value(self, eta: Any) -> Any:
        """Return it at some predictors, shape (outcomes, respondents)."""
        if self.moved is None:
            return self.sign * self.likelihood.outcome(eta)
        return self.sign * self.likelihood.drift(eta, self.moved)

    def gradient(self, weight: Floats) -> Floats:
        """Return the weighted sum of its derivatives, shape (outcomes, parameters)."""

        def of_value(unit: Floats) -> Floats:
            return np.asarray(self.value(self.eta + 1j * _STEP * unit).imag / _STEP)

        def of_drift(unit: Floats) -> Floats:
            return self.likelihood.drift(self.eta, np.broadcast_to(unit, self.eta.shape))

        found = self._gathered(of_value, self.x, weight, constants=True)
        if self.along is None:
            return found
        return found + self._gathered(of_drift, self.along, weight, constants=False)

    def _gathered(
        self, slope: Callable[[Floats], Floats], x: Floats, weight: Floats, *, constants: bool
    ) -> Floats:
        units = np.eye(len(self.eta))[:, :, None]
        slopes = np.stack(list(map(slope, units)), axis=1)
        return self.likelihood.gathered(slopes * weight, x, constants=constants)


def means(fitted: FittedModel, averages: list[Average], theta: Floats, weight: Floats) -> Floats:
    """Return weighted means over the respondents, shape (averages * outcomes,)."""
    total: Any = 0.0
    for place in fitted.matrix.places:
        pieces = (average.pieces(fitted, place, theta) for average in averages)
        total = (
            total
            + np.concatenate([sum(item.value(item.eta) for item in own) for own in pieces])
            @ weight[place]
        )
    weighted: Floats = total / weight.sum()
    return weighted


def movements(
    fitted: FittedModel, averages: list[Average], point: Floats, covariates: str
) -> tuple[Floats, Floats | None]:
    """Return derivatives of averages by coefficient, and by respondent (None if fixed)."""
    weight, theta = fitted.blocks.weight, fitted.theta
    total = weight.sum()
    slopes = np.zeros((point.size, theta.size))
    own = None if covariates == "fixed" else np.empty((point.size, fitted.n))
    for place in fitted.matrix.places:
        pieces = [average.pieces(fitted, place, theta) for average in averages]
        slopes += (
            np.concatenate(
                [sum(piece.gradient(weight[place]) for piece in item) for item in pieces]
            )
            / total
        )
        if own is not None:
            values = np.concatenate(
                [sum(piece.value(piece.eta) for piece in item) for item in pieces]
            )
            own[:, place] = (values - point[:, None]) / total
    return slopes, own


RATIOS = {
    "logit": "odds_ratio",
    "log": "rate_ratio",
    "hazard": "hazard_ratio",
    "log_linear": "odds_ratio",
}
RATIOS |= dict.fromkeys(("gamma", "inverse_gaussian"), "mean_ratio")
"""What the exponential of a coefficient is, by link, or by family where it is another thing."""


def effect_ratios(fit: Regression) -> Regression:
    """Return the exponentiated coefficients of a model: ratios of odds, rates, means or hazards.

    Parameters
    ----------
    fit : Regression
        With the link logit or log, of `survival.cox`, or of `log_linear`; or fitted by statsmodels,
        without a design.

    Returns
    -------
    Regression
        Statistic `odds_ratio` (logit), `rate_ratio` (log), `mean_ratio` (gamma, inverse Gaussian)
        or `hazard_ratio` (Cox), without the constant and the cut points: exp(b), with the ends of
        the interval of b carried over, the standard error exp(b) se(b) (delta method) and the
        p-value of b. For a multinomial model the odds are those of an answer against the first; for
        a log-linear one, of a category against its reference, and a product of variables gives
        ratios of these odds.

    Raises
    ------
    OptionError
        Where the link is another: the exponentials of such coefficients are not ratios.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": list("ffffmmmm"), "poor": [1, 0, 0, 0, 1, 1, 1, 0]})
    >>> fit = dl.regress(dl.declare_design(people), "poor ~ sex", family="binomial")
    >>> dl.effect_ratios(fit).frame[["variable", "category", "estimate"]].round(6).values.tolist()
    [['sex', 'm', 9.0]]
    """
    fit = fitted_model(fit)
    statistic = RATIOS.get(fit.family, RATIOS[fit.link]) if fit.link in RATIOS else None
    if statistic is None:
        raise OptionError(
            f"The exponentials of the coefficients of `{fit.formula}` are not ratios.",
            f"Its link is `{fit.link}`.",
            "Write `regress(..., family='binomial')` for odds ratios, or `marginal_effects(fit)` "
            "for differences.",
        )
    frame = fit.frame
    coefficients = fit.rows(
        (frame["statistic"] == "coefficient") & (frame["variable"] != "intercept")
    )
    own = coefficients.frame
    # a coefficient too large for its exponential is said by its interval
    with np.errstate(over="ignore"):
        ratio, low, high = (
            np.exp(own[name].to_numpy(dtype=float)) for name in ("estimate", "ci_low", "ci_high")
        )
        error = ratio * own["std_error"].to_numpy(dtype=float)
        covariance = coefficients.covariance * np.outer(ratio, ratio)
    frame = own.assign(
        statistic=statistic,
        estimate=ratio,
        std_error=error,
        ci_low=low,
        ci_high=high,
        cv=own["std_error"],
    )
    provenance = replace(fit.provenance, rules={**fit.provenance.rules, "scale": "exponential"})
    of_rows: Any = {
        "effective": coefficients.effective,
        "compared": None,
        "alone": coefficients.alone,
    }
    of_rows["descriptions"] = {statistic: replace(AMOUNT, no_change=1.0)}
    return replace(fit, frame=frame, covariance=covariance, provenance=provenance, **of_rows)
