"""Direct standardisation: worked by hand, in every engine, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import (
    CalibrationError,
    ColumnError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
)

PEOPLE = """psu w town age pay
1 1 a y 1
2 2 a y 4
3 1 a o 5
1 1 a o 7
1 1 b y 1
3 1 b y 3
2 1 b o 5
3 3 b o 9
1 1 b . 90"""
AGES = {"age": {"y": 60, "o": 40}}


def sample_of(engine: Any, text: str = PEOPLE) -> Any:
    return dl.declare_design(engine.draw(text), weights="w", psu="psu")


def test_means_by_hand(engine: Any) -> None:
    """Of a: young (1 + 2 * 4) / 3 = 3, old 6, .6 * 3 + .4 * 6 = 4.2; of b: 2, (5 + 27) / 4 = 8, 4.4.

    By unit, w s_l (y - mean) / N_l: a -.4 + .2, .4, -.2; b -.3, -.3, .3 + .3; variance 3 / 2 of
    their squares.
    """
    found = dl.standardise(sample_of(engine), dl.mean("pay"), AGES, by="town")
    frame = found.frame
    assert frame["estimate"].tolist() == pytest.approx([4.2, 4.4], rel=1e-14)
    assert frame["std_error"].tolist() == pytest.approx(
        [np.sqrt(1.5 * 0.24), np.sqrt(1.5 * 0.54)], rel=1e-12
    )
    assert found.covariance[0, 1] == pytest.approx(1.5 * -0.18, rel=1e-12)
    assert (frame["n"].tolist(), dict(found.provenance.missing)) == ([4, 4], {"pay": 1})


def test_shares_of_the_sample_and_levels_of_no_share(engine: Any) -> None:
    """Of all who say their age the young are 5 of 11, the old 6; with nobody old, a is its young."""
    sample = sample_of(engine)
    own = dl.standardise(sample, dl.mean("pay"), "age", by="town")
    assert own.frame["estimate"].tolist() == pytest.approx(
        [(5 * 3 + 6 * 6) / 11, (5 * 2 + 6 * 8) / 11], rel=1e-14
    )
    young = dl.standardise(sample, dl.mean("pay"), {"age": {"y": 1, "o": 0}}, by="town").frame
    assert (young["estimate"].tolist(), young["n"].tolist()) == (pytest.approx([3, 2]), [2, 2])
    crude = dl.estimate(sample.where("age == 'y'"), dl.mean("pay"), by="town").frame
    assert young["std_error"][0] == pytest.approx(crude["std_error"][0], rel=1e-12)
    assert young["flag"].tolist() == ["few units", "few units"]


def test_the_standard_of_another_sample_by_hand(engine: Any) -> None:
    """Of five others three are young: a share of .6, of variance .6 * .4 / 4, which moves a by 3 - 6, b by 2 - 8."""
    other = dl.declare_design(pd.DataFrame({"age": list("yyyoo")}))
    # three young have 2 degrees of freedom, everybody 4
    for standard, df in (
        (dl.estimate(other, dl.count(), by="age"), 2),
        (dl.estimate(other, dl.share("age")), 4),
    ):
        found = dl.standardise(sample_of(engine), dl.mean("pay"), standard, by="town")
        known = dl.standardise(sample_of(engine), dl.mean("pay"), AGES, by="town")
        assert found.frame["estimate"].tolist() == pytest.approx([4.2, 4.4], rel=1e-14)
        of_share = np.outer([3, 6], [3, 6]) * 0.24 / 4
        np.testing.assert_allclose(found.covariance, known.covariance + of_share, rtol=1e-12)
        own, both = np.diag(known.covariance), np.diag(found.covariance)
        satterthwaite = both**2 / (own**2 / known.frame["df"] + np.diag(of_share) ** 2 / df)
        assert found.frame["df"].tolist() == pytest.approx(satterthwaite.tolist(), rel=1e-12)
        chosen = dl.standardise(
            sample_of(engine), dl.mean("pay"), standard, by="town", df="infinity"
        )
        assert chosen.frame["df"].tolist() == [np.inf] * 2


def test_the_record_of_another_sample() -> None:
    """A notice where its people are those of this one; its source; and what both imputations and replicates add."""
    frame = people().assign(id=np.arange(400))
    sample = dl.declare_design(frame, weights="w", psu="unit")
    other = dl.declare_design(frame.iloc[:200], weights="w")
    standard = dl.estimate(other, dl.count(), by="age").described(synthetic=True)
    found = dl.standardise(sample, dl.mean("income"), standard, by="town")
    assert found.provenance.synthetic
    (notice,) = found.provenance.notices
    assert notice.en.startswith(
        "This sample and that of the standard have identifiers in common: 100% of the values of id"
    )
    english = dl.table(found, "en").sheet
    assert "(standardised: age)" in english.title
    assert "that of a standard population estimated on another sample, with its error" in " ".join(
        english.note_lines()
    )
    apart = dl.declare_design(people(6), weights="w")
    standard = dl.estimate(apart, dl.count(), by="age")
    known = {"age": dict(zip(standard.frame["age"], standard.frame["estimate"], strict=True))}
    added = [
        dl.standardise(each, dl.mean("income"), standard, by="town").covariance
        - dl.standardise(each, dl.mean("income"), known, by="town").covariance
        for each in (sample, dl.make_replicates(sample, "jk1"), dl.imputed([sample, sample]))
    ]
    for each in added[1:]:
        np.testing.assert_allclose(each, added[0], rtol=1e-9)
    # of one unit alone nothing tells the error, whatever the other sample adds
    few = frame.assign(town=np.where(frame["unit"] == 3, "c", frame["town"]))
    alone = dl.standardise(
        dl.declare_design(few, weights="w", psu="unit"), dl.mean("income"), standard, by="town"
    ).frame
    assert np.isnan(alone["std_error"]).tolist() == [False, False, True]


def people(seed: int = 5, rows: int = 400) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame({
        "unit": np.arange(rows) // 10, "w": draw.uniform(0.5, 3, rows), "town": draw.choice(list("aaabb"), rows),
        "age": draw.choice(["y", "m", "o"], rows), "income": draw.gamma(2, 500, rows), "works": draw.random(rows) < 0.4,
    })  # fmt: skip


def test_a_query_gives_what_rows_give(engine: Any) -> None:
    """Errors of what everybody shares too: the structure of the sample, and the poverty line."""
    columns = ["estimate", "std_error", "ci_low", "ci_high", "df", "n"]
    design: Any = {"weights": "w", "psu": "unit"}
    known = dl.declare_design(people(), **design)
    for statistic, margins in (
        (dl.arpr("income"), {"age": {"y": 2, "m": 3, "o": 5}}),
        (dl.mean("income"), "age"),
    ):
        found = dl.standardise(
            dl.declare_design(engine(people()), **design), statistic, margins, by="town"
        )
        expected = dl.standardise(known, statistic, margins, by="town")
        np.testing.assert_allclose(
            found.frame[columns].astype(float), expected.frame[columns].astype(float), rtol=1e-9
        )
        np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-9)


def test_intervals_and_degrees_of_freedom_are_those_of_the_statistic() -> None:
    """A share keeps its interval on the log-odds; one old unit in b leaves few degrees of freedom, which `w` tells."""
    frame = people()
    frame.loc[(frame["town"] == "b") & (frame["age"] == "o") & (frame["unit"] > 12), "age"] = "y"
    sample = dl.declare_design(frame, weights="w", psu="unit")
    found = dl.standardise(
        sample, dl.share("works"), {"age": {"y": 1, "m": 1, "o": 8}}, by="town"
    ).frame
    p, low, high = found.iloc[0][["estimate", "ci_low", "ci_high"]]
    logit = np.log(np.array([low, high]) / (1 - np.array([low, high])))
    assert logit.mean() == pytest.approx(np.log(p / (1 - p)), rel=1e-9)
    cells = dl.estimate(sample.where("age == 'o'"), dl.share("works"), by="town").frame
    assert found["df"][1] < 1.5 * cells["df"][1] < 20 < found["df"][0]
    for rule, df in (("design", [39, 39]), ("infinity", [np.inf, np.inf])):
        chosen: Any = rule
        assert (
            dl.standardise(sample, dl.share("works"), "age", by="town", df=chosen)
            .frame["df"]
            .tolist()
            == df
        )


def test_comparisons_rates_and_imputations() -> None:
    sample = dl.declare_design(people(), weights="w", psu="unit")
    ages = {"age": {"y": 0.2, "m": 0.3, "o": 0.5}}
    rates = dl.standardise(sample, dl.arpr("income"), ages, by="town")
    cells = dl.estimate(sample, dl.arpr("income"), by=["town", "age"])
    weights = np.zeros((2, 6))
    weights[0, :3] = weights[1, 3:] = [0.3, 0.5, 0.2]  # m, o, y
    linear = dl.contrast(cells, weights)
    assert rates.frame["estimate"].tolist() == pytest.approx(
        linear.frame["estimate"].tolist(), rel=1e-12
    )
    assert rates.covariance == pytest.approx(linear.covariance, rel=1e-9)
    assert rates.frame["df"].tolist() == pytest.approx(linear.frame["df"].tolist(), rel=1e-9)
    gap = dl.contrast(rates, {"town": ("a", "b")}).frame.iloc[0]
    between = dl.contrast(cells, (weights[0] - weights[1])[None]).frame.iloc[0]
    assert gap[["estimate", "std_error", "df"]].tolist() == pytest.approx(
        between[["estimate", "std_error", "df"]].tolist(), rel=1e-9
    )
    twice = dl.standardise(dl.imputed([sample, sample]), dl.arpr("income"), ages, by="town").frame
    for name in ("estimate", "std_error", "ci_low", "df"):
        assert twice[name].tolist() == pytest.approx(rates.frame[name].tolist(), rel=1e-9)


def test_tables_say_what_was_done_in_both_languages() -> None:
    sample = dl.declare_design(people(), weights="w", psu="unit")
    found = dl.standardise(sample, dl.mean("income"), {"age": {"y": 1, "m": 1, "o": 1}}, by="town")
    french, english = (dl.table(found, language).sheet for language in ("fr", "en"))
    assert french.title == "income\xa0: moyenne (à structure égale\xa0: age) par town"
    assert "à structure égale par age, celle d’une population type tenue pour connue" in " ".join(
        french.note_lines()
    )
    assert "at equal structure by age, that of a standard population taken as known" in " ".join(
        english.note_lines()
    )
    own = dl.table(dl.standardise(sample, dl.mean("income"), ["age"], by="town"), "en").sheet
    assert "that of all respondents, with its error" in " ".join(own.note_lines())
    dl.chart(found)


REFUSED: dict[str, tuple[Any, Any, Any, type[Exception]]] = {
    "lacks": (dl.mean("pay"), {"age": {"y": 1}}, "town", ColumnError),
    "empty": (dl.mean("pay"), {"age": {"y": 1, "o": 1, "z": 2}}, "town", EmptyDomainError),
    "both": (dl.mean("pay"), AGES, ["town", "age"], OptionError),
    "several": (dl.mean("pay"), {"age": {"y": 1, "o": 1}, "town": {"a": 1}}, (), OptionError),
    "number": (dl.mean("pay"), {"age": 3}, (), OptionError),
    "negative": (dl.mean("pay"), {"age": {"y": -1, "o": 1}}, (), OptionError),
    "none": (dl.mean("pay"), {"age": {"y": None, "o": 1}}, (), CalibrationError),
    "column": (dl.mean("pay"), "ages", (), ColumnError),
    "total": (dl.total("pay"), AGES, (), MisleadingError),
    "ratio": (dl.ratio("pay", "w"), AGES, (), MisleadingError),
    "banded": (dl.mean(dl.banded("pay")), AGES, (), MisleadingError),
    "line": (dl.arpr("pay", threshold_on="domain"), AGES, (), MisleadingError),
    "statistic": ("pay", AGES, (), OptionError),
    "same sample": (
        dl.mean("pay"),
        lambda sample, _: dl.estimate(sample, dl.count(), by=["age", "w"]),
        (),
        OptionError,
    ),
    "no structure": (
        dl.mean("pay"),
        lambda _, other: dl.estimate(other, dl.mean("pay"), by="age"),
        (),
        OptionError,
    ),
    "within": (
        dl.mean("pay"),
        lambda _, other: dl.estimate(other, dl.share("age"), by="town"),
        (),
        OptionError,
    ),
    "other lacks": (
        dl.mean("pay"),
        lambda _, other: dl.estimate(other, dl.share("age")),
        (),
        ColumnError,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(error_text: Any, name: str) -> None:
    frame = pd.DataFrame(
        {"pay": [1.0, 2, 3, 4, 5, 6], "w": 1.0, "age": list("yyoyoo"), "town": list("aaabbb")}
    )
    statistic, margins, by, error = REFUSED[name]
    sample, other = dl.declare_design(frame), dl.declare_design(frame.assign(age=list("zzyyyz")))
    with pytest.raises(error) as caught:
        dl.standardise(
            sample, statistic, margins(sample, other) if callable(margins) else margins, by=by
        )
    error_text(caught)


def test_medians_are_no_averages() -> None:
    with pytest.raises(MisleadingError, match="`median` of `pay` cannot be standardised"):
        dl.standardise(
            dl.declare_design(pd.DataFrame({"pay": [1.0, 2], "age": ["y", "o"]})),
            dl.median("pay"),
            "age",
        )


def test_shares_of_a_standard_that_do_not_sum_to_one_are_refused(refused: Any) -> None:
    people = pd.DataFrame({"y": [1.0, 2.0, 3.0, 5.0, 8.0, 9.0], "age": list("aabbcc")})
    sample = dl.declare_design(people)
    refused(lambda: dl.standardise(sample, dl.mean("y"), {"age": {"a": 0.5, "b": 0.2, "c": 0.2}}))
    # rounded shares, counts and equal parts are as they were
    for margins in (
        {"a": 0.33, "b": 0.33, "c": 0.33},
        {"a": 1, "b": 1, "c": 1},
        {"a": 0.5, "b": 2, "c": 1},
    ):
        assert len(dl.standardise(sample, dl.mean("y"), {"age": margins})) == 1
