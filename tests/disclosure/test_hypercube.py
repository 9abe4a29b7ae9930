"""The hypercube method: what it hides beside small cells, audited by linear programmes; what it cannot is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import linprog

import diplab as dl
from diplab.disclosure import cells
from diplab.disclosure.hypercube import Hypercubes
from diplab.disclosure.respondents import Breakdown
from diplab.errors import DisclosureError
from diplab.kernel.suppression import CellTable

if TYPE_CHECKING:
    from collections.abc import Callable

NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("Example"))


def grid(values: list[list[float]]) -> tuple[CellTable, Hypercubes]:
    """Return a table of rows and columns with margins; cells under 10 are small."""
    inner = np.array(values, dtype=float)
    rows, columns = inner.shape
    atoms = np.eye(inner.size, dtype=bool).reshape(rows, columns, -1)
    masks = np.array([*atoms.reshape(inner.size, -1), *atoms.any(axis=1), *atoms.any(axis=0)])
    printed = (masks * inner.ravel()).sum(axis=1)
    system = np.hstack([masks[inner.size :].astype(float), -np.eye(rows + columns)])
    upper = np.where(printed < 10, 10 - printed, 0.0)
    lower = np.where(printed < 10, printed, 0.0)
    none = np.zeros(printed.size, dtype=bool)
    table = CellTable(
        printed, sparse.csr_array(system), printed < 10, lower, upper, none, printed, integer=True
    )
    both, row, column = (Breakdown(by=by) for by in (("r", "c"), ("r",), ("c",)))
    place: dict[Any, int] = {
        (both, (r, c)): r * columns + c for r in range(rows) for c in range(columns)
    }
    place |= {(row, (r,)): inner.size + r for r in range(rows)}
    place |= {(column, (c,)): inner.size + rows + c for c in range(columns)}
    return table, Hypercubes(masks, place, printed.size)


def test_a_small_cell_takes_the_cheapest_rectangle_with_it() -> None:
    """Beside 4 at the corner: 20, 12 and 11 are the rectangle of least loss whose cells can move as far."""
    table, cubes = grid([[4, 20, 50], [12, 11, 60], [70, 80, 90]])
    found = cubes.protect(table)
    assert np.flatnonzero(found.hidden).tolist() == [0, 1, 3, 4]
    assert found.method == "hypercube"
    assert found.loss == 20 + 12 + 11


def test_what_cannot_be_protected_is_refused(refused: Callable[..., None]) -> None:
    """All but the small cell is released."""
    table, cubes = grid([[4, 20], [12, 11]])
    released = ~table.sensitive
    refused(lambda: cubes.protect(replace(table, released=released)), DisclosureError)


def nested(seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    department = draw.choice(20, 3_000, p=draw.dirichlet(np.full(20, 2.0)))
    job = draw.choice(10, 3_000, p=draw.dirichlet(np.full(10, 2.0)))
    return pd.DataFrame({
        "department": department.astype(str), "region": (department % 6).astype(str),
        "job": job.astype(str), "branch": (job % 3).astype(str),
    })  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_nested_tables_hide_every_small_cell_from_linear_programmes(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attacker of our own, over the cross of departments and jobs: 0 and 10 remain possible for each small cell."""
    monkeypatch.setattr(cells, "MOST_HIDDEN", 0)
    frame = nested(seed)
    sample = dl.declare_design(frame)
    pairs = [("department", "job"), ("region", "job"), ("region", "branch")]
    shown = dl.publish([dl.crosstab(sample, *pair) for pair in pairs], sample=sample, notes=NOTES)
    assert shown[0].cells.provenance.disclosure["secondary"]["method"] == "hypercube"
    assert "the hypercube method, audited by linear programming" in " ".join(str(shown[0]).split())
    french = " ".join(dl.table(shown[0], language="fr").sheet.note_lines())
    assert "méthode des hypercubes, contrôlée par programmation linéaire" in french
    atoms = frame.groupby(["department", "region", "job", "branch"]).size().reset_index(name="n")
    rows, known = [np.ones(len(atoms))], [float(atoms["n"].sum())]
    small = []
    for pair, table in zip(pairs, shown, strict=True):
        counts = table.counts.frame
        for record in counts.to_dict("records"):
            inside = np.all([atoms[name] == record[name] for name in pair], axis=0).astype(float)
            if np.isfinite(record["n"]):
                rows.append(inside)
                known.append(record["n"])
            elif 0 < inside @ atoms["n"] < 10:
                small.append(inside)
        for record in table.margins.frame.query("estimate.notna()").to_dict("records"):
            rows.append((atoms[record["variable"]] == record["category"]).to_numpy().astype(float))
            known.append(round(record["estimate"] * len(frame)))
    matrix = sparse.csr_array(np.array(rows))
    assert len(small) > 50
    for inside in small[:: max(1, len(small) // 25)]:
        low, high = (
            linprog(sign * inside, A_eq=matrix, b_eq=known, bounds=(0, None), method="highs").fun
            for sign in (1, -1)
        )
        assert low < 1e-6
        assert -high > 10 - 1e-6
