"""A plan: how many respondents, for which precision, and the sentence that says so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from diplab.reference.display import as_html
from diplab.reference.text import NOTHING, Language, Words

if TYPE_CHECKING:
    import pandas as pd


NB = "\N{NO-BREAK SPACE}"
WORDS = Words("diplab.results")


@dataclass(frozen=True, repr=False)
class Plan:
    r"""How many respondents for which precision, before a survey.

    Parameters
    ----------
    kind : str
        `share`, `mean`, `share_difference` or `mean_difference`.
    n : int
        Respondents, in each group for a difference.
    margin : float
        Half the width of the interval, in the unit of the variable (0.03 is three points of a share).
    confidence : float
        Level of the interval.
    expected : tuple of float
        The share expected (two for a difference); for means, the standard deviation of the variable (two likewise).
    difference : float or None
        Between two groups, where it is to be detected.
    power : float or None
        Chance to detect it.
    deff : float
        Design effect.
    population : int or None
        People, in each group for a difference.
    response_rate : float
        Share of those who are contacted that will answer.

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
        """Groups that are surveyed: two for a difference."""
        return 2 if self.kind.endswith("difference") else 1

    @property
    def contacts(self) -> int:
        """People to contact, over all groups."""
        return self.groups * math.ceil(self.n / self.response_rate - 1e-9)

    @property
    def frame(self) -> pd.DataFrame:
        """The plan as a table of one row."""
        import pandas as pd

        first, *second = self.expected
        row = {
            "kind": self.kind, "n": self.n, "groups": self.groups, "contacts": self.contacts, "margin": self.margin,
            "confidence": self.confidence, "expected": first, "expected_second": second[0] if second else math.nan,
            "difference": self.difference, "power": self.power, "deff": self.deff, "population": self.population,
            "response_rate": self.response_rate,
        }  # fmt: skip
        return pd.DataFrame([{name: math.nan if value is None else value for name, value in row.items()}])

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
        share = self.kind.startswith("share")
        values = [_percent(value, language) if share else _number(value, language, 2) for value in self.expected]
        goal = WORDS(
            f"plan_to_{'detect' if self.difference is not None else 'know'}.{self.kind}",
            values=WORDS("plan.and").in_(language).join(dict.fromkeys(values)),
            within=_points(self.margin, language) if share else _number(self.margin, language, 2),
            gap="" if self.difference is None else _number(self.difference, language, 2),
        )
        level = _percent(self.confidence, language)
        certainty = WORDS("plan.confidence", level=level)
        if self.power is not None:
            certainty = WORDS("plan.power", power=_percent(self.power, language), level=level)
        circumstances = []
        if self.deff != 1:
            circumstances.append(WORDS("plan.design_effect", effect=_number(self.deff, language, 2)))
        if self.population is not None:
            circumstances.append(WORDS("plan.population", people=_number(self.population, language, 0)))
        of = f" ({', '.join(each.in_(language) for each in circumstances)})" if circumstances else ""
        contacts = NOTHING
        if self.response_rate != 1:
            people, rate = _number(self.contacts, language, 0), _percent(self.response_rate, language)
            contacts = WORDS("plan.contacts", people=people, rate=rate)
        respondents = WORDS("plan.respondents_in_each_group" if self.groups == 2 else "plan.respondents")
        who, body, sure, last = (each.in_(language) for each in (respondents, goal, certainty, contacts))
        return f"{_number(self.n, language, 0)} {who} {body}{sure}{of}{last}."

    def __repr__(self) -> str:
        # to be read on a screen, where no line breaks a number
        sentence = self.sentence("en").replace(NB, " ")
        return f"{sentence}\nn = {self.n}, contacts = {self.contacts}"

    def _repr_html_(self) -> str:
        return as_html(self)


def _number(value: float, language: Language, decimals: int) -> str:
    """Return a number rounded half up, without idle zeros, with the marks of the language."""
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, rest = f"{exact:,f}".partition(".")
    rest = rest.rstrip("0")
    thousands, mark = ("\N{NARROW NO-BREAK SPACE}", ",") if language == "fr" else (",", ".")
    return whole.replace(",", thousands) + (mark + rest if rest else "")


def _percent(share: float, language: Language) -> str:
    # a share times one hundred is read with the digits that were written: 0.07 is 7, not 7.000000000000001
    shown = _number(round(share * 100, 9), language, 1)
    return f"{shown}{NB}%" if language == "fr" else f"{shown}%"


def _points(share: float, language: Language) -> str:
    size = round(share * 100, 9)
    one = size < 2 if language == "fr" else _number(size, language, 1) == "1"
    return f"{_number(size, language, 1)}{NB}point{'' if one else 's'}"
