"""Association in a table, effect sizes, adjusted totals, sorted tables: by hand, on every engine, what is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.kernel.rao_scott import corrected_v, cramers_v, slopes
from diplab.microdata.codebook import Codebook

if TYPE_CHECKING:
    from tests.conftest import EngineUnderTest

EIGHT = pd.DataFrame({"sex": list("ffffmmmm"), "pay": list("hlllhhhl")})
HALF = """
region sex y  w
a      f   10 1
a      m   .  1
a      f   20 2
b      m   40 1
b      f   .  3
b      m   60 2
"""


def measured(table: Any) -> pd.DataFrame:
    return table.association.frame.set_index("statistic")


def test_measures_of_two_by_two_by_hand() -> None:
    """Cells 1 3 3 1: phi2 = 4 (1/8)^2 / (1/4) = 1/4; corrected 1/4 - 1/6 over 2 - 1/6 - 1 (n is 7); odds ratio 1/9."""
    found = measured(dl.crosstab(dl.declare_design(EIGHT), "sex", "pay"))
    assert found.loc["cramers_v", "estimate"] == pytest.approx(0.5)
    # X2 is 2 and every effect 8/7: eight respondents are worth seven
    assert found.loc["cramers_v_corrected", "estimate"] == pytest.approx(
        math.sqrt((1 / 12) / (5 / 6))
    )
    assert found.loc["odds_ratio", "estimate"] == pytest.approx(1 / 9)
    # Woolf (1955): 1/1 + 1/3 + 1/3 + 1/1, times n / (n - 1)
    assert found.loc["log_odds_ratio", "std_error"] == pytest.approx(math.sqrt(8 / 3 * 8 / 7))
    # p = 0.23: no interval, and it is said why
    assert found.loc["cramers_v", ["flag", "ci_low"]].isna().tolist() == [False, True]
    assert set(found.loc[["cramers_v", "cramers_v_corrected"], "flag"]) == {"near zero"}


def test_residuals_are_over_their_own_error() -> None:
    """Cell 1/8, expected 1/4: the mean of (s - 1/2)(h - 1/2) over eight, 1/4 for two of them and -1/4 for six."""
    found = dl.crosstab(dl.declare_design(EIGHT), "sex", "pay").residuals.frame
    z = np.array([1, -1, -1, -1, -1, -1, -1, 1]) / 4
    assert found["estimate"].tolist() == pytest.approx([-1 / 8, 1 / 8, 1 / 8, -1 / 8])
    assert found["std_error"].tolist() == pytest.approx([z.std(ddof=1) / math.sqrt(8)] * 4)
    assert found["p_adjusted"].tolist() == pytest.approx(
        np.minimum(4 * found["p_value"], 1).tolist()
    )


def test_tables_at_the_end_of_their_scale() -> None:
    """All f are h and all m are l: V is 1; a cell is empty and there is no odds ratio; of one row there is no V."""
    people = pd.DataFrame({"sex": list("ffffmmmm") * 3, "pay": list("hhhhllll") * 3})
    found = measured(dl.crosstab(dl.declare_design(people), "sex", "pay"))
    assert found.loc["cramers_v", ["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [1, 1, 1]
    )
    assert found.loc["odds_ratio", "flag"] == "undefined"
    alone = dl.crosstab(dl.declare_design(people.query("sex == 'f'")), "sex", "pay")
    assert math.isnan(measured(alone).loc["cramers_v", "estimate"])
    assert alone.residuals.frame["standardised"].isna().all()
    assert math.isnan(corrected_v(0.5, np.ones((2, 2)), 1.0))
    assert dl.crosstab(dl.declare_design(EIGHT), "sex").association is None
    counts = np.array([[3.0, 1.0, 0.0], [2.0, 5.0, 0.0]])
    step = counts + 1e-6 * np.eye(6).reshape(6, 2, 3)
    assert slopes(cramers_v, counts)[:2] == pytest.approx(
        (cramers_v(step)[:2] - cramers_v(counts)) / 1e-6, rel=1e-4
    )


def test_measures_over_imputations_are_combined_on_their_scale() -> None:
    """The log odds ratio as the logit slope of the imputations; V by Rubin's rules on atanh V, by hand."""
    random = np.random.default_rng(1)
    people = pd.DataFrame({"sex": random.choice(list("fm"), 200), "w": random.uniform(1, 3, 200)})
    people["pay"] = np.where(random.random(200) < 0.35 + 0.4 * (people["sex"] == "f"), "h", "l")
    answers = [[*random.choice(list("hl"), 31), *people["pay"][31:]] for _ in range(3)]
    samples = [dl.declare_design(people.assign(pay=each), weights="w") for each in answers]
    table = dl.crosstab(dl.imputed(samples), "sex", "pay")
    found, each = (
        measured(table),
        pd.concat([measured(dl.crosstab(one, "sex", "pay")) for one in samples]),
    )
    slope = dl.regress(dl.imputed(samples), "pay == 'l' ~ sex", family="binomial").frame.loc[1]
    for name in ("estimate", "std_error"):
        assert found.loc["log_odds_ratio", name] == pytest.approx(slope[name], rel=1e-9)
    assert found.loc["odds_ratio", "ci_high"] == pytest.approx(
        math.exp(found.loc["log_odds_ratio", "ci_high"])
    )
    v = each.loc["cramers_v"]
    z, own = np.arctanh(v["estimate"]), v["std_error"] / (1 - v["estimate"] ** 2)
    error = math.sqrt((own**2).mean() + 4 / 3 * z.var(ddof=1))
    assert found.loc["cramers_v", "estimate"] == pytest.approx(math.tanh(z.mean()))
    assert found.loc["cramers_v", "std_error"] == pytest.approx(
        error * (1 - math.tanh(z.mean()) ** 2)
    )
    ends = found.loc["cramers_v", ["ci_low", "ci_high"]].astype(float)
    assert np.arctanh(ends).mean() == pytest.approx(z.mean())
    residuals = table.residuals.frame
    assert residuals["p_adjusted"].tolist() == pytest.approx(
        np.minimum(4 * residuals["p_value"], 1).tolist()
    )
    over = residuals["estimate"] / residuals["std_error"]
    assert residuals["standardised"].tolist() == pytest.approx(over.tolist())
    # V of 1 in all imputations, and odds of nobody
    same = [dl.declare_design(people.assign(pay=people["sex"]))] * 2
    flags = measured(dl.crosstab(dl.imputed(same), "sex", "pay"))["flag"].tolist()
    assert flags == ["point only", "point only", "undefined", "undefined"]


