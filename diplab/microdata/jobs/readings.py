"""What each question says of each row: situation, working time, contract, and the rule that said it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import ColumnError, OptionError
from diplab.microdata.answers import code_said, is_short
from diplab.microdata.jobs.bundled import BUNDLED, apart, kept, settled, spans
from diplab.microdata.jobs.job_rules import HOURS_IN_A_WEEK
from diplab.microdata.jobs.phrases import fits, negated, readable
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.microdata.jobs.job_rules import JobRule, JobRules
    from diplab.microdata.microdata import Microdata

__all__ = ["FACETS", "Reading", "hours_read", "words_read"]

FACETS = ("situation", "time", "contract")


@dataclass(frozen=True, eq=False)
class Reading:
    """What one question says, row by row; empty words where it says nothing.

    Parameters
    ----------
    source : {"status", "words", "contract", "hours"}
    facets : mapping of str to array of str, shape (rows,)
        Situation, working time, contract.
    rules : mapping of str to array of str, shape (rows,)
        The rule behind each.
    answered : array of bool, shape (rows,)
        Where there is an answer.
    kinds : array of int, shape (rows,)
        Rows of one kind say the same.
    unread : tuple of str
        Answers in which no rule found anything, most frequent first.
    bundled : tuple of str
        Answers that put several situations together.
    hours : array of float, shape (rows,), or None
    """

    source: str
    facets: dict[str, NDArray[np.object_]]
    rules: dict[str, NDArray[np.object_]]
    answered: NDArray[np.bool_]
    kinds: NDArray[np.int64]
    unread: tuple[str, ...] = ()
    bundled: tuple[str, ...] = ()
    hours: NDArray[np.float64] | None = None

    def taken(self, rows: NDArray[np.int64]) -> Reading:
        """Return what the question says on some rows."""
        return replace(
            self,
            facets={facet: values[rows] for facet, values in self.facets.items()},
            rules={facet: values[rows] for facet, values in self.rules.items()},
            answered=self.answered[rows],
            kinds=self.kinds[rows],
            hours=None if self.hours is None else self.hours[rows],
        )


def words_read(data: Microdata, name: str, source: str, rules: JobRules) -> Reading:
    """Read a question answered in codes or in words: each distinct answer once, by its labels too."""
    column = data.frame[name]
    places, distinct = pd.factorize(column)
    labels = {
        code_said(code): (text.fr, text.en, *(said for _, said in text.others))
        for code, text in data.codebook.variables.get(name, Variable(name)).values.items()
    }
    own = [rule for rule in rules.rules if source in rule.reads]
    found = [_said(each, labels.get(code_said(_plain(each)), ()), source, own) for each in distinct.tolist()]
    counts = np.bincount(places[places >= 0], minlength=len(found))
    order = np.argsort(-counts, kind="stable")
    unread = tuple(code_said(_plain(distinct[at])) for at in order.tolist() if not any(found[at][0].values()))
    bundled = tuple(
        code_said(_plain(distinct[at])) for at in order.tolist() if found[at][0]["situation"] == BUNDLED
    )
    empty: tuple[dict[str, str], dict[str, str]] = (dict.fromkeys(FACETS, ""), dict.fromkeys(FACETS, ""))
    table = [*found, empty]
    arrays = [
        {facet: np.array([each[part][facet] for each in table], dtype=object)[places] for facet in FACETS}
        for part in (0, 1)
    ]
    return Reading(source, arrays[0], arrays[1], places >= 0, places.astype(np.int64), unread, bundled)


def _said(
    code: Any, labels: Sequence[str], source: str, rules: Sequence[JobRule]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the facets that an answer says and the rules behind them; its labels are read where it has some."""
    written = labels or [code_said(_plain(code))]
    texts = [readable(each if source == "words" else kept(each)) for each in written]
    facets, names, fitting, hits = _told(texts, rules, [readable(each) for each in written])
    if source == "words" and any(negated(text, hits) for text in texts):
        return dict.fromkeys(FACETS, ""), dict.fromkeys(FACETS, "")
    # words of one's own may be many, those of a questionnaire are read part by part
    for text in written:
        _unbundled((facets, names), apart(text, source != "words"), fitting, [readable(text)], rules)
    return facets, names


def _told(
    texts: Sequence[str], rules: Sequence[JobRule], wholes: Sequence[str] = ()
) -> tuple[dict[str, str], dict[str, str], list[JobRule], list[str]]:
    """Return the facets that the first fitting rules say, their names, all rules that fit and their words."""
    every = [*texts, *wholes]
    facets, names = dict.fromkeys(FACETS, ""), dict.fromkeys(FACETS, "")
    fitting, hits = [], []
    for rule in rules:
        phrases = [
            phrase
            for phrase in rule.answers
            if any(fits(text, phrase) for text in (every if phrase.startswith("=") else texts))
        ]
        if not phrases:
            continue
        fitting.append(rule)
        hits += phrases
        for facet in FACETS:
            value = getattr(rule, facet)
            if value and not facets[facet]:
                facets[facet], names[facet] = value, rule.name
    return facets, names, fitting, hits


