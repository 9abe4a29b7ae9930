"""The sets of respondents behind each printed number, and the amounts that it adds up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.errors import ColumnError, ConditionError, OptionError
from diplab.estimators.income_rules import CONVENTIONS
from diplab.estimators.poverty import arpr, below
from diplab.inference._estimate import estimate
from diplab.results.estimates import (
    CONFIDENTIAL,
    ERROR_CONFIDENTIAL,
    Estimates,
    Provenance,
    StatisticDescription,
    flags_of,
)
from diplab.sampling.condition import holding, parse
from diplab.sampling.expression import Apply, Expression
from diplab.sampling.sample import Sample

Variable: TypeAlias = str | Expression | tuple[str | Expression, ...]
"""A variable of a result: a column or an expression, or several, as those of a ratio."""


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """A breakdown of respondents into sets: by variables, in a universe and a domain."""

    universe: str = ""
    where: str = ""
    by: tuple[str, ...] = ()
    answered: tuple[Variable, ...] = ()
    holds: str | Expression = ""  # a condition that they satisfy
    apart: tuple[Expression, float] | tuple[()] = ()  # an amount, and the value of it they have
    poorest: tuple[
        tuple[tuple[Any, ...], float], ...
    ] = ()  # the share of each set that its poorest are, by `answered`
    # respondents at risk, who are among the poorest or meet another condition: those whose answers
    # decide it, those at risk, or those possibly at risk
    at_risk: Literal["", "decided", "yes", "possible"] = ""
    keep: bool = False  # whether no answer is a category
    model: str = ""  # the regression of which they are in a column

    @property
    def columns(self) -> list[Variable]:
        """Conditions, columns and expressions that it reads."""
        return list(filter(None, (self.universe, self.where, self.holds, *self.answered)))


_STANDARDS = ("standard", "own_standard", "estimated_standard")
RespondentSet: TypeAlias = tuple[Breakdown, tuple[Any, ...]]
"""A set of respondents: the breakdown, and the values of its variables."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of a result: its base, the respondents counted, and the amounts added up, as read."""

    base: (
        RespondentSet | None
    )  # None where the respondents cannot be found again: in bounds and curves
    n: float
    numerator: RespondentSet | None = None
    counted: float = math.nan
    others: tuple[
        RespondentSet, ...
    ] = ()  # further sets whose size it reveals, as those with one of the two values of an amount
    # whether it is a share or a number of people, which profiles that round make of others
    of_shares: bool = True
    two_values: (
        tuple[float, float] | tuple[()]
    ) = ()  # of an amount that has but two: that of `others`, then the other
    n_of_first: float = math.nan  # how many have the first
    order: float = math.nan  # of a quantile, the share of people below
    among: RespondentSet | None = (
        None  # of a quantile, if not its base: the poor, those in a column of a regression
    )
    printed: float = math.nan
    interval: tuple[float, float] = (math.nan, math.nan)  # of the interval of a quantile
    by_cells: bool = False  # whether it is an average over the sets in `others`
    unweighted: bool = False  # whether it adds up amounts without the weights of the sample
    variable: Variable = ""
    is_amount: bool = False
    # the share of people with the largest amounts whose sum it is; 0 for everybody's
    tail: float = 0.0
    is_ratio: bool = False  # of the first of its amounts to the second
    is_sum: bool = False  # a sum of amounts, whose error reveals their squares
    is_of_squares: bool = False  # a mean of squares, whose error reveals fourth powers
    amounts: tuple[Expression, ...] = ()
    fewest: float = math.nan  # the fewest respondents that a coefficient is about
    model: str = ""  # the regression that it is a coefficient of, or is computed from
    column: int = -1  # its position among the coefficients; -1 for a function of all
    label: str = ""
    # once protected
    reason: str = ""  # it is hidden; empty where it is shown
    error_reason: str = ""  # why its error alone is hidden
    width: str = ""  # how wide the interval is in which an attacker can place its count
    # whether the size of its base may be published, as where a share is suppressed and others of
    # the same base are not
    shows_base: bool = False
    rests_on: float = (
        math.nan
    )  # how many respondents, or of what weight, it is about; NaN where that is `n`

    @property
    def sets(self) -> list[RespondentSet]:
        """The sets that it is about."""
        return [
            item
            for item in (self.base, self.numerator, *self.others, self.among)
            if item is not None
        ]


