"""What a reader met in tables and figures that did not say what their numbers are, or which row is which."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.microdata.codebook import Codebook
from diplab.presentation.charts.dots import are_ratios, no_effect
from diplab.presentation.layouts.hypothesis import hypothesis_in_words
from diplab.presentation.writers.text import as_tex
from diplab.reference.text import NARROW
from diplab.results.hypothesis_test import Hypothesis
from diplab.types import Responses, Sample

FIXED = "\u00a0"
JOBS = {1: dl.Text("Temps plein", "Full time"), 2: dl.Text("Sans emploi", "No job")}


CODEBOOK = (
    dl.Codebook()
    .described(
        "sex",
        label=dl.Text("Sexe", "Sex"),
        values={1: dl.Text("Hommes", "Men"), 2: dl.Text("Femmes", "Women")},
    )
    .described("job", label=dl.Text("Emploi", "Job"), values=JOBS)
    .described("hours", label=dl.Text("Heures", "Hours"))
    .described("mail", label=dl.Text("Courriel", "Mail"))
    .described("phone", label=dl.Text("Téléphone", "Phone"))
)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    draw = np.random.default_rng(11)
    return pd.DataFrame({
        "sex": np.tile([1, 2], 40), "job": np.where(np.arange(80) % 9 == 0, np.nan, draw.integers(1, 3, 80)),
        "hours": draw.gamma(3, 4, 80), "mail": draw.integers(0, 2, 80), "phone": draw.integers(0, 2, 80),
    })  # fmt: skip


@pytest.fixture(scope="module")
def sample(people: pd.DataFrame) -> Sample:
    return dl.declare_design(dl.Microdata(people, CODEBOOK))


def words_of(shown: object) -> list[list[str]]:
    return [[cell.text for cell in row] for row in shown.sheet.rows]  # type: ignore[attr-defined]


def test_labels_given_do_not_take_away_those_of_the_result(sample: Sample) -> None:
    """No answer, and the question that columns answer together, are in no file."""
    result = dl.estimate(sample, dl.share("job"), na="keep")
    shown = words_of(dl.table(result, "fr", labels=CODEBOOK))
    assert [row[0] for row in shown] == ["Temps plein", "Sans emploi", "sans réponse"]
    uses = Responses("uses", ["mail", "phone"], label=dl.Text("Usages", "Uses"))
    table = dl.table(dl.crosstab(sample, uses, "sex", shares="column"), "fr", labels=CODEBOOK)
    assert table.sheet.title == "Usages selon le sexe"
    assert [row[0] for row in words_of(table) if row[0]] == ["Courriel", "Téléphone", "Base"]
    counted = dl.table(sample.missing("job"), "fr", labels=CODEBOOK).sheet
    assert [row[0].text for row in counted.rows] == ["a répondu", "sans réponse"]
    assert counted.title == "Réponses et raisons de non-réponse – Emploi"
    assert counted.header == ("Réponse ou raison", "Lignes", "%")
    assert counted.subtitle.startswith(f"Lignes du fichier{FIXED}: ")


def test_reasons_are_rows_and_their_share_of_the_variable() -> None:
    codebook = dl.Codebook(reasons={"pay": {"refused": 1, "not asked": 2}}).described(
        "pay", label=dl.Text("Salaire", "Pay")
    )
    people = pd.DataFrame({"pay": [1.0, None, None, None], "kids": [1.0, 2.0, None, 1.0]})
    counted = dl.Microdata(people, codebook).missing("pay", "kids")
    shown = dl.table(counted, "en").sheet
    assert (shown.title, shown.subtitle) == ("Answers and reasons for none", "Rows of the file: 4")
    assert shown.header == ("Variable", "Answer or reason", "Rows", "%")
    assert [[cell.text for cell in row] for row in shown.rows] == [
        ["Pay", "answered", "1", "25.0%"], ["", "refused", "1", "25.0%"], ["", "not asked", "2", "50.0%"],
        ["kids", "answered", "3", "75.0%"], ["", "no answer", "1", "25.0%"],
    ]  # fmt: skip
    assert dl.chart(counted, language="fr").caption.title == "Réponses et raisons de non-réponse"


def test_quantiles_say_their_share(sample: Sample) -> None:
    asked = (dl.quantile("hours", 0.25), dl.median("hours"), dl.quantile("hours", 0.9))
    found = dl.estimate(sample, *asked)
    assert found.frame["category"].tolist() == [0.25, "", 0.9]
    assert [row[0] for row in words_of(dl.table(found, "fr"))] == [
        "Quantile d’ordre 0,25", "Médiane", "Quantile d’ordre 0,9",
    ]  # fmt: skip
    alone = dl.estimate(sample, dl.quantile("hours", 0.25))
    assert dl.table(alone, "en").sheet.title == "Quantile 0.25 of hours"


def test_a_comparison_is_named_and_drawn_as_one(sample: Sample) -> None:
    by_sex = dl.estimate(sample, dl.mean("hours"), by="sex")
    assert no_effect(by_sex) is None
    for kind, head, line in (("difference", "Différence", 0.0), ("ratio", "Rapport", 1.0)):
        found = dl.contrast(by_sex, {"sex": ("Women", "Men")}, kind=kind)
        shown = dl.table(found, "fr").sheet
        assert (shown.title, shown.header[1]) == (
            f"Heures{FIXED}: moyenne ({head.lower()}) selon le sexe",
            head,
        )
        assert (no_effect(found), are_ratios(found)) == (line, kind == "ratio")


def test_waves_head_their_column(people: pd.DataFrame) -> None:
    waves = {
        name: dl.estimate(dl.declare_design(dl.Microdata(people.copy(), CODEBOOK)), dl.share("job"))
        for name in ("2018", "2021")
    }
    shown = dl.table(dl.contrast(waves, pairwise="holm"), "fr").sheet
    assert shown.title == "Emploi\xa0: part (différence) par vague"
    assert shown.header[0] == "Vague"


def test_margins_are_headed_by_their_variable_and_effects_tell_their_reference(
    sample: Sample,
) -> None:
    fit = dl.regress(sample, "hours ~ C(sex)")
    assert dl.table(dl.predicted_margins(fit, "sex"), "fr").sheet.header[0] == "Sexe"
    apart = dl.contrast(dl.predicted_margins(fit, "sex"), {"sex": ("Women", "Men")})
    assert (
        dl.table(apart, "fr").sheet.title
        == "Valeur prédite moyenne (différence) – Heures selon le sexe"
    )
    effects = dl.table(dl.marginal_effects(fit), "fr", rules="full").sheet
    rules = dict(effects.notes)["Règles"].split(f"{NARROW}; ")
    assert rules[0] == "régression linéaire"
    assert rules[2] == f"modalités de référence{FIXED}: Sexe = Hommes"
    assert rules[-1].startswith("diplab ")
    of_margins = dict(dl.table(dl.predicted_margins(fit, "sex"), "fr").sheet.notes)["Règles"]
    assert "référence" not in of_margins


def test_a_rank_test_says_what_differs(sample: Sample) -> None:
    for score, what in {
        "wilcoxon": "rang moyen",
        "van_der_waerden": "score moyen",
        "median": "part",
    }.items():
        shown = dl.table(dl.rank_test(sample, "hours", "sex", score=score), "fr").sheet
        assert shown.header[0] == f"Différence de {what}"
    several = dl.rank_test(sample.where("hours > 1"), "hours", "job", score="median")
    tex = as_tex(dl.table(several, "fr", title="χ² ± θ, μ").sheet)
    assert r"\caption{$\chi$\textsuperscript{2} $\pm$ $\theta$, $\mu$}" in tex


def test_one_row_and_several_terms_agree_with_their_words() -> None:
    one_row = Hypothesis(kind="rows", count=1, rows=(("mean", "pay"),))
    one = hypothesis_in_words(one_row, "fr", Codebook())
    assert one == f"estimation égale à 0{FIXED}: moyenne de «{FIXED}pay{FIXED}»"
    assert str(one_row) == "the estimate equals 0: mean of pay"
    assert (
        hypothesis_in_words(Hypothesis(kind="rows", count=1, null=1.0), "fr")
        == "estimation égale à 1"
    )
    coefficient = Hypothesis(kind="coefficients", count=1, terms=("age",), formula="pay ~ age")
    assert str(coefficient) == "the coefficient of age is 0 in pay ~ age"
    several = Hypothesis(
        kind="coefficients", count=3, terms=("age", "sex"), formula="pay ~ age + sex"
    )
    both = hypothesis_in_words(several, "fr")
    assert both == (
        f"les 3 coefficients de «{FIXED}age{FIXED}» et «{FIXED}sex{FIXED}» nuls dans pay ~ age + "
        "sex"
    )


def test_respondents_of_imputed_tables_are_those_of_their_bases(people: pd.DataFrame) -> None:
    """Each cell has the respondents of its poorest imputation: their sum is no one's base."""
    samples = []
    for seed in range(3):
        filled = np.random.default_rng(seed).integers(1, 3, 80)
        whole = people.assign(job=people["job"].fillna(pd.Series(filled, dtype=float)))
        samples.append(dl.declare_design(dl.Microdata(whole, CODEBOOK)))
    shown = words_of(dl.table(dl.crosstab(dl.imputed(samples), "sex", "job", shares="row"), "fr"))
    assert [row[-1] for row in shown if row[0]] == ["40", "40", "80"]


