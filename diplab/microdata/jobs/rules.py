"""The declared rules that turn answers into a main job: ordered, printed, and changed by name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias, get_args

import pandas as pd

from diplab.checks import argument, check_number, check_one_of
from diplab.errors import OptionError, suggestion
from diplab.microdata.display import WORDS, ShownTable, check_language, in_language, join_texts
from diplab.microdata.jobs.text_rules import NEGATIONS, normalise_answer
from diplab.reference.parameter import HOURS_IN_A_WEEK
from diplab.reference.text import Text

Source: TypeAlias = Literal["status", "contract", "words", "hours"]
Situation: TypeAlias = Literal[
    "employee", "employed", "self_employed", "unemployed", "student", "inactive", "retired", "out_of_work",
    "other", "not_told",
]  # fmt: skip
JobTime: TypeAlias = Literal["full", "part", "none"]
Contract: TypeAlias = Literal["permanent", "fixed_term", "agency", "self_employed", "other", "none"]
Contradictions: TypeAlias = Literal["undecided", "order"]
SOURCES = get_args(Source)
IN_WORDS = SOURCES[:3]
CLASSES = ("full_time", "part_time", "self_employed", "unemployed", "student", "inactive", "retired")
"""The main job, or what a respondent does instead."""
WORKING = ("employee", "employed", "self_employed")
CONDITION_SIGNS = WORDS("job_rules.signs")  # what `*` and `=` mean in the conditions of rules


def order_in_words(rules: JobRules) -> Text:
    """Return in words which source is believed first, and what becomes of contradictions."""
    sources = join_texts([WORDS(f"job_source.{each}") for each in rules.sources], ", ")
    end = "order_decides" if rules.contradictions == "order" else "order_undecided"
    return WORDS("job_rules.order", sources=sources, end=WORDS(f"job_rules.{end}"))


def rule_in_words(place: int, rule: JobRule, language: str) -> list[str]:
    """Return the cells of one rule: its place, its name, what it reads, its condition, what it says."""
    read = ", ".join(in_language(WORDS(f"job_source.{each}"), language) for each in rule.reads)
    facets = {"situation": rule.situation, "time": rule.time, "contract": rule.contract}
    says = join_texts([WORDS(f"job_{facet}.{value}") for facet, value in facets.items() if value])
    return [str(place), in_language(rule.label, language), read, ", ".join(rule.answers), in_language(says, language)]


def rules_beyond_words(rules: JobRules) -> list[tuple[Text, Text, Text, Text]]:
    """Return in words the rules on hours and on contradictions: name, source, condition, what they say."""
    limits = {"full": f"{rules.full_time_from:g}", "low": f"{rules.contradicts_below:g}"}
    every, hours = WORDS("job_rules.every_source"), WORDS("job_source.hours")
    works = WORDS("job_situation.employed")
    undecided = rules.contradictions == "undecided"
    against = WORDS("job_rules.stays_undecided" if undecided else "job_rules.first_decides")
    contradictions = (
        *("full_few_hours", "part_many_hours", "job_no_hours", "job_unemployed", "full_inactive"),
        "employee_self_employed",
    )
    table = [
        ("denied", WORDS("job_source.words"), WORDS("job_undecided.not_read")),
        ("several", every, WORDS("job_undecided.bundled")),
        ("hours_full", hours, WORDS("job_rules.full_time", works=works)),
        ("hours_part", hours, WORDS("job_rules.part_time", works=works)),
        *((name, every, against) for name in contradictions),
    ]
    negations = Text.same(", ".join(NEGATIONS))
    return [
        (
            WORDS(f"job_rules.{name}"),
            source,
            negations if name == "denied" else WORDS(f"job_rules.{name}_when", **limits),
            says,
        )
        for name, source, says in table
    ]


@dataclass(frozen=True)
class JobRule:
    """One rule: the answers it reads, and what they mean.

    Parameters
    ----------
    name : str
        Of the rule.
    reads : tuple of {"status", "contract", "words"}
        The questions in whose answers it is looked for.
    label : Text
        The rule in words.
    answers : tuple of str
        Words found anywhere in an answer, without accents, capitals and punctuation; `*` at the end takes longer words
        too, `=` at the start asks for these words and no more.
    situation, time, contract : str
        What these answers mean; empty where they mean nothing of that kind.

    Examples
    --------
    >>> JobRule("gig", ("words",), Text("à la tâche", "by the task"), ("uber",), "self_employed").situation
    'self_employed'
    """

    name: str
    reads: tuple[str, ...]
    label: Text
    answers: tuple[str, ...]
    situation: str = ""
    time: str = ""
    contract: str = ""

    def __post_init__(self) -> None:
        of = f"in the rule `{self.name}`"
        for facet, words in {"situation": Situation, "time": JobTime, "contract": Contract}.items():
            if value := getattr(self, facet):
                check_one_of(facet, value, words, of=of)
        for source in self.reads:
            check_one_of("reads", source, IN_WORDS, of=of)


@dataclass(frozen=True, repr=False)
class JobRules(ShownTable):
    """The rules of `main_job`, in order: the first that fits an answer decides.

    Parameters
    ----------
    rules : tuple of JobRule
        For questions answered in words or codes.
    full_time_from : float
        Hours a week from which hours alone make a full-time job.
    contradicts_below : float
        Hours a week under which they contradict an answer of full time. Between both the answer is accepted: a
        contract of 32 hours may be full time.
    contradictions : {"undecided", "order"}
        Answers that contradict one another leave the job undecided, or the first source decides.
    sources : tuple of {"status", "words", "contract", "hours"}
        The order in which sources are believed.

    Examples
    --------
    >>> job_rules().full_time_from, len(job_rules().rules) > 20
    (35.0, True)
    """

    rules: tuple[JobRule, ...]
    full_time_from: float = 35.0
    contradicts_below: float = 30.0
    contradictions: Contradictions = "undecided"
    sources: tuple[str, ...] = ("status", "words", "contract", "hours")

    def __post_init__(self) -> None:
        full = check_number("full_time_from", self.full_time_from, above=0, high=HOURS_IN_A_WEEK, example=35)
        check_number("contradicts_below", self.contradicts_below, above=0, high=full, example=min(30, full))
        check_one_of("contradictions", self.contradictions, Contradictions)
        if sorted(self.sources) != sorted(SOURCES):
            raise OptionError(
                f"{argument('sources', self.sources)} does not name each source once.",
                f"The sources are {', '.join(SOURCES)}.",
                f"Write for example `sources={('status', 'words', 'contract', 'hours')!r}`.",
            )

    def with_answers(self, rule: str, *answers: str) -> JobRules:
        """Return rules that also read these whole answers, before all others, as the rule of that name does.

        Parameters
        ----------
        rule : str
            Name of a rule.
        *answers : str
            As the questionnaire writes them; accents and capitals do not matter.

        Raises
        ------
        OptionError
            Where no rule has the name, or there is no answer.

        Examples
        --------
        >>> own = job_rules().with_answers("fixed_term", "contrat d'engagement éducatif")
        >>> own.rules[0].name, own.rules[0].answers
        ('fixed_term', ('=contrat d engagement educatif',))
        """
        known = {each.name: each for each in reversed(self.rules)}
        if rule not in known:
            raise OptionError(f"`{rule}` is not the name of a rule.", write=suggestion(rule, known))
        phrases = tuple(f"={text}" for text in map(normalise_answer, map(str, answers)) if text)
        if not phrases:
            raise OptionError(
                f"No answer was passed for the rule `{rule}`.",
                write='Write for example `with_answers("unemployed", "sans travail")`.',
            )
        return replace(self, rules=(replace(known[rule], reads=IN_WORDS, answers=phrases), *self.rules))

    def with_rule(self, rule: JobRule) -> JobRules:
        """Return rules of which this one comes first."""
        return replace(self, rules=(rule, *self.rules))

    def listed(self, language: str = "en") -> pd.DataFrame:
        """Return the rules as a table in words: what is read, the condition, what it says.

        Parameters
        ----------
        language : {"fr", "en"}
        """
        check_language(language)
        rows = [rule_in_words(place, rule, language) for place, rule in enumerate(self.rules, 1)]
        rows += [
            [str(place), *(in_language(text, language) for text in texts)]
            for place, texts in enumerate(rules_beyond_words(self), len(rows) + 1)
        ]
        return pd.DataFrame(rows, columns=["place", "rule", "reads", "condition", "says"])

    def _shown(self) -> tuple[pd.DataFrame, str, list[str], list[str]]:
        return self.listed(), "en", [], [order_in_words(self).en, CONDITION_SIGNS.en]


def job_rules(
    *, full_time_from: float = 35.0, contradicts_below: float = 30.0, contradictions: Contradictions = "undecided"
) -> JobRules:
    """Return the rules by which `main_job` reads French and English answers, to print them or to change them.

    Parameters
    ----------
    full_time_from : float
        Hours a week from which hours alone make a full-time job (35 in France and in the United States; 30 for the
        OECD: van Bastelaer, Lemaître and Marianna 1997).
    contradicts_below : float
        Hours a week under which they contradict an answer of full time.
    contradictions : {"undecided", "order"}
        Answers that contradict one another leave the job undecided, or the first source decides.

    Returns
    -------
    JobRules
        `print(dl.work.job_rules())`, `dl.table(dl.work.job_rules(), language="fr")`.

    Raises
    ------
    OptionError
        Where the hours are no hours of a week, or `contradictions` is not one of its words.

    Examples
    --------
    >>> rules = job_rules(full_time_from=30)
    >>> rules.listed("fr").loc[0, "rule"]
    'refus ou ne sait pas'
    """
    return JobRules(_bundled_rules(), full_time_from, contradicts_below, contradictions)


@cache
def _bundled_rules() -> tuple[JobRule, ...]:
    text = files("diplab.microdata.jobs").joinpath("rules.toml").read_text(encoding="utf-8")
    return tuple(
        JobRule(name, tuple(entry.pop("reads")), Text(**entry.pop("label")), tuple(entry.pop("answers")), **entry)
        for name, entry in tomllib.loads(text)["rules"].items()
    )
