"""What models of areas read: direct estimates by area, and covariates of all areas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from diplab.checks import argument, counted
from diplab.errors import ColumnError, OptionError, near_names, quoted_names
from diplab.inference.regression.rows import ModelRows, check_columns
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import code_text
from diplab.results.estimates import AMOUNT, Estimates, Provenance
from diplab.sampling.condition import known_column
from diplab.sampling.design import declare_design
from diplab.sampling.formula import ModelFormula, read_formula
from diplab.sampling.model_matrix import Categories, ModelMatrix, factor_values, model_matrix
from diplab.sampling.sample import SampleInMemory

OUTCOME = "direct estimate"  # the name of the outcome in the formulas of models of areas
_MOST_SHOWN = 5


def area_column(by: str | None, direct: Estimates) -> str:
    """Return the column that names areas; direct estimates by several variables are refused."""
    if len(direct.by) != 1:
        raise OptionError(
            f"These estimates are by {quoted_names(direct.by, ' and ') or 'no variable'}, "
            "not by area.",
            "A model of areas needs one direct estimate per area.",
            "Write `dl.estimate(sample, dl.mean('income'), by='district')`.",
        )
    return by or direct.by[0]


def check_one_statistic(direct: Estimates) -> None:
    """Refuse several rows per area, and comparisons."""
    (by,) = direct.by
    repeated = direct.frame[by].duplicated()
    if repeated.any():
        raise OptionError(
            f"{len(direct)} estimates are not one per area: "
            f"`{code_text(direct.frame[by][repeated].iloc[0])}` has several.",
            "A model of areas is of one statistic, or of one category of a share.",
            "Write `estimates.rows(...)`, or a condition: `dl.share('status == 1')`.",
        )
    if direct.provenance.contrast:
        raise OptionError(
            "These rows compare areas or statistics, and have no model of areas.",
            write="Write the estimates themselves.",
        )


def direct_of_table(table: Any, by: str | None) -> Estimates:
    """Return direct estimates given as a table: `estimate`, `std_error`, the areas, and `n`."""
    frame = pd.DataFrame(table).reset_index(drop=True)
    needed = ["estimate", "std_error", *([by] if by else [])]
    absent = [name for name in needed if name not in frame]
    if absent or by is None:
        raise ColumnError(
            f"`direct`, a table, has no {quoted_names(absent) or '`by`'}.",
            "It needs the columns `estimate` and `std_error`, and that of areas.",
            "Write `fay_herriot(table, formula, covariates, by='district')`.",
        )
    given: dict[str, Any] = {
        "statistic": "mean",
        "variable": "",
        "category": "",
        "n": np.nan,
        "flag": "",
    }
    frame = frame.assign(**{name: value for name, value in given.items() if name not in frame})
    errors = frame["std_error"].to_numpy(dtype=float)
    return Estimates(
        frame,
        np.diag(errors**2),
        Provenance(rules={"df": "infinity"}, status="derived"),
        (by,),
        descriptions=dict.fromkeys(frame["statistic"].unique(), AMOUNT),
    )


@dataclass(frozen=True)
class Areas:
    """The areas of a model, in the order of the codebook."""

    by: str
    codes: tuple[Any, ...]
    table: str  # the argument that they come from

    def places(self, codes: Iterable[Any]) -> Integers:
        """Return the places of areas; one that the table does not have is refused."""
        known = {code_text(area): place for place, area in enumerate(self.codes)}
        asked = list(map(code_text, codes))
        absent = list(dict.fromkeys(code for code in asked if code not in known))
        if absent:
            near = [
                f"The nearest is `{name}`." for name in near_names(absent[0], known)[:1] if name
            ]
            raise OptionError(
                f"`{self.table}` has no area `{absent[0]}`, where there are respondents.",
                " ".join([f"It lacks {counted(len(absent), 'area')}.", *near]),
                f"Write a table that has every area, with its code in `{self.by}`.",
            )
        return np.array([known[code] for code in asked], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class AreaCovariates:
    """A table of covariates, a row per area, and its model matrix."""

    sample: SampleInMemory  # the table
    formula: ModelFormula
    areas: Areas
    rows: Integers  # (areas,); the row of each in the table
    matrix: ModelMatrix

    @cached_property
    def x(self) -> Floats:
        """The model matrix, (areas, coefficients)."""
        block = np.asarray(self.matrix.block(slice(0, self.matrix.rows)), dtype=float)
        return block.T[self.rows]

    def numbers(self, name: str, use: str) -> Floats:
        """Return a column of the table by area; missing numbers are refused."""
        known = known_column(name, self.sample.names, use)
        values = self.sample.engine.columns.numbers(known)[self.rows]
        if np.isnan(values).any():
            raise missing_by_area(
                known, [self.areas.codes[at] for at in np.flatnonzero(np.isnan(values))]
            )
        return values

    def check(self, modelled: Booleans) -> None:
        """Refuse collinear terms, and more coefficients than areas with a direct estimate."""
        coefficients, areas = self.x.shape[1], int(modelled.sum())
        if areas <= coefficients:
            raise OptionError(
                f"{counted(areas, 'area')} with a direct estimate cannot determine "
                f"{coefficients} coefficients and a variance.",
                write="Write a formula with fewer terms.",
            )
        weight = np.zeros(self.matrix.rows)
        weight[self.rows[modelled]] = 1.0
        check_columns(ModelRows(self.matrix, np.zeros(weight.size), weight), constant=False)


def missing_by_area(name: str, areas: Sequence[Any], table: str = "covariates") -> ColumnError:
    """Return the error for areas without a value."""
    areas = list(dict.fromkeys(areas))
    shown = ", ".join(map(code_text, areas[:_MOST_SHOWN])) + ", ..." * (len(areas) > _MOST_SHOWN)
    return ColumnError(
        f"`{table}` has no `{name}` for {counted(len(areas), 'area')}: {shown}.",
        "An area is predicted from what is known of it.",
        "Complete them, or leave these areas out.",
    )


def read_covariates(
    covariates: Any, formula: object, by: str, codebook: Codebook | None = None
) -> AreaCovariates:
    """Read a table of covariates, a row per area, and the terms of a formula without outcome."""
    if not isinstance(formula, str) or not formula.lstrip().startswith("~"):
        raise OptionError(
            f"{argument('formula', formula)} does not begin with `~`.",
            "The outcome is the direct estimate, which has no name.",
            'Write the covariates alone: `"~ unemployed + rent"`.',
        )
    sample = declare_design(_with_areas(covariates, by, codebook))
    known_column(by, sample.names, "the area of `covariates`")
    read = read_formula(f"`{OUTCOME}` {formula.strip()}", {*sample.names, OUTCOME}, sample.codebook)
    held = sample.collect_for(by=[*(name for name in read.names if name != OUTCOME), by])
    columns = held.engine.columns
    factor = columns.factor(by)
    people = np.bincount(factor.codes[factor.codes >= 0], minlength=len(factor.categories))
    if (factor.codes < 0).any() or (people > 1).any():
        found = "A row has no area."
        if (people > 1).any():
            found = f"`{code_text(factor.categories[int(people.argmax())])}` has {people.max()}."
        raise OptionError(
            f"`covariates` does not have one row per area, by `{by}`.",
            found,
            "Write a table with one row per area.",
        )
    there = np.flatnonzero(people)
    rows = np.empty(len(factor.categories), dtype=np.int64)
    rows[factor.codes] = np.arange(factor.codes.size)
    areas = Areas(by, tuple(factor.categories[place] for place in there), "covariates")
    values = [factor_values(columns, item, held.codebook) for item in read.factors]
    for item, value in zip(read.factors, values, strict=True):
        gaps = value.codes < 0 if isinstance(value, Categories) else ~np.isfinite(value)
        if gaps.any():
            raise missing_by_area(
                item.text, [factor.categories[factor.codes[at]] for at in np.flatnonzero(gaps)]
            )
    written = replace(read, text=formula.strip())
    matrix = model_matrix(written, columns, values, None)
    return AreaCovariates(held, written, areas, rows[there], matrix)


def _with_areas(covariates: Any, by: str, codebook: Codebook | None) -> Any:
    """Return covariates with the names and the order of areas of the direct estimates."""
    if isinstance(covariates, Microdata) or codebook is None or by not in codebook:
        return covariates
    return Microdata(covariates, Codebook({by: codebook[by]}))
