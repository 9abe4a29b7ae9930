"""A first answer loads what it needs: modules are counted in fresh processes, since seconds depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    "scipy.stats",
    "statsmodels",
    "polars",
    "duckdb",
    "matplotlib",
    "great_tables",
    "pyreadstat",
)
FIRST_ANSWER = """
import diplab as dl

imported = list(sys.modules)
import pandas as pd

people = pd.DataFrame({"w": [1.0, 2, 3, 4], "pay": [1.0, 5, 2, 8]})
found = dl.estimate(dl.declare_design(people, weights="w"), dl.median("pay"))
found.frame
answered = list(sys.modules)
print(json.dumps([imported, answered, found._repr_html_()]))
"""
FROM_A_FILE_TO_A_TABLE = """
import diplab as dl

data = dl.read("people.csv")
adults = dl.declare_design(data, weights="w", strata="region").where("age >= 18")
contracts = dl.estimate(adults, dl.share("contract"), by="sex")
dl.save(dl.table(contracts, language="fr"), "contrats.docx")
print(json.dumps(list(sys.modules)))
"""
PEOPLE = "w,region,age,sex,contract\n" + "".join(
    f"{1 + place % 3},{place % 2},{15 + place},{'fm'[place % 2]},{('CDI', 'CDD', 'none')[place % 3]}\n"
    for place in range(60)
)


def printed(code: str, folder: Path) -> Any:
    """Return what code prints in a fresh process."""
    ran = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}"], cwd=folder, capture_output=True, text=True, check=True,
        timeout=120,
    )  # fmt: skip
    return json.loads(ran.stdout.splitlines()[-1])


def of_diplab(modules: list[str]) -> list[str]:
    return [name for name in modules if name.split(".")[0] == "diplab"]


def test_a_first_answer_loads_neither_tables_nor_population_sizes(tmp_path):
    imported, answered, html = printed(FIRST_ANSWER, tmp_path)
    assert {"pandas", "numpy", "narwhals", "scipy", *HEAVY}.isdisjoint(imported)
    assert set(HEAVY).isdisjoint(answered)
    own = of_diplab(answered)
    assert len(own) <= 80
    upper = (
        "diplab.population",
        "diplab.presentation",
        "diplab.replication",
        "diplab.loaders",
        "diplab.weighting",
    )
    assert [name for name in own if name.startswith(upper)] == []
    # the result imports what shows it
    assert "<table" in html


def test_from_a_file_to_a_french_table_runs_120_files_at_most(tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    own = of_diplab(printed(FROM_A_FILE_TO_A_TABLE, tmp_path))
    assert (tmp_path / "contrats.docx").stat().st_size > 0
    assert len(own) <= 120
    assert [name for name in own if name.startswith("diplab.population")] == []