INCOMES = """
psu  w income   g
1    1    100   a
2    1    300   a
3    1    500   b
4    1    520   b
5    1    900   b
"""


@pytest.fixture
def incomes(table: Any) -> Any:
    return dl.declare_design(table(INCOMES), weights="w", psu="psu")


def categories(incomes: Any, *asked: Any, **given: Any) -> list[object]:
    found: list[object] = dl.estimate(incomes, *asked, **given).frame["category"].tolist()
    return found


def shown(incomes: Any, language: str, *asked: Any) -> str:
    return " ".join(str(dl.table(dl.estimate(incomes, *asked), language)).split())


def test_a_category_of_one_rate_or_of_fractions(incomes: Any, table: Any) -> None:
    assert categories(incomes, dl.arpr("income"), dl.arpt("income"), dl.gini("income")) == [
        "",
        "",
        "",
    ]
    assert categories(incomes, dl.arpr("income", fraction=0.5)) == [""]
    asked = [
        dl.arpt("income", fraction=0.5),
        dl.arpt("income"),
        dl.arpr("income"),
        dl.arpr("income", threshold=300),
    ]
    assert categories(incomes, *asked) == [0.5, 0.6, "fraction=0.6", "threshold=300"]
    people = table(INCOMES)
    several = dl.imputed(
        [
            dl.declare_design(people.assign(income=people["income"] + add), psu="psu")
            for add in (0, 9)
        ]
    )
    found = dl.estimate(several, *[dl.arpr("income", fraction=each) for each in (0.5, 0.6)])
    assert found.frame["category"].tolist() == [0.5, 0.6]


