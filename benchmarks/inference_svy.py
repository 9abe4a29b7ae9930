"""The operations of benchmarks/inference.py in svy, run by its own Python: `inference_svy.py FOLDER REPEAT`."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import svy

REPLICATES = 80


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(call, repeat: int) -> dict:
    call()
    seconds, answer = [], None
    for _ in range(repeat):
        begun = time.perf_counter()
        answer = call()
        seconds.append(time.perf_counter() - begun)
    return {"seconds": statistics.median(seconds), "answer": answer}


def estimates(found) -> tuple[float, float]:
    first = found.estimates[0]
    return float(first.est), float(first.se)


def main() -> None:
    folder, repeat = Path(sys.argv[1]), int(sys.argv[2])
    people = pl.read_parquet(folder / "people.parquet")
    loaded = peak()
    margins = json.loads((folder / "margins.json").read_text())
    margins = {
        name: {int(code): total for code, total in each.items()} for name, each in margins.items()
    }
    sample = svy.Sample(people, svy.Design(stratum="stratum", psu="psu", wgt="w"))

    def crosstab():
        stats = sample.categorical.tabulate("activity", "sex").stats
        return float(stats.f.value), float(stats.f.p_value)

    def quartiles():
        first = sample.estimation.quantile("income", p=(0.25, 0.5, 0.75))[0].estimates[0]
        return float(first.est), float(first.se)

    def logit():
        first = sample.glm.fit(
            "works", x=["hours", svy.Cat("sex"), svy.Cat("activity")], family="binomial"
        ).coefs[0]
        return float(first.est), float(first.se)

    def t_test():
        found = sample.categorical.ttest("income", group="sex")
        return float(found.stats.t), float(found.stats.p_value)

    def rake():
        raked = sample.weighting.rake(controls=margins, tol=1e-10)
        weights = raked.data["rk_wgt"]
        return float(weights[0]), float(weights.sum())

    def bootstrap():
        with_reps = sample.weighting.create_bs_wgts(200, rep_prefix="b", rstate=1)
        return estimates(with_reps.estimation.mean("income", method="replication"))

    found = {
        "mean": timed(lambda: estimates(sample.estimation.mean("income")), repeat),
        "means of 20 domains": timed(
            lambda: estimates(sample.estimation.mean("income", by="d20")), repeat
        ),
        "means of 200 domains": timed(
            lambda: estimates(sample.estimation.mean("income", by="d200")), repeat
        ),
        "crosstab 5 x 2, Rao-Scott": timed(crosstab, repeat),
        "quartiles": timed(quartiles, repeat),
        "logit, 7 coefficients": timed(logit, repeat),
        "t-test": timed(t_test, repeat),
        "200 bootstrap replicates, mean": timed(bootstrap, 1),
        "raking, 3 margins": timed(rake, repeat),
    }
    random = np.random.default_rng(20260104)
    weights = people["w"].to_numpy()
    wide = people.select("w", "income", "d20").with_columns(
        pl.Series(f"r{place + 1}", weights * random.exponential(1.0, len(weights)))
        for place in range(REPLICATES)
    )
    replicated = svy.Sample(
        wide, svy.Design(wgt="w", rep_wgts=svy.SdrWgts(prefix="r", n_reps=REPLICATES))
    )
    found["80 replicate weights, means of 20 domains"] = timed(
        lambda: estimates(replicated.estimation.mean("income", by="d20", method="replication")),
        repeat,
    )
    print(json.dumps({"operations": found, "peak_mb": peak(), "loaded_mb": loaded}))


if __name__ == "__main__":
    main()
