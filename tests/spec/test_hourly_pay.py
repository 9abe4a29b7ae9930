"""Pay by the hour as a ratio of totals and as a distribution over people, worked by hand in every engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, DiplabError, OptionError

WORK = """
psu w g earned hours search rejected
1   1 a     10     1      1        0
2   2 a     10     9      0        1
3   1 b     30     5      5        .
4   1 b      0     5      0        0
5   1 b      8     0      4        0
"""
NAMES = ["hourly_pay_of_hours", "hourly_pay_of_people_mean", "hourly_pay_of_people_median"]


def sample_of(engine: Any) -> Any:
    return dl.declare_design(engine.draw(WORK), weights="w", psu="psu")


def rows(sample: Any, *statistics: Any, **options: Any) -> pd.DataFrame:
    return dl.estimate(sample, *statistics, **options).frame


def test_an_hour_and_a_person_are_two_numbers(engine: Any) -> None:
    """Totals: 10 + 20 + 30 + 0 + 8 = 68 over 1 + 18 + 5 + 5 + 0 = 29 hours.

    Own pay: 10, 10/9 (weight 2), 6, 0; the one without hours has none. Mean (10 + 20/9 + 6 + 0) / 5. In order 0, 10/9,
    10/9, 6, 10: the half is reached by 10/9; a tenth by 0, nine tenths by 10.
    """
    found = rows(sample_of(engine), dl.work.hourly_pay("earned", "hours", quantiles=(0.1, 0.9)))
    assert found["statistic"].tolist() == [*NAMES, *["hourly_pay_of_people_quantile"] * 2]
    assert found["variable"].tolist() == ["earned / hours"] * 5
    assert found["category"].tolist() == ["", "", "", 0.1, 0.9]
    assert found["estimate"].tolist() == pytest.approx([68 / 29, (16 + 20 / 9) / 5, 10 / 9, 0, 10], rel=1e-12)
    assert found["n"].tolist() == [5, 4, 4, 4, 4]
    found = dl.estimate(sample_of(engine), dl.work.hourly_pay("earned", "hours"))
    (said,) = found.provenance.assumptions
    assert said.en == (
        "People with no hours: 1. The ratio of totals keeps what they earned; with no hourly pay of their own, they "
        "are not in the distribution."
    )
    assert found.provenance.missing == {"earned / hours": 1}
    none = dl.estimate(sample_of(engine).where("hours > 0"), dl.work.hourly_pay("earned", "hours"))
    assert none.provenance.assumptions == ()


def test_paid_and_unpaid_time(engine: Any) -> None:
    """All hours of those who told all: 2, 20, 5, 4: total 31, of which paid 24, searching 1 + 4, rejected 2.

    Earned 10 + 20 + 0 + 8 = 38. Own: 5, 1 (weight 2), 0, 2: mean 9/5.
    """
    found = rows(sample_of(engine), dl.work.hourly_pay("earned", "hours", ["search", "rejected"], quantiles=()))
    everything = found[found["variable"] == "earned / (hours + search + rejected)"]
    assert everything["statistic"].tolist() == NAMES
    assert everything["estimate"].tolist() == pytest.approx([38 / 31, 9 / 5, 1], rel=1e-12)
    shares = found[found["statistic"] == "share_of_hours"]
    assert shares["variable"].tolist() == ["hours", "search", "rejected"]
    assert shares["estimate"].tolist() == pytest.approx([24 / 31, 5 / 31, 2 / 31], rel=1e-12)
    one = rows(sample_of(engine), dl.work.hourly_pay("earned", "hours", "search", quantiles=()))
    assert one["variable"].tolist()[3] == "earned / (hours + search)"


def test_std_errors_are_those_of_the_plain_statistics(engine: Any) -> None:
    """z = w (e - R t) / 29 by unit, five units: variance 5/4 sum z^2 (their sum is 0)."""
    found = rows(sample_of(engine), dl.work.hourly_pay("earned", "hours", quantiles=()))
    r = 68 / 29
    z = np.array([10 - r, 2 * (10 - 9 * r), 30 - 5 * r, -5 * r, 8]) / 29
    assert z.sum() == pytest.approx(0, abs=1e-14)
    assert found["std_error"].iloc[0] == pytest.approx(np.sqrt(5 / 4 * np.sum(z**2)), rel=1e-12)
    # the same numbers, errors and intervals as `ratio`, `mean` and `quantile` on a column of own pay
    sample = sample_of(engine)
    found = rows(sample, dl.work.hourly_pay("earned", "hours", quantiles=(0.25,)), by="g")
    own = "earned / (hours * (hours > 0))"
    plain = rows(sample, dl.ratio("earned", "hours"), dl.mean(own), dl.median(own), dl.quantile(own, 0.25), by="g")
    for column in ("estimate", "std_error", "ci_low", "ci_high", "n", "df"):
        assert found[column].tolist() == pytest.approx(plain[column].tolist(), rel=1e-12, nan_ok=True)


def test_small_cases_of_hours(engine: Any) -> None:
    """W6: 0.50 EUR for half an hour is 1.00 EUR an hour. W4: 21 / 2.917 h = 7.20 EUR."""
    found = rows(dl.declare_design(engine.draw("e h\n0.5 0.5\n0.5 0.5")), dl.work.hourly_pay("e", "h"))
    assert found["estimate"].tolist() == pytest.approx([1.0] * 7, rel=1e-14)
    month = rows(dl.declare_design(engine.draw("e h\n21 2.917\n21 2.917")), dl.work.hourly_pay("e", "h"))
    assert round(month["estimate"].iloc[0], 2) == 7.20
    # earnings over no hours are not defined; nobody has an own pay
    sample = dl.declare_design(engine.draw("e h\n1 0\n2 0"))
    with pytest.raises(DiplabError, match="Nobody there has an answer"):
        dl.estimate(sample, dl.work.hourly_pay("e", "h"))
    found = rows(dl.declare_design(engine.draw("e h\n10 2\n6 1\n9 -1")), dl.work.hourly_pay("e", "h", quantiles=()))
    assert found["estimate"].tolist()[1:] == pytest.approx([5.5, 5.0])
    assert found["n"].tolist() == [3, 2, 2]


def test_missing_rules_and_replicates(engine: Any) -> None:
    sample = sample_of(engine)
    asked = dl.work.hourly_pay("earned", "hours", "rejected")
    level = rows(sample, asked, na="keep")
    assert level["estimate"].tolist() == rows(sample, asked)["estimate"].tolist()
    with pytest.raises(DiplabError):
        dl.estimate(sample, asked, na="fail")
    made = dl.make_replicates(sample.collect(), "jk1")
    again = rows(made, asked)
    assert again["estimate"].tolist() == pytest.approx(level["estimate"].tolist(), rel=1e-12)
    y, x, w = np.array([10.0, 10, 30, 0, 8]), np.array([1.0, 9, 5, 5, 0]), np.array([1.0, 2, 1, 1, 1])
    without = [np.sum(np.delete(w * y, out)) / np.sum(np.delete(w * x, out)) for out in range(5)]
    spread = 4 / 5 * np.sum((np.array(without) - np.mean(without)) ** 2)
    assert again["std_error"].iloc[0] == pytest.approx(np.sqrt(spread), rel=1e-12)


def test_influence_of_each_row() -> None:
    """The linearised variable is the derivative of the point by the weight of a row."""
    table = pd.DataFrame({"e": [3.0, 1, 4, 1, 5], "h": [1.0, 2, 3, 4, 5], "w": [1.0, 2, 1, 3, 1]})
    point = rows(dl.declare_design(table, weights="w"), dl.work.hourly_pay("e", "h", quantiles=()))
    for row in range(5):
        moved = table.assign(w=table["w"] + 1e-6 * (np.arange(5) == row))
        other = rows(dl.declare_design(moved, weights="w"), dl.work.hourly_pay("e", "h", quantiles=()))
        change = (other["estimate"] - point["estimate"]).to_numpy()[:2] / 1e-6
        e, h, w = (table[each].to_numpy() for each in ("e", "h", "w"))
        r, m = (w * e).sum() / (w * h).sum(), (w * e / h).sum() / w.sum()
        by_hand = [(e[row] - r * h[row]) / (w * h).sum(), (e[row] / h[row] - m) / w.sum()]
        assert change == pytest.approx(by_hand, abs=1e-6)


def test_words_in_a_table() -> None:
    people = pd.DataFrame({"e": [10.0, 10.0, 20.0], "h": [1.0, 9.0, 4.0], "u": [1.0, 1.0, 0.0]})
    found = dl.estimate(dl.declare_design(people), dl.work.hourly_pay("e", "h", "u", quantiles=(0.1,)))
    sheet = dl.table(found, language="fr").sheet
    assert [row[0].text for row in sheet.rows[:4]] == [
        "Gain horaire (rapport des totaux)",
        "Rémunération horaire par personne (moyenne)",
        "Rémunération horaire par personne (médiane)",
        "Rémunération horaire par personne (quantile 0,1)",
    ]
    assert sheet.rows[-1][0].text == "Part des heures"
    assert sheet.rows[-1][2].text.endswith("%")


def test_refusals(refused) -> None:
    refused(lambda: dl.work.hourly_pay("e", "h", quantiles=(1.5,)), OptionError)
    refused(lambda: dl.work.hourly_pay(pd.DataFrame({"e": [1.0]}), "e"), OptionError)  # type: ignore[arg-type]
    with pytest.raises(ColumnError):
        dl.estimate(dl.declare_design(pd.DataFrame({"e": [1.0, 2.0], "h": ["x", "y"]})), dl.work.hourly_pay("e", "h"))
    with pytest.raises(DiplabError):
        dl.estimate(
            dl.declare_design(pd.DataFrame({"e": [1.0, 2.0], "h": [1.0, 2.0]})), dl.work.hourly_pay("e", "hour")
        )