def test_rows_by_size_and_without_the_empty_ones() -> None:
    book = Codebook().described(
        "pay", values={each: dl.Text.same(each) for each in ("z", "h", "l")}
    )
    people = EIGHT.assign(w=[1.0] * 4 + [3.0] * 4, age=list("oyoyoyoo"))
    sample = dl.declare_design(dl.Microdata(people, book), weights="w")
    found = dl.crosstab(sample, "pay", "sex", by="age", shares="column", sort="size")
    assert found.categories("pay") == ["h", "l", "z"]
    assert found.without_empty.categories("pay") == ["h", "l"]
    usual = dl.crosstab(sample, "pay", "sex", by="age", shares="column").frame.set_index(
        ["age", "pay", "sex"]
    )
    shown = found.without_empty.frame.set_index(["age", "pay", "sex"])
    pd.testing.assert_frame_equal(shown, usual.loc[shown.index], check_dtype=False)
    side = dl.crosstab(sample, "pay", columns=["sex", "age"], sort="size").without_empty
    assert [each.categories("pay") for each in (side, *side.panels)] == [["h", "l"]] * 3
    margins = found.without_empty.margins.frame
    assert margins.groupby(["age", "variable"])["estimate"].sum().tolist() == pytest.approx(
        [1.0] * 4
    )


def test_letters_follow_their_columns() -> None:
    book = Codebook().described("sex", values={each: dl.Text.same(each) for each in "zfm"})
    people = dl.Microdata(pd.concat([EIGHT.iloc[[1, 1, 1, 0, 4, 4, 4, 7]]] * 20), book)
    found = dl.crosstab(dl.declare_design(people), "pay", "sex", shares="column")
    assert [each for each in found.larger_than if each] == ["B", "C"]
    assert [each for each in found.without_empty.larger_than if each] == ["A", "B"]


