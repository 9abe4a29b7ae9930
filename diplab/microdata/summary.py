"""Numbers and days summed up: how many, how large, how far apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.kernel.quantiles import quantile
from diplab.microdata.frequencies import missing_rows
from diplab.microdata.shown import worded
from diplab.reference.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["summary_of_days", "summary_of_numbers", "summary_of_words"]

_MISSING = Text("sans réponse\N{NO-BREAK SPACE}", "missing")
_SAID = {
    "n": Text("réponses", "n"),
    "mean": Text("moyenne", "mean"),
    "sd": Text("écart type", "sd"),
    "min": Text("minimum", "min"),
    "q1": Text("premier quartile", "q1"),
    "median": Text("médiane", "median"),
    "q3": Text("troisième quartile", "q3"),
    "max": Text("maximum", "max"),
    "distinct": Text("réponses différentes", "distinct"),
    "first": Text("premier jour", "first"),
    "last": Text("dernier jour", "last"),
}


def summary_of_numbers(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    """Return n, mean, standard deviation, quartiles and ends of a column of numbers, then its missing answers."""
    values = data.frame[name].to_numpy(dtype=float, na_value=np.nan)
    kept = ~np.isnan(values)
    plain = _numbers(values[kept], np.ones(int(kept.sum())))
    weighted = None if weights is None else _numbers(values[kept], weights[kept])
    rows = [
        {
            "statistic": worded(_SAID[key], language),
            "value": plain[key],
            **({} if weighted is None else {"weighted": weighted[key]}),
        }
        for key in plain
    ]
    return _with_missing(rows, data, name, weights, language)


def _numbers(values: NDArray[np.float64], weights: NDArray[np.float64]) -> dict[str, float]:
    """Return statistics under weights; those of weight zero are nobody's, as everywhere in diplab."""
    values, weights = values[weights > 0], weights[weights > 0]
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    n, total = len(values), weights.sum()
    if not n:
        return {"n": 0.0, **dict.fromkeys(("mean", "sd", "min", "q1", "median", "q3", "max"), np.nan)}
    with np.errstate(invalid="ignore", over="ignore"):  # an infinite answer has no spread
        mean = float((weights * values).sum() / total)
        spread = (weights * (values - mean) ** 2).sum() / total
    return {
        "n": float(total),
        "mean": mean,
        "sd": float(np.sqrt(spread * n / (n - 1))) if n > 1 else np.nan,
        "min": float(values[0]),
        "q1": quantile(values, weights, 0.25),
        "median": quantile(values, weights, 0.5),
        "q3": quantile(values, weights, 0.75),
        "max": float(values[-1]),
    }


def summary_of_days(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    """Return how many days a column holds, the first and the last, then its missing answers."""
    days = data.frame[name].dropna()
    rows: list[dict[str, Any]] = [{"statistic": worded(_SAID["n"], language), "value": len(days)}]
    if len(days):
        ends = (("first", days.min()), ("last", days.max()))
        rows += [
            {"statistic": worded(_SAID[key], language), "value": str(day).removesuffix(" 00:00:00")}
            for key, day in ends
        ]
    return _with_missing(rows, data, name, weights, language)


def summary_of_words(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    """Return how many answered in words and how many different words there are, none of which is shown."""
    words = data.frame[name].dropna()
    counts = (("n", len(words)), ("distinct", words.nunique()))
    rows: list[dict[str, Any]] = [
        {"statistic": worded(_SAID[key], language), "value": count} for key, count in counts
    ]
    return _with_missing(rows, data, name, weights, language)


def _with_missing(
    rows: list[dict[str, Any]],
    data: Microdata,
    name: str,
    weights: NDArray[np.float64] | None,
    language: str,
) -> pd.DataFrame:
    for each in missing_rows(data, name, weights, language):
        code = f" ({each['code']})" if each["code"] != "" else ""
        weighted = {"weighted": each["weighted_n"]} if weights is not None and "weighted" in rows[0] else {}
        rows.append({"statistic": f"{worded(_MISSING, language)}: {each['label']}{code}",
                     "value": each["n"], **weighted})  # fmt: skip
    frame = pd.DataFrame(rows)
    if any(isinstance(each, str) for each in frame["value"]):
        frame["value"] = frame["value"].astype(object)
    return frame
