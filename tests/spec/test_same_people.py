"""Results of the same people: weighted beside unweighted, one file read twice, the waves of a panel in one file."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import diplab as dl
from diplab.errors import DesignError, MisleadingError


def people(n: int = 120, seed: int = 3) -> pd.DataFrame:
    """Return respondents with weights, strata, units, an answer and an identifier."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "number": np.arange(n) + 1000,
        "w": rng.lognormal(0.0, 0.6, n),
        "vote": rng.integers(0, 2, n),
        "pay": rng.lognormal(2.0, 0.5, n),
        "h": rng.integers(0, 3, n),
        "town": rng.integers(0, 12, n),
        "sex": rng.choice(["f", "m"], n),
    })  # fmt: skip


FRAME = people()
WEIGHT, VOTE = FRAME["w"].to_numpy(), FRAME["vote"].to_numpy(dtype=float)


def difference(one: Any, two: Any, *statistics: Any) -> pd.Series:
    """Return the difference of two samples."""
    asked = statistics or (dl.mean("vote"),)
    return dl.contrast(
        {"one": dl.estimate(one, *asked), "two": dl.estimate(two, *asked)}
    ).frame.iloc[0]


def by_hand() -> float:
    """Return the error of the unweighted less the weighted mean: z = (y - m) / n - w (y - m_w) / sum w, a person."""
    n, weighted = VOTE.size, (WEIGHT * VOTE).sum() / WEIGHT.sum()
    z = (VOTE - VOTE.mean()) / n - WEIGHT * (VOTE - weighted) / WEIGHT.sum()
    return float(np.sqrt(n / (n - 1) * ((z - z.mean()) ** 2).sum()))


def by_jackknife() -> float:
    """Return the same by leaving out one person at a time."""
    n = VOTE.size
    left = np.ones((n, n)) - np.eye(n)
    gaps = left @ VOTE / (n - 1) - left @ (WEIGHT * VOTE) / (left @ WEIGHT)
    return float(np.sqrt((n - 1) / n * ((gaps - gaps.mean()) ** 2).sum()))


def test_weighted_beside_unweighted_by_formula_and_by_jackknife() -> None:
    """1.7 points in a review, as of two surveys: the error of the difference is that of each person's."""
    data = dl.Microdata(FRAME, dl.Codebook())
    found = difference(dl.declare_design(data), dl.declare_design(data, weights="w"))
    assert found["std_error"] == pytest.approx(by_hand(), rel=1e-12)
    assert found["std_error"] == pytest.approx(by_jackknife(), rel=0.04)
    assert found["estimate"] == pytest.approx(VOTE.mean() - (WEIGHT * VOTE).sum() / WEIGHT.sum())
    # each respondent counts once
    assert found["n"] == 120
    others = dl.declare_design(people(seed=9), weights="w")
    assert difference(dl.declare_design(data), others)["std_error"] > 2 * by_hand()


def written_to_sav(frame: pd.DataFrame, tmp_path: Path) -> Any:
    return dl.read(dl.write(dl.Microdata(frame, dl.Codebook()), tmp_path / "people.sav"))


DISGUISES: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "copy": lambda frame, _: frame.copy(),
    "sorted": lambda frame, _: frame.sort_values("pay"),
    "renumbered": lambda frame, _: frame.sort_values("pay", ignore_index=True),
    "with a column more": lambda frame, _: frame.assign(old=frame["pay"] > 8),
    "one answer corrected": lambda frame, _: frame.assign(sex="f"),
    "without the identifier": lambda frame, _: frame.drop(columns="number"),
    "polars": lambda frame, _: pl.from_pandas(frame),
    "polars lazy": lambda frame, _: pl.from_pandas(frame).lazy(),
    "arrow": lambda frame, _: pa.Table.from_pandas(frame, preserve_index=False),
    "duckdb": lambda frame, _: duckdb.from_df(frame),
    "another format": written_to_sav,
}


@pytest.mark.parametrize("kind", DISGUISES)
def test_the_same_people_are_known_by_their_answers(kind: str, tmp_path: Path) -> None:
    """Neither one object nor one file, and no identifier declared: their answers distinguish them."""
    other = dl.declare_design(DISGUISES[kind](FRAME, tmp_path), weights="w")
    found = difference(dl.declare_design(FRAME.copy()), other)
    assert (found["std_error"], found["n"]) == (pytest.approx(by_hand(), rel=1e-9), 120)


