"""Designs that are refused, in which words; opt-in samples and domains without weight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

import diplab as dl
from diplab.errors import ColumnError, DesignError, LonelyPsuError, OptionError
from tests.drawn_tables import (
    BREWER,
    COLLAPSE,
    HOMES,
    JOINT,
    LONELY,
    NESTED,
    OVERTON,
    STRATIFIED,
    THREE_STRATA,
    TOWNS,
)

if TYPE_CHECKING:
    import pytest

WEIGHTED = {"weights": "w"}
BY_PAIRS: dict[str, Any] = {"fpc": "p", "unequal": "joint"}


def test_opt_in_samples_and_domains_without_weight_are_flagged(
    engine: Any, estimated: Any, refused: Any
) -> None:
    """People who chose themselves: the numbers are the same, the intervals indicative."""
    found = estimated(engine.draw(NESTED), dl.mean("y"), kind="opt-in", psu="psu", strata="h")
    assert found.provenance.indicative
    assert found.frame["estimate"].tolist() == [4]
    # It is empty, and flagged, beside the others; refused alone.
    sample = dl.declare_design(engine.draw("g w y\na 1 1\na 2 2\nb 0 3\nb 0 4"), weights="w")
    frame = dl.estimate(sample, dl.mean("y"), by="g").frame
    assert (frame["n"].tolist(), frame["flag"].tolist()) == ([2, 0], ["few units", "empty"])
    assert frame[["estimate", "std_error", "ci_low", "ci_high"]].isna().all(axis=1).tolist() == [
        False,
        True,
    ]
    refused(lambda: sample.where("g == 'b'"))


FOUR = "h c w g y\n1 1 1 a 1\n1 2 2 b 2\n2 1 3 a 4\n2 2 4 b 8"
ONE_HOME = "town home N M w y\n1 1 4 5 1 2\n2 1 4 6 1 3\n2 2 4 6 1 5"


def total(table: Any, drawn: str, columns: dict[str, Any], by: Any = (), **design: Any) -> Any:
    return dl.estimate(
        dl.declare_design(table(drawn).assign(**columns), **design), dl.total("y"), by=by
    )


REFUSED: list[tuple[type[dl.DiplabError], str, dict[str, Any], dict[str, Any]]] = [
    (DesignError, FOUR, {"w": [1.0, -2.0, 3.0, 4.0]}, WEIGHTED),
    (DesignError, FOUR, {"w": [1.0, np.nan, 3.0, 4.0]}, WEIGHTED),
    (DesignError, FOUR, {"w": [1.0, np.inf, 3.0, 4.0]}, WEIGHTED),
    (DesignError, FOUR, {"w": [-1.0, np.nan, np.inf, 4.0]}, WEIGHTED), (DesignError, FOUR, {"w": 0.0}, WEIGHTED),
    (DesignError, FOUR, {}, {"strata": "h", "psu": "c", "nest": False}),
    (DesignError, FOUR, {"N": 3}, {"fpc": "N"}),
    (DesignError, FOUR, {"N": 1.5}, {"fpc": "N", "strata": "h", "psu": "c"}),
    (ColumnError, FOUR, {}, {"weights": "w", "replicates": dl.replicates(["r1", "r2"])}),
    (ColumnError, FOUR, {}, {"weights": "w", "replicates": dl.replicates("r*")}),
    (ColumnError, FOUR, {}, {"weights": "w", "replicates": dl.replicates("BRR")}),
    (LonelyPsuError, LONELY, {}, {"weights": "w", "strata": "s", "psu": "psu"}),
    (LonelyPsuError, THREE_STRATA, {}, {**STRATIFIED, "lonely_psu_domain": "fail", "by": "sex"}),
    (LonelyPsuError, "h N y\na 1 3\nb 5 4", {}, {**COLLAPSE, "fpc": "N"}),
    (LonelyPsuError, ONE_HOME, {}, {**HOMES, "fpc": ["N", "M"]}),
    (OptionError, THREE_STRATA, {}, {"lonely_psu_domain": "averge"}), (DesignError, TOWNS, {}, {"unequal": "brewer"}),
    (DesignError, TOWNS, {}, {"unequal": "joint", "fpc": "p"}), (DesignError, TOWNS, {}, {**BREWER, "joint": JOINT}),
    (DesignError, TOWNS, {}, {**BREWER, "lonely_psu": "collapse"}),
    (OptionError, TOWNS, {}, {"unequal": "brewster", "fpc": "p"}),
    (OptionError, TOWNS, {}, {**OVERTON, "unequal_variance": "yates"}),
    (DesignError, TOWNS, {}, {"unequal": "brewer", "fpc": "town"}),
    (DesignError, TOWNS, {"one": 1}, {**BREWER, "psu": "one"}),
]  # fmt: skip
ARRAYS: list[Any] = [
    JOINT[:2], [0.5, 0.4], JOINT[:2, :2], JOINT + np.array([[0, 0.1, 0], [0, 0, 0], [0, 0, 0]]),
    np.where(JOINT == 0.05, 0, JOINT), np.where(JOINT == 0.05, np.nan, JOINT), np.where(JOINT == 0.05, 0.3, JOINT),
    JOINT[::-1, ::-1],
]  # fmt: skip


def test_refused(table: Any, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, drawn, columns, how in REFUSED:
        refused(lambda d=drawn, c=columns, h=how: total(table, d, c, **h), error)
    for array in ARRAYS:
        refused(lambda array=array: total(table, TOWNS, {}, **BY_PAIRS, joint=array), DesignError)
    # joint probabilities need an order
    refused(
        lambda: dl.declare_design(pl.from_pandas(table(TOWNS)).lazy(), **BY_PAIRS, joint=JOINT),
        DesignError,
    )
    # The limit is lowered here: an array of 20,001 x 20,001 would take 3.2 GB by itself.
    monkeypatch.setattr("diplab.sampling.units.JOINT_LIMIT", 2)
    refused(lambda: total(table, TOWNS, {}, **BY_PAIRS, joint=JOINT), DesignError)
