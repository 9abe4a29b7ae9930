"""Seconds to make and write tables and figures of about 30 rows, beside great_tables and seaborn alone.

    python benchmarks/presentation.py [repeats]

Of the processor, the best of some repeats, after one that loads what is needed. A peer is given the
finished words and numbers: what diplab adds (labels, forms of numbers, notes, formats) is the
difference.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import great_tables
import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn
from matplotlib import pyplot

import diplab as dl

FORMATS = ("html", "tex", "docx", "xlsx", "md", "qmd", "csv")
LIMITS = {"table": 0.3, "chart": 0.8, "save": 3.0}
mpl.use("agg")


def best(work: Callable[[], object], repeats: int) -> float:
    """Return the seconds of the fastest of some runs, the first left out."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds[1:])


def results() -> dict[str, object]:
    """Return results of about 30 rows each, of 3,000 people."""
    drawn = np.random.default_rng(1)
    people = pd.DataFrame(
        {
            "job": drawn.choice([f"job {each}" for each in range(30)], 3000),
            "sex": drawn.choice(["woman", "man"], 3000),
            "city": drawn.choice([f"city {each}" for each in range(5)], 3000),
            "pay": drawn.lognormal(7, 0.5, 3000),
            "weight": drawn.uniform(1, 3, 3000),
        }
    )
    sample = dl.declare_design(people, weights="weight", strata="city")
    return {
        "means of 30 groups": dl.estimate(sample, dl.mean("pay"), by="job"),
        "crosstab, 30 rows": dl.crosstab(sample, "job", "sex", shares="row"),
        "regression, 34 terms": dl.regress(sample, "pay ~ C(job) + C(city)"),
    }


def by_great_tables(made: great_tables.GT) -> str:
    """Return the same table by great_tables, of finished words."""
    sheet = made.sheet  # type: ignore[attr-defined]
    names = [f"c{at}" for at in range(len(sheet.header))]
    shown = great_tables.GT(
        pd.DataFrame([[cell.text for cell in row] for row in sheet.rows], columns=names)
    )
    shown = shown.cols_label(dict(zip(names, sheet.header, strict=True))).tab_header(sheet.title)
    for line in sheet.note_lines():
        shown = shown.tab_source_note(line)
    return shown.as_raw_html()


def by_seaborn(frame: pd.DataFrame, place: Path) -> None:
    """Draw and write the same points and intervals by seaborn."""
    figure, axes = pyplot.subplots(figsize=(5, 7))
    labels = [str(each) for each in range(len(frame))]
    seaborn.pointplot(x=frame["estimate"].to_numpy(), y=labels, linestyle="none", ax=axes)
    half = [frame["estimate"] - frame["ci_low"], frame["ci_high"] - frame["estimate"]]
    axes.errorbar(frame["estimate"], range(len(frame)), xerr=half, fmt="none")
    for at, value in enumerate(frame["estimate"]):
        axes.text(frame["ci_high"].max(), at, f"{value:,.0f}")
    figure.savefig(place)
    pyplot.close(figure)


def main(repeats: int) -> None:
    """Print the seconds, and fail where a limit is passed."""
    over = []
    for name, result in results().items():
        with tempfile.TemporaryDirectory() as folder:
            made = dl.table(result, "fr")
            place = Path(folder)
            seconds = {
                "table": best(lambda result=result: dl.table(result, "fr").as_raw_html(), repeats),
                "great_tables": best(lambda made=made: by_great_tables(made), repeats),
                "save": best(
                    lambda made=made, place=place: [
                        dl.save(made, place / f"a.{each}") for each in FORMATS
                    ],
                    repeats,
                ),
                "chart": best(
                    lambda result=result, place=place: dl.save(
                        dl.chart(result, language="fr"), place / "a.svg"
                    ),
                    repeats,
                ),
                "seaborn": best(
                    lambda result=result, place=place: by_seaborn(
                        (result.cells if hasattr(result, "cells") else result).frame,
                        place / "b.svg",
                    ),
                    repeats,
                ),
            }
        print(f"{name}: " + ", ".join(f"{each} {value:.2f} s" for each, value in seconds.items()))
        over += [f"{name}, {each}" for each, limit in LIMITS.items() if seconds[each] > limit]
        ratios = {
            "table": seconds["table"] / seconds["great_tables"],
            "chart": seconds["chart"] / seconds["seaborn"],
        }
        print(
            "  beside the peer: "
            + ", ".join(f"{each} {value:.1f}" for each, value in ratios.items())
        )
        over += [f"{name}, {each} beside its peer" for each, value in ratios.items() if value > 2]
    print("over its limit: " + ("; ".join(over) or "nothing"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
