"""The missing codes of an undecided main job: why it is undecided, or why its question has no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.microdata.jobs.facets import REASONS
from diplab.microdata.missing_codes import MissingCodes
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.microdata.jobs.decided import Decided
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["undecided_codes"]


def undecided_codes(
    data: Microdata, found: Decided, part: str, first: Sequence[str], gone: NDArray[np.bool_]
) -> tuple[MissingCodes | None, dict[Code, str], dict[Code, Text]]:
    """Return the missing codes of one new column, their reasons in English, and their wordings.

    Where nobody told anything, the reason is that of the missing answer itself, if the codebook knows it (refused,
    consent revoked...).

    Parameters
    ----------
    data : Microdata
    found : Decided
    part : {"", "_time", "_contract", "_rule"}
        Which column.
    first : sequence of str
        The question that is believed first; empty where none is in words.
    gone : array of bool, shape (rows,)
        Where the new column has no answer.
    """
    import pandas as pd

    # a few reasons on many rows: each is looked at once
    code_of_row, told = pd.factorize(found.why)
    words = ["not_told", *(_reason_of(why, part) for why in told.tolist())]
    place = np.where(gone, code_of_row + 1, -1)
    silent = np.isin(place, [at for at, word in enumerate(words) if word == "not_told"])
    labels: dict[Code, Text] = {code: text for code, text in REASONS.items()}  # noqa: C416
    reasons: dict[Code, str] = {code: text.en for code, text in REASONS.items()}
    for name in first:
        held, own = data.missing.get(name), data.codebook.variables.get(name, Variable(name))
        for at, code in enumerate(() if held is None else held.codes):
            kept = f"{code}" if str(code) not in REASONS else f".{code}"
            rows = (held.places == at) & silent  # type: ignore[union-attr]
            if rows.any():
                words.append(kept)
                place[rows] = len(words) - 1
                reasons[kept] = own.why(code) or str(code)
                labels[kept] = own.missing_labels.get(code, Text.same(reasons[kept]))
    there = np.bincount(place[place >= 0], minlength=len(words)) > 0
    seen = sorted({word for word, some in zip(words, there, strict=True) if some})
    if not seen:
        return None, {}, {}
    # the last stands for -1, rows that have an answer
    standing = [seen.index(word) if word in seen else -1 for word in words]
    places = np.array([*standing, -1], dtype=np.int32)[place]
    return (
        MissingCodes(tuple(seen), places),
        {code: reasons[code] for code in seen},
        {code: labels[code] for code in seen},
    )


def _reason_of(why: str, part: str) -> str:
    """Return the reason of one column; a contract or a working time that nobody told is no matter of rules."""
    if part in ("", "_rule"):
        return why or "not_told"
    return why if why == "contradictory" else "not_told"
