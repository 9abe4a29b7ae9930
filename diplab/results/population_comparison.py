"""Shares of respondents beside a share of the population, and of whom both are shares."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from diplab.errors import BaseMissingError, MisleadingError, OptionError, one_of
from diplab.microdata.codebook import Codebook
from diplab.reference.display import as_html
from diplab.reference.text import NOTHING, Text
from diplab.results.provenance import STATUSES

if TYPE_CHECKING:
    import pandas as pd

    from diplab.reference.parameter import Parameter
    from diplab.results.provenance import Provenance

__all__ = ["Coverage", "PopulationComparison", "PopulationFigure"]


@dataclass(frozen=True, eq=False, repr=False)
class PopulationComparison:
    """How shares of respondents differ from one of the population.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a share: what it is (`statistic`, `variable`, `category` and domains), `estimate`, `std_error`,
        `ci_low`, `ci_high`, `reference`, `difference`, `difference_std_error`, `difference_low`, `difference_high`,
        `ratio`, `ratio_std_error`, `ratio_low`, `ratio_high`, `p_value`, `n`, `verdict`
        (`above`, `below`, `not told apart`; for a published share `above, without error`...).
    reference : PopulationFigure
        The share of the population.
    coverage : Coverage
        Of the shares of respondents.
    provenance : Provenance
        Rules in force, base, sources, status.
    by : tuple of str
        Domain variables.
    codebook : Codebook
        What the variables mean.
    """

    frame: pd.DataFrame
    reference: PopulationFigure
    coverage: Coverage
    provenance: Provenance
    by: tuple[str, ...] = ()
    codebook: Codebook = field(default_factory=Codebook)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        columns = [
            "estimate",
            "reference",
            "difference",
            "difference_std_error",
            "ratio",
            "ratio_std_error",
            "verdict",
        ]
        named = [name for name in ("category", *self.by) if (self.frame[name] != "").any()]
        return self.frame[[*named, *columns]].to_string(
            index=False, float_format=lambda value: f"{value:.6g}"
        )

    def _repr_html_(self) -> str:
        return as_html(self)


PEOPLE = {
    "all": Text("toutes les personnes", "all persons"),
    "employed": Text("personnes en emploi", "the employed"),
    "employees": Text("salariés", "employees"),
    "permanent": Text("titulaires d’un CDI", "holders of a permanent contract"),
    "unemployed": Text("chômeurs", "the unemployed"),
    "active": Text("actifs", "the labour force"),
}
"""Of whom a share may be, with their words."""


@dataclass(frozen=True)
class Coverage:
    """Of whom a share is a share: ages, base, who is left out, year, and what makes the definition.

    Parameters
    ----------
    year : int
        To which the number refers.
    of : {"all", "employed", "employees", "permanent", "unemployed", "active"}
        The denominator.
    ages : (int, int) or None
        First and last age, both inside; None where no age is told.
    excluded : str or tuple of str
        Who is left out, as `"students"`.
    fraction : float or None
        For a poverty rate, the fraction of the median that makes the line.
    definition : str
        For a diploma or another boundary, its words (`"above bac+2"`).

    Raises
    ------
    OptionError
        Where a part cannot be one.

    Examples
    --------
    >>> Coverage(2018, ages=(15, 64), excluded="students").excluded
    ('students',)
    """

    year: int
    of: str = "all"
    ages: tuple[int, int] | None = None
    excluded: str | tuple[str, ...] = ()
    fraction: float | None = None
    definition: str = ""

    def __post_init__(self) -> None:
        if self.of not in PEOPLE:
            raise one_of("`of` of a coverage", self.of, PEOPLE)
        several = (self.excluded,) if isinstance(self.excluded, str) else tuple(self.excluded)
        object.__setattr__(
            self, "excluded", tuple(sorted({each.strip().casefold() for each in several if each.strip()}))
        )
        if isinstance(self.year, bool) or not isinstance(self.year, int) or not 1800 <= self.year <= 2200:
            raise self._wrong("year", self.year, "It is a year in four digits.", "year=2018")
        if self.ages is not None:
            ages = tuple(self.ages)
            whole = all(isinstance(each, int) and not isinstance(each, bool) for each in ages)
            if len(ages) != 2 or not whole or not 0 <= ages[0] <= ages[1]:
                raise self._wrong("ages", self.ages, "They are a first and a last age.", "ages=(15, 64)")
            object.__setattr__(self, "ages", ages)
        fraction = self.fraction
        if fraction is not None and not (isinstance(fraction, int | float) and 0 < fraction < 1):
            raise self._wrong(
                "fraction", fraction, "It is a fraction of the median, between 0 and 1.", "fraction=0.6"
            )

    @staticmethod
    def _wrong(name: str, value: object, found: str, write: str) -> OptionError:
        return OptionError(
            f"`{name}` of a coverage was given as {value!r}.", found, f"Write for example `{write}`."
        )

    def in_words(self) -> Text:
        """Return the coverage in words, in both languages."""
        of = PEOPLE[self.of]
        french, english = [of.fr], [of.en]
        if self.ages is not None:
            french.append(f"de {self.ages[0]} à {self.ages[1]} ans")
            english.append(f"aged {self.ages[0]} to {self.ages[1]}")
        heads = " ".join(french), " ".join(english)
        parts_fr, parts_en = [heads[0]], [heads[1]]
        for name in self.excluded:
            left_out = _LEFT_OUT.get(name, Text.same(name))
            parts_fr.append(f"sans {left_out.fr}")
            parts_en.append(f"without {left_out.en}")
        if self.fraction is not None:
            parts_fr.append(f"seuil à {100 * self.fraction:g} % de la médiane")
            parts_en.append(f"line at {100 * self.fraction:g}% of the median")
        if self.definition:
            parts_fr.append(self.definition)
            parts_en.append(self.definition)
        return Text(", ".join([*parts_fr, str(self.year)]), ", ".join([*parts_en, str(self.year)]))


_LEFT_OUT = {
    "students": Text("les étudiants", "students"),
    "apprentices": Text("les apprentis", "apprentices"),
    "student households": Text("les ménages étudiants", "student households"),
}


_COVERED = {
    "full_time_share": {"of": "employed"},
    "part_time_share": {"of": "employed"},
    "part_time_share_of_employees": {"of": "employees", "excluded": "apprentices"},
    "open_ended_share": {"of": "employed"},
    "open_ended_share_of_employees": {"of": "employees"},
    "self_employed_share": {"of": "employed"},
    "inactive_share_15_64": {"ages": (15, 64)},
    "inactive_share_25_49": {"ages": (25, 49)},
    "poverty_rate_50": {"excluded": "students", "fraction": 0.5},
    "poverty_rate_60": {"excluded": "students", "fraction": 0.6},
    "diploma_two_years_share": {"ages": (25, 64), "definition": "bac+2"},
    "diploma_over_two_years_share": {"ages": (25, 64), "definition": "above bac+2"},
}
"""What the notes of dated series say of their coverage."""


@dataclass(frozen=True)
class PopulationFigure:
    """A dated share of the population, with all that a comparison needs to know of it.

    Parameters
    ----------
    value : float
        The share, between 0 and 1.
    coverage : Coverage
        Of whom, and when.
    label : Text
        What it is the share of people who.
    source : Text
        The document it was read in.
    status : str
        What stands behind it.
    std_error : float
        Its own sampling error; 0 where it is taken as known.

    Raises
    ------
    BaseMissingError
        Where no source is given.
    OptionError
        Where the value is no share, or its error is negative.

    Examples
    --------
    >>> from diplab.reference.parameter import parameter
    >>> rate = PopulationFigure.from_parameter(parameter("poverty_rate_50", 2016))
    >>> rate.value, rate.coverage.excluded, rate.coverage.fraction
    (0.08, ('students',), 0.5)
    """

    value: float
    coverage: Coverage
    label: Text = NOTHING
    source: Text = NOTHING
    status: str = "published"
    std_error: float = 0.0

    def __post_init__(self) -> None:
        asked = f"A figure of the population was given the value {self.value!r}."
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not number or not 0 <= self.value <= 1:
            hint = f"{self.value / 100:g}" if number and 1 < self.value <= 100 else "0.08"
            raise OptionError(asked, "A share lies between 0 and 1.", f"Write for example `{hint}`.")
        if not isinstance(self.std_error, int | float) or not 0 <= self.std_error < math.inf:
            raise OptionError(
                asked,
                f"Its standard error is {self.std_error!r}.",
                "Write 0 where it is taken as known, or its error.",
            )
        if not isinstance(self.coverage, Coverage):
            raise OptionError(
                asked,
                "It does not say of whom it is a share.",
                "Write `coverage=dl.Coverage(2018, ages=(15, 64))`.",
            )
        if not self.source:
            raise BaseMissingError(
                asked, "It has no source, so it cannot be checked.", "Write its `source` as a `dl.Text`."
            )
        if self.status not in STATUSES:
            raise one_of("`status`", self.status, STATUSES)

    @classmethod
    def from_parameter(cls, dated: Parameter, coverage: Coverage | None = None) -> PopulationFigure:
        """Return a dated parameter as a figure of the population.

        Parameters
        ----------
        dated : Parameter
            From `parameter("inactive_share_15_64", 2018)`.
        coverage : Coverage, optional
            Of series whose coverage diplab does not know.

        Raises
        ------
        MisleadingError
            Where the coverage of the series is known neither by diplab nor by you.
        """
        if coverage is None and dated.name not in _COVERED:
            raise MisleadingError(
                f"The parameter `{dated.name}` was to be compared with.",
                "Its ages, its base and whom it leaves out are not written down.",
                "Write `dl.PopulationFigure.from_parameter(..., coverage=dl.Coverage(2018, ages=(15, 64)))`.",
            )
        year = dated.since.year
        held = Coverage(year) if coverage is not None else replace(Coverage(year), **_COVERED[dated.name])  # type: ignore[arg-type]
        page = f", {dated.page}" if dated.page else ""
        return cls(
            dated.value, coverage or held, dated.label, Text.same(f"{dated.source}{page}"), dated.status
        )
