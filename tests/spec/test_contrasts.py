"""Contrasts of domains and of samples, all pairs, linear contrasts and their joint test: by hand, and as R gives them.

Values of R survey 4.4-2 (R 4.5), `options(digits = 17)`, on apiclus1 of the shared folder:

    des <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = read.csv("apiclus1.csv"))
    b <- svyby(~api00, ~stype, des, svymean, covmat = TRUE)
    svycontrast(b, list(avg = c(E = 1, H = -.5, M = -.5), EH = c(E = 1, H = -1, M = 0),
                        all = c(E = .5, H = .25, M = .25)))
    svycontrast(b, quote(E / H))
    svycontrast(svymean(~api00 + api99, des), list(gain = c(api00 = 1, api99 = -1)))
    2 * pt(-abs(d / s), 14), p.adjust(p, "holm"), p.adjust(p, "bonferroni"), p.adjust(p, "BH")
    W <- t(d) %*% solve(L %*% vcov(b) %*% t(L)) %*% d; F <- W / 2 * (14 - 2 + 1) / 14; pf(F, 2, 13,
    lower.tail = FALSE)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import diplab as dl
from diplab.errors import ColumnError, ConditionError, DiplabError, MisleadingError, OptionError
from diplab.kernel.intervals import adjusted_p_values

PEOPLE = pd.DataFrame({
    "region": ["n", "n", "n", "s", "s", "s", "w", "w", "w"], "sex": ["f", "m", "f", "m", "f", "m", "f", "m", "m"],
    "hours": [1.0, 2.0, 6.0, 4.0, 5.0, 9.0, 9.0, 12.0, 15.0], "pay": [3.0, 5.0, 4.0, 9.0, 8.0, 7.0, 6.0, 6.0, 2.0],
})  # fmt: skip


def by_region(*statistics, by="region", **options):
    return dl.estimate(
        dl.declare_design(PEOPLE), *(statistics or (dl.mean("hours"),)), by=by, **options
    )


@pytest.fixture(scope="module")
def schools(shared):
    frame = pd.read_csv(shared / "data" / "design" / "apiclus1.csv")
    return dl.declare_design(frame, weights="pw", psu="dnum", fpc="fpc")


@pytest.fixture(scope="module")
def by_type(schools):
    return dl.estimate(schools, dl.mean("api00"), by="stype", df="design")


# p-values 0.01, 0.02, 0.03, 0.2 by hand: Holm 4 x, 3 x, 2 x, 1 x, then never below the one before;
# BH 4/1, 4/2, 4/3, 4/4 x, then never above the one after.
BY_HAND = {
    "bonferroni": [0.04, 0.08, 0.12, 0.8],
    "holm": [0.04, 0.06, 0.06, 0.2],
    "bh": [0.04, 0.04, 0.04, 0.2],
}


@pytest.mark.parametrize("method", BY_HAND)
def test_families_do_not_know_each_other_and_the_undefined_count_for_nothing(method):
    p = np.array([0.2, 0.03, np.nan, 0.01, 0.02, 0.6])
    together = adjusted_p_values(p, np.array([0, 1, 1, 1, 0, 1]), method)
    for family in ([0, 4], [1, 3, 5]):
        alone = adjusted_p_values(p[family], np.zeros(len(family), dtype=np.int64), method)
        assert together[family].tolist() == alone.tolist()
    assert np.isnan(together[2])
    p = np.array([0.2, 0.03, 0.01, 0.02])
    found = adjusted_p_values(p, np.zeros(4, dtype=np.int64), method)
    assert found[[2, 3, 1, 0]] == pytest.approx(BY_HAND[method], rel=1e-14)
    assert adjusted_p_values(np.zeros(0), np.zeros(0, dtype=np.int64), "holm").size == 0


@pytest.mark.shared
def test_all_pairs_as_in_r(by_type):
    raw = [0.33011532905340168, 0.24425116237997702, 0.70736343135023050]
    adjusted = {
        "holm": [0.73275348713993105] * 3,
        "bonferroni": [0.99034598716020505, 0.73275348713993105, 1.0],
        "bh": [0.49517299358010253, 0.49517299358010253, 0.70736343135023050],
    }
    for method, expected in adjusted.items():
        frame = dl.contrast(by_type, pairwise=method).frame
        assert frame["stype"].tolist() == ["E − H", "E − M", "H − M"]
        assert frame["p_value"].tolist() == pytest.approx(raw, rel=1e-8)
        assert frame["p_adjusted"].tolist() == pytest.approx(expected, rel=1e-8)
        assert frame["std_error"].iloc[0] == pytest.approx(30.027606191845440, rel=1e-8)


@pytest.mark.shared
def test_contrasts_as_in_r(by_type, schools):
    wanted = {
        "avg": {"E": 1, "H": -0.5, "M": -0.5},
        "EH": {"E": 1, "H": -1},
        "all": {"E": 0.5, "H": 0.25, "M": 0.25},
    }
    value = [23.862341269841238, 30.296626984126988, 636.936884920634952]
    covariance = [
        [271.59999953622003, 445.62409325730505, -220.13127424144506],
        [445.62409325730511, 901.65713361255462, -244.71449473067375],
        [-220.13127424144500, -244.71449473067366, 652.30860589232168],
    ]
    named = dl.contrast(by_type, wanted)
    by_array = dl.contrast(by_type, np.array([[1, -0.5, -0.5], [1, -1, 0], [0.5, 0.25, 0.25]]))
    for found in (named, by_array):
        assert found.frame["estimate"].tolist() == pytest.approx(value, rel=1e-8)
        assert found.covariance == pytest.approx(np.array(covariance), rel=1e-8)
    assert named.frame["stype"].tolist() == ["avg", "EH", "all"]
    assert (named.frame["n"].tolist(), named.frame["df"].tolist()) == (
        [183, 144 + 14, 183],
        [14.0] * 3,
    )
    row = dl.contrast(by_type, {"stype": ("E", "H")}, kind="ratio").frame.iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx(
        [1.048978380805748, 0.051009517711866632], rel=1e-8
    )
    # the test of a ratio is of its distance to one
    t = 0.048978380805748 / 0.051009517711866632
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(t, 14), rel=1e-8)
    both = dl.estimate(schools, dl.mean("api00"), dl.mean("api99"), df="design")
    found = dl.contrast(both, {"gain": {"api00": 1, "api99": -1}}).frame.iloc[0]
    assert found["estimate"] == pytest.approx(37.191256830601105, rel=1e-8)
    assert found["std_error"] == pytest.approx(3.085196966899387, rel=1e-8)
    assert found[["statistic", "variable", "contrast", "n"]].tolist() == ["mean", "", "gain", 183]


@pytest.mark.shared
def test_a_joint_test_as_in_r(by_type):
    """All pairs are two independent ones: the same test from two of them and from all three."""
    for pairs in ({"stype": ("E", "H", "M")}, None):
        found = dl.wald_test(dl.contrast(by_type, pairs, pairwise="holm"))
        assert found.name == "adjusted_wald"
        assert found.statistic == pytest.approx(1.1869006894807825, rel=1e-8)
        assert found.df == (2.0, 13.0)
        assert found.p_value == pytest.approx(0.33616582578210924, rel=1e-8)
        assert found.n == 0  # the same schools stand behind several pairs
    assert dl.wald_test(by_type).n == 183
    plain = dl.wald_test(dl.contrast(by_type, pairwise="holm"), adjusted=False)
    assert [plain.statistic, plain.p_value] == pytest.approx(
        [2.5564014850355314 / 2, 0.30912533831880612], rel=1e-8
    )
    assert plain.hypothesis == "all 3 estimates equal 0: mean of api00"


def test_p_values_by_hand_and_pairs():
    """n: mean 3; s: mean 6; t = 3 / se on 8 degrees of freedom, of which two groups of three give four."""
    for rule, df in (("design", 8), ("effective", 4)):
        row = dl.contrast(by_region(df=rule), {"region": ("s", "n")}).frame.iloc[0]
        assert row["df"] == pytest.approx(df)
        assert row["p_value"] == pytest.approx(2 * stats.t.sf(3 / row["std_error"], df))
    normal = dl.contrast(by_region(df="infinity"), {"region": ("s", "n")}).frame.iloc[0]
    assert normal["p_value"] == pytest.approx(2 * stats.norm.sf(3 / row["std_error"]))
    est = by_region(dl.mean("hours"), dl.share("pay > 5"), by=["region", "sex"])
    found = dl.contrast(est, "region", pairwise="bonferroni").frame
    assert len(found) == 2 * 2 * 3
    assert found.iloc[:3][["statistic", "sex"]].drop_duplicates().values.tolist() == [["mean", "f"]]
    assert found["region"].tolist() == ["n − s", "n − w", "s − w"] * 4
    expected = np.minimum(
        found["p_value"] * found.groupby(["statistic", "sex"])["p_value"].transform("count"), 1
    )
    assert found["p_adjusted"].tolist() == pytest.approx(expected.tolist(), nan_ok=True)
    assert list(found.columns) == [
        "statistic", "variable", "category", "region", "sex", "estimate", "std_error", "ci_low", "ci_high", "cv",
        "deff", "df", "n", "flag", "p_value", "p_adjusted",
    ]  # fmt: skip
    found = dl.contrast(by_region(), {"region": ("w", "n")}, pairwise="holm").frame
    assert (found["region"].tolist(), found["estimate"].tolist()) == (["w − n"], [9.0])
    assert found["p_adjusted"].tolist() == found["p_value"].tolist()


def test_linear_contrasts_over_two_domain_variables():
    est = by_region(by=["region", "sex"])
    found = dl.contrast(
        est, {"gap": {("s", "m"): 1, ("s", "f"): -1, ("n", "m"): -1, ("n", "f"): 1}}
    )
    # means: s m 6.5, s f 5; n m 2, n f 3.5
    assert found.frame["estimate"].tolist() == [(6.5 - 5) - (2 - 3.5)]
    assert found.by == ("contrast",)
    assert (found.frame["n"].tolist(), found.provenance.rules["contrast"]) == (
        [6],
        "difference by coefficients",
    )
    est = by_region()
    pairs = dl.contrast(est, pairwise="holm")
    of_pairs = dl.contrast(pairs, {"curve": {"n − s": 1, "s − w": -1}})
    direct = dl.contrast(est, {"curve": {"n": 1, "s": -2, "w": 1}})
    assert of_pairs.frame["estimate"].tolist() == direct.frame["estimate"].tolist()
    assert of_pairs.frame["std_error"].tolist() == pytest.approx(direct.frame["std_error"].tolist())
    assert "p_adjusted" not in of_pairs.frame
    est = by_region(dl.quantile("hours", 0.25), dl.quantile("hours", 0.75))
    alone = [
        dl.contrast(by_region(dl.quantile("hours", p)), pairwise="bh").frame for p in (0.25, 0.75)
    ]
    found = dl.contrast(est, pairwise="bh").frame
    assert found["estimate"].tolist() == pd.concat(alone)["estimate"].tolist()
    linear = dl.contrast(est, {"n s": {"n": 1, "s": -1}}).frame["estimate"].tolist()
    assert linear == [each["estimate"].iloc[0] for each in alone]


def test_p_values_in_tables_flags_and_intervals():
    found = dl.contrast(by_region(), pairwise="holm")
    french = dl.table(found, "fr").sheet
    assert french.header == (
        "region", "Différence", "Intervalle de confiance à 95\u00a0%", "Valeur p", "Valeur p ajustée", "Répondants",
        "Remarque",
    )  # fmt: skip
    p, adjusted_p = found.frame[["p_value", "p_adjusted"]].iloc[1]
    assert [cell.number for cell in french.rows[1][3:5]] == [p, adjusted_p]
    assert french.rows[1][3].text == f"{p:.3f}".replace(".", ",")
    assert "valeurs p ajustées par la méthode de Holm" in " ".join(french.note_lines())
    linear = dl.table(dl.contrast(by_region(), np.array([1.0, -0.5, -0.5])), "fr")
    assert linear.sheet.title == "hours\xa0: moyenne (différence) par region"
    assert "différence entre sommes pondérées d’estimations" in " ".join(linear.sheet.note_lines())
    people = PEOPLE.assign(hours=PEOPLE["hours"].where(PEOPLE["region"] != "w"))
    est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="region")
    found = dl.contrast(est, pairwise="holm").frame
    assert found["flag"].tolist() == ["few units", "empty", "empty"]
    assert np.isnan(found["p_adjusted"]).tolist() == [False, True, True]
    people = PEOPLE.drop(index=[7, 8])
    est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="region")
    few, one = "few units", "one respondent"
    assert dl.contrast(est, pairwise="holm").frame["flag"].tolist() == [few, one, one]
    found = dl.contrast(by_region(dl.share("hours > 5")), {"region": ("n", "w")})
    row = found.frame.iloc[0]
    assert row["ci_high"] - row["estimate"] == pytest.approx(row["estimate"] - row["ci_low"])
    assert "interval" not in found.provenance.rules


def waves(*shifts, **options):
    people = [PEOPLE.assign(hours=PEOPLE["hours"] * shift) for shift in shifts]
    return [
        dl.estimate(dl.declare_design(each), dl.mean("hours"), by="sex", **options)
        for each in people
    ]


def test_all_pairs_of_waves():
    first, second, third = waves(1.0, 2.0, 4.0)
    found = dl.contrast({"2018": first, "2019": second, "2021": third}, pairwise="bonferroni")
    assert found.frame["wave"].tolist() == ["2018 − 2019", "2018 − 2021", "2019 − 2021"] * 2
    assert found.by == ("sex", "wave")
    by_two = dl.contrast([first, third]).frame
    both = found.frame[found.frame["wave"] == "2018 − 2021"]
    for name in ("estimate", "std_error", "p_value"):
        assert both[name].tolist() == pytest.approx(by_two[name].tolist())
    assert both["p_adjusted"].tolist() == pytest.approx(np.minimum(3 * both["p_value"], 1).tolist())
    assert found.provenance.rules["contrast"] == "difference of independent samples"
    listed = dl.contrast([first, second], pairwise="holm")
    assert listed.frame["wave"].tolist() == ["1 − 2", "1 − 2"]
    # 2018 is in two comparisons: their covariance is its variance
    assert found.covariance[0, 1] == pytest.approx(first.covariance[0, 0])


FOUR = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})


def by_sex(frame=FOUR, **options):
    return dl.estimate(dl.declare_design(frame, **options), dl.mean("hours"), by="sex")


def test_differences_and_ratios_by_hand():
    """f: mean 15; m: mean 40. z_f = (h - 15) / 2 for women, 0 for men; n / (n - 1) sum (z - mean)^2.

    V(f) = 4/3 * (2.5^2 + 2.5^2) = 16.667; V(m) = 4/3 * (5^2 + 5^2) = 66.667; the covariance is zero
    since no unit is in both and both sums are zero. V(m - f) = 83.333.
    """
    found = dl.contrast(by_sex(), {"sex": ("m", "f")}).frame.iloc[0]
    assert found["estimate"] == 25.0
    assert found["std_error"] == pytest.approx(np.sqrt(250 / 3))
    assert (found["sex"], found["n"]) == ("m − f", 4)
    # R = 40 / 15; V(R) = (V(m) + R^2 V(f)) / 15^2.
    found = dl.contrast(by_sex(), {"sex": ("m", "f")}, kind="ratio").frame.iloc[0]
    ratio = 40 / 15
    assert found["estimate"] == pytest.approx(ratio)
    assert found["std_error"] == pytest.approx(np.sqrt((200 / 3 + ratio**2 * 50 / 3) / 225))
    # The covariance between two samples is zero: V(a - b) = V(a) + V(b).
    before, after = (
        dl.estimate(dl.declare_design(frame), dl.mean("hours")) for frame in (FOUR, FOUR.iloc[:3])
    )
    found = dl.contrast([after, before]).frame.iloc[0]
    variances = before.frame["std_error"].item() ** 2 + after.frame["std_error"].item() ** 2
    assert found["estimate"] == pytest.approx(20 - 27.5)
    assert found["std_error"] == pytest.approx(np.sqrt(variances))
    # equal variances of 4 and 3 people, each known by one less: (1/4 + 1/3)^2 / (1/4^2 / 3 + 1/3^2
    # / 2)
    assert found["df"] == pytest.approx((7 / 12) ** 2 / (1 / 48 + 1 / 18), rel=1e-12)
    by_design = [of(frame, df="design") for frame in (FOUR.iloc[:3], FOUR)]
    assert dl.contrast(by_design).frame["df"].item() == 2
    first, second = (
        dl.estimate(dl.declare_design(FOUR).where(f"sex == '{sex}'"), dl.mean("hours"))
        for sex in "fm"
    )
    rules = dl.contrast([first, second]).provenance.rules
    assert (rules["contrast"], rules["where"]) == (
        "difference of independent samples",
        "sex == 'f' − sex == 'm'",
    )
    people = FOUR.assign(hours=[1.0, 2.0, 0.0, 0.0])
    found = dl.contrast(by_sex(people), {"sex": ("f", "m")}, kind="ratio").frame.iloc[0]
    assert found["flag"] == "undefined"
    sample = dl.declare_design(FOUR).where("sex == 'f'")
    found = dl.contrast(
        dl.estimate(sample, dl.mean("hours"), by="sex"), {"sex": ("m", "f")}
    ).frame.iloc[0]
    assert np.isnan(found["estimate"])
    assert found["flag"] == "empty"


def of(frame, *statistics, by=(), **options):
    return dl.estimate(
        dl.declare_design(frame), *(statistics or (dl.mean("hours"),)), by=by, **options
    )


REGIONS, SEXES, BOTH = (of(PEOPLE, by=by) for by in ("region", "sex", ["region", "sex"]))
PLAIN = of(PEOPLE, dl.mean("hours"), dl.total("hours"))
ONE_SAMPLE = dl.declare_design(FOUR)
OF_ONE = [
    dl.estimate(each, dl.mean("hours")) for each in (ONE_SAMPLE.where("sex == 'f'"), ONE_SAMPLE)
]
SURVEYS = [
    of(FOUR, dl.share("hours > 15")).described(source=dl.Text.same(name))
    for name in ("DiPLab", "Foule Factory")
]
WAVES = [of(PEOPLE.rename(columns={"sex": "wave"}), by="wave") for _ in range(2)]
PLACES = of(pd.DataFrame({"place": np.arange(204) % 102, "hours": np.arange(204.0)}), by="place")
NOBODY = of(PEOPLE.drop(index=6), by=["region", "sex"])
RESERVED = of(PEOPLE.rename(columns={"region": "p_value"}), by="p_value")
HOLM = {"pairwise": "holm"}
REFUSED: list[tuple[type[DiplabError], tuple[Any, ...], dict[str, Any]]] = [
    (OptionError, (SEXES, {"sex": ("m", "f")}), {"kind": "quotient"}), (OptionError, (SEXES,), {}),
    (ColumnError, (SEXES, {"age": (1, 2)}), {}), (ColumnError, (SEXES, {"sex": ("m", "w")}), {}),
    (OptionError, ([SEXES],), {}), (OptionError, ([SEXES, of(PEOPLE)],), {}), (MisleadingError, (OF_ONE,), {}),
    (MisleadingError, (SURVEYS,), {"kind": "ratio"}),
    (OptionError, ([of(PEOPLE, confidence=each) for each in (0.9, 0.95)],), {}),
    (ColumnError, (RESERVED,), HOLM), (OptionError, (REGIONS,), {"pairwise": "tukey"}),
    (ColumnError, (REGIONS, "sex"), HOLM), (OptionError, (BOTH,), HOLM),
    (OptionError, (REGIONS, {"region": ("n",)}), HOLM), (OptionError, (REGIONS, "region"), {}),
    (OptionError, ([REGIONS, REGIONS], "region"), {}), (OptionError, (PLACES,), {"pairwise": "bh"}),
    (OptionError, ([SEXES, SEXES, SEXES],), {}), (OptionError, ({"2018": SEXES},), HOLM),
    (OptionError, ([SEXES, 3],), HOLM), (ColumnError, (WAVES,), HOLM),
    (OptionError, (REGIONS, {"x": {"n": 1, "s": -1}}), HOLM), (OptionError, (REGIONS, np.ones((2, 2))), {}),
    (OptionError, (REGIONS, {"x": {"n": "one"}}), {}), (ColumnError, (REGIONS, {"x": {"nn": 1}}), {}),
    (OptionError, (BOTH, {"x": {"n": 1}}), {}), (OptionError, (PLAIN, {"x": {"hours": 1}}), {}),
    (ColumnError, (PLAIN, {"x": {"pay": 1}}), {}),
    (ColumnError, (NOBODY, {"x": {("w", "f"): 1, ("w", "m"): -1}}), {}),
]  # fmt: skip


def test_refused(refused: Any) -> None:
    for error, arguments, options in REFUSED:
        refused(lambda a=arguments, o=options: dl.contrast(*a, **o), error)
    few = dl.estimate(
        dl.declare_design(PEOPLE, psu="region"), dl.mean("hours"), by=["sex", "region"]
    )
    apart = dl.contrast(few, "region", pairwise="holm").rows([0, 1, 3, 4])
    still = of(PEOPLE, dl.mean("hours"), dl.mean("hours - hours + 1"))
    short = replace(REGIONS, frame=REGIONS.frame.assign(df=2.0), effective=None)
    gone = of(PEOPLE.assign(hours=PEOPLE["hours"].where(PEOPLE["region"] != "w")), by="region")
    for result in (apart, still, short, gone):
        refused(lambda result=result: dl.wald_test(result), OptionError)


def test_expressions_by_hand_and_the_names_in_them():
    """Means of hours: n 3, s 6, w 12. The p-value of n / (n + s) compares it with 1/2; a product has none."""
    found = dl.contrast(by_region(), {"part": "n / (n + s)", "product": "n * w"})
    assert found.frame[["region", "estimate"]].values.tolist() == [
        ["part", pytest.approx(1 / 3)],
        ["product", 36.0],
    ]
    variance = by_region().covariance
    slopes = np.array([[6 / 81, -3 / 81, 0.0], [12.0, 0.0, 3.0]])
    assert found.covariance == pytest.approx(slopes @ variance @ slopes.T, rel=1e-12)
    error = found.frame["std_error"][0]
    assert found.frame["p_value"][0] == pytest.approx(
        2 * stats.t.sf((1 / 2 - 1 / 3) / error, 4), rel=1e-9
    )
    assert np.isnan(found.frame["p_value"][1])
    pay = dl.estimate(dl.declare_design(PEOPLE), dl.mean("pay"), dl.mean("hours"))
    direct = dl.estimate(dl.declare_design(PEOPLE), dl.ratio("pay", "hours")).frame.iloc[0]
    ratio = dl.contrast(pay, "pay / hours").frame.iloc[0]
    for name in ("estimate", "std_error"):
        assert ratio[name] == pytest.approx(direct[name], rel=1e-12)
    assert ratio[["statistic", "variable", "contrast", "n"]].tolist() == [
        "mean",
        "",
        "pay / hours",
        9,
    ]
    several = by_region(dl.mean("hours"), dl.share("pay > 5"), by=["region", "sex"])
    names = {"a": {"sex": "f"}, "b": {"sex": "m"}}
    gaps, known = (
        dl.contrast(several, "a - b", names=names),
        dl.contrast(several, {"sex": ("f", "m")}),
    )
    assert (gaps.by, gaps.frame["region"].tolist()) == (("region", "sex"), ["n", "s", "w"] * 2)
    assert gaps.frame["estimate"].tolist() == known.frame["estimate"].tolist()
    one = {
        "a": {"statistic": "mean", "region": "n", "sex": "f"},
        "b": {"statistic": "share", "region": "s", "sex": "m"},
    }
    single = dl.contrast(several, "a * b", names=one).frame
    assert single[["statistic", "contrast"]].values.tolist() == [["contrast", "a * b"]]
    codes = PEOPLE.assign(region=PEOPLE["region"].map({"n": 1, "s": 2, "w": 3}))
    found = dl.contrast(
        dl.estimate(dl.declare_design(codes), dl.mean("hours"), by="region"), "`1` / `2`"
    )
    assert found.frame[["region", "estimate"]].values.tolist() == [["`1` / `2`", 0.5]]


def test_an_expression_of_an_empty_domain_is_flagged_and_tables_say_expression():
    people = PEOPLE.assign(hours=PEOPLE["hours"].where(PEOPLE["region"] != "w"))
    est = dl.estimate(dl.declare_design(people), dl.mean("hours"), by="region")
    found = dl.contrast(est, {"of w": "n / w", "of s": "n / s"})
    assert found.frame["flag"].tolist() == ["empty", "few units"]
    assert np.isnan(found.frame["std_error"]).tolist() == [True, False]
    shares = dl.contrast(by_region(dl.share("hours > 1")), "log(s / n)")
    french = dl.table(shares, "fr").sheet
    assert "expression d’estimations, par la méthode delta" in " ".join(french.note_lines())
    assert "%" not in french.rows[0][1].text
    dl.chart(shares)


def test_tables_of_expressions_have_labels_in_the_place_of_codes_and_say_that_they_are_expressions():
    words = {1: dl.Text("Nord", "North"), 2: dl.Text("Sud", "South")}
    book = (
        dl.Codebook()
        .described("region", values=words)
        .described("hours", label=dl.Text("Heures", "Hours"))
    )
    book = book.described("pay", label=dl.Text("Gains", "Pay"))
    codes = PEOPLE.assign(region=PEOPLE["region"].map({"n": 1, "s": 2}), pay=PEOPLE["hours"] + 1)
    sample = dl.declare_design(dl.Microdata(codes, book))
    est = dl.estimate(sample, dl.mean("hours"), by="region")
    printed = {
        "(`2` - `1`) / `1`": "(Sud − Nord) / Nord",
        "log(South / Nord)": "log(Sud / Nord)",
        "2 * `1` / `2`": "2 * Nord / Sud",
    }
    for written, shown in printed.items():
        sheet = dl.table(dl.contrast(est, written), "fr").sheet
        assert (sheet.title, sheet.rows[0][0].text) == (
            "Heures\xa0: moyenne (expression) par region",
            shown,
        )
    named = dl.table(dl.contrast(est, {"North over all": "North / (North + South)"}), "fr").sheet
    assert named.rows[0][0].text == "North over all"
    two = dl.contrast(dl.estimate(sample, dl.mean("pay"), dl.mean("hours")), "pay / hours")
    rate = dl.table(two, "fr").sheet
    assert (rate.title, rate.rows[0][0].text) == ("Moyenne (expression)", "Gains / Heures")
    halves = dl.table(dl.contrast(est, {"both": {1: 0.5, 2: 0.5}}), "fr").sheet
    assert halves.title.startswith("Heures\xa0: moyenne (somme pondérée)")


REFUSED_EXPRESSIONS: list[tuple[Any, Any, type[DiplabError]]] = [
    ("n / (s - 6)", None, OptionError),
    ("log(n - s)", None, OptionError),
    ("sqrt(n - 3)", None, OptionError),
    ("(n - 3) ** 0.5 + s", None, OptionError),
    ("(n - 3) ** 2", None, OptionError),
    ("abs(n)", None, ConditionError),
    ("n +", None, ConditionError),
    ("2 * 3", None, ConditionError),
    ("n / x", None, ColumnError),
    ("a / s", {"a": {"town": 1}}, ColumnError),
    ("a / s", {"a": {"variable": "hours"}}, OptionError),
    ({"region": ("n", "s")}, {"a": {}}, OptionError),
]


@pytest.mark.parametrize("number", range(len(REFUSED_EXPRESSIONS)))
def test_expressions_that_are_refused(error_text, number):
    text, names, error = REFUSED_EXPRESSIONS[number]
    with pytest.raises(error) as caught:
        dl.contrast(by_region(), text, names=names)
    error_text(caught)


def test_a_name_of_several_domain_variables_needs_names(refused):
    refused(lambda: dl.contrast(by_region(by=["region", "sex"]), "f / m"), OptionError)
    refused(lambda: dl.contrast(by_region(), "n / s", kind="ratio"), OptionError)


def test_pairs_on_one_unit_are_tested_at_once_as_the_terms_of_a_regression_are() -> None:
    draw = np.random.default_rng(0)
    unit = np.repeat(np.arange(40), 10)
    people = pd.DataFrame(
        {"unit": unit, "w": 9.0, "y": draw.normal(size=400), "g": draw.choice(list("abc"), 400)}
    )
    # d: all of two units, of which one has four fifths of the weight, and eight people of others
    people.loc[(unit < 2) | ((unit > 8) & (unit % 4 == 0) & (np.arange(400) % 10 == 0)), "g"] = "d"
    people.loc[unit == 0, "w"] = 80.0
    sample = dl.declare_design(people, weights="w", psu="unit")
    pairs = dl.contrast(dl.estimate(sample, dl.mean("y"), by="g"), pairwise="holm")
    withheld = [flag == "correctable leverage" for flag in pairs.frame["flag"]]
    assert withheld == [False, False, True, False, True, True]
    found, term = dl.wald_test(pairs), dl.term_test(dl.regress(sample, "y ~ g"), "g")
    assert (found.statistic, *found.df, found.p_value) == pytest.approx(
        (term.statistic, *term.df, term.p_value)
    )
    assert found.provenance.rules["variance"] == "bell_mccaffrey"
    with pytest.raises(OptionError, match="3 of 6 rows have no estimate or no variance"):
        dl.wald_test(pairs, adjusted=False)


def test_ratios_tested_at_once_have_their_own_covariance_and_the_df_of_the_differences() -> None:
    draw = np.random.default_rng(1)
    unit = np.repeat(np.arange(40), 10)
    people = pd.DataFrame({"unit": unit, "g": draw.choice(list("abcd"), 400)})
    people["y"] = (
        1000
        + 200 * (draw.normal(size=40)[unit] + draw.normal(size=400))
        + 100 * (people["g"] == "b")
    )
    sample = dl.declare_design(people, psu="unit")
    means = dl.estimate(sample, dl.mean("y"), by="g")
    differences = dl.wald_test(dl.contrast(means, pairwise="holm"))
    pairs = dl.contrast(means, pairwise="holm", kind="ratio")
    for ratios in (pairs.rows([0, 1, 2]), pairs.rows([0, 1])):
        # enlarged residuals and Hotelling's form take some of it
        plain = dl.wald_test(ratios, adjusted=False)
        assert dl.wald_test(ratios).statistic == pytest.approx(plain.statistic, rel=0.15)
    found = dl.wald_test(pairs.rows([0, 1, 2]))
    assert found.df == pytest.approx(differences.df, rel=1e-8)
    # far from zero, ratios are differences over the mean
    near = dl.estimate(sample, dl.mean("y + 1e7"), by="g")
    ratios = dl.wald_test(dl.contrast(near, pairwise="holm", kind="ratio").rows([0, 1, 2]))
    assert ratios.statistic == pytest.approx(differences.statistic, rel=1e-3)


def _of_three_groups(shift: float = 0.0) -> pd.DataFrame:
    draw = np.random.default_rng(4)
    people = pd.DataFrame({"g": draw.choice(list("abc"), 240)})
    return people.assign(y=draw.normal(10, 2, 240) + shift * (people["g"] == "a"))


def test_expressions_are_tested_at_once_against_their_values_where_estimates_are_equal(
    refused: Any,
) -> None:
    sample = dl.declare_design(_of_three_groups())
    for each in (sample, dl.imputed([sample] * 3)):
        for df in ("effective", "design"):
            means = dl.estimate(each, dl.mean("y"), by="g", df=df)
            ratios, pairs = (
                dl.wald_test(dl.contrast(means, pairwise="holm", kind=kind).rows([0, 1]))
                for kind in ("ratio", "difference")
            )
            written = dl.wald_test(dl.contrast(means, {"x": "a / b", "y": "a / c"}))
            assert (written.statistic, *written.df) == pytest.approx(
                (ratios.statistic, *ratios.df), rel=1e-9
            )
            assert (written.tested.null, written.p_value) == (1.0, pytest.approx(ratios.p_value))
            differences = dl.wald_test(dl.contrast(means, {"x": "a - b", "y": "a - c"}))
            assert (differences.statistic, *differences.df) == pytest.approx(
                (pairs.statistic, *pairs.df), rel=1e-9
            )
            # logarithms of the third pair follow from those of the others
            logs = dl.contrast(means, {"x": "log(a / b)", "y": "log(a / c)", "z": "log(b / c)"})
            assert dl.wald_test(logs).p_value == pytest.approx(
                dl.wald_test(logs.rows([0, 2])).p_value
            )
            # of one row it is the t test of the row, whatever its value without a difference
            for text in ("a / (a + b)", "a - b", "a / b"):
                one = dl.contrast(means, text)
                assert dl.wald_test(one).p_value == pytest.approx(
                    one.frame["p_value"].item(), rel=1e-9
                )
        mixed = dl.wald_test(dl.contrast(means, {"x": "a / b", "y": "a - c"}))
        assert np.isnan(mixed.tested.null)
        assert "all 2 expressions equal their values when all estimates are equal" in str(
            dl.table(mixed, "en").sheet
        )
        assert "les 2 expressions égales à ce qu’elles valent" in str(dl.table(mixed, "fr").sheet)
    means = dl.estimate(sample, dl.mean("y"), by="g")
    some = dl.contrast(means, {"product": "a * b", "gap": "a - b"})
    for result in (some, some.rows([0]), dl.contrast(means, {"x": "a / b", "y": "a - b"})):
        refused(lambda result=result: dl.wald_test(result), OptionError)
    for df in ("design", "domain", "infinity"):
        # a - b and a / b are one hypothesis by whatever degrees of freedom; a - b and b - a always count once
        means = dl.estimate(sample, dl.mean("y"), by="g", df=df)
        one = dl.contrast(means, {"x": "a / b", "y": "a - b"})
        logs = dl.contrast(means, {"x": "a / b", "y": "log(a) - log(b)"})
        for each in (one, logs):
            with pytest.raises(OptionError, match="are equivalent under the null hypothesis"):
                dl.wald_test(each)
        assert dl.wald_test(one.rows([0])).df[0] == 1
        assert dl.wald_test(dl.contrast(means, {"x": "b - a", "y": "a - b"})).df[0] == 1
        assert dl.wald_test(dl.contrast(means, {"x": "a / c", "y": "a - b"})).df[0] == 2
    # what the first error says to write
    assert dl.wald_test(some.rows([1])).p_value == pytest.approx(some.frame["p_value"][1])


def test_expressions_reject_a_true_hypothesis_as_often_as_differences_do() -> None:
    found = []
    for shift in (0.0, 1.0):
        means = dl.estimate(dl.declare_design(_of_three_groups(shift)), dl.mean("y"), by="g")
        written = dl.contrast(means, {"x": "log(a / b)", "y": "(a - c) / (a + c)"})
        p = [dl.wald_test(each).p_value for each in (written, dl.contrast(means, pairwise="holm"))]
        assert p[0] == pytest.approx(p[1], rel=0.3)
        found.append(p[0])
    assert found[0] > 0.05 > found[1]


def test_ratios_of_odds_are_tested_as_the_coefficients_that_they_are_exponentials_of() -> None:
    """Before, they were tested against 0, with the covariance of the coefficients: p < 0.001 for 0.71."""
    people = _of_three_groups().assign(
        z=lambda x: (x["y"] > 10) * 1, w=lambda x: x["y"].round(2) * 100 % 2
    )
    sample = dl.declare_design(people)
    for each in (sample, dl.imputed([sample] * 3)):
        fit = dl.regress(each, "z ~ g", family="binomial")
        ratios, term = dl.wald_test(dl.effect_ratios(fit)), dl.term_test(fit, "g")
        assert (ratios.statistic, *ratios.df, ratios.p_value) == pytest.approx(
            (term.statistic, *term.df, term.p_value), rel=1e-7
        )
        assert ratios.tested.null == 1.0
    table = dl.crosstab(sample.where("g != 'c'"), "g", "z").association
    odds = table.rows(table.frame["statistic"] == "odds_ratio")
    logs = table.rows(table.frame["statistic"] == "log_odds_ratio")
    assert dl.wald_test(odds).p_value == pytest.approx(dl.wald_test(logs).p_value, rel=1e-9)
