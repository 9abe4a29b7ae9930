"""Consumption units and incomes by unit: by hand, as published, and as questionnaires leave them open."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.microdata.equivalise import SCALES
from diplab.microdata.missing import MissingCodes
from diplab.microdata.parse_numbers import parse_count
from diplab.reference.parameter import parameter
from diplab.reference.text import Text
from diplab.types import EquivalenceScale

INF = math.inf


def homes(**columns: Any) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame(columns), dl.Codebook())


def ends(found: dl.Microdata, name: str = "units") -> list[tuple[float, float]]:
    """Return both ends of each row, after checking that the number stands where they are one."""
    low, high, both = (
        found.frame[each].to_numpy() for each in (f"{name}_low", f"{name}_high", name)
    )
    np.testing.assert_array_equal(both, np.where(low == high, low, np.nan))
    return [
        (float(np.round(a, 10)), float(np.round(b, 10))) for a, b in zip(low, high, strict=True)
    ]


def exactly(*numbers: float) -> list[tuple[float, float]]:
    return [(each, each) for each in numbers]


TWO_KIDS = {"persons": "size", "children": "kids"}
BY_SIZE = {1: 13_590.0, 2: 18_310.0, 3: 23_030.0, 4: 27_750.0}
BY_WHO = {(1, 0): 1.0, (2, 0): 1.6, (1, 1): 1.4, (3, 0): 2.2, (2, 1): 1.9, (1, 2): 2.3}
OWN = EquivalenceScale(1.0, 0.6, 0.4, age_limit=16, power=0.9)
GROWN_18 = {"adults": "grown", "children": "kids", "children_under": 18}
HOUSEHOLDS: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[float, float]]]] = {
    "as INSEE counts: single, couple, couple with one and two children, one parent, three of 14 or over": (
        {"size": [1, 2, 3, 4, 2, 3], "kids": [0, 0, 1, 2, 1, 0]}, TWO_KIDS, exactly(1.0, 1.5, 1.8, 2.1, 1.3, 2.0)),
    "size alone leaves the ages open: 1 + 0.3 (n - 1) to 1 + 0.5 (n - 1)": ({"size": [1, 2, 5]}, {"persons": "size"},
        [(1, 1), (1.3, 1.5), (2.2, 3.0)]),
    "size is enough where ages play no part": ({"size": [1, 2, 5]}, {"persons": "size", "scale": "square-root"},
        exactly(1, round(2**0.5, 10), round(5**0.5, 10))),
    "three children or more of six persons: three to five": ({"size": [6], "kids": ["3 ou plus"]}, TWO_KIDS,
        [(1 + 5 * 0.3, 1 + 2 * 0.5 + 3 * 0.3)]),
    "two of four persons under 18: none to two under 14": ({"size": [4], "kids": [2]},
        {**TWO_KIDS, "children_under": 18}, [(2.1, 2.5)]),
    "two of four persons under 6: two to three under 14, one adult there is": ({"size": [4], "kids": [2]},
        {**TWO_KIDS, "children_under": 6}, [(1.9, 2.1)]),
    "two of 18 or over and two others, without a size: two to four of 14 or over": ({"grown": [2], "kids": [2]},
        GROWN_18, [(2.1, 2.5)]),
    "two under 18 who live together: one of them at least is an adult of the scale": ({"size": [2], "kids": [2]},
        {**TWO_KIDS, "children_under": 18}, [(1.3, 1.5)]),
    "ages 40, 13 and 14; without a size an empty cell is not a member": ({"a": [40, 40], "b": [13, 13], "c": [14, None]},
        {"ages": ["a", "b", "c"]}, exactly(1.8, 1.3)),
    "ages 40, 13 and 14; with a size an empty cell is a member": ({"a": [40, 40], "b": [13, 13], "c": [14, None],
        "size": [3, 3]}, {"ages": ["a", "b", "c"], "persons": "size"}, [(1.8, 1.8), (1.6, 1.8)]),
    "ages in bands: 10 to 19 does not tell": ({"a": ["20 and over"] * 3, "b": ["under 10", "10 to 19", "20 and over"]},
        {"ages": ["a", "b"]}, [(1.3, 1.3), (1.3, 1.5), (1.5, 1.5)]),
    "a top code that no label says": ({"size": [3, 4]},
        {"persons": "size", "scale": "per-head", "top_codes": {"size": 4}}, [(3, 3), (4, INF)]),
    "poverty guidelines of the United States of 2022, by persons": ({"size": ["1", "3+"]},
        {"persons": "size", "scale": BY_SIZE, "largest": 4}, [(13_590, 13_590), (23_030, 27_750)]),
    "a table need not grow with adults: the dearest of three is one adult with two children": ({"size": [1, 2, 3]},
        {"persons": "size", "scale": BY_WHO}, [(1, 1), (1.4, 1.6), (1.9, 2.3)]),
    "a scale of your own: 1, 0.6, 0.4 from 16, to the power 0.9": ({"a": [40, 40], "b": [15, 16]},
        {"ages": ["a", "b"], "scale": OWN}, exactly(round(1.4**0.9, 10), round(1.6**0.9, 10))),
}  # fmt: skip


@pytest.mark.parametrize("case", HOUSEHOLDS)
def test_units_by_hand(case: str) -> None:
    columns, options, bounds = HOUSEHOLDS[case]
    assert ends(dl.equivalise(homes(**columns), **options)) == bounds


IMPOSSIBLE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"size": [3], "grown": [1], "kids": [1]}, {**TWO_KIDS, "adults": "grown"}),
    ({"size": [1], "a": [40], "b": [41]}, {"persons": "size", "ages": ["a", "b"]}),
    ({"a": [10], "b": [12]}, {"ages": ["a", "b"]}), ({"a": [40], "b": [999]}, {"ages": ["a", "b"]}),
    ({"size": [2], "kids": ["2 or more"]}, TWO_KIDS),
]  # fmt: skip


def test_the_table_of_the_oecd() -> None:
    """As printed in "What are equivalence scales?" (OECD): one adult; two; two with one, two and three children."""
    printed = {
        "per-head": [1, 2, 3, 4, 5], "oecd": [1, 1.7, 2.2, 2.7, 3.2], "oecd-modified": [1, 1.5, 1.8, 2.1, 2.4],
        "square-root": [1, 1.4, 1.7, 2.0, 2.2],
    }  # fmt: skip
    data = homes(grown=[1, 2, 2, 2, 2], kids=[0, 0, 1, 2, 3])
    for scale, units in printed.items():
        found = dl.equivalise(data, scale=scale, adults="grown", children="kids")
        assert found.frame["units"].round(1).tolist() == units
    scale = SCALES["oecd-modified"]
    dated = (
        "equivalence_first_adult",
        "equivalence_other_14_or_over",
        "equivalence_child_under_14",
    )
    assert [scale.first_adult, scale.other_adult, scale.child] == [
        parameter(name).value for name in dated
    ]


def test_what_is_open_pairs_of_columns_and_labels(refused) -> None:
    data = homes(income=[1000.0, 4000.0], size=["1 (just me!)", "4+"])
    found = dl.equivalise(data, "income", persons="size")
    assert ends(found) == [(1, 1), (1.9, INF)]
    assert ends(found, "equivalised") == [(1000, 1000), (0, round(4000 / 1.9, 10))]
    closed = dl.equivalise(data, "income", persons="size", largest=8)
    assert ends(closed) == [(1, 1), (1.9, 4.5)]
    assert ends(closed, "equivalised") == [
        (1000, 1000),
        (round(4000 / 4.5, 10), round(4000 / 1.9, 10)),
    ]
    refused(
        lambda: dl.equivalise(homes(size=["2", "5 or more"]), persons="size", largest=4),
        OptionError,
    )
    # what is answered exactly stands, whatever was declared for the open end
    assert ends(
        dl.equivalise(homes(size=["9", "5+"]), persons="size", largest=6, scale="per-head")
    ) == [(9, 9), (5, 6)]
    # nothing known: one person or more. Size unknown, two children: three persons or more
    data = homes(income=[900.0, 900.0, None], size=[None, None, 1.0], kids=[None, 2, 0])
    found = dl.equivalise(data, "income", persons="size", children="kids", largest=6)
    assert ends(found) == [(1.0, 3.5), (1.6, 3.1), (1.0, 1.0)]
    assert np.isnan(found.frame["equivalised_low"]).tolist() == [False, False, True]
    assert ends(found, "equivalised")[0] == (round(900 / 3.5, 10), 900)
    # not asked: nobody there. Refused: nobody, a child or an adult
    frame = pd.DataFrame({"a": [40.0, 40.0, 40.0], "b": [np.nan, np.nan, 10.0]})
    book = dl.Codebook().described("b", missing={98: "refused", 99: "not asked"})
    codes = MissingCodes((98, 99), np.array([0, 1, -1]))
    data = dl.Microdata(frame, book, {"b": codes})
    assert ends(dl.equivalise(data, ages=["a", "b"])) == [(1.0, 1.5), (1.0, 1.0), (1.3, 1.3)]
    data = homes(least=[3, 4], most=[3, 6], low=[1000.0, 2000.0], high=[2000.0, INF])
    found = dl.equivalise(data, ("low", "high"), persons=("least", "most"), scale="per-head")
    assert ends(found) == [(3, 3), (4, 6)]
    assert ends(found, "equivalised") == [
        (round(1000 / 3, 10), round(2000 / 3, 10)),
        (round(2000 / 6, 10), INF),
    ]
    # -300 over one to three persons: from -300 to -100; an income of zero is zero
    data = homes(income=[-300.0, 0.0], least=[1, 1], most=[3, 3])
    found = dl.equivalise(data, "income", persons=("least", "most"), scale="per-head")
    assert ends(found, "equivalised") == [(-300, -100), (0, 0)]
    # codes from 1; the last stands for five and more in both languages
    values = {
        1: Text("une personne", "one person"),
        2: Text("deux", "two"),
        5: Text("5 et plus", "5 or more"),
    }
    data = dl.Microdata(
        pd.DataFrame({"size": [1, 2, 3, 5]}), dl.Codebook().described("size", values=values)
    )
    found = dl.equivalise(data, persons="size", scale="per-head")
    assert ends(found) == [(1, 1), (2, 2), (3, 3), (5, INF)]


def test_tables_and_households_that_are_refused(refused) -> None:
    refused(
        lambda: dl.equivalise(homes(size=[3]), persons="size", scale={1: 1.0, 2: 1.5}), OptionError
    )
    refused(
        lambda: dl.equivalise(homes(size=["2+"]), persons="size", scale={1: 1.0, 2: 1.5}),
        OptionError,
    )
    data = homes(size=[2.5, -1, 0, 2, 3, 2], kids=[0, 0, 0, 2, 1, 5])
    refused(lambda: dl.equivalise(data, persons="size", children="kids"), OptionError)
    found = dl.equivalise(data, persons="size", children="kids", impossible="drop")
    assert found.frame["units_low"].isna().tolist() == [True, True, True, True, False, True]
    assert "5 impossible households, without units" in found.codebook.steps[-1].words.en
    book = dl.Codebook().described("size", values={5: Text("5 et plus", "5")})
    refused(
        lambda: dl.equivalise(dl.Microdata(pd.DataFrame({"size": [5]}), book), persons="size"),
        OptionError,
    )
    with pytest.raises(OptionError, match="are both `units`"):
        dl.equivalise(homes(size=[1], income=[1.0]), "income", persons="size", into="units")
    lazy = dl.Microdata(pl.LazyFrame({"size": [1]}), dl.Codebook())  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="The answers are not in memory"):
        dl.equivalise(lazy, persons="size")


def test_what_was_assumed_is_written_down() -> None:
    data = homes(income=[1000.0, 4000.0, 700.0], size=["1", "4+", "2"])
    found = dl.equivalise(data, "income", persons="size")
    units, incomes = (step.words for step in found.codebook.steps)
    assert units.en == (
        "units: OECD-modified scale (1 for the first person, 0.5 for each other aged 14 or over, "
        "0.3 for each child "
        "under 14); persons: size (no upper end from 4); ages not known: from no child to all but "
        "one adult; "
        "2 households known by bounds only, 1 of them without an upper one"
    )
    assert units.fr == (
        "units\u00a0: échelle OCDE modifiée (1 pour la première personne, 0,5 par autre personne "
        "de 14 ans ou plus, "
        "0,3 par enfant de moins de 14 ans)\u202f; personnes\u00a0: size (sans limite supérieure à "
        "partir de 4)\u202f; "
        "âges inconnus\u00a0: d’aucun enfant à tous sauf un adulte\u202f; 2 ménages connus par "
        "leurs bornes seules, "
        "dont 1 sans borne supérieure"
    )
    assert incomes.en == "equivalised: income / units; 2 incomes known by bounds only"
    assert (
        incomes.fr
        == "equivalised\u00a0: income / units\u202f; 2 revenus connus par leurs bornes seules"
    )
    assert found.codebook["equivalised_low"].label == Text(
        "Revenu par unité de consommation (échelle\u00a0: OCDE modifiée), au moins",
        "Income per consumption unit (scale: OECD-modified), at least",
    )
    assert found.codebook.reasons["equivalised"] == {"known by its bounds only": 2}
    # the data given are as they were
    assert "units" not in data.frame
    assert data.codebook.steps == ()
    data = homes(income=[3000.0], size=[4], kids=[2])
    asked = {"persons": "size", "children": "kids"}
    first = dl.equivalise(data, "income", **asked)
    second = dl.equivalise(
        first, "income", **asked, scale="square-root", into="by_root", units_into="root"
    )
    assert second.frame[["equivalised", "by_root"]].values.tolist() == [
        [pytest.approx(3000 / 2.1), 1500.0]
    ]
    nobody = np.array([], dtype=float)
    found = dl.equivalise(homes(size=nobody, income=nobody), "income", persons="size")
    assert len(found.frame) == 0
    assert "equivalised_low" in found.frame


COUNTS: dict[tuple[float, float] | None, tuple[str, ...]] = {
    (0, 0): ("aucun enfant", "no children", "Pas d’enfant", "none", "0"),
    (1, 1): ("1 (just me!)", "Just me", "Je vis seule", "I live alone", "personne seule", "une"),
    (4, 4): ("4",), (2.5, 2.5): ("2,5",), (3, INF): ("at least 3", "au moins 3 enfants", "≥ 3"),
    (4, INF): ("4+", "4 +", "4 et plus", "> 3", "minimum 4"), (1500, 1500): ("1,500", "1 500"),
    (5, INF): ("5 ou plus", "5 or more", "5 ou +", "5 personnes ou davantage", "cinq personnes et plus"),
    (6, INF): ("6 and over", "Plus de 5", "more than five people"), (14, INF): ("14 ans et plus",),
    (0, 2): ("moins de 3", "fewer than 3 children", "2 ou moins", "jusqu’à 2"),
    (0, 13): ("moins de 14 ans", "under 14 years old"),
    (3, 4): (*("3-4", "3 – 4 persons", "3 to 4", "de 3 à 4 personnes", "3 ou 4", "between 3 and 4", "entre 3 et 4"),),
    None: ("prefer not to say", "ne sait pas", "many", "3 bedrooms", "5-3", "-1", "", "fewer than 0", "1.500"),
}  # fmt: skip


def test_counts_in_words() -> None:
    assert {words: parse_count(words) for told in COUNTS.values() for words in told} == {
        words: read for read, told in COUNTS.items() for words in told
    }


REFUSED: list[dict[str, Any]] = [
    {}, {"children": "kids"}, {"persons": "sise"}, {"persons": "words"}, {"persons": "yes"},
    {"persons": "size", "scale": "oecd-modifed"}, {"persons": "size", "scale": {}},
    {"persons": "size", "impossible": "keep"}, {"persons": "size", "largest": 0}, {"persons": "size", "largest": 7.5},
    {"persons": "size", "children_under": -3}, {"persons": "size", "units_into": "size"},
    {"persons": "size", "top_codes": {"kids": 3}}, {"persons": ("kids", "size", "size")}, {"persons": ("size", "kids")},
    {"persons": ("size", "words")},
    *({"persons": "size", "income": each} for each in ("words", "endless", ("high", "low"), "incme")),
]  # fmt: skip


NO_SCALES: list[dict[str, Any]] = [
    {"child": 0.0}, {"power": math.nan}, {"table": {1: 1.0, (2, 0): 1.5}}, {"table": {0: 1.0}}, {"table": {1: -1.0}},
    {"table": {(1, 1, 1): 1.0}},
]  # fmt: skip


def test_refusals(refused: Any) -> None:
    data = homes(
        size=[2], kids=[1], words=["a lot"], yes=[True], endless=[INF], low=[1.0], high=[2.0]
    )
    for options in REFUSED:
        refused(lambda o=options: dl.equivalise(data, **o), (OptionError, ColumnError))
    for scale in NO_SCALES:
        refused(lambda scale=scale: EquivalenceScale(**scale), OptionError)
    # members that contradict each other
    for columns, options in IMPOSSIBLE:
        with pytest.raises(OptionError, match="1 of 1 households are impossible"):
            dl.equivalise(homes(**columns), **options)
