"""Every rule that a result may carry is said in both languages, and no option's English name is left in the French."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.estimators.income_rules import CONVENTIONS, NonpositiveRule
from diplab.estimators.quantiles import QuantileInterval
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.inference.missing import MissingRule
from diplab.inference.regression import _regress, margins
from diplab.kernel.intervals import SHARE_INTERVALS, Adjustment
from diplab.kernel.models.families import FAMILIES
from diplab.kernel.quantiles import RULES, SCORES
from diplab.presentation.language import rule, term, terms, wording
from diplab.presentation.notes import OfEach, rule_in_words
from diplab.reference.text import LANGUAGES
from diplab.results.comparison import VERDICTS
from diplab.results.estimates import COLUMNS, STATUSES
from diplab.sampling import design
from diplab.sampling._replicates import MadeKind, ReplicateKind

MODELS = [f"{family} {link}" for family, links in FAMILIES.items() for link in links]
COMPARISONS = [
    *(
        f"{kind}{of}"
        for kind in ("difference", "ratio")
        for of in ("", " of independent samples", " of the same people")
    ),
    "difference by coefficients",
    "sum by coefficients",
]
WORDS = {
    "band": get_args(dl.lorenz.types["band"]), "gap_of": get_args(dl.gender_pay_gap.types["gap_of"]),
    "nonpositive": get_args(NonpositiveRule), "calibration": ("poststratification", "linear", "raking", "logit"),
    "contrast": COMPARISONS, "convention": CONVENTIONS, "covariates": get_args(margins.Covariates),
    "decomposition": ("poverty", "entropy"), "deff": ("wor", "wr"),
    "df": (
        "design, less coefficients", "domain, less coefficients", "satterthwaite", "design, less one",
        "domain, less one", *get_args(DegreesOfFreedom),
    ),
    "interval": (*SHARE_INTERVALS, *get_args(QuantileInterval), "fisher", "log", "wald", "normal", "log-normal"),
    "kind": get_args(design.Kind), "lonely_psu": get_args(design.LonelyPsu),
    "lonely_psu_domain": get_args(design.LonelyPsuDomain), "model": MODELS, "na": get_args(MissingRule),
    "adjust": (*get_args(Adjustment), "none"), "p_adjusted": get_args(Adjustment), "phases": ("two",),
    "pooled_test": ("d1", "d2"), "quantile_rule": RULES, "replicate_centre": ("full", "mean"),
    "replicate_rows": ("used again",), "replicate_split": ("random pairs",), "quadratic_form": ("projected",),
    "responses": ("any", "all"), "scale": ("exponential",), "score": SCORES, "shares": ("row", "column", "cell"),
    "threshold_on": ("universe", "domain"),
    "threshold_unit": ("EUR a month, one consumption unit", "USD a year, household"),
    "undecided": get_args(dl.arope.types["undecided"]), "unequal": get_args(design.Unequal),
    "unequal_variance": get_args(design.UnequalVariance),
    "variance": ("linearised", *get_args(_regress.RegressionVariance), *get_args(ReplicateKind), *get_args(MadeKind)),
    "weights": ("none",),
}  # fmt: skip
"""The words that the code puts into `Provenance.rules`, by rule, from where the code names them."""

FREE = {
    "groups": "5", "confidence": "0.9", "diplab": "0.1.0", "expected": "sex: f = 0.48; m = 0.52",
    "formula": "poor == 'yes' ~ age", "fraction": "0.6", "highest_ratio": "1.812", "imputations": "5",
    "lowest_ratio": "0.512", "margins": "sex, age", "ratio_ceiling": "2", "ratio_floor": "0.5",
    "references": "sex == 1; job == 2", "replicates": "200", "replicate_order": "street",
    "replicate_softening": "1.414", "seed": "1", "theta": "2.345678901", "threshold": "1026.0",
    "universe": "income > 0", "weight_ceiling": "5000", "weight_floor": "1", "where": "age >= 18",
}  # fmt: skip
"""Rules with a number, a name or a condition, each with an example."""

OWN_NAMES = {
    *(
        "logit",
        "xlogit",
        "score",
        "math",
        "school",
        "shahvaish",
        *(f"hf{kind}" for kind in range(1, 10)),
    ),
    *("convey", "vardpoor"),
}
"""Names of options that are the same words in French, or names of software."""


def test_every_word_and_value_is_said_in_both_languages() -> None:
    for name, values in WORDS.items():
        for value in dict.fromkeys(values):
            own = f"option.{value}" in terms() or value in OWN_NAMES
            assert f"rule.{name}={value}" in terms() or (f"rule.{name}" in terms() and own), (
                name,
                value,
            )
            assert rule(name, value, "fr") != rule(name, value, "en")
            assert "=" not in rule(name, value, "fr")
    for name, value in FREE.items():
        assert f"rule.{name}" in terms()
        for language in LANGUAGES:
            assert not re.search(r"\{\w+\}|^\w+ = ", rule(name, value, language)), name


def test_rules_as_printed(printed_words: dict[str, Any]) -> None:
    for name, value, *expected in printed_words["rules"]:
        assert [rule(name, value, language) for language in LANGUAGES] == expected
    for name, values, *expected in printed_words["rules_of_each"]:
        assert [
            rule_in_words(name, OfEach(tuple(values)), language, None) for language in LANGUAGES
        ] == expected
    assert wording("statistic", "mine", "fr") == "mine"


def test_values_of_rules_are_printed_from_their_type_and_not_from_their_text() -> None:
    """Options of several statistics: numbers, dated numbers, columns whose names hold commas."""
    people = pd.DataFrame({"y": np.arange(1.0, 41), "line, a": [4.5, 9.0] * 20})
    line = dl.parameter("poverty_threshold_60", 2016)
    found = dl.estimate(
        dl.declare_design(people),
        *(dl.arpr("y", fraction=0.5), dl.arpr("y", convention="convey")),
        *(dl.arpr("y", threshold="`line, a` * 0.5"), dl.arpr("y", threshold=line)),
    )
    record = found.provenance
    assert record.rules["fraction"] == "0.5, 0.6"
    assert record.values_of("fraction") == (0.5, 0.6)
    assert record.values_of("convention") == ("eurostat", "convey")
    assert record.rules["threshold"] == "line, a * 0.5; 1026 (2016)"
    assert record.values_of("threshold") == ("line, a * 0.5", line)
    french = dict(dl.table(found, "fr").sheet.notes)["Règles"].replace("\u202f", " ")
    assert "fraction de la médiane\u00a0: 0,5 ; 0,6 ;" in french
    assert "seuil\u00a0: line, a * 0.5 ; 1 026 (2016) ;" in french
    again = replace(record, rules={**record.rules, "fraction": "0.7"})
    assert again.values_of("fraction") == ()
    assert again.values_of("convention") == ("eurostat", "convey")


def test_options_that_tell_rows_apart_are_printed_from_their_type() -> None:
    """Of answers, of amounts under a column whose name holds a comma, and of quantiles by two rules."""
    people = pd.DataFrame(
        {"y": np.arange(1.0, 41), "line, a": [4.5, 9.0] * 20, "sex": ["f", "m"] * 20}
    )
    book = (
        dl.Codebook()
        .described("line, a", label=dl.Text("Seuil propre", "Own line"))
        .described("sex", values={"f": dl.Text("Femme", "Woman"), "m": dl.Text("Homme", "Man")})
    )
    sample = dl.declare_design(dl.Microdata(people, book))

    def printed(*statistics: Any) -> list[str]:
        rows = dl.table(dl.estimate(sample, *statistics), "fr").sheet.rows
        return [row[0].text.replace("\u00a0", " ").replace("\u202f", " ") for row in rows]

    assert printed(dl.share("sex", interval="beta"), dl.share("sex")) == [
        *(f"{each}, intervalle : Korn et Graubard (bêta)" for each in ("Femme", "Homme")),
        *(f"{each}, intervalle : logit" for each in ("Femme", "Homme")),
    ]
    lines = [
        dl.arpr("y", threshold="`line, a`"),
        dl.arpr("y", threshold=dl.parameter("poverty_threshold_60", 2016)),
    ]
    assert printed(*lines) == ["seuil : Seuil propre", "seuil : 1 026 (2016)"]
    assert printed(dl.atkinson("y", 0.5, convention="convey"), dl.atkinson("y", 0.5)) == [
        "ε = 0,5, définitions du logiciel convey", "ε = 0,5, définitions d’Eurostat",
    ]  # fmt: skip
    record = dl.estimate(
        sample, dl.quantile("y", 0.5, rule="hf7"), dl.quantile("y", 0.5)
    ).provenance
    assert record.own_category("0.5, rule=hf7") == 0.5
    assert record.categories["0.5, rule=hf7"][1] == {"rule": "hf7"}
    assert record.own_category("anything else") == "anything else"


def test_results_carry_no_other_rule() -> None:
    """Of designs, replicates, calibration, models, tables, tests and imputations."""
    draw = np.random.default_rng(5)
    people = pd.DataFrame({
        "sex": np.tile(["f", "m"], 30), "job": draw.choice(["none", "some", "full"], 60), "pay": draw.gamma(3, 4, 60),
        "kids": draw.poisson(2, 60) * draw.integers(0, 4, 60), "home": np.arange(60) // 3,
    })  # fmt: skip
    plain = dl.declare_design(people, psu="home", lonely_psu_domain="adjust")
    made = [
        dl.make_replicates(plain, "rao_wu", 20, seed=1), dl.make_replicates(plain, "brr", split=True),
        dl.make_replicates(plain, "sdr", 12, order="home"), dl.make_replicates(plain, "fay_generalised"),
    ]  # fmt: skip
    calibrated = dl.calibrate(
        plain, {"sex": {"f": 100.0, "m": 90.0}}, distance="logit", bounds=(0.2, 4)
    )
    inside = plain.where("pay > 2").universe("kids >= 0")
    counts = dl.regress(plain, "kids ~ sex", family="negative_binomial")
    pay = dl.estimate(inside, dl.mean("pay"), by="sex")
    results = [
        *(dl.estimate(each, dl.share("job"), dl.quantile("pay", 0.9), deff="wr") for each in (*made, calibrated)),
        dl.estimate(plain, dl.arpr("pay"), dl.arpr("pay", threshold=5)),
        dl.estimate(plain, dl.quantile_shares("pay"), dl.lorenz("pay"), dl.gender_pay_gap("pay", "sex == 'f'")), pay,
        dl.contrast(pay, pairwise="bh"),
        dl.contrast([dl.estimate(dl.declare_design(people), dl.mean("pay")), dl.estimate(made[0], dl.mean("pay"))]),
        counts, dl.effect_ratios(counts), dl.marginal_effects(counts),
        dl.regress(plain, "pay ~ sex", variance="bell_mccaffrey"),
        dl.crosstab(plain, "job", "sex", shares="column").cells, dl.crosstab(plain, "job", "sex").test,
        dl.crosstab(plain, "sex", expected={"f": 0.48, "m": 0.52}).test, dl.t_test(plain, "pay", "sex"),
        dl.rank_test(plain, "pay", "sex"), dl.estimate(dl.imputed([plain, plain]), dl.mean("pay")),
    ]  # fmt: skip
    found = {name for result in results for name in result.provenance.rules}
    assert found - WORDS.keys() - FREE.keys() == set()
    assert len(found) > 20


COMPARED = (
    "key", "published", "reproduced", "difference", "tolerance", "base", "source", "status", "verdict", "expected",
)  # fmt: skip
FLAGS = (
    *(
        "not converged",
        "infinite mean",
        "pareto bounded",
        "negative incomes",
        "boundary",
        "not identified",
    ),
    *(
        "unbounded above",
        "more than degree",
        "degree below recruits",
        "groups apart",
        "no variance",
    ),
)


def test_the_words_of_results_are_there() -> None:
    assert [
        key for key, text in terms().items() if not text.fr.strip() or not text.en.strip()
    ] == []
    methods = ("log-normal", "Singh-Maddala", "Dagum", "GB2", "interpolated", "imputed")
    words = {
        "verdict": VERDICTS, "status": STATUSES, "column": (*COLUMNS, *COMPARED), "flag": FLAGS,
        "answer": [f"{method}, {end}" for method in methods for end in ("at least", "at most")],
    }  # fmt: skip
    assert {
        f"{section}.{name}" for section, names in words.items() for name in names
    } <= terms().keys()
    assert [term(f"note.{name}", "fr") for name in ("reading", "coverage", "source", "note")] == [
        "Lecture", "Champ", "Source", "Note",
    ]  # fmt: skip


def test_an_unknown_term_offers_the_nearest() -> None:
    with pytest.raises(OptionError) as caught:
        term("verdict.base differ", "fr")
    assert str(caught.value) == (
        "`verdict.base differ` is not a displayed term. "
        f"There are {len(terms())} in `words.toml`. "
        "Did you mean `verdict.base differs`, `verdict.differs` or `legend.base differs`?"
    )
