"""What a check of a file found, and the columns that checks look at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import check_one_of
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.search import fold_accents
from diplab.reference.display import Displayed

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

Check: TypeAlias = Literal[
    "duplicates", "near_identical", "speeders", "straight_lining", "attention", "impossible", "heaping", "nonresponse"
]
CHECKS: tuple[Check, ...] = get_args(Check)


@dataclass(frozen=True, eq=False)
class Finding:
    """A result of a check: its kind (the key of its sentence), columns, rows out of a base, and the rule in numbers."""

    # `flagged` marks the rows; there are none where the finding is about a column
    check: Check
    kind: str
    variables: tuple[str, ...]
    rows: int
    base: int
    numbers: Mapping[str, float] = field(default_factory=dict)
    flagged: Booleans | None = None


def flagged_finding(
    check: Check, kind: str, variables: tuple[str, ...], flagged: Booleans, base: int, **numbers: float
) -> list[Finding]:
    """Return a finding that flags rows, or nothing where no row is flagged."""
    rows = int(flagged.sum())
    return [Finding(check, kind, variables, rows, base, numbers, flagged)] if rows else []


@dataclass(frozen=True)
class Skipped:
    """A check that was not made, and the key of the sentence that says why."""

    check: Check
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class Quality(Displayed):
    """What the checks of a file found, and the checks that its data do not allow; `data.exclude` leaves rows out."""

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    rows: int
    file: str = ""
    synthetic: bool = False

    def flagged(self, check: Check) -> Booleans:
        """Return the rows that a check flags, whatever it found."""
        check_one_of("check", check, Check)
        rows = np.zeros(self.rows, dtype=bool)
        for each in self.findings:
            if each.check == check and each.flagged is not None:
                rows |= each.flagged
        return rows

    @property
    def frame(self) -> pd.DataFrame:
        """One row per finding: check, kind, variables, rows, base, share."""
        found = [(each.check, each.kind, ", ".join(each.variables), each.rows, each.base) for each in self.findings]
        frame = pd.DataFrame(found, columns=["check", "kind", "variables", "rows", "base"])
        return frame.assign(share=frame["rows"] / frame["base"].where(frame["base"] > 0))

    def __repr__(self) -> str:
        with_findings = {each.check for each in self.findings}
        made = len(CHECKS) - len({each.check for each in self.skipped} - with_findings)
        return f"<quality of {self.file or 'data in memory'}: {len(self.findings)} findings, {made} checks made>"


_MOST_ANSWERS = 30
_ITEMS = 4
_GRID_ANSWERS = 11
_NUMBERED = re.compile(r"(.+?)[ ._\[(-]*(?:sq|r|a)?0*(\d+)[\])]*", re.IGNORECASE)
_LONGEST_NAME = 500


def wording_of(data: Microdata, name: str) -> str:
    """Return the name, labels and question of a column, without accents and capitals."""
    variable = data.codebook.variable(name)
    parts = (name, variable.label.fr, variable.label.en, variable.question.fr, variable.question.en)
    return fold_accents(" ".join(dict.fromkeys(each for each in parts if each)))


def closed_questions(data: Microdata) -> list[str]:
    """Return the columns with two to thirty different answers."""
    return [str(name) for name in data.frame if 2 <= data.frame[name].nunique() <= _MOST_ANSWERS]


def answer_codes(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.int32]:
    """Return columns as whole numbers, shape (rows, columns): -1 where there is no answer."""
    coded = [pd.factorize(frame[name])[0] for name in columns]
    return np.column_stack(coded).astype(np.int32) if coded else np.empty((len(frame), 0), np.int32)


def grids(data: Microdata) -> list[tuple[str, ...]]:
    """Return the sets of four items or more that are answered on one scale: of one question, or numbered alike."""
    together: dict[tuple[Any, ...], list[str]] = {}
    ticked = {name for each in data.codebook.sets.values() for name in each.columns}
    for name in map(str, data.frame):
        if name in ticked:
            continue
        variable = data.codebook.variable(name)
        numbered = _NUMBERED.fullmatch(name) if len(name) <= _LONGEST_NAME else None
        stem = variable.part_of or (numbered[1] if numbered else "")
        if stem:
            together.setdefault((stem, tuple(variable.values.items())), []).append(name)
    sets = [tuple(items) for items in together.values() if len(items) >= _ITEMS]
    return [items for items in sets if _one_scale(data.frame, items)]


def _one_scale(frame: pd.DataFrame, items: Sequence[str]) -> bool:
    """Return whether items are answered on one scale: three answers or more, which the items have in common."""
    by_item = [frame[name].dropna().unique().tolist() for name in items]
    answers = {answer for each in by_item for answer in each}
    if not 3 <= len(answers) <= _GRID_ANSWERS:
        return False
    if not any(isinstance(each, str) for each in answers):
        return all(float(each).is_integer() for each in answers)
    # boxes with words of their own have only "not ticked" and "not seen" in common
    times = Counter(answer for each in by_item for answer in each)
    return all(sum(times[answer] > 1 for answer in each) >= min(3, len(each)) for each in by_item)


def whole_numbers(data: Microdata, name: str) -> Floats:
    """Return the answers of a column of whole numbers; none where it is not one, or its codes have labels."""
    answers = data.frame[name]
    labelled = len(data.codebook.variable(name).values) > 1
    if labelled or not pd.api.types.is_numeric_dtype(answers) or pd.api.types.is_bool_dtype(answers):
        return np.empty(0)
    values = answers.dropna().to_numpy(dtype=np.float64)
    return values if len(values) and bool((values == np.floor(values)).all()) else np.empty(0)
