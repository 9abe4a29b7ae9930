"""What becomes of missing answers in a recode: their codes and reasons stay, and answers may join them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.microdata.answers import code_said
from diplab.microdata.missing_codes import MissingCodes
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["missing_after", "reasons_as_labels"]


def missing_after(
    data: Microdata,
    name: str,
    answered: NDArray[np.bool_],
    dropped: Sequence[Any],
    rules: Mapping[Any, Any],
    taken: Collection[Any],
) -> tuple[MissingCodes | None, dict[Code, str]]:
    """Return the missing codes of a new column: those of before, and the answers that became missing.

    Parameters
    ----------
    data : Microdata
    name : str
        The old variable.
    answered : array of bool, shape (rows,)
        Where the new column has an answer.
    dropped : sequence of code
        Answers that became missing: their label is their reason.
    rules : mapping of code to code
        Missing codes that became answers are among them.
    taken : collection of code
        New answers: an old one that became missing has another code than these.

    Returns
    -------
    MissingCodes or None, mapping of code to str
    """
    column = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
    labels = dict(reasons_as_labels(variable))
    again = {code_said(code) for code, value in rules.items() if value is not None}
    reasons = {code: why for code, why in variable.missing.items() if code_said(code) not in again}
    gone = data.missing.get(name)
    codes: list[Code] = [] if gone is None else list(gone.codes)
    places = np.full(len(column), -1, dtype=np.int64) if gone is None else gone.places.astype(np.int64)
    places[answered] = -1
    for code in dropped:
        places[(column == code).to_numpy(dtype=bool, na_value=False)] = len(codes)
        new = _free(code, {*taken, *codes}, reasons)
        codes.append(new)
        reasons[new] = labels[code_said(code)].en if code_said(code) in labels else ""
    if not (places >= 0).any():
        return None, reasons
    for code in (each for each in codes if each not in reasons and code_said(each) not in again):
        reasons[code] = variable.why(code) or ""
    seen = np.unique(places[places >= 0])
    return MissingCodes(
        tuple(codes[at] for at in seen.tolist()),
        np.where(places >= 0, np.searchsorted(seen, places), -1).astype(np.int32),
    ), reasons


def reasons_as_labels(variable: Variable) -> list[tuple[str, Text]]:
    """Return the labels of codes, those that stand for no answer too: their reason is their label."""
    missing = [(code_said(code), Text.same(why)) for code, why in variable.missing.items() if why]
    return [*((code_said(code), label) for code, label in variable.values.items()), *missing]


def _free(code: Any, taken: Collection[Any], declared: Collection[Any]) -> Any:
    """Return a code, or where it is a new answer, the first below zero that is none and stands for no other reason."""
    if code not in taken:
        return code
    held = {*taken, *declared}
    if isinstance(code, str):
        return next(word for dots in range(1, len(held) + 2) if (word := "." * dots + code) not in held)
    return next(-place for place in range(1, len(held) + 2) if -place not in held)
