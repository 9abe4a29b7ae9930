"""Data as a verb is given them: microdata, or a frame of which no codebook tells anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["microdata_of"]


def microdata_of(data: Microdata | pd.DataFrame, asked: str) -> Microdata:
    """Return microdata as they are, and a pandas frame with an empty codebook.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
    asked : str
        What was asked, as a sentence, for the error.

    Raises
    ------
    OptionError
        Where it is neither.

    Examples
    --------
    >>> import pandas as pd
    >>> len(microdata_of(pd.DataFrame({"pay": [2.5, 3.0]}), "Pay was to be harmonised."))
    2
    """
    import pandas as pd

    if isinstance(data, Microdata):
        return data
    if isinstance(data, pd.DataFrame):
        return Microdata(data, Codebook())
    raise OptionError(
        asked,
        f"A {type(data).__name__} was given.",
        "Give what `dl.read` returns, or a pandas frame.",
    )
