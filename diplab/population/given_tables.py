"""Tables as given, of any library, as the ones worked on here."""

from __future__ import annotations

from typing import Any

from diplab.microdata.microdata import Microdata

__all__ = ["table_of"]


def table_of(given: Any) -> Any:
    """Return microdata and frames of other libraries as pandas, anything else as it is.

    Examples
    --------
    >>> table_of([1, 2])
    [1, 2]
    """
    if isinstance(given, Microdata):
        return table_of(given.frame)
    if hasattr(type(given), "columns") and hasattr(given, "collect"):
        given = given.collect()
    return given.to_pandas() if hasattr(type(given), "columns") and hasattr(given, "to_pandas") else given
