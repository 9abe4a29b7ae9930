"""Whatever a population size carries (statistics, variables, flags, rules, assumptions) is said in both languages."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.presentation.terms import rule, terms, wording
from diplab.reference.text import LANGUAGES, Text
from tests.recorded_histories import SPINA

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.results.estimates import Estimates

REGISTERED, MONTHLY, PAPER = (Text("inscrits", "registered"), Text("mensuels", "monthly"), Text.same("arXiv 1901"))
CIRCLES = population.circles([
    population.Circle("r", 266_126, REGISTERED, REGISTERED, PAPER, "published"),
    population.Circle("m", 52_337, MONTHLY, MONTHLY, PAPER, "published", "r"),
])  # fmt: skip
PLATFORMS = pd.DataFrame({
    "platform": list("abcdef"), "registered": [100.0, 220, 410, 790, 1650, math.nan],
    "visitors": [10.0, 20, 40, 80, 160, 400], "active": 1.0, "share": [0.5, *[math.nan] * 5],
    "status": "published", "source": "report",
})  # fmt: skip
SAMPLE = pd.DataFrame({"weight": [10.0, 10, 10, 10], "both": [True, False, True, False]})
LINKS = pd.DataFrame({"account": [1, 2], "person": [1, 2], "weight": [1.0, 1], "links": [1, 1]})
LISTS = SPINA.set_axis([*"abc", "persons"], axis=1)
MET = pd.DataFrame([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 1, 1]])
TIMES = pd.DataFrame({
    "times": [1, 2, 1, 3, 1, 2, 5, 1, 1, 2, 1, 1], "age": [20, 30, 40, 50, 60, 25, 35, 45, 55, 65, 33, 44.0],
    "sex": list("fmfmfmfmfmfm"),
})  # fmt: skip
FRIENDS = pd.DataFrame({"doctors": [2, 1, 4], "riders": [1, 0, 2]})
LANGUAGE_FREE = ("diplab", "variance", "formula")
"""Rules whose words are the same in both languages."""


def captures() -> pd.DataFrame:
    draw = np.random.default_rng(2)
    seen = pd.DataFrame((draw.random((60, 3)) < 0.5).astype(int), columns=list("abc"))
    return seen[seen.any(axis=1)].assign(age=draw.integers(18, 60, int(seen.any(axis=1).sum())))


def recruits() -> pd.DataFrame:
    draw = np.random.default_rng(2)
    recruiter = [None, *(int(draw.integers(0, person)) for person in range(1, 60))]
    return pd.DataFrame({"id": range(60), "recruiter": recruiter, "degree": 50, "sex": draw.choice(["f", "m"], 60)})


def windows() -> pd.DataFrame:
    rows = [(900, 800, 80, 0, 60), (900, 850, 70, 0, 120), (800, 850, 79, 60, 120), (900, 820, 61, 0, 180)]
    rows += [(800, 820, 69, 60, 180), (850, 820, 82, 120, 180)]
    return pd.DataFrame(rows, columns=["n1", "n2", "m", "date1", "date2"])


def search(**options: Any) -> Any:
    return population.search_lists(LISTS, "persons", **options)


MAKERS: dict[str, Callable[[], list[Any]]] = {
    "multi_homing": lambda: [
        *(population.multi_homing([1, 2, 1], sampled=each) for each in ("persons", "accounts", "one_platform")),
        *(population.multi_homing(0.8, "one_platform", others=2, elsewhere=each, relative_size=(1, 2))
          for each in ("any", "no_more")),
    ],
    "headcount": lambda: [
        *(population.headcount(PLATFORMS, traffic="visitors", measure=each)
          for each in ("registered", "visitors", "active", ["registered", "active"], ["registered", "visitors"])),
        population.headcount(PLATFORMS, population.multi_homing(0.3, sampled="one_platform"), "visitors"),
        population.headcount(PLATFORMS, traffic="visitors", by="platform"),
    ],
    "frames": lambda: [
        *(population.dual_frame(SAMPLE, SAMPLE, each)
          for each in ("hartley", "fuller_burmeister", "kalton_anderson", "multiplicity")),
        population.dual_frame(SAMPLE, SAMPLE, frame_sizes=(40, 50)),
        population.multiplicity({"A": 10, "B": 8}, {"A": [1, 2], "B": [2, 1]}),
        population.weight_share(LINKS).total(),
    ],
    "two lists": lambda: [
        population.two_sample(948, 421, 167, "bailey"), population.sensitivity(2775, 2831, 584),
        population.combine([population.two_sample(60, 50, 30), population.two_sample(600, 500, 30)]),
    ],
    "counts": lambda: [
        population.sensitivity([120, 60, 25, 10, 3], occasions=29), population.sensitivity([1645, 183, 37, 13, 1, 1]),
        *(population.beta_binomial([120, 60, 25, 10, 3], 29, each) for each in ("likelihood", "moments", "notebook")),
        population.beta_binomial([40, 60, 50, 10, 1], 12),
    ],
    "open populations": lambda: [
        *(population.window_pairs(windows(), 60, each) for each in ("second", "first", "none")),
        population.survival_half_life(population.open_population(MET), 30),
        *(population.open_population(MET, corrected=each) for each in (True, False)),
        population.schnabel(None, [10, 27, 17, 7], [math.nan, 0, 0, 2], released=[10, 27, 17, 7]),
    ],
    "closed": lambda: [
        population.closed(LISTS, "all", count="persons"), population.closed([9, 4, 2, 1], "Mh", occasions=9, up_to=3),
        population.closed([9, 4, 2, 1], "M0", point="multinomial"),
        population.closed(LISTS, "M0", count="persons", bias_corrected=True),
        population.closed([20, 9, 4, 2, 1], "Mh", "normal", occasions=9, nodes=20),
        population.closed([20], "M0", occasions=4),
        *(population.individual("a + b + c ~ age", captures(), each) for each in ("M0", "Mt", "Mb", "Mtb")),
    ],
    "lists": lambda: [
        (whole := search(bootstrap=50, seed=1, heterogeneity="darroch")), whole.average, whole.repeated,
        search(method="stepwise", duplicates="removed"),
        population.lists(LISTS, "persons", "[12,3]", "gamma3.5"),
        *(population.lists(LISTS, "persons", interval=each) for each in ("normal", "log-normal")),
    ],
    "regression": lambda: [
        population.single_source_regression("~ age", TIMES, "times", "one_inflated_poisson", inflation="everyone",
                                            cluster="sex"),
    ],
    "hidden groups": lambda: [
        population.multiplier(500, 0.2, share_n=40), population.multiplier(500, 0.2),
        *(population.scale_up(FRIENDS, "riders", 10**6, {"doctors": 1000}, None, each) for each in ("mle", "pimle")),
        population.scale_up(FRIENDS, "riders", 10**6, estimator="generalised", visibility=[2, 3]),
        dl.estimate(dl.declare_design(FRIENDS), population.scale_up_ratio("riders", "doctors", sizes=[1000])),
        *(population.rds(recruits(), "sex", estimator=each, replicates=20) for each in ("rds_i", "rds_ii")),
    ],
}  # fmt: skip


@pytest.mark.parametrize("method", MAKERS)
def test_everything_a_size_carries_has_words_in_both_languages(method: str) -> None:
    for found in MAKERS[method]():
        for column in ("statistic", "variable", "flag"):
            names = {name for each in found.frame[column] for name in str(each).split(", ") if name}
            columns = {"sex", "riders", "doctors"}  # variables of the data bear their own names
            assert {f"{column}.{name}" for name in names - columns} <= terms().keys()
        for name, value in found.provenance.rules.items():
            bare = name.rpartition(".")[2]
            assert f"rule.{bare}={value}" in terms() or f"rule.{bare}" in terms(), (name, value)
            french, english = rule(name, value, "fr"), rule(name, value, "en")
            assert french != english or bare in LANGUAGE_FREE, (name, value)
            assert not re.search(r"\{\w+\}|^\w+ = ", french + english), (name, value)
        assert found.provenance.base or method == "hidden groups"
        for text in filter(None, (*found.provenance.assumptions, found.provenance.base)):
            assert text.fr != text.en
            assert text.fr.endswith(".")
            assert text.en.endswith(".")
            assert not re.search(r"[ ][:;!?%»]|«[^\u00a0]", text.fr), text.fr
            assert not re.search("[\u00a0\u202f«»’]s? [A-Z]", text.en), text.en
        for language in LANGUAGES:
            assert str(dl.table(found, language=language))


def test_rare_flags_and_rules_have_words() -> None:
    names = """
        boundary|unbounded above|more than degree|degree below recruits|groups apart|no variance|all seen|nobody leaves
        no upper limit|not estimable|nobody met|nobody met again|nobody met before|survival above one|negative entries
        no heterogeneity|too many occasions|not identified|thin stratum|far replicates|repelling lists|influential
        persons left out
    """
    flags = {f"flag.{name.strip()}" for line in names.strip().splitlines() for name in line.split("|")}
    rules = "empty_occasions never_met estimator=jolly_seber_corrected matching=exact first_recaptures=0 edge=series"
    rules += " duplicates_first duplicates_second edge=poisson edge=no_surplus lists_heterogeneity=poisson2"
    rules += " lists_heterogeneity=darroch lists_heterogeneity=gamma3.5"
    intervals = (
        "t", "bootstrap bca", "bootstrap percentile", "profile", "hypergeometric", "poisson", "binomial", "share",
    )  # fmt: skip
    asked = {f"rule.{name}".replace("no_surplus", "no surplus") for name in rules.split()}
    statistics = {f"statistic.{name}" for name in ("schnabel", "schnabel_chapman", "schumacher")}
    assert flags | asked | statistics | {f"rule.interval={each}" for each in intervals} <= terms().keys()


def test_words_of_some() -> None:
    assert wording("flag", "influential", "en") == "one person moves it by more than a standard error"
    assert wording("flag", "persons left out", "fr") == "sans les personnes vues dont une valeur manque"
    framed = population.dual_frame(SAMPLE, SAMPLE, frame_sizes=(40, 50)).provenance.assumptions
    assert len(framed) == 3
    assert "classée" in framed[1].fr


@pytest.mark.parametrize(
    ("found", "keys", "french"),
    [
        (CIRCLES, ["r", "m"], ["inscrits", "mensuels"]),
        (population.prevalence(CIRCLES, 41_519_102), ["r", "m"], ["inscrits", "mensuels"]),
        (
            population.headcount(PLATFORMS.dropna(subset="registered").assign(registered=900, visitors=[50.0] * 5),
                                 measure=["registered", "visitors", "active"]),
            ["registered", "visitors", "active"], ["inscrits", "présents dans le mois", "actifs"],
        ),
    ],
)  # fmt: skip
def test_circles_bear_their_names(found: Estimates, keys: list[str], french: list[str]) -> None:
    assert [row[0].text for row in dl.table(found, "fr").sheet.rows] == french  # type: ignore[attr-defined]
    english = [row[0].text for row in dl.table(found, "en").sheet.rows]  # type: ignore[attr-defined]
    assert english == ["registered", "monthly" if "r" in keys else english[1], *english[2:]]
    assert found.frame["category"].tolist() == keys
