"""Log-linear models of tables: by hand, on every engine, with empty cells and missing answers, what is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import (
    ColumnError,
    ConditionError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
)
from diplab.microdata.codebook import Codebook

if TYPE_CHECKING:
    from tests.conftest import EngineUnderTest

EIGHT = pd.DataFrame({"sex": list("ffffmmmm"), "pay": list("hlllhhhl")})
FORTY = pd.DataFrame({
    "sex": list("fm") * 20, "pay": list("hhhlllhlhl") * 4, "town": list("abcabbac") * 5, "w": [1.0, 2, 3, 2] * 10,
    "c": np.arange(40) // 2, "h": np.arange(40) // 20, "age": np.arange(40) % 7,
})  # fmt: skip


def test_two_by_two_by_hand() -> None:
    """Cells 1 3 3 1: log odds log 3 and log 3, of the product 2 log(1/3); Woolf (1955) times n / (n - 1)."""
    model = dl.log_linear(dl.declare_design(EIGHT), "~ sex * pay", df="design")
    assert model.frame["estimate"].tolist() == pytest.approx(
        [math.log(3), math.log(3), -2 * math.log(3)]
    )
    errors = np.sqrt(8 / 7 * np.array([1 + 1 / 3, 1 + 1 / 3, 8 / 3]))
    assert model.frame["std_error"].tolist() == pytest.approx(errors.tolist())
    assert model.frame[["variable", "category", "n", "df"]].values.tolist() == [
        ["sex", "m", 4, 7], ["pay", "l", 4, 7], ["sex:pay", "m:l", 1, 7],
    ]  # fmt: skip
    odds = dl.effect_ratios(model).frame
    assert odds["statistic"].tolist() == ["odds_ratio"] * 3
    assert odds["estimate"].tolist() == pytest.approx([3, 3, 1 / 9])
    # a cell has the product of its margins, 1/2 each, and moves by half of what either moves
    found = dl.log_linear(dl.declare_design(EIGHT), "~ sex + pay").cells.frame
    women, high = (EIGHT["sex"] == "f").astype(float), (EIGHT["pay"] == "h").astype(float)
    assert found["estimate"].tolist() == pytest.approx([1 / 4] * 4)
    assert found["observed"].tolist() == pytest.approx([1 / 8, 3 / 8, 3 / 8, 1 / 8])
    error = np.std((women + high) / 2, ddof=1) / math.sqrt(8)
    assert found["std_error"][0] == pytest.approx(error)


def test_engines_domains_and_the_order_of_variables(engine: EngineUnderTest) -> None:
    """In each engine as in memory; a policy on lonely units judges everybody at once, whatever variable comes first."""
    options: Any = {"weights": "w", "strata": "h", "psu": "c", "lonely_psu_domain": "average"}
    own, memory = (dl.declare_design(each, **options) for each in (engine(FORTY), FORTY))
    for condition in ("w > 0", "town != 'c'"):
        found, known = (
            dl.log_linear(each.where(condition), "~ sex * pay + town") for each in (own, memory)
        )
        for name in ("estimate", "std_error", "df", "n"):
            assert found.frame[name].tolist() == pytest.approx(known.frame[name].tolist())
            assert found.cells.frame[name].tolist() == pytest.approx(
                known.cells.frame[name].tolist()
            )
        assert found.test.statistic == pytest.approx(known.test.statistic)
        turned = dl.log_linear(own.where(condition), "~ town + pay * sex")
        assert turned.test.statistic == pytest.approx(known.test.statistic)
        keys = ["sex", "pay", "town"]
        both = found.cells.frame.merge(turned.cells.frame, on=keys)
        assert both["std_error_x"].tolist() == pytest.approx(both["std_error_y"].tolist())


def test_empty_cells_missing_answers_and_the_codebook() -> None:
    """An empty cell has a share under a smaller model, whose test is the crosstab's; a category of nobody is none."""
    people = pd.concat(
        [EIGHT, pd.DataFrame({"sex": ["f", "m"], "pay": ["n", None]})], ignore_index=True
    )
    labels = {each: dl.Text.same(each) for each in ("z", "l", "h", "n")}
    sample = dl.declare_design(dl.Microdata(people, Codebook().described("pay", values=labels)))
    model = dl.log_linear(sample, "~ sex + pay", df="design")
    assert model.frame["category"].tolist() == ["m", "h", "n"]
    assert model.cells.frame.loc[5, ["sex", "pay", "observed"]].tolist() == ["m", "n", 0.0]
    assert model.cells.frame.loc[5, "estimate"] == pytest.approx(4 / 9 * 1 / 9)
    known = dl.crosstab(sample, "sex", "pay", df="design").test
    assert (model.test.statistic, model.test.p_value) == pytest.approx(
        (known.statistic, known.p_value)
    )
    assert dict(model.provenance.missing) == {"pay": 1}
    kept = dl.log_linear(sample, "~ sex + pay", na="keep")
    assert len(kept.cells) == 8
    assert kept.cells.frame["n"].tolist() == [10] * 8


