"""What tests of population sizes share: the only row of a result, and the error of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from diplab.errors import DiplabError

if TYPE_CHECKING:
    import pandas as pd


def only(found: Any) -> pd.Series:
    """Return the only row."""
    assert len(found) == 1
    row: pd.Series = found.frame.iloc[0]
    return row


def refused(call: Any, *arguments: Any, **options: Any) -> DiplabError:
    """Return the error with which a call is refused."""
    with pytest.raises(DiplabError) as caught:
        call(*arguments, **options)
    return caught.value
