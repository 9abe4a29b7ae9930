"""Planning a survey: the sample size for a precision, and the precision of a sample size."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

from diplab.errors import OptionError, one_of
from diplab.kernel.sample_size import half_width, power_of, respondents, respondents_for_power, share_variance
from diplab.results.plan import Plan

__all__ = ["expected_precision", "sample_size"]


def plain_numbers(
    confidence: float, deff: float, population: int | None, response_rate: float, asked: str
) -> tuple[float, float, int | None, float]:
    """Return the numbers of any plan, checked, as those of Python."""
    check_share(confidence, "confidence", asked)
    check_positive(deff, "deff", asked)
    if population is not None and not (is_whole(population) and population >= 2):
        raise OptionError(
            asked,
            f"`population` was given as {population!r}, and is to be a whole number, at least 2.",
            "Write for example `population=1000`, or leave it out where people are very many.",
        )
    if response_rate != 1:
        check_share(response_rate, "response_rate", asked)
    people = None if population is None else int(population)
    return float(confidence), float(deff), people, float(response_rate)


def check_contacts(plan: Plan, asked: str) -> None:
    """Refuse a plan that has more people contacted than there are."""
    each, where = plan.contacts // plan.groups, " in each group" if plan.groups == 2 else ""
    if plan.population is not None and each > plan.population:
        raise OptionError(
            asked,
            f"{plan.n:,} respondents{where} at a response rate of {plan.response_rate:.3g} take {each:,} people to "
            f"contact, and the population has {plan.population:,}.",
            f"Write a {'wider margin' if plan.power is None else 'lower power'}, or a `response_rate` of at least "
            f"{math.ceil(1000 * plan.n / plan.population) / 1000:g}.",
        )


def is_whole(value: object) -> bool:
    """Return whether it is a whole number, of Python or of numpy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def check_share(value: Any, name: str, asked: str) -> None:
    """Refuse what is no number between 0 and 1."""
    if not _number(value) or not 0 < value < 1:
        raise OptionError(
            asked,
            f"`{name}` was given as {value!r}, and is to lie between 0 and 1.",
            f"Write for example `{name}={ {'margin': 0.03, 'confidence': 0.95, 'power': 0.8}.get(name, 0.5) }`.",
        )


def check_positive(value: Any, name: str, asked: str) -> None:
    """Refuse what is no number above 0."""
    if not _number(value) or not 0 < value < math.inf:
        raise OptionError(
            asked,
            f"`{name}` was given as {value!r}, and is to be above 0.",
            f"Write for example `{name}={1.5 if name == 'deff' else 10}`.",
        )


