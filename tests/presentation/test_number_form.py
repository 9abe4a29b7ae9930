from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.presentation._chart import chart
from diplab.presentation.layouts.comparison import published_text
from diplab.presentation.numbers import NumberForm, form_of, in_one_precision, in_points
from diplab.presentation.tables import table
from diplab.reference.text import LANGUAGES
from diplab.results.estimates import Estimates, Provenance

NAN = float("nan")


def contrasted(statistic: str, rule: str, point: float, error: float) -> Estimates:
    """One comparison, its interval two standard errors on each side."""
    row = {
        "statistic": statistic, "variable": "contract", "category": "", "sex": "f / m", "estimate": point,
        "std_error": error, "ci_low": point - 2 * error, "ci_high": point + 2 * error, "cv": NAN, "deff": NAN,
        "df": 100.0, "n": 1000, "flag": "",
    }  # fmt: skip
    rules = {"confidence": "0.95", "contrast": rule}
    kind = rule.partition(" ")[0]
    described = dl.count() if statistic == "count" else getattr(dl, statistic)("contract")
    descriptions = {statistic: described.description}
    return Estimates(
        pd.DataFrame([row]),
        np.eye(1),
        Provenance(rules=rules, contrast=kind),
        ("sex",),
        descriptions=descriptions,
    )


def printed(est: Estimates, language: str = "en", **options: object) -> list[str]:
    return [cell.text for cell in table(est, language, **options).sheet.rows[0][1:3]]


def test_a_difference_of_shares_is_in_points():
    for statistic, rule in product(
        ("share", "arpr"), ("difference", "difference of independent samples")
    ):
        est = contrasted(statistic, rule, -0.157, 0.022)
        # the unit is in the title of the column, and the digits of its cells align
        assert table(est, "fr").sheet.header[1] == "Différence (points)"
        assert printed(est, "fr") == ["−15,7", "[−20,1\u202f;\u00a0−11,3]"]
        assert printed(est, "en") == ["−15.7", "[−20.1, −11.3]"]
        assert printed(est, "en", decimals=0) == ["−16", "[−20, −11]"]


def test_points_in_french_and_in_a_spreadsheet_and_means_without():
    form = NumberForm("points", 1)
    assert form.cell(0.015, "fr").text == "1,5\u00a0point"
    assert form.between(0.013, 0.017, "fr").text == "[1,3\u202f;\u00a01,7]\u00a0point"
    assert form.cell(0.015, "en").text == "1.5\u00a0points"
    assert in_points(NAN, "fr") == "n.d."
    assert in_points(1.96, "fr") == "2,0\u00a0points"
    cell = table(contrasted("share", "difference", -0.157, 0.022), "en").sheet.rows[0][1]
    assert cell.number == pytest.approx(-15.7)
    assert cell.form == "#,##0.0"
    assert form.cell(-0.157, "en").form == '#,##0.0" points"'
    assert printed(contrasted("mean", "difference", 1.234, 0.31)) == ["1.23", "[0.61, 1.85]"]
    assert printed(contrasted("total", "difference", 1234.4, 100.0)) == ["1,234", "[1,034, 1,434]"]


def test_rows_of_a_column_have_as_many_decimals():
    forms = [NumberForm("number", each) for each in (3, 2, 1)]
    assert [each.decimals for each in in_one_precision(forms, [0.976, 1.32, 2.5])] == [3, 3, 3]
    # within reason, and no number becomes zero
    forms = [NumberForm("number", each) for each in (0, 2, 7)]
    assert [each.decimals for each in in_one_precision(forms, [1265.0, 9.3, 0.000012])] == [3, 3, 7]
    people = pd.DataFrame(
        {"age": [20.0, 41, 63, 30, 55, 47], "pay": [900.0, 1500, 2100, 1200, 1800, 990]}
    )
    people = people.assign(old=people["age"] > 40, rate=people["age"] / 1e4)
    model = table(dl.regress(dl.declare_design(people), "pay ~ age + old")).sheet
    shown = [row[1].text for row in model.rows if row[1].number is not None][:3]
    assert len({len(each.partition(".")[2]) for each in shown}) == 1
    # what is measured in other units has its own digits
    means = table(dl.estimate(dl.declare_design(people), dl.mean("rate"), dl.mean("pay"))).sheet
    assert [len(row[1].text.partition(".")[2]) for row in means.rows] == [4, 0]


def test_a_ratio_is_a_plain_number():
    for rule, statistic in product(
        ("ratio", "ratio of independent samples"), ("share", "arpr", "mean", "total", "count")
    ):
        assert printed(contrasted(statistic, rule, 0.785, 0.031)) == ["0.785", "[0.723, 0.847]"]
        assert printed(contrasted(statistic, rule, 0.785, 3.0)) == ["0.79", "[−5.22, 6.79]"]


