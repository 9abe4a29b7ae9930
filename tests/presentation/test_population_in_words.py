"""What people read of population sizes: whole persons, whom they count, models by name; all that a size carries."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import Microdata
from diplab.presentation.language import rule, terms, wording
from diplab.presentation.notes import indicative_warning, notes_of_chart
from diplab.presentation.size_words import head_of_persons, of_one_population
from diplab.reference.text import LANGUAGES, Text
from diplab.results.estimates import Provenance
from tests.recorded_histories import NETHERLANDS as COUNTS
from tests.recorded_histories import SPINA as LISTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.presentation.charts.dots import Dots
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

NARROW, NO_BREAK = "\u202f", "\u00a0"
FRIENDS = pd.DataFrame({"doctors": [2, 1, 4], "riders": [1, 0, 2]})
LINKS = pd.DataFrame(
    {
        "account": [1, 2, 3],
        "person": ["a", "b", "b"],
        "weight": [10.0, 9.0, 8.0],
        "links": [1, 2, 2],
    }
)


def histories() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    chance = rng.beta(2, 6, size=400)[:, None] * np.ones(5)
    met = (rng.random((400, 5)) < chance).astype(int)
    return pd.DataFrame(met[met.sum(axis=1) > 0], columns=[f"day{place}" for place in range(1, 6)])


@cache
def every_model() -> Any:
    return population.closed(histories(), "all")


def captures() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "times": rng.geometric(0.6, 300),
            "age": rng.integers(18, 60, 300),
            "sex": rng.choice(["f", "m"], 300),
        }
    )


def recruits() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({
        "id": range(60), "recruiter": [None, None, *(int(rng.integers(0, place)) for place in range(2, 60))],
        "degree": rng.integers(15, 40, 60), "sex": rng.choice(["f", "m"], 60),
    })  # fmt: skip


def met() -> pd.DataFrame:
    found = pd.DataFrame(
        {"a": [1, 0, 0, 1, 0], "b": [0, 1, 1, 1, 0], "c": [1, 1, 0, 0, 1], "d": [1, 0, 1, 0, 1]}
    )
    return found.assign(persons=[5, 8, 4, 6, 7])


def sheet(result: Any, language: Language = "fr") -> Any:
    return dl.table(result, language).sheet  # type: ignore[attr-defined]


def texts(result: Any, head: str, language: Language = "fr") -> list[str]:
    shown = sheet(result, language)
    return [row[shown.header.index(head)].text for row in shown.rows]


def note(result: Any, label: str, language: Language = "fr") -> str:
    return dict(sheet(result, language).notes).get(label, "")


BETA = population.beta_binomial([120, 90, 60, 30, 10], 5)
OPENED = population.open_population(met(), count="persons")


def drawn_of(result: Any) -> Dots:
    return dl.chart(result, language="fr").chart  # type: ignore[return-value]


def test_persons_met_on_lists_are_not_respondents() -> None:
    seen = [
        population.two_sample(60, 50, 30),
        population.single_source(COUNTS),
        BETA,
        population.schnabel([0, 10, 37, 54], [10, 27, 17, 7], [0, 0, 0, 2]),
    ]
    asked = [
        population.multiplier(5000, 0.2, share_n=400),
        population.multiplicity({"A": 1000, "B": 600}, {"A": [1, 1, 2, 2], "B": [2, 2, 1, 1]}),
        population.weight_share(LINKS).total(),
        population.multi_homing([1, 1, 2, 4]),
    ]
    assert all("Personnes vues" in sheet(each).header for each in seen)
    assert all("Répondants" in sheet(each).header for each in asked)
    both = population.combine(
        [population.two_sample(60, 50, 30), population.multiplier(50, 0.5, share_n=90)]
    )
    assert head_of_persons(both) == "met"  # type: ignore[arg-type]
    assert texts(both, "Personnes vues ou interrogées")[-1] == "n.d."


def test_few_persons_seen_are_no_few_respondents() -> None:
    few = population.two_sample(4, 4, 3)
    assert (
        note(few, "Note")
        == "* Moins de 10 personnes vues\u00a0: à contrôler avant toute diffusion."
    )
    words = notes_of_chart(few, None, None, small=True).note
    assert words.en == "* Fewer than 10 persons seen: check before release."
    asked = notes_of_chart(population.multi_homing([1, 2]), None, None, small=True).note
    assert asked.en == "* Fewer than 10 respondents: check before release."


def test_persons_are_whole_whatever_the_method() -> None:
    # 10/1 + 9/2 + 8/2 = 18.5
    assert texts(population.weight_share(LINKS).total(), "Estimation") == ["19"]
    shown = list(zip(texts(OPENED, "Statistique"), texts(OPENED, "Estimation"), strict=True))
    assert not any("," in each for statistic, each in shown if statistic != "Part encore présente")
    assert ("Part encore présente", "1,21") in shown


def test_what_a_statistic_counts_is_not_said_twice() -> None:
    assert sheet(OPENED).header[:2] == ("Statistique", "Modalité")
    assert (
        sheet(population.multi_homing([1, 2, 2])).title
        == "Comptes par personne (échantillon de personnes)"
    )
    assert sheet(BETA).title == "Taille de la population"
    # a half-life without an upper end is so many days or more
    half = population.survival_half_life(OPENED, 30)
    assert sheet(half).title == "Demi-vie en jours"
    assert texts(half, f"Intervalle de confiance à 95{NO_BREAK}%") == ["97 ou plus"]
    (dot,) = drawn_of(half).rows
    assert (dot.low, dot.high) == (pytest.approx(96.6, abs=0.1), np.inf)


def test_bounds_are_headed_as_bounds() -> None:
    assert "Bornes" in sheet(population.multi_homing(0.352, "one_platform")).header
    ranged = population.combine(
        [population.two_sample(60, 50, 30), population.single_source(COUNTS)]
    )
    assert f"Intervalle de confiance à 95{NO_BREAK}%" in sheet(ranged).header


def test_groups_and_strata_are_not_the_same_data_under_other_hypotheses() -> None:
    strata = pd.concat([LISTS.assign(sex="f"), LISTS.assign(sex="m")])
    by = population.lists(strata, "persons", "[1,23]", by="sex")
    groups = population.single_source_regression(
        "~ age", captures(), "times", "geometric", by="sex"
    )
    for found in (by, groups):
        assert not of_one_population(found)
        assert "additionnent" not in note(found, "Note")
    models = every_model()
    assert of_one_population(models)
    assert "Les lignes sont les mêmes données" in note(models, "Note")
    pair = [population.single_source(COUNTS, "poisson"), population.two_sample(900, 800, 80)]
    ranged = note(population.combine(pair), "Note")
    assert "Les lignes sont des réponses différentes à une même question" in ranged
    assert "Les lignes sont les mêmes données" not in ranged
    assert "bornes, et non intervalle de confiance" in ranged


def test_groups_of_a_regression_of_captures() -> None:
    found = population.single_source_regression("~ age", captures(), "times", "poisson", by="sex")
    assert sheet(found).title == "Poisson tronquée en zéro – taille de la population par sex"
    assert texts(found, "Modalité") == ["ensemble", "f", "m"]
    assert "Déviance" not in sheet(found).header
    assert not any("," in each for each in texts(found, "Estimation"))
    # sizes below the bound are hollow, groups too
    assert found.frame["flag"].str.contains("below bound").all()
    assert all(dot.hollow for dot in drawn_of(found).rows)


def test_a_model_that_has_no_answer_does_not_forbid_the_chart_of_its_bound() -> None:
    found = population.single_source_regression(
        "~ 1", captures(), "times", "one_inflated_geometric"
    )
    assert found.frame["statistic"].tolist() == ["one_inflated_geometric", "chao"]
    assert np.isnan(found.frame["estimate"].iloc[0])
    assert "Sans estimation ponctuelle" in dl.chart(found, language="fr").caption.description  # type: ignore[attr-defined]


def test_rates_name_their_models_and_what_they_are_given_for() -> None:
    rates = population.prevalence(every_model(), 1e6, per=100)
    assert sheet(rates).title == "Prévalence (pour 100 personnes)"
    assert texts(rates, "Modèle")[0] == "hétérogénéité de Chao"
    assert not {"0,00", "0"} & set(texts(rates, "Erreur type"))
    drawn = drawn_of(rates)
    assert drawn.axis.fr == "pour 100 personnes"
    assert [dot.hollow for dot in drawn.rows].count(True) == 4
    one = population.prevalence(population.single_source(COUNTS), 1e6)
    assert (
        sheet(one).title == f"Borne inférieure de Chao – prévalence (pour 10{NARROW}000 personnes)"
    )


def test_rules_hold_no_program_words() -> None:
    het = note(population.lists(LISTS, "persons", heterogeneity="darroch"), "Règles")
    assert "listes indépendantes, hétérogénéité de Darroch" in het
    assert f"listes{NO_BREAK}: 1 = hospital, 2 = death, 3 = school" in het
    one = note(population.closed(histories(), "Mth", "gamma3.5"), "Règles")
    assert f"modèles de capture{NO_BREAK}: Mth (hétérogénéité gamma (3,5))" in one
    every = note(every_model(), "Règles")
    assert every.startswith("un modèle de capture par ligne")
    beta = note(BETA, "Règles")
    assert f"α et β{NO_BREAK}: 1,38238{NARROW}; 3,24846" in beta
    found = population.multiplier(5000, 0.2, share_n=400)
    wide = dict(dl.table(found, "fr", rules="full").sheet.notes)["Règles"]
    assert "intervalle calculé sur le logarithme" in wide
    for words in (het, one, every, beta, wide):
        assert not re.search(r"darroch|gamma3\.5|\d\.\d| = (True|None)", words)


def test_contradictory_assumptions_are_said_to_be_of_different_rows() -> None:
    contradict = "elles se contredisent d’une ligne à l’autre"
    every = dict(dl.table(every_model(), "fr", rules="full").sheet.notes)["Hypothèses"]
    assert contradict in every
    assert every.index("Population fermée") < every.index(contradict) < every.index("Avoir été vu")
    pair = [population.single_source(COUNTS), population.two_sample(900, 800, 80)]
    combined = dl.table(population.combine(pair), "fr", rules="full").sheet
    assert contradict in dict(combined.notes)["Hypothèses"]
    assert contradict not in note(population.closed(histories(), "Mt"), "Hypothèses")


def test_shares_of_recruited_groups_are_percentages_and_nobody_volunteered() -> None:
    for estimator in ("rds_i", "rds_ii"):
        found = population.rds(recruits(), "sex", replicates=20, estimator=estimator)  # type: ignore[arg-type]
        assert all(re.fullmatch(rf"\d+,\d{NO_BREAK}%", each) for each in texts(found, "Estimation"))
        words = "Échantillon recruté de proche en proche"
        assert note(found, "Note").startswith(words)
        assert notes_of_chart(found, None, None, small=False).note.fr.startswith(words)
        assert indicative_warning(Provenance(indicative=True), "en").startswith("Opt-in sample")


def test_a_bound_is_not_called_a_bound_twice_beside_its_dot() -> None:
    drawn = drawn_of(population.sensitivity(COUNTS))
    assert drawn.rows[0].label.fr.strip("\u00a0") == "Borne inférieure de Chao"
    below = next(dot.label.fr for dot in drawn.rows if dot.hollow)
    assert below.endswith("contredit par la borne)")


def test_bounds_of_one_family_have_names_that_tell_them_apart() -> None:
    counts = {1: 120, 2: 60, 3: 25, 4: 10}
    names = ("chao", "chao_bc", "chao_t", "chao1", "chao1_bc", "chao2", "chao2_bc", "ichao")
    for language in LANGUAGES:
        titles = {
            sheet(population.single_source(counts, name, occasions=9), language).title  # type: ignore[arg-type]
            for name in names
        }
        assert len(titles) == len(names)
    shown = sheet(population.single_source(counts, "chao2", occasions=9)).title
    assert shown.startswith("Borne inférieure Chao2 (occasions en nombre fini)")


def test_invented_data_stay_invented() -> None:
    met_then = histories()[["day1", "day2", "day3"]]
    frames = {
        "histories": histories(), "early": met_then[met_then.sum(axis=1) > 0], "met": met(), "recruits": recruits(),
        "pairs": pd.DataFrame([(90, 80, 8, 0, 60), (90, 85, 7, 0, 120), (80, 85, 9, 60, 120)],
                              columns=["n1", "n2", "m", "date1", "date2"]),
    }  # fmt: skip

    def counted(book: Codebook) -> list[Any]:
        data = {
            name: Microdata(each, book)
            for name, each in (frames | {"lists": LISTS, "links": LINKS}).items()
        }
        return [
            population.closed(data["histories"]),
            population.lists(data["lists"], "persons"),
            population.search_lists(data["lists"], "persons"),
            population.open_population(data["met"], count="persons"),
            population.survival_half_life(
                population.open_population(data["met"], count="persons"), 30
            ),
            population.window_pairs(data["pairs"]),
            population.weight_share(data["links"]).total(),  # type: ignore[arg-type]
            population.individual("day1 + day2 + day3 ~ 1", data["early"]),
            population.rds(data["recruits"], "sex", replicates=0, estimator="rds_ii"),
            population.scale_up(Microdata(FRIENDS, book), "riders", 10**6, {"doctors": 1000}),
        ]

    for found in counted(Codebook(origin=Origin(file="invented.csv", synthetic=True))):
        assert found.provenance.synthetic
        assert found.provenance.source.en == "invented.csv"
        assert note(found, "Statut") == "synthétique"
        assert note(found, "Note").startswith("Données synthétiques")
    for found in counted(Codebook(origin=Origin(file="real.csv"))):
        assert (note(found, "Statut"), note(found, "Source")) == ("", "real.csv")


def test_statistics_of_samples_say_what_they_assume() -> None:
    friends = pd.DataFrame(
        {"doctors": [2, 1, 4], "riders": [1, 0, 2], "platforms": [1, 2, 2], "w": [1.0, 2.0, 1.0]}
    )
    sample = dl.declare_design(friends, weights="w")  # type: ignore[attr-defined]
    size = dl.estimate(sample, population.scale_up_ratio("riders", "doctors", sizes=[2_000]))  # type: ignore[attr-defined]
    assert "autant de relations que les autres" in note(size, "Hypothèses")
    for sampled, words in (("persons", "quel que soit le nombre"), ("accounts", "autant de fois")):
        accounts = dl.estimate(sample, population.multi_homing("platforms", sampled))  # type: ignore[attr-defined]
        assert words in note(accounts, "Hypothèses")
    plain = dl.estimate(sample, dl.mean("platforms"))  # type: ignore[attr-defined]
    assert note(plain, "Hypothèses") == ""


def test_a_size_below_a_bound_is_printed_with_that_bound() -> None:
    one = population.lists(LISTS, "persons", "[1,23]")
    found = population.search_lists(LISTS, "persons")
    bound = population.single_source(COUNTS).frame["estimate"].item()
    for each in (one, found):
        assert "below bound" in each.frame["flag"].iloc[0]
        assert float(each.provenance.rules["lower_bound"]) > each.frame["estimate"].iloc[0]
    poisson = population.single_source(COUNTS, "poisson")
    assert float(poisson.provenance.rules["lower_bound"]) == round(bound)
    assert f"borne inférieure des mêmes données{NO_BREAK}: 9{NARROW}274" in note(poisson, "Règles")
    assert "lower_bound" not in population.lists(LISTS, "persons", "[12,23]").provenance.rules
    assert "lower_bound" not in population.single_source(COUNTS, "geometric").provenance.rules


def test_two_results_of_one_method_are_told_apart() -> None:
    pair = [
        population.two_sample(60, 50, 30),
        population.two_sample(90, 40, 30),
        population.single_source(COUNTS),
    ]
    found = population.combine(pair)
    assert found.frame[["statistic", "category"]].to_numpy().tolist() == [
        ["chao", ""], ["chapman", "1"], ["chapman", "2"], ["range_points", ""], ["range", ""],
    ]  # fmt: skip
    named = population.combine({"one": pair[0], "other": pair[1]})
    assert named.frame["category"].tolist() == ["one", "other", "", ""]


REGISTERED, MONTHLY, PAPER = (
    Text("inscrits", "registered"),
    Text("mensuels", "monthly"),
    Text.same("arXiv 1901"),
)
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
MET = pd.DataFrame([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 1, 1]])
TIMES = pd.DataFrame({
    "times": [1, 2, 1, 3, 1, 2, 5, 1, 1, 2, 1, 1], "age": [20, 30, 40, 50, 60, 25, 35, 45, 55, 65, 33, 44.0],
    "sex": list("fmfmfmfmfmfm"),
})  # fmt: skip
LANGUAGE_FREE = ("diplab", "variance", "formula")
"""Rules whose words are the same in both languages."""


def on_occasions() -> pd.DataFrame:
    draw = np.random.default_rng(2)
    seen = pd.DataFrame((draw.random((60, 3)) < 0.5).astype(int), columns=list("abc"))
    return seen[seen.any(axis=1)].assign(age=draw.integers(18, 60, int(seen.any(axis=1).sum())))


def windows() -> pd.DataFrame:
    rows = [
        (900, 800, 80, 0, 60),
        (900, 850, 70, 0, 120),
        (800, 850, 79, 60, 120),
        (900, 820, 61, 0, 180),
    ]
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
        population.closed([20, 9, 4, 2, 1], "Mh", "normal", occasions=9),
        population.closed([20], "M0", occasions=4),
        *(population.individual("a + b + c ~ age", on_occasions(), each) for each in ("M0", "Mt", "Mb", "Mtb")),
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
    flags = {
        f"flag.{name.strip()}" for line in names.strip().splitlines() for name in line.split("|")
    }
    rules = "empty_occasions never_met estimator=jolly_seber_corrected matching=exact first_recaptures=0 edge=series"
    rules += " duplicates_first duplicates_second edge=poisson edge=no_surplus lists_heterogeneity=poisson2"
    rules += " lists_heterogeneity=darroch lists_heterogeneity=gamma3.5"
    intervals = (
        "t", "bootstrap bca", "bootstrap percentile", "profile", "hypergeometric", "poisson", "binomial", "share",
    )  # fmt: skip
    asked = {f"rule.{name}".replace("no_surplus", "no surplus") for name in rules.split()}
    statistics = {f"statistic.{name}" for name in ("schnabel", "schnabel_chapman", "schumacher")}
    assert (
        flags | asked | statistics | {f"rule.interval={each}" for each in intervals}
        <= terms().keys()
    )


def test_words_of_some() -> None:
    assert (
        wording("flag", "influential", "en")
        == "one person changes it by more than one standard error"
    )
    assert (
        wording("flag", "persons left out", "fr")
        == "sans les personnes vues dont une valeur manque"
    )
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
