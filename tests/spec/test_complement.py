"""Shares of full-time workers beside platform work: each on its base, in every engine, with bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = """
psu sex w main_job      main_job_time main_job_contract
1   f   1 full_time     full          permanent
1   m   1 part_time     part          permanent
2   f   1 full_time     full          fixed_term
2   m   1 self_employed full          self_employed
3   f   2 self_employed .             self_employed
3   m   2 retired       none          .
4   f   1 .             .             permanent
4   m   1 .             .             .
"""


def sample_of(engine: Any) -> Any:
    return dl.declare_design(engine.draw(DRAWN), weights="w", psu="psu")


def test_every_base_side_by_side(engine: Any) -> None:
    """Of 10: 3 known full time, 4 unknown; of the 6 known, of the 4 employed (2 of weight unknown), 3, 2."""
    found = dl.work.full_time_complement(sample_of(engine))
    rows = found.frame.set_index("category")
    assert rows["estimate"].to_dict() == pytest.approx(
        {"at_least": 0.3, "at_most": 0.7, "known": 0.5, "employed": 0.75, "employees": 2 / 3, "permanent": 0.5}
    )
    assert rows["n"].to_dict() == {
        "at_least": 8, "at_most": 8, "known": 5, "employed": 4, "employees": 3, "permanent": 2,
    }  # fmt: skip
    assert rows["numerator"].to_dict() == {
        "at_least": 3, "at_most": 6, "known": 3, "employed": 3, "employees": 2, "permanent": 1,
    }  # fmt: skip
    assert found.provenance.missing == {"main_job": 3}


def test_a_row_alone_says_its_base(engine: Any) -> None:
    found = dl.work.full_time_complement(sample_of(engine))
    assert found.provenance.base.en == "each row has a base of its own"
    alone = found.rows(found.frame["category"] == "permanent")
    assert alone.provenance.base == dl.Text(
        "répondants en CDI ou fonctionnaires, dont le temps de travail est connu",
        "respondents on a permanent contract (civil servants included) whose working time is known",
    )
    assert found.rows([0, 1]).provenance.base.en == "each row has a base of its own"


def test_standard_errors_are_those_of_the_domain(engine: Any) -> None:
    """The second route: a share asked on the sample narrowed to the base."""
    sample = sample_of(engine)
    rows = dl.work.full_time_complement(sample).frame.set_index("category")["std_error"]
    whole = dl.share("main_job_time == 'full'")
    narrowed = {
        "known": sample,
        "employed": sample.where("main_job in ('full_time', 'part_time', 'self_employed')"),
        "employees": sample.where("main_job in ('full_time', 'part_time')"),
    }
    for base, each in narrowed.items():
        assert rows[base] == pytest.approx(dl.estimate(each, whole).frame["std_error"].item(), rel=1e-12)


def test_by_domain_with_covariance(engine: Any) -> None:
    found = dl.work.full_time_complement(sample_of(engine), by="sex")
    rows = found.frame.set_index(["category", "sex"])["estimate"]
    assert rows["at_least", "f"] == pytest.approx(2 / 5)
    assert rows["at_most", "f"] == pytest.approx(1)
    assert rows["employees", "m"] == 0
    assert found.covariance.shape == (12, 12)
    known = found.frame["n"] > 1
    assert np.isfinite(found.covariance[np.ix_(known, known)]).all()


def test_nobody_unknown_gives_no_bounds() -> None:
    people = pd.DataFrame({"job": ["CDI temps plein", "CDI mi-temps", "retraité", "étudiant"]})
    data = dl.work.main_job(dl.Microdata(people, dl.Codebook()), status="job")
    found = dl.work.full_time_complement(dl.declare_design(data))
    assert found.frame["category"].tolist() == ["everyone", "employed", "employees", "permanent"]
    assert found.provenance.missing == {}


def test_covariance_is_that_of_replicates() -> None:
    """The delete-one jackknife of a difference between two bases agrees with its linearised variance to 2 %."""
    draw = np.random.default_rng(7)
    said = draw.choice(
        ["CDI temps plein", "CDI temps partiel", "CDD temps plein", "auto-entrepreneur", "retraité"], 400
    )
    data = dl.work.main_job(dl.Microdata(pd.DataFrame({"q": said}), dl.Codebook()), status="q")
    plain = dl.declare_design(data)
    linear, jackknife = (dl.work.full_time_complement(each) for each in (plain, dl.make_replicates(plain, "jk1")))
    mix = np.array([0.0, 1.0, 0.0, 0.0, 0.0, -1.0])
    assert mix @ linear.covariance @ mix == pytest.approx(mix @ jackknife.covariance @ mix, rel=0.02)


def test_of_the_self_employed_a_class_alone_says_no_hours() -> None:
    classes = pd.DataFrame({"main_job": ["full_time", "part_time", "self_employed", "retired"]})
    found = dl.work.full_time_complement(dl.declare_design(classes)).frame.set_index("category")["estimate"]
    assert found[["at_least", "at_most", "known"]].tolist() == pytest.approx([0.25, 0.5, 1 / 3])


def test_another_condition() -> None:
    data = pd.DataFrame({"main_job": ["full_time", "part_time", None], "pay": [1000.0, None, 3000.0]})
    found = dl.work.full_time_complement(dl.declare_design(data), works_beside="pay > 2000")
    assert found.frame["variable"].unique().tolist() == ["pay > 2000"]
    assert found.rows(found.frame["category"] == "known").provenance.base.en == "respondents whose answer is known"
    assert found.frame.set_index("category")["estimate"][["at_least", "at_most", "known"]].tolist() == pytest.approx(
        [1 / 3, 2 / 3, 1 / 2]
    )


def test_bad_input(refused: Any) -> None:
    sample = dl.declare_design(pd.DataFrame({"main_job": ["CDI", "CDD"]}))
    refused(lambda: dl.work.full_time_complement(sample), ColumnError)
    refused(lambda: dl.work.full_time_complement(sample, "job"), ColumnError)
    refused(lambda: dl.work.full_time_complement(pd.DataFrame({"main_job": ["full_time"]})), OptionError)  # type: ignore[arg-type]


@pytest.mark.shared
def test_open_file_of_crowd_workers(shared: Path) -> None:
    """5,610 of 21,892 at least; of the 10,106 whose status tells a job, 55.5 %; "Other" is not decided."""
    data = dl.read(shared / "data" / "open" / "berke-2024" / "data" / "prescreen-survey" / "cleaned.csv")
    sample = dl.declare_design(dl.work.main_job(data, status="Employment status"), kind="opt-in")
    rows = dl.work.full_time_complement(sample).frame.set_index("category")
    assert rows["estimate"].to_dict() == pytest.approx(
        {
            "at_least": 5610 / 21892, "at_most": (5610 + 11786) / 21892, "known": 5610 / 10106,
            "employed": 5610 / 7543, "employees": 5610 / 7543,
        }
    )  # fmt: skip


def test_published_shares_on_a_wider_base() -> None:
    """71 % of the 40 % on a CDI (Le Monde, quoting the DiPLab report): 28.4 % of all, at most 60.5 % full time."""
    found = dl.work.change_base(0.71, 0.40, never=0.279)
    assert found.frame["estimate"].tolist()[:2] == pytest.approx([0.71, 0.284])
    wide = found.frame.iloc[2]
    assert (wide["ci_low"], wide["ci_high"], wide["flag"]) == (pytest.approx(0.284), pytest.approx(0.605), "bounds")
    assert found.provenance.status == "derived"
    assert dl.work.change_base(1, 1).frame["ci_high"].iloc[2] == 1
    assert dl.work.change_base(0, 0).frame[["ci_low", "ci_high"]].iloc[2].tolist() == [0, 1]


@pytest.mark.parametrize("given", [(71, 0.4), (0.71, -0.4), (float("nan"), 0.4), ("0.71", 0.4), (True, 0.4)])
def test_what_is_no_share_is_refused(given: tuple[Any, Any], refused: Any) -> None:
    refused(lambda: dl.work.change_base(*given), OptionError)


def test_parts_above_the_whole_are_refused(refused: Any) -> None:
    refused(lambda: dl.work.change_base(0.5, 0.8, never=0.3), OptionError)