def test_rates_under_several_fractions_have_the_fraction(incomes: Any) -> None:
    asked = [dl.arpr("income", fraction=each) for each in (0.4, 0.5, 0.6)]
    found = dl.estimate(incomes, *asked, dl.arpt("income"))
    assert found.frame["category"].tolist() == [0.4, 0.5, 0.6, ""]
    assert list(found.frame.columns) == [
        *("statistic", "variable", "category", "estimate", "std_error", "ci_low"),
        *("ci_high", "cv", "deff", "df", "n", "flag"),
    ]
    by_group = dl.estimate(incomes, *asked, by="g").frame
    assert by_group["category"].tolist() == [0.4, 0.4, 0.5, 0.5, 0.6, 0.6]


def test_other_options_are_written_out(incomes: Any) -> None:
    lines = [
        dl.arpr("income"),
        dl.arpr("income", threshold=400),
        dl.arpr("income", threshold="income / 2"),
    ]
    assert categories(incomes, *lines) == ["fraction=0.6", "threshold=400", "threshold=income / 2"]
    schools = [dl.gini("income", convention=each) for each in ("eurostat", "convey")]
    assert categories(incomes, *schools) == ["convention=eurostat", "convention=convey"]
    both = [dl.arpr("income"), dl.arpr("income", fraction=0.5, convention="convey")]
    assert categories(incomes, *both) == [
        "fraction=0.6, convention=eurostat",
        "fraction=0.5, convention=convey",
    ]
    orders = [dl.fgt("income", order, fraction=each) for order in (1, 2) for each in (0.5, 0.6)]
    assert categories(incomes, *orders) == [
        "1, fraction=0.5", "1, fraction=0.6", "2, fraction=0.5", "2, fraction=0.6",
    ]  # fmt: skip
    assert categories(incomes, dl.arpr("income"), dl.arpr("income", interval="wald")) == [
        "interval=logit",
        "interval=wald",
    ]
    orders = [dl.quantile("income", 0.5, rule=rule) for rule in ("math", "hf7")]
    assert categories(incomes, *orders) == ["0.5, rule=math", "0.5, rule=hf7"]
    lines = dl.table(dl.estimate(incomes, *orders), "fr").sheet.rows
    math = "inverse de la fonction de répartition («\xa0math\xa0»)"
    assert [line[0].text for line in lines] == [
        f"règle des quantiles\xa0: {each}" for each in (math, "hf7")
    ]
    assert "quantile d’ordre 0,5" in shown(incomes, "fr", *orders)


def test_a_table_tells_them_in_both_languages(incomes: Any) -> None:
    asked = [dl.arpr("income", fraction=each) for each in (0.5, 0.6)]
    english, french = (shown(incomes, language, *asked) for language in ("en", "fr"))
    assert "50% of the median" in english
    assert "60% of the median" in english
    assert "50 % de la médiane" in french
    assert "60 % de la médiane" in french
    lines = [dl.arpr("income"), dl.arpr("income", threshold=400)]
    english, french = (shown(incomes, language, *lines) for language in ("en", "fr"))
    assert "60% of the median" in english
    assert "threshold: 400" in english
    assert "seuil : 400" in french
    orders = [dl.fgt("income", 1, fraction=each, convention="convey") for each in (0.5, 0.6)]
    assert "FGT poverty index of order 1 – income" in shown(incomes, "en", *orders)
    assert "50% of the median" in shown(incomes, "en", *orders)
    entropy = [dl.atkinson("income", 0.5, convention=each) for each in ("eurostat", "convey")]
    assert "ε = 0,5, définitions du logiciel convey" in shown(incomes, "fr", *entropy)


def test_an_answer_that_looks_like_an_option_is_an_answer(table: Any) -> None:
    """The category of a share is what people answered."""
    people = table("x w\nfraction=0.6 1\nother 1")
    words = str(dl.table(dl.estimate(dl.declare_design(people, weights="w"), dl.share("x")), "en"))
    assert "fraction=0.6" in words
    assert "median" not in words
