"""Declarations that a slip of the pen makes, which would give a number: each is refused, with what to write."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Estimates


def people(rows: int = 40) -> pd.DataFrame:
    random = np.random.default_rng(2)
    found = pd.DataFrame({"w": random.uniform(40, 60, rows), "y": random.normal(10, 2, rows)})
    found["sex"], found["age"] = np.tile(["f", "m"], rows // 2), np.repeat(["old", "young"], rows // 2)
    found["h"], found["N"] = "a", "10"
    for each in range(8):
        found[f"f{each}"] = random.choice([0.5, 1.5], rows)
        found[f"w{each}"] = found[f"f{each}"] * found["w"]
    return found


def replicated(columns: str, **options: Any) -> Estimates:
    sample = dl.declare_design(people(), weights="w", replicates=dl.replicates(columns, "fay", **options))
    return dl.estimate(sample, dl.total("y"))


def test_factors_and_weights_are_not_mistaken(refused: Any) -> None:
    both = [replicated("w"), replicated("f", combined=False)]
    errors = [each.frame["std_error"].item() for each in both]
    assert errors[0] == pytest.approx(errors[1])
    refused(lambda: replicated("f"))
    refused(lambda: replicated("w", combined=False))


def test_weights_around_1_may_be_either() -> None:
    frame = people().assign(w=1.0)
    for combined in (True, False):
        given = dl.replicates("f", "fay", combined=combined)
        sample = dl.declare_design(frame, weights="w", replicates=given)
        assert dl.estimate(sample, dl.mean("y")).frame["std_error"].item() > 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0.0, -1.0])
def test_a_mean_of_nothing_or_less_says_nothing(level: float) -> None:
    frame = people()
    frame["w0"] = frame["w0"] - frame["w0"].mean() + level
    sample = dl.declare_design(frame, weights="w", replicates=dl.replicates("w", "bootstrap"))
    assert dl.estimate(sample, dl.total("y")).frame["std_error"].item() > 0


def test_who_counts_in_a_replicate_counts_in_the_full_sample(refused: Any) -> None:
    frame = people()
    frame.loc[3, "w"] = 0.0
    sample = dl.declare_design(frame, weights="w", replicates=dl.replicates("w", "fay"))
    refused(lambda: dl.estimate(sample, dl.mean("y")))
    nobody = [name for name in frame.columns if name[0] == "w"]
    frame.loc[3, nobody] = 0.0
    sample = dl.declare_design(frame, weights="w", replicates=dl.replicates("w", "fay"))
    assert dl.estimate(sample, dl.mean("y")).frame["n"].item() == 39


SLIPS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "a pattern alone": lambda x: dl.declare_design(x, weights="w", replicates="w*"),
    "a number of the unit": lambda x: dl.declare_design(x, psu=3),
    "None among names": lambda x: dl.declare_design(x, strata=[None, "h"]),
    "a word for true": lambda x: dl.declare_design(x, nest="no"),
    "a form without probabilities": lambda x: dl.declare_design(x, unequal_variance="yates_grundy"),
    "no columns": lambda _: dl.replicates(None),
    "a word for a scale": lambda _: dl.replicates("w*", scale="a"),
    "a word for Fay": lambda _: dl.replicates("w*", "fay", fay="a"),
    "shares that are counts": lambda x: dl.crosstab(dl.declare_design(x), "sex", expected={"f": 48, "m": 60}),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips(slip: str, refused: Any) -> None:
    refused(lambda: SLIPS[slip](people()))


@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy", "duckdb"])
@pytest.mark.parametrize("use", ["weights", "the fpc"])
def test_numbers_written_as_words(kind: str, use: str, refused: Any) -> None:
    """Engines turned "10" into 10, or stopped at "x" in their own words."""
    import duckdb

    frame = people()
    make: dict[str, Callable[[], Any]] = {
        "pandas": lambda: frame, "polars": lambda: pl.from_pandas(frame),
        "lazy": lambda: pl.from_pandas(frame).lazy(), "duckdb": lambda: duckdb.from_df(frame),
    }  # fmt: skip
    options = {"weights": "N"} if use == "weights" else {"weights": "w", "psu": "sex", "fpc": "N"}
    refused(lambda: dl.estimate(dl.declare_design(make[kind](), **options), dl.mean("y")))


def test_categories_of_polars_are_strata_by_name() -> None:
    """Collapsed strata are neighbours in order, which must not be that in which categories were met."""
    random = np.random.default_rng(8)
    frame = pd.DataFrame({"h": list("dddaaabccc"), "y": random.normal(size=10), "p": range(10)})
    met = pl.from_pandas(frame).with_columns(pl.col("h").cast(pl.Categorical))
    wanted, *others = (
        dl.estimate(dl.declare_design(each, strata="h", psu="p", lonely_psu="collapse"), dl.total("y")).frame
        for each in (frame, met, met.lazy())
    )
    for found in others:
        assert found["std_error"].item() == pytest.approx(wanted["std_error"].item(), rel=1e-12)
        assert found["df"].item() == wanted["df"].item()


def test_a_design_without_weights_says_so() -> None:
    """Weights follow from the fpc only where every stage has one."""
    frame = people().assign(towns=4.0, town=lambda x: np.arange(len(x)) // 20, size=40.0)
    both = dl.declare_design(frame.assign(person=range(40)), psu=["town", "person"], fpc=["towns", "size"])
    one = dl.declare_design(frame.assign(person=range(40)), psu=["town", "person"], fpc=["towns"])
    assert dl.estimate(both, dl.count()).frame["estimate"].item() == 160
    found = dl.estimate(one, dl.count())
    assert found.frame["estimate"].item() == 40
    assert found.provenance.rules["weighting"] == "none"
    rules = dict(dl.table(found, "fr").sheet.notes)["Règles"]
    assert "sans pondération\N{NO-BREAK SPACE}: chaque ligne compte pour une personne" in rules


# -- margins ----------------------------------------------------------------------------------------------------------


def margins(given: dict[Any, Any], codebook: dl.Codebook | None = None, **options: Any) -> Any:
    frame = people()
    data = frame if codebook is None else dl.Microdata(frame.replace({"sex": {"f": 1, "m": 2}}), codebook)
    return dl.calibrate(dl.declare_design(data, weights="w"), given, **options)


def test_margins_that_are_refused(refused: Any) -> None:
    refused(lambda: margins({"sex": {"f": 52, "m": 48}}))
    hundred = dl.declare_design(people().assign(w=2.4), weights="w")
    assert dl.calibrate(hundred, {"sex": {"f": 52, "m": 48}}).engine.weights.sum() == pytest.approx(100)  # type: ignore[attr-defined]
    words = dl.Codebook().described("sex", values={1: Text("femme", "woman"), 2: Text("homme", "man")})
    crossed = {(1, "old"): 500, (1, "young"): 500, (2, "old"): 500, (2, "young"): 510}
    refused(lambda: margins({"sex": {"woman": 1010, "man": 1000}, ("sex", "age"): crossed}, words))
    words = dl.Codebook().described("sex", values={1: Text.same("South"), 2: Text.same("South")})
    refused(lambda: margins({"sex": {"South": 1000, 2: 900}}, words))
    frame = people().assign(code=np.tile(["1", "2"], 20))
    sample = dl.declare_design(frame, weights="w")
    refused(lambda: dl.calibrate(sample, {"code": {1: 900, 2: 1000}}))
    plain = margins({"sex": {"f": 1000, "m": 900}}, bounds=(0.1, 9)).engine.weights
    given = {"sex": {"f": Decimal(1000), "m": Decimal(900)}}
    assert margins(given, bounds=np.array([0.1, 9.0])).engine.weights == pytest.approx(plain)
    refused(lambda: margins({"sex": {}}))


def test_advice_on_margins_that_disagree_can_be_followed() -> None:
    given = {"sex": {"f": 1.0 / 3 * 1000, "m": 511.1}, "age": {"old": 401.7, "young": 499.9}}
    with pytest.raises(dl.DiplabError) as caught:
        margins(given)
    factor = float(str(caught.value).split("those of the second by ")[1].split(",")[0])
    given["age"] = {level: total * factor for level, total in given["age"].items()}
    assert margins(given, distance="raking").engine.weights.sum() == pytest.approx(1000 / 3 + 511.1)
