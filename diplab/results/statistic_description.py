"""What a statistic is, as declared where it is defined and carried by every result that has rows of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from diplab.errors import OptionError

StatisticKind: TypeAlias = Literal["share", "amount", "index", "count", "ratio"]
"""A share of a whole; an amount in the unit of its variable; an index without unit; a number of people or things; the
ratio of one variable to another, in the units of both."""

ScaleNeeded: TypeAlias = Literal["any", "order", "scores", "amount"]
"""What the answers of its variable must be: any codes; codes in order; the same as equally spaced scores; numbers of
something."""

CategoryForm: TypeAlias = Literal["", "order", "top", "poorest", "group", "time", "undecided", "α", "ε"]
"""How the category of a row is written: as it is; as the order in the name of the statistic; as the top percentage;
as the poorest percentage; as the number of a group; as a time; as what is done with undecided cases; after a Greek
letter."""


@dataclass(frozen=True, kw_only=True)
class StatisticDescription:
    """What a statistic is.

    Parameters
    ----------
    kind : {"share", "amount", "index", "count", "ratio"}
    scale : {"any", "order", "scores", "amount"}
        What the answers of its variables must be.
    unit : str
        What it counts, where that is not the unit of its variable: hours, tasks.
    of_people : bool
        A share of people of whom something is true: it has an exact interval at 0 and 1, and a population figure may be
        set against it.
    every_category : bool
        One row for each category of a variable; a category without respondents is a share of 0.
    shared_base : bool
        Every category has the same respondents behind it.
    is_total : bool
        A sum over the population.
    poverty_line : bool
        Whether it is under a poverty line: `threshold`, or `fraction` of a median.
    parts : {"", "poverty", "entropy"}
        How it is a sum over groups of people.
    of_bands : bool
        Whether it has answers for a variable known only by band.
    is_effect : bool
        A change of the outcome by a variable: of shares, in percentage points.
    category : str
        How the category of its rows is written.
    most_decimals : int or None
        Largest number of decimals printed.
    options : tuple of str
        All options, in the order of the function.
    label_options : tuple of str
        Options whose values are the category of its rows.
    rules : tuple of (str, str)
        Options that are printed as rules, each with the name of its rule.
    """

    kind: StatisticKind
    scale: ScaleNeeded = "amount"
    unit: str = ""
    of_people: bool = False
    every_category: bool = False
    shared_base: bool = False
    is_total: bool = False
    poverty_line: bool = False
    parts: Literal["", "poverty", "entropy"] = ""
    of_bands: bool = False
    is_effect: bool = False
    category: CategoryForm = ""
    most_decimals: int | None = None
    options: tuple[str, ...] = ()
    label_options: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()

    @property
    def axis(self) -> str:
        """What an axis of a chart counts."""
        return self.unit or ("no unit" if self.kind == "index" else "amounts of a variable")

    def rule_of(self, option: str) -> str:
        """Return the name of the rule that an option is."""
        return dict(self.rules).get(option, option)


AMOUNT = StatisticDescription(kind="amount")
Descriptions: TypeAlias = Mapping[str, StatisticDescription]  # by the name of a statistic in a result


def joined_descriptions(several: Iterable[Descriptions]) -> dict[str, StatisticDescription]:
    """Return the descriptions of several results in one; refuse two statistics of one name that are not the same."""
    joined: dict[str, StatisticDescription] = {}
    for each in several:
        for name, description in each.items():
            if joined.setdefault(name, description) != description:
                raise OptionError(
                    f"Two statistics are both named `{name}`.",
                    f"One is of kind {joined[name].kind!r}, the other of kind {description.kind!r}, or their options "
                    "differ.",
                    "Give one of them another name, or estimate them in two calls.",
                )
    return joined