def test_a_part_of_a_frame_is_known_within_the_whole() -> None:
    """z = (y - m) / n - [in the part] (y - m_part) / n_part, a person."""
    part = FRAME[FRAME["h"] > 0].sort_values("w")
    inside = (FRAME["h"] > 0).to_numpy()
    z = (VOTE - VOTE.mean()) / 120 - np.where(
        inside, VOTE - VOTE[inside].mean(), 0.0
    ) / inside.sum()
    found = difference(dl.declare_design(FRAME), dl.declare_design(part))
    assert found["std_error"] == pytest.approx(np.sqrt(120 / 119 * (z**2).sum()), rel=1e-12)
    assert found["n"] == 120


@pytest.mark.parametrize("seed", range(5))
def test_other_people_with_answers_alike_are_other_people(seed: int) -> None:
    """Few answers, the same row numbers, the same margins: nothing that says who somebody is."""
    rng = np.random.default_rng(seed)
    one, two = (
        pd.DataFrame({
            "row": np.arange(200), "vote": rng.permutation([0, 1] * 100), "age": rng.permutation(np.arange(200) % 60),
            "pay": rng.choice([900.0, 1100.5, 1500.5, 2000.0], 200),
        })
        for _ in range(2)
    )  # fmt: skip
    assert difference(dl.declare_design(one), dl.declare_design(two))["n"] == 400


@pytest.mark.parametrize(
    "held", [duckdb.from_df, lambda few: pl.from_pandas(few).lazy(), pa.Table.from_pandas]
)
def test_one_object_of_any_engine_is_one_file(held: Callable[[pd.DataFrame], Any]) -> None:
    """A relation, a lazy frame, a table: answers too few to distinguish people."""
    data = held(FRAME[["vote", "sex"]].assign(w=1 + FRAME["vote"]))
    found = difference(dl.declare_design(data), dl.declare_design(data, weights="w"))
    assert found["n"] == 120


@pytest.mark.parametrize(
    "statistic", [dl.mean("pay"), dl.gini("pay"), dl.median("pay"), dl.arpt("pay"), dl.total("pay")]
)
def test_any_statistic_has_the_error_of_replicates_of_both(statistic: Any) -> None:
    """A bootstrap of the same people draws the same persons again in both samples."""
    frame = people(600)
    samples = [dl.declare_design(frame), dl.declare_design(frame, weights="w")]
    linearised = difference(*samples, statistic)["std_error"]
    replicated = difference(
        *(dl.make_replicates(each, "rao_wu", n=2000, seed=1) for each in samples), statistic
    )
    assert linearised == pytest.approx(replicated["std_error"], rel=0.12)


def test_the_design_that_one_of_them_declares_is_that_of_both() -> None:
    """V = sum over strata of m / (m - 1) sum over towns of (z - mean)^2, z added up by town."""
    plain, drawn = (
        dl.declare_design(FRAME),
        dl.declare_design(FRAME, weights="w", strata="h", psu="town"),
    )
    n, weighted = VOTE.size, (WEIGHT * VOTE).sum() / WEIGHT.sum()
    z = (VOTE - VOTE.mean()) / n - WEIGHT * (VOTE - weighted) / WEIGHT.sum()
    units = FRAME.assign(z=z).groupby(["h", "town"])["z"].sum().groupby("h")
    expected = sum(len(own) / (len(own) - 1) * ((own - own.mean()) ** 2).sum() for _, own in units)
    assert difference(plain, drawn)["std_error"] == pytest.approx(np.sqrt(expected), rel=1e-12)
    assert difference(drawn, plain)["std_error"] == pytest.approx(np.sqrt(expected), rel=1e-12)


@pytest.mark.parametrize("calibrated", [False, True])
def test_two_domains_have_the_covariance_that_by_gives_them(calibrated: bool) -> None:
    """A poverty rate owes error to everybody, margins and towns tie the two groups."""

    def declared() -> Any:
        sample = dl.declare_design(FRAME, weights="w", strata="h", psu="town")
        return dl.calibrate(sample, {"vote": {0: 60.0, 1: 60.0}}) if calibrated else sample

    asked = dl.arpr("pay"), dl.mean("pay"), dl.quintile_ratio("pay")
    apart = [dl.estimate(declared().where(f"sex == '{sex}'"), *asked) for sex in "fm"]
    expected = dl.contrast(dl.estimate(declared(), *asked, by="sex"), {"sex": ("f", "m")}).frame
    found = dl.contrast(apart)
    assert found.frame["std_error"].tolist() == pytest.approx(
        expected["std_error"].tolist(), rel=1e-9
    )
    assert found.frame["n"].tolist() == expected["n"].tolist()
    assert found.provenance.rules["contrast"] == "difference"


