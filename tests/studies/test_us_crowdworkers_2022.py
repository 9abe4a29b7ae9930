"""Crowd workers in the United States: the authors' numbers by other routes, then ours by hand from the open files."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import statsmodels.api
from scipy.optimize import minimize
from scipy.stats import burr12, lognorm

import diplab as dl
from diplab.replication.registry import study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from diplab.replication.rerun import Run
    from diplab.types import Microdata


pytestmark = pytest.mark.shared

STUDY = "us-crowdworkers-2022"
NARROW = "\u202f"
OPT_IN = {
    "fr": "Échantillon de volontaires\xa0: intervalles indicatifs",
    "en": "Opt-in sample: intervals are indicative",
}


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    return shared / "data" / "open" / "berke-2024" / "data"


def records(path: Path) -> list[dict[str, str]]:
    """Read a file with the standard library alone, so that diplab is not its own witness."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_verdicts_and_quotations_of_the_census(rows: pd.DataFrame) -> None:
    # 4,430 printed values, 16 of them on an error of the source; 48 numbers of our own
    printed = rows[rows["table"] != ""]
    assert printed["verdict"].value_counts().to_dict() == {
        "as published": 4_414,
        "error in the source": 16,
    }
    own = rows[rows["table"] == ""]
    assert own["verdict"].value_counts().to_dict() == {"our own": 31, "not identified": 17}
    printed = rows[rows["table"] != ""]
    quoted = printed[printed["quotation"]]
    assert set(quoted["table"]) == {"census_counts", "census_state", "census_race"}
    # 38 figures, 52 states, 6 groups
    assert len(quoted) == 38 + 52 + 6
    assert set(quoted["rests_on"]) == {"published figures"}
    of_census = printed["column"].str.startswith("census_") | (printed["table"] == "census_counts")
    assert set(printed.loc[of_census, "rests_on"]) == {"published figures"}
    assert set(printed.loc[~of_census, "rests_on"]) == {"respondents' rows"}


def test_share_rates_by_hand(data: Path, rows: pd.DataFrame) -> None:
    people = records(data / "survey-data" / "survey.csv")
    arms = Counter((row["incentive"], row["showdata"]) for row in people)
    consents = Counter(
        (row["incentive"], row["showdata"])
        for row in people
        if "consent" in row[f"Q-{row['incentive']}"].lower()
    )
    assert consents.total() == 5_022
    assert len(arms) == 10
    for (incentive, shown), n in arms.items():
        rate = rows.loc[f"share_by_arm/{incentive} | {shown.capitalize()}/share_rate"]
        assert rate["reproduced"] == pytest.approx(consents[incentive, shown] / n, rel=1e-12)
        assert rate["low"] < rate["reproduced"] < rate["high"]  # not printed by the authors
    assert rows.loc["share_by_arm/bonus-50 | True/n", "reproduced"] == 616
    # 547 of 616
    assert rows.loc["share_by_arm/bonus-50 | True/share_rate", "reproduced"] == pytest.approx(
        547 / 616
    )


GROUPS = {
    "age": {"18 - 34 years": ("18 - 24 years", "25 - 34 years"), "55 and older": ("55 - 64 years", "65 and older")},
    "income": {"Less than $50,000": ("Less than $25,000", "$25,000 - $49,999"),
               "$100,000 or more": ("$100,000 - $149,999", "$150,000 or more")},
}  # fmt: skip


