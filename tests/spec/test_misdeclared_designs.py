"""Declarations that a slip of the pen makes, which would give a number: each is refused, with what to write."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.reference.text import Text


def people(rows: int = 40) -> pd.DataFrame:
    random = np.random.default_rng(2)
    found = pd.DataFrame({"w": random.uniform(40, 60, rows), "y": random.normal(10, 2, rows)})
    found["sex"], found["age"] = (
        np.tile(["f", "m"], rows // 2),
        np.repeat(["old", "young"], rows // 2),
    )
    found["h"], found["N"] = "a", "10"
    for each in range(8):
        found[f"f{each}"] = random.choice([0.5, 1.5], rows)
        found[f"w{each}"] = found[f"f{each}"] * found["w"]
    return found


def replicated(
    columns: str, frame: pd.DataFrame | None = None, kind: str = "fay", **options: Any
) -> pd.Series:
    given, data = dl.replicates(columns, kind, **options), people() if frame is None else frame
    return dl.estimate(
        dl.declare_design(data, weights="w", replicates=given), dl.total("y")
    ).frame.iloc[0]


@pytest.mark.filterwarnings("error")
def test_factors_and_weights_are_not_mistaken(refused: Any) -> None:
    assert replicated("w")["std_error"] == pytest.approx(
        replicated("f", combined=False)["std_error"]
    )
    refused(lambda: replicated("f"))
    refused(lambda: replicated("w", combined=False))
    # weights around 1 may be either, and a mean of nothing or less says nothing
    for combined in (True, False):
        assert replicated("f", people().assign(w=1.0), combined=combined)["std_error"] > 0
    for level in (0.0, -1.0):
        frame = people().assign(w0=lambda each, level=level: each["w0"] - each["w0"].mean() + level)
        assert replicated("w", frame, "bootstrap")["std_error"] > 0
    # who counts in a replicate counts in the full sample
    frame = people()
    frame.loc[3, "w"] = 0.0
    refused(lambda: replicated("w", frame))
    frame.loc[3, [name for name in frame.columns if name[0] == "w"]] = 0.0
    assert replicated("w", frame)["n"] == 39


def test_slips(refused: Any) -> None:
    frame = people()
    for options in (
        *(
            {"weights": "w", "replicates": "w*"},
            {"psu": 3},
            {"strata": [None, "h"]},
            {"nest": "no"},
        ),
        {"unequal_variance": "yates_grundy"},
    ):
        refused(lambda options=options: dl.declare_design(frame, **options))
    for columns, kind, options in (
        (None, "jk1", {}),
        ("w*", "jk1", {"scale": "a"}),
        ("w*", "fay", {"fay": "a"}),
    ):
        refused(lambda c=columns, kind=kind, options=options: dl.replicates(c, kind, **options))
    refused(lambda: dl.crosstab(dl.declare_design(frame), "sex", expected={"f": 48, "m": 60}))


def test_numbers_written_as_words(refused: Any) -> None:
    """Engines turned "10" into 10, or stopped at "x" in their own words."""
    import duckdb

    frame = people()
    for data in (frame, pl.from_pandas(frame), pl.from_pandas(frame).lazy(), duckdb.from_df(frame)):
        for options in ({"weights": "N"}, {"weights": "w", "psu": "sex", "fpc": "N"}):
            refused(
                lambda x=data, options=options: dl.estimate(
                    dl.declare_design(x, **options), dl.mean("y")
                )
            )


def test_categories_of_polars_are_strata_by_name() -> None:
    """Collapsed strata are neighbours in order, which must not be that in which categories were met."""
    random = np.random.default_rng(8)
    frame = pd.DataFrame({"h": list("dddaaabccc"), "y": random.normal(size=10), "p": range(10)})
    met = pl.from_pandas(frame).with_columns(pl.col("h").cast(pl.Categorical))
    wanted, *others = (
        dl.estimate(
            dl.declare_design(each, strata="h", psu="p", lonely_psu="collapse"), dl.total("y")
        ).frame
        for each in (frame, met, met.lazy())
    )
    for found in others:
        assert found["std_error"].item() == pytest.approx(wanted["std_error"].item(), rel=1e-12)
        assert found["df"].item() == wanted["df"].item()


def test_a_design_without_weights_says_so() -> None:
    """Weights follow from the fpc only where every stage has one."""
    frame = people().assign(towns=4.0, town=lambda x: np.arange(len(x)) // 20, size=40.0)
    both = dl.declare_design(
        frame.assign(person=range(40)), psu=["town", "person"], fpc=["towns", "size"]
    )
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
    data = (
        frame
        if codebook is None
        else dl.Microdata(frame.replace({"sex": {"f": 1, "m": 2}}), codebook)
    )
    return dl.calibrate(dl.declare_design(data, weights="w"), given, **options)


def test_margins_that_are_refused(refused: Any) -> None:
    refused(lambda: margins({"sex": {"f": 52, "m": 48}}))
    hundred = dl.declare_design(people().assign(w=2.4), weights="w")
    assert dl.calibrate(hundred, {"sex": {"f": 52, "m": 48}}).engine.weights.sum() == pytest.approx(
        100
    )  # type: ignore[attr-defined]
    words = dl.Codebook().described(
        "sex", values={1: Text("femme", "woman"), 2: Text("homme", "man")}
    )
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
    # advice on margins that disagree can be followed
    given = {"sex": {"f": 1.0 / 3 * 1000, "m": 511.1}, "age": {"old": 401.7, "young": 499.9}}
    with pytest.raises(dl.DiplabError) as caught:
        margins(given)
    factor = float(str(caught.value).split("those of the second by ")[1].split(",")[0])
    given["age"] = {level: total * factor for level, total in given["age"].items()}
    assert margins(given, distance="raking").engine.weights.sum() == pytest.approx(1000 / 3 + 511.1)


def test_weights_that_contradict_the_fpc_are_said() -> None:
    frame = pd.DataFrame(
        {"w": 1.0, "people": 5.0, "f": 500, "s": np.repeat(["a", "b"], 50), "y": np.arange(100.0)}
    )

    def said(weights: str | None, **design: Any) -> list[str]:
        result = dl.estimate(dl.declare_design(frame, weights=weights, **design), dl.mean("y"))
        return [each.en for each in result.provenance.notices]

    (notice,) = said("w", fpc="f")
    assert "the weights sum to 100, and by “f” the sample was drawn from 500" in notice
    # 500 in each of two strata
    assert (
        "sum to 100, and by “f” the sample was drawn from 1,000"
        in said("w", fpc="f", strata="s")[0]
    )
    assert (said("people", fpc="f"), said(None, fpc="f"), said("w")) == ([], [], [])
    # a population taken whole
    frame["all"] = 100
    assert said("w", fpc="all") == []
