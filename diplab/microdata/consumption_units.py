"""Consumption units of households: how many single persons each is worth, or between how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError, one_of
from diplab.microdata.carried_reasons import Cause, carried
from diplab.microdata.equivalence_scale import scale_of
from diplab.microdata.given_data import microdata_of
from diplab.microdata.household import bounds_of_units
from diplab.microdata.household_answers import HouseholdColumns, known_households
from diplab.microdata.in_memory import frame_in_memory
from diplab.microdata.step import Step
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.count_bounds import CountColumn, Ends
    from diplab.microdata.equivalence_scale import EquivalenceScale
    from diplab.microdata.household import Households
    from diplab.microdata.household_answers import KnownHouseholds
    from diplab.microdata.microdata import Microdata

__all__ = ["between_ends", "check_new_columns", "consumption_units", "described_ends"]

ASKED = "The consumption units of households were asked for."

_UNITS = Text("Unités de consommation", "Consumption units")
_BOUNDED = Text("connu par ses bornes seules", "known by its bounds only")
_IMPOSSIBLE = Text("ménage impossible", "impossible household")
_WRONG = {
    "strange": "{count} with a number that counts nobody (a fraction, a number below zero, an age out of life)",
    "empty": "{count} of nobody",
    "apart": "{count} whose members do not add up (no adult, or more members than persons)",
}


def consumption_units(
    data: Microdata | pd.DataFrame,
    *,
    scale: str | EquivalenceScale | Mapping[Any, float] = "oecd-modified",
    persons: CountColumn | None = None,
    adults: CountColumn | None = None,
    children: CountColumn | None = None,
    ages: Sequence[str] = (),
    children_under: int | None = None,
    top_codes: Mapping[str, float] | None = None,
    largest: int | None = None,
    impossible: str = "fail",
    into: str = "units",
) -> Microdata:
    """Add the consumption units of each household: exactly where its answers tell them, between bounds where not.

    Answers are read by their labels in French or in English: `4+`, `5 or more`, `6 et plus`, `3 ou 4`, `1 (just me!)`.
    What an answer leaves open (ages that were not asked, a size without upper end, no answer) is never guessed: the
    bounds hold every household that the answers allow, with one adult at least.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    scale : {"oecd-modified", "square-root", "oecd", "per-head"}, EquivalenceScale or mapping
        1 for the first adult, 0.5 for each other person aged 14 or over, 0.3 for each child under 14 (Hagenaars, de Vos
        and Zaidi 1994); the square root of the number of persons; 1, 0.7 and 0.5 (OECD 1982, "Oxford"); the number of
        persons; a scale or a table of one's own, `{1: 1, 2: 1.5}` or `{(adults, children): units}`.
    persons, adults, children : str or pair of str, optional
        Columns that count the members of the household, the respondent included; or a pair of columns with the least
        and the most. `persons`, or `adults` and `children`, or `ages`.
    ages : sequence of str
        Columns with the age of each member, the respondent included, in years. Without `persons` an empty cell counts
        nobody, unless it was refused.
    children_under : int, optional
        Age under which the questionnaire counts children (and from which it counts adults), where that is not the age
        of the scale: with 18 for a scale of 14, between none and all of these children are under 14.
    top_codes : mapping of str to number, optional
        `{"size": 4}` where the number 4 stands for 4 or more and no label says it.
    largest : int, optional
        The largest household there can be. Without it an open answer has no upper end: units have none either, and an
        income by unit may be as low as zero.
    impossible : {"fail", "missing"}
        Households that cannot be (nobody, no adult, more children than persons, fractions): refused, or left without
        units and counted.
    into : str
        Name of the new column, and beginning of `<into>_low`, `<into>_high`.

    Returns
    -------
    Microdata
        With `<into>_low` and `<into>_high`, and `<into>` where both are the same number.

    Raises
    ------
    ColumnError
        Where a column does not exist, counts nothing, or a new one is there already.
    OptionError
        Where an answer is no count, a household cannot be, or is larger than the largest.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> homes = dl.Microdata(pd.DataFrame({"size": ["1", "4", "4+"], "under_14": [0, 2, 2]}), dl.Codebook())
    >>> found = dl.consumption_units(homes, persons="size", children="under_14", largest=6)
    >>> found.frame[["units_low", "units_high"]].round(6).values.tolist()
    [[1.0, 1.0], [2.1, 2.1], [2.1, 3.1]]
    """
    chosen = scale_of(scale)
    data = microdata_of(data, ASKED)
    frame_in_memory(data, ASKED)
    check_new_columns(data, (into,), ASKED)
    if impossible not in ("fail", "missing"):
        raise one_of("`impossible`", impossible, ["fail", "missing"])
    _check_whole(largest, "largest", 1)
    _check_whole(children_under, "children_under", 1)
    if isinstance(ages, str):
        ages = (ages,)
    under = chosen.age_limit if children_under is None else children_under
    columns = HouseholdColumns(persons, adults, children, tuple(ages), under, top_codes or {})
    known = known_households(data, columns, chosen, ASKED)
    wrong = known.wrong
    if wrong.any() and impossible == "fail":
        raise _cannot_be(known)
    households = _closed(known.households, wrong, largest)
    low, high = np.full((2, len(wrong)), np.nan)
    low[~wrong], high[~wrong] = bounds_of_units(chosen, _rows(households, ~wrong), ASKED)
    said = _said(known, chosen, into, (low, high), largest)
    step = Step("recode", (*columns.names, into), said, int((~wrong).sum()))
    return described_ends(
        data, into, _UNITS, (low, high), step, causes=(Cause("impossible", _IMPOSSIBLE, wrong),)
    )


def _check_whole(number: int | None, name: str, least: int) -> None:
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if number is not None and not (whole and number >= least):
        raise OptionError(
            ASKED,
            f"`{name}` was given as {number!r}.",
            f"Write a whole number from {least} up, or leave it out.",
        )


def check_new_columns(data: Microdata, names: Sequence[str], asked: str) -> None:
    """Refuse names of new columns that the data have already, themselves or with `_low` or `_high`."""
    for name in names:
        for column in (name, f"{name}_low", f"{name}_high"):
            if column in data.frame.columns:
                raise ColumnError(
                    asked,
                    f"The data have a column `{column}` already.",
                    "Write another name for the new columns.",
                )


def between_ends(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the number that two ends leave: theirs where they are the same, none where they are not.

    Examples
    --------
    >>> between_ends(np.array([1.0, 1.5]), np.array([1.0, 2.0]))
    array([ 1., nan])
    """
    found: NDArray[np.float64] = np.where(low == high, low, np.nan)
    return found


