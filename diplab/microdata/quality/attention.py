"""Attention checks: questions with one right answer, asked to see who reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError, suggestion
from diplab.microdata.answers import code_of, code_said
from diplab.microdata.quality.findings import Finding, Skipped
from diplab.microdata.quality.questions import said

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["failed_attention"]

_ASKS_ATTENTION = re.compile(
    r"attention.?check|\battn\b|attention_|controle d.attention|test d.attention"
    r"|(?:please|veuillez|merci de) (?:select|choose|click|answer|choisir|selectionner|cocher|repondre)"
    r"|(?:show|shows|montrer|montre) (?:that|que) (?:you|vous)"
)


def failed_attention(data: Microdata, attention: Mapping[str, Code] | None = None) -> list[Finding | Skipped]:
    """Find people who gave another answer than the one that an attention check asked for.

    No answer is no failure: whoever was not asked, or left, is not counted. Without `attention`, columns whose
    wording reads like such a check are pointed out and nobody is flagged.

    Parameters
    ----------
    data : Microdata
    attention : mapping of str to code, optional
        The right answer of each check, as a code or a label.

    Returns
    -------
    list of Finding or Skipped
        `failed` for each check; `candidates` for columns that look like one.

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where nobody gave the right answer: it is then probably written otherwise in the data.
    """
    if not attention:
        looks = tuple(name for name in map(str, data.frame) if _ASKS_ATTENTION.search(said(data, name)))
        if not looks:
            return [Skipped("attention", "no_attention")]
        return [Finding("attention", "candidates", looks, 0, len(data.frame))]
    if not isinstance(attention, Mapping):
        raise OptionError(
            f"Attention checks were given as {attention!r}.",
            "Nothing says which answer is right.",
            'Write each with its right answer, for example `data.check(attention={"q12": 3})`.',
        )
    found: list[Finding | Skipped] = []
    for name, right in attention.items():
        answered, failed = _failed(data, name, right)
        if failed.any():
            found.append(
                Finding("attention", "failed", (name,), int(failed.sum()), int(answered.sum()), {}, failed)
            )
    return found


def _failed(data: Microdata, name: str, right: Code) -> tuple[Any, Any]:
    frame = data.frame
    if name not in frame:
        raise ColumnError(
            f"The attention check `{name}` was asked for.",
            f"There are {frame.shape[1]} columns and not that one.",
            suggestion(name, frame),
        )
    answered = frame[name].notna().to_numpy(dtype=bool)
    distinct = frame[name].dropna().unique().tolist()
    code = code_of(data.codebook, name, right, distinct)
    if code is None:  # a command line has words only
        code = next((each for each in distinct if code_said(each) == str(right)), None)
    if code is None and answered.any():
        raise OptionError(
            f"The right answer to the attention check `{name}` was given as {right!r}.",
            "Nobody answered that.",
            "Write the answer as the data hold it, a code or its label.",
        )
    return answered, answered & np.asarray(frame[name] != code, dtype=bool)
