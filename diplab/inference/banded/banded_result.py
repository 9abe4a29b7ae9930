"""The result of all answers to a question on a banded variable: rows, covariance and provenance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.estimators.prepared import option_text
from diplab.estimators.statistic import Linearised
from diplab.inference.banded.bound_ends import totals_of, unused_bound
from diplab.inference.covariance import ComputedStatistic
from diplab.inference.provenance import provenance_of
from diplab.sampling.expression import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.estimators.statistic import Statistic
    from diplab.inference.banded.answer import Answer, Asked
    from diplab.inference.banded.bounds import Identified
    from diplab.results.provenance import Provenance
    from diplab.sampling.engines.protocol import Floats

__all__ = ["answers_frame", "covariance_of_answers", "judged", "line_said", "provenance_of_answers"]


def line_said(threshold: Any) -> str:
    """Return a line as written: a number, a column, or two of them."""
    ends = threshold if isinstance(threshold, tuple | list) else (threshold,)
    return " – ".join(option_text(each) for each in ends)


def judged(answer: Answer, found: Identified) -> Answer:
    """Return a point with the flag `misfit` where it lies outside the bounds: no sampling error takes it there.

    Bounds and point are of the same sample, and hold for it whatever the sampling: the amounts that the point would
    need are not in the bands.
    """
    slack = 1e-9 * np.maximum(np.abs(found.low), np.where(np.isfinite(found.high), np.abs(found.high), 0.0))
    with np.errstate(invalid="ignore"):
        outside = (answer.point < found.low - slack) | (answer.point > found.high + slack)
    flags = tuple(
        ", ".join(part for part in (flag, "misfit") if part) if out else flag
        for flag, out in zip(answer.flag, outside, strict=True)
    )
    return replace(answer, flag=flags)


def answers_frame(asked: Asked, given: Sequence[Answer]) -> pd.DataFrame:
    """Return the rows of a result: by answer, then by domain."""
    import pandas as pd

    cells = asked.sample.engine.cells(asked.by)
    parts = []
    for each in given:
        with np.errstate(divide="ignore", invalid="ignore"):
            cv = np.where(each.point == 0, np.nan, each.std_error / np.abs(each.point))
        columns: dict[str, Any] = {
            "statistic": asked.said,
            "variable": asked.variable,
            "category": [each.method] * len(cells),
        }
        columns |= {name: [cell[place] for cell in cells] for place, name in enumerate(asked.by)}
        columns |= {
            "estimate": each.point,
            "std_error": each.std_error,
            "ci_low": each.ci_low,
            "ci_high": each.ci_high,
            "cv": cv,
            "deff": np.nan,
            "df": each.df,
            "n": each.n,
            "flag": list(each.flag),
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def covariance_of_answers(found: Identified, given: Sequence[Answer]) -> Floats:
    """Return the covariance of the bounds; answers that rest on different assumptions are not compared by it."""
    width = found.low.size
    every = np.full((len(given) * width, len(given) * width), np.nan)
    every[: 2 * width, : 2 * width] = found.covariance
    spread = np.concatenate([each.std_error for each in given[2:]]) if len(given) > 2 else np.zeros(0)
    places = np.arange(2 * width, len(every))
    every[places, places] = spread**2
    return every


def provenance_of_answers(
    asked: Asked, statistic: Statistic, said: str, given: Sequence[Answer]
) -> Provenance:
    """Return the provenance: how bands were read, the line, who is missing, what each answer assumes."""
    totals = totals_of(asked)
    bound = replace(
        unused_bound(asked.said),
        variable=asked.variable,
        options=_options(statistic),
        description=statistic.description,
    )
    plain = ComputedStatistic(bound, totals, Linearised(given[0].point, Column("")), totals.n)
    found = provenance_of(asked.sample, [plain], asked.confidence, asked.df, asked.by)
    rules = {**found.rules, "banded": ", ".join(dict.fromkeys(each.method for each in given))}
    if said:
        rules["bands"] = said
    if statistic.banded is not None and statistic.banded.refusals == "bound":
        rules["refusals"] = "bound"
    if statistic.name == "quantile":
        rules["quantile_order"] = f"{statistic.options['p']:g}"
    for each in given:
        rules |= each.rules
    assumptions = dict.fromkeys(text for each in given for text in each.assumptions)
    return replace(found, rules=rules, assumptions=tuple(assumptions))


def _options(statistic: Statistic) -> dict[str, Any]:
    threshold = statistic.options.get("threshold")
    if threshold is None:
        return dict(statistic.options)
    return {**statistic.options, "threshold": line_said(threshold)}
