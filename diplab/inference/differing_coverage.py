"""Why two shares are not of the same people, each reason with what to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.results.estimates import Complement

if TYPE_CHECKING:
    from diplab.results.estimates import Estimates
    from diplab.results.population_comparison import Coverage

__all__ = ["Apart", "contradicted", "differences_in"]


@dataclass(frozen=True)
class Apart:
    """One reason, as parts of sentences: what was found, and what to write."""

    found: str
    write: str


def differences_in(ours: Coverage, theirs: Coverage, years: int) -> list[Apart]:
    """Return the reasons why the coverage of respondents is not that of the population; none where it is the same.

    Parameters
    ----------
    ours, theirs : Coverage
    years : int
        How far apart the two years may be.

    Examples
    --------
    >>> from diplab.results.population_comparison import Coverage
    >>> [each.found for each in differences_in(Coverage(2018), Coverage(2016, excluded="students"), 3)]
    ['the population leaves out students, the estimate does not']
    """
    found = [*_ages(ours, theirs), *_base(ours, theirs), *_excluded(ours, theirs)]
    if ours.fraction != theirs.fraction:
        said = [
            f"{each:g} of the median" if each is not None else "not stated"
            for each in (ours.fraction, theirs.fraction)
        ]
        found.append(
            Apart(
                f"the poverty line of the estimate is {said[0]}, that of the population {said[1]}",
                f"Estimate the rate at {theirs.fraction:g} of the median and declare `fraction={theirs.fraction:g}`"
                if theirs.fraction is not None
                else "Compare a rate with a rate whose line is stated",
            )
        )
    if ours.definition.casefold() != theirs.definition.casefold():
        words = [f"“{each}”" if each else "not stated" for each in (ours.definition, theirs.definition)]
        found.append(
            Apart(
                f"the definition of the estimate is {words[0]}, that of the population {words[1]}",
                "Take a figure of the same definition, or recode the answers to it and declare it",
            )
        )
    apart = abs(ours.year - theirs.year)
    if apart > years:
        found.append(
            Apart(
                f"the estimate is of {ours.year} and the population of {theirs.year}, more than {years} years apart",
                f"Take a figure nearer to {ours.year}, or write `years={apart}` if nothing has changed",
            )
        )
    return found


def contradicted(given: Estimates, declared: Coverage) -> list[Apart]:
    """Return what the estimates say of themselves against what was declared of them.

    Parameters
    ----------
    given : Estimates
        A poverty rate knows its line, a complement the base of each row.
    declared : Coverage

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> jobs = dl.Microdata(pd.DataFrame({"q": ["temps plein", "retraité"]}), dl.Codebook())
    >>> found = dl.complement(dl.declare_design(dl.main_job(jobs, status="q")))
    >>> [each.found for each in contradicted(found.rows([0]), dl.Coverage(2018, of="employed"))]
    ['the row `everyone` is a share of all persons, and was declared one of the employed']
    """
    found = []
    line = given.provenance.rules.get("fraction")
    if (
        line is not None
        and given.rows_described(poverty_line=True).any()
        and declared.fraction != float(line)
    ):
        said = "no line" if declared.fraction is None else f"{declared.fraction:g}"
        found.append(
            Apart(
                f"the rate was estimated at {float(line):g} of the median, and {said} was declared",
                f"Declare `fraction={float(line):g}`, and compare with a rate at that line",
            )
        )
    for row in dict.fromkeys(given.frame["category"]) if isinstance(given, Complement) else ():
        of = OF_ROWS.get(row)
        if of is not None and of != declared.of:
            found.append(
                Apart(
                    f"the row `{row}` is a share of {_OF[of]}, and was declared one of {_OF[declared.of]}",
                    f'Keep the rows of one base, `found.rows(found.frame["category"] == "{row}")` with `of="{of}"`',
                )
            )
    return found


def _ages(ours: Coverage, theirs: Coverage) -> list[Apart]:
    if ours.ages == theirs.ages:
        return []
    said = [
        f"aged {each[0]} to {each[1]}" if each else "of no stated age" for each in (ours.ages, theirs.ages)
    ]
    write = "Take a figure of the same ages"
    if theirs.ages is not None:
        low, high = theirs.ages
        narrow = f'sample.where("{low} <= age and age <= {high}")'
        write = f"Narrow the sample with `{narrow}` and declare `ages=({low}, {high})`"
    return [Apart(f"respondents are {said[0]}, the population {said[1]}", write)]


def _base(ours: Coverage, theirs: Coverage) -> list[Apart]:
    if ours.of == theirs.of:
        return []
    return [
        Apart(
            f"the estimate is a share of {_OF[ours.of]}, the population figure one of {_OF[theirs.of]}",
            f'Estimate it among {_OF[theirs.of]} and declare `of="{theirs.of}"`',
        )
    ]


_OF = {
    "all": "all persons",
    "employed": "the employed",
    "employees": "employees",
    "permanent": "holders of a permanent contract",
    "unemployed": "the unemployed",
    "active": "the labour force",
}


OF_ROWS = {
    "everyone": "all",
    "at_least": "all",
    "at_most": "all",
    "employed": "employed",
    "employees": "employees",
    "permanent": "permanent",
}
"""Of whom each row of a complement is a share."""


def _excluded(ours: Coverage, theirs: Coverage) -> list[Apart]:
    theirs_only, ours_only = (
        set(theirs.excluded) - set(ours.excluded),
        set(ours.excluded) - set(theirs.excluded),
    )
    return [
        *(
            Apart(
                f"the population leaves out {name}, the estimate does not",
                f'Leave them out with `sample.where("not {name.removesuffix("s")}")` and declare `excluded="{name}"`',
            )
            for name in sorted(theirs_only)
        ),
        *(
            Apart(f"the estimate leaves out {name}, the population does not", f"Keep {name} in the estimate")
            for name in sorted(ours_only)
        ),
    ]
