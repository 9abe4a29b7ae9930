"""Rows of population sizes: flags, assumptions, sources, and rates per inhabitant."""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import argument, check_number
from diplab.errors import MisleadingError, OptionError
from diplab.kernel.arrays import Floats
from diplab.microdata.microdata import Microdata
from diplab.population.kernel.abundance import Abundance, lognormal_interval
from diplab.population.tables import PersonTable
from diplab.reference.parameter import Parameter
from diplab.reference.text import Text, Words
from diplab.results.estimates import (
    COLUMNS,
    Estimates,
    Flags,
    Provenance,
    flag_cell,
    join_sources,
    weakest_status,
)
from diplab.results.sizes import CaptureModel, ModelFit, Sizes

WORDS = Words("diplab.population")

ASSUMED: dict[str, dict[str, list[str]]] = tomllib.loads(
    files("diplab.population").joinpath("assumptions.toml").read_text(encoding="utf-8")
)
"""Assumptions by kind of size and by estimator, as names of texts."""


def assumptions(*names: str | Text) -> tuple[Text, ...]:
    """Return texts, or those of names in `assumption` and of `section.name`."""
    return tuple(map(_assumption, names))


def _assumption(name: str | Text) -> Text:
    if isinstance(name, Text):
        return name
    if "." not in name:
        name = f"assumption.{name}"
    return WORDS(name)


def assumptions_of_lists(heterogeneity: str | None, *of_model: str) -> tuple[Text, ...]:
    """Return the assumptions of log-linear models of lists."""
    alike = "lists.heterogeneity" if heterogeneity else "lists.same_chance"
    return assumptions("closed", "matched", *of_model, alike, "lists.no_higher_dependence")


def assumptions_of_closed_models(
    models: Iterable[tuple[str, str]], limited: bool = True
) -> tuple[Text, ...]:
    """Return the assumptions of closed models; `limited` if the number of occasions is known."""
    met = "occasions" if limited else "sightings"
    of_model, of_persons = ASSUMED["closed"], ASSUMED["heterogeneity"]
    rows = []
    for model, persons in models:
        rows.append(assumptions("closed", "matched", met, *of_model[model], *of_persons[persons]))
    return shared_first(rows)


def shared_first(rows: Sequence[Sequence[Text]]) -> tuple[Text, ...]:
    """Return the distinct assumptions of several rows, those common to all rows first."""
    texts = tuple(dict.fromkeys(itertools.chain(*rows)))
    common = tuple(text for text in texts if all(text in row for row in rows))
    others = tuple(text for text in texts if text not in common)
    if not others:
        return common
    return (*common, WORDS("sensitivity.several"), *others)


VARIABLE = "population size"


Flagged: TypeAlias = str | bool | Flags
"""A flag, several, or what is false where there is none."""


def size(
    statistic: str, abundance: Abundance, interval: tuple[float, float], flag: Flagged = ""
) -> dict[str, Any]:
    """Return the row of a size estimated with a variance."""
    row = known_size(statistic, abundance.size, flag=flag)
    return with_error(row, math.sqrt(abundance.variance), interval, n=abundance.seen)


def with_error(
    row: dict[str, Any],
    error: float,
    interval: tuple[float, float],
    df: float = math.inf,
    n: float = math.nan,
) -> dict[str, Any]:
    """Return a row with its standard error, interval, degrees of freedom and n."""
    cv = math.nan
    if row["estimate"]:
        cv = error / abs(row["estimate"])
    ends = {"std_error": error, "ci_low": interval[0], "ci_high": interval[1]}
    return row | ends | {"cv": cv, "df": df, "n": n}


