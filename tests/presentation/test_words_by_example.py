"""Labels, conditions, models of captures, terms and forms of numbers in words: one example each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from diplab import population
from diplab.microdata.codebook import Codebook
from diplab.presentation import labels, numbers, size_words, terms
from diplab.presentation.numbers import NumberForm
from diplab.reference.text import Text
from diplab.results.statistic_description import StatisticDescription

if TYPE_CHECKING:
    from collections.abc import Callable

NAN, FIXED = float("nan"), "\u00a0"
SEX = Codebook().described("sex", label=Text("Sexe", "Sex"), values={2: Text("Femme", "Woman")})
PAY = Codebook().described("pay", label=Text("paie", "Hourly pay")).described("sex", label=Text("sexe", "Sex"))
OWN = Codebook().described("job", values={"missing": Text("sans réponse", "no answer")})
JOB = Codebook().described("job", label=Text("emploi", "job"), values={1: Text("oui", "yes")})
ROWS = pd.DataFrame({"estimate": [-0.157], "std_error": [0.02]})
SHARE = StatisticDescription(kind="share")
WHOLE = NumberForm("number", 0)


def one_source() -> Any:
    return population.single_source([1645, 183, 37, 13, 1, 1])


EXAMPLES: dict[str, tuple[Callable[[], Any], Any]] = {
    "true": (lambda: labels.value_label("employed", True, None, "fr"), "oui"),
    "code": (lambda: labels.value_label("sex", 1.0, None, "en"), "1"),
    "condition": (
        lambda: labels.condition_in_words("age >= 18 and sex == 2 and pay not in (1, 2)", SEX, "fr"),
        "age ≥ 18 et Sexe = Femme et pay autre que 1, 2",
    ),
    "no condition": (lambda: labels.condition_in_words("age - group", SEX, "fr"), ""),
    "columns": (lambda: labels.condition_columns("pay < 1000 and sex == 2", None), ("pay", "sex")),
    "no columns": (lambda: labels.condition_columns("pay / hours", None), ()),
    "formula": (
        lambda: labels.formula_in_words("sex == 2 ~ I(age ** 2) + I(age >= 30)", SEX, "fr"),
        "Sexe = Femme ~ age² + (age ≥ 30)",
    ),
    "names": (lambda: labels.with_labels("pay ~ C(sex) + I(age ** 2)", PAY, "en"), "Hourly pay ~ Sex + I(age²)"),
    "label of both": (lambda: labels.merged_labels(JOB, OWN)["job"].label.fr, "emploi"),
    "values of both": (
        lambda: [each.fr for each in labels.merged_labels(JOB, OWN)["job"].values.values()],
        ["oui", "sans réponse"],
    ),
    "name": (lambda: labels.variable_label("hours", None, "en"), "hours"),
    "quotient": (lambda: labels.variable_label("pay / hours", PAY, "en"), "Hourly pay / hours"),
    "list": (lambda: labels.variable_label("income, age >= 65", None, "fr"), "income, age ≥ 65"),
    "outcome": (lambda: labels.outcome_label("poor == 'yes'", None, "en"), "poor = yes"),
    "models": (lambda: size_words.have_models(one_source()), False),
    "people": (lambda: size_words.are_of_people(one_source()), True),
    "no people": (lambda: size_words.are_of_people(3), False),
    "rates": (lambda: size_words.are_drawn_as_sizes(population.prevalence(one_source(), 1e6)), True),
    "persons": (lambda: size_words.head_of_persons(population.two_sample(60, 50, 30)), "seen"),
    "darroch": (lambda: size_words.model_in_words("darroch", "en"), "Darroch heterogeneity"),
    "two linked": (lambda: size_words.model_in_words("[12,3,4]", "en"), "[12,3,4]: 1 and 2 linked"),
    "independent": (lambda: size_words.model_in_words("[1,2,3]", "en"), "[1,2,3]: independent lists"),
    "own model": (lambda: size_words.model_in_words("mine", "en"), "mine"),
    "all pairs": (lambda: size_words.model_in_words("[12,13,23]", "en"), "[12,13,23]"),
    "centres": (
        lambda: size_words.model_in_words("four centres, darroch", "en"),
        "four centres, Darroch heterogeneity",
    ),
    "odds": (lambda: size_words.model_in_words("odds ratio 0.5", "fr"), "rapport de cotes 0,5"),
    "M0": (lambda: size_words.capture_model_in_words("M0", "en"), "M0"),
    "Mth": (lambda: size_words.capture_model_in_words("Mth darroch", "en"), "Mth (Darroch heterogeneity)"),
    "no end": (lambda: size_words.open_ended(10_266.4, float("inf"), WHOLE, "en").text, "10,266 or more"),
    "an end": (lambda: size_words.open_ended(1.0, 2.0, WHOLE, "en"), None),
    "points": (lambda: numbers.form_of(SHARE, ROWS, "difference").cell(-0.157, "en").text, f"−15.7{FIXED}points"),
    "ratio": (lambda: numbers.form_of(SHARE, ROWS, "ratio"), NumberForm("number", 3)),
    "points in French": (lambda: numbers.in_points(-15.7, "fr"), f"−15,7{FIXED}points"),
    "under two": (lambda: numbers.in_points(1.5, "fr"), f"1,5{FIXED}point"),
    "both under two": (lambda: numbers.point_word([-0.4, 1.9], 1, "fr"), "point"),
    "minus two": (lambda: numbers.point_word([-2.0, 1.0], 1, "fr"), "points"),
    "English plural": (lambda: numbers.point_word([0.4], 1, "en"), "points"),
    "known": (lambda: (numbers.known(3), numbers.known(NAN)), (3.0, None)),
    "p": (lambda: numbers.p_value_cell(0.0123, "fr").text, "0,012"),
    "small p": (lambda: numbers.p_value_cell(0.00001, "en").text, f"<{FIXED}0.001"),
    "no p": (lambda: numbers.p_value_cell(NAN, "en").text, ""),
    "p in words": (
        lambda: [numbers.p_value_words(p, "en").replace(FIXED, " ") for p in (0.0123, 0.00001, 0.99999, 1.0)],
        ["= 0.012", "< 0.001", "> 0.999", "= 1.000"],
    ),
    "terms": (lambda: [terms.term("note.reading", each) for each in ("fr", "en")], ["Lecture", "Reading note"]),
    "wording": (lambda: terms.wording("statistic", "mean", "fr"), "Moyenne"),
    "own word": (lambda: terms.wording("statistic", "mine", "fr"), "mine"),
    "rule": (lambda: terms.rule("confidence", "0.95", "en"), "95% confidence intervals"),
    "infinity": (lambda: terms.rule("df", "infinity", "en"), "normal intervals (infinite degrees of freedom)"),
    "interval": (lambda: terms.rule("share.interval", "logit", "en"), "Share – interval: logit"),
    "own rule": (lambda: terms.rule("mine", "x", "en"), "mine = x"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_words(name: str) -> None:
    words, expected = EXAMPLES[name]
    assert words() == expected
