"""Missing answers: the code in each cell, the reason behind it, and what becomes of both."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.missing import SYSTEM
from diplab.microdata.variable import Variable, code_text
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = [
    "NO_ANSWER",
    "MissingCause",
    "MissingCodes",
    "carry_reasons",
    "count_reasons",
    "labels_with_reasons",
    "missing_codes",
    "reason_words",
    "reasons_by_row",
    "recode_missing",
]


@dataclass(frozen=True, eq=False)
class MissingCodes:
    """The declared missing codes of one column, row by row.

    Parameters
    ----------
    codes : tuple of code
        Distinct codes, as the file holds them (99, `.a`, `DATA_EXPIRED`).
    places : array of int, shape (rows,)
        Place in `codes` of the code that stood in the cell; -1 for an answer and for a cell without a code.

    Examples
    --------
    >>> found = MissingCodes((99,), np.array([-1, 0, -1], dtype=np.int8))
    >>> found.taken(np.array([1, 2])).places.tolist()
    [0, -1]
    """

    codes: tuple[Code, ...]
    places: NDArray[np.integer[Any]]

    def __len__(self) -> int:
        return len(self.places)

    def taken(self, rows: NDArray[Any]) -> MissingCodes:
        """Return the codes of some rows: their places, or true for each row kept."""
        return MissingCodes(self.codes, self.places[rows])

    def reasons(self, variable: Variable) -> Mapping[str, int]:
        """Return how many cells are missing for each reason."""
        counts = np.bincount(self.places[self.places >= 0], minlength=len(self.codes))
        found: dict[str, int] = {}
        for code, count in zip(self.codes, counts.tolist(), strict=True):
            if count:
                reason = variable.why(code) or str(code)
                found[reason] = found.get(reason, 0) + count
        return found


def missing_codes(values: NDArray[Any], declared: NDArray[np.bool_]) -> MissingCodes | None:
    """Return the codes of the cells that are declared missing; None where none is."""
    if not declared.any():
        return None
    distinct, inverse = np.unique(values[declared], return_inverse=True)
    size: type[np.integer[Any]] = np.int8 if len(distinct) < np.iinfo(np.int8).max else np.int32
    places: NDArray[np.integer[Any]] = np.full(len(values), -1, dtype=size)
    places[declared] = inverse
    return MissingCodes(tuple(_plain(code) for code in distinct.tolist()), places)


def _plain(code: Any) -> Code:
    whole = isinstance(code, float) and code.is_integer()
    return int(code) if whole else code


def count_reasons(
    frame: pd.DataFrame,
    codebook: Codebook,
    missing: Mapping[str, MissingCodes],
    names: Iterable[str] | None = None,
) -> Codebook:
    """Return a codebook whose reasons of missing answers are counted anew.

    A column of which the codebook knew reasons without their codes keeps them where their number is still right, and
    counts as missing without a reason otherwise.
    """
    counted = {name: reasons for name, reasons in codebook.reasons.items() if name in frame.columns}
    for name in frame.columns if names is None else names:
        gone = int(frame[name].isna().sum())
        codes = missing.get(name)
        reasons: dict[str, int] = {}
        if codes is not None:
            reasons = dict(codes.reasons(codebook.variables.get(name, Variable(name))))
        elif sum(counted.get(name, {}).values()) == gone:
            reasons = dict(counted.get(name, {}))
        without = gone - sum(reasons.values())
        if without > 0:
            reasons[SYSTEM] = reasons.get(SYSTEM, 0) + without
        counted.pop(name, None)
        if reasons:
            counted[name] = reasons
    return replace(codebook, reasons=counted)


_USUAL = {
    "system": Text("sans réponse", "no answer"),
    "refused": Text("refus", "refused"),
    "refusal": Text("refus", "refusal"),
    "does not know": Text("ne sait pas", "does not know"),
    "not asked": Text("question non posée", "not asked"),
    "not applicable": Text("sans objet", "not applicable"),
    "seen but unanswered": Text("vue, sans réponse", "seen but unanswered"),
    "consent revoked": Text("consentement retiré", "consent revoked"),
    "answer expired": Text("réponse expirée", "answer expired"),
    "error in the cell": Text("erreur dans la cellule", "error in the cell"),
}
_SPAN = re.compile(r"(-?[\d.]+(?:e[+-]?\d+)?|-inf) to (-?[\d.]+(?:e[+-]?\d+)?|inf)")
"""A range of codes that has no reason, as it is counted (`90 to 97`)."""


def reason_words(variable: Variable | None, reason: str) -> Text:
    """Return a reason in words."""
    if variable is not None:
        for code, label in variable.missing_labels.items():
            if label and variable.why(code) == reason:
                return label
    span = _SPAN.fullmatch(reason)
    return Text(f"{span[1]} à {span[2]}", reason) if span else _USUAL.get(reason, Text.same(reason))


NO_ANSWER = Text("sans réponse", "no answer")


def reasons_by_row(data: Microdata, name: str) -> tuple[NDArray[np.intp], list[tuple[Code, str]]]:
    """Return the reason for which each row has no answer to a variable."""
    gone = data.frame[name].isna().to_numpy(dtype=bool)
    variable = data.codebook.variables.get(name, Variable(name))
    held = data.missing.get(name)
    places = np.full(len(gone), -1, dtype=np.intp)
    reasons: list[tuple[Code, str]] = []
    if held is not None:
        there = np.unique(held.places[gone & (held.places >= 0)]).tolist()
        declared = list(variable.missing)
        there.sort(
            key=lambda at: declared.index(held.codes[at]) if held.codes[at] in declared else len(declared)
        )
        for at in there:
            places[gone & (held.places == at)] = len(reasons)
            reasons.append((held.codes[at], variable.why(held.codes[at]) or str(held.codes[at])))
    without = gone & (places < 0)
    if without.any():
        places[without] = len(reasons)
        reasons.append(("", SYSTEM))
    return places, reasons


@dataclass(frozen=True, eq=False)
class MissingCause:
    """One reason for which a number could not be made."""

    code: Code
    said: Text
    rows: NDArray[np.bool_]


def carry_reasons(
    data: Microdata,
    frame: pd.DataFrame,
    codebook: Codebook,
    new: Sequence[str],
    sources: str | Sequence[str],
    causes: Sequence[MissingCause] = (),
) -> Microdata:
    """Return data with new columns of numbers, each gap with its reason."""
    every = [*_causes_of_sources(data, (sources,) if isinstance(sources, str) else sources), *causes]
    missing = {name: codes for name, codes in data.missing.items() if name not in new}
    for name in new:
        gone = frame[name].isna().to_numpy()
        places = np.full(len(gone), -1, dtype=np.int32)
        used: list[MissingCause] = []
        for each in every:
            here = gone & (places < 0) & each.rows
            if not here.any():
                continue
            known = next((at for at, other in enumerate(used) if other.code == each.code), len(used))
            if known == len(used):
                used.append(each)
            places[here] = known
        if not used:
            continue
        missing[name] = MissingCodes(tuple(each.code for each in used), places)
        codebook = codebook.described(
            name,
            missing={each.code: each.said.en for each in used},
            missing_labels={each.code: each.said for each in used},
        )
    return replace(data, frame=frame, codebook=count_reasons(frame, codebook, missing, new), missing=missing)


def _causes_of_sources(data: Microdata, sources: Sequence[str]) -> list[MissingCause]:
    found = []
    for name in sources:
        held, variable = data.missing.get(name), data.codebook.variables.get(name, Variable(name))
        for at, code in enumerate(() if held is None else held.codes):
            reason = variable.why(code) or str(code)
            said = variable.missing_labels.get(code, Text.same(reason))
            found.append(MissingCause(code, said, held.places == at))  # type: ignore[union-attr]
    return found


def recode_missing(
    data: Microdata,
    name: str,
    answered: NDArray[np.bool_],
    dropped: Sequence[Any],
    rules: Mapping[Any, Any],
    taken: Collection[Any],
) -> tuple[MissingCodes | None, dict[Code, str]]:
    """Return the missing codes of a new column: those of before, and the answers that became missing."""
    column = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
    labels = dict(labels_with_reasons(variable))
    again = {code_text(code) for code, value in rules.items() if value is not None}
    reasons = {code: why for code, why in variable.missing.items() if code_text(code) not in again}
    gone = data.missing.get(name)
    codes: list[Code] = [] if gone is None else list(gone.codes)
    places = np.full(len(column), -1, dtype=np.int64) if gone is None else gone.places.astype(np.int64)
    places[answered] = -1
    for code in dropped:
        places[(column == code).to_numpy(dtype=bool, na_value=False)] = len(codes)
        new = _unused_code(code, {*taken, *codes}, reasons)
        codes.append(new)
        reasons[new] = labels[code_text(code)].en if code_text(code) in labels else ""
    if not (places >= 0).any():
        return None, reasons
    for code in (each for each in codes if each not in reasons and code_text(each) not in again):
        reasons[code] = variable.why(code) or ""
    seen = np.unique(places[places >= 0])
    return MissingCodes(
        tuple(codes[at] for at in seen.tolist()),
        np.where(places >= 0, np.searchsorted(seen, places), -1).astype(np.int32),
    ), reasons


def labels_with_reasons(variable: Variable) -> list[tuple[str, Text]]:
    """Return the labels of codes, those that stand for no answer too: their reason is their label."""
    missing = [(code_text(code), Text.same(why)) for code, why in variable.missing.items() if why]
    return [*((code_text(code), label) for code, label in variable.values.items()), *missing]


def _unused_code(code: Any, taken: Collection[Any], declared: Collection[Any]) -> Any:
    """Return a code, or where it is a new answer, the first below zero that is none and stands for no other reason."""
    if code not in taken:
        return code
    held = {*taken, *declared}
    if isinstance(code, str):
        return next(word for dots in range(1, len(held) + 2) if (word := "." * dots + code) not in held)
    return next(-place for place in range(1, len(held) + 2) if -place not in held)
