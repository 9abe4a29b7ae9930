"""The reading note (*Lecture*): one number of a result as a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diplab.checks import check_one_of
from diplab.errors import OptionError, quoted_names
from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import merged_labels, noun_of, nouns_of, value_label, variable_label
from diplab.presentation.language import (
    both,
    capital,
    filled_term,
    headed,
    rule,
    term,
    terms,
    words,
)
from diplab.presentation.layouts.registry import ChartRequest, TableRequest
from diplab.presentation.layouts.rows import compared_statistic, rows_in_words, term_of_statistic
from diplab.presentation.notes import Notes
from diplab.reference.text import Language, Text
from diplab.results.estimates import CONFIDENTIAL, NOT_RELIABLE, Estimates, flags_of
from diplab.results.tables import Crosstab


def with_sentence(notes: Notes, result: object, request: TableRequest | ChartRequest) -> Notes:
    """Return notes with a sentence on the number that their reading names, if it names one."""
    if not isinstance(notes.reading, Mapping) or not isinstance(result, Estimates | Crosstab):
        return notes
    return replace(notes, reading=reading_of(result, notes.reading, request))


def reading_of(
    result: Estimates | Crosstab, cell: Mapping[str, Any], request: TableRequest | ChartRequest
) -> Text:
    """Return the reading note (*Lecture*) of a number, located by its codes or labels."""
    labels = merged_labels(request.labels, result.codebook)
    if isinstance(result, Crosstab):
        answers = _crossed(result)
        result = result.cells
    else:
        answers = []
    return both(
        _sentence, result, _place_of(result, cell, labels), answers, labels=labels, request=request
    )


def _crossed(table: Crosstab) -> list[str]:
    """Return the variables whose answers the shares of a crosstab are of."""
    if table.column is None:
        return [table.row]
    answers = {"row": [table.column], "column": [table.row]}
    return answers.get(table.shares, [table.row, table.column])


def _place_of(found: Estimates, cell: Mapping[str, Any], labels: Codebook) -> int:
    """Return the position of the only row with these codes or labels."""
    there = np.ones(len(found), dtype=bool)
    columns = ("statistic", "variable", "category", *found.by)
    for name, value in cell.items():
        check_one_of("reading", name, columns)
        asked = value.en if isinstance(value, Text) else str(value)
        variable: object = name
        for at, record in enumerate(found.frame.to_dict("records")):
            if name == "category":
                variable = record["variable"]
            label = both(value_label, str(variable), record[name], labels)
            there[at] &= asked in (str(record[name]), label.fr, label.en)
    if there.sum() != 1:
        frame = found.frame[there]
        left = [name for name in columns if name not in cell and frame[name].nunique() > 1]
        why = f"They differ by {quoted_names(left, ' and ')}." * bool(left)
        raise OptionError(
            f"`reading={dict(cell)}` names {there.sum()} numbers of this result, and a sentence "
            "reads one.",
            why,
            "Write the columns and codes of one row of `.frame`.",
        )
    return int(np.flatnonzero(there)[0])


def _sentence(
    found: Estimates,
    at: int,
    answers: Sequence[str],
    *,
    labels: Codebook,
    request: TableRequest | ChartRequest,
    language: Language,
) -> str:
    """Return a number as a sentence, with its population and its interval."""
    row = rows_in_words(found, language, labels, request.percent, request.decimals)[at]
    record: dict[Any, Any] = found.frame.iloc[at].to_dict()
    for flag, what in _NOT_PRINTED.items():
        if flag in flags_of(record["flag"]):
            raise OptionError(f"`reading` names a number that is {what}.", write="Name another.")
    description = found.description_of(str(record["statistic"]))
    domain = dict(zip(found.by, row.by, strict=True))
    of_share = [(name, domain.pop(name)) for name in answers if name in domain]
    own = {"variable": row.variable, "statistic": row.statistic, "value": row.estimate.text}
    key = f"reading_of.{term_of_statistic(record, found, labels)}"
    if found.provenance.contrast:
        own["statistic"] = compared_statistic(row.statistic, found, language)
        own["variable"] = ", ".join(filter(None, (row.variable, row.category, *row.by)))
        key, domain = "reading.other", {}
    elif of_share or (description.every_category and row.category):
        of_share = of_share or [(str(record["variable"]), row.category)]
        key = "reading.share"
    elif description.every_category:
        key = "reading.condition"
    elif description.label or key not in terms():
        key = "reading.other"
    elif description.kind == "count" and domain:
        of_share, domain = list(domain.items()), {}
        key = "reading.counted"
    among = _answers_in_words("reading.among", domain.items(), labels, language)
    own["people"] = term("reading.of_people", language) * (not among)
    if of_share:
        sentence = among + _answers_in_words(key, of_share, labels, language, **own)
    else:
        name = str(record["variable"])
        noun = noun_of(name, labels, language, found.provenance.combined.get(name))
        agreed = f"title.{record['statistic']} {noun.gender}"
        if key.startswith("reading_of.") and agreed in terms() and language == "fr":
            key, said = "reading.agreed", filled_term(agreed, language, variable=noun.text)
            own["variable"] = replace(noun, text=said).with_article(language)
        sentence = among + filled_term(key, language, **own)
    if row.interval.text:
        level = rule("interval at", str(found.provenance.confidence), language)
        sentence += f" ({headed(level, row.interval.text, language)})"
    if language == "en":
        sentence = capital(sentence)
    return words(f"{sentence}.", language)


_NOT_PRINTED = {CONFIDENTIAL: "confidential", NOT_RELIABLE: "not reliable enough to be printed"}
"""Flags of numbers that no sentence may read."""


def _answers_in_words(
    key: str, answers: Iterable[tuple[str, str]], labels: Codebook, language: Language, **parts: str
) -> str:
    """Return a clause about people with some answers; empty without any."""
    answer_of = dict(answers)
    if not answer_of:
        return ""
    clauses, answer = [], "reading.answer"
    nouns = nouns_of(answer_of, labels, language)
    if language == "fr" and all(noun.gender for noun in nouns):
        key = f"{key} noun"
        answer = f"{key} answer"
    for noun, (name, value) in zip(nouns, answer_of.items(), strict=True):
        own = {"variable": variable_label(name, labels, language), "value": value}
        if noun.gender and answer != "reading.answer":
            own |= {"variable": noun.text, "the_variable": noun.with_article(language)}
        clauses.append(filled_term(answer, language, **own))
    said = f" {term('word.and', language)} ".join(clauses)
    return filled_term(key, language, answers=said, **parts)
