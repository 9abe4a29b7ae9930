"""t and rank tests on drawn tables: answers worked by hand, every engine, every refusal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.intervals import t_p_value
from diplab.kernel.quantiles import mid_ranks
from diplab.types import Test

PEOPLE = """
    town sex hours pay weight
    1    f   10    1   2
    1    m   30    3   1
    2    f   20    2   1
    2    m   50    5   3
    3    f   25    3   2
    3    m   .     4   1
    4    m   40    4   2
    """


def test_t_tests_and_their_degrees_of_freedom(table):
    """z is -(y - 15) / 2 for f, (y - 40) / 2 for m; V = 4 / 3 (2 * 6.25 + 2 * 25) = 250 / 3, t = 25 / sqrt(V)."""
    sample = dl.declare_design(table("sex hours\nf 10\nf 20\nm 30\nm 50"))
    found = dl.t_test(sample, "hours", "sex")
    assert found.statistic == pytest.approx(25 / np.sqrt(250 / 3), rel=1e-12)
    assert found.estimates["std_error"] == pytest.approx(np.sqrt(250 / 3), rel=1e-12)
    assert (found.estimates["mean_first"], found.estimates["mean_second"]) == (15.0, 40.0)
    # two groups of two
    assert found.df == (pytest.approx(2.0),)
    assert dl.t_test(sample, "hours", "sex", df="design").df == (2.0,)
    sample = dl.declare_design(table(PEOPLE), weights="weight", psu="town")
    found = dl.t_test(sample, "hours", "sex")
    apart = dl.contrast(
        dl.estimate(sample, dl.mean("hours"), by="sex"), {"sex": ("m", "f")}
    ).frame.iloc[0]
    assert found.estimates["difference"] == pytest.approx(apart["estimate"], rel=1e-12)
    assert found.estimates["std_error"] == pytest.approx(apart["std_error"], rel=1e-12)
    sample = dl.declare_design(table(PEOPLE), weights="weight")
    plain, moved = dl.t_test(sample, "hours", "sex"), dl.t_test(sample, "hours", "sex", mu=10)
    error = plain.estimates["std_error"]
    assert moved.statistic == pytest.approx(plain.statistic - 10 / error, rel=1e-12)
    assert (
        moved.hypothesis
        == "difference of 10 in the mean of hours across sex (difference: m minus f)"
    )
    sample = dl.declare_design(table(PEOPLE), weights="weight", psu="town")
    rules = [
        dl.t_test(sample, "pay", mu=3, df=rule).df for rule in ("design", "domain", "infinity")
    ]
    assert rules == [(2.0,), (2.0,), (np.inf,)]
    assert (
        dl.t_test(sample, "pay", mu=3).df[0]
        == dl.estimate(sample, dl.mean("pay")).frame["df"].item()
        <= 3.0
    )
    people = pd.DataFrame(
        {"h": [1, 1, 1, 2, 2, 2], "y": [1.0, 2, 3, 4, 5, 7], "inside": [1, 1, 0, 1, 1, 0]}
    )
    inside = dl.declare_design(people, strata="h").where("inside == 1")
    assert dl.estimate(inside, dl.mean("y"), df="domain").frame["df"].tolist() == [2]
    assert dl.t_test(inside, "y", mu=3, df="domain").df == (1.0,)


def test_ranks_by_hand(table):
    """Ranks of 1 2 4 are 1/10, 3/10, 7/10, of 3 5 they are 5/10, 9/10; means 11/30 and 7/10, a third apart.

    z: -(r - 11/30) / 3 and (r - 7/10) / 2, squares summed: (64 + 4 + 100) / 900 / 9 + 2 (1/5)^2 /
    4; times 5 / 4.
    """
    sample = dl.declare_design(table("sex pay\nf 1\nf 2\nf 4\nm 3\nm 5"))
    found = dl.rank_test(sample, "pay", "sex")
    assert found.estimates["difference"] == pytest.approx(1 / 3, rel=1e-12)
    variance = 5 / 4 * ((64 + 4 + 100) / 900 / 9 + 2 * 0.04 / 4)
    assert found.estimates["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert found.statistic == pytest.approx(1 / 3 / np.sqrt(variance), rel=1e-12)
    assert found.hypothesis == "distribution of pay equal across sex (difference: m minus f)"
    sample = dl.declare_design(table("sex pay\nf 1\nf 2\nf 5\nm 3\nm 4\nm 6"))
    found = dl.rank_test(sample, "pay", "sex", score="median")
    assert found.estimates["difference"] == pytest.approx(1 / 3)
    assert (
        found.hypothesis
        == "share above the common median of pay equal across sex (difference: m minus f)"
    )
    # W = 8: below 2 stands nothing and at it 3, so 1.5 / 8; at 5 1, so (3 + 0.5) / 8; at 7 4, so (4
    # + 2) / 8.
    ranks = mid_ranks(np.array([7.0, 2.0, 5.0, 2.0, 7.0]), np.array([3.0, 1.0, 1.0, 2.0, 1.0]))
    assert ranks == pytest.approx([0.75, 0.1875, 0.4375, 0.1875, 0.75])


def test_every_engine_gives_the_same(engine, table):
    design = {"weights": "weight", "psu": "town"}
    here, there = (
        dl.declare_design(table(PEOPLE), **design),
        dl.declare_design(engine.draw(PEOPLE), **design),
    )
    for test in (
        lambda sample: dl.t_test(sample, "hours", "sex"),
        lambda sample: dl.t_test(sample.where("pay > 1"), "hours", paired_with="pay * 10"),
        lambda sample: dl.rank_test(sample, "hours", "sex"),
        lambda sample: dl.rank_test(
            sample.where("pay > 1"), "hours", "sex", score="van_der_waerden"
        ),
    ):
        expected, found = test(here), test(there)
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-10)
        assert (found.df, found.n, found.hypothesis) == (
            expected.df,
            expected.n,
            expected.hypothesis,
        )


def test_rules_and_missing_answers_are_written_down(table):
    sample = dl.declare_design(table(PEOPLE), weights="weight", psu="town")
    mean, ranks = dl.t_test(sample, "hours", "sex"), dl.rank_test(sample, "hours", "sex")
    assert (mean.provenance.rules["df"], ranks.provenance.rules["score"]) == (
        "effective",
        "wilcoxon",
    )
    assert (
        dl.t_test(sample, "hours", "sex", df="design").provenance.rules["df"] == "design, less one"
    )
    assert "confidence" not in ranks.provenance.rules
    for found in (mean, ranks):
        assert (dict(found.provenance.missing), found.n) == ({"hours": 1}, 6)


REFUSED = [
    (lambda s: dl.t_test(s, "hours", "pay"), OptionError),
    (lambda s: dl.t_test(s.where("sex == 'f'"), "hours", "sex"), OptionError),
    (lambda s: dl.t_test(s, "hours", "sex", paired_with="pay"), OptionError),
    (lambda s: dl.t_test(s, "pay - pay"), MisleadingError), (lambda s: dl.t_test(s, "hours", "sxe"), ColumnError),
    (lambda s: dl.t_test(s, "hours", "sex", df="domains"), OptionError),
    (lambda s: dl.t_test(s, "hours", confidence=95), OptionError),
    (lambda s: dl.t_test("people", "hours"), OptionError),
    (lambda s: dl.t_test(s.where("pay == 4 and sex == 'm' and town == 3"), "hours"), EmptyDomainError),
    (lambda s: dl.rank_test(s, "hours", "sex", score="mean"), OptionError),
    (lambda s: dl.rank_test(s.where("sex == 'f'"), "hours", "sex"), OptionError),
    (lambda s: dl.rank_test(s, "pay", "hours"), OptionError),
    (lambda s: dl.rank_test(s, "pay * 0", "sex"), MisleadingError),
]  # fmt: skip


def test_what_is_refused(table: Any, refused: Any) -> None:
    people = dl.declare_design(table(PEOPLE), weights="weight", psu="town")
    for call, error in REFUSED:
        refused(lambda call=call: call(people), error)


def test_p_values_are_two_sided_and_printed_in_full() -> None:
    """2.228 is the upper 2.5 % point of Student's t with 10 degrees of freedom, 1.96 that of the normal."""
    found = t_p_value(np.array([2.228139, -2.228139, 1.959964]), np.array([10.0, 10.0, np.inf]))
    assert found == pytest.approx([0.05, 0.05, 0.05], abs=1e-6)
    printed = [
        repr(Test("wald", 9.0, (1.0,), p, "x")).splitlines()[-1].split() for p in (0.005, 0.0005)
    ]
    assert printed == [["9.00", "1", "0.005"], ["9.00", "1", "<", "0.001"]]


