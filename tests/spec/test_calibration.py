"""Calibration worked by hand, and everything that it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import lsq_linear

import diplab as dl
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.types import Sample

SEX = {"sex": {"f": 20, "m": 12}}
PEOPLE = "sex age w hours paid\nf old 1 10 2\nf young 1 20 3\nf young 2 30 .\nm old 2 40 5\nm young 4 50 7"


@pytest.fixture
def people(engine: Any) -> Sample:
    return dl.declare_design(engine.draw(PEOPLE), weights="w")


def weights(sample: Sample) -> list[float]:
    return list(np.round(sample.engine.weights, 9))  # type: ignore[attr-defined]


def frame(text: str = PEOPLE) -> pd.DataFrame:
    rows = [line.split() for line in text.strip().splitlines()]
    return (
        pd.DataFrame(rows[1:], columns=rows[0])
        .replace(".", None)
        .astype({"w": float, "hours": float})
    )


def test_one_margin_or_total(people: Sample) -> None:
    """Women weigh 4 and are 20: times 5. Men weigh 6 and are 12: times 2."""
    for distance in ("linear", "raking"):
        assert weights(dl.calibrate(people, SEX, distance=distance)) == [5, 5, 10, 4, 8]  # type: ignore[arg-type]
    # by hand: sum w h^2 = 100 + 400 + 1800 + 3200 + 10000 = 15500, sum w h = 370; to 680, 1 + h *
    # 310 / 15500
    found = dl.calibrate(people, {"hours": 680})
    assert weights(found) == pytest.approx([1.2, 1.4, 3.2, 3.6, 8.0], rel=1e-9)
    assert weights(dl.calibrate(people, {(): 30})) == [3, 3, 6, 6, 12]
    cells = {("f", "old"): 2, ("f", "young"): 9, ("m", "old"): 2, ("m", "young"): 6}
    assert weights(dl.calibrate(people, {("sex", "age"): cells})) == [2, 3, 6, 2, 6]
    before = dl.estimate(people, dl.total("hours")).frame
    dl.calibrate(people, SEX)
    assert dl.estimate(people, dl.total("hours")).frame.equals(before)
    # cells 1, 3 / 2, 4 have odds 2/3; raked to rows and columns of 10, x^2 / (10 - x)^2 = 2/3, x =
    # 4.494897428
    found = dl.calibrate(
        people, {"sex": {"f": 10, "m": 10}, "age": {"old": 10, "young": 10}}, distance="raking"
    )
    x = 10 * np.sqrt(2 / 3) / (1 + np.sqrt(2 / 3))
    assert weights(found) == pytest.approx([x, (10 - x) / 3, 2 * (10 - x) / 3, 10 - x, x], rel=1e-8)


def test_bounds_and_trims(people: Sample) -> None:
    """Sex alone would want 5 and 2; nobody may be moved by more than 5, and hours pull the rest."""
    free = dl.calibrate(people, {(): 20, "hours": 640})
    cut = dl.calibrate(people, {(): 20, "hours": 640}, bounds=(1.5, None))
    before = np.array([1, 1, 2, 2, 4.0])
    assert (np.array(weights(free)) / before).min() < 1.5
    ratio = np.array(weights(cut)) / before
    assert ratio.min() == 1.5
    assert sum(weights(cut)) == pytest.approx(20, rel=1e-9)
    assert np.array(weights(cut)) @ [10, 20, 30, 40, 50] == pytest.approx(640, rel=1e-9)
    # times 3, the last would weigh 12: it keeps 10, and the 2 go to the others in proportion, 6 for
    # 18 to 20
    found = dl.calibrate(people, {(): 30}, distance="raking", trim=(None, 10))
    assert weights(found) == pytest.approx([10 / 3, 10 / 3, 20 / 3, 20 / 3, 10], rel=1e-8)


def test_labels_stand_for_codes() -> None:
    for margin in (
        {"femme": 8, "homme": 3},
        {"woman": 8, "man": 3},
        {1: 8, 2: 3},
        pd.Series({1: 8, 2: 3}),
    ):
        assert weights(dl.calibrate(CODED, {"sex": margin})) == [4, 4, 3]


def test_the_universe(people: Sample) -> None:
    women = dl.calibrate(people.universe("sex == 'f'"), {"age": {"old": 3, "young": 6}})
    assert weights(women) == [3, 2, 4, 2, 4]
    bounded = dl.calibrate(people.universe("sex == 'f'"), {"hours": 400}, bounds=(3, 8))
    assert weights(bounded)[3:] == [2, 4]
    found = dl.calibrate(people.universe("sex == 'm'"), {"paid": 76})
    assert weights(found)[:3] == [1, 1, 2]
    assert np.array(weights(found)[3:]) @ [5, 7] == pytest.approx(76, rel=1e-9)


def test_rules_are_written_down_and_margins_have_no_error(people: Sample) -> None:
    found = dl.calibrate(people, {("sex", "age"): {
        ("f", "old"): 2, ("f", "young"): 9, ("m", "old"): 2, ("m", "young"): 6}, "hours": 640},
        distance="raking", bounds=(0.1, None), trim=(None, 9))  # fmt: skip
    rules = dl.estimate(found, dl.mean("hours")).provenance.rules
    assert {name: rules[name] for name in ("calibration", "margins", "ratio_floor", "weight_ceiling")} == {
        "calibration": "raking", "margins": "sex × age, hours", "ratio_floor": "0.1", "weight_ceiling": "9",
    }  # fmt: skip
    assert "weight_floor" not in rules
    rules = dl.estimate(dl.calibrate(people, SEX), dl.mean("hours")).provenance.rules
    assert (rules["calibration"], rules["margins"]) == ("poststratification", "sex")
    assert (rules["lowest_ratio"], rules["highest_ratio"]) == ("2", "5")
    raked = dl.calibrate(people, {**SEX, "age": {"old": 10, "young": 22}}, distance="raking")
    assert dl.estimate(raked, dl.mean("hours")).provenance.rules["calibration"] == "raking"
    found = dl.calibrate(people, {**SEX, "hours": 1000})
    totals = dl.estimate(found, dl.total("hours"), dl.count(), dl.share("sex")).frame
    assert totals["estimate"].tolist() == pytest.approx([1000, 32, 0.625, 0.375], rel=1e-9)
    assert totals["std_error"].tolist() == pytest.approx([0, 0, 0, 0], abs=1e-9)


REFUSED: list[tuple[Any, dict[str, Any]]] = [
    ({}, {}), (["sex"], {}), ({"sexe": {"f": 1}}, {}), ({("sex", "sex"): {("f", "f"): 2}}, {}), ({"sex": "f"}, {}),
    ({("sex", "age"): {"f": 2}}, {}), ({("sex", "age"): 20}, {}), ({"sex": {"f": float("nan"), "m": 12}}, {}),
    ({"hours": float("inf")}, {}), ({"sex": {"f": -20, "m": 12}}, {}), ({"sex": {"f": 0.6, "m": 0.4}}, {}),
    ({"sex": {"f": 0, "m": 0}}, {}),
    ({"sex": {"f": 3194, "m": 3000}, "age": {"old": 3000, "young": 3200}}, {}),
    ({**SEX, ("sex", "age"): {("f", "old"): 2, ("f", "young"): 17, ("m", "old"): 3, ("m", "young"): 10}}, {}),
    ({"age": {"old": 10, "yuong": 22}}, {}), ({"sex": {"f": 20}}, {}),
    ({("sex", "age"): {("f", "old"): 2, ("m", "old"): 3}}, {}),
    ({"sex": {"f": 20, "m": 0}}, {}), ({"paid": 100}, {}), ({"paid": {2: 1, 3: 2, 5: 3, 7: 4}}, {}), ({"sex": 20}, {}),
    (SEX, {"distance": "exponential"}), (SEX, {"distance": "logit"}), (SEX, {"distance": "logit", "bounds": (1.5, 6)}),
    (SEX, {"distance": "logit", "trim": (1.5, 60)}), (SEX, {"bounds": (2, 0.5)}), (SEX, {"trim": 300}),
    (SEX, {"bounds": (3, 9), "trim": (None, 10)}), (SEX, {"bounds": (None, 4)}), (SEX, {"trim": (2, 6)}),
    ({(): 10, "hours": 460}, {}), ({(): 10, "hours": 600}, {"distance": "raking"}),
]  # fmt: skip


def test_refused(refused: Any) -> None:
    sample = dl.declare_design(frame().astype({"paid": float}), weights="w")
    for margins, options in REFUSED:
        refused(lambda m=margins, o=options: dl.calibrate(sample, m, **o))
    people = dl.declare_design(frame(), weights="w")
    for sample_of, margins in REFUSED_SAMPLES:
        refused(lambda s=sample_of, m=margins: dl.calibrate(s(people), m))
    data = frame("sex w hours r1 r2 r3\nf 1 1 0 2 2\nm 1 2 2 0 2\nm 1 3 2 2 0")
    data = data.astype({"r1": float, "r2": float, "r3": float})
    sample = dl.declare_design(data, weights="w", replicates=dl.replicates("r*", "jk1"))
    refused(lambda: dl.calibrate(sample, {"sex": {"f": 5, "m": 10}}))


CODED = dl.declare_design(
    Microdata(
        pd.DataFrame({"sex": [1, 1, 2]}),
        Codebook().described("sex", values={1: Text("femme", "woman"), 2: Text("homme", "man")}),
    )
)
REFUSED_SAMPLES: list[tuple[Any, Any]] = [
    (lambda people: people.where("sex == 'f'"), SEX), (lambda people: dl.calibrate(people, SEX), {(): 30}),
    (lambda _: frame(), SEX), (lambda people: people.universe("sex == 'f'"), SEX),
    (lambda _: dl.declare_design(frame().assign(w=lambda rows: rows["w"] * 1e3), weights="w"),
        {"sex": {"f": 51, "m": 49}}),
    (lambda _: CODED, {"sex": {1: 8, "man": 3, "homme": 3}}),
]  # fmt: skip


def test_bounds_that_each_margin_keeps_but_not_both(people: Sample, refused: Any) -> None:
    """Women alone could be 6, the old alone 4.5, within a ratio of 1.5; together they cannot.

    The nearest totals, least squares of the misses as shares, are those of scipy's `lsq_linear` on
    the same problem.
    """
    margins = {"sex": {"f": 6, "m": 4}, "age": {"old": 4.5, "young": 5.5}}
    refused(lambda: dl.calibrate(people, margins, bounds=(0.5, 1.5)))
    wanted, before = np.array([6, 4, 4.5, 5.5]), np.array([1, 3, 2, 4])
    cells = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
    found = lsq_linear(cells / wanted[:, None], np.ones(4), (before * 0.5, before * 1.5), tol=1e-14)
    assert cells @ found.x == pytest.approx([5.4566, 4.44138, 3.94138, 5.95660], rel=1e-5)


def test_more_crossings_than_rows() -> None:
    """Thirteen margins of four categories cross into 67 million cells; what is held is at most the rows."""
    draws = np.random.default_rng(3).integers(0, 4, (400, 13))
    draws[:4] = np.arange(4)[:, None]
    names = [f"v{place}" for place in range(13)]
    data = pd.DataFrame(draws, columns=names)
    wanted = {
        name: {code: 1.0 * count * 7 for code, count in data[name].value_counts().items()}
        for name in names
    }
    wanted["v0"] = {code: total * (1.1 if code else 1.0) for code, total in wanted["v0"].items()}
    size = sum(wanted["v0"].values())
    wanted = {
        name: {code: total * size / sum(own.values()) for code, total in own.items()}
        for name, own in wanted.items()
    }
    found = dl.calibrate(dl.declare_design(data), wanted, distance="raking")
    for name in names:
        totals = data.assign(w=weights(found)).groupby(name)["w"].sum()
        assert totals.to_dict() == pytest.approx(
            wanted[name], rel=1e-7
        )  # weights were rounded to 9 decimals
