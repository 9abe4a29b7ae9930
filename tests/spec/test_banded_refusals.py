"""What is refused of a statistic of a banded variable, before any answer is made."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import MisleadingError, OptionError
from diplab.inference.banded import _estimate


@pytest.fixture(autouse=True)
def bounds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without laws and imputations, which would refuse the same later."""
    monkeypatch.setattr(_estimate, "GUESSES", ())


ENDS = dl.banded(low="low", high="high")
SAMPLE = dl.declare_design(
    pd.DataFrame({"low": [0.0, 500, 500], "high": [500.0, 900, 1000], "line": [600.0, 0, -1]})
)


@pytest.mark.parametrize(
    "statistic",
    [
        lambda: dl.arpr(ENDS, fraction=1.2),
        lambda: dl.arpt(ENDS, fraction="half"),
        lambda: dl.arpr(ENDS, threshold=900, fraction=0.5),
        lambda: dl.arpt(ENDS, threshold_on="town"),
        lambda: dl.quantile(ENDS, [0.1, 0.5]),
        lambda: dl.gini(ENDS, interval="woodruff"),
    ],
    ids=[str(place) for place in range(6)],
)
def test_options_that_the_statistic_of_amounts_refuses(statistic: Any, refused: Any) -> None:
    refused(lambda: dl.estimate(SAMPLE, statistic()), OptionError)


def test_lines_at_or_below_zero(refused: Any) -> None:
    for line in ("line", -5.0):
        refused(lambda line=line: dl.estimate(SAMPLE, dl.arpr(ENDS, threshold=line)), MisleadingError)


def test_no_line_under_a_median_of_zero() -> None:
    """A domain in which everybody has nothing has no line of its own: undefined, as with amounts."""
    people = pd.DataFrame({"low": [0.0, 0, 0, 500], "high": [0.0, 0, 500, 900], "town": list("aabb")})
    found = dl.estimate(dl.declare_design(people), dl.arpr(ENDS, threshold_on="domain"), by="town").frame
    of_a = found[found["town"] == "a"]
    assert of_a["estimate"].isna().all()
    assert of_a["flag"].tolist() == ["undefined", "undefined"]
    assert found[found["town"] == "b"]["estimate"].notna().all()


def test_a_banded_variable_is_no_column_elsewhere(refused: Any) -> None:
    pay: Any = ENDS
    refused(lambda: dl.crosstab(SAMPLE, pay, "line"))


def test_bands_that_are_no_bands(refused: Any) -> None:
    refused(lambda: dl.banded("income", [(0, 500)]))


def test_an_answer_that_tells_no_amount_is_missing() -> None:
    """By hand: of three who told a band one is under 500; two said nothing. Codes may be words."""
    people = pd.DataFrame({"pay": ["1", "2", "2", "9", None]})
    told = dl.banded("pay", {1: (0, 500), 2: (500, 900), 9: None})
    found = dl.estimate(dl.declare_design(people), dl.arpr(told, threshold=500))
    assert found.frame["estimate"].tolist() == pytest.approx([1 / 3, 1 / 3], rel=1e-12)
    assert found.frame["n"].tolist() == [3, 3]
    assert found.provenance.rules["bands"] == "1 = 0–500; 2 = 500–900"
    any_amount = dl.banded("pay", {1: (0, 500), 2: (500, 900), 9: None}, refusals="bound")
    bounded = dl.estimate(dl.declare_design(people), dl.arpr(any_amount, threshold=500)).frame
    assert bounded["estimate"].tolist() == pytest.approx([1 / 5, 3 / 5], rel=1e-12)
