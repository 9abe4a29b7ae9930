"""Labels and codes in errors, hypotheses, tables, contrasts and regressions; tests and regressions over imputations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.inference.imputation import pool_estimates
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Sample

SEX = {1.0: Text("femme", "woman"), 2.0: Text("homme", "man"), 3.0: Text("autre", "other")}
CODEBOOK = Codebook({
    "sex": Variable("sex", label=Text("sexe", "Sex"), values=SEX),
    "contract": Variable("contract", label=Text("contrat", "Contract")),
    "pay": Variable("pay", label=Text("paie", "Hourly pay")),
})  # fmt: skip


def people(rows: int = 60, sexes: int = 2) -> pd.DataFrame:
    drawn = np.random.default_rng(3)
    return pd.DataFrame({
        "sex": (np.arange(rows) % sexes + 1).astype(float), "region": np.arange(rows) // 2 % 3,
        "contract": drawn.choice(["long", "short"], rows), "pay": drawn.normal(10, 2, rows).round(3),
        "w": drawn.uniform(1, 3, rows).round(3),
    })  # fmt: skip


def declared(data: pd.DataFrame, codebook: Codebook = CODEBOOK) -> Sample:
    return dl.declare_design(Microdata(data, codebook), weights="w")


THREE, TWO = (
    dl.declare_design(Microdata(people(sexes=each), CODEBOOK), weights="w") for each in (3, 2)
)
CODES = dl.declare_design(Microdata(people(), Codebook()), weights="w")
LAST = dl.declare_design(Microdata(people().assign(sex=[1.0] * 59 + [2.0]), CODEBOOK), weights="w")


def test_labels_in_errors(refused: Any) -> None:
    means = dl.estimate(TWO, dl.mean("pay"), by="sex")
    for call in (
        lambda: dl.calibrate(TWO, {"sex": {"women": 600, "man": 400}}),
        lambda: dl.calibrate(THREE, {"sex": {"woman": 600, "man": 400}}),
        *(
            lambda: dl.t_test(THREE, "pay", "sex"),
            lambda: dl.rank_test(TWO.where("sex == 1"), "pay", "sex"),
        ),
        *(
            lambda: dl.t_test(LAST, "pay", "sex"),
            lambda: dl.contrast(means, {"sex": ("women", "man")}),
        ),
        lambda: dl.contrast(means, {"sex": ("man",)}, pairwise="holm"),
        lambda: dl.crosstab(TWO, "sex", expected={"women": 0.5}),
        # codes without labels are whole numbers
        *(lambda: CODES.where("sex"), lambda: dl.regress(CODES.where("sex == 2"), "pay ~ C(sex)")),
        lambda: dl.calibrate(CODES, {"sex": {1: 600}}),
        lambda: dl.contrast(dl.regress(TWO, "pay ~ w"), {"w": (1, 2)}),
        # a link is not a family
        *(lambda link=link: dl.regress(TWO, "pay ~ w", family=link) for link in ("logit", "log")),
    ):
        refused(call)
    # and in hypotheses
    groups = "equal across sex (difference: 2 minus 1)"
    assert dl.t_test(CODES, "pay", "sex").hypothesis == f"mean of pay {groups}"
    assert dl.rank_test(CODES, "pay", "sex").hypothesis == f"distribution of pay {groups}"
    tables = dl.crosstab(CODES, "contract", "region", by="sex")
    assert tables.tests[0].hypothesis == "contract x region independent where sex = 1"


class TestImputations:
    @staticmethod
    def both() -> list[Sample]:
        data = people()
        return [
            declared(data.assign(pay=data["pay"] + shift * (data.index % 7 == 0)))
            for shift in (0.0, 1.0, 2.0)
        ]

    def test_a_t_test_is_that_of_the_pooled_difference(self) -> None:
        samples = self.both()
        found = dl.t_test(dl.imputed(samples), "pay", "sex", df="infinity")
        means = [dl.estimate(one, dl.mean("pay"), by="sex", df="infinity") for one in samples]
        alike = pool_estimates([dl.contrast(each, {"sex": (2, 1)}) for each in means]).frame.iloc[0]
        assert found.statistic == pytest.approx(alike["estimate"] / alike["std_error"], rel=1e-12)
        assert found.p_value == pytest.approx(alike["p_value"], rel=1e-10)
        assert found.df[0] == pytest.approx(alike["df"], rel=1e-12)
        assert found.estimates["ci_low"] == pytest.approx(alike["ci_low"], rel=1e-10)
        assert found.provenance.rules["imputations"] == "3"

    def test_a_rank_test_of_two_groups_pools_the_difference_of_scores(self) -> None:
        samples = self.both()
        found = dl.rank_test(dl.imputed(samples), "pay", "sex")
        each = [dl.rank_test(one, "pay", "sex").estimates for one in samples]
        apart = [one["difference"] for one in each]
        # Rubin (1987): within plus (1 + 1 / M) between, by hand
        variance = np.mean([one["std_error"] ** 2 for one in each]) + (1 + 1 / 3) * np.var(
            apart, ddof=1
        )
        assert found.estimates["difference"] == pytest.approx(np.mean(apart), rel=1e-12)
        assert found.statistic == pytest.approx(np.mean(apart) / np.sqrt(variance), rel=1e-12)

    def test_a_rank_test_of_three_groups_is_an_f_by_the_rule_d2(self, refused: Any) -> None:
        samples = self.both()
        found = dl.rank_test(dl.imputed(samples), "pay", "region", df="design")
        w = np.array(
            [dl.rank_test(one, "pay", "region", df="design").estimates["chi2"] for one in samples]
        )
        # Li, Meng, Raghunathan and Rubin (1991), by hand
        r = (1 + 1 / 3) * np.var(np.sqrt(w), ddof=1)
        f = (w.mean() / 2 - (3 + 1) / (3 - 1) * r) / (1 + r)
        assert found.name == "kruskal_wallis"
        assert found.statistic == pytest.approx(f, rel=1e-12)
        assert found.df[0] == 2.0
        # groups that differ are refused
        first, second = people(), people().replace({"sex": {2.0: 3.0}})
        both = dl.imputed([declared(first), declared(second)])
        refused(lambda: dl.t_test(both, "pay", "sex"))


class TestContrastsOfCategories:
    def test_of_predicted_margins(self) -> None:
        """In a linear model without products the gap between two margins is the coefficient between them."""
        fit = dl.regress(declared(people(sexes=3)), "pay ~ C(sex) + contract", df="design")
        margins = dl.predicted_margins(fit, "sex", covariates="fixed")
        found = dl.contrast(margins, {"sex": ("man", "woman")}).frame.iloc[0]
        coefficient = fit.frame.query("variable == 'sex' and category == 2").iloc[0]
        for name in ("estimate", "std_error", "ci_low", "p_value"):
            assert found[name] == pytest.approx(coefficient[name], rel=1e-9)
        assert found["sex"] == "2 − 1"
        assert found["n"] == 60  # the same people, once
        # all pairs
        margins = dl.predicted_margins(dl.regress(declared(people(sexes=3)), "pay ~ C(sex)"), "sex")
        for between in (None, "sex", {"sex": (1, 2, 3)}):
            found = dl.contrast(margins, between, pairwise="holm")
            assert found.frame["sex"].tolist() == ["1 − 2", "1 − 3", "2 − 3"]
            assert found.by == ("sex",)

    def test_of_coefficients(self) -> None:
        """The contrast of two categories does not depend on the reference: by hand, from another one."""
        sample = declared(people(sexes=3))
        found = dl.contrast(
            dl.regress(sample, "pay ~ C(sex)", df="design"), {"sex": (3, 2)}
        ).frame.iloc[0]
        other = (
            dl.regress(sample, "pay ~ C(sex, Treatment(2))", df="design")
            .frame.query("category == 3")
            .iloc[0]
        )
        for name in ("estimate", "std_error", "df", "p_value"):
            assert found[name] == pytest.approx(other[name], rel=1e-9)

    def test_of_margins_of_several_outcomes(self) -> None:
        data = people().assign(use=np.random.default_rng(5).choice(list("abc"), 60))
        fit = dl.regress(declared(data), "use ~ C(sex)", family="multinomial")
        margins = dl.predicted_margins(fit, "sex")
        frame = dl.contrast(margins, {"sex": (1, 2)}).frame
        assert frame["use"].tolist() == ["a", "b", "c"]
        assert frame["estimate"].sum() == pytest.approx(0.0, abs=1e-12)
        assert dl.contrast(margins, {"use": ("a", "b")}).frame["category"].tolist() == [1.0, 2.0]


class TestTwoSharesOfOneWhole:
    def test_count_once_in_the_adjustment(self) -> None:
        sample = declared(people())
        both, one = (
            dl.contrast(dl.estimate(sample, dl.share(each), by="region"), pairwise="holm").frame
            for each in ("contract", "contract == 'long'")
        )
        for category in ("long", "short"):
            own = both.loc[both["category"] == category, "p_adjusted"]
            np.testing.assert_allclose(own, one["p_adjusted"], rtol=1e-9)

    def test_of_one_statistic_beside_another_on_the_same_variable(self) -> None:
        sample = declared(people(), CODEBOOK.described("sex", measure="ordinal"))
        two = dl.estimate(sample, dl.share("sex"), dl.mean("sex"), by="region")
        alone = dl.estimate(sample, dl.mean("sex"), by="region")
        found = dl.contrast(two, pairwise="bonferroni").frame.query("statistic == 'mean'")
        expected = dl.contrast(alone, pairwise="bonferroni").frame
        np.testing.assert_allclose(found["p_adjusted"], expected["p_adjusted"], rtol=1e-12)

    def test_three_shares_and_ratios_all_count(self) -> None:
        shares = dl.estimate(declared(people(sexes=3)), dl.share("sex"), by="contract")
        found = dl.contrast(shares, pairwise="bonferroni").frame
        np.testing.assert_allclose(
            found["p_adjusted"], np.minimum(3 * found["p_value"], 1), rtol=1e-12
        )
        shares = dl.estimate(declared(people()), dl.share("contract"), by="sex")
        found = dl.contrast(shares, pairwise="bonferroni", kind="ratio").frame
        np.testing.assert_allclose(
            found["p_adjusted"], np.minimum(2 * found["p_value"], 1), rtol=1e-12
        )


IN_REPR: dict[str, Callable[[], Sample]] = {
    "<sample of 60 rows, 5 columns, weights w calibrated to sex, contract>": lambda: dl.calibrate(
        TWO, {"sex": {"woman": 600, "man": 400}, "contract": {"long": 500, "short": 500}}
    ),
    "<sample of 60 rows, 5 columns, weights w, 60 replicates (jk1) where pay > 0>": lambda: (
        dl.make_replicates(TWO, "jk1").where("pay > 0")
    ),
    "<sample of 60 rows, 8 columns, weights w, 3 replicates (bootstrap)>": lambda: (
        dl.declare_design(
            people().assign(w1=1.0, w2=2.0, w3=3.0),
            weights="w",
            replicates=dl.replicates("w[0-9]", kind="bootstrap"),
        )
    ),
    "<sample of 60 rows, 5 columns, two phases>": lambda: dl.two_phase(
        dl.declare_design(people()), "contract == 'long'", strata="sex"
    ),
}


def test_repr_of_a_sample() -> None:
    for text, make in IN_REPR.items():
        assert repr(make()) == text
    # in a notebook, without any row
    book = dl.Codebook(origin=Origin(file="workers.sav")).described(
        "pay", label=dl.Text.same("Pay <hourly>")
    )
    data = dl.Microdata(people().assign(town="Smith"), book)
    sample = dl.declare_design(data, weights="w", strata="sex", kind="opt-in", lonely_psu="remove")
    assert repr(sample) == "<sample of 60 rows, 6 columns, opt-in, weights w, strata sex>"
    shown = sample.universe("pay > 0").where("contract == 'long'")._repr_html_()
    for fact in (
        "60 rows, 6 columns",
        "workers.sav",
        "1 of 6",
        "opt-in",
        "pay &gt; 0",
        "contract == ",
    ):
        assert fact in shown
    assert "Smith" not in shown


def test_tables_of_measured_variables_are_refused(refused: Any) -> None:
    import polars as pl

    data = people().assign(pay=np.linspace(0.0, 10.0, 60))
    for each in (data, pl.from_pandas(data).lazy()):
        refused(
            lambda each=each: dl.crosstab(dl.declare_design(each, weights="w"), "contract", "pay")
        )
    # words and labelled codes are crossed
    data = people(120).assign(town=[f"t{n // 2}" for n in range(120)], code=np.arange(120) // 2)
    labels = {code: Text.same(f"town {code}") for code in range(60)}
    sample = declared(data, Codebook({"code": Variable("code", values=labels)}))
    assert len(dl.crosstab(sample, "town").cells) == len(dl.crosstab(sample, "code").cells) == 60


class TestRegressions:
    def test_codes_that_all_have_a_label_are_categories(self) -> None:
        sample = declared(people(sexes=3))
        alone, written = dl.regress(sample, "pay ~ sex + w"), dl.regress(sample, "pay ~ C(sex) + w")
        pd.testing.assert_frame_equal(alone.frame, written.frame)
        assert alone.frame["category"].tolist() == ["", 2.0, 3.0, ""]
        # and are numbers where that is written
        number = dl.regress(dl.declare_design(people(sexes=3), weights="w"), "pay ~ sex").frame
        pd.testing.assert_frame_equal(dl.regress(sample, "pay ~ I(sex)").frame, number)
        # labels of some codes, such as the ends of a scale, make no categories
        codebook = Codebook(
            {"region": Variable("region", values={0: Text.same("north"), 2: Text.same("south")})}
        )
        frame = dl.regress(declared(people(), codebook), "pay ~ region").frame
        assert frame["category"].tolist() == ["", ""]
        labels = {code: Text.same(f"r{code}") for code in range(3)}
        codebook = CODEBOOK.described("region", values=labels)
        frame = dl.regress(declared(people(), codebook), "pay ~ sex * region").frame
        assert frame["category"].tolist() == ["", 2.0, 1, 2, "2:1", "2:2"]

    def test_margins_are_asked_for_by_label(self, refused: Any) -> None:
        fit = dl.regress(declared(people(sexes=3)), "pay ~ sex")
        some = dl.predicted_margins(fit, {"sex": ["man", "autre"]})
        assert some.frame["category"].tolist() == [2.0, 3.0]
        refused(lambda: dl.predicted_margins(fit, {"sex": ["men"]}))
        # terms of ratios are not tested
        data = people().assign(low=lambda frame: (frame["pay"] < 10).astype(int))
        ratios = dl.effect_ratios(dl.regress(declared(data), "low ~ sex", family="binomial"))
        refused(lambda: dl.term_test(ratios, "sex"))
        refused(lambda: dl.contrast(ratios, {"sex": (2, 1)}))


class TestRegressionsOverImputations:
    @staticmethod
    def fits() -> tuple[list[Any], Any]:
        samples = TestImputations.both()
        formula = "pay ~ sex + contract"
        return [dl.regress(each, formula) for each in samples], dl.regress(
            dl.imputed(samples), formula
        )

    def test_effects_margins_and_terms_are_pooled(self) -> None:
        each, found = self.fits()
        for verb in (
            *(dl.marginal_effects, lambda fit: dl.predicted_margins(fit, "sex")),
            lambda fit: dl.contrast(dl.predicted_margins(fit, "sex"), {"sex": ("man", "woman")}),
        ):
            points = np.stack([verb(one).frame["estimate"] for one in each])
            np.testing.assert_allclose(
                verb(found).frame["estimate"], points.mean(axis=0), rtol=1e-10
            )
        test = dl.term_test(found, "contract")
        row = found.frame.query("variable == 'contract'").iloc[0]
        # one coefficient: the square of its t, by the rule D1
        assert test.statistic == pytest.approx((row["estimate"] / row["std_error"]) ** 2, rel=1e-9)
        assert test.codebook is found.codebook

    def test_ratios_are_exponentials_of_the_pooled_coefficients(self) -> None:
        data = people()
        samples = [
            dl.declare_design(data.assign(low=(data["pay"] < each).astype(int)))
            for each in (10, 10.3)
        ]
        fit = dl.regress(dl.imputed(samples), "low ~ contract", family="binomial")
        ratio = dl.effect_ratios(fit).frame["estimate"].item()
        assert ratio == pytest.approx(np.exp(fit.frame["estimate"].iloc[1]), rel=1e-12)