def test_effect_sizes_by_the_textbook(table: Any) -> None:
    """Means 15 and 40, pooled variance 50, and g = d (1 - 3 / (4 * 2 - 1)); (25 - 5) / sd of 10, 20, 30, 50 at once."""
    sample = dl.declare_design(table("sex hours\nf 10\nf 20\nm 35\nm 45"))
    d = dl.t_test(sample, "hours", "sex", effect_size="cohens_d").estimates
    assert d["cohens_d"] == pytest.approx(25 / math.sqrt(50))
    g = dl.t_test(sample, "hours", "sex", effect_size="hedges_g").estimates
    assert g["hedges_g"] == pytest.approx(25 / math.sqrt(50) * (1 - 3 / 7))
    alone = dl.t_test(sample, "hours", mu=5, effect_size="cohens_d").estimates
    assert alone["cohens_d"] == pytest.approx((27.5 - 5) / np.std([10, 20, 35, 45], ddof=1))
    # a mean and its own spread: V(d) = V(z), z = (u - d (u^2 n / (n - 1) - 1) / 2) / n, u the
    # distance in deviations
    u = (np.array([10, 20, 35, 45]) - 27.5) / np.std([10, 20, 35, 45], ddof=1)
    z = (u - alone["cohens_d"] * (u**2 * 4 / 3 - 1) / 2) / 4
    assert alone["effect_std_error"] == pytest.approx(
        math.sqrt(4 / 3 * ((z - z.mean()) ** 2).sum())
    )


def test_adjusted_totals_by_hand(engine: EngineUnderTest) -> None:
    """Six people weigh 10; those who answered 6, with a total of 210: 10 * 35. By class 4 * 50 / 3 + 6 * 160 / 3."""
    sample = dl.declare_design(engine.draw(HALF), weights="w")
    by_class = dl.total("y", na="adjusted", classes="region")
    found = dl.estimate(sample, dl.total("y"), dl.total("y", na="adjusted"), by_class)
    assert found.frame["estimate"].tolist() == pytest.approx([210, 350, 4 * 50 / 3 + 6 * 160 / 3])
    assert found.frame["n"].tolist() == [4, 4, 4]
    assert dict(found.provenance.missing) == {"y": 2}
    # z = 35 for all, and (10/6)(y - 35) more for those who answered; six draws with replacement
    y, w = np.array([10, 35, 20, 40, 35, 60]), np.array([1, 1, 2, 1, 3, 2])
    z = w * (35 + 10 / 6 * (y - 35))
    assert found.frame["std_error"][1] == pytest.approx(math.sqrt(6 * z.var(ddof=1)))
    # nobody is missing: the same as any total
    whole = dl.estimate(sample.where("w > 1"), dl.total("w"), dl.total("w", na="adjusted"))
    assert whole.frame["std_error"][1] == pytest.approx(whole.frame["std_error"][0])
    nobody = dl.estimate(sample.where("sex == 'f'"), by_class)
    assert nobody.frame["flag"].tolist() == ["undefined"]


def test_respondents_in_a_category(engine: EngineUnderTest) -> None:
    found = dl.estimate(
        dl.declare_design(engine.draw(HALF)), dl.share("sex"), dl.share("y > 15"), numerator=True
    )
    assert found.frame[["numerator", "n"]].values.tolist() == [[3, 6], [3, 6], [3, 4]]


REFUSED = [
    (lambda s: dl.estimate(s, dl.total("y", classes="region")), OptionError),
    (lambda s: dl.estimate(s, dl.total("y", na="adjusted", classes="y + 1")), OptionError),
    (lambda s: dl.estimate(s, dl.total("y", na="adjusted", classes="nope")), ColumnError),
    (lambda s: dl.total("y", na="keep"), OptionError),
    (lambda s: dl.estimate(s, dl.total("y", na="adjusted"), na="fail"), MisleadingError),
    (lambda s: dl.estimate(s, dl.total("y", na="adjusted"), by="z"), MisleadingError),
    (lambda s: dl.estimate(s.where("z > 0"), dl.total("y", na="adjusted")), MisleadingError),
    (lambda s: dl.estimate(s, dl.total("y", na="adjusted", classes="z")), MisleadingError),
    (lambda s: dl.estimate(s, dl.mean("y"), numerator=True), OptionError),
    (lambda s: dl.estimate(s, dl.share("sex"), numerator="yes"), OptionError),
    (lambda s: dl.crosstab(s, "sex", sort="down"), OptionError),
    (lambda s: dl.t_test(s, "w", "sex", effect_size="d"), OptionError),
    (lambda s: dl.t_test(dl.imputed([s, s]), "w", "sex", effect_size="cohens_d"), OptionError),
    (lambda s: dl.table(dl.crosstab(s, "sex"), show="residuals"), OptionError),
    (lambda s: dl.table(dl.t_test(s, "w", "sex"), show="std_error"), OptionError),
    (lambda s: dl.table(dl.estimate(s, dl.mean("w")), show="median"), OptionError),
]  # fmt: skip


def test_what_is_refused(table: Any, refused: Any) -> None:
    sample = dl.declare_design(table(HALF).assign(z=[1, None, 1, 2, 2, 2]))
    for call, error in REFUSED:
        refused(lambda call=call: call(sample), error)
