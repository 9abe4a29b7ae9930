"""Estimates, a row each: their covariance, what their statistics are, where they come from.

Kinds of them; tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import argument, check_one_of
from diplab.errors import MisleadingError, OptionError, suggestion
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Code, code_text
from diplab.public_names import explained
from diplab.reference.display import Displayed
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.kernel.effective_df import CombinedDf, EffectiveDf
    from diplab.kernel.leverage import Alone

StatisticKind: TypeAlias = Literal["share", "amount", "index", "count", "ratio"]
"""A share of a whole; an amount in the unit of its variable; an index without unit; a count of
people or things; the ratio of two variables, in the units of both."""

ScaleNeeded: TypeAlias = Literal["any", "order", "scores", "amount"]
"""The scale that a statistic needs: any codes; ordered codes; ordered codes scored as equally
spaced; amounts."""

CategoryForm: TypeAlias = Literal[
    "", "order", "top", "poorest", "group", "time", "undecided", "α", "ε"
]
"""How the category of a row is written: as it is; as the order in the name of the statistic; as
the top percentage; as the poorest percentage; as the number of a group; as a time; as the treatment
of undecided cases; after a Greek letter."""


BandedForm: TypeAlias = Literal["", "mean", "quantile", "gini", "threshold", "rate", "ends"]
"""What a statistic becomes if amounts are known only by band: undefined; the mean; the quantile of
its option `p`, or the median; the Gini index; a fraction of the median; the share of people under
that or under a line; a statistic that never falls where an amount rises, so that all lower ends and
all upper ends give its bounds."""


@dataclass(frozen=True, kw_only=True)
class StatisticDescription:
    """What a statistic is; `diplab.estimators.statistic` documents what its author writes."""

    kind: StatisticKind
    label: Text = (
        NOTHING  # what its author calls it; those of this package are called in `words.toml`
    )
    scale: ScaleNeeded = "amount"  # what the answers of its variables must be
    unit: str = ""  # what it counts, where that is not the unit of its variable: hours, tasks
    # a share of people of whom something is true, with an exact interval at 0 and 1, set beside a
    # population figure
    of_people: bool = False
    every_category: bool = (
        False  # one row for each category of a variable; one without respondents is a share of 0
    )
    shared_base: bool = False  # every category has the same respondents behind it
    is_total: bool = False  # a sum over the population
    of_sums: bool = False  # a sum of amounts, or one divided by people: everyone has a part in it
    of_squares: bool = False  # a mean of squared amounts, whose error rests on fourth powers
    # the share of people, those with most, whose sum it tells; 0 where it is of everybody's
    tail: float = 0.0
    poverty_line: bool = (
        False  # whether it is under a poverty line: `threshold`, or `fraction` of a median
    )
    sampled: str = ""  # of accounts a person: what was sampled, persons or accounts
    of_an_hour: bool = False  # of what is earned in an hour, or of the hours behind it
    parts: Literal["", "poverty", "entropy"] = ""  # how it is a sum over groups of people
    bands: BandedForm = ""  # what its answers for a variable known only by band are computed from
    no_change: float = (
        0.0  # what it is where nothing differs: 1 for ratios of odds, rates and hazards
    )
    is_effect: bool = (
        False  # a change of the outcome by a variable: of shares, in percentage points
    )
    category: CategoryForm = ""  # how the category of its rows is written
    most_decimals: int | None = None  # largest number of decimals printed
    options: tuple[str, ...] = ()  # all options, in the order of the function
    label_options: tuple[str, ...] = ()  # options whose values are the category of its rows
    rules: tuple[
        tuple[str, str], ...
    ] = ()  # options that are printed as rules, each with the name of its rule

    @property
    def tells_amounts(self) -> bool:
        """Whether the largest amounts affect it, unlike a count, a quantile or a poverty line."""
        of_ranks = self.scale == "order" or self.poverty_line
        return not (self.of_people or self.every_category or self.kind == "count" or of_ranks)

    @property
    def axis(self) -> str:
        """What an axis of a chart counts."""
        return self.unit or ("no unit" if self.kind == "index" else "amounts of a variable")

    def rule_of(self, option: str) -> str:
        """Return the name of the rule that an option is."""
        return dict(self.rules).get(option, option)


Crossings: TypeAlias = tuple[
    tuple[str, ...], ...
]  # lists of columns, of one or of several that are crossed


@dataclass(frozen=True)
class Combined:
    """What the name of several columns or expressions is made of, and how they go together."""

    parts: tuple[str, ...]
    relation: Literal["list", "crossing", "difference"]

    def __str__(self) -> str:
        return {"list": ", ", "crossing": " × ", "difference": " - "}[self.relation].join(
            self.parts
        )


RuleValues: TypeAlias = Mapping[str, Any]  # each value of a rule, by its text


def listed_texts(texts: Iterable[str]) -> str:
    """Return texts with commas between, or semicolons where one has a comma of its own."""
    several = list(texts)
    return ("; " if any(", " in text for text in several) else ", ").join(several)


class Pair(NamedTuple):
    """Two categories that a row compares: the first minus the second, or divided by it."""

    first: Any
    second: Any
    sign: Literal["−", "/"]

    def __str__(self) -> str:
        return f"{code_text(self.first)} {self.sign} {code_text(self.second)}"


CategoryOptions: TypeAlias = tuple[
    object, Mapping[str, Any]
]  # a category of its own, and options by name

AMOUNT = StatisticDescription(kind="amount")
Descriptions: TypeAlias = Mapping[
    str, StatisticDescription
]  # by the name of a statistic in a result


def joined_descriptions(several: Iterable[Descriptions]) -> dict[str, StatisticDescription]:
    """Return the descriptions of several results in one.

    Refuse two statistics of one name that are not the same.
    """
    joined: dict[str, StatisticDescription] = {}
    for item in several:
        for name, description in item.items():
            if joined.setdefault(name, description) != description:
                raise OptionError(
                    f"Two statistics are both named `{name}`.",
                    f"One is of kind {joined[name].kind!r}, the other of kind "
                    f"{description.kind!r}, or their options "
                    "differ.",
                    "Give one of them another name, or estimate them in two calls.",
                )
    return joined


STATUSES = ("published", "second-hand", "derived", "inferred", "synthetic", "estimated")
"""The status of a number: printed by its authors, reported by others, computed here from printed
figures, reconstructed, computed from synthetic data, or estimated here from data."""
STRONGEST_FIRST = ("published", "estimated", "second-hand", "derived", "inferred", "synthetic")


Contrast: TypeAlias = Literal["", "difference", "ratio", "sum", "expression"]
"""What rows are of the estimates that they compare."""


@explained(
    "", "A provenance has", "provenance.rules[{}]", lambda record: vars(record).get("rules", ())
)
@dataclass(frozen=True)
class Provenance:
    """The record that travels with a result.

    Parameters
    ----------
    rules : mapping of str to str
        Conventions in force, by name (`confidence`, `df`, `na`, `lonely_psu`, `quantile_rule`...),
        as printed under a table. Properties return the ones that are computed with, in their type.
    base : Text
        The denominator in words: of whom the number is a number.
    source : Text
        Document, page or table; or the data file.
    status : str
        One of `STATUSES`.
    assumptions : tuple of Text
        What must be true for the number to be right, beyond the data.
    notices : tuple of Text
        What to look at in the data before the number is used (answers that look like missing
        codes).
    missing : mapping of str to int
        Rows left out by each variable.
    reasons : mapping of str to mapping of str to int
        The same by reason, for variables of which the codebook knows them (`system` where it does
        not say).
    synthetic : bool
        True where any input is a synthetic file.
    nested : bool
        True where the rows are nested circles, which may not be added.
    indicative : bool
        True where the sample is opt-in, so that intervals hold only if it were a random one.
    recruited : bool
        True where the members of the sample recruited one another.
    contrast : {"", "difference", "ratio", "sum", "expression"}
        What the rows are of the estimates that they compare; empty where they compare none.
    disclosure : mapping of str to object
        Of a published result, the record for the output checker: its profile, what was hidden, and
        why. It holds no hidden value, and `json.dumps` takes it.
    columns : mapping of str to tuple of tuple of str
        The columns that rules name, by rule: one or several lists, each of one column or of several
        that are crossed. They are given as the values of `rules`, which then hold their names as
        text.
    values : mapping of str to mapping of str to object
        What rules say, in its type: by rule, each value by its text, as the options of several
        statistics. They, or a list of texts, are given as the values of `rules`, which then hold
        the texts.
    categories : mapping of str to tuple
        Of categories that hold options, as `0.5, rule=hf7`: what each is without them, and the
        options that distinguish its row from others.
    pairs : mapping of str to Pair
        Of categories that compare two others, as `f − m`: the two.
    variables : mapping of str to tuple
        Of variables of rows that are several columns, a ratio too, as `pay / hours`: the columns
        and expressions, as written.
    combined : mapping of str to Combined
        Of names that combine several columns or expressions, as `sex × age`: what they are made of.
    of_each : mapping of str to tuple
        The rules that compared results do not share: what each has, empty where it has none.
    references : mapping of str to code
        The category that the others of each variable are compared with, by variable.
    outcome : str
        The outcome of the regression behind the rows; empty where there is none.
    expected_shares : mapping of str to mapping of code to float
        By variable, the share that each category was tested against; none without such a test.
    ordered : mapping of str to tuple
        Variables of which medians and quantiles are answers: the words that are the places 1, 2...
        of an estimate, none where it is a code.

    Examples
    --------
    >>> Provenance(rules={"confidence": "0.95"}, status="published").rules["confidence"]
    '0.95'
    >>> Provenance(rules={"confidence": "0.9"}).confidence
    0.9
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    base: Text = NOTHING
    source: Text = NOTHING
    status: str = "estimated"
    assumptions: tuple[Text, ...] = ()
    notices: tuple[Text, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    synthetic: bool = False
    nested: bool = False
    indicative: bool = False
    recruited: bool = field(default=False, repr=False)
    contrast: Contrast = field(default="", repr=False)
    columns: Mapping[str, Crossings] = field(default_factory=dict, repr=False)
    values: Mapping[str, RuleValues] = field(default_factory=dict, repr=False)
    categories: Mapping[str, CategoryOptions] = field(default_factory=dict, repr=False)
    pairs: Mapping[str, Pair] = field(default_factory=dict, repr=False)
    variables: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, repr=False)
    combined: Mapping[str, Combined] = field(default_factory=dict, repr=False)
    of_each: Mapping[str, tuple[str | RuleValues, ...]] = field(default_factory=dict, repr=False)
    references: Mapping[str, Code] = field(default_factory=dict)
    outcome: str = field(default="", repr=False)
    expected_shares: Mapping[str, Mapping[Code, float]] = field(default_factory=dict)
    disclosure: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ordered: Mapping[str, tuple[Code, ...]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        named: dict[str, Crossings] = {}
        stated: dict[str, RuleValues] = {}
        written: dict[str, str] = {}
        given: Mapping[str, Any] = self.rules
        for rule, value in given.items():
            if isinstance(value, str):
                written[rule] = value
            elif isinstance(value, Mapping | list):
                stated[rule] = (
                    value if isinstance(value, Mapping) else {text: text for text in value}
                )
                written[rule] = listed_texts(stated[rule])
            else:
                named[rule] = value
                written[rule] = ", ".join(map(" × ".join, value))
        if named or stated:
            object.__setattr__(self, "rules", written)
        if named:
            object.__setattr__(self, "columns", {**self.columns, **named})
        if stated or self.values:
            # a rule that was overwritten or left out has no values of before
            every = {**self.values, **stated}
            current = {
                rule: item
                for rule, item in every.items()
                if listed_texts(item) == written.get(rule)
            }
            object.__setattr__(self, "values", current)

    def own_category(self, category: Any) -> Any:
        """Return a category without the options that distinguish its row from others."""
        return self.categories.get(category, (category, {}))[0]

    def rules_without(self, *names: str) -> dict[str, str]:
        """Return the rules but for some of them."""
        return {name: rule for name, rule in self.rules.items() if name not in names}

    def values_of(self, rule: str) -> tuple[Any, ...]:
        """Return what a rule says, in its type; nothing where it was given as text alone."""
        return tuple(self.values.get(rule, {}).values())

    @property
    def level(self) -> float | None:
        """Level of the intervals; None where none was recorded."""
        if "confidence" in self.rules:
            return float(self.rules["confidence"])
        return None

    @property
    def confidence(self) -> float:
        """Level of the intervals; 0.95 where none was recorded."""
        return self.level or 0.95

    @property
    def df(self) -> str:
        """Which degrees of freedom were taken: `design`, `domain`, `infinity`....

        Empty where none were.
        """
        return self.rules.get("df", "")

    @property
    def variance(self) -> str:
        """Which variance was estimated; empty where the record does not say."""
        return self.rules.get("variance", "")

    @property
    def interval(self) -> str:
        """The kind of interval; empty where it is the plain one."""
        return self.rules.get("interval", "")

    @property
    def model(self) -> str:
        """Family and link of the regression behind the rows; empty where there is none."""
        return self.rules.get("model", "")

    @property
    def is_exponential(self) -> bool:
        """True for exponentials of coefficients: ratios of odds or of rates."""
        return self.rules.get("scale") == "exponential"

    @property
    def is_unweighted(self) -> bool:
        """True where rows were counted without weights."""
        return self.rules.get("weights") == "none"

    @property
    def has_joint_band(self) -> bool:
        """True where the intervals of a curve hold together, and not point by point."""
        return self.rules.get("band") == "simultaneous"

    @property
    def rate_base(self) -> str:
        """The number of people that a rate is given for; empty where the rows are not rates."""
        return self.rules.get("per", "")


def weakest_status(statuses: Iterable[str]) -> str:
    """Return the weakest of several statuses."""
    known = list(statuses)
    for status in known:
        check_one_of("status", status, STATUSES)
    return max(known, key=STRONGEST_FIRST.index)


def join_sources(sources: Iterable[Text]) -> Text:
    """Return several sources as one text, each of them once."""
    distinct = tuple(dict.fromkeys(sources))
    return Text(
        "\u202f; ".join(text.fr for text in distinct), "; ".join(text.en for text in distinct)
    )


MEASURES = ("estimate", "std_error", "ci_low", "ci_high", "cv", "deff", "df", "n", "flag")
COLUMNS = ("statistic", "variable", "category", *MEASURES)
CONFIDENTIAL, ERROR_CONFIDENTIAL, ALL_ALIKE = (
    "confidential",
    "error confidential",
    "all alike",
)  # of what is published
LOW_RELIABILITY, NOT_RELIABLE = (
    "low reliability",
    "not reliable",
)  # published with caution; too uncertain to be
MODEL_ONLY = "model only"  # of an area that has no respondents, or no direct estimate
CONTRAST = "contrast"  # the column that names contrasts which are not of one domain variable


Flags: TypeAlias = tuple[str, ...]
"""The flags of a row, without those that are empty."""


def flags_of(flag: object) -> Flags:
    """Return the flags of a row from its cell of the frame, as `flag_cell` writes it."""
    return tuple(filter(None, str(flag).split(", ")))


def flag_cell(flags: Flags) -> str:
    """Return the cell of the frame that shows the flags of a row."""
    return ", ".join(flags)


class Contributions(Protocol):
    """What respondents contribute to the rows of a result."""

    def rows(self, positions: Any) -> Contributions:
        """Return the contributions to some of the rows."""


@dataclass(frozen=True, eq=False, repr=False)
class Estimates(Displayed):
    """Numbers estimated from a sample, with what is needed to judge and to compare them.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per estimate: `statistic`, `variable`, `category`, the domain variables, `estimate`,
        `std_error`, `ci_low`, `ci_high`, `cv`, `deff`, `df`, `n`, `flag`. Where there is no point
        (bounds only), `estimate` is NaN and `ci_low`, `ci_high` are the bounds, said in `flag`.
    covariance : array, shape (rows, rows)
        Covariance of the estimates, in row order.
    provenance : Provenance
        Rules in force, base, source, status.
    by : tuple of str
        The domain variables, in order.
    codebook : Codebook
        What the variables and their codes mean.
    drawn : object
        The same object for all results of one sample, so that two results of one are not taken as
        independent.
    descriptions : mapping of str to StatisticDescription
        What each statistic named in the frame is; one that is not described is an amount.
    effective : EffectiveDf or CombinedDf, optional
        Where `df="effective"`: what the degrees of freedom of combinations of rows are computed
        from.
    compared : array, shape (rows, rows), optional
        The covariance that comparisons of rows have, where it is not `covariance`: a policy on
        lonely units judges each row by its own people, and comparisons by those of all domains; or
        the difference of two rows does not rest on the one sampling unit that each of them rests
        on.
    alone : Alone, optional
        Of coefficients and what is made of them: what one sampling unit alone determines of each.
    null : array, shape (rows,), optional
        Of comparisons: what each is where nothing differs; NaN where that depends on the size of
        the estimates.
    where_equal : array, shape (rows, estimates compared), optional
        Of comparisons: their derivatives by the estimates, where nothing differs. Rows that are
        proportional there are one hypothesis.
    contributions : Contributions, optional
        What each respondent contributes to the rows, for their covariance with other results of the
        same people; not kept in files.

    Examples
    --------
    >>> import pandas as pd
    >>> import diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0]})
    >>> est = dl.estimate(dl.declare_design(people), dl.mean("hours"))
    >>> float(est.frame["estimate"].iloc[0])
    25.0
    """

    frame: pd.DataFrame
    covariance: Floats
    provenance: Provenance
    by: tuple[str, ...] = ()
    codebook: Codebook = field(default_factory=Codebook, repr=False)
    drawn: object = field(default_factory=object, repr=False)
    descriptions: Descriptions = field(default_factory=dict, repr=False, kw_only=True)
    effective: EffectiveDf | CombinedDf | None = field(default=None, repr=False, kw_only=True)
    compared: Floats | None = field(default=None, repr=False, kw_only=True)
    null: Floats | None = field(default=None, repr=False, kw_only=True)
    where_equal: Floats | None = field(default=None, repr=False, kw_only=True)
    contributions: Contributions | None = field(default=None, repr=False, kw_only=True)
    alone: Alone | None = field(default=None, repr=False, kw_only=True)

    beside: ClassVar[tuple[str, ...]] = ()  # columns in the unit of the estimates, set beside them

    def __len__(self) -> int:
        return len(self.frame)

    def description_of(self, statistic: str) -> StatisticDescription:
        """Return what a statistic of this result is."""
        return self.descriptions.get(statistic, AMOUNT)

    @property
    def kinds(self) -> tuple[StatisticKind, ...]:
        """The kind of each row: share, amount, index, count or ratio."""
        return tuple(self.description_of(name).kind for name in self.frame["statistic"])

    @property
    def flags(self) -> tuple[Flags, ...]:
        """The flags of each row."""
        return tuple(map(flags_of, self.frame["flag"]))

    def flagged(self, *flags: str) -> Booleans:
        """Return the rows that have one of some flags."""
        return np.array([not {*flags}.isdisjoint(row) for row in self.flags], dtype=bool)

    def rows_described(self, **fields: object) -> Booleans:
        """Return the rows whose statistic is described so, as `rows_described(kind="share")`."""
        described = map(self.description_of, self.frame["statistic"])
        rows = [
            all(getattr(item, name) == value for name, value in fields.items())
            for item in described
        ]
        return np.array(rows, dtype=bool)

    def rows(self, keep: Any) -> Estimates:
        """Return the rows selected by a boolean mask or positions, with their covariance."""
        try:
            positions = np.arange(len(self.frame))[np.atleast_1d(np.asarray(keep))]
        except IndexError:
            wrong = f"{argument('keep', keep)} keeps no rows of {len(self.frame)}."
            raise OptionError(
                wrong, write="Write positions from 0, or a condition on `result.frame`."
            ) from None
        return replace(
            self,
            frame=self.frame.iloc[positions].reset_index(drop=True),
            covariance=self.covariance[np.ix_(positions, positions)],
            effective=self.effective and self.effective.rows(positions),
            compared=None if self.compared is None else self.compared[np.ix_(positions, positions)],
            null=None if self.null is None else self.null[positions],
            where_equal=None if self.where_equal is None else self.where_equal[positions],
            contributions=self.contributions and self.contributions.rows(positions),
            alone=self.alone and self.alone.rows(positions),
        )

    @property
    def null_values(self) -> Floats:
        """What each row is where nothing differs: 1 for ratios, 0 for most.

        NaN where nothing says it.
        """
        if self.null is not None:
            return self.null
        described = [self.description_of(name).no_change for name in self.frame["statistic"]]
        return np.array(described, dtype=float)

    @property
    def between(self) -> Floats:
        """The covariance that comparisons of the rows have."""
        return self.covariance if self.compared is None else self.compared

    def described(self, **changes: Any) -> Estimates:
        """Return the estimates with other provenance (`base`, `source`, `status`...)."""
        unknown = [name for name in changes if name not in Provenance.__dataclass_fields__]
        if unknown:
            near = suggestion(unknown[0], Provenance.__dataclass_fields__)
            raise OptionError(f"A provenance has no `{unknown[0]}`.", write=near)
        return replace(self, provenance=replace(self.provenance, **changes))

    def to_polars(self) -> Any:
        """Return `frame` as a Polars frame; codes in a column that also has words become words.

        Returns
        -------
        polars.DataFrame
            The columns of `frame`, missing numbers as null.

        Raises
        ------
        OptionError
            Where Polars is not installed.

        Examples
        --------
        >>> import pandas as pd, diplab as dl
        >>> people = pd.DataFrame({"sex": ["f", "m", "f"], "hours": [10.0, 20.0, 30.0]})
        >>> est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex").to_polars()
        >>> est["sex"].to_list(), est["estimate"].to_list()
        (['f', 'm'], [20.0, 20.0])
        """
        try:
            import polars
        except ImportError:
            raise OptionError(
                "`to_polars` needs Polars, which is not installed.",
                write='Write `pip install "diplab[engines]"`.',
            ) from None
        columns: dict[str, Any] = {str(name): self.frame[name].to_numpy() for name in self.frame}
        for name, values in columns.items():
            if values.dtype == object:
                mixed = len(set(map(type, values))) > 1
                columns[name] = [code_text(value) if mixed else value for value in values]
        return polars.DataFrame(columns, nan_to_null=True)

    def sum(self) -> tuple[float, float]:
        """Return the sum of the estimates and its standard error; nested circles are refused.

        Raises
        ------
        MisleadingError
            Where the rows are nested circles: each person of a smaller one is already in the
            larger.
        """
        if self.provenance.nested:
            raise nested_sum(list(self.frame["estimate"]))
        variance = float(self.covariance.sum())
        return float(self.frame["estimate"].sum()), float(np.sqrt(max(variance, 0.0)))


def nested_sum(sizes: list[float]) -> MisleadingError:
    """Return the error for a sum over nested circles."""
    shown = ", ".join(f"{size:,.0f}" for size in sizes)
    return MisleadingError(
        f"The {len(sizes)} circles are nested and do not add up ({shown}).",
        "Everyone in a smaller circle is already counted in the larger one.",
        f"Write the largest circle ({max(sizes):,.0f}) if you mean everyone.",
    )


AT_LEAST, AT_MOST = "at least", "at most"  # the categories of the two bounds of each statistic


@dataclass(frozen=True, eq=False, repr=False)
class BandedEstimates(Estimates):
    """The bounds of a statistic of banded amounts, and its values under further assumptions."""

    # `category` says which: `at least`, `at most`, or the assumption

    @property
    def has_bounds(self) -> bool:
        """Whether the rows include the bounds and were not compared with each other."""
        return AT_LEAST in set(self.frame["category"]) and not self.provenance.contrast


@dataclass(frozen=True, eq=False, repr=False)
class SurvivalCurves(Estimates):
    """Survival at given times, `kaplan_meier`, and quantiles of duration, `survival_time`.

    After the measures, `at_risk` counts who were followed just before each time, and `events` those
    until then.
    """


@dataclass(frozen=True, eq=False, repr=False)
class Complement(Estimates):
    """A share under several bases: 28% of respondents, or 71% of those with a permanent contract.

    `category` is the base of each row, and a further column, `numerator`, the respondents counted
    among its `n`.

    Parameters
    ----------
    bases : mapping of str to Text
        The denominator in words, by base.

    Examples
    --------
    >>> import diplab as dl
    >>> published = dl.work.change_base(0.71, 0.40)
    >>> published.rows([0]).provenance.base.en
    'the narrow base'
    """

    bases: Mapping[str, Text] = field(default_factory=dict, repr=False)

    def rows(self, keep: Any) -> Complement:
        """Return the rows kept by a boolean mask or positions.

        Where they have one base, it is that of the record.
        """
        kept: Any = super().rows(keep)
        named = list(dict.fromkeys(kept.frame["category"]))
        if len(named) != 1 or named[0] not in self.bases:
            return kept  # type: ignore[no-any-return]
        return kept.described(base=self.bases[named[0]])  # type: ignore[no-any-return]
