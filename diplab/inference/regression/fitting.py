"""A fitted regression: likelihood, instruments, influences, covariances. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Self

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.estimators.statistic import Linearised
from diplab.inference.covariance import (
    MOST_UNITS,
    ComputedStatistic,
    joint_covariance,
    linearised_statistic,
    not_enlarged,
)
from diplab.inference.degrees_of_freedom import DegreesOfFreedom, deletable_units
from diplab.inference.regression import rows as model_rows
from diplab.inference.regression.rows import (
    ModelRows,
    Respondents,
    check_instruments,
    first_stage_fitted,
    unshared_columns,
    with_observed_residuals,
)
from diplab.kernel.arrays import Floats, Integers, compressed
from diplab.kernel.effective_df import (
    CombinationsDf,
    VarianceForm,
    form_of_replicates,
    uncentred,
    variance_form,
    wishart_df,
)
from diplab.kernel.leverage import Leverage, leverage
from diplab.kernel.models import families, regression
from diplab.kernel.models.bell_mccaffrey import enlarge
from diplab.kernel.models.coefficients import (
    Loaded,
    WorkingModel,
    joint_variances,
    moments_of_combinations,
)
from diplab.kernel.models.families import POSITIVE, SingleIndex
from diplab.kernel.models.quantile_regression import CheckLoss
from diplab.kernel.models.regression import Fit, Likelihood, inverse_information
from diplab.microdata.display import bar
from diplab.sampling.expression import Rows
from diplab.sampling.model_matrix import MatrixColumn, ModelMatrix
from diplab.sampling.sample import SampleInMemory
from diplab.sampling.totals import Totals


@dataclass(frozen=True)
class ModelKind:
    """The kind of regression: its family and its link."""

    family: str
    link: str


def fit_model(
    sample: SampleInMemory, respondents: Respondents, kind: ModelKind
) -> tuple[FittedModel, dict[str, str]]:
    """Fit a regression, and again under each set of replicate weights.

    With the rules for the provenance.
    """
    rows = respondents.blocks
    apart = kind.family in ("ordinal", "cox")
    if apart and rows.matrix.formula.intercept:
        # the cut points are its constants; what all at risk share cancels in a Cox model
        rows = replace(rows, matrix=replace(rows.matrix, columns=rows.matrix.columns[1:]))
    rows = model_rows.condition_rows(rows, constant=rows.matrix.formula.intercept or apart)
    if (beside := rows.instruments) is not None:
        rows = replace(
            rows,
            instruments=model_rows.condition_rows(beside, constant=beside.matrix.formula.intercept),
        )
        check_instruments(rows)
        rows = first_stage_fitted(rows)
    likelihood, fit = _fitted(rows, respondents, kind, None)
    rules: dict[str, Any] = {"model": {f"{kind.family} {kind.link}": (kind.family, kind.link)}}
    if isinstance(likelihood, SingleIndex) and np.isfinite(likelihood.family.theta):
        rules["theta"] = f"{likelihood.family.theta:.10g}"
    if kind.family in POSITIVE and isinstance(likelihood, SingleIndex):
        squares = sum(likelihood.pearson(block, fit.theta) for block in rows) / rows.weight.sum()
        rules["dispersion"] = f"{squares * rows.rows / (rows.rows - fit.theta.size or np.nan):.10g}"
    inverted = inverse_information(likelihood, rows, fit)
    outcomes, residuals = respondents.outcomes, with_observed_residuals(rows, fit.theta)
    model = FittedModel(
        sample, likelihood, residuals, respondents.row_index, fit.theta, inverted, outcomes
    )
    near = likelihood, fit
    return model.refitted(
        lambda own: _under_replicate(replace(rows, weight=own), respondents, kind, near)
    ), rules


def coefficients_at_cuts(fitted: FittedModel, link: str) -> tuple[Floats, Floats]:
    """Return the coefficients of P(Y <= k) by cut point, constants first, and their covariance."""
    # turned, and where odds are proportional the same but for the constant
    rows, models, under = fitted.blocks, [], []
    matrix = replace(
        rows.matrix,
        columns=(MatrixColumn(-1, "intercept", "", ()), *rows.matrix.columns),
        conditioning=None,
    )
    for cut in range(len(fitted.outcomes) - 1):
        below_cut = replace(rows, matrix=matrix, y=(rows.y <= cut).astype(float))
        respondents = Respondents(below_cut, fitted.row_index, (), below_cut.rows, {})
        models.append(fit_model(fitted.sample, respondents, ModelKind("binomial", link))[0])
        if models[-1].replicates is not None:
            mixing = models[-1].restoring
            under.append(
                models[-1].replicates if mixing is None else models[-1].replicates @ mixing.T
            )
    point = np.concatenate([item.coefficients for item in models])
    if under and fitted.sample.replication is not None:
        return point, fitted.sample.replication.covariance(np.concatenate(under, axis=1), point)
    return point, fitted.covariance(np.concatenate([item.influence() for item in models]))


def _under_replicate(
    rows: ModelRows, respondents: Respondents, kind: ModelKind, near: tuple[Likelihood, Fit]
) -> Floats:
    """Return the parameters under replicate weights.

    NaN where a replicate does not identify them, as in R.
    """
    there, answers = rows.weight > 0, len(respondents.outcomes)
    if not there.all() and (
        (answers and np.unique(rows.y[there]).size < answers)
        or model_rows.are_collinear(rows, constant=kind.family in ("ordinal", "cox"))
        or (
            rows.instruments is not None
            and model_rows.are_collinear(
                replace(rows.instruments, weight=rows.weight), constant=False
            )
        )
    ):
        return np.full(near[1].theta.size, np.nan)
    return _fitted(first_stage_fitted(rows), respondents, kind, near)[1].theta


def _fitted(
    rows: ModelRows, respondents: Respondents, kind: ModelKind, near: tuple[Likelihood, Fit] | None
) -> tuple[Likelihood, Fit]:
    """Return the likelihood and its maximum, starting from one nearby where there is one."""
    width = len(rows.matrix.columns)
    likelihood: Likelihood
    if kind.family == "negative_binomial":
        return _overdispersed(rows, near)
    if respondents.likelihood is not None:
        return respondents.likelihood, _partial_fit(respondents.likelihood, rows, near)
    if kind.family == "ordinal":
        likelihood = families.Cumulative(len(respondents.outcomes), kind.link)
        parameters = [*range(width), *[-1] * (len(respondents.outcomes) - 1)]
    elif kind.family == "multinomial":
        likelihood = families.Multinomial(len(respondents.outcomes))
        parameters = [*range(width)] * (len(respondents.outcomes) - 1)
    else:
        likelihood = SingleIndex(families.family_of(kind.family, kind.link))
        parameters = [*range(width)]
    fit = (
        regression.fit(likelihood, rows, fit_of_constants(rows, kind))
        if near is None
        else regression.maximise(likelihood, rows, near[1].theta)
    )
    if isinstance(likelihood, SingleIndex) and kind.family in POSITIVE:
        # Fisher's steps come near the maximum from wherever they start, Newton's reach it to the
        # last digit
        fit = regression.maximise(replace(likelihood, observed=True), rows, fit.theta)
    model_rows.check_fit(fit, likelihood, rows, kind.family, parameters)
    return likelihood, fit


_GONE = 1e-9
"""Share of the information at zero below which relative hazards exceed float precision."""


def _partial_fit(
    likelihood: Likelihood, rows: ModelRows, near: tuple[Likelihood, Fit] | None
) -> Fit:
    """Return the maximum of a partial likelihood, which only shared risk sets inform."""
    width, columns = len(rows.matrix.columns), rows.matrix.columns
    if not width:
        raise OptionError(
            f"`{rows.matrix.formula.text}` has no terms.",
            "A Cox regression has no constant.",
            "Write one at least, or `survival.kaplan_meier` for a curve.",
        )
    first = likelihood.score(next(iter(rows)), np.zeros(width))[1]
    # of a column that all share, rounding leaves some
    flat = np.flatnonzero(
        np.diag(first) <= 1e-13 * model_rows.mean_square(rows) * (rows.weight @ rows.y)
    )
    lost = regression.rank_lost(first) if not flat.size else (int(flat[0]), None)
    if lost is not None:
        model_rows.check_columns(rows, constant=False)
        label = model_rows.column_label(columns[lost[0]])
        raise OptionError(
            f"{label} is constant within every risk set.",
            "Such a term cancels out of a Cox regression.",
            f"Leave `{columns[lost[0]].variable}` out, or out of `strata`.",
        )
    fit = regression.maximise(likelihood, rows, np.zeros(width) if near is None else near[1].theta)
    if fit.converged and regression.least_left(first, fit.information) < _GONE:
        fit = replace(fit, converged=False, direction=fit.theta)
    model_rows.check_fit(fit, likelihood, rows, "cox", range(width))
    return fit


def fit_of_constants(rows: ModelRows, kind: ModelKind) -> Floats:
    """Return the fit of the constants alone, as if nothing else mattered.

    Zeros where the model has none.
    """
    width, constant = len(rows.matrix.columns), rows.matrix.formula.intercept
    total = rows.weight.sum()
    if kind.family in ("ordinal", "multinomial"):
        share = np.bincount(rows.y.astype(int), weights=rows.weight) / total
        if kind.family == "ordinal":
            cuts = [
                families.LINKS[kind.link].forward(float(below)) for below in np.cumsum(share)[:-1]
            ]
            return np.concatenate([np.zeros(width), cuts])
        each = np.zeros((len(share) - 1, width))
        if constant:
            each[:, 0] = np.log(share[1:] / share[0])
        return each.ravel()
    start = np.zeros(width)
    level = families.LINKS[kind.link].forward(float(rows.weight @ rows.y / total))
    if kind.family in POSITIVE and (rows.offset is not None or not constant):
        # what comes nearest to them, for nothing itself is out of reach under most links
        products, along = np.zeros((width, width)), start.copy()
        for block in rows:
            products += (block.x * block.weight) @ block.x.T
            along += block.x @ (block.weight * (level - block.offset))
        if regression.rank_lost(products):
            return along
        return np.asarray(np.linalg.solve(products, along), dtype=float)
    if constant:
        start[0] = level - (
            0.0 if rows.offset is None else float(rows.weight @ rows.offset / total)
        )
    return start


def constants_alone(likelihood: Likelihood, rows: ModelRows, kind: ModelKind) -> Floats:
    """Return the fit of the constants alone, with the offset where there is one."""
    start = fit_of_constants(rows, kind)
    if rows.offset is None:
        return start
    matrix = replace(rows.matrix, columns=rows.matrix.columns[:1], conditioning=None)
    fit = regression.maximise(likelihood, replace(rows, matrix=matrix), start[:1])
    return np.concatenate([fit.theta, np.zeros(start.size - 1)])


def _overdispersed(rows: ModelRows, near: tuple[Likelihood, Fit] | None) -> tuple[Likelihood, Fit]:
    """Alternate between coefficients given theta and theta given coefficients until convergence."""
    parameters = range(len(rows.matrix.columns))
    likelihood: Likelihood
    if near is None:
        likelihood = SingleIndex(families.family_of("poisson", "log"))
        fit = regression.fit(likelihood, rows, fit_of_constants(rows, ModelKind("poisson", "log")))
        model_rows.check_fit(fit, likelihood, rows, "negative_binomial", parameters)
    else:
        likelihood, fit = near
    for _ in range(100):
        theta = regression.dispersion(likelihood, rows, fit.theta)
        if not np.isfinite(theta):
            raise MisleadingError(
                "`family='negative_binomial'` needs counts that vary more than Poisson counts.",
                f"Those of `{rows.matrix.formula.outcome.text}` do not: theta has no finite value.",
                "Write `family='poisson'`.",
            )
        likelihood = SingleIndex(families.negative_binomial(theta))
        before, fit = fit.theta, regression.maximise(likelihood, rows, fit.theta)
        model_rows.check_fit(fit, likelihood, rows, "negative_binomial", parameters)
        if np.abs(fit.theta - before).max() <= 1e-10 * np.abs(fit.theta).max():
            break
    return likelihood, fit


@dataclass(frozen=True, eq=False)
class FittedModel:
    """What a regression leaves for what is computed from it."""

    sample: SampleInMemory
    likelihood: Likelihood
    blocks: ModelRows
    row_index: Integers | None  # of the respondents in the file; None for all of it
    theta: (
        Floats  # as fitted: of the columns as the model matrix conditions them, see `coefficients`
    )
    inverse_information: Floats
    outcomes: tuple[object, ...] = ()  # categories; empty for a number or a condition
    df: DegreesOfFreedom = "effective"
    # (replicates, parameters): under each set of replicate weights
    replicates: Floats | None = field(default=None, repr=False)

    @property
    def matrix(self) -> ModelMatrix:
        """The model matrix."""
        return self.blocks.matrix

    @property
    def by(self) -> tuple[str, ...]:
        """The column that distinguishes several outcomes; none where there is one."""
        name = "quantile"
        if not isinstance(self.likelihood, CheckLoss):
            name = self.matrix.formula.outcome.text
        return (name,) if self.outcomes else ()

    @property
    def columns(self) -> int:
        """Number of columns with the constant; cut points of an ordinal outcome count as one."""
        return len(self.matrix.columns) + (isinstance(self.likelihood, families.Cumulative))

    @cached_property
    def restoring(self) -> Floats | None:
        """What takes the parameters as fitted to those of the columns of the formula.

        None where these are they.
        """
        conditioning = self.matrix.conditioning
        return None if conditioning is None else self.likelihood.restored(conditioning)

    @property
    def coefficients(self) -> Floats:
        """The parameters of the columns of the formula."""
        return self.theta if self.restoring is None else self.restoring @ self.theta

    @property
    def totals(self) -> Totals:
        """Totals over the respondents: those of the domain with an answer to everything."""
        rows = slice(None) if self.row_index is None else self.row_index
        answered = np.full(self.sample.engine.rows, np.nan)
        answered[rows] = 1.0
        return self.sample.totals((), (Rows(answered),))

    @property
    def n(self) -> int:
        """Number of respondents."""
        return self.blocks.rows

    def influence(self, mix: Floats | None = None, extra: Floats | None = None) -> Floats:
        """Return the influence of rows on combinations of parameters, A^-1 times their scores.

        The weight is not included (Binder 1983).
        """
        # `mix` (outputs, parameters) combines them; `extra` (outputs, respondents): what
        # respondents move beside
        if mix is None:
            mix = self.restoring
        weighting = self.inverse_information if mix is None else mix @ self.inverse_information
        influence = np.zeros((len(weighting), self.sample.engine.rows))
        for block in self.blocks:
            of_rows = weighting @ self.likelihood.by_row(block, self.theta)
            if extra is not None:
                of_rows += extra[:, block.place]
            influence[:, block.place if self.row_index is None else self.row_index[block.place]] = (
                of_rows
            )
        return influence

    def covariance(self, influence: Floats) -> Floats:
        """Return the design-based covariance of influences, shape (outputs, outputs)."""
        return joint_covariance(self.sample, self.computed(influence))

    def computed(self, influence: Floats | None = None) -> list[ComputedStatistic]:
        """Return what rows move as statistics: by default the coefficients."""
        totals = self.totals
        expressions = list(map(Rows, self.influence() if influence is None else influence))
        totals(*expressions)  # all in one query
        n = np.array([self.n])
        return [
            linearised_statistic(totals, Linearised(np.zeros(1), expression), n=n)
            for expression in expressions
        ]

    def own_covariance(self, mix: Floats | None = None) -> Floats:
        """Return the covariance of the coefficients, or of combinations of fitted parameters."""
        if self.replicates is not None and (replication := self.sample.replication) is not None:
            mixing = self.restoring if mix is None else mix
            every = self.replicates if mixing is None else self.replicates @ mixing.T
            return replication.covariance(
                every, self.theta if mixing is None else mixing @ self.theta
            )
        if mix is None:
            return self.covariance(self.influence())
        return np.asarray(
            mix @ self.covariance(self.influence(np.eye(self.theta.size))) @ mix.T, dtype=float
        )

    @cached_property
    def leverages(self) -> list[Leverage]:
        """What single units determine alone, and what they hold much of, by phase.

        Of instruments also without these.
        """
        found = []
        for unit in deletable_units(self.sample, self.row_index):
            code = compressed(unit + 1)[0] - (unit.min(initial=0) < 0)
            products = self._products
            for rows in self.sources:
                found.append(leverage(rows, code, products))
                products = None
        return found

    @cached_property
    def units(self) -> tuple[VarianceForm, Integers, int] | None:
        """The variance form by unit, the unit of each row, and the count; None if too many."""
        engine, replication = self.sample.engine, self.sample.replication
        if replication is None or self.sample.made:
            unit = engine.units.of_record
            if self.row_index is not None:
                unit = unit[self.row_index]
            return engine.units.form, unit, len(engine.units.stages[-1].group)
        # replicates of a file do not name units: rows on which they are proportional are one
        unit, first = compressed(deletable_units(self.sample, self.row_index)[0])
        if first.size > _MOST_ALIKE or replication.weights is None:
            return None
        rows = first if self.row_index is None else self.row_index[first]
        factors = np.stack([weight[rows] for weight in replication.weights]) / engine.weights[rows]
        scale = np.sqrt(replication.scale * replication.rscales)
        return form_of_replicates((factors - 1.0) * scale[:, None]), unit, first.size

    @property
    def sources(self) -> list[Callable[[], Iterator[tuple[Floats, Floats, slice]]]]:
        """The columns that leverages are of: as fitted, and of instruments also as observed."""
        found = [partial(self._columns, self.blocks)]
        if self.blocks.instruments is not None:
            found.append(partial(self._columns, replace(self.blocks, projection=None)))
        return list(found)

    @property
    def _products(self) -> Floats | None:
        """X'WX where it is the information."""
        plain = (
            isinstance(self.likelihood, SingleIndex) and self.likelihood.family.name == "gaussian"
        )
        return regression.inverse(self.inverse_information) if plain else None

    def _columns(self, rows: ModelRows) -> Iterator[tuple[Floats, Floats, slice]]:
        """Yield the columns of some rows, with the constants that the likelihood adds."""
        for block in rows:
            constants = self.likelihood.constants(block.place)
            yield (
                np.concatenate([constants, block.x]) if len(constants) else block.x,
                block.weight,
                block.place,
            )

    def first_stages(self) -> Iterator[tuple[str, FittedModel]]:
        """Yield the regression on the instruments of each column that needs some, with its name."""
        rows = replace(self.blocks, matrix=replace(self.matrix, conditioning=None))
        if (beside := rows.instruments) is None:
            return
        likelihood = SingleIndex(families.family_of("gaussian", "identity"))
        products = sum((block.x * block.weight) @ block.x.T for block in beside)
        projections = [np.asarray(first_stage_fitted(rows).projection)]
        for weight, theta in (
            zip(self.replicate_weights(), self.replicates, strict=True)
            if self.replicates is not None
            else ()
        ):
            left_out = np.isnan(theta).any()
            own = (
                projections[0] * np.nan
                if left_out
                else first_stage_fitted(replace(rows, weight=weight)).projection
            )
            projections.append(np.asarray(own))
        for at in unshared_columns(rows)[0]:
            observed = np.concatenate(
                [rows.matrix.block(place)[at] for place in rows.matrix.places]
            )
            under = None
            if self.replicates is not None:
                under = np.stack([projection[:, at] for projection in projections[1:]])
            first = FittedModel(
                self.sample, likelihood, replace(beside, y=observed), self.row_index,
                projections[0][:, at], regression.inverse(np.asarray(products)), replicates=under,
            )  # fmt: skip
            yield model_rows.column_label(rows.matrix.columns[at]).replace("`", ""), first

    def refitted(self, refit: Callable[[Floats], Floats]) -> FittedModel:
        """Return the model with its parameters under each set of replicate weights, if any."""
        if self.sample.replication is None:
            return self
        under = []
        for position, weight in enumerate(self.replicate_weights(), start=1):
            try:
                under.append(refit(weight))
            except (MisleadingError, OptionError) as error:
                raise type(error)(
                    f"Under the weights of replicate {position}: {error.asked}",
                    error.found,
                    f"{error.write[:-1]}; or estimate without replicate weights.",
                ) from error
        return replace(self, replicates=np.stack(under))

    def replicate_weights(self) -> Iterator[Floats]:
        """Yield the weights of the respondents under each replicate."""
        replication, engine = self.sample.replication, self.sample.engine
        assert replication is not None  # asked for with replicate weights only
        for weight in replication.of_rows(engine):
            yield weight if self.row_index is None else weight[self.row_index]


