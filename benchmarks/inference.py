"""Survey inference timed against its peers: svy (PyPI) and R survey, on one file, in one run.

    python benchmarks/inference.py [--rows 1000000] [--svy PYTHON] [--r Rscript] [--repeat 5]

The file is made with a seed: 50 strata of 40 units, unequal weights, a skewed income. `--svy` names
the Python of an environment that holds svy; `--r` an Rscript that holds survey; peers that are not
named are left out. Each peer runs in a process of its own, reads the same file, declares the design
once, and times each operation after one run that is not counted. Printed: medians, ratios to
diplab, the peak memory of each process, and how far the answers agree.

Every repetition of diplab works on a sample declared anew, on which only the mean of another
variable has been asked: units and strata are arranged, nothing that the operation itself reads,
sorts or counts is remembered. `warm` is the same call a second time on that sample.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
SEED = 20260102
STRATA, UNITS, REPLICATES = 50, 40, 80
MARGINS = {"age": 9, "region": 9, "diploma": 9}
TARGETS = {
    "mean": 2, "means of 20 domains": 15, "means of 200 domains": 100, "crosstab 5 x 2, Rao-Scott": 25,
    "quartiles": 3, "logit, 7 coefficients": 2, "t-test": 3, "200 bootstrap replicates, mean": 20,
    "raking, 3 margins": 10, "means of 20 domains at equal age": "under 0.5 s",
}  # fmt: skip

COLUMNS = {
    "mean": 1, "means of 20 domains": 2, "means of 200 domains": 2, "crosstab 5 x 2, Rao-Scott": 2, "quartiles": 1,
    "logit, 7 coefficients": 4, "t-test": 2, "200 bootstrap replicates, mean": 1, "raking, 3 margins": 3,
    "means of 20 domains at equal age": 3,
}  # fmt: skip


def make(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(SEED)
    people = pd.DataFrame({"stratum": np.sort(random.integers(0, STRATA, rows))})
    people["psu"] = random.integers(0, UNITS, rows)
    effect = random.normal(0, 0.2, (STRATA, UNITS))[people["stratum"], people["psu"]]
    people["w"] = random.uniform(20, 80, rows).round(2)
    people["income"] = np.exp(7.2 + effect + random.normal(0, 0.7, rows)).round(2)
    people["hours"] = random.gamma(2, 5, rows).round(1)
    people["d20"] = random.integers(0, 20, rows)
    people["d200"] = random.integers(0, 200, rows)
    people["activity"] = random.integers(1, 6, rows)
    people["sex"] = random.integers(1, 3, rows)
    for name, size in MARGINS.items():
        people[name] = random.integers(1, size + 1, rows)
    line = -0.4 + 0.02 * people["hours"] + 0.3 * (people["sex"] == 2) + effect
    people["works"] = (random.random(rows) < 1 / (1 + np.exp(-line))).astype(int)
    return people


def margins_of(people: pd.DataFrame) -> dict[str, dict[int, float]]:
    random = np.random.default_rng(SEED + 1)
    total = float(round(people["w"].sum()))
    found: dict[str, dict[int, float]] = {}
    for name, size in MARGINS.items():
        parts = people.groupby(name)["w"].sum().to_numpy() * random.uniform(0.8, 1.25, size)
        found[name] = {
            code + 1: float(part) for code, part in enumerate(parts * total / parts.sum())
        }
    return found


def operations(margins: dict[str, dict[int, float]]) -> dict[str, Callable[[Any], Any]]:
    import diplab as dl

    def first(found: Any) -> tuple[float, float]:
        return float(found.frame["estimate"].iloc[0]), float(found.frame["std_error"].iloc[0])

    def rake(sample: Any) -> tuple[float, float]:
        raked = dl.calibrate(sample, margins, distance="raking")
        return float(raked.engine.weights[0]), float(raked.engine.weights.sum())

    def crosstab(sample: Any) -> tuple[float, float]:
        test = dl.crosstab(sample, "activity", "sex").test
        return test.statistic, test.p_value

    def t_test(sample: Any) -> tuple[float, float]:
        test = dl.t_test(sample, "income", by="sex")
        return test.statistic, test.p_value

    def bootstrap(sample: Any) -> tuple[float, float]:
        return first(dl.estimate(dl.make_replicates(sample, "bootstrap", 200), dl.mean("income")))

    quartiles = [dl.quantile("income", p) for p in (0.25, 0.5, 0.75)]
    return {
        "mean": lambda sample: first(dl.estimate(sample, dl.mean("income"))),
        "means of 20 domains": lambda sample: first(
            dl.estimate(sample, dl.mean("income"), by="d20")
        ),
        "means of 200 domains": lambda sample: first(
            dl.estimate(sample, dl.mean("income"), by="d200")
        ),
        "crosstab 5 x 2, Rao-Scott": crosstab,
        "quartiles": lambda sample: first(dl.estimate(sample, *quartiles)),
        "logit, 7 coefficients": lambda sample: first(
            dl.regress(sample, "works ~ hours + C(sex) + C(activity)", family="binomial")
        ),
        "t-test": t_test,
        "200 bootstrap replicates, mean": bootstrap,
        "raking, 3 margins": rake,
        "means of 20 domains at equal age": lambda sample: first(
            dl.standardise(
                sample,
                dl.mean("income"),
                {"age": {age: 10 - age for age in range(1, 10)}},
                by="d20",
            )
        ),
    }


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    answer = call()
    return time.perf_counter() - begun, answer


def run_diplab(folder: Path, repeat: int) -> dict[str, Any]:
    import diplab as dl

    people = pd.read_parquet(folder / "people.parquet")
    margins = json.loads((folder / "margins.json").read_text())
    calls = operations(
        {name: {int(k): v for k, v in each.items()} for name, each in margins.items()}
    )
    found: dict[str, Any] = {}
    for name, call in calls.items():
        first, again = [], []
        for turn in range(repeat + 1):
            sample = dl.declare_design(people, weights="w", strata="stratum", psu="psu")
            dl.estimate(sample, dl.mean("hours"))
            cold, answer = timed(lambda call=call, sample=sample: call(sample))  # type: ignore[misc]
            warm, _ = timed(lambda call=call, sample=sample: call(sample))  # type: ignore[misc]
            if turn:
                first.append(cold)
                again.append(warm)
        found[name] = {
            "seconds": statistics.median(first),
            "warm": statistics.median(again),
            "answer": answer,
        }
    return found


def run_replicates(folder: Path, repeat: int) -> dict[str, Any]:
    """Time 80 supplied replicate weights: apart, since the columns alone are 80 times a variable."""
    import diplab as dl

    people = pd.read_parquet(folder / "people.parquet", columns=["w", "income", "d20"])
    random = np.random.default_rng(SEED + 2)
    columns = np.empty((REPLICATES, len(people)))
    for replicate in range(REPLICATES):
        columns[replicate] = people["w"].to_numpy() * random.exponential(1.0, len(people))
    names = [f"r{replicate}" for replicate in range(REPLICATES)]
    wide = pd.concat([people, pd.DataFrame(columns.T, columns=names, copy=False)], axis=1)
    begun = peak_memory()
    given = dl.replicates(names, kind="sdr")
    cold, warm = [], []
    for turn in range(repeat + 1):
        sample = dl.declare_design(wide, weights="w", replicates=given)
        one, _ = timed(lambda: dl.estimate(sample, dl.mean("income"), by="d20"))  # noqa: B023
        two, answer = timed(lambda: dl.estimate(sample, dl.mean("income"), by="d20"))  # noqa: B023
        if turn:
            cold.append(one)
            warm.append(two)
    return {
        "80 replicate weights, means of 20 domains": {
            "seconds": statistics.median(cold),
            "warm": statistics.median(warm),
            "answer": [
                float(answer.frame["estimate"].iloc[0]),
                float(answer.frame["std_error"].iloc[0]),
            ],
            "extra_mb": peak_memory() - begun,
        }
    }


def run_panel(folder: Path, repeat: int) -> dict[str, Any]:
    """Time change between two waves of all these people, three quarters of whom are in both."""
    import diplab as dl

    people = pd.read_parquet(
        folder / "people.parquet", columns=["stratum", "psu", "w", "income", "activity", "hours"]
    )
    random = np.random.default_rng(SEED + 3)
    first = people.assign(wave=1, id=np.arange(len(people)))
    new = random.random(len(people)) < 0.25
    moves = random.random(len(people)) < 0.2
    second = people.assign(
        wave=2,
        id=np.arange(len(people)) + np.where(new, len(people), 0),
        income=people["income"] * np.exp(random.normal(0.02, 0.2, len(people))),
        activity=np.where(moves, random.integers(1, 6, len(people)), people["activity"]),
    )
    stacked = pd.concat([first, second], ignore_index=True)
    waves: dict[str, Any] = {"wave": "wave", "person": "id"}
    calls = {
        "net change of a mean, two waves": lambda sample: dl.change(
            sample, dl.mean("income"), **waves
        ),
        "gross flows 5 x 5, two waves": lambda sample: dl.gross_flows(sample, "activity", **waves),
    }
    found: dict[str, Any] = {}
    for units, psu in (("", "psu"), (", persons as units", None)):
        for name, call in calls.items():
            cold, warm, processor = [], [], []
            for turn in range(repeat + 1):
                sample = dl.declare_design(stacked, weights="w", strata="stratum", psu=psu)
                dl.estimate(sample, dl.mean("hours"))
                begun = time.process_time()
                one, _ = timed(lambda: call(sample))  # noqa: B023
                spent = time.process_time() - begun
                two, _ = timed(lambda: call(sample))  # noqa: B023
                if turn:
                    cold.append(one)
                    warm.append(two)
                    processor.append(spent)
            times = {"seconds": cold, "warm": warm, "processor": processor}
            found[name + units] = {kind: statistics.median(each) for kind, each in times.items()}
    return found


def memory_of(folder: Path, name: str) -> dict[str, float]:
    """Return what one operation adds to the memory of a process that holds the data, and what it may add (Linux)."""
    import diplab as dl

    people = pd.read_parquet(folder / "people.parquet")
    margins = json.loads((folder / "margins.json").read_text())
    call = operations(
        {name: {int(k): v for k, v in each.items()} for name, each in margins.items()}
    )[name]
    status = Path("/proc/self/status")

    def read(word: str) -> float:
        line = next(line for line in status.read_text().splitlines() if line.startswith(word))
        return int(line.split()[1]) / 1024

    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of reading
    before = read("VmRSS")
    call(dl.declare_design(people, weights="w", strata="stratum", psu="psu"))
    allowed = 2 * (COLUMNS[name] + 3) * len(people) * 8 / 2**20 + 200
    return {"extra_mb": read("VmHWM") - before, "allowed_mb": allowed}


def peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(command: list[str]) -> dict[str, Any]:
    """Run a peer in a process of its own; its last line is JSON."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def printed(found: dict[str, dict[str, Any]]) -> None:
    ours = found["diplab"]["operations"]
    peers = [peer for peer in found if peer not in ("diplab", "replicates", "panel")]
    head = ["operation", "diplab s", "warm s"]
    for peer in peers:
        head += [f"{peer} s", f"{peer} / diplab"]
    head += ["to reach against svy", "answers agree to", "extra MB", "allowed MB"]
    print(" | ".join(head))
    for name, own in ours.items():
        row = [name, f"{own['seconds']:.4f}", f"{own['warm']:.4f}"]
        apart = []
        for peer in peers:
            other = found[peer]["operations"].get(name)
            row += (
                [f"{other['seconds']:.3f}", f"{other['seconds'] / own['seconds']:.1f}"]
                if other
                else ["", ""]
            )
            if other and name != "200 bootstrap replicates, mean":
                apart.append(
                    max(
                        abs(a - b) / abs(b)
                        for a, b in zip(own["answer"], other["answer"], strict=True)
                    )
                )
        row += [f"{TARGETS[name]}", f"{max(apart):.0e}" if apart else ""]
        row += [f"{own['extra_mb']:.0f}", f"{own['allowed_mb']:.0f}"]
        print(" | ".join(row))
    for name, own in found["replicates"]["operations"].items():
        svy = found.get("svy", {}).get("operations", {}).get(name, {}).get("seconds")
        print(
            " | ".join(
                [name, f"{own['seconds']:.3f}", f"{own['warm']:.3f}", f"{svy:.3f}" if svy else ""]
            )
        )
    for name, own in found["panel"]["operations"].items():
        print(
            " | ".join([name, *(f"{own[each]:.3f}" for each in ("seconds", "warm", "processor"))])
        )
    for peer, each in found.items():
        print(
            f"peak memory of {peer}: {each['peak_mb']:.0f} MB, {each['loaded_mb']:.0f} MB with the "
            "data read"
        )