def test_calibrated_beside_not_calibrated() -> None:
    """What a margin fixes has no error after calibration: the difference has all of the error before."""
    before = dl.declare_design(FRAME, weights="w")
    after = dl.calibrate(before, {"vote": {0: 60.0, 1: 60.0}})
    found = difference(before, after)
    assert found["std_error"] == pytest.approx(
        dl.estimate(before, dl.mean("vote")).frame["std_error"].item()
    )
    assert difference(before, after, dl.mean("pay"))["std_error"] < 0.5


def test_one_file_read_twice_differs_by_nothing(tmp_path: Any) -> None:
    FRAME.to_csv(tmp_path / "survey.csv", index=False)
    samples = [dl.declare_design(dl.read(tmp_path / "survey.csv")) for _ in range(2)]
    found = difference(*samples)
    assert [found["estimate"], found["std_error"], found["n"]] == [0.0, 0.0, 120]
    recoded = dl.read(tmp_path / "survey.csv").with_columns(vote=1 - FRAME["vote"])
    both = dl.estimate(dl.declare_design(dl.read(tmp_path / "survey.csv")), dl.mean("vote"))
    moved = dl.contrast([both, dl.estimate(dl.declare_design(recoded), dl.mean("vote"))]).frame
    assert moved["std_error"].item() == pytest.approx(2 * both.frame["std_error"].item())


@pytest.mark.parametrize("frame", [FRAME, pl.from_pandas(FRAME)])
def test_one_frame_declared_twice_is_known_by_itself(frame: Any) -> None:
    found = difference(dl.declare_design(frame), dl.declare_design(frame, weights="w"))
    assert found["std_error"] == pytest.approx(by_hand(), rel=1e-12)


def test_recodes_and_pickles_of_microdata_are_of_the_same_people() -> None:
    data = dl.Microdata(FRAME, dl.Codebook())
    other = pickle.loads(pickle.dumps(data.with_columns(other=1.0)))
    assert difference(dl.declare_design(data), dl.declare_design(other, weights="w"))[
        "std_error"
    ] == pytest.approx(by_hand(), rel=1e-12)


def test_identifiers_say_who_is_who_whatever_the_order() -> None:
    shuffled = FRAME.sample(frac=1.0, random_state=1)
    found = difference(
        dl.declare_design(FRAME, id="number"),
        dl.declare_design(shuffled.reset_index(drop=True), weights="w", id="number"),
    )
    assert found["std_error"] == pytest.approx(by_hand(), rel=1e-12)
    # some of them: z is 0 for those who are left out
    some = FRAME[FRAME["h"] > 0]
    found = difference(
        dl.declare_design(FRAME, id="number"), dl.declare_design(some.copy(), id="number")
    )
    inside = (FRAME["h"] > 0).to_numpy()
    z = (VOTE - VOTE.mean()) / 120 - np.where(
        inside, VOTE - VOTE[inside].mean(), 0.0
    ) / inside.sum()
    assert found["std_error"] == pytest.approx(np.sqrt(120 / 119 * (z**2).sum()), rel=1e-12)
    # nobody in common
    apart = dl.declare_design(FRAME.assign(number=FRAME["number"] + 500), id="number")
    assert difference(dl.declare_design(FRAME, id="number"), apart)["n"] == 240


def test_what_is_not_known_is_refused(refused: Any) -> None:
    data = dl.Microdata(FRAME, dl.Codebook())
    some = pd.concat([FRAME[:90], people(seed=9)[:20]])
    mean = dl.mean("vote")
    of = {name: dl.estimate(each, mean) for name, each in {
        "all": dl.declare_design(data), "some": dl.declare_design(some),
        "by town": dl.declare_design(data, psu="town"), "by stratum": dl.declare_design(data, strata="h"),
        "others": dl.declare_design(people(seed=9)),
        "given": dl.declare_design(data, weights="w", replicates=dl.replicates(["w", "pay"], kind="jk1")),
        "half": dl.declare_design(FRAME.assign(number=FRAME["number"] + 60), id="number"),
        "named": dl.declare_design(FRAME, id="number"),
    }.items()}  # fmt: skip
    refused(lambda: dl.contrast([of["all"], of["some"]]), MisleadingError)
    refused(lambda: dl.contrast([of["by town"], of["by stratum"]]), MisleadingError)
    refused(lambda: dl.contrast([of["all"], of["given"]]), MisleadingError)
    refused(lambda: dl.contrast([of["named"], of["half"]]), MisleadingError)
    refused(
        lambda: dl.contrast([of["all"], of["by town"], of["others"]], pairwise="holm"),
        MisleadingError,
    )
    kept = pickle.loads(pickle.dumps(of["all"]))
    assert kept.contributions is None
    refused(lambda: dl.contrast([kept, of["by town"]]), MisleadingError)
    refused(lambda: dl.contrast([kept, of["all"]]), MisleadingError)


