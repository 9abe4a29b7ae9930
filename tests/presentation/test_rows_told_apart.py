"""Several rates in one table: the line or the definition that tells them apart is their category, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

import diplab as dl

PEOPLE = """
psu  w income   g
1    1    100   a
2    1    300   a
3    1    500   b
4    1    520   b
5    1    900   b
"""


@pytest.fixture
def sample(table: Any) -> Any:
    return dl.declare_design(table(PEOPLE), weights="w", psu="psu")


def categories(sample: Any, *asked: Any, **given: Any) -> list[object]:
    found: list[object] = dl.estimate(sample, *asked, **given).frame["category"].tolist()
    return found


def shown(sample: Any, language: str, *asked: Any) -> str:
    return " ".join(str(dl.table(dl.estimate(sample, *asked), language)).split())


def test_a_category_of_one_rate_or_of_fractions(sample: Any, table: Any) -> None:
    assert categories(sample, dl.arpr("income"), dl.arpt("income"), dl.gini("income")) == ["", "", ""]
    assert categories(sample, dl.arpr("income", fraction=0.5)) == [""]
    asked = [dl.arpt("income", fraction=0.5), dl.arpt("income"), dl.arpr("income"), dl.arpr("income", threshold=300)]
    assert categories(sample, *asked) == [0.5, 0.6, "fraction=0.6", "threshold=300"]
    people = table(PEOPLE)
    several = dl.imputed([dl.declare_design(people.assign(income=people["income"] + add), psu="psu") for add in (0, 9)])
    found = dl.estimate(several, *[dl.arpr("income", fraction=each) for each in (0.5, 0.6)])
    assert found.frame["category"].tolist() == [0.5, 0.6]


def test_rates_under_several_fractions_have_the_fraction(sample: Any) -> None:
    asked = [dl.arpr("income", fraction=each) for each in (0.4, 0.5, 0.6)]
    found = dl.estimate(sample, *asked, dl.arpt("income"))
    assert found.frame["category"].tolist() == [0.4, 0.5, 0.6, ""]
    assert list(found.frame.columns) == [
        *("statistic", "variable", "category", "estimate", "std_error", "ci_low"),
        *("ci_high", "cv", "deff", "df", "n", "flag"),
    ]
    by_group = dl.estimate(sample, *asked, by="g").frame
    assert by_group["category"].tolist() == [0.4, 0.4, 0.5, 0.5, 0.6, 0.6]


def test_other_options_are_written_out(sample: Any) -> None:
    lines = [dl.arpr("income"), dl.arpr("income", threshold=400), dl.arpr("income", threshold="income / 2")]
    assert categories(sample, *lines) == ["fraction=0.6", "threshold=400", "threshold=income / 2"]
    schools = [dl.gini("income", convention=each) for each in ("eurostat", "convey")]
    assert categories(sample, *schools) == ["convention=eurostat", "convention=convey"]
    both = [dl.arpr("income"), dl.arpr("income", fraction=0.5, convention="convey")]
    assert categories(sample, *both) == ["fraction=0.6, convention=eurostat", "fraction=0.5, convention=convey"]
    orders = [dl.fgt("income", order, fraction=each) for order in (1, 2) for each in (0.5, 0.6)]
    assert categories(sample, *orders) == [
        "1, fraction=0.5", "1, fraction=0.6", "2, fraction=0.5", "2, fraction=0.6",
    ]  # fmt: skip
    assert categories(sample, dl.arpr("income"), dl.arpr("income", interval="wald")) == [
        "interval=logit",
        "interval=wald",
    ]
    orders = [dl.quantile("income", 0.5, rule=rule) for rule in ("math", "hf7")]
    assert categories(sample, *orders) == ["0.5, rule=math", "0.5, rule=hf7"]
    lines = dl.table(dl.estimate(sample, *orders), "fr").sheet.rows
    assert [line[0].text for line in lines] == ["règle des quantiles\xa0: math", "règle des quantiles\xa0: hf7"]
    assert "Quantile d’ordre 0,5" in shown(sample, "fr", *orders)


def test_a_table_tells_them_in_both_languages(sample: Any) -> None:
    asked = [dl.arpr("income", fraction=each) for each in (0.5, 0.6)]
    english, french = (shown(sample, language, *asked) for language in ("en", "fr"))
    assert "50% of the median" in english
    assert "60% of the median" in english
    assert "50 % de la médiane" in french
    assert "60 % de la médiane" in french
    lines = [dl.arpr("income"), dl.arpr("income", threshold=400)]
    english, french = (shown(sample, language, *lines) for language in ("en", "fr"))
    assert "60% of the median" in english
    assert "threshold: 400" in english
    assert "seuil : 400" in french
    orders = [dl.fgt("income", 1, fraction=each, convention="convey") for each in (0.5, 0.6)]
    assert "FGT poverty index of order 1 – income" in shown(sample, "en", *orders)
    assert "50% of the median" in shown(sample, "en", *orders)
    entropy = [dl.atkinson("income", 0.5, convention=each) for each in ("eurostat", "convey")]
    assert "ε = 0,5, définitions du logiciel convey" in shown(sample, "fr", *entropy)


def test_an_answer_that_looks_like_an_option_is_an_answer(table: Any) -> None:
    """The category of a share is what people answered."""
    people = table("x w\nfraction=0.6 1\nother 1")
    words = str(dl.table(dl.estimate(dl.declare_design(people, weights="w"), dl.share("x")), "en"))
    assert "fraction=0.6" in words
    assert "median" not in words
