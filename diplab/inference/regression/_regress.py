"""`regress`: how an outcome goes with other variables, under the design of the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import argument, check_confidence, check_one_of
from diplab.errors import OptionError
from diplab.estimators.measurement import (
    computed_codes,
    missing_code_notices,
    no_answer_notices,
    read_variables,
)
from diplab.estimators.statistic import Linearised
from diplab.inference.covariance import (
    SampledRows,
    blank_undefined,
    linearised_statistic,
    standard_errors,
)
from diplab.inference.degrees_of_freedom import DegreesOfFreedom, degrees_of_freedom_of_rows
from diplab.inference.imputation import pool_estimates
from diplab.inference.measures import FEW_DF, check_not_a_column, measures
from diplab.inference.provenance import provenance_of
from diplab.inference.regression import fitting
from diplab.inference.regression.fitting import (
    CoefficientsDf,
    EnlargedResiduals,
    FittedModel,
    ModelKind,
)
from diplab.inference.regression.maximum_likelihood import (
    fit_of_likelihood,
    fit_under_design,
    model_covariance,
)
from diplab.inference.regression.one_unit import OnOneUnit, on_one_unit
from diplab.inference.regression.quantiles import (
    Bandwidth,
    fit_quantiles,
    mark_quantiles,
    read_quantiles,
)
from diplab.inference.regression.rows import (
    CATEGORICAL,
    WEAK,
    Respondents,
    mean_square,
    read_respondents,
    unshared_columns,
)
from diplab.inference.regression.wald import quadratic_form
from diplab.kernel.arrays import Floats
from diplab.kernel.effective_df import CombinationsDf, CombinedDf
from diplab.kernel.intervals import student, t_p_value
from diplab.kernel.models.families import FAMILIES, SingleIndex
from diplab.kernel.models.quantile_regression import CheckLoss
from diplab.microdata.missing import Level
from diplab.reference.text import Text
from diplab.results.estimates import Provenance, ScaleNeeded, flag_cell, flags_of
from diplab.results.regression import DesignFitStatistics, FitStatistics, Levels, Regression
from diplab.sampling._imputed import Imputed
from diplab.sampling.expression import ONE
from diplab.sampling.formula import ModelFormula, read_formula
from diplab.sampling.model_matrix import Categories
from diplab.sampling.sample import Sample, SampleInMemory, check_sample

_SCALE_OF_OUTCOME: dict[str, ScaleNeeded] = {
    "gaussian": "scores",
    "binomial": "any",  # 1 and 0, or refused by itself
    "ordinal": "order",
    "multinomial": "any",
}
"""What the outcome of a family must be, where not an amount."""

INSTEAD: dict[Level, str] = {
    "nominal": "`family='multinomial'`, or a condition before `~` with `family='binomial'`",
    "unstated": "`family='ordinal'` or `family='multinomial'`",
    "ordinal": "`family='ordinal'`, or `family='gaussian'` for equally spaced scores",
}
"""The families that codes are for."""
RegressionVariance: TypeAlias = Literal["linearised", "bell_mccaffrey", "model"]
"""How the covariance of the coefficients is estimated."""


def regress(
    sample: Sample | Imputed,
    formula: str,
    *,
    family: str = "gaussian",
    link: str | None = None,
    offset: str | None = None,
    exposure: str | None = None,
    reference: Mapping[str, Any] | None = None,
    quantile: float | Sequence[float] | None = None,
    bandwidth: Bandwidth | None = None,
    variance: RegressionVariance = "linearised",
    df: DegreesOfFreedom | None = None,
    confidence: float = 0.95,
    na: Literal["drop", "fail"] = "drop",
) -> Regression:
    """Estimate how an answer goes with others, each while the rest stay fixed.

    Coefficients solve the weighted likelihood equations, and their covariance is that of the total
    of the scores under the design, between two inverses of the information: A^-1 V A^-1 (Binder
    1983). Respondents outside the domain keep their place in the design. Those of a quantile
    minimise the weighted check loss (Koenker and Bassett 1978): scores are x (tau - 1(y <= x'b)),
    and A is the sum of w f x x', f the density at the quantile (Powell 1991).

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`, and
        fits are combined.
    formula : str
        An outcome, `~` and terms: `"pay ~ hours + C(country)"`. Words, true or false, and codes
        that the codebook all labels are categories, compared with one of them (see `reference`);
        `C(x)` makes categories of other numbers, `C(x, levels=[...])` keeps those that it lists.
        `a:b` is a product, `a * b` both and their product; `I(age ** 2)`, `log(pay)` are
        arithmetic, and `I(x)` takes labelled codes as numbers. Arithmetic must have a value for
        everybody. The outcome may be a condition, `"country == 'FR' ~ age"`, or arithmetic.
        `offset(x)` adds a column or arithmetic to the predictor as it is. After `|` stand
        instruments, `"pay ~ schooling + age | distance + age"`: every variable that does not go
        with what the model leaves out, terms that are their own instruments again (two-stage least
        squares; `family="gaussian"`).
    family : str
        What the outcome is: a number (`gaussian`, by default); true or false, 1 or 0 (`binomial`);
        a count (`poisson`), one of larger variance, mu + mu^2 / theta, with theta by maximum
        likelihood and taken as known in the covariance of the coefficients (`negative_binomial`);
        an amount above 0 whose variance goes as mu^2 (`gamma`) or mu^3 (`inverse_gaussian`);
        categories in order (`ordinal`: cumulative model, a positive coefficient goes with higher
        answers), or without (`multinomial`); or a number of which quantiles are explained in the
        place of the mean (`quantile`).
    link : {"identity", "logit", "probit", "cloglog", "log", "inverse", "inverse_squared"}, optional
        Binomial and ordinal models have the first of logit, probit and cloglog by default; gamma
        ones log, inverse or identity, inverse gaussian ones inverse_squared (1 / mu^2) too; the
        others have one.
    offset : str, optional
        A column that is added to the linear predictor as it is, with no coefficient.
    exposure : str, optional
        Hours, persons or years that each count is of: its logarithm is added, so that coefficients
        are of the rate per unit of it, and margins are rates. For models with the link log.
    reference : mapping of str to answer, optional
        By variable, the answer that the others are compared with, a code or a label: `{"country":
        "FR"}`. By default, the first in the order of the codebook, or of the type of its column;
        of words without either, of the alphabet. Of a multinomial model the outcome has one too.
    quantile : float or sequence of float, optional
        Of `family="quantile"`, which: 0.5 (the median) by default, 0.9 for the ninth decile. A
        list gives a block of rows for each, in the column `quantile`, with the covariance between
        them, so that `contrast` compares them. In `marginal_effects` and `predicted_margins` it is
        the quantile given the other answers that is averaged.
    bandwidth : {"bofinger", "hall_sheather"}, optional
        How far to either side of a quantile the density is looked for: the first by default;
        quantreg and Stata have the second, which is narrower. Without effect where there are
        replicate weights, each with its own fit: a bootstrap or balanced ones, since the error by a
        jackknife is not sound, and flagged.
    variance : {"linearised", "bell_mccaffrey", "model"}
        By linearisation (or over the replicate weights, each with its own fit, where there are
        some); or with residuals enlarged and degrees of freedom of their own for each coefficient,
        for samples of few primary units (not of two phases, nor calibrated, nor with replicate
        weights); or from the information matrix, as authors print who take their rows for
        independent and alike (R's `glm` and `lm`, Stata, statsmodels): without unequal weights,
        strata or units; rows that count several respondents are repeated,
        `data.loc[data.index.repeat(data["n"])]`. Generalised linear models take the expected
        information (statsmodels' `Probit` and Stata's `probit` the observed one, which is another
        where the link is not the canonical one), ordinal and multinomial ones the observed.
    df : {"effective", "design", "domain", "infinity"}, optional
        Degrees of freedom: of each coefficient, by how the respondents whom it rests on are spread
        over primary units (Kott 1994; Bell and McCaffrey 2002; the default); those of the design,
        or primary units minus strata of the respondents of the regression, plus one minus the
        columns of the model, the constant included (R's `summary` of svyglm); or the normal law (by
        default with `variance="model"`). Of rows without a design, `domain` is n - p.
    confidence : float
        Level of the intervals.
    na : {"drop", "fail"}
        Respondents without an answer to one of the variables are left out and counted, or refused.

    Returns
    -------
    Regression
        `Estimates` with a row a coefficient, and `p_value`, of the t test that it is 0, after the
        measures. `n` counts respondents: those of the category, for a category. `.fit` holds
        log-likelihoods, AIC, BIC and R2 where respondents are independent and alike; R2, pseudo-R2,
        design-based AIC and the first-stage F of instruments under a design. A coefficient that is
        not estimable without one sampling unit, or has no finite value for want of events there,
        has no standard error (`no variance`), nor one that rests by more than half on a unit (`high
        leverage`; `correctable leverage` where `variance="bell_mccaffrey"` has one). Quantiles have
        the flags `not unique` (others fit as well; these have the lowest mean), `crossing
        quantiles` (a lower one lies above a higher one; the rule `crossing` says for whom), `tied
        at the quantile`, `few beyond the quantile` and `jackknife`.

    Raises
    ------
    ConditionError, ColumnError
        Where the formula cannot be read, or names a column that the data do not have.
    OptionError
        Where terms are collinear, categories separate the outcome, or the outcome is not what the
        family needs; where `variance="model"` would leave out weights or a design; where
        instruments do not determine a coefficient, or an exposure is not above 0.
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
        options: Any = {
            "family": family,
            "link": link,
            "offset": offset,
            "exposure": exposure,
            "reference": reference,
            "quantile": quantile,
            "bandwidth": bandwidth,
            "variance": variance,
            "df": df,
            "na": na,
        }
        return pooled_regressions(
            sample.results(regress, formula, confidence=confidence, **options)
        )
    df = df or ("infinity" if variance == "model" else "effective")
    link = _check_arguments(sample, family, link, variance, df, confidence, na)
    orders = read_quantiles(family, quantile, bandwidth, variance)
    read = read_formula(formula, sample.names, sample.codebook, whole_model=True)
    read = read.with_offset(offset, exposure, sample.names)
    read = read.with_reference(reference, sample.codebook, of_outcome=family == "multinomial")
    _check_beside(read, family, link, variance)
    sample = sample.collect_for(by=read.names)
    sample.check_lonely()
    further, notices = _checked_variables(sample, read, family)
    respondents = read_respondents(sample, read, family, na)
    if family == "multinomial":
        check_not_a_column(read.outcome.text, "the outcome of a multinomial regression")
    kind = ModelKind(family, link)
    fit = None
    if orders:
        blocks = hasattr(quantile, "__iter__")
        fit = fit_quantiles(sample, respondents, orders, bandwidth or "bofinger", several=blocks)
    fit_of_sample = regression_of(
        sample, respondents, kind, variance, df, confidence, na, further, fit
    )
    return replace(
        fit_of_sample,
        provenance=replace(
            fit_of_sample.provenance, notices=(*fit_of_sample.provenance.notices, *notices)
        ),
    )


def _checked_variables(
    sample: SampleInMemory, formula: ModelFormula, family: str
) -> tuple[dict[str, Any], list[Text]]:
    """Return the rules that the formula adds, and notices on codes among its variables."""
    used, outcome = sample.answering(formula.names), formula.outcome
    # arithmetic says that codes are numbers, and a condition asks for codes
    is_column = outcome.tree is None and outcome.text in sample.names
    asked = [outcome.text] if is_column else []
    scale = _SCALE_OF_OUTCOME.get(family, "amount")
    variables = read_variables(used, "regress", asked, scale, INSTEAD)
    columns = [factor for factor in formula.factors if factor.text in sample.names]
    numbers = [column.text for column in columns if not column.category]
    arithmetic: list[str] = []
    for factor in (outcome, *formula.factors):
        if factor.tree is not None:
            arithmetic += factor.names
    notices = [*variables.notices, *computed_codes(used, arithmetic)]
    notices += missing_code_notices(used, numbers)
    notices += no_answer_notices(used, formula.names)
    rules: dict[str, Any] = _rules_beside(formula)
    if variables.scores:
        rules["scores"] = tuple((name,) for name in variables.scores)
    return rules, notices


def pooled_regressions(fits: Sequence[Regression]) -> Regression:
    """Combine the fits of imputations."""
    pooled = pool_estimates(fits)
    several = f"The model was fitted to {len(fits)} imputations, each with its own likelihood."
    goodness = _OF_QUANTILES if pooled.family == "quantile" else several
    return replace(pooled, imputed=tuple(fits), fitted=None, goodness=goodness)


def regression_of(
    sample: SampleInMemory,
    respondents: Respondents,
    kind: ModelKind,
    variance: RegressionVariance,
    df: DegreesOfFreedom,
    confidence: float,
    na: str,
    further: Mapping[str, Any],
    fit: tuple[FittedModel, dict[str, str]] | None = None,
) -> Regression:
    """Fit a model to respondents with design-based covariance; `further` rules are recorded."""
    family, formula = kind.family, respondents.blocks.matrix.formula
    fitted, rules = fit or fitting.fit_model(sample, respondents, kind)
    fitted = replace(fitted, df=df)
    by = () if family == "ordinal" else fitted.by
    covariance, freedom, left, effective, worth = spread(fitted, family, variance, df)
    rules |= {"formula": formula.text, "na": na} | (
        {} if variance == "linearised" else {"variance": variance}
    )
    if df in ("effective", "design") and variance == "bell_mccaffrey":
        rules["df"] = "satterthwaite"
    elif df not in ("effective", "infinity"):
        rules["df"] = f"{df}, less coefficients"
    rules |= further
    if fitted.replicates is not None and (
        lost := np.count_nonzero(np.isnan(fitted.replicates).any(axis=1))
    ):
        rules["replicates_left_out"] = str(lost)
    resting, whole = on_one_unit(fitted, variance), covariance
    names = _names(fitted, family)
    settled, whole = settle_rounding(fitted, fitted.coefficients, whole)
    of_units = resting, worth
    frame, covariance = model_frame(names, settled, whole, freedom, confidence, by, *of_units)
    goodness: Any = "It is a partial one, of who had the event first."
    if family == "quantile":
        goodness = _OF_QUANTILES
    elif respondents.likelihood is None:
        goodness = _goodness(fitted, kind, whole, left, variance, df)
    if isinstance(goodness, DesignFitStatistics):
        for at, stage in zip(
            unshared_columns(fitted.blocks)[0], goodness.first_stage.values(), strict=True
        ):
            if stage[0] < WEAK:
                flags = flags_of(frame["flag"][at])
                frame.loc[at, "flag"] = flag_cell((*flags, "weak instruments"))
    provenance = _provenance(sample, respondents, fitted, confidence, df, rules)
    contributions = None
    if variance == "linearised" and fitted.replicates is None:
        points = frame["estimate"].to_numpy(dtype=float)
        contributions = SampledRows(
            fitted.sample, fitted.computed, np.ones(points.size), points, np.arange(points.size)
        )
    return Regression(
        mark_quantiles(frame, fitted), covariance, provenance, by, sample.codebook,
        sample.engine.drawn, formula.text, family, kind.link, formula.outcome.text, left, fitted,
        references(fitted, family), levels_together(fitted, family), goodness=goodness,
        effective=effective,
        compared=resting.compared(whole), alone=resting.alone, contributions=contributions,
    )  # fmt: skip


def _check_beside(formula: ModelFormula, family: str, link: str, variance: str) -> None:
    """Refuse offsets and instruments where the model has no place for them."""
    wrong = ""
    if formula.offsets and family in CATEGORICAL:
        wrong = f"`family={family!r}` has no offset, such as `{formula.offsets[0].text}`."
        why = "It has a linear predictor for each category of the outcome."
        write = f"Leave it out, or write it as a term: `+ {formula.offsets[0].text}`."
    elif formula.exposure is not None and link != "log":
        needs = "needs the link `log`, under which coefficients are of rates."
        wrong, why = (
            f"{argument('exposure', formula.exposure)} {needs}",
            f"That of `family={family!r}` is `{link}`.",
        )
        write = f"Write `family='poisson'`, or `offset={formula.exposure!r}` to add it as it is."
    elif formula.instruments and (
        family != "gaussian" or formula.offsets or variance == "bell_mccaffrey"
    ):
        what = (
            f"the offset `{formula.offsets[0].text}`"
            if formula.offsets
            else argument("variance", variance)
        )
        if family != "gaussian":
            what = f"`family={family!r}`"
        wrong = f"Instruments, as `{formula.text}` has after `|`, cannot be combined with {what}."
        why = (
            "Two-stage least squares need a numeric outcome, and their residuals are not a "
            "projection of it."
        )
        write = (
            "Write `family='gaussian'` and `variance='linearised'` without an offset, or leave out "
            "the instruments."
        )
    if wrong:
        raise OptionError(wrong, why, write)


def _rules_beside(formula: ModelFormula) -> dict[str, str]:
    """Return the rules of exposure, offsets and instruments."""
    rules = {"exposure": formula.exposure} if formula.exposure else {}
    offsets = [
        item.text for item in (formula.offsets[:-1] if formula.exposure else formula.offsets)
    ]
    if offsets:
        rules["offset"] = " + ".join(offsets)
    if formula.instruments:
        terms = list(map(formula.instruments.term_text, range(len(formula.instruments.terms))))
        rules["instruments"] = ", ".join(terms)
    return rules


def _goodness(
    fitted: FittedModel,
    kind: ModelKind,
    covariance: Floats,
    left: float,
    variance: RegressionVariance,
    df: Any,
) -> FitStatistics | DesignFitStatistics:
    """Return how well the model fits.

    Of instruments, the F of those that are not terms, by column that needs some.
    """
    found = fit_of_likelihood(fitted, kind)
    if not isinstance(found, str):
        return found
    stages, (_, own) = {}, unshared_columns(fitted.blocks)
    for name, first in fitted.first_stages():
        of_first, _, residual, *_ = spread(first, "gaussian", variance, df)
        try:
            square, independent = quadratic_form(
                first.coefficients[own], of_first[np.ix_(own, own)]
            )
            k = len(independent)
        except OptionError:  # fewer primary units than instruments
            square, k = np.nan, len(own)
        stages[name] = (square / k, float(k), residual)
    return replace(fit_under_design(fitted, kind, covariance, left, found), first_stage=stages)


_OF_QUANTILES = "A quantile minimises the check loss."


def _check_arguments(
    sample: object,
    family: str,
    link: str | None,
    variance: str,
    df: str,
    confidence: object,
    na: str,
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
    if link is None:
        link = FAMILIES[family][0]
    check_one_of("link", link, FAMILIES[family], of=f"with `family={family!r}`")
    check_one_of("variance", variance, RegressionVariance)
    check_one_of("df", df, DegreesOfFreedom)
    check_one_of("na", na, Literal["drop", "fail"])
    check_confidence(confidence)
    return link


def spread(
    fitted: FittedModel,
    family: str,
    variance: RegressionVariance,
    df: DegreesOfFreedom,
    mix: Floats | None = None,
) -> tuple[Floats, Floats, float, CombinedDf | None, Floats]:
    """Return the covariance of the coefficients, with degrees of freedom.

    Degrees of freedom are of each coefficient, of the regression and of combinations, and last what
    the units of each are worth, whatever `df`. With `mix`, results are for combinations of the
    parameters as fitted, but under Bell and McCaffrey.
    """
    left = degrees_of_freedom_of_rows(fitted.sample, fitted.row_index, df) + 1 - fitted.columns
    if df == "effective" and not left > 0:
        # what one unit alone tells, as of dummies of units, takes nothing from what is compared
        # within units
        left += min(fitted.leverages[0].alone[0].size, fitted.columns - 1)
    size = fitted.theta.size
    if mix is not None:
        weights = mix
    elif fitted.restoring is not None:
        weights = fitted.restoring
    else:
        weights = np.eye(size)
    enlarged = EnlargedResiduals.of(fitted, family) if variance == "bell_mccaffrey" else None
    parts: CombinationsDf | None = enlarged
    if enlarged is None and fitted.units is not None:
        parts = CoefficientsDf(fitted, left, linearised=variance == "linearised")
    shared = np.full(len(weights), left)
    effective, worth = None, shared
    if parts is not None:
        effective = CombinedDf(parts, weights)
        worth = effective.of_combinations(np.eye(len(weights)))
    # replicates of a file have the rank of their weights, as in R; what their units are worth is
    # said by a flag
    of_file = fitted.sample.replication is not None and not fitted.sample.made
    if (df == "effective" and not of_file) or (df == "design" and enlarged is not None):
        shared = worth
    else:
        effective = None
    if enlarged is not None:
        covariance = enlarged.covariance(weights)[0]
    elif variance == "model":
        covariance = model_covariance(fitted, family, mix)
    else:
        covariance = fitted.own_covariance(mix)
    return covariance, shared, left, effective, worth


def _names(fitted: FittedModel, family: str) -> list[RowName]:
    """Return what each parameter is for, and how many respondents it is about."""
    columns, outcomes = fitted.matrix.columns, fitted.outcomes
    counts = [_count(fitted, position) for position in range(len(columns))]
    rows: list[RowName] = [
        ("coefficient", item.variable, item.category, None, n)
        for item, n in zip(columns, counts, strict=True)
    ]
    if family in ("multinomial", "quantile") and outcomes:
        compared = outcomes[1:] if family == "multinomial" else outcomes
        rows = [(*row[:3], outcome, row[4]) for outcome in compared for row in rows]
    if family == "ordinal":
        outcome = fitted.matrix.formula.outcome.text
        rows += [("cut", outcome, _between(*pair), None, fitted.n) for pair in pairwise(outcomes)]
    return rows


def references(fitted: Any, family: str) -> dict[str, Any]:
    """Return the category that others are compared with, by variable."""
    found: dict[str, Any] = fitted.matrix.references
    if family == "multinomial":
        found[fitted.matrix.formula.outcome.text] = fitted.outcomes[0]
    return found


def levels_together(fitted: Any, family: str) -> dict[tuple[str, str], Levels]:
    """Return the variables and categories of terms that are products, and of cut points."""
    outcome = fitted.matrix.formula.outcome.text
    levels: dict[tuple[str, str], Levels] = fitted.matrix.products
    if family == "ordinal":
        for pair in pairwise(fitted.outcomes):
            levels[outcome, _between(*pair)] = tuple((outcome, answer) for answer in pair)
    return levels


def _between(low: Any, high: Any) -> str:
    """Return the name of the cut point between two answers."""
    return f"{low} | {high}"


def _count(fitted: FittedModel, place: int) -> int:
    """Return how many respondents are in the category of a column; all of them for a number."""
    there: Any = None
    for factor, level in fitted.matrix.columns[place].parts:
        categories = fitted.matrix.values[factor]
        if isinstance(categories, Categories):
            at_level = categories.codes == level
            there = at_level if there is None else there & at_level
    return fitted.n if there is None else int(np.count_nonzero(there))


def _provenance(
    sample: Sample,
    respondents: Respondents,
    fitted: FittedModel,
    confidence: float,
    df: str,
    rules: dict[str, str],
) -> Provenance:
    """Return the provenance, with what is missing by variable."""
    totals, nothing = fitted.totals, Linearised(np.zeros(1), ONE)
    computed = [
        linearised_statistic(
            totals, nothing, variable=name, n=np.array([respondents.everyone - count])
        )
        for name, count in (respondents.missing or {"": 0}).items()
    ]
    record = provenance_of(sample, computed, confidence, df, ())
    of_units = () if rules.get("variance") != "model" else ("lonely_psu",)
    general = record.rules_without(*of_units)
    outcome = fitted.matrix.formula.outcome.text
    return replace(record, rules={**general, **rules}, outcome=outcome)


RowName = tuple[
    str, str, Any, Any, int
]  # statistic, variable, category, category of the outcome, and respondents


_ROUNDING, _DIGITS = (
    1e-10,
    1e-15,
)  # of the spread of an outcome, and of its size, what is rounding in a fit


def settle_rounding(
    fitted: FittedModel, point: Floats, covariance: Floats
) -> tuple[Floats, Floats]:
    """Return coefficients and covariance, with 0 for rounding errors relative to the data."""
    of_index = (
        isinstance(fitted.likelihood, SingleIndex)
        and fitted.likelihood.family.link.name == "identity"
    )
    if not (of_index or isinstance(fitted.likelihood, CheckLoss)):
        return point, covariance
    rows = replace(
        fitted.blocks,
        matrix=replace(fitted.matrix, conditioning=None),
        projection=None,
        instruments=None,
    )
    share = rows.weight / rows.weight.sum()
    centre = share @ rows.y
    outcome = max(_ROUNDING * np.sqrt(share @ (rows.y - centre) ** 2), _DIGITS * abs(centre))
    least = np.resize(outcome / np.sqrt(np.maximum(mean_square(rows), 1e-300)), point.size)
    variance = np.diag(covariance)
    still = (variance >= 0) & (variance < least**2)
    settled = np.where(np.abs(point) < least, 0.0, point)
    return settled, np.where(
        still[:, None] | still, np.where(np.isnan(covariance), np.nan, 0.0), covariance
    )


def model_frame(
    names: Sequence[RowName],
    point: Floats,
    covariance: Floats,
    df: Floats,
    confidence: float,
    by: tuple[str, ...],
    resting: OnOneUnit | None = None,
    worth: Any = np.inf,
) -> tuple[pd.DataFrame, Floats]:
    """Return estimates with p-values, and their covariance; `by`: the outcome of categories."""
    # `worth`: the degrees of freedom of the units, whatever others were asked
    std_error = standard_errors(covariance, point)
    if resting is not None:
        std_error = np.where(resting.withheld, np.nan, std_error)
    reach = student(confidence, df) * std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        # without an error there is nothing to test by
        t = np.where(std_error > 0, point / std_error, np.nan)
    statistic, variable, category, outcome, n = zip(*names, strict=True)
    columns: dict[str, Any] = {"statistic": statistic, "variable": variable, "category": category}
    columns |= dict.fromkeys(by, outcome)
    flags = [_flag(*item) for item in zip(n, np.minimum(df, worth), std_error, strict=True)]
    if resting is not None:
        flags = [
            resting.flag if held else flag
            for flag, held in zip(flags, resting.dominated, strict=True)
        ]
    columns |= measures(point, std_error, point - reach, point + reach, df, n, flags)
    frame = pd.DataFrame(columns | {"p_value": t_p_value(t, df)})
    return frame, blank_undefined(covariance.copy(), np.isnan(std_error))


def _flag(n: int, df: float, std_error: float) -> str:
    if n == 1:
        return "one respondent"
    if np.isnan(std_error):
        return "no variance"
    if not df > 0:
        return "no degrees of freedom"
    return "few units" if df < FEW_DF else ""
