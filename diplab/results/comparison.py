"""Comparisons: of a rerun with published numbers, and of respondents with a population."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import pandas as pd

from diplab import checks
from diplab.errors import BaseMissingError, MisleadingError, OptionError, StudyError, suggestion
from diplab.microdata.codebook import Codebook
from diplab.reference.display import Displayed
from diplab.reference.parameter import Parameter
from diplab.reference.text import NOTHING, Language, Text, Words
from diplab.results.estimates import STATUSES, Provenance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Verdict: TypeAlias = Literal[
    "as published", "within tolerance", "our own", "differs", "error in the source",
    "rounded in the source", "base differs", "threshold not stated", "not identified", "circular",
    "by construction", "not reproducible", "not run",
]  # fmt: skip
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
RestsOn: TypeAlias = Literal[
    "respondents' rows", "published figures", "inferred inputs", "synthetic file", "nothing"
]
RESTS_ON: tuple[RestsOn, ...] = get_args(RestsOn)
"""The basis of a rerun, best first: answers of respondents; figures that others printed; inputs
deduced from the answer itself; a synthetic file; nothing, if the number cannot be computed."""

Dependence: TypeAlias = Literal["", "moved", "same here", "independent"]
DEPENDENCE: tuple[Dependence, ...] = get_args(Dependence)
"""The effect of changed assumptions on a number: none were changed; it moved; it is the same, but
moves at an end of their ranges; it does not move within their ranges."""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Displayed):
    """The published numbers of a study, compared with their rerun.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per published number: `key`, `published`, `reproduced`, `difference`, `tolerance`,
        `base`, `source`, `status`, `verdict`, `expected`, `rests_on` (one of `RESTS_ON`); then
        `label`, `unit`, `low`, `high` (interval or bounds), `reason`, `quotation` (compared with
        another printing of the same number, not rerun), `table`, `row` and `column` of a cell of a
        table, `printed` (as text), `mark` (that a withheld number gets here), `printed_way`
        (computed as the source did, where that is not right), `outcome` and `because` (which make
        the verdict), `as_declared`, `declared_low` and `declared_high` (with the assumptions of the
        study, if others are in force), and `dependence` on these (one of `DEPENDENCE`).
    study : str
        Identifier of the study.
    title : Text
        Its title.
    citation : str
        What was rerun.
    language : {"fr", "en"}
        Language of the words in the frame.
    synthetic : bool
        True if the study ran on a synthetic file.
    ran : bool
        False if the data are not available.
    why_not : Text
        Why it did not run.
    assumptions : mapping of str to (float, float)
        Changed assumptions: the declared value and the changed one.
    figures : mapping of str to chart
        The figures of the study, by name; `figure` draws one.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"key": "people", "verdict": "as published", "expected": "as published"}
    >>> Comparison(pd.DataFrame([row]), "france-2019-headcount", NOTHING, "").as_expected
    True
    """

    frame: pd.DataFrame
    study: str
    title: Text
    citation: str
    language: Language = "en"
    synthetic: bool = False
    ran: bool = True
    why_not: Text = NOTHING
    assumptions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def as_expected(self) -> bool:
        """Whether every row that was run got its expected verdict; not for changed assumptions."""
        if self.assumptions:
            return True
        run = self.frame[self.frame["verdict"] != "not run"]
        return bool((run["verdict"] == run["expected"]).all())

    def figure(self, name: str) -> Figure:
        """Return a figure of the study, in the language of the comparison.

        Parameters
        ----------
        name : str
            Name of its files in `figures/<study>/`.

        Returns
        -------
        matplotlib.figure.Figure
            The figure; `diplab.save` writes it.

        Raises
        ------
        StudyError
            Where the figure is not in the study.

        Examples
        --------
        >>> import diplab as dl
        >>> comparison = dl.reproduce("france-2019-headcount", language="fr")
        >>> comparison.figure("circles").caption.title[:13]
        'Trois cercles'
        """
        if name not in self.figures:
            raise StudyError(
                f"The study `{self.study}` has no figure `{name}`.",
                f"It has {len(self.figures)} and not that one."
                if self.figures
                else "It has no figure.",
                suggestion(name, self.figures)
                if self.figures
                else "Write `dl.chart(estimates)` to draw your own.",
            )
        drawn: Figure = self.figures[name].figure(self.language)
        return drawn

    def __repr__(self) -> str:
        numbers = self.frame[["key", "published", "reproduced", "base", "verdict"]]
        return (
            f"{self.study}: "
            f"{self.title.in_(self.language)}\n{numbers.to_string(index=False, na_rep='')}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class PopulationComparison(Displayed):
    """Shares of respondents compared with a share of the population.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per share: what it is (`statistic`, `variable`, `category` and domains), `estimate`,
        `std_error`, `ci_low`, `ci_high`, `reference`, `difference`, `difference_std_error`,
        `difference_low`, `difference_high`, `ratio`, `ratio_std_error`, `ratio_low`, `ratio_high`,
        `p_value`, `n`, `verdict` (`above`, `below`, `not told apart`; for a published share `above,
        without error`...).
    reference : PopulationFigure
        The share of the population.
    coverage : Coverage
        Of the shares of respondents.
    provenance : Provenance
        Rules in force, base, sources, status.
    by : tuple of str
        Domain variables.
    codebook : Codebook
        Metadata of the variables.
    """

    frame: pd.DataFrame
    reference: PopulationFigure
    coverage: Coverage
    provenance: Provenance
    by: tuple[str, ...] = ()
    codebook: Codebook = field(default_factory=Codebook)

    def __len__(self) -> int:
        return len(self.frame)


WORDS = Words("diplab.results")
OF_WHOM = WORDS.section("coverage_of")
Denominator: TypeAlias = Literal[
    "all", "employed", "employees", "permanent", "unemployed", "active"
]
"""The base of a share."""


@dataclass(frozen=True)
class Coverage:
    """The coverage of a share: ages, base, exclusions, year and definition.

    Parameters
    ----------
    year : int
        To which the number refers.
    of : {"all", "employed", "employees", "permanent", "unemployed", "active"}
        The denominator.
    ages : (int, int) or None
        First and last age, both included; None if there is no age limit.
    excluded : str or tuple of str
        Groups excluded, such as `"students"`.
    fraction : float or None
        For a poverty rate, the fraction of the median that makes the line.
    definition : str
        Text of another boundary, such as a diploma (`"above bac+2"`).

    Raises
    ------
    OptionError
        Where a part is not valid.

    Examples
    --------
    >>> Coverage(2018, ages=(15, 64), excluded="students").excluded
    ('students',)
    """

    year: int
    of: Denominator = "all"
    ages: tuple[int, int] | None = None
    excluded: str | tuple[str, ...] = ()
    fraction: float | None = None
    definition: str = ""

    def __post_init__(self) -> None:
        checks.check_one_of("of", self.of, Denominator)
        several = (self.excluded,) if isinstance(self.excluded, str) else tuple(self.excluded)
        object.__setattr__(
            self,
            "excluded",
            tuple(sorted({part.strip().casefold() for part in several if part.strip()})),
        )
        checks.check_whole_number("year", self.year, low=1800, high=2200, example=2018)
        if self.ages is not None:
            ages = tuple(self.ages)
            if (
                len(ages) != 2
                or not all(map(checks.is_whole_number, ages))
                or not 0 <= ages[0] <= ages[1]
            ):
                raise OptionError(
                    f"{checks.argument('ages', self.ages)} is not a first and a last age.",
                    write="Write for example `ages=(15, 64)`.",
                )
            object.__setattr__(self, "ages", ages)
        if self.fraction is not None:
            checks.check_proportion("fraction", self.fraction, example=0.6)

    def in_words(self) -> Text:
        """Return the coverage in words, in both languages."""
        texts = [OF_WHOM[self.of]]
        if self.ages is not None:
            texts = [WORDS("coverage.ages", of=texts[0], first=self.ages[0], last=self.ages[1])]
        left_out = WORDS.section("coverage_without")
        texts += [WORDS("coverage.without", who=left_out.get(name, name)) for name in self.excluded]
        if self.fraction is not None:
            texts.append(WORDS("coverage.poverty_line", percent=f"{100 * self.fraction:g}"))
        texts += [Text.same(part) for part in (self.definition, str(self.year)) if part]
        return Text(", ".join(text.fr for text in texts), ", ".join(text.en for text in texts))


_COVERED = tomllib.loads(
    files("diplab.results").joinpath("coverage.toml").read_text(encoding="utf-8")
)
"""The coverage of dated series according to their notes, as arguments of `Coverage`."""


@dataclass(frozen=True)
class PopulationFigure:
    """A dated share of the population, with the facts that a comparison needs.

    Parameters
    ----------
    value : float
        The share, between 0 and 1.
    coverage : Coverage
        Population and year.
    label : Text
        Label of the share.
    source : Text
        The document that states it.
    status : str
        Status of the source.
    std_error : float
        Its own standard error; 0 if it is treated as known.

    Raises
    ------
    BaseMissingError
        Where no source is given.
    OptionError
        Where the value is not a share, or its error is negative.

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
        example = 0.08
        if checks.is_number(self.value) and 1 < self.value <= 100:
            example = self.value / 100
        checks.check_number("value", self.value, low=0, high=1, example=example)
        checks.check_number("std_error", self.std_error, low=0, example=0)
        if not isinstance(self.coverage, Coverage):
            raise OptionError(
                f"{checks.argument('coverage', self.coverage)} is not the coverage of the figure.",
                write="Write `coverage=Coverage(2018, ages=(15, 64))`.",
            )
        if not self.source:
            raise BaseMissingError(
                "The figure has no `source`, so it cannot be checked.",
                "",
                "Write its `source` as a `dl.Text`.",
            )
        checks.check_one_of("status", self.status, STATUSES)

    @classmethod
    def from_parameter(cls, dated: Parameter, coverage: Coverage | None = None) -> PopulationFigure:
        """Return a dated parameter as a figure of the population.

        Parameters
        ----------
        dated : Parameter
            From `parameter("inactive_share_15_64", 2018)`.
        coverage : Coverage, optional
            Coverage, for series without a known one.

        Raises
        ------
        MisleadingError
            Where the coverage of the series is neither known nor given.
        """
        if coverage is None and dated.name not in _COVERED:
            raise MisleadingError(
                f"The parameter `{dated.name}` has no coverage.",
                "Its ages, base and exclusions are not known.",
                "Write `PopulationFigure.from_parameter(..., coverage=Coverage(2018, ages=(15, "
                "64)))`.",
            )
        held = coverage or Coverage(dated.since.year, **_COVERED[dated.name])
        page = f", {dated.page}" if dated.page else ""
        return cls(dated.value, held, dated.label, Text.same(f"{dated.source}{page}"), dated.status)
