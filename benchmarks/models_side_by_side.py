"""How long a table of three nested models with over 30 lines takes, and its files.

Process time, the best of five, after one call that loads everything.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import diplab as dl

FACTORS, PEOPLE, BEST_OF = 6, 2000, 5


def best(call: Callable[[], object]) -> float:
    """Return the shortest of several process times, in seconds."""
    call()
    seconds = []
    for _ in range(BEST_OF):
        begun = time.process_time()
        call()
        seconds.append(time.process_time() - begun)
    return min(seconds)


def main() -> None:
    draw = np.random.default_rng(3)
    columns = {f"f{at}": draw.choice(list("abcde"), PEOPLE) for at in range(FACTORS)}
    people = pd.DataFrame(
        {"age": draw.integers(18, 70, PEOPLE) / 1.0, "w": draw.uniform(1, 3, PEOPLE), **columns}
    )
    people["poor"] = (draw.uniform(size=PEOPLE) < 0.3).astype(float)
    sample = dl.declare_design(people, weights="w")
    terms = [" + ".join(["age", *list(columns)[:most]]) for most in (2, 4, FACTORS)]
    models = [dl.regress(sample, f"poor ~ {each}", family="binomial") for each in terms]
    shown = dl.table(models)
    print(f"{len(shown.sheet.rows)} lines, {len(shown.sheet.header)} columns")
    print(f"table: {best(lambda: dl.table(models)):.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("html", "docx", "tex", "xlsx", "md", "csv"):
            print(
                f"{suffix}: "
                f"{best(lambda suffix=suffix: dl.save(shown, f'{folder}/models.{suffix}')):.2f} s"
            )


if __name__ == "__main__":
    main()