def panel(persons: int = 80) -> pd.DataFrame:
    """Return two waves of the same persons, whose pay differs much between persons and little between waves."""
    rng = np.random.default_rng(4)
    level = rng.normal(10.0, 2.0, persons)
    waves = []
    for wave in (1, 2):
        pay = level + rng.normal(0.1 * wave, 0.05, persons)
        waves.append(pd.DataFrame({"id": np.arange(persons), "wave": wave, "pay": pay}))
    return pd.concat(waves, ignore_index=True)


STACKED = panel()


def test_people_known_by_an_amount_that_some_did_not_tell(refused: Any) -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "income": rng.lognormal(7, 1, 400),
            "w": rng.uniform(0.5, 2, 400),
            "y": rng.normal(size=400),
        }
    )
    frame.loc[:39, "income"] = np.nan
    weighted = dl.estimate(dl.declare_design(frame, weights="w"), dl.mean("income"))

    def gap(other: pd.DataFrame) -> float:
        plain = dl.estimate(dl.declare_design(other), dl.mean("income"))
        return float(dl.contrast({"weighted": weighted, "plain": plain}).frame["std_error"].item())

    assert gap(frame.assign(y=0.0)) == pytest.approx(gap(frame), rel=1e-12)
    # in another order nothing tells who those are whose income is not known
    refused(lambda: gap(frame.assign(y=0.0).sample(frac=1.0, random_state=1)), MisleadingError)


def test_waves_of_the_same_persons_are_compared_person_by_person() -> None:
    """0.29 in a review, for 0.007: the standard deviation of each person's change over the root of the persons."""
    sample = dl.declare_design(STACKED, id="id")
    change = STACKED["pay"][80:].to_numpy() - STACKED["pay"][:80].to_numpy()
    expected = change.std(ddof=1) / np.sqrt(80)
    found = dl.contrast(dl.estimate(sample, dl.mean("pay"), by="wave"), {"wave": (2, 1)}).frame
    assert found["std_error"].item() == pytest.approx(expected, rel=1e-6)
    assert dl.t_test(sample, "pay", by="wave").estimates["std_error"] == pytest.approx(
        expected, rel=1e-6
    )
    change = dl.change(sample, dl.mean("pay"), wave="wave", person="id").frame
    assert change["std_error"].item() == pytest.approx(expected, rel=0.01)


