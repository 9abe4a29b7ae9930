"""Sizes from overlapping lists against recorded values.

HI1 (four reporting centres, Abeni, Brancato and Perucci 1994) and SB1 (spina bifida, Madigan and
York 1997): recorded from R 4.5.0, Rcapture 1.4-4. PW1 (five lists, Madigan and York 1997) and the
tables with cells left out: recorded from R 4.5.0, `glm(family = poisson, control =
glm.control(epsilon = 1e-14))`, by the scripts quoted below.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from diplab import population
from diplab.population.kernel import hierarchical
from diplab.population.kernel.hierarchical import (
    AllModelsSelection,
    SupportCache,
    all_models,
    criterion_values,
    fit_tables,
    generators,
)
from diplab.population.kernel.loglinear import multinomial_profile
from diplab.population.multiple_lists.list_models import bracket_notation, list_model
from diplab.population.tables import list_tables
from tests.recorded_histories import ROME as HI1
from tests.recorded_values import close, recorded_file

SB1 = {"001": 60, "010": 49, "011": 4, "100": 247, "101": 112, "110": 142, "111": 12}
PW1 = [
    *(27, 37, 19, 4, 4, 1, 1, 97, 22, 37, 25, 2, 1, 3, 5),
    *(83, 36, 34, 18, 3, 5, 0, 2, 30, 5, 23, 8, 0, 3, 0, 2),
]
TWO_WAY = "[12,13,14,23,24,34]"
MODELS = recorded_file("overlapping_lists")


def frame(cells: dict[str, int]) -> pd.DataFrame:
    lists = len(next(iter(cells)))
    rows = [[*(int(on) for on in history), persons] for history, persons in cells.items()]
    return pd.DataFrame(rows, columns=[*(f"list{place + 1}" for place in range(lists)), "persons"])


def five_lists() -> pd.DataFrame:
    rows = [[*((cell >> place) & 1 for place in range(5)), PW1[cell - 1]] for cell in range(1, 32)]
    return pd.DataFrame(rows, columns=[*"abcde", "persons"])


@pytest.mark.parametrize(("terms", "heterogeneity", "values"), MODELS["four_lists"])
def test_models_of_four_lists(terms, heterogeneity, values):
    found = population.lists(frame(HI1), "persons", terms, heterogeneity, interval="log-normal")
    row, (size, error, deviance, df, aic) = found.models.iloc[0], values
    assert row["statistic"] == "log_linear"
    assert row["estimate"] == pytest.approx(size, rel=1e-8)
    assert row["std_error"] == pytest.approx(error, rel=1e-5)
    assert (row["deviance"], row["aic"]) == pytest.approx((deviance, aic), abs=1e-6)
    assert row["df"] == df
    assert found.frame["n"].iloc[0] == 1896


def test_coefficients_of_the_published_choice():
    terms = (
        population.lists(frame(HI1), "persons", "[12,3,4]").fits[0].coefficients.set_index("term")
    )
    recorded = {
        "intercept": 9.2517191085,
        "list1": -3.2675077060,
        "list2": -2.9437702260,
        "list3": -2.8199234607,
        "list4": -3.9356789235,
        "list1:list2": 0.4932312197,
    }
    assert list(terms.index) == list(recorded)
    for term, value in recorded.items():
        assert terms.loc[term, "estimate"] == pytest.approx(value, abs=1e-8)
    assert terms.loc["intercept", "std_error"] == pytest.approx(0.1136323513, rel=1e-5)
    assert terms.loc["list1:list2", "std_error"] == pytest.approx(0.2056193488, rel=1e-5)
    assert terms.loc["list1:list2", "p_value"] == pytest.approx(0.01645, abs=5e-6)


@pytest.mark.parametrize(
    ("terms", "low", "high", "rcapture"),
    [
        ("[12,3,4]", 10265.993792, 14992.333284, (10265.99351, 14992.33294)),
        (TWO_WAY, 10027.557608, 50046.265303, (10027.55395, 50046.26292)),
    ],
)
def test_profile_intervals(terms, low, high, rcapture):
    """Ends where R's own `uniroot` (tol 1e-9) on glm (epsilon 1e-14) puts them, to 1e-5.

    Rcapture leaves glm at its default stopping rule: its ends are off by up to 4e-7 of themselves.
    """
    row = population.lists(frame(HI1), "persons", terms).frame.iloc[0]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=1e-5)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(rcapture, rel=5e-7)
    assert row["df"] == math.inf


def test_the_best_of_four_lists_by_each_criterion():
    by_bic = population.search_lists(frame(HI1), "persons").models
    by_aic = population.search_lists(frame(HI1), "persons", "aic").models
    assert len(by_bic) == len(by_aic) == 113
    assert by_bic["category"].iloc[0] == "[1,2,3,4]"
    assert by_bic["bic"].iloc[0] == pytest.approx(117.7995, abs=5e-5)
    assert by_aic["category"].iloc[0] == "[12,3,4]"
    assert by_aic["aic"].iloc[0] == pytest.approx(86.64961776, abs=1e-6)
    assert by_bic["weight"].sum() == pytest.approx(1.0, abs=1e-12)
    criteria = by_bic["bic"].to_numpy()[by_bic["estimate"].notna()]
    assert (np.diff(criteria) >= -1e-8).all()
    assert not by_bic["estimate"].isna().iloc[: len(criteria)].any()


@pytest.mark.parametrize(("terms", "values"), MODELS["three_lists"].items())
def test_models_of_three_lists(terms, values):
    row = population.lists(frame(SB1), "persons", terms, interval="normal").models.iloc[0]
    for name, value in values.items():
        within = {"estimate": {"rel": 1e-9}, "std_error": {"rel": 1e-5}}.get(name, {"abs": 1e-6})
        assert row[name] == pytest.approx(value, **within), name


def test_all_pairs_of_three_lists_have_a_closed_form():
    """f000 = f111 f100 f010 f001 / (f110 f101 f011), worked by hand."""
    unseen = 12 * 247 * 49 * 60 / (142 * 112 * 4)
    row = population.lists(frame(SB1), "persons", "[12,13,23]").frame.iloc[0]
    assert row["estimate"] == pytest.approx(626 + unseen, rel=1e-10)
    assert unseen == pytest.approx(136.9806338, abs=5e-8)
    # MTurk, March and May 2015: Rcapture, Mt, 13452.09760 (SE 440.6612689), profile 12629.79526 to
    # 14360.59928.
    row = population.lists(frame({"10": 2191, "01": 2247, "11": 584}), "persons").frame.iloc[0]
    assert row["estimate"] == pytest.approx(2775 * 2831 / 584, rel=1e-10)
    assert row["std_error"] == pytest.approx(440.6612689, rel=1e-6)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((12629.79526, 14360.59928), abs=1e-3)
    assert row["flag"] == ""


def test_steps_through_five_lists():
    """By `step`-like glm fits in R: at each step the pair that lowers the deviance most, while p < 0.02."""
    found = population.search_lists(five_lists(), "persons").models
    assert found["category"].tolist() == list(MODELS["five_lists_steps"])
    names = ["estimate", "std_error", "deviance", "df", "aic", "bic"]
    close(found[names], list(MODELS["five_lists_steps"].values()))
    # the next pair, 24, has p = 0.02932025293
    further = population.search_lists(five_lists(), "persons", entry_p=0.0294).models
    assert further["category"].iloc[0] == "[12,13,24,45]"
    assert further["estimate"].iloc[0] == pytest.approx(634.51725092, rel=1e-9)
    assert (
        population.search_lists(five_lists(), "persons", entry_p=0.0293).models["category"].iloc[0]
        == "[12,13,45]"
    )


def test_all_models_of_pairs_of_five_lists(monkeypatch):
    """The best of the 1,024 models of pairs, by BIC and by AIC, from glm fits of each in R."""
    (table,) = list_tables(five_lists(), "persons")
    faces, tables = SupportCache(), table.counts[None]
    pairs = [each for each in all_models(5) if all(term.bit_count() < 3 for term in each.terms)]
    assert len(pairs) == 1024
    known = {model: fit_tables(model, tables, faces) for model in pairs}
    fits = list(known.values())

    def best(criterion: str) -> list[tuple[str, float, float]]:
        scores = [criterion_values(fit, tables, criterion)[0] for fit in fits]
        return [
            (
                bracket_notation(pairs[at], "abcde"),
                float(scores[at]),
                537 + float(fits[at].missed[0]),
            )
            for at in np.argsort(scores)[:4]
        ]

    by_bic, by_aic = best("bic"), best("aic")
    assert [each[0] for each in by_bic] == [
        "[12,13,45]",
        "[12,13,24,45]",
        "[13,45,2]",
        "[12,13,14,45]",
    ]
    assert [each[1] for each in by_bic] == pytest.approx(
        [200.12854519, 201.66583248, 202.47098490, 204.87057006], abs=1e-7
    )
    assert [each[1] for each in by_aic] == pytest.approx(
        [158.80585154, 159.11239774, 159.23575348, 159.94373472], abs=1e-7
    )
    assert [each[2] for each in by_aic] == pytest.approx(
        [634.51725092, 645.17244787, 627.44352688, 643.95068146], rel=1e-9
    )
    # the choice compares these fits, which need not be made again
    monkeypatch.setattr(hierarchical, "fit_tables", lambda model, *_: known[model])
    chosen = AllModelsSelection(pairs).choose(tables, faces)
    assert chosen.models == (list_model("[12,13,45]", "abcde"),)


def test_a_pair_that_never_overlaps_worked_by_hand():
    """Nobody on lists 1 and 2: [12,3] on the cells left is list 3 alike for those on 1, on 2 and on neither.

    The odds of list 3 are (12 + 9) / (40 + 25), so that 30 x 65 / 21 persons are on none. R's glm
    on the five cells gives N 208.857142857, SE 30.3894386032, deviance 0.127534637908, df 1.
    """
    cells = {"100": 40, "010": 25, "110": 0, "001": 30, "101": 12, "011": 9, "111": 0}
    found = population.lists(frame(cells), "persons", "[12,3]", interval="normal")
    row, fit = found.models.iloc[0], found.fits[0]
    assert fit is not None
    assert row["estimate"] == pytest.approx(116 + 30 * 65 / 21, rel=1e-10)
    assert row["std_error"] == pytest.approx(30.3894386032, rel=1e-8)
    assert row["deviance"] == pytest.approx(0.127534637908, abs=1e-9)
    assert row["df"] == 1
    assert row["log_likelihood"] == pytest.approx(-12.1783943517, abs=1e-9)
    # the term at minus infinity counts as a coefficient: five, not four
    assert row["aic"] == pytest.approx(2 * 12.1783943517 + 2 * 5, abs=1e-9)
    terms = fit.coefficients.set_index("term")
    assert terms.loc["list1:list2", "estimate"] == -math.inf
    assert terms.loc["intercept", "estimate"] == pytest.approx(4.531062213834, abs=1e-9)
    assert terms.loc["list1", "std_error"] == pytest.approx(0.297582330131, rel=1e-8)
    assert fit.fitted is not None
    assert fit.fitted.query("list1 == 1 and list2 == 1")["expected"].tolist() == [0.0, 0.0]
    # The interval is that of the five cells, whose model matrix is written out here.
    cells = {"100": 40, "010": 25, "110": 0, "001": 30, "101": 12, "011": 9, "111": 0}
    x = np.array(
        [[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1], [1, 1, 0, 1], [1, 0, 1, 1]], dtype=float
    )
    by_hand = multinomial_profile(x, np.array([40.0, 25, 30, 12, 9]), np.array([1.0, 0, 0, 0]))
    row = population.lists(frame(cells), "persons", "[12,3]").frame.iloc[0]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((by_hand.low, by_hand.high), rel=1e-9)


def test_a_triple_that_never_overlaps():
    """[134,2] on HI1, where nobody is on lists 1, 3 and 4: R's glm on the thirteen cells left."""
    found = population.lists(frame(HI1), "persons", "[134,2]", interval="normal")
    row, fit = found.models.iloc[0], found.fits[0]
    assert fit is not None
    assert row["estimate"] == pytest.approx(10013.2941176, rel=1e-10)
    assert row["std_error"] == pytest.approx(977.877975303, rel=1e-8)
    assert row["deviance"] == pytest.approx(8.71038227619, abs=1e-8)
    assert row["df"] == 5
    terms = fit.coefficients.set_index("term")
    assert terms.loc["list1:list3:list4", "estimate"] == -math.inf
    assert math.isnan(terms.loc["list1:list3:list4", "std_error"])
    assert terms.loc["list1:list4", "estimate"] == pytest.approx(-0.435635246288, abs=1e-9)
    assert terms.loc["list1:list4", "std_error"] == pytest.approx(0.403312855544, rel=1e-8)


