"""`unit_level`: means of areas from respondents' answers and the population of areas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from diplab.checks import check_one_of
from diplab.estimators.moments import mean
from diplab.inference._estimate import estimate
from diplab.inference.areas.covariates import check_one_statistic
from diplab.inference.areas.respondents import (
    AreaRespondents,
    read_area_respondents,
    read_population,
)
from diplab.inference.areas.rows import (
    Prediction,
    aligned,
    area_frame,
    coefficients_of,
    degrees_of_freedom,
)
from diplab.kernel.models.nested_error import (
    Likelihood,
    NestedErrorModel,
    fit_nested_error,
    log_likelihood,
    predict_means,
    sums_by_area,
)
from diplab.reference.text import Words
from diplab.results.areas import AreaEstimates, AreaFit
from diplab.results.estimates import Estimates, Provenance
from diplab.results.regression import Regression
from diplab.sampling.sample import Sample

_WORDS = Words("diplab.inference")


def unit_level(
    sample: Sample,
    formula: str,
    population: Any,
    by: str,
    *,
    method: Likelihood = "reml",
    confidence: float = 0.95,
) -> AreaEstimates:
    """Estimate means of areas from respondents' answers and what is known of everybody there.

    Parameters
    ----------
    sample : Sample
    formula : str
        `"income ~ age + C(diploma)"`, as in `regress`: the outcome is a column of amounts.
    population : Microdata, pandas, Polars, or anything narwhals knows
        A row for each person of the population, with the columns of the terms and `by`; or one row
        for each area, with the means of the terms, which are then columns of numbers.
    by : str
        Column of the areas, in both.
    method : {"reml", "ml"}
        Likelihood of the variances between and within areas.
    confidence : float
        Level of the intervals.

    Returns
    -------
    AreaEstimates
        `Estimates` with a row for each area of the population; beside the measures, the direct
        estimate of its respondents under the design. `.fit` has both variances. Areas without
        respondents are flagged `model only`; a variance between areas of zero flags all.

    Notes
    -----
    Respondent j of area i has y_ij = x_ij'b + u_i + e_ij (Battese, Harter and Fuller 1988). The
    mean of an area of population means X_i is predicted by X_i'b + g_i (y_i - x_i'b), with the
    respondents' means y_i and x_i, and g_i = s_u / (s_u + s_e / n_i); mean squared errors are g1 +
    g2 + 2 g3 (Prasad and Rao 1990; Datta and Lahiri 2000). The likelihood is maximised over the
    ratio of the two variances, from sums by area. Weights do not enter: who was asked must not
    depend on the outcome, given the terms. An area is taken to have many people, few of them
    respondents: the mean of N people varies by s_e / N more.

    Raises
    ------
    OptionError, ColumnError
        Where the outcome is not a column, terms are collinear, the population lacks an area or a
        column, or has a category that no respondent has.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"area": list("aaabbbccc")})
    >>> people["age"] = [20, 30, 40, 30, 40, 60, 25, 35, 50]
    >>> people["income"] = [11.0, 14, 22, 16, 21, 33, 9, 14, 21]
    >>> known = pd.DataFrame({"area": list("abcd"), "age": [31.0, 44, 38, 40]})
    >>> found = dl.areas.unit_level(dl.declare_design(people), "income ~ age", known, by="area")
    >>> found.frame["estimate"].round(1).tolist()
    [16.1, 23.6, 15.5, 19.7]
    """
    check_one_of("method", method, Likelihood)
    respondents = read_area_respondents(sample, formula, by, confidence)
    people = read_population(population, respondents, by)
    outcome = respondents.matrix.formula.outcome.text
    direct = estimate(respondents.sample, mean(outcome), by=by, confidence=confidence)
    check_one_statistic(direct)
    areas = people.areas
    place = areas.places(respondents.codes)[respondents.place]
    sums = sums_by_area(respondents.y, respondents.x, place, len(areas.codes))
    model = fit_nested_error(sums, method)
    predicted = predict_means(model, people.means)
    rules = {"area_model": "unit_level", "area_variance": method, "formula": formula}
    provenance = provenance_of_respondents(
        direct, respondents, rules | {"mse": "analytic"}, no_variance=model.between == 0
    )
    fit = AreaFit(model.between, log_likelihood(model), len(respondents.codes), within=model.within)
    beside = aligned(direct, areas)
    df = degrees_of_freedom(model.sums.n > 0, model.between, float(model.variance_covariance[0, 0]))
    shown = Prediction(predicted.value, predicted.covariance, model.gamma, df)
    return AreaEstimates(
        area_frame(beside, areas, shown, fit, confidence),
        shown.covariance,
        provenance,
        (by,),
        direct.codebook,
        direct.drawn,
        descriptions=direct.descriptions,
        coefficients=coefficients_of_respondents(respondents, model, provenance),
        fit=fit,
    )


def coefficients_of_respondents(
    respondents: AreaRespondents, model: NestedErrorModel, provenance: Provenance
) -> Regression:
    """Return the coefficients of a model of respondents."""
    outcome = respondents.matrix.formula.outcome.text
    return coefficients_of(
        respondents.matrix,
        *respondents.coefficients(model),
        replace(provenance, outcome=outcome),
        codebook=respondents.sample.codebook,
        drawn=respondents.sample.engine.drawn,
        outcome=outcome,
    )


def provenance_of_respondents(
    direct: Estimates, respondents: AreaRespondents, rules: dict[str, str], *, no_variance: bool
) -> Provenance:
    """Return the record of direct estimates, with the rules of a model of respondents."""
    record = direct.provenance
    kept = record.rules_without("deff", "people_per_respondent", "lonely_psu", "variance")
    notices = record.notices
    if no_variance:
        notices = (*notices, _WORDS("areas.no_variance_of_respondents"))
    if respondents.unequal_weights:
        notices = (*notices, _WORDS("areas.weights"))
    return replace(
        record,
        rules={**kept, "df": "infinity"} | rules,
        assumptions=(*record.assumptions, _WORDS(f"areas.{rules['area_model']}")),
        notices=notices,
    )