def test_persons_who_come_back_unsaid_are_refused_and_both_remedies_work(refused: Any) -> None:
    sample = dl.declare_design(STACKED)
    by_wave = dl.estimate(sample, dl.mean("pay"), by="wave")
    refused(lambda: dl.contrast(by_wave, {"wave": (2, 1)}), MisleadingError)
    refused(lambda: dl.contrast(by_wave, "`2` / `1`"), MisleadingError)
    refused(lambda: dl.t_test(sample, "pay", by="wave"), MisleadingError)
    refused(lambda: dl.rank_test(sample, "pay", by="wave"), MisleadingError)
    # numbers that start again: other persons
    apart = dl.declare_design(STACKED, id=["wave", "id"])
    found = dl.contrast(dl.estimate(apart, dl.mean("pay"), by="wave"), {"wave": (2, 1)}).frame
    assert found["std_error"].item() > 0.2
    # units, replicates and other groups are as they were
    assert len(
        dl.contrast(
            dl.estimate(dl.declare_design(STACKED, psu="id"), dl.mean("pay"), by="wave"),
            pairwise="holm",
        )
    )
    town = dl.declare_design(STACKED.assign(town_id=STACKED["id"] // 20))
    assert len(dl.contrast(dl.estimate(town, dl.mean("pay"), by="town_id"), pairwise="holm"))


def test_identifiers_that_contradict_the_design_are_refused(refused: Any) -> None:
    moved = STACKED.assign(town=STACKED["wave"], k="a")
    refused(lambda: dl.declare_design(moved, psu="town", id="id"), DesignError)
    refused(lambda: dl.declare_design(moved, strata="wave", id="id"), DesignError)
    refused(lambda: dl.declare_design(moved, id=["id", "k"]), DesignError)
    refused(lambda: dl.declare_design(moved, id="nobody"), dl.DiplabError)
    refused(lambda: dl.declare_design(moved.assign(id=None), id="id"), DesignError)


def rotating() -> pd.DataFrame:
    """Return two waves of 80 persons, of whom 40 are in both, in strata that are redrawn each time."""
    rng = np.random.default_rng(8)
    person = np.r_[0:80, 40:120]
    pay = rng.normal(10.0, 2.0, 120)[person] + rng.normal(0.0, 0.3, 160)
    return pd.DataFrame(
        {
            "id": person,
            "wave": np.repeat([1, 2], 80),
            "pay": pay,
            "h": rng.integers(0, 4, 160),
            "w": 1.0,
        }
    )


@pytest.mark.parametrize("design", [{}, {"psu": "id"}, {"id": "id"}, {"id": ["wave", "id"]}])
def test_change_knows_persons_who_are_in_both_waves_whatever_was_declared(design: Any) -> None:
    """Means of 80 each, with 40 persons in common: (S11 + S22 - 2 (40 / 80) S12) / 80, S12 over those in both."""
    frame = rotating()
    sample = dl.declare_design(frame, weights="w", **design)
    found = dl.change(sample, dl.mean("pay"), wave="wave", person="id").frame.iloc[0]
    one, two = (own.set_index("id")["pay"] for _, own in frame.groupby("wave"))
    both = pd.concat([one - one.mean(), two - two.mean()], axis=1, join="inner")
    shared = (both.iloc[:, 0] * both.iloc[:, 1]).sum() / 40
    assert found["std_error"] == pytest.approx(
        np.sqrt((one.var() + two.var() - shared) / 80), rel=0.01
    )
    assert (found["n"], found["estimate"]) == (120, pytest.approx(two.mean() - one.mean()))


@pytest.mark.parametrize("strata", ["h", "wave", ["wave", "h"]])
def test_persons_who_change_stratum_are_refused_with_the_line_that_works(
    strata: Any, refused: Any
) -> None:
    frame = rotating()
    refused(lambda: dl.declare_design(frame, weights="w", strata=strata, id="id"), DesignError)
    with pytest.raises(
        DesignError,
        match=r"leave out `id=` and .*`dl\.change\(sample, \.\.\., wave=\.\.\., person='id'\)`",
    ):
        dl.declare_design(frame, weights="w", strata=strata, id="id")
    found = dl.change(
        dl.declare_design(frame, weights="w", strata=strata),
        dl.mean("pay"),
        wave="wave",
        person="id",
    )
    apart = dl.estimate(
        dl.declare_design(frame, weights="w", strata=strata), dl.mean("pay"), by="wave"
    ).frame
    assert found.frame["std_error"].item() < 0.9 * np.sqrt((apart["std_error"] ** 2).sum())


def test_two_files_with_some_persons_in_common_are_refused_with_the_line_that_works() -> None:
    first, second = (own.drop(columns="wave") for _, own in rotating().groupby("wave"))
    means = [
        dl.estimate(dl.declare_design(each, weights="w", id="id"), dl.mean("pay"))
        for each in (first, second)
    ]
    with pytest.raises(MisleadingError, match="Stack both") as caught:
        dl.contrast(means)
    named = {"dl": dl, "first": first, "second": second}
    merged, change = str(caught.value).split("`")[1::2][-2:]
    exec(merged, named)
    sample = dl.declare_design(named["both"], weights="w")
    found = eval(change.replace("...", "dl.mean('pay')"), {"dl": dl, "sample": sample})
    whole = dl.change(
        dl.declare_design(rotating(), weights="w"), dl.mean("pay"), wave="wave", person="id"
    )
    assert found.frame["std_error"].item() == pytest.approx(whole.frame["std_error"].item())


def test_identifiers_of_a_query_make_units_too() -> None:
    lazy = dl.declare_design(pl.from_pandas(STACKED).lazy(), id="id")
    found = dl.contrast(dl.estimate(lazy, dl.mean("pay"), by="wave"), {"wave": (2, 1)}).frame
    eager = dl.contrast(
        dl.estimate(dl.declare_design(STACKED, id="id"), dl.mean("pay"), by="wave"),
        {"wave": (2, 1)},
    )
    assert found["std_error"].item() == pytest.approx(eager.frame["std_error"].item(), rel=1e-9)
    alone = dl.declare_design(pl.from_pandas(STACKED[:80]).lazy(), id="id")
    assert dl.estimate(alone, dl.mean("pay")).frame["n"].item() == 80


def test_the_print_says_that_people_are_the_same() -> None:
    data = dl.Microdata(FRAME, dl.Codebook())
    each = {
        name: dl.estimate(dl.declare_design(data, weights=name), dl.mean("vote")) for name in ("w",)
    }
    found = dl.contrast({"none": dl.estimate(dl.declare_design(data), dl.mean("vote")), **each})
    assert "between two estimates on the same people" in " ".join(
        dl.table(found, "en").sheet.note_lines()
    )
    assert "sur les mêmes personnes" in " ".join(dl.table(found, "fr").sheet.note_lines())


def test_coefficients_of_the_same_people_under_other_weights() -> None:
    """Of a regression on a constant, those of the mean; a slope has the sandwich of z = A^-1 x e for both."""
    samples = dl.declare_design(FRAME), dl.declare_design(FRAME, weights="w")
    found = dl.contrast([dl.regress(each, "vote ~ 1") for each in samples]).frame
    assert found["std_error"].item() == pytest.approx(by_hand(), rel=1e-9)
    found = dl.contrast([dl.regress(each, "pay ~ vote") for each in samples]).frame
    x, pay, moved = np.column_stack([np.ones(120), VOTE]), FRAME["pay"].to_numpy(), []
    for weight in (np.ones(120), WEIGHT):
        inverse = np.linalg.inv(x.T * weight @ x)
        moved.append(
            (x * (weight * (pay - x @ (inverse @ (x.T @ (weight * pay)))))[:, None]) @ inverse
        )
    z = moved[0] - moved[1]
    expected = np.sqrt(120 / 119 * (z**2).sum(axis=0))
    assert found["std_error"].tolist() == pytest.approx(expected.tolist(), rel=1e-9)
    assert found["n"].tolist() == [120, 120]


def test_persons_in_several_rows_are_pointed_out_by_every_verb() -> None:
    said = "Values of id come back in several rows"
    sample = dl.declare_design(STACKED.assign(yes=STACKED["pay"] > 10, one=1))
    asked = [
        dl.estimate(sample, dl.mean("pay")), dl.regress(sample, "pay ~ C(wave)"), dl.crosstab(sample, "wave", "yes"),
        dl.summary(sample, ["pay"], by="wave"), dl.log_linear(sample, "~ wave * yes"),
        dl.survival.cox(sample, "wave", time="pay", event="one"),
    ]  # fmt: skip
    assert all(said in str(each) for each in asked)
    # one wave, a declared identifier, what people belong to: nothing to say
    rows = STACKED.rename(columns={"id": "region_id"})
    for other in (
        sample.where("wave == 1"),
        dl.declare_design(STACKED, id="id"),
        dl.declare_design(rows),
    ):
        assert "come back in several rows" not in str(dl.estimate(other, dl.mean("pay")))


@pytest.mark.parametrize(
    "held", [lambda few: pl.from_pandas(few).lazy(), lambda few: duckdb.connect().from_df(few)]
)
def test_persons_in_several_rows_of_a_query_are_pointed_out_too(held: Any) -> None:
    said, rows = "Values of id come back in several rows", held(STACKED)
    assert said in str(dl.estimate(dl.declare_design(rows), dl.mean("pay")))
    assert said not in str(dl.estimate(dl.declare_design(rows, id="id"), dl.mean("pay")))


def test_a_copy_with_few_answers_is_known_where_its_rows_are_in_their_order() -> None:
    """No answers distinguish 95% of the rows; all are equal in each of 500 rows, in an order that nothing sorted."""
    rng = np.random.default_rng(1)
    few = pd.DataFrame({"work": rng.integers(0, 2, 500), "sex": rng.integers(1, 3, 500)})
    assert difference_of(few, few.copy(), "work == 1")["n"] == 500
    # sorted, they may be two tables of one count: nothing says that people are the same
    rows = few.sort_values(["sex", "work"], ignore_index=True)
    assert difference_of(rows, rows.copy(), "work == 1")["n"] == 1000


def difference_of(one: pd.DataFrame, two: pd.DataFrame, condition: str) -> Any:
    results = [dl.estimate(dl.declare_design(each), dl.share(condition)) for each in (one, two)]
    return dl.contrast(dict(zip("ab", results, strict=True))).frame.iloc[0]
