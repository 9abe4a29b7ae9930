"""How a statistic is called: lists that make several, in every engine, and calls that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

if TYPE_CHECKING:
    from diplab.types import Estimates

PEOPLE = pd.DataFrame(
    {
        "h": [1.0, 2.0, 4.0, 8.0, 16.0, np.nan], "pay": [3.0, 1.0, 4.0, 1.0, 5.0, 9.0], "g": list("aabbab"),
        "psu": [1, 1, 2, 3, 4, 4], "w": [1.0, 2.0, 1.0, 3.0, 1.0, 2.0],
    }
)  # fmt: skip
SAMPLE = dl.declare_design(PEOPLE, weights="w", psu="psu")
VECTORS = {
    "columns": (
        [each(["h", "pay"]) for each in (dl.mean, dl.total, dl.median, dl.variance)],
        [
            each(name)
            for each in (dl.mean, dl.total, dl.median, dl.variance)
            for name in ("h", "pay")
        ],
    ),
    "orders": (
        [dl.gini("h"), dl.quantile("h", np.array([0.25, 0.5])), dl.share("g")],
        [dl.gini("h"), dl.quantile("h", 0.25), dl.quantile("h", 0.5), dl.share("g")],
    ),
    "both": (
        [dl.quantile(("h", "pay"), (0.5, 0.1), rule="hf7")],
        [dl.quantile(name, p, rule="hf7") for name in ("h", "pay") for p in (0.5, 0.1)],
    ),
    "one": ([dl.mean(["h + pay"])], [dl.mean("h + pay")]),
}


def same(one: Estimates, other: Estimates) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame)
    np.testing.assert_array_equal(one.covariance, other.covariance)
    assert one.provenance == other.provenance
    assert str(dl.table(one)) == str(dl.table(other))


@pytest.mark.parametrize("engine", ["pandas", "polars"], indirect=True)
def test_a_list_is_its_statistics_one_by_one(engine: Any) -> None:
    sample = dl.declare_design(engine(PEOPLE), weights="w", psu="psu")
    for both in VECTORS.values():
        for by in ((), "g"):
            same(*(dl.estimate(sample, *asked, by=by) for asked in both))


def test_lists_over_imputations_in_contrasts_and_of_bands() -> None:
    filled = dl.imputed(
        [dl.declare_design(PEOPLE.fillna({"h": value}), psu="psu") for value in (2.0, 20.0)]
    )
    each = dl.mean(["h", "pay"])
    banded = dl.mean([dl.banded(low=name, high=name, beside=()) for name in ("h", "pay")])
    same(dl.estimate(filled, each), dl.estimate(filled, *each))
    same(
        *(
            dl.contrast(dl.estimate(SAMPLE, *asked, by="g"), {"g": ("a", "b")})
            for asked in ([each], each)
        )
    )
    same(dl.estimate(SAMPLE, banded), dl.estimate(SAMPLE, *banded))
    assert repr(dl.quantile("h", [0.25, 0.5])) == "<quantile of h (p=0.25), quantile of h (p=0.5)>"


def test_a_wrong_call_says_what_to_write(refused: Any) -> None:
    for call in (
        *(
            lambda: dl.share("a", "b"),
            lambda: dl.share("a", "wilson"),
            lambda: dl.arpr("h", 0.5),
            lambda: dl.count("x"),
        ),
        # orders and columns without a list, an order of the median, a third of two, none, a name
        # twice
        *(
            lambda: dl.quantile("h", 0.5, 0.9),
            lambda: dl.mean("a", "b"),
            lambda: dl.median("h", 0.5),
        ),
        *(lambda: dl.ratio("a", "b", "c"), lambda: dl.ratio("a"), lambda: dl.mean("a", y="b")),
        # a misspelt option, and an option of another statistic
        *(lambda: dl.share("h", intervall="wald"), lambda: dl.work.top_share("a", share=0.1)),
        # lists where there is one of them
        *(lambda: dl.share(["a", "b"]), lambda: dl.gini(["a", "b", "c"], interval="wald")),
        *(
            lambda: dl.arpr("h", fraction=[0.5, 0.6]),
            lambda: dl.gini("h", convention=["convey", "eurostat"]),
        ),
        *(lambda: dl.cronbach_alpha(["a", "b"], interval="wald"), lambda: dl.mean([])),
        *(
            lambda: dl.estimate(SAMPLE, [dl.mean("h"), dl.mean("pay")]),
            lambda: dl.estimate(SAMPLE, "mean"),
        ),
    ):
        refused(call, OptionError)
    # an option that is a sequence stays one
    assert dl.lorenz("h", at=[0.2, 0.5]).options["at"] == [0.2, 0.5]
    found = (
        dl.estimate(SAMPLE, dl.work.hourly_pay("pay", "h", quantiles=[0.5]))
        .frame["statistic"]
        .tolist()
    )
    assert found.count("hourly_pay_of_people_quantile") == 1
