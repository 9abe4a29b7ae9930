"""Survey planning: sample size for a precision, and precision of a sample. See docs/formulas.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from diplab.checks import (
    check_confidence,
    check_number,
    check_one_of,
    check_proportion,
    check_whole_number,
)
from diplab.errors import OptionError
from diplab.results.plan import OF_SHARES, OF_TWO_GROUPS, Plan, PlanKind


@dataclass(frozen=True)
class Groups:
    """One group or two of equal size, each of a finite population if known, and a level."""

    # variance of a person, summed over the groups: under the null hypothesis, and as expected
    null_variance: float
    variance: float
    confidence: float
    deff: float = 1.0
    population: float = math.inf

    def respondents(self, margin: float) -> float:
        """Return n0 / (1 + n0 / N), n0 = deff z^2 S^2 / margin^2, for a margin (Cochran 1977)."""
        return self._of_population(self.deff * self._z**2 * self.variance / margin**2)

    def half_width(self, n: float) -> float:
        """Return the margin that respondents give: z sqrt(deff S^2 (1 / n - 1 / N))."""
        return self._z * math.sqrt(self.deff * self.variance * (1 / n - 1 / self.population))

    def respondents_for_power(self, difference: float, power: float) -> float:
        """Return n of each of two groups to detect a difference with a power (two-sided test)."""
        # n0 = deff (z_a S_0 + z_b S_1)^2 / difference^2 with z_a of the confidence and z_b of the
        # power; S_0^2 is the variance under the null hypothesis, S_1^2 the expected one (Fleiss
        # 1981, ch. 3, without continuity correction)
        z_power = float(special.ndtri(power))
        detectable = self._z * math.sqrt(self.null_variance) + z_power * math.sqrt(self.variance)
        return self._of_population(self.deff * (detectable / difference) ** 2)

    def power(self, n: float, difference: float) -> float:
        """Return the power that respondents in each of two groups give: the reverse."""
        per_variance = self.deff * (1 / n - 1 / self.population)
        if per_variance <= 0:
            return 1.0
        beyond = abs(difference) / math.sqrt(per_variance)
        beyond -= self._z * math.sqrt(self.null_variance)
        return float(special.ndtr(beyond / math.sqrt(self.variance)))

    @property
    def _z(self) -> float:
        return float(special.ndtri(0.5 + self.confidence / 2))

    def _of_population(self, needed: float) -> float:
        return needed / (1 + needed / self.population)


def sample_size(
    kind: str,
    *,
    margin: float | None = None,
    power: float | None = None,
    share: float | tuple[float, float] | None = None,
    spread: float | tuple[float, float] | None = None,
    difference: float | None = None,
    confidence: float = 0.95,
    deff: float = 1.0,
    population: int | None = None,
    response_rate: float = 1.0,
) -> Plan:
    """Return the sample size to estimate a number within a margin, or to detect a difference.

    Parameters
    ----------
    kind : {"share", "mean", "share_difference", "mean_difference"}
        What is to be estimated; a difference is between two groups of as many respondents.
    margin : float, optional
        Half the width of the interval, in the unit of the variable: 0.03 is three points of a
        share.
    power : float, optional
        For a difference, in place of `margin`: the chance to detect it (two-sided test).
    share : float or two floats
        For shares: what is expected; 0.5, the most demanding, by default. Two for a difference.
    spread : float or two floats
        For means: the standard deviation of the variable, one for both groups or one each.
    difference : float, optional
        For a difference of means that is to be detected.
    confidence : float
        Level of the interval, one minus the risk of the test.
    deff : float
        Design effect: variance over that of a simple random sample without replacement of as many
        people.
    population : int, optional
        People in the population, in each group for a difference; None where they are very many.
    response_rate : float
        Share of those who are contacted that will answer.

    Returns
    -------
    Plan
        `.n`, `.margin`, `.contacts`, `.frame` and `.sentence("fr")`. With S^2 the variance p (1 -
        p) N / (N - 1) of a share or the squared spread of a mean, summed over the groups, n0 = deff
        z^2 S^2 / margin^2 and n = n0 / (1 + n0 / N) (Cochran 1977, ch. 4; Kish 1965, section 8.2
        for the design effect). With power, n0 = deff (z_a S_0 + z_b S_1)^2 / difference^2, S_0 for
        groups that are alike (Fleiss 1981, ch. 3, without continuity correction). Normal quantiles;
        n is rounded up.

    Raises
    ------
    OptionError
        Where an option is missing, not for this kind, or out of its range, or more people would
        have to be contacted than there are.

    Examples
    --------
    >>> import diplab as dl
    >>> dl.planning.sample_size("share", margin=0.05).n
    385
    >>> dl.planning.sample_size("share", margin=0.05, population=1000).n
    278
    >>> dl.planning.sample_size("share_difference", share=(0.5, 0.4), power=0.8).n
    388
    """
    expected = _expected(kind, share, spread)
    level, effect, known, rate = _check_design(confidence, deff, population, response_rate)
    groups = _groups(kind, expected, level, effect, known)
    if power is None:
        if difference is not None:
            raise _precision_missing(kind, "`difference` needs `power`, which is missing.")
        if margin is None:
            raise _precision_missing(kind, "`sample_size` needs the precision required.")
        if kind in OF_SHARES:
            check_proportion("margin", margin, example=0.03)
        else:
            check_number("margin", margin, above=0, example=10)
        needed = groups.respondents(float(margin))
    else:
        difference = _to_detect(kind, expected, difference)
        if margin is not None:
            raise _precision_missing(
                kind, "`margin` and `power` are both given, and each determines the size alone."
            )
        power = check_proportion("power", power, example=0.8)
        needed = groups.respondents_for_power(difference, power)
    # what is left of rounding does not take one more respondent
    n = max(1, math.ceil(needed - 1e-9))
    width = groups.half_width(n) if margin is None else float(margin)
    plan = Plan(kind, n, width, level, expected, difference, power, effect, known, rate)
    contacts, where = plan.contacts // plan.groups, " in each group" if plan.groups == 2 else ""
    if known is not None and contacts > known:
        raise OptionError(
            f"`population={known}` has fewer people than would have to be contacted.",
            f"{plan.n:,} respondents{where} at a response rate of {plan.response_rate:.3g} take "
            f"{contacts:,}.",
            f"Write a {'wider margin' if power is None else 'lower power'}, or a `response_rate` "
            "of at least "
            f"{math.ceil(1000 * plan.n / known) / 1000:g}.",
        )
    return plan


def expected_precision(
    kind: str,
    n: int,
    *,
    share: float | tuple[float, float] | None = None,
    spread: float | tuple[float, float] | None = None,
    difference: float | None = None,
    confidence: float = 0.95,
    deff: float = 1.0,
    population: int | None = None,
) -> Plan:
    """Say what margin to expect of a number of respondents, and what chance to detect a difference.

    Parameters
    ----------
    kind : {"share", "mean", "share_difference", "mean_difference"}
        What is to be estimated.
    n : int
        Respondents, in each group for a difference.
    share, spread, confidence, deff, population
        As in `sample_size`.
    difference : float, optional
        For means: the difference to detect, for its power. Of two different shares it is known.

    Returns
    -------
    Plan
        `.margin` is z sqrt(deff S^2 (1 / n - 1 / N)) (Cochran 1977, ch. 4), `.power` that of a
        two-sided test (Fleiss 1981, ch. 3), None where no difference is given.

    Raises
    ------
    OptionError
        Where an option is missing, not for this kind, or out of its range.

    Examples
    --------
    >>> import diplab as dl
    >>> round(dl.planning.expected_precision("share", 1068).margin, 4)
    0.03
    >>> print(dl.planning.expected_precision("mean", 400, spread=10, deff=1.5).sentence("en"))
    400 respondents to know a mean within ±1.2 (standard deviation 10), with 95% confidence
    (design effect 1.5).
    """
    expected = _expected(kind, share, spread)
    level, effect, known, _ = _check_design(confidence, deff, population, 1.0)
    n = check_whole_number("n", n, low=1, high=known, example=400)
    groups, power = _groups(kind, expected, level, effect, known), None
    if (kind == "share_difference" and expected[0] != expected[1]) or difference is not None:
        difference = _to_detect(kind, expected, difference)
        power = groups.power(n, difference)
    return Plan(kind, n, groups.half_width(n), level, expected, difference, power, effect, known)


def _expected(kind: str, share: Any, spread: Any) -> tuple[float, ...]:
    """Return the shares, or the standard deviations, that are expected."""
    check_one_of("kind", kind, PlanKind)
    given = {"share": share, "spread": spread}
    name, foreign = "spread", "share"
    if kind in OF_SHARES:
        name, foreign = "share", "spread"
    groups = 2 if kind in OF_TWO_GROUPS else 1
    if given[foreign] is not None:
        raise OptionError(
            f"`{foreign}` applies to {'means' if foreign == 'spread' else 'shares'}, and "
            f"`kind={kind!r}`.",
            write=f"Leave it out, and write `{name}=` where you know it.",
        )
    expected = 0.5 if given[name] is None else given[name]
    if name == "spread" and spread is None:
        raise OptionError(
            f"`kind={kind!r}` needs the standard deviation of the variable.",
            write="Write `spread=`, for example that of an earlier survey.",
        )
    values = (
        tuple(expected)
        if isinstance(expected, tuple | list | np.ndarray) and np.ndim(expected)
        else (expected,)
    )
    if not 1 <= len(values) <= groups:
        raise OptionError(
            f"`{name}` has {len(values)} numbers, for {groups} group{'s' * (groups > 1)}.",
            write="Write one number, or two for a difference: "
            f"`{name}=({'0.5, 0.4' if name == 'share' else '10, 12'})`.",
        )
    if name == "share":
        numbers = tuple(check_proportion(name, value) for value in values)
    else:
        numbers = tuple(check_number(name, value, above=0, example=10) for value in values)
    return numbers * groups if len(numbers) == 1 else numbers


def _groups(
    kind: str, expected: tuple[float, ...], level: float, deff: float, population: int | None
) -> Groups:
    """Return the groups of a plan: of a share, a person has the variance p (1 - p) N / (N - 1)."""
    people = math.inf if population is None else float(population)
    if kind not in OF_SHARES:
        null = expected_variance = sum(value**2 for value in expected)
    else:
        factor, middle = (
            1.0 if math.isinf(people) else people / (people - 1),
            sum(expected) / len(expected),
        )
        null = len(expected) * (middle * (1 - middle) * factor)
        expected_variance = sum(value * (1 - value) * factor for value in expected)
    return Groups(null, expected_variance, level, deff, people)


def _to_detect(kind: str, expected: tuple[float, ...], difference: float | None) -> float:
    """Return the difference to detect: that of two shares, or the one given for means."""
    if kind not in OF_TWO_GROUPS:
        raise OptionError(
            f"`power` is that of detecting a difference, and `kind={kind!r}` has none.",
            write=f"Write `{kind}_difference`, or `margin=` in place of a power.",
        )
    if kind == "share_difference":
        if difference is not None or expected[0] == expected[1]:
            raise OptionError(
                "`share` does not state the difference to detect."
                if difference is None
                else "`difference` applies to means: for shares it lies between the two numbers of "
                "`share`.",
                write="Write the two shares, for example `share=(0.5, 0.4)`.",
            )
        return abs(expected[0] - expected[1])
    if difference is None:
        raise OptionError(
            f"`kind={kind!r}` needs the difference to detect.",
            write="Write for example `difference=5`.",
        )
    return check_number("difference", difference, above=0, example=10)


def _precision_missing(kind: str, wrong: str) -> OptionError:
    margin = "margin=0.03" if kind in OF_SHARES else "margin=2"
    or_power = " or `power=0.8`, one of them" if kind in OF_TWO_GROUPS else ""
    return OptionError(wrong, write=f"Write for example `{margin}`{or_power}.")


def _check_design(
    confidence: float, deff: float, population: int | None, response_rate: float
) -> tuple[float, float, int | None, float]:
    """Return the numbers that every plan has, checked."""
    return (
        check_confidence(confidence),
        check_number("deff", deff, above=0, example=1.5),
        None
        if population is None
        else check_whole_number("population", population, low=2, example=1000),
        1.0 if response_rate == 1 else check_proportion("response_rate", response_rate),
    )
