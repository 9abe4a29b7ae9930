"""Categories of a variable of a result read as its domains: predicted margins, coefficients, shares of one question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from diplab.results.estimates import Estimates

__all__ = ["by_category", "counted_once"]


def by_category(estimates: Estimates, name: str | None = None) -> Estimates:
    """Return the rows about the categories of a variable, with that variable as their last domain variable.

    Parameters
    ----------
    estimates : Estimates
        Any result.
    name : str, optional
        A variable; by default the only one that has categories, where the result has no domain variable.

    Returns
    -------
    Estimates
        As it was given, where the variable is a domain variable already or has no two categories.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ sex")
    >>> by_category(dl.predicted_margins(fit, "sex")).by
    ('sex',)
    """
    frame = estimates.frame
    named = (frame["category"] != "").to_numpy(dtype=bool)
    if name is None:
        variables = list(dict.fromkeys(frame["variable"][named]))
        name = str(variables[0]) if len(variables) == 1 and not estimates.by else ""
    kept = np.flatnonzero(named & (frame["variable"] == name).to_numpy(dtype=bool))
    if name in frame.columns or frame["category"].iloc[kept].nunique() < 2:
        return estimates
    found = estimates.rows(kept)
    own = found.frame.assign(category="")
    own.insert(list(own.columns).index("estimate"), name, found.frame["category"])
    return replace(found, frame=own, by=(*estimates.by, name))


def counted_once(found: Estimates) -> Estimates:
    """Return comparisons of categories with the respondents of both counted once, where they are the same people.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"use": ["daily", "daily", "weekly", "never"]})
    >>> apart = dl.contrast(dl.estimate(dl.declare_design(people), dl.share("use")), {"use": ("daily", "never")})
    >>> apart.frame[["estimate", "n"]].values.tolist()
    [[0.25, 4.0]]
    """
    frame = found.frame
    n = frame["n"].where(~found.rows_described(shared_base=True), frame["n"] // 2)
    return replace(found, frame=frame.assign(n=n))
