"""What a check of a file found: which rows, of how many, by which rule; no language, no decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from diplab.errors import OptionError, suggestion
from diplab.reference.display import as_html

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["CHECKS", "Check", "Finding", "Quality", "Skipped"]

Check: TypeAlias = Literal[
    "duplicates",
    "near_identical",
    "speeders",
    "straight_lining",
    "attention",
    "impossible",
    "heaping",
    "nonresponse",
]
CHECKS: tuple[Check, ...] = (
    "duplicates",
    "near_identical",
    "speeders",
    "straight_lining",
    "attention",
    "impossible",
    "heaping",
    "nonresponse",
)


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that a check found.

    Parameters
    ----------
    check : str
        Which check.
    kind : str
        Which of the things that the check looks for: the key of its sentence.
    variables : tuple of str
        Columns concerned.
    rows : int
        How many rows are concerned.
    base : int
        Of how many.
    numbers : mapping of str to number
        The rule in numbers (a limit, a median), for the sentence.
    flagged : array of bool, shape (rows of the file,), optional
        The rows concerned; none where the finding is about a column as a whole.
    """

    check: Check
    kind: str
    variables: tuple[str, ...]
    rows: int
    base: int
    numbers: Mapping[str, float] = field(default_factory=dict)
    flagged: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Skipped:
    """A check that was not made, and the key of the sentence that says why."""

    check: Check
    why: str


@dataclass(frozen=True, eq=False)
class Quality:
    """What the checks of a file found. Nothing is left out of the data: that is said with `data.exclude`.

    Parameters
    ----------
    findings : tuple of Finding
        In the order of the checks.
    skipped : tuple of Skipped
        Checks that these data do not allow.
    rows : int
        Rows of the file.
    file : str
        Its name.
    synthetic : bool
        True for data that no one answered.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    rows: int
    file: str = ""
    synthetic: bool = False

    def flagged(self, check: Check) -> NDArray[np.bool_]:
        """Return the rows that a check flags, for any of the things that it looks for.

        Parameters
        ----------
        check : str
            One of `CHECKS`.

        Returns
        -------
        array of bool, shape (rows,)

        Raises
        ------
        OptionError
            Where there is no such check.

        Examples
        --------
        >>> fast = Finding("speeders", "fast", ("minutes",), 1, 2, flagged=np.array([True, False]))
        >>> Quality((fast,), (), 2).flagged("speeders").tolist()
        [True, False]
        """
        if check not in CHECKS:
            raise OptionError(
                f"The rows flagged by the check `{check}` were asked for.",
                f"There are {len(CHECKS)} checks and not that one.",
                suggestion(check, CHECKS),
            )
        rows = np.zeros(self.rows, dtype=bool)
        for each in self.findings:
            if each.check == check and each.flagged is not None:
                rows |= each.flagged
        return rows

    @property
    def frame(self) -> pd.DataFrame:
        """One row a finding: check, kind, variables, rows, base, share."""
        import pandas as pd

        records: list[tuple[Any, ...]] = [
            (
                each.check,
                each.kind,
                ", ".join(each.variables),
                each.rows,
                each.base,
                each.rows / each.base if each.base else np.nan,
            )
            for each in self.findings
        ]
        return pd.DataFrame(records, columns=["check", "kind", "variables", "rows", "base", "share"])

    def _repr_html_(self) -> str:
        return as_html(self)

    def __repr__(self) -> str:
        found = {each.check for each in self.findings}
        made = len(CHECKS) - len({each.check for each in self.skipped} - found)
        return (
            f"<quality of {self.file or 'data in memory'}: {len(self.findings)} findings, {made} checks made>"
        )
