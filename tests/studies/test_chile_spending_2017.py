"""Spending of households in Chile: three official means, and the same file by person."""

from __future__ import annotations

from collections import Counter

import pytest

pytestmark = pytest.mark.shared

STUDY = "chile-spending-2017"


def test_verdicts_counted(rows) -> None:
    assert Counter(rows["verdict"]) == {"as published": 3, "our own": 2}


def test_means_by_household_and_by_person(rows, shared) -> None:
    from diplab.loaders.read import read

    persons = read(shared / "data" / "open" / "chile-calidad" / "data" / "epf_personas.rda").frame
    households = persons.groupby("folio").first()
    assert (len(persons), len(households)) == (48_308, 15_239)

    def mean(frame):
        return (frame["fe"] * frame["gastot_hd"]).sum() / frame["fe"].sum()

    found = rows["reproduced"]
    assert found["spending"] == pytest.approx(mean(households), rel=1e-12)
    assert found["spending_santiago"] == pytest.approx(
        mean(households[households["zona"] == 1]), rel=1e-12
    )
    assert found["spending_capitals"] == pytest.approx(
        mean(households[households["zona"] == 2]), rel=1e-12
    )
    assert found["spending_by_person"] == pytest.approx(mean(persons), rel=1e-12)


def test_errors_are_those_of_r(rerun) -> None:
    """R survey 4.4-2: svyby(~gastot_hd, ~zona, svydesign(~varunit, ~varstrat, weights = ~fe), svymean)."""
    zones = rerun.chart("spending", "fr").rows[1:3]
    errors = [(row.high - row.point) / 1.9695757 for row in zones]
    assert errors == pytest.approx([56.69384673, 29.17848995], rel=1e-6)


def test_printed_numbers_follow_the_file(disturbed) -> None:
    """Where the capital spends half as much again, its mean and that of all change; the other zone does not."""
    found = disturbed(
        lambda frame: frame.assign(
            gastot_hd=frame["gastot_hd"].where(frame["zona"] != 1, frame["gastot_hd"] * 1.5)
        )
    )
    keys = ["spending", "spending_santiago", "spending_capitals"]
    assert found.loc[keys, "verdict"].tolist() == ["differs", "differs", "as published"]
