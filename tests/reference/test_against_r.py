"""Random designs by diplab and by R survey 4.4-2, AER 1.2-14: what `benchmarks/against_r.py --record` wrote.

That file holds each call of R beside the call of diplab, and says why a class disagrees; here its
answers need no R.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import module_at
from tests.recorded_values import recorded_file

HERE = Path(__file__).parents[2] / "benchmarks" / "against_r.py"
RECORDED = recorded_file("against_r")


@pytest.fixture(scope="module")
def against() -> Any:
    return module_at(HERE)


@cache
def answers(against: Any, key: str) -> list[Any]:
    """Return the answers of both to every question about a design, each compared."""
    of_r = RECORDED[key]
    kind, seed = key.split()
    design = against.drawn(kind, int(seed))
    # the same people are drawn as when R was asked
    assert (len(design.frame), design.frame["w"].sum()) == (
        of_r["rows"],
        pytest.approx(of_r["weights"]),
    )
    here = against.asked_here(design)
    return [
        against.Disagreement(
            design, question.name, part, against.compared(question, own, other), own, other
        )
        for part in ("whole", "domain")
        for question, own, other in zip(against.QUESTIONS, here[part], of_r[part], strict=True)
    ]


def told(of: Any, **others: Any) -> Any:
    """Return a disagreement with other answers to one question about one design, whose people are read once."""
    lie = replace(of, **others)
    vars(lie).update({name: getattr(of, name) for name in ("sample", "kept", "people", "proved")})
    return lie


def lies(against: Any, of: Any) -> Iterator[Any]:
    """Yield answers as if the last number were moved, lost or left out, or diplab or R refused as a reason has it."""
    *others, last = of.here
    for how in (against.ERROR, against.POINT):
        yield told(of, how=how, here=[*others, 1.1 * np.nan_to_num(last) + 1e-6])
    yield told(of, how=against.MISSING, here=[*others, float("nan")])
    yield told(
        of,
        how=against.MISSING,
        there={"values": [*against.numbers_of_r(of.there["values"])[:-1], "NaN"]},
    )
    yield told(of, how="other numbers", here=others)
    for reason in against.EXPLAINED:
        if reason.questions and of.question not in reason.questions:
            continue
        if reason.refused:
            yield told(of, how="only R", here=f"`sex` and `k` {reason.refused[0]}")
        elif reason.stops and reason.proof is not against.by_its_words:
            yield told(of, how="only diplab", there={"error": reason.stops})


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("key", RECORDED)
def test_every_statistic_test_and_model_is_that_of_r(key: str, against: Any) -> None:
    found = answers(against, key)
    for each in found:
        if each.how not in ("same", "neither answers"):
            assert against.explanation(each), (
                f"{each.question}, {each.part}: {each.how}, {each.here} and {each.there}"
            )
    assert sum(each.how == "same" for each in found) >= 25


@pytest.mark.parametrize(
    "key", ["clusters 3", "zero 3", "phases 3", "lonely 0", "calibrated 0", "replicates 0"]
)
def test_no_reason_explains_other_answers(key: str, against: Any) -> None:
    """Every proof says no, of answers that are the same and of those that it explains, where a lie is told of them."""
    for each in answers(against, key):
        if each.how in ("same", against.ERROR, against.POINT):
            for lie in lies(against, each):
                assert not against.explanation(lie), (
                    f"{each.question}, {each.part}: {lie.how}, {lie.here}"
                )
