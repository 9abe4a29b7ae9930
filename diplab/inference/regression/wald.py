"""Wald tests: of a term of a regression, and of several estimates at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.checks import check_one_of
from diplab.errors import OptionError, quoted_names, suggestion
from diplab.inference.degrees_of_freedom import hotelling
from diplab.inference.imputation import (
    in_few_units,
    joint_over_imputations,
    pooled_test,
    shared_null,
)
from diplab.inference.linear_combinations import joint_respondents
from diplab.inference.measures import CORRECTABLE
from diplab.inference.regression.fitting import coefficients_at_cuts
from diplab.inference.regression.one_unit import refuse_tests_on_one_unit
from diplab.kernel.arrays import Floats
from diplab.kernel.effective_df import CombinationsDf
from diplab.kernel.intervals import f_p_value
from diplab.results.estimates import Estimates, Provenance
from diplab.results.hypothesis_test import Hypothesis, HypothesisKind, Test
from diplab.results.regression import Regression

TermTest: TypeAlias = Literal[
    "wald", "rao_scott_f", "rao_scott_chi2", "rao_scott_mixture", "proportional_odds"
]


def term_test(fit: Regression, *terms: str, test: TermTest = "wald") -> Test:
    """Test that all coefficients of a term, or of several together, are zero.

    Parameters
    ----------
    fit : Regression
        From `regress`, or `log_linear`.
    *terms : str
        As results name them: `"stype"`, `"ell:stype"`.
    test : {"wald", "rao_scott_f", "rao_scott_chi2", "rao_scott_mixture", "proportional_odds"}
        Wald's; Rao and Scott's, of the log-linear model without the terms within the whole; or, of
        an ordinal outcome, Wald's that coefficients are the same at all cut points, each with a
        regression of its own (Brant 1990).

    Returns
    -------
    Test
        Of k coefficients b of covariance V, with Q = b'V^-1 b. With effective degrees of freedom, V
        is from residuals enlarged by primary unit (CR2; that of the regression, where this is not
        known, as for calibrated or replicate weights), d = k (k + 1) / sum of the variances of its
        entries, and F = Q (d - k + 1) / (d k) on k and d - k + 1 (Tipton and Pustejovsky 2015);
        marked `few units` where the last is under 4. Of one coefficient it is its own t test.
        Otherwise F = Q / k on k and the degrees of freedom of the regression, as `regTermTest` in
        R. Imputations are combined by the rule D1 of `pooled_test`, with the same V and F of each.

    Raises
    ------
    OptionError
        Where the term is not in the regression, its covariance is singular, or too few degrees of
        freedom are left.
    MisleadingError
        Where a coefficient of it rests on one sampling unit, and has no standard error.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ sex")
    >>> round(dl.term_test(fit, "sex").statistic, 3)
    7.5
    """
    terms_named = quoted_names(terms, " and ") or "no term"
    result: object = fit
    if not isinstance(result, Regression):
        statistics: list[str] = []
        if isinstance(result, Estimates):
            statistics = list(dict.fromkeys(result.frame["statistic"]))
        rows_of = quoted_names(statistics) or f"a `{type(result).__name__}`"
        raise OptionError(
            f"`term_test` applies to the coefficients of a regression, not to {rows_of}.",
            write="Write the same on what `regress` returned.",
        )
    rows = _rows_of(fit, terms)
    check_one_of("test", test, TermTest)
    kind: HypothesisKind = "proportional" if test == "proportional_odds" else "coefficients"
    factors = tuple(map(fit.variables_of, terms))
    hypothesis = Hypothesis(
        kind=kind, terms=terms, factors=factors, count=rows.size, formula=fit.formula
    )
    if fit.imputed:
        for item in fit.imputed if test == "wald" else ():
            refuse_tests_on_one_unit(item, _rows_of(item, terms))
        parts: Any = [
            item.rows(rows) if test == "wald" else term_test(item, *terms, test=test)
            for item in fit.imputed
        ]
        return replace(pooled_test(parts), tested=hypothesis)
    if test not in ("wald", "proportional_odds"):
        if fit.family != "log_linear":
            raise OptionError(
                f"`test={test!r}` applies to the result of `log_linear`.",
                write="Write `test='wald'`.",
            )
        n, record = fit.fitted.n, (fit.provenance, fit.codebook)
        outcome: Test = fit.fitted.rao_scott(
            fit.fitted.without(terms), test, terms, fit.residual_df, hypothesis, n, *record
        )
        return outcome
    refuse_tests_on_one_unit(fit, rows)
    value, covariance = (
        fit.frame["estimate"].to_numpy(dtype=float)[rows],
        fit.covariance[np.ix_(rows, rows)],
    )
    if test == "proportional_odds":
        value, covariance = _beyond_the_first_cut(fit, rows)
    return _wald(fit, rows, value, covariance, terms_named, hypothesis)


def _beyond_the_first_cut(fit: Regression, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return deviations of coefficients at further cut points from the first, with covariance."""
    if fit.family != "ordinal" or len(fit.fitted.outcomes) < 3:
        raise OptionError(
            f"`{fit.formula}` has no cut points to compare.",
            "Its outcome has two categories."
            if fit.family == "ordinal"
            else f"It has `family={fit.family!r}`.",
            "Write `family='ordinal'` for an outcome of three categories in order or more.",
        )
    point, covariance = coefficients_at_cuts(fit.fitted, fit.link)
    cuts = len(fit.fitted.outcomes) - 1
    apart = np.kron(
        np.column_stack([-np.ones(cuts - 1), np.eye(cuts - 1)]),
        np.eye(point.size // cuts)[1 + rows],
    )
    return apart @ point, apart @ covariance @ apart.T


def _wald(
    fit: Regression,
    rows: NDArray[np.intp],
    value: Floats,
    covariance: Floats,
    terms_named: str,
    tested: Hypothesis,
) -> Test:
    """Return Wald's test that values are 0, with the degrees of freedom of some coefficients."""
    k, left = value.size, float(fit.frame["df"].to_numpy(dtype=float)[rows].min())
    if not left > 0:
        raise OptionError(
            f"`{fit.formula}` has {left:.3g} degrees of freedom to test {terms_named}.",
            "Those of the design are used up by its columns.",
            "Write fewer terms, or `regress(..., df='infinity')`.",
        )
    effective = fit.provenance.df in ("effective", "satterthwaite")
    record = fit.provenance
    if effective:
        left = min(left, fit.residual_df)
        if fit.effective is not None:
            covariance, left, record = joint_spread(
                fit.effective, np.eye(len(fit))[rows], covariance, record
            )
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    correlation = covariance / np.outer(scale, scale)
    if not np.isfinite(correlation).all() or np.linalg.eigvalsh(correlation)[0] < 1e-10:
        raise OptionError(
            f"The {k} coefficients of {terms_named} rest on too few primary units.",
            "Their covariance is singular.",
            "Test fewer coefficients, or merge categories.",
        )
    ratio = value / scale
    chi2 = float(ratio @ np.linalg.solve(correlation, ratio))
    statistic = chi2 / k
    if effective:
        statistic, left = hotelling(chi2, k, left, f"the {k} coefficients of {terms_named}")
    p_value = f_p_value(statistic, k, left)
    name, n, freedom = (
        "adjusted_wald" if effective and k > 1 else "wald",
        int(fit.fitted.n),
        (float(k), left),
    )
    few: Any = {"few_units": in_few_units(fit.rows(rows), record, k)}
    found: Any = name, statistic, freedom, p_value, tested, {"chi2": chi2}, n, record, fit.codebook
    return Test(*found, **few)


def joint_spread(
    known: CombinationsDf, weights: Floats, covariance: Floats, record: Provenance
) -> tuple[Floats, float, Provenance]:
    """Return covariance, degrees of freedom and record of a joint test of combinations.

    The covariance of several is from enlarged residuals.
    """
    corrected = known.corrected(weights) if len(weights) > 1 else None
    if corrected is None:
        return covariance, known.of_covariance(weights), record
    return *corrected, replace(record, rules={**record.rules, "variance": "bell_mccaffrey"})


def _rows_of(fit: Regression, terms: tuple[str, ...]) -> NDArray[np.intp]:
    """Return the rows of the coefficients of terms, which must be known."""
    coefficients = fit.frame["statistic"] == "coefficient"
    if not coefficients.any():
        raise OptionError(
            "`term_test` applies to coefficients, not to "
            f"{', '.join(dict.fromkeys(fit.frame['statistic']))}.",
            write="Write the same on what `regress` returned.",
        )
    known = [
        name
        for name in dict.fromkeys(fit.frame.loc[coefficients, "variable"])
        if name != "intercept"
    ]
    for term in terms or ("",):
        if term not in known and term != "intercept":
            raise OptionError(
                f"`{term}` is not a term of `{fit.formula}`."
                if term
                else "`term_test` has no term.",
                f"The regression has {len(known)}.",
                suggestion(term, known),
            )
    return np.flatnonzero(coefficients & fit.frame["variable"].isin(terms))


def wald_test(estimates: Estimates, *, adjusted: bool = True) -> Test:
    """Test that all rows are jointly null: differences 0, ratios 1, expressions as of equal values.

    Parameters
    ----------
    estimates : Estimates
        For example contrasts. Rows that follow from others (B - C from A - B and A - C) count once.
    adjusted : bool
        True (default) for the adjusted F, that knows how few units the covariance is estimated
        from.

    Returns
    -------
    Test
        `adjusted_wald`: F = W (d - k + 1) / (d k) on k and d - k + 1 degrees of freedom, with W =
        v'V^-1 v, k rows and d degrees of freedom of the design (Korn and Graubard 1990), or, where
        they are effective, with the V and the d of `term_test`; `wald`: F = W / k on k and d, or
        over imputations, with effective degrees of freedom, the test of `term_test`. Ratios of
        odds, rates and hazards are tested by their logarithms, an expression against the value that
        it has where its estimates are equal. Where the data are queried and effective degrees of
        freedom asked, the columns of means and of the design come to memory.

    Raises
    ------
    OptionError
        Where a row has no variance, an expression has no value to be tested against, or there are
        more rows than degrees of freedom.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex")
    >>> round(dl.wald_test(dl.contrast(est, {"sex": ("m", "f")})).statistic, 3)
    7.5
    """
    value, covariance, null = _tested(estimates, adjusted)
    d = float(estimates.frame["df"].min())
    try:
        w, independent = quadratic_form(value, covariance)
    except OptionError:
        # a / b and log(a) - log(b) move alike wherever they are, and differ in their values
        _check_apart(estimates, np.eye(len(estimates)))
        raise
    k = len(independent)
    _check_apart(estimates, independent)
    record, name, f, left = estimates.provenance, "wald", w / k, d
    imputed = estimates.effective.over_imputations() if estimates.effective is not None else None
    if adjusted and imputed is not None and k > 1:
        tested = imputed.combined(independent)
        complete = min(float(part.of_combinations(np.eye(k)).min()) for part in tested.parts)
        (f, k, left), rules = joint_over_imputations(tested, independent @ value, complete)
        record = replace(record, rules={**record.rules, **rules, "pooled_test": "d1"})
    elif adjusted:
        if estimates.effective is not None:
            covariance = independent @ covariance @ independent.T
            covariance, d, record = joint_spread(
                estimates.effective, independent, covariance, record
            )
            w = quadratic_form(independent @ value, covariance)[0]
        name, (f, left) = "adjusted_wald", hotelling(w, k, d, f"{k} independent rows")
    freedom = (float(k), float(left))
    named = zip(estimates.frame["statistic"], estimates.frame["variable"], strict=True)
    hypothesis = Hypothesis(
        kind="rows", count=len(estimates), null=shared_null(null), rows=tuple(dict.fromkeys(named))
    )
    return Test(
        name,
        float(f),
        freedom,
        f_p_value(f, k, left),
        hypothesis,
        {},
        joint_respondents(estimates),
        record,
        estimates.codebook,
        few_units=in_few_units(estimates, record, k, adjusted=adjusted),
    )


def _tested(estimates: Estimates, adjusted: bool) -> tuple[Floats, Floats, Floats]:
    """Return deviations from null values, their covariance, and the null values."""
    value, null = estimates.frame["estimate"].to_numpy(dtype=float), estimates.null_values
    covariance, apart = estimates.covariance, value - null
    if estimates.null is None and (null == 1).any():
        # ratios of odds, of which the logarithm is estimated
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(null == 1, 1 / value, 1.0)
            apart = np.where(null == 1, np.log(value), value)
            covariance = covariance * np.outer(slope, slope)
    covariance = _known_covariance(estimates, covariance, adjusted)
    undefined = ~(
        np.isfinite(estimates.frame["estimate"]) & np.isfinite(np.diag(covariance))
    ).to_numpy()
    if undefined.any() or not len(estimates):
        raise OptionError(
            f"{int(undefined.sum())} of {len(estimates)} rows have no estimate or no variance.",
            write="Leave those out, for example `result.rows(result.frame['std_error'] > 0)`.",
        )
    untold = np.isnan(null)
    if untold.any():
        names = quoted_names(estimates.frame.loc[untold, estimates.by[-1]])
        left = f"`wald_test(result.rows({np.flatnonzero(~untold).tolist()}))`"
        raise OptionError(
            f"{int(untold.sum())} of {len(estimates)} rows have no value to be tested against: "
            f"{names}.",
            "Their values under equality depend on the size of the estimates.",
            "Write comparisons, such as `a - b` or `a / b`."
            if untold.all()
            else f"Leave these out: {left}.",
        )
    return apart, covariance, null


def _check_apart(estimates: Estimates, independent: Floats) -> None:
    """Refuse expressions that are equivalent under the null hypothesis, such as a - b and a / b."""
    known = estimates.where_equal
    if known is None or len(known) != len(estimates):
        return
    lines = independent @ known
    if np.linalg.matrix_rank(lines / np.linalg.norm(lines, axis=1, keepdims=True), tol=1e-6) < len(
        independent
    ):
        raise OptionError(
            f"Some of the {len(estimates)} expressions are equivalent under the null hypothesis, "
            "as `a - b` and `a / b` do.",
            "They are one hypothesis, which cannot be tested twice.",
            "Leave out those that follow from others, for example with `result.rows([0])`.",
        )


def _known_covariance(estimates: Estimates, covariance: Floats, adjusted: bool) -> Floats:
    """Return the covariance of rows.

    From enlarged residuals where only these give some row an error.
    """
    withheld = ~np.isfinite(np.diag(covariance))
    correctable = estimates.frame["flag"].to_numpy() == CORRECTABLE
    if (
        not adjusted
        or estimates.effective is None
        or not withheld.any()
        or (withheld & ~correctable).any()
    ):
        return covariance
    corrected = estimates.effective.corrected(np.eye(len(estimates)))
    return covariance if corrected is None else corrected[0]


def quadratic_form(value: Floats, covariance: Floats) -> tuple[float, Floats]:
    """Return v'V^-1 v, and the combinations of the rows that are independent."""
    # correlations, so that rows of very different size are judged alike
    scale = np.sqrt(np.diag(covariance))
    scale = np.where(scale > 0, scale, 1.0)
    size, direction = np.linalg.eigh(covariance / np.outer(scale, scale))
    independent = size > 1e-9 * max(float(size.max()), 0.0)
    along = direction.T @ (value / scale)
    outside = np.abs(along[~independent]).max(initial=0.0)
    if not independent.any() or outside > 1e-6 * np.abs(value / scale).max():
        raise OptionError(
            "Some rows vary too little, or are collinear, and cannot be tested: their covariance "
            "is singular.",
            write="Leave out rows without variance, or those that follow from others.",
        )
    return float((along[independent] ** 2 / size[independent]).sum()), direction.T[
        independent
    ] / scale
