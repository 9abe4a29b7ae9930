"""Answers counted: how many gave each, and how many gave none and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.microdata.answers import code_said
from diplab.microdata.given import answers_given
from diplab.microdata.missing_values import is_missing_code
from diplab.microdata.reason_words import reason_words
from diplab.microdata.shown import worded
from diplab.microdata.unanswered_rows import NO_ANSWER, reason_of_rows
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.responses import Responses

__all__ = ["FEWEST", "answers_in_order", "frequencies", "frequencies_of_set", "missing_rows"]

FEWEST = 5
"""Words that fewer people wrote are not shown: they may say who wrote them."""

_RARE = Text("autres mots, de moins de {n} personnes chacun", "other words, of fewer than {n} people each")


def frequencies(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    """Return the answers of a variable, counted; those of the codebook that nobody gave have zero."""
    column = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
    codes = answers_in_order(column, variable)
    labels = {code_said(code): label for code, label in variable.values.items()}
    rows = []
    rare = np.zeros(len(column), dtype=bool)
    hidden = 0
    for code in codes:
        here = (column == code).to_numpy(dtype=bool, na_value=False)
        label = labels.get(code_said(code))
        if label is None and isinstance(code, str) and here.sum() < FEWEST:
            rare |= here
            hidden += 1
            continue
        rows.append(
            {
                "code": _plain(code),
                "label": worded(label, language) if label else "",
                **_counted(here, weights),
            }
        )
    if hidden:
        said = worded(_RARE, language).replace("{n}", str(FEWEST))
        rows.append({"code": "", "label": f"{said} ({hidden})", **_counted(rare, weights)})
    return _with_shares(rows, missing_rows(data, name, weights, language))


def answers_in_order(column: pd.Series[Any], variable: Variable) -> list[Any]:
    """Return the answers that a column holds or its codebook labels: in the order of the codebook where it has all."""
    held = pd.unique(column.dropna()).tolist()
    by_code = {code_said(each): each for each in held}
    labelled = [
        by_code.get(code_said(code), code) for code in variable.values if not is_missing_code(code, variable)
    ]
    if all(each in labelled for each in held):
        return labelled
    every = [*held, *(code for code in labelled if code not in held)]
    return sorted(every, key=lambda each: (isinstance(each, str), each))


def frequencies_of_set(
    data: Microdata, responses: Responses, weights: NDArray[np.float64] | None, language: str
) -> tuple[pd.DataFrame, int]:
    """Return the answers of a question with several, counted in people, and how many people answered it."""
    answers, given, base = answers_given(data, responses)
    rows = []
    for (code, label), here in zip(answers, given, strict=True):
        counted = _counted(here & base, weights)
        rows.append({"code": _plain(code), "label": worded(label, language), **counted})
    gone = {"code": "", "label": worded(NO_ANSWER, language), **_counted(~base, weights)}
    frame = _with_shares(rows, [gone] if not base.all() else [], whole=_counted(base, weights))
    return frame, int(base.sum())


def missing_rows(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> list[dict[str, Any]]:
    """Return the missing answers of a variable, counted by reason."""
    places, reasons = reason_of_rows(data, name)
    known = data.codebook.reasons.get(name, {})
    gone = int((places >= 0).sum())
    own = data.codebook.variables.get(name)
    if data.missing.get(name) is None and sum(known.values()) == gone:
        # the codebook knows the reasons, and not on which rows
        weighted = {} if weights is None else {"weighted_n": np.nan}
        return [
            {"code": "", "label": worded(reason_words(own, why), language), "n": count, **weighted}
            for why, count in known.items()
        ]
    return [
        {"code": code, "label": worded(reason_words(own, why), language), **_counted(places == at, weights)}
        for at, (code, why) in enumerate(reasons)
    ]


def _plain(code: Any) -> Any:
    code = code.item() if isinstance(code, np.generic) else code
    return int(code) if isinstance(code, float) and code.is_integer() else code


def _counted(here: NDArray[np.bool_], weights: NDArray[np.float64] | None) -> dict[str, float]:
    counted: dict[str, float] = {"n": int(here.sum())}
    if weights is not None:
        counted["weighted_n"] = float(weights[here].sum())
    return counted


def _with_shares(
    answers: list[dict[str, Any]], missing: list[dict[str, Any]], whole: dict[str, float] | None = None
) -> pd.DataFrame:
    """Return answers, then missing answers, with their shares: of those who answered, and of all."""
    frame = pd.DataFrame([*answers, *missing])
    if not len(frame):
        return pd.DataFrame(columns=["code", "label", "n", "share", "share_of_all"])
    frame["code"] = frame["code"].astype(object)
    is_answer = np.arange(len(frame)) < len(answers)
    for count, share in (("n", "share"), ("weighted_n", "weighted_share")):
        if count not in frame:
            continue
        values = frame[count].to_numpy(dtype=float)
        answered = values[is_answer].sum() if whole is None else whole[count]
        with np.errstate(invalid="ignore", divide="ignore"):
            frame[share] = np.where(is_answer, values / answered, np.nan)
            frame[f"{share}_of_all"] = values / (answered + values[~is_answer].sum())
    order = [
        "code",
        "label",
        "n",
        "share",
        "share_of_all",
        "weighted_n",
        "weighted_share",
        "weighted_share_of_all",
    ]
    return frame[[name for name in order if name in frame]]
