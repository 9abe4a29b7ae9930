"""Labels, conditions, models of captures, terms and forms of numbers in words: one example each."""

# ruff: noqa: E712
from __future__ import annotations

import pandas as pd

from diplab import population
from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import (
    condition_columns,
    condition_in_words,
    formula_in_words,
    merged_labels,
    outcome_label,
    value_label,
    variable_label,
    with_labels,
)
from diplab.presentation.numbers import NumberForm, form_of, in_points, known, p_value_cell, p_value_words, point_word
from diplab.presentation.size_words import (
    are_drawn_as_sizes,
    are_of_people,
    capture_model_in_words,
    have_models,
    head_of_persons,
    model_in_words,
    open_ended,
)
from diplab.presentation.terms import rule, term, wording
from diplab.reference.text import Text
from diplab.results.statistic_description import StatisticDescription


def test_value_label_by_example():
    assert (value_label("employed", True, None, "fr"), value_label("sex", 1.0, None, "en")) == ("oui", "1")


def test_condition_in_words_by_example():
    held = Codebook().described("sex", label=Text("Sexe", "Sex"), values={2: Text("Femme", "Woman")})
    assert (
        condition_in_words("age >= 18 and sex == 2 and pay not in (1, 2)", held, "fr")
    ) == "age ≥ 18 et Sexe = Femme et pay autre que 1, 2"
    assert (condition_in_words("age - group", held, "fr")) == ""


def test_condition_columns_by_example():
    assert (condition_columns("pay < 1000 and sex == 2", None), condition_columns("pay / hours", None)) == (
        ("pay", "sex"),
        (),
    )


def test_formula_in_words_by_example():
    held = Codebook().described("sex", label=Text("Sexe", "Sex"), values={2: Text("Femme", "Woman")})
    assert (formula_in_words("sex == 2 ~ I(age ** 2) + I(age >= 30)", held, "fr")) == "Sexe = Femme ~ age² + (age ≥ 30)"


def test_with_labels_by_example():
    held = Codebook().described("pay", label=Text("paie", "Hourly pay")).described("sex", label=Text("sexe", "Sex"))
    assert (with_labels("pay ~ C(sex) + I(age ** 2)", held, "en")) == "Hourly pay ~ Sex + I(age²)"


def test_merged_labels_by_example():
    own = Codebook().described("job", values={"missing": Text("sans réponse", "no answer")})
    given = Codebook().described("job", label=Text("emploi", "job"), values={1: Text("oui", "yes")})
    both = merged_labels(given, own)
    assert (both["job"].label.fr, [each.fr for each in both["job"].values.values()]) == (
        "emploi",
        ["oui", "sans réponse"],
    )


def test_variable_label_by_example():
    assert (variable_label("hours", None, "en")) == "hours"
    assert (
        variable_label("pay / hours", Codebook().described("pay", label=Text("paie", "Weekly pay")), "en")
    ) == "Weekly pay / hours"
    assert (variable_label("income, age >= 65", None, "fr")) == "income, age ≥ 65"


def test_outcome_label_by_example():
    assert (outcome_label("poor == 'yes'", None, "en")) == "poor = yes"


def test_have_models_by_example():
    assert (have_models(population.single_source([1645, 183, 37, 13, 1, 1]))) == False


def test_are_of_people_by_example():
    assert (are_of_people(population.single_source([1645, 183, 37, 13, 1, 1])), are_of_people(3)) == (True, False)


def test_are_drawn_as_sizes_by_example():
    assert (are_drawn_as_sizes(population.prevalence(population.single_source([1645, 183, 37]), 1e6))) == True


def test_head_of_persons_by_example():
    assert (head_of_persons(population.two_sample(60, 50, 30))) == "seen"


def test_model_in_words_by_example():
    assert (model_in_words("darroch", "en"), model_in_words("[12,3,4]", "en"), model_in_words("[1,2,3]", "en")) == (
        "Darroch heterogeneity",
        "[12,3,4]: 1 and 2 linked",
        "[1,2,3]: independent lists",
    )
    assert (model_in_words("mine", "en"), model_in_words("[12,13,23]", "en")) == ("mine", "[12,13,23]")
    assert (model_in_words("four centres, darroch", "en"), model_in_words("odds ratio 0.5", "fr")) == (
        "four centres, Darroch heterogeneity",
        "rapport de cotes 0,5",
    )


def test_capture_model_in_words_by_example():
    assert (capture_model_in_words("M0", "en"), capture_model_in_words("Mth darroch", "en")) == (
        "M0",
        "Mth (Darroch heterogeneity)",
    )


def test_open_ended_by_example():
    assert (open_ended(10_266.4, float("inf"), NumberForm("number", 0), "en").text) == "10,266 or more"
    assert (open_ended(1.0, 2.0, NumberForm("number", 0), "en") is None) == True


def test_form_of_by_example():
    rows = pd.DataFrame({"estimate": [-0.157], "std_error": [0.02]})
    share = StatisticDescription(kind="share")
    assert (form_of(share, rows, "difference").cell(-0.157, "en").text) == "−15.7\xa0points"
    assert repr(form_of(share, rows, "ratio")) == "NumberForm(kind='number', decimals=3)"


def test_in_points_by_example():
    assert (in_points(-15.7, "fr") == "−15,7\u00a0points", in_points(1.5, "fr") == "1,5\u00a0point") == (True, True)


def test_point_word_by_example():
    assert (point_word([-0.4, 1.9], 1, "fr"), point_word([-2.0, 1.0], 1, "fr"), point_word([0.4], 1, "en")) == (
        "point",
        "points",
        "points",
    )


def test_known_by_example():
    assert (known(3), known(float("nan"))) == (3.0, None)


def test_p_value_cell_by_example():
    assert (
        p_value_cell(0.0123, "fr").text,
        p_value_cell(0.00001, "en").text,
        p_value_cell(float("nan"), "en").text,
    ) == ("0,012", "<\xa00.001", "")


def test_p_value_words_by_example():
    assert ([p_value_words(p, "en").replace("\u00a0", " ") for p in (0.0123, 0.00001, 0.99999, 1.0)]) == [
        "= 0.012", "< 0.001", "> 0.999", "= 1.000",
    ]  # fmt: skip


def test_term_by_example():
    assert (term("note.reading", "fr"), term("note.reading", "en")) == ("Lecture", "Reading note")


def test_wording_by_example():
    assert (wording("statistic", "mean", "fr"), wording("statistic", "mine", "fr")) == ("Moyenne", "mine")


def test_rule_by_example():
    assert (rule("confidence", "0.95", "en"), rule("df", "infinity", "en")) == (
        "95% confidence intervals",
        "normal intervals (infinite degrees of freedom)",
    )
    assert (rule("share.interval", "logit", "en"), rule("mine", "x", "en")) == ("Share – interval: logit", "mine = x")
