"""A decomposition: how much of an index each group makes."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from diplab.results.estimates import Estimates

OF_GROUPS = ("population_share", "contribution", "contribution_share")
"""What is estimated of each group beside its index."""
OF_ENTROPY = ("within_groups", "between_groups", "within_share", "between_share")
"""What is estimated of everybody beside an index of entropy."""


@dataclass(frozen=True, eq=False, repr=False)
class Decomposition(Estimates):
    """An index of everybody as the sum of the parts of groups.

    One row per group for its own index, under the name of the statistic, then for its share of the population
    (`population_share`), its contribution to the index of everybody (`contribution`) and the share of that index which
    it makes (`contribution_share`). Last the index of everybody, where the domain variables are empty; and of an index
    of entropy what is `within_groups`, `between_groups`, and the shares of these two (`within_share`, `between_share`).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "income": [500.0, 900.0, 1000.0, 1500.0]})
    >>> found = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=1000), "sex")
    >>> found.groups[["sex", "population_share", "arpr", "contribution", "contribution_share"]].values.tolist()
    [['f', 0.5, 1.0, 0.5, 1.0], ['m', 0.5, 0.0, 0.0, 0.0]]
    """

    @property
    def has_all_parts(self) -> bool:
        """True where all rows are there, and were not compared with each other."""
        if self.provenance.contrast or not len(self):
            return False
        names = list(self.frame["statistic"])
        return {*OF_GROUPS} <= {*names} and names.count(self.index) > names.count(OF_GROUPS[0])

    @property
    def index(self) -> str:
        """The statistic that is decomposed."""
        return str(self.frame["statistic"].iloc[0])

    @property
    def groups(self) -> pd.DataFrame:
        """One row per group: its share of the population, its index, its contribution, its share, its respondents."""
        frame, by = self.frame, list(self.by)
        of_groups = (frame[by] != "").all(axis=1)
        first = frame[of_groups & (frame["statistic"] == self.index)].reset_index(drop=True)
        kept = first[by].copy()
        for name in ("population_share", self.index, "contribution", "contribution_share"):
            kept[name] = frame.loc[of_groups & (frame["statistic"] == name), "estimate"].to_numpy()
        kept["n"] = first["n"]
        return kept
