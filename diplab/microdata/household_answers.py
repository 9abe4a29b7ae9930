"""What a questionnaire tells of households: persons, adults, children, ages of members, read into what is possible."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.microdata.count_bounds import count_bounds, open_answers
from diplab.microdata.household import Households, anybody
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.count_bounds import CountColumn, Ends
    from diplab.microdata.equivalence_scale import EquivalenceScale
    from diplab.microdata.microdata import Microdata

__all__ = ["HouseholdColumns", "KnownHouseholds", "known_households"]

Booleans = NDArray[np.bool_]

NOBODY = ("not asked", "not applicable")
"""Reasons of an empty age that say that no such member is there."""

OLDEST = 130


@dataclass(frozen=True)
class HouseholdColumns:
    """The columns that tell of households.

    Parameters
    ----------
    persons, adults, children : str, pair of str, or None
        Columns of counts.
    ages : tuple of str
        Ages of the members, one column a member.
    children_under : int
        Age under which the questionnaire counts children, and from which it counts adults.
    top_codes : mapping of str to float
        Columns of numbers whose highest answer stands for that or more.
    """

    persons: CountColumn | None
    adults: CountColumn | None
    children: CountColumn | None
    ages: tuple[str, ...]
    children_under: int
    top_codes: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read."""
        counts = (each for each in (self.persons, self.adults, self.children) if each is not None)
        parts = [part for each in counts for part in ((each,) if isinstance(each, str) else each)]
        return (*parts, *self.ages)


@dataclass(frozen=True, eq=False)
class KnownHouseholds:
    """What the answers tell.

    Parameters
    ----------
    households : Households
        Possible compositions.
    impossible : mapping of str to array of bool, shape (rows,)
        Rows whose answers nobody can live by, by what is wrong.
    said : tuple of Text
        What was read, and what was assumed.
    """

    households: Households
    impossible: Mapping[str, Booleans]
    said: tuple[Text, ...]

    @property
    def wrong(self) -> Booleans:
        """Rows that are impossible for one reason or another."""
        found: Booleans = np.logical_or.reduce(list(self.impossible.values()))
        return found


def known_households(
    data: Microdata, columns: HouseholdColumns, scale: EquivalenceScale, asked: str
) -> KnownHouseholds:
    """Read the answers on households.

    Parameters
    ----------
    data : Microdata
        In memory.
    columns : HouseholdColumns
    scale : EquivalenceScale
        For the age from which somebody counts as an adult.
    asked : str
        What was asked, for errors.

    Raises
    ------
    OptionError
        Where the columns named tell no number of persons.
    """
    _check(columns, asked)
    rows = len(data.frame)
    counts = [
        None if each is None else count_bounds(data, each, columns.top_codes, asked)
        for each in (columns.persons, columns.adults, columns.children)
    ]
    strange = np.zeros(rows, dtype=bool)
    for each in counts:
        strange |= False if each is None else _strange(each)
    persons, grown, young = (_open(each, rows) for each in counts)
    total = np.maximum(persons[0], grown[0] + young[0]), np.minimum(persons[1], grown[1] + young[1])
    adults, children = _of_scale(grown, young, columns.children_under, scale.age_limit)
    if columns.ages:
        members = _members(data, columns.ages, scale.age_limit, asked)
        strange |= members.strange
        there = members.adults + members.children + members.unsure
        adults = np.maximum(adults[0], members.adults), adults[1]
        children = np.maximum(children[0], members.children), children[1]
        at_most = np.where(there > 0, there + members.maybe, np.inf) if columns.persons is None else np.inf
        total = np.maximum(total[0], there), np.minimum(total[1], at_most)
    households = Households(total, adults, children)
    empty = ~strange & (persons[1] < 1)
    apart = ~strange & ~empty & ~households.possible
    wrong = {"strange": strange, "empty": empty, "apart": apart}
    return KnownHouseholds(households, wrong, tuple(_said(columns, counts, scale)))


def _check(columns: HouseholdColumns, asked: str) -> None:
    """Refuse columns that tell no number of persons, and top codes of others."""
    counted = columns.adults is not None and columns.children is not None
    if columns.persons is None and not counted and not columns.ages:
        raise OptionError(
            asked,
            "No column tells how many persons live in the household.",
            'Write `persons="size"`, or `adults=` and `children=`, or `ages=["age_1", "age_2"]`.',
        )
    unknown = sorted(columns.top_codes.keys() - set(columns.names))
    if unknown:
        raise OptionError(
            asked,
            f"A top code was given for `{unknown[0]}`, which is not among the columns that are read.",
            f"Write one of: {', '.join(f'`{name}`' for name in columns.names)}.",
        )


