"""Random designs by diplab and by R survey 4.4-2, AER 1.2-14: what `benchmarks/against_r.py --record` wrote.

That file holds each call of R beside the call of diplab, and says why a class disagrees; here its answers need no R.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.recorded_values import recorded_file

HERE = Path(__file__).parents[2] / "benchmarks" / "against_r.py"
RECORDED = recorded_file("against_r")


@pytest.fixture(scope="module")
def against() -> Any:
    spec = importlib.util.spec_from_file_location("against_r", HERE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("key", RECORDED)
def test_every_statistic_test_and_model_is_that_of_r(key: str, against: Any) -> None:
    of_r = RECORDED[key]
    kind, seed = key.split()
    design = against.drawn(kind, int(seed))
    # the same people are drawn as when R was asked
    assert (len(design.frame), design.frame["w"].sum()) == (of_r["rows"], pytest.approx(of_r["weights"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        here = against.asked_here(design)
    same = 0
    for part in ("whole", "domain"):
        for question, own, other in zip(against.asked(design), here[part], of_r[part], strict=True):
            how = against.compared(question, own, other)
            same += how == "same"
            if how not in ("same", "neither answers"):
                why = against.explanation(against.Disagreement(design, question.name, part, how, own, other))
                assert why, f"{question.name}, {part}: {how}, {own} and {other}"
    assert same >= 25
