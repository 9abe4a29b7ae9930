"""A register counts some of the people, and a survey tells what share of them is in the register."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.checks import argument, check_confidence, check_number, check_whole_number
from diplab.errors import MisleadingError, OptionError
from diplab.kernel.intervals import student
from diplab.population.assumptions import assumptions, base
from diplab.population.kernel.abundance import Abundance
from diplab.population.sizes import (
    gather_sizes,
    join_sources,
    known_size,
    size,
    weakest_status,
)
from diplab.reference.parameter import Parameter
from diplab.reference.text import NOTHING, Text
from diplab.results.estimates import Estimates
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.results.sizes import Sizes


FARTHEST = 700.0
"""On the log scale: beyond it no number is left."""

LARGEST_RESPONDENTS = 10**15
LARGEST = 1e15
"""More persons than anybody counts."""


@dataclass(frozen=True)
class _UncertainNumber:
    """One of the two numbers, and its status and source."""

    value: float
    error: float
    df: float
    n: float
    status: str
    source: Text
    flag: str = ""
    synthetic: bool = False
    indicative: bool = False
    missing: Mapping[str, int] | None = None


def multiplier(
    count: float | Parameter | Estimates,
    share: float | Parameter | Estimates,
    count_error: float | None = None,
    share_error: float | None = None,
    share_n: int | None = None,
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people there are, from a count of some and the share that these are of all.

    Parameters
    ----------
    count : float, Parameter or Estimates
        Persons in a register or on a platform; or one row of estimates.
    share : float, Parameter or Estimates
        Share of the population that is in it, from 0 to 1; or one row, as of `dl.estimate(sample, dl.share(...))`.
    count_error, share_error : float, optional
        Standard errors, where the numbers are not `Estimates`. A count without one is taken as exact.
    share_n : int, optional
        Respondents behind the share of a simple random sample, in place of its standard error.
    confidence : float
        Probability of the interval.

    Returns ------- Sizes One row; `n` holds the respondents behind the share. The interval is symmetric on the log
    scale, with Student's distribution where the share has degrees of freedom, and its lower end is not below a count
    that is exact. Where the share may be 0 the upper end is infinite and the flag says `unbounded above`. A share
    with no error gives no interval. The status is `derived` where a number was copied, and the weakest of all.

    Raises
    ------
    OptionError
        Where a number is not a count, a share or an error, or `Estimates` have several rows.
    MisleadingError
        Where the share is 0 or 1.

    Notes
    -----
    N = M / P; variance Var(M)/P^2 + M^2 Var(P)/P^4 (delta method; UNAIDS and WHO, 2010). The share may be 0 where
    P - t SE(P) is not above it, which is when Fieller's (1954) interval for M / P has no upper end.

    Examples
    --------
    The platform workers of three countries, 17.5 million, make 80.6% of the traffic of their region (World Bank, 2023).

    >>> from diplab import population
    >>> region = population.multiplier(17.5e6, 0.806)
    >>> region.frame["estimate"].round(-5).item(), region.provenance.status
    (21700000.0, 'derived')
    """
    check_confidence(confidence)
    many = _read_number("count", count, count_error, None)
    part = _read_number("share", share, share_error, share_n)
    _check(many, part)
    point = many.value / part.value
    variance = (many.error / part.value) ** 2 + (point * part.error / part.value) ** 2
    inputs = (many, part)
    rules = {"multiplier_count": f"{many.value:.10g}", "multiplier_share": f"{part.value:.10g}"}
    if math.isnan(part.error):
        row = known_size("multiplier", point, flag=part.flag)
    else:
        rules |= {"interval": "log", "confidence": f"{confidence:g}"}
        row = _row(many, part, Abundance(point, variance, part.n), confidence)
    provenance = Provenance(
        rules=rules,
        base=base(),
        source=join_sources(each.source for each in inputs if each.source),
        status=weakest_status(each.status for each in inputs),
        assumptions=assumptions(
            "multiplier.same_persons",
            "multiplier.same_base",
            "multiplier.register_once",
            "multiplier.independent",
        ),
        synthetic=any(each.synthetic for each in inputs),
        indicative=any(each.indicative for each in inputs),
        missing={name: rows for each in inputs for name, rows in (each.missing or {}).items()},
    )
    return gather_sizes([row], provenance)


