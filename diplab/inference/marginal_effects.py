"""Average marginal effects and predicted margins: a regression told in the units of its outcome.

Both are averages over the respondents, weighted, of something computed from each one's own answers. Their errors have
two sources, the coefficients and the respondents over whom one averages; the influence of a row holds both,

    z_i = (g_i - mean g) / N + (d mean g / d theta) A^-1 s_i,

with s_i its score (delta method; Graubard and Korn 1999; Binder 1983).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError, one_of, suggestion
from diplab.inference.averages import Average, check_slopes, means, movements
from diplab.inference.imputation import pool_estimates
from diplab.inference.margin_values import CHANCES, margin_numbers, margin_values, within_chances
from diplab.inference.maximum_likelihood import model_covariance
from diplab.inference.model_frame import model_frame
from diplab.microdata.variable import answers_to_write, code_of_answer, code_text
from diplab.results.estimates import COLUMNS, Estimates
from diplab.results.regression import MarginalEffects
from diplab.results.statistic_description import StatisticDescription
from diplab.sampling.model_matrix import Categories

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.inference.fitted_model import FittedModel
    from diplab.inference.model_frame import RowName
    from diplab.results.regression import Regression
    from diplab.sampling.engines.protocol import Floats

__all__ = ["marginal_effects", "predicted_margins"]

COVARIATES = ("sampled", "fixed")


def marginal_effects(fit: Regression, *variables: str, covariates: str = "sampled") -> Estimates:
    """Estimate how the expected outcome changes with a variable, on average over the respondents.

    For a number, the slope of the expected outcome; for categories, the gap between everybody in the category and
    everybody in the reference. Ordinal and multinomial models have one effect for each category of the outcome.

    Parameters
    ----------
    fit : Regression
        From `regress`.
    *variables : str
        All of the model where none is given.
    covariates : {"sampled", "fixed"}
        Whether errors count that the people over whom one averages are a sample too (default), or take these as given,
        as `marginaleffects` in R, Stata's `margins` and statsmodels' `get_margeff`; with `variance="model"` the second.

    Returns
    -------
    Estimates
        Statistic `marginal_effect`; degrees of freedom of the regression.

    Raises
    ------
    ColumnError
        Where the model has no such variable.
    OptionError
        Where the variable stands in a condition, or the fit does not carry what is needed.

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
            [marginal_effects(each, *variables, covariates=covariates) for each in fit.imputed]
        )
    fitted = _checked(fit, "Marginal effects", covariates)
    known = dict.fromkeys(name for factor in fitted.matrix.formula.factors for name in factor.names)
    averages: list[Average] = []
    for name in variables or known:
        held = _variable(fitted, name, "Marginal effects")
        if held is None:
            check_slopes(fitted, name)
            averages.append(Average(name, slope=True))
        else:
            averages += [Average(name, held.levels[at], at, 0) for at in range(1, len(held.levels))]
    return _estimated(fit, fitted, "marginal_effect", averages, covariates)


def predicted_margins(
    fit: Regression, variable: str | Mapping[str, Sequence[float]], *, covariates: str = "sampled"
) -> Estimates:
    """Estimate what would be expected, on average, if everybody had the same answer to one variable.

    Parameters
    ----------
    fit : Regression
        From `regress`.
    variable : str, or mapping of str to numbers
        A variable of categories, with those that are wanted (codes or labels) where not all are; for a number, the
        values that everybody is given: `{"age": [20, 40, 60]}`. One variable at a time.
    covariates : {"sampled", "fixed"}
        See `marginal_effects`.

    Returns
    -------
    Estimates
        Statistic `predicted_margin`: one row a category (or value), for each category of the outcome where it has some.
        Intervals of chances (binomial, ordinal and multinomial models) are made on the log-odds, as those of shares.

    Raises
    ------
    ColumnError
        Where the model has no such variable.
    OptionError
        Where a number is given no values, several variables are given, or the fit does not carry what is needed.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ sex")
    >>> dl.predicted_margins(fit, "sex").frame[["category", "estimate"]].round(6).values.tolist()
    [['f', 15.0], ['m', 40.0]]
    """
    if fit.imputed:
        found = pool_estimates(
            [predicted_margins(each, variable, covariates=covariates) for each in fit.imputed]
        )
        return _chances(fit, found)
    fitted = _checked(fit, "Predicted margins", covariates)
    name, values = margin_values(variable)
    held = _variable(fitted, name, "Predicted margins")
    if held is not None:
        wanted = list(values) or list(held.levels)
        places = [_place(fitted, held, name, each) for each in wanted]
        averages = [Average(name, held.levels[place], place) for place in places]
    else:
        usual = float(fitted.matrix.raw_numbers(name).mean())
        numbers = zip(values, margin_numbers(name, values, usual), strict=True)
        averages = [Average(name, each, number) for each, number in numbers]
    found = _estimated(fit, fitted, "predicted_margin", averages, covariates)
    # that an expected outcome be nothing is no hypothesis of anybody's
    return _chances(fit, replace(found, frame=found.frame.drop(columns="p_value")))


def _chances(fit: Regression, found: Estimates) -> Estimates:
    """Return margins with intervals inside 0 to 1, and the rule, where they are chances."""
    if fit.family not in CHANCES:
        return found
    rules = {**found.provenance.rules, "interval": "logit"}
    return replace(
        found,
        frame=within_chances(found.frame, found.provenance.confidence),
        provenance=replace(found.provenance, rules=rules),
    )


