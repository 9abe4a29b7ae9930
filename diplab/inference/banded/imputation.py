"""Multiple imputation of incomes within bands: `impute_within_bands`. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import narwhals as nw
import numpy as np

from diplab.checks import argument, check_one_of, check_seed, check_whole_number
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError
from diplab.estimators._banded import Banded
from diplab.estimators.statistic import Linearised
from diplab.inference.banded.data import (
    BandedAnswer,
    BandedQuestion,
    NamedLines,
    band_ends,
    band_groups,
    columns_of,
    equal_rows,
    named_lines,
)
from diplab.inference.covariance import joint_covariance, linearised_statistic
from diplab.inference.degrees_of_freedom import degrees_of_freedom
from diplab.inference.imputation import estimate_imputed
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.bands.bounds import LEAST_INDEX, pareto_index
from diplab.kernel.bands.fitting import (
    IntervalFit,
    drawn_between,
    fit_intervals,
    independent_columns,
)
from diplab.reference.text import NOTHING, Text, Words
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Rows
from diplab.sampling.sample import Sample, SampleInMemory, check_sample

WORDS = Words("diplab.inference.banded")
_INCOME, _LINE = "diplab_imputed_income", "diplab_line"


def by_imputation(
    question: BandedQuestion, *, m: int = 20, seed: int = 1
) -> tuple[BandedAnswer, ...]:
    """Return the answer from incomes imputed within their bands.

    The model has the covariates and the domain variables.
    """
    by = tuple(question.by)
    covariates = tuple(dict.fromkeys([*question.covariates, *by]))
    # read once: replicate weights are the same for every draw
    sample = replace(question.sample, made=question.sample.replication)
    lines, low = (
        named_lines(question.lines),
        np.where(np.isnan(question.lines).any(axis=0), np.nan, question.low),
    )
    try:
        model = imputation_model(sample, low, question.high, covariates, "regression")
    except (EmptyDomainError, MisleadingError):
        return _none(question, lines, "not identified")
    except OptionError:
        return _none(question, lines, "negative incomes")
    samples = complete_samples(sample, model, _INCOME, m, seed)
    rules = {"imputations": str(m), "seed": str(seed)}
    assumed = WORDS("assumption.imputed")
    if covariates:
        codebook = question.sample.codebook
        labels = [
            (codebook[covariate].label if covariate in codebook else NOTHING)
            or Text.same(covariate)
            for covariate in covariates
        ]
        together = Text(
            ", ".join(label.fr for label in labels), ", ".join(label.en for label in labels)
        )
        assumed = WORDS("assumption.imputed_given", covariates=together)
    return tuple(
        replace(_answer(question, samples, line, f"imputed{end}", assumed), rules=rules)
        for end, line in lines
    )


def _none(question: BandedQuestion, lines: NamedLines, flag: str) -> tuple[BandedAnswer, ...]:
    """Return answers without a point."""
    rows = band_groups(question)
    nothing = np.full(rows.domains, np.nan)
    df = degrees_of_freedom(question.sample, rows.totals, question.df)
    flags = tuple("empty" if n == 0 else flag for n in rows.totals.n)
    return tuple(
        BandedAnswer(f"imputed{end}", nothing, nothing, nothing, nothing, df, rows.totals.n, flags)
        for end, _ in lines
    )


def complete_samples(
    sample: SampleInMemory, model: ImputationModel, name: str, m: int, seed: int
) -> tuple[SampleInMemory, ...]:
    """Return the sample `m` times, each with a column of incomes drawn within their bands."""
    random = np.random.default_rng(seed)
    return tuple(_with_column(sample, name, model.drawn(random)) for _ in range(m))


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
    return replace(
        sample, engine=engine.with_columns(series, codebook=sample.codebook), names=names
    )


def _answer(
    question: BandedQuestion,
    samples: Sequence[SampleInMemory],
    line: Floats | None,
    method: str,
    assumed: Text,
) -> BandedAnswer:
    options = dict(question.options)
    options.pop("threshold", None)
    if line is not None:
        samples = tuple(_with_column(sample, _LINE, line) for sample in samples)
        options["threshold"] = _LINE
    statistic = replace(question.statistic, written=(_INCOME,), options=options)
    pooled = estimate_imputed(
        Imputed(tuple(samples)),
        [statistic],
        question.by,
        confidence=question.confidence,
        df=question.df,
    )
    measures = ("estimate", "std_error", "ci_low", "ci_high", "df")
    point, std_error, low, high, df = (
        pooled.frame[name].to_numpy(dtype=float) for name in measures
    )
    n, flag = pooled.frame["n"].to_numpy(dtype=np.int64), tuple(pooled.frame["flag"])
    every = (assumed, *pooled.provenance.assumptions)
    return BandedAnswer(method, point, std_error, low, high, df, n, flag, assumptions=every)


_FEWEST = 20  # respondents below which a model of incomes is not a model


@dataclass(frozen=True, eq=False)
class ImputationModel:
    """A regression of log-incomes known by band."""

    x: Floats  # (groups, columns): of each group of people of equal covariates and band
    low: Floats  # (groups,): NaN where nothing was reported
    high: Floats
    group: Integers  # (rows,): of each row of the file
    theta: Floats  # coefficients and log(sigma)
    root: Floats  # a square root of their covariance, that of the design
    # of the Pareto distribution in the open band; NaN where incomes there come from the regression
    index: float
    index_error: float  # standard error of its logarithm

    def drawn(self, random: np.random.Generator) -> Floats:
        """Draw an income for each row with a band, with parameters from a normal distribution."""
        theta = self.theta + self.root @ random.standard_normal(self.theta.size)
        uniform = np.clip(random.uniform(size=self.group.size), 1e-16, 1 - 1e-16)
        ends = self.low, self.high
        amounts = drawn_between(
            self.x @ theta[:-1], float(np.exp(theta[-1])), ends, uniform, self.group
        )
        if np.isfinite(self.index):
            # whatever is drawn has a mean
            index = max(
                self.index * np.exp(self.index_error * random.standard_normal()), LEAST_INDEX
            )
            top = np.flatnonzero((np.isinf(self.high) & (self.low > 0))[self.group])
            amounts[top] = self.low[self.group[top]] * (1 - uniform[top]) ** (-1 / index)
        return amounts


def imputation_model(
    sample: SampleInMemory, low: Floats, high: Floats, covariates: tuple[str, ...], top: str
) -> ImputationModel:
    """Fit the regression that incomes are drawn from, on everybody under study.

    A missing covariate is a category.
    """
    engine = sample.engine
    with_band = ~(np.isnan(low) | np.isnan(high))
    wrong = with_band & (((high <= 0) & (low < high)) | (high < 0) | (low > high))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise OptionError(
            f"A band goes from {low[place]:g} to {high[place]:g}, where a log-normal distribution "
            "has no values.",
            write="Leave these people out, for example by `sample.where(...)`, or ask for the "
            "bounds.",
        )
    scoped = engine.scoped(Scope(sample.population))
    weight = np.where(with_band & scoped.inside, engine.weights, 0.0)
    respondents = int(np.count_nonzero(np.where(high > 0, weight, 0.0)))
    if respondents < _FEWEST:
        raise EmptyDomainError(
            f"Incomes within bands need {_FEWEST} people with a band above zero and a weight.",
            f"Under study there are {respondents}.",
            "Write a wider universe, or ask for the bounds.",
        )
    columns = [
        np.where(with_band, low, np.nan),
        np.where(with_band, high, np.nan),
        *_columns(engine.columns, covariates),
    ]
    group, first = equal_rows(columns)
    by_group = np.bincount(group, weights=weight, minlength=first.size).astype(float)
    low, high, x = (
        columns[0][first],
        columns[1][first],
        np.column_stack([column[first] for column in columns[2:]]),
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
    model = ImputationModel(x, low, high, group, fit.theta, root, np.nan, np.nan)
    return _with_top(sample, model, by_group) if top == "pareto" else model


def _checked_fit(x: Floats, low: Floats, high: Floats, weight: Floats) -> IntervalFit:
    # two shares tell a centre and a spread, and take three bands
    bands = np.unique(np.stack([low, high])[:, (low > 0) | np.isfinite(high)], axis=1)
    fit = fit_intervals(x, low, high, weight) if bands.shape[1] >= 3 else None
    if fit is None or not fit.converged or not -6 < fit.theta[-1] < 3:
        raise MisleadingError(
            "The bands do not determine the spread of incomes.",
            "Nearly everybody is in one or two of them.",
            "Write more bands, fewer covariates, or ask for the bounds.",
        )
    return fit


def _covariance(sample: Sample, influence: Floats, group: Integers) -> Floats:
    """Return the covariance that the design gives to totals of what the rows of each group move."""
    universe = sample.totals((), ()).universe
    expressions = [Rows(item[group]) for item in influence]
    universe(*expressions)  # all in one query
    computed = [
        linearised_statistic(universe, Linearised(np.zeros(1), expression))
        for expression in expressions
    ]
    return joint_covariance(sample, computed)


def _with_top(sample: SampleInMemory, model: ImputationModel, weight: Floats) -> ImputationModel:
    """Return the model with the Pareto distribution in the open band."""
    with_band = ~np.isnan(model.low)
    index, moved = pareto_index(
        model.low[with_band], model.high[with_band], weight[None, with_band]
    )
    if np.isnan(index[0]):
        raise MisleadingError(
            "`top='pareto'` needs people in the open band and in the last closed one.",
            "One of them is empty.",
            "Write `top='regression'`.",
        )
    by_group = np.zeros((1, with_band.size))
    by_group[0, with_band] = moved[0] / index[0]
    error = float(np.sqrt(np.maximum(_covariance(sample, by_group, model.group)[0, 0], 0.0)))
    return replace(model, index=float(index[0]), index_error=error if np.isfinite(error) else 0.0)


def _columns(columns: MemoryColumns, covariates: tuple[str, ...]) -> list[Floats]:
    """Return a constant, standardised numbers with missing indicators, and category indicators."""
    columns_of_model = [np.ones(columns.rows)]
    for name in dict.fromkeys(covariates):
        if columns.is_number(name):
            value = columns.numbers(name)
            unknown = ~np.isfinite(value)
            known = value[~unknown]
            centre, scale = (known.mean(), known.std()) if known.size else (0.0, 0.0)
            columns_of_model += [
                np.where(unknown, 0.0, value - centre) / (scale or 1.0),
                unknown.astype(float),
            ]
            continue
        factor = columns.factor(name)
        columns_of_model += [
            (factor.codes == code).astype(float) for code in [-1, *range(1, len(factor.categories))]
        ]
    return columns_of_model


OpenBand: TypeAlias = Literal[
    "regression", "pareto"
]  # how incomes of an open band at the top are drawn


def impute_within_bands(
    sample: Sample,
    variable: Banded,
    *,
    into: str = "imputed",
    covariates: Sequence[str] = (),
    m: int = 20,
    seed: int = 1,
    top: OpenBand = "regression",
) -> Imputed:
    """Impute an amount within each person's own band several times, given covariates.

    Parameters
    ----------
    sample : Sample
        From `declare_design`.
    variable : Banded
        From `banded("income")`.
    into : str
        Name of the new column of amounts, in the unit of the bands (divided by `per`, where that is
        named).
    covariates : list of str
        Columns that go with the amount, beside those of `banded`: numbers as they are, words as
        categories. Name whatever the amounts will be compared by: what the model does not know is
        drawn towards no difference.
    m : int
        How many times, 2 at least; twenty are usual.
    seed : int
        Of the draws, the same for the same number.
    top : {"regression", "pareto"}
        What amounts in the open band are drawn from: the regression, as all others, or a Pareto
        distribution whose index comes from the two uppermost bands (Henson 1967), and is not let
        under 10 / 9 (von Hippel, Scarpino and Holas 2016).

    Returns
    -------
    Imputed
        For `estimate`, `crosstab` and `regress`, which combine by the rules of Rubin (1987).
        Amounts of the model log y = x' b + sigma e, fitted to the bands of everybody under study by
        weighted maximum likelihood; b and log(sigma) are drawn from their normal distribution with
        the covariance that the design gives, then each amount from the normal distribution between
        the ends of its band. Amounts that are known stay; respondents without a band have none.

    Raises
    ------
    OptionError
        Where an option is not what it may be, or a band ends below zero.
    ColumnError
        Where a column does not exist, or the new one does.
    EmptyDomainError
        Where fewer than 20 people under study have a band.
    MisleadingError
        Where bands do not determine the spread of amounts.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> ends = [0, 800, 1500, 2500, float("inf")]
    >>> people = pd.DataFrame({"low": ends[:-1] * 10, "high": ends[1:] * 10})
    >>> income = dl.banded(low="low", high="high")
    >>> drawn = dl.impute_within_bands(dl.declare_design(people), income, m=5)
    >>> drawn
    <5 imputations of a sample of 40 rows, 3 columns>
    >>> dl.estimate(drawn, dl.share("imputed < 800")).frame["estimate"].item()
    0.25
    """
    check_sample(sample, "Amounts within bands", "`impute_within_bands`")
    _check_options(variable, into, top)
    m, seed = check_whole_number("m", m, low=2, example=20), check_seed(seed)
    every = tuple(dict.fromkeys([*variable.covariates, *covariates]))
    for name in every:
        known_column(name, sample.names, "a covariate of amounts within bands")
    in_memory = sample.collect()
    # read once: replicate weights are the same for every draw
    in_memory = replace(in_memory, made=in_memory.replication)
    low, high, _ = band_ends(in_memory, variable)
    if into in every or into in columns_of(variable, None) or into in sample.names:
        raise ColumnError(
            f"`into={into!r}` is a column of the data already.",
            write=f"Write another name, for example `into='{into}_'`.",
        )
    model = imputation_model(in_memory, low, high, every, top)
    return Imputed(complete_samples(in_memory, model, into, m, seed))


def _check_options(variable: Any, into: Any, top: str) -> None:
    if not isinstance(variable, Banded):
        raise OptionError(
            f"{argument('variable', variable)} does not state its bands.",
            f"It is a {type(variable).__name__}.",
            "Write for example `impute_within_bands(sample, banded('income'))`.",
        )
    if not isinstance(into, str) or not into.isidentifier():
        raise OptionError(
            f"{argument('into', into)} is not the name of a column that questions can write.",
            write="Write for example `into='income'`.",
        )
    check_one_of("top", top, OpenBand)
