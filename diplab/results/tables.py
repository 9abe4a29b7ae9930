"""Tables: crosstabs with their counts and tests, summaries of many variables, indices by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.kernel.arrays import Floats
from diplab.microdata.codebook import Codebook
from diplab.reference.display import Displayed
from diplab.results.estimates import Estimates, Provenance
from diplab.results.hypothesis_test import Test

Shares: TypeAlias = Literal["cell", "row", "column"]
"""The base of the shares of a table: all its people, those of a row, those of a column."""


def column_letter(place: int) -> str:
    """Return the letter of a column, as in spreadsheets: A to Z, AA, AB and so on."""
    before, last = divmod(place, 26)
    return (column_letter(before - 1) if before else "") + chr(ord("A") + last)


@dataclass(frozen=True, eq=False, repr=False)
class Crosstab(Displayed):
    """A table of one or two variables, or of one with several others, in total or by group.

    Parameters
    ----------
    row : str
        Variable of the rows.
    column : str or None
        Variable of the columns; None for a table of one variable, and with several in `panels`.
    by : tuple of str
        Variables of the groups: one table for each combination of their categories.
    shares : {"cell", "row", "column"}
        Base of the shares in `cells`.
    shares_of : mapping of str to Estimates
        Shares of every cell in its row, its column and its group, by these three words.
    margins : Estimates
        Share of every row, then of every column, in its group.
    counts : Estimates
        Number of people that every cell represents; `n` is its number of respondents.
    tests : tuple of Test
        One per group and variable of the columns; none for one variable, unless `expected` has
        shares to test against.
    larger : tuple of tuple of int
        For every cell, the columns (0 for the first) whose share in the same row is significantly
        smaller; empty if there are none.
    association : Estimates or None
        For a table of two variables, by group: `cramers_v` from weighted shares, independent of the
        number of respondents and the design; `cramers_v_corrected` for its bias (Bergsma 2013),
        with the effective number of respondents by the mean design effect; and for two by two
        categories `log_odds_ratio` and `odds_ratio`.
    residuals : Estimates or None
        For every cell p_ij - p_i. p_.j, its share minus that under independence, with its
        design-based error; `standardised` is their ratio, `p_adjusted` its p-value by Holm over the
        cells of a group.
    several : bool
        True if a person may be in several rows, so that column shares may exceed 100 % in sum.
    panels : tuple of Crosstab
        With `columns=[...]`, the table of each variable of the columns, on its own base. The
        shares, margins and counts of the whole are then those of the variable of the rows, over all
        who answered it: the last column of the printed table.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "pay": ["low", "high", "low", "low"]})
    >>> table = dl.crosstab(dl.declare_design(people), "sex", "pay", shares="row")
    >>> table.cells.frame[["sex", "pay", "estimate", "n"]].values.tolist()
    [['f', 'high', 0.5, 2], ['f', 'low', 0.5, 2], ['m', 'high', 0.0, 2], ['m', 'low', 1.0, 2]]
    """

    row: str
    column: str | None
    by: tuple[str, ...]
    shares: Shares
    shares_of: Mapping[str, Estimates] = field(repr=False)
    margins: Estimates = field(repr=False)
    counts: Estimates = field(repr=False)
    tests: tuple[Test, ...] = ()
    larger: tuple[tuple[int, ...], ...] = field(default=(), repr=False)
    association: Estimates | None = field(default=None, repr=False)
    residuals: Estimates | None = field(default=None, repr=False)
    several: bool = False
    panels: tuple[Crosstab, ...] = field(default=(), repr=False)

    @property
    def codebook(self) -> Codebook:
        """Labels of the variables and their codes."""
        return self.margins.codebook

    @property
    def larger_than(self) -> tuple[str, ...]:
        """For every cell, the letters of the columns in `larger`, A for the first."""
        return tuple(" ".join(map(column_letter, columns)) for columns in self.larger)

    @property
    def cells(self) -> Estimates:
        """The shares that are printed, one row per cell."""
        return self.shares_of[self.shares]

    @property
    def rows(self) -> Estimates:
        """Shares of every cell in its row."""
        return self.shares_of["row"]

    @property
    def columns(self) -> Estimates:
        """Shares of every cell in its column."""
        return self.shares_of["column"]

    @property
    def test(self) -> Test | None:
        """The test of the table; None if there is none, or several (see `tests`)."""
        return self.tests[0] if len(self.tests) == 1 else None

    @property
    def frame(self) -> pd.DataFrame:
        """One row per cell.

        Its categories; `estimate` with its uncertainty; `n` respondents in the cell, `base_n` in
        its base, `effective_n` the size of a simple random sample of the same precision; `count`
        the people it represents; `larger_than` the letters of columns; `flag`. With several
        variables side by side, `column_variable` names the variable and `column` its category.
        """
        if self.panels:
            named = (
                (panel.column, panel.frame.rename(columns={panel.column: "column"}))
                for panel in self.panels
            )
            return pd.concat(
                [frame.assign(column_variable=name) for name, frame in named], ignore_index=True
            )
        shares, counts = self.cells.frame, self.counts.frame
        point, std_error = shares["estimate"].to_numpy(), shares["std_error"].to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            effective = np.where(std_error > 0, point * (1 - point) / std_error**2, np.nan)
        measured = shares[
            [*self.cells.by, "estimate", "std_error", "ci_low", "ci_high", "cv", "deff", "df"]
        ]
        return measured.assign(
            n=counts["n"],
            base_n=shares["n"],
            effective_n=effective,
            count=counts["estimate"],
            larger_than=list(self.larger_than) or "",
            flag=shares["flag"],
        )

    def categories(self, variable: str) -> list[Any]:
        """Return the categories of a variable of the table, in order."""
        return list(dict.fromkeys(self.cells.frame[variable]))

    @property
    def without_empty(self) -> Crosstab:
        """The table without the rows and columns that are empty in all groups."""
        rows = self._filled(self.row)
        panels = tuple(
            panel._arranged(rows, panel._filled(panel.column))
            for panel in self.panels
            if panel.column
        )
        return replace(
            self._arranged(rows, self._filled(self.column) if self.column else None), panels=panels
        )

    @property
    def by_size(self) -> Crosstab:
        """The table with rows from the largest to the smallest, by weighted counts."""
        size = self.counts.frame.groupby(self.row, sort=False)["estimate"].sum()
        order = np.argsort(-size.to_numpy(), kind="stable")
        return replace(
            self._arranged(order), panels=tuple(panel._arranged(order) for panel in self.panels)
        )

    def _filled(self, variable: str) -> NDArray[np.intp]:
        """Return the positions of the categories that are not empty, or are hidden."""
        n = self.counts.frame.fillna({"n": 1}).groupby(variable, sort=False)["n"]
        return np.flatnonzero(n.sum().to_numpy())

    def _arranged(
        self, rows: NDArray[np.intp], columns: NDArray[np.intp] | None = None
    ) -> Crosstab:
        """Return the table with some of its rows and columns, in a given order."""
        count_r, count_c = (
            len(self.categories(self.row)),
            len(self.categories(self.column)) if self.column else 1,
        )
        if columns is None:
            columns = np.arange(count_c)
        if np.array_equal(rows, np.arange(count_r)) and len(columns) == count_c:
            return self
        place = np.arange(len(self.cells)).reshape(-1, count_r, count_c)
        cells = place[:, rows][:, :, columns].ravel()
        of_groups = np.arange(len(place))[:, None]
        margins = [(of_groups * count_r + rows).ravel()]
        margins += (
            [(len(place) * count_r + of_groups * count_c + columns).ravel()] if self.column else []
        )
        position = {at: new for new, at in enumerate(columns.tolist())}
        return replace(
            self,
            shares_of={kind: share.rows(cells) for kind, share in self.shares_of.items()},
            margins=self.margins.rows(np.concatenate(margins)),
            counts=self.counts.rows(cells),
            residuals=self.residuals and self.residuals.rows(cells),
            larger=tuple(
                tuple(position[column] for column in self.larger[at]) for at in cells if self.larger
            ),
        )


SummaryStatistic: TypeAlias = Literal["mean", "median", "share"]
"""The statistics of a variable in a summary: mean and SD, median and quartiles, or shares."""

MissingShown: TypeAlias = Literal["no", "row"]


@dataclass(frozen=True, eq=False, repr=False)
class Summary(Displayed):
    """A summary of many variables in one table, by group and in total.

    Parameters
    ----------
    statistics : mapping of str to {"mean", "median", "share", ""}
        The statistic of each variable, in the order of the table; empty for one without answers.
    by : str or None
        Variable of the groups.
    groups : Estimates
        By group, or in total if there are none: `mean` and `variance`; three rows `quantile`; or
        the `share` of each category, for 0 and 1 that of 1 only (with an empty category).
    everybody : Estimates or None
        The same for all who are in a group.
    counts : pandas.DataFrame
        Unweighted, by `variable` and group: respondents `n` and `missing` answers; first for the
        whole group, with `""` as variable. The total is the group `""`.
    tests, p_values, differences : mapping by variable
        The tests that the design allows, their p-values (adjusted on request), and standardised
        differences in standard deviations, the largest of all pairs for more than two groups;
        medians have none.
    missing : {"no", "row"}
        Whether tables have a row of missing answers.
    people : array
        For each line of `counts`, the number of people that the respondents represent; NaN for
        variables that are not summarised by shares, and if it may not be published.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> found = dl.summary(dl.declare_design(people), "hours", by="sex")
    >>> means = found.frame[found.frame["statistic"] == "mean"]
    >>> means[["sex", "estimate", "n"]].values.tolist()
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
    people: Floats = field(default_factory=lambda: np.zeros(0), repr=False)

    @property
    def codebook(self) -> Codebook:
        """Labels of the variables and their codes."""
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


