"""One statistic asked under several options: its rows say under which, in the result, in tables and in figures."""

from __future__ import annotations

import pandas as pd
import pytest

import diplab as dl


@pytest.fixture
def sample() -> dl.Sample:
    people = pd.DataFrame(
        {
            "income": [200.0, 600.0, 800.0, 900.0, 1200.0, 1500.0, 1800.0, 4000.0],
            "line": [500.0, 700.0] * 4,
            "sex": [1, 2] * 4,
        }
    )
    return dl.declare_design(people)


def asked(found: dl.Estimates) -> list[str]:
    return list(found.frame["asked"])


def test_lines_of_poverty_tell_their_rates_apart(sample: dl.Sample) -> None:
    line = dl.parameter("poverty_threshold_60", 2016)
    rates = [
        dl.arpr("income", threshold=line),
        dl.arpr("income", threshold="line"),
        dl.arpr("income"),
        dl.arpr("income", fraction=0.5),
    ]
    found = dl.estimate(sample, *rates)
    assert asked(found) == ["threshold=1026 (2016)", "threshold=line", "fraction=0.6", "fraction=0.5"]
    shown = [[row[0].text for row in dl.table(found, each).sheet.rows] for each in ("fr", "en")]  # type: ignore[arg-type]
    assert shown == [
        [
            "Taux de pauvreté, seuil\u00a0: 1\u202f026 (2016)",
            "Taux de pauvreté, seuil\u00a0: line",
            "Taux de pauvreté, fraction de la médiane\u00a0: 0,6",
            "Taux de pauvreté, fraction de la médiane\u00a0: 0,5",
        ],
        [
            "At-risk-of-poverty rate, threshold: 1,026 (2016)",
            "At-risk-of-poverty rate, threshold: line",
            "At-risk-of-poverty rate, fraction of the median: 0.6",
            "At-risk-of-poverty rate, fraction of the median: 0.5",
        ],
    ]
    assert "seuil\u00a0: 1\u202f026 (2016)" in dl.chart(found, language="fr").caption.description


def test_by_domain_each_row_says_it(sample: dl.Sample) -> None:
    found = dl.estimate(sample, dl.gini("income"), dl.gini("income", convention="convey"), by="sex")
    assert asked(found) == ["convention=eurostat"] * 2 + ["convention=convey"] * 2
    assert list(found.frame.columns[:5]) == ["statistic", "variable", "category", "sex", "asked"]


def test_nothing_is_said_where_rows_differ_already(sample: dl.Sample) -> None:
    found = dl.estimate(
        sample, dl.arpr("income"), dl.gini("income"), dl.fgt("income", 1), dl.fgt("income", 2)
    )
    assert "asked" not in found.frame


def test_a_line_estimated_on_all_and_one_on_each_domain(sample: dl.Sample) -> None:
    found = dl.estimate(sample, dl.arpr("income"), dl.arpr("income", threshold_on="domain"), by="sex")
    assert asked(found)[::2] == ["threshold_on=universe", "threshold_on=domain"]
