"""Tests, plans and regressions as a reader sees them, in French and in English."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.presentation.language import terms
from diplab.presentation.layouts.hypothesis import hypothesis_in_words, sentence_of_test
from diplab.presentation.notes import Notes
from diplab.presentation.numbers import p_value_cell
from diplab.reference.text import LANGUAGES, NOTHING, Text
from diplab.results.estimates import Provenance
from diplab.results.hypothesis_test import Hypothesis, Test

if TYPE_CHECKING:
    from diplab.types import Sample

FIXED, NARROW, MINUS = "\u00a0", "\u202f", "\u2212"
INF, NAN = float("inf"), float("nan")


def in_french(text: str) -> str:
    """Write a French text with its no-break spaces: `_` for the wide one, `'` for the narrow one."""
    return text.replace("_", FIXED).replace("'", NARROW).replace("-", MINUS)


BOOK = (
    Codebook()
    .described("pay", label=Text("Salaire horaire", "Hourly pay"))
    .described("before", label=Text("Salaire d'avant", "Pay before"))
    .described(
        "sex",
        label=Text("Sexe", "Sex"),
        values={"f": Text("femmes", "women"), "m": Text("hommes", "men")},
    )
    .described(
        "region",
        label=Text("Région", "Region"),
        values={1: Text("Nord", "North"), 2: Text("Sud", "South"), 3: Text("Est", "East")},
    )
    .described(
        "poor",
        label=Text("Pauvreté", "Poverty"),
        values={"y": Text("oui", "yes"), "n": Text("non", "no")},
    )
)


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Seventy-two people in twenty-four workplaces; one has no pay."""
    draw = np.random.default_rng(11)
    n = 72
    people = pd.DataFrame({
        "sex": draw.choice(["f", "m"], n), "region": draw.choice([1.0, 2.0, 3.0], n), "before": draw.gamma(4, 3, n),
        "kids": draw.poisson(1.2, n).astype(float), "job": draw.choice(["none", "part", "full"], n),
        "place": np.arange(n) // 3, "w": draw.uniform(1, 3, n),
    })  # fmt: skip
    people["pay"] = people["before"] + draw.normal(1, 2, n) + 2 * (people["sex"] == "m")
    people.loc[4, "pay"] = np.nan
    people["poor"] = np.where(
        draw.uniform(size=n) < 1 / (1 + np.exp(people["before"] / 6 - 2)), "y", "n"
    )
    return dl.declare_design(Microdata(people, BOOK), weights="w", psu="place")


def test_a_test_is_one_line(printed_words: dict[str, Any]) -> None:
    for name, value, df, p, *expected in printed_words["tests"]:
        lines = [
            sentence_of_test(Test(name, value, tuple(df), p, "anything"), language)
            for language in LANGUAGES
        ]
        assert [lines[0], lines[1].replace(FIXED, " ")] == expected


def test_no_p_value_is_printed_as_certain() -> None:
    for p in (0.0, 1e-300, 0.0009999, 0.001, 0.0005, 0.9994, 0.9995, 0.99999):
        shown = p_value_cell(p, "en").text
        assert shown not in ("0.000", "1.000")
        assert float(re.sub(r"[^\d.]", "", shown)) > 0


def test_a_hypothesis_in_words(printed_words: dict[str, Any]) -> None:
    for each in printed_words["hypotheses"]:
        facts = {name: _as_tuple(value) for name, value in each["facts"].items()}
        tested = Hypothesis(**facts)
        assert [hypothesis_in_words(tested, language, BOOK) for language in LANGUAGES] == each[
            "words"
        ]
    assert [hypothesis_in_words("something else", language, BOOK) for language in LANGUAGES] == [
        "something else"
    ] * 2


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def made_on(sample: Sample) -> list[Test]:
    by_region = dl.estimate(sample, dl.mean("pay"), by="region")
    of_tables = ("rao_scott_f", "rao_scott_chi2", "wald", "adjusted_wald")
    return [
        dl.t_test(sample, "pay", "sex"), dl.t_test(sample, "pay", mu=10),
        dl.t_test(sample, "pay", paired_with="before"), dl.t_test(sample, "pay", "sex", mu=2),
        *(dl.rank_test(sample, "pay", "sex", score=score) for score in ("wilcoxon", "median")),
        dl.rank_test(sample, "pay", "region", score="van_der_waerden"), dl.rank_test(sample, "pay", "region"),
        *(dl.crosstab(sample, "region", "poor", test=name).tests[0] for name in of_tables),
        dl.crosstab(sample, "region", "poor", by="sex").tests[0], dl.wald_test(dl.contrast(by_region, pairwise="holm")),
        dl.term_test(dl.regress(sample, "pay ~ before + C(region)"), "region"),
    ]  # fmt: skip