def test_in_words() -> None:
    model = dl.log_linear(dl.declare_design(FORTY, weights="w", psu="c"), "~ sex * pay + town")
    assert "Modèle log-linéaire" in str(dl.table(model, "fr").as_raw_html())
    assert "le modèle ~ sex * pay + town est vrai" in str(dl.table(model.test, "fr").as_raw_html())
    assert repr(model.test).startswith(
        "Rao-Scott test, second order: the model ~ sex * pay + town holds"
    )
    test = dl.term_test(model, "sex:pay")
    assert test.n == 40
    t = model.frame.set_index("variable").loc["sex:pay"]
    assert test.p_value == pytest.approx(t["p_value"])


TINY = dl.declare_design(EIGHT.assign(w=[1e-14, *[1.0] * 7]), weights="w")
MANY = dl.declare_design(pd.DataFrame({name: np.arange(10) for name in "abcd"}))
REFUSED = [
    (lambda s: dl.log_linear(FORTY, "~ sex"), OptionError),
    (lambda s: dl.log_linear(s, "sex * pay"), ConditionError),
    (lambda s: dl.log_linear(s, "w ~ sex * pay"), ConditionError),
    (lambda s: dl.log_linear(s, "~ 1"), ConditionError),
    (lambda s: dl.log_linear(s, "~ sex + I(age ** 2)"), ConditionError),
    (lambda s: dl.log_linear(s, "~ sex + C(age)"), ConditionError),
    (lambda s: dl.log_linear(s, "~ sex + aeg"), ColumnError),
    (lambda s: dl.log_linear(s, "~ sex + sex:pay"), OptionError),
    (lambda s: dl.log_linear(s, "~ sex * pay * town - sex:pay"), OptionError),
    (lambda s: dl.log_linear(s.where("sex == 'f'"), "~ sex + pay"), OptionError),
    (lambda s: dl.log_linear(s.where("w > 9"), "~ sex + pay"), EmptyDomainError),
    (lambda s: dl.log_linear(s, "~ pay * age * town"), OptionError),
    (lambda s: dl.log_linear(TINY, "~ sex * pay"), OptionError),
    (lambda s: dl.log_linear(MANY, "~ a + b + c + d"), OptionError),
    (lambda s: dl.log_linear(s, "~ sex + pay", df="all"), OptionError),
    (lambda s: dl.log_linear(s, "~ sex + pay", na="ignore"), OptionError),
    (lambda s: dl.log_linear(s, "~ sex + pay", confidence=95), OptionError),
    (lambda s: dl.log_linear(dl.imputed([s, s]), "~ sex + pay"), OptionError),
    (lambda s: dl.log_linear(s, "~ sex + estimate"), ColumnError),
    (
        lambda s: dl.term_test(dl.log_linear(s, "~ sex * pay"), "sex:town", test="rao_scott_f"),
        OptionError,
    ),
    (
        lambda s: dl.term_test(dl.log_linear(s, "~ sex * pay"), "sex", test="rao_scott_f"),
        OptionError,
    ),
    (lambda s: dl.term_test(dl.log_linear(s, "~ sex * pay"), "sex:pay", test="score"), OptionError),
    (lambda s: dl.term_test(dl.regress(s, "age ~ sex"), "sex", test="rao_scott_f"), OptionError),
    (lambda s: dl.predicted_margins(dl.log_linear(s, "~ sex * pay"), "sex"), OptionError),
    (lambda s: dl.log_linear(s, "~ sex * pay").fit, dl.DiplabError),
]


