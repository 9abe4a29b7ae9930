"""What counts of platform workers refuse, in words: names, shares in percent, numbers of another kind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.errors import DiplabError
from diplab.reference.parameter import parameter
from diplab.reference.text import NOTHING, Text

NAME = Text.same("x")
ROW = {"platform": "A", "registered": 10.0, "status": "published", "source": "its site"}
MET = pd.DataFrame({"weight": [10.0] * 4, "both": [False, True, True, False]})
KNOWN = pd.DataFrame({"doctors": [2, 1, 4], "riders": [1, 0, 2]})
TREE = pd.DataFrame({"id": [0, 1, 2], "recruiter": [None, 0, 1], "degree": 2, "sex": ["f", "m", "f"]})


def refused(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(DiplabError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def circle(key: str, size: Any, inside: str | None = None, source: Text = NAME) -> population.Circle:
    return population.Circle(key, size, NAME, NAME, source, "published", inside)


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([ROW | row for row in rows])


@pytest.mark.parametrize("name", [None, math.nan, pd.NA, "  "])
def test_a_platform_has_a_name(name: object) -> None:
    assert refused(population.headcount, table({"platform": name})) == (
        "A headcount was asked for from a table. One of its rows has no `platform`, so nobody can tell whose accounts "
        "these are. Write the name of each platform."
    )
    assert refused(population.Source, "", 1, "published", "x") == (
        "Accounts were given for a platform named ''. Nobody can tell which platform that is. Write its name."
    )


def test_a_platform_in_other_capitals_is_the_same() -> None:
    assert refused(
        population.headcount, table({"platform": "Foule  Factory"}, {"platform": "foule factory "})
    ) == (
        "2 platforms were given. `Foule  Factory` stands there 2 times, so its accounts would be counted twice. "
        "Write each platform once."
    )


def test_blanks_are_no_source() -> None:
    assert refused(population.headcount, table({"source": "  "})) == (
        "The registered accounts of `A` were given as 10.0. They have no source, so nobody can check them. "
        "Write the document they were read in."
    )
    assert "no source" in refused(population.Source, "A", 1, "published", None)


@pytest.mark.parametrize("accounts", ["10", None, True, math.nan, -1, math.inf])
def test_accounts_are_a_number(accounts: object) -> None:
    assert refused(population.Source, "A", accounts, "published", "x") == (
        f"The accounts of `A` were given as {accounts}. That is no number of accounts, and a platform left out makes "
        "the count too small. Write its accounts, or leave the platform out and say so."
    )


def test_numbers_of_numpy_are_numbers() -> None:
    for number in (np.int64(127), np.float32(127)):
        found = population.headcount([population.Source("A", number, "published", "x")])
        assert found.frame["estimate"].item() == pytest.approx(100)


def test_true_is_no_number_of_accounts() -> None:
    assert refused(population.headcount, table({"registered": True})).startswith(
        "The registered accounts of `A` were given as True."
    )
    assert refused(population.headcount, table({}), True).startswith("`multi_homing` was given as 'True'.")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (
            35.2,
            (
                "The share of `A` in the country was given as 35.2. It is a share of the accounts of the platform, "
                "from 0 to 1; it looks like a percentage. Write 0.352."
            ),
        ),
        (
            "30%",
            (
                "The share of `A` in the country was given as 30%. It is a share of the accounts of the platform, "
                "from 0 to 1. Write a number from 0 to 1, and leave it empty where the figures are of the country "
                "already."
            ),
        ),
    ],
)
def test_a_share_in_percent(share: object, said: str) -> None:
    assert refused(population.headcount, table({"share": share})) == said


def test_a_size_is_no_number_of_accounts_a_person() -> None:
    size = population.two_sample(2775, 2831, 584)
    assert refused(population.headcount, table({}), size) == (
        "`multi_homing` was given as an estimate. It is a number of persons or a total, and no number of accounts a "
        "person. Write what `multi_homing(...)` estimated, or a mean of accounts."
    )
    sample = dl.declare_design(pd.DataFrame({"accounts": [1, 2, 3], "w": 1.0}), weights="w")
    assert "or a total" in refused(population.headcount, table({}), dl.estimate(sample, dl.total("accounts")))
    mean = population.headcount(table({}), dl.estimate(sample, dl.mean("accounts")))
    assert mean.frame["estimate"].item() == pytest.approx(5)


def test_all_platforms_are_not_the_others() -> None:
    # the trap: 2 platforms a person are 1 other, and 2 others would be bounds of up to 3 accounts
    every = population.multi_homing([1, 2, 3], sampled="persons")
    assert refused(population.multi_homing, every, sampled="one_platform", others=6) == (
        "The mean number of other platforms was given as an estimate of `multi_homing_persons`. That counts all "
        "platforms of a person, the one of the meeting included. Write an estimate of the others, as "
        "`dl.estimate(sample, dl.mean('others'))`, or the numbers themselves."
    )


@pytest.mark.parametrize("share", ["0.3", None, True, math.nan, -0.1])
def test_the_curve_takes_a_share(share: object) -> None:
    assert refused(population.multi_homing_curve, share, [50]) == (
        f"`share_second` was given as {share!r}. It is a share. Write a number from 0 to 1."
    )


def test_the_curve_over_sizes() -> None:
    assert refused(population.multi_homing_curve, 0.352, ["large"]) == (
        "`relative_size` was given as \"['large']\". It is the accounts on the second platform over those on the "
        "first. Write one number or several, such as `[0.5, 1, 2]`."
    )
    assert population.multi_homing_curve(0.352, [0.352, math.inf]).tolist() == [1.352, 1.0]


@pytest.mark.parametrize("size", [math.nan, -3, math.inf, "many", None, True])
def test_a_circle_has_a_size(size: object) -> None:
    assert refused(circle, "registered", size) == (
        f"The circle `registered` was given a size of {size!r}. That is no number of persons. "
        "Write how many persons are inside, zero or more."
    )


def test_a_circle_has_a_source() -> None:
    assert refused(circle, "registered", 9, None, NOTHING) == (
        "The circle `registered` was given a size of 9. It has no source, so nobody can check it. "
        "Write the document it was read in."
    )


def test_circles_lead_to_the_largest() -> None:
    turning = [circle("all", 9), circle("monthly", 3, "active"), circle("active", 3, "monthly")]
    assert refused(population.circles, turning) == (
        "The circle `monthly` was placed in `active`. From there one comes back to it, and never to the largest "
        "circle. Write in `nested_in` the next larger circle."
    )
    assert refused(population.circles, [266_126]) == (
        "Circles were asked for. One of them is no `Circle` but of type `int`. Write a `Circle` for each number, or "
        "`headcount(..., measure=[...])` for a table of platforms."
    )
    assert len(population.circles(circle("all", 9))) == 1  # type: ignore[arg-type]
    assert len(population.circles(each for each in [circle("all", 9), circle("in", 3, "all")])) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            (100, "many"),
            (
                "`population` was given as 'many'. A prevalence is made of numbers. "
                "Write a number for `population`."
            ),
        ),
        (
            ("many", 100),
            "`sizes` was given as 'many'. A prevalence is made of numbers. Write a number for `sizes`.",
        ),
        (
            (math.nan, 100),
            (
                "`sizes` was given as nan. It is a number of persons, zero or more. "
                "Write how many persons there are."
            ),
        ),
        (
            (-3, 100),
            (
                "`sizes` was given as -3. It is a number of persons, zero or more. "
                "Write how many persons there are."
            ),
        ),
        (
            (3, 100, 0),
            "`per` was given as 0. It is a number of inhabitants, above 0. Write for example `per=10_000`.",
        ),
    ],
)
def test_a_prevalence_is_made_of_numbers(arguments: tuple[Any, ...], said: str) -> None:
    assert refused(population.prevalence, *arguments) == said


def test_a_prevalence_is_of_persons_and_only_once() -> None:
    once = population.prevalence(population.two_sample(2775, 2831, 584), 1_000_000)
    assert refused(population.prevalence, once, 1_000_000) == (
        "A prevalence was asked for. The estimates are of `prevalence`, and not of numbers of persons. "
        "Write population sizes, as the functions of `dl.population` return them."
    )


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


def test_same_population_is_said_in_one_way() -> None:
    two = [population.two_sample(2775, 2831, 584)] * 2
    assert refused(population.combine, two, same_population="no") == (
        "`same_population` was given as 'no'. It is True or False. "
        "Write `same_population=True` if they count the same people."
    )


@pytest.mark.parametrize("option", ["share_n", "share_error"])
def test_the_error_of_a_share_is_a_number(option: str) -> None:
    assert refused(population.multiplier, 1000, 0.3, **{option: "500"}).startswith(
        f"`{option}` was given as '500'. It says how sure the share is."
    )
    assert "1.5" in refused(population.multiplier, 1000, 0.3, share_n=1.5)


def test_known_groups_have_sizes() -> None:
    assert refused(population.scale_up, KNOWN, "riders", 1_000_000, ["doctors"]) == (
        "`known` was given as a list. Degrees need the size of each group, and not its name alone. "
        "Write the column and the size of each group, as in `{'doctors': 230_000}`."
    )


@pytest.mark.parametrize("seed", ["a", -1, 1.5, True])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    for call in (population.rds_i, population.rds_ii):
        assert refused(call, TREE, "sex", seed=seed) == (
            f"`seed` was given as {seed!r}. It is a whole number from 0. Write `seed=1`, say."
        )


def test_a_frame_holds_its_sample() -> None:
    assert refused(population.dual_frame, MET, MET, frame_sizes=(3, 500)) == (
        "A frame of 3 persons was given for the first sample. It has 4 respondents, which is more. "
        "Write in `frame_sizes` the persons of each whole frame, the first one first."
    )
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
