"""Answers that put several situations together, and complements of samples in which a kind of job is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.types import Sample


def read(answers: list[str]) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame({"q": answers}), dl.Codebook())


def job(answer: str, source: str = "status") -> tuple[str, str, str]:
    found = dl.work.main_job(read([answer]), unread="drop", **{source: "q"})  # type: ignore[arg-type]
    why = "".join(found.codebook.reasons.get("main_job", {}))
    said = found.frame[["main_job", "main_job_time", "main_job_contract"]].fillna("-").iloc[0].tolist()
    return said[0] if said[0] != "-" else why, said[1], said[2]


SEVERAL = "answer that puts several situations together"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Autre contrat, indépendant, chômage", (SEVERAL, "-", "-")),
        ("Indépendant ou sans emploi", (SEVERAL, "-", "-")),
        ("Unemployed or retired", (SEVERAL, "-", "-")),
        ("Étudiant / en recherche d’emploi", (SEVERAL, "-", "-")),
        ("Salarié ou indépendant", (SEVERAL, "-", "-")),
        # who agrees on the situation and not on the rest leaves the rest undecided
        ("CDI, CDD ou intérim", ("at work, working time not told", "-", "-")),
        ("In work (full-time or part-time)", ("at work, working time not told", "-", "-")),
        ("Salarié (hors intérim), temps plein", ("full_time", "full", "-")),
        # what is in brackets is a detail of what stands before it
        ("Inactif (étudiant, retraité, au foyer)", ("inactive", "none", "-")),
        ("Sans emploi (chômage, retraité)", ("without a job, not said whether seeking one", "none", "-")),
        ("Autres (retraité, chômeur...)", ("another situation, not said which", "-", "-")),
        ("Not in paid work (e.g. homemaker', 'retired or disabled)", ("inactive", "none", "-")),
        # one says less than the other, or all say the same
        ("Sans emploi, en recherche d’emploi", ("unemployed", "none", "-")),
        ("Sans emploi et n’en recherchant pas", ("inactive", "none", "-")),
        ("Not employed, not looking for work", ("inactive", "none", "-")),
        ("Élève ou étudiant(e)", ("student", "none", "-")),
        ("Chômeur/se", ("unemployed", "none", "-")),
        ("CDI ou fonctionnaire, à temps plein", ("full_time", "full", "permanent")),
        ("Student, full time", ("student", "none", "-")),
        ("Ni en emploi ni au chômage", ("inactive", "none", "-")),
    ],
)  # fmt: skip
def test_several_situations_in_one_answer(answer: str, expected: tuple[str, str, str]) -> None:
    assert job(answer) == expected


def test_a_closed_question_is_refused_with_its_answers(refused: Any) -> None:
    data = read(["CDI", "Autre contrat, indépendant, chômage"])
    refused(lambda: dl.work.main_job(data, contract="q"), OptionError)
    rules = dl.work.job_rules().with_answers("out_of_work", "Autre contrat, indépendant, chômage")
    found = dl.work.main_job(data, contract="q", rules=rules)
    assert dict(found.codebook.reasons["main_job"]) == {
        "at work, working time not told": 1,
        "without a job, not said whether seeking one": 1,
    }
    assert found.frame["main_job_contract"].fillna("-").tolist() == ["permanent", "-"]


def test_a_more_precise_source_settles_it() -> None:
    frame = pd.DataFrame({"q": ["Autre contrat, indépendant, chômage"], "contract": ["CDI"], "hours": [39]})
    data = dl.Microdata(frame, dl.Codebook())
    found = dl.work.main_job(data, status="q", contract="contract", hours="hours", unread="drop")
    assert found.frame["main_job"].tolist() == ["full_time"]
    label = dl.Text("Autre contrat, indépendant, chômage", "Other contract, self-employed, unemployed")
    book = dl.Codebook().described("q", values={3: label})
    found = dl.work.main_job(dl.Microdata(pd.DataFrame({"q": [3]}), book), status="q", unread="drop")
    assert found.frame["main_job"].isna().all()
    assert "puts several situations together" in repr(found.describe("main_job"))
    assert job("retraité, auto-entrepreneur", "words")[0] == "retired"
    assert job("retraité ou auto-entrepreneur", "words")[0] == SEVERAL


def test_nobody_of_a_kind_is_no_error(shared: Path) -> None:
    """In `hdv2003` nobody's working time was asked: the share lies between nobody and all who work, 1,049 of 2,000."""
    data = dl.read(shared / "data" / "french_gpl" / "hdv2003_questionr.csv")
    found = dl.work.full_time_complement(dl.declare_design(dl.work.main_job(data, status="occup"), weights="poids"))
    assert found.frame[["category", "numerator", "n"]].values.tolist() == [
        ["at_least", 0, 2000], ["at_most", 1049, 2000], ["known", 0, 951],
    ]  # fmt: skip
    # Counts of the file itself: 404 at full time, 84 at part time, 12 occupied of unknown time.
    data = dl.read(shared / "data" / "french_gpl" / "enquete_emploi_descstat.csv")
    found = dl.work.main_job(data, status=["activity", "time"])
    assert found.frame["main_job"].value_counts().to_dict() == {
        "inactive": 451, "full_time": 404, "part_time": 84, "unemployed": 49,
    }  # fmt: skip
    assert dict(found.codebook.reasons["main_job"]) == {"at work, working time not told": 12}


def test_only_retired_people(engine) -> None:  # type: ignore[no-untyped-def]
    made = dl.work.main_job(read(["retraité", "au foyer"]), status="q")
    found = dl.work.full_time_complement(dl.declare_design(engine(made.frame.drop(columns="q"))))
    assert found.frame[["category", "estimate", "n"]].values.tolist() == [["everyone", 0.0, 2]]


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


def test_imputations_are_combined() -> None:
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


def test_imputations_without_a_kind_of_job_are_refused(refused: Any) -> None:
    first, *_ = imputations()
    frame = pd.DataFrame({"job": ["retraité"] * 100, "hours": [None] * 100})
    other = dl.work.main_job(dl.Microdata(frame, dl.Codebook()), status="job")
    refused(lambda: dl.work.full_time_complement(dl.imputed([first, dl.declare_design(other)])), OptionError)
