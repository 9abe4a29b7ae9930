"""Many people for a few hours counted in full-time jobs: numbers, results with errors, ranges, bands, and a sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.errors import MisleadingError, OptionError
from diplab.types import Estimates, Provenance

if TYPE_CHECKING:
    from pathlib import Path


DRAWN = "psu w hours\n1 2 10\n2 3 35\n3 5 4\n4 1 ."


def row(found: Estimates) -> dict[str, Any]:
    return found.frame.iloc[0].to_dict()  # type: ignore[return-value]


def test_published_and_rounded_numbers() -> None:
    """260,000 people and about 5,000 full-time equivalents (AFP on the DiPLab report) suppose 0.673 hours a week."""
    hours = 5000 * 35 / 260_000
    assert hours == pytest.approx(0.673, abs=5e-4)
    assert hours * 60 == pytest.approx(40.4, abs=0.05)
    found = dl.work.full_time_equivalents(260_000, hours)
    own = row(found)
    assert own["estimate"] == pytest.approx(5000)
    assert np.isnan([own["std_error"], own["ci_low"]]).all()
    assert (found.provenance.status, found.provenance.rules) == ("derived", {"full_week": "35"})
    assert dl.work.full_time_equivalents(0, 5).frame["estimate"].item() == 0
    assert dl.work.full_time_equivalents(5, 0).frame["estimate"].item() == 0
    found = dl.work.full_time_equivalents(np.int64(260_000), np.float64(0.673))
    assert found.frame["estimate"].item() == pytest.approx(4999.43, abs=0.01)
    french = dl.table(dl.work.full_time_equivalents((255_000, 265_000), (0.6, 0.75)), "fr").sheet
    assert [cell.text for cell in french.rows[0]] == [
        "n.d.",
        "[4\u202f371\u202f;\u00a05\u202f679]",
        "bornes seules",
    ]
    # About 260,000 people (255,000 to 265,000) for about 0.65 hours (0.6 to 0.7) over 35.
    found = dl.work.full_time_equivalents((255_000, 265_000), (0.6, 0.7))
    own = row(found)
    assert math.isnan(own["estimate"])
    assert math.isnan(own["std_error"])
    assert [own["ci_low"], own["ci_high"]] == pytest.approx(
        [255_000 * 0.6 / 35, 265_000 * 0.7 / 35]
    )
    assert own["flag"] == "bounds"
    assert "taken at both ends" in " ".join(each.en for each in found.provenance.assumptions)
    # The 40 minutes a week (W4) that make 4,500 to 5,500 jobs of 260,000 people: 36.3 to 44.4
    # minutes.
    ends = [jobs * 35 / 260_000 for jobs in (4_500, 5_500)]
    found = row(dl.work.full_time_equivalents(260_000, (ends[0], ends[1])))
    assert [found["ci_low"], found["ci_high"]] == pytest.approx([4_500, 5_500])
    assert [round(60 * end, 1) for end in ends] == [36.3, 44.4]
    sample = dl.declare_design(pd.DataFrame({"h": [0.5, 0.7, 0.6, 0.9] * 50}))
    hours = dl.estimate(sample, dl.mean("h"))
    found, own = row(dl.work.full_time_equivalents((255_000, 265_000), hours)), row(hours)
    assert found["ci_low"] == pytest.approx(255_000 * own["ci_low"] / 35)
    assert found["ci_high"] == pytest.approx(265_000 * own["ci_high"] / 35)
    one = row(dl.work.full_time_equivalents((260_000, 260_000), hours))
    assert one["estimate"] == pytest.approx(260_000 * own["estimate"] / 35)


def test_of_a_sample(engine: Any) -> None:
    """By hand: (20 + 105 + 20) / 35 = 4.142857; totals by unit 20, 105, 20 and 0, n/(n-1) sum (z - mean)^2."""
    sample = dl.declare_design(engine.draw(DRAWN), weights="w", psu="psu")
    row = dl.estimate(sample, dl.work.full_time_jobs("hours")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(145 / 35)
    # whoever gave no hours is not among the respondents, and their unit has a total of zero
    totals = np.array([20, 105, 20, 0]) / 35
    assert row["std_error"] == pytest.approx(np.sqrt(4 * totals.var(ddof=1)))
    half = dl.estimate(sample, dl.work.full_time_jobs("hours", week=17.5)).frame["estimate"].item()
    assert half == pytest.approx(290 / 35)
    sample = dl.declare_design(engine.draw("w h\n1 10\n1 200\n1 -2\n1 ."), weights="w")
    found = dl.estimate(sample, dl.work.full_time_jobs("h"))
    assert found.frame["estimate"].item() == pytest.approx(208 / 35)
    said = [each.en for each in found.provenance.assumptions]
    assert said == ["Hours below 0 or above the 168 of a week: 2, kept."]


def of(people: float, error: float, hours: Estimates) -> Estimates:
    """A headcount with an error, in the shape of a result of its own."""
    frame = hours.frame.assign(
        statistic="headcount", estimate=people, std_error=error, ci_low=people - 1.96 * error,
        ci_high=people + 1.96 * error, df=np.inf,
    )  # fmt: skip
    return Estimates(
        frame, np.array([[error**2]]), Provenance(rules={"confidence": "0.95"}, status="inferred")
    )


@pytest.fixture
def hours() -> Estimates:
    draw = np.random.default_rng(3)
    return dl.estimate(
        dl.declare_design(pd.DataFrame({"h": draw.gamma(1.0, 2.0, 900)})), dl.mean("h")
    )


def test_errors_of_one_number_or_both_are_carried(hours: Estimates) -> None:
    """Delta method by hand, and a simulation of the product of two normal laws within 2 %."""
    mean, error = hours.frame["estimate"].item(), hours.frame["std_error"].item()
    found = dl.work.full_time_equivalents(of(50_000, 2_500, hours), hours)
    row = found.frame.iloc[0]
    assert row["estimate"] == pytest.approx(50_000 * mean / 35)
    assert row["std_error"] == pytest.approx(row["estimate"] * np.hypot(0.05, error / mean))
    draw = np.random.default_rng(1)
    drawn = draw.normal(50_000, 2_500, 200_000) * draw.normal(mean, error, 200_000) / 35
    assert row["std_error"] == pytest.approx(drawn.std(), rel=0.02)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        np.quantile(drawn, [0.025, 0.975]).tolist(), rel=0.02
    )
    assert found.provenance.status == "inferred"
    assert [text.en for text in found.provenance.assumptions] == [
        "The hours are those, on average, of the people whom the headcount counts.",
        "The number of people and their hours come from independent sources.",
    ]
    row = dl.work.full_time_equivalents(3500, hours).frame.iloc[0]
    own = hours.frame.iloc[0]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        [100 * own["ci_low"], 100 * own["ci_high"]]
    )
    assert row["std_error"] == pytest.approx(100 * own["std_error"])
    assert row["df"] == own["df"]
    size = population.two_sample(2775, 2831, 584)
    row = dl.work.full_time_equivalents(size, 7).frame.iloc[0]
    own = size.frame.iloc[0]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([own["ci_low"] / 5, own["ci_high"] / 5])
    wide = dl.work.change_base(0.5, 0.4).rows([2])
    row = dl.work.full_time_equivalents(wide, 35).frame.iloc[0]
    assert np.isnan(row["estimate"])
    assert [row["ci_low"], row["ci_high"], row["flag"]] == [
        pytest.approx(0.2),
        pytest.approx(0.8),
        "bounds",
    ]


BAD: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((-5, 1), {}), ((math.nan, 1), {}), ((math.inf, 1), {}), (("260000", 1), {}), ((1000, [1, 2]), {}),
    ((1000, 300), {}), ((1000, 2), {"week": 0}), ((1000, 2), {"week": True}), ((1000,), {}),
    (((5, 1), 2), {}), (((1, 5), (2, 200)), {}), (((1, 2, 3), 1), {}), (((1, None), 1), {}), (((-1, 2), 1), {}),
    (((1, math.inf), 1), {}),
]  # fmt: skip


def test_refusals(refused: Any, hours: Estimates) -> None:
    sample = dl.declare_design(pd.DataFrame({"h": [1.0, 5.0, 9.0]}))
    found = dl.estimate(sample, dl.count(), dl.mean("h"))
    refused(
        lambda: dl.work.full_time_equivalents(found.rows([0]), found.rows([1])), MisleadingError
    )
    two = dl.work.change_base(0.5, 0.4)
    refused(lambda: dl.work.full_time_equivalents(two, 1), OptionError)
    refused(lambda: dl.work.full_time_equivalents(100, hours, confidence=0.9), OptionError)
    for given, options in BAD:
        refused(lambda g=given, o=options: dl.work.full_time_equivalents(*g, **o), OptionError)
    values: Any = ("260000", [1, 2], True, float("nan"), pd.Series([1.0]))
    for bad in values:
        with pytest.raises(OptionError):
            dl.work.full_time_equivalents(10, bad)
    with pytest.raises(OptionError):
        dl.work.full_time_equivalents(None, 1)  # type: ignore[arg-type]


BANDS = {
    "Less than 1 hour per week": (0, 1), "1-2 hours per week": (1, 2), "2-4 hours per week": (2, 4),
    "4-8 hours per week": (4, 8), "8-20 hours per week": (8, 20), "20-40 hours per week": (20, 40),
}  # fmt: skip


def test_hours_in_bands_with_a_top_code(shared: Path, refused: Any) -> None:
    """Workers of 2022: from the lower ends of all bands to the upper ones, 168 hours for those above 40."""
    told = pd.read_csv(shared / "data" / "gig_marginals" / "mturk_hours_by_year.csv").query(
        "y == 2022"
    )
    told = told.dropna()
    sample = dl.declare_design(told, weights="n")
    top = "More than 40 hours per week"
    mean = dl.estimate(sample, dl.mean(dl.banded("v", bands={**BANDS, top: (40, 168)}, beside=())))
    both = mean.rows([0, 1])
    found = row(dl.work.full_time_equivalents(100_000, both))
    ends = both.frame["ci_low"].iloc[0], both.frame["ci_high"].iloc[1]
    assert [found["ci_low"], found["ci_high"]] == pytest.approx(
        [100_000 * end / 35 for end in ends]
    )
    by_hand = np.average(
        told["v"].map(lambda each: {**BANDS, top: (40, 168)}[each][0]), weights=told["n"]
    )
    assert both.frame["estimate"].iloc[0] == pytest.approx(by_hand)
    refused(lambda: dl.work.full_time_equivalents(100_000, mean.rows([0])), MisleadingError)
    endless = dl.estimate(
        sample, dl.mean(dl.banded("v", bands={**BANDS, top: (40, math.inf)}, beside=()))
    )
    refused(lambda: dl.work.full_time_equivalents(100_000, endless.rows([0, 1])), OptionError)
