"""Inequality timed, and beside R's laeken: points, and its bootstrap of a poverty rate; one file, one run.

    python benchmarks/inequality.py [--rows 1000000] [--r Rscript] [--repeat 5]

The file is that of `inference.py`: 50 strata of 40 units, unequal weights, a skewed income, made
with a seed. diplab gives a point and its linearised standard error under the design; laeken gives a
point alone, and a standard error from 20 bootstrap samples of units. *First* is on a sample
declared anew, of which only the mean of another variable was asked before; *again* the same call a
second time. `all` is every statistic of the table in one call, which sorts once. R is left out
where no Rscript is named. Seconds are those of the processor, on both sides, so that other work on
the machine counts less.
"""

from __future__ import annotations

import argparse
import json
import statistics as middle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import make

import diplab as dl

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
ASKED = {
    "Gini": [dl.gini("income")],
    "poverty rate, estimated line": [dl.arpr("income")],
    "S80/S20": [dl.quintile_ratio("income")],
    "Palma": [dl.palma_ratio("income")],
    "shares of fifths": [dl.quantile_shares("income")],
    "Lorenz curve, 9 points": [dl.lorenz("income")],
    "Theil": [dl.theil("income")],
    "Atkinson 0.5": [dl.atkinson("income", 0.5)],
    "Zenga": [dl.zenga("income")],
    "pay gap of means": [dl.gender_pay_gap("income", "sex == 2")],
    "pay gap of medians": [dl.gender_pay_gap("income", "sex == 2", gap_of="median")],
}
ALL = {**ASKED, "all": [each for found in ASKED.values() for each in found]}
TARGETS = {"Gini": 0.5, "poverty rate, estimated line": 0.5, "S80/S20": 0.5}
MOST_BY_DOMAIN = 1.0


def seconds(sample: Any, asked: list[Any], by: Any) -> tuple[float, float]:
    begun = time.process_time()
    found = dl.estimate(sample, *asked, by=by)
    return time.process_time() - begun, float(found.frame["estimate"].iloc[0])


def timed(people: pd.DataFrame, repeat: int) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for name, asked in ALL.items():
        row: dict[str, float] = {}
        for by in ((), "d20"):
            first, again = [], []
            for turn in range(repeat + 1):
                sample = dl.declare_design(people, weights="w", strata="stratum", psu="psu")
                dl.estimate(sample, dl.mean("hours"))
                one, answer = seconds(sample, asked, by)
                two, _ = seconds(sample, asked, by)
                if turn:
                    first.append(one)
                    again.append(two)
            where = " by 20 domains" if by else ""
            row |= {f"first{where}": middle.median(first), f"again{where}": middle.median(again)}
            if not by:
                row["answer"] = answer
        table[name] = row
    return table


def in_r(program: str, people: pd.DataFrame, repeat: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        people[["income", "w", "stratum", "psu"]].to_csv(Path(folder) / "people.csv", index=False)
        command = [program, str(HERE / "inequality.R"), folder, str(repeat)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    answer: dict[str, dict[str, float]] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def printed(ours: dict[str, dict[str, float]], r: dict[str, dict[str, float]]) -> None:
    print(
        "statistic | first, s | again, s | to reach | first by 20, s | again by 20, s | laeken, s "
        "| laeken / first"
    )
    for name, row in ours.items():
        other = r.get(name)
        cells = [name, f"{row['first']:.3f}", f"{row['again']:.3f}", f"{TARGETS.get(name, '')}"]
        cells += [f"{row['first by 20 domains']:.3f}", f"{row['again by 20 domains']:.3f}"]
        cells += (
            [f"{other['seconds']:.2f}", f"{other['seconds'] / row['first']:.1f}"]
            if other
            else ["", ""]
        )
        print(" | ".join(cells))
        if other:
            apart = abs(other["answer"] - row["answer"]) / abs(row["answer"])
            print(f"  answers agree to {apart:.0e}")
    slow = [name for name, most in TARGETS.items() if ours[name]["again"] > most]
    slow += [name for name in TARGETS if ours[name]["again by 20 domains"] > MOST_BY_DOMAIN]
    print(f"not reached: {', '.join(slow)}" if slow else "all reached")
    if "bootstrap of the poverty rate" in r:
        taken, own = r["bootstrap of the poverty rate"], ours["poverty rate, estimated line"]
        times = taken["seconds"] / own["first"]
        print(
            f"laeken, 20 bootstrap samples of the poverty rate: {taken['seconds']:.1f} s, "
            f"{times:.0f} times first"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--r", help="Rscript that holds laeken and jsonlite")
    asked = parser.parse_args()
    people = make(asked.rows)
    ours = timed(people, asked.repeat)
    printed(ours, in_r(asked.r, people, asked.repeat) if asked.r else {})


if __name__ == "__main__":
    main()
