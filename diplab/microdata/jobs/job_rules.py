"""The declared rules by which answers become a main job: ordered, printed, and changed by name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError, one_of, suggestion
from diplab.microdata.jobs.facets import CONTRACTS, SITUATIONS, SOURCES, TIMES
from diplab.microdata.jobs.phrases import readable
from diplab.microdata.jobs.rules_said import SIGNS, beyond_words, order_said, rule_said
from diplab.microdata.shown import as_html, as_text, check_printed, worded
from diplab.reference.text import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HOURS_IN_A_WEEK", "JobRule", "JobRules", "job_rules"]

HOURS_IN_A_WEEK = 168.0
_DECIDED = ("undecided", "order")


@dataclass(frozen=True)
class JobRule:
    """One rule: the answers it reads, and what they say of a job.

    Parameters
    ----------
    name : str
        Of the rule.
    reads : tuple of {"status", "contract", "words"}
        The questions in whose answers it is looked for.
    said : Text
        The rule in words.
    answers : tuple of str
        Words found anywhere in an answer, without accents, capitals and punctuation; `*` at the end takes longer words
        too, `=` at the start asks for these words and no more.
    situation, time, contract : str
        What it says; empty for what it says nothing of.

    Examples
    --------
    >>> JobRule("gig", ("words",), Text("à la tâche", "by the task"), ("uber",), "self_employed").situation
    'self_employed'
    """

    name: str
    reads: tuple[str, ...]
    said: Text
    answers: tuple[str, ...]
    situation: str = ""
    time: str = ""
    contract: str = ""

    def __post_init__(self) -> None:
        for what, value, known in (
            ("situation", self.situation, SITUATIONS),
            ("time", self.time, TIMES),
            ("contract", self.contract, CONTRACTS),
        ):
            if value and value not in known:
                raise one_of(f"`{what}` of the rule `{self.name}`", value, known)
        for source in self.reads:
            if source not in SOURCES[:3]:
                raise one_of(f"`reads` of the rule `{self.name}`", source, SOURCES[:3])


@dataclass(frozen=True)
class JobRules:
    """The rules of `main_job`, in order: the first that fits an answer decides.

    Parameters
    ----------
    rules : tuple of JobRule
        For questions answered in words or codes.
    full_time_from : float
        Hours a week from which hours alone make a full-time job.
    contradicts_below : float
        Hours a week under which they contradict somebody who says full time. Between both, what was said stands: a
        contract of 32 hours may be a full-time one.
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
    contradictions: str = "undecided"
    sources: tuple[str, ...] = ("status", "words", "contract", "hours")

    def __post_init__(self) -> None:
        limits = self.contradicts_below, self.full_time_from
        numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in limits)
        if not numbers or not 0 < limits[0] <= limits[1] <= HOURS_IN_A_WEEK:
            raise OptionError(
                f"Rules with a full time from {self.full_time_from!r} hours a week were asked for, contradicted below "
                f"{self.contradicts_below!r}.",
                f"Both are hours a week, above 0 and up to {HOURS_IN_A_WEEK:g}, the second not above the first.",
                "Write for example `dl.job_rules(full_time_from=35, contradicts_below=30)`.",
            )
        if self.contradictions not in _DECIDED:
            raise one_of("`contradictions`", self.contradictions, _DECIDED)
        if sorted(self.sources) != sorted(SOURCES):
            raise OptionError(
                f"The sources {', '.join(map(repr, self.sources))} were given as the order of belief.",
                f"They are {', '.join(SOURCES)}, each once.",
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
            Where no rule bears the name, or no answer is given.

        Examples
        --------
        >>> own = job_rules().with_answers("fixed_term", "contrat d'engagement éducatif")
        >>> own.rules[0].name, own.rules[0].answers
        ('fixed_term', ('=contrat d engagement educatif',))
        """
        known = {each.name: each for each in reversed(self.rules)}
        said = tuple(f"={readable(str(each))}" for each in answers if readable(str(each)))
        if rule not in known or not said:
            raise OptionError(
                f"Answers were to be read as the rule `{rule}` does.",
                "No answer was given."
                if rule in known
                else f"None of the {len(known)} rules bears that name.",
                'Write for example `with_answers("unemployed", "sans travail")`.'
                if rule in known
                else suggestion(rule, known),
            )
        return replace(self, rules=(replace(known[rule], reads=SOURCES[:3], answers=said), *self.rules))

    def with_rule(self, rule: JobRule) -> JobRules:
        """Return rules of which this one comes first."""
        return replace(self, rules=(rule, *self.rules))

    def listed(self, language: str = "en") -> pd.DataFrame:
        """Return the rules as a table in words: what is read, the condition, what it says.

        Parameters
        ----------
        language : {"fr", "en"}
        """
        import pandas as pd

        check_printed(language)
        rows = [rule_said(place, rule, language) for place, rule in enumerate(self.rules, 1)]
        rows += [
            [str(place), *(worded(text, language) for text in texts)]
            for place, texts in enumerate(beyond_words(self), len(rows) + 1)
        ]
        return pd.DataFrame(rows, columns=["place", "rule", "reads", "condition", "says"])

    def __repr__(self) -> str:
        return as_text(self.listed(), "en", after=[order_said(self).en, SIGNS.en])

    def _repr_html_(self) -> str:
        return as_html(self.listed(), "en", after=[order_said(self).en, SIGNS.en])


def job_rules(
    *, full_time_from: float = 35.0, contradicts_below: float = 30.0, contradictions: str = "undecided"
) -> JobRules:
    """Return the rules by which `main_job` reads French and English answers, to print them or to change them.

    Parameters
    ----------
    full_time_from : float
        Hours a week from which hours alone make a full-time job (35 in France and in the United States; 30 for the
        OECD: van Bastelaer, Lemaître and Marianna 1997).
    contradicts_below : float
        Hours a week under which they contradict somebody who says full time.
    contradictions : {"undecided", "order"}
        Answers that contradict one another leave the job undecided, or the first source decides.

    Returns
    -------
    JobRules
        `print(dl.job_rules())`, `dl.table(dl.job_rules(), language="fr")`.

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
    return JobRules(_read(), full_time_from, contradicts_below, contradictions)


@cache
def _read() -> tuple[JobRule, ...]:
    text = files("diplab.microdata.jobs").joinpath("rules.toml").read_text(encoding="utf-8")
    return tuple(_rule(name, entry) for name, entry in tomllib.loads(text)["rules"].items())


def _rule(name: str, entry: dict[str, Any]) -> JobRule:
    facets = {facet: entry.get(facet, "") for facet in ("situation", "time", "contract")}
    return JobRule(name, tuple(entry["reads"]), Text(**entry["said"]), tuple(entry["answers"]), **facets)
