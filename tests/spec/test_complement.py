"""Shares of full-time workers beside platform work, on each base and with bounds; answers of several situations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.types import Sample


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
        {
            "at_least": 0.3,
            "at_most": 0.7,
            "known": 0.5,
            "employed": 0.75,
            "employees": 2 / 3,
            "permanent": 0.5,
        }
    )
    assert rows.index.tolist() == [
        "at_least",
        "at_most",
        "known",
        "employed",
        "employees",
        "permanent",
    ]
    assert (rows["n"].tolist(), rows["numerator"].tolist()) == (
        [8, 8, 5, 4, 3, 2],
        [3, 6, 3, 3, 2, 1],
    )
    assert found.provenance.missing == {"main_job": 3}
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
        assert rows[base] == pytest.approx(
            dl.estimate(each, whole).frame["std_error"].item(), rel=1e-12
        )
    found = dl.work.full_time_complement(sample_of(engine), by="sex")
    rows = found.frame.set_index(["category", "sex"])["estimate"]
    assert rows["at_least", "f"] == pytest.approx(2 / 5)
    assert rows["at_most", "f"] == pytest.approx(1)
    assert rows["employees", "m"] == 0
    assert found.covariance.shape == (12, 12)
    known = found.frame["n"] > 1
    assert np.isfinite(found.covariance[np.ix_(known, known)]).all()


def test_bounds_where_working_time_is_unknown() -> None:
    people = pd.DataFrame({"job": ["CDI temps plein", "CDI mi-temps", "retraité", "étudiant"]})
    data = dl.work.main_job(dl.Microdata(people, dl.Codebook()), status="job")
    found = dl.work.full_time_complement(dl.declare_design(data))
    assert found.frame["category"].tolist() == ["everyone", "employed", "employees", "permanent"]
    assert found.provenance.missing == {}
    retired = dl.work.main_job(read(["retraité", "au foyer"]), status="q")
    found = dl.work.full_time_complement(dl.declare_design(retired))
    assert found.frame[["category", "estimate", "n"]].values.tolist() == [["everyone", 0.0, 2]]
    classes = pd.DataFrame({"main_job": ["full_time", "part_time", "self_employed", "retired"]})
    found = dl.work.full_time_complement(dl.declare_design(classes)).frame.set_index("category")[
        "estimate"
    ]
    assert found[["at_least", "at_most", "known"]].tolist() == pytest.approx([0.25, 0.5, 1 / 3])
    data = pd.DataFrame(
        {"main_job": ["full_time", "part_time", None], "pay": [1000.0, None, 3000.0]}
    )
    found = dl.work.full_time_complement(dl.declare_design(data), works_beside="pay > 2000")
    assert found.frame["variable"].unique().tolist() == ["pay > 2000"]
    assert (
        found.rows(found.frame["category"] == "known").provenance.base.en
        == "respondents whose answer is known"
    )
    assert found.frame.set_index("category")["estimate"][
        ["at_least", "at_most", "known"]
    ].tolist() == pytest.approx([1 / 3, 2 / 3, 1 / 2])


def test_covariance_is_that_of_replicates() -> None:
    """The delete-one jackknife of a difference between two bases agrees with its linearised variance to 2 %."""
    draw = np.random.default_rng(7)
    said = draw.choice(
        [
            "CDI temps plein",
            "CDI temps partiel",
            "CDD temps plein",
            "auto-entrepreneur",
            "retraité",
        ],
        400,
    )
    data = dl.work.main_job(dl.Microdata(pd.DataFrame({"q": said}), dl.Codebook()), status="q")
    plain = dl.declare_design(data)
    linear, jackknife = (
        dl.work.full_time_complement(each) for each in (plain, dl.make_replicates(plain, "jk1"))
    )
    mix = np.array([0.0, 1.0, 0.0, 0.0, 0.0, -1.0])
    assert mix @ linear.covariance @ mix == pytest.approx(
        mix @ jackknife.covariance @ mix, rel=0.02
    )


def test_refusals(refused: Any) -> None:
    sample = dl.declare_design(pd.DataFrame({"main_job": ["CDI", "CDD"]}))
    refused(lambda: dl.work.full_time_complement(sample), ColumnError)
    refused(lambda: dl.work.full_time_complement(sample, "job"), ColumnError)
    refused(
        lambda: dl.work.full_time_complement(pd.DataFrame({"main_job": ["full_time"]})), OptionError
    )  # type: ignore[arg-type]
    shares: Any = [(71, 0.4), (0.71, -0.4), (float("nan"), 0.4), ("0.71", 0.4), (True, 0.4)]
    for given in shares:
        refused(lambda given=given: dl.work.change_base(*given), OptionError)
    refused(lambda: dl.work.change_base(0.5, 0.8, never=0.3), OptionError)


@pytest.mark.shared
def test_open_file_of_crowd_workers(shared: Path) -> None:
    """5,610 of 21,892 at least; of the 10,106 whose status tells a job, 55.5 %; "Other" is not decided."""
    data = dl.read(
        shared / "data" / "open" / "berke-2024" / "data" / "prescreen-survey" / "cleaned.csv"
    )
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
    assert (wide["ci_low"], wide["ci_high"], wide["flag"]) == (
        pytest.approx(0.284),
        pytest.approx(0.605),
        "bounds",
    )
    assert (found.provenance.status, dl.work.change_base(1, 1).frame["ci_high"].iloc[2]) == (
        "derived",
        1,
    )
    assert dl.work.change_base(0, 0).frame[["ci_low", "ci_high"]].iloc[2].tolist() == [0, 1]


def read(answers: list[str]) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame({"q": answers}), dl.Codebook())


def job(answer: str, source: str = "status") -> tuple[str, str, str]:
    found = dl.work.main_job(read([answer]), unread="drop", **{source: "q"})  # type: ignore[arg-type]
    why = "".join(found.codebook.reasons.get("main_job", {}))
    said = (
        found.frame[["main_job", "main_job_time", "main_job_contract"]].fillna("-").iloc[0].tolist()
    )
    return said[0] if said[0] != "-" else why, said[1], said[2]


SEVERAL = "answer that puts several situations together"


SITUATIONS = {
    "Autre contrat, indépendant, chômage": (SEVERAL, "-", "-"), "Indépendant ou sans emploi": (SEVERAL, "-", "-"),
    "Unemployed or retired": (SEVERAL, "-", "-"), "Étudiant / en recherche d’emploi": (SEVERAL, "-", "-"),
    "Salarié ou indépendant": (SEVERAL, "-", "-"),
    # who agrees on the situation and not on the rest leaves the rest undecided
    "CDI, CDD ou intérim": ("at work, working time not stated", "-", "-"),
    "In work (full-time or part-time)": ("at work, working time not stated", "-", "-"),
    "Salarié (hors intérim), temps plein": ("full_time", "full", "-"),
    # what is in brackets is a detail of what stands before it
    "Inactif (étudiant, retraité, au foyer)": ("inactive", "none", "-"),
    "Sans emploi (chômage, retraité)": ("without a job, not stated whether seeking one", "none", "-"),
    "Autres (retraité, chômeur...)": ("another situation, not specified", "-", "-"),
    "Not in paid work (e.g. homemaker', 'retired or disabled)": ("inactive", "none", "-"),
    # one says less than the other, or all say the same
    "Sans emploi, en recherche d’emploi": ("unemployed", "none", "-"),
    "Sans emploi et n’en recherchant pas": ("inactive", "none", "-"),
    "Not employed, not looking for work": ("inactive", "none", "-"),
    "Élève ou étudiant(e)": ("student", "none", "-"), "Chômeur/se": ("unemployed", "none", "-"),
    "CDI ou fonctionnaire, à temps plein": ("full_time", "full", "permanent"),
    "Student, full time": ("student", "none", "-"), "Ni en emploi ni au chômage": ("inactive", "none", "-"),
}  # fmt: skip


def test_several_situations_in_one_answer() -> None:
    assert {answer: job(answer) for answer in SITUATIONS} == SITUATIONS


def test_what_settles_an_answer_of_several_situations(refused: Any) -> None:
    data = read(["CDI", "Autre contrat, indépendant, chômage"])
    refused(lambda: dl.work.main_job(data, contract="q"), OptionError)
    rules = dl.work.job_rules().with_answers("out_of_work", "Autre contrat, indépendant, chômage")
    found = dl.work.main_job(data, contract="q", rules=rules)
    assert dict(found.codebook.reasons["main_job"]) == {
        "at work, working time not stated": 1,
        "without a job, not stated whether seeking one": 1,
    }
    assert found.frame["main_job_contract"].fillna("-").tolist() == ["permanent", "-"]
    frame = pd.DataFrame(
        {"q": ["Autre contrat, indépendant, chômage"], "contract": ["CDI"], "hours": [39]}
    )
    data = dl.Microdata(frame, dl.Codebook())
    found = dl.work.main_job(data, status="q", contract="contract", hours="hours", unread="drop")
    assert found.frame["main_job"].tolist() == ["full_time"]
    label = dl.Text(
        "Autre contrat, indépendant, chômage", "Other contract, self-employed, unemployed"
    )
    book = dl.Codebook().described("q", values={3: label})
    found = dl.work.main_job(
        dl.Microdata(pd.DataFrame({"q": [3]}), book), status="q", unread="drop"
    )
    assert found.frame["main_job"].isna().all()
    assert "puts several situations together" in repr(found.describe("main_job"))
    assert job("retraité, auto-entrepreneur", "words")[0] == "retired"
    assert job("retraité ou auto-entrepreneur", "words")[0] == SEVERAL


def test_nobody_of_a_kind_is_no_error(shared: Path) -> None:
    """In `hdv2003` nobody's working time was asked: the share lies between nobody and all who work, 1,049 of 2,000."""
    data = dl.read(shared / "data" / "french_gpl" / "hdv2003_questionr.csv")
    found = dl.work.full_time_complement(
        dl.declare_design(dl.work.main_job(data, status="occup"), weights="poids")
    )
    assert found.frame[["category", "numerator", "n"]].values.tolist() == [
        ["at_least", 0, 2000], ["at_most", 1049, 2000], ["known", 0, 951],
    ]  # fmt: skip
    # Counts of the file itself: 404 at full time, 84 at part time, 12 occupied of unknown time.
    data = dl.read(shared / "data" / "french_gpl" / "enquete_emploi_descstat.csv")
    found = dl.work.main_job(data, status=["activity", "time"])
    assert found.frame["main_job"].value_counts().to_dict() == {
        "inactive": 451, "full_time": 404, "part_time": 84, "unemployed": 49,
    }  # fmt: skip
    assert dict(found.codebook.reasons["main_job"]) == {"at work, working time not stated": 12}


