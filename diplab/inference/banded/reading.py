"""The ends of each person's band, and the line of each, as arrays: what is asked of a banded variable is read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError
from diplab.microdata.answer_bands import answer_bands, words_of_answers
from diplab.microdata.answers import answer_named
from diplab.microdata.variable import code_written
from diplab.sampling.condition import known_column
from diplab.sampling.engine import Scope
from diplab.sampling.memory_engine import MemoryEngine

if TYPE_CHECKING:
    from diplab.estimators._banded import Banded
    from diplab.sampling.engine import Floats
    from diplab.sampling.expression import Expression
    from diplab.sampling.memory_columns import MemoryColumns
    from diplab.sampling.sample import Sample

__all__ = ["BandEnds", "band_ends", "columns_of", "line_ends", "line_of_rows"]


@dataclass(frozen=True, eq=False)
class BandEnds:
    """Both ends of the band of each row.

    Parameters
    ----------
    low, high : array, shape (rows,)
        NaN where there is no answer.
    said : str
        How answers were read, for the provenance.
    """

    low: Floats
    high: Floats
    said: str


def columns_of(banded: Banded, threshold: object) -> tuple[str, ...]:
    """Return the columns that a banded variable and its line name."""
    lines = (threshold,) if isinstance(threshold, str) else threshold
    named = [each for each in lines if isinstance(each, str)] if isinstance(lines, tuple) else []
    every = [banded.name, banded.low, banded.high, *banded.per, *banded.covariates, *named]
    return tuple(dict.fromkeys(each for each in every if each))


def band_ends(sample: Sample, banded: Banded) -> BandEnds:
    """Return the ends of the bands of a sample.

    Parameters
    ----------
    sample : Sample
        In memory.
    banded : Banded

    Raises
    ------
    ColumnError
        Where a column does not exist or does not hold what is needed.
    OptionError
        Where the labels are not read as bands, or `bands` leave an answer out.
    """
    engine = sample.engine
    assert isinstance(engine, MemoryEngine)  # what `held` is for
    for name in columns_of(banded, None):
        known_column(name, sample.names, "part of a banded variable")
    if banded.name:
        low, high, said = _of_answers(sample, engine.columns, banded)
    else:
        low, high, said = _of_columns(engine.columns, banded)
    told = ~np.isnan(low)
    if banded.refusals == "bound":
        bottom = min(0.0, float(np.nanmin(low))) if told.any() else 0.0
    if banded.per:
        low, high = _divided(engine.columns, banded, low, high)
    if banded.refusals == "bound":
        low, high = np.where(told, low, bottom), np.where(told, high, np.inf)
    return BandEnds(low, high, said)


def line_ends(sample: Sample, threshold: Any) -> tuple[Floats, Floats] | None:
    """Return the fixed line of each row, between two ends where two are given; None where it is estimated.

    Raises
    ------
    ColumnError
        Where a column does not exist, or a lower line is above the upper.
    OptionError
        Where a line is neither a number nor a column.
    """
    if threshold is None:
        return None
    both = threshold if isinstance(threshold, tuple | list) else (threshold, threshold)
    if len(both) != 2:
        raise OptionError(
            f"The line of `arpr` was given as {len(both)} values.",
            "It is one number or column, or two: the lowest and the highest line that a household may have.",
            "Write for example `threshold=('line_low', 'line_high')`.",
        )
    low, high = (_line(sample, each) for each in both)
    above = int((low > high).sum())
    if above:
        raise ColumnError(
            "A line between two ends was asked for.",
            f"The lower is above the upper on {above} rows.",
            "Write `threshold=(lowest, highest)`.",
        )
    return low, high


def line_of_rows(sample: Sample, line: Expression) -> Floats:
    """Return the line of each row, NaN where it has none."""
    engine = sample.engine
    assert isinstance(engine, MemoryEngine)  # what `held` is for
    found = engine.columns.evaluate(line, engine.scoped(Scope(())).domain)
    return np.array(np.broadcast_to(found, engine.rows), dtype=np.float64)


def _line(sample: Sample, line: Any) -> Floats:
    if isinstance(line, str):
        engine = sample.engine
        assert isinstance(engine, MemoryEngine)  # what `held` is for
        return engine.columns.numbers(known_column(line, sample.names, "the line of `arpr`"))
    try:
        value = float(line)
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        raise OptionError(
            f"The line {line!r} was given for `arpr`.",
            "A line is a number, a dated parameter, or a column.",
            "Write for example `threshold=1026`, or `threshold='line'`.",
        )
    return np.full(sample.engine.rows, value)


def _of_answers(sample: Sample, columns: MemoryColumns, banded: Banded) -> tuple[Floats, Floats, str]:
    """Return the ends of the answers of a column, by its code or its label."""
    factor = columns.factor(banded.name)
    asked = f"The bands of `{banded.name}` were asked for."
    labels = words_of_answers(sample.codebook, banded.name, factor.categories)
    bands = answer_bands(sample.codebook, banded.name, factor.categories, banded.bands, asked)
    known = [(code, *band) for code, band in zip(factor.categories, bands, strict=True) if band is not None]
    if len(known) < len(bands):
        lost = [
            labels.get(code, code)
            for code, band in zip(factor.categories, bands, strict=True)
            if band is None
        ]
        raise OptionError(
            asked,
            f"`bands` have no ends for {len(lost)} of its answers: {', '.join(map(answer_named, lost[:3]))}.",
            "Write the ends of each, None where it tells no amount, or declare it in the codebook as missing.",
        )
    # a row without an answer has the last one
    ends = np.array([*(each[1:] for each in known), (np.nan, np.nan)], dtype=float)
    said = "; ".join(
        f"{labels.get(code, code_written(code))} = {_interval(low, high)}"
        for code, low, high in sorted(known, key=lambda each: each[1:])
        if not np.isnan(low)
    )
    return ends[factor.codes, 0], ends[factor.codes, 1], said


def _interval(low: float, high: float) -> str:
    if low == high:
        return f"{low:.15g}"
    return "–".join("∞" if np.isinf(each) else f"{each:.15g}" for each in (low, high))


def _of_columns(columns: MemoryColumns, banded: Banded) -> tuple[Floats, Floats, str]:
    low, high = columns.numbers(banded.low), columns.numbers(banded.high)
    half = int((np.isnan(low) != np.isnan(high)).sum())
    if half:
        raise ColumnError(
            f"Bands from `{banded.low}` to `{banded.high}` were asked for.",
            f"{half} rows have one end and not the other.",
            "Write infinity for an open end, and leave both missing where there is no answer.",
        )
    wrong = int(((low > high) | ((low == high) & np.isinf(low))).sum())
    if wrong:
        raise ColumnError(
            f"Bands from `{banded.low}` to `{banded.high}` were asked for.",
            f"On {wrong} rows the lower end is above the upper, or both are infinite.",
            "Write the lower end first, or look at these rows.",
        )
    return low, high, ""


def _divided(columns: MemoryColumns, banded: Banded, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return ends divided by what lies between two values: each end by the value that takes it furthest."""
    least, most = columns.numbers(banded.per[0]), columns.numbers(banded.per[-1])
    told = ~np.isnan(low)
    wrong = int((told & ((least <= 0) | (least > most))).sum())
    if wrong:
        said = "above its upper end" if len(banded.per) == 2 else "not above zero"
        raise ColumnError(
            f"`{'`, `'.join(banded.per)}` was asked for, to divide a banded variable by.",
            f"On {wrong} rows it is not above zero{' or ' + said if len(banded.per) == 2 else ''}.",
            "Leave these rows out by `sample.where(...)` or make the divisor missing there.",
        )
    gone = np.isnan(least) | np.isnan(most)
    with np.errstate(invalid="ignore"):
        below, above = np.minimum(low / least, low / most), np.maximum(high / least, high / most)
        # one amount over two divisors reaches its upper end, which a band does not hold
        spread = (low == high) & (least < most) & (low != 0)
        above = np.where(spread, np.nextafter(above, np.inf), above)
    return np.where(gone, np.nan, below), np.where(gone, np.nan, above)
