"""Codes are not amounts: what each statistic does of nominal and ordinal codes, of labels, missing codes and units.

Answers by hand: 20 people, codes 1 to 4 five times each; every verdict is that of the table below,
by the rule that the codebook labels all answers (nominal: shares; ordinal: quantiles, ranks and
scores; some labelled, or 0 and 1: amounts).
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import MisleadingError, OptionError
from diplab.estimators import Linearised, statistic
from diplab.types import Codebook, Microdata, Text, Variable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOUR = {
    code: Text.same(label) for code, label in enumerate(("never", "seldom", "often", "always"), 1)
}
MEASURES: dict[str, Any] = {
    "nominal": "nominal",
    "ordinal": "ordinal",
    "open": "unknown",
    "declared": "scale",
}
BOOK = Codebook({
    **{name: Variable(name, values=FOUR, measure=measure) for name, measure in MEASURES.items()},
    # labels of some answers only, and of 0 and 1, and that repeat the code, and of the missing
    # codes
    "ends": Variable("ends", values={1: Text.same("worst"), 4: Text.same("best")}, measure="ordinal"),
    "yes": Variable("yes", values={0: Text.same("no"), 1: Text.same("yes")}, measure="nominal"),
    "repeated": Variable("repeated", values={code: Text.same(str(code)) for code in FOUR}),
    "kept": Variable("kept", values={9: Text.same("refused")}, missing={9: "refused"}, measure="nominal"),
})  # fmt: skip
ANSWERS = pd.DataFrame({name: np.tile([1.0, 2.0, 3.0, 4.0], 5) for name in BOOK}).assign(
    yes=np.tile([0.0, 1.0], 10),
    g=np.repeat(["a", "b"], 10),
    psu=np.repeat(np.arange(10), 2),
    pay=np.arange(20.0) + 9,
)
AMOUNTS = ("declared", "ends", "yes", "repeated", "kept")


def sample_of(data: Any = ANSWERS, **design: Any) -> dl.types.Sample:
    return dl.declare_design(Microdata(data, BOOK), **design)


SAMPLE = sample_of()
NEEDS = {
    "any": [dl.share], "order": [dl.median, lambda name: dl.quantile(name, 0.25)],
    "scores": [dl.mean, lambda name: dl.correlation(name, "pay"), lambda name: dl.cronbach_alpha(name, "pay")],
    "amount": [
        dl.total, dl.variance, dl.gini, dl.theil, lambda name: dl.atkinson(name, 0.5), dl.arpr, dl.arpt, dl.zenga,
        lambda name: dl.ratio(name, "pay"), lambda name: dl.fgt(name, 1), dl.relative_median_gap, dl.quintile_ratio,
        lambda name: dl.work.top_share(name, 0.25), lambda name: dl.work.hourly_pay("pay", name),
        lambda name: dl.generalised_entropy(name, 2), dl.lorenz, dl.palma_ratio, dl.quantile_shares,
    ],
}  # fmt: skip
ALLOWED = {"nominal": {"any"}, "ordinal": {"any", "order", "scores"}, "open": {"any", "order"}}


@pytest.mark.parametrize("needs", NEEDS)
@pytest.mark.parametrize("column", [*ALLOWED, *AMOUNTS])
def test_each_statistic_takes_what_it_needs(column: str, needs: str) -> None:
    for make in NEEDS[needs]:
        if needs not in ALLOWED.get(column, NEEDS):
            with pytest.raises(
                MisleadingError, match=f"codes of `{column}`.*calls them|leaves their measure open"
            ):
                dl.estimate(SAMPLE, make(column))
        elif not (column == "yes" and needs == "amount"):  # an index of 0 and 1 may be undefined
            rules = dl.estimate(SAMPLE, make(column)).provenance.rules
            assert rules.get("scores") == (
                column if column in ALLOWED and needs == "scores" else None
            )


def test_a_total_and_a_mean_of_a_share_and_of_scores_by_hand() -> None:
    found = dl.estimate(
        SAMPLE,
        dl.total("yes"),
        dl.mean("yes"),
        dl.mean("ordinal"),
        dl.total("ends"),
        dl.mean("kept"),
    )
    assert found.frame["estimate"].tolist() == [10, 0.5, 2.5, 50, 2.5]
    assert "ordered answers taken as equally spaced scores: ordinal" in str(
        dl.table(found, "en").as_raw_html()
    )
    # arithmetic says that codes are numbers, and a word in the domain is not a variable
    assert (
        dl.estimate(SAMPLE.where("nominal != 'never'"), dl.mean("nominal + 14"))
        .frame["estimate"]
        .item()
        == 17
    )


def test_the_scale_is_declared_where_a_statistic_is_written() -> None:
    @statistic(kind="amount")
    def twice(totals: Any, y: Any) -> Linearised:
        (once,) = totals(y)
        return Linearised(2 * once, y * 2.0)

    with pytest.raises(MisleadingError, match="`twice` would take the codes of `ordinal`"):
        dl.estimate(SAMPLE, twice("ordinal"))
    with pytest.raises(OptionError, match="`scale='interval'` is not one of"):
        statistic(kind="amount", scale="interval")  # type: ignore[arg-type]


def test_the_check_is_the_same_in_every_engine_and_domain(engine: Callable[[Any], Any]) -> None:
    sample = sample_of(engine(ANSWERS), psu="psu").where("pay > 10")
    assert dl.estimate(sample, dl.mean("ordinal"), by="g").provenance.rules["scores"] == "ordinal"
    for refused, error in (
        (dl.total("open"), MisleadingError),
        (dl.median("nominal"), MisleadingError),
    ):
        with pytest.raises(error):
            dl.estimate(sample, refused, by="g")
    coded = ANSWERS.assign(pay=np.where(np.arange(20) < 3, 9999, ANSWERS["pay"]))
    odd = dl.estimate(sample_of(engine(coded), psu="psu"), dl.mean("pay"), dl.total("pay"))
    assert [each.en.split(": ")[1][:8] for each in odd.provenance.notices] == ["9999 × 3"]


def test_codes_that_are_refused_in_words(refused: Any) -> None:
    ages = {1: Text.same("16"), 2: Text.same("17"), 3: Text.same("18 or more")}
    age = Microdata(
        pd.DataFrame({"age": [1, 2, 3, 3]}),
        Codebook({"age": Variable("age", values=ages, measure="nominal")}),
    )
    for call in (
        lambda: dl.estimate(dl.declare_design(age), dl.mean("age")), lambda: dl.estimate(SAMPLE, dl.total("nominal")),
        lambda: dl.estimate(SAMPLE, dl.gini("open")), lambda: dl.estimate(SAMPLE, dl.median("nominal")),
        lambda: dl.t_test(SAMPLE, "nominal", "g"), lambda: dl.t_test(SAMPLE, "pay", paired_with="nominal"),
        lambda: dl.rank_test(SAMPLE, "nominal", "g"), lambda: dl.regress(SAMPLE, "nominal ~ pay"),
        lambda: dl.regress(SAMPLE, "ordinal ~ pay", family="poisson"),
        lambda: dl.regress(SAMPLE, "nominal ~ pay", family="ordinal"),
        lambda: dl.decompose(SAMPLE, dl.theil("ordinal"), "g"),
        lambda: dl.calibrate(SAMPLE, {"nominal": 900}),
        lambda: dl.calibrate(SAMPLE, {"g": {"a": 9, "b": 9}, "open": 9}),
        lambda: dl.weight_effects(SAMPLE, "nominal"), lambda: dl.weight_effects(SAMPLE, "open"),
    ):  # fmt: skip
        refused(call, MisleadingError)


def test_one_total_is_of_amounts_and_the_line_for_codes_works() -> None:
    data = pd.DataFrame(
        {"reg": pd.Categorical([1, 2, 3, 1]), "w": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.0, 4.0, 8.0]}
    )
    sample = dl.declare_design(data, weights="w")
    for call in (
        lambda: dl.calibrate(sample, {"reg": 900}),
        lambda: dl.weight_effects(sample, "reg"),
    ):
        with pytest.raises(MisleadingError, match="was read as categories"):
            call()
    with pytest.raises(MisleadingError, match=r"\{'reg': \{1: 5, 2: 2, 3: 3\}\}"):
        dl.calibrate(sample, {"reg": 900})
    same = dl.calibrate(sample, {"reg": {1: 5, 2: 2, 3: 3}})
    assert dl.estimate(same, dl.total("y")).frame["estimate"].item() == pytest.approx(
        1 + 4 + 12 + 32
    )
    # amounts, a share, and what is declared a scale have a total; ordinal codes a mean, as scores
    for name, total in (("pay", 400), ("yes", 12), ("declared", 55)):
        after = dl.calibrate(SAMPLE, {name: total})
        assert dl.estimate(after, dl.total(name)).frame["estimate"].item() == pytest.approx(total)
    assert len(dl.weight_effects(SAMPLE, "ordinal").frame) == 6


def test_tests_and_models_take_ordinal_codes_and_say_so() -> None:
    tests = [dl.t_test(SAMPLE, "ordinal", "g"), dl.t_test(SAMPLE, "pay", paired_with="ordinal")]
    fits = [
        dl.regress(SAMPLE, "ordinal ~ g"),
        dl.regress(SAMPLE, "ordinal ~ pay", family="ordinal"),
    ]
    assert [each.provenance.rules.get("scores") for each in (*tests, *fits)] == ["ordinal"] * 3 + [
        None
    ]
    assert "scores" not in dl.rank_test(SAMPLE, "ordinal", "g").provenance.rules
    # predictors: codes are factors, what is declared a scale is a number
    assert [
        len(dl.regress(SAMPLE, f"pay ~ {name}").frame)
        for name in ("nominal", "open", "declared", "ends")
    ] == [4, 4, 2, 2]


LABELS = {
    1: "moins de 16 ans", 2: "16", 3: "17 years", 4: "1 234,5 EUR", 5: "67 or more", 6: "-3", 7: "deux", 8: "+ de 90",
    9: "none", 10: "10 to 19", 11: "1.500", 12: "Prefer not to say",
}  # fmt: skip
NUMBERS = {1: 16.0, 2: 16.0, 3: 17.0, 4: 1234.5, 5: 67.0, 6: -3.0, 7: 2.0, 8: 91.0, 9: 0.0}


def labelled(labels: dict[int, str], measure: Any = "nominal") -> Microdata:
    book = Codebook(
        {
            "q": Variable(
                "q",
                values={code: Text.same(words) for code, words in labels.items()},
                measure=measure,
            )
        }
    )
    return Microdata(pd.DataFrame({"q": list(labels)}), book)


def test_numbers_are_read_in_labels(refused: Any) -> None:
    done = labelled(LABELS).recode("q", numbers_from_labels=True, into="n", others="drop")
    values = dict(zip(LABELS, done.frame["n"], strict=True))
    assert {code: value for code, value in values.items() if not np.isnan(value)} == NUMBERS
    new = done.codebook["n"]
    assert (new.measure, new.unit, sorted(new.values)) == ("scale", "EUR", [67, 91])
    assert set(done.codebook.reasons["n"]) == {"10 to 19", "1.500", "Prefer not to say"}
    assert done.codebook.origin.notices[-1].fr.startswith(
        "n\N{NO-BREAK SPACE}: les classes ouvertes comptent comme leur borne"
    )
    assert dl.estimate(dl.declare_design(done), dl.mean("n")).frame[
        "estimate"
    ].item() == pytest.approx(np.mean([*NUMBERS.values()]))
    both = {1: Text("moins de 5", "less than 5"), 2: Text("5", "five")}
    two = Microdata(pd.DataFrame({"q": [1, 2, 2]}), Codebook({"q": Variable("q", values=both)}))
    assert two.recode("q", numbers_from_labels=True).frame["q"].tolist() == [5, 5, 5]
    for call in (
        lambda: labelled(LABELS).recode("q", numbers_from_labels=True),
        lambda: labelled({1: "a", 2: "b"}).recode("q", numbers_from_labels=True),
        lambda: labelled({1: "10 € par mois", 2: "20 € par an"}).recode(
            "q", numbers_from_labels=True
        ),
        lambda: labelled(LABELS).recode("q", numbers_from_labels=True, others="keep"),
        lambda: labelled(LABELS).recode("q", {1: 1}, numbers_from_labels=True),
        lambda: labelled(LABELS).recode("q", bands="quartiles"),  # type: ignore[arg-type]
        lambda: labelled(LABELS).recode("q", bands=[None, 3]),  # type: ignore[list-item]
    ):
        refused(call, OptionError)


def amounts(values: Any) -> list[str]:
    sample = dl.declare_design(
        Microdata(pd.DataFrame({"pay": values, "g": np.arange(len(values)) % 2}), Codebook())
    )
    each = dl.regress(sample, "g ~ pay"), dl.estimate(sample, dl.median("pay"))
    shown = [
        [text.en.partition("amounts: ")[2].partition(". ")[0] for text in found.provenance.notices]
        for found in each
    ]
    assert shown[0] == shown[1]
    return shown[0]


def test_repeated_codes_far_from_all_others_are_pointed_out() -> None:
    """A code once only is an answer; so are amounts of a skewed distribution, and a scale around 0."""
    plain = np.random.default_rng(1).lognormal(7, 0.5, 200).round()
    assert amounts([*plain, 99999, 99999]) == ["99999 × 2"]
    assert amounts([*plain, -9, -9, -9, 99998, 99999, 99999]) == ["−9 × 3, 99999 × 2"]
    assert amounts([*plain, 99999]) == amounts(plain) == amounts([-2, -1, 0, 1, 2] * 9) == []
    assert (
        "Note"
        in dl.table(
            dl.estimate(dl.declare_design(pd.DataFrame({"y": [1, 2, 3, 4, 99, 99]})), dl.mean("y"))
        ).as_raw_html()
    )


UNITS = {
    "pay": "GBP a month, gross, one person", "living": "EUR a month, one consumption unit", "free": "",
    "old": "EUR of 2015 a month, one consumption unit", "year": "EUR a year, one consumption unit",
}  # fmt: skip
PAID = dl.declare_design(Microdata(
    pd.DataFrame({name: [500.0, 900.0, 1500.0, 2000.0] for name in UNITS} | {"line": [1000.0] * 4, "no": [0, 0, 0, 1]}),
    Codebook({name: Variable(name, unit=unit, measure="scale") for name, unit in UNITS.items()}),
))  # fmt: skip
POVERTY = dl.parameter("poverty_threshold_60", 2016)
OWN = dl.parameter(
    "low", 2023, value=1000, unit="GBP a month, gross, one person", source="Resolution Foundation"
)


@pytest.mark.parametrize("make", [
    dl.arpr, dl.relative_median_gap, lambda y, threshold: dl.fgt(y, 1, threshold=threshold),
    lambda y, threshold: dl.arope(y, "no", "no", threshold=threshold),
    lambda y, threshold: dl.arpr(dl.banded(low=y, high=y, beside=()), threshold=threshold),
])  # fmt: skip
def test_an_amount_and_a_line_are_in_one_unit(make: Any) -> None:
    differing = {"pay": "GBP and EUR, one person and one consumption unit", "year": "year and month",
                 "old": "prices of 2015 and prices of their date"}  # fmt: skip
    for name, words in differing.items():
        with pytest.raises(MisleadingError, match=f"another unit.*: {words}"):
            dl.estimate(PAID, make(name, threshold=POVERTY))
    for name, line in (("living", POVERTY), ("free", POVERTY), ("pay", OWN), ("pay", 1000)):
        assert np.isfinite(dl.estimate(PAID, make(name, threshold=line)).frame["estimate"]).all()


def test_units_travel_and_pay_of_one_person_is_not_called_poverty() -> None:
    told = pd.DataFrame(
        {"amount": [900.0, 1200.0, 3000.0], "of": "month", "adults": [1, 2, 1], "children": 0}
    )
    data = dl.work.harmonise_pay(
        Microdata(told, Codebook()), "amount", period="of", unit="net", currency="EUR"
    )
    data = dl.equivalise(data, "pay_monthly", adults="adults", children="children", into="living")
    assert data.codebook["pay_monthly"].unit == "EUR a month, net, one person"
    assert (
        data.codebook["living"].unit
        == data.codebook["living_low"].unit
        == "EUR a month, net, one consumption unit"
    )
    sample = dl.declare_design(data)
    titles = {
        name: dl.table(dl.estimate(sample, dl.arpr(name)), "fr").as_raw_html()
        for name in ("pay_monthly", "living")
    }
    assert (
        "Taux de faible rémunération, par rapport à la médiane de ce montant – "
        in titles["pay_monthly"]
    )
    assert ["Taux de pauvreté" in title for title in titles.values()] == [False, True]
    line = dl.parameter(
        "mine", 2020, value=850, unit="EUR a month, one consumption unit", source="a"
    )
    assert dl.estimate(sample, dl.arpr("living", threshold=line)).frame[
        "estimate"
    ].item() == pytest.approx(1 / 3)


MINE = """
[sources]
act = "Regulations 2023"
[series.wage]
unit = "GBP an hour, gross"
values = [{ since = 2022-04-01, value = 9.5, source = "act" }, { since = 2023-04-01, value = 10.42, source = "act" }]
"""


def test_parameters_of_ones_own(tmp_path: Path, refused: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(MINE, encoding="utf-8")
    wages = [
        dl.parameter("wage", on, source_file=file) for on in (datetime.date(2023, 3, 31), 2024)
    ]
    assert [(wage.value, wage.status, wage.source) for wage in wages] == [
        (9.5, "published", "Regulations 2023"),
        (10.42, "published", "Regulations 2023"),
    ]
    book = Codebook(
        {
            "pay": Variable("pay", unit="GBP an hour, gross, one person"),
            "net": Variable("net", unit="GBP an hour, net"),
        }
    )
    sample = dl.declare_design(
        Microdata(pd.DataFrame({"pay": [9.0, 10.0, 10.42, 12.0], "net": 1.0}), book)
    )
    below = [dl.estimate(sample, dl.work.below_minimum_wage("pay", wage=wage)) for wage in wages]
    assert [each.frame["estimate"].item() for each in below] == [0.25, 0.5]
    assert (
        below[1].provenance.assumptions[0].fr
        == "wage\N{NO-BREAK SPACE}: 10,42 GBP par heure (depuis le 01/04/2023), Regulations 2023."
    )
    (tmp_path / "bad.toml").write_text("[sources]\n[series.wage]\nunit = 'EUR'\n", encoding="utf-8")
    (tmp_path / "none.toml").write_text("not toml", encoding="utf-8")
    wage = dl.work.below_minimum_wage
    for call in (
        lambda: dl.parameter("wage", source_file=file), lambda: dl.parameter("wge", 2024, source_file=file),
        lambda: dl.parameter("wage", 2024, source_file=tmp_path / "bad.toml"),
        lambda: dl.parameter("wage", 2024, source_file=tmp_path / "none.toml"),
        lambda: dl.parameter("wage", 2024, source_file=tmp_path / "absent.toml"),
        lambda: dl.parameter("x", value=3, unit="EUR", source="a"), lambda: dl.parameter("x", 20, value=3, unit="EUR"),
        lambda: dl.parameter("x", 2020, value="3"), lambda: dl.parameter("x", "2020", value=3),  # type: ignore[arg-type]
        lambda: dl.estimate(sample, wage("pay")), lambda: dl.estimate(sample, wage("pay", on=2018, wage=wages[0])),
        lambda: dl.estimate(sample, wage("pay", wage=10)), lambda: dl.estimate(sample, wage("net", wage=wages[0])),  # type: ignore[arg-type]
        lambda: dl.estimate(sample, wage("pay", wage=wages[0], gross=True)),
    ):  # fmt: skip
        refused(call)


def test_arithmetic_on_codes_is_pointed_out_wherever_it_is_written() -> None:
    """Codes are not amounts by being multiplied; those that conditions read, and amounts, do not matter."""
    said, book = "Arithmetic takes the codes of “{}” for amounts", dl.Codebook()
    book = book.described("sex", values={1: "man", 2: "woman"}, measure="nominal")
    book = book.described("region", values={1: "a", 2: "b", 3: "c", 4: "d"}, measure="nominal")
    frame = pd.DataFrame(
        {"sex": [1, 2] * 50, "region": [1, 2, 3, 4] * 25, "age": np.arange(100) + 10}
    )
    data = dl.Microdata(frame, book)
    sample = dl.declare_design(data)
    asked = [
        *(dl.estimate(sample, each("sex * 2")) for each in (dl.mean, dl.total, dl.median, dl.gini)),
        dl.estimate(sample, dl.ratio("age - sex", "age")), dl.estimate(sample, dl.correlation("-sex", "age")),
        dl.t_test(sample, "age + sex", "sex"), dl.regress(sample, "age ~ I(sex * 2)"),
        dl.regress(sample, "I(sex + age) ~ age"),
    ]  # fmt: skip
    assert [said.format("sex") in str(each) for each in asked] == [True] * len(asked)
    silent = [
        dl.estimate(sample, dl.mean("(sex == 1) * age")), dl.estimate(sample, dl.share("sex * 2 > 3")),
        dl.estimate(sample, dl.mean("age * 2")), dl.regress(sample, "age ~ C(region)"),
        dl.estimate(dl.declare_design(data.described("sex", measure="scale")), dl.mean("sex * 2")),
    ]  # fmt: skip
    assert not any("Arithmetic takes" in str(each) for each in silent)


def test_a_missing_day_is_no_day() -> None:
    with pytest.raises(OptionError, match="neither a day nor a year"):
        dl.parameter("minimum_wage_monthly_net", pd.NaT)
