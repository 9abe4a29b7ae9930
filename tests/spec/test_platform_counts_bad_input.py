"""What counts of platform workers refuse, in words: names, shares in percent, numbers of another kind.

Whatever is given in place of an argument is answered, or refused in words of ours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.errors import DiplabError
from diplab.reference.parameter import parameter
from diplab.reference.text import NOTHING, Text
from tests.population_support import refused

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = Text.same("x")
ROW = {"platform": "A", "registered": 10.0, "status": "published", "source": "its site"}
MET = pd.DataFrame({"weight": [10.0] * 4, "both": [False, True, True, False]})
KNOWN = pd.DataFrame({"doctors": [2, 1, 4], "riders": [1, 0, 2]})
TREE = pd.DataFrame(
    {"id": [0, 1, 2], "recruiter": [None, 0, 1], "degree": 2, "sex": ["f", "m", "f"]}
)


def circle(
    key: str, size: Any, inside: str | None = None, source: Text = NAME
) -> population.Circle:
    return population.Circle(key, size, NAME, NAME, source, "published", inside)


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([ROW | row for row in rows])


def test_platforms_have_names_sources_and_numbers(error_text: Any) -> None:
    headcount, source = population.headcount, population.Source
    for name in (None, math.nan, pd.NA, "  "):
        error_text(refused(headcount, table({"platform": name})), f"name {name}")
    error_text(refused(source, "", 1, "published", "x"), "name")
    error_text(
        refused(headcount, table({"platform": "Foule  Factory"}, {"platform": "foule factory "})),
        "twice",
    )
    error_text(refused(headcount, table({"source": "  "})), "source")
    assert "no source" in str(refused(source, "A", 1, "published", None))
    for accounts in ("10", None, True, math.nan, -1, math.inf):
        error_text(refused(source, "A", accounts, "published", "x"), f"accounts {accounts}")
    error_text(refused(headcount, table({"registered": True})), "registered")
    error_text(refused(headcount, table({}), True), "multi_homing")
    for share in (35.2, "30%"):
        error_text(refused(headcount, table({"share": share})), f"share {share}")
    for share in ("0.3", None, True, math.nan, -0.1):
        error_text(refused(population.multi_homing_curve, share, [50]), f"curve {share}")
    # the trap: 2 platforms a person are 1 other, and 2 others would be bounds of up to 3 accounts
    every = population.multi_homing([1, 2, 3], sampled="persons")
    error_text(refused(population.multi_homing, every, sampled="one_platform", others=6), "others")


def test_circles_and_prevalences_are_made_of_numbers(error_text: Any) -> None:
    for size in (math.nan, -3, math.inf, "many", None, True):
        error_text(refused(circle, "registered", size), f"size {size}")
    error_text(refused(circle, "registered", 9, None, NOTHING), "source")
    for arguments in ((100, "many"), ("many", 100), (math.nan, 100), (-3, 100), (3, 100, 0)):
        error_text(refused(population.prevalence, *arguments), f"prevalence {arguments}")
    once = population.prevalence(population.two_sample(2775, 2831, 584), 1_000_000)
    error_text(refused(population.prevalence, once, 1_000_000), "once")
    two = [population.two_sample(2775, 2831, 584)] * 2
    error_text(refused(population.combine, two, same_population="no"), "same population")
    error_text(refused(population.scale_up, KNOWN, "riders", 1_000_000, ["doctors"]), "known")
    for seed in ("a", -1, 1.5, True):
        error_text(refused(population.rds, TREE, "sex", seed=seed), f"seed {seed}")
    # numbers of numpy are numbers
    for number in (np.int64(127), np.float32(127)):
        found = population.headcount([population.Source("A", number, "published", "x")])
        assert found.frame["estimate"].item() == pytest.approx(100)


def test_a_size_is_no_number_of_accounts_a_person(error_text: Any) -> None:
    size = population.two_sample(2775, 2831, 584)
    error_text(refused(population.headcount, table({}), size))
    sample = dl.declare_design(pd.DataFrame({"accounts": [1, 2, 3], "w": 1.0}), weights="w")
    assert "or a total" in str(
        refused(population.headcount, table({}), dl.estimate(sample, dl.total("accounts")))
    )
    mean = population.headcount(table({}), dl.estimate(sample, dl.mean("accounts")))
    assert mean.frame["estimate"].item() == pytest.approx(5)
    # the curve is over sizes
    error_text(refused(population.multi_homing_curve, 0.352, ["large"]), "curve")
    assert population.multi_homing_curve(0.352, [0.352, math.inf]).tolist() == [1.352, 1.0]


def test_circles_lead_to_the_largest(error_text: Any) -> None:
    turning = [circle("all", 9), circle("monthly", 3, "active"), circle("active", 3, "monthly")]
    error_text(refused(population.circles, turning), "1")
    error_text(refused(population.circles, [266_126]), "2")
    assert len(population.circles(circle("all", 9))) == 1  # type: ignore[arg-type]
    assert len(population.circles(each for each in [circle("all", 9), circle("in", 3, "all")])) == 2  # type: ignore[arg-type]


def test_a_prevalence_is_as_weak_as_its_population() -> None:
    people = parameter("population_15_64", 2018)
    size = population.circles([circle("all", 266_126)])
    found = population.prevalence(size, people)
    assert found.frame["estimate"].item() == pytest.approx(266_126 / people.value * 10_000)
    assert people.source in found.provenance.source.en
    assert found.provenance.source.en.startswith("x; ")
    assert population.prevalence(size, people.value).provenance.source.en == "x"
    # nobody printed this rate, and a size estimated here stays so
    assert found.provenance.status == "derived"
    assert population.prevalence(size, people.value).provenance.status == "derived"
    estimated = population.prevalence(population.two_sample(2775, 2831, 584), 1_000_000)
    assert estimated.provenance.status == "estimated"
    # the weaker of the two, whichever it is
    weaker = population.headcount([population.Source("A", 127, "inferred", "x")])
    assert population.prevalence(weaker, people).provenance.status == "inferred"


def test_a_frame_holds_its_sample_and_an_error_is_a_number(error_text: Any) -> None:
    for option in ("share_n", "share_error"):
        error = refused(population.multiplier, 1000, 0.3, **{option: "500"})
        assert str(error).startswith(f"`{option}='500'` is not a")
    assert "1.5" in str(refused(population.multiplier, 1000, 0.3, share_n=1.5))
    error_text(refused(population.dual_frame, MET, MET, frame_sizes=(3, 500)))
    plain = population.dual_frame(MET, MET, frame_sizes=(40, 60))
    of_numpy = population.dual_frame(MET, MET, frame_sizes=np.array([40, 60]))  # type: ignore[arg-type]
    assert plain.frame["estimate"].item() == of_numpy.frame["estimate"].item()


def test_bounds_bring_their_probability() -> None:
    met = population.multi_homing([1, 2, 1, 2, 1, 1], sampled="one_platform", confidence=0.9)
    found = population.headcount(table({}), met, confidence=0.95)
    # no number here was widened for 95%
    assert found.provenance.rules["confidence"] == met.provenance.rules["confidence"] == "0.9"
    known = population.multi_homing(0.352, sampled="one_platform")
    assert "confidence" not in population.headcount(table({}), known).provenance.rules


LISTS = population.two_sample(20, 20, 5)
PLATFORMS = pd.DataFrame(
    {
        "platform": ["a", "b"],
        "registered": [1, None],
        "visitors": [2, 3],
        "status": "published",
        "source": "r",
    }
)
SAMPLE = pd.DataFrame({"weight": [1, 2, 1], "both": [True, False, True], "y": [1, 2, 3]})
LINKS = pd.DataFrame({"account": [1, 2], "person": [1, 2], "weight": [1, 1], "links": [1, 1]})
GIVEN: list[Any] = [
    *(None, "x", b"x", [], [1], [1, 2], (1, 2), [None], ["a"], {}, {"A": 1}),
    *(3, -1, math.nan, math.inf, 1e300, True, object()),
    *(np.array([]), np.array([[1, 2]]), pd.Series([1, 2]), pd.DataFrame({"a": [1]})),
    *(PLATFORMS, SAMPLE, LINKS, LISTS),
]
CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[str, ...]]] = [
    (population.multi_homing, ([1, 2],), ("sampled", "weights", "confidence")),
    (
        population.headcount,
        (PLATFORMS,),
        ("multi_homing", "traffic", "measure", "by", "confidence", "draws", "seed"),
    ),
    (population.dual_frame, (SAMPLE, SAMPLE), ("estimator", "y", "weights", "both", "confidence")),
    (population.dual_frame, (SAMPLE, SAMPLE), ("other_weight", "theta", "frame_sizes")),
    (population.weight_share, (LINKS,), ("account", "person", "weight", "held", "size")),
    (population.weight_share(LINKS).total, (), ("y", "confidence")),
    (population.multiplicity, ({"A": 10}, {"A": [1, 1]}), ("confidence",)),
    (population.combine, ([LISTS, LISTS],), ("same_population",)),
]


def answered(call: Callable[..., Any], *arguments: Any, **options: Any) -> bool:
    try:
        call(*arguments, **options)
    except DiplabError as refused:
        rest = [part for part in (refused.found, refused.write) if part]
        return all(part.strip().endswith((".", "”.", "?")) for part in (refused.asked, *rest))
    return True


@pytest.mark.parametrize(
    "given", GIVEN, ids=lambda given: f"{type(given).__name__} {str(given)[:12]!r}"
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_anything_is_answered_or_refused(given: Any) -> None:
    for call, arguments, options in CALLS:
        for place in range(len(arguments)):
            changed = [*arguments[:place], given, *arguments[place + 1 :]]
            assert answered(call, *changed), (call, place)
        for option in options:
            assert answered(call, *arguments, **{option: given}), (call, option)
    for option in ("relative_size", "others", "elsewhere", "confidence"):
        assert answered(population.multi_homing, 0.3, sampled="one_platform", **{option: given}), (
            option
        )
    for sampled in ("persons", "accounts", "one_platform"):
        assert answered(population.multi_homing, given, sampled=sampled), sampled
    assert answered(population.multiplicity, {"A": given}, {"A": [1, 1]})
    assert answered(population.multiplicity, {"A": 10}, {"A": given})
    assert answered(population.combine, [LISTS, given])
    assert answered(population.combine, {"lists": given})
