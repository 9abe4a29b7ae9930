"""Answers from incomes imputed within their bands, several times over.

Each time the parameters of a regression of log-incomes on covariates are drawn from their normal distribution, and an
income of every respondent from the regression within the respondent's own band. The statistic is that of complete data
on each, and the answers are combined by the rules of Rubin (1987): what the bands hide is part of the error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from diplab.checks import argument, check_one_of, check_seed, check_whole_number
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError
from diplab.estimators._banded import Banded
from diplab.estimators.inequality import gini
from diplab.estimators.moments import mean
from diplab.estimators.poverty import arpr, arpt
from diplab.estimators.quantiles import median, quantile
from diplab.estimators.statistic import Linearised
from diplab.inference.banded.data import (
    BandedAnswer,
    band_ends,
    band_groups,
    columns_of,
    precomputed_statistic,
)
from diplab.inference.covariance import ComputedStatistic, joint_covariance
from diplab.inference.degrees_of_freedom import degrees_of_freedom
from diplab.kernel.bands.fitting import IntervalFit, drawn_between, fit_intervals, independent_columns
from diplab.kernel.bands.interpolation import LEAST_INDEX, pareto_index
from diplab.reference.text import NOTHING, Text
from diplab.reference.words import Words
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Rows
from diplab.sampling.sample import check_sample
from diplab.sampling.units import compressed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.inference.banded.data import BandedQuestion
    from diplab.microdata.codebook import Codebook
    from diplab.results.estimates import Estimates
    from diplab.sampling.engines.columns import MemoryColumns
    from diplab.sampling.engines.protocol import Floats, Integers
    from diplab.sampling.sample import Sample, SampleInMemory

__all__ = [
    "TOPS",
    "ImputationModel",
    "by_imputation",
    "complete_samples",
    "imputation_model",
    "impute_within_bands",
]

WORDS = Words("diplab.inference.banded")
_INCOME, _LINE = "diplab_imputed_income", "diplab_line"

_OF_AMOUNTS = {each.name: each for each in (arpr, arpt, mean, median, quantile, gini)}
"""What a statistic of a banded variable is once there are amounts."""


def by_imputation(question: BandedQuestion, *, m: int = 20, seed: int = 1) -> tuple[BandedAnswer, ...]:
    """Return what incomes imputed within their bands say.

    `question`: the model has its covariates and domain variables: domains that it did not know would be drawn towards
        each other.
    One, named `imputed`; two, `imputed, at least` and `imputed, at most`, where the line of a household is known
    between two ends. Within the bounds of a fixed line in each imputation. Where no model of incomes can be fitted
    there is no point, and the flag says why: `not identified`, `negative incomes`.
    """
    by = tuple(question.by)
    covariates = tuple(dict.fromkeys([*question.covariates, *by]))
    # read once: replicate weights are the same for every draw
    sample = replace(question.sample, made=question.sample.replication)
    low, high, names = question.low, question.high, [""]
    lines: list[Floats | None] = [question.line_low]
    if question.line_low is not None and question.line_high is not None:
        unknown = np.isnan(question.line_low) | np.isnan(question.line_high)
        low, high = np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
        if not (unknown | (question.line_low == question.line_high)).all():
            names, lines = [", at least", ", at most"], [question.line_low, question.line_high]
    try:
        samples = complete_samples(sample, low, high, covariates, {"m": m, "seed": seed}, _INCOME)
    except (EmptyDomainError, MisleadingError):
        return _none(question, names, "not identified")
    except OptionError:
        return _none(question, names, "negative incomes")
    rules = {"imputations": str(m), "seed": str(seed)}
    assumed = (_assumed(covariates, question.sample.codebook),)
    return tuple(
        _answer(question, samples, line, f"imputed{name}", rules, assumed)
        for line, name in zip(lines, names, strict=True)
    )


def _none(question: BandedQuestion, names: list[str], flag: str) -> tuple[BandedAnswer, ...]:
    """Return answers without a point."""
    rows = band_groups(question)
    nothing = np.full(rows.domains, np.nan)
    df = degrees_of_freedom(question.sample, rows.totals, question.df)
    flags = tuple("empty" if n == 0 else flag for n in rows.totals.n)
    return tuple(
        BandedAnswer(f"imputed{name}", nothing, nothing, nothing, nothing, df, rows.totals.n, flags, {}, ())
        for name in names
    )


def complete_samples(
    sample: SampleInMemory,
    low: Floats,
    high: Floats,
    covariates: tuple[str, ...],
    draws: Mapping[str, int],
    name: str,
    top: str = "regression",
) -> tuple[SampleInMemory, ...]:
    """Return the sample several times over, each time with a column of incomes drawn within their bands.

    `draws`: `m`, how many, and their `seed`.
    `name`: of the new column.
    `top`: what incomes in the open band are drawn from.
    """
    model = imputation_model(sample, low, high, covariates, top)
    random = np.random.default_rng(draws["seed"])
    return tuple(_with_column(sample, name, model.drawn(random)) for _ in range(draws["m"]))


def _with_column(sample: SampleInMemory, name: str, values: Floats) -> SampleInMemory:
    engine = sample.engine
    frame = engine.columns.frame
    index = nw.maybe_get_index(frame)
    if index is None:
        series = nw.new_series(name, values, nw.Float64, backend=nw.get_native_namespace(frame))
    else:
        import pandas as pd

        series = nw.from_native(pd.Series(values, index=index, name=name), series_only=True)
    names = sample.names if name in sample.names else (*sample.names, name)
    return replace(sample, engine=engine.with_columns(series), names=names)


def _answer(
    question: BandedQuestion,
    samples: tuple[SampleInMemory, ...],
    line: Floats | None,
    method: str,
    rules: dict[str, str],
    assumptions: tuple[Text, ...],
) -> BandedAnswer:
    from diplab.inference.imputation import estimate_imputed

    options = {name: value for name, value in question.options.items() if name != "threshold"}
    if line is not None:
        samples = tuple(_with_column(each, _LINE, line) for each in samples)
        options["threshold"] = _LINE
    found = estimate_imputed(
        Imputed(samples),
        [_OF_AMOUNTS[question.name](_INCOME, **options)],
        question.by,
        confidence=question.confidence,
        df=question.df,
    )
    return _from_estimates(found, method, rules, assumptions)


def _from_estimates(
    found: Estimates, method: str, rules: dict[str, str], assumptions: tuple[Text, ...]
) -> BandedAnswer:
    frame = found.frame
    columns = {name: frame[name].to_numpy(dtype=float) for name in _MEASURES}
    return BandedAnswer(
        method=method,
        point=columns["estimate"],
        std_error=columns["std_error"],
        ci_low=columns["ci_low"],
        ci_high=columns["ci_high"],
        df=columns["df"],
        n=frame["n"].to_numpy(dtype=np.int64),
        flag=tuple(frame["flag"]),
        rules=rules,
        assumptions=(*assumptions, *found.provenance.assumptions),
    )


_MEASURES = ("estimate", "std_error", "ci_low", "ci_high", "df")


def _assumed(covariates: tuple[str, ...], codebook: Codebook) -> Text:
    labels = [codebook[each].label if each in codebook else NOTHING for each in covariates]
    if not covariates:
        return WORDS("assumption.imputed")
    names = [label or Text.same(each) for label, each in zip(labels, covariates, strict=True)]
    together = Text(", ".join(each.fr for each in names), ", ".join(each.en for each in names))
    return WORDS("assumption.imputed_given", covariates=together)


_FEWEST = 20
"""Respondents below which a model of incomes is no model."""


@dataclass(frozen=True, eq=False)
class ImputationModel:
    """A regression of log-incomes known by band.

    `x` (groups, columns): of each group of people of equal covariates and band.
    `low`, `high` (groups,): NaN where nothing was told.
    `group` (rows,): of each row of the file.
    `theta` (columns + 1,): coefficients and log(sigma).
    `root` (columns + 1, columns + 1): a square root of their covariance, that which the design gives.
    `index`, `index_error`: of the Pareto distribution in the open band, and the standard error of its logarithm; NaN
        where incomes there are drawn from the regression.
    """

    x: Floats
    low: Floats
    high: Floats
    group: Integers
    theta: Floats
    root: Floats
    index: float
    index_error: float

    def drawn(self, random: np.random.Generator) -> Floats:
        """Return an income for every row with a band: parameters are drawn first, from their normal distribution."""
        theta = self.theta + self.root @ random.standard_normal(self.theta.size)
        uniform = np.clip(random.uniform(size=self.group.size), 1e-16, 1 - 1e-16)
        ends = self.low, self.high
        found = drawn_between(self.x @ theta[:-1], float(np.exp(theta[-1])), ends, uniform, self.group)
        if np.isfinite(self.index):
            # whatever is drawn has a mean
            index = max(self.index * np.exp(self.index_error * random.standard_normal()), LEAST_INDEX)
            top = np.flatnonzero((np.isinf(self.high) & (self.low > 0))[self.group])
            found[top] = self.low[self.group[top]] * (1 - uniform[top]) ** (-1 / index)
        return found


def imputation_model(
    sample: SampleInMemory, low: Floats, high: Floats, covariates: tuple[str, ...], top: str
) -> ImputationModel:
    """Fit the regression that incomes are drawn from, on everybody under study.

    `covariates`: columns: numbers as they are, words as categories; a missing answer is one of them.
    `top`: what incomes in the open band are drawn from.
    """
    engine = sample.engine
    with_band = ~(np.isnan(low) | np.isnan(high))
    _check_bands(low[with_band], high[with_band])
    scoped = engine.scoped(Scope(sample.population))
    weight = np.where(with_band & scoped.inside, engine.weights, 0.0)
    respondents = int(np.count_nonzero(np.where(high > 0, weight, 0.0)))
    if respondents < _FEWEST:
        raise EmptyDomainError(
            "Incomes within bands were asked for.",
            f"{respondents} people under study have a band above zero and a weight, and {_FEWEST} are needed.",
            "Write a wider universe, or ask for the bounds.",
        )
    columns = [
        np.where(with_band, low, np.nan),
        np.where(with_band, high, np.nan),
        *_columns(engine.columns, covariates),
    ]
    group, first = _grouped(columns)
    by_group = np.bincount(group, weights=weight, minlength=first.size).astype(float)
    low, high, x = (
        columns[0][first],
        columns[1][first],
        np.column_stack([each[first] for each in columns[2:]]),
    )
    # respondents without an income are neither drawn nor part of the fit
    fitted = np.flatnonzero((by_group > 0) & ~(high <= 0))
    x = x[:, independent_columns(x[fitted], by_group[fitted])]
    fit = _checked_fit(x[fitted], low[fitted], high[fitted], by_group[fitted])
    influence = np.zeros((fit.theta.size, first.size))
    influence[:, fitted] = fit.inverse_information @ fit.score.T
    covariance = _covariance(sample, influence, group)
    if not np.isfinite(covariance).all():
        # no unit to judge by: as of people drawn at random
        covariance = fit.inverse_information * weight.sum() / respondents
    values, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(values, 0.0))
    found = ImputationModel(x, low, high, group, fit.theta, root, np.nan, np.nan)
    return _with_top(sample, found, by_group) if top == "pareto" else found


def _checked_fit(x: Floats, low: Floats, high: Floats, weight: Floats) -> IntervalFit:
    # two shares tell a centre and a spread, and take three bands
    bands = np.unique(np.stack([low, high])[:, (low > 0) | np.isfinite(high)], axis=1)
    fit = fit_intervals(x, low, high, weight) if bands.shape[1] >= 3 else None
    if fit is None or not fit.converged or not -6 < fit.theta[-1] < 3:
        raise MisleadingError(
            "Incomes within bands were asked for.",
            "The bands do not tell how far incomes spread: nearly everybody is in one or two of them.",
            "Write more bands, fewer covariates, or ask for the bounds.",
        )
    return fit


def _grouped(columns: list[Floats]) -> tuple[Integers, Integers]:
    """Return the group of each row, of equal values in every column, and the first row of each group."""
    import pandas as pd

    code = np.zeros(columns[0].size, dtype=np.int64)
    first = np.zeros(1, dtype=np.int64)
    for column in columns:
        own, values = pd.factorize(column, use_na_sentinel=False)
        code, first = compressed(code * len(values) + own)
    return code, first


def _check_bands(low: Floats, high: Floats) -> None:
    wrong = ((high <= 0) & (low < high)) | (high < 0) | (low > high)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise OptionError(
            "Incomes within bands were asked for.",
            f"A band goes from {low[place]:g} to {high[place]:g}, where a log-normal distribution has no values.",
            "Leave these people out, for example by `sample.where(...)`, or ask for the bounds.",
        )


def _covariance(sample: Sample, influence: Floats, group: Integers) -> Floats:
    """Return the covariance that the design gives to totals of what the rows of each group move."""
    universe = sample.totals((), ()).universe
    expressions = [Rows(each[group]) for each in influence]
    universe(*expressions)  # all in one query
    return joint_covariance(sample, [_as_computed(universe, each) for each in expressions])


def _as_computed(totals: Any, expression: Rows) -> ComputedStatistic:
    linearised = Linearised(np.zeros(1), expression, replicated=lambda others: others(expression)[0])
    return ComputedStatistic(precomputed_statistic("mean"), totals, linearised, totals.n)


def _with_top(sample: SampleInMemory, model: ImputationModel, weight: Floats) -> ImputationModel:
    """Return the model with the Pareto distribution in the open band."""
    with_band = ~np.isnan(model.low)
    index, moved = pareto_index(model.low[with_band], model.high[with_band], weight[None, with_band])
    if np.isnan(index[0]):
        raise MisleadingError(
            "Incomes of the open band drawn from a Pareto distribution (`top='pareto'`) were asked for.",
            "Its index comes from the open band and the last closed one, and one of them is empty.",
            "Write `top='regression'`.",
        )
    by_group = np.zeros((1, with_band.size))
    by_group[0, with_band] = moved[0] / index[0]
    error = float(np.sqrt(np.maximum(_covariance(sample, by_group, model.group)[0, 0], 0.0)))
    return replace(model, index=float(index[0]), index_error=error if np.isfinite(error) else 0.0)


def _columns(columns: MemoryColumns, covariates: tuple[str, ...]) -> list[Floats]:
    """Return a constant, numbers on a common scale with a mark where they are missing, and marks of categories."""
    found = [np.ones(columns.rows)]
    for name in dict.fromkeys(covariates):
        if columns.is_number(name):
            value = columns.numbers(name)
            unknown = ~np.isfinite(value)
            known = value[~unknown]
            centre, scale = (known.mean(), known.std()) if known.size else (0.0, 0.0)
            found += [np.where(unknown, 0.0, value - centre) / (scale or 1.0), unknown.astype(float)]
            continue
        factor = columns.factor(name)
        found += [(factor.codes == code).astype(float) for code in [-1, *range(1, len(factor.categories))]]
    return found


TOPS = ("regression", "pareto")


def impute_within_bands(
    sample: Sample,
    variable: Banded,
    *,
    into: str = "imputed",
    covariates: Sequence[str] = (),
    m: int = 20,
    seed: int = 1,
    top: str = "regression",
) -> Imputed:
    """Draw an amount for everybody within their own band, several times over, given what else is known of them.

    Parameters
    ----------
    sample : Sample
        From `declare_design`.
    variable : Banded
        From `banded("income")`.
    into : str
        Name of the new column of amounts, in the unit of the bands (divided by `per`, where that is named).
    covariates : list of str
        Columns that go with the amount, beside those of `banded`: numbers as they are, words as categories. Name
        whatever the amounts will be compared by: what the model does not know is drawn towards no difference.
    m : int
        How many times, 2 at least; twenty are usual.
    seed : int
        Of the draws, the same for the same number.
    top : {"regression", "pareto"}
        What amounts in the open band are drawn from: the regression, as all others, or a Pareto distribution whose
        index comes from the two uppermost bands (Henson 1967), and is not let under 10 / 9 (von Hippel, Scarpino and
        Holas 2016).

    Returns
    -------
    Imputed
        For `estimate`, `crosstab` and `regress`, which combine by the rules of Rubin (1987). Amounts of the model
        log y = x' b + sigma e, fitted to the bands of everybody under study by weighted maximum likelihood; b and
        log(sigma) are drawn from their normal distribution with the covariance that the design gives, then each amount
        from the normal distribution between the ends of its band. Amounts that are known stay; respondents without a
        band have none.

    Raises
    ------
    OptionError
        Where an option is not what it may be, or a band ends below zero.
    ColumnError
        Where a column does not exist, or the new one does.
    EmptyDomainError
        Where fewer than 20 people under study have a band.
    MisleadingError
        Where bands do not tell how far amounts spread.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"low": [0, 800, 1500, 2500] * 10, "high": [800, 1500, 2500, float("inf")] * 10})
    >>> drawn = dl.impute_within_bands(dl.declare_design(people), dl.banded(low="low", high="high"), m=5)
    >>> drawn
    <5 imputations of a sample of 40 rows, 3 columns>
    >>> dl.estimate(drawn, dl.share("imputed < 800")).frame["estimate"].item()
    0.25
    """
    check_sample(sample, "Amounts within bands", "`impute_within_bands`")
    _check_options(variable, into, top)
    draws = {"m": check_whole_number("m", m, low=2, example=20), "seed": check_seed(seed)}
    every = tuple(dict.fromkeys([*variable.covariates, *covariates]))
    for name in every:
        known_column(name, sample.names, "a covariate of amounts within bands")
    in_memory = sample.collect()
    # read once: replicate weights are the same for every draw
    in_memory = replace(in_memory, made=in_memory.replication)
    ends = band_ends(in_memory, variable)
    if into in every or into in columns_of(variable, None) or into in sample.names:
        raise ColumnError(
            f"`{into}` was asked for as the name of imputed amounts.",
            "The data have a column of that name.",
            f"Write another name, for example `into='{into}_'`.",
        )
    return Imputed(complete_samples(in_memory, ends.low, ends.high, every, draws, into, top))


def _check_options(variable: Any, into: Any, top: str) -> None:
    if not isinstance(variable, Banded):
        raise OptionError(
            f"Amounts within the bands of {variable!r} were asked for.",
            f"A {type(variable).__name__} does not tell its bands.",
            "Write for example `impute_within_bands(sample, banded('income'))`.",
        )
    if not isinstance(into, str) or not into.isidentifier():
        raise OptionError(
            f"{argument('into', into)} is not the name of a column that questions can write.",
            "",
            "Write for example `into='income'`.",
        )
    check_one_of("top", top, TOPS)
