"""Crowd workers who let a language model do the task (Veselovsky et al. 2023): their bootstrap, and our intervals.

The authors print the mean and the percentiles of 10,000 resamples drawn with a seed: the draws are
made again, in their order. Our own numbers stand apart: intervals from the design, and what the
test set of the classifier leaves open.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot
from diplab.types import Estimates, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Inputs

SEED, RESAMPLES = 78_923_476, 10_000
PERCENTILES = (0.025, 0.975)
ESTIMATORS = ("CC", "PCC", "Adj")
IN_THE_ARTICLE = {"Probabilistic classify-and-count": "PCC", "Corrected classify-and-count": "Adj"}
ENDS = ("estimate", "low", "high")


class Found(NamedTuple):
    """The authors’ bootstrap and our intervals; pasting; the classifier’s errors, and what they leave open."""

    workers: int
    bootstrap: pd.DataFrame
    design: pd.DataFrame
    pasting: pd.DataFrame
    by_pasting: Estimates
    gap: Estimates
    errors: pd.DataFrame
    corrected: tuple[float, float]


def results(inputs: Inputs) -> dict[str, Any]:
    found = _found(inputs)
    typed, pasted = (100 * float(share) for share in found.by_pasting.frame["estimate"])
    article = found.bootstrap.loc[list(IN_THE_ARTICLE.values())].set_axis(list(IN_THE_ARTICLE))
    least, most = found.corrected
    return {
        "notebook": found.bootstrap,
        "article": article,
        "pasting": found.pasting,
        "design": found.design,
        "workers": float(found.workers),
        "pasted_synthetic": pasted,
        "typed_synthetic": typed,
        "pasting_gap": Result.of(found.gap, scale=100, base="pasting_known"),
        "false_positives_at_most": found.errors.loc["real", "high"],
        "false_negatives_at_most": found.errors.loc["synthetic", "high"],
        "corrected_at_least": least,
        "corrected_at_most": most,
    }


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", partial(_computed, inputs))


def _computed(inputs: Inputs) -> Found:
    # what workers wrote and typed is not read; the file looks like an export of Prolific, and is
    # not one any more
    read = partial(inputs.read, file_format="delimited")
    summaries = read("llm-crowdwork-2023/study-1", columns=["y_cc", "cal_prob", "copied"]).frame
    tested = read("llm-crowdwork-2023/test-set", columns=["target", "y_cc"]).frame
    sample = dl.declare_design(summaries, kind="opt-in")
    synthetic = dl.share("y_cc == 'synthetic'")
    by_pasting = dl.estimate(sample, synthetic, by="copied", df="design")
    errors = _errors(tested)
    wrong = errors["rate"] / 100
    share = float((summaries["y_cc"] == "synthetic").mean())
    return Found(
        len(summaries),
        _bootstrap(summaries, wrong),
        _design(dl.estimate(sample, synthetic, dl.mean("cal_prob"), df="design"), wrong),
        _pasting(summaries),
        by_pasting,
        dl.contrast(by_pasting, {"copied": (1.0, 0.0)}),
        errors,
        _corrected_between(share, errors),
    )


def _corrected(share: Any, false_positives: float, false_negatives: float) -> Any:
    """Return the share of synthetic texts behind a share classified so (Rogan and Gladen 1978)."""
    return (share - false_positives) / (1 - false_positives - false_negatives)


def _bootstrap(summaries: pd.DataFrame, wrong: pd.Series) -> pd.DataFrame:
    """Return the mean and the percentiles of the authors’ resamples, the same for the three estimators.

    The authors seed NumPy’s global generator before each estimator, then draw rows with
    `DataFrame.sample`: the frozen stream of `RandomState`, 161 whole numbers a resample. The test
    set is not resampled.
    """
    n = len(summaries)
    drawn = np.random.RandomState(SEED).randint(0, n, size=(RESAMPLES, n))
    share = (summaries["y_cc"] == "synthetic").to_numpy()[drawn].mean(axis=1)
    mean = summaries["cal_prob"].to_numpy()[drawn].mean(axis=1)
    corrected = _corrected(share, wrong["real"], wrong["synthetic"])
    rows = [[each.mean(), *np.quantile(each, PERCENTILES)] for each in (share, mean, corrected)]
    return 100 * pd.DataFrame(rows, index=ESTIMATORS, columns=ENDS)


def _design(found: Estimates, wrong: pd.Series) -> pd.DataFrame:
    """Return our estimates and intervals; the limits are corrected as the share is."""
    share, mean = found.frame[["estimate", "ci_low", "ci_high"]].to_numpy()
    corrected = _corrected(share, wrong["real"], wrong["synthetic"])
    return 100 * pd.DataFrame([share, mean, corrected], index=ESTIMATORS, columns=ENDS)


def _pasting(summaries: pd.DataFrame) -> pd.DataFrame:
    """Return counts by pasting and class, with the labels of the printed table."""
    counts = pd.crosstab(summaries["copied"], summaries["y_cc"])
    return counts.astype(float).set_axis(counts.index.map(str))


def _errors(tested: pd.DataFrame) -> pd.DataFrame:
    """Return the share of texts taken for the other class, by true class, with its exact limits, in per cent.

    Limits of Clopper and Pearson (1934), at 95%.
    """
    wrong = (tested["y_cc"] != tested["target"]).groupby(tested["target"])
    limits = {
        kind: stats.binomtest(int(each.sum()), len(each)).proportion_ci(method="exact")
        for kind, each in wrong
    }
    ends = pd.DataFrame(limits, index=["low", "high"]).T
    return 100 * ends.assign(rate=wrong.mean())


def _corrected_between(share: float, errors: pd.DataFrame) -> tuple[float, float]:
    """Return the corrected share with both error rates at the limits that lower it, then that raise it, most."""
    low, high = (errors[end] / 100 for end in ("low", "high"))
    return (
        100 * _corrected(share, high["real"], low["synthetic"]),
        100 * _corrected(share, low["real"], high["synthetic"]),
    )


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    found = _found(inputs)
    numbers = _numbers(found)
    labels = inputs.words("label", **numbers)
    return {
        "prevalence": dl.chart(
            _prevalence_rows(found, labels),
            "dots",
            percent=True,
            percent_signs=False,
            decimals=1,
            zero=False,
            **inputs.caption("prevalence", **numbers),
        )
    }


def tables(inputs: Inputs) -> dict[str, Any]:
    """Return the shares by pasting: two numbers and their intervals, which need no figure."""
    found = _found(inputs)
    words = inputs.words("pasting-labels")
    pasting = (words["pasting"], {"1": words["pasted"], "0": words["typed"]})
    labels = {"copied": pasting, "y_cc == 'synthetic'": words["classified"]}
    said = inputs.caption("pasting", **_numbers(found))
    return {"pasting": partial(dl.table, found.by_pasting, labels=labels, decimals=1, **said)}


def _prevalence_rows(found: Found, labels: Mapping[str, dl.Text]) -> tuple[Dot, ...]:
    """Return the authors’ interval and ours for each estimator, and what the test set leaves open of the last."""
    rows = [
        Dot(labels[name], *(100**-1 * frame.loc[estimator]), group=labels[estimator])
        for estimator in ESTIMATORS
        for name, frame in (("bootstrap", found.bootstrap), ("design", found.design))
    ]
    low, high = (end / 100 for end in found.corrected)
    return (*rows, Dot(labels["errors"], low=low, high=high, bounds=True, group=labels["Adj"]))


def _numbers(found: Found) -> dict[str, dl.Text]:
    """Return the numbers that labels and notes read."""
    both, percent, number = wording.both, wording.percent, wording.number
    typed, pasted = found.by_pasting.frame.to_dict("records")
    least, most = found.corrected
    gap = found.gap.frame.iloc[0]
    shares = {
        "typed": typed["estimate"],
        "pasted": pasted["estimate"],
        "least": least / 100,
        "most": most / 100,
    }
    shares["corrected"] = found.design.loc["Adj", "estimate"] / 100
    points = {"gap": gap["estimate"], "low": gap["ci_low"], "high": gap["ci_high"]}
    people = {"workers": found.workers, "n_pasted": pasted["n"], "n_typed": typed["n"]}
    return {
        **{name: both(percent, value) for name, value in shares.items()},
        **{name: both(number, 100 * value, decimals=1) for name, value in points.items()},
        **{name: both(number, value) for name, value in people.items()},
    }