def _row(
    many: _UncertainNumber, part: _UncertainNumber, found: Abundance, confidence: float
) -> dict[str, Any]:
    import numpy as np

    df = min(many.df, part.df)
    t = float(student(confidence, np.array([df]))[0])
    spread = math.exp(min(t * math.sqrt(found.variance) / found.size, FARTHEST))
    low, high = found.size / spread, found.size * spread
    if many.error == 0:
        low = max(low, many.value)
    flags = [part.flag] if part.flag else []
    if part.value - t * part.error <= 0:
        high = math.inf
        flags.append("unbounded above")
    return {**size("multiplier", found, (low, high), ", ".join(flags)), "df": df}


def _read_number(
    name: str, given: float | Parameter | Estimates, error: float | None, n: int | None
) -> _UncertainNumber:
    if isinstance(given, Estimates):
        return _from_estimates(name, given, error, n)
    if isinstance(given, bool | str) or not _is_number(given):
        raise OptionError(
            f"{argument(name, given)} is neither a number nor one row of estimates.",
            "",
            f"Write a number for `{name}`.",
        )
    value = float(given)
    for option, extra in ((f"{name}_error", error), (f"{name}_n", n)):
        if extra is not None and option.endswith("_n"):
            check_whole_number(option, extra, low=1, high=LARGEST_RESPONDENTS)
        elif extra is not None:
            check_number(option, extra, low=0)
    if error is not None and n is not None:
        raise OptionError(
            "Both `share_error` and `share_n` were given.",
            "Each of them gives the standard error of the share.",
            "Write the standard error where it is known, otherwise the respondents.",
        )
    found = 0.0 if name == "count" else math.nan
    if error is not None:
        found = float(error)
    elif n is not None and 0 <= value <= 1:
        found = math.sqrt(value * (1 - value) / n)
    behind = given if isinstance(given, Parameter) else None
    status = "derived" if behind is None else weakest_status(["derived", behind.status])
    source = NOTHING if behind is None else Text.same(behind.source)
    return _UncertainNumber(value, found, math.inf, math.nan if n is None else float(n), status, source)


def _from_estimates(name: str, given: Estimates, error: float | None, n: int | None) -> _UncertainNumber:
    if len(given) != 1:
        raise OptionError(
            f"`{name}` has {len(given)} rows of estimates, and one number is needed.",
            "",
            "Write one of the rows, as in `estimates.rows([0])`.",
        )
    if error is not None or n is not None:
        raise OptionError(
            f"An error was given beside the estimates of `{name}`.",
            "Estimates bring their own standard error.",
            f"Leave out `{name}_error` and `{name}_n`.",
        )
    row, record = given.frame.iloc[0], given.provenance
    found = float(row["std_error"])
    df = float(row["df"])
    return _UncertainNumber(
        value=float(row["estimate"]),
        error=0.0 if name == "count" and math.isnan(found) else found,
        df=math.inf if math.isnan(df) else df,
        n=float(row["n"]),
        status=record.status,
        source=record.source,
        flag=str(row["flag"] or ""),
        synthetic=record.synthetic,
        indicative=record.indicative,
        missing=record.missing,
    )


def _is_number(given: object) -> bool:
    try:
        float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _check(many: _UncertainNumber, part: _UncertainNumber) -> None:
    if not 0 < many.value < LARGEST:
        raise OptionError(
            f"`count={many.value:g}` is not a number of persons above 0 and below {LARGEST:g}.",
            "",
            "Write how many persons the register counts.",
        )
    if not 0 <= part.value <= 1:
        percent = 1 < part.value <= 100
        raise OptionError(
            f"`share={part.value:g}` is not between 0 and 1.",
            "It looks like a percentage." if percent else "",
            f"Write {part.value / 100:g}." if percent else "Write a number above 0, and below 1.",
        )
    if part.value > 0 and not max(many.value, many.error, many.value * part.error) / part.value < LARGEST:
        raise MisleadingError(
            f"A share of {part.value:g} and a count of {many.value:,.0f} make more persons than there can be.",
            "",
            "Check the share, its error and the count.",
        )
    if part.value in (0, 1):
        found = (
            "No respondent is in the register, so that the survey sets no upper limit."
            if part.value == 0
            else "Every respondent is in the register, as where they were drawn from it."
        )
        raise MisleadingError(
            f"`share={part.value:g}` gives no size.",
            found,
            f"Write that there are at least {many.value:,.0f} persons, or a survey of the whole population.",
        )
