"""The notes below a table or figure: reading, coverage, source, and rules in force."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal, Self, TypeAlias

from diplab.checks import argument
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.microdata.missing import reason_words
from diplab.presentation.labels import (
    clause_of,
    combined_words,
    condition_columns,
    merged_labels,
    value_label,
    variable_label,
    variable_labels,
)
from diplab.presentation.language import (
    both,
    capital,
    colon,
    filled_term,
    headed,
    number,
    rule,
    semicolon,
    term,
    terms,
    value_in_words,
    whole_percent,
    wording,
    words,
)
from diplab.presentation.numbers import form_of
from diplab.presentation.size_words import capture_model_in_words, model_in_words, small_warning
from diplab.public_names import explained
from diplab.reference.parameter import unit_in_words
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text, Words
from diplab.results.estimates import (
    Complement,
    Crossings,
    Estimates,
    Provenance,
    RuleValues,
    listed_texts,
)
from diplab.results.regression import CrossedQuantiles

_SECRECY = Words("diplab.disclosure")


@explained("", "Notes have")
@dataclass(frozen=True, kw_only=True)
class Notes:
    """The notes of a table or a figure, so that its numbers cannot be misread.

    Parameters
    ----------
    unit : Text
        Unit, printed under the title (`en %`).
    note : Text
        Conventions, breaks, rounding.
    reading : Text or mapping
        A sentence that reads one number in full, with its population and date (*Lecture*). Or the
        position of the number in the result, from which the sentence is made in both languages:
        `{"sex": "f", "category": "permanent"}`.
    coverage : Text
        The population covered (*Champ*).
    source : Text
        Producer, survey, year; then whose calculations.
    synthetic : bool
        True if any input is synthetic: the note then states it.

    Examples
    --------
    >>> notes = Notes(coverage=Text("France, 2019", "France, 2019"), synthetic=True)
    >>> for label, content in notes.lines("en"):
    ...     print(f"{label}: {content}")
    Note: Synthetic data: no one gave these answers.
    Coverage: France, 2019
    """

    unit: Text = NOTHING
    note: Text = NOTHING
    reading: Text | Mapping[str, Any] = NOTHING
    coverage: Text = NOTHING
    source: Text = NOTHING
    synthetic: bool = False

    def __post_init__(self) -> None:
        for name in ("unit", "note", "reading", "coverage", "source"):
            given: object = getattr(self, name)
            if isinstance(given, str):
                # a text in one language is used in both
                object.__setattr__(self, name, Text.same(given))
            elif not isinstance(given, Text) and not (
                name == "reading" and isinstance(given, Mapping)
            ):
                raise OptionError(
                    f"{argument(name, given)} is not a text.",
                    f"It is of type {type(given).__name__}.",
                    f'Write words, `{name}="..."`, or both languages, `{name}=dl.Text("...", '
                    '"...")`.',
                )

    def covered(self, language: Language) -> str:
        """Return the population covered, as printed."""
        return words(self.coverage, language)

    def read(self, language: Language) -> str:
        """Return the reading sentence, as printed."""
        if isinstance(self.reading, Mapping):
            raise OptionError(
                "`reading` names a number, but numbers have no names here.",
                "It can name numbers of estimates and crosstabs.",
                "Write the sentence: `reading=dl.Text('...', '...')`.",
            )
        return words(self.reading, language)

    def lines(self, language: Language) -> tuple[tuple[str, str], ...]:
        """Return the lines below a table or figure, (label, content), in the official order.

        Note, *Lecture*, *Champ*, *Source*; empty ones are omitted.
        """
        note = words(self.note, language)
        if self.synthetic:
            note = " ".join(filter(None, (term("sentence.synthetic", language), note)))
        parts = (
            ("note", note),
            ("reading", self.read(language)),
            ("coverage", self.covered(language)),
            ("source", words(self.source, language)),
        )
        return tuple(_headed(dict(parts), language))


def noted(notes: Notes, sentence: Text) -> Notes:
    """Return notes with a sentence after their note."""
    return replace(notes, note=join_wordings((notes.note, sentence), " "))


Rules: TypeAlias = Literal["full", "short", "none"]
"""How many rules are printed."""
OF_WHOM = ("universe", "where")
STANDARDS = ("standard", "own_standard", "estimated_standard")
UNEVEN = ("kish_deff", "largest_weight")
LINE = ("threshold", "threshold_unit", "fraction", "threshold_on")
FIRST = (
    "model",
    "formula",
    "references",
    "scale",
    "contrast",
    *STANDARDS,
    "shares",
    "responses",
    "score",
)


class Clauses(str):
    """A printed note with its clauses or sentences, which several tables may share."""

    clauses: tuple[str, ...]
    between: str

    def __new__(cls, clauses: Iterable[str], between: str = " ") -> Self:
        """Join the clauses that are not empty."""
        kept = tuple(filter(None, clauses))
        made = super().__new__(cls, between.join(kept))
        made.clauses, made.between = kept, between
        return made


def merged_notes(several: Iterable[Iterable[tuple[str, str]]]) -> dict[str, Clauses]:
    """Return the notes of several tables by label, each clause once."""
    said: dict[str, dict[str, None]] = {}
    between: dict[str, str] = {}
    for label, content in chain.from_iterable(several):
        clauses: tuple[str, ...] = (content,)
        if isinstance(content, Clauses):
            clauses, between[label] = content.clauses, content.between
        known = said.setdefault(label, {})
        # the version of the program, the last rule, remains the last
        known.pop(clauses[-1], None)
        known.update(dict.fromkeys(clauses))
    return {label: Clauses(clauses, between.get(label, " ")) for label, clauses in said.items()}


def conventions(
    provenance: Provenance,
    language: Language,
    notes: Notes | None = None,
    remarks: tuple[str, ...] = (),
    labels: Codebook | None = None,
    *,
    length: Rules = "full",
    also: Sequence[str] = (),
    heads: Mapping[str, str] = MappingProxyType({}),
) -> tuple[tuple[str, str], ...]:
    """Return the lines below a result: note, reading, coverage, source, rules, missing values.

    Lines have their terms as heads, or the `heads` given.
    """
    between = semicolon(language)
    told = _rules_told(provenance, length, also)
    rules = [rule_in_words(name, value, language, labels) for name, value in told]
    status = wording("status", provenance.status, language)
    if length != "full" and provenance.status == "estimated":
        status = ""
    given = notes or Notes()
    parts = {
        "note": Clauses(_cautions(provenance, language, given, remarks)),
        "reading": given.read(language),
        "coverage": _covered(provenance, language, given, labels),
        "source": words(given.source or provenance.source, language),
        "status": status,
        "rules": Clauses(rules, between),
        "disclosure": disclosure_in_words(provenance, language),
        "missing": Clauses(_missing(provenance, language, labels), between),
        "assumptions": Clauses(_worded(provenance.assumptions, language)),
    }
    return tuple(_headed(parts, language, heads))


def _headed(
    parts: Mapping[str, str], language: Language, heads: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[str, str]]:
    """Return the lines that are not empty, after their heads."""
    for name, content in parts.items():
        if content:
            yield heads.get(name) or term(f"note.{name}", language), content


def _worded(texts: Iterable[Text | str], language: Language) -> list[str]:
    return [words(text, language) for text in texts]


AS_VARIABLES = ("where", "universe", "classes", "event", "late_entry", "replicate_order")
"""Rules that are a column, a condition or an expression."""
IN_FULL = (
    # the title, the heads, the terms or the coverage of a table say these already
    *("model", "formula", "shares", "confidence"),
    # without these, its numbers do not mislead
    *("df", "interval", "deff", "quantile_rule", "quadratic_form", "nest", "lonely_psu"),
    *("lonely_psu_domain", "replicates", "replicate_rows", "replicate_order"),
    *("replicate_centre", "replicate_split", "replicate_softening", "replicates_left_out"),
    *("seed", "seeds", "engine", "people_per_respondent", "phases", "diplab", "area_replicates"),
)
"""Rules that short notes leave out."""
USUAL = {"na": "drop", "variance": "linearised"}
"""Rules that short notes leave out where they say this; missing answers have their own line."""


def _rules_told(
    provenance: Provenance, length: Rules, also: Sequence[str]
) -> list[tuple[str, Any]]:
    """Return the rules to print: all, those without which numbers mislead, or none."""
    if length == "none":
        return []
    left_out = {*OF_WHOM}
    if length == "short":
        usual = [name for name, _ in USUAL.items() & provenance.rules.items()]
        left_out |= {*IN_FULL, *usual} - {*also}
    return [rule for rule in _rules_in_force(provenance) if rule[0] not in left_out]


def disclosure_in_words(
    provenance: Provenance, language: Language, *, guarantee: bool = True
) -> str:
    """Return the disclosure profile of a result: thresholds, method and guarantees."""
    record, between = provenance.disclosure, semicolon(language)
    if not record:
        return ""
    profile = record["profile"]
    if "secondary" not in record:
        reason = words(record["reason"], language)
        return f"{words(_SECRECY('profile.none'), language)}{colon(language)}{reason}"

    def phrase(key: str, *values: float | str) -> str:
        shown = list(values)
        for at, value in enumerate(values):
            if not isinstance(value, str):
                shown[at] = number(value, language, int(value % 1 > 0))
        return words(_SECRECY(key), language).format(*shown)

    def thresholds(*names: str) -> list[str]:
        return [phrase(f"profile.{name}", profile[name]) for name in names if name in profile]

    said = [
        phrase("profile.name", profile["name"]),
        phrase(f"profile.{profile['counted']}", profile["minimum"]),
    ]
    if "dominance" in profile:
        count, share = profile["dominance"]
        said.append(phrase("profile.dominance", count, whole_percent(share, language)))
    said += thresholds("p_percent", "rounding")
    if not profile["prints_n"]:
        said.append(phrase("profile.without_n"))
    if not guarantee:
        return between.join(said)
    said += thresholds("flagged_below", "rse_flagged", "rse_hidden")
    if record["secondary"]["method"] != "none":
        said.append(phrase(f"method.{record['secondary']['method']}"))
    short = "short.rounded" if profile.get("rounding") else "short.hidden"
    return f"{between.join(said)}. {words(_SECRECY(short), language)}"


def _profile_sentence(provenance: Provenance, language: Language) -> str:
    """Return the profile of a published result as a sentence; empty if it is not published."""
    said = disclosure_in_words(provenance, language, guarantee=False)
    if not said:
        return ""
    return f"{headed(term('note.disclosure', language), said, language)}."


def domain_words(provenance: Provenance, language: Language, labels: Codebook | None = None) -> str:
    """Return the universe and the domain of a result in words; empty for all rows of the file."""
    conditions = [
        clause_of(str(provenance.rules[name]), labels, language)
        for name in OF_WHOM
        if name in provenance.rules
    ]
    if not conditions:
        return ""
    return filled_term("title.domain", language, condition=semicolon(language).join(conditions))


def _covered(
    provenance: Provenance, language: Language, notes: Notes, labels: Codebook | None
) -> str:
    """Return the population covered, then the domain."""
    base = words(notes.coverage or provenance.base, language)
    return _with_domain(base, domain_words(provenance, language, labels), language)


def _with_domain(coverage: str, domain: str, language: Language) -> str:
    if not coverage or not domain:
        return coverage or domain
    if coverage.endswith("."):
        return f"{coverage} {capital(domain)}"
    return f"{coverage}{semicolon(language)}{domain}"


def sentences_of_rules(
    provenance: Provenance,
    language: Language,
    labels: Codebook | None = None,
    *,
    tests: bool = False,
) -> str:
    """Return the rules without which numbers mislead, such as the poverty line and scores."""
    # `tests` are about p-values, which a figure does not show
    rules, sentences = _values_of_rules(provenance), []
    # if rows have several lines, each row names its own
    several = "fraction" in rules and (
        "threshold" in rules or len(provenance.values_of("fraction")) > 1
    )
    for names in (
        () if several else LINE,
        ("scores",),
        ("times",),
        ("null",) if tests else (),
        UNEVEN,
    ):
        said = [
            rule_in_words(name, rules[name], language, labels) for name in names if name in rules
        ]
        sentences += [f"{capital(item)}." for item in [semicolon(language).join(said)] if item]
    return " ".join(sentences)


def synthetic(provenance: Provenance, notes: Notes | None = None) -> bool:
    """Return whether any input of a result is synthetic."""
    return (
        provenance.synthetic or provenance.status == "synthetic" or bool(notes and notes.synthetic)
    )


def indicative_warning(provenance: Provenance, language: Language) -> str:
    """Return why intervals are indicative: a non-random or respondent-driven sample."""
    if not provenance.indicative:
        return ""
    if provenance.recruited:
        return term("sentence.recruited", language)
    return term("sentence.indicative", language)


def _rules_in_force(provenance: Provenance) -> list[tuple[str, Any]]:
    """Return the rules of a result: the statistic first, the version of the program last."""
    rules = _values_of_rules(provenance)
    for name in provenance.of_each.keys() & rules.keys():
        rules[name] = OfEach(provenance.of_each[name])
    if provenance.references:
        rules["references"] = provenance.references
    if provenance.expected_shares:
        rules["expected"] = provenance.expected_shares
    # the profile has its own line
    rules.pop("disclosure", None)
    # if lonely units raise an error, a result has none
    if rules.get("lonely_psu") == "fail":
        del rules["lonely_psu"]
    if rules.get("df") == "design" and "variance" not in provenance.of_each:
        if "replicates" not in rules:
            rules["df"] = "units"
        elif "seed" in rules:
            rules["df"] = "made replicates"
        else:
            rules["df"] = "replicates"
    ordered = {name: rules.pop(name) for name in FIRST if name in rules}
    version = {name: rules.pop(name) for name in ("diplab",) if name in rules}
    return [*(ordered | rules | version).items()]


@dataclass(frozen=True)
class OfEach:
    """A rule that compared results do not share, by result; empty if one has none."""

    values: tuple[str | RuleValues, ...]


def _values_of_rules(provenance: Provenance) -> dict[str, Any]:
    """Return the rules in force, as text, as columns or as typed values."""
    rules: dict[str, Any] = dict(provenance.rules)
    for name in provenance.columns.keys() & rules.keys():
        rules[name] = provenance.columns[name]
    return {**rules, **provenance.values}


def crossings_in_words(crossings: Crossings, labels: Codebook | None, language: Language) -> str:
    """Return lists of columns by their labels."""
    return ", ".join(" × ".join(variable_labels(one, labels, language)) for one in crossings)


def _cautions(
    provenance: Provenance, language: Language, notes: Notes, remarks: tuple[str, ...]
) -> Iterator[str]:
    if synthetic(provenance, notes):
        yield term("sentence.synthetic", language)
    yield indicative_warning(provenance, language)
    if provenance.nested:
        yield term("sentence.nested", language)
    yield from _worded(provenance.notices, language)
    yield from remarks
    yield words(notes.note, language)


def _missing(provenance: Provenance, language: Language, labels: Codebook | None) -> list[str]:
    lines = []
    for name, count in provenance.missing.items():
        variable = (labels or Codebook()).variables.get(name)
        why = []
        for reason, item in provenance.reasons.get(name, {}).items():
            said = words(reason_words(variable, reason), language)
            why.append(f"{said} {number(item, language)}")
        who = _missing_variables(provenance, name, labels, language)
        line = headed(who, number(count, language), language)
        if why:
            line += f" ({', '.join(why)})"
        if count:
            lines.append(line)
    return lines


def _missing_variables(
    provenance: Provenance, name: str, labels: Codebook | None, language: Language
) -> str:
    """Return the label of what has missing answers, or those of several that go together."""
    worded = partial(_variable_names, labels=labels, language=language)
    combined = provenance.combined.get(name)
    if combined is None:
        return worded(name)
    return combined_words(combined, worded)


def _variable_names(name: str, labels: Codebook | None, language: Language) -> str:
    """Return the label of a variable, or those of the columns of a condition."""
    # respondents without an answer are not compared
    if labels is not None and name in labels:
        return variable_label(name, labels, language)
    columns = condition_columns(name, labels) or [name]
    return ", ".join(variable_labels(columns, labels, language))


def rule_in_words(name: str, value: Any, language: Language, labels: Codebook | None) -> str:
    """Return a rule in words, the variables that it names by their labels."""
    if isinstance(value, OfEach):
        said = []
        for position, of_one in enumerate(value.values, 1):
            if of_one:
                sample = filled_term("word.sample", language, value=str(position))
                said.append(f"{rule_in_words(name, of_one, language, labels)} ({sample})")
        return ", ".join(said)
    if name == "references":
        pairs = [
            f"{variable_label(variable, labels, language)} = "
            f"{value_label(variable, code, labels, language)}"
            for variable, code in value.items()
        ]
        return filled_term("rule.references", language, value=", ".join(pairs))
    if name == "expected":
        shares = []
        for variable, by_code in value.items():
            for code, share in by_code.items():
                answer = value_label(variable, code, labels, language)
                shares.append(f"{answer}{NO_BREAK}{whole_percent(share, language)}")
        return filled_term("rule.expected", language, value=", ".join(shares))
    if not isinstance(value, str | Mapping):
        value = crossings_in_words(value, labels, language)
        return filled_term(f"rule.{name}", language, value=value)
    if isinstance(value, Mapping):
        return rule(name, _values_in_words(name, value, language, labels), language)
    if name == "threshold":
        value = _variable_names(value, labels, language)
    if name in AS_VARIABLES:
        value = variable_label(value, labels, language)
    return rule(name, value, language)


def _values_in_words(
    name: str, values: RuleValues, language: Language, labels: Codebook | None
) -> str | RuleValues:
    """Return the values of a rule, those that are names by what the names mean."""
    texts = list(values)
    if name == "capture_model":
        if len(values) > 1:
            return "each"
        model, heterogeneity = values[texts[0]]
        return capture_model_in_words(model, heterogeneity, language)
    if name == "lists":
        return {text: f"{position} = {text}" for position, text in enumerate(texts, 1)}
    if name == "threshold_unit" and f"rule.{name}={listed_texts(texts)}" in terms():
        return values

    def worded(text: str, value: Any) -> Any:
        match name:
            case "terms":
                return model_in_words(value, language)
            case "threshold_unit":
                return words(unit_in_words(text), language)
            case "crossing":
                return _crossing_in_words(value, language, labels)
            case "threshold" if isinstance(value, str):
                # a line that is not a number is a column, or an expression of columns
                return _variable_names(value, labels, language)
        if name in AS_VARIABLES:
            return variable_label(text, labels, language)
        return value

    return {text: worded(text, value) for text, value in values.items()}


def _crossing_in_words(
    crossed: CrossedQuantiles, language: Language, labels: Codebook | None
) -> str:
    """Return two quantiles that cross: their orders, for how many, and for whom by most."""
    worded = partial(value_in_words, language=language)
    who = []
    for name, code in crossed.who:
        answer = value_label(name, code, labels, language)
        if isinstance(code, float):
            answer = worded(code)
        who.append(f"{_variable_names(name, labels, language)} = {answer}")
    return (
        f"{worded(crossed.low)} > {worded(crossed.high)} "
        f"({worded(crossed.rows)} / {worded(crossed.of_rows)}{semicolon(language)}{', '.join(who)})"
    )


@dataclass(frozen=True, kw_only=True)
class ChartNotes(Notes):
    """Notes that name the domain, as a chart has no line of rules."""

    domain: Text = NOTHING

    def covered(self, language: Language) -> str:
        """Return the population covered as printed, then the domain as the analyst wrote it."""
        return _with_domain(super().covered(language), self.domain.in_(language), language)


def notes_of_chart(
    estimates: Estimates,
    notes: Notes | None,
    labels: Codebook | None,
    *,
    remarks: Text = NOTHING,
    small: bool,
    intervals: bool = True,
) -> ChartNotes:
    """Return the notes of a chart: those of the author, completed from the provenance."""
    own, provenance = notes or Notes(), estimates.provenance
    book = merged_labels(labels, estimates.codebook)
    cautions = (
        both(indicative_warning, provenance) if intervals else NOTHING,
        both(bases_sentence, estimates),
        both(small_warning, estimates) if small else NOTHING,
        remarks,
        *(both(words, notice) for notice in provenance.notices),
        # a poverty rate requires its line, and a mean of scores its assumption
        both(sentences_of_rules, provenance, labels=book),
        both(_profile_sentence, provenance),
        own.note,
    )
    return ChartNotes(
        reading=own.reading,
        coverage=own.coverage or provenance.base,
        source=own.source or provenance.source,
        note=join_wordings(cautions, " "),
        unit=own.unit,
        synthetic=synthetic(provenance, notes),
        domain=both(domain_words, provenance, labels=book),
    )


WIDE = (
    "everyone",
    "at_least",
    "at_most",
    "wide",
)  # rows of the widest base: a point, or two bounds
NARROWER = ("narrow", "permanent", "employees", "employed", "known")
"""Rows of a narrower base, the one most often quoted first."""


def bases_sentence(estimates: Estimates, language: Language) -> str:
    """Return the bases to quote with a share; empty for results of one base."""
    if not isinstance(estimates, Complement):
        return ""
    categories = list(map(str, estimates.frame["category"]))
    rows = dict(zip(categories, range(len(categories)), strict=True))
    narrow = [name for name in NARROWER if name in rows][:1]
    wide = [name for name in WIDE if name in rows]
    if not narrow or not wide:
        return ""
    left_out = f" {term('sentence.bases_known', language)}" * ("at_least" in rows)
    if estimates.by:
        return term("sentence.of_whom_by_domain", language) + left_out
    # two values already state that the bounds are of all respondents
    whole = "everyone" if wide[0] == "at_least" else wide[0]
    values = {
        "narrow": _share_or_range(estimates, map(rows.__getitem__, narrow), language),
        "wide": _share_or_range(estimates, map(rows.__getitem__, wide), language),
        "narrow_base": words(estimates.bases[narrow[0]], language),
        "wide_base": words(estimates.bases[whole], language),
    }
    return filled_term("sentence.of_whom", language, **values) + left_out


def _share_or_range(estimates: Estimates, places: Iterable[int], language: Language) -> str:
    """Return a share, or its lowest and highest value."""
    form = form_of(estimates.description_of("share"), estimates.frame)
    numbers = estimates.frame[["estimate", "ci_low", "ci_high"]].iloc[list(places)].astype(float)
    # bounds are of rows without a point
    numbers.loc[numbers["estimate"].notna(), ["ci_low", "ci_high"]] = math.nan
    return form.range(float(numbers.min().min()), float(numbers.max().max()), language)
