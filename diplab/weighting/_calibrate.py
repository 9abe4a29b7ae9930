"""`calibrate`: adjust weights to known population totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

import numpy as np
from scipy import sparse

from diplab.checks import argument, check_one_of, is_number
from diplab.errors import CalibrationError, OptionError
from diplab.estimators.measurement import read_variables
from diplab.kernel import calibration
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.calibration import Cells, Distance, DistanceName
from diplab.microdata.variable import code_quoted
from diplab.sampling._imputed import Imputed
from diplab.sampling.auxiliary import Auxiliary
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import ONE
from diplab.sampling.replication import Replication, WeightsWhenRead
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.weighting.margins import Margin, RowMargins, read_margins, row_margins
from diplab.weighting.trimming import uneven_weights


def calibrate(
    sample: Sample,
    margins: Mapping[Any, Any],
    *,
    distance: DistanceName = "linear",
    bounds: Sequence[float | None] | None = None,
    trim: Sequence[float | None] | None = None,
) -> Sample:
    """Calibrate the weights of a sample to known population totals.

    The new weights are those nearest to the old ones that reproduce these totals. Later estimates
    use them, with standard errors from the residuals of the regression on the margins. With
    replicate weights the calibration is redone in each replicate. One categorical margin is
    post-stratification, several with `distance="raking"` are raking (iterative proportional
    fitting), and numeric ones give the regression estimator.

    Parameters
    ----------
    sample : Sample
        A sample without domain, not yet calibrated. Rows outside its universe keep their weights.
    margins : mapping
        `{"sex": {"f": 510, "m": 490}}`, number of people by category; `{("sex", "age"): {("f",
        "old"): 120, ...}}` for crossed variables; `{"income": 2.1e6}`, total of a numeric variable;
        `{(): 1000}`, number of people.
    distance : {"linear", "raking", "logit"}
        Linear (chi-square), raking ratio (exponential), or logit between bounds.
    bounds : pair of float, optional
        Lowest and highest ratio of new to old weights; None for no limit. The logit distance needs
        both.
    trim : pair of float, optional
        Lowest and highest calibrated weight, in people; None for no limit. The excess is
        redistributed so that all margins still hold: the weights are those nearest to the old ones
        that satisfy both.

    Returns
    -------
    Sample
        A sample in memory: the rows of a query are collected.

    Raises
    ------
    CalibrationError
        If margins contradict each other or the data, or cannot be met within the limits.
    ColumnError
        If a variable does not exist.
    MisleadingError
        If a single total is given for a variable of codes, which are not amounts.
    OptionError
        If limits are not valid, or the weights were calibrated before.

    Notes
    -----
    The weights are w = d F(x' m), with F and the multipliers m of Deville and Särndal (1992),
    "Calibration estimators in survey sampling", JASA 87. With limits on ratios or weights, F is
    truncated there. With replicate weights, `trim` applies to each row the same lowest and highest
    ratio in every replicate as in the full sample.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> sample = dl.calibrate(dl.declare_design(people), {"sex": {"f": 600, "m": 200}})
    >>> dl.estimate(sample, dl.total("hours"), dl.mean("hours")).frame["estimate"].tolist()
    [17000.0, 21.25]
    """
    limits = Limits(
        check_one_of("distance", distance, DistanceName),
        _read("bounds", bounds),
        _read("trim", trim),
    )
    if limits.distance == "logit":
        _check_logit(limits)
    _check_sample(sample)
    read = read_margins(margins, sample.names, sample.codebook)
    collected = sample.collect()
    for margin in read:
        _check_amounts(collected, margin)
    engine = collected.engine
    before = engine.weights
    inside = engine.scoped(Scope(sample.population)).weight > 0
    _check_percentages(read, before[inside])
    rows = row_margins(read, engine.columns, sample.codebook, inside)
    cells = calibration.cells_of(rows.controls) if trim is None else Cells.by_row(rows.controls)
    pulled = limits.of(before, inside)
    result = multipliers(rows, cells, cells.masses(before)[:, None], pulled, limits)
    ratio = np.where(inside, cells.factors(result[:, 0], pulled), 1.0)
    # rounding error around a weight of zero
    ratio[np.abs(ratio) < 1e-12] = 0.0
    if below := int((ratio < 0).sum()):
        raise CalibrationError(
            f"{below} of {int(inside.sum())} weights come out negative.",
            f"The linear distance has no lower bound, and the lowest ratio is {ratio.min():.4g}.",
            "Write `distance='raking'`, or a lower bound, for example `bounds=(0.2, None)`.",
        )
    auxiliary = Auxiliary(
        rows.controls, before, _rules(rows, limits, ratio[inside], before[inside])
    )
    if collected.auxiliary is not None:
        auxiliary = auxiliary.after(collected.auxiliary, ratio)
    after = collected.with_weights(before * ratio, auxiliary)
    if collected.replication is None:
        return after
    return after.with_replication(
        calibrated_replication(collected, rows, cells, pulled, limits, inside)
    )


def _check_sample(sample: object) -> None:
    wrong = why = ""
    if isinstance(sample, Imputed):
        wrong, why = ("`sample` is several imputations.", "Each is a sample with its own weights.")
        write = "Calibrate first: `imputed([calibrate(each, margins) for each in samples])`."
    elif not isinstance(sample, Sample):
        wrong = f"`sample` is a {type(sample).__name__}, and not a sample with its design."
        write = "Write `declare_design(data, ...)` first, and calibrate what it returns."
    elif sample.domain:
        wrong = f"`sample` is narrowed to the domain `{sample.condition}`."
        why = "Margins are of the whole population."
        write = "Write `calibrate(...)` first and `.where(...)` on what it returns, or "
        write += "`.universe(...)` before."
    elif sample.auxiliary is not None and sample.auxiliary.is_calibration:
        wrong = "`sample` is calibrated already."
        why = "The variance accounts for a single calibration, and the first ones would no "
        why += "longer be met."
        write = "Write all margins in one call of `calibrate`, on the sample as it was declared."
    if wrong:
        raise OptionError(wrong, why, write)


def _check_amounts(sample: SampleInMemory, margin: Margin) -> None:
    """Refuse a single total for codes, whose sum is meaningless."""
    if margin.levels is not None or sample.level(margin.variables[0]) == "amount":
        return
    (name,) = margin.variables
    people = sample.totals((name,), ())(ONE)[0]
    cells = sample.engine.cells((name,))
    counts = ", ".join(
        f"{code_quoted(code)}: {count:.6g}" for (code,), count in zip(cells, people, strict=True)
    )
    line = (
        f"the number of people of each, here as the sample has them: `{{{name!r}: {{{counts}}}}}`"
    )
    read_variables(
        sample, "calibrate", (name,), "amount", {"nominal": line, "unstated": line, "ordinal": line}
    )


def _check_percentages(margins: Sequence[Margin], weights: Floats) -> None:
    """Refuse percentages: weights of thousands of people are rarely calibrated to 100."""
    for margin in margins:
        together = sum(margin.totals)
        people = float(weights.sum())
        counted = margin.levels is not None and len(margin.totals) > 1
        if counted and abs(together - 100) < 0.5 and max(people / 2, weights.size) > 100:
            raise CalibrationError(
                f"The totals of {margin.name} sum to {together:.10g}, as percentages do.",
                f"The weights of {weights.size} rows sum to {people:,.10g}.",
                "Multiply them by the size of the population over 100, so that they are totals.",
            )


def _rules(rows: RowMargins, limits: Limits, ratio: Floats, before: Floats) -> dict[str, Any]:
    """Return the rules of the calibration, for the provenance."""
    rules: dict[str, Any] = {"calibration": limits.distance}
    margins = rows.margins
    alone = len(margins) == 1 and margins[0].levels is not None
    if alone and limits.bounds is None and limits.trim is None:
        rules["calibration"] = "poststratification"
    rules["margins"] = tuple(margin.variables or ("N",) for margin in rows.margins)
    ends = {"ratio": limits.bounds, "weight": limits.trim}
    for name, pair in ends.items():
        for word, end in zip(("floor", "ceiling"), pair or (), strict=False):
            if np.isfinite(end) and end > 0:
                rules[f"{name}_{word}"] = f"{end:g}"
    ends_of_ratio = {"lowest_ratio": f"{ratio.min():.4g}", "highest_ratio": f"{ratio.max():.4g}"}
    return {**rules, **ends_of_ratio, **uneven_weights(before * ratio)}


@dataclass(frozen=True)
class Limits:
    """The distance of a calibration and the limits it keeps."""

    distance: DistanceName
    # lowest and highest ratio of new to old weights; infinite if unlimited
    bounds: tuple[float, float] | None
    trim: tuple[float, float] | None  # lowest and highest calibrated weight

    @property
    def text(self) -> str:
        """The limits as written in a call."""
        texts = []
        if self.bounds is not None:
            texts.append(f"`bounds=({_end_text(self.bounds[0])}, {_end_text(self.bounds[1])})`")
        if self.trim is not None:
            # a lowest weight of zero is no limit
            texts.append(f"`trim=({_end_text(self.trim[0] or -inf)}, {_end_text(self.trim[1])})`")
        return " and ".join(texts) or "no weight below zero"

    def of(self, weights: Floats, inside: Booleans) -> Distance:
        """Return the distance with its bounds, one pair per row if weights are limited."""
        low, high = self.bounds or (-inf, inf)
        if self.trim is None:
            return Distance.of(self.distance, low, high)
        known = np.where(inside, weights, 1.0)
        # rows outside the universe are not calibrated: any bounds will do
        lows = np.where(inside, np.maximum(low, self.trim[0] / known), 0.5)[:, None]
        highs = np.where(inside, np.minimum(high, self.trim[1] / known), 2.0)[:, None]
        rows, crossed, beside_one = (
            inside.sum(),
            (lows > highs).sum(),
            ((lows >= 1) | (highs <= 1)).sum(),
        )
        if crossed:
            raise CalibrationError(
                f"{crossed} of {rows} rows cannot keep {self.text}.",
                write="Write wider bounds, or wider limits of the weights.",
            )
        if beside_one and self.distance == "logit":
            raise CalibrationError(
                f"{beside_one} of {rows} weights are outside {self.text} before calibration.",
                "The logit distance needs every weight to start within its limits.",
                "Write `distance='linear'` or `distance='raking'`, or wider limits.",
            )
        return Distance(self.distance, lows, highs)


def _end_text(end: float) -> str:
    if isfinite(end):
        return f"{end:g}"
    return "None"


def _check_logit(limits: Limits) -> None:
    given = limits.bounds or limits.trim
    if given is None or not all(map(isfinite, given)):
        raise OptionError(
            "`distance='logit'` needs two bounds.",
            write="Write for example `bounds=(0.5, 2)`: the lowest and the highest ratio of "
            "weights after and before.",
        )
    if limits.bounds is not None and not limits.bounds[0] < 1 < limits.bounds[1]:
        raise OptionError(
            f"{limits.text} has no ratio of 1 between its ends, from which `distance='logit'` "
            "starts.",
            write="Write one bound below 1 and one above, or `distance='linear'`.",
        )


def _read(name: str, given: Sequence[float | None] | None) -> tuple[float, float] | None:
    if given is None:
        return None
    example, low, high = "bounds=(0.5, 2)", -inf, inf
    if name == "trim":
        example, low = "trim=(20, 300)", 0.0
    ends: list[Any] = []
    if isinstance(given, tuple | list | np.ndarray):
        ends = list(given)
    if len(ends) == 2:
        if ends[0] is None:
            ends[0] = low
        if ends[1] is None:
            ends[1] = high
        if (
            is_number(ends[0])
            and is_number(ends[1])
            and ends[0] < ends[1]
            and not -inf < ends[0] < 0
        ):
            return float(ends[0]), float(ends[1])
    raise OptionError(
        f"{argument(name, given)} is not a pair of numbers of at least 0, the lower one first.",
        "Use None for an open end.",
        f"Write for example `{example}`.",
    )


_NAMED = 3
_WIDER = (
    "Write wider limits, merge that category with another in the data and in the margin, or leave "
    "a margin out."
)

_AGREE = (
    "Check whether the totals contradict each other, merge that category with another in the data "
    "and in the margin, "
    "or leave a margin out."
)


def multipliers(
    margins: RowMargins,
    cells: Cells,
    masses: Floats,
    distance: Distance,
    limits: Limits,
    replicate: int | None = None,
) -> Floats:
    """Return the multipliers that meet the margins; `masses` has shape (cells, replicates)."""
    if replicate is not None:
        _check_carried(margins, cells, masses, replicate)
    if distance.bounded:
        low, high = calibration.attainable_totals(cells.controls, masses, distance)
        slack = 1e-12 * np.abs(margins.targets)[:, None]
        outside = (low - slack > margins.targets[:, None]) | (
            margins.targets[:, None] > high + slack
        )
        if outside.any():
            which, place = np.argwhere(outside.T)[0].tolist()
            least, most = float(low[place, which]), float(high[place, which])
            if isfinite(least) and isfinite(most):
                within = f"lie between {least:,.6g} and {most:,.6g}"
            elif isfinite(least):
                within = f"be at least {least:,.6g}"
            else:
                within = f"be at most {most:,.6g}"
            found = f"{_in(replicate, which)}with {limits.text} it can only {within}."
            raise CalibrationError(
                f"The total {margins.targets[place]:,.10g} of {margins.category_text(place)} "
                "cannot be met.",
                found[0].upper() + found[1:],
                _WIDER,
            )
    result = calibration.calibrated(cells.controls, masses, margins.targets, distance)
    if not result.met.all():
        which = int(np.flatnonzero(~result.met)[0])
        raise _unmet(
            margins, cells, masses[:, which : which + 1], distance, limits, _in(replicate, which)
        )
    return result.multipliers


def _in(replicate: int | None, which: int) -> str:
    """Return the beginning of a sentence about one replicate."""
    if replicate is None:
        return ""
    return f"In replicate {replicate + which + 1}, "


def _check_carried(margins: RowMargins, cells: Cells, masses: Floats, replicate: int) -> None:
    """Refuse a total whose rows all have weight 0 in a replicate, where no factor can meet it."""
    there = np.zeros((margins.targets.size, masses.shape[1]))
    for start, stop, values in cells.controls.blocks(masses.shape[1]):
        there += np.abs(values).T @ np.abs(masses[start:stop])
    lost = (there == 0) & (margins.targets != 0)[:, None]
    if lost.any():
        which, place = np.argwhere(lost.T)[0].tolist()
        raise CalibrationError(
            f"The total {margins.targets[place]:,.10g} of {margins.category_text(place)} cannot be "
            "met.",
            f"In replicate {replicate + which + 1}, all rows that have it have a weight of zero.",
            "Merge that category with another in the data and in the margin, or leave the margin "
            "out.",
        )


def _unmet(
    margins: RowMargins, cells: Cells, mass: Floats, distance: Distance, limits: Limits, where: str
) -> CalibrationError:
    nearest = calibration.nearest_totals(cells.controls, mass, margins.targets, distance)[:, 0]
    missed = np.abs(nearest - margins.targets)
    share = missed / np.where(margins.targets == 0, 1.0, np.abs(margins.targets))
    totals = []
    for place in np.argsort(-share)[:_NAMED].tolist():
        if share[place] > 0.1 * share.max():
            side = "less"
            if nearest[place] < margins.targets[place]:
                side = "more"
            totals.append(
                f"{nearest[place]:,.6g} for {margins.category_text(place)} (of "
                f"{margins.targets[place]:,.10g}, "
                f"{missed[place]:,.3g} {side})"
            )
    result = f"{where}with {limits.text} the nearest is {' and '.join(totals)}."
    write = _AGREE
    if limits.bounds or limits.trim:
        write = _WIDER
    return CalibrationError(
        "These margins cannot be met together: "
        f"{', '.join(margin.name for margin in margins.margins)}.",
        result[0].upper() + result[1:],
        write,
    )


_BATCH_CELLS = 8_000_000


def calibrated_replication(
    sample: SampleInMemory,
    margins: RowMargins,
    cells: Cells,
    distance: Distance,
    limits: Limits,
    inside: Booleans,
) -> Replication:
    """Return replicate weights, each set calibrated to the same margins as the full sample."""
    replication = sample.replication
    assert replication is not None  # called only with replicate weights
    batch = replication.count
    if cells.key is None:
        batch = max(1, _BATCH_CELLS // sample.engine.rows)
    result = []
    for start in range(0, replication.count, batch):
        places = range(start, min(start + batch, replication.count))
        masses = _masses(replication, sample, cells, places)
        result.append(multipliers(margins, cells, masses, distance, limits, start))
    found, before = np.concatenate(result, axis=1), replication.of_rows(sample.engine)

    def after(place: int) -> Floats:
        return before[place] * np.where(inside, cells.factors(found[:, place], distance), 1.0)

    # expanded when read: only one multiplier per category is stored
    return replace(replication, factors=None, weights=WeightsWhenRead(replication.count, after))


def _masses(
    replication: Replication, sample: SampleInMemory, cells: Cells, places: range
) -> Floats:
    """Return the weight of each cell in each replicate, shape (cells, replicates)."""
    engine = sample.engine
    if cells.key is None or replication.factors is None:
        weights = replication.of_rows(engine)
        return np.column_stack([cells.masses(weights[position]) for position in places])
    shape = (int(cells.key.max()) + 1, replication.factors.shape[0])
    by_unit = sparse.coo_array(
        (engine.weights, (cells.key, engine.units.of_record)), shape=shape
    ).tocsr()
    masses: Floats = np.asarray(by_unit @ replication.factors[:, places.start : places.stop])
    return masses[cells.kept]
