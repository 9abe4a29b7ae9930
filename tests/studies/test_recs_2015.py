"""Energy in US homes: official tables with suppressed cells, and a course's numbers with their standard errors."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

pytestmark = pytest.mark.shared

STUDY = "recs-2015"


def test_verdicts_counted_and_a_coefficient_rounded_twice(rows) -> None:
    assert Counter(rows["verdict"]) == {"as published": 326, "within tolerance": 1, "our own": 10}
    assert Counter(rows["table"]) == {
        "": 2, "hc1-6": 42, "hc1-8": 70, "precision": 10, "bills": 15, "estimates": 28, "tests": 24,
        "regressions": 56, "energy-cost": 90,
    }  # fmt: skip
    row = rows.loc["regressions/TOTALDOL ~ TOTCSQFT | TOTCSQFT/estimate"]
    assert row["printed"] == "3.503e-01"
    assert row["reproduced"] == pytest.approx(0.35024513, abs=5e-9)
    assert row["verdict"] == "as published"


SUPPRESSED = {
    "hc1-6": {"hot_dry_mixed_dry": "Q", "hot_humid": "Q", "marine": "Q"},
    "hc1-8": {
        "east_south_central": "Q", "west_south_central": "Q", "mountain": "N", "mountain_north": "N",
        "mountain_south": "N",
    },
}  # fmt: skip


def test_suppressed_cells_are_those_of_the_rule_and_hide_their_number(rows) -> None:
    marked = rows[rows["mark"].isin(["Q", "N"])]
    wanted = {
        f"{table}/Fuel oil or kerosene, any use/{column}": mark
        for table, columns in SUPPRESSED.items()
        for column, mark in columns.items()
    }
    assert marked["mark"].to_dict() == wanted
    assert (marked["printed"] == marked["mark"]).all()
    assert marked["reproduced"].isna().all()


@pytest.fixture(scope="module")
def homes(shared):
    from diplab.loaders.read import read

    return read(shared / "data" / "open" / "recs-2015" / "data" / "recs_2015.rda").frame


def fay(homes, of):
    """Return an estimate and its standard error, from the formula: sum of squared deviations / (96 (1 - 0.5)^2)."""
    full = of(homes["NWEIGHT"])
    others = np.array([of(homes[f"BRRWT{number}"]) for number in range(1, 97)])
    return full, float(np.sqrt(((others - full) ** 2).sum() / (96 * 0.25)))


def test_suppression_by_count_and_quartiles_of_todays_r(homes) -> None:
    here = (homes["Division"] == "East South Central") & (homes["BTUFO"] > 0)
    total, error = fay(homes, lambda weight: weight[here].sum())
    assert here.sum() == 4
    assert 0.36 < error / total < 0.37
    order = np.argsort(homes["TOTALDOL"].to_numpy(), kind="stable")
    cumulated = np.cumsum(homes["NWEIGHT"].to_numpy()[order]) / homes["NWEIGHT"].sum()
    value = homes["TOTALDOL"].to_numpy()[order]
    assert value[np.searchsorted(cumulated, 0.25)] == 1153.29
    assert np.interp(0.25, cumulated, value) == pytest.approx(1153.142, abs=5e-4)


# R survey 4.4-2: SE(svytotal) of svrepdesign(type = "Fay", rho = 0.5, mse = TRUE), million homes.
R = {
    "Natural gas, any use": 1.3052804116, "Propane, any use": 0.9028755820, "Wood, any use": 0.6901012464,
    "Fuel oil or kerosene, any use": 0.5627862051, "Air conditioning": 0.9769011192,
}  # fmt: skip


def test_our_errors_follow_the_formula_and_are_those_of_r(rows, homes) -> None:
    found = rows["reproduced"]
    for fuel, column in {
        "Natural gas": "BTUNG",
        "Propane": "BTULP",
        "Fuel oil or kerosene": "BTUFO",
    }.items():
        total, error = fay(homes, lambda weight, column=column: weight[homes[column] > 0].sum())
        assert found[f"precision/{fuel}, any use/standard_error"] == pytest.approx(
            error / 1e6, rel=1e-9
        )
        assert found[f"precision/{fuel}, any use/relative"] == pytest.approx(
            100 * error / total, rel=1e-9
        )
    for row, error in R.items():
        assert found[f"precision/{row}/standard_error"] == pytest.approx(error, rel=1e-9)


def test_the_rounding_of_weights_can_move_the_total_of_the_south_by_its_tolerance(
    rows, homes
) -> None:
    row = rows.loc["south_btu"]
    most = 0.5e-5 * homes.loc[homes["Region"] == "South", "TOTALBTU"].sum()
    assert row["verdict"] == "within tolerance"
    assert row["tolerance"] == int(most) == 716
    assert 35 < row["difference"] < 37


def test_printed_numbers_follow_the_file(disturbed) -> None:
    """Where the homes of the Mountain divisions burn oil their N goes; where a replicate is lost only errors change."""

    def burning(frame):
        first = frame.index[frame["Division"] == "Mountain North"][:12]
        return frame.assign(BTUFO=frame["BTUFO"].where(~frame.index.isin(first), 1.0))

    oil = disturbed(burning)
    assert oil.loc["hc1-8/Fuel oil or kerosene, any use/mountain_north", "verdict"] == "differs"
    assert (
        oil.loc["hc1-8/Fuel oil or kerosene, any use/mountain_south", "verdict"] == "as published"
    )
    lost = disturbed(lambda frame: frame.assign(BRRWT1=frame["NWEIGHT"]))
    changed = lost.index[lost["verdict"] != lost["expected"]]
    assert "energy-cost/NA | NA | NA/EnergyCost_se" in changed
    assert not [key for key in changed if key.endswith(("/EnergyCost", "/estimate", "/ElBill"))]
