"""A fitted regression of captures: persons seen, covariance of sizes, and influence functions.

A sample of persons seen has two sources of error, which add up: that of the sampling, measured by
the design on the linearised size, and that of having been seen at all, which would remain if
everybody seen had been asked.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from diplab.checks import counted
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.models.regression import inverse, rank_lost
from diplab.kernel.variance import LinearisedTotals
from diplab.microdata.variable import code_text
from diplab.population.kernel import truncated_regression as kernel
from diplab.population.kernel.truncated_regression import SHARED
from diplab.population.tables import check_values, numbers_or_word, person_counts
from diplab.results.sizes import Sizes
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.formula import ModelFormula
from diplab.sampling.model_matrix import Categories, ModelMatrix, factor_values, model_matrix
from diplab.sampling.sample import SampleInMemory

_MOST_SIGHTINGS = 1e9
RARE = ("chao", "zelterman")  # families that are fitted to persons seen once or twice
_MOST_REPRESENTED = 1e9


@dataclass(frozen=True, eq=False)
class SeenPersons:
    """The persons of a regression."""

    x: Floats  # (columns, rows); Model matrix: a constant, then columns of mean 0 and spread 1
    # (columns, columns); takes coefficients of these columns to those of the columns of the formula
    restoring: Floats
    y: Floats  # (rows,); Times seen
    weight: Floats  # (rows,); Persons of each row: 1, a frequency, or a survey weight
    kept: Integers  # (rows,); Their places in the file
    matrix: ModelMatrix
    groups: tuple[tuple[str, Any], ...]  # Variable and category of each size other than the total
    grouping: kernel.Grouping
    clusters: Integers | None  # (rows,)
    missing: dict[str, int]  # Rows left out, by variable
    left_out: int  # Rows left out in all

    @property
    def terms(self) -> list[str]:
        """The columns in words: `age`, `sex = m`."""
        terms = []
        for column in self.matrix.columns:
            term = column.variable
            if column.category != "":
                term += f" = {code_text(column.category)}"
            terms.append(term)
        return terms


def _groups_of_sizes(
    columns: MemoryColumns, by: Sequence[str], kept: Integers
) -> tuple[tuple[tuple[str, Any], ...], kernel.Grouping]:
    """Return the groups with a size each, and the group of each row (missing is a group)."""
    groups: list[tuple[str, Any]] = []
    codes = [np.zeros(kept.size, dtype=np.int64)]
    for name in by:
        column = columns.factor(columns.with_missing(name))
        code = column.codes[kept]
        present = np.bincount(code, minlength=len(column.categories)) > 0
        codes.append((len(groups) + np.cumsum(present))[code])
        groups.extend(
            (name, category) for category in itertools.compress(column.categories, present)
        )
    return tuple(groups), kernel.Grouping(tuple(codes), 1 + len(groups))


def read_persons(
    sample: SampleInMemory,
    formula: ModelFormula,
    *,
    count: str | None,
    by: Sequence[str],
    cluster: str | None,
    na: str,
) -> SeenPersons:
    """Read the persons of a regression."""
    engine = sample.engine
    columns = engine.columns
    scoped = engine.scoped(sample.totals((), ()).scope)
    inside, weight = scoped.weight > 0, scoped.weight
    if count is not None:
        weight = person_counts(columns, count, inside)
        inside = inside & (weight > 0)
    y = _read_captures(columns, formula.outcome.text, inside)
    values = [factor_values(columns, factor, sample.codebook) for factor in formula.factors]
    gaps = {formula.outcome.text: np.isnan(y)}
    for factor, value in zip(formula.factors, values, strict=True):
        gaps[factor.text] = value.codes < 0 if isinstance(value, Categories) else np.isnan(value)
    if cluster is not None:
        gaps.setdefault(cluster, columns.factor(cluster).codes < 0)
    missing = {
        name: int((gap & inside).sum()) for name, gap in gaps.items() if (gap & inside).any()
    }
    if missing and na == "fail":
        raise _values_missing(formula, missing, int(inside.sum()))
    kept = np.flatnonzero(inside & ~np.any([*gaps.values()], axis=0))
    if not kept.size:
        raise EmptyDomainError(
            f"No one has a value of every variable of `{formula.text}`.",
            "A size rests on the persons seen whose values are known.",
            "Write a wider condition, or check the missing values of the variables.",
        )
    selected = None
    if kept.size < columns.rows:
        selected = kept
    matrix = model_matrix(formula, columns, values, selected)
    x, restoring = _standardise(matrix, weight[kept])
    groups, grouping = _groups_of_sizes(columns, by, kept)
    clusters = None
    if cluster is not None:
        clusters = columns.factor(cluster).codes[kept]
    left_out = int(inside.sum()) - kept.size
    return SeenPersons(
        *(x, restoring, y[kept], weight[kept], kept, matrix, groups, grouping, clusters),
        *(missing, left_out),
    )


def _values_missing(formula: ModelFormula, missing: Mapping[str, int], rows: int) -> OptionError:
    counts = ", ".join(f"{count} of `{name}`" for name, count in missing.items())
    return OptionError(
        f"Values of `{formula.text}` are missing in some of {rows} rows: {counts}.",
        "These are persons who were seen, and without them the size is that of fewer people.",
        "Write `na='drop'` for the size without people like them, or give them their own category.",
    )


def _standardise(matrix: ModelMatrix, weight: Floats) -> tuple[Floats, Floats]:
    """Return standardised columns, and the matrix that takes coefficients back."""
    formula, about = matrix.formula, f"It is a term of `{matrix.formula.text}`."
    for factor, value in zip(formula.factors, matrix.values, strict=True):
        if not isinstance(value, Categories) and not np.isfinite(value).all():
            rows = counted(int(np.count_nonzero(~np.isfinite(value))), "row")
            raise OptionError(
                f"`{factor.text}` has no finite value in {rows}.",
                about,
                "Write arithmetic that has a value for everybody, or leave those persons out.",
            )
    x = np.asarray(matrix.block(slice(0, matrix.rows)), dtype=np.float64)
    mean = x @ weight / weight.sum()
    mean[0] = 0.0
    x -= mean[:, None]
    spread = np.sqrt(x**2 @ weight / weight.sum())
    spread[0] = 1.0
    flat = np.flatnonzero(spread <= 1e-10 * np.maximum(np.abs(mean), 1e-300))
    if flat.size:
        raise OptionError(
            f"`{matrix.columns[flat[0]].variable}` has the same value for everybody.",
            about,
            f"Leave `{matrix.columns[flat[0]].variable}` out, or write a wider condition.",
        )
    x /= spread[:, None]
    lost = rank_lost((x * weight) @ x.T)
    if lost is not None:
        raise OptionError(
            f"`{matrix.columns[lost[0]].variable}` is collinear with the terms before it.",
            about,
            f"Leave `{matrix.columns[lost[0]].variable}` out.",
        )
    restoring = np.diag(1 / spread)
    restoring[0, 1:] = -(mean / spread)[1:]
    return x, restoring


def _read_captures(columns: MemoryColumns, name: str, inside: Booleans) -> Floats:
    found, word = numbers_or_word(columns, name)
    known = inside & ~np.isnan(found)
    never = int(np.count_nonzero(found[known] == 0))
    if never:
        raise ColumnError(
            f"`{name}` is 0 in {never} of {known.sum()} rows.",
            "It counts how often each person was seen, and the method estimates those never seen.",
            f"Leave those rows out, for example `data[data[{name!r}] >= 1]`.",
        )
    good = (found >= 1) & (found == np.floor(found)) & (found <= _MOST_SIGHTINGS) | ~known
    if columns.is_boolean(name):
        word = "true and false"
    return check_values(
        name, "times seen", found, good, "Write a column of whole numbers, 1 or more.", word
    )


@dataclass(frozen=True, eq=False)
class CaptureRegression:
    """A regression of captures and the persons it was fitted to."""

    persons: SeenPersons
    fit: kernel.TruncatedFit  # Of the columns as standardised
    sampled: bool = False  # Whether the persons are a survey sample of those seen

    @cached_property
    def inverse_information(self) -> Floats:
        """The inverse of the information."""
        return inverse(self.fit.information)

    @property
    def at_edge(self) -> bool:
        """Whether the size is infinite: no maximum, or one person seen represents 1e9 persons."""
        return not self.fit.converged or not float(self.terms.persons.max()) < _MOST_REPRESENTED

    @cached_property
    def terms(self) -> kernel.PersonTerms:
        """The contribution of each row to the parameters and to the size."""
        return kernel.person_terms(self.fit, self.persons.x, self.persons.y)

    @cached_property
    def reporting(self) -> Floats:
        """The matrix that takes the parameters as fitted to those reported, the shared one last."""
        width = len(self.persons.restoring)
        restoring = np.eye(self.fit.theta.size)
        restoring[:width, :width] = self.persons.restoring
        if self.fit.family == "negative_binomial":
            # fitted: log(rate / size) and log(size); reported: log(rate) and log(alpha), alpha = 1
            # / size
            restoring[0, width], restoring[width, width] = 1.0, -1.0
        return restoring

    @property
    def fitting_weight(self) -> Floats:
        """The weight of each row in the likelihood: zero for counts that a family ignores."""
        weight = self.persons.weight
        return np.where(self.persons.y <= 2, weight, 0.0) if self.fit.family in RARE else weight


def fit_captures(
    persons: SeenPersons, family: str, text: str, *, sampled: bool = False
) -> CaptureRegression:
    """Fit a regression of captures."""
    asked = f"The population size behind `{text}` ({family}) has no finite value."
    _check_counts(persons, family, asked)
    _check_categories(persons, family, asked)
    fit = kernel.fit_truncated(family, persons.x, persons.y, persons.weight)
    fitted = CaptureRegression(persons, fit, sampled)
    if fitted.at_edge and family not in SHARED:
        pace = np.abs(fit.coefficients[1:])
        name = "intercept"
        if pace.size:
            name = persons.matrix.columns[1 + int(np.argmax(pace))].variable
        raise OptionError(
            asked,
            f"`{name}` separates persons seen once from those seen again, or nearly: its "
            "coefficient has no finite "
            "value.",
            f"Leave `{name}` out, or cut it into fewer categories.",
        )
    return fitted


def _check_counts(persons: SeenPersons, family: str, asked: str) -> None:
    if family in RARE:
        for often, word in ((1, "once"), (2, "twice")):
            if not persons.weight[persons.y == often].any():
                raise MisleadingError(
                    asked,
                    f"No one was seen exactly {word}, and these families rest on persons seen once "
                    "and twice.",
                    "Write the counts before any filter, or the estimator `chao_bc` of "
                    "`single_source`.",
                )
    elif float(persons.y.max()) == 1.0:
        raise MisleadingError(
            asked,
            "No one was seen more than once, so the size has no upper limit.",
            "Write the estimator `chao_bc` of `single_source`, a lower bound.",
        )


def _check_categories(persons: SeenPersons, family: str, asked: str) -> None:
    """Refuse a category whose persons were all seen once: the size has no upper limit there."""
    alone = {term[0] for term in persons.matrix.formula.terms if len(term) == 1}
    for at in sorted(alone):
        categories = persons.matrix.values[at]
        if not isinstance(categories, Categories):
            continue
        size = len(categories.levels)
        used = persons.y <= 2 if family in RARE else np.ones(persons.y.size, dtype=bool)
        once = np.bincount(categories.codes[used & (persons.y == 1)], minlength=size)
        more = np.bincount(categories.codes[used & (persons.y > 1)], minlength=size)
        lost = np.flatnonzero((more == 0) | ((once == 0) if family in RARE else False))
        if lost.size:
            name, level = (
                persons.matrix.formula.factors[at].text,
                code_text(categories.levels[lost[0]]),
            )
            who = "no one was seen exactly " + ("twice" if more[lost[0]] == 0 else "once")
            raise OptionError(
                asked,
                f"In the category {level} of `{name}` "
                f"{who if family in RARE else 'no one was seen more than once'}: its coefficient "
                "has no finite value.",
                f"Leave `{name}` out, or merge that category with another.",
            )


@dataclass(frozen=True, eq=False, repr=False)
class SingleSourceFit(Sizes):
    """Population sizes from a regression of captures: everybody first, then each group.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> seen = pd.DataFrame({"times": [1, 2, 3], "persons": [40, 20, 10]})
    >>> fit = population.single_source_regression
    >>> found = fit("~ 1", seen, "times", "geometric", count="persons")
    >>> found.influence()["change"].round(2).tolist()
    [-4.49, -1.43, 1.68]
    """

    def influence(self, exact: bool = False) -> pd.DataFrame:
        """Return by row how the size changes where one person of it leaves the data.

        Parameters
        ----------
        exact : bool
            True fits the model again without each kind of person (slow with many rows); otherwise
            one Newton step with that person's information taken out, close to it unless one person
            carries much of a coefficient.

        Returns
        -------
        pandas.DataFrame
            One row per row of the data used: `row` (its place in the data), `captures`,
            `represents` (persons that one person represents), `size` (without that person) and
            `change`. Of a survey sample the whole row leaves, with its weight.

        Raises
        ------
        MisleadingError
            Where the fit has no point.
        """
        fitted = self.details
        if not isinstance(fitted, CaptureRegression):
            raise MisleadingError(
                "The fit lies at the edge, and has no size whose influence could be computed.",
                write='Write `family="chao"`, the lower bound, which has one.',
            )
        # rows of a survey leave whole; of a count, one person leaves
        removed: Floats | float = fitted.persons.weight if fitted.sampled else 1.0
        total = float(fitted.persons.weight @ fitted.terms.persons)
        change = -(_refitted_changes(fitted, removed) if exact else newton_changes(fitted, removed))
        return pd.DataFrame({
            "row": fitted.persons.kept,
            "captures": fitted.persons.y.astype(int),
            "represents": fitted.terms.persons,
            "size": total + change,
            "change": change,
        })  # fmt: skip


def newton_changes(fitted: CaptureRegression, removed: Floats | float) -> Floats:
    """Return by how much the size falls as one person of each row leaves, by one Newton step."""
    slope = fitted.terms.slopes @ fitted.persons.weight
    return kernel.size_changes(
        fitted.terms, fitted.persons.x, fitted.inverse_information, slope, removed
    )


def _refitted_changes(fitted: CaptureRegression, removed: Floats | float) -> Floats:
    """Return the same by fits without each kind of person, each from the fit of everybody."""
    persons = fitted.persons
    leaving = np.broadcast_to(np.asarray(removed, dtype=float), persons.y.shape)
    kinds, first, kind = np.unique(
        np.vstack([persons.x, persons.y, leaving]), axis=1, return_index=True, return_inverse=True
    )
    falls = np.empty(kinds.shape[1])
    total = float(persons.weight @ fitted.terms.persons)
    for position, row in enumerate(first):
        weight = persons.weight.copy()
        weight[row] -= leaving[row]
        fit = kernel.fit_truncated(
            fitted.fit.family, persons.x, persons.y, weight, fitted.fit.theta
        )
        terms = kernel.person_terms(fit, persons.x, persons.y)
        left = float(weight @ terms.persons) if fit.converged else np.nan
        falls[position] = total - left
    return falls[kind.ravel()]


class SizeCovariance(NamedTuple):
    """Covariance of the parameters as fitted, and of the sizes."""

    parameters: Floats
    sizes: Floats


def model_covariance(
    fitted: CaptureRegression, parts: kernel.SizeParts, variance: str
) -> SizeCovariance:
    """Return covariances by the model (`analytic`), or with a sandwich for the parameters."""
    persons = fitted.persons
    if variance == "analytic":
        parameters = fitted.inverse_information
    else:
        weight, clusters = fitted.fitting_weight, persons.clusters
        width, people = len(fitted.inverse_information), float(weight.sum())
        groups = people
        if clusters is not None:
            groups = int(np.count_nonzero(np.bincount(clusters, weights=weight)))
        if groups < 2 or people <= width:
            raise OptionError(
                f"`variance={variance!r}` needs several clusters, and more persons than "
                "parameters.",
                f"There are {groups:g}, {people:g} and {width}.",
                'Write `variance="analytic"`, or fewer terms.',
            )
        parameters = kernel.sandwich(
            fitted.terms, persons.x, weight, fitted.inverse_information, variance, clusters
        )
    return SizeCovariance(parameters, parts.covariance(parameters))


def design_covariance(
    fitted: CaptureRegression, parts: kernel.SizeParts, sample: SampleInMemory
) -> SizeCovariance:
    """Return covariances under the design of the sample, and under the capture model."""
    width = len(fitted.inverse_information)
    of_design = _linearised_covariance if sample.replication is None else _replicate_covariance
    joint = of_design(fitted, parts, sample)
    remaining = parts.covariance(fitted.inverse_information)
    return SizeCovariance(
        joint[:width, :width] + fitted.inverse_information, joint[width:, width:] + remaining
    )


def _linearised_covariance(
    fitted: CaptureRegression, parts: kernel.SizeParts, sample: SampleInMemory
) -> Floats:
    """Return the design covariance of linearised parameters and sizes (Binder, 1983)."""
    persons, engine, auxiliary = fitted.persons, sample.engine, sample.engine.auxiliary
    sample.check_lonely()
    moved = fitted.inverse_information @ fitted.terms.scores
    width, rows, groups = len(moved), persons.y.size, len(parts.sizes)
    # a person moves the parameters, is counted in its group of each variable, and moves all sizes
    # through the first
    own = [width + codes for codes in persons.grouping.codes]
    column = np.concatenate([np.repeat(np.arange(width), rows), *own])
    value = np.concatenate(
        [*(moved * persons.weight), *[persons.weight * fitted.terms.persons] * len(own)]
    )
    row = np.tile(persons.kept, width + len(own))
    unit, mix = engine.units.of_record[row], np.eye(width + groups)
    mix[:width, width:] = parts.slopes.T
    if auxiliary is not None:
        # calibrated weights fix the margins, which take out of each column what they explain of it
        one_group, regressions = np.zeros(engine.rows, dtype=np.int64), []
        each_person = value / np.where(engine.weights > 0, engine.weights, 1.0)[row]
        for position in range(width + groups):
            there = column == position
            line = np.bincount(row[there], each_person[there], engine.rows).astype(float)
            regressions.append(auxiliary.coefficients(line, one_group, 1)[:, 0])
        margins = auxiliary.by_unit(engine.units.of_record, engine.weights)
        unit, value = np.concatenate([unit, margins[0]]), np.concatenate([value, margins[2]])
        column = np.concatenate([column, len(mix) + margins[1]])
        mix = np.concatenate([mix, -np.column_stack(regressions) @ mix])
    return engine.units.covariance(LinearisedTotals(unit, column, value, len(mix), mix))


def _replicate_covariance(
    fitted: CaptureRegression, parts: kernel.SizeParts, sample: SampleInMemory
) -> Floats:
    """Return the covariance of parameters and sizes over refits with each replicate weight."""
    persons, replication = fitted.persons, sample.replication
    assert replication is not None  # asked for with replicate weights only
    under = []
    for position, of_rows in enumerate(replication.of_rows(sample.engine), start=1):
        weight = of_rows[persons.kept]
        fit = kernel.fit_truncated(
            fitted.fit.family, persons.x, persons.y, weight, fitted.fit.theta
        )
        if not fit.converged:
            raise MisleadingError(
                f"Under the weights of replicate {position} the size is not finite.",
                "The variance rests on the size under each set of replicate weights.",
                "Write fewer terms, or declare the design without replicate weights.",
            )
        again = kernel.size_parts(
            kernel.person_terms(fit, persons.x, persons.y), weight, persons.grouping
        )
        under.append(np.concatenate([fit.theta, again.sizes]))
    return replication.covariance(np.stack(under), np.concatenate([fitted.fit.theta, parts.sizes]))
