"""A first answer loads what it needs: modules are counted in fresh processes, since seconds depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("scipy.stats", "statsmodels", "polars", "duckdb", "matplotlib", "great_tables", "pyreadstat")
FIRST_ANSWER = """
import pandas as pd
import diplab as dl

people = pd.DataFrame({"w": [1.0, 2, 3, 4], "pay": [1.0, 5, 2, 8]})
dl.estimate(dl.declare_design(people, weights="w"), dl.median("pay")).frame
"""
FROM_A_FILE_TO_A_TABLE = """
import diplab as dl

data = dl.read("people.csv")
adults = dl.declare_design(data, weights="w", strata="region").where("age >= 18")
contracts = dl.estimate(adults, dl.share("contract"), by="sex")
dl.save(dl.table(contracts, language="fr"), "contrats.docx")
"""
PEOPLE = "w,region,age,sex,contract\n" + "".join(
    f"{1 + place % 3},{place % 2},{15 + place},{'fm'[place % 2]},{('CDI', 'CDD', 'none')[place % 3]}\n"
    for place in range(60)
)


def loaded(code: str, folder: Path) -> set[str]:
    """Return the modules that a fresh process has loaded after running code."""
    ending = "\nimport json, sys\nprint(json.dumps([name for name in sys.modules]))"
    ran = subprocess.run(
        [sys.executable, "-c", code + ending], cwd=folder, capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


def of_diplab(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] == "diplab"}


def test_a_first_answer_loads_neither_tables_nor_population_sizes(tmp_path):
    modules = loaded(FIRST_ANSWER, tmp_path)
    assert modules.isdisjoint(HEAVY)
    own = of_diplab(modules)
    assert len(own) <= 80
    upper = ("diplab.population", "diplab.presentation", "diplab.replication", "diplab.loaders", "diplab.weighting")
    assert [name for name in own if name.startswith(upper)] == []


def test_from_a_file_to_a_french_table_runs_120_files_at_most(tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    own = of_diplab(loaded(FROM_A_FILE_TO_A_TABLE, tmp_path))
    assert (tmp_path / "contrats.docx").stat().st_size > 0
    assert len(own) <= 120
    assert [name for name in own if name.startswith("diplab.population")] == []
