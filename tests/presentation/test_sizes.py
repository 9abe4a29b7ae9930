"""Population sizes for print: the fit of each model, intervals without end, the lower bound as a line.

The sizes are made by hand, so that the words and not the estimators are held here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.population.kernel.abundance import Abundance
from diplab.population.sizes import gather_sizes, known_size, no_size, size
from diplab.presentation.numbers import NumberForm
from diplab.presentation.size_words import are_of_people, have_models, model_in_words, open_ended
from diplab.reference.text import LANGUAGES, Text
from diplab.results.estimates import Provenance
from diplab.results.sizes import CaptureModel, ModelFit, Sizes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.presentation.charts.dots import Dots

NARROW, NO_BREAK = "\u202f", "\u00a0"
COUNTS = [1645, 183, 37, 13, 1, 1]


def fit(
    model: str, deviance: float = 7.61, df: float = 9, aic: float = 86.64, bic: float = 119.91
) -> ModelFit:
    terms = pd.DataFrame({"term": ["intercept"], "estimate": [9.25], "std_error": [0.11]})
    return ModelFit(model, 6, deviance, df, -37.3, aic, bic, terms)


def row(statistic: str, found: float, error: float, ends: tuple[float, float], category: str = "", flag: str = "",
        seen: int = 1_896) -> dict[str, Any]:  # fmt: skip
    return size(statistic, Abundance(found, error**2, seen), ends, flag) | {"category": category}


def made(rows: Sequence[Mapping[str, Any]], fits: Sequence[ModelFit | None]) -> Sizes:
    provenance = Provenance(
        rules={"confidence": "0.95"},
        base=Text("Personnes vues ou non.", "Persons seen or not."),
        status="estimated",
    )
    return gather_sizes(rows, provenance, fits)


def sensitivity(darroch: float = 12_000.4) -> Sizes:
    rows = [
        row("chao", 9273.5, 620.3, (8185.1, 10626.0), flag="lower bound"),
        row("poisson", 7080.1, 363.2, (6404.0, 7830.0), flag="below bound, contradicted"),
        row("geometric", 8020.2, 420.1, (7300.0, 9000.0), flag="below bound"),
        row("Mth", darroch, 900.2, (10266.3, math.inf), category="darroch"),
        row("Mth", 14000.4, 2.34, (11000, 22000), category="gamma3.5"),
        row(
            "lists",
            13000.4,
            0.36,
            (12000, 16000),
            category=CaptureModel(lists="[12,3,4]", linked=(("1", "2"),)),
        ),
        row("lists", 13100.4, 95.36, (12000, 16000), category=CaptureModel(lists="[1,2,3,4]")),
        no_size("Mtb", 1_896, "boundary") | {"ci_low": 10_000.0, "ci_high": math.inf},
        no_size("zelterman", 1_896, "ill-posed"),
    ]
    fits = [
        None, fit("poisson", 120.44, 4, 321.2, 330.1), fit("geometric", 99.123, 13, 222.2, 241.0), fit("Mth darroch"),
        fit("Mth gamma3.5", 7.91), fit("[12,3,4]", 17.61), fit("[1,2,3,4]", 1027.61, 10), fit("Mtb", math.nan, 8), None,
    ]  # fmt: skip
    return made(rows, fits)


def cells(shown, place: int) -> list[str]:
    return [cell.text for cell in shown.sheet.rows[place]]


def drawn_of(sizes: Sizes) -> Dots:
    """The dots behind a figure."""
    return dl.chart(sizes).chart


def test_the_fit_of_each_model_stands_beside_its_size():
    shown = dl.table(sensitivity(), "en")
    assert shown.sheet.title == "Population size"
    assert shown.sheet.header == (
        "Statistic", "Model", "Estimate", "Standard error", "95% confidence interval", "Deviance",
        "Residual degrees of freedom", "AIC", "BIC", "Remark",
    )  # fmt: skip
    assert cells(shown, 3)[1:] == [
        "Darroch heterogeneity", "12,000", "900", "10,266 or more", "7.61", "9", "86.6", "119.9", "",
    ]  # fmt: skip
    assert cells(shown, 6)[1:] == [
        "[1,2,3,4]: independent lists", "13,100", "95", "[12,000, 16,000]", "1,027.61", "10", "86.6", "119.9", "",
    ]  # fmt: skip


def test_the_same_in_french():
    shown = dl.table(sensitivity(), "fr")
    assert shown.sheet.header == (
        "Statistique", "Modèle", "Estimation", "Erreur type", f"Intervalle de confiance à 95{NO_BREAK}%", "Déviance",
        "Degrés de liberté résiduels", "AIC", "BIC", "Remarque",
    )  # fmt: skip
    darroch = [
        "hétérogénéité de Darroch",
        f"12{NARROW}000",
        "900",
        f"10{NARROW}266 ou plus",
        "7,61",
    ]
    assert cells(shown, 3)[1:6] == darroch
    assert cells(shown, 5)[1] == f"[12,3,4]{NO_BREAK}: 1 et 2 liées"
    assert cells(shown, 1)[-1] == "sous la borne inférieure, contredit par la borne"
    assert cells(shown, 6)[5] == f"1{NARROW}027,61"


def test_a_formula_without_a_model_and_a_model_without_an_answer_have_dashes():
    shown = dl.table(sensitivity(), "en")
    # the lower bound comes first
    assert cells(shown, 0) == [
        "Chao lower bound", "", "9,274", "620", "[8,185, 10,626]", "–", "–", "–", "–", "lower bound",
    ]  # fmt: skip
    assert cells(shown, 8) == ["Zelterman", "", *["–"] * 7, "no answer for these data"]
    # no point, but a lower end; no saturated model, hence no deviance
    assert cells(shown, 7)[2:] == [
        "–", "–", "10,000 or more", "–", "8", "86.6", "119.9", "boundary fit: no point",
    ]  # fmt: skip
    # small standard errors keep two digits
    assert [cells(shown, place)[3] for place in (3, 4, 5, 6)] == ["900", "2.3", "0.36", "95"]


def test_what_holds_for_all_rows_is_said_once_below():
    english = (
        "Note: Persons seen: 1,896. Rows are the same data under different assumptions: they "
        "must not be added or averaged. AIC and BIC compare only models fitted to the same data."
    )
    french = (
        f"Note{NO_BREAK}: Personnes vues{NO_BREAK}: 1{NARROW}896. Les lignes sont les mêmes "
        "données sous des "
        f"hypothèses différentes{NO_BREAK}: elles ne doivent être ni additionnées ni moyennées. "
        "AIC et BIC ne "
        "comparent que des modèles ajustés aux mêmes données."
    )
    for language, notes in (("en", english), ("fr", french)):
        assert dl.table(sensitivity(), language).sheet.note_lines()[0] == notes


def test_different_and_small_numbers_seen_keep_their_column():
    rows = [row("M0", 75.4, 3.9, (70.1, 86.9), seen=68), row("M0", 80.4, 3.9, (75.1, 90.9), seen=9)]
    shown = dl.table(made(rows, [fit("M0"), fit("M0 trimmed")]), "en")
    assert shown.sheet.header[-1] == "Persons seen"
    assert [each[-1].text for each in shown.sheet.rows] == ["68", "9 *"]
    assert any("Fewer than 10" in line for line in shown.sheet.note_lines())
    few = dl.table(made([row("M0", 12.4, 3.9, (9, 30), seen=9)], [fit("M0")]), "en")
    assert cells(few, 0)[-1] == "9 *"


def test_one_model_behind_many_rows_is_said_below_and_shares_stay_shares():
    model = fit("open", 12.5, 20, 90.0, 99.5)
    rows = [
        row("abundance", 120.4, 14.2, (95.2, 151.0), category="2"),
        row("abundance", 130.6, 15.2, (98.2, 171.0), category="3"),
        row("survival", 0.7812, 0.05, (0.66, 0.87), category="2"),
    ]
    shown = dl.table(made(rows, [model] * 3), "en")
    assert "Deviance" not in shown.sheet.header
    assert [each[2].text for each in shown.sheet.rows] == ["120", "131", "0.781"]
    assert (
        "Model: open, Deviance: 12.50, Residual degrees of freedom: 20, AIC: 90.0, BIC: 99.5."
        in shown.sheet.note_lines()[0]
    )
    assert "same data under different" not in shown.sheet.note_lines()[0]


def test_one_row_has_its_fit_in_columns():
    shown = dl.table(made([row("M0", 75.4, 3.9, (70.1, 86.9))], [fit("M0")]), "en")
    assert cells(shown, 0) == ["75", "3.9", "[70, 87]", "7.61", "9", "86.6", "119.9"]
    assert "neither added" not in " ".join(shown.sheet.note_lines())
    assert cells(dl.table(sensitivity(), "en", decimals=1), 0)[2:5:2] == [
        "9,273.5",
        "[8,185.1, 10,626.0]",
    ]
    # an estimate without interval keeps its fit; without a model the plain table stays
    shown = dl.table(
        made([known_size("M0", 75.4), known_size("Mt", 75.1)], [fit("M0"), fit("Mt")]), "en"
    )
    measures = ("Deviance", "Residual degrees of freedom", "AIC", "BIC")
    assert shown.sheet.header[1:] == ("Estimate", "Standard error", *measures)
    assert cells(shown, 0)[1:] == ["75", "–", "7.61", "9", "86.6", "119.9"]
    shown = dl.table(dl.population.single_source(COUNTS), "en")
    assert shown.sheet.header == ("Estimate", "95% confidence interval", "Persons seen", "Remark")
    assert cells(shown, 0) == ["9,274", "[8,085, 10,690]", "1,880", "lower bound"]


def test_what_is_saved_holds_the_measures():
    shown = dl.table(sensitivity(), "en")
    assert shown.sheet.detail[0][-4:] == ("model_deviance", "model_df", "model_aic", "model_bic")
    assert shown.sheet.detail[4][-4:] == (7.61, 9.0, 86.64, 119.91)
    assert shown.sheet.detail[1][-4:] == (None, None, None, None)


MODELS = {
    "[123,4]": CaptureModel(lists="[123,4]", linked=(("1", "2", "3"),)),
    "[12,34]": CaptureModel(lists="[12,34]", linked=(("1", "2"), ("3", "4"))),
    "[1,2]": CaptureModel(lists="[1,2]"),
    "[12,13,23]": CaptureModel(lists="[12,13,23]", linked=(("1", "2"), ("1", "3"), ("2", "3"))),
    "odds ratio 0.5": CaptureModel(odds_ratio=(0.5,)),
    "[1,2,3] darroch": CaptureModel(lists="[1,2,3]", heterogeneity="darroch"),
    "[12,3] gamma3.5": CaptureModel(lists="[12,3]", linked=(("1", "2"),), heterogeneity="gamma3.5"),
    "[12,13,23] darroch": CaptureModel(
        lists="[12,13,23]", linked=(("1", "2"), ("1", "3"), ("2", "3")), heterogeneity="darroch"
    ),
}


def test_models_in_words(printed_words):
    for category, *expected in printed_words["models"]:
        model = MODELS.get(category, category)
        assert str(model) == category
        assert [model_in_words(model, language) for language in LANGUAGES] == expected


def test_an_interval_with_two_ends_is_not_open():
    form = NumberForm("number", 0)
    assert (open_ended(1.0, 2.0, form, "fr"), open_ended(math.nan, math.inf, form, "fr")) == (
        None,
        None,
    )
    assert open_ended(10_266.4, math.inf, form, "fr").text == f"10{NARROW}266 ou plus"


def test_which_results_are_sizes():
    plain = dl.population.single_source(COUNTS)
    assert are_of_people(plain)
    assert not have_models(plain)
    assert have_models(sensitivity())
    survival = made([row("survival", 0.78, 0.05, (0.66, 0.87))], [fit("open")])
    assert not are_of_people(survival)
    assert not are_of_people(dl.population.prevalence(plain, 1e6))
    assert not have_models(3)


@pytest.mark.parametrize("darroch", [12_000.4, 532_000.0])
def test_charts_can_be_read(darroch, layout):
    for language, width in (("fr", "column"), ("en", "column"), ("fr", "text"), ("en", "page")):
        assert layout.overlaps(dl.chart(sensitivity(darroch), language=language, width=width)) == []


def test_marks_of_the_chart():
    drawn = drawn_of(sensitivity())
    # the lower bound is a line with its words; sizes under it are hollow
    assert drawn.line == 9273.5
    assert drawn.line_label == Text(
        f"borne inférieure{NO_BREAK}: au moins 9{NARROW}274", "lower bound: at least 9,274"
    )
    assert [dot.hollow for dot in drawn.rows] == [False, True, True, *[False] * 5]
    # an upper end that is infinite stays so; with no point, its words are printed
    assert [math.isinf(dot.high) for dot in drawn.rows] == [*[False] * 3, True, *[False] * 3, True]
    assert drawn.rows[-1].shown == Text(f"10{NARROW}000 ou plus", "10,000 or more")
    assert drawn.rows[0].shown == Text(f"9{NARROW}274", "9,274")
    # a row without an answer is named below
    assert len(drawn.rows) == 8
    assert drawn.notes.note == Text(
        f"Sans estimation ponctuelle{NO_BREAK}: Zelterman (pas de réponse pour ces données).",
        "No point estimate: Zelterman (no answer for these data).",
    )
    assert (drawn.ratios, drawn.axis.en) == (False, "Persons")
    caption = dl.chart(sensitivity(), language="en").caption
    assert "Darroch heterogeneity 12,000 10,266 or more" in caption.description
    assert "No point estimate: Zelterman" in caption.description
    # a flag beside another still makes a hollow dot
    rows = [
        row("chao", 95.5, 6.1, (85.1, 110.0), flag="lower bound"),
        row("M0", 75.4, 3.9, (70.1, 86.9), flag="one-inflated, below bound"),
    ]
    drawn = drawn_of(made(rows, [None, fit("M0")]))
    assert ([dot.hollow for dot in drawn.rows], drawn.line) == ([False, True], 95.5)


def test_the_axis_starts_at_zero_or_is_said_to_be_logarithmic():
    near, far = dl.chart(sensitivity()).axes[0], dl.chart(sensitivity(532_000.0)).axes[0]
    assert (near.get_xscale(), near.get_xlim()[0], near.get_xlabel()) == ("linear", 0.0, "Persons")
    assert (far.get_xscale(), far.get_xlabel()) == ("log", "Persons (logarithmic scale)")
    assert far.get_xlim()[0] > 0
    french = dl.chart(sensitivity(532_000.0), language="fr").axes[0]
    assert french.get_xlabel() == "Personnes (échelle logarithmique)"
    # an infinite end is an arrow at the end of the axis
    arrows = [line for line in near.lines if line.get_marker() == ">"]
    assert [line.get_xdata()[0] for line in arrows] == [near.get_xlim()[1]] * 2
    assert all(math.isfinite(value) for line in near.lines for value in line.get_xdata())


def test_the_line_of_the_chart_is_drawn_at_the_bound_if_there_is_one(layout):
    estimated = dl.population.sensitivity(COUNTS)
    figure = dl.chart(estimated, language="fr")
    assert layout.overlaps(figure) == layout.overlaps(dl.chart(estimated, language="en")) == []
    axes = figure.axes[0]
    assert any(
        list(line.get_xdata()) == [pytest.approx(9273.5, abs=0.05)] * 2 for line in axes.lines
    )
    words = [text.get_text() for text in axes.texts]
    assert {
        f"Borne inférieure{NO_BREAK}: au moins 9{NARROW}274",
        "Sous la borne inférieure",
    } <= set(words)
    drawn = drawn_of(dl.population.two_sample(2775, 2831, 584))
    assert (drawn.line, bool(drawn.line_label)) == (None, False)


def test_a_chart_where_no_row_has_an_answer_still_names_them(layout):
    found = made(
        [no_size("Mtb", 1_896, "boundary"), no_size("zelterman", 1_896, "ill-posed")],
        [fit("Mtb"), None],
    )
    figure = dl.chart(found, language="fr")
    assert layout.overlaps(figure) == []
    assert any("Zelterman" in text.get_text() for text in figure.axes[0].texts)


def test_persons_and_chances_have_no_axis_in_common(refused):
    abundance = row("abundance", 120.4, 14.2, (95.2, 151.0), category="2")
    found = made(
        [abundance, row("survival", 0.7812, 0.05, (0.66, 0.87), category="2")], [fit("open")] * 2
    )
    refused(lambda: dl.chart(found), OptionError)
    kept = found.rows(found.frame["statistic"] == "abundance")
    assert dl.chart(kept).axes[0].get_xlabel() == "Persons"
