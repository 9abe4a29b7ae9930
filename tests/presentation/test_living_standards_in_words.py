"""Living standards as a reader sees them: the line with the rate, of whom a share is, and no axis of two units."""

from __future__ import annotations

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.presentation.language import interval
from diplab.presentation.numbers import form_of
from diplab.reference.text import Text
from diplab.types import Coverage, Estimates, PopulationFigure, Sample

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
    rate = dl.estimate(sample, dl.arpr("income", threshold=dl.parameter("poverty_threshold_60", 2016)))
    said = dl.chart(rate, language="fr").caption.description
    assert f"Seuil{B}: 1{N}026 (2016){N}; seuil en euros par mois et par unité de consommation." in said
    said = dl.chart(dl.estimate(sample, dl.arpr("income", fraction=0.5))).caption.description
    assert "Fraction of the median: 0.5; threshold estimated on the whole population under study." in said
    assert "raction" not in dl.chart(dl.estimate(sample, dl.mean("income"))).caption.description


def test_conditions_and_full_time_weeks_are_in_words(sample: Sample) -> None:
    asked = dl.relative_median_income_ratio("income", "age >= 65 and sex in [1, 2]")
    shown = dl.table(dl.estimate(sample, asked), "fr").sheet.title
    assert shown == "Rapport des revenus médians – income, Âge ≥ 65 et sex parmi 1, 2"
    found = dl.estimate(sample, dl.work.full_time_jobs("hours"))
    assert f"semaine d’un temps plein{B}: 35 heures" in notes(found, "fr")["Règles"]


def test_of_whom_a_share_is(sample: Sample) -> None:
    """71 of 100 holders of a permanent contract are 28 to 88 of 100 respondents."""
    base = Text("titulaires d’un CDI", "holders of a permanent contract")
    published = dl.work.change_base(0.71, 0.40, base=base, wider=Text("tous les répondants", "all respondents"))
    sentence = (
        f"La part dépend de qui l’on compte{B}: 71,0{B}% sur le champ «{B}titulaires d’un CDI{B}», "
        f"28,4{B}% à 88,4{B}% sur le champ «{B}tous les répondants{B}»{N}; la citer avec son champ."
    )
    assert notes(published, "fr")["Note"].startswith(sentence)
    assert sentence in dl.chart(published, language="fr").caption.description
    assert notes(published, "fr")["Champ"] == "chaque ligne a son champ"
    mine = notes(dl.work.full_time_complement(sample), "en")["Note"]
    assert mine.startswith("The share depends on whom one counts: 50.0% of “respondents on a permanent contract")
    assert "25.0% to 50.0% of “all respondents”; quote it with its base." in mine
    assert "But for “at least” and “at most”, rows leave out those whose answer is not known." in mine
    by_sex = notes(dl.work.full_time_complement(sample, by="sex"), "en")["Note"]
    assert "Each share holds for its own base only: quote it with its base." in by_sex


def test_respondents_beside_the_population_are_titled(sample: Sample) -> None:
    ours = Coverage(2018, fraction=0.5)
    insee = PopulationFigure(0.08, ours, source=Text.same("INSEE"))
    found = dl.compare_with_population(dl.estimate(sample, dl.arpr("income", fraction=0.5)), insee, ours)
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
    assert sheet.title == "Paie horaire"
    rows = pd.DataFrame({"estimate": [2.5183], "std_error": [0.0512]})
    assert form_of(found.description_of("hourly_pay_of_people_median"), rows).cell(2.5183, "fr").text == "2,52"


def test_brackets_that_turn_away_and_usual_names(sample: Sample) -> None:
    assert interval(1869.0, float("inf"), "fr") == f"[1{N}869{N};{B}∞["
    assert interval(1869.0, float("inf"), "en") == "[1,869, ∞]"
    found = dl.decompose(sample, dl.fgt("income", 1, threshold=1000), "sex")
    assert dl.table(found, "fr").sheet.header[2] == "Indice de pauvreté FGT d’ordre 1"
