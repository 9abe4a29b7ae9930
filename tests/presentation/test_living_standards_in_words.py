"""Living standards and work as a reader sees them: lines, bases, rules, decompositions, both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.presentation.language import interval, terms
from diplab.presentation.layouts.decomposition import decomposition_drawing
from diplab.presentation.layouts.registry import ChartRequest
from diplab.presentation.numbers import form_of
from diplab.reference.parameter import parameter
from diplab.reference.text import Text
from diplab.types import Coverage, Decomposition, Estimates, PopulationFigure, Sample

B, N = "\u00a0", "\u202f"


@pytest.fixture
def sample() -> Sample:
    people = pd.DataFrame({
        "income": [200.0, 600.0, 800.0, 900.0, 1200.0, 1500.0, 1800.0, 4000.0], "age": [70, 30, 40, 66, 20, 50, 80, 35],
        "sex": [1, 2] * 4, "hours": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        "job": ["CDI temps plein", "CDI mi-temps", "retraité", "à son compte"] * 2,
    })  # fmt: skip
    book = Codebook().described("age", label=Text("Âge", "Age"))
    return dl.declare_design(dl.work.main_job(dl.Microdata(people, book), status="job"))


def notes(result: Estimates, language: str) -> dict[str, str]:
    return dict(dl.table(result, language).sheet.notes)  # type: ignore[arg-type]


def test_a_figure_says_the_line_of_a_rate(sample: Sample) -> None:
    rate = dl.estimate(
        sample, dl.arpr("income", threshold=dl.parameter("poverty_threshold_60", 2016))
    )
    words = dl.chart(rate, language="fr").caption.description
    assert (
        f"Seuil{B}: 1{N}026 (2016){N}; seuil en euros par mois et par unité de consommation."
        in words
    )
    words = dl.chart(dl.estimate(sample, dl.arpr("income", fraction=0.5))).caption.description
    assert (
        "Fraction of the median: 0.5; threshold estimated on the whole population under study."
        in words
    )
    assert "raction" not in dl.chart(dl.estimate(sample, dl.mean("income"))).caption.description


def test_conditions_and_full_time_weeks_are_in_words(sample: Sample) -> None:
    asked = dl.relative_median_income_ratio("income", "age >= 65 and sex in [1, 2]")
    shown = dl.table(dl.estimate(sample, asked), "fr").sheet.title
    assert shown == "income et âge ≥ 65 et sex parmi 1, 2\xa0: rapport des revenus médians"
    found = dl.estimate(sample, dl.work.full_time_jobs("hours"))
    assert f"semaine d’un temps plein{B}: 35 heures" in notes(found, "fr")["Règles"]


def test_of_whom_a_share_is(sample: Sample) -> None:
    """71 of 100 holders of a permanent contract are 28 to 88 of 100 respondents."""
    base = Text("titulaires d’un CDI", "holders of a permanent contract")
    published = dl.work.change_base(
        0.71, 0.40, base=base, wider=Text("tous les répondants", "all respondents")
    )
    sentence = (
        f"La part dépend du champ retenu{B}: 71,0{B}% sur le champ «{B}titulaires d’un CDI{B}», "
        f"28,4{B}% à 88,4{B}% sur le champ «{B}tous les répondants{B}»{N}; la citer avec son champ."
    )
    assert notes(published, "fr")["Note"].startswith(sentence)
    assert sentence in dl.chart(published, language="fr").caption.description
    assert notes(published, "fr")["Champ"] == "chaque ligne a son champ"
    mine = notes(dl.work.full_time_complement(sample), "en")["Note"]
    assert mine.startswith(
        "The share depends on its base: 50.0% of “respondents on a permanent contract"
    )
    assert "25.0% to 50.0% of “all respondents”; quote it with its base." in mine
    assert (
        "Except for “at least” and “at most”, rows leave out those whose answer is not known."
        in mine
    )
    by_sex = notes(dl.work.full_time_complement(sample, by="sex"), "en")["Note"]
    assert "Each share holds for its own base only: quote it with its base." in by_sex


def test_respondents_beside_the_population_are_titled(sample: Sample) -> None:
    ours = Coverage(2018, fraction=0.5)
    insee = PopulationFigure(0.08, ours, source=Text.same("INSEE"))
    found = dl.compare_with_population(
        dl.estimate(sample, dl.arpr("income", fraction=0.5)), insee, ours
    )
    assert dl.table(found, "fr").sheet.title == "Répondants et population – Taux de pauvreté"


def test_what_has_no_common_unit_shares_no_axis(refused, sample: Sample) -> None:
    found = dl.work.tasks_to_reach(1288, 0.05, seconds_per_task=60)
    refused(lambda: dl.chart(found), OptionError)
    alone = dl.chart(found.rows(found.frame["statistic"] == "tasks"), language="fr")
    assert f"25{N}760" in alone.caption.description
    assert f"25{N}760,00" not in alone.caption.description
    with pytest.raises(OptionError, match="They are in no unit and in amounts of a variable"):
        dl.chart(dl.estimate(sample, dl.gini("income"), dl.mean("income")))
    assert dl.chart(dl.estimate(sample, dl.gini("income"), dl.theil("income")))


def test_pay_of_an_hour_is_in_cents(sample: Sample) -> None:
    found = dl.estimate(sample, dl.work.hourly_pay("income", "hours", "age", quantiles=()))
    sheet = dl.table(found, "fr").sheet
    assert sheet.title == "Rémunération horaire"
    rows = pd.DataFrame({"estimate": [2.5183], "std_error": [0.0512]})
    assert (
        form_of(found.description_of("hourly_pay_of_people_median"), rows).cell(2.5183, "fr").text
        == "2,52"
    )


def test_brackets_that_turn_away_and_usual_names(sample: Sample) -> None:
    assert interval(1869.0, float("inf"), "fr") == f"[1{N}869{N};{B}∞["
    assert interval(1869.0, float("inf"), "en") == "[1,869, ∞]"
    found = dl.decompose(sample, dl.fgt("income", 1, threshold=1000), "sex")
    assert dl.table(found, "fr").sheet.header[2] == "Indice de pauvreté FGT d’ordre 1"


def decomposed(statistic: object = None) -> Decomposition:
    people = pd.DataFrame({"job": [1, 1, 2, 2, 2], "income": [400.0, 900.0, 500.0, 1500.0, 1700.0]})
    book = dl.Codebook().described(
        "job",
        label=Text("Emploi", "Job"),
        values={1: Text("aucun", "none"), 2: Text("salarié", "employee")},
    )
    sample = dl.declare_design(dl.Microdata(people, book))
    return dl.decompose(sample, statistic or dl.arpr("income", threshold=600), "job")  # type: ignore[arg-type]


def rows_of(shown: object) -> list[list[str]]:
    return [[cell.text for cell in row] for row in shown.sheet.rows]  # type: ignore[attr-defined]


def test_poverty_in_english() -> None:
    """Poor: 1 of 2, 1 of 3; 2/5 of all: 20 % each, a half each."""
    shown = dl.table(decomposed(), language="en")
    assert shown.sheet.title == "At-risk-of-poverty rate – income, decomposed by job"
    assert shown.sheet.header == (
        *("Job", "Population share", "At-risk-of-poverty rate", "Contribution to the index"),
        *("Share of the index", "95% confidence interval", "Respondents", "Remark"),
    )
    lines = rows_of(shown)
    assert [line[:5] for line in lines] == [
        ["none", "40.0%", "50.0%", "20.0%", "50.0%"],
        ["employee", "60.0%", "33.3%", "20.0%", "50.0%"],
        ["All", "100.0%", "40.0%", "40.0%", "100.0%"],
    ]
    assert [line[6] for line in lines] == ["2 *", "3 *", "5 *"]
    assert (
        "sum over groups of their population share times their index"
        in dict(shown.sheet.notes)["Rules"]
    )


def test_inequality_in_french() -> None:
    shown = dl.table(decomposed(dl.theil("income")), language="fr")
    lines = rows_of(shown)
    assert [line[0] for line in lines] == [
        "aucun", "salarié", "À l’intérieur des groupes", "Entre les groupes", "Ensemble",
    ]  # fmt: skip
    assert lines[2][1:3] == ["", ""]
    assert lines[4][4] == "100,0\u00a0%"
    assert "décomposition par emploi" in shown.sheet.title


def test_figure_sets_the_two_shares_side_by_side() -> None:
    figure = dl.chart(decomposed(), language="fr")
    assert figure.caption.title == "Taux de pauvreté – income, décomposition par emploi"
    drawn = decomposition_drawing(decomposed(), ChartRequest()).estimates.frame
    assert drawn["statistic"].tolist() == ["population_share", "contribution_share"] * 2
    assert drawn["job"].tolist() == [1, 1, 2, 2]
    kept = decomposed().rows(decomposed().frame["statistic"] == "contribution_share")
    assert not kept.has_all_parts
    assert [row[1] for row in rows_of(dl.table(kept))] == ["50.0%", "50.0%"]
    assert np.isfinite(kept.covariance).all()


def test_a_group_with_nobody_is_said() -> None:
    people = pd.DataFrame({"job": ["a", "a", "b", "c"], "income": [400.0, 900.0, 500.0, np.nan]})
    made = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=600), "job")
    lines = rows_of(dl.table(made))
    assert lines[2][0] == "c"
    assert lines[2][-1] == "no one"
    assert decomposition_drawing(made, ChartRequest()).estimates.frame["job"].tolist() == [
        "a",
        "a",
        "b",
        "b",
    ]


@pytest.fixture
def complement() -> Estimates:
    answers = ["CDI temps plein", "CDI temps partiel", "CDD temps plein", "retraité", None] * 20
    data = dl.work.main_job(dl.Microdata(pd.DataFrame({"q": answers}), dl.Codebook()), status="q")
    found: Estimates = dl.work.full_time_complement(dl.declare_design(data))
    return found


def test_the_base_is_a_column(complement: Estimates) -> None:
    french, english = (dl.table(complement, language).sheet for language in ("fr", "en"))  # type: ignore[arg-type]
    assert french.header == (
        "Champ", "Estimation", f"Intervalle de confiance à 95{B}%", "Répondants", "Numérateur",
    )  # fmt: skip
    assert english.header == (
        "Base",
        "Estimate",
        "95% confidence interval",
        "Respondents",
        "Numerator",
    )
    assert [row[0].text for row in french.rows] == [
        "tous les répondants, au moins", "tous les répondants, au plus", "temps de travail connu", "en emploi",
        "salariés", "titulaires d’un CDI",
    ]  # fmt: skip
    assert [row[1].text for row in english.rows] == [
        "40.0%",
        "60.0%",
        "50.0%",
        "66.7%",
        "66.7%",
        "50.0%",
    ]
    assert [row[4].text for row in english.rows] == ["40", "60", "40", "40", "40", "20"]


def test_a_number_alone_prints_its_base(complement: Estimates) -> None:
    alone = complement.rows(complement.frame["category"] == "permanent")
    for language, label, words in (
        ("fr", "Champ", "répondants en CDI ou fonctionnaires, dont le temps de travail est connu"),
        (
            "en",
            "Coverage",
            (
                "respondents on a permanent contract (civil servants included) whose working time is "
                "known"
            ),
        ),
    ):
        assert (label, words) in dl.table(alone, language).sheet.notes  # type: ignore[arg-type]


def test_the_figure_names_each_base(complement: Estimates) -> None:
    for language, base in {"fr": "titulaires d’un CDI", "en": "permanent contracts"}.items():
        drawn = dl.chart(complement, "dots", language)  # type: ignore[arg-type]
        assert base in {text.get_text() for text in drawn.axes[0].texts}


def test_rules_and_full_time_equivalents_as_tables() -> None:
    french = dl.table(dl.work.job_rules(), "fr").sheet
    assert french.title == "Règles de l’emploi principal"
    assert [cell.text for cell in french.rows[-1]][1:] == [
        "salarié et à son compte", "toutes", "salarié selon une source, à son compte selon une autre",
        f"indécis{B}: contradictoire",
    ]  # fmt: skip
    english = dl.table(dl.work.job_rules(), "en").sheet
    assert english.notes[0] == (
        "", "In order: status, own words, contract, hours a week; answers that contradict stay undecided."
    )  # fmt: skip
    found = dl.work.full_time_equivalents(260_000, 0.673)
    french = dl.table(found, "fr").sheet
    assert (french.title, french.rows[0][0].text) == ("Équivalents temps plein", f"4{N}999")
    assert ("Règles", f"semaine d’un temps plein{B}: 35 heures") in french.notes


def test_a_comparison_with_the_population() -> None:
    people = pd.DataFrame({"inactive": [1] * 40 + [0] * 160})
    shares = dl.estimate(dl.declare_design(people), dl.share("inactive == 1"))
    found = dl.compare_with_population(
        shares, parameter("inactive_share_15_64", 2018), Coverage(2019, ages=(15, 64))
    )
    french = dl.table(found, "fr").sheet
    assert french.title == "Répondants et population – Part des inactifs de 15 à 64 ans"
    assert french.header == (
        "Répondants", f"Intervalle de confiance à 95{B}%", "Population", "Écart",
        "Intervalle de l’écart", "Rapport", "Intervalle du rapport", "Constat", "Nombre de répondants",
    )  # fmt: skip
    assert [cell.text for cell in french.rows[0]][2:4] == [f"28,1{B}%", f"−8,1{B}points"]
    assert french.rows[0][7].text == "en dessous"
    notes = dict(french.notes)
    assert notes["Champ"] == (
        f"répondants{B}: toutes les personnes de 15 à 64 ans, 2019{N}; "
        f"population{B}: toutes les personnes de 15 à 64 ans, 2018"
    )
    english = dl.table(found, "en").sheet
    assert "population figure taken as known" in dict(english.notes)["Rules"]
    assert "<table" in found._repr_html_()
    verdicts = ["above", "below", "equal", "not told apart", "undefined"]
    verdicts += [f"{side}, without error" for side in ("above", "below", "equal")]
    assert all(f"compared.{each}" in terms() for each in verdicts)