def known_size(
    statistic: str,
    value: float,
    category: object = "",
    flag: Flagged = "",
    variable: str = VARIABLE,
) -> dict[str, Any]:
    """Return the row of a size without a sampling error; its flags are a tuple."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan)
    words: dict[str, Any] = {"statistic": statistic, "variable": variable, "category": category}
    return row | words | {"estimate": float(value), "flag": join_flags(flag)}


def rows_of(estimates: Estimates) -> list[dict[str, Any]]:
    """Return the rows of a result as they were before they were gathered."""
    records: Any = estimates.frame.to_dict("records")
    models = estimates.captures if isinstance(estimates, Sizes) else {}
    rows = []
    for row, flags in zip(records, estimates.flags, strict=True):
        category = models.get(str(row["category"]), row["category"])
        rows.append(row | {"flag": flags, "category": category})
    return rows


def no_size(statistic: str, seen: float, flag: Flagged) -> dict[str, Any]:
    """Return the row of an estimator that has no answer on these data."""
    return {**known_size(statistic, math.nan, flag=flag), "n": seen}


def gather_sizes(
    rows: Iterable[Mapping[str, Any]],
    provenance: Provenance,
    fits: Sequence[ModelFit | None] = (),
    covariance: Floats | None = None,
    assumed: Sequence[tuple[Text, ...]] = (),
    by: tuple[str, ...] = (),
    **own: Any,
) -> Sizes:
    """Return rows as `Sizes`; covariances are NaN unless given, as rows often share data."""
    cells = []
    models: dict[str, CaptureModel] = {}
    for row in rows:
        category = row["category"]
        if isinstance(category, CaptureModel):
            models[str(category)] = category
            category = str(category)
        cells.append({**row, "flag": flag_cell(join_flags(row["flag"])), "category": category})
    frame = pd.DataFrame(cells, columns=[*COLUMNS[:3], *by, *COLUMNS[3:]])
    if covariance is None:
        covariance = np.full((len(frame), len(frame)), np.nan)
        np.fill_diagonal(covariance, frame["std_error"].to_numpy(dtype=float) ** 2)
    own |= {"fits": tuple(fits), "assumed": tuple(assumed), "captures": models}
    return Sizes(frame, covariance, provenance, by, **own)


def model_fit(
    model: str,
    persons: float,
    parameters: int,
    criteria: tuple[float, float, float],
    coefficients: Mapping[str, Any],
    *,
    fitted: Mapping[str, Any] | None = None,
    probabilities: Mapping[str, float] | None = None,
    compared: bool = True,
) -> ModelFit:
    """Return a fit; without AIC and BIC if they do not compare with another."""
    aic = bic = math.nan
    if compared:
        aic = -2.0 * criteria[2] + 2.0 * parameters
        bic = -2.0 * criteria[2] + float(np.log(persons)) * parameters
    shares = table = None
    if probabilities is not None:
        shares = pd.DataFrame({"term": [*probabilities], "estimate": [*probabilities.values()]})
    if fitted is not None:
        table = pd.DataFrame(dict(fitted))
    return ModelFit(
        model,
        parameters,
        *criteria,
        aic=aic,
        bic=bic,
        coefficients=pd.DataFrame(dict(coefficients)),
        fitted=table,
        probabilities=shares,
    )


def provenance_of(
    rules: Mapping[str, Any],
    *assumed: str | Text,
    of: str | Text = "base",
    behind: Iterable[Provenance] = (),
    data: Iterable[object] = (),
    **own: Any,
) -> Provenance:
    """Return the provenance of a result: population, assumptions, sources and data."""
    # those give the sources, the weakest status, and whether it is synthetic or indicative
    records = list(behind) or [Provenance()]
    sources = [record.source for record in records if record.source]
    statuses = [record.status for record in records]
    synthetic = any(record.synthetic for record in records)
    for table in data:
        if isinstance(table, Microdata | PersonTable):
            origin = table.codebook.origin
            if origin.file:
                sources.append(Text.same(origin.file))
            if origin.synthetic:
                synthetic, statuses = True, ["synthetic"]
    return Provenance(
        rules=rules,
        base=assumptions(of)[0],
        source=join_sources(sources),
        status=weakest_status(statuses),
        assumptions=assumptions(*assumed),
        synthetic=synthetic,
        indicative=own.pop("indicative", False) or any(record.indicative for record in records),
        **own,
    )


def bound_flags(size: float, bound: Abundance, confidence: float = 0.95) -> Flags:
    """Return the flags of a size below Chao's bound.

    `contradicted` is added if the whole interval of the bound lies above it.
    """
    below = size < bound.size
    contradicted = below and lognormal_interval(bound, confidence)[0] > size
    return join_flags(below and "below bound", contradicted and "contradicted")


def join_flags(*flags: object) -> Flags:
    """Return several flags as one tuple, without those that are empty or false."""
    joined: list[str] = []
    for flag in flags:
        if isinstance(flag, tuple):
            joined += flag
        elif flag:
            joined.append(str(flag))
    return tuple(joined)


def error_flag(error: float) -> str:
    """Return the flag of a size without a known variance."""
    if math.isnan(error):
        return "no variance"
    return ""


def number_text(number: float) -> str:
    """Return a number with all digits if it is whole, otherwise with six."""
    if number == int(number):
        return str(int(number))
    return f"{number:g}"


@dataclass(frozen=True)
class UncertainNumber:
    """A number that a size is computed from, given or estimated."""

    value: float  # NaN where only bounds are known
    low: float
    high: float
    error: float  # standard error; NaN where it is not known
    df: float
    n: float  # respondents behind it
    record: Provenance
    flags: Flags = ()


def one_estimate(name: str, estimates: Estimates) -> UncertainNumber:
    """Return the only row of estimates; several are refused."""
    if len(estimates) != 1:
        raise OptionError(
            f"`{name}` has {len(estimates)} estimates, where one is needed.",
            write="Write `estimates.rows([0])` for the first of them.",
        )
    row = estimates.frame.iloc[0]
    value, low, high, error, df, n = map(
        float, row[["estimate", "ci_low", "ci_high", "std_error", "df", "n"]]
    )
    if math.isnan(df):
        df = math.inf
    return UncertainNumber(value, low, high, error, df, n, estimates.provenance, estimates.flags[0])


# statuses of numbers read somewhere; a rate over them is computed here
COPIED = ("published", "second-hand")
MEASURES = ["estimate", "std_error", "ci_low", "ci_high"]


def prevalence(
    sizes: Estimates | Parameter | float, population: Parameter | float, per: float = 10_000
) -> Estimates:
    """Return how many there are in so many inhabitants.

    Parameters
    ----------
    sizes : Estimates, Parameter or float
        Population sizes, in persons; a number is taken as known.
    population : float or Parameter
        The population they are part of, in persons, taken as known.
    per : float
        Inhabitants the rate is given for.

    Returns
    -------
    Estimates
        `sizes` x `per` / `population`; standard errors and intervals follow, nested circles stay
        nested. The status is the weakest of the sizes' and of a parameter's, and `derived` where
        the sizes were copied.

    Raises
    ------
    OptionError
        Where a number is missing or negative.
    MisleadingError
        Where the population is not a positive number or is smaller than one of the sizes, or
        estimates are not of numbers of persons.

    Examples
    --------
    >>> prevalence(266_126, 41_519_102).frame["estimate"].round(1).item()
    64.1
    """
    whole = number_of("population", population)
    if not isinstance(sizes, Estimates):
        row = known_size("headcount", check_number("sizes", number_of("sizes", sizes), low=0))
        sizes = gather_sizes([row], provenance_of({}, behind=[derived_from(sizes)]))
    largest = float(sizes.frame["estimate"].max())
    per = check_number("per", number_of("per", per), above=0, example=10_000)
    if not whole > 0 or largest > whole:
        raise MisleadingError(
            f"A size of {largest:,.0f} persons is not a part of {whole:,.0f}.",
            write="Write the population these persons are part of.",
        )
    factor = per / whole
    frame = sizes.frame.copy()
    frame[MEASURES] = frame[MEASURES] * factor
    other = next((variable for variable in frame["variable"] if variable != VARIABLE), None)
    if other is not None:
        raise MisleadingError(
            f"The estimates are of `{other}`, and not of numbers of persons.",
            write="Write population sizes, as the functions of `dl.population` return them.",
        )
    behind = sizes.provenance
    if behind.status in COPIED:
        # no document printed the rate
        behind = replace(behind, status="derived")
    records = [behind]
    if isinstance(population, Parameter):
        records.append(record_of(population, population.status))
    joined = provenance_of({}, behind=records)
    rules = {**behind.rules, "per": f"{per:.0f}", "population": f"{whole:.0f}"}
    return replace(
        sizes,
        frame=frame.assign(variable="prevalence"),
        covariance=sizes.covariance * factor**2,
        provenance=replace(
            behind,
            rules=rules,
            source=joined.source,
            status=joined.status,
            synthetic=joined.synthetic,
        ),
    )


def derived_from(given: Parameter | float) -> Provenance:
    """Return the record of a number that was copied, from a parameter or without its source."""
    if isinstance(given, Parameter):
        return record_of(given, weakest_status(["derived", given.status]))
    return Provenance(status="derived")


def record_of(parameter: Parameter, status: str) -> Provenance:
    """Return the record of a parameter, with a status."""
    return Provenance(
        source=Text.same(parameter.source), status=status, synthetic=status == "synthetic"
    )


def number_of(name: str, given: Any, problem: str = "is not a number", write: str = "") -> float:
    """Return a number, or the value of a parameter; Booleans and strings are refused."""
    try:
        if isinstance(given, bool | str):
            raise TypeError
        return float(given)
    except (TypeError, ValueError):
        write = write or f"Write a number of persons for `{name}`."
        raise OptionError(f"{argument(name, given)} {problem}.", write=write) from None