def unions(sets: Iterable[RespondentSet]) -> dict[RespondentSet, list[RespondentSet]]:
    """Return the unions of the sets of each cut: of all, and of those alike in some variables."""
    parts_of: dict[RespondentSet, list[RespondentSet]] = {}
    for cut, values in sets:
        for size in range(len(cut.by) * (not cut.model and not cut.poorest)):
            for kept in combinations(range(len(cut.by)), size):
                names = tuple(cut.by[at] for at in kept)
                dropped = tuple(
                    name for name in cut.by if name not in (*names, *cut.answered) and not cut.keep
                )
                whole = (
                    replace(cut, by=names, answered=(*cut.answered, *dropped)),
                    tuple(values[at] for at in kept),
                )
                parts_of.setdefault(whole, []).append((cut, values))
    return {whole: parts for whole, parts in parts_of.items() if len(parts) > 1}


def lines_of_estimates(
    estimates: Estimates, counts_known: bool, of_everybody: Iterable[bool] = ()
) -> list[Line]:
    """Return the respondents of each row of estimates.

    `counts_known`: the record says whom a row counts, else its group is protected; `of_everybody`:
    the rows of a decomposition that are about all who are in a group.
    """
    rules = estimates.provenance.rules
    scope: dict[str, Any] = {"universe": rules.get("universe", ""), "where": rules.get("where", "")}
    everybody = list(of_everybody) or [False] * len(estimates)
    lines = []
    for row, whole in zip(estimates.frame.to_dict("records"), everybody, strict=True):
        described, name = estimates.description_of(row["statistic"]), str(row["variable"])
        variable: Variable = estimates.provenance.variables.get(name, name)
        row["printed_category"], row["category"] = (
            row["category"],
            estimates.provenance.own_category(row["category"]),
        )
        named = f"`{row['statistic']}` of `{name}`" if name else f"`{row['statistic']}`"
        counted = float(row.get("numerator", math.nan))
        line = Line(
            base=None,
            n=float(row["n"]),
            counted=counted,
            printed=float(row["estimate"]),
            label=named,
            reason=hidden_before(row["flag"]),
            error_reason=hidden_before(row["flag"], ERROR_CONFIDENTIAL),
        )
        of_people = described.every_category or described.of_people
        line = replace(line, of_shares=of_people or described.kind == "count", variable=variable)
        if described.scale == "order" and not of_people:
            of_quantile = described.category == "order"
            line = replace(line, order=float(row["category"]) if of_quantile else 0.5)
            line = replace(line, interval=(float(row["ci_low"]), float(row["ci_high"])))
        by, others = ((), estimates.by) if whole else (estimates.by, ())
        if not counts_known and not estimates.provenance.model:
            # their respondents are unknown, except that they belong to their group
            group = Breakdown(by=by, answered=others, **scope)
            line = replace(line, others=((group, tuple(row[name] for name in by)),))
        if counts_known:
            keep = described.every_category and rules.get("na") == "keep" and row["category"] != ""
            asked = (variable,) if variable and not keep else ()
            base = (
                Breakdown(by=by, answered=asked + others, **scope),
                tuple(row[name] for name in by),
            )
            inside = _counted_by(estimates, row, base, described, keep=keep) if of_people else None
            line = replace(line, base=base, numerator=inside, is_ratio=described.kind == "ratio")
            if described.tells_amounts:
                line = replace(
                    line,
                    is_amount=True,
                    is_sum=described.of_sums,
                    is_of_squares=described.of_squares,
                )
                line = replace(line, tail=_tail(described, row["category"], len(estimates)))
        if of_people and line.numerator is None and math.isnan(line.counted):
            # nearest to what a reader would reckon
            line = replace(line, counted=float(np.round(row["estimate"] * row["n"])))
        lines.append(line)
    return lines


def _tail(described: StatisticDescription, category: Any, rows: int) -> float:
    """Return the share of people with the largest amounts whose sum a row is; 0 for everybody's."""
    if described.category == "top":
        return float(category)
    if described.category == "poorest":
        return 1 - float(category)
    return 1 / rows if described.category == "group" else described.tail


def hidden_before(flag: str, hidden: str = CONFIDENTIAL) -> str:
    """Return why a row of a result that is published already, or its error, is hidden.

    Empty where it is shown.
    """
    return "hidden before" if hidden in flags_of(flag) else ""


def _counted_by(
    estimates: Estimates,
    row: Mapping[Any, Any],
    base: RespondentSet,
    described: StatisticDescription,
    *,
    keep: bool,
) -> RespondentSet | None:
    """Return who is counted by a share of people; None where that cannot be found again."""
    cut, values = base
    if described.every_category and row["category"] == "":
        return replace(cut, holds=str(row["variable"])), values
    if described.every_category:
        whole = replace(cut, by=(*cut.by, str(row["variable"])), answered=(), keep=keep)
        return whole, (*values, row["category"])
    if not described.poverty_line:
        return None
    # of the same line: the options that tell a row from others are part of its category
    names = (row["statistic"], row["variable"], row["printed_category"])
    alike = [
        item
        for item in estimates.frame.to_dict("records")
        if (item["statistic"], item["variable"], item["category"]) == names
    ]
    shares = ((tuple(item[name] for name in cut.by), float(item["estimate"])) for item in alike)
    return replace(cut, poorest=tuple(shares)), values


