"""LaTeX as a TeX sets it: on a page of A4 with margins of 2.5 cm, notes below the table, nothing over its edge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.presentation.sheet import Cell, PrintedTable, Sheet, printed_table

PAGE = r"""\documentclass[a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[margin=2.5cm]{geometry}
\usepackage{booktabs, array, longtable, pdflscape}
\begin{document}
See Table~\ref{tab:it_is-here}.
\input{it_is-here.tex}
\end{document}
"""


def people() -> dl.Microdata:
    drawn = np.random.default_rng(7)
    long = [
        f"Enseignement {each} ou professionnel, brevet compris & plus"
        for each in ("court", "long", "supérieur")
    ]
    return dl.Microdata(
        pd.DataFrame(
            {
                "sport": drawn.choice(["Oui", "Non"], 600),
                "sex": drawn.choice(["Femme", "Homme"], 600),
                "band": drawn.choice([f"{low}-{low + 9} ans" for low in range(18, 78, 10)], 600),
                "school": drawn.choice(long, 600),
                "age": drawn.integers(18, 90, 600),
            }
        ),
        dl.Codebook(),
    )


def tables() -> dict[str, PrintedTable]:
    sample = dl.declare_design(people())
    columns = ["sex", "band", "school"]
    return {
        "small": dl.table(dl.estimate(sample, dl.mean("age"), by="sex"), "fr"),
        "wide": dl.table(dl.crosstab(sample, "sport", "band", shares="column"), "fr"),
        "model": dl.table(dl.regress(sample, "sport == 'Oui' ~ age + C(sex) + C(school)", family="binomial"), "fr"),
        "banner": dl.table(dl.crosstab(sample, "sport", columns=columns, shares="column"), "fr"),
        "long": dl.table(dl.crosstab(sample, "school", "sex", by="band"), "fr"),
        "signs": printed_table(
            Sheet("50 % & more: _{}#$^~\\ <b>", ("", "€"), ((Cell("[a] * χ² ≥ 1"), Cell("−1")),), ("left", "right"))
        ),
    }  # fmt: skip


@pytest.mark.tex
@pytest.mark.parametrize("name", ["small", "wide", "model", "banner", "long", "signs"])
def test_the_table_fits_its_page(name: str, tmp_path: Path) -> None:
    made = tables()[name]
    dl.save(made, tmp_path / "it_is-here.tex")
    (tmp_path / "page.tex").write_text(PAGE, encoding="utf-8")
    for _ in range(2):  # the second time, references are known
        run = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "page.tex"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
    log = run.stdout.decode("latin-1")
    assert run.returncode == 0, log[-2000:]
    assert "Overfull" not in log
    assert "undefined" not in log


def test_a_table_says_what_it_needs_and_goes_on_where_it_is_long(tmp_path: Path) -> None:
    made = tables()
    written = {
        name: dl.save(each, tmp_path / f"{name}.tex").read_text(encoding="utf-8")
        for name, each in made.items()
    }
    needs = {
        name: each.splitlines()[0].rpartition("{")[2].rstrip("}.").split(", ")
        for name, each in written.items()
    }
    assert needs["small"] == ["booktabs"]
    # a bare article has lines of 345 pt only
    assert all("margin=2.5cm" in each.splitlines()[1] for each in written.values())
    assert needs["model"] == ["booktabs", "array"]
    assert "pdflscape" in needs["banner"]
    assert "longtable" in needs["long"]
    # two parts, each of which names the rows; the caption stands once
    assert written["banner"].count(r"\begin{tabular}") == 2
    assert written["banner"].count(r"\caption{") == written["long"].count(r"\caption{") == 1
    assert r"\label{tab:banner}" in written["banner"]
    # notes stand below the table, not beside it
    assert r"\end{tabular}\par" in written["small"]
    assert r"\endhead" in written["long"]
    assert "\\\\*\n" in written["long"]


def test_a_table_stands_across_two_columns(tmp_path: Path) -> None:
    made = tables()
    written = {}
    for name in ("small", "long"):
        file = dl.save(made[name], tmp_path / f"{name}.tex", two_columns=True)
        written[name] = file.read_text(encoding="utf-8").splitlines()
    assert written["small"][2] == r"\begin{table*}[tp]"
    assert written["small"][-1] == r"\end{table*}"
    # a table that continues on the next page is between two columns and two columns
    assert written["long"][2:4] == [r"\onecolumn", r"\begingroup"]
    assert written["long"][-2:] == [r"\endgroup", r"\twocolumn"]
    with pytest.raises(dl.errors.OptionError, match=r"does not apply to `t\.docx`"):
        dl.save(made["small"], tmp_path / "t.docx", two_columns=True)