def test_every_test_has_a_translated_hypothesis_and_a_table(sample: Sample) -> None:
    for test in made_on(sample):
        french = hypothesis_in_words(test.tested, "fr", BOOK)
        assert not re.search(r"\b(of|equal|over|independent|minus|where|are)\b", french), french
        assert f"test.{test.name}" in terms()
        for language in LANGUAGES:
            sheet = dl.table(test, language, labels=BOOK).sheet
            assert len(sheet.rows) == 1
            assert len(sheet.header) == len(sheet.rows[0])
            assert not any("=" in name or "_" in name for name in sheet.header)
            assert test.name not in sheet.title.split(":")[0].split(",")
            assert not any("n/a" in cell.text or "n.d." in cell.text for cell in sheet.rows[0])
    # a test is not said to have the interval of its estimates
    (test,) = dl.crosstab(sample, "region", "poor").tests
    rules = dict(dl.table(test, "en", rules="full").sheet.notes)["Rules"]
    assert "interval" not in rules
    assert "Holm" not in rules


def test_the_table_of_a_t_test(sample: Sample) -> None:
    means = {
        "difference": 3.6288,
        "mean_first": 10.8817,
        "mean_second": 14.5105,
        "std_error": 1.6509,
    }
    values = {"statistic": 2.1981, "df": (18.0,), "p_value": 0.0413, "n": 71}
    ends = {"ci_low": 0.1605, "ci_high": 7.0971}
    test = replace(dl.t_test(sample, "pay", "sex"), **values, estimates=means | ends)
    shown = dl.table(test, "fr", labels=BOOK)
    assert shown.sheet.title == in_french(
        "Test t_: même moyenne de «_Salaire horaire_» dans les groupes de «_Sexe_» "
        "(différence_: «_hommes_» moins «_femmes_»)"
    )
    assert shown.sheet.header == (
        f"Moyenne{FIXED}: femmes", f"Moyenne{FIXED}: hommes", "Différence", f"Intervalle de confiance à 95{FIXED}%",
        "t", "Degrés de liberté", "Valeur p", "Répondants",
    )  # fmt: skip
    texts = [cell.text for cell in shown.sheet.rows[0]]
    assert texts == [
        "10,9",
        "14,5",
        "3,6",
        f"[0,2{NARROW};{FIXED}7,1]",
        "2,20",
        "18",
        "0,041",
        "71",
    ]
    assert ("Valeurs manquantes", f"Salaire horaire{FIXED}: 1") in shown.sheet.notes
    english = dl.table(test, "en", labels=BOOK, decimals=2)
    assert [cell.text for cell in english.sheet.rows[0]][:4] == [
        "10.88",
        "14.51",
        "3.63",
        "[0.16, 7.10]",
    ]
    assert english.sheet.rows[0][2].number == 3.6288


def test_titles_of_ones_own_and_pairs_in_notes() -> None:
    test = Test(
        "t",
        1.0,
        (5.0,),
        0.36,
        Hypothesis(kind="mean_value", variable="pay"),
        provenance=Provenance(rules={"df": "design"}),
    )
    shown = dl.table(
        test, "fr", title=Text("Salaires", "Pay"), notes=Notes(unit=Text("en euros", "in euros"))
    )
    assert (shown.sheet.title, shown.sheet.subtitle) == ("Salaires", "en euros")
    assert shown.sheet.notes[0] == ("Hypothèse testée", in_french("moyenne de «_pay_» égale à 0"))
    provenance = Provenance(missing={"pay - before": 2, "sex × region": 1}, source=NOTHING)
    test = Test(
        "t", 1.0, (5.0,), 0.36, Hypothesis(kind="mean_value", variable="pay"), provenance=provenance
    )
    words = dict(dl.table(test, "fr", labels=BOOK).sheet.notes)["Valeurs manquantes"]
    assert words == in_french("Salaire horaire - Salaire d’avant_: 2'; Sexe × Région_: 1")


