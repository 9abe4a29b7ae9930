"""Designs of the R package survey: read as data and design, with R's numbers (r_samples/designs.R, which prints them).

Recorded from R 4.5.0 with survey 4.4-2: mean of pay, total of age, mean of pay of those over 40,
each with its standard error, and the degrees of freedom.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diplab as dl
from diplab.errors import ColumnError, DesignError, LoadError
from tests.loaders.factories import notices

SAMPLES = Path(__file__).with_name("r_samples")
# fmt: off
OF_R = {
    "simple": (1078.49666666667, 11.3914431954333, 15598.5, 727.714367973906, 1073.72101910828, 14.2129807332779, 45),
    "nested": (1078.49666666667, 11.186833977692, 15598.5, 869.225271673958, 1073.72101910828, 13.8618338450661, 9),
    "again": (1078.49666666667, 11.186833977692, 15598.5, 869.225271673958, 1073.72101910828, 13.8618338450661, 9),
    "finite": (1078.49666666667, 9.6226579959701, 15598.5, 749.367853385438, 1073.72101910828, 11.9909652323248, 9),
    "stages": (1078.31296296296, 8.89995789577698, 18570, 1295.88018525844, 1077.73214285714, 13.8274276279435, 11),
    "linear": (1078.56713564867, 11.1286201987249, 16000, 0, 1073.1433374656, 14.3602730214319, 9),
    "ratio": (1078.57139829299, 11.1109000882087, 16000.0000000001, 0, 1073.13642010212, 14.3399801362118, 9),
    "cells": (1078.56296107902, 11.2134731422282, 15817.719239136, 898.82151347915, 1073.4720596137, 13.86152195699, 9),
    "margins": (
        1078.62907498983, 9.44951102990222, 15798.7705647679, 764.586984226586, 1073.71653414073, 11.8768420239178, 9,
    ),
    "jackknife": (
        1078.49666666667, 11.186833977692, 15598.5, 869.225271673958, 1073.72101910828, 14.2004679978962, 9,
    ),
    "bootstrap": (
        1078.49666666667, 13.6057074475001, 15598.5, 1065.73924383547, 1073.72101910828, 17.0805830600998, 9,
    ),
    "combined": (1078.49666666667, 11.9215481633092, 15598.5, 950.679059337922, 1073.72101910828, 15.5209949774219, 9),
    "fay": (1078.49666666667, 15.9962571072082, 15598.5, 1252.99173302203, 1073.72101910828, 20.0816752252441, 9),
    "calibrated": (
        1078.56296107902, 11.3251471484151, 15817.719239136, 896.433228313066, 1073.4720596137, 14.6024120808487, 11,
    ),
    "part": (1077.65603644647, 13.6918955511033, 9048, 836.538160366878, 1076.98876404494, 20.9997467691042, 9),
}
# fmt: on
DECLARED = {
    "simple": 'weights="w", strata="region"',
    "nested": 'weights="w", strata="region", psu="town"',
    "again": 'weights="w", strata="region", psu="town"',
    "finite": 'weights="w", strata="region", psu="town", fpc="towns"',
    "stages": 'weights="weights", psu=["town", "person"], fpc=["fpc_1", "homes"]',
    "linear": 'weights="weights", strata="region", psu="town"',
    "jackknife": 'weights="w", replicates=12 × "jkn" ("replicate_1"..."replicate_12")',
    "combined": 'weights="w", replicates=12 × "bootstrap" ("rw1"..."rw12")',
}


def sample(name: str, **options: Any) -> dl.Microdata:
    return dl.read(SAMPLES / "designs.rda", table=name, **options)


@pytest.mark.parametrize("name", OF_R)
def test_designs_give_the_numbers_of_r(name: str) -> None:
    data = sample(name)
    design = dl.declare_design(data)
    mean = dl.estimate(design, dl.mean("pay"), df="design").frame.iloc[0]
    total = dl.estimate(design, dl.total("age"), df="design").frame.iloc[0]
    domain = dl.estimate(design.where("age > 40"), dl.mean("pay"), df="design").frame.iloc[0]
    found = [each for row in (mean, total, domain) for each in (row["estimate"], row["std_error"])]
    # after `rake`, R stops its residuals at ten rounds
    np.testing.assert_allclose(
        [*found, mean["df"]], OF_R[name], rtol=2e-5 if name == "margins" else 1e-9, atol=1e-7
    )
    if name in DECLARED:
        assert f"`dl.declare_design(data)` declares it: {DECLARED[name]}." in " ".join(
            notices(data)
        )


def test_a_calibrated_design_says_on_what() -> None:
    said = notices(sample("margins"))
    assert said[-1] == (
        "Its weights are calibrated, and the standard error is that of the residuals of the "
        "regression on `sex`, "
        "`region`, weighted by `weights_before`."
    )
    made = dl.estimate(dl.declare_design(sample("linear")), dl.mean("pay"))
    assert dict(made.provenance.rules)["calibration"] == "of_file"


def test_designs_that_are_not_declared_keep_their_answers(refused: Any) -> None:
    why = {
        "lost": "`subset()` removed rows",
        "kept": "`subset()` removed rows",
        "drawn": "unequal probabilities",
    }
    for name, reason in (why | {"within": "strata of a second stage"}).items():
        data = sample(name)
        assert reason in notices(data)[-1]
        refused(partial(dl.declare_design, data), DesignError)
        weights = data.design.weights if data.design else ""
        assert (
            dl.estimate(dl.declare_design(data, weights=weights), dl.mean("pay"))
            .frame["estimate"]
            .notna()
            .all()
        )


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".sav", ".dta"])
def test_a_design_is_written_with_its_data(suffix: str, tmp_path: Path) -> None:
    for name in ("finite", "jackknife", "margins", "drawn"):
        data = sample(name)
        file = dl.write(data, tmp_path / f"a{suffix}")
        back = dl.read(file)
        assert back.design == data.design
        if name != "drawn":
            found, again = (
                dl.estimate(dl.declare_design(each), dl.mean("pay")).frame for each in (data, back)
            )
            assert again["std_error"].iloc[0] == pytest.approx(
                found["std_error"].iloc[0], rel=1e-12
            )
    # the design is of these data alone
    file.write_bytes(
        dl.write(dl.Microdata(data.frame.head(20)), tmp_path / f"b{suffix}").read_bytes()
    )
    assert dl.read(file).design is None
    dl.write(dl.Microdata(data.frame.drop(columns="w"), design=data.design), file)
    assert "[design]" not in (tmp_path / "a.codebook.toml").read_text(encoding="utf-8")


def test_a_design_follows_its_data(refused: Any) -> None:
    data = dl.read(SAMPLES / "design.rds")
    assert data.design is not None
    assert (data.design.strata, data.design.fpc) == (("region",), ("towns",))
    young = data.recode("age", bands=[18, 40, 66], into="band")
    found = dl.estimate(dl.declare_design(young), dl.mean("pay"))
    assert found.frame["std_error"].iloc[0] == pytest.approx(OF_R["finite"][1])
    # what the call says counts alone
    plain = dl.declare_design(data, weights="w")
    assert plain.design.psu == ()
    # of some rows or columns the design is not known
    assert dl.read(SAMPLES / "design.rds", columns=["pay", "w"]).design is None
    assert dl.read(SAMPLES / "design.rds", rows=20).design is None
    without = dl.Microdata(data.frame.drop(columns="towns"), data.codebook, design=data.design)
    refused(partial(dl.declare_design, without), ColumnError)
    refused(partial(dl.read, SAMPLES / "designs.rda"), LoadError)
