"""Every answer to a question on a variable known only by band, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import MisleadingError, OptionError, one_of
from diplab.estimators._banded import BESIDE
from diplab.estimators.poverty import arpr
from diplab.estimators.statistic import Statistic
from diplab.inference.banded.answer import Answer, Asked
from diplab.inference.banded.answered_rows import answered_rows
from diplab.inference.banded.banded_result import (
    answers_frame,
    covariance_of_answers,
    judged,
    line_said,
    provenance_of_answers,
)
from diplab.inference.banded.bound_ends import totals_of
from diplab.inference.banded.bounds import answers, identified
from diplab.inference.banded.by_imputation import by_imputation
from diplab.inference.banded.by_interpolation import by_interpolation
from diplab.inference.banded.by_law import by_law, laws_of_income
from diplab.inference.banded.options_checked import check_lines, check_options
from diplab.inference.banded.reading import band_ends, columns_of, line_ends, line_of_rows
from diplab.reference.text import Text
from diplab.results.estimates import BandedEstimates
from diplab.results.statistic_description import joined_descriptions
from diplab.sampling.expression import Column, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.estimators.statistic import SampleLine
    from diplab.results.estimates import Estimates
    from diplab.results.provenance import Provenance
    from diplab.sampling.engines.protocol import Floats
    from diplab.sampling.sample import Sample, SampleInMemory

__all__ = ["KNOWN", "estimate_banded"]

KNOWN = "known"
"""The one row of a statistic that the bands decide."""

GUESSES = (by_law, by_imputation)
"""What answers from assumptions."""


def estimate_banded(
    sample: Sample,
    statistics: Sequence[Statistic],
    by: tuple[str, ...],
    *,
    confidence: float,
    df: str,
    na: str,
) -> Estimates:
    """Estimate statistics of banded variables, each by bounds, laws and imputation.

    Parameters
    ----------
    sample : Sample
    statistics : sequence of Statistic
        All of them of banded variables.
    by : tuple of str
        Domain variables.
    confidence, df, na
        Of `estimate`.

    Returns
    -------
    Estimates
        By statistic, one row an answer and domain; `category` is the answer: `at least` and `at most`, whose outer
        ends are the interval of the statistic; then points that rest on assumptions, `misfit` where one lies outside
        the bounds. One row, `known`, where the bands decide.

    Raises
    ------
    OptionError
        Where banded and plain statistics are mixed, or an option has no sense here.
    MisleadingError
        Where answers are missing, under `na="fail"`.
    """
    plain = [each for each in statistics if each.banded is None]
    if plain:
        raise OptionError(
            f"{len(statistics)} statistics were asked for in one call.",
            f"`{plain[0].name}` of `{plain[0].variable}` is of amounts, and others are known only by band.",
            "Write one call of `estimate` for the banded ones, and another for the rest.",
        )
    _check_apart(statistics)
    if na not in ("drop", "fail"):
        raise one_of("`na` of banded variables", na, ["drop", "fail"])
    import pandas as pd

    parts = [_one(sample, each, by, confidence, df, na) for each in statistics]
    frame = pd.concat([each.frame for each in parts], ignore_index=True) if len(parts) > 1 else parts[0].frame
    sizes = np.cumsum([0, *(len(each) for each in parts)])
    covariance = np.full((sizes[-1], sizes[-1]), np.nan)
    for each, first, last in zip(parts, sizes, sizes[1:], strict=False):
        covariance[first:last, first:last] = each.covariance
    return replace(
        parts[0],
        frame=frame,
        covariance=covariance,
        provenance=_together(parts),
        descriptions=joined_descriptions(each.descriptions for each in parts),
    )


def _check_apart(statistics: Sequence[Statistic]) -> None:
    """Refuse one statistic of one variable with two options: `category` is the answer, and rows are not told apart."""
    asked = [(each.name, each.variable) for each in statistics]
    for name, variable in asked:
        if asked.count((name, variable)) > 1:
            raise OptionError(
                f"`{name}` of `{variable}`, known by band, was asked for {asked.count((name, variable))} times.",
                "Each has several answers, and their rows would bear the same names.",
                "Write one call of `estimate` for each.",
            )


def _together(parts: Sequence[Estimates]) -> Provenance:
    """Return the provenance of several statistics: what is said of each, once."""
    first = parts[0].provenance
    of_options = {
        rule for each in parts for described in each.descriptions.values() for _, rule in described.rules
    }
    rules: dict[str, str] = {}
    for name in dict.fromkeys(name for each in parts for name in each.provenance.rules):
        values = [each.provenance.rules[name] for each in parts if name in each.provenance.rules]
        rules[name] = (", " if name in of_options else "; ").join(dict.fromkeys(values))
    said = dict.fromkeys(text for each in parts for text in each.provenance.assumptions)
    missing = {name: count for each in parts for name, count in each.provenance.missing.items()}
    reasons = {name: why for each in parts for name, why in each.provenance.reasons.items()}
    return replace(first, rules=rules, assumptions=tuple(said), missing=missing, reasons=reasons)


def _one(
    sample: Sample, statistic: Statistic, by: tuple[str, ...], confidence: float, df: str, na: str
) -> Estimates:
    banded = statistic.banded
    assert banded is not None  # those without are refused
    threshold = statistic.options.get("threshold")
    line = statistic.line(sample) if statistic.line is not None else None
    read = () if line is None else (line.expression,)
    held = sample.collect_for(*(Column(name) for name in columns_of(banded, threshold)), *read, by=by)
    ends = band_ends(held, banded)
    line_low, line_high = _line_ends(held, threshold, line)
    low, high = ends.low, ends.high
    if line_low is not None and line_high is not None:
        gone = np.isnan(line_low) | np.isnan(line_high)
        low, high = np.where(gone, np.nan, low), np.where(gone, np.nan, high)
    options = statistic.options
    if line is not None:
        # a share under a line is answered as a poverty rate
        options = {name: value for name, value in options.items() if name in arpr.description.options}
    asked = Asked(
        sample=held,
        name=statistic.name if line is None else "arpr",
        options=options,
        variable=str(banded),
        low=low,
        high=high,
        line_low=line_low,
        line_high=line_high,
        covariates=banded.covariates,
        by=by,
        confidence=confidence,
        df=df,
        called=statistic.name,
    )
    check_options(statistic)
    check_lines(asked)
    if na == "fail":
        _refuse_gaps(asked)
    found = _known(asked, statistic) if _decided(asked) else _answered(asked, statistic, ends.said)
    return found if line is None else _with_assumptions(found, line.assumptions)


def _with_assumptions(found: Estimates, said: tuple[Text, ...]) -> Estimates:
    every = (*said, *found.provenance.assumptions)
    return replace(found, provenance=replace(found.provenance, assumptions=every))


def _line_ends(
    held: SampleInMemory, threshold: object, line: SampleLine | None
) -> tuple[Floats, Floats] | tuple[None, None]:
    if line is None:
        return line_ends(held, threshold) or (None, None)
    wage = line_of_rows(held, line.expression)
    return wage, wage


def _answered(asked: Asked, statistic: Statistic, said: str) -> Estimates:
    """Return all answers to a question that the bands leave open."""
    found = identified(asked)
    assert statistic.banded is not None  # those without are refused
    beside = statistic.banded.beside
    guesses = (
        [each for guess in GUESSES for each in guess(asked)] if beside == BESIDE else _chosen(asked, beside)
    )
    guessed = [judged(each, found) for each in guesses]
    given = [*answers(found), *guessed]
    return BandedEstimates(
        answers_frame(asked, given),
        covariance_of_answers(found, given),
        provenance_of_answers(asked, statistic, said, given),
        asked.by,
        asked.sample.codebook,
        asked.sample.engine.drawn,
        descriptions={asked.said: statistic.description},
    )


def _chosen(asked: Asked, beside: tuple[str, ...]) -> list[Answer]:
    """Return the answers that are wanted beside the bounds, without the time that the others would take."""
    found: list[Answer] = []
    if "laws" in beside:
        found += laws_of_income(asked, answered_rows(asked))
    if "interpolated" in beside:
        found += by_interpolation(asked, answered_rows(asked))
    if "imputed" in beside:
        found += by_imputation(asked)
    return found


def _refuse_gaps(asked: Asked) -> None:
    everybody = asked.sample.totals(asked.by, ()).n.sum()
    gap = int(everybody - totals_of(asked).n.sum())
    if gap:
        raise MisleadingError(
            f"`{asked.said}` of `{asked.variable}` was asked for with `na='fail'`.",
            f"{gap} of {int(everybody)} rows have no band or no line.",
            "Write `na='drop'` to leave these rows out and count them, or `banded(..., refusals='bound')`.",
        )


def _decided(asked: Asked) -> bool:
    """Return whether every amount and every line is known."""
    told = ~np.isnan(asked.low)
    same = bool((asked.low[told] == asked.high[told]).all()) and bool(told.any())
    if asked.line_low is None or asked.line_high is None:
        return same
    return same and bool((asked.line_low[told] == asked.line_high[told]).all())


def _known(asked: Asked, statistic: Statistic) -> Estimates:
    """Return the plain estimate of amounts that are all known: the data decide."""
    from diplab.inference._estimate import estimate

    options = dict(asked.options)
    if asked.line_low is not None:
        options["threshold"] = Rows(asked.line_low)
    if asked.name == "arpr":
        plain = Statistic("arpr", (Rows(asked.low),), options, arpr.on, arpr.description)
    else:
        plain = replace(statistic, written=(Rows(asked.low),), options=options)
    found = estimate(asked.sample, plain, by=asked.by, confidence=asked.confidence, df=asked.df)
    frame = found.frame.assign(statistic=asked.said, variable=asked.variable, category=KNOWN)
    threshold = statistic.options.get("threshold")
    provenance = found.provenance
    rules = {name: value for name, value in provenance.rules.items() if name != "threshold"}
    if threshold is not None:
        rules["threshold"] = line_said(threshold)
    missing = {
        asked.variable if "Rows" in name else name: count for name, count in provenance.missing.items()
    }
    book = found.codebook
    values = dict(book[asked.variable].values) if asked.variable in book else {}
    book = book.described(asked.variable, values={**values, KNOWN: Text("montants connus", "amounts known")})
    provenance = replace(provenance, rules=rules, missing=missing)
    descriptions = {asked.said: statistic.description}
    return replace(found, frame=frame, provenance=provenance, codebook=book, descriptions=descriptions)