def test_what_is_refused(refused: Any) -> None:
    sample = dl.declare_design(FORTY.assign(estimate=FORTY["sex"]), weights="w", psu="c")
    for call, error in REFUSED:
        refused(lambda call=call: call(sample), error)


def test_units_fewer_than_coefficients(refused: Any) -> None:
    """Four units do not distinguish eight coefficients, and some cells lie in one; Rao and Scott need two numbers."""
    sample = dl.declare_design(FORTY.assign(c=FORTY["c"] // 5), weights="w", psu="c", strata="h")
    model = dl.log_linear(sample, "~ sex * pay * town", df="design")
    terms = "town", "sex:town", "pay:town", "sex:pay:town"
    refused(lambda: dl.term_test(model, *terms), MisleadingError)
    test = dl.term_test(model, *terms, test="rao_scott_f")
    assert 0 < test.p_value < 1
    assert test.df[1] == pytest.approx(2 * test.df[0])
    alone = dl.declare_design(FORTY.assign(c=1), psu="c", lonely_psu="remove")
    found = dl.log_linear(alone, "~ sex + pay")
    assert set(found.frame["flag"]) == {"no variance"}
    assert set(found.cells.frame["flag"]) == {"no variance"}
    assert math.isnan(found.test.p_value)


@pytest.mark.parametrize(("few", "categories"), [(2, 2), (3, 2), (2, 3), (5, 3)])
def test_independence_is_tested_as_in_the_crosstab(few: int, categories: int) -> None:
    """Also where a row lies in few units: three categories in two of 20 units leave nothing to a test."""
    draw, unit = np.random.default_rng(few), np.repeat(np.arange(20), 8)
    frame = pd.DataFrame({"unit": unit, "w": draw.uniform(1, 3, 160)})
    frame["z"] = np.where(unit < few, "z", draw.choice(["a", "b"][: categories - 1], 160))
    frame["y"] = draw.choice(["m", "n", "o"][:categories], 160)
    sample = dl.declare_design(frame, weights="w", psu="unit")
    table, model = dl.crosstab(sample, "z", "y"), dl.log_linear(sample, "~ z * y")
    tests = [dl.log_linear(sample, "~ y + z").test, dl.term_test(model, "z:y", test="rao_scott_f")]
    for found in tests:
        assert found.statistic == pytest.approx(table.test.statistic, nan_ok=True)
        assert found.p_value == pytest.approx(table.test.p_value, nan_ok=True)
        assert found.df == pytest.approx(table.test.df)
        assert found.flag == table.test.flag
    if categories == 2:
        odds = table.association.frame.set_index("statistic").loc["log_odds_ratio"]
        own = model.frame.set_index("variable").loc["z:y"]
        for name in ("std_error", "df", "ci_low"):
            assert own[name] == pytest.approx(odds[name])
        assert dl.term_test(model, "z:y").p_value == pytest.approx(own["p_value"])


def test_what_one_unit_decides_where_cells_are_empty_without_it() -> None:
    """Without their product a table of three has one direction more than seven cells: signs (-1)^(i + j + k).

    Without cells 000 and 011, of one sign, a coefficient that lowers one raises the other, and all
    keep a value; without 000 and 001, of two signs, both fall: nobody is in a = 0, b = 0, and the
    coefficients that move are lost.
    """
    rows = [(i, j, k) for i in range(2) for j in range(2) for k in range(2)]
    for held, lost in (({(0, 0, 0), (0, 1, 1)}, False), ({(0, 0, 0), (0, 0, 1)}, True)):
        drawn = [(*cell, unit) for unit in range(1, 7) for cell in rows if cell not in held]
        frame = pd.DataFrame(
            [*drawn, *((*cell, 0) for cell in held)], columns=["a", "b", "c", "unit"]
        )
        frame["w"] = np.arange(len(frame)) % 5 + 1.0
        sample = dl.declare_design(frame, weights="w", psu="unit")
        found = dl.log_linear(sample, "~ (a + b + c) ** 2").frame.set_index("variable")["std_error"]
        assert found.isna().tolist() == [each in ("a", "b", "a:b") and lost for each in found.index]
