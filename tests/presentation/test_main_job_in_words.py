"""Rules, bases, full-time equivalents and comparisons with the population, as tables and figures in both languages."""

from __future__ import annotations

import pandas as pd
import pytest

import diplab as dl
from diplab.presentation.terms import terms
from diplab.reference.parameter import parameter
from diplab.types import Coverage, Estimates

NARROW, NO_BREAK = "\u202f", "\u00a0"


@pytest.fixture
def complement() -> Estimates:
    said = ["CDI temps plein", "CDI temps partiel", "CDD temps plein", "retraité", None] * 20
    data = dl.work.main_job(dl.Microdata(pd.DataFrame({"q": said}), dl.Codebook()), status="q")
    found: Estimates = dl.work.full_time_complement(dl.declare_design(data))
    return found


def test_the_base_is_a_column(complement: Estimates) -> None:
    french, english = (dl.table(complement, language).sheet for language in ("fr", "en"))  # type: ignore[arg-type]
    assert french.header == (
        "Champ", "Estimation", f"Intervalle de confiance à 95{NO_BREAK}%", "Répondants", "Dont comptés",
    )  # fmt: skip
    assert english.header == ("Base", "Estimate", "95% confidence interval", "Respondents", "Of whom counted")
    assert [row[0].text for row in french.rows] == [
        "tous les répondants, au moins", "tous les répondants, au plus", "temps de travail connu", "en emploi",
        "salariés", "titulaires d’un CDI",
    ]  # fmt: skip
    assert [row[1].text for row in english.rows] == ["40.0%", "60.0%", "50.0%", "66.7%", "66.7%", "50.0%"]
    assert [row[4].text for row in english.rows] == ["40", "60", "40", "40", "40", "20"]


def test_a_number_alone_prints_its_base(complement: Estimates) -> None:
    alone = complement.rows(complement.frame["category"] == "permanent")
    for language, label, said in (
        ("fr", "Champ", "répondants en CDI ou fonctionnaires, dont le temps de travail est connu"),
        ("en", "Coverage", "respondents on a permanent contract (civil servants included) whose working time is known"),
    ):
        assert (label, said) in dl.table(alone, language).sheet.notes  # type: ignore[arg-type]


def test_the_figure_names_each_base(complement: Estimates) -> None:
    for language, base in {"fr": "titulaires d’un CDI", "en": "permanent contracts"}.items():
        drawn = dl.chart(complement, "dots", language)  # type: ignore[arg-type]
        assert base in {text.get_text() for text in drawn.axes[0].texts}


def test_rules_and_full_time_equivalents_as_tables() -> None:
    french = dl.table(dl.work.job_rules(), "fr").sheet
    assert french.title == "Règles de l’emploi principal"
    assert [cell.text for cell in french.rows[-1]][1:] == [
        "salarié et à son compte", "toutes", "salarié selon une source, à son compte selon une autre",
        f"indécis{NO_BREAK}: contradictoire",
    ]  # fmt: skip
    english = dl.table(dl.work.job_rules(), "en").sheet
    assert english.notes[0] == (
        "", "In order: status, own words, contract, hours a week; answers that contradict stay undecided."
    )  # fmt: skip
    found = dl.work.full_time_equivalents(260_000, 0.673)
    french = dl.table(found, "fr").sheet
    assert (french.title, french.rows[0][0].text) == ("Équivalents temps plein", f"4{NARROW}999")
    assert ("Règles", f"semaine d’un temps plein{NO_BREAK}: 35 heures") in french.notes


def test_a_comparison_with_the_population() -> None:
    people = pd.DataFrame({"inactive": [1] * 40 + [0] * 160})
    shares = dl.estimate(dl.declare_design(people), dl.share("inactive == 1"))
    found = dl.compare_with_population(shares, parameter("inactive_share_15_64", 2018), Coverage(2019, ages=(15, 64)))
    french = dl.table(found, "fr").sheet
    assert french.title == "Répondants et population – Part des inactifs de 15 à 64 ans"
    assert french.header == (
        "Répondants", f"Intervalle de confiance à 95{NO_BREAK}%", "Population", "Écart",
        "Intervalle de l’écart", "Rapport", "Intervalle du rapport", "Constat", "Nombre de répondants",
    )  # fmt: skip
    assert [cell.text for cell in french.rows[0]][2:4] == [f"28,1{NO_BREAK}%", f"−8,1{NO_BREAK}points"]
    assert french.rows[0][7].text == "en dessous"
    notes = dict(french.notes)
    assert notes["Champ"] == (
        f"répondants{NO_BREAK}: toutes les personnes de 15 à 64 ans, 2019{NARROW}; "
        f"population{NO_BREAK}: toutes les personnes de 15 à 64 ans, 2018"
    )
    english = dl.table(found, "en").sheet
    assert "population figure taken as known" in dict(english.notes)["Rules"]
    assert "<table" in found._repr_html_()
    verdicts = ["above", "below", "equal", "not told apart", "undefined"]
    verdicts += [f"{side}, without error" for side in ("above", "below", "equal")]
    assert all(f"compared.{each}" in terms() for each in verdicts)
