"""Answers recoded: codes, labels, missing answers and the step that is written down."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.deliveries import read_codebook
from diplab.microdata.missing import MissingCodes
from diplab.microdata.variable import MissingRange

if TYPE_CHECKING:
    from pathlib import Path

JOB = {
    1: dl.Text("CDI", "permanent"),
    2: dl.Text("CDD", "fixed term"),
    3: dl.Text("sans emploi", "no job"),
    4: dl.Text("autre", "other"),
}


def survey() -> dl.Microdata:
    """Jobs 1, 2, 3, 2, one refusal (9), one not asked (91), one without anything."""
    frame = pd.DataFrame(
        {"job": [1, 2, 3, 2, np.nan, np.nan, np.nan], "age": [17, 18, 24, 25, 49, 50, np.nan]}
    )
    book = dl.Codebook().described(
        "job", label=dl.Text("emploi", "job"), values=JOB, measure="nominal", missing={9: "refused"},
        missing_ranges=(MissingRange(90, 95, "not asked"),),
    )  # fmt: skip
    missing = {"job": MissingCodes((9, 91), np.array([-1, -1, -1, -1, 0, 1, -1]))}
    return dl.Microdata(frame, book, missing)


def answers(data: dl.Microdata, name: str) -> list[Any]:
    return [None if pd.isna(each) else each for each in data.frame[name]]


def test_codes_and_ranges() -> None:
    data = survey().recode(
        "job", {(1, "CDD"): 1, "no job": 0, 4: 0}, into="works", label="has a contract"
    )
    assert answers(data, "works") == [1, 1, 0, 1, None, None, None]
    works = data.codebook["works"]
    assert works.values == {
        1: dl.Text("CDI / CDD", "permanent / fixed term"),
        0: dl.Text("sans emploi / autre", "no job / other"),
    }
    assert works.label == dl.Text.same("has a contract")
    assert works.missing == {9: "refused", 91: "not asked"}
    assert works.missing_ranges == ()
    assert data.missing["works"].reasons(works) == {"refused": 1, "not asked": 1}
    assert data.codebook.reasons["works"] == {"refused": 1, "not asked": 1, "system": 1}
    # the variable itself is as it was
    pd.testing.assert_series_equal(data.frame["job"], survey().frame["job"])
    assert data.codebook["job"] == survey().codebook["job"]
    data = survey().recode("age", {range(25): 1, range(25, 120): 2}, into="young")
    assert answers(data, "young") == [1, 1, 1, 2, 2, 2, None]
    assert data.codebook.steps[0].words.en == "young: age [0, 25[ → 1; [25, 120[ → 2"
    words = dl.Microdata(pd.DataFrame({"sex": ["Female", "Male", None, "Male"]}), dl.Codebook())
    codes = words.recode("sex", {"Female": 1, "Male": 2})
    assert answers(codes, "sex") == [1, 2, None, 2]
    assert codes.codebook.reasons == {"sex": {"system": 1}}
    back = codes.recode("sex", {1: "f", 2: "m"})
    assert answers(back, "sex") == ["f", "m", None, "m"]
    data = dl.Microdata(pd.DataFrame({"q": [1234567.8905, 1234567.8901]}), dl.Codebook())
    assert data.recode("q", {1234567.8905: 1}, others="keep").frame["q"].tolist() == [
        1.0,
        1234567.8901,
    ]


def test_recodes_are_steps_and_come_back_from_files(tmp_path: Path) -> None:
    """Of seven rows, only those with 2 and 3 have another code: three."""
    data = survey().recode("job", {(1, 2): 1, 3: 2, 4: None})
    (step,) = data.codebook.steps
    assert (step.kind, step.variables, step.rows) == ("recode", ("job",), 3)
    assert step.words == dl.Text(
        "job\u00a0: 1, 2 → 1\u202f; 3 → 2\u202f; 4 → sans réponse",
        "job: 1, 2 → 1; 3 → 2; 4 → no answer",
    )
    data = survey().recode("job", {(1, 2): 1, (3, 4): 0}, into="works")
    assert (
        read_codebook(write_codebook(data.codebook, tmp_path / "x.codebook.toml")) == data.codebook
    )


def test_labels_go_with_their_answers() -> None:
    """1 and 2 change places, and so do their labels; 3 and 4 keep theirs; a label given wins."""
    data = survey().recode(
        "job", {1: 2, 2: 1}, others="keep", labels={1: dl.Text("durée limitée", "limited")}
    )
    assert answers(data, "job") == [2, 1, 3, 1, None, None, None]
    limited = dl.Text("durée limitée", "limited")
    assert data.codebook["job"].values == {3: JOB[3], 4: JOB[4], 2: JOB[1], 1: limited}
    assert data.codebook.steps[0].words.en == "job: 1 → 2; 2 → 1; others kept"
    values = {code: dl.Text.same(f"band {code}") for code in range(1, 6)}
    data = dl.Microdata(
        pd.DataFrame({"x": [1, 2, 3, 4, 5]}), dl.Codebook().described("x", values=values)
    )
    new = data.recode("x", {(1, 2): 1, (3, 4): 2}, others="keep")
    assert list(new.codebook["x"].values) == [1, 2, 5]
    assert new.describe("x").frame["code"].tolist() == [1, 2, 5]


def test_an_answer_made_missing(refused) -> None:
    data = survey().recode("job", {3: None}, others="keep")
    assert answers(data, "job") == [1, 2, None, 2, None, None, None]
    assert data.codebook["job"].missing == {9: "refused", 3: "no job", 91: "not asked"}
    assert data.codebook.reasons["job"] == {"refused": 1, "not asked": 1, "no job": 1, "system": 1}
    assert 3 not in data.codebook["job"].values
    data = survey().recode("job", {2: 1}, others="drop")
    assert answers(data, "job") == [None, 1, None, 1, None, None, None]
    # 1 is an answer now, so that the old 1 stands for none under another code
    assert data.codebook["job"].missing == {
        9: "refused",
        91: "not asked",
        -1: "permanent",
        3: "no job",
    }
    reasons = ("refused", "not asked", "permanent", "no job", "system")
    assert data.codebook.reasons["job"] == dict.fromkeys(reasons, 1)
    # a missing code of before is not given to an answer
    refused(lambda: survey().recode("job", {2: 9}, others="keep"), OptionError)
    book = dl.Codebook().described("q", values={1: dl.Text.same("one")}, missing={-1: "not asked"})
    done = dl.Microdata(pd.DataFrame({"q": [1.0, 2.0]}), book).recode("q", {1: None, 2: 1})
    assert done.codebook["q"].missing == {-1: "not asked", -2: "one"}
    assert done.missing["q"].codes == (-2,)
    data = survey().recode("job", {"refused": 5, 91: 6}, others="keep")
    assert answers(data, "job") == [1, 2, 3, 2, 5, 6, None]
    assert data.codebook["job"].values[5].en == "refused"
    assert data.codebook["job"].missing == {}
    assert "job" not in data.missing
    assert data.codebook.reasons["job"] == {"system": 1}


def test_bands_and_amounts(refused) -> None:
    book = dl.Codebook().described("income", values={
        1: dl.Text.same("0-5,000"), 2: dl.Text.same("5,000-10,000"), 3: dl.Text.same("more"),
        4: dl.Text.same("rather not say"),
    })  # fmt: skip
    data = dl.Microdata(pd.DataFrame({"income": [1, 2, 3, 4]}), book)
    amounts = data.recode(
        "income",
        amounts={1: (0, 5000), 2: (5000, 10_000), 3: 15_000, "rather not say": None},
        into="euros",
    )
    assert answers(amounts, "euros") == [2500, 7500, 15_000, None]
    assert amounts.codebook["euros"].measure == "scale"
    assert amounts.codebook["euros"].values == {}
    assert amounts.codebook.reasons["euros"] == {"rather not say": 1}
    assert amounts.describe("euros").frame.set_index("statistic")["value"]["mean"] == pytest.approx(
        25_000 / 3
    )
    for band in ((10_000, None), (10_000, inf), (10_000,), (5, 1)):
        refused(
            lambda band=band: data.recode("income", amounts={3: band}, others="drop"), OptionError
        )
    data = survey().recode("age", bands=[17, 18, 25, 50, inf], into="band")
    assert answers(data, "band") == [1, 2, 2, 3, 3, 4, None]
    assert data.codebook["band"].values == {
        1: dl.Text.same("17"), 2: dl.Text.same("18-24"), 3: dl.Text.same("25-49"),
        4: dl.Text("50 et plus", "50 and over"),
    }  # fmt: skip
    assert data.codebook["band"].measure == "ordinal"
    assert data.codebook.reasons["band"] == {"system": 1}
    halves = dl.Microdata(pd.DataFrame({"h": [0.5, 7.5, 8.0]}), dl.Codebook()).recode(
        "h", bands=[-inf, 7.5, 35]
    )
    assert answers(halves, "h") == [1, 2, 2]
    endless = dl.Microdata(pd.DataFrame({"q": [-inf, 1.0, inf]}), dl.Codebook())
    assert answers(endless.recode("q", bands=[-inf, 1, inf]), "q") == [1, 2, 2]
    assert halves.codebook["h"].values == {
        1: dl.Text("moins de 7,5", "under 7.5"), 2: dl.Text("7,5 à moins de 35", "7.5 to under 35"),
    }  # fmt: skip
    refused(lambda: survey().recode("age", bands=[18, 25, 50]), OptionError)
    data = survey().recode("age", bands=[18, 25, 50], others="drop")
    assert answers(data, "age") == [None, 1, 1, 2, 2, None, None]
    assert data.codebook.steps[0].words.en == "age: 18-24 → 1; 25-49 → 2; outside → no answer"


def test_rules_that_are_refused(refused: Any) -> None:
    for asked in (
        {"rules": {1: 1, 2: 2}}, {"rules": {1: 1, (1, 2): 2}}, {"rules": {"permanant": 1}},
        {"rules": {1: 1, 2: "two", 3: 3}}, {"rules": {1: (5, 6)}, "others": "keep"},
        {"rules": {1: np.nan}, "others": "keep"}, {"rules": {}}, {}, {"bands": [3, 1]},
        {"bands": [0, 9], "others": "keep"}, {"rules": {1: 1}, "others": "missing"},
    ):  # fmt: skip
        refused(lambda asked=asked: survey().recode("job", **asked), OptionError)
    refused(lambda: survey().recode("job", {1: 1}, into="age"), ColumnError)
    words = dl.Microdata(pd.DataFrame({"sex": ["f"]}), dl.Codebook())
    refused(lambda: words.recode("sex", bands=[1, 2]), ColumnError)


def test_a_real_file(shared: Path) -> None:
    drive = dl.read(shared / "data/loaders/pspp_gpl/nhtsa_2008_usermissing.sav")
    often = drive.recode("freqOfDriving", {("Every day", 2): 1, (3, 4, 5): 0}, into="often")
    assert often.frame["often"].value_counts().to_dict() == {1.0: 4667 + 1274, 0.0: 361 + 130 + 540}
    assert often.codebook.reasons["often"] == {"Don't know": 8, "Refused": 19}


class TestOrder:
    """New words stand as they were written, new numbers in their own order, and `order` says another."""

    def test_new_words_are_their_own_labels_in_the_order_of_the_rules(self) -> None:
        rules = {(2, "permanent"): "salaried", 4: "none of these", 3: "jobless"}
        data = survey().recode("job", rules, into="work")
        assert answers(data, "work") == [
            "salaried",
            "salaried",
            "jobless",
            "salaried",
            None,
            None,
            None,
        ]
        words = ["salaried", "none of these", "jobless"]
        assert data.codebook["work"].values == {word: dl.Text.same(word) for word in words}
        assert list(data.codebook["work"].values) == words
        estimated = (
            dl.estimate(dl.declare_design(data), dl.share("work")).frame["category"].tolist()
        )
        assert estimated == ["salaried", "jobless"]
        ages = survey().recode("age", {range(25): "young", range(25, 99): "mature"}, into="life")
        assert dl.estimate(dl.declare_design(ages), dl.mean("age"), by="life").frame[
            "life"
        ].tolist() == ["young", "mature"]

    def test_answers_that_are_kept_beside_a_word_are_words(self, refused) -> None:
        """A review: the heading of (33, 44, 55, 65) was all their labels, and `others="keep"` was refused."""
        values = {1: dl.Text("Rester", "Remain"), 33: dl.Text("Blanc", "Blank"), 2: dl.Text("Partir", "Leave"),
                  55: dl.Text("Abstention", "Would not vote")}  # fmt: skip
        frame = pd.DataFrame({"vote": [1, 33, 2, 55, 2], "code": [1, 33, 2, 7, 2]})
        data = dl.Microdata(
            frame, dl.Codebook().described("vote", values=values).described("code", values=values)
        )
        found = data.recode("vote", {(33, 55): "None"}, others="keep", into="choice")
        assert found.frame["choice"].tolist() == ["Remain", "None", "Leave", "None", "Leave"]
        assert {code: label.fr for code, label in found.codebook["choice"].values.items()} == {
            "Remain": "Rester", "None": "None", "Leave": "Partir",
        }  # fmt: skip
        refused(
            lambda: data.recode("code", {33: "None"}, others="keep", into="choice"), OptionError
        )
        named = data.recode("code", {33: "None", 7: "Other"}, others="keep", into="choice")
        assert named.frame["choice"].tolist() == ["Remain", "None", "Leave", "Other", "Leave"]

    def test_a_word_that_was_an_answer_keeps_its_label(self) -> None:
        book = dl.Codebook().described(
            "q", values={"y": dl.Text("oui", "yes"), "n": dl.Text("non", "no")}
        )
        data = dl.Microdata(pd.DataFrame({"q": ["n", "y"]}), book)
        assert data.recode("q", {"n": "n", "y": "agrees"}).codebook["q"].values == {
            "n": dl.Text("non", "no"), "agrees": dl.Text.same("agrees")
        }  # fmt: skip
        kept = data.recode("q", {"y": "agrees"}, others="keep")
        assert list(kept.codebook["q"].values) == ["agrees", "n"]

    def test_a_few_new_words_among_others_that_are_not_listed_do_not_come_first(self) -> None:
        data = dl.Microdata(pd.DataFrame({"q": ["a", "c", "b"]}), dl.Codebook())
        kept = data.recode("q", {"c": "z"}, others="keep")
        assert kept.codebook["q"].values == {}

    def test_new_numbers_are_in_their_own_order(self) -> None:
        data = survey().recode("job", {1: 3, 2: 1, (3, 4): 2})
        assert list(data.codebook["job"].values) == [1, 2, 3]
        assert list(survey().recode("job", {(1, 2): 1, (3, 4): 0}).codebook["job"].values) == [0, 1]

    def test_order_alone_and_with_rules(self) -> None:
        stated = survey().recode("job", order=["other", 3, "CDD", 1])
        assert list(stated.codebook["job"].values) == [4, 3, 2, 1]
        assert stated.codebook["job"].measure == "ordinal"
        assert stated.codebook["job"].missing == {9: "refused", 91: "not asked"}
        assert (
            stated.codebook.reasons
            == survey().recode("job", {1: 1}, others="keep").codebook.reasons
        )
        assert answers(stated, "job") == answers(survey(), "job")
        assert stated.codebook.steps[-1].words == dl.Text(
            "job\u00a0: ordre\u00a0: 4 < 3 < 2 < 1", "job: order: 4 < 3 < 2 < 1"
        )
        assert stated.codebook.steps[-1].rows == 0
        both = survey().recode(
            "job", {(1, 2): "yes", (3, 4): "no"}, into="works", order=["no", "yes"]
        )
        assert list(both.codebook["works"].values) == ["no", "yes"]
        assert both.codebook["works"].measure == "ordinal"
        bare = dl.Microdata(pd.DataFrame({"q": ["low", "high", None]}), dl.Codebook()).recode(
            "q", order=["low", "high"]
        )
        assert bare.codebook["q"].values == {
            "low": dl.Text.same("low"),
            "high": dl.Text.same("high"),
        }

    def test_orders_that_are_refused(self, refused) -> None:
        for asked in (
            {"order": ["CDI", 2, 3, "autr"]}, {"order": [1, 2, 4]}, {"order": [1, 2, 3, "permanent"]}, {"order": "CDI"},
            {"order": [1], "amounts": {1: 10}}, {"weights": "age", "rules": {1: 1}},
        ):  # fmt: skip
            refused(lambda asked=asked: survey().recode("job", **asked), OptionError)


class TestQuantiles:
    def test_groups_of_equal_size(self) -> None:
        """Ten numbers, two in each fifth. Where the lowest weighs 9 and the nine others 1 each, it is half of all."""
        frame = pd.DataFrame({"pay": [50.0, 10, 20, 30, 40, 60, 70, 80, 90, 100, np.nan]})
        frame["w"] = np.where(frame["pay"] == 10, 9.0, 1.0)
        data = dl.Microdata(frame, dl.Codebook())
        fifths = data.recode("pay", quantiles=5, into="fifth")
        assert answers(fifths, "fifth") == [3, 1, 1, 2, 2, 3, 4, 4, 5, 5, None]
        variable = fifths.codebook["fifth"]
        assert (variable.measure, list(variable.values)) == ("ordinal", [1, 2, 3, 4, 5])
        assert variable.values[1] == dl.Text("1 sur 5 (le plus bas)", "1 of 5 (lowest)")
        assert fifths.codebook.reasons["fifth"] == {"system": 1}
        assert fifths.codebook.steps[-1].words.en == "fifth: pay 5 groups of equal size"
        halves = data.recode("pay", quantiles=2, weights="w", into="half")
        assert answers(halves, "half") == [2, 1, 2, 2, 2, 2, 2, 2, 2, 2, None]
        assert halves.codebook.steps[-1].words.fr.endswith(
            "2 groupes d’effectif égal, pondérés par w"
        )

    def test_equal_numbers_share_a_group(self) -> None:
        """As R's `cut(x, quantile(x, type = 1), include.lowest = TRUE)`: a group ends at its quantile."""
        data = dl.Microdata(pd.DataFrame({"x": [1.0, 1, 1, 2, 3, 4]}), dl.Codebook())
        assert answers(data.recode("x", quantiles=2), "x") == [1, 1, 1, 2, 2, 2]
        assert answers(data.recode("x", quantiles=3), "x") == [1, 1, 1, 2, 3, 3]

    def test_quantiles_that_are_refused(self, refused) -> None:
        data = dl.Microdata(
            pd.DataFrame({"x": [0.0, 0, 0, 2], "w": [1.0, np.nan, 1, 1], "no": 0.0}), dl.Codebook()
        )
        for asked in (
            {"quantiles": 1}, {"quantiles": "quintiles"}, {"quantiles": 4}, {"quantiles": 2, "weights": "w"},
            {"quantiles": 2, "weights": "no"}, {"quantiles": 2, "bands": [0, 1]},
        ):  # fmt: skip
            refused(lambda asked=asked: data.recode("x", **asked), OptionError)
        refused(lambda: data.recode("x", quantiles=2, weights="wt"), ColumnError)
