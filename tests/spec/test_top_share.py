"""The share of earnings of those who earn most, worked by hand in every engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import DiplabError, OptionError
from tests.conftest import BY_HAND, EDGES

TEN = "psu w g earned\n1 1 a 1\n2 1 a 2\n3 2 b 2\n4 4 a 5\n5 1 b 10\n6 1 b 70"


def sample_of(engine: Any, text: str = TEN) -> Any:
    return dl.declare_design(engine.draw(text), weights="w", psu="psu")


def top(sample: Any, share: float, **options: Any) -> list[float]:
    asked = dl.work.top_share("earned", top=share)
    found: list[float] = dl.estimate(sample, asked, **options).frame["estimate"].tolist()
    return found


@BY_HAND
def test_shares_by_hand(engine: Any) -> None:
    """Ten people, 1 + 2 + 4 + 20 + 10 + 70 = 107. The top tenth 70, the top fifth 80."""
    # the top half is 70, 10 and three of the four who earn 5: 95; a hundredth is a tenth of 70
    for share, known in ((0.1, 70), (0.2, 80), (0.5, 95), (0.01, 7)):
        assert top(sample_of(engine), share) == pytest.approx([known / 107], rel=1e-12)
    # a: six people, 1 + 2 + 20 = 23, top third two of 5; b: four people, 4 + 10 + 70 = 84, top
    # third 70 + 10/3
    assert top(sample_of(engine), 1 / 3, by="g") == pytest.approx(
        [10 / 23, (70 + 10 / 3) / 84], rel=1e-12
    )


@EDGES
def test_std_errors(engine: Any) -> None:
    """q = 10 at the top tenth: z = ((y - 10) 1[y > 10] + 1 - T y) / 107 by unit; 6/5 sum z^2."""
    row = dl.estimate(sample_of(engine), dl.work.top_share("earned")).frame.iloc[0]
    y, w = np.array([1.0, 2, 2, 5, 10, 70]), np.array([1.0, 1, 2, 4, 1, 1])
    t = 70 / 107
    z = w * (np.maximum(y - 10, 0) + 0.1 * 10 - t * y) / 107
    assert z.sum() == pytest.approx(0, abs=1e-14)
    assert row["std_error"] == pytest.approx(np.sqrt(6 / 5 * np.sum(z**2)), rel=1e-12)
    # each replicate has its own edge: the jackknife of the share recomputed without each unit
    sample = sample_of(engine).collect()
    found = (
        dl.estimate(dl.make_replicates(sample, "jk1"), dl.work.top_share("earned", 0.3))
        .frame["std_error"]
        .item()
    )
    without = [by_sorting(np.delete(y, out), np.delete(w, out), 0.3) for out in range(6)]
    spread = 5 / 6 * np.sum((np.array(without) - np.mean(without)) ** 2)
    assert found == pytest.approx(np.sqrt(spread), rel=1e-10)


@EDGES
def test_earnings_that_are_equal_alone_or_negative(engine: Any) -> None:
    """Everybody the same: the top x% has x% and no error is left."""
    row = dl.estimate(
        sample_of(engine, "psu w earned\n1 1 5\n2 3 5\n3 2 5"), dl.work.top_share("earned", 0.25)
    ).frame
    assert row["estimate"].item() == pytest.approx(0.25, rel=1e-12)
    assert row["std_error"].item() == pytest.approx(0, abs=1e-15)
    # all to one of four: the top quarter has 1, with no interval on the log-odds; nothing to share:
    # no point
    alone = sample_of(engine, "psu w earned\n1 1 0\n2 1 0\n3 1 0\n4 1 9")
    all_to_one = dl.estimate(alone, dl.work.top_share("earned", 0.25))
    assert all_to_one.frame["estimate"].item() == 1.0
    nothing = dl.estimate(
        sample_of(engine, "psu w earned\n1 1 0\n2 1 0"), dl.work.top_share("earned")
    ).frame
    assert np.isnan(nothing["estimate"].item())
    assert nothing["flag"].item() == "undefined"
    # -4, 1, 2, 10 make 9: the top quarter has 10/9 of it
    debts = sample_of(engine, "psu w earned\n1 1 -4\n2 1 1\n3 1 2\n4 1 10")
    found = dl.estimate(debts, dl.work.top_share("earned", 0.25))
    assert found.frame["estimate"].item() == pytest.approx(10 / 9, rel=1e-12)
    assert found.provenance.assumptions[0].en.startswith("Earnings below zero: 1, kept;")
    plain = dl.work.top_share("earned", 0.25, interval="wald")
    assert np.isfinite(dl.estimate(sample_of(engine), plain).frame["ci_low"].item())


def by_sorting(y: Any, w: Any, share: float) -> float:
    """The same by another way: people lined up from the top until the share is reached, the last one in part."""
    order = np.argsort(-y, kind="stable")
    left, kept = share * w.sum(), 0.0
    for value, weight in zip(y[order], w[order], strict=True):
        taken = min(weight, left)
        kept, left = kept + taken * value, left - taken
    return float(kept / np.sum(w * y))


rows = st.lists(
    st.tuples(st.floats(0, 1e4).map(lambda y: round(y, 2)), st.integers(1, 9)),
    min_size=2,
    max_size=12,
)


@settings(max_examples=40)
@given(rows, st.floats(0.01, 0.99))
def test_laws(people: list[tuple[float, int]], share: float) -> None:
    """By another way the same; from the share itself to 1; the same in cents; never less for a wider top."""
    y, w = (np.array(each, dtype=float) for each in zip(*people, strict=True))
    if y.sum() == 0:
        return
    frame = pd.DataFrame({"earned": y, "w": w, "cents": 100 * y})
    sample = dl.declare_design(frame, weights="w")
    (found,) = top(sample, share)
    assert found == pytest.approx(by_sorting(y, w, share), rel=1e-9)
    assert share * (1 - 1e-9) <= found <= 1 + 1e-9
    cents = dl.estimate(sample, dl.work.top_share("cents", share)).frame["estimate"].item()
    assert cents == pytest.approx(found, rel=1e-9)
    assert top(sample, (1 + share) / 2)[0] >= found - 1e-9


def test_influence_of_each_row() -> None:
    """The linearised variable is the derivative of the point by each row's weight (no tie at the edge)."""
    y = np.array([3.0, 1, 4, 1.5, 9, 2.6, 5, 3.5])
    w = np.array([1.0, 2, 1.3, 1, 0.7, 2, 1, 1.1])
    edge = np.sort(y)[np.searchsorted(np.cumsum(w[np.argsort(y)]), 0.7 * w.sum())]
    t = by_sorting(y, w, 0.3)
    for row in range(8):
        step = 1e-7 * (np.arange(8) == row)
        slope = (by_sorting(y, w + step, 0.3) - by_sorting(y, w - step, 0.3)) / 2e-7
        z = (max(y[row] - edge, 0) + 0.3 * edge - t * y[row]) / np.sum(w * y)
        assert slope == pytest.approx(z, abs=1e-6)


def test_words() -> None:
    sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 1.0, 1.0, 7.0]}))
    found = dl.estimate(sample, dl.work.top_share("pay", 0.01), dl.work.top_share("pay", 0.25))
    assert found.frame["category"].tolist() == [0.01, 0.25]
    sheet = dl.table(found, language="fr").sheet
    heads = [f"Part des gains des {share}\u00a0% les mieux payés" for share in (1, 25)]
    assert [row[0].text for row in sheet.rows] == heads
    assert [row[1].text for row in sheet.rows] == ["2,8\u00a0%", "70,0\u00a0%"]


def test_shares_that_cannot_be(refused: Any) -> None:
    sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 2.0]}))
    for share in (0, 1, -0.1, float("nan"), "0.1", None, True):
        with pytest.raises(DiplabError):
            dl.estimate(sample, dl.work.top_share("pay", share))
    refused(lambda: dl.estimate(sample, dl.work.top_share("pay", 10)), OptionError)
