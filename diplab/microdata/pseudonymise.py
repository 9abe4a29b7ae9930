"""Identifiers replaced by pseudonyms: the same person keeps the same one across files, and no one can go back."""

from __future__ import annotations

import datetime
import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError
from diplab.microdata.answers import code_said
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.step import Step
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = ["pseudonymise"]

_SHORTEST_KEY = 16
_LENGTH = 20


def pseudonymise(data: Microdata, columns: str | Sequence[str], key: str | bytes) -> Microdata:
    """Replace what identifies people by a keyed hash (HMAC-SHA-256, 20 hexadecimal digits).

    The same value has the same pseudonym under the same key, in every column and file, so that files can still be
    joined. Who has the key can find people again from a list of names: keep it apart from the data, or destroy it. The
    data stay personal data (GDPR, recital 26); other columns may still identify people.

    Parameters
    ----------
    data : Microdata
    columns : str or sequence of str
        See `data.identifiers().columns`.
    key : str or bytes
        A secret of at least 16 bytes, such as `secrets.token_hex()`; it is written nowhere.

    Returns
    -------
    Microdata
        Missing answers stay missing. The labels of the answers are gone from the codebook. Where a column is the key of
        a linked table, the linked table changes with it.

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where the key is short, or no column is named.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"worker": ["A1", "A2", "A1", None]}), Codebook())
    >>> hidden = pseudonymise(data, "worker", key="a long secret of my own").frame["worker"]
    >>> hidden[0] == hidden[2], hidden[0] == hidden[1], len(hidden[0]), hidden.isna().sum().item()
    (True, False, 20, 1)
    """
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    asked = f"{', '.join(f'`{name}`' for name in names) or 'Nothing'} was to be replaced by pseudonyms."
    frame = frame_in_memory(data, asked)
    secret = key.encode() if isinstance(key, str) else bytes(key)
    if len(secret) < _SHORTEST_KEY:
        # neither the key nor its length is said
        raise OptionError(
            asked,
            f"The key is shorter than {_SHORTEST_KEY} bytes, so that it could be found by trying.",
            "Write a longer one, such as `secrets.token_hex()`, and keep it apart from the data.",
        )
    if not names:
        raise OptionError(
            asked, "No column was named.", "Write `data.pseudonymise(data.identifiers().columns, key)`."
        )
    check_columns(data, names, asked)
    codebook = data.codebook
    for name in names:
        codebook = codebook.described(name, values={}, measure="nominal", storage="words")
    step = Step(
        "pseudonymise",
        names,
        Text(
            f"Pseudonymes (HMAC-SHA-256, clé gardée à part) : {', '.join(names)}",
            f"Pseudonyms (HMAC-SHA-256, key kept apart): {', '.join(names)}",
        ),
        int(frame[list(names)].notna().any(axis=1).sum()),
    )
    linked = {
        table: replace(link, table=pseudonymise(link.table, link.foreign, secret))
        if link.key in names
        else link
        for table, link in data.linked.items()
    }
    hidden = {name: _hidden(frame[name], secret) for name in names}
    return replace(data, frame=frame.assign(**hidden), codebook=codebook.with_step(step), linked=linked)


def _hidden(column: pd.Series[Any], secret: bytes) -> pd.Series[Any]:
    """Return a column of pseudonyms; missing answers stay missing."""
    import pandas as pd

    places, distinct = pd.factorize(column)
    hashes = [
        hmac.new(secret, _written(value).encode(), hashlib.sha256).hexdigest()[:_LENGTH] for value in distinct
    ]
    words = np.array([*hashes, np.nan], dtype=object)[places]
    return pd.Series(words, index=column.index, dtype=pd.StringDtype(na_value=np.nan))


def _written(value: Any) -> str:
    """Return a value as it is hashed: the number 12.0 and the word `12` are the same person."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return code_said(value)