def test_tests_and_plans_show_themselves_in_a_notebook_and_print_as_lines(sample: Sample) -> None:
    test = dl.t_test(sample, "pay", "sex")
    assert "<table" in test._repr_html_()
    assert "t test: mean of Hourly pay equal across Sex" in test._repr_html_()
    # print says it in the same words, one number below the other
    lines = [" ".join(line.split()) for line in repr(test).splitlines()]
    assert lines[0].startswith("t test: mean of Hourly pay equal across Sex (difference: ")
    assert f"t {test.statistic:.2f}".replace("-", "−") in lines
    assert f"Respondents {test.n}" in lines
    assert "Test: independence (Rao-Scott, second order): F(1, " in repr(
        dl.crosstab(sample, "sex", "poor")
    )
    small = Test("rao_scott_f", 79.99, (2.0, 193.5), 1e-20, "x x y independent")
    assert [line.split() for line in str(small).splitlines()[-1:]] == [
        ["79.99", "2,", "193.50", "<", "0.001"]
    ]
    assert "n/a" in str(Test("wald", NAN, (0.0, 13.0), NAN, "x x y independent"))
    plan = dl.planning.sample_size("share", margin=0.03)
    assert "Size and precision: a share" in plan._repr_html_()
    assert repr(plan).startswith("1,068 respondents to know a share of 50% within ±3 points")
    plan = dl.planning.sample_size(
        "share_difference", share=(0.4, 0.5), power=0.9, response_rate=0.3
    )
    assert str(plan) == (
        "519 respondents in each group to detect a difference between 40% and 50%, with 90% power "
        "and 95% confidence; "
        "3,460 people to contact if 30% answer.\nn = 519, contacts = 3460"
    )


def test_the_tables_of_plans() -> None:
    plan = dl.planning.sample_size(
        "share", margin=0.03, deff=1.5, response_rate=0.4, population=14_903
    )
    french = dl.table(plan, "fr").sheet
    assert french.title == f"Taille et précision{FIXED}: une part"
    assert french.header == ("Grandeur", "Valeur")
    assert [tuple(cell.text for cell in row) for row in french.rows] == list({
        "Répondants": f"1{NARROW}446", "Personnes à solliciter": f"3{NARROW}615",
        "Marge d’erreur": f"±{FIXED}3,0{FIXED}points", "Niveau de confiance": f"95{FIXED}%",
        "Part attendue": f"50{FIXED}%", "Effet de plan": "1,5", "Population": f"14{NARROW}903",
        "Taux de réponse": f"40{FIXED}%",
    }.items())  # fmt: skip
    assert french.notes == (("Lecture", plan.sentence("fr")),)
    means = dl.planning.sample_size(
        "mean_difference", spread=(10.0, 12.0), power=0.9, difference=2.5
    )
    english = dl.table(means, "en", notes=Notes(reading=Text("Ainsi.", "Thus."))).sheet
    assert [tuple(cell.text for cell in row) for row in english.rows] == list({
        "Respondents in each group": "411", "Respondents in all": "822", "Margin of error": "±1.51",
        "Confidence level": "95%", "Power": "90%", "Difference to detect": "2.5", "Standard deviation (1)": "10",
        "Standard deviation (2)": "12",
    }.items())  # fmt: skip
    assert english.notes == (("Reading note", "Thus."),)
    shares = dl.table(
        dl.planning.sample_size("share_difference", share=(0.5, 0.4), power=0.8), "fr"
    ).sheet
    lines = {row[0].text: row[1].text for row in shares.rows}
    assert lines["Différence à détecter"] == f"10,0{FIXED}points"
    assert (lines["Part attendue (1)"], lines["Part attendue (2)"]) == (
        f"50{FIXED}%",
        f"40{FIXED}%",
    )


FIT = ("Goodness of fit", "Qualité de l’ajustement")


def heads(sheet: Any, place: int = 0) -> list[str]:
    """Return the heads of lines, down to those that say how well a model fits."""
    fit = (at for at, row in enumerate(sheet.rows) if any(cell.text in FIT for cell in row))
    return [row[place].text.strip(FIXED) for row in sheet.rows[: next(fit, None)]]


