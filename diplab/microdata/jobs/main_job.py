"""`main_job`: what people do beside platform work, classified by declared rules from what questionnaires ask."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError, one_of
from diplab.microdata.given_data import microdata_of
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.jobs.decided import decided
from diplab.microdata.jobs.facets import CLASSES, CONTRACTS, TIMES
from diplab.microdata.jobs.job_rules import JobRules, job_rules
from diplab.microdata.jobs.readings import check_read, hours_read, words_read
from diplab.microdata.jobs.rules_said import order_said
from diplab.microdata.jobs.undecided import undecided_codes
from diplab.microdata.rows import reasons_counted
from diplab.microdata.step import Step
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.jobs.decided import Decided
    from diplab.microdata.jobs.readings import Reading
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.missing_codes import MissingCodes
    from diplab.microdata.variable import Code

__all__ = ["main_job"]

_ASKED = "The main job of respondents was asked for."
_HOURS = {
    "hours_full": Text("heures d’un temps plein", "hours of a full time"),
    "hours_part": Text("heures d’un temps partiel", "hours of a part time"),
}


def main_job(
    data: Microdata | pd.DataFrame,
    *,
    status: str | Sequence[str] | None = None,
    contract: str | None = None,
    hours: str | None = None,
    words: str | None = None,
    rules: JobRules | None = None,
    full_time_from: float | None = None,
    unread: str = "fail",
    name: str = "main_job",
) -> Microdata:
    """Classify what people do beside platform work: at work full or part time, self-employed, unemployed, student...

    Questions are read by declared rules (`print(dl.job_rules())`), in French and in English, whatever the accents,
    capitals and apostrophes; a question with codes is read by its labels. The first source that tells something
    decides: the status, then people's own words, the contract, the hours. Answers that contradict one another
    (unemployed and on a permanent contract; full time and 10 hours) leave the job undecided, with that reason. An
    answer of a closed question that puts several situations together (`autre contrat, indépendant, chômage`) is none.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
    status : str or list of str, optional
        Question on the situation (`Full-Time`, `Retraité`...), several in the order in which they are believed.
    contract : str, optional
        Question on the contract (`CDI`, `CDD`, `intérim`...).
    hours : str, optional
        Hours a week in the main job.
    words : str, optional
        The situation in people's own words.
    rules : JobRules, optional
        By default `dl.job_rules()`.
    full_time_from : float, optional
        Hours a week from which hours alone make a full-time job, where it is another than that of the rules.
    unread : {"fail", "undecided"}
        What becomes of answers of closed questions that no rule reads, or that put several situations
        together. Own words that no rule reads are undecided.
    name : str
        Of the new variable.

    Returns
    -------
    Microdata
        With four new variables: the main job; `main_job_time` (full, part, no job told); `main_job_contract`
        (permanent, fixed-term, agency, self-employed, another, none); `main_job_rule`, the rule that decided. An
        undecided job is missing, with its reason. `describe("main_job_rule")` counts the rows that each rule decided,
        and those that are undecided by reason (contradictory, not told...).

    Raises
    ------
    ColumnError
        Where a question does not exist, or a new variable does.
    OptionError
        Where no question is given, hours are impossible, or no rule reads an answer.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"job": ["CDI", "auto-entrepreneuse", "Étudiant", "CDI"], "hours": [39, 20, None, 17.5]})
    >>> found = main_job(dl.Microdata(people, dl.Codebook()), status="job", hours="hours")
    >>> found.frame["main_job"].tolist()
    ['full_time', 'self_employed', 'student', 'part_time']
    >>> found.frame["main_job_contract"].dropna().tolist()
    ['permanent', 'self_employed', 'permanent']
    """
    data = microdata_of(data, _ASKED)
    frame = frame_in_memory(data, _ASKED)
    questions = _questions(status, contract, hours, words)
    check_columns(data, tuple(column for _, column in questions), _ASKED)
    if unread not in ("fail", "undecided"):
        raise one_of("`unread`", unread, ("fail", "undecided"))
    chosen = _chosen(rules, full_time_from)
    news = _new_names(name, frame)
    in_order = sorted(questions, key=lambda each: chosen.sources.index(each[0]))
    readings = _readings(data, in_order, chosen, unread)
    found = decided(readings, chosen)
    return _with_job(data, found, news, chosen, in_order)


def _readings(
    data: Microdata, questions: Sequence[tuple[str, str]], rules: JobRules, unread: str
) -> list[Reading]:
    readings = [
        hours_read(data, column, rules, _ASKED)
        if source == "hours"
        else words_read(data, column, source, rules)
        for source, column in questions
    ]
    if unread == "fail":
        check_read(readings, [column for _, column in questions], _ASKED)
    return readings


def _new_names(name: str, frame: pd.DataFrame) -> dict[str, str]:
    news = {part: f"{name}{part}" for part in ("", "_time", "_contract", "_rule")}
    for each in news.values():
        if each in frame.columns:
            raise ColumnError(
                _ASKED, f"The data have a column `{each}` already.", 'Write another `name="..."`.'
            )
    return news


def _chosen(rules: JobRules | None, full_time_from: float | None) -> JobRules:
    chosen = job_rules() if rules is None else rules
    if not isinstance(chosen, JobRules):
        raise OptionError(
            _ASKED,
            f"`rules` was given as a {type(chosen).__name__}.",
            'Write for example `rules=dl.job_rules().with_answers("unemployed", "sans travail")`.',
        )
    if full_time_from is None:
        return chosen
    below = chosen.contradicts_below
    if isinstance(full_time_from, int | float):
        below = min(below, full_time_from)
    return replace(chosen, full_time_from=full_time_from, contradicts_below=below)


def _questions(
    status: str | Sequence[str] | None, contract: str | None, hours: str | None, words: str | None
) -> list[tuple[str, str]]:
    several = [status] if isinstance(status, str) else list(status or ())
    found = [("status", each) for each in several]
    found += [
        (source, each)
        for source, each in (("words", words), ("contract", contract), ("hours", hours))
        if each
    ]
    if found:
        return found
    raise OptionError(
        _ASKED,
        "No question was given.",
        'Write for example `dl.main_job(data, status="situation", hours="weekly_hours")`.',
    )


def _with_job(
    data: Microdata,
    found: Decided,
    news: Mapping[str, str],
    rules: JobRules,
    questions: Sequence[tuple[str, str]],
) -> Microdata:
    """Return the data with the new columns, what the codebook says of them, and the step."""
    parts = _parts(found, rules)
    missing: dict[str, MissingCodes] = dict(data.missing)
    variables = dict(data.codebook.variables)
    columns = {}
    first = [column for source, column in questions if source in ("status", "words")][:1]
    for part, (codes, words, label) in parts.items():
        target = news[part]
        columns[target] = _column(codes, data.frame.index)
        held, reasons, worded = undecided_codes(data, found, part, first, columns[target].isna().to_numpy())
        if held is not None:
            missing[target] = held
        present = set(columns[target].dropna().unique())
        values: dict[Code, Text] = {
            code: text for code, text in words.items() if part != "_rule" or code in present
        }
        variables[target] = Variable(
            target,
            label=label,
            values=values,
            measure="nominal",
            missing=reasons,
            missing_labels=worded,
        )
    read = tuple(column for _, column in questions)
    step = Step("recode", (*read, *news.values()), _said(rules, questions), len(found.job))
    book = replace(data.codebook, variables=variables).with_step(step)
    frame = data.frame.assign(**columns)
    return replace(
        data, frame=frame, codebook=reasons_counted(frame, book, missing, news.values()), missing=missing
    )


def _parts(
    found: Decided, rules: JobRules
) -> dict[str, tuple[NDArray[np.object_], Mapping[str, Text], Text]]:
    """Return the codes, the labels of codes and the label of each new variable."""
    labels = {rule.name: rule.said for rule in rules.rules} | _HOURS
    return {
        "": (found.job, CLASSES, Text("emploi principal", "main job")),
        "_time": (found.time, TIMES, Text("temps de travail de l’emploi principal", "working time of the main job")),
        "_contract": (found.contract, CONTRACTS, Text("contrat de l’emploi principal", "contract of the main job")),
        "_rule": (found.rule, labels, Text("règle qui a décidé de l’emploi", "rule that decided the main job")),
    }  # fmt: skip


def _column(codes: NDArray[np.object_], index: pd.Index[Any]) -> pd.Series[Any]:
    import pandas as pd

    place, words = pd.factorize(codes)
    told = pd.array([word or None for word in words.tolist()], dtype=pd.StringDtype(na_value=np.nan))
    return pd.Series(told.take(place), index=index)


def _said(rules: JobRules, questions: Sequence[tuple[str, str]]) -> Text:
    """Return the step in words: the questions, the order of belief, the hours; counts are those of the variables."""
    read = ", ".join(column for _, column in questions)
    order, hours = order_said(rules), f"{rules.full_time_from:g}"
    return Text(
        f"emploi principal, par {len(rules.rules)} règles sur {read} ; temps plein à partir de {hours} heures. "
        f"{order.fr}",
        f"main job, by {len(rules.rules)} rules on {read}; full time from {hours} hours. {order.en}",
    )
