"""The main job, read by declared rules: answers in two languages, contradictions, what is undecided and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.types import JobRule

if TYPE_CHECKING:
    from pathlib import Path


def read(**columns: list[Any]) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame(columns), dl.Codebook())


def jobs(found: dl.Microdata, part: str = "") -> list[str]:
    return found.frame[f"main_job{part}"].fillna("-").tolist()


OWN_WORDS = {
    "mère au foyer": ("inactive", "none"), "étudiante": ("student", "none"), "Étudiant·e": ("student", "none"),
    "retraité": ("retired", "none"), "auto-entrepreneur": ("self_employed", "-"),
    "en recherche d’emploi": ("unemployed", "none"), "en recherche d'emploi": ("unemployed", "none"),
    "salariée à mi-temps": ("part_time", "part"), "SALARIÉ À TEMPS COMPLET": ("full_time", "full"),
    "homemaker": ("inactive", "none"), "self employed": ("self_employed", "-"),
    "between jobs": ("unemployed", "none"), "Full-time student": ("student", "none"),
    "Stay-at-home mum": ("inactive", "none"), "fonctionnaire à la retraite": ("retired", "none"),
    "I work full time as a nurse": ("full_time", "full"),
}  # fmt: skip


def test_own_words() -> None:
    found = dl.work.main_job(read(words=list(OWN_WORDS)), words="words")
    assert (
        dict(zip(OWN_WORDS, zip(jobs(found), jobs(found, "_time"), strict=True), strict=True))
        == OWN_WORDS
    )
    # words that deny or say nothing are not read
    former = [
        "je ne suis plus salarié",
        "bientôt à la retraite",
        "no longer a student",
        "ancien fonctionnaire",
    ]
    found = dl.work.main_job(read(words=[*former, "rien à dire"]), words="words")
    assert jobs(found) == ["-"] * 5
    assert dict(found.codebook.reasons["main_job"]) == {"answer that no rule reads": 5}


def test_contracts() -> None:
    answers = [
        "CDI",
        "CDD",
        "Intérim",
        "Indépendant",
        "Fonctionnaire",
        "Contrat d’apprentissage",
        "Temporary agency",
    ]
    data = read(contract=[*answers, None], hours=[35, 20, 40, None, 39, 35, 10, 12])
    found = dl.work.main_job(data, contract="contract", hours="hours")
    contracts = "permanent fixed_term agency self_employed permanent fixed_term agency -"
    assert jobs(found, "_contract") == contracts.split()
    classes = "full_time part_time full_time self_employed full_time full_time part_time part_time"
    assert jobs(found) == classes.split()
    assert jobs(found, "_rule")[:2] == ["hours_full", "hours_part"]


def test_what_contradicts_and_what_does_not() -> None:
    """Full time and 10 hours; part time and 35; at work and 0; unemployed on a CDI; retired full time; both kinds."""
    data = read(
        status=["temps plein", "temps partiel", "en emploi", "chômeur", "retraité", "salarié"],
        contract=[None, None, None, "CDI", None, "indépendant"],
        hours=[10, 35, 0, None, 40, None],
    )
    asked = {"status": "status", "contract": "contract", "hours": "hours"}
    found = dl.work.main_job(data, **asked)
    assert jobs(found) == ["-"] * 6
    assert dict(found.codebook.reasons["main_job"]) == {"contradictory": 6}
    ordered = dl.work.main_job(data, **asked, rules=dl.work.job_rules(contradictions="order"))
    assert jobs(ordered) == ["full_time", "part_time", "-", "unemployed", "retired", "-"]
    # between 30 and 35 hours what was said stands; a student or a pensioner may work a few hours
    data = read(
        status=["temps plein", "étudiant", "retraité", "temps partiel"], hours=[32, 12, 5, 34.9]
    )
    found = dl.work.main_job(data, status="status", hours="hours")
    assert jobs(found) == ["full_time", "student", "retired", "part_time"]
    assert jobs(found, "_time") == ["full", "part", "part", "part"]
    data = read(hours=[29.0, 30.0, 34.0])
    assert jobs(dl.work.main_job(data, hours="hours")) == ["part_time"] * 3
    for option in ({"full_time_from": 30}, {"rules": dl.work.job_rules(full_time_from=30)}):
        assert jobs(dl.work.main_job(data, hours="hours", **option)) == [
            "part_time",
            "full_time",
            "full_time",
        ]
    labels = {
        1: dl.Text("En emploi à temps plein", "Full-time job"),
        2: dl.Text("Au chômage", "Out of a job"),
    }
    data = dl.Microdata(pd.DataFrame({"q": [1, 2, 2]}), dl.Codebook().described("q", values=labels))
    assert jobs(dl.work.main_job(data, status="q")) == ["full_time", "unemployed", "unemployed"]
    own = JobRule(
        "gig",
        ("words",),
        dl.Text("livreur", "rider"),
        ("livreur*",),
        "self_employed",
        "",
        "self_employed",
    )
    found = dl.work.main_job(
        read(words=["livreur salarié"]), words="words", rules=dl.work.job_rules().with_rule(own)
    )
    assert (jobs(found), jobs(found, "_rule")) == (["self_employed"], ["gig"])


def test_unread_and_vague_answers(refused) -> None:
    data = read(
        status=["Other", "sans emploi", "en emploi"],
        words=["mère au foyer", "je suis étudiante", "freelance"],
    )
    assert jobs(dl.work.main_job(data, status="status", words="words")) == [
        "inactive",
        "student",
        "self_employed",
    ]
    alone = dl.work.main_job(data, status="status")
    assert jobs(alone) == ["-"] * 3
    assert dict(alone.codebook.reasons["main_job"]) == {
        "another situation, not specified": 1,
        "without a job, not stated whether seeking one": 1,
        "at work, working time not stated": 1,
    }
    assert jobs(alone, "_time") == ["-", "none", "-"]
    data = read(status=["CDI temps plein", "zorglub", "zorglub", "bulgroz"])
    refused(lambda: dl.work.main_job(data, status="status"), OptionError)
    assert jobs(dl.work.main_job(data, status="status", unread="drop")) == [
        "full_time",
        "-",
        "-",
        "-",
    ]
    rules = (
        dl.work.job_rules().with_answers("unemployed", "Zorglub").with_answers("retired", "bulgroz")
    )
    classes = ["full_time", "unemployed", "unemployed", "retired"]
    assert jobs(dl.work.main_job(data, status="status", rules=rules)) == classes


def test_rows_are_counted_by_rule_and_the_step_tells_no_count() -> None:
    data = read(
        status=["Full-Time", "Full-Time", "Retired", None, "temps plein"],
        hours=[None, None, None, None, 5],
    )
    found = dl.work.main_job(data, status="status", hours="hours")
    assert found.frame["main_job_rule"].value_counts().to_dict() == {"full_time": 2, "retired": 1}
    assert dict(found.codebook.reasons["main_job_rule"]) == {"contradictory": 1, "not stated": 1}
    assert found.codebook["main_job_rule"].values["full_time"] == dl.Text(
        "à temps plein", "full time"
    )
    step = found.codebook.steps[-1]
    assert step.words.en == (
        "main job, by 22 rules on status, hours; full time from 35 hours. In order: status, own "
        "words, contract, hours "
        "a week; answers that contradict stay undecided."
    )
    assert (
        "par 22 règles sur status, hours\u202f; temps plein à partir de 35 heures." in step.words.fr
    )


def test_reasons_of_missing_answers() -> None:
    from diplab.microdata.missing import MissingCodes

    book = dl.Codebook().described(
        "q", missing={99: "refused"}, values={1: dl.Text("CDI", "permanent full time")}
    )
    data = dl.Microdata(
        pd.DataFrame({"q": [1.0, np.nan, np.nan]}),
        book,
        {"q": MissingCodes((99,), np.array([-1, 0, -1]))},
    )
    found = dl.work.main_job(data, status="q")
    assert dict(found.codebook.reasons["main_job"]) == {"refused": 1, "not stated": 1}
    assert jobs(dl.work.main_job(read(status=[]), status="status")) == []
    assert jobs(dl.work.main_job(read(status=[None, None]), status="status")) == ["-", "-"]
    found = dl.work.main_job(pd.DataFrame({"q": ["CDI à temps plein", "chômage"]}), status="q")
    assert found.frame["main_job"].tolist() == ["full_time", "unemployed"]


def test_bad_input(refused: Any) -> None:
    data = read(status=["CDI", "CDI", "CDI"], hours=[-1.0, 200.0, 35.0])
    for asked in (
        {},
        {"hours": "hours"},
        {"status": "status", "rules": {}},
        {"status": "status", "unread": "silent"},
    ):
        refused(lambda asked=asked: dl.work.main_job(data, **asked), OptionError)
    for asked in (
        {"status": "statut"},
        {"hours": "status"},
        {"status": "status", "into": "status"},
    ):
        refused(lambda asked=asked: dl.work.main_job(data, **asked), ColumnError)
    with pytest.raises(
        OptionError, match=r"`data` is a dict\. Pass what `dl\.read` returns, or a pandas frame\."
    ):
        dl.work.main_job({"q": ["CDI"]}, status="q")  # type: ignore[arg-type]
    for hours in (0, 200, -3, float("nan"), "35", True):
        with pytest.raises(
            OptionError, match=r"`full_time_from=.*` is not a number above 0 and of at most 168"
        ):
            dl.work.job_rules(full_time_from=hours)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="`jobless` is not the name of a rule"):
        dl.work.job_rules().with_answers("jobless", "x")
    with pytest.raises(
        OptionError, match=r"`situation='busy'` is not one of: .* .in the rule `x`."
    ):
        JobRule("x", ("words",), dl.Text("x", "x"), ("x",), "busy")


def test_the_rules_are_printed_in_both_languages() -> None:
    rules = dl.work.job_rules(full_time_from=37.5)
    printed = repr(rules)
    assert "37.5 hours or more" in printed
    assert "answers that contradict stay undecided" in printed
    assert "<table>" in rules._repr_html_()
    french = rules.listed("fr")
    assert len(french) == len(rules.rules) + 10
    assert french["says"].tolist()[-1] == "indécis\u00a0: contradictoire"
    with pytest.raises(OptionError):
        rules.listed("de")


@pytest.mark.shared
def test_open_file_of_crowd_workers(shared: Path) -> None:
    """Berke et al. (2024), prescreen: 5,610 full time among 10,671 who told a status, 565 of them "Other"."""
    data = dl.read(
        shared / "data" / "open" / "berke-2024" / "data" / "prescreen-survey" / "cleaned.csv"
    )
    found = dl.work.main_job(data, status="Employment status")
    counts = found.frame["main_job"].value_counts()
    assert counts.to_dict() == {
        "full_time": 5610,
        "part_time": 1933,
        "unemployed": 1443,
        "inactive": 1120,
    }
    assert counts.sum() + 565 == 10671
    assert dict(found.codebook.reasons["main_job"]) == {
        "consent revoked": 1075, "answer expired": 5673, "not stated": 4473, "another situation, not specified": 565,
    }  # fmt: skip
    assert found.frame["main_job_rule"].value_counts()["due_to_start"] == 144


@pytest.mark.shared
def test_french_statuses(shared: Path) -> None:
    """Histoire de vie 2003 (INSEE, in R questionr): retired from business count among the retired, 392 + 77."""
    frame = pd.read_csv(shared / "data" / "french_gpl" / "hdv2003_questionr.csv")
    found = dl.work.main_job(dl.Microdata(frame, dl.Codebook()), status="occup")
    assert found.frame["main_job"].value_counts().to_dict() == {
        "retired": 392 + 77, "inactive": 171 + 83, "unemployed": 134, "student": 94,
    }  # fmt: skip
    assert dict(found.codebook.reasons["main_job"]) == {"at work, working time not stated": 1049}


@pytest.mark.shared
def test_two_status_questions(shared: Path) -> None:
    """Enquête emploi (INSEE, in R descstat): activity in one column, working time in another."""
    frame = pd.read_csv(shared / "data" / "french_gpl" / "enquete_emploi_descstat.csv")
    rules = dl.work.job_rules()
    for rule, answer in (("refused", "unknown"), ("full_time", "full"), ("part_time", "part")):
        rules = rules.with_answers(rule, answer)
    found = dl.work.main_job(
        dl.Microdata(frame, dl.Codebook()), status=["activity", "time"], rules=rules
    )
    assert found.frame["main_job"].value_counts().to_dict() == {
        "inactive": 451, "full_time": 404, "part_time": 84, "unemployed": 49,
    }  # fmt: skip