def _checked(fit: Regression, what: str, covariates: str) -> FittedModel:
    if covariates not in COVARIATES:
        raise one_of("`covariates`", covariates, COVARIATES)
    variance = fit.provenance.variance
    if variance == "bell_mccaffrey":
        raise OptionError(
            f"{what} of `{fit.formula}` were asked for.",
            "Its variance is `bell_mccaffrey`, which is for coefficients.",
            "Write `regress(..., variance='linearised')`.",
        )
    if variance == "model" and covariates == "sampled":
        raise OptionError(
            f"{what} of `{fit.formula}` were asked for, of people who are a sample (`covariates='sampled'`).",
            "Its variance is `model`, which takes the answers that explain as given.",
            "Write `covariates='fixed'`, or `regress(..., variance='linearised')`.",
        )
    fitted: FittedModel = fit.fitted
    if fitted.outcomes and fit.outcome in (*COLUMNS, "p_value"):
        raise ColumnError(
            f"{what} of `{fit.formula}` were asked for, by `{fit.outcome}`.",
            f"Results have a column of that name ({', '.join(COLUMNS)}, p_value).",
            f"Rename it in the data, for example `{fit.outcome}_`.",
        )
    return fitted


def _variable(fitted: FittedModel, name: str, what: str) -> Categories | None:
    """Return the categories of a variable of the model; None for a number."""
    formula = fitted.matrix.formula
    uses = [at for at, factor in enumerate(formula.factors) if name in factor.names]
    if not uses:
        known = dict.fromkeys(each for factor in formula.factors for each in factor.names)
        raise ColumnError(
            f"{what} of `{name}` were asked for.",
            f"The regression `{formula.text}` has {len(known)} variables and not that one.",
            suggestion(name, known),
        )
    kinds = {isinstance(fitted.matrix.values[at], Categories) for at in uses}
    condition = any(formula.factors[at].condition is not None for at in uses)
    if condition or len(kinds) > 1 or (kinds == {True} and len(uses) > 1):
        raise OptionError(
            f"{what} of `{name}` were asked for.",
            "It stands in the model as "
            + ("a condition." if condition else "categories, and otherwise too."),
            f"Write `{name}` in the formula in one way: as a number, or as `C({name})`; a condition can be made a "
            "column of its own.",
        )
    held = fitted.matrix.values[uses[0]]
    return held if isinstance(held, Categories) else None


def _place(fitted: FittedModel, held: Categories, name: str, level: Any) -> int:
    codebook = fitted.sample.codebook
    code = code_of_answer(codebook, name, level, held.levels)
    if code is None:
        raise OptionError(
            f"Predicted margins of `{name}` at {level!r} were asked for.",
            f"None of its {len(held.levels)} categories in the model is that.",
            suggestion(code_text(level), answers_to_write(codebook, name, held.levels)),
        )
    return held.levels.index(code)


def _references(fit: Regression, statistic: str, averages: list[Average]) -> dict[str, str]:
    """Return with what categories are compared, as a rule; margins are compared with nothing."""
    named = dict.fromkeys(each.variable for each in averages if each.variable in fit.references)
    if statistic != "marginal_effect" or not named:
        return {}
    return {"references": "; ".join(f"{name} == {code_text(fit.references[name])}" for name in named)}


def _estimated(
    fit: Regression, fitted: FittedModel, statistic: str, averages: list[Average], covariates: str
) -> Estimates:
    point = means(fitted, averages, fitted.theta, fitted.blocks.weight)
    covariance = _covariance(fit, fitted, averages, point, covariates)
    outcomes = fitted.outcomes or (None,)
    by = (fit.outcome,) if fitted.outcomes else ()
    names: list[RowName] = [
        (statistic, each.variable, each.category, outcome, fitted.n)
        for each in averages
        for outcome in outcomes
    ]
    rules = fit.provenance.rules
    confidence = fit.provenance.confidence
    df = np.full(len(names), fit.residual_df)
    frame, covariance = model_frame(names, point, covariance, df, confidence, by)
    kind = MarginalEffects if statistic == "marginal_effect" else Estimates
    return kind(
        frame,
        covariance,
        replace(
            fit.provenance, rules={**rules, **_references(fit, statistic, averages), "covariates": covariates}
        ),
        by,
        fit.codebook,
        fit.drawn,
        descriptions={statistic: _description(fit, statistic)},
    )


def _description(fit: Regression, statistic: str) -> StatisticDescription:
    return StatisticDescription(
        kind="share" if fit.family in CHANCES else "amount",
        shared_base=statistic == "predicted_margin",
        is_effect=statistic == "marginal_effect",
    )


def _covariance(
    fit: Regression, fitted: FittedModel, averages: list[Average], point: Floats, covariates: str
) -> Floats:
    """Return the covariance of averages, from where that of the coefficients comes."""
    weight = fitted.blocks.weight
    if fitted.replicates is not None:
        replication = fitted.sample.replication
        assert replication is not None  # where replicates come from
        under = [
            means(fitted, averages, theta, own if covariates == "sampled" else weight)
            for theta, own in zip(fitted.replicates, fitted.replicate_weights(), strict=True)
        ]
        return replication.covariance(np.stack(under), point)
    slopes, moved = movements(fitted, averages, point, covariates)
    if fit.provenance.variance == "model":
        return model_covariance(fitted, fit.family, slopes)
    return fitted.covariance(fitted.influence(slopes, moved))
