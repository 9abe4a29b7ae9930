"""A variable known only by band, as questionnaires often ask for incomes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from diplab.checks import argument, check_one_of, values_of
from diplab.errors import OptionError
from diplab.results.estimates import Combined

RefusalRule: TypeAlias = Literal["drop", "keep"]
AnswerBeside: TypeAlias = Literal["distributions", "interpolated", "imputed"]
# answers given in addition to the bounds, under assumptions
BESIDE: tuple[AnswerBeside, ...] = get_args(AnswerBeside)
Ends: TypeAlias = "tuple[float, float]"


@dataclass(frozen=True)
class Banded:
    """A variable whose value for each person lies between two ends."""

    name: str  # column of the answers; empty where the ends are columns
    # ends of each answer, missing where it has none; None: read from its labels
    bands: Mapping[Any, Ends] | None
    low: str  # low and high: columns with both ends; empty where a column of answers is named
    high: str
    # a column to divide by, or two that hold its lowest and its highest value; empty for none
    per: tuple[str, ...]
    covariates: tuple[str, ...]  # columns that imputations within bands may use
    refusals: RefusalRule
    beside: tuple[AnswerBeside, ...] = ("interpolated",)  # answers given in addition to the bounds

    @property
    def amounts(self) -> tuple[str, ...]:
        """Columns in the variable's unit; none if divided, as that unit is not in the codebook."""
        if self.per:
            return ()
        return self._columns

    @property
    def _columns(self) -> tuple[str, ...]:
        if self.name:
            return (self.name,)
        return self.low, self.high

    @property
    def combined(self) -> Combined:
        """Its columns, the last with what it is divided by."""
        *first, last = dict.fromkeys(self._columns)
        if self.per:
            last += f" / {' – '.join(self.per)}"
        return Combined((*first, last), "list")

    def __str__(self) -> str:
        return str(self.combined)


def banded(
    name: str | None = None,
    bands: Mapping[Any, Any] | None = None,
    *,
    low: str | None = None,
    high: str | None = None,
    per: str | tuple[str, str] | None = None,
    covariates: Sequence[str] = (),
    refusals: RefusalRule = "drop",
    beside: Sequence[AnswerBeside] | AnswerBeside = "interpolated",
) -> Banded:
    """Declare a variable known by band only, for a statistic: `arpr(banded("income"))`.

    Parameters
    ----------
    name : str, optional
        A column of answers, codes or words.
    bands : mapping of code or label to (float, float), optional
        The two ends of each answer, `math.inf` for an open end; one number for an exact amount,
        None for an answer without an amount. By default they are read from the labels of the
        codebook, or from the words themselves, in French or English ("$25,000 - $49,999", "moins de
        800 €"): all of them, or none. A band includes its lower end and excludes its upper end; one
        that is open below begins at 0, unless `bands` states otherwise (`-math.inf` where incomes
        may be negative).
    low, high : str, optional
        Instead of a name: two columns with the lower and the upper bound for each person (from
        `equivalise`, `harmonise_pay`), equal if the value is known; the same column twice if all
        amounts are known.
    per : str or (str, str), optional
        A column to divide by, above zero (consumption units, hours); two if it is itself known only
        by its bounds.
    covariates : sequence of str
        Columns that imputations within bands may use.
    refusals : {"drop", "keep"}
        People without an answer are excluded and counted, or kept with any amount from 0 (or from
        the lower end of the lowest band, if that is below 0).
    beside : sequence of {"distributions", "interpolated", "imputed"}
        Estimates under assumptions, in addition to the bounds; `()` for the bounds alone.
        Interpolation is immediate; four income distributions and amounts imputed within bands take
        seconds on 10,000 rows, and a minute on a million.

    Returns
    -------
    Banded
        For `arpr`, `arpt`, `mean`, `median`, `quantile`, `gini`, `below_minimum_wage`, and any
        statistic that declares `@statistic(bands=...)`.

    Raises
    ------
    OptionError
        Where both a name and ends are given or neither, a band does not have two ends in order, or
        an option is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> incomes = ["under 500", "500 to 999", "1,000 or more", "500 to 999"]
    >>> people = pd.DataFrame({"income": incomes})
    >>> rate = dl.arpr(dl.banded("income"), threshold=800)
    >>> found = dl.estimate(dl.declare_design(people), rate).frame.set_index("category")["estimate"]
    >>> found[["at least", "at most"]].tolist()
    [0.25, 0.75]
    """
    ends = [item for item in (low, high) if item is not None]
    if (name is None) != (len(ends) == 2) or (name is not None and ends):
        raise OptionError(
            "`banded` takes either the name of a column of answers, or the two columns `low` and "
            "`high`.",
            write="Write for example `banded('income')`, or `banded(low='income_low', "
            "high='income_high')`.",
        )
    if bands is not None and name is None:
        asked = "`bands` are the ends of answers, and `banded` with `low` and `high` has no "
        asked += "column of answers."
        raise OptionError(
            asked, write="Leave `bands` out, or write `banded('income', bands={...})`."
        )
    if bands is not None and not isinstance(bands, MappingType):
        raise OptionError(
            f"{argument('bands', bands)} is not a mapping.",
            "It gives for each answer, by its code or its label, the two ends of the amount.",
            "Write for example `bands={1: (0, 500), 2: (500, math.inf)}`.",
        )
    check_one_of("refusals", refusals, RefusalRule)
    divided, variables, answers = values_of(per or ()), values_of(covariates), values_of(beside)
    names = [*divided, *variables]
    if name is None:
        names += ends
    else:
        names.append(name)
    if len(divided) > 2 or not all(isinstance(column, str) for column in names):
        asked = "The columns of `banded` are not all named by words, or `per` has more than two."
        raise OptionError(
            asked, write="Write for example `banded('income', per=('units_low', 'units_high'))`."
        )
    known = None
    if bands is not None:
        known = {code: _checked(code, band) for code, band in bands.items()}
    for answer in answers:
        check_one_of("beside", answer, AnswerBeside)
    in_order = tuple(answer for answer in BESIDE if answer in answers)
    return Banded(name or "", known, low or "", high or "", divided, variables, refusals, in_order)


def _checked(code: object, band: object) -> Ends:
    """Return the two ends of an answer; one number is both."""
    if band is None:
        return math.nan, math.nan
    try:
        if isinstance(band, int | float):
            low = high = float(band)
        else:
            low, high = map(float, band)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    alone = low == high and math.isfinite(low)
    if not (low < high or alone):
        asked = f"The band {band!r} of the answer {code!r} does not have two ends in order."
        found = "A band has two ends, the upper above the lower; one amount is one number."
        raise OptionError(
            asked, found, "Write for example `bands={1: (0, 500), 2: (500, math.inf), 3: 0}`."
        )
    return low, high
