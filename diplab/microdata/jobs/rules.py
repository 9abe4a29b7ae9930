"""The declared rules that classify answers into main jobs, and their application."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import argument, check_number, check_one_of, counted
from diplab.errors import ColumnError, OptionError, suggestion
from diplab.kernel.arrays import Floats, Integers
from diplab.microdata.display import WORDS, ShownTable, check_language, in_words, join_wordings
from diplab.microdata.search import fold_accents, lexicon
from diplab.microdata.variable import as_code, code_text, is_short
from diplab.reference.parameter import HOURS_IN_A_WEEK
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

NEGATIONS = lexicon("job")["negations"]  # words that negate an answer or refer to another time


def normalise_answer(answer: str) -> str:
    """Return an answer normalised for rules: plain letters and digits, single spaces."""
    return " ".join(re.findall(r"[^\W_]+", fold_accents(answer)))


def phrase_in(answer: str, phrase: str) -> bool:
    """Return whether an answer contains a phrase; a final `*` is a prefix, an initial `=` exact."""
    if phrase.startswith("="):
        return answer == phrase[1:]
    return (f" {phrase[:-1]}" if phrase.endswith("*") else f" {phrase} ") in f" {answer} "


def _any_with(phrase: str, answers: Iterable[str]) -> bool:
    return any(phrase_in(answer, phrase) for answer in answers)


def is_negated(answer: str, phrases: Iterable[str]) -> bool:
    """Return whether an answer has a negation or another time outside the words of rules."""
    rest = f" {answer} "
    for phrase in sorted(phrases, key=len, reverse=True):
        rest = rest.replace(f" {phrase.strip('=*')}", " ")
    return any(f" {word} " in rest for word in NEGATIONS)


BUNDLED = "bundled"  # the situation of an answer that names several
VAGUE = {
    "employed": ("employee", "self_employed"),
    "out_of_work": ("unemployed", "student", "inactive", "retired"),
    "other": (
        "employee", "employed", "self_employed", "unemployed", "student", "inactive", "retired",
        "out_of_work",
    ),
}  # fmt: skip
"""General situations, with the more precise ones that replace them."""
_LEFT_OUT = re.compile(lexicon("job")["left_out"][0], re.IGNORECASE)
_INSIDE = re.compile(r"\(([^)]*)\)?")
_WITH = r"(?:avec|mais|tout en|et|with|but|while|and)\b"
_COMMA = re.compile(rf"[,;/|](?!\s*{_WITH})|\b(?:ou|or)\b(?!\s*{_WITH})", re.IGNORECASE)
_OR = re.compile(rf"\b(?:ou|or)\b(?!\s*{_WITH})", re.IGNORECASE)


def split_parts(answer: str, closed: bool) -> tuple[list[str], list[str]]:
    """Return the parts of an answer, and those in brackets, normalised."""
    # commas and slashes separate parts in a closed question; in open-ended answers only `or` does
    sign = _COMMA if closed else _OR
    text = _LEFT_OUT.sub(" ", answer)
    inside = " , ".join(_INSIDE.findall(text))
    return tuple(  # type: ignore[return-value]
        list(filter(None, map(normalise_answer, sign.split(text))))
        for text in (_INSIDE.sub(" ", text), inside)
    )


def agreed_value(facet: str, parts: Sequence[set[str]]) -> str | None:
    """Return the common value of the parts of an answer; None if they disagree."""
    values = set().union(*parts)
    if facet == "situation":
        values = {value for value in values if not values.intersection(VAGUE.get(value, ()))}
    if len(values) < 2:
        return next(iter(values), "")
    return None


def reads_whole_answer(rule: JobRule, texts: Sequence[str], parts: Sequence[str]) -> bool:
    """Return whether a rule reads the whole answer, by words that no single part contains."""
    return any(_any_with(phrase, texts) and not _any_with(phrase, parts) for phrase in rule.answers)


FACETS = ("situation", "time", "contract")
Said: TypeAlias = tuple[
    str, str
]  # the value of an answer in a facet and its rule; both empty if there is none


@dataclass(frozen=True, eq=False)
class QuestionReading:
    """The values of the answers to a question, with their rules; empty if there are none."""

    # `kinds` index the distinct answers by row, -1 (the last value) for no answer; `unread` and
    # `bundled` are answers, most frequent first
    source: str
    kinds: Integers
    said: Mapping[str, Sequence[Said]]
    unread: tuple[str, ...] = ()
    bundled: tuple[str, ...] = ()
    hours: Floats | None = None

    def facet(self, name: str) -> NDArray[np.object_]:
        """Return the values of a facet, by row."""
        return self._by_row(name, 0)

    def rule(self, name: str) -> NDArray[np.object_]:
        """Return the rules of the values of a facet, by row."""
        return self._by_row(name, 1)

    def _by_row(self, name: str, place: int) -> NDArray[np.object_]:
        return np.array([*map(itemgetter(place), self.said[name])], dtype=object)[self.kinds]

    def take(self, rows: Integers) -> QuestionReading:
        """Return the reading of a subset of rows."""
        return replace(
            self, kinds=self.kinds[rows], hours=None if self.hours is None else self.hours[rows]
        )


def read_words(data: Microdata, name: str, source: str, rules: JobRules) -> QuestionReading:
    """Read a question answered in codes or words, each distinct answer once, also by labels."""
    places, distinct = pd.factorize(data.frame[name])
    labels = {}
    for code, text in data.codebook.variable(name).values.items():
        labels[code_text(code)] = text.fr, text.en, *dict(text.others).values()
    own = [rule for rule in rules.rules if source in rule.reads]
    codes = list(map(code_text, map(as_code, distinct.tolist())))
    read = [_facets_of_answer(code, labels.get(code, ()), source, own) for code in codes]
    frequency = np.bincount(places[places >= 0], minlength=len(read))
    unread, bundled = [], []
    for at in np.argsort(-frequency, kind="stable"):
        if not any(map(itemgetter(0), read[at].values())):
            unread.append(codes[at])
        if read[at]["situation"][0] == BUNDLED:
            bundled.append(codes[at])
    by_facet = {}
    for facet in FACETS:
        by_facet[facet] = [*map(itemgetter(facet), read), _NOTHING]
    return QuestionReading(source, places.astype(np.int64), by_facet, tuple(unread), tuple(bundled))


_NOTHING: Said = ("", "")


def _facets_of_answer(
    code: str, labels: Sequence[str], source: str, rules: Sequence[JobRule]
) -> dict[str, Said]:
    """Return the values of an answer by facet, from its labels if it has any."""
    written = labels or [code]
    texts = [
        normalise_answer(item if source == "words" else _LEFT_OUT.sub(" ", item))
        for item in written
    ]
    facets, fitting, hits = _apply_rules(texts, rules, list(map(normalise_answer, written)))
    if source == "words" and any(is_negated(text, hits) for text in texts):
        return dict.fromkeys(FACETS, _NOTHING)
    for text in written:
        facets = _resolve_parts(
            facets, split_parts(text, source != "words"), fitting, [normalise_answer(text)], rules
        )
    return facets


def _apply_rules(
    texts: Sequence[str], rules: Sequence[JobRule], wholes: Sequence[str] = ()
) -> tuple[dict[str, Said], list[JobRule], list[str]]:
    """Return the values of the first matching rules by facet, all matching rules and words."""
    facets = dict.fromkeys(FACETS, _NOTHING)
    fitting, hits = [], []
    for rule in rules:
        phrases = []
        for phrase in rule.answers:
            searched = [*texts, *wholes] if phrase.startswith("=") else texts
            if _any_with(phrase, searched):
                phrases.append(phrase)
        if not phrases:
            continue
        fitting.append(rule)
        hits += phrases
        for facet in FACETS:
            value = getattr(rule, facet)
            if value and facets[facet] == _NOTHING:
                facets[facet] = value, rule.name
    return facets, fitting, hits


def _resolve_parts(
    facets: dict[str, Said],
    parts: tuple[list[str], list[str]],
    fitting: Sequence[JobRule],
    texts: Sequence[str],
    rules: Sequence[JobRule],
) -> dict[str, Said]:
    """Return the values of an answer whose parts have different ones."""
    heads, inside = parts
    if len(heads) + len(inside) < 2:
        return facets
    entire = next(
        (rule for rule in fitting if reads_whole_answer(rule, texts, [*heads, *inside])), None
    )
    main, detail = ([_apply_rules([part], rules)[0] for part in some] for some in parts)
    resolved = dict(facets)
    for facet in FACETS:
        here = [*main, *detail]
        if facet == "situation" and any(rule[facet][0] for rule in main):
            here = main
        value = agreed_value(facet, [{rule[facet][0]} - {""} for rule in here])
        if entire is not None:
            if value is None:
                resolved[facet] = getattr(entire, facet), entire.name
        elif value is None and facet == "situation":
            return dict.fromkeys(FACETS, _NOTHING) | {facet: (BUNDLED, "")}
        else:
            resolved[facet] = next(
                (rule[facet] for rule in here if value and rule[facet][0] == value), _NOTHING
            )
    return resolved


def read_hours(data: Microdata, name: str, rules: JobRules) -> QuestionReading:
    """Read a number of hours per week."""
    column = data.frame[name]
    try:
        hours = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise ColumnError(
            f"`{name}` holds words, not hours per week.",
            write=f'Write numbers, for example with `data.recode("{name}", amounts={{...}})`.',
        ) from None
    impossible = int(((hours < 0) | (hours > HOURS_IN_A_WEEK)).sum())
    if impossible:
        raise OptionError(
            f"`{name}` is below 0 or above {HOURS_IN_A_WEEK:g} hours per week on "
            f"{counted(impossible, 'row')}.",
            write="Make them missing first, or write them as hours per week.",
        )
    # none, few, too many to contradict part time, full time
    limits = [np.nextafter(0.0, 1.0), rules.contradicts_below, rules.full_time_from]
    kinds = np.where(np.isnan(hours), -1, np.searchsorted(limits, hours, side="right")).astype(
        np.int64
    )
    times = [
        (time, f"hours_{time}") if time else _NOTHING for time in ("", "part", "part", "full", "")
    ]
    works = []
    for time, rule in times:
        works.append(("employed" if time else "", rule))
    by_facet = {"situation": works, "time": times, "contract": [_NOTHING] * len(times)}
    return QuestionReading("hours", kinds, by_facet, hours=hours)


def check_every_answer_read(readings: Sequence[QuestionReading], names: Sequence[str]) -> None:
    """Raise an error for closed answers that no rule reads, or that combine situations."""
    for reading, name in zip(readings, names, strict=True):
        answers = reading.unread or reading.bundled
        if reading.source == "words" or not answers:
            continue
        quoted = [f'"{one}"' for one in answers if is_short(one)][:5]
        more = ", ..." if len(answers) > len(quoted) else ""
        listed = f": {', '.join(quoted)}{more}" if quoted else ", such as text at length"
        many = len(answers) > 1
        what = f"{len(answers)} answer{'s' if many else ''} of `{name}`"
        if reading.unread:
            problem = f"{what} match{'' if many else 'es'} no rule{listed}."
        else:
            problem = f"{what} combine{'' if many else 's'} several situations{listed}."
        raise OptionError(
            problem,
            write="Name the rule for each, one of `print(dl.work.job_rules())`, in "
            "`rules=dl.work.job_rules().with_answers(rule, "
            f"{quoted[0] if quoted else '...'})`, declare as missing what is not an answer, or "
            "write "
            '`unread="drop"`.',
        )


Source: TypeAlias = Literal["status", "contract", "words", "hours"]
Situation: TypeAlias = Literal[
    "employee", "employed", "self_employed", "unemployed", "student", "inactive", "retired",
    "out_of_work", "other", "not_told",
]  # fmt: skip
JobTime: TypeAlias = Literal["full", "part", "none"]
Contract: TypeAlias = Literal["permanent", "fixed_term", "agency", "self_employed", "other", "none"]
Contradictions: TypeAlias = Literal["undecided", "order"]
SOURCES = get_args(Source)
IN_WORDS = SOURCES[:3]
CLASSES = (
    "full_time",
    "part_time",
    "self_employed",
    "unemployed",
    "student",
    "inactive",
    "retired",
)
"""The main job, or the other situation of a respondent."""
WORKING = ("employee", "employed", "self_employed")
CONDITION_SIGNS = WORDS("job_rules.signs")  # the meaning of `*` and `=` in the conditions of rules


def order_in_words(rules: JobRules) -> Text:
    """Return the precedence of sources and the treatment of contradictions in words."""
    sources = _sources_in_words(rules.sources)
    end = "order_decides" if rules.contradictions == "order" else "order_undecided"
    return WORDS("job_rules.order", sources=sources, end=WORDS(f"job_rules.{end}"))


def _sources_in_words(sources: Iterable[str]) -> Text:
    return join_wordings(map(WORDS.section("job_source").__getitem__, sources), ", ")


def rule_in_words(rule: JobRule) -> tuple[Text, Text, Text, Text]:
    """Return a rule in words: name, questions, condition, values."""
    says = join_wordings(
        [WORDS(f"job_{facet}.{value}") for facet in FACETS if (value := getattr(rule, facet))], "; "
    )
    return rule.label, _sources_in_words(rule.reads), Text.same(", ".join(rule.answers)), says


def rules_beyond_words(rules: JobRules) -> list[tuple[Text, Text, Text, Text]]:
    """Return the rules on hours and contradictions in words: name, source, condition, values."""
    limits = {"full": f"{rules.full_time_from:g}", "low": f"{rules.contradicts_below:g}"}
    every, hours = WORDS("job_rules.every_source"), WORDS("job_source.hours")
    works = WORDS("job_situation.employed")
    undecided = rules.contradictions == "undecided"
    against = WORDS("job_rules.stays_undecided" if undecided else "job_rules.first_decides")
    of_hours = ("full_few_hours", "part_many_hours", "job_no_hours")
    of_situations = ("job_unemployed", "full_inactive", "employee_self_employed")
    table = [
        ("denied", WORDS("job_source.words"), WORDS("job_undecided.not_read")),
        ("several", every, WORDS("job_undecided.bundled")),
        ("hours_full", hours, WORDS("job_rules.full_time", works=works)),
        ("hours_part", hours, WORDS("job_rules.part_time", works=works)),
        *((name, every, against) for name in (*of_hours, *of_situations)),
    ]
    when = {}
    for name, _, _ in table:
        if name != "denied":
            when[name] = WORDS(f"job_rules.{name}_when", **limits)
    when["denied"] = Text.same(", ".join(NEGATIONS))
    return [(WORDS(f"job_rules.{name}"), source, when[name], says) for name, source, says in table]


@dataclass(frozen=True)
class JobRule:
    """A rule: the answers that it reads, and their meaning.

    Parameters
    ----------
    name : str
        Name of the rule.
    reads : tuple of {"status", "contract", "words"}
        The questions to which it applies.
    label : Text
        The rule in words.
    answers : tuple of str
        Words to find in an answer, without accents, capitals and punctuation; `*` at the end
        matches longer words too, `=` at the start matches these words only.
    situation, time, contract : str
        Meaning of these answers; empty if they have none of that kind.

    Examples
    --------
    >>> label = Text("à la tâche", "by the task")
    >>> JobRule("gig", ("words",), label, ("uber",), "self_employed").situation
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
    """The rules of `main_job`, in order: the first that matches an answer decides.

    Parameters
    ----------
    rules : tuple of JobRule
        For questions answered in words or codes.
    full_time_from : float
        Hours a week from which hours alone make a full-time job.
    contradicts_below : float
        Hours a week below which they contradict an answer of full time. In between the answer is
        accepted: a contract of 32 hours may be full time.
    contradictions : {"undecided", "order"}
        Contradictory answers leave the job undecided, or the first source decides.
    sources : tuple of {"status", "words", "contract", "hours"}
        Order of precedence of the sources.

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
        full = check_number(
            "full_time_from", self.full_time_from, above=0, high=HOURS_IN_A_WEEK, example=35
        )
        check_number(
            "contradicts_below", self.contradicts_below, above=0, high=full, example=min(30, full)
        )
        check_one_of("contradictions", self.contradictions, Contradictions)
        if sorted(self.sources) != sorted(SOURCES):
            raise OptionError(
                f"{argument('sources', self.sources)} does not name each source once.",
                f"The sources are {', '.join(SOURCES)}.",
                f"Write for example `sources={('status', 'words', 'contract', 'hours')!r}`.",
            )

    def with_answers(self, rule: str, *answers: str) -> JobRules:
        """Return rules that also read these whole answers, as the rule of that name.

        Parameters
        ----------
        rule : str
            Name of a rule.
        *answers : str
            Answers as in the questionnaire; accents and capitals do not matter.

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
        known = {}
        for earlier in reversed(self.rules):
            known[earlier.name] = earlier
        if rule not in known:
            raise OptionError(f"`{rule}` is not the name of a rule.", write=suggestion(rule, known))
        phrases = tuple(f"={text}" for text in map(normalise_answer, map(str, answers)) if text)
        if not phrases:
            raise OptionError(
                f"No answer was passed for the rule `{rule}`.",
                write='Write for example `with_answers("unemployed", "sans travail")`.',
            )
        return replace(
            self, rules=(replace(known[rule], reads=IN_WORDS, answers=phrases), *self.rules)
        )

    def with_rule(self, rule: JobRule) -> JobRules:
        """Return rules with this one first."""
        return replace(self, rules=(rule, *self.rules))

    def listed(self, language: str = "en") -> pd.DataFrame:
        """Return the rules as a table in words: questions, condition, values.

        Parameters
        ----------
        language : {"fr", "en"}
        """
        check_language(language)
        every = [*map(rule_in_words, self.rules), *rules_beyond_words(self)]
        rows = []
        for at, texts in enumerate(every, 1):
            rows.append([str(at), *in_words(texts, language)])
        return pd.DataFrame(rows, columns=["place", "rule", "reads", "condition", "says"])

    def _shown(self) -> tuple[pd.DataFrame, str, list[str], list[str]]:
        return self.listed(), "en", [], [order_in_words(self).en, CONDITION_SIGNS.en]


def job_rules(
    *,
    full_time_from: float = 35.0,
    contradicts_below: float = 30.0,
    contradictions: Contradictions = "undecided",
) -> JobRules:
    """Return the rules by which `main_job` reads answers, to print or to change them.

    Parameters
    ----------
    full_time_from : float
        Hours a week from which hours alone make a full-time job (35 in France and in the United
        States; 30 for the OECD: van Bastelaer, Lemaître and Marianna 1997).
    contradicts_below : float
        Hours a week under which they contradict an answer of full time.
    contradictions : {"undecided", "order"}
        Contradictory answers leave the job undecided, or the first source decides.

    Returns
    -------
    JobRules
        `print(dl.work.job_rules())`, `dl.table(dl.work.job_rules(), language="fr")`.

    Raises
    ------
    OptionError
        Where the hours are not hours of a week, or `contradictions` is not one of its words.

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
        JobRule(
            name,
            tuple(entry.pop("reads")),
            Text(**entry.pop("label")),
            tuple(entry.pop("answers")),
            **entry,
        )
        for name, entry in tomllib.loads(text)["rules"].items()
    )
