"""`calibrate`: weights under which the sample meets what is known of the population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import CalibrationError, OptionError
from diplab.kernel.arrays import Floats
from diplab.kernel.calibration import Cells, DistanceName, cells_of
from diplab.sampling._imputed import Imputed
from diplab.sampling.auxiliary import Auxiliary
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.sample import Sample
from diplab.weighting.margins import Margin, RowMargins, read_margins, row_margins
from diplab.weighting.solution import Limits, calibrated_replication, multipliers, read_limits
from diplab.weighting.trimming import uneven_weights


def calibrate(
    sample: Sample,
    margins: Mapping[Any, Any],
    *,
    distance: DistanceName = "linear",
    bounds: Sequence[float | None] | None = None,
    trim: Sequence[float | None] | None = None,
) -> Sample:
    """Calibrate the weights of a sample to totals of the population known from elsewhere.

    The new weights are the nearest to the old ones under which the sample gives these totals; every later estimate
    uses them, and its standard error is that of the residuals of the regression on the margins. With replicate weights
    the calibration is redone in each replicate. One categorical margin is post-stratification, several with
    `distance="raking"` are raking (iterative proportional fitting), numeric ones are the regression estimator.

    Parameters
    ----------
    sample : Sample
        Not yet calibrated, with no domain. Rows outside its universe keep their weights.
    margins : mapping
        `{"sex": {"f": 510, "m": 490}}`, number of people by category; `{("sex", "age"): {("f", "old"): 120, ...}}` for
        variables crossed; `{"income": 2.1e6}`, total of a numeric variable; `{(): 1000}`, number of people.
    distance : {"linear", "raking", "logit"}
        Linear (chi-square), raking ratio (exponential), or logit between bounds.
    bounds : pair of float, optional
        Lowest and highest ratio of the weights after and before; None for an open end. The logit distance needs both.
    trim : pair of float, optional
        Lowest and highest weight after calibration, in people; None for an open end. What is cut off goes to other
        rows so that all margins hold still: the weights are the nearest to the old ones that keep both.

    Returns
    -------
    Sample
        In memory: the rows and columns of a query are collected.

    Raises
    ------
    CalibrationError
        Where margins contradict each other or the data, or cannot be met within the limits: which, and by how much.
    ColumnError
        Where a variable does not exist.
    OptionError
        Where limits are none, or weights were calibrated before.

    Notes
    -----
    The weights are w = d F(x' m), with F and the multipliers m of Deville and Särndal (1992), "Calibration estimators
    in survey sampling", JASA 87. With limits on ratios or weights F is cut there. Where the sample has replicate
    weights, `trim` sets the same lowest and highest ratio for a row in each of them as in the full sample.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> sample = dl.calibrate(dl.declare_design(people), {"sex": {"f": 600, "m": 200}})
    >>> dl.estimate(sample, dl.total("hours"), dl.mean("hours")).frame["estimate"].tolist()
    [17000.0, 21.25]
    """
    limits = read_limits(distance, bounds, trim)
    _check_sample(sample)
    read = read_margins(margins, sample.names, sample.codebook)
    collected = sample.collect()
    engine = collected.engine
    before = engine.weights
    inside = engine.scoped(Scope(sample.population)).weight > 0
    _check_percentages(read, before[inside])
    rows = row_margins(read, engine.columns, sample.codebook, inside)
    cells = cells_of(rows.controls) if trim is None else Cells.by_row(rows.controls)
    pulled = limits.of(before, inside)
    result = multipliers(rows, cells, cells.masses(before)[:, None], pulled, limits)
    ratio = np.where(inside, cells.factors(result[:, 0], pulled), 1.0)
    # what rounding leaves below a weight of zero is zero
    ratio[np.abs(ratio) < 1e-12] = 0.0
    _check_positive(ratio, inside)
    auxiliary = Auxiliary(rows.controls, before, _rules(rows, limits, ratio[inside], before[inside]))
    after = collected.with_weights(before * ratio, auxiliary)
    if collected.replication is None:
        return after
    return after.with_replication(
        calibrated_replication(collected.replication, collected, rows, cells, pulled, limits, inside)
    )


def _check_sample(sample: object) -> None:
    if isinstance(sample, Imputed):
        raise OptionError(
            "`sample` is several imputations.",
            "Each is a sample, with weights of its own.",
            "Calibrate first: `imputed([calibrate(each, margins) for each in samples])`.",
        )
    if not isinstance(sample, Sample):
        raise OptionError(
            f"`sample` is a {type(sample).__name__}, and not a sample with its design.",
            write="Write `declare_design(data, ...)` first, and calibrate what it returns.",
        )
    if sample.domain:
        raise OptionError(
            f"`sample` is narrowed to the domain `{sample.condition}`.",
            "Margins are of the whole population.",
            "Write `calibrate(...)` first and `.where(...)` on what it returns, or `.universe(...)` before.",
        )
    if sample.auxiliary is not None:
        raise OptionError(
            "`sample` is calibrated already.",
            "The variance knows the margins of one calibration only, and the first ones would no longer be met.",
            "Write all margins in one call of `calibrate`, on the sample as it was declared.",
        )


def _check_percentages(margins: Sequence[Margin], weights: Floats) -> None:
    """Refuse percentages: weights of thousands of people brought to a total of 100 are seldom meant."""
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


def _check_positive(ratio: Floats, inside: NDArray[np.bool_]) -> None:
    below = int((ratio < 0).sum())
    if below:
        raise CalibrationError(
            f"{below} of {int(inside.sum())} weights come out negative.",
            f"The linear distance has no lower bound, and the lowest ratio is {ratio.min():.4g}.",
            "Write `distance='raking'`, or a lower bound, for example `bounds=(0.2, None)`.",
        )


def _rules(rows: RowMargins, limits: Limits, ratio: Floats, before: Floats) -> dict[str, str]:
    """Return the rules of the calibration, for the provenance."""
    rules: dict[str, str] = {"calibration": limits.distance}
    margins = rows.margins
    alone = len(margins) == 1 and margins[0].levels is not None
    if alone and limits.bounds is None and limits.trim is None:
        rules["calibration"] = "poststratification"
    rules["margins"] = ", ".join(each.label for each in rows.margins)
    ends = {"ratio": limits.bounds, "weight": limits.trim}
    for name, pair in ends.items():
        for word, end in zip(("floor", "ceiling"), pair or (), strict=False):
            if np.isfinite(end) and end > 0:
                rules[f"{name}_{word}"] = f"{end:g}"
    ends_of_ratio = {"lowest_ratio": f"{ratio.min():.4g}", "highest_ratio": f"{ratio.max():.4g}"}
    return {**rules, **ends_of_ratio, **uneven_weights(before * ratio)}
