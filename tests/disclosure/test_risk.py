"""The estimated risk of a file: tables worked by hand, distributions integrated, and a population that is known."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.integrate import quad
from scipy.stats import nbinom

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.microdata.disclosure import individual_risk, two_way_counts
from diplab.presentation.language import terms
from diplab.types import DisclosureRisk, Variable

if TYPE_CHECKING:
    from collections.abc import Callable


def microdata(frame: pd.DataFrame) -> dl.Microdata:
    return dl.Microdata(frame, dl.Codebook())


# combinations of sex and town: (1, 1) three times, (1, 2) once, (2, 1) twice, (2, missing) once
SMALL = pd.DataFrame(
    {
        "sex": [1, 1, 1, 1, 2, 2, 2],
        "town": [1.0, 1, 1, 2, 1, 1, np.nan],
        "ill": ["no", "no", "yes", "yes", "no", "no", None],
        "w": [10.0, 20, 30, 10, 0, 40, 0.5],
    }
)


def test_a_small_table_is_counted_by_hand() -> None:
    """Alone: (1, 2) and (2, missing). With k = 3, these and the two of (2, 1) are in small combinations.

    Without town: sex 1 four times, sex 2 three times. Without sex: town 1 five times, 2 and missing
    once each.
    """
    risk = microdata(SMALL).disclosure_risk(["sex", "town"])
    assert risk.frame[["without", "alone", "fewer_than_k"]].to_numpy().tolist() == [
        ["", 2, 4],
        ["town", 0, 0],
        ["sex", 2, 2],
    ]
    assert risk.frame["fall"].tolist()[1:] == [1, 0.5]
    assert math.isnan(risk.fraction)
    assert "reidentified" not in risk.frame


def test_the_diversity_of_sensitive_answers_is_counted_by_hand() -> None:
    """(1, 1) answered no, no, yes; (1, 2) yes; (2, 1) no, no; (2, missing) nothing. Sex 2: no, no and nothing."""
    data = microdata(SMALL)

    def diversity(keys: str | list[str], k: int) -> list[object]:
        return data.disclosure_risk(keys, sensitive="ill", k=k).diversity.to_numpy().tolist()[0]

    assert diversity(["sex", "town"], 3) == ["ill", 1, 0]
    assert diversity(["sex", "town"], 2) == ["ill", 1, 2]
    assert diversity("sex", 3) == ["ill", 1, 2]
    assert data.disclosure_risk("ill", sensitive=["sex", "town"]).diversity[
        "l_diversity"
    ].tolist() == [1, 1]
    silent = microdata(SMALL.assign(ill=np.nan))
    assert silent.disclosure_risk("sex", sensitive="ill").diversity.to_numpy().tolist() == [
        ["ill", 0, 0]
    ]


def test_estimates_of_a_small_table_are_those_worked_by_hand() -> None:
    """p is 3/60, 1/10 and 2/40; the weight 0.5 stands for the respondent at least, whose risk is 1.

    r(f + 1) = (p / q) (1 / f - r(f)), which integration by parts gives. Independence expects 4 x 1
    / 7 of 7 in (1, 2) and 3 x 1 / 7 in (2, missing), of a file that is 7 / 110.5 of the population.
    """
    odds = 0.05 / 0.95
    two = odds - odds**2 * math.log(20)
    three, one = odds * (1 / 2 - two), math.log(10) / 9
    found = microdata(SMALL).disclosure_risk(["sex", "town"], weights="w", threshold=0.2)
    whole = found.frame.iloc[0]
    assert found.fraction == 7 / 110.5
    assert whole["reidentified"] == pytest.approx(3 * three + 2 * two + one + 1, rel=1e-12)
    assert whole["above_threshold"] == 2
    others = [u * (110.5 - 7) / 7 for u in (4 / 7, 3 / 7)]
    assert whole["main"] == pytest.approx(sum((1 - math.exp(-m)) / m for m in others), rel=1e-12)
    assert found.frame["two_way"].tolist() == pytest.approx([math.nan, 0, math.nan], nan_ok=True)


@pytest.mark.parametrize("size", [1, 2, 3, 10, 49, 50, 51, 200, 3000])
@pytest.mark.parametrize("p", [1e-6, 0.004, 0.3, 0.9, 1.0])
def test_the_individual_risk_is_the_mean_of_1_over_f(size: int, p: float) -> None:
    """E(1/F) is the integral over t of the moment generating function at -t: with v = exp(-x / f), that below."""
    (found,) = individual_risk(np.array([size]), np.array([p]))

    def below(x: float) -> float:
        return p * math.exp(-x) / (p + (1 - p) * math.exp(-x / size)) / size

    edges = [0.0, 1, 5, 20, 60, 60 + 20 * size if size < 5 else 200]
    parts = [quad(below, *each, epsabs=0, epsrel=1e-12)[0] for each in pairwise(edges)]
    assert found == pytest.approx(sum(parts), rel=1e-9)
    if 0.3 <= p < 1 and size <= 50:
        unseen = np.arange(2000)
        assert found == pytest.approx(
            (nbinom.pmf(unseen, size, p) / (size + unseen)).sum(), rel=1e-11
        )


def test_two_way_counts_are_those_of_poisson_regression() -> None:
    counts = np.random.default_rng(4).poisson(6.0, (3, 4, 2, 3)) + 1
    cells = (
        pd.DataFrame(list(np.ndindex(counts.shape)), columns=[*"abcd"])
        .astype(str)
        .assign(count=counts.ravel())
    )
    model = sm.GLM.from_formula(
        "count ~ (a + b + c + d) ** 2", cells, family=sm.families.Poisson()
    ).fit(tol=1e-12)
    assert two_way_counts(counts).ravel() == pytest.approx(model.fittedvalues.to_numpy(), abs=1e-4)
    # a pair of categories that nobody has is expected of nobody
    counts[0, 0] = 0
    assert two_way_counts(counts)[0, 0].max() == 0


def known_population(kind: str) -> pd.DataFrame:
    """200,000 people with five keys: independent, or related two by two."""
    draw, people = np.random.default_rng(5), 200_000
    a, b, c = (draw.choice(n, people, p=draw.dirichlet(np.full(n, 2.0))) for n in (12, 20, 15))
    d, e = draw.integers(0, 5, people), draw.integers(0, 2, people)
    if kind == "related":
        c, b = (a + draw.binomial(8, 0.4, people)) % 15, (b + 2 * e) % 20
        d = (d + (draw.random(people) < 0.5) * a) % 5
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "d": d, "e": e})
    return frame.assign(people=frame.groupby([*"abcde"])["a"].transform("size"))


@pytest.mark.parametrize("kind", ["independent", "related"])
def test_in_a_known_population_the_right_model_finds_the_matches(kind: str) -> None:
    """Four samples of 2%: the matches are 1 / F of each respondent alone. docs/privacy.md prints the related ones.

    As Skinner and Shlomo say, too simple a model overestimates them, and too rich a one
    underestimates them a little. The estimate of Benedetti and Franconi, which takes each
    combination by itself, is too low where most are alone.
    """
    population, draw = known_population(kind), np.random.default_rng(6)
    sums = []
    for _ in range(4):
        sample = population[draw.random(len(population)) < 0.02].reset_index(drop=True)
        alone = ~sample.duplicated([*"abcde"], keep=False)
        sample["w"] = len(population) / len(sample)
        found = microdata(sample).disclosure_risk([*"abcde"], weights="w").frame.iloc[0]
        assert found["alone"] == alone.sum()
        true = [(1 / sample["people"][alone]).sum(), (1 / sample["people"]).sum()]
        sums.append([*true, *found[["main", "two_way", "reidentified"]]])
    matches, everybody, main, two_way, reidentified = np.mean(sums, axis=0)
    right = main if kind == "independent" else two_way
    assert right == pytest.approx(matches, rel=0.05)
    assert main > 1.5 * matches if kind == "related" else two_way < matches
    assert 0.3 * everybody < reidentified < 0.8 * everybody


def test_edges_have_a_documented_result() -> None:
    alike = pd.DataFrame({"sex": [1] * 8, "w": [5.0] * 8})
    one_key = microdata(alike).disclosure_risk("sex", weights="w").frame
    assert one_key[["alone", "fewer_than_k", "main"]].to_numpy().tolist() == [[0, 0, 0], [0, 0, 0]]
    (risk,) = individual_risk(np.array([8]), np.array([0.2]))
    assert one_key["reidentified"].tolist() == pytest.approx([8 * risk] * 2)
    assert one_key["fall"][1] == pytest.approx(0, abs=1e-12)
    assert "recode first" not in repr(microdata(alike).disclosure_risk("sex"))
    # amounts: nearly everybody is alone, and they are what to put into classes first
    draw = np.random.default_rng(1)
    amounts = pd.DataFrame({"income": draw.random(400), "sex": draw.integers(0, 2, 400), "w": 30.0})
    found = microdata(amounts).disclosure_risk(["sex", "income"], weights="w").frame
    assert found["alone"].tolist() == [400, 0, 400]
    assert found["without"][1] == "income"
    # words, truth values, dates and categories are keys too; a key named twice is one key
    kinds = SMALL.assign(
        sex=SMALL["sex"].astype("category"), day=pd.Timestamp("2026-01-01"), yes=SMALL["sex"] == 1
    )
    found = microdata(kinds).disclosure_risk(["sex", "town", "day", "yes", "sex"]).frame
    assert found["alone"].tolist() == [2, 0, 2, 2, 2]
    # of more than a million cells, interactions are not fitted
    many = pd.DataFrame(
        {name: np.arange(300) % each for name, each in (("a", 101), ("b", 103), ("c", 107))}
    )
    found = microdata(many.assign(w=9.0)).disclosure_risk(["a", "b", "c"], weights="w").frame
    assert math.isnan(found["two_way"][0])
    assert found["main"][0] > 0


def test_it_is_printed_in_both_languages_without_an_answer_of_anybody() -> None:
    labels = {"town": Variable("town", label=dl.Text("Commune", "Town"))}
    town = ["Paris"] * 3 + ["Xyzzy"] + ["Paris"] * 3
    data = dl.Microdata(SMALL.assign(town=town), dl.Codebook(labels))
    risk = data.disclosure_risk(["sex", "town"], weights="w", sensitive=["ill"])
    assert isinstance(risk, DisclosureRisk)
    for language, title, without, first in (
        ("en", "Estimated risk of re-identification", "without Town", "Recode first: Town."),
        (
            "fr",
            "Risque estimé de réidentification",
            "sans Commune",
            "À recoder d’abord\N{NO-BREAK SPACE}: Commune.",
        ),
    ):
        sheet = dl.table(risk, language).sheet
        assert sheet.title == title
        assert sheet.rows[1][0].text == without
        notes = " ".join(line for _, line in sheet.notes)
        assert first in notes
        assert "ill" in notes
        assert not re.search("anonym|Xyzzy|Paris", f"{sheet} {notes}", re.IGNORECASE)
    assert not re.search(
        "anonym|Xyzzy|Paris", f"{risk}{risk._repr_html_()}{risk.frame}{risk.diversity}"
    )
    assert not any(
        "anonym" in f"{text}".lower() for key, text in terms().items() if key.startswith("risk.")
    )
    unknown = dl.table(data.disclosure_risk(["sex", "town"]), "fr").sheet
    assert unknown.header == (
        "Variables clés",
        "Uniques dans l’échantillon",
        "Combinaison partagée par moins de 3",
        "Baisse",
    )
    assert "Sans pondération" in unknown.notes[0][1]


def test_what_cannot_be_estimated_is_refused(refused: Callable[..., None]) -> None:
    data = microdata(SMALL)
    refused(lambda: data.disclosure_risk([]), OptionError)
    refused(lambda: data.disclosure_risk(["sex", "twon"]), ColumnError)
    refused(lambda: data.disclosure_risk("sex", sensitive="income"), ColumnError)
    refused(lambda: data.disclosure_risk("sex", k=1), OptionError)
    refused(lambda: data.disclosure_risk("sex", threshold=10), OptionError)
    refused(lambda: data.disclosure_risk("sex", weights="ill"), ColumnError)
    refused(lambda: data.disclosure_risk("sex", weights="town"), OptionError)
    refused(lambda: microdata(SMALL.assign(w=1.0)).disclosure_risk("sex", weights="w"), OptionError)
    refused(
        lambda: microdata(SMALL.assign(w=[-1.0, *SMALL["w"][1:]])).disclosure_risk(
            "sex", weights="w"
        ),
        OptionError,
    )
    refused(
        lambda: microdata(SMALL.assign(w=np.inf)).disclosure_risk("sex", weights="w"), OptionError
    )
    refused(lambda: microdata(SMALL.iloc[:0]).disclosure_risk("sex"), OptionError)
    refused(lambda: microdata(SMALL.assign(sex=[[1]] * 7)).disclosure_risk("sex"), ColumnError)
