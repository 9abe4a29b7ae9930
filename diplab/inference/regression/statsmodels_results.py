"""A statsmodels fit as a regression without a design: its numbers, and its terms by variable.

statsmodels is not imported here: whoever gives such a model has it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from diplab.errors import OptionError
from diplab.inference.measures import measures
from diplab.microdata.variable import code_from_text
from diplab.results.estimates import Provenance
from diplab.results.regression import FitStatistics, Levels, Regression

OURS = {
    "OLS": "gaussian identity", "WLS": "gaussian identity", "GLS": "gaussian identity",
    "Logit": "binomial logit", "Probit": "binomial probit", "Poisson": "poisson log",
    "NegativeBinomial": "negative_binomial log",
    "MNLogit": "multinomial logit", "QuantReg": "quantile identity", "PHReg": "cox hazard",
    "norm": "ordinal probit", "logistic": "ordinal logit",
}  # fmt: skip
"""Family and link of each kind of model by its class, of an ordered one by its distribution."""
LINKS = {"InversePower": "inverse", "InverseSquared": "inverse_squared"}
CONFIDENCE = 0.95
THEIRS = {
    "r2": "rsquared", "adjusted_r2": "rsquared_adj", "log_likelihood": "llf",
    "log_likelihood_null": "llnull",
    "lr_chi2": "llr", "lr_p_value": "llr_pvalue", "aic": "aic", "bic": "bic",
}  # fmt: skip
"""Statistics of a fit by our names; all but the first two are of its likelihood."""
_LEVEL = re.compile(r"(?P<factor>.*)\[(?:T\.)?(?P<level>[^\]]*)\]")
_CATEGORIES = re.compile(r"C\(\s*(?P<name>[^,]+?)\s*(?:,.*)?\)")
_BETWEEN_FACTORS = re.compile(r":(?![^\[(]*[\])])")


def fitted_model(thing: Any) -> Any:
    """Return a model that statsmodels has fitted as a regression, and anything else as it is."""
    if type(thing).__module__.partition(".")[0] == "statsmodels":
        return _regression_of(thing)
    return thing


def _regression_of(results: Any) -> Regression:
    """Return the coefficients of a statsmodels fit, to the last digit, as a regression."""
    model, name = getattr(results, "model", None), type(results).__name__
    fitted = all(hasattr(results, item) for item in ("params", "bse", "pvalues", "conf_int"))
    if (
        model is None
        or not fitted
        or (np.ndim(results.params) == 2 and not hasattr(model, "_ynames_map"))
    ):
        if hasattr(results, "fit"):
            raise OptionError(
                f"The `{name}` of statsmodels is not fitted.", write="Write `.fit()` after it."
            )
        raise OptionError(f"The `{name}` of statsmodels has no coefficients with standard errors.")
    params, answers = results.params, tuple[str, ...]()
    names = list(map(str, getattr(params, "index", model.exog_names)))
    outcome = model.endog_names if isinstance(model.endog_names, str) else "y"
    if np.ndim(params) == 2:
        # a column an answer but the first, which the others are compared with
        answers = tuple(
            code_from_text(str(model._ynames_map[at])) for at in range(np.shape(params)[1] + 1)
        )
    named = list(map(_term, names))
    terms = [term for term, _ in named]
    n = int(getattr(results, "nobs", None) or len(model.endog))
    frame, covariance = (
        _frame(results, n, terms, outcome, answers),
        np.asarray(results.cov_params(), dtype=float),
    )
    # dispersions, variances of groups and what an ordered model has for cut points (logarithms of
    # steps) are not terms
    own = [
        name in (model.exog_names or names)
        for name in names[: len(names) - getattr(model, "k_extra", 0)]
    ]
    keep = np.flatnonzero(
        np.tile([*own, *[False] * (len(names) - len(own))], max(len(answers) - 1, 1))
    )
    frame, covariance = frame.iloc[keep].reset_index(drop=True), covariance[np.ix_(keep, keep)]
    family, _, link = _kind(model).partition(" ")
    rules: dict[str, Any] = {
        "model": {_kind(model): (family, link)},
        "formula": str(getattr(model, "formula", None) or f"{outcome} ~ {' + '.join(names)}"),
        "confidence": f"{CONFIDENCE:g}", "design": "none",
        "statsmodels": sys.modules["statsmodels"].__version__,
    }  # fmt: skip
    if getattr(results, "cov_type", None):
        rules["statsmodels_errors"] = results.cov_type
    references = _references(model, terms) | ({outcome: answers[0]} if answers else {})
    return Regression(
        frame, covariance, Provenance(rules=rules, outcome=outcome), (outcome,) if answers else (),
        formula=rules["formula"], family=family, link=link, outcome=outcome,
        residual_df=float(getattr(results, "df_resid", np.inf)), references=references,
        levels={term: levels for term, levels in named if len(levels) > 1},
        goodness=_goodness(results, n),
    )  # fmt: skip


def _kind(model: Any) -> str:
    """Return the family and the link of a model by our names; the name of its class for another."""
    name = type(model).__name__
    if name in ("GLM", "GEE"):
        family, link = (type(item).__name__ for item in (model.family, model.family.link))
        family = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", family).lower()
        return f"{family} {LINKS.get(link, link.lower())}"
    if name == "OrderedModel":
        name = model.distr.name
    return OURS.get(name, name)


def _term(name: str) -> tuple[tuple[str, str], Levels]:
    """Return a term's variable and category, and those of its factors, from its name."""
    if name in ("Intercept", "const"):
        return ("intercept", ""), ()
    levels: list[tuple[str, Any]] = []
    for part in _BETWEEN_FACTORS.split(name):
        coded = _LEVEL.fullmatch(part)
        factor = coded["factor"] if coded else part
        level = code_from_text(coded["level"]) if coded else None
        category = _CATEGORIES.fullmatch(factor)
        bare = category["name"].strip("`") if category else factor
        levels.append((re.sub(r"^I\((.*)\)$|\bnp\.", r"\1", bare), level))
    variable = ":".join(factor for factor, _ in levels)
    return (variable, ":".join(str(level) for _, level in levels if level is not None)), (*levels,)


