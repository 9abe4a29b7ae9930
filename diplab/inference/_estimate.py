"""`estimate`: statistics of a sample, of imputations or of bands, with design-based uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

from diplab.checks import check_switch
from diplab.errors import OptionError
from diplab.estimators.statistic import Statistic, Statistics, expand_statistics
from diplab.inference.computed import (
    MeanVariance,
    SimpleRandomSample,
    checked_domains,
    compute_estimates,
)
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.inference.missing import MissingRule
from diplab.results.estimates import Estimates
from diplab.sampling._imputed import Imputed
from diplab.sampling.sample import Sample


def estimate(
    sample: Sample | Imputed,
    *statistics: Statistic | Statistics,
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
    deff: SimpleRandomSample | None = "wor",
    na: MissingRule = "drop",
    variance: MeanVariance = "linearised",
    numerator: bool = False,
) -> Estimates:
    """Estimate statistics on a sample, with the uncertainty that its design gives.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or one sample per
        imputation.
    *statistics : Statistic or Statistics
        For example `mean("income")`, `share("contract")`, `quantile("income", [0.25, 0.75])`.
    by : str or list of str
        Domain variables: one estimate for each combination of their categories, in one pass, with
        the covariance between them.
    confidence : float
        Level of the intervals.
    df : {"effective", "design", "domain", "infinity"}
        Degrees of freedom: what the respondents of the row are worth, by how their weight is spread
        over primary units (Kott 1994; Bell and McCaffrey 2002), between one and those of the
        design; those of the whole design, primary units minus strata (replicates minus one for
        replicate weights of a file, the smaller of both for replicates made from the design); units
        minus strata that the row reaches; or the normal distribution. With replicate weights of a
        file, which do not identify units, effective ones are the independent replicates of the row
        minus one.
    deff : {"wor", "wr"} or None
        The simple random sample that design effects compare with: drawn without or with
        replacement. None for none. Where weights sum to about the number of respondents, or to
        less, and no fpc is declared, it is with replacement, as the rules report. Up to five people
        a respondent, the rules report the reference and how many people the weights count: the
        effect then depends on the scale of the weights, by 1 / (1 - n / N).
    na : {"drop", "fail", "keep"}
        Rows without an answer are left out and counted, refused, or kept as a category of the
        variable of a share.
    variance : {"linearised", "bell_mccaffrey"}
        Of means and shares: by linearisation (or over the replicate weights); or with residuals
        enlarged by unit, and their own effective degrees of freedom, for domains of few primary
        units, whose linearised standard errors are 5 to 20% too small (as in `regress`: one phase,
        weights neither calibrated nor replicated).
    numerator : bool
        Of shares, also how many respondents are in the category, in a column `numerator` that
        tables print beside the base. Queries read the data once more for each category.

    Returns
    -------
    Estimates

    Raises
    ------
    ColumnError
        Where a variable does not exist, or a domain variable bears the name of a result column.
    EmptyDomainError
        Where there are no answers.
    LonelyPsuError
        Where a stratum has a single unit and the design has no policy for it.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> found = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex")
    >>> found.frame[["sex", "estimate", "n"]].values.tolist()
    [['f', 15.0, 2], ['m', 40.0, 2]]
    """
    each_statistic = expand_statistics(statistics)
    _check_numerator(numerator, sample, each_statistic)
    first = sample.samples[0] if isinstance(sample, Imputed) else sample
    domains = checked_domains(first, each_statistic, by, confidence, df, variance)
    if isinstance(sample, Imputed):
        from diplab.inference.imputation import estimate_imputed

        return estimate_imputed(
            sample, each_statistic, domains, confidence=confidence, df=df, deff=deff, na=na,
            variance=variance,
        )  # fmt: skip
    if any(statistic.banded is not None for statistic in each_statistic):
        from diplab.inference.banded._estimate import estimate_banded

        return estimate_banded(sample, each_statistic, domains, confidence=confidence, df=df, na=na)
    return compute_estimates(
        sample, each_statistic, domains, confidence=confidence, df=df, deff=deff, na=na,
        variance=variance, numerator=numerator,
    )  # fmt: skip


def _check_numerator(numerator: bool, sample: object, statistics: Sequence[Statistic]) -> None:
    check_switch("numerator", numerator)
    shares = any(
        statistic.description.every_category
        for statistic in statistics
        if isinstance(statistic, Statistic)
    )
    if numerator and (isinstance(sample, Imputed) or not shares):
        raise OptionError(
            "`numerator=True` counts the respondents in the categories of shares.",
            "Imputations do not agree on them."
            if isinstance(sample, Imputed)
            else "No statistic is a `share`.",
            "Leave it out.",
        )