def test_terms_stand_under_their_variable_with_its_reference(sample: Sample) -> None:
    fit = dl.regress(sample, "pay ~ before + sex * C(region)")
    french = dl.table(fit, "fr", rules="full").sheet
    assert french.title == "Régression linéaire du salaire horaire"
    assert french.header == (
        "Terme",
        "Coefficient",
        f"Intervalle de confiance à 95{FIXED}%",
        "Valeur p",
        "Répondants",
    )
    assert [row[0].text.replace(FIXED * 4, "> ") for row in french.rows[:10]] == [
        "Constante", "Salaire d’avant", f"Sexe (référence{FIXED}: femmes)", "> hommes",
        f"Région (référence{FIXED}: Nord)", "> Sud", "> Est", "Sexe × Région", "> hommes × Sud", "> hommes × Est",
    ]  # fmt: skip
    assert [cell.text for cell in french.rows[2][1:]] == ["", "", "", ""]
    shown = [row[1].number for row in french.rows[:10] if row[1].text]
    assert shown == fit.frame["estimate"].tolist()
    rules = dict(french.notes)["Règles"]
    assert "régression linéaire" in rules
    assert f"formule{FIXED}: pay ~ before + sex * C(region)" in rules


def test_the_reference_that_was_chosen_is_named(sample: Sample) -> None:
    fit = dl.regress(sample, "poor == 'y' ~ C(region, Treatment('East'))", family="binomial")
    english = dl.table(fit, "en", rules="full").sheet
    assert english.title == "Logistic regression – Poverty = yes"
    assert heads(english) == ["Constant", "Region (reference: East)", "North", "South"]
    # the answer by its label, and without the code that chose the reference: it is named beside the
    # variable
    assert "formula: poor == 'y' ~ C(region, Treatment('East'));" in dict(english.notes)["Rules"]


def test_lines_of_models_without_a_constant_or_of_several_answers(sample: Sample) -> None:
    shown = dl.table(dl.regress(sample, "pay ~ 0 + C(region)"), "en").sheet
    assert heads(shown) == ["Region", "North", "South", "East"]
    shown = dl.table(dl.regress(sample, "region ~ before", family="ordinal"), "fr").sheet
    assert heads(shown) == [
        "Salaire d’avant",
        "Seuils entre les réponses",
        "Nord | Sud",
        "Sud | Est",
    ]
    sheet = dl.table(dl.regress(sample, "region ~ sex", family="multinomial"), "en").sheet
    assert sheet.title == "Multinomial logistic regression – Region"
    assert sheet.header[:2] == ("Region (reference: North)", "Term")
    assert heads(sheet) == ["South", "", "", "East", "", ""]
    assert heads(sheet, 1) == ["Constant", "Sex (reference: women)", "men"] * 2


def test_ratios_and_contrasts_are_headed_as_what_they_are(sample: Sample) -> None:
    odds = dl.table(
        dl.effect_ratios(dl.regress(sample, "poor == 'y' ~ before + sex", family="binomial")), "fr"
    ).sheet
    assert odds.header[1] == "Rapport de cotes"
    assert "Constante" not in heads(odds)
    rates = dl.effect_ratios(dl.regress(sample, "kids ~ before + sex", family="poisson"))
    assert dl.table(rates, "en").sheet.header[1] == "Rate ratio"
    fit = dl.regress(sample, "pay ~ C(region)")
    sheet = dl.table(dl.contrast(fit, {"Sud - Est": {2.0: 1, 3.0: -1}}), "en").sheet
    assert len(sheet.rows) == 1
    assert "Term" not in sheet.header


def test_effects_on_a_share_are_in_points_and_margins_in_per_cent(sample: Sample) -> None:
    fit = dl.regress(sample, "poor == 'y' ~ before + sex", family="binomial")
    marginal = dl.marginal_effects(fit)
    effects = dl.table(marginal, "fr").sheet
    assert effects.title == "Effet marginal moyen – Pauvreté = oui"
    # the variable and its reference stand as in the table of the regression, over the line of its
    # category
    assert heads(effects) == ["Salaire d’avant", f"Sexe (référence{FIXED}: femmes)", "hommes"]
    # the unit is in the title of the column, so that digits align
    assert effects.header[:2] == ("Terme", "Effet marginal moyen (points)")
    assert not any("point" in text for text in heads(effects, 1))
    margins = dl.table(dl.predicted_margins(fit, "sex"), "fr").sheet
    assert margins.title == "Part prédite moyenne – Pauvreté = oui selon le sexe"
    assert heads(margins) == ["femmes", "hommes"]
    assert all(text.endswith(f"{FIXED}%") for text in heads(margins, 1))
    assert "Valeur p" not in margins.header
    linear = dl.table(dl.marginal_effects(dl.regress(sample, "pay ~ before + sex")), "fr").sheet
    assert not any("point" in text for text in heads(linear, 1))
    assert linear.header[1] == "Effet marginal moyen"
    # on the chart, the line that names a variable and its reference has no value
    shown = {f"{text}{FIXED}points" for text in heads(dl.table(marginal, "en").sheet, 1) if text}
    assert len(shown) == 2
    assert shown <= {text.get_text() for text in dl.chart(marginal, language="en").axes[0].texts}


