"""`standardise`: means and rates of groups as they would be if all groups had one structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.checks import argument, check_one_of
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError
from diplab.estimators.prepared import ColumnNames, PreparedStatistic
from diplab.estimators.statistic import Linearised, Statistic, Statistics, expand_statistics
from diplab.inference._contrast import by_category, of_the_same_people
from diplab.inference._estimate import estimate
from diplab.inference.computed import domain_variables
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.kernel.arrays import Floats, Integers
from diplab.microdata.variable import code_of_answer
from diplab.results.estimates import Estimates, join_sources, weakest_status
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column
from diplab.sampling.expression import (
    ONE,
    Apply,
    ByDomain,
    Column,
    Expression,
    Rows,
    expression_of,
    only_where,
)
from diplab.sampling.sample import Sample
from diplab.weighting.margins import Margin, name_of, read_margin

StandardPopulation: TypeAlias = (
    "Mapping[Any, Mapping[Any, float]] | str | Sequence[str] | Estimates"
)


def standardise(
    sample: Sample | Imputed,
    statistic: Statistic | Statistics,
    margins: StandardPopulation,
    by: str | Sequence[str] | None = None,
    *,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
    na: Literal["drop", "fail"] = "drop",
) -> Estimates:
    """Estimate means and rates of groups standardised to a common structure, for example by age.

    Parameters
    ----------
    sample : Sample or Imputed
    statistic : Statistic
        A mean, share or rate of people: `mean("pay")`, `share("contract")`, `arpr("income")`. The
        ratio of two means is an expression of theirs, `contrast(found, "pay / hours")`.
    margins : mapping, str, list of str or Estimates
        The standard population. Known, people or shares by category: `{"age": {"15-24": 510,
        "25-64": 490}}`, `{("sex", "age"): {("f", "15-24"): 250, ...}}`. Or variables, `"age"`: the
        structure of all respondents under study in this sample, whatever the domain, with its
        sampling error. Or an estimate on an independent sample, `estimate(other, count(),
        by=["sex", "age"])`, `estimate(other, share("age"))`: its error counts too.
    by : str or list of str
        The groups.
    confidence : float
        Level of the intervals.
    df : {"effective", "design", "domain", "infinity"}
        Degrees of freedom, as for `estimate`; effective ones are those of the average over cells.
        With another sample, those of the sum of two variances (Satterthwaite 1946), for that sample
        the largest of its rows.
    na : {"drop", "fail"}
        Rows without an answer, to the statistic or a variable of the standard, are left out and
        counted, or refused.

    Returns
    -------
    Estimates
        One row a group, without an interval where a level of it lies in one sampling unit:
        sum_a s_a y_ga, with s_a the share of level a in the standard and y_ga the statistic of the
        group at that level; linearised variable s_a z(y_ga), and sum_a y_ga z(s_a) where this
        sample estimates the standard. With a known one this is R's `svystandardize` with
        `excluding.missing` (which goes on with another standard where a cell is empty). Counts of
        another sample, which sum to N and have the covariance V, add g'Vg to the variance, g_a =
        (y_ga - sum_a s_a y_ga) / N; its shares likewise, N = 1 (Dever and Valliant 2010).

    Raises
    ------
    MisleadingError
        For totals, ratios, quantiles, indices, and rates under a poverty line of each cell.
    EmptyDomainError
        Where a group has no respondents at a level of the standard; it names them.
    ColumnError
        Where the standard lacks a level that respondents have, or a variable does not exist.
    CalibrationError, OptionError
        Where the standard cannot be read.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"town": list("aaaabbbb"), "age": list("yyyoyooo")})
    >>> people["pay"] = [1.0, 1, 1, 5, 1, 5, 5, 5]
    >>> sample = dl.declare_design(people)
    >>> dl.estimate(sample, dl.mean("pay"), by="town").frame["estimate"].tolist()
    [2.0, 4.0]
    >>> found = dl.standardise(sample, dl.mean("pay"), {"age": {"y": 60, "o": 40}}, by="town")
    >>> found.frame["estimate"].tolist()
    [2.6, 2.6]
    """
    check_one_of("na", na, Literal["drop", "fail"])
    statistics = expand_statistics((statistic,))
    for item in statistics:
        if isinstance(item, Statistic) and item.banded is not None:
            raise MisleadingError(
                f"`{item.name}` of `{item.variable}` cannot be standardised.",
                "Its answers are known only by band.",
                "Write a mean or a share of known answers.",
            )
    waiting = [
        replace(item, prepared_by=partial(_prepared, item, margins, by))
        if isinstance(item, Statistic)
        else item
        for item in statistics
    ]
    standardised = estimate(sample, *waiting, by=by, confidence=confidence, df=df, deff=None, na=na)
    if not isinstance(margins, Estimates):
        return standardised
    records = standardised.provenance, margins.provenance
    return standardised.described(
        source=join_sources(record.source for record in records if record.source.en),
        status=weakest_status(record.status for record in records),
        notices=records[0].notices
        + of_the_same_people([standardised, margins], "notice.same_people_in_standard"),
        synthetic=any(record.synthetic for record in records),
        indicative=any(record.indicative for record in records),
    )


def _prepared(
    statistic: Statistic, margins: object, by: str | Sequence[str] | None, sample: Sample
) -> list[PreparedStatistic]:
    """Return the rows of a statistic, each an average over the levels of a standard population."""
    structure = _read_structure(sample, margins, domain_variables(sample, by))
    columns = tuple(map(Column, structure.variables))
    rule = (
        "own_" if structure.shares is None else "estimated_" if structure.estimated else ""
    ) + "standard"
    return [
        replace(
            item, arguments=(*item.arguments, *columns), needed=(*item.complete, *columns),
            options={**item.options, rule: ColumnNames(structure.variables)},
            function=partial(_average, item, structure),
            description=replace(item.description, rules=(*item.description.rules, (rule, rule))),
        )
        for item in statistic.prepare(sample)
    ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Structure:
    """The structure that groups are brought to, and where its levels are in a sample."""

    variables: tuple[str, ...]
    levels: Sequence[tuple[Any, ...]]  # one category of each variable
    shares: Floats | None  # (levels,); None where the sample itself estimates them
    domains: tuple[str, ...]
    groups: Sequence[tuple[Any, ...]]  # one category of each domain variable
    cells: Sequence[tuple[Any, ...]]  # of both
    place: Integers  # (groups, levels); the cell of a level in a group, -1 where there is none
    estimated: Estimates | None = (
        None  # the levels, a row each, where another sample estimates them
    )

    def check_respondents(self, variable: str, n: Integers, shares: Floats) -> Integers:
        """Return how many respondents each group has at levels with a share."""
        # refuses those at a level that the standard lacks, and groups without any at a level that
        # it has
        lacking = np.setdiff1d(np.flatnonzero(n), self.place)
        if lacking.size:
            level = self.cells[lacking[0]][len(self.domains) :]
            raise ColumnError(
                f"The standard population lacks {name_of(self.variables, level)}.",
                f"{n[lacking].sum()} respondents are at levels that it does not have.",
                "Write how many people each has, 0 to leave its respondents out, or merge it with "
                "another (`recode`).",
            )
        counted = np.where(shares > 0, np.append(n, 0)[self.place], 0)
        empty = np.argwhere((counted == 0) & (shares > 0) & counted.any(axis=1, keepdims=True))
        if len(empty):
            names = self.variables + self.domains
            where = [
                name_of(names, (*self.levels[level], *self.groups[group]))
                for group, level in empty[:5]
            ]
            raise EmptyDomainError(
                f"No respondent to `{variable}` has {'; '.join(where)}"
                + (f" or is in {len(empty) - 5} more such cells." if len(empty) > 5 else "."),
                "The standard population has people there, and the sample has no answers.",
                "Merge that level with another, in the data (`recode`) and in the standard, or "
                "leave the group out.",
            )
        return np.asarray(counted.sum(axis=1), dtype=np.int64)


def _average(
    bound: PreparedStatistic, structure: _Structure, totals: Any, *_: Expression, **__: Any
) -> Linearised:
    """Return the average of a statistic over the levels of a standard population."""
    cells, place, shares = totals.across(structure.variables), structure.place, structure.shares
    part = bound(cells)
    _check_average(bound, part)
    columns = list(map(Column, structure.variables))
    conditions = [
        reduce(Expression.__and__, map(Column.is_, columns, level)) for level in structure.levels
    ]
    people = np.ones(1)
    if shares is None:
        people = np.stack(totals.universe(*conditions), axis=-1)
        shares = people / people.sum(axis=-1, keepdims=True)

    def by_level(values: Floats, level: Any = slice(None)) -> Floats:
        """Return values by cell as values by group, at each level or one.

        0 at levels without a share.
        """
        with_none = np.append(values, np.full((*values.shape[:-1], 1), np.nan), axis=-1)
        return np.where(shares > 0, with_none[..., place], 0.0)[..., level]

    at_level = by_level(part.point)
    point = (shares * at_level).sum(axis=-1)
    if point.ndim > 1:
        return Linearised(point, ONE)  # of replicates
    counted = structure.check_respondents(bound.variable, cells.n, shares)
    mix = np.zeros((len(structure.cells) + 1, len(place)))
    mix[place.T, np.arange(len(place))] = np.broadcast_to(shares, place.shape).T
    weight = mix[:-1].sum(axis=1)
    variable = cells.on_rows(part.variable * weight)
    if not isinstance(variable, Rows):
        # in a query a row has the numbers of its group, not of its cell
        pieces = []
        for level, share in enumerate(shares.ravel().tolist()):
            if share > 0:
                at_this_level = _at_level(part.variable, partial(by_level, level=level))
                pieces.append(only_where(conditions[level], at_this_level * share))
        variable = reduce(Expression.__add__, pieces)
    beyond = [((shares * by_level(slope)).sum(axis=-1), owed) for slope, owed in part.beyond]
    if structure.shares is None:
        # the sample estimates the shares as well: each adds its own linearised variable
        for level, share in enumerate(shares[0].tolist()):
            if share > 0:
                of_share = (conditions[level] - ONE * share) / people.sum()
                beyond.append((at_level.T[level], of_share))
    independent = None
    if structure.estimated is not None:
        slope = (at_level - point[:, None]) / structure.estimated.frame["estimate"].sum()
        independent = slope, structure.estimated
    return Linearised(
        point, variable, beyond=tuple(beyond), interval=part.interval,
        assumptions=part.assumptions, counted=counted,
        average_of=(cells, mix[:-1]), undecided=part.undecided, independent=independent,
    )  # fmt: skip


def _check_average(bound: PreparedStatistic, part: Linearised) -> None:
    """Refuse statistics that are not averages over people, and rates under a line of each cell."""
    name = f"`{bound.name}`"
    if bound.variable:
        name += f" of `{bound.variable}`"
    wrong = f"{name} cannot be standardised."
    if bound.options.get("threshold_on") == "domain" and bound.options.get("threshold") is None:
        raise MisleadingError(
            wrong,
            "Each cell would have its own poverty line.",
            "Write `threshold_on='universe'`, or a `threshold`.",
        )
    if not (bound.description.of_people or part.residual):
        raise MisleadingError(
            wrong, "It is not an average over the people of a cell.", "Write a mean or a share."
        )


def _at_level(expression: Expression, by_group: Callable[[Floats], Floats]) -> Expression:
    """Return an expression with numbers by group in place of those by cell."""
    if isinstance(expression, ByDomain):
        return expression_of(by_group(expression.values))
    if isinstance(expression, Apply):
        return Apply(
            expression.operation, tuple(_at_level(item, by_group) for item in expression.arguments)
        )
    return expression


_ROUNDED = 0.005  # by which a printed share may be off


def _check_whole(name: str, people: Floats) -> None:
    """Refuse shares that do not sum to one: a category is missing, or a number wrong."""
    printed_shares = (people <= 1).all() and (people % 1 != 0).any()
    if printed_shares and abs(people.sum() - 1) > _ROUNDED * people.size + 1e-9:
        raise OptionError(
            f"The shares of the standard population by {name} sum to {people.sum():.3g}.",
            "Those of a whole population sum to 1.",
            "Write the share of every category, or how many people each has.",
        )


def _read_structure(sample: Sample, margins: Any, domains: tuple[str, ...]) -> _Structure:
    shares = margin = estimated = None
    if isinstance(margins, Estimates):
        margin, estimated = _read_estimated(sample, margins)
    elif isinstance(margins, Mapping) and len(margins) == 1:
        margin = read_margin(*next(iter(margins.items())), sample.names)
    if margin is not None and margin.levels and margin.variables:
        variables, levels, people = (
            margin.variables,
            _codes(sample, margin),
            np.array(margin.totals),
        )
        if not (people >= 0).all() or not people.sum() > 0 or len(set(levels)) < len(levels):
            raise OptionError(
                f"The standard population by {margin.name} cannot be read.",
                "It is empty, has a negative number, or repeats a category.",
                "Write for each category, once, how many people it has, or their share.",
            )
        _check_whole(margin.name, people)
        shares = people / people.sum()
    elif isinstance(margins, str | list | tuple) and margins:
        names = (margins,) if isinstance(margins, str) else tuple(margins)
        variables = tuple(
            known_column(
                name, sample.names, "a variable of the standard population", sample.codebook
            )
            for name in names
        )
        levels = sample.engine.cells(variables)
    else:
        raise OptionError(
            f"{argument('margins', margins)} is not one standard population.",
            "Averages over cells need the share of each cell.",
            "Write `{'age': {'15-24': 510, '25-64': 490}}`, or `{('sex', 'age'): {('f', '15-24'): "
            "250, ...}}`.",
        )
    if both := [name for name in domains if name in variables]:
        raise OptionError(
            f"`by` and the standard population both have `{both[0]}`.",
            "Within one of its categories there is nothing to standardise.",
            "Leave it out of one of them.",
        )
    groups, cells = sample.engine.cells(domains), sample.engine.cells((*domains, *variables))
    number = {cell: place for place, cell in enumerate(cells)}
    place = np.array(
        [[number.get((*group, *level), -1) for level in levels] for group in groups], dtype=np.int64
    )
    return _Structure(variables, levels, shares, domains, groups, cells, place, estimated)


def _read_estimated(sample: Sample, margins: Estimates) -> tuple[Margin, Estimates]:
    """Return a standard estimated from another sample, as a margin and a row for each level."""
    standard = by_category(margins)
    standard = standard.rows(standard.frame["estimate"] > 0)
    names, people = [*standard.by], standard.frame["estimate"]
    shares = standard.rows_described(every_category=True).all() and np.isclose(people.sum(), 1)
    whole = (
        names
        and (shares or standard.rows_described(is_total=True).all())
        and not margins.provenance.contrast
    )
    same = margins.drawn is sample.engine.drawn
    if same or not whole or standard.frame.duplicated(names).any():
        raise OptionError(
            "`margins`, an estimate, is not the structure of another population.",
            "It is of this same sample."
            if same
            else "It is not numbers of people, or shares, of all categories.",
            "Write `estimate(other, count(), by=['sex', 'age'])`, or `['sex', 'age']` for the "
            "structure of this one.",
        )
    variables = tuple(
        known_column(name, sample.names, "a variable of the standard population", sample.codebook)
        for name in names
    )
    return Margin(
        variables, tuple(standard.frame[names].itertuples(index=False, name=None)), tuple(people)
    ), standard


def _codes(sample: Sample, margin: Margin) -> list[tuple[Any, ...]]:
    """Return the levels of a margin by the codes of the data, which may be written as labels."""
    known = dict(zip(margin.variables, map(sample.categories, margin.variables), strict=True))

    def code(name: str, value: Any) -> Any:
        found = code_of_answer(sample.codebook, name, value, known[name])
        return value if found is None else found

    return [tuple(map(code, margin.variables, level)) for level in margin.levels or ()]