RUNS = {"diplab": run_diplab, "replicates": run_replicates, "panel": run_panel}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--svy", help="Python of an environment that holds svy")
    parser.add_argument("--r", help="Rscript that holds survey")
    parser.add_argument("--only", choices=list(RUNS), help=argparse.SUPPRESS)
    parser.add_argument("--memory", choices=list(TARGETS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory:
        print(json.dumps(memory_of(asked.folder, asked.memory)))
        return
    if asked.only:
        pd.read_parquet(asked.folder / "people.parquet")
        loaded = peak_memory()
        found = RUNS[asked.only](asked.folder, asked.repeat)
        print(json.dumps({"operations": found, "peak_mb": peak_memory(), "loaded_mb": loaded}))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        people = make(asked.rows)
        people.to_parquet(folder / "people.parquet")
        (folder / "margins.json").write_text(json.dumps(margins_of(people)))
        if asked.r:
            people.to_csv(folder / "people.csv", index=False)
        del people
        own = [sys.executable, __file__, "--folder", name, "--repeat", str(asked.repeat), "--only"]
        found = {name: child([*own, name]) for name in RUNS}
        for operation, each in found["diplab"]["operations"].items():
            each.update(child([*own[:2], "--folder", name, "--memory", operation]))
        if asked.svy:
            found["svy"] = child(
                [asked.svy, str(HERE / "inference_svy.py"), name, str(asked.repeat)]
            )
        if asked.r:
            found["R"] = child([asked.r, str(HERE / "inference.R"), name, str(asked.repeat)])
        printed(found)


if __name__ == "__main__":
    main()