def imputations() -> list[Sample]:
    """Hours imputed for 40 of 100 people: 10, 20 and 30 of them full time."""
    made = []
    for full in (10, 20, 30):
        frame = pd.DataFrame({
            "job": ["CDI"] * 60 + ["CDD"] * 20 + ["retraité"] * 20,
            "hours": [39.0] * (40 + full) + [20.0] * (40 - full) + [None] * 20,
        })  # fmt: skip
        data = dl.work.main_job(dl.Microdata(frame, dl.Codebook()), status="job", hours="hours")
        made.append(dl.declare_design(data))
    return made


def test_imputations_are_combined(refused: Any) -> None:
    """Each row is the share that `estimate` combines: points are means of 50, 60 and 70 of 100 by hand."""
    together = dl.imputed(imputations())
    found = dl.work.full_time_complement(together).frame.set_index("category")
    assert found["estimate"].round(10).to_dict() == {
        "everyone": 0.6, "employed": 0.75, "employees": 0.75, "permanent": round((50 / 60 + 1 + 1) / 3, 10),
    }  # fmt: skip
    alone = dl.estimate(together, dl.share("main_job_time == 'full'")).frame.iloc[0]
    for column in ("estimate", "std_error", "ci_low", "ci_high", "df", "n", "fmi"):
        assert found.loc["everyone", column] == pytest.approx(alone[column], rel=1e-12), column
    assert found["numerator"].tolist() == [50, 50, 50, 50]
    first, *_ = imputations()
    frame = pd.DataFrame({"job": ["retraité"] * 100, "hours": [None] * 100})
    other = dl.work.main_job(dl.Microdata(frame, dl.Codebook()), status="job")
    refused(
        lambda: dl.work.full_time_complement(dl.imputed([first, dl.declare_design(other)])),
        OptionError,
    )