KINDS = ("share", "mean", "share_difference", "mean_difference")


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
    """Say how many respondents it takes to know a number within a margin, or to detect a difference.

    Parameters
    ----------
    kind : {"share", "mean", "share_difference", "mean_difference"}
        What is to be estimated; a difference is between two groups of as many respondents.
    margin : float, optional
        Half the width of the interval, in the unit of the variable: 0.03 is three points of a share.
    power : float, optional
        For a difference, in place of `margin`: the chance to detect it (two-sided test).
    share : float or two floats
        For shares: what is expected; 0.5, the most demanding, unless told. Two for a difference.
    spread : float or two floats
        For means: the standard deviation of the variable, one for both groups or one each.
    difference : float, optional
        For a difference of means that is to be detected.
    confidence : float
        Level of the interval, one minus the risk of the test.
    deff : float
        Design effect: variance over that of a simple random sample without replacement of as many people.
    population : int, optional
        People in the population, in each group for a difference; None where they are very many.
    response_rate : float
        Share of those who are contacted that will answer.

    Returns
    -------
    Plan
        `.n`, `.margin`, `.contacts`, `.frame` and `.sentence("fr")`. With S^2 the variance p (1 - p) N / (N - 1) of a
        share or the squared spread of a mean, summed over the groups, n0 = deff z^2 S^2 / margin^2 and
        n = n0 / (1 + n0 / N) (Cochran 1977, ch. 4; Kish 1965, section 8.2 for the design effect). With power,
        n0 = deff (z_a S_0 + z_b S_1)^2 / difference^2, S_0 for groups that are alike (Fleiss 1981, ch. 3, without
        continuity correction). Normal quantiles; n is rounded up.

    Raises
    ------
    OptionError
        Where an option is missing, not for this kind, or out of its range, or more people would have to be contacted
        than there are.

    Examples
    --------
    >>> import diplab as dl
    >>> dl.sample_size("share", margin=0.05).n, dl.sample_size("share", margin=0.05, population=1000).n
    (385, 278)
    >>> dl.sample_size("share_difference", share=(0.5, 0.4), power=0.8).n
    388
    """
    asked = f"A sample size for `{kind}` was asked for."
    expected = _expected(kind, share, spread, asked)
    level, effect, known, rate = plain_numbers(confidence, deff, population, response_rate, asked)
    people = math.inf if population is None else float(population)
    alike, apart = _variances(kind, expected, people)
    if power is None:
        if difference is not None:
            raise _one_way(kind, asked, "`difference` is for a power, and none was given.")
        _check_margin(margin, kind, asked)
        needed = respondents(apart, float(margin or 0), confidence, deff, people)
    else:
        difference = _to_detect(kind, expected, difference, asked)
        if margin is not None:
            raise _one_way(kind, asked, "`margin` and `power` were both given, and each decides alone.")
        check_share(power, "power", asked)
        needed = respondents_for_power(difference, alike, apart, confidence, power, deff, people)
    # what is left of rounding does not take one more respondent
    n = max(1, math.ceil(needed - 1e-9))
    width = half_width(apart, n, confidence, deff, people) if margin is None else float(margin)
    power = None if power is None else float(power)
    plan = Plan(kind, n, width, level, expected, difference, power, effect, known, rate)
    check_contacts(plan, asked)
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
        For means: a difference of which the power is wanted. Two different shares tell theirs.

    Returns
    -------
    Plan
        `.margin` is z sqrt(deff S^2 (1 / n - 1 / N)) (Cochran 1977, ch. 4), `.power` that of a two-sided test (Fleiss
        1981, ch. 3), None where no difference is given.

    Raises
    ------
    OptionError
        Where an option is missing, not for this kind, or out of its range.

    Examples
    --------
    >>> import diplab as dl
    >>> round(dl.expected_precision("share", 1068).margin, 4)
    0.03
    >>> print(dl.expected_precision("mean", 400, spread=10, deff=1.5).sentence("en"))
    400 respondents to know a mean within ±1.2 (standard deviation 10), with 95% confidence (design effect 1.5).
    """
    asked = f"The precision of `{kind}` from {n} respondents was asked for."
    expected = _expected(kind, share, spread, asked)
    level, effect, known, _ = plain_numbers(confidence, deff, population, 1.0, asked)
    people = math.inf if population is None else float(population)
    if not is_whole(n) or not 1 <= n <= people:
        most = "" if population is None else f" and at most the {population} people of the population"
        raise OptionError(
            asked, f"`n` is to be a whole number, at least 1{most}.", "Write for example `n=400`."
        )
    alike, apart = _variances(kind, expected, people)
    power = None
    if (kind == "share_difference" and expected[0] != expected[1]) or difference is not None:
        difference = _to_detect(kind, expected, difference, asked)
        power = power_of(n, difference, alike, apart, confidence, deff, people)
    width = half_width(apart, n, confidence, deff, people)
    return Plan(kind, int(n), width, level, expected, difference, power, effect, known)


def _expected(kind: str, share: Any, spread: Any, asked: str) -> tuple[float, ...]:
    """Return the shares, or the standard deviations, that are expected."""
    if kind not in KINDS:
        raise one_of("`kind`", kind, KINDS)
    own, name, other, foreign = (share, "share", spread, "spread")
    if kind.startswith("mean"):
        own, name, other, foreign = spread, "spread", share, "share"
    if other is not None:
        raise OptionError(
            asked,
            f"`{foreign}` was given, which is for {'means' if foreign == 'spread' else 'shares'}.",
            f"Leave it out, and write `{name}=` where you know it.",
        )
    given = 0.5 if own is None else own
    if kind.startswith("mean") and spread is None:
        raise OptionError(
            asked,
            "A mean needs the standard deviation of its variable, and none was given.",
            "Write `spread=`, for example that of an earlier survey.",
        )
    values = tuple(given) if isinstance(given, tuple | list | np.ndarray) and np.ndim(given) else (given,)
    if len(values) > 1 + kind.endswith("difference") or not values:
        raise OptionError(
            asked,
            f"`{name}` has {len(values)} numbers, for {1 + kind.endswith('difference')} group"
            + ("s." if kind.endswith("difference") else "."),
            f"Write one number, or two for a difference: `{name}=({'0.5, 0.4' if name == 'share' else '10, 12'})`.",
        )
    for value in values:
        if name == "share":
            check_share(value, name, asked)
        else:
            check_positive(value, name, asked)
    both = values * 2 if kind.endswith("difference") and len(values) == 1 else values
    return tuple(float(value) for value in both)


def _variances(kind: str, expected: tuple[float, ...], people: float) -> tuple[float, float]:
    """Return the variance summed over the groups, were they alike, and as they are expected."""
    if kind.startswith("mean"):
        summed = sum(value**2 for value in expected)
        return summed, summed
    apart = sum(share_variance(value, people) for value in expected)
    middle = sum(expected) / len(expected)
    return len(expected) * share_variance(middle, people), apart


def _to_detect(kind: str, expected: tuple[float, ...], difference: float | None, asked: str) -> float:
    """Return the difference to detect: that of two shares, or the one given for means."""
    if not kind.endswith("difference"):
        raise OptionError(
            asked,
            "A power is that of detecting a difference, and this kind has none.",
            f"Write `{kind}_difference`, or `margin=` in place of a power.",
        )
    if kind == "share_difference":
        if difference is not None or expected[0] == expected[1]:
            raise OptionError(
                asked,
                "The difference to detect is that of the two shares, and these do not tell one."
                if difference is None
                else "The difference to detect is that of the two shares, and `difference` was given as well.",
                "Write the two shares, for example `share=(0.5, 0.4)`.",
            )
        return abs(expected[0] - expected[1])
    if difference is None:
        raise OptionError(
            asked, "The difference to detect was not given.", "Write for example `difference=5`."
        )
    check_positive(difference, "difference", asked)
    return float(difference)


def _one_way(kind: str, asked: str, found: str) -> OptionError:
    margin = "margin=0.03" if kind.startswith("share") else "margin=2"
    if not kind.endswith("difference"):
        return OptionError(asked, found, f"Write for example `{margin}`.")
    return OptionError(asked, found, f"Write for example `{margin}` or `power=0.8`, one of them.")


def _check_margin(margin: float | None, kind: str, asked: str) -> None:
    if margin is None:
        raise _one_way(kind, asked, "No precision was given.")
    if kind.startswith("share"):
        check_share(margin, "margin", asked)
    else:
        check_positive(margin, "margin", asked)
