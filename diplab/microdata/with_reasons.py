"""The reasons for which people did not answer, as a variable: estimated, weighted and crossed like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import ColumnError, OptionError
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.missing_values import SYSTEM
from diplab.microdata.reason_words import reason_words
from diplab.microdata.step import Step
from diplab.microdata.unanswered_rows import reason_of_rows
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["with_reasons"]

_ANSWERED = "answered"


def with_reasons(data: Microdata, name: str, into: str | None = None) -> Microdata:
    """Add a variable that says of each row whether a question was answered, and for which reason it was not.

    Shares of it are shares of reasons, with their standard errors under any design and in any domain:
    `dl.estimate(sample, dl.share("income_reason"), by="sex")`.

    Parameters
    ----------
    data : Microdata
    name : str
        A variable.
    into : str, optional
        Name of the new variable; by default that of the old one with `_reason` after it.

    Returns
    -------
    Microdata
        The codes of the new variable are `answered`, the reasons in the words of the codebook, and `system` for answers
        that are missing without a reason.

    Raises
    ------
    ColumnError
        Where there is no such variable, or the new one is there already.
    OptionError
        Where the codebook counts reasons, and no longer knows on which rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> from diplab.microdata.missing_codes import MissingCodes
    >>> book = Codebook().described("income", missing={99: "refused"})
    >>> refused = MissingCodes((99,), np.array([-1, 0, -1]))
    >>> data = Microdata(pd.DataFrame({"income": [900.0, None, None]}), book, {"income": refused})
    >>> with_reasons(data, "income").frame["income_reason"].tolist()
    ['answered', 'refused', 'system']
    """
    import pandas as pd

    asked = f"The reasons of missing answers to `{name}` were asked for as a variable."
    frame = frame_in_memory(data, asked)
    check_columns(data, (name,), asked)
    target = f"{name}_reason" if into is None else into
    if target in frame.columns:
        raise ColumnError(
            asked,
            f"The data have a column `{target}` already.",
            'Write another name, for example `into="why"`.',
        )
    known = data.codebook.reasons.get(name, {})
    places, found = reason_of_rows(data, name)
    if data.missing.get(name) is None and set(known) - {SYSTEM} and (places >= 0).any():
        raise OptionError(
            asked,
            f"The codebook counts them ({', '.join(known)}), and no longer says on which rows.",
            "Read the file again, and add this variable before its column is changed.",
        )
    reasons = [why for _, why in found]
    words = np.array([*reasons, _ANSWERED], dtype=object)[places]
    values: dict[Code, Text] = {_ANSWERED: Text("a répondu", "answered")}
    own = data.codebook.variables.get(name)
    values |= {why: reason_words(own, why) for why in reasons}
    label = data.codebook[name].label if name in data.codebook else Text.same(name)
    label = label or Text.same(name)
    french, english = (each.rstrip(" :\N{NO-BREAK SPACE}") for each in (label.fr, label.en))
    said = Text(f"{french} : réponse ou raison de son absence", f"{english}: answer, or why there is none")
    codebook = data.codebook.described(target, label=said, values=values, measure="nominal")
    step = Step("recode", (name, target), said, len(frame))
    column = pd.Series(words, index=frame.index, dtype=pd.StringDtype(na_value=np.nan))
    return replace(data, frame=frame.assign(**{target: column}), codebook=codebook.with_step(step))
