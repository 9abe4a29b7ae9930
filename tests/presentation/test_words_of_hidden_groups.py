"""What sizes of hidden groups carry (statistics, rules, flags, assumptions) is said in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import Microdata
from diplab.presentation.terms import rule, terms

if TYPE_CHECKING:
    from diplab.results.estimates import Estimates

FLAGS = (
    "boundary",
    "unbounded above",
    "more than degree",
    "degree below recruits",
    "groups apart",
    "no variance",
)


def captures() -> pd.DataFrame:
    draw = np.random.default_rng(2)
    seen = pd.DataFrame((draw.random((60, 3)) < 0.5).astype(int), columns=list("abc"))
    return seen[seen.any(axis=1)].assign(age=draw.integers(18, 60, int(seen.any(axis=1).sum())))


def recruits() -> pd.DataFrame:
    draw = np.random.default_rng(2)
    recruiter = [None, *(int(draw.integers(0, person)) for person in range(1, 60))]
    return pd.DataFrame(
        {"id": range(60), "recruiter": recruiter, "degree": 50, "sex": draw.choice(["f", "m"], 60)}
    )


def friends() -> pd.DataFrame:
    return pd.DataFrame({"doctors": [2, 1, 4], "riders": [1, 0, 2]})


def results() -> list[Estimates]:
    sample = dl.declare_design(friends())
    return [
        *(
            population.individual("a + b + c ~ age", captures(), model)  # type: ignore[arg-type]
            for model in ("M0", "Mt", "Mb", "Mtb")
        ),
        population.multiplier(500, 0.2, share_n=40),
        population.multiplier(500, 0.2),
        *(
            population.scale_up(friends(), "riders", 10**6, {"doctors": 1000}, estimator=estimator)  # type: ignore[arg-type]
            for estimator in ("mle", "pimle")
        ),
        population.scale_up(friends(), "riders", 10**6, estimator="generalised", visibility=[2, 3]),
        dl.estimate(sample, population.scale_up_ratio("riders", "doctors", sizes=[1000])),
        population.rds(recruits(), "sex", replicates=20, estimator="rds_i"),
        population.rds(recruits(), "sex", replicates=20, estimator="rds_ii"),
    ]


def test_statistics_rules_and_assumptions_have_words() -> None:
    for found in results():
        for statistic in found.frame["statistic"]:
            assert f"statistic.{statistic}" in terms()
        for name, value in found.provenance.rules.items():
            bare = name.rpartition(".")[2]
            assert f"rule.{bare}={value}" in terms() or f"rule.{bare}" in terms(), name
            french, english = rule(name, value, "fr"), rule(name, value, "en")
            assert not re.search(r"\{\w+\}|^\w+ = ", french + english)
        for text in (*found.provenance.assumptions, found.provenance.base):
            if not text:
                continue
            assert text.fr != text.en
            assert not re.search(r"[ ][:;!?%»]|«[^\u00a0]", text.fr), text.fr
            assert not re.search("[\u00a0\u202f«»’]s? [A-Z]", text.en), text.en


@pytest.mark.parametrize("flag", FLAGS)
def test_flags_have_words(flag: str) -> None:
    assert f"flag.{flag}" in terms()


def test_tables_can_be_made_of_them() -> None:
    for found in results():
        for language in ("fr", "en"):
            assert str(dl.table(found, language=language))  # type: ignore[arg-type]


def test_microdata_bring_their_file_and_whether_they_are_invented() -> None:
    book = Codebook(origin=Origin(file="people.sav", synthetic=True))
    for found in (
        population.individual("a + b + c ~ age", Microdata(captures(), book)),
        population.scale_up(Microdata(friends(), book), "riders", 10**6, {"doctors": 1000}),
        population.rds(Microdata(recruits(), book), "sex", replicates=0, estimator="rds_ii"),
    ):
        assert found.provenance.source.en == "people.sav"
        assert found.provenance.synthetic