def _of_scale(grown: Ends, young: Ends, under: int, limit: int) -> tuple[Ends, Ends]:
    """Return adults and children of the scale, from those of the questionnaire, who part at another age."""
    nobody, everybody = np.zeros(grown[0].size), grown[1] + young[1]
    # who is young for the questionnaire may be grown for the scale, or the reverse
    adults = grown[0] if under >= limit else nobody, grown[1] if under <= limit else everybody
    children = young[0] if under <= limit else nobody, young[1] if under >= limit else everybody
    return adults, children


def _open(ends: Ends | None, rows: int) -> Ends:
    """Return the ends of a count, nothing known of it where nothing was asked or answered."""
    low, high = anybody(rows)
    if ends is None:
        return low, high
    gone = np.isnan(ends[0])
    return np.where(gone, low, ends[0]), np.where(gone, high, ends[1])


def _strange(ends: Ends) -> Booleans:
    """Return which counts are no whole numbers from zero up."""
    low, high = ends
    with np.errstate(invalid="ignore"):
        part = (low % 1 != 0) | (np.isfinite(high) & (high % 1 != 0)) | (low < 0) | np.isinf(low)
    found: Booleans = part & ~np.isnan(low)
    return found


@dataclass(frozen=True, eq=False)
class _Members:
    """How many members of each household are adults, children, of an age that does not tell, or perhaps there."""

    adults: NDArray[np.float64]
    children: NDArray[np.float64]
    unsure: NDArray[np.float64]
    maybe: NDArray[np.float64]
    strange: Booleans


def _members(data: Microdata, names: tuple[str, ...], limit: int, asked: str) -> _Members:
    rows = len(data.frame)
    adults, children, unsure, maybe = (np.zeros(rows) for _ in range(4))
    strange = np.zeros(rows, dtype=bool)
    for name in names:
        low, high = count_bounds(data, name, {}, asked)
        told = ~np.isnan(low)
        young, grown = told & (high < limit), told & (low >= limit)
        adults += grown
        children += young
        unsure += told & ~young & ~grown
        maybe += _left_out(data, name) & ~told
        strange |= told & ((low < 0) | (low > OLDEST))
    return _Members(adults, children, unsure, maybe, strange)


def _left_out(data: Microdata, name: str) -> Booleans:
    """Return where the age of a member was not given for a reason that leaves the member there."""
    codes = data.missing.get(name)
    if codes is None:
        return np.zeros(len(data.frame), dtype=bool)
    variable = data.codebook.variables.get(name, Variable(name))
    there = np.array([(variable.why(code) or "") not in NOBODY for code in codes.codes] + [False])
    found: Booleans = there[codes.places]
    return found


def _said(columns: HouseholdColumns, counts: list[Ends | None], scale: EquivalenceScale) -> list[Text]:
    """Return what was read and what was assumed, in words."""
    said = []
    heads = (Text("personnes", "persons"), Text("adultes", "adults"), Text("enfants", "children"))
    for head, column, ends in zip(
        heads, (columns.persons, columns.adults, columns.children), counts, strict=True
    ):
        if column is None or ends is None:
            continue
        name = column if isinstance(column, str) else " – ".join(column)
        opened = ", ".join(f"{each:g}" for each in open_answers(*ends))
        french = f" (sans limite supérieure à partir de {opened})" if opened else ""
        english = f" (no upper end from {opened})" if opened else ""
        said.append(Text(f"{head.fr} : {name}{french}", f"{head.en}: {name}{english}"))
    if columns.ages:
        names = ", ".join(columns.ages)
        alone = columns.persons is None
        said.append(
            Text(
                f"âges : {names}" + (", une case vide ne compte personne" if alone else ""),
                f"ages: {names}" + (", an empty cell counts nobody" if alone else ""),
            )
        )
    if not scale.tells_ages:
        return said
    limit, under = scale.age_limit, columns.children_under
    if columns.children is None and columns.adults is None and not columns.ages:
        said.append(
            Text(
                "âges inconnus : d’aucun enfant à tous sauf un adulte",
                "ages not known: from no child to all but one adult",
            )
        )
    elif under != limit and (columns.children, columns.adults) != (None, None):
        said.append(
            Text(
                f"enfants comptés avant {under} ans : combien ont moins de {limit} ans n’est pas connu",
                f"children counted under {under}: how many are under {limit} is not known",
            )
        )
    return said