OF_GROUPS = ("population_share", "contribution", "contribution_share")
"""What is estimated of each group in addition to its index."""
OF_ENTROPY = ("within_groups", "between_groups", "within_share", "between_share")
"""What is estimated of the whole population in addition to an index of entropy."""


@dataclass(frozen=True, eq=False, repr=False)
class Decomposition(Estimates):
    """An index of everybody as the sum of the parts of groups.

    One row per group for its own index, under the name of the statistic, then for its share of the
    population (`population_share`), its contribution to the index of everybody (`contribution`) and
    the share of that index which it makes (`contribution_share`). Last the index of everybody,
    where the domain variables are empty; and of an index of entropy what is `within_groups`,
    `between_groups`, and the shares of these two (`within_share`, `between_share`).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> income = [500.0, 900.0, 1000.0, 1500.0]
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "income": income})
    >>> found = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=1000), "sex")
    >>> columns = ["sex", "population_share", "arpr", "contribution", "contribution_share"]
    >>> found.groups[columns].values.tolist()
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
        """One row per group: population share, index, contribution, its share and respondents."""
        frame, by = self.frame, list(self.by)
        of_groups = (frame[by] != "").all(axis=1)
        first = frame[of_groups & (frame["statistic"] == self.index)].reset_index(drop=True)
        kept = first[by].copy()
        for name in ("population_share", self.index, "contribution", "contribution_share"):
            kept[name] = frame.loc[of_groups & (frame["statistic"] == name), "estimate"].to_numpy()
        kept["n"] = first["n"]
        return kept