def _unbundled(
    found: tuple[dict[str, str], dict[str, str]],
    parts: tuple[list[str], list[str]],
    fitting: Sequence[JobRule],
    texts: Sequence[str],
    rules: Sequence[JobRule],
) -> None:
    """Change what was found in an answer whose parts, read each alone, do not say the same."""
    facets, names = found
    heads, inside = parts
    if len(heads) + len(inside) < 2:
        return
    whole = next((rule for rule in fitting if spans(rule, texts, [*heads, *inside])), None)
    told = [_told([part], rules) for part in heads]
    detail = [_told([part], rules) for part in inside]
    for facet in FACETS:
        here = told if facet == "situation" and any(each[0][facet] for each in told) else [*told, *detail]
        said = [{each[0][facet]} - {""} for each in here]
        value = settled(facet, said)
        if whole is not None:
            if value is None:
                facets[facet], names[facet] = getattr(whole, facet), whole.name
        elif value is None and facet == "situation":
            facets.update(dict.fromkeys(FACETS, "") | {facet: BUNDLED})
            names.update(dict.fromkeys(FACETS, ""))
            return
        else:
            facets[facet] = value or ""
            names[facet] = next((each[1][facet] for each in here if value and each[0][facet] == value), "")


def hours_read(data: Microdata, name: str, rules: JobRules, asked: str) -> Reading:
    """Read a number of hours a week.

    Raises
    ------
    ColumnError
        Where the column holds words.
    OptionError
        Where hours are below 0 or above those of a week.
    """
    column = data.frame[name]
    try:
        hours = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise ColumnError(
            asked,
            f"`{name}` is to hold hours a week, and holds words.",
            f'Write numbers, for example with `data.recode("{name}", amounts={{...}})`.',
        ) from None
    impossible = int(((hours < 0) | (hours > HOURS_IN_A_WEEK)).sum())
    if impossible:
        raise OptionError(
            asked,
            f"`{name}` is below 0 or above {HOURS_IN_A_WEEK:g} hours a week on {impossible} rows.",
            "Make them missing first, or write them as hours a week.",
        )
    some = hours > 0
    full = hours >= rules.full_time_from
    names = np.where(some, np.where(full, "hours_full", "hours_part"), "").astype(object)
    nothing = np.full(len(hours), "", dtype=object)
    facets = {
        "situation": np.where(some, "employed", "").astype(object),
        "time": np.where(some, np.where(full, "full", "part"), "").astype(object),
        "contract": nothing,
    }
    limits = [0.0, np.nextafter(0.0, 1.0), rules.contradicts_below, rules.full_time_from]
    kinds = np.where(np.isnan(hours), -1, np.searchsorted(limits, hours, side="right")).astype(np.int64)
    said = {"situation": names, "time": names, "contract": nothing}
    return Reading("hours", facets, said, ~np.isnan(hours), kinds, hours=hours)


def check_read(readings: Sequence[Reading], names: Sequence[str], asked: str) -> None:
    """Refuse answers of closed questions that no rule reads, or that put several situations together.

    Raises
    ------
    OptionError
        It names them, but for what a respondent wrote at length.
    """
    for reading, name in zip(readings, names, strict=True):
        if reading.source != "words" and (reading.unread or reading.bundled):
            raise _not_read(reading, name, asked)


def _not_read(reading: Reading, name: str, asked: str) -> OptionError:
    answers = reading.unread or reading.bundled
    many = len(answers)
    shown = [f'"{each}"' for each in answers if is_short(each)][:5]
    more = ", ..." if many > len(shown) else ""
    listed = f": {', '.join(shown)}{more}" if shown else ", written at length"
    told = f"{many} answer{'s' if many > 1 else ''} of `{name}`"
    if reading.unread:
        found = f"{told} {'are' if many > 1 else 'is'} read by no rule{listed}."
    else:
        found = f"{told} put{'' if many > 1 else 's'} several situations together{listed}."
    return OptionError(
        asked,
        found,
        f"Name the rule that fits each, one of `print(dl.job_rules())`, in `rules=dl.job_rules().with_answers(rule, "
        f'{shown[0] if shown else "..."})`, declare as missing what is no answer, or write `unread="undecided"`.',
    )


def _plain(code: Any) -> Any:
    code = code.item() if isinstance(code, np.generic) else code
    return int(code) if isinstance(code, float) and code.is_integer() else code
