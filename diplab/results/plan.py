"""Sampling plans: numbers of respondents for a precision, as numbers and as a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeAlias

import pandas as pd

from diplab.reference.display import Displayed
from diplab.reference.parameter import figure_in_words
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text, Words

WORDS = Words("diplab.results")
PlanKind: TypeAlias = Literal["share", "mean", "share_difference", "mean_difference"]
OF_SHARES = ("share", "share_difference")
OF_TWO_GROUPS = ("share_difference", "mean_difference")


@dataclass(frozen=True, repr=False)
class Plan(Displayed):
    r"""The number of respondents required for a precision, before a survey.

    Parameters
    ----------
    kind : str
        `share`, `mean`, `share_difference` or `mean_difference`.
    n : int
        Respondents, in each group for a difference.
    margin : float
        Half the width of the interval, in the unit of the variable (0.03 is three points of a
        share).
    confidence : float
        Level of the interval.
    expected : tuple of float
        The expected share (two for a difference); for means, the standard deviation of the variable
        (two for a difference).
    difference : float or None
        Difference between two groups to detect.
    power : float or None
        Probability of detecting it.
    deff : float
        Design effect.
    population : int or None
        Size of the population, of each group for a difference.
    response_rate : float
        Expected share of respondents among people contacted.

    Examples
    --------
    >>> plan = Plan("share", 1068, 0.03, 0.95, (0.5,), response_rate=0.5)
    >>> plan.contacts
    2136
    >>> plan
    1,068 respondents to know a share of 50% within ±3 points, with 95% confidence;
    2,136 people to contact if 50% answer.
    n = 1068, contacts = 2136
    """

    kind: str
    n: int
    margin: float
    confidence: float
    expected: tuple[float, ...]
    difference: float | None = None
    power: float | None = None
    deff: float = 1.0
    population: int | None = None
    response_rate: float = 1.0

    @property
    def groups(self) -> int:
        """Number of groups surveyed: two for a difference."""
        return 2 if self.kind in OF_TWO_GROUPS else 1

    @property
    def of_shares(self) -> bool:
        """Whether it is for a share, or for the difference of two."""
        return self.kind in OF_SHARES

    @property
    def contacts(self) -> int:
        """People to contact, over all groups."""
        return self.groups * math.ceil(self.n / self.response_rate - 1e-9)

    @property
    def frame(self) -> pd.DataFrame:
        """The plan as a table of one row."""
        first, *second = self.expected
        row = {
            "kind": self.kind, "n": self.n, "groups": self.groups, "contacts": self.contacts,
            "margin": self.margin, "confidence": self.confidence, "expected": first,
            "expected_second": second[0] if second else math.nan, "difference": self.difference,
            "power": self.power, "deff": self.deff, "population": self.population,
            "response_rate": self.response_rate,
        }  # fmt: skip
        return pd.DataFrame(
            [{name: math.nan if value is None else value for name, value in row.items()}]
        )

    def sentence(self, language: Language) -> str:
        """Return the plan as a sentence.

        Parameters
        ----------
        language : {"fr", "en"}
            Language of the reader.

        Raises
        ------
        OptionError
            For another language.
        """
        values, width = dict.fromkeys(map(_number, self.expected)), _number(self.margin)
        if self.of_shares:
            values, width = dict.fromkeys(map(_percent, self.expected)), _points(self.margin)
        goal = WORDS(
            f"plan_to_{'detect' if self.difference is not None else 'know'}.{self.kind}",
            values=WORDS("plan.and").in_(language).join(value.in_(language) for value in values),
            within=width,
            gap="" if self.difference is None else _number(self.difference),
        )
        level = _percent(self.confidence)
        certainty = WORDS("plan.confidence", level=level)
        if self.power is not None:
            certainty = WORDS("plan.power", power=_percent(self.power), level=level)
        circumstances = []
        if self.deff != 1:
            circumstances.append(WORDS("plan.design_effect", effect=_number(self.deff)))
        if self.population is not None:
            circumstances.append(WORDS("plan.population", people=_number(self.population, 0)))
        of = ", ".join(circumstance.in_(language) for circumstance in circumstances)
        if of:
            of = f" ({of})"
        contacts = NOTHING
        if self.response_rate != 1:
            contacts = WORDS(
                "plan.contacts", people=_number(self.contacts, 0), rate=_percent(self.response_rate)
            )
        respondents = WORDS(
            "plan.respondents_in_each_group" if self.groups == 2 else "plan.respondents"
        )
        parts = (_number(self.n, 0), respondents, goal, certainty, contacts)
        n, who, body, sure, last = (part.in_(language) for part in parts)
        return f"{n} {who} {body}{sure}{of}{last}."

    def __repr__(self) -> str:
        # for a screen, where lines do not break numbers
        sentence = self.sentence("en").replace(NO_BREAK, " ")
        return f"{sentence}\nn = {self.n}, contacts = {self.contacts}"


def _number(value: float, decimals: int = 2) -> Text:
    """Return a number rounded half up, without trailing zeros, in each language."""
    return figure_in_words(
        float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
    )


def _percent(share: float) -> Text:
    # a percentage has the digits of the share as written: 0.07 is 7, not 7.000000000000001
    shown = _number(round(share * 100, 9), 1)
    return Text(f"{shown.fr}{NO_BREAK}%", f"{shown.en}%")


def _points(share: float) -> Text:
    size = round(share * 100, 9)
    shown = _number(size, 1)
    french, english = "point" if size < 2 else "points", "point" if shown.en == "1" else "points"
    return Text(f"{shown.fr}{NO_BREAK}{french}", f"{shown.en}{NO_BREAK}{english}")
