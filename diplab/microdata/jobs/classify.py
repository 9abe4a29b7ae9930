"""`main_job`: the situation outside platform work, classified by declared rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import check_one_of, is_number
from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans
from diplab.microdata.display import WORDS
from diplab.microdata.frames import check_columns, check_new_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.jobs.rules import (
    BUNDLED,
    CLASSES,
    FACETS,
    WORKING,
    JobRules,
    QuestionReading,
    check_every_answer_read,
    job_rules,
    order_in_words,
    read_hours,
    read_words,
)
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import MissingCause, carry_reasons, causes_of_sources

Unread: TypeAlias = Literal["fail", "drop"]
OUT = ("unemployed", "out_of_work")
BESIDE = ("student", "retired", "inactive")  # situations that a few hours of work do not contradict


@dataclass(frozen=True, eq=False)
class MainJobs:
    """Main job, working time and contract by row, empty if undecided, with reasons and rules."""

    job: NDArray[np.object_]
    time: NDArray[np.object_]
    contract: NDArray[np.object_]
    why: NDArray[np.object_]
    rule: NDArray[np.object_]


def decide_main_jobs(readings: Sequence[QuestionReading], rules: JobRules) -> MainJobs:
    """Return the main job of each row; identical rows are classified once."""
    pattern = np.zeros(len(readings[0].kinds), dtype=np.int64)
    for reading in readings:
        kinds = reading.kinds + 1
        _, pattern = np.unique(pattern * (kinds.max(initial=0) + 1) + kinds, return_inverse=True)
    _, first, back = np.unique(pattern, return_index=True, return_inverse=True)
    jobs = _decide_distinct([reading.take(first) for reading in readings], rules)
    return MainJobs(
        *(values[back] for values in (jobs.job, jobs.time, jobs.contract, jobs.why, jobs.rule))
    )


def _decide_distinct(readings: Sequence[QuestionReading], rules: JobRules) -> MainJobs:
    """Return the main job from several sources, in order of precedence."""
    # the first source with a value decides; a vague value is replaced by a later, more precise one
    # (`other` by anything, `at work` by `employee`). Contradictions are those in the printed rules
    situation, behind = _first_telling(readings, "situation", _vaguer)
    time, time_rule = _first_telling(readings, "time", _no_job)
    contract, _ = _first_telling(readings, "contract", _no_job)
    # a retired civil servant no longer has a contract
    contract[_is_past_contract(readings, situation)] = ""
    wrong = _contradicts(readings, situation, rules)
    job = np.where(np.isin(situation, list(CLASSES)), situation, "").astype(object)
    at_work = np.isin(situation, ("employee", "employed"))
    job[at_work & (time == "full")] = "full_time"
    job[at_work & (time == "part")] = "part_time"
    out = ~np.isin(situation, WORKING) & np.isin(situation, (*OUT, *BESIDE))
    # students on a contract work some hours; pensioners, parents on leave and the unemployed do not
    works = (situation == "student") & ~np.isin(contract, ("", "none"))
    time = np.where(out & (time == "") & ~works, "none", time).astype(object)
    why = np.full(len(job), "", dtype=object)
    undecided = job == ""
    answered = np.any([reading.kinds >= 0 for reading in readings], axis=0)
    unread = answered.copy()
    for reading in readings:
        unread &= np.all([reading.facet(facet) == "" for facet in FACETS], axis=0)
        unread &= True if reading.hours is None else np.isnan(reading.hours)
    why[undecided] = "not_told"
    why[undecided & unread] = "not_read"
    why[undecided & at_work] = "time_not_told"
    why[undecided & (situation == "out_of_work")] = "out_of_work"
    why[undecided & (situation == "other")] = "other_situation"
    why[undecided & (situation == BUNDLED)] = "bundled"
    rule = np.where(at_work, time_rule, behind).astype(object)
    if rules.contradictions == "undecided":
        job[wrong], time[wrong], why[wrong] = "", "", "contradictory"
    rule[job == ""] = ""
    return MainJobs(job, time, contract, why, rule)


def _by_source(readings: Sequence[QuestionReading], facet: str) -> NDArray[np.object_]:
    """Return the values of a facet, shape (sources, rows)."""
    return np.array([reading.facet(facet) for reading in readings], dtype=object)


def _is_past_contract(
    readings: Sequence[QuestionReading], situation: NDArray[np.object_]
) -> Booleans:
    """Return the rows of retired or unemployed people whose answer names a contract."""
    with_contract = _by_source(readings, "contract") != ""
    alike = _by_source(readings, "situation") == situation
    of_first = alike[with_contract.argmax(axis=0), np.arange(len(situation))] & with_contract.any(
        axis=0
    )
    return np.asarray(of_first & np.isin(situation, ("retired", "unemployed")))


Told: TypeAlias = tuple[
    NDArray[np.object_], NDArray[np.object_]
]  # the value of a facet and its rule, by row
GivesWay: TypeAlias = Callable[[NDArray[np.object_], NDArray[np.object_]], Booleans]


def _first_telling(readings: Sequence[QuestionReading], facet: str, gives_way: GivesWay) -> Told:
    """Return the value of the first source, unless it is replaced by that of a later one."""
    value = np.full(len(readings[0].kinds), "", dtype=object)
    rule = value.copy()
    for reading in readings:
        new = reading.facet(facet)
        later = (new != "") & ((value == "") | gives_way(value, new))
        value[later], rule[later] = new[later], reading.rule(facet)[later]
    return value, rule


def _no_job(value: NDArray[np.object_], new: NDArray[np.object_]) -> Booleans:
    """Return the rows where no job is replaced by a job in another source."""
    return np.asarray((value == "none") & (new != "none"))


def _vaguer(value: NDArray[np.object_], new: NDArray[np.object_]) -> Booleans:
    """Return the rows where a situation is replaced by a more precise one."""
    return np.asarray(
        (value == "not_told")
        | (np.isin(value, ("other", BUNDLED)) & ~np.isin(new, ("not_told", "other")))
        | ((value == "employed") & np.isin(new, ("employee", "self_employed")))
        | ((value == "out_of_work") & np.isin(new, ("unemployed", *BESIDE)))
    )


def _contradicts(
    readings: Sequence[QuestionReading], situation: NDArray[np.object_], rules: JobRules
) -> Booleans:
    """Return the rows with contradictory sources."""
    situations, times = _by_source(readings, "situation"), _by_source(readings, "time")
    in_words = times[[reading.hours is None for reading in readings]]
    full, part = (in_words == "full").any(axis=0), (in_words == "part").any(axis=0)
    works = np.isin(situations, WORKING).any(axis=0)
    wrong: Booleans = np.asarray(np.isin(situations, OUT).any(axis=0) & works)
    wrong |= np.isin(situation, BESIDE) & works & (times == "full").any(axis=0)
    wrong |= (situations == "employee").any(axis=0) & (situations == "self_employed").any(axis=0)
    wrong |= full & part
    for hours in (reading.hours for reading in readings if reading.hours is not None):
        wrong |= full & (hours < rules.contradicts_below)
        wrong |= part & (hours >= rules.full_time_from)
        wrong |= works & (hours == 0)
    return wrong


def causes_of_undecided(
    data: Microdata, jobs: MainJobs, part: str, first: Sequence[str]
) -> list[MissingCause]:
    """Return the missing codes and reasons of a new column; by default those of `first`."""
    usual = WORDS.section("job_undecided")
    # few reasons on many rows: each is looked up once
    places, distinct = pd.factorize(jobs.why)
    # rules do not explain a missing contract or working time
    explained = distinct != ""
    if part not in ("", "_rule"):
        explained = distinct == "contradictory"
    whys = np.where(explained, distinct, "not_told")[places]
    silent = whys == "not_told"
    causes = {}
    for code, text in usual.items():
        causes[code] = MissingCause(code, text, whys == code)
    for name in first:
        for cause in causes_of_sources(data, (name,)):
            rows = cause.rows & silent
            own = f"{cause.code}" if str(cause.code) not in usual else f".{cause.code}"
            causes[own] = MissingCause(own, cause.label, rows)
            silent = silent & ~rows
    causes["not_told"] = MissingCause("not_told", usual["not_told"], silent)
    return [causes[code] for code in sorted(causes)]


def main_job(
    data: Microdata | pd.DataFrame,
    *,
    status: str | Sequence[str] | None = None,
    contract: str | None = None,
    hours: str | None = None,
    words: str | None = None,
    rules: JobRules | None = None,
    full_time_from: float | None = None,
    unread: Unread = "fail",
    into: str = "main_job",
) -> Microdata:
    """Classify the main job of people outside platform work, from declared rules.

    Rules (`print(dl.work.job_rules())`) read answers in French and in English, ignoring accents,
    capitals and apostrophes; a question with codes is read by its labels. The first source with a
    value decides: the status, then open-ended answers, the contract, the hours. Contradictory
    answers (unemployed and on a permanent contract; full time and 10 hours) leave the job
    undecided, with that reason. An answer of a closed question that combines several situations
    (`autre contrat, indépendant, chômage`) has no value.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
    status : str or list of str, optional
        Question on the situation (`Full-Time`, `Retraité`), several in order of precedence.
    contract : str, optional
        Question on the contract (`CDI`, `CDD`, `intérim`).
    hours : str, optional
        Hours a week in the main job.
    words : str, optional
        The situation as an open-ended answer.
    rules : JobRules, optional
        By default `dl.work.job_rules()`.
    full_time_from : float, optional
        Hours a week from which hours alone mean full time, if not those of the rules.
    unread : {"fail", "drop"}
        Answers of closed questions that no rule reads, or that combine several situations: raise an
        error, or drop them, which leaves the job undecided if no other answer decides it.
        Open-ended answers that no rule reads are dropped.
    into : str
        Name of the new variable, and beginning of `<into>_time`, `<into>_contract`, `<into>_rule`.

    Returns
    -------
    Microdata
        With four new variables: the main job; `main_job_time` (full, part, no job);
        `main_job_contract` (permanent, fixed-term, agency, self-employed, another, none);
        `main_job_rule`, the rule that decided. An undecided job is missing, with its reason.
        `describe("main_job_rule")` counts the rows that each rule decided, and undecided rows by
        reason.

    Raises
    ------
    ColumnError
        Where a question does not exist, or a new variable exists already.
    OptionError
        Where there is no question, hours are impossible, or no rule reads an answer.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> jobs = ["CDI", "auto-entrepreneuse", "Étudiant", "CDI"]
    >>> people = pd.DataFrame({"job": jobs, "hours": [39, 20, None, 17.5]})
    >>> classified = dl.work.main_job(people, status="job", hours="hours")
    >>> classified.frame["main_job"].tolist()
    ['full_time', 'self_employed', 'student', 'part_time']
    >>> classified.frame["main_job_contract"].dropna().tolist()
    ['permanent', 'self_employed', 'permanent']
    """
    data = as_microdata(data)
    frame_in_memory(data)
    questions = _questions(status, contract, hours, words)
    check_columns(data, *map(itemgetter(1), questions))
    check_one_of("unread", unread, Unread)
    chosen = _choose_rules(rules, full_time_from)
    news = {}
    for part in ("", "_time", "_contract", "_rule"):
        news[part] = f"{into}{part}"
    check_new_columns(
        data, *news.values(), write='Write another name, for example `into="situation"`.'
    )
    in_order = sorted(questions, key=lambda item: chosen.sources.index(item[0]))
    readings = []
    for source, column in in_order:
        readings.append(
            read_hours(data, column, chosen)
            if source == "hours"
            else read_words(data, column, source, chosen)
        )
    if unread == "fail":
        check_every_answer_read(readings, list(map(itemgetter(1), in_order)))
    return _add_main_job(data, decide_main_jobs(readings, chosen), news, chosen, in_order)


def _choose_rules(rules: JobRules | None, full_time_from: float | None) -> JobRules:
    chosen = job_rules() if rules is None else rules
    if not isinstance(chosen, JobRules):
        raise OptionError(
            f"`rules` is a {type(chosen).__name__}, not `JobRules`.",
            write='Write for example `rules=dl.work.job_rules().with_answers("unemployed", "sans '
            'travail")`.',
        )
    if full_time_from is None:
        return chosen
    below = chosen.contradicts_below
    if is_number(full_time_from):
        below = min(below, full_time_from)
    return replace(chosen, full_time_from=full_time_from, contradicts_below=below)


def _questions(
    status: str | Sequence[str] | None, contract: str | None, hours: str | None, words: str | None
) -> list[tuple[str, str]]:
    questions = [
        ("status", column) for column in ([status] if isinstance(status, str) else status or ())
    ]
    others = (("words", words), ("contract", contract), ("hours", hours))
    questions += [(source, item) for source, item in others if item]
    if not questions:
        raise OptionError(
            "`main_job` has no question to read.",
            write='Write for example `dl.work.main_job(data, status="situation", hours="hours")`.',
        )
    return questions


def _add_main_job(
    data: Microdata,
    jobs: MainJobs,
    news: Mapping[str, str],
    rules: JobRules,
    questions: Sequence[tuple[str, str]],
) -> Microdata:
    """Return the data with the new columns, their metadata and the step."""
    first = [column for source, column in questions if source in ("status", "words")][:1]
    labels = {}
    for rule in rules.rules:
        labels[rule.name] = rule.label
    labels |= {name: WORDS(f"job_rules.{name}") for name in ("hours_full", "hours_part")}
    parts = {
        "": (jobs.job, {code: WORDS(f"job.{code}") for code in CLASSES}, WORDS("main_job.label")),
        "_time": (jobs.time, WORDS.section("job_time"), WORDS("main_job.time")),
        "_contract": (jobs.contract, WORDS.section("job_contract"), WORDS("main_job.contract")),
        "_rule": (jobs.rule, labels, WORDS("main_job.rule")),
    }
    columns = {}
    for part, (codes, _, _) in parts.items():
        columns[news[part]] = pd.Series(
            codes, index=data.frame.index, dtype=pd.StringDtype(na_value=np.nan)
        ).replace("", np.nan)
    read = tuple(map(itemgetter(1), questions))
    in_words = WORDS(
        "main_job.step",
        rules=len(rules.rules),
        columns=", ".join(read),
        hours=f"{rules.full_time_from:g}",
        order=order_in_words(rules),
    )
    book = data.codebook.with_step(Step("recode", (*read, *news.values()), in_words, len(jobs.job)))
    frame = data.frame.assign(**columns)
    for part, (_, words, label) in parts.items():
        target = news[part]
        present = set(columns[target].dropna().unique())
        values = {code: text for code, text in words.items() if part != "_rule" or code in present}
        book = book.described(
            target, label=label, values=values, measure="nominal", missing={}, missing_labels={}
        )
        data = carry_reasons(
            data, frame, book, (target,), (), causes_of_undecided(data, jobs, part, first)
        )
        book = data.codebook
    return data
