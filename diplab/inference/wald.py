"""The Wald test that several estimates are nothing at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.inference.linear_combinations import contrast_respondents
from diplab.kernel.p_values import f_p_value
from diplab.results.test import Test

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.results.estimates import Estimates

__all__ = ["wald_test"]


def wald_test(estimates: Estimates, *, adjusted: bool = True) -> Test:
    """Test that all rows of a result are nothing at once: differences are 0, ratios 1.

    Parameters
    ----------
    estimates : Estimates
        For example contrasts. Rows that follow from others (B - C from A - B and A - C) count once.
    adjusted : bool
        True (default) for the adjusted F, that knows how few units the covariance is estimated from.

    Returns
    -------
    Test
        `adjusted_wald`: F = W (d - k + 1) / (d k) on k and d - k + 1 degrees of freedom, with W = v'V^-1 v, k rows
        and d degrees of freedom of the design (Korn and Graubard 1990); `wald`: F = W / k on k and d.

    Raises
    ------
    OptionError
        Where a row has no variance, or there are more rows than degrees of freedom.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="sex")
    >>> round(dl.wald_test(dl.contrast(est, {"sex": ("m", "f")})).statistic, 3)
    7.5
    """
    asked = f"A test that {len(estimates)} rows are nothing at once was asked for."
    null = estimates.provenance.null_value
    value = estimates.frame["estimate"].to_numpy(dtype=float) - null
    undefined = ~(np.isfinite(value) & np.isfinite(np.diag(estimates.covariance)))
    if undefined.any() or not len(estimates):
        raise OptionError(
            asked,
            f"{int(undefined.sum())} of them have no estimate or no variance.",
            "Leave those out, for example `result.rows(result.frame['std_error'] > 0)`.",
        )
    d = float(estimates.frame["df"].min())
    w, k = _quadratic(value, estimates.covariance, asked)
    left = d - k + 1 if adjusted else d
    if left <= 0:
        raise OptionError(
            asked,
            f"They are {k} independent ones, and the design has {d:g} degrees of freedom.",
            "Test fewer at once.",
        )
    f = w / k if np.isinf(d) or not adjusted else w * left / (d * k)
    said = ", ".join(dict.fromkeys(f"{row.statistic} of {row.variable}".removesuffix(" of ") for row in
                                   estimates.frame.itertuples()))  # fmt: skip
    return Test(
        "adjusted_wald" if adjusted else "wald",
        float(f),
        (float(k), float(left)),
        f_p_value(f, k, left),
        f"all {len(estimates)} rows are {null:g}: {said}",
        # the same people stand behind several contrasts: how many there are, these no longer tell
        n=0
        if estimates.provenance.contrast
        else int(contrast_respondents(estimates, np.ones((1, len(estimates)), dtype=bool))[0]),
        provenance=estimates.provenance,
        codebook=estimates.codebook,
    )


def _quadratic(value: NDArray[np.float64], covariance: NDArray[np.float64], asked: str) -> tuple[float, int]:
    """Return v'V^-1 v, and how many of the rows are independent."""
    # correlations, so that rows of very different size are judged alike
    scale = np.sqrt(np.diag(covariance))
    scale = np.where(scale > 0, scale, 1.0)
    size, direction = np.linalg.eigh(covariance / np.outer(scale, scale))
    kept = size > 1e-9 * max(float(size.max()), 0.0)
    along = direction.T @ (value / scale)
    outside = np.abs(along[~kept]).max(initial=0.0)
    if not kept.any() or outside > 1e-6 * np.abs(value / scale).max():
        raise OptionError(
            asked,
            "Some of them vary too little, or together, for a test: their covariance is singular.",
            "Leave out rows without variance, or those that follow from others.",
        )
    return float((along[kept] ** 2 / size[kept]).sum()), int(kept.sum())
