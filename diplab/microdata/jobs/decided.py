"""One main job out of what several questions say, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diplab.microdata.jobs.bundled import BUNDLED
from diplab.microdata.jobs.facets import CLASSES, WORKING
from diplab.microdata.jobs.readings import FACETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.microdata.jobs.job_rules import JobRules
    from diplab.microdata.jobs.readings import Reading

__all__ = ["Decided", "decided"]

OUT = ("unemployed", "out_of_work")
BESIDE = ("student", "retired", "inactive")
"""Situations beside which a few hours of work are no contradiction."""


@dataclass(frozen=True, eq=False)
class Decided:
    """The main job of each row.

    Parameters
    ----------
    job, time, contract : array of str, shape (rows,)
        Codes; empty where undecided.
    why : array of str, shape (rows,)
        The reason where the job is undecided, else empty.
    rule : array of str, shape (rows,)
        The rule that decided, else empty.
    """

    job: NDArray[np.object_]
    time: NDArray[np.object_]
    contract: NDArray[np.object_]
    why: NDArray[np.object_]
    rule: NDArray[np.object_]


def decided(readings: Sequence[Reading], rules: JobRules) -> Decided:
    """Return the main job of each row: rows that say the same in all questions are decided once.

    Parameters
    ----------
    readings : sequence of Reading
        In the order of belief.
    rules : JobRules
    """
    pattern = np.zeros(len(readings[0].answered), dtype=np.int64)
    for each in readings:
        kinds = each.kinds + 1
        _, pattern = np.unique(pattern * (kinds.max(initial=0) + 1) + kinds, return_inverse=True)
    _, first, back = np.unique(pattern, return_index=True, return_inverse=True)
    found = _decided([each.taken(first) for each in readings], rules)
    return Decided(
        *(values[back] for values in (found.job, found.time, found.contract, found.why, found.rule))
    )


def _decided(readings: Sequence[Reading], rules: JobRules) -> Decided:
    """Return the main job that sources say together, in the order in which they are believed.

    The first source that tells a facet decides it; a vaguer word gives way to a later, more precise one (`other` to
    anything, `at work` to `employee`). Contradictions are those that the printed rules name.
    """
    situation, behind = _situation(readings)
    facets = {facet: _first(readings, facet) for facet in FACETS[1:]}
    time, time_rule = facets["time"]
    # a civil servant in retirement has no contract any more
    contract = np.where(_of_the_past(readings, situation), "", facets["contract"][0]).astype(object)
    wrong = _contradicts(readings, situation, rules)
    job = np.where(np.isin(situation, list(CLASSES)), situation, "").astype(object)
    at_work = np.isin(situation, ("employee", "employed"))
    job[at_work & (time == "full")] = "full_time"
    job[at_work & (time == "part")] = "part_time"
    out = ~np.isin(situation, WORKING) & np.isin(situation, (*OUT, *BESIDE))
    # who studies on a contract works some hours; a pensioner, a parent on leave or the unemployed do not
    works = (situation == "student") & ~np.isin(contract, ("", "none"))
    time = np.where(out & (time == "") & ~works, "none", time).astype(object)
    why = np.full(len(job), "", dtype=object)
    gone = job == ""
    answered = np.any([each.answered for each in readings], axis=0)
    unread = answered & np.all([_silent(each) for each in readings], axis=0)
    why[gone] = "not_told"
    why[gone & unread] = "not_read"
    why[gone & at_work] = "time_not_told"
    why[gone & (situation == "out_of_work")] = "out_of_work"
    why[gone & (situation == "other")] = "other_situation"
    why[gone & (situation == BUNDLED)] = "bundled"
    rule = np.where(at_work, time_rule, behind).astype(object)
    if rules.contradictions == "undecided":
        job[wrong], time[wrong], why[wrong] = "", "", "contradictory"
    rule[job == ""] = ""
    return Decided(job, time, contract, why, rule)


def _of_the_past(readings: Sequence[Reading], situation: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return where the contract stands in the answer of one who says they are retired or unemployed."""
    past = np.zeros(len(situation), dtype=bool)
    told = past.copy()
    for each in readings:
        first = (each.facets["contract"] != "") & ~told
        told |= first
        past |= first & (each.facets["situation"] == situation)
    return past & np.isin(situation, ("retired", "unemployed"))


def _silent(reading: Reading) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.all([reading.facets[facet] == "" for facet in FACETS], axis=0)
    return found & (reading.hours is None or np.isnan(reading.hours))


def _first(readings: Sequence[Reading], facet: str) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return what the first source that tells a facet says of it, and by which rule."""
    value, rule = readings[0].facets[facet].copy(), readings[0].rules[facet].copy()
    for each in readings[1:]:
        new = each.facets[facet]
        # no job told gives way to what is told of a job
        later = ((value == "") & (new != "")) | ((value == "none") & ~np.isin(new, ("", "none")))
        value[later], rule[later] = each.facets[facet][later], each.rules[facet][later]
    return value, rule


def _situation(readings: Sequence[Reading]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    value = np.full(len(readings[0].answered), "", dtype=object)
    rule = value.copy()
    for each in readings:
        new = each.facets["situation"]
        vaguer = (
            np.isin(value, ("", "not_told", "other", BUNDLED))
            | ((value == "employed") & np.isin(new, ("employee", "self_employed")))
            | ((value == "out_of_work") & np.isin(new, ("unemployed", *BESIDE)))
        )
        later = (
            vaguer & (new != "") & ~(np.isin(value, ("other", BUNDLED)) & np.isin(new, ("not_told", "other")))
        )
        value[later], rule[later] = new[later], each.rules["situation"][later]
    return value, rule


def _contradicts(
    readings: Sequence[Reading], situation: NDArray[np.object_], rules: JobRules
) -> NDArray[np.bool_]:
    """Return where sources contradict one another."""
    said = np.array([each.facets["situation"] for each in readings], dtype=object)
    of_words = [each for each in readings if each.hours is None]
    times = [each.facets["time"] for each in of_words]
    nobody = np.zeros((1, len(situation)), dtype=bool)
    full, part = (np.any([*nobody, *(each == told for each in times)], axis=0) for told in ("full", "part"))
    works = np.isin(said, WORKING).any(axis=0)
    wrong: NDArray[np.bool_] = np.asarray(np.isin(said, OUT).any(axis=0) & works)
    every_time = np.array([each.facets["time"] for each in readings], dtype=object)
    wrong |= np.isin(situation, BESIDE) & works & (every_time == "full").any(axis=0)
    wrong |= (said == "employee").any(axis=0) & (said == "self_employed").any(axis=0)
    wrong |= full & part
    for each in readings:
        if each.hours is None:
            continue
        hours = np.where(np.isnan(each.hours), -1.0, each.hours)
        wrong |= full & (hours >= 0) & (hours < rules.contradicts_below)
        wrong |= part & (hours >= rules.full_time_from)
        wrong |= works & (hours == 0)
    return wrong
