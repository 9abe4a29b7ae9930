"""Summaries: many variables by group, with totals, respondents, tests and standardised differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.reference.display import Displayed
from diplab.results.estimates import Estimates, Provenance, Test

SummaryStatistic: TypeAlias = Literal["mean", "median", "share"]
"""What a summary tells of a variable: mean and standard deviation, median and quartiles, share of each category."""

MissingShown: TypeAlias = Literal["no", "row"]


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Displayed):
    """Many variables in one table: each by group and in total.

    Parameters
    ----------
    statistics : mapping of str to {"mean", "median", "share", ""}
        What is told of each variable, in the order of the table; nothing of one that nobody answered.
    by : str or None
        Variable of the groups.
    groups : Estimates
        By group, or of everybody where there are none: `mean` and `variance`; three rows `quantile`; or the `share` of
        each category, of 0 and 1 the share of 1 alone (with an empty category).
    everybody : Estimates or None
        The same of everybody who is in a group.
    counts : pandas.DataFrame
        Unweighted, of each `variable` and group: respondents `n` and `missing` answers; first all of the group, with
        `""` as variable. Everybody is the group `""`.
    tests, p_values, differences : mapping by variable
        The tests that the design allows, their p-values (adjusted if that was asked for), and standardised differences
        in standard deviations, of more than two groups the largest of all pairs; medians have none.
    missing : {"no", "row"}
        Whether tables have a row of missing answers.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> found = dl.summary(dl.declare_design(people), "hours", by="sex")
    >>> found.frame.loc[found.frame["statistic"] == "mean", ["sex", "estimate", "n"]].values.tolist()
    [['f', 15.0, 2], ['m', 40.0, 2], ['', 27.5, 4]]
    """

    statistics: Mapping[str, SummaryStatistic | Literal[""]]
    by: str | None
    groups: Estimates = field(repr=False)
    everybody: Estimates | None = field(repr=False)
    counts: pd.DataFrame = field(repr=False)
    tests: Mapping[str, Test] = field(default_factory=dict, repr=False)
    p_values: Mapping[str, float] = field(default_factory=dict, repr=False)
    differences: Mapping[str, float] = field(default_factory=dict, repr=False)
    missing: MissingShown = "no"

    @property
    def codebook(self) -> Codebook:
        """What the variables and their codes mean."""
        return self.groups.codebook

    @property
    def provenance(self) -> Provenance:
        """The record of the estimates of the groups."""
        return self.groups.provenance

    @property
    def frame(self) -> pd.DataFrame:
        """One row per estimate, as those of `estimate`; the total has an empty group."""
        if self.everybody is None or self.by is None:
            return self.groups.frame
        total = self.everybody.frame.assign(**{self.by: ""})
        return pd.concat([self.groups.frame, total[[*self.groups.frame]]], ignore_index=True)