@dataclass(frozen=True, eq=False)
class CoefficientsDf(CombinationsDf):
    """Effective degrees of freedom of the fitted parameters, then of averages of respondents."""

    # the contributions of units have the covariance that independent answers, as widely spread as
    # the model says, give them (Kott 1994; Bell and McCaffrey 2002, without their correction): of a
    # mean, that of `effective_df`
    fitted: FittedModel
    most: float
    spread: Floats = field(
        default_factory=lambda: np.zeros((0, 0))
    )  # covariance of what is averaged, over residuals'
    linearised: bool = (
        True  # whether that of the coefficients is, so that residuals may be enlarged
    )

    def of_covariance(self, weights: Floats) -> float:
        """See `CombinationsDf`."""
        if len(weights) == 1:
            return float(self.of_combinations(weights)[0])
        variances = joint_variances(self._units[0], self._loaded(weights, self._models()))
        return wishart_df(len(weights), variances, self.most, self._without)

    def of_combinations(self, weights: Floats) -> Floats:
        """See `CombinationsDf`."""
        form, models = self._units[0], self._models()
        found = []
        # what is averaged over adds directions of its own to each combination
        step = max(_MOST_LOADS // self.fitted.n, 1) if self.spread.size == 0 else 1
        with bar("degrees of freedom", len(weights)) as advance:
            for start in range(0, len(weights), step):
                loaded = self._loaded(weights[start : start + step], models)
                for trace, square in moments_of_combinations(form, loaded):
                    variance = 2 * square / trace**2 if trace > 0 else np.nan
                    found.append(wishart_df(1, variance, self.most, self._without))
                    advance(1)
        return np.array(found)

    def corrected(self, weights: Floats) -> tuple[Floats, float] | None:
        """See `CombinationsDf`."""
        if not self.linearised or self.spread.size or why_not_enlarged(self.fitted, "") is not None:
            return None
        return EnlargedResiduals(self.fitted).corrected(weights)

    @property
    def _units(self) -> tuple[VarianceForm, Integers, int]:
        assert self.fitted.units is not None  # asked of such only
        return self.fitted.units

    @property
    def _without(self) -> float:
        """Degrees of freedom where nothing varies; strata taken whole have no uncertain error."""
        whole = (self.fitted.sample.engine.units.stages[0].fraction >= 1).all()
        return self.most if whole else min(1.0, self.most)

    def _loaded(self, weights: Floats, models: tuple[WorkingModel, WorkingModel]) -> Loaded:
        """Return the models with what they move combinations by."""
        width = len(self.fitted.theta)
        found = [(models[0], models[0].loads(weights[:, :width]))]
        size, direction = np.linalg.eigh(weights[:, width:] @ self.spread @ weights[:, width:].T)
        for own, along in zip(size, direction.T, strict=True):
            if own > 0:
                found.append((models[1], models[1].loads(along[:, None] * np.sqrt(own))))
        return found

    def _models(self) -> tuple[WorkingModel, WorkingModel]:
        """Return the model of the answers, and that of a constant, whose coefficient is a mean."""
        fitted, weight, weighted = self.fitted, self.fitted.blocks.weight, np.empty((0, 0, 0))
        _, unit, units = self._units
        for block in fitted.blocks:
            roots = list(fitted.likelihood.expected_by_row(block, fitted.theta))
            if not weighted.size:
                weighted = np.empty((len(roots), fitted.n, len(fitted.theta)))
            for into, root in zip(weighted, roots, strict=True):
                np.multiply(root.T, block.weight[:, None], out=into[block.place])
        count, every = len(weighted), weighted.reshape(-1, len(fitted.theta))
        of_rows = (unit, weight) if count == 1 else (np.tile(unit, count), np.tile(weight, count))
        return WorkingModel.of(*of_rows, every, units), WorkingModel(
            unit, weight, weight[:, None], units
        )


_MOST_ALIKE = (
    2_000  # units that replicates of a file tell, beyond which degrees of freedom are the design's
)
_MOST_LOADS = 4_000_000  # how many loads of combinations are made at once


@dataclass(frozen=True, eq=False)
class EnlargedResiduals(CombinationsDf):
    """Residuals enlarged by primary unit (Bell and McCaffrey 2002), and their covariances."""

    fitted: FittedModel

    @classmethod
    def of(cls, fitted: FittedModel, family: str) -> Self:
        """Return the residuals of a model; refuse one to which the correction does not apply."""
        refusal = why_not_enlarged(fitted, family)
        if refusal is not None:
            raise OptionError(*refusal, "Write `variance='linearised'`.")
        return cls(fitted)

    @cached_property
    def _columns(self) -> tuple[WorkingModel, Floats, Floats]:
        """Return the working model by primary unit, its columns (rows, columns), its residuals."""
        fitted = self.fitted
        likelihood, units = fitted.likelihood, fitted.sample.engine.units
        assert isinstance(likelihood, SingleIndex)  # checked before
        eta = likelihood.index(fitted.blocks.block(slice(0, fitted.n)), fitted.theta)
        mu = likelihood.family.link.inverse(eta)
        slope, deviation = (
            likelihood.family.link.slope(eta, mu),
            np.sqrt(likelihood.family.variance(mu)),
        )
        scaled = (fitted.matrix.block(slice(0, fitted.n)) * (slope / deviation)).T
        unit, weight = units.psu_of_unit[units.of_record], fitted.blocks.weight
        if fitted.row_index is not None:
            unit = unit[fitted.row_index]
        model = WorkingModel.of(unit, weight, scaled * weight[:, None], len(units.stages[0].group))
        return model, scaled, (fitted.blocks.y - mu) / deviation

    def covariance(self, mix: Floats) -> tuple[Floats, Loaded]:
        """Return the covariance of combinations of fitted parameters, and their loadings."""
        fitted, (model, scaled, residual) = self.fitted, self._columns
        enlarged, loads = enlarge(model, scaled, residual, mix)
        engine = fitted.sample.engine
        moved = np.zeros((len(mix), engine.rows))
        along = slice(None) if fitted.row_index is None else fitted.row_index
        moved[:, along] = mix @ model.bread_and_meat[0] @ scaled.T * enlarged
        stage, count = engine.units.stages[0], model.units
        # in one stratum it is CR2 (Bell and McCaffrey 2002)
        covariance = fitted.covariance(moved) * (count - 1) / count
        if stage.fraction.size == 1:
            total = moved @ engine.weights
            covariance = covariance + np.outer(total, total) * (1.0 - stage.fraction[0]) / count
        return covariance, [(model, loads)]

    @property
    def _form(self) -> VarianceForm:
        """The quadratic form of the variance of primary units."""
        stages = self.fitted.sample.engine.units.stages[:1]
        form = variance_form(stages)
        return uncentred(form, stages[0]) if stages[0].fraction.size == 1 else form

    def of_covariance(self, weights: Floats) -> float:
        """See `CombinationsDf`."""
        if len(weights) == 1:
            return float(self.of_combinations(weights)[0])
        return self._joint(self.covariance(weights)[1])

    def of_combinations(self, weights: Floats) -> Floats:
        """See `CombinationsDf`; NaN where nothing is left to vary."""
        moments = (
            np.array(list(moments_of_combinations(self._form, self.covariance(weights)[1])))
            .reshape(-1, 2)
            .T
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(moments[0] ** 2 / moments[1])

    def corrected(self, weights: Floats) -> tuple[Floats, float]:
        """See `CombinationsDf`."""
        covariance, loaded = self.covariance(weights)
        return covariance, self._joint(loaded)

    def _joint(self, loaded: Loaded) -> float:
        return wishart_df(len(loaded[0][1]), joint_variances(self._form, loaded), np.inf, np.nan)


def why_not_enlarged(fitted: FittedModel, family: str) -> tuple[str, str] | None:
    """Return for which model or sample residuals are not enlarged and why, or None."""
    count = len(fitted.sample.engine.units.stages[0].group)
    if not isinstance(fitted.likelihood, SingleIndex):
        whom = f"does not apply to `family={family!r}`"
        why = "It enlarges residuals, of which such a model has one for each category."
    elif count > MOST_UNITS:
        whom = f"applies to samples of at most {MOST_UNITS:,} primary units"
        why = f"This one has {count}, where the correction changes nothing that is printed."
    elif fitted.blocks.projection is not None:
        whom, why = (
            "does not apply to a model with instruments",
            "Its residuals are not a projection of the outcome.",
        )
    else:
        return not_enlarged(fitted.sample)
    return f"`variance='bell_mccaffrey'` {whom}.", why
