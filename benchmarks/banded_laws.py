"""Coverage of answers on incomes known by band: laws of income, interpolation and imputation, by true law.

    python benchmarks/banded_laws.py 400 [dagum by_job mixture]

Samples of 1,000 people in homes of four whose incomes go together, with unequal weights, in eight
bands; the seed is
20261125. The true law is one of Dagum, a log-normal one whose median differs between two kinds of jobs (which
imputation knows as a covariate), or a mixture that none of the laws is.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special

import diplab as dl
from diplab.inference.banded import distributions
from diplab.inference.banded._estimate import by_interpolation
from diplab.inference.banded.data import BandedQuestion, band_groups
from diplab.inference.banded.distributions import fit_income_distribution
from diplab.inference.banded.imputation import by_imputation
from diplab.kernel.bands.distributions import DAGUM

EDGES = np.array([0.0, 500, 800, 1100, 1500, 2000, 2800, 4500, np.inf])
PEOPLE, HOME = 1000, 4
QUESTIONS = {"mean": {}, "median": {}, "gini": {}, "arpr": {}, "arpr, fixed": {}}
LINE = 900.0


def dagum(uniform, job):
    return DAGUM.quantile(uniform, np.log([3.2, 1700, 0.6]))


def by_job(uniform, job):
    return np.exp(np.where(job, 7.4, 6.9) + 0.5 * special.ndtri(uniform))


def mixture(uniform, job):
    """Three in ten on a small income near 600, the others near 1,800: two peaks."""
    low = uniform < 0.3
    inside = np.where(low, uniform / 0.3, (uniform - 0.3) / 0.7)
    return np.where(
        low, np.exp(6.4 + 0.2 * special.ndtri(inside)), np.exp(7.5 + 0.35 * special.ndtri(inside))
    )


def truths(law):
    """Return the statistics of the law, from two million equally spaced shares of people."""
    share = (np.arange(1_000_000) + 0.5) / 1_000_000
    y = np.sort(np.concatenate([law(share, np.full(share.size, job)) for job in (False, True)]))
    rank = np.arange(1, y.size + 1)
    median = np.median(y)
    gini = 2 * (rank @ y) / (y.size * y.sum()) - (y.size + 1) / y.size
    return {
        "mean": y.mean(),
        "median": median,
        "gini": gini,
        "arpr": (y < 0.6 * median).mean(),
        "arpr, fixed": (y < LINE).mean(),
    }


def one(law, draw):
    """Return every answer of one sample, by question and method."""
    of_home = np.repeat(draw.standard_normal(PEOPLE // HOME), HOME)
    uniform = special.ndtr(np.sqrt(0.3) * of_home + np.sqrt(0.7) * draw.standard_normal(PEOPLE))
    job = draw.uniform(size=PEOPLE) < 0.5
    y = law(uniform, job)
    band = np.searchsorted(EDGES, y, side="right") - 1
    frame = pd.DataFrame(
        {
            "w": draw.uniform(0.5, 2, PEOPLE),
            "home": np.arange(PEOPLE) // HOME,
            "job": np.where(job, "a", "b"),
        }
    )
    sample = dl.declare_design(frame, weights="w", psu="home")
    low, high = EDGES[band], EDGES[band + 1]
    line = np.full(PEOPLE, LINE)
    base = BandedQuestion(
        sample, dl.mean("income"), "income", low, high, (), ("job",), (), 0.95, "design"
    )
    fits = [
        fit_income_distribution(each, base, band_groups(base))
        for each in distributions.DISTRIBUTIONS
    ]
    found = {}
    for question in QUESTIONS:
        fixed = (line, line) if question.endswith("fixed") else ()
        asked = replace(
            base, statistic=getattr(dl, question.partition(",")[0])("income"), lines=fixed
        )
        rows = band_groups(asked)
        # one line for all leaves the groups of people as they are
        ((_, own),) = rows.lines
        answers = [
            distributions._answer(
                replace(each, question=asked, rows=rows), each.distribution.name, own, {}
            )
            for each in fits
        ]
        answers += [*by_interpolation(asked), *by_imputation(asked)]
        for each in answers:
            name = "interpolated" if each.method == "pareto top" else each.method
            found[question, name] = (
                each.point[0],
                each.std_error[0],
                each.ci_low[0],
                each.ci_high[0],
            )
    return found


def main(samples, laws):
    for law in laws:
        draw = np.random.default_rng(20261125)
        truth = truths(law)
        results = [one(law, draw) for _ in range(samples)]
        print(f"\n{law.__name__}")
        for question in QUESTIONS:
            cells = []
            for method in [
                *(each.name for each in distributions.DISTRIBUTIONS),
                "interpolated",
                "imputed",
            ]:
                values = np.array([each[question, method] for each in results])
                kept = values[~np.isnan(values).any(axis=1)]
                if len(kept) < samples / 2:
                    cells.append(f"({len(kept)})")
                    continue
                apart = kept[:, 0].mean() - truth[question]
                covered = ((kept[:, 2] <= truth[question]) & (truth[question] <= kept[:, 3])).mean()
                spread = kept[:, 0].std(ddof=1)
                cells.append(
                    f"{apart / spread:.2f}, {kept[:, 1].mean() / spread:.2f}, {100 * covered:.1f}"
                    + (f" ({len(kept)})" if len(kept) < samples else "")
                )
            print(f"| {question} | {truth[question]:.4g} | " + " | ".join(cells) + " |")
        sys.stdout.flush()


if __name__ == "__main__":
    chosen = {each.__name__: each for each in (dagum, by_job, mixture)}
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 400,
        [chosen[each] for each in sys.argv[2:] or chosen],
    )