def described_ends(
    data: Microdata,
    name: str,
    label: Text,
    ends: Ends,
    step: Step,
    sources: Sequence[str] = (),
    causes: Sequence[Cause] = (),
) -> Microdata:
    """Return data with a number and its two ends as columns, described and with the step that made them.

    Where they are missing, the reason is that of the first of the `sources` that has one.
    """
    low, high = ends
    added = {name: between_ends(low, high), f"{name}_low": low, f"{name}_high": high}
    marks = {
        name: ("", ""),
        f"{name}_low": (", au moins", ", at least"),
        f"{name}_high": (", au plus", ", at most"),
    }
    codebook = data.codebook
    for column, (french, english) in marks.items():
        codebook = codebook.described(
            column, label=Text(f"{label.fr}{french}", f"{label.en}{english}"), measure="scale"
        )
    bounded = Cause("bounds", _BOUNDED, low < high)
    frame, book = data.frame.assign(**added), codebook.with_step(step)
    return carried(data, frame, book, list(added), sources, (bounded, *causes))


def _cannot_be(known: KnownHouseholds) -> OptionError:
    counted = {name: int(rows.sum()) for name, rows in known.impossible.items()}
    parts = [_WRONG[name].format(count=count) for name, count in counted.items() if count]
    return OptionError(
        ASKED,
        f"{sum(counted.values())} of {known.wrong.size} households cannot be: {', '.join(parts)}.",
        "Correct these answers, or write `impossible='missing'` to leave them without units.",
    )


def _closed(households: Households, wrong: NDArray[np.bool_], largest: int | None) -> Households:
    if largest is None:
        return households
    low, high = households.together.persons
    beyond = np.isinf(high) & (low > largest) & ~wrong
    if beyond.any():
        raise OptionError(
            ASKED,
            f"The largest household was declared as {largest}, and {int(beyond.sum())} have {low[beyond].max():g} "
            "persons or more.",
            "Write a larger number.",
        )
    return households.closed(float(largest))


def _rows(households: Households, kept: NDArray[np.bool_]) -> Households:
    parts = (households.persons, households.adults, households.children)
    return type(households)(*((low[kept], high[kept]) for low, high in parts))


def _said(
    known: KnownHouseholds, scale: EquivalenceScale, into: str, ends: Ends, largest: int | None
) -> Text:
    low, high = ends
    bounded, opened = int((low < high).sum()), int(np.isinf(high).sum())
    wrong = int(known.wrong.sum())
    parts = [scale.said, *known.said]
    if largest is not None:
        parts.append(
            Text(
                f"ménages de {largest} personnes au plus (déclaré)",
                f"households of {largest} persons at most (declared)",
            )
        )
    if bounded:
        endless = f", dont {opened} sans borne supérieure", f", {opened} of them without an upper one"
        french, english = endless if opened else ("", "")
        parts.append(
            Text(
                f"{bounded} ménages connus par leurs bornes seules{french}",
                f"{bounded} households known by bounds only{english}",
            )
        )
    if wrong:
        parts.append(
            Text(f"{wrong} ménages impossibles, sans unités", f"{wrong} impossible households, without units")
        )
    french = " ; ".join(each.fr for each in parts)
    return Text(f"{into} : {french}", f"{into}: {'; '.join(each.en for each in parts)}")