def _references(model: Any, terms: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the one category of a variable that has no term in the data, by variable."""
    data: Any = getattr(model.data, "frame", None)
    references = {}
    for name in dict.fromkeys(
        name for name, level in terms if level and data is not None and name in data
    ):
        there = set()
        for item in data[name].dropna().unique():
            there.add(code_from_text(str(item)))
        left = there - {level for other, level in terms if other == name}
        if len(left) == 1:
            references[name] = left.pop()
    return references


def _frame(
    results: Any, n: int, terms: Sequence[tuple[str, str]], outcome: str, answers: Sequence[str]
) -> pd.DataFrame:
    """Return a row a coefficient, in a block an answer."""
    point, error, p_value = (
        np.asarray(item, dtype=float).T.ravel()
        for item in (results.params, results.bse, results.pvalues)
    )
    low, high = np.asarray(results.conf_int(alpha=1 - CONFIDENCE), dtype=float).reshape(-1, 2).T
    variables, categories = zip(*[*terms] * max(len(answers) - 1, 1), strict=True)
    columns: dict[str, Any] = {
        "statistic": "coefficient",
        "variable": variables,
        "category": categories,
    }
    if answers:
        columns[outcome] = np.repeat(answers[1:], len(terms))
    df = float(results.df_resid) if getattr(results, "use_t", False) else np.inf
    columns |= measures(point, error, low, high, df, n, "")
    return pd.DataFrame(columns | {"p_value": p_value})


def _goodness(results: Any, n: int) -> FitStatistics:
    """Return how well the model fits.

    No likelihood where weights differ, as theirs is one of no respondents.
    """
    model, kind = results.model, type(results.model).__name__

    def known(name: str) -> float:
        try:
            value = getattr(results, name, None)
        except NotImplementedError:  # as robust models say of their likelihood
            value = None
        return float(value) if isinstance(value, int | float | np.number) else np.nan

    weights = getattr(model, {"WLS": "weights", "GLM": "var_weights"}.get(kind, ""), 1.0)
    likely = kind not in ("GEE", "PHReg", "MixedLM") and np.ptp(np.atleast_1d(weights)) == 0
    values = {
        name: known(own) for name, own in THEIRS.items() if likely or own.startswith("rsquared")
    }
    if kind == "GLM" and likely:
        values["bic"] = known("bic_llf")
    if _kind(model).partition(" ")[0] in (
        "binomial",
        "poisson",
        "negative_binomial",
        "ordinal",
        "multinomial",
    ):
        own = known("prsquared")
        values["pseudo_r2"] = 1 - known("llf") / known("llnull") if np.isnan(own) else own
    size = np.size(results.params)
    df_model, left = (
        np.nan_to_num(known(name), nan=df)
        for name, df in (("df_model", size), ("df_resid", n - size))
    )
    return FitStatistics(n, int(df_model), int(left), **values)
