"""What is refused of a statistic of a banded variable, before any answer is made."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import DiplabError, MisleadingError, OptionError
from diplab.inference.banded import _estimate


@pytest.fixture(autouse=True)
def bounds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without laws and imputations, which would refuse the same later."""
    monkeypatch.setattr(_estimate, "GUESSES", ())


ENDS = dl.banded(low="low", high="high")
SAMPLE = dl.declare_design(
    pd.DataFrame({"low": [0.0, 500, 500], "high": [500.0, 900, 1000], "line": [600.0, 0, -1]})
)


def refused(call: Any, error: type[DiplabError] = OptionError) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    "statistic",
    [
        lambda: dl.arpr(ENDS, fraction=1.2),
        lambda: dl.arpt(ENDS, fraction="half"),
        lambda: dl.arpr(ENDS, threshold=900, fraction=0.5),
        lambda: dl.arpt(ENDS, threshold_on="town"),
        lambda: dl.quantile(ENDS, "half"),
        lambda: dl.gini(ENDS, interval="woodruff"),
    ],
    ids=[str(place) for place in range(6)],
)
def test_options_that_the_statistic_of_amounts_refuses(statistic: Any, error_text: Any) -> None:
    with pytest.raises(OptionError) as caught:
        dl.estimate(SAMPLE, statistic())
    error_text(caught)


def test_lines_at_or_below_zero() -> None:
    for line, many in (("line", 2), (-5.0, 3)):
        asked = dl.arpr(ENDS, threshold=line)
        assert refused(lambda asked=asked: dl.estimate(SAMPLE, asked), MisleadingError) == (
            f"A share under a poverty line was asked for. In {many} rows the line is at or below zero, where nobody "
            "can be poor. Write lines in the unit of income, and leave a household without a line missing."
        )


def test_no_line_under_a_median_of_zero() -> None:
    """A domain in which everybody has nothing has no line of its own: undefined, as with amounts."""
    people = pd.DataFrame({"low": [0.0, 0, 0, 500], "high": [0.0, 0, 500, 900], "town": list("aabb")})
    found = dl.estimate(dl.declare_design(people), dl.arpr(ENDS, threshold_on="domain"), by="town").frame
    of_a = found[found["town"] == "a"]
    assert of_a["estimate"].isna().all()
    assert of_a["flag"].tolist() == ["undefined", "undefined"]
    assert found[found["town"] == "b"]["estimate"].notna().all()


def test_a_banded_variable_is_no_column_elsewhere() -> None:
    pay: Any = ENDS
    assert refused(lambda: dl.crosstab(SAMPLE, pay, "line"), DiplabError) == (
        "`low, high` was asked for as a variable of a table. It is a Banded, and no name of a column. Write the name "
        "of a column, as a word in quotes."
    )


def test_an_answer_that_tells_no_amount_is_missing() -> None:
    """By hand: of three who told a band one is under 500; two said nothing. Codes may be words."""
    people = pd.DataFrame({"pay": ["1", "2", "2", "9", None]})
    told = dl.banded("pay", {1: (0, 500), 2: (500, 900), 9: None})
    found = dl.estimate(dl.declare_design(people), dl.arpr(told, threshold=500))
    assert found.frame["estimate"].tolist() == pytest.approx([1 / 3, 1 / 3], rel=1e-12)
    assert found.frame["n"].tolist() == [3, 3]
    assert found.provenance.rules["bands"] == "1 = 0–500; 2 = 500–900"
    any_amount = dl.banded("pay", {1: (0, 500), 2: (500, 900), 9: None}, refusals="keep")
    bounded = dl.estimate(dl.declare_design(people), dl.arpr(any_amount, threshold=500)).frame
    assert bounded["estimate"].tolist() == pytest.approx([1 / 5, 3 / 5], rel=1e-12)