def design_of_the_main_logit(
    people: list[dict[str, str]],
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Write the dummies of the authors' main model without diplab."""
    kept = [
        row
        for row in people
        if row["Q-demos-gender"] in ("Male", "Female")
        and "Prefer not to say" not in (row["Q-demos-income"], row["Q-demos-education"])
    ]
    alone = {"White or Caucasian": "White", "Asian": "Asian", "Black or African American": "Black"}
    tests = {
        "showdata=True": lambda row: row["showdata"] == "true",
        **{f"incentive={arm}": lambda row, arm=arm: row["incentive"] == arm for arm in ("altruism", "bonus-50")},
        **{f"incentive=bonus-{n}": lambda row, n=n: row["incentive"] == f"bonus-{n}" for n in ("05", "20")},
        "gender=Female": lambda row: row["Q-demos-gender"] == "Female",
        **{f"age={name}": lambda row, of=of: row["q-demos-age"] in of for name, of in GROUPS["age"].items()},
        **{f"income={name}": lambda row, of=of: row["Q-demos-income"] in of for name, of in GROUPS["income"].items()},
        "edu=Graduate or professional degree": lambda row: row["Q-demos-education"].startswith("Graduate"),
        "edu=High school or GED or less": lambda row: "igh school" in row["Q-demos-education"],
        "race=Asian": lambda row: row["Q-demos-race"] == "Asian",
        "race=Black": lambda row: row["Q-demos-race"] == "Black or African American",
        "race=Other or mixed": lambda row: row["Q-demos-race"] not in alone,
        **{f"frequency={often} times per month": lambda row, often=often: row["Q-amazon-use-how-oft"].startswith(often)
           for often in ("Less than 5", "More than 10")},
    }  # fmt: skip
    columns = np.array([[1.0, *(float(test(row)) for test in tests.values())] for row in kept])
    shared = np.array([float("consent" in row[f"Q-{row['incentive']}"].lower()) for row in kept])
    return ["Intercept", *tests], columns, shared


def test_the_main_logit_by_another_program(data: Path, rows: pd.DataFrame) -> None:
    names, columns, shared = design_of_the_main_logit(records(data / "survey-data" / "survey.csv"))
    fit = statsmodels.api.Logit(shared, columns).fit(disp=False)
    assert len(shared) == 5_995
    for name, coefficient, error in zip(names, fit.params, fit.bse, strict=True):
        found = rows["reproduced"]
        assert found[f"logit_main/{name}/coefficient"] == pytest.approx(
            coefficient, rel=1e-6, abs=1e-8
        )
        assert found[f"logit_main/{name}/std_err"] == pytest.approx(error, rel=1e-6)
        assert found[f"logit_main/{name}/odds_ratio"] == pytest.approx(
            np.exp(coefficient), rel=1e-6
        )
    assert rows.loc["logit_statistics/42 | share/bic", "reproduced"] == pytest.approx(fit.bic)


def census_of_incomes(data: Path) -> dict[str, int]:
    (bands,) = records(data / "census" / "hinc01-totals.csv")
    return {name: int(count.replace(",", "")) for name, count in bands.items()}


def test_the_error_in_the_bands_of_income(data: Path, rows: pd.DataFrame) -> None:
    """By hand: the authors' bands hold 75,000-79,999 twice and 145,000-149,999 never."""
    bands = census_of_incomes(data)
    twice, never = bands["$75,000 to $79,999"], bands["$145,000 to $149,999"]
    assert (twice, never) == (3_601, 1_356)
    fifty = rows.loc["census_income/$50,000 - $74,999/census_n"]
    assert (fifty["published"], fifty["reproduced"], fifty["printed_way"]) == (
        24_833,
        21_232,
        24_833,
    )
    assert 24_833 - twice == 21_232
    hundred = rows.loc["census_income/$100,000 - $149,999/census_n"]
    assert (hundred["published"], hundred["reproduced"], hundred["printed_way"]) == (
        19_495,
        20_851,
        19_495,
    )
    assert 19_495 + never == 20_851
    households = [22_880, 24_616, 21_232, 15_559, 20_851, 26_062]
    sample = [0.135, 0.228, 0.212, 0.154, 0.154, 0.096]
    right = np.corrcoef(sample, np.round(np.array(households) / sum(households), 3))[0, 1]
    correlation = rows.loc["census_correlations/income/r"]
    assert correlation["reproduced"] == pytest.approx(right)
    assert round(right, 3) == -0.104
    assert round(correlation["printed_way"], 3) == correlation["published"] == 0.094


def test_weights_by_hand(data: Path, rows: pd.DataFrame) -> None:
    people = [
        row for row in records(data / "survey-data" / "survey.pub.csv") if row["Q-demos-gender"] in ("Male", "Female")
    ]  # fmt: skip
    assert len(people) == 4_900
    old = [row for row in people if row["Q-demos-age"] in GROUPS["age"]["55 and older"]]
    men = sum(row["Q-demos-gender"] == "Male" for row in old)
    assert men == 239
    # 46,601,247 of 260,836,730 adults, 239 of 4,900 sharers, both to 3 decimals
    assert rows.loc["weights/55 and older | Male/weight", "reproduced"] == pytest.approx(
        0.179 / 0.049
    )
    assert (round(46_601_247 / 260_836_730, 3), round(men / 4_900, 3)) == (0.179, 0.049)


def test_the_files_of_the_authors(data: Path, rows: pd.DataFrame) -> None:
    everyone = records(data / "survey-data" / "survey.csv")
    consents = {
        row["ResponseId"] for row in everyone if "consent" in row[f"Q-{row['incentive']}"].lower()
    }
    published = {
        row["Survey ResponseID"] for row in records(data / "survey-data" / "survey.pub.csv")
    }
    assert (len(consents), len(published)) == (5_022, 5_027)
    assert rows.loc["published_without_consent", "reproduced"] == len(published - consents) == 15
    assert rows.loc["consents_not_published", "reproduced"] == len(consents - published) == 10
    screened = records(data / "prescreen-survey" / "cleaned.csv")
    cloud = [row for row in screened if row["version"] == "cloudresearch"]
    assert min(row["RecordedDate"] for row in cloud) == "2023-03-15 13:32:29"
    assert Counter(row["connect"] for row in cloud) == {"true": 1_884, "": 2_546}
    assert {row["connect"] for row in screened if row["version"] != "cloudresearch"} == {""}


def test_effects_by_hand(rows: pd.DataFrame) -> None:
    # 2,556 of 3,117 less 2,466 of 3,208; errors of two independent shares, t of 6,324 degrees of
    # freedom
    shown, hidden = 2_556 / 3_117, 2_466 / 3_208
    effect = rows.loc["shown_less_not_shown"]
    assert effect["reproduced"] == pytest.approx(100 * (shown - hidden))
    error = np.sqrt(shown * (1 - shown) / 3_117 + hidden * (1 - hidden) / 3_208)
    half = (effect["high"] - effect["low"]) / 2
    assert half == pytest.approx(100 * 1.9603 * error, rel=1e-3)


def test_other_inputs_change_the_verdicts(compared: Callable[..., pd.DataFrame]) -> None:
    """One consent withdrawn, the bands of the census emptied, households of “4+” of 5 people at most."""

    def disturb(kind: str, name: str, value: Any) -> Any:
        if name == "berke-2024/survey":
            return declining(value)
        if name == "berke-2024/census-income":
            return value.with_columns(
                **{"$75,000 to $79,999": ["0"], "$145,000 to $149,999": ["0"]}
            )
        return 5 if (kind, name) == ("assumption", "largest_household") else value

    frame = compared(disturb)
    assert frame.loc["share_by_arm/altruism | False/share_rate", "verdict"] == "differs"
    assert frame.loc["share_by_arm/control | False/share_rate", "verdict"] == "as published"
    assert frame.loc["logit_main/Intercept/coefficient", "verdict"] == "differs"
    # without those bands both cuts are the same, and neither has the printed number
    assert frame.loc["census_income/$50,000 - $74,999/census_n", "verdict"] == "differs"
    assert frame.loc["census_correlations/age/r", "verdict"] == "as published"
    law = frame.loc["below_2022_law"]
    assert law["low"] == pytest.approx(10.2, abs=0.05)
    assert law["low"] < law["high"] < 12  # 14.7 with 8 people


def declining(data: Microdata) -> Microdata:
    """Return the survey with fifty consents fewer among those asked for altruism; ours is left alone."""
    if "Q-altruism" not in data.frame:
        return data
    answers = data.frame["Q-altruism"].copy()
    consents = answers.index[answers.eq("Consent to share")]
    answers[consents[:50]] = "Decline"
    return data.with_columns(**{"Q-altruism": answers})


# Shares worked by hand from counts in the files, which are published, and from income by size (see
# the poverty test).
POINTS = {
    "full_time_of_known": 100 * 5_610 / 10_671, "full_time_at_least": 100 * 5_610 / 21_892,
    "full_time_at_most": 100 * (5_610 + 1_075 + 5_673 + 4_473) / 21_892, "second_platform": 100 * 2_219 / 6_301,
    "second_platform_prolific": 100 * 1_501 / 5_030, "multi_homing_at_most": 1 + 2_219 / 6_301,
    "below_2022_at_least": 100 * 113 / 6_195, "below_2022_at_most": 100 * 1_124 / 6_195,
}  # fmt: skip
BOUNDS = {
    "full_time_of_screened": (100 * 5_610 / 21_892, 100 * 16_831 / 21_892),
    "full_time_of_prolific": (100 * 5_610 / 17_462, 100 * (5_610 + 1_075 + 5_673 + 43) / 17_462),
    "multi_homing": (1.0, 1 + 2_219 / 6_301),
    "multi_homing_equal_size": (1.0, 1 + 2_219 / 6_301),
    "multi_homing_prolific": (1.0, 1 + 1_501 / 5_030),
    "below_2022": (100 * 113 / 6_195, 100 * 1_124 / 6_195),
    "below_2022_interpolated": (100 * 113 / 6_195, 100 * 1_124 / 6_195),
    "below_2022_with_refusals": (100 * 113 / 6_325, 100 * 1_254 / 6_325),
    "below_2021": (100 * 113 / 6_195, 100 * 1_124 / 6_195),
    "below_2021_with_refusals": (100 * 113 / 6_325, 100 * 1_254 / 6_325),
    # 50,560 for a household of 8 is above 50,000: the 311 of size 4+ in the next band become
    # possible
    "below_2023": (100 * 113 / 6_195, 100 * (1_124 + 311) / 6_195),
    "below_2023_with_refusals": (100 * 113 / 6_325, 100 * (1_254 + 311) / 6_325),
    "below_median": (100 * 855 / 6_195, 100 * (855 + 1_443) / 6_195),
    "below_median_with_refusals": (100 * 855 / 6_325, 100 * (855 + 1_443 + 130) / 6_325),
}


def test_shares_and_bounds(rows) -> None:
    assert rows.loc[[*POINTS], "reproduced"].to_dict() == pytest.approx(POINTS, rel=1e-12)
    for key, ends in BOUNDS.items():
        row = rows.loc[key]
        assert row["bounds"]
        assert (row["low"], row["high"]) == pytest.approx(ends, rel=1e-12)
        if row["relation"] == "range":
            places = row["decimals"] or 3  # the factor is printed from 1
            printed = (row["published"], row["published_high"])
            assert printed == (round(row["low"], places), round(row["high"], places))


def test_ways_of_being_unknown_are_declared_and_counted(data: Path) -> None:
    prescreen = dl.read(
        data / "prescreen-survey" / "cleaned.csv", codebook=study(STUDY).folder / "codebook.toml"
    )
    name = "Employment status"
    assert prescreen.codebook.reasons[name] == {
        "consent revoked": 1_075,
        "data expired": 5_673,
        "system": 4_473,
    }
    status = prescreen.frame[name]
    assert set(status.dropna()) == set(prescreen.codebook[name].values)
    unsupplied = [
        row
        for row in records(data / "prescreen-survey" / "cleaned.csv")
        if row["Employment status"] == ""
    ]
    assert Counter(row["version"] for row in unsupplied) == {"cloudresearch": 4_430, "v2": 43}
    survey = dl.read(
        data / "survey-data" / "survey.csv", codebook=study(STUDY).folder / "codebook.toml"
    )
    assert survey.codebook.reasons["Q-demos-income"] == {"refused": 130}
    assert survey.codebook.reasons["Q-prolific-mturk"] == {"system": 24}


def test_every_label_is_in_both_languages(data: Path) -> None:
    from diplab.loaders.deliveries import read_codebook

    for name, variable in read_codebook(study(STUDY).folder / "codebook.toml").variables.items():
        for text in (variable.label, *variable.values.values()):
            assert text.fr, name
            assert text.en, name


def by_hand(data: Path) -> Counter[tuple[str, str]]:
    return Counter(
        (row["Q-demos-income"], row["Q-amazon-use-hh-size"])
        for row in records(data / "survey-data" / "survey.csv")
    )


def test_poverty_by_hand(data: Path, rerun: Run) -> None:
    people = by_hand(data)
    lowest = [people["Less than $25,000", size] for size in ("1 (just me!)", "2", "3", "4+")]
    assert lowest == [411, 203, 128, 113]
    assert people["$25,000 - $49,999", "4+"] == 269
    assert people["$50,000 - $74,999", "4+"] == 311
    # 2022: 13,590, 18,310, 23,030 for 1 to 3; 27,750 for 4; 46,630 for 8
    alone = 411 * 13_590 / 25_000 + 203 * 18_310 / 25_000 + 128 * 23_030 / 25_000 + 113
    at_four = (alone + 269 * (27_750 - 25_000) / 25_000) / 6_195
    at_eight = (alone + 269 * (46_630 - 25_000) / 25_000) / 6_195
    dots = {(row.group.en, row.label.en): row for row in rerun.chart("poverty", "fr").rows}
    main = "2022 HHS guidelines (main)"
    assert dots[main, "interpolated, line of 4 for “4+”"].point == pytest.approx(at_four, rel=1e-12)
    assert dots[main, "interpolated, line of 8 for “4+”"].point == pytest.approx(
        at_eight, rel=1e-12
    )
    assert (round(100 * at_four, 1), round(100 * at_eight, 1)) == (10.2, 13.5)


def test_three_answers_to_bands(rerun: Run) -> None:
    """The bounds and the interpolation are those counted by hand above; assumptions lie between the bounds."""
    bounds, *rows = rerun.chart("three-answers", "fr").rows
    assert (bounds.low, bounds.high) == pytest.approx((113 / 6_195, 1_124 / 6_195))
    assert [row.label.en for row in rows[:6]] == [row.label.en for row in rows[6:]] == [
        "Singh-Maddala distribution",
        "Dagum distribution",
        "generalised beta distribution (GB2)",
        "log-normal distribution",
        "interpolated within the band",
        "imputed, given the size",
    ]  # fmt: skip
    assert {row.group.en for row in rows[:6]} == {"Households of “4+”: 4 people"}
    assert {row.group.en for row in rows[6:]} == {"Households of “4+”: 8 people"}
    assert [round(100 * each, 1) for each in answer(rerun, "interpolated within the band")] == [
        10.2,
        13.5,
    ]
    for row in rows:
        assert bounds.low < row.low < row.point < row.high < bounds.high
    frame = rerun.comparisons["en"].frame.set_index("key")
    laws, best = frame.loc["below_2022_laws"], frame.loc["below_2022_law"]
    assert laws["low"] == pytest.approx(100 * min(row.point for row in rows[:4]))
    assert laws["high"] == pytest.approx(100 * max(row.point for row in rows[6:10]))
    assert laws["low"] <= best["low"] <= best["high"] <= laws["high"]
    for key in ("law", "laws", "imputed"):
        row = frame.loc[f"below_2022_{key}"]
        assert row["verdict"] == "not identified"
        assert (row["low"], row["high"]) == pytest.approx(
            (row["published"], row["published_high"]), abs=0.05
        )


def answer(rerun: Run, label: str) -> tuple[float, float]:
    """Return an answer with 4 people in households of “4+”, and with 8."""
    four, eight = (
        each.point for each in rerun.chart("three-answers", "fr").rows if each.label.en == label
    )
    return four, eight


EDGES = np.array([0, 25, 50, 75, 100, 150, np.inf])
NAMES = ("Less than $25,000", "$25,000 - $49,999", "$50,000 - $74,999", "$75,000 - $99,999",
         "$100,000 - $149,999", "$150,000 or more")  # fmt: skip
SIZES = ("1 (just me!)", "2", "3", "4+")
OPTIONS = {"xatol": 1e-9, "fatol": 1e-10, "maxiter": 20_000, "maxfev": 20_000}


def counts_by_size(data: Path) -> np.ndarray:
    people = by_hand(data)
    return np.array([[people[name, size] for name in NAMES] for size in SIZES])


def lines(largest: float) -> np.ndarray:
    """The lines of 2022 in thousand dollars, by size."""
    return np.array([13.59, 18.31, 23.03, largest])


def below(law: str, at: np.ndarray, logs: np.ndarray) -> np.ndarray:
    if law.startswith("log"):
        return lognorm.cdf(at, np.exp(logs[1]), scale=np.exp(logs[0]))
    return burr12.cdf(at, np.exp(logs[1]), np.exp(logs[2]), scale=np.exp(logs[0]))


def fitted(law: str, counts: np.ndarray) -> np.ndarray:
    """Maximum likelihood on the counts of bands, with scipy alone."""

    def unlikely(logs: np.ndarray) -> float:
        return -float(counts @ np.log(np.maximum(np.diff(below(law, EDGES, logs)), 1e-300)))

    start = [4.2, -0.3] if law.startswith("log") else [4.5, 0.5, 0.5]
    return minimize(unlikely, start, method="Nelder-Mead", options=OPTIONS).x


def test_a_law_by_another_route(data: Path, rerun: Run) -> None:
    """One law for everybody, then at the line of each household."""
    counts = counts_by_size(data)
    assert counts.sum() == 6_195
    for law in ("Singh-Maddala distribution", "log-normal distribution"):
        logs = fitted(law, counts.sum(axis=0))
        for largest, end in zip((27.75, 46.63), answer(rerun, law), strict=True):
            share = float(counts.sum(axis=1) @ below(law, lines(largest), logs)) / 6_195
            assert end == pytest.approx(share, rel=2e-5)


def test_imputation_by_another_route(data: Path, rerun: Run) -> None:
    """A regression of log-incomes on size by scipy, and the exact chance of each household within its band.

    Twenty imputations are about 0.05 points from it by their draws alone: a third of a variance of
    0.39 points squared, over 20.
    """
    counts = counts_by_size(data)

    def chance(at: np.ndarray, theta: np.ndarray) -> np.ndarray:
        return lognorm.cdf(at, np.exp(theta[4]), scale=np.exp(theta[:4])[:, None])

    def unlikely(theta: np.ndarray) -> float:
        held = np.diff(chance(np.broadcast_to(EDGES, (4, 7)), theta), axis=1)
        return -float((counts * np.log(np.maximum(held, 1e-300))).sum())

    theta = minimize(unlikely, [4.0, 4.2, 4.2, 4.3, -0.3], method="Nelder-Mead", options=OPTIONS).x
    edges = np.broadcast_to(EDGES, (4, 7))
    for largest, end in zip((27.75, 46.63), answer(rerun, "imputed, given the size"), strict=True):
        line = np.minimum(np.maximum(lines(largest)[:, None], edges[:, :-1]), edges[:, 1:])
        low, high = chance(edges[:, :-1], theta), chance(edges[:, 1:], theta)
        share = (counts * (chance(line, theta) - low) / (high - low)).sum() / 6_195
        assert end == pytest.approx(share, abs=0.0015)


def test_laws_do_not_see_that_income_goes_with_size(data: Path, rerun: Run) -> None:
    """What the note says: laws are drawn upwards. Fitted within each size, Singh-Maddala gives 8.6% to 11.9%."""
    counts = counts_by_size(data)
    lowest = counts[:, 0] / counts.sum(axis=1)
    assert np.round(100 * lowest[[0, 3]]).tolist() == [27, 7]
    law = "Singh-Maddala distribution"
    own = [fitted(law, each) for each in counts]
    found = [
        sum(
            people.sum() * below(law, line, logs)
            for people, line, logs in zip(counts, lines(largest), own, strict=True)
        )
        / 6_195
        for largest in (27.75, 46.63)
    ]
    assert [round(100 * each, 1) for each in found] == [8.6, 11.9]
    assert all(np.array(found) < answer(rerun, law))
    same, imputed = (
        answer(rerun, "log-normal distribution"),
        answer(rerun, "imputed, given the size"),
    )
    note = rerun.chart("three-answers", "fr").notes.note.en
    ends = [round(100 * each, 1) for each in (*imputed, *same)]
    assert "log-normal, {}% to {}% and not {}% to {}%".format(*ends) in note
    assert "27% of those who live alone and 7% of households of “4+”" in note


def test_half_the_median_by_hand(rerun: Run) -> None:
    # 855 + 1,443 below 50,000; half of 6,195 is 3,097.5; 1,341 in the next band
    median = 50_000 + 25_000 * (3_097.5 - 855 - 1_443) / 1_341
    assert round(median / 2) == 32_452
    below = (855 + 1_443 * (median / 2 - 25_000) / 25_000) / 6_195
    group = [
        row
        for row in rerun.chart("poverty", "fr").rows
        if row.group.en == "Half the median ($32,452)"
    ]
    assert group[0].group.fr == f"Moitié de la médiane (32{NARROW}452 $)"
    assert [row.bounds for row in group] == [True, False, True]
    assert group[1].point == pytest.approx(below, rel=1e-12)


def test_figures_of_employment_and_of_the_experiment(rerun: Run) -> None:
    *known, prolific, everyone = rerun.chart("employment", "fr").rows
    assert len(known) == 6
    assert known[0].label.en == "Full time"
    assert known[0].point == pytest.approx(5_610 / 10_671)
    points = [row.point for row in known]
    assert sum(points) == pytest.approx(1.0)
    assert points == sorted(points, reverse=True)
    assert (prolific.label.en, everyone.label.en) == ("17,462 from Prolific", "21,892 screened")
    assert (prolific.low, prolific.high) == pytest.approx((5_610 / 17_462, 12_401 / 17_462))
    assert (everyone.low, everyone.high) == pytest.approx((5_610 / 21_892, 16_831 / 21_892))
    assert prolific.point is everyone.point is None
    rows = rerun.chart("experiment", "fr").rows
    assert len(rows) == 10
    assert [row.label.en for row in rows[::2]] == [
        "Nothing offered", "Appeal to the public good", "5 cents", "20 cents", "50 cents",
    ]  # fmt: skip
    assert (rows[8].colour.en, rows[8].point) == ("Rows of data shown", pytest.approx(547 / 616))
    assert rerun.chart("experiment", "fr").notes.reading.en.startswith("88.8% of the 616 people")
    assert all(row.low < row.point < row.high for row in rows)


def test_multi_homing_is_a_curve_and_never_one_number(rerun: Run) -> None:
    curve = rerun.chart("multi-homing", "fr")
    share = 2_219 / 6_301
    assert curve.feasible is None  # the range holds over all sizes: a band would say it of each
    assert (curve.x[0], curve.y[0]) == pytest.approx((share, 1 + share))
    assert (curve.x[-1], curve.y[-1]) == pytest.approx((4.0, 5 / (5 - share)))
    assert [mark.label.en for mark in curve.marks] == ["1.352 at most", "1.214 at equal size"]
    assert curve.marks[1].y == pytest.approx(2 / (2 - share))
    frame = rerun.comparisons["en"].frame.set_index("key")
    assert frame.loc["multi_homing":"multi_homing_equal_size", "verdict"].tolist() == [
        "not identified", "our own", "not identified",
    ]  # fmt: skip
    assert "29.8% and the factor at most 1.298" in curve.notes.note.en
    assert "29,8\xa0% et le facteur de 1,298 au plus" in curve.notes.note.fr


def test_figures_with_intervals_and_tables_say_that_they_are_indicative(rerun: Run) -> None:
    # written where intervals are drawn, which hold only for a sample drawn at random
    for language, words in OPT_IN.items():
        for name in rerun.figures:
            note = dict(rerun.chart(name, "fr").notes.lines(language))["Note"]
            assert note.startswith(words) == (name in ("poverty", "three-answers"))
        for table in rerun.tables.values():
            assert dict(table(language).sheet.notes)["Note"].startswith(words)


def cells(table: Any) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in row) for row in table.sheet.rows]


