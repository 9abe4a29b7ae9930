"""How often answers are wrongly said to look like missing codes, in 1,000 drawn columns, and planted ones found.

Run: python benchmarks/missing_codes.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.microdata.missing import codes_like_missing

if TYPE_CHECKING:
    from collections.abc import Callable

DRAWN = np.random.default_rng(20)
KINDS: dict[str, Callable[[int], np.ndarray]] = {
    **{f"lognormal, {s}": lambda n, s=s: DRAWN.lognormal(7, s, n).round() for s in (0.5, 1.0, 1.5)},  # type: ignore[misc]
    "lognormal, in hundreds": lambda n: (DRAWN.lognormal(7, 0.8, n) / 100).round() * 100,
    "Pareto": lambda n: (DRAWN.pareto(1.5, n) * 1000).round(),
    "hours": lambda n: np.clip(DRAWN.normal(38, 12, n).round(), 0, 99),
    "Poisson counts": lambda n: DRAWN.poisson(2, n),
    "negative binomial counts": lambda n: DRAWN.negative_binomial(0.5, 0.05, n),
    "ages": lambda n: DRAWN.integers(16, 100, n),
    "whole changes around 5": lambda n: DRAWN.normal(5, 3, n).round(),
}


def repeated(values: np.ndarray) -> list[float]:
    """Return what looks like a missing code and occurs twice or more."""
    distinct, rows = np.unique(np.asarray(values, dtype=float), return_counts=True)
    return [code for code in codes_like_missing(distinct) if rows[distinct == code] > 1]


def main() -> None:
    """Print, for each kind of columns, false alarms of 100 and planted codes found."""
    for name, make in KINDS.items():
        columns = [make(int(DRAWN.choice([60, 300, 3000]))) for _ in range(100)]
        planted = found = 0
        for values, code in zip(
            columns, DRAWN.choice([99999.0, 999999.0, -9.0, -99.0], 100), strict=True
        ):
            if values.min() >= 0 and (code < 0 or code > 3 * max(values.max(), 1)):
                planted += 1
                found += code in repeated(np.r_[values, [code] * 3])
        print(
            f"{name:26} false alarms {sum(map(bool, map(repeated, columns))):3} of 100, found "
            f"{found} of {planted}"
        )


if __name__ == "__main__":
    main()
