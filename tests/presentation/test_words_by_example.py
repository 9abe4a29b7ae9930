"""Labels, conditions, names of rows and forms of numbers in words: one example each."""

from __future__ import annotations

from diplab import population
from diplab.microdata.codebook import Codebook
from diplab.presentation import labels, language, numbers, size_words
from diplab.reference.text import LANGUAGES, Text
from diplab.results.estimates import Combined
from diplab.results.sizes import CaptureModel

NAN, FIXED = float("nan"), "\u00a0"
SEX = Codebook().described("sex", label=Text("Sexe", "Sex"), values={2: Text("Femme", "Woman")})
PAY = (
    Codebook()
    .described("pay", label=Text("paie", "Hourly pay"))
    .described("sex", label=Text("sexe", "Sex"))
)


def test_labels() -> None:
    assert labels.value_label("employed", True, None, "fr") == "oui"
    assert labels.value_label("sex", 1.0, None, "en") == "1"
    assert labels.variable_label("hours", None, "en") == "hours"
    assert labels.variable_label("pay / hours", PAY, "en") == "Hourly pay / hours"
    listed = Combined(("income", "age >= 65"), "list")
    assert labels.variable_label(str(listed), None, "fr", listed) == "income, age ≥ 65"
    assert labels.variable_label("poor == 'yes'", None, "en") == "poor = yes"
    own = Codebook().described("job", values={"missing": Text("sans réponse", "no answer")})
    job = Codebook().described("job", label=Text("emploi", "job"), values={1: Text("oui", "yes")})
    both = labels.merged_labels(job, own)["job"]
    assert (both.label.fr, [each.fr for each in both.values.values()]) == (
        "emploi",
        ["oui", "sans réponse"],
    )


def test_conditions_and_formulas() -> None:
    condition = "age >= 18 and sex == 2 and pay not in (1, 2)"
    assert (
        labels.condition_in_words(condition, SEX, "fr")
        == "age ≥ 18 et Sexe = Femme et pay autre que 1, 2"
    )
    assert labels.condition_in_words("age - group", SEX, "fr") == ""
    assert labels.condition_columns("pay < 1000 and sex == 2", None) == ("pay", "sex")
    assert labels.condition_columns("pay / hours", None) == ()
    assert (
        labels.condition_in_words("sex <= 2 and 2 > sex or age < 2", SEX, "fr")
        == "sex ≤ 2 et 2 > sex ou age < 2"
    )
    assert (
        labels.with_labels("pay ~ C(sex) + I(age ** 2)", PAY, "en") == "Hourly pay ~ Sex + I(age²)"
    )


def test_population_sizes() -> None:
    one_source = population.single_source([1645, 183, 37, 13, 1, 1])
    assert size_words.are_drawn_as_sizes(population.prevalence(one_source, 1e6))
    assert size_words.head_of_persons(population.two_sample(60, 50, 30)) == "seen"
    assert (
        size_words.model_in_words(
            CaptureModel(method="four centres", heterogeneity="darroch"), "en"
        )
        == "four centres, Darroch heterogeneity"
    )
    assert size_words.capture_model_in_words("M0", "", "en") == "M0"
    assert (
        size_words.capture_model_in_words("Mth", "darroch", "en") == "Mth (Darroch heterogeneity)"
    )


def test_numbers_and_terms() -> None:
    assert numbers.in_points(-15.7, "fr") == f"−15,7{FIXED}points"
    words = [
        numbers.point_word(*each)
        for each in (([-0.4, 1.9], 1, "fr"), ([-2.0, 1.0], 1, "fr"), ([0.4], 1, "en"))
    ]
    assert words == ["point", "points", "points"]
    assert (numbers.known(3), numbers.known(NAN)) == (3.0, None)
    assert numbers.p_value_cell(0.0123, "fr").text == "0,012"
    assert numbers.p_value_cell(0.00001, "en").text == f"<{FIXED}0.001"
    assert numbers.p_value_cell(NAN, "en").text == ""
    p_values = [
        numbers.p_value_words(p, "en").replace(FIXED, " ") for p in (0.0123, 0.00001, 0.99999, 1.0)
    ]
    assert p_values == ["= 0.012", "< 0.001", "> 0.999", "= 1.000"]
    assert [language.term("note.reading", each) for each in LANGUAGES] == [
        "Lecture",
        "Reading note",
    ]
    assert language.wording("statistic", "mean", "fr") == "Moyenne"
