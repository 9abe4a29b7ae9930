"""Who gave each answer of a question with several: from columns of yes and no, or from columns of codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError
from diplab.microdata.answers import code_said
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.responses import Responses
    from diplab.microdata.variable import Code

__all__ = ["answers_given", "answers_named", "given_by_row"]

Flags = NDArray[np.bool_]


def answers_named(
    codebook: Codebook, responses: Responses, held: Sequence[Any] = ()
) -> list[tuple[Any, Text]]:
    """Return the answers of a question and their labels: its columns, or the codes that its columns hold.

    Parameters
    ----------
    codebook : Codebook
    responses : Responses
    held : sequence
        Codes that the columns hold, where each column holds the code of an answer.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.responses import Responses
    >>> held = Codebook().described("mail", label=Text("courriel", "e-mail"))
    >>> answers_named(held, Responses("uses", ["mail", "phone"]))
    [('mail', Text(fr='courriel', en='e-mail', others=())), ('phone', Text(fr='phone', en='phone', others=()))]
    """
    if responses.kind == "dichotomies":
        return [
            (name, codebook[name].label if name in codebook and codebook[name].label else Text.same(name))
            for name in responses.columns
        ]
    labels: dict[str, tuple[Code, Text]] = {}
    for name in responses.columns:
        if name in codebook:
            for code, label in codebook[name].values.items():
                labels.setdefault(code_said(code), (code, label))
    by_code = {code_said(code): code for code in held}
    named = [(by_code.get(said, code), label) for said, (code, label) in labels.items()]
    extra = sorted(
        (by_code[said] for said in by_code.keys() - labels.keys()),
        key=lambda code: (isinstance(code, str), code),
    )
    return [*named, *((code, Text.same(code_said(code))) for code in extra)]


def given_by_row(
    values: Mapping[str, NDArray[Any]], gone: Mapping[str, Flags], responses: Responses, codes: Sequence[Any]
) -> tuple[list[Flags], Flags]:
    """Return who gave each answer, and who answered the question.

    Parameters
    ----------
    values : mapping of str to array, shape (rows,)
        Each column of the question.
    gone : mapping of str to array of bool, shape (rows,)
        Where each has no answer.
    responses : Responses
        In columns of yes and no, those with another code than the one counted did not give the answer; in columns of
        codes, those who answered at least one (or, with `base="all"`, each) answered the question.
    codes : sequence
        The answers, for columns of codes.
    """
    answered = np.array([~gone[name] for name in responses.columns])
    base: Flags = np.asarray(answered.any(axis=0) if responses.base == "any" else answered.all(axis=0))
    held = np.array([values[name] for name in responses.columns], dtype=object)
    if responses.kind == "dichotomies":
        return list(answered & (held == responses.counted)), base
    given: list[Flags] = [(answered & (held == code)).any(axis=0) for code in codes]
    return given, base


def answers_given(data: Microdata, responses: Responses) -> tuple[list[tuple[Any, Text]], list[Flags], Flags]:
    """Return the answers of a question with their labels, who gave each, and who answered the question."""
    values = {name: data.frame[name].to_numpy(dtype=object) for name in responses.columns}
    gone = {name: data.frame[name].isna().to_numpy(dtype=bool) for name in responses.columns}
    kinds = {isinstance(each, str) for name in responses.columns for each in values[name][~gone[name]]}
    if len(kinds) > 1:
        raise ColumnError(
            f"The question `{responses.name}` was asked for.",
            "Some of its columns hold words and some hold numbers.",
            "Recode them so that each says in the same way that an answer was given.",
        )
    held = list({each for name in responses.columns for each in values[name][~gone[name]]})
    named = answers_named(data.codebook, responses, held)
    given, base = given_by_row(values, gone, responses, [code for code, _ in named])
    return named, given, base