def test_the_table_of_poverty_bounds_with_the_interval_of_the_region(rerun: Run) -> None:
    table = rerun.tables["poverty"]("fr")
    assert cells(table)[:2] == [
        (
            "Seuils fédéraux 2022 (principal)", f"6{NARROW}195 ayant donné leur revenu", "1,8\xa0%", "18,1\xa0%",
            "[1,6\xa0%\u202f;\xa019,0\xa0%]",
        ),
        (
            "Seuils fédéraux 2022 (principal)", f"6{NARROW}325, refus compris", "1,8\xa0%", "19,8\xa0%",
            "[1,5\xa0%\u202f;\xa020,7\xa0%]",
        ),
    ]  # fmt: skip
    assert "(Imbens et Manski, 2004)" in dict(table.sheet.notes)["Note"]
    # far apart, one bound only can be passed: 1.645 errors on the log-odds, drawing people at
    # random
    ends = []
    for share, side in ((113 / 6_195, -1), (1_124 / 6_195, 1)):
        odds = np.log(share / (1 - share)) + side * 1.645 / np.sqrt(6_195 * share * (1 - share))
        ends.append(100 / (1 + np.exp(-odds)))
    assert ends == pytest.approx([1.56, 18.96], abs=0.01)


def test_tables_of_shares_bounds_and_platforms(rerun: Run) -> None:
    shown = cells(rerun.tables["poverty-interpolated"]("en"))
    assert [row[2] for row in shown] == [
        "10.2%",
        "13.5%",
        "9.6%",
        "12.8%",
        "11.2%",
        "14.8%",
        "20.7%",
    ]
    assert shown[0][0] == "2022 HHS guidelines (main)"
    assert {row[-1] for row in shown} == {"6,195"}
    note = dict(rerun.tables["employment-bounds"]("fr").sheet.notes)["Note"]
    assert "réunion des deux, prudente pour la région entière" in note
    shown = cells(rerun.tables["second-platform"]("en"))
    # 203 of 372, 1,501 of 5,030, 515 of 899
    assert [(row[0], row[2], row[-1]) for row in shown] == [
        ("CloudResearch Connect", "54.6%", "372"),
        ("Prolific (before 15 March 2023)", "29.8%", "5,030"),
        ("Prolific or MTurk, not told (since 15 March 2023)", "57.3%", "899"),
    ]
