"""How often true hypotheses are rejected, and intervals hold the truth, where few primary units tell.

    python benchmarks/few_units.py tables 2000

40 units of 10 respondents, whose answers are correlated by .5 within units. In `tables`, a row lies
in two, three or four of the units, of two or three rows; the columns have nothing to do with the
rows. Also the transpose, and tables of rows that lie in all units.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import diplab as dl
from diplab.errors import DiplabError

UNITS, EACH = 40, 10


def answers(draw: np.random.Generator, categories: int) -> Any:
    """Return a category for each respondent, alike within units."""
    unit = np.repeat(np.arange(UNITS), EACH)
    y = draw.normal(size=UNITS)[unit] + draw.normal(size=unit.size)
    return np.digitize(y, [0.0] if categories == 2 else [-0.6, 0.6])


def tables(draws: int, df: str = "effective") -> None:
    """Print how often tests of independence reject at 5%, and how often they have no value or a flag."""
    for size in (2, 3):
        for few in (2, 3, 4):
            counted = {"rejected": 0, "no value": 0, "flagged": 0}
            for seed in range(draws):
                draw = np.random.default_rng((seed, size, few or 0))
                unit = np.repeat(np.arange(UNITS), EACH)
                others = draw.choice(["a", "b"][: size - 1], unit.size)
                z = (
                    np.where(unit < few, "z", others)
                    if few
                    else draw.choice(["a", "b", "z"][:size], unit.size)
                )
                frame = pd.DataFrame({"unit": unit, "y": answers(draw, size), "z": z})
                names = ("z", "y") if seed % 2 else ("y", "z")
                try:
                    test = dl.crosstab(dl.declare_design(frame, psu="unit"), *names, df=df).test
                except DiplabError:
                    counted["no value"] += 1
                    continue
                counted["no value"] += np.isnan(test.p_value)
                counted["rejected"] += test.p_value < 0.05
                counted["flagged"] += bool(test.flag)
            print(
                f"{size} x {size}, {few or 'all'} units:",
                *(f"{k} {100 * v / draws:.1f}" for k, v in counted.items()),
                flush=True,
            )


PARTS: dict[str, Callable[..., None]] = {"tables": tables}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    PARTS[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
