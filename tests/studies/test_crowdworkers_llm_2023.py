"""The authors’ bootstrap draw for draw, our intervals worked by hand, and what the test set leaves open."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from diplab.replication.rerun import Run


pytestmark = pytest.mark.shared

STUDY = "crowdworkers-llm-2023"


@pytest.fixture(scope="module")
def summaries(shared: Path) -> list[dict[str, str]]:
    """Return the rows read with the standard library alone; some hold more letters than it takes by default."""
    path = shared / "data" / "open" / "llm-crowdwork-2023" / "data" / "Study-1-augmented.csv.gz"
    before = csv.field_size_limit(10_000_000)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    csv.field_size_limit(before)
    return found


def test_verdicts_counted(rows: pd.DataFrame) -> None:
    printed = rows[rows["status"] == "published"]
    assert Counter(printed["verdict"]) == {"as published": 19, "differs": 3}
    assert Counter(rows["verdict"])["our own"] == len(rows) - len(printed) == 14
    assert printed[printed["verdict"] == "differs"]["row"].unique().tolist() == [
        "Probabilistic classify-and-count"
    ]


def test_counts_by_the_standard_library(
    summaries: list[dict[str, str]], rows: pd.DataFrame
) -> None:
    counts = Counter((each["copied"], each["y_cc"]) for each in summaries)
    assert rows.loc["workers", "reproduced"] == len(summaries) == 161
    for pasted in ("0.0", "1.0"):
        for kind in ("real", "synthetic"):
            assert rows.loc[f"pasting/{pasted}/{kind}", "reproduced"] == counts[pasted, kind]
    assert counts["", "real"] + counts["", "synthetic"] == 3


def test_the_draws_are_those_of_the_authors(
    summaries: list[dict[str, str]], rows: pd.DataFrame
) -> None:
    """Their loop, `DataFrame.sample` after `numpy.random.seed`, for the first hundred resamples and for all."""
    frame = pd.DataFrame({"probability": [float(each["cal_prob"]) for each in summaries]})
    np.random.seed(78_923_476)  # noqa: NPY002
    theirs = [frame.sample(frac=1, replace=True)["probability"].mean() for _ in range(100)]
    drawn = np.random.RandomState(78_923_476).randint(0, 161, size=(10_000, 161))
    ours = frame["probability"].to_numpy()[drawn].mean(axis=1)
    assert ours[:100] == pytest.approx(theirs, rel=1e-12)
    assert rows.loc["notebook/PCC/estimate", "reproduced"] == pytest.approx(
        100 * ours.mean(), rel=1e-12
    )
    assert rows.loc["notebook/PCC/low", "reproduced"] == pytest.approx(
        100 * np.quantile(ours, 0.025), rel=1e-12
    )


def test_the_bootstrap_of_a_share_is_binomial_but_for_its_draws(rows: pd.DataFrame) -> None:
    """56 of 161: the number of synthetic summaries in a resample is binomial, its percentiles on a grid of 1/161."""
    low, high = (100 * stats.binom.ppf(p, 161, 56 / 161) / 161 for p in (0.025, 0.975))
    assert rows.loc["notebook/CC/low", "reproduced"] == pytest.approx(low, abs=100 / 161 + 1e-9)
    assert rows.loc["notebook/CC/high", "reproduced"] == pytest.approx(high, abs=100 / 161 + 1e-9)
    error = 100 * sqrt(56 / 161 * 105 / 161 / 161 / 10_000)
    assert rows.loc["notebook/CC/estimate", "reproduced"] == pytest.approx(
        100 * 56 / 161, abs=3 * error
    )


def test_our_intervals_by_hand(summaries: list[dict[str, str]], rows: pd.DataFrame) -> None:
    t = stats.t.ppf(0.975, 160)
    share = 56 / 161
    error = sqrt(share * (1 - share) / 160) / (share * (1 - share))
    ends = [1 / (1 + exp(-(log(share / (1 - share)) + sign * t * error))) for sign in (-1, 1)]
    for row, factor in (("CC", 100), ("Adj", 100 / (1 - 1 / 60))):
        assert rows.loc[f"design/{row}/estimate", "reproduced"] == pytest.approx(
            factor * share, rel=1e-12
        )
        for end, value in zip(("low", "high"), ends, strict=True):
            assert rows.loc[f"design/{row}/{end}", "reproduced"] == pytest.approx(
                factor * value, rel=1e-9
            )
    probabilities = np.array([float(each["cal_prob"]) for each in summaries])
    half = 100 * t * probabilities.std(ddof=1) / sqrt(161)
    assert rows.loc["design/PCC/high", "reproduced"] == pytest.approx(
        100 * probabilities.mean() + half, rel=1e-9
    )


def test_two_shares_are_a_table(rerun: Run) -> None:
    """8 of 72 and 47 of 86 summaries, each with its interval: two numbers need no figure."""
    sheet = rerun.tables["pasting"]("fr").sheet
    assert sheet.title == "Qui colle du texte a plus souvent un résumé classé synthétique"
    cells = [[cell.text for cell in row] for row in sheet.rows]
    assert [[row[0], row[1], row[3]] for row in cells] == [
        ["Aucun texte collé", "11,1\xa0%", "72"],
        ["Texte collé", "54,7\xa0%", "86"],
    ]
    assert set(rerun.figures) == {"prevalence"}


def test_what_the_test_set_leaves_open(rows: pd.DataFrame) -> None:
    """Clopper and Pearson: 0 of 40 leaves 1 - 0.025^(1/40); 1 of 60 by the beta distribution."""
    false_positives = 1 - 0.025 ** (1 / 40)
    false_negatives = stats.beta.ppf([0.025, 0.975], [1, 2], [60, 59])
    assert rows.loc["false_positives_at_most", "reproduced"] == pytest.approx(
        100 * false_positives, rel=1e-9
    )
    assert rows.loc["false_negatives_at_most", "reproduced"] == pytest.approx(
        100 * false_negatives[1], rel=1e-9
    )
    share = 56 / 161
    least = (share - false_positives) / (1 - false_positives - false_negatives[0])
    assert rows.loc["corrected_at_least", "reproduced"] == pytest.approx(100 * least, rel=1e-9)
    most = share / (1 - false_negatives[1])
    assert rows.loc["corrected_at_most", "reproduced"] == pytest.approx(100 * most, rel=1e-9)


def test_other_classes_and_other_probabilities(disturbed: Callable[..., pd.DataFrame]) -> None:
    """Each estimator moves with what it reads and stays with what it does not."""
    found = disturbed(lambda frame: frame.assign(cal_prob=frame["cal_prob"] ** 2), "study-1")
    assert set(found.loc["notebook/PCC/estimate":"notebook/PCC/high", "verdict"]) == {"differs"}
    assert set(found.loc["notebook/CC/estimate":"notebook/CC/high", "verdict"]) == {"as published"}
    found = disturbed(
        lambda frame: frame.assign(y_cc=frame["y_cc"].mask(frame.index % 5 == 0, "real")),
        "test-set",
    )
    assert found.loc["notebook/CC/estimate", "verdict"] == "as published"
    assert found.loc["notebook/Adj/estimate", "verdict"] == "differs"
