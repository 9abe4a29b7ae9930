"""What is said below a result: base, source, status and the rules in force, from its provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.microdata.missing import reason_words
from diplab.presentation.condition_words import named_in
from diplab.presentation.expected_shares import expected_in_words
from diplab.presentation.expression_words import formula_in_words
from diplab.presentation.labels import outcome_label, variable_label
from diplab.presentation.language import MINUS, number
from diplab.presentation.punctuation import NARROW, colon, words
from diplab.presentation.size_words import capture_model_in_words, model_in_words
from diplab.presentation.terms import rule, term, wording

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.reference.text import Language
    from diplab.results.provenance import Provenance

__all__ = ["conventions", "indicative_said", "line_said", "of_whom", "rule_in_words", "synthetic"]

OF_WHOM = ("universe", "where")
LINE = ("threshold", "threshold_unit", "fraction", "threshold_on")
FIRST = ("model", "formula", "references", "scale", "contrast", "shares", "responses", "score")


def conventions(
    provenance: Provenance,
    language: Language,
    notes: Notes | None = None,
    remarks: tuple[str, ...] = (),
    labels: Codebook | None = None,
) -> tuple[tuple[str, str], ...]:
    """Return the lines below a result: note, reading, coverage, source, status, rules, missing values.

    Parameters
    ----------
    provenance : Provenance
        The record that travelled with the result.
    language : {"fr", "en"}
        Language of the reader.
    notes : Notes, optional
        Words of the author; they come before the provenance's own base and source.
    remarks : tuple of str
        Sentences for the note, about what the table shows (small bases, bounds).
    labels : Codebook, optional
        Labels of the variables that are named.

    Returns
    -------
    tuple of (str, str)
        Label and content of each line; lines with nothing to say are left out.

    Examples
    --------
    >>> from diplab.results.provenance import Provenance
    >>> conventions(Provenance(rules={"confidence": "0.9"}, status="derived"), "en")
    (('Status', 'derived from published figures'), ('Rules', '90% intervals'))
    """
    between = f"{NARROW}; " if language == "fr" else "; "
    parts = {
        "note": " ".join(_cautions(provenance, language, notes, remarks)),
        "reading": words(notes.reading, language) if notes else "",
        "coverage": words((notes.coverage if notes else None) or provenance.base, language),
        "source": words((notes.source if notes else None) or provenance.source, language),
        "status": wording("status", provenance.status, language),
        "rules": between.join(
            rule_in_words(name, provenance.rules[name], language, labels) for name in _ordered(provenance)
        ),
        "missing": between.join(_missing(provenance, language, labels)),
        "assumptions": " ".join(words(each, language) for each in provenance.assumptions),
    }
    return tuple((term(f"note.{name}", language), content) for name, content in parts.items() if content)


def of_whom(provenance: Provenance, language: Language, labels: Codebook | None = None) -> str:
    """Return the universe and the domain of a result, in the words of its rules; nothing for all rows of the file.

    Examples
    --------
    >>> from diplab.results.provenance import Provenance
    >>> of_whom(Provenance(rules={"where": "age >= 18", "universe": "pay > 0"}), "en")
    'population under study: pay > 0; domain: age ≥ 18'
    """
    between = f"{NARROW}; " if language == "fr" else "; "
    said = {name: provenance.rules[name] for name in OF_WHOM if name in provenance.rules}
    return between.join(rule_in_words(name, value, language, labels) for name, value in said.items())


def line_said(provenance: Provenance, language: Language, labels: Codebook | None = None) -> str:
    """Return the line under which people are poor, as a sentence; nothing for a result without one, or with several.

    Rows under several lines bear each their own.

    Examples
    --------
    >>> from diplab.results.provenance import Provenance
    >>> line_said(Provenance(rules={"threshold_on": "universe", "fraction": "0.6"}), "en")
    'Fraction of the median: 0.6; threshold estimated on the whole population under study.'
    """
    rules = provenance.rules
    if "fraction" in rules and ("threshold" in rules or "," in rules["fraction"]):
        return ""
    said = [rule_in_words(name, rules[name], language, labels) for name in LINE if name in rules]
    between = f"{NARROW}; " if language == "fr" else "; "
    shown = between.join(said)
    return f"{shown[:1].upper()}{shown[1:]}." if shown else ""


def synthetic(provenance: Provenance, notes: Notes | None = None) -> bool:
    """Return whether anything behind a result is synthetic.

    Examples
    --------
    >>> from diplab.results.provenance import Provenance
    >>> synthetic(Provenance(status="synthetic")), synthetic(Provenance())
    (True, False)
    """
    return provenance.synthetic or provenance.status == "synthetic" or bool(notes and notes.synthetic)


def indicative_said(provenance: Provenance, language: Language) -> str:
    """Return why intervals are indicative: nobody drew the sample, or its members recruited one another.

    Examples
    --------
    >>> from diplab.results.provenance import Provenance
    >>> indicative_said(Provenance(), "en")
    ''
    """
    if not provenance.indicative:
        return ""
    recruited = provenance.rules.get("estimator", "").startswith("rds_")
    return term(f"sentence.{'recruited' if recruited else 'indicative'}", language)


def _ordered(provenance: Provenance) -> list[str]:
    """Return the names of the rules: what was estimated comes first, and the version of the program last."""
    place = {name: at for at, name in enumerate(FIRST)} | {"diplab": len(FIRST) + 1}
    return sorted(provenance.rules, key=lambda name: place.get(name, len(FIRST)))


def _cautions(
    provenance: Provenance, language: Language, notes: Notes | None, remarks: tuple[str, ...]
) -> list[str]:
    said = []
    if synthetic(provenance, notes):
        said.append(term("sentence.synthetic", language))
    if provenance.indicative:
        said.append(indicative_said(provenance, language))
    if provenance.nested:
        said.append(term("sentence.nested", language))
    said.extend(remarks)
    if notes and notes.note:
        said.append(words(notes.note, language))
    return said


def _missing(provenance: Provenance, language: Language, labels: Codebook | None) -> list[str]:
    said = []
    for name, count in provenance.missing.items():
        own = labels.variables.get(name) if labels is not None else None
        why = ", ".join(
            f"{words(reason_words(own, reason), language)} {number(each, language)}"
            for reason, each in provenance.reasons.get(name, {}).items()
        )
        line = f"{_named(name, labels, language)}{colon(language)}{number(count, language)}"
        said += [f"{line} ({why})" if why else line] if count else []
    return said


def _named(name: str, labels: Codebook | None, language: Language) -> str:
    """Return the label of a variable, or those of the two that were crossed or compared."""
    for between, shown in ((" × ", " × "), (" - ", f" {MINUS} ")):
        if between in name and (labels is None or name not in labels):
            return shown.join(_named(part, labels, language) for part in name.split(between))
    # whoever did not answer has no answer to compare
    columns = [] if labels is not None and name in labels else named_in(name, labels)
    return ", ".join(variable_label(each, labels, language) for each in columns or [name])


def rule_in_words(name: str, value: str, language: Language, labels: Codebook | None) -> str:
    """Return a rule in words, the variables that it names by their labels."""
    if name == "margins":
        value = ", ".join(_named(part, labels, language) for part in value.split(", "))
    if name == "references":
        value = ", ".join(outcome_label(part, labels, language) for part in value.split("; "))
    if name == "expected":
        value = expected_in_words(value, labels, language)
    if name == "capture_model":
        value = capture_model_in_words(value, language) if ", " not in value else "each"
    if name == "terms":
        value = model_in_words(value, language)
    if name == "lists":
        value = ", ".join(f"{place} = {each}" for place, each in enumerate(value.split(", "), 1))
    if name == "formula":
        value = formula_in_words(value, labels, language)
    if name == "threshold":
        # the line of each household is a column; a number is not
        parts = [
            each if each[:1].isdigit() else variable_label(each, labels, language)
            for each in value.split(", ")
        ]
        value = ", ".join(parts)
    if name in ("where", "universe"):
        value = variable_label(value, labels, language)
    return rule(name, value, language)
