"""`predict`: what a regression expects of people who are described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import argument, check_one_of
from diplab.errors import OptionError, quoted_names
from diplab.inference.imputation import pool_estimates
from diplab.inference.measures import check_not_a_column
from diplab.inference.regression import margins
from diplab.inference.regression._regress import model_frame, spread
from diplab.inference.regression.fitting import FittedModel
from diplab.inference.regression.one_unit import on_one_unit
from diplab.inference.regression.rows import CATEGORICAL
from diplab.kernel.arrays import Floats
from diplab.kernel.effective_df import CombinedDf
from diplab.kernel.models.families import INVERSE_LINKS, LINKS
from diplab.results.estimates import Estimates, StatisticDescription
from diplab.results.regression import Regression
from diplab.sampling.condition import known_column
from diplab.sampling.design import declare_design
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.formula import ModelFactor, arithmetic_values
from diplab.sampling.model_matrix import Categories, ModelMatrix

Scale: TypeAlias = Literal[
    "response", "link"
]  # whether predictions are of the outcome, or of the linear predictor
MOST_ROWS = 2_000


def predict(fit: Regression, new_data: Any, *, kind: Scale = "response") -> Estimates:
    """Estimate what a regression expects of people who are described, a row each.

    Parameters
    ----------
    fit : Regression
        From `regress`.
    new_data : frame of pandas or Polars, Microdata, or mapping of str to list
        A column for each variable of the formula but the outcome, with at most 2,000 rows, no two
        alike; categories by code or by label. Without the column of an exposure, rates are per unit
        of it.
    kind : {"response", "link"}
        Of the outcome: a mean, a chance, a rate; or of the linear predictor.

    Returns
    -------
    Estimates
        Statistic `prediction`, with the variables of `new_data` as columns, and one row for each
        category of an ordinal or multinomial outcome, or quantile. x'b has the variance x'Vx and
        degrees of freedom of its own; the ends of its interval are carried over by the link, the
        standard error is |d mu / d eta| times its own (delta method). Chances of categories have
        intervals on the log-odds. All are of the expected answer: persons vary more widely.

    Raises
    ------
    ColumnError, OptionError
        Where `new_data` lack a variable, hold a category that the model does not have, or a missing
        answer.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "hours": [4.0, 6.0, 9.0, 11.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ age")
    >>> dl.predict(fit, {"age": [25, 60]}).frame[["age", "estimate"]].round(6).values.tolist()
    [[25.0, 5.1], [60.0, 13.5]]
    """
    check_one_of("kind", kind, Scale)
    if (
        not isinstance(fit, Regression)
        or not fit.frame["statistic"].isin(("coefficient", "cut")).all()
    ):
        given = (
            dict.fromkeys(fit.frame["statistic"])
            if isinstance(fit, Estimates)
            else (type(fit).__name__,)
        )
        raise OptionError(
            f"`predict` applies to the coefficients of a regression, not to {quoted_names(given)}.",
            write="Write the same on what `regress` returned.",
        )
    if fit.family in CATEGORICAL and kind == "link":
        raise OptionError(
            f"{argument('kind', kind)} does not apply to `family={fit.family!r}`.",
            "It has a linear predictor for each category of the outcome.",
            "Write `kind='response'`, for the chance of each category.",
        )
    if fit.imputed:
        # combined as linear predictors, which differ between imputations most nearly normally
        scale: Scale = "response" if fit.family in CATEGORICAL else "link"
        predicted = pool_estimates([predict(item, new_data, kind=scale) for item in fit.imputed])
    else:
        predicted = _predicted(fit, new_data)
    if fit.family in CATEGORICAL:
        return margins.with_share_intervals(fit, predicted)
    return predicted if kind == "link" else _on_response_scale(fit, predicted)


def _predicted(fit: Regression, new_data: Any) -> Estimates:
    """Return the linear predictor of each row.

    Of an outcome with categories, the chance of each.
    """
    fitted = margins.check_margins(fit, "Predictions", "fixed")
    matrix, keys, offset = _read_new(fit, new_data)
    x, likelihood = matrix.block(slice(0, matrix.rows)), fitted.likelihood
    eta = likelihood.predictors(x, fitted.theta) + offset
    outcomes: tuple[Any, ...] = fitted.outcomes or (None,)
    point, mix, kind = eta[0], x.T, "share" if fit.family in CATEGORICAL else "amount"
    if fitted.outcomes:
        point = likelihood.outcome(eta).T.ravel()
        rows = (slice(at, at + 1) for at in range(matrix.rows))
        one, pieces = (
            np.ones(1),
            (margins.Piece(likelihood, 1.0, x[:, at], eta[:, at]) for at in rows),
        )
        mix = np.concatenate([piece.gradient(one) for piece in pieces])
    variance: Literal["model", "linearised"] = "linearised"
    if fit.provenance.variance == "model":
        variance = "model"
    covariance, df, _, effective, worth = spread(fitted, fit.family, variance, fitted.df, mix)
    names = [
        ("prediction", fit.outcome, "", outcome, fitted.n)
        for _ in range(matrix.rows)
        for outcome in outcomes
    ]
    resting = on_one_unit(fitted, variance, mix)
    compared = resting.compared(covariance)
    frame, covariance = model_frame(
        names, point, covariance, df, fit.provenance.confidence, fitted.by, resting, worth
    )
    for at, (name, values) in enumerate(keys.items()):
        frame.insert(3 + at, name, [value for value in values for _ in outcomes])
    description: Any = StatisticDescription(kind=kind, shared_base=True)  # type: ignore[arg-type]
    return Estimates(
        frame.drop(columns="p_value"), covariance, fit.provenance, (*keys, *fitted.by),
        fit.codebook, fit.drawn, descriptions={"prediction": description}, effective=effective,
        compared=compared, alone=resting.alone,
    )  # fmt: skip


def _on_response_scale(fit: Regression, linear: Estimates) -> Estimates:
    """Carry linear predictors, their errors and the ends of their intervals over by the link."""
    link, frame = LINKS[fit.link], linear.frame
    eta, std_error, low, high = (
        frame[item].to_numpy(float) for item in ("estimate", "std_error", "ci_low", "ci_high")
    )
    with np.errstate(all="ignore"):
        point = link.inverse(eta)
        slope = link.slope(eta, point)
        ends = np.array(list(map(link.inverse, (low, high))))
        if fit.link in INVERSE_LINKS:
            # what is expected grows without bound as its inverse falls to zero
            ends[(np.array([low, high]) <= 0)] = np.inf
        error = np.abs(slope) * std_error
        columns = {
            "estimate": point,
            "std_error": error,
            "ci_low": ends.min(axis=0),
            "ci_high": ends.max(axis=0),
        }
        frame = frame.assign(**columns, cv=np.where(point != 0, error / np.abs(point), np.nan))
    kind: Literal["share", "amount"] = "amount"
    if fit.family in margins.PROBABILITY_FAMILIES:
        kind = "share"
    description = StatisticDescription(kind=kind, shared_base=True)
    covariance, combined = linear.covariance * np.outer(slope, slope), linear.effective
    effective = None
    if isinstance(combined, CombinedDf):
        effective = replace(combined, weights=combined.weights * slope[:, None])
    described: Any = {"descriptions": {"prediction": description}, "effective": effective}
    if linear.compared is not None:
        described["compared"] = linear.compared * np.outer(slope, slope)
    if linear.alone is not None:
        described["alone"] = linear.alone.combined(np.diag(slope))
    return replace(linear, frame=frame, covariance=covariance, **described)


def _read_new(fit: Regression, new_data: Any) -> tuple[ModelMatrix, dict[str, list[Any]], Floats]:
    """Return the model matrix of new data, their variables by name, and their offset."""
    fitted: FittedModel = fit.fitted
    formula = fitted.matrix.formula
    if isinstance(new_data, Mapping):
        if len({len(item) for item in new_data.values() if np.ndim(item)}) > 1:
            raise OptionError(
                "The columns of `new_data` differ in length.",
                write="Write a value for each row in all.",
            )
        new_data = pd.DataFrame(
            dict(new_data), index=None if any(map(np.ndim, new_data.values())) else [0]
        )
    sample = declare_design(new_data).collect()
    columns, offsets = sample.engine.columns, formula.offsets
    if formula.exposure is not None and formula.exposure not in sample.names:
        offsets = offsets[:-1]
    keys = _variables(
        fit,
        [*dict.fromkeys(n for item in (*formula.factors, *offsets) for n in item.names)],
        columns,
    )
    values: list[Floats | Categories] = []
    for factor, known in zip(formula.factors, fitted.matrix.values, strict=True):
        if isinstance(known, Categories):
            (name,), own = factor.names, columns.factor(factor.names[0])
            place = np.array(
                [
                    margins.category_place(fitted, known, name, category)
                    for category in own.categories
                ]
            )[own.codes]
            values.append(Categories(place, known.levels))
            keys[name] = [known.levels[at] for at in place]
        else:
            values.append(_numbers(columns, factor))
    described = pd.DataFrame(keys)
    if len(keys) and described.duplicated().any():
        raise OptionError(
            f"Row {int(described.duplicated().argmax()) + 1} of `new_data` is the same as one "
            "before it.",
            "Each row of a result has its own description.",
            "Write each once.",
        )
    added = [_numbers(columns, offset) for offset in offsets]
    for factor, value in zip((*formula.factors, *offsets), (*values, *added), strict=True):
        if not isinstance(value, Categories) and not np.isfinite(value).all():
            raise OptionError(
                f"`{factor.text}` has no finite value in row "
                f"{int(np.isfinite(value).argmin()) + 1} of `new_data`.",
                write="Write values for which it has.",
            )
    raw = {}
    for item in formula.factors:
        if item.tree:
            for name in item.names:
                raw[name] = columns.numbers(name)
    matrix = replace(fitted.matrix, values=tuple(values), raw=raw, rows=columns.rows)
    return matrix, keys, sum(added, np.zeros(columns.rows))


def _numbers(columns: MemoryColumns, factor: ModelFactor) -> Floats:
    if factor.condition is not None:
        return columns.evaluate(factor.condition)
    if factor.tree is not None:
        return arithmetic_values(columns, factor)
    return columns.numbers(factor.names[0])


def _variables(fit: Regression, names: list[str], columns: MemoryColumns) -> dict[str, list[Any]]:
    """Return the variables of new data, which must be there and have no gaps."""
    for name in names:
        known_column(name, [*columns.schema], f"a variable of `{fit.formula}` in `new_data`")
        check_not_a_column(name, "a variable of predictions")
    if columns.rows > MOST_ROWS:
        raise OptionError(
            f"`new_data` have {columns.rows:,} rows.",
            "Predictions come with the covariance of every pair.",
            f"Write at most {MOST_ROWS:,} at a time, or `predicted_margins` for averages over the "
            "respondents.",
        )
    for name in names:
        gaps = np.flatnonzero(columns.factor(name).codes < 0)
        if gaps.size:
            raise OptionError(
                f"Row {gaps[0] + 1} of `new_data` has no answer to `{name}`.",
                f"{gaps.size} of {columns.rows} rows have none.",
                "Write a value in each row, or leave those rows out.",
            )
    return {name: columns.frame[name].to_list() for name in names}
