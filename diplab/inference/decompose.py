"""Decomposition by group: how much of a poverty rate, or of an inequality, each group makes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import MisleadingError, OptionError, one_of
from diplab.estimators.statistic import Statistic
from diplab.inference.computed import blanked, standard_errors
from diplab.inference.estimate import estimate
from diplab.inference.group_parts import group_parts
from diplab.inference.part_intervals import part_intervals
from diplab.kernel.interval import Spread
from diplab.results.decomposition import OF_ENTROPY, OF_GROUPS, Decomposition
from diplab.results.statistic_description import StatisticDescription
from diplab.sampling.imputed import Imputed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.inference.group_parts import GroupParts
    from diplab.results.estimates import Estimates
    from diplab.sampling.sample import Sample

__all__ = ["decompose"]

Floats = NDArray[np.float64]

_SHARES = tuple(name for name in (*OF_GROUPS, *OF_ENTROPY) if name.endswith("_share"))

DF_RULES = ("design", "infinity")


def decompose(
    sample: Sample | Imputed,
    statistic: Statistic,
    by: str | Sequence[str],
    *,
    confidence: float = 0.95,
    df: str = "design",
    na: str = "drop",
) -> Decomposition:
    """Say how much of an index of poverty or of inequality each group makes.

    Parts add up to the index of the people whose group is known; those whose group is not are left out, and counted.
    An estimated poverty line stays that of everybody under study, them included, and every part owes to its sampling
    error.

    Parameters
    ----------
    sample : Sample or Imputed
    statistic : Statistic
        `arpr(...)` or `fgt(...)`: P = sum_g (N_g / N) P_g (Foster, Greer and Thorbecke 1984). `theil(...)` or
        `generalised_entropy(...)`: what is within groups, sum_g (N_g / N) (mean_g / mean)^alpha GE_g, and what is
        between them, the index there would be if everyone had the mean of their group (Shorrocks 1984; Bourguignon
        1979).
    by : str or list of str
        The groups.
    confidence : float
        Level of the intervals.
    df : {"design", "infinity"}
        Degrees of freedom of the parts, as for `estimate`.
    na : {"drop", "fail"}
        Rows without an answer are left out and counted, or refused.

    Returns
    -------
    Decomposition
        Estimates whose covariance follows, by the derivatives of the parts, from that of the indices, numbers of
        people and incomes of all groups (delta method): z = sum_g (dpart/dP_g z(P_g) + dpart/dN_g z(N_g) + ...). Under
        replicate weights the parts are computed again in each. Shares have intervals on the log-odds; what is between
        groups and its share on the (arcsine) root; contributions and sums that of the statistic.

    Raises
    ------
    OptionError
        For another statistic, or no group.
    MisleadingError
        Where each group would have a poverty line of its own: their poverty does not add up to that of everybody.

    Notes
    -----
    A group with nobody is `empty` and has no part; one of a single person has no inequality within, and an index
    without a standard error. Under an estimated line the slope of a rate is a density: the sum of those of the groups,
    each with its own bandwidth, is not exactly that of everybody, and the standard error of the whole can differ from
    that of `estimate` in its third digit.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "income": [500.0, 900.0, 950.0, 1500.0]})
    >>> found = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=930), "sex")
    >>> found.frame[["statistic", "sex", "estimate"]].values.tolist()[4:]
    [['contribution', 'f', 0.5], ['contribution', 'm', 0.0], ['contribution_share', 'f', 1.0], ['contribution_share', 'm', 0.0], ['arpr', '', 0.5]]
    """  # noqa: E501
    _check(statistic, by, df, na)
    if isinstance(sample, Imputed):
        from diplab.inference.imputed import pooled

        each = [decompose(one, statistic, by, confidence=confidence, df=df, na=na) for one in sample.samples]
        together = pooled(each)
        assert isinstance(together, Decomposition)  # what each of them is
        return together
    own = estimate(sample, statistic, by=by, confidence=confidence, df=df, na=na)
    groups = group_parts(sample, statistic, own.by, na)
    point, covariance = groups.decomposed()
    frame, covariance = _framed(own, groups, point, covariance, confidence)
    rules = {name: rule for name, rule in own.provenance.rules.items() if name != "interval"}
    provenance = replace(own.provenance, rules={**rules, "decomposition": statistic.description.parts})
    descriptions = {**own.descriptions, **dict.fromkeys(_SHARES, StatisticDescription(kind="share"))}
    return Decomposition(
        frame, covariance, provenance, own.by, own.codebook, own.drawn, descriptions=descriptions
    )


def _check(statistic: object, by: object, df: str, na: str) -> None:
    if not isinstance(statistic, Statistic) or not statistic.description.parts:
        named = f"`{statistic.name}`" if isinstance(statistic, Statistic) else repr(statistic)
        raise OptionError(
            f"The decomposition of {named} was asked for.",
            "Only indices that are sums over groups have one: `arpr`, `fgt`, `theil`, `generalised_entropy`.",
            "Write for example `decompose(sample, arpr('income'), 'sex')`.",
        )
    if not by or (not isinstance(by, str) and not all(isinstance(each, str) for each in by)):  # type: ignore[attr-defined]
        raise OptionError(
            f"The decomposition of `{statistic.name}` by {by!r} was asked for.",
            "Groups are the categories of a variable, named by its column.",
            f"Write for example `decompose(sample, {statistic.name}(...), 'sex')`.",
        )
    if df not in DF_RULES:
        raise one_of("`df`", df, DF_RULES)
    if na not in ("drop", "fail"):
        raise one_of("`na`", na, ["drop", "fail"])
    if statistic.options.get("threshold_on") == "domain" and statistic.options.get("threshold") is None:
        raise MisleadingError(
            f"The decomposition of `{statistic.name}` with a poverty line of each group was asked for.",
            "People are then poor by different lines, and the groups do not add up to the poverty of everybody.",
            "Write `threshold_on='universe'`, or a `threshold`.",
        )


def _framed(
    own: Estimates, groups: GroupParts, point: Floats, covariance: Floats, confidence: float
) -> tuple[pd.DataFrame, Floats]:
    """Return the rows of the result, those of the groups' own indices as they were estimated."""
    first, width = own.frame, len(own.frame)
    errors = standard_errors(covariance, np.nan_to_num(point))
    errors[:width] = first["std_error"]
    covariance = blanked(covariance, np.isnan(errors))
    frame = _keys(own, groups.sums)
    n = np.full(len(frame), first["n"].sum())
    n[: -groups.sums] = np.tile(first["n"], 1 + len(OF_GROUPS))
    freedom = np.resize(first["df"].to_numpy(dtype=float), len(frame))
    interval = groups.computed[0].linearised.interval
    own_high = first["ci_high"].to_numpy(dtype=float)
    low, high = part_intervals(interval, own_high, point, Spread(errors, freedom, n, confidence))
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(point == 0, np.nan, errors / np.abs(point))
    frame = frame.assign(
        estimate=point, std_error=errors, ci_low=low, ci_high=high, cv=cv, deff=np.nan, df=freedom, n=n,
        flag=[_flag(*row) for row in zip(n, point, errors, freedom, strict=True)],
    )  # fmt: skip
    measures = list(first.columns[first.columns.get_loc("estimate") :])
    frame.loc[: width - 1, measures] = first[measures].to_numpy(dtype=object)
    return frame.astype({each: first[each].dtype for each in measures}), covariance


def _keys(own: Estimates, sums: int) -> pd.DataFrame:
    """Return what each row is about: the groups, block by block, then everybody."""
    import pandas as pd

    first, width = own.frame, len(own.frame)
    name, blocks = str(first["statistic"].iloc[0]), 1 + len(OF_GROUPS)
    last = (name, *(OF_ENTROPY if sums > 1 else ()))
    statistics = [*np.repeat([name, *OF_GROUPS], width), *last]
    order = first["category"].tolist()[0]
    keys = {
        "statistic": statistics,
        "variable": [str(first["variable"].iloc[0])] * len(statistics),
        # the order of an index, which its shares have none of
        "category": [order if each == name else "" for each in statistics],
    }
    keys |= {each: [*first[each].tolist() * blocks, *[""] * len(last)] for each in own.by}
    frame = pd.DataFrame(keys)
    return frame.astype(dict.fromkeys(("category", *own.by), object))


def _flag(n: int, point: float, std_error: float, df: float) -> str:
    if n == 0:
        return "empty"
    if not np.isfinite(point):
        return "undefined"
    unknown = not np.isfinite(std_error) or (std_error == 0 and df <= 0)
    return "no variance" if unknown else ""
