"""Verbs put together as a user may: domains on universes on calibrated weights, labels, imputations, each engine.

Every combination either gives what the long way gives, or refuses in three sentences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.types import Sample, Variable

if TYPE_CHECKING:
    from collections.abc import Callable


TWELVE = """
h c w sex age pay poor in
1 1 10 f 1 10 1 1
1 1 12 m 2 14 0 1
1 1 9  f 2 . 0 0
1 2 11 m 1 9 1 1
1 2 10 f 1 22 0 1
1 2 14 m 2 17 1 1
2 1 20 f 2 25 0 1
2 1 18 m 1 8 1 1
2 1 22 f 1 12 0 0
2 2 19 m 2 30 0 1
2 2 21 f 2 13 1 1
2 2 20 m 1 16 0 1
"""
MARGINS = {"sex": {"f": 100.0, "m": 90.0}}


def declared(data: Any) -> Sample:
    return dl.declare_design(data, weights="w", strata="h", psu="c")


def rows(sample: Sample) -> pd.DataFrame:
    return dl.estimate(sample, dl.mean("pay"), by=["sex", "age"]).frame


VERBS: dict[str, Callable[[Sample], Any]] = {
    "calibrate": lambda sample: rows(dl.calibrate(sample, MARGINS)),
    "calibrate a universe, then where": lambda sample: rows(
        dl.calibrate(sample.universe("`in` == 1"), MARGINS).where("pay > 9")
    ),
    "crosstab": lambda sample: dl.crosstab(sample, "sex", "poor", by="age").frame,
    "crosstab with replicates": lambda sample: (
        dl.crosstab(dl.make_replicates(sample, "jkn"), "sex", "poor").frame
    ),
    "regress": lambda sample: dl.regress(sample, "pay ~ sex + C(age)").frame,
    "regress on calibrated weights, in a domain": lambda sample: (
        dl.regress(
            dl.calibrate(sample, MARGINS).where("pay > 8"), "poor ~ pay", family="binomial"
        ).frame
    ),
    "two phases": lambda sample: rows(dl.two_phase(sample, "`in` == 1", strata="sex")),
    "replicates, then calibrate": lambda sample: rows(
        dl.calibrate(dl.make_replicates(sample, "jkn"), MARGINS)
    ),
    "imputations": lambda sample: rows(dl.imputed([sample, sample])),  # type: ignore[arg-type]
    "contrast": lambda sample: (
        dl.contrast(
            dl.estimate(dl.calibrate(sample, MARGINS), dl.mean("pay"), by=["sex", "age"]),
            {"sex": ("f", "m")},
        ).frame
    ),
}


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_engine(engine: Any, table: Any, verb: str) -> None:
    held, elsewhere = (
        VERBS[verb](declared(table(TWELVE))),
        VERBS[verb](declared(engine.draw(TWELVE))),
    )
    assert list(held) == list(elsewhere)
    for name in held:
        if held[name].dtype.kind in "if":
            assert np.allclose(
                held[name].astype(float), elsewhere[name].astype(float), rtol=1e-10, equal_nan=True
            )
        else:
            assert held[name].astype(str).tolist() == elsewhere[name].astype(str).tolist()


def test_universe_calibration_domain_and_contrast(table: Any) -> None:
    """The long way: weights by hand, and the variance of residuals on the margins, stratum by stratum."""
    data = table(TWELVE)
    sample = dl.calibrate(declared(data).universe("`in` == 1"), MARGINS).where("age == 1")
    found = dl.contrast(dl.estimate(sample, dl.mean("pay"), by="sex"), {"sex": ("f", "m")}).frame
    inside = (data["in"] == 1) & data["pay"].notna()
    ratio = {
        sex: total / data["w"][(data["sex"] == sex) & (data["in"] == 1)].sum()
        for sex, total in MARGINS["sex"].items()
    }
    weight = data["w"] * data["sex"].map(ratio)
    young = inside & (data["age"] == 1)
    z = np.zeros(len(data))
    means = {}
    for sex, sign in (("f", 1.0), ("m", -1.0)):
        own = young & (data["sex"] == sex)
        means[sex] = np.average(data["pay"][own], weights=weight[own])
        z[own] = sign * (data["pay"][own] - means[sex]) / weight[own].sum()
        # a post-stratum takes its own mean out of everybody in it, weighted as before the
        # calibration
        everybody = (data["in"] == 1) & (data["sex"] == sex)
        z[everybody] -= np.average(z[everybody], weights=data["w"][everybody])
    units = (weight * z * (data["in"] == 1)).groupby([data["h"], data["c"]]).sum().unstack()
    variance = sum(2 / 1 * np.sum((stratum - stratum.mean()) ** 2) for stratum in units.to_numpy())
    assert found["estimate"].item() == pytest.approx(means["f"] - means["m"])
    assert found["std_error"].item() == pytest.approx(np.sqrt(variance))


def test_labels(table: Any, refused: Any) -> None:
    """A label in either language stands for its code: conditions, margins, contrasts, shares to test against."""
    ages = Variable("age", values={1: dl.Text("jeune", "young"), 2: dl.Text("âgé", "old")})
    sample = declared(dl.Microdata(table(TWELVE), dl.Codebook({"age": ages})))
    by_code = dl.estimate(dl.calibrate(sample, {"age": {1: 80, 2: 90}}), dl.mean("pay"), by="age")
    by_label = dl.estimate(
        dl.calibrate(sample, {"age": {"young": 80, "âgé": 90}}), dl.mean("pay"), by="age"
    )
    assert by_label.frame["estimate"].tolist() == by_code.frame["estimate"].tolist()
    assert dl.contrast(by_label, {"age": ("old", "jeune")}).frame["age"].tolist() == ["2 − 1"]
    refused(lambda: dl.contrast(by_label, {"age": ("old", "girl")}), ColumnError)
    where = dl.estimate(sample.where("age == 'old'"), dl.mean("pay")).frame["n"].item()
    assert where == dl.estimate(sample.where("age == 2"), dl.mean("pay")).frame["n"].item() == 5
    labelled = dl.crosstab(sample, "age", expected={"young": 0.4, "old": 0.6}).test
    coded = dl.crosstab(sample, "age", expected={1: 0.4, 2: 0.6}).test
    assert labelled is not None
    assert coded is not None
    assert labelled.statistic == coded.statistic


def test_verbs_that_refuse(table: Any, refused: Any) -> None:
    refused(lambda: dl.estimate(declared(table(TWELVE)), dl.mean("pay"), by=["sex", "age", "sex"]))
    sample = declared(table(TWELVE))
    both: Any = dl.imputed([sample, sample])
    refused(lambda: dl.calibrate(both, MARGINS))
    refused(lambda: dl.make_replicates(both, "jkn"))


FRAME = pd.DataFrame({"income": [1000.0, 2000.0], "size": [1, 3], "pay": [10.0, 20.0]})
TAKE_FRAMES: dict[str, Any] = {
    "equivalise": lambda data: dl.equivalise(data, "income", persons="size", scale="square-root"),
    "equivalise without income": lambda data: dl.equivalise(data, persons="size", scale="per-head"),
    "harmonise_pay": lambda data: dl.work.harmonise_pay(data, "pay", period="month", hours=10),
    "main_job": lambda data: dl.work.main_job(data, hours="size"),
    "merge": lambda data: dl.merge({"2018": data, "2020": data}),
    "effective_pay": lambda data: dl.work.effective_pay(data, "pay", fee_share=0.1),
}


def test_verbs_take_a_frame_as_microdata_without_a_codebook(refused: Any) -> None:
    for verb in TAKE_FRAMES.values():
        alone, beside = verb(FRAME), verb(dl.Microdata(FRAME, dl.Codebook()))
        assert set(alone.frame) > set(FRAME)
        pd.testing.assert_frame_equal(alone.frame, beside.frame)
        refused(lambda verb=verb: verb(FRAME.to_dict()), OptionError)
    data = dl.Microdata(FRAME[["size"]], dl.Codebook())
    assert data.join(FRAME, on="size").frame["pay"].tolist() == [10.0, 20.0]
    assert data.conflicts(FRAME).frame["variable"].tolist() == ["income", "pay"]