def test_a_real_contrast_of_shares():
    people = pd.DataFrame(
        {"sex": ["f"] * 4 + ["m"] * 4, "poor": [True, False, False, False] + [True, True] * 2}
    )
    est = dl.estimate(dl.declare_design(people), dl.share("poor"), by="sex")
    rows = table(dl.contrast(est, {"sex": ("f", "m")}), "fr").sheet.rows
    assert {cell.text for row in rows for cell in row} >= {"−75,0"}
    ratio = table(dl.contrast(est, {"sex": ("f", "m")}, kind="ratio"), "fr").sheet.rows
    assert {cell.text for row in ratio for cell in row} >= {"0,25"}


def test_charts_count_differences_in_points_and_ratios_plainly(layout):
    est = contrasted("share", "difference", -0.157, 0.022)
    french = chart(est, language="fr")
    axes = french.axes[0]
    assert axes.get_xlabel() == "Points de pourcentage"
    assert axes.get_xlim()[0] == -25
    assert "−15,7\u00a0points" in [words.get_text() for words in axes.texts]
    assert not any("%" in label.get_text() for label in axes.get_xticklabels())
    assert layout.overlaps(french) == []
    assert chart(est).axes[0].get_xlabel() == "Percentage points"
    est = contrasted("share", "difference", -0.157, 0.022)
    bounds = chart(replace(est, frame=est.frame.assign(estimate=NAN)), language="fr")
    assert "−20,1 à −11,3\u00a0points" in [words.get_text() for words in bounds.axes[0].texts]
    axes = chart(contrasted("share", "ratio", 0.785, 0.031)).axes[0]
    assert "0.785" in [words.get_text() for words in axes.texts]
    assert axes.get_xlabel() == ""


def test_decimals_of_a_total_follow_its_standard_error():
    """Where there is none, the size of the total."""
    expected = {
        (0.3, 0.12): 2,
        (0.4, 0.9): 2,
        (12.0, 1.0): 0,
        (14_903.0, 250.0): 0,
        (0.00004, 0.00001): 6,
    }
    expected |= {(3.0, NAN): 0, (0.3, NAN): 2, (52_337.4, NAN): 0, (NAN, NAN): 0}
    for (point, error), decimals in expected.items():
        rows = pd.DataFrame({"estimate": [point], "std_error": [error]})
        for statistic in (dl.total("y"), dl.count()):
            assert form_of(statistic.description, rows).decimals == decimals


def test_a_small_total_is_not_printed_as_nothing():
    people = pd.DataFrame({"w": [0.1, 0.1, 0.1], "hours": [1.0, 0.0, 1.0]})
    est = dl.estimate(dl.declare_design(people, weights="w"), dl.total("hours"))
    # Total 0.2; variance by hand n/(n-1) sum (w y - 0.2/3)^2 = 0.01, so a standard error of 0.1.
    assert est.frame["std_error"].item() == pytest.approx(0.1)
    assert table(est).sheet.rows[0][0].text == "0.20"


def test_published_numbers_in_words(printed_words):
    for value, high, relation, unit, decimals, *expected in printed_words["published"]:
        options = {"relation": relation, "unit": unit, "decimals": decimals}
        assert [
            published_text(value, high or None, **options, language=each) for each in LANGUAGES
        ] == expected


def test_a_sign_that_was_printed_stays_a_sign():
    for relation, sign in {"below": "<", "above": ">", "at least": "≥"}.items():
        options = {
            "relation": relation,
            "unit": "1",
            "decimals": 3,
            "language": "fr",
            "printed": f"{sign}0.001",
        }
        assert published_text(0.001, None, **options) == f"{sign}\u00a00,001"


@pytest.mark.parametrize(("years", "printed"), [(10.0, "1.009"), (10_000.0, "1.000009")])
def test_a_ratio_near_one_has_three_decimals_and_more_only_where_it_would_be_one(
    years: float, printed: str
) -> None:
    """500 of 1,000 and 523 of 1,000: the odds grow by (523 / 477)^(1 / years) = 1.00925 for one of ten."""
    answers = [1] * 500 + [0] * 500 + [1] * 523 + [0] * 477
    people = pd.DataFrame({"x": [0.0] * 1000 + [years] * 1000, "y": answers})
    fit = dl.regress(dl.declare_design(people), "y ~ x", family="binomial")
    assert [
        row[1].text for row in dl.table(dl.effect_ratios(fit)).sheet.rows if row[0].text == "x"
    ] == [printed]
