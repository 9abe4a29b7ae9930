"""The declared rules by which answers become a main job: ordered, printed, and changed by name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError, one_of, suggestion
from diplab.microdata.display import check_language, in_language, table_html, table_text
from diplab.microdata.jobs.text_rules import HOURS_IN_A_WEEK, NEGATIONS, normalise_answer
from diplab.reference.text import Text

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CLASSES",
    "CONDITION_SIGNS",
    "CONTRACTS",
    "REASONS",
    "SITUATIONS",
    "SOURCES",
    "TIMES",
    "WORKING",
    "JobRule",
    "JobRules",
    "job_rules",
    "order_in_words",
    "rule_in_words",
    "rules_beyond_words",
]


SOURCES = ("status", "contract", "words", "hours")
CLASSES = {
    "full_time": Text("salarié à temps plein", "full-time"),
    "part_time": Text("salarié à temps partiel", "part-time"),
    "self_employed": Text("à son compte", "self-employed"),
    "unemployed": Text("au chômage", "unemployed"),
    "student": Text("en études", "student"),
    "inactive": Text("inactif", "inactive"),
    "retired": Text("retraité", "retired"),
}
"""The main job, or what stands in its place."""
TIMES = {
    "full": Text("temps plein", "full time"),
    "part": Text("temps partiel", "part time"),
    "none": Text("pas d’emploi déclaré", "no job told"),
}
CONTRACTS = {
    "permanent": Text("durée indéterminée (fonctionnaires compris)", "permanent (civil servants included)"),
    "fixed_term": Text(
        "durée déterminée (apprentis et saisonniers compris)", "fixed-term (apprentices and seasonal included)"
    ),
    "agency": Text("intérim", "agency"),
    "self_employed": Text("à son compte", "self-employed"),
    "other": Text("autre contrat", "another contract"),
    "none": Text("pas de contrat", "no contract"),
}  # fmt: skip
REASONS = {
    "contradictory": Text("réponses contradictoires", "contradictory"),
    "not_told": Text("non dit", "not told"),
    "other_situation": Text("autre situation, sans dire laquelle", "another situation, not said which"),
    "out_of_work": Text(
        "sans emploi, sans dire s’il en cherche", "without a job, not said whether seeking one"
    ),
    "bundled": Text(
        "réponse qui réunit plusieurs situations", "answer that puts several situations together"
    ),
    "time_not_told": Text("en emploi, temps de travail non dit", "at work, working time not told"),
    "not_read": Text("réponse qu’aucune règle ne lit", "answer that no rule reads"),
}
"""Why a main job is undecided."""
SITUATIONS = {
    "employee": Text("salarié", "employee"),
    "employed": Text("en emploi", "at work"),
    "self_employed": CLASSES["self_employed"],
    "unemployed": CLASSES["unemployed"],
    "student": CLASSES["student"],
    "inactive": CLASSES["inactive"],
    "retired": CLASSES["retired"],
    "out_of_work": REASONS["out_of_work"],
    "other": REASONS["other_situation"],
    "not_told": REASONS["not_told"],
}
WORKING = ("employee", "employed", "self_employed")
SOURCES_SAID = {
    "status": Text("situation", "status"),
    "words": Text("propres mots", "own words"),
    "contract": Text("contrat", "contract"),
    "hours": Text("heures par semaine", "hours a week"),
}
CONDITION_SIGNS = Text(
    "Une condition est un des mots cités, entier, où qu’il soit dans la réponse, sans accents ni capitales ; « * » "
    "prend aussi les mots plus longs, « = » veut ces mots et rien d’autre.",
    "A condition is one of the words, whole, anywhere in the answer, whatever its accents and capitals; * takes longer "
    "words too, = asks for these words and no more.",
)


def order_in_words(rules: JobRules) -> Text:
    """Return in words which source is believed first, and what becomes of contradictions."""
    french, english = (
        ", ".join(in_language(SOURCES_SAID[each], lang) for each in rules.sources) for lang in ("fr", "en")
    )
    if rules.contradictions == "order":
        ends = (
            "en cas de contradiction, la première source décide",
            "where answers contradict, the first decides",
        )
    else:
        ends = "les réponses contradictoires restent indécises", "answers that contradict stay undecided"
    return Text(f"Dans l’ordre : {french} ; {ends[0]}.", f"In order: {english}; {ends[1]}.")


def rule_in_words(place: int, rule: JobRule, language: str) -> list[str]:
    """Return the cells of one rule: its place, its name, what it reads, its condition, what it says."""
    read = ", ".join(in_language(SOURCES_SAID[each], language) for each in rule.reads)
    said = [
        in_language(known[value], language)
        for value, known in ((rule.situation, SITUATIONS), (rule.time, TIMES), (rule.contract, CONTRACTS))
        if value
    ]
    between = " ; " if language == "fr" else "; "
    return [str(place), in_language(rule.said, language), read, ", ".join(rule.answers), between.join(said)]


def rules_beyond_words(rules: JobRules) -> list[tuple[Text, Text, Text, Text]]:
    """Return in words the rules on hours, and those on what contradicts."""
    full, low = (f"{each:g}" for each in (rules.full_time_from, rules.contradicts_below))
    hours, every = SOURCES_SAID["hours"], Text("toutes", "all")
    undecided = rules.contradictions == "undecided"
    against = (
        Text("indécis : contradictoire", "undecided: contradictory")
        if undecided
        else Text("la première source décide", "the first source decides")
    )
    works = SITUATIONS["employed"]
    return [
        (Text("nié, ou d’un autre temps", "denied, or of another time"), SOURCES_SAID["words"],
         Text(*[", ".join(NEGATIONS)] * 2), REASONS["not_read"]),
        (Text("plusieurs en une réponse", "several in one answer"), every,
         Text("séparés par « ou », et dans une question fermée par une virgule ou une barre, sans dire la même chose ; "
              "ce qui est entre parenthèses précise",
              "parted by “or”, and in a closed question by a comma or a stroke, without saying the same; what is in "
              "brackets is a detail"), REASONS["bundled"]),
        (Text("heures d’un temps plein", "hours of a full time"), hours,
         Text(f"{full} heures ou plus", f"{full} hours or more"),
         Text(f"{works.fr} ; temps plein", f"{works.en}; full time")),
        (Text("heures d’un temps partiel", "hours of a part time"), hours,
         Text(f"plus de 0 et moins de {full} heures", f"above 0 and under {full} hours"),
         Text(f"{works.fr} ; temps partiel", f"{works.en}; part time")),
        (Text("temps plein de peu d’heures", "full time of few hours"), every,
         Text(f"dit temps plein, et moins de {low} heures", f"says full time, and under {low} hours"), against),
        (Text("temps partiel de beaucoup d’heures", "part time of many hours"), every,
         Text(f"dit temps partiel, et {full} heures ou plus", f"says part time, and {full} hours or more"), against),
        (Text("emploi sans heures", "job without hours"), every,
         Text("dit travailler, et 0 heure", "says they work, and 0 hours"), against),
        (Text("emploi et chômage", "job and unemployment"), every,
         Text("sans emploi ou au chômage selon une source, en emploi selon une autre",
              "without a job or unemployed by one source, at work by another"), against),
        (Text("temps plein et inactif", "full time and inactive"), every,
         Text("élève, retraité ou inactif selon une source, à temps plein selon une autre",
              "student, retired or inactive by one source, full time by another"), against),
        (Text("salarié et à son compte", "employee and self-employed"), every,
         Text("salarié selon une source, à son compte selon une autre",
              "employee by one source, self-employed by another"), against),
    ]  # fmt: skip


_CONTRADICTIONS = ("undecided", "order")


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
        if self.contradictions not in _CONTRADICTIONS:
            raise one_of("`contradictions`", self.contradictions, _CONTRADICTIONS)
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
        said = tuple(f"={normalise_answer(str(each))}" for each in answers if normalise_answer(str(each)))
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

        check_language(language)
        rows = [rule_in_words(place, rule, language) for place, rule in enumerate(self.rules, 1)]
        rows += [
            [str(place), *(in_language(text, language) for text in texts)]
            for place, texts in enumerate(rules_beyond_words(self), len(rows) + 1)
        ]
        return pd.DataFrame(rows, columns=["place", "rule", "reads", "condition", "says"])

    def __repr__(self) -> str:
        return table_text(self.listed(), "en", after=[order_in_words(self).en, CONDITION_SIGNS.en])

    def _repr_html_(self) -> str:
        return table_html(self.listed(), "en", after=[order_in_words(self).en, CONDITION_SIGNS.en])


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
    return JobRules(_bundled_rules(), full_time_from, contradicts_below, contradictions)


@cache
def _bundled_rules() -> tuple[JobRule, ...]:
    text = files("diplab.microdata.jobs").joinpath("rules.toml").read_text(encoding="utf-8")
    return tuple(_rule_of_entry(name, entry) for name, entry in tomllib.loads(text)["rules"].items())


def _rule_of_entry(name: str, entry: dict[str, Any]) -> JobRule:
    facets = {facet: entry.get(facet, "") for facet in ("situation", "time", "contract")}
    return JobRule(name, tuple(entry["reads"]), Text(**entry["said"]), tuple(entry["answers"]), **facets)
