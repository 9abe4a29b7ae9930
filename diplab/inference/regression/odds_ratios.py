"""Odds, rate and hazard ratios: the coefficients of a regression as ratios."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diplab.errors import OptionError
from diplab.results.regression import Regression

RATIOS = {"logit": "odds_ratio", "log": "rate_ratio", "hazard": "hazard_ratio"}
"""What the exponential of a coefficient is, by link."""


def effect_ratios(fit: Regression) -> Regression:
    """Return the coefficients of a logistic, Poisson, log-linear or Cox model as odds, rate or hazard ratios.

    Parameters
    ----------
    fit : Regression
        With the link logit or log, of `survival.cox`, or of `log_linear`.

    Returns
    -------
    Regression
        Statistic `odds_ratio` (logit), `rate_ratio` (log) or `hazard_ratio` (Cox), without the constant and the cut
        points: exp(b), with the ends of the interval of b carried over, the standard error exp(b) se(b) (delta method)
        and the p-value of b.
        For a multinomial model the odds are those of an answer against the first; for a log-linear one, of a category
        against its reference, and a product of variables gives ratios of these odds.

    Raises
    ------
    OptionError
        Where the link is another: the exponentials of such coefficients are no ratios.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": list("ffffmmmm"), "poor": [1, 0, 0, 0, 1, 1, 1, 0]})
    >>> fit = dl.regress(dl.declare_design(people), "poor ~ sex", family="binomial")
    >>> dl.effect_ratios(fit).frame[["variable", "category", "estimate"]].round(6).values.tolist()
    [['sex', 'm', 9.0]]
    """
    statistic = "odds_ratio" if fit.family == "log_linear" else RATIOS.get(fit.link)
    if statistic is None:
        raise OptionError(
            f"The exponentials of the coefficients of `{fit.formula}` are no ratios.",
            f"Its link is `{fit.link}`.",
            "Write `regress(..., family='binomial')` for odds ratios, or `marginal_effects(fit)` for differences.",
        )
    frame = fit.frame
    coefficients = fit.rows((frame["statistic"] == "coefficient") & (frame["variable"] != "intercept"))
    own = coefficients.frame
    # a coefficient too large for its exponential is said by its interval
    with np.errstate(over="ignore"):
        ratio, low, high = (np.exp(own[name].to_numpy(dtype=float)) for name in ("estimate", "ci_low", "ci_high"))
        error = ratio * own["std_error"].to_numpy(dtype=float)
        covariance = coefficients.covariance * np.outer(ratio, ratio)
    frame = own.assign(
        statistic=statistic, estimate=ratio, std_error=error, ci_low=low, ci_high=high, cv=own["std_error"]
    )
    rules = {**fit.provenance.rules, "scale": "exponential"}
    provenance = replace(fit.provenance, rules=rules)
    return replace(fit, frame=frame, covariance=covariance, provenance=provenance, effective=coefficients.effective)