def test_joint_tests_of_few_units_are_marked_and_refused(refused: Any) -> None:
    """Groups of 14, 4 and 2 whole units in ten strata of two; three of 7 and more; and one of too few for four."""
    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(20), 5)
    people = pd.DataFrame({"c": unit, "h": unit // 2, "y": rng.normal(size=100)})
    people["few"] = np.array(["a"] * 14 + ["b"] * 4 + ["c"] * 2)[unit]
    people["even"] = np.array(["a"] * 7 + ["b"] * 7 + ["c"] * 6)[unit]
    people["many"] = np.array(list("aabbccddeeffgghhiijj"))[unit]
    sample = dl.declare_design(people, psu="c", strata="h")
    for test in (
        dl.term_test(dl.regress(sample, "y ~ few"), "few"),
        dl.rank_test(sample, "y", "few"),
    ):
        assert (test.flag, test.df[1] < 4) == ("few units", True)
        assert test.provenance.rules["variance"] == "bell_mccaffrey"
        assert "few units: under 4 degrees of freedom" in str(test)
    assert dl.term_test(dl.regress(sample, "y ~ even"), "even").flag == ""
    # the linearised covariance of seven units each rejects 26 of 100, whatever the test is called
    assert dl.rank_test(sample, "y", "even", df="design").flag == "few units"
    refused(lambda: dl.term_test(dl.regress(sample, "y ~ many"), "many"))
    refused(lambda: dl.rank_test(sample, "y", "many"))
