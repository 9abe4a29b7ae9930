"""The notes below a table or figure: reading, coverage, source, and rules in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
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
)
from diplab.presentation.language import (
    both,
    capital,
    colon,
    filled_term,
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
from diplab.presentation.numbers import form_of, known
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
        return tuple(
            (term(f"note.{label}", language), content) for label, content in parts if content
        )


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
    for label, content in (note for notes in several for note in notes):
        clauses = content.clauses if isinstance(content, Clauses) else (content,)
        if isinstance(content, Clauses):
            between[label] = content.between
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
) -> tuple[tuple[str, str], ...]:
    """Return the lines below a result: note, reading, coverage, source, rules, missing values."""
    between = semicolon(language)
    rules = [
        rule_in_words(name, value, language, labels)
        for name, value in _rules_told(provenance, length, also)
    ]
    status = wording("status", provenance.status, language)
    if length != "full" and provenance.status == "estimated":
        status = ""
    parts = {
        "note": Clauses(_cautions(provenance, language, notes, remarks)),
        "reading": notes.read(language) if notes else "",
        "coverage": _covered(provenance, language, notes, labels),
        "source": words((notes.source if notes else None) or provenance.source, language),
        "status": status,
        "rules": Clauses(rules, between),
        "disclosure": disclosure_in_words(provenance, language),
        "missing": Clauses(_missing(provenance, language, labels), between),
        "assumptions": Clauses(
            words(assumption, language) for assumption in provenance.assumptions
        ),
    }
    return tuple(
        (term(f"note.{name}", language), content) for name, content in parts.items() if content
    )


AS_VARIABLES = ("where", "universe", "classes", "event", "late_entry", "replicate_order")
"""Rules that are a column, a condition or an expression."""
IN_FULL = (
    # the title, the heads, the terms or the coverage of a table say these already
    *("model", "formula", "shares", "confidence"),
    # without these, its numbers do not mislead
    *("df", "interval", "deff", "quantile_rule", "quadratic_form", "nest", "lonely_psu"),
    *("lonely_psu_domain", "replicates", "replicate_rows", "replicate_order"),
    *("replicate_centre", "replicate_split", "replicate_softening", "replicates_left_out"),
    *("seed", "seeds", "engine", "people_per_respondent", "phases", "diplab"),
)
"""Rules that short notes leave out."""
USUAL = {"na": "drop", "variance": "linearised"}
"""Rules that short notes leave out where they say this; missing answers have their own line."""


def _rules_told(
    provenance: Provenance, length: Rules, also: Sequence[str]
) -> list[tuple[str, Any]]:
    """Return the rules to print: all, those without which numbers mislead, or none."""
    left_out = {*OF_WHOM}
    if length == "short":
        usual = {name for name, value in USUAL.items() if provenance.rules.get(name) == value}
        left_out |= {*IN_FULL, *usual} - {*also}
    told = [] if length == "none" else _rules_in_force(provenance)
    return [rule for rule in told if rule[0] not in left_out]


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
        shown = [
            value if isinstance(value, str) else number(value, language, int(value % 1 > 0))
            for value in values
        ]
        return words(_SECRECY(key), language).format(*shown)

    said = [
        phrase("profile.name", profile["name"]),
        phrase(f"profile.{profile['counted']}", profile["minimum"]),
    ]
    if "dominance" in profile:
        count, share = profile["dominance"]
        said.append(phrase("profile.dominance", count, whole_percent(share, language)))
    said += [
        phrase(f"profile.{name}", profile[name])
        for name in ("p_percent", "rounding")
        if name in profile
    ]
    if not profile["prints_n"]:
        said.append(phrase("profile.without_n"))
    if not guarantee:
        return between.join(said)
    classes = ("flagged_below", "rse_flagged", "rse_hidden")
    said += [phrase(f"profile.{name}", profile[name]) for name in classes if name in profile]
    if record["secondary"]["method"] != "none":
        said.append(phrase(f"method.{record['secondary']['method']}"))
    short = "short.rounded" if profile.get("rounding") else "short.hidden"
    return f"{between.join(said)}. {words(_SECRECY(short), language)}"


def _profile_sentence(provenance: Provenance, language: Language) -> str:
    """Return the profile of a published result as a sentence; empty if it is not published."""
    said = disclosure_in_words(provenance, language, guarantee=False)
    return f"{term('note.disclosure', language)}{colon(language)}{said}." if said else ""


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
    provenance: Provenance, language: Language, notes: Notes | None, labels: Codebook | None
) -> str:
    """Return the population covered, then the domain."""
    base = words((notes.coverage if notes else None) or provenance.base, language)
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
    why = "recruited" if provenance.recruited else "indicative"
    return term(f"sentence.{why}", language) if provenance.indicative else ""


def _rules_in_force(provenance: Provenance) -> list[tuple[str, Any]]:
    """Return the rules of a result: the statistic first, the version of the program last."""
    place = {name: at for at, name in enumerate(FIRST)} | {"diplab": len(FIRST) + 1}
    rules = _values_of_rules(provenance)
    rules |= {name: OfEach(values) for name, values in provenance.of_each.items() if name in rules}
    if provenance.references:
        rules["references"] = provenance.references
    if provenance.expected_shares:
        rules["expected"] = provenance.expected_shares
    # the profile has its own line
    rules.pop("disclosure", None)
    # if lonely units raise an error, a result has none
    if rules.get("lonely_psu") == "fail":
        del rules["lonely_psu"]
    if rules.get("df") == "design":
        if "variance" in provenance.of_each:
            rules["df"] = "design"
        elif "replicates" not in rules:
            rules["df"] = "units"
        else:
            rules["df"] = "made replicates" if "seed" in rules else "replicates"
    return sorted(rules.items(), key=lambda item: place.get(item[0], len(FIRST)))


@dataclass(frozen=True)
class OfEach:
    """A rule that compared results do not share, by result; empty if one has none."""

    values: tuple[str | RuleValues, ...]


def _values_of_rules(provenance: Provenance) -> dict[str, Any]:
    """Return the rules in force, as text, as columns or as typed values."""
    columns = {
        rule: named for rule, named in provenance.columns.items() if rule in provenance.rules
    }
    return {**provenance.rules, **columns, **provenance.values}


def crossings_in_words(crossings: Crossings, labels: Codebook | None, language: Language) -> str:
    """Return lists of columns by their labels."""
    return ", ".join(
        " × ".join(variable_label(item, labels, language) for item in one) for one in crossings
    )


def _cautions(
    provenance: Provenance, language: Language, notes: Notes | None, remarks: tuple[str, ...]
) -> list[str]:
    cautions = (
        term("sentence.synthetic", language) if synthetic(provenance, notes) else "",
        indicative_warning(provenance, language),
        term("sentence.nested", language) if provenance.nested else "",
        *(words(notice, language) for notice in provenance.notices),
        *remarks,
        words(notes.note, language) if notes else "",
    )
    return list(filter(None, cautions))


def _missing(provenance: Provenance, language: Language, labels: Codebook | None) -> list[str]:
    lines = []
    for name, count in provenance.missing.items():
        own = labels.variables.get(name) if labels is not None else None
        why = ", ".join(
            f"{words(reason_words(own, reason), language)} {number(item, language)}"
            for reason, item in provenance.reasons.get(name, {}).items()
        )
        line = (
            f"{_missing_variables(provenance, name, labels, language)}{colon(language)}"
            f"{number(count, language)}"
        )
        if why:
            line += f" ({why})"
        if count:
            lines.append(line)
    return lines


def _missing_variables(
    provenance: Provenance, name: str, labels: Codebook | None, language: Language
) -> str:
    """Return the label of what has missing answers, or those of several that go together."""
    worded = partial(_variable_names, labels=labels, language=language)
    combined = provenance.combined.get(name)
    return worded(name) if combined is None else combined_words(combined, worded)


def _variable_names(name: str, labels: Codebook | None, language: Language) -> str:
    """Return the label of a variable, or those of the columns of a condition."""
    # respondents without an answer are not compared
    columns = [] if labels is not None and name in labels else condition_columns(name, labels)
    return ", ".join(variable_label(column, labels, language) for column in columns or [name])


def rule_in_words(name: str, value: Any, language: Language, labels: Codebook | None) -> str:
    """Return a rule in words, the variables that it names by their labels."""
    if isinstance(value, OfEach):
        sample = term("word.sample", language)
        said = [
            f"{rule_in_words(name, own, language, labels)} "
            f"({sample.replace('{value}', str(position))})"
            for position, own in enumerate(value.values, 1)
            if own
        ]
        return ", ".join(said)
    if name == "references":
        pairs = [
            f"{variable_label(variable, labels, language)} = "
            f"{value_label(variable, code, labels, language)}"
            for variable, code in value.items()
        ]
        return filled_term("rule.references", language, value=", ".join(pairs))
    if name == "expected":
        shares = [
            value_label(variable, code, labels, language)
            + NO_BREAK
            + whole_percent(share, language)
            for variable, by_code in value.items()
            for code, share in by_code.items()
        ]
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
    if name == "terms":
        return {text: model_in_words(model, language) for text, model in values.items()}
    if name == "lists":
        return {text: f"{position} = {text}" for position, text in enumerate(texts, 1)}
    if name == "threshold_unit" and f"rule.{name}={listed_texts(texts)}" not in terms():
        return {text: words(unit_in_words(text), language) for text in texts}
    if name == "crossing":
        return {text: _crossing_in_words(value, language, labels) for text, value in values.items()}
    if name in AS_VARIABLES:
        return {text: variable_label(text, labels, language) for text in texts}
    if name == "threshold":
        # a line that is not a number is a column, or an expression of columns
        return {
            text: _variable_names(value, labels, language) if isinstance(value, str) else value
            for text, value in values.items()
        }
    return values


def _crossing_in_words(
    crossed: CrossedQuantiles, language: Language, labels: Codebook | None
) -> str:
    """Return two quantiles that cross: their orders, for how many, and for whom by most."""
    low, high, *counts = (
        value_in_words(item, language)
        for item in (crossed.low, crossed.high, crossed.rows, crossed.of_rows)
    )
    who = (
        f"{_variable_names(name, labels, language)} = "
        + (
            value_in_words(code, language)
            if isinstance(code, float)
            else value_label(name, code, labels, language)
        )
        for name, code in crossed.who
    )
    return f"{low} > {high} ({' / '.join(counts)}{semicolon(language)}{', '.join(who)})"


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
    rows = {
        str(category): position for position, category in enumerate(estimates.frame["category"])
    }
    narrow = next((name for name in NARROWER if name in rows), None)
    wide = [name for name in WIDE if name in rows]
    if narrow is None or not wide:
        return ""
    left_out = f" {term('sentence.bases_known', language)}" if "at_least" in rows else ""
    if estimates.by:
        return term("sentence.of_whom_by_domain", language) + left_out
    everybody = words(estimates.bases[wide[0]], language)
    values = {
        "narrow": _share_or_range(estimates, [rows[narrow]], language),
        "wide": _share_or_range(estimates, [rows[name] for name in wide], language),
        "narrow_base": words(estimates.bases[narrow], language),
        # two values already state that the bounds are of all respondents
        "wide_base": everybody.partition(" (")[0] if wide[0] == "at_least" else everybody,
    }
    return filled_term("sentence.of_whom", language, **values) + left_out


def _share_or_range(estimates: Estimates, places: list[int], language: Language) -> str:
    """Return a share, or its lowest and highest value."""
    frame = estimates.frame
    form = form_of(estimates.description_of("share"), frame)
    columns = ("estimate", "ci_low", "ci_high")
    numbers = [
        known(frame[name].iloc[place])
        for place in places
        for name in (columns if known(frame["estimate"].iloc[place]) is None else columns[:1])
    ]
    values = [item for item in numbers if item is not None]
    return form.range(min(values), max(values), language)
