"""`regress`: how an outcome goes with other variables, under the design of the sample."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from diplab.checks import argument, check_confidence, check_one_of
from diplab.errors import ColumnError, OptionError
from diplab.estimators.statistic import Linearised
from diplab.inference.covariance import blank_undefined, computed_before, standard_errors
from diplab.inference.degrees_of_freedom import DegreesOfFreedom, degrees_of_freedom_of_rows
from diplab.inference.imputation import pool_estimates
from diplab.inference.measures import FEW_DF, measures
from diplab.inference.provenance import provenance_of
from diplab.inference.regression.fitting import CoefficientsDf, ModelKind, bell_mccaffrey, fit_model
from diplab.inference.regression.maximum_likelihood import departure_from_iid, fit_statistics, model_covariance
from diplab.inference.regression.rows import read_respondents
from diplab.kernel.effective_df import CombinedDf
from diplab.kernel.intervals import student
from diplab.kernel.models.families import FAMILIES
from diplab.kernel.p_values import t_p_value
from diplab.results.estimates import COLUMNS
from diplab.results.regression import Regression
from diplab.sampling._imputed import Imputed
from diplab.sampling.expression import ONE
from diplab.sampling.formula import read_formula
from diplab.sampling.model_matrix import Categories
from diplab.sampling.sample import check_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.inference.regression.fitting import FittedModel
    from diplab.inference.regression.rows import Respondents
    from diplab.kernel.arrays import Floats
    from diplab.results.provenance import Provenance
    from diplab.sampling.sample import Sample

RegressionVariance: TypeAlias = Literal["linearised", "bell_mccaffrey", "model"]
"""How the covariance of the coefficients is estimated."""


def regress(
    sample: Sample | Imputed,
    formula: str,
    *,
    family: str = "gaussian",
    link: str | None = None,
    variance: RegressionVariance = "linearised",
    df: DegreesOfFreedom | None = None,
    confidence: float = 0.95,
    na: Literal["drop", "fail"] = "drop",
) -> Regression:
    """Estimate how an answer goes with others, each while the rest stay fixed.

    Coefficients solve the weighted likelihood equations, and their covariance is that of the total of the scores under
    the design, between two inverses of the information: A^-1 V A^-1 (Binder 1983). Respondents outside the domain
    keep their place in the design.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`, and fits are combined.
    formula : str
        An outcome, `~` and terms: `"pay ~ hours + C(country)"`. Words, true or false, and codes that the codebook all
        labels are categories, compared with the first; `C(x)` makes categories of other numbers,
        `C(x, Treatment("FR"))` chooses the reference and `C(x, levels=[...])` their order. `a:b` is a product, `a * b`
        both and their product; `I(age ** 2)`, `log(pay)` are arithmetic, and `I(x)` takes labelled codes as numbers.
        Arithmetic must have a value for everybody. The outcome may be a condition, `"country == 'FR' ~ age"`, or
        arithmetic.
    family : {"gaussian", "binomial", "poisson", "negative_binomial", "ordinal", "multinomial"}
        What the outcome is: a number; true or false (1 or 0); a count; a count of larger variance, mu + mu^2 / theta,
        with theta by maximum likelihood and taken as known in the covariance of the coefficients; categories in order
        (cumulative model, a positive coefficient goes with higher answers); categories without order.
    link : {"identity", "logit", "probit", "cloglog", "log"}, optional
        Binomial and ordinal models have the first of logit, probit and cloglog unless told; the others have one.
    variance : {"linearised", "bell_mccaffrey", "model"}
        By linearisation (or over the replicate weights, each with its own fit, where there are some); or with residuals
        enlarged and degrees of freedom of their own for each coefficient, for samples of few primary units (not of two
        phases, nor calibrated, nor with replicate weights); or from the information matrix, as authors print who take
        their rows for independent and alike (R's `glm` and `lm`, Stata, statsmodels): without unequal weights, strata
        or units. Generalised linear models take the expected information (statsmodels' `Probit` and Stata's `probit`
        the observed one, which is another where the link is not the canonical one), ordinal and multinomial ones the
        observed.
    df : {"effective", "design", "domain", "infinity"}, optional
        Degrees of freedom: of each coefficient, by how the respondents whom it rests on are spread over primary units
        (Kott 1994; Bell and McCaffrey 2002; the default); those of the design, or primary units minus strata of the
        respondents of the regression, plus one minus the columns of the model, the constant included (R's `summary` of
        svyglm); or the normal law (by default with `variance="model"`). Of rows without a design, `domain` is n - p.
    confidence : float
        Level of the intervals.
    na : {"drop", "fail"}
        Respondents without an answer to one of the variables are left out and counted, or refused.

    Returns
    -------
    Regression
        `Estimates` with a row a coefficient, and `p_value`, of the t test that it is 0, after the measures. `n` counts
        respondents: those of the category, for a category. `.fit` holds log-likelihoods, AIC, BIC and R2 where
        respondents are independent and alike.

    Raises
    ------
    ConditionError, ColumnError
        Where the formula cannot be read, or names a column that the data do not have.
    OptionError
        Where terms are collinear, categories separate the outcome, or the outcome is not what the family needs; where
        `variance="model"` would leave out weights or a design.
    EmptyDomainError
        Where no respondent answered everything.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ sex")
    >>> fit.frame[["variable", "category", "estimate"]].round(6).values.tolist()
    [['intercept', '', 15.0], ['sex', 'm', 25.0]]
    >>> round(fit.fit.r2, 3)
    0.714
    """
    if isinstance(sample, Imputed):
        options: Any = {"family": family, "link": link, "variance": variance, "df": df, "na": na}
        fits = [regress(one, formula, confidence=confidence, **options) for one in sample.samples]
        pooled = pool_estimates(fits)
        assert isinstance(pooled, Regression)  # as its parts are
        several = f"The model was fitted to {len(fits)} imputations, each with a likelihood of its own."
        return replace(pooled, imputed=tuple(fits), fitted=None, goodness=several)
    df = df or ("infinity" if variance == "model" else "effective")
    link = _check_arguments(sample, family, link, variance, df, confidence, na)
    read = read_formula(formula, sample.names, sample.codebook)
    sample = sample.collect_for(by=read.names)
    if sample.replication is None:
        sample.engine.units.check_lonely(sample.design.lonely_psu)
    respondents = read_respondents(sample, read, family, na)
    by = (read.outcome.text,) if family == "multinomial" else ()
    if by and by[0] in COLUMNS:
        raise ColumnError(
            f"`{by[0]}` cannot be the outcome of a multinomial regression.",
            f"Results have a column of that name ({', '.join(COLUMNS)}).",
            f"Rename it in the data, for example `{by[0]}_`.",
        )
    kind = ModelKind(family, link)
    fitted, rules = fit_model(sample, respondents, kind)
    covariance, freedom, left, effective = _spread(fitted, family, variance, df)
    rules |= {"formula": read.text, "na": na, **_rules(variance, df)}
    frame, covariance = model_frame(_names(fitted, family), fitted.coefficients, covariance, freedom, confidence, by)
    return Regression(
        frame,
        covariance,
        _provenance(sample, respondents, fitted, confidence, df, rules),
        by,
        sample.codebook,
        sample.engine.drawn,
        *(read.text, family, link, read.outcome.text, left, fitted),
        _references(fitted, family),
        goodness=departure_from_iid(fitted) or fit_statistics(fitted, kind),
        effective=effective,
    )


def _check_arguments(
    sample: object, family: str, link: str | None, variance: str, df: str, confidence: object, na: str
) -> str:
    """Return the link, everything else being among what is allowed."""
    check_sample(sample, "A regression", "`regress`")
    of_link = [name for name, links in FAMILIES.items() if family in links]
    if of_link:
        raise OptionError(
            f"{argument('family', family)} is a link, not a family.",
            f"These families have it: {', '.join(of_link)}.",
            f'Write `family="{of_link[0]}", link="{family}"`.',
        )
    check_one_of("family", family, FAMILIES)
    link = FAMILIES[family][0] if link is None else link
    check_one_of("link", link, FAMILIES[family], of=f"with `family={family!r}`")
    check_one_of("variance", variance, RegressionVariance)
    check_one_of("df", df, DegreesOfFreedom)
    check_one_of("na", na, Literal["drop", "fail"])
    check_confidence(confidence)
    return link


def _spread(
    fitted: FittedModel, family: str, variance: RegressionVariance, df: DegreesOfFreedom
) -> tuple[Floats, Floats, float, CombinedDf | None]:
    """Return the covariance of the parameters, the degrees of freedom of each, of the regression, of combinations."""
    left = degrees_of_freedom_of_rows(fitted.sample, fitted.row_index, df) + 1 - fitted.columns
    sample, each, effective = fitted.sample, np.eye(fitted.theta.size), None
    shared = np.full(len(each), left)
    if df == "effective" and variance != "bell_mccaffrey" and (sample.replication is None or sample.made):
        effective = CombinedDf(CoefficientsDf(fitted, left), each if fitted.restoring is None else fitted.restoring)
        shared = effective.of_combinations(each)
    if variance == "linearised":
        return fitted.own_covariance(), shared, left, effective
    if variance == "model":
        return model_covariance(fitted, family), shared, left, effective
    covariance, own = bell_mccaffrey(fitted, family)
    return covariance, own if df in ("effective", "design") else shared, left, None


def _rules(variance: str, df: str) -> dict[str, str]:
    """Return the rules that a regression has otherwise than other statistics."""
    rules = {} if variance == "linearised" else {"variance": variance}
    if df in ("effective", "design") and variance == "bell_mccaffrey":
        rules["df"] = "satterthwaite"
    elif df not in ("effective", "infinity"):
        rules["df"] = f"{df}, less coefficients"
    return rules


def _names(fitted: FittedModel, family: str) -> list[RowName]:
    """Return what each parameter is for, and how many respondents it is about."""
    columns, outcomes = fitted.matrix.columns, fitted.outcomes
    counts = [_count(fitted, place) for place in range(len(columns))]
    rows: list[RowName] = [
        ("coefficient", each.variable, each.category, None, n) for each, n in zip(columns, counts, strict=True)
    ]
    if family == "multinomial":
        rows = [(*row[:3], outcome, row[4]) for outcome in outcomes[1:] for row in rows]
    if family == "ordinal":
        outcome = fitted.matrix.formula.outcome.text
        between = [f"{low} | {high}" for low, high in pairwise(outcomes)]
        rows += [("cut", outcome, each, None, fitted.n) for each in between]
    return rows


def _references(fitted: FittedModel, family: str) -> dict[str, Any]:
    """Return the category that others are compared with, by variable."""
    factors = zip(fitted.matrix.formula.factors, fitted.matrix.values, strict=True)
    found = {factor.text: categories.levels[0] for factor, categories in factors if isinstance(categories, Categories)}
    return found | ({fitted.matrix.formula.outcome.text: fitted.outcomes[0]} if family == "multinomial" else {})


def _count(fitted: FittedModel, place: int) -> int:
    """Return how many respondents are in the category of a column; all of them for a number."""
    there: Any = None
    for factor, level in fitted.matrix.columns[place].parts:
        categories = fitted.matrix.values[factor]
        if isinstance(categories, Categories):
            own = categories.codes == level
            there = own if there is None else there & own
    return fitted.n if there is None else int(np.count_nonzero(there))


def _provenance(
    sample: Sample, respondents: Respondents, fitted: FittedModel, confidence: float, df: str, rules: dict[str, str]
) -> Provenance:
    """Return the provenance, with what is missing by variable."""
    totals, nothing = fitted.totals, Linearised(np.zeros(1), ONE)
    computed = [
        computed_before(totals, nothing, variable=name, n=np.array([respondents.everyone - count]))
        for name, count in (respondents.missing or {"": 0}).items()
    ]
    found = provenance_of(sample, computed, confidence, df, ())
    of_units = () if rules.get("variance") != "model" else ("lonely_psu",)
    general = {name: rule for name, rule in found.rules.items() if name not in of_units}
    return replace(found, rules={**general, **rules})


RowName = tuple[str, str, Any, Any, int]
"""Statistic, variable, category, category of the outcome, and respondents."""


def model_frame(
    names: Sequence[RowName], point: Floats, covariance: Floats, df: Floats, confidence: float, by: tuple[str, ...]
) -> tuple[pd.DataFrame, Floats]:
    """Return estimates with `p_value` after the measures, and their covariance; NaN for variances below zero.

    `by`: the outcome, where rows are for its categories.
    """
    import pandas as pd

    std_error = standard_errors(covariance, point)
    reach = student(confidence, df) * std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        t = point / std_error
    statistic, variable, category, outcome, n = zip(*names, strict=True)
    columns: dict[str, Any] = {"statistic": statistic, "variable": variable, "category": category}
    columns |= dict.fromkeys(by, outcome)
    flags = [_flag(*each) for each in zip(n, df, std_error, strict=True)]
    columns |= measures(point, std_error, point - reach, point + reach, df, n, flags)
    return pd.DataFrame(columns | {"p_value": t_p_value(t, df)}), blank_undefined(covariance, np.isnan(std_error))


def _flag(n: int, df: float, std_error: float) -> str:
    if n == 1:
        return "one respondent"
    if np.isnan(std_error):
        return "no variance"
    if not df > 0:
        return "no degrees of freedom"
    return "few units" if df < FEW_DF else ""
