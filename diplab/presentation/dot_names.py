"""What stands beside each dot of a chart: a label, and up to two headings above it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from diplab.presentation.labels import labels_over, variable_label
from diplab.presentation.regression_table import INDENT
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.codebook import Codebook
    from diplab.presentation.estimate_rows import Row
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["Named", "in_heading", "named_rows"]


@dataclass(frozen=True)
class Named:
    """The words beside one dot.

    Parameters
    ----------
    label : Text
        Its own label.
    group : Text
        Heading above it.
    under : Text
        Second heading, under the first.
    """

    label: Text
    group: Text = NOTHING
    under: Text = NOTHING

    @property
    def line(self) -> Text:
        """All of it on one line."""
        parts = (self.group, self.under, self.label)
        return Text(*(", ".join(each.in_(language) for each in parts if each) for language in LANGUAGES))

    @property
    def indented(self) -> Named:
        """The same with the indents that each has under its heading."""
        depth = bool(self.group) + bool(self.under)
        return Named(
            Text(*(f"{INDENT * depth}{self.label.in_(each)}" for each in LANGUAGES)),
            self.group,
            Text(*(f"{INDENT}{self.under.in_(each)}" for each in LANGUAGES)) if self.under else NOTHING,
        )


def in_heading(answer: str, name: str, answers: Sequence[str], others: set[str], language: Language) -> str:
    """Return an answer as a heading: with the name of its variable only where the answer does not tell it.

    The title has the name already, and a name is often a whole question: the answer comes first.

    Parameters
    ----------
    answer : str
        The answer in words.
    name : str
        Its variable in words.
    answers : sequence of str
        All answers of the variable.
    others : set of str
        Answers of the other variables of the chart.
    language : {"fr", "en"}
        Language of the reader.

    Examples
    --------
    >>> in_heading("woman", "Sex", ["woman", "man"], {"yes", "no"}, "en")
    'woman'
    >>> in_heading("yes", "Has a job", ["yes", "no"], {"woman", "man"}, "en")
    'yes (Has a job)'
    """
    bare = {term("word.true", language), term("word.false", language)}
    telling = all(
        each not in others and each.casefold() not in bare and any(sign.isalpha() for sign in each)
        for each in answers
        if each
    )
    return answer if telling or not answer else f"{answer} ({name})"


def named_rows(
    estimates: Estimates, both: Mapping[Language, list[Row]], labels: Codebook | None
) -> list[Named]:
    """Return what stands beside each estimate: what changes slowest from row to row is a heading of what follows it.

    Parameters
    ----------
    estimates : Estimates
        The numbers.
    both : mapping of language to list of Row
        The same in words.
    labels : Codebook, optional
        Labels of variables; by default the codebook of the estimates.
    """
    columns = {each: _columns(both[each]) for each in LANGUAGES}
    keys = [key for key, told in columns["en"].items() if any(told)]
    inner = _innermost(keys, columns) if len(keys) > 1 else None
    flat = [Text(*(_flat(row, keys) for row in pair)) for pair in _pairs(both)]
    if inner is None:
        return [Named(each) for each in flat]
    outer = [key for key in keys if key != inner]
    held = labels_over(labels, estimates.codebook)
    headed = {
        each: {
            key: _headed(key, columns[each], _name(key, estimates, both[each], held, each), each)
            for key in outer
        }
        for each in LANGUAGES
    }
    remarks = [Text(*(_remark(row) for row in pair)) for pair in _pairs(both)]
    return [
        _named(
            [Text(*(headed[each][key][place] for each in LANGUAGES)) for key in outer],
            Text(*(columns[each][inner][place] for each in LANGUAGES)),
            remark,
        )
        for place, remark in enumerate(remarks)
    ]


def _named(heads: list[Text], label: Text, remark: Text) -> Named:
    """Return the words of one dot; where it has no label of its own, its last heading is one."""
    heads = [each for each in heads if each]
    if not label and heads:
        *heads, label = heads
    label = Text(*(label.in_(each) + remark.in_(each) for each in LANGUAGES))
    if len(heads) < 2:
        return Named(label, *heads)
    *first, under = heads
    return Named(label, Text(*(", ".join(each.in_(lang) for each in first) for lang in LANGUAGES)), under)


def _pairs(both: Mapping[Language, list[Row]]) -> list[tuple[Row, Row]]:
    fr, en = (both[each] for each in LANGUAGES)
    return list(zip(fr, en, strict=True))


def _columns(rows: list[Row]) -> dict[str, list[str]]:
    """Return what tells rows from each other, from what changes slowest in a result to what changes fastest."""
    columns = {part: [getattr(row, part) for row in rows] for part in ("statistic", "variable")}
    columns = {part: told if len(set(told)) > 1 else [""] * len(told) for part, told in columns.items()}
    columns["category"] = [row.category for row in rows]
    places = range(len(rows[0].by)) if rows else range(0)
    return columns | {f"by {place}": [row.by[place] for row in rows] for place in places}


def _innermost(keys: list[str], columns: dict[Language, dict[str, list[str]]]) -> str | None:
    """Return the key that labels dots, the others being headings in one piece each; None if there is none."""
    for inner in reversed(keys):
        told = {each: columns[each][inner] for each in LANGUAGES}
        if all(len(set(each)) < 2 for each in told.values()):
            continue
        outer = [columns[each][key] for each in LANGUAGES for key in keys if key != inner]
        heads = list(zip(*outer, strict=True))
        runs = 1 + sum(one != other for one, other in pairwise(heads))
        if runs == len(set(heads)) and (runs < len(heads) or inner == "category"):
            return inner
    return None


def _name(key: str, estimates: Estimates, rows: list[Row], labels: Codebook, language: Language) -> str:
    """Return the variable of which a column holds the answers; nothing where it is said already."""
    if key.startswith("by "):
        return variable_label(estimates.by[int(key.removeprefix("by "))], labels, language)
    alone = len({row.variable for row in rows}) == 1
    return rows[0].variable if key == "category" and alone else ""


def _headed(key: str, columns: dict[str, list[str]], name: str, language: Language) -> list[str]:
    """Return a column of words as headings."""
    told = columns[key]
    if not name:
        return told
    others = {each for other, words in columns.items() if other != key for each in words if each}
    return [in_heading(each, name, told, others, language) for each in told]


def _flat(row: Row, keys: list[str]) -> str:
    parts = [*row.by, *(getattr(row, part) for part in ("statistic", "variable", "category") if part in keys)]
    named = ", ".join(part for part in parts if part) or row.variable or row.statistic
    return f"{named}{_remark(row)}"


def _remark(row: Row) -> str:
    """Return the remark of a row in brackets, without what its own label says already (a lower bound)."""
    own = f"{row.statistic}, {row.category}".casefold()
    said = ", ".join(part for part in row.remark.split(", ") if part.casefold() not in own)
    return f" ({said})" if said else ""
