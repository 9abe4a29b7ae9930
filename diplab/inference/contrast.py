"""Contrasts: how far apart two estimates are, with the covariance between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import ColumnError, MisleadingError, OptionError, nearest, one_of
from diplab.kernel.interval import student
from diplab.results.estimates import MEASURES, Estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["contrast"]

KINDS = ("difference", "ratio")
_SHARES = ("share", "arpr")


def contrast(
    estimates: Estimates | Sequence[Estimates],
    between: Mapping[str, tuple[object, object]] | None = None,
    *,
    kind: str = "difference",
) -> Estimates:
    """Compare two domains of one result, or the same rows of two independent results.

    Parameters
    ----------
    estimates : Estimates, or two of them
        One result with domains, or two results of independent samples with the same rows.
    between : mapping of one domain variable to its two categories
        For example `{"sex": ("female", "male")}`; the first minus (or over) the second. Not for two results.
    kind : {"difference", "ratio"}
        Difference a - b, variance V(a) + V(b) - 2 C(a, b); ratio R = a / b, variance
        (V(a) + R^2 V(b) - 2 R C(a, b)) / b^2 by linearisation.

    Returns
    -------
    Estimates
        One row a comparison; degrees of freedom are the smaller of the two.

    Raises
    ------
    ColumnError
        Where the variable is not a domain variable of the result, or a category is not among its own.
    MisleadingError
        Where shares of two surveys would be divided.
    OptionError
        Where `kind` is not one of its words, or the two results do not have the same rows.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex")
    >>> dl.contrast(est, {"sex": ("m", "f")}).frame["estimate"].item()
    25.0
    """
    if kind not in KINDS:
        raise one_of("`kind`", kind, KINDS)
    said_kind = kind
    if isinstance(estimates, Estimates):
        joined, left, right, name = _within(estimates, between)
        said = f"{_word(name[1])} {'/' if kind == 'ratio' else '−'} {_word(name[2])}"
        frame = joined.frame.iloc[left].reset_index(drop=True).assign(**{name[0]: said})
    else:
        joined, left, right = _across(estimates, kind)
        frame = joined.frame.iloc[left].reset_index(drop=True)
        said_kind = f"{kind} of independent samples"
    found = _compared(joined, frame, left, right, kind)
    return found.described(rules={**joined.provenance.rules, "contrast": said_kind})


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _within(
    estimates: Estimates, between: Mapping[str, tuple[object, object]] | None
) -> tuple[Estimates, NDArray[np.int64], NDArray[np.int64], tuple[str, object, object]]:
    pair = next(iter(between.values())) if isinstance(between, Mapping) and len(between) == 1 else None
    if pair is None or not isinstance(pair, tuple | list) or len(pair) != 2:
        count = len(between) if isinstance(between, Mapping) else 0
        raise OptionError(
            "A contrast within one result was asked for.",
            f"{count} domain variables were given" + (", without two categories." if count == 1 else "."),
            "Write one, for example `{'sex': ('female', 'male')}`.",
        )
    ((name, (first, second)),) = between.items()  # type: ignore[union-attr]
    if name not in estimates.by:
        raise ColumnError(
            f"A contrast over `{name}` was asked for.",
            f"The domain variables of this result are {', '.join(estimates.by) or 'none'}.",
            f"Estimate with `by='{name}'` first.",
        )
    others = [column for column in estimates.frame.columns if column not in (*MEASURES, name)]
    frame = estimates.frame
    known = list(dict.fromkeys(frame[name]))
    first, second = (_code(estimates, name, category, known) for category in (first, second))
    place = {tuple(row): at for at, row in enumerate(frame[[*others, name]].itertuples(index=False))}
    keys = [tuple(row) for row in frame[others].itertuples(index=False)]
    pairs = [
        (place[(*key, first)], place[(*key, second)])
        for key in dict.fromkeys(keys)
        if (*key, first) in place and (*key, second) in place
    ]
    left, right = np.asarray(pairs, dtype=np.int64).T
    return estimates, left, right, (name, first, second)


def _code(estimates: Estimates, name: str, category: object, known: list[object]) -> object:
    """Return a category of the result, from its code or from its label in the codebook."""
    if category in known:
        return category
    labels = estimates.codebook[name].values if name in estimates.codebook else {}
    coded = [code for code, label in labels.items() if category in (label.fr, label.en) and code in known]
    if len(coded) == 1:
        return coded[0]
    words = [_word(each) for each in known]
    raise ColumnError(
        f"The category {category!r} of `{name}` was asked for in a contrast.",
        f"The result has {', '.join(words)}.",
        f"Write one of the nearest: {nearest(str(category), words)}.",
    )


def _rules_of_both(first: Estimates, second: Estimates) -> dict[str, str]:
    """Return the rules of two results, both values where they differ."""
    others = second.provenance.rules
    return {
        name: words if words == others.get(name, "") else f"{words} − {others.get(name, '')}"
        for name, words in first.provenance.rules.items()
    }


def _check_independent(first: object, second: object, asked: str) -> None:
    if not (isinstance(first, Estimates) and isinstance(second, Estimates)):
        raise OptionError(
            asked, "One of them is not a result of `estimate`.", "Write `contrast([before, after])`."
        )
    if first.drawn is second.drawn:
        raise MisleadingError(
            asked,
            "Both come from one sample, and are not independent.",
            "Estimate once with `by=`, and write for example `contrast(result, {'sex': ('female', 'male')})`.",
        )


def _across(both: Sequence[Estimates], kind: str) -> tuple[Estimates, NDArray[np.int64], NDArray[np.int64]]:
    import pandas as pd

    asked = "A contrast between two results was asked for."
    if len(both) != 2:
        raise OptionError(asked, f"{len(both)} were given.", "Write `contrast([before, after])`.")
    first, second = both
    _check_independent(first, second, asked)
    keys = [column for column in first.frame.columns if column not in MEASURES]
    if list(second.frame.columns) != list(first.frame.columns) or not first.frame[keys].equals(
        second.frame[keys]
    ):
        raise OptionError(
            asked,
            "Their rows are not about the same statistics, categories and domains.",
            "Estimate the same statistics with the same `by` on both samples.",
        )
    if kind == "ratio" and first.frame["statistic"].isin(_SHARES).any():
        raise MisleadingError(
            "The ratio of a share in one survey to a share in another was asked for.",
            "The two shares have different bases and selections, which a quotient hides: "
            f"{first.provenance.source.en or 'the first'} and {second.provenance.source.en or 'the second'}.",
            "Show them side by side, or write `kind='difference'` for two waves of one survey.",
        )
    size = len(first)
    covariance = np.zeros((2 * size, 2 * size))
    covariance[:size, :size] = first.covariance
    covariance[size:, size:] = second.covariance
    frame = pd.concat([first.frame, second.frame], ignore_index=True)
    rules = _rules_of_both(first, second)
    joined = replace(first, frame=frame, covariance=covariance).described(rules=rules)
    return joined, np.arange(size), np.arange(size, 2 * size)


def _compared(
    joined: Estimates, frame: pd.DataFrame, left: NDArray[np.int64], right: NDArray[np.int64], kind: str
) -> Estimates:
    point = joined.frame["estimate"].to_numpy(dtype=float)
    a, b = point[left], point[right]
    rows = np.arange(left.size)
    weights = np.zeros((left.size, point.size))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = a - b if kind == "difference" else np.where(b == 0, np.nan, a / b)
        weights[rows, left] += 1.0 if kind == "difference" else 1.0 / b
        weights[rows, right] -= 1.0 if kind == "difference" else value / b
    weights[~np.isfinite(weights)] = 0.0  # an undefined contrast is blanked below
    covariance = weights @ np.nan_to_num(joined.covariance, nan=0.0) @ weights.T
    empty = np.isnan(value)
    covariance[empty, :] = np.nan
    covariance[:, empty] = np.nan
    std_error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    df = joined.frame["df"].to_numpy(dtype=float)
    n = joined.frame["n"].to_numpy()
    freedom = np.minimum(df[left], df[right])
    confidence = float(joined.provenance.rules.get("confidence", "0.95"))
    half = student(confidence, freedom) * std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(value == 0, np.nan, std_error / np.abs(value))
    measured = frame.assign(
        estimate=value, std_error=std_error, ci_low=value - half, ci_high=value + half, cv=cv,
        deff=np.nan, df=freedom, n=n[left] + n[right],
        flag=np.where((n[left] == 0) | (n[right] == 0), "empty", np.where(empty, "undefined", "")),
    )  # fmt: skip
    return replace(joined, frame=measured, covariance=covariance)