def test_effects_on_several_answers_have_a_block_each(sample: Sample) -> None:
    """The variable was in no title and no header: its category stood alone."""
    fit = dl.regress(sample, "region ~ before + sex", family="multinomial")
    sheet = dl.table(dl.marginal_effects(fit, "sex"), "en").sheet
    assert sheet.title == "Average marginal effect – Region"
    assert sheet.header[:3] == ("Region", "Term", "Average marginal effect (points)")
    assert heads(sheet) == ["North", "", "South", "", "East", ""]
    assert heads(sheet, 1) == ["Sex (reference: women)", "men"] * 3
    drawn = dl.marginal_effects(fit).frame
    by_answer = drawn[drawn["variable"] == "sex"]["estimate"].tolist()
    assert [row[2].number for row in sheet.rows[1::2]] == pytest.approx(
        [each * 100 for each in by_answer]
    )
    plain = dl.table(dl.marginal_effects(fit, "sex"), "en", percent=False).sheet
    assert plain.rows[1][2].number == pytest.approx(by_answer[0])


def test_margins_and_pairs_are_headed_by_their_kind(sample: Sample) -> None:
    linear = dl.predicted_margins(dl.regress(sample, "pay ~ before + sex"), "sex")
    assert (
        dl.table(linear, "fr").sheet.title
        == "Valeur prédite moyenne – Salaire horaire selon le sexe"
    )
    assert dl.table(linear, "en").sheet.title == "Predicted margin – Hourly pay, by sex"
    shares = dl.predicted_margins(dl.regress(sample, "poor == 'y' ~ sex", family="binomial"), "sex")
    assert dl.table(shares, "en").sheet.title == "Predicted share – Poverty = yes, by sex"
    ratio = dl.contrast(shares, {"sex": ("m", "f")}, kind="ratio")
    assert dl.table(ratio, "fr").sheet.title.startswith("Part prédite moyenne (rapport) – ")
    pairs = dl.contrast(dl.estimate(sample, dl.mean("pay"), by="region"), pairwise="holm")
    sheet = dl.table(pairs, "fr").sheet
    assert sheet.header[3:5] == ("Valeur p", "Valeur p ajustée")
    assert [row[0].text for row in sheet.rows] == ["Nord − Sud", "Nord − Est", "Sud − Est"]
    assert [row[4].number for row in sheet.rows] == pairs.frame["p_adjusted"].tolist()
    assert "valeurs p ajustées par la méthode de Holm" in dict(sheet.notes)["Règles"]


def test_the_words_of_a_coefficient_plot_can_be_read(sample: Sample, layout: Any) -> None:
    fit = dl.regress(sample, "pay ~ before + sex * C(region) + I(before ** 2)")
    several = dl.regress(sample, "region ~ before + sex", family="multinomial")
    for language, width in (("fr", "column"), ("en", "column"), ("fr", "text"), ("en", "page")):
        for each in (fit, several):
            assert layout.overlaps(dl.chart(each, language=language, width=width)) == []


def test_a_coefficient_plot_leaves_the_constant_out(sample: Sample) -> None:
    fit = dl.regress(sample, "poor == 'y' ~ before + C(region)", family="binomial")
    figure = dl.chart(fit, language="en")
    assert figure.caption.title == "Logistic regression – Poverty = yes"
    assert "Constant" not in figure.caption.description
    assert "Region (reference: North), South" in figure.caption.description
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Coefficient"
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"] == [0.0]
    words = [text.get_text() for text in axes.texts]
    assert "Region (reference: North)" in words
    ratios = dl.chart(dl.effect_ratios(fit), language="fr")
    assert ratios.axes[0].get_xlabel() == "Rapport de cotes"
    assert [
        line.get_xdata()[0] for line in ratios.axes[0].lines if line.get_linestyle() == "--"
    ] == [1.0]
    figure = dl.chart(dl.regress(sample, "pay ~ 1"), language="fr")
    assert figure.caption.title == "Régression linéaire du salaire horaire"
    assert [text.get_text() for text in figure.axes[0].texts] == []


