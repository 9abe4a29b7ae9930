"""What tells apart rows of one statistic that was asked under several options: each line of poverty beside its rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.presentation.conventions import rule_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language

__all__ = ["ASKED", "with_options"]

ASKED = "asked"


def with_options(shown: str, record: Mapping[str, Any], language: Language, labels: Codebook | None) -> str:
    """Return the name of a statistic with the options that only its row has, where the result says them.

    Parameters
    ----------
    shown : str
        The name of the statistic in words.
    record : mapping
        One row of a result; `asked` holds its own options, as `threshold=1026 (2016); convention=convey`.
    language : {"fr", "en"}
        Language of the reader.
    labels : Codebook, optional
        Labels of variables: a line may be a column.

    Examples
    --------
    >>> with_options("At-risk-of-poverty rate", {"asked": "fraction=0.5"}, "en", None)
    'At-risk-of-poverty rate, fraction of the median: 0.5'
    >>> with_options("Mean", {}, "en", None)
    'Mean'
    """
    asked = str(record.get(ASKED) or "")
    parts = [each.partition("=") for each in asked.split("; ") if each]
    return ", ".join([shown, *(rule_in_words(name, value, language, labels) for name, _, value in parts)])