Poor: TypeAlias = list[tuple[Breakdown, Mapping[str, Any]]]
"""The poor by each poverty line of a result, with the options of the line."""


def with_poor(lines: Sequence[Line], estimates: Estimates, sample: Sample) -> list[Line]:
    """Return lines of indices below a poverty line with the poor, whose number they reveal."""
    completed = list(lines)
    poor_of: dict[Variable, Poor] = {}
    for row, line in enumerate(lines):
        described = estimates.description_of(str(estimates.frame["statistic"].iloc[row]))
        if line.base is None or not described.poverty_line or described.kind == "amount":
            continue
        category = estimates.frame["category"].iloc[row]
        varying = _line_by_respondent(estimates, category, sample)
        if varying is not None:
            completed[row] = _below_individual_line(line, varying, described, sample)
            continue
        if described.of_people and len(read_variable(line.variable, sample)) == 1:
            continue
        cut, values = line.base
        if line.variable not in poor_of:
            poor_of[line.variable] = _poor_by_every_line(line.variable, cut, estimates, sample)
        poor = poor_of[line.variable]
        if described.of_people:
            rule = _undecided(estimates, category)
            completed[row] = _at_risk(line, poor, _options_of(estimates, category), rule)
            continue
        sets = tuple((item, values) for item, _ in poor)
        completed[row] = replace(line, others=(*line.others, *sets))
        if not described.parts:
            # no sum over the poor: a quantile among them
            completed[row] = replace(completed[row], order=0.5, among=sets[0])
    return completed


def _options_of(estimates: Estimates, category: Any) -> Mapping[str, Any]:
    """Return the options that distinguish a row from others, by name."""
    options = estimates.provenance.categories.get(str(category), ("", {}))[1]
    if not options and not isinstance(category, str):
        # rates under several fractions of a median have these as categories
        return {"fraction": category}
    return options


def _undecided(estimates: Estimates, category: Any) -> Undecided:
    """Return how a row counts those whose answers do not decide."""
    treatment = estimates.provenance.own_category(category)
    return treatment if treatment in ("no", "yes") else "drop"


Undecided: TypeAlias = Literal["drop", "no", "yes"]


@dataclass(frozen=True)
class _IndividualLine:
    """A poverty line that each respondent has of their own, and who is poor by it."""

    level: Expression
    poor: Literal["<", "<="]
    undecided: Undecided

    def below(self, income: Expression) -> Expression:
        """Return the condition of being poor."""
        return below(income, self.level, self.poor)


def _line_by_respondent(
    estimates: Estimates, category: Any, sample: Sample
) -> _IndividualLine | None:
    """Return the poverty line of a row if it varies by respondent; None if it is common to all."""
    record, of_row = estimates.provenance, _options_of(estimates, category)

    def options(name: str) -> tuple[Any, ...]:
        return (of_row[name],) if name in of_row else record.values_of(name)

    lines = options("threshold")
    by_respondent = [line for line in lines if isinstance(line, str | Expression)]
    if not by_respondent:
        return None
    several = len(lines) > 1 or len(options("convention")) > 1
    if several or ("threshold" not in of_row and record.values_of("fraction")):
        raise OptionError(
            "Which poverty line each row has is not said.",
            f"There are several, and `{by_respondent[0]}` is another one for each respondent.",
            "Estimate by each line apart, and write `dl.publish([one, other], sample=sample)`.",
        )
    convention = CONVENTIONS[options("convention")[0]]
    return _IndividualLine(
        read_again(lines[0], sample), convention.poor, _undecided(estimates, category)
    )


def _below_individual_line(
    line: Line, individual: _IndividualLine, described: StatisticDescription, sample: Sample
) -> Line:
    """Return a line with the poor by lines of their own, among those who have one."""
    assert line.base is not None
    cut, values = line.base
    income, *others = read_variable(line.variable, sample)
    poor = individual.below(income)
    if not others:
        base = replace(cut, answered=(*cut.answered, individual.level))
        inside = replace(base, holds=poor)
    else:
        for other in others:
            poor = Apply("or", (poor, holding(other)))
        unknown = Apply("missing", (poor,))
        decided = Apply("not", (unknown,))
        answered = tuple(item for item in cut.answered if item != line.variable)
        base = replace(cut, answered=answered)
        if individual.undecided == "drop":
            base = replace(base, answered=(*answered, poor))
        counted = Apply("and", (decided, poor))
        if individual.undecided == "yes":
            counted = Apply("or", (unknown, counted))
        inside = replace(base, holds=counted)
    completed = replace(line, base=(base, values))
    if described.of_people:
        return replace(completed, numerator=(inside, values))
    completed = replace(completed, others=(*line.others, (inside, values)))
    if described.parts:
        return completed
    return replace(completed, order=0.5, among=(inside, values))


