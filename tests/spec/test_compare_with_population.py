"""Shares of respondents beside one of the population: only of the same people, and every reason named otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import BaseMissingError, MisleadingError, OptionError
from diplab.kernel.intervals import NumberWithInterval, difference, quotient
from diplab.reference.parameter import parameter
from diplab.types import Coverage, PopulationFigure

POOR = parameter("poverty_rate_50", 2016)
OURS = Coverage(2018, excluded="students", fraction=0.5)
INSEE = dl.Text.same("INSEE")


def figure(value: float, coverage: Coverage | None = None, **more: Any) -> PopulationFigure:
    return PopulationFigure(value, coverage or Coverage(2018), source=INSEE, **more)


def test_numbers_without_an_error_and_bounds() -> None:
    """22 / 8 = 2.75, where both lines are at half the median and students are out of both."""
    found = dl.compare_with_population(0.22, POOR, OURS)
    row = found.frame.iloc[0]
    assert [row["ratio"], row["difference"]] == pytest.approx([2.75, 0.14])
    assert row["verdict"] == "above, without error"
    assert np.isnan([row["std_error"], row["ratio_low"], row["p_value"]]).all()
    assert (found.provenance.status, found.provenance.rules["years_apart"]) == ("derived", "2")
    wide = dl.work.change_base(0.71, 0.40, never=0.279).rows([2])
    for value, verdict in ((0.2, "above"), (0.7, "below"), (0.5, "not told apart")):
        found = dl.compare_with_population(wide, figure(value), Coverage(2018)).frame.iloc[0]
        assert found["verdict"] == verdict
        assert np.isnan([found["difference"], found["ratio"]]).all()
    row = dl.compare_with_population(0.1, figure(0.0), Coverage(2018)).frame.iloc[0]
    assert np.isnan(row["ratio"])
    assert row["difference"] == 0.1


REASONS = [
    (Coverage(2018, ages=(25, 64)), "respondents are aged 25 to 64, the population aged 15 to 64"),
    (Coverage(2018), "respondents are of no stated age, the population aged 15 to 64"),
    (Coverage(2018, "employed", (15, 64)),
        "the estimate is a share of the employed, the population figure one of all persons"),
    (Coverage(2018, ages=(15, 64), excluded="students"), "the estimate leaves out students, the population does not"),
    (Coverage(2023, ages=(15, 64)), "the estimate is of 2023 and the population of 2018, more than 3 years apart"),
    (Coverage(2018, ages=(15, 64), definition="no job"), "the definition of the estimate is “no job”"),
]  # fmt: skip


def test_every_difference_is_a_reason() -> None:
    inactive = parameter("inactive_share_15_64", 2018)
    for ours, reason in REASONS:
        with pytest.raises(MisleadingError) as caught:
            dl.compare_with_population(0.279, inactive, ours)
        assert reason in caught.value.asked
        assert ";" not in caught.value.asked
    with pytest.raises(MisleadingError) as caught:
        dl.compare_with_population(
            0.279, inactive, Coverage(2010, "employees", (18, 65), "students")
        )
    assert caught.value.asked.count(";") == caught.value.write.count(";") == 3


def test_years_diplomas_and_ages_that_decide(refused: Any) -> None:
    ours = Coverage(2018, ages=(25, 64), definition="above bac+2")
    diploma = parameter("diploma_over_two_years_share", 2023)
    refused(lambda: dl.compare_with_population(0.435, diploma, ours), MisleadingError)
    found = dl.compare_with_population(0.435, diploma, ours, years=5)
    assert found.frame["difference"].item() == pytest.approx(0.154)
    # 43.5 % is to be compared with 28.1 % or with 42.4 %, as bac+2 is in or out: sources disagree.
    refused(
        lambda: dl.compare_with_population(0.435, diploma, Coverage(2021, ages=(25, 64))),
        MisleadingError,
    )
    bac2 = Coverage(2023, ages=(25, 64), definition="bac+2 or above")
    both = dl.compare_with_population(
        0.435,
        figure(0.143 + 0.281, bac2),
        Coverage(2018, ages=(25, 64), definition="Bac+2 or above"),
        years=5,
    )
    assert both.frame["ratio"].item() == pytest.approx(43.5 / 42.4)
    # 63.4 % aged 25 to 44 against 39.2 % of those aged 15 to 64 (census 2018): 1.62, if respondents
    # are that old.
    share = parameter("population_25_44", 2018).value / parameter("population_15_64", 2018).value
    census = figure(share, Coverage(2018, ages=(15, 64)), status="derived")
    found = dl.compare_with_population(0.634, census, Coverage(2018, ages=(15, 64)))
    assert found.frame["ratio"].item() == pytest.approx(1.62, abs=0.005)
    refused(lambda: dl.compare_with_population(0.634, census, Coverage(2018)), MisleadingError)
    # 51 / 30 = 1.70: the popular categories are 30 % of the population by definition.
    words = "lowest 30% of living standards"
    found = dl.compare_with_population(
        0.51, figure(0.30, Coverage(2016, definition=words)), Coverage(2018, definition=words)
    )
    assert found.frame["ratio"].item() == pytest.approx(1.70)


def test_shares_of_a_sample() -> None:
    """40 of 200, se sqrt(0.2 * 0.8 / 199), against 0.281 known: se of the difference, se / 0.281 of the ratio."""
    people = pd.DataFrame({"inactive": [1] * 40 + [0] * 160})
    estimates = dl.estimate(dl.declare_design(people), dl.share("inactive == 1"))
    found = dl.compare_with_population(
        estimates, parameter("inactive_share_15_64", 2018), Coverage(2018, ages=(15, 64))
    )
    row, own = found.frame.iloc[0], estimates.frame.iloc[0]
    error = np.sqrt(0.2 * 0.8 / 199)
    assert [row["difference"], row["difference_std_error"]] == pytest.approx([-0.081, error])
    assert [row["ratio"], row["ratio_std_error"]] == pytest.approx([0.2 / 0.281, error / 0.281])
    assert [row["ratio_low"], row["ratio_high"]] == pytest.approx(
        [own["ci_low"] / 0.281, own["ci_high"] / 0.281]
    )
    assert [row["difference_low"], row["difference_high"]] == pytest.approx(
        [own["ci_low"] - 0.281, own["ci_high"] - 0.281]
    )
    assert row["verdict"] == "below"
    near = dl.compare_with_population(estimates, figure(0.22), Coverage(2018)).frame.iloc[0]
    assert near["verdict"] == "not told apart"
    assert near["p_value"] > 0.05
    found = dl.compare_with_population(estimates, figure(0.25, std_error=0.02), Coverage(2018))
    row = found.frame.iloc[0]
    assert row["difference_std_error"] == pytest.approx(np.hypot(error, 0.02))
    assert row["ratio_std_error"] == pytest.approx(0.8 * np.hypot(error / 0.2, 0.02 / 0.25))
    assert found.provenance.rules["reference"] == "estimated"
    people = pd.DataFrame({"x": ["a", "b", "a", "a"] * 30, "sex": ["f", "m", "f", "m"] * 30})
    estimates = dl.estimate(dl.declare_design(people), dl.share("x == 'a'"), by="sex")
    found = dl.compare_with_population(estimates, figure(0.6), Coverage(2018))
    assert found.frame["sex"].tolist() == ["f", "m"]
    assert found.frame["ratio"].tolist() == pytest.approx([1 / 0.6, 0.5 / 0.6])
    assert "above" in repr(found)


def test_intervals_hold_as_often_as_they_say() -> None:
    """Difference and ratio of two independent shares, 4,000 draws: 95 % within two points (Zou and Donner 2008)."""
    draw, n, p, q, t = np.random.default_rng(11), 250, 0.15, 0.3, 1.959964
    held = np.zeros(2)
    for a, b in zip(draw.binomial(n, p, 4000) / n, draw.binomial(n, q, 4000) / n, strict=True):
        both = []
        for each in (a, b):
            logit, error = np.log(each / (1 - each)), 1 / np.sqrt(n * each * (1 - each))
            both.append(
                NumberWithInterval(
                    each, *(1 / (1 + np.exp(-(logit + side * t * error))) for side in (-1, 1))
                )
            )
        low, high = difference(*both)
        under, over = quotient(*both)
        held += [low <= p - q <= high, under <= p / q <= over]
    assert (held / 4000).tolist() == pytest.approx([0.95, 0.95], abs=0.02)


def test_other_bad_input(refused: Any) -> None:
    for given in (22, -0.1, float("nan"), "0.22"):
        refused(lambda given=given: dl.compare_with_population(given, POOR, OURS), OptionError)
    sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 2.0, 3.0]}))
    refused(
        lambda: dl.compare_with_population(dl.estimate(sample, dl.mean("pay")), POOR, OURS),
        OptionError,
    )
    refused(lambda: dl.compare_with_population(0.22, 0.08, OURS), OptionError)  # type: ignore[arg-type]
    refused(lambda: dl.compare_with_population(0.22, POOR, None), OptionError)  # type: ignore[arg-type]
    refused(lambda: dl.compare_with_population(0.22, POOR, OURS, years=-1), OptionError)
    refused(
        lambda: dl.compare_with_population(0.22, parameter("part_time_share_women", 2018), OURS),
        MisleadingError,
    )
    refused(lambda: PopulationFigure(0.08, Coverage(2016)), BaseMissingError)
    refused(lambda: PopulationFigure(8, Coverage(2016), source=INSEE), OptionError)
    for part in ({"ages": (64, 15)}, {"ages": (15,)}, {"fraction": 60}, {"of": "students"}):
        refused(lambda part=part: Coverage(2018, **part), OptionError)
    refused(lambda: Coverage(18), OptionError)
    # 72.1 % of women in one class of one survey, 56.1 % of another: no ratio.
    other = dl.work.change_base(0.721, 1.0).rows([0])
    refused(lambda: dl.compare_with_population(0.561, other, Coverage(2018)), MisleadingError)  # type: ignore[arg-type]
    refused(lambda: dl.compare_with_population(0.22, POOR, Coverage(2018)), MisleadingError)


def test_known_series_say_their_coverage() -> None:
    full = PopulationFigure.from_parameter(parameter("full_time_share", 2018))
    assert (full.value, full.coverage) == (0.815, Coverage(2018, "employed"))
    assert (
        PopulationFigure.from_parameter(parameter("open_ended_share", 2019)).coverage.of
        == "employed"
    )
    own = Coverage(2018, "employed", excluded="men")
    women = PopulationFigure.from_parameter(parameter("part_time_share_women", 2018), own)
    assert (women.value, women.coverage.excluded) == (0.292, ("men",))
    said = Coverage(
        2016, "employed", (15, 64), ("students", "apprentices"), 0.5, "bac+2"
    ).in_words()
    assert said.en == (
        "the employed aged 15 to 64, without apprentices, without students, line at 50% of the "
        "median, bac+2, 2016"
    )
    assert said.fr == (
        "personnes en emploi de 15 à 64 ans, sans les apprentis, sans les étudiants, seuil à 50 % "
        "de la médiane, "
        "bac+2, 2016"
    )