def test_the_bound_of_lists_worked_by_hand():
    """N = n + (f1^2 - sum of squares of persons on one list only) / (2 f2)."""
    (table,) = list_tables(frame(HI1), "persons")
    alone = (403, 545, 621, 205)
    bound = 1896 + (sum(alone) ** 2 - sum(each**2 for each in alone)) / (2 * 115)
    assert table.bound.size == pytest.approx(bound, rel=1e-12)
    # delta method, derivatives taken numerically
    counts = np.array([*alone, 115.0])

    def unseen(each: np.ndarray) -> float:
        return float((each[:4].sum() ** 2 - (each[:4] ** 2).sum()) / (2 * each[4]))

    steps = np.eye(5) * 1e-3
    slopes = np.array([(unseen(counts + step) - unseen(counts - step)) / 2e-3 for step in steps])
    seven = 7.0  # persons on three lists, whose derivative is 1
    variance = ((1 + slopes) ** 2 * counts).sum() + seven - bound
    assert table.bound.variance == pytest.approx(variance, rel=1e-6)


def test_the_number_of_hierarchical_models():
    """With each list in and without the term of all lists: the simplicial complexes on labelled points, less one."""
    assert [len(all_models(lists)) for lists in (2, 3, 4, 5)] == [1, 8, 113, 6893]
    assert len({generators(model.terms) for model in all_models(4)}) == 113