def with_standard(lines: Sequence[Line], record: Provenance, sample: Sample) -> list[Line]:
    """Return lines of standardised means with the cells they average, whose weights are public."""
    rules = [standard for standard in _STANDARDS if standard in record.rules]
    if not rules:
        return list(lines)
    names = [name for several in record.columns[rules[0]] for name in several]
    completed = []
    for line in lines:
        assert line.base is not None  # of estimates it is known
        cut, values = line.base
        by = (*cut.by, *names)
        cells = [cell for cell in sample.engine.cells(by) if cell[: len(values)] == values]
        sets = tuple((replace(cut, by=by), cell) for cell in cells)
        completed.append(replace(line, others=(*line.others, *sets), by_cells=True))
    return completed


def _at_risk(line: Line, poor: Poor, options: Mapping[str, Any], undecided: Undecided) -> Line:
    """Return a line with the poor, and those who meet a further condition, among those decided."""
    assert line.base is not None
    whole, values = line.base
    held: Literal["yes", "possible"] = "possible" if undecided == "yes" else "yes"

    def in_common(item: tuple[Breakdown, Mapping[str, Any]]) -> int:
        """Return how many options of the row a poverty line has."""
        return sum(options.get(name) == value for name, value in item[1].items())

    # first by the line of this row
    cuts = [cut for cut, _ in sorted(poor, key=in_common, reverse=True)]
    inside, *others = [(replace(cut, at_risk=held), values) for cut in cuts]
    base = replace(cuts[0], at_risk="decided")
    if undecided != "drop":
        answered = tuple(item for item in whole.answered if item != line.variable)
        base = replace(whole, answered=answered)
    return replace(line, base=(base, values), numerator=inside, others=(*line.others, *others))


def _poor_by_every_line(
    variable: Variable, cut: Breakdown, estimates: Estimates, sample: Sample
) -> Poor:
    """Return the poor by each line in the rules of a result, with the options of the line."""
    record, income = estimates.provenance, read_variable(variable, sample)[0]
    population, domain = (conditions(text, sample) for text in (cut.universe, cut.where))
    within = replace(sample, population=population, domain=domain)
    poor: Poor = []
    for options in _poverty_lines(record):
        rates = estimate(within, arpr(income, **options), by=list(cut.by)).frame
        groups = rates[list(cut.by)].itertuples(index=False, name=None)
        poorest = tuple(zip(groups, rates["estimate"].tolist(), strict=True))
        poor.append((replace(cut, poorest=poorest), options))
    return poor


def _poverty_lines(record: Provenance) -> Iterator[dict[str, Any]]:
    """Yield the options of each poverty line that the rules of a result name."""
    for convention in record.values_of("convention"):
        for threshold in record.values_of("threshold"):
            if not isinstance(threshold, str):
                yield {"convention": convention, "threshold": threshold}
        for fraction in record.values_of("fraction"):
            for of_whom in record.values_of("threshold_on"):
                yield {"convention": convention, "fraction": fraction, "threshold_on": of_whom}


def conditions(text: str, sample: Sample) -> tuple[Expression, ...]:
    """Return a condition in the record of a result, none where it is empty."""
    return (read_again(text, sample),) if text else ()


def read_again(text: str | Expression, sample: Sample) -> Expression:
    """Return the expression that a result names."""
    try:
        return parse(text, sample.names, sample.codebook)
    except (ConditionError, ColumnError) as error:
        raise OptionError(
            f"The respondents behind `{text}` cannot be found again in `sample`.",
            "It is neither a column of the data nor an expression that can be read.",
            "Write the sample of the result, or publish this number in another call, without "
            "`sample`.",
        ) from error


def read_variable(variable: Variable, sample: Sample) -> tuple[Expression, ...]:
    """Return the expressions of a variable: several, as numerator and denominator of a ratio."""
    several = variable if isinstance(variable, tuple) else (variable,)
    return tuple(read_again(item, sample) for item in several)


def with_amounts(line: Line, sample: Sample) -> Line:
    """Return a line with the amounts behind its number: for a ratio, numerator and denominator."""
    if not line.is_amount:
        return line
    return replace(line, amounts=read_variable(line.variable, sample))