@pytest.fixture(scope="module")
def alike(sample: Sample) -> Sample:
    """The same people, as if they had been drawn one by one."""
    return dl.declare_design(Microdata(sample.engine.columns.frame.to_native(), BOOK))  # type: ignore[attr-defined]


def lines_of_fit(sheet: Any, label: int = 0) -> list[tuple[str, ...]]:
    texts = [tuple(cell.text.strip(FIXED) for cell in row[label:]) for row in sheet.rows]
    heads = [row[0] for row in texts]
    first = heads.index("Qualité de l’ajustement" if sheet.language == "fr" else "Goodness of fit")
    return texts[first + 1 :]


def test_how_well_an_unweighted_model_fits_stands_below_its_coefficients(alike: Sample) -> None:
    fit = dl.regress(alike, "poor == 'y' ~ before + sex", family="binomial", variance="model")
    french, english = (dl.table(fit, language).sheet for language in ("fr", "en"))
    found = fit.fit
    lines = {row[0]: row[1:] for row in lines_of_fit(french)}
    assert list(lines) == [
        "Répondants", "Log-vraisemblance", "Log-vraisemblance, modèle nul",
        "Rapport de vraisemblance, χ²(2)", "Pseudo-R² de McFadden",
        "Pseudo-R² de Nagelkerke", "AIC", "BIC",
    ]  # fmt: skip
    assert lines["Répondants"][0] == str(found.n)
    assert lines["Pseudo-R² de McFadden"][0] == f"{found.pseudo_r2:.3f}".replace(".", ",")
    # the p-value of the likelihood ratio stands with the others
    place = english.header.index("p-value")
    ratio = next(
        row for row in english.rows if row[0].text.strip(FIXED) == "Likelihood ratio, χ²(2)"
    )
    assert (ratio[1].number, ratio[place].number) == (found.lr_chi2, found.lr_p_value)
    assert (
        "standard errors from the model (information matrix, without a design)"
        in dict(english.notes)["Rules"]
    )
    assert "erreurs types d’après le modèle" in dict(french.notes)["Règles"]
    assert "strate" not in dict(french.notes)["Règles"]
    below = lines_of_fit(dl.table(dl.effect_ratios(fit), "fr").sheet)
    assert below == lines_of_fit(french)


def test_how_well_a_linear_and_a_multinomial_model_fit(alike: Sample, sample: Sample) -> None:
    fit = dl.regress(alike, "pay ~ before + C(region)", variance="model", df="domain")
    french = lines_of_fit(dl.table(fit, "fr").sheet)
    left = fit.fit.df_residual
    assert [row[0] for row in french] == [
        "Répondants", "Log-vraisemblance", "R²", "R² ajusté", f"F(3{NARROW};{FIXED}{left})",
        "AIC", "BIC",
    ]  # fmt: skip
    assert [row[0] for row in lines_of_fit(dl.table(fit, "en").sheet)][4] == f"F(3, {left})"
    sheet = dl.table(dl.regress(alike, "region ~ sex", family="multinomial"), "en").sheet
    assert [row[0] for row in lines_of_fit(sheet, 1)][:2] == ["Respondents", "Log-likelihood"]
    # a weighted model has no likelihood; one with instruments says how strong these are
    weighted = lines_of_fit(dl.table(dl.regress(sample, "pay ~ before"), "en").sheet)
    assert [row[0] for row in weighted] == [
        "Respondents",
        "R²",
        "Design-based AIC (Lumley and Scott)",
    ]
    fit = dl.regress(sample, "pay ~ before + sex | C(region) + sex")
    f = fit.fit.first_stage["before"]
    sheet = dl.table(fit, "fr").sheet
    assert (
        lines_of_fit(sheet)[1][0]
        == f"F de première étape (2{NARROW};{FIXED}{f[2]:g}), Salaire d’avant"
    )
    full = dict(dl.table(fit, "fr", rules="full").sheet.notes)["Règles"]
    assert "doubles moindres carrés, avec pour variables instrumentales" in full
